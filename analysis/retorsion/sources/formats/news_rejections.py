"""Readings of news pages that a person rejected: what the reader should not find again, without the pages' words."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.record_checks import fits, iso_state, url
from retorsion.sources.text.recorded import RecordedLayout, day, given, recorded_reader, unique

LAYOUT = RecordedLayout(
    ("page_sha256", "url", "frame", "start", "end", "actor_code", "target_code", "act_type", "act_date"),
    (
        fits("page_sha256", "[0-9a-f]{64}", "a SHA-256, 64 small hexadecimal digits"),
        url("url", optional=True),
        given("frame"),
        fits("start", "[0-9]{1,9}", "a number of characters"),
        fits("end", "[0-9]{1,9}", "a number of characters"),
        Check(
            "end",
            pl.col("end").cast(pl.Int64, strict=False) >= pl.col("start").cast(pl.Int64, strict=False),
            "is before the start",
            "Correct one of the two.",
        ),
        given("actor_code"),
        iso_state("actor_code"),
        given("target_code"),
        iso_state("target_code"),
        given("act_type"),
        day("act_date", optional=True),
        unique("page_sha256", "frame", "start", "end", "actor_code", "target_code", "act_type", "act_date"),
    ),
)

READERS = (recorded_reader("news_rejections", "record", "readings of news pages that were rejected", LAYOUT),)
