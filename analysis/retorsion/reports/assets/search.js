// The search page: all words must occur, in any usual spelling; what has them in order, and in its title, comes first.
// The query is in the address. A kind of source leaves acts alone whose best source is of that kind.
(() => {
  const { kinds, entries, letters, rules } = JSON.parse(document.getElementById("search-data").textContent);
  const titles = { act: "Acts", total: "Published totals", subject: "Persons and bodies", page: "Pages", table: "Tables", column: "Columns", source: "Sources" };
  const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const most = 20, longEnough = 4;
  const patterns = rules.map(([pattern, replacement]) => [new RegExp(pattern, "g"), replacement]);
  // Usual spellings of a name become the same; words are parted by single blanks, with one before the first.
  const plain = (text) => {
    const bare = text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase().replace(/[\u0400-\u04ff]/g, (letter) => letters[letter] ?? letter);
    const made = patterns.reduce((so, [pattern, replacement]) => so.replace(pattern, replacement), bare);
    return ` ${made.replace(/[^\p{L}\p{N}]+/gu, " ").trim()}`;
  };
  const dated = (text) => text.replace(/(\d{4})-(\d\d)-(\d\d)/g, (all, year, month, day) => `${all} ${Number(day)} ${months[month - 1]} ${year}`);
  let texts;
  const prepare = () => (texts ??= entries.map(([, title, note, , besides]) => [plain(title), plain(`${title} ${dated(note)} ${besides}`)]));
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
  // Within words only long ones are found, and no numbers: 76 is not in 1976.
  const has = (text, word) => text.includes(` ${word}`) || ((word.length >= longEnough || /[^\x00-\x7f]/.test(word)) && !/^\d+$/.test(word) && text.includes(word));
  const rank = (title, text, phrase, words) => {
    if (title.startsWith(phrase)) return 0;
    if (title.includes(phrase)) return 1;
    if (text.includes(phrase)) return 2;
    return words.every((word) => title.includes(` ${word}`)) ? 3 : words.every((word) => text.includes(` ${word}`)) ? 4 : 5;
  };
  const search = (query) => {
    const phrase = plain(query);
    const words = phrase.split(" ").filter(Boolean);
    if (!words.length && !source.value) return null;
    const hits = [];
    prepare().forEach(([title, text], place) => {
      const isOfKind = !source.value || entries[place][2].endsWith(` · ${source.value}`);
      if (isOfKind && words.every((word) => has(text, word))) hits.push([words.length ? rank(title, text, phrase, words) : 0, place]);
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
  // From the field one arrow leads to the first answer, and on along them; Enter goes to the first.
  const move = (step) => {
    const links = [field, ...results.querySelectorAll("a")];
    links[Math.min(Math.max(links.indexOf(document.activeElement) + step, 0), links.length - 1)].focus();
  };
  document.addEventListener("keydown", (event) => {
    const isInside = event.target === field || results.contains(event.target);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !isInside || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(step);
  });
  source.addEventListener("change", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); results.querySelector("a")?.click(); });
  addEventListener("hashchange", read);
  form.hidden = false;
  read();
  setTimeout(prepare); // so that the first answer is as quick as the others
})();
