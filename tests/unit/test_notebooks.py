"""Notebooks are read: prose in Markdown, and one call for each figure, sentence and table."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from places import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
MOST_LINES = 1000
#: Notebooks whose cells are meant to be changed by their reader.
TO_CHANGE = {"00_start", "06_toolbox"}


def test_all_notebooks_together_are_short() -> None:
    lines = {path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in NOTEBOOKS}
    assert len(lines) >= 8
    assert sum(lines.values()) <= MOST_LINES, lines


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.stem not in TO_CHANGE], ids=lambda path: path.stem
)
def test_a_notebook_calls_and_defines_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert [node.name for node in defined] == []
