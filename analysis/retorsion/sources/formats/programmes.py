"""Programmes of a published list: the state each one targets and the state it addresses."""

from __future__ import annotations

from retorsion.sources.text.recorded import RecordedLayout, given, state, unique

LAYOUT = RecordedLayout(
    ("programme", "target_code", "addressee_code"),
    (given("programme"), unique("programme"), state("target_code"), state("addressee_code")),
)
