"""The page of candidates: decided by keyboard, mouse and touch, saved as a file, hostile text shown as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_runs import AXE, RUNS
from browsing import DESK, PHONE, Opened, open_page
from news_desk import KNOWN, LOOKED, TYPES, candidate
from playwright.sync_api import Browser
from retorsion.news.matching import matched
from retorsion.news.rows import COLUMNS, rows
from retorsion.reports.candidates import candidates_page
from retorsion.reports.page import check_page

pytestmark = pytest.mark.browser

HOSTILE = (
    "</script><script>window.bad = 1</script><img src=x onerror='window.bad = 2'> \u202edrawkcab, \"quoted\""
)
TEXT = f"An earlier paragraph.\n\nBefore it. Paris on Monday barred imports. {HOSTILE} After it.\n\nA later paragraph."


def span(words: str) -> dict[str, object]:
    return {"evidence": words, "start": TEXT.index(words), "end": TEXT.index(words) + len(words)}


CANDIDATES = [
    candidate(**span("Paris on Monday barred imports.")),
    candidate(**span(HOSTILE), act_type="expulsion", confidence=0.7, page_sha256="b" * 64),
    candidate(**span("After it."), date=date(2020, 2, 3), confidence=0.5),
    candidate(
        **span("Before it."),
        kind="total",
        act_type="asset_freeze",
        target_code="EU",
        n_individuals=76,
        confidence=0.3,
    ),
    candidate(
        **span("A later paragraph."),
        actor_code="BEL",
        target_code="FRA",
        act_type="summons",
        reply_words="over the import ban",
        confidence=0.2,
    ),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    matches = matched(CANDIDATES, KNOWN, TYPES)
    html = candidates_page(
        rows(matches, LOOKED), {"a.txt": TEXT}, known=KNOWN, act_types=TYPES, pairs=[("FRA", "BEL")]
    )
    check_page(html, name="candidates.html")
    made = tmp_path_factory.mktemp("desk") / "candidates.html"
    made.write_text(html, encoding="utf-8")
    return made


@pytest.fixture
def desk(browser: Browser, path: Path) -> Iterator[Callable[..., Opened]]:
    contexts = []

    def go(**options: object) -> Opened:
        context = browser.new_context(**{"viewport": DESK, "accept_downloads": True} | options)  # type: ignore[arg-type]
        contexts.append(context)
        opened = open_page(context, path)
        opened.page.wait_for_selector("#card:not([hidden])")
        return opened

    yield go
    for context in contexts:
        context.close()


def saved(opened: Opened, tmp_path: Path) -> list[dict[str, str]]:
    with opened.page.expect_download() as waiting:
        opened.page.keyboard.press("s")
    assert waiting.value.suggested_filename == "decisions.csv"
    waiting.value.save_as(tmp_path / "decisions.csv")
    reader = csv.DictReader(io.StringIO((tmp_path / "decisions.csv").read_text(encoding="utf-8"), newline=""))
    assert tuple(reader.fieldnames or ()) == COLUMNS
    return list(reader)


def title(opened: Opened) -> str:
    return opened.page.inner_text("#title")


def test_opens_in_silence_and_asks_for_nothing(desk: Callable[..., Opened]) -> None:
    opened = desk()
    assert (opened.messages, opened.foreign) == ([], [])
    assert opened.page.inner_text("#state") == "0 of 5 decided"
    assert "France towards Belgium: import ban, 2021-01-04" in title(opened)


def test_evidence_is_marked_in_its_paragraph_alone(desk: Callable[..., Opened]) -> None:
    opened = desk()
    assert opened.page.inner_text("#evidence mark") == "Paris on Monday barred imports."
    shown = opened.page.inner_text("#evidence")
    assert shown.startswith("Before it. ")
    assert shown.endswith("After it.")
    assert "paragraph" not in shown


def test_hostile_text_is_text(desk: Callable[..., Opened], tmp_path: Path) -> None:
    opened = desk()
    opened.page.keyboard.press("j")
    assert "</script><script>" in opened.page.inner_text("#evidence mark")
    assert "[U+202E]drawkcab" in opened.page.inner_text("#evidence mark")
    assert opened.run("() => [window.bad, document.querySelectorAll('img').length]") == [None, 0]
    row = next(row for row in saved(opened, tmp_path) if row["page_sha256"] == "b" * 64)
    assert row["evidence"] == HOSTILE  # what is saved is what was read
    assert opened.messages == []


def test_everything_by_keyboard(desk: Callable[..., Opened], tmp_path: Path) -> None:
    opened = desk()
    press = opened.page.keyboard.press
    press("a")  # without a mark nothing is decided
    assert "mark" in opened.page.inner_text("#said")
    opened.page.keyboard.type("ab")
    press("Escape")
    press("a")  # without a summary neither
    assert opened.run("() => document.activeElement.id") == "f-summary"
    opened.page.keyboard.type("France bars waffles; jars, skis.")  # letters are no commands in a field
    press("Escape")
    press("a")
    assert "expulsion" in title(opened)
    press("r")
    assert "2020-02-03" in title(opened)
    press("k")
    assert "expulsion" in title(opened)
    press("u")  # takes the last decision back
    press("j")
    assert opened.page.inner_text("#state") == "1 of 5 decided"
    found = saved(opened, tmp_path)
    assert [row["decision"] for row in found] == ["accept", "", "", "", ""]
    assert (found[0]["decided_by"], found[0]["summary"]) == ("ab", "France bars waffles; jars, skis.")
    assert found[1]["decided_by"] == ""


def test_a_row_of_the_ledger_is_shown_beside_and_asks_for_a_word(
    desk: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = desk()
    opened.page.fill("#mark", "ab")
    opened.page.locator(".desk-list button").nth(2).click()
    beside = opened.page.locator("#beside li")
    assert [("double" in one.get_attribute("class")) for one in beside.all()] == [True, True]
    assert "France bars Belgian waffles." in beside.nth(0).inner_text()
    opened.page.fill("#f-summary", "Another ban.")
    opened.page.click("[data-do=accept]")
    assert "another act" in opened.page.inner_text("#said")
    opened.page.check("[name=is_new]")
    opened.page.click("[data-do=accept]")
    assert opened.page.inner_text("#state") == "1 of 5 decided"
    opened.page.locator(".desk-list button").nth(2).click()
    beside.nth(1).get_by_role("button").click()
    row = saved(opened, tmp_path)[2]
    assert (row["decision"], row["doubles"]) == ("known", "fra-2020-02-05-ban;fra-2020-02-01-ban")


def test_fields_are_edited_and_the_identifier_follows(desk: Callable[..., Opened], tmp_path: Path) -> None:
    opened = desk()
    opened.page.fill("#f-announced_date", "2021-01-03")
    opened.page.locator("#f-announced_date").blur()
    assert opened.page.input_value("#f-act_id") == "fra-2021-01-03-import-ban"
    opened.page.select_option("#f-act_type", "asset_freeze")
    assert opened.page.inner_text("#d-act_type") == "Funds of listed persons are blocked."
    opened.page.select_option("#f-target_codes", label="Netherlands")
    opened.page.fill("#f-more", "lux")
    opened.page.locator("#f-more").blur()
    opened.page.locator("#card").focus()
    row = saved(opened, tmp_path)[0]
    assert (row["act_type"], row["target_codes"], row["addressee_code"]) == ("asset_freeze", "NLD;LUX", "NLD")
    opened.page.fill("#mark", "ab")
    opened.page.fill("#f-announced_date", "3 January")
    opened.page.fill("#f-summary", "A freeze.")
    opened.page.click("[data-do=accept]")
    assert opened.run("() => document.activeElement.id") == "f-announced_date"


def test_other_pages_and_answers_follow_an_identifier(desk: Callable[..., Opened], tmp_path: Path) -> None:
    opened = desk()
    opened.page.locator(".desk-list button").nth(4).click()
    assert "summons" in title(opened)
    assert opened.page.input_value("#f-reply_to") == "fra-2021-01-04-import-ban"
    opened.page.locator(".desk-list button").nth(1).click()
    opened.page.fill("#f-act_id", "fra-2021-01-04-import-ban")  # another page of the same act
    opened.page.locator(".desk-list button").nth(0).click()
    opened.page.fill("#f-act_id", "fra-2021-01-04-ban-waffles")
    opened.page.locator("#f-act_id").blur()
    found = saved(opened, tmp_path)
    assert found[4]["reply_to"] == found[0]["act_id"] == "fra-2021-01-04-ban-waffles"
    assert found[1]["act_id"] == found[0]["act_id"]


def test_a_choice_that_is_not_offered_stays(desk: Callable[..., Opened], tmp_path: Path) -> None:
    opened = desk()
    opened.page.locator(".desk-list button").nth(3).click()
    assert opened.page.input_value("#f-target_codes") == "EU"
    opened.page.keyboard.press("k")
    assert saved(opened, tmp_path)[3]["target_codes"] == "EU"


def test_what_is_rejected_is_what_was_read(desk: Callable[..., Opened], tmp_path: Path) -> None:
    opened = desk()
    opened.page.fill("#mark", "ab")
    opened.page.select_option("#f-act_type", "asset_freeze")
    opened.page.click("[data-do=reject]")
    row = saved(opened, tmp_path)[0]
    assert (row["decision"], row["act_type"], row["decided_by"]) == ("reject", "import_ban", "ab")


def test_decisions_last_when_the_page_is_opened_again(desk: Callable[..., Opened], path: Path) -> None:
    opened = desk()
    opened.page.fill("#mark", "ab")
    opened.page.click("[data-do=reject]")
    again = open_page(opened.page.context, path)
    again.page.wait_for_selector("#card:not([hidden])")
    assert again.page.inner_text("#state") == "1 of 5 decided"
    assert "expulsion" in title(again)


def test_a_running_total_is_called_one(desk: Callable[..., Opened]) -> None:
    opened = desk()
    opened.page.locator(".desk-list button").nth(3).click()
    assert "running total" in title(opened)
    assert not opened.page.is_visible("#new-label")


def test_fits_a_phone_and_works_by_touch(desk: Callable[..., Opened]) -> None:
    opened = desk(viewport={"width": 390, "height": 780}, has_touch=True)
    assert opened.run("() => document.documentElement.scrollWidth") <= 390
    opened.page.fill("#mark", "ab")
    opened.page.tap("[data-do=reject]")
    assert opened.page.inner_text("#state") == "1 of 5 decided"


@pytest.mark.parametrize("run", RUNS)
def test_axe_finds_nothing(desk: Callable[..., Opened], axe: str, run: str) -> None:
    opened = desk(
        viewport=PHONE if run == "phone" else DESK, color_scheme="dark" if run == "dark" else "light"
    )
    opened.page.locator(".desk-list button").nth(2).click()
    opened.page.locator("details summary").click()
    opened.run(axe)
    assert opened.run(AXE, RUNS[run]) == []
