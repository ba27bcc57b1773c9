"""UN Comtrade in its four publications."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.sources.formats.comtrade import (
    API_COLUMNS,
    read_comtrade_csv,
    read_comtrade_json,
)
from retorsion.sources.formats.comtrade_comtradr import read_comtradr_csv
from retorsion.sources.formats.comtrade_web import read_comtrade_web_csv
from retorsion.sources.limits import raised
from retorsion.sources.readers import recognise
from retorsion.sources.rows import REPEATED, Rows
from retorsion.tables.builders import build_flows
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
        from_comtrade(odd, source_id="c", n_months=1)


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
        (b"[" * 100_000, "nested 100000 deep"),
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


def test_a_gzip_bomb_and_a_broken_gzip_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "x.csv.gz"
    bomb.write_bytes(gzip.compress(b"0" * 2_000_000))
    with (
        raised({"file_bytes": 1_000_000}),
        pytest.raises(SourceError, match="is too large, more than the limit"),
    ):
        read_comtradr_csv(bomb, source_id="c")
    bomb.write_bytes(gzip.compress(b"year")[:-9])
    with pytest.raises(SourceError, match="end-of-stream"):
        read_comtradr_csv(bomb, source_id="c")


def built(name: str, **options: Any) -> list[tuple[object, ...]]:
    """Flows of a fixture, in the table: direction, product, thousand dollars, tonnes, valuation."""
    path = FIXTURES / name
    read = read_comtrade_json if path.suffix == ".json" else read_comtrade_csv
    rows = read(path, source_id="c")
    assert rows.rejected.is_empty()
    flows = from_comtrade(rows.accepted, source_id="c", **options)
    columns = (
        "reporter_code",
        "partner_code",
        "flow_type",
        "value_kusd",
        "quantity_tonnes",
        "valuation_type",
    )
    return flows.select(columns).rows()


MARCH = [
    ("JPN", "RUS", "export", 0.007, 1.0, "FOB"),
    ("JPN", "RUS", "import", 500.0, 1.0, "CIF"),
]


@pytest.mark.parametrize("name", ["comtrade_bulk.gz", "comtradr_1.csv"])
def test_a_bulk_file_and_a_table_of_comtradr_say_the_same(name: str) -> None:
    assert built(name) == MARCH
    rows = read_comtrade_csv(FIXTURES / name, source_id="c").accepted
    assert rows.select("product_system", "product_code", "period_start", "n_months").unique().rows() == [
        ("hs6_h6", "270900", date(2022, 3, 1), 1)
    ]


def test_the_web_sites_csv_in_latin_1() -> None:
    assert [row[:4] for row in built("comtrade_site_latin1.csv")] == [
        ("JPN", "CIV", "import", 500.0),
        ("JPN", "TUR", "import", 500.0),
    ]


def test_the_web_sites_csv_with_other_capitals_and_with_separators_at_the_end_of_rows() -> None:
    assert [row[:4] for row in built("comtrade_site_pascal.csv")] == [("JPN", "RUS", "import", 500.0)]
    assert len(built("comtrade_trailing_comma.csv")) == 2


@pytest.mark.parametrize(
    "name", ["comtrade_bulk.gz", "comtradr_1.csv", "comtrade_site_latin1.csv", "comtrade_site_pascal.csv"]
)
def test_every_spelling_is_recognised(name: str) -> None:
    assert recognise(FIXTURES / name).name == "comtrade_csv"


def test_imports_that_the_reporter_values_fob_are_fob() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_imports_fob.json", source_id="c").accepted
    found = dict(rows.filter(flow_type="import").select("reporter_code", "valuation_type").rows())
    assert found == {"CAN": "FOB"}


@pytest.mark.parametrize(
    ("changes", "valuation"),
    [
        ({"primaryValue": 10, "cifvalue": 10, "fobvalue": None}, "CIF"),
        ({"primaryValue": 10, "cifvalue": None, "fobvalue": 10}, "FOB"),
        ({"primaryValue": 10, "cifvalue": 10, "fobvalue": 9}, "CIF"),
        ({"primaryValue": 9, "cifvalue": 10, "fobvalue": 9}, "FOB"),
        ({"primaryValue": 10, "cifvalue": 0, "fobvalue": 10}, "FOB"),
        ({"primaryValue": 10, "cifvalue": None, "fobvalue": None}, "unknown"),
        ({"primaryValue": 8, "cifvalue": 10, "fobvalue": 9}, "unknown"),
        ({"primaryValue": 10, "cifvalue": None, "fobvalue": None, "flowCode": "X"}, "FOB"),
    ],
)
def test_the_valuation_is_read_from_the_row(changes: dict[str, object], valuation: str) -> None:
    assert faulty(**changes).accepted["valuation_type"][0] == valuation


def test_annual_rows_are_found_and_mixed_ones_are_an_error() -> None:
    assert len(built("comtrade_annual.json")) == 3
    rows = [
        read_comtrade_json(FIXTURES / name, source_id="c").accepted
        for name in ("comtrade_annual.json", "comtrade_row_twice.json")
    ]
    with pytest.raises(ParameterError, match="n_months: 1"):
        build_flows("comtrade_json", [pl.concat(rows)], source_id="c", options={})
    with pytest.raises(ParameterError, match="n_months: 1"):  # in two files
        build_flows("comtrade_json", rows, source_id="c", options={})
    only = build_flows("comtrade_json", [pl.concat(rows)], source_id="c", options={"n_months": 12})
    assert len(only) == 3


def test_a_source_without_any_flow_of_the_table_is_an_error() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_annual.json", source_id="c").accepted
    again = rows.with_columns(flow_type=pl.lit("re_export"))
    with pytest.raises(RetorsionError, match="none of its 3 rows"):
        build_flows("comtrade_json", [again], source_id="c", options={})


def test_a_row_twice_is_one_flow_and_is_said_so() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_row_twice.json", source_id="c")
    assert (len(rows.accepted), len(rows.rejected)) == (1, 1)
    assert rows.rejected["reason"].to_list() == [f"{REPEATED} 1"]
    assert rows.notes == ("rows that say the same as an earlier row, and are counted once: 1",)
    flows = from_comtrade(rows.accepted, source_id="c")
    assert flows.select("value_kusd", "quantity_tonnes").rows() == [(500.0, 1.0)]


def test_two_versions_of_a_row_are_an_error_that_names_both() -> None:
    loaded = json.loads((FIXTURES / "comtrade_row_twice.json").read_text())
    loaded["data"][1]["primaryValue"] += 1
    with pytest.raises(SourceError, match=r"row 2: says something else than row 1 .*reporter_code"):
        read_json(json.dumps(loaded).encode(), Path("x.json"))


def test_flows_for_processing_are_parts_of_imports_and_exports() -> None:
    rows = read_comtrade_json(FIXTURES / "comtrade_processing_flows.json", source_id="c")
    assert (len(rows.accepted), len(rows.rejected)) == (10, 0)
    assert [row[2:4] for row in built("comtrade_processing_flows.json")] == [
        ("export", 500.0),
        ("import", 500.0),
    ]


def test_a_weight_of_zero_beside_a_value_is_unknown() -> None:
    assert [row[3:5] for row in built("comtrade_weight_zero.json")] == [(1.0, None)]
    none = faulty(primaryValue=0, cifvalue=0, netWgt=0, qty=0).accepted.row(0, named=True)
    assert (none["value_usd"], none["net_weight_kg"], none["quantity"]) == (0, 0, 0)  # no trade, no weight


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(SourceError, match="holds no row"):
        read_comtrade_json(FIXTURES / "comtrade_empty.json", source_id="c")


def test_a_mode_of_transport_is_not_added_to_its_means() -> None:
    assert [row[3] for row in built("comtrade_transport_parents.json")] == [1000.0]


@pytest.mark.parametrize(
    ("classification", "code", "level"),
    [
        ("H6", "9999AA", "hs6"),
        ("S3", "0", "sitc1"),
        ("S3", "33X", "sitc3"),
        ("S4", "334XX", "sitc5"),
        ("S4", "9310", "sitc4"),
    ],
)
def test_codes_with_letters(classification: str, code: str, level: str) -> None:
    row = faulty(classificationCode=classification, cmdCode=code).accepted.row(0, named=True)
    assert (row["product_code"], row["product_level"]) == (code, level)


def test_two_numbers_of_one_state_are_two_records() -> None:
    loaded = json.loads((FIXTURES / "comtrade_row_twice.json").read_text())
    loaded["data"][0] |= {"reporterCode": 842, "reporterISO": "USA"}
    loaded["data"][1] |= {"reporterCode": 841, "reporterISO": "USA"}
    rows = read_json(json.dumps(loaded).encode(), Path("x.json")).accepted
    assert from_comtrade(rows, source_id="c")["value_kusd"].to_list() == [1000.0]


cells = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-9, 10**6),
    st.floats(),
    st.sampled_from(["M", "0", "NA", "H6"]),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(API_COLUMNS), cells, max_size=6), max_size=4))
def test_no_cell_raises_anything_but_our_error_and_no_row_is_lost(changes: list[dict[str, object]]) -> None:
    good = json.loads((FIXTURES / "comtrade_api.json").read_text())["data"][0]
    data = [{**good, **change} for change in changes]
    try:
        rows = read_json(json.dumps({"data": data, "count": len(data)}).encode(), Path("x.json"))
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == len(data)


@settings(max_examples=EXAMPLES, deadline=None)
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


def test_a_saved_answer_is_read_whatever_is_left_of_its_envelope(tmp_path: Path) -> None:
    answer = json.loads((FIXTURES / "comtrade_api.json").read_text(encoding="utf-8"))
    whole = read_comtrade_json(FIXTURES / "comtrade_api.json", source_id="c").accepted
    path = tmp_path / "x.json"
    for saved in (answer["data"], {"data": answer["data"]}):
        path.write_text(json.dumps(saved))
        assert recognise(path).name == "comtrade_json"
        assert read_comtrade_json(path, source_id="c").accepted.equals(whole)
    bare = [
        {name: row[name] for name in row if not name.endswith("Desc")} | {"mine": 1} for row in answer["data"]
    ]
    path.write_text(json.dumps(bare))
    rows = read_comtrade_json(path, source_id="c")
    assert rows.accepted.equals(whole)
    assert rows.notes[-1] == "fields that are not read: mine"


@pytest.mark.parametrize("separator", [";", "|", ","])
def test_a_table_saved_by_another_program_says_the_same(tmp_path: Path, separator: str) -> None:
    text = (FIXTURES / "comtrade_api.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.reader(text.splitlines()))
    path = tmp_path / "x.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        index = (["" if n == 0 else str(n), *line, ""] for n, line in enumerate(lines))
        csv.writer(file, delimiter=separator, lineterminator="\r\n").writerows(index)
    assert recognise(path).name == "comtrade_csv"
    whole = read_comtrade_csv(FIXTURES / "comtrade_api.csv", source_id="c")
    assert read_comtrade_csv(path, source_id="c").accepted.equals(whole.accepted)


def test_a_state_that_a_program_made_a_decimal_number_of_is_the_state(tmp_path: Path) -> None:
    columns = [
        "classificationCode",
        "period",
        "reporterCode",
        "partnerCode",
        "flowCode",
        "cmdCode",
        "primaryValue",
    ]
    path = tmp_path / "x.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, ["H6", "202203", "392.0", "643.0", "M", "010121", "5"]])
    found = read_comtrade_csv(path, source_id="c").accepted
    assert found.select("reporter_code", "partner_code", "product_code").rows() == [("JPN", "RUS", "010121")]


def test_one_period_in_two_revisions_is_told(tmp_path: Path) -> None:
    columns = [
        "classificationCode",
        "period",
        "reporterCode",
        "partnerCode",
        "flowCode",
        "cmdCode",
        "primaryValue",
    ]
    path = tmp_path / "x.csv"

    def notes(*rows: tuple[str, str]) -> tuple[str, ...]:
        lines = [[system, period, "392", "643", "M", "27", "5"] for system, period in rows]
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([columns, *lines])
        return read_comtrade_csv(path, source_id="c").notes

    (note,) = notes(("H5", "202203"), ("H6", "202203"))
    assert note.startswith("the trade of JPN in 2022-03-01 is there in hs6_h5 and hs6_h6")
    assert notes(("H5", "202112"), ("H6", "202201"), ("S4", "202201")) == ()


def test_a_table_of_comtradr_may_be_parted_by_tabs(tmp_path: Path) -> None:
    usual = FIXTURES / "comtradr_1.csv"
    path = tmp_path / "x.tsv"
    with usual.open(encoding="utf-8", newline="") as file, path.open("w", encoding="utf-8", newline="") as to:
        csv.writer(to, delimiter="\t").writerows(csv.reader(file))
    found = read_comtrade_csv(path, source_id="c").accepted
    assert found.equals(read_comtrade_csv(usual, source_id="c").accepted)
    head, end, body = usual.read_text(encoding="utf-8").partition("\n")
    path.write_text(
        f"{head},a\tb{end}" + "".join(f"{line},x\n" for line in body.splitlines()), encoding="utf-8"
    )
    rows = read_comtrade_csv(path, source_id="c")
    assert rows.accepted.equals(found)
    assert rows.notes[-1].startswith("columns that are not read: a")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('{"data": [{"typeCode": "C", "reporterCode": 392}]}', "comtrade_json"),
        ('{"count": 0, "data": []}', "comtrade_json"),
        ('[{"typeCode": "C", "reporterCode": 392}]', "comtrade_json"),
        ('{"data": [{"intervention_id": 1}]}', "gta"),
        ('{"data": [["CTY_CODE", "I_COMMODITY", "time"]]}', "us_census"),
    ],
)
def test_an_answer_of_another_publisher_is_not_taken_for_one_of_comtrade(
    tmp_path: Path, text: str, known: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert recognise(path).name == known
