"""``sources``: the sidecars, one row each."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from retorsion.sources.sidecar import Sidecar
from retorsion.tables.fields import conform, tables


def sources(sidecars: Sequence[Sidecar]) -> pl.DataFrame:
    """Table ``sources``.

    Args:
        sidecars: every sidecar of the project.
    """
    rows = [
        {
            "source_id": s.id,
            "title": s.title,
            "producer": s.producer,
            "description": s.description,
            "processing": s.processing,
            "citation": s.citation,
            "url": s.url,
            "url_download": s.url_download,
            "date_published": None if s.date_published is None else str(s.date_published),
            "date_accessed": None if s.date_accessed is None else str(s.date_accessed),
            "licence_name": s.licence.name,
            "licence_url": s.licence.url,
            "reader": s.reader,
            "coverage": s.coverage,
            "update_cadence": s.update_cadence,
            "n_files": len(s.files),
            "n_bytes": sum(file.bytes for file in s.files),
            "sha256": " ".join(file.sha256 for file in s.files),
        }
        for s in sidecars
    ]
    return conform(pl.DataFrame(rows, schema=tables()["sources"].schema), "sources")
