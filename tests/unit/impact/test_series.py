"""Monthly series around measures: known steps are found, and what months cannot bear is said."""

from __future__ import annotations

import itertools
import math
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.interruptions import measure_episodes
from retorsion.estimators.series import pre_period_statement
from retorsion.impact.series import (
    event_study_monthly,
    interrupted_series,
    interruptions_by_series,
    monthly_series,
    placebo_dates,
    with_context,
)

KEYS = {
    "reporter_code": "AAA",
    "partner_code": "BBB",
    "flow_type": "export",
    "product_level": "total",
    "product_code": "all",
}


def month(index: int) -> date:
    """Month number ``index`` from January 2019."""
    return date(2019 + index // 12, index % 12 + 1, 1)


def flows(values: list[float], *, start: int = 0, **keys: str) -> pl.DataFrame:
    """Monthly rows of trade_flows."""
    return pl.DataFrame(
        {
            "period_start": [month(start + i) for i in range(len(values))],
            "n_months": [1] * len(values),
            "value_thousand_jpy": [float(v) for v in values],
        }
    ).with_columns(**{k: pl.lit(v) for k, v in (KEYS | keys).items()})


def series_of(table: pl.DataFrame, **arguments: Any) -> pl.DataFrame:
    return monthly_series(table, **({"reporter_code": "AAA", "flow_type": "export"} | arguments))


def measures(*dates: date) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "measure_id": [f"m{i}" for i in range(len(dates))],
            "date": dates,
            "label": [f"L{i}" for i in range(len(dates))],
        },
        schema={"measure_id": pl.String, "date": pl.Date, "label": pl.String},
    )


def simulated(
    rng: np.random.Generator,
    n_before: int,
    n_after: int,
    *,
    step: float = 0.0,
    slope: float = 0.0,
    autocorrelation: float = 0.3,
    deviation: float = 0.2,
    season: np.ndarray | None = None,
) -> list[float]:
    """Seasonal, trending flow with AR(1) noise and a known interruption after ``n_before`` months."""
    n = n_before + n_after
    noise = np.empty(n)
    noise[0] = rng.normal(0, deviation)
    for i in range(1, n):
        shock = rng.normal(0, deviation * math.sqrt(1 - autocorrelation**2))
        noise[i] = autocorrelation * noise[i - 1] + shock
    t = np.arange(n)
    pattern = rng.normal(0, 0.3, 12) if season is None else season
    after = t >= n_before
    logs = 10 + 0.05 * t / 12 + pattern[t % 12] + after * (step + slope * (t - n_before) / 12) + noise
    return list(np.exp(logs))


def noiseless(n_before: int, n_after: int, step: float, slope: float = 0.0) -> list[float]:
    rng = np.random.default_rng(3)
    return simulated(rng, n_before, n_after, step=step, slope=slope, deviation=1e-6, autocorrelation=0.0)


def term(found: pl.DataFrame, name: str) -> dict[str, Any]:
    return found.filter(pl.col("term") == name).row(0, named=True)


# --- series ---------------------------------------------------------------------------------------------


def test_a_row_of_two_months_is_shared_as_an_average_and_flagged() -> None:
    table = flows([5, 6, 20, 8]).with_columns(
        period_start=pl.Series([month(0), month(1), month(2), month(4)]), n_months=pl.Series([1, 1, 2, 1])
    )
    found = series_of(table)
    assert found["period_start"].to_list() == [month(i) for i in range(5)]
    assert found["value"].to_list() == [5, 6, 10, 10, 8]
    assert found["n_months"].to_list() == [1, 1, 2, 2, 1]
    assert found["row_start"].to_list() == [month(0), month(1), month(2), month(2), month(4)]


def test_an_absent_row_is_unknown_or_no_trade_as_stated() -> None:
    table = pl.concat([flows([1, 2, 3]), flows([7], product_code="rare", start=1)])
    missing = series_of(table, product_codes=["rare"])
    assert missing["value"].to_list() == [None, 7.0, None]
    zero = series_of(table, product_codes=["rare"], absent="zero")
    assert zero["value"].to_list() == [0.0, 7.0, 0.0]
    # a month in which the reporter published nothing at all stays unknown
    gap = pl.concat([flows([1]), flows([3], start=2)])
    assert series_of(gap, absent="zero")["value"].to_list() == [1.0, None, 3.0]


def test_series_are_refused_where_they_would_count_twice_or_hold_nothing() -> None:
    with pytest.raises(NotEstimable, match="No import of AAA"):
        series_of(flows([1.0]), flow_type="import")
    with pytest.raises(ParameterError, match="2019-01"):
        series_of(pl.concat([flows([1.0]), flows([1.0])]))
    with pytest.raises(ParameterError, match="covers 12 months"):
        series_of(flows([1.0]).with_columns(n_months=pl.lit(12)))


def test_context_shows_rate_and_price_level() -> None:
    context = with_context(
        series_of(flows([100, 200])),
        exchange_rates=pl.DataFrame({"period_start": [month(0), month(1)], "rate": [100.0, 125.0]}),
        price_levels=pl.DataFrame({"period_start": [month(0), month(1)], "price_level": [50.0, 100.0]}),
    )
    assert context["value_foreign"].to_list() == [1.0, 1.6]
    assert context["value_real"].to_list() == [100.0, 100.0]
    with pytest.raises(NotEstimable, match="price level"):
        with_context(
            series_of(flows([1.0])),
            price_levels=pl.DataFrame({"period_start": [month(5)], "price_level": [1.0]}),
        )


def test_measures_that_months_cannot_tell_apart_form_one_episode() -> None:
    dates = [date(2022, 3, 18), date(2022, 4, 5), date(2022, 4, 20), date(2023, 8, 9)]
    found = measure_episodes(measures(*reversed(dates)), minimum_gap_months=3)
    assert found["start_date"].to_list() == [dates[0], dates[3]]
    assert found["end_date"].to_list() == [dates[2], dates[3]]
    assert found["n_measures"].to_list() == [3, 1]
    assert found["label"].to_list() == ["L3; L2; L1", "L0"]
    assert len(measure_episodes(measures(*dates), minimum_gap_months=1)) == 3
    with pytest.raises(NotEstimable, match="No measure"):
        measure_episodes(measures())


def test_the_pre_period_is_described() -> None:
    assert "2 calendar months are seen twice" in pre_period_statement(14, 49)
    assert "1 calendar month is seen twice" in pre_period_statement(13, 49)
    assert "No calendar months are seen twice" in pre_period_statement(12, 49)
    assert "Less than one year" in pre_period_statement(8, 49)
    assert "at least 3 times" in pre_period_statement(40, 10)


# --- interrupted series ---------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ["reml_ar1", "ols_hac", "poisson_hac", "state_space"])
def test_a_known_step_and_slope_are_found(estimator: Any) -> None:
    series = series_of(flows(noiseless(30, 30, step=-0.7, slope=0.2)))
    found = interrupted_series(series, measures(month(30)), estimator=estimator)
    frame = found.frame()
    assert term(frame, "step: L0")["estimate"] == pytest.approx(-0.7, abs=1e-4)
    assert term(frame, "slope: L0")["estimate"] == pytest.approx(0.2, abs=1e-4)
    mean = -0.7 + 0.2 * np.mean(np.arange(30)) / 12
    assert term(frame, "mean effect: L0")["estimate"] == pytest.approx(mean, abs=1e-4)
    assert found.fitted["fitted"].to_list() == pytest.approx(found.fitted["value"].to_list(), rel=1e-4)
    last = found.fitted.tail(1).row(0, named=True)
    assert math.log(last["value"] / last["counterfactual"]) == pytest.approx(-0.7 + 0.2 * 29 / 12, abs=1e-3)
    assert found.pre_period.startswith("30 months before the first measure and 30 from it on")


def test_in_the_month_of_the_measure_the_step_counts_for_its_days() -> None:
    values = noiseless(30, 30, step=-0.8)
    # April 2021 has 30 days; from the 16th on, 15 of them
    assert month(27) == date(2021, 4, 1)
    values[27:30] = [values[27] * math.exp(-0.4), values[28] * math.exp(-0.8), values[29] * math.exp(-0.8)]
    found = interrupted_series(series_of(flows(values)), measures(date(2021, 4, 16)), slope_change=False)
    step = term(found.frame(), "step: L0")
    assert step["estimate"] == pytest.approx(-0.8, abs=1e-4)
    assert step["standard_error"] < 1e-4


def test_a_row_of_two_months_is_one_observation_of_their_average() -> None:
    values = noiseless(30, 30, step=-0.7)
    table = flows(values).with_columns(index=pl.int_range(60))
    # the geometric mean makes the average design exact
    merged = math.sqrt(values[6] * values[7]) * 2
    table = (
        table.with_columns(
            n_months=pl.when(pl.col("index") == 6).then(2).otherwise(1),
            value_thousand_jpy=pl.when(pl.col("index") == 6).then(merged).otherwise("value_thousand_jpy"),
        )
        .filter(pl.col("index") != 7)
        .drop("index")
    )
    found = interrupted_series(series_of(table), measures(month(30)), slope_change=False)
    assert term(found.frame(), "step: L0")["estimate"] == pytest.approx(-0.7, abs=1e-4)
    assert found.estimates[0].n_obs == 59
    assert found.fitted.filter(pl.col("n_months") == 2)["period_start"].to_list() == [month(6)]
    # the state-space form leaves the shared months out
    smooth = interrupted_series(
        series_of(table), measures(month(30)), slope_change=False, estimator="state_space"
    )
    assert smooth.estimates[0].n_obs == 58


def test_zero_flows_need_poisson_and_are_taken_by_it() -> None:
    rng = np.random.default_rng(5)
    values = simulated(rng, 40, 40, step=-0.7, deviation=0.1)
    for i in (5, 50, 61):
        values[i] = 0.0
    series = series_of(flows(values))
    with pytest.raises(NotEstimable, match="3 of 80 months have no flow"):
        interrupted_series(series, measures(month(40)))
    step = term(
        interrupted_series(series, measures(month(40)), estimator="poisson_hac", slope_change=False).frame(),
        "step: L0",
    )
    assert step["lower"] < -0.7 < step["upper"]


def test_a_covariate_takes_its_own_part() -> None:
    rate = np.exp(np.random.default_rng(1).normal(0, 0.2, 60)) * 100
    values = np.array(noiseless(30, 30, step=-0.5)) * (rate / 100) ** 0.6
    series = with_context(
        series_of(flows(list(values))),
        exchange_rates=pl.DataFrame({"period_start": [month(i) for i in range(60)], "rate": rate}),
    )
    found = interrupted_series(series, measures(month(30)), covariates=["exchange_rate"]).frame()
    assert term(found, "elasticity: exchange_rate")["estimate"] == pytest.approx(0.6, abs=1e-4)
    assert term(found, "step: L0")["estimate"] == pytest.approx(-0.5, abs=1e-4)
    with pytest.raises(NotEstimable, match="exchange_rate is missing"):
        interrupted_series(
            series.with_columns(exchange_rate=None), measures(month(30)), covariates=["exchange_rate"]
        )


def test_two_episodes_add_up() -> None:
    values = noiseless(30, 36, step=-0.5)
    values[48:] = [v * math.exp(-0.3) for v in values[48:]]
    found = interrupted_series(
        series_of(flows(values)), measures(month(30), month(48)), slope_change=False
    ).frame()
    assert term(found, "step: L1")["estimate"] == pytest.approx(-0.3, abs=1e-4)
    assert term(found, "mean effect: L0")["estimate"] == pytest.approx(-0.5, abs=1e-4)
    assert term(found, "mean effect: L1")["estimate"] == pytest.approx(-0.8, abs=1e-4)


def _steps(
    estimator: Any, step: float, replications: int, seed: int, **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Errors of the step and whether its interval holds the truth: 14 months before, 49 after."""
    rng = np.random.default_rng(seed)
    errors, covered = [], []
    for _ in range(replications):
        series = series_of(flows(simulated(rng, 14, 49, step=step)))
        row = term(
            interrupted_series(series, measures(month(14)), estimator=estimator, **options).frame(),
            "step: L0",
        )
        errors.append(row["estimate"] - step)
        covered.append(row["lower"] < step < row["upper"])
    return np.array(errors), np.array(covered)


def test_intervals_hold_the_truth_with_a_short_pre_period() -> None:
    errors, covered = _steps("reml_ar1", -0.7, 40, seed=20, slope_change=False)
    assert abs(errors.mean()) < 3 * errors.std() / math.sqrt(len(errors))
    assert covered.mean() >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize(("step", "slope_change"), [(-0.7, False), (-0.7, True), (0.0, False)])
def test_coverage_and_size_with_a_short_pre_period(step: float, slope_change: bool) -> None:
    errors, covered = _steps("reml_ar1", step, 300, seed=21, slope_change=slope_change)
    assert abs(errors.mean()) < 3 * errors.std() / math.sqrt(len(errors))
    assert 0.90 <= covered.mean() <= 0.99


@pytest.mark.slow
def test_newey_west_covers_less_with_a_short_pre_period() -> None:
    """The reason why it is not the default."""
    _, by_likelihood = _steps("reml_ar1", -0.7, 150, seed=22, slope_change=False)
    _, by_newey_west = _steps("ols_hac", -0.7, 150, seed=22, slope_change=False)
    assert by_newey_west.mean() < 0.90 < by_likelihood.mean()


def stopped(n: int) -> list[float]:
    return noiseless(30, 30, step=0)[: 60 - n] + [0.0] * n


@pytest.mark.parametrize(
    ("values", "dates", "options", "match"),
    [
        ([0.0] * 60, [month(30)], {}, "All flows of the series are zero"),
        ([7.0] * 60, [month(30)], {}, "does not vary"),
        ([*noiseless(30, 29, step=0), -1.0], [month(30)], {"estimator": "poisson_hac"}, "negative"),
        (noiseless(30, 30, step=0), [month(0)], {}, "Only 0 month"),
        (noiseless(30, 30, step=0), [month(4)], {}, "Only 4 month"),
        (noiseless(30, 30, step=0), [month(58)], {}, "Only 2 month"),
        (stopped(30), [month(30)], {"estimator": "poisson_hac"}, "stopped altogether after 2021-07-01"),
        (stopped(20), [month(30), month(40)], {"estimator": "poisson_hac"}, "no flow at all from 2022-05"),
        ([0.0] * 30 + noiseless(15, 15, step=0), [month(30)], {"estimator": "poisson_hac"}, "began only"),
        (noiseless(8, 8, step=0), [month(8)], {}, "coefficients leave"),
        ([*stopped(50), 1.0], [month(8)], {"estimator": "poisson_hac"}, "Only 11 of 61"),
    ],
)  # fmt: skip
def test_degenerate_series_give_no_number(
    values: list[float], dates: list[date], options: dict[str, Any], match: str
) -> None:
    with pytest.raises(NotEstimable, match=match):
        interrupted_series(series_of(flows(values)), measures(*dates), **options)


def test_effects_that_months_cannot_separate_are_named() -> None:
    series = series_of(flows(noiseless(30, 30, step=0)))
    context = series.with_columns(
        copy=pl.when(pl.col("period_start") >= month(30)).then(math.e).otherwise(1.0)
    )
    with pytest.raises(NotEstimable, match="cannot tell"):
        interrupted_series(context, measures(month(30)), covariates=["copy"])


def test_contradictory_requests_are_refused() -> None:
    series = series_of(flows(noiseless(30, 30, step=0)))
    with pytest.raises(ParameterError, match="slope to change"):
        interrupted_series(series, measures(month(30)), trend=False)
    two = pl.concat([series, series.with_columns(product_code=pl.lit("other"))])
    with pytest.raises(ParameterError, match="2 series"):
        interrupted_series(two, measures(month(30)))
    with pytest.raises(NotEstimable, match="empty"):
        interrupted_series(series.clear(), measures(month(30)))


def test_every_series_gets_an_estimate_or_a_reason() -> None:
    rng = np.random.default_rng(9)
    some_zero = simulated(rng, 30, 30, step=-0.5)
    some_zero[3] = 0.0
    table = pl.concat(
        [
            flows(simulated(rng, 30, 30, step=-0.5), product_code="cars"),
            flows(some_zero, product_code="pumps"),
            flows(stopped(30), product_code="banned"),
        ]
    )
    found = interruptions_by_series(series_of(table), measures(month(30)), slope_change=False)
    by_product = {p: found.filter(pl.col("product_code") == p) for p in ("banned", "cars", "pumps")}
    assert "stopped altogether" in by_product["banned"]["not_estimable"].item()
    assert by_product["banned"]["estimate"].item() is None
    assert by_product["banned"]["n_zero"].item() == 30
    assert "AR(1)" in by_product["cars"]["estimator"][0]
    assert "Poisson" in by_product["pumps"]["estimator"][0]
    assert by_product["cars"]["not_estimable"].null_count() == len(by_product["cars"])
    strict = interruptions_by_series(series_of(table), measures(month(30)), zero_estimator=None)
    assert strict.filter(pl.col("product_code") == "pumps")["estimate"].to_list() == [None]


# --- event study ----------------------------------------------------------------------------------------


def panel(
    rng: np.random.Generator, n_donors: int, n_before: int, n_after: int, step: float, lead: float = 0.0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A target with a step (and, two months early, ``lead``) and donors without, with a common seasonal."""
    season, common = rng.normal(0, 0.3, 12), rng.normal(0, 0.2, n_before + n_after)
    tables = []
    for j in range(n_donors + 1):
        values = np.array(
            simulated(
                rng,
                n_before,
                n_after,
                step=step if j == 0 else 0.0,
                season=season,
                autocorrelation=0.0,
                deviation=0.1,
            )
        )
        values *= np.exp(common)
        if j == 0:
            values[n_before - 2 : n_before] *= math.exp(lead)
        tables.append(flows(list(values), partner_code="TTT" if j == 0 else f"D{j:02d}"))
    series = series_of(pl.concat(tables))
    return series.filter(pl.col("partner_code") == "TTT"), series.filter(pl.col("partner_code") != "TTT")


def test_event_study_finds_the_step_and_no_lead() -> None:
    target, donors = panel(np.random.default_rng(2), 40, 20, 12, step=-0.9)
    found = event_study_monthly(target, month(20), comparison=donors, months_before=8, months_after=12)
    after = found.effects.filter(pl.col("phase_type") == "after")
    assert after["event_month"].to_list() == list(range(12))
    assert after["effect"].mean() == pytest.approx(-0.9, abs=0.1)
    assert after["p_value"].max() == pytest.approx(1 / 41)
    assert (after["upper"] < 0).all()
    leads = found.effects.filter(pl.col("phase_type") == "lead")
    # the reference year covers event months -12 to -1, so that none of the eight leads asked for is one
    assert leads.is_empty()
    assert len(found.comparison) == 40
    assert "40 comparison series" in found.statement
    assert found.level == pytest.approx(39 / 41)  # at least what was asked for


def test_anticipation_shows_where_the_months_are_kept_out_of_the_reference_year() -> None:
    target, donors = panel(np.random.default_rng(4), 40, 20, 12, step=-0.9, lead=0.8)
    found = event_study_monthly(target, month(20), comparison=donors, anticipation_months=2, months_before=16)
    early = found.effects.filter(pl.col("phase_type") == "anticipation")
    assert early["event_month"].to_list() == [-2, -1]
    assert (early["lower"] > 0).all()
    leads = found.effects.filter(pl.col("phase_type") == "lead")
    assert leads["event_month"].to_list() == [-18, -17, -16, -15]
    assert leads["effect"].abs().max() < 0.4
    few = event_study_monthly(target, month(20), comparison=donors.filter(pl.col("partner_code") < "D11"))
    assert few.level == pytest.approx(9 / 11)
    assert "hold 82%, not 95%" in few.statement


def _event_coverage(replications: int, seed: int, step: float) -> float:
    rng = np.random.default_rng(seed)
    covered = []
    for _ in range(replications):
        target, donors = panel(rng, 40, 14, 6, step=step)
        effects = event_study_monthly(target, month(14), comparison=donors, months_after=6).effects
        after = effects.filter(pl.col("phase_type") == "after")
        covered += [low < step < high for low, high in after.select("lower", "upper").iter_rows()]
    return float(np.mean(covered))


def test_event_study_intervals_hold_the_truth() -> None:
    assert 0.85 <= _event_coverage(12, 31, step=-0.9) <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("step", [0.0, -0.9])
def test_event_study_coverage(step: float) -> None:
    assert 0.90 <= _event_coverage(150, 32, step) <= 0.99


def test_without_comparison_the_noise_is_that_of_earlier_years() -> None:
    values = simulated(np.random.default_rng(8), 36, 12, step=-0.9, deviation=0.05, autocorrelation=0.0)
    found = event_study_monthly(series_of(flows(values)), month(36))
    after = found.effects.filter(pl.col("phase_type") == "after")
    assert (after["upper"] < 0).all()
    assert (after["lower"] < -0.9).any()
    assert "24 year-on-year changes" in found.statement


def test_a_month_without_flow_is_a_fall_of_a_hundred_per_cent_without_interval() -> None:
    values = simulated(np.random.default_rng(8), 36, 12, step=-0.9)
    values[40] = 0.0
    effects = event_study_monthly(series_of(flows(values)), month(36)).effects
    row = effects.filter(pl.col("event_month") == 4).row(0, named=True)
    assert (row["percent_change"], row["effect"], row["lower"]) == (-100.0, None, None)


def test_donors_with_a_zero_are_left_out_and_listed() -> None:
    target, donors = panel(np.random.default_rng(2), 5, 20, 6, step=0.0)
    broken = donors.with_columns(
        value=pl.when((pl.col("partner_code") == "D03") & (pl.col("period_start") == month(22)))
        .then(0.0)
        .otherwise("value")
    )
    found = event_study_monthly(target, month(20), comparison=broken, months_after=6)
    assert found.left_out["partner_code"].to_list() == ["D03"]
    assert len(found.comparison) == 4


@pytest.mark.parametrize(
    ("n_before", "n_donors", "match"),
    [
        (8, 5, "no pre-period to compare with"),
        (13, 0, "1 month\\(s\\) precede the reference year"),
        (14, 2, "2 comparison series"),
    ],
)
def test_an_event_study_without_reference_or_noise_gives_no_number(
    n_before: int, n_donors: int, match: str
) -> None:
    target, donors = panel(np.random.default_rng(2), max(n_donors, 1), n_before, 6, step=0.0)
    with pytest.raises(NotEstimable, match=match):
        event_study_monthly(target, month(n_before), comparison=donors if n_donors else None, months_after=6)


def test_an_event_study_of_nothing_gives_no_number() -> None:
    with pytest.raises(NotEstimable, match="zero or unknown"):
        event_study_monthly(series_of(flows([0.0] * 40)), month(30))


# --- placebo dates --------------------------------------------------------------------------------------


def test_the_actual_date_stands_out_from_placebos_in_time_and_space() -> None:
    target, donors = panel(np.random.default_rng(6), 30, 24, 6, step=-0.9)
    found = placebo_dates(target, month(24), comparison=donors)
    assert found.actual == pytest.approx(-0.9, abs=0.2)
    # windows of three months on either side that end before the measure
    assert found.n_time == 24 - 3 - 3 + 1
    assert found.p_value_time == pytest.approx(1 / (1 + found.n_time))
    assert found.p_value_space == pytest.approx(1 / 31)
    assert found.placebos.filter(pl.col("placebo_type") == "time")["period_start"].max() == month(21)


def test_placebo_windows_avoid_other_measures() -> None:
    target, donors = panel(np.random.default_rng(6), 10, 36, 6, step=-0.9)
    free = placebo_dates(target, month(36), comparison=donors)
    avoiding = placebo_dates(target, month(36), comparison=donors, other_dates=[month(18)])
    assert free.n_time - avoiding.n_time == 6
    months = avoiding.placebos.filter(pl.col("placebo_type") == "time")["period_start"].to_list()
    assert not {month(i) for i in range(16, 22)} & set(months)


def test_the_month_of_a_measure_within_it_is_left_out() -> None:
    values = [1.0] * 24 + [1e6] + [2.0] * 6
    target = series_of(flows(values))
    donors = pl.concat([series_of(flows([1.0] * 31, partner_code=f"D{i}")) for i in range(3)])
    found = placebo_dates(target, date(2021, 1, 15), comparison=donors)
    assert month(24) == date(2021, 1, 1)
    assert found.actual == pytest.approx(math.log(2))


def test_without_comparison_year_on_year_changes_are_used() -> None:
    values = simulated(np.random.default_rng(11), 48, 6, step=-0.9, deviation=0.05, autocorrelation=0.0)
    found = placebo_dates(series_of(flows(values)), month(48))
    assert found.actual == pytest.approx(-0.9, abs=0.2)
    assert found.p_value_space is None
    assert found.n_time == 48 - 12 - 6 + 1
    assert "year on year" in found.statement


@pytest.mark.slow
def test_placebo_p_values_are_uniform_where_nothing_happened() -> None:
    rng = np.random.default_rng(12)
    rejected = []
    for _ in range(150):
        target, donors = panel(rng, 19, 14, 4, step=0.0)
        found = placebo_dates(target, month(14), comparison=donors)
        rejected.append((found.p_value_space or 1) <= 0.10)
    assert 0.04 <= np.mean(rejected) <= 0.17


def test_no_placebo_no_p_value() -> None:
    target, donors = panel(np.random.default_rng(2), 4, 5, 4, step=0.0)
    found = placebo_dates(target, month(5), comparison=donors)
    assert (found.n_time, found.p_value_time) == (0, None)
    with pytest.raises(NotEstimable, match="not all known"):
        placebo_dates(target, month(5))
    with pytest.raises(NotEstimable, match="No placebo date"):
        placebo_dates(series_of(flows(noiseless(15, 5, step=0))), month(15))
    with pytest.raises(NotEstimable, match="2 comparison series"):
        placebo_dates(target, month(5), comparison=donors.filter(pl.col("partner_code") <= "D02"))


def test_results_do_not_depend_on_the_order_of_rows() -> None:
    target, donors = panel(np.random.default_rng(13), 6, 20, 6, step=-0.5)
    shuffled = donors.sample(fraction=1.0, shuffle=True, seed=1)
    first, second = (
        (
            event_study_monthly(target, month(20), comparison=d, months_after=6).effects,
            placebo_dates(target, month(20), comparison=d).placebos,
        )
        for d in (donors, shuffled)
    )
    for a, b in itertools.zip_longest(first, second):
        assert a.equals(b)
