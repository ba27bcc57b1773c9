"""Measures that reach units at different times: what is imputed, from what, and when nothing is."""

from __future__ import annotations

import math
import warnings
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.imputation import imputed_effect, untreated_leads
from retorsion.estimators.ppml import fit_ppml

MONTHS = [date(2021 + k // 12, 1 + k % 12, 1) for k in range(24)]
SIZES = {"a": 100.0, "b": 10.0, "c": 40.0, "d": 5.0, "e": 70.0}
STARTS = pl.DataFrame({"unit": ["a", "b"], "start_date": [MONTHS[10], date(2022, 3, 15)]})


def flows(effect: float = math.log(0.5), *, noise: float = 0.0) -> pl.DataFrame:
    """Five units that share the course of months; two come under a measure, one of them within a month."""
    rng = np.random.default_rng(5)
    course = np.exp(rng.normal(0, 0.4, len(MONTHS)))
    start = dict(STARTS.iter_rows())
    return pl.DataFrame(
        [
            {
                "unit": unit,
                "period_start": month,
                "n_months": 1,
                "value": size
                * course[t]
                * math.exp(effect * (unit in start and month >= start[unit].replace(day=1)))
                * math.exp(noise * rng.normal()),
            }
            for unit, size in SIZES.items()
            for t, month in enumerate(MONTHS)
        ]
    )


def found(frame: pl.DataFrame, starts: pl.DataFrame = STARTS, **changes: Any) -> Any:
    arguments: dict[str, Any] = {"minimum_untreated": 2, "bin_months": 6, "bins_after": 2}
    return imputed_effect(frame, starts, **(arguments | changes))


@pytest.mark.parametrize("weighting", ["flows", "units"])
def test_without_noise_the_effect_is_exact(weighting: str) -> None:
    effect = found(flows(), weighting=weighting)
    assert effect.average.estimate == pytest.approx(math.log(0.5), abs=1e-8)
    # March 2022 is split by b's measure: neither before nor under it
    assert "2 units under measures, 23 of their flows" in effect.average.sample
    assert [one.term for one in effect.path] == ["0", "1"]
    assert [one.estimate for one in effect.path] == pytest.approx([math.log(0.5)] * 2, abs=1e-8)
    assert effect.without["estimate"].to_list() == pytest.approx([math.log(0.5)] * 5, abs=1e-8)
    assert effect.without.filter("is_treated")["left_out"].to_list() == ["a", "b"]


def test_imputation_is_the_model_with_an_effect_of_its_own_for_every_treated_flow() -> None:
    frame = flows(noise=0.3)
    start = dict(STARTS.iter_rows())
    is_split = (pl.col("unit") == "b") & (pl.col("period_start") == date(2022, 3, 1))
    rows = frame.filter(~is_split)
    treated = [(unit, month) for unit, first in start.items() for month in MONTHS if month >= first]
    terms = {f"{unit} {month}": (unit, month) for unit, month in treated}
    saturated = rows.with_columns(
        ((pl.col("unit") == unit) & (pl.col("period_start") == month)).cast(pl.Float64).alias(term)
        for term, (unit, month) in terms.items()
    )
    fit = fit_ppml(
        saturated, outcome="value", regressors=list(terms), fixed_effects=[["unit"], ["period_start"]]
    )
    observed = [
        rows.filter((pl.col("unit") == unit) & (pl.col("period_start") == month))["value"].item()
        for unit, month in treated
    ]
    imputed = sum(y / math.exp(b) for y, b in zip(observed, fit.coefficients, strict=True))
    assert found(frame).average.estimate == pytest.approx(math.log(sum(observed) / imputed), abs=1e-6)


def drifting(noise: float = 0.0) -> pl.DataFrame:
    """Flows that follow a covariate with 0.8, which grows in the units under measures once they are under them."""
    rng = np.random.default_rng(8)
    frame = flows(noise=noise)
    is_treated = frame["unit"].is_in(["a", "b"]).to_numpy()
    month = np.tile(np.arange(len(MONTHS)), len(SIZES))
    income = rng.normal(0, 0.3, len(frame)) + is_treated * 0.15 * np.maximum(month - 9, 0)
    return frame.with_columns(income=pl.Series(income), value=frame["value"] * np.exp(0.8 * income))


def test_a_covariate_takes_its_share_of_what_looks_like_an_effect() -> None:
    assert found(drifting()).average.estimate > math.log(0.5) + 0.4
    effect = found(drifting(), covariates=["income"])
    assert effect.average.estimate == pytest.approx(math.log(0.5), abs=1e-7)
    assert [one.term for one in effect.covariates] == ["income"]
    assert effect.covariates[0].estimate == pytest.approx(0.8, abs=1e-7)
    assert "the covariates income" in effect.average.estimator
    assert "measures do not change" in effect.average.caveat
    assert found(drifting()).covariates == ()


def test_neither_unit_nor_zero_of_a_covariate_matters() -> None:
    frame = drifting(noise=0.2)
    once = found(frame, covariates=["income"])
    moved = found(frame.with_columns(pl.col("income") * -250 + 4000), covariates=["income"])
    assert moved.average.estimate == pytest.approx(once.average.estimate, abs=1e-8)
    assert moved.average.standard_error == pytest.approx(once.average.standard_error, abs=1e-8)
    assert moved.covariates[0].estimate * -250 == pytest.approx(once.covariates[0].estimate, abs=1e-7)
    # nor does what all units or all periods have in common
    common = pl.col("period_start").dt.month() + pl.col("unit").rank("dense")
    shifted = found(frame.with_columns(pl.col("income") + common), covariates=["income"])
    assert shifted.average.estimate == pytest.approx(once.average.estimate, abs=1e-7)


def test_with_covariates_too_imputation_is_the_saturated_model() -> None:
    frame = drifting(noise=0.3)
    start = {"a": MONTHS[10], "b": MONTHS[15]}
    starts = pl.DataFrame({"unit": list(start), "start_date": list(start.values())})
    untreated = frame.filter(
        pl.col("period_start") < pl.col("unit").replace_strict(start, default=date(2030, 1, 1))
    )
    fit = fit_ppml(
        untreated, outcome="value", regressors=["income"], fixed_effects=[["unit"], ["period_start"]]
    )
    effect = found(frame, starts, covariates=["income"])
    assert effect.covariates[0].estimate == pytest.approx(fit.coefficients[0], abs=1e-6)


def test_leads_that_a_covariate_explains_are_none() -> None:
    arguments: dict[str, Any] = {"minimum_untreated": 2, "bin_months": 3, "bins_before": 3}
    frame = flows().with_columns(
        income=pl.when(pl.col("unit").is_in(["a", "b"]) & (pl.col("period_start") < MONTHS[6]))
        .then(1.0)
        .otherwise(0.0)
        + pl.int_range(pl.len()) % 7 / 7
    )
    frame = frame.with_columns(value=pl.col("value") * pl.col("income").exp())
    assert untreated_leads(frame, STARTS, **arguments).rows["estimate"].abs().max() > 0.5  # type: ignore[operator]
    allowed = untreated_leads(frame, STARTS, covariates=["income"], **arguments)
    assert allowed.rows["period"].to_list() == [-3, -2, -1]
    assert allowed.rows["estimate"].abs().max() < 1e-6  # type: ignore[operator]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pl.lit(3.0), "'income' does not vary"),
        (pl.col("period_start").dt.year(), "'income' does not vary"),
        (pl.col("unit").rank("dense"), "'income' does not vary"),
        (pl.lit(None, dtype=pl.Float64), "missing or infinite in 120 of 120 rows"),
        (pl.col("income") / 0, "missing or infinite in 120 of 120 rows"),
        (pl.lit("much"), "not numbers, for instance 'much'"),
    ],
)
def test_a_covariate_that_says_nothing_is_refused(column: pl.Expr, message: str) -> None:
    with pytest.raises((NotEstimable, ParameterError), match=message):
        found(drifting().with_columns(income=column), covariates=["income"])


def test_covariates_are_named_once_and_exist() -> None:
    with pytest.raises(ParameterError, match="'income'"):
        found(drifting(), covariates=["incme"])
    with pytest.raises(ParameterError, match="name each once"):
        found(drifting(), covariates=["income", "income"])
    with pytest.raises(ParameterError, match="none of"):
        found(drifting(), covariates=["value"])
    twice = drifting().with_columns(again=2 * pl.col("income") + 1)
    with pytest.raises(NotEstimable, match="'again' does not vary"):
        found(twice, covariates=["income", "again"])
    of_one = drifting().with_columns(pl.when(pl.col("unit") == "c").then("income").otherwise(0.0))
    with pytest.raises(NotEstimable, match="Without 'c'"):
        found(of_one, covariates=["income"])


def test_the_same_total_as_the_estimator_of_another_package() -> None:
    starts = STARTS.with_columns(start_date=pl.Series([MONTHS[10], MONTHS[15]]))
    frame = flows(noise=0.3)
    data = (
        frame.join(starts, on="unit", how="left")
        .with_columns(
            t=pl.col("period_start").dt.year().cast(pl.Int64) * 12 + pl.col("period_start").dt.month(),
            g=(
                pl.col("start_date").dt.year().cast(pl.Int64) * 12 + pl.col("start_date").dt.month()
            ).fill_null(0),
            u=pl.col("unit").rank("dense").cast(pl.Int64),
        )
        .select("u", "t", "g", "value")
        .to_pandas()
    )
    from diff_diff import WooldridgeDiD

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = WooldridgeDiD(method="poisson", control_group="not_yet_treated").fit(
            data, outcome="value", unit="u", time="t", cohort="g"
        )
    effect = found(frame, starts)
    treated = frame.join(starts, on="unit").filter(pl.col("period_start") >= pl.col("start_date"))
    total = float(treated["value"].sum())
    mean_gap = (total - total / math.exp(effect.average.estimate)) / len(treated)
    assert other.overall_att == pytest.approx(mean_gap, rel=1e-4)


def test_periods_with_few_untreated_units_are_left_out() -> None:
    late = pl.concat([STARTS, pl.DataFrame({"unit": ["c"], "start_date": [MONTHS[20]]})])
    every, early = found(flows(), late), found(flows(), late, minimum_untreated=3)
    assert (every.n_untreated, every.last_period) == (2, MONTHS[-1])
    assert (early.n_untreated, early.last_period) == (3, MONTHS[19])
    assert early.without.filter(pl.col("left_out") == "c")["n_treated"].item() == 10 + 5
    with pytest.raises(NotEstimable, match="In no period are at least 6 units"):
        found(flows(), minimum_untreated=6)


def test_effects_of_units_already_treated_do_not_enter_those_treated_later() -> None:
    """A second fall of the first unit changes its own effect, not what is imputed for the second."""
    frame = flows()
    deeper = frame.with_columns(
        value=pl.when((pl.col("unit") == "a") & (pl.col("period_start") >= MONTHS[14]))
        .then(pl.col("value") * 0.1)
        .otherwise("value")
    )
    only_b = found(deeper).without.filter(pl.col("left_out") == "a")["estimate"].item()
    assert only_b == pytest.approx(math.log(0.5), abs=1e-8)


def test_leads_are_of_untreated_flows_only() -> None:
    arguments: dict[str, Any] = {"minimum_untreated": 2, "bin_months": 3, "bins_before": 3}
    quiet = untreated_leads(flows(noise=0.05), STARTS, **arguments)
    assert quiet.rows["period"].to_list() == [-3, -2, -1]
    assert quiet.rows["phase_type"].to_list() == ["lead", "lead", "reference"]
    assert quiet.rows["estimate"].abs().max() < 0.15  # type: ignore[operator]
    early = flows(noise=0.05).with_columns(
        value=pl.when(pl.col("unit").is_in(["a", "b"]) & (pl.col("period_start") < MONTHS[6]))
        .then(pl.col("value") * 3)
        .otherwise("value")
    )
    moved = untreated_leads(early, STARTS, **arguments)
    assert moved.rows.filter(pl.col("period") == -3)["estimate"].item() > 0.7
    assert moved.test is not None
    assert moved.test.p_value < 0.01


def test_what_cannot_be_imputed_gets_a_sentence() -> None:
    stopped = flows().with_columns(
        value=pl.when((pl.col("unit").is_in(["a", "b"])) & (pl.col("period_start") >= MONTHS[10]))
        .then(0.0)
        .otherwise("value")
    )
    with pytest.raises(NotEstimable, match="effect is infinite"):
        found(stopped)
    never_before = flows().filter(~pl.col("unit").is_in(["a", "b"]) | (pl.col("period_start") >= MONTHS[16]))
    with pytest.raises(NotEstimable, match="No flow under a measure can be imputed"):
        found(never_before)
    for call in (
        found,
        lambda f: untreated_leads(f, STARTS, minimum_untreated=2, bin_months=3, bins_before=3),
    ):
        with pytest.raises(NotEstimable, match="There are no flows"):
            call(flows().clear())
    with pytest.raises(ParameterError, match="period_start holds String"):
        found(flows().with_columns(pl.col("period_start").cast(pl.String)))
    with pytest.raises(ParameterError, match="n_months is missing"):
        found(flows().with_columns(n_months=0))
    with pytest.raises(ParameterError, match="repeated"):
        found(pl.concat([flows(), flows().head(1)]))
    with pytest.raises(ParameterError, match="missing or negative"):
        found(flows().with_columns(value=-pl.col("value")))
