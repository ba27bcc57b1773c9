"""The project on disk: where it is found, and how findings take the place of those that were there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from places import ROOT
from retorsion import project
from retorsion.errors import RetorsionError

ROWS = {"rows": pl.DataFrame({"a": [0.1 + 0.2]})}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The findings of a case on which a step has been run."""
    monkeypatch.setattr(project, "FINDINGS", tmp_path)
    save({"part": {"x": 1 / 3}})
    return tmp_path / "one" / "impact"


def save(parts: dict[str, Any], rows: dict[str, Any] = ROWS) -> None:
    project.save_findings("one", "impact", parts, rows, summary={"n": 1}, tables=[])


def text_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_findings_are_rounded_and_know_their_place(folder: Path) -> None:
    assert json.loads(text_of(folder)["part.json"]) == {"x": 0.333333}
    assert text_of(folder)["rows.csv"] == "a\n0.3\n"
    found = project.finding("impact", "one")
    assert (found["n"], found["part"]["x"], found["part"]["x"].place) == (1, 0.333333, "impact.part.x")
    assert list(project.finding_rows("impact", "one")) == ["rows"]
    assert json.loads(project.finding_file("impact", "one")) == {
        "inputs": {},
        "n": 1,
        "part": {"x": 0.333333},
    }


def test_findings_that_are_gone_leave_no_file(folder: Path) -> None:
    save({"other": {"y": 1}}, {})
    assert sorted(text_of(folder)) == ["other.json", "summary.json"]
    assert [path.name for path in folder.parent.iterdir()] == ["impact"]


@pytest.mark.parametrize(
    ("parts", "rows"),
    [
        ({"part": {"x": float("nan")}}, ROWS),
        ({"part": {"x": object()}}, ROWS),
        ({"part": {"x": 1}}, {"rows": pl.DataFrame({"a": [[1]]})}),
    ],
)
def test_a_step_that_fails_leaves_the_findings_that_were_there(
    parts: dict[str, Any], rows: dict[str, Any], folder: Path
) -> None:
    before = text_of(folder)
    with pytest.raises((TypeError, ValueError, pl.exceptions.PolarsError)):
        save(parts, rows)
    assert text_of(folder) == before
    save({"part": {"x": 2}})
    assert json.loads(text_of(folder)["part.json"]) == {"x": 2}
    assert [path.name for path in folder.parent.iterdir()] == ["impact"]


def test_findings_that_were_not_computed_are_named(folder: Path) -> None:
    with pytest.raises(
        RetorsionError, match="finding 'escalation' of the case 'one' has not been computed yet"
    ):
        project.finding("escalation", "one")
    with pytest.raises(RetorsionError, match="finding 'impact' of the case 'two' has not been computed yet"):
        project.finding_rows("impact", "two")


def root_in(folder: Path, **environment: str) -> Path:
    """The project's folder as a program in ``folder`` sees it."""
    env = {key: value for key, value in os.environ.items() if key != "RETORSION_HOME"} | environment
    done = subprocess.run(
        [sys.executable, "-c", "from retorsion.project import ROOT; print(ROOT)"],
        cwd=folder,
        env=env | {"PYTHONPATH": str(ROOT / "analysis")},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(done.stdout.strip())


def test_the_project_is_the_one_named_or_the_nearest_above(tmp_path: Path) -> None:
    inner = tmp_path / "mine" / "notebooks"
    inner.mkdir(parents=True)
    assert root_in(inner) == ROOT, "no project is above, so the checkout is"
    assert root_in(ROOT, RETORSION_HOME=str(tmp_path)) == tmp_path
    (tmp_path / "mine" / "params.yaml").touch()
    (tmp_path / "mine" / "data" / "raw").mkdir(parents=True)
    assert root_in(inner) == tmp_path / "mine"


def test_outside_a_project_one_sentence_says_how_to_get_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(project, "PARAMS", tmp_path / "params.yaml")
    for read in (project.parameters, project.case, lambda: project.load("acts")):
        with pytest.raises(
            RetorsionError, match="is not in a Retorsion project, so there are no tables: clone"
        ):
            read()


def test_a_table_has_the_same_bytes_however_many_pieces_its_frame_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "TABLES", tmp_path)
    monkeypatch.setattr(project, "SUMMARIES", tmp_path)
    days = pl.date_range(pl.date(1966, 1, 1), pl.date(2026, 1, 1), eager=True)
    rates = pl.concat(
        [
            pl.DataFrame({"rate_date": days, "currency_code": code, "units_per_eur": days.to_physical() / 7})
            for code in ("JPY", "USD")
        ],
        rechunk=True,
    )
    pieces = pl.concat([rates[:900], rates[900:]], rechunk=False)
    assert pieces.n_chunks() == 2
    written = []
    for frame in (pieces, pieces.rechunk()):
        project.save_table("exchange_rates", frame)
        written.append((tmp_path / "exchange_rates.parquet").read_bytes())
    assert written[0] == written[1]
