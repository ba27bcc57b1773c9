"""Eurostat Comext as its users download it: Easy Comext's CSV, the Data Browser's workbook, SDMX-CSV.

All give the trade of :mod:`retorsion.sources.formats.comext`. *Easy Comext* writes codes,
labels or both (``202408-Aug. 2024``, ``Aug. 2024``; ``2-EXPORT``; ``TOTAL-Total``; ``201952-Jan.-Dec. 2019``
for a year). The *Data Browser* writes one sheet for each product, flow and indicator, states in rows and
months in columns, ``:`` for missing. The dissemination API answers in *SDMX-CSV*, one row for each flow, month
and indicator, which the Data Browser downloads too. Names of states carry notes in brackets, which are dropped;
what is left is looked up exactly. Eurostat, User guide on European statistics on international trade in goods; Data
Browser, download as XLSX.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import eurostat_states, state_names
from retorsion.sources.formats.comext import measured
from retorsion.sources.formats.japan_customs import MONTHS
from retorsion.sources.limits import limit
from retorsion.sources.readers import Head, Reader, header
from retorsion.sources.rows import (
    QUARANTINE_SCHEMA,
    ROW,
    Check,
    Rows,
    empty_quarantine,
    first_failed,
    once,
    sift,
)
from retorsion.sources.states import UNKNOWN_STATE, aggregates, aliases
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.bulk_text import each_once, header_of
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.published import QuotedLayout, read_layout
from retorsion.sources.text.words import Meanings, is_words, words_of
from retorsion.sources.text.workbooks import open_workbook, sheet_of

_COLUMNS = ("REPORTER", "PARTNER", "PRODUCT", "FLOW", "STAT_PROCEDURE", "PERIOD", "VALUE_IN_EUR")
_LAYOUT = QuotedLayout(
    publisher="Eurostat",
    columns=_COLUMNS,
    older=(tuple(name for name in _COLUMNS if name != "STAT_PROCEDURE"),),
    words=tuple(name for name in _COLUMNS if name != "VALUE_IN_EUR"),
)

#: Indicators of the Data Browser: column, and what one unit of the indicator is in the column's unit.
INDICATORS = {
    "VALUE_IN_EUROS": ("value_eur", 1.0),
    "VALUE_IN_EUR": ("value_eur", 1.0),
    "QUANTITY_IN_100KG": ("net_weight_kg", 100.0),
    "QUANTITY_IN_KG": ("net_weight_kg", 1.0),
    "SUPPLEMENTARY_QUANTITY": ("supplementary_quantity", 1.0),
}

_MONTHS = {month: number for number, month in enumerate(MONTHS, start=1)}
_FLOWS = {"1": "import", "IMPORT": "import", "2": "export", "EXPORT": "export"}
#: Statistical procedures by their labels alone, as far as they are known.
_PROCEDURES = {"NORMAL": "1"}
_VALUATION = {"import": "CIF", "export": "FOB"}
_LEVELS = {2: "hs2", 4: "hs4", 5: "total", 6: "hs6", 8: "cn8"}
_MISSING = ":"
_TAKE = "Take the file as Eurostat's site gives it."
#: Name of the column that has the value of a row as a number.
_NUMBER = "number"

_NUMBERS = ("value_eur", "net_weight_kg", "supplementary_quantity")


@cache
def reporter_of_label(label: str) -> str | None:
    """As :func:`state_of_label`, of a reporter: a part of a state that reports is not taken for the whole."""
    code = label.partition("-")[0]
    return {**aliases("eurostat_reporter"), **aliases("eurostat_reporter_name")}.get(
        code, state_of_label(label)
    )


@cache
def state_of_label(label: str) -> str | None:
    """State or aggregate of a partner's label, or None if it is not known.

    Args:
        label: code, name, or both with a hyphen between; the name may end in notes in brackets.
    """
    code, _, name = label.partition("-")
    if code in eurostat_states() and (not name or code.isupper()):
        return eurostat_states()[code]
    plain = re.sub(r"\s*\([^()]*\)$", "", label.strip())
    while plain != (shorter := re.sub(r"\s*\([^()]*\)$", "", plain)):
        plain = shorter
    return {**state_names(), **aliases("eurostat_name")}.get(plain)


def period_of_label(label: str) -> tuple[date, int] | None:
    """First day and number of months (1 or 12) of a period, or None for any other shape.

    Args:
        label: ``202408``, ``202408-Aug. 2024``, ``2024-08``, ``Aug. 2024``; ``201952``, ``2019`` or
            ``Jan.-Dec. 2019``.
    """
    if found := re.fullmatch(r"([0-9]{4})([0-9]{2})(?:-.*)?|([0-9]{4})-([0-9]{2})", label):
        year, month = int(found[1] or found[3]), int(found[2] or found[4])
        is_year = month == 52 and found[1] is not None
    elif found := re.fullmatch(r"[0-9]{4}", label):
        year, month, is_year = int(label), 1, True
    elif found := re.fullmatch(r"Jan\.?-Dec\.? ([0-9]{4})", label):
        year, month, is_year = int(found[1]), 1, True
    elif found := re.fullmatch(r"([A-Z][a-z]{2})[a-z]{0,6}\.? ([0-9]{4})", label):
        year, month, is_year = int(found[2]), _MONTHS.get(found[1], 0), False
    else:
        return None
    if year < 1900 or not (is_year or 1 <= month <= 12):
        return None
    return date(year, 1 if is_year else month, 1), 12 if is_year else 1


def product_of_label(label: str) -> str | None:
    """Code of the Combined Nomenclature in ``87032319``, ``87032319-Cars`` or ``Cars [87032319]``."""
    found = re.search(r"\[([0-9A-Z]+)\]$", label) or re.match(r"([0-9A-Z]+)(?:-|$)", label)
    code = found[1] if found else ""
    is_code = re.fullmatch(r"TOTAL|[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{2}[0-9A-Z]{6}", code)
    return code if is_code else None


def _flow(label: str) -> str | None:
    found = re.fullmatch(r"(?:[12]-)?([12]|IMPORT|EXPORT)", label)
    return _FLOWS[found[1]] if found else None


def _procedure(label: str) -> str | None:
    if "TOTAL" in label.upper():
        return "total"
    if label.upper() in _PROCEDURES:
        return _PROCEDURES[label.upper()]
    found = re.fullmatch(r"([0-9])(?:-.*)?", label)
    return found[1] if found else None


def _meanings(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """What the labels of ``_COLUMNS`` mean, null where one means nothing that is known."""

    @cache
    def labels(column: str) -> pl.Series:
        found = words_of(frame[column]) if is_words(frame[column]) else frame[column].unique()
        return found.drop_nulls()

    def meant(column: str, meaning: Callable[[str], object], dtype: pl.DataType) -> pl.Expr:
        found = {label: meaning(label) for label in labels(column)}
        return pl.col(column).replace_strict(found, default=None, return_dtype=dtype)

    def first(label: str) -> date | None:
        found = period_of_label(label)
        return found[0] if found else None

    def months(label: str) -> int | None:
        found = period_of_label(label)
        return found[1] if found else None

    sums = list(aggregates())
    reporter = meant("REPORTER", reporter_of_label, pl.String())
    partner = meant("PARTNER", state_of_label, pl.String())
    flow = meant("FLOW", _flow, pl.String())
    code = meant("PRODUCT", product_of_label, pl.String())
    n_digits = code.str.len_bytes()
    return {
        "reporter_code": reporter,
        "partner_code": partner,
        "flow_type": flow,
        "period_start": meant("PERIOD", first, pl.Date()),
        "n_months": meant("PERIOD", months, pl.Int64()),
        "product_code": code,
        "procedure_code": meant("STAT_PROCEDURE", _procedure, pl.String()),
        "product_level": n_digits.replace_strict(_LEVELS, default=None, return_dtype=pl.String),
        "valuation_type": flow.replace_strict(_VALUATION, default=None, return_dtype=pl.String),
        "is_special": code.str.contains("[A-Z]") & (code != "TOTAL"),
        "is_of_sums": reporter.is_in(sums),
        "is_with_sums": partner.is_in(sums),
        "is_of_many_goods": n_digits < 8,
    }


#: What the tests need to know of a label.
_TESTED = (
    "reporter_code",
    "partner_code",
    "flow_type",
    "period_start",
    "n_months",
    "product_code",
    "procedure_code",
)


def _understood(frame: pl.DataFrame, value: str, *, source_id: str, file: str) -> Rows:
    """Rows of known labels with their meanings and the number beside them, and the others.

    Each label is read once.
    """
    made = _meanings(frame)
    frame = frame.with_columns(_number(value).alias(_NUMBER))
    meanings = Meanings(frame)
    checks = (*_checks(made), _number_check(value))
    rows = Rows(frame, empty_quarantine())
    if first_failed(frame, checks, meanings) is not None:  # the quarantine shows what was understood
        tested = meanings.of({name: made[name] for name in _TESTED})
        rows = sift(pl.concat([frame, tested], how="horizontal"), checks, source_id=source_id, file=file)
        meanings = Meanings(rows.accepted)
    meant = meanings.of(made)
    is_aggregate = pl.any_horizontal("is_of_sums", "is_with_sums", "is_of_many_goods")
    accepted = rows.accepted.select(frame.columns).with_columns(
        meant, is_aggregate=meant.select(is_aggregate).to_series()
    )
    return Rows(accepted, rows.rejected)


def _checks(made: Mapping[str, pl.Expr]) -> tuple[Check, ...]:
    """Tests of the labels by what is made of them."""
    known = {name: expression.is_not_null() for name, expression in made.items()}
    return (
        *(
            Check(
                column,
                known[name],
                f"{UNKNOWN_STATE} or group of states",
                "Add it, without the notes in brackets, to states.csv under the system 'eurostat_name'.",
            )
            for column, name in (("REPORTER", "reporter_code"), ("PARTNER", "partner_code"))
        ),
        Check(
            "PRODUCT",
            known["product_code"],
            "has no code of the Combined Nomenclature",
            "Download the file with codes, or codes and labels, of products.",
        ),
        Check("FLOW", known["flow_type"], "is neither import nor export", _TAKE),
        Check(
            "STAT_PROCEDURE",
            pl.col("STAT_PROCEDURE").is_null() | known["procedure_code"],
            "is not a statistical procedure",
            _TAKE,
        ),
        Check("PERIOD", known["period_start"], "is not a month or a whole year", _TAKE),
    )


def _tidy(rows: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows in the columns of :func:`retorsion.sources.formats.comext.read_comext`."""
    return rows.select(
        ROW,
        "reporter_code",
        "partner_code",
        "flow_type",
        "period_start",
        "n_months",
        pl.lit("cn8").alias("product_system"),
        "product_level",
        "product_code",
        "procedure_code",
        *_NUMBERS,
        "valuation_type",
        "is_special",
        "is_aggregate",
    )


def _number(column: str) -> pl.Expr:
    """A published number; blanks or commas part thousands in no download."""
    return pl.col(column).cast(pl.Float64, strict=False)


def _number_check(column: str) -> Check:
    missing = pl.col(column).is_null() | (pl.col(column) == _MISSING)
    ok = pl.col(_NUMBER).is_between(0, math.inf, closed="left")
    return Check(column, missing | ok, "is not a number of at least 0", _TAKE)


def read_easy_comext(path: Path, *, source_id: str) -> Rows:
    """Read a CSV of Easy Comext, with codes, labels or both.

    Args:
        path: the file; ``STAT_PROCEDURE`` may be absent.
        source_id: id of the source it belongs to.

    Returns:
        Columns as :func:`retorsion.sources.formats.comext.read_comext`, without the type of trade and the unit;
        ``procedure_code`` is ``total`` where the row is one of all procedures. Weights and supplementary
        quantities are null.

    Raises:
        SourceError: another layout, or two rows that say different things of the same flow.
    """
    read = read_layout(path, _LAYOUT, source_id=source_id)
    sifted = _understood(read.accepted, "VALUE_IN_EUR", source_id=source_id, file=path.name)
    value = pl.col(_NUMBER).alias("value_eur")
    no_number = (pl.lit(None, dtype=pl.Float64).alias(name) for name in _NUMBERS[1:])
    rows = Rows(sifted.accepted.with_columns(value, *no_number), pl.concat([read.rejected, sifted.rejected]))
    # Several codes may be one state, so that flows are told apart by what is written, too.
    key = (*_KEY[:5], *_KEY[6:], "REPORTER", "PARTNER")
    each = once(rows, key, source_id=source_id, file=path.name)
    tidy = replace(each, accepted=_tidy(each.accepted))
    return tidy.check(len(read.accepted) + len(read.rejected), path.name)


#: Sheets of a workbook that hold no numbers.
_DESCRIPTIONS = ("Summary", "Structure")

_SHEET = re.compile(r"Sheet [0-9]{1,4}")


def read_data_browser(path: Path, *, source_id: str) -> Rows:
    """Read a workbook of the Data Browser.

    Args:
        path: the XLSX, with states in rows or above the table, and months in columns.
        source_id: id of the source it belongs to.

    Returns:
        Columns as :func:`read_easy_comext`: one row for each flow and period, with the numbers of its
        indicators beside each other; ``row`` is the line in the first sheet that has it, ``n_rows``
        how many lines are behind it. Missing numbers stay as rows without any. Rejected: lines of sheets,
        once for each period that is faulty; their file is the workbook and the sheet.

    Raises:
        SourceError: not a workbook of the Data Browser, one that declares document types, or one that
            is beyond the limits.
    """
    accepted: list[pl.DataFrame] = []
    rejected: list[pl.DataFrame] = []
    n_in = 0
    for sheet, cells in _sheets(path):
        file = f"{path.name}/{sheet}"
        long, extra = _long(cells, file, source_id)
        sifted = _understood(long, "VALUE", source_id=source_id, file=file)
        n_in += len(long) + len(extra)
        accepted.append(sifted.accepted)
        rejected += [sifted.rejected, extra]
    bad = pl.concat(rejected)
    found = pl.concat(accepted)
    assert len(found) + len(bad) == n_in, f"{path.name}: cells were lost"
    return Rows(_beside(found, path), bad)


def _beside(found: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Rows of single numbers as rows of flows, with the numbers of their indicators beside each other.

    Args:
        found: understood rows with ``column`` and ``factor``, what :data:`INDICATORS` says of the indicator.
        path: the file.

    Raises:
        SourceError: a flow has two numbers of one indicator.
    """
    key = ["reporter_code", "partner_code", "flow_type", "period_start", "n_months", "product_code"]
    # Several codes may be one state, so that flows are told apart by what is written.
    written = ["REPORTER", "PARTNER", "STAT_PROCEDURE"]
    double = found.filter(pl.struct(*key, *written, "column").is_duplicated()).head(1)
    if len(double):
        row = double.row(0, named=True)
        raise SourceError(
            path.name,
            "holds one number twice",
            row=row[ROW],
            column=row["column"],
            value=f"{row['REPORTER']}, {row['PARTNER']}, {row['PERIOD']}",
            remedy=_TAKE,
        )
    numbers = found.with_columns(
        pl.when(pl.col("column") == name).then(pl.col(_NUMBER) * pl.col("factor")).alias(name)
        for name in _NUMBERS
    )
    together = numbers.group_by(*key, *written, maintain_order=True).agg(
        pl.col(ROW).first(),
        pl.len().cast(pl.Int64).alias("n_rows"),
        pl.col("procedure_code").first(),
        *(pl.col(name).max() for name in _NUMBERS),
        pl.col("product_level", "valuation_type", "is_special", "is_aggregate").first(),
    )
    return measured(_tidy(together)).insert_column(1, together["n_rows"])


#: Columns of SDMX-CSV, in either of its versions, that say nothing of a flow.
_SDMX_ASIDE = {
    *("DATAFLOW", "LAST UPDATE", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION"),
    *("freq", "OBS_FLAG", "CONF_STATUS", "OBS_STATUS"),
}
_SDMX = {
    "reporter": "REPORTER",
    "partner": "PARTNER",
    "product": "PRODUCT",
    "flow": "FLOW",
    "stat_procedure": "STAT_PROCEDURE",
    "indicators": "INDICATORS",
    "TIME_PERIOD": "PERIOD",
    "OBS_VALUE": "VALUE",
}


def read_sdmx_csv(path: Path, *, source_id: str) -> Rows:
    """Read SDMX-CSV of a data set of Comext, as the dissemination API answers and the Data Browser downloads.

    Args:
        path: the CSV, packed or not; codes, or codes and labels (``DE:Germany``).
        source_id: id of the source it belongs to.

    Returns:
        As :func:`read_data_browser`. Rejected: single rows of the file, those of indicators that are not in
        :data:`INDICATORS` among them.

    Raises:
        SourceError: another layout, or one number twice.
    """
    data, _ = unpacked(path)
    columns = each_once(header_of(data, path.name, "".join(SEPARATORS))[0], path.name)
    names = {
        _SDMX[column.partition(":")[0]]: column for column in columns if column.partition(":")[0] in _SDMX
    }
    missing = sorted(set(_SDMX.values()) - {"STAT_PROCEDURE"} - names.keys())
    unknown = [c[:80] for c in columns if c.partition(":")[0] not in _SDMX.keys() | _SDMX_ASIDE]
    if missing or unknown:
        raise SourceError(
            path.name,
            f"lacks the columns {missing}, has the unknown columns {unknown[:5]}",
            row=1,
            remedy=_TAKE,
        )
    layout = QuotedLayout(publisher="Eurostat", columns=columns)
    read = read_layout(path, layout, source_id=source_id, data=data)
    no_procedure = pl.lit(None, dtype=pl.String).alias("STAT_PROCEDURE")
    long = read.accepted.select(
        ROW,
        *(_code(name).alias(field) for field, name in names.items()),
        *([] if "STAT_PROCEDURE" in names else [no_procedure]),
    )
    known = pl.col("INDICATORS").is_in(list(INDICATORS))
    is_known = Check("INDICATORS", known, "is not a known indicator", f"Known are: {', '.join(INDICATORS)}.")
    sifted = sift(long, [is_known], source_id=source_id, file=path.name)
    with_unit = sifted.accepted.with_columns(
        pl.col("INDICATORS").replace_strict({k: c for k, (c, _) in INDICATORS.items()}).alias("column"),
        pl.col("INDICATORS").replace_strict({k: f for k, (_, f) in INDICATORS.items()}).alias("factor"),
    )
    understood = _understood(with_unit, "VALUE", source_id=source_id, file=path.name)
    key = (*_KEY[:5], *_KEY[6:], "REPORTER", "PARTNER", "column")
    each = once(understood, key, source_id=source_id, file=path.name)
    rejected = pl.concat([read.rejected, sifted.rejected, each.rejected]).sort(ROW)
    rows = Rows(_beside(each.accepted, path), rejected, each.notes)
    n_in = len(read.accepted) + len(read.rejected)
    assert rows.accepted["n_rows"].sum() + len(rejected) == n_in, f"{path.name}: rows were lost"
    return rows


def _code(column: str) -> pl.Expr:
    """The code of a cell that may have its label after a colon; ``:`` alone stays as it is."""
    cell = pl.col(column)
    return pl.when(cell.str.contains(r"^[^:]+:")).then(cell.str.extract(r"^([^:]+):", 1)).otherwise(cell)


def _sheets(path: Path) -> list[tuple[str, list[tuple[str | None, ...]]]]:
    """Cells of each sheet with numbers, as text."""
    book = open_workbook(path, remedy=_TAKE)
    names = [name for name in book.sheet_names if name not in _DESCRIPTIONS]
    unknown = [name[:80] for name in names if not _SHEET.fullmatch(name)]
    if unknown or not names:
        raise SourceError(
            path.name, "has no sheet of numbers, or one that is unknown", value=unknown[:5], remedy=_TAKE
        )
    return [(name, sheet_of(book, name, path, remedy=_TAKE).rows()) for name in names]


def _long(
    cells: list[tuple[str | None, ...]], file: str, source_id: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row for each line and period of a sheet, and lines that are of no reporter or partner."""
    above, at = _above(cells, file)
    periods = cells[at]
    indicator = above.get("INDICATORS", "")
    if indicator not in INDICATORS:
        raise SourceError(
            file, "has an unknown indicator", column="INDICATORS", value=indicator[:80],
            remedy=f"Known are: {', '.join(INDICATORS)}.",
        )  # fmt: skip
    heads = next((i for i in range(at, min(at + 4, len(cells))) if _dimensions(cells[i])), None)
    if heads is None:
        raise SourceError(file, "has no line that names what its rows are", row=at + 1, remedy=_TAKE)
    dimensions = _dimensions(cells[heads])
    if unknown := set(dimensions) - {"REPORTER", "PARTNER", "PRODUCT", "FLOW"}:
        raise SourceError(file, f"has rows by {sorted(unknown)}", row=heads + 1, remedy=_TAKE)
    shown = {i: p for i, p in enumerate(periods) if i >= len(dimensions) and p}
    if not shown:
        raise SourceError(file, "has no periods", row=at + 1, remedy=_TAKE)
    records: list[tuple[object, ...]] = []
    extra: list[tuple[object, ...]] = []
    column, factor = INDICATORS[indicator]
    for number, line in enumerate(cells[heads + 1 :], start=heads + 2):
        if not any(line):
            break  # below stand the meanings of special values
        own = dict(zip(dimensions, line, strict=False))
        flags = [c for i, c in enumerate(line) if i >= len(dimensions) and i not in shown and c]
        if any(len(flag) > 3 or not flag.isalpha() for flag in flags):
            extra.append(
                (source_id, file, number, "(no period)", flags[0][:200], "stands under no period", _TAKE,
                 json.dumps(line, ensure_ascii=False)[: limit("cell_bytes")])
            )  # fmt: skip
            continue
        what = {**above, **own}
        text = [what.get(name) for name in ("REPORTER", "PARTNER", "PRODUCT", "FLOW")]
        for place, period in shown.items():
            records.append((number, *text, None, period, line[place], column, factor))
    schema = {
        ROW: pl.Int64,
        **dict.fromkeys((*_COLUMNS[:6], "VALUE", "column"), pl.String),
        "factor": pl.Float64,
    }
    long = pl.DataFrame(records, schema=pl.Schema(schema), orient="row")
    return long, pl.DataFrame(extra, schema=QUARANTINE_SCHEMA, orient="row")


def _above(cells: list[tuple[str | None, ...]], file: str) -> tuple[dict[str, str], int]:
    """What a sheet says above its table, and the place of the line of periods."""
    said: dict[str, str] = {}
    for place, line in enumerate(cells):
        if line and line[0] == "TIME":
            return said, place
        values = [cell for cell in line[1:] if cell]
        if line and line[0] and len(values) == 1:
            said[re.sub(r" \[[A-Z_]+\]$", "", line[0]).removesuffix(": ")] = values[0]
    raise SourceError(file, "has no line of periods that begins with TIME", remedy=_TAKE)


def _dimensions(line: tuple[str | None, ...]) -> list[str]:
    """Dimensions that a line names, such as ``REPORTER (Labels)``; ``FREQ`` and ``TIME`` are none of rows."""
    found = [re.fullmatch(r"([A-Z_]+) \((?:Labels|Codes)\)", cell or "") for cell in line]
    names = [match[1] for match in found if match]
    return [] if set(names) & {"FREQ", "TIME"} else names


def _is_data_browser(head: Head) -> bool:
    return head.sheets[:2] == _DESCRIPTIONS and any(_SHEET.fullmatch(name) for name in head.sheets)


_KEY = (
    "period_start", "n_months", "reporter_code", "partner_code", "flow_type", "product_system",
    "product_code", "procedure_code",
)  # fmt: skip

READERS = (
    Reader(
        "comext_labels_sdmx",
        "flows",
        "Eurostat Comext in SDMX-CSV (dissemination API, Data Browser)",
        read_sdmx_csv,
        header("reporter", "partner", "product", "flow", "indicators", "OBS_VALUE"),
        _KEY,
    ),
    Reader(
        "comext_labels_easy",
        "flows",
        "Eurostat Easy Comext (CSV)",
        read_easy_comext,
        header("REPORTER", "PARTNER", "PRODUCT", "VALUE_IN_EUR"),
        _KEY,
    ),
    Reader(
        "comext_labels_data_browser",
        "flows",
        "Eurostat Data Browser, trade by product (XLSX)",
        read_data_browser,
        _is_data_browser,
        _KEY,
    ),
)
