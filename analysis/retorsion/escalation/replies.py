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
from scipy import stats
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from retorsion.errors import NotEstimable, ParameterError, RetorsionError
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


def share(n: int, total: int, *, level: float = 0.95) -> Interval:
    """A share with its Wilson interval (Wilson 1927, JASA 22), which holds for few cases and near 0 or 1.

    Raises:
        NotEstimable: there is nothing to take a share of.
    """
    if total < 1:
        raise NotEstimable("There is no case to take a share of.")
    lower, upper = proportion_confint(n, total, alpha=1 - level, method="wilson")
    return Interval(n / total, float(lower), float(upper), level, "Wilson", n == 0, n == total)


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
    found = [share(n, total, level=level) for total, n in grouped.select("n_acts", "n_answered").iter_rows()]
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


@dataclass(frozen=True)
class WaitingCurve(Result):
    """Kaplan-Meier curve of the time to an answer.

    Attributes:
        n_acts: acts that could have been answered.
        n_answered: acts that were.
        median_days: days by which half of the acts were answered; null where fewer than half ever were.
        median_lower: lower limit of it.
        median_upper: upper limit of it; null where it is not bounded.
        level: confidence level.
        curve: frame day, n_at_risk, n_answered, unanswered (probability of no answer by the end of the
            day), lower, upper (pointwise), band_lower, band_upper (for the whole curve at once).
    """

    n_acts: int
    n_answered: int
    median_days: float | None
    median_lower: float | None
    median_upper: float | None
    level: float
    curve: pl.DataFrame


def waiting_curve(times: pl.DataFrame, *, level: float = 0.95, min_answered: int = 5) -> WaitingCurve:
    """Kaplan-Meier estimate (JASA 53, 1958) with confidence limits.

    Pointwise limits are on the complementary log-log scale; the band is that of Hall & Wellner (1980,
    Biometrika 67) on the arcsine scale, between the first and the last answer. An act that nobody ever meant
    to answer keeps the curve from falling to zero: its plateau is the share never answered.

    Args:
        times: days, is_answered, as :func:`waiting_times` returns them.
        level: confidence level.
        min_answered: fewest answered acts.

    Raises:
        NotEstimable: fewer acts were answered.
    """
    status = times["is_answered"].to_numpy().astype(np.int64)
    if status.sum() < min_answered:
        raise NotEstimable(
            f"{status.sum()} of {len(times)} acts were answered; at least {min_answered} are needed for "
            "a distribution of the time to an answer."
        )
    fitted = SurvfuncRight(times["days"].to_numpy().astype(np.float64), status)
    left, error = np.asarray(fitted.surv_prob), np.asarray(fitted.surv_prob_se)
    inside = (left > 0) & (left < 1) & np.isfinite(error)
    n, safe = len(times), np.where(inside, left, 0.5)
    spread = np.where(inside, error / safe, 0.0)  # Greenwood's sum, square root
    z = float(stats.norm.ppf(0.5 + level / 2))
    width = z * spread / np.abs(np.log(safe))
    lower, upper = safe ** np.exp(width), safe ** np.exp(-width)
    # statsmodels' own band takes the number at risk where Hall and Wellner have that of all acts
    reach = float(stats.kstwobign.ppf(level)) * (1 + n * spread**2) / (2 * np.sqrt(n))
    reach *= np.sqrt(safe / (1 - safe))
    angle = np.arcsin(np.sqrt(safe))
    band_lower = np.sin(np.maximum(angle - reach, 0)) ** 2
    band_upper = np.sin(np.minimum(angle + reach, np.pi / 2)) ** 2
    limits = {"lower": lower, "upper": upper, "band_lower": band_lower, "band_upper": band_upper}
    curve = pl.DataFrame(
        {
            "day": np.asarray(fitted.surv_times).astype(np.int64),
            "n_at_risk": np.asarray(fitted.n_risk).astype(np.int64),
            "n_answered": np.asarray(fitted.n_events).astype(np.int64),
            "unanswered": left,
            **{name: np.where(inside, values, np.nan) for name, values in limits.items()},
        }
    ).with_columns(pl.col(*limits).fill_nan(None))
    median = float(fitted.quantile(0.5))
    with np.errstate(divide="ignore", invalid="ignore"):  # where the curve is at one or zero
        low, high = (float(v) for v in fitted.quantile_ci(0.5, alpha=1 - level))
    return WaitingCurve(
        n,
        int(status.sum()),
        _finite(median),
        _finite(low) if np.isfinite(median) else None,
        _finite(high) if np.isfinite(median) else None,
        level,
        curve,
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class ReplySpeed(Result):
    """Cox regression of the time to an answer.

    Attributes:
        n_acts: acts that could have been answered.
        n_answered: acts that were.
        ties: how ties are handled.
        level: confidence level.
        table: frame covariate, hazard_ratio, lower, upper, p_value. A ratio above one: sooner answered.
    """

    n_acts: int
    n_answered: int
    ties: str
    level: float
    table: pl.DataFrame


def reply_speed(
    times: pl.DataFrame,
    covariates: Sequence[str],
    *,
    level: float = 0.95,
    min_answered_per_covariate: int = 5,
) -> ReplySpeed:
    """What speeds an answer: proportional hazards (Cox 1972, JRSS B 34).

    Days tie often, so ties are handled by Efron's method (1977, JASA 72), which is close to exact where
    Breslow's pulls the coefficients towards zero.

    Args:
        times: days, is_answered and the covariates.
        covariates: numeric or boolean columns; spell groups out as one column each, less one.
        level: confidence level.
        min_answered_per_covariate: fewest answered acts per covariate.

    Raises:
        NotEstimable: too few answered acts, a covariate that does not vary, or one that only ever takes
            one value among the answered acts, so that its ratio would be zero or infinite.
        ParameterError: a covariate has missing values.
    """
    n_answered = int(times["is_answered"].sum())
    needed = min_answered_per_covariate * len(covariates)
    if n_answered < needed:
        raise NotEstimable(
            f"{n_answered} acts were answered; at least {needed} are needed for {len(covariates)} covariates."
        )
    columns = []
    for name in covariates:
        values = times[name].cast(pl.Float64).to_numpy()
        if np.isnan(values).any():
            raise ParameterError(f"covariate {name!r}: has missing values. Fill or drop them first")
        if np.ptp(values) == 0:
            raise NotEstimable(f"All acts have the same {name}, so its effect cannot be estimated.")
        if np.ptp(values[times["is_answered"].to_numpy()]) == 0:
            raise NotEstimable(
                f"All answered acts have the same {name}, so the ratio it makes is zero or infinite."
            )
        columns.append(values)
    model = PHReg(
        times["days"].to_numpy().astype(np.float64),
        np.column_stack(columns),
        status=times["is_answered"].to_numpy().astype(np.int64),
        ties="efron",
    )
    fitted = model.fit(disp=0)
    limits = np.exp(fitted.conf_int(alpha=1 - level))
    table = pl.DataFrame(
        {
            "covariate": list(covariates),
            "hazard_ratio": np.exp(fitted.params),
            "lower": limits[:, 0],
            "upper": limits[:, 1],
            "p_value": np.asarray(fitted.pvalues),
        }
    )
    return ReplySpeed(len(times), n_answered, "Efron", level, table)


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
        kind = share(int(own["is_in_kind"].sum()), len(own), level=level)
        same = share(int(own["is_same_type"].sum()), len(own), level=level)
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


@dataclass(frozen=True)
class Proportionality(Result):
    """How many subjects a reply has for each subject of the act it answers.

    Attributes:
        n_links: links with a count on both sides.
        geometric_mean: of the ratios.
        lower: lower limit of it.
        upper: upper limit of it.
        level: confidence level.
        median: of the ratios.
        n_equal: links with the same count on both sides.
        equal: share of them.
        equal_lower: lower limit of the share (Wilson).
        equal_upper: upper limit of the share.
        ratios: frame reply_act_id, act_id, reply_n_subjects, n_subjects, ratio.
    """

    n_links: int
    geometric_mean: float
    lower: float
    upper: float
    level: float
    median: float
    n_equal: int
    equal: float
    equal_lower: float
    equal_upper: float
    ratios: pl.DataFrame


def proportionality(links: pl.DataFrame, *, level: float = 0.95, min_links: int = 3) -> Proportionality:
    """Ratio of the subjects of the reply to those of the act; one is eight expelled for eight expelled.

    The limits of the geometric mean are from Student's t on the logarithms.

    Args:
        links: as :func:`stated_links` returns them; give only those in kind to compare like with like.
        level: confidence level.
        min_links: fewest links with counts on both sides.

    Raises:
        NotEstimable: fewer links have counts on both sides.
    """
    ratios = (
        links.filter((pl.col("n_subjects") > 0) & (pl.col("reply_n_subjects") > 0))
        .select("reply_act_id", "act_id", "reply_n_subjects", "n_subjects")
        .with_columns((pl.col("reply_n_subjects") / pl.col("n_subjects")).alias("ratio"))
    )
    if len(ratios) < min_links:
        raise NotEstimable(
            f"{len(ratios)} replies have a count of subjects on both sides; at least {min_links} are needed."
        )
    logs = np.log(ratios["ratio"].to_numpy())
    reach = float(stats.t.ppf(0.5 + level / 2, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs)))
    n_equal = int((ratios["n_subjects"] == ratios["reply_n_subjects"]).sum())
    equal = share(n_equal, len(ratios), level=level)
    return Proportionality(
        len(ratios),
        float(np.exp(logs.mean())),
        float(np.exp(logs.mean() - reach)),
        float(np.exp(logs.mean() + reach)),
        level,
        float(np.exp(np.median(logs))),
        n_equal,
        equal.estimate,
        equal.lower,
        equal.upper,
        ratios,
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
        share(n_found, n_findable, level=level) if n_findable else None,
        share(n_found, len(known), level=level),
        share(n_found, len(inferred), level=level) if len(inferred) else None,
        n_decided,
        share(n_found, n_decided, level=level) if n_decided else None,
    )
