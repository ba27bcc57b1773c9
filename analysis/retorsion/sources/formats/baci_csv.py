"""CEPII BACI as CEPII publishes it: a zip, or the folder it unpacks to, with one CSV a year.

Members are ``BACI_HS92_Y1995_V202401b.csv`` and so on, ``country_codes_*.csv``, ``product_codes_*.csv`` and a
readme. Columns and tests are those of :mod:`retorsion.sources.formats.baci`; ``q`` may be ``NA`` padded with blanks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.formats.baci import CHECKS, COLUMNS, KEY, NO_QUANTITY, rank, states_of, typed_columns
from retorsion.sources.readers import Head, Reader
from retorsion.sources.rows import Rows
from retorsion.sources.text.archives import member_names, read_member
from retorsion.sources.text.bulk_text import BulkFormat, Direct, check_header, read_bulk
from retorsion.sources.text.published import QuotedLayout, read_layout

#: The largest year has some 300 MB.
MAX_MEMBER = 2**30

_MEMBERS = {
    "flows": r"BACI_HS[0-9]{2}_Y[0-9]{4}_V[0-9]{6}[a-z]?\.csv",
    "countries": r"country_codes_V[0-9]{6}[a-z]?\.csv",
    "products": r"product_codes_HS[0-9]{2}_V[0-9]{6}[a-z]?\.csv",
    "readme": r"[Rr]ead[Mm]e\.txt",
}
_COUNTRIES = QuotedLayout(
    publisher="CEPII", columns=("country_code", "country_name", "country_iso2", "country_iso3"), mark=True
)
_TAKE = "Take the edition as CEPII publishes it."


def read_baci_csv(path: Path, *, source_id: str, years: Collection[int] | None = None) -> Rows:
    """Read years of one edition.

    Args:
        path: the zip, or the folder it was unpacked to.
        source_id: id of the source it belongs to.
        years: the years to read; all if None.

    Returns:
        Columns and order of :func:`retorsion.sources.formats.baci.read_baci`; rejected rows with the name of their
        year's file and their line.

    Raises:
        SourceError: other files than BACI's, a year that is not there, or another layout.
    """
    names = _names(path)
    states = _states(path, names["countries"])
    parts = []
    for name in _of_years(path, names["flows"], years):
        data = read_member(path, name, max_bytes=MAX_MEMBER) if path.is_file() else None
        text = path / name if data is None else data
        format_ = check_header(text, name, {COLUMNS: _format(states)})
        parts.append(read_bulk(path / name, format_, source_id=source_id, data=data, name=name))
    accepted = pl.concat([part.accepted for part in parts]).drop("row", "no_quantity")
    # CEPII writes the years in order already.
    is_ordered = accepted.select(rank()).to_series().is_sorted()
    return Rows(
        accepted if is_ordered else accepted.sort(rank()),
        pl.concat([part.rejected for part in parts]),
    )


def baci_files(folder: Path, *, years: Collection[int] | None = None) -> tuple[list[Path], BulkFormat]:
    """Files of an unpacked edition in order of years, and their format.

    Raises:
        SourceError: other files than BACI's, or a year that is not there.
    """
    names = _names(folder)
    format_ = _format(_states(folder, names["countries"]))
    paths = [folder / name for name in _of_years(folder, names["flows"], years)]
    for path in paths:
        check_header(path, path.name, {COLUMNS: format_})
    return paths, format_


def _format(states: dict[int, str]) -> BulkFormat:
    typed = typed_columns(states)
    typed["no_quantity"] = pl.col("q").is_null() | pl.col("q").is_in(NO_QUANTITY)
    direct = {
        **{check.column: Direct(pl.Int32, check.ok) for check in CHECKS if check.column in "tijk"},
        "v": Direct(pl.Float64, pl.col("value_kusd").is_finite() & (pl.col("value_kusd") >= 0)),
    }
    return BulkFormat("CEPII", COLUMNS, ",", True, typed, CHECKS, direct)


def _names(path: Path) -> dict[str, list[str]]:
    if path.is_dir():
        found = {
            kind: sorted(p.name for p in path.iterdir() if re.fullmatch(pattern, p.name))
            for kind, pattern in _MEMBERS.items()
        }
    else:
        found = member_names(path, _MEMBERS)
    if not found["flows"] or len(found["countries"]) != 1:
        raise SourceError(
            path.name,
            f"holds {len(found['flows'])} years and {len(found['countries'])} tables of countries",
            remedy=_TAKE,
        )
    return found


def _of_years(path: Path, names: Sequence[str], years: Collection[int] | None) -> list[str]:
    by_year = {int(name.split("_Y")[1][:4]): name for name in names}
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


def _states(path: Path, names: Sequence[str]) -> dict[int, str]:
    name = names[0]
    data = read_member(path, name, max_bytes=MAX_MEMBER) if path.is_file() else None
    rows = read_layout(path / name, _COUNTRIES, source_id="", data=data)
    if len(rows.rejected):
        fault = rows.rejected.row(0, named=True)
        raise SourceError(name, str(fault["reason"]), row=fault["row"], remedy=_TAKE)
    return states_of(rows.accepted.select("country_code", "country_iso3").drop_nulls().rows())


def _is_baci_zip(head: Head) -> bool:
    return any(re.fullmatch(r"(.*/)?BACI_HS\d+_Y\d{4}_V\w+\.csv", name) for name in head.members)


READERS = (Reader("baci_csv", "flows", "CEPII BACI, zip of yearly CSV", read_baci_csv, _is_baci_zip, KEY),)
