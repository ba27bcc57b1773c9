// What is said: status, table, details.

// ---- Words: status, table, details ----

const say = () => {
  const all = data.acts.length;
  const n = view.inWindow.length;
  const sides = data.sides.map((side, place) => `${side.name} ${view.inWindow.filter((act) => act.side === place).length}`).join(", ");
  const stated = view.arcs.filter((arc) => arc.kind !== "inferred" && view.inWindow.includes(arc.from)).length;
  const words = n ? `${n === all ? `All ${count(n, "act")}` : `${n} of ${count(all, "act")}`}: ${sides}; ${count(stated, "documented reply", "documented replies")}.`
    : "No act fits the filters.";
  if (status.textContent !== words) status.textContent = words;
  const filters = [
    state.side.size < choices.side.length && `side ${data.sides.filter((side) => state.side.has(side.code)).map((side) => side.name).join(", ") || "none"}`,
    state.domain.size < choices.domain.length && `domain ${[...state.domain].map((domain) => label(data.domains, domain)).join(", ") || "none"}`,
    state.type.size && `type ${[...state.type].map((type) => label(data.types, type)).join(", ")}`,
    state.q.trim() && `words “${state.q.trim()}”`,
    state.from && `from ${long(state.from)}`,
    state.to && `to ${long(state.to)}`,
  ].filter(Boolean);
  printed.hidden = !filters.length;
  printed.textContent = filters.length ? `Chosen: ${filters.join("; ")}.` : "";
  resetButton.disabled = write() === "";
  allYears.setAttribute("aria-pressed", String(!state.from && !state.to));
  for (const [year, made] of yearButtons) {
    const pressed = state.from && state.to && iso(state.from) === `${year}-01-01` && iso(state.to) === `${year}-12-31`;
    made.setAttribute("aria-pressed", String(Boolean(pressed)));
  }
};

const rows = table ? [...table.tBodies[0].rows] : [];
const caption = table?.caption;
const captionWords = caption?.textContent;
table?.closest(".table").querySelector(".filter")?.remove();  // the words above filter the table too
const tableNote = document.createElement("p");
tableNote.className = "ex-table-note";
table?.closest(".scroll").before(tableNote);
for (const row of rows) {
  const cell = row.cells[0];
  const anchor = document.createElement("a");
  const { from, to } = around(byId.get(row.dataset.act).at);
  anchor.href = `#?from=${iso(from)}&to=${iso(to)}&act=${encodeURIComponent(row.dataset.act)}`;
  anchor.append(...cell.childNodes);
  anchor.ariaLabel = `${anchor.textContent.trim()}, show in the timeline`;
  cell.append(anchor);
}
const filterTable = () => {
  const kept = new Set(view.inWindow.map((act) => act.id));
  for (const row of rows) row.classList.toggle("ex-out", !kept.has(row.dataset.act));
  const whole = kept.size === data.acts.length;
  if (caption) caption.textContent = whole ? captionWords : `${kept.size} of ${captionWords}`;
  tableNote.hidden = whole;
  if (!whole) tableNote.replaceChildren(`The filters of the timeline leave ${kept.size} of ${count(data.acts.length, "act")} in the table. `, button("Show all", reset));
};

const make = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
};
const sample = (item) => {
  const made = d3.create("svg").attr("class", `ex-sample ${item.lane === "event" ? "ex-event" : `ex-side-${item.lane}`}`).attr("viewBox", "-8 -8 16 16")
    .attr("width", 16).attr("height", 16).attr("aria-hidden", "true");
  made.append("path").attr("d", d3.symbol().type(item.lane === "event" ? d3.symbolDiamond : symbols.get(item.domain)).size(110)());
  return made.node();
};
const external = (url) => make("a", { href: url }, host(url));
const lagWords = (lag) => (lag === null ? "lag not known to the day" : lag === 0 ? "the same day" : `${count(lag, "day")} later`);
const kinds = { act: "names the act", general: "sanctions in general", inferred: "inferred by a rule" };
const linkList = (title, arcs, end) => arcs.length && make("div", { class: "ex-links" },
  make("h4", {}, title),
  make("ul", {}, arcs.map((arc) => make("li", { class: `ex-link-${arc.kind}` },
    make("button", { type: "button", class: "ex-jump", onclick: () => go(arc[end], { pin: true }) }, sample(arc[end]), ` ${when(arc[end])}`),
    ` ${arc[end].summary} `,
    make("small", {}, `${lagWords(arc.lag)} · ${kinds[arc.kind]}`, arc.url && [" · ", external(arc.url)], arc.note && ` · ${arc.note}`)))));
const fact = (name, ...value) => value.flat().some((part) => part) && make("div", {}, make("dt", {}, name), make("dd", {}, ...value));
const describe = (item) => {
  const targets = (item.targets ?? []).map((target) => target.name).join(", ");
  const links = [
    linkList("Answers", item.answers.filter((arc) => state.link.has(arc.kind)), "to"),
    linkList("Answered by", item.answeredBy.filter((arc) => state.link.has(arc.kind)), "from"),
  ];
  const sources = make("p", { class: "ex-sources" }, make("b", {}, item.urls.length > 1 ? "Sources " : "Source "), item.urls.flatMap((url, place) => [place ? ", " : "", external(url)]));
  if (item.lane === "event") {
    return [
      make("p", { class: "ex-kicker" }, sample(item), ` ${item.actor} · background event · ${item.type}`),
      make("h3", {}, when(item)),
      make("p", { class: "ex-summary" }, item.summary),
      links, sources,
      make("p", { class: "ex-foot" }, make("a", { href: `#${encodeURIComponent(item.id)}` }, "Row in the table")),
    ];
  }
  const subjects = d3.sum(item.targets, (target) => target.subjects ?? 0);
  const counts = (item.counts ?? []).map(([kind, n]) => `${n.toLocaleString("en")} ${kind}`).join(", ");
  return [
    make("p", { class: "ex-kicker" }, sample(item), ` ${item.sideName} → ${targets} · ${item.kind}`),
    make("h3", {}, when(item)),
    make("p", { class: "ex-summary" }, item.summary),
    item.note && make("p", { class: "ex-note" }, item.note),
    make("dl", { class: "ex-facts" },
      fact("Announced", when(item), item.precision === "day" ? "" : " (only the month is known)"),
      fact("Effective", item.effective && long(day(item.effective))),
      fact("Ended", item.ended && long(day(item.ended))),
      fact("Subjects", subjects ? `${subjects.toLocaleString("en")}${counts && item.counts.length + (item.counts[0][1] !== subjects) > 1 ? ` (${counts})` : counts ? ` ${item.counts[0][0]}` : ""}` : "no number stated"),
      fact("Goods", item.goods),
      fact("From", item.threshold),
      fact("Phase", item.phase, item.formalises && byId.has(item.formalises) && [", puts into force the announcement of ",
        make("button", { type: "button", class: "ex-jump", onclick: () => go(byId.get(item.formalises), { pin: true }) }, when(byId.get(item.formalises)))]),
      fact("Intensity", make("ul", {}, data.scales.map((scale, place) => make("li", {},
        make("span", {}, scale.short), make("b", {}, signed(item.intensity[place])))))),
      fact("Confidence", item.confidence, item.basis !== "reported" && `, ${item.basis}`),
      fact("Coded as", item.codes)),
    links, sources,
    make("p", { class: "ex-foot" }, make("a", { href: `#${encodeURIComponent(item.id)}` }, "Row in the table")),
  ];
};
const placeholder = [...detail.childNodes];  // how to read the drawing
let hovered = null;
let shownItem = null;
let shownWords = "";
const highlight = () => {
  const item = hovered ?? focused() ?? (detail.contains(document.activeElement) ? shownItem : null) ?? selected();
  const related = new Set();
  layers.arcs.selectAll("path").classed("on", (arc) => {
    const on = item && (arc.from === item || arc.to === item);
    if (on) { related.add(arc.from); related.add(arc.to); }
    return on;
  }).filter((arc) => related.has(arc.from) && related.has(arc.to)).raise();
  svg.classed("dimmed", related.size > 0);
  listbox.selectAll(".ex-mark").classed("on", (other) => other === item || related.has(other));
  halo.attr("display", item && view.shown.includes(item) ? null : "none");
  if (item && view.shown.includes(item)) {
    halo.attr("transform", `translate(${item.x},${item.y})`).classed("pinned", item.id === state.act)
      .selectAll("circle").data([0, 1]).join("circle").attr("r", (ring) => item.size + 5 - ring * 1.5).attr("class", (ring) => `ring-${ring}`);
  }
  // From the announcement to the day of effect, or over the month when no day is known.
  const until = item && item.lane !== "event" ? (item.precision === "month" ? d3.utcMonth.offset(item.at) : item.effective && day(item.effective)) : null;
  const stretch = until && until > item.at && view.shown.includes(item) ? [[item, until]] : [];
  layers.extent.selectAll("path").data(stretch).join("path").attr("d", ([act, end]) => {
    const across = scene.vertical ? act.x : act.y;
    const [a, b, c] = [point(act.along, across), point(scene.along(end), across), 4];
    return scene.vertical ? `M${a}L${b}M${b[0] - c},${b[1]}h${2 * c}` : `M${a}L${b}M${b[0]},${b[1] - c}v${2 * c}`;
  });
  root.classList.toggle("has-item", Boolean(item));
  root.classList.toggle("has-act", Boolean(selected()));
  markStep();
  const words = item ? `${item.id} ${state.act} ${[...state.link]}` : "";
  if (shownItem === item && shownWords === words) return;
  if (shownItem !== item) detail.scrollTop = 0;
  [shownItem, shownWords] = [item, words];
  if (!item) detail.replaceChildren(...placeholder);
  else {
    detail.replaceChildren(...describe(item).flat(2).filter((part) => part && part.nodeType));
    if (item.id === state.act) {
      detail.prepend(make("button", { type: "button", class: "ex-button ex-close", "aria-label": "Let this act go", onclick: () => release() }, "×"));
    }
  }
};
