"""Trade Statistics of Japan as e-Stat and Japan Customs publish them, in thousand yen rounded down.

Exports are valued FOB by country of last known destination, imports CIF by country of origin.

*Summary by area*: goods groups in columns, areas in rows, and twelve monthly blocks stacked above an annual
one, with nothing to say which month a row is of.

*Time series* of the customs' site: totals by month, in Shift_JIS, for the world, an area or a state.

Statistical codes by country are in :mod:`retorsion.sources.formats.japan_customs_hs9`.

All show a month that is not yet published as 0, like one without trade. A month is published if a month as late
or later has any value in the whole file, or if it was over two months before the file was fetched, since the
service publishes a month before the next one is over. The others are missing, not zero; ``is_published`` is False
and their numbers are null.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from retorsion.errors import ParameterError, SourceError
from retorsion.sources.code_systems import japan_customs_states, to_state
from retorsion.sources.readers import Head, Reader
from retorsion.sources.rows import QUARANTINE_SCHEMA, ROW, Rows
from retorsion.sources.states import UNKNOWN_STATE, aggregates, aliases
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

TAKE = "Take the file as e-Stat publishes it."
FLOWS = {"1": "export", "2": "import"}
VALUATION = {"export": "FOB", "import": "CIF"}


def day_of(path: Path, as_of: date | str | None) -> date:
    """The day on which a file was fetched: as it is given, or that of the file itself.

    Raises:
        ParameterError: text that is no date.
    """
    if isinstance(as_of, str):
        try:
            return date.fromisoformat(as_of)
        except ValueError:
            raise ParameterError(f"as_of {as_of!r}: write the day as 2026-07-31") from None
    return as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def published_month(as_of: date) -> date:
    """First day of the last month that is certainly published on a day: two months before it."""
    month = as_of.year * 12 + as_of.month - 1 - 2
    return date(month // 12, month % 12 + 1, 1)


#: Blocks of the summary: the months and the year.
N_BLOCKS = 13

#: Each month is rounded down to a thousand yen, and so is the year.
ROUNDING = 12

#: Longest number of the summary: thirteen of them add up in 64 bits.
MAX_DIGITS = 17

#: Line, flow, area and values of a line of the summary.
_Line = tuple[int, str, str, npt.NDArray[np.int64]]


def read_area_summary(path: Path, *, source_id: str, year: int, as_of: date | str | None = None) -> Rows:
    """Read the summary by area of one year.

    The months are told by their place: a block ends where its first area comes again. There must be twelve
    and an annual one, and the annual one must be their sum up to rounding, or the file is refused.

    Args:
        path: the CSV: title lines, a header ``Exp or Imp``, ``Area`` and the goods, then the blocks. Lines
            without a comma and repeated headers are titles.
        source_id: id of the source it belongs to.
        year: the year of the file, which its title alone names.
        as_of: the day on which the file was fetched; the day of the file itself if None.

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
        raise SourceError(path.name, "has no header with Exp or Imp and Area", remedy=TAKE)
    goods_from = header.index("Area") + 1
    goods = header[goods_from:]
    if header[:goods_from] not in (["Exp or Imp", "Area"], ["Exp or Imp", "Year", "Area"]):
        raise SourceError(path.name, "has unknown columns before Area", row=at + 1, remedy=TAKE)
    if not goods or len(set(goods)) != len(goods) or not all(name.strip() for name in goods):
        raise SourceError(path.name, "names no goods, or some twice", row=at + 1, remedy=TAKE)
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
        heads.append((number, FLOWS[found[0]], found[1]))
        numbers.append(found[2])
    values = _whole_numbers(numbers, len(goods))
    good = [(*head, row) for head, row in zip(heads, values, strict=True)]
    blocks = _blocks(good, path, complete=not bad)
    last = max(
        (month for month, block in enumerate(blocks[:12], 1) if any(r[3].any() for r in block)), default=0
    )
    published = published_month(day_of(path, as_of))
    last = 12 if published.year > year else max(last, published.month if published.year == year else 0)
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
        pl.col("flow_type").replace_strict(VALUATION, return_dtype=pl.String).alias("valuation_type"),
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


def read_time_series(
    path: Path, *, source_id: str, total_code: str | None = None, as_of: date | str | None = None
) -> Rows:
    """Read a time series of the customs' site, ``d41ma.csv`` and its like.

    Args:
        path: the CSV in Shift_JIS: titles, one of them with the unit, a header ``Years/Months`` with columns
            such as ``Exp-Total`` and ``Imp-224``, and a line for each month.
        source_id: id of the source it belongs to.
        total_code: state or area of the columns called Total, where the title is not that of the world.
        as_of: the day on which the file was fetched; the day of the file itself if None.

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
        raise SourceError(path.name, "has no header with Years/Months", remedy=TAKE)
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
        raise SourceError(path.name, "does not say that it is in thousand yen", row=1, remedy=TAKE)
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
    with_value = max((month for _, month, values in good if any(values)), default=date.min)
    published = max(with_value, published_month(day_of(path, as_of)))
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
        return "(line)", ",".join(texts)[:200], f"has {len(texts)} cells and not {len(columns) + 1}", TAKE
    if not _MONTH.fullmatch(texts[0]) or int(texts[0][:4]) == 0:
        return "Years/Months", texts[0][:200], "is not a month (yyyy/mm)", TAKE
    if texts[0] in seen:
        return "Years/Months", texts[0], "is the month of an earlier line", TAKE
    for name, text in zip(columns, texts[1:], strict=True):
        if text != "-" and not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
            return name, text[:200], "is not a whole number of at least 0", TAKE
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
        pl.col("flow_type").replace_strict(VALUATION, return_dtype=pl.String).alias("valuation_type"),
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
        raise SourceError(path.name, f"cannot be read as {encoding} CSV ({error})", remedy=TAKE) from None


def _cells(line: str, path: Path, encoding: str = "utf-8") -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raise SourceError(path.name, f"cannot be read as {encoding} CSV ({error})", remedy=TAKE) from None


def _plain_line(
    line: str, n_cells: int, goods_from: int, known: dict[str, str], year: int
) -> tuple[str, str, str] | None:
    """Flow, area and numbers of a line of the summary that is as it should be; None if it is to be judged."""
    *head, numbers = line.split(",", goods_from)
    if len(head) != goods_from or head[0] not in FLOWS or head[-1].strip().lower() not in known:
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
        return f"cell {len(cells)}", cells[-1][:200], reason, TAKE
    if cells[0] not in FLOWS:
        return header[0], cells[0][:200], "is neither 1 (export) nor 2 (import)", TAKE
    if goods_from == 3 and cells[1] != str(year):
        return header[1], cells[1][:200], f"is not the year {year}", TAKE
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
            return name, cell[:200], "is not a whole number of at least 0", TAKE
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
            remedy=TAKE,
        )
    for block in blocks:
        areas = [row[1:3] for row in block]
        if len(set(areas)) != len(areas):
            raise SourceError(path.name, "has an area twice in one block", row=block[0][0], remedy=TAKE)
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
                remedy=TAKE,
            )
    return blocks


def _is_area_summary(head: Head) -> bool:
    return any(re.match(r"Exp or Imp,(Year,)?Area,", line) for line in head.lines[:20])


def _is_time_series(head: Head) -> bool:
    return any(line.startswith("Years/Months,") for line in head.lines[:20])


_AREA_KEY = ("period_start", "reporter_code", "area", "flow_type", "product_level", "product_code")

READERS = (
    Reader(
        "japan_customs_area_summary",
        "flows",
        "Trade Statistics of Japan, summary by area",
        read_area_summary,
        _is_area_summary,
        _AREA_KEY,
        ("year", "as_of"),
    ),
    Reader(
        "japan_customs_time_series",
        "flows",
        "Trade Statistics of Japan, time series of totals (d41ma.csv and its like)",
        read_time_series,
        _is_time_series,
        _AREA_KEY,
        ("total_code", "as_of"),
    ),
)  # fmt: skip
