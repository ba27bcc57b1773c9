"""Which kinds of measure one state has in force against another, on one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from retorsion.sources.formats.act_types import MEASURE_KINDS, NO_MEASURE


def measures_in_force(
    sanctions: pl.DataFrame,
    trade_measures: pl.DataFrame,
    types: pl.DataFrame,
    pairs: Sequence[tuple[str, str]],
    *,
    day: date,
) -> pl.DataFrame:
    """Count the acts by which one state has each kind of measure in force against another.

    An act counts once for each kind and counts as in force until all that it did has a recorded end: the day a
    measure ended or was revoked, or the first list without the entry. A later act that eased it is no end.

    Args:
        sanctions: the table.
        trade_measures: the table; measures that were only announced do not count.
        types: table ``act_types``, which says what kind of measure a type of act puts into force.
        pairs: codes of the imposer and of the state whose conduct the measures answer, in order.
        day: on which they are in force; measures of later days do not count.

    Returns:
        Columns imposer_code, addressee_code, kind, n_acts (ever), n_in_force, first_date (of those in force; null
        where there are none). One row for each pair and kind, also for those without an act.
    """
    columns = ["act_id", "imposer_code", "addressee_code", "instrument_type", "from_date", "to_date"]
    of_sanctions = sanctions.with_columns(
        imposer_code="sender_code",
        from_date=pl.coalesce("effective_date", "announced_date"),
        to_date=pl.coalesce("revoked_date", "absent_by_date"),
    )
    of_trade = trade_measures.filter(pl.col("phase_type") != "announcement").with_columns(
        from_date=pl.coalesce("effective_date", "announced_date"), to_date="ended_date"
    )
    of_type = types.filter(pl.col("measure_kind") != NO_MEASURE)
    kinds = dict(of_type.select("act_type", "measure_kind").iter_rows())
    acts = (
        pl.concat([of_sanctions.select(columns), of_trade.select(columns)])
        .filter(pl.col("instrument_type").is_in(list(kinds)) & (pl.col("from_date") <= day))
        .with_columns(
            kind=pl.col("instrument_type").replace_strict(kinds, return_dtype=pl.String),
            is_in_force=pl.col("to_date").is_null() | (pl.col("to_date") > day),
        )
        .group_by("imposer_code", "addressee_code", "kind", "act_id")
        .agg(pl.col("is_in_force").any(), pl.col("from_date").filter("is_in_force").min())
    )
    counted = acts.group_by("imposer_code", "addressee_code", "kind").agg(
        n_acts=pl.len(), n_in_force=pl.col("is_in_force").sum(), first_date=pl.col("from_date").min()
    )
    every = pl.DataFrame(
        [(*pair, kind) for pair in pairs for kind in MEASURE_KINDS],
        schema={"imposer_code": pl.String, "addressee_code": pl.String, "kind": pl.String},
        orient="row",
    )
    return every.join(
        counted, on=["imposer_code", "addressee_code", "kind"], how="left", maintain_order="left"
    ).with_columns(pl.col("n_acts", "n_in_force").fill_null(0).cast(pl.Int64))
