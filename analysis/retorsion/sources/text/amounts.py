"""Numbers and units as people and programs write them, read where the column leaves no doubt."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

#: Marks between thousands that part nothing else: blanks and apostrophes.
_BLANKS = " \u00a0\u2009\u202f'’"
#: Numbers with commas between thousands and a point before decimals, and the other way round.
_WITH_POINT = rf"^[+-]?([0-9]{{1,3}}([,{_BLANKS}][0-9]{{3}})+|[0-9]+)(\.[0-9]+)?$"
_WITH_COMMA = rf"^[+-]?([0-9]{{1,3}}([.{_BLANKS}][0-9]{{3}})+|[0-9]+)(,[0-9]+)?$"
#: One to three digits, a point and three more: a number, or thousands.
_MAY_BE_THOUSANDS = r"^[1-9][0-9]{0,2}\.[0-9]{3}$"
#: Cells of that kind, all in one column, from which on it is said.
_SEVERAL = 3

_COUNTS = {
    "": "", **dict.fromkeys(("thousand", "thousands", "1000", "000", "k", "tsd"), "thousand "),
    **dict.fromkeys(("million", "millions", "mio", "mn", "mln", "1000000"), "million "),
    **dict.fromkeys(("billion", "billions", "bn", "bln", "1000000000"), "billion "),
}  # fmt: skip
_CURRENCIES = {
    **dict.fromkeys(("usd", "us$", "us dollar", "us dollars"), "USD"),
    **dict.fromkeys(("eur", "euro", "euros", "€"), "EUR"),
    **dict.fromkeys(("jpy", "yen", "japanese yen", "¥"), "JPY"),
}
#: Units of weight in tonnes, in small letters. A ton alone may be one of several.
WEIGHTS = {
    **dict.fromkeys(("kg", "kgs", "kilogram", "kilograms", "kilogramme", "kilogrammes"), 1e-3),
    **dict.fromkeys(
        ("t", "tonne", "tonnes", "metric ton", "metric tons", "metric tonne", "metric tonnes", "mt"), 1.0
    ),
    **dict.fromkeys(("thousand tonnes", "thousand metric tons", "kt"), 1e3),
}


def numbers_of(cells: pl.Series) -> tuple[pl.Series, tuple[str, ...]]:
    """Cells of a column as numbers, and a note where they are written in another way than 1234.5.

    ``1,234`` alone may be a thousand or one and a bit. It is a number only where another cell of the column shows
    which mark it is that parts decimals: ``1,234.5`` or ``0,5``. Blanks and apostrophes part thousands alone.

    Args:
        cells: as text.

    Returns:
        Numbers, null where a cell is none; and the note.
    """
    plain = cells.cast(pl.Float64, strict=False)
    if plain.null_count() == cells.null_count():
        return plain, _doubt(cells, plain)
    text = cells.str.strip_chars()
    with_point, with_comma = text.str.contains(_WITH_POINT), text.str.contains(_WITH_COMMA)
    only_point, only_comma = bool((with_point & ~with_comma).any()), bool((with_comma & ~with_point).any())
    if only_point and only_comma:
        return plain, ()
    between, mark, fits = (",", ".", with_point)
    if only_comma:
        between, mark, fits = (r"\.", ",", with_comma)
    elif not only_point:  # no cell tells the comma from the point, so that only the other marks are read
        fits = with_point & with_comma & ~text.str.contains("[,.]")
    usual = text.str.replace_all(f"[{between}{_BLANKS}]", "").str.replace(mark, ".", literal=True)
    made = pl.select(pl.when(fits).then(usual).otherwise(cells)).to_series().cast(pl.Float64, strict=False)
    if made.null_count() == plain.null_count() and made.equals(plain):
        return plain, ()
    named = "a decimal comma" if only_comma else "commas, blanks or apostrophes between thousands"
    return made, (f"numbers of {cells.name!r} are written with {named}",)


def _doubt(cells: pl.Series, numbers: pl.Series) -> tuple[str, ...]:
    broken = cells.filter((numbers % 1 != 0) | cells.str.contains(".", literal=True)).drop_nulls()
    if broken.n_unique() < _SEVERAL or not broken.str.strip_chars().str.contains(_MAY_BE_THOUSANDS).all():
        return ()
    return (
        f"numbers of {cells.name!r} have three digits after each point, and are read as decimals: if the points part "
        "thousands, write them without",
    )


@cache
def unit_of(text: str) -> str | None:
    """A unit of value as ``thousand USD``: one currency and at most one count, in any order; None if it is neither."""
    plain = re.sub(r"\bu\.s\.?|\bof\b|\bin\b|(?<=[0-9])[ ,.']+(?=0)|'(?=000)", _kept, text.strip().lower())
    words = " ".join(plain.split())
    for written, currency in sorted(_CURRENCIES.items(), key=lambda pair: -len(pair[0])):
        before, found, after = f" {words} ".partition(f" {written} ")
        rest = f"{before} {after}".strip()
        if found and rest in _COUNTS:
            return _COUNTS[rest] + currency
    return None


def _kept(found: re.Match[str]) -> str:
    return "us" if found[0].startswith("u.s") else ""
