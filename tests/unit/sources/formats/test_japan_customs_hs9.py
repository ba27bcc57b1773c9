"""Trade Statistics of Japan by statistical code."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats import japan_customs_hs9
from retorsion.sources.rows import REPEATED
from retorsion.tables.customs import from_hs9

FIXTURES = FIXTURES / "customs"
BY_COUNTRY = FIXTURES / "estat_hs9_by_country.csv"
#: The files of 2022 are read as on a day on which March is the last month that is certainly published.
read_hs9 = partial(japan_customs_hs9.read_hs9, as_of=date(2022, 5, 10))


def altered(folder: Path, old: str, new: str, count: int = 1) -> Path:
    text = BY_COUNTRY.read_text()
    assert old in text
    path = folder / BY_COUNTRY.name
    path.write_text(text.replace(old, new, count))
    return path


def test_a_line_becomes_twelve_months_and_a_year() -> None:
    rows = read_hs9(BY_COUNTRY, source_id="j")
    assert rows.rejected.is_empty()
    assert len(rows.accepted) == 4 * 13
    cars = rows.accepted.filter(product_code="870323915")
    assert cars["partner_code"].unique().to_list() == ["RUS"]
    published = cars.filter(pl.col("period_type") == "month").filter("is_published")
    assert published.select("period_start", "value_thousand_jpy", "quantity_2", "unit_2").rows() == [
        (date(2022, 1, 1), 5000, 10, "NO"),
        (date(2022, 2, 1), 6100, 12, "NO"),
        (date(2022, 3, 1), 0, 0, "NO"),  # published and zero: another line has trade in March
    ]
    year = cars.filter(pl.col("period_type") == "year").row(0, named=True)
    assert (year["value_thousand_jpy"], year["n_months"], year["is_aggregate"]) == (11100, 3, True)
    assert cars["unit_1"].unique().to_list() == [None]  # two blanks
    assert cars["valuation_type"].unique().to_list() == ["FOB"]


def test_months_after_the_last_with_any_value_are_missing_and_not_zero() -> None:
    later = read_hs9(BY_COUNTRY, source_id="j").accepted.filter(
        (pl.col("period_type") == "month") & (pl.col("period_start") > date(2022, 3, 1))
    )
    assert len(later) == 4 * 9
    assert not later["is_published"].any()
    for name in ("value_thousand_jpy", "quantity_1", "quantity_2"):
        assert later[name].null_count() == len(later)


def test_leading_zeros_and_special_lines() -> None:
    rows = read_hs9(BY_COUNTRY, source_id="j").accepted
    assert set(rows["product_code"]) == {"870323915", "010121000", "000000190", "271111000"}
    assert rows.filter("is_special")["product_code"].unique().to_list() == ["000000190"]


def test_totals_of_the_world_with_april_misspelt_and_codes_between_apostrophes() -> None:
    rows = read_hs9(FIXTURES / "estat_hs9_world.csv", source_id="j").accepted
    assert rows["partner_code"].unique().to_list() == ["WLD"]
    assert rows["is_aggregate"].all()
    april = rows.filter(pl.col("period_start") == date(2009, 4, 1), product_code="271111000").row(
        0, named=True
    )
    assert (april["value_thousand_jpy"], april["quantity_2"], april["valuation_type"]) == (400, 4, "CIF")
    assert "440710000" in set(rows["product_code"])
    assert rows["is_published"].all()


def test_the_table_adds_customs_offices() -> None:
    rows = read_hs9(FIXTURES / "estat_hs9_by_office.csv", source_id="j").accepted
    assert sorted(rows["customs_office_code"].unique()) == ["104", "203"]
    flows = from_hs9(rows, source_id="j")
    assert flows.select("product_system", "product_level").unique().rows() == [("jp_hs9", "hs9")]
    assert flows["value_thousand_jpy"].to_list() == [1400] * 12
    assert flows["quantity_tonnes"].null_count() == 12  # counted in pieces


def test_tonnes_come_from_units_of_weight_only() -> None:
    rows = read_hs9(BY_COUNTRY, source_id="j").accepted
    flows = from_hs9(rows, source_id="j").filter(pl.col("period_start") == date(2022, 1, 1))
    assert dict(flows.select("product_code", "quantity_tonnes").rows()) == {
        "870323915": None,
        "010121000": 1.5,
        "000000190": None,
        "271111000": 0.0,
    }
    assert from_hs9(rows, source_id="j")["period_start"].max() == date(2022, 3, 1)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("1,2022,'870323915,224", "3,2022,'870323915,224", "Exp or Imp"),
        ("1,2022,'870323915,224", "1,22,'870323915,224", "Year"),
        ("1,2022,'870323915,224", "1,2022,'8703239,224", "HS"),
        ("1,2022,'870323915,224", "1,2022,'870323915,999", "Country"),
        ("5000", "5000.5", "Value-Jan"),
        ("5000", "-5000", "Value-Jan"),
    ],
)
def test_a_faulty_line_is_quarantined(tmp_path: Path, old: str, new: str, column: str) -> None:
    rows = read_hs9(altered(tmp_path, old, new), source_id="j")
    assert len(rows.accepted) == 3 * 13
    assert rows.rejected.select("row", "column").rows() == [(2, column)]


def test_a_ragged_line_is_quarantined(tmp_path: Path) -> None:
    rows = read_hs9(altered(tmp_path, "5000,", "5,000,"), source_id="j")
    assert rows.rejected["reason"].to_list() == ["has 46 fields where the layout has 45"]
    assert len(rows.accepted) == 3 * 13


def test_an_unknown_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Value-April"):
        read_hs9(altered(tmp_path, "Value-Apr", "Value-April"), source_id="j")


def closed(path: Path, as_of: date | str | None) -> list[int | None]:
    rows = japan_customs_hs9.read_hs9(path, source_id="j", as_of=as_of).accepted
    return from_hs9(rows, source_id="j").sort("period_start")["value_thousand_jpy"].to_list()


CLOSED = FIXTURES / "hs9_closed_year.csv"
SEVEN = [10, 20, 30, 40, 50, 60, 70]


@pytest.mark.parametrize(
    ("as_of", "n_zeros"),
    [("2022-08-31", 0), ("2022-10-31", 1), ("2023-01-31", 4), ("2023-03-01", 5), (None, 5)],
)
def test_trade_that_stopped_is_zero_and_not_missing(as_of: str | None, n_zeros: int) -> None:
    assert closed(CLOSED, as_of) == [*SEVEN, *[0] * n_zeros]


def test_a_year_before_the_last_one_of_the_file_is_closed(tmp_path: Path) -> None:
    lines = CLOSED.read_text().splitlines()
    path = tmp_path / "two_years.csv"
    path.write_text("\n".join([*lines, lines[1].replace("1,2022,", "1,2023,", 1)]) + "\n")
    assert closed(path, "2022-09-30") == [*SEVEN, *[0] * 5, *SEVEN]


def test_a_line_that_is_there_twice_counts_once_and_two_versions_are_an_error(tmp_path: Path) -> None:
    lines = CLOSED.read_text().splitlines()
    path = tmp_path / "twice.csv"
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    rows = read_hs9(path, source_id="j")
    assert len(rows.accepted) == 13
    assert rows.rejected.select("row", "reason").rows() == [(3, f"{REPEATED} 2")]
    assert rows.notes == ("rows that say the same as an earlier row, and are counted once: 1",)
    path.write_text("\n".join([*lines, lines[1].replace(",70,", ",71,")]) + "\n")
    with pytest.raises(SourceError, match=r"row 3: says something else than row 2"):
        read_hs9(path, source_id="j")


def test_two_numbers_of_one_state_are_two_records(tmp_path: Path) -> None:
    lines = CLOSED.read_text().splitlines()
    path = tmp_path / "spain.csv"
    spain, canaries = (lines[1].replace(",224,", f",{number},") for number in ("218", "523"))
    path.write_text("\n".join([lines[0], spain, canaries]) + "\n")
    assert closed(path, "2022-09-30") == [2 * value for value in SEVEN]


@settings(max_examples=EXAMPLES, deadline=None)
@given(noise=st.binary(max_size=40), place=st.integers(0, 1000))
def test_no_bytes_raise_anything_but_our_error_and_no_line_is_lost(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("hs9") / "x.csv"
    whole = BY_COUNTRY.read_bytes()
    data = whole[:place] + noise + whole[place:]
    path.write_bytes(data)
    n_lines = data.count(b"\n") + (not data.endswith(b"\n")) - 1
    try:
        rows = read_hs9(path, source_id="j")
    except RetorsionError:
        return
    assert len(rows.accepted) / 13 + len(rows.rejected) == n_lines


def test_a_weight_of_zero_beside_a_value_is_unknown() -> None:
    rows = japan_customs_hs9.read_hs9(CLOSED, source_id="j", as_of="2023-03-01").accepted
    unweighed = rows.with_columns(
        pl.lit("KG").alias("unit_2"),
        quantity_2=pl.when(pl.col("value_thousand_jpy") == 20)
        .then(0)
        .otherwise(pl.col("value_thousand_jpy") * 100),
    )
    flows = from_hs9(unweighed, source_id="j").sort("period_start")
    assert flows["quantity_tonnes"].to_list() == [1.0, None, 3.0, 4.0, 5.0, 6.0, 7.0, *[0.0] * 5]
