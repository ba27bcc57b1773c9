// The acts explorer: two lanes of acts facing one another across a calendar, replies as arcs between them.
// Its data stand in #explorer-data (made by analysis/retorsion/reports/pages/explorer.py); its state lives in the address.
(() => {
  const root = document.getElementById("explorer");
  if (!root) return;
  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  const form = root.querySelector(".ex-filters");
  const [status, printed, zoomBar, chart, detail, typeMenu] = [
    ".ex-status", ".ex-print", ".ex-zoom", ".ex-chart", ".ex-detail", ".ex-types",
  ].map((selector) => root.querySelector(selector));
  const table = document.getElementById("all-acts-table");
  root.hidden = false;

  // ---- The record -------------------------------------------------------------------------------------------

  const day = d3.utcParse("%Y-%m-%d");
  const iso = d3.utcFormat("%Y-%m-%d");
  const long = d3.utcFormat("%-d %B %Y");
  const month = d3.utcFormat("%B %Y");
  const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
  const signed = (value) => String(value).replace("-", "−");
  const host = (url) => { try { return new URL(url).hostname.replace(/^www\./, ""); } catch { return url; } };
  const when = (item) => (item.precision === "day" ? long(item.at) : month(item.at));
  const label = (list, id) => list.find((entry) => entry.id === id)?.label ?? id;

  const byId = new Map();
  for (const act of data.acts) byId.set(act.id, Object.assign(act, { lane: act.side }));
  for (const event of data.events) byId.set(event.id, Object.assign(event, { lane: "event" }));
  for (const item of byId.values()) {
    item.at = day(item.date);
    item.answers = [];
    item.answeredBy = [];
  }
  for (const act of data.acts) {
    act.sideName = data.sides[act.side].name;
    act.kind = label(data.types, act.type);
    act.text = [
      act.summary, act.note, act.kind, label(data.domains, act.domain), act.sideName, act.goods, act.threshold,
      act.confidence, act.date, act.id, ...act.targets.map((target) => target.name), ...act.urls.map(host),
    ].filter(Boolean).join(" ").toLowerCase();
  }
  const links = data.links.map((link) => ({ ...link, from: byId.get(link.reply), to: byId.get(link.act) }));
  for (const link of links) {
    link.from.answers.push(link);
    link.to.answeredBy.push(link);
  }
  for (const item of byId.values()) item.answeredBy.sort((a, b) => a.from.at - b.from.at);
  const inTime = [...byId.values()].sort((a, b) => a.at - b.at || d3.ascending(a.id, b.id));

  // ---- The state and the address ------------------------------------------------------------------------------

  const choices = {
    side: data.sides.map((side) => side.code),
    domain: [...new Set(data.acts.map((act) => act.domain))],
    type: data.types.map((type) => type.id),
    link: ["act", "general", "inferred"],
  };
  const fresh = () => ({
    side: new Set(choices.side), domain: new Set(choices.domain), type: new Set(), link: new Set(["act", "general"]),
    events: true, q: "", from: null, to: null, scale: data.scales[0].id, act: null,
  });
  let state = fresh();

  const write = () => {
    const words = new URLSearchParams();
    const usual = fresh();
    for (const name of ["side", "domain", "type", "link"]) {
      const chosen = choices[name].filter((value) => state[name].has(value));
      if (chosen.join() !== choices[name].filter((value) => usual[name].has(value)).join()) words.set(name, chosen.join(","));
    }
    if (!state.events) words.set("events", "0");
    if (state.q.trim()) words.set("q", state.q.trim());
    if (state.from) words.set("from", iso(state.from));
    if (state.to) words.set("to", iso(state.to));
    if (state.scale !== usual.scale) words.set("scale", state.scale);
    if (state.act) words.set("act", state.act);
    return words.size ? `#?${words.toString().replaceAll("%2C", ",")}` : "";
  };
  const read = (hash) => {
    const found = fresh();
    if (!hash.startsWith("#?")) {
      let id = hash.slice(1);
      try { id = decodeURIComponent(id); } catch { /* not an address of ours */ }
      if (byId.has(id)) found.act = id;
      return found;
    }
    const words = new URLSearchParams(hash.slice(2));
    for (const name of ["side", "domain", "type", "link"]) {
      if (words.has(name)) found[name] = new Set(words.get(name).split(",").filter((value) => choices[name].includes(value)));
    }
    found.events = words.get("events") !== "0";
    found.q = words.get("q") ?? "";
    found.from = day(words.get("from") ?? "");
    found.to = day(words.get("to") ?? "");
    if (found.from && found.to && found.from > found.to) found.from = found.to = null;
    if (data.scales.some((scale) => scale.id === words.get("scale"))) found.scale = words.get("scale");
    if (byId.has(words.get("act"))) found.act = words.get("act");
    return found;
  };
  let typing = false;
  const commit = ({ replace = false } = {}) => {
    const hash = write();
    if (hash === location.hash || (!hash && !location.hash.startsWith("#?"))) return;
    history[replace ? "replaceState" : "pushState"](null, "", hash || location.href.split("#")[0]);
  };
  const restore = () => {
    state = read(location.hash);
    typing = false;
    fillForm();
    draw();
  };

  // ---- The controls ---------------------------------------------------------------------------------------------

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

  // ---- What the filters leave -----------------------------------------------------------------------------------

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

  // ---- The scene: sizes and scales --------------------------------------------------------------------------------

  const symbols = new Map(data.domains.map((domain) => [domain.id, d3[`symbol${domain.symbol}`]]));
  const svg = d3.select(chart).append("svg").attr("class", "ex-svg");
  const clip = svg.append("defs").append("clipPath").attr("id", "ex-clip").append("rect");
  svg.select("defs").append("pattern").attr("id", "ex-hatch").attr("width", 6).attr("height", 6)
    .attr("patternUnits", "userSpaceOnUse").attr("patternTransform", "rotate(45)")
    .append("line").attr("y2", 6).attr("class", "ex-hatch-line");
  const decoration = svg.append("g").attr("aria-hidden", "true");
  const layers = Object.fromEntries(
    ["gaps", "grid", "ticks", "signs", "names", "arcs", "extent"].map((name) => [name, decoration.append("g").attr("class", `ex-${name}`)]),
  );
  for (const name of ["gaps", "grid", "arcs", "extent"]) layers[name].attr("clip-path", "url(#ex-clip)");
  const listbox = svg.append("g").attr("class", "ex-marks").attr("role", "listbox").attr("tabindex", -1).attr("clip-path", "url(#ex-clip)");
  const groups = new Map([0, "event", 1].map((lane) => [
    lane,
    listbox.append("g").attr("role", "group").attr("aria-label", lane === "event" ? "Context events" : `Acts of ${data.sides[lane].name}`),
  ]));
  const halo = svg.append("g").attr("aria-hidden", "true").attr("clip-path", "url(#ex-clip)").append("g").attr("class", "ex-halo");
  const strip = d3.select(chart).append("svg").attr("class", "ex-strip").attr("aria-hidden", "true");

  // Years in which nothing was looked for are drawn as short, hatched breaks.
  const spans = data.recorded.map((span) => span.map(day));
  const [earliest, latest] = d3.extent(inTime, (item) => item.at);
  const first = d3.utcMonth.floor(d3.min([earliest, ...spans.map((span) => span[0])]));
  const last = d3.utcMonth.ceil(d3.max([d3.utcDay.offset(latest, 1), ...spans.map((span) => span[1])]));
  const gaps = !spans.length ? [] : d3.pairs([[null, first], ...spans, [last, null]], (a, b) => [a[1], b[0]]).filter(([a, b]) => b - a > 120 * 864e5);
  const knots = [first, ...gaps.flat(), last].filter((time, place, all) => !place || +time !== +all[place - 1]);

  const scene = { first, last, vertical: false, length: 0, width: 0, height: 0, k: 1, offset: 0 };
  const base = d3.scaleUtc();
  const measure = () => {
    const width = chart.clientWidth;
    scene.vertical = width < 620;
    scene.width = width;
    scene.band = scene.vertical ? 60 : 58;
    scene.margin = scene.vertical ? 22 : 40;
    scene.height = scene.vertical ? 1500 : 520;
    scene.start = scene.vertical ? scene.margin : 6;
    scene.length = scene.vertical ? scene.height - scene.margin - 8 : width - 12;
    const depth = scene.vertical ? width - scene.band : scene.height - scene.band - scene.margin - 6;
    scene.depths = depth;
    // A break takes the room of two months, or less.
    const room = 26;
    const isGap = (a) => gaps.some((gap) => +gap[0] === +a);
    const segments = d3.pairs(knots);
    const recorded = d3.sum(segments, ([a, b]) => (isGap(a) ? 0 : b - a));
    const broken = segments.filter(([a]) => isGap(a)).length;
    const rate = (scene.length - broken * room) / recorded;
    base.domain(knots).range(segments.reduce((ends, [a, b]) => [...ends, ends.at(-1) + (isGap(a) ? room : (b - a) * rate)], [0]));
    svg.attr("viewBox", `0 0 ${width} ${scene.height}`).attr("height", scene.height).classed("vertical", scene.vertical);
    const box = scene.vertical ? [0, scene.start, width, scene.length] : [scene.start, 0, scene.length, scene.height];
    clip.attr("x", box[0]).attr("y", box[1]).attr("width", box[2]).attr("height", box[3]);
    zoom.extent([[0, 0], [width, scene.height]]).translateExtent([[0, 0], [width, scene.height]]);
  };
  scene.along = (time) => base(time) * scene.k + scene.offset;
  scene.invert = (place) => base.invert((place - scene.offset) / scene.k);
  scene.holds = (time) => { const place = scene.along(time); return place >= 0 && place <= scene.length; };
  scene.window = () => [d3.max([scene.first, scene.invert(0)]), d3.min([scene.last, scene.invert(scene.length)])];
  const frame = () => {
    const [from, to] = [state.from ?? first, state.to ?? last];
    const [a, b] = [base(from), Math.max(base(to), base(from) + 1e-6)];
    scene.k = Math.min(scene.length / (b - a), 400);
    scene.offset = -a * scene.k + Math.max(0, (scene.length - (b - a) * scene.k) / 2);
  };
  const point = (along, across) => (scene.vertical ? [across, along + scene.start] : [along + scene.start, across]);

  // Acts stand as near to the calendar as their neighbours leave room, the greatest of a day first.
  const sizeOf = () => {
    const place = data.scales.findIndex((scale) => scale.id === state.scale);
    const most = d3.max(data.acts, (act) => Math.abs(act.intensity[place])) || 1;
    return (item) => {
      if (item.lane === "event") return 4.2;
      return 2.9 + 4 * Math.sqrt(Math.abs(item.intensity[place]) / most);
    };
  };
  const stack = (items, factor, gap = 1.2) => {
    const placed = [];
    let deepest = 0;
    for (const item of items) {
      const r = item.r * factor;
      const near = placed.filter((other) => Math.abs(other.along - item.along) < other.size + r + gap);
      const taken = near.map((other) => {
        const reach = Math.sqrt((other.size + r + gap) ** 2 - (other.along - item.along) ** 2);
        return [other.depth - reach, other.depth + reach];
      });
      const free = [r + 3, ...taken.map((span) => span[1])].filter((depth) => depth >= r + 3).sort(d3.ascending)
        .find((depth) => !taken.some(([low, high]) => depth > low + 1e-6 && depth < high - 1e-6));
      Object.assign(item, { size: r, depth: free });
      placed.push(item);
      deepest = Math.max(deepest, free + r);
    }
    return deepest;
  };
  let share = null;
  const arrange = () => {
    const size = sizeOf();
    for (const item of view.shown) {
      item.along = scene.along(item.at);
      item.r = size(item);
    }
    const lanes = [0, 1].map((lane) => view.shown.filter((item) => item.lane === lane)
      .sort((a, b) => a.at - b.at || b.r - a.r || d3.ascending(a.id, b.id)));
    let factor = 1.5;
    const depths = lanes.map((items) => stack(items, factor));
    if (share === null) share = depths[0] + depths[1] ? Math.min(Math.max(depths[0] / (depths[0] + depths[1]), 0.3), 0.7) : 0.5;
    scene.room = [share * scene.depths, (1 - share) * scene.depths];
    // One size for both lanes, so that marks compare across the calendar.
    const fits = (deepest) => deepest.every((depth, lane) => depth <= scene.room[lane] - 2);
    for (let deepest = depths; !fits(deepest) && factor > 0.2;) {
      factor *= 0.95;
      deepest = lanes.map((items) => stack(items, factor, 1.2 * factor));
    }
    scene.edge = [(scene.vertical ? 0 : scene.margin) + scene.room[0], (scene.vertical ? 0 : scene.margin) + scene.room[0] + scene.band];
    const events = view.shown.filter((item) => item.lane === "event");
    const rows = [-Infinity, -Infinity, -Infinity];  // where the last event of each row stands
    for (const item of events) {
      item.size = item.r * Math.min(Math.max(factor, 0.7), 1.1);
      const free = rows.findIndex((place) => item.along - place >= 6);
      item.row = free < 0 ? d3.minIndex(rows) : free;
      rows[item.row] = item.along;
    }
    for (const item of view.shown) {
      const across = item.lane === "event"
        ? scene.edge[0] + 8 + item.row * 7
        : item.lane === 0 ? scene.edge[0] - item.depth : scene.edge[1] + item.depth;
      [item.x, item.y] = point(item.along, across);
    }
  };

  // ---- Drawing --------------------------------------------------------------------------------------------------

  const zoom = d3.zoom().scaleExtent([1, 400]).filter((event) => {
    if (event.type === "wheel") return event.ctrlKey || event.metaKey;
    if (event.type === "dblclick") return false;
    if (event.touches) return scene.vertical ? event.touches.length > 1 : true;
    return !event.button && !event.ctrlKey;
  });
  let quiet = false;
  zoom.on("zoom", ({ transform }) => {
    if (quiet) return;
    scene.k = transform.k;
    scene.offset = scene.vertical ? transform.y : transform.x;
    const [from, to] = scene.window();
    state.from = from <= first ? null : d3.utcDay.round(from);
    state.to = to >= last ? null : d3.utcDay.round(to);
    fillForm();
    paint();
  }).on("end", (event) => { if (!quiet && event.sourceEvent) commit(); });

  const arcPath = (arc) => {
    const ends = { source: [arc.from.x, arc.from.y], target: [arc.to.x, arc.to.y] };
    if (arc.from.lane === arc.to.lane) {  // an arc within one lane bows towards the calendar
      const [a, b] = [ends.source, ends.target];
      const middle = point((arc.from.along + arc.to.along) / 2, scene.edge[arc.from.lane]);
      return `M${a}Q${middle} ${b}`;
    }
    return (scene.vertical ? d3.linkHorizontal() : d3.linkVertical())(ends);
  };
  const spoken = (item, place, all) => {
    const words = item.lane === "event"
      ? [when(item), `context event, ${item.actor}`, item.type, item.summary]
      : [when(item), item.sideName, item.kind, item.summary];
    const answered = item.answers.filter((arc) => arc.kind !== "inferred").length;
    const replies = item.answeredBy.filter((arc) => arc.kind !== "inferred").length;
    if (answered) words.push(`Answers ${answered}.`);
    if (replies) words.push(`Answered by ${replies}.`);
    if (item.ghost) words.push("Outside the filter.");
    else words.push(`${place} of ${all}.`);
    return words.join(", ").replaceAll(".,", ".");
  };

  const draw = () => {
    filter();
    frame();
    quiet = true;
    svg.call(zoom.transform, scene.vertical
      ? d3.zoomIdentity.translate(0, scene.offset).scale(scene.k)
      : d3.zoomIdentity.translate(scene.offset, 0).scale(scene.k));
    quiet = false;
    paint();
  };
  const paint = () => {
    filter();
    arrange();
    paintCalendar();
    paintMarks();
    paintStrip();
    say();
    filterTable();
    highlight();
  };

  const step = () => {
    const [low, high] = scene.window();
    const skipped = d3.sum(gaps, ([a, b]) => Math.max(0, Math.min(b, high) - Math.max(a, low)));
    const perDay = (scene.length * 864e5) / (high - low - skipped);
    if (perDay > 26) return [d3.utcDay, d3.utcFormat("%-d %b")];
    if (perDay > 7) return [d3.utcMonday, d3.utcFormat("%-d %b")];
    if (perDay > 1.1) return [d3.utcMonth, d3.utcFormat("%b")];
    return [d3.utcYear, d3.utcFormat("%Y")];
  };
  const paintCalendar = () => {
    const [low, high] = scene.window();
    const [from, to] = scene.edge;
    const [interval, format] = step();
    const inGap = (time) => gaps.some(([a, b]) => time > a && time < b);
    const ticks = interval.range(d3.utcDay.offset(low, -1), d3.utcDay.offset(high, 1)).filter((time) => !inGap(time) && scene.holds(time));
    const yearStarts = d3.utcYear.range(low, high).filter((time) => !inGap(time) && scene.holds(time));
    // The ends of recorded spans carry their year where no year begins near.
    for (const [a] of spans) if (interval === d3.utcYear && scene.holds(a) && a > low && !ticks.some((tick) => Math.abs(scene.along(tick) - scene.along(a)) < 30)) ticks.push(a);
    ticks.sort(d3.ascending);
    if (interval === d3.utcYear && !ticks.some((tick) => scene.along(tick) < 30)) ticks.unshift(low);
    const depth = scene.vertical ? scene.width : scene.height;
    const across = (time, a, b) => {
      const [x1, y1] = point(scene.along(time), a);
      const [x2, y2] = point(scene.along(time), b);
      return { x1, y1, x2, y2 };
    };
    const lines = (layer, times, a, b) => layer.selectAll("line").data(times, Number).join("line")
      .each(function (time) { const ends = across(time, a, b); for (const name in ends) this.setAttribute(name, ends[name]); });
    lines(layers.grid, interval === d3.utcYear ? yearStarts : ticks, 0, depth);
    // d3.axis draws the calendar's ticks; the words stand in the band between the lanes.
    const scale = Object.assign((time) => scene.along(time) + scene.start, { copy: () => scale, range: () => [scene.start, scene.start + scene.length] });
    const axis = (scene.vertical ? d3.axisRight : d3.axisBottom)(scale).tickValues(ticks).tickSize(0).tickPadding(0)
      .tickFormat((time) => (interval === d3.utcMonth && !time.getUTCMonth() ? time.getUTCFullYear() : format(time)));
    layers.ticks.attr("transform", scene.vertical ? `translate(${from + 27},0)` : `translate(0,${from + 35})`).call(axis)
      .attr("font-size", null).attr("font-family", null).attr("text-anchor", "start");
    layers.ticks.select(".domain").remove();
    layers.ticks.selectAll("text").attr("x", scene.vertical ? 0 : 4).attr("y", scene.vertical ? 9 : 4).attr("dy", scene.vertical ? "0.32em" : "0.71em")
      .classed("year", (time) => interval !== d3.utcYear && interval === d3.utcMonth && !time.getUTCMonth());
    let free = -Infinity;
    layers.ticks.selectAll(".tick").attr("display", (time) => {
      const place = scene.along(time);
      const room = scene.vertical ? 16 : 42;
      if (place < free || (!scene.vertical && place > scene.length - 30)) return "none";
      free = place + room;
      return null;
    });
    const band = point(0, from);
    const size = scene.vertical ? [scene.band, scene.length] : [scene.length, scene.band];
    layers.grid.selectAll("rect").data([0]).join((enter) => enter.insert("rect", ":first-child")).attr("class", "ex-band")
      .attr("x", band[0]).attr("y", band[1]).attr("width", size[0]).attr("height", size[1]);
    layers.gaps.selectAll("rect").data(gaps.filter(([a, b]) => b > low && a < high)).join("rect").attr("fill", "url(#ex-hatch)").each(function ([a, b]) {
      const [start, end] = [scene.along(a), scene.along(b)];
      const corner = point(start, 0);
      const box = scene.vertical ? [scene.width, end - start] : [end - start, scene.height];
      ["x", "y", "width", "height"].forEach((name, place) => this.setAttribute(name, [...corner, ...box][place]));
    });
    layers.gaps.selectAll("text").data(scene.vertical ? [] : gaps.filter(([a, b]) => scene.along(b) > 8 && scene.along(a) < scene.length - 8)).join("text")
      .text("no acts were looked for").attr("text-anchor", "middle")
      .attr("transform", ([a, b]) => `translate(${scene.start + (scene.along(a) + scene.along(b)) / 2 + 4},${scene.edge[0] / 2 + 20}) rotate(-90)`);
    layers.names.selectAll("text").data(data.sides).join("text").text((side, lane) => `${scene.vertical ? "" : ["↑ ", "↓ "][lane]}${side.name}`)
      .attr("class", (side, lane) => `ex-name-${lane}`)
      .attr("x", (side, lane) => (scene.vertical ? (lane ? scene.width : 0) : scene.start + 2))
      .attr("y", (side, lane) => (scene.vertical ? 14 : lane ? scene.height - 8 : scene.margin + 12))
      .attr("text-anchor", (side, lane) => (scene.vertical && lane ? "end" : "start"));
    paintSigns(depth);
  };
  // Named dates: a line across both lanes, the words where there is room for them.
  const taken = (along, low, high) => view.shown.some((item) => item.along > along - 22 && item.along < along + 6 && item.x > low && item.x < high);
  const paintSigns = () => {
    const signs = data.marks.map((mark) => ({ ...mark, item: byId.get(mark.id) })).filter(({ item }) => scene.holds(item.at) && view.shown.includes(item));
    const ends = [-Infinity, -Infinity];
    const placed = signs.sort((a, b) => a.item.at - b.item.at).map((sign) => {
      const start = scene.along(sign.item.at);
      const width = sign.label.length * 6.6 + 14;
      const flip = scene.vertical ? taken(start, scene.width - width, scene.width) : start + width > scene.length;
      const row = scene.vertical
        ? (start > ends[0] && !(flip && taken(start, 0, width)) ? 0 : -1)
        : [1, 0].find((line) => ends[line] < (flip ? start - width : start)) ?? -1;
      if (row >= 0) ends[row] = scene.vertical ? start + 15 : flip ? start : start + width;
      return { ...sign, start, row, flip };
    });
    const joined = layers.signs.selectAll("g").data(placed.filter((sign) => sign.row >= 0), (sign) => sign.id).join((enter) => {
      const made = enter.append("g");
      made.append("line");
      made.append("text");
      return made;
    });
    joined.select("line").each(function (sign) {
      const top = scene.vertical ? 0 : 4 + sign.row * 16;
      const [x1, y1] = point(sign.start, top);
      const [x2, y2] = scene.vertical ? point(sign.start, scene.width) : [sign.item.x, sign.item.y];
      [["x1", x1], ["y1", y1], ["x2", x2], ["y2", y2]].forEach(([name, value]) => this.setAttribute(name, value));
    });
    joined.select("text").text((sign) => sign.label)
      .attr("text-anchor", (sign) => (scene.vertical !== sign.flip ? "end" : "start"))
      .attr("x", (sign) => (scene.vertical ? (sign.flip ? 0 : scene.width) : sign.start + scene.start + (sign.flip ? -4 : 4)))
      .attr("y", (sign) => (scene.vertical ? sign.start + scene.start - 3 : 13 + sign.row * 16));
  };

  const symbol = d3.symbol();
  let finder = null;
  const paintMarks = () => {
    const visible = view.shown.filter((item) => item.along > -12 && item.along < scene.length + 12);
    const orders = new Map(view.acts.map((act, place) => [act, place + 1]));
    data.events.forEach((event, place) => orders.set(event, place + 1));
    const focusable = tabStop();
    for (const [lane, group] of groups) {
      const items = view.shown.filter((item) => item.lane === lane);
      group.attr("display", items.length ? null : "none");
      group.selectAll("g.ex-mark").data(items, (item) => item.id).join((enter) => {
        const made = enter.append("g").attr("role", "option").attr("id", (item) => `mark-${item.id}`);
        made.append("path");
        return made;
      })
        .order()
        .attr("class", (item) => ["ex-mark", item.lane === "event" ? "ex-event" : `ex-side-${item.lane}`,
          item.ghost ? "ghost" : "", item.phase === "announcement" ? "pale" : "",
          item.intensity && item.intensity[0] <= 0 ? "hollow" : ""].filter(Boolean).join(" "))
        .attr("transform", (item) => `translate(${item.x.toFixed(2)},${item.y.toFixed(2)})`)
        .attr("tabindex", (item) => (item === focusable ? 0 : -1))
        .attr("aria-selected", (item) => String(item.id === state.act))
        .attr("aria-setsize", (item) => (item.lane === "event" ? data.events.length : item.ghost ? -1 : view.acts.length))
        .attr("aria-posinset", (item) => (orders.get(item) ?? null))
        .attr("aria-label", (item) => spoken(item, orders.get(item), item.lane === "event" ? data.events.length : view.acts.length))
        .select("path").attr("d", (item) => {
          if (item.lane === "event") return symbol.type(d3.symbolDiamond).size(item.size ** 2 * 2.4)();
          return symbol.type(symbols.get(item.domain)).size(Math.PI * item.size ** 2)();
        });
    }
    listbox.attr("aria-label", `${count(view.acts.length, "act")} in the order of their dates`);
    layers.arcs.selectAll("path").data(view.arcs, (arc) => `${arc.reply} ${arc.act} ${arc.kind}`).join("path")
      .attr("class", (arc) => `ex-arc ex-line-${arc.kind} ex-side-${arc.from.lane}`)
      .attr("data-reply", (arc) => arc.reply).attr("data-act", (arc) => arc.act)
      .attr("d", arcPath);
    finder = visible.length ? d3.Delaunay.from(visible, (item) => item.x, (item) => item.y) : null;
    if (finder) finder.items = visible;
  };

  // ---- The strip: months of all years, with the window ---------------------------------------------------------------

  const brush = d3.brushX();
  const stripScale = d3.scaleUtc();
  const paintStrip = () => {
    const [width, height] = [scene.width, 46];
    stripScale.domain(base.domain()).range(base.range().map((end) => 6 + (end / scene.length) * (width - 12)));
    strip.attr("viewBox", `0 0 ${width} ${height}`).attr("height", height);
    const months = [0, 1].map((side) => d3.rollup(view.acts.filter((act) => act.side === side), (acts) => acts.length, (act) => +d3.utcMonth.floor(act.at)));
    const most = d3.max(months.flatMap((found) => [...found.values()])) || 1;
    const tall = d3.scaleSqrt([0, most], [0, height / 2 - 3]);
    const bars = months.flatMap((found, side) => [...found].map(([time, n]) => ({ side, time: new Date(time), n })));
    const made = strip.selectAll("g.ex-strip-bars").data([0]).join((enter) => enter.insert("g", ":first-child").attr("class", "ex-strip-bars"));
    made.selectAll("line.ex-strip-middle").data([0]).join("line").attr("class", "ex-strip-middle").attr("x1", 6).attr("x2", width - 6).attr("y1", height / 2).attr("y2", height / 2);
    made.selectAll("rect").data(bars, (bar) => `${bar.side} ${+bar.time}`).join("rect")
      .attr("class", (bar) => `ex-side-${bar.side}`)
      .attr("x", (bar) => stripScale(bar.time))
      .attr("width", (bar) => Math.max(stripScale(d3.utcMonth.offset(bar.time)) - stripScale(bar.time) - 0.6, 1.5))
      .attr("y", (bar) => (bar.side ? height / 2 + 1 : height / 2 - 1 - tall(bar.n)))
      .attr("height", (bar) => tall(bar.n));
    brush.extent([[6, 1], [width - 6, height - 1]]);
    const holder = strip.selectAll("g.ex-brush").data([0]).join((enter) => enter.append("g").attr("class", "ex-brush"));
    if (brushing) return;
    holder.call(brush);
    const whole = !state.from && !state.to;
    holder.call(brush.move, whole ? null : [state.from ?? first, state.to ?? last].map((time) => Math.min(Math.max(stripScale(time), 6), width - 6)));
  };
  let brushing = false;
  brush.on("start brush end", (event) => {
    if (!event.sourceEvent) return;
    brushing = event.type !== "end";
    if (event.selection && event.selection[1] - event.selection[0] > 3) {
      const [from, to] = event.selection.map((place) => d3.utcDay.round(stripScale.invert(place)));
      state.from = from <= first ? null : from;
      state.to = to >= last ? null : to;
    } else if (event.type === "end") state.from = state.to = null;
    fillForm();
    draw();
    if (event.type === "end") commit();
  });

  // ---- Words: status, table, details -----------------------------------------------------------------------------------

  const say = () => {
    const all = data.acts.length;
    const n = view.inWindow.length;
    const sides = data.sides.map((side, place) => `${side.name} ${view.inWindow.filter((act) => act.side === place).length}`).join(", ");
    const stated = view.arcs.filter((arc) => arc.kind !== "inferred" && view.inWindow.includes(arc.from)).length;
    const words = n ? `${n === all ? `All ${count(n, "act")}` : `${n} of ${count(all, "act")}`}: ${sides}; ${count(stated, "stated link")} of replies.`
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
    anchor.href = `#?act=${encodeURIComponent(row.dataset.act)}`;
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
        make("p", { class: "ex-kicker" }, sample(item), ` ${item.actor} · context event · ${item.type}`),
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

  // ---- Pointer and keyboard -------------------------------------------------------------------------------------------

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

  // ---- Begin ------------------------------------------------------------------------------------------------------

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
  root.dataset.ready = "true";
})();
