"""What is found out once for each word is what text says row by row."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES, damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import FIXTURES
from polars.testing import assert_frame_equal, assert_series_equal
from retorsion.errors import SourceError
from retorsion.sources.formats import (
    comext_labels,
    comtrade,
    comtrade_comtradr,
    comtrade_web,
    gsdb,
    gta,
    ofac,
    ofsi,
    opensanctions,
)
from retorsion.sources.limits import limit
from retorsion.sources.rows import Check, first_failed, is_first, sift
from retorsion.sources.text.published import QuotedLayout, read_layout, whole_number
from retorsion.sources.text.words import Meanings, as_text, word_type, words_of

LONGEST = limit("cell_bytes")
CELL = st.none() | st.sampled_from(["a", "b", "", "12", "007", "NA", "é"]) | st.text(max_size=3)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), max_size=30)

MADE = {
    "is_number": pl.col("x").str.contains(r"^[0-9]+$"),
    "filled": pl.col("y").fill_null("none"),
    "looked_up": pl.col("x").replace_strict({"a": "A", "12": "twelve"}, default=None, return_dtype=pl.String),
    "of_two": pl.when(pl.col("x") == pl.col("y")).then(pl.lit("same")).otherwise(pl.col("y")),
    "of_three": pl.concat_str("x", "y", "z", separator="/"),
    "with_text": pl.col("x") + pl.col("text"),
    "always": pl.lit(1),
}
CHECKS = (
    Check("x", pl.col("x").is_not_null(), "is missing", "R."),
    Check("y", pl.col("y").str.len_bytes() < 3, "is long", "R."),
    Check("x", pl.col("x") != pl.col("z"), "is z", "R."),
    Check("text", pl.col("text") != pl.col("x"), "is x", "R."),
)


def frames(rows: list[tuple[str | None, ...]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows as text, and three of their four columns as words."""
    text = pl.DataFrame(rows, schema=dict.fromkeys("xyz", pl.String), orient="row")
    text = text.with_columns(pl.col("z").alias("text")).with_row_index("row")
    return text, text.with_columns(pl.col(name).cast(word_type()) for name in "xyz")


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=ROWS)
def test_meanings_of_words_are_those_of_text(rows: list[tuple[str | None, ...]]) -> None:
    text, words = frames(rows)
    assert_frame_equal(as_text(words), text)
    assert_frame_equal(Meanings(words).of(MADE), text.with_columns(**MADE).select(list(MADE)))


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=ROWS)
def test_words_and_text_fail_the_same_checks(rows: list[tuple[str | None, ...]]) -> None:
    text, words = frames(rows)
    expected, found = first_failed(text, CHECKS), first_failed(words, CHECKS)
    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        assert_series_equal(found, expected)
    of_text, of_words = (sift(frame, CHECKS, source_id="s", file="f") for frame in (text, words))
    assert_frame_equal(of_words.rejected, of_text.rejected)
    assert_frame_equal(as_text(of_words.accepted), of_text.accepted)


def test_many_words_and_words_of_rows_that_are_gone() -> None:
    cells = pl.Series("x", [f"word {i % 5000}" for i in range(20_000)])
    column = cells.cast(word_type())
    assert words_of(column).gather(column.to_physical()).to_list() == cells.to_list()
    late = column.tail(3)
    assert words_of(late).gather(late.to_physical()).to_list() == cells.tail(3).to_list()
    passes = Check("x", pl.col("x").str.ends_with("999"), "is another", "R.")
    assert first_failed(late.tail(1).to_frame(), [passes]) is None
    assert first_failed(late.to_frame(), [passes]).to_list() == [0, 0, None]  # type: ignore[union-attr]


def test_too_many_combinations_are_read_row_by_row() -> None:
    text, words = frames([(str(i), str(-i), None) for i in range(3000)])
    assert Meanings(words).once(MADE["of_two"]) is None
    assert_frame_equal(Meanings(words).of(MADE), text.with_columns(**MADE).select(list(MADE)))


LAYOUTS: dict[str, tuple[QuotedLayout, int]] = {
    "lists/gta_interventions.csv": (gta._LAYOUT, 0),
    "lists/gsdb_r3.csv": (gsdb._LAYOUT, 0),
    "lists/ofac_sdn.csv": (ofac._SDN, 0),
    "lists/ofsi_ConList.csv": (ofsi._LAYOUT, 1),
    "lists/opensanctions_targets.simple.csv": (opensanctions.TARGETS, 0),
    "customs/easy_comext.csv": (comext_labels._LAYOUT, 0),
    "customs/comtrade_api.csv": (
        QuotedLayout(
            publisher="UN Comtrade",
            columns=comtrade.API_COLUMNS,
            words=comtrade.words_in(comtrade.API_COLUMNS, comtrade._API_NAMES),
        ),
        0,
    ),
    "customs/comtrade_web.csv": (comtrade_web._LAYOUT, 0),
    "customs/comtradr.csv": (comtrade_comtradr._LAYOUT, 0),
}


def outcome(
    path: Path, layout: QuotedLayout, n_above: int, without: tuple[str, ...] = ()
) -> tuple[object, object]:
    """What a file is read as, without some columns, or why it is not."""
    try:
        rows = read_layout(path, layout, source_id="s", n_above=n_above)
    except SourceError as error:
        return str(error), None
    return as_text(rows.accepted).drop(without).rows(), rows.rejected.rows()


@pytest.mark.parametrize("name", sorted(LAYOUTS))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**64 - 1), n_quotes=st.integers(0, 4))
def test_damaged_files_are_read_as_words_as_they_are_as_text(
    tmp_path: Path, name: str, seed: int, n_quotes: int
) -> None:
    layout, n_above = LAYOUTS[name]
    data = damaged((FIXTURES / name).read_bytes(), seed)
    chance = random.Random(seed)
    for _ in range(n_quotes):  # polars passes over some stray quotes
        at = chance.randrange(len(data) + 1)
        data = data[:at] + b'"' + data[at:]
    path = tmp_path / Path(name).name
    path.write_bytes(data)
    assert outcome(path, layout, n_above) == outcome(path, replace(layout, words=()), n_above)
    whole = replace(layout, aside=())
    assert outcome(path, layout, n_above) == outcome(path, whole, n_above, without=layout.aside)


HEAD = "a,b,c\n"
ASIDE = QuotedLayout(publisher="anyone", columns=("a", "b", "c"), aside=("b",))


@pytest.mark.parametrize(
    "rows",
    [
        "1,x,2\n3,y,4\n",
        "1,x,2\n3,y,4,5\n",
        "1,x,2\n3,y,4,\n",
        "1,x,2\n3\n",
        "1,x,2\n3,y\n4,y,5,6\n",
        '1,x,2\n3,"two\nlines",4\n5,"so, or ""so""",6\n',
        '1,"x\r\ny",2\r\n3,"",4\r\n',
        '1,x"y,2\n',
        '1,"x"y,2\n',
        '1,"x,2\n',
        "1,\xff,2\n3,y,4\n",
        f"1,{'x' * (LONGEST + 1)},2\n",
        f'1,"{"x" * LONGEST}\n",2\n3,y,4\n',
    ],
)
def test_faults_of_cells_that_are_put_aside_are_found(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(HEAD.encode() + rows.encode("latin-1"))
    assert outcome(path, ASIDE, 0) == outcome(path, replace(ASIDE, aside=()), 0, without=("b",))


@given(cells=st.lists(st.none() | st.text(st.sampled_from("ab"), max_size=3), max_size=20))
def test_first_cells_of_their_kind(cells: list[str | None]) -> None:
    column = pl.Series("x", cells, dtype=pl.String)
    found = column.to_frame().select(is_first("x")).to_series()
    assert_series_equal(found, column.is_first_distinct())


@given(
    cell=st.none() | st.text(st.sampled_from("0123456789+-. _eE٣２"), max_size=12), digits=st.integers(1, 9)
)
def test_whole_numbers_are_those_of_the_pattern(cell: str | None, digits: int) -> None:
    frame = pl.DataFrame({"x": [cell]}, schema={"x": pl.String})
    found = frame.select(whole_number("x", digits).fill_null(False)).item()
    assert found == (cell is not None and re.fullmatch(f"[0-9]{{1,{digits}}}", cell) is not None)


def test_a_digit_of_another_script_is_no_digit_of_a_number(tmp_path: Path) -> None:
    data = (FIXTURES / "lists/ofac_sdn.csv").read_bytes()
    first = data.split(b",", 1)[0]
    path = tmp_path / "sdn.csv"
    path.write_bytes("٣".encode() + data.removeprefix(first))
    rows = ofac.read_ofac(path, source_id="s")
    assert rows.rejected["column"].to_list() == ["ent_num"]
    assert rows.rejected["value"].to_list() == ["٣"]
