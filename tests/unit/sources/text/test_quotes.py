"""Quotes seen 64 bytes at a time, and one by one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.sources.text.quotes import marks_of

CELLS = st.sampled_from(
    ["", "a", "a" * 63, "b" * 130, '""', '"a,b"', '"x""y"', '"\r\n"', '"' + "c" * 70 + '"', '"' * 6]
)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=6)


def are_sound(text: bytes, separator: bytes) -> bool:
    """The same, by what each quote is and what stands beside it."""
    places = [i for i, byte in enumerate(text) if byte == ord('"')]
    beside = separator + b'\n"'
    for number, at in enumerate(places):
        if number % 2 == 0 and at > 0 and text[at - 1] not in beside:
            return False
        if number % 2 == 1 and text[at + 1] not in beside and text[at + 1 : at + 3] != b"\r\n":
            return False
    return len(places) % 2 == 0


def agrees(text: str, separator: str, above: str = "") -> bool:
    """Whether marks of a text below some line are those that are found one by one, and the quotes sound."""
    data, body = (above + text).encode(), text.encode()
    marks = marks_of(data, separator, len(above.encode()))
    assert marks.are_sound == are_sound(body, separator.encode())
    assert (marks.feeds, marks.returns, marks.quotes) == tuple(map(body.count, (b"\n", b"\r", b'"')))
    empty = re.search(f'(^|[{separator}\n])""[{separator}\r\n]', text)
    assert marks.may_have_empty == (empty is not None)
    return marks.are_sound


@settings(max_examples=500, deadline=None)
@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]), separator=st.sampled_from(",;\t"))
def test_well_written_lines_are_sound(lines: list[list[str]], end: str, separator: str) -> None:
    text = "".join(separator.join(line).replace(",", separator) + end for line in lines)
    assert agrees(text, separator)
    assert agrees(text, separator, above='"a""b",c\n')


@settings(max_examples=500, deadline=None)
@given(lines=LINES, at=st.integers(0, 10**6), mark=st.sampled_from(['"', "\r", "\n", "x", '""', '"x']))
def test_a_stray_mark_is_seen_as_one_by_one(lines: list[list[str]], at: int, mark: str) -> None:
    text = "".join(",".join(line) + "\r\n" for line in lines)
    at %= len(text)
    agrees(text[:at] + mark + text[at:], ",")


@settings(max_examples=500, deadline=None)
@given(text=st.text(st.sampled_from('a,"\n\r'), max_size=200))
def test_any_text_is_seen_as_one_by_one(text: str) -> None:
    agrees(text + "\n", ",")


@pytest.mark.parametrize("n_above", [0, 1, 63, 64, 65, 200])
def test_nothing_above_the_text_counts(n_above: int) -> None:
    above = ('"\r\x00,' * 60)[:n_above]
    marks = marks_of((above + '"a",b\r\n"c",""\r\n').encode(), ",", n_above)
    assert marks == (2, 2, 6, 0, True, True)
    assert marks_of((above + "a\x00,b\x00\n").encode(), ",", n_above).nuls == 2
