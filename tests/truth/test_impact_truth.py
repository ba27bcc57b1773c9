"""Known effects are recovered, intervals hold their level, and where there is no effect none is found.

Each simulation is run in full when slow tests are asked for, and reduced otherwise; the reduced ones allow
for the greater chance of a run this short. Limits on coverage are 90 to 99 per cent for intervals of 95.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest
from retorsion.estimators.bias_correction import fit_three_way
from retorsion.estimators.control_placebos import placebos_in_space
from retorsion.estimators.imputation import imputed_effect
from retorsion.estimators.ppml import fit_ppml
from retorsion.estimators.results import Estimate
from retorsion.estimators.synthetic_control import ControlPanel, convex_control, synthetic_did
from retorsion.impact.coalition import coalition_effect, gravity_panel
from retorsion.impact.triple_difference import measure_effect
from scipy import stats


@dataclass(frozen=True)
class Simulated:
    """Many estimates of one truth."""

    bias: float
    bias_error: float
    coverage: float
    rejections: float
    n: int

    def check(self, *, size: bool = False) -> None:
        """Bias within three standard errors of none; coverage and size within their limits, given ``n``."""
        assert abs(self.bias) < 3 * self.bias_error, self
        slack = 3 * float(np.sqrt(0.95 * 0.05 / self.n)) if self.n < 400 else 0.0
        assert 0.90 - slack <= self.coverage <= 0.99 + slack, self
        if size:
            assert 0.01 - slack <= self.rejections <= 0.10 + slack, self


def simulate(estimate: Callable[[int], Estimate], truth: float, n: int) -> Simulated:
    found = [estimate(seed) for seed in range(n)]
    values = np.array([e.estimate for e in found])
    inside = [e.lower <= truth <= e.upper for e in found]  # type: ignore[operator]
    return Simulated(
        bias=float(values.mean() - truth),
        bias_error=float(values.std(ddof=1) / np.sqrt(n)),
        coverage=float(np.mean(inside)),
        rejections=float(np.mean([e.p_value < 0.05 for e in found])),  # type: ignore[operator]
        n=n,
    )


def runs(full: int, reduced: int) -> pytest.MarkDecorator:
    """Number of simulations, of which the full one is run with the slow tests only."""
    return pytest.mark.parametrize(
        "n", [pytest.param(full, marks=pytest.mark.slow, id="full"), pytest.param(reduced, id="reduced")]
    )


def flows_of_pairs(
    seed: int, effect: float, *, n_states: int, n_years: int, with_pairs: bool
) -> pl.DataFrame:
    """Flows of all pairs with a policy; multiplicative errors, lasting without pair effects; some zeros."""
    rng = np.random.default_rng(seed)
    i, j, t = np.array(
        [(i, j, t) for i in range(n_states) for j in range(n_states) if i != j for t in range(n_years)]
    ).T
    since = rng.integers(0, 2 * n_years, (n_states, n_states))
    policy = (t >= since[i, j]).astype(float)
    size = rng.normal(0, 0.5, (2, n_states, n_years))
    pair = rng.normal(0, 1, (n_states, n_states))[i, j] if with_pairs else 0.0
    mean = np.exp(effect * policy + size[0, i, t] + size[1, j, t] + pair)
    lasting = rng.normal(0, 0.5, (n_states, n_states))[i, j]
    passing = rng.normal(0, 0.5, len(i))
    error = np.exp(lasting + passing - (0.25 + 0.25) / 2)
    flow = rng.poisson(mean * error) if not with_pairs else mean * np.exp(passing - 0.125)
    return pl.DataFrame(
        {"exporter": i, "importer": j, "year": t, "policy": policy, "flow": flow.astype(float)}
    )


@runs(500, 30)
@pytest.mark.parametrize("effect", [0.5, 0.0])
def test_ppml_with_exporter_and_importer_effects(n: int, effect: float) -> None:
    def estimate(seed: int) -> Estimate:
        return fit_ppml(
            flows_of_pairs(seed, effect, n_states=40, n_years=3, with_pairs=False),
            outcome="flow",
            regressors=["policy"],
            fixed_effects=[["exporter", "year"], ["importer", "year"]],
            clusters=[["exporter", "importer"]],
        ).estimate("policy")

    simulate(estimate, effect, n).check(size=effect == 0)


@runs(500, 30)
@pytest.mark.parametrize("effect", [1.0, 0.0])
def test_three_way_model_with_its_corrections(n: int, effect: float) -> None:
    def both(seed: int) -> tuple[Estimate, Estimate]:
        three_way = fit_three_way(
            flows_of_pairs(seed, effect, n_states=20, n_years=3, with_pairs=True),
            outcome="flow",
            regressors=["policy"],
            exporter="exporter",
            importer="importer",
            period="year",
        )
        return three_way.fit.estimate("policy"), three_way.estimates()[0]

    pairs = [both(seed) for seed in range(n)]
    plain = simulate(lambda seed: pairs[seed][0], effect, len(pairs))
    corrected = simulate(lambda seed: pairs[seed][1], effect, len(pairs))
    corrected.check(size=effect == 0)
    assert corrected.coverage >= plain.coverage


MEMBERS = [f"i{k}" for k in range(10)]
COALITION = pl.DataFrame({"member_code": MEMBERS, "joined_date": [date(2021, 1, 1)] * 10})


def flows_with_target(seed: int, effect: float) -> pl.DataFrame:
    """Twelve exporters, e0 the target, and twenty importers, ten of them members; 2015 to 2023."""
    rng = np.random.default_rng(seed)
    e, m, t = np.array([(e, m, t) for e in range(12) for m in range(20) for t in range(9)]).T
    member = (e == 0) & (m < 10)
    log_mean = (
        rng.normal(0, 0.5, (12, 9))[e, t]
        + rng.normal(0, 0.5, (20, 9))[m, t]
        + rng.normal(0, 1, (12, 20))[e, m]
    )
    log_mean += effect * (member & (t >= 6))
    years = [date(2015 + k, 1, 1) for k in range(9)]
    return pl.DataFrame(
        {
            "period_start": [years[k] for k in t],
            "n_months": 12,
            "reporter_code": [f"e{k}" for k in e],
            "partner_code": [f"i{k}" for k in m],
            "flow_type": "export",
            "product_system": "hs6_h0",
            "product_level": "hs6",
            "product_code": "270900",
            "value_kusd": np.exp(5 + log_mean + 0.4 * rng.normal(size=len(e)) - 0.08),
            "quantity_tonnes": None,
            "valuation_type": "FOB",
            "source_id": "simulated",
            "is_aggregate": False,
        },
        schema_overrides={"quantity_tonnes": pl.Float64},
    )


@runs(400, 16)
@pytest.mark.parametrize("effect", [-1.0, 0.0])
def test_the_effect_of_the_coalition(n: int, effect: float) -> None:
    def estimate(seed: int) -> Estimate:
        panel = gravity_panel(flows_with_target(seed, effect), years=range(2015, 2024))
        corrected = coalition_effect(panel, COALITION, target_code="e0").corrected
        assert corrected is not None
        return corrected

    simulate(estimate, effect, n).check(size=effect == 0)


def goods_under_measures(seed: int, effect: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Twelve partners by thirty goods by sixteen quarters; fifteen goods of T come under measures in 2022."""
    rng = np.random.default_rng(seed)
    p, g, t = np.array([(p, g, t) for p in range(12) for g in range(30) for t in range(16)]).T
    under = (p == 0) & (g < 15) & (t >= 9 + g % 3)
    log_mean = (
        rng.normal(0, 0.3, (12, 16))[p, t]
        + rng.normal(0, 0.3, (30, 16))[g, t]
        + rng.normal(0, 1, (12, 30))[p, g]
    )
    quarters = [date(2020 + k // 4, 1 + 3 * (k % 4), 1) for k in range(16)]
    flows = pl.DataFrame(
        {
            "partner_code": [f"p{k}" if k else "T" for k in p],
            "product_code": [f"g{k}" for k in g],
            "period_start": [quarters[k] for k in t],
            "n_months": 3,
            "value": np.exp(5 + log_mean + effect * under + 0.4 * rng.normal(size=len(p))),
        }
    )
    measures = pl.DataFrame(
        {
            "product_code": [f"g{k}" for k in range(15)],
            "start_date": [quarters[9 + k % 3] for k in range(15)],
        }
    )
    return flows, measures


@runs(400, 10)
@pytest.mark.parametrize("effect", [-0.7, 0.0])
def test_the_triple_difference(n: int, effect: float) -> None:
    def estimate(seed: int) -> Estimate:
        flows, measures = goods_under_measures(seed, effect)
        corrected = measure_effect(flows, measures, target_code="T", comparison="both").corrected
        assert corrected is not None
        return corrected

    simulate(estimate, effect, n).check(size=effect == 0)


MONTHS = [date(2020 + k // 12, 1 + k % 12, 1) for k in range(36)]


def staggered_flows(seed: int, effect: float) -> tuple[pl.DataFrame, pl.DataFrame, float]:
    """Thirty groups of goods by month, most of them banned at four dates; effects grow with time.

    Errors last and groups differ tenfold in size. The share that the bans take is told apart from what the
    groups would have traded, so that the truth is known for each draw.
    """
    rng = np.random.default_rng(seed)
    n_groups, n_months = 30, len(MONTHS)
    start = np.array([14, 18, 22, 26, n_months, n_months])[np.arange(n_groups) % 6]
    since = np.arange(n_months)[None, :] - start[:, None]
    errors = np.empty((n_groups, n_months))
    errors[:, 0] = rng.normal(0, 0.3, n_groups)
    for t in range(1, n_months):
        errors[:, t] = 0.7 * errors[:, t - 1] + rng.normal(0, 0.3 * np.sqrt(1 - 0.49), n_groups)
    mean = np.exp(rng.uniform(4, 6.3, n_groups)[:, None] + rng.normal(0, 0.3, n_months)[None, :])
    growing = np.where(since >= 0, effect * (1 + since / 3), 0.0)
    flow = mean * np.exp(errors - 0.045 + growing)
    named = [f"g{g:02d}" for g in range(n_groups)]
    flows = pl.DataFrame(
        {
            "unit": [name for name in named for _ in MONTHS],
            "period_start": MONTHS * n_groups,
            "n_months": 1,
            "value": flow.ravel(),
        }
    )
    starts = pl.DataFrame(
        [(name, MONTHS[first]) for name, first in zip(named, start, strict=True) if first < n_months],
        schema=["unit", "start_date"],
        orient="row",
    )
    treated = since >= 0
    truth = float(np.log((mean * np.exp(growing))[treated].sum() / mean[treated].sum()))
    return flows, starts, truth


@runs(400, 40)
@pytest.mark.parametrize("weighting", ["flows", "units"])
@pytest.mark.parametrize("effect", [-0.3, 0.0])
def test_imputation_recovers_staggered_effects_that_grow(
    n: int, effect: float, weighting: Literal["flows", "units"]
) -> None:
    def estimate(seed: int) -> Estimate:
        flows, starts, truth = staggered_flows(seed, effect)
        found = imputed_effect(
            flows, starts, minimum_untreated=5, bin_months=6, bins_after=3, weighting=weighting
        ).average
        assert found.lower is not None
        assert found.upper is not None
        return replace(
            found, estimate=found.estimate - truth, lower=found.lower - truth, upper=found.upper - truth
        )

    simulate(estimate, 0.0, n).check(size=effect == 0)


@runs(200, 10)
@pytest.mark.parametrize("effect", [-0.4, 0.0])
def test_imputation_with_a_covariate_recovers_an_effect_that_it_hides(n: int, effect: float) -> None:
    without = []

    def estimate(seed: int) -> Estimate:
        flows, starts, _ = staggered_flows(seed, 0.0)
        since = flows.join(starts, on="unit", how="left")
        months = ((pl.col("period_start") - pl.col("start_date")).dt.total_days() / 30.4).fill_null(-1.0)
        rng = np.random.default_rng([seed, 1])
        # demand that rises where measures come, from before they do
        income = since.select(
            (pl.lit(pl.Series(rng.normal(0, 0.3, len(flows)))) + 0.06 * (months + 6).clip(0, 18)).alias(
                "income"
            )
        )
        measured = flows.with_columns(
            income["income"],
            value=pl.col("value")
            * (0.8 * income["income"] + effect * since.select(months >= 0).to_series()).exp(),
        )
        options: dict[str, Any] = {"minimum_untreated": 5, "bin_months": 6, "bins_after": 3}
        without.append(imputed_effect(measured, starts, **options).average.estimate - effect)
        return imputed_effect(measured, starts, covariates=["income"], **options).average

    simulate(estimate, effect, n).check(size=effect == 0)
    assert np.mean(without) > 0.3


def test_where_effects_grow_the_usual_regression_misses_them_and_imputation_does_not() -> None:
    usual, imputed = [], []
    for seed in range(12):
        flows, starts, truth = staggered_flows(seed, -0.3)
        goods = flows.rename({"unit": "product_code"}).with_columns(partner_code=pl.lit("T"))
        regression = measure_effect(
            goods, starts.rename({"unit": "product_code"}), target_code="T", comparison="goods"
        )
        usual.append(regression.plain.estimate - truth)
        found = imputed_effect(flows, starts, minimum_untreated=5, bin_months=6, bins_after=3)
        imputed.append(found.average.estimate - truth)
    assert np.mean(usual) > max(0.1, 5 * np.std(usual) / np.sqrt(len(usual)))
    assert abs(np.mean(imputed)) < 3 * np.std(imputed) / np.sqrt(len(imputed))
    assert abs(np.mean(imputed)) < 0.1


def factor_panel(seed: int, effect: float, n_units: int = 20) -> ControlPanel:
    """Units that follow two common factors, each in its own way; the first is treated in the last five."""
    rng = np.random.default_rng(seed)
    factors = np.cumsum(rng.normal(0, 0.5, (25, 2)), axis=0)
    outcomes = factors @ rng.uniform(0, 1, (2, n_units)) + rng.normal(0, 0.5, (25, n_units))
    outcomes[20:, 0] += effect
    return ControlPanel(
        outcomes=outcomes,
        units=tuple(f"u{k}" for k in range(n_units)),
        periods=tuple(range(25)),
        n_before=20,
        predictors=np.zeros((0, n_units)),
        predictor_names=(),
        last_predictor_period=None,
    )


@runs(400, 25)
@pytest.mark.parametrize("effect", [1.0, 0.0])
def test_synthetic_differences(n: int, effect: float) -> None:
    def estimate(seed: int) -> Estimate:
        return synthetic_did(factor_panel(seed, effect), n_replicates=60, seed=seed).estimate

    simulate(estimate, effect, n).check(size=effect == 0)


@runs(1000, 100)
def test_placebos_in_space_reject_as_often_as_they_should(n: int) -> None:
    p_values = np.array(
        [placebos_in_space(factor_panel(seed, 0.0), convex_control).p_value for seed in range(n)]
    )
    # Without an effect all ranks are equally likely, so that the p-value is uniform on 1/20, 2/20, ..., 1.
    counts = np.bincount(np.round(p_values * 20).astype(int), minlength=21)[1:]
    assert counts.sum() == n
    assert stats.chisquare(counts).pvalue > 0.001
    assert np.mean(p_values <= 0.1) == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / n))
    strong = [placebos_in_space(factor_panel(seed, 3.0), convex_control).p_value for seed in range(n // 5)]
    assert np.mean(np.array(strong) <= 0.1) > 0.9
