"""The triple difference taken apart, and its tests by placebo and by randomisation."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable
from retorsion.impact.measure_paths import (
    common_course,
    complete_table,
    effects_by_measure,
    over_areas,
    over_goods,
    path_around_measures,
    path_by_year,
)
from retorsion.impact.triple_difference import measure_effect

GOODS = tuple("abcdefghij")
AREAS = ("T", *(f"P{i}" for i in range(8)))
MONTHS = [date(2021 + k // 12, 1 + k % 12, 1) for k in range(30)]
MEASURES = pl.DataFrame(
    {
        "product_code": ["a", "b", "c"],
        "start_date": [date(2022, 3, 1), date(2022, 3, 1), date(2022, 9, 1)],
        "measure_id": ["first", "first", "second"],
    }
)


def flows(seed: int = 0, *, effects: tuple[float, float] = (-1.0, -0.5), noise: float = 0.1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    shape = len(AREAS), len(GOODS), len(MONTHS)
    mean = rng.normal(3, 0.7, (*shape[:2], 1)) + rng.normal(0, 0.3, (1, *shape[1:]))
    mean = mean + rng.normal(0, 0.3, (shape[0], 1, shape[2]))
    for good, start, measure in MEASURES.iter_rows():
        begun = [month >= start for month in MONTHS]
        mean[0, GOODS.index(good), begun] += effects[0] if measure == "first" else effects[1]
    value = np.exp(mean + noise * rng.normal(size=shape))
    rows = [
        (area, good, month, 1, float(value[i, j, k]))
        for i, area in enumerate(AREAS)
        for j, good in enumerate(GOODS)
        for k, month in enumerate(MONTHS)
    ]
    return pl.DataFrame(
        rows, schema=["partner_code", "product_code", "period_start", "n_months", "value"], orient="row"
    )


def test_areas_in_the_targets_place_have_the_estimates_of_the_general_fit() -> None:
    frame = flows()
    found = over_areas(frame, MEASURES, target_code="T", n_areas=8, minimum_share=0.01)
    fit = measure_effect(frame, MEASURES, target_code="T", comparison="both", with_correction=False)
    assert found.effects["estimate"][0] == pytest.approx(fit.plain.estimate, abs=1e-5)
    assert (found.n_placebos, found.p_value) == (8, pytest.approx(1 / 9))
    without = frame.filter(pl.col("partner_code") != "T")
    one = measure_effect(without, MEASURES, target_code="P3", comparison="both", with_correction=False)
    ours = found.effects.filter(pl.col("target_code") == "P3")["estimate"][0]
    assert ours == pytest.approx(one.plain.estimate, abs=1e-5)
    few = over_areas(frame, MEASURES, target_code="T", n_areas=3, minimum_share=0.01)
    assert few.n_placebos == 3
    assert over_areas(frame, MEASURES, target_code="T", n_areas=8, minimum_share=1e6).n_placebos == 0


def test_each_measure_has_the_effect_on_its_own_goods() -> None:
    found = effects_by_measure(flows(noise=0.02), MEASURES, target_code="T", n_areas=8, minimum_share=0.01)
    effects = {code: one.effects["estimate"][0] for code, one in found.items() if not isinstance(one, str)}
    assert list(effects) == ["first", "second"]
    assert effects == pytest.approx({"first": -1.0, "second": -0.5}, abs=0.06)


def test_a_measure_after_which_nothing_is_traded_has_a_reason_and_no_number() -> None:
    stopped = flows().with_columns(
        value=pl.when(
            (pl.col("partner_code") == "T")
            & (pl.col("product_code") == "c")
            & (pl.col("period_start") >= date(2022, 9, 1))
        )
        .then(0.0)
        .otherwise("value")
    )
    found = effects_by_measure(stopped, MEASURES, target_code="T", n_areas=8, minimum_share=0.01)
    assert isinstance(found["second"], str)
    assert "no finite value" in found["second"]


def test_time_from_the_measure_is_told_in_bins() -> None:
    path = path_around_measures(
        flows(noise=0.02), MEASURES, target_code="T", bin_months=6, bins_before=2, bins_after=2, level=0.95
    )
    rows = {row["period"]: row for row in path.frame().iter_rows(named=True)}
    assert sorted(rows) == [-2, -1, 0, 1]
    assert abs(rows[-2]["estimate"]) < 0.06
    assert rows[1]["estimate"] == pytest.approx(-0.85, abs=0.15)


def test_years_have_leads_and_a_line_through_them() -> None:
    rng = np.random.default_rng(3)
    rows = [
        (area, good, date(year, 1, 1), 12, float(np.exp(rng.normal(3, 0.05) + shift)))
        for area in AREAS
        for good in GOODS
        for year in range(2014, 2024)
        for shift in [(0.1 * (year - 2021) - 0.7 * (year > 2021)) if area == "T" and good in "abc" else 0.0]
    ]
    yearly = pl.DataFrame(
        rows, schema=["partner_code", "product_code", "period_start", "n_months", "value"], orient="row"
    )
    path, beyond = path_by_year(yearly, list("abc"), target_code="T", reference_year=2021, level=0.95)
    assert path.leads == tuple(range(2014, 2021))
    assert path.effects[0].estimate == pytest.approx(-0.7, abs=0.1)  # the drift, against 2021
    assert beyond.estimate == pytest.approx(-0.7, abs=0.1)  # the fall beyond it
    low, high = path.robust_interval(1.0)
    assert low < -0.6 < high


def test_measures_exchanged_among_goods() -> None:
    frame = flows(noise=0.3)
    course = common_course(frame, target_code="T")
    assert len(course) == len(GOODS) * len(MONTHS)
    found = over_goods(frame, MEASURES, course, target_code="T", n_draws=199, seed=1, level=0.9)
    assert found.test.p_value < 0.05
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < -0.8 < found.upper < 0
    none = over_goods(
        flows(effects=(0.0, 0.0), noise=0.3), MEASURES, course, target_code="T", n_draws=199, seed=1
    )
    assert none.test.p_value > 0.05
    assert none.lower is None


def test_a_partner_without_a_cell_is_no_part_of_the_table() -> None:
    frame = flows().filter(~((pl.col("partner_code") == "P1") & (pl.col("period_start") == MONTHS[3])))
    assert "P1" not in complete_table(frame)[1]
    is_hole = (pl.col("partner_code") == "T") & (pl.col("period_start") == MONTHS[3])
    holed = frame.filter(~(is_hole & (pl.col("product_code") == "d")))
    with pytest.raises(NotEstimable, match="no full table"):
        over_areas(holed, MEASURES, target_code="T", n_areas=8, minimum_share=0.01)
    with pytest.raises(NotEstimable, match="no full table"):
        over_goods(holed, MEASURES, None, target_code="T", n_draws=99, seed=1)
    with pytest.raises(NotEstimable, match="no other partner"):
        over_areas(
            frame.filter(pl.col("partner_code") == "T"),
            MEASURES,
            target_code="T",
            n_areas=8,
            minimum_share=0.01,
        )
