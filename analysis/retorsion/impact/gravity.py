"""Findings of gravity on the trade of all pairs: the coalition's purchases from the target."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl

from retorsion.estimators.event_study import EventPath
from retorsion.findings import or_statement
from retorsion.impact.coalition import (
    CoalitionEffect,
    coalition_effect,
    coalition_effect_by_product,
    coalition_event_study,
    gravity_panel,
    largest_others,
    placebo_targets,
    without_importers,
)
from retorsion.impact.findings import Found, as_far, json_rows, part_of
from retorsion.params import ImpactCase, Params


def find_gravity(
    pairwise: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    names: Mapping[str, str],
) -> Found:
    """Effect of membership on imports from the target: overall, by year, by product, and how robust it is.

    Args:
        pairwise: rows of the source of all pairs.
        coalition: member_code, joined_date, left_date.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        names: short names of products.

    Returns:
        values: average (plain, corrected), with_trend, with_zeros, by_year, products, without and
        placebo_targets; rows ``gravity_by_year``, ``gravity_by_product``, ``gravity_without``,
        ``gravity_placebos``, ``gravity_robustness``.
    """
    gravity, choices = part_of(asked, "gravity"), params.impact.gravity
    first, last = part_of(asked, "years")
    years, products, level = range(first, last + 1), list(asked.products), params.level
    target_code = asked.target
    chosen = pairwise.filter(
        pl.col("product_code").is_in(products) & pl.col("period_start").dt.year().is_in(list(years))
    )
    large = chosen.filter(pl.col("value_kusd") >= choices.minimum_value_kusd)
    left_out = 1 - math.fsum(large["value_kusd"]) / math.fsum(chosen["value_kusd"])
    panel = gravity_panel(large, years=years, product_codes=products)
    average = coalition_effect(panel, coalition, target_code=target_code, level=level)
    trend = coalition_effect(
        panel, coalition, target_code=target_code, with_trend=True, with_correction=False, level=level
    )
    filled = gravity_panel(large, years=years, product_codes=products, zeros="filled")
    zeros = coalition_effect(filled, coalition, target_code=target_code, with_correction=False, level=level)
    path = coalition_event_study(
        panel, coalition, target_code=target_code, reference_year=part_of(asked, "base_year"), level=level
    )
    by_product = coalition_effect_by_product(panel, coalition, target_code=target_code, level=level)
    without = without_importers(panel, coalition, gravity.without, target_code=target_code, level=level)
    stand_ins = largest_others(
        panel,
        by="exporter_code",
        n=choices.n_placebo_targets,
        without=[target_code, *coalition["member_code"]],
    )
    placebos = placebo_targets(panel, coalition, target_code=target_code, placebo_codes=stand_ins)
    named = by_product.with_columns(pl.col("product_code").replace(names).alias("name"))
    return Found(
        {
            "average": _both(average),
            "with_trend": {
                "effect": trend.plain.to_dict(),
                "trend": trend.trend.to_dict() if trend.trend else None,
            },
            "with_zeros": zeros.plain.to_dict(),
            "n_members": average.n_members,
            "minimum_value_kusd": choices.minimum_value_kusd,
            "share_left_out": left_out,
            "by_year": {
                "reference_year": path.reference,
                "statement": path.statement,
                "pre_trend": or_statement(lambda: path.pre_trend_test().to_dict()),
                "after": or_statement(lambda: path.average_after().to_dict()),
                "robust": or_statement(partial(_robust, path, choices.relative_magnitude)),
            },
            "products": json_rows(named),
            "without": json_rows(without),
            "placebo_targets": {
                "p_value": placebos.p_value,
                "n_placebos": placebos.n_placebos,
                "n_as_far": as_far(placebos),
                "smallest_p": 1 / (1 + placebos.n_placebos),
                "rule": (
                    f"the {len(stand_ins)} largest exporters of these products outside the coalition, "
                    f"{first} to {last}"
                ),
            },
        },
        {
            "gravity_by_year": path.frame(),
            "gravity_by_product": named,
            "gravity_without": without,
            "gravity_placebos": placebos.effects,
            "gravity_robustness": _robustness(average, trend, zeros),
        },
    )


def _both(effect: CoalitionEffect) -> dict[str, Any]:
    return {
        "plain": effect.plain.to_dict(),
        "corrected": effect.corrected.to_dict() if effect.corrected else None,
    }


def _robust(path: EventPath, relative_magnitude: float) -> dict[str, Any]:
    lower, upper = path.robust_interval(relative_magnitude)
    return {
        "lower": lower,
        "upper": upper,
        "relative_magnitude": relative_magnitude,
        "citation": "Rambachan and Roth 2023, Review of Economic Studies 90(5)",
    }


def _robustness(average: CoalitionEffect, trend: CoalitionEffect, zeros: CoalitionEffect) -> pl.DataFrame:
    """The average effect by variant of the model, in the order of the report."""
    variants = [("positive flows", average.plain)]
    if average.corrected is not None:
        variants.append(("positive flows, bias-corrected", average.corrected))
    variants += [("positive flows, with a trend", trend.plain), ("with zeros", zeros.plain)]
    return pl.DataFrame(
        [{"variant": name, **estimate.to_dict()} for name, estimate in variants], infer_schema_length=None
    )
