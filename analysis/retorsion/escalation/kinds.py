"""Finding: whose words and whose deeds follow the other's words and deeds, and what the data cannot tell.

Two questions, each with its power. The model of excitation asks how many acts of one kind one act of another kind sets
off, given the receiver's own history and the calendar that both sides react to. Pairs count, without a model, how many
acts come within some days after the other's acts, against the same acts moved in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import daily_counts
from retorsion.escalation.answers import KINDS, Kind, of_kind
from retorsion.escalation.excitation import SEARCH_DIGITS, daily_data, fit_variant, variant_model
from retorsion.escalation.link_tests import link_test
from retorsion.escalation.record import Part, Record
from retorsion.escalation.units import UNITS, Unit, in_units
from retorsion.estimators.daily_hawkes import DailyData, DailyFit, DailyModel, branching_name
from retorsion.estimators.daily_inference import (
    profile_intervals,
    timing_power,
    timing_test,
)
from retorsion.estimators.following import pairs_following, pairs_power
from retorsion.estimators.results import plain
from retorsion.findings import NOT_ESTIMABLE, or_statement, rounded, rounded_frame
from retorsion.params import Variant
from retorsion.processes import InOrder
from retorsion.sources.states import state_name

#: Kinds of the receiver's acts with the kinds of the source's acts that may set them off.
ASKED: tuple[tuple[Kind, Kind], ...] = (
    ("words", "all"),
    ("words", "deeds"),
    ("words", "words"),
    ("deeds", "all"),
    ("deeds", "deeds"),
    ("deeds", "words"),
)
#: Those of which power is simulated, and which the page tells.
MAIN: tuple[tuple[Kind, Kind], ...] = (
    ("words", "all"),
    ("words", "deeds"),
    ("deeds", "all"),
    ("deeds", "deeds"),
)
_ALPHA = 0.05
#: Chance of seeing an effect from which on its absence says something.
ENOUGH = 0.8
#: Share of the draws that must show as many pairs before their number counts as nothing unusual.
_UNREMARKABLE = 0.2


@dataclass(frozen=True)
class Question:
    """Which acts may follow which.

    Attributes:
        source: side that is followed.
        receiver: side that may follow.
        source_kind: kind of the source's acts.
        receiver_kind: kind of the receiver's acts.
    """

    source: str
    receiver: str
    source_kind: Kind
    receiver_kind: Kind

    @property
    def name(self) -> str:
        """Such as ``RUS all->JPN words``."""
        return f"{self.source} {self.source_kind}->{self.receiver} {self.receiver_kind}"


def questions(record: Record, asked: tuple[tuple[Kind, Kind], ...] = ASKED) -> Iterator[Question]:
    """Both directions of each pair of kinds."""
    for receiver_kind, source_kind in asked:
        for source, receiver in (record.pair[::-1], record.pair):
            yield Question(source, receiver, source_kind, receiver_kind)


#: Daily counts by side and kind.
Counts = Mapping[tuple[str, Kind], np.ndarray]


def counts_of(record: Record, acts: pl.DataFrame, data: DailyData, unit: Unit) -> Counts:
    """Daily counts of each side's acts of each kind on the days of ``data``, in one unit.

    Args:
        record: the record.
        acts: the acts, such as the hostile ones, one row each.
        data: gives the days.
        unit: what is counted as one. By the strongest act of a day a count is 0 or 1.
    """
    dated = acts.filter(pl.col("date_precision") == "day")
    counts = {}
    for kind in KINDS:
        chosen = in_units(of_kind(record, dated, kind), unit, record.scales)
        try:
            daily = daily_counts(chosen, record.pair, data.start, data.end)
        except NotEstimable:
            daily = np.zeros((data.n_days, 2))
        for place, side in enumerate(record.pair):
            counts[side, kind] = np.ascontiguousarray(daily[:, place])
    return counts


def asked_data(record: Record, data: DailyData, counts: Counts, question: Question) -> DailyData:
    """The two series that a question is about, in the order of the pair.

    Raises:
        NotEstimable: a side has too few such acts; the sentence says which.
    """
    kinds = {question.source: question.source_kind, question.receiver: question.receiver_kind}
    options = record.choices.excitation
    for side in record.pair:
        series = counts[side, kinds[side]]
        n, days = int(series.sum()), int((series > 0).sum())
        if n < options.min_acts or days < options.min_days:
            what = {"all": "hostile acts", "words": "hostile words", "deeds": "hostile deeds"}[kinds[side]]
            first, last = (f"{day.day} {day:%B %Y}" for day in (data.start, data.end))
            raise NotEstimable(
                f"{state_name(side)} has {n} {what} on {days} days from {first} to {last}; at least "
                f"{options.min_acts} on {options.min_days} days are needed to tell what follows what."
            )
    return replace(data, counts=np.column_stack([counts[side, kinds[side]] for side in record.pair]))


def model_of(record: Record, unit: Unit, variant: str) -> DailyModel:
    """The model of one variant; days of a side are counted as such, and their law is that of 0 and 1."""
    changes: dict[str, Any] = {"decay_sharing": "receiver"}
    if unit == "side_day":
        changes["family"] = "bernoulli"
    asked: Variant = record.asked.variants[variant]
    return variant_model(record, asked, **changes)


#: What was found on the same counts before: many ways to count give the same counts.
Known = dict[tuple[bytes, DailyModel, str], tuple[dict[str, Any], DailyFit]]


def excited(
    record: Record, data: DailyData, model: DailyModel, question: Question, known: Known
) -> tuple[dict[str, Any], DailyFit]:
    """Acts of the receiver that one act of the source sets off, with the profile's limits, and the fit.

    Args:
        record: gives the level and the fewest acts.
        data: the two series (:func:`asked_data`).
        model: which terms to fit.
        question: which link is asked about.
        known: results on the same days and calendar, to which this one is added.

    Raises:
        NotEstimable: too few acts.
    """
    key = (data.counts.tobytes(), model, question.source)
    if key not in known:
        known[key] = _excited(record, data, model, question)
    return known[key]


def _excited(
    record: Record, data: DailyData, model: DailyModel, question: Question
) -> tuple[dict[str, Any], DailyFit]:
    fit = fit_variant(record, data, model)
    name = branching_name(question.source, question.receiver)
    limits = profile_intervals(data, fit, level=record.level, only=[name]).filter(pl.col("parameter") == name)
    row = limits.row(0, named=True)
    i, j = record.pair.index(question.receiver), record.pair.index(question.source)
    return {
        **{key: row[key] for key in ("estimate", "lower", "upper", "lower_is_bound", "upper_is_bound")},
        "half_life_days": float(fit.parameters.half_life_days[i, j]) if row["estimate"] else None,
        "n": int(data.counts[:, i].sum()),
        "n_source": int(data.counts[:, j].sum()),
    }, fit


def _timing(record: Record, data: DailyData, model: DailyModel, question: Question, place: int) -> float:
    options = record.choices.excitation
    return timing_test(
        data,
        model,
        source=question.source,
        receiver=question.receiver,
        blocks=record.blocks(data.start, data.n_days),
        half_lives=options.timing_half_lives,
        n_shifts=record.params.n_draws,
        rng=record.rng(7, 1, place),
        min_acts=options.min_acts,
        min_days=options.min_days,
    ).p_value


def _power(
    record: Record, data: DailyData, fit: DailyFit, question: Question, place: int
) -> list[dict[str, Any]]:
    """How often effects of some sizes would be told of such acts, by the model."""
    options = record.choices.excitation
    rows = []
    for number, ratio in enumerate(options.power.effects):
        told = partial(
            timing_power,
            data,
            fit,
            source=question.source,
            receiver=question.receiver,
            ratio=ratio,
            blocks=record.blocks(data.start, data.n_days),
            half_lives=options.timing_half_lives,
            n_draws=options.power.n_draws,
            n_shifts=options.power.n_shifts,
            rng=record.rng(7, 2, place, number),
            level=record.level,
            min_acts=options.min_acts,
            min_days=options.min_days,
        )
        rows.append({"ratio": ratio, **plain(or_statement(told))})
    return rows


def verdict(estimate: Mapping[str, Any], power: list[dict[str, Any]] | None) -> str:
    """What an estimate allows to say: ``shown``, ``no large effect`` or ``cannot tell``.

    Shown: an interval above zero, a gain and a timing that chance seldom gives. Where that fails, the absence says
    something only if nothing hints at an effect, and one of a size that the interval excludes would have been seen in
    most such records (:func:`excluded`).
    """
    if NOT_ESTIMABLE in estimate:
        return "cannot tell"
    tests = [estimate[name] for name in ("timing_p_value", "p_value") if name in estimate]
    if estimate["lower"] > 0 and max(tests) < _ALPHA:
        return "shown"
    is_absent = min(tests) >= _UNREMARKABLE and excluded(estimate["upper"], power) is not None
    return "no large effect" if is_absent else "cannot tell"


def excluded(upper: float, power: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    """The smallest size above the interval that would have been seen in most such records; none if there is none."""
    seen = [
        one for one in power or () if "estimate" in one and one["estimate"] >= ENOUGH and one["ratio"] > upper
    ]
    return min(seen, key=lambda one: one["ratio"]) if seen else None


def _modelled(
    record: Record, data: DailyData, counts: Counts, question: Question, place: int
) -> dict[str, Any]:
    """What the model says of one question, counted by acts; why it says nothing."""
    found: dict[str, Any] = or_statement(partial(_judged_model, record, data, counts, question, place))
    return found


def _judged_model(
    record: Record, data: DailyData, counts: Counts, question: Question, place: int
) -> dict[str, Any]:
    own = asked_data(record, data, counts, question)
    model = model_of(record, "act", record.asked.with_driver)
    estimate, fit = _excited(record, own, model, question)
    found = estimate | {"timing_p_value": _timing(record, own, model, question, place)}
    power = None
    if (question.receiver_kind, question.source_kind) in MAIN:
        link = link_test(record, own, fit, question.source, question.receiver)
        found |= {"likelihood_ratio": round(link.statistic, 4), "p_value": link.p_value}
        power = _power(record, own, fit, question, place)
    judged = {"verdict": verdict(found, power), "excluded": excluded(found["upper"], power)}
    return {**rounded(plain(found), SEARCH_DIGITS), **judged, "power": power}


def _pairs(
    record: Record, data: DailyData, counts: Counts, unit: Unit, question: Question, place: int
) -> dict[str, Any]:
    """How many acts follow within some days, against the same acts moved in time, and what would be seen."""
    found: dict[str, Any] = or_statement(partial(_counted_pairs, record, data, counts, unit, question, place))
    return found


def _counted_pairs(
    record: Record, data: DailyData, counts: Counts, unit: Unit, question: Question, place: int
) -> dict[str, Any]:
    options, blocks = record.choices.following, record.blocks(data.start, data.n_days)
    source = counts[question.source, question.source_kind]
    receiver = counts[question.receiver, question.receiver_kind]
    lags = {"days_from": options.days_from, "days_to": options.days_to}
    found = pairs_following(
        source,
        receiver,
        **lags,
        blocks=blocks,
        n_permutations=record.params.n_draws,
        rng=record.rng(7, 3, place, UNITS.index(unit)),
        level=record.level,
    ).to_dict()
    power = []
    for number, share in enumerate(options.shares):
        seen = partial(
            pairs_power,
            source,
            receiver,
            share=share,
            **lags,
            blocks=blocks,
            n_draws=record.choices.excitation.power.n_draws,
            n_permutations=record.choices.excitation.power.n_shifts,
            rng=record.rng(7, 4, place, UNITS.index(unit), number),
            level=record.level,
        )
        power.append({"share": share, **plain(or_statement(seen))})
    return {**found, "power": power}


def _judged(pairs: dict[str, dict[str, Any]]) -> None:
    """Add to comparisons of pairs what they allow to say, with the number of comparisons allowed for."""
    tested = [one for one in pairs.values() if "p_value" in one]
    if not tested:
        return
    q_values = stats.false_discovery_control([one["p_value"] for one in tested])
    for one, q_value in zip(tested, q_values, strict=True):
        seen = [size["estimate"] for size in one["power"] if "estimate" in size]
        is_absent = one["p_value"] >= _UNREMARKABLE and bool(seen) and max(seen) >= ENOUGH
        verdict = "shown" if q_value < _ALPHA else "no large effect" if is_absent else "cannot tell"
        one |= {"q_value": float(q_value), "n_comparisons": len(tested), "verdict": verdict}


def kinds_part(record: Record, *, executor: Executor | None = None) -> Part:
    """Excitation and pairs by kinds of acts, in both directions, each with its power.

    Args:
        record: the record.
        executor: runs the questions, each with draws of its own; one after another by default.

    Returns:
        ``excitation`` and ``pairs`` by the name of the question, such as ``RUS all->JPN words``, with verdicts; frames
        ``kinds`` (the model, by unit and with or without the driver) and ``following`` (pairs, by unit).
    """
    data = daily_data(record)
    running = executor or InOrder()
    known: Known = {}
    counts = {unit: counts_of(record, record.hostile, data, unit) for unit in UNITS}
    asked = list(enumerate(questions(record)))
    apart = [one for one in asked if "all" not in (one[1].source_kind, one[1].receiver_kind)]
    answers = [
        running.submit(_modelled, record, data, counts["act"], question, place) for place, question in asked
    ]
    counted = {
        (unit, question.name): running.submit(_pairs, record, data, counts[unit], unit, question, place)
        for unit in UNITS
        for place, question in apart
    }
    rows = [row for _, question in asked for row in _model_rows(record, data, counts, question, known)]
    modelled = {question.name: answer.result() for (_, question), answer in zip(asked, answers, strict=True)}
    paired: dict[str, Any] = {}
    pair_rows: list[dict[str, Any]] = []
    for unit in UNITS:
        pairs = {question.name: counted[unit, question.name].result() for _, question in apart}
        _judged(pairs)
        pair_rows += [_row(question, unit) | pairs[question.name] for _, question in apart]
        paired[unit] = pairs
    found = {
        "window": {"start": data.start, "end": data.end},
        "excitation": modelled,
        "pairs": paired["act"],
        "enough_power": ENOUGH,
        "days_from": record.choices.following.days_from,
        "days_to": record.choices.following.days_to,
        "unit": "act",
        "method": (
            "discrete-time Hawkes process of the receiver's acts of one kind, with the source's acts of another kind; "
            "profile likelihood; timing and pairs by acts moved circularly within blocks"
        ),
    }
    return found, {
        "kinds": rounded_frame(pl.DataFrame(rows, schema=_MODEL_COLUMNS), SEARCH_DIGITS),
        "following": pl.DataFrame(
            [{name: row.get(name) for name in _PAIR_COLUMNS} for row in pair_rows], schema=_PAIR_COLUMNS
        ),
    }


def _row(question: Question, unit: Unit) -> dict[str, Any]:
    return {
        "source_code": question.source, "source_kind": question.source_kind, "receiver_code": question.receiver,
        "receiver_kind": question.receiver_kind, "unit": unit,
    }  # fmt: skip


def _model_rows(
    record: Record, data: DailyData, counts: Mapping[Unit, Counts], question: Question, known: Known
) -> Iterator[dict[str, Any]]:
    """The model's estimate in every unit, with and without the driver."""
    names = dict.fromkeys((record.asked.with_driver, record.asked.without_driver))
    for unit, variant in product(UNITS, names):
        row = _row(question, unit) | {"variant": variant}
        try:
            own = asked_data(record, data, counts[unit], question)
            found, _ = excited(record, own, model_of(record, unit, variant), question, known)
        except NotEstimable as reason:
            yield dict.fromkeys(_MODEL_COLUMNS) | row | {NOT_ESTIMABLE: str(reason)}
            continue
        yield row | {name: found[name] for name in _ESTIMATED} | {NOT_ESTIMABLE: None}


_ASKED_COLUMNS = dict.fromkeys(
    ("source_code", "source_kind", "receiver_code", "receiver_kind", "unit"), pl.String
)
_ESTIMATED = ("n_source", "n", "estimate", "lower", "upper", "half_life_days")
_MODEL_COLUMNS: dict[str, Any] = {
    **_ASKED_COLUMNS,
    "variant": pl.String,
    "n_source": pl.Int64,
    "n": pl.Int64,
    **dict.fromkeys(_ESTIMATED[2:], pl.Float64),
    NOT_ESTIMABLE: pl.String,
}
_PAIR_COLUMNS: dict[str, Any] = {
    **_ASKED_COLUMNS,
    **dict.fromkeys(("n_source", "n_receiver", "days_from", "days_to", "n_pairs"), pl.Int64),
    "expected": pl.Float64,
    "null_lower": pl.Int64,
    "null_upper": pl.Int64,
    **dict.fromkeys(("ratio", "p_value", "q_value"), pl.Float64),
    "verdict": pl.String,
    NOT_ESTIMABLE: pl.String,
}
