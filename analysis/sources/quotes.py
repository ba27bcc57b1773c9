"""Whether the quotes of a delimited text stand where they may, found out for 64 bytes at a time.

polars passes over a stray quote, and may read the cells around it as others than they are. A text is sound if
each quote opens a cell, closes one, or is one of two for one inside it: every other quote opens, and stands
after a separator, line end or quote; every other closes, and stands before one. A byte is a bit here, so
that a word of a machine says it of 64 bytes; which quotes open is the exclusive or of all bits before.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Places = NDArray[np.intp]

#: Words that are looked at together: they fit in a processor's cache.
_WORDS = 2**13

_ONE, _LAST = np.uint64(1), np.uint64(63)
_SHIFTS = tuple(np.uint64(2**power) for power in range(6))


class Marks:
    """Line ends, separators and quotes of a text.

    Attributes:
        feeds: number of line feeds.
        returns: number of carriage returns.
        quotes: number of quotes.
        nul: place of the first NUL byte, if there is one.
        may_have_empty: whether two quotes may be a cell: nothing is between them, an end of a cell before
            and after them.
    """

    def __init__(self, data: bytes, separator: str, start: int = 0) -> None:
        """Those of a text from a place on, where a line begins; its last byte ends the last line.

        Args:
            data: the text.
            separator: of cells, of ASCII.
            start: place in the text.
        """
        codes = pl.Series(np.frombuffer(data, np.uint8)[start:])
        self.nul = at if (at := data.find(b"\x00", start)) >= 0 else None
        self._feeds = _bits(codes, "\n")
        self._returns = _bits(codes, "\r") if data.find(b"\r", start) >= 0 else None
        self._quotes = _bits(codes, '"') if data.find(b'"', start) >= 0 else None
        if self._quotes is not None:
            self._ends = _bits(codes, separator) | self._feeds
            self._ends[0] = _ONE << _LAST  # before the first byte a line begins
        self.feeds = _count(self._feeds)
        self.returns = _count(self._returns)
        self.quotes = _count(self._quotes)
        self.may_have_empty = self._may_have_empty()

    def _may_have_empty(self) -> bool:
        if self._quotes is None:
            return False
        here = self._quotes[1:]
        second = here << _ONE
        second |= self._quotes[:-1] >> _LAST
        second &= here
        words = np.flatnonzero(second != 0) + 1
        second = second.take(words - 1)
        before = (_before(self._ends, words) << _ONE) | (_before(self._ends, words - 1) >> _LAST)
        after = _after(self._ends, words)
        if self._returns is not None:
            after |= _after(self._returns, words)
        return bool((second & before & after).any())

    def are_sound(self) -> bool:
        """Whether each quote opens a cell, closes one, or is one of two for one inside it."""
        if self._quotes is None:
            return True
        places = np.flatnonzero(self._quotes != 0)
        beside = self._quotes | self._ends
        is_open = np.uint64(0)
        for first in range(0, len(places), _WORDS):
            words = places[first : first + _WORDS]
            found = self._quotes.take(words)
            inside = _inside(found, is_open)
            is_open = inside[-1] >> _LAST
            stray = found & ~((inside & _before(beside, words)) | (~inside & _after(beside, words)))
            if not stray.any():
                continue
            if self._returns is None or (stray & inside).any():
                return False
            at = np.flatnonzero(stray)
            if (stray.take(at) & ~_before_crlf(self._returns, self._feeds, words.take(at))).any():
                return False
        return not is_open


def _bits(codes: pl.Series, mark: str) -> Bits:
    """One bit for each byte, the first lowest, set where it is the mark; empty words around them."""
    found = (codes == ord(mark)).to_arrow()
    n_words, n_over = divmod(len(codes), 64)
    n_bytes = -(-len(codes) // 8)
    words = np.zeros(n_words + 4, dtype=np.uint64)
    words[1:].view(np.uint8)[:n_bytes] = np.frombuffer(found.buffers()[1], np.uint8)[:n_bytes]
    words[n_words + 1] &= (_ONE << np.uint64(n_over)) - _ONE  # nothing is promised of bits after the last
    return words


def _count(bits: Bits | None) -> int:
    return 0 if bits is None else int(np.bitwise_count(bits).sum(dtype=np.int64))


def _before(bits: Bits, words: Places) -> Bits:
    """For each byte of some words, the bit of the byte before."""
    return (bits.take(words) << _ONE) | (bits.take(words - 1) >> _LAST)


def _after(bits: Bits, words: Places) -> Bits:
    """For each byte of some words, the bit of the byte after."""
    return (bits.take(words) >> _ONE) | (bits.take(words + 1) << _LAST)


def _inside(quotes: Bits, is_open: np.uint64) -> Bits:
    """Whether a quote is open after each byte, given whether one is before the first."""
    inside = quotes.copy()
    for shift in _SHIFTS:
        inside ^= inside << shift
    is_odd = inside >> _LAST
    before = np.bitwise_xor.accumulate(is_odd) ^ is_odd ^ is_open
    inside ^= np.negative(before)
    return inside


def _before_crlf(returns: Bits, feeds: Bits, words: Places) -> Bits:
    """For each byte of some words, whether a carriage return and a line feed come after it."""
    here, there = (returns.take(at) & _after(feeds, at) for at in (words, words + 1))
    return (here >> _ONE) | (there << _LAST)
