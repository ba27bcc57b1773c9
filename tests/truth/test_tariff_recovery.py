"""Known elasticities of trade to tariffs come back: with shipments moved forward, sparse products, a common shock."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from invented_tariffs import FIRST, Invented, invented
from retorsion.estimators.results import Estimate
from retorsion.impact.tariff_effects import (
    Design,
    around_step,
    elasticity,
    placebo_in_time,
    without_months_around,
)
from retorsion.impact.tariff_panel import rates_between, trade_panel
from retorsion.impact.tariffs import additional_days

TRUTH = -2.0


def panel_of(world: Invented) -> pl.DataFrame:
    rates = rates_between(world.rates, imposer_code="BEL", target_code="FRA")
    return trade_panel(world.flows, rates, exporter_code="FRA", target_code="BEL", first_month=FIRST)


def estimates(n: int, design: Design, *, left_out: int = 0, **kind: float) -> list[Estimate]:
    found = []
    for seed in range(n):
        panel = panel_of(invented(seed, elasticity=TRUTH, **kind))  # type: ignore[arg-type]
        if left_out:
            panel = without_months_around(panel, left_out)
        found.append(elasticity(panel, design=design, level=0.95))
    return found


def centre(found: list[Estimate]) -> tuple[float, float]:
    values = np.array([one.estimate for one in found])
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def covered(found: list[Estimate]) -> float:
    return float(np.mean([one.lower <= TRUTH <= one.upper for one in found]))  # type: ignore[operator]


@pytest.mark.parametrize("design", ["destinations", "months"])
def test_the_elasticity_comes_back_with_its_coverage(design: Design) -> None:
    found = estimates(12, design)
    mean, error = centre(found)
    assert abs(mean - TRUTH) < 3 * error + 0.02
    assert covered(found) >= 0.75


def test_a_common_shock_is_no_part_of_it() -> None:
    mean, error = centre(estimates(8, "destinations", common=-0.5))
    assert abs(mean - TRUTH) < 3 * error + 0.02


def test_sparse_products_bias_nothing() -> None:
    world = invented(0, mean=0.4)
    panel = panel_of(world)
    assert (panel["target"] == 0).mean() > 0.5
    mean, error = centre(estimates(5, "destinations", mean=0.4))
    assert abs(mean - TRUTH) < 3 * error + 0.1


def test_shipments_moved_forward_pass_for_an_effect_unless_the_months_around_are_left_out() -> None:
    kept = centre(estimates(8, "destinations", forward=0.4))
    out = centre(estimates(8, "destinations", forward=0.4, left_out=2))
    assert kept[0] < TRUTH - 3 * kept[1], "the months before a rise are too high, those after it too low"
    assert abs(out[0] - TRUTH) < 3 * out[1] + 0.05


def test_the_path_around_a_step_shows_what_was_moved_forward() -> None:
    world = invented(3, forward=0.5, n_products=240)
    hit = additional_days(world.changes, imposer="BEL", target="FRA")
    step = min(hit.values())
    path, told = around_step(panel_of(world), hit, step_day=step, level=0.95)
    assert told["anticipation"]["estimate"] > 0.1, "two months of three hold the trade of later ones"
    assert told["early_leads"]["p_value"] > 0.01
    assert told["after"]["estimate"] < 0
    assert told["robust"]["lower"] < told["robust"]["upper"]
    effects = dict(zip(path.periods, (one.estimate for one in path.effects), strict=True))
    assert effects[1] > effects[0], "the first quarter lacks what was shipped before"


def test_a_year_before_there_is_nothing() -> None:
    world = invented(5, n_months=34, n_products=160)
    first = min(additional_days(world.changes, imposer="BEL", target="FRA").values())
    found = placebo_in_time(panel_of(world), first_change=first, design="destinations", level=0.95)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < 0 < found.upper
