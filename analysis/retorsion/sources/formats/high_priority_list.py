"""Goods that sanctioning states single out."""

from __future__ import annotations

from retorsion.sources.text.recorded import RecordedLayout, day, given, matches, recorded_reader, unique

LAYOUT = RecordedLayout(
    ("tier", "hs6_2022", "list_date", "source", "description"),
    (
        given("tier"),
        matches("hs6_2022", r"^[0-9]{6}$", "a six-digit HS code"),
        unique("hs6_2022"),
        day("list_date"),
    ),
    {"list_date": lambda c: c.str.to_date("%Y-%m-%d")},
)

READERS = (recorded_reader("high_priority_list", "record", "a list of goods", LAYOUT, key=("hs6_2022",)),)
