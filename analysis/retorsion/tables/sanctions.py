"""``sanctions``: one row for each subject, or group known by its count, under one instrument.

Three bases: an official list names the subject (``listed``); a source reports a number (``reported``); or
a gap in the numbering of a list proves an entry that has been removed (``inferred``).
"""

from __future__ import annotations

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.states import state_by_name
from retorsion.tables.fields import conform, tables
from retorsion.tables.ledger import COUNTS, by_target, row_id

_KIND_OF_COUNT = {"n_individuals": "individual", "n_banks": "bank", "n_other_bodies": "entity"}


def removed_entries(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries that the numbering of a list proves to have existed.

    Numbers of a category run on without a gap when they are given out, so a number that is missing below
    the highest was given to an entry that has been removed since. It was announced with the entries beside
    it; where those differ, with the earlier one at the earliest, which is the date given.

    Args:
        entries: ``category``, ``number`` (category-serial), ``first_notice_date``.

    Returns:
        ``category``, ``number``, ``first_notice_date``, ``date_is_certain`` (the neighbours agree); sorted.
        An entry removed from the end of a category leaves no gap and is not found.
    """
    serials = entries.select(
        "category",
        "first_notice_date",
        pl.col("number").str.split("-").list.first().alias("prefix"),
        pl.col("number").str.split("-").list.last().cast(pl.Int64).alias("serial"),
    ).sort("category", "serial")
    gaps = serials.with_columns(
        pl.col("serial").shift(1).over("category").fill_null(0).alias("previous"),
        pl.col("first_notice_date").shift(1).over("category").alias("previous_date"),
    ).filter(pl.col("serial") - pl.col("previous") > 1)
    return (
        gaps.with_columns(pl.int_ranges(pl.col("previous") + 1, "serial").alias("missing"))
        .explode("missing")
        .select(
            "category",
            pl.concat_str(
                pl.col("prefix"), pl.col("missing").cast(pl.String).str.zfill(6), separator="-"
            ).alias("number"),
            pl.coalesce("previous_date", "first_notice_date").alias("first_notice_date"),
            (pl.col("previous_date") == pl.col("first_notice_date"))
            .fill_null(False)
            .alias("date_is_certain"),
        )
        .sort("number")
    )


def from_list(
    entries: pl.DataFrame,
    programmes: pl.DataFrame,
    *,
    source_id: str,
    sender_code: str,
    instrument_type: str,
    vintage_date: str,
    source_url: str,
) -> pl.DataFrame:
    """Designations of an official list that numbers its entries, with the removed ones its gaps prove.

    Args:
        entries: :mod:`retorsion.sources.formats.asset_freeze_list`.
        programmes: :mod:`retorsion.sources.formats.list_programmes`;
            a programme without a target takes each entry's own country.
        source_id: id of the list.
        sender_code: the state whose list it is.
        instrument_type: what being listed means.
        vintage_date: date of the vintage that was read, ISO 8601: removed entries were absent by then.
        source_url: page of the list.

    Returns:
        Columns of ``sanctions`` without ``act_id`` and ``effective_date``, plus ``count_type``, the count of
        an act that the entry belongs to.

    Raises:
        RetorsionError: a category or a country that is not known.
    """
    shown = entries.with_columns(
        pl.lit("listed").alias("basis_type"), pl.lit(None, dtype=pl.Date).alias("absent")
    )
    gone = removed_entries(entries).with_columns(
        pl.lit("inferred").alias("basis_type"), pl.lit(vintage_date).str.to_date("%Y-%m-%d").alias("absent")
    )
    rows = pl.concat([shown, gone], how="diagonal").join(programmes.drop("row"), on="category", how="left")
    if rows["subject_type"].null_count():
        unknown = sorted(set(rows.filter(pl.col("subject_type").is_null())["category"]))
        raise RetorsionError(
            f"{source_id}: list categories {unknown} are not in programmes.csv. Add a row for each"
        )
    own = {name: state_by_name(name) for name in rows["country_en"].drop_nulls().unique().sort()}
    target = pl.coalesce(
        "target_code", pl.col("country_en").replace_strict(own, default=None, return_dtype=pl.String)
    )
    rows = rows.with_columns(target.alias("target_code"))
    if rows["target_code"].null_count():
        row = rows.filter(pl.col("target_code").is_null()).row(0, named=True)
        raise RetorsionError(
            f"{source_id}, number {row['number']}, column 'country_en', value {row['country_en']!r}: is not "
            "the name of a state. Correct it, or add it to states.csv under the system 'name'"
        )
    count_of_kind = {kind: count for count, kind in _KIND_OF_COUNT.items()}
    return rows.select(
        pl.concat_str([pl.lit(source_id), pl.col("number")], separator=":").alias("sanction_id"),
        pl.lit(sender_code).alias("sender_code"),
        "target_code",
        pl.coalesce("addressee_code", "target_code").alias("addressee_code"),
        pl.concat_str([pl.lit(source_id), pl.col("category")], separator=":").alias("programme_code"),
        pl.lit(instrument_type).alias("instrument_type"),
        "subject_type",
        pl.col("name_en").alias("subject_name"),
        pl.col("country_en").alias("subject_country"),
        pl.col("number").alias("list_number"),
        pl.col("first_notice_date").alias("announced_date"),
        pl.lit("day").alias("date_precision"),
        pl.lit(None, dtype=pl.Date).alias("revoked_date"),
        pl.col("absent").alias("absent_by_date"),
        pl.lit(None, dtype=pl.Date).alias("first_observed_date"),
        pl.lit(1, dtype=pl.Int64).alias("n_subjects"),
        "basis_type",
        pl.lit(source_id).alias("source_id"),
        pl.col("row").alias("source_row"),
        pl.lit(source_url).alias("source_urls"),
        pl.col("subject_type").replace_strict(count_of_kind).alias("count_type"),
    )


def attach_acts(listed: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Give each listed designation the act of the ledger it belongs to, and that act's effective date.

    An entry belongs to the act of the same sender, addressee, target and day that counts subjects of its
    kind. Where two acts of a day do, as when banks are frozen from different days, the list cannot tell
    them apart and neither is chosen for the effective date: the act is the first, the date stays null.
    Rounds that the ledger lacks form acts of their own, named by list, day and addressee.

    Args:
        listed: as :func:`from_list` gives them.
        acts: ``acts`` of the ledger, by target, those whose names the list carries.

    Returns:
        Columns of ``sanctions``.
    """
    counted = (
        acts.unpivot(
            on=COUNTS,
            index=[
                "act_id",
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
            pl.col("act_id").first(),
            pl.when(pl.col("effective_date").n_unique() == 1)
            .then(pl.col("effective_date").first())
            .alias("effective_date"),
        )
    )
    own_act = pl.format(
        "{}-{}-{}", "source_id", "announced_date", pl.col("addressee_code").str.to_lowercase()
    )
    return listed.join(one, on=keys, how="left").with_columns(pl.coalesce("act_id", own_act).alias("act_id"))


def from_ledger(acts: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Sanctions that sources report and no official list at hand carries by name.

    Args:
        acts: ``acts`` of the ledger.
        source_id: id of the ledger.

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
        pl.col("actor_code").alias("sender_code"),
        pl.col("target_code"),
        pl.col("addressee_code"),
        pl.concat_str([pl.lit(source_id), pl.col("act_type")], separator=":").alias("programme_code"),
        pl.col("act_type").alias("instrument_type"),
        pl.col("announced_date"),
        pl.col("date_precision"),
        pl.col("effective_date"),
        pl.col("ended_date").alias("revoked_date"),
        pl.lit("reported").alias("basis_type"),
        pl.lit(source_id).alias("source_id"),
        pl.col("row").alias("source_row"),
        pl.col("source_urls"),
    ]
    kinds = [
        rows.filter(pl.col(count) > 0).select(
            *shared,
            pl.concat_str([pl.lit(source_id), pl.col("row_id"), pl.lit(kind)], separator=":").alias(
                "sanction_id"
            ),
            pl.lit(kind).alias("subject_type"),
            pl.col(count).alias("n_subjects"),
        )
        for count, kind in _KIND_OF_COUNT.items()
    ]
    uncounted = rows.filter(pl.col("n_subjects").fill_null(0) == 0).select(
        *shared,
        pl.concat_str([pl.lit(source_id), pl.col("row_id")], separator=":").alias("sanction_id"),
        pl.lit("sector").alias("subject_type"),
        pl.lit(None, dtype=pl.Int64).alias("n_subjects"),
    )
    return pl.concat([*kinds, uncounted])


def sanctions(*parts: pl.DataFrame) -> pl.DataFrame:
    """Table ``sanctions`` from the parts that lists and the ledger give."""
    return conform(pl.concat(parts, how="diagonal").pipe(_fill_missing), "sanctions")


def _fill_missing(frame: pl.DataFrame) -> pl.DataFrame:
    schema = tables()["sanctions"].schema
    absent = [
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns
    ]
    return frame.with_columns(absent)
