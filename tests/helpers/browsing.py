"""Pages of the site opened from disk in Chromium, with all that they say and ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from retorsion.project import REPORTS

_EVERY = sorted(REPORTS.rglob("*.html"))


def _kind(page: Path) -> str:
    """What pages of one template have in common: the folder of tables or names, the evidence of one analysis."""
    if page.parent.name in {"tables", "names"}:
        return page.parent.name
    return f"evidence of {page.stem.partition('_')[0]}" if page.parent.name == "evidence" else page.name


def _of_each_kind() -> list[Path]:
    """The heaviest page of each kind, which has most on it; of tables, which differ by rows alone, a middling one."""
    kinds: dict[str, list[Path]] = {}
    for page in sorted(_EVERY, key=lambda page: (page.stat().st_size, page)):
        kinds.setdefault(_kind(page), []).append(page)
    return sorted(pages[len(pages) // 2 if kind == "tables" else -1] for kind, pages in kinds.items())


#: One page of each kind, so that a kind of page added later is tested as well. The step that writes the pages checks
#: the links, the identifiers and the addresses of every one.
PAGES = _of_each_kind()
#: For what a template decides.
TEMPLATES = [page for page in PAGES if page.parent.name != "evidence" or "_" not in page.stem]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}


@dataclass
class Opened:
    """A page in the browser, with all it said and all it asked for."""

    path: Path
    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def foreign(self) -> list[str]:
        """Requests that leave the disk."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]

    def run(self, script: str, argument: object = None) -> Any:
        """The value of a JavaScript expression or function."""
        return self.page.evaluate(script, argument)


def open_page(context: BrowserContext, path: Path, fragment: str = "") -> Opened:
    """A page of the site in a new tab of ``context``, listened to from the start."""
    if not path.exists():
        pytest.skip(f"{path.name} is not built: run `make`")
    opened = Opened(path, context.new_page())
    opened.page.set_default_timeout(30_000)
    opened.page.on(
        "console",
        lambda message: (
            opened.messages.append(f"{message.type}: {message.text}")
            if message.type in {"error", "warning"}
            else None
        ),
    )
    opened.page.on("pageerror", lambda error: opened.messages.append(f"exception: {error}"))
    opened.page.on("request", lambda request: opened.requests.append(request.url))
    opened.page.goto(path.as_uri() + fragment)
    return opened


def name_of(page: Path) -> str:
    """Address of a page, relative to the site."""
    return page.relative_to(REPORTS).as_posix()


#: For what a template decides: tests of every page would say the same again.
of_each_template = pytest.mark.parametrize("opened", TEMPLATES, indirect=True, ids=name_of, scope="module")

#: What a page may not have, whatever the data say.
WRONG = """() => {
  const found = [];
  for (const element of document.querySelectorAll("*")) {
    for (const {name, value} of element.attributes) {
      if (name.startsWith("on")) found.push(`${element.localName} ${name}=${value}`);
      if (["href", "src", "xlink:href", "action"].includes(name)) {
        const kind = value.replace(/[\\u0000-\\u0020]/g, "").match(/^[a-z][a-z0-9+.-]*:/i);
        const allowed = element.localName === "link" ? ["data:"] : ["http:", "https:"];
        if (kind && !allowed.includes(kind[0].toLowerCase())) found.push(`${element.localName} ${name}=${value}`);
      }
    }
  }
  for (const tag of ["iframe", "object", "embed", "base", "form[action]", "meta[http-equiv=refresh]", "img:not([alt])"])
    for (const element of document.querySelectorAll(tag)) found.push(element.outerHTML.slice(0, 200));
  const heading = document.querySelector("main h1");
  if (!heading || !heading.textContent.trim() || !heading.checkVisibility()) found.push("no heading");
  if (!document.querySelector("footer")?.checkVisibility()) found.push("no end");
  return found;
}"""


def listened(page: Page) -> list[str]:
    """What a page says and asks for from now on."""
    heard: list[str] = []
    page.on("dialog", lambda dialog: (heard.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: heard.append(f"exception {error}"))
    page.on("console", lambda said: heard.append(f"{said.type} {said.text}") if said.type != "log" else None)
    page.on(
        "request",
        lambda request: (
            None
            if request.is_navigation_request() or request.url.startswith("data:,")
            else heard.append(f"request {request.url[:200]}")
        ),
    )
    return heard
