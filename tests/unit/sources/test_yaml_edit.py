"""Edits of YAML: what is asked for changes, and nothing else."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from retorsion.errors import RetorsionError
from retorsion.sources.yaml_edit import REMOVED, Place, edited

TEXT = """\
# sources
lists:                  # official ones
  first: {sender_code: USA, with: [1, 2]}  # its own line
  "second": null

fetched: [a, b]   # pinned
text: >-
  Folded words that go on
  for two lines.
files:
  - path: a.csv
    bytes: 1  # size
"""
FILES = sorted([*(ROOT / "data/raw").glob("*/source.yaml"), *(ROOT / "data/catalogue").glob("*.yaml")])


def test_nothing_asked_changes_nothing() -> None:
    assert edited(TEXT, {}, "f.yaml") == TEXT


@pytest.mark.parametrize(
    "path", [*FILES, ROOT / "params.yaml"], ids=lambda path: path.parent.name + path.name
)
def test_the_projects_own_files_come_back_as_they_are(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    new = edited(text, {}, "f.yaml")
    assert yaml.safe_load(new) == yaml.safe_load(text)
    assert [a for a in new.splitlines() if a.strip().startswith("#")] == [
        a for a in text.splitlines() if a.strip().startswith("#")
    ]


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        (
            ("lists", "first", "sender_code"),
            "GBR",
            "  first: {sender_code: GBR, with: [1, 2]}  # its own line",
        ),
        (("lists", "third"), {"sender_code": "CAN"}, "  third: {sender_code: CAN}"),
        (("lists", "second"), {"x": [1]}, '  "second": {x: [1]}'),
        (("fetched", 2), "c", "fetched: [a, b, c] # pinned"),
        (("files", 0, "bytes"), 2, "    bytes: 2  # size"),
        (("events", "gdelt"), {"reader": "gdelt"}, "  gdelt: {reader: gdelt}"),
    ],
)
def test_one_place_changes(place: Place, value: object, line: str) -> None:
    new = edited(TEXT, {place: value}, "f.yaml")
    assert line in new.splitlines()
    gone = [one for one in TEXT.splitlines() if one not in new.splitlines()]
    assert len(gone) <= 1


def test_a_key_can_be_removed() -> None:
    new = edited(TEXT, {("lists", "first"): REMOVED, ("lists", "nowhere"): REMOVED}, "f.yaml")
    assert yaml.safe_load(new)["lists"] == {"second": None}


@pytest.mark.parametrize("place", [("files", 3), ("fetched", "x"), ("text", "x"), ("files", 5), ("text", 0)])
def test_a_place_that_cannot_be_is_named(place: Place) -> None:
    with pytest.raises(RetorsionError, match=r"f\.yaml: has no place " + ".".join(map(str, place))):
        edited(TEXT, {place: 1}, "f.yaml")


@pytest.mark.parametrize(
    "text",
    ["a: &x [1]\nb: *x\n", "a: !!python/name:os.system\n", "a: 1\na: 2\n", "[" * 50, "- a\n", "a: b: c\n"],
)
def test_what_is_no_plain_yaml_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RetorsionError) as caught:
        edited(text, {("a",): 1}, "f.yaml")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("f.yaml")


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,6}", fullmatch=True),
        st.text(st.characters(codec="ascii", min_codepoint=32), max_size=12)
        | st.integers()
        | st.booleans()
        | st.none(),
        min_size=1,
        max_size=4,
    )
)
def test_a_value_comes_back_as_it_was_set(values: dict[str, object]) -> None:
    new = edited(TEXT, {("lists", "new"): values}, "f.yaml")
    assert yaml.safe_load(new)["lists"]["new"] == values
