"""The command that opens JupyterLab."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from retorsion.steps import lab


def test_the_lab_starts_with_its_token_and_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []

    def run(command: list[str], **options: object) -> SimpleNamespace:
        started.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(typer.Exit):
        lab.run([])
    (command,) = started
    given = [part for part in command if part.startswith("--")]
    # the settings of Jupyter stay as they are: a token, and no other machine is listened to
    assert [part.partition("=")[0] for part in given] == ["--LabApp.default_url"]
