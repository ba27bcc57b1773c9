"""Monthly trade of a ministry's releases by group of goods, recorded by hand."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.states import known_codes
from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    given,
    matches,
    month_date,
    one_of,
    recorded_reader,
)

LAYOUT = RecordedLayout(
    ("flow", "partner", "goods_level", "goods", "period_start", "n_months", "value_thousand_yen"),
    (
        one_of("flow", ("export", "import")),
        Check(
            "partner",
            pl.col("partner").is_in(list(known_codes())),
            "is not a known state or aggregate",
            "Use an ISO 3166-1 alpha-3 code, or add the code to states.csv.",
        ),
        one_of("goods_level", ("total", "section", "item", "subitem")),
        given("goods"),
        Check(
            "period_start",
            month_date("period_start").is_not_null(),
            "is not a month",
            "Write it YYYY-MM.",
        ),
        matches("n_months", r"^([1-9]|1[0-2])$", "a number of months from 1 to 12"),
        matches("value_thousand_yen", r"^-?[0-9]+$", "a whole number of thousand yen"),
    ),
    {
        "period_start": lambda c: (c + "-01").str.to_date("%Y-%m-%d"),
        "n_months": cast_to(pl.Int64),
        "value_thousand_yen": cast_to(pl.Int64),
    },
)

READERS = (
    recorded_reader(
        "ministry_monthly_trade",
        "flows",
        "a ministry's recorded monthly trade",
        LAYOUT,
        key=("flow", "partner", "goods_level", "goods", "period_start"),
    ),
)
