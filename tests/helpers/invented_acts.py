"""Acts of two states that are not, and what the findings say of them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from retorsion.escalation.findings import escalation_findings
from retorsion.escalation.record import Record, make_record
from retorsion.params import Case, Params

PAIR = ("AAA", "BBB")
START, END = date(2020, 1, 1), date(2021, 12, 31)

#: What is asked of the two, as a file of data/cases says it.
ESCALATION: dict[str, Any] = {
    "recorded": [{"start": "2020-01-01", "end": "2021-12-31"}],
    "dense": {"start": "2020-01-01", "end": "2021-12-31"},
    "break_event_types": ["invasion"],
    "calendars": {"the group": {"event_types": ["group_step"], "target_code": "RUS"}},
    "first_test_day": "2021-06-01",
    "drivers": {
        "shock": {"shape": "decay", "event_types": ["invasion"], "half_life_days": 30},
        "group": {"shape": "around", "calendars": ["the group"], "days_before": 0, "days_after": 3},
        "war": {"shape": "step", "event_types": ["invasion"]},
    },
    "with_driver": "with",
    "without_driver": "without",
    "variants": {
        "without": {"family": "poisson", "half_life": "receiver", "drivers": []},
        "with": {"family": "poisson", "half_life": "receiver", "drivers": ["shock", "group"]},
    },
    "marks": [{"id": "start", "label": "Start"}],
}

#: Choices that all cases share, as params.yaml says them, with few draws.
CHOICES: dict[str, Any] = {
    "cases": ["invented"],
    "sources": {
        "ledgers": ["ledger"],
        "act_types": "act_types",
        "hosts": "hosts",
        "rates": "rates",
        "nomenclature": {"source": "all_pairs", "revision": "HS1992"},
        "scores": {"cameo": "cameo", "plover": "plover"},
    },
    "level": 0.95,
    "seed": 1,
    "n_draws": 99,
    "n_bootstrap": 40,
    "escalation": {
        "scales": ["intensity_goldstein", "intensity_equal"],
        "periods": ["week", "month"],
        "block_days": 91,
        "hostile": {"scale": "intensity_goldstein", "above": 0},
        "kind_groups": {"economic": ["sanction", "trade_measure"], "diplomatic": ["diplomatic_action"]},
        "rungs": ["words", "deeds"],
        "replies": {
            "named": ["act"],
            "general": ["act", "sanctions_in_general"],
            "within_days": 10,
            "min_answered": 3,
            "answered_by_days": [1, 7],
            "candidate_lag_days": [7],
            "unknown_days": 7,
        },
        "excitation": {
            "min_acts": 10,
            "min_days": 8,
            "half_life_limits": [0.25, 30],
            "n_refits": 1,
            "residual_lags": 14,
            "timing_half_lives": [1, 3],
            "test_shares": [0.4],
            "power": {"effects": [0.3, 5.0], "n_draws": 4, "n_shifts": 39},
            "granger_lags": 2,
        },
        "regimes": {"period": "week", "max_changes": 4, "min_size": 2, "min_acts": 10},
        "transitions": {"max_gap_days": 30, "min_acts": 20},
        "coordination": {
            "windows": [[0, 3], [1, 7]],
            "block_days": [91],
            "opening_days": 60,
            "lag_days": 10,
            "min_acts": 5,
        },
        "recall": {"days": 1, "min_days": 3},
        "following": {"days_from": 1, "days_to": 7, "shares": [0.5]},
        "specifications": {"min_acts": 3, "source_kinds": {"all sources": [], "official": ["official"]}},
        "sensitivity": {"min_acts": 2},
    },
    "impact": {
        "monthly": {
            "group_estimator": "poisson_hac",
            "comparison_minimum_share": 0.5,
            "placebo_window_months": 3,
            "months_after": 60,
            "synthetic": {"seed": 1, "n_placebo_dates": 2},
        },
        "area_goods": {
            "bin_months": 6,
            "bins_before": 3,
            "bins_after": 3,
            "minimum_untreated": 2,
            "n_placebo_areas": 30,
            "minimum_share": 0.1,
            "n_exchanges": 59,
            "first_months": 3,
            "relative_magnitudes": [0.5, 1.0],
            "smoothness": [0.05],
        },
        "mirror": {"tolerance": 0.01},
        "price_volume": {"k": 3.5},
        "diversion": {"n_named": 1, "min_loss_share": 0.25},
        "gravity": {"minimum_value_kusd": 10, "n_placebo_targets": 24},
        "importers": {"max_missing_share": 0.25, "max_unit_value_ratio": 4.0},
        "rerouting": {"lost_share": 0.5, "min_goods": 20},
        "tariffs": {"minimum_value_kusd": 1000, "n_largest": 10, "anticipation_months": 3},
    },
    "comparison": {
        "within_days": 30,
        "min_acts": 5,
        "truce_types": ["agreement"],
        "end_days": 30,
        "half_life_limits": [0.25, 30],
        "test_share": 0.3,
    },
}


def changed(options: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Options with other values at places such as ``replies.min_answered``."""
    new = deepcopy(dict(options))
    for place, value in changes.items():
        *path, key = place.split(".")
        inner = new
        for one in path:
            inner = inner[one]
        inner[key] = value
    return new


def params_of(changes: Mapping[str, Any] | None = None) -> Params:
    """Parameters with few draws, changed at the places given."""
    return Params.model_validate(changed(CHOICES, changes or {}))


def case_of(
    changes: Mapping[str, Any] | None = None,
    *,
    pair: tuple[str, str] = PAIR,
    start: date = START,
    end: date = END,
    impact: Mapping[str, Any] | None = None,
) -> Case:
    """A case of two states that need not exist: it is checked as one of two that do.

    Args:
        changes: values of its part on escalation by their places.
        pair: codes of the two sides; calendars are about the second.
        start: of the window.
        end: of the window.
        impact: its part on trade, besides reporter and target, which are Japan and Russia.
    """
    case = Case.model_validate(
        {
            "title": "Two states",
            "question": "Who answered whom?",
            "pair": ["JPN", "RUS"],
            "window": {"start": start, "end": end},
            "escalation": changed(ESCALATION, changes or {}),
            "impact": {"reporter": "JPN", "target": "RUS", **(impact or {})},
        }
    )
    calendars = {
        name: calendar.model_copy(update={"target_code": pair[1]})
        for name, calendar in case.escalation.calendars.items()
    }
    asked = case.escalation.model_copy(update={"calendars": calendars})
    return case.model_copy(update={"name": "invented", "pair": pair, "escalation": asked})


DOMAINS = {
    "freeze": "sanction",
    "announced": "sanction",
    "ban": "trade_measure",
    "expulsion": "diplomatic_action",
    "protest": "diplomatic_action",
    "yearly_speech": "diplomatic_action",
    "talks": "diplomatic_action",
}
#: The vocabulary, as the table act_types has it.
GOLDSTEIN = {
    "freeze": 8.0,
    "announced": 5.8,
    "ban": 8.0,
    "expulsion": 7.0,
    "protest": 2.0,
    "yearly_speech": 2.0,
    "talks": -1.0,
    "drill": 7.2,
}
TYPES = pl.DataFrame(
    [
        ("protest", True, False, False, 1),
        ("announced", True, False, False, 1),
        ("yearly_speech", True, False, True, 1),
        ("freeze", False, False, False, 2),
        ("expulsion", False, False, False, 2),
        ("ban", False, False, False, 2),
        ("talks", False, False, False, None),
        ("drill", False, True, False, None),
        ("invasion", False, False, False, None),
        ("group_step", False, False, False, None),
    ],
    schema={
        "act_type": pl.String,
        "is_verbal": pl.Boolean,
        "is_provocation": pl.Boolean,
        "is_yearly": pl.Boolean,
        "rung": pl.Int64,
    },
    orient="row",
)

SCHEMA = {
    "act_id": pl.String,
    "package_id": pl.String,
    "actor_code": pl.String,
    "target_code": pl.String,
    "addressee_code": pl.String,
    "act_date": pl.Date,
    "date_precision": pl.String,
    "done_date": pl.Date,
    "done_basis": pl.String,
    "announced_basis": pl.String,
    "domain_type": pl.String,
    "act_type": pl.String,
    "is_yearly": pl.Boolean,
    "formalises_act_id": pl.String,
    "n_subjects": pl.Int64,
    "intensity_goldstein": pl.Float64,
    "intensity_equal": pl.Float64,
    "reply_to_act_id": pl.String,
    "confidence_type": pl.String,
    "source_types": pl.String,
    "source_urls": pl.String,
}


def act(name: str, actor: str, day: date, kind: str = "protest", **given: Any) -> dict[str, Any]:
    other = PAIR[1] if actor == PAIR[0] else PAIR[0]
    return {
        "act_id": name,
        "package_id": name,
        "actor_code": actor,
        "target_code": other,
        "addressee_code": other,
        "act_date": day,
        "date_precision": "day",
        "done_date": None,
        "done_basis": None,
        "announced_basis": "text",
        "domain_type": DOMAINS[kind],
        "act_type": kind,
        "is_yearly": kind.startswith("yearly"),
        "formalises_act_id": None,
        "n_subjects": None,
        "intensity_goldstein": GOLDSTEIN[kind],
        "intensity_equal": float(np.sign(GOLDSTEIN[kind])),
        "reply_to_act_id": None,
        "confidence_type": "high",
        "source_types": "agency;official",
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


def events_of(*rows: tuple[str, date, str, str], target: str = PAIR[1]) -> pl.DataFrame:
    """Events of the rows; those of a group of states are against ``target``."""
    return pl.DataFrame(
        [
            (
                name,
                day,
                "day",
                actor,
                PAIR[0] if actor == target else target,
                kind,
                kind == "drill",
                None,
                None,
                "text",
                "agency",
                GOLDSTEIN.get(kind),
                float(np.sign(GOLDSTEIN[kind])) if kind in GOLDSTEIN else None,
            )
            for name, day, actor, kind in rows
        ],
        schema={
            "event_id": pl.String,
            "event_date": pl.Date,
            "date_precision": pl.String,
            "actor_code": pl.String,
            "target_code": pl.String,
            "event_type": pl.String,
            "is_provocation": pl.Boolean,
            "done_date": pl.Date,
            "done_basis": pl.String,
            "announced_basis": pl.String,
            "source_types": pl.String,
            "intensity_goldstein": pl.Float64,
            "intensity_equal": pl.Float64,
        },
        orient="row",
    ).with_columns(
        pl.lit(None, pl.String).alias("step"),
        pl.lit(None, pl.String).alias("kind"),
        pl.lit(None, pl.Int64).alias("n_designations"),
    )


EVENTS = events_of(
    ("start", date(2020, 3, 1), "BBB", "invasion"),
    ("step-1", date(2020, 4, 1), "G7", "group_step"),
    ("step-2", date(2020, 9, 1), "G7", "group_step"),
    ("drill-1", date(2020, 5, 1), "BBB", "drill"),
    ("drill-2", date(2020, 6, 1), "BBB", "drill"),
)


def record_of(
    acts: pl.DataFrame,
    replies: pl.DataFrame | None = None,
    *,
    case: Case | None = None,
    params: Params | None = None,
    events: pl.DataFrame = EVENTS,
    types: pl.DataFrame = TYPES,
) -> Record:
    """The record of invented acts; arguments as :func:`findings_of`."""
    given = replies_of() if replies is None else replies
    return make_record(acts, given, events, types, case=case or case_of(), params=params or params_of())


def findings_of(
    acts: pl.DataFrame,
    replies: pl.DataFrame | None = None,
    *,
    case: Case | None = None,
    params: Params | None = None,
    events: pl.DataFrame = EVENTS,
    types: pl.DataFrame = TYPES,
    mentions: pl.DataFrame | None = None,
) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """Findings on invented acts, of :func:`case_of` with :func:`params_of` unless others are given."""
    given = replies_of() if replies is None else replies
    return escalation_findings(
        acts, given, events, types, case=case or case_of(), params=params or params_of(), mentions=mentions
    )


def one_sided() -> pl.DataFrame:
    return acts_of([act(f"a{k}", "AAA", START + timedelta(days=9 * k), "freeze") for k in range(60)])


def single() -> pl.DataFrame:
    return acts_of([act("a0", "AAA", date(2020, 2, 1), "freeze")])
