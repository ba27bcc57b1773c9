"""Cards of numbers: what a page says of a number when it is clicked, taken from the findings.

Each number of a page that leads to its evidence gets a card with its interval, sample, method and caveat. The
cards are data inside the page; without scripts the number is a link to the page of evidence.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retorsion.findings import place_of
from retorsion.reports.analyses import ANALYSES, names_behind
from retorsion.reports.html import evidence_href, number, percent
from retorsion.reports.page import ids_and_links
from retorsion.reports.typography import curly
from retorsion.reports.values import in_words

#: Files of rows that a card offers at most; the page of evidence has them all.
MOST_FILES = 4

#: Facts that a record may state, or a part around it, with the words of the card.
FACTS: Mapping[str, str] = {
    "sample": "Sample",
    "estimator": "Estimator",
    "method": "Method",
    "caveat": "Caveat",
    "citation": "Source of the method",
}


@dataclass(frozen=True)
class Findings:
    """The findings of one case, as a page leads to them.

    Attributes:
        values: by analysis, as :func:`retorsion.project.finding` gives them.
        rows: names of the files of rows, without ``.csv``.
        folder: where their pages are, relative to the page: ``""`` or a name that ends in a slash.
    """

    values: Mapping[str, Any]
    rows: Collection[str]
    folder: str = ""


def cards(html: str, *found: Findings) -> dict[str, object]:
    """The cards of the numbers on a page.

    Args:
        html: the page, or its main part.
        found: the findings that it leads to.

    Returns:
        ``cards``: by the address of the evidence its title, its facts as pairs of a label and a text or the place
        of a sentence, and the addresses of its rows; ``words``: those sentences, each once.
    """
    wanted = set(ids_and_links(html)[1])
    words: dict[str, int] = {}
    made: dict[str, object] = {}
    for one in found:
        for place, chain in _places(one.values):
            href = f"{one.folder}{evidence_href(place)}"
            if href in wanted:
                made[href] = {
                    "title": curly(in_words(place)),
                    "facts": [
                        [label, words.setdefault(text, len(words)) if len(text) > 40 else text]
                        for label, text in ((label, curly(text)) for label, text in _facts(chain))
                    ],
                    "rows": [
                        f"{one.folder}findings/{each}.csv" for each in _behind(place, one.rows)[:MOST_FILES]
                    ],
                }
    return {"cards": made, "words": list(words)}


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every value that has a place: the place, and the records around the value, the outermost first."""
    chain = (*above, value)
    if place := place_of(value):
        yield place, chain
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _places(each, chain)


def _facts(chain: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """What is known of a value: label and words."""
    records = [each for each in reversed(chain) if isinstance(each, Mapping)]
    own = records[0] if records else {}
    value = own.get("estimate") if isinstance(chain[-1], Mapping) else chain[-1]
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield "Value", number(value, digits=4)
        if _is_log(own):
            yield "As a change", percent(math.expm1(value))
    low, high = own.get("lower"), own.get("upper")
    if isinstance(low, int | float) and isinstance(high, int | float):
        level = own.get("level")
        held = f", which holds {percent(level)}" if isinstance(level, float) else ""
        as_change = f" ({percent(math.expm1(low))} to {percent(math.expm1(high))})" if _is_log(own) else ""
        yield "Interval", f"{number(low)} to {number(high)}{as_change}{held}"
    if isinstance(own.get("p_value"), float):
        yield "p-value", number(own["p_value"])
    n = own.get("n", own.get("n_obs"))
    if isinstance(n, int) and n != value:
        yield "Observations", number(n)
    for key, label in FACTS.items():
        text = next((str(each[key]) for each in records if isinstance(each.get(key), str)), None)
        if text:
            yield label, text


def _is_log(record: Mapping[str, Any]) -> bool:
    """Whether an estimate is in log points, as its caveat then says."""
    return "estimate" in record and "log points" in str(record.get("caveat", "")).lower()


def _behind(place: str, files: Collection[str]) -> list[str]:
    name, _, inner = place.partition(".")
    return names_behind(ANALYSES[name], inner.partition(".")[0], files) if name in ANALYSES else []
