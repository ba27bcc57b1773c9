"""Differences of two vintages of a list."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.errors import RetorsionError
from retorsion.sources.vintages import changed_rows, difference

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


keys = st.dictionaries(st.integers(0, 8), st.integers(0, 2), min_size=1, max_size=8)


@given(keys, keys)
def test_changes_lead_from_one_vintage_to_the_next(old: dict[int, int], new: dict[int, int]) -> None:
    frames = [pl.DataFrame({"key": list(d), "value": list(d.values())}) for d in (old, new)]
    changes = changed_rows(*frames, ["key"], ["value"], shrink_limit=1.0, what="s")
    by_type = {kind: set(part["key"]) for (kind,), part in changes.group_by("change_type")}
    assert by_type.get("added", set()) == set(new) - set(old)
    assert by_type.get("removed", set()) == set(old) - set(new)
    assert by_type.get("altered", set()) == {k for k in set(old) & set(new) if old[k] != new[k]}


def test_rows_without_a_key_are_compared_whole_and_counted() -> None:
    old, new = pl.DataFrame({"a": [1, 1, None]}), pl.DataFrame({"a": [1, None, 2]})
    changes = changed_rows(old, new, [], ["a"], shrink_limit=0.5, what="s")
    assert changes.select("a", "change_type").rows() == [(2, "added"), (1, "removed")]


def test_a_vintage_that_shrank_or_changed_its_columns_is_refused() -> None:
    old = pl.DataFrame({"a": [1, 2, 3]})
    with pytest.raises(RetorsionError, match="lacks 2 of the 3 rows"):
        changed_rows(old, old.head(1), ["a"], [], shrink_limit=0.2, what="s")
    with pytest.raises(RetorsionError, match="no rows"):
        changed_rows(old, old.head(0), ["a"], [], shrink_limit=0.9, what="s")
    with pytest.raises(RetorsionError, match="'b'"):
        changed_rows(old, old.with_columns(b=1), ["a"], ["b"], shrink_limit=0.2, what="s")
