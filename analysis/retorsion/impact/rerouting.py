"""Finding: how much of what others no longer sell to the target goes to the states around it instead.

The excess of exports to possible hubs over what they would have been is set against the fall of exports to the
target. What they would have been is not observed; three answers stand beside one another: the level of a year
before, that level grown as each hub's purchases grew in the months before the measures, and that level grown as
the hub's purchases of those sanctioned goods grew which went on being sold to the target (after Chupilkin,
Javorcik and Plekhanov 2025, CEPR DP 20097, who set banned goods against others). The excess is not proof of a
way round: a hub may use the goods itself.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.findings import or_statement
from retorsion.impact.findings import Found, json_rows, part_of
from retorsion.params import ImpactCase, Params, Rerouting

Array = NDArray[np.float64]

#: What exports to a hub would have been, in the order of the results.
COUNTERFACTUALS = ("year_before", "own_growth", "other_goods")

#: Digits of a code that make a heading, within which goods rise and fall together.
_HEADING = 4

#: Windows of months, in the order of :class:`Panel`.
_WINDOWS = ("base", "after", "before_base", "before")


@dataclass(frozen=True, eq=False)
class Panel:
    """Exports by product and partner in four windows of months.

    Attributes:
        products: codes that were traded with some partner in the base window and in the window after.
        partners: codes, the target first.
        values: window (base, after, before_base, before) by product by partner, euros.
        share_left_out: of the value of the window after, in goods without trade in the base window.
    """

    products: tuple[str, ...]
    partners: tuple[str, ...]
    values: Array
    share_left_out: float


def panel_of(flows: pl.DataFrame, *, target_code: str, hubs: Collection[str], asked: Rerouting) -> Panel:
    """Sum monthly exports to the windows that are compared.

    Nomenclatures change from year to year: a code that no partner bought in one of the two windows may be a new
    name of old goods, so that it is left out of both.

    Args:
        flows: monthly rows of one exporter: period_start, partner_code, product_code, value_eur.
        target_code: the target.
        hubs: partners looked at; all but the target if empty.
        asked: the windows.

    Raises:
        NotEstimable: a window has no month, nothing is traded in both windows, or no partner is left.
    """
    partners = [target_code, *sorted(set(hubs) or set(flows["partner_code"].unique()) - {target_code})]
    if len(partners) < 2:
        raise NotEstimable(
            "The source has no partner besides the state under measures: it says nothing of a way round."
        )
    month = pl.col("period_start")
    shifted = {
        "base": _in_year(asked.after.start, asked.after.end, asked.base_year),
        "after": (asked.after.start, asked.after.end),
        "before_base": _in_year(asked.before.start, asked.before.end, asked.base_year),
        "before": (asked.before.start, asked.before.end),
    }
    chosen = flows.filter(pl.col("partner_code").is_in(partners) & (pl.col("value_eur") > 0))
    parts = []
    for name, (start, end) in shifted.items():
        part = chosen.filter(month.is_between(start, end))
        _require_months(flows, start, end)
        parts.append(part.select(pl.lit(name).alias("window"), "product_code", "partner_code", "value_eur"))
    sums = (
        pl.concat(parts)
        .sort("window", "product_code", "partner_code", "value_eur")
        .group_by("window", "product_code", "partner_code", maintain_order=True)
        .agg(pl.col("value_eur").sum())
    )
    traded = {name: set(sums.filter(pl.col("window") == name)["product_code"]) for name in ("base", "after")}
    products = sorted(traded["base"] & traded["after"])
    if not products:
        raise NotEstimable("No good was sold to any of the partners both in the base year and after.")
    values = np.zeros((len(_WINDOWS), len(products), len(partners)))
    at = {name: {key: i for i, key in enumerate(keys)} for name, keys in
          (("window", _WINDOWS), ("product", products), ("partner", partners))}  # fmt: skip
    for window, product, partner, value in sums.iter_rows():
        if product in at["product"]:
            values[at["window"][window], at["product"][product], at["partner"][partner]] = value
    after = sums.filter(pl.col("window") == "after")
    kept = math.fsum(after.filter(pl.col("product_code").is_in(products))["value_eur"])
    return Panel(tuple(products), tuple(partners), values, 1 - kept / math.fsum(after["value_eur"]))


def _in_year(start: date, end: date, year: int) -> tuple[date, date]:
    return date(year, start.month, 1), date(year, end.month, 28)


def _require_months(flows: pl.DataFrame, start: date, end: date) -> None:
    """Assert that a source has every month of a window."""
    wanted = {(start.year, month) for month in range(start.month, end.month + 1)}
    periods = flows["period_start"].unique().to_list()
    if missing := sorted(wanted - {(one.year, one.month) for one in periods}):
        year, month = missing[0]
        raise NotEstimable(
            f"The source of rerouting has no month {year}-{month:02d}, which the windows of the case need."
        )


def shares(panel: Panel, lost: NDArray[np.bool_], weights: Array | None = None) -> Array:
    """Excess of exports to all hubs over each counterfactual, as a share of the fall of exports to the target.

    Args:
        panel: of :func:`panel_of`.
        lost: whether each product was lost to the target.
        weights: of each product, by draw and product; one draw in which each counts once if None.

    Returns:
        Draw by counterfactual; not a number where exports to the target did not fall, or growth is not known.
    """
    ones = np.ones((1, len(panel.products))) if weights is None else weights
    excess, fall = _excess(panel, lost, ones)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(fall > 0, excess.sum(axis=2) / fall, np.nan))


def _excess(panel: Panel, lost: NDArray[np.bool_], weights: Array) -> tuple[Array, Array]:
    """Excess by draw, counterfactual and hub, and the fall of exports to the target by draw and counterfactual."""
    base, after, before_base, before = (weights @ window for window in panel.values)
    gone, kept = ((weights * chosen) for chosen in (lost, ~lost))
    base_gone, after_gone = gone @ panel.values[0], gone @ panel.values[1]
    base_kept, after_kept = kept @ panel.values[0], kept @ panel.values[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(before_base > 0, before / before_base, np.nan)
        others = np.where(base_kept > 0, after_kept / base_kept, np.nan)
    expected = (base, base * own, base_gone * others)
    actual = (after, after, after_gone)
    excess = np.stack([a - e for a, e in zip(actual, expected, strict=True)], axis=1)[:, :, 1:]
    falls = (base - after, base - after, base_gone - after_gone)
    return excess, np.stack([fall[:, 0] for fall in falls], axis=1)


def find_rerouting(
    flows: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    priority: Collection[str] = (),
    published: Sequence[Mapping[str, Any]] = (),
) -> Found:
    """How much of the fall of others' exports to the target shows up in the states around it.

    Args:
        flows: rows of the source: monthly exports of one exporter by partner and product, ``value_eur``.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        priority: HS codes of six digits that are looked at apart.
        published: what others published of such shares: layout ``published_shares``.

    Returns:
        values: window, fall, hubs (by partner), shares (by choice), months, open question, published; rows
        ``rerouting`` (by choice), ``rerouting_hubs`` (by partner and counterfactual), ``rerouting_months``.

    Raises:
        ParameterError: several exporters, or rows that are no exports.
        NotEstimable: exports to the target did not fall, nothing was traded, or too few goods of either kind.
    """
    rerouting = part_of(asked, "rerouting")
    _require_exports(flows, rerouting)
    panel = panel_of(flows, target_code=asked.target, hubs=rerouting.hubs, asked=rerouting)
    lost = _lost(panel, params.impact.rerouting.lost_share)
    rng = np.random.default_rng(params.seed)
    weights = _resampled(panel.products, params.n_bootstrap, rng)
    rows = pl.concat(
        _choice(name, part, lost[chosen], weights[:, chosen], params)
        for name, part, chosen in _choices(panel, priority, published)
    )
    by_hub = _by_hub(panel, lost)
    months = _by_month(flows, panel, rerouting)
    target = panel.values[:, :, 0].sum(axis=1)
    return Found(
        {
            "exporter_code": flows["reporter_code"][0],
            "window": {
                "after": [rerouting.after.start.isoformat()[:7], rerouting.after.end.isoformat()[:7]],
                "base_year": rerouting.base_year,
                "before": [rerouting.before.start.isoformat()[:7], rerouting.before.end.isoformat()[:7]],
            },
            "n_products": len(panel.products),
            "n_lost": int(lost.sum()),
            "n_headings": len({code[:_HEADING] for code in panel.products}),
            "share_left_out": panel.share_left_out,
            "target_base_eur": float(target[0]),
            "target_after_eur": float(target[1]),
            "fall_eur": float(target[0] - target[1]),
            "hubs": json_rows(by_hub.filter(pl.col("counterfactual") == COUNTERFACTUALS[0])),
            "shares": json_rows(rows),
            "range": or_statement(lambda: _range(rows)),
            "end": or_statement(lambda: _end(months)),
            "published": [dict(one) for one in published],
            "citation": "after Chupilkin, Javorcik and Plekhanov 2025, CEPR DP 20097",
            "caveat": (
                "An excess over what would have been, which nobody observed; a hub may use the goods itself. "
                "Intervals resample headings of goods and hold for the choice of goods alone. The record has one "
                "exporter, goods that were sanctioned at some time, and no partner far away; it does not say "
                "when a good was banned, nor what the hubs sold on."
            ),
        },
        {"rerouting": rows, "rerouting_hubs": by_hub, "rerouting_months": months},
    )


def _require_exports(flows: pl.DataFrame, rerouting: Rerouting) -> None:
    if flows.is_empty() or not (flows["value_eur"].fill_null(0.0) > 0).any():
        raise NotEstimable("The source of rerouting has no trade: it says nothing of a way round.")
    exporters, kinds, lengths = (
        flows[name].unique().sort().to_list() for name in ("reporter_code", "flow_type", "n_months")
    )
    if len(exporters) > 1 or kinds != ["export"] or lengths != [1]:
        raise ParameterError(
            f"impact.rerouting.source, value {rerouting.source!r}: holds {len(exporters)} reporters, the flows "
            f"{', '.join(kinds)} and periods of {', '.join(map(str, lengths))} months. It needs the monthly "
            "exports of one state or union"
        )


def _lost(panel: Panel, lost_share: float) -> NDArray[np.bool_]:
    """Products of which more than a share of the sales to the target is gone; those never sold to it are not."""
    base, after = panel.values[0, :, 0], panel.values[1, :, 0]
    return np.asarray((base > 0) & (after < (1 - lost_share) * base))


def _resampled(products: Sequence[str], n_draws: int, rng: np.random.Generator) -> Array:
    """How often each product counts in each draw of headings with replacement."""
    headings, of = np.unique([code[:_HEADING] for code in products], return_inverse=True)
    counts = rng.multinomial(len(headings), np.full(len(headings), 1 / len(headings)), size=n_draws)
    return np.asarray(counts[:, of], dtype=np.float64)


def _choices(
    panel: Panel, priority: Collection[str], published: Sequence[Mapping[str, Any]]
) -> list[tuple[tuple[str, str | None], Panel, NDArray[np.bool_]]]:
    """The panel as told, without each hub, with others' hubs, and of goods apart, with the products of each."""
    every = np.ones(len(panel.products), dtype=bool)
    made: list[tuple[tuple[str, str | None], Panel, NDArray[np.bool_]]] = [(("told", None), panel, every)]
    if len(panel.partners) > 2:
        for place, hub in enumerate(panel.partners[1:], start=1):
            kept = [i for i in range(len(panel.partners)) if i != place]
            made.append((("without", hub), _with_partners(panel, kept), every))
    for hubs in sorted({tuple(sorted(one["hubs"])) for one in published}):
        if set(hubs) < set(panel.partners[1:]):
            kept = [0, *(panel.partners.index(hub) for hub in hubs)]
            made.append((("hubs", ";".join(hubs)), _with_partners(panel, kept), every))
    listed = np.array([code[:6] in set(priority) for code in panel.products])
    if listed.any():
        products = tuple(code for code, is_listed in zip(panel.products, listed, strict=True) if is_listed)
        made.append(
            (("priority", None), Panel(products, panel.partners, panel.values[:, listed], 0.0), listed)
        )
    return made


def _with_partners(panel: Panel, places: Sequence[int]) -> Panel:
    partners = tuple(panel.partners[i] for i in places)
    return Panel(panel.products, partners, panel.values[:, :, list(places)], panel.share_left_out)


def _choice(
    name: tuple[str, str | None], panel: Panel, lost: NDArray[np.bool_], weights: Array, params: Params
) -> pl.DataFrame:
    """Shares of one choice by counterfactual, with the range of resampled goods."""
    excess, fall = _excess(panel, lost, np.ones((1, len(panel.products))))
    estimates = shares(panel, lost)[0]
    draws = shares(panel, lost, weights)
    tail = (1 - params.level) / 2
    low, high = np.full(len(COUNTERFACTUALS), np.nan), np.full(len(COUNTERFACTUALS), np.nan)
    for i in range(len(COUNTERFACTUALS)):
        known = draws[np.isfinite(draws[:, i]), i]
        if len(known) and math.isfinite(estimates[i]):
            low[i], high[i] = np.quantile(known, [tail, 1 - tail])
    # the growth of other goods is told where enough of both kinds were sold to the target
    few = params.impact.rerouting.min_goods
    kept_sold = int(((panel.values[0, :, 0] > 0) & ~lost).sum())
    thin = min(int(lost.sum()), kept_sold) < few
    frame = pl.DataFrame(
        {
            "choice_type": name[0],
            "choice": pl.Series([name[1]] * len(COUNTERFACTUALS), dtype=pl.String),
            "counterfactual": COUNTERFACTUALS,
            "n_products": len(panel.products),
            "n_lost": int(lost.sum()),
            "excess_eur": excess[0].sum(axis=1),
            "fall_eur": fall[0],
            "share": estimates,
            "lower": low,
            "upper": high,
        }
    )
    values = ("excess_eur", "share", "lower", "upper")
    hidden = (pl.col("counterfactual") == "other_goods") & pl.lit(thin)
    return frame.with_columns(
        pl.when(~hidden & pl.col(value).is_finite()).then(value).alias(value) for value in values
    )


def _range(rows: pl.DataFrame) -> dict[str, Any]:
    """The share as told (own growth), and the least and most of the other ways of counting all hubs."""
    known = rows.filter(pl.col("share").is_not_null())
    if known.is_empty():
        raise NotEstimable(
            "Exports to the state under measures did not fall, so that there was nothing to go another way."
        )
    told = known.filter(pl.col("choice_type") == "told")
    if told.is_empty():
        raise NotEstimable("The goods are too few, or too little traded, to say what hubs would have bought.")
    ordered = known.sort("share", "choice_type", "choice", "counterfactual", maintain_order=True)
    main = told.filter(pl.col("counterfactual") == "own_growth")
    first = (main if len(main) else told).row(0, named=True)
    return {
        "estimate": first["share"],
        "counterfactual": first["counterfactual"],
        "lower": ordered["share"][0],
        "upper": ordered["share"][-1],
        "n_choices": len(known) - 1,
        "statement": "A range over counterfactuals, hubs and goods, not a confidence interval.",
    }


def _by_hub(panel: Panel, lost: NDArray[np.bool_]) -> pl.DataFrame:
    """Each hub: exports to it, their ratio to the base year, and its excess over each counterfactual."""
    excess, fall = _excess(panel, lost, np.ones((1, len(panel.products))))
    totals = panel.values.sum(axis=1)
    ratio = _ratio(totals[1], totals[0])
    growth = _ratio(totals[3], totals[2])
    return pl.DataFrame(
        [
            (hub, name, totals[0, i], totals[1, i], ratio[i], growth[i], excess[0, j, i - 1],
             excess[0, j, i - 1] / fall[0, j] if fall[0, j] > 0 else math.nan)
            for i, hub in enumerate(panel.partners)
            if i > 0
            for j, name in enumerate(COUNTERFACTUALS)
        ],
        schema={
            "partner_code": pl.String, "counterfactual": pl.String, "base_eur": pl.Float64,
            "after_eur": pl.Float64, "ratio": pl.Float64, "growth_before": pl.Float64,
            "excess_eur": pl.Float64, "share": pl.Float64,
        },
        orient="row",
    ).with_columns(
        pl.when(pl.col(name).is_finite()).then(name).alias(name)
        for name in ("ratio", "growth_before", "excess_eur", "share")
    ).sort("counterfactual", "excess_eur", descending=[False, True], nulls_last=True)  # fmt: skip


def _ratio(top: Array, bottom: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(bottom > 0, top / bottom, np.nan))


def _by_month(flows: pl.DataFrame, panel: Panel, rerouting: Rerouting) -> pl.DataFrame:
    """Exports of the panel's goods by month and partner, and those of the same month of the base year."""
    sums = (
        flows.filter(
            pl.col("product_code").is_in(list(panel.products)) & pl.col("partner_code").is_in(panel.partners)
        )
        .sort("period_start", "partner_code", "product_code")
        .group_by("period_start", "partner_code", maintain_order=True)
        .agg(pl.col("value_eur").sum())
    )
    base = sums.filter(pl.col("period_start").dt.year() == rerouting.base_year).select(
        pl.col("period_start").dt.month().alias("month"),
        "partner_code",
        pl.col("value_eur").alias("base_eur"),
    )
    is_hub = pl.col("partner_code") != panel.partners[0]
    return (
        sums.with_columns(pl.col("period_start").dt.month().alias("month"))
        .join(base, on=["month", "partner_code"], how="left")
        .with_columns(
            pl.when(is_hub).then(pl.lit("hub")).otherwise(pl.lit("target")).alias("role_type"),
            pl.when(pl.col("period_start").is_between(rerouting.after.start, rerouting.after.end))
            .then(pl.lit("after"))
            .otherwise(pl.lit("other"))
            .alias("window"),
        )
        .select("period_start", "partner_code", "role_type", "window", "value_eur", "base_eur")
        .sort("period_start", "partner_code")
    )


def _end(months: pl.DataFrame) -> dict[str, Any]:
    """The share in the first and the last three months of the window, over the level of a year before."""
    rise = pl.col("value_eur") - pl.col("base_eur")
    monthly = (
        months.filter(pl.col("window") == "after")
        .group_by("period_start", maintain_order=True)
        .agg(
            rise.filter(pl.col("role_type") == "hub").sum().alias("excess"),
            (-rise).filter(pl.col("role_type") == "target").sum().alias("fall"),
        )
        .sort("period_start")
    )
    if len(monthly) < 6:
        raise NotEstimable("Fewer than six months follow the measures, so that no course can be told.")
    first, last = monthly.head(3), monthly.tail(3)
    ends = [math.fsum(part["excess"]) / math.fsum(part["fall"]) for part in (first, last)]
    return {
        "first_share": ends[0],
        "last_share": ends[1],
        "first_month": first["period_start"][0].isoformat()[:7],
        "last_month": last["period_start"][-1].isoformat()[:7],
        "is_rising": ends[1] > ends[0],
    }
