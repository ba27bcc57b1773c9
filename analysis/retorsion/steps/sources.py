"""Step ``sources``: the sidecars as a table."""

from __future__ import annotations

from retorsion.project import RAW, save_table
from retorsion.sources.sidecar import load_sidecars, verify
from retorsion.tables.sources import sources


def run() -> None:
    """Build the table of sources from their sidecars, and verify every file against its recorded hash."""
    sidecars = load_sidecars(RAW)
    for sidecar in sidecars:
        verify(sidecar, RAW / sidecar.id)
    save_table("sources", sources(sidecars))
