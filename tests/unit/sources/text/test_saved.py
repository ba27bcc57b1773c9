"""Bulk text that another program has saved."""

from __future__ import annotations

import polars as pl
import pytest
from retorsion.errors import SourceError
from retorsion.sources.text.bulk_text import BulkFormat
from retorsion.sources.text.saved import as_published_text

COLUMNS = ("t", "name", "v")
FORMATS = {COLUMNS: BulkFormat("Nobody", COLUMNS, ",", True, {"number": pl.col("v").cast(pl.Int64)}, ())}
AS_PUBLISHED = b"t,name,v\n2022,Mu,5\n2023,,6\n"


@pytest.mark.parametrize(
    "data",
    [
        AS_PUBLISHED,
        b"\xef\xbb\xbf" + AS_PUBLISHED,
        b't;name;v\r\n2022;Mu;5\r\n2023;;6\r\n',
        b'"t"\t"name"\t"v"\n2022\t"Mu"\t5\n2023\t""\t6',
        b"v,t,name\n5,2022,Mu\n6,2023,\n",
        b't,name,v,,\n2022,Mu,5,,\n2023,,6,,\n',
        b't,name,v\n2022,"Mu",5\n2023,,6\n',
    ],
)  # fmt: skip
def test_what_a_program_adds_is_taken_away(data: bytes) -> None:
    made = as_published_text(data, "x", FORMATS)
    assert made == (data if data == AS_PUBLISHED or data.startswith(b"t,name,v\n") else AS_PUBLISHED)


def test_a_line_of_another_length_stays_to_be_quarantined() -> None:
    made = as_published_text(b"t;name;v\n2022;Mu\n2023;a;6;7\n", "x", FORMATS)
    assert made == b"t,name,v\n2022,Mu\n2023,a,6,7\n"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b't;name;v\n2022;"Mu, Atlantis";5\n', "row 2: is not saved as it was published"),
        (b't;name;v\n2022;"Mu\nx";5\n', "a line break in a cell"),
        (b't;name;v\n2022;"Mu;5\n', "is not well-formed"),
        (b"t;name;v\n2022;\xff;5\n", "is not well-formed"),
    ],
)
def test_what_cannot_be_written_as_published_is_an_error(data: bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        as_published_text(data, "x", FORMATS)


def test_another_layout_is_left_for_the_reader_to_name() -> None:
    assert as_published_text(b"a;b;c\n1;2;3\n", "x", FORMATS) == b"a;b;c\n1;2;3\n"


@pytest.mark.parametrize(
    "data", [b"2022;Mu;5\n2023;;6\n", b'"2022","Mu","5"\n"2023","","6"\n', b"2022\tMu\t5\n2023\t\t6\n"]
)
def test_a_text_without_a_header_is_known_by_its_width(data: bytes) -> None:
    assert as_published_text(data, "x", FORMATS, widths=(3,)) == b"2022,Mu,5\n2023,,6\n"
    assert as_published_text(data, "x", FORMATS, widths=(4,)) == data
    assert as_published_text(data, "x", FORMATS) == data
