"""Trade Statistics of Japan: the summary by area, and the time series of totals."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from polars.testing import assert_frame_equal
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.sources.formats import japan_customs
from retorsion.sources.formats.japan_customs import SECTIONS, day_of, published_month
from retorsion.tables.customs import from_area_summary

FIXTURES = FIXTURES / "customs"
SUMMARY = FIXTURES / "estat_area_summary.csv"
SERIES = FIXTURES / "customs_series.csv"


#: A day on which nothing after December 2021 is certainly published.
FETCHED = date(2022, 2, 28)
read_area_summary = partial(japan_customs.read_area_summary, as_of=FETCHED)
read_time_series = partial(japan_customs.read_time_series, as_of=FETCHED)


def test_a_month_is_certainly_published_two_months_later() -> None:
    assert published_month(date(2022, 2, 28)) == date(2021, 12, 1)
    assert published_month(date(2022, 3, 1)) == date(2022, 1, 1)
    assert day_of(SUMMARY, "2022-07-31") == date(2022, 7, 31)
    assert day_of(SUMMARY, None) >= date(2020, 1, 1)  # that of the file itself
    with pytest.raises(ParameterError, match="write the day as"):
        day_of(SUMMARY, "31 July")


def test_zeros_of_months_that_are_over_are_no_gaps() -> None:
    closed = japan_customs.read_area_summary(SUMMARY, source_id="j", year=2022, as_of="2024-01-01").accepted
    assert closed["is_published"].all()
    assert closed["value_thousand_jpy"].null_count() == 0
    running = japan_customs.read_area_summary(SUMMARY, source_id="j", year=2022, as_of="2022-09-15").accepted
    assert running.filter("is_published")["period_start"].max() == date(2022, 7, 1)
    series = japan_customs.read_time_series(SERIES, source_id="j", as_of="2022-06-30").accepted
    assert (
        series.filter(pl.col("period_start") == date(2022, 4, 1))["value_thousand_jpy"].to_list() == [0] * 4
    )
    assert series.filter(pl.col("period_start") == date(2022, 5, 1))["value_thousand_jpy"].null_count() == 4


def altered(folder: Path, old: str, new: str, source: Path, count: int = 1) -> Path:
    text = source.read_text()
    assert old in text
    path = folder / source.name
    path.write_text(text.replace(old, new, count))
    return path


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


@settings(max_examples=EXAMPLES, deadline=None)
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
