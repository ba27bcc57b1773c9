"""Options of ``params.yaml``: the sources that tables are built from, and machine-coded events."""

from __future__ import annotations

from typing import Any, Literal

from retorsion.params.options import (
    Options,
    Pair,
    Period,
    Revision,
    Several,
    Some,
    Source,
    Text,
    Whole,
)


class Nomenclature(Options):
    """Where the codes of the Harmonized System come from, and of which revision they are."""

    source: Source
    revision: Revision


class Scores(Options):
    """Sources of the intensity of event codes."""

    cameo: Source
    plover: Source


class TariffRates(Options):
    """A source of rates in force, and the revision of its codes, which its file does not state."""

    hs_revision: Revision


class Duties(Options):
    """What the table of duties of a source calls its columns: field to column, or to ``=`` and a value."""

    columns: dict[str, str] | None = None


class Tariffs(Options):
    """Sources of tariffs: rates in force, changes by line, duties on imports.

    Attributes:
        rates: sources of the reader ``tariff_rates``.
        lines: sources of the reader ``tariff_lines``.
        duties: sources of the reader ``duties``, each with the columns of its table.
    """

    rates: dict[Source, TariffRates] = {}
    lines: Several[Source] = ()
    duties: dict[Source, Duties] = {}


class Sources(Options):
    """The sources that tables are built from. What the builder of a list takes is checked where it is built."""

    ledgers: Some[Source]
    act_types: Source
    hosts: Source
    calendars: Several[Source] = ()
    lists: dict[Source, dict[str, Any]] = {}
    flows: dict[Source, dict[str, Any]] = {}
    measures: dict[Source, dict[str, Any]] = {}
    tariffs: Tariffs = Tariffs()
    fetched: Several[Source] = ()
    rates: Source
    nomenclature: Nomenclature
    scores: Scores


class Events(Options):
    """A source of machine-coded events."""

    reader: Literal["gdelt", "icews", "polecat"]
    files: Text | Some[Text]
    pairs: Some[Pair] | None = None


class EventsCompared(Options):
    """The source of events that stands beside the acts of each case, and how they are compared."""

    source: Text
    period: Period = "month"
    scale: Literal["intensity_goldstein", "intensity_plover"] = "intensity_goldstein"
    quads: (
        Some[Literal["verbal_cooperation", "material_cooperation", "verbal_conflict", "material_conflict"]]
        | None
    ) = None
    window_days: Whole = 1
