"""Sections of the Harmonized System: which chapters belong together."""

from __future__ import annotations

from retorsion.sources.text.recorded import RecordedLayout, given, matches, recorded_reader, unique

LAYOUT = RecordedLayout(
    ("section", "first_chapter", "last_chapter", "label"),
    (
        matches("section", "^[IVX]+$", "a Roman number"),
        unique("section"),
        matches("first_chapter", "^[0-9]{2}$", "a chapter of two digits"),
        matches("last_chapter", "^[0-9]{2}$", "a chapter of two digits"),
        given("label"),
    ),
)

READERS = (
    recorded_reader("hs_sections", "record", "sections of the Harmonized System", LAYOUT, key=("section",)),
)
