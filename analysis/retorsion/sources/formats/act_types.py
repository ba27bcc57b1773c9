"""The vocabulary of acts and events: what a type is, and its code on each scale."""

from __future__ import annotations

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.text.record_checks import fits
from retorsion.sources.text.recorded import RecordedLayout, given, one_of, recorded_reader, unique

DOMAINS = ("sanction", "trade_measure", "diplomatic_action", "context")

#: Kinds of measure that an act of a type puts into force, in the order in which they are shown.
MEASURE_KINDS = (
    "Asset freeze",
    "Sanctions of several kinds",
    "Entry ban",
    "Finance and services",
    "Export ban",
    "Export licence",
    "Import or use ban",
    "Tariff or trade remedy",
    "Ships and flights",
)
#: The kind of types of sanctions and trade measures that put nothing into force: words, laws, inquiries, steps back.
NO_MEASURE = "none"

#: Columns that say whether something holds of every act of a type.
_TRUTHS = ("is_verbal", "is_provocation", "is_yearly")

LAYOUT = RecordedLayout(
    (
        "act_type",
        "domain_type",
        "description",
        *_TRUTHS,
        "rung",
        "measure_kind",
        "cameo_code",
        "plover_category",
        "plover_mode",
        "basis_note",
    ),
    (
        given("act_type"),
        unique("act_type"),
        one_of("domain_type", DOMAINS),
        given("description"),
        *(one_of(name, ("true", "false")) for name in _TRUTHS),
        fits("rung", "[1-9]", "the number of a rung of the ladder, or nothing", optional=True),
        Check(
            "measure_kind",
            pl.when(pl.col("domain_type").is_in(["sanction", "trade_measure"]))
            .then(pl.col("measure_kind").is_in([*MEASURE_KINDS, NO_MEASURE]).fill_null(False))
            .otherwise(pl.col("measure_kind").is_null()),
            "is not the kind of measure that a sanction or trade measure puts into force",
            f"Write one of {', '.join(MEASURE_KINDS)}, or {NO_MEASURE}; leave it empty for other domains.",
        ),
        fits("cameo_code", "[0-9]{2,4}", "a CAMEO code of two to four digits"),
        given("plover_category"),
    ),
    {name: lambda c: c == "true" for name in _TRUTHS} | {"rung": lambda c: c.cast(pl.Int64)},
)

READERS = (
    recorded_reader("act_types", "record", "the vocabulary of acts and events", LAYOUT, key=("act_type",)),
)
