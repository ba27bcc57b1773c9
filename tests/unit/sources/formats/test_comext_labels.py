"""Eurostat Comext by labels: Easy Comext's CSV and the Data Browser's workbook."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.comext_labels import (
    read_data_browser,
    read_easy_comext,
    read_sdmx_csv,
    state_of_label,
)
from retorsion.sources.limits import raised
from retorsion.sources.rows import REPEATED
from retorsion.tables.customs import from_comext
from workbooks import Cells, workbook

EASY = FIXTURES / "customs" / "easy_comext.csv"
FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def sheet(indicator: str, *lines: Sequence[str | None]) -> Cells:
    return [
        ["Dataset: ", "EU trade since 1988 by HS2-4-6 and CN8 [DS-045409]"],
        [None],
        ["PRODUCT [PRODUCT]", None, "Cars (new), with an engine [87032319]"],
        ["FLOW", None, "EXPORT"],
        ["INDICATORS", None, indicator],
        [None],
        ["TIME", "TIME", "2022-01", "2022-02"],
        ["FREQ (Labels)", "FREQ (Labels)", "Monthly", "Monthly"],
        ["REPORTER (Labels)", "PARTNER (Labels)", None, None],
        *lines,
        [None],
        ["Special value"],
        [":", "not available"],
    ]


RUSSIA = ("Germany (incl. German Democratic Republic 'DD' from 1991)", "Russian Federation (Russia)")


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("AT-Austria", "AUT"),
        ("AT", "AUT"),
        ("Belgium (incl. Luxembourg 'LU' -> 1998)", "BEL"),
        ("Belarus (Belorussia)", "BLR"),
        ("European Union - 27 countries (from 2020)", "EU27"),
        ("European Union", "EU"),
        ("Guinea-Bissau", "GNB"),
        ("Timor-Leste", "TLS"),
        ("Ruritania", None),
        ("Ruritania (Austria)", None),
        ("", None),
    ],
)
def test_states_of_labels(label: str, code: str | None) -> None:
    assert state_of_label(label) == code


def test_easy_comext_in_every_kind_of_label() -> None:
    rows = read_easy_comext(EASY, source_id="e")
    found = rows.accepted.select(
        "row", "reporter_code", "partner_code", "flow_type", "period_start", "n_months", "product_code",
        "procedure_code", "value_eur",
    )  # fmt: skip
    assert found.rows() == [
        (2, "AUT", "ARM", "export", date(2024, 8, 1), 1, "TOTAL", "1", 982972.0),
        (3, "AUT", "ARM", "export", date(2024, 8, 1), 1, "87032319", "2", 17.5),
        (4, "DEU", "KAZ", "import", date(2019, 1, 1), 12, "27011290", "total", 5.0),
        (5, "DEU", "KAZ", "import", date(2019, 9, 1), 1, "27011290", "1", None),
        (6, "EU27", "RUS", "export", date(2022, 1, 1), 12, "99SSS999", "1", 3.0),
    ]
    assert rows.accepted["is_aggregate"].to_list() == [True, False, False, False, True]
    assert rows.accepted["is_special"].to_list() == [False, False, False, False, True]
    assert rows.rejected.select("row", "column", "value").rows() == [
        (7, "REPORTER", "Ruritania"),
        (8, "PRODUCT", "Cars"),
        (9, "PERIOD", "Jan.-Mar. 2024"),
        (10, "VALUE_IN_EUR", "1.234,5"),
        (11, "FLOW", "3-TRANSIT"),
    ]
    months = from_comext(rows.accepted, source_id="e", n_months=1)
    assert months.select("product_code", "value_eur").rows() == [("87032319", 17.5), ("TOTAL", 982972.0)]
    assert len(from_comext(rows.accepted, source_id="e", n_months=12)) == 2


def test_a_row_of_all_procedures_is_not_added_to_its_parts() -> None:
    rows = read_easy_comext(EASY, source_id="e").accepted
    part = rows.filter(row=4).with_columns(pl.lit("1").alias("procedure_code"))
    flows = from_comext(pl.concat([rows.filter(row=4), part]), source_id="e", n_months=12)
    assert flows["value_eur"].to_list() == [5.0]


def test_a_workbook_gives_one_row_for_each_flow_and_month(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "x.xlsx",
        {
            "Summary": [["EU trade"]],
            "Sheet 1": sheet("VALUE_IN_EUROS", [*RUSSIA, "1250000", ":"], ["Austria", "Armenia", ":", ":"]),
            "Sheet 2": sheet("QUANTITY_IN_100KG", [*RUSSIA, "580", "7.5"]),
        },
    )
    rows = read_data_browser(path, source_id="e")
    assert rows.rejected.is_empty()
    found = rows.accepted.select(
        "row", "n_rows", "reporter_code", "partner_code", "period_start", "value_eur", "net_weight_kg"
    )
    assert found.rows() == [
        (10, 2, "DEU", "RUS", date(2022, 1, 1), 1250000.0, 58000.0),
        (10, 2, "DEU", "RUS", date(2022, 2, 1), None, 750.0),
        (11, 1, "AUT", "ARM", date(2022, 1, 1), None, None),
        (11, 1, "AUT", "ARM", date(2022, 2, 1), None, None),
    ]
    flows = from_comext(rows.accepted, source_id="e")
    assert flows.select("value_eur", "quantity_tonnes").rows() == [(1250000.0, 58.0), (None, 0.75)]
    assert flows["product_code"].unique().to_list() == ["87032319"]


def test_faulty_lines_of_a_workbook_are_quarantined_with_their_sheet(tmp_path: Path) -> None:
    lines = (
        ["Ruritania", "Armenia", "1", "2"],
        [*RUSSIA, "-1", "much"],
        ["Austria", "Armenia", "1", "2", "odd!"],
    )
    path = workbook(tmp_path / "x.xlsx", {"Sheet 1": sheet("VALUE_IN_EUROS", *lines)})
    rows = read_data_browser(path, source_id="e")
    assert rows.accepted.is_empty()
    assert rows.rejected.select("file", "row", "column", "value").rows() == [
        ("x.xlsx/Sheet 1", 10, "REPORTER", "Ruritania"),
        ("x.xlsx/Sheet 1", 10, "REPORTER", "Ruritania"),
        ("x.xlsx/Sheet 1", 11, "VALUE", "-1"),
        ("x.xlsx/Sheet 1", 11, "VALUE", "much"),
        ("x.xlsx/Sheet 1", 12, "(no period)", "odd!"),
    ]


@pytest.mark.parametrize(
    ("sheets", "problem"),
    [
        ({"Summary": [["x"]]}, "no sheet of numbers"),
        ({"Other": sheet("VALUE_IN_EUROS")}, "no sheet of numbers"),
        ({"Sheet 1": sheet("INDEX")}, "unknown indicator"),
        ({"Sheet 1": [["PRODUCT", None, "x"]]}, "no line of periods"),
        ({"Sheet 1": sheet("VALUE_IN_EUROS")[:8]}, "no line that names"),
        (
            {f"Sheet {i}": sheet("VALUE_IN_EUROS", [*RUSSIA, "1", "2"]) for i in (1, 2)},
            "one number twice",
        ),
    ],
)
def test_other_workbooks_are_refused(tmp_path: Path, sheets: dict[str, Cells], problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        read_data_browser(workbook(tmp_path / "x.xlsx", sheets), source_id="e")


def test_a_workbook_that_is_a_bomb_or_declares_entities_is_refused(tmp_path: Path) -> None:
    good = {"Sheet 1": sheet("VALUE_IN_EUROS", [*RUSSIA, "1", "2"])}
    entities = {"xl/styles.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}
    with pytest.raises(SourceError, match="document type"):
        read_data_browser(workbook(tmp_path / "e.xlsx", good, more=entities), source_id="e")
    outside = workbook(tmp_path / "o.xlsx", good, more={"../../outside.xml": b"<x/>"})
    assert len(read_data_browser(outside, source_id="e").accepted) == 2  # a name, that nothing is written to
    assert sorted(path.name for path in tmp_path.parent.glob("outside*")) == []
    bomb = workbook(tmp_path / "b.xlsx", good, more={"xl/media/a.bin": bytes(11_000_000)})
    assert bomb.stat().st_size < 100_000
    with raised({"sheet_bytes": 10_000_000}), pytest.raises(SourceError, match="more than"):
        read_data_browser(bomb, source_id="e")


@FUZZ
@given(seed=st.integers(0, 2**32 - 1))
def test_no_damage_to_a_workbook_raises_anything_but_our_error(tmp_path: Path, seed: int) -> None:
    path = workbook(tmp_path / "x.xlsx", {"Sheet 1": sheet("VALUE_IN_EUROS", [*RUSSIA, "1", "2"])})
    chance = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data))
        if chance.random() < 0.5:
            data[at] = chance.randrange(256)
        else:
            del data[at : at + chance.randrange(1, 60)]
    path.write_bytes(bytes(data))
    try:
        rows = read_data_browser(path, source_id="e")
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) <= 2


CELL = st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
LABEL = st.sampled_from(["Austria", "Armenia", "TIME", "REPORTER (Labels)", "1", ":", "EXPORT"])


@FUZZ
@given(lines=st.lists(st.lists(CELL | LABEL, min_size=2, max_size=5), max_size=6))
def test_no_cell_of_a_workbook_is_lost(tmp_path: Path, lines: list[list[str | None]]) -> None:
    path = workbook(tmp_path / "x.xlsx", {"Sheet 1": sheet("VALUE_IN_EUROS", *lines)})
    try:
        rows = read_data_browser(path, source_id="e")
    except RetorsionError:
        return
    filled = next((i for i, line in enumerate(lines) if not any(line)), len(lines))
    under_no_period = (rows.rejected["column"] == "(no period)").sum()
    assert len(rows.accepted) + len(rows.rejected) - under_no_period == 2 * (filled - under_no_period)


@FUZZ
@given(noise=st.binary(max_size=40), place=st.integers(0, 900))
def test_no_bytes_in_easy_comext_raise_anything_but_our_error(
    tmp_path: Path, noise: bytes, place: int
) -> None:
    whole = EASY.read_bytes()
    path = tmp_path / "x.csv"
    path.write_bytes(whole[:place] + noise + whole[place:])
    try:
        read_easy_comext(path, source_id="e")
    except RetorsionError:
        return


@pytest.mark.real
def test_a_real_workbook_adds_up_to_the_union(real_data: Callable[[str], Path]) -> None:
    """Members' exports of 33 codes to seven states, against an extract of the Union's exports."""
    rows = read_data_browser(real_data("eurostat/raw_example_22_4624885_spreadsheet.xlsx"), source_id="e")
    assert rows.rejected.is_empty()
    assert len(rows.accepted) == 33 * 27 * 7 * 36
    first = rows.accepted.row(0, named=True)
    assert (first["reporter_code"], first["partner_code"], first["product_code"]) == (
        "AUT",
        "ARM",
        "21039090",
    )
    assert (first["period_start"], first["value_eur"]) == (date(2020, 1, 1), 8813.0)
    flows = from_comext(rows.accepted, source_id="e")
    assert len(flows) == rows.accepted["value_eur"].is_not_null().sum() == 9295
    path = real_data("eurostat/eu27_total_exports_sanctioned_codes_partner_month_2020_2022.csv.gz")
    union = pl.read_csv(gzip.decompress(path.read_bytes()), schema_overrides={"code": pl.String})
    states = {label: state_of_label(label) for label in union["partner"].unique()}
    union = union.select(
        pl.col("partner").replace_strict(states).alias("partner_code"),
        pl.col("code").alias("product_code"),
        (pl.col("month") + "-01").str.to_date().alias("period_start"),
        pl.col("value_eur").cast(pl.Float64).alias("union_eur"),
    )
    key = ["partner_code", "product_code", "period_start"]
    both = flows.group_by(key).agg(pl.col("value_eur").sum()).join(union, on=key, how="left")
    assert both.filter(pl.col("union_eur").is_null())["value_eur"].to_list() == [
        0.0
    ]  # the extract drops zeros
    both = both.filter(pl.col("value_eur") > 0)
    assert len(both) == 2353
    assert both.filter(
        pl.col("union_eur").is_null() | (pl.col("union_eur") != pl.col("value_eur"))
    ).is_empty()


SDMX = FIXTURES / "customs" / "comext_sdmx.csv"


def test_an_answer_of_the_api_puts_the_indicators_of_a_flow_beside_each_other() -> None:
    rows = read_sdmx_csv(SDMX, source_id="e")
    assert rows.accepted.select("row", "n_rows").rows() == [(2, 2)]
    flows = from_comext(rows.accepted, source_id="e")
    assert flows.select(
        "reporter_code", "partner_code", "flow_type", "period_start", "n_months", "product_code", "value_eur",
        "quantity_tonnes", "valuation_type",
    ).rows() == [("DEU", "RUS", "import", date(2022, 3, 1), 1, "27101943", 1000.0, 5.0, "CIF")]  # fmt: skip


def sdmx(folder: Path, *changes: tuple[str, str]) -> Path:
    text = SDMX.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "x.csv"
    path.write_text(text)
    return path


def test_codes_may_have_labels_and_the_second_version_of_the_standard_other_heads(tmp_path: Path) -> None:
    path = sdmx(
        tmp_path,
        ("DATAFLOW,LAST UPDATE,freq", "STRUCTURE,STRUCTURE_ID,freq"),
        (",DE,RU,", ",DE:Germany,RU:Russian Federation (Russia),"),
        (",1,VALUE", ",1:IMPORT,VALUE"),
    )
    assert read_sdmx_csv(path, source_id="e").accepted.equals(read_sdmx_csv(SDMX, source_id="e").accepted)


def test_a_missing_number_a_year_and_an_unknown_indicator(tmp_path: Path) -> None:
    path = sdmx(tmp_path, ("VALUE_IN_EUROS,2022-03,1000", "VALUE_IN_EUROS,2022,:"), ("_100KG", "_POUNDS"))
    rows = read_sdmx_csv(path, source_id="e")
    assert rows.accepted.select("period_start", "n_months", "value_eur").rows() == [
        (date(2022, 1, 1), 12, None)
    ]
    assert rows.rejected.select("row", "column", "value").rows() == [(3, "INDICATORS", "QUANTITY_IN_POUNDS")]


def test_a_number_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    once = "VALUE_IN_EUROS,2022-03,1000,"
    line = next(line for line in SDMX.read_text().splitlines() if once in line)
    rows = read_sdmx_csv(sdmx(tmp_path, (line, f"{line}\n{line}")), source_id="e")
    assert rows.accepted["value_eur"].to_list() == [1000.0]
    assert rows.rejected["reason"].to_list() == [f"{REPEATED} 2"]


@pytest.mark.parametrize(
    ("code", "state"),
    [("XI", "XI"), ("XI:United Kingdom (Northern Ireland)", "XI"), ("EU27_2020", "EU27"), ("EA20", "EA20")],
)
def test_reporters_of_the_api(tmp_path: Path, code: str, state: str) -> None:
    rows = read_sdmx_csv(sdmx(tmp_path, (",DE,RU,", f",{code},RU,")), source_id="e")
    assert rows.accepted.select("reporter_code", "is_aggregate").rows() == [(state, state != "XI")]


@pytest.mark.parametrize(
    ("code", "state"), [("WORLD", "WLD"), ("EXT_EU27_2020", "XEU27"), ("INT_EA20", "IEA20")]
)
def test_sums_of_partners_of_the_api_are_no_states(tmp_path: Path, code: str, state: str) -> None:
    rows = read_sdmx_csv(sdmx(tmp_path, (",DE,RU,", f",DE,{code},")), source_id="e")
    assert rows.accepted.select("partner_code", "is_aggregate").rows() == [(state, True)]


def test_a_weight_of_zero_beside_a_value_is_unknown(tmp_path: Path) -> None:
    rows = read_sdmx_csv(
        sdmx(tmp_path, ("QUANTITY_IN_100KG,2022-03,50", "QUANTITY_IN_100KG,2022-03,0")), source_id="e"
    )
    assert rows.accepted.select("value_eur", "net_weight_kg").rows() == [(1000.0, None)]


def test_flows_of_easy_comext_count_once_and_northern_ireland_is_not_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "easy.csv"
    head = "REPORTER;PARTNER;PRODUCT;FLOW;STAT_PROCEDURE;PERIOD;VALUE_IN_EUR\n"
    ireland = (
        "XI-United Kingdom (Northern Ireland);RU-Russia;27101943-Gas oils;1-IMPORT;1-NORMAL;202203-Mar. 2022"
    )
    germany = "DE-Germany;RU-Russia;27101943-Gas oils;1-IMPORT;1-NORMAL;202203-Mar. 2022"
    path.write_text(f"{head}{ireland};11\n{germany};1000\n{germany};1000\n")
    rows = read_easy_comext(path, source_id="e")
    assert rows.accepted.select("reporter_code", "value_eur").rows() == [("XI", 11.0), ("DEU", 1000.0)]
    assert rows.rejected["reason"].to_list() == [f"{REPEATED} 3"]
    path.write_text(f"{head}{germany};1000\n{germany};1100\n")
    with pytest.raises(SourceError, match="row 3: says something else than row 2"):
        read_easy_comext(path, source_id="e")


def test_sdmx_with_one_number_twice_or_another_layout_is_refused(tmp_path: Path) -> None:
    path = sdmx(tmp_path, ("QUANTITY_IN_100KG", "VALUE_IN_EUROS"))
    with pytest.raises(SourceError, match="row 3: says something else than row 2"):
        read_sdmx_csv(path, source_id="e")
    with pytest.raises(SourceError, match=r"lacks the columns \['INDICATORS'\].*indicator"):
        read_sdmx_csv(sdmx(tmp_path, ("flow,indicators", "flow,indicator")), source_id="e")
