"""Findings on the target's trade with all states: mirror, price and volume, diversion, replacement."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from analysis.errors import NotEstimable
from analysis.impact.diversion import (
    concentration,
    decompose_diversion,
    destinations,
    diversion_summary,
    members_on,
    offset_choices,
    replacement,
    replacement_summary,
    suppliers,
    year_span,
)
from analysis.impact.findings import Found, json_rows, or_reason
from analysis.impact.mirror import annual_flows, reconcile
from analysis.impact.price_volume import (
    VALUE_CHANGE_PARTS,
    decompose_value_change,
    screen_unit_values,
    sum_value_change,
)


def find_mirror(
    pairwise: pl.DataFrame,
    national: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    reporter_code: str,
    target_code: str,
    options: Mapping[str, Any],
) -> Found:
    """The pairwise source set against the reporter's own statistics of its imports from the target.

    Args:
        pairwise: rows of the source of all pairs, ``value_kusd``.
        national: the reporter's rows, monthly.
        exchange_rates: table of that name.
        reporter_code: the importer.
        target_code: the exporter.
        options: section ``impact.mirror``: years, value_column and currency of the national source,
            pairwise_currency, tolerance, and groups (name, hs6, goods: level and code).

    Returns:
        values: groups (rows), citation, statement; rows ``mirror``.
    """
    concordance = pl.DataFrame(
        [
            row
            for group in options["groups"]
            for row in [
                *((group["name"], "left", options["pairwise_system"], "hs6", code) for code in group["hs6"]),
                (
                    group["name"],
                    "right",
                    options["national_system"],
                    group["goods"]["level"],
                    group["goods"]["code"],
                ),
            ]
        ],
        schema=["group_code", "side_type", "product_system", "product_level", "product_code"],
        orient="row",
    )
    between = (pl.col("reporter_code") == target_code) & (pl.col("partner_code") == reporter_code)
    imported = (
        (pl.col("reporter_code") == reporter_code)
        & (pl.col("partner_code") == target_code)
        & (pl.col("flow_type") == "import")
    )
    compared = reconcile(
        pairwise.filter(between),
        national.filter(imported),
        concordance=concordance,
        years=options["years"],
        exchange_rates=exchange_rates,
        currency=options["currency"],
        left_value_column="value_kusd",
        left_currency=options["pairwise_currency"],
        right_value_column=options["value_column"],
        right_currency=options["currency"],
    )
    within = compared.filter(pl.col("ratio").is_not_null())
    agree = (within["ratio"] - 1).abs() <= options["tolerance"]
    return Found(
        {
            "rows": json_rows(compared),
            "years_in_agreement": sorted(within.filter(agree)["year"].unique().to_list()),
            "n_compared": len(within),
            "n_in_agreement": int(agree.sum()),
            "tolerance": options["tolerance"],
            "currency": options["currency"],
            "caveat": (
                "Where the pairwise source equals the reporter's own record, freight and insurance are in "
                "it; where it does not, it rests at least in part on the target's record of the same goods. "
                "A change from such a year mixes trade with a change of record. Re-exported goods never "
                "meet their mirror: importers record the origin, exporters the destination."
            ),
        },
        {"mirror": compared},
    )


def find_price_volume(
    pairwise: pl.DataFrame,
    *,
    reporter_code: str,
    target_code: str,
    options: Mapping[str, Any],
    names: Mapping[str, str],
) -> Found:
    """Changes in value split into price and volume: the reporter's imports, and all the target exports.

    Args:
        pairwise: rows of the source of all pairs.
        reporter_code: the importer.
        target_code: the exporter.
        options: section ``impact.price_volume``: windows (from, to), k (of the unit-value rule), and
            ``unreliable`` (product_code, year, why): product-years whose value is of another record.
        names: short names of products.

    Returns:
        values: per window the sums and the statement on what was left out; rows ``price_volume``.
    """
    years = sorted({year for window in options["windows"] for year in (window["from"], window["to"])})
    world = annual_flows(pairwise, years=years)
    screened = screen_unit_values(world, k=options["k"])
    unreliable = {
        (str(one["product_code"]), int(one["year"])): str(one["why"]) for one in options["unreliable"]
    }
    rows, sums = [], []
    for scope, flows in (
        ("reporter", screened.flows.filter(pl.col("importer_code") == reporter_code)),
        ("world", screened.flows),
    ):
        traded = flows.filter(pl.col("exporter_code") == target_code)
        for window in options["windows"]:
            start, end = int(window["from"]), int(window["to"])
            skipped = (
                sorted(code for code, year in unreliable if year in (start, end))
                if scope == "reporter"
                else []
            )
            kept = traded.filter(~pl.col("product_code").is_in(skipped))
            change = decompose_value_change(kept, base_year=start, comparison_year=end)
            total = sum_value_change(change)
            sums.append(
                {
                    "scope": scope,
                    "base_year": start,
                    "comparison_year": end,
                    **total.row(0, named=True),
                    "left_out": [
                        {
                            "product_code": code,
                            "name": names.get(code, code),
                            "reason": " ".join(
                                why
                                for (c, year), why in sorted(unreliable.items())
                                if c == code and year in (start, end)
                            ),
                        }
                        for code in skipped
                    ],
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


def find_diversion(
    pairwise: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    target_code: str,
    options: Mapping[str, Any],
    names: Mapping[str, str],
) -> Found:
    """Where the target's exports went, by product and destination, and how concentrated they became.

    Args:
        pairwise: rows of the source of all pairs.
        coalition: member_code, joined_date, left_date.
        target_code: the exporter.
        options: section ``impact.diversion``: years (first, last), base_year, comparison_year, other_windows,
            n_named, member_day, products.
        names: short names of products.

    Returns:
        values: totals, by product, concentration, coverage; rows ``destinations`` (year, group),
        ``destination_shares`` (product), ``diversion``, ``diversion_choices`` (the share made up, counted in
        other ways) and ``concentration``.
    """
    members = members_on(coalition, date.fromisoformat(options["member_day"]))
    first, last = options["years"]
    base, after = int(options["base_year"]), int(options["comparison_year"])
    every = destinations(pairwise, exporter_code=target_code, years=range(first, last + 1))
    by_group, named = _by_group(every, members, n_named=options["n_named"], ranked_year=after)
    windows = [([base], [after]), *((w["base"], w["comparison"]) for w in options["other_windows"])]
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
    main = tables[0].filter(pl.col("product_code").is_in(options["products"]))
    tonnes = diversion_summary(
        decompose_diversion(
            pairwise,
            exporter_code=target_code,
            coalition=members,
            base_years=[base],
            comparison_years=[after],
            product_codes=options["products"],
            value_column="quantity_tonnes",
        )
    ).filter(pl.col("product_code").is_not_null())
    indices = concentration(
        pairwise,
        state_code=target_code,
        side="destinations",
        years=range(first, last + 1),
        product_codes=options["products"],
    ).with_columns(pl.col("product_code").replace(names).alias("name"))
    vanished = _vanished(every, members, base, after)
    choices = offset_choices(
        pairwise,
        exporter_code=target_code,
        coalition=members,
        windows=windows,
        without=options["products"],
    ).with_columns(pl.col("choice").replace(names))
    return Found(
        {
            "coalition": {"n_members": len(members), "member_day": options["member_day"]},
            "named": named,
            "totals": totals,
            "offset_range": or_reason(lambda: _offset_range(choices)),
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
                "stopped buying, so that what went outside the coalition is a lower bound."
            ),
        },
        {
            "destinations": by_group,
            "destination_shares": _shares(every, members, named, [base, after], options["products"], names),
            "diversion": pl.concat(tables),
            "concentration": indices,
            "diversion_choices": choices,
        },
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
            "(each main product left out), and buyers that no longer report (as if they bought as before)."
        ),
    }


def find_replacement(
    pairwise: pl.DataFrame,
    *,
    reporter_code: str,
    target_code: str,
    options: Mapping[str, Any],
) -> Found:
    """Who took the target's place in the reporter's imports, in tonnes and in money.

    Args:
        pairwise: rows of the source of all pairs.
        reporter_code: the importer.
        target_code: the supplier whose place is in question.
        options: section ``impact.replacement``: years (first, last) and products (hs6, name, base_year,
            comparison_year).

    Returns:
        values: per product the sums; rows ``replacement`` (per product and supplier) and ``supplier_shares``
        (per product, supplier and year).
    """
    values: list[dict[str, Any]] = []
    rows: list[pl.DataFrame] = []
    shares: list[pl.DataFrame] = []
    for product in options["products"]:
        codes, start, end = product["hs6"], int(product["base_year"]), int(product["comparison_year"])
        label = product["name"]
        merged = pairwise.filter(pl.col("product_code").is_in(codes)).with_columns(
            pl.lit(label).alias("product_code")
        )
        merged = _merged(merged)

        def found(column: str, frame: pl.DataFrame = merged, a: int = start, b: int = end) -> pl.DataFrame:
            return replacement(
                frame,
                importer_code=reporter_code,
                target_code=target_code,
                base_years=[a],
                comparison_years=[b],
                value_column=column,
            )

        def sums(frame: pl.DataFrame = merged) -> dict[str, Any]:
            return {
                unit: replacement_summary(found(column, frame)).drop("product_code").row(0, named=True)
                for unit, column in (("tonnes", "quantity_tonnes"), ("value_kusd", "value_kusd"))
            }

        outcome = or_reason(sums)
        values.append({"name": label, "base_year": start, "comparison_year": end, **outcome})
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
        first, last = options["years"]
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


def _vanished(every: pl.DataFrame, members: Collection[str], base: int, after: int) -> dict[str, Any]:
    """Destinations outside the coalition that bought in the base year and have no record afterwards."""
    totals = (
        every.filter(~pl.col("importer_code").is_in(list(members)))
        .sort("importer_code", "product_code")
        .group_by("importer_code", "year", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    recorded = totals.filter((pl.col("year") == after) & (pl.col("value") > 0))
    gone = (
        totals.filter((pl.col("year") == base) & (pl.col("value") > 0))
        .join(recorded.select("importer_code"), on="importer_code", how="anti")
        .sort("value", "importer_code", descending=[True, False])
    )
    outside = math.fsum(totals.filter(pl.col("year") == base)["value"])
    whole = math.fsum(every.filter(pl.col("year") == base)["value"])
    lost = math.fsum(gone["value"])
    if not whole > 0:
        raise NotEstimable(f"The target exported nothing in {base}.")
    return {
        "n_destinations": len(gone),
        "value_base": lost,
        "share_of_exports": lost / whole,
        "share_of_exports_outside": lost / outside if outside > 0 else None,
        "largest": gone.select("importer_code", "value").head(5).to_dicts(),
    }
