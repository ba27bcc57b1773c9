"""Finding: answers, words and deeds apart: how many acts were answered, with what, in kind or not, and how late.

What a side says and what it does are answered in different ways, and acts, packages and days are different things to
count. Every number here says which it counts, and stands beside the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from retorsion.errors import NotEstimable
from retorsion.escalation.links import lag_bounds
from retorsion.escalation.record import Part, Record, both_sides, day_done, is_verbal
from retorsion.escalation.replies import answers_to_acts, links_of
from retorsion.escalation.units import UNITS, Unit, unit_of
from retorsion.estimators.proportions import proportion
from retorsion.findings import or_statement
from retorsion.sources.states import state_name

Kind = Literal["all", "words", "deeds"]
KINDS: tuple[Kind, ...] = ("all", "words", "deeds")
#: Answers that count: any, or those of one kind.
ANSWERED_BY = ("any", "words", "deeds")
#: All units, or those of which no act is itself an answer.
DENOMINATORS = ("all", "without answers")
#: Chance with which a difference should be seen, and the level of the test.
_POWER, _ALPHA = 0.8, 0.05


def of_kind(record: Record, acts: pl.DataFrame, kind: Kind, column: str = "act_type") -> pl.DataFrame:
    """Acts of one kind: what is said, what is done, or both."""
    if kind == "all":
        return acts
    said = is_verbal(record, column)
    return acts.filter(said if kind == "words" else ~said)


def answered_units(record: Record, links: pl.DataFrame, acts: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """For each unit of some acts whether it was answered, and whether it is itself an answer.

    Args:
        record: the record.
        links: stated links (:func:`retorsion.escalation.replies.links_of`).
        acts: the acts that could have been answered, one row each.
        unit: what is counted as one; it is answered if any of its acts is.

    Returns:
        Frame actor_code, unit_id, any, words, deeds (answered by such), is_answer.
    """
    replying = {"any": links, "words": links.filter(~pl.col("is_deed")), "deeds": links.filter("is_deed")}
    roots = record.roots()
    answers = [roots.get(name, name) for name in links["reply_act_id"].unique().to_list()]
    return (
        acts.with_columns(unit_of(unit).alias("unit_id"))
        .group_by("actor_code", "unit_id")
        .agg(
            *(
                pl.col("act_id").is_in(chosen["root_act_id"].unique().to_list()).any().alias(name)
                for name, chosen in replying.items()
            ),
            pl.col("act_id").is_in(answers).any().alias("is_answer"),
        )
        .sort("actor_code", "unit_id")
    )


def rate_rows(
    record: Record, links: pl.DataFrame, name: str, units: tuple[Unit, ...] = UNITS
) -> Iterator[dict[str, Any]]:
    """Shares of units answered, by side, kind of act, kind of answer, unit and denominator."""
    for unit, kind in product(units, KINDS):
        counted = answered_units(record, links, of_kind(record, record.hostile, kind), unit)
        for actor, denominator in product(record.pair, DENOMINATORS):
            own = counted.filter(pl.col("actor_code") == actor)
            if denominator == "without answers":
                own = own.filter(~pl.col("is_answer"))
            for by in ANSWERED_BY:
                n_answered = int(own[by].sum())
                found = proportion(n_answered, len(own), level=record.level) if len(own) else None
                yield {
                    "links": name,
                    "unit": unit,
                    "actor_code": actor,
                    "kind": kind,
                    "answered_by": by,
                    "denominator": denominator,
                    "n": len(own),
                    "n_answered": n_answered,
                    "rate": found.estimate if found else None,
                    "lower": round(found.lower, 12) if found else None,
                    "upper": round(found.upper, 12) if found else None,
                }


def _rate(rates: pl.DataFrame, **chosen: str) -> dict[str, Any]:
    """One row of the rates as an estimate."""
    row = rates.filter(*(pl.col(name) == value for name, value in chosen.items())).row(0, named=True)
    if row["rate"] is None:
        kind = "act" if chosen["kind"] == "all" else f"act in {chosen['kind']}"
        raise NotEstimable(
            f"{state_name(chosen['actor_code'])} has no hostile {kind} that could have been answered."
        )
    return {
        "estimate": row["rate"], "lower": row["lower"], "upper": row["upper"], "n": row["n"],
        "n_answered": row["n_answered"], "unit": row["unit"],
    }  # fmt: skip


def _compared(rates: pl.DataFrame, pair: tuple[str, str], **chosen: str) -> dict[str, Any]:
    """The two sides' shares against each other, and the least difference that so few acts would show."""
    one, other = (_rate(rates, actor_code=actor, **chosen) for actor in pair)
    counts = [[part["n_answered"], part["n"] - part["n_answered"]] for part in (one, other)]
    needed = NormalIndPower().solve_power(
        nobs1=one["n"], ratio=other["n"] / one["n"], alpha=_ALPHA, power=_POWER
    )
    pooled = (one["n_answered"] + other["n_answered"]) / (one["n"] + other["n"])
    return {
        "estimate": one["estimate"] - other["estimate"],
        "p_value": float(stats.fisher_exact(counts).pvalue),
        "n": one["n"] + other["n"],
        "least_seen": _difference_of(float(needed), pooled),
        "power": _POWER,
        "unit": chosen["unit"],
    }


def _difference_of(effect: float, share: float) -> float | None:
    """How far above ``share`` another share must be for an effect size (Cohen's h); null if none is so far."""
    above = np.linspace(share, 1.0, 1001)
    enough = above[np.abs(proportion_effectsize(above, share)) >= effect]
    return round(float(enough[0] - share), 3) if len(enough) else None


def in_kind(record: Record, links: pl.DataFrame, side: str | None, kind: Kind) -> dict[str, Any]:
    """Share of a side's answers in the domain of what they answer, beside what their mere composition gives.

    The share expected pairs the answers at random with the acts that were answered: where all answers and nearly all
    acts are diplomatic, nearly all pairs are in kind and nothing follows from it.

    Args:
        record: the record.
        links: links to hostile acts.
        side: code of the side that answers; both if null.
        kind: of the answers.

    Raises:
        NotEstimable: there is no such answer.
    """
    own = of_kind(record, links, kind, "reply_act_type")
    if side is not None:
        own = own.filter(pl.col("reply_actor_code") == side)
    if own.is_empty():
        who = state_name(side) if side else "either side"
        what = {"all": "", "words": " in words", "deeds": " by deed"}[kind]
        raise NotEstimable(f"No answer of {who}{what} to a hostile act is stated.")
    replies = (
        own.group_by("reply_act_id")
        .agg(pl.col("reply_domain_type").first(), pl.col("domain_type").unique().sort())
        .sort("reply_act_id")
    )
    domains = np.array(replies["reply_domain_type"].to_list())
    fits = np.array(
        [[domain in answered for domain in domains] for answered in replies["domain_type"].to_list()]
    )
    n = len(replies)
    n_in_kind = int(np.trace(fits))
    found = proportion(n_in_kind, n, level=record.level)
    rng = record.rng(2, 1, KINDS.index(kind))
    places = np.arange(n)
    drawn = np.array([fits[places, rng.permutation(n)].sum() for _ in range(record.params.n_draws)])
    return {
        "estimate": found.estimate, "lower": found.lower, "upper": found.upper, "n": n, "n_in_kind": n_in_kind,
        "expected": float(fits.mean()),
        "p_value": float((1 + np.sum(drawn >= n_in_kind)) / (1 + len(drawn))),
        "can_differ": bool(drawn.min() < drawn.max()),
        "unit": "act",
    }  # fmt: skip


def lags(record: Record, links: pl.DataFrame) -> pl.DataFrame:
    """Days from an act to its answer, with bounds where the day on which one of them was done is not stated.

    The lag runs between the days on which the acts were done, or where that is not stated, became known. A protest of
    which only the press conference is known was lodged on that day or some days before; so was an act of which only the
    day of the article is known. A deed announced on a stated day is taken to have been done then. No answer precedes
    its act, so that no lag is below zero.

    Args:
        record: the record.
        links: stated links between acts or events of known day.

    Returns:
        Frame reply_act_id, act_id, reply_actor_code, reply_act_type, act_type, reply_date, act_date, is_deed,
        answered_is_deed, answers_type, lag_days, lag_lower, lag_upper, is_article_day (a day is known from an article
        alone), sorted by day. Links of which a day is not known at all are left out.
    """
    days = _days(record)
    known = days.select("act_id", pl.col("act_date").alias("done"), "is_article_day")
    kept = (
        "reply_act_id", "act_id", "reply_actor_code", "reply_act_type", "act_type", "reply_date", "act_date", "is_deed",
        "answered_is_deed", "answers_type", "answered_type",
    )  # fmt: skip
    bounded = lag_bounds(
        links.filter(pl.col("lag_days").is_not_null()).select(kept),
        days,
        slack_days=record.choices.replies.unknown_days,
    )
    answering = known.rename({name: f"reply_{name}" for name in known.columns})
    return (
        bounded.join(answering, on="reply_act_id", maintain_order="left")
        .join(known, on="act_id", maintain_order="left")
        .select(
            *kept,
            (pl.col("reply_done") - pl.col("done")).dt.total_days().clip(0).alias("lag_days"),
            "lag_lower",
            "lag_upper",
            (pl.col("reply_is_article_day") | pl.col("is_article_day")).alias("is_article_day"),
        )
        .sort("reply_date", "reply_act_id", "act_id")
    )


def _days(record: Record) -> pl.DataFrame:
    """Acts and events with the day each was done as far as is known; done_date is null where it may have been before.

    A deed announced on a stated day was done on it, and an event happens on its day; words, and what only an article
    dates, may be older.
    """
    acts = record.acts.with_columns((~is_verbal(record)).alias("is_sure"))
    events = record.events.rename({"event_id": "act_id", "event_date": "act_date"}).with_columns(
        pl.lit(value=True).alias("is_sure")
    )
    columns = (
        "act_id",
        "act_date",
        "date_precision",
        "done_date",
        "done_basis",
        "announced_basis",
        "is_sure",
    )
    by_article = pl.coalesce("done_basis", "announced_basis").eq_missing("article_day")
    done = day_done("act_date")
    return (
        pl.concat([acts.select(columns), events.select(columns)], how="vertical_relaxed")
        .unique("act_id", keep="first", maintain_order=True)
        .select(
            "act_id",
            done.alias("act_date"),
            "date_precision",
            pl.when((pl.col("done_date").is_not_null() | pl.col("is_sure")) & ~by_article)
            .then(done)
            .alias("done_date"),
            pl.when(pl.col("done_basis").ne_missing("month")).then(pl.col("done_basis")).alias("done_basis"),
            by_article.alias("is_article_day"),
        )
    )


def _median(record: Record, found: pl.DataFrame) -> dict[str, Any]:
    """Median lag with its range over the bounds and its sampling limits from order statistics."""
    if found.is_empty():
        raise NotEstimable("No such answer with known days is stated, so no lag.")
    first = found.group_by("act_id").agg(pl.col("lag_days", "lag_lower", "lag_upper").min()).sort("act_id")
    values = np.sort(first["lag_days"].to_numpy())
    limits = stats.quantile_test(values, q=0, p=0.5).confidence_interval(record.level)
    return {
        "estimate": float(np.median(values)),
        "lower": limits.low,
        "upper": limits.high,
        "bound_lower": float(np.median(first["lag_lower"].to_numpy())),
        "bound_upper": float(np.median(first["lag_upper"].to_numpy())),
        "n": len(values),
        "n_within_a_day": int((values <= 1).sum()),
        "shortest": int(values.min()),
        "longest": int(values.max()),
        "each": [int(value) for value in values],
        "unit": "act",
    }


def _lags_of(record: Record, found: pl.DataFrame, side: str, kind: Kind) -> dict[str, Any]:
    """Median lag of one side's answers of one kind, and the same without what only an article dates."""
    own = found.filter(pl.col("reply_actor_code") == side)
    if kind != "all":
        own = own.filter(pl.col("is_deed") if kind == "deeds" else ~pl.col("is_deed"))
    if own.is_empty():
        what = {"all": "", "words": " in words", "deeds": " by deed"}[kind]
        raise NotEstimable(f"No answer of {state_name(side)}{what} with known days is stated, so no lag.")
    sure = own.filter(~pl.col("is_article_day"))
    return _median(record, own) | {
        "n_by_article": len(own) - len(sure),
        "without_article_days": or_statement(partial(_median, record, sure)),
    }


def answers_part(record: Record) -> Part:
    """Answers to hostile acts, words and deeds apart.

    Returns:
        ``rates`` by links, side answered, kind of act and unit; ``compared`` (the sides against each other, with the
        least difference that so few acts would show); ``in_kind`` beside what composition gives; ``lags`` with bounds;
        frames ``answers`` (rates) and ``lags`` (each answer).
    """
    linked = {name: links_of(record, getattr(record.choices.replies, name)) for name in ("named", "general")}
    if linked["general"].is_empty():
        raise NotEstimable(
            f"No reply of {' or '.join(record.names)} to the other is stated from {record.start} to {record.end}."
        )
    if record.hostile.is_empty():
        raise NotEstimable("No hostile act is in the window, so no rate of answer.")
    rates = pl.DataFrame(
        [row for name, links in linked.items() for row in rate_rows(record, links, name)],
        infer_schema_length=None,
    )
    main = {"answered_by": "any", "denominator": "all"}

    def rate(name: str, kind: Kind, unit: Unit, **changes: str) -> dict[str, Any]:
        chosen = {"links": name, "kind": kind, "unit": unit, **main, **changes}
        return both_sides(record, lambda actor, _: _rate(rates, actor_code=actor, **chosen))

    def compared(kind: Kind, unit: Unit) -> Any:
        chosen = {"links": "named", "kind": kind, "unit": unit, **main}
        return or_statement(lambda: _compared(rates, record.pair, **chosen))

    to_acts = {name: answers_to_acts(links) for name, links in linked.items()}
    timed = lags(record, linked["general"])
    named = timed.filter(
        pl.col("answers_type").is_in(list(record.choices.replies.named))
        & (pl.col("answered_type") == "hostile_act")
    )
    found = {
        "rates": {
            name: {kind: {unit: rate(name, kind, unit) for unit in UNITS} for kind in KINDS} for name in linked
        },
        "by_deed": {name: {unit: rate(name, "deeds", unit, answered_by="deeds") for unit in UNITS} for name in linked},
        "without_answers": {
            kind: {unit: rate("named", kind, unit, denominator="without answers") for unit in UNITS} for kind in KINDS
        },
        "compared": {kind: {unit: compared(kind, unit) for unit in UNITS} for kind in KINDS},
        "in_kind": {
            name: {
                kind: {
                    who or "both": or_statement(partial(in_kind, record, to_acts[name], who, kind))
                    for who in (None, *record.pair)
                }
                for kind in KINDS
            }
            for name in linked
        },
        "lags": {
            kind: {side: or_statement(partial(_lags_of, record, named, side, kind)) for side in record.pair}
            for kind in KINDS
        },
        "unknown_days": record.choices.replies.unknown_days,
        "method": "stated links; Wilson; Fisher's exact test; answers paired at random with the acts answered",
    }  # fmt: skip
    return found, {"answers": rates, "lags": timed}
