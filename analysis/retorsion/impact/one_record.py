"""Finding: one record of the target's exports, that of the importers, in every year that is compared.

While a state publishes its trade, a source of all pairs mixes what the exporter wrote down (at the border,
without freight) with what the importer did (on arrival, with it, under the origin rather than the port). When
the state falls silent the importers' record alone is left. A change across that year is then partly a change of
record. Where importers' own records of the years before exist, they take the place of the mixture.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable, ParameterError
from retorsion.impact.findings import Found, json_rows, part_of
from retorsion.impact.goods import Good
from retorsion.impact.records import NO_OWN_RECORD, OwnRecord, annual_cross_rates
from retorsion.params import ImpactCase, ImporterRecords, Params

#: Whose record a row of :attr:`OneRecord.flows` is.
IMPORTER, MIXED = "importer", "mixed"

#: Dollars, and share of a value, by which it may miss a whole number of dollars: rounding of the source.
_WHOLE = (0.01, 2e-12)

#: Share by which two records of a flow may differ and still be one.
_EQUAL = 0.001

_PAIR = ["year", "importer_code", "group_code"]


@dataclass(frozen=True, eq=False)
class OneRecord:
    """The trade of all pairs with the target's exports on importers' records, as far as these go.

    Attributes:
        flows: columns of ``trade_flows`` and record_type: ``importer`` where the row is known to be an
            importer's record, ``mixed`` where it may be either's or both's. Goods that cannot be measured are
            not in it, of no exporter.
        others: the same on other choices of record, by what the choice is called.
        unmeasured: why goods cannot be measured, by product.
        groups: products of the source of all pairs by group of the importers' records.
        records: year, importer_code, group_code, value_kusd, quantity_tonnes and n_months of every complete
            importers' record; what the project's own source of such records says.
        reason: why the flows are the source of all pairs as it is, where they are.
    """

    flows: pl.DataFrame
    others: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    records: pl.DataFrame | None = None
    reason: str = "No importers' own records of what they bought from the state under measures are recorded."

    def without_unmeasured(self, asked: ImpactCase) -> ImpactCase:
        """What is asked, without the products that cannot be measured."""
        kept = tuple(code for code in asked.products if code not in self.unmeasured)
        return asked.model_copy(update={"products": kept})


def one_record(
    pairwise: pl.DataFrame,
    importers: pl.DataFrame,
    exchange_rates: pl.DataFrame,
    *,
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
) -> OneRecord:
    """The source of all pairs with importers' own records of what they bought from the target.

    A row of the target's exports in a year in which it still published gives way to the importer's record of
    the group of goods it belongs to, if that record is complete. A group of several codes is divided among them
    as in the source of all pairs: as its rows for that importer, or else for all.

    Args:
        pairwise: rows of the source of all pairs, ``value_kusd``.
        importers: rows of the source of importers' records, monthly, ``value_eur``.
        exchange_rates: table of that name.
        asked: what is asked about the trade of the pair.
        params: the choices that all cases share.
        goods: groups of goods of the source of importers' records by code.

    Returns:
        The record; the source of all pairs as it is where the case names no importers' records.

    Raises:
        ParameterError: the source of importers' records has no value in euros.
    """
    silent = (pl.col("reporter_code") == asked.target) & (pl.col("valuation_type") == "CIF")
    kind = pl.when(silent).then(pl.lit(IMPORTER)).otherwise(pl.lit(MIXED))
    marked = pairwise.with_columns(kind.alias("record_type"))
    if asked.importers is None or importers.is_empty():
        return OneRecord(marked)
    after = part_of(asked, "comparison_year")
    if marked.filter(silent & (pl.col("period_start").dt.year() == after)).is_empty():
        return OneRecord(
            marked,
            reason=f"The source of all pairs does not say whose record its values of {after} are. Importers' records "
            "of the years before would be set against an unknown one, so that none of them is used.",
        )
    groups = {code: good.hs6 for code, good in goods.items() if good.hs6}
    records = _annual(importers, asked.target, groups, asked.importers)
    unmeasured = _unmeasured(marked, records, groups, asked, params, goods)
    measured = marked.filter(~pl.col("product_code").is_in(list(unmeasured)))
    replaced = {code: hs6 for code, hs6 in groups.items() if not set(hs6) & set(unmeasured)}
    limit = params.impact.importers.max_unit_value_ratio
    others = {"the source of all pairs alone": measured}
    try:
        at_reference = _at_reference_rates(records, exchange_rates)
    except NotEstimable:  # the table of rates does not reach: one choice fewer
        pass
    else:
        others["reference rates of the euro"] = _with_records(
            measured, at_reference, replaced, asked.target, limit
        )
    return OneRecord(
        flows=_with_records(measured, records, replaced, asked.target, limit),
        others=others,
        unmeasured=unmeasured,
        groups=groups,
        records=records,
    )


def _at_reference_rates(records: pl.DataFrame, exchange_rates: pl.DataFrame) -> pl.DataFrame:
    """Records with their euros turned into dollars at the mean reference rate of each year."""
    years = records["year"].unique().to_list()
    rates = annual_cross_rates(exchange_rates, from_currency="EUR", to_currency="USD", years=years)
    return (
        records.join(
            rates.select(pl.col("year").cast(pl.Int32), "rate"), on="year", how="left", maintain_order="left"
        )
        .with_columns((pl.col("value_eur") * pl.col("rate") / 1000).alias("value_kusd"))
        .drop("rate")
    )


def _annual(
    importers: pl.DataFrame, target_code: str, groups: Mapping[str, Collection[str]], asked: ImporterRecords
) -> pl.DataFrame:
    """Complete years by group: :data:`_PAIR`, value_eur, value_kusd, quantity_tonnes and n_months."""
    bought = importers.filter(
        (pl.col("flow_type") == "import")
        & (pl.col("partner_code") == target_code)
        & pl.col("product_code").is_in(list(groups))
        & ~pl.col("is_aggregate")
    )
    if bought["value_eur"].null_count():
        raise ParameterError(
            f"impact.importers.source, value {asked.source!r}: has rows without a value in euros. "
            "Name a source whose values are in euros"
        )
    keys = ["reporter_code", "product_code"]
    return (
        bought.sort("period_start", *keys)
        .group_by(pl.col("period_start").dt.year().alias("year"), *keys, maintain_order=True)
        .agg(
            pl.col("value_eur").sum(),
            pl.when(pl.col("quantity_tonnes").is_not_null().all()).then(pl.col("quantity_tonnes").sum()),
            pl.col("n_months").sum(),
        )
        .filter(pl.col("n_months") >= asked.min_months)
        .select(
            "year",
            pl.col("reporter_code").alias("importer_code"),
            pl.col("product_code").alias("group_code"),
            "value_eur",
            (pl.col("value_eur") * asked.usd_per_eur / 1000).alias("value_kusd"),
            "quantity_tonnes",
            "n_months",
        )
        .sort(_PAIR)
    )


def _in_groups(flows: pl.DataFrame, groups: Mapping[str, Collection[str]], target_code: str) -> pl.DataFrame:
    """The target's exports by :data:`_PAIR` and product_code: value_kusd, quantity_tonnes, record_type."""
    group_of = {code: group for group, codes in groups.items() for code in codes}
    return flows.filter(
        (pl.col("reporter_code") == target_code) & pl.col("product_code").is_in(list(group_of))
    ).select(
        pl.col("period_start").dt.year().alias("year"),
        pl.col("partner_code").alias("importer_code"),
        pl.col("product_code").replace_strict(group_of, return_dtype=pl.String).alias("group_code"),
        "product_code",
        "value_kusd",
        "quantity_tonnes",
        "record_type",
    )


def _with_records(
    flows: pl.DataFrame,
    records: pl.DataFrame,
    groups: Mapping[str, Collection[str]],
    target_code: str,
    max_unit_value_ratio: float,
) -> pl.DataFrame:
    """Flows in which complete records of importers replace the mixed rows of their group."""
    own = _in_groups(flows, groups, target_code)
    mixed_years = own.filter(pl.col("record_type") == MIXED)["year"].unique().to_list()
    used = _plausible(records, max_unit_value_ratio).filter(
        pl.col("year").is_in(mixed_years)
        & pl.col("group_code").is_in(list(groups))
        & (pl.col("value_kusd") > 0)
    )
    if used.is_empty():
        return flows
    is_own = pl.col("reporter_code") == target_code
    exports, rest = flows.filter(is_own), flows.filter(~is_own)
    template = exports.head(1)
    made = (
        _divided(used, own)
        .select(
            pl.date(pl.col("year"), 1, 1).alias("period_start"),
            pl.col("importer_code").alias("partner_code"),
            "product_code",
            "value_kusd",
            "quantity_tonnes",
            pl.lit("CIF").alias("valuation_type"),
            pl.lit(IMPORTER).alias("record_type"),
        )
        .join(template.select(pl.exclude("period_start", "partner_code", "product_code", "value_kusd",
                                         "quantity_tonnes", "valuation_type", "record_type")), how="cross")
        .select(flows.columns)
        .cast(flows.schema)
    )  # fmt: skip
    dropped = used.select(
        pl.date(pl.col("year"), 1, 1).alias("period_start"),
        pl.col("importer_code").alias("partner_code"),
        pl.col("group_code")
        .replace_strict(dict(groups), return_dtype=pl.List(pl.String))
        .alias("product_code"),
    ).explode("product_code")
    keys = ["period_start", "partner_code", "product_code"]
    kept = exports.join(dropped, on=keys, how="anti", maintain_order="left")
    return pl.concat([rest, pl.concat([kept, made]).sort(keys)])


def _plausible(records: pl.DataFrame, max_ratio: float) -> pl.DataFrame:
    """Records without the quantities whose unit value is too far from the median of their group and year."""
    unit_value = pl.when(pl.col("quantity_tonnes") > 0).then(pl.col("value_kusd") / pl.col("quantity_tonnes"))
    ratio = unit_value / unit_value.median().over("year", "group_code")
    near = ratio.is_between(1 / max_ratio, max_ratio)
    return records.with_columns(pl.when(near).then("quantity_tonnes").alias("quantity_tonnes"))


def _divided(records: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Records of groups by product: as the importer's rows divide them, or else all importers' of the year."""

    def weights(keys: list[str]) -> pl.DataFrame:
        summed = own.sort(*_PAIR, "product_code").group_by(*keys, "product_code", maintain_order=True)
        parts = summed.agg(pl.col("value_kusd").sum().alias("part"))
        return parts.filter(pl.col("part") > 0).with_columns(
            (pl.col("part") / pl.col("part").sum().over(keys)).alias("weight")
        )

    each = records.join(weights(_PAIR), on=_PAIR, how="inner")
    rest = records.join(weights(_PAIR).select(_PAIR).unique(), on=_PAIR, how="anti")
    everybody = rest.join(weights(["year", "group_code"]), on=["year", "group_code"], how="inner")
    return (
        pl.concat([each, everybody.select(each.columns)])
        .with_columns(pl.col("value_kusd", "quantity_tonnes") * pl.col("weight"))
        .sort(*_PAIR, "product_code")
    )


def _unmeasured(
    flows: pl.DataFrame,
    records: pl.DataFrame,
    groups: Mapping[str, tuple[str, ...]],
    asked: ImpactCase,
    params: Params,
    goods: Mapping[str, Good],
) -> dict[str, str]:
    """Why goods cannot be measured, by product: too much of what importers record has no row among all pairs."""
    base = part_of(asked, "base_year")
    found = _coverage(flows, records, groups, asked.target).filter(pl.col("year") == base)
    limit = params.impact.importers.max_missing_share
    return {
        code: (
            f"{goods[row['group_code']].label} cannot be measured. Of what importers' own records say they bought "
            f"in {base}, {row['missing_share']:.0%} is of states for which the source of all pairs has no row. "
            "Neither its level nor its change is known."
        )
        for row in found.iter_rows(named=True)
        if row["missing_share"] is not None and row["missing_share"] > limit
        for code in groups[row["group_code"]]
    }


def _coverage(
    flows: pl.DataFrame, records: pl.DataFrame, groups: Mapping[str, Collection[str]], target_code: str
) -> pl.DataFrame:
    """By year and group: what complete importers' records hold, what the source of all pairs has of the same.

    Returns:
        year, group_code, n_importers, importers_kusd, importers_tonnes, pairwise_kusd (of the same importers),
        n_missing, missing_kusd (of importers that the source of all pairs has no row of), missing_share.
    """
    own = (
        _in_groups(flows, groups, target_code)
        .sort(*_PAIR, "product_code")
        .group_by(_PAIR, maintain_order=True)
        .agg(pl.col("value_kusd").sum().alias("pairwise_kusd"))
    )
    known = records.filter(pl.col("value_kusd") > 0).join(own, on=_PAIR, how="left").sort(_PAIR)
    absent = pl.col("pairwise_kusd").is_null()
    return (
        known.group_by("year", "group_code", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("n_importers"),
            pl.col("value_kusd").sum().alias("importers_kusd"),
            pl.col("quantity_tonnes").sum().alias("importers_tonnes"),
            pl.col("pairwise_kusd").sum(),
            absent.sum().cast(pl.Int64).alias("n_missing"),
            pl.col("value_kusd").filter(absent).sum().alias("missing_kusd"),
        )
        .with_columns((pl.col("missing_kusd") / pl.col("importers_kusd")).alias("missing_share"))
        .sort("group_code", "year")
    )


def find_records(
    record: OneRecord,
    pairwise: pl.DataFrame,
    *,
    asked: ImpactCase,
    goods: Mapping[str, Good],
    own: OwnRecord = NO_OWN_RECORD,
) -> Found:
    """Whose record stands for the target's exports, how two records differ, and what cannot be measured.

    Args:
        record: of :func:`one_record`.
        pairwise: rows of the source of all pairs.
        asked: what is asked about the trade of the pair.
        goods: groups of goods of the source of importers' records by code.
        own: what the reporter's own statistics say of the same imports as these flows.

    Returns:
        values: rate (how the euros of the source lead back to dollars), stated (share of the target's exports by
        whose record they are, in the base and the comparison year), groups (of the base year), own (the record
        over the reporter's own statistics, by group and year), unmeasured;
        rows ``records`` (by year and group) and ``record_rows`` (by year, importer and product, whose record).
    """
    if record.records is None or asked.importers is None:
        raise NotEstimable(record.reason)
    base, after = part_of(asked, "base_year"), part_of(asked, "comparison_year")
    marked = pairwise.with_columns(pl.lit(MIXED).alias("record_type"))
    names = {code: good.label for code, good in goods.items()}
    coverage = _coverage(marked, record.records, record.groups, asked.target).with_columns(
        pl.col("group_code").replace_strict(names, return_dtype=pl.String).alias("name")
    )
    rows = _stated(record.flows, pairwise, asked.target, (base, after))
    return Found(
        {
            "rate": _rate_test(record, marked, asked),
            "min_months": asked.importers.min_months,
            "n_products": record.flows.filter(pl.col("reporter_code") == asked.target)["product_code"].n_unique(),
            "stated": {
                str(year): {
                    kind: math.fsum(part.filter(pl.col("record_type") == kind)["value_kusd"])
                    / math.fsum(part["value_kusd"])
                    for kind in (IMPORTER, MIXED)
                }
                for year, part in ((year, rows.filter(pl.col("year") == year)) for year in (base, after))
                if len(part)
            },
            "groups": json_rows(coverage.filter(pl.col("year") == base)),
            "own": json_rows(
                own.rows.filter(pl.col("year").is_in([base, after]) & (pl.col("own_value") > 0))
                .with_columns((pl.col("value") / pl.col("own_value")).alias("ratio"))
                .sort("year", "group_code")
            ),
            "unmeasured": _unmeasured_values(record, coverage, marked, asked, goods),
            "caveat": (
                "Importers count freight and insurance, and name the state of origin; an exporter counts neither, "
                "and names the port. Of goods outside the groups no importers' own record of the base year is "
                "known, so that their change still mixes the two."
            ),
        },
        {"records": coverage, "record_rows": rows},
    )  # fmt: skip


def _rate_test(record: OneRecord, flows: pl.DataFrame, asked: ImpactCase) -> dict[str, Any]:
    """How far the rate of the case gives whole dollars back, and the very values of the source of all pairs."""
    assert record.records is not None
    assert asked.importers is not None
    dollars = pl.col("value_kusd") * 1000
    base = part_of(asked, "base_year")
    measured = [group for group, codes in record.groups.items() if not set(codes) & set(record.unmeasured)]
    known = record.records.filter(pl.col("group_code").is_in(measured))
    rounding = _WHOLE[0] + _WHOLE[1] * dollars
    tested = known.with_columns(((dollars - dollars.round()).abs() < rounding).alias("whole"))
    if not (total := math.fsum(tested["value_kusd"])):
        raise NotEstimable("The importers' own records name no value of any good of the groups.")
    own = (
        _in_groups(flows, record.groups, asked.target)
        .sort(*_PAIR, "product_code")
        .group_by(_PAIR, maintain_order=True)
        .agg(pl.col("value_kusd").sum().alias("other"))
    )
    pairs = known.filter(pl.col("year") == base).join(own, on=_PAIR, how="inner")
    ratio = pairs["other"] / pairs["value_kusd"]
    return {
        "usd_per_eur": asked.importers.usd_per_eur,
        "n_tested": len(tested),
        "n_whole": int(tested["whole"].sum()),
        "share_whole": math.fsum(tested.filter("whole")["value_kusd"]) / total,
        "n_compared": len(pairs),
        "n_equal": int(((ratio - 1).abs() <= _EQUAL).sum()),
    }


def _stated(
    flows: pl.DataFrame, pairwise: pl.DataFrame, target_code: str, years: Collection[int]
) -> pl.DataFrame:
    """The target's exports of some years by importer and product, and whose record each is."""
    keys = ["year", "importer_code", "product_code"]

    def of_years(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        year = pl.col("period_start").dt.year()
        return frame.filter((pl.col("reporter_code") == target_code) & year.is_in(list(years))).select(
            year.alias("year"), pl.col("partner_code").alias("importer_code"), "product_code", *columns
        )

    mixed = of_years(pairwise, "value_kusd").rename({"value_kusd": "pairwise_kusd"})
    return (
        of_years(flows, "value_kusd", "valuation_type", "record_type")
        .join(mixed, on=keys, how="left", maintain_order="left")
        .select(*keys, "value_kusd", "pairwise_kusd", "valuation_type", "record_type")
        .sort(keys)
    )


def _unmeasured_values(
    record: OneRecord,
    coverage: pl.DataFrame,
    flows: pl.DataFrame,
    asked: ImpactCase,
    goods: Mapping[str, Good],
) -> list[dict[str, Any]]:
    """What is known of goods that cannot be measured: importers' own records of the base year and their gaps."""
    assert record.records is not None
    base = part_of(asked, "base_year")
    found = []
    for group, codes in record.groups.items():
        if not set(codes) & set(record.unmeasured):
            continue
        present = _in_groups(flows, {group: codes}, asked.target).select(_PAIR).unique()
        known = record.records.filter((pl.col("year") == base) & (pl.col("group_code") == group))
        absent = known.join(present, on=_PAIR, how="anti").sort(
            "value_kusd", "importer_code", descending=[True, False]
        )
        found.append(
            {
                "name": goods[group].label,
                "product_codes": list(codes),
                "statement": record.unmeasured[codes[0]],
                **coverage.filter((pl.col("group_code") == group) & (pl.col("year") == base))
                .drop("year", "group_code", "name")
                .row(0, named=True),
                "missing": absent.select("importer_code", "value_kusd").head(5).to_dicts(),
                "pairwise_share": _share_of(flows, codes, asked.target, base),
            }
        )
    return found


def _share_of(flows: pl.DataFrame, codes: Collection[str], target_code: str, year: int) -> float:
    """Share of goods in what the source of all pairs holds of the target's exports of a year."""
    own = flows.filter(
        (pl.col("reporter_code") == target_code) & (pl.col("period_start").dt.year() == year)
    ).sort("partner_code", "product_code")
    return math.fsum(own.filter(pl.col("product_code").is_in(list(codes)))["value_kusd"]) / math.fsum(
        own["value_kusd"]
    )
