"""Delimited text read at once, and row by row: both give the same, or the first gives way."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import SourceError
from retorsion.sources.text.published import QuotedLayout, _at_once, _one_by_one, read_layout

CELLS = st.sampled_from(
    [
        "",
        "a",
        " a ",
        "a" * 63,
        '""',
        '"a,b"',
        '"x""y"',
        '"\r\n"',
        '"\n\n"',
        '"' + "c" * 70 + '"',
        '"' * 6,
        ' "b"',
        'x"y',
    ]
)
LINES = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=6)
COLUMNS = ("A", "B")


def agree(text: str) -> bool:
    """Whether the text is read at once, and then it has the rows and lines that it has one by one."""
    body = text.encode()
    fast = _at_once(body, COLUMNS, ",", 2)
    if fast is None:
        return False
    slow = _one_by_one(body, COLUMNS, ",", Path("f.csv"), "s", 2)
    assert slow.rejected.is_empty()
    assert fast.accepted.equals(slow.accepted)
    return True


@settings(max_examples=EXAMPLES, deadline=None)
@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]))
def test_well_written_lines_are_read_at_once(lines: list[list[str]], end: str) -> None:
    well = [[cell for cell in line if cell not in (' "b"', 'x"y', '"x" "y"')] for line in lines]
    text = "".join(",".join([*line, "z", "z"][:2]) + end for line in well)
    has_both_line_ends = 0 < text.count("\r\n") < text.count("\n")
    assert agree(text) or has_both_line_ends


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    lines=LINES,
    at=st.integers(0, 10**6),
    mark=st.sampled_from(['"', "\r", "\n", "x", '""', '"x', " ", "\ufeff"]),
)
def test_a_stray_mark_changes_both_alike(lines: list[list[str]], at: int, mark: str) -> None:
    text = "".join(",".join(line) + "\r\n" for line in lines)
    at %= len(text)
    agree(text[:at] + mark + text[at:])


def test_a_carriage_return_in_a_cell_is_no_line() -> None:
    assert _one_by_one(b'"\r",\n,\n', COLUMNS, ",", Path("f.csv"), "s", 2).accepted["row"].to_list() == [2, 3]


@settings(max_examples=EXAMPLES, deadline=None)
@given(text=st.text(st.sampled_from('ab," \n\ré'), max_size=60))
def test_any_text_is_read_alike(text: str) -> None:
    if text.strip():
        agree(text + "\n")


@pytest.mark.parametrize(
    "body", ["a,b\n\nc,d\n", 'a,b\n "c",d\n', "a,b\r\nc,d\n", "a\n", "a,b,c\n", 'a,"b\n']
)
def test_what_the_fast_reader_would_drop_or_refuse_is_read_row_by_row(body: str) -> None:
    assert not agree(body)


def test_lines_without_end_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a,b\n" + "\n" * 10_000_000)
    layout = QuotedLayout(publisher="anyone", columns=COLUMNS, has_header=False)
    with pytest.raises(SourceError, match="has 10000002 lines, more than the limit rows"):
        read_layout(path, layout, source_id="s")


def test_the_same_rows_as_the_csv_module_reads(tmp_path: Path) -> None:
    text = 'A,B\r\n"1\r\n2",x\r\n,"y ""z"""\r\n'
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode())
    rows = read_layout(path, QuotedLayout(publisher="anyone", columns=COLUMNS), source_id="s").accepted
    plain = [
        tuple(cell.replace("\r\n", "\n") or None for cell in row)
        for row in csv.reader(io.StringIO(text, newline=""))
    ]
    assert rows.select(COLUMNS).rows() == plain[1:]
    assert rows["row"].to_list() == [2, 4]


def test_signs_of_the_code_page_of_windows_are_what_they_are_there(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("A,B\nC\u00f4te,\u201cx\u201d \u2013 \u20ac\n".encode("cp1252"))
    layout = QuotedLayout("somebody", COLUMNS, encoding="latin-1")
    rows = read_layout(path, layout, source_id="s")
    assert rows.accepted.select(COLUMNS).rows() == [("C\u00f4te", "\u201cx\u201d \u2013 \u20ac")]
