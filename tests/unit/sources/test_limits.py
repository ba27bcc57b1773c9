"""The one table of what a file may hold at most, and how a bound is raised."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.limits import LIMITS, as_lines, checked, limit, raised, too_much
from retorsion.sources.text.archives import read_members
from retorsion.sources.text.json_text import read_json

CODE = ROOT / "analysis" / "retorsion"


def test_the_documentation_has_the_table() -> None:
    assert "\n".join(as_lines()) in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")


def words_of_code() -> Iterator[str]:
    for path in CODE.rglob("*.py"):
        if path.name != "limits.py":
            yield from re.findall(r'"(\w+)"', path.read_text(encoding="utf-8"))


def test_every_bound_is_used_and_none_stands_elsewhere() -> None:
    assert set(LIMITS) <= set(words_of_code())
    elsewhere = [
        f"{path.name}: {found}"
        for path in sorted((CODE / "sources").rglob("*.py"))
        for found in re.findall(r"^_?MAX_\w+ = .*(?:\*\*|<<|_000).*", path.read_text(encoding="utf-8"), re.M)
    ]
    # how many combinations of words are worth a table of their own is no bound of what a file may hold
    assert elsewhere == ["words.py: MAX_COMBINATIONS = 2**22"]


def test_a_bound_is_raised_for_a_while() -> None:
    before = limit("rows")
    with raised({"rows": 10}):
        assert limit("rows") == 10
        with raised({"cell_bytes": 3}):
            assert (limit("rows"), limit("cell_bytes")) == (10, 3)
    assert limit("rows") == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"row": 5}, "Did you mean 'rows'"),
        ({"rows": "many"}, "Write a whole number above 0"),
        ({"rows": 0}, "Write a whole number above 0"),
        ({"rows": -1}, "Write a whole number above 0"),
        ({"rows": "9" * 5000}, "Write a whole number above 0"),
        ({"rows": True}, "Write a whole number above 0"),
        (5, "limits are written {name: NUMBER}"),
    ],
)
def test_a_bound_that_cannot_be_is_refused(given: object, said: str) -> None:
    with pytest.raises(RetorsionError, match=re.escape(said)):
        checked(given, "--option")


def test_the_error_says_how_to_raise_the_bound() -> None:
    said = str(too_much("rows", "x.csv", "has 9 lines", "Split it."))
    assert "--option 'limits={rows: NUMBER}', or limits in its sidecar" in said


def test_an_archive_with_too_many_files_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(60):
            archive.writestr(f"{number}.csv", "a,b\n")
    with raised({"members": 59}), pytest.raises(SourceError, match="holds 60 files"):
        list(read_members(path, within="file_bytes"))
    with raised({"directory_bytes": 1000}), pytest.raises(SourceError, match="a list of files of"):
        list(read_members(path, within="file_bytes"))
    assert len(list(read_members(path, within="file_bytes"))) == 60


@pytest.mark.parametrize("text", ['{"a": "[[[[[{{{{,,,,,"}', '["\\"[", "\\\\", "[[["]', '"[[["', "[]", "1"])
def test_marks_inside_texts_of_json_are_no_values(text: str) -> None:
    with raised({"json_depth": 1, "json_values": 3}):
        read_json(text.encode(), "x.json")


@pytest.mark.parametrize("text", ['[["a"]]', '[{"[": 1}]', '["a", "b", [1], 2]', '["' + '\\"' * 100_000])
def test_json_beyond_the_bounds_is_refused(text: str) -> None:
    with raised({"json_depth": 1, "json_values": 3}), pytest.raises(SourceError):
        read_json(text.encode(), "x.json")
