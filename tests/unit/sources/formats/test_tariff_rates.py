"""Rates in force: each fault of a row is named with its place, and a rate that falls is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from retorsion.sources.formats.tariff_rates import LAYOUT, read_tariff_rates
from retorsion.sources.rows import Rows, messages

ROW = {
    "imposer_code": "FRA",
    "target_code": "BEL",
    "hs6_code": "010121",
    "from_date": "2020-01-01",
    "rate_pct": "10",
    "tariff_basis_type": "",
}


def read(folder: Path, *rows: dict[str, str]) -> Rows:
    path = folder / "tariff_rates.csv"
    lines = [",".join(LAYOUT.columns), *(",".join((ROW | row).values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_tariff_rates(path, source_id="customs")


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ({"rate_pct": "1500"}, "rate_pct", "is over 1000 per cent"),
        ({"rate_pct": "-2"}, "rate_pct", "is below 0"),
        ({"rate_pct": "ten"}, "rate_pct", "is not a number"),
        ({"rate_pct": ""}, "rate_pct", "and its basis do not fit"),
        ({"rate_pct": "3", "tariff_basis_type": "not_stated"}, "rate_pct", "and its basis do not fit"),
        ({"tariff_basis_type": "specfic"}, "tariff_basis_type", "is unknown"),
        ({"hs6_code": "0101"}, "hs6_code", "is not a six-digit HS code"),
        ({"from_date": "2020-02-30"}, "from_date", "is not a date"),
        ({"target_code": "FRA"}, "target_code", "is the imposer itself"),
        ({"imposer_code": "XYZ"}, "imposer_code", "is not a known state"),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, row: dict[str, str], column: str, reason: str
) -> None:
    rows = read(tmp_path, {}, row | {"from_date": row.get("from_date", "2020-02-01")})
    assert (len(rows.accepted), len(rows.rejected)) == (1, 1)
    fault = rows.rejected.row(0, named=True)
    assert (fault["row"], fault["column"], fault["reason"]) == (3, column, reason)
    assert "tariff_rates.csv, row 3" in messages(rows.rejected)[0]
    assert fault["remedy"]


def test_a_specific_duty_may_exceed_the_limit_and_a_missing_rate_may_be_said(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        {"rate_pct": "1500", "tariff_basis_type": "specific"},
        {"from_date": "2021-01-01", "rate_pct": "", "tariff_basis_type": "not_stated"},
    )
    assert rows.rejected.is_empty()
    assert rows.accepted["rate_pct"].to_list() == [1500.0, None]


def test_a_rate_that_falls_is_kept_and_noted(tmp_path: Path) -> None:
    rows = read(tmp_path, {}, {"from_date": "2020-03-01", "rate_pct": "7.5"}, {"hs6_code": "010129"})
    assert rows.rejected.is_empty()
    assert len(rows.accepted) == 3
    assert rows.notes == (
        "rates that fall at a later day, and are kept: 1; the first is row 3, 010121, from 10 to 7.5 per cent",
    )


def test_two_rates_for_one_product_and_day_are_a_duplicate(tmp_path: Path) -> None:
    rows = read(tmp_path, {}, {"rate_pct": "11"})
    assert rows.rejected["reason"].to_list() == ["is a duplicate of an earlier row"]


def test_the_reader_knows_its_file_by_the_header() -> None:
    from places import RAW
    from retorsion.sources.readers import recognise

    for source, file in (
        ("tariff_rates_usa_chn", "tariff_rates.csv"),
        ("tariff_lines_chn", "tariff_lines.csv"),
    ):
        assert recognise(RAW / source / file).name == file.removesuffix(".csv")
