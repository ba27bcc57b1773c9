"""Goods under measures against goods that are not, from the target against from others, before and after.

Three comparisons of one flow, each fitted by PPML:

- ``goods``: the target's goods under measures against its other goods. What hits the target's trade as a
  whole (payments, shipping, reluctance) is taken out; a world price of the goods is not. Where measures begin
  at different times and their effects grow, goods already under them are among the controls and the average
  is biased: see :mod:`retorsion.estimators.imputation`.
- ``partners``: the goods under measures, with the target against other partners. World demand for the goods
  is taken out; what hits the target's trade as a whole is not.
- ``both``: the triple difference, which takes out the two and what is lasting between partner and good. It
  has the fixed effects of the three-way gravity model, with goods in the place of importers, and so its
  corrections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.bias_correction import ThreeWayFit, fit_three_way
from retorsion.estimators.frames import require_columns
from retorsion.estimators.ppml import PoissonFit, fit_ppml
from retorsion.estimators.results import Estimate
from retorsion.sources.states import state_name

Comparison = Literal["goods", "partners", "both"]

#: The term of the average effect.
EFFECT = "measure"

_CAVEATS: dict[str, str] = {
    "goods": (
        "In log points. Trade that moved from goods under measures to others counts as an effect; so does a "
        "change in the world's demand for these goods."
    ),
    "partners": (
        "In log points. Only one partner is under measures: what else set its trade apart in that time is "
        "part of the effect."
    ),
    "both": (
        "In log points. Trade that moved from goods under measures to others, or from the state under measures "
        "to other partners, counts as an effect. Only one partner is under measures."
    ),
}


@dataclass(frozen=True, kw_only=True)
class MeasureEffect:
    """The effect of a good's being under measures for a whole period.

    Attributes:
        plain: PPML.
        corrected: with the corrections of :mod:`retorsion.estimators.bias_correction`; of the triple difference
            only.
        n_goods: goods under measures with a flow from the target in the sample.
    """

    plain: Estimate
    corrected: Estimate | None
    n_goods: int


def measure_effect(
    flows: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    target_code: str,
    comparison: Comparison,
    by_season: bool = False,
    by_good: bool = False,
    with_correction: bool = True,
    level: float = 0.95,
) -> MeasureEffect:
    """Average effect of measures on flows between a reporter and the target.

    The regressor is the share of the period during which the good was under measures, for the target.
    Standard errors are clustered by good (``goods``) or by partner and good. Only the target's goods are under
    measures, so that with many periods clusters of goods are the safer choice in every comparison.

    Args:
        flows: partner_code, product_code, period_start, n_months, value of one reporter and direction, one
            row per partner, good and period; goods of one level, which do not overlap.
        measures: product_code, start_date and, where measures ended, end_date (null: in force); of the
            target.
        target_code: the partner under measures.
        comparison: see the module.
        by_season: let every partner and good have its own season (fixed effects by calendar month of the
            period's start); only where at least two years are seen.
        by_good: cluster by good in every comparison.
        with_correction: also give the corrected estimate, of the triple difference without seasons.
        level: of the intervals.

    Raises:
        NotEstimable: the target or goods under measures or something to compare them with is missing, there
            is no period before or under measures, or :func:`retorsion.estimators.ppml.fit_ppml` cannot fit.
        ParameterError: a column is absent.
    """
    exposed = exposure(flows, measures, target_code, comparison)
    check_finite(exposed, target_code)
    sample = sample_words(exposed, target_code, comparison)
    caveat = _CAVEATS[comparison]
    fit = fit_exposed(exposed, [EFFECT], comparison, by_season=by_season, by_good=by_good)
    corrected = None
    if with_correction and comparison == "both" and not by_season:
        corrected = _correct(exposed, [EFFECT]).estimates(
            level=level, sample=sample, caveat=caveat, few_clusters=True
        )[0]
    under = exposed.filter(pl.Series(fit.in_sample)).filter((pl.col(EFFECT) > 0) | pl.col("is_treated"))
    return MeasureEffect(
        plain=fit.estimate(EFFECT, level=level, sample=sample, caveat=caveat, few_clusters=True),
        corrected=corrected,
        n_goods=under.filter(pl.col("value") > 0)["product_code"].n_unique(),
    )


def exposure(
    flows: pl.DataFrame, measures: pl.DataFrame, target_code: str, comparison: Comparison = "both"
) -> pl.DataFrame:
    """The rows of a comparison with the share of each period under measures.

    Args:
        flows: see :func:`measure_effect`.
        measures: see :func:`measure_effect`.
        target_code: the partner under measures.
        comparison: see the module.

    Returns:
        ``flows`` of the comparison with share (of the period in which the good is under measures, whoever the
        partner), is_treated (the target's flow of such a good), measure (the share for the target, 0 for
        others) and season.

    Raises:
        NotEstimable: there is nothing to compare.
        ParameterError: a column is absent.
    """
    require_columns(flows, ["partner_code", "product_code", "period_start", "n_months", "value"], "flows")
    require_columns(measures, ["product_code", "start_date"], "measures")
    under = measures["product_code"].unique().to_list()
    is_target, is_under = pl.col("partner_code") == target_code, pl.col("product_code").is_in(under)
    kept = {"goods": is_target, "partners": is_under, "both": pl.lit(value=True)}[comparison]
    rows = flows.filter(kept)
    missing = {
        f"flow with {target_code} in goods under measures": rows.filter(is_target & is_under),
        f"flow with {target_code} in other goods": rows.filter(is_target & ~is_under),
        "other partner": rows.filter(~is_target),
    }
    needed = {"goods": [0, 1], "partners": [0, 2], "both": [0, 1, 2]}[comparison]
    for what, part in [list(missing.items())[i] for i in needed]:
        if part.filter(pl.col("value") > 0).is_empty():
            raise NotEstimable(f"There is no {what}, so that there is nothing to compare.")
    period_end = pl.col("period_start").dt.offset_by(pl.format("{}mo", pl.col("n_months").cast(pl.Int64)))
    ended = pl.col("end_date") if "end_date" in measures.columns else pl.lit(None, dtype=pl.Date)
    spells = measures.select("product_code", "start_date", ended.alias("end_date"))
    periods = rows.select("product_code", "period_start", period_end.alias("period_end")).unique()
    overlap = (
        pl.min_horizontal("period_end", pl.col("end_date").fill_null(pl.col("period_end")))
        - pl.max_horizontal("period_start", "start_date")
    ).dt.total_days()
    shares = (
        periods.join(spells, on="product_code")
        .with_columns(overlap.clip(lower_bound=0).alias("days"))
        .group_by("product_code", "period_start")
        .agg(
            pl.col("days").sum(),
            (pl.col("period_end") - pl.col("period_start")).dt.total_days().first().alias("length"),
        )
        .select(
            "product_code",
            "period_start",
            (pl.col("days") / pl.col("length")).clip(upper_bound=1.0).alias("share"),
        )
    )
    return rows.join(
        shares, on=["product_code", "period_start"], how="left", maintain_order="left"
    ).with_columns(
        (is_target & is_under).alias("is_treated"),
        pl.col("share").fill_null(0.0),
        pl.when(is_target).then(pl.col("share").fill_null(0.0)).otherwise(0.0).alias(EFFECT),
        pl.col("period_start").dt.month().alias("season"),
    )


def check_finite(exposed: pl.DataFrame, target_code: str) -> None:
    """Assert that some flow is left under measures: an effect without one is minus infinity.

    Raises:
        NotEstimable: the target's goods are under measures and none is traded any more.
    """
    under = exposed.filter((pl.col("partner_code") == target_code) & (pl.col(EFFECT) >= 1))
    if len(under) and (under["value"] == 0).all():
        raise NotEstimable(
            f"Trade with {target_code} in the goods under measures is zero in every whole period under them: "
            "it stopped, and no finite effect describes that."
        )


def fit_exposed(
    exposed: pl.DataFrame,
    regressors: Sequence[str],
    comparison: Comparison = "both",
    *,
    by_season: bool = False,
    by_good: bool = False,
) -> PoissonFit:
    """PPML of a comparison.

    Args:
        exposed: of :func:`exposure`, with the columns of the regressors.
        regressors: their names.
        comparison: see the module.
        by_season: see :func:`measure_effect`.
        by_good: see :func:`measure_effect`.
    """
    season = ["season"] if by_season else []
    fixed_effects = {
        "goods": [["product_code", *season], ["period_start"]],
        "partners": [["partner_code", "product_code", *season], ["product_code", "period_start"]],
        "both": [
            ["partner_code", "product_code", *season],
            ["product_code", "period_start"],
            ["partner_code", "period_start"],
        ],
    }[comparison]
    by_good = by_good or comparison == "goods"
    clusters = [["product_code"]] if by_good else [["partner_code", "product_code"]]
    return fit_ppml(
        exposed, outcome="value", regressors=regressors, fixed_effects=fixed_effects, clusters=clusters
    )


def _correct(exposed: pl.DataFrame, regressors: Sequence[str]) -> ThreeWayFit:
    return fit_three_way(
        exposed,
        outcome="value",
        regressors=regressors,
        exporter="partner_code",
        importer="product_code",
        period="period_start",
    )


def sample_words(exposed: pl.DataFrame, target_code: str, comparison: Comparison = "both") -> str:
    """The rows of a comparison in words. Arguments as :func:`exposure` gives and takes them."""
    periods = sorted(exposed["period_start"].unique())
    under = exposed.filter("is_treated")["product_code"].n_unique()
    others = exposed.filter(~pl.col("is_treated"))
    against = {
        "goods": f"{others['product_code'].n_unique()} other goods",
        "partners": f"{others['partner_code'].n_unique()} other partners",
        "both": (
            f"{exposed['product_code'].n_unique() - under} other goods and "
            f"{exposed['partner_code'].n_unique() - 1} other partners"
        ),
    }[comparison]
    return (
        f"{state_name(target_code)}: {under} goods under measures against {against}, {len(periods)} periods from "
        f"{periods[0]:%Y-%m} to {periods[-1]:%Y-%m}, {len(exposed):,} flows"
    )
