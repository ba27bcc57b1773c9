"""Acts of two states that are not, and what the findings say of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from retorsion.escalation.findings import escalation_findings

PAIR = ("AAA", "BBB")
START, END = date(2020, 1, 1), date(2021, 12, 31)

OPTIONS: dict[str, Any] = {
    "scales": ["intensity_goldstein", "intensity_equal"],
    "periods": ["week", "month"],
    "level": 0.95,
    "seed": 1,
    "n_draws": 99,
    "n_bootstrap": 40,
    "recorded": [{"start": "2020-01-01", "end": "2021-12-31"}],
    "dense": {"start": "2020-01-01", "end": "2021-12-31"},
    "blocks": {"block_days": 91, "break_event_types": ["invasion"]},
    "hostile": {"scale": "intensity_goldstein", "above": 0},
    "words": ["protest", "announced"],
    "provocations": ["drill"],
    "kind_groups": {"economic": ["sanction", "trade_measure"], "diplomatic": ["diplomatic_action"]},
    "replies": {
        "named": ["act"],
        "general": ["act", "sanctions_in_general"],
        "within_days": 10,
        "min_answered": 3,
        "answered_by_days": [1, 7],
        "candidate_lag_days": [7],
    },
    "excitation": {
        "min_acts": 10,
        "min_days": 8,
        "half_life_limits": [0.25, 30],
        "drivers": {
            "shock": {"shape": "decay", "event_types": ["invasion"], "half_life_days": 30},
            "group": {"shape": "around", "event_types": ["group_step"], "days_before": 0, "days_after": 3},
            "war": {"shape": "step", "event_types": ["invasion"]},
        },
        "with_driver": "with",
        "without_driver": "without",
        "variants": {
            "without": {"family": "poisson", "half_life": "receiver", "drivers": []},
            "with": {"family": "poisson", "half_life": "receiver", "drivers": ["shock", "group"]},
        },
        "first_test_day": "2021-06-01",
        "n_refits": 1,
        "residual_lags": 14,
        "timing": {"half_lives": [1, 3]},
        "power": {"effects": [0.3, 5.0], "n_draws": 4, "n_shifts": 39},
        "granger_lags": 2,
    },
    "regimes": {"period": "week", "max_changes": 4, "min_size": 2, "min_acts": 10},
    "ladder": [
        {"rung": 1, "label": "words", "act_types": ["protest", "announced"]},
        {"rung": 2, "label": "deeds", "act_types": ["freeze", "expulsion", "ban"]},
    ],
    "transitions": {"max_gap_days": 30, "min_acts": 20},
    "coordination": {
        "event_types": ["group_step"],
        "days_before": 0,
        "days_after": [3],
        "main_days_after": 3,
        "min_acts": 5,
    },
    "sensitivity": {"min_acts": 2},
    "marks": [{"id": "start", "label": "Start"}],
}

DOMAINS = {
    "freeze": "sanction",
    "announced": "sanction",
    "ban": "trade_measure",
    "expulsion": "diplomatic_action",
    "protest": "diplomatic_action",
    "talks": "diplomatic_action",
}
GOLDSTEIN = {"freeze": 8.0, "announced": 5.8, "ban": 8.0, "expulsion": 7.0, "protest": 2.0, "talks": -1.0}

SCHEMA = {
    "act_id": pl.String,
    "actor_code": pl.String,
    "target_code": pl.String,
    "addressee_code": pl.String,
    "act_date": pl.Date,
    "date_precision": pl.String,
    "domain_type": pl.String,
    "act_type": pl.String,
    "formalises_act_id": pl.String,
    "n_subjects": pl.Int64,
    "intensity_goldstein": pl.Float64,
    "intensity_equal": pl.Float64,
    "reply_to_act_id": pl.String,
    "confidence_type": pl.String,
    "source_urls": pl.String,
}


def act(name: str, actor: str, day: date, kind: str = "protest", **given: Any) -> dict[str, Any]:
    other = PAIR[1] if actor == PAIR[0] else PAIR[0]
    return {
        "act_id": name,
        "actor_code": actor,
        "target_code": other,
        "addressee_code": other,
        "act_date": day,
        "date_precision": "day",
        "domain_type": DOMAINS[kind],
        "act_type": kind,
        "formalises_act_id": None,
        "n_subjects": None,
        "intensity_goldstein": GOLDSTEIN[kind],
        "intensity_equal": float(np.sign(GOLDSTEIN[kind])),
        "reply_to_act_id": None,
        "confidence_type": "high",
        "source_urls": "https://one.example/a",
    } | given


def acts_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


def replies_of(*links: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(reply, answered, True, kind) for reply, answered, kind in links],
        schema={
            "reply_act_id": pl.String,
            "act_id": pl.String,
            "is_main": pl.Boolean,
            "answers_type": pl.String,
        },
        orient="row",
    )


def events_of(*rows: tuple[str, date, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, day, "day", actor, kind) for name, day, actor, kind in rows],
        schema={
            "event_id": pl.String,
            "event_date": pl.Date,
            "date_precision": pl.String,
            "actor_code": pl.String,
            "event_type": pl.String,
        },
        orient="row",
    )


EVENTS = events_of(
    ("start", date(2020, 3, 1), "BBB", "invasion"),
    ("step-1", date(2020, 4, 1), "G7", "group_step"),
    ("step-2", date(2020, 9, 1), "G7", "group_step"),
    ("drill-1", date(2020, 5, 1), "BBB", "drill"),
    ("drill-2", date(2020, 6, 1), "BBB", "drill"),
)


def findings_of(
    acts: pl.DataFrame,
    replies: pl.DataFrame | None = None,
    *,
    options: Mapping[str, Any] = OPTIONS,
    pair: tuple[str, str] = PAIR,
    start: date = START,
    end: date = END,
    events: pl.DataFrame = EVENTS,
) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    given = replies_of() if replies is None else replies
    return escalation_findings(acts, given, events, pair=pair, start=start, end=end, options=options)


def one_sided() -> pl.DataFrame:
    return acts_of([act(f"a{k}", "AAA", START + timedelta(days=9 * k), "freeze") for k in range(60)])


def single() -> pl.DataFrame:
    return acts_of([act("a0", "AAA", date(2020, 2, 1), "freeze")])
