"""The rows of the files of a finding that hold one of its numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

#: More rows than these hold a number by chance, not because it is theirs.
_MOST_ALIKE = 3
#: Words longer than these say what all rows of a file share.
_LONGEST_WORD = 80


@dataclass(frozen=True)
class RowFile:
    """One file of rows as text, read once for all numbers of a page.

    Attributes:
        name: of the file, without ``.csv``.
        text: what is in it.
    """

    name: str
    text: str

    @cached_property
    def _all(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text)))

    @property
    def columns(self) -> list[str]:
        """Names of its columns."""
        return self._all[0] if self._all else []

    @property
    def rows(self) -> list[list[str]]:
        """Its rows, each a cell for each column."""
        return self._all[1:]

    @cached_property
    def _places(self) -> dict[str | float, set[int]]:
        """By what a cell holds, a number or a word, the rows that hold it."""
        places: dict[str | float, set[int]] = {}
        for at, row in enumerate(self.rows):
            for cell in row:
                places.setdefault(_meaning(cell), set()).add(at)
        return places

    def where(self, wanted: Mapping[str, str]) -> list[int]:
        """Numbers of the rows, from none on, that have these words in these columns."""
        at = [(self.columns.index(name), word) for name, word in wanted.items()]
        return [count for count, row in enumerate(self.rows) if all(row[place] == word for place, word in at)]

    def holding(
        self, key: str, value: object, record: Mapping[str, Any], steps: Collection[str]
    ) -> tuple[int, list[int]]:
        """How well the best rows with a value agree with what stands beside it, and their numbers.

        Args:
            key: of the value.
            value: a number or a word.
            record: the value and those beside it, by key.
            steps: keys on the way to the record.

        Returns:
            Values of the record and keys on the way that the rows hold; 0 and no rows where none can be told.
        """
        here = {at for at in self._places.get(_plain(value), ()) if self._has(at, key, value)}
        if not here:
            return 0, []
        agree = {at: self._agreement(at, record, steps) for at in sorted(here)}
        best = max(agree.values())
        found = [at for at, score in agree.items() if score == best]
        return (best, found) if len(found) <= _MOST_ALIKE and best >= 2 else (0, [])

    def _has(self, at: int, key: str, value: object) -> bool:
        """Whether a row holds a value, as one of its own: in its column, or a number too long to be there by chance."""
        if key in self.columns and _meaning(self.rows[at][self.columns.index(key)]) == _plain(value):
            return True
        return (
            isinstance(value, float) and not value.is_integer() and at in self._places.get(_plain(value), ())
        )

    def _agreement(self, at: int, record: Mapping[str, Any], steps: Collection[str]) -> int:
        beside = sum(self._has(at, key, value) for key, value in record.items() if _is_telling(value))
        return beside + sum(at in self._places.get(step, ()) for step in steps)


def _meaning(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell


def _plain(value: object) -> str | float:
    if isinstance(value, bool):
        return str(value).lower()
    return float(value) if isinstance(value, int | float) else str(value)


def _is_telling(value: object) -> bool:
    return isinstance(value, bool | int | float) or (
        isinstance(value, str) and 0 < len(value) <= _LONGEST_WORD
    )


def rows_behind(
    key: str,
    value: object,
    record: Mapping[str, Any],
    steps: Sequence[str],
    files: Sequence[RowFile],
) -> tuple[RowFile, list[int]] | None:
    r"""The rows that hold a number of the findings: those that agree best with what stands beside it.

    Args:
        key: of the number.
        value: the number, or a word.
        record: the number and the values beside it.
        steps: keys on the way to the record.
        files: where to look.

    Returns:
        A file and the numbers of its rows, from none on; None where no row can be told to be the number's.

    Example:
        >>> files = [RowFile("rates", "side,rate,n\nA,0.25,8\nB,0.5,8\n")]
        >>> rows_behind("estimate", 0.5, {"estimate": 0.5, "n": 8}, ["B"], files)[1]
        [1]
    """
    found = [(file, *file.holding(key, value, record, steps)) for file in files]
    best = max(found, key=lambda one: one[1], default=None)
    return (best[0], best[2]) if best is not None and best[1] else None
