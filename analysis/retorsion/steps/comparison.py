"""Step ``comparison``: the same quantities over all cases."""

from __future__ import annotations

from retorsion.comparison.findings import compare
from retorsion.params import check_names
from retorsion.project import case, load, parameters, save_findings


def run() -> None:
    """Set all cases side by side: who answers, how fast, in kind, in proportion, and where it stops."""
    params = parameters()
    cases = [case(name) for name in params.cases]
    types = load("act_types")["act_type"].to_list()
    check_names(params.comparison, {"event_type": types}, file="params.yaml, comparison")
    values, rows = compare(
        load("acts"),
        load("replies"),
        load("context_events"),
        cases,
        params=params,
    )
    parts = {name: part if isinstance(part, dict) else {"rows": part} for name, part in values.items()}
    save_findings(
        "comparison",
        "cases",
        parts,
        rows,
        summary={},
        tables=["acts", "replies", "context_events"],
    )
