"""The command that scores readings of coded pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import ROOT
from retorsion.errors import RetorsionError
from retorsion.steps.news_score import run

PAGES = ROOT / "tests" / "fixtures" / "news"


def test_invented_pages_score_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    run(PAGES / "gold.tsv", PAGES)
    assert "2 pages: 10 candidates, precision 1.00 with days" in capsys.readouterr().out


def test_misses_and_pages_that_cannot_be_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lighthouse.txt").write_text("Chile and Peru spoke of the lighthouse.", encoding="utf-8")
    (tmp_path / "reindeer.txt").write_text("", encoding="utf-8")
    run(PAGES / "gold.tsv", tmp_path)
    shown = capsys.readouterr()
    assert "missed: no frame 10" in shown.out
    assert "not read: reindeer.txt" in shown.err


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RetorsionError, match="holds no page"):
        run(PAGES / "gold.tsv", tmp_path)
