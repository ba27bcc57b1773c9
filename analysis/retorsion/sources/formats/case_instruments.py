"""Instrument of the project for each instrument of a database of cases."""

from __future__ import annotations

from retorsion.sources.text.recorded import RecordedLayout, given, unique

LAYOUT = RecordedLayout(
    ("instrument", "instrument_type"),
    (given("instrument"), unique("instrument"), given("instrument_type")),
)
