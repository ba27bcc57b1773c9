"""Scores of CAMEO codes."""

from __future__ import annotations

import polars as pl

from retorsion.sources.text.recorded import RecordedLayout, cast_to, matches, number, recorded_reader, unique

LAYOUT = RecordedLayout(
    ("cameo_code", "goldstein_score"),
    (
        matches("cameo_code", r"^[0-9]{2,4}$", "a CAMEO code of two to four digits"),
        unique("cameo_code"),
        number("goldstein_score"),
    ),
    {"goldstein_score": cast_to(pl.Float64)},
)

READERS = (recorded_reader("cameo_scores", "record", "scores of CAMEO codes", LAYOUT, key=("cameo_code",)),)
