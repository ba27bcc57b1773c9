// The drawing, and the strip of all years below it.

// ---- Drawing ----

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

// ---- The strip: months of all years, with the window ----

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
