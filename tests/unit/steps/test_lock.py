"""Two commands at once: the second says that it waits, and then does its work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from places import FIXTURES, ROOT
from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.steps import lock


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with one source."""
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    shutil.copytree(ROOT / "data" / "raw" / "act_types", tmp_path / "data" / "raw" / "act_types")
    return tmp_path


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "retorsion", *words],
        env=os.environ | {"RETORSION_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_command_waits_and_says_so(home: Path) -> None:
    with FileLock(home / "data" / ".writing.lock"):
        second = start(home, "pin", "act_types")
        assert second.stderr is not None
        assert second.stderr.readline() == "Waiting for another command that is writing to this project.\n"
    out, _ = second.communicate()
    assert (second.returncode, out) == (0, "data/raw/act_types/source.yaml: nothing to change.\n")


def test_help_waits_for_nobody(home: Path) -> None:
    with FileLock(home / "data" / ".writing.lock"):
        asked = start(home, "pin", "--help")
        assert "Usage: retorsion pin" in asked.communicate()[0]
    assert asked.returncode == 0


def test_two_commands_that_add_a_source_lose_neither(home: Path) -> None:
    shutil.rmtree(home / "data" / "raw" / "act_types")
    for folder in (ROOT / "data" / "raw").iterdir():
        (home / "data" / "raw" / folder.name).symlink_to(folder)
    shutil.copytree(ROOT / "data" / "cases", home / "data" / "cases")
    words = [
        *("--sender", "USA", "--instrument", "asset_freeze", "--target", "RUS"),
        *("--programme", "RUSSIA-EO14024", "--date", "2024-02-24", "--params"),
    ]
    listed = str(FIXTURES / "lists" / "ofac_sdn_enhanced.xml")
    both = [start(home, "add", "list", listed, "--as", name, *words) for name in ("one", "two")]
    for one in both:
        out, err = one.communicate()
        assert one.returncode == 0, err
        assert "Written: params.yaml" in out
    added = yaml.safe_load((home / "params.yaml").read_text(encoding="utf-8"))["sources"]["lists"]
    assert {"one", "two"} <= set(added)


def test_a_command_that_never_ends_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(project, "ROOT", home)
    with (
        FileLock(home / "data" / ".writing.lock"),
        pytest.raises(RetorsionError, match="Wait until it ends, or stop it"),
        lock.only_writer(),
    ):
        pass


def test_no_lock_where_there_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "PARAMS", tmp_path / "params.yaml")
    with lock.only_writer():
        assert list(tmp_path.iterdir()) == []
