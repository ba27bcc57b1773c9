"""Findings over cases: the same quantities side by side, pooled in part, and what they cannot tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from retorsion.comparison.chains import ENDS, Ends, chains
from retorsion.comparison.pairs import CaseActs, case_acts, within
from retorsion.comparison.quantities import (
    answer_rates,
    in_kind,
    lags,
    proportion_pairs,
    proportions,
)
from retorsion.errors import NotEstimable
from retorsion.estimators.daily_hawkes import DailyData, DailyModel
from retorsion.estimators.pooled import compare_pooled, fit_pooled
from retorsion.estimators.proportions import proportion
from retorsion.estimators.random_effects import pool_cases
from retorsion.estimators.results import plain
from retorsion.findings import NOT_ESTIMABLE, or_statement, statement_frame
from retorsion.params import Case, ComparisonChoices, Params

Frames = dict[str, pl.DataFrame]

#: The frames that the comparison gives, whatever the cases.
FRAMES = (
    "answer_rates", "chain_steps", "chains", "excitation", "excitation_scores", "in_kind", "lags", "pooled",
    "proportion_pairs", "proportions",
)  # fmt: skip


def compare(
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    events: pl.DataFrame,
    cases: Sequence[Case],
    *,
    params: Params,
) -> tuple[dict[str, Any], Frames]:
    """The same quantities over cases and their episodes.

    Args:
        acts: table ``acts``.
        replies: table ``replies``.
        events: table ``context_events``.
        cases: what is asked of each pair.
        params: the choices that all cases share.

    Returns:
        values: cases, first_moves, chains, pooled, excitation, limits; rows of :data:`FRAMES`. What cannot be
        estimated is a statement.
    """
    choices, level, hostile = params.comparison, params.level, params.escalation.hostile
    whole = {
        case.name: case_acts(acts, replies, case, hostile_scale=hostile.scale, hostile_above=hostile.above)
        for case in cases
    }
    spans: dict[str, CaseActs] = {}
    for case in cases:
        spans[case.name] = whole[case.name]
        for name, span in case.comparison.episodes.items():
            spans[f"{case.name}: {name}"] = within(whole[case.name], span.start, span.end)
    rows = _quantities(spans, choices, level)
    told, steps = _chains(whole, cases, events, choices)
    rows |= {"chains": told, "chain_steps": steps}
    pooled = _pooled(rows, list(whole), level)
    rows["pooled"] = _frame(pooled["rows"])
    excitation, more = _excitation(whole, cases, choices, level)
    rows |= more
    values = {
        "cases": [
            {
                "case": one.name,
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "n_acts": len(one.acts),
                "n_hostile": int(one.acts["is_hostile"].sum()),
                "n_answers": one.pairs["reply_act_id"].n_unique(),
            }
            for one in whole.values()
        ],
        "first_moves": _first_moves(told, whole, choices, level),
        "chains": _told_chains(told),
        "pooled": pooled["values"],
        "excitation": excitation,
        "limits": _limits(len(cases)),
    }
    plain_values: dict[str, Any] = plain(values)
    return plain_values, {name: rows.get(name, statement_frame({})) for name in FRAMES}


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None) if rows else statement_frame({})


def _quantities(spans: Mapping[str, CaseActs], choices: ComparisonChoices, level: float) -> Frames:
    parts: dict[str, list[dict[str, Any]]] = {
        "answer_rates": [],
        "lags": [],
        "in_kind": [],
        "proportions": [],
    }
    minimum = choices.min_acts
    for name, one in spans.items():
        found = {
            "answer_rates": answer_rates(one, within_days=choices.within_days, min_acts=minimum, level=level),
            "lags": lags(one, min_acts=minimum, level=level),
            "in_kind": in_kind(one, min_acts=minimum, level=level),
            "proportions": proportions(one, level=level),
        }
        for part, given in found.items():
            parts[part] += [{"span": name, **row} for row in given]
    pairs = pl.concat([proportion_pairs(one) for name, one in spans.items() if ":" not in name])
    if pairs.is_empty():
        pairs = statement_frame(
            {NOT_ESTIMABLE: "No answer and what it answered are measured in the same way."}
        )
    return {name: _frame(given) for name, given in parts.items()} | {"proportion_pairs": pairs}


def _chains(
    whole: Mapping[str, CaseActs], cases: Sequence[Case], events: pl.DataFrame, choices: ComparisonChoices
) -> tuple[pl.DataFrame, pl.DataFrame]:
    told, steps = [], []
    for case in cases:
        days = events.filter(
            pl.col("event_type").is_in(list(case.escalation.break_event_types))
            & pl.col("event_date").is_not_null()
        )["event_date"].to_list()
        one, path = chains(whole[case.name], Ends(choices.truce_types, days, choices.end_days))
        told.append(one)
        steps.append(path)
    return pl.concat(told), pl.concat(steps)


def _first_moves(
    told: pl.DataFrame, whole: Mapping[str, CaseActs], choices: ComparisonChoices, level: float
) -> list[dict[str, Any]]:
    """Share of the chains of a case that the first of its two sides began."""
    rows = []
    for name, one in whole.items():
        own = told.filter(pl.col("case") == name)
        first = one.pair[0]
        n, k = len(own), len(own.filter(pl.col("first_actor_code") == first))

        def share(n: int = n, k: int = k) -> dict[str, Any]:
            if n < choices.min_acts:
                raise NotEstimable(f"{n} chains are too few to tell who begins them.")
            found = proportion(k, n, level=level)
            return {"estimate": found.estimate, "lower": found.lower, "upper": found.upper}

        rows.append({"case": name, "actor_code": first, "n": n, "k": k, **or_statement(share)})
    return rows


def _told_chains(told: pl.DataFrame) -> list[dict[str, Any]]:
    """Number, length and ends of the chains of each case."""
    rows = []
    for (name,), own in told.group_by("case", maintain_order=True):
        ends = own["end_type"].value_counts().sort("end_type")
        rows.append(
            {
                "case": name,
                "n": len(own),
                "longest": int(own["n_acts"].max()),  # type: ignore[arg-type]
                "median": float(own["n_acts"].median()),  # type: ignore[arg-type]
                "ends": [{"end_type": kind, "words": ENDS[kind], "n": n} for kind, n in ends.iter_rows()],
            }
        )
    return sorted(rows, key=lambda row: str(row["case"]))


def _pooled(rows: Frames, names: Sequence[str], level: float) -> dict[str, Any]:
    """Quantities of the cases pooled in part: rates on the logit scale, ratios and lags on the log scale."""
    wanted: dict[str, tuple[pl.DataFrame, str]] = {}
    rates = rows["answer_rates"].filter(pl.col("span").is_in(list(names)))
    for asked in ("deed", "word"):
        for answer in ("deed", "word"):
            own = rates.filter((pl.col("asked_type") == asked) & (pl.col("answer_type") == answer))
            wanted[f"{asked} answered by {answer}"] = (own, "share")
    wanted["in kind"] = (rows["in_kind"].filter(pl.col("span").is_in(list(names))), "share")
    ratios = rows["proportions"].filter(pl.col("span").is_in(list(names)))
    for words in ratios["words"].unique().sort():
        wanted[f"ratio of {words}"] = (ratios.filter(pl.col("words") == words), "ratio")
    table, values = [], {}
    for quantity, (own, kind) in wanted.items():
        try:
            found = _pool_one(own, names, kind, level)
        except NotEstimable as reason:
            values[quantity] = {NOT_ESTIMABLE: str(reason)}
            continue
        values[quantity] = {name: found[name] for name in found if name != "cases"}
        table += [{"quantity": quantity, **row} for row in found["cases"]]
    return {"values": values, "rows": table}


def _pool_one(own: pl.DataFrame, names: Sequence[str], kind: str, level: float) -> dict[str, Any]:
    estimates: list[float | None] = []
    errors: list[float | None] = []
    for name in names:
        one = own.filter(pl.col("span") == name)
        value, error = _of_share(one) if kind == "share" else _of_ratio(one, level)
        estimates.append(value)
        errors.append(error)
    found = pool_cases(list(names), estimates, errors, level=level)
    back = (lambda x: 1 / (1 + math.exp(-x))) if kind == "share" else math.exp

    def outward(value: float | None) -> float | None:
        return None if value is None else back(value)

    return {
        "n_cases": found.n,
        "estimate": back(found.mean),
        "lower": back(found.lower),
        "upper": back(found.upper),
        "next_lower": outward(found.predicted_lower),
        "next_upper": outward(found.predicted_upper),
        "spread": found.spread,
        "heterogeneity": found.heterogeneity,
        "log_score_pooled": found.log_score_pooled,
        "log_score_common": found.log_score_common,
        "cases": [
            {
                "case": row["case"],
                "alone": outward(row["estimate"]),
                "pooled": back(row["pooled"]),
                "lower": back(row["lower"]),
                "upper": back(row["upper"]),
                "weight": row["weight"],
            }
            for row in found.cases.iter_rows(named=True)
        ],
    }


def _of_share(one: pl.DataFrame) -> tuple[float | None, float | None]:
    """Logit of a share over both sides and its standard error, with half a case added to each count."""
    n, k = int(one["n"].sum()), int(one["k"].sum())
    if n == 0:
        return None, None
    yes, no = k + 0.5, n - k + 0.5
    return math.log(yes / no), math.sqrt(1 / yes + 1 / no)


def _of_ratio(one: pl.DataFrame, level: float) -> tuple[float | None, float | None]:
    """Log of a ratio and its standard error, from the interval of Student's t behind it."""
    if one.is_empty() or one["estimate"][0] is None or one["upper"][0] <= one["lower"][0]:
        return None, None
    centre, upper = math.log(float(one["estimate"][0])), math.log(float(one["upper"][0]))
    return centre, (upper - centre) / float(stats.t.ppf(0.5 + level / 2, int(one["n"][0]) - 1))


def _excitation(
    whole: Mapping[str, CaseActs], cases: Sequence[Case], choices: ComparisonChoices, level: float
) -> tuple[dict[str, Any], Frames]:
    """Hostile packages a day by side, with partial pooling over the cases and a test on days kept aside."""
    data = {case.name: daily(whole[case.name], case) for case in cases}
    model = DailyModel(half_life_limits=choices.half_life_limits)
    try:
        fit = fit_pooled(data, model, level=level, min_pairs=2)
    except NotEstimable as reason:
        return {NOT_ESTIMABLE: str(reason)}, {}
    rows: Frames = {"excitation": fit.pairs}
    values: dict[str, Any] = {
        "kinds": fit.kinds.to_dicts(),
        "n_iterations": fit.n_iterations,
        "is_converged": fit.is_converged,
    }
    try:
        scores = compare_pooled(data, model, test_share=choices.test_share, min_pairs=2)
    except NotEstimable as reason:
        values["scores"] = {NOT_ESTIMABLE: str(reason)}
        return values, rows
    values["scores"] = scores.filter(pl.col("pair").is_null()).drop("pair", "alone").row(0, named=True)
    return values, rows | {"excitation_scores": scores}


def daily(case: CaseActs, asked: Case) -> DailyData:
    """Hostile packages of each side on each day of the dense span of a case, each on its first day."""
    first = max(asked.escalation.dense.start, case.start)
    last = min(asked.escalation.dense.end, case.end)
    packages = (
        case.acts.filter(pl.col("is_hostile") & pl.col("day").is_between(first, last))
        .group_by("package_id")
        .agg(pl.col("actor_code").first(), pl.col("day").min())
    )
    counts = np.zeros(((last - first).days + 1, 2))
    for actor, day in packages.select("actor_code", "day").iter_rows():
        counts[(day - first).days, case.pair.index(actor)] += 1
    return DailyData(case.pair, first, counts)


def _limits(n_cases: int) -> list[str]:
    """What so few cases cannot tell."""
    return [
        f"{n_cases} cases were chosen because they are known for answers. Pairs that let acts pass unanswered are not "
        "among them, so no rate here is that of states in general.",
        "A stated answer is one that a source calls an answer. Where one side explains itself more often than the "
        "other, it seems to answer more.",
        "The spread between so few cases is hardly known: what a further case would show may lie far outside the "
        "interval of the mean.",
        "The ends of chains are read from the record by a rule; a truce that follows an answer need not have been "
        "brought about by it.",
    ]
