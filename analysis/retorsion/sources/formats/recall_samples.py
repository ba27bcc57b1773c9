"""Acts met by ways of searching other than the ledger's: lists against which its recall is measured."""

from __future__ import annotations

from retorsion.sources.formats.ledger_coverage import KINDS
from retorsion.sources.text.record_checks import iso_state, not_to_come, url
from retorsion.sources.text.recorded import RecordedLayout, day, given, one_of, recorded_reader

LAYOUT = RecordedLayout(
    (
        "list_id",
        "query",
        "act_date",
        "date_basis",
        "actor_code",
        "target_code",
        "kind_type",
        "description",
        "source_url",
    ),
    (
        given("list_id"),
        given("query"),
        day("act_date"),
        not_to_come("act_date"),
        one_of("date_basis", ("page", "elsewhere")),
        given("actor_code"),
        iso_state("actor_code"),
        given("target_code"),
        iso_state("target_code"),
        one_of("kind_type", KINDS),
        given("description"),
        given("source_url"),
        url(),
    ),
    {"act_date": lambda c: c.str.to_date("%Y-%m-%d")},
)

READERS = (recorded_reader("recall_samples", "record", "acts met by other ways of searching", LAYOUT),)
