"""Eurostat Comext in its current and older layouts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.sources.formats.comext import COLUMNS, comext_format, read_comext
from retorsion.sources.rows import ROW
from retorsion.sources.text.bulk_text import SURE, judge, scan_files
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
    scan = scan_files([path], comext_format([path]))
    doubtful = scan.filter(~pl.col(SURE)).select(ROW).collect(engine="streaming")[ROW]
    assert judge([path], doubtful, comext_format([path]), source_id="e").rejected.equals(rows.rejected)


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
    months, years = from_comext(rows, source_id="e"), from_comext(rows, source_id="e", n_months=12)
    assert (len(months), len(years)) == (5, 1)
    assert months.filter(product_level="total")["is_aggregate"].to_list() == [True]
    with pytest.raises(ParameterError, match=r"no_such.*fields\.yaml"):
        from_comext(rows.with_columns(pl.lit("no_such").alias("product_system")), source_id="e")


@settings(max_examples=200, deadline=None)
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


@settings(max_examples=100, deadline=None)
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
    path = Path("x.dat")
    text = "\n".join([",".join(COLUMNS), *(",".join(line) for line in cells)]) + "\n"
    from retorsion.sources.text.bulk_text import read_bulk

    format_ = comext_format([V2])
    rows = read_bulk(path, format_, source_id="e", data=text.encode())
    assert len(rows.accepted) + len(rows.rejected) == len(cells)
