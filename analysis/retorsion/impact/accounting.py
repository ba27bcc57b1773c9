"""Where a target's exports went, who took its place, and how concentrated its trade became.

Accounting, not causation: every decomposition adds up to the observed change and says nothing of what
would have happened without the measures.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal

import polars as pl

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import require_columns
from retorsion.estimators.herfindahl import concentration as index_of_concentration
from retorsion.impact.records import annual_flows

#: Terms of :func:`decompose_diversion` in the order of its result.
DIVERSION_TERMS = ("gain", "loss", "new", "lost", "unmeasured")


def members_on(coalition: pl.DataFrame, day: date) -> frozenset[str]:
    """States that belong to a coalition on a day.

    Args:
        coalition: member_code, joined_date, and, where members may leave, left_date (null: has not left).
        day: the day asked about; a state belongs from its joined_date to the day before its left_date.

    Raises:
        NotEstimable: nobody belongs on that day.
    """
    require_columns(coalition, ["member_code", "joined_date"], "coalition")
    inside = pl.col("joined_date") <= day
    if "left_date" in coalition.columns:
        inside &= pl.col("left_date").is_null() | (pl.col("left_date") > day)
    members = frozenset(coalition.filter(inside)["member_code"].to_list())
    if not members:
        raise NotEstimable(f"Nobody belongs to the coalition on {day}.")
    return members


def destinations(
    trade_flows: pl.DataFrame,
    *,
    exporter_code: str,
    years: Collection[int],
    product_codes: Collection[str] | None = None,
    value_column: str = "value_kusd",
    exclude_codes: Collection[str] = (),
) -> pl.DataFrame:
    """Where a state's exports went, by product and year.

    Args:
        trade_flows: see :func:`retorsion.impact.records.annual_flows`.
        exporter_code: the exporting state.
        years: calendar years.
        product_codes: keep these products only.
        value_column: value_kusd, quantity_tonnes or another column to measure flows by.
        exclude_codes: groups of states that overlap their members.

    Returns:
        product_code, year, importer_code, value, quantity_tonnes, share (of the product-year, 0 to 1;
        null where any flow of the product-year is unmeasured or all are zero); largest first within
        product and year.
    """
    flows = annual_flows(
        trade_flows,
        years=years,
        value_column=value_column,
        exporter_code=exporter_code,
        product_codes=product_codes,
        exclude_codes=exclude_codes,
    )
    return _with_shares(flows, "importer_code")


def suppliers(
    trade_flows: pl.DataFrame,
    *,
    importer_code: str,
    years: Collection[int],
    product_codes: Collection[str] | None = None,
    value_column: str = "value_kusd",
    exclude_codes: Collection[str] = (),
) -> pl.DataFrame:
    """Where a state's imports came from, by product and year; the mirror image of :func:`destinations`.

    Returns:
        product_code, year, exporter_code, value, quantity_tonnes, share.
    """
    flows = annual_flows(
        trade_flows,
        years=years,
        value_column=value_column,
        importer_code=importer_code,
        product_codes=product_codes,
        exclude_codes=exclude_codes,
    )
    return _with_shares(flows, "exporter_code")


def _with_shares(flows: pl.DataFrame, partner: str) -> pl.DataFrame:
    whole = pl.col("value").sum().over("product_code", "year")
    measured = pl.col("value").is_not_null().all().over("product_code", "year")
    return flows.select(
        "product_code",
        "year",
        partner,
        "value",
        "quantity_tonnes",
        pl.when(measured & (whole > 0)).then(pl.col("value") / whole).alias("share"),
    ).sort("product_code", "year", "value", partner, descending=[False, False, True, False], nulls_last=True)


def _windows(
    flows: pl.DataFrame, partner: str, base_years: Collection[int], comparison_years: Collection[int]
) -> pl.DataFrame:
    """Average annual value of each product and partner in two windows; absent is zero, unmeasured null."""
    sides = []
    for years, name in ((base_years, "value_base"), (comparison_years, "value_comparison")):
        own = sorted(set(years))
        sides.append(
            flows.filter(pl.col("year").is_in(own))
            .group_by("product_code", partner)
            .agg(
                pl.when(pl.col("value").is_null().any())
                .then(None)
                .otherwise(pl.col("value").sort().sum() / len(own))
                .alias(name),
                pl.lit(True).alias(f"has_{name}"),
            )
        )
    both = sides[0].join(sides[1], on=["product_code", partner], how="full", coalesce=True)
    return both.select(
        "product_code",
        partner,
        *(
            pl.when(pl.col(f"has_{name}").is_null()).then(0.0).otherwise(name).alias(name)
            for name in ("value_base", "value_comparison")
        ),
    ).sort("product_code", partner)


def _flows_of_windows(
    trade_flows: pl.DataFrame,
    base_years: Collection[int],
    comparison_years: Collection[int],
    *,
    value_column: str,
    product_codes: Collection[str] | None,
    exclude_codes: Collection[str],
    exporter_code: str | None = None,
    importer_code: str | None = None,
) -> pl.DataFrame:
    if not base_years or not comparison_years:
        raise NotEstimable("A change needs at least one year before and one year after.")
    if shared := set(base_years) & set(comparison_years):
        raise ParameterError(f"the years {sorted(shared)} are in both windows: a year belongs to one of them")
    flows = annual_flows(
        trade_flows,
        years=[*base_years, *comparison_years],
        value_column=value_column,
        exporter_code=exporter_code,
        importer_code=importer_code,
        product_codes=product_codes,
        exclude_codes=exclude_codes,
    )
    if flows["value"].sum() == 0:
        raise NotEstimable("All flows of the chosen products are zero in both windows.")
    return flows


def decompose_diversion(
    trade_flows: pl.DataFrame,
    *,
    exporter_code: str,
    coalition: Collection[str],
    base_years: Collection[int],
    comparison_years: Collection[int],
    product_codes: Collection[str] | None = None,
    value_column: str = "value_kusd",
    exclude_codes: Collection[str] = (),
) -> pl.DataFrame:
    """Split the change of a state's exports into what the coalition and the other destinations did.

    Values are annual averages over each window. A destination counts as new when it bought nothing in the
    base window and as lost when it bought nothing in the comparison window. Per product the changes add up
    to the change of its total to rounding error.

    Args:
        trade_flows: see :func:`retorsion.impact.records.annual_flows`.
        exporter_code: the state whose exports are decomposed.
        coalition: members of the coalition, for instance from :func:`members_on`.
        base_years: window before.
        comparison_years: window after.
        product_codes: keep these products only.
        value_column: value_kusd, or quantity_tonnes: then destinations without a recorded quantity in
            either window are left out of both, and counted in the term ``unmeasured``.
        exclude_codes: groups of states that overlap their members.

    Returns:
        product_code, group_type (coalition or other), term_type (gain, loss, new, lost, unmeasured),
        value_base, value_comparison, change, n_destinations. One row per product, group and term, absent
        terms with zero; in ``unmeasured`` the three numbers are null.

    Raises:
        NotEstimable: no flow, only zero flows, or a year not covered by the table.
        ParameterError: the coalition is empty, contains the exporter, or the windows overlap.
    """
    if not coalition:
        raise ParameterError("the coalition is empty: name at least one member")
    if exporter_code in coalition:
        raise ParameterError(f"{exporter_code} cannot be a member of the coalition against itself")
    flows = _flows_of_windows(
        trade_flows,
        base_years,
        comparison_years,
        value_column=value_column,
        product_codes=product_codes,
        exclude_codes=exclude_codes,
        exporter_code=exporter_code,
    )
    base, comparison = pl.col("value_base"), pl.col("value_comparison")
    classified = _windows(flows, "importer_code", base_years, comparison_years).with_columns(
        pl.when(pl.col("importer_code").is_in(sorted(set(coalition))))
        .then(pl.lit("coalition"))
        .otherwise(pl.lit("other"))
        .alias("group_type"),
        pl.when(base.is_null() | comparison.is_null())
        .then(pl.lit("unmeasured"))
        .when(base == 0)
        .then(pl.lit("new"))
        .when(comparison == 0)
        .then(pl.lit("lost"))
        .when(comparison >= base)
        .then(pl.lit("gain"))
        .otherwise(pl.lit("loss"))
        .alias("term_type"),
    )
    # a destination with zero in both windows took no part
    classified = classified.filter((base != 0) | (comparison != 0) | base.is_null() | comparison.is_null())
    grid = (
        flows.select("product_code")
        .unique()
        .join(pl.DataFrame({"group_type": ["coalition", "other"]}), how="cross")
        .join(
            pl.DataFrame({"term_type": DIVERSION_TERMS, "__order": range(len(DIVERSION_TERMS))}), how="cross"
        )
    )
    terms = classified.group_by("product_code", "group_type", "term_type").agg(
        base.sort().sum(), comparison.sort().sum(), pl.len().cast(pl.Int64).alias("n_destinations")
    )
    number = pl.when(pl.col("term_type") != "unmeasured")
    return (
        grid.join(terms, on=["product_code", "group_type", "term_type"], how="left")
        .sort("product_code", "group_type", "__order")
        .select(
            "product_code",
            "group_type",
            "term_type",
            number.then(base.fill_null(0.0)),
            number.then(comparison.fill_null(0.0)),
            number.then(comparison.fill_null(0.0) - base.fill_null(0.0)).alias("change"),
            pl.col("n_destinations").fill_null(0),
        )
    )


def diversion_summary(terms: pl.DataFrame) -> pl.DataFrame:
    """One row per product from :func:`decompose_diversion`, and one, ``product_code`` null, for their sum.

    Returns:
        product_code, value_base, value_comparison, total_change, coalition_change, other_change, offset_share
        (what the other destinations added for each unit the coalition dropped: minus other_change over
        coalition_change; null unless the coalition bought less), n_new, n_lost (destinations), n_unmeasured.
        total_change = coalition_change + other_change.
    """
    if terms.is_empty():
        raise NotEstimable("There is no decomposition to sum up.")

    def summed(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
        def of(group: str) -> pl.Expr:
            return pl.col("change").filter(pl.col("group_type") == group).sum()

        def count(term: str) -> pl.Expr:
            return pl.col("n_destinations").filter(pl.col("term_type") == term).sum()

        numbers = [
            pl.col("value_base").sum(),
            pl.col("value_comparison").sum(),
            of("coalition").alias("coalition_change"),
            of("other").alias("other_change"),
            count("new").alias("n_new"),
            count("lost").alias("n_lost"),
            count("unmeasured").alias("n_unmeasured"),
        ]
        if keys:
            return frame.group_by(*keys, maintain_order=True).agg(numbers)
        return frame.select(pl.lit(None, dtype=pl.String).alias("product_code"), *numbers)

    # not over products for quantities of unlike goods: the caller decides whether the sum has a meaning
    rows = pl.concat([summed(terms, "product_code"), summed(terms)])
    fell = pl.col("coalition_change") < 0
    return rows.select(
        "product_code",
        "value_base",
        "value_comparison",
        (pl.col("coalition_change") + pl.col("other_change")).alias("total_change"),
        "coalition_change",
        "other_change",
        pl.when(fell).then(-pl.col("other_change") / pl.col("coalition_change")).alias("offset_share"),
        "n_new",
        "n_lost",
        "n_unmeasured",
    )


def last_records(flows: pl.DataFrame, *, after: int) -> pl.DataFrame:
    """Destinations and products that were bought before a year and have no record from it on.

    A destination that reports on can fall silent on one product, or stop buying it: no record tells the two apart.

    Args:
        flows: year, importer_code, product_code, value, one row or more a year, destination and product.
        after: first year without a record.

    Returns:
        importer_code, product_code, last_year, value (of the product in that year), is_silent (whether the
        destination has no record of any product from ``after`` on); the largest first.
    """
    key = ["importer_code", "product_code"]
    totals = (
        flows.filter(pl.col("value") > 0)
        .sort(*key, "year", "value")
        .group_by(*key, "year", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    later = totals.filter(pl.col("year") >= after)
    return (
        totals.join(later, on=key, how="anti")
        .group_by(key, maintain_order=True)
        .agg(pl.col("year").last().alias("last_year"), pl.col("value").last())
        .with_columns(
            (~pl.col("importer_code").is_in(later["importer_code"].unique().to_list())).alias("is_silent")
        )
        .sort("value", *key, descending=[True, False, False])
    )


def year_span(years: Collection[int]) -> str:
    """Years as text: one alone, or the first and the last."""
    ordered = sorted(years)
    return str(ordered[0]) if len(ordered) == 1 else f"{ordered[0]}-{ordered[-1]}"


def replacement(
    trade_flows: pl.DataFrame,
    *,
    importer_code: str,
    target_code: str,
    base_years: Collection[int],
    comparison_years: Collection[int],
    product_codes: Collection[str] | None = None,
    value_column: str = "value_kusd",
    exclude_codes: Collection[str] = (),
) -> pl.DataFrame:
    """Who took the target's place in an importer's purchases, by product.

    Args:
        trade_flows: see :func:`retorsion.impact.records.annual_flows`.
        importer_code: the buying state.
        target_code: the supplier whose place is in question.
        base_years: window before; values are annual averages.
        comparison_years: window after.
        product_codes: keep these products only; others enter only if the target supplied them in one of
            the windows.
        value_column: value_kusd, or quantity_tonnes: suppliers without a recorded quantity in either
            window then have null numbers and enter no sum.
        exclude_codes: groups of states that overlap their members.

    Returns:
        product_code, exporter_code, role_type (target, other), value_base, value_comparison, change,
        share_base, share_comparison, replaced_share (the supplier's change for each unit the target
        dropped; null unless the target sold less). Per product the changes add up to the change of the
        importer's total. The target first, then by change, largest first.

    Raises:
        NotEstimable: the target supplied none of the products, or a year is not covered by the table.
    """
    flows = _flows_of_windows(
        trade_flows,
        base_years,
        comparison_years,
        value_column=value_column,
        product_codes=product_codes,
        exclude_codes=exclude_codes,
        importer_code=importer_code,
    )
    windows = _windows(flows, "exporter_code", base_years, comparison_years)
    is_target = pl.col("exporter_code") == target_code
    supplied = windows.filter(is_target & ((pl.col("value_base") > 0) | (pl.col("value_comparison") > 0)))
    if supplied.is_empty():
        raise NotEstimable(
            f"{target_code} supplied {importer_code} with none of the products in either window, so that "
            "nothing could be replaced."
        )
    change = pl.col("value_comparison") - pl.col("value_base")
    # an unmeasured window leaves the pair out of both, so that the change compares like with like
    measured = change.is_not_null()
    dropped = -change.filter(is_target).first().over("product_code")

    def share(column: str) -> pl.Expr:
        whole = pl.col(column).filter(measured).sum().over("product_code")
        return pl.when(measured & (whole > 0)).then(pl.col(column) / whole)

    return (
        windows.join(supplied.select("product_code"), on="product_code", how="semi")
        .with_columns(
            pl.when(is_target).then(pl.lit("target")).otherwise(pl.lit("other")).alias("role_type"),
            pl.when(measured).then("value_base").alias("value_base"),
            pl.when(measured).then("value_comparison").alias("value_comparison"),
            change.alias("change"),
            share("value_base").alias("share_base"),
            share("value_comparison").alias("share_comparison"),
            pl.when(~is_target & (dropped > 0)).then(change / dropped).alias("replaced_share"),
        )
        .sort(
            "product_code",
            "role_type",
            "change",
            "exporter_code",
            descending=[False, True, True, False],
            nulls_last=True,
        )
        .select(
            "product_code",
            "exporter_code",
            "role_type",
            "value_base",
            "value_comparison",
            "change",
            "share_base",
            "share_comparison",
            "replaced_share",
        )
    )


def replacement_summary(suppliers_change: pl.DataFrame) -> pl.DataFrame:
    """One row per product from :func:`replacement`.

    Returns:
        product_code, target_change, gains (of the other suppliers that sold more), losses (of those that
        sold less), total_change, replaced_share (net gain of the others for each unit the target dropped;
        null unless it sold less; below 0 where the others also sold less), largest_gainer_code,
        n_unmeasured. total_change = target_change + gains + losses.
    """
    if suppliers_change.is_empty():
        raise NotEstimable("There is no replacement to sum up.")
    change = pl.col("change")
    others = change.filter(pl.col("role_type") == "other")
    gainer = (
        pl.col("exporter_code")
        .filter((pl.col("role_type") == "other") & (change > 0))
        .sort_by(change.filter((pl.col("role_type") == "other") & (change > 0)), descending=True)
    )
    return (
        suppliers_change.group_by("product_code", maintain_order=True)
        .agg(
            change.filter(pl.col("role_type") == "target").first().alias("target_change"),
            others.filter(others > 0).sum().alias("gains"),
            others.filter(others < 0).sum().alias("losses"),
            gainer.first().alias("largest_gainer_code"),
            change.null_count().cast(pl.Int64).alias("n_unmeasured"),
        )
        .with_columns(
            (pl.col("target_change").fill_null(0.0) + pl.col("gains") + pl.col("losses")).alias(
                "total_change"
            ),
            pl.when(pl.col("target_change") < 0)
            .then(-(pl.col("gains") + pl.col("losses")) / pl.col("target_change"))
            .alias("replaced_share"),
        )
        .select(
            "product_code",
            "target_change",
            "gains",
            "losses",
            "total_change",
            "replaced_share",
            "largest_gainer_code",
            "n_unmeasured",
        )
    )


def concentration(
    trade_flows: pl.DataFrame,
    *,
    state_code: str,
    side: Literal["destinations", "suppliers"],
    years: Collection[int],
    product_codes: Collection[str] | None = None,
    value_column: str = "value_kusd",
    exclude_codes: Collection[str] = (),
) -> pl.DataFrame:
    """Herfindahl-Hirschman index of a state's partners, by product and year.

    See :func:`retorsion.estimators.herfindahl.concentration`.

    Args:
        trade_flows: see :func:`retorsion.impact.records.annual_flows`.
        state_code: the state whose partners are counted.
        side: ``destinations`` of its exports or ``suppliers`` of its imports.
        years: calendar years.
        product_codes: keep these products only.
        value_column: value_kusd, quantity_tonnes or another column.
        exclude_codes: groups of states that overlap their members.

    Returns:
        product_code, year, value, n_partners, hhi (0 to 1), effective_partners (1 over hhi),
        largest_partner_code, largest_share. Every product has every year: a year without trade has value 0,
        no partners and null elsewhere; a year with an unmeasured flow has null throughout but n_partners.
    """
    partner = "importer_code" if side == "destinations" else "exporter_code"
    flows = annual_flows(
        trade_flows,
        years=years,
        value_column=value_column,
        exporter_code=state_code if side == "destinations" else None,
        importer_code=state_code if side == "suppliers" else None,
        product_codes=product_codes,
        exclude_codes=exclude_codes,
    )
    if flows["value"].sum() == 0:
        raise NotEstimable(f"All flows of {state_code} are zero, so that nothing is concentrated.")
    grid = (
        flows.select("product_code")
        .unique()
        .join(pl.DataFrame({"year": sorted(set(years))}, schema={"year": flows.schema["year"]}), how="cross")
    )
    indices = index_of_concentration(flows, value="value", unit=partner, by=("product_code", "year")).rename(
        {
            "total": "value",
            "n_units": "n_partners",
            "effective_units": "effective_partners",
            "largest_unit": "largest_partner_code",
        }
    )
    return (
        grid.join(indices, on=["product_code", "year"], how="left")
        .with_columns(
            pl.when(pl.col("n_partners").is_null()).then(0.0).otherwise("value").alias("value"),
            pl.col("n_partners").fill_null(0),
        )
        .select(
            "product_code",
            "year",
            "value",
            "n_partners",
            "hhi",
            "effective_partners",
            "largest_partner_code",
            "largest_share",
        )
        .sort("product_code", "year")
    )
