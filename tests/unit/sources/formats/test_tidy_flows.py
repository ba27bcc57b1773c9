"""Trade flows in tables of one's own."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from damage import EXAMPLES, damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.sources.formats.tidy_flows import FIELDS, read_tidy_flows
from retorsion.sources.readers import recognise
from retorsion.sources.states import unknown_states
from retorsion.sources.text.tidy import Proposal, proposed, read_table
from retorsion.tables.builders import build_flows

TABLE = pl.DataFrame(
    {
        "Year": ["2021", "2022", "2022"],
        "Exporter ISO": ["JP", "RUS", "JPN"],
        "importer": ["RU", "JPN", "CHN"],
        "hs6": ["870323", "10121", "TOTAL"],
        "trade value": ["1.5", "2", "0"],
        "tonnes": ["3", None, "0"],
    }
)
MAPPING = {
    "period": "Year", "reporter": "Exporter ISO", "partner": "importer", "flow": "=export", "product": "hs6",
    "value": "trade value", "unit": "=million USD", "quantity": "tonnes", "quantity_unit": "=t",
    "valuation": "=FOB", "product_system": "=hs6_h5",
}  # fmt: skip


def written(folder: Path, table: pl.DataFrame, kind: str) -> Path:
    path = folder / f"mine.{kind}"
    if kind == "parquet":
        table.with_columns(
            pl.col("Year").cast(pl.Int32), pl.col("trade value").cast(pl.Float64)
        ).write_parquet(path)
    elif kind == "xlsx":
        workbook(path, [table.columns, *table.rows()])
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress(table.write_csv(separator=";").encode("latin-1")))
    else:
        table.write_csv(path, separator="\t" if kind == "tsv" else ",")
    return path


def workbook(path: Path, rows: Any) -> None:
    """A workbook of one sheet with texts in its cells, as small as the standard allows."""
    cells = "".join(
        f"<row r='{r}'>"
        + "".join(
            f"<c r='{chr(65 + c)}{r}' t='inlineStr'><is><t>{value}</t></is></c>"
            for c, value in enumerate(row)
            if value is not None
        )
        + "</row>"
        for r, row in enumerate(rows, start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    book_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f"<Types xmlns='{package}/content-types'><Default Extension='rels' "
            f"ContentType='application/vnd.openxmlformats-package.relationships+xml'/>"
            f"<Override PartName='/xl/workbook.xml' ContentType='{book_type}'/>"
            f"<Override PartName='/xl/worksheets/sheet1.xml' ContentType='{sheet_type}'/></Types>",
        )
        archive.writestr(
            "_rels/.rels",
            f"<Relationships xmlns='{package}/relationships'><Relationship Id='r1' "
            f"Type='{office}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets>"
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f"<Relationships xmlns='{package}/relationships'><Relationship Id='r1' Type='{office}/worksheet' "
            "Target='worksheets/sheet1.xml'/></Relationships>",
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f"<worksheet xmlns='{main}'><sheetData>{cells}</sheetData></worksheet>",
        )


@pytest.mark.parametrize("kind", ["csv", "tsv", "csv.gz", "parquet", "xlsx"])
def test_every_kind_of_table_gives_the_same_flows(tmp_path: Path, kind: str) -> None:
    rows = read_tidy_flows(written(tmp_path, TABLE, kind), source_id="t", columns=MAPPING)
    assert rows.rejected.is_empty()
    flows = build_flows("tidy_flows", [rows.accepted], source_id="t", options={})
    columns = (
        "period_start", "n_months", "reporter_code", "partner_code", "flow_type", "product_system",
        "product_level", "product_code", "value_kusd", "quantity_tonnes", "valuation_type", "is_aggregate",
    )  # fmt: skip
    shared = ("export", "hs6_h5")
    assert flows.select(columns).rows() == [
        (date(2021, 1, 1), 12, "JPN", "RUS", *shared, "hs6", "870323", 1500.0, 3.0, "FOB", False),
        (date(2022, 1, 1), 12, "JPN", "CHN", *shared, "total", "TOTAL", 0.0, 0.0, "FOB", True),
        (date(2022, 1, 1), 12, "RUS", "JPN", *shared, "hs6", "010121", 2000.0, None, "FOB", False),
    ]


def proposal(path: Path) -> Proposal:
    return proposed(read_table(path, source_id="").accepted, FIELDS)


def test_a_mapping_is_proposed_with_what_is_missing(tmp_path: Path) -> None:
    found = proposal(written(tmp_path, TABLE, "csv"))
    assert found.columns == {
        "period": "Year", "partner": "importer", "product": "hs6", "value": "trade value",
        "quantity": "tonnes", "states": "=iso",
    }  # fmt: skip
    assert found.missing == ("reporter", "flow", "unit")
    numbers = TABLE.with_columns(importer=pl.Series(["643", "392", "156"])).rename(
        {"Exporter ISO": "reporter"}
    )
    numbers = numbers.with_columns(reporter=pl.Series(["392", "643", "392"]))
    assert proposal(written(tmp_path, numbers, "csv")).columns["states"] == "=m49"
    names = numbers.with_columns(importer=pl.lit("Russia"), reporter=pl.lit("South Korea"))
    assert proposal(written(tmp_path, names, "csv")).columns["states"] == "=name"


def test_a_workbook_named_like_the_fields_is_known(tmp_path: Path) -> None:
    path = tmp_path / "mine.xlsx"
    needed = ["period", "reporter", "partner", "flow", "product", "value", "unit"]
    workbook(path, [needed, ["2022.0", "JPN", "RUS", "export", "TOTAL", "5", "USD"]])
    assert recognise(path).name == "tidy_flows"
    row = read_tidy_flows(path, source_id="t").accepted.row(0, named=True)
    assert (row["period_start"], row["n_months"], row["value_kusd"]) == (date(2022, 1, 1), 12, 0.005)
    workbook(path, [needed[:-1], ["2022", "JPN", "RUS", "export", "TOTAL", "5"]])
    with pytest.raises(SourceError, match="in no format that a reader knows"):
        recognise(path)


def test_a_table_named_like_the_fields_needs_no_mapping(tmp_path: Path) -> None:
    text = "period,reporter,partner,flow,product,value,unit\n2022-03,JPN,RUS,import,gas,5,JPY\n"
    path = tmp_path / "mine.csv"
    path.write_text(text)
    assert recognise(path).name == "tidy_flows"
    rows = read_tidy_flows(path, source_id="t").accepted
    found = rows.select("n_months", "product_system", "product_level", "value_thousand_jpy", "valuation_type")
    assert found.rows() == [(1, "own", "item", 0, "unknown")]


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({}, "nothing says what its period, reporter, partner, flow, product, value, unit are"),
        ({k: v for k, v in MAPPING.items() if k != "unit"}, "nothing says what its unit is"),
        (MAPPING | {"value": "trade valeu"}, r"no column of the table.*Did you mean 'trade value'"),
        (MAPPING | {"perod": "Year"}, r"no field of this format.*Did you mean 'period'"),
        (MAPPING | {"states": "=cwo"}, r"no system of codes of states.*Did you mean 'cow'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_an_error(
    tmp_path: Path, mapping: dict[str, str], problem: str
) -> None:
    with pytest.raises(SourceError, match=problem):
        read_tidy_flows(written(tmp_path, TABLE, "csv"), source_id="t", columns=mapping)


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("Year", "22", "period"),
        ("Year", "2022-13", "period"),
        ("Exporter ISO", "Ruritania", "reporter"),
        ("importer", None, "partner"),
        ("hs6", "7703", "product"),
        ("hs6", "87032", None),  # a leading zero is restored: 087032
        ("hs6", "87", None),
        ("hs6", "8703231", None),
        ("trade value", "-1", "value"),
        ("trade value", "nan", "value"),
        ("trade value", "1,500", "value"),
        ("tonnes", "many", "quantity"),
    ],
)
def test_a_faulty_row_is_quarantined(
    tmp_path: Path, column: str, value: str | None, field: str | None
) -> None:
    table = TABLE.with_columns(
        pl.when(pl.int_range(3) == 0).then(pl.lit(value)).otherwise(column).alias(column)
    )
    rows = read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=MAPPING)
    expected = [] if field is None or value == "8703231" else [(2, field, value)]
    if value == "8703231":
        expected = [(2, "product", value)]
    assert rows.rejected.select("row", "column", "value").rows() == expected
    assert len(rows.accepted) + len(rows.rejected) == 3


def test_unknown_states_are_counted(tmp_path: Path) -> None:
    table = TABLE.with_columns(importer=pl.lit("Ruritania"))
    rows = read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=MAPPING)
    assert unknown_states(rows).rows() == [("Ruritania", 3)]


@pytest.mark.parametrize(
    ("periods", "n_months"),
    [
        (["2021", "2022"], 12),
        (["2021-03", "202204"], 1),
        (["2021Q1", "2022-q4"], 3),
        (["2021-01-01", "2022-01-01"], 12),
        (["2021-01-01", "2021-07-01"], 3),
        (["2021-01-01", "2021-02-01 00:00:00"], 1),
    ],
)
def test_the_length_of_periods_is_found(tmp_path: Path, periods: list[str], n_months: int) -> None:
    table = TABLE.head(2).with_columns(Year=pl.Series(periods))
    rows = read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=MAPPING)
    assert rows.accepted["n_months"].to_list() == [n_months] * 2
    assert bool(rows.notes) == (len(periods[0]) == 10)


@pytest.mark.parametrize("day", ["2022-01-01", "2022-04-01"])
def test_one_day_for_all_periods_does_not_tell_their_length(tmp_path: Path, day: str) -> None:
    table = TABLE.head(2).with_columns(Year=pl.lit(day))
    with pytest.raises(SourceError, match=rf"Write {day[:7]} for the month, 2022-Q"):
        read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=MAPPING)


@pytest.mark.parametrize(
    "text",
    ["2022-03", "202203", "2022M03", "2022-M3", "2022/03", "2022-3", "03/2022", "Mar 2022", "March-2022"],
)
def test_a_month_may_be_written_in_many_ways(tmp_path: Path, text: str) -> None:
    table = TABLE.head(1).with_columns(Year=pl.lit(text))
    row = read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=MAPPING).accepted.row(
        0, named=True
    )
    assert (row["period_start"], row["n_months"]) == (date(2022, 3, 1), 1)


@pytest.mark.parametrize("text", ["22-03", "Mar-22", "2022-13", "2022-03-15", "32022", "Mai 2022"])
def test_what_is_no_period_or_leaves_a_doubt_is_quarantined(tmp_path: Path, text: str) -> None:
    table = TABLE.head(1).with_columns(Year=pl.lit(text))
    rows = read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=MAPPING)
    assert rows.rejected.select("column", "value").rows() == [("period", text)]


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["1234,5", "1.234,5", "5"], [1234.5, 1234.5, 5.0]),
        (["1 234,5", "1\u00a0234", "0,25"], [1234.5, 1234.0, 0.25]),
        (["1,234.5", "1,234", "1e3"], [1234.5, 1234.0, 1000.0]),
        (["1,234", "2,345", "7"], [None, None, 7.0]),  # thousands, or one and a bit
        (["1,234.5", "1234,5", "7"], [None, None, 7.0]),  # the cells contradict one another
        (["..", "confidential", "5 e"], [None, None, None]),
    ],
)
def test_decimal_commas_and_thousands_are_read_where_there_is_no_doubt(
    tmp_path: Path, values: list[str], numbers: list[float | None]
) -> None:
    table = TABLE.with_columns(pl.Series("trade value", values))
    path = written(tmp_path, table, "csv.gz")  # separated by semicolons
    mapping = MAPPING | {"unit": "=thousand USD"}
    rows = read_tidy_flows(path, source_id="t", columns=mapping)
    assert rows.accepted["value_kusd"].to_list() == [n for n in numbers if n is not None]
    assert rows.rejected["value"].to_list() == [v for v, n in zip(values, numbers, strict=True) if n is None]
    assert bool(rows.notes) == (None not in numbers)


def test_units_valuations_and_codes_may_be_in_small_letters(tmp_path: Path) -> None:
    table = TABLE.with_columns(
        pl.col("Exporter ISO").str.to_lowercase(), unit=pl.Series(["usd", "US$", "Mio EUR"])
    )
    mapping = MAPPING | {"unit": "unit", "valuation": "v"}
    table = table.with_columns(v=pl.Series(["Fob", None, "cif"]))
    rows = read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=mapping)
    assert rows.accepted["valuation_type"].to_list() == ["FOB", "unknown", "CIF"]
    assert rows.accepted["value_kusd"].to_list() == [0.0015, 0.002, None]
    assert rows.accepted["value_eur"].to_list() == [None, None, 0.0]


def test_columns_without_a_name_or_with_one_twice_refuse_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    needed = "period,reporter,partner,flow,product,value,unit"
    path.write_text(f"{needed},note,note,,\n2022,JPN,RUS,export,TOTAL,5,USD,a,b,,\n")
    assert read_tidy_flows(path, source_id="t").accepted["value_kusd"].to_list() == [0.005]
    path.write_text(f"{needed},value\n2022,JPN,RUS,export,TOTAL,5,USD,6\n")
    with pytest.raises(SourceError, match="nothing says what its value is"):
        read_tidy_flows(path, source_id="t")
    fields = dict.fromkeys(needed.split(","), "")
    mapping = {name: name for name in fields} | {"value": "value (2)"}
    assert read_tidy_flows(path, source_id="t", columns=mapping).accepted["value_kusd"].to_list() == [0.006]


def test_no_weight_beside_a_value_is_unknown_and_not_zero(tmp_path: Path) -> None:
    table = TABLE.with_columns(pl.Series("tonnes", ["0", "2", "0"]))
    read = read_tidy_flows(written(tmp_path, table, "csv"), source_id="mine", columns=MAPPING)
    assert read.accepted["quantity_tonnes"].to_list() == [None, 2.0, 0.0]  # the last row has no value either


def test_mixed_periods_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    table = TABLE.with_columns(Year=pl.Series(["2021", "2022-Q1", "2022-03"]))
    rows = read_tidy_flows(written(tmp_path, table, "csv"), source_id="t", columns=MAPPING).accepted
    with pytest.raises(ParameterError, match=r"1 and 3 and 12 months.*n_months: 1"):
        build_flows("tidy_flows", [rows], source_id="t", options={})
    assert len(build_flows("tidy_flows", [rows], source_id="t", options={"n_months": 3})) == 1


def test_a_row_twice_counts_once_and_two_versions_are_an_error(tmp_path: Path) -> None:
    twice = pl.concat([TABLE, TABLE.head(1)])
    rows = read_tidy_flows(written(tmp_path, twice, "csv"), source_id="t", columns=MAPPING)
    assert (len(rows.accepted), rows.rejected["row"].to_list()) == (3, [5])
    other = pl.concat([TABLE, TABLE.head(1).with_columns(pl.lit("9").alias("trade value"))])
    with pytest.raises(SourceError, match="row 5: says something else than row 2"):
        read_tidy_flows(written(tmp_path, other, "csv"), source_id="t", columns=MAPPING)


def test_hostile_tables_are_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(100_000)) + "\n1\n")
    with pytest.raises(SourceError, match="100,000 columns"):
        read_tidy_flows(path, source_id="t", columns=MAPPING)
    for text in ("a,a\n1,2\n", "a,\n1,2\n", "a\n1\n", '"a,b\n1,2\n'):
        path.write_text(text)
        with pytest.raises(SourceError):
            read_tidy_flows(path, source_id="t", columns=MAPPING)
    book = tmp_path / "x.xlsx"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<!DOCTYPE x><x/>")
    with pytest.raises(SourceError, match="document type"):
        read_tidy_flows(book, source_id="t", columns=MAPPING)
    (tmp_path / "x.parquet").write_bytes(b"PAR1" + bytes(50) + b"PAR1")
    with pytest.raises(SourceError, match="no readable Parquet"):
        read_tidy_flows(tmp_path / "x.parquet", source_id="t", columns=MAPPING)
    with pytest.raises(SourceError, match="cannot be read"):
        read_tidy_flows(tmp_path / "absent.csv", source_id="t", columns=MAPPING)


FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(seed=st.integers(0, 2**64 - 1), kind=st.sampled_from(["csv", "parquet", "xlsx", "csv.gz"]))
def test_damage_raises_nothing_but_our_error(tmp_path: Path, seed: int, kind: str) -> None:
    path = written(tmp_path, TABLE, kind)
    path.write_bytes(damaged(path.read_bytes(), seed))
    try:
        read_tidy_flows(path, source_id="t", columns=MAPPING)
    except RetorsionError:
        return


cells = st.one_of(
    st.none(), st.text(max_size=8), st.sampled_from(["2022", "RU", "10", "1e400", "=", "0", "TOTAL"])
)


@FUZZ
@given(rows=st.lists(st.tuples(*[cells] * 6), min_size=1, max_size=5), constant=st.text(max_size=5))
def test_no_cell_raises_anything_but_our_error_and_no_row_is_lost(
    tmp_path: Path, rows: list[tuple[str | None, ...]], constant: str
) -> None:
    table = pl.DataFrame(rows, schema=dict.fromkeys(TABLE.columns, pl.String), orient="row")
    path = tmp_path / "x.parquet"
    table.write_parquet(path)
    try:
        found = read_tidy_flows(path, source_id="t", columns=MAPPING | {"unit": f"={constant}"})
    except RetorsionError:
        return
    assert len(found.accepted) + len(found.rejected) == len(rows)


def test_every_field_is_named_once_and_its_likely_names_are_plain() -> None:
    assert len({one.name for one in FIELDS}) == len(FIELDS)
    assert all(name == name.lower() and " " not in name for one in FIELDS for name in one.names)


def test_northern_ireland_that_reports_is_not_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    head = "period,reporter,partner,flow,product,value,unit,states\n"
    path.write_text(f"{head}2022,XI,RU,import,TOTAL,5,EUR,eurostat\n2022,DE,XI,import,TOTAL,5,EUR,eurostat\n")
    found = read_tidy_flows(path, source_id="t").accepted
    assert found.select("reporter_code", "partner_code").rows() == [("XI", "RUS"), ("DEU", "GBR")]
