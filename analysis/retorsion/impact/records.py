"""Two records of one flow: what the exporter wrote down against what the importer wrote down.

Every pairwise analysis starts from :func:`directed_flows`, which names the exporter and the importer of
each row whichever of the two reported it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import require_columns
from retorsion.tables.exchange_rates import average_rates

#: Partner code of the world as a whole: the sum of the other partners, so never one of a pair.
WORLD_CODE = "WLD"

_KEY = ["period_start", "exporter_code", "importer_code", "product_code"]


def directed_flows(
    trade_flows: pl.DataFrame, *, value_column: str = "value_kusd", exclude_codes: Collection[str] = ()
) -> pl.DataFrame:
    """Name the exporter and the importer of every row of ``trade_flows``, and the side that recorded it.

    Args:
        trade_flows: rows of the table of that name; at least period_start, n_months, reporter_code,
            partner_code, flow_type, product_system, product_level, product_code, quantity_tonnes,
            valuation_type and ``value_column``.
        value_column: the column to carry on as ``value``.
        exclude_codes: reporters and partners to leave out, such as groups of states that overlap their
            members; the world is always left out.

    Returns:
        period_start, n_months, exporter_code, importer_code, recorded_by_type (exporter or importer),
        product_system, product_level, product_code, value, quantity_tonnes, valuation_type; in the order
        of ``trade_flows``.

    Raises:
        ParameterError: a column is absent.
        NotEstimable: no row is left.
    """
    require_columns(
        trade_flows,
        [
            *("period_start", "n_months", "reporter_code", "partner_code", "flow_type", "product_system"),
            *("product_level", "product_code", "quantity_tonnes", "valuation_type", value_column),
        ],
        "trade_flows",
    )
    left_out = [WORLD_CODE, *exclude_codes]
    is_export = pl.col("flow_type") == "export"
    directed = trade_flows.filter(
        ~pl.col("reporter_code").is_in(left_out) & ~pl.col("partner_code").is_in(left_out)
    ).select(
        "period_start",
        "n_months",
        pl.when(is_export).then("reporter_code").otherwise("partner_code").alias("exporter_code"),
        pl.when(is_export).then("partner_code").otherwise("reporter_code").alias("importer_code"),
        pl.when(is_export).then(pl.lit("exporter")).otherwise(pl.lit("importer")).alias("recorded_by_type"),
        "product_system",
        "product_level",
        "product_code",
        pl.col(value_column).cast(pl.Float64).alias("value"),
        pl.col("quantity_tonnes").cast(pl.Float64),
        "valuation_type",
    )
    if directed.is_empty():
        raise NotEstimable(
            "No row of trade_flows is a flow between two states, so that there is nothing to compare."
        )
    return directed


def annual_flows(
    trade_flows: pl.DataFrame,
    *,
    years: Collection[int],
    value_column: str = "value_kusd",
    exporter_code: str | None = None,
    importer_code: str | None = None,
    product_codes: Collection[str] | None = None,
    exclude_codes: Collection[str] = (),
) -> pl.DataFrame:
    """Sum flows by year, exporter, importer and product.

    Pass the whole table and let the arguments select: a year counts as covered when the table's periods
    in it make up twelve months, and only within covered years does an absent row mean no trade.

    Args:
        trade_flows: rows of one product level, recorded by one side of each pair.
        years: calendar years wanted.
        value_column: column summed as ``value``. With ``quantity_tonnes`` a sum with a missing part is
            null; a missing money value is an error.
        exporter_code: keep this exporter only.
        importer_code: keep this importer only.
        product_codes: keep these products only.
        exclude_codes: see :func:`directed_flows`.

    Returns:
        year, exporter_code, importer_code, product_code, value, quantity_tonnes (null where any part is
        missing), sorted by these four keys.

    Raises:
        ParameterError: two product levels or both sides' records are mixed, or money values are missing.
        NotEstimable: a year is not covered by twelve months of data, or nothing is left.
    """
    flows = directed_flows(trade_flows, value_column=value_column, exclude_codes=exclude_codes)
    _require_covered_years(flows, years)
    wanted = pl.col("period_start").dt.year().is_in(sorted(set(years)))
    if exporter_code is not None:
        wanted &= pl.col("exporter_code") == exporter_code
    if importer_code is not None:
        wanted &= pl.col("importer_code") == importer_code
    if product_codes is not None:
        wanted &= pl.col("product_code").is_in(sorted(set(product_codes)))
    flows = flows.filter(wanted)
    if flows.is_empty():
        raise NotEstimable(
            f"No flow of the chosen products from {exporter_code or 'any state'} to "
            f"{importer_code or 'any state'} is recorded in {_span(years)}."
        )
    levels = flows.select("product_system", "product_level").unique().sort("product_system", "product_level")
    if len(levels) > 1:
        raise ParameterError(
            f"product levels {levels.rows()} overlap and must not be added: filter trade_flows to one"
        )
    twice = flows.filter(pl.struct(_KEY).is_duplicated())
    if not twice.is_empty():
        first = twice.sort(_KEY).row(0, named=True)
        raise ParameterError(
            f"{first['exporter_code']} to {first['importer_code']}, product {first['product_code']}, "
            f"{first['period_start']} is recorded twice: keep one source and one side's record"
        )
    if value_column != "quantity_tonnes" and (n_missing := flows["value"].null_count()):
        raise ParameterError(f"{value_column} is missing in {n_missing} of {len(flows)} rows: choose another")
    keys = ["year", "exporter_code", "importer_code", "product_code"]
    return (
        flows.sort(_KEY)
        .group_by(pl.col("period_start").dt.year().alias("year"), *keys[1:], maintain_order=True)
        .agg(_sum_or_missing("value"), _sum_or_missing("quantity_tonnes"))
        .sort(keys)
    )


def _sum_or_missing(column: str) -> pl.Expr:
    return pl.when(pl.col(column).is_null().any()).then(None).otherwise(pl.col(column).sum()).alias(column)


def _at_fob(column: str, margin: float) -> pl.Expr:
    """Values without freight and insurance; null where the source does not say whether it counts them."""
    value, valuation = pl.col(column), pl.col("valuation_type")
    cif = pl.when(valuation == "CIF").then(value / (1 + margin))
    return cif.when((valuation == "FOB") | (margin == 0)).then(value)


def _span(years: Collection[int]) -> str:
    return ", ".join(str(year) for year in sorted(set(years))) or "no year"


def _require_covered_years(flows: pl.DataFrame, years: Collection[int]) -> None:
    if not years:
        raise NotEstimable("No year was asked for.")
    covered = dict(
        flows.select("period_start", "n_months")
        .unique()
        .group_by(pl.col("period_start").dt.year().alias("year"))
        .agg(pl.col("n_months").sum())
        .iter_rows()
    )
    for year in sorted(set(years)):
        if covered.get(year, 0) != 12:
            raise NotEstimable(
                f"The periods of the table in {year} make up {covered.get(year, 0)} months, not 12: "
                "the year cannot stand beside others."
            )


def cross_rates(
    exchange_rates: pl.DataFrame, *, from_currency: str, to_currency: str, periods: pl.DataFrame
) -> pl.DataFrame:
    """Average daily cross rate over each period, through the euro.

    Args:
        exchange_rates: rate_date, currency_code, units_per_eur: daily reference rates; the euro itself
            needs no row.
        from_currency: ISO 4217 code of the currency to convert from.
        to_currency: ISO 4217 code of the currency to convert to.
        periods: period_start, n_months; duplicates are ignored.

    Returns:
        period_start, n_months, rate (units of ``to_currency`` for one unit of ``from_currency``, mean of
        the daily cross rates), n_days; sorted by period.

    Raises:
        NotEstimable: a period has no day on which both currencies were quoted.
    """
    require_columns(exchange_rates, ["rate_date", "currency_code", "units_per_eur"], "exchange_rates")
    return average_rates(exchange_rates, base=from_currency, quote=to_currency, periods=periods)


def annual_cross_rates(
    exchange_rates: pl.DataFrame, *, from_currency: str, to_currency: str, years: Collection[int]
) -> pl.DataFrame:
    """Average daily cross rate of each calendar year: year, rate, n_days; see :func:`cross_rates`."""
    periods = pl.DataFrame(
        {"period_start": [date(year, 1, 1) for year in sorted(set(years))]}, schema={"period_start": pl.Date}
    ).with_columns(n_months=pl.lit(12, dtype=pl.Int64))
    rates = cross_rates(exchange_rates, from_currency=from_currency, to_currency=to_currency, periods=periods)
    return rates.select(pl.col("period_start").dt.year().alias("year"), "rate", "n_days")


def converted(
    trade_flows: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    value_column: str,
    from_currency: str,
    to_currency: str,
    name: str = "value_converted",
) -> pl.DataFrame:
    """Add ``value_column`` in another currency, each row at the average rate of its own period.

    Args:
        trade_flows: rows with period_start, n_months and ``value_column``.
        exchange_rates: see :func:`cross_rates`.
        value_column: values in (a multiple of) ``from_currency``; thousands stay thousands.
        from_currency: ISO 4217 code.
        to_currency: ISO 4217 code.
        name: name of the new column.

    Returns:
        ``trade_flows`` with column ``name``, in the same order.
    """
    require_columns(trade_flows, ["period_start", "n_months", value_column], "trade_flows")
    rates = cross_rates(
        exchange_rates, from_currency=from_currency, to_currency=to_currency, periods=trade_flows
    )
    rate = rates.select("period_start", pl.col("n_months").alias("__months"), pl.col("rate").alias("__rate"))
    return (
        trade_flows.with_columns(pl.col("n_months").cast(pl.Int64).alias("__months"))
        .join(rate, on=["period_start", "__months"], how="left", maintain_order="left")
        .with_columns((pl.col(value_column) * pl.col("__rate")).alias(name))
        .drop("__months", "__rate")
    )


_PRODUCT = ("product_system", "product_level", "product_code")


def compare_records(
    left: pl.DataFrame,
    right: pl.DataFrame,
    *,
    concordance: pl.DataFrame,
    years: Sequence[int],
    exchange_rates: pl.DataFrame,
    currency: str,
    left_value_column: str,
    left_currency: str,
    right_value_column: str,
    right_currency: str,
    cif_fob_margin: float = 0.0,
) -> pl.DataFrame:
    """Two sources on the same pairs, products and years, in one currency.

    Each row is converted at the average rate of its own period, so that a monthly source is converted
    month by month, then summed to years.

    Args:
        left: rows of ``trade_flows`` from one source.
        right: rows of ``trade_flows`` from the other.
        concordance: group_code, side_type (left or right), product_system, product_level, product_code:
            which products of each source make up a group. A product may belong to one group only.
        years: calendar years; a year enters for a source only if its periods there make up 12 months.
        exchange_rates: see :func:`cross_rates`.
        currency: ISO 4217 code of the currency of the result.
        left_value_column: value column of ``left``, in (thousands of) ``left_currency``.
        left_currency: ISO 4217 code.
        right_value_column: value column of ``right``, in (thousands of) ``right_currency``.
        right_currency: ISO 4217 code.
        cif_fob_margin: CIF rows of either source are divided by 1 plus this share, and sums that hold rows
            of unknown valuation are null; 0 leaves all as they are, so that the gap then contains freight
            and insurance.

    Returns:
        year, exporter_code, importer_code, group_code, left_value, right_value, gap_value (left minus
        right), ratio (left over right), left_quantity_tonnes, right_quantity_tonnes, recorded_by_type
        (both, left, right). Only pairs with a chosen product in both sources over the years are returned.

    Raises:
        ParameterError: a product belongs to two groups, or the margin is out of range.
        NotEstimable: no pair and group is found in both sources, a year is incomplete, or a rate is missing.
    """
    if not 0 <= cif_fob_margin < 1:
        raise ParameterError(f"cif_fob_margin is {cif_fob_margin}: give a share from 0 to below 1")
    pair = ["exporter_code", "importer_code", "group_code"]
    require_columns(concordance, ["group_code", "side_type", *_PRODUCT], "concordance")
    shared = concordance.unique().filter(pl.struct("side_type", *_PRODUCT).is_duplicated())
    if not shared.is_empty():
        raise ParameterError(
            f"product {shared['product_code'].min()!r} belongs to {shared['group_code'].n_unique()} groups "
            "of the concordance and would be counted twice"
        )
    sides = {}
    for side, flows, column, own in (
        ("left", left, left_value_column, left_currency),
        ("right", right, right_value_column, right_currency),
    ):
        chosen = _chosen(flows, concordance, side, years=years, value_column=column)
        money = converted(
            chosen, exchange_rates, value_column="value", from_currency=own, to_currency=currency
        )
        sides[side] = (
            money.with_columns(_at_fob("value_converted", cif_fob_margin).alias("value"))
            .sort(*_KEY)
            .group_by(pl.col("period_start").dt.year().alias("year"), *pair, maintain_order=True)
            .agg(_sum_or_missing("value"), _sum_or_missing("quantity_tonnes"))
            .rename({"value": f"{side}_value", "quantity_tonnes": f"{side}_quantity_tonnes"})
        )
    common = sides["left"].select(pair).unique().join(sides["right"].select(pair).unique(), on=pair)
    if common.is_empty():
        raise NotEstimable("No pair of states and product group occurs in both sources.")
    joined = (
        sides["left"]
        .join(sides["right"], on=["year", *pair], how="full", coalesce=True)
        .join(common, on=pair, how="semi")
    )
    return joined.select(
        "year",
        *pair,
        "left_value",
        "right_value",
        (pl.col("left_value") - pl.col("right_value")).alias("gap_value"),
        pl.when(pl.col("right_value") > 0).then(pl.col("left_value") / pl.col("right_value")).alias("ratio"),
        "left_quantity_tonnes",
        "right_quantity_tonnes",
        pl.when(pl.col("right_value").is_null())
        .then(pl.lit("left"))
        .when(pl.col("left_value").is_null())
        .then(pl.lit("right"))
        .otherwise(pl.lit("both"))
        .alias("recorded_by_type"),
    ).sort("year", *pair)


def _chosen(
    flows: pl.DataFrame, concordance: pl.DataFrame, side: str, *, years: Sequence[int], value_column: str
) -> pl.DataFrame:
    """Directed rows of one source in some years that the concordance puts into a group."""
    directed = directed_flows(flows, value_column=value_column)
    _require_covered_years(directed, years)
    groups = concordance.filter(pl.col("side_type") == side).select("group_code", *_PRODUCT).unique()
    inside = directed.filter(pl.col("period_start").dt.year().is_in(sorted(set(years))))
    chosen = inside.join(groups, on=_PRODUCT)
    if chosen.is_empty():
        raise NotEstimable(f"The {side} source has none of the concordance's products in {_span(years)}.")
    return chosen


@dataclass(frozen=True, eq=False)
class OwnRecord:
    """What a state's own statistics say of its imports from the target, beside the source of all pairs.

    Attributes:
        rows: year, group_code, value (source of all pairs), own_value (own statistics, null where it has
            none of the year's goods), both in the unit of the source of all pairs.
        products: codes of the source of all pairs that make up each group.
        tolerance: share of a value by which two records may differ and still be one.
    """

    rows: pl.DataFrame
    products: Mapping[str, Sequence[str]]
    tolerance: float

    def differing(self, base_year: int, comparison_year: int) -> pl.DataFrame:
        """Groups whose change between two years mixes trade with a change of record.

        A group differs where, in either year, the two records are further apart than the tolerance allows
        of the larger of the two years' own values: set against that, and not against the same year's value,
        a difference in a year of hardly any trade does not count.

        Args:
            base_year: year before.
            comparison_year: year after.

        Returns:
            group_code, value_base, own_base, value_comparison, own_comparison, gap_base, gap_comparison
            (source of all pairs less own), gap_share (the larger gap over the larger own value); sorted by
            group. Groups without both years among ``rows`` cannot be judged and are not in it.
        """
        sides = [
            self.rows.filter(pl.col("year") == year).select(
                "group_code",
                pl.col("value").fill_null(0.0).alias(f"value_{name}"),
                pl.col("own_value").fill_null(0.0).alias(f"own_{name}"),
            )
            for year, name in ((base_year, "base"), (comparison_year, "comparison"))
        ]
        gaps = {name: pl.col(f"value_{name}") - pl.col(f"own_{name}") for name in ("base", "comparison")}
        return (
            sides[0]
            .join(sides[1], on="group_code")
            .with_columns(gap.alias(f"gap_{name}") for name, gap in gaps.items())
            .with_columns(
                (
                    pl.max_horizontal(pl.col("gap_base", "gap_comparison").abs())
                    / pl.max_horizontal("own_base", "own_comparison")
                ).alias("gap_share")
            )
            .filter(pl.col("gap_share") > self.tolerance)
            .sort("group_code")
        )

    def rule(self) -> str:
        """The rule of :meth:`differing` in words."""
        return (
            "A product is left out of a window where the source of all pairs and the reporter's own "
            f"statistics differ too much in either year. The limit is {self.tolerance:.0%} of the larger own "
            "value of the two years: beyond it a change would mix trade with a change of record."
        )


#: Of a state without statistics of its own: no group, so that nothing differs.
NO_OWN_RECORD = OwnRecord(
    rows=pl.DataFrame(
        schema={"year": pl.Int64, "group_code": pl.String, "value": pl.Float64, "own_value": pl.Float64}
    ),
    products={},
    tolerance=0.0,
)
