"""Values of the findings as HTML, each under an address of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import polars as pl

from retorsion.reports.html import (
    MISSING_CELL,
    anchor_of,
    number,
    table,
)

#: Columns of the values that come first, in this order; all others follow as the findings have them.
_FIRST = ("finding", "label", "estimate", "lower", "upper", "level", "standard_error", "p_value", "unit", "n")
_LAST = ("sample", "method", "estimator", "citation", "caveat", "statement")

#: Keys whose numbers are years and are written as such.
_YEAR = re.compile(r"(^|_)years?$")

#: Gives the address a value of the findings leads to, such as that of an act; None for other values.
Link = Callable[[Any], str | None]


def in_words(place: str) -> str:
    """A place in the findings in words: its keys with points between them, places in lists counted from one."""
    words = " · ".join(
        str(int(step) + 1) if step.isdigit() else words_of(step) for step in place.split(".") if step
    )
    return re.sub(r"\brows · (?=\d)", "row ", words)


def values_html(part: Any, place: str, link: Link) -> str:
    """Records of the same columns side by side in one table; single ones as a list of facts."""
    shapes: dict[tuple[str, ...], list[tuple[str, Any]]] = {}
    for path, record in _records(part, place):
        shapes.setdefault(tuple(_plain(record)), []).append((path, record))
    return "\n".join(
        _facts(*records[0], place, link) if len(records) == 1 else _table(records, place, link)
        for records in shapes.values()
    )


def _records(value: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping that holds values of its own, from the outside in."""
    if isinstance(value, Mapping):
        if _plain(value):
            yield place, value
        for key, inner in value.items():
            yield from _records(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for count, inner in enumerate(value):
            yield from _records(inner, f"{place}.{count}")


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


def _facts(path: str, record: Mapping[str, Any], place: str, link: Link) -> str:
    """One record as a list of its values."""
    anchor = "" if path == place else f' id="{escape(anchor_of(path))}"'
    name = _within(path, place)
    lines = "".join(
        f'<div id="{escape(anchor_of(f"{path}.{key}"))}"><dt>{escape(words_of(key))}</dt>'
        f"<dd>{_cell(key, record[key], link)}</dd></div>"
        for key in _plain(record)
    )
    head = f'<p class="record-name">{escape(name)}</p>' if name else ""
    return f'<div class="record"{anchor}>{head}<dl class="record-facts">{lines}</dl></div>'


def _table(records: Sequence[tuple[str, Mapping[str, Any]]], place: str, link: Link) -> str:
    """Records of the same columns as the rows of a table; each cell has its place as anchor.

    Long words that are the same in all rows stand once, below.
    """
    keys = _plain(records[0][1])
    shared = [key for key in keys if _is_shared([record[key] for _, record in records])]
    columns = [key for key in keys if key not in shared]
    named = [_within(path, place) for path, _ in records]
    heads = "".join(
        f'<th scope="col"{_kind([record[key] for _, record in records])}>{escape(words_of(key))}</th>'
        for key in columns
    )
    body = "\n".join(
        f'<tr id="{escape(anchor_of(path))}"><th scope="row" class="place{_short(name)}">{escape(name)}</th>'
        + "".join(
            f'<td id="{escape(anchor_of(f"{path}.{key}"))}"{_kind([record[key]])}>'
            f"{_cell(key, record[key], link if key != 'unit' else _nowhere)}</td>"
            for key in columns
        )
        + "</tr>"
        for name, (path, record) in zip(named, records, strict=True)
    )
    lively = ' class="interactive"' if len(records) > 12 else ""
    tall = " tall" if len(records) > 25 else ""
    caption = escape(f"{words_of(place.rpartition('.')[2])}: {', '.join(map(words_of, columns[:4]))}")
    return (
        f'<div class="table"><div class="scroll{tall}"><table{lively}>'
        f'<caption class="unseen">{caption}</caption>'
        f'<thead><tr><th scope="col">Result</th>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div></div>"
        + "".join(_once(key, records, link) for key in shared)
    )


def _is_shared(values: Sequence[Any]) -> bool:
    first = values[0]
    return isinstance(first, str) and len(first) > 45 and all(value == first for value in values)


def _once(key: str, records: Sequence[tuple[str, Mapping[str, Any]]], link: Link) -> str:
    """What all rows share, under the address of each."""
    places = "".join(f'<span id="{escape(anchor_of(f"{path}.{key}"))}"></span>' for path, _ in records)
    return (
        f'<p class="same">{places}<b>{escape(words_of(key))}</b> {_cell(key, records[0][1][key], link)}</p>'
    )


def _short(name: str) -> str:
    return " short" if len(name) <= 24 else ""


def rows_html(name: str, frame: pl.DataFrame, link: Link, max_rows: int) -> str:
    """The rows of a file, what they name as links."""
    strings = [column for column, dtype in frame.schema.items() if dtype == pl.String]
    return table(
        frame,
        caption=name,
        labels={column: words_of(column) for column in frame.columns},
        links=dict.fromkeys(strings, link),
        max_rows=max_rows,
    ).html


def _cell(key: str, value: Any, link: Link) -> str:
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
    if isinstance(value, int) and _YEAR.search(key):
        return str(value)
    if isinstance(value, int):
        return escape(number(value, digits=6))
    if isinstance(value, float):
        # findings have six significant digits, so that whole numbers beyond are exact enough
        return escape(f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}").replace("-", "−")
    href = link(value)
    return f'<a href="{escape(href)}">{escape(value)}</a>' if href else escape(value)


def _nowhere(_: Any) -> None:
    """Words of a unit may be those of a table; they lead nowhere."""


def _kind(values: Sequence[Any]) -> str:
    shown = [value for value in values if value is not None]
    if shown and all(isinstance(value, float | int) and not isinstance(value, bool) for value in shown):
        return ' class="number"'
    long = any(isinstance(value, str | list) and len(str(value)) > 45 for value in shown)
    return ' class="words"' if long else ""


def _within(path: str, place: str) -> str:
    return in_words(path.removeprefix(place).removeprefix("."))


#: Keys of the findings that a reader would not know.
LABELS: Mapping[str, str] = {
    "n": "number",
    "n_obs": "observations",
    "p_value": "p-value",
    "level": "interval holds",
    "rmspe_before": "misfit before",
    "rmspe_after": "misfit after",
    "rmspe_ratio": "misfit, after over before",
    "hhi": "concentration (HHI)",
}


def words_of(key: str) -> str:
    """A key of the findings in words."""
    if key in LABELS:
        return LABELS[key]
    return key.replace("_", " ").replace("->", " → ")
