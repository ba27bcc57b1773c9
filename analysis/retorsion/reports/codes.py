"""Codes of tables in words, and how a page gives the cells of a table back as its file has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pycountry

from retorsion.figures.kinds import kind_words
from retorsion.figures.svg import visible
from retorsion.reports.html import ADDRESSES
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

#: Columns whose codes begin with a chapter of the Harmonized System; those of flows do where their level says so.
_GOODS = ("hs6_code", "hs_code", "line_code")


@dataclass(frozen=True)
class Reading:
    """How the cells of a table read.

    Attributes:
        words: by column, the words that stand for a code; no two codes of a column have the same.
        hints: by column, what is said beside a code; None for a code without.
        acts: words for the act or event that an id names, where it is a link.
    """

    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hints: Mapping[str, Callable[[Any], str | None]] = field(default_factory=dict)
    acts: Mapping[str, str] = field(default_factory=dict)


def reading(frame: pl.DataFrame, *, chapters: Mapping[str, str], acts: Mapping[str, str]) -> Reading:
    """Words for the codes of a table.

    Args:
        frame: its rows.
        chapters: what each chapter of the Harmonized System holds, by its two digits.
        acts: a line on each act and event, by id. Where rows have sentences of their own, ids stay as they are.
    """
    words = {name: _words_of(frame[name]) for name in frame.columns if frame[name].dtype == pl.String}
    hints: dict[str, Callable[[Any], str | None]] = {}
    for name in frame.columns:
        if name in _GOODS or (name == "product_code" and _is_harmonized(frame)):
            hints[name] = lambda code: chapters.get(code[:2])
        elif name == "currency_code":
            hints[name] = _currency
    worded = acts if "summary" not in frame.columns else {}
    return Reading({name: own for name, own in words.items() if own}, hints, worded)


def _words_of(column: pl.Series) -> dict[str, str]:
    """Words for the codes of one column; none where two codes would read the same, or none reads otherwise."""
    described = fields().get(column.name)
    values = column.drop_nulls().unique().sort().to_list()
    if described is None or column.name == "currency_code":
        return {}
    if described.type == "code" and column.name.endswith("_code") and column.name not in _GOODS:
        words = {code: state_name(code) for code in values}
    elif described.type == "category" or column.name.endswith("_type"):
        words = {code: kind_words(code) for code in values}
    else:
        return {}
    differ = {code: said for code, said in words.items() if said != code}
    return differ if len(set(words.values())) == len(words) else {}


def _is_harmonized(frame: pl.DataFrame) -> bool:
    return "product_level" in frame.columns and bool(
        frame["product_level"].str.starts_with("hs").fill_null(value=False).all()
    )


def _currency(code: str) -> str | None:
    found = pycountry.currencies.get(alpha_3=code)
    return None if found is None else str(found.name)


def recovery(
    frame: pl.DataFrame, shown: Sequence[str], read: Reading, linked: Callable[[Any], str | None]
) -> list[dict[str, Any]]:
    """How a script finds the cells of the table's file in the page that shows it.

    A column is read from the cells where that gives the file's text for every row, and else comes with the page:
    as its one value, or as its values in order of appearance and their numbers by row.

    Args:
        frame: the rows of the page, with all columns of the file, in its order.
        shown: the columns that the page shows, in order.
        read: how its codes read.
        linked: the address that a value leads to; None for none.

    Returns:
        For each column its ``name``; of those on the page ``cell`` (number) and ``how`` (text, int, float,
        date, links or act) and ``codes`` (code by words) where there are any; of others ``values`` and ``rows``.
    """
    found = []
    for name in frame.columns:
        column = frame[name]
        given: dict[str, Any] = {"name": name}
        how = _how(column, read, linked) if name in shown else None
        if name in shown:
            given |= {"cell": list(shown).index(name), "how": how or _kind(column)}
        if how is None:
            given |= _values(column, frame[frame.columns[0]])
        codes = {said: code for code, said in read.words.get(name, {}).items()}
        if column.dtype == pl.Boolean:
            codes = {"yes": "true", "no": "false"}
        found.append(given | ({"codes": codes} if codes and name in shown else {}))
    return found


def is_of_acts(column: pl.Series, read: Reading, linked: Callable[[Any], str | None]) -> bool:
    """Whether a column of ids shows what was done, each a link to it."""
    return column.name.endswith("_id") and any(
        value in read.acts and linked(value) for value in column.drop_nulls().unique()
    )


def _kind(column: pl.Series) -> str:
    if column.dtype.is_integer() or column.dtype.is_float():
        return "float" if column.dtype.is_float() else "int"
    return "date" if column.dtype == pl.Date else "text"


def _how(column: pl.Series, read: Reading, linked: Callable[[Any], str | None]) -> str | None:
    """The way in which a script reads a column from its cells; None where some cell would come out otherwise."""
    values = column.drop_nulls()
    kind = _kind(column)
    if kind == "float":
        return None  # cells are rounded
    if kind != "text" or column.dtype == pl.Boolean:
        return kind
    if not (values != "").all() or any(visible(value) != value for value in values):
        return None
    if column.name in ADDRESSES:
        plain = all(" ".join(value.split()) == value for value in values)
        return "links" if plain and values.str.contains(r"^https?://\S+( https?://\S+)*$").all() else None
    if is_of_acts(column, read, linked):
        return "act"
    said = read.words.get(column.name, {})
    return None if any(value in said.values() and value not in said for value in values) else "text"


def _values(column: pl.Series, first: pl.Series) -> dict[str, Any]:
    """A column as its values, as a CSV file writes them, and their numbers by row.

    A null has the number -1, and what the first column has as well the number -2.
    """
    text = column.cast(pl.String)
    same = (text == first.cast(pl.String)).fill_null(value=False) & (column.name != first.name)
    values = text.filter(~same).drop_nulls().unique(maintain_order=True).to_list()
    if len(values) == 1 and not same.any() and not text.null_count():
        return {"values": values}
    place = {value: number for number, value in enumerate(values)}
    numbers = [
        -2 if is_same else -1 if value is None else place[value]
        for value, is_same in zip(text, same, strict=True)
    ]
    return {"values": values, "rows": numbers}
