"""What axe-core says of every page: WCAG 2.2 AA, in the light, in the dark and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_runs import AXE, RUNS
from browsing import DESK, PAGES, PHONE, TEMPLATES, Opened, name_of

pytestmark = [pytest.mark.browser, pytest.mark.data]

#: Waits until the page was drawn twice.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@pytest.mark.parametrize("opened", PAGES, indirect=True, ids=map(name_of, PAGES))
def test_axe_finds_nothing_serious(opened: Opened, axe: str) -> None:
    """Every page on a desk, one of each template in the dark and on a phone."""
    opened.run(axe)
    found = {}
    for run in RUNS if opened.path in TEMPLATES else ["desk"]:
        opened.page.set_viewport_size(PHONE if run == "phone" else DESK)
        opened.page.emulate_media(color_scheme="dark" if run == "dark" else "light")
        opened.run(DRAWN)  # the page learns of its new size when it is drawn
        found[run] = opened.run(AXE, RUNS[run])
    assert not any(found.values()), found


@pytest.mark.parametrize("run", RUNS)
def test_axe_finds_nothing_serious_on_an_open_card(visit: Callable[..., Opened], axe: str, run: str) -> None:
    opened = visit(
        "index.html",
        viewport=PHONE if run == "phone" else DESK,
        color_scheme="dark" if run == "dark" else "light",
    )
    opened.page.locator(".findings a[href*='evidence/']").first.click()
    opened.page.locator("dialog.card .card-rows summary").click()
    opened.run(axe)
    assert not opened.run(AXE, RUNS[run])
