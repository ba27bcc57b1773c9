"""``sanctions``: one row for each subject, or group known by its count, under one instrument.

Three bases: an official list names the subject (``listed``); a source reports a number (``reported``); or
a gap in the numbering of a list proves an entry that has been removed (``inferred``).
"""

from __future__ import annotations

import polars as pl

from retorsion.tables.fields import conform, tables
from retorsion.tables.ledger import COUNTS, by_target, row_id

_KIND_OF_COUNT = {"n_individuals": "individual", "n_banks": "bank", "n_other_bodies": "entity"}


def attach_acts(listed: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Give each listed designation the act of the ledger it belongs to, and that act's effective date.

    An entry belongs to the act of the same sender, addressee, target and day that counts subjects of its
    kind. Where two acts of a day do, as when banks are frozen from different days, the list cannot tell
    them apart and neither is chosen for the effective date: the act is the first, the date stays null.
    Rounds that the ledger lacks form acts of their own, named by list, day and addressee.

    Args:
        listed: as :func:`retorsion.tables.lists.designations` gives them, without ``act_id`` and
            ``effective_date``.
        acts: ``acts`` of the ledgers, by target, those whose names the list carries.

    Returns:
        Columns of ``sanctions``.
    """
    counted = (
        acts.unpivot(
            on=COUNTS,
            index=[
                "act_id",
                "package_id",
                "actor_code",
                "target_code",
                "addressee_code",
                "announced_date",
                "effective_date",
            ],
            variable_name="count_type",
            value_name="count",
        )
        .filter(pl.col("count") > 0)
        .rename({"actor_code": "sender_code"})
    )
    keys = ["sender_code", "target_code", "addressee_code", "announced_date", "count_type"]
    one = (
        counted.sort("act_id")
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("act_id", "package_id").first(),
            pl.when(pl.col("effective_date").n_unique() == 1)
            .then(pl.col("effective_date").first())
            .alias("effective_date"),
        )
    )
    own_act = pl.format(
        "{}-{}-{}", "source_id", "announced_date", pl.col("addressee_code").str.to_lowercase()
    )
    return listed.join(one, on=keys, how="left").with_columns(pl.coalesce("act_id", own_act).alias("act_id"))


def from_ledger(acts: pl.DataFrame) -> pl.DataFrame:
    """Sanctions that sources report and no official list at hand carries by name.

    Args:
        acts: ``acts`` of the ledgers.

    Returns:
        Columns of ``sanctions``; one row for each act, target and kind of subject counted, or one row of
        the kind ``sector`` where an act counts no subjects. Announcements are not sanctions and are left out.
    """
    decided = acts.filter(
        (pl.col("domain_type") == "sanction")
        & (pl.col("phase_type") == "decision")
        & pl.col("list_source").is_null()
    )
    rows = by_target(decided).with_columns(row_id().alias("row_id"))
    shared = [
        pl.col("act_id"),
        pl.col("package_id"),
        pl.col("actor_code").alias("sender_code"),
        pl.col("target_code"),
        pl.col("addressee_code"),
        pl.concat_str(["source_id", pl.col("act_type")], separator=":").alias("programme_code"),
        pl.col("act_type").alias("instrument_type"),
        pl.col("announced_date"),
        pl.col("date_precision"),
        pl.col("effective_date"),
        pl.col("ended_date").alias("revoked_date"),
        pl.lit("reported").alias("basis_type"),
        pl.col("source_id"),
        pl.col("row").alias("source_row"),
        pl.col("source_urls"),
    ]
    kinds = [
        rows.filter(pl.col(count) > 0).select(
            *shared,
            pl.concat_str(["source_id", pl.col("row_id"), pl.lit(kind)], separator=":").alias("sanction_id"),
            pl.lit(kind).alias("subject_type"),
            pl.col(count).alias("n_subjects"),
        )
        for count, kind in _KIND_OF_COUNT.items()
    ]
    uncounted = rows.filter(pl.col("n_subjects").fill_null(0) == 0).select(
        *shared,
        pl.concat_str(["source_id", pl.col("row_id")], separator=":").alias("sanction_id"),
        pl.lit("sector").alias("subject_type"),
        pl.lit(None, dtype=pl.Int64).alias("n_subjects"),
    )
    return pl.concat([*kinds, uncounted])


def sanctions(*parts: pl.DataFrame) -> pl.DataFrame:
    """Table ``sanctions`` from the parts that lists and the ledgers give; a round that no ledger has is a package."""
    both = pl.concat(parts, how="diagonal").pipe(_fill_missing)
    return conform(both.with_columns(pl.coalesce("package_id", "act_id").alias("package_id")), "sanctions")


def _fill_missing(frame: pl.DataFrame) -> pl.DataFrame:
    schema = tables()["sanctions"].schema
    absent = [
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns
    ]
    return frame.with_columns(absent)
