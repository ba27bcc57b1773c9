"""The sanctioning coalition's imports from the target, in the trade of all states with all.

Structural gravity by product: what an exporter offers in a year, what an importer takes in a year, and what
is lasting between the two, are fixed effects; what is left is whether the coalition's members bought less
from the target than these predict (Crozet and Hinz 2020, Economic Policy 35(101), for the sanctions of 2014).

The effect is relative. The exporter's effect absorbs how much the target sold in all, the importer's how much
a member bought in all, so that goods which the target sold elsewhere instead, and which members bought
elsewhere instead, both count. It is not the fall of the target's exports.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.bias_correction import ThreeWayFit, fit_three_way
from retorsion.estimators.event_study import EventPath
from retorsion.estimators.frames import require_columns
from retorsion.estimators.ppml import PoissonFit, fit_ppml
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate
from retorsion.impact.records import annual_flows

#: The term of the average effect.
EFFECT = "coalition"

CAVEAT = (
    "A relative effect in log points: diversion by either side is part of it, and it is not the fall of the "
    "target's exports. Only one exporter is treated, so that anything else that set its trade with members "
    "apart in these years is part of it too."
)

_PANEL = ["year", "exporter_code", "importer_code", "product_code", "value"]


def gravity_panel(
    trade_flows: pl.DataFrame,
    *,
    years: Collection[int],
    product_codes: Collection[str] | None = None,
    zeros: Literal["recorded", "filled"] = "recorded",
    value_column: str = "value_kusd",
    exclude_codes: Collection[str] = (),
) -> pl.DataFrame:
    """Flows of all pairs by product and year.

    Args:
        trade_flows: rows of one source of all pairs.
        years: calendar years.
        product_codes: keep these products only.
        zeros: ``recorded`` keeps the rows of the source, which in pairwise sources are positive flows;
            ``filled`` adds a zero for every year without a row, for each pair and product that has a flow in
            one of the years. Pairs that never traded a product need no rows: their pair effect would predict
            their zeros perfectly.
        value_column: the column to measure flows by.
        exclude_codes: states or groups of states to leave out.

    Returns:
        year, exporter_code, importer_code, product_code, value, sorted by the first four.
    """
    flows = annual_flows(
        trade_flows,
        years=years,
        value_column=value_column,
        product_codes=product_codes,
        exclude_codes=exclude_codes,
    ).select(_PANEL)
    if zeros == "filled":
        positive = flows.filter(pl.col("value") > 0)
        pairs = positive.select("exporter_code", "importer_code", "product_code").unique()
        calendar_years = pl.DataFrame({"year": sorted(set(years))}, schema={"year": flows.schema["year"]})
        flows = (
            calendar_years.join(pairs, how="cross")
            .join(positive, on=_PANEL[:4], how="left")
            .with_columns(pl.col("value").fill_null(0.0))
        )
    return flows.sort(_PANEL[:4])


def membership(coalition: pl.DataFrame, years: Collection[int]) -> pl.DataFrame:
    """Share of each year during which each state belonged to the coalition.

    Args:
        coalition: member_code, joined_date and, where members may leave, left_date (null: has not left). A
            state may have several rows for separate spells.
        years: calendar years.

    Returns:
        importer_code, year, share (above 0, at most 1), sorted.
    """
    require_columns(coalition, ["member_code", "joined_date"], "coalition")
    left = pl.col("left_date") if "left_date" in coalition.columns else pl.lit(None, dtype=pl.Date)
    spells = coalition.select("member_code", "joined_date", left.alias("left_date"))
    rows = [
        (code, year, days / (366 if calendar.isleap(year) else 365))
        for code, joined, ended in spells.iter_rows()
        for year in sorted(set(years))
        if (days := _days_within(joined, ended, year)) > 0
    ]
    schema = {"importer_code": pl.String, "year": pl.Int32, "share": pl.Float64}
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .group_by("importer_code", "year")
        .agg(pl.col("share").sum().clip(upper_bound=1.0))
        .sort("importer_code", "year")
    )


def _days_within(joined: date, left: date | None, year: int) -> int:
    start = max(joined, date(year, 1, 1))
    end = min(left or date.max, date(year, 12, 31) + timedelta(days=1))
    return (end - start).days


@dataclass(frozen=True, kw_only=True)
class CoalitionEffect:
    """The effect of belonging to the coalition for a whole year on imports from the target.

    Attributes:
        plain: PPML.
        corrected: bias-corrected; null where the correction was not asked for.
        trend: the difference in trends that is subtracted, per year; null where none was fitted.
        n_members: members with a flow from the target in the sample.
    """

    plain: Estimate
    corrected: Estimate | None
    trend: Estimate | None
    n_members: int


def coalition_effect(
    panel: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    target_code: str,
    with_trend: bool = False,
    with_correction: bool = True,
    level: float = 0.95,
) -> CoalitionEffect:
    """Effect of membership on imports from the target, one number for all years and products.

    The regressor is the share of the year in which the importer belonged, for flows from the target; fixed
    effects are exporter-product-year, importer-product-year and pair-product; standard errors are clustered
    by pair of states, over products, and intervals allow for how few of these carry the estimate. Products
    weigh by their value.

    Args:
        panel: of :func:`gravity_panel`.
        coalition: see :func:`membership`.
        target_code: the exporter.
        with_trend: also fit a linear difference in trends between members (at any time) and others in what
            they buy from the target, so that the effect is what is beyond it.
        with_correction: also give the estimate with the corrections of
            :mod:`retorsion.estimators.bias_correction`, which take several times as long as the fit.
        level: of the intervals.

    Raises:
        NotEstimable: no member ever belongs within the years, the target exports nothing, nobody but members
            buys from it, or the effect is not identified.
    """
    exposed, members = _exposed(panel, coalition, target_code)
    regressors = [EFFECT]
    if with_trend:
        first_year = int(exposed["year"].min())  # type: ignore[arg-type]
        exposed = exposed.with_columns(trend=pl.col("is_member_flow") * (pl.col("year") - first_year))
        regressors.append("trend")
    sample = _sample(exposed, target_code, members)
    if with_correction:
        three_way = _fit_and_correct(exposed, regressors)
        fit = three_way.fit
        corrected = three_way.estimates(level=level, sample=sample, caveat=CAVEAT, few_clusters=True)[0]
    else:
        fit = _fit(exposed, regressors)
        corrected = None
    plain = fit.estimates(level=level, sample=sample, caveat=CAVEAT, few_clusters=True)
    return CoalitionEffect(
        plain=plain[0],
        corrected=corrected,
        trend=plain[1] if with_trend else None,
        n_members=_n_members(exposed.filter(pl.Series(fit.in_sample))),
    )


def coalition_event_study(
    panel: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    target_code: str,
    reference_year: int,
    with_correction: bool = False,
    level: float = 0.95,
) -> EventPath:
    """Imports of members from the target year by year, relative to a reference year.

    Members are all states that belong within the panel's years; the effect of a year is how much more (or
    less) of the target's goods they bought than the fixed effects predict, relative to the reference year.

    Args:
        panel: of :func:`gravity_panel`.
        coalition: see :func:`membership`.
        target_code: the exporter.
        reference_year: the last year before the first state joined, unless there is a reason for another.
        with_correction: estimates with the corrections of :mod:`retorsion.estimators.bias_correction`.
        level: of the intervals.

    Raises:
        NotEstimable: as :func:`coalition_effect`; or the reference year is not in the panel.
    """
    exposed, members = _exposed(panel, coalition, target_code)
    years = sorted(exposed["year"].unique())
    if reference_year not in years:
        raise NotEstimable(f"The reference year {reference_year} is not among the panel's {years}.")
    joined = exposed.filter(pl.col(EFFECT) > 0)["year"].min()
    assert isinstance(joined, int)
    others = [year for year in years if year != reference_year]
    terms = {year: f"{EFFECT} {year}" for year in others}
    exposed = exposed.with_columns(
        (pl.col("is_member_flow") * (pl.col("year") == year)).alias(term) for year, term in terms.items()
    )
    empty = [year for year, term in terms.items() if exposed.filter(pl.col(term) > 0)["value"].sum() == 0]
    if empty:
        raise NotEstimable(
            f"Members bought nothing from {target_code} in {empty}: the effects of those years are infinite."
        )
    sample = _sample(exposed, target_code, members)
    if with_correction:
        three_way = _fit_and_correct(exposed, list(terms.values()))
        fit, effects = (
            three_way.corrected,
            three_way.estimates(level=level, sample=sample, caveat=CAVEAT, few_clusters=True),
        )
    else:
        fit = _fit(exposed, list(terms.values()))
        effects = fit.estimates(level=level, sample=sample, caveat=CAVEAT, few_clusters=True)
    return EventPath(
        periods=tuple(others),
        reference=reference_year,
        first_treated=joined,
        effects=effects,
        covariance=fit.covariance,
        statement=(
            f"Imports of {len(members)} members from {target_code} relative to {reference_year}, given what "
            "each exporter sold, each importer bought and each pair traded of every product. Years before "
            f"{joined} are leads: members did not belong yet, and an effect in them is a difference in "
            "trends."
        ),
    )


def coalition_effect_by_product(
    panel: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    target_code: str,
    with_trend: bool = False,
    with_correction: bool = True,
    level: float = 0.95,
) -> pl.DataFrame:
    """The effect of membership estimated for each product on its own.

    Args:
        panel: of :func:`gravity_panel`.
        coalition: see :func:`membership`.
        target_code: the exporter.
        with_trend: as of :func:`coalition_effect`.
        with_correction: give the bias-corrected estimates.
        level: of the intervals.

    Returns:
        product_code, not_estimable (the reason, null where there is an estimate), uncorrected (estimate
        before the corrections), n_members, and the columns of an estimate; sorted by product_code.
    """
    rows = []
    for (product,), flows in sorted(panel.partition_by("product_code", as_dict=True).items()):
        try:
            effect = coalition_effect(
                flows,
                coalition,
                target_code=target_code,
                with_trend=with_trend,
                with_correction=with_correction,
                level=level,
            )
        except NotEstimable as reason:
            rows.append({"product_code": product, "not_estimable": str(reason)})
            continue
        rows.append(
            {
                "product_code": product,
                "uncorrected": effect.plain.estimate,
                "n_members": effect.n_members,
                **(effect.corrected or effect.plain).to_dict(),
            }
        )
    return pl.DataFrame(rows, schema=_BY_PRODUCT_SCHEMA)


_BY_PRODUCT_SCHEMA = pl.Schema(
    [
        ("product_code", pl.String),
        ("not_estimable", pl.String),
        ("uncorrected", pl.Float64),
        ("n_members", pl.Int64),
        *ESTIMATE_SCHEMA.items(),
    ]
)


def without_importers(
    panel: pl.DataFrame,
    coalition: pl.DataFrame,
    importer_codes: Sequence[str],
    *,
    target_code: str,
    with_trend: bool = False,
    level: float = 0.95,
) -> pl.DataFrame:
    """The effect of membership with nobody left out, each of some importers, and all of them.

    Args:
        panel: of :func:`gravity_panel`.
        coalition: see :func:`membership`.
        importer_codes: importers to leave out, one at a time and then together.
        target_code: the exporter.
        with_trend: as of :func:`coalition_effect`.
        level: of the intervals.

    Returns:
        left_out (codes joined by ``, ``; empty for none), not_estimable (the reason, or null) and the columns
        of an estimate (uncorrected); in the order above.
    """
    sets: list[list[str]] = [[], *([code] for code in importer_codes)]
    if len(importer_codes) > 1:
        sets.append(list(importer_codes))
    rows: list[dict[str, object]] = []
    for left_out in sets:
        name = ", ".join(left_out)
        try:
            effect = coalition_effect(
                panel.filter(~pl.col("importer_code").is_in(left_out)),
                coalition,
                target_code=target_code,
                with_trend=with_trend,
                with_correction=False,
                level=level,
            )
        except NotEstimable as reason:
            rows.append({"left_out": name, "not_estimable": str(reason)})
        else:
            rows.append({"left_out": name, **effect.plain.to_dict()})
    schema = pl.Schema([("left_out", pl.String), ("not_estimable", pl.String), *ESTIMATE_SCHEMA.items()])
    return pl.DataFrame(rows, schema=schema)


@dataclass(frozen=True, kw_only=True)
class PlaceboTargets:
    """The same effect estimated as if other exporters had been the target.

    Attributes:
        effects: target_code, is_target, estimate, standard_error, not_estimable; the target first, then by
            code.
        p_value: share of the exporters, the target among them, whose effect is as far from the mean of the
            placebos as the target's or farther; null where fewer than two placebos can be estimated.
        n_placebos: exporters other than the target with an estimate.
    """

    effects: pl.DataFrame
    p_value: float | None
    n_placebos: int


def placebo_targets(
    panel: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    target_code: str,
    placebo_codes: Sequence[str],
    with_trend: bool = False,
) -> PlaceboTargets:
    """Permutation of the target: could the effect be found for exporters whom nobody sanctioned?

    Only one exporter is treated, which clustering by pair does not take into account; this does. The true
    target's exports are left out of the placebos' samples.

    Args:
        panel: of :func:`gravity_panel`.
        coalition: see :func:`membership`.
        target_code: the true target.
        placebo_codes: exporters to put in its place, for instance the largest that are not members.
        with_trend: as of :func:`coalition_effect`.
    """
    members = coalition["member_code"].unique().to_list()

    def effect(code: str) -> Estimate:
        flows = panel if code == target_code else panel.filter(pl.col("exporter_code") != target_code)
        # all fixed effects are of one product: a product that members never bought from it says nothing of the effect
        bought = flows.filter((pl.col("exporter_code") == code) & pl.col("importer_code").is_in(members))
        if len(bought):
            flows = flows.filter(pl.col("product_code").is_in(bought["product_code"].unique().to_list()))
        return coalition_effect(
            flows, coalition, target_code=code, with_trend=with_trend, with_correction=False
        ).plain

    return permutation_of_targets(effect, target_code, placebo_codes)


def largest_others(
    flows: pl.DataFrame, *, by: str, n: int, without: Collection[str], value_column: str = "value"
) -> list[str]:
    """States with the largest flows, to stand in for the target: comparable ones, and chosen by nobody.

    Args:
        flows: rows of what the target trades.
        by: column of the state's code.
        n: how many, as far as there are.
        without: codes that cannot stand in: the target, and states that belong to the coalition.
        value_column: what the states are ranked by.

    Returns:
        Codes, the largest first; of equal ones in the order of their codes.
    """
    sums = (
        flows.filter(~pl.col(by).is_in(sorted(set(without))))
        .sort(by, value_column)
        .group_by(by, maintain_order=True)
        .agg(pl.col(value_column).sum())
        .filter(pl.col(value_column) > 0)
    )
    return sums.sort(value_column, by, descending=[True, False])[by].head(n).to_list()


def permutation_of_targets(
    effect: Callable[[str], Estimate], target_code: str, placebo_codes: Sequence[str]
) -> PlaceboTargets:
    """An effect on the target set among the same effect on states that stand in for it.

    Args:
        effect: the effect as if the state given were the target.
        target_code: the true target.
        placebo_codes: states to put in its place; those without an estimate keep their reason.

    Raises:
        NotEstimable: when the effect on the true target cannot be estimated.
    """
    rows: list[dict[str, object]] = []
    for code in [target_code, *sorted(set(placebo_codes) - {target_code})]:
        row: dict[str, object] = {"target_code": code, "is_target": code == target_code}
        try:
            found = effect(code)
        except NotEstimable as reason:
            if code == target_code:
                raise
            rows.append({**row, "not_estimable": str(reason)})
        else:
            rows.append({**row, "estimate": found.estimate, "standard_error": found.standard_error})
    effects = pl.DataFrame(
        rows,
        schema={
            "target_code": pl.String,
            "is_target": pl.Boolean,
            "estimate": pl.Float64,
            "standard_error": pl.Float64,
            "not_estimable": pl.String,
        },
    )
    values = effects["estimate"].drop_nulls().to_numpy()
    n_placebos = len(values) - 1
    if n_placebos < 2:
        return PlaceboTargets(effects=effects, p_value=None, n_placebos=n_placebos)
    distance = np.abs(values - values[1:].mean())
    return PlaceboTargets(
        effects=effects, p_value=float((distance >= distance[0]).mean()), n_placebos=n_placebos
    )


def _exposed(
    panel: pl.DataFrame, coalition: pl.DataFrame, target_code: str
) -> tuple[pl.DataFrame, frozenset[str]]:
    """The panel with the exposure of each flow, and the members; raises where there is nothing to compare."""
    require_columns(panel, _PANEL, "panel")
    years = sorted(panel["year"].unique())
    belonging = membership(coalition, years)
    members = frozenset(belonging["importer_code"])
    span = f"{years[0]} to {years[-1]}" if years else "no year"
    if not members:
        raise NotEstimable(f"Nobody belongs to the coalition in the panel's years ({span}).")
    from_target = panel.filter((pl.col("exporter_code") == target_code) & (pl.col("value") > 0))
    if from_target.is_empty():
        raise NotEstimable(f"{target_code} exports nothing in the panel ({span}).")
    buyers = set(from_target["importer_code"].unique())
    if not buyers & members or not buyers - members:
        raise NotEstimable(
            f"{'No' if not buyers & members else 'Nobody but a'} member of the coalition buys from "
            f"{target_code}, so that there is nobody to compare."
        )
    is_target = pl.col("exporter_code") == target_code
    exposed = (
        panel.join(belonging, on=["importer_code", "year"], how="left", maintain_order="left")
        .with_columns(
            pl.when(is_target).then(pl.col("share").fill_null(0.0)).otherwise(0.0).alias(EFFECT),
            (is_target & pl.col("importer_code").is_in(sorted(members)))
            .cast(pl.Float64)
            .alias("is_member_flow"),
        )
        .drop("share")
    )
    return exposed, members


def _fit_and_correct(exposed: pl.DataFrame, regressors: Sequence[str]) -> ThreeWayFit:
    return fit_three_way(
        exposed,
        outcome="value",
        regressors=regressors,
        exporter="exporter_code",
        importer="importer_code",
        period="year",
        product="product_code",
    )


def _fit(exposed: pl.DataFrame, regressors: Sequence[str]) -> PoissonFit:
    return fit_ppml(
        exposed,
        outcome="value",
        regressors=regressors,
        fixed_effects=[
            ["exporter_code", "product_code", "year"],
            ["importer_code", "product_code", "year"],
            ["exporter_code", "importer_code", "product_code"],
        ],
        clusters=[["exporter_code", "importer_code"]],
    ).complete()


def _n_members(sample: pl.DataFrame) -> int:
    bought = sample.filter((pl.col("is_member_flow") > 0) & (pl.col("value") > 0))
    return bought["importer_code"].n_unique()


def _sample(exposed: pl.DataFrame, target_code: str, members: Collection[str]) -> str:
    years = sorted(exposed["year"].unique())
    n_zeros = int((exposed["value"] == 0).sum())
    return (
        f"{exposed['product_code'].n_unique()} products, {exposed['exporter_code'].n_unique()} exporters, "
        f"{exposed['importer_code'].n_unique()} importers, {years[0]} to {years[-1]}, "
        f"{len(exposed)} flows of which {n_zeros} are zero; target {target_code}, {len(members)} members"
    )
