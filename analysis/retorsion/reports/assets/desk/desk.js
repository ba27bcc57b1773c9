// Decides candidates by keyboard, mouse or touch, and saves the decisions as a file. All that comes from a page is
// shown as text.
(() => {
  const $ = (id) => document.getElementById(id);
  const { columns, rows, shown, acts, types, key } = JSON.parse($("desk-data").textContent);
  const candidates = rows.map((cells) => Object.fromEntries(columns.map((name, at) => [name, cells[at]])));
  const proposed = candidates.map((row) => ({ ...row }));
  const form = $("form");
  const controls = [...form.elements].filter((one) => one.name);
  const mark = $("mark");
  const done = [];
  let at = 0;

  const make = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), attributes, { textContent: text });
  // Characters that turn or hide what stands around them are named.
  const plain = (text) => text.replace(/[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
    (sign) => `[U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
  const words = (name) => name.replaceAll("_", " ");
  const states = new Map([...form.elements.actor_code.options].map((one) => [one.value, one.textContent]));
  const nameOf = (codes) => codes.split(";").map((code) => states.get(code) || code).join(", ");

  const store = {
    get() { try { return JSON.parse(localStorage.getItem(`desk-${key}`)); } catch { return null; } },
    set() {
      const changed = candidates.map((row, number) => Object.fromEntries(
        columns.filter((name) => row[name] !== proposed[number][name]).map((name) => [name, row[name]])));
      try { localStorage.setItem(`desk-${key}`, JSON.stringify({ mark: mark.value, changed })); } catch { /* not kept */ }
    },
  };

  // What is in the form, as cells of the row
  const read = () => {
    const row = candidates[at];
    for (const one of controls) {
      if (one.name === "more_targets") continue;
      if (one.name === "is_new") row.is_new = one.checked ? "true" : "";
      else row[one.name] = one.value.replace(/\s+/g, " ").trim();
    }
    const more = form.elements.more_targets.value.toUpperCase().split(/[;,\s]+/).filter(Boolean);
    if (more.length) row.target_codes = [row.target_codes, ...more].filter(Boolean).join(";");
  };

  // A choice that is not offered, such as a group of states, stays until a person chooses another.
  const set = (control, value) => {
    if (control.tagName === "SELECT" && ![...control.options].some((one) => one.value === value)) control.append(new Option(value, value));
    control.value = value;
  };

  const write = () => {
    const row = candidates[at];
    const [first, ...more] = row.target_codes.split(";");
    for (const one of controls) {
      if (one.name === "more_targets") one.value = more.join(";");
      else if (one.name === "is_new") one.checked = row.is_new === "true";
      else set(one, one.name === "target_codes" ? first : row[one.name]);
    }
    describe();
  };

  const describe = () => { $("d-act_type").textContent = types[form.elements.act_type.value] || ""; };

  const besides = () => {
    const row = candidates[at];
    const doubles = row.doubles.split(";").filter(Boolean);
    const items = shown[at].beside.map((id) => {
      const act = acts[id];
      const isDouble = doubles.includes(id);
      const item = make("li", "", { className: isDouble ? "double" : "" });
      const answered = id === proposed[at].reply_to ? " (what it may answer)" : "";
      item.append(make("b", `${act.day} ${act.actor}, ${act.type}${isDouble ? " (may be the same act)" : answered}`));
      item.append(make("span", act.summary), make("br", ""), make("a", id, { href: act.url, rel: "noreferrer" }), " ");
      if (row.kind === "act" && id !== proposed[at].reply_to) {
        const same = make("button", "It is this one", { type: "button" });
        same.setAttribute("aria-pressed", String(row.decision === "known" && doubles[0] === id));
        same.addEventListener("click", () => decide("known", { doubles: [id, ...doubles.filter((one) => one !== id)].join(";") }));
        item.append(same);
      }
      return item;
    });
    $("beside").replaceChildren(...items);
    $("alone").hidden = items.length > 0;
    $("new-label").hidden = !doubles.length || row.kind !== "act";
  };

  const show = (number, { focus = false } = {}) => {
    at = Math.max(0, Math.min(candidates.length - 1, number));
    const row = candidates[at];
    const what = row.kind === "total" ? "running total" : words(row.act_type);
    $("title").textContent = `${nameOf(row.actor_code)} towards ${nameOf(row.target_codes)}: ${what}, ${row.announced_date || "no day"}`;
    const source = $("source");
    source.replaceChildren(`${at + 1} of ${candidates.length}. Page ${plain(row.page)}, ${row.page_date ? `of ${row.page_date} (${words(row.page_date_basis)})` : "without a date"}. Confidence ${row.confidence}, group ${row.group}. `);
    if (/^https?:\/\//.test(row.url)) source.append(make("a", plain(row.url), { href: row.url, rel: "noreferrer" }));
    $("was").hidden = row.was_rejected !== "true";
    $("evidence").replaceChildren(plain(shown[at].before), make("mark", plain(row.evidence)), plain(shown[at].after));
    $("reply").hidden = !row.reply_words;
    $("reply").textContent = `Words of a reply: ${plain(row.reply_words)}`;
    for (const button of document.querySelectorAll("[data-do][aria-pressed]")) button.setAttribute("aria-pressed", String(button.dataset.do === row.decision));
    $("said").textContent = "";
    write();
    besides();
    list();
    if (focus) { $("card").focus({ preventScroll: true }); $("card").scrollIntoView({ block: "start" }); }
  };

  const buttons = candidates.map((_, number) => {
    const button = make("button", "", { type: "button" });
    button.addEventListener("click", () => { keep(); show(number, { focus: true }); });
    const item = document.createElement("li");
    item.append(button);
    $("list").append(item);
    return button;
  });
  const list = () => {
    let open = 0;
    candidates.forEach((row, number) => {
      const button = buttons[number];
      if (!row.decision) open += 1;
      button.className = row.decision ? "decided" : "";
      button.setAttribute("aria-current", String(number === at));
      button.replaceChildren(`${row.announced_date || "no day"} ${row.actor_code} → ${row.target_codes}`,
        make("small", `${row.kind === "total" ? "running total" : words(row.act_type)}${row.decision ? `: ${row.decision}` : row.doubles ? ": may be known" : ""}`));
    });
    const box = buttons[at].closest(".desk-list"); // the list scrolls, not the page
    if (box.scrollHeight > box.clientHeight) box.scrollTop = buttons[at].offsetTop - box.offsetTop - box.clientHeight / 2;
    $("state").textContent = `${candidates.length - open} of ${candidates.length} decided`;
  };

  const keep = () => { read(); store.set(); };
  const say = (text, control) => {
    $("said").textContent = text;
    const folded = control.closest("details");
    if (folded) folded.open = true;
    control.focus();
  };

  const decide = (decision, cells = {}) => {
    read();
    const row = candidates[at];
    if (!mark.value.trim()) return say("Write your mark first: no row is decided without a person's.", mark);
    if (decision === "accept") {
      const told = candidates.some((one) => one.act_id === row.act_id && one.summary);
      if (!told) return say("Say the act in one sentence of your own.", form.elements.summary);
      if (row.doubles && row.kind === "act" && row.is_new !== "true") return say("Look at the rows marked: tick the box if it is another act.", form.elements.is_new);
      const wrong = controls.find((one) => !one.checkValidity());
      if (wrong) return say("This cell cannot be read.", wrong);
    }
    done.push([at, { ...row }]);
    // What is rejected is what was read, whatever was edited.
    if (decision === "reject") Object.assign(row, proposed[at]);
    Object.assign(row, cells, { decision, decided_by: mark.value.trim() });
    store.set();
    const next = candidates.findIndex((one, number) => number > at && !one.decision);
    show(next < 0 ? at : next, { focus: true });
    return undefined;
  };

  const undo = () => {
    read();
    const [number, row] = done.pop() || [at, candidates[at]];
    candidates[number] = { ...row, decision: "", decided_by: "" };
    store.set();
    show(number, { focus: true });
  };

  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const save = () => {
    keep();
    const lines = [columns, ...candidates.map((row) => columns.map((name) => row[name]))];
    const text = lines.map((cells) => `${cells.map(cell).join(",")}\n`).join("");
    const link = make("a", "", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: "decisions.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    $("state").textContent = "Saved as decisions.csv. Next: retorsion accept decisions.csv";
  };

  const actions = {
    accept: () => decide("accept"),
    reject: () => decide("reject"),
    edit: () => form.elements.summary.focus(),
    undo,
    previous: () => { keep(); show(at - 1, { focus: true }); },
    next: () => { keep(); show(at + 1, { focus: true }); },
    save,
  };
  const keys = { a: "accept", r: "reject", e: "edit", u: "undo", k: "previous", j: "next", s: "save" };

  if (!candidates.length) { $("state").textContent = "No candidate was found"; return; }
  const kept = store.get();
  if (kept) {
    mark.value = kept.mark || "";
    (kept.changed || []).forEach((cells, number) => Object.assign(candidates[number] || {}, cells));
  }
  $("card").hidden = false;
  document.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", () => actions[button.dataset.do]()));
  $("save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, select, textarea");
    if (field && event.key === "Escape") { keep(); $("card").focus(); return; }
    if ((field && field.type !== "checkbox") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    actions[keys[event.key]]();
  });
  // The identifier follows the actor and the day that it begins with.
  form.addEventListener("change", (event) => {
    const before = candidates[at];
    const id = before.act_id;
    const head = (row) => `${row.actor_code.toLowerCase()}-${row.announced_date || "day"}-`;
    const old = head(before);
    if (before.addressee_code === before.target_codes && event.target.name === "target_codes") form.elements.addressee_code.value = event.target.value;
    read();
    if (before.act_id.startsWith(old) && ["actor_code", "announced_date"].includes(event.target.name)) {
      before.act_id = head(before) + before.act_id.slice(old.length);
      form.elements.act_id.value = before.act_id;
    }
    // Other pages of the act, and what answers it, follow its identifier.
    if (before.act_id !== id) {
      for (const row of candidates) {
        if (row.act_id === id) row.act_id = before.act_id;
        if (row.reply_to === id) row.reply_to = before.act_id;
      }
    }
    describe();
    store.set();
    list();
  });
  mark.addEventListener("change", store.set);
  addEventListener("pagehide", keep);
  const open = candidates.findIndex((row) => !row.decision);
  show(open < 0 ? 0 : open);
})();
