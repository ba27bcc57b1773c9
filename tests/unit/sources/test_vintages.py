"""Differences of two vintages of a list."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.errors import RetorsionError
from retorsion.sources.vintages import difference, observations

DAY = date(2024, 5, 3)
OLD = pl.DataFrame({"id": ["a", "b", "c", "d"], "name": ["A", "B", None, "D"], "note": ["x", "x", "x", "x"]})
NEW = pl.DataFrame({"id": ["d", "c", "b", "e"], "name": ["D", "C", "B", "E"], "note": ["y", "x", "x", "x"]})


def test_designated_removed_amended() -> None:
    changes = difference(OLD, NEW, ["id"], ["name", "note"], observed_date=DAY, shrink_limit=0.5)
    assert changes.rows() == [
        ("c", "amended", ["name"], DAY),
        ("d", "amended", ["note"], DAY),
        ("e", "designated", [], DAY),
        ("a", "removed", [], DAY),
    ]


def test_columns_that_are_not_compared_are_no_amendment() -> None:
    changes = difference(OLD, NEW, ["id"], ["note"], observed_date=DAY, shrink_limit=0.5)
    assert changes.filter(pl.col("change_type") == "amended")["id"].to_list() == ["d"]


def test_a_first_sync_is_not_news() -> None:
    changes = difference(None, NEW, ["id"], ["name"], observed_date=DAY)
    assert changes.is_empty()
    assert changes.columns == difference(NEW, NEW, ["id"], ["name"], observed_date=DAY).columns


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (OLD, NEW.head(0), "empty"),
        (OLD, NEW.head(1), "lacks 3 of the 4"),
        (OLD, NEW.drop("name"), "name"),
        (OLD, pl.concat([NEW, NEW.head(1)]), "twice"),
        (OLD, NEW.with_columns(pl.lit(None, dtype=pl.String).alias("id")), "without"),
        (OLD, NEW.with_columns(pl.lit(1).alias("name")), "types"),
    ],
)
def test_a_broken_vintage_is_an_error(old: pl.DataFrame, new: pl.DataFrame, words: str) -> None:
    with pytest.raises(RetorsionError, match=words):
        difference(old, new, ["id"], ["name"], observed_date=DAY)


def test_shrink_limit_is_a_part() -> None:
    with pytest.raises(RetorsionError, match="shrink_limit"):
        difference(OLD, NEW, ["id"], ["name"], observed_date=DAY, shrink_limit=1.0)


def test_observations_keep_the_first_vintage_apart() -> None:
    days = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    seen = observations([(days[0], OLD), (days[1], NEW), (days[2], NEW.filter(pl.col("id") != "d"))], ["id"],
                        shrink_limit=0.5)  # fmt: skip
    assert seen.rows() == [
        ("a", days[0], True, days[0], days[1]),
        ("b", days[0], True, days[2], None),
        ("c", days[0], True, days[2], None),
        ("d", days[0], True, days[1], days[2]),
        ("e", days[1], False, days[2], None),
    ]
    with pytest.raises(RetorsionError, match="rising"):
        observations([(days[1], OLD), (days[0], NEW)], ["id"])


KEYS = st.sets(st.integers(0, 20), min_size=1)


@given(KEYS, KEYS)
def test_changes_turn_the_old_keys_into_the_new(before: set[int], after: set[int]) -> None:
    old, new = (pl.DataFrame({"id": sorted(keys)}) for keys in (before, after))
    if len(before - after) > 0.9 * len(before):
        return
    changes = difference(old, new, ["id"], [], observed_date=DAY, shrink_limit=0.9)
    came = set(changes.filter(pl.col("change_type") == "designated")["id"])
    went = set(changes.filter(pl.col("change_type") == "removed")["id"])
    assert (before | came) - went == after
    assert came == after - before
