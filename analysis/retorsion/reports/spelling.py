"""One form for the spellings of a name, so that a search meets them all.

Names of one person reach a list in the romanisation of a passport, of a ministry or of a newspaper. The rules bring
those of Cyrillic together: BGN/PCGN, ISO 9, GOST 7.79, ICAO 9303 and the habits of English, French and German. They are
data, which the search page applies in the browser too. So are the endings of English words, which a search leaves off
where a word as typed is not there, and the names that states have besides the one the pages use.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import polars as pl

_CYRILLIC = "абвгдежзиклмнопрстуфхцчшщъыьэюяієґђјљњћџ"
_LATIN = "a b v g d e zh z i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya i ye g dj j lj nj c dz"
#: Cyrillic letters, whose marks are gone, as BGN/PCGN writes them; signs that are not heard have no letter.
LETTERS: Mapping[str, str] = {
    letter: latin.strip("-") for letter, latin in zip(_CYRILLIC, _LATIN.split(), strict=True)
}

#: What is written for what, in order; patterns and replacements mean the same in JavaScript.
RULES: tuple[tuple[str, str], ...] = (
    ("['’‘ʹʼ`´]", ""),
    ("schtsch|shch|sch", "sh"),
    ("tsh|tch", "ch"),
    ("kh", "h"),
    ("d?zh", "j"),
    ("x", "ks"),
    ("t[sz](?!\\b)", "c"),  # a last s is more often a plural: diplomats
    ("ph", "f"),
    ("w", "v"),
    ("[jy]", "i"),
    ("ou", "u"),
    ("i+[eo]", "e"),
    ("ander\\b", "andr"),
    ("([a-z])\\1", "\\1"),  # and no more: four letters typed alike are not one
)
#: An ending of a folded word that may be left off; the same in JavaScript. Long enough a stem is left.
ENDING = "(?:(?<=[a-z]{6})ens?|(?<=[a-z]{4})(?:ing|ed|es|s|e)|(?<=[a-z]{3}[^aeiou])i)$"

_RULES = [(re.compile(pattern), replacement) for pattern, replacement in RULES]


def folded(text: str) -> str:
    """Small letters in which usual spellings of a name are the same.

    Example:
        >>> folded("Sergey Shoygu") == folded("Sergei SHOIGU") == folded("Сергей Шойгу")
        True
        >>> folded("Yevgeniy"), folded("Khusnullin")
        ('evgeni', 'husnulin')
    """
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn")
    made = "".join(LETTERS.get(each, each) for each in bare.lower())
    for pattern, replacement in _RULES:
        made = pattern.sub(replacement, made)
    return made


def stem(word: str) -> str:
    """A folded word without its ending, with which its other forms begin.

    Example:
        >>> [stem(folded(word)) for word in ("expel", "expels", "expelled", "retaliation", "retaliate")]
        ['ekspel', 'ekspel', 'ekspel', 'retaliat', 'retaliat']
    """
    return re.sub(ENDING, "", word)


@cache
def other_names(code: str) -> str:
    """What readers call a state besides its name on the pages, in its own writing too; nothing if none is listed.

    The table is ``other_names.csv`` beside this module: state_code, names.
    """
    with files("retorsion.reports").joinpath("other_names.csv").open("rb") as stream:
        table = pl.read_csv(stream, infer_schema=False)
    return " ".join(table.filter(pl.col("state_code") == code)["names"])
