"""Step ``rates``: table ``exchange_rates`` from the reference rates of a central bank."""

from __future__ import annotations

from retorsion.project import parameters, save_table
from retorsion.sources.formats.ecb import read_reference_rates
from retorsion.steps.raw import keep_quarantine, read_raw
from retorsion.tables.exchange_rates import exchange_rates


def run() -> None:
    """Build exchange_rates from the reference rates of a central bank."""
    source = parameters().sources.rates
    rows = read_raw(source, read_reference_rates)
    save_table("exchange_rates", exchange_rates(rows.accepted))
    keep_quarantine(source, [rows.rejected])
