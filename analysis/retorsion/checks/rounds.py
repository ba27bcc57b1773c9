"""Published counts of designations, set against the official list and the recorded acts."""

from __future__ import annotations

import polars as pl

from retorsion.tables.ledger import COUNTS

#: Kind of subject in ``sanctions`` for each count of the ledger.
KIND = {"n_individuals": "individual", "n_banks": "bank", "n_other_bodies": "entity"}

UNEXPLAINED = "unexplained"


def published_counts(
    acts: pl.DataFrame,
    disagreements: pl.DataFrame,
    totals: pl.DataFrame,
    sanctions: pl.DataFrame,
    *,
    list_host: str,
) -> pl.DataFrame:
    """Every count that a source published for designations, beside what the tables hold.

    Three origins: the count adopted for a round (``round``), what other sources said of it
    (``other_version``), and sums of several rounds (``total``). A round whose names an official list carries
    is counted in the list: entries shown, and entries its numbering proves to have been removed since. Other
    acts (export bans on bodies, say) are counted as the ledger has them, so there only totals are a check.

    Args:
        acts: ``acts`` of the ledger.
        disagreements: ``disagreements`` of the ledger.
        totals: ``totals`` of the ledger.
        sanctions: table ``sanctions``.
        list_host: host of the list's own pages: a count read there is no independent check.

    Returns:
        published_date, origin_type, subject_type, n_published, n_listed, n_removed, difference
        (published minus listed and removed), is_independent, explanation (null without a difference;
        ``unexplained`` where the source and the ledger give no reason), act_ids, source_url; sorted.
    """
    decided = acts.filter(pl.col("phase_type") == "decision")
    held = _held(decided, sanctions)
    published = _published(decided, disagreements, totals).with_row_index("id")
    counted = (
        published.select("id", "count_type", pl.col("act_id").str.split(" "))
        .explode("act_id")
        .join(held, on=["act_id", "count_type"], how="left")
        .group_by("id")
        .agg(pl.col("n_listed").sum(), pl.col("n_removed").sum())
    )
    difference = pl.col("n_published") - pl.col("n_listed") - pl.col("n_removed")
    first_page = pl.col("source_urls").str.split(" ").list.first()
    return (
        published.join(counted, on="id", how="left")
        .with_columns(
            difference.alias("difference"),
            pl.col("count_type").replace_strict(KIND).alias("subject_type"),
            first_page.alias("source_url"),
            (first_page.str.extract(r"^https?://([^/]+)") != list_host)
            .fill_null(True)
            .alias("is_independent"),
        )
        .with_columns(
            pl.when(pl.col("difference") != 0)
            .then(pl.coalesce("note", pl.lit(UNEXPLAINED)))
            .alias("explanation")
        )
        .select(
            "published_date",
            "origin_type",
            "subject_type",
            "n_published",
            "n_listed",
            "n_removed",
            "difference",
            "is_independent",
            "explanation",
            pl.col("act_id").alias("act_ids"),
            "source_url",
        )
        .sort("published_date", "origin_type", "act_ids", "subject_type", "n_published", "source_url")
    )


def _published(decided: pl.DataFrame, disagreements: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """Counts as they were published: those adopted for rounds, what others said of these, and sums."""
    rounds = (
        _long(
            decided.filter(pl.col("list_source").is_not_null()), ["act_id", "announced_date", "source_urls"]
        )
        .with_columns(pl.lit("round").alias("origin_type"), pl.lit(None, dtype=pl.String).alias("note"))
        .rename({"announced_date": "published_date"})
    )
    frozen = decided.filter(pl.col("list_source").is_not_null()).select("act_id", "announced_date")
    others = (
        disagreements.filter(pl.col("field").is_in(COUNTS) & ~pl.col("adopted"))
        .join(frozen, on="act_id")
        .select(
            "act_id",
            pl.col("announced_date").alias("published_date"),
            pl.col("field").alias("count_type"),
            pl.col("value").cast(pl.Int64).alias("n_published"),
            pl.col("source_url").alias("source_urls"),
            pl.lit("other_version").alias("origin_type"),
            pl.col("explanation").alias("note"),
        )
    )
    sums = _long(
        totals.filter((pl.col("total_type") != "announcement") & pl.col("covers").is_not_null()),
        ["total_id", "as_of_date", "covers", "source_urls", "note"],
    ).select(
        pl.col("covers").str.replace_all(";", " ").alias("act_id"),
        pl.col("as_of_date").alias("published_date"),
        "count_type",
        "n_published",
        "source_urls",
        pl.lit("total").alias("origin_type"),
        "note",
    )
    return pl.concat([rounds, others, sums], how="diagonal")


def _long(frame: pl.DataFrame, index: list[str]) -> pl.DataFrame:
    """One row for each count that is stated."""
    return frame.unpivot(on=COUNTS, index=index, variable_name="count_type", value_name="n_published").filter(
        pl.col("n_published") > 0
    )


def _held(acts: pl.DataFrame, sanctions: pl.DataFrame) -> pl.DataFrame:
    """Subjects of each act by kind of count: from the list where one carries the names, else as recorded."""
    by_kind = {kind: count for count, kind in KIND.items()}
    listed = (
        sanctions.filter(pl.col("basis_type").is_in(["listed", "inferred"]))
        .group_by("act_id", pl.col("subject_type").replace_strict(by_kind, default=None).alias("count_type"))
        .agg(
            (pl.col("basis_type") == "listed").sum().cast(pl.Int64).alias("n_listed"),
            (pl.col("basis_type") == "inferred").sum().cast(pl.Int64).alias("n_removed"),
        )
    )
    recorded = _long(acts.filter(pl.col("list_source").is_null()), ["act_id"]).select(
        "act_id",
        "count_type",
        pl.col("n_published").alias("n_listed"),
        pl.lit(0, dtype=pl.Int64).alias("n_removed"),
    )
    return pl.concat([listed, recorded])
