"""Models that set the target beside other partners, and all estimates of one effect side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.ppml import CITATION as PPML_CITATION
from retorsion.estimators.ppml import fit_ppml
from retorsion.estimators.results import Estimate
from retorsion.impact.findings import ranked

#: Where an estimate takes its course without measures from.
OWN, COMPARISON = "own", "comparison"


def partner_months(
    series: pl.DataFrame, episodes: pl.DataFrame, *, target_code: str, anticipation_months: int
) -> pl.DataFrame:
    """Partners by month with an indicator of the target in each episode, months that straddle left out.

    Months that share a row of the source are one observation, which stands at the first of them.

    Args:
        series: partner_code, period_start, row_start, value of the target and its comparison partners.
        episodes: start_date, in time order, from :func:`retorsion.impact.series.measure_episodes`.
        target_code: the partner under measures.
        anticipation_months: months before the first measure left out with it.

    Returns:
        partner_code, period_start, season (calendar month), value, and exposed_1, exposed_2, ... (1 for the
        target in that episode).
    """
    starts: list[date] = episodes["start_date"].to_list()
    month = pl.col("period_start")
    split = [day.replace(day=1) for day in starts if day.day > 1]
    early = pl.col("period_start").dt.offset_by(f"{anticipation_months}mo")
    kept = ~month.is_in(split) & ~((month < starts[0].replace(day=1)) & (early >= starts[0].replace(day=1)))
    once = pl.col("period_start") == pl.col("row_start")
    rows = series.filter(kept & once & pl.col("value").is_not_null()).select(
        "partner_code", "period_start", month.dt.month().alias("season"), "value"
    )
    is_target = pl.col("partner_code") == target_code
    for i, start in enumerate(starts):
        end = starts[i + 1] if i + 1 < len(starts) else date.max
        inside = (month >= start) & (month < end)
        rows = rows.with_columns((is_target & inside).cast(pl.Float64).alias(f"exposed_{i + 1}"))
    return rows.sort("partner_code", "period_start")


def poisson_differences(
    series: pl.DataFrame,
    episodes: pl.DataFrame,
    *,
    target_code: str,
    anticipation_months: int,
    level: float,
) -> tuple[Estimate, ...]:
    """PPML difference-in-differences of the target's flow against the other partners'.

    Fixed effects of partner by calendar month and of month; one indicator of the target for each episode.
    With one treated partner clustered errors mean nothing, so the model is fitted with each other partner as
    if it were the target (the real one left out), and the interval and the p-value come from the ranks of
    these placebos (Conley and Taber 2011, *Review of Economics and Statistics* 93(1)).

    Args:
        series: see :func:`partner_months`.
        episodes: start_date and label.
        target_code: the partner under measures.
        anticipation_months: months before the first measure left out.
        level: confidence level.

    Raises:
        NotEstimable: fewer than three placebos could be fitted.
    """
    names = [f"exposed_{i + 1}" for i in range(len(episodes))]

    def fitted(rows: pl.DataFrame, target: str) -> dict[str, float]:
        panel = partner_months(rows, episodes, target_code=target, anticipation_months=anticipation_months)
        fit = fit_ppml(
            panel,
            outcome="value",
            regressors=names,
            fixed_effects=[["partner_code", "season"], ["period_start"]],
        ).complete()
        return dict(zip(fit.terms, fit.coefficients.tolist(), strict=True)) | {"n": float(fit.n_obs)}

    own = fitted(series, target_code)
    others = series.filter(pl.col("partner_code") != target_code)
    placebos = []
    for partner in others["partner_code"].unique().sort():
        try:
            placebos.append(fitted(others, partner))
        except NotEstimable:
            continue
    if len(placebos) < 3:
        raise NotEstimable(f"Only {len(placebos)} placebos could be fitted: nothing measures the noise.")
    return tuple(
        ranked(
            own[name],
            [placebo[name] for placebo in placebos],
            term=f"mean effect: {label}",
            level=level,
            n_obs=int(own["n"]),
            estimator="PPML difference-in-differences, partner by season and month fixed effects",
            citation=PPML_CITATION,
            sample=f"{target_code} and {len(placebos)} partners by month",
        )
        for name, label in zip(names, episodes["label"], strict=True)
    )


#: Columns of :func:`side_by_side`.
SIDE_BY_SIDE = ("episode", "label", "family_type", "estimate", "lower", "upper", "level", "p_value", "n_obs")


def side_by_side(
    own: pl.DataFrame, comparison: Mapping[str, Collection[Estimate]], names: Mapping[str, str]
) -> pl.DataFrame:
    """All estimates of the same mean effects in one table.

    Args:
        own: from :func:`retorsion.impact.monthly.step_table`: estimates from the target's own past.
        comparison: estimates against other partners, by short name, terms ``mean effect: <episode>``.
        names: short names of the estimators of ``own``.

    Returns:
        episode, label, family_type (comparison first, then own), estimate, lower, upper, level, p_value,
        n_obs, estimator, citation, sample, caveat, not_estimable.
    """
    means = own.filter(pl.col("term").is_null() | pl.col("term").str.starts_with("mean effect: "))
    columns = [*SIDE_BY_SIDE, "estimator", "citation", "sample", "caveat", "not_estimable"]
    rows = pl.DataFrame(
        [
            {
                **one.to_dict(),
                "episode": one.term.removeprefix("mean effect: "),
                "label": label,
                "family_type": COMPARISON,
                "not_estimable": None,
            }
            for label, estimates in comparison.items()
            for one in estimates
        ],
        schema_overrides={"not_estimable": pl.String},
        infer_schema_length=None,
    )
    short = pl.col("estimator").replace_strict(names, default=None)
    past = means.filter(short.is_not_null()).with_columns(
        pl.concat_str(short, pl.lit(", "), pl.col("specification")).alias("label"),
        pl.lit(OWN).alias("family_type"),
    )
    return pl.concat([rows.select(columns), past.select(columns)])


def disagreement(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Range of the estimates of each episode within each family, and whether any interval holds zero.

    Args:
        table: from :func:`side_by_side`.

    Returns:
        per episode and family: n, lowest, highest, lowest_label, highest_label, n_including_zero.
    """
    rows = []
    for (episode, family), group in table.filter(pl.col("estimate").is_not_null()).group_by(
        "episode", "family_type", maintain_order=True
    ):
        ordered = group.sort("estimate", "label")
        holds_zero = (pl.col("lower") <= 0) & (pl.col("upper") >= 0)
        rows.append(
            {
                "episode": episode,
                "family_type": family,
                "n": len(group),
                "lowest": ordered["estimate"][0],
                "lowest_label": ordered["label"][0],
                "highest": ordered["estimate"][-1],
                "highest_label": ordered["label"][-1],
                "n_including_zero": group.filter(holds_zero).height,
            }
        )
    return rows
