"""Every frame reads its examples through the real parser."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pytest
from places import RAW
from retorsion.errors import ParameterError
from retorsion.news.frames import Frame, load_frames, read_frames
from retorsion.news.reading import read_pages

if TYPE_CHECKING:
    from spacy.language import Language

FRAMES = load_frames().frames


@pytest.fixture(scope="module")
def read(parser: Language) -> dict[str, set[str]]:
    """What is read from each example, by the example."""
    texts = sorted({text for frame in FRAMES for text, _ in frame.examples})
    names = {f"{number:04d}": text for number, text in enumerate(texts)}
    pages = {name: text.encode() for name, text in names.items()}
    reading = read_pages(pages, parser=parser, dates=dict.fromkeys(pages, date(2024, 5, 15)), least=0)
    assert reading.refused == ()
    found: dict[str, set[str]] = defaultdict(set)
    for one in reading.candidates:
        later = " announcement" if one.phase_type == "announcement" else ""
        found[names[one.page]].add(f"{one.actor_code} {one.target_code} {one.act_type}{later}")
    return found


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: str(frame.name))
def test_a_frame_reads_its_examples_and_nothing_else_in_them(frame: Frame, read: dict[str, set[str]]) -> None:
    for text, expected in frame.examples:
        assert read[text] == set(expected.split("; ")), text


def test_a_frame_has_two_examples_and_a_name_of_its_own() -> None:
    assert [frame.name for frame in FRAMES if len(frame.examples) < 2] == []
    assert len({frame.name for frame in FRAMES}) == len(FRAMES)


def test_a_frame_says_a_type_of_the_vocabulary() -> None:
    known = set(pl.read_csv(RAW / "act_types" / "act_types.csv")["act_type"])
    named = {frame.act_type for frame in FRAMES} | {frame.announced_type for frame in FRAMES}
    named |= {frame.own_type for frame in FRAMES if frame.own_type}
    assert named - known == set()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("words: {}\nframes: [{name: a, type: protest, verb: say, examples: []}]", "a: no frame has verb"),
        (
            "words: {}\nframes: [{name: a, type: protest, verbs: $says, examples: []}]",
            "no list of words '\\$says'",
        ),
        ("words: {}\nframes: [{name: a, type: protest, target: moon, examples: []}]", "a: target is 'moon'"),
    ],
)
def test_a_slip_in_the_table_is_named(table: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        read_frames(table)
