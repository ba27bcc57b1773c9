"""Values of the findings as HTML, each under an address of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl

from retorsion.reports.html import (
    LONG,
    MISSING_CELL,
    WORDS,
    anchor_of,
    number,
    percent,
    table,
)
from retorsion.reports.quantities import (
    Unit,
    capital,
    file_title,
    is_year,
    named,
    unit_beside,
    unit_of_file,
    value_words,
    words_of,
)

#: Columns of the values that come first, in this order; all others follow as the findings have them.
_FIRST = ("finding", "label", "estimate", "lower", "upper", "level", "standard_error", "p_value", "unit", "n")
_LAST = ("sample", "method", "estimator", "citation", "caveat", "statement")

#: The first day of a month.
_FIRST_DAY = re.compile(r"\d{4}-\d\d-01")

#: Ends of names of columns whose words are addresses and names of things, which stay as they are.
_AS_THEY_ARE = ("url", "urls", "_id", "_ids")

#: Yes and no as files of rows have them.
_YES = {"true": "yes", "false": "no"}

#: Days, months and codes of products, which no line breaks.
_SHORT_CODE = re.compile(r"\d{4}(-\d\d){1,2}|\d{2,10}")

#: Digits of percentages.
_DIGITS = 4

#: Smaller p-values are not told apart.
_LEAST_P = 0.001

#: Gives the address a value of the findings leads to, such as that of an act; None for other values.
Link = Callable[[Any], str | None]


@dataclass(frozen=True)
class _Shown:
    """One record of the findings on its page: its place, its values, its name there and the unit of its estimate."""

    path: str
    record: Mapping[str, Any]
    name: str
    unit: Unit

    def value(self, key: str, link: Link) -> str:
        """HTML of one of its values."""
        return _cell(key, self.record[key], link, unit_beside(key, self.unit))

    def is_told(self, key: str) -> bool:
        """Whether its name, or the sign of per cent, already says one of its values."""
        value = self.record[key]
        if key == "unit" and value == "share":
            return True
        is_word = isinstance(value, str) and bool(value)
        return is_word and re.search(rf"(?i)\b{re.escape(value_words(value))}(?!\w)", self.name) is not None

    def place(self, key: str) -> str:
        """The anchor of one of its values, where no cell has it."""
        return f'<span id="{escape(anchor_of(f"{self.path}.{key}"))}"></span>'

    def sort(self, key: str) -> str:
        """The attribute by which a cell is sorted whose text is more than its number."""
        value = self.record[key]
        is_more = isinstance(value, float) and unit_beside(key, self.unit) in ("log", "points")
        return f' data-sort="{value}"' if is_more else ""


def values_html(part: Any, place: str, link: Link, sides: Mapping[str, str] | None = None) -> str:
    """Records of the same columns side by side in one table; single ones as a list of facts.

    Args:
        part: of the findings.
        place: where it stands in them.
        link: the address a value leads to.
        sides: names of the sides of the case, for the names of the records.
    """
    shapes: dict[tuple[str, ...], list[_Shown]] = {}
    for path, chain in _records(part, place):
        known = named(path, chain, sides)
        shown = _Shown(path, chain[-1], known.name if path != place else "", known.unit)
        shapes.setdefault(tuple(_plain(chain[-1])), []).append(shown)
    if not shapes:
        return f"<p>{_cell(place.rpartition('.')[2], part, link)}</p>"
    return "\n".join(
        _facts(records[0], place, link) if len(records) == 1 else _table(records, place, link)
        for records in shapes.values()
    )


def _records(value: Any, place: str, above: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every mapping that holds values of its own, with what is around it, from the outside in."""
    chain = (*above, value)
    if isinstance(value, Mapping):
        if _plain(value):
            yield place, chain
        for key, inner in value.items():
            yield from _records(inner, f"{place}.{key}", chain)
    elif isinstance(value, list):
        for count, inner in enumerate(value):
            yield from _records(inner, f"{place}.{count}", chain)


def _plain(record: Mapping[str, Any]) -> list[str]:
    """Keys of a record that hold a value and no further record, in the order they are shown."""
    keys = [key for key, value in record.items() if not _is_nested(value)]
    first = [key for key in _FIRST if key in keys]
    last = [key for key in _LAST if key in keys]
    return [*first, *(key for key in keys if key not in _FIRST and key not in _LAST), *last]


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value)
    )


def _facts(shown: _Shown, place: str, link: Link) -> str:
    """One record as a list of its values."""
    anchor = "" if shown.path == place else f' id="{escape(anchor_of(shown.path))}"'
    lines = "".join(
        f'<div id="{escape(anchor_of(f"{shown.path}.{key}"))}"><dt>{escape(capital(words_of(key)))}</dt>'
        f"<dd>{shown.value(key, link)}</dd></div>"
        for key in _plain(shown.record)
    )
    head = f'<p class="record-name">{escape(shown.name)}</p>' if shown.name else ""
    return f'<div class="record"{anchor}>{head}<dl class="record-facts">{lines}</dl></div>'


def _table(records: Sequence[_Shown], place: str, link: Link) -> str:
    """Records of the same columns as the rows of a table; each cell has its place as anchor.

    Long words that are the same in all rows stand once, below, and words that the name of each row has do not stand
    again.
    """
    keys = _plain(records[0].record)
    shared = [key for key in keys if _is_shared([one.record[key] for one in records])]
    told = [key for key in keys if key not in shared and all(one.is_told(key) for one in records)]
    columns = [
        key
        for key in keys
        if key not in (*shared, *told) and any(one.record[key] is not None for one in records)
    ]
    kinds = {key: _kind([one.record[key] for one in records]) for key in columns}
    heads = "".join(f'<th scope="col"{kinds[key]}>{escape(capital(words_of(key)))}</th>' for key in columns)
    body = "\n".join(
        f'<tr id="{escape(anchor_of(one.path))}"><th scope="row" class="place{_short(one.name)}">'
        f"{''.join(map(one.place, told))}{escape(one.name)}</th>"
        + "".join(
            f'<td id="{escape(anchor_of(f"{one.path}.{key}"))}"{kinds[key]}{one.sort(key)}>'
            f"{one.value(key, link if key not in ('unit', 'term') else _nowhere)}</td>"
            for key in columns
        )
        + "</tr>"
        for one in records
    )
    lively = ' class="interactive"' if len(records) > 12 else ""
    caption = escape(
        f"{capital(words_of(place.rpartition('.')[2]))}: {', '.join(map(words_of, columns[:4]))}"
    )
    return (
        f'<div class="table"><div class="scroll tall"><table{lively}>'
        f'<caption class="unseen">{caption}</caption>'
        f'<thead><tr><th scope="col">Result</th>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div></div>"
        + "".join(_once(key, records, link) for key in shared)
    )


def _is_shared(values: Sequence[Any]) -> bool:
    first = values[0]
    return isinstance(first, str) and len(first) > WORDS and all(value == first for value in values)


def _once(key: str, records: Sequence[_Shown], link: Link) -> str:
    """What all rows share, under the address of each."""
    places = "".join(one.place(key) for one in records)
    return (
        f'<p class="same">{places}<b>{escape(capital(words_of(key)))}</b> {records[0].value(key, link)}</p>'
    )


def _short(name: str) -> str:
    return " short" if len(name) <= 24 else ""


def rows_html(name: str, frame: pl.DataFrame, link: Link, max_rows: int) -> str:
    """The rows of a file, what they name as links, and shares as percentages."""
    strings = [column for column, dtype in frame.schema.items() if dtype == pl.String]
    of_file = unit_of_file(name)
    shares = [
        column
        for column, dtype in frame.schema.items()
        if dtype.is_float() and unit_beside(column, of_file) == "share"
    ]
    written = [column for column in strings if not column.endswith(_AS_THEY_ARE)]
    months = [column for column in strings if are_months(column, frame[column].drop_nulls())]
    return table(
        frame,
        caption=file_title(name),
        labels={column: capital(words_of(column)) for column in frame.columns},
        formats=dict.fromkeys(shares, _percent)
        | dict.fromkeys(written, value_words)
        | dict.fromkeys(months, _month),
        links=dict.fromkeys(strings, link),
        max_rows=max_rows,
    ).html


def row_words(column: str, cells: Iterable[str], *, are_months: bool) -> dict[str, str]:
    """The cells of a column of a file that a reader knows by other words: months, yes and no, and codes.

    Args:
        column: its name.
        cells: some of its cells, as the file has them.
        are_months: whether its days stand for months (:func:`are_months`).
    """
    if column.endswith(_AS_THEY_ARE):
        return {}
    said = {cell: _month(cell) if are_months else _YES.get(cell) or value_words(cell) for cell in cells}
    return {cell: words for cell, words in said.items() if words != cell}


def are_months(key: str, values: Iterable[str]) -> bool:
    """Whether the days of a key stand for months: by its name, or where periods all begin with a month."""
    named_so = key.endswith("_month") or key == "period_start"
    return named_so and all(_FIRST_DAY.fullmatch(value) for value in values)


def _month(day: str) -> str:
    """The month that its first day stands for."""
    return day.removesuffix("-01")


def _cell(key: str, value: Any, link: Link, unit: Unit = "plain") -> str:
    if isinstance(value, list):
        are_sentences = all(isinstance(inner, str) and inner.endswith(".") for inner in value)
        shown = [_cell(key, inner, link) for inner in value]
        if are_sentences and len(shown) > 1:
            return "\n".join(f"<p>{each}</p>" for each in shown)
        return ", ".join(shown) or "none"
    if value is None:
        return MISSING_CELL
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return escape(_number(key, value, unit))
    if key.endswith("_month") and are_months(key, [value]):
        return escape(_month(value))
    href = link(value)
    return f'<a href="{escape(href)}">{escape(value)}</a>' if href else escape(value_words(value))


def _number(key: str, value: float, unit: Unit) -> str:
    """A number in the words of its unit; years without a comma."""
    if isinstance(value, int) and is_year(key):
        return str(value)
    if unit in ("share", "points"):
        return _percent(value) if unit == "share" else f"{_percent(value)[:-1]} points"
    if key.endswith(("p_value", "q_value")) and 0 <= value < _LEAST_P:
        return f"below {_LEAST_P}"
    if isinstance(value, int):
        return number(value, digits=6)
    # findings have six significant digits, so that whole numbers beyond are exact enough
    text = (f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}").replace("-", "−")
    return f"{text} ({percent(math.expm1(value))})" if unit == "log" else text


def _percent(share: float) -> str:
    """A share as a percentage of four digits at most."""
    text = number(100.0 * share, digits=_DIGITS)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def _nowhere(_: Any) -> None:
    """Words of a unit may be those of a table; they lead nowhere."""


def _kind(values: Sequence[Any]) -> str:
    shown = [value for value in values if value is not None]
    if shown and all(isinstance(value, float | int) and not isinstance(value, bool) for value in shown):
        return ' class="number"'
    if shown and all(isinstance(value, str) and _SHORT_CODE.fullmatch(value) for value in shown):
        return ' class="date"'
    longest = max((len(str(value)) for value in shown if isinstance(value, str | list)), default=0)
    return ' class="words long"' if longest > LONG else ' class="words"' if longest > WORDS else ""
