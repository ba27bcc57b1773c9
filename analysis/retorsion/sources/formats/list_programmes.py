"""Programmes of a numbered list: category, target, addressee and kind of subject."""

from __future__ import annotations

from retorsion.sources.text.recorded import RecordedLayout, given, matches, one_of, state, unique

LAYOUT = RecordedLayout(
    ("category", "programme", "target_code", "addressee_code", "subject_type"),
    (
        matches("category", r"^[0-9]{2}$", "a two-digit list category"),
        unique("category"),
        given("programme"),
        state("target_code"),
        state("addressee_code"),
        one_of("subject_type", ("individual", "bank", "entity")),
    ),
)
