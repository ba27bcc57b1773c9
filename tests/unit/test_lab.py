"""JupyterLab: tables at hand with their docs, errors in one block, and notebooks that stay text."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import nbformat
import polars as pl
import pytest
import yaml
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from lab_server import committed_clone, git, lab_on
from retorsion import describe, load
from retorsion.cli import app_of
from retorsion.errors import RetorsionError, SourceError
from retorsion.lab import TableName, text_left
from retorsion.project import NOTEBOOKS, ROOT, TABLES
from retorsion.reports.execution import run_notebooks
from retorsion.tables.fields import fields, tables
from typer.testing import CliRunner


def test_editors_and_the_tab_key_know_every_table() -> None:
    assert sorted(get_args(TableName)) == sorted(tables()) == dir(load)
    shell = InteractiveShell()
    shell.user_ns["load"] = load
    with provisionalcompleter():
        found = {each.text.rpartition(".")[2] for each in shell.Completer.completions("load.trade_m", 12)}
    assert found == {"trade_measures", "trade_measure_products"}


def test_every_column_is_documented_where_one_types() -> None:
    for name, spec in tables().items():
        shown, docs = describe(name)._repr_html_(), getattr(load, name).__doc__
        assert shown is not None
        for column in spec.columns:
            assert f">{column}</th>" in shown
            assert f"\n{column} (" in docs
        assert spec.row.split(";")[0] in docs
    assert "Allowed: listed, reported, inferred." in repr(describe("sanctions"))
    assert "load.acts()" in repr(load)
    assert fields()["lag_days"].description.split(";")[0] in " ".join(repr(describe("replies")).split())


def test_columns_of_a_frame_that_are_no_numbers_stand_on_the_left() -> None:
    frame = pl.DataFrame({"act_id": ["a"], "n_subjects": [1], "is_main": [True]})
    html = text_left(frame)
    assert ".left-1-3 tr>:nth-child(1),.left-1-3 tr>:nth-child(3){text-align:left}" in html
    assert 'class="dataframe left-1-3"' in html
    assert text_left(frame.select("n_subjects")) == frame.select("n_subjects")._repr_html_()


def test_without_the_packages_of_pages_a_description_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "retorsion.reports.html", None)  # as in the base install
    assert describe("acts")._repr_html_() is None


def test_a_name_that_is_no_table_is_told_with_those_that_are() -> None:
    with pytest.raises(
        RetorsionError,
        match=r"there is no table 'actz'\..* The tables are: act_types, acts",
    ):
        describe("actz")
    with pytest.raises(
        AttributeError,
        match=r"there is no table 'actz'\..* The tables are: act_types, acts",
    ):
        _ = load.actz


@pytest.mark.data
def test_a_table_read_by_either_name_is_typed_as_the_dictionary_says() -> None:
    if not (TABLES / "replies.parquet").exists():
        pytest.skip("no table is built; run `make`")
    assert load("replies").equals(load.replies())
    assert load.replies().schema == tables()["replies"].schema


def test_an_error_of_ours_is_one_block_without_frames() -> None:
    shell = InteractiveShell()
    shown: list[list[str]] = []
    shell._showtraceback = lambda etype, value, stb: shown.append(stb)  # type: ignore[method-assign]
    shell.run_cell("from retorsion import load\nload('actz')")
    assert shown[-1][0] == "RetorsionError:"
    assert " ".join(shown[-1]).startswith("RetorsionError: there is no table 'actz'. Did you mean 'acts'?")
    assert "File" not in " ".join(shown[-1])
    error = SourceError("a.csv", "is no date", row=3, column="day", value="x", remedy="Write the date")
    assert error._render_traceback_() == [
        "SourceError:",
        "a.csv, row 3, column 'day', value 'x': is no date. Write the date",
    ]
    shell.run_cell("1 / 0")
    assert "ZeroDivisionError" in "\n".join(shown[-1])
    assert len("\n".join(shown[-1]).splitlines()) > 3, "other errors keep their frames"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return committed_clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def server(clone: Path) -> Iterator[str]:
    with lab_on(clone) as url:
        yield url


def ask(url: str, path: str, method: str = "GET", value: Any = None) -> Any:
    body = None if value is None else json.dumps(value).encode()
    request = urllib.request.Request(
        f"{url}/{path}", body, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")


NAMES = [path.name for path in sorted(NOTEBOOKS.glob("0*.py"))]


@pytest.mark.parametrize("name", NAMES)
def test_running_and_saving_a_notebook_in_lab_changes_no_tracked_file(
    name: str, server: str, clone: Path
) -> None:
    opened = ask(server, f"api/contents/notebooks/{name}?type=notebook&content=1")
    assert opened["type"] == "notebook", "opens as a notebook, not as text"
    notebook = nbformat.from_dict(opened["content"])
    if name == NAMES[0] and (TABLES / "acts.parquet").exists():
        run_notebooks({name: notebook}, root=ROOT)
        assert any(cell.get("outputs") for cell in notebook.cells)
    else:
        for count, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="a result")]
            cell.execution_count = count + 1
    ask(server, f"api/contents/notebooks/{name}/checkpoints", "POST")
    ask(server, f"api/contents/notebooks/{name}", "PUT", {"type": "notebook", "content": notebook})
    assert (clone / "notebooks" / name).read_bytes() == (NOTEBOOKS / name).read_bytes()
    assert git(clone, "status", "--porcelain") == ""


def test_what_a_user_changes_on_purpose_is_saved_as_text(server: str, clone: Path) -> None:
    path = f"api/contents/notebooks/{NAMES[-1]}"
    opened = ask(server, f"{path}?type=notebook&content=1")
    opened["content"]["cells"][-1]["source"] = "1 + 1"
    ask(server, path, "PUT", {"type": "notebook", "content": opened["content"]})
    changed = git(clone, "diff", "--unified=0", "--", "notebooks")
    assert git(clone, "status", "--porcelain").split() == ["M", f"notebooks/{NAMES[-1]}"]
    assert [line for line in changed.splitlines() if line.startswith("+") and line[1] != "+"] == ["+1 + 1"]
    git(clone, "checkout", "--", "notebooks")


def test_a_double_click_opens_a_notebook_and_no_stage_sees_its_results() -> None:
    settings = json.loads((NOTEBOOKS / "lab_settings.json").read_text(encoding="utf-8"))
    viewers = settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers == {"python": "Jupytext Notebook"}
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for stage in stages.values():
        for path in (stage.get("do") or stage).get("deps", ()):
            assert not path.startswith("notebooks") or path.endswith(".py"), path
    deps = [path for stage in stages.values() for path in (stage.get("do") or stage).get("deps", ())]
    assert {path.rpartition("/")[2] for path in deps if path.startswith("notebooks/")} == set(NAMES)


def test_the_command_passes_options_to_jupyterlab(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def start(command: list[str], *, cwd: Path, check: bool) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", start)
    done = CliRunner().invoke(app_of("lab"), ["--", "--allow-root", "--no-browser"])
    assert done.exit_code == 3, "the exit code is JupyterLab's"
    assert asked[0][1:3] == ["-m", "jupyterlab"]
    assert asked[0][-2:] == ["--allow-root", "--no-browser"]
    assert any(option.endswith("notebooks/00_start.py") for option in asked[0])
    monkeypatch.setattr("retorsion.steps.lab.find_spec", lambda name: None)
    done = CliRunner().invoke(app_of("lab"), [])
    assert "pip install 'retorsion[lab]'" in str(done.exception)
