"""Findings of gravity on the trade of all pairs: the coalition's purchases from the target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from retorsion.estimators.event_study import EventPath
from retorsion.estimators.results import Estimate
from retorsion.findings import NOT_ESTIMABLE, or_statement
from retorsion.impact.coalition import (
    CoalitionEffect,
    PlaceboTargets,
    coalition_effect,
    coalition_effect_by_product,
    coalition_event_study,
    gravity_panel,
    largest_others,
    placebo_targets,
    without_importers,
)
from retorsion.impact.findings import Found, json_rows, part_of, placebo_counts, ranked
from retorsion.impact.goods import with_label
from retorsion.params import ImpactCase, Params


def find_gravity(
    pairwise: pl.DataFrame,
    coalition: pl.DataFrame,
    embargoes: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    names: Mapping[str, str],
) -> Found:
    """Effect of membership on imports from the target: overall, by year, by product, and how robust it is.

    Args:
        pairwise: rows of the source of all pairs.
        coalition: member_code, joined_date, left_date.
        embargoes: target_code, start_date, end_date.
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
    years, products = range(first, last + 1), list(asked.products)
    target_code, level = asked.target, params.level
    in_years = pl.col("period_start").dt.year().is_in(list(years))
    chosen = pairwise.filter(pl.col("product_code").is_in(products) & in_years)
    large = chosen.filter(pl.col("value_kusd") >= choices.minimum_value_kusd)
    panel, filled = _panels(large, years, products, target_code)
    fitted = partial(coalition_effect, target_code=target_code, level=level)
    average = fitted(panel, coalition)
    trend = fitted(panel, coalition, with_trend=True, with_correction=False)
    zeros = fitted(filled, coalition, with_correction=False)
    base = part_of(asked, "base_year")
    path = coalition_event_study(panel, coalition, target_code=target_code, reference_year=base, level=level)
    by_product = coalition_effect_by_product(
        panel, coalition, target_code=target_code, with_correction=False, level=level
    )
    by_product = _bare_rows(by_product).with_columns(with_label(names))
    without = without_importers(panel, coalition, gravity.without, target_code=target_code, level=level)
    without = _bare_rows(without)
    embargoed = under_embargo(embargoes, first, last)
    outside = [target_code, *coalition["member_code"]]
    largest = largest_others(panel, by="exporter_code", n=choices.n_placebo_targets, without=outside)
    stand_ins = [code for code in largest if code not in embargoed]
    placebos = placebo_targets(panel, coalition, target_code=target_code, placebo_codes=stand_ins)
    plain = or_statement(lambda: _ranked(average.plain, placebos, level).to_dict())
    return Found(
        {
            "average": {
                "plain": plain,
                "corrected": _bare(average.corrected).to_dict() if average.corrected else None,
            },
            "with_trend": {
                "effect": _bare(trend.plain).to_dict(),
                "trend": _bare(trend.trend).to_dict() if trend.trend else None,
            },
            "with_zeros": _bare(zeros.plain).to_dict(),
            "n_members": average.n_members,
            "minimum_value_kusd": choices.minimum_value_kusd,
            "share_left_out": 1 - math.fsum(large["value_kusd"]) / math.fsum(chosen["value_kusd"]),
            "by_year": _by_year(path),
            "products": json_rows(by_product),
            "without": json_rows(without),
            "placebo_targets": {
                "p_value": plain.get("p_value"),
                **placebo_counts(placebos),
                "under_embargo": [code for code in largest if code in embargoed],
                "rule": f"those of the {len(largest)} largest exporters of these products outside the coalition, "
                f"{first} to {last}, that were under no embargo themselves",
            },
        },
        {
            "gravity_by_year": _bare_rows(path.frame()),
            "gravity_by_product": by_product,
            "gravity_without": without,
            "gravity_placebos": placebos.effects,
            "gravity_robustness": _robustness(plain, average, trend, zeros),
        },
    )


def _panels(
    flows: pl.DataFrame, years: range, products: Sequence[str], target_code: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Positive flows, and the same with the zeros of those who bought from the target in other years.

    Zeros of other exporters' pairs would treble the panel and say nothing of who stopped buying from the target.
    """
    panel = gravity_panel(flows, years=years, product_codes=products)
    own = flows.filter(pl.col("reporter_code") == target_code)
    own_filled = gravity_panel(own, years=years, product_codes=products, zeros="filled")
    filled = pl.concat([panel, own_filled.filter(pl.col("value") == 0)]).sort(panel.columns[:4])
    return panel, filled


def _by_year(path: EventPath) -> dict[str, Any]:
    """The path by year in short."""
    leads = [e.estimate for p, e in zip(path.periods, path.effects, strict=True) if p in path.leads]
    after = [e.estimate for p, e in zip(path.periods, path.effects, strict=True) if p in path.after]
    return {
        "reference_year": path.reference,
        "statement": path.statement,
        "largest_lead": max(leads, key=abs, default=None),
        "mean_after": math.fsum(after) / len(after) if after else None,
    }


def under_embargo(embargoes: pl.DataFrame, first: int, last: int) -> set[str]:
    """States whose exports were under an embargo at some time in a span of years.

    Args:
        embargoes: target_code, start_date, end_date (null: in force).
        first: year.
        last: year.
    """
    inside = (pl.col("start_date") <= date(last, 12, 31)) & (
        pl.col("end_date").is_null() | (pl.col("end_date") >= date(first, 1, 1))
    )
    return set(embargoes.filter(inside)["target_code"])


def _ranked(effect: Estimate, placebos: PlaceboTargets, level: float) -> Estimate:
    """The effect with the interval and the p-value that the ranks of other exporters give."""
    others = placebos.effects.filter(~pl.col("is_target"))["estimate"].drop_nulls().to_list()
    found = ranked(
        effect.estimate,
        others,
        term=effect.term,
        level=level,
        n_obs=effect.n_obs,
        estimator=effect.estimator,
        citation=effect.citation,
        sample=effect.sample,
    )
    return replace(found, caveat=f"{effect.caveat} {found.caveat}")


#: Columns that only an exporter under measures of its own could fill: clustered errors do not know that there is one.
_UNKNOWN = ("standard_error", "lower", "upper", "p_value", "n_clusters", "degrees_of_freedom")


def _bare(effect: Estimate) -> Estimate:
    """An estimate without interval: two or three large buyers carry it, and no clustered error knows that."""
    nothing: dict[str, Any] = dict.fromkeys(_UNKNOWN)
    return replace(effect, standard_error_type="", **nothing)


def _bare_rows(effects: pl.DataFrame) -> pl.DataFrame:
    return effects.with_columns(
        *(pl.lit(None, dtype=effects.schema[name]).alias(name) for name in _UNKNOWN),
        pl.lit("").alias("standard_error_type"),
    )


def _robustness(
    plain: Mapping[str, Any], average: CoalitionEffect, trend: CoalitionEffect, zeros: CoalitionEffect
) -> pl.DataFrame:
    """The average effect by variant of the model, in the order of the report."""
    variants: list[tuple[str, Mapping[str, Any]]] = [
        ("positive flows", average.plain.to_dict() if NOT_ESTIMABLE in plain else plain)
    ]
    if average.corrected is not None:
        variants.append(("positive flows, bias-corrected", _bare(average.corrected).to_dict()))
    variants += [
        ("positive flows, with a trend", _bare(trend.plain).to_dict()),
        ("with zeros for buyers that stopped", _bare(zeros.plain).to_dict()),
    ]
    return pl.DataFrame([{"variant": name, **one} for name, one in variants], infer_schema_length=None)
