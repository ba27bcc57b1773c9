// The controls, and what they leave.

// ---- The controls ----

const boxes = (name) => [...form.querySelectorAll(`input[name="${name}"]`)];
const fillForm = () => {
  for (const name of ["side", "domain", "type", "link"]) {
    for (const box of boxes(name)) box.checked = state[name].has(box.value);
  }
  for (const box of boxes("events")) box.checked = state.events;
  form.elements.q.value = state.q;
  form.elements.from.value = state.from ? iso(state.from) : "";
  form.elements.to.value = state.to ? iso(state.to) : "";
  if (form.elements.scale) form.elements.scale.value = state.scale;
  const types = [...state.type].map((type) => label(data.types, type));
  typeMenu.querySelector("b").textContent = types.length > 1 ? `${types.length} types` : types[0] ?? "all";
};
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", ({ target }) => {
  if (target.name === "q") {
    state.q = target.value;
    draw();
    commit({ replace: typing });
    typing = true;
    return;
  }
  typing = false;
  if (["side", "domain", "type", "link"].includes(target.name)) {
    state[target.name] = new Set(boxes(target.name).filter((box) => box.checked).map((box) => box.value));
  } else if (target.name === "events") state.events = target.checked;
  else if (target.name === "scale") state.scale = target.value;
  else if (target.name === "from" || target.name === "to") {
    const chosen = day(target.value);
    if (target.value && !chosen) return;
    state[target.name] = chosen;
    const other = target.name === "from" ? "to" : "from";
    if (state.from && state.to && state.from > state.to) state[other] = null;
  }
  fillForm();
  draw();
  commit();
});
const reset = () => { state = fresh(); fillForm(); draw(); commit(); };
form.elements["all-types"].addEventListener("click", () => { state.type = new Set(); fillForm(); draw(); commit(); });
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typeMenu.open) {
    typeMenu.open = false;
    typeMenu.querySelector("summary").focus();
  }
});
document.addEventListener("pointerdown", (event) => { if (!typeMenu.contains(event.target)) typeMenu.open = false; });
typeMenu.addEventListener("focusout", (event) => {
  if (event.relatedTarget && !typeMenu.contains(event.relatedTarget)) typeMenu.open = false;
});

const button = (words, action, title) => {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "ex-button", textContent: words });
  if (title) made.ariaLabel = title;
  made.addEventListener("click", action);
  return made;
};
const years = [...new Set(data.acts.map((act) => act.at.getUTCFullYear()))].sort();
const setWindow = (from, to) => {
  [state.from, state.to] = [from, to];
  fillForm();
  draw();
  commit();
};
const zoomBy = (factor) => {
  const [low, high] = scene.window();
  const middle = selected() && scene.holds(selected().at) ? scene.along(selected().at) : scene.length / 2;
  const [a, b] = [scene.along(low), scene.along(high)].map((edge) => middle + (edge - middle) / factor);
  const [from, to] = [scene.invert(Math.max(a, scene.along(scene.first))), scene.invert(Math.min(b, scene.along(scene.last)))];
  if (to - from < 10 * 864e5) return;
  setWindow(from <= scene.first ? null : from, to >= scene.last ? null : to);
};
const yearButtons = new Map(years.map((year) => [
  year,
  button(String(year), () => setWindow(new Date(Date.UTC(year, 0, 1)), new Date(Date.UTC(year, 11, 31)))),
]));
const allYears = button("All years", () => setWindow(null, null));
const resetButton = button("Reset", reset, "Reset all filters");
zoomBar.append(
  allYears, ...yearButtons.values(), button("−", () => zoomBy(0.5), "Zoom out"), button("+", () => zoomBy(2), "Zoom in"), resetButton,
);

// ---- What the filters leave ----

const matches = (act) =>
  state.side.has(data.sides[act.side].code) && state.domain.has(act.domain) && (!state.type.size || state.type.has(act.type)) &&
  state.q.toLowerCase().split(/\s+/).filter(Boolean).every((word) => act.text.includes(word));
const selected = () => (state.act ? byId.get(state.act) : null);
let view = { acts: [], shown: [], arcs: [], inWindow: [] };
const filter = () => {
  const acts = data.acts.filter(matches);
  const chosen = new Set(acts);
  const touches = (link) => chosen.has(link.from) || chosen.has(link.to);
  const arcs = links.filter((link) => state.link.has(link.kind) && touches(link) && (state.events || link.to.lane !== "event"));
  const shown = new Set(acts);
  if (state.events) for (const event of data.events) shown.add(event);
  for (const link of arcs) { shown.add(link.from); shown.add(link.to); }
  if (selected()) shown.add(selected());
  for (const item of byId.values()) item.ghost = item.lane !== "event" && !chosen.has(item);
  const inWindow = acts.filter((act) => (!state.from || act.at >= state.from) && (!state.to || act.at <= state.to));
  view = { acts, arcs, inWindow, shown: inTime.filter((item) => shown.has(item)) };
};
