"""BACI in SQLite: what is accepted, what is quarantined, what is refused."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from retorsion.errors import SourceError
from retorsion.sources.formats import baci
from retorsion.sources.formats.baci import read_baci, read_products
from retorsion.sources.rows import messages
from retorsion.tables.trade_flows import from_baci

GOOD = [("2021", "643", "392", 271111, "2612042.962", "6202935.582")]


def database(folder: Path, rows: Sequence[tuple[object, ...]]) -> Path:
    path = folder / "baci.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE baci_trade (t TEXT, i TEXT, j TEXT, k INTEGER, v TEXT, q TEXT)")
        connection.executemany("INSERT INTO baci_trade VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute(
            "CREATE TABLE country_codes_V1 (country_code, country_name, country_iso2, country_iso3)"
        )
        connection.executemany(
            "INSERT INTO country_codes_V1 VALUES (?, '', '', ?)",
            [("643", "RUS"), ("392", "JPN"), ("490", "S19"), ("999", "QQQ")],
        )
        connection.execute("CREATE TABLE product_codes_HS92_V1 (code, description)")
        connection.execute("INSERT INTO product_codes_HS92_V1 VALUES ('271111', 'LNG')")
    connection.close()
    return path


def test_a_missing_quantity_is_null_and_the_row_is_kept(tmp_path: Path) -> None:
    path = database(
        tmp_path,
        [
            *GOOD,
            ("2021", "643", "490", 10210, "5", "           NA"),
            ("2021", "392", "643", 10210, "5", None),
        ],
    )
    rows = read_baci(path, source_id="b")
    assert rows.rejected.is_empty()
    flows = from_baci(rows.accepted, source_id="b")
    assert set(flows["valuation_type"]) == {"unknown"}  # no row says whose values it has
    assert flows.select("reporter_code", "partner_code", "product_code", "quantity_tonnes").rows() == [
        ("JPN", "RUS", "010210", None),
        ("RUS", "JPN", "271111", 6202935.582),
        ("RUS", "TWN", "010210", None),
    ]


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (("2021", "643", "392", 271111, "-1.5", "2"), "v", "-1.5", "is negative"),
        (("2021", "643", "392", 271111, "abc", "2"), "v", "abc", "is not a number"),
        (("2021", "643", "392", 271111, "1", "-2"), "q", "-2", "is negative"),
        (("2021", "643", "392", 271111, "1", "few"), "q", "few", "is neither a number nor NA"),
        (("2021", "643", "999", 271111, "1", "2"), "j", "999", "country codes"),
        (("2021", "12x", "392", 271111, "1", "2"), "i", "12x", "country codes"),
        (("MMXX", "643", "392", 271111, "1", "2"), "t", "MMXX", "is not a year"),
        (("2021", "643", "392", 99, "1", "2"), "k", "99", "is not a six-digit HS code"),
    ],
)
def test_a_faulty_row_is_quarantined_with_its_place(
    tmp_path: Path, row: tuple[object, ...], column: str, value: str, reason: str
) -> None:
    rows = read_baci(database(tmp_path, [*GOOD, row]), source_id="b")
    assert len(rows.accepted) == 1
    found = rows.rejected.row(0, named=True)
    assert (found["file"], found["row"], found["column"], found["value"]) == ("baci.db", 2, column, value)
    assert reason in found["reason"]
    assert "baci.db, row 2" in messages(rows.rejected)[0]


def test_products_keep_their_leading_zeros(tmp_path: Path) -> None:
    assert read_products(database(tmp_path, GOOD))["hs6_code"].to_list() == ["271111"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "baci.db"
    path.write_bytes(b"<html>not found</html>" * 100)
    with pytest.raises(SourceError, match=r"baci\.db.*not an SQLite file"):
        read_baci(path, source_id="b")


def test_a_file_with_rows_missing_is_refused(tmp_path: Path) -> None:
    path = database(tmp_path, GOOD * 3)
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM baci_trade WHERE rowid = 2")
    connection.commit()
    connection.close()
    with pytest.raises(SourceError, match="2 rows numbered 1 to 3"):
        read_baci(path, source_id="b")


def test_flows_come_out_sorted_by_their_key(tmp_path: Path) -> None:
    rows = [
        ("2022", "643", "392", 271111, "1", "1"),
        ("2021", "643", "392", 271111, "1", "1"),
        ("2021", "392", "643", 271111, "1", "1"),
    ]
    flows = from_baci(read_baci(database(tmp_path, rows), source_id="b").accepted, source_id="b")
    assert flows.select(pl.col("period_start").dt.year(), "reporter_code").rows() == [
        (2021, "JPN"),
        (2021, "RUS"),
        (2022, "RUS"),
    ]


_odd = st.one_of(
    st.none(),
    st.text(alphabet="0123456789.-+eNAinf \t\n\r\x00\"',x", max_size=9),
    st.integers(-5, 10**6).map(str),
    st.floats(allow_nan=True).map(str),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=st.lists(st.tuples(_odd, _odd, _odd, st.integers(0, 10**7) | st.none(), _odd, _odd), max_size=3))
def test_rows_read_at_once_are_those_read_one_by_one(rows: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = database(Path(folder), [*GOOD, *rows])
        at_once = baci.read_baci(path, source_id="b")
        with patch.object(baci, "_read_at_once", return_value=None):
            one_by_one = baci.read_baci(path, source_id="b")
    assert len(at_once.accepted) + len(at_once.rejected) == len(rows) + 1
    assert_frame_equal(at_once.accepted, one_by_one.accepted)
    assert_frame_equal(at_once.rejected, one_by_one.rejected)


@pytest.mark.parametrize("quantity", ["6202935.582", "         12.5", None, "NA", "           NA"])
def test_good_rows_are_read_at_once(tmp_path: Path, quantity: str | None) -> None:
    rows = [(*GOOD[0][:3], k, "1", quantity) for k in range(10000, 10100)]
    with (
        patch.object(baci, "PART_ROWS", 7),
        patch.object(baci, "_read_one_by_one", side_effect=AssertionError),
    ):
        assert len(baci.read_baci(database(tmp_path, [*GOOD, *rows]), source_id="b").accepted) == 101


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_the_encoding_of_the_database_does_not_matter(tmp_path: Path, encoding: str) -> None:
    wide = tmp_path / "wide"
    wide.mkdir()
    with sqlite3.connect(wide / "baci.db") as connection:
        connection.execute(f"PRAGMA encoding = '{encoding}'")
    connection.close()
    rows = [*GOOD, ("2021", "643", "392", 271112, "1", "few"), ("2021", "643", "392", 271113, "1", "\u00e9")]
    expected = read_baci(database(tmp_path, rows), source_id="b")
    found = read_baci(database(wide, rows), source_id="b")
    assert_frame_equal(found.accepted, expected.accepted)
    assert_frame_equal(found.rejected, expected.rejected)
    assert expected.rejected["value"].to_list() == ["few", "\u00e9"]


def test_a_value_that_is_no_text_is_quarantined(tmp_path: Path) -> None:
    path = database(tmp_path, [*GOOD, ("2021", "643", "392", 271112, "1", "2")])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE baci_trade SET v = CAST(x'31ff' AS TEXT) WHERE rowid = 2")
    connection.close()
    rows = read_baci(path, source_id="b")
    assert len(rows.accepted) == 1
    assert rows.rejected.select("row", "column", "value").rows() == [(2, "v", "1\\xff")]


def test_a_table_of_states_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = database(tmp_path, GOOD)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE country_codes_V1 SET country_iso3 = CAST(x'ff' AS TEXT)")
    connection.close()
    with pytest.raises(SourceError, match=r"baci\.db.*country_codes_V1 that is not text"):
        read_baci(path, source_id="b")


@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("text", ["1\t2", "1\n2", "1,2", '"1', "1\n2021\t643\t392\t271111\t1\t1"])
def test_a_separator_inside_a_value_is_found(tmp_path: Path, column: int, text: str) -> None:
    row: list[object] = list(GOOD[0])
    row[column] = text
    rows = baci.read_baci(database(tmp_path, [*GOOD, tuple(row)]), source_id="b")
    assert (len(rows.accepted), len(rows.rejected)) == (1, 1)
    assert rows.rejected["value"].to_list() == [text]
