"""Estimators for anybody's data: point processes, panels, series, survival, change points, index numbers.

Each takes numbers or a frame and gives a frozen record: the estimate with its interval, the sample, the method
and its source. None of them knows a table or a file of this project. The names below are imported when they are
first used, because some of their libraries take seconds to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Modules and the names that each makes public.
_PUBLIC: dict[str, tuple[str, ...]] = {
    "bias_correction": (
        "ThreeWayFit",
        "fit_three_way",
    ),
    "blocks": ("shift_blocks",),
    "capture_recapture": (
        "ListTotal",
        "chao_lower_bound",
        "chapman",
    ),
    "change_points": (
        "ChangeBootstrap",
        "Regimes",
        "bootstrap_changes",
        "change_positions",
        "dispersion_within",
        "regimes",
    ),
    "control_placebos": (
        "PlacebosInSpace",
        "leave_one_out",
        "placebos_in_space",
        "placebos_in_time",
    ),
    "coordination": (
        "Coincidence",
        "StepLags",
        "coincidence",
        "rate_ratio",
        "step_lags",
        "who_is_first",
    ),
    "counting": ("daily_counts",),
    "daily_hawkes": (
        "DailyData",
        "DailyFit",
        "DailyModel",
        "DailyParameters",
        "expected_counts",
        "fit_daily",
        "simulate_daily",
    ),
    "daily_inference": (
        "Bootstrap",
        "DailyResidualTest",
        "DailyResiduals",
        "Power",
        "TimingTest",
        "bootstrap_daily",
        "daily_residual_tests",
        "profile_intervals",
        "timing_power",
        "timing_test",
    ),
    "daily_scores": (
        "compare_daily_models",
        "daily_log_scores",
        "paired_scores",
    ),
    "daily_tests": (
        "LikelihoodRatio",
        "Reliability",
        "likelihood_ratio",
        "reliability",
    ),
    "drivers": (
        "days_around",
        "decaying_response",
        "since",
    ),
    "event_study": (
        "EventPath",
        "JointTest",
        "joint_test",
    ),
    "following": (
        "Following",
        "pairs_following",
        "pairs_power",
    ),
    "hawkes": (
        "HawkesFit",
        "HawkesParameters",
        "ResidualTest",
        "fit_hawkes",
        "log_likelihood",
        "simulate_hawkes",
        "spread_within_day",
        "time_rescaling_tests",
    ),
    "herfindahl": ("concentration",),
    "flow_tables": ("effect_in_table", "fitted_table"),
    "imputation": (
        "ImputedEffect",
        "Leads",
        "imputed_effect",
        "untreated_leads",
    ),
    "index_numbers": (
        "PriceIndices",
        "UnitValues",
        "decompose_value_change",
        "logarithmic_mean",
        "price_indices",
        "screen_unit_values",
        "sum_value_change",
    ),
    "interruptions": (
        "InterruptedSeries",
        "interrupted_series",
        "measure_episodes",
    ),
    "monthly_effects": (
        "EventStudy",
        "monthly_event_study",
    ),
    "placebos": (
        "PlaceboDates",
        "placebo_dates",
    ),
    "pooled": ("PooledFit", "compare_pooled", "fit_pooled"),
    "ppml": (
        "PoissonFit",
        "fit_ppml",
    ),
    "proportions": (
        "Proportionality",
        "proportion",
        "proportionality",
    ),
    "random_effects": ("RandomEffects", "pool_cases"),
    "randomisation": ("RandomisationTest", "randomisation_test"),
    "reciprocity": (
        "Granger",
        "granger",
    ),
    "results": (
        "Estimate",
        "Interval",
        "Result",
        "estimates_frame",
    ),
    "sequences": (
        "Transitions",
        "transitions",
    ),
    "specifications": ("SpecificationCurve", "specification_curve"),
    "survival": (
        "HazardRatios",
        "SurvivalCurve",
        "cox_regression",
        "kaplan_meier",
    ),
    "synthetic_control": (
        "ControlFit",
        "ControlPanel",
        "Predictor",
        "classic_control",
        "control_panel",
        "convex_control",
        "synthetic_did",
    ),
}

_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
