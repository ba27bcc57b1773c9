"""What readers do on the pages: open a number's card, use the menu, search, arrive at an act."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from browsing import DESK, PHONE, Opened
from retorsion import case, load

pytestmark = [pytest.mark.browser, pytest.mark.data]
Visit = Callable[..., Opened]
NUMBER = "main a[href*='evidence/'][href*='#']"


def test_a_click_on_a_number_opens_its_card_and_escape_gives_the_focus_back(visit: Visit) -> None:
    opened = visit("index.html")
    exports = opened.page.locator(".findings > li", has_text="exports").first
    link = exports.locator(NUMBER.removeprefix("main ")).first
    printed = link.inner_text()
    address = opened.page.url
    link.click()
    dialog = opened.page.locator("dialog.card")
    assert dialog.is_visible()
    assert dialog.locator("h2").inner_text() == printed
    assert {"Value", "Interval", "Caveat"} <= set(dialog.locator("dt").all_inner_texts())
    assert opened.page.url == address, "the reader stays on the page"
    opened.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert opened.run("() => document.activeElement.textContent") == printed
    assert opened.messages == []
    assert opened.foreign == []


def test_a_card_by_keyboard_leads_to_the_evidence(visit: Visit) -> None:
    opened = visit("index.html", viewport=PHONE, has_touch=True)
    link = opened.page.locator(f".finding-value {NUMBER.removeprefix('main ')}").first
    href = link.get_attribute("href")
    link.focus()
    opened.page.keyboard.press("Enter")
    evidence = opened.page.locator("dialog.card .card-links a").first
    assert evidence.get_attribute("href") == href
    box = opened.page.locator("dialog.card").bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]
    assert box["y"] + box["height"] <= PHONE["height"] + 1
    evidence.click()
    opened.page.wait_for_url(re.compile(r"evidence/\w+\.html#"))
    assert opened.run("() => document.querySelector(':target') !== null")


def test_without_scripts_a_number_is_a_link_to_its_evidence(visit: Visit) -> None:
    opened = visit("index.html", java_script_enabled=False)
    opened.page.locator(NUMBER).first.click()
    opened.page.wait_for_url(re.compile(r"evidence/\w+\.html#"))


def test_the_menu_on_a_phone_is_folded_and_opens_by_keyboard(visit: Visit) -> None:
    opened = visit("index.html", viewport=PHONE)
    tables = opened.page.locator("nav[aria-label=Pages] a", has_text="Tables")
    assert not tables.is_visible()
    assert opened.run("() => document.querySelector('nav[aria-label=Pages]').offsetHeight") < 60
    opened.page.locator(".pages > summary").focus()
    opened.page.keyboard.press("Enter")
    assert tables.is_visible()


def test_a_search_leads_to_an_act_in_view(visit: Visit) -> None:
    asked = case()
    acts = load("acts").filter(actor_code=asked.pair[0], addressee_code=asked.pair[1])
    summary = acts.sort("act_date")["summary"][-1]
    opened = visit("search.html")
    opened.page.locator("#query").fill(summary)
    started = time.perf_counter()
    opened.run("() => document.querySelector('#query').dispatchEvent(new Event('input'))")
    assert time.perf_counter() - started < 0.5
    opened.page.locator("#results a", has_text=summary).first.click()
    opened.page.wait_for_url(re.compile(r"acts\.html#"))
    opened.page.wait_for_selector(".ex-detail .ex-facts")
    assert opened.page.locator(".ex-detail").bounding_box() is not None
    assert opened.run("() => document.querySelector('.ex-detail').getBoundingClientRect().top < innerHeight")
    assert opened.messages == []


def test_a_search_keeps_to_acts_of_one_kind_of_source(visit: Visit) -> None:
    acts = load("acts").filter(actor_code=case().pair[0], target_code=case().pair[1])
    official = acts.filter(best_source_type="official").sort("act_date")["summary"][-1]
    reported = acts.filter(best_source_type="newspaper").sort("act_date")["summary"][-1]
    opened = visit("search.html")
    opened.page.locator("#source").select_option("official source")
    assert opened.page.locator("#results h2").count() == 1
    for summary, there in ((official, 1), (reported, 0)):
        opened.page.locator("#query").fill(summary)
        assert opened.page.locator("#results a").count() == there
    assert opened.messages == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_state_of_the_map_is_picked_by_its_name(visit: Visit, viewport: dict[str, int]) -> None:
    opened = visit(f"{case().name}/04_diversion.html", viewport=viewport)
    opened.page.locator("figure label", has_text="Country").locator("select").select_option("Germany")
    assert opened.page.locator("figure output").filter(has_text="Germany: ").is_visible()
    picked = opened.page.locator(".picked").filter(visible=True)
    assert picked.count() >= 1
    assert {one.get_attribute("data-tip") for one in picked.all()} == {
        opened.page.locator("figure output").filter(has_text="Germany: ").inner_text()
    }
    assert opened.messages == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_figure_is_taken_as_a_picture_and_has_a_link_of_its_own(
    visit: Visit, viewport: dict[str, int]
) -> None:
    opened = visit(f"{case().name}/02_escalation.html", viewport=viewport)
    figure = opened.page.locator("#figure-intensity_over_time")
    with opened.page.expect_download() as taken:
        figure.locator("button", has_text="PNG").click()
    data = taken.value.path().read_bytes()
    assert taken.value.suggested_filename == "intensity_over_time.png"
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    assert width > 1400  # the drawing of the desk, whatever the screen
    assert height > 600
    figure.locator("a", has_text="Link").click()
    assert opened.page.url.endswith("#figure-intensity_over_time")
    assert opened.messages == []


def test_the_bars_of_a_figure_have_words(visit: Visit) -> None:
    opened = visit(f"{case().name}/02_escalation.html")
    bar = opened.page.locator("#figure-intensity_over_time .scroll [data-tip*='March 2022']").first
    bar.hover()
    assert "points from" in opened.page.locator(".tip").inner_text()
