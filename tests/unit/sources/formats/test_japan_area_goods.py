"""Trade of Japan by area and group of goods, with a column for each period."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from retorsion.errors import SourceError
from retorsion.project import RAW
from retorsion.sources.formats.japan_area_goods import read_area_goods
from retorsion.tables.builders import build_flows

HEAD = "flow,area,goods,2021-06,2021-07/2021-08,2021-09\n"
LINES = (
    "export,Russia,Grand Total,10,20,30\n"
    "export,Russia,(Car),1,2,3\n"
    "import,EU,Foodstuff,4,,-6\n"
    'export,Argent,"Scientific, Optical Inst",7,8,9\n'
)


def read(tmp_path: Path, text: str, name: str = "trade.csv") -> pl.DataFrame:
    path = tmp_path / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    rows = read_area_goods(path, source_id="s")
    assert rows.rejected.is_empty(), rows.rejected
    return rows.accepted


@pytest.mark.parametrize("name", ["trade.csv", "trade.csv.gz"])
def test_each_filled_cell_is_a_row(tmp_path: Path, name: str) -> None:
    rows = read(tmp_path, HEAD + LINES, name)
    assert len(rows) == 11  # one cell is empty
    one = rows.filter((pl.col("product_code") == "Car") & (pl.col("n_months") == 2)).row(0, named=True)
    assert (one["partner_code"], one["period_start"], one["value_thousand_jpy"]) == (
        "RUS",
        date(2021, 7, 1),
        2,
    )
    levels = dict(rows.select("product_code", "product_level").unique().iter_rows())
    assert levels == {
        "Grand Total": "total",
        "Car": "subitem",
        "Foodstuff": "section",
        "Scientific, Optical Inst": "item",
    }
    assert rows.filter("is_aggregate")["partner_code"].unique().to_list() == ["EU"]
    assert rows.filter(pl.col("value_thousand_jpy") < 0)["valuation_type"].to_list() == ["CIF"]


def test_years_are_of_twelve_months(tmp_path: Path) -> None:
    rows = read(tmp_path, "flow,area,goods,2009,2010,2011-01/2011-03\nexport,China,Ships,1,2,3\n")
    assert rows["n_months"].to_list() == [12, 12, 3]


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("export,Atlantis,Ships,1,2,3\n", "area", "is not a known state"),
        ("sale,Russia,Ships,1,2,3\n", "flow", "is unknown"),
        ("export,Russia,,1,2,3\n", "goods", "is missing"),
        ("export,Russia,Ships,1,2.5,3\n", "2021-07/2021-08", "is not a whole number"),
        ("export,Russia,Grand Total,1,2,3\n", "goods", "earlier line"),
    ],
)
def test_a_line_that_is_wrong_is_quarantined_with_its_place(
    tmp_path: Path, text: str, column: str, reason: str
) -> None:
    path = tmp_path / "trade.csv"
    path.write_text(HEAD + LINES + text, encoding="utf-8")
    rows = read_area_goods(path, source_id="s")
    fault = rows.rejected.row(0, named=True)
    assert (fault["row"], fault["column"]) == (6, column)
    assert reason in fault["reason"]
    assert fault["remedy"]


@pytest.mark.parametrize("periods", ["2021-13", "2021-07,2021-06", "2021,2021-02", "2021-08/2021-07"])
def test_periods_that_cannot_be_are_refused(tmp_path: Path, periods: str) -> None:
    path = tmp_path / "trade.csv"
    path.write_text(f"flow,area,goods,{periods}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="period"):
        read_area_goods(path, source_id="s")


def test_sections_of_the_shipped_trade_add_up_to_its_totals() -> None:
    for source, n in (("japan_area_goods", 326_655), ("japan_area_goods_yearly", 95_829)):
        rows = read_area_goods(RAW / source / f"{source}.csv.gz", source_id=source)
        flows = build_flows("japan_area_goods", [rows.accepted], source_id=source, options={})
        assert (len(flows), len(rows.rejected)) == (n, 0)
        key = ["flow_type", "partner_code", "period_start"]
        sums = (
            flows.filter(pl.col("product_level") == "section")
            .group_by(key)
            .agg(pl.col("value_thousand_jpy").sum().alias("sections"))
        )
        total = flows.filter(pl.col("product_level") == "total").join(sums, on=key)
        assert (total["value_thousand_jpy"] == total["sections"]).all()
        assert flows.filter("is_aggregate")["partner_code"].unique().sort().to_list() == ["EU", "WLD"]
