"""Findings on coordination: acts near the steps of a group, against chance, and what is left."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import root_acts
from retorsion.escalation.case import Case, Part, or_statement
from retorsion.escalation.findings_replies import answers_to_acts, links_of
from retorsion.estimators import drivers
from retorsion.estimators.coordination import Null, coincidence
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import plain
from retorsion.findings import NOT_ESTIMABLE


def coordination_part(case: Case) -> Part:
    """Acts of each side near steps of a group, against permutation nulls, and what is left.

    The question has a direction, more acts near a step than chance gives, and so have its p values: they are
    one-sided. Blocks are those of the test of excitation's timing, so that the rise at a break (acts and
    steps both crowd after an invasion) is held in the null.

    Returns:
        The main comparison by side, and answers among the acts near and far; frames ``coordination`` (all
        windows and nulls) and ``coordination_null`` (distribution of the main one).
    """
    options = case.option("coordination")
    before, main_days = int(options["days_before"]), int(options["main_days_after"])
    nulls: tuple[Null, ...] = ("circular_shift", "within_block")
    rows, distributions = [], []
    by_side: dict[str, Any] = {}
    for place, side in enumerate(case.pair):
        for after in sorted({*(int(days) for days in options["days_after"]), main_days}):
            for number, null in enumerate(nulls):
                is_main = after == main_days and number == 0
                try:
                    tested, distribution = _near(case, side, after, null, case.rng(6, place, after, number))
                except NotEstimable as reason:
                    if is_main:
                        by_side[side] = {NOT_ESTIMABLE: str(reason)}
                    continue
                rows.append({"actor_code": side, **tested})
                if is_main:
                    by_side[side] = tested | {"answers": _answers_near(case, side, before, after)}
                    distributions.append(distribution.with_columns(pl.lit(side).alias("actor_code")))
    if not rows:
        raise NotEstimable(" ".join(dict.fromkeys(part[NOT_ESTIMABLE] for part in by_side.values())))
    table = pl.DataFrame(rows, infer_schema_length=None)
    tests = {
        side: {
            "n": len(own := case.of(side, table)),
            "n_below_0_05": int((own["p_value"] < 0.05).sum()),
            "smallest_p_value": own["p_value"].min(),
        }
        for side in case.pair
    }
    kinds = list(options["event_types"])
    found = {
        "groups": sorted(case.events.filter(pl.col("event_type").is_in(kinds))["actor_code"].unique()),
        "days_before": before,
        "days_after": main_days,
        "breaks": [day for day in case.breaks() if case.dense()[0] < day <= case.dense()[1]],
        "by_side": by_side,
        "tests": tests,
        "method": (
            "acts moved circularly within blocks by whole weeks, no block crossing a break; acts of one day "
            "kept together; p one-sided: as many acts near, or more"
        ),
    }
    return found, {"coordination": table, "coordination_null": pl.concat(distributions)}


def _group_steps(case: Case) -> list[date]:
    """Days of the steps that acts may be coordinated with."""
    kinds = list(case.option("coordination", "event_types"))
    steps = case.events.filter(pl.col("event_type").is_in(kinds) & (pl.col("date_precision") == "day"))
    return steps["event_date"].sort().to_list()


def _near(
    case: Case, side: str, after: int, null: Null, rng: np.random.Generator
) -> tuple[dict[str, Any], pl.DataFrame]:
    """One comparison with chance, with the middle of the null distribution, and that distribution."""
    start, end = case.dense()
    options = case.option("coordination")
    dated = case.of(side).filter(
        (pl.col("date_precision") == "day") & pl.col("act_date").is_between(start, end)
    )
    if len(dated) < int(options["min_acts"]):
        raise NotEstimable(
            f"{side} has {len(dated)} hostile acts of known day from {start} to {end}; at least "
            f"{options['min_acts']} are needed to tell coordination from chance."
        )
    tested = coincidence(
        dated["act_date"].to_list(),
        _group_steps(case),
        start,
        end,
        days_before=int(options["days_before"]),
        days_after=after,
        blocks=case.blocks(start, (end - start).days + 1),
        null=null,
        n_permutations=int(case.option("n_draws")),
        rng=rng,
    )
    draws = np.repeat(tested.distribution["n_near"].to_numpy(), tested.distribution["n_draws"].to_numpy())
    tail = (1 - case.level) / 2
    values = tested.to_dict()
    del values["distribution"]
    limits = {
        "null_lower": int(np.quantile(draws, tail, method="lower")),
        "null_upper": int(np.quantile(draws, 1 - tail, method="higher")),
    }
    return values | limits, tested.distribution


def _answers_near(case: Case, side: str, before: int, after: int) -> dict[str, Any]:
    """Share of a side's acts that are stated answers to acts of the other, near a step and elsewhere."""
    start, end = case.dense()
    near = drivers.days_around(_group_steps(case), start, end, before=before, after=after)
    days = [start + timedelta(days=int(place)) for place in np.flatnonzero(near)]
    answers = set(answers_to_acts(links_of(case, case.option("replies", "named")))["reply_act_id"])
    roots = dict(root_acts(case.acts).iter_rows())
    named = {roots.get(reply, reply) for reply in answers}
    own = case.of(side).filter(
        (pl.col("date_precision") == "day") & pl.col("act_date").is_between(start, end)
    )
    found = {}
    for name, chosen in (
        ("near", own.filter(pl.col("act_date").is_in(days))),
        ("far", own.filter(~pl.col("act_date").is_in(days))),
    ):
        n = int(chosen["act_id"].is_in(list(named)).sum())
        found[name] = plain(or_statement(partial(proportion, n, len(chosen), level=case.level)))
        found[name] |= {"n": len(chosen), "n_answers": n}
    return found
