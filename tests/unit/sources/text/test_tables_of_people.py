"""Tables as people save them: days, periods, numbers, units and lines that are no rows."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from places import ROOT
from retorsion.errors import SourceError
from retorsion.sources.formats import tidy_events, tidy_flows
from retorsion.sources.formats.gdelt import COLUMNS, read_gdelt
from retorsion.sources.formats.tidy_flows import read_tidy_flows
from retorsion.sources.readers import recognise
from retorsion.sources.text.amounts import numbers_of, unit_of
from retorsion.sources.text.days import days_of
from retorsion.sources.text.periods import periods_of
from retorsion.sources.text.tidy import STATES

HEADER = "period,reporter,partner,flow,product,value,unit"
LINE = "2022-03,JPN,RUS,export,TOTAL,5,USD"


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["44621", "44622"], [date(2022, 3, 1), date(2022, 3, 2)]),
        (
            ["44621", "13/03/2022"],
            [None, date(2022, 3, 13)],
        ),  # a program may have turned the parts of the first
        (["22705", "22706"], [None, None]),  # days of Stata
        (["2022-03-01 - 2022-03-05", "2022-03-01 to 2022-03-03"], [None, None]),
        (["13-03-2022 00:00", "01-04-2022"], [date(2022, 3, 13), date(2022, 4, 1)]),
        (["1 Sept. 2022", "March 1 2022"], [date(2022, 9, 1), date(2022, 3, 1)]),
    ],
)
def test_days(cells: list[str], days: list[date | None]) -> None:
    assert days_of(pl.Series("d", cells))[0].to_list() == days


def test_a_century_that_is_said_completes_years_of_two_digits() -> None:
    found, _ = days_of(pl.Series("d", ["1-Mar-22"]), century=pl.Series(["20"]))
    assert found.to_list() == [date(2022, 3, 1)]


def test_a_workbook_may_count_days_from_1904() -> None:
    found, _ = days_of(pl.Series("d", ["43159", "2022-03-02"]), from_1904=True)
    assert found.to_list() == [date(2022, 3, 1), date(2022, 3, 2)]


@pytest.mark.parametrize(
    ("cells", "starts"),
    [
        (["2009/10", "2010/11", "2012/13"], [None] * 3),
        (["2009-10", "2010-11"], [None] * 2),
        (["2011-12"], [date(2011, 12, 1)]),
        (["Q1 2022", "2Q2022"], [date(2022, 1, 1), date(2022, 4, 1)]),
        (["2022.01", "2022.25"], [None] * 2),
        (["2022-01-31", "2022-02-28"], [date(2022, 1, 1), date(2022, 2, 1)]),
        (["44562", "44593"], [date(2022, 1, 1), date(2022, 2, 1)]),
        (["1-Mar-2022", "1 April 2022"], [date(2022, 3, 1), date(2022, 4, 1)]),
        (["31/01/2022", "28/02/2022"], [date(2022, 1, 1), date(2022, 2, 1)]),
        (["01.03.2022", "31.03.2022"], [date(2022, 3, 1), None]),
        (["20220301", "20220401"], [date(2022, 3, 1), date(2022, 4, 1)]),
        (["01/03/2022", "01/04/2022"], [None] * 2),  # 3 and 4 January, or months
        (["31/01/2022 00:00", "28/02/2022 00:00"], [date(2022, 1, 1), date(2022, 2, 1)]),
        (["2022-03-01 05:00", "2022-04-01 05:00"], [None] * 2),
        (["44562.5", "44593.5"], [None] * 2),
    ],
)
def test_periods(cells: list[str], starts: list[date | None]) -> None:
    assert periods_of(pl.Series("p", cells), Path("x"))[0]["period_start"].to_list() == starts


def test_numbers_and_units() -> None:
    assert numbers_of(pl.Series("v", ["1 234", "1'234.5", "5"]))[0].to_list() == [1234.0, 1234.5, 5.0]
    assert numbers_of(pl.Series("v", ["1.234", "2.500", "3.750"]))[1]
    written = ["USD million", "Thousands of U.S. dollars", "1 000 EUR", "RUB", "m USD"]
    assert [unit_of(one) for one in written] == ["million USD", "thousand USD", "thousand EUR", None, None]


@pytest.mark.parametrize(
    "text",
    [
        f"Trade of Japan\n\n{HEADER}\n{LINE}\n",
        f"sep=,\n{HEADER}\n{LINE}\n,,,,,,\n",
        f"{HEADER.upper()}\n{LINE},\n",
        f"{HEADER}\r{LINE}\r",
    ],
)
def test_what_is_no_row_is_left_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, newline="")
    assert recognise(path).name == "tidy_flows"
    rows = read_tidy_flows(path, source_id="t")
    assert (rows.accepted["value_kusd"].to_list(), len(rows.rejected)) == ([0.005], 0)


def test_codes_of_another_system_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\n{LINE.replace('RUS', 'RS')}\n{LINE.replace('RUS', 'JA')}\n")
    with pytest.raises(SourceError, match="states: =fips"):
        read_tidy_flows(path, source_id="t")


@pytest.mark.parametrize("with_header", [True, False])
def test_gdelt_saved_by_another_program(tmp_path: Path, with_header: bool) -> None:
    fixture = Path(__file__).parents[3] / "fixtures/events/20220301001500.export.CSV"
    lines = [line.split("\t") for line in fixture.read_text().splitlines()]
    cells = [list(COLUMNS), *lines] if with_header else lines
    path = tmp_path / "a.csv"
    path.write_text("".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in cells))
    assert recognise(path).name == "gdelt"
    assert len(read_gdelt(path, source_id="g").accepted) == len(lines)


def test_a_mapping_of_one_field_leaves_the_columns_of_the_others_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    more = "quantity,quantity_unit,valuation,product_system"
    path.write_text(f"{HEADER},{more}\n1-Mar-22,Japan,Russia,export,8703,5,USD,7,t,FOB,hs6_h6\n")
    columns = {"states": "=name", "century": "=20"}
    row = read_tidy_flows(path, source_id="t", columns=columns).accepted.row(0, named=True)
    assert (row["period_start"], row["quantity_tonnes"]) == (date(2022, 3, 1), 7.0)
    assert (row["valuation_type"], row["product_level"]) == ("FOB", "hs4")
    none = {**columns, "quantity": "=", "valuation": "="}
    row = read_tidy_flows(path, source_id="t", columns=none).accepted.row(0, named=True)
    assert (row["quantity_tonnes"], row["valuation_type"]) == (None, "unknown")
    turned = {**columns, "value": "quantity"}
    row = read_tidy_flows(path, source_id="t", columns=turned).accepted.row(0, named=True)
    assert (row["value_kusd"], row["quantity_tonnes"]) == (0.007, None)  # one column is not two fields


def test_a_year_of_two_digits_asks_for_its_century(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\nMar-22,JPN,RUS,export,TOTAL,5,USD\n")
    told = read_tidy_flows(path, source_id="t").rejected.row(0, named=True)
    assert told["reason"] == "has a year of two digits"
    assert "--option 'columns={century: =20}'" in told["remedy"]
    rows = read_tidy_flows(path, source_id="t", columns={"century": "=20"})
    assert rows.accepted["period_start"].to_list() == [date(2022, 3, 1)]


def test_the_guide_names_every_field_and_every_system_of_codes() -> None:
    guide = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    for fields, heading in ((tidy_flows.FIELDS, "tidy_flows"), (tidy_events.FIELDS, "tidy_events")):
        table = guide.partition(f"(`{heading}`)")[2].partition("\n## ")[0]
        lines = [line.split("|")[1:4] for line in table.splitlines() if line.startswith("| `")]
        told = {name: cells[2].strip() for cells in lines for name in re.findall("`([a-z_]+)`", cells[0])}
        assert told == {one.name: "yes" if one.is_needed else "no" for one in fields}
    assert set(STATES) <= set(re.findall("`([a-z0-9_]+)`", guide))


def test_na_is_namibia_among_codes_of_two_letters_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\n{LINE}\n{LINE.replace('RUS', 'NA')}\n")
    rows = read_tidy_flows(path, source_id="t")  # what R writes where a partner is missing
    assert rows.accepted["partner_code"].to_list() == ["RUS"]
    assert rows.rejected.select("row", "column", "value").rows() == [(3, "partner", "NA")]
    path.write_text(
        f"{HEADER}\n{LINE}\n{LINE.replace('RUS', 'NA')}\n".replace("JPN", "JP").replace("RUS", "RU")
    )
    assert read_tidy_flows(path, source_id="t").accepted["partner_code"].to_list() == ["RUS", "NAM"]
