"""The shell: what is wrong with the input is said, and what parameters no longer name is not read."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from retorsion import cli, project
from retorsion.errors import RetorsionError
from retorsion.tables.fields import tables
from typer.testing import CliRunner


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The raw sources, of which the ledger is a copy."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for source in project.RAW.iterdir():
        if source.name != "ledger":
            (folder / source.name).symlink_to(source)
    shutil.copytree(project.RAW / "ledger", folder / "ledger")
    monkeypatch.setattr(cli, "RAW", folder)
    return folder


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("announced_date", "2022-02-30", "value '2022-02-30': is not a date"),
        ("actor_code", "JPX", "value 'JPX'"),
        ("source_urls", "", "column 'source_urls'"),
    ],
)
def test_an_act_that_is_quarantined_is_named_before_the_reply_that_misses_it(
    raw: Path, column: str, value: str, said: str
) -> None:
    path = raw / "ledger" / "acts.csv"
    with (raw / "ledger" / "replies.csv").open(encoding="utf-8", newline="") as file:
        answered = next(csv.DictReader(file))["act_id"]
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row | {column: value} if row["act_id"] == answered else row for row in reader]
        columns = reader.fieldnames
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    done = CliRunner().invoke(cli.app, ["build", "record"])
    assert isinstance(done.exception, RetorsionError)
    assert answered in str(done.exception)
    assert "quarantined: acts.csv, row" in done.stderr
    assert said in done.stderr


def test_what_a_withdrawn_source_left_behind_is_no_part_of_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tmp_path / "trade_flows"
    parts.mkdir()
    for source in ("kept", "withdrawn"):
        frame = tables()["trade_flows"].schema.to_frame()
        frame = pl.concat([frame, pl.DataFrame({"source_id": [source]})], how="diagonal")
        frame.write_parquet(parts / f"{source}.parquet")
        (tmp_path / f"trade_flows.{source}.json").write_text('{"n_rows": 1}')
    (tmp_path / "acts.json").write_text('{"n_rows": 2}')
    named: dict[tuple[str, ...], Any] = {("sources", "flows"): {"kept": {}, "not_built": {}}}
    monkeypatch.setattr(project, "params", lambda *keys: named.get(keys))
    monkeypatch.setattr(project, "TABLES", tmp_path)
    monkeypatch.setattr(project, "SUMMARIES", tmp_path)
    assert project.load("trade_flows")["source_id"].to_list() == ["kept"]
    assert set(project.summaries()) == {"acts", "trade_flows.kept"}
    monkeypatch.setitem(named, ("sources", "flows"), {})
    with pytest.raises(RetorsionError, match="has not been built"):
        project.scan("trade_flows")
