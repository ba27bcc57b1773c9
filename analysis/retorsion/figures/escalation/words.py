"""Words and axes that figures of several findings share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from retorsion.figures import phone
from retorsion.figures.days import as_day, month_words
from retorsion.figures.style import (
    date_axis,
    mark_dates,
    new_figure,
)
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

mdates: Any = dates  # has no types
Part = Mapping[str, Any]
Pair = tuple[str, str]


def side_names(pair: Sequence[str]) -> tuple[str, str]:
    """Names of both sides."""
    return state_name(pair[0]), state_name(pair[1])


def date_number(day: date) -> float:
    """A date as the number that axes of time use."""
    return float(mdates.date2num(day))


def range_of(values: pl.Series) -> tuple[float, float]:
    """Least and greatest value, and zero."""
    known = values.drop_nulls().cast(pl.Float64).to_numpy()
    return float(known.min(initial=0.0)), float(known.max(initial=0.0))


def percent_words(share: float) -> str:
    """A share as a whole percentage."""
    return f"{100 * share:.0f}%"


def possessive(name: str) -> str:
    """The possessive of a name."""
    return f"{name}’" if name.endswith("s") else f"{name}’s"


def plural(n: int, noun: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {many or f'{noun}s'}"


def scale_name(scale: str) -> str:
    """Name of an intensity scale for reading, from the field dictionary: ``Goldstein``, ``equal weights``."""
    field = fields().get(scale)
    label = field.label if field is not None else scale
    return label.partition("(")[2].rstrip(")") or label


def span_axes(record: Part, *, height: float) -> tuple[Figure, list[Axes]]:
    """One panel for each recorded span, as wide as it is long, so that silence is not drawn as calm."""
    spans = [(as_day(span["start"]), as_day(span["end"])) for span in record["recorded"]]
    days = [(end - start).days + 31 for start, end in spans]
    shares = [max(length / sum(days), 0.12) for length in days]
    figure, axes = new_figure(
        "wide", columns=len(spans), height=height, sharey=True, squeeze=False, width_ratios=shares
    )
    panels: list[Axes] = list(axes[0])
    for place, (panel, (start, end), share) in enumerate(zip(panels, spans, shares, strict=True)):
        panel.set_xlim(date_number(start.replace(day=1)) - 10, date_number(end) + 20)
        if share < 0.3:
            middle = start + (end - start) / 2
            panel.set_xticks([date_number(middle)], [str(middle.year)])
        else:
            date_axis(panel, years=1)
        if place and not phone.is_wanted():
            panel.tick_params(axis="y", labelleft=False)
    return figure, panels


def gap_note(record: Part) -> str:
    """What the breaks between the panels mean."""
    spans = record["recorded"]
    if len(spans) < 2:
        return ""
    day = timedelta(days=1)
    gaps = [
        f"{month_words(as_day(earlier['end']) + day)} to {month_words(as_day(later['start']) - day)}"
        for earlier, later in pairwise(spans)
    ]
    return f"; nothing was collected from {', '.join(gaps)}"


def turning_points(record: Part) -> pl.DataFrame:
    """The acts and events that the parameters name, to be marked on axes of time.

    Args:
        record: part ``record``.

    Returns:
        date, label, actor_code.
    """
    return pl.DataFrame(
        [{**mark, "date": as_day(mark["date"])} for mark in record.get("marks", ())],
        schema={"date": pl.Date, "label": pl.String, "actor_code": pl.String},
    )


def mark_turning_points(panels: Sequence[Axes], record: Part) -> None:
    """Mark the record's turning points on axes of time side by side."""
    marks = turning_points(record)
    for panel in panels:
        mark_dates(panel, marks)
