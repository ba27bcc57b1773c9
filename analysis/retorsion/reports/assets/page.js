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
    const { cards, words } = JSON.parse(holder.textContent);
    const dialog = make("dialog", { className: "card" });
    dialog.setAttribute("aria-labelledby", "card-title");
    document.body.append(dialog);
    const open = (link, card) => {
      const href = link.getAttribute("href");
      const facts = make("dl", {});
      for (const [name, text] of card.facts) {
        const fact = make("div", {});
        fact.append(make("dt", {}, name), make("dd", {}, typeof text === "number" ? words[text] : text));
        facts.append(fact);
      }
      const end = make("p", { className: "card-links" });
      end.append(make("a", { href }, "Evidence"));
      for (const rows of card.rows) end.append(" · ", make("a", { href: rows, download: "" }, `${rows.split("/").pop()}`));
      const copy = make("button", { type: "button" }, "Copy link");
      copy.addEventListener("click", async () => {
        try { await navigator.clipboard.writeText(link.href); copy.textContent = "Copied"; }
        catch { copy.replaceWith(make("input", { value: link.href, readOnly: true, ariaLabel: "Link" })); }
      });
      end.append(" · ", copy);
      const close = make("button", { type: "button", className: "card-close", ariaLabel: "Close" }, "×");
      close.addEventListener("click", () => dialog.close());
      const title = make("h2", { id: "card-title" }, link.textContent);
      dialog.replaceChildren(close, title, make("p", { className: "card-place" }, card.title), facts, end);
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
