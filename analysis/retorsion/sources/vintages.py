"""What changed between two vintages of a list, for lists that state no dates themselves.

Three things this cannot tell, and so never says. The first vintage is not news: its subjects were listed at
some time before. A subject that is gone is not known to be revoked by an act: it is absent. And the day a
change is first observed is not the day it was made: it never stands in a column for official dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Literal

import polars as pl

from retorsion.errors import RetorsionError

#: What can happen to a subject between two vintages.
ChangeType = Literal["designated", "removed", "amended"]


def difference(
    old: pl.DataFrame | None,
    new: pl.DataFrame,
    key: Sequence[str],
    compare: Sequence[str],
    *,
    observed_date: date,
    shrink_limit: float = 0.2,
) -> pl.DataFrame:
    """Subjects that appeared, went, or were altered between two vintages.

    Args:
        old: the earlier vintage, or None for a first sync, which is not news.
        new: the later vintage.
        key: columns that number a subject; none null, no two rows alike.
        compare: columns whose alteration is an amendment.
        observed_date: date of the later vintage.
        shrink_limit: largest part of the old subjects that may be gone. A list that loses more in one step
            is taken for a broken download.

    Returns:
        ``key``, ``change_type`` (designated, removed, amended), ``changed_columns`` (list: those of
        ``compare`` that differ, empty unless amended), ``observed_date`` (Date); sorted by change and key.
        ``observed_date`` bounds the change from above and is neither the date of a designation nor of a
        revocation.

    Raises:
        RetorsionError: a vintage lacks a column, has a null or a double key, or is empty; or the new one
            has shrunk beyond ``shrink_limit``.
    """
    if not 0 <= shrink_limit < 1:
        raise RetorsionError(f"shrink_limit is {shrink_limit}; give a part from 0 up to, not including, 1")
    for name, frame in (("old", old), ("new", new)):
        if frame is not None:
            _check_vintage(frame, key, compare, name)
    if old is None:
        return _changes(new.head(0).select(key), "designated", observed_date)
    _check_same_types(old, new, [*key, *compare])
    gone = old.select(key).join(new.select(key), on=key, how="anti")
    if len(gone) > shrink_limit * len(old):
        raise RetorsionError(
            f"the new vintage lacks {len(gone)} of the {len(old)} subjects of the old one, more than the "
            f"{shrink_limit:.0%} that may go in one step. Fetch it again; if it is right, raise shrink_limit"
        )
    come = new.select(key).join(old.select(key), on=key, how="anti")
    both = old.select(*key, *compare).join(new.select(*key, *compare), on=key, suffix="\0new")
    differs = [pl.when(pl.col(c).ne_missing(pl.col(f"{c}\0new"))).then(pl.lit(c)).alias(c) for c in compare]
    amended = both.select(
        *key,
        (pl.concat_list(differs).list.drop_nulls() if differs else _no_columns()).alias("changed_columns"),
    ).filter(pl.col("changed_columns").list.len() > 0)
    return pl.concat(
        [
            _changes(amended, "amended", observed_date),
            _changes(come, "designated", observed_date),
            _changes(gone, "removed", observed_date),
        ]
    ).sort("change_type", *key)


def observations(
    vintages: Sequence[tuple[date, pl.DataFrame]], key: Sequence[str], *, shrink_limit: float = 0.2
) -> pl.DataFrame:
    """When each subject was first and last seen in a series of vintages.

    Args:
        vintages: dates and frames, in order of date.
        key: columns that number a subject.
        shrink_limit: as in :func:`difference`.

    Returns:
        ``key``, ``first_observed_date``, ``in_first_vintage`` (the first observation is no news, since the
        subject may have been listed long before), ``last_observed_date``, ``absent_by_date`` (first vintage
        without the subject after its last observation; null if it is in the last vintage); sorted by key. A
        subject that went and came back has the dates of its whole span.

    Raises:
        RetorsionError: no vintages, dates not rising, or a vintage that :func:`difference` refuses.
    """
    dates = [day for day, _ in vintages]
    if not vintages or any(a >= b for a, b in pairwise(dates)):
        raise RetorsionError(
            f"vintages are dated {[str(d) for d in dates]}; give at least one, in rising order"
        )
    earlier: pl.DataFrame | None = None
    for day, frame in vintages:
        difference(earlier, frame, key, (), observed_date=day, shrink_limit=shrink_limit)
        earlier = frame
    seen = pl.concat([frame.select(*key, pl.lit(day).alias("date")) for day, frame in vintages])
    following = dict(zip(dates, [*dates[1:], None], strict=True))
    return (
        seen.group_by(key)
        .agg(
            pl.col("date").min().alias("first_observed_date"),
            (pl.col("date").min() == dates[0]).alias("in_first_vintage"),
            pl.col("date").max().alias("last_observed_date"),
        )
        .with_columns(
            pl.col("last_observed_date")
            .replace_strict(list(following), list(following.values()), return_dtype=pl.Date)
            .alias("absent_by_date")
        )
        .sort(key)
    )


#: What the record of vintages keeps of a subject that is gone, besides its dates.
KEPT_OF_A_SUBJECT = (
    "subject_type", "subject_name", "subject_country", "country_codes", "announced_date", "effective_date",
)  # fmt: skip

#: Columns of the record of vintages, ``observed.csv`` in the folder of a list.
OBSERVED_COLUMNS = (
    "list_number", "programme", *KEPT_OF_A_SUBJECT,
    "last_absent_date", "first_observed_date", "last_observed_date", "absent_by_date",
)  # fmt: skip


def observe(
    record: pl.DataFrame | None, old: pl.DataFrame, new: pl.DataFrame, *, old_date: date, new_date: date
) -> pl.DataFrame:
    """The record of vintages after one more: since when each subject is seen, and what was kept of the gone.

    It stands in for the earlier vintages themselves, which a publisher does not keep, so that a table built
    from the newest one still knows first observations and subjects that are gone.

    Args:
        record: the record before; None starts one, and then nothing in ``old`` is news.
        old: subjects of the vintage before by programme (``list_number``, ``programme``, and any of
            :data:`KEPT_OF_A_SUBJECT`).
        new: those of the new vintage.
        old_date: date of the vintage before.
        new_date: date of the new vintage.

    Returns:
        :data:`OBSERVED_COLUMNS`, sorted by number and programme. ``last_absent_date`` is the last vintage
        before the first observation, null for the first vintage of all; a subject that comes back keeps its
        first observation. What is kept of a subject is null while the newest vintage shows it.

    Raises:
        RetorsionError: the dates do not rise.
    """
    if new_date <= old_date:
        raise RetorsionError(
            f"the new vintage is of {new_date}, the pinned one of {old_date}. Give the day of the new one "
            "with --date, or pin them in order"
        )
    key = ["list_number", "programme"]
    dates = ("last_absent_date", "first_observed_date", "last_observed_date", "absent_by_date")
    nothing = pl.lit(None, dtype=pl.Date)
    if record is None:
        seen = old.select(
            *key,
            nothing.alias("last_absent_date"),
            pl.lit(old_date).alias("first_observed_date"),
            pl.lit(old_date).alias("last_observed_date"),
            nothing.alias("absent_by_date"),
        )
    else:
        seen = record.select(*key, *dates)
    kept = [name for name in KEPT_OF_A_SUBJECT if name in old.columns]
    words = old.select(*key, *kept)
    if "country_codes" in kept:
        words = words.with_columns(pl.col("country_codes").list.join(";"))
    earlier = pl.DataFrame(schema=dict.fromkeys([*key, *KEPT_OF_A_SUBJECT], pl.String))
    if record is not None:
        earlier = record.filter(pl.col("absent_by_date").is_not_null()).select(*key, *KEPT_OF_A_SUBJECT)
    words = pl.concat([words, earlier], how="diagonal_relaxed").unique(key, keep="first", maintain_order=True)
    shown = pl.col("is_shown").fill_null(False)
    return (
        seen.join(new.select(*key, pl.lit(True).alias("is_shown")), on=key, how="full", coalesce=True)
        .join(words, on=key, how="left")
        .with_columns(
            pl.when(pl.col("first_observed_date").is_null()).then(pl.lit(old_date))
            .otherwise("last_absent_date").alias("last_absent_date"),
            pl.col("first_observed_date").fill_null(new_date),
            pl.when(shown).then(pl.lit(new_date)).otherwise("last_observed_date").alias("last_observed_date"),
            pl.when(shown).then(nothing).otherwise(pl.col("absent_by_date").fill_null(new_date))
            .alias("absent_by_date"),
            *(pl.when(~shown).then(name).alias(name) for name in KEPT_OF_A_SUBJECT),
        )
        .select(pl.col(OBSERVED_COLUMNS).cast(pl.String))
        .with_columns(pl.col(*dates).str.to_date("%Y-%m-%d"))
        .sort(key)
    )  # fmt: skip


def last_known(vintages: Sequence[tuple[date, pl.DataFrame]], key: Sequence[str]) -> pl.DataFrame:
    """The last row of each subject that any of the vintages shows, those that are gone among them.

    Args:
        vintages: dates and frames with the same columns, in order of date.
        key: columns that number a subject.

    Returns:
        The columns of the vintages, sorted by key.
    """
    return (
        pl.concat([frame for _, frame in sorted(vintages, key=lambda vintage: vintage[0])])
        .unique(key, keep="last", maintain_order=True)
        .sort(key)
    )


def _no_columns() -> pl.Expr:
    return pl.lit([], dtype=pl.List(pl.String))


def _changes(frame: pl.DataFrame, change_type: ChangeType, observed_date: date) -> pl.DataFrame:
    listed = [] if "changed_columns" in frame.columns else [_no_columns().alias("changed_columns")]
    return (
        frame.with_columns(listed)
        .with_columns(pl.lit(change_type).alias("change_type"), pl.lit(observed_date).alias("observed_date"))
        .select(pl.exclude("change_type", "changed_columns", "observed_date"), "change_type",
                "changed_columns", "observed_date")
    )  # fmt: skip


def _check_vintage(frame: pl.DataFrame, key: Sequence[str], compare: Sequence[str], name: str) -> None:
    missing = [c for c in [*key, *compare] if c not in frame.columns]
    if missing:
        raise RetorsionError(
            f"the {name} vintage lacks the columns {missing}; it has {frame.columns}. "
            "Read both with one reader"
        )
    if frame.is_empty():
        raise RetorsionError(f"the {name} vintage is empty. No published list is: fetch it again")
    if frame.select(pl.any_horizontal(pl.col(key).is_null().any())).item():
        raise RetorsionError(f"the {name} vintage has subjects without {list(key)}")
    double = frame.filter(pl.struct(key).is_duplicated()).select(key).unique().sort(key)
    if len(double):
        raise RetorsionError(
            f"the {name} vintage has {len(double)} subjects twice, such as {double.row(0)}. "
            "Collapse a list with a row for each alias to one row for each subject first"
        )


def _check_same_types(old: pl.DataFrame, new: pl.DataFrame, columns: Sequence[str]) -> None:
    other = [f"{c}: {old.schema[c]} and {new.schema[c]}" for c in columns if old.schema[c] != new.schema[c]]
    if other:
        raise RetorsionError(
            f"the vintages differ in the types of {'; '.join(other)}. Read both with one reader"
        )
