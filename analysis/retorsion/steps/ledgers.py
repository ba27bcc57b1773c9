"""What steps share: the ledgers, and the vocabulary, hosts and calendars that they are read with."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.params import Sources
from retorsion.sources.formats.ledger import PARTS, read_part
from retorsion.sources.formats.ledger_references import check_references
from retorsion.sources.formats.source_hosts import host_faults
from retorsion.sources.rows import raise_first
from retorsion.sources.text.recorded import read_complete, read_recorded
from retorsion.steps.raw import data_file, read_raw, show_quarantine


@dataclass(frozen=True)
class Ledgers:
    """All ledgers together, each row with the ``source_id`` of its own.

    Attributes:
        parts: accepted rows by file of a ledger.
        act_types: the vocabulary.
        hosts: kinds of sources by host.
        calendar: steps of coalitions, of all calendars.
    """

    parts: dict[str, pl.DataFrame]
    act_types: pl.DataFrame
    hosts: pl.DataFrame
    calendar: pl.DataFrame


def part_of_all(part: str, sources: Sources, quarantine: list[pl.DataFrame] | None = None) -> pl.DataFrame:
    """One file of every ledger, one below the other; rejected rows are added to ``quarantine``.

    Columns as :func:`retorsion.sources.formats.ledger.read_part` gives them.
    """
    read = [read_raw(ledger, read_part, part, file=f"{part}.csv") for ledger in sources.ledgers]
    if quarantine is not None:
        quarantine += [rows.rejected for rows in read]
    return pl.concat([rows.accepted for rows in read])


def read_ledgers(sources: Sources, quarantine: list[pl.DataFrame]) -> Ledgers:
    """All ledgers, and what is read with them; rejected rows are added to ``quarantine``.

    Raises:
        RetorsionError: the files do not fit together; names the first place.
    """
    parts = {part: part_of_all(part, sources, quarantine) for part in PARTS}
    types = read_raw(sources.act_types, read_recorded, "act_types")
    quarantine.append(types.rejected)
    hosts = read_raw(sources.hosts, read_complete, "source_hosts")
    try:
        check_references(parts, types.accepted, hosts)
    except RetorsionError:
        show_quarantine(pl.concat(quarantine))  # the row that is missed may be among them
        raise
    calendar = _calendars(sources, hosts, quarantine)
    return Ledgers(parts, types.accepted, hosts, calendar)


def _calendars(sources: Sources, hosts: pl.DataFrame, quarantine: list[pl.DataFrame]) -> pl.DataFrame:
    """Accepted rows of all calendars, with ``source_id``; none has rows where none is named."""
    frames = []
    for name in sources.calendars:
        rows = read_raw(name, read_recorded, "coalition_calendar")
        quarantine.append(rows.rejected)
        file = f"{name}/{data_file(name).name}"
        raise_first(list(host_faults(file, rows.accepted, hosts, column="source_urls")))
        frames.append(rows.accepted.with_columns(pl.lit(name).alias("source_id")))
    return pl.concat(frames) if frames else pl.DataFrame()
