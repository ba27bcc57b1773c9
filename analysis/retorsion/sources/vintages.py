"""What changed between two vintages of a list, for lists that state no dates themselves.

Three things this cannot tell, and so never says. The first vintage is not news: its subjects were listed at
some time before. A subject that is gone is not known to be revoked by an act: it is absent. And the day a
change is first observed is not the day it was made: it never stands in a column for official dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
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
    if old is not None:
        _check_same_types(old, new, [*key, *compare])
    changes = changed_rows(new if old is None else old, new, key, compare, shrink_limit=shrink_limit)
    return changes.with_columns(
        pl.col("change_type").replace_strict(_OF_SUBJECTS), pl.lit(observed_date).alias("observed_date")
    ).sort("change_type", *key)


#: What a change of a row is, where rows are subjects.
_OF_SUBJECTS: dict[str, ChangeType] = {"added": "designated", "removed": "removed", "altered": "amended"}


def changed_rows(
    old: pl.DataFrame,
    new: pl.DataFrame,
    key: Sequence[str],
    compare: Sequence[str],
    *,
    shrink_limit: float,
    what: str = "the list",
) -> pl.DataFrame:
    """Rows that were added, removed or altered between two vintages of a table.

    Args:
        old: rows of the pinned vintage.
        new: rows of the newest one.
        key: columns that number a row; rows with one key are told apart by their order. Empty compares whole
            rows, which can be added and removed only.
        compare: columns whose alteration is a change; without a key, those that make a row.
        shrink_limit: largest part of the old rows that may be gone.
        what: name for messages.

    Returns:
        Key columns, ``change_type`` (added, removed, altered), ``changed_columns``; sorted.

    Raises:
        RetorsionError: columns differ, the new vintage is empty, or more rows are gone than may be.
    """
    by = list(key) or list(compare)
    if missing := sorted({*by, *compare} - {*old.columns} | ({*by, *compare} - {*new.columns})):
        raise RetorsionError(f"{what}: the vintages differ in the columns {missing}")
    if new.is_empty():
        raise RetorsionError(f"{what}: the new vintage has no rows that can be read. Fetch it again")
    first, second = (
        frame.select(*by, *(compare if key else [])).with_columns(
            pl.int_range(pl.len()).over(by).alias(_ORDER)
        )
        for frame in (old, new)
    )
    on = [*by, _ORDER]
    gone = first.select(on).join(second.select(on), on=on, how="anti", nulls_equal=True)
    if len(gone) > shrink_limit * len(old):
        raise RetorsionError(
            f"{what}: the new vintage lacks {len(gone)} of the {len(old)} rows of the old one, more than the "
            f"{shrink_limit:.0%} that may go in one step. Fetch it again; if it is right, raise --shrink-limit"
        )
    come = second.select(on).join(first.select(on), on=on, how="anti", nulls_equal=True)
    parts = [_changed(come, "added"), _changed(gone, "removed")]
    if key and compare:
        both = first.join(second, on=on, suffix="\0new", nulls_equal=True)
        differs = [
            pl.when(pl.col(name).ne_missing(pl.col(f"{name}\0new"))).then(pl.lit(name)) for name in compare
        ]
        altered = both.select(*on, pl.concat_list(differs).list.drop_nulls().alias("changed_columns"))
        parts.append(_changed(altered.filter(pl.col("changed_columns").list.len() > 0), "altered"))
    return pl.concat(parts).drop(_ORDER).sort("change_type", *by)


_ORDER = "\0order"


def _changed(rows: pl.DataFrame, change_type: str) -> pl.DataFrame:
    if "changed_columns" not in rows.columns:
        rows = rows.with_columns(pl.lit([], dtype=pl.List(pl.String)).alias("changed_columns"))
    return rows.select(
        pl.exclude("changed_columns"), pl.lit(change_type).alias("change_type"), "changed_columns"
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
