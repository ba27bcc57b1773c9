"""Every page as its readers meet it: from disk, by keyboard, on a phone, in the dark, on paper."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urldefrag

import pytest
from browsing import PHONE, Opened, name_of, of_each_template
from retorsion.reports.page import read_page
from retorsion.tables.fields import tables

pytestmark = [pytest.mark.browser, pytest.mark.data]

CONTRAST = """
  const channel = (value) => (value /= 255, value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const contrast = (colour) => {
    const ends = [light(colour), paper].sort((a, b) => b - a);
    return (ends[0] + 0.05) / (ends[1] + 0.05);
  };
"""
VISIBLE = "(element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true})"


def test_loads_from_disk_in_silence(opened: Opened) -> None:
    opened.page.wait_for_load_state("load")
    assert opened.messages == []
    assert opened.foreign == []
    assert len(opened.requests) == 1 + sum(url.startswith("data:") for url in opened.requests)


def test_no_sideways_scroll_on_a_phone(opened: Opened) -> None:
    opened.page.set_viewport_size(PHONE)
    assert opened.run("() => document.documentElement.scrollWidth") <= PHONE["width"]
    # What is wider than the screen scrolls in a frame of its own, which the keyboard reaches.
    # The page is told of its new size a moment later, so this waits.
    opened.page.wait_for_function("""() => ![...document.querySelectorAll(".scroll, pre")]
      .some((area) => area.scrollWidth > area.clientWidth + 1 && area.checkVisibility() && area.tabIndex < 0
        && !area.querySelector("a, button, input"))""")


@of_each_template
def test_what_goes_on_to_the_right_fades_until_one_is_there(opened: Opened) -> None:
    opened.page.set_viewport_size(PHONE)
    areas = '[...document.querySelectorAll("main .scroll")]'
    fades = 'area.classList.contains("more")'
    opened.page.wait_for_function(
        f"() => {areas}.every((area) => {fades} === area.scrollWidth > area.clientWidth + 1)"
    )
    opened.run(f"() => {areas}.forEach((area) => area.scrollTo(99999, 0))")
    opened.page.wait_for_function(f"() => !{areas}.some((area) => {fades})")
    opened.run(f"() => {areas}.forEach((area) => area.scrollTo(0, 0))")


@cache
def _ids(path: Path) -> frozenset[str]:
    return frozenset(read_page(path.read_text("utf-8")).ids)


def test_every_link_inside_the_site_resolves(opened: Opened) -> None:
    links = opened.run('() => [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href"))')
    assert links
    for href in dict.fromkeys(links):
        if href.startswith(("https:", "http:", "mailto:")):
            continue
        place, fragment = urldefrag(href)
        target = (opened.path.parent / unquote(place)).resolve() if place else opened.path
        assert target.is_file(), href
        if fragment.startswith("?") and target.parent.name == "tables":  # rows of a table
            assert set(parse_qs(fragment[1:])) <= {*tables()[target.stem].columns, "q", "sort"}, href
        elif fragment.startswith("?"):  # a view of the acts explorer
            assert "explorer" in _ids(target), href
            assert set(parse_qs(fragment[1:]).get("act", ())) <= _ids(target), href
        elif fragment and target.suffix == ".html":
            assert unquote(fragment) in _ids(target), href


def test_content_is_there_without_scripts(opened: Opened, visit: Callable[..., Opened]) -> None:
    plain = visit(name_of(opened.path), java_script_enabled=False)
    count = """() => Object.fromEntries(["h1", "h2", "h3", "figure", "tbody tr", "pre", "a[href]"].map((selector) =>
      [selector, document.querySelector("main").querySelectorAll(selector).length]))"""
    texts = '() => [...document.querySelectorAll("main :is(p, figcaption, tbody tr)")]'
    without = plain.run(count)
    assert without["h1"] == 1
    source = read_page(opened.path.read_text("utf-8"))
    assert without["a[href]"] <= len(source.links)
    hidden = plain.run(
        f"{texts}.filter((element) => !element.checkVisibility() && !element.closest('details, [hidden]'))"
        ".map((element) => element.outerHTML.slice(0, 120))"
    )
    assert hidden == []
    words = plain.run('() => document.querySelector("main").innerText.length')
    with_scripts = opened.run('() => document.querySelector("main").innerText.length')
    assert words > 0.8 * with_scripts, "scripts bring content that is not in the page without them"


@of_each_template
def test_skip_link_leads_past_the_navigation(opened: Opened) -> None:
    keyboard = opened.page.keyboard
    keyboard.press("Tab")
    skip = opened.page.locator("a.skip")
    assert skip.evaluate("(link) => link === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    keyboard.press("Enter")
    assert opened.run("() => document.activeElement.id") == "main"
    keyboard.press("Tab")
    assert opened.run("() => Boolean(document.activeElement.closest('main, footer'))")
    opened.run("() => history.replaceState(null, '', location.pathname)")


@of_each_template
def test_tab_visits_in_order_and_shows_where_it_is(opened: Opened) -> None:
    steps = min(
        40,
        opened.run("""() => [...document.querySelectorAll("a, button, input, select, summary")]
      .filter((element) => element.checkVisibility() && element.tabIndex >= 0).length"""),
    )
    assert (
        opened.run(
            """() => document.querySelectorAll("[tabindex]:not([tabindex='0'], [tabindex='-1'])").length"""
        )
        == 0
    )
    opened.page.locator("a.skip").focus()
    opened.run("() => { window.visited = [document.activeElement]; }")
    for _ in range(steps - 1):
        opened.page.keyboard.press("Tab")
        wrong = opened.run("""() => {
          const element = document.activeElement, before = window.visited.at(-1);
          window.visited.push(element);
          if (before === element) return null;  // the parts of a date
          if (before && !(before.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) return "order";
          const box = element.getBoundingClientRect();
          if (box.bottom < 0 || box.top > innerHeight) return "off the screen";
          const ringed = (found) => found && getComputedStyle(found).outlineStyle !== "none" && parseFloat(getComputedStyle(found).outlineWidth) >= 2;
          const mark = element.closest(".ex-mark") && document.querySelector(".ex-halo").checkVisibility();
          if (!ringed(element) && !ringed(element.closest("label")) && !mark) return `no ring: ${element.outerHTML.slice(0, 120)}`;
          return null;
        }""")
        assert wrong is None


@of_each_template
def test_folded_parts_open_by_keyboard(opened: Opened) -> None:
    folded = opened.page.locator("details:not([open]) > summary:visible")
    assert folded.count(), "every page folds at least how it was made"
    for place in {0, folded.count() - 1}:
        summary = opened.page.locator("details:not([open]) > summary:visible").nth(place)
        summary.focus()
        box = summary.element_handle()
        assert box is not None
        opened.page.keyboard.press("Enter")
        assert box.evaluate("(summary) => summary.parentElement.open")
        opened.page.keyboard.press("Enter")
        assert not box.evaluate("(summary) => summary.parentElement.open")


def _facts(opened: Opened) -> dict[str, float]:
    """Lightness of the paper, and the least contrast on it of text and of words in figures."""
    found: dict[str, float] = opened.run(f"""() => {{
      {CONTRAST}
      const least = (selector) => Math.min(21, ...[...document.querySelectorAll(selector)]
        .filter((element) => element.checkVisibility() && element.textContent.trim())
        .map((element) => contrast(getComputedStyle(element)[element instanceof SVGElement ? "fill" : "color"])));
      return {{paper, text: least("main :is(h1, h2, p, td, th)"), figures: least("main figure svg text")}};
    }}""")
    return found


@of_each_template
def test_dark_scheme_is_dark_and_readable(opened: Opened) -> None:
    light = _facts(opened)
    opened.page.emulate_media(color_scheme="dark")
    dark = _facts(opened)
    assert light["paper"] > 0.9
    assert dark["paper"] < 0.02
    for facts in (light, dark):
        assert facts["text"] >= 4.5
        assert facts["figures"] >= 3


@of_each_template
def test_print_is_dark_on_white_and_leaves_out_what_paper_cannot_do(opened: Opened) -> None:
    opened.page.emulate_media(media="print", color_scheme="dark")
    facts = _facts(opened)
    assert facts["paper"] == pytest.approx(1)
    assert facts["text"] >= 4.5
    assert facts["figures"] >= 3
    shown = opened.run(f"""() => [...document.querySelectorAll(
      "nav, .skip, details.code, .filter, .code-switch, .ex-filters, .ex-zoom")]
      .filter({VISIBLE}).map((element) => element.className)""")
    assert shown == []
    cut = opened.run("""() => [...document.querySelectorAll("main .scroll, main .tall")]
      .filter((area) => area.checkVisibility() && ["auto", "scroll", "hidden"].includes(getComputedStyle(area).overflowY))
      .length""")
    assert cut == 0, "paper does not scroll"
    assert opened.run("() => document.querySelector('main h1').checkVisibility()")


#: Width of the text on A4 in CSS pixels, and on its side where a page has a wide table.
PAPER, PAPER_ON_ITS_SIDE = 672, 1016


@of_each_template
def test_tables_fit_the_paper_without_becoming_small(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    on_its_side = opened.run("() => document.body.matches(':has(.wide):not(:has(.explorer))')")
    width = PAPER_ON_ITS_SIDE if on_its_side else PAPER
    opened.page.set_viewport_size({"width": width, "height": 1000})
    widest = opened.run("""() => Math.max(0, ...[...document.querySelectorAll("main table")]
      .filter((table) => table.checkVisibility()).map((table) => table.getBoundingClientRect().right))""")
    assert widest <= 1.35 * width, "the browser would print the whole page that much smaller"
