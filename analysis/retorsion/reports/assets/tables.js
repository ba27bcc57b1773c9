// Tables of class "interactive" can be sorted and searched. One whose columns come with the page is also filtered by
// column, which the address keeps, and its rows are downloaded as the table's file has them.
(() => {
  const make = (tag, attributes, ...children) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  };
  const holder = document.getElementById("table-data");
  const described = holder && JSON.parse(holder.textContent);
  const most = 300, fewChoices = 40, fewCodes = 120;

  // What a cell sorts by: a number, small letters, or nothing.
  const key = (text) => {
    text = text.trim();
    if (text === "–" || text === "") return null;
    const plain = text.replace(/,/g, "").replace("−", "-");
    return /^-?\d+(\.\d+)?%?$/.test(plain) ? parseFloat(plain) : text.toLowerCase();
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : +(String(a) > String(b)));

  // The columns of a table that come with the page: what each cell is in the table's file.
  const read = (columns, rows) => {
    const made = columns.map((column) => {
      const codes = new Map(Object.entries(column.codes ?? {}));
      const cell = (row) => rows[row].cells[column.cell];
      const words = (row) => { const text = (cell(row).querySelector("a") ?? cell(row)).firstChild; return text?.data ?? ""; };
      const raw = (row) => {
        if (column.rows) { // -1: nothing; -2: what the first column has
          const number = column.rows[row];
          return number === -2 ? made[0].all()[row] : number < 0 ? null : column.values[number];
        }
        if (column.values) return column.values.length ? column.values[0] : null;
        if (column.how === "links") return [...cell(row).querySelectorAll("a")].map((a) => a.getAttribute("href")).join(" ") || null;
        const link = column.how === "act" && cell(row).querySelector("a");
        if (link) return decodeURIComponent(link.hash.slice(1));
        const text = words(row);
        if (text === "") return null;
        return column.how === "int" ? text.replace(/,/g, "").replace("−", "-") : codes.get(text) ?? text;
      };
      let values;
      const all = () => (values ??= rows.map((_, row) => raw(row)));
      return { ...column, codes, words, all, isNumber: column.how === "int" || column.how === "float" };
    });
    return made;
  };
  const csv = (columns, chosen) => {
    const written = (value) => (value === null ? "" : value === "" || /[",\n\r]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value);
    const lines = chosen.map((row) => columns.map((column) => written(column.all()[row])).join(","));
    return [columns.map(({ name }) => name).join(","), ...lines, ""].join("\n");
  };

  // The control of a column: a choice where it has few values, from and to for days and numbers, else words.
  const control = (column, name, changed) => {
    const values = column.all();
    const field = (attributes) => { const made = make("input", { autocomplete: "off", ...attributes }); made.addEventListener("input", changed); return made; };
    if (column.isNumber || column.how === "date") {
      const type = column.isNumber ? "number" : "date";
      const ends = ["from", "to"].map((end) => field({ type, step: "any", ariaLabel: `${name}, ${end}` }));
      const of = (text) => (column.isNumber ? Number(text) : text);
      return {
        parts: [ends[0], " to ", ends[1]],
        get: () => (ends.some((end) => end.value) ? ends.map((end) => end.value).join("..") : ""),
        set: (text) => { [ends[0].value, ends[1].value = ""] = text.split(".."); },
        says: (text) => { const [low, high] = text.split(".."); return low && high ? `${low} to ${high}` : low ? `from ${low}` : `to ${high}`; },
        test: (text) => {
          const [low, high] = text.split("..");
          return (row) => values[row] !== null && (!low || of(values[row]) >= of(low)) && (!high || of(values[row]) <= of(high));
        },
      };
    }
    const counts = new Map();
    values.forEach((value, row) => {
      const held = counts.get(value) ?? { label: value === null ? "missing" : column.codes.size ? column.words(row) : value, n: 0 };
      held.n += 1;
      counts.set(value, held);
    });
    if (column.how !== "act" && column.how !== "links" && counts.size <= (column.codes.size ? fewCodes : fewChoices)) {
      const select = make("select", { ariaLabel: name }, make("option", { value: "" }, "any"));
      [...counts].sort(([, a], [, b]) => a.label.localeCompare(b.label, "en"))
        .forEach(([value, { label, n }]) => select.append(make("option", { value: value ?? "–" }, `${label} (${n})`)));
      select.addEventListener("change", changed);
      return {
        parts: [select],
        get: () => select.value,
        set: (text) => { select.value = text; },
        says: (text) => counts.get(text === "–" ? null : text)?.label ?? text,
        test: (text) => (row) => (values[row] ?? "–") === text,
      };
    }
    const input = field({ type: "search", ariaLabel: name });
    return {
      parts: [input],
      get: () => input.value,
      set: (text) => { input.value = text; },
      says: (text) => text,
      test: (text) => {
        const words = text.toLowerCase().split(/\s+/).filter(Boolean);
        return (row, cells) => values[row] === text || words.every((word) => cells[column.cell].textContent.toLowerCase().includes(word));
      },
    };
  };

  document.querySelectorAll("table.interactive").forEach((table) => {
    const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
    const own = described && table.classList.contains("by-column") ? read(described.columns, rows) : null;
    const columns = own ? own.filter(({ cell }) => cell !== undefined).sort((a, b) => a.cell - b.cell) : [];
    const names = heads.map((head) => head.firstChild.textContent.trim());
    const controls = new Map();
    let order = rows.map((_, row) => row), kept = order, sorted = "", isWhole = !own, number, texts;

    const input = make("input", { type: "search", autocomplete: "off" });
    const count = make("output", {});
    const more = make("button", { type: "button", hidden: true }, "Show all rows");
    const chips = make("span", { className: "set-filters" });
    const limited = make("small", { className: "limited" });
    const bar = make("div", { className: "filter" }, make("label", {}, "Search this table ", input), count, more);

    const set = () => [...controls].map(([column, one]) => [column, one, one.get()]).filter(([, , text]) => text !== "");
    const show = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length) texts ??= rows.map((row) => row.textContent.toLowerCase());
      const tests = set().map(([, one, text]) => one.test(text));
      kept = order.filter((row) => words.every((word) => texts[row].includes(word)) && tests.every((test) => test(row, rows[row].cells)));
      const is = new Set(kept);
      rows.forEach((row, number) => { row.hidden = !is.has(number); });
      kept.forEach((row, place) => rows[row].classList.toggle("later", !isWhole && place >= most));
      table.classList.add("ready");
      const cut = !isWhole && kept.length > most;
      more.hidden = !cut;
      const [n, all] = [kept, rows].map(({ length }) => length.toLocaleString("en"));
      number = `${kept.length < rows.length ? `${n} of ` : ""}${all} rows`;
      count.textContent = `${number}${cut ? `, the first ${most} shown` : ""}`;
      dispatchEvent(new Event("regions"));
    };
    const sort = (column, direction) => {
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      heads[column].setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      const values = columns[column]?.isNumber && columns[column].all();
      const of = (row) => (values ? values[row] === null ? null : Number(values[row]) : key(rows[row].cells[column].dataset.sort ?? rows[row].cells[column].textContent));
      const keyed = rows.map((_, row) => [of(row), row]);
      keyed.sort(([a], [b]) => (a === null) - (b === null) || direction * compare(a, b));
      order = keyed.map(([, row]) => row);
      body.append(...order.map((row) => rows[row]));
      sorted = own ? `${direction === 1 ? "" : "-"}${columns[column].name}` : "";
    };
    heads.forEach((head, column) => {
      const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
      button.firstChild.after(make("span", { className: "arrow", ariaHidden: "true" }));
      head.append(button);
      button.addEventListener("click", () => {
        sort(column, head.getAttribute("aria-sort") === "ascending" ? -1 : 1);
        commit();
      });
    });

    const said = ([column, one, text]) => `${names[column.cell]}: ${one.says(text)}`;
    // What is set is said in words that take it away again, and kept in the address.
    const commit = () => {
      show();
      if (!own) return;
      const chosen = set();
      chips.replaceChildren(...chosen.map((filter) => {
        const words = said(filter);
        const chip = make("button", { type: "button", ariaLabel: `Remove the filter ${words}` }, words, make("span", { ariaHidden: "true" }, " ×"));
        chip.addEventListener("click", () => { filter[1].set(""); commit(); panel.querySelector("summary").focus(); });
        return chip;
      }));
      const limits = [...chosen.map(said), ...(input.value ? [`with ${input.value}`] : [])];
      limited.textContent = limits.length ? `${number}; ${limits.join("; ")}` : "";
      const state = new URLSearchParams(chosen.map(([column, , text]) => [column.name, text]));
      if (input.value) state.set("q", input.value);
      if (sorted) state.set("sort", sorted);
      history.replaceState(null, "", String(state) ? `#?${state}` : location.pathname);
    };
    const use = (column) => {
      if (!controls.has(column)) controls.set(column, control(column, names[column.cell], commit));
      return controls.get(column);
    };
    const panel = make("details", { className: "column-filters" }, make("summary", {}, "Filter by column"));
    panel.addEventListener("toggle", () => {
      if (panel.querySelector(".column-grid")) return;
      panel.append(make("div", { className: "column-grid" }, ...columns.map((column) =>
        make("div", { role: "group", ariaLabel: names[column.cell] }, make("b", {}, names[column.cell]), ...use(column).parts))));
    });
    const restore = () => {
      if (!location.hash.startsWith("#?")) return;
      const state = new URLSearchParams(location.hash.slice(2));
      columns.forEach((column) => { if (controls.has(column) || state.has(column.name)) use(column).set(state.get(column.name) ?? ""); });
      input.value = state.get("q") ?? "";
      const asked = state.get("sort") ?? "";
      const place = columns.findIndex(({ name }) => name === asked.replace(/^-/, ""));
      if (place >= 0) sort(place, asked.startsWith("-") ? -1 : 1);
      commit();
    };
    // A link to a row shows it, however far down it is.
    const reveal = () => {
      let id = location.hash.slice(1);
      try { id = decodeURIComponent(id); } catch { /* not one of ours */ }
      const row = id && document.getElementById(id);
      if (!row || row.parentElement !== body || row.checkVisibility()) return;
      row.hidden = false;
      row.classList.remove("later");
      row.scrollIntoView({ block: "center" });
    };

    input.addEventListener("input", commit);
    more.addEventListener("click", () => { isWhole = true; show(); input.focus(); });
    if (own) {
      const take = make("button", { type: "button" }, "Download these rows (CSV)");
      take.addEventListener("click", () => {
        const href = URL.createObjectURL(new Blob([csv(own, kept)], { type: "text/csv" }));
        make("a", { href, download: `${described.name}.csv` }).click();
        setTimeout(() => URL.revokeObjectURL(href), 10_000);
      });
      bar.append(take, panel, chips);
      table.caption.firstElementChild.append(limited);
      table.addEventListener("pointerover", ({ target }) => {
        const cell = target.closest("td, th"), column = cell && columns[cell.cellIndex];
        const code = column && cell.closest("tbody") && column.codes.get(cell.textContent);
        if (code && code !== "true" && code !== "false") cell.title = code;
      });
      addEventListener("hashchange", () => { restore(); reveal(); });
    }
    table.closest(".scroll").before(bar);
    show();
    if (own) { restore(); reveal(); }
  });
})();
