"""Step ``escalation``: who answers whom, how fast, in what kind, and when it changed."""

from __future__ import annotations

from retorsion.escalation.findings import escalation_findings
from retorsion.project import day, load, params, write_finding, write_rows


def run() -> None:
    """Compute who answers whom, how fast, in what kind, and when it changed."""
    found, frames = escalation_findings(
        load("acts"),
        load("replies"),
        load("context_events"),
        pair=(params("pair", "a"), params("pair", "b")),
        start=day(params("window", "start")),
        end=day(params("window", "end")),
        options=params("escalation"),
    )
    for name, frame in frames.items():
        write_rows(f"escalation_{name}", frame)
    write_finding("escalation", found, tables=["acts", "replies", "context_events"])
