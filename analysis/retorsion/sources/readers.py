"""The readers of published files: one name each, as sidecars write it, and how to know a file of theirs.

A source names its reader in its sidecar. Whoever brings a file need not know the name: :func:`recognise`
looks at the first bytes. To add a format, write its reader beside the others and one entry here; what its
rows become in a table stands in :mod:`retorsion.tables.builders`.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from retorsion.errors import SourceError
from retorsion.sources.formats.baci import read_baci
from retorsion.sources.formats.baci_csv import read_baci_csv
from retorsion.sources.formats.comext import read_comext
from retorsion.sources.formats.comtrade import (
    read_comtrade_csv,
    read_comtrade_json,
    read_comtrade_web_csv,
    read_comtradr_csv,
)
from retorsion.sources.formats.ecb import read_reference_rates
from retorsion.sources.formats.eu_fsf import read_eu_fsf
from retorsion.sources.formats.gdelt import read_gdelt, read_gdelt_dyads
from retorsion.sources.formats.gsdb import read_gsdb
from retorsion.sources.formats.gta import read_gta
from retorsion.sources.formats.icews import read_icews, read_icews_extract
from retorsion.sources.formats.japan_customs import read_area_summary, read_hs9
from retorsion.sources.formats.mof_list import read_mof_list
from retorsion.sources.formats.ofac import read_ofac
from retorsion.sources.formats.ofsi import read_ofsi
from retorsion.sources.formats.opensanctions import read_opensanctions, read_opensanctions_statements
from retorsion.sources.formats.polecat import read_polecat
from retorsion.sources.formats.recorded import LAYOUTS, read_recorded
from retorsion.sources.formats.un_list import read_un_list
from retorsion.sources.rows import Rows
from retorsion.sources.text.archives import DAMAGED

#: What the rows of a file are, and so which table they may become.
Kind = Literal["list", "flows", "interventions", "cases", "events", "rates", "record"]

#: Bytes of a file that are looked at.
HEAD_BYTES = 1 << 16

#: Columns of a list that differ from vintage to vintage without any change of a subject.
NOT_OF_THE_SUBJECT = ("row", "n_rows", "first_seen", "last_seen", "last_change")

_COMTRADE_KEY = (
    "period_start", "n_months", "reporter_code", "partner_code", "second_partner_code", "flow_type",
    "product_system", "product_code", "customs_code", "transport_code",
)  # fmt: skip
_HS9_KEY = (
    "period_start", "period_type", "reporter_code", "partner_code", "customs_office_code", "flow_type",
    "product_code",
)  # fmt: skip
_COMEXT_KEY = (
    "period_start", "n_months", "reporter_code", "partner_code", "flow_type", "product_system",
    "product_code", "trade_type", "procedure_code",
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The beginning of a file.

    Attributes:
        name: its name.
        members: names of the members, if it is a zip.
        start: first bytes, those of the first data member of a zip, unpacked from gzip.
    """

    name: str
    members: tuple[str, ...]
    start: bytes

    @property
    def lines(self) -> list[str]:
        """The first lines as text; bytes that are no UTF-8 stay readable."""
        return self.start.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").splitlines()

    def cells(self, separator: str = ",", line: int = 0) -> list[str]:
        """Cells of one of the first lines."""
        lines = self.lines
        if len(lines) <= line or len(lines[line]) > csv.field_size_limit():
            return []
        try:
            return next(csv.reader([lines[line]], delimiter=separator), [])
        except csv.Error:
            return []


@dataclass(frozen=True)
class Reader:
    """One published format.

    Attributes:
        name: as in the field ``reader`` of a sidecar.
        kind: what its rows are.
        what: the publication, in words.
        read: the function: path and ``source_id`` in, rows out.
        is_it: whether a file that begins so is in this format.
        key: columns that number an accepted row, by which two vintages are compared; empty where none do.
        options: names of parameters of ``read`` that only the user can give.
    """

    name: str
    kind: Kind
    what: str
    read: Callable[..., Rows]
    is_it: Callable[[Head], bool]
    key: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def header(*columns: str, separator: str = ",", line: int = 0) -> Callable[[Head], bool]:
    """Test that one of the first lines has these columns; others are for the reader to name."""
    return lambda head: set(columns) <= set(head.cells(separator, line))


def _starts(pattern: str) -> Callable[[Head], bool]:
    compiled = re.compile(pattern.encode())
    return lambda head: compiled.match(head.start.removeprefix(codecs.BOM_UTF8)) is not None


def _is_sdn(head: Head) -> bool:
    cells = head.cells()
    return len(cells) == 12 and cells[0].isdecimal() and any(cell.strip() == "-0-" for cell in cells)


def _is_gdelt(head: Head) -> bool:
    cells = head.cells("\t")
    return (
        len(cells) in (57, 58, 61) and cells[0].isdecimal() and re.fullmatch(r"\d{8}", cells[1]) is not None
    )


def _is_area_summary(head: Head) -> bool:
    return any(re.match(r"Exp or Imp,(Year,)?Area,", line) for line in head.lines[:20])


def _is_baci_zip(head: Head) -> bool:
    return any(re.fullmatch(r"(.*/)?BACI_HS\d+_Y\d{4}_V\w+\.csv", name) for name in head.members)


def _recorded(name: str, kind: Kind, what: str, key: tuple[str, ...]) -> Reader:
    columns = LAYOUTS[name].columns
    return Reader(
        name, kind, what, partial(read_recorded, layout=name), lambda head: head.cells() == list(columns), key
    )


_LIST = ("list_number",)

_ALL = (
    Reader("ofac_sdn", "list", "OFAC, SDN list (sdn.csv)", read_ofac, _is_sdn, _LIST),
    Reader("mof_list", "list", "Ministry of Finance Japan, asset-freeze list (shisantouketsu<day>.csv)",
           read_mof_list, header("区分", "告示日付"), _LIST),
    Reader("ofsi", "list", "OFSI, UK consolidated list (ConList.csv)",
           read_ofsi, header("Group ID", "Listed On", line=1), _LIST),
    Reader("eu_fsf", "list", "European Commission, financial sanctions (csvFullSanctionsList_1_1)",
           read_eu_fsf, header("Entity_LogicalId", separator=";"), _LIST),
    Reader("un_list", "list", "United Nations, consolidated list (XML)",
           read_un_list, _starts(r"\s*(<\?xml[^>]*>\s*)?<CONSOLIDATED_LIST"), _LIST),
    Reader("opensanctions_targets", "list", "OpenSanctions, targets.simple.csv",
           read_opensanctions, header("id", "schema", "countries", "first_seen"), _LIST),
    Reader("opensanctions_statements", "list", "OpenSanctions, statements.csv",
           read_opensanctions_statements, header("canonical_id", "prop", "schema"), ("id",)),
    _recorded("asset_freeze_list", "list", "a recorded list of designations", ("number",)),
    Reader("gta", "interventions", "Global Trade Alert, interventions (JSON or CSV)", read_gta,
           lambda head: header("intervention_id")(head) or _starts(r'\s*\[\s*\{[^}]*"intervention_id"')(head),
           ("intervention_id",)),
    Reader("gsdb", "cases", "Global Sanctions Data Base", read_gsdb,
           header("sanctioned_state", "sanctioning_state"), ("case_id",)),
    Reader("japan_hs9", "flows", "Trade Statistics of Japan, statistical codes (e-Stat CSV)",
           read_hs9, header("Exp or Imp", "HS", "Value-Jan"), _HS9_KEY),
    Reader("japan_area_summary", "flows", "Trade Statistics of Japan, summary by area",
           read_area_summary, _is_area_summary,
           ("period_start", "reporter_code", "area", "flow_type", "product_level", "product_code"),
           ("year",)),
    Reader("comtrade_json", "flows", "UN Comtrade, answer of the API (JSON)",
           read_comtrade_json, _starts(r'\s*\{[^\[]*"data"\s*:\s*\['), _COMTRADE_KEY),
    Reader("comtrade_csv", "flows", "UN Comtrade, the API's CSV",
           read_comtrade_csv, header("typeCode", "refPeriodId", "cmdCode"), _COMTRADE_KEY),
    Reader("comtrade_web", "flows", "UN Comtrade, CSV of the web site until 2022",
           read_comtrade_web_csv, header("Classification", "Trade Flow Code", "Commodity Code"),
           _COMTRADE_KEY),
    Reader("comtradr", "flows", "UN Comtrade through the R package comtradr",
           read_comtradr_csv, header("period_desc", "trade_flow", "commodity_code"), _COMTRADE_KEY),
    Reader("comext", "flows", "Eurostat Comext, monthly bulk file",
           read_comext, lambda head: header("REPORTER", "PRODUCT_NC")(head)
           or header("DECLARANT", "PRODUCT_NC")(head), _COMEXT_KEY),
    Reader("baci", "flows", "CEPII BACI in SQLite", read_baci, _starts(r"SQLite format 3\x00"),
           ("year", "exporter_code", "importer_code", "hs6")),
    Reader("baci_csv", "flows", "CEPII BACI, zip of yearly CSV", read_baci_csv, _is_baci_zip,
           ("year", "exporter_code", "importer_code", "hs6")),
    _recorded("ministry_monthly_trade", "flows", "a ministry's recorded monthly trade",
              ("flow", "partner", "goods_level", "goods", "period_start")),
    Reader("reference_rates", "rates", "European Central Bank, reference rates (eurofxref-hist.zip)",
           read_reference_rates, lambda head: "eurofxref-hist.csv" in head.members,
           ("rate_date", "currency_code")),
    Reader("gdelt", "events", "GDELT 1.0 or 2.0, event export", read_gdelt, _is_gdelt, ("event_id",)),
    Reader("gdelt_dyads", "events", "daily scores of pairs of states from GDELT", read_gdelt_dyads,
           header("date", "country_a", "country_b", "edge_sum"),
           ("event_date", "state_a_code", "state_b_code")),
    Reader("icews", "events", "ICEWS coded event data", read_icews,
           header("Event ID", "CAMEO Code", separator="\t")),
    Reader("icews_extract", "events", "extract of the ICEWS benchmark files", read_icews_extract,
           header("source_name", "target_name", "cameo_code", "benchmark_files")),
    Reader("polecat", "events", "POLECAT weekly or yearly events", read_polecat,
           header("Event ID", "Event Type", "Quad Code", separator="\t"), ("event_id",)),
    _recorded("headline_figures", "record", "trade figures from the press", ()),
    _recorded("cameo_scores", "record", "scores of CAMEO codes", ("cameo_code",)),
    _recorded("plover_scores", "record", "scores of PLOVER categories and modes", ("category", "mode")),
    _recorded("high_priority_list", "record", "a list of goods", ("hs6_2022",)),
)  # fmt: skip

#: Every reader by the name that sidecars use.
READERS = {reader.name: reader for reader in _ALL}


def reader(name: str, file: Path | str) -> Reader:
    """The reader that a sidecar names.

    Args:
        name: the field ``reader``.
        file: the sidecar, for the message.

    Raises:
        SourceError: there is none of this name.
    """
    if name not in READERS:
        raise SourceError(
            file,
            "is not the name of a reader of published files",
            column="reader",
            value=name,
            remedy=f"Use one of: {', '.join(sorted(READERS))}.",
        )
    return READERS[name]


def recognise(path: Path) -> Reader:
    """The one reader whose format a file begins in.

    Args:
        path: the file.

    Raises:
        SourceError: it is missing, empty or a web page, or no reader or more than one knows it.
    """
    head = head_of(path)
    if re.match(rb"\s*<(!doctype html|html)", head.start.removeprefix(codecs.BOM_UTF8), re.IGNORECASE):
        raise SourceError(path.name, "is a web page", remedy="Download the file that the page links to.")
    known = [one for one in _ALL if one.is_it(head)]
    if len(known) == 1:
        return known[0]
    names = ", ".join(one.name for one in known or _ALL)
    raise SourceError(
        path.name,
        "is in no layout that a reader knows" if not known else "could be in several layouts",
        value=(head.lines or [""])[0][:80],
        remedy=f"Name its reader with --reader: {names}.",
    )


def head_of(path: Path) -> Head:
    """The beginning of a file, bounded in size.

    Raises:
        SourceError: it is missing, empty, or a damaged archive.
    """
    try:
        with path.open("rb") as file:
            start = file.read(HEAD_BYTES)
        if not start.strip():
            raise SourceError(path.name, "the file is empty", remedy="Fetch the file again.")
        if start.startswith(b"\x1f\x8b"):
            return Head(path.name, (), zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, HEAD_BYTES))
        if start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive:
                names = tuple(sorted(archive.namelist()))
                with archive.open(next(n for n in names if not n.endswith("/"))) as member:
                    return Head(path.name, names, member.read(HEAD_BYTES))
    except (*DAMAGED, StopIteration) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it holds no file"
        raise SourceError(path.name, f"cannot be read ({reason})", remedy="Fetch the file again.") from None
    return Head(path.name, (), start)
