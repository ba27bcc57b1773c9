// The acts explorer: two lanes of acts facing one another across a calendar, replies as arcs between them.
// Its data are in #explorer-data (made by analysis/retorsion/reports/pages/explorer.py); its state is in the address.
// The files of this folder are parts of one closure, in the order that explorer.py names.

const root = document.getElementById("explorer");
if (!root) return;
const data = JSON.parse(document.getElementById("explorer-data").textContent);
const form = root.querySelector(".ex-filters");
const [status, printed, zoomBar, chart, detail, typeMenu] = [
  ".ex-status", ".ex-print", ".ex-zoom", ".ex-chart", ".ex-detail", ".ex-types",
].map((selector) => root.querySelector(selector));
const table = document.getElementById("all-acts-table");
root.hidden = false;

// ---- The record ----

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

// ---- The state and the address ----

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
// Who comes for one act sees the months around it, not a dot among all years.
const around = (at) => ({ from: d3.utcMonth.offset(d3.utcMonth.floor(at), -2), to: d3.utcMonth.offset(d3.utcMonth.floor(at), 3) });
const read = (hash) => {
  const found = fresh();
  if (!hash.startsWith("#?")) {
    let id = hash.slice(1);
    try { id = decodeURIComponent(id); } catch { /* not an address of ours */ }
    if (byId.has(id)) Object.assign(found, { act: id }, around(byId.get(id).at));
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
