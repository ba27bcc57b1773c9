"""Replies: which acts were answered, how fast, in what kind and in what proportion.

Stated links come from a source that says one act answers another. Inferred links come from a rule and
are kept in frames of their own, marked ``basis_type = inferred``; no function here mixes the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError, RetorsionError
from retorsion.estimators import proportions
from retorsion.estimators.proportions import Proportionality, proportion
from retorsion.estimators.results import Interval, Result

Floats = NDArray[np.float64]

_ACT = ("actor_code", "domain_type", "act_type", "act_date", "date_precision", "n_subjects")


def stated_links(acts: pl.DataFrame, replies: pl.DataFrame | None = None) -> pl.DataFrame:
    """Stated links, each with both of its acts.

    Args:
        acts: one row per act, with actor_code, domain_type, act_type, act_date, date_precision,
            n_subjects and, if ``replies`` is not given, reply_to_act_id. Where replies also answer events
            that are not acts of one side towards the other, append those events as rows.
        replies: columns reply_act_id, act_id: every act that a reply answers. Without it, the one act
            that ``reply_to_act_id`` names.

    Returns:
        Frame reply_act_id, act_id, reply_actor_code, actor_code, reply_domain_type, domain_type,
        reply_act_type, act_type, reply_date, act_date, lag_days (null unless both days are known),
        is_in_kind (same domain), is_same_type, reply_n_subjects, n_subjects, basis_type. Links of
        which an act is not in ``acts`` are left out.

    Raises:
        RetorsionError: a reply is dated before the act it answers.
    """
    if replies is None:
        pairs = acts.filter(pl.col("reply_to_act_id").is_not_null()).select(
            pl.col("act_id").alias("reply_act_id"), pl.col("reply_to_act_id").alias("act_id")
        )
    else:
        pairs = replies.select("reply_act_id", "act_id")
    links = _with_acts(pairs.unique(), acts).with_columns(pl.lit("stated").alias("basis_type"))
    backward = links.filter(pl.col("lag_days") < 0)
    if not backward.is_empty():
        first = backward.row(0, named=True)
        raise RetorsionError(
            f"replies, act {first['reply_act_id']!r}: dated {-first['lag_days']} days before the act "
            f"{first['act_id']!r} that it answers. Correct the dates or the link in the ledger"
        )
    return links


def _with_acts(pairs: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Both acts of each pair reply_act_id, act_id, in the order of their dates."""
    known = acts.select("act_id", *_ACT).unique("act_id", keep="first", maintain_order=True)
    answering = known.rename(
        {name: f"reply_{name}" for name in ("act_id", *_ACT) if name != "act_date"}
        | {"act_date": "reply_date"}
    )
    by_day = (pl.col("date_precision") == "day") & (pl.col("reply_date_precision") == "day")
    return (
        pairs.join(known, on="act_id")
        .join(answering, on="reply_act_id")
        .with_columns(
            pl.when(by_day)
            .then((pl.col("reply_date") - pl.col("act_date")).dt.total_days())
            .alias("lag_days"),
            (pl.col("domain_type") == pl.col("reply_domain_type")).alias("is_in_kind"),
            (pl.col("act_type") == pl.col("reply_act_type")).alias("is_same_type"),
        )
        .select(
            "reply_act_id",
            "act_id",
            "reply_actor_code",
            "actor_code",
            "reply_domain_type",
            "domain_type",
            "reply_act_type",
            "act_type",
            "reply_date",
            "act_date",
            "lag_days",
            "is_in_kind",
            "is_same_type",
            "reply_n_subjects",
            "n_subjects",
        )
        .sort("reply_date", "reply_act_id", "act_id")
    )


def lag_bounds(links: pl.DataFrame, acts: pl.DataFrame, *, slack_days: int | None = None) -> pl.DataFrame:
    """The least and the greatest lag of each link, from the days on which its acts were done.

    A press conference or an article names a protest that was lodged before, so the day of an announcement is only the
    latest on which an act can have been done. Where the day done is not known, the act was done on one of the
    ``slack_days`` days before it was announced, or on that day. No reply is done before the act it answers.

    Args:
        links: at least reply_act_id and act_id, as :func:`stated_links` returns them.
        acts: one row per act, with act_id, act_date, date_precision, done_date and done_basis; append events that
            replies answer as rows.
        slack_days: days by which an announcement may lag behind the act; None says nothing about it, so that the
            greatest lag stays open where the day of the act that is answered is not known.

    Returns:
        ``links`` in their order with lag_lower and lag_upper (days, equal where both days done are known; lag_upper is
        null where it is open). Both are null for a link of which an act is not in ``acts``, and for one whose
        reply was done before what it answers by the days that are known.

    Raises:
        ParameterError: ``slack_days`` is negative.
    """
    if slack_days is not None and slack_days < 0:
        raise ParameterError(
            f"slack_days {slack_days}: no act is announced before it is done. Give 0 or more"
        )
    days = acts.select("act_id", *_days_done(slack_days)).unique("act_id", keep="first", maintain_order=True)
    both = links.join(days, on="act_id", how="left", maintain_order="left").join(
        days.rename({name: f"reply_{name}" for name in days.columns}),
        on="reply_act_id",
        how="left",
        maintain_order="left",
    )
    lower = (pl.col("reply_earliest") - pl.col("latest")).dt.total_days()
    upper = (pl.col("reply_latest") - pl.col("earliest")).dt.total_days()
    is_possible = (pl.col("reply_latest") >= pl.col("earliest").fill_null(date.min)) & pl.col(
        "latest"
    ).is_not_null()
    return both.with_columns(
        pl.when(is_possible).then(pl.max_horizontal(lower.fill_null(0), pl.lit(0))).alias("lag_lower"),
        pl.when(is_possible).then(upper).alias("lag_upper"),
    ).select(*links.columns, "lag_lower", "lag_upper")


def _days_done(slack_days: int | None) -> tuple[pl.Expr, pl.Expr]:
    """The earliest (null where it is open) and the latest day on which an act can have been done."""
    announced = (
        pl.when(pl.col("date_precision") == "month")
        .then(pl.col("act_date").dt.month_end())
        .otherwise(pl.col("act_date"))
    )
    in_month = pl.min_horizontal(pl.col("done_date").dt.month_end(), announced)
    latest = (
        pl.when(pl.col("done_date").is_null())
        .then(announced)
        .when(pl.col("done_basis") == "month")
        .then(in_month)
        .otherwise("done_date")
    )
    before = (
        pl.lit(None, dtype=pl.Date)
        if slack_days is None
        else pl.col("act_date").dt.offset_by(f"-{slack_days}d")
    )
    return pl.coalesce("done_date", before).alias("earliest"), latest.alias("latest")


def answer_rate(
    acts: pl.DataFrame,
    links: pl.DataFrame,
    *,
    by: Sequence[str] = ("actor_code",),
    within_days: int | None = None,
    level: float = 0.95,
) -> pl.DataFrame:
    """Share of the acts of each group that were answered.

    Args:
        acts: the acts that could have been answered, one row per act; leave out here what is no
            candidate, for instance conciliatory acts.
        links: reply_act_id, act_id and lag_days, as :func:`stated_links` returns them.
        by: columns of ``acts`` to group by.
        within_days: count only replies within so many days (a link without a lag does not count then).
        level: confidence level.

    Returns:
        Frame of the ``by`` columns, n_acts, n_answered, rate, lower, upper (Wilson), level.

    Raises:
        NotEstimable: there is no act.
    """
    if acts.is_empty():
        raise NotEstimable("There is no act in the window, so no rate of answer.")
    if within_days is not None:
        links = links.filter(pl.col("lag_days") <= within_days)
    answered = links["act_id"].unique().to_list()
    grouped = (
        acts.unique("act_id")
        .group_by(list(by))
        .agg(
            pl.len().cast(pl.Int64).alias("n_acts"),
            pl.col("act_id").is_in(answered).sum().cast(pl.Int64).alias("n_answered"),
        )
        .sort(list(by))
    )
    found = [
        proportion(n, total, level=level) for total, n in grouped.select("n_acts", "n_answered").iter_rows()
    ]
    return grouped.with_columns(
        pl.Series("rate", [f.estimate for f in found]),
        pl.Series("lower", [f.lower for f in found]),
        pl.Series("upper", [f.upper for f in found]),
        pl.lit(level).alias("level"),
    )


def waiting_times(acts: pl.DataFrame, links: pl.DataFrame, end: date) -> pl.DataFrame:
    """Days until the first answer; acts not answered are censored at the end of the window.

    Args:
        acts: the acts that could have been answered, one row per act.
        links: reply_act_id, act_id, lag_days.
        end: last day of the window; later replies do not count.

    Returns:
        The columns of ``acts`` and days, is_answered. Acts of which only the month is known are left
        out, and so are those answered by a reply of which only the month is known.

    Raises:
        NotEstimable: no act is left.
    """
    first = links.group_by("act_id").agg(
        pl.col("lag_days").min().alias("lag_days"), pl.col("lag_days").is_null().any().alias("is_coarse")
    )
    timed = (
        acts.filter((pl.col("date_precision") == "day") & (pl.col("act_date") <= end))
        .unique("act_id", maintain_order=True)
        .join(first, on="act_id", how="left")
        .filter(~(pl.col("is_coarse").fill_null(False) & pl.col("lag_days").is_null()))
        .with_columns((pl.lit(end) - pl.col("act_date")).dt.total_days().alias("days_left"))
        .with_columns((pl.col("lag_days") <= pl.col("days_left")).fill_null(False).alias("is_answered"))
        .with_columns(
            pl.when("is_answered").then("lag_days").otherwise("days_left").cast(pl.Int64).alias("days")
        )
        .drop("lag_days", "is_coarse", "days_left")
        .sort("act_date", "act_id")
    )
    if timed.is_empty():
        raise NotEstimable("No act with a known day is in the window, so no time to an answer.")
    return timed


def in_kind_share(links: pl.DataFrame, *, level: float = 0.95) -> pl.DataFrame:
    """Share of replies in the domain of the act they answer, and with the very same type of act.

    Args:
        links: as :func:`stated_links` returns them.
        level: confidence level.

    Returns:
        Frame reply_actor_code (null for both sides together), n_replies, n_in_kind, in_kind, lower,
        upper, n_same_type, same_type, same_type_lower, same_type_upper (Wilson). A reply that answers
        several acts counts once, and as in kind if it is so to any of them.

    Raises:
        NotEstimable: there is no link.
    """
    if links.is_empty():
        raise NotEstimable("No reply is stated in the window, so no share in kind.")
    replies = links.group_by("reply_act_id").agg(
        pl.col("reply_actor_code").first(), pl.col("is_in_kind").any(), pl.col("is_same_type").any()
    )
    rows = []
    for actor in (None, *sorted(replies["reply_actor_code"].unique())):
        own = replies if actor is None else replies.filter(pl.col("reply_actor_code") == actor)
        kind = proportion(int(own["is_in_kind"].sum()), len(own), level=level)
        same = proportion(int(own["is_same_type"].sum()), len(own), level=level)
        rows.append(
            {
                "reply_actor_code": actor,
                "n_replies": len(own),
                "n_in_kind": int(own["is_in_kind"].sum()),
                "in_kind": kind.estimate,
                "lower": kind.lower,
                "upper": kind.upper,
                "n_same_type": int(own["is_same_type"].sum()),
                "same_type": same.estimate,
                "same_type_lower": same.lower,
                "same_type_upper": same.upper,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"reply_actor_code": pl.String})


def proportionality(links: pl.DataFrame, *, level: float = 0.95, min_links: int = 3) -> Proportionality:
    """Ratio of the subjects of the reply to those of the act; one is eight expelled for eight expelled.

    Args:
        links: as :func:`stated_links` returns them; give only those in kind to compare like with like.
        level: confidence level.
        min_links: fewest links with counts on both sides.

    Raises:
        NotEstimable: fewer links have counts on both sides.
    """
    counted = links.filter((pl.col("n_subjects") > 0) & (pl.col("reply_n_subjects") > 0))
    if len(counted) < min_links:
        raise NotEstimable(
            f"{len(counted)} replies have a count of subjects on both sides; at least {min_links} are needed."
        )
    return proportions.proportionality(
        counted["reply_n_subjects"].to_numpy(), counted["n_subjects"].to_numpy(), level=level
    )


def candidate_links(
    acts: pl.DataFrame,
    *,
    max_lag_days: int,
    min_lag_days: int = 1,
    in_kind_bonus: float = 0.5,
    same_type_bonus: float = 0.25,
    threshold: float = 0.75,
) -> pl.DataFrame:
    """Links a rule infers from dates and kinds alone, without looking at stated ones.

    For every act, each act of the other side towards it ``min_lag_days`` to ``max_lag_days`` before is scored

        1 - lag / (max_lag + 1)  +  in-kind bonus if of the same domain  +  bonus if of the same type.

    The act with the highest score is taken (the later, then the first by name, in a draw) if it reaches
    the threshold. Acts of the same day are not linked unless the least lag is zero: their order is unknown,
    so the rule then takes either for the reply to the other.

    Args:
        acts: one row per act, with actor_code, addressee_code and the columns of :func:`stated_links`;
            acts of which only the month is known are left out.
        max_lag_days: greatest lag.
        min_lag_days: least lag.
        in_kind_bonus: added for the same domain.
        same_type_bonus: added for the same type of act.
        threshold: least score of a link.

    Returns:
        The columns of :func:`stated_links` and score; basis_type is "inferred".
    """
    if not 0 <= min_lag_days <= max_lag_days:
        raise ParameterError(
            f"lags {min_lag_days} to {max_lag_days}: no reply could be found. Give a range of days from "
            "zero on"
        )
    timed = acts.filter(pl.col("date_precision") == "day")
    columns = ("act_id", "actor_code", "addressee_code", "act_date", "domain_type", "act_type")
    reply = timed.select(*columns).rename({name: f"reply_{name}" for name in columns})
    scored = (
        reply.join(
            timed.select(*columns),
            left_on=["reply_actor_code", "reply_addressee_code"],
            right_on=["addressee_code", "actor_code"],
        )
        .with_columns((pl.col("reply_act_date") - pl.col("act_date")).dt.total_days().alias("lag"))
        .filter(pl.col("lag").is_between(min_lag_days, max_lag_days))
        .with_columns(
            (
                1
                - pl.col("lag") / (max_lag_days + 1)
                + in_kind_bonus * (pl.col("domain_type") == pl.col("reply_domain_type")).cast(pl.Float64)
                + same_type_bonus * (pl.col("act_type") == pl.col("reply_act_type")).cast(pl.Float64)
            ).alias("score")
        )
        .filter(pl.col("score") >= threshold)
        .sort("reply_act_id", "score", "act_date", "act_id", descending=[False, True, True, False])
        .unique("reply_act_id", keep="first", maintain_order=True)
        .select("reply_act_id", "act_id", "score")
    )
    links = _with_acts(scored.select("reply_act_id", "act_id"), timed)
    return links.join(scored, on=["reply_act_id", "act_id"], maintain_order="left").with_columns(
        pl.lit("inferred").alias("basis_type")
    )


@dataclass(frozen=True)
class LinkQuality(Result):
    """How well inferred links find the stated ones.

    Attributes:
        n_stated: stated links between acts of known day.
        n_inferred: inferred links.
        n_same_day: stated links of two acts of one day, which a rule that needs an order cannot find.
        n_findable: most stated links the rule could find: one, since it names one act, for each reply that
            is stated to answer an act within the lags it looks at.
        n_found: stated links the rule finds.
        recall: share found of those it could find; null if there is none.
        recall_of_all: share of all stated links found, which cannot reach one.
        precision: share of the inferred links that are stated. It understates the rule, because a reply
            need not be stated anywhere.
        n_decided: inferred links of acts that are stated to answer something.
        precision_decided: share of those that name an act the source names.
    """

    n_stated: int
    n_inferred: int
    n_same_day: int
    n_findable: int
    n_found: int
    recall: Interval | None
    recall_of_all: Interval
    precision: Interval | None
    n_decided: int
    precision_decided: Interval | None


def link_quality(
    inferred: pl.DataFrame, stated: pl.DataFrame, *, lags: tuple[int, int], level: float = 0.95
) -> LinkQuality:
    """Compare inferred links with stated ones (Wilson intervals).

    Args:
        inferred: as :func:`candidate_links` returns them.
        stated: as :func:`stated_links` returns them; links without a lag are left out.
        lags: least and greatest lag at which the rule looks, in days.
        level: confidence level.

    Raises:
        NotEstimable: no link is stated.
    """
    known = (
        stated.filter(pl.col("lag_days").is_not_null()).select("reply_act_id", "act_id", "lag_days").unique()
    )
    if known.is_empty():
        raise NotEstimable("No reply with known days is stated, so inferred links cannot be checked.")
    n_findable = known.filter(pl.col("lag_days").is_between(*lags))["reply_act_id"].n_unique()
    n_found = len(inferred.join(known, on=["reply_act_id", "act_id"], how="semi"))
    n_decided = len(inferred.join(known, on="reply_act_id", how="semi"))
    return LinkQuality(
        len(known),
        len(inferred),
        int((known["lag_days"] == 0).sum()),
        n_findable,
        n_found,
        proportion(n_found, n_findable, level=level) if n_findable else None,
        proportion(n_found, len(known), level=level),
        proportion(n_found, len(inferred), level=level) if len(inferred) else None,
        n_decided,
        proportion(n_found, n_decided, level=level) if n_decided else None,
    )
