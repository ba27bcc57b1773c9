"""``acts``: the spine. Every act of every kind, one row for each actor, target, day and act."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.tables.fields import conform
from retorsion.tables.ledger import by_target
from retorsion.tables.scores import with_codes, with_intensity
from retorsion.tables.source_kinds import with_source_kinds


@dataclass(frozen=True)
class Tables:
    """What every act is looked up in.

    Attributes:
        act_types: the vocabulary.
        hosts: kinds of sources by host.
        cameo: ``cameo_code``, ``goldstein_score``.
        plover: ``plover_type``, ``plover_score``.
    """

    act_types: pl.DataFrame
    hosts: pl.DataFrame
    cameo: pl.DataFrame
    plover: pl.DataFrame


def acts(
    ledger: pl.DataFrame,
    links: pl.DataFrame,
    designations: pl.DataFrame,
    known: Tables,
    *,
    measures: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every act of the ledgers, and every round of an official list or measure of a database that they lack.

    Args:
        ledger: ``acts`` of the ledgers.
        links: ``replies`` of the ledgers.
        designations: table ``sanctions``.
        known: what types, hosts and codes are.
        measures: table ``trade_measures``, if it holds others than the ledgers'.

    Returns:
        Table ``acts``.

    Raises:
        RetorsionError: an act type without a code, or a code without a score.
    """
    recorded = (
        by_target(ledger.filter(pl.col("domain_type") != "context"))
        .rename({"announced_date": "act_date"})
        .with_columns(pl.lit("reported").alias("basis_type"))
    )
    main = links.filter(pl.col("order") == 1).select(
        pl.col("reply_act_id").alias("act_id"),
        pl.col("act_id").alias("reply_to_act_id"),
        pl.lit("stated").alias("reply_basis"),
    )
    alone = [_rounds(designations, ledger)]
    if measures is not None:
        alone.append(_measures(measures, ledger))
    both = pl.concat([recorded, *alone], how="diagonal").join(main, on="act_id", how="left")
    coded = with_intensity(with_codes(both, known.act_types), known.cameo, known.plover)
    _all_scored(coded)
    typed = coded.join(
        known.act_types.select("act_type", "is_verbal", "is_provocation", "is_yearly"), on="act_type"
    )
    return conform(with_source_kinds(typed, known.hosts), "acts")


def _rounds(designations: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Rounds of official lists that no act of the ledger stands for.

    What the first vintage of a list without dates shows is no news, and so no act: it was listed some time
    before. What a later vintage shows first is an act of which only that day is known (``observed``).
    """
    alone = designations.join(ledger.select("act_id"), on="act_id", how="anti").filter(
        pl.col("date_precision").is_not_null()
    )
    return (
        alone.group_by("act_id", "target_code")
        .agg(
            pl.col("sender_code").first().alias("actor_code"),
            pl.col("addressee_code").first(),
            pl.coalesce("announced_date", "first_observed_date").first().alias("act_date"),
            pl.col("date_precision").first(),
            pl.col("effective_date").first(),
            pl.col("instrument_type").first().alias("act_type"),
            pl.col("n_subjects").sum(),
            pl.col("source_id").first(),
            pl.col("source_urls").first(),
        )
        .with_columns(
            pl.col("act_id").alias("package_id"),
            pl.lit("sanction").alias("domain_type"),
            pl.lit("decision").alias("phase_type"),
            pl.lit("this_state").alias("aim_type"),
            pl.col("date_precision")
            .replace_strict({"day": "official", "month": "month"}, default=None, return_dtype=pl.String)
            .alias("announced_basis"),
            pl.lit("listed").alias("basis_type"),
            pl.lit("high").alias("confidence_type"),
            pl.when(pl.col("date_precision") == "observed")
            .then(
                pl.format(
                    "{} subjects first seen on the list by this day, which states no dates.", "n_subjects"
                )
            )
            .otherwise(pl.format("{} subjects added to the list, known from the list itself.", "n_subjects"))
            .alias("summary"),
        )
        .sort("act_id", "target_code")
    )


def _measures(measures: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Trade measures that no act of the ledger stands for: one act for each of their acts and targets."""
    alone = measures.join(ledger.select("act_id"), on="act_id", how="anti").sort("measure_id")
    return (
        alone.group_by("act_id", "target_code", maintain_order=True)
        .agg(
            pl.col("imposer_code").first().alias("actor_code"),
            pl.col("announced_date").min().alias("act_date"),
            pl.col("effective_date").min(),
            pl.col("instrument_type").first().alias("act_type"),
            pl.col(
                "addressee_code", "date_precision", "phase_type", "confidence_type", "summary", "source_id",
                "source_urls",
            ).first(),
        )
        .with_columns(
            pl.col("act_id").alias("package_id"),
            pl.lit("text").alias("announced_basis"),
            pl.when(pl.len().over("act_id") > 1)
            .then(pl.lit("many"))
            .otherwise(pl.lit("this_state"))
            .alias("aim_type"),
            pl.lit("trade_measure").alias("domain_type"),
            pl.lit("reported").alias("basis_type"),
            pl.lit(None, dtype=pl.Int64).alias("n_subjects"),
        )
        .sort("act_id", "target_code")
    )  # fmt: skip


def _all_scored(coded: pl.DataFrame) -> None:
    for column, table in (
        ("cameo_code", "act_types.csv"),
        ("intensity_goldstein", "the CAMEO scores"),
        ("intensity_plover", "the PLOVER scores"),
    ):
        missing = coded.filter(pl.col(column).is_null())
        if len(missing):
            row = missing.row(0, named=True)
            raise RetorsionError(
                f"act {row['act_id']}, act type {row['act_type']!r} (CAMEO {row['cameo_code']}, PLOVER "
                f"{row['plover_type']}): has no {column}. Add it to {table}"
            )
