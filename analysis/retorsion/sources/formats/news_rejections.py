"""Readings of news pages that a person rejected: what the reader should not find again, without the pages' words."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.states import iso_codes
from retorsion.sources.text.record_checks import GROUPS, fits, url
from retorsion.sources.text.recorded import RecordedLayout, day, given, recorded_reader, unique


def _actor(column: str) -> Check:
    """The cell is what a page may name as acting or acted on: a state, or a group of states."""
    known = [*sorted(iso_codes()), *GROUPS]
    return Check(
        column,
        pl.col(column).is_in(known),
        "is not a known state",
        f"Use an ISO 3166-1 alpha-3 code, or one of: {', '.join(GROUPS)}.",
        known,
    )


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
        _actor("actor_code"),
        _actor("target_code"),
        given("act_type"),
        day("act_date", optional=True),
        unique("page_sha256", "frame", "start", "end", "actor_code", "target_code", "act_type", "act_date"),
    ),
)

READERS = (recorded_reader("news_rejections", "record", "readings of news pages that were rejected", LAYOUT),)
