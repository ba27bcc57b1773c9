"""UN Comtrade in its four publications."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.sources.formats.comtrade import (
    API_COLUMNS,
    read_comtrade_csv,
    read_comtrade_json,
    read_comtrade_web_csv,
    read_comtradr_csv,
)
from retorsion.sources.rows import Rows
from retorsion.tables.customs import from_comtrade

FIXTURES = FIXTURES / "customs"


def test_json_and_csv_of_the_api_say_the_same() -> None:
    from_json = read_comtrade_json(FIXTURES / "comtrade_api.json", source_id="c")
    from_csv = read_comtrade_csv(FIXTURES / "comtrade_api.csv", source_id="c")
    assert from_json.rejected.is_empty()
    assert from_csv.rejected.is_empty()
    assert from_json.accepted.drop("row").equals(from_csv.accepted.drop("row"))
    assert from_json.accepted["row"].to_list() == list(range(1, 8))
    assert from_csv.accepted["row"].to_list() == list(range(2, 9))


def test_an_answer_of_the_api() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_api.json", source_id="c").accepted
    first = rows.row(0, named=True)
    assert first["period_start"] == date(2022, 1, 1)
    assert (first["reporter_code"], first["partner_code"], first["flow_type"]) == ("KAZ", "CHN", "import")
    assert (first["product_system"], first["product_level"], first["product_code"]) == (
        "hs6_h6",
        "hs6",
        "010129",
    )
    assert (first["value_usd"], first["valuation_type"], first["net_weight_kg"]) == (1234.5, "CIF", 5400.5)
    assert (first["is_part"], first["is_aggregate"], first["is_net_weight_estimated"]) == (False, False, True)
    partners = ["CHN", "WLD", "IND", "RUS", "CHN", "CHN", "TWN"]
    assert rows["partner_code"].to_list() == partners  # 699 is India, 490 in practice Taiwan
    assert rows["is_aggregate"].to_list() == [False, True, False, True, False, False, False]
    assert rows["is_part"].to_list() == [False, False, False, False, True, True, False]
    assert rows.row(3, named=True)["reporter_code"] == "USA"  # 842
    assert rows.row(3, named=True)["valuation_type"] == "FOB"
    last = rows.row(6, named=True)
    assert (last["n_months"], last["product_system"], last["product_level"]) == (12, "hs6_h0", "hs4")


def test_the_table_takes_totals_and_not_their_parts() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_api.json", source_id="c").accepted
    flows = from_comtrade(rows.filter(pl.col("product_level").is_in(["hs6", "total"])), source_id="c")
    assert set(flows["product_system"]) == {"hs6_h6"}
    found = flows.select("reporter_code", "partner_code", "value_kusd", "quantity_tonnes", "is_aggregate")
    assert found.rows() == [
        ("KAZ", "CHN", 1.2345, 5.4005, False),  # neither the mode of transport nor the procedure is added
        ("KAZ", "IND", 1.2345, 5.4005, False),
        ("KAZ", "WLD", 2.0, 5.4005, True),
        ("USA", "RUS", 0.009, 5.4005, True),
    ]


def test_the_table_refuses_parts_that_overlap() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_api.json", source_id="c").accepted
    parts = rows.filter("is_part")
    with pytest.raises(ParameterError, match="overlap"):
        from_comtrade(parts, source_id="c")


def test_the_table_names_a_classification_it_does_not_have() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_api.json", source_id="c").accepted
    odd = rows.with_columns(pl.lit("sitc_s9").alias("product_system"))
    with pytest.raises(ParameterError, match=r"sitc_s9.*fields\.yaml"):
        from_comtrade(odd, source_id="c")


def test_the_web_sites_csv() -> None:
    rows = read_comtrade_web_csv(FIXTURES / "comtrade_web.csv", source_id="c")
    assert rows.rejected.is_empty()
    found = rows.accepted.select(
        "period_start", "n_months", "partner_code", "flow_type", "product_system", "product_code", "value_usd"
    )
    assert found.rows() == [
        (date(2014, 1, 1), 12, "RUS", "import", "hs6_h4", "010129", 12000.0),
        (date(2014, 3, 1), 1, "WLD", "export", "hs6_h4", "0101", 3500.0),
        (date(2014, 3, 1), 1, "USA", "re_export", "hs6_h4", "TOTAL", 70.0),
    ]
    assert rows.accepted["net_weight_kg"].to_list() == [900.0, None, None]


def test_comtradr_gets_its_leading_zeros_back_and_is_latin_1() -> None:
    rows = read_comtradr_csv(FIXTURES / "comtradr.csv", source_id="c")
    assert rows.accepted["product_code"].to_list() == ["010129", "8703", "010129"]
    assert rows.accepted["partner_code"].to_list() == ["RUS", "RUS", "CIV"]
    # 101 cannot be a code of six digits: more than one zero would be missing
    assert rows.rejected.select("row", "column", "value").rows() == [(5, "commodity_code", "101")]


def faulty(**changes: object) -> Rows:
    loaded = json.loads((FIXTURES / "comtrade_api.json").read_text())
    loaded["data"][0] |= changes
    path = Path(__file__).parent / "none.json"
    return read_json(json.dumps(loaded).encode(), path)


def read_json(data: bytes, path: Path) -> Rows:
    with TemporaryDirectory() as folder:
        written = Path(folder) / path.name
        written.write_bytes(data)
        return read_comtrade_json(written, source_id="c")


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"cmdCode": 10129}, "cmdCode", "10129"),
        ({"cmdCode": "8703.2"}, "cmdCode", "8703.2"),
        ({"partnerCode": 1}, "partnerCode", "1"),
        ({"reporterCode": None}, "reporterCode", None),
        ({"partner2Code": 12345}, "partner2Code", "12345"),
        ({"flowCode": "Q"}, "flowCode", "Q"),
        ({"period": "202213"}, "period", "202213"),
        ({"period": "2022-01"}, "period", "2022-01"),
        ({"classificationCode": "B4"}, "classificationCode", "B4"),
        ({"primaryValue": -1}, "primaryValue", "-1"),
        ({"primaryValue": None}, "primaryValue", None),
        ({"netWgt": "heavy"}, "netWgt", "heavy"),
        ({"partnerISO": "JPN"}, "partnerISO", "JPN"),
        ({"isReported": "maybe"}, "isReported", "maybe"),
    ],
)
def test_a_faulty_row_is_quarantined(changes: dict[str, object], column: str, value: str | None) -> None:
    rows = faulty(**changes)
    assert len(rows.accepted) == 6
    assert rows.rejected.select("row", "column", "value").rows() == [(1, column, value)]
    assert json.loads(rows.rejected["raw"][0])["customsCode"] == "C00"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<html>", "not JSON"),
        (b'{"data": [], "count": NaN}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"data": {}}', "no list of rows"),
        (b'{"data": [], "count": 0, "error": "limit reached"}', "limit reached"),
        (b'{"data": [], "count": 3, "error": ""}', "states 3 rows and holds 0"),
        (b'{"data": [{"cmdCode": "01"}], "count": 1}', "lacks the fields"),
        (b'{"data": [7], "count": 1}', "lacks the fields"),
    ],
)
def test_what_is_no_answer_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        read_json(data, Path("x.json"))


def test_a_field_that_is_no_value_is_refused() -> None:
    with pytest.raises(SourceError, match="no single value"):
        faulty(cmdDesc=["a"])


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text((FIXTURES / "comtrade_api.csv").read_text().replace("primaryValue", "tradeValue", 1))
    with pytest.raises(SourceError, match="tradeValue"):
        read_comtrade_csv(path, source_id="c")


def test_the_fields_of_the_api_are_read_by_name(tmp_path: Path) -> None:
    lines = list(csv.reader((FIXTURES / "comtrade_api.csv").read_text(encoding="utf-8-sig").splitlines()))
    path = tmp_path / "x.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(line[::-1] for line in lines)
    whole = read_comtrade_csv(FIXTURES / "comtrade_api.csv", source_id="c")
    assert read_comtrade_csv(path, source_id="c").accepted.equals(whole.accepted)
    path.write_text(path.read_text().replace("qtyUnitAbbr", "qty", 1))
    with pytest.raises(SourceError, match="has a column twice"):
        read_comtrade_csv(path, source_id="c")
    path.write_text(path.read_text().replace("cmdCode", "commodity", 1))
    with pytest.raises(SourceError, match=r"lacks the columns \['cmdCode'\]; has the unknown columns"):
        read_comtrade_csv(path, source_id="c")


def test_a_gzip_bomb_and_a_broken_gzip_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "x.csv.gz"
    bomb.write_bytes(gzip.compress(b"0" * 2_000_000))
    monkeypatch.setattr("retorsion.sources.formats.comtrade.MAX_BYTES", 1_000_000)
    with pytest.raises(SourceError, match="unpacks to more"):
        read_comtradr_csv(bomb, source_id="c")
    bomb.write_bytes(gzip.compress(b"year")[:-9])
    with pytest.raises(SourceError, match="end-of-stream"):
        read_comtradr_csv(bomb, source_id="c")


cells = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-9, 10**6),
    st.floats(),
    st.sampled_from(["M", "0", "NA", "H6"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(API_COLUMNS), cells, max_size=6), max_size=4))
def test_no_cell_raises_anything_but_our_error_and_no_row_is_lost(changes: list[dict[str, object]]) -> None:
    good = json.loads((FIXTURES / "comtrade_api.json").read_text())["data"][0]
    data = [{**good, **change} for change in changes]
    try:
        rows = read_json(json.dumps({"data": data, "count": len(data)}).encode(), Path("x.json"))
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == len(data)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_our_error(tail: bytes) -> None:
    text = (FIXTURES / "comtradr.csv").read_bytes()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(text + tail)
        try:
            rows = read_comtradr_csv(path, source_id="c")
        except RetorsionError:
            return
    assert len(rows.accepted) >= 3


@pytest.mark.real
def test_vehicles_of_armenia(real_data: Callable[[str], Path]) -> None:
    rows = read_comtradr_csv(real_data("comtrade/vehicle_trade_armenia.csv.gz"), source_id="c")
    assert (len(rows.accepted), len(rows.rejected)) == (10405, 0)
    assert rows.accepted["is_part"].all()  # split by mode of transport, without totals
    first = rows.accepted.row(0, named=True)
    assert (first["reporter_code"], first["partner_code"], first["value_usd"]) == ("ARM", "CHE", 173514.72)
    flows = from_comtrade(rows.accepted, source_id="c")
    assert len(flows) == 6082
    assert set(flows["product_system"]) == {"hs6_as_reported"}
    by_level = dict(
        flows.filter(flow_type="import").group_by("product_level").agg(pl.col("value_kusd").sum()).iter_rows()
    )
    assert by_level["hs4"] == pytest.approx(by_level["hs6"], rel=1e-3)  # levels overlap and are never added
    imports = by_level["hs6"]
    published = rows.accepted.filter(product_level="hs6", flow_type="import")["value_usd"].sum()
    assert imports == pytest.approx(published / 1000, rel=1e-12)
    assert "IND" in set(flows["partner_code"])


@pytest.mark.real
def test_vehicles_of_georgia(real_data: Callable[[str], Path]) -> None:
    rows = read_comtradr_csv(real_data("comtrade/vehicle_trade_georgia.csv"), source_id="c")
    assert (len(rows.accepted), len(rows.rejected)) == (2493, 0)
    assert rows.accepted["product_code"].unique().to_list() == ["8703"]
    assert not rows.accepted["is_part"].any()
    found = rows.accepted.filter(flow_type="import", partner_code="AZE", period_start=date(2021, 1, 1))
    assert found.select("value_usd", "quantity", "net_weight_kg").rows() == [(23812.81, 4.0, 1862.811)]
    assert {"TWN", "IND", "USA", "CHE"} <= set(rows.accepted["partner_code"])
    flows = from_comtrade(rows.accepted, source_id="c")
    assert len(flows) == 2493
    assert flows.filter(flow_type="export")["value_kusd"].sum() == pytest.approx(3_309_200, rel=1e-4)
    assert not flows["is_aggregate"].any()
