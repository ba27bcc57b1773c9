"""Cards of numbers: what a page says of a number when it is clicked, taken from the findings.

Each number of a page that leads to its evidence gets a card: its name, interval, sample, method, caveat and the rows
behind it. The cards are data inside the page; without scripts the number is a link to the page of evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from retorsion.figures.days import months_in_words
from retorsion.figures.tariffs import TEN_PER_CENT
from retorsion.findings import place_of
from retorsion.reports.analyses import ANALYSES, names_behind
from retorsion.reports.html import evidence_href, number, percent
from retorsion.reports.page import ids_and_links
from retorsion.reports.quantities import (
    Named,
    Unit,
    about,
    capital,
    is_alike,
    is_year,
    named,
    with_names,
    words_of,
)
from retorsion.reports.rows_behind import RowFile, rows_behind
from retorsion.reports.site import Case
from retorsion.reports.typography import curly
from retorsion.reports.values import are_months, row_words

#: Keys of counts that a card tells beside a number.
_COUNTS = {
    "n": "Number counted",
    "n_obs": "Observations",
    "n_separated": "Fitted exactly and left out",
    "n_choices": "Other ways of counting",
    "n_too_small": "Ways left out, the loss being too small",
}
#: Keys of what a record estimates, the first that it has.
_ESTIMATES = ("estimate", "effect", "geometric_mean", "share", "hazard_ratio", "in_kind", "change", "median")
#: Keys of what is said of an estimate; all other numbers beside it are no part of it.
_OF_ESTIMATE = ("estimate", "level", "p_value", "timing_p_value", "q_value", "standard_error")
#: Rows that a card shows; its files have them all.
_MOST_SHOWN = 5
_PLACEBOS = re.compile(r"(\d+) placebos hold")


@dataclass(frozen=True)
class Findings:
    """The findings of one case, as a page leads to them.

    Attributes:
        values: by analysis, as :func:`retorsion.project.finding` gives them.
        rows: text of the files of rows by name, without ``.csv``.
        folder: where their pages are, relative to the page: ``""`` or a name that ends in a slash.
        sides: names of the sides: ``first``, ``reporter`` and ``target``, of those that the case has.
    """

    values: Mapping[str, Any]
    rows: Mapping[str, str]
    folder: str = ""
    sides: Mapping[str, str] = field(default_factory=dict)


def findings_of(case: Case, folder: str) -> Findings:
    """The findings of a case, whose pages are in a folder seen from the page."""
    return Findings(
        case.findings, {name: case.files[f"{name}.csv"] for name in case.row_names}, folder, case.sides
    )


def cards(html: str, *found: Findings) -> dict[str, object]:
    """The cards of the numbers on a page.

    Args:
        html: the page, or its main part.
        found: the findings that it leads to.

    Returns:
        ``cards``: by the address of the evidence its title, its facts as pairs of a label and a text or the place
        of a sentence, the address of all values as JSON, and its rows: the name of a file and their numbers in it, or
        else the values themselves as triples of their name, their key and the value; ``words``: those sentences,
        each once; ``files``: by name the address, the number of rows, the heads and columns, and the rows that cards
        name.
    """
    wanted = set(ids_and_links(html)[1])
    words: dict[str, int] = {}
    made: dict[str, object] = {}
    files: dict[str, dict[str, Any]] = {}
    for one in found:
        read = {name: RowFile(name, text) for name, text in one.rows.items()}
        for place, chain in _places(one.values):
            href = f"{one.folder}{evidence_href(place)}"
            if href in wanted:
                known = named(place, chain, one.sides)
                behind = [read[name] for name in _behind(place, read)]
                facts = (
                    (label, curly(with_names(text))) for label, text in _facts(place, chain, known) if text
                )
                made[href] = {
                    "title": curly(known.name),
                    "facts": [
                        [label, words.setdefault(text, len(words)) if len(text) > 40 else text]
                        for label, text in facts
                    ],
                    "json": f"{one.folder}findings/{place.partition('.')[0]}.json",
                    **_rows(place, chain, known.rows, behind, files, one.folder),
                }
    return {"cards": made, "words": list(words), "files": files}


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every value that has a place: the place, and the records around the value, the outermost first."""
    chain = (*above, value)
    if place := place_of(value):
        yield place, chain
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _places(each, chain)


def _records(chain: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The records around a value, its own first."""
    return [each for each in reversed(chain) if isinstance(each, Mapping)]


def _facts(place: str, chain: Sequence[Any], known: Named) -> Iterator[tuple[str, str]]:
    """What is known of a value: label and words."""
    records = _records(chain)
    own, said, key = records[0], about(place), place.rpartition(".")[2]
    value = own.get("estimate") if isinstance(chain[-1], Mapping) else chain[-1]
    if _is_number(value):
        yield "Value", _value(key, value, known.unit, own)
    yield from _uncertainty(key, chain, value, known.unit_of_record)
    for count, label in _COUNTS.items():
        if isinstance(own.get(count), int) and own[count] != value:
            yield label, number(own[count])
    sample = _nearest(records, "sample")
    yield "Sample" if sample else "Counted", months_in_words(sample) or (said.counted if said else "")
    technique = _nearest(records, "estimator") or _nearest(records, "method")
    yield "Method", said.method if said else technique
    if technique and said:
        yield "Technique", technique
    yield "Caveat", _sentence(_nearest(records, "caveat")) or (said.caveat if said else "")
    if citation := _nearest(records, "citation"):
        yield "Source of the method", citation


def _value(key: str, value: float, unit: Unit, own: Mapping[str, Any]) -> str:
    """A value in words: a year as one, a rate with its currencies."""
    if is_year(key):
        return str(value)
    pair = own.get("pair")
    return f"{in_unit(value, unit)} {pair}" if isinstance(pair, str) else in_unit(value, unit)


def _uncertainty(key: str, chain: Sequence[Any], value: object, unit: Unit) -> Iterator[tuple[str, str]]:
    """Interval, what chance alone would give, and p-value, where they are those of the value or it is one of them.

    Args:
        key: of the value.
        chain: the value and what is around it.
        value: a number, or words.
        unit: of the estimate beside the value.
    """
    own = _records(chain)[0]
    main = next((each for each in _ESTIMATES if each in own), None)
    is_of_it = isinstance(chain[-1], Mapping) or key in (main, *_OF_ESTIMATE) or is_alike(key)
    if _is_number(value) and not is_of_it:
        return
    low, high = own.get("lower"), own.get("upper")
    if _is_number(low) and _is_number(high):
        if _is_number(own.get("estimate")) and value != own["estimate"]:
            yield "Estimate", in_unit(own["estimate"], unit)
        is_range = "n_choices" in own
        yield (
            "Range over ways of counting" if is_range else "Interval",
            f"{_range(low, high, unit)}{_held(own)}",
        )
    elif _is_number(own.get("null_lower")) and _is_number(own.get("null_upper")):
        yield "By chance", f"{number(own['null_lower'])} to {number(own['null_upper'])}"
    elif "estimate" in own and "lower" in own:
        yield "Interval", _of_others(chain, own, unit) or "None is stated for this way of estimating."
    if _is_number(own.get("lowest")) and _is_number(own.get("highest")):
        yield "Range", _range(own["lowest"], own["highest"], "plain" if unit == "days" else unit)
    if isinstance(own.get("timing_p_value"), float) and key != "timing_p_value":
        yield "p-value of the timing", number(own["timing_p_value"])
    if isinstance(own.get("p_value"), float) and key != "p_value":
        yield "p-value of the number" if "timing_p_value" in own else "p-value", number(own["p_value"])


def _held(own: Mapping[str, Any]) -> str:
    """What the interval of a record holds: the truth in a share of samples, or ranks of so many placebos."""
    level, placebos = own.get("level"), _PLACEBOS.search(str(own.get("caveat", "")))
    if not isinstance(level, float):
        return ""
    if placebos is not None:
        return f"; its ends are ranks among {placebos[1]} placebos, of which it holds {percent(level)}"
    return f"; such intervals hold the truth in {percent(level)} of samples"


def _of_others(chain: Sequence[Any], own: Mapping[str, Any], unit: Unit) -> str:
    """Intervals of the same estimate that stand in records beside its own, each with how it was found."""
    records = _records(chain)
    beside = records[1].values() if len(records) > 1 else ()
    inner = [one for each in beside if isinstance(each, Mapping) for one in (each, *each.values())]
    found = [
        f"{_range(one['lower'], one['upper'], unit)} by {one['standard_error_type']}"
        for one in inner
        if isinstance(one, Mapping)
        and one.get("estimate") == own["estimate"]
        and _is_number(one.get("lower"))
        and _is_number(one.get("upper"))
        and isinstance(one.get("standard_error_type"), str)
    ]
    return "; ".join(found)


def in_unit(value: float, unit: Unit) -> str:
    """A number in the words of its unit.

    Example:
        >>> in_unit(0.829191, "share"), in_unit(-1.35, "log"), in_unit(1.0, "days")
        ('82.9%', '−1.35 log points = −74%', '1 day')
        >>> in_unit(-0.22437, "points")
        '−22.4 percentage points'
        >>> in_unit(-1.76, "elasticity")
        '−1.76, or −15% if the tariff adds a tenth to the price'
    """
    if unit == "share":
        return percent(value, digits=3)
    if unit == "points":
        return f"{number(100 * value)} percentage points"
    if unit == "log":
        return f"{number(value)} log points = {percent(math.expm1(value))}"
    if unit == "elasticity":
        change = percent(math.expm1(value * TEN_PER_CENT))
        return f"{number(value)}, or {change} if the tariff adds a tenth to the price"
    text = f"{value:g}" if unit == "days" else number(value, digits=4)
    return f"{text} {'day' if value == 1 else 'days'}" if unit == "days" else text


def _range(low: float, high: float, unit: Unit) -> str:
    """Two ends in the words of their unit, which follows both."""
    ends = f"{number(low)} to {number(high)}"
    if unit == "log":
        return f"{ends} log points = {percent(math.expm1(low))} to {percent(math.expm1(high))}"
    if unit == "elasticity":
        changes = (percent(math.expm1(end * TEN_PER_CENT)) for end in (low, high))
        return f"{ends}, or {' to '.join(changes)} if the tariff adds a tenth to the price"
    return f"{in_unit(low, unit)} to {in_unit(high, unit)}"


def _rows(
    place: str,
    chain: Sequence[Any],
    stated: tuple[str, Mapping[str, str]] | None,
    behind: Sequence[RowFile],
    files: dict[str, dict[str, Any]],
    folder: str,
) -> dict[str, Any]:
    """The rows behind a number, which are put into ``files``; the values of its own record where no file has them."""
    steps = place.split(".")[2:]
    own = _records(chain)[0]
    is_record = isinstance(chain[-1], Mapping)
    key = _main_key(own) if is_record else next(reversed(steps), "")
    value = own.get(key) if is_record else chain[-1]
    if stated is not None:
        file = next((one for one in behind if one.name == stated[0]), None)
        found = (file, file.where(stated[1])) if file is not None else None
    else:
        found = rows_behind(key, value, own, steps if is_record else steps[:-1], behind)
    if found is None or not found[1]:
        flat = {
            name: each
            for name, each in own.items()
            if not isinstance(each, Mapping | list) and each is not None
        }
        return {"record": [[capital(words_of(name)), name, each] for name, each in flat.items()]}
    file, at = found
    kept = files.setdefault(
        f"{folder}{file.name}",
        {
            "href": f"{folder}findings/{file.name}.csv",
            "n": len(file.rows),
            "heads": [capital(words_of(column)) for column in file.columns],
            "columns": file.columns,
            "rows": {},
            "said": [{} for _ in file.columns],
        },
    )
    kept["rows"] |= {str(each): file.rows[each] for each in at}
    rows = file.rows
    for nth, column in enumerate(file.columns):
        of_months = are_months(column, (row[nth] for row in rows if row[nth]))
        shown = {rows[each][nth] for each in at[:_MOST_SHOWN]} - {""}
        kept["said"][nth] |= row_words(column, sorted(shown), are_months=of_months)
    return {"file": f"{folder}{file.name}", "rows": at}


def _main_key(record: Mapping[str, Any]) -> str:
    """The key of what a record says above all: its estimate, or its first number that is not whole."""
    fractions = [name for name, each in record.items() if isinstance(each, float) and not each.is_integer()]
    return "estimate" if "estimate" in record else next(iter([*fractions, *record]), "")


def _behind(place: str, files: Mapping[str, object]) -> list[str]:
    name, _, inner = place.partition(".")
    return names_behind(ANALYSES[name], inner.partition(".")[0], files) if name in ANALYSES else []


def _nearest(records: Sequence[Mapping[str, Any]], key: str) -> str:
    """Words that a record states, or a part around it."""
    return next((str(each[key]) for each in records if isinstance(each.get(key), str) and each[key]), "")


def _sentence(text: str) -> str:
    return capital(text) + ("" if text.endswith(".") else ".") if text else ""


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
