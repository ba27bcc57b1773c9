// Pointer and keyboard, and the beginning.

// ---- Pointer and keyboard ----

const nearest = (event, reach) => {
  if (!finder) return null;
  const box = svg.node().getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const found = finder.items[finder.find(x, y)];
  return found && Math.hypot(found.x - x, found.y - y) < reach + found.size ? found : null;
};
// What the pointer left stays a moment, so that it can reach the links in the details.
let leaving = null;
const hover = (item) => {
  clearTimeout(leaving);
  if (item === hovered) return;
  if (item) { hovered = item; highlight(); } else leaving = setTimeout(() => { hovered = null; highlight(); }, 500);
};
detail.addEventListener("pointerenter", () => clearTimeout(leaving));
detail.addEventListener("pointerleave", () => hover(null));
svg.on("pointermove", (event) => {
  if (event.pointerType !== "mouse" || event.buttons) return;
  const item = nearest(event, 14);
  svg.classed("pointing", Boolean(item));
  hover(item);
}).on("pointerleave", () => hover(null)).on("click", (event) => {
  const item = nearest(event, event.pointerType === "touch" ? 24 : 14);
  hovered = null;
  if (item && item.id !== state.act) go(item, { pin: true });
  else if (!item) release();
});

let stop = null;
const tabStop = () => {
  if (stop && view.shown.includes(stop)) return stop;
  const candidates = view.inWindow.length ? view.inWindow : view.shown;
  return (selected() && view.shown.includes(selected()) ? selected() : null) ?? candidates[0] ?? null;
};
const node = (item) => document.getElementById(`mark-${item.id}`);
const focused = () => {
  const found = document.activeElement?.closest?.(".ex-mark");
  return found ? byId.get(found.id.slice(5)) : null;
};
const move = (item) => {
  if (!item) return;
  stop = item;
  if (!scene.holds(item.at)) {  // bring it into the window, whose width stays
    const [low, high] = scene.window();
    const half = (high - low) / 2;
    const [from, to] = [new Date(+item.at - half), new Date(+item.at + half)];
    state.from = from <= first ? null : d3.utcDay.round(from);
    state.to = to >= last ? null : d3.utcDay.round(to);
    fillForm();
    draw();
    commit({ replace: true });
  }
  listbox.selectAll(".ex-mark").attr("tabindex", (other) => (other === item ? 0 : -1));
  node(item)?.focus({ preventScroll: !scene.vertical });
  if (scene.vertical) node(item)?.scrollIntoView({ block: "nearest" });
  highlight();
};
const go = (item, { pin = false } = {}) => {
  if (pin) state.act = item.id;
  if (!view.shown.includes(item)) draw();
  else if (pin) listbox.selectAll(".ex-mark").attr("aria-selected", (other) => String(other.id === state.act));
  move(item);
  if (pin) { say(); commit(); }
};
const release = () => {
  if (!state.act) return;
  state.act = null;
  draw();
  commit();
};
const laneItems = (lane) => view.shown.filter((item) => item.lane === lane && (!item.ghost || item.id === state.act));
const sideways = (item, direction, by = 1) => {
  const lane = laneItems(item.lane);
  const place = lane.indexOf(item);
  if (place < 0) return d3.least(lane, (other) => Math.abs(other.at - item.at));
  return lane[Math.min(Math.max(place + direction * by, 0), lane.length - 1)];
};
const ends = (item) => [
  ...item.answers.filter((arc) => view.arcs.includes(arc)).map((arc) => arc.to),
  ...item.answeredBy.filter((arc) => view.arcs.includes(arc)).map((arc) => arc.from),
];
const across = (item, direction) => {
  const order = [0, "event", 1];
  const beyond = order.filter((lane, place) => Math.sign(place - order.indexOf(item.lane)) === direction);
  const linked = ends(item).find((other) => beyond.includes(other.lane));
  if (linked) return linked;
  const lane = beyond.filter((name) => name !== "event").at(direction > 0 ? 0 : -1);
  return lane === undefined ? null : d3.least(laneItems(lane), (other) => Math.abs(other.at - item.at));
};
let turns = {};
const along = (item, key) => {
  // Pressed again after a jump, A and R go on with the next arc of the act the jump began at.
  const again = turns.key === key && turns.reached === item;
  const start = again ? turns.start : item;
  const choices = key === "a"
    ? start.answers.filter((arc) => view.arcs.includes(arc)).map((arc) => arc.to)
    : start.answeredBy.filter((arc) => view.arcs.includes(arc)).map((arc) => arc.from);
  if (!choices.length) return null;
  const place = again ? (turns.place + 1) % choices.length : 0;
  turns = { key, start, place, reached: choices[place] };
  return choices[place];
};
listbox.on("keydown", (event) => {
  const item = focused();
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  const [before, after, up, down] = scene.vertical
    ? ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]
    : ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const steps = {
    [before]: () => move(sideways(item, -1)),
    [after]: () => move(sideways(item, 1)),
    [up]: () => move(across(item, -1)),
    [down]: () => move(across(item, 1)),
    PageUp: () => move(sideways(item, -1, 10)),
    PageDown: () => move(sideways(item, 1, 10)),
    Home: () => move(laneItems(item.lane)[0]),
    End: () => move(laneItems(item.lane).at(-1)),
    a: () => move(along(item, "a")),
    r: () => move(along(item, "r")),
    Enter: () => go(item, { pin: true }),
    " ": () => go(item, { pin: true }),
    Escape: () => { release(); node(item)?.focus({ preventScroll: true }); },
    "+": () => { zoomBy(2); move(item); },
    "=": () => { zoomBy(2); move(item); },
    "-": () => { zoomBy(0.5); move(item); },
    "0": () => { setWindow(null, null); move(item); },
  };
  if (!steps[key]) return;
  event.preventDefault();
  steps[key]();
});
listbox.on("focusin", () => { hovered = null; stop = focused() ?? stop; highlight(); })
  .on("focusout", () => requestAnimationFrame(highlight));
detail.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !state.act) return;
  const item = selected();
  release();
  if (view.shown.includes(item)) move(item);
});

// ---- Begin ----

const narrow = () => innerWidth < 720;
if (narrow()) root.querySelector(".ex-more").open = false;
const settle = () => { share = null; filter(); measure(); frame(); draw(); };
let width = chart.clientWidth;
new ResizeObserver(() => {
  if (!chart.clientWidth || chart.clientWidth === width || matchMedia("print").matches) return;
  width = chart.clientWidth;
  settle();
}).observe(chart);
addEventListener("popstate", restore);
addEventListener("hashchange", () => {
  if (location.hash !== write()) restore();
  if (location.hash.startsWith("#?")) {
    const box = chart.getBoundingClientRect();
    if (box.bottom < 0 || box.top > innerHeight) root.scrollIntoView();
  }
});
state = read(location.hash);
fillForm();
svg.call(zoom).on("dblclick.zoom", null);
settle();
// An address that names an act or a stretch leads to the drawing, not to the top of the page or to a row far below.
if (state.act || location.hash.startsWith("#?")) {
  const arrive = () => setTimeout(() => (stepNow() < 0 ? root.scrollIntoView() : bring()));
  if (document.readyState === "complete") arrive(); else addEventListener("load", arrive);
}
root.dataset.ready = "true";
