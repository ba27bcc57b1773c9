"""US Census Bureau: monthly trade of the United States by Harmonized System code, as the API answers.

The answer is JSON, a list of lists of which the first are the names of variables, or the same as CSV. Imports
(``I_COMMODITY``) are general imports at customs value, exports (``E_COMMODITY``) are valued at the port: neither
has freight and insurance in it, and both stand as FOB. Codes have two to ten digits, ``-`` is the total; the code
of a country is of Schedule C, ``-`` is the world, and codes such as ``0003`` or ``4XXX`` are groups. Weights by
vessel and air leave out what crosses by land, so that they are no weight of the flow and are not read. US Census
Bureau, Guide to the International Trade Datasets, timeseries/intltrade/imports/hs and exports/hs.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from pathlib import Path
from types import NoneType
from typing import Any

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import HS_CHAPTER, to_state, us_census_states
from retorsion.sources.readers import Head, Reader
from retorsion.sources.rows import ROW, Check, Rows, empty_quarantine, once, sift
from retorsion.sources.states import UNKNOWN_STATE, aggregates, aliases
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.bulk_text import each_once, header_of, read_encoded
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.json_text import read_json
from retorsion.sources.text.published import QuotedLayout, read_layout
from retorsion.sources.text.words import Meanings

#: Variables of each direction: code, value in dollars, quantity and its unit.
VARIABLES = {
    "import": ("I_COMMODITY", "GEN_VAL_MO", "GEN_QY1_MO", "UNIT_QY1"),
    "export": ("E_COMMODITY", "ALL_VAL_MO", "QTY_1_MO", "UNIT_QY1"),
}
#: Variables that split a flow into parts, which other data sets have.
_PARTS = ("DISTRICT", "DIST_NAME", "PORT", "PORT_NAME", "STATE", "DF")
_LEVELS = {2: "hs2", 4: "hs4", 6: "hs6", 10: "hs10"}
_CODE = f"^({HS_CHAPTER}([0-9]{{2}}|[0-9]{{4}}|[0-9]{{8}})?|-)$"
_KEY = ("period_start", "partner_code", "flow_type", "product_level", "product_code")
#: Codes of groups of countries.
_GROUP = "^(00[0-9]{2}|[1-7]XXX)$"
_TAKE = "Take the answer as the API gives it."


def read_us_census(path: Path, *, source_id: str) -> Rows:
    """Read one answer of the API.

    Args:
        path: JSON or CSV, packed or not, with ``CTY_CODE``, ``time`` (or ``YEAR`` and ``MONTH``), and the
            commodity and value of one direction.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (position in the list or line of the CSV), ``period_start``, ``n_months`` (1),
        ``reporter_code``, ``partner_code``, ``flow_type``, ``product_system`` (us_hs10), ``product_level``
        (total, hs2, hs4, hs6, hs10), ``product_code``, ``value_usd``, ``quantity``, ``quantity_unit``,
        ``valuation_type``, ``is_aggregate``. A quantity of 0 beside a value is one that nobody measured, and is
        null.

    Raises:
        SourceError: no answer of the API, one without rows, by port or state, or with both directions; or two
            rows that say different things of the same flow.
    """
    data, _ = unpacked(path)
    if data.lstrip()[:1] in (b"[", b"{"):
        return _tidy(_from_json(data, path), path, source_id)
    columns, separator = _columns(data, path)
    frame = _unquoted(data, columns, path) if separator == "," and b'"' not in data else None
    if frame is not None:
        rows = _tidy(Rows(frame, empty_quarantine()), path, source_id)
        if rows.rejected.is_empty():
            return rows
    layout = QuotedLayout(publisher="the US Census Bureau", columns=columns, words=_words(columns))
    return _tidy(read_layout(path, layout, source_id=source_id, data=data), path, source_id)


def _tidy(read: Rows, path: Path, source_id: str) -> Rows:
    """Rows of text in tidy columns, each once; those that fail a test are quarantined."""
    table = read.accepted
    flow, variables = _direction(table.columns, path)
    typed = _typed(table.columns, flow, variables)
    meanings = Meanings(table)
    checks = _checks(table.columns, variables, typed)
    sifted = sift(table, checks, source_id=source_id, file=path.name, meanings=meanings)
    made = meanings.for_rows(sifted.accepted).of({"CTY_CODE": pl.col("CTY_CODE"), **typed})
    accepted = made.insert_column(0, sifted.accepted[ROW])
    whole = Rows(accepted, pl.concat([read.rejected, sifted.rejected]))
    each = once(whole, ("CTY_CODE", *_KEY), source_id=source_id, file=path.name)
    finished = replace(each, accepted=_made(each.accepted))
    return finished.check(len(table) + len(read.rejected), path.name)


def _typed(columns: list[str], flow: str, variables: tuple[str, str, str, str]) -> dict[str, pl.Expr]:
    code, value, quantity, unit = variables
    none = pl.lit(None, dtype=pl.String)
    given = {name: pl.col(name) if name in columns else none for name in (quantity, unit)}
    month = pl.col("time") if "time" in columns else pl.col("YEAR") + "-" + pl.col("MONTH").str.zfill(2)
    first = pl.when(month.str.contains("^[0-9]{4}-[0-9]{2}$")).then(month + "-01")
    country = pl.col("CTY_CODE")
    state = to_state(country, us_census_states())
    is_total = pl.col(code) == "-"
    level = pl.col(code).str.len_bytes().replace_strict(_LEVELS, default=None, return_dtype=pl.String)
    number = pl.col(value).cast(pl.Float64, strict=False)
    amount = given[quantity].cast(pl.Float64, strict=False)
    return {
        "period_start": first.str.to_date("%Y-%m-%d", strict=False),
        "partner_code": pl.when(country.str.contains(_GROUP)).then(pl.lit("US") + country).otherwise(state),
        "flow_type": pl.lit(flow),
        "product_code": pl.when(is_total).then(pl.lit("TOTAL")).otherwise(pl.col(code)),
        "product_level": pl.when(is_total).then(pl.lit("total")).otherwise(level),
        "value_usd": number,
        "quantity": pl.when((amount != 0) | (number == 0)).then(amount),
        "quantity_unit": pl.when(~given[unit].is_in(["-", "X"])).then(given[unit]),
    }


def _checks(
    columns: list[str], variables: tuple[str, str, str, str], typed: dict[str, pl.Expr]
) -> tuple[Check, ...]:
    code, value, quantity, _ = variables
    number = typed["value_usd"]
    checks = [
        Check(
            "time" if "time" in columns else "MONTH",
            typed["period_start"].is_not_null(),
            "is not a month",
            _TAKE,
        ),
        Check(
            "CTY_CODE",
            typed["partner_code"].is_not_null(),
            f"{UNKNOWN_STATE} of Schedule C",
            "Add it to states.csv under the system 'us_census', with the reason.",
        ),
        Check(code, pl.col(code).str.contains(_CODE), "is not a code of the Harmonized System", _TAKE),
        Check(value, number.is_finite() & (number >= 0), "is not a number of at least 0", _TAKE),
    ]
    if quantity in columns:
        amount = pl.col(quantity).cast(pl.Float64, strict=False)
        missing = pl.col(quantity).is_null() | (pl.col(quantity).cast(pl.String) == "-")
        ok = (amount.is_finite() & (amount >= 0)) | missing
        checks.append(Check(quantity, ok, "is not a number of at least 0", _TAKE))
    return tuple(checks)


def _made(rows: pl.DataFrame) -> pl.DataFrame:
    partner = pl.col("partner_code")
    is_group = pl.col("CTY_CODE").str.contains(_GROUP)
    return rows.select(
        ROW,
        "period_start",
        pl.lit(1, dtype=pl.Int64).alias("n_months"),
        pl.lit(aliases("publisher")["US Census Bureau"]).alias("reporter_code"),
        "partner_code",
        "flow_type",
        pl.lit("us_hs10").alias("product_system"),
        "product_level",
        "product_code",
        "value_usd",
        "quantity",
        "quantity_unit",
        pl.lit("FOB").alias("valuation_type"),
        (is_group | partner.is_in(list(aggregates())) | (pl.col("product_code") == "TOTAL")).alias(
            "is_aggregate"
        ),
    )


def _direction(columns: list[str], path: Path) -> tuple[str, tuple[str, str, str, str]]:
    found = [flow for flow, (code, value, *_) in VARIABLES.items() if {code, value} <= set(columns)]
    has_month = "time" in columns or {"YEAR", "MONTH"} <= set(columns)
    if len(found) != 1 or "CTY_CODE" not in columns or not has_month:
        needed = " or ".join(f"{code} and {value}" for code, value, *_ in VARIABLES.values())
        raise SourceError(
            path.name,
            "lacks variables that are needed",
            row=1,
            value=",".join(columns)[:200],
            remedy=f"Ask the API for CTY_CODE, time, and {needed}.",
        )
    if parts := sorted(set(columns) & set(_PARTS)):
        raise SourceError(
            path.name,
            f"is split by {', '.join(parts)}, so that its rows are parts of flows",
            row=1,
            remedy="Ask the data set imports/hs or exports/hs without them.",
        )
    return found[0], VARIABLES[found[0]]


def _from_json(data: bytes, path: Path) -> Rows:
    loaded = read_json(data, path.name, remedy=_TAKE)
    if isinstance(loaded, dict) and len(loaded) == 1:  # as other programs wrap what the API answers
        loaded = next(iter(loaded.values()))
    is_table = isinstance(loaded, list) and loaded and all(isinstance(row, list) for row in loaded)
    if not is_table or not all(isinstance(name, str) and name for name in loaded[0]) or len(loaded[0]) > 100:
        raise SourceError(path.name, "is no list of rows under a row of names", remedy=_TAKE)
    names: list[str] = loaded[0]
    kept = {name: place for place, name in enumerate(names)}  # the API repeats variables that are predicates
    if len(loaded) == 1:
        raise SourceError(path.name, "holds no row", remedy="Correct the query and ask again.")
    rows: list[list[Any]] = loaded[1:]
    kinds = set(map(type, chain.from_iterable(rows)))
    if kinds & {list, dict} or set(map(len, rows)) != {len(names)}:
        odd = (
            number
            for number, row in enumerate(rows, start=2)
            if len(row) != len(names) or any(isinstance(cell, list | dict) for cell in row)
        )
        raise SourceError(path.name, f"has not {len(names)} single values", row=next(odd), remedy=_TAKE)
    is_text = kinds <= {str, NoneType} and b"\\u" not in data
    columns = []
    for name, place in kept.items():
        cells = map(itemgetter(place), rows)
        columns.append(pl.Series(name, list(cells if is_text else map(_as_text, cells)), dtype=pl.String))
    frame = pl.DataFrame(columns).select(pl.when(pl.all() != "").then(pl.all())).with_row_index(ROW, offset=2)
    return Rows(frame.with_columns(pl.col(ROW).cast(pl.Int64)), empty_quarantine())


def _as_text(value: object) -> str | None:
    # JSON can hold half of a surrogate pair, which is no text.
    return None if value is None else str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _columns(data: bytes, path: Path) -> tuple[tuple[str, ...], str]:
    """The columns, and what parts them."""
    found, separator = header_of(data, path.name, "".join(SEPARATORS))
    columns = each_once(found, path.name)
    _direction(list(columns), path)
    return columns, separator


def _words(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of few distinct cells; the codes of goods are so many that to number them costs more than it saves."""
    coded = {"CTY_CODE", "time", "YEAR", "MONTH", *(unit for *_, unit in VARIABLES.values())}
    return tuple(name for name in columns if name in coded)


def _unquoted(data: bytes, columns: tuple[str, ...], path: Path) -> pl.DataFrame | None:
    """What is read of a text without quotes, fast; None where it has to be read line by line."""
    read = {name for variables in VARIABLES.values() for name in variables} | set(_words(columns))
    wanted = [name for name in columns if name in read]
    figures = {name for _, value, quantity, _ in VARIABLES.values() for name in (value, quantity)}
    numbers = [name for name in wanted if name in figures]
    words = _words(columns)
    return read_encoded(data, path.name, columns, ",", wanted=wanted, words=words, numbers=numbers)


def _is_census(head: Head) -> bool:
    codes = {code for code, *_ in VARIABLES.values()}
    if begins := re.match(rb'\s*(?:\{\s*"\w+"\s*:\s*)?\[', head.start):
        first = head.start[begins.end() :].lstrip().partition(b"]")[0].decode("utf-8", "replace")
        names = {cell.strip(' "[') for cell in first.split(",")}
    else:
        names = {cell.strip() for separator in SEPARATORS for cell in head.cells(separator)}
    return "CTY_CODE" in names and bool(names & codes)


READERS = (
    Reader(
        "us_census",
        "flows",
        "US Census Bureau, monthly trade by Harmonized System code (API)",
        read_us_census,
        _is_census,
        _KEY,
    ),
)
