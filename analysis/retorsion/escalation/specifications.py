"""Finding: the headline numbers under every defensible way to count, and the widest range that they leave.

An interval of one way to count tells how far chance reaches, and nothing of how far the choice does. Here each number
is estimated under all combinations of what counts as one act, scale, provocations, kinds of source, links and yearly
acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.answers import Kind, answered_units, of_kind
from retorsion.escalation.excitation import SEARCH_DIGITS, daily_data
from retorsion.escalation.intensity import share_of_first
from retorsion.escalation.kinds import Counts, Known, Question, asked_data, counts_of, excited, model_of
from retorsion.escalation.record import Part, Record
from retorsion.escalation.replies import links_of
from retorsion.escalation.units import UNITS, Unit, in_units
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import Estimate
from retorsion.estimators.specifications import SpecificationCurve, specification_curve
from retorsion.findings import NOT_ESTIMABLE, rounded_frame
from retorsion.sources.states import state_name

#: What is varied, in the order of the columns.
CHOICES = ("unit", "scale", "provocations", "sources", "yearly", "links", "denominator")
_WILSON = "Wilson 1927, Journal of the American Statistical Association 22"
_HAWKES = "Fokianos, Rahbek and Tjøstheim 2009, Journal of the American Statistical Association 104"
_GOLDSTEIN = "Goldstein 1992, Journal of Conflict Resolution 36"


@dataclass(frozen=True)
class Quantity:
    """A headline number that is asked in every way.

    Attributes:
        name: key of the number in the findings.
        kind: ``share``, ``answered`` or ``excited``.
        actor: code of the side whose acts are counted: the first, the one that is answered, the one that is followed.
        acts: kind of the acts that are answered or that follow.
        source_acts: of what is excited, kind of the acts that are followed.
        unit: of the number.
    """

    name: str
    kind: str
    actor: str
    acts: Kind = "all"
    source_acts: Kind = "all"
    unit: str = "share"


def quantities(record: Record) -> list[Quantity]:
    """The numbers of a pair: the share in intensity, answers in both directions, excitation in both directions."""
    first, second = record.pair
    found = [Quantity("share of first", "share", first)]
    answered: tuple[tuple[Kind, str], ...] = (("all", "acts"), ("deeds", "deeds"))
    for acts, word in answered:
        found += [
            Quantity(f"answered {word} of {actor}", "answered", actor, acts) for actor in (first, second)
        ]
    asked: tuple[tuple[Kind, Kind], ...] = (("words", "all"), ("deeds", "deeds"))
    for acts, source in asked:
        for actor, other in ((second, first), (first, second)):
            name = f"{source} of {actor} set off {acts} of {other}"
            found.append(Quantity(name, "excited", actor, acts, source, "acts"))
    return found


class Views:
    """The record under choices of sources and yearly acts, each prepared once."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.data = cache(partial(daily_data, record))
        self.known: Known = {}
        self.of = cache(self._of)
        self.links = cache(self._links)
        self.acts = cache(self._acts)
        self.answered = cache(self._answered)
        self.counts = cache(self._counts)

    def _of(self, sources: str, yearly: str) -> Record:
        record = self.record.with_yearly() if yearly == "in" else self.record
        return record.with_sources(self.record.choices.specifications.source_kinds[sources])

    def _links(self, sources: str, yearly: str, links: str) -> pl.DataFrame:
        kept = self.of(sources, yearly)
        return links_of(kept, getattr(self.record.choices.replies, links))

    def _acts(self, sources: str, yearly: str, provocations: str) -> pl.DataFrame:
        return self.of(sources, yearly).scored(provocations=provocations == "in")

    def _answered(
        self, sources: str, yearly: str, provocations: str, links: str, kind: Kind, unit: Unit
    ) -> pl.DataFrame:
        record = self.of(sources, yearly)
        acts = of_kind(record, self.acts(sources, yearly, provocations), kind)
        return answered_units(record, self.links(sources, yearly, links), acts, unit)

    def _counts(self, sources: str, yearly: str, provocations: str, unit: Unit) -> Counts:
        acts = self.acts(sources, yearly, provocations)
        return counts_of(self.of(sources, yearly), acts, self.data(), unit)


def _share(views: Views, quantity: Quantity, **chosen: Any) -> Estimate:
    record = views.record
    scored = views.acts(chosen["sources"], chosen["yearly"], chosen["provocations"])
    found = share_of_first(record, in_units(scored, chosen["unit"], record.scales), chosen["scale"])
    return Estimate(
        term=quantity.name, estimate=found["estimate"], lower=found["lower"], upper=found["upper"],
        level=record.level, n_obs=found["n"], estimator="bootstrap over weeks", citation=_GOLDSTEIN,
    )  # fmt: skip


def _answered(views: Views, quantity: Quantity, **chosen: Any) -> Estimate:
    view = chosen["sources"], chosen["yearly"], chosen["provocations"]
    whole = views.answered(*view, chosen["links"], quantity.acts, chosen["unit"])
    counted = whole.filter(pl.col("actor_code") == quantity.actor)
    if chosen["denominator"] == "without answers":
        counted = counted.filter(~pl.col("is_answer"))
    least = views.record.choices.specifications.min_acts
    if len(counted) < least:
        raise NotEstimable(
            f"{state_name(quantity.actor)} has {len(counted)} such acts that could have been answered; at least "
            f"{least} are needed."
        )
    level = views.record.level
    found = proportion(int(counted["any"].sum()), len(counted), level=level)
    return Estimate(
        term=quantity.name, estimate=found.estimate, lower=round(found.lower, 12), upper=round(found.upper, 12),
        level=level, n_obs=len(counted), estimator="Wilson", citation=_WILSON,
    )  # fmt: skip


def _excited(views: Views, quantity: Quantity, **chosen: Any) -> Estimate:
    view, unit = (chosen["sources"], chosen["yearly"]), chosen["unit"]
    record, data = views.of(*view), views.data()
    other = next(side for side in record.pair if side != quantity.actor)
    question = Question(quantity.actor, other, quantity.source_acts, quantity.acts)
    own = asked_data(record, data, views.counts(*view, chosen["provocations"], unit), question)
    found, _ = excited(record, own, model_of(record, unit, record.asked.with_driver), question, views.known)
    return Estimate(
        term=quantity.name, estimate=found["estimate"], lower=found["lower"], upper=found["upper"],
        level=record.level, n_obs=found["n"], estimator="profile likelihood", citation=_HAWKES,
    )  # fmt: skip


_ASK: Mapping[str, Callable[..., Estimate]] = {"share": _share, "answered": _answered, "excited": _excited}


def choices_of(record: Record, quantity: Quantity) -> dict[str, Sequence[str]]:
    """The values that each choice may take for a number, the main one first."""
    every: dict[str, Sequence[str]] = {
        "unit": UNITS,
        "scale": record.scales,
        "provocations": ("out", "in"),
        "sources": list(record.choices.specifications.source_kinds),
        "yearly": ("out", "in"),
        "links": ("named", "general"),
        "denominator": ("all", "without answers"),
    }
    left_out = {
        "share": ("links", "denominator"),
        "answered": ("scale",),
        "excited": ("scale", "links", "denominator"),
    }
    return {name: values for name, values in every.items() if name not in left_out[quantity.kind]}


def specifications_part(record: Record) -> Part:
    """Every headline number in every way to count, and the widest range.

    Returns:
        By the name of the number: its main value, the least and greatest value, the widest range with sampling, how far
        each choice moves it, and its value without some kinds of source; frame ``specifications`` with a row for each
        combination.
    """
    if record.hostile.is_empty():
        raise NotEstimable(
            "No hostile act is recorded in the window, so there is no number to ask in other ways."
        )
    views = Views(record)
    found: dict[str, Any] = {}
    frames = []
    for quantity in quantities(record):
        choices = choices_of(record, quantity)
        try:
            curve = specification_curve(partial(_ASK[quantity.kind], views, quantity), choices)
        except NotEstimable as reason:
            found[quantity.name] = {NOT_ESTIMABLE: str(reason)}
            continue
        found[quantity.name] = {
            "kind": quantity.kind,
            "unit_of_number": quantity.unit,
            **_summary(curve, choices),
        }
        frames.append(
            curve.table.with_columns(
                pl.lit(quantity.name).alias("quantity"),
                *(pl.lit(None, dtype=pl.String).alias(name) for name in CHOICES if name not in choices),
            ).select(
                "quantity", *CHOICES, "estimate", "lower", "upper", pl.col("n_obs").alias("n"), NOT_ESTIMABLE
            )
        )
    if not frames:
        raise NotEstimable(next(iter(found.values()))[NOT_ESTIMABLE])
    method = "every combination of choices (Simonsohn, Simmons and Nelson 2020, Nature Human Behaviour 4)"
    return (
        {"quantities": found, "method": method},
        {"specifications": rounded_frame(pl.concat(frames), SEARCH_DIGITS)},
    )


def _summary(curve: SpecificationCurve, choices: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a curve says in numbers."""
    known = curve.table.filter(pl.col("estimate").is_not_null())
    main = {name: values[0] for name, values in choices.items()}
    return {
        "main": _row(known, main),
        "lowest": curve.lowest,
        "highest": curve.highest,
        "median": curve.median,
        "widest_lower": known["lower"].min(),
        "widest_upper": known["upper"].max(),
        "n": curve.n,
        "n_estimated": curve.n_estimated,
        "by_choice": {
            name: {
                value: _row(known, main | {name: value}) | {"median": _median(known, name, value)}
                for value in values
            }
            for name, values in choices.items()
        },
    }


def _row(known: pl.DataFrame, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The estimate under one combination, or the statement that there is none."""
    row = known.filter(*(pl.col(name) == value for name, value in chosen.items()))
    if row.is_empty():
        return {NOT_ESTIMABLE: "There are too few acts if they are counted so."}
    return {key: row[key][0] for key in ("estimate", "lower", "upper")} | {"n": row["n_obs"][0]}


def _median(known: pl.DataFrame, name: str, value: str) -> float | None:
    found = known.filter(pl.col(name) == value)["estimate"]
    return float(found.median()) if len(found) else None  # type: ignore[arg-type]
