"""CEPII BACI as CEPII publishes it: a zip, the folder it unpacks to, or the CSV of one year.

Members are ``BACI_HS92_Y1995_V202401b.csv`` and so on, ``country_codes_*.csv``, ``product_codes_*.csv`` and a
readme. Their names say in which revision of the Harmonized System the products are. Until 2023 the table of
countries had other columns and was in Latin-1. Columns and tests are those of
:mod:`retorsion.sources.formats.baci`; ``q`` may be ``NA`` padded with blanks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import m49_states
from retorsion.sources.formats.baci import (
    CHECKS,
    COLUMNS,
    KEY,
    NO_QUANTITY,
    in_system,
    rank,
    states_of,
    system_of,
    typed_columns,
)
from retorsion.sources.readers import Beginning, Head, Reader
from retorsion.sources.rows import Rows, once
from retorsion.sources.states import iso_codes
from retorsion.sources.text.archives import member_names, read_member, unpacked
from retorsion.sources.text.bulk_text import (
    BulkFormat,
    Direct,
    check_header,
    encoding_of,
    read_bulk,
)
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.published import QuotedLayout, read_layout
from retorsion.sources.text.saved import as_published_text

_RELEASE = r"V[0-9]{6}[a-z]?\.csv"
_YEAR = rf"BACI_HS[0-9]{{2}}_Y[0-9]{{4}}_{_RELEASE}"
_MEMBERS = {
    "flows": rf"(.*/)?{_YEAR}",
    "countries": rf"(.*/)?country_codes_{_RELEASE}",
    "products": rf"(.*/)?product_codes_HS[0-9]{{2}}_{_RELEASE}",
    "readme": r"(.*/)?[Rr]ead_?[Mm]e\.txt",
}
#: Columns of number and three-letter code in the table of countries, by its header.
_COUNTRIES = {
    ("country_code", "country_name", "country_iso2", "country_iso3"): ("country_code", "country_iso3"),
    (
        "country_code",
        "country_name_abbreviation",
        "country_name_full",
        "iso_2digit_alpha",
        "iso_3digit_alpha",
    ): ("country_code", "iso_3digit_alpha"),
}
#: What tells one flow of a file from another.
_FLOW = ("year", "exporter_code", "importer_code", "hs6")
_TAKE = "Take the edition as CEPII publishes it."


def read_baci_csv(path: Path, *, source_id: str, years: Collection[int] | None = None) -> Rows:
    """Read years of one edition.

    Args:
        path: the zip, the folder it was unpacked to, or the CSV of one year, packed or not. Beside such a CSV
            the edition's table of countries is looked for.
        source_id: id of the source it belongs to.
        years: the years to read; all if None.

    Returns:
        Columns and order of :func:`retorsion.sources.formats.baci.read_baci`; rejected rows with the name of their
        year's file and their line. A note says where a year without the table of countries was read by the
        numbers of UN Comtrade, which CEPII keeps.

    Raises:
        SourceError: other files than BACI's, a year that is not there or is there twice, several revisions of
            the Harmonized System, two rows that say different things of one flow, or another layout.
    """
    names = _names(path)
    notes: tuple[str, ...] = ()
    if names["countries"]:
        states = _states(path, names["countries"][0])
    else:
        states = {int(number): state for number, state in m49_states().items()}
        notes = (
            "the file has no table of countries beside it: its numbers are read as those of UN Comtrade",
        )
    system = system_of([Path(name).name for name in names["flows"]], path)
    format_ = _format(states)
    parts = []
    for name in _of_years(path, names["flows"], years):
        packed, short = _member(path, name), Path(name).name
        data = as_published_text(packed, short, {COLUMNS: format_})
        assert isinstance(data, bytes)
        check_header(data, short, {COLUMNS: format_})
        read = read_bulk(path / name, format_, source_id=source_id, data=data, name=short)
        parts.append(_in_order(read, source_id, short))
        notes += parts[-1].notes
    accepted = pl.concat([part.accepted for part in parts])
    # CEPII writes the years in order already.
    is_ordered = accepted.select(rank()).to_series().is_sorted()
    return Rows(
        in_system(accepted if is_ordered else accepted.sort(rank()), system),
        pl.concat([part.rejected for part in parts]),
        notes,
    )


def _in_order(read: Rows, source_id: str, file: str) -> Rows:
    """Flows of a year in order of the codes of states, each once; CEPII writes each once, in order of their numbers.

    Raises:
        SourceError: two rows say different things of one flow.
    """
    aside = ("row", "no_quantity")
    ranks = read.accepted.select(rank()).to_series()
    places = ranks.arg_sort()
    sorted_ranks = ranks.gather(places)
    if bool((sorted_ranks[1:] == sorted_ranks[:-1]).any()):
        read = once(read, _FLOW, source_id=source_id, file=file)
        return replace(read, accepted=read.accepted.drop(aside).sort(rank()))
    return replace(read, accepted=read.accepted.drop(aside)[places])


def _format(states: Mapping[int, str]) -> BulkFormat:
    typed = typed_columns(states)
    typed["no_quantity"] = pl.col("q").is_null() | pl.col("q").is_in(NO_QUANTITY)
    direct = {
        **{check.column: Direct(pl.Int32, check.ok) for check in CHECKS if check.column in "tijk"},
        "v": Direct(pl.Float64, pl.col("value_kusd").is_finite() & (pl.col("value_kusd") >= 0)),
    }
    return BulkFormat("CEPII", COLUMNS, ",", True, typed, CHECKS, direct)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _names(path: Path) -> dict[str, list[str]]:
    """Names of what an edition holds, by kind: within the folder or the zip, or beside the CSV of one year."""
    try:
        if path.is_dir() or not _is_zip(path):
            folder = path if path.is_dir() else path.parent
            found = {
                kind: sorted(p.name for p in folder.iterdir() if re.fullmatch(pattern, p.name))
                for kind, pattern in _MEMBERS.items()
            }
            if not path.is_dir():
                found["flows"] = [path.name]
        else:
            found = member_names(path, _MEMBERS)
    except OSError as error:
        raise SourceError(
            path.name, f"cannot be read ({error.strerror})", remedy="Fetch the file again."
        ) from None
    n_tables = len(found["countries"])
    if not found["flows"] or n_tables > 1 or (n_tables == 0 and (path.is_dir() or _is_zip(path))):
        raise SourceError(
            path.name,
            f"holds {len(found['flows'])} years and {n_tables} tables of countries",
            remedy=_TAKE,
        )
    return found


def _member(path: Path, name: str) -> bytes:
    if path.is_file() and _is_zip(path):
        return read_member(path, name, within="file_bytes")
    return unpacked((path if path.is_dir() else path.parent) / name)[0]


def _of_years(path: Path, names: Sequence[str], years: Collection[int] | None) -> list[str]:
    """Names of the files of some years, in order; the CSV of one year may have any name."""
    stated = [re.search(r"_Y([0-9]{4})_", name) for name in names]
    by_year = {int(year[1]) if year else 0: name for year, name in zip(stated, names, strict=True)}
    if len(by_year) != len(names):
        raise SourceError(path.name, "holds a year twice", remedy=_TAKE)
    wanted = sorted(by_year if years is None else set(years))
    absent = [year for year in wanted if year not in by_year]
    if absent or not wanted:
        raise SourceError(
            path.name,
            f"does not hold the years {absent}",
            remedy=f"It holds {min(by_year)} to {max(by_year)}.",
        )
    return [by_year[year] for year in wanted]


def _states(path: Path, name: str) -> dict[int, str]:
    """State codes by number, of the edition's own table."""
    data, short = _member(path, name), Path(name).name
    header = data.partition(b"\n")[0].decode("latin-1").strip().removeprefix("ï»¿").replace('"', "")
    columns = tuple(header.split(","))
    if columns not in _COUNTRIES:
        raise SourceError(
            short,
            "is no table of countries of CEPII",
            row=1,
            value=header[:200],
            remedy=f"Known headers are: {'; '.join(','.join(known) for known in _COUNTRIES)}.",
        )
    layout = QuotedLayout(publisher="CEPII", columns=columns, encoding=encoding_of(data))
    rows = read_layout(path / name, layout, source_id="", data=data)
    if len(rows.rejected):
        fault = rows.rejected.row(0, named=True)
        raise SourceError(short, str(fault["reason"]), row=fault["row"], remedy=_TAKE)
    listed = rows.accepted.select(_COUNTRIES[columns]).rows()
    # Some former states have no code there; the numbers are those of UN Comtrade.
    former = {int(n): m49_states()[n] for n, iso3 in listed if n in m49_states() and iso3 not in iso_codes()}
    return {**former, **states_of((n, iso3) for n, iso3 in listed if n is not None and iso3 is not None)}


def _is_baci(head: Head) -> bool:
    has_years = any(re.fullmatch(_MEMBERS["flows"], name) for name in head.members)
    columns = sorted(COLUMNS)
    is_year = any(sorted(filter(None, head.cells(separator))) == columns for separator in SEPARATORS)
    return has_years or (not head.members and is_year)


READERS = (
    Reader(
        "baci_csv",
        "flows",
        "CEPII BACI, zip or folder of yearly CSV, or one year",
        read_baci_csv,
        Beginning("CSV", COLUMNS, _is_baci),
        KEY,
    ),
)
