"""Step ``escalation``: who answers whom, how fast, in what kind, and when it changed."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer

from retorsion.escalation.findings import FRAMES, escalation_findings
from retorsion.params import Case, check_names
from retorsion.project import RAW, load, parameters, save_findings
from retorsion.project import case as open_case
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.workers import workers

_TABLES = ("acts", "replies", "context_events", "act_types", "coverage")


def run(case: Annotated[str | None, typer.Argument(help="Name of a file of data/cases.")] = None) -> None:
    """Compute who answers whom, how fast, in what kind, and when it changed."""
    asked = open_case(case)
    acts, replies, events, types, coverage = map(load, _TABLES)
    known = {
        "act": [*acts["act_id"], *events["event_id"]],
        "event_type": types.filter(pl.col("type_domain") == "context")["act_type"].to_list(),
        "step_actor": events["actor_code"].drop_nulls().unique().to_list(),
    }
    check_names(asked.escalation, known, file=f"data/cases/{asked.name}.yaml, escalation")
    with workers(__name__) as executor:
        found, frames = escalation_findings(
            acts,
            replies,
            events,
            types,
            case=asked,
            params=parameters(),
            coverage=coverage,
            mentions=_mentions(asked),
            executor=executor,
        )
    save_findings(
        asked.name,
        "escalation",
        {name: found[name] for name in FRAMES},
        frames,
        summary={name: value for name, value in found.items() if name not in FRAMES},
        tables=sorted(_TABLES),
    )


def _mentions(asked: Case) -> pl.DataFrame | None:
    """Acts found by other searches than the record's, of the source that the case names."""
    named = asked.escalation.recall
    if named is None:
        return None
    return read_complete(RAW / named.source / "mentions.csv", "recall_samples", source_id=named.source)
