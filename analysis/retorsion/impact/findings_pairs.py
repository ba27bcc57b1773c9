"""Findings on the target's trade with all states: mirror, price and volume, diversion, replacement."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.index_numbers import (
    VALUE_CHANGE_PARTS,
    decompose_value_change,
    screen_unit_values,
    sum_value_change,
)
from retorsion.findings import or_statement
from retorsion.impact.accounting import (
    concentration,
    decompose_diversion,
    destinations,
    diversion_summary,
    last_records,
    members_on,
    offset_choices,
    replacement,
    replacement_summary,
    suppliers,
    year_span,
)
from retorsion.impact.findings import Found, json_rows, part_of
from retorsion.impact.goods import Good
from retorsion.impact.records import (
    NO_OWN_RECORD,
    OwnRecord,
    annual_cross_rates,
    annual_flows,
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
            f" Where it does not, in {_years(known)}, the target still published, and the difference may be "
            "its record of the same goods."
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


def find_price_volume(
    pairwise: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    names: Mapping[str, str],
    own: OwnRecord = NO_OWN_RECORD,
) -> Found:
    """Changes in value split into price and volume: the reporter's imports, and all the target exports.

    Args:
        pairwise: rows of the source of all pairs.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        names: short names of products.
        own: the reporter's own record. Products that differ from it too much in a window are left out of
            what is split there, since it has no quantities; their change on that record stands beside.

    Returns:
        values: per window the sums, what was left out and how much of the rest could be tested; rows
        ``price_volume``.
    """
    windows = part_of(asked, "price_volume").windows
    years = sorted({year for window in windows for year in window})
    world = annual_flows(pairwise, years=years)
    screened = screen_unit_values(world, k=params.impact.price_volume.k)
    rows, sums = [], []
    for scope, flows in (
        ("reporter", screened.flows.filter(pl.col("importer_code") == asked.reporter)),
        ("world", screened.flows),
    ):
        traded = flows.filter(pl.col("exporter_code") == asked.target)
        for start, end in windows:
            left_out = _left_out(own, start, end) if scope == "reporter" else []
            skipped = sorted(code for one in left_out for code in one["product_codes"])
            kept = traded.filter(~pl.col("product_code").is_in(skipped))
            change = decompose_value_change(kept, base_year=start, comparison_year=end)
            total = sum_value_change(change)
            sums.append(
                {
                    "scope": scope,
                    "base_year": start,
                    "comparison_year": end,
                    **total.row(0, named=True),
                    **({} if scope == "world" else _tested(change, own, (start, end))),
                    "left_out": left_out,
                    "left_out_own_change": math.fsum(one["own_change"] for one in left_out),
                }
            )
            rows.append(
                change.select(
                    pl.lit(scope).alias("scope"),
                    pl.lit(start).alias("base_year"),
                    pl.lit(end).alias("comparison_year"),
                    pl.col("product_code"),
                    pl.col("product_code").replace(names).alias("name"),
                    pl.exclude("product_code"),
                )
            )
    return Found(
        {
            "sums": sums,
            "parts": list(VALUE_CHANGE_PARTS),
            "rule": screened.rule,
            "record_rule": own.rule() if own.products else "",
            "n_outliers": len(screened.outliers),
            "n_flows": len(world),
            "citation": "Ang 2005, Energy Policy 33 (LMDI-I); Fisher 1922, The Making of Index Numbers",
            "caveat": (
                "Accounting, not causation: a price effect is what the price change alone would have done to "
                "the value. Unit values stand for prices and move with the mix of qualities."
            ),
        },
        {"price_volume": pl.concat(rows)},
    )


def _left_out(own: OwnRecord, base: int, after: int) -> list[dict[str, Any]]:
    """Groups that a window leaves out, with their change on either record (unit of the pairwise source)."""
    return [
        {
            "name": row["group_code"],
            "product_codes": list(own.products[row["group_code"]]),
            "change": row["value_comparison"] - row["value_base"],
            "own_change": row["own_comparison"] - row["own_base"],
            "gap_share": row["gap_share"],
            "reason": "; ".join(
                f"{year}: {abs(row[gap] / row[value]):.0%} {'less' if row[gap] < 0 else 'more'} than in own "
                "statistics"
                for year, gap, value in (
                    (base, "gap_base", "own_base"),
                    (after, "gap_comparison", "own_comparison"),
                )
                if row[value] > 0
                and abs(row[gap]) > own.tolerance * max(row["own_base"], row["own_comparison"])
            ),
        }
        for row in own.differing(base, after).iter_rows(named=True)
    ]


def _tested(change: pl.DataFrame, own: OwnRecord, years: tuple[int, int]) -> dict[str, float]:
    """Share of what is split, by the value of both years, that could be set against the own record."""
    judged = (
        own.rows.filter(pl.col("year").is_in(years)).group_by("group_code").len().filter(pl.col("len") == 2)
    )
    codes = [code for group in judged["group_code"].sort() for code in own.products[group]]
    value = pl.col("value_base") + pl.col("value_comparison")
    whole = math.fsum(change.select(value).to_series())
    known = math.fsum(change.filter(pl.col("product_code").is_in(codes)).select(value).to_series())
    return {"share_tested": known / whole}


def find_diversion(
    pairwise: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    names: Mapping[str, str],
    own: OwnRecord = NO_OWN_RECORD,
) -> Found:
    """Where the target's exports went, by product and destination, and how concentrated they became.

    Args:
        pairwise: rows of the source of all pairs.
        coalition: member_code, joined_date, left_date.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        names: short names of products.
        own: a buyer's own record, from which products that rest on another one are flagged.

    Returns:
        values: totals, by product, concentration, coverage; rows ``destinations`` (year, group),
        ``destination_shares`` (product), ``diversion``, ``diversion_choices`` (the share made up, counted in
        other ways) and ``concentration``.
    """
    diversion = part_of(asked, "diversion")
    target_code, products = asked.target, list(asked.products)
    members = members_on(coalition, diversion.member_day)
    first, last = part_of(asked, "years")
    base, after = part_of(asked, "base_year"), part_of(asked, "comparison_year")
    every = destinations(pairwise, exporter_code=target_code, years=range(first, last + 1))
    by_group, named = _by_group(every, members, n_named=params.impact.diversion.n_named, ranked_year=after)
    windows = [([base], [after]), *((list(w.base), list(w.comparison)) for w in diversion.other_windows)]
    tables, totals = [], []
    for before_years, after_years in windows:
        summary = diversion_summary(
            decompose_diversion(
                pairwise,
                exporter_code=target_code,
                coalition=members,
                base_years=before_years,
                comparison_years=after_years,
            )
        )
        key = {"base_years": year_span(before_years), "comparison_years": year_span(after_years)}
        totals.append({**key, **summary.filter(pl.col("product_code").is_null()).row(0, named=True)})
        tables.append(summary.select(*(pl.lit(v).alias(k) for k, v in key.items()), pl.all()))
    main = tables[0].filter(pl.col("product_code").is_in(products))
    tonnes = diversion_summary(
        decompose_diversion(
            pairwise,
            exporter_code=target_code,
            coalition=members,
            base_years=[base],
            comparison_years=[after],
            product_codes=products,
            value_column="quantity_tonnes",
        )
    ).filter(pl.col("product_code").is_not_null())
    indices = concentration(
        pairwise,
        state_code=target_code,
        side="destinations",
        years=range(first, last + 1),
        product_codes=products,
    ).with_columns(pl.col("product_code").replace(names).alias("name"))
    vanished = _vanished(every, members, base, after, products)
    main_buyers = pl.DataFrame(vanished["main_buyers"], schema=_MAIN_BUYERS)
    choices = offset_choices(
        pairwise,
        exporter_code=target_code,
        coalition=members,
        windows=windows,
        without=products,
    ).with_columns(pl.col("choice").replace(names))
    return Found(
        {
            "coalition": {"n_members": len(members), "member_day": diversion.member_day.isoformat()},
            "named": named,
            "totals": totals,
            "offset_range": or_statement(lambda: _offset_range(choices)),
            "products": json_rows(
                main.join(
                    tonnes.select(
                        "product_code",
                        pl.col("value_base").alias("tonnes_base"),
                        pl.col("value_comparison").alias("tonnes_comparison"),
                        pl.col("coalition_change").alias("coalition_change_tonnes"),
                        pl.col("other_change").alias("other_change_tonnes"),
                        pl.col("offset_share").alias("offset_share_tonnes"),
                        pl.col("n_unmeasured").alias("n_unmeasured_tonnes"),
                    ),
                    on="product_code",
                    how="left",
                    maintain_order="left",
                )
                .with_columns(pl.col("product_code").replace(names).alias("name"))
                .join(_records(own, base, after), on="product_code", how="left", maintain_order="left")
                .join(main_buyers, on="product_code", how="left", maintain_order="left")
                .sort(pl.col("value_base"), descending=True)
            ),
            "concentration": json_rows(indices.filter(pl.col("year").is_in([first, base, after]))),
            "vanished": vanished,
            "citation": (
                "accounting identity; Hirschman 1945, National Power and the Structure of Foreign Trade"
            ),
            "caveat": (
                "Accounting, not causation. Since the target stopped publishing, its exports are known only "
                "where the destination reports its imports: one that stopped reporting looks like one that "
                "stopped buying, so that what went outside the coalition is a lower bound. Of a "
                "product whose largest buyer stopped reporting, the shares are those of the rest."
            ),
        },
        {
            "destinations": by_group,
            "destination_shares": _shares(every, members, named, [base, after], products, names),
            "diversion": pl.concat(tables),
            "concentration": indices,
            "diversion_choices": choices,
        },
    )


_MAIN_BUYERS = {
    "product_code": pl.String,
    "vanished_buyer": pl.String,
    "vanished_year": pl.Int64,
    "vanished_share": pl.Float64,
}


def _records(own: OwnRecord, base: int, after: int) -> pl.DataFrame:
    """Products of groups that differ from the own record, with the group's gap in each year."""
    return pl.DataFrame(
        [
            (code, row["group_code"], row["gap_base"], row["gap_comparison"])
            for row in own.differing(base, after).iter_rows(named=True)
            for code in own.products[row["group_code"]]
        ],
        schema={
            "product_code": pl.String,
            "record_group": pl.String,
            "record_gap_base": pl.Float64,
            "record_gap_comparison": pl.Float64,
        },
        orient="row",
    )


def _offset_range(choices: pl.DataFrame) -> dict[str, Any]:
    """The share made up as it is told, and the least and the most that other ways of counting give."""
    told = choices.row(0, named=True)
    others = choices.slice(1)
    known = others.filter(pl.col("offset_share").is_not_null()).sort("offset_share", maintain_order=True)
    if told["offset_share"] is None or known.is_empty():
        raise NotEstimable("The coalition did not buy less, so that there was nothing for others to make up.")
    ends = {"lower": known.row(0, named=True), "upper": known.row(-1, named=True)}
    kinds = ("choice_type", "choice", "base_years", "comparison_years")
    return {
        "estimate": told["offset_share"],
        **{end: row["offset_share"] for end, row in ends.items()},
        **{f"{end}_{kind}": row[kind] for end, row in ends.items() for kind in kinds},
        "n_choices": len(known),
        "n_without_loss": len(others) - len(known),
        "statement": (
            "A range over ways of counting, not a confidence interval: an identity has no sampling error. "
            "One choice is varied at a time: the years, the prices (those of one year for both), the goods "
            "(each main product left out), and buyers that no longer report (as if they bought as in their "
            "last year)."
        ),
    }


def find_replacement(
    pairwise: pl.DataFrame,
    *,
    asked: ImpactCase,
    own: OwnRecord = NO_OWN_RECORD,
) -> Found:
    """Who took the target's place in the reporter's imports, in tonnes and in money.

    Args:
        pairwise: rows of the source of all pairs.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        own: the reporter's own record, from which products that rest on another one are flagged.

    Returns:
        values: per product the sums and record_gap_share (how far two records of it differ; null where they
        agree or no other is known); rows ``replacement`` (per product and supplier) and
        ``supplier_shares`` (per product, supplier and year).
    """
    values: list[dict[str, Any]] = []
    rows: list[pl.DataFrame] = []
    shares: list[pl.DataFrame] = []
    reporter_code = asked.reporter
    for product in asked.replacement:
        codes, start, end, label = list(product.hs6), product.base_year, product.comparison_year, product.name
        merged = pairwise.filter(pl.col("product_code").is_in(codes)).with_columns(
            pl.lit(label).alias("product_code")
        )
        merged = _merged(merged)

        def found(column: str, frame: pl.DataFrame = merged, a: int = start, b: int = end) -> pl.DataFrame:
            return replacement(
                frame,
                importer_code=reporter_code,
                target_code=asked.target,
                base_years=[a],
                comparison_years=[b],
                value_column=column,
            )

        def sums(frame: pl.DataFrame = merged) -> dict[str, Any]:
            return {
                unit: replacement_summary(found(column, frame)).drop("product_code").row(0, named=True)
                for unit, column in (("tonnes", "quantity_tonnes"), ("value_kusd", "value_kusd"))
            }

        outcome = or_statement(sums)
        gaps = [
            one["gap_share"] for one in _left_out(own, start, end) if set(one["product_codes"]) & set(codes)
        ]
        values.append(
            {
                "name": label,
                "base_year": start,
                "comparison_year": end,
                "record_gap_share": max(gaps, default=None),
                **outcome,
            }
        )
        if "not_estimable" in outcome:
            continue
        rows.extend(
            found(column).select(
                pl.lit(label).alias("name"),
                pl.lit(unit).alias("unit"),
                pl.lit(start).alias("base_year"),
                pl.lit(end).alias("comparison_year"),
                pl.exclude("product_code"),
            )
            for unit, column in (("tonnes", "quantity_tonnes"), ("value_kusd", "value_kusd"))
        )
        first, last = part_of(asked, "years")
        shares.append(
            suppliers(
                merged,
                importer_code=reporter_code,
                years=range(first, last + 1),
                value_column="quantity_tonnes",
            ).select(pl.lit(label).alias("name"), "year", "exporter_code", "value", "share")
        )
    if not rows:
        raise NotEstimable(
            "In no product of the parameters did the reporter buy from the target: "
            + " ".join(sorted({str(one["not_estimable"]) for one in values}))
        )
    return Found(
        {
            "products": values,
            "caveat": (
                "Accounting, not causation: suppliers may have gained for other reasons. Shares are of "
                "tonnes, so that prices play no part."
            ),
        },
        {
            "replacement": pl.concat(rows),
            "supplier_shares": pl.concat(shares),
        },
    )


def _merged(flows: pl.DataFrame) -> pl.DataFrame:
    """Several codes of one product added up, null where a part is unmeasured."""
    keys = [c for c in flows.columns if c not in ("value_kusd", "quantity_tonnes", "value_thousand_jpy")]
    return (
        flows.sort(keys)
        .group_by(keys, maintain_order=True)
        .agg(
            pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
            for name in ("value_kusd", "quantity_tonnes")
        )
    )


def _by_group(
    every: pl.DataFrame, members: Collection[str], *, n_named: int, ranked_year: int
) -> tuple[pl.DataFrame, list[str]]:
    """Exports by year to the coalition, to its largest other buyers by name, and to the rest."""
    totals = (
        every.sort("year", "importer_code", "product_code")
        .group_by("year", "importer_code", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    outside = totals.filter(~pl.col("importer_code").is_in(list(members)))
    named = (
        outside.filter(pl.col("year") == ranked_year)
        .sort("value", "importer_code", descending=[True, False])["importer_code"]
        .head(n_named)
        .to_list()
    )
    grouped = (
        totals.with_columns(
            pl.when(pl.col("importer_code").is_in(list(members)))
            .then(pl.lit("coalition"))
            .when(pl.col("importer_code").is_in(named))
            .then("importer_code")
            .otherwise(pl.lit("other"))
            .alias("group")
        )
        .group_by("year", "group", maintain_order=True)
        .agg(pl.col("value").sum())
        .with_columns((pl.col("value") / pl.col("value").sum().over("year")).alias("share"))
        .sort("year", "group")
    )
    return grouped, named


def _shares(
    every: pl.DataFrame,
    members: Collection[str],
    named: Sequence[str],
    years: Sequence[int],
    products: Sequence[str],
    names: Mapping[str, str],
) -> pl.DataFrame:
    """Share of each product's exports that went to the coalition, to each named buyer and to the rest."""
    return (
        every.filter(pl.col("year").is_in(list(years)) & pl.col("product_code").is_in(list(products)))
        .with_columns(
            pl.when(pl.col("importer_code").is_in(list(members)))
            .then(pl.lit("coalition"))
            .when(pl.col("importer_code").is_in(list(named)))
            .then("importer_code")
            .otherwise(pl.lit("other"))
            .alias("group")
        )
        .sort("product_code", "year", "importer_code")
        .group_by("product_code", "year", "group", maintain_order=True)
        .agg(pl.col("value").sum(), pl.col("share").sum())
        .with_columns(pl.col("product_code").replace(names).alias("name"))
        .sort("product_code", "year", "group")
    )


def _vanished(
    every: pl.DataFrame, members: Collection[str], base: int, after: int, products: Sequence[str]
) -> dict[str, Any]:
    """Destinations outside the coalition that bought from the base year on and have no record afterwards.

    Each is valued at its last recorded year: one that bought more and more before it stopped reporting is
    worth what it bought then.
    """
    outside = every.filter(
        ~pl.col("importer_code").is_in(list(members)) & pl.col("year").is_between(base, after)
    )
    last = last_records(outside, after=after)
    wholes = dict(
        every.sort("year", "importer_code", "product_code")
        .group_by("year", maintain_order=True)
        .agg(pl.col("value").sum())
        .iter_rows()
    )
    if not wholes.get(base, 0) > 0:
        raise NotEstimable(f"The target exported nothing in {base}.")
    return {
        "n_destinations": len(last),
        "value_last": math.fsum(last["value"]),
        "share_of_exports": math.fsum(
            value / wholes[year] for year, value in last.select("last_year", "value").iter_rows()
        ),
        "largest": last.select("importer_code", "last_year", "value").head(5).to_dicts(),
        "main_buyers": json_rows(_main_buyers_vanished(every.filter(pl.col("year") >= base), last, products)),
    }


def _main_buyers_vanished(every: pl.DataFrame, last: pl.DataFrame, products: Sequence[str]) -> pl.DataFrame:
    """Products whose largest buyer of some year has no record at the end, with its share in that year.

    Args:
        every: exports by year, importer_code and product_code, from the base year on.
        last: destinations without a record at the end, from :func:`last_records`.
        products: codes.

    Returns:
        product_code, vanished_buyer, vanished_year (the latest year in which it was the largest) and
        vanished_share.
    """
    buyers = (
        every.filter(pl.col("product_code").is_in(list(products)) & (pl.col("value") > 0))
        .sort("product_code", "year", "value", "importer_code", descending=[False, False, True, False])
        .group_by("product_code", "year", maintain_order=True)
        .first()
    )
    return (
        buyers.join(
            last.select("importer_code"),
            on="importer_code",
            how="semi",
            maintain_order="left",
        )
        .select(
            "product_code",
            pl.col("importer_code").alias("vanished_buyer"),
            pl.col("year").alias("vanished_year"),
            pl.col("share").alias("vanished_share"),
        )
        .sort("product_code", "vanished_year")
        .unique("product_code", keep="last", maintain_order=True)
    )
