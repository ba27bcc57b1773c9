"""Chromium, driven by Playwright, for the tests that open the built pages from disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from browsing import DESK, PAGES, Opened, name_of, open_page
from playwright.sync_api import Browser, sync_playwright
from retorsion.project import REPORTS

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
