"""The escalation findings of one pair of states: what each estimate says, on which acts, and how sure.

Frames, a case and the shared choices in, plain values and frames out. What cannot be estimated becomes a statement,
``{"not_estimable": sentence}``, in the place of its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.answers import answers_part
from retorsion.escalation.coordination import coordination_part
from retorsion.escalation.excitation import excitation_part
from retorsion.escalation.intensity import intensity_part
from retorsion.escalation.kinds import kinds_part
from retorsion.escalation.ladder import ladder_part
from retorsion.escalation.recall import recall_part
from retorsion.escalation.record import Frames, Part, Record, is_verbal, make_record
from retorsion.escalation.regimes import regimes_part
from retorsion.escalation.replies import replies_part
from retorsion.escalation.sensitivity import sensitivity_part, sites_of_acts
from retorsion.escalation.specifications import specifications_part
from retorsion.escalation.transitions import transitions_part
from retorsion.estimators.results import plain
from retorsion.findings import NOT_ESTIMABLE, or_statement, statement_frame
from retorsion.params import Case, Params
from retorsion.processes import InOrder

#: The frames that each part gives, whatever the acts; a part without an estimate gives its statement.
FRAMES: Mapping[str, tuple[str, ...]] = {
    "record": ("acts",),
    "intensity": ("intensity", "intensity_with_provocations", "balance"),
    "replies": ("links", "answer_rates", "waiting", "subjects", "candidates"),
    "answers": ("answers", "lags"),
    "excitation": ("branching", "models", "scores"),
    "kinds": ("kinds", "following"),
    "regimes": ("regimes", "changes"),
    "transitions": ("transitions",),
    "ladder": ("ladder",),
    "coordination": ("coordination", "coordination_lags", "coordination_null"),
    "recall": ("recall", "recall_days"),
    "sensitivity": ("sensitivity",),
    "specifications": ("specifications",),
}


def escalation_findings(
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    events: pl.DataFrame,
    types: pl.DataFrame,
    *,
    case: Case,
    params: Params,
    coverage: pl.DataFrame | None = None,
    mentions: pl.DataFrame | None = None,
    executor: Executor | None = None,
) -> tuple[dict[str, Any], Frames]:
    """All findings on who answers whom, how fast, in what kind, and when it changed.

    Args:
        acts: table ``acts``.
        replies: table ``replies``.
        events: table ``context_events``.
        types: table ``act_types``.
        case: what is asked of the pair.
        params: the choices that all cases share.
        mentions: acts found by other searches, if the case names a source of them.
        coverage: table ``coverage``.
        executor: runs the parts, each with draws of its own; one after another by default.

    Returns:
        Plain values by part (the keys of :data:`FRAMES`) with ``headlines``, and the frames
        behind them by the names in :data:`FRAMES`. A part that cannot be estimated is
        ``{"not_estimable": sentence}``, and so are its frames.

    Raises:
        ParameterError: an option is missing or cannot be used.
    """
    record = make_record(acts, replies, events, types, case=case, params=params, coverage=coverage)
    running = executor or InOrder()
    parts: Mapping[str, Callable[[Record], Part]] = {
        "record": record_part,
        "intensity": intensity_part,
        "replies": replies_part,
        "answers": answers_part,
        "excitation": excitation_part,
        "regimes": regimes_part,
        "transitions": transitions_part,
        "ladder": ladder_part,
        "coordination": coordination_part,
        "recall": partial(recall_part, mentions=mentions),
        "sensitivity": sensitivity_part,
        "specifications": specifications_part,
    }
    found: dict[str, Any] = {"pair": list(record.pair), "window": {"start": record.start, "end": record.end}}
    frames: Frames = {}
    longest_first = sorted(parts, key=lambda name: name not in _LONG)
    handed_in = {name: running.submit(_attempt, parts[name], record) for name in longest_first}
    kinds = _attempt(partial(kinds_part, executor=running), record)  # hands in tasks of its own
    for name in FRAMES:
        found[name], given = kinds if name == "kinds" else handed_in[name].result()
        for frame in FRAMES[name]:
            frames[frame] = given.get(frame, statement_frame(found[name]))
    if len(record.undated):
        found["undated"] = undated_part(record)
    found["headlines"] = headlines(found)
    plain_values: dict[str, Any] = plain(found)
    return plain_values, frames


#: Parts that take longest.
_LONG = ("excitation", "sensitivity", "specifications")


def _attempt(part: Callable[[Record], Part], record: Record) -> Part:
    """What a part finds, or its statement."""
    try:
        return part(record)
    except NotEstimable as reason:
        return {NOT_ESTIMABLE: str(reason)}, {}


def undated_part(record: Record) -> dict[str, Any]:
    """Acts without a date: how many rounds and subjects, by side, and by when they were first seen."""
    rounds = (
        record.undated.group_by("actor_code", "act_date")
        .agg(pl.len().cast(pl.Int64).alias("n_acts"), pl.col("n_subjects").sum())
        .sort("act_date", "actor_code")
    )
    return {
        "rounds": rounds,
        "n_subjects": int(record.undated["n_subjects"].sum()),
        "caveat": (
            "A list that states no dates shows when a subject was first seen, not when it was designated: "
            "after the vintage before and by this one. These acts are recorded and counted here, and no "
            "method that reads timing uses them."
        ),
    }


def record_part(record: Record) -> Part:
    """What there is to count: acts of each side, how exactly dated, on how many sources.

    Returns:
        Numbers of acts by side and year, the recorded spans, and sources; frame ``acts`` with one row per
        counted act.
    """
    if record.acts.is_empty():
        raise NotEstimable(
            f"No act between {' and '.join(record.names)} is recorded from {record.start} to {record.end}"
            + (" with a date." if len(record.undated) else ".")
        )
    sites = sites_of_acts(record.acts)
    alone = sites.filter(pl.col("site").n_unique().over("act_id") == 1)
    by_year = (
        record.acts.group_by(pl.col("act_date").dt.year().alias("year"), "actor_code")
        .agg(pl.len().cast(pl.Int64).alias("n_acts"))
        .sort("year", "actor_code")
    )
    confidence = dict(record.acts.group_by("confidence_type").len().sort("confidence_type").iter_rows())
    marks = {mark.id: mark.label for mark in record.asked.marks}
    dated = pl.concat(
        [
            record.acts.select(pl.col("act_id").alias("id"), pl.col("act_date").alias("date"), "actor_code"),
            record.events.select(
                pl.col("event_id").alias("id"), pl.col("event_date").alias("date"), "actor_code"
            ),
        ]
    ).filter(pl.col("id").is_in(list(marks)))
    found = {
        "n_acts": len(record.acts),
        "n_counted": len(record.counted),
        "n_hostile": len(record.hostile),
        "n_yearly": 0 if record.yearly is None else record.yearly["act_id"].n_unique(),
        "by_side": {
            side: {
                "n_acts": len(record.of(side, record.acts)),
                "n_counted": len(record.of(side, record.counted)),
                "n_hostile": len(record.of(side)),
                "n_month_only": len(record.of(side, record.acts).filter(pl.col("date_precision") == "month")),
                "n_words": len(record.of(side).filter(is_verbal(record))),
            }
            for side in record.pair
        },
        "by_year": by_year,
        "confidence": confidence,
        "recorded": [{"start": a, "end": b} for a, b in record.spans()],
        "completeness": or_statement(partial(_completeness, record)),
        "dense": or_statement(lambda: dict(zip(("start", "end"), record.dense(), strict=True))),
        "steps_against": sorted({calendar.target_code for calendar in record.asked.calendars.values()}),
        "n_sites": sites["site"].n_unique(),
        "n_acts_on_one_site": alone["act_id"].n_unique(),
        "marks": [
            {"date": day, "label": marks[name], "actor_code": actor}
            for name, day, actor in dated.sort("date", "id").iter_rows()
        ],
    }
    columns = ["act_id", "actor_code", "act_date", "date_precision", "domain_type", "act_type", "n_subjects"]
    is_hostile = pl.col("act_id").is_in(record.hostile["act_id"].to_list()).alias("is_hostile")
    return found, {"acts": record.counted.select(*columns, is_hostile, *record.scales)}


def _completeness(record: Record) -> dict[str, Any]:
    """Between which days, and between which shares, the search for words and deeds is estimated to be complete."""
    coverage = record.coverage
    known = (
        None
        if coverage is None
        else coverage.filter(
            pl.col("kind_type").is_in(["deeds", "words"]), pl.col("completeness_pct").is_not_null()
        )
    )
    if known is None or known.is_empty():
        raise NotEstimable("How complete the search for acts was is not estimated for any span.")
    return {
        "start": known["start_date"].min(),
        "end": known["end_date"].max(),
        "least_pct": known["completeness_pct"].min(),
        "most_pct": known["completeness_pct"].max(),
    }


#: What a number that is set against chance has in the place of an interval.
_AGAINST_CHANCE = ("n_near", "expected", "null_lower", "null_upper", "p_value", "p_value_days")


def _add(rows: list[dict[str, Any]], finding: str, part: Any, *, unit: str, method: str, caveat: str) -> None:
    """Add a main number to the rows, if there is one."""
    if not isinstance(part, Mapping) or part.get("estimate") is None:
        return
    limits = ("lower", "upper") if "lower" in part else _AGAINST_CHANCE
    numbers = {key: part.get(key) for key in ("estimate", *limits)}
    n = part.get("n", part.get("n_acts"))
    rows.append({"finding": finding, **numbers, "unit": unit, "n": n, "method": method, "caveat": caveat})


def headlines(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The main numbers, each with its interval, sample, method and caveat; what is missing is left out.

    A ratio of what was found to what chance gives has no interval: its permutations tell how far chance
    reaches, and nothing of how sure the ratio is. It stands with that reach and its p value instead.

    Args:
        found: the parts.

    Returns:
        Dicts finding, estimate, lower, upper, unit, n, method, caveat; against chance, in the place of
        lower and upper, n_near, expected, null_lower, null_upper, p_value and p_value_days.
    """
    a, b = found["pair"]
    rows: list[dict[str, Any]] = []

    add = partial(_add, rows)
    shares = found["intensity"].get("share_of_first", {})
    add(
        f"share of {a} in the intensity of both",
        next(iter(shares.values()), None),
        unit="share",
        method="bootstrap over weeks",
        caveat="of what was reported, which is not all that was done",
    )
    named = found["replies"].get("named", {})
    for actor, replier in ((a, b), (b, a)):
        add(
            f"hostile acts of {actor} that {replier} answered",
            named.get("answer_rate", {}).get(actor),
            unit="share",
            method="Wilson",
            caveat="answered means that a source says so and names the act",
        )
    for replier in (a, b):
        add(
            f"median lag of the answers of {replier} to hostile acts",
            named.get("median_lag_of_replier", {}).get(replier),
            unit="days",
            method="order statistics",
            caveat="of answers only; the waiting curve counts what was never answered too",
        )
        add(
            f"deeds among the answers of {replier} to hostile acts",
            named.get("deeds_of_replier", {}).get(replier),
            unit="share",
            method="Wilson",
            caveat="a source names the act more readily for a protest than for a measure",
        )
    main = found["excitation"].get("with_driver", "")
    for source, receiver in ((a, b), (b, a)):
        add(
            f"acts of {receiver} set off by one act of {source}",
            found["excitation"].get("links", {}).get(f"{source}->{receiver}", {}).get(main),
            unit="acts",
            method="profile likelihood",
            caveat="on later days only: the order of acts of one day is unknown",
        )
    for calendar in found["coordination"].get("calendars", ()):
        for side in (a, b):
            near = found["coordination"]["by_calendar"][calendar]["deeds"][side]
            add(
                f"deeds of {side} near steps of {calendar}, over chance",
                {"estimate": near.get("ratio"), **near},
                unit="times",
                method="permutation within blocks, p one-sided",
                caveat="the calendar is as complete as its record; a common cause may move both",
            )
    return rows
