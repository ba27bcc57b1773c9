"""Pages made from hostile tables and findings, opened: the part of the attack with hostile data that always runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import DESK, WRONG, listened
from hostile_pages import hostile_site
from playwright.sync_api import Browser
from retorsion.figures.svg import visible
from retorsion.project import TABLES

pytestmark = [pytest.mark.browser, pytest.mark.data]


def test_pages_of_hostile_data_run_nothing_and_ask_for_nothing(browser: Browser, tmp_path: Path) -> None:
    if not (TABLES / "acts.parquet").exists():
        pytest.skip("no table is built; run `make`")
    folder, made = hostile_site()
    for address, content in made.items():
        path = tmp_path / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    heard = listened(page)
    shared = [
        "index",
        "tables",
        "tables/acts",
        "tables/sources",
        "tables/quarantine",
        "tables/sanctions",
        "names",
        "names/other",
        "sources",
        "search",
        "pipeline",
    ]
    own = ["acts", "evidence/escalation", "evidence/impact", "evidence/escalation_specifications"]
    for name in [*shared, *(f"{folder}{one}" for one in own)]:
        page.goto((tmp_path / f"{name}.html").as_uri())
        assert [*heard, *page.evaluate(WRONG)] == [], name
        assert page.evaluate("() => document.documentElement.scrollWidth") <= DESK["width"], name
        if name.startswith("tables/"):
            with page.expect_download() as taken:
                page.locator("button", has_text="Download these rows").click()
            got = visible(taken.value.path().read_bytes().decode())
            written = visible((tmp_path / f"{name}.csv").read_bytes().decode())
            assert got.count("\n") > 1
            assert written.startswith(got), f"{name}: the rows shown, as the file has them"
    page.goto((tmp_path / "figures" / "front" / f"{folder.removesuffix('/')}.svg").as_uri())
    assert heard == []
    context.close()
