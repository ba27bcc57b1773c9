"""Reported counts of designation rounds set against the official list."""

from __future__ import annotations

import polars as pl

from analysis.tables.ledger import COUNTS, by_target

_KIND = {"n_individuals": "individual", "n_banks": "bank", "n_other_bodies": "entity"}


def rounds_against_list(acts: pl.DataFrame, sanctions: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """Every designation round: what was reported, what the list shows, and what its gaps prove.

    Args:
        acts: ``acts`` of the ledger.
        sanctions: table ``sanctions``.
        notes: explanations of differences: announced_date, target_code, subject_type, explanation.

    Returns:
        sender_code, announced_date, target_code, subject_type, n_reported (null where nothing was
        reported), n_listed, n_removed (inferred from gaps), difference (reported minus listed and removed),
        explanation (null where there is no difference; ``unexplained`` where nobody knows), act_ids; sorted.
    """
    keys = ["sender_code", "announced_date", "target_code", "subject_type"]
    listed = (
        sanctions.filter(pl.col("basis_type").is_in(["listed", "inferred"]))
        .group_by(keys)
        .agg(
            (pl.col("basis_type") == "listed").sum().cast(pl.Int64).alias("n_listed"),
            (pl.col("basis_type") == "inferred").sum().cast(pl.Int64).alias("n_removed"),
        )
    )
    reported = (
        by_target(acts.filter(pl.col("list_source").is_not_null() & (pl.col("phase_type") == "decision")))
        .unpivot(
            on=COUNTS,
            index=["actor_code", "announced_date", "target_code", "act_id"],
            variable_name="count",
            value_name="n",
        )
        .filter(pl.col("n") > 0)
        .with_columns(pl.col("count").replace_strict(_KIND).alias("subject_type"))
        .rename({"actor_code": "sender_code"})
        .sort("act_id")
        .group_by(keys, maintain_order=True)
        .agg(pl.col("n").sum().alias("n_reported"), pl.col("act_id").str.join(" ").alias("act_ids"))
    )
    joined = listed.join(reported, on=keys, how="full", coalesce=True).with_columns(
        pl.col("n_listed", "n_removed").fill_null(0)
    )
    difference = pl.col("n_reported") - pl.col("n_listed") - pl.col("n_removed")
    return (
        joined.with_columns(difference.alias("difference"))
        .join(notes.select(*keys[1:], "explanation"), on=keys[1:], how="left")
        .with_columns(
            pl.when(pl.col("n_reported").is_null())
            .then(pl.coalesce("explanation", pl.lit("no count was found in the press")))
            .when(pl.col("difference") != 0)
            .then(pl.coalesce("explanation", pl.lit("unexplained")))
            .alias("explanation")
        )
        .select(*keys, "n_reported", "n_listed", "n_removed", "difference", "explanation", "act_ids")
        .sort(keys)
    )
