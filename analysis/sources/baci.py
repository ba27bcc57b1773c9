"""CEPII BACI: bilateral trade of all pairs of states, reconciled between exporter and importer.

Layout ``t`` year, ``i`` exporter, ``j`` importer, ``k`` HS six-digit code, ``v`` thousand US dollars FOB,
``q`` tonnes, which may be ``NA``; here as the table ``baci_trade`` of an SQLite file with the tables of
country and product codes beside it. Gaulier, G. and Zignago, S. (2010), BACI: International Trade
Database at the Product-Level, CEPII Working Paper 2010-23.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import polars as pl

from analysis.errors import SourceError
from analysis.sources.rows import ROW, Check, Rows, empty_quarantine, sift
from analysis.sources.states import aliases, iso_codes

COLUMNS = ("t", "i", "j", "k", "v", "q")

#: Rows of one query: enough for SQLite to keep a core busy, and text of far less than the 1 GB it hands over.
PART_ROWS = 2**17


def read_baci(path: Path, *, source_id: str) -> Rows:
    """Read all flows of a BACI SQLite file.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        In order of year, exporter, importer and product: ``year`` (Int32), ``exporter_code``,
        ``importer_code`` (Enum of ISO 3166-1 alpha-3 and the codes that states.csv gives), ``hs6`` (Int32;
        the code without its leading zero), ``value_kusd``, ``quantity_tonnes`` (null where the source has
        none); and the rows that failed a check, with their rowid.

    Raises:
        SourceError: not an SQLite file, or the tables are not those of BACI.
    """
    states = states_of(_select(path, "SELECT country_code, country_iso3 FROM {}", "country_codes"))
    bounds = _bounds(path)
    typed = _read_at_once(path, bounds, states)
    rejected = empty_quarantine()
    if typed is None:  # only now are text and number of each row worth their time
        raw = _read_one_by_one(path, bounds)
        numbered = pl.concat([raw, raw.select(**typed_columns(states, padded=True))], how="horizontal")
        good = numbered.select(_IS_GOOD).to_series()
        rejected = sift(
            numbered.filter(~good).sort(ROW), CHECKS, source_id=source_id, file=path.name
        ).rejected
        typed = numbered.filter(good).drop(ROW, *COLUMNS)
    first, end = bounds
    return Rows(typed.drop("no_quantity").sort(rank()), rejected).check(end - first, path.name)


def typed_columns(states: Mapping[int, str], *, padded: bool = False) -> dict[str, pl.Expr]:
    """Columns made of those of BACI, text or number: those of :func:`read_baci`, and ``no_quantity``.

    Args:
        states: state codes by the file's own numbers.
        padded: whether quantities may have blanks around them, as in the CSV edition; to look costs time.
    """

    def state(column: str) -> pl.Expr:
        number = pl.col(column).cast(pl.Int32, strict=False)
        return number.replace_strict(states, default=None, return_dtype=kind)

    kind = pl.Enum(sorted(set(states.values())))
    quantity = pl.col("q").str.strip_chars() if padded else pl.col("q")
    return {
        "year": pl.col("t").cast(pl.Int32, strict=False),
        "exporter_code": state("i"),
        "importer_code": state("j"),
        "hs6": pl.col("k").cast(pl.Int32, strict=False),
        "value_kusd": pl.col("v").cast(pl.Float64, strict=False),
        "quantity_tonnes": quantity.cast(pl.Float64, strict=False),
        "no_quantity": pl.col("q").is_null() | (quantity == "NA"),
    }


def rank() -> pl.Expr:
    """One integer that orders flows as year, exporter, importer and product do, for states by their codes.

    It sorts several times as fast as the four columns, and shows at a glance whether they are in order.
    """
    factors = {"year": 10**12, "exporter_code": 10**9, "importer_code": 10**6, "hs6": 1}
    return pl.sum_horizontal(
        pl.col(name).to_physical().cast(pl.Int64) * factor for name, factor in factors.items()
    )


def states_of(listed: Iterable[tuple[str, str]]) -> dict[int, str]:
    """State codes by BACI's numbers.

    Args:
        listed: pairs of number and three-letter code of the edition's own table; what ISO 3166-1 and
            states.csv do not have is left out.
    """
    exceptions = aliases("baci")
    return {
        int(code): exceptions.get(iso3, iso3)
        for code, iso3 in listed
        if code.isdecimal() and (iso3 in iso_codes() or iso3 in exceptions)
    }


_UNKNOWN_STATE = "is not in the file's own table of country codes"
_ADD_STATE = "Add it to states.csv under the system 'baci', with the reason."
#: What every row must pass, over the columns of the file and :func:`typed_columns`.
CHECKS = (
    Check("t", pl.col("year").is_between(1962, 2100), "is not a year", "Correct the year in the source."),
    Check("i", pl.col("exporter_code").is_not_null(), _UNKNOWN_STATE, _ADD_STATE),
    Check("j", pl.col("importer_code").is_not_null(), _UNKNOWN_STATE, _ADD_STATE),
    Check("k", pl.col("hs6").is_between(10000, 999999), "is not a six-digit HS code", "Correct the code."),
    Check("v", pl.col("value_kusd").is_finite(), "is not a number", "Correct the value in the source."),
    Check("v", pl.col("value_kusd") >= 0, "is negative", "A value of trade is at least 0; ask the producer."),
    Check(
        "q",
        pl.col("no_quantity") | pl.col("quantity_tonnes").is_finite(),
        "is neither a number nor NA",
        "Correct the quantity in the source.",
    ),
    Check(
        "q",
        pl.col("no_quantity") | (pl.col("quantity_tonnes") >= 0),
        "is negative",
        "A quantity is at least 0; ask the producer.",
    ),
)
_IS_GOOD = pl.all_horizontal(check.ok for check in CHECKS).fill_null(False)


def read_products(path: Path) -> pl.DataFrame:
    """HS 1992 subheadings of a BACI file: ``hs6_code``, ``description`` (the nomenclature's wording)."""
    found = _select(path, "SELECT code, description FROM {}", "product_codes_HS92")
    return pl.DataFrame(found, schema=["hs6_code", "description"], orient="row").sort("hs6_code")


def _bounds(path: Path) -> tuple[int, int]:
    """First rowid of ``baci_trade``, and the one after the last; whoever reads counts the rows between."""
    first, last = (  # one at a time, since SQLite then looks them up instead of reading the table
        _select(path, f"SELECT {which}(rowid) FROM {{}}", "baci_trade")[0][0] for which in ("min", "max")
    )
    if first is None:
        raise _rows_missing(path, 0, (0, 0))
    return int(first), int(last) + 1


def _rows_missing(path: Path, count: int, bounds: tuple[int, int]) -> SourceError:
    return SourceError(
        path.name,
        f"the table baci_trade has {count} rows numbered {bounds[0]} to {bounds[1] - 1}",
        remedy="Fetch the pinned file again: no row may be missing.",
    )


#: SQLite hands over a column as one text in half of the time that it takes for its values one by one.
_TEXTS = ", ".join(f"group_concat(ifnull({c}, ''))" for c in COLUMNS[:5]) + ", group_concat(ifnull(q, 'NA'))"
_TYPES = {"t": pl.Int32, "i": pl.Int32, "j": pl.Int32, "k": pl.Int32, "v": pl.Float64, "q": pl.String}


def _read_at_once(path: Path, bounds: tuple[int, int], states: Mapping[int, str]) -> pl.DataFrame | None:
    """All rows in the columns of :func:`typed_columns`; None where a row is not as it should be.

    The values of a column come as one text with commas between them, which is parsed as a file of one column:
    one that is missing is null, one with a comma in it makes its column longer than the others, and one that
    is no number stops the parser.
    """
    parts = _select_parts(path, bounds, _TEXTS, bytes)
    columns = [
        pl.scan_csv(
            _files(part[0][place] for part in parts),
            has_header=False,
            separator="\t",
            quote_char=None,
            eol_char=",",
            schema={name: dtype},
            empty_string_is_null=False,
        )
        for place, (name, dtype) in enumerate(_TYPES.items())
    ]
    try:
        read = pl.collect_all(columns)
    except pl.exceptions.PolarsError:
        return None
    if any(len(column) != bounds[1] - bounds[0] for column in read):
        return None
    numbers = pl.concat(read, how="horizontal")
    for padded in (False, True):
        typed = numbers.select(**typed_columns(states, padded=padded))
        if typed.select(_IS_GOOD.all()).item():
            return typed
    return None


def _files(texts: Iterable[bytes | None]) -> list[IO[bytes]]:
    return [io.BytesIO(text) for text in texts if text is not None]


def _read_one_by_one(path: Path, bounds: tuple[int, int]) -> pl.DataFrame:
    """All rows as text with their rowid."""
    texts = ", ".join(f"CAST({c} AS TEXT)" for c in COLUMNS)
    rows = [row for part in _select_parts(path, bounds, f"rowid, {texts}", _decoded) for row in part]
    if len(rows) != bounds[1] - bounds[0]:
        raise _rows_missing(path, len(rows), bounds)
    return pl.DataFrame(rows, schema={ROW: pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}, orient="row")


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")


def _select_parts(
    path: Path, bounds: tuple[int, int], columns: str, text_factory: Callable[[bytes], Any]
) -> list[list[tuple[Any, ...]]]:
    """Rows of ``baci_trade`` from first to last, some rowids in each part."""
    first, end = bounds

    def part(start: int) -> list[tuple[Any, ...]]:
        query = f"SELECT {columns} FROM baci_trade WHERE rowid >= ? AND rowid < ?"
        with _opened(path, text_factory) as connection:
            return connection.execute(query, (start, min(start + PART_ROWS, end))).fetchall()

    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:  # SQLite lets go of Python while it works
        return list(pool.map(part, range(first, end, PART_ROWS)))


@contextmanager
def _opened(path: Path, text_factory: Callable[[bytes], Any] = str) -> Iterator[sqlite3.Connection]:
    """The file for reading.

    Raises:
        SourceError: of whatever SQLite says against it.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        connection.text_factory = text_factory
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SourceError(
            path.name,
            f"is not an SQLite file of BACI ({error})",
            remedy="Fetch the pinned file again, or pin a file in this layout.",
        ) from None


def _select(path: Path, query: str, prefix: str) -> list[tuple[str, str]]:
    """Rows of the one table whose name starts with ``prefix``: the names end in the release."""
    with _opened(path) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ? || '%'", (prefix,)
        ).fetchall()
        if len(names) != 1:
            raise SourceError(
                path.name,
                f"has {len(names)} tables named {prefix}...",
                remedy="Fetch the pinned file again, or pin a file in this layout.",
            )
        return connection.execute(query.format(f'"{names[0][0]}"')).fetchall()
