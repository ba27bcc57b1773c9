"""Findings on replies: who answers, how fast, in what kind and in what proportion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import root_acts
from retorsion.escalation.links import (
    answer_rate,
    candidate_links,
    in_kind_share,
    link_quality,
    proportionality,
    stated_links,
    waiting_times,
)
from retorsion.escalation.record import Frames, Part, Record, both_sides, day_done, is_verbal
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import plain
from retorsion.estimators.survival import SurvivalCurve, cox_regression, kaplan_meier
from retorsion.findings import or_statement
from retorsion.sources.states import state_name

_NEEDED = (
    "act_id",
    "actor_code",
    "addressee_code",
    "act_date",
    "date_precision",
    "domain_type",
    "act_type",
    "n_subjects",
)
_CONTEXT = "context"
#: Least lag of the rule that infers links, in days: the order of acts of one day is unknown.
_LEAST_LAG = 1


def _linkable(record: Record) -> pl.DataFrame:
    """Acts as recorded, and events of one side that the other may answer, in the columns of a link.

    The day of each is the day it was done, or where that is not stated, the day it was announced.
    """
    first, second = record.pair
    other = pl.when(pl.col("actor_code") == first).then(pl.lit(second)).otherwise(pl.lit(first))
    events = record.events.filter(
        pl.col("actor_code").is_in(record.pair) & pl.col("event_date").is_between(record.start, record.end)
    ).select(
        pl.col("event_id").alias("act_id"),
        "actor_code",
        other.alias("addressee_code"),
        day_done("event_date").alias("act_date"),
        "date_precision",
        pl.lit(_CONTEXT).alias("domain_type"),
        pl.col("event_type").alias("act_type"),
        pl.lit(None, dtype=record.acts.schema["n_subjects"]).alias("n_subjects"),
    )
    acts = record.acts.with_columns(day_done("act_date").alias("act_date")).select(_NEEDED)
    return pl.concat([acts, events], how="vertical_relaxed")


def links_of(record: Record, answers: Sequence[str]) -> pl.DataFrame:
    """Stated links between the two sides whose ``answers_type`` is one of ``answers``.

    Returns:
        As :func:`retorsion.escalation.links.stated_links`, with answers_type, is_main, root_act_id (the act
        under which the answered one is counted), root_lag_days (from the day that act was done),
        is_deed (the reply does something rather than says something), answered_is_deed and answered_type:
        ``hostile_act`` as counted, ``other_act`` or ``event``.
    """
    hostile = record.hostile["act_id"].to_list()
    stated = record.replies.filter(pl.col("answers_type").is_in(list(answers)))
    linkable = _linkable(record)
    roots = dict(root_acts(record.acts).iter_rows())
    root_day = dict(record.acts.select("act_id", day_done("act_date")).iter_rows())
    root = pl.col("act_id").replace(roots)
    return (
        stated_links(linkable, stated)
        .filter(pl.col("actor_code") != pl.col("reply_actor_code"))
        .join(
            stated.select("reply_act_id", "act_id", "answers_type", "is_main"),
            on=["reply_act_id", "act_id"],
            maintain_order="left",
        )
        .with_columns(root.alias("root_act_id"))
        .with_columns(
            pl.col("root_act_id").replace_strict(root_day, default=None, return_dtype=pl.Date).alias("day_of")
        )
        .with_columns(
            pl.when(pl.col("lag_days").is_not_null())
            .then((pl.col("reply_date") - pl.coalesce("day_of", "act_date")).dt.total_days())
            .alias("root_lag_days"),
            (~is_verbal(record, "reply_act_type")).alias("is_deed"),
            (~is_verbal(record)).alias("answered_is_deed"),
            pl.when(pl.col("domain_type") == _CONTEXT)
            .then(pl.lit("event"))
            .when(pl.col("root_act_id").is_in(hostile))
            .then(pl.lit("hostile_act"))
            .otherwise(pl.lit("other_act"))
            .alias("answered_type"),
        )
        .drop("day_of")
    )


def answers_to_acts(links: pl.DataFrame) -> pl.DataFrame:
    """Links to hostile acts as counted: the acts of which rates of answer are told, and no other.

    A reply that names an act and an event besides answers the act.
    """
    return links.filter(pl.col("answered_type") == "hostile_act")


def answers_to_events(links: pl.DataFrame) -> pl.DataFrame:
    """Links of the replies that name events and no act.

    An event has no domain and is no act, so that such a reply can be neither in kind nor one of the answers
    that a rate of answered acts counts.
    """
    to_acts = links.filter(pl.col("answered_type") != "event").select("reply_act_id")
    return links.join(to_acts, on="reply_act_id", how="anti", maintain_order="left")


def _n_elsewhere(record: Record, links: pl.DataFrame) -> int:
    """Stated links of a counted reply that answer something outside the pair or the window."""
    own = record.replies.filter(pl.col("reply_act_id").is_in(record.acts["act_id"].to_list()))
    return len(own.join(links, on=["reply_act_id", "act_id"], how="anti"))


def _to_counted(links: pl.DataFrame) -> pl.DataFrame:
    """Links to the acts as counted, with the lag from the day the answered act was announced."""
    return links.select(
        "reply_act_id",
        pl.col("root_act_id").alias("act_id"),
        pl.col("root_lag_days").alias("lag_days"),
        "is_deed",
    )


def _times(record: Record, links: pl.DataFrame) -> pl.DataFrame:
    """Days until the first answer; what is unanswered is censored where its recorded span ends."""
    parts = []
    for start, end in record.spans():
        inside = record.hostile.filter(pl.col("act_date").is_between(start, end))
        timed = inside.filter(pl.col("date_precision") == "day")
        if not timed.is_empty():
            try:
                parts.append(waiting_times(inside, _to_counted(links), end))
            except NotEstimable:
                continue
    if not parts:
        raise NotEstimable("No hostile act with a known day is in the window, so no time to an answer.")
    return pl.concat(parts)


def median_lag(links: pl.DataFrame, level: float) -> dict[str, Any]:
    """Median days from the act a source names to the first reply to it, limits from order statistics."""
    first = links.filter(pl.col("lag_days").is_not_null()).group_by("act_id").agg(pl.col("lag_days").min())
    lags = np.sort(first["lag_days"].to_numpy())
    if not len(lags):
        raise NotEstimable("No reply with known days is stated, so no lag.")
    limits = stats.quantile_test(lags, q=0, p=0.5).confidence_interval(level)
    return {
        "estimate": float(np.median(lags)),
        "lower": limits.low,
        "upper": limits.high,
        "n": len(lags),
        "n_same_day": int((lags == 0).sum()),
        "n_next_day": int((lags == 1).sum()),
        "longest": int(lags.max()),
    }


def answer_rates(record: Record, links: pl.DataFrame) -> pl.DataFrame:
    """Answer rates by side, by side and domain, in words and in deeds, and of provocations."""
    counted = _to_counted(links)
    within = record.choices.replies.within_days
    groups: list[pl.DataFrame] = []
    hostile = record.hostile.with_columns((~is_verbal(record)).alias("is_deed"))
    if not hostile.is_empty():
        for by in (["actor_code"], ["actor_code", "domain_type"], ["actor_code", "is_deed"]):
            for answered, limit in (("ever", None), ("within", within), ("by deed", None)):
                used = counted.filter("is_deed") if answered == "by deed" else counted
                groups.append(
                    answer_rate(hostile, used, by=by, within_days=limit, level=record.level).with_columns(
                        pl.lit(answered).alias("answered")
                    )
                )
    provocations = record.types.filter("is_provocation")["act_type"].to_list()
    events = _linkable(record).filter(
        (pl.col("domain_type") == _CONTEXT) & pl.col("act_type").is_in(provocations)
    )
    if not events.is_empty():
        groups.append(
            answer_rate(events, links, by=["actor_code", "domain_type"], level=record.level).with_columns(
                pl.lit("ever").alias("answered")
            )
        )
    if not groups:
        raise NotEstimable("No hostile act is in the window, so no rate of answer.")
    # a limit at zero may come out as a number smaller than any processor agrees on
    groups = [group.with_columns(pl.col("rate", "lower", "upper").round(12)) for group in groups]
    columns = {"actor_code": pl.String, "domain_type": pl.String, "is_deed": pl.Boolean}
    whole = pl.concat(groups, how="diagonal").with_columns(
        *(pl.lit(None, dtype=kind).alias(c) for c, kind in columns.items() if all(c not in g for g in groups))
    )
    rest = ["answered", "n_acts", "n_answered", "rate", "lower", "upper", "level"]
    return whole.select(*columns, *rest).sort(*columns, "answered")


def rate_of_side(rates: pl.DataFrame, side: str, answered: str = "ever") -> dict[str, Any]:
    """The row of a side as a whole."""
    row = rates.filter(
        (pl.col("actor_code") == side)
        & pl.col("domain_type").is_null()
        & pl.col("is_deed").is_null()
        & (pl.col("answered") == answered)
    )
    if row.is_empty():
        raise NotEstimable(f"No hostile act of {state_name(side)} is in the window, so no rate of answer.")
    values = row.row(0, named=True)
    return {
        "estimate": values["rate"],
        "lower": values["lower"],
        "upper": values["upper"],
        "n": values["n_acts"],
        "n_answered": values["n_answered"],
    }


def _replies_on(record: Record, links: pl.DataFrame) -> dict[str, Any]:
    """Everything that is said of replies, on one set of links.

    Lag, kind, deeds and proportion are of the answers to hostile acts, the acts whose rates of answer are
    told; answers to events stand apart.
    """
    if links.is_empty():
        raise NotEstimable("No such link is stated in the window.")
    rates = answer_rates(record, links)
    to_acts, to_events = answers_to_acts(links), answers_to_events(links)
    replies = by_reply(to_acts)
    for_deeds = replies.filter("answered_is_deed")

    def rate(answered: str) -> dict[str, Any]:
        return both_sides(record, lambda actor, _: rate_of_side(rates, actor, answered))

    def deeds(chosen: pl.DataFrame) -> dict[str, Any]:
        return both_sides(
            record,
            lambda actor, _: _deed_share(chosen.filter(pl.col("reply_actor_code") == actor), record.level),
        )

    def lag(chosen: pl.DataFrame) -> dict[str, Any]:
        return both_sides(
            record,
            lambda actor, _: median_lag(chosen.filter(pl.col("reply_actor_code") == actor), record.level),
        )

    def proportions(chosen: pl.DataFrame) -> dict[str, Any]:
        found = proportionality(chosen, level=record.level).to_dict()
        return {"n_links": found.pop("n"), **found}

    answered = {
        kind: links.filter(pl.col("answered_type") == kind)["act_id"].n_unique()
        for kind in ("event", "other_act")
    }
    return {
        "n_links": len(links),
        "n_replies": links["reply_act_id"].n_unique(),
        "n_replies_to_acts": len(replies),
        "n_replies_to_events": to_events["reply_act_id"].n_unique(),
        "n_answered": links["act_id"].n_unique(),
        "n_answered_events": answered["event"],
        "n_answered_not_hostile": answered["other_act"],
        "answer_rate": rate("ever"),
        "answer_rate_within": rate("within"),
        "answer_rate_by_deed": rate("by deed"),
        "within_days": record.choices.replies.within_days,
        "median_lag_of_replier": lag(to_acts),
        "waiting": both_sides(record, lambda actor, _: _curve(record, links, actor)),
        "speed": or_statement(partial(_speed, record, links)),
        "in_kind": or_statement(partial(in_kind_share, to_acts, level=record.level)),
        "in_kind_wide": or_statement(partial(in_kind_share, _regrouped(record, to_acts), level=record.level)),
        "deeds_of_replier": deeds(replies),
        "deeds_answering_deeds": deeds(for_deeds),
        "proportionality": or_statement(partial(proportions, to_acts.filter("is_same_type"))),
        "proportionality_any_type": or_statement(partial(proportions, to_acts.filter("is_main"))),
        "to_events": {
            "median_lag_of_replier": lag(to_events),
            "deeds_of_replier": deeds(by_reply(to_events)),
        },
    }


def _deed_share(replies: pl.DataFrame, level: float) -> dict[str, Any]:
    n_deeds = int(replies["is_deed"].sum())
    found = proportion(n_deeds, len(replies), level=level)
    return {
        "estimate": found.estimate,
        "lower": found.lower,
        "upper": found.upper,
        "n": len(replies),
        "n_deeds": n_deeds,
    }


def _waiting_curve(record: Record, links: pl.DataFrame, actor: str) -> SurvivalCurve:
    return kaplan_meier(
        record.of(actor, _times(record, links)),
        duration="days",
        event="is_answered",
        level=record.level,
        min_events=record.choices.replies.min_answered,
    )


def _curve(record: Record, links: pl.DataFrame, actor: str) -> dict[str, Any]:
    """What the waiting curve says in numbers: the share answered by some days, and the median."""
    fitted = _waiting_curve(record, links, actor)
    answered_by = {}
    for days in record.choices.replies.answered_by_days:
        until = fitted.curve.filter(pl.col("time") <= days)
        last = until.row(-1, named=True) if len(until) else None
        answered_by[str(days)] = {
            "estimate": 1 - last["survival"] if last else 0.0,
            "lower": 1 - last["upper"] if last and last["upper"] is not None else None,
            "upper": 1 - last["lower"] if last and last["lower"] is not None else None,
        }
    return {
        "n_acts": fitted.n,
        "n_answered": fitted.n_events,
        "median_days": fitted.median,
        "median_lower": fitted.median_lower,
        "median_upper": fitted.median_upper,
        "answered_by_days": answered_by,
    }


def by_reply(links: pl.DataFrame) -> pl.DataFrame:
    """One row per reply: whether it is a deed, and whether any act it answers is one."""
    return (
        links.group_by("reply_act_id")
        .agg(pl.col("reply_actor_code").first(), pl.col("is_deed").first(), pl.col("answered_is_deed").any())
        .sort("reply_act_id")
    )


def _regrouped(record: Record, links: pl.DataFrame) -> pl.DataFrame:
    """Links in which "in kind" means the same of the wider groups."""
    group = {domain: name for name, domains in record.choices.kind_groups.items() for domain in domains}
    named = {
        column: pl.col(column).replace_strict(group, default=pl.col(column), return_dtype=pl.String)
        for column in ("domain_type", "reply_domain_type")
    }
    return links.with_columns((named["domain_type"] == named["reply_domain_type"]).alias("is_in_kind"))


def _speed(record: Record, links: pl.DataFrame) -> dict[str, Any]:
    """Cox regression of the time to an answer on the side, the kind and the size of the act."""
    named = _times(record, links).with_columns(
        (pl.col("actor_code") == record.pair[1]).alias(f"act of {record.pair[1]}"),
        (~is_verbal(record)).alias("a deed"),
        (pl.col("n_subjects").fill_null(0) + 1).log(2).alias("subjects doubled"),
        pl.len().over("actor_code", "act_date").log(2).alias("acts that day doubled"),
    )
    wanted = [f"act of {record.pair[1]}", "a deed", "subjects doubled", "acts that day doubled"]
    fitted = cox_regression(
        named,
        wanted,
        duration="days",
        event="is_answered",
        level=record.level,
        min_events_per_covariate=record.choices.replies.min_answered,
    )
    numbers = fitted.to_dict()
    return {"n_acts": numbers.pop("n"), "n_answered": numbers.pop("n_events"), **numbers}


def _waiting_curves(record: Record, sets: Mapping[str, pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """How many acts wait for an answer so many days on, for each side and each set of links that tells it."""
    names = {"time": "day", "n_events": "n_answered", "survival": "unanswered"}
    for name, links in sets.items():
        for side in record.pair:
            try:
                curve = _waiting_curve(record, links, side).curve
            except NotEstimable:
                continue
            yield curve.rename(names).with_columns(
                pl.col("day").cast(pl.Int64),
                pl.lit(side).alias("actor_code"),
                pl.lit(name).alias("links"),
            )


def replies_part(record: Record) -> Part:
    """Replies: rates, lags, kinds and proportions, on named links, with the general ones as sensitivity.

    Returns:
        ``named`` and ``general`` (the same estimates on both sets), ``candidates`` (the rule that infers
        links, against the stated ones); frames ``links``, ``answer_rates``, ``waiting`` (Kaplan-Meier),
        ``subjects`` (counts of both acts of a link) and ``candidates``.
    """
    named, general = (links_of(record, getattr(record.choices.replies, key)) for key in ("named", "general"))
    if general.is_empty():
        raise NotEstimable(
            f"No reply of {' or '.join(record.names)} to the other is stated from {record.start} to "
            f"{record.end}."
        )
    candidates = record.choices.replies.candidate_lag_days
    found: dict[str, Any] = {
        "n_stated": len(general),
        "n_stated_naming_the_act": len(named),
        "n_stated_elsewhere": _n_elsewhere(record, general),
        "named": or_statement(lambda: _replies_on(record, named)),
        "general": _replies_on(record, general),
        "method": "stated links; Wilson; Kaplan-Meier with censoring at the end of the record; Cox (Efron)",
    }
    frames: Frames = {"links": general}
    sets = {"named": named, "general": general}
    rates = [
        answer_rates(record, links).with_columns(pl.lit(name).alias("links"))
        for name, links in sets.items()
        if not links.is_empty()
    ]
    frames["answer_rates"] = pl.concat(rates)
    if curves := [*_waiting_curves(record, sets)]:
        frames["waiting"] = pl.concat(curves)
    frames["subjects"] = general.filter(
        pl.col("n_subjects").is_not_null() & pl.col("reply_n_subjects").is_not_null() & pl.col("is_main")
    ).select(
        "reply_act_id", "act_id", "reply_actor_code", "actor_code", "reply_act_type", "act_type", "lag_days",
        "reply_n_subjects", "n_subjects", "answers_type",
        (pl.col("reply_n_subjects") / pl.col("n_subjects")).alias("ratio"),
    )  # fmt: skip
    between_acts = named.filter(pl.col("answered_type") != "event")
    quality = []
    for place, days in enumerate(candidates):
        inferred = candidate_links(record.acts, min_lag_days=_LEAST_LAG, max_lag_days=days)
        if place == 0:
            frames["candidates"] = inferred
        quality_of = partial(
            link_quality, inferred, between_acts, lags=(_LEAST_LAG, days), level=record.level
        )
        scored = or_statement(quality_of)
        quality.append(
            {"min_lag_days": _LEAST_LAG, "max_lag_days": days, "n_candidates": len(inferred), **plain(scored)}
        )
    found["candidates"] = quality
    return found, frames
