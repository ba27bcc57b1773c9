// Sizes, scales and places.

// ---- The scene: sizes and scales ----

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
  listbox.append("g").attr("role", "group").attr("aria-label", lane === "event" ? "Background events" : `Acts of ${data.sides[lane].name}`),
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
  if (share === null) {  // of all acts, so that the same address gives the same drawing
    const [a, b] = [0, 1].map((side) => stack(data.acts.filter((act) => act.side === side).map((act) => ({ along: base(act.at), r: 4 })), factor));
    share = a + b ? Math.min(Math.max(a / (a + b), 0.3), 0.7) : 0.5;
  }
  const depths = lanes.map((items) => stack(items, factor));
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
