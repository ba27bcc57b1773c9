"""Trade Statistics of Japan as e-Stat and Japan Customs publish them, in thousand yen rounded down.

Exports are valued FOB by country of last known destination, imports CIF by country of origin.

*Statistical codes by country* (HS, nine digits): one line for each code and country with a year and twelve
months. Variants lack the country (totals of the world) or have the customs office. ``Apl`` stands for April
in older files. Codes that begin with ``000000`` are special lines (re-exports and re-imports, stores).

*Summary by area*: goods groups in columns, areas in rows, and twelve monthly blocks stacked above an annual
one, with nothing to say which month a row is of.

*Time series* of the customs' site: totals by month, in Shift_JIS, for the world, an area or a state.

All show a month that is not yet published as 0. The rule here: a month after the last month with any value
in the whole file is missing, not zero; ``is_published`` is False and its numbers are null.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import japan_customs_states, to_state
from retorsion.sources.readers import Head, Reader, header
from retorsion.sources.rows import QUARANTINE_SCHEMA, ROW, Check, Rows
from retorsion.sources.states import UNKNOWN_STATE, aggregates, aliases
from retorsion.sources.text.bulk_text import (
    SURE,
    BulkFormat,
    Direct,
    check_header,
    first_day,
    read_bulk,
    same_format,
    scan_files,
)
from retorsion.sources.text.published import read_whole

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Groups of goods of the summary that together are its grand total.
SECTIONS = (
    "foodstuff",
    "raw materials",
    "mineral fuels",
    "chemicals",
    "manufactured goods",
    "machinery",
    "electrical machinery",
    "transport equipment",
    "others",
)

_TAKE = "Take the file as e-Stat publishes it."
_FLOWS = {"1": "export", "2": "import"}
_VALUATION = {"export": "FOB", "import": "CIF"}
_PERIODS = (0, *range(1, 13))  # 0 is the year


def _columns(*, office: bool, country: bool, april: str) -> tuple[str, ...]:
    months = [april if month == "Apr" else month for month in MONTHS]
    head = ("Exp or Imp", "Year", *(("Custom",) if office else ()), "HS", *(("Country",) if country else ()))
    numbers = [f"{kind}-{m}" for m in ("Year", *months) for kind in ("Quantity1", "Quantity2", "Value")]
    return (*head, "Unit1", "Unit2", *numbers)


def _mapped(column: str, words: Mapping[str, str]) -> pl.Expr:
    kinds = pl.Enum(sorted(set(words.values())))
    return pl.col(column).replace_strict(words, default=None, return_dtype=kinds)


def _whole(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64, strict=False)


def _numbers(period: int) -> tuple[str, str, str]:
    return f"quantity_1 {period}", f"quantity_2 {period}", f"value {period}"


@cache
def _formats() -> dict[tuple[str, ...], BulkFormat]:
    formats = {}
    for office, country, april in itertools.product((False, True), (True, False), ("Apr", "Apl")):
        columns = _columns(office=office, country=country, april=april)
        formats[columns] = _format(columns)
    return formats


def _format(columns: tuple[str, ...]) -> BulkFormat:
    unit = {1: pl.col("Unit1").str.strip_chars(), 2: pl.col("Unit2").str.strip_chars()}
    typed = {
        "flow_type": _mapped("Exp or Imp", _FLOWS),
        "valuation_type": _mapped("Exp or Imp", {code: _VALUATION[flow] for code, flow in _FLOWS.items()}),
        "year": pl.col("Year").cast(pl.Int32, strict=False),
        "customs_office_code": pl.col("Custom") if "Custom" in columns else pl.lit(None, dtype=pl.String),
        "product_code": pl.col("HS").str.extract(r"^'?([0-9]{9})'?$", 1),
        "partner_code": to_state(pl.col("Country"), japan_customs_states())
        if "Country" in columns
        else pl.lit("WLD"),
        **{f"unit_{i}": pl.when(u.str.len_bytes() > 0).then(u) for i, u in unit.items()},
    }
    numbers = columns[-39:]
    for period, position in zip(_PERIODS, range(0, 39, 3), strict=True):
        for name, column in zip(_numbers(period), numbers[position : position + 3], strict=True):
            typed[name] = _whole(column)
    checks = [
        Check("Exp or Imp", pl.col("flow_type").is_not_null(), "is neither 1 (export) nor 2 (import)", _TAKE),
        Check("Year", pl.col("year").is_between(1976, 2100), "is not a year", _TAKE),
        Check(
            "HS",
            pl.col("product_code").is_not_null(),
            "is not a code of nine digits",
            "A spreadsheet drops the apostrophe and the leading zero: take the file as published.",
        ),
    ]
    if "Country" in columns:
        checks.append(
            Check(
                "Country",
                pl.col("partner_code").is_not_null(),
                f"{UNKNOWN_STATE} among the numbers of Japan Customs",
                "Add it to states.csv under the system 'japan_customs'.",
            )
        )
    if "Custom" in columns:
        office_ok = pl.col("Custom").str.contains(r"^[0-9]{3}$")
        checks.append(Check("Custom", office_ok, "is not the number of a customs office", _TAKE))
    for column, name in zip(numbers, [n for p in _PERIODS for n in _numbers(p)], strict=True):
        checks.append(Check(column, pl.col(name) >= 0, "is not a whole number of at least 0", _TAKE))
    direct = {column: Direct(pl.Int64, pl.col(column) >= 0) for column in numbers}
    return BulkFormat("e-Stat", columns, ",", True, typed, tuple(checks), direct)


def read_hs9(path: Path, *, source_id: str) -> Rows:
    """Read statistical codes by country, world totals, or the same by customs office.

    Args:
        path: the CSV, 44 to 46 columns.
        source_id: id of the source it belongs to.

    Returns:
        Thirteen rows for each accepted line, by period and line: the months (``period_type`` month) and the
        year to date (year; ``n_months`` are those published, ``is_aggregate`` is True). ``row`` (line),
        ``reporter_code``, ``partner_code``, ``customs_office_code``, ``flow_type``, ``period_start``,
        ``n_months``, ``period_type``, ``product_system`` (jp_hs9),
        ``product_level`` (hs9), ``product_code``, ``value_thousand_jpy``, ``quantity_1``, ``unit_1``,
        ``quantity_2``, ``unit_2``, ``valuation_type``, ``is_special`` (code begins with 000000),
        ``is_published``, ``is_aggregate``. Rejected: lines.

    Raises:
        SourceError: another layout.
    """
    format_ = check_header(path, path.name, _formats())
    wide = read_bulk(path, format_, source_id=source_id)
    last = dict(_last_months(wide.accepted.lazy()).collect().rows())
    return Rows(_long(wide.accepted, last), wide.rejected)


def scan_hs9(paths: Sequence[Path], *, exact: bool = True) -> pl.LazyFrame:
    """Scan files of one layout as one stream.

    Args:
        paths: the files.
        exact: survey the files first, as :func:`retorsion.sources.text.bulk_text.scan_files` does.

    Returns:
        Columns as :func:`read_hs9`, with ``row`` counted over all files and ``sure``. What is published is
        judged for each year over all files. Lines that are not sure are for
        :func:`retorsion.sources.text.bulk_text.judge` with :func:`hs9_format`.

    Raises:
        SourceError: no file, or another layout.
        polars.exceptions.PolarsError: see :func:`retorsion.sources.text.bulk_text.scan_bulk`.
    """
    wide = scan_files(paths, hs9_format(paths), exact=exact)
    last = dict(_last_months(wide.filter(SURE)).collect(engine="streaming").rows())
    schema = _long(wide.collect_schema().to_frame(), last).schema
    return wide.map_batches(partial(_long, last=last), streamable=True, schema=schema)


def hs9_format(paths: Sequence[Path]) -> BulkFormat:
    """The one layout of several files.

    Raises:
        SourceError: no file, or another layout.
    """
    formats = [check_header(path, path.name, _formats()) for path in paths]
    return same_format(formats, [path.name for path in paths])


def _last_months(wide: pl.LazyFrame) -> pl.LazyFrame:
    """Last month with any value: ``year``, ``last_month`` (0 where there is none)."""
    filled = (
        pl.when((pl.col(_numbers(month)[2]) > 0).any()).then(month).otherwise(0) for month in range(1, 13)
    )
    return wide.group_by("year").agg(pl.max_horizontal(*filled).cast(pl.Int64).alias("last_month"))


def _long(wide: pl.DataFrame, last: Mapping[int, int]) -> pl.DataFrame:
    """Lines to periods, by period and line; ``last`` maps a year to its last month with any value."""
    reporter = aliases("publisher")["Japan Customs"]
    last_month = pl.col("year").replace_strict(last, default=0, return_dtype=pl.Int64)
    shared = wide.with_columns(
        last_month.alias("last_month"),
        _constant(reporter).alias("reporter_code"),
        _constant("jp_hs9").alias("product_system"),
        _constant("hs9").alias("product_level"),
        pl.col("product_code").str.starts_with("000000").alias("is_special"),
        pl.col("partner_code").is_in(list(aggregates())).alias("is_aggregate"),
    )
    years = shared["year"].unique()
    one = (int(years[0]), int(last.get(years[0], 0))) if len(years) == 1 else None
    return pl.concat([_period(shared.lazy(), number, one) for number in (*range(1, 13), 0)]).collect()


def _constant(value: str) -> pl.Expr:
    """A word that is the same in ten million rows, as one byte each."""
    return pl.lit(value, dtype=pl.Enum([value]))


def _period(shared: pl.LazyFrame, number: int, one: tuple[int, int] | None) -> pl.LazyFrame:
    """One period of every line: a month, or 0 for the year.

    ``one`` is the year and the last published month of a file of one year, as they are published: what is the
    same in every line then costs nothing.
    """
    quantity_1, quantity_2, value = _numbers(number)
    month = max(number, 1)
    if one is None:
        last_month, start = pl.col("last_month"), first_day(pl.col("year"), pl.lit(month))
    else:
        last_month, start = pl.lit(one[1], dtype=pl.Int64), pl.lit(date(one[0], month, 1))
    published = last_month >= month
    n_months = pl.max_horizontal(last_month, 1) if number == 0 else pl.lit(1, dtype=pl.Int64)
    kinds = pl.Enum(["month", "year"])

    def shown(name: str) -> pl.Expr:
        if one is None:
            return pl.when(published).then(name).alias(name)
        return pl.col(name) if one[1] >= month else pl.lit(None, dtype=pl.Int64).alias(name)

    return shared.select(
        ROW,
        "reporter_code",
        "partner_code",
        "customs_office_code",
        "flow_type",
        start.alias("period_start"),
        n_months.alias("n_months"),
        pl.lit("month" if number else "year", dtype=kinds).alias("period_type"),
        "product_system",
        "product_level",
        "product_code",
        shown(value).alias("value_thousand_jpy"),
        shown(quantity_1).alias("quantity_1"),
        "unit_1",
        shown(quantity_2).alias("quantity_2"),
        "unit_2",
        "valuation_type",
        "is_special",
        published.alias("is_published"),
        (pl.col("is_aggregate") | (number == 0)).alias("is_aggregate"),
        *([SURE] if SURE in shared.collect_schema() else []),
    )


#: Blocks of the summary: the months and the year.
N_BLOCKS = 13

#: Each month is rounded down to a thousand yen, and so is the year.
ROUNDING = 12

#: Longest number of the summary: thirteen of them add up in 64 bits.
MAX_DIGITS = 17

#: Line, flow, area and values of a line of the summary.
_Line = tuple[int, str, str, npt.NDArray[np.int64]]


def read_area_summary(path: Path, *, source_id: str, year: int) -> Rows:
    """Read the summary by area of one year.

    The months are told by their place: a block ends where its first area comes again. There must be twelve
    and an annual one, and the annual one must be their sum up to rounding, or the file is refused.

    Args:
        path: the CSV: title lines, a header ``Exp or Imp``, ``Area`` and the goods, then the blocks. Lines
            without a comma and repeated headers are titles.
        source_id: id of the source it belongs to.
        year: the year of the file, which stands in its title only.

    Returns:
        One row for each month, area and group of goods, by line: ``row``, ``reporter_code``,
        ``partner_code``, ``area`` (as published), ``flow_type``, ``period_start``, ``n_months``,
        ``product_system`` (mof_goods), ``product_level`` (total, section, item; subitem for goods in
        brackets, which are part of the item above), ``product_code`` (the name as published),
        ``value_thousand_jpy``, ``valuation_type``, ``is_published``, ``is_aggregate``. Rejected: lines.

    Raises:
        SourceError: no header, or blocks that are not twelve months and their sum.
    """
    lines = _lines(path, "utf-8")
    at, header = next(
        ((i, cells) for i, line in enumerate(lines) if (cells := _cells(line, path))[:1] == ["Exp or Imp"]),
        (0, []),
    )
    if "Area" not in header:
        raise SourceError(path.name, "has no header with Exp or Imp and Area", remedy=_TAKE)
    goods_from = header.index("Area") + 1
    goods = header[goods_from:]
    if header[:goods_from] not in (["Exp or Imp", "Area"], ["Exp or Imp", "Year", "Area"]):
        raise SourceError(path.name, "has unknown columns before Area", row=at + 1, remedy=_TAKE)
    if not goods or len(set(goods)) != len(goods) or not all(name.strip() for name in goods):
        raise SourceError(path.name, "names no goods, or some twice", row=at + 1, remedy=_TAKE)
    known = aliases("japan_customs_area")
    heads: list[tuple[int, str, str]] = []
    numbers: list[str] = []
    bad: list[tuple[str | int, ...]] = []
    for number, line in enumerate(lines[at + 1 :], start=at + 2):
        found = _plain_line(line, len(header), goods_from, known, year)
        if found is None:
            cells = _cells(line, path)
            if len(cells) <= 1 or cells == header or not "".join(cells).strip():
                continue
            fault = _area_fault(cells, header, goods_from, known, year)
            if fault is not None:
                raw = json.dumps(cells, ensure_ascii=False)
                bad.append((source_id, path.name, number, *fault, raw))
                continue
            found = cells[0], cells[goods_from - 1], ",".join(cells[goods_from:])
        heads.append((number, _FLOWS[found[0]], found[1]))
        numbers.append(found[2])
    values = _whole_numbers(numbers, len(goods))
    good = [(*head, row) for head, row in zip(heads, values, strict=True)]
    blocks = _blocks(good, path, complete=not bad)
    last = max(
        (month for month, block in enumerate(blocks[:12], 1) if any(r[3].any() for r in block)), default=0
    )
    monthly = [(month, *row) for month, block in enumerate(blocks[:12], start=1) for row in block]
    schema = {"month": pl.Int8, ROW: pl.Int64, "flow_type": pl.String, "area": pl.String}
    of_lines = pl.DataFrame([line[:4] for line in monthly], schema=schema, orient="row")
    value = pl.Series("value", np.concatenate([line[4] for line in monthly]))
    accepted = _summary_rows(of_lines, pl.Series("product_code", goods), value, known, year, last)
    return Rows(accepted, pl.DataFrame(bad, schema=QUARANTINE_SCHEMA, orient="row"))


def _summary_rows(
    lines: pl.DataFrame, goods: pl.Series, value: pl.Series, known: dict[str, str], year: int, last: int
) -> pl.DataFrame:
    """Rows of every line and each of its goods; what is the same along a line is found out once."""
    name = pl.col("product_code").str.to_lowercase()
    partner = to_state(pl.col("area").str.strip_chars().str.to_lowercase(), known)
    level = (
        pl.when(name == "grand total")
        .then(pl.lit("total"))
        .when(name.is_in(SECTIONS))
        .then(pl.lit("section"))
        .when(name.str.starts_with("("))
        .then(pl.lit("subitem"))
        .otherwise(pl.lit("item"))
    )
    of_line = lines.select(
        ROW,
        pl.lit(aliases("publisher")["Japan Customs"]).alias("reporter_code"),
        partner.alias("partner_code"),
        "area",
        "flow_type",
        pl.date(year, "month", 1).alias("period_start"),
        pl.lit(1, dtype=pl.Int64).alias("n_months"),
        pl.lit("mof_goods").alias("product_system"),
        pl.col("flow_type").replace_strict(_VALUATION, return_dtype=pl.String).alias("valuation_type"),
        (pl.col("month") <= last).alias("is_published"),
        partner.is_in(list(aggregates())).alias("is_sum_of_partners"),
    )
    of_goods = goods.to_frame().select(
        "product_code", level.alias("product_level"), (name == "grand total").alias("is_sum_of_goods")
    )
    return of_line.join(of_goods, how="cross", maintain_order="left_right").select(
        ROW,
        "reporter_code",
        "partner_code",
        "area",
        "flow_type",
        "period_start",
        "n_months",
        "product_system",
        "product_level",
        "product_code",
        pl.when("is_published").then(value).alias("value_thousand_jpy"),
        "valuation_type",
        "is_published",
        (pl.col("is_sum_of_partners") | pl.col("is_sum_of_goods")).alias("is_aggregate"),
    )


_SERIES = re.compile(r"(Exp|Imp)-(Total|[0-9]{3})")
_MONTH = re.compile(r"([0-9]{4})/(0[1-9]|1[0-2])")


def read_time_series(path: Path, *, source_id: str, total_code: str | None = None) -> Rows:
    """Read a time series of the customs' site, ``d41ma.csv`` and its like.

    Args:
        path: the CSV in Shift_JIS: titles, one of them with the unit, a header ``Years/Months`` with columns
            such as ``Exp-Total`` and ``Imp-224``, and a line for each month.
        source_id: id of the source it belongs to.
        total_code: state or area of the columns called Total, where the title is not that of the world.

    Returns:
        One row for each month and column, by line, in the columns of :func:`read_area_summary` (``area`` is
        the column's name); all are grand totals of goods. ``-`` is missing. Rejected: lines.

    Raises:
        SourceError: another layout or unit, unknown numbers of countries, totals of nobody knows whom, or the
            version by commodity.
    """
    lines = [_cells(line, path, "cp932") for line in _lines(path, "cp932")]
    at = next((i for i, cells in enumerate(lines) if cells[:1] == ["Years/Months"]), None)
    if at is None:
        raise SourceError(path.name, "has no header with Years/Months", remedy=_TAKE)
    titles = " ".join(cell for cells in lines[:at] for cell in cells)
    columns = [cell.strip() for cell in lines[at][1:]]
    if any("千円" in name for name in columns):
        raise SourceError(
            path.name,
            "is the series by commodity",
            row=at + 1,
            remedy="Take the one of totals, or e-Stat's files.",
        )
    if "thousand yen" not in titles:
        raise SourceError(path.name, "does not say that it is in thousand yen", row=1, remedy=_TAKE)
    if "WORLD" in titles:
        total_code = "WLD"
    partners = {"Total": total_code, **japan_customs_states()}
    series: list[tuple[str, str]] = []
    for name in columns:
        found = _SERIES.fullmatch(name)
        partner = partners.get(found[2]) if found else None
        if found is None or partner is None or columns.count(name) > 1:
            raise SourceError(
                path.name,
                "is a column of an unknown state or area, or comes twice",
                row=at + 1,
                column=name[:80],
                remedy="Say with total_code whom Total is of; numbers of countries belong into states.csv.",
            )
        series.append((_SERIES_FLOWS[found[1]], partner))
    good: list[tuple[int, date, list[int | None]]] = []
    bad: list[tuple[str | int, ...]] = []
    seen: set[str] = set()
    for number, cells in enumerate(lines[at + 1 :], start=at + 2):
        texts = [cell.strip() for cell in cells]
        if not any(texts):
            continue
        fault = _series_fault(texts, columns, seen)
        seen.add(texts[0])
        if fault is None:
            values = [None if text == "-" else int(text) for text in texts[1:]]
            good.append((number, date(int(texts[0][:4]), int(texts[0][5:]), 1), values))
        else:
            bad.append((source_id, path.name, number, *fault, json.dumps(cells, ensure_ascii=False)))
    published = max((month for _, month, values in good if any(values)), default=date.min)
    records = [
        (number, month, month <= published, flow, partner, name, value)
        for number, month, values in good
        for (flow, partner), name, value in zip(series, columns, values, strict=True)
    ]
    accepted = _series_rows(records)
    assert len(accepted) == len(good) * len(columns), f"{path.name}: cells were lost"
    return Rows(accepted, pl.DataFrame(bad, schema=QUARANTINE_SCHEMA, orient="row"))


_SERIES_FLOWS = {"Exp": "export", "Imp": "import"}


def _series_fault(texts: list[str], columns: list[str], seen: set[str]) -> tuple[str, str, str, str] | None:
    """Column, value, reason and remedy of the first fault of a line."""
    if len(texts) != len(columns) + 1:
        return "(line)", ",".join(texts)[:200], f"has {len(texts)} cells and not {len(columns) + 1}", _TAKE
    if not _MONTH.fullmatch(texts[0]) or int(texts[0][:4]) == 0:
        return "Years/Months", texts[0][:200], "is not a month (yyyy/mm)", _TAKE
    if texts[0] in seen:
        return "Years/Months", texts[0], "is the month of an earlier line", _TAKE
    for name, text in zip(columns, texts[1:], strict=True):
        if text != "-" and not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
            return name, text[:200], "is not a whole number of at least 0", _TAKE
    return None


def _series_rows(records: list[tuple[int, date, bool, str, str, str, int | None]]) -> pl.DataFrame:
    schema = {ROW: pl.Int64, "period_start": pl.Date, "is_published": pl.Boolean}
    schema |= dict.fromkeys(("flow_type", "partner_code", "area"), pl.String) | {"value": pl.Int64}
    return pl.DataFrame(records, schema=schema, orient="row").select(
        ROW,
        pl.lit(aliases("publisher")["Japan Customs"]).alias("reporter_code"),
        "partner_code",
        "area",
        "flow_type",
        "period_start",
        pl.lit(1, dtype=pl.Int64).alias("n_months"),
        pl.lit("mof_goods").alias("product_system"),
        pl.lit("total").alias("product_level"),
        pl.lit("GRAND TOTAL").alias("product_code"),
        pl.when("is_published").then("value").alias("value_thousand_jpy"),
        pl.col("flow_type").replace_strict(_VALUATION, return_dtype=pl.String).alias("valuation_type"),
        "is_published",
        pl.lit(True).alias("is_aggregate"),
    )


def _lines(path: Path, encoding: str) -> list[str]:
    data = read_whole(path)
    if encoding == "utf-8":
        data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return [line.rstrip("\r") for line in data.decode(encoding).split("\n")]
    except UnicodeDecodeError as error:
        raise SourceError(path.name, f"cannot be read as {encoding} CSV ({error})", remedy=_TAKE) from None


def _cells(line: str, path: Path, encoding: str = "utf-8") -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raise SourceError(path.name, f"cannot be read as {encoding} CSV ({error})", remedy=_TAKE) from None


def _plain_line(
    line: str, n_cells: int, goods_from: int, known: dict[str, str], year: int
) -> tuple[str, str, str] | None:
    """Flow, area and numbers of a line of the summary that is as it should be; None if it is to be judged."""
    *head, numbers = line.split(",", goods_from)
    if len(head) != goods_from or head[0] not in _FLOWS or head[-1].strip().lower() not in known:
        return None
    if goods_from == 3 and head[1] != str(year):
        return None
    if not numbers.isascii():
        return None
    codes = np.frombuffer(numbers.encode(), np.uint8)
    commas = np.flatnonzero(codes == ord(","))
    widths = np.diff(commas, prepend=-1, append=len(codes)) - 1
    n_digits = np.count_nonzero(codes - np.uint8(ord("0")) < 10)
    is_whole = n_digits + len(commas) == len(codes) and 1 <= widths.min() <= widths.max() <= MAX_DIGITS
    return (head[0], head[-1], numbers) if is_whole and goods_from + len(widths) == n_cells else None


def _whole_numbers(lines: list[str], n: int) -> npt.NDArray[np.int64]:
    """Numbers of lines that have been tested, a row for each line."""
    if not lines:
        return np.empty((0, n), dtype=np.int64)
    schema = {str(i): pl.Int64 for i in range(n)}
    read = pl.read_csv("\n".join(lines).encode(), has_header=False, schema=schema)
    assert len(read) == len(lines), "a line was lost"
    assert not any(read.null_count().row(0)), "a number was lost"
    return np.ascontiguousarray(read.to_numpy())


def _area_fault(
    cells: list[str], header: list[str], goods_from: int, known: dict[str, str], year: int
) -> tuple[str, str, str, str] | None:
    """Column, value, reason and remedy of the first fault of a line."""
    if len(cells) != len(header):
        reason = f"has {len(cells)} cells where the header has {len(header)}"
        return f"cell {len(cells)}", cells[-1][:200], reason, _TAKE
    if cells[0] not in _FLOWS:
        return header[0], cells[0][:200], "is neither 1 (export) nor 2 (import)", _TAKE
    if goods_from == 3 and cells[1] != str(year):
        return header[1], cells[1][:200], f"is not the year {year}", _TAKE
    area = cells[goods_from - 1]
    if area.strip().lower() not in known:
        add = "Add it, in small letters, to states.csv under the system 'japan_customs_area'."
        return "Area", area[:200], f"{UNKNOWN_STATE} or area", add
    numbers = cells[goods_from:]
    together = "".join(numbers)
    if together.isascii() and together.isdigit() and all(numbers) and max(map(len, numbers)) <= MAX_DIGITS:
        return None
    for name, cell in zip(header[goods_from:], numbers, strict=True):
        if not (cell.isascii() and cell.isdigit() and len(cell) <= MAX_DIGITS):
            return name, cell[:200], "is not a whole number of at least 0", _TAKE
    return None


def _blocks(rows: list[_Line], path: Path, *, complete: bool) -> list[list[_Line]]:
    blocks: list[list[_Line]] = []
    for row in rows:
        if not blocks or row[1:3] == rows[0][1:3]:
            blocks.append([])
        blocks[-1].append(row)
    if len(blocks) != N_BLOCKS:
        raise SourceError(
            path.name,
            f"has {len(blocks)} blocks of areas where twelve months and a year are expected",
            remedy=_TAKE,
        )
    for block in blocks:
        areas = [row[1:3] for row in block]
        if len(set(areas)) != len(areas):
            raise SourceError(path.name, "has an area twice in one block", row=block[0][0], remedy=_TAKE)
    sums: dict[tuple[str, str], npt.NDArray[np.int64]] = {}
    n_months: Counter[tuple[str, str]] = Counter()
    for block in blocks[:12]:
        for _, flow, area, values in block:
            n_months[flow, area] += 1
            sums[flow, area] = sums.get((flow, area), np.zeros_like(values)) + values
    for number, flow, area, values in blocks[12]:
        if not complete and n_months[flow, area] < 12:
            continue  # one of its months may be in quarantine
        beyond = values - sums.get((flow, area), np.zeros_like(values))
        if ((beyond < 0) | (beyond > ROUNDING)).any():
            raise SourceError(
                path.name,
                "is not the sum of the twelve blocks before, so that the months cannot be told",
                row=number,
                column="Area",
                value=area,
                remedy=_TAKE,
            )
    return blocks


def _is_area_summary(head: Head) -> bool:
    return any(re.match(r"Exp or Imp,(Year,)?Area,", line) for line in head.lines[:20])


def _is_time_series(head: Head) -> bool:
    return any(line.startswith("Years/Months,") for line in head.lines[:20])


_AREA_KEY = ("period_start", "reporter_code", "area", "flow_type", "product_level", "product_code")

READERS = (
    Reader(
        "japan_customs_hs9",
        "flows",
        "Trade Statistics of Japan, statistical codes (e-Stat CSV)",
        read_hs9,
        header("Exp or Imp", "HS", "Value-Jan"),
        ("period_start", "period_type", "reporter_code", "partner_code", "customs_office_code", "flow_type",
         "product_code"),
    ),
    Reader(
        "japan_customs_area_summary",
        "flows",
        "Trade Statistics of Japan, summary by area",
        read_area_summary,
        _is_area_summary,
        _AREA_KEY,
        ("year",),
    ),
    Reader(
        "japan_customs_time_series",
        "flows",
        "Trade Statistics of Japan, time series of totals (d41ma.csv and its like)",
        read_time_series,
        _is_time_series,
        _AREA_KEY,
        ("total_code",),
    ),
)  # fmt: skip
