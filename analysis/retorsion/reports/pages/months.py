"""The acts of all cases by month, drawn small: each month leads to the timeline at that month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl
from markupsafe import Markup

from retorsion.reports.page import render
from retorsion.reports.pages.explorer import between
from retorsion.reports.site import Case
from retorsion.sources.states import state_name

#: Width of the drawings and months that one bar stands for.
SIZES = {"on-desk": (752, 1), "on-phone": (350, 3)}
#: Height of the tallest bar, of the line of years and of the number at a tallest bar; room between the two sides.
_TALLEST, _YEARS, _NUMBER, _GAP = 84.0, 16.0, 13.0, 2.0


@dataclass(frozen=True)
class Bar:
    """What one side did in one or more months, as it is drawn.

    Attributes:
        side: 0 for the first side, 1 for the second.
        y: of its upper edge.
        height: in the units of the drawing.
    """

    side: int
    y: float
    height: float


def months(acts: pl.DataFrame, cases: Sequence[Case]) -> Markup:
    """One row for each case: bars upwards for one side and downwards for the other, on one line of time.

    Every bar is a link to the timeline of the case at those months and has words for the pointer. The drawing is
    hidden from screen readers, to which the link above it says the same.

    Args:
        acts: table ``acts``.
        cases: in order.
    """
    every = [(case, _acts(acts, case.pair)) for case in cases]
    known = [(case, own) for case, own in every if len(own)]
    if not known:
        return Markup("")
    days = pl.concat([own["act_date"] for _, own in known])
    span = (days.min().year, days.max().year + 1)  # type: ignore[union-attr]
    drawn = [
        {
            "title": case.title,
            "href": f"{case.folder}acts.html",
            "n": own["act_id"].n_unique(),
            "sides": [state_name(code) for code in case.pair],
            "sizes": [
                {"screen": screen, **_drawing(own, case, span, width, each, _most(known, each))}
                for screen, (width, each) in SIZES.items()
            ],
        }
        for case, own in known
    ]
    return Markup(render("months.html.j2", rows=drawn, years=_YEARS))


def _acts(acts: pl.DataFrame, pair: tuple[str, str]) -> pl.DataFrame:
    """The dated acts of a pair, each once."""
    return (
        between(acts, pair)
        .filter(pl.col("act_date").is_not_null())
        .sort("act_id", "target_code")
        .unique("act_id")
    )


def _binned(acts: pl.DataFrame, each: int) -> pl.DataFrame:
    """Acts by side and by so many months: actor_code, start, n, and the summary of the most intense."""
    return (
        acts.with_columns(start=pl.col("act_date").dt.truncate(f"{each}mo"))
        .sort("intensity_goldstein", "act_date", "act_id", descending=[True, False, False])
        .group_by("start", "actor_code", maintain_order=True)
        .agg(n=pl.len(), summary=pl.col("summary").first())
        .sort("start", "actor_code")
    )


def _most(known: Sequence[tuple[Case, pl.DataFrame]], each: int) -> int:
    """The most acts of one side in so many months, over all cases, which share a scale."""
    return max(int(_binned(own, each)["n"].max()) for _, own in known)  # type: ignore[arg-type]


def _drawing(
    acts: pl.DataFrame, case: Case, span: tuple[int, int], width: int, each: int, most: int
) -> dict[str, Any]:
    """One row of the picture at one size."""
    binned = _binned(acts, each)
    tall = [_height(binned, code, most) for code in case.pair]
    first, last = date(span[0], 1, 1), date(span[1], 1, 1)

    def x(day: date) -> float:
        return round(width * (day - first).days / (last - first).days, 1)

    bar = round(max(width * each / 12 / (span[1] - span[0]) - 0.5, 1.2), 1)
    step = next((years for years in (1, 2, 4, 8) if width / (span[1] - span[0]) * years > _ROOM), 16)
    return {
        "width": width,
        "height": round(sum(tall) + 2 * _NUMBER + _GAP + _YEARS, 1),
        "middle": round(_NUMBER + tall[0] + _GAP / 2, 1),
        "bar": bar,
        "groups": [
            {"x": x(start), **group}
            for start, group in _groups(binned, case, each, most, _NUMBER + tall[0]).items()
        ],
        "tallest": [
            {"x": min(max(x(start) + bar / 2, _NUMBER), width - _NUMBER), "n": n, "is_below": bool(side)}
            for side, code in enumerate(case.pair)
            for start, n in _tallest(binned, code)
        ],
        "years": [
            (x(date(year, 1, 1)), year) for year in range(*span, step) if x(date(year, 1, 1)) < width - _ROOM
        ],
        "unsearched": [(x(a), round(x(b) - x(a), 1)) for a, b in _unsearched(case, first, last)],
    }


#: Width that the number of a year needs.
_ROOM = 34


def _height(binned: pl.DataFrame, code: str, most: int) -> float:
    own = binned.filter(pl.col("actor_code") == code)["n"].to_list()
    return round(_TALLEST * max(own, default=0) / most, 1)


def _tallest(binned: pl.DataFrame, code: str) -> list[tuple[date, int]]:
    """First day and number of acts of the tallest bar of a side, which is the scale of the drawing."""
    own = binned.filter(pl.col("actor_code") == code).sort("n", "start", descending=[True, False])
    return own.select("start", "n").head(1).rows()


def _groups(
    binned: pl.DataFrame, case: Case, each: int, most: int, middle: float
) -> Mapping[date, dict[str, Any]]:
    """Bars by the first day of their months, with their link and their words."""
    groups: dict[date, dict[str, Any]] = {}
    for (start,), rows in binned.group_by("start", maintain_order=True):
        assert isinstance(start, date)
        end = (start.replace(day=1) + timedelta(days=31 * each)).replace(day=1) - timedelta(days=1)
        bars, words = [], []
        for row in rows.sort(pl.col("actor_code") != case.pair[0]).iter_rows(named=True):
            side = case.pair.index(row["actor_code"])
            height = round(_TALLEST * row["n"] / most, 1)
            bars.append(Bar(side, round(middle + _GAP, 1) if side else round(middle - height, 1), height))
            said = f"{state_name(row['actor_code'])}: {row['n']} act{'s' * (row['n'] > 1)}"
            words.append(said + f", such as “{row['summary']}”" * (each == 1))
        when = f"{start:%B %Y}" if each == 1 else f"{start:%B} to {end:%B %Y}"
        groups[start] = {
            "href": f"{case.folder}acts.html#?{urlencode({'from': start, 'to': end})}",
            "bars": bars,
            "tip": f"{when}. " + " ".join(words),
        }
    return groups


def _unsearched(case: Case, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Stretches of the line of time in which no act of the case was looked for."""
    at = first
    for span in sorted(case.recorded, key=lambda span: str(span["start"])):
        start, end = (date.fromisoformat(str(span[name])) for name in ("start", "end"))
        if start > at:
            yield at, start
        at = max(at, end + timedelta(days=1))
    if case.recorded and at < last:
        yield at, last
