"""The command line: quick to start, every command there, and one line for what is wrong with the input."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import retorsion
from retorsion import cli, project
from retorsion.errors import RetorsionError
from retorsion.steps import acts
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
    monkeypatch.setattr(project, "RAW", folder)
    monkeypatch.setattr(acts, "RAW", folder)
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
    done = CliRunner().invoke(cli.app_of("acts"), [])
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


def _loaded_by(code: str) -> set[str]:
    """Modules that a Python process of its own has imported after running some code."""
    shown = f"{code}\nimport sys\nprint(' '.join(sys.modules), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", shown], check=True, capture_output=True, text=True)
    return set(run.stderr.split())


#: Installed packages that a start may load. Seconds depend on the machine, modules do not.
LEAN = {
    *("retorsion", "polars", "dataframely", "numpy", "yaml", "pydantic", "pydantic_core"),
    *("typing_extensions", "typing_inspection", "annotated_types", "cython_runtime"),
}


@pytest.mark.parametrize(
    "code",
    [
        "import retorsion",
        "import sys; sys.argv = ['retorsion', '--help']\nfrom retorsion.cli import main; main()",
        "import sys; sys.argv = ['retorsion', '--version']\nfrom retorsion.cli import main; main()",
    ],
)
def test_starting_loads_few_modules(code: str) -> None:
    bare = {name.partition(".")[0] for name in _loaded_by("")}
    loaded = _loaded_by(code)
    installed = {name.partition(".")[0] for name in loaded} - bare - sys.stdlib_module_names
    assert {name for name in installed if not name.startswith("_")} <= LEAN
    assert len(loaded) < 700


def test_the_module_runs_and_states_its_version() -> None:
    run = subprocess.run([sys.executable, "-m", "retorsion", "--version"], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, f"{retorsion.__version__}\n")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(cli.app_of(name), ["--help"])
    assert done.exit_code == 0, done.output
    assert "Usage:" in done.output


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    with pytest.raises(RetorsionError, match=r"no command 'refesh'\. Did you mean 'refresh'\?"):
        cli.app_of("refesh")
