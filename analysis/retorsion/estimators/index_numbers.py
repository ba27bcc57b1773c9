"""How much of a change in value is price and how much is volume.

Index numbers give the average movement of prices and of volumes; the logarithmic-mean decomposition gives
each product's part of the change in money, adding up to the whole change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats
from retorsion.estimators.frames import Frame, as_polars, numbers, require_columns

__all__ = [
    "PriceIndices",
    "UnitValues",
    "decompose_value_change",
    "logarithmic_mean",
    "price_indices",
    "screen_unit_values",
    "sum_value_change",
]

#: Makes the median absolute deviation an estimate of a normal distribution's standard deviation.
MAD_TO_STANDARD_DEVIATION = 1.482602218505602

#: Parts of a value change in :func:`decompose_value_change`; they add up to its ``change``.
VALUE_CHANGE_PARTS = ("price_effect", "volume_effect", "entry", "exit", "without_quantity")


@dataclass(frozen=True)
class PriceIndices:
    """Price and quantity indices of one basket between two periods (1 = no change).

    Attributes:
        value: ratio of the two values.
        laspeyres_price: prices weighted by the base period's quantities.
        paasche_price: prices weighted by the comparison period's quantities.
        fisher_price: geometric mean of the two.
        tornqvist_price: geometric mean of price relatives, weighted by average value shares.
        laspeyres_quantity: quantities weighted by the base period's prices.
        paasche_quantity: quantities weighted by the comparison period's prices.
        fisher_quantity: geometric mean of the two; fisher_price times fisher_quantity is ``value``.
        tornqvist_quantity: geometric mean of quantity relatives, weighted by average value shares.
        n_items: items in both periods, on which the indices rest.
    """

    value: float
    laspeyres_price: float
    paasche_price: float
    fisher_price: float
    tornqvist_price: float
    laspeyres_quantity: float
    paasche_quantity: float
    fisher_quantity: float
    tornqvist_quantity: float
    n_items: int


def price_indices(
    value_base: ArrayLike,
    quantity_base: ArrayLike,
    value_comparison: ArrayLike,
    quantity_comparison: ArrayLike,
) -> PriceIndices:
    """Bilateral price and quantity indices of the items traded in both periods.

    Definitions as in the *Export and Import Price Index Manual* (IMF and others 2009), chapters 16 and 17;
    Fisher 1922, *The Making of Index Numbers*; Törnqvist 1936, *Bank of Finland Monthly Bulletin* 10.

    Args:
        value_base: value of each item in the base period.
        quantity_base: quantity of each item in the base period, in the item's own unit.
        value_comparison: value of each item in the comparison period.
        quantity_comparison: quantity of each item in the comparison period, same unit.

    Raises:
        NotEstimable: no item, or an item without a positive value and quantity in both periods: leave such
            items out first and report them, as :func:`decompose_value_change` does.
    """
    v0, q0, v1, q1 = (
        floats(a, what, finite=False)
        for a, what in (
            (value_base, "value_base"),
            (quantity_base, "quantity_base"),
            (value_comparison, "value_comparison"),
            (quantity_comparison, "quantity_comparison"),
        )
    )
    if not (v0.shape == q0.shape == v1.shape == q1.shape and v0.ndim == 1):
        raise ParameterError("values and quantities must be four vectors of one length")
    if v0.size == 0:
        raise NotEstimable(
            "No item is traded in both periods with a known quantity: there is no price index."
        )
    if not all(np.all(np.isfinite(a) & (a > 0)) for a in (v0, q0, v1, q1)):
        raise NotEstimable(
            "An item lacks a positive value or quantity in one of the periods, so that it has no unit value "
            "there: leave it out of the index and report it apart."
        )
    p0, p1 = v0 / q0, v1 / q1
    total0, total1 = math.fsum(v0), math.fsum(v1)
    base_at_new_prices, new_at_base_prices = math.fsum(p1 * q0), math.fsum(p0 * q1)
    shares = (v0 / total0 + v1 / total1) / 2
    laspeyres_price, paasche_price = base_at_new_prices / total0, total1 / new_at_base_prices
    laspeyres_quantity, paasche_quantity = new_at_base_prices / total0, total1 / base_at_new_prices
    return PriceIndices(
        value=total1 / total0,
        laspeyres_price=laspeyres_price,
        paasche_price=paasche_price,
        fisher_price=math.sqrt(laspeyres_price * paasche_price),
        tornqvist_price=math.exp(math.fsum(shares * np.log(p1 / p0))),
        laspeyres_quantity=laspeyres_quantity,
        paasche_quantity=paasche_quantity,
        fisher_quantity=math.sqrt(laspeyres_quantity * paasche_quantity),
        tornqvist_quantity=math.exp(math.fsum(shares * np.log(q1 / q0))),
        n_items=int(v0.size),
    )


def logarithmic_mean(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Logarithmic mean (b − a) / ln(b / a) of positive numbers; a where both are equal.

    Computed as ``a * expm1(x) / x`` with ``x = ln(b / a)``, which keeps its precision where a and b are
    nearly equal.

    Raises:
        ParameterError: one is no number above zero.
    """
    first, second = floats(a, "a"), floats(b, "b")
    if not ((first > 0).all() and (second > 0).all()):
        raise ParameterError("a logarithmic mean is of two numbers above zero. Leave out what has none")
    x = _log_ratio(first, second)
    safe = np.where(x == 0, 1.0, x)
    return np.asarray(first * np.where(x == 0, 1.0, np.expm1(safe) / safe), dtype=np.float64)


def _log_ratio(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln(b / a), exact to rounding also where b is close to a."""
    near = np.abs(b - a) < 0.5 * a
    return np.where(near, np.log1p(np.where(near, (b - a) / a, 0.0)), np.log(b / a))


@dataclass(frozen=True)
class UnitValues:
    """Flows judged by their unit values.

    Attributes:
        flows: the input with unit_value (before judgement), median_unit_value, deviation (of the log unit
            value from the group's median, in standard deviations estimated by the MAD; null where not
            judged) and outlier_type (outlier, accepted, not_judged, no_quantity). Where the type is
            outlier, ``quantity_tonnes`` is null and the value is kept.
        outliers: the rows set missing, with their recorded quantity, largest deviation first.
        rule: the rule in words.
    """

    flows: pl.DataFrame
    outliers: pl.DataFrame
    rule: str


def screen_unit_values(
    flows: Frame,
    *,
    k: float = 3.5,
    group_by: Sequence[str] = ("product_code", "year"),
    minimum_flows: int = 5,
) -> UnitValues:
    """Set aside quantities whose unit value is out of line with others of the same product and year.

    Rule: a flow whose log unit value lies too far from the group's median keeps its value and loses its
    quantity. Too far is more than ``k`` times the group's median absolute deviation, scaled by 1.4826 to
    a normal standard deviation. Groups with fewer than ``minimum_flows`` unit values, or whose deviation
    is zero, are not judged. The modified z-score of Iglewicz and Hoaglin 1993, *How to Detect and Handle
    Outliers*, who propose 3.5.

    Judge on all flows of a product in the world, not on the pair of interest alone.

    Args:
        flows: year, product_code, value, quantity_tonnes and the columns of ``group_by``, as returned by
            :func:`retorsion.impact.records.annual_flows`.
        k: threshold in scaled deviations, positive.
        group_by: columns within which unit values are comparable.
        minimum_flows: smallest group that is judged.

    Raises:
        ParameterError: ``k`` is not positive, or a column is absent or holds no numbers.
        NotEstimable: there is no flow.
    """
    flows = _with_numbers(flows, group_by, ["value", "quantity_tonnes"])
    if not k > 0:
        raise ParameterError(f"k is {k}: give a positive number of deviations")
    if flows.is_empty():
        raise NotEstimable("There is no flow whose unit value could be judged.")
    keys = list(group_by)
    has_unit_value = (pl.col("value") > 0) & (pl.col("quantity_tonnes") > 0)
    log_unit_value = pl.col("unit_value").log()
    scale = MAD_TO_STANDARD_DEVIATION * pl.col("__distance").abs().median().over(keys)
    enough = (pl.col("unit_value").count().over(keys) >= minimum_flows) & (pl.col("__scale") > 0)
    judged = (
        flows.with_columns(
            pl.when(has_unit_value).then(pl.col("value") / pl.col("quantity_tonnes")).alias("unit_value")
        )
        .with_columns(
            # the median of logs, not the log of the median, which differ in groups of even size
            log_unit_value.median().over(keys).exp().alias("median_unit_value"),
            (log_unit_value - log_unit_value.median().over(keys)).alias("__distance"),
        )
        .with_columns(scale.alias("__scale"))
        .with_columns(pl.when(enough).then(pl.col("__distance") / pl.col("__scale")).alias("deviation"))
        .with_columns(
            pl.when(pl.col("unit_value").is_null())
            .then(pl.lit("no_quantity"))
            .when(pl.col("deviation").is_null())
            .then(pl.lit("not_judged"))
            .when(pl.col("deviation").abs() > k)
            .then(pl.lit("outlier"))
            .otherwise(pl.lit("accepted"))
            .alias("outlier_type")
        )
        .drop("__distance", "__scale")
    )
    is_outlier = pl.col("outlier_type") == "outlier"
    order = [c for c in ("product_code", "year", "exporter_code", "importer_code") if c in flows.columns]
    named = [key.removesuffix("_code") for key in keys]
    return UnitValues(
        flows=judged.with_columns(pl.when(~is_outlier).then("quantity_tonnes").alias("quantity_tonnes")),
        outliers=judged.filter(is_outlier)
        .sort(pl.col("deviation").abs(), *order, descending=[True, *([False] * len(order))])
        .drop("outlier_type"),
        rule=(
            f"A quantity is set missing where the log unit value lies more than {k:g} scaled median absolute "
            f"deviations from the median of its {' and '.join(named)}. Groups with fewer than {minimum_flows} "
            "unit values, or without spread, are not judged."
        ),
    )


def _with_numbers(flows: Frame, keys: Sequence[str], measured: Sequence[str]) -> pl.DataFrame:
    """The frame in polars, its measured columns as numbers; whole ones stay whole."""
    frame = as_polars(flows, None, "flows")
    require_columns(frame, [*keys, *measured], "flows")
    return frame.with_columns(numbers(frame, name) for name in measured if not frame[name].dtype.is_numeric())


def _side_by_side(
    rows: pl.DataFrame, keys: Sequence[str], base_year: int, comparison_year: int
) -> pl.DataFrame:
    """Value and quantity of each item traded in either of two years; a quantity is null where a part lacks one."""
    quantity = pl.col("quantity_tonnes")
    unknown = (pl.col("value") > 0) & (quantity.is_null() | (quantity <= 0))
    annual = rows.group_by(*keys, "year", maintain_order=True).agg(
        pl.col("value").sum(),
        pl.when(unknown.any()).then(None).otherwise(quantity.sum()).alias("quantity"),
    )
    sides = [
        annual.filter(pl.col("year") == year).select(
            *keys, pl.col("value").alias(f"value_{name}"), pl.col("quantity").alias(f"quantity_{name}")
        )
        for year, name in ((base_year, "base"), (comparison_year, "comparison"))
    ]
    return (
        sides[0]
        .join(sides[1], on=keys, how="full", coalesce=True)
        .with_columns(pl.col("value_base", "value_comparison").fill_null(0.0))
        .filter((pl.col("value_base") > 0) | (pl.col("value_comparison") > 0))
        .sort(keys)
    )


def decompose_value_change(
    flows: Frame,
    *,
    base_year: int,
    comparison_year: int,
    items: Sequence[str] = ("product_code",),
    exchange_rates: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Split each item's change in value into price and volume, with nothing left over.

    Additive logarithmic-mean Divisia decomposition (LMDI-I: Ang 2005, *Energy Policy* 33; Ang and Liu
    2007, *Energy Policy* 35): with L the logarithmic mean of the two values, the price effect is
    L ln(p1/p0) and the volume effect L ln(q1/q0). An item traded in one period only is entry or exit: the
    logarithmic mean tends to 0 there and cannot tell price from volume. An item without a quantity in
    either period keeps its whole change in ``without_quantity``.

    Args:
        flows: year, value, quantity_tonnes and the columns of ``items``; several rows of an item and year
            are added, and the quantity is missing where any part with a value lacks one.
        base_year: year before.
        comparison_year: year after.
        items: columns that make up an item, for instance product_code and importer_code.
        exchange_rates: year, rate: units of the currency of ``flows`` for one unit of the currency in
            which prices are set, both years. The price effect then splits into ``price_effect``, in that
            currency, and ``exchange_effect``.

    Returns:
        the item columns, value_base, value_comparison, quantity_base, quantity_comparison, price_ratio,
        quantity_ratio, change, price_effect, volume_effect, entry, exit, without_quantity (and
        exchange_effect), in the unit of ``value``. The effects add up to ``change`` to rounding error;
        price_ratio is in the currency of ``flows``.

    Raises:
        NotEstimable: a year has no flow at all, all values are zero, or a value is negative or missing.
        ParameterError: the two years are the same, or a rate is missing.
    """
    keys = list(items)
    flows = _with_numbers(flows, [*keys, "year"], ["value", "quantity_tonnes"])
    if not (flows["year"].dtype.is_integer() or flows["year"].dtype == pl.Null):
        raise ParameterError(f"flows: column 'year' holds {flows['year'].dtype}. Give years as whole numbers")
    if base_year == comparison_year:
        raise ParameterError(f"the base year and the comparison year are both {base_year}")
    for year in (base_year, comparison_year):
        if flows.filter(pl.col("year") == year).is_empty():
            raise NotEstimable(f"No flow is recorded in {year}, so that there is no change to split.")
    rows: pl.DataFrame = flows.filter(pl.col("year").is_in([base_year, comparison_year])).sort(*keys, "year")
    if not (rows["value"].is_finite() & (rows["value"] >= 0)).fill_null(value=False).all():
        raise NotEstimable("A value is missing or negative: a logarithmic mean needs values of 0 or more.")
    if rows["value"].sum() == 0:
        raise NotEstimable(f"All values of {base_year} and {comparison_year} are zero.")
    both = _side_by_side(rows, keys, base_year, comparison_year)
    v0, v1 = (both[f"value_{name}"].to_numpy() for name in ("base", "comparison"))
    q0, q1 = (
        both[f"quantity_{name}"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("base", "comparison")
    )
    continuing = (v0 > 0) & (v1 > 0)
    known = continuing & (q0 > 0) & (q1 > 0)
    one = np.ones_like(v0)
    log_value = _log_ratio(np.where(known, v0, one), np.where(known, v1, one))
    log_quantity = _log_ratio(np.where(known, q0, one), np.where(known, q1, one))
    mean = np.where(known, logarithmic_mean(np.where(known, v0, one), np.where(known, v1, one)), 0.0)
    volume = mean * log_quantity
    price = mean * (log_value - log_quantity)
    effects = {"price_effect": price, "volume_effect": volume}
    if exchange_rates is not None:
        exchange = mean * _log_rate_change(exchange_rates, base_year, comparison_year)
        effects = {"price_effect": price - exchange, "volume_effect": volume, "exchange_effect": exchange}
    change = v1 - v0
    effects |= {
        "entry": np.where(v0 == 0, v1, 0.0),
        "exit": np.where(v1 == 0, -v0, 0.0),
        "without_quantity": np.where(continuing & ~known, change, 0.0),
    }
    ratio = pl.col("quantity_comparison") / pl.col("quantity_base")
    return both.with_columns(
        pl.when(pl.Series(known)).then(ratio).alias("quantity_ratio"),
        pl.when(pl.Series(known))
        .then(pl.col("value_comparison") / pl.col("value_base") / ratio)
        .alias("price_ratio"),
        pl.Series("change", change),
        *(pl.Series(name, values) for name, values in effects.items()),
    ).select(
        *keys,
        "value_base",
        "value_comparison",
        "quantity_base",
        "quantity_comparison",
        "price_ratio",
        "quantity_ratio",
        "change",
        *effects,
    )


def _log_rate_change(exchange_rates: pl.DataFrame, base_year: int, comparison_year: int) -> float:
    require_columns(exchange_rates, ["year", "rate"], "exchange_rates")
    rates = dict(exchange_rates.select("year", "rate").iter_rows())
    for year in (base_year, comparison_year):
        if not (rates.get(year) or 0) > 0:
            raise ParameterError(f"exchange_rates has no positive rate for {year}")
    return math.log(rates[comparison_year] / rates[base_year])


def sum_value_change(effects: pl.DataFrame, *, by: Sequence[str] = ()) -> pl.DataFrame:
    """Add up :func:`decompose_value_change` over items.

    Args:
        effects: its result.
        by: columns to keep apart; none gives one row.

    Returns:
        the ``by`` columns, value_base, value_comparison, change, the effects, n_items, and fisher_price,
        tornqvist_price and fisher_quantity of the items with a quantity in both years (null where none has
        one).
    """
    if effects.is_empty():
        raise NotEstimable("There is no value change to add up.")
    parts = [c for c in (*VALUE_CHANGE_PARTS, "exchange_effect") if c in effects.columns]
    groups = effects.sort(list(by)).partition_by(list(by), maintain_order=True) if by else [effects]
    rows = []
    for group in groups:
        known = group.filter(pl.col("price_ratio").is_not_null())
        columns = ("value_base", "quantity_base", "value_comparison", "quantity_comparison")
        indices = price_indices(*(known[c].to_numpy() for c in columns)) if len(known) else None
        rows.append(
            {
                **{c: group[c][0] for c in by},
                **{c: math.fsum(group[c]) for c in ("value_base", "value_comparison", "change", *parts)},
                "n_items": len(group),
                "fisher_price": indices.fisher_price if indices else None,
                "tornqvist_price": indices.tornqvist_price if indices else None,
                "fisher_quantity": indices.fisher_quantity if indices else None,
            }
        )
    numbers = ("value_base", "value_comparison", "change", *parts)
    return pl.DataFrame(
        rows,
        schema={
            **{c: effects.schema[c] for c in by},
            **dict.fromkeys(numbers, pl.Float64),
            "n_items": pl.Int64,
            **dict.fromkeys(("fisher_price", "tornqvist_price", "fisher_quantity"), pl.Float64),
        },
    )
