"""Japan's asset-freeze list: layout, dates of notice, quarantine."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.mof_list import notice_dates, read_mof_list

LISTS = FIXTURES / "lists"
FILE = LISTS / "mof_shisantouketsu.csv"
HEADER, _, BODY = FILE.read_bytes().partition(b"\r\n")


def test_published_layout() -> None:
    rows = read_mof_list(FILE, source_id="mof")
    body, person, other = rows.accepted.to_dicts()
    assert (body["row"], person["row"], other["row"]) == (2, 4, 5)  # the first row has two lines
    assert (body["subject_type"], person["subject_type"]) == ("entity", "individual")
    assert (body["announced_date"], body["revision_dates"]) == (date(2001, 10, 12), [date(2012, 3, 27)])
    assert (person["announced_date"], person["revision_dates"]) == (date(2022, 3, 1), [])
    assert other["announced_date"] == date(2022, 3, 8)
    assert (body["programmes"], person["programmes"]) == (["02"], ["29"])
    assert (body["subject_country"], person["subject_country"]) == ("Exampleland", "Republic of Example")
    assert body["subject_name"] == "EXAMPLE HOLDINGS"
    assert body["remarks"] == "一行目\n二行目"
    assert rows.rejected.select("row", "column", "value").rows() == [
        (6, "告示日付", "2007.713"),
        (7, "個人・団体", "法人格なき社団"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2001.9.22", (date(2001, 9, 22), ())),
        ("2022年3月1日", (date(2022, 3, 1), ())),
        ("平成26年8月5日", (date(2014, 8, 5), ())),
        ("令和元年12月31日", (date(2019, 12, 31), ())),
        ("昭和64年1月7日", (date(1989, 1, 7), ())),
        ("２０２２．３．１", (date(2022, 3, 1), ())),
        ("2001.1.2\n2012.3.4改訂、2014.8.5改訂", (date(2001, 1, 2), (date(2012, 3, 4), date(2014, 8, 5)))),
        ("2001.10.12（2012.3.27改訂）", (date(2001, 10, 12), (date(2012, 3, 27),))),
        ("2001.10.12 2012.3.27", None),
        ("2012.3.27改訂", None),
        ("2022.2.30", None),
        ("2022.3", None),
        ("2007.713", None),
        ("2022-03-01", None),
        ("(2022.3.1", None),
        ("", None),
        ("訂", None),
    ],
)  # fmt: skip
def test_notice_dates(text: str, expected: tuple[date, tuple[date, ...]] | None) -> None:
    assert notice_dates(text) == expected


def test_other_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(HEADER.replace("番号".encode(), "連番".encode(), 1) + b"\r\n" + BODY)
    with pytest.raises(SourceError, match="連番"):
        read_mof_list(path, source_id="mof")


def test_shift_jis_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(FILE.read_bytes()[3:].decode().encode("cp932"))
    with pytest.raises(SourceError, match="utf-8"):
        read_mof_list(path, source_id="mof")


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.booleans(),
    st.binary(max_size=150) | st.text('2年月日.改訂個人,"\n\r番；', max_size=150).map(str.encode),
)
def test_nothing_but_the_projects_error(
    tmp_path_factory: pytest.TempPathFactory, with_header: bool, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "list.csv"
    path.write_bytes(HEADER + b"\r\n" + data if with_header else data)
    with suppress(RetorsionError):
        read_mof_list(path, source_id="mof")


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(max_size=30))
def test_arbitrary_dates_of_notice(text: str) -> None:
    found = notice_dates(text)
    assert found is None or isinstance(found[0], date)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5) | st.sampled_from(
    ["個人", "団体", "2022.3.1", "29", "029-000001"]
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.lists(CELL, min_size=32, max_size=32), min_size=1, max_size=4))
def test_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("lost") / "list.csv"
    quoted = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in cells]
    path.write_bytes(HEADER + b"\r\n" + "".join(line + "\r\n" for line in quoted).encode())
    rows = read_mof_list(path, source_id="mof")
    assert rows.accepted["n_rows"].sum() + len(rows.rejected) == len(cells)
