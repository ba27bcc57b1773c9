"""JupyterLab as a researcher meets it: the start notebook opens, runs and is saved as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from lab_server import committed_clone, git, lab_on
from playwright.sync_api import Browser
from retorsion.project import NOTEBOOKS

pytestmark = [pytest.mark.browser, pytest.mark.data]

SETTINGS = Path(sys.prefix) / "etc" / "jupyter" / "labconfig" / "default_setting_overrides.json"


def test_the_start_notebook_opens_as_a_notebook_runs_and_is_saved_unchanged(
    browser: Browser, tmp_path: Path
) -> None:
    if not SETTINGS.exists() or SETTINGS.read_bytes() != (NOTEBOOKS / "lab_settings.json").read_bytes():
        pytest.skip("the environment was set up without the settings of today: run `make`")
    clone = committed_clone(tmp_path / "clone")
    with lab_on(clone) as url:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}/lab/tree/notebooks/00_start.py")
        cells = page.locator(".jp-NotebookPanel .jp-Cell")
        cells.filter(has_text="Your own question").first.wait_for(timeout=60_000)
        assert page.locator(".jp-FileEditor").count() == 0
        # run before the kernel is there, a cell asks for one
        page.locator(".jp-KernelName").filter(has_text="Python 3").wait_for(timeout=60_000)
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(timeout=60_000)
        page.locator(".jp-CodeCell").first.click()
        page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
        page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
        page.locator(".jp-CodeCell .jp-OutputArea-output img").first.wait_for(timeout=60_000)
        chart = page.locator(".jp-OutputArea-output .vega-embed").locator("canvas, svg").first
        chart.wait_for(timeout=60_000)
        page.locator(".jp-OutputArea-output table td").first.wait_for(
            timeout=60_000
        )  # from here on nothing moves
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        tip = page.locator("#vg-tooltip-element.visible")
        places = [(across, down) for down in range(9, int(box["height"]), 8) for across in range(80, 600, 6)]
        for across, down in places:  # marks stand where labels leave them room
            page.mouse.move(box["x"] + across, box["y"] + down)
            if tip.count():
                break
        assert "summary" in tip.inner_text()
        cell = page.locator(".jp-OutputArea-output table td").first
        cell.wait_for(timeout=60_000)
        assert cell.evaluate("(element) => getComputedStyle(element).textAlign") == "left"
        with page.expect_response(lambda got: got.request.method == "PUT" and "/api/contents/" in got.url):
            page.keyboard.press("Control+s")
        asked = page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts()
        assert not asked
        assert not errors
        context.close()
    assert git(clone, "diff") == ""
