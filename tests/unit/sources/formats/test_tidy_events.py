"""Dated events in tables of one's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES, damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.tidy_events import FIELDS, read_tidy_events
from retorsion.sources.readers import recognise
from retorsion.sources.rows import Rows
from retorsion.sources.states import unknown_states
from retorsion.sources.text.tidy import proposed, read_table

TEXT = """day,sender,recipient,category,n,link
2022-03-01,Japan,Russia,sanction,3,https://example.org/1
20220302,Russia,Japan,protest,,
2022-03-03T10:00:00,South Korea,Russia,sanction,0,
"""
MAPPING = {
    "date": "day", "actor": "sender", "target": "recipient", "kind": "category", "counts": "n", "url": "link",
    "states": "=name",
}  # fmt: skip


def table(folder: Path, text: str = TEXT) -> Path:
    path = folder / "mine.csv"
    path.write_text(text)
    return path


def test_events_of_a_table(tmp_path: Path) -> None:
    rows = read_tidy_events(
        table(tmp_path, TEXT.replace("protest,,", "protest,1,")), source_id="e", columns=MAPPING
    )
    assert rows.rejected.is_empty()
    assert rows.accepted.rows() == [
        (2, date(2022, 3, 1), "JPN", "RUS", "sanction", 3, "https://example.org/1"),
        (3, date(2022, 3, 2), "RUS", "JPN", "protest", 1, None),
        (4, date(2022, 3, 3), "KOR", "RUS", "sanction", 0, None),
    ]


def test_without_counts_every_row_is_one_event(tmp_path: Path) -> None:
    mapping = {name: column for name, column in MAPPING.items() if name not in ("counts", "url")}
    rows = read_tidy_events(table(tmp_path), source_id="e", columns=mapping)
    assert rows.accepted["n_events"].to_list() == [1, 1, 1]


def test_a_mapping_is_proposed(tmp_path: Path) -> None:
    found = proposed(read_table(table(tmp_path), source_id="").accepted, FIELDS)
    assert (found.columns, found.missing) == (MAPPING, ())


def test_a_table_named_like_the_fields_is_recognised(tmp_path: Path) -> None:
    path = table(tmp_path, "date,actor,target,kind\n2022-03-01,JPN,RUS,163\n")
    assert recognise(path).name == "tidy_events"
    assert read_tidy_events(path, source_id="e").accepted["event_kind"].to_list() == ["163"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("2022-03-01", "2022-02-30", "date"),
        ("2022-03-01", "01/03/2022", "date"),
        ("Japan,Russia,sanction", "Ruritania,Russia,sanction", "actor"),
        ("Japan,Russia,sanction", "Japan,,sanction", "target"),
        ("Japan,Russia,sanction", "Russia,Russia,sanction", "target"),
        ("Japan,Russia,sanction", "Japan,Russia,", "kind"),
        ("sanction,3,", "sanction,-3,", "counts"),
        ("sanction,3,", "sanction,1.5,", "counts"),
        ("https://example.org/1", "javascript:alert(1)", "url"),
    ],
)
def test_a_faulty_row_is_quarantined(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = TEXT.replace("protest,,", "protest,1,")
    assert old in text
    rows = read_tidy_events(table(tmp_path, text.replace(old, new, 1)), source_id="e", columns=MAPPING)
    assert rows.rejected.select("row", "column").rows() == [(2, field)]
    assert len(rows.accepted) == 2


def test_an_empty_count_is_no_count_and_unknown_states_are_counted(tmp_path: Path) -> None:
    rows = read_tidy_events(
        table(tmp_path, TEXT.replace("Japan", "Ruritania")), source_id="e", columns=MAPPING
    )
    assert unknown_states(rows).rows() == [("Ruritania", 2)]
    empty = read_tidy_events(table(tmp_path), source_id="e", columns=MAPPING)
    assert empty.rejected.select("row", "column").rows() == [(3, "counts")]


def test_a_mapping_without_an_actor_is_an_error_that_proposes_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing says what its actor is.*'actor': 'sender'"):
        read_tidy_events(
            table(tmp_path), source_id="e", columns={k: v for k, v in MAPPING.items() if k != "actor"}
        )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**64 - 1))
def test_damage_raises_nothing_but_our_error(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(damaged(TEXT.encode(), seed))
    try:
        read_tidy_events(path, source_id="e", columns=MAPPING)
    except RetorsionError:
        return


cells = st.one_of(
    st.none(), st.text(max_size=8), st.sampled_from(["2022-03-01", "Japan", "Russia", "7", "http://x"])
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*[cells] * 6), min_size=1, max_size=5))
def test_no_row_is_lost_whatever_its_cells(tmp_path: Path, rows: list[tuple[str | None, ...]]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(TEXT.split("\n")[0].split(","), pl.String), orient="row")
    path = tmp_path / "x.parquet"
    frame.write_parquet(path)
    found = read_tidy_events(path, source_id="e", columns=MAPPING)
    assert len(found.accepted) + len(found.rejected) == len(rows)


def dated(folder: Path, *days: str) -> Rows:
    path = folder / "days.csv"
    lines = "".join(f'"{day}",JPN,RUS,x\n' for day in days)
    path.write_text(f"date,actor,target,kind\n{lines}", encoding="utf-8")
    return read_tidy_events(path, source_id="t")


@pytest.mark.parametrize(
    "day",
    ["2022-03-01", "2022-3-1", "20220301", "2022/03/01", "2022.3.1", "1 March 2022", "01-Mar-2022", "Mar 1, 2022",
     "2022-03-01T05:00:00Z"],
)  # fmt: skip
def test_a_day_whose_parts_are_told_by_its_shape(tmp_path: Path, day: str) -> None:
    rows = dated(tmp_path, day)
    assert (rows.accepted["event_date"].to_list(), rows.notes) == ([date(2022, 3, 1)], ())


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (["03/04/2022", "13/04/2022"], [date(2022, 4, 3), date(2022, 4, 13)]),
        (["03/04/2022", "04/13/2022"], [date(2022, 3, 4), date(2022, 4, 13)]),
        (["3.4.2022", "31.12.2022", "2022-01-02"], [date(2022, 4, 3), date(2022, 12, 31), date(2022, 1, 2)]),
    ],
)
def test_the_column_tells_whether_days_or_months_come_first(
    tmp_path: Path, days: list[str], found: list[date]
) -> None:
    rows = dated(tmp_path, *days)
    assert rows.accepted["event_date"].to_list() == found
    assert len(rows.notes) == 1


@pytest.mark.parametrize(
    "days",
    [
        ["03/04/2022"],
        ["13/04/2022", "04/13/2022"],
        ["1-Mar-22"],
        ["2022-02-30"],
        ["44621"],
        ["2022"],
        ["01.03.22"],
    ],
)
def test_a_day_that_leaves_a_doubt_is_quarantined(tmp_path: Path, days: list[str]) -> None:
    assert dated(tmp_path, *days).rejected["value"].to_list() == days


def test_a_table_in_two_systems_of_codes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("date,actor,target,kind,states\n2022-03-01,740,365,x,cow\n2022-03-01,260,365,x,gw\n")
    with pytest.raises(SourceError, match="names several systems"):
        read_tidy_events(path, source_id="t")
