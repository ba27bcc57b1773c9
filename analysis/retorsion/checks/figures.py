"""Published figures set against ``trade_flows``: does what the press printed follow from the table?

Each figure is a value, a change on the year before, or both, of one flow of one pair of states. Its period
and goods are found in the table, and the gap is put under one reason of a closed list (:class:`Status`) by
the rules of :mod:`retorsion.checks.reasons` alone. A figure that cannot be compared says why; it is never dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from retorsion.checks.measured import PARTS, Measured, NamedGoods, PairFlows, measure, named_goods
from retorsion.checks.reasons import Bounds, graver, judge
from retorsion.checks.statuses import NOT_COMPARED, Status
from retorsion.sources.corrections import Correction
from retorsion.tables.corrections import corrected

#: Columns of the result; one row for each figure.
RECONCILIATION_SCHEMA = pl.Schema(
    {
        "row": pl.Int64,
        "period": pl.String,
        "period_start": pl.Date,
        "n_months": pl.Int64,
        "flow": pl.String,
        "commodity": pl.String,
        "product_level": pl.String,
        "product_code": pl.String,
        "basis": pl.String,
        "unit": pl.String,
        "published_value": pl.Float64,
        "table_value": pl.Float64,
        "value_gap_pct": pl.Float64,
        "value_status": pl.String,
        "published_change_pct": pl.Float64,
        "table_change_pct": pl.Float64,
        "change_gap_pp": pl.Float64,
        "change_status": pl.String,
        "status": pl.String,
        "reason": pl.String,
        "is_doubtful": pl.Boolean,
        "source_url": pl.String,
    }
)


def compare_figures(
    figures: pl.DataFrame,
    trade_flows: pl.DataFrame,
    *,
    reporter_code: str,
    partner_code: str,
    currency: str,
    concordance: pl.DataFrame,
    fiscal_year_start_month: int,
    exchange_rates: pl.DataFrame,
    corrections: Sequence[Correction] = (),
    bounds: Bounds | None = None,
) -> pl.DataFrame:
    """Set published figures against the table.

    A gap beyond the bound gets the first reason that holds:

    * ``rounding``: at most :func:`half_unit` of the figure.
    * ``self_contradiction``, of a change of turnover: it is farther than the bound from what the published
      changes of exports and imports give with the table's weights; or, where these are not published, it
      lies outside the range of the table's two changes, so that no weights could give it.
    * ``currency_conversion``: the figure is in another currency, the gap is at most ``bounds.rate_pct`` of
      the level, and the same figure in the table's currency, where published, is within its bound.
    * ``later_revision``: the same figure is published with another value too, and that one agrees; or the
      published value agrees, so that the change was reckoned on another base.
    * ``compounded``: the value and the base of a change are within the bound and only the change is not.
    * ``later_revision`` also: another figure of the same goods, or their turnover, shows a level,
      overlapping in time, that was revised in the direction of the gap by at least half its amount. This
      is circumstantial, so the reason names the row.
    * ``unexplained``.

    Values in another currency are compared after each row of the table is converted at the average rate
    of its own months: trade moves within a year and so do rates.

    Args:
        figures: :mod:`retorsion.sources.formats.headline_figures`, with ``row``. Flows other
            than export, import, turnover and balance name reporters of their own.
        trade_flows: rows of the table; those of the pair must come from one source.
        reporter_code: the state whose exports and imports the figures speak of.
        partner_code: the other state.
        currency: ISO 4217 code of the table's values, which are in ``value_thousand_<currency>``.
        concordance: :data:`CONCORDANCE_COLUMNS`; one row for each published name of goods and flow.
        fiscal_year_start_month: first month of the reporter's fiscal year.
        exchange_rates: table of that name, for figures in another currency.
        corrections: known errors of the file; corrected values are used, doubtful figures are marked.
        bounds: bounds of the gaps.

    Returns:
        Columns :data:`RECONCILIATION_SCHEMA`, in the order of ``figures``. Gaps are published minus table;
        ``*_status`` are null where the figure has no such part; ``status`` is the graver of the two, and
        ``reason`` says what it rests on.

    Raises:
        SourceError: a period, unit or name of goods that is not understood; names the row.
        ParameterError: the pair has rows of several sources or none, or the concordance names goods that
            the table does not have.
        RetorsionError: a correction does not meet exactly one figure.
        NotEstimable: a month has no exchange rate.
    """
    limits = bounds or Bounds()
    doubts = _doubts(figures, corrections)
    flows = PairFlows(trade_flows, reporter_code, partner_code, currency, exchange_rates)
    goods = named_goods(concordance, flows)
    measured = [
        measure(record, flows, goods, fiscal_year_start_month, doubts.get(int(record["row"])))
        for record in corrected(figures, corrections).iter_rows(named=True)
    ]
    judged = judge(measured, flows, goods, limits)
    rows = [
        _row(figure, reason, record["period"], goods)
        for (figure, reason), record in zip(judged, figures.iter_rows(named=True), strict=True)
    ]
    return pl.DataFrame(rows, schema=RECONCILIATION_SCHEMA, orient="row")


def summarise_reconciliation(reconciled: pl.DataFrame) -> dict[str, Any]:
    """Count what a reconciliation came to.

    Args:
        reconciled: as :func:`compare_figures` returns it.

    Returns:
        JSON-ready: for whole ``figures`` (both parts must be within), ``values`` and ``changes`` each
        ``n_published``, ``n_compared``, ``n_within``, ``share_within`` (of the compared; null where there
        are none) and ``by_status``; and the lines of the file of doubtful figures, ``doubtful_rows``, of
        figures that contradict their parts and are not marked as doubtful, ``undeclared_contradictions``,
        and of those ``unexplained``.
    """

    def rows_where(condition: pl.Expr) -> list[int]:
        return reconciled.filter(condition)["row"].sort().to_list()

    contradicts = pl.col("status") == Status.SELF_CONTRADICTION.value
    return {
        "figures": _counts(reconciled["status"]),
        "values": _counts(reconciled["value_status"]),
        "changes": _counts(reconciled["change_status"]),
        "doubtful_rows": rows_where(pl.col("is_doubtful")),
        "undeclared_contradictions": rows_where(contradicts & ~pl.col("is_doubtful")),
        "unexplained_rows": rows_where(pl.col("status") == Status.UNEXPLAINED.value),
    }


def _counts(statuses: pl.Series) -> dict[str, Any]:
    by_status = Counter(statuses.drop_nulls().to_list())
    n_compared = sum(n for status, n in by_status.items() if Status(status) not in NOT_COMPARED)
    n_within = by_status[Status.WITHIN.value]
    return {
        "n_published": by_status.total(),
        "n_compared": n_compared,
        "n_within": n_within,
        "share_within": n_within / n_compared if n_compared else None,
        "by_status": dict(sorted(by_status.items())),
    }


def _doubts(figures: pl.DataFrame, corrections: Sequence[Correction]) -> dict[int, str]:
    """Line of each figure marked as doubtful, and the reason."""
    found: dict[int, str] = {}
    for correction in corrections:
        if correction.status != "doubtful":
            continue
        # Blanking the value through the one function that matches corrections to rows shows which row it is.
        blanked = corrected(figures, [replace(correction, status="corrected", expected=None)])
        column = correction.column
        marked = figures[column].is_not_null() & blanked[column].is_null()
        for row in figures["row"].filter(marked):
            found[int(row)] = correction.reason
    return found


def _row(
    figure: Measured, reason: str | None, period_text: str, goods: Mapping[tuple[str, str], NamedGoods]
) -> tuple[Any, ...]:
    parts = list(PARTS.get(figure.flow, {}))
    named = goods[figure.commodity, parts[0]] if parts else NamedGoods(None, None, None)
    status = graver(figure.value_status, figure.change_status)
    if status == Status.GOODS_NOT_IN_TABLE and named.reason is not None:
        reason = f"{named.reason[0].upper()}{named.reason[1:]}."
    if figure.doubt is not None:
        reason = f"{reason} Marked as doubtful: {figure.doubt}"
    return (
        figure.row,
        period_text,
        figure.period.start,
        figure.period.n_months,
        figure.flow,
        figure.commodity,
        named.level,
        named.code,
        figure.basis,
        figure.unit,
        figure.value,
        figure.table_value,
        figure.value_gap,
        None if figure.value_status is None else figure.value_status.value,
        figure.change,
        figure.table_change,
        figure.change_gap,
        None if figure.change_status is None else figure.change_status.value,
        status.value,
        reason,
        figure.doubt is not None,
        figure.source_url,
    )
