"""CEPII BACI: bilateral trade of all pairs of states, reconciled between exporter and importer.

Layout ``t`` year, ``i`` exporter, ``j`` importer, ``k`` HS six-digit code, ``v`` thousand US dollars FOB,
``q`` tonnes, which may be ``NA``; here as the table ``baci_trade`` of an SQLite file with the tables of
country and product codes beside it. Gaulier, G. and Zignago, S. (2010), BACI: International Trade
Database at the Product-Level, CEPII Working Paper 2010-23.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import apsw
import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.limits import limit
from retorsion.sources.readers import Reader, starts
from retorsion.sources.rows import ROW, Check, Rows, empty_quarantine, sift
from retorsion.sources.states import UNKNOWN_STATE, aliases, iso_codes

COLUMNS = ("t", "i", "j", "k", "v", "q")

#: How a missing quantity is written: padded to the width of the others, or not.
NO_QUANTITY = [" " * n + "NA" for n in range(20)]

#: Rows of one query: enough for SQLite to keep a core busy, and text of far less than the 1 GB it hands over.
PART_ROWS = 2**17


def read_baci(path: Path, *, source_id: str) -> Rows:
    """Read all flows of a BACI SQLite file.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        In order of year, exporter, importer and product: ``year`` (Int32), ``exporter_code``,
        ``importer_code`` (Enum of ISO 3166-1 alpha-3 and the codes that states.csv gives),
        ``product_system`` (hs6_h0 to hs6_h6: the revision of the Harmonized System of the edition), ``hs6``
        (Int32; the code without its leading zero), ``value_kusd``, ``quantity_tonnes`` (null where the source has
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
        numbered = pl.concat([raw, raw.select(**typed_columns(states))], how="horizontal")
        good = numbered.select(_IS_GOOD).to_series()
        rejected = sift(
            numbered.filter(~good).sort(ROW), CHECKS, source_id=source_id, file=path.name
        ).rejected
        typed = numbered.filter(good).drop(ROW, *COLUMNS)
    first, end = bounds
    system = system_of([name.removeprefix("product_codes_") for name in _names(path, "product_codes")], path)
    accepted = in_system(typed.drop("no_quantity").sort(rank()), system)
    return Rows(accepted, rejected).check(end - first, path.name)


#: Revisions of the Harmonized System as CEPII names them, and as the field dictionary does.
REVISIONS = {f"HS{year:02}": f"hs6_h{n}" for n, year in enumerate((92, 96, 2, 7, 12, 17, 22))}


def system_of(names: Iterable[str], path: Path) -> str:
    """The one revision that names of an edition begin with.

    Args:
        names: such as ``HS92_V202401b``.
        path: the edition.

    Raises:
        SourceError: names of no revision, or of several.
    """
    found = sorted({name.removeprefix("BACI_").partition("_")[0] for name in names})
    known = [name for name in found if name in REVISIONS]
    if len(found) != 1 or not known:
        raise SourceError(
            path.name,
            f"holds editions in several revisions of the Harmonized System ({', '.join(known)}), each of which "
            "holds all trade"
            if len(known) > 1
            else "does not say which revision of the Harmonized System its products are in",
            value=", ".join(found)[:200] or None,
            remedy=f"Take the files of one edition. Known are {', '.join(REVISIONS)}.",
        )
    return REVISIONS[known[0]]


def in_system(rows: pl.DataFrame, system: str) -> pl.DataFrame:
    """The rows with ``product_system``, a word that is the same in all of them, as one byte each."""
    constant = pl.lit(system, dtype=pl.Enum([system])).alias("product_system")
    return rows.select(
        "year",
        "exporter_code",
        "importer_code",
        constant,
        pl.all().exclude("year", "exporter_code", "importer_code"),
    )


def typed_columns(states: Mapping[int, str]) -> dict[str, pl.Expr]:
    """Columns made of those of BACI as text: those of :func:`read_baci`, and ``no_quantity``.

    Args:
        states: state codes by the file's own numbers.
    """

    def state(column: str) -> pl.Expr:
        number = pl.col(column).cast(pl.Int32, strict=False)
        return number.replace_strict(states, default=None, return_dtype=_codes(states))

    quantity = pl.col("q").str.strip_chars()
    return {
        "year": pl.col("t").cast(pl.Int32, strict=False),
        "exporter_code": state("i"),
        "importer_code": state("j"),
        "hs6": pl.col("k").cast(pl.Int32, strict=False),
        "value_kusd": pl.col("v").cast(pl.Float64, strict=False),
        "quantity_tonnes": quantity.cast(pl.Float64, strict=False),
        "no_quantity": pl.col("q").is_null() | (quantity == "NA"),
    }


def _codes(states: Mapping[int, str]) -> pl.Enum:
    return pl.Enum(sorted(set(states.values())))


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
        if str(code).isdecimal() and len(str(code)) < 10 and (iso3 in iso_codes() or iso3 in exceptions)
    }


_UNKNOWN_STATE = f"{UNKNOWN_STATE} in the file's own table of country codes"
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
    """Subheadings of a BACI file: ``hs6_code``, ``description`` (the nomenclature's wording)."""
    found = _select(path, "SELECT code, description FROM {}", "product_codes")
    return pl.DataFrame(found, schema=["hs6_code", "description"], orient="row").sort("hs6_code")


def _bounds(path: Path) -> tuple[int, int]:
    """First rowid of ``baci_trade``, and the one after the last; whoever reads counts the rows between."""
    first, last = (  # one at a time, since SQLite then looks them up instead of reading the table
        _select(path, f"SELECT {which}(rowid) FROM {{}}", "baci_trade")[0][0]  # noqa: S608 - min or max
        for which in ("min", "max")
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
#: No state has a number that is larger than UInt16 holds, so that a table of them all is short.
_TYPES = {"t": pl.Int32, "i": pl.UInt16, "j": pl.UInt16, "k": pl.Int32, "v": pl.Float64, "q": pl.Float64}


def _read_at_once(path: Path, bounds: tuple[int, int], states: Mapping[int, str]) -> pl.DataFrame | None:
    """All rows in the columns of :func:`typed_columns`; None where a row is not as it should be.

    The values of a column come as one text with commas between them, which is parsed as a file of one column:
    one that is missing is null, one with a comma in it makes its column longer than the others, and one that
    is no number stops the parser.
    """
    try:
        parts = [texts for (texts,) in _select_parts(path, bounds, _TEXTS) if texts[0] is not None]
    except UnicodeDecodeError:
        return None
    quantities = [part[-1] for part in parts]
    if any(",," in f",{text}," for text in quantities):
        return None  # an empty quantity is not one that the source says it does not have
    missing = NO_QUANTITY if any(" " in text for text in quantities) else "NA"  # a list costs time
    columns = [
        pl.scan_csv(
            _files(part[place] for part in parts),
            has_header=False,
            separator="\t",
            quote_char=None,
            eol_char=",",
            schema={name: dtype},
            null_values=missing if name == "q" else None,
        )
        for place, (name, dtype) in enumerate(_TYPES.items())
    ]
    try:
        read = pl.collect_all(columns)
    except pl.exceptions.PolarsError:
        return None
    if any(len(column) != bounds[1] - bounds[0] for column in read):
        return None
    code_of = pl.lit(pl.Series([states.get(number) for number in range(2**16)], dtype=_codes(states)))
    typed = pl.concat(read, how="horizontal").select(
        year="t",
        exporter_code=code_of.gather("i"),
        importer_code=code_of.gather("j"),
        hs6="k",
        value_kusd="v",
        quantity_tonnes="q",
        no_quantity=pl.col("q").is_null(),
    )
    return typed if typed.select(_IS_GOOD.all()).item() else None


def _files(texts: Iterable[str]) -> list[IO[bytes]]:
    return [io.BytesIO(text.encode()) for text in texts]


def _read_one_by_one(path: Path, bounds: tuple[int, int]) -> pl.DataFrame:
    """All rows as text with their rowid."""
    with _opened(path) as connection:
        encoding = str(connection.pragma("encoding"))
    blobs = ", ".join(f"CAST(CAST({c} AS TEXT) AS BLOB)" for c in COLUMNS)
    rows = [
        (number, *(None if cell is None else cell.decode(encoding, "backslashreplace") for cell in cells))
        for part in _select_parts(path, bounds, f"rowid, {blobs}")
        for number, *cells in part
    ]
    if len(rows) != bounds[1] - bounds[0]:
        raise _rows_missing(path, len(rows), bounds)
    return pl.DataFrame(rows, schema={ROW: pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}, orient="row")


def _select_parts(path: Path, bounds: tuple[int, int], columns: str) -> list[list[tuple[Any, ...]]]:
    """Rows of ``baci_trade`` from first to last, some rowids in each part."""
    first, end = bounds

    def part(start: int) -> list[tuple[Any, ...]]:
        query = f"SELECT {columns} FROM baci_trade WHERE rowid >= ? AND rowid < ?"  # noqa: S608 - written here
        with _opened(path) as connection:
            return connection.execute(query, (start, min(start + PART_ROWS, end))).fetchall()

    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:  # SQLite lets go of Python while it works
        return list(pool.map(part, range(first, end, PART_ROWS)))


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    """The file for reading.

    Raises:
        SourceError: of whatever SQLite says against it.
    """
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, limit("sqlite_bytes"))
        # What a file brings along, such as views and expressions, may call no function that does more than compute.
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        try:
            yield connection
        finally:
            connection.close()
    except apsw.Error as error:
        raise _not_baci(path, f"is not an SQLite file of BACI ({error})") from None


def _not_baci(path: Path, problem: str) -> SourceError:
    return SourceError(
        path.name, problem, remedy="Fetch the pinned file again, or pin a file in this layout."
    )


def _names(path: Path, prefix: str) -> list[str]:
    """Tables whose name starts with ``prefix``: the names end in the revision and the release."""
    with _opened(path) as connection:
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ? || '%'", (prefix,)
        ).fetchall()
    return [str(name) for (name,) in found]


def _select(path: Path, query: str, prefix: str) -> list[tuple[Any, ...]]:
    """Rows of the one table whose name starts with ``prefix``."""
    names = _names(path, prefix)
    if len(names) != 1:
        raise _not_baci(path, f"has {len(names)} tables named {prefix}...")
    quoted = '"' + names[0].replace('"', '""') + '"'  # the file names its tables
    with _opened(path) as connection:
        try:
            return connection.execute(query.format(quoted)).fetchall()
        except UnicodeDecodeError as error:
            raise _not_baci(path, f"has a table {names[0]} that is not text ({error})") from None


KEY = ("year", "exporter_code", "importer_code", "hs6")

READERS = (Reader("baci", "flows", "CEPII BACI in SQLite", read_baci, starts(r"SQLite format 3\x00"), KEY),)
