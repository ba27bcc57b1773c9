"""Shares that others published of what a source can be asked, each with its page: a table beside the source."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.states import known_codes
from retorsion.sources.text.recorded import RecordedLayout, cast_to, given, is_url, number

LAYOUT = RecordedLayout(
    ("work", "exporters", "hubs", "period", "what", "lower_share", "upper_share", "source_url"),
    (
        *(given(name) for name in ("work", "exporters", "hubs", "period", "what")),
        Check(
            "hubs",
            pl.col("hubs").str.split(";").list.eval(pl.element().is_in(list(known_codes()))).list.all(),
            "names no known states",
            "Write ISO 3166-1 alpha-3 codes, parted by semicolons.",
        ),
        number("lower_share"),
        number("upper_share"),
        Check(
            "upper_share",
            pl.col("upper_share").cast(pl.Float64, strict=False)
            >= pl.col("lower_share").cast(pl.Float64, strict=False),
            "is below lower_share",
            "Write the range from its lower to its upper end.",
        ),
        is_url("source_url"),
    ),
    {
        "hubs": lambda c: c.str.split(";"),
        **{name: cast_to(pl.Float64) for name in ("lower_share", "upper_share")},
    },
)
