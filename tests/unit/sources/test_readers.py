"""The registry of readers: every published file is known by its beginning, and leads to its table."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from places import FIXTURES
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.sources.readers import FORMATS, module_of, reader, readers, recognise
from retorsion.tables.builders import FLOWS, build_flows, build_measures, builder_options
from retorsion.tables.fields import tables

KNOWN = {
    "customs/BACI_HS92_V202401b.zip": "baci_csv",
    "customs/comtrade_api.csv": "comtrade_csv",
    "customs/comtrade_api.json": "comtrade_json",
    "customs/comtrade_web.csv": "comtrade_web",
    "customs/comtradr.csv": "comtrade_comtradr",
    "customs/estat_area_summary.csv": "japan_customs_area_summary",
    "customs/estat_hs9_by_country.csv": "japan_customs_hs9",
    "customs/estat_hs9_by_office.csv": "japan_customs_hs9",
    "customs/estat_hs9_world.csv": "japan_customs_hs9",
    "customs/customs_series.csv": "japan_customs_time_series",
    "customs/easy_comext.csv": "comext_labels_easy",
    "customs/full_v2_202202.dat": "comext",
    "customs/nc200152.dat": "comext",
    "events/200503.csv": "gdelt",
    "events/20220301.export.CSV": "gdelt",
    "events/20220301001500.export.CSV": "gdelt",
    "events/20220301001500.export.CSV.zip": "gdelt",
    "events/events.2014.tab": "icews",
    "events/ngecEvents.20220301-20220307.txt": "polecat",
    "events/ngecEvents.headline.txt": "polecat",
    "events/ngecEvents.surplus.txt": "polecat",
    "lists/canada_sema.xml": "canada_sema",
    "lists/entities.ftm.json": "followthemoney",
    "lists/eu_fsf_full_1_0.csv": "eu_fsf_1_0",
    "lists/eu_fsf_full_1_1.csv": "eu_fsf",
    "lists/eu_fsf_full_1_1.xml": "eu_fsf_xml",
    "lists/mof_workbook_2022.xlsx": "mof_workbook",
    "lists/ofac_cons_prim.csv": "ofac_sdn",
    "lists/ofac_sdn.csv.gz": "ofac_sdn",
    "lists/ofac_sdn_enhanced.xml": "ofac_enhanced",
    "lists/ofsi_2020_layout.csv": "ofsi",
    "lists/swiss_seco.xml": "swiss_seco",
    "lists/uk_sanctions_list.csv": "uk_sanctions_csv",
    "lists/uk_sanctions_list.xml": "uk_sanctions_xml",
    "lists/un_submitted_on.xml": "un_list",
    "lists/gsdb_r3.csv": "gsdb",
    "lists/gta_interventions.csv": "gta",
    "lists/gta_interventions.json": "gta",
    "lists/mof_shisantouketsu.csv": "mof_list",
    "lists/ofac_sdn.csv": "ofac_sdn",
    "lists/ofsi_ConList.csv": "ofsi",
    "lists/opensanctions_statements.csv": "opensanctions_statements",
    "lists/opensanctions_targets.simple.csv": "opensanctions_targets",
    "lists/un_consolidated.xml": "un_list",
}
REAL = {
    "ofac/sdn_2024-05-03.csv": "ofac_sdn",
    "opensanctions/targets.simple.csv": "opensanctions_targets",
    "gta/gta_interventions_sample.csv": "gta",
    "gdelt/gdelt_daily_edge_RUS_JPN_dyads.csv": "gdelt_dyads",
    "icews/icews_RUS_or_JPN_actor_events.csv": "icews_extract",
    "comtrade/vehicle_trade_armenia.csv.gz": "comtrade_comtradr",
    "comtrade/vehicle_trade_georgia.csv": "comtrade_comtradr",
    "eurostat/raw_example_22_4624885_spreadsheet.xlsx": "comext_labels_data_browser",
}


@pytest.mark.parametrize("file", sorted(KNOWN))
def test_a_published_file_is_known_by_its_beginning_and_its_key_numbers_its_rows(file: str) -> None:
    known = recognise(FIXTURES / file)
    assert known.name == KNOWN[file]
    options = {"year": 2022} if "year" in known.options else {}
    rows = known.read(FIXTURES / file, source_id="x", **options).accepted
    assert len(rows) > 0
    if known.key:
        assert rows.select(known.key).is_unique().all()


@pytest.mark.real
@pytest.mark.parametrize("file", sorted(REAL))
def test_real_files_are_known(real_data: Callable[[str], Path], file: str) -> None:
    assert recognise(real_data(file)).name == REAL[file]


@pytest.mark.parametrize("change", [lambda data: b"\xef\xbb\xbf" + data, gzip.compress])
def test_a_mark_or_compression_does_not_hide_a_format(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(change((FIXTURES / "customs/comtrade_api.csv").read_bytes()))
    assert recognise(path).name == "comtrade_csv"


def test_a_file_with_changed_columns_is_still_known_so_that_its_reader_names_them(tmp_path: Path) -> None:
    text = (FIXTURES / "lists/eu_fsf_full_1_1.csv").read_text(encoding="utf-8-sig")
    path = tmp_path / "eu.csv"
    path.write_text(text.replace("Entity_Remark", "Entity_Remarks", 1), encoding="utf-8")
    known = recognise(path)
    with pytest.raises(SourceError, match="Entity_Remarks"):
        known.read(path, source_id="x")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "is a web page"),
        (b"a,b\n1,2\n", "is CSV with a, b, in no format"),
        (b"PK\x03\x04 and no more", "cannot be read"),
        (b"\x1f\x8b\x08 and no more", "in no format|cannot be read"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0), "is packed with gzip twice"),
        ("day;actor\n1;2\n".encode("utf-16"), "is CSV with day, actor"),
        ("day;actor\n1;2\n".encode("utf-16-le"), "is text in UTF-16"),
        (b"a,b\n1,2\n\x00\x00", "is no text: it holds NUL bytes"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "is a 7z archive. Unpack it"),
        (b"PAR1" + bytes(9), "is Parquet. Name its reader: --reader tidy_flows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), r"old Office .*xlsx.*australia_dfat.*mof_workbook"),
        (b"\xef\xbb\xbf<table border=1><tr><td>A</td></table>", "is a web page, whatever its name"),
        (
            b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>",
            "Excel 2003",
        ),
        (b",".join(b"c%d" % n for n in range(100_000)), "and at least .* No known format is like it"),
        (b"[" * 100_000, "is JSON, in no format.*The nearest formats are comtrade_json"),
        (b'"' + b"x" * 10_000_000, "is text, in no format"),
    ],
)
def test_what_no_reader_knows_is_said(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=problem):
        recognise(path)


def test_a_packed_document_is_named_as_what_it_is(tmp_path: Path) -> None:
    for member, problem in (("word/document.xml", "text document"), ("content.xml", "OpenDocument")):
        with zipfile.ZipFile(tmp_path / "x", "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr(member, "<document/>")
        with pytest.raises(SourceError, match=problem):
            recognise(tmp_path / "x")


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder without any file"):
        recognise(tmp_path)


def test_an_empty_archive_and_a_missing_file_are_said(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.mkdir("folder")
    for name in ("empty.zip", "missing.csv"):
        with pytest.raises(SourceError, match=name):
            recognise(tmp_path / name)


def test_every_list_and_every_customs_file_has_a_builder() -> None:
    kinds = {kind: {r.name for r in readers().values() if r.kind == kind} for kind in ("list", "flows")}
    assert kinds["flows"] == set(FLOWS)
    for name in kinds["list"]:
        assert builder_options("lists", name, "here")["sender_code"]


def test_the_name_of_a_reader_leads_to_its_module() -> None:
    for name, one in readers().items():
        assert one in import_module(module_of(name)).READERS
    assert module_of("ofac_sdn") == f"{FORMATS}.ofac"
    assert module_of("comext_labels_easy") == f"{FORMATS}.comext_labels"
    with pytest.raises(KeyError):
        module_of("flow_of_the_week")


def test_finding_one_reader_imports_no_other_format() -> None:
    code = (
        "import sys; from retorsion.sources.readers import reader; reader('ofac_sdn', 'x'); "
        f"print(*(name for name in sys.modules if name.startswith('{FORMATS}.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"{FORMATS}.ofac"]


def test_an_unknown_reader_is_named() -> None:
    with pytest.raises(SourceError, match="'flow_of_the_week'"):
        reader("flow_of_the_week", "source.yaml")


def test_options_of_a_source_are_checked_before_its_rows_are() -> None:
    def build(**options: object) -> pl.DataFrame:
        return build_flows("japan_customs_area_summary", [pl.DataFrame()], source_id="s", options=options)

    with pytest.raises(ParameterError, match=r"sources\.flows\.s: lacks year"):
        build()
    with pytest.raises(ParameterError, match="has no option 'reporter'"):
        build(reporter="JPN")
    with pytest.raises(ParameterError, match="'ofac_sdn' gives no flows"):
        build_flows("ofac_sdn", [], source_id="s", options={})


def test_several_files_of_one_source_are_one_table_unless_they_overlap() -> None:
    baci = reader("baci_csv", "s").read(FIXTURES / "customs/BACI_HS92_V202401b.zip", source_id="s").accepted
    years = [baci.filter(pl.col("year") == year) for year in (2021, 2022)]
    assert all(len(one) for one in years)
    whole = build_flows("baci_csv", [baci], source_id="s", options={})
    parts = build_flows("baci_csv", years[::-1], source_id="s", options={})
    assert parts.equals(whole)
    assert whole.columns == list(tables()["trade_flows"].columns)
    with pytest.raises(RetorsionError, match="more than one of its files"):
        build_flows("baci_csv", [baci, years[0]], source_id="s", options={})


def test_interventions_become_measures_of_each_affected_state_but_not_liberalising_ones() -> None:
    rows = reader("gta", "s").read(FIXTURES / "lists/gta_interventions.json", source_id="s").accepted
    types = rows["intervention_type"].unique().sort()
    instruments = pl.DataFrame(
        {"intervention_type": types, "instrument_type": "tariff_measure", "flow_type": "import"}
    )
    options = {"with_inferred": True}
    for evaluation, is_kept in (("Red", True), ("Amber", True), ("Green", False)):
        changed = rows.with_columns(pl.lit(evaluation).alias("evaluation"))
        measures, products = build_measures("gta", changed, instruments, source_id="s", options=options)
        assert (len(measures) > 0) is is_kept, evaluation
        assert set(products["measure_id"]) <= set(measures["measure_id"])
    with pytest.raises(ParameterError, match="lacks with_inferred"):
        build_measures("gta", rows, instruments, source_id="s", options={})


def test_one_column_of_many_makes_no_likeness_and_many_missing_ones_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Year,lpop,treat\n2007,8001,5.9\n")
    with pytest.raises(SourceError, match="No known format is like it"):
        recognise(path)
    path.write_text(
        "GLOBALEVENTID,SQLDATE,MonthYear,Year,Actor1Code,Actor2Code,EventCode,QuadClass,AvgTone,x\n" * 2
    )
    with pytest.raises(SourceError, match=r"The nearest formats are gdelt .* and 40 more\)"):
        recognise(path)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_header_is_known_whatever_parts_its_cells(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "file.csv"
    head = (FIXTURES / "lists/gsdb_r3.csv").read_text("latin-1").splitlines()[0]
    path.write_text(head.replace(",", separator) + "\n")
    assert recognise(path).name == "gsdb"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"message": "Rate limit is exceeded."}', "'Rate limit is exceeded.': is the answer of a server"),
        (b'{"error": "unknown variable", "code": 3}', "'unknown variable': is the answer of a server"),
        (b'{"detail": "Not found."}\n', "'Not found.': is the answer of a server"),
        (b'{"message": ""}', "is JSON with message, in no format"),
        (b"country,2019,2020,2021\nJPN,1,2,3\n", "is CSV with country, 2019.* It has periods for columns"),
        (b"reporter;partner;2021-01;2021M02\nJPN;RUS;1;2\n", "It has periods for columns"),
        (b"country,2019,x\nJPN,1,2\n", "The nearest formats are|No known format"),
        (b"JPN,2019,3\nRUS,2020,4\n", "CSV without a header, 3 columns wide"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "a pointer of Git LFS.*git lfs pull",
        ),
        ("day;actor\n1;2\n".encode("utf-32"), "is text in UTF-32"),
        (b"\x00\x00\xfe\xff" + "day;actor\n1;2\n".encode("utf-32-be"), "is text in UTF-32"),
        (b"a.csv" + bytes(252) + b"ustar\x0000" + bytes(500), "is a tar archive. Unpack it"),
    ],
)
def test_what_is_no_data_is_said_and_what_to_do(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=problem):
        recognise(path)
