"""Chromium, driven by Playwright, for the tests that open the built pages from disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from retorsion.project import REPORTS

#: Every page of the site, so that a page added later is tested as well.
PAGES = sorted(REPORTS.rglob("*.html"))
#: One page of each template: all but those of the folders below, of which one stands for its folder.
TEMPLATES = [
    page
    for page in PAGES
    if page.parent == REPORTS or page == next(each for each in PAGES if each.parent == page.parent)
]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; in the gate its absence is a failure, elsewhere a reason to skip."""
    chosen = os.environ.get("RETORSION_CHROMIUM")
    path = chosen or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        reason = "no Chromium on this machine: install the package `chromium`, or set RETORSION_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Source of axe-core."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


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


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens a page in a browser profile of its own: ``visit("acts.html", "#x", viewport=PHONE)``."""
    contexts = []

    def go(name: str, fragment: str = "", **options: Any) -> Opened:
        context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce"} | options)
        contexts.append(context)
        return open_page(context, REPORTS / name, fragment)

    yield go
    for context in contexts:
        context.close()


def name_of(page: Path) -> str:
    """Address of a page, relative to the site."""
    return page.relative_to(REPORTS).as_posix()


#: For what a template decides: tests of every page would say the same again.
of_each_template = pytest.mark.parametrize("opened", TEMPLATES, indirect=True, ids=name_of, scope="module")


@pytest.fixture(scope="module", params=PAGES, ids=name_of)
def opened(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Opened]:
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")  # type: ignore[arg-type]
    yield open_page(context, request.param)
    context.close()


@pytest.fixture(autouse=True)
def on_a_desk_in_the_light(request: pytest.FixtureRequest) -> None:
    """Each test begins on the same screen, at the top of the page."""
    if "opened" in request.fixturenames:
        page = request.getfixturevalue("opened").page
        page.emulate_media(media="screen", color_scheme="light")
        page.set_viewport_size(DESK)
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
