"""Who recorded a flow: exporters that published nothing, and shares that others published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from retorsion.errors import RetorsionError
from retorsion.sources.text.recorded import read_complete
from retorsion.tables.trade_flows import with_reporting

REPORTING = "exporter_code,first_year,last_year,valuation_type,note,source_url\n"
SHARES = "work,exporters,hubs,period,what,lower_share,upper_share,source_url\n"


def flows() -> pl.DataFrame:
    rows = [("RUS", 2021), ("RUS", 2022), ("RUS", 2024), ("JPN", 2022)]
    return pl.DataFrame(
        {
            "period_start": [date(year, 1, 1) for _, year in rows],
            "reporter_code": [code for code, _ in rows],
            "valuation_type": "unknown",
        }
    )


@pytest.mark.parametrize(
    ("last_year", "expected"),
    [("", ["unknown", "CIF", "CIF", "unknown"]), ("2023", ["unknown", "CIF", "unknown", "unknown"])],
)
def test_only_the_years_of_silence_rest_on_importers(
    tmp_path: Path, last_year: str, expected: list[str]
) -> None:
    path = tmp_path / "reporting.csv"
    path.write_text(f"{REPORTING}RUS,2022,{last_year},CIF,It publishes nothing,https://example.org/a\n")
    reporting = read_complete(path, "reporting", source_id="all_pairs")
    assert with_reporting(flows(), reporting)["valuation_type"].to_list() == expected


@pytest.mark.parametrize(
    ("layout", "row", "column"),
    [
        ("reporting", "XXX,2022,,CIF,note,https://example.org/a", "exporter_code"),
        ("reporting", "RUS,2022,2020,CIF,note,https://example.org/a", "last_year"),
        ("reporting", "RUS,2022,,cif,note,https://example.org/a", "valuation_type"),
        ("published_shares", "W,EU,ARM;XXX,2022,what,0,1,https://example.org/a", "hubs"),
        ("published_shares", "W,EU,ARM,2022,what,0.2,0.1,https://example.org/a", "upper_share"),
    ],
)
def test_a_row_that_cannot_be_is_named(tmp_path: Path, layout: str, row: str, column: str) -> None:
    path = tmp_path / "beside.csv"
    path.write_text((REPORTING if layout == "reporting" else SHARES) + row + "\n")
    with pytest.raises(RetorsionError, match=f"column '{column}'"):
        read_complete(path, layout, source_id="s")


def test_shares_of_others_have_their_hubs(tmp_path: Path) -> None:
    path = tmp_path / "published.csv"
    path.write_text(SHARES + "Two 2023,EU,ARM;KAZ,2022,rise over fall,0.05,0.1,https://example.org/a\n")
    row = read_complete(path, "published_shares", source_id="s").row(0, named=True)
    assert (row["hubs"], row["lower_share"], row["upper_share"]) == (["ARM", "KAZ"], 0.05, 0.1)
