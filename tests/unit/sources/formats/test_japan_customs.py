"""Trade Statistics of Japan: statistical codes by country, and the summary by area."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from polars.testing import assert_frame_equal
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.japan_customs import (
    SECTIONS,
    hs9_format,
    read_area_summary,
    read_hs9,
    read_time_series,
    scan_hs9,
)
from retorsion.sources.rows import ROW
from retorsion.sources.text.bulk_text import SURE, judge
from retorsion.tables.customs import from_area_summary, from_hs9

FIXTURES = FIXTURES / "customs"
BY_COUNTRY = FIXTURES / "estat_hs9_by_country.csv"


def altered(folder: Path, old: str, new: str, source: Path = BY_COUNTRY, count: int = 1) -> Path:
    text = source.read_text()
    assert old in text
    path = folder / source.name
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


def test_a_stream_gives_the_same_rows_and_the_same_quarantine(tmp_path: Path) -> None:
    path = altered(tmp_path, "1,2022,'870323915,224", "1,2022,'870323915,999")
    whole = read_hs9(path, source_id="j")
    scan = scan_hs9([path])
    sure = scan.filter(SURE).drop(SURE, ROW).collect(engine="streaming")
    key = ["product_code", "period_type", "period_start"]
    assert sure.sort(key).equals(whole.accepted.drop(ROW).sort(key))
    doubtful = scan.filter(~pl.col(SURE)).select(ROW).unique().collect(engine="streaming")[ROW]
    assert judge([path], doubtful, hs9_format([path]), source_id="j").rejected.equals(whole.rejected)


def test_a_stream_over_two_layouts_is_refused() -> None:
    with pytest.raises(SourceError, match="another layout"):
        scan_hs9([BY_COUNTRY, FIXTURES / "estat_hs9_world.csv"])
    with pytest.raises(SourceError, match="no file"):
        scan_hs9([])


SUMMARY = FIXTURES / "estat_area_summary.csv"


def test_months_of_the_summary_are_told_by_their_place() -> None:
    rows = read_area_summary(SUMMARY, source_id="j", year=2022)
    assert rows.rejected.is_empty()
    assert len(rows.accepted) == 12 * 4 * 13
    assert rows.accepted.filter("is_published")["period_start"].unique().sort().to_list() == [
        date(2022, month, 1) for month in range(1, 6)
    ]
    found = rows.accepted.filter(period_start=date(2022, 2, 1), area="Russia", product_code="(CAR)").row(
        0, named=True
    )
    assert (found["partner_code"], found["value_thousand_jpy"], found["product_level"]) == (
        "RUS",
        22,
        "subitem",
    )
    levels = dict(rows.accepted.group_by("product_level").len().rows())
    assert levels == {"total": 48, "section": 9 * 48, "item": 48, "subitem": 2 * 48}
    assert set(rows.accepted.filter("is_aggregate")["partner_code"]) == {"KOR", "RUS", "EU", "USA"}
    assert not rows.accepted.filter(area="Russia", product_level="section")["is_aggregate"].any()
    assert rows.accepted.filter(area="EU")["is_aggregate"].all()


def test_the_summary_maps_to_the_table() -> None:
    rows = read_area_summary(SUMMARY, source_id="j", year=2022).accepted
    flows = from_area_summary(rows, source_id="j")
    assert len(flows) == 5 * 4 * 13
    assert {"Grand Total", "Car", "Motor Vehicles"} <= set(flows["product_code"])


def test_a_summary_whose_last_block_is_not_the_year_is_refused(tmp_path: Path) -> None:
    text = SUMMARY.read_text().splitlines()
    short = tmp_path / "short.csv"
    short.write_text("\n".join(text[:-4]) + "\n")
    with pytest.raises(SourceError, match="12 blocks"):
        read_area_summary(short, source_id="j", year=2022)
    swapped = tmp_path / "swapped.csv"
    swapped.write_text("\n".join([*text[:2], *text[-4:], *text[2:-4]]) + "\n")
    with pytest.raises(SourceError, match="not the sum"):
        read_area_summary(swapped, source_id="j", year=2022)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("1,2022,Russia,", "1,2021,Russia,", "Year"),
        ("1,2022,Russia,", "9,2022,Russia,", "Exp or Imp"),
        ("1,2022,Russia,", "1,2022,Ruritan,", "Area"),
        ("1,2022,Russia,189", "1,2022,Russia,1.5", "GRAND TOTAL"),
        ("1,2022,Russia,189", "1,2022,Russia,189,7", "cell 17"),
    ],
)
def test_a_faulty_line_of_the_summary_is_quarantined(tmp_path: Path, old: str, new: str, column: str) -> None:
    rows = read_area_summary(altered(tmp_path, old, new, SUMMARY), source_id="j", year=2022)
    assert rows.rejected.select("row", "column").rows() == [(4, column)]
    assert len(rows.accepted) == (12 * 4 - 1) * 13


def test_lines_with_quotes_leading_zeros_and_crlf_say_the_same(tmp_path: Path) -> None:
    lines = SUMMARY.read_text().splitlines()
    plain = read_area_summary(SUMMARY, source_id="j", year=2022).accepted
    lines[2::2] = [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines[2::2]]
    lines[3::4] = [re.sub(r",([0-9]+)$", r",000\1", line) for line in lines[3::4]]
    path = tmp_path / "x.csv"
    path.write_bytes("\r\n".join(lines).encode())
    assert_frame_equal(read_area_summary(path, source_id="j", year=2022).accepted, plain)


def test_titles_and_repeated_headers_between_blocks_are_no_rows(tmp_path: Path) -> None:
    lines = SUMMARY.read_text().splitlines()
    path = tmp_path / "x.csv"
    path.write_text("\n".join([*lines[:6], "February", lines[1], "", *lines[6:]]) + "\n")
    rows = read_area_summary(path, source_id="j", year=2022)
    assert len(rows.accepted) == 12 * 4 * 13


SERIES = FIXTURES / "customs_series.csv"


def test_a_time_series_gives_totals_of_each_state_and_month() -> None:
    rows = read_time_series(SERIES, source_id="j")
    assert rows.rejected.is_empty()
    assert len(rows.accepted) == 5 * 4
    russia = rows.accepted.filter(partner_code="RUS")
    assert russia.select("period_start", "flow_type", "value_thousand_jpy", "is_published").rows() == [
        (date(2022, 1, 1), "export", 53000, True),
        (date(2022, 1, 1), "import", 150000, True),
        (date(2022, 2, 1), "export", 47000, True),
        (date(2022, 2, 1), "import", 0, True),  # published and zero
        (date(2022, 3, 1), "export", None, True),  # missing
        (date(2022, 3, 1), "import", 160000, True),
        *((date(2022, month, 1), flow, None, False) for month in (4, 5) for flow in ("export", "import")),
    ]
    assert set(rows.accepted["partner_code"]) == {"WLD", "RUS"}
    flows = from_area_summary(rows.accepted, source_id="j")
    assert len(flows) == 3 * 4
    assert flows.select("product_system", "product_level", "product_code").unique().rows() == [
        ("mof_goods", "total", "Grand Total")
    ]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2022/02,", "2022/13,", "Years/Months"),
        ("2022/02,", "2022/01,", "Years/Months"),
        ("47000 ,", "47,000 ,", "(line)"),
        ("47000 ,", "-47000 ,", "Exp-224"),
        ("47000 ,", "47000.5 ,", "Exp-224"),
    ],
)
def test_a_faulty_line_of_a_time_series_is_quarantined(
    tmp_path: Path, old: str, new: str, column: str
) -> None:
    path = tmp_path / "d41ma.csv"
    path.write_bytes(SERIES.read_bytes().replace(old.encode(), new.encode(), 1))
    rows = read_time_series(path, source_id="j")
    assert rows.rejected.select("row", "column").rows() == [(6, column)]
    assert len(rows.accepted) == 4 * 4


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Years/Months", "Months", "no header"),
        ("Imp-224", "Imp-999", "unknown state"),
        ("Imp-224", "Exp-224", "twice"),
        ("WORLD", "ASIA", "unknown state or area"),
        ("a thousand yen", "yen", "thousand yen"),
        ("Exp-224", "（千円）", "by commodity"),
    ],
)
def test_another_time_series_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = tmp_path / "d41ma.csv"
    path.write_bytes(SERIES.read_bytes().replace(old.encode("cp932"), new.encode("cp932"), 1))
    with pytest.raises(SourceError, match=problem):
        read_time_series(path, source_id="j")


def test_the_caller_says_whom_a_total_is_of(tmp_path: Path) -> None:
    path = tmp_path / "d42ma010.csv"
    path.write_bytes(SERIES.read_bytes().replace(b"WORLD", b"EU"))
    rows = read_time_series(path, source_id="j", total_code="EU")
    assert set(rows.accepted["partner_code"]) == {"EU", "RUS"}


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=20), place=st.integers(0, 2600))
def test_no_bytes_in_the_summary_raise_anything_but_our_error(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("summary") / "x.csv"
    whole = SUMMARY.read_bytes()
    path.write_bytes(whole[:place] + noise + whole[place:])
    try:
        rows = read_area_summary(path, source_id="j", year=2022)
    except RetorsionError:
        return
    assert len(rows.accepted) % 13 == 0


@pytest.mark.real
def test_the_nine_sections_are_the_grand_total(real_data: Callable[[str], Path]) -> None:
    flows = pl.read_csv(real_data("japan_customs/jp_annual_area_goods_2009_2026.csv.gz"))
    key = ["flow", "area", "year"]
    name = pl.col("goods").str.to_lowercase()
    total = flows.filter(name == "grand total").select(*key, pl.col("value_thousand_yen").alias("total"))
    sections = flows.filter(name.is_in(SECTIONS)).group_by(key).agg(pl.col("value_thousand_yen").sum())
    both = total.join(sections, on=key, how="full")
    assert len(both) == len(total) > 1000
    assert both.select((pl.col("total") - pl.col("value_thousand_yen")).abs().max()).item() <= len(SECTIONS)
