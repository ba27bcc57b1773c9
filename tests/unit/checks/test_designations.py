"""Tests of the summaries of published counts."""

from __future__ import annotations

import polars as pl
import pytest
from retorsion.checks.designations import counts_summary
from retorsion.checks.rounds import UNEXPLAINED

COUNTS = pl.DataFrame(
    {
        "origin_type": ["round", "round", "other_version", "other_version", "total"],
        "is_independent": [True, False, True, True, True],
        "difference": [0, 0, 3, 1, 0],
        "explanation": [None, None, "with three others", UNEXPLAINED, None],
    }
)


def test_a_version_counts_whether_it_was_adopted_or_not() -> None:
    found = counts_summary(COUNTS)
    assert found["round"]["n_equal"] == found["round"]["n_counts"] == 2
    assert found["all_versions"] == {
        "n_counts": 5,
        "n_independent": 4,
        "n_equal": 3,
        "n_explained": 1,
        "n_unexplained": 1,
        "share_equal": 0.6,
    }


def test_every_origin_is_counted_once_in_all_versions() -> None:
    found = counts_summary(COUNTS)
    every = found.pop("all_versions")
    for name in ("n_counts", "n_independent", "n_equal", "n_explained", "n_unexplained"):
        assert every[name] == sum(part[name] for part in found.values())


@pytest.mark.parametrize("rows", [0])
def test_no_count_gives_no_share(rows: int) -> None:
    assert counts_summary(COUNTS.head(rows)) == {}
