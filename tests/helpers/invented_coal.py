"""Invented trade in coal: a coalition stops buying it from one state."""

from __future__ import annotations

from datetime import date

import polars as pl

Row = tuple[int, str, str, str, float, float | None]


def table(rows: list[Row]) -> pl.DataFrame:
    """Annual flows as recorded by the exporter; rows: year, exporter, importer, product, value, tonnes."""
    if not rows:
        return table(COAL).clear()
    return pl.DataFrame(
        [
            {
                "period_start": date(year, 1, 1),
                "n_months": 12,
                "reporter_code": exporter,
                "partner_code": importer,
                "flow_type": "export",
                "product_system": "hs6_h0",
                "product_level": "hs6",
                "product_code": product,
                "value_kusd": value,
                "quantity_tonnes": tonnes,
                "valuation_type": "FOB",
            }
            for year, exporter, importer, product, value, tonnes in rows
        ],
        schema_overrides={"value_kusd": pl.Float64, "quantity_tonnes": pl.Float64},
    )


COALITION = ["JPN", "DEU"]
COAL = [
    (2021, "RUS", "JPN", "coal", 100.0, 10.0),
    (2021, "RUS", "DEU", "coal", 50.0, 5.0),
    (2021, "RUS", "CHN", "coal", 60.0, 6.0),
    (2021, "RUS", "EGY", "coal", 7.0, None),
    (2021, "AUS", "JPN", "coal", 200.0, 20.0),
    (2021, "IDN", "JPN", "coal", 40.0, 5.0),
    (2024, "RUS", "JPN", "coal", 10.0, 1.0),
    (2024, "RUS", "CHN", "coal", 150.0, 15.0),
    (2024, "RUS", "IND", "coal", 30.0, 3.0),
    (2024, "AUS", "JPN", "coal", 260.0, 22.0),
    (2024, "IDN", "JPN", "coal", 30.0, 3.0),
    (2024, "USA", "JPN", "coal", 12.0, 1.0),
]
