"""PPML with fixed effects: against other implementations, and against data that cannot bear an estimate."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pyfixest
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.fixed_effects import absorb, arrange, fit_margins
from retorsion.estimators.ppml import PoissonFit, fit_ppml, group_ids, informative_rows

PAIRED = (("exporter", "year"), ("importer", "year"), ("exporter", "importer"))


def panel(seed: int, n_states: int = 9, n_years: int = 5, *, missing: float = 0.2) -> pl.DataFrame:
    """Flows between states with zeros, gaps and a policy that pairs adopt at different times."""
    rng = np.random.default_rng(seed)
    rows = [(i, j, t) for i in range(n_states) for j in range(n_states) if i != j for t in range(n_years)]
    i, j, t = np.array(rows).T
    adopts = rng.integers(1, 2 * n_years, size=(n_states, n_states))
    policy = (t >= adopts[i, j]).astype(float)
    size = rng.normal(0, 1, (2, n_states, n_years))
    mean = np.exp(0.5 * policy + size[0, i, t] + size[1, j, t] + rng.normal(0, 1, (n_states, n_states))[i, j])
    frame = pl.DataFrame(
        {
            "exporter": [f"e{k}" for k in i],
            "importer": [f"i{k}" for k in j],
            "year": t,
            "policy": policy,
            "distance": rng.normal(0, 1, len(rows)),
            "flow": rng.poisson(mean) * rng.lognormal(0, 0.5, len(rows)),
        }
    )
    return frame.filter(pl.Series(rng.random(len(rows)) > missing))


def reference(frame: pl.DataFrame, formula: str, vcov: str | dict[str, str]) -> pyfixest.estimation.Fepois:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyfixest.fepois(
            formula,
            frame.with_columns(pl.concat_str("exporter", "importer").alias("pair")).to_pandas(),
            vcov=vcov,
            ssc=pyfixest.ssc(k_adj=False),
            separation_check=["fe"],
            iwls_tol=1e-12,
            iwls_maxiter=200,
            demeaner=pyfixest.MapDemeaner(fixef_tol=1e-11),
        )


@pytest.mark.parametrize("seed", range(4))
def test_three_way_fit_equals_an_independent_implementation(seed: int) -> None:
    frame = panel(seed)
    fit = fit_ppml(
        frame,
        outcome="flow",
        regressors=["policy", "distance"],
        fixed_effects=PAIRED,
        clusters=[("exporter", "importer")],
    )
    other = reference(
        frame, "flow ~ policy + distance | exporter^year + importer^year + pair", {"CRV1": "pair"}
    )
    assert fit.coefficients == pytest.approx(other.coef().to_numpy(), abs=1e-7)
    assert fit.standard_errors == pytest.approx(other.se().to_numpy(), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(other._loglik, rel=1e-9)
    assert fit.n_obs == other._N


def test_two_ways_of_clustering_equal_an_independent_implementation() -> None:
    frame = panel(5, n_states=12)
    fit = fit_ppml(
        frame,
        outcome="flow",
        regressors=["policy", "distance"],
        fixed_effects=[("exporter", "year"), ("importer", "year")],
        clusters=[["exporter"], ["importer"]],
    )
    other = reference(
        frame, "flow ~ policy + distance | exporter^year + importer^year", {"CRV1": "exporter+importer"}
    )
    assert fit.standard_errors == pytest.approx(other.se().to_numpy(), rel=1e-6)
    assert fit.n_clusters == 12
    assert fit.estimate("policy").standard_error_type == "clustered by exporter and by importer"


def test_without_fixed_effects_it_is_the_ordinary_poisson_model() -> None:
    frame = panel(6)
    fit = fit_ppml(frame, outcome="flow", regressors=["policy", "distance"])
    design = sm.add_constant(frame.select("policy", "distance").to_numpy())
    other = sm.GLM(frame["flow"].to_numpy(), design, family=sm.families.Poisson()).fit(cov_type="HC0")
    n = len(frame)
    assert fit.coefficients == pytest.approx(other.params[1:], abs=1e-7)
    assert fit.standard_errors == pytest.approx(other.bse[1:] * np.sqrt(n / (n - 1)), rel=1e-6)
    assert fit.n_clusters is None


def test_margins_of_the_fit_are_those_of_the_data() -> None:
    frame = panel(7)
    fit = fit_ppml(frame, outcome="flow", regressors=["policy"], fixed_effects=PAIRED)
    sample = frame.filter(fit.in_sample).with_columns(fitted=fit.fitted)
    for group in PAIRED:
        sums = sample.group_by(group).agg(pl.col("flow", "fitted").sum())
        assert sums["fitted"].to_numpy() == pytest.approx(sums["flow"].to_numpy(), rel=1e-3, abs=1e-3)
    assert fit.residual_regressors[:, 0] @ (sample["flow"] - sample["fitted"]).to_numpy() == pytest.approx(
        0, abs=1e-4
    )


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
def test_neither_the_unit_nor_the_order_of_rows_matters(seed: int, unit: float) -> None:
    frame = panel(8, n_states=6, n_years=4)
    other = frame.sample(fraction=1, shuffle=True, seed=seed).with_columns(pl.col("flow") * unit)
    fits = [
        fit_ppml(f, outcome="flow", regressors=["policy"], fixed_effects=PAIRED, clusters=[["exporter"]])
        for f in (frame, other)
    ]
    assert fits[0].coefficients == pytest.approx(fits[1].coefficients, abs=1e-7)
    assert fits[0].covariance == pytest.approx(fits[1].covariance, rel=1e-5)
    assert fits[0].n_obs == fits[1].n_obs


def test_the_same_input_gives_the_same_bits() -> None:
    frame = panel(9)
    fits = [
        fit_ppml(frame, outcome="flow", regressors=["policy"], fixed_effects=PAIRED, clusters=[["exporter"]])
        for _ in range(2)
    ]
    assert fits[0].coefficients.tobytes() == fits[1].coefficients.tobytes()
    assert fits[0].covariance.tobytes() == fits[1].covariance.tobytes()


def test_flows_of_very_different_size_do_not_stop_it() -> None:
    frame = panel(10).with_columns(
        flow=pl.when(pl.col("exporter") == "e0").then(pl.col("flow") * 1e-9).otherwise("flow"),
    )
    fit = fit_ppml(frame, outcome="flow", regressors=["policy"], fixed_effects=PAIRED)
    without = fit_ppml(
        frame.filter(pl.col("exporter") != "e0"), outcome="flow", regressors=["policy"], fixed_effects=PAIRED
    )
    assert fit.coefficients == pytest.approx(without.coefficients, abs=1e-6)


def test_rows_without_information_are_left_out_and_counted() -> None:
    frame = panel(11, missing=0)
    dead = (pl.col("exporter") == "e1") & (pl.col("year") == 2)
    alone = pl.DataFrame(
        {
            "exporter": ["new"],
            "importer": ["i1"],
            "year": [0],
            "policy": [1.0],
            "distance": [0.0],
            "flow": [9.0],
        }
    ).cast(dict(frame.schema))  # type: ignore[arg-type]
    spoilt = pl.concat([frame.with_columns(flow=pl.when(dead).then(0.0).otherwise("flow")), alone])
    fit = fit_ppml(spoilt, outcome="flow", regressors=["policy"], fixed_effects=PAIRED)
    assert fit.n_singletons >= 1
    assert fit.n_separated >= 8
    assert fit.n_obs + fit.n_separated + fit.n_singletons == len(spoilt)
    kept = spoilt.filter(fit.in_sample)
    assert kept.filter(dead | (pl.col("exporter") == "new")).is_empty()
    again = fit_ppml(kept, outcome="flow", regressors=["policy"], fixed_effects=PAIRED)
    assert (again.n_separated, again.n_singletons) == (0, 0)
    assert again.coefficients == pytest.approx(fit.coefficients, abs=1e-7)


def test_leaving_out_goes_on_until_nothing_more_is_to_be_left_out() -> None:
    # Group 1 of the first effect is all zero; without it group 0 of the second is left with one row.
    y = np.array([0.0, 0.0, 5.0, 1.0, 2.0, 3.0])
    ids = np.array([[1, 0], [1, 1], [2, 0], [0, 1], [0, 2], [0, 2]])
    kept, separated, alone = informative_rows(y, ids)
    assert kept.tolist() == [False, False, False, False, True, True]
    assert separated.tolist() == [True, True, False, False, False, False]
    assert alone.tolist() == [False, False, True, True, False, False]


def test_groups_are_numbered_in_sorted_order_without_gaps() -> None:
    frame = pl.DataFrame({"a": ["y", "x", "y", "x"], "b": [3, 7, 3, 3]})
    assert group_ids(frame, ["a", "b"]).tolist() == [2, 1, 2, 0]
    assert group_ids(frame, []).tolist() == [0, 0, 0, 0]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_absorbing_equals_least_squares_on_dummies(seed: int, n_effects: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    ids = np.column_stack(
        [np.unique(rng.integers(0, 6, n), return_inverse=True)[1] for _ in range(n_effects)]
    )
    weights = np.exp(rng.normal(0, 3, n))
    columns = rng.normal(size=(n, 2))
    effects = arrange(ids)
    residuals, _ = absorb(
        effects, columns[effects.order], weights[effects.order], np.zeros((effects.n_outer, 2)), 1e-12
    )
    dummies = np.hstack([np.eye(column.max() + 1)[column] for column in ids.T])
    root = np.sqrt(weights)[:, None]
    slopes = np.linalg.lstsq(dummies * root, columns * root, rcond=None)[0]
    expected = (columns - dummies @ slopes) * root
    assert residuals * root[effects.order] == pytest.approx(
        expected[effects.order], abs=1e-7 * np.abs(columns * root).max()
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_components_do_not_touch_and_rows_are_all_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = np.column_stack(
        [np.unique(rng.integers(0, 12, 20), return_inverse=True)[1] for _ in range(3)]
    ).astype(np.int64)
    effects = arrange(ids)
    assert sorted(effects.order) == list(range(20))
    component = np.repeat(
        np.arange(effects.n_components), np.diff(effects.inner_start[effects.component_inner])
    )
    for column in ids[effects.order].T:
        for group in np.unique(column):
            assert len(set(component[column == group])) == 1
    sizes = np.diff(effects.component_outer)
    assert (np.repeat(np.arange(effects.n_components), sizes)[effects.outer_ids] == component[:, None]).all()


def test_proportional_fitting_reaches_both_margins() -> None:
    rng = np.random.default_rng(0)
    ids = np.array([(i, j) for i in range(4) for j in range(5)])
    y = rng.poisson(5, 20).astype(float) + 1
    effects = arrange(ids)
    log_outer = np.zeros(effects.n_outer)
    fitted = fit_margins(effects, y[effects.order], np.ones(20), log_outer, sweeps=20)
    back = fitted[np.argsort(effects.order)]
    rows, columns = y.reshape(4, 5).sum(1), y.reshape(4, 5).sum(0)
    assert back.reshape(4, 5) == pytest.approx(np.outer(rows, columns) / y.sum())


def test_a_phased_in_total_adds_up_with_its_covariance() -> None:
    fit = fit_ppml(
        panel(12),
        outcome="flow",
        regressors=["policy", "distance"],
        fixed_effects=PAIRED,
        clusters=[["importer"]],
    )
    total = fit.combined([1, 2], "total")
    assert total.estimate == pytest.approx(fit.coefficients @ [1, 2])
    assert total.standard_error == pytest.approx(
        np.sqrt(np.array([1, 2]) @ fit.covariance @ np.array([1, 2]))
    )


def test_joint_test_of_one_effect_is_its_own() -> None:
    fit = fit_ppml(panel(13), outcome="flow", regressors=["policy", "distance"], fixed_effects=PAIRED)
    test = fit.joint_test(["distance"])
    one = fit.estimate("distance")
    assert one.standard_error is not None
    assert test.statistic == pytest.approx((one.estimate / one.standard_error) ** 2)
    assert test.degrees_of_freedom == 1
    assert test.p_value == pytest.approx(one.p_value)


def test_no_joint_test_of_more_effects_than_clusters() -> None:
    frame = panel(14).with_columns(
        half=pl.col("exporter").str.slice(1).cast(pl.Int64) % 2, noise=(pl.col("distance") ** 2)
    )
    fit = fit_ppml(
        frame,
        outcome="flow",
        regressors=["policy", "distance", "noise"],
        fixed_effects=PAIRED,
        clusters=[["half"]],
    )
    with pytest.raises(NotEstimable, match="takes more clusters than effects"):
        fit.joint_test(["policy", "distance", "noise"])


def _fit(frame: pl.DataFrame, **changes: object) -> PoissonFit:
    arguments = {"outcome": "flow", "regressors": ["policy"], "fixed_effects": PAIRED} | changes
    return fit_ppml(frame, **arguments)  # type: ignore[arg-type]


def test_thin_or_degenerate_data_get_a_sentence_and_no_number() -> None:
    frame = panel(15)
    with pytest.raises(NotEstimable, match="no rows"):
        _fit(frame.clear())
    with pytest.raises(NotEstimable, match=r"All \d+ values of 'flow' are zero"):
        _fit(frame.with_columns(flow=pl.lit(0.0)))
    with pytest.raises(NotEstimable, match="negative or not finite"):
        _fit(frame.with_columns(pl.col("flow") - 5))
    with pytest.raises(NotEstimable, match=r"some have no value, by column: {'flow'"):
        _fit(frame.with_columns(flow=pl.when(pl.col("year") == 1).then(None).otherwise("flow")))
    with pytest.raises(NotEstimable, match="not finite"):
        _fit(frame.with_columns(policy=pl.lit(float("inf"))))
    with pytest.raises(NotEstimable, match="do not vary"):
        _fit(frame.with_columns(policy=pl.lit(1.0)))
    with pytest.raises(NotEstimable, match="nothing is left to compare"):
        _fit(frame.group_by("exporter", "importer").first())
    with pytest.raises(NotEstimable, match="one cluster"):
        _fit(frame.with_columns(world=pl.lit("w")), clusters=[["world"]])


def test_a_regressor_without_variation_of_its_own_is_dropped_and_named() -> None:
    frame = panel(16).with_columns(
        size=pl.col("exporter").str.slice(1).cast(pl.Int64) * (pl.col("year") + 1),
        twice=2 * pl.col("policy"),
    )
    fit = _fit(frame, regressors=["size", "policy", "twice", "distance"])
    assert fit.terms == ("policy", "distance")
    assert fit.dropped == {"size": "collinear", "twice": "collinear"}
    without = _fit(frame, regressors=["policy", "distance"])
    assert fit.coefficients == pytest.approx(without.coefficients, abs=1e-9)
    with pytest.raises(NotEstimable, match=r"\['size'\] cannot.*\['twice'\] cannot"):
        fit.complete()
    assert without.complete() is without
    with pytest.raises(NotEstimable, match=r"\['twice'\] cannot be told apart"):
        fit.estimate("twice")
    with pytest.raises(ParameterError, match=r"'nothing' is no term of the fit; those are \['policy'"):
        fit.estimate("nothing")
    with pytest.raises(NotEstimable, match=r"\['size'\] cannot be told apart"):
        _fit(frame, regressors=["size"])


def test_a_regressor_far_from_zero_or_of_odd_scale_has_the_same_effect() -> None:
    frame = panel(17).with_columns(seconds=1.6e9 + 86_400 * pl.col("distance"))
    plain, odd = (_fit(frame, regressors=["policy", name]) for name in ("distance", "seconds"))
    assert odd.coefficients * [1, 86_400] == pytest.approx(plain.coefficients, abs=1e-6)
    assert odd.standard_errors * [1, 86_400] == pytest.approx(plain.standard_errors, rel=1e-5)


def test_perfect_separation_drops_the_regressor_and_its_rows() -> None:
    frame = panel(17, missing=0).with_columns(flow=pl.col("flow") + 1)
    stopped = frame.with_columns(flow=pl.when(pl.col("policy") == 1).then(0.0).otherwise("flow"))
    with pytest.raises(NotEstimable, match=r"\['policy'\] have infinite effects.*perfect separation"):
        _fit(stopped)
    fit = _fit(stopped, regressors=["policy", "distance"], clusters=["exporter"])
    assert fit.dropped == {"policy": "separated"}
    traded = stopped.filter(pl.col("policy") == 0)
    assert fit.coefficients == pytest.approx(_fit(traded, regressors=["distance"]).coefficients, abs=1e-7)
    assert fit.n_obs + fit.n_singletons + fit.n_separated == len(stopped)
    assert stopped.filter(fit.in_sample)["policy"].sum() == 0


def test_an_embargo_dummy_does_not_end_the_fit() -> None:
    frame = pl.DataFrame(
        {
            "y": [0.0, 0.0, 1.0, 3.0, 2.0, 5.0, 4.0, 9.0, 12.0, 7.0],
            "x": [1.0, 2.0, 0.0, 1.0, 0.5, 2.0, 1.5, 2.5, 3.0, 2.2],
            "ban": [1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        }
    )
    fit = fit_ppml(frame, outcome="y", regressors=["x", "ban"])
    without = fit_ppml(frame.filter(pl.col("ban") == 0), outcome="y", regressors=["x"])
    assert (fit.n_separated, fit.n_obs, fit.dropped) == (2, 8, {"ban": "separated"})
    assert fit.coefficients == pytest.approx(without.coefficients, abs=1e-9)
    assert "ban" in fit.summary()
    assert fit.to_frame()["term"].to_list() == ["x"]


def test_an_outlying_regressor_has_a_finite_effect() -> None:
    x = np.array([0, 1, 2, 3, 2, 1, 0, 3, 2, 500.0])
    y = np.array([1, 2, 3, 5, 3, 2, 1, 6, 2, 0.0])
    fit = fit_ppml(pl.DataFrame({"y": y, "x": x}), outcome="y", regressors=["x"])
    other = sm.GLM(y[:9], sm.add_constant(x[:9]), family=sm.families.Poisson()).fit()
    assert fit.n_separated == 0  # no combination is zero in all rows with a flow
    assert abs(fit.coefficients[0]) < abs(other.params[1])


@pytest.mark.parametrize(
    ("columns", "coefficient", "error", "n", "dropped"),
    [
        (  # the two rows with a flow and a different x fix the slope, so that the outlier separates nothing
            {"y": [1, 2, 2, 4, 7, 12, 1, 3, 5, 0], "x": [0, 1, 1.5, 2.5, 3.5, 4.5, 0.5, 2, 3, -60]},
            0.5653410, 0.0183494, 10, {},
        ),
        (
            {
                "y": [0, 0, 0, 2, 3, 5, 4, 1, 6, 2], "x": [1, 2, 0, 1, 2, 3, 2.5, 0, 3.2, 0.7],
                "ban": [1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            },
            0.5970526, 0.1095184, 8, {"ban": "separated"},
        ),
        (  # 2 x + z separates the first row, and the others cannot tell x from z
            {"y": [0, 0, 0, 1, 2, 3, 2, 4], "x": [3, -1, 0, 0, 4, 6, 2, 5], "z": [-1, 2, 0, 0, -8, -12, -4, -10]},
            0.3218030, 0.0954994, 7, {"z": "collinear"},
        ),
    ],
    ids=["outlier", "embargo", "combination"],
)  # fmt: skip
def test_separation_gives_the_numbers_of_other_programs(
    columns: dict[str, list[float]], coefficient: float, error: float, n: int, dropped: dict[str, str]
) -> None:
    """Against Poisson regressions by reweighted least squares on the rows that remain."""
    frame = pl.DataFrame(columns, strict=False)
    fit = fit_ppml(frame, outcome="y", regressors=[name for name in columns if name != "y"])
    assert (fit.terms, fit.n_obs, fit.dropped) == (("x",), n, dropped)
    assert fit.coefficients == pytest.approx([coefficient], abs=1e-7)
    assert fit.covariance[0, 0] ** 0.5 == pytest.approx(error, abs=1e-7)


def test_weights_are_those_of_repeated_rows_and_offsets_those_of_exposure() -> None:
    frame = panel(19).with_columns(times=pl.int_range(pl.len()) % 3 + 1)
    repeated = frame.select(pl.all().repeat_by("times").explode())
    weighted = _fit(frame, weights="times", regressors=["policy", "distance"])
    again = _fit(repeated, regressors=["policy", "distance"])
    assert weighted.coefficients == pytest.approx(again.coefficients, abs=1e-7)
    exposed = frame.with_columns(
        log_size=pl.col("distance") / 3, flow=pl.col("flow") * (pl.col("distance") / 3).exp()
    )
    plain, offset = _fit(exposed), _fit(exposed, offset="log_size")
    assert offset.coefficients != pytest.approx(plain.coefficients, abs=1e-4)
    slope = fit_ppml(exposed, outcome="flow", regressors=["log_size"], fixed_effects=PAIRED)
    shifted = fit_ppml(
        exposed, outcome="flow", regressors=["log_size"], fixed_effects=PAIRED, offset="log_size"
    )
    assert shifted.coefficients == pytest.approx(slope.coefficients - 1, abs=1e-7)
    assert shifted.fitted == pytest.approx(slope.fitted, rel=1e-6)
    with pytest.raises(NotEstimable, match="not all positive"):
        _fit(frame.with_columns(times=pl.col("times") - 1), weights="times")


def test_trends_of_units_are_dummies_times_time() -> None:
    frame = panel(20)
    effects = [["exporter", "importer"], ["importer", "year"]]
    fit = _fit(frame, fixed_effects=effects, unit_trends=("exporter", "year"))
    own = [f"t_{e}" for e in sorted(frame["exporter"].unique())]
    by_hand = frame.with_columns(
        (pl.col("year") * (pl.col("exporter") == name[2:])).alias(name) for name in own
    )
    other = _fit(by_hand, fixed_effects=effects, regressors=["policy", *own])
    assert fit.terms == ("policy",)
    assert fit.coefficients[0] == pytest.approx(other.coefficients[0], abs=1e-6)
    assert fit.standard_errors[0] == pytest.approx(other.standard_errors[0], rel=1e-4)
    assert other.dropped == {own[-1]: "collinear"}  # the importers' years hold the common trend


def test_three_ways_of_clustering_are_sums_and_differences() -> None:
    frame = panel(21, n_states=12, n_years=8)
    ways = [["exporter"], ["importer"], ["year"]]
    fit = _fit(frame, regressors=["policy", "distance"], clusters=ways)
    total = np.zeros((2, 2))
    for signs in ([0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]):
        columns = [ways[k][0] for k in signs]
        one = _fit(frame, regressors=["policy", "distance"], clusters=[columns], small_sample=False)
        total += (-1) ** (len(signs) + 1) * one.covariance
    assert not any("negative" in note for note in fit.notes)
    assert fit.covariance == pytest.approx(total * 8 / 7, rel=1e-8)
    assert fit.n_clusters == 8


def test_a_covariance_that_is_not_positive_is_repaired_and_said_so() -> None:
    repaired = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pl.DataFrame(
            {"a": np.repeat(range(4), 4), "b": np.tile(range(4), 4), "x": rng.normal(size=16)}
        ).with_columns(y=pl.Series(rng.poisson(3.0, 16)))
        fit = fit_ppml(frame, outcome="y", regressors=["x"], clusters=["a", "b"])
        assert fit.covariance[0, 0] >= 0
        if any("negative eigenvalues" in note for note in fit.notes):
            repaired += 1
            with pytest.raises(NotEstimable, match="standard error is 0"):
                fit.estimate("x")
    assert repaired > 0


def test_residuals_and_means_under_other_regressors() -> None:
    frame = panel(22)
    fit = _fit(frame, regressors=["policy", "distance"])
    sample = frame.filter(fit.in_sample)
    assert fit.residuals() == pytest.approx((sample["flow"] - fit.fitted).to_numpy())
    assert fit.residuals("pearson") == pytest.approx(fit.residuals() / np.sqrt(fit.fitted))
    deviance = 2 * np.sum(
        np.where(sample["flow"] > 0, sample["flow"] * np.log(sample["flow"].clip(1e-300) / fit.fitted), 0)
        - fit.residuals()
    )
    assert np.sum(fit.residuals("deviance") ** 2) == pytest.approx(deviance)
    without = fit.predict({"policy": -sample["policy"].to_numpy()})
    ratio = without / fit.fitted
    assert np.log(ratio[sample["policy"].to_numpy() == 1]) == pytest.approx(-fit.coefficients[0])
    assert ratio[sample["policy"].to_numpy() == 0] == pytest.approx(1)


def test_any_frame_will_do() -> None:
    frame = panel(23)
    expected = _fit(frame, clusters=["exporter"])
    for other in (frame.lazy(), frame.to_pandas(), frame.to_arrow()):
        fit = _fit(other, clusters=["exporter"])
        assert fit.coefficients.tobytes() == expected.coefficients.tobytes()
        assert fit.covariance.tobytes() == expected.covariance.tobytes()


def test_wrong_parameters_are_named() -> None:
    frame = panel(18)
    with pytest.raises(ParameterError, match=r"lacks the columns \['flows'\].*Did you mean 'flow'\?"):
        _fit(frame, outcome="flows")
    with pytest.raises(ParameterError, match="regressors is empty"):
        _fit(frame, regressors=[])
    with pytest.raises(ParameterError, match="named twice"):
        _fit(frame, regressors=["policy", "policy"])
    with pytest.raises(ParameterError, match="4 cluster dimensions"):
        _fit(frame, clusters=["exporter", "importer", "year", "policy"])
    with pytest.raises(ParameterError, match="list is not a frame"):
        _fit([1, 2])  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"'flow': holds String and not numbers, for instance 'a lot'"):
        _fit(frame.with_columns(flow=pl.lit("a lot")))
    with pytest.raises(NotEstimable, match=r"some have no value, by column: {'policy'"):
        _fit(frame.with_columns(policy=pl.lit(float("nan"))))
    many = frame.join(pl.DataFrame({"k": range(100)}), how="cross").with_row_index("unit")
    with pytest.raises(ParameterError, match=r"has \d+ units, and a trend is a column for each"):
        _fit(many, unit_trends=("unit", "year"))
