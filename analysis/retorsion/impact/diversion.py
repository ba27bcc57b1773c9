"""Finding: where the target's exports went: an accounting share, on one record for all years where there is one."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.findings import or_statement
from retorsion.impact.accounting import (
    concentration,
    decompose_diversion,
    destinations,
    diversion_summary,
    last_records,
    members_on,
    year_span,
)
from retorsion.impact.findings import Found, json_rows, part_of
from retorsion.impact.goods import with_label
from retorsion.impact.offsets import offset_choices
from retorsion.impact.records import (
    NO_OWN_RECORD,
    OwnRecord,
)
from retorsion.params import ImpactCase, Params

_MAIN_BUYERS = {
    "product_code": pl.String,
    "vanished_buyer": pl.String,
    "vanished_year": pl.Int64,
    "vanished_share": pl.Float64,
}

_CITATION = "accounting identity; Hirschman 1945, National Power and the Structure of Foreign Trade"

_CAVEAT = (
    "An accounting share: it sets what others bought more against what the coalition bought less, and says neither "
    "that the same goods went there nor what would have happened otherwise. Where the exporter is silent its exports "
    "are known only from destinations that report them: one that fell silent on a product looks like one that stopped "
    "buying it. A base on another record moves the share either way."
)


def find_diversion(
    pairwise: pl.DataFrame,
    coalition: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    names: Mapping[str, str],
    own: OwnRecord = NO_OWN_RECORD,
    records: Mapping[str, pl.DataFrame] | None = None,
) -> Found:
    """Where the target's exports went, by product and destination, and how concentrated they became.

    Args:
        pairwise: rows of the source of all pairs, on one record for all years where there is one.
        coalition: member_code, joined_date, left_date.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        names: short names of products.
        own: a buyer's own record, from which products that rest on another one are flagged.
        records: the same rows on other choices of record, by name.

    Returns:
        values: totals, by product, concentration, coverage; rows ``destinations`` (year, group),
        ``destination_shares`` (product), ``diversion``, ``diversion_choices`` (the share counted in other
        ways; null where the coalition's loss is too small for one), ``concentration``, ``vanished``
        (destination and product without a record at the end) and ``buyers`` (destination).
    """
    diversion = part_of(asked, "diversion")
    pairwise = _exports_of(pairwise, asked.target)
    others = {name: _exports_of(flows, asked.target) for name, flows in (records or {}).items()}
    target_code, products = asked.target, list(asked.products)
    members = members_on(coalition, diversion.member_day)
    first, last = part_of(asked, "years")
    base, after = part_of(asked, "base_year"), part_of(asked, "comparison_year")
    every = destinations(pairwise, exporter_code=target_code, years=range(first, last + 1))
    by_group, named = _by_group(every, members, n_named=params.impact.diversion.n_named, ranked_year=after)
    windows = [([base], [after]), *((list(w.base), list(w.comparison)) for w in diversion.other_windows)]
    exports_of: dict[str, Any] = {"exporter_code": target_code, "coalition": members}
    tables = [_change(pairwise, before, since, **exports_of) for before, since in windows]
    main = tables[0].filter(pl.col("product_code").is_in(products))
    tonnes = _change(
        pairwise, [base], [after], **exports_of, product_codes=products, value_column="quantity_tonnes"
    )
    indices = concentration(
        pairwise,
        state_code=target_code,
        side="destinations",
        years=range(first, last + 1),
        product_codes=products,
    ).with_columns(with_label(names))
    vanished, gone = _vanished(every, members, base, after, products, names)
    choices = offset_choices(pairwise, **exports_of, windows=windows, without=products, records=others)
    choices = _large_enough(choices.with_columns(pl.col("choice").replace(names)), params)
    by_product = _by_product(main, tonnes, names).join(
        _records(own, base, after), on="product_code", how="left", maintain_order="left"
    )
    main_buyers = pl.DataFrame(vanished["main_buyers"], schema=_MAIN_BUYERS)
    return Found(
        {
            "coalition": {"n_members": len(members), "member_day": diversion.member_day.isoformat()},
            "named": named,
            "goods": diversion.goods,
            "n_goods": every["product_code"].n_unique(),
            "totals": [one.filter(pl.col("product_code").is_null()).row(0, named=True) for one in tables],
            "offset_range": or_statement(lambda: _offset_range(choices)),
            "products": json_rows(
                by_product.join(main_buyers, on="product_code", how="left", maintain_order="left").sort(
                    pl.col("value_base"), descending=True
                )
            ),
            "concentration": json_rows(indices.filter(pl.col("year").is_in([first, base, after]))),
            "vanished": vanished,
            "citation": _CITATION,
            "caveat": _CAVEAT,
        },
        {
            "destinations": by_group,
            "destination_shares": _shares(every, members, named, [base, after], products, names),
            "diversion": pl.concat(tables),
            "concentration": indices,
            "diversion_choices": choices,
            "vanished": gone,
            "buyers": _buyers(every, members, gone, (base, after)),
        },
    )


def _change(
    pairwise: pl.DataFrame, before: Sequence[int], after: Sequence[int], **chosen: Any
) -> pl.DataFrame:
    """The change between two windows by product and for all, with the windows as text."""
    terms = decompose_diversion(pairwise, base_years=before, comparison_years=after, **chosen)
    return diversion_summary(terms).select(
        pl.lit(year_span(before)).alias("base_years"),
        pl.lit(year_span(after)).alias("comparison_years"),
        pl.all(),
    )


def _large_enough(choices: pl.DataFrame, params: Params) -> pl.DataFrame:
    """Ways of counting, without a share where the coalition's loss is too small a part of the one told."""
    loss = -pl.col("coalition_change")
    return choices.with_columns(
        pl.when(loss >= params.impact.diversion.min_loss_share * loss.first())
        .then("offset_share")
        .alias("offset_share")
    )


def _by_product(money: pl.DataFrame, tonnes: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Changes of products in money and in tonnes, side by side."""
    measured = {
        "value_base": "tonnes_base",
        "value_comparison": "tonnes_comparison",
        **{
            column: f"{column}_tonnes"
            for column in ("coalition_change", "other_change", "offset_share", "n_unmeasured")
        },
    }
    return money.join(
        tonnes.select("product_code", *(pl.col(column).alias(name) for column, name in measured.items())),
        on="product_code",
        how="left",
        maintain_order="left",
    ).with_columns(with_label(names))


def _exports_of(flows: pl.DataFrame, target_code: str) -> pl.DataFrame:
    """The target's exports alone, a hundredth of the rows, if they show as many periods as all rows do."""
    exporter = pl.when(pl.col("flow_type") == "export").then("reporter_code").otherwise("partner_code")
    own = flows.filter(exporter == target_code)
    periods = ("period_start", "n_months")
    return own if own.select(periods).n_unique() == flows.select(periods).n_unique() else flows


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
        "n_too_small": len(others) - len(known),
        "statement": (
            "A range over ways of counting, not a confidence interval: an identity has no sampling error. One choice "
            "is varied at a time: the record and its exchange rate, the years, the prices, the goods (each main "
            "product left out), and purchases that leave the record (held at their last year)."
        ),
    }


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
        .with_columns(with_label(names))
        .sort("product_code", "year", "group")
    )


def _buyers(
    every: pl.DataFrame, members: Collection[str], gone: pl.DataFrame, years: tuple[int, int]
) -> pl.DataFrame:
    """What each destination bought of all goods before and after.

    Returns:
        importer_code, is_member, value_base, value_comparison (null of a destination that reports nothing at the
        end), sorted by importer.
    """
    silent = gone.filter("is_silent")["importer_code"].unique().to_list()

    def bought(year: int) -> pl.Expr:
        return pl.col("value").filter(pl.col("year") == year).sum()

    return (
        every.filter(pl.col("year").is_in(years))
        .sort("importer_code", "year", "product_code")
        .group_by("importer_code", maintain_order=True)
        .agg(bought(years[0]).alias("value_base"), bought(years[1]).alias("value_comparison"))
        .select(
            "importer_code",
            pl.col("importer_code").is_in(list(members)).alias("is_member"),
            "value_base",
            pl.when(~pl.col("importer_code").is_in(silent))
            .then("value_comparison")
            .alias("value_comparison"),
        )
    )


def _vanished(
    every: pl.DataFrame,
    members: Collection[str],
    base: int,
    after: int,
    products: Sequence[str],
    names: Mapping[str, str],
) -> tuple[dict[str, Any], pl.DataFrame]:
    """What destinations outside the coalition bought from the base year on and have no record of afterwards.

    By destination and product: each pair is valued at its last recorded year, since one that bought more and more
    before the record ends is worth what it bought then.
    """
    outside = every.filter(
        ~pl.col("importer_code").is_in(list(members)) & pl.col("year").is_between(base, after)
    )
    wholes = dict(
        every.sort("year", "importer_code", "product_code")
        .group_by("year", maintain_order=True)
        .agg(pl.col("value").sum())
        .iter_rows()
    )
    if not wholes.get(base, 0) > 0:
        raise NotEstimable(f"The target exported nothing in {base}.")
    last = last_records(outside, after=after).with_columns(
        with_label(names),
        (pl.col("value") / pl.col("last_year").replace_strict(wholes, return_dtype=pl.Float64)).alias(
            "share_of_exports"
        ),
    )
    silent = last.filter("is_silent")
    return {
        "n_pairs": len(last),
        "n_destinations": last["importer_code"].n_unique(),
        "n_silent": silent["importer_code"].n_unique(),
        "value_last": math.fsum(last["value"]),
        "value_silent": math.fsum(silent["value"]),
        "share_of_exports": math.fsum(last["share_of_exports"]),
        "largest": last.select("importer_code", "name", "last_year", "value", "is_silent").head(8).to_dicts(),
        "main_buyers": json_rows(_main_buyers_vanished(every.filter(pl.col("year") >= base), last, products)),
    }, last


def _main_buyers_vanished(every: pl.DataFrame, last: pl.DataFrame, products: Sequence[str]) -> pl.DataFrame:
    """Products whose largest buyer of some year has no record of them at the end, with its share in that year.

    Args:
        every: exports by year, importer_code and product_code, from the base year on.
        last: destinations and products without a record at the end, from :func:`last_records`.
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
            last.select("importer_code", "product_code"),
            on=["importer_code", "product_code"],
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
