"""Cells that repeat: what is said of a word is found out once, not in every row that has it.

A column of codes, names or days has few distinct cells and many rows. Read as words (``Categorical`` with
categories of its own), a cell is a number, and an expression over such columns is evaluated for each distinct
combination of words and looked up for each row. The result is that of the same expression over text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import polars as pl

#: Rows in which words are sought at a time.
_SOME = 2**13

Given = TypeVar("Given")
Made = TypeVar("Made")

#: Combinations that are numbered in a table; where there may be more, every row is evaluated.
MAX_COMBINATIONS = 2**22


def word_type() -> pl.Categorical:
    """Type of one column of words, which shares its words with no other."""
    return pl.Categorical(pl.Categories.random())


def is_words(column: pl.Series) -> bool:
    """Whether a column is of words."""
    return isinstance(column.dtype, pl.Categorical)


def words_of(column: pl.Series) -> pl.Series:
    """Words of a column as text, by their numbers; some may be in no row."""
    assert isinstance(column.dtype, pl.Categorical)
    last = column.to_physical().max()
    n = last + 1 if isinstance(last, int) else 0
    return pl.int_range(n, dtype=pl.UInt32, eager=True).cat.to(column.dtype).cast(pl.String)


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with words as text."""
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))


def understood(
    column: pl.Series, meaning: Callable[[str], str | None], *, parted_by: str | None = None
) -> pl.Series:
    """What a function says of each cell, asked once for each word; null where the cell is null.

    Args:
        column: text or words.
        meaning: of a word.
        parted_by: what parts the values of a meaning, where the result is to be a list of them.
    """
    words, codes = _coded(column if is_words(column) else column.cast(word_type()))
    meanings = [None if word is None else meaning(word) for word in words]
    said = pl.Series(column.name, meanings, dtype=pl.String)
    return (said if parted_by is None else said.str.split(parted_by)).gather(codes)


def as_words(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """The frame with some columns as words; those that are stay as they are."""
    return frame.with_columns(pl.col(c).cast(word_type()) for c in columns if not is_words(frame[c]))


class Meanings:
    """What expressions over the columns of one frame say, evaluated once for each combination of words.

    Args:
        frame: with text, words and other columns.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self._coded: dict[str, tuple[pl.Series, pl.Series]] = {}
        self._numbered: dict[tuple[str, ...], tuple[pl.DataFrame, pl.Series] | None] = {}

    def for_rows(self, frame: pl.DataFrame) -> Meanings:
        """Meanings over a frame: these, if it is the same."""
        return self if frame is self._frame else Meanings(frame)

    def of(self, made: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """Columns of these names, one value for each row.

        Args:
            made: expressions that are elementwise over columns of the frame as text. Those that are over
                words only are evaluated once for each combination of them.
        """
        self.look_at(made.values())
        by_roots: dict[tuple[str, ...] | None, dict[str, pl.Expr]] = {}
        for name, expression in made.items():
            roots = _roots(expression)
            by_roots.setdefault(roots if self._numbered[roots] else None, {})[name] = expression
        parts = at_once(lambda part: self._said(*part), by_roots.items())
        return pl.concat(parts, how="horizontal").select(list(made))

    def once(self, expression: pl.Expr) -> pl.Series | None:
        """Values for each combination of words that there is; None where it is over other columns too."""
        self.look_at([expression])
        found = self._numbered[_roots(expression)]
        return None if found is None else found[0].select(expression).to_series()

    def look_at(self, expressions: Iterable[pl.Expr]) -> None:
        """Number the words that expressions are over, all at once, before they are evaluated."""
        new = {roots for roots in map(_roots, expressions) if roots not in self._numbered}
        if not new:
            return
        words = {name for name, dtype in self._frame.schema.items() if isinstance(dtype, pl.Categorical)}
        over_words = sorted(roots for roots in new if roots and words.issuperset(roots))
        uncoded = sorted({root for roots in over_words for root in roots} - self._coded.keys())
        self._coded |= zip(uncoded, at_once(lambda root: _coded(self._frame[root]), uncoded), strict=True)
        self._numbered |= dict.fromkeys(new)
        numbered = at_once(lambda roots: _numbered({r: self._coded[r] for r in roots}), over_words)
        self._numbered |= zip(over_words, numbered, strict=True)

    def _said(self, roots: tuple[str, ...] | None, expressions: Mapping[str, pl.Expr]) -> pl.DataFrame:
        found = None if roots is None else self._numbered[roots]
        if found is not None:
            table, numbers = found
            return table.select(**expressions)[numbers]
        read = sorted({root for expression in expressions.values() for root in _roots(expression)})
        text = as_text(self._frame.select(read or self._frame.columns[:1]))
        return text.with_columns(**expressions).select(list(expressions))


def at_once(make: Callable[[Given], Made], given: Iterable[Given]) -> list[Made]:
    """What is made of each, in threads: numpy and polars let go of Python's lock."""
    each = list(given)
    if len(each) < 2:
        return [make(one) for one in each]
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        return list(threads.map(make, each))


def _roots(expression: pl.Expr) -> tuple[str, ...]:
    return tuple(sorted(set(expression.meta.root_names())))


def _numbered(columns: Mapping[str, tuple[pl.Series, pl.Series]]) -> tuple[pl.DataFrame, pl.Series] | None:
    """Combinations of words as text, and the number of its combination for each row."""
    cells, codes = zip(*columns.values(), strict=True)
    if len(columns) == 1:
        return pl.DataFrame(dict(zip(columns, cells, strict=True))), codes[0]
    size = math.prod(map(len, cells))
    if size > MAX_COMBINATIONS:
        return None
    key = np.zeros(len(codes[0]), dtype=np.uint32)
    for words, code in zip(cells, codes, strict=True):
        key = key * np.uint32(len(words)) + code.to_numpy()
    is_there = np.zeros(size, dtype=np.bool_)
    is_there[key] = True
    there = np.flatnonzero(is_there)
    numbers = np.zeros(size, dtype=np.uint32)
    numbers[there] = np.arange(len(there), dtype=np.uint32)
    places = np.unravel_index(there, tuple(map(len, cells)))
    table = {root: words.gather(place) for root, words, place in zip(columns, cells, places, strict=True)}
    return pl.DataFrame(table), pl.Series(numbers[key])


def _coded(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Words of a column as text, and the place of each row's word in them; null last where a row has none.

    A word that is in no row, because its rows are gone, is null: nothing is to be said of it.
    """
    words, codes = words_of(column), column.to_physical()
    if codes.null_count():
        words, codes = pl.concat([words, pl.Series([None], dtype=pl.String)]), codes.fill_null(len(words))
    is_there = np.zeros(len(words), dtype=np.bool_)
    of_rows = codes.to_numpy()
    for at in range(0, len(of_rows), _SOME):
        is_there[of_rows[at : at + _SOME]] = True
        if is_there.all():
            break
    else:
        words = words.to_frame("w").select(pl.when(pl.lit(pl.Series(is_there))).then("w")).to_series()
    return words, codes
