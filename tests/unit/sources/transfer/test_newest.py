"""Comparing vintages, keeping the record of a list's, and pinning one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from retorsion.errors import FetchError, RetorsionError
from retorsion.sources.sidecar import Artifact, load_sidecar
from retorsion.sources.text.recorded import read_recorded
from retorsion.sources.transfer.fetch import Validators
from retorsion.sources.transfer.newest import Vintage, changed_rows, check_size, day_in_name, repinned
from retorsion.sources.vintages import OBSERVED_COLUMNS, observe

DAYS = [date(2024, 1, day) for day in (1, 2, 3, 4)]


def subjects(*numbers: str) -> pl.DataFrame:
    return pl.DataFrame(
        [(number, "P", f"name {number}") for number in numbers],
        schema=dict.fromkeys(("list_number", "programme", "subject_name"), pl.String),
        orient="row",
    )


def test_the_record_of_vintages_dates_what_came_and_keeps_what_went() -> None:
    first, second, third = subjects("1", "2"), subjects("2", "3"), subjects("1", "3")
    record = observe(None, first, second, old_date=DAYS[0], new_date=DAYS[1])
    record = observe(record, second, third, old_date=DAYS[1], new_date=DAYS[2])
    columns = [
        "list_number",
        "last_absent_date",
        "first_observed_date",
        "last_observed_date",
        "absent_by_date",
    ]
    assert record.select(*columns, "subject_name").rows() == [
        ("1", None, DAYS[0], DAYS[2], None, None),  # went and came back: its whole span, and no news
        ("2", None, DAYS[0], DAYS[1], DAYS[2], "name 2"),
        ("3", DAYS[0], DAYS[1], DAYS[2], None, None),  # on or before the second day, after the first
    ]


def test_the_record_survives_its_file(tmp_path: Path) -> None:
    record = observe(None, subjects("1", "2"), subjects("2", "3"), old_date=DAYS[0], new_date=DAYS[1])
    record.write_csv(tmp_path / "observed.csv")
    read = read_recorded(tmp_path / "observed.csv", "observed_list", source_id="list")
    assert read.rejected.is_empty()
    again = observe(read.accepted, subjects("2", "3"), subjects("2"), old_date=DAYS[1], new_date=DAYS[2])
    assert again.equals(
        observe(record, subjects("2", "3"), subjects("2"), old_date=DAYS[1], new_date=DAYS[2])
    )
    assert tuple(again.columns) == OBSERVED_COLUMNS
    kept = again.filter(pl.col("list_number") == "1")
    assert kept.select("subject_name", "absent_by_date").row(0) == ("name 1", DAYS[1])  # of the day it went


@pytest.mark.parametrize("new_day", DAYS[:2])
def test_vintages_are_pinned_in_their_order(new_day: date) -> None:
    with pytest.raises(RetorsionError, match="in order"):
        observe(None, subjects("1"), subjects("1"), old_date=DAYS[1], new_date=new_day)


keys = st.dictionaries(st.integers(0, 8), st.integers(0, 2), min_size=1, max_size=8)


@given(keys, keys)
def test_changes_lead_from_one_vintage_to_the_next(old: dict[int, int], new: dict[int, int]) -> None:
    frames = [pl.DataFrame({"key": list(d), "value": list(d.values())}) for d in (old, new)]
    changes = changed_rows(*frames, ["key"], shrink_limit=1.0, what="s")
    by_type = {kind: set(part["key"]) for (kind,), part in changes.group_by("change_type")}
    assert by_type.get("added", set()) == set(new) - set(old)
    assert by_type.get("removed", set()) == set(old) - set(new)
    assert by_type.get("altered", set()) == {k for k in set(old) & set(new) if old[k] != new[k]}


def test_rows_without_a_key_are_compared_whole_and_counted() -> None:
    old, new = pl.DataFrame({"a": [1, 1, None]}), pl.DataFrame({"a": [1, None, 2]})
    changes = changed_rows(old, new, [], shrink_limit=0.5, what="s")
    assert changes.select("a", "change_type").rows() == [(2, "added"), (1, "removed")]


def test_a_vintage_that_shrank_or_changed_its_columns_is_refused() -> None:
    old = pl.DataFrame({"a": [1, 2, 3]})
    with pytest.raises(RetorsionError, match="lacks 2 of the 3 rows"):
        changed_rows(old, old.head(1), ["a"], shrink_limit=0.2, what="s")
    with pytest.raises(RetorsionError, match="no rows"):
        changed_rows(old, old.head(0), ["a"], shrink_limit=0.9, what="s")
    with pytest.raises(RetorsionError, match="'b'"):
        changed_rows(old, old.with_columns(b=1), ["a"], shrink_limit=0.2, what="s")
    with pytest.raises(FetchError, match="100 bytes, the pinned one 1000"):
        check_size(1000, 100, "s", shrink_limit=0.2)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("sdn_2024-05-03.csv", date(2024, 5, 3)),
        ("shisantouketsu20260828.csv", date(2026, 8, 28)),
        ("sdn.csv", None),
        ("20240503_20240504.csv", None),  # two days: neither
        ("list_20241399.csv", None),
        ("id_1202405031.csv", None),
    ],
)
def test_a_day_is_read_from_a_name_only_where_there_is_one(name: str, day: date | None) -> None:
    assert day_in_name(name) == day


def test_repinning_changes_hash_size_days_and_version_and_nothing_else(tmp_path: Path) -> None:
    path = ROOT / "data" / "raw" / "ecb_reference_rates" / "source.yaml"
    text, sidecar = path.read_text(encoding="utf-8"), load_sidecar(path)
    address = str(sidecar.url_download).replace("==0.18.23", "==9.9.9")
    vintage = Vintage(
        tmp_path / "new.zip", address, "ab" * 32, 7, DAYS[0], DAYS[1], Validators(), Artifact("cd" * 32, 9)
    )
    folder = tmp_path / "ecb_reference_rates"
    folder.mkdir()
    (folder / "source.yaml").write_text(repinned(text, sidecar, vintage), encoding="utf-8")
    new = load_sidecar(folder / "source.yaml")
    assert (new.files[0].sha256, new.files[0].bytes) == ("ab" * 32, 7)
    assert (new.date_published, new.date_accessed) == (DAYS[0], DAYS[1])
    assert (new.url_download, new.artifact) == (address, Artifact("cd" * 32, 9))
    changed = [
        line for line in (folder / "source.yaml").read_text(encoding="utf-8").splitlines()
        if line not in text.splitlines()
    ]  # fmt: skip
    assert len(changed) == 7
