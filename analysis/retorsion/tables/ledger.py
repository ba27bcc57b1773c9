"""The ledgers' rows by target, and the tables that are a straight reading of them.

A ledger keeps one row for an act; a table keeps one row for an act and target, because a pair of
states is what every analysis asks for.
"""

from __future__ import annotations

import polars as pl

from retorsion.tables.fields import conform

COUNTS = ("n_individuals", "n_banks", "n_other_bodies")


def by_target(acts: pl.DataFrame) -> pl.DataFrame:
    """One row for each act and target.

    Args:
        acts: ``acts`` of the ledgers as :func:`retorsion.sources.formats.ledger.read_part` gives them.

    Returns:
        The same columns with ``target_code`` and ``addressee_code`` filled, and ``n_subjects``, the sum of
        the counts that are stated. Counts over several targets cannot be divided between them, so they are
        null there and stated in ``note``.
    """
    several = pl.col("target_codes").str.contains(";")
    total = pl.sum_horizontal(COUNTS)
    counted = pl.any_horizontal(pl.col(name).is_not_null() for name in COUNTS)
    remark = pl.format(
        "{} subjects over the targets {}", total, pl.col("target_codes").str.replace_all(";", ", ")
    )
    return (
        acts.with_columns(
            pl.when(counted).then(total).alias("n_subjects"),
            pl.col("target_codes").str.split(";").alias("target_code"),
            pl.when(several & counted)
            .then(pl.concat_str([pl.col("note"), remark], separator="; ", ignore_nulls=True))
            .otherwise(pl.col("note"))
            .alias("note"),
            several.alias("has_several_targets"),
        )
        .with_columns(
            pl.when(~pl.col("has_several_targets")).then(pl.col(name)).alias(name)
            for name in ("n_subjects", *COUNTS)
        )
        .explode("target_code")
        .with_columns(pl.coalesce("addressee_code", "target_code").alias("addressee_code"))
    )


def row_id(has_several_targets: str = "has_several_targets") -> pl.Expr:
    """Identifier of an act's row: the act, and the target where the act has several."""
    return (
        pl.when(pl.col(has_several_targets))
        .then(pl.concat_str(["act_id", "target_code"], separator=":"))
        .otherwise(pl.col("act_id"))
    )


def replies(links: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Stated links from a reply to what it answers.

    Args:
        links: ``replies`` of the ledgers.
        acts: ``acts`` of the ledgers, for the dates.

    Returns:
        Table ``replies``.
    """
    dates = acts.select("act_id", "announced_date", "date_precision")
    known_to_the_day = (pl.col("date_precision") == "day") & (pl.col("reply_precision") == "day")
    return conform(
        links.join(dates, on="act_id")
        .join(
            dates.rename(
                {
                    "act_id": "reply_act_id",
                    "announced_date": "reply_date",
                    "date_precision": "reply_precision",
                }
            ),
            on="reply_act_id",
        )
        .with_columns(
            (pl.col("order") == 1).alias("is_main"),
            pl.lit("stated").alias("reply_basis"),
            pl.when(known_to_the_day)
            .then((pl.col("reply_date") - pl.col("announced_date")).dt.total_days())
            .alias("lag_days"),
        ),
        "replies",
    )


def published_totals(totals: pl.DataFrame) -> pl.DataFrame:
    """Published sums, which check the acts and are never added to them.

    Args:
        totals: ``totals`` of the ledgers, with ``source_id``.

    Returns:
        Table ``published_totals``.
    """
    return conform(totals, "published_totals")
