"""Findings on coordination: acts near the steps of a group, against chance, and what is left."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import root_acts
from retorsion.escalation.record import Part, Record
from retorsion.escalation.replies import answers_to_acts, links_of
from retorsion.estimators import drivers
from retorsion.estimators.coordination import Null, coincidence
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import plain
from retorsion.findings import NOT_ESTIMABLE, or_statement
from retorsion.sources.states import state_name


def coordination_part(record: Record) -> Part:
    """Acts of each side near steps of a group, against permutation nulls, and what is left.

    The question has a direction, more acts near a step than chance gives, and so have its p values: they are
    one-sided. Blocks are those of the test of excitation's timing, so that the rise at a break (acts and
    steps both crowd after an invasion) is held in the null.

    Returns:
        The main comparison by side, and answers among the acts near and far; frames ``coordination`` (all
        windows and nulls) and ``coordination_null`` (distribution of the main one).
    """
    options = record.choices.coordination
    before, main_days = options.days_before, options.main_days_after
    nulls: tuple[Null, ...] = ("circular_shift", "within_block")
    rows, distributions = [], []
    by_side: dict[str, Any] = {}
    for place, side in enumerate(record.pair):
        for after in sorted({*options.days_after, main_days}):
            for number, null in enumerate(nulls):
                is_main = after == main_days and number == 0
                try:
                    tested, distribution = _near(
                        record, side, after, null, record.rng(6, place, after, number)
                    )
                except NotEstimable as reason:
                    if is_main:
                        by_side[side] = {NOT_ESTIMABLE: str(reason)}
                    continue
                rows.append({"actor_code": side, **tested})
                if is_main:
                    by_side[side] = tested | {"answers": _answers_near(record, side, before, after)}
                    distributions.append(distribution.with_columns(pl.lit(side).alias("actor_code")))
    if not rows:
        raise NotEstimable(" ".join(dict.fromkeys(part[NOT_ESTIMABLE] for part in by_side.values())))
    table = pl.DataFrame(rows, infer_schema_length=None)
    tests = {
        side: {
            "n": len(own := record.of(side, table)),
            "n_below_0_05": int((own["p_value"] < 0.05).sum()),
            "smallest_p_value": own["p_value"].min(),
        }
        for side in record.pair
    }
    found = {
        "groups": sorted(_steps(record)["actor_code"].unique()),
        "days_before": before,
        "days_after": main_days,
        "breaks": [day for day in record.breaks() if record.dense()[0] < day <= record.dense()[1]],
        "by_side": by_side,
        "tests": tests,
        "method": (
            "acts moved circularly within blocks by whole weeks, no block crossing a break; acts of one day "
            "kept together; p one-sided: as many acts near, or more"
        ),
    }
    return found, {"coordination": table, "coordination_null": pl.concat(distributions)}


def _group_steps(record: Record) -> list[date]:
    """Days of the steps that acts may be coordinated with."""
    return _steps(record).filter(pl.col("date_precision") == "day")["event_date"].sort().to_list()


def _steps(record: Record) -> pl.DataFrame:
    """The steps of the calendar that the case names, which is about one of the two sides."""
    calendar = record.asked.calendar
    if calendar is None:
        raise NotEstimable(
            f"No calendar of the steps of a group of states is recorded for {' and '.join(record.names)}, so "
            "nothing is known to coordinate with."
        )
    return record.events.filter(
        pl.col("event_type").is_in(calendar.event_types) & (pl.col("target_code") == calendar.target_code)
    )


def _near(
    record: Record, side: str, after: int, null: Null, rng: np.random.Generator
) -> tuple[dict[str, Any], pl.DataFrame]:
    """One comparison with chance, with the middle of the null distribution, and that distribution."""
    start, end = record.dense()
    options = record.choices.coordination
    dated = record.of(side).filter(
        (pl.col("date_precision") == "day") & pl.col("act_date").is_between(start, end)
    )
    if len(dated) < options.min_acts:
        raise NotEstimable(
            f"{state_name(side)} has {len(dated)} hostile acts of known day from {start} to {end}; at least "
            f"{options.min_acts} are needed to tell coordination from chance."
        )
    tested = coincidence(
        dated["act_date"].to_list(),
        _group_steps(record),
        start,
        end,
        days_before=options.days_before,
        days_after=after,
        blocks=record.blocks(start, (end - start).days + 1),
        null=null,
        n_permutations=record.params.n_draws,
        rng=rng,
    )
    draws = np.repeat(tested.distribution["n_near"].to_numpy(), tested.distribution["n_draws"].to_numpy())
    tail = (1 - record.level) / 2
    values = tested.to_dict()
    del values["distribution"]
    limits = {
        "null_lower": int(np.quantile(draws, tail, method="lower")),
        "null_upper": int(np.quantile(draws, 1 - tail, method="higher")),
    }
    return values | limits, tested.distribution


def _answers_near(record: Record, side: str, before: int, after: int) -> dict[str, Any]:
    """Share of a side's acts that are stated answers to acts of the other, near a step and elsewhere."""
    start, end = record.dense()
    near = drivers.days_around(_group_steps(record), start, end, before=before, after=after)
    days = [start + timedelta(days=int(place)) for place in np.flatnonzero(near)]
    answers = set(answers_to_acts(links_of(record, record.choices.replies.named))["reply_act_id"])
    roots = dict(root_acts(record.acts).iter_rows())
    named = {roots.get(reply, reply) for reply in answers}
    own = record.of(side).filter(
        (pl.col("date_precision") == "day") & pl.col("act_date").is_between(start, end)
    )
    found = {}
    for name, chosen in (
        ("near", own.filter(pl.col("act_date").is_in(days))),
        ("far", own.filter(~pl.col("act_date").is_in(days))),
    ):
        n = int(chosen["act_id"].is_in(list(named)).sum())
        found[name] = plain(or_statement(partial(proportion, n, len(chosen), level=record.level)))
        found[name] |= {"n": len(chosen), "n_answers": n}
    return found
