"""Trade of Japan by area and group of goods over many periods, put together from the ministry's summaries by area.

A line for each direction, area and group, a column for each period: a year (``2013``), a month (``2021-01``), or
several months that are known only together (``2021-07/2021-08``). Values are in thousand yen; an empty cell is a
period in which the ministry did not show the group or the area. Groups of goods and areas are named as
the ministry names them (:mod:`retorsion.sources.formats.japan_customs`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import to_state
from retorsion.sources.formats.japan_customs import SECTIONS, VALUATION
from retorsion.sources.readers import Head, Reader
from retorsion.sources.rows import ROW, Check, Rows, sift
from retorsion.sources.states import UNKNOWN_STATE, aggregates, aliases
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.bulk_text import each_once, header_of
from retorsion.sources.text.headers import as_published, wrong_header
from retorsion.sources.text.published import QuotedLayout, read_layout

#: Columns before the periods.
KEY = ("flow", "area", "goods")

_PERIOD = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:/(\d{4})-(0[1-9]|1[0-2]))?)?")
_WHOLE = "^-?[0-9]{1,17}$"


def read_area_goods(path: Path, *, source_id: str) -> Rows:
    """Read a table of areas and groups of goods by period.

    Args:
        path: the CSV, packed or not.
        source_id: id of the source it belongs to.

    Returns:
        One row for each filled cell, by line: ``row``, ``reporter_code``, ``partner_code``, ``flow_type``,
        ``period_start``, ``n_months``, ``product_system`` (mof_goods), ``product_level`` (total, section, item;
        subitem for goods in brackets, which are part of an item), ``product_code`` (the name without brackets),
        ``value_thousand_jpy``, ``valuation_type`` and ``is_aggregate`` (of partners). Rejected: lines. A value
        below zero is a revision of months before.

    Raises:
        SourceError: a column that is no period, or periods that fall or overlap.
    """
    data, _ = unpacked(path)
    columns = each_once(header_of(data, path.name)[0], path.name)
    if columns[: len(KEY)] != KEY:
        raise wrong_header(
            path.name, columns[: len(KEY)], KEY, row=1, remedy=as_published("the ministry of finance")
        )
    periods = _periods(columns[len(KEY) :], path)
    layout = QuotedLayout(publisher="the ministry of finance", columns=columns)
    read = read_layout(path, layout, source_id=source_id, data=data)
    sifted = sift(read.accepted, _checks(columns[len(KEY) :]), source_id=source_id, file=path.name)
    lines, names = sifted.accepted, columns[len(KEY) :]
    cells = lines.unpivot(names, index=[ROW, *KEY], variable_name="period").drop_nulls("value")
    rejected = pl.concat([read.rejected, sifted.rejected])
    n_lines = len(read.accepted) + len(read.rejected)
    assert len(lines) + len(rejected) == n_lines, f"{path.name}: lines were lost"
    assert len(cells) == len(lines) * len(names) - sum(lines.select(names).null_count().row(0)), path.name
    return Rows(_tidy(lines, cells, periods), rejected)


def _periods(names: Sequence[str], path: Path) -> pl.DataFrame:
    """The period of each column: period, period_start and n_months."""
    rows: list[tuple[str, date, int]] = []
    after = 0
    for name in names:
        found = _PERIOD.fullmatch(name)
        if found is None:
            raise SourceError(
                path.name,
                "has a column that is no period",
                row=1,
                column=name[:80],
                remedy="Write a year, a month, or two months with a slash: 2013, 2021-01, 2021-07/2021-08.",
            )
        year, month, last_year, last_month = (int(part) if part else None for part in found.groups())
        assert year is not None
        first = year * 12 + (month or 1) - 1
        end = first + (12 if month is None else 1)
        if last_year is not None and last_month is not None:
            end = last_year * 12 + last_month
        if first < after or end <= first:
            raise SourceError(
                path.name,
                "has a period that falls or overlaps the one before",
                row=1,
                column=name,
                remedy="Write the periods in time order, each month in one of them.",
            )
        after = end
        rows.append((name, date(first // 12, first % 12 + 1, 1), end - first))
    schema = {"period": pl.String, "period_start": pl.Date, "n_months": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _checks(names: Sequence[str]) -> tuple[Check, ...]:
    area = pl.col("area").str.strip_chars().str.to_lowercase()
    return (
        Check(
            "flow", pl.col("flow").is_in(list(VALUATION)), "is unknown", "Write export or import.", VALUATION
        ),
        Check(
            "area",
            area.is_in(list(aliases("japan_customs_area"))),
            f"{UNKNOWN_STATE} or area",
            "Add it, in small letters, to states.csv under the system 'japan_customs_area'.",
        ),
        Check("goods", pl.col("goods").is_not_null(), "is missing", "Name the group of goods."),
        Check(
            "goods",
            pl.struct(KEY).is_first_distinct(),
            "is the group of an earlier line of this area",
            "Keep one of the two lines.",
        ),
        *(
            Check(
                name,
                pl.col(name).str.contains(_WHOLE) | pl.col(name).is_null(),
                "is not a whole number of thousand yen",
                "Write the number without points and commas, or nothing where the ministry shows none.",
            )
            for name in names
        ),
    )


def _tidy(lines: pl.DataFrame, cells: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Cells in tidy columns; what is the same along a line is found out once."""
    known = aliases("japan_customs_area")
    name = pl.col("goods").str.to_lowercase()
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
        pl.col("flow").alias("flow_type"),
        pl.lit("mof_goods").alias("product_system"),
        level.alias("product_level"),
        pl.col("goods").str.strip_chars("()").alias("product_code"),
        pl.col("flow").replace_strict(VALUATION, return_dtype=pl.String).alias("valuation_type"),
        partner.is_in(list(aggregates())).alias("is_aggregate"),
    )
    return (
        cells.select(ROW, "period", pl.col("value").cast(pl.Int64).alias("value_thousand_jpy"))
        .join(of_line, on=ROW, maintain_order="left")
        .join(periods, on="period", maintain_order="left")
        .drop("period")
        .sort(ROW, "period_start")
    )


def _is_area_goods(head: Head) -> bool:
    cells = head.cells()
    return cells[: len(KEY)] == list(KEY) and all(_PERIOD.fullmatch(cell) for cell in cells[len(KEY) :])


READERS = (
    Reader(
        "japan_area_goods",
        "flows",
        "Trade of Japan by area and group of goods, put together over periods",
        read_area_goods,
        _is_area_goods,
        ("period_start", "reporter_code", "partner_code", "flow_type", "product_level", "product_code"),
    ),
)
