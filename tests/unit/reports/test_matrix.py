"""The table of who has which measure on whom."""

from __future__ import annotations

from datetime import date

import polars as pl
from lxml.html import fromstring
from retorsion.reports.html import matrix

FOUND = pl.DataFrame(
    [
        ("AAA", "BBB", "Freeze", 12, 12, date(2022, 3, 1)),
        ("AAA", "BBB", "Ban", 0, 0, None),
        ("AAA", "BBB", "Fee", 0, 0, None),
        ("BBB", "AAA", "Freeze", 3, 0, None),
        ("BBB", "AAA", "Ban", 2, 1, date(2023, 1, 1)),
        ("BBB", "AAA", "Fee", 0, 0, None),
    ],
    schema=["imposer_code", "addressee_code", "kind", "n_acts", "n_in_force", "first_date"],
    orient="row",
)


def test_a_cell_has_the_number_and_the_first_day_and_what_ended() -> None:
    html = matrix(FOUND, caption="Acts & days", name=lambda code: f"<{code}>").html
    table = fromstring(html)
    rows = [[cell.text_content() for cell in row] for row in table.iter("tr")]
    assert rows == [
        ["", "Freeze", "Ban"],
        ["<AAA> on <BBB>", "122022-03-01", "none"],
        ["<BBB> on <AAA>", "03 ended", "12023-01-011 ended"],
    ]
    assert "Acts &amp; days" in html


def test_heads_have_scopes_and_shades_follow_the_number() -> None:
    table = fromstring(matrix(FOUND, caption="c", name=str).html)
    assert [head.get("scope") for head in table.iter("th")] == ["col", "col", "row", "row"]
    assert [cell.get("class") for cell in table.xpath("//tbody//td")] == [
        "shade-2",
        None,
        "shade-0",
        "shade-1",
    ]
