"""Rows predicted perfectly: hand-made certificates, published data sets, and random ones by brute force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.estimators import fit_ppml, separation
from retorsion.estimators.ppml import group_ids
from retorsion.estimators.separation import separated_rows
from scipy.optimize import linprog

NO_EFFECTS = np.zeros((0, 0))


def constant(n: int) -> np.ndarray:
    return np.zeros((n, 1), dtype=np.int64)


def test_a_dummy_of_zero_flows_separates_its_rows() -> None:
    y, ban = np.array([0.0, 0, 1, 2, 0]), np.array([1.0, 1, 0, 0, 0])
    assert separated_rows(y, ban[:, None], constant(5)).tolist() == [True, True, False, False, False]


def test_a_regressor_that_overlaps_separates_nothing() -> None:
    y, x = np.array([0.0, 0, 1, 2, 0]), np.array([1.0, 3, 2, 5, 0])
    assert not separated_rows(y, x[:, None], constant(5)).any()


def test_two_effects_separate_jointly_what_neither_separates_alone() -> None:
    # Positive flows tie exporters 0 and 1 to importer 0, and exporter 2 to importer 1; the zero from exporter 0 to
    # importer 1 is the only row between the two parts, so one part can fall without end.
    ids = np.array([[0, 0], [1, 0], [2, 1], [0, 1]])
    y = np.array([3.0, 2.0, 1.0, 0.0])
    assert separated_rows(y, np.zeros((4, 0)), ids).tolist() == [False, False, False, True]
    # with a zero in the other direction too, what one gains the other loses
    both = np.vstack([ids, [[2, 0]]])
    assert not separated_rows(np.append(y, 0.0), np.zeros((5, 0)), both).any()


def brute(y: np.ndarray, X: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """One programme for each row: can it be positive while no zero row is negative?"""
    dummies = [np.eye(column.max() + 1)[column] for column in ids.T]
    A = np.hstack([X, *dummies])
    found = np.zeros(len(y), dtype=bool)
    for row in np.flatnonzero(y == 0):
        solved = linprog(
            -A[row],
            A_ub=-A[y == 0],
            b_ub=np.zeros(int((y == 0).sum())),
            A_eq=A[y > 0],
            b_eq=np.zeros(int((y > 0).sum())),
            bounds=[(-1, 1)] * A.shape[1],
        )
        found[row] = solved.fun < -1e-6
    return found


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_random_panels_agree_with_one_programme_for_each_row(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 14
    y = np.where(rng.random(n) < 0.5, 0.0, rng.integers(1, 5, n)).astype(float)
    if not (y > 0).any():
        return
    X = rng.integers(-1, 2, (n, 2)).astype(float)
    ids = np.column_stack([np.unique(rng.integers(0, 4, n), return_inverse=True)[1] for _ in range(2)])
    assert separated_rows(y, X, ids).tolist() == brute(y, X, ids).tolist()


def test_in_a_panel_of_very_many_groups_only_those_that_are_all_zero_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    y = np.array([0.0, 0.0, 1.0, 2.0])
    ban = np.array([[1.0], [1.0], [0.0], [0.0]])
    ids = np.column_stack([[0, 1, 1, 2], [0, 0, 0, 0]])
    assert separated_rows(y, ban, ids).tolist() == [True, True, False, False]
    monkeypatch.setattr(separation, "MOST_GROUPS", 0)
    assert not separation.is_searchable(ids)
    assert separated_rows(y, ban, ids).tolist() == [True, False, False, False]


@pytest.mark.real
@pytest.mark.parametrize("number", range(1, 19))
def test_the_data_sets_of_ppmlhdfe(number: int, real_data: Callable[[str], Path]) -> None:
    frame = pl.read_csv(real_data(f"validation/separation/{number:02d}.csv"), infer_schema_length=None)
    regressors = [c for c in frame.columns if c.startswith("x")]
    effects = [c for c in frame.columns if c.startswith("id")]
    expected = frame["separated"].cast(pl.Boolean).to_list()
    if regressors:
        fit = fit_ppml(frame, outcome="y", regressors=regressors, fixed_effects=effects)
        assert fit.separated.tolist() == expected
    else:
        ids = np.column_stack([group_ids(frame, [c]) for c in effects])
        y = frame["y"].cast(pl.Float64).to_numpy()
        assert separated_rows(y, np.zeros((len(y), 0)), ids).tolist() == expected


#: Rows y, x1, x2, i, j of ppmlhdfe's test/problem1.do, problem2.do and problem5.do, and y, x1, x2, x3 of problem4.do.
PROBLEM_1 = [
    (2, 0, 0, 2, 1), (0, 0, 0, 4, 2), (0, 0, 0, 1, 1), (1, 1, 0, 4, 3), (0, 0, 1, 2, 2), (0, 0, 0, 2, 2),
    (1, 0, 0, 5, 4), (0, 1, 2, 2, 3), (1, 0, 0, 1, 1), (0, 0, 0, 2, 2), (0, 2, 0, 1, 3), (0, 0, 0, 1, 3),
    (0, 1, 0, 2, 2), (0, 0, 1, 5, 2), (0, 0, 1, 2, 4), (0, 0, 0, 1, 2), (0, 0, 0, 1, 1), (2, 0, 0, 1, 2),
]  # fmt: skip
PROBLEM_2 = [
    (2, 0, 0, 2, 1), (1, 0, 1, 2, 3), (2, 0, 1, 2, 2), (1, 1, 0, 2, 2), (0, 1, 0, 1, 2), (1, 2, 0, 1, 3),
    (1, 0, 0, 2, 1), (2, 1, 0, 2, 3), (0, 1, 0, 2, 2),
]  # fmt: skip
PROBLEM_4 = [
    (0, 2, 3, 4), (0, -5, 0, 1), (0, 0, 2, 1), (0, 0, 0, 3), (0, -2, 0, 1), (0, 0, 0, 2), (1.1, 1, 1, 2),
    (0.5, 2, 2, 2), (3.3, 3, 3, 2), (2.1, 4, 2, 4),
]  # fmt: skip
PROBLEM_5 = [(1, 0, 1, 4, 3) if k == 1 else row for k, row in enumerate(PROBLEM_2)]


@pytest.mark.parametrize(
    ("rows", "n_regressors", "left_out", "expected"),
    [
        (PROBLEM_1, 2, [4, 6, 7, 13, 14], {"x1": -0.484547}),
        (PROBLEM_2, 2, [4, 5], {"x1": -0.346574}),
        (PROBLEM_4, 3, [0, 1, 2, 3, 4], {"x1": 0.280419, "x2": 0.651542}),
        (PROBLEM_5, 2, [1, 4, 5, 7], {"x1": -1.386294}),
    ],
)
def test_the_certified_problems_of_ppmlhdfe(
    rows: list[tuple[float, ...]], n_regressors: int, left_out: list[int], expected: dict[str, float]
) -> None:
    names = [f"x{k + 1}" for k in range(n_regressors)]
    effects = ["i", "j"] if len(rows[0]) == n_regressors + 3 else []
    frame = pl.DataFrame(
        [tuple(map(float, row)) for row in rows], schema=["y", *names, *effects], orient="row"
    )
    fit = fit_ppml(frame, outcome="y", regressors=names, fixed_effects=effects)
    assert np.flatnonzero(~fit.in_sample).tolist() == left_out
    assert {t: round(b, 6) for t, b in zip(fit.terms, fit.coefficients.tolist(), strict=True)} == expected


@pytest.mark.real
def test_the_sixth_problem_of_ppmlhdfe(real_data: Callable[[str], Path]) -> None:
    import pandas as pd

    frame = pd.read_stata(real_data("validation/ppmlhdfe_problem6.dta"))
    estimate = fit_ppml(frame, outcome="y", regressors=["x"]).estimate("x")
    assert (f"{estimate.estimate:.6f}", f"{estimate.standard_error:.6f}") == ("0.044684", "0.897435")
