"""The US Census Bureau's answers, as JSON and as CSV."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from damage import EXAMPLES, damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.us_census import read_us_census
from retorsion.sources.readers import recognise
from retorsion.tables.builders import build_flows

CUSTOMS = FIXTURES / "customs"
IMPORTS, EXPORTS = CUSTOMS / "us_census_imports.json", CUSTOMS / "us_census_exports.csv"


def flows(path: Path) -> list[tuple[object, ...]]:
    rows = read_us_census(path, source_id="u")
    assert rows.rejected.is_empty()
    assert recognise(path).name == "us_census"
    built = build_flows("us_census", [rows.accepted], source_id="u", options={})
    columns = ("partner_code", "flow_type", "product_code", "product_level", "value_kusd", "quantity_tonnes")
    assert set(built["valuation_type"]) == {"FOB"}
    assert set(built["reporter_code"]) == {"USA"}
    assert set(built["product_system"]) == {"us_hs10"}
    return built.select(*columns, "is_aggregate").rows()


def test_imports_as_json() -> None:
    assert flows(IMPORTS) == [
        ("RUS", "import", "2709002010", "hs10", 500.0, None, False),  # barrels are no weight
        ("RUS", "import", "2711110000", "hs10", 1.0, 2.0, False),
        ("RUS", "import", "2711110020", "hs10", 1.0, None, False),  # a weight of 0 beside a value
        ("US0003", "import", "27", "hs2", 70.0, None, True),
        ("US4XXX", "import", "TOTAL", "total", 0.099, None, True),
        ("WLD", "import", "27", "hs2", 900.0, None, True),
    ]


def test_exports_as_csv() -> None:
    assert flows(EXPORTS) == [
        ("JPN", "export", "8703", "hs4", 15.0, None, False),
        ("JPN", "export", "870323", "hs6", 12.0, None, False),
    ]
    assert read_us_census(EXPORTS, source_id="u").accepted["period_start"].unique().to_list() == [
        date(2022, 3, 1)
    ]


def changed(folder: Path, change: Any) -> Path:
    loaded = json.loads(IMPORTS.read_text())
    change(loaded)
    path = folder / "x.json.gz"
    path.write_bytes(gzip.compress(json.dumps(loaded).encode()))
    return path


@pytest.mark.parametrize(
    ("place", "value", "column"),
    [
        (0, "9999", "CTY_CODE"),
        (2, "27090020", "I_COMMODITY"),
        (2, "7709002010", "I_COMMODITY"),
        (4, "much", "GEN_VAL_MO"),
        (4, "-1", "GEN_VAL_MO"),
        (4, None, "GEN_VAL_MO"),
        (5, "few", "GEN_QY1_MO"),
        (8, "2022-13", "time"),
        (8, "2022", "time"),
    ],
)
def test_a_faulty_row_is_quarantined(tmp_path: Path, place: int, value: object, column: str) -> None:
    rows = read_us_census(changed(tmp_path, lambda table: table[1].__setitem__(place, value)), source_id="u")
    assert len(rows.accepted) == 5
    assert rows.rejected.select("row", "column", "value").rows() == [(2, column, value)]


def test_a_repeated_row_counts_once_two_versions_are_an_error_and_variables_may_be_repeated(
    tmp_path: Path,
) -> None:
    rows = read_us_census(changed(tmp_path, lambda table: table.append(list(table[1]))), source_id="u")
    assert (len(rows.accepted), len(rows.rejected), len(rows.notes)) == (6, 1, 1)
    with pytest.raises(SourceError, match="row 8: says something else than row 2"):
        read_us_census(
            changed(tmp_path, lambda table: table.append([*table[1][:4], "1", *table[1][5:]])), source_id="u"
        )
    twice = changed(tmp_path, lambda table: [row.append(row[8]) for row in table])
    assert read_us_census(twice, source_id="u").accepted.equals(
        read_us_census(IMPORTS, source_id="u").accepted
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "no list of rows"),
        ('[["CTY_CODE","I_COMMODITY","GEN_VAL_MO","time"]]', "holds no row"),
        ('[["CTY_CODE","I_COMMODITY","time"],["1","2","3"]]', "lacks variables"),
        ('[["CTY_CODE","I_COMMODITY","GEN_VAL_MO","time"],["1","2","3"]]', "has not 4 single values"),
        ('[["CTY_CODE","I_COMMODITY","GEN_VAL_MO","time"],["1","2",[3],"4"]]', "has not 4 single values"),
        (
            '[["CTY_CODE","I_COMMODITY","GEN_VAL_MO","time","DISTRICT"],["1","2","3","4","5"]]',
            "split by DISTRICT",
        ),
        ("[" * 100_000, "nested 100000 deep"),
        ("[NaN]", "not JSON"),
        ("[7]", "no list of rows"),
        ("CTY_CODE,time\n1,2\n", "lacks variables"),
        ("", "empty"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=problem):
        read_us_census(path, source_id="u")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**64 - 1), source=st.sampled_from([IMPORTS, EXPORTS]))
def test_damage_raises_nothing_but_our_error(tmp_path: Path, seed: int, source: Path) -> None:
    path = tmp_path / source.name
    path.write_bytes(damaged(source.read_bytes(), seed))
    try:
        read_us_census(path, source_id="u")
    except RetorsionError:
        return


def test_an_answer_that_another_program_wrapped_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"data": json.loads(IMPORTS.read_text())}))
    assert flows(path) == flows(IMPORTS)
