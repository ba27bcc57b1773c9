"""Quantities of one case or episode: who answers, how fast, in kind, in proportion, and who moves first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from retorsion.comparison.pairs import MEASURES, CaseActs
from retorsion.errors import NotEstimable
from retorsion.estimators.proportions import proportion, proportionality
from retorsion.findings import or_statement

#: Kinds of acts: both together, deeds, words.
KINDS = ("any", "deed", "word")


def _is_kind(kind: str, column: str) -> pl.Expr:
    return {"any": pl.lit(True), "deed": pl.col(column), "word": ~pl.col(column)}[kind]


def answer_rates(case: CaseActs, *, within_days: int, min_acts: int, level: float) -> list[dict[str, Any]]:
    """Share of hostile packages that the other side answered in time, by actor, kind asked and kind of answer.

    A package counts once, on the day of its first act. Packages too near the end of the window to have been
    answered in time are left out.

    Args:
        case: the acts.
        within_days: an answer later is none.
        min_acts: fewer packages are too thin.
        level: of the intervals (Wilson).

    Returns:
        One row for each actor, kind asked and kind of answer: n, k, estimate, lower, upper, not_estimable.
    """
    hostile = case.acts.filter(pl.col("is_hostile") & pl.col("day").is_not_null())
    packages = hostile.group_by("package_id").agg(
        pl.col("actor_code").first(), pl.col("day").min(), pl.col("is_deed").any()
    )
    packages = packages.filter(pl.col("day") <= case.end - timedelta(days=within_days))
    rows = []
    for actor in case.pair:
        for asked in KINDS:
            own = packages.filter((pl.col("actor_code") == actor) & _is_kind(asked, "is_deed"))
            for answer in KINDS:
                timely = case.pairs.filter(
                    (pl.col("lag_days") <= within_days)
                    & (pl.col("lag_days") >= 0)
                    & _is_kind(answer, "is_deed")
                )
                answered = hostile.filter(pl.col("act_id").is_in(timely["act_id"].unique().implode())).select(
                    "package_id"
                )
                k = len(own.join(answered.unique(), on="package_id", how="semi"))
                rows.append(
                    {
                        "case": case.name,
                        "actor_code": actor,
                        "asked_type": asked,
                        "answer_type": answer,
                        "n": len(own),
                        "k": k,
                        **_limits(partial(_share, k, len(own), min_acts, level)),
                    }
                )
    return rows


def _share(k: int, n: int, minimum: int, level: float) -> dict[str, Any]:
    if n < minimum:
        raise NotEstimable(f"{n} acts are too few to tell a rate.")
    found = proportion(k, n, level=level)
    return {"estimate": found.estimate, "lower": found.lower, "upper": found.upper}


def _limits(estimate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    found = or_statement(estimate)
    blank = {"estimate": None, "lower": None, "upper": None, "not_estimable": None}
    return {**blank, **found}


def lags(case: CaseActs, *, min_acts: int, level: float) -> list[dict[str, Any]]:
    """Median days from an act to a stated answer, by who answers and the kind of answer.

    The interval is that of the order statistics, which asks nothing of the law of lags.
    """
    rows = []
    for actor in case.pair:
        for kind in KINDS:
            own = case.pairs.filter(
                (pl.col("reply_actor_code") == actor)
                & _is_kind(kind, "is_deed")
                & pl.col("lag_days").is_not_null()
            )
            first = own.group_by("reply_act_id").agg(pl.col("lag_days").min())["lag_days"].sort().to_numpy()
            rows.append(
                {
                    "case": case.name,
                    "answering_code": actor,
                    "answer_type": kind,
                    "n": len(first),
                    "same_or_next_day": float((first <= 1).mean()) if len(first) else None,
                    **_limits(partial(_median, first, min_acts, level)),
                }
            )
    return rows


def _median(days: Any, minimum: int, level: float) -> dict[str, Any]:
    n = len(days)
    if n < minimum:
        raise NotEstimable(f"{n} dated answers are too few to tell a median lag.")
    low = int(stats.binom.ppf((1 - level) / 2, n, 0.5))
    return {
        "estimate": float(np.median(days)),
        "lower": float(days[max(low - 1, 0)]),
        "upper": float(days[min(n - low, n - 1)]),
    }


def in_kind(case: CaseActs, *, min_acts: int, level: float) -> list[dict[str, Any]]:
    """Share of stated answers in the domain of what they answer (sanction, trade measure, diplomacy)."""
    rows = []
    for actor in case.pair:
        main = case.pairs.filter(
            (pl.col("reply_actor_code") == actor) & pl.col("is_main") & pl.col("is_deed")
        )
        k, n = int(main["is_in_kind"].sum()), len(main)
        rows.append(
            {
                "case": case.name,
                "answering_code": actor,
                "n": n,
                "k": k,
                **_limits(partial(_share, k, n, min_acts, level)),
            }
        )
    return rows


def proportions(case: CaseActs, *, level: float) -> list[dict[str, Any]]:
    """How much an answer hits for each unit that was hit: value, points of tariff, lines, persons.

    Only pairs count in which both sides are known and raise something; an answer with several acts behind it counts
    against the main one.

    Returns:
        One row for each measure: n, n_equal, estimate (geometric mean ratio), lower, upper, median, not_estimable.
    """
    rows = []
    main = case.pairs.filter(pl.col("is_main"))
    for measure, words in MEASURES.items():
        both = main.filter((pl.col(measure) > 0) & (pl.col(f"reply_{measure}") > 0))
        answer, asked = both[f"reply_{measure}"].to_numpy(), both[measure].to_numpy()

        def ratio(answer: Any = answer, asked: Any = asked) -> dict[str, Any]:
            found = proportionality(answer, asked, level=level)
            return {
                "estimate": found.geometric_mean,
                "lower": found.lower,
                "upper": found.upper,
                "median": found.median,
                "n_equal": found.n_equal,
            }

        rows.append(
            {
                "case": case.name,
                "measure": measure,
                "words": words,
                "n": len(both),
                "median": None,
                "n_equal": None,
                **_limits(ratio),
            }
        )
    return rows


def proportion_pairs(case: CaseActs) -> pl.DataFrame:
    """Every pair of an answer and what it answers of which one measure is known on both sides.

    Returns:
        case, measure, act_id, reply_act_id, reply_actor_code, day, asked, answer, ratio.
    """
    parts = [
        case.pairs.filter(
            pl.col("is_main") & (pl.col(measure) > 0) & (pl.col(f"reply_{measure}") > 0)
        ).select(
            pl.lit(case.name).alias("case"),
            pl.lit(measure).alias("measure"),
            "act_id",
            "reply_act_id",
            "reply_actor_code",
            "day",
            pl.col(measure).alias("asked"),
            pl.col(f"reply_{measure}").alias("answer"),
            (pl.col(f"reply_{measure}") / pl.col(measure)).alias("ratio"),
        )
        for measure in MEASURES
    ]
    return pl.concat(parts).sort("case", "measure", "day", "reply_act_id")
