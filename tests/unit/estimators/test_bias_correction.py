"""The bias corrections of the three-way model against their formulas written out term by term."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from retorsion.errors import NotEstimable
from retorsion.estimators.bias_correction import ThreeWayFit, fit_three_way

Floats = NDArray[np.float64]


def panel(seed: int, n_states: int = 7, n_years: int = 3, *, missing: float = 0.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(i, j, t) for i in range(n_states) for j in range(n_states) if i != j for t in range(n_years)]
    i, j, t = np.array(rows).T
    size = rng.normal(0, 0.5, (2, n_states, n_years))
    agreement = (rng.integers(0, 2 * n_years, (n_states, n_states))[i, j] <= t).astype(float)
    cost = rng.normal(0, 1, len(rows))
    mean = np.exp(0.5 * agreement + 0.2 * cost + size[0, i, t] + size[1, j, t] + 2)
    frame = pl.DataFrame(
        {
            "exporter": i,
            "importer": j,
            "year": t,
            "agreement": agreement,
            "cost": cost,
            "flow": mean * rng.lognormal(-0.25, np.sqrt(0.5), len(rows)),
        }
    )
    return frame.filter(pl.Series(rng.random(len(rows)) >= missing))


def corrected(frame: pl.DataFrame, **changes: object) -> ThreeWayFit:
    arguments = {
        "outcome": "flow",
        "regressors": ["agreement", "cost"],
        "exporter": "exporter",
        "importer": "importer",
        "period": "year",
    } | changes
    return fit_three_way(frame, **arguments)  # type: ignore[arg-type]


def written_out(frame: pl.DataFrame, three_way: ThreeWayFit) -> tuple[Floats, Floats]:
    """Bias and covariance from the formulas of the paper, with every matrix and tensor in full."""
    fit = three_way.fit
    sample = frame.filter(fit.in_sample)
    periods = sorted(frame["year"].unique())
    n_periods = len(periods)
    flows = dict(
        zip(sample.select("exporter", "importer", "year").iter_rows(), range(len(sample)), strict=True)
    )
    pairs = sorted({key[:2] for key in flows})
    lam, S, X = {}, {}, {}
    for pair in pairs:
        rows = [flows.get((*pair, t)) for t in periods]
        lam[pair] = np.array([0.0 if r is None else fit.fitted[r] for r in rows])
        y = np.array([0.0 if r is None else sample["flow"][r] for r in rows])
        S[pair] = y - lam[pair]
        X[pair] = np.array([np.zeros(2) if r is None else fit.residual_regressors[r] for r in rows])
    H, G = {}, {}
    for pair in pairs:
        total = lam[pair].sum()
        theta = lam[pair] / total
        H[pair] = total * (np.diag(theta) - np.outer(theta, theta))
        cumulant = np.zeros((n_periods,) * 3)
        for a in range(n_periods):
            for b in range(n_periods):
                for c in range(n_periods):
                    cumulant[a, b, c] = (
                        theta[a] * (a == b == c)
                        - theta[a] * theta[c] * (a == b)
                        - theta[a] * theta[b] * (a == c)
                        - theta[a] * theta[b] * (b == c)
                        + 2 * theta[a] * theta[b] * theta[c]
                    )
        G[pair] = -total * cumulant
    W = sum(X[p].T @ H[p] @ X[p] for p in pairs)
    score = np.zeros(2)
    for side in (0, 1):
        for unit in sorted({p[side] for p in pairs}):
            own = [p for p in pairs if p[side] == unit]
            inverse = np.linalg.pinv(sum(H[p] for p in own), rcond=1e-10, hermitian=True)
            noise = inverse @ sum(np.outer(S[p], S[p]) for p in own) @ inverse
            for k in range(2):
                first = np.trace(inverse @ sum(np.outer(H[p] @ X[p][:, k], S[p]) for p in own))
                second = np.trace(sum(G[p] @ X[p][:, k] for p in own) @ noise)
                score[k] += (len(own) + 1) / len(own) * (-first + second / 2)
    # The joint information of exporter-period and importer-period effects, pair effects projected out.
    names = sorted({("x", p[0], t) for p in pairs for t in range(n_periods)}) + sorted(
        {("m", p[1], t) for p in pairs for t in range(n_periods)}
    )
    place = {name: n for n, name in enumerate(names)}
    D = {p: np.zeros((n_periods, len(names))) for p in pairs}
    for p in pairs:
        for t in range(n_periods):
            D[p][t, place["x", p[0], t]] = D[p][t, place["m", p[1], t]] = 1
    V = np.linalg.pinv(sum(D[p].T @ H[p] @ D[p] for p in pairs), rcond=1e-10, hermitian=True)
    bread = np.linalg.inv(W)
    meat = np.zeros((2, 2))
    for p in pairs:
        leverage = H[p] @ (X[p] @ bread @ X[p].T + D[p] @ V @ D[p].T)
        freed = np.linalg.solve(np.eye(n_periods) - leverage, S[p])
        meat += np.outer(X[p].T @ freed, X[p].T @ S[p])
    n = len(pairs)
    return bread @ score, bread @ (meat + meat.T) @ bread / 2 * n / (n - 1)


@pytest.mark.parametrize(("seed", "missing"), [(0, 0.0), (1, 0.0), (2, 0.1)])
def test_it_equals_the_formulas_written_out(seed: int, missing: float) -> None:
    frame = panel(seed, missing=missing)
    three_way = corrected(frame)
    bias, covariance = written_out(frame, three_way)
    assert three_way.leverage == "exact"
    assert three_way.bias == pytest.approx(bias, rel=1e-4, abs=1e-7)
    assert three_way.covariance == pytest.approx(covariance, rel=1e-3, abs=1e-7)


def test_estimates_carry_both_corrections() -> None:
    three_way = corrected(panel(3))
    first, _ = three_way.estimates()
    assert first.estimate == pytest.approx(three_way.fit.coefficients[0] - three_way.bias[0])
    assert first.standard_error == pytest.approx(np.sqrt(three_way.covariance[0, 0]))
    assert first.standard_error > three_way.fit.standard_errors[0]
    assert "bias-corrected" in first.estimator
    assert "Weidner and Zylkin" in first.citation


def test_first_order_leverage_is_close_to_exact_in_a_large_network() -> None:
    frame = panel(4, n_states=25)
    exact, rough = corrected(frame, leverage="exact"), corrected(frame, leverage="first order")
    assert rough.bias == pytest.approx(exact.bias, rel=1e-9)
    ratio = np.sqrt(np.diag(rough.covariance) / np.diag(exact.covariance))
    assert ratio == pytest.approx(np.ones(2), abs=0.05)


def test_products_are_separate_networks_with_a_common_effect() -> None:
    one = panel(5).with_columns(product=pl.lit("a"))
    alone = corrected(one)
    as_product = corrected(one, product="product")
    assert as_product.bias == pytest.approx(alone.bias, rel=1e-9)
    assert as_product.covariance == pytest.approx(alone.covariance, rel=1e-6)
    twice = pl.concat([one, one.with_columns(product=pl.lit("b"))])
    both = corrected(twice, product="product")
    # The same network twice has the same estimate and, as the copies are one cluster, the same error.
    assert both.fit.coefficients == pytest.approx(alone.fit.coefficients, abs=1e-7)
    assert both.bias == pytest.approx(alone.bias, rel=1e-6)
    assert both.fit.covariance == pytest.approx(alone.fit.covariance, rel=1e-6)


def test_the_unit_of_flows_does_not_matter() -> None:
    frame = panel(6)
    scaled = corrected(frame.with_columns(pl.col("flow") * 1e6))
    assert scaled.bias == pytest.approx(corrected(frame).bias, rel=1e-6)


def test_repeated_pairs_get_no_number() -> None:
    frame = panel(7)
    with pytest.raises(NotEstimable, match="repeat a pair and a period"):
        corrected(pl.concat([frame, frame.head(1)]))
