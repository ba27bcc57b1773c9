"""``tariff_rates``, ``tariff_changes`` and ``import_duties``: rates in force, the steps behind them, what was paid."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.sources.states import aggregates
from retorsion.tables.fields import conform


def tariff_rates(rows: pl.DataFrame, *, source_id: str, hs_revision: str) -> pl.DataFrame:
    """Rates in force of one source.

    Args:
        rows: accepted rows of :mod:`retorsion.sources.formats.tariff_rates`.
        source_id: id of the source.
        hs_revision: revision of the Harmonized System, which the file does not state.

    Returns:
        Table ``tariff_rates``.
    """
    return conform(
        rows.with_columns(pl.lit(source_id).alias("source_id"), pl.lit(hs_revision).alias("hs_revision")),
        "tariff_rates",
    )


def tariff_changes(lines: pl.DataFrame, steps: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Changes of tariffs by line of one source.

    Args:
        lines: accepted rows of :mod:`retorsion.sources.formats.tariff_lines`.
        steps: rows of :mod:`retorsion.sources.formats.tariff_steps`, the table beside them.
        source_id: id of the source.

    Returns:
        Table ``tariff_changes``: one row for each line and step; a step with ``lines_of`` changes the lines of
        another one.

    Raises:
        RetorsionError: a step has no lines, names the lines of a step that is not there, or neither it nor its
            lines say by how much it changes the rate.
    """
    own = steps.with_columns(pl.coalesce("lines_of", "step").alias("lines_step"))
    known = lines["step"].unique().to_list()
    for step, named in (
        own.filter(~pl.col("lines_step").is_in(known)).select("step", "lines_step").iter_rows()
    ):
        raise RetorsionError(
            f"{source_id}, steps.csv, step {step!r}: there are no lines of {named!r} in the file of lines."
            f"{did_you_mean(named, known)} Add its lines, or take the step out"
        )
    made = own.rename({"change_pct": "of_all"}).join(
        lines.rename({"step": "lines_step"}).select("lines_step", "line_code", "change_pct"),
        on="lines_step",
        how="inner",
    )
    # a step that takes the lines of another one has a change of its own
    changed = made.with_columns(
        pl.when(pl.col("lines_of").is_null())
        .then(pl.coalesce("change_pct", "of_all"))
        .otherwise("of_all")
        .alias("change_pct"),
        pl.lit(source_id).alias("source_id"),
    )
    unsaid = changed.filter(pl.col("change_pct").is_null())
    if len(unsaid):
        raise RetorsionError(
            f"{source_id}, step {unsaid['step'][0]!r}, line {unsaid['line_code'][0]}: nothing says by how much "
            "the rate changes. Fill in change_pct of the line or of the step"
        )
    return conform(changed, "tariff_changes")


def import_duties(rows: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Duties on imports of one source.

    Args:
        rows: accepted rows of :mod:`retorsion.sources.formats.duties`.
        source_id: id of the source.

    Returns:
        Table ``import_duties``.
    """
    sums = list(aggregates())
    return conform(
        rows.with_columns(
            pl.lit(source_id).alias("source_id"),
            (pl.col("partner_code").is_in(sums) | (pl.col("product_code") == "TOTAL")).alias("is_aggregate"),
        ),
        "import_duties",
    )


def check_measures(changes: pl.DataFrame, measures: Collection[str]) -> None:
    """Assert that every step leads to a measure of the record.

    Args:
        changes: table ``tariff_changes``.
        measures: ``measure_id`` of every trade measure.

    Raises:
        RetorsionError: names the first step whose measure is unknown, and the nearest measure.
    """
    named = changes.select("source_id", "step", "measure_id").drop_nulls("measure_id").unique().sort("step")
    for source, step, measure in named.iter_rows():
        if measure not in measures:
            raise RetorsionError(
                f"{source}, steps.csv, step {step!r}, column 'measure_id', value {measure!r}: there is no such "
                f"measure in the table trade_measures.{did_you_mean(measure, measures)} Name an act of the ledger"
            )
