"""Fixtures of the commands' tests: a project, a pinned list, a server that fails on demand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_server import FaultServer
from places import ROOT
from retorsion import project
from retorsion.sources.transfer.https import Transfer
from retorsion.steps import refresh
from shell import OF_USA, SDN, TARGET, Shell, make_project


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(project, "PARAMS", tmp_path / "params.yaml")
    monkeypatch.setattr(project, "RAW", tmp_path / "data" / "raw")
    monkeypatch.setattr(project, "CATALOGUE", ROOT / "data" / "catalogue")
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("COLUMNS", "200")
    make_project(tmp_path)
    return Shell(tmp_path, capsys)


@pytest.fixture
def pinned(shell: Shell, tmp_path: Path) -> Shell:
    """A list of which one vintage is pinned."""
    (tmp_path / "sdn_2024-01-01.csv").write_bytes(SDN)
    shell.good("add", "list", str(tmp_path / "sdn_2024-01-01.csv"), "--as", "list", *OF_USA, *TARGET)
    return shell


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    for name in ("NO_PROXY", "no_proxy", refresh.INSECURE_HOSTS):
        monkeypatch.setenv(name, "127.0.0.1")
    patient = Transfer(attempts=3, pause=lambda _: None, timeout_seconds=2, patience_seconds=0.2)
    monkeypatch.setattr(refresh, "TRANSFER", patient)
    with FaultServer() as running:
        yield running
