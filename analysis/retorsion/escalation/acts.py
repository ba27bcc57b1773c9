"""Acts of a pair of states, ready to be counted.

An act with several targets has one row per target, and an announcement may be followed by the decision that
puts it into force; counting rows would count such an act more than once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from retorsion.dates import check_window
from retorsion.errors import NotEstimable, ParameterError, RetorsionError

#: Two states, the order of which fixes the order of every result.
Pair = tuple[str, str]

#: Prefix of the columns that hold intensity scales.
SCALE_PREFIX = "intensity_"

#: Precision of a date that is only the day of the first vintage of a list to show the act.
OBSERVED = "observed"


def scale_columns(acts: pl.DataFrame) -> list[str]:
    """Names of the intensity scales of ``acts``."""
    return [name for name in acts.columns if name.startswith(SCALE_PREFIX)]


def _strongest(scales: Sequence[str]) -> list[pl.Expr]:
    """Per group, the value of each scale that is farthest from zero (the hostile one in a draw)."""
    return [
        pl.col(name).sort_by(pl.col(name).abs(), pl.col(name), descending=True, nulls_last=True).first()
        for name in scales
    ]


def _merge(acts: pl.DataFrame, subjects: pl.Expr) -> pl.DataFrame:
    """One row per act_id, actor and addressee; other columns from the first row in (date, target) order."""
    keys = ["act_id", "actor_code", "addressee_code"]
    scales = scale_columns(acts)
    special = {"act_date", "n_subjects", "source_urls", "reply_to_act_id", *scales, *keys}
    order = [name for name in ("act_date", "act_id", "target_code") if name in acts.columns]
    merged = (
        acts.sort(order, maintain_order=True)
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("act_date").min(),
            *([subjects.alias("n_subjects")] if "n_subjects" in acts.columns else []),
            *([pl.col("reply_to_act_id").drop_nulls().first()] if "reply_to_act_id" in acts.columns else []),
            *(
                [pl.col("source_urls").unique(maintain_order=True).str.join(" ")]
                if "source_urls" in acts.columns
                else []
            ),
            *_strongest(scales),
            *(pl.col(name).first() for name in acts.columns if name not in special),
        )
    )
    return merged.select(acts.columns).sort("act_date", "actor_code", "act_id", "addressee_code")


def one_row_per_act(acts: pl.DataFrame) -> pl.DataFrame:
    """Acts with one row per act, actor and addressee, whatever the number of targets.

    Args:
        acts: columns act_id, actor_code, addressee_code, act_date and any others of the table of acts.

    Returns:
        The same columns, sorted by date. Subjects are summed over targets (null where none is counted), each
        intensity is the one farthest from zero, source pages are joined, the rest comes from the first
        target.
    """
    counted = pl.when(pl.col("n_subjects").is_not_null().any()).then(pl.col("n_subjects").sum())
    return _merge(acts, counted)


def root_acts(acts: pl.DataFrame) -> pl.DataFrame:
    """For every act the first act of its chain of formalisations.

    Args:
        acts: columns act_id and formalises_act_id (null where the act formalises none).

    Returns:
        Frame act_id, root_act_id. An act that formalises one outside the frame is its own root.

    Raises:
        RetorsionError: a chain leads back to itself.
    """
    known = set(acts["act_id"])
    earlier = {
        act: formalised
        for act, formalised in acts.select("act_id", "formalises_act_id").iter_rows()
        if formalised in known
    }
    roots = {}
    for act in sorted(known):
        seen, root = {act}, act
        while root in earlier:
            root = earlier[root]
            if root in seen:
                raise RetorsionError(
                    f"acts, column 'formalises_act_id', value {act!r}: the chain of formalisations leads "
                    "back to itself. Correct the link in the ledger"
                )
            seen.add(root)
        roots[act] = root
    return pl.DataFrame(
        {"act_id": list(roots), "root_act_id": list(roots.values())},
        schema={"act_id": pl.String, "root_act_id": pl.String},
    )


def count_formalised_once(acts: pl.DataFrame) -> pl.DataFrame:
    """Acts in which an announcement and what puts it into force are one act, on the day it was announced.

    Args:
        acts: one row per act (see :func:`one_row_per_act`) with column formalises_act_id.

    Returns:
        The same columns: act_id is that of the first act of the chain, the date the earliest, each intensity
        the one farthest from zero, the number of subjects the largest in the chain (a decision repeats the
        subjects it announced). Replies to a later act of the chain refer to the first one.
    """
    roots = dict(root_acts(acts).iter_rows())
    renamed = acts.with_columns(pl.col("act_id").replace(roots))
    if "reply_to_act_id" in acts.columns:
        renamed = renamed.with_columns(pl.col("reply_to_act_id").replace(roots))
    return _merge(renamed, pl.col("n_subjects").max())


def acts_between(
    acts: pl.DataFrame,
    pair: Pair,
    start: date,
    end: date,
    *,
    formalised_once: bool = False,
    day_precision: bool = False,
    yearly: bool = False,
) -> pl.DataFrame:
    """Acts of the two states towards each other within a window, one row per act.

    Acts of which only a vintage of a list is known are left out: the day of the vintage is not their date
    (see :func:`undated_between`). So are acts of types that come every year, unless they are asked for: they show
    a year's routine rather than an answer, and a record that has them in some years only would show a rise.

    Args:
        acts: the table of acts.
        pair: codes of the two states.
        start: first day of the window.
        end: last day of the window, included.
        formalised_once: count an announcement and what puts it into force once
            (:func:`count_formalised_once`).
        day_precision: leave out acts of which only the month is known.
        yearly: with acts of types that come every year, such as a bluebook or a rally.

    Returns:
        Rows of ``acts`` in either direction, sorted by date, actor and act; may be empty.

    Raises:
        ParameterError: the pair is one state, or the window ends before it starts.
    """
    check_window(start, end)
    if pair[0] == pair[1]:
        raise ParameterError(f"pair {pair}: a state does not act towards itself. Name two states")
    chosen = acts.filter(_of_pair(pair))
    if "date_precision" in chosen.columns:
        chosen = chosen.filter(pl.col("date_precision").ne_missing(OBSERVED))
    if not yearly and "is_yearly" in chosen.columns:
        chosen = chosen.filter(pl.col("is_yearly").not_())
    chosen = one_row_per_act(chosen)
    if formalised_once:
        chosen = count_formalised_once(chosen)
    if day_precision:
        chosen = chosen.filter(pl.col("date_precision") == "day")
    return chosen.filter(pl.col("act_date").is_between(start, end))


def undated_between(acts: pl.DataFrame, pair: Pair, start: date, end: date) -> pl.DataFrame:
    """Acts of the two states towards each other of which only the vintage that first shows them is known.

    Args:
        acts: the table of acts.
        pair: codes of the two states.
        start: first day of the window.
        end: last day, included; vintages within the window count.

    Returns:
        Rows of ``acts``, one per act, sorted by date; they can be counted and have no place in time.
    """
    observed = acts.filter(
        _of_pair(pair) & (pl.col("date_precision") == OBSERVED) & pl.col("act_date").is_between(start, end)
    )
    return one_row_per_act(observed)


def _of_pair(pair: Pair) -> pl.Expr:
    """Whether an act is one of either state towards the other."""
    first, second = pair
    return ((pl.col("actor_code") == first) & (pl.col("addressee_code") == second)) | (
        (pl.col("actor_code") == second) & (pl.col("addressee_code") == first)
    )


def daily_counts(
    acts: pl.DataFrame, pair: Pair, start: date, end: date, *, active_days: bool = False
) -> np.ndarray:
    """Acts per day and side.

    Args:
        acts: one row per act, as :func:`acts_between` returns them.
        pair: codes of the two states; column 0 is the first one's acts.
        start: day of row 0.
        end: day of the last row.
        active_days: 1 for a day with any act instead of their number.

    Returns:
        Whole numbers of shape (days, 2).

    Raises:
        NotEstimable: there is no act in the window.
    """
    check_window(start, end)
    counts = np.zeros(((end - start).days + 1, 2))
    for side, actor in enumerate(pair):
        days = acts.filter(
            (pl.col("actor_code") == actor) & pl.col("act_date").is_between(start, end)
        ).select((pl.col("act_date") - start).dt.total_days())
        np.add.at(counts[:, side], days.to_series().to_numpy(), 1.0)
    if not counts.any():
        raise NotEstimable(f"No act between {pair[0]} and {pair[1]} is recorded from {start} to {end}.")
    return np.minimum(counts, 1.0) if active_days else counts
