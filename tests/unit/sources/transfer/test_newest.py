"""Comparing vintages, keeping the record of a list's, and pinning one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from places import ROOT
from retorsion.errors import FetchError, RetorsionError
from retorsion.sources.sidecar import Artifact, load_sidecar
from retorsion.sources.text.recorded import read_recorded
from retorsion.sources.transfer.https import Validators
from retorsion.sources.transfer.newest import Vintage, check_size, day_in_name, repinned
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


def test_a_vintage_that_shrank_in_size_is_refused() -> None:
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
