"""Streaming text: every faulty line is named, whichever way it is read, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.limits import raised
from retorsion.sources.rows import ROW, Check, Rows
from retorsion.sources.text.bulk_text import (
    SURE,
    BulkFormat,
    Direct,
    check_header,
    first_line,
    judge,
    judge_lines,
    read_bulk,
    scan_bulk,
    survey,
)
from retorsion.sources.text.lines import count_lines

FORMAT = BulkFormat(
    "the test",
    ("name", "count", "last"),
    "\t",
    False,
    {"who": pl.col("name"), "n": pl.col("count").cast(pl.Int64, strict=False), "end": pl.col("last")},
    (Check("count", pl.col("n").is_not_null(), "is not a number", "Write one."),),
)
WITH_HEADER = BulkFormat("the test", FORMAT.columns, ",", True, FORMAT.typed, FORMAT.checks)


def surveyed(paths: Sequence[Path], format_: BulkFormat) -> pl.LazyFrame:
    return scan_bulk(paths, format_, surveyed=survey(paths, [path.name for path in paths], format_))


def read(data: bytes) -> Rows:
    return read_bulk(Path("x.tsv"), FORMAT, source_id="s", data=data)


def faults(rows: Rows) -> list[tuple[int, str]]:
    return [(row, reason) for row, reason in rows.rejected.select("row", "reason").rows()]


def test_a_clean_file_is_accepted_with_its_line_numbers() -> None:
    rows = read(b"a\t1\tx\nb\t2\ty\r\nc\t3\tz")
    assert rows.accepted.rows() == [(1, "a", 1, "x"), (2, "b", 2, "y"), (3, "c", 3, "z")]
    assert rows.rejected.is_empty()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"a\t1", "has 2 fields where the layout has 3"),
        (b"a\t1\tx\ty", "has 4 fields where the layout has 3"),
        (b"a\t1\tx\t", "has 4 fields where the layout has 3"),
        (b"a\t1\tx\t\tmore", "has 5 fields where the layout has 3"),
        (b"", "has 1 fields where the layout has 3"),
        (b"\r", "has 1 fields where the layout has 3"),
        (b"\xffa\t1\tx", "is not valid UTF-8"),
        (b"a\tone\tx", "is not a number"),
    ],
)
def test_one_faulty_line_between_good_ones_is_quarantined_whole(line: bytes, reason: str) -> None:
    rows = read(b"a\t1\tx\n" + line + b"\nb\t2\ty\n")
    assert rows.accepted["who"].to_list() == ["a", "b"]
    assert rows.accepted[ROW].to_list() == [1, 3]
    assert faults(rows) == [(2, reason)]
    assert rows.rejected["file"].to_list() == ["x.tsv"]


def test_the_raw_line_is_kept() -> None:
    assert read(b"a\t1\tx\ty z\n").rejected["raw"].to_list() == ['["a", "1", "x", "y z"]']


def test_an_empty_last_field_is_no_fault() -> None:
    rows = read(b"a\t1\t\nb\t2\ty\n")
    assert rows.accepted.rows() == [(1, "a", 1, None), (2, "b", 2, "y")]


def test_a_replacement_character_that_was_published_is_no_fault() -> None:
    rows = read("a\t1\t\ufffd\nb\t2\ty\tlong\nc\t3\tx\x1fy\n".encode())
    assert rows.accepted["end"].to_list() == ["\ufffd", "x\x1fy"]
    assert faults(rows) == [(2, "has 4 fields where the layout has 3")]


def test_a_carriage_return_inside_a_line_is_text() -> None:
    rows = read(b"\ra\r\t1\tx\r\nb\t2\t\r\r\n")
    assert rows.accepted.rows() == [(1, "\ra\r", 1, "x"), (2, "b", 2, "\r")]


def test_quotes_are_text() -> None:
    assert read(b'"a\t1\t"x\n').accepted.row(0) == (1, '"a', 1, '"x')


def test_a_long_field_is_read() -> None:
    rows = read(b"a\t1\tx\na\t1\t" + b"x" * 10_000_000 + b"\nb\tno\ty\n")
    assert rows.accepted["end"].str.len_bytes().to_list() == [1, 10_000_000]
    assert faults(rows) == [(3, "is not a number")]


def test_a_scan_over_files_names_the_file_and_line_of_each_fault(tmp_path: Path) -> None:
    texts = [b"name,count,last\na,1,x\nb,no,y\n", b"name,count,last\n", b"name,count,last\nc,3\nd,4,z"]
    paths = [tmp_path / f"{i}.csv" for i in range(3)]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    scan = surveyed(paths, WITH_HEADER)
    sure = scan.filter(SURE).select("who", "n").collect(engine="streaming")
    assert sure.rows() == [("a", 1), ("d", 4)]
    doubtful = scan.filter(~pl.col(SURE)).select(ROW).collect(engine="streaming")[ROW]
    judged = judge(paths, doubtful, WITH_HEADER, source_id="s")
    assert judged.accepted.is_empty()
    assert judged.rejected.select("file", "row", "reason").rows() == [
        ("0.csv", 3, "is not a number"),
        ("2.csv", 2, "has 2 fields where the layout has 3"),
    ]


def test_a_survey_makes_a_stream_exact(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.tsv", tmp_path / "bad.tsv"
    good.write_bytes(b"a\t1\tx\n")
    bad.write_bytes(b"b\t2\ty\t\tlong\nc\t3\t\xe9\nd\t4\t\n")
    paths = [good, bad]
    found = survey(paths, ["good", "bad"], FORMAT)
    assert (found.n_rows, found.faulty, found.has_undecodable) == (4, (1, 2), True)
    scan = surveyed(paths, FORMAT)
    assert scan.filter(SURE).select("who", "n").collect(engine="streaming").rows() == [("a", 1), ("d", 4)]
    doubtful = scan.filter(~pl.col(SURE)).select(ROW).collect(engine="streaming")[ROW]
    judged = judge(paths, doubtful, FORMAT, source_id="s")
    assert judged.rejected.select("file", "row", "reason").rows() == [
        ("bad.tsv", 1, "has 5 fields where the layout has 3"),
        ("bad.tsv", 2, "is not valid UTF-8"),
    ]


def test_a_stream_without_a_survey_tells_what_it_can(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(b"a\t1\tx\nb\t2\nc\t3\tz\tlong\nd\t4\tz\t\n")
    scan = scan_bulk([path], FORMAT, surveyed=None)
    assert scan.select(SURE).collect(engine="streaming")[SURE].to_list() == [True, False, False, True]


@pytest.mark.parametrize("n_surplus", [1, 255, 256, 512])
def test_no_number_of_surplus_fields_escapes_the_survey(n_surplus: int) -> None:
    surplus = b"a\t1\tx" + b"\t" * n_surplus
    assert survey([b"a\t1\tx\n" + surplus + b"\nb\t2\ty\n"], ["x"], FORMAT).faulty == (1,)
    with_another = surplus + b"\n" + b"b\n" + surplus
    assert survey([with_another], ["x"], FORMAT).faulty == (0, 1, 2)


def test_lines_across_the_blocks_of_a_survey_are_counted_once() -> None:
    lines = [b"a\t1\t" + b"x" * (i % 5000) for i in range(1000)]
    for at in (7, 500, 999):
        lines[at] = b"a\t" + b"x" * 300_000
    found = survey([b"\n".join(lines)], ["x"], FORMAT)
    assert (found.n_rows, found.faulty) == (1000, (7, 500, 999))


@pytest.mark.parametrize("long", [b"c\t3\tz\t", b"c\t3\tz\tmore"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_long_line_does_not_hide_behind_a_short_one(long: bytes, is_first: bool) -> None:
    odd = [b"a\t1", long] if is_first else [long, b"a\t1"]
    rows = read(b"\n".join([b"g\t1\tx", odd[0], b"g\t2\tx", odd[1], b"g\t3\tx"]))
    assert rows.accepted["n"].to_list() == [1, 2, 3]
    assert [row for row, _ in faults(rows)] == [2, 4]


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(SourceError, match="a line that is too long"):
        read(b"a\t1\tx\na\t1\t" + b"x" * 2**24)


def test_sure_rows_and_quarantine_can_be_had_in_one_pass(tmp_path: Path) -> None:
    source, target = tmp_path / "in.tsv", tmp_path / "out.parquet"
    source.write_bytes(b"a\t1\tx\nb\tno\ty\nc\t3\tz\n")
    scan = surveyed([source], FORMAT).select(ROW, SURE, "who", "n")
    sink = scan.filter(SURE).drop(SURE).sink_parquet(target, lazy=True)
    doubtful = scan.filter(~pl.col(SURE)).select(ROW)
    found = pl.collect_all([sink, doubtful], engine="streaming")[1]
    assert pl.read_parquet(target)["who"].to_list() == ["a", "c"]
    assert found[ROW].to_list() == [1]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xef\xbb\xbfa\tb\tc\n", "byte-order mark"),
        (b"\xff\xfea\x00", "byte-order mark"),
        (b"a\x00b\n", "line of text"),
        (b"x\x01\x02\x01", "line of text"),  # compressed
        (b"PK\x03\x04\xff\xfe\n", "UTF-8"),
        (b"x" * 70_000, "line of text"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        first_line(data, "x")


def test_a_missing_file_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        first_line(tmp_path / "none", "none")


def test_a_changed_header_names_its_columns() -> None:
    with pytest.raises(SourceError, match=r"lacks the columns \['last'\].*unknown columns \['first'\]"):
        check_header(b"name,count,first\n", "x", {WITH_HEADER.columns: WITH_HEADER})
    with pytest.raises(SourceError, match="another order or twice"):
        check_header(b"count,name,last\n", "x", {WITH_HEADER.columns: WITH_HEADER})


lines = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.tuples(st.binary(max_size=4), st.integers(0, 99), st.binary(max_size=4)).map(
            lambda t: t[0] + b"\t" + str(t[1]).encode() + b"\t" + t[2]
        ),
    ),
    max_size=12,
).map(b"\n".join)


@settings(max_examples=EXAMPLES, deadline=None)
@given(lines)
def test_no_bytes_raise_anything_but_our_error_and_no_line_is_lost(data: bytes) -> None:
    n_lines = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    assert count_lines(data, "x") == n_lines
    try:
        rows = read(data)
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == n_lines
    for row in rows.accepted.rows():  # what is accepted is what is written
        cells = data.split(b"\n")[row[0] - 1].removesuffix(b"\r").split(b"\t")
        assert [cell.decode() or None for cell in (cells[0], cells[2])] == [row[1], row[3]]


DIRECT = BulkFormat(
    "the test",
    ("whole", "real", "last"),
    "\t",
    False,
    {
        "i": pl.col("whole").cast(pl.Int32, strict=False),
        "x": pl.col("real").cast(pl.Float64, strict=False),
        "end": pl.col("last"),
    },
    (
        Check("whole", pl.col("i") >= 0, "is not a whole number", "Write one."),
        Check("real", pl.col("real").is_null() | pl.col("x").is_finite(), "is not a number", "Write one."),
    ),
    {
        "whole": Direct(pl.Int32, pl.col("whole") >= 0),
        "real": Direct(pl.Float64, pl.col("real").is_finite()),
    },
)

odd_numbers = st.sampled_from(
    (
        *("", "0", "7", "007", "+3", "-0", "-1", "1.5", "5.", ".5", "1e3", "1_0", "0x1", "٣", "nan", "inf"),
        *("NA", "99999999999", "5d", "5 ", "1,5", "'1", "null"),
    )
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(odd_numbers, odd_numbers), min_size=1, max_size=6))
def test_numbers_read_directly_are_those_of_the_text(cells: list[tuple[str, str]]) -> None:
    data = "".join(f"{whole}\t{real}\tz\n" for whole, real in cells).encode()
    rows = read_bulk(Path("x"), DIRECT, source_id="s", data=data)
    by_text = judge_lines(data, "x", range(1, len(cells) + 1), DIRECT, source_id="s")
    assert rows.accepted.equals(by_text.accepted)
    assert rows.rejected.equals(by_text.rejected)


def test_blank_lines_without_end_stop_a_reading_early(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(b"a\t1\tx\n" * 10 + b"\n" * 5_000_000)
    with pytest.raises(SourceError, match=r"has [1-4][0-9]{5} faulty lines among its first"):
        read_bulk(path, FORMAT, source_id="s")


def test_many_rows_that_fail_a_test_stop_a_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(b"a\t1\tx\n" * 20 + b"a\tno\tx\n" * 11)
    with (
        raised({"faulty_lines": 10}),
        pytest.raises(SourceError, match="has 11 faulty lines among its first 31"),
    ):
        read_bulk(path, FORMAT, source_id="s")
    path.write_bytes(b"a\t1\tx\n" * 200 + b"a\tno\tx\n" * 11)
    with raised({"faulty_lines": 10}):
        assert len(read_bulk(path, FORMAT, source_id="s").rejected) == 11
