"""The same functions on other pairs of states and other sources, by parameters only."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable
from retorsion.escalation.acts import Pair, acts_between, daily_counts
from retorsion.escalation.intensity import intensity, net_balance, scale_agreement, whole_weeks
from retorsion.escalation.links import candidate_links
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.change_points import dispersion_within, regimes
from retorsion.estimators.coordination import coincidence
from retorsion.estimators.daily_hawkes import DailyData, DailyModel, fit_daily
from retorsion.estimators.daily_inference import daily_residual_tests, profile_intervals, timing_test
from retorsion.estimators.drivers import since
from retorsion.estimators.reciprocity import granger
from retorsion.estimators.sequences import transitions

pytestmark = pytest.mark.real


def as_acts(frame: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """Rows of another source in the columns of the table of acts."""
    return frame.with_row_index("n").select(
        pl.format("row-{}", "n").alias("act_id"),
        *(expression.alias(name) for name, expression in columns.items()),
        pl.lit("day").alias("date_precision"),
        pl.lit(None, dtype=pl.String).alias("formalises_act_id"),
        pl.lit(None, dtype=pl.String).alias("reply_to_act_id"),
    )


@pytest.fixture(scope="module")
def icews(real_data) -> pl.DataFrame:
    frame = pl.read_csv(real_data("icews/icews_RUS_or_JPN_actor_events.csv"), try_parse_dates=True)
    assert len(frame) == 23_455
    return as_acts(
        frame,
        actor_code=pl.col("source_name"),
        target_code=pl.col("target_name"),
        addressee_code=pl.col("target_name"),
        act_date=pl.col("date"),
        act_type=pl.col("relation"),
        domain_type=pl.when(pl.col("goldstein") < 0)
        .then(pl.lit("conflict"))
        .otherwise(pl.lit("cooperation")),
        n_subjects=pl.lit(None, dtype=pl.Int64),
        intensity_goldstein=-pl.col("goldstein"),
        intensity_equal=-pl.col("goldstein").sign(),
    )


NEIGHBOURS: Pair = ("Japan", "China")
WINDOW = date(2011, 10, 10), date(2014, 12, 21)


@pytest.fixture(scope="module")
def hostile(icews) -> pl.DataFrame:
    return acts_between(icews, NEIGHBOURS, *WINDOW).filter(pl.col("intensity_goldstein") > 0)


def test_excitation_between_two_other_states(hostile):
    """Hostile acts of Japan and China around the islands crisis of 2012."""
    counts = daily_counts(hostile, NEIGHBOURS, *WINDOW)
    assert counts.sum(axis=0).tolist() == [169, 275]
    data = DailyData(NEIGHBOURS, WINDOW[0], counts)
    model = DailyModel(family="negative_binomial")
    fit = fit_daily(data, model)
    assert fit.is_converged
    assert 0.3 < fit.parameters.spectral_radius < 0.7
    table = {row["parameter"]: row for row in profile_intervals(data, fit).iter_rows(named=True)}
    # each side follows itself within about a day; both follow the other, less
    assert 0.4 < table["half-life"]["lower"] < table["half-life"]["upper"] < 2
    for side, other in (NEIGHBOURS, NEIGHBOURS[::-1]):
        assert table[f"branching {side}->{side}"]["lower"] > 0.1
        assert table[f"branching {other}->{side}"]["lower"] > 0
        assert (
            table[f"branching {other}->{side}"]["estimate"] < table[f"branching {side}->{side}"]["estimate"]
        )
    tests = daily_residual_tests(data, fit, n_draws=99, rng=np.random.default_rng(0))
    assert all(side.gap_p_value > 0.05 for side in tests.sides)


def test_timing_between_two_other_states(hostile):
    data = DailyData(NEIGHBOURS, WINDOW[0], daily_counts(hostile, NEIGHBOURS, *WINDOW))
    blocks = shift_blocks(WINDOW[0], data.n_days, block_days=91)
    answers, leads = (
        timing_test(
            data,
            DailyModel(family="negative_binomial"),
            source=source,
            receiver=receiver,
            blocks=blocks,
            half_lives=(1, 3, 7, 14, 30),
            n_shifts=499,
            rng=np.random.default_rng(0),
        )
        for source, receiver in (NEIGHBOURS[::-1], NEIGHBOURS)
    )
    # Japan follows China's acts; of China following Japan's the timing within a quarter says nothing
    assert answers.p_value < 0.05 < leads.p_value


def test_regimes_of_the_islands_crisis(hostile):
    series = intensity(hostile, NEIGHBOURS, *WINDOW, period="week", scales=["intensity_equal"])
    own = series.filter(pl.col("actor_code") == "China")
    counts = own["n_acts"].to_numpy().astype(float)
    found = regimes(counts, own["period_start"].to_list(), dispersion=dispersion_within(counts, 6))
    peak = found.segments.sort("rate").row(-1, named=True)
    # the islands were bought on 11 September 2012
    assert date(2012, 8, 1) < peak["period_start"] < date(2012, 9, 11) < peak["period_end"]
    assert peak["rate"] > 2 * found.segments["rate"].median()


def test_reciprocity_sequences_and_links_between_two_other_states(icews):
    start, end = whole_weeks(*WINDOW)
    acts = acts_between(icews, NEIGHBOURS, start, end)
    scales = ["intensity_goldstein", "intensity_equal"]
    series = intensity(acts, NEIGHBOURS, start, end, period="week", scales=scales)
    assert len(series) == 2 * 2 * 167
    assert net_balance(series, NEIGHBOURS)["net"].is_not_null().all()
    assert (scale_agreement(series, NEIGHBOURS)["kendall_tau"] > 0.6).all()
    wide = series.filter(pl.col("scale") == scales[0]).pivot("actor_code", index="period_start", values="sum")
    # by the balance of conflict and cooperation it is China that follows
    assert granger(wide, cause="Japan", effect="China", lags=2, covariance="HC1").p_value < 0.01
    assert granger(wide, cause="China", effect="Japan", lags=2, covariance="HC1").p_value > 0.1
    follows = transitions(
        acts.filter(pl.col("date_precision") == "day").sort("act_id"),
        state="domain_type",
        unit="actor_code",
        day="act_date",
        successor="other",
        n_permutations=199,
        rng=np.random.default_rng(0),
    ).table
    in_kind = follows.filter((pl.col("state") == "conflict") & (pl.col("next_state") == "conflict"))
    assert in_kind["ratio"].item() > 1.1
    assert in_kind["p_value"].item() < 0.05
    links = candidate_links(acts, max_lag_days=14)
    assert links["lag_days"].is_between(1, 14).all()
    assert set(links["basis_type"]) == {"inferred"}


def test_a_side_that_never_acts_is_said_so(real_data):
    """Designations by the United States under its Russia and Ukraine programmes: one side only."""
    frame = pl.read_csv(real_data("ofac/us_russia_designations_per_day.csv"), try_parse_dates=True)
    acts = as_acts(
        frame,
        actor_code=pl.col("sender"),
        target_code=pl.col("target"),
        addressee_code=pl.col("target"),
        act_date=pl.col("date_us_eastern"),
        act_type=pl.lit("asset_freeze"),
        domain_type=pl.lit("sanction"),
        n_subjects=pl.col("new_sdn_rows"),
        intensity_equal=pl.lit(1.0),
        intensity_log_subjects=pl.col("new_sdn_rows").log1p(),
    )
    pair, start, end = ("USA", "RUS"), date(2021, 8, 18), date(2024, 5, 3)
    counts = daily_counts(acts_between(acts, pair, start, end), pair, start, end)
    assert counts.sum(axis=0).tolist() == [61, 0]
    with pytest.raises(NotEstimable, match="RUS never acts from 2021-08-18 to 2024-05-03"):
        fit_daily(DailyData(pair, start, counts), DailyModel())

    # one side alone: its own excitation vanishes once the war is allowed to set the level
    war = {"war": since(date(2022, 2, 22), start, end)}
    alone = DailyData(pair[:1], start, counts[:, :1], war)
    model = DailyModel(links="own", family="bernoulli")
    without = fit_daily(alone, model)
    with_war = fit_daily(alone, DailyModel(links="own", family="bernoulli", covariates=("war",)))
    assert without.parameters.branching[0, 0] > 0.2
    assert with_war.parameters.branching[0, 0] < 0.05
    assert with_war.aic < without.aic - 5

    series = intensity(acts, pair, start, end, period="month", scales=["intensity_equal"])
    own = series.filter(pl.col("actor_code") == "USA")
    found = regimes(own["n_acts"].to_numpy().astype(float), own["period_start"].to_list())
    assert found.n_changes == 1
    assert found.changes["lower"].item() <= date(2022, 2, 1) <= found.changes["upper"].item()

    # rounds cluster around the anniversaries of the invasion
    anniversaries = [date(year, 2, 24) for year in (2022, 2023, 2024)]
    clustered = coincidence(
        acts["act_date"].to_list(),
        anniversaries,
        start,
        end,
        days_before=3,
        days_after=3,
        blocks=shift_blocks(start, (end - start).days + 1, block_days=364),
        null="circular_shift",
        n_permutations=499,
        rng=np.random.default_rng(0),
    )
    assert clustered.n_near == 5
    assert clustered.p_value < 0.05
