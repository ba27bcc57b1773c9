// The story: steps above the drawing that stay in view while a reader follows them, each with its stretch of time.

const story = document.querySelector(".story");
const steps = story ? [...story.querySelectorAll(".story-steps a")] : [];
const acts = steps.map((step) => new URLSearchParams(step.dataset.state).get("act"));
if (story) root.prepend(story);  // in view as long as the timeline is
const stepNow = () => (state.act ? acts.indexOf(state.act) : -1);
let follows = -2;
const markStep = () => {
  const now = stepNow();
  if (now === follows) return;
  follows = now;
  steps.forEach((step, place) => {
    if (place === now) step.setAttribute("aria-current", "step"); else step.removeAttribute("aria-current");
  });
  if (!story) return;
  story.classList.toggle("told", now >= 0);
  const list = story.querySelector(".story-steps");
  if (now >= 0) list.scrollLeft = steps[now].offsetLeft - list.offsetLeft - (list.clientWidth - steps[now].offsetWidth) / 2;
  [back, on].forEach((button, side) => { button.disabled = side ? now === steps.length - 1 : now < 1; });
  on.textContent = now < 0 ? "Begin" : "Next";
  place.textContent = now < 0 ? `${steps.length} steps` : `Step ${now + 1} of ${steps.length}`;
};
// Steps and drawing are seen together: the drawing begins where the steps end; on a phone the act is in between.
const bring = () => {
  const under = story.getBoundingClientRect().height;
  const mark = scene.vertical && selected() && node(selected())?.getBoundingClientRect();
  const sheet = mark ? detail.getBoundingClientRect().height : 0;
  const wanted = mark ? under + (innerHeight - under - sheet) / 2 : under + 6;
  const found = mark ? mark.top + mark.height / 2 : chart.getBoundingClientRect().top;
  scrollBy({ top: found - wanted, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
};
const tell = (place) => {
  state = read(`#?${steps[place].dataset.state}`);
  typing = false;
  fillForm();
  draw();
  commit();
  requestAnimationFrame(bring);
};
const [back, on] = [["Back", -1], ["Begin", 1]].map(([words, by]) => button(words, () => tell(stepNow() + by)));
const place = document.createElement("output");
story?.querySelector(".story-bar").append(place, back, on);
steps.forEach((step, place) => step.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  tell(place);
}));
story?.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const next = steps.indexOf(document.activeElement) + by;
  if (!by || !steps.includes(document.activeElement) || !steps[next]) return;
  event.preventDefault();
  steps[next].focus({ preventScroll: true });
  tell(next);
});
