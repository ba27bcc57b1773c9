"""One form for the spellings of a name, so that a search meets them all.

Names of one person reach a list in the romanisation of a passport, of a ministry or of a newspaper. The rules bring
those of Cyrillic together: BGN/PCGN, ISO 9, GOST 7.79, ICAO 9303 and the habits of English, French and German. They are
data, which the search page applies in the browser too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

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
    ("t[sz]", "c"),
    ("ph", "f"),
    ("w", "v"),
    ("[jy]", "i"),
    ("ou", "u"),
    ("i+[eo]", "e"),
    ("ander\\b", "andr"),
    ("([a-z])\\1+", "\\1"),
)
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
