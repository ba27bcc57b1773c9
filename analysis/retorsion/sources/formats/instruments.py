"""Instrument of each type of intervention."""

from __future__ import annotations

from collections.abc import Sequence

from retorsion.sources.rows import Check
from retorsion.sources.text.recorded import RecordedLayout, given, one_of, unique

LAYOUT = RecordedLayout(
    ("intervention_type", "instrument_type", "flow_type"),
    (
        given("intervention_type"),
        unique("intervention_type"),
        given("instrument_type"),
        one_of("flow_type", ("export", "import", "both")),
    ),
)


def instrument_check(known: Sequence[str]) -> Check:
    """Check of the layout ``instruments``: the types of the ledger's vocabulary that are trade measures."""
    return one_of("instrument_type", tuple(known))
