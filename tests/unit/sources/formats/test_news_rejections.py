"""Rejected readings: each cell that cannot be right is named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from retorsion.sources.formats.news_rejections import LAYOUT
from retorsion.sources.readers import recognise
from retorsion.sources.rows import messages
from retorsion.sources.text.recorded import read_recorded

GOOD = {
    "page_sha256": "a" * 64,
    "url": "https://example.org/a",
    "frame": "protest",
    "start": "10",
    "end": "60",
    "actor_code": "FRA",
    "target_code": "BEL",
    "act_type": "protest",
    "act_date": "2020-01-05",
}


def write(folder: Path, *rows: dict[str, str]) -> Path:
    stream = io.StringIO()
    table = csv.DictWriter(stream, LAYOUT.columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    path = folder / "rejected.csv"
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


def test_a_good_row_is_accepted_and_its_file_known_by_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD | {"url": "", "act_date": "", "start": "11", "target_code": "G7"})
    assert len(read_recorded(path, "news_rejections", source_id="x").accepted) == 2
    assert recognise(path).name == "news_rejections"


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"page_sha256": "A" * 64}, "64 small hexadecimal digits"),
        ({"url": "example.org"}, "address of a page"),
        ({"frame": ""}, "is missing"),
        ({"start": "-1"}, "a number of characters"),
        ({"end": "9"}, "is before the start"),
        ({"actor_code": "FRX"}, "is not a known state"),
        ({"target_code": ""}, "is not a known state"),
        ({"act_date": "2020-02-30"}, "is not a date"),
    ],
)
def test_a_faulty_cell_is_named(cells: dict[str, str], word: str, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD | cells)
    (message,) = messages(read_recorded(path, "news_rejections", source_id="x").rejected)
    assert "rejected.csv, row 2" in message
    assert repr(next(iter(cells))) in message
    assert word in message


def test_a_repeated_row_is_named(tmp_path: Path) -> None:
    found = read_recorded(write(tmp_path, GOOD, GOOD), "news_rejections", source_id="x")
    assert "duplicate" in messages(found.rejected)[0]
