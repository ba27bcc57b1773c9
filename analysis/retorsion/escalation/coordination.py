"""Findings on coordination: acts near the steps of others by calendar, against chance, and who comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import root_acts
from retorsion.escalation.calendars import calendar_days, require_calendars, span_tested
from retorsion.escalation.record import Part, Record, is_verbal
from retorsion.escalation.replies import answers_to_acts, links_of
from retorsion.estimators import drivers
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.coordination import Null, coincidence, rate_ratio, step_lags, who_is_first
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import plain
from retorsion.findings import NOT_ESTIMABLE, or_statement
from retorsion.sources.states import state_name

#: Kinds of act that are tested apart.
ACTS = ("deeds", "words")


@dataclass(frozen=True)
class Setting:
    """One comparison of a side's acts with one calendar."""

    calendar: str
    side: str
    acts: str
    window: tuple[int, int]
    block_days: int
    without_opening: bool
    null: Null = "circular_shift"


@dataclass(frozen=True)
class Days:
    """Days that every comparison starts from, read once.

    Attributes:
        record: the record.
        steps: days with a step, by calendar.
        spans: first and last day for which acts and the calendar are complete, by calendar.
        own: days of the acts, by side and kind of act.
        breaks: days across which no act is moved.
        opening_ends: first day that counts once the days after the last break are left out; null without a break.
    """

    record: Record
    steps: dict[str, list[date]]
    spans: dict[str, tuple[date, date]]
    own: dict[tuple[str, str], list[date]]
    breaks: list[date]
    opening_ends: date | None


def _days(record: Record) -> Days:
    start, end = record.dense()
    breaks = [day for day in record.breaks() if start <= day <= end]
    skipped = record.choices.coordination.opening_days
    verbal, dated = is_verbal(record), pl.col("date_precision") == "day"
    spans = {}
    for name in record.asked.calendars:
        try:
            spans[name] = span_tested(record, name)
        except NotEstimable:
            continue  # a calendar of other years
    return Days(
        record,
        {name: calendar_days(record, name) for name in spans},
        spans,
        {
            (side, acts): record.of(side)
            .filter(dated, verbal if acts == "words" else ~verbal)["act_date"]
            .to_list()
            for side in record.pair
            for acts in ACTS
        },
        breaks,
        breaks[-1] + timedelta(days=skipped) if breaks and skipped else None,
    )


def coordination_part(record: Record) -> Part:
    """Deeds and words of each side near the steps of others, calendar by calendar, against chance.

    The question has a direction, more acts near a step than chance gives, and so have its p values: they are
    one-sided. No block crosses a break, so that the rise there (acts and steps both crowd after an invasion) is
    held in the null; besides, every comparison is made again without the days after the last break.

    Returns:
        For each calendar, kind of act and side the main comparison with the ratio of daily rates, the lags from
        the nearest step, and how many of all windows and blocks are below 0.05; whose step comes first; and
        answers near a step of any calendar and elsewhere. Frames ``coordination`` (all comparisons),
        ``coordination_lags`` (days from the nearest step) and ``coordination_null`` (distribution of the main
        comparisons).

    Raises:
        NotEstimable: no calendar, or no side with enough acts.
    """
    require_calendars(record)
    days = _days(record)
    rows, nulls, lags, by_calendar = [], [], [], {}
    for name in days.spans:
        start, end = days.spans[name]
        parts: dict[str, Any] = {
            "start": start,
            "end": end,
            "n_steps": sum(start <= day <= end for day in days.steps[name]),
        }
        for acts in ACTS:
            parts[acts] = {}
            for side in record.pair:
                labels = {"calendar": name, "acts": acts, "actor_code": side}
                try:
                    found, table, null, lag = _side(days, name, acts, side)
                except NotEstimable as reason:
                    parts[acts][side] = {NOT_ESTIMABLE: str(reason)}
                    continue
                parts[acts][side] = found
                rows += [labels | row for row in table]
                nulls.append(null.with_columns(pl.lit(value).alias(key) for key, value in labels.items()))
                lags.append(lag.with_columns(pl.lit(value).alias(key) for key, value in labels.items()))
        by_calendar[name] = parts
    if not rows:
        reasons = [
            part[NOT_ESTIMABLE]
            for parts in by_calendar.values()
            for acts in ACTS
            for part in parts[acts].values()
        ]
        raise NotEstimable(" ".join(dict.fromkeys(reasons)))
    options = record.choices.coordination
    keys = ["calendar", "acts", "actor_code"]
    found = {
        "calendars": list(by_calendar),
        "days_before": options.windows[0][0],
        "days_after": options.windows[0][1],
        "block_days": options.block_days[0],
        "opening_ends": days.opening_ends,
        "breaks": [day for day in days.breaks if day > record.dense()[0]],
        "by_calendar": by_calendar,
        "told": {acts: {side: _told(by_calendar, acts, side) for side in record.pair} for acts in ACTS},
        "first": {acts: or_statement(partial(_first, days, acts)) for acts in ACTS},
        "answers": {side: _answers_near(days, side) for side in record.pair},
        "method": (
            "acts moved circularly within blocks by whole weeks, no block crossing a break; acts of one day "
            "kept together; p one-sided: as many acts near, or more"
        ),
    }
    frames = {
        "coordination": pl.DataFrame(rows, infer_schema_length=None),
        "coordination_lags": pl.concat(lags).select(*keys, "lag_days", "n_days", "expected"),
        "coordination_null": pl.concat(nulls).select(*keys, "n_near", "n_draws"),
    }
    return found, frames


def _side(
    days: Days, calendar: str, acts: str, side: str
) -> tuple[dict[str, Any], list[dict[str, Any]], pl.DataFrame, pl.DataFrame]:
    """All comparisons of one side's deeds or words with one calendar: summary, rows, null and lags of the main one."""
    record = days.record
    options = record.choices.coordination
    main = Setting(calendar, side, acts, options.windows[0], options.block_days[0], without_opening=False)
    tested, null = _tested(days, main)
    later = or_statement(lambda: _tested(days, replace(main, without_opening=True))[0])
    rows = []
    for setting in _settings(days, main):
        try:
            values, _ = _tested(days, setting)
        except NotEstimable:
            continue
        before, after = setting.window
        rows.append(
            {
                "days_before": before,
                "days_after": after,
                "block_days": setting.block_days,
                "without_opening": setting.without_opening,
                **{key: values[key] for key in values if key not in ("days_before", "days_after")},
            }
        )
    lag = step_lags(
        *_dated(days, main),
        within_days=options.lag_days,
        blocks=_blocks(days, main),
        n_permutations=record.params.n_draws,
        rng=_rng(record, main, 1),
        level=record.level,
    )
    lag_values = lag.to_dict()
    del lag_values["distribution"]
    p_values = [row["p_value"] for row in rows]
    found = tested | {
        "rate_ratio": plain(or_statement(partial(_rates, days, main))),
        "without_opening": later
        if NOT_ESTIMABLE in later
        else later
        | {"rate_ratio": plain(or_statement(partial(_rates, days, replace(main, without_opening=True))))},
        "lags": lag_values,
        "tests": {
            "n": len(p_values),
            "n_below_0_05": sum(p < 0.05 for p in p_values),
            "smallest_p_value": min(p_values),
            "largest_p_value": max(p_values),
        },
    }
    return found, rows, null, lag.distribution


def _told(by_calendar: dict[str, Any], acts: str, side: str) -> dict[str, list[str]]:
    """Calendars near whose steps there are more acts than chance gives, by acts and with a package counted once.

    ``with_opening`` names those of which that holds on all days, at 5 % over all calendars together (Holm 1979,
    Scandinavian J. Statistics 6); ``without_opening`` those of them with p below 0.05 once the days after the last
    break are left out.
    """
    parts = {name: found[acts][side] for name, found in by_calendar.items()}
    larger = {name: _larger_p(part) for name, part in parts.items() if "p_value" in part}
    whole: list[str] = []
    for place, name in enumerate(sorted(larger, key=lambda one: (larger[one], one))):
        if larger[name] > 0.05 / (len(larger) - place):
            break
        whole.append(name)
    return {
        "tested": list(larger),
        "with_opening": [name for name in larger if name in whole],
        "without_opening": [
            name for name in larger if name in whole and _larger_p(parts[name]["without_opening"]) < 0.05
        ],
    }


def _larger_p(part: dict[str, Any]) -> float:
    """The larger p value of a comparison, by acts and by days; one where it could not be made."""
    return max(float(part.get("p_value", 1.0)), float(part.get("p_value_days", 1.0)))


def _settings(days: Days, main: Setting) -> list[Setting]:
    """Every window and block with and without the opening; the other null for the main block."""
    options = days.record.choices.coordination
    every = [
        replace(main, window=window, block_days=block_days, without_opening=later)
        for window in options.windows
        for block_days in options.block_days
        for later in (False, True)
    ]
    shuffled = [
        replace(setting, null="within_block") for setting in every if setting.block_days == main.block_days
    ]
    return every + shuffled


def _span(days: Days, setting: Setting) -> tuple[date, date]:
    start, end = days.spans[setting.calendar]
    if setting.without_opening:
        if days.opening_ends is None or days.opening_ends > end:
            raise NotEstimable("No break is known after which opening weeks could be left out.")
        start = max(start, days.opening_ends)
    return start, end


def _dated(days: Days, setting: Setting) -> tuple[list[date], list[date], date, date]:
    """Days of the acts, days of the steps, and the window of one comparison.

    Raises:
        NotEstimable: too few acts.
    """
    start, end = _span(days, setting)
    own = [day for day in days.own[setting.side, setting.acts] if start <= day <= end]
    least = days.record.choices.coordination.min_acts
    if len(own) < least:
        first, last = (f"{day.day} {day:%B %Y}" for day in (start, end))
        raise NotEstimable(
            f"{state_name(setting.side)} has {len(own)} hostile {setting.acts} of known day from {first} to {last}; at "
            f"least {least} are needed to tell coordination from chance."
        )
    return own, days.steps[setting.calendar], start, end


def _blocks(days: Days, setting: Setting) -> NDArray[np.int64]:
    start, end = _span(days, setting)
    return shift_blocks(start, (end - start).days + 1, block_days=setting.block_days, breaks=days.breaks)


def _rng(record: Record, setting: Setting, number: int) -> np.random.Generator:
    """Randomness of one comparison, the same whatever else is compared."""
    options = record.choices.coordination
    return record.rng(
        6,
        number,
        list(record.asked.calendars).index(setting.calendar),
        record.pair.index(setting.side),
        ACTS.index(setting.acts),
        options.windows.index(setting.window),
        options.block_days.index(setting.block_days),
        int(setting.without_opening),
        int(setting.null == "within_block"),
    )


def _tested(days: Days, setting: Setting) -> tuple[dict[str, Any], pl.DataFrame]:
    """One comparison with chance, with the middle of the null distribution, and that distribution."""
    tested = coincidence(
        *_dated(days, setting),
        days_before=setting.window[0],
        days_after=setting.window[1],
        blocks=_blocks(days, setting),
        null=setting.null,
        n_permutations=days.record.params.n_draws,
        rng=_rng(days.record, setting, 0),
    )
    draws = np.repeat(tested.distribution["n_near"].to_numpy(), tested.distribution["n_draws"].to_numpy())
    tail = (1 - days.record.level) / 2
    values = tested.to_dict()
    del values["distribution"]
    limits = {
        "null_lower": int(np.quantile(draws, tail, method="lower")),
        "null_upper": int(np.quantile(draws, 1 - tail, method="higher")),
    }
    return values | limits, tested.distribution


def _rates(days: Days, setting: Setting) -> dict[str, Any]:
    """Ratio of daily rates near a step and elsewhere in the same block, with its interval."""
    return rate_ratio(
        *_dated(days, setting),
        days_before=setting.window[0],
        days_after=setting.window[1],
        blocks=_blocks(days, setting),
        level=days.record.level,
    ).to_dict()


def _first(days: Days, acts: str) -> dict[str, Any]:
    """By side, whose step is the earliest around its acting days.

    Calendars of one actor each are set side by side, on the days for which all of them are complete.
    """
    record = days.record
    before, after = record.choices.coordination.windows[0]
    single = [name for name in days.spans if len(record.asked.calendars[name].actor_codes) == 1]
    if len(single) < 2:
        raise NotEstimable("Fewer than two calendars are of one actor alone, so none of them can be first.")
    start, end = max(days.spans[name][0] for name in single), min(days.spans[name][1] for name in single)
    found: dict[str, Any] = {"start": start, "end": end}
    for side in record.pair:
        acting = [day for day in days.own[side, acts] if start <= day <= end]
        table = who_is_first(
            acting,
            {name: days.steps[name] for name in single},
            own=state_name(side),
            days_before=before,
            days_after=after,
        )
        found[side] = {
            "n_acting_days": len(set(acting)),
            "n_days": int(table["n_days"][0]),
            "table": table.drop("n_days"),
        }
    return found


def _answers_near(days: Days, side: str) -> dict[str, Any]:
    """Share of a side's acts that are stated answers to the other's, near a step of any calendar and elsewhere."""
    record = days.record
    before, after = record.choices.coordination.windows[0]
    start, end = record.dense()
    steps = sorted({day for own in days.steps.values() for day in own})
    flags = drivers.days_around(steps, start, end, before=before, after=after)
    near = [start + timedelta(days=int(place)) for place in np.flatnonzero(flags)]
    answers = set(answers_to_acts(links_of(record, record.choices.replies.named))["reply_act_id"])
    roots = dict(root_acts(record.acts).iter_rows())
    named = {roots.get(reply, reply) for reply in answers}
    own = record.of(side).filter(
        (pl.col("date_precision") == "day") & pl.col("act_date").is_between(start, end)
    )
    found = {}
    for name, chosen in (
        ("near", own.filter(pl.col("act_date").is_in(near))),
        ("far", own.filter(~pl.col("act_date").is_in(near))),
    ):
        n = int(chosen["act_id"].is_in(list(named)).sum())
        found[name] = plain(or_statement(partial(proportion, n, len(chosen), level=record.level)))
        found[name] |= {"n": len(chosen), "n_answers": n}
    return found
