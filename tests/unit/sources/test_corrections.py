"""Corrections: each of the committed ones speaks of one row, and what is wrong in one is named."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from places import RAW
from retorsion.errors import SourceError
from retorsion.sources.corrections import read_corrections

CORRECTED = sorted(path.parent for path in RAW.glob("*/corrections.yaml"))
CORRECTIONS = """\
corrections:
  - file: flows.csv
    row: {year: "2020"}
    column: value
    value: "1"
    status: corrected
    expected: "-1"
    reason: The sign is missing.
    provider: A ministry
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "corrections.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("folder", CORRECTED, ids=lambda folder: folder.name)
def test_each_correction_speaks_of_one_row_and_quotes_its_value(folder: Path) -> None:
    for correction in read_corrections(folder / "corrections.yaml"):
        with (folder / correction.file).open(encoding="utf-8", newline="") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if all(row[column] == (value or "") for column, value in correction.row.items())
            ]
        assert [row[correction.column] for row in rows] == [correction.value]


def test_the_sign_that_plover_lost_is_restored() -> None:
    (accuse,) = read_corrections(RAW / "plover_scores" / "corrections.yaml")
    assert (accuse.row, accuse.value, accuse.expected) == ({"category": "ACCUSE", "mode": None}, "3", "-3")
    assert accuse.status == "corrected"


def test_figures_that_contradict_themselves_are_marked_and_not_changed() -> None:
    doubtful = read_corrections(RAW / "trade_headline_figures" / "corrections.yaml")
    assert [(c.row["period"], c.value, c.status, c.expected) for c in doubtful] == [
        ("2023-12", "-14.4", "doubtful", None),
        ("2024", "-21.8", "doubtful", None),
        ("2023", "-45.3", "doubtful", None),
    ]


def test_a_correction(tmp_path: Path) -> None:
    (correction,) = read_corrections(written(tmp_path, CORRECTIONS))
    assert correction.row == {"year": "2020"}
    assert (correction.column, correction.value, correction.expected) == ("value", "1", "-1")
    assert correction.provider == "A ministry"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('expected: "-1"', "expected: null", ["'corrections.0.expected'", "needs its expected value"]),
        ('value: "1"', "value: 1", ["'corrections.0.value'", "value 1", "as text"]),
        ("status: corrected", "status: wrong", ["'corrections.0.status'", "'wrong'", "doubtful"]),
        ("    provider: A ministry\n", "", ["'corrections.0.provider'", "is missing", "who published"]),
        ('row: {year: "2020"}', "row: {}", ["'corrections.0.row'", "single the row out"]),
        ("    reason:", "    why:", ["'corrections.0.why'", "not a field"]),
    ],
)
def test_what_is_wrong_in_a_correction_is_named(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    assert old in CORRECTIONS
    path = written(tmp_path, CORRECTIONS.replace(old, new))
    with pytest.raises(SourceError) as caught:
        read_corrections(path)
    for part in told:
        assert part in str(caught.value)
