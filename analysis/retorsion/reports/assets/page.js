// Additions for readers with scripts; everything is there without them.
(() => {
  const make = (tag, attributes, text) => {
    const element = Object.assign(document.createElement(tag), attributes);
    if (text) element.textContent = text;
    return element;
  };

  // Areas that scroll sideways can be reached and scrolled by keyboard.
  // What goes on to the right fades there.
  const fade = (area) => area.classList.toggle("more", area.scrollLeft + area.clientWidth < area.scrollWidth - 1);
  const areas = document.querySelectorAll(".scroll, pre, .math.block");
  areas.forEach((area) => area.addEventListener("scroll", () => fade(area), { passive: true }));
  const regions = () => areas.forEach((area) => {
    fade(area);
    if (area.scrollWidth > area.clientWidth + 1 || area.scrollHeight > area.clientHeight + 1) area.tabIndex = 0;
    else area.removeAttribute("tabindex");
  });
  addEventListener("resize", regions);
  addEventListener("regions", regions); // of a table that has fewer rows or more
  regions();

  // The menu and the contents list start closed where they would push the text down.
  if (innerWidth <= 640) document.querySelector(".pages").open = false;
  if (innerWidth < 1120) document.querySelectorAll(".contents details").forEach((box) => { box.open = false; });

  // One button opens or closes all code.
  const code = [...document.querySelectorAll("details.code")];
  const heading = document.querySelector("main h1");
  if (code.length && heading) {
    const button = make("button", { type: "button", className: "code-switch" }, "Show all code");
    button.addEventListener("click", () => {
      const open = !code.every((box) => box.open);
      code.forEach((box) => { box.open = open; });
      button.textContent = open ? "Hide all code" : "Show all code";
    });
    const lead = heading.nextElementSibling;
    (lead && lead.tagName === "P" ? lead : heading).after(button);
  }

  // A click on a number opens what is known of it in place; with a key held it is the link that it is.
  const holder = document.getElementById("cards-data");
  if (holder) {
    const { cards, words, files } = JSON.parse(holder.textContent);
    const dialog = make("dialog", { className: "card" });
    dialog.setAttribute("aria-labelledby", "card-value card-title");
    document.body.append(dialog);
    // The rows behind a number: some rows of a file, or the values themselves where no file has them as rows.
    const rowsOf = (card) => {
      const file = files[card.file];
      if (file) return { heads: file.heads, table: [file.columns, ...card.rows.map((at) => file.rows[at])], file };
      return { heads: card.record.map(([head]) => head), table: [card.record.map(([, key]) => key), card.record.map(([, , value]) => String(value))] };
    };
    const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);
    const rowTable = ({ heads, table: [, ...rows], file }) => {
      const table = make("table", {});
      const words = (cell, at) => file?.said[at][cell] ?? cell.replace(/^-(?=\d)/, "−");
      const line = (cells, tag) => cells.reduce((row, cell, at) => { row.append(make(tag, {}, tag === "td" ? words(cell, at) : cell)); return row; }, make("tr", {}));
      table.append(line(heads, "th"), ...rows.slice(0, 5).map((row) => line(row, "td")));
      const area = make("div", { className: "scroll", tabIndex: 0, ariaLabel: "Rows" });
      area.setAttribute("role", "region");
      area.append(table);
      return area;
    };
    const rowsPart = (card) => {
      const { heads, table, file } = rowsOf(card);
      const n = table.length - 1;
      const part = make("details", { className: "card-rows" });
      const count = n === 1 ? "The row behind it" : `The ${n.toLocaleString("en")} rows behind it`;
      part.append(make("summary", {}, file ? `${count}, of ${file.n.toLocaleString("en")} in ${file.href.split("/").pop()}` : "Its values"));
      part.append(rowTable({ heads, table, file }));
      if (n > 5) part.append(make("p", {}, `The first 5 of ${n} rows; the file has them all.`));
      return part;
    };
    const rowsLink = (card) => {
      const { table } = rowsOf(card);
      const text = table.map((row) => row.map(quoted).join(",")).join("\n");
      const link = make("a", { href: `data:text/csv;charset=utf-8,${encodeURIComponent(`${text}\n`)}` }, table.length > 2 ? `These ${table.length - 1} rows (CSV)` : card.file ? "This row (CSV)" : "These values (CSV)");
      link.download = `${(card.file ?? card.title).split("/").pop().replace(/[^\w.]+/g, "-")}-rows.csv`;
      return link;
    };
    const linksPart = (link, card) => {
      const end = make("p", { className: "card-links" });
      end.append(make("a", { href: link.getAttribute("href") }, "Evidence page"), " · ", rowsLink(card));
      const whole = files[card.file] && files[card.file].href;
      if (whole) end.append(" · ", make("a", { href: whole, download: "" }, "Whole file (CSV)"));
      end.append(" · ", make("a", { href: card.json, download: "" }, "All values (JSON)"));
      const copy = make("button", { type: "button" }, "Copy link");
      copy.addEventListener("click", async () => {
        try { await navigator.clipboard.writeText(link.href); copy.textContent = "Copied"; }
        catch { copy.replaceWith(make("input", { value: link.href, readOnly: true, ariaLabel: "Link" })); }
      });
      end.append(" · ", copy);
      return end;
    };
    const open = (link, card) => {
      const facts = make("dl", {});
      for (const [name, text] of card.facts) {
        const fact = make("div", {});
        fact.append(make("dt", {}, name), make("dd", {}, typeof text === "number" ? words[text] : text));
        facts.append(fact);
      }
      const close = make("button", { type: "button", className: "card-close", ariaLabel: "Close" }, "×");
      close.addEventListener("click", () => dialog.close());
      const value = make("p", { id: "card-value", className: "card-value" }, link.textContent);
      const title = make("h2", { id: "card-title" }, card.title);
      dialog.replaceChildren(close, value, title, facts, rowsPart(card), linksPart(link, card));
      dialog.showModal();
    };
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.addEventListener("click", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const link = event.target.closest && event.target.closest("main a[href]");
      const card = link && cards[link.getAttribute("href")];
      if (!card || !/\d/.test(link.textContent)) return;
      event.preventDefault();
      open(link, card);
    });
  }

  // Marks of figures that have words show them where a reader points or touches.
  const told = document.querySelectorAll("[data-tip]");
  if (told.length) {
    const bubble = make("div", { className: "tip", hidden: true });
    bubble.setAttribute("role", "status");
    document.body.append(bubble);
    const show = (event) => {
      const mark = event.target.closest && event.target.closest("[data-tip]");
      bubble.hidden = !mark;
      if (!mark) return;
      bubble.textContent = mark.dataset.tip;
      const box = bubble.getBoundingClientRect();
      const beside = event.clientX + 14 + box.width > innerWidth ? event.clientX - box.width - 14 : event.clientX + 14;
      bubble.style.left = `${Math.max(4, beside)}px`;
      bubble.style.top = `${Math.max(4, event.clientY - box.height - 10)}px`;
    };
    document.addEventListener("pointermove", show, { passive: true });
    document.addEventListener("pointerdown", show, { passive: true });
    document.addEventListener("scroll", () => { bubble.hidden = true; }, { passive: true, capture: true });
  }

  // A figure as a picture: its drawing with the words that the page sets around it.
  const picture = (figure) => new Promise((resolve) => {
    const drawing = figure.querySelector(".scroll svg"), box = drawing.viewBox.baseVal, wide = box.width;
    const words = (selector) => figure.querySelector(selector)?.textContent.trim() ?? "";
    const blocks = [[words(".figure-title"), "bold 17px"], [words(".figure-subtitle"), "13px"]];
    const source = words(".figure-source").split(" · ")[0];
    const canvas = make("canvas", {}), pen = canvas.getContext("2d"), family = getComputedStyle(figure).fontFamily;
    const lines = blocks.concat([[source, "12px"]]).map(([text, font]) => {
      pen.font = `${font} ${family}`;
      return text.split(/\s+/).reduce((all, word) => {
        const longer = `${all.at(-1)} ${word}`.trim();
        if (pen.measureText(longer).width > wide && all.at(-1)) all.push(word); else all[all.length - 1] = longer;
        return all;
      }, [""]).map((line) => [line, font]);
    });
    const above = [...lines[0], ...lines[1]], step = 22, margin = 16;
    const copy = drawing.cloneNode(true);
    copy.setAttribute("width", 2 * wide);
    copy.setAttribute("height", 2 * box.height);
    const image = new Image();
    image.addEventListener("load", () => {
      canvas.width = 2 * (wide + 2 * margin);
      canvas.height = 2 * (box.height + step * (above.length + lines[2].length) + 3 * margin);
      pen.scale(2, 2);
      pen.fillStyle = "#fffdfa";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = "#16181d";
      let y = margin;
      const write = ([line, font]) => { pen.font = `${font} ${family}`; pen.fillText(line, margin, y += step - 6); y += 6; };
      above.forEach(write);
      pen.drawImage(image, margin, y + margin / 2, wide, box.height);
      y += box.height + margin / 2;
      lines[2].forEach(write);
      resolve(canvas.toDataURL("image/png"));
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  });
  document.querySelectorAll("figure[id^=figure-]").forEach((figure) => {
    const link = figure.querySelector(".figure-source a[download]");
    if (!link) return;
    const button = make("button", { type: "button", className: "as-link" }, "PNG");
    button.append(make("span", { className: "unseen" }, " of this figure"));
    button.addEventListener("click", async () => {
      const file = make("a", { href: await picture(figure), download: `${figure.id.slice(7)}.png` });
      file.click();
    });
    link.after(" · ", button);
  });

  // A state of a map is found by its name, which its words begin with.
  document.querySelectorAll("figure").forEach((figure) => {
    const marks = [...figure.querySelectorAll("[data-pick]")];
    if (!marks.length) return;
    const name = (mark) => mark.dataset.tip.split(": ")[0];
    const select = make("select", {});
    const said = make("output", {});
    const names = [...new Set(marks.map(name))].sort((a, b) => a.localeCompare(b, "en"));
    select.append(make("option", { value: "" }, "Pick one"), ...names.map((one) => make("option", { value: one }, one)));
    select.addEventListener("change", () => {
      marks.forEach((mark) => mark.classList.toggle("picked", name(mark) === select.value));
      said.textContent = marks.find((mark) => name(mark) === select.value)?.dataset.tip ?? "";
    });
    const label = make("label", {}, "Country ");
    label.append(select);
    const bar = make("div", { className: "filter" });
    bar.append(label, said);
    figure.querySelector(".scroll").before(bar);
  });

  // A link into a folded or scrolled part shows its target.
  const reveal = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { /* not one of ours */ }
    const target = id && document.getElementById(id);
    const folded = target && target.closest("details:not([open])");
    if (folded) { folded.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
