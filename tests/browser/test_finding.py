"""How readers find what they look for: filters and downloads of tables, names in any spelling, a person's act."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qs

import polars as pl
import pytest
from axe_runs import AXE, RUNS
from browsing import DESK, PHONE, Opened
from playwright.sync_api import Page
from retorsion import load
from retorsion.project import REPORTS

pytestmark = [pytest.mark.browser, pytest.mark.data]
Visit = Callable[..., Opened]
SHOWN = "table.by-column tbody tr:visible"
TABLES = sorted(path.stem for path in (REPORTS / "tables").glob("*.csv"))


def state(page: Page) -> dict[str, list[str]]:
    """What the address keeps."""
    return parse_qs(page.url.partition("#?")[2])


def downloaded(page: Page) -> bytes:
    with page.expect_download() as taken:
        page.locator("button", has_text="Download these rows").click()
    return taken.value.path().read_bytes()


def as_csv(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_csv(written)
    return written.getvalue()


@pytest.mark.parametrize("name", TABLES)
def test_rows_that_no_filter_leaves_out_are_downloaded_as_the_file_has_them(visit: Visit, name: str) -> None:
    opened = visit(f"tables/{name}.html")
    assert downloaded(opened.page) == (REPORTS / "tables" / f"{name}.csv").read_bytes()
    assert opened.messages == []
    assert opened.foreign == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_columns_are_filtered_by_keyboard_and_the_address_keeps_the_filters(
    visit: Visit, viewport: dict[str, int]
) -> None:
    opened = visit("tables/sanctions.html", viewport=viewport)
    page, keyboard = opened.page, opened.page.keyboard
    page.locator(".column-filters > summary").focus()
    keyboard.press("Enter")
    page.get_by_label("Sender", exact=True).last.focus()
    keyboard.type("Japan")
    for end, day in (("from", "2022-03-01"), ("to", "2022-03-31")):
        page.get_by_label(f"Announced, {end}").fill(day)
    page.get_by_label("Name", exact=True).last.focus()
    keyboard.type("a")
    assert state(page) == {
        "sender_code": ["JPN"],
        "announced_date": ["2022-03-01..2022-03-31"],
        "subject_name": ["a"],
    }
    rows = load("sanctions").filter(
        pl.col("sender_code") == "JPN",
        pl.col("announced_date").is_between(date(2022, 3, 1), date(2022, 3, 31)),
        pl.col("subject_name").str.to_lowercase().str.contains("a"),
    )
    assert page.locator(SHOWN).count() == len(rows)
    assert page.locator(".filter output").inner_text().startswith(f"{len(rows)} of ")
    assert downloaded(page) == as_csv(rows)
    again = visit("tables/sanctions.html", f"#{page.url.partition('#')[2]}", viewport=viewport)
    assert again.page.locator(SHOWN).count() == len(rows)
    again.page.locator(".set-filters button", has_text="Name: a").click()
    assert "subject_name" not in state(again.page)
    assert again.page.locator(SHOWN).count() > len(rows)
    assert opened.messages == again.messages == []
    assert again.run("() => document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.parametrize("run", RUNS)
def test_axe_finds_nothing_serious_in_open_filters(visit: Visit, axe: str, run: str) -> None:
    opened = visit(
        "tables/sanctions.html",
        "#?subject_type=individual&announced_date=2022-03-01..",
        viewport=PHONE if run == "phone" else DESK,
        color_scheme="dark" if run == "dark" else "light",
    )
    opened.page.locator(".column-filters > summary").click()
    opened.run(axe)
    assert not opened.run(AXE, RUNS[run])


def test_numbers_are_filtered_and_sorted_by_what_the_file_has(visit: Visit) -> None:
    opened = visit("tables/acts.html", "#?n_subjects=10..20&sort=-n_subjects")
    rows = load("acts").filter(pl.col("n_subjects").is_between(10, 20))
    assert opened.page.locator(SHOWN).count() == len(rows)
    taken = pl.read_csv(io.BytesIO(downloaded(opened.page)), infer_schema_length=None)
    assert taken["n_subjects"].to_list() == rows["n_subjects"].sort(descending=True).to_list()


def test_a_long_table_shows_its_first_rows_until_all_are_asked_for(visit: Visit) -> None:
    opened = visit("tables/sanctions.html")
    n_rows = load("sanctions").height
    assert opened.page.locator(SHOWN).count() == 300
    last = load("sanctions")["sanction_id"][-1]
    opened.run("(id) => { location.hash = id; }", last)
    opened.page.wait_for_function("() => document.querySelector('tr:target')?.checkVisibility()")
    opened.page.locator("button", has_text="Show all rows").click()
    assert opened.page.locator(SHOWN).count() == n_rows
    plain = visit("tables/sanctions.html", java_script_enabled=False)
    assert plain.page.locator(SHOWN).count() == n_rows


def test_a_table_too_large_for_a_page_says_so_and_codes_read_as_words(visit: Visit) -> None:
    opened = visit("tables/tariff_rates.html")
    text = opened.page.locator("main").inner_text()
    assert re.search(r"shows the first 300 of [\d,]+ rows", text)
    cell = opened.page.locator("table.by-column tbody tr").first.locator("td", has_text="Live animals").first
    assert re.fullmatch(r"\d{6}\s+Live animals and animal products", cell.inner_text())
    imposer = opened.page.locator("table.by-column tbody th").first
    imposer.hover()
    assert re.fullmatch("[A-Z]{3}", imposer.get_attribute("title") or ""), "the code is the tip"


#: Width of the text of a page on its side, in CSS pixels.
PAPER_ON_ITS_SIDE = 1016


@pytest.mark.parametrize("name", ["acts", "sanctions", "trade_measures", "replies"])
def test_a_filtered_table_is_printed_whole_and_as_wide_as_the_paper(visit: Visit, name: str) -> None:
    first = {"sanctions": "announced_date", "trade_measures": "announced_date", "acts": "act_date"}.get(name)
    opened = visit(f"tables/{name}.html", f"#?{first}=2022-03-01..2022-03-31" if first else "")
    page = opened.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER_ON_ITS_SIDE, "height": 700})
    right = page.evaluate("() => document.querySelector('table.by-column').getBoundingClientRect().right")
    assert right <= PAPER_ON_ITS_SIDE + 1, "the browser would print the whole page smaller"
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('thead')).display")
        == "table-header-group"
    )
    rows = load(name)
    if first:
        caption = page.locator("table.by-column caption").inner_text()
        assert "2022-03-01 to 2022-03-31" in caption, "paper says what was filtered"
        rows = rows.filter(pl.col(first).is_between(date(2022, 3, 1), date(2022, 3, 31)))
    assert page.locator(SHOWN).count() == rows.height, "paper has no button that shows the rest"
    pdf = page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert sheets
    assert all(float(width) > float(height) for width, height in sheets), "on its side"


@pytest.mark.parametrize(
    "queries",
    [("Shoygu", "Shoigu", "Schoigu", "Шойгу"), ("Khusnullin", "Husnulin"), ("Tsekov", "Cekov", "Цеков")],
)
def test_spellings_of_a_name_find_the_same(visit: Visit, queries: tuple[str, ...]) -> None:
    opened = visit("search.html")
    found = []
    for query in queries:
        opened.page.locator("#query").fill(query)
        found.append(opened.page.locator("#results a").all_inner_texts())
    assert all(one == found[0] for one in found)
    named = load("sanctions")["subject_name"].drop_nulls().str.to_lowercase()
    if named.str.contains(queries[0].lower()).any():
        assert any(queries[0].lower() in title.lower() for title in found[0])
    assert opened.messages == []


def test_counts_and_days_are_searched_as_readers_say_them(visit: Visit) -> None:
    total = (
        load("published_totals").filter(pl.col("n_individuals") > 9).sort("n_individuals").row(-1, named=True)
    )
    day: date = total["as_of_date"]
    opened = visit("search.html")
    for query in (
        f"{total['n_individuals']} people",
        f"{day.day} {day:%B %Y} {total['n_individuals']} persons",
    ):
        opened.page.locator("#query").fill(query)
        first = opened.page.locator(f"#results a[href='tables/published_totals.html#{total['total_id']}']")
        assert first.count() == 1, query
        first.locator("xpath=..").locator("small").filter(has_text=day.isoformat()).wait_for()
    opened.page.locator("#query").fill("6 people")
    titles = opened.page.locator("#results li").all_inner_texts()
    assert not any("76 persons" in title and " 6" not in title for title in titles), "6 is not in 76"


@pytest.mark.parametrize("query", ["zzzz", "aaaa", "the qqqq"])
def test_nonsense_finds_nothing_and_says_whose_names_there_are(visit: Visit, query: str) -> None:
    opened = visit("search.html")
    opened.page.locator("#query").fill(query)
    assert opened.page.locator("#results a").count() == 0
    assert "No listed name matches" in opened.page.locator("#found").inner_text()


@pytest.mark.parametrize("query", ["diversion", "expelled diplomats", "日本"])
def test_words_of_pages_other_endings_and_other_writings_find(visit: Visit, query: str) -> None:
    opened = visit("search.html")
    opened.page.locator("#query").fill(query)
    assert opened.page.locator("#results a").count()
    assert "Nothing" not in opened.page.locator("#found").inner_text()


def test_where_nothing_has_all_words_what_has_most_is_shown(visit: Visit) -> None:
    opened = visit("search.html")
    opened.page.locator("#query").fill("diversion qqqq")
    assert "Nothing has both words" in opened.page.locator("#found").inner_text()
    assert opened.page.locator("#results a").count()


def test_arrows_and_enter_lead_through_the_answers(visit: Visit) -> None:
    opened = visit("search.html")
    opened.page.locator("#query").fill("asset freeze")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    second = opened.page.locator("#results a").nth(1)
    assert second.evaluate("(link) => link === document.activeElement")
    opened.page.keyboard.press("ArrowUp")
    opened.page.keyboard.press("ArrowUp")
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_url(lambda url: "search.html" not in url)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_from_a_persons_name_to_the_act_and_what_it_answered_in_three_steps(
    visit: Visit, viewport: dict[str, int]
) -> None:
    replies = load("replies").rename({"act_id": "answered", "reply_act_id": "act_id"})
    listed = load("sanctions").drop_nulls("subject_name").filter(pl.col("subject_type") == "individual")
    of_reply = listed.join(replies.select("act_id", "answered"), on="act_id").sort("subject_name", "answered")
    name, act, answered = of_reply.select("subject_name", "act_id", "answered").row(0)
    opened = visit("index.html", viewport=viewport)
    if viewport is PHONE:
        opened.page.locator(".pages > summary").click()
    opened.page.locator("nav[aria-label=Pages] a", has_text="Search").click()  # the first step
    opened.page.locator("#query").fill(name)
    opened.page.locator("#results a", has_text=name).last.click()  # the second
    opened.page.wait_for_url(re.compile(r"names/\w+\.html#"))
    entry = opened.page.locator(".listed:target")
    assert name in entry.locator("h2").inner_text()
    events = load("context_events").rename({"event_id": "act_id"})
    said = pl.concat([frame.select("act_id", "summary") for frame in (load("acts"), events)])
    summary = said.filter(act_id=answered)["summary"][0].rstrip(".")
    assert summary in entry.locator("dd").filter(has_text=summary).first.inner_text()
    assert entry.bounding_box()["y"] < viewport["height"]  # type: ignore[index]
    entry.locator(f"a[href$='acts.html#{act}']").click()  # the third
    opened.page.wait_for_url(re.compile(rf"acts\.html#.*{re.escape(act)}"))
    assert opened.run("() => document.documentElement.scrollWidth") <= viewport["width"]
    assert opened.messages == []
    assert opened.foreign == []


def test_from_a_listed_person_over_the_round_to_what_it_answered_in_three_clicks(visit: Visit) -> None:
    replies = load("replies").select(act_id="reply_act_id", answered="act_id")
    listed = load("sanctions").filter(subject_type="individual").drop_nulls("subject_name")
    between = load("acts").filter(actor_code="JPN", addressee_code="RUS").select("act_id").unique()
    rounds = listed.join(between, on="act_id").join(replies, on="act_id").sort("subject_name")
    name, act, answered = rounds.select("subject_name", "act_id", "answered").row(0)
    opened = visit("search.html")
    opened.page.locator("#query").fill(name)
    opened.page.locator("#results a", has_text=name).last.click()
    opened.page.locator(f".listed:target a[href*='acts.html#{act}']").first.click()
    row = opened.page.locator(f"#all-acts-table tr[data-act='{act}']").first
    row.locator(f"a[href*='{answered}']").first.click()
    assert answered in opened.page.url
    assert opened.messages == []


def test_names_are_there_without_scripts(visit: Visit) -> None:
    opened = visit("names.html", java_script_enabled=False)
    opened.page.locator(".letters a").last.click()
    opened.page.wait_for_url(re.compile("names/"))
    assert opened.page.locator(".listed").count() >= 1
