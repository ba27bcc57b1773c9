"""Every number in prose leads to its evidence, comes from the findings, and changes with them."""

from __future__ import annotations

import ast
import json
import re
import runpy
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
import retorsion
from hypothesis import given
from hypothesis import strategies as st
from retorsion import project
from retorsion.figures import diversion, escalation, models, record, svg, trade
from retorsion.findings import Cited, cite, place_of, written
from retorsion.project import case
from retorsion.reports import analyses as known
from retorsion.reports import escalation as reports_escalation
from retorsion.reports import exhibits, html, steps_of_others
from retorsion.reports.analyses import Analysis, home_of
from retorsion.reports.headlines import findings
from retorsion.reports.html import anchor_of, evidence_href, number, percent, ranged, say
from retorsion.reports.page import Link, Menu, Site, check_page, read_page
from retorsion.reports.pages.evidence import evidence_pages, row_links
from retorsion.reports.site import site
from retorsion.reports.values import rows_html
from retorsion.steps.site import case_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_cited_values_are_the_values_and_know_their_place(value: Any) -> None:
    cited = cite(value, "top")
    assert cited == value
    assert json.dumps(cited) == json.dumps(value)
    assert (place_of(cited) == "top") == (value is not None and not isinstance(value, bool))


def test_a_place_survives_being_written_and_not_being_computed_with() -> None:
    part = cite({"estimate": 0.5, "lower": 0.25, "upper": 0.75, "n": 1200}, "e.part")
    assert place_of(number(part["n"])) == "e.part.n"
    assert place_of(percent(part["estimate"])) == "e.part.estimate"
    assert place_of(ranged(part, "share")) == "e.part"
    assert place_of(trade.effect_words(part)) == "e.part"
    assert place_of(part["estimate"] * 2) is None
    assert place_of(written("x", 1)) is None
    assert pl.DataFrame([part]).to_dicts() == [dict(part)]


def test_a_sentence_links_numbers_of_the_findings_and_nothing_else() -> None:
    found = cite({"n": 1200, "name": "Nobody", "p": -0.25, "why": f"{'long ' * 20} 14 months"}, "e")
    text = say("{n}, {m}, {name}, {p:.1f}, {why}", m=7, **found).text
    assert text.startswith(
        "[1,200](../reports/evidence/e_n.html#e.n), 7, Nobody, [−0.2](../reports/evidence/e_p.html#e.p), long"
    )
    assert text.count("](") == 2


SITE = site([])

FOUND = {
    "inputs": {"acts": "0" * 64},
    "record": {"n_acts": 3, "note": "a <b>", "by_side": {"AAA": {"n": 1}, "BBB": {"n": 2}}},
    "links": {"AAA->BBB": {"with the driver": {"estimate": 0.5, "lower": None, "upper": True}}},
    "rows": [{"act": "act-1", "days": [1, 2]}, {"act": "act-9", "days": []}],
}
FRAMES = {
    "e_record": pl.DataFrame({"act_id": ["act-1", "act-9"], "url": ["https://example.org/x", None]}),
    "e_other": pl.DataFrame({"n": range(300)}),
}


TRIED = {"e": Analysis("Evidence", ["02_escalation.html"], {"links": ["e_other"]}, "e_")}


@patch.dict(known.ANALYSES, TRIED)
def made(found: dict[str, Any], frames: dict[str, pl.DataFrame] | None = None) -> dict[str, str]:
    return evidence_pages(
        SITE,
        "e",
        cite(found, "e"),
        frames or {},
        link=row_links(["ledger"], {"act-1": "acts.html#act-1"}, root="../"),
        inputs={"acts": "../dictionary.html#acts"},
    )


def test_days_that_stand_for_months_are_written_as_months() -> None:
    frames = {
        "e_record": pl.DataFrame({"period_start": ["2021-01-01", "2021-02-01"], "day": ["2021-03-01"] * 2})
    }
    page = made({**FOUND, "record": {"first_month": "2020-04-01", "last": "2020-05-01"}}, frames)[
        "evidence/e_record.html"
    ]
    assert all(f">{each}<" in page for each in ("2021-01", "2021-02", "2021-03-01", "2020-04", "2020-05-01"))


def test_every_value_has_its_anchor_on_the_page_that_its_address_names() -> None:
    pages = made(FOUND, FRAMES)
    for name, text in pages.items():
        check_page(text, name=name)
    ids = {name: set(read_page(text).ids) for name, text in pages.items()}
    values = {
        place_of(value) for value in _leaves(cite({k: v for k, v in FOUND.items() if k != "inputs"}, "e"))
    }
    addresses = [evidence_href(place).partition("#") for place in values if place]
    assert len(addresses) > 5
    assert all(anchor in ids[page] for page, _, anchor in addresses)
    assert {"e.links.AAA-BBB.with-the-driver", "e_other"} <= ids["evidence/e_links.html"]
    assert {"e.rows.1"} <= ids["evidence/e_rows.html"]


def test_the_page_of_an_analysis_lists_its_findings_and_holds_its_headlines() -> None:
    page = made(FOUND | {"headlines": [{"estimate": 1.5}]}, FRAMES)["evidence/e.html"]
    links = read_page(page).links
    assert {"e_record.html", "e_links.html", "e_rows.html"} <= {*links}
    assert "e.headlines" in set(read_page(page).ids)


@patch.dict(known.ANALYSES, TRIED)
def test_rows_are_on_the_page_of_the_finding_they_belong_to() -> None:
    parts = ["record", "links", "rows", "rows_long"]
    assert home_of("e_record", parts) == "evidence/e_record.html"
    assert home_of("e_other", parts) == "evidence/e_links.html"  # as the analysis says
    assert home_of("e_rows_long_path", parts) == "evidence/e_rows_long.html"
    assert home_of("e_nobody", parts) == "evidence/e.html"


def test_rows_stand_behind_their_part_and_lead_to_acts_and_pages() -> None:
    pages = made(FOUND, FRAMES)
    record, links = pages["evidence/e_record.html"], pages["evidence/e_links.html"]
    assert 'href="../evidence/e_record.html#e_record"' in record
    assert 'href="../evidence/e_links.html#e_other"' in links
    assert '<a href="../acts.html#act-1">act-1</a>' in record
    assert "act-9</a>" not in record
    assert '<a href="https://example.org/x"' in record
    assert 'href="../findings/e_other.csv"' in links
    assert "The first 250 of 300 rows." in links
    assert "a &lt;b&gt;" in record


def test_words_that_all_rows_share_stand_once_under_the_address_of_each() -> None:
    caveat = "Accounting, not causation: it says nothing of what would have been."
    found = {
        "part": [
            {"estimate": 0.5, "value": -59403500.0, "caveat": caveat, "sample": "a" * 50},
            {"estimate": 2.0, "value": 1.25, "caveat": caveat, "sample": "b" * 50},
        ]
    }
    html = made(found)["evidence/e_part.html"]
    assert html.count(caveat) == 1
    assert html.count("a" * 50) == html.count("b" * 50) == 1  # these differ, and stand in their rows
    ids = set(read_page(html).ids)
    assert {f"e.part.{row}.{key}" for row in (0, 1) for key in ("estimate", "caveat", "sample")} <= ids
    assert "−59,403,500" in html
    assert "e+07" not in html


def test_words_that_the_name_of_each_row_has_are_no_column_and_keep_their_anchors() -> None:
    rows = [{"label": name, "estimate": 0.5, "unit": "share"} for name in ("one way", "another")]
    html = made({"part": rows})["evidence/e_part.html"]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)<', html)
    assert heads == ["Result", "Estimate"]
    assert {"e.part.0.label", "e.part.1.unit"} <= set(read_page(html).ids)


def test_a_list_of_plain_words_is_shown_below_its_heading() -> None:
    assert "<p>Japan, Russia</p>" in made({"headlines": [], "pair": ["JPN", "RUS"]})["evidence/e.html"]


def test_a_finding_without_a_number_says_why_and_no_method() -> None:
    reason = {"not_estimable": "Nothing is recorded."}
    pages = made({"inputs": {"acts": "0" * 64}, "part": reason}, {"e_part": pl.DataFrame(reason)})
    html = pages["evidence/e_part.html"]
    assert "There is no number on this" in html
    assert "Nothing is recorded." in html
    assert "computed from" not in html
    assert "e_part" in set(read_page(html).ids)


def test_shares_read_in_per_cent_log_points_with_theirs_and_small_p_values_as_such() -> None:
    effect = {"estimate": -1.35443, "caveat": "In log points.", "p_value": 0.0000079, "level": 0.925926}
    html = made({"part": {"effect": effect, "left": {"share_left_out": 0.829191, "first_year": 2014}}})[
        "evidence/e_part.html"
    ]
    cells = re.findall(r'id="e\.part\.\w+\.(\w+)"><dt>[^<]*</dt><dd>([^<]*)<', html)
    assert {
        ("estimate", "−1.35443 (−74%)"),
        ("p_value", "below 0.001"),
        ("level", "92.59%"),
        ("share_left_out", "82.92%"),
        ("first_year", "2014"),
    } <= set(cells)


def test_log_points_are_sorted_by_their_number_and_rates_of_a_file_read_in_per_cent() -> None:
    effects = [{"estimate": -1.0 - row, "caveat": "In log points."} for row in range(2)]
    html = made({"part": effects})["evidence/e_part.html"]
    assert 'data-sort="-1.0">−1 (−63%)</td>' in html
    frame = pl.DataFrame({"rate": [0.25], "lower": [0.1], "n": [8]})
    plain, shares = (rows_html(name, frame, lambda _: None, 9) for name in ("e_other", "escalation_answers"))
    assert ">25%<" in shares
    assert ">10%<" in shares
    assert "%" not in plain


def test_a_list_of_sentences_reads_as_sentences_and_one_of_words_as_a_list() -> None:
    html = made({"part": {"rows": ["One is so.", "Two is not."], "names": ["one", "two"]}})[
        "evidence/e_part.html"
    ]
    assert "<p>One is so.</p>\n<p>Two is not.</p>" in html
    assert "one, two" in html


def test_numbers_with_an_interval_and_numbers_against_chance_stand_in_tables_of_their_own() -> None:
    shared = {"unit": "share", "n": 9, "method": "m", "caveat": "c"}
    lines = [
        {"finding": "one", "estimate": 0.5, "lower": 0.25, "upper": 0.75, **shared},
        {"finding": "two", "estimate": 0.4, "lower": 0.25, "upper": 0.75, **shared},
        {"finding": "three", "estimate": 1.3, "null_lower": 9, "null_upper": 23, "p_value": 0.1, **shared},
    ]
    html = made({"headlines": lines})["evidence/e.html"]
    ids = set(read_page(html).ids)
    assert {
        "e.headlines.0.lower",
        "e.headlines.1.upper",
        "e.headlines.2.null_upper",
        "e.headlines.2.p_value",
    } <= ids
    assert "e.headlines.2.lower" not in ids


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _moved(value: Any) -> Any:
    """The same findings with every number another one."""
    if isinstance(value, dict):
        return {key: _moved(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner) for inner in value]
    if isinstance(value, float):
        return 0.5 * value + 0.013
    return value + 11 if isinstance(value, int) and not isinstance(value, bool) else value


NOTEBOOKS = sorted(project.NOTEBOOKS.glob("0*.py"))
#: What notebooks show, and the files of their sentences.
EXHIBITS = [import_module(f"{exhibits.__name__}.{one.name}") for one in iter_modules(exhibits.__path__)]
TEXTS = [Path(str(module.__file__)) for module in (reports_escalation, steps_of_others, *EXHIBITS)]
#: Notebooks whose numbers are in tables and figures alone, for the case that notebooks open with.
WITHOUT_LINKS = {"05_tariffs"}
LINK = re.compile(r"\[([^\]]*)\]\(\.\./reports/(evidence/[^)]*)\)")


@pytest.mark.data
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_prose_of_a_notebook_changes_with_the_findings(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def listen(template: str, **values: object) -> html.Prose:
        prose = say(template, **values)
        said.append(prose.text)
        return prose

    for module in (diversion, escalation, models, record, trade):
        for name, draw in vars(module).items():
            if hasattr(draw, "__wrapped__"):
                monkeypatch.setattr(module, name, lambda *_, **__: None)
    for module in (html, svg, reports_escalation, steps_of_others, *EXHIBITS):
        for name, stand_in in (("say", listen), ("show", lambda figure: figure)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, stand_in)
    read = project.finding
    before = _links_of(notebook, said)
    monkeypatch.setattr(retorsion, "finding", lambda name, case=None: cite(_moved(read(name, case)), name))
    after = _links_of(notebook, said)
    if "finding(" not in notebook.read_text(encoding="utf-8") or notebook.stem in WITHOUT_LINKS:
        assert not before
        return
    assert len(before) >= 2, "prose has no number that leads to its evidence"
    moved = {href: text for text, href in after}
    # Words of the findings that hold digits, such as dates, are no numbers and were left alone.
    same = [text for text, href in before if text == moved[href] and not isinstance(_at(read, href), str)]
    assert same == []


def _links_of(notebook: Path, said: list[str]) -> list[tuple[str, str]]:
    said.clear()
    runpy.run_path(str(notebook))
    return [link for text in said for link in LINK.findall(text)]


def _at(read: Any, href: str) -> Any:
    anchor = href.partition("#")[2]
    name = anchor.partition(".")[0]
    places = {}

    def collect(value: Any) -> None:
        if isinstance(value, Cited):
            places[anchor_of(value.place)] = value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            collect(inner)

    collect(read(name, "comparison" if name == "cases" else None))
    return places[anchor]


@pytest.mark.data
def test_the_front_page_changes_with_the_findings() -> None:
    shown = case_of(case())
    before = findings(shown)
    moved = {name: cite(_moved(part), name) for name, part in shown.findings.items()}
    after = findings(replace(shown, findings=moved))
    assert len(before) == 6
    for old, new in zip(before, after, strict=True):
        assert old.value != new.value
        assert (
            old.value.count(f"]({shown.folder}evidence/") == len(re.findall(r"\d[\d.,]*%?\]", old.value)) >= 1
        )
        assert old.rows_href is not None
        assert old.rows_href.startswith(f"{shown.folder}evidence/")


@pytest.mark.parametrize("path", [*NOTEBOOKS, *TEXTS], ids=lambda path: path.stem)
def test_no_number_is_typed_into_a_sentence(path: Path) -> None:
    allowed = {"0.05"}  # the level that names a field of the findings
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "say":
            template = call.args[0]
            assert isinstance(template, ast.Constant), f"line {call.lineno}: a sentence is one literal"
            typed = re.findall(r"\d[\d.,]*\d|\d", re.sub(r"\{[^}]*\}", "", str(template.value)))
            assert set(typed) <= allowed, f"line {call.lineno}"


def test_addresses_of_evidence() -> None:
    assert evidence_href("e.links.AAA->BBB.n") == "evidence/e_links.html#e.links.AAA-BBB.n"
    assert evidence_href("e.headlines.0") == "evidence/e.html#e.headlines.0"


@patch.dict(known.ANALYSES, {"e": Analysis("Evidence", ["a.html", "b.html", "c.html"], {}, "e_")})
def test_evidence_leads_only_to_pages_that_its_case_asks_for() -> None:
    menu = Menu("X and Y", (Link("First", "x/a.html"), Link("Third", "x/c.html")), "x/")
    pages = evidence_pages(
        Site("Project", "What it is.", (menu,)),
        "e",
        cite({"record": {"n": 1}}, "e"),
        {},
        link=row_links([], {}, root="../"),
        inputs={},
        folder="x/",
    )
    said = pages["evidence/e_record.html"]
    assert '<a href="../a.html">First</a> and <a href="../c.html">Third</a>.' in said
    assert "b.html" not in said
