"""Finding: the source of all pairs against the reporter's own statistics of the same trade."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.impact.findings import Found, json_rows, part_of
from retorsion.impact.goods import Good
from retorsion.impact.records import (
    NO_OWN_RECORD,
    OwnRecord,
    annual_cross_rates,
    compare_records,
)
from retorsion.params import ImpactCase, Params

#: In which the source of all pairs values its flows.
PAIRWISE_CURRENCY = "USD"


def find_mirror(
    pairwise: pl.DataFrame,
    national: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
) -> Found:
    """The pairwise source set against the reporter's own statistics of its imports from the target.

    Args:
        pairwise: rows of the source of all pairs, ``value_kusd``.
        national: the reporter's rows, monthly.
        exchange_rates: table of that name.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        goods: groups of goods by code.

    Returns:
        values: groups (rows), citation, statement; rows ``mirror``.
    """
    compared = _compared(pairwise, national, exchange_rates, asked=asked, goods=goods)
    mirror, tolerance = part_of(asked, "mirror"), params.impact.mirror.tolerance
    within = compared.filter(pl.col("ratio").is_not_null())
    agree = (within["ratio"] - 1).abs() <= tolerance
    return Found(
        {
            "rows": json_rows(compared),
            "years_in_agreement": sorted(within.filter(agree)["year"].unique().to_list()),
            "n_compared": len(within),
            "n_in_agreement": int(agree.sum()),
            "tolerance": tolerance,
            "currency": part_of(asked, "monthly").currency,
            "caveat": _mirror_caveat(within.filter(~agree)["year"].to_list(), mirror.published_through),
        },
        {"mirror": compared},
    )


def _mirror_caveat(differing: Collection[int], published_through: int | None) -> str:
    """What a difference can and cannot come from.

    Args:
        differing: years of the product-years whose records differ.
        published_through: last year of which the target published its trade; null where that is not known.
    """
    known = sorted({year for year in differing if published_through and year <= published_through})
    other = sorted(set(differing) - set(known))
    return (
        "Where the pairwise source equals the reporter's own record, freight and insurance are in it."
        + (
            f" Where it does not, in {_years(known)}, the state under measures still "
            "published, and the difference may be its record of the same goods."
            if known
            else ""
        )
        + (f" The differences of {_years(other)} are unexplained." if other else "")
        + " A change from a year in which they differ mixes trade with a change of record. Re-exported goods "
        "never meet their mirror: importers record the origin, exporters the destination."
    )


def _years(years: Sequence[int]) -> str:
    names = [str(year) for year in years]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def own_record(
    pairwise: pl.DataFrame,
    national: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
) -> OwnRecord:
    """The reporter's own record of its imports, on which a change in the pairwise source is tested.

    Args:
        pairwise: see :func:`find_mirror`, as the following.
        national: the reporter's rows, monthly.
        exchange_rates: table of that name.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        goods: groups of goods by code.

    Returns:
        The record; an empty one where the case compares none, or the source lacks the goods.
    """
    if asked.mirror is None or asked.monthly is None:
        return NO_OWN_RECORD
    try:
        compared = _compared(pairwise, national, exchange_rates, asked=asked, goods=goods)
    except NotEstimable:
        return NO_OWN_RECORD
    rates = annual_cross_rates(
        exchange_rates,
        from_currency=PAIRWISE_CURRENCY,
        to_currency=asked.monthly.currency,
        years=asked.mirror.years,
    )
    rows = compared.join(
        rates.with_columns(pl.col("year").cast(compared.schema["year"])), on="year", maintain_order="left"
    ).select(
        pl.col("year").cast(pl.Int64),
        "group_code",
        *(
            (pl.col(side) / pl.col("rate")).alias(name)
            for side, name in (("left_value", "value"), ("right_value", "own_value"))
        ),
    )
    return OwnRecord(
        rows=rows,
        products={name: list(good.hs6) for name, good in _mirrored(asked, goods).items()},
        tolerance=params.impact.mirror.tolerance,
    )


def _compared(
    pairwise: pl.DataFrame,
    national: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    asked: ImpactCase,
    goods: Mapping[str, Good],
) -> pl.DataFrame:
    """Both records of the reporter's imports from the target by group and year."""
    mirror, monthly = part_of(asked, "mirror"), part_of(asked, "monthly")
    left, right = (_system(flows) for flows in (pairwise, national))
    concordance = pl.DataFrame(
        [
            row
            for name, good in _mirrored(asked, goods).items()
            for row in (
                *((name, "left", left, "hs6", code) for code in good.hs6),
                (name, "right", right, good.level, good.code),
            )
        ],
        schema=["group_code", "side_type", "product_system", "product_level", "product_code"],
        orient="row",
    )
    between = (pl.col("reporter_code") == asked.target) & (pl.col("partner_code") == asked.reporter)
    imported = (
        (pl.col("reporter_code") == asked.reporter)
        & (pl.col("partner_code") == asked.target)
        & (pl.col("flow_type") == "import")
    )
    return compare_records(
        pairwise.filter(between),
        national.filter(imported),
        concordance=concordance,
        years=mirror.years,
        exchange_rates=exchange_rates,
        currency=monthly.currency,
        left_value_column="value_kusd",
        left_currency=PAIRWISE_CURRENCY,
        right_value_column=monthly.value_column,
        right_currency=monthly.currency,
    )


def _system(flows: pl.DataFrame) -> str:
    """The one classification of the goods of a source.

    Raises:
        NotEstimable: the source has none or several.
    """
    systems = flows["product_system"].unique().sort().to_list()
    if len(systems) != 1:
        raise NotEstimable(
            f"The goods of a source are in {len(systems)} classifications, so that two records cannot be matched."
        )
    return str(systems[0])


def _mirrored(asked: ImpactCase, goods: Mapping[str, Good]) -> dict[str, Good]:
    """The groups of goods of which two records are compared, by name."""
    return {name: goods[code] for name, code in part_of(asked, "mirror").goods.items()}
