"""Scores of PLOVER categories and modes."""

from __future__ import annotations

import polars as pl

from retorsion.sources.text.recorded import RecordedLayout, cast_to, given, number, recorded_reader, unique

LAYOUT = RecordedLayout(
    ("category", "mode", "score"),
    (given("category"), unique("category", "mode"), number("score")),
    {"score": cast_to(pl.Float64)},
)

READERS = (
    recorded_reader(
        "plover_scores", "record", "scores of PLOVER categories and modes", LAYOUT, key=("category", "mode")
    ),
)
