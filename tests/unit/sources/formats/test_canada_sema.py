"""Canada's list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.sources.formats.canada_sema import read_canada_sema


def test_the_list_as_published() -> None:
    rows = read_canada_sema(FIXTURES / "lists" / "canada_sema.xml", source_id="ca")
    assert rows.accepted.select("list_number", "subject_type", "subject_name", "announced_date").rows() == [
        ("Russia; 1, Part 1; 901", "individual", "Arno EXAMPLE", date(2022, 2, 24)),
        ("Russia; 1, Part 2; 901", "entity", "Invented Bank", date(2022, 3, 6)),
        ("Russia; 1, Part 5; 1", "vessel", "Invented Tanker", date(2025, 6, 13)),
        (
            "Justice for Victims of Corrupt Foreign Officials Act (JVCFOA); 9",
            "individual",
            "Gesa SAMPLE",
            None,
        ),
    ]
    assert rows.accepted["aliases"][0].to_list() == ["Arnold Example", "A. Example"]
    assert rows.accepted["programmes"][0].to_list() == ["Russia"]
    assert rows.rejected.select("row", "column", "value").rows() == [(5, "announced_date", "soon")]


@pytest.mark.parametrize(
    ("written", "aliases"),
    [
        ("Invented Bank, Ltd.; IB, IBK", ["Invented Bank, Ltd.", "IB", "IBK"]),
        ("Works, Limited Liability Company, Exemplar", ["Works, Limited Liability Company", "Exemplar"]),
        ("Acme, Inc., Acme JSC", ["Acme, Inc.", "Acme JSC"]),
        ("Arno Example, Jr., A. Example", ["Arno Example, Jr.", "A. Example"]),
        ("Coral, Cobalt", ["Coral", "Cobalt"]),
    ],
)
def test_a_comma_before_a_form_of_company_parts_no_alias(
    tmp_path: Path, written: str, aliases: list[str]
) -> None:
    text = (FIXTURES / "lists" / "canada_sema.xml").read_text(encoding="utf-8")
    path = tmp_path / "x.xml"
    path.write_text(text.replace("Arnold Example; A. Example", written), encoding="utf-8")
    assert read_canada_sema(path, source_id="ca").accepted["aliases"][0].to_list() == aliases
