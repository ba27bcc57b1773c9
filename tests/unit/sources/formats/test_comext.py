"""Eurostat Comext in its current and older layouts."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.sources.formats.comext import COLUMNS, read_comext
from retorsion.sources.rows import REPEATED
from retorsion.tables.customs import from_comext

FIXTURES = FIXTURES / "customs"
V2 = FIXTURES / "full_v2_202202.dat"


def test_the_current_layout() -> None:
    rows = read_comext(V2, source_id="e")
    assert rows.rejected.is_empty()
    assert len(rows.accepted) == 6
    first = rows.accepted.row(0, named=True)
    assert (first["row"], first["reporter_code"], first["partner_code"]) == (2, "DEU", "KAZ")
    assert (first["flow_type"], first["valuation_type"], first["trade_type"]) == ("export", "FOB", "E")
    assert (first["period_start"], first["n_months"]) == (date(2022, 2, 1), 1)
    assert (first["product_code"], first["product_level"]) == ("87032319", "cn8")
    assert (first["value_eur"], first["net_weight_kg"]) == (1250000.0, 58000.0)
    assert (first["supplementary_quantity"], first["supplementary_unit"]) == (41.0, "P_ST")


def test_totals_groups_and_codes_with_letters_are_marked() -> None:
    rows = read_comext(V2, source_id="e").accepted
    found = rows.select("product_code", "product_level", "is_aggregate", "is_special").rows()
    assert found[1] == ("TOTAL", "total", True, False)
    assert found[3] == ("99SSS999", "cn8", False, True)
    assert found[5] == ("01", "hs2", True, False)


def test_kosovo_greece_a_missing_weight_and_a_whole_year() -> None:
    rows = read_comext(V2, source_id="e").accepted
    fifth = rows.row(4, named=True)
    assert (fifth["reporter_code"], fifth["partner_code"], fifth["net_weight_kg"]) == ("GRC", "XKX", None)
    last = rows.row(5, named=True)  # period 202252
    assert (last["period_start"], last["n_months"], last["partner_code"]) == (date(2022, 1, 1), 12, "ARM")


def test_an_older_layout() -> None:
    rows = read_comext(FIXTURES / "nc200152.dat", source_id="e")
    assert rows.rejected.is_empty()
    assert rows.accepted.select("reporter_code", "partner_code", "n_months", "value_eur").rows() == [
        ("FRA", "RUS", 12, 2.58e9),
        ("DEU", "JPN", 12, 3.1e8),
    ]
    assert rows.accepted["valuation_type"].to_list() == ["CIF", "FOB"]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("DE,KZ,E", "D,KZ,E", "REPORTER"),
        ("DE,KZ,E", "DE,QA1,E", "PARTNER"),
        ("DE,KZ,E", "DE,KZ,X", "TRADE_TYPE"),
        ("87032319,78120", "8703231,78120", "PRODUCT_NC"),
        ("310000,17,2,1", "310000,17,3,1", "FLOW"),
        ("P_ST,202202,1250000", "P_ST,202213,1250000", "PERIOD"),
        ("P_ST,202202,1250000", "P_ST,2022,1250000", "PERIOD"),
        ("P_ST,202202,1250000", "P_ST,202202,-1250000", "VALUE_EUR"),
        ("58000,41", "much,41", "QUANTITY_KG"),
        ("58000,41", "58000,nan", "QUANTITY_SUPPL_UNIT"),
        ("58000,41", "58000", "field 17"),
        ("58000,41", "58000,41,", "field 19"),
    ],
)
def test_a_faulty_line_is_quarantined(tmp_path: Path, old: str, new: str, column: str) -> None:
    path = tmp_path / "x.dat"
    path.write_text(V2.read_text().replace(old, new, 1))
    rows = read_comext(path, source_id="e")
    assert len(rows.accepted) == 5
    assert rows.rejected.select("row", "column").rows() == [(2, column)]


def test_an_unknown_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    path.write_text(V2.read_text().replace("VALUE_EUR", "VALUE_EURO", 1))
    with pytest.raises(SourceError, match=r"lacks the columns \['VALUE_EUR'\]"):
        read_comext(path, source_id="e")


def test_the_table_adds_procedures_and_keeps_months_and_years_apart() -> None:
    rows = read_comext(V2, source_id="e").accepted
    twice = pl.concat([rows.head(1), rows.head(1).with_columns(pl.lit("2").alias("procedure_code"))])
    added = from_comext(twice, source_id="e").row(0, named=True)
    assert (added["value_eur"], added["quantity_tonnes"], added["value_kusd"]) == (2.5e6, 116.0, None)
    assert (added["product_system"], added["product_level"]) == ("cn8", "cn8")
    with pytest.raises(ParameterError, match=r"1 and 12 months.*n_months: 1"):
        from_comext(rows, source_id="e")
    with pytest.raises(ParameterError, match="no periods of 3 months"):
        from_comext(rows, source_id="e", n_months=3)
    months, years = (from_comext(rows, source_id="e", n_months=n) for n in (1, 12))
    assert (len(months), len(years)) == (5, 1)
    assert months.filter(product_level="total")["is_aggregate"].to_list() == [True]
    with pytest.raises(ParameterError, match=r"no_such.*fields\.yaml"):
        from_comext(rows.with_columns(product_system=pl.lit("no_such")), source_id="e", n_months=1)


def test_a_file_of_a_year_gives_annual_flows() -> None:
    rows = read_comext(FIXTURES / "comext_annual.dat", source_id="e").accepted
    flows = from_comext(rows, source_id="e")
    assert flows.select("period_start", "n_months", "value_eur", "quantity_tonnes").rows() == [
        (date(2022, 1, 1), 12, 18000.0, 0.84)
    ]


def test_northern_ireland_is_a_part_and_not_the_whole() -> None:
    rows = read_comext(FIXTURES / "comext_northern_ireland.dat", source_id="e").accepted
    flows = from_comext(rows, source_id="e").filter(product_code="27101943")
    assert flows.select("reporter_code", "partner_code", "flow_type", "value_eur").rows() == [
        ("DEU", "QR", "export", 5.0),
        ("DEU", "RUS", "import", 1500.0),
        ("FRA", "GBR", "export", 110.0),  # XI and XU, two records of one state
        ("XI", "FRA", "import", 11.0),
    ]
    assert "GBR" not in set(flows["reporter_code"])


def test_a_row_twice_counts_once_and_two_versions_are_an_error(tmp_path: Path) -> None:
    lines = (FIXTURES / "comext_annual.dat").read_text().splitlines()
    path = tmp_path / "twice.dat"
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    rows = read_comext(path, source_id="e")
    assert rows.rejected["reason"].to_list() == [f"{REPEATED} 2"]
    assert from_comext(rows.accepted, source_id="e")["value_eur"].to_list() == [18000.0]
    path.write_text("\n".join([*lines, lines[1].replace("12000,12000", "12001,12001")]) + "\n")
    with pytest.raises(SourceError, match=r"row 4: says something else than row 2"):
        read_comext(path, source_id="e")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_file_is_the_same(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "full_v2_202202.dat.packed"
    path.write_bytes(pack(V2.read_bytes()))
    assert read_comext(path, source_id="e").accepted.equals(read_comext(V2, source_id="e").accepted)


@settings(max_examples=EXAMPLES, deadline=None)
@given(noise=st.binary(max_size=40), place=st.integers(len(",".join(COLUMNS)) + 1, 720))
def test_no_bytes_raise_anything_but_our_error_and_no_line_is_lost(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("comext") / "x.dat"
    whole = V2.read_bytes()
    data = whole[:place] + noise + whole[place:]
    path.write_bytes(data)
    try:
        rows = read_comext(path, source_id="e")
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == data.count(b"\n") + (not data.endswith(b"\n")) - 1


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "DE", "1", "2", "202252", ":", "-0", "1e400", "é", "TOTAL"]),
            min_size=18,
            max_size=18,
        ),
        max_size=5,
    )
)
def test_no_cell_raises_anything_but_our_error(cells: list[list[str]]) -> None:
    text = "\n".join([",".join(COLUMNS), *(",".join(line) for line in cells)]) + "\n"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.dat"
        path.write_text(text)
        try:
            rows = read_comext(path, source_id="e")
        except RetorsionError:
            return
    assert len(rows.accepted) + len(rows.rejected) == len(cells)


def test_a_weight_of_zero_beside_a_value_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    goods = "DE,RU,E,27101943,334,19,19,322,32,5,1"
    path.write_text(
        f"{','.join(COLUMNS)}\n{goods},1,,202203,9000,,0,\n{goods},3,,202203,1000,,50,\n{goods},4,,202203,0,,0,\n"
    )
    rows = read_comext(path, source_id="e").accepted
    assert rows.select("value_eur", "net_weight_kg").rows() == [(9000.0, None), (1000.0, 50.0), (0.0, 0.0)]
    flows = from_comext(rows, source_id="e")
    assert flows.select("value_eur", "quantity_tonnes").rows() == [
        (10000.0, None)
    ]  # nine tenths were not weighed


@pytest.mark.parametrize(
    ("code", "state"), [("SU", "SUN"), ("YU", "YUG"), ("DD", "DDR"), ("AN", "ANT"), ("ZR", "COD")]
)
def test_former_partners(tmp_path: Path, code: str, state: str) -> None:
    path = tmp_path / "x.dat"
    path.write_text(f"{','.join(COLUMNS)}\nDE,{code},E,27101943,334,19,19,322,32,5,1,1,,198903,9000,,5,\n")
    assert read_comext(path, source_id="e").accepted["partner_code"].to_list() == [state]


def test_a_file_saved_by_another_program_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    lines = [line.split(",") for line in V2.read_text().splitlines()]
    path.write_text("\ufeff" + "\r\n".join(";".join(f'"{cell}"' for cell in line) for line in lines))
    assert read_comext(path, source_id="e").accepted.equals(read_comext(V2, source_id="e").accepted)
