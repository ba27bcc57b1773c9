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
    assert dialog.locator(".card-value").inner_text() == printed
    assert re.fullmatch(r"[A-Z][^_·]+", dialog.locator("h2").inner_text()), "a name, no way through keys"
    facts = dict(
        zip(dialog.locator("dt").all_inner_texts(), dialog.locator("dd").all_inner_texts(), strict=True)
    )
    assert {"Value", "Interval", "Sample", "Method", "Caveat"} <= set(facts)
    assert re.fullmatch(rf"−[\d.]+ log points = {printed}", facts["Value"])
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


@pytest.mark.parametrize("touch", [False, True], ids=["click", "touch"])
def test_from_an_effect_to_the_row_that_holds_it_in_two_steps(visit: Visit, touch: bool) -> None:
    screen = {"viewport": PHONE, "has_touch": True} if touch else {}
    opened = visit("index.html", **screen)
    link = (
        opened.page.locator(".findings > li", has_text="exports").first.locator("a[href*='evidence/']").first
    )
    link.tap() if touch else link.click()
    card = opened.page.locator("dialog.card")
    rows = card.locator(".card-rows summary")
    rows.tap() if touch else rows.click()
    cells = card.locator(".card-rows td").all_inner_texts()
    heads = card.locator(".card-rows th").all_inner_texts()
    assert len(cells) == len(heads), "the row behind it, and no other"
    value = card.locator("dd").first.inner_text()
    estimate = float(cells[heads.index("Estimate")].replace("−", "-"))
    assert f"{estimate:.2f}".replace("-", "−") == value.split()[0]
    with opened.page.expect_download() as taken:
        card.locator("a", has_text="This row (CSV)").click()
    lines = taken.value.path().read_text("utf-8").splitlines()
    assert len(lines) == 2
    assert f"{estimate:g}" in lines[1]
    assert taken.value.suggested_filename.endswith("-rows.csv")
    assert opened.messages == []


def test_a_number_on_a_page_of_evidence_is_below_the_heads_that_stay(visit: Visit) -> None:
    opened = visit("index.html")
    link = (
        opened.page.locator(".findings > li", has_text="exports").first.locator("a[href*='evidence/']").first
    )
    href = link.get_attribute("href")
    assert href is not None
    page, _, fragment = href.partition("#")
    opened = visit(page, f"#{fragment}")
    target, head = opened.run("""() => {
      const target = document.querySelector(':target');
      const head = target.closest('table').tHead.rows[0].cells[1];
      return [target.getBoundingClientRect(), head.getBoundingClientRect()].map((box) => [box.top, box.bottom]);
    }""")
    assert 0 <= head[0] < head[1] <= target[0] + 2, "the heads cover the number"
    assert target[0] < DESK["height"]


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
        assert opened.page.locator("#results a", has_text=summary).count() == there
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


def test_a_month_of_the_front_page_says_an_act_and_opens_the_timeline_there(visit: Visit) -> None:
    opened = visit("index.html")
    month = opened.page.locator(f".months svg.on-desk a[href^='{case().name}/'][data-tip^='March 2022']")
    month.locator(".reach").hover(position={"x": 2, "y": 4})
    assert "acts, such as “" in opened.page.locator(".tip").inner_text()
    month.locator(".reach").click(position={"x": 2, "y": 4})
    opened.page.wait_for_selector("#explorer[data-ready]")
    assert opened.page.locator("input[name=from]").input_value() == "2022-03-01"
    assert opened.page.locator("input[name=to]").input_value() == "2022-03-31"
    opened.page.wait_for_function(
        "() => Math.abs(document.querySelector('#explorer').getBoundingClientRect().top) < 30"
    )
    assert opened.messages == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_front_page_to_a_story_and_its_steps(visit: Visit, scripts: bool) -> None:
    opened = visit("index.html", viewport=PHONE, java_script_enabled=scripts)
    story = opened.page.locator(".stories a").first
    story.focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_url(re.compile(r"acts\.html#story$"))
    opened.page.locator(".story-steps a").first.click()
    opened.page.wait_for_url(re.compile(r"act=" if scripts else r"acts\.html#[\w-]+$"))
    assert opened.messages == []


def test_the_small_timeline_stops_no_keyboard_and_is_silent_for_screen_readers(visit: Visit) -> None:
    opened = visit("index.html")
    assert opened.run(
        "() => [...document.querySelectorAll('.months svg')].every((svg) => svg.ariaHidden === 'true' &&"
        " [...svg.querySelectorAll('a')].every((a) => a.tabIndex === -1))"
    )
    assert opened.page.locator(".months-name a").count() >= 3


def test_from_the_front_page_to_the_count_of_designations_in_two_steps(visit: Visit) -> None:
    opened = visit("index.html")
    opened.page.locator(f".stories a[href^='{case().name}/']").click()
    opened.page.locator(".story-steps a", has_text="76 people, seven banks and 12 other bodies").click()
    assert opened.page.locator(".ex-detail h3").inner_text() == "18 March 2022"


def test_from_the_fall_of_exports_to_its_rows_in_two_steps(visit: Visit) -> None:
    opened = visit("index.html")
    opened.page.locator(".findings > li", has_text="exports").locator(".finding-value a").first.click()
    with opened.page.expect_download() as taken:
        opened.page.locator("dialog.card a[download]").first.click()
    rows = taken.value.path().read_text("utf-8").splitlines()
    assert taken.value.suggested_filename.startswith("impact_monthly")
    assert len(rows) == 2  # the head, and the row behind the number
    assert "cars banned" in rows[1]
