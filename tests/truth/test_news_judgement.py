"""The weights of the judgement are those of the coded candidates, and tell right from wrong on pages left out.

``judged_candidates.csv`` has a row for each candidate of 397 pages that were coded before they were read: the batch of
its page, whether its sides, type and day were right, and its traits. No text of a page is in it.
"""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from places import FIXTURES
from retorsion.news.judging import CONSTANT, LEAST, load_judgement

#: Ridge, number of traits that are kept, and candidates that must have a trait for it to be tried.
RIDGE, N_KEPT, N_LEAST = 25.0, 60, 8
Floats = NDArray[np.float64]


def coded() -> tuple[NDArray[np.str_], Floats, list[frozenset[str]]]:
    """Batches, whether right, and traits."""
    with (FIXTURES / "news" / "judged_candidates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return (
        np.array([row["batch"] for row in rows]),
        np.array([float(row["is_right"] == "yes") for row in rows]),
        [frozenset(row["traits"].split()) for row in rows],
    )


def fitted(right: Floats, X: Floats) -> Floats:
    """Constant and weights of a logistic regression with a ridge on the weights."""
    means = X.mean(axis=0)
    Z = np.column_stack([np.ones(len(X)), X - means])
    penalty = np.r_[1e-6, np.full(X.shape[1], RIDGE)]
    weights = np.zeros(Z.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-Z @ weights))
        slope = Z.T @ (right - likely) - penalty * weights
        curve = (Z * (likely * (1 - likely))[:, None]).T @ Z + np.diag(penalty)
        weights += np.linalg.solve(curve, slope)
    return np.r_[weights[0] - means @ weights[1:], weights[1:]]


def judgement(right: Floats, traits: list[frozenset[str]]) -> dict[str, float]:
    """Weights of the traits that tell most, and the constant."""
    counted = Counter(trait for found in traits for trait in found)
    names = sorted(trait for trait, n in counted.items() if n >= N_LEAST)
    for last in (False, True):
        X = np.array([[float(name in found) for name in names] for found in traits])
        weights = fitted(right, X)
        if not last:
            telling = np.argsort(-np.abs(weights[1:]) * X.std(axis=0))
            names = sorted(names[i] for i in telling[:N_KEPT])
    return dict(zip([CONSTANT, *names], weights.tolist(), strict=True))


def test_the_weights_are_those_of_the_coded_candidates() -> None:
    _, right, traits = coded()
    assert len(right) == 1521
    found, shipped = judgement(right, traits), load_judgement()
    assert set(found) == set(shipped)
    assert {name: round(weight, 3) for name, weight in found.items()} == {**shipped}


def test_it_tells_right_from_wrong_on_batches_left_out() -> None:
    batches, right, traits = coded()
    likely = np.zeros(len(right))
    for batch in sorted(set(batches)):
        out = batches == batch
        weights = judgement(
            right[~out], [found for found, is_out in zip(traits, out, strict=True) if not is_out]
        )
        totals = [weights[CONSTANT] + sum(weights.get(trait, 0.0) for trait in found) for found in traits]
        likely[out] = 1 / (1 + np.exp(-np.array(totals)[out]))
    # a wrong candidate is judged likelier than a right one in one pair of four at most
    pairs = np.subtract.outer(likely[right == 1], likely[right == 0])
    assert ((pairs > 0).mean() + (pairs == 0).mean() / 2) > 0.75
    # probabilities mean what they say
    for low, high in ((0.5, 0.7), (0.7, 0.85), (0.85, 1.0)):
        inside = (likely >= low) & (likely < high)
        assert abs(likely[inside].mean() - right[inside].mean()) < 0.06
    assert right[likely >= LEAST].mean() > right.mean() + 0.02
