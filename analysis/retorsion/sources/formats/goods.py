"""Goods by the names that figures and pages give them: a table beside the trade statistics that have them."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import RecordedLayout, given, unique

LAYOUT = RecordedLayout(
    ("product_level", "product_code", "label", "hs6_codes"),
    (
        given("product_level"),
        given("product_code"),
        unique("product_code"),
        given("label"),
        Check(
            "hs6_codes",
            pl.col("hs6_codes").is_null() | pl.col("hs6_codes").str.contains("^[0-9]{6}(;[0-9]{6})*$"),
            "is not one or more HS codes of six digits",
            "Write codes of six digits, parted by semicolons, or nothing.",
        ),
    ),
    {"hs6_codes": lambda c: c.str.split(";")},
)
