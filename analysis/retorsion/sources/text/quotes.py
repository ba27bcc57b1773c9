"""Line ends and quotes of a delimited text: how many there are, and whether quotes stand where they may.

polars passes over a stray quote, and may read the cells around it as others than they are. Quotes are sound
if each opens a cell, closes one, or is one of two for one inside it: every other quote opens, and stands
after a separator, line end or quote; every other closes, and stands before one. The text is gone over once,
64 bytes at a time, a byte a bit: eight bytes are compared at once as one number (Warren 2012, Hacker's
Delight, section 6-1), and which quotes open is the exclusive or of all bits before.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_BYTES = 64
_BUT_TOP, _TOP = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080)
_EACH, _GATHER = np.uint64(0x0101010101010101), np.uint64(0x0102040810204080)
_0, _1, _2, _7, _56, _62, _63 = (np.uint64(n) for n in (0, 1, 2, 7, 56, 62, 63))


class Marks(NamedTuple):
    """Line ends and quotes of a text.

    Attributes:
        feeds: number of line feeds.
        returns: number of carriage returns.
        quotes: number of quotes.
        nuls: number of NUL bytes.
        may_have_empty: whether two quotes may be a cell: nothing is between them, a separator or line end
            before and after them.
        are_sound: whether each quote opens a cell, closes one, or is one of two for one inside it.
    """

    feeds: int
    returns: int
    quotes: int
    nuls: int
    may_have_empty: bool
    are_sound: bool


def marks_of(data: bytes, separator: str, start: int = 0) -> Marks:
    """Those of a text from a place on, where a line begins.

    Args:
        data: the text, of an encoding in which marks of ASCII are bytes of their own; a line feed ends it.
        separator: of cells, of ASCII.
        start: place in the text.
    """
    first, skipped = divmod(start, _BYTES)
    codes = np.frombuffer(data, np.uint8)[first * _BYTES :]
    n_whole = len(codes) // _BYTES * _BYTES
    rest = np.full(_BYTES, ord(" "), dtype=np.uint8)
    rest[: len(codes) - n_whole] = codes[n_whole:]
    whole = codes[:n_whole].view(np.uint64)
    *counts, may_have_empty, are_sound = _marks(whole, rest.view(np.uint64), skipped, ord(separator))
    feeds, returns, quotes, nuls = map(int, counts)
    return Marks(feeds, returns, quotes, nuls, bool(may_have_empty), bool(are_sound))


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _where(bytes_: np.uint64, mark: np.uint64) -> np.uint64:
    """A bit for each of eight bytes, set where it is the mark, which is given eight times."""
    other = bytes_ ^ mark
    same = ~(((other & _BUT_TOP) + _BUT_TOP) | other) & _TOP
    return ((same >> _7) * _GATHER) >> _56


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _count(bits: np.uint64) -> np.uint64:
    bits -= (bits >> _1) & np.uint64(0x5555555555555555)
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> _2) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (bits * _EACH) >> _56


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _marks(
    whole: Words, rest: Words, skipped: int, separator: int
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64, bool, bool]:
    """Counts and findings of blocks of 64 bytes and a rest, without the first bytes, which are skipped.

    A block is judged when the one after it has been read: ``quotes``, ``ends`` and so on are of the block
    that is read, ``*_here`` of the one that is judged, ``*_before`` of the one before that.
    """
    quote, feed, back = _EACH * np.uint64(34), _EACH * np.uint64(10), _EACH * np.uint64(13)
    parting = _EACH * np.uint64(separator)
    n_feeds = n_returns = n_quotes = n_nuls = _0
    may_have_empty, are_sound = False, True
    quotes_here = feeds_here = returns_here = ends_here = _0
    quotes_before = _0
    ends_before = _0
    is_open = _0
    n_whole = len(whole) // 8
    for block in range(n_whole + 2):
        quotes = feeds = returns = ends = nuls = _0
        if block <= n_whole:
            for eighth in range(8):
                some = whole[8 * block + eighth] if block < n_whole else rest[eighth]
                shift = np.uint64(8 * eighth)
                quotes |= _where(some, quote) << shift
                feeds |= _where(some, feed) << shift
                returns |= _where(some, back) << shift
                ends |= _where(some, parting) << shift
                nuls |= _where(some, _0) << shift
            ends |= feeds
        if block == 0:
            inside_text = ~((_1 << np.uint64(skipped)) - _1)
            quotes &= inside_text
            feeds &= inside_text
            returns &= inside_text
            nuls &= inside_text
            ends &= inside_text
            if skipped:  # before the first byte a line begins
                ends |= _1 << np.uint64(skipped - 1)
            else:
                ends_here = _1 << _63
        n_feeds += _count(feeds)
        n_returns += _count(returns)
        n_quotes += _count(quotes)
        n_nuls += _count(nuls)
        if quotes_here:
            inside = quotes_here
            for power in range(6):
                inside ^= inside << (_1 << np.uint64(power))
            inside ^= _0 - is_open
            is_open = inside >> _63
            beside_here, beside_next = quotes_here | ends_here, quotes | ends
            may_open = (beside_here << _1) | ((quotes_before | ends_before) >> _63)
            crlf = (returns_here >> _1) | (returns << _63)
            crlf &= (feeds_here >> _2) | (feeds << _62)
            may_close = (beside_here >> _1) | (beside_next << _63) | crlf
            if quotes_here & ~((inside & may_open) | (~inside & may_close)):
                are_sound = False
            second = quotes_here & ((quotes_here << _1) | (quotes_before >> _63))
            if second:
                second &= (ends_here << _2) | (ends_before >> _62)
                after = ends_here | returns_here
                second &= (after >> _1) | ((ends | returns) << _63)
                if second:
                    may_have_empty = True
        quotes_before, ends_before = quotes_here, ends_here
        quotes_here, feeds_here, returns_here, ends_here = quotes, feeds, returns, ends
    return n_feeds, n_returns, n_quotes, n_nuls, may_have_empty, are_sound and not is_open
