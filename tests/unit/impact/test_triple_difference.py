"""Goods under measures against other goods and other partners."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.impact.triple_difference import Comparison, measure_effect

MEASURES = pl.DataFrame(
    {"product_code": ["chips", "cars"], "start_date": [date(2022, 4, 1), date(2022, 7, 1)]}
)
GOODS = ("chips", "cars", "fish", "toys", "books", "shoes")
MONTHS = [date(2021 + k // 12, 1 + k % 12, 1) for k in range(36)]


def flows(
    seed: int = 0,
    *,
    effect: float = -1.0,
    on_target: float = 0.0,
    on_goods: float = 0.0,
    noise: float = 0.1,
) -> pl.DataFrame:
    """Exports to six partners by good and month; T is under measures, and may suffer otherwise too."""
    rng = np.random.default_rng(seed)
    starts = dict(MEASURES.iter_rows())
    level = {(p, g): rng.normal(3, 1) for p in "TABCDE" for g in GOODS}
    of_good = {(g, m): rng.normal(0, 0.3) for g in GOODS for m in MONTHS}
    of_partner = {(p, m): rng.normal(0, 0.3) for p in "TABCDE" for m in MONTHS}
    rows = []
    for (partner, good), base in level.items():
        for month in MONTHS:
            under = good in starts and month >= starts[good]
            mean = base + of_good[good, month] + of_partner[partner, month] + on_goods * under
            mean += (effect * under + on_target * (month >= date(2022, 3, 1))) * (partner == "T")
            value = float(np.exp(mean + noise * rng.normal()))
            rows.append((partner, good, month, 1, value))
    return pl.DataFrame(
        rows, schema=["partner_code", "product_code", "period_start", "n_months", "value"], orient="row"
    )


def average(frame: pl.DataFrame, comparison: Comparison, measures: pl.DataFrame = MEASURES) -> float:
    return measure_effect(frame, measures, target_code="T", comparison=comparison).plain.estimate


def test_each_comparison_takes_out_what_it_says() -> None:
    assert average(flows(), "both") == pytest.approx(-1, abs=0.1)
    # A blow to the target's trade as a whole is in the comparison of partners only,
    blow = flows(on_target=-0.7)
    assert average(blow, "partners") < -1.4
    assert average(blow, "goods") == pytest.approx(average(flows(), "goods"), abs=0.05)
    assert average(blow, "both") == pytest.approx(-1, abs=0.1)
    # a fall of world demand for the goods in the comparison of goods only.
    fall = flows(on_goods=-0.7)
    assert average(fall, "goods") < average(flows(), "goods") - 0.5
    assert average(fall, "partners") == pytest.approx(average(flows(), "partners"), abs=0.05)
    assert average(fall, "both") == pytest.approx(-1, abs=0.1)


def test_only_the_triple_difference_is_bias_corrected() -> None:
    both = measure_effect(flows(), MEASURES, target_code="T", comparison="both")
    assert both.corrected is not None
    assert both.corrected.estimate == pytest.approx(both.plain.estimate, abs=0.05)
    assert both.n_goods == 2
    assert both.plain.standard_error_type == "clustered by partner_code-product_code"
    assert measure_effect(flows(), MEASURES, target_code="T", comparison="goods").corrected is None
    assert both.plain.sample == (
        "T: 2 goods under measures against 4 other goods and 5 other partners, 36 periods from 2021-01 to "
        "2023-12, 1,296 flows"
    )


def test_the_share_of_a_period_under_measures_counts() -> None:
    frame = flows(noise=0.0)
    half = frame.filter(pl.col("period_start") != date(2022, 4, 1)).with_columns(
        value=pl.when(
            (pl.col("partner_code") == "T")
            & (pl.col("product_code") == "chips")
            & (pl.col("period_start") == date(2022, 6, 1))
        )
        .then(pl.col("value") * np.exp(0.5))  # as if half of June had been free
        .otherwise("value")
    )
    measures = pl.DataFrame(
        {
            "product_code": ["chips", "chips", "cars"],
            "start_date": [date(2022, 5, 1), date(2022, 6, 16), date(2022, 7, 1)],
            "end_date": [date(2022, 6, 1), None, None],
        }
    )
    assert average(half, "both", measures) == pytest.approx(-1, abs=1e-6)


def test_seasons_of_goods_are_taken_out() -> None:
    frame = flows(noise=0.02).with_columns(
        value=pl.when((pl.col("product_code") == "fish") & (pl.col("period_start").dt.month() == 12))
        .then(pl.col("value") * 30)
        .otherwise("value")
    )
    seasonal = measure_effect(frame, MEASURES, target_code="T", comparison="goods", by_season=True)
    plain = measure_effect(frame, MEASURES, target_code="T", comparison="goods")
    assert seasonal.plain.standard_error < plain.plain.standard_error  # type: ignore[operator]
    assert seasonal.corrected is None


def test_goods_that_stop_have_no_finite_effect() -> None:
    stopped = flows().with_columns(
        value=pl.when(
            (pl.col("partner_code") == "T")
            & pl.col("product_code").is_in(["chips", "cars"])
            & (pl.col("period_start") >= date(2022, 4, 1))
        )
        .then(0.0)
        .otherwise("value")
    )
    same_day = MEASURES.with_columns(start_date=pl.lit(date(2022, 4, 1)))
    with pytest.raises(NotEstimable, match="it stopped"):
        measure_effect(stopped, same_day, target_code="T", comparison="both")


def test_nothing_to_compare_gets_a_sentence() -> None:
    frame = flows()
    with pytest.raises(NotEstimable, match="no flow with T in other goods"):
        average(frame.filter(pl.col("product_code").is_in(["chips", "cars"])), "both")
    with pytest.raises(NotEstimable, match="no other partner"):
        average(frame.filter(pl.col("partner_code") == "T"), "partners")
    with pytest.raises(NotEstimable, match="no flow with T in goods under measures"):
        average(frame, "goods", MEASURES.with_columns(product_code=pl.Series(["gold", "oil"])))
    never = MEASURES.with_columns(start_date=pl.lit(date(2030, 1, 1)))
    with pytest.raises(NotEstimable, match="do not vary"):
        average(frame, "both", never)
    with pytest.raises(ParameterError, match="n_months"):
        average(frame.drop("n_months"), "both")
