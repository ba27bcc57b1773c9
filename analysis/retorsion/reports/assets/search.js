// The search page: all words must occur; what begins with them comes first. The query is in the address. A kind of
// source leaves acts alone whose best source is of that kind.
(() => {
  const { kinds, entries } = JSON.parse(document.getElementById("search-data").textContent);
  const titles = { act: "Acts", subject: "Persons and bodies", page: "Pages", table: "Tables", column: "Columns", source: "Sources" };
  const most = 20;
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = entries.map(([, title, note]) => [plain(title), plain(`${title} ${note}`)]);
  const form = document.getElementById("search");
  const field = document.getElementById("query");
  const source = document.getElementById("source");
  const found = document.getElementById("found");
  const results = document.getElementById("results");
  const make = (tag, text, ...children) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  };
  const rank = (title, words) => (title.startsWith(words[0]) ? 0 : words.every((word) => title.includes(word)) ? 1 : 2);
  const search = (query) => {
    const words = plain(query).split(/\s+/).filter(Boolean);
    if (!words.length && !source.value) return null;
    const hits = [];
    texts.forEach(([title, text], place) => {
      const isOfKind = !source.value || entries[place][2].endsWith(` · ${source.value}`);
      if (isOfKind && words.every((word) => text.includes(word))) hits.push([words.length ? rank(title, words) : 0, place]);
    });
    return hits.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, place]) => entries[place]);
  };
  const item = ([, title, note, href]) => {
    const link = make("a", title);
    link.href = href;
    return make("li", "", link, make("small", note));
  };
  const show = () => {
    const hits = search(field.value);
    results.replaceChildren();
    found.textContent = !hits ? "" : hits.length ? `${hits.length} found.` : "Nothing matches all of these words.";
    for (const kind of hits ? kinds : []) {
      const own = hits.filter((entry) => entry[0] === kind);
      if (!own.length) continue;
      const cut = own.length > most ? `, the first ${most}` : "";
      results.append(make("h2", `${titles[kind]} (${own.length}${cut})`), make("ul", "", ...own.slice(0, most).map(item)));
    }
  };
  const read = () => { field.value = new URLSearchParams(location.hash.slice(1)).get("q") ?? ""; show(); };
  field.addEventListener("input", () => {
    show();
    history.replaceState(null, "", field.value ? `#${new URLSearchParams({ q: field.value })}` : location.pathname);
  });
  source.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", read);
  form.hidden = false;
  read();
})();
