"""The triple difference of :mod:`retorsion.impact.triple_difference` taken apart, and its tests.

Measure by measure, by time from the measure, by year, with other areas in the target's place, and with the
measures on other goods.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable
from retorsion.estimators.event_study import EventPath
from retorsion.estimators.flow_tables import effect_in_table, fitted_table
from retorsion.estimators.ppml import CITATION as PPML_CITATION
from retorsion.estimators.ppml import ESTIMATOR as PPML_NAME
from retorsion.estimators.randomisation import RandomisationTest, randomisation_test
from retorsion.estimators.results import Estimate
from retorsion.impact.coalition import PlaceboTargets, permutation_of_targets
from retorsion.impact.triple_difference import EFFECT, exposure, fit_exposed, sample_words

Table = NDArray[np.float64]

#: Fixed effects of a table of partners by goods by periods.
BY_AREA: tuple[tuple[int, ...], ...] = ((0, 1), (1, 2))
BY_AREA_AND_MONTH: tuple[tuple[int, ...], ...] = (*BY_AREA, (0, 2))

#: Widest effect that an interval by randomisation looks for, in log points, the steps in which it closes in, and the
#: most exchanges in each.
_WIDEST, _HALVINGS, _DRAWS_OF_LIMITS = 4.0, 7, 99
_CAVEAT = (
    "In log points. Only one partner is under measures. Errors are clustered by goods, and too small where few goods "
    "carry most of the trade."
)


def effects_by_measure(
    flows: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    target_code: str,
    n_areas: int,
    minimum_share: float,
) -> dict[str, PlaceboTargets | str]:
    """The effect of each measure on the goods that it is the first to name, against goods under no measure.

    Args:
        flows: see :func:`retorsion.impact.triple_difference.measure_effect`.
        measures: product_code, start_date, measure_id, one row per good.
        target_code: the partner under measures.
        n_areas: see :func:`over_areas`.
        minimum_share: see :func:`over_areas`.

    Returns:
        By measure that begins within the periods, in time order: the effect among those of other areas, or the
        reason why there is none.
    """
    last = flows["period_start"].max()
    begun = measures.filter(pl.col("start_date") <= last).sort("start_date", "measure_id")
    found: dict[str, PlaceboTargets | str] = {}
    for code in begun["measure_id"].unique(maintain_order=True):
        own = begun.filter(pl.col("measure_id") == code)
        others = begun.filter(pl.col("measure_id") != code)["product_code"].to_list()
        try:
            found[code] = over_areas(
                flows.filter(~pl.col("product_code").is_in(others)),
                own,
                target_code=target_code,
                n_areas=n_areas,
                minimum_share=minimum_share,
            )
        except NotEstimable as reason:
            found[code] = str(reason)
    return found


def path_around_measures(
    flows: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    target_code: str,
    bin_months: int,
    bins_before: int,
    bins_after: int,
    level: float,
) -> EventPath:
    """The target's goods under measures by time from the measure, against other goods and other partners.

    Args:
        flows: see :func:`retorsion.impact.triple_difference.measure_effect`; ``period_start`` are months.
        measures: product_code, start_date, one row per good.
        target_code: the partner under measures.
        bin_months: months in a bin; bin 0 begins with the month of the measure.
        bins_before: bins before it, the last one being the reference; earlier months join the first.
        bins_after: bins from it on; later months join the last.
        level: of the intervals.
    """
    exposed = exposure(flows, measures, target_code).join(
        measures.select("product_code", "start_date"), on="product_code", how="left", maintain_order="left"
    )
    month = pl.col("period_start").dt.year() * 12 + pl.col("period_start").dt.month()
    start = pl.col("start_date").dt.year() * 12 + pl.col("start_date").dt.month()
    number = ((month - start).cast(pl.Float64) / bin_months).floor().clip(-bins_before, bins_after - 1)
    binned = exposed.with_columns(pl.when("is_treated").then(number).cast(pl.Int64).alias("bin"))
    return _path(
        binned,
        "bin",
        target_code=target_code,
        reference=-1,
        first_treated=0,
        level=level,
        unit=f"{bin_months} months from the measure",
    )


def path_by_year(
    flows: pl.DataFrame,
    goods: Collection[str],
    *,
    target_code: str,
    reference_year: int,
    level: float,
) -> tuple[EventPath, Estimate]:
    """The target's goods that come under measures by year, against other goods and other partners.

    Args:
        flows: partner_code, product_code, period_start, n_months, value by year.
        goods: those that come under measures after the reference year.
        target_code: the partner under measures.
        reference_year: the last year before the measures.
        level: of the intervals.

    Returns:
        The path, and the effect of all years after the reference beyond a straight line through those before.
    """
    start = date(reference_year + 1, 1, 1)
    measures = pl.DataFrame({"product_code": sorted(goods)}).with_columns(start_date=pl.lit(start))
    dated = exposure(flows, measures, target_code).with_columns(
        pl.when("is_treated").then(pl.col("period_start").dt.year()).cast(pl.Int64).alias("bin")
    )
    path = _path(
        dated,
        "bin",
        target_code=target_code,
        reference=reference_year,
        first_treated=reference_year + 1,
        level=level,
        unit="years",
    )
    trend = (pl.col("bin") - reference_year).fill_null(0).cast(pl.Float64).alias("trend")
    fit = fit_exposed(dated.with_columns(trend), [EFFECT, "trend"], by_good=True)
    sample = sample_words(dated, target_code)
    return path, fit.estimate(EFFECT, level=level, sample=sample, caveat=_CAVEAT)


def _path(
    exposed: pl.DataFrame,
    column: str,
    *,
    target_code: str,
    reference: int,
    first_treated: int,
    level: float,
    unit: str,
) -> EventPath:
    periods = [one for one in exposed[column].drop_nulls().unique().sort().to_list() if one != reference]
    if reference not in exposed[column].drop_nulls():
        raise NotEstimable(f"No flow lies in the period of reference ({reference}, {unit}).")
    if not any(one >= first_treated for one in periods):
        raise NotEstimable("No period under measures is seen.")
    terms = [f"{EFFECT} {one}" for one in periods]
    shown = exposed.with_columns(
        (pl.col(column) == one).fill_null(False).cast(pl.Float64).alias(term)
        for one, term in zip(periods, terms, strict=True)
    )
    fit = fit_exposed(shown, terms, by_good=True).complete()
    return EventPath(
        periods=tuple(periods),
        reference=reference,
        first_treated=first_treated,
        effects=fit.estimates(level=level, sample=sample_words(exposed, target_code), caveat=_CAVEAT),
        covariance=fit.covariance,
        statement=f"Goods under measures against other goods and other partners, by {unit}; relative to {reference}.",
    )


def complete_table(flows: pl.DataFrame) -> tuple[Table, list[str], list[str], list[date]]:
    """Flows as an array of partners by goods by periods, of the partners that have a row in every cell.

    Args:
        flows: partner_code, product_code, period_start, value (0 or more).

    Returns:
        The array, partners, goods and periods, each sorted.
    """
    goods = flows["product_code"].unique().sort().to_list()
    periods = flows["period_start"].unique().sort().to_list()
    n_cells = len(goods) * len(periods)
    whole = flows.filter(pl.len().over("partner_code") == n_cells).sort(
        "partner_code", "product_code", "period_start"
    )
    partners = whole["partner_code"].unique().sort().to_list()
    shape = len(partners), len(goods), len(periods)
    return whole["value"].to_numpy().reshape(shape), partners, goods, periods


def courses(exposed: pl.DataFrame, goods: Sequence[str], periods: Sequence[date]) -> Table:
    """Share of each period in which each good is under measures, goods by periods.

    Args:
        exposed: of :func:`retorsion.impact.triple_difference.exposure`.
        goods: rows of the array.
        periods: its columns.
    """
    cells = exposed.select("product_code", "period_start", "share").unique(["product_code", "period_start"])
    ordered = cells.sort("product_code", "period_start")
    return np.asarray(ordered["share"].to_numpy().reshape(len(goods), len(periods)))


def over_areas(
    flows: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    target_code: str,
    n_areas: int,
    minimum_share: float,
    comparison: Literal["partners", "both"] = "both",
) -> PlaceboTargets:
    """The effect as if each of the largest other partners had been under the measures, without the target.

    Args:
        flows: see :func:`retorsion.impact.triple_difference.measure_effect`.
        measures: product_code, start_date.
        target_code: the partner under measures.
        n_areas: most partners, the largest in the goods under measures before the first of them.
        minimum_share: of the target's trade in those goods before, that a partner needs: smaller ones are noisier.
        comparison: see the module of the triple difference.

    Raises:
        NotEstimable: the effect on the target has no finite value, or a cell of its trade is missing.
    """
    exposed = exposure(flows, measures, target_code, comparison)
    table, partners, goods, periods = complete_table(exposed)
    if target_code not in partners:
        raise NotEstimable(
            f"Trade with {target_code} lacks some months of some groups: it has no full table."
        )
    shares = courses(exposed, goods, periods)
    margins = BY_AREA if comparison == "partners" else BY_AREA_AND_MONTH
    without = [i for i, code in enumerate(partners) if code != target_code]
    course = fitted_table(table[without], margins=margins)
    first = measures["start_date"].min()
    assert isinstance(first, date)
    before = np.array([period < first for period in periods])
    size = table[:, shares.any(axis=1)][:, :, before].sum(axis=(1, 2))
    floor = minimum_share * size[partners.index(target_code)]
    ordered = sorted(without, key=lambda i: (-size[i], partners[i]))
    largest = [i for i in ordered if size[i] >= floor][:n_areas]

    def effect(code: str) -> Estimate:
        rows, start = (table, None) if code == target_code else (table[without], course)
        place = partners.index(code) if code == target_code else without.index(partners.index(code))
        treatment = np.zeros_like(rows)
        treatment[place] = shares
        value = effect_in_table(rows, treatment, margins=margins, exposure=start)
        return Estimate(
            term=EFFECT, estimate=value, n_obs=rows.size, estimator=PPML_NAME, citation=PPML_CITATION
        )

    return permutation_of_targets(effect, target_code, [partners[i] for i in largest])


@dataclass(frozen=True)
class GoodsTest:
    """The effect beside those of the same measures on other goods.

    Attributes:
        test: estimate, p-value and distribution.
        lower: least effect that the test does not reject, in log points; null if none is found within
            4 log points, or none was looked for.
        upper: the largest.
    """

    test: RandomisationTest
    lower: float | None
    upper: float | None


def common_course(flows: pl.DataFrame, *, target_code: str) -> pl.DataFrame:
    """What each good's month was like in trade with all other partners.

    Fixed effects of partner and good, good and period, partner and period are fitted to the others; the course is
    that of the largest partner that trades every good, so that it is known but for a factor of each good and of
    each period.

    Args:
        flows: see :func:`retorsion.impact.triple_difference.measure_effect`.
        target_code: left out.

    Returns:
        product_code, period_start, course (positive).

    Raises:
        NotEstimable: no other partner trades every good.
    """
    table, _, goods, periods = complete_table(flows.filter(pl.col("partner_code") != target_code))
    fitted = fitted_table(table, margins=BY_AREA_AND_MONTH)
    whole = [i for i, cells in enumerate(fitted) if (cells > 0).all()]
    if not whole:
        raise NotEstimable("No other partner trades every group of goods: the goods have no common course.")
    largest = max(whole, key=lambda i: float(table[i].sum()))
    return pl.DataFrame(
        {
            "product_code": [good for good in goods for _ in periods],
            "period_start": periods * len(goods),
            "course": fitted[largest].ravel(),
        }
    )


def over_goods(
    flows: pl.DataFrame,
    measures: pl.DataFrame,
    course: pl.DataFrame | None,
    *,
    target_code: str,
    n_draws: int,
    seed: int,
    level: float | None = None,
    by_size: bool = True,
) -> GoodsTest:
    """The effect had the measures named other goods, each good with the whole course of another's measures.

    Clustered errors trust that many goods carry the estimate. Where one carries half of the trade they do not hold
    their level; exchanging the measures among goods keeps it whatever the sizes (Young 2019, Quarterly
    Journal of Economics 134(2)).

    Args:
        flows: see :func:`retorsion.impact.triple_difference.measure_effect`.
        measures: product_code, start_date.
        course: of :func:`common_course`, which takes the other partners' trade out; null leaves it in.
        target_code: the partner under measures.
        n_draws: most exchanges.
        seed: of their choice.
        level: of the limits; null looks for none.
        by_size: goods weigh by their trade; else each is divided by its mean and all weigh alike.

    Raises:
        NotEstimable: goods or periods are missing in trade with the target, or the effect has no finite value.
    """
    exposed = exposure(flows, measures, target_code, "goods")
    own, _, goods, periods = complete_table(exposed)
    if not len(own):
        raise NotEstimable(
            f"Trade with {target_code} lacks some months of some groups: it has no full table."
        )
    traded = own[0].sum(axis=1) > 0
    y, shares = own[0][traded], courses(exposed, goods, periods)[traded]
    known = np.ones_like(y)
    if course is not None:
        known = course.sort("product_code", "period_start")["course"].to_numpy().reshape(own[0].shape)[traded]
    y = y if by_size else y / y.mean(axis=1, keepdims=True)
    cells = pl.DataFrame(
        {
            "good": np.repeat(np.arange(len(y)), len(periods)),
            "period": np.tile(np.arange(len(periods)), len(y)),
            "share": shares.ravel(),
        }
    )

    def test(removed: float, n: int) -> RandomisationTest:
        left = y * np.exp(-removed * shares)
        return randomisation_test(
            cells,
            lambda other: effect_in_table(left, other["share"].to_numpy().reshape(y.shape), exposure=known),
            treated="share",
            unit="good",
            period="period",
            n_draws=n,
            seed=seed,
        )

    found = test(0.0, n_draws)
    if level is None:
        return GoodsTest(found, None, None)
    draws, least = min(n_draws, _DRAWS_OF_LIMITS), 1 - level

    def limit(sign: int) -> float | None:
        inside, outside = 0.0, _WIDEST
        if test(found.estimate + sign * outside, draws).p_value > least:
            return None
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            if test(found.estimate + sign * middle, draws).p_value > least:
                inside = middle
            else:
                outside = middle
        return found.estimate + sign * outside

    return GoodsTest(found, limit(-1), limit(1))
