"""The acts explorer: filters, arcs, details, address, keyboard, phone and paper, against the built tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from browsing import PHONE, Opened, open_page
from playwright.sync_api import Browser
from retorsion.project import case, load, parameters
from retorsion.reports.pages.acts import acts_page
from retorsion.reports.pages.explorer import between, explorer, timeline
from retorsion.reports.site import site
from retorsion.tables.about_pair import events_about

pytestmark = [pytest.mark.browser, pytest.mark.data]

Visit = Callable[..., Opened]

MARKS = """() => [...document.querySelectorAll(".ex-mark:not(.ghost, .ex-event)")].map((mark) => mark.id.slice(5)).sort()"""
ROWS = """() => [...new Set([...document.querySelectorAll("#all-acts-table tbody tr")]
  .filter((row) => row.checkVisibility()).map((row) => row.dataset.act))].sort()"""
ARCS = """() => [...document.querySelectorAll(".ex-arc")].map((arc) => {
  const end = (length) => { const {x, y} = arc.getPointAtLength(length); return [x, y]; };
  const mark = (id) => document.getElementById(`mark-${id}`).getAttribute("transform").match(/-?[\\d.]+/g).map(Number);
  const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const {reply, act} = arc.dataset;
  return {reply, act, kind: [...arc.classList].find((name) => name.startsWith("ex-line-")).slice(8),
    miss: Math.max(far(end(0), mark(reply)), far(end(arc.getTotalLength()), mark(act)))};
})"""
FOCUSED = "() => document.activeElement.id.replace(/^mark-/, '')"
STATUS = "() => document.querySelector('.ex-status').textContent"


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    return case().pair


@pytest.fixture(scope="module")
def acts(pair: tuple[str, str]) -> pl.DataFrame:
    return between(load("acts"), pair).unique("act_id", keep="first").sort("act_date", "act_id")


@pytest.fixture(scope="module")
def events(pair: tuple[str, str]) -> pl.DataFrame:
    """Events that are drawn: of the steps of a coalition those that are marks."""
    marks = [mark.id for mark in case().escalation.marks]
    about = events_about(load("context_events"), pair, case().escalation.context)
    return about.filter(pl.col("step").is_null() | pl.col("event_id").is_in(marks))


@pytest.fixture(scope="module")
def links(acts: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    known = [*acts["act_id"], *events["event_id"]]
    return load("replies").filter(pl.col("reply_act_id").is_in(known) & pl.col("act_id").is_in(known))


@pytest.fixture
def explore(visit: Visit) -> Visit:
    def go(fragment: str = "", **options: Any) -> Opened:
        opened = visit(f"{case().name}/acts.html", fragment, **options)
        opened.page.wait_for_selector("#explorer[data-ready]")
        return opened

    return go


def ids(frame: pl.DataFrame) -> list[str]:
    return sorted(frame["act_id"])


def shows(opened: Opened, expected: pl.DataFrame, acts: pl.DataFrame) -> None:
    """Marks, table and the number said are those of ``expected``."""
    assert opened.run(MARKS) == ids(expected)
    assert opened.run(ROWS) == ids(expected)
    number = re.match(r"(?:All )?(\d+)|No act", opened.run(STATUS))
    assert number is not None
    assert int(number[1] or 0) == len(expected)
    assert len(expected) < len(acts), "a filter that leaves everything shows nothing"


def focus_first(opened: Opened) -> str:
    opened.page.locator(".ex-mark[tabindex='0']").focus()
    return str(opened.run(FOCUSED))


def test_every_act_is_a_mark_and_a_row(explore: Visit, acts: pl.DataFrame, events: pl.DataFrame) -> None:
    opened = explore()
    assert opened.run(MARKS) == opened.run(ROWS) == ids(acts)
    assert opened.run(STATUS).startswith(f"All {len(acts)} acts")
    assert opened.page.locator(".ex-event").count() == len(events)
    assert opened.messages == []
    named = opened.run(
        "() => [...document.querySelectorAll('.ex-mark')].every((mark) => mark.ariaLabel.length > 30)"
    )
    assert named


def test_lanes_face_one_another_in_time(explore: Visit, acts: pl.DataFrame, pair: tuple[str, str]) -> None:
    opened = explore()
    places = opened.run("""() => Object.fromEntries([...document.querySelectorAll(".ex-mark")]
      .map((mark) => [mark.id.slice(5), mark.getAttribute("transform").match(/-?[\\d.]+/g).map(Number)]))""")
    x = [places[act][0] for act in acts["act_id"]]
    assert x == sorted(x), "a later act stands to the left of an earlier one"
    upper = [places[act][1] for act in acts.filter(pl.col("actor_code") == pair[0])["act_id"]]
    lower = [places[act][1] for act in acts.filter(pl.col("actor_code") == pair[1])["act_id"]]
    assert max(upper) < min(lower)
    assert len({tuple(map(round, places[act])) for act in acts["act_id"]}) == len(acts), (
        "two acts in one place"
    )


def test_filter_by_side(explore: Visit, acts: pl.DataFrame, pair: tuple[str, str]) -> None:
    opened = explore()
    opened.page.locator(f"input[name=side][value={pair[0]}]").uncheck()
    shows(opened, acts.filter(pl.col("actor_code") == pair[1]), acts)


def test_filter_by_domain(explore: Visit, acts: pl.DataFrame) -> None:
    opened = explore()
    opened.page.locator("input[name=domain][value=diplomatic_action]").uncheck()
    shows(opened, acts.filter(pl.col("domain_type") != "diplomatic_action"), acts)


def test_filter_by_types(explore: Visit, acts: pl.DataFrame) -> None:
    opened = explore()
    opened.page.locator(".ex-types > summary").click()
    chosen = acts["act_type"].value_counts(sort=True)["act_type"].head(2).to_list()
    for name in chosen:
        opened.page.locator(f"input[name=type][value={name}]").check()
    shows(opened, acts.filter(pl.col("act_type").is_in(chosen)), acts)
    opened.page.get_by_role("button", name="All types").click()
    assert opened.run(MARKS) == ids(acts)


def test_filter_by_words(explore: Visit, acts: pl.DataFrame) -> None:
    opened = explore()
    first = acts.row(len(acts) // 2, named=True)
    word = max(re.findall(r"[a-z]{6,}", first["summary"]), key=len)
    opened.page.get_by_label("Search", exact=True).fill(word.upper())
    found = opened.run(MARKS)
    inside = acts.filter(pl.col("summary").str.to_lowercase().str.contains(word, literal=True))
    assert set(ids(inside)) <= set(found)
    assert first["act_id"] in found
    assert len(found) < len(acts)
    assert opened.run(ROWS) == found
    opened.page.get_by_label("Search", exact=True).fill(f"{word} no-act-says-this")
    assert opened.run(MARKS) == []
    assert opened.run(STATUS) == "No act fits the filters."


def test_filter_by_dates_and_years(explore: Visit, acts: pl.DataFrame) -> None:
    opened = explore()
    busiest = acts.group_by(pl.col("act_date").dt.year()).len().sort("len")["act_date"][-1]
    opened.page.get_by_role("button", name=str(busiest)).click()
    within = acts.filter(pl.col("act_date").dt.year() == busiest)
    assert opened.run(ROWS) == ids(within)
    assert opened.run(STATUS).startswith(f"{len(within)} of {len(acts)} acts")
    drawn = opened.run("""() => { const box = document.querySelector(".ex-svg").getBoundingClientRect();
      return [...document.querySelectorAll(".ex-mark:not(.ghost, .ex-event)")].filter((mark) => {
        const {x, width} = mark.getBoundingClientRect(); return x + width > box.x && x < box.right; }).map((mark) => mark.id.slice(5)).sort(); }""")
    assert set(ids(within)) <= set(drawn)
    day = within["act_date"].sort()[len(within) // 2]
    opened.page.get_by_label("From", exact=True).fill(str(day))
    assert opened.run(ROWS) == ids(within.filter(pl.col("act_date") >= day))


def test_filters_join(explore: Visit, acts: pl.DataFrame, pair: tuple[str, str]) -> None:
    opened = explore(f"#?side={pair[0]}&domain=sanction&type=asset_freeze&from=2022-03-01&to=2022-12-31")
    expected = acts.filter(
        (pl.col("actor_code") == pair[0])
        & (pl.col("act_type") == "asset_freeze")
        & pl.col("act_date").is_between(pl.date(2022, 3, 1), pl.date(2022, 12, 31))
    )
    assert 0 < len(expected) < len(acts)
    assert opened.run(ROWS) == ids(expected)


def test_arcs_join_each_reply_to_what_it_answers(explore: Visit, links: pl.DataFrame) -> None:
    opened = explore()
    arcs = opened.run(ARCS)
    kind = pl.when(pl.col("answers_type") == "act").then(pl.lit("act")).otherwise(pl.lit("general"))
    expected = links.select("reply_act_id", "act_id", kind.alias("kind")).rows()
    assert sorted((arc["reply"], arc["act"], arc["kind"]) for arc in arcs) == sorted(expected)
    assert max(arc["miss"] for arc in arcs) < 0.1, "an arc ends beside its mark"
    dashes = opened.run("""() => ["act", "general"].map((kind) =>
      getComputedStyle(document.querySelector(`.ex-arc.ex-line-${kind}`)).strokeDasharray)""")
    assert dashes[0] == "none" != dashes[1]


def test_arcs_by_kind_and_inferred_ones_only_on_demand(explore: Visit, links: pl.DataFrame) -> None:
    opened = explore()
    opened.page.locator("input[name=link][value=general]").uncheck()
    assert {arc["kind"] for arc in opened.run(ARCS)} == {"act"}
    opened.page.locator("input[name=link][value=inferred]").check()
    arcs = opened.run(ARCS)
    inferred = {(arc["reply"], arc["act"]) for arc in arcs if arc["kind"] == "inferred"}
    assert inferred
    assert not inferred & set(links.select("reply_act_id", "act_id").rows())
    assert max(arc["miss"] for arc in arcs) < 0.1


def test_the_other_end_of_an_arc_stays_as_a_shadow(
    explore: Visit, links: pl.DataFrame, acts: pl.DataFrame, pair: tuple[str, str]
) -> None:
    opened = explore(f"#?side={pair[1]}")
    theirs = set(acts.filter(pl.col("actor_code") == pair[1])["act_id"])
    touching = links.filter(pl.col("reply_act_id").is_in(theirs) | pl.col("act_id").is_in(theirs))
    ends = set(touching["reply_act_id"]) | set(touching["act_id"])
    ghosts = set(
        opened.run("() => [...document.querySelectorAll('.ex-mark.ghost')].map((mark) => mark.id.slice(5))")
    )
    assert ghosts == (ends - theirs) & set(acts["act_id"])


def test_hover_shows_the_act_and_its_sources(explore: Visit, acts: pl.DataFrame, links: pl.DataFrame) -> None:
    reply = links.filter(pl.col("lag_days") > 5).sort("reply_act_id").row(0, named=True)
    act = acts.row(by_predicate=pl.col("act_id") == reply["reply_act_id"], named=True)
    opened = explore(f"#?from={act['act_date']}&to={act['act_date'].replace(year=act['act_date'].year + 1)}")
    path = opened.page.locator(f"[id='mark-{act['act_id']}'] path")
    path.scroll_into_view_if_needed()
    box = path.bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    detail = opened.page.locator(".ex-detail")
    words = detail.inner_text()
    for expected in (act["summary"], act["confidence_type"], act["phase_type"], f"CAMEO {act['cameo_code']}"):
        assert expected in words
    for scale in parameters().escalation.scales:
        assert f"{round(act[scale], 2) + 0.0:g}".replace("-", "−") in words
    hrefs = detail.locator("a").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    assert set(act["source_urls"].split()) <= set(hrefs)
    assert f"#{act['act_id']}" in hrefs
    assert f"{reply['lag_days']} days later" in words
    lit = opened.run(
        "() => [...document.querySelectorAll('.ex-arc.on')].map((arc) => [arc.dataset.reply, arc.dataset.act])"
    )
    assert [reply["reply_act_id"], reply["act_id"]] in lit
    assert opened.run("() => location.hash").find("act=") < 0, "pointing alone does not change the address"


VIEW = """() => ({
  marks: [...document.querySelectorAll(".ex-mark")].map((mark) => [mark.id, mark.getAttribute("class"), mark.getAttribute("transform")]),
  arcs: [...document.querySelectorAll(".ex-arc")].map((arc) => arc.getAttribute("d")).sort(),
  controls: [...document.querySelectorAll(".ex-filters :is(input, select)")].map((input) => [input.name, input.value, input.checked]),
  status: document.querySelector(".ex-status").textContent,
  detail: document.querySelector(".ex-detail").textContent,
})"""


def test_the_address_holds_the_whole_view(explore: Visit, acts: pl.DataFrame, pair: tuple[str, str]) -> None:
    opened = explore()
    page = opened.page
    page.locator(f"input[name=side][value={pair[0]}]").uncheck()
    page.locator("input[name=domain][value=trade_measure]").uncheck()
    page.locator("input[name=link][value=inferred]").check()
    page.locator("input[name=events]").uncheck()
    page.get_by_label("Search", exact=True).fill("ban & 30% ü")
    page.get_by_label("Search", exact=True).fill("ban")
    page.get_by_label("From", exact=True).fill("2022-02-10")
    page.get_by_label("to", exact=True).fill("2023-11-20")
    page.locator("select[name=scale]").select_option(parameters().escalation.scales[-1])
    focus_first(opened)
    page.keyboard.press("Enter")
    page.locator(".ex-status").click()
    chosen = acts.filter(pl.col("actor_code") == pair[1])
    copied = opened.run("() => location.hash")
    for part in (
        "side=",
        "domain=",
        "link=",
        "events=0",
        "q=ban",
        "from=2022-02-10",
        "to=2023-11-20",
        "scale=",
        "act=",
    ):
        assert part in copied
    again = explore(copied)
    first, second = opened.run(VIEW), again.run(VIEW)
    assert second == first
    assert 0 < len([mark for mark in first["marks"] if "ghost" not in mark[1]]) < len(chosen)
    assert again.run("() => location.hash") == copied


def test_back_and_forward_undo_and_redo(explore: Visit, acts: pl.DataFrame, pair: tuple[str, str]) -> None:
    opened = explore()
    page = opened.page
    states = [opened.run(MARKS)]
    page.locator(f"input[name=side][value={pair[1]}]").uncheck()
    states.append(opened.run(MARKS))
    page.get_by_label("Search", exact=True).press_sequentially("asset")
    states.append(opened.run(MARKS))
    assert len({len(state) for state in states}) == 3
    page.go_back()
    assert opened.run(MARKS) == states[1]
    page.go_back()
    assert opened.run(MARKS) == states[0] == ids(acts)
    assert page.locator(f"input[name=side][value={pair[1]}]").is_checked()
    page.go_forward()
    page.go_forward()
    assert opened.run(MARKS) == states[2]
    assert page.get_by_label("Search", exact=True).input_value() == "asset"
    page.get_by_role("button", name="Reset").click()
    assert opened.run(MARKS) == ids(acts)
    assert opened.run("() => location.hash") == ""


@pytest.mark.parametrize(
    "fragment",
    [
        "#?side=XXX&domain=nothing&act=none",
        "#?from=2022-13-45&to=x",
        "#?q=%E0%A4%A",
        "#%E0%A4%A",
        "#?from=2024-01-01&to=2022-01-01",
    ],
)
def test_a_broken_address_does_no_harm(explore: Visit, fragment: str) -> None:
    opened = explore(fragment)
    assert opened.messages == []
    opened.page.get_by_role("button", name="All years").click()
    assert opened.messages == []


def test_a_link_to_a_row_shows_the_row_and_its_mark(explore: Visit, acts: pl.DataFrame) -> None:
    act = acts["act_id"][10]
    opened = explore(f"#{act}")
    assert opened.run("(id) => document.getElementById(id).matches(':target')", act)
    assert opened.page.locator(f"[id='mark-{act}']").get_attribute("aria-selected") == "true"
    first, last = (opened.page.locator(f"input[name={end}]").input_value() for end in ("from", "to"))
    assert first < str(acts["act_date"][10]) < last, "the timeline shows the months around the act"
    other = acts["act_id"][11]
    opened.page.locator(f"tr[data-act='{other}'] td a").first.click()
    assert re.fullmatch(f"#\\?from=.*&to=.*&act={other}", opened.run("() => location.hash"))
    assert opened.page.locator(f"[id='mark-{other}']").get_attribute("aria-selected") == "true"
    assert opened.run(
        "() => { const box = document.querySelector('.ex-chart').getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; }"
    )


def test_keyboard_alone_reaches_filters_acts_arcs_and_details(
    explore: Visit, acts: pl.DataFrame, links: pl.DataFrame, pair: tuple[str, str]
) -> None:
    opened = explore()
    press = opened.page.keyboard.press
    stops = []
    while not opened.run("() => Boolean(document.activeElement.closest('.ex-mark'))"):
        press("Tab")
        stops.append(opened.run("() => document.activeElement.name || document.activeElement.textContent"))
        assert len(stops) < 90
    assert {"side", "domain", "link", "q", "from", "to"} <= set(stops)
    first = acts["act_id"][0]
    assert opened.run(FOCUSED) == first
    assert opened.page.locator(".ex-halo").is_visible()
    ours = acts.filter(pl.col("actor_code") == acts["actor_code"][0])["act_id"].to_list()
    for key, expected in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", -1),
        ("Home", 0),
        ("PageDown", 10),
    ):
        press(key)
        assert opened.run(FOCUSED) == ours[expected], key
    # Along a stated link and back.
    between_acts = links.filter(pl.col("act_id").is_in(acts["act_id"].to_list()) & pl.col("is_main"))
    link = between_acts.sort("act_id", "reply_act_id").row(0, named=True)
    opened.page.locator(f"[id='mark-{link['reply_act_id']}']").focus()
    press("a")
    assert opened.run(FOCUSED) == link["act_id"]
    replies = links.filter(pl.col("act_id") == link["act_id"])["reply_act_id"].to_list()
    reached = set()
    for _ in replies:
        press("r")
        reached.add(opened.run(FOCUSED))
    assert reached == set(replies)
    side = dict(acts.select("act_id", "actor_code").iter_rows())
    opened.page.locator(f"[id='mark-{link['reply_act_id']}']").focus()
    up = side[link["reply_act_id"]] == pair[1]
    press("ArrowUp" if up else "ArrowDown")
    assert side[opened.run(FOCUSED)] != side[link["reply_act_id"]]
    # Keep, let go.
    here = opened.run(FOCUSED)
    press("Enter")
    assert opened.run("() => location.hash") == f"#?act={here}"
    press("Tab")
    assert opened.run("() => Boolean(document.activeElement.closest('.ex-detail'))")
    press("Escape")
    assert "act=" not in opened.run("() => location.hash")
    assert opened.run(FOCUSED) == here
    press("Tab")
    assert opened.run("() => Boolean(document.activeElement.closest('.ex-detail'))"), (
        "details of the act in focus"
    )
    # Zoom, and an act outside the window is brought into it.
    opened.page.locator(f"[id='mark-{first}']").focus()
    press("+")
    assert "from=" in opened.run("() => location.hash") or "to=" in opened.run("() => location.hash")
    press("End")
    box = opened.page.locator(f"[id='mark-{ours[-1]}']").bounding_box()
    chart = opened.page.locator(".ex-svg").bounding_box()
    assert box is not None
    assert chart is not None
    assert chart["x"] <= box["x"] <= chart["x"] + chart["width"]
    press("0")
    assert "from=" not in opened.run("() => location.hash")


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_the_type_menu_fits_the_screen(explore: Visit, width: int) -> None:
    opened = explore(viewport={"width": width, "height": 800})
    opened.page.locator(".ex-types > summary").click()
    box = opened.page.locator(".ex-menu").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert opened.run("() => document.documentElement.scrollWidth") <= width


def test_type_menu_by_keyboard(explore: Visit) -> None:
    opened = explore()
    summary = opened.page.locator(".ex-types > summary")
    summary.focus()
    opened.page.keyboard.press("Enter")
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Tab")
    assert opened.run("() => document.activeElement.name") == "type"
    opened.page.keyboard.press("Space")
    assert "type=" in opened.run("() => location.hash")
    opened.page.keyboard.press("Escape")
    assert not opened.page.locator(".ex-menu").is_visible()
    assert summary.evaluate("(element) => element === document.activeElement")


def test_screen_readers_hear_the_number_and_the_place(
    explore: Visit, acts: pl.DataFrame, events: pl.DataFrame, pair: tuple[str, str]
) -> None:
    opened = explore()
    assert opened.page.locator(".ex-status").get_attribute("role") == "status"
    mark = opened.page.locator(f"[id='mark-{acts['act_id'][4]}']")
    assert mark.get_attribute("aria-setsize") == str(len(acts))
    assert mark.get_attribute("aria-posinset") == "5"
    assert acts["summary"][4].rstrip(".") in str(mark.get_attribute("aria-label"))
    tree = opened.page.locator(".ex-svg").aria_snapshot()
    assert "listbox" in tree
    assert tree.count("option") == len(acts) + len(events)
    opened.page.locator(f"input[name=side][value={pair[0]}]").uncheck()
    assert opened.page.locator(".ex-mark[tabindex='0']").count() == 1


def test_wheel_scrolls_the_page_and_with_control_zooms(explore: Visit) -> None:
    opened = explore()
    opened.run("() => document.querySelector('.ex-chart').scrollIntoView({block: 'start'})")
    box = opened.page.locator(".ex-svg").bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 200)
    before = opened.run("() => scrollY")
    opened.page.mouse.wheel(0, 120)
    opened.page.wait_for_function("(before) => scrollY > before", arg=before)
    assert opened.run("() => document.querySelector('input[name=from]').value") == ""
    opened.page.keyboard.down("Control")
    opened.page.mouse.wheel(0, -400)
    opened.page.keyboard.up("Control")
    opened.page.wait_for_function("() => document.querySelector('input[name=to]').value !== ''")


def test_brushing_the_strip_sets_the_window(explore: Visit) -> None:
    opened = explore()
    strip = opened.page.locator(".ex-strip")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    opened.page.mouse.move(box["x"] + box["width"] * 0.4, y)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=4)
    opened.page.mouse.up()
    low, high = (opened.page.get_by_label(name, exact=True).input_value() for name in ("From", "to"))
    assert "" < low < high
    assert opened.run("() => location.hash") == f"#?from={low}&to={high}"


def test_phone_has_time_running_down_and_details_on_tap(
    explore: Visit, acts: pl.DataFrame, pair: tuple[str, str]
) -> None:
    opened = explore(viewport=PHONE, has_touch=True, is_mobile=True)
    assert opened.run("() => document.documentElement.scrollWidth") <= PHONE["width"]
    places = opened.run("""() => Object.fromEntries([...document.querySelectorAll(".ex-mark")]
      .map((mark) => [mark.id.slice(5), mark.getAttribute("transform").match(/-?[\\d.]+/g).map(Number)]))""")
    y = [places[act][1] for act in acts["act_id"]]
    assert y == sorted(y)
    left = [places[act][0] for act in acts.filter(pl.col("actor_code") == pair[0])["act_id"]]
    right = [places[act][0] for act in acts.filter(pl.col("actor_code") == pair[1])["act_id"]]
    assert min(left) >= 0
    assert max(left) < min(right)
    assert max(right) <= PHONE["width"]
    lonely = acts.row(0, named=True)
    mark = opened.page.locator(f"[id='mark-{lonely['act_id']}'] path")
    mark.scroll_into_view_if_needed()
    mark.tap()
    detail = opened.page.locator(".ex-detail")
    assert lonely["summary"] in detail.inner_text()
    assert detail.evaluate("(element) => getComputedStyle(element).position") == "fixed"
    assert f"act={lonely['act_id']}" in opened.run("() => location.hash")
    detail.get_by_role("button", name="Let this act go").tap()
    assert opened.run("() => location.hash") == ""


def test_without_scripts_the_tables_are_all_there(visit: Visit, acts: pl.DataFrame) -> None:
    opened = visit(f"{case().name}/acts.html", java_script_enabled=False)
    assert not opened.page.locator("#explorer").is_visible()
    assert opened.page.locator(".ex-noscript").is_visible()
    assert opened.run(ROWS) == ids(acts)


def test_paper_gets_the_chosen_rows_and_the_drawing(
    explore: Visit, acts: pl.DataFrame, pair: tuple[str, str]
) -> None:
    opened = explore(f"#?side={pair[1]}&domain=sanction", color_scheme="dark")
    opened.page.emulate_media(media="print")
    expected = acts.filter((pl.col("actor_code") == pair[1]) & (pl.col("domain_type") == "sanction"))
    assert opened.run(ROWS) == ids(expected)
    assert opened.page.locator(".ex-svg").is_visible()
    assert opened.page.locator(".ex-print").inner_text().startswith("Chosen: side ")
    for hidden in (".ex-filters", ".ex-zoom", ".ex-strip", ".ex-detail"):
        assert not opened.page.locator(hidden).is_visible()
    colour = opened.run("() => getComputedStyle(document.querySelector('.ex-mark.ex-side-1')).fill")
    opened.page.emulate_media(media="screen", color_scheme="dark")
    assert colour != opened.run("() => getComputedStyle(document.querySelector('.ex-mark.ex-side-1')).fill")


def test_sides_differ_in_place_and_domains_in_shape_not_in_colour_alone(
    explore: Visit, acts: pl.DataFrame
) -> None:
    opened = explore()
    shapes = opened.run("""() => Object.fromEntries([...document.querySelectorAll(".ex-mark:not(.ex-event)")]
      .map((mark) => [mark.id.slice(5), mark.firstChild.getAttribute("d").replace(/[^A-Za-z]/g, "")]))""")
    by_domain = {
        domain: {shapes[act] for act in acts.filter(pl.col("domain_type") == domain)["act_id"]}
        for domain in acts["domain_type"].unique()
    }
    assert all(len(found) == 1 for found in by_domain.values())
    assert len({min(found) for found in by_domain.values()}) == len(by_domain)


def test_another_pair_needs_other_data_only(
    browser: Browser, tmp_path: Path, acts: pl.DataFrame, links: pl.DataFrame, pair: tuple[str, str]
) -> None:
    swap = dict(zip(pair, ("NOR", "ISL"), strict=True))
    few = acts.head(30).with_columns(pl.col("actor_code", "addressee_code", "target_code").replace(swap))
    events = load("context_events").head(0)
    made = timeline(few, links, events, pair=("NOR", "ISL"), scales=["intensity_goldstein"])
    page = tmp_path / "acts.html"
    page.write_text(
        acts_page(site([]), few, links, events, pair=("NOR", "ISL"), explorer=explorer(made)),
        encoding="utf-8",
    )
    context = browser.new_context()
    opened = open_page(context, page)
    assert opened.run(MARKS) == ids(few)
    assert opened.run("() => document.querySelectorAll('.ex-gaps rect').length") == 0, "no span is unknown"
    assert {"Norway", "Iceland"} <= set(
        re.findall(r"[A-Z][a-z]+", opened.page.locator(".ex-names").text_content() or "")
    )
    assert opened.messages == []
    context.close()


SEEN = """() => { const story = document.querySelector(".story").getBoundingClientRect();
  const mark = document.querySelector(".ex-mark[aria-selected=true]").getBoundingClientRect();
  const sheet = document.querySelector(".ex-detail");
  const end = getComputedStyle(sheet).position === "fixed" ? sheet.getBoundingClientRect().top : innerHeight;
  return story.top >= -1 && story.bottom <= mark.top + 8 && mark.bottom <= end + 8; }"""


def test_a_step_of_the_story_and_the_act_it_tells_of_are_seen_together(explore: Visit) -> None:
    opened = explore()
    steps = opened.page.locator(".story-steps a")
    acts = [re.search("act=(.*)", str(step.get_attribute("data-state")))[1] for step in steps.all()]  # type: ignore[index]
    last = len(acts) - 1
    steps.nth(last).click()
    opened.page.wait_for_function(SEEN)
    assert opened.run("() => location.hash").endswith(f"act={acts[last]}")
    assert steps.nth(last).get_attribute("aria-current") == "step"
    opened.page.keyboard.press("ArrowLeft")
    opened.page.wait_for_function(SEEN)
    assert opened.run("() => location.hash").endswith(f"act={acts[last - 1]}")
    opened.page.get_by_role("button", name="Next").focus()
    opened.page.keyboard.press("Enter")
    assert opened.run("() => location.hash").endswith(f"act={acts[last]}")
    assert opened.page.get_by_role("button", name="Next").is_disabled()
    opened.page.go_back()
    assert steps.nth(last - 1).get_attribute("aria-current") == "step"
    assert opened.messages == []


def test_the_story_by_touch_leaves_room_for_the_act(explore: Visit) -> None:
    opened = explore(viewport=PHONE, has_touch=True, is_mobile=True)
    opened.page.locator(".story-bar button", has_text="Begin").tap()
    opened.page.wait_for_function(SEEN)
    opened.page.locator(".story-bar button", has_text="Next").tap()
    opened.page.wait_for_function(SEEN)
    assert opened.page.locator(".story-bar output").inner_text().startswith("Step 2 of ")
    assert opened.messages == []


def test_without_scripts_a_step_of_the_story_leads_to_its_row(visit: Visit) -> None:
    opened = visit(f"{case().name}/acts.html", java_script_enabled=False)
    opened.page.locator(".story-steps a").nth(1).click()
    assert opened.run("() => document.querySelector('tr:target') !== null")
