"""How findings are written: floats rounded, because processors differ in the last bits; or why none is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable

#: Key under which a statement stands where a number cannot.
NOT_ESTIMABLE = "not_estimable"

#: More digits than any interval of ours supports, fewer than processors differ in.
SIGNIFICANT_DIGITS = 6

#: Results of this size are nothing but the last bits of a sum that should be zero.
NEGLIGIBLE = 1e-12


def rounded(value: Any, digits: int = SIGNIFICANT_DIGITS) -> Any:
    """Value with every float inside rounded to significant digits.

    Args:
        value: JSON-ready value: dicts, lists, numbers, text.
        digits: significant digits.
    """
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    if isinstance(value, float):
        return 0.0 if abs(value) < NEGLIGIBLE else float(f"{value:.{digits}g}")
    return value


def rounded_frame(frame: pl.DataFrame, digits: int = SIGNIFICANT_DIGITS) -> pl.DataFrame:
    """Frame with its float columns rounded to significant digits."""
    names = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(
        pl.when(pl.col(name).abs() < NEGLIGIBLE)
        .then(0.0)
        .otherwise(pl.col(name).round_sig_figs(digits))
        .alias(name)
        for name in names
    )


def statement_frame(part: Mapping[str, Any]) -> pl.DataFrame:
    """A frame that holds a part's statement instead of rows."""
    return pl.DataFrame({NOT_ESTIMABLE: [part.get(NOT_ESTIMABLE, "There is nothing to estimate.")]})


def estimated(found: Mapping[str, Any], *path: str) -> Any:
    """A value of the findings by its keys from the outside in.

    Args:
        found: findings, as computed or as read back from JSON.
        path: keys.

    Raises:
        NotEstimable: a statement stands on the way, or the findings have no such value.
    """
    value: Any = found
    for depth, key in enumerate(path):
        if isinstance(value, Mapping) and NOT_ESTIMABLE in value:
            raise NotEstimable(value[NOT_ESTIMABLE])
        if not isinstance(value, Mapping) or value.get(key) is None:
            raise NotEstimable(f"The findings have no {' / '.join(path[: depth + 1])}.")
        value = value[key]
    if isinstance(value, Mapping) and NOT_ESTIMABLE in value:
        raise NotEstimable(value[NOT_ESTIMABLE])
    return value


def or_statement(estimate: Callable[[], Any]) -> Any:
    """What ``estimate`` gives, or its statement that it cannot be had."""
    try:
        return estimate()
    except NotEstimable as reason:
        return {NOT_ESTIMABLE: str(reason)}


class Cited:
    """Mixed into what is read from the findings: it knows its place there, so that a page can lead to it.

    Attributes:
        place: keys from the file inwards, joined by dots, such as ``escalation.record.n_acts``.
    """

    place: str


class CitedInt(int, Cited):
    """A whole number of the findings."""


class CitedFloat(float, Cited):
    """A number of the findings."""


class CitedText(str, Cited):
    """Words of the findings, or a number of theirs as it is written in a sentence."""


class CitedDict(dict[str, Any], Cited):
    """A part of the findings, such as an estimate with its interval, sample and caveat."""

    def __getitem__(self, key: str) -> Any:
        """A value.

        Raises:
            NotEstimable: the part has a statement in place of its values.
        """
        if key not in self and NOT_ESTIMABLE in self:
            raise NotEstimable(str(super().__getitem__(NOT_ESTIMABLE)))
        return super().__getitem__(key)


class CitedList(list[Any], Cited):
    """Parts of the findings in order; the place of each ends in its number."""


_CITED: dict[type, Any] = {int: CitedInt, float: CitedFloat, str: CitedText}


def cite(value: Any, place: str) -> Any:
    """A value that knows its place in the findings, and all values inside it likewise.

    They compute, compare and print as the plain values do; what is computed from them is plain again.

    Args:
        value: JSON-ready value.
        place: where it stands, such as ``"escalation"``.
    """
    if isinstance(value, dict):
        cited: Any = CitedDict((key, cite(item, f"{place}.{key}")) for key, item in value.items())
    elif isinstance(value, list | tuple):
        cited = CitedList(cite(item, f"{place}.{number}") for number, item in enumerate(value))
    elif type(value) in _CITED:
        cited = _CITED[type(value)](value)
    else:
        return value  # null and true cannot carry a place
    cited.place = place
    return cited


def place_of(value: object) -> str | None:
    """Where a value stands in the findings; None for any other value."""
    return value.place if isinstance(value, Cited) else None


def written(text: str, value: object) -> str:
    """Words that keep the place of the value they write.

    Args:
        text: the value as the reader sees it.
        value: what it was written from.

    Example:
        >>> share = cite({"estimate": 0.5}, "escalation.share")
        >>> place_of(written(f"{share['estimate']:.0%}", share))
        'escalation.share'
    """
    place = place_of(value)
    if place is None:
        return text
    cited = CitedText(text)
    cited.place = place
    return cited
