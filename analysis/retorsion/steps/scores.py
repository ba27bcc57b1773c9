"""What steps share: intensity scores of event codes, with their corrections."""

from __future__ import annotations

import polars as pl

from retorsion import project
from retorsion.sources.corrections import read_corrections
from retorsion.sources.text.recorded import read_recorded
from retorsion.steps.raw import read_raw
from retorsion.tables.corrections import corrected


def read_scores(quarantine: list[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scores of CAMEO codes and of PLOVER categories; rejected rows are added to ``quarantine``."""
    frames = []
    for system in ("cameo", "plover"):
        source = getattr(project.parameters().sources.scores, system)
        rows = read_raw(source, read_recorded, f"{system}_scores")
        quarantine.append(rows.rejected)
        path = project.RAW / source / "corrections.yaml"
        frames.append(corrected(rows.accepted, read_corrections(path) if path.exists() else []))
    return frames[0], frames[1]
