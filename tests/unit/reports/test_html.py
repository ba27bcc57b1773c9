"""Numbers, sentences and tables as readers see them."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import fromstring
from retorsion.errors import RetorsionError
from retorsion.findings import cite
from retorsion.reports.html import (
    addresses,
    column_kinds,
    file_size,
    interval,
    joined,
    listing,
    number,
    percent,
    say,
    table,
)
from retorsion.reports.markdown import Headings, equation, markdown
from retorsion.reports.page import stylesheet


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (1264888, 3, "1,264,888"),
        (np.int64(1528), 3, "1,528"),
        (0.012345, 2, "0.012"),
        (-48213.7, 3, "−48,200"),
        (9.999, 2, "10"),
        (0.0999, 1, "0.1"),
        (0.0, 3, "0"),
        (np.float64(2.5), 2, "2.5"),
        (None, 3, "–"),
        (math.nan, 3, "–"),
        (math.inf, 3, "–"),
    ],
)
def test_numbers_are_rounded_to_significant_digits(value: float | None, digits: int, expected: str) -> None:
    assert number(value, digits=digits) == expected


@given(st.floats(min_value=1e-6, max_value=1e9), st.integers(1, 6))
def test_a_rounded_number_is_within_half_a_unit_of_its_last_digit(value: float, digits: int) -> None:
    shown = float(number(value, digits=digits).replace(",", ""))
    assert shown == pytest.approx(value, rel=0.5 * 10.0 ** (1 - digits) + 1e-9)


def test_intervals_are_shown_to_the_same_place() -> None:
    assert interval(1.234, 0.81, 1.93) == "1.2 (0.8 to 1.9)"
    assert interval(0.012, -0.3, 0.5) == "0.01 (−0.30 to 0.50)"
    assert interval(-71.2, -78.1, -62.3, unit="%") == "−71% (−78 to −62%)"
    assert interval(1.0, math.nan, 2.0) == "–"


def test_shares_and_sizes() -> None:
    shares = [percent(share) for share in (0.3349, -0.0051, 1.0, 12.34, None)]
    assert shares == [
        "33%",
        "−0.51%",
        "100%",
        "1,234%",
        "–",
    ]
    sizes = [file_size(size) for size in (900, 97559, 4_200_000, 48_000_000)]
    assert sizes == [
        "900 B",
        "98 kB",
        "4.2 MB",
        "48 MB",
    ]


def test_sentences_take_their_numbers_from_values() -> None:
    prose = say(
        "{n} acts, {share:.0%}, effect {b:.1f}, by {day}: {who}",
        n=1528,
        share=-0.123,
        b=-2.0,
        day=date(2022, 3, 1),
        who="both",
    )
    assert prose._repr_markdown_() == "1,528 acts, −12%, effect −2.0, by 2022-03-01: both"


def test_a_sentence_without_its_value_fails() -> None:
    with pytest.raises(KeyError):
        say("{missing} acts")


FRAME = pl.DataFrame(
    {
        "act_id": ["a-1", "a-2", "a b"],
        "act_date": [date(2022, 3, 1), None, date(2022, 4, 1)],
        "n_subjects": [1200, None, 3],
        "intensity_goldstein": [8.0, -1.25, math.nan],
        "summary": ["x < y", "two", "three"],
        "source_urls": [
            "https://www.mofa.go.jp/a https://tass.com/b",
            "not an address",
            "https://tass.com/a https://tass.com/b",
        ],
    }
)


def test_table_takes_heads_units_and_alignment_from_the_dictionary() -> None:
    html = table(FRAME, caption="Acts & more").html
    assert "Acts &amp; more" in html
    assert '<th scope="col" class="number">Subjects<small>subjects</small></th>' in html
    assert '<th scope="row" class="code-cell">a-1</th>' in html
    assert '<td class="number">1,200</td>' in html
    assert '<td class="number">−1.25</td>' in html
    assert '<td class="date">2022-03-01</td>' in html
    assert "x &lt; y" in html


def test_missing_values_are_a_dash_that_is_read_out() -> None:
    html = table(FRAME, caption="Acts").html
    assert html.count('<i class="missing"></i>') == 3  # two nulls, one NaN
    assert '::before{content: "–";content: "–" / "missing";}' in stylesheet()


def test_a_table_by_column_says_the_same_with_half_the_markup() -> None:
    whole, light = table(FRAME, caption="Acts").html, table(FRAME, caption="Acts", by_column=True).html
    cells = [
        [[cell.text_content() for cell in row] for row in fromstring(html).iter("tr")]
        for html in (whole, light)
    ]
    assert cells[0] == cells[1]
    body = light.split("<tbody>")[1]
    assert "class=" not in body
    assert "<td><td>" in body
    assert len(body) < 0.7 * len(whole.split("<tbody>")[1])


def test_the_style_of_a_kind_holds_for_the_columns_of_that_kind() -> None:
    places = column_kinds(FRAME, FRAME.columns)
    assert places["number"] == [n for n, dtype in enumerate(FRAME.dtypes, start=1) if dtype.is_numeric()]
    columns = ",".join(f":where(.by-column tr)>:nth-child({n})" for n in places["number"])
    assert f":is(.number,{columns}){{text-align: right" in stylesheet(places)
    assert ":where(.by-column tr)" not in stylesheet()


def test_addresses_are_links_with_the_host_as_text() -> None:
    assert addresses("https://www.mofa.go.jp/a https://tass.com/b") == (
        '<a href="https://www.mofa.go.jp/a">mofa.go.jp</a>, <a href="https://tass.com/b">tass.com</a>'
    )
    assert ">tass.com (2)</a>" in addresses("https://tass.com/a https://tass.com/b")
    assert addresses("javascript:alert(1)") == "javascript:alert(1)"
    assert "<a" not in table(FRAME[1:2], caption="Acts").html


def test_table_links_rows_and_gives_them_anchors() -> None:
    html = table(
        FRAME, caption="Acts", columns=["summary"], row_links="acts.html#{act_id}", row_ids="{act_id}"
    ).html
    assert '<tr id="a-1"><th scope="row"><a href="acts.html#a-1">x &lt; y</a></th></tr>' in html
    assert 'href="acts.html#a%20b"' in html


def test_a_cut_table_says_so() -> None:
    html = table(FRAME, caption="Acts", max_rows=2).html
    assert "The first 2 of 3 rows." in html
    assert html.count("<tr") == 3
    assert "The first" not in table(FRAME, caption="Acts").html


def test_formats_and_labels_override_the_dictionary() -> None:
    html = table(
        pl.DataFrame({"share": [0.256], "year": [2022], "x": [3.0], "y": [1]}),
        caption="c",
        labels={"x": "Effect"},
        formats={"share": "%", "x": ".2f", "y": lambda value: f"<{value}>"},
    ).html
    for cell in ("26%", "2022", "3.00", "&lt;1&gt;"):
        assert f">{cell}</t" in html
    assert ">Effect</th>" in html


def test_floats_of_one_column_have_the_same_places() -> None:
    html = table(pl.DataFrame({"x": [0.5, 12.346, 7.0]}), caption="c", interactive=False).html
    assert all(cell in html for cell in (">0.50<", ">12.35<", ">7.00<"))


def test_long_tables_can_be_filtered_and_scroll_in_themselves() -> None:
    html = table(pl.DataFrame({"x": range(500)}), caption="c").html
    assert 'class="scroll tall"' in html
    assert '<table class="interactive">' in html
    assert "interactive" not in table(FRAME, caption="c").html


def test_pandas_frames_are_the_same() -> None:
    assert table(pd.DataFrame({"x": [1, 2]}), caption="c") == table(pl.DataFrame({"x": [1, 2]}), caption="c")


def test_markdown_headings_get_unique_anchors_and_are_collected() -> None:
    headings = Headings()
    html = markdown("# Title\n## A `b` & c\n## A b & c\n### Main\n", headings)
    assert [(found.level, found.id) for found in headings.found] == [
        (1, "title"),
        (2, "a-b-c"),
        (2, "a-b-c-2"),
        (3, "main-2"),
    ]
    assert '<h2 id="a-b-c-2">' in html
    assert 'href="#a-b-c-2"' in html


def test_currencies_are_not_formulas() -> None:
    assert 'class="math' not in markdown("It cost $5 and then $6.")
    assert 'class="math' in markdown("The rate $\\mu$ is low.")


def test_tables_in_markdown_scroll_in_themselves() -> None:
    assert '<div class="scroll"><table>' in markdown("| a |\n|---|\n| 1 |\n")


def test_formulas_become_mathml_without_addresses() -> None:
    pytest.importorskip("latex2mathml", reason="formulas are shown as code without latex2mathml")
    html = markdown(r"$$\lambda_i = \mu_i + \sum_j \int_0^t \alpha_{ij} e^{-\beta s} dN_j(s)$$")
    assert '<math display="block">' in html
    assert "http" not in html
    with pytest.raises(RetorsionError, match="simpler TeX"):
        equation(r"\notacommand{x}")


def test_a_listing_leaves_out_a_column_without_any_value() -> None:
    rows = pl.DataFrame({"a": [1, 2], "b": [None, None]})
    assert "Why not" not in listing(rows, "T", {"A": "a", "Why not": "b"}).html
    rows = pl.DataFrame({"a": [1, 2], "b": [None, "too few"]})
    assert "Why not" in listing(rows, "T", {"A": "a", "Why not": "b"}).html


def test_a_listing_states_each_column_once() -> None:
    frame = pl.DataFrame({"actor_code": ["AAA", "BBB"], "share": [0.5, None], "more": [1, 2]})
    made = listing(
        frame, "Shares", {"Acts of": pl.col("actor_code").str.to_lowercase(), "Share": ("share", "%")}
    )
    same = table(
        frame.with_columns(pl.col("actor_code").str.to_lowercase()),
        columns=["actor_code", "share"],
        caption="Shares",
        labels={"actor_code": "Acts of", "share": "Share"},
        formats={"share": "%"},
    )
    assert made == same
    by_head = listing(
        [{"acts of": "AAA", "Mean": None}, {"acts of": "BBB", "Mean": 1.25}], "x", formats={"Mean": ".1f"}
    )
    assert [head in by_head.html for head in (">acts of</th>", ">Mean</th>", ">1.2</td>")] == [True] * 3


def test_joined_prose_keeps_its_links() -> None:
    parts = [say("{n}", n=cite(n, "e.n")) for n in (1, 2)]
    assert say("{both}.", both=joined(parts, "; ")).text == f"{parts[0].text}; {parts[1].text}."
    assert "](" in parts[0].text
