// The search page: all words must occur, in any usual spelling and with any usual ending; what has them in order, and
// in its title, comes first. Where nothing has all words, what has most of them is shown, and this is said.
// The query is in the address. A kind of source leaves acts alone whose best source is of that kind.
(() => {
  const { kinds, entries, letters, rules, ending, lists } = JSON.parse(document.getElementById("search-data").textContent);
  const titles = { act: "Acts", total: "Published totals", subject: "Persons and bodies", page: "Pages", table: "Tables", column: "Columns", source: "Sources" };
  const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const most = 20, longEnough = 4, common = 0.25;
  const endings = new RegExp(ending);
  const patterns = rules.map(([pattern, replacement]) => [new RegExp(pattern, "g"), replacement]);
  // Usual spellings of a name become the same; words are parted by single blanks, with one before the first.
  const plain = (text) => {
    const bare = text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase().replace(/[\u0400-\u04ff]/g, (letter) => letters[letter] ?? letter);
    const made = patterns.reduce((so, [pattern, replacement]) => so.replace(pattern, replacement), bare);
    return ` ${made.replace(/[^\p{L}\p{N}]+/gu, " ").trim()}`;
  };
  const dated = (text) => text.replace(/(\d{4})-(\d\d)-(\d\d)/g, (all, year, month, day) => `${all} ${Number(day)} ${months[month - 1]} ${year}`);
  let texts;
  const prepare = () => (texts ??= entries.map(([, title, note, , besides]) => [plain(title), `${plain(`${title} ${dated(note)} ${besides}`)} `]));
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
  // Within words only long ones are found, and no numbers: 76 is not in 1976. A single letter is a word of its own.
  const has = (text, { word, root }) => {
    if (/^[a-z]$/.test(word)) return text.includes(` ${word} `);
    if (text.includes(` ${word}`) || text.includes(` ${root}`)) return true;
    return (word.length >= longEnough || /[^\x00-\x7f]/.test(word)) && !/^\d+$/.test(word) && text.includes(word);
  };
  const rank = (title, text, phrase, words) => {
    if (title.startsWith(phrase)) return 0;
    if (title.includes(phrase)) return 1;
    if (text.includes(phrase)) return 2;
    if (words.every(({ word }) => title.includes(` ${word}`))) return 3;
    if (words.every(({ word }) => text.includes(` ${word}`))) return 4;
    return words.every(({ root }) => title.includes(` ${root}`)) ? 5 : 6;
  };
  // What has most of the words, and how many words that is.
  const search = (query) => {
    const phrase = plain(query);
    const words = [...new Set(phrase.split(" ").filter(Boolean))].map((word) => ({ word, root: word.replace(endings, "") }));
    if (!words.length && !source.value) return null;
    let hits = [], best = words.length ? 1 : 0;
    prepare().forEach(([title, text], place) => {
      if (source.value && !entries[place][2].endsWith(` · ${source.value}`)) return;
      const n = words.reduce((sum, word) => sum + has(text, word), 0);
      if (n > best) [hits, best] = [[], n];
      if (n === best) hits.push([words.length ? rank(title, text, phrase, words) : 0, place]);
    });
    const isAll = best === words.length;
    if (!isAll && hits.length > common * entries.length) hits = []; // words that are everywhere lead nowhere
    const found = hits.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, place]) => entries[place]);
    return { hits: found, best, n: words.length, isAll };
  };
  const item = ([, title, note, href]) => {
    const link = make("a", title);
    link.href = href;
    return make("li", "", link, make("small", note));
  };
  // Who looks for a person and finds acts alone, or nothing, is told whose lists have names.
  const said = (hits, best, n, isAll) => {
    const noName = lists && n && hits.every(([kind]) => kind === "act") ? ` No listed name matches: the record has the names on lists of ${lists} alone.` : "";
    if (!hits.length) return `Nothing matches. Try fewer words, or another form of them.${noName}`;
    const count = hits.length.toLocaleString("en");
    const found = isAll ? `${count} found.` : `Nothing has ${n === 2 ? "both" : `all ${n}`} words. ${count} found with ${best} of them.`;
    return found + noName + (noName && isAll ? " These acts mention what you seek." : "");
  };
  const show = () => {
    const { hits, best, n, isAll } = search(field.value) ?? {};
    results.replaceChildren();
    found.textContent = !hits ? "" : said(hits, best, n, isAll);
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
