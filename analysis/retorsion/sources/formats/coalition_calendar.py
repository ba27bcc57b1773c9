"""Steps of a coalition against a state, by day."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.states import iso_codes
from retorsion.sources.text.record_checks import GROUPS, count, identifier, iso_state, not_to_come, urls
from retorsion.sources.text.recorded import RecordedLayout, day, given, one_of, recorded_reader, unique

#: What a step is: names on a list, trade, finance or energy measures, several of these, or words alone.
KINDS = ("designations", "trade", "finance", "energy", "mixed", "statement")

LAYOUT = RecordedLayout(
    (
        "event_id",
        "event_date",
        "published_date",
        "actor_code",
        "target_code",
        "step",
        "kind",
        "n_designations",
        "summary",
        "source_urls",
    ),
    (
        identifier("event_id"),
        unique("event_id"),
        day("event_date"),
        not_to_come("event_date"),
        day("published_date", optional=True),
        Check(
            "actor_code",
            pl.col("actor_code").is_in([*iso_codes(), *GROUPS]),
            "is not a known state",
            f"Use an ISO 3166-1 alpha-3 code, or one of: {', '.join(GROUPS)}.",
            iso_codes(),
        ),
        given("target_code"),
        iso_state("target_code"),
        Check(
            "target_code",
            pl.col("target_code") != pl.col("actor_code"),
            "is the actor itself",
            "Name the state that the step is aimed at.",
        ),
        given("step"),
        one_of("kind", KINDS),
        count("n_designations"),
        given("summary"),
        urls(),
    ),
    {"n_designations": lambda c: c.cast(pl.Int64)}
    | {name: lambda c: c.str.to_date("%Y-%m-%d") for name in ("event_date", "published_date")},
)

READERS = (
    recorded_reader("coalition_calendar", "record", "steps of a coalition by day", LAYOUT, key=("event_id",)),
)
