"""Stated replies of one case, each beside what it answers, with what both of them hit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from retorsion.escalation.acts import acts_between
from retorsion.params import Case

#: What an act can be measured by: column of ``acts``, and words for it.
MEASURES = {
    "value_usd": "value hit",
    "tariff_rate_pct": "points of tariff",
    "n_tariff_lines": "tariff lines",
    "n_subjects": "persons and bodies",
}


@dataclass(frozen=True)
class CaseActs:
    """The acts and stated replies of one pair in its window.

    Attributes:
        name: of the case.
        pair: codes of the two sides.
        start: first day.
        end: last day.
        acts: act_id, package_id, actor_code, day (null where only the month is known), is_deed, is_hostile,
            domain_type, act_type, summary, and the columns of :data:`MEASURES`.
        pairs: reply_act_id, act_id, is_main, lag_days, actor_code, reply_actor_code, is_deed (of the reply),
            answered_is_deed, is_in_kind, day, and for each of :data:`MEASURES` its column and ``reply_`` before it.
    """

    name: str
    pair: tuple[str, str]
    start: date
    end: date
    acts: pl.DataFrame
    pairs: pl.DataFrame


def case_acts(
    acts: pl.DataFrame, replies: pl.DataFrame, case: Case, *, hostile_scale: str, hostile_above: float
) -> CaseActs:
    """Acts and stated replies between the two sides of a case.

    Args:
        acts: table ``acts``.
        replies: table ``replies``.
        case: what is asked of the pair.
        hostile_scale: column of intensity.
        hostile_above: an answer could be expected to acts above it.
    """
    window = case.window
    chosen = acts_between(acts, case.pair, window.start, window.end).filter(
        pl.col("date_precision") != "observed"
    )
    own = chosen.unique("act_id", keep="first", maintain_order=True).select(
        "act_id",
        "package_id",
        "actor_code",
        pl.when(pl.col("date_precision") == "day").then(pl.coalesce("done_date", "act_date")).alias("day"),
        (~pl.col("is_verbal")).alias("is_deed"),
        (pl.col(hostile_scale) > hostile_above).alias("is_hostile"),
        "domain_type",
        "act_type",
        "summary",
        *(pl.col(name).cast(pl.Float64) for name in MEASURES),
    )
    answered = own.select(
        "act_id", "actor_code", "day", pl.col("is_deed").alias("answered_is_deed"), "domain_type", *MEASURES
    )
    answering = own.select(
        pl.col("act_id").alias("reply_act_id"),
        pl.col("actor_code").alias("reply_actor_code"),
        pl.col("day").alias("reply_day"),
        "is_deed",
        pl.col("domain_type").alias("reply_domain_type"),
        *(pl.col(name).alias(f"reply_{name}") for name in MEASURES),
    )
    pairs = (
        replies.filter(pl.col("answers_type") == "act")
        .select("reply_act_id", "act_id", "is_main")
        .join(answered, on="act_id")
        .join(answering, on="reply_act_id")
        .filter(pl.col("actor_code") != pl.col("reply_actor_code"))
        .with_columns(
            (pl.col("reply_day") - pl.col("day")).dt.total_days().alias("lag_days"),
            (pl.col("domain_type") == pl.col("reply_domain_type")).alias("is_in_kind"),
        )
        .drop("domain_type", "reply_domain_type")
        .sort("reply_act_id", "act_id")
    )
    return CaseActs(case.name, case.pair, window.start, window.end, own.sort("day", "act_id"), pairs)


def within(case: CaseActs, start: date, end: date) -> CaseActs:
    """The acts of a case in an episode, and the replies to them."""
    acts = case.acts.filter(pl.col("day").is_between(start, end))
    pairs = case.pairs.filter(pl.col("day").is_between(start, end))
    return CaseActs(case.name, case.pair, start, min(end, case.end), acts, pairs)
