"""The OFAC list: layout, quarantine, and what two real vintages show."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.ofac import read_ofac
from retorsion.sources.rows import Rows
from retorsion.sources.vintages import difference

LISTS = FIXTURES / "lists"
NULLS = ",-0- " * 8


def read(tmp_path: Path, data: bytes) -> Rows:
    path = tmp_path / "sdn.csv"
    path.write_bytes(data)
    return read_ofac(path, source_id="ofac")


def test_published_layout() -> None:
    rows = read_ofac(LISTS / "ofac_sdn.csv", source_id="ofac")
    assert rows.rejected.is_empty()
    first, second, ship, plane = rows.accepted.to_dicts()
    assert first["row"] == 1
    assert (first["list_number"], first["subject_name"]) == ("101", "EXAMPLE TRADING CO., LTD.")
    assert first["subject_type"] == "entity"
    assert first["programmes"] == ["FIRST-EO10000", "SECOND - TWO", "THIRD"]
    assert first["remarks"] == 'a.k.a. "EXTRA".'
    assert first["announced_date"] is None
    assert rows.accepted.schema["announced_date"] == pl.Date
    assert second["subject_type"] == "individual"
    assert second["title"] == "Minister, of Examples"
    assert (ship["subject_type"], ship["subject_country"], ship["tonnage"]) == ("vessel", "Panama", "1,234")
    assert (plane["subject_type"], plane["row"]) == ("aircraft", 4)


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        ('x1,"A",-0- ,"P"', "ent_num", "x1"),
        ('1,"A",-0- ,"P"', "ent_num", "1"),
        ('2,-0- ,-0- ,"P"', "SDN_Name", "-0- "),
        ('2,"A","robot","P"', "SDN_Type", "robot"),
        ('2,"A",-0- ,-0- ', "Program", "-0- "),
        ('2,"A",-0- ,"P; Q"', "Program", "P; Q"),
    ],
)
def test_bad_rows_are_quarantined(tmp_path: Path, line: str, column: str, value: str) -> None:
    rows = read(tmp_path, f'1,"A",-0- ,"P"{NULLS}\r\n{line}{NULLS}\r\n3,"B",-0- ,"P"{NULLS}\r\n'.encode())
    assert rows.accepted["list_number"].to_list() == ["1", "3"]
    assert rows.rejected.select("row", "column", "value").rows() == [(2, column, value)]


def test_short_and_long_rows_are_quarantined_with_their_line(tmp_path: Path) -> None:
    good = f'"A",-0- ,"P"{NULLS}'
    rows = read(tmp_path, f"1,{good}\r\n2,short\r\n3,{good}\r\n4,{good},extra\r\n".encode())
    assert rows.accepted.select("row", "list_number").rows() == [(1, "1"), (3, "3")]
    assert rows.rejected["row"].to_list() == [2, 4]
    assert "12" in rows.rejected["reason"][0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xef\xbb\xbf1,2\r\n", "no row of 12 cells"),
        (b"1,a\x00b\r\n", "NUL"),
        (f'1,"\xe9",-0- ,"P"{NULLS}\r\n'.encode("latin-1"), "UTF-8"),
        (f'1,"A,-0- ,"P"{NULLS}\r\n'.encode(), "well-formed"),
        (f'1,"A",-0- ,"P"{NULLS}\r\n2,"{"x" * 10_000_000}",-0- ,"P"{NULLS}\r\n'.encode(), "cell"),
    ],
)
def test_files_that_are_not_the_list_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read(tmp_path, data)


@pytest.mark.parametrize("level", [0, 1, 6])
def test_compressed_data_are_not_unpacked_behind_the_readers_back(tmp_path: Path, level: int) -> None:
    path = tmp_path / "sdn.csv"
    path.write_bytes(zlib.compress((LISTS / "ofac_sdn.csv").read_bytes(), level))
    with pytest.raises(SourceError):
        read_ofac(path, source_id="x")
    path.write_bytes(b"x\x01\x02\x01")
    with pytest.raises(SourceError, match="no row of 12 cells"):
        read_ofac(path, source_id="x")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_ofac(tmp_path / "absent.csv", source_id="ofac")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6) | st.sampled_from(
    ["-0- ", "", '"', "1", "individual", "P] [Q", "a,b", '"q"', "\r\n", "\x1a"]
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=120) | st.lists(st.lists(CELL, max_size=13).map(",".join), max_size=6).map(
    lambda lines: "\r\n".join(lines).encode()
))  # fmt: skip
def test_nothing_but_the_projects_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "sdn.csv"
    path.write_bytes(data)
    for reader in (read_ofac,):
        with suppress(RetorsionError):
            reader(path, source_id="ofac")


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.lists(CELL, min_size=12, max_size=12), min_size=1, max_size=8))
def test_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("lost") / "sdn.csv"
    quoted = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in cells]
    path.write_bytes("".join(line + "\r\n" for line in quoted).encode())
    rows = read_ofac(path, source_id="ofac")
    assert len(rows.accepted) + len(rows.rejected) == len(cells)


@pytest.mark.real
def test_two_real_vintages_agree_with_the_log_of_changes_between_them(
    real_data: Callable[[str], Path],
) -> None:
    old = read_ofac(real_data("ofac/sdn_2021-08-18.csv"), source_id="ofac")
    new = read_ofac(real_data("ofac/sdn_2024-05-03.csv"), source_id="ofac")
    assert (len(old.accepted), len(new.accepted)) == (9083, 14965)
    assert len(old.rejected) == len(new.rejected) == 0
    last = new.accepted.row(-1, named=True)
    assert last["list_number"] == "48907"
    assert last["programmes"] == ["RUSSIA-EO14024"]
    assert dict(new.accepted["subject_type"].value_counts().iter_rows()) == {
        "individual": 6854, "entity": 6884, "vessel": 851, "aircraft": 376,
    }  # fmt: skip
    columns = ["programmes", "subject_name", "remarks"]
    changes = difference(old.accepted, new.accepted, ["list_number"], columns, observed_date=date(2024, 5, 3))
    found = {
        kind: set(changes.filter(pl.col("change_type") == kind)["list_number"])
        for kind in ("designated", "removed")
    }
    amended = set(changes.filter(pl.col("changed_columns").list.contains("programmes"))["list_number"])
    log = pl.read_csv(real_data("ofac/ofac_sdn_changes_2021-08-18_2024-05-03.csv"), infer_schema=False)
    before, after = set(old.accepted["list_number"]), set(new.accepted["list_number"])
    added = set(log.filter(pl.col("change") == "add")["ent_num"])
    removed = set(log.filter(pl.col("change") == "remove")["ent_num"])
    # 48 subjects came and went between the two vintages, so that neither shows them.
    assert len(added & removed) == 48
    assert found["designated"] == added - removed == after - before
    assert found["removed"] == removed - added == before - after
    assert (len(found["designated"]), len(found["removed"])) == (6761, 879)
    changed = set(log.filter(pl.col("change") == "program_change")["ent_num"])
    assert amended == changed & before & after
    assert len(amended) == 184


def test_the_list_of_others_than_the_specially_designated_is_in_the_same_layout() -> None:
    rows = read_ofac(LISTS / "ofac_cons_prim.csv", source_id="ofac")
    assert rows.rejected.is_empty()
    assert rows.accepted["programmes"].to_list()[1:3] == [
        ["561-Related"],
        ["UKRAINE-EO13662", "RUSSIA-EO14024"],
    ]


def test_a_packed_list_is_unpacked() -> None:
    assert len(read_ofac(LISTS / "ofac_sdn.csv.gz", source_id="ofac").accepted) == 1
