"""Finding: what follows what."""

from __future__ import annotations

import polars as pl

from retorsion.escalation.ladder import rungs_of
from retorsion.escalation.record import Part, Record
from retorsion.estimators.sequences import Successor, transitions


def transitions_part(record: Record) -> Part:
    """What follows what, on the rungs of the ladder, against a permutation of the kinds within each side.

    Returns:
        Number of transitions and those that differ from chance; frame ``transitions`` for the next act of
        either side and of the other side.
    """
    start, end = record.dense()
    acts = (
        record.hostile.filter(pl.col("act_date").is_between(start, end))
        .join(rungs_of(record), on="act_type")
        .filter(pl.col("label").is_not_null() & (pl.col("date_precision") == "day"))
        .sort("act_id")
    )
    options = record.choices.transitions
    tables, numbers = [], {}
    successors: tuple[Successor, ...] = ("any", "other")
    for place, successor in enumerate(successors):
        fitted = transitions(
            acts,
            state="label",
            unit="actor_code",
            day="act_date",
            successor=successor,
            max_gap_days=options.max_gap_days,
            n_permutations=record.params.n_draws,
            rng=record.rng(5, place),
            min_events=options.min_acts,
        )
        table = fitted.table.rename({"state": "kind", "next_state": "next_kind"})
        tables.append(table.with_columns(pl.lit(successor).alias("successor")))
        numbers[successor] = {
            "n_acts": fitted.n,
            "n_transitions": fitted.n_transitions,
            "n_pairs": int(table["q_value"].is_not_null().sum()),
            "n_unlike_chance": int((table["q_value"] < 0.05).fill_null(False).sum()),
            "unlike_chance": table.filter(pl.col("q_value") < 0.05).select(
                "kind", "next_kind", "n", "expected", "ratio", "q_value"
            ),
        }
    method = "weights divided among acts of one day; kinds permuted within each side; Benjamini-Hochberg"
    return {"successor": numbers, "method": method}, {"transitions": pl.concat(tables)}
