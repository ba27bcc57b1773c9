"""What fell, and whether it was under a measure at the time: arithmetic, not an effect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from retorsion.dates import months_later
from retorsion.errors import NotEstimable

#: What became of a part of the fall, in the order of the report.
KINDS = ("in_force", "later", "never")

_GOODS = ["product_code", "period_start"]


def split_of_fall(
    months: pl.DataFrame,
    total: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    first_month: date,
    spans: Sequence[tuple[str, date, date]],
) -> pl.DataFrame:
    """How much of a fall lies in goods under a measure then, in goods under one later, and in goods never named.

    Each month is set against the same calendar month of the year before the first measure. A group is counted whole
    once one of its goods is named, so that the share under measures is at most so large.

    Args:
        months: product_code, period_start, value of the target's goods that measures name, month by month; groups that
            do not overlap.
        total: period_start, value of the target's trade in all goods.
        measures: product_code, start_date and, where measures ended, end_date (null: in force), one row per good.
        first_month: the month of the first measure; the reference year ends before it.
        spans: name, first and last month of each span.

    Returns:
        span, first_month, last_month, kind_type (see :data:`KINDS`), reference_value, value, fall, share (of the
        fall of the total).

    Raises:
        NotEstimable: the reference year is not seen whole, or the total did not fall in any span.
    """
    reference = [months_later(first_month, -12 + i) for i in range(12)]
    seen = set(total.drop_nulls("value")["period_start"])
    if missing := [month for month in reference if month not in seen]:
        raise NotEstimable(
            f"The year before the first measure lacks {len(missing)} month(s), the first {missing[0]:%Y-%m}: a fall "
            "has nothing to be measured from."
        )
    named = measures["product_code"].to_list()
    goods = _against(months.filter(pl.col("product_code").is_in(named)), reference)
    every = _against(total.with_columns(product_code=pl.lit("")), reference)
    next_month = pl.col("period_start").dt.offset_by("1mo")
    ended = pl.col("end_date") if "end_date" in measures.columns else pl.lit(None, dtype=pl.Date)
    spells = measures.select("product_code", "start_date", ended.alias("end_date"))
    goods = goods.join(spells, on="product_code", how="left", maintain_order="left")
    days = (next_month - pl.col("period_start")).dt.total_days()
    until = pl.min_horizontal(next_month, pl.col("end_date").fill_null(next_month))
    under = (until - pl.max_horizontal("period_start", "start_date")).dt.total_days()
    goods = goods.with_columns((under / days).clip(0.0, 1.0).alias("share_under"))
    rows = []
    for name, first, last in spans:
        inside = pl.col("period_start").is_between(first, last)
        part, whole = goods.filter(inside), every.filter(inside)
        fall = math.fsum(whole["reference_value"]) - math.fsum(whole["value"])
        if fall <= 0:
            continue
        sums = {}
        for kind, weight in (("in_force", pl.col("share_under")), ("later", 1 - pl.col("share_under"))):
            sums[kind] = part.select(
                (pl.col("reference_value") * weight).sum(), (pl.col("value") * weight).sum()
            ).row(0)
        everything = np.array([math.fsum(whole["reference_value"]), math.fsum(whole["value"])])
        sums["never"] = tuple(everything - np.sum(list(sums.values()), axis=0))
        rows += [
            (
                name,
                first,
                last,
                kind,
                *sums[kind],
                sums[kind][0] - sums[kind][1],
                (sums[kind][0] - sums[kind][1]) / fall,
            )
            for kind in KINDS
        ]
    if not rows:
        raise NotEstimable(
            "Trade with the state under measures did not fall after the first measure: there is no fall to divide."
        )
    schema = {"span": pl.String, "first_month": pl.Date, "last_month": pl.Date, "kind_type": pl.String}
    numbers = dict.fromkeys(("reference_value", "value", "fall", "share"), pl.Float64)
    return pl.DataFrame(rows, schema={**schema, **numbers}, orient="row")


def _against(months: pl.DataFrame, reference: Sequence[date]) -> pl.DataFrame:
    """Each month beside the same calendar month of the reference year."""
    base = months.filter(pl.col("period_start").is_in(list(reference))).select(
        "product_code",
        pl.col("period_start").dt.month().alias("__month"),
        pl.col("value").alias("reference_value"),
    )
    return (
        months.drop_nulls("value")
        .with_columns(pl.col("period_start").dt.month().alias("__month"))
        .join(base, on=["product_code", "__month"])
        .select(*_GOODS, "value", "reference_value")
        .sort(_GOODS)
    )


def relative_by_year(
    years: pl.DataFrame, *, target_code: str, reference_year: int, minimum_share: float
) -> pl.DataFrame:
    """The target's yearly trade against that of comparable partners, relative to a year.

    Args:
        years: partner_code, period_start, value of whole years.
        target_code: the partner in question.
        reference_year: the year that all are relative to.
        minimum_share: partners with at least this share of the target's mean trade up to the reference year, and some
            trade in every year, are comparable.

    Returns:
        year, gap (log points), spread (standard deviation of the partners' own gaps), n_partners; the reference year
        has gap 0.

    Raises:
        NotEstimable: the reference year is not there, or fewer than three partners are comparable.
    """
    dated = years.with_columns(year=pl.col("period_start").dt.year().cast(pl.Int64))
    names = dated["year"].unique().sort().to_list()
    whole = dated.filter(
        (pl.col("value") > 0).all().over("partner_code") & (pl.len().over("partner_code") == len(names))
    )
    before = (
        whole.filter(pl.col("year") <= reference_year).group_by("partner_code").agg(pl.col("value").mean())
    )
    size = dict(before.iter_rows())
    if target_code not in size or reference_year not in names:
        raise NotEstimable(f"Trade with {target_code} is not seen in every year up to {reference_year}.")
    others = sorted(
        code
        for code, mean in size.items()
        if code != target_code and mean >= minimum_share * size[target_code]
    )
    if len(others) < 3:
        raise NotEstimable(
            f"Too few partners are comparable with {target_code}: {len(others)}, and three are needed."
        )
    ordered = whole.sort("partner_code", "year")
    logs = {
        code: np.log(ordered.filter(pl.col("partner_code") == code)["value"].to_numpy())
        for code in [target_code, *others]
    }
    moved = {code: values - values[names.index(reference_year)] for code, values in logs.items()}
    matrix = np.array([moved[code] for code in others])
    n = len(others)
    own = (matrix - matrix.mean(axis=0)) * n / (n - 1)
    return pl.DataFrame(
        {
            "year": names,
            "gap": moved[target_code] - matrix.mean(axis=0),
            "spread": own.std(axis=0, ddof=1),
            "n_partners": [n] * len(names),
        }
    )
