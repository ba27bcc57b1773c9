"""Published figures set against ``trade_flows``: does what the press printed follow from the table?

Each figure is a value, a change on the year before, or both, of one flow of one pair of states. Its period
and goods are found in the table, and the gap is put under one reason of a closed list (:class:`Status`) by
the rules of this module alone. A figure that cannot be compared says why; it is never dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import polars as pl

from retorsion.dates import months_between, months_later
from retorsion.errors import ParameterError, SourceError
from retorsion.sources.sidecar import Correction
from retorsion.tables.corrections import corrected
from retorsion.tables.exchange_rates import average_rates

#: Columns of the concordance from published names of goods to the table's: where ``goods`` is empty,
#: ``reason`` says why the table has no such goods.
CONCORDANCE_COLUMNS = ("commodity", "flow", "goods_level", "goods", "reason")

#: The published name that stands for all goods.
ALL_GOODS = "total"

#: Signs with which exports and imports enter a flow.
_PARTS: Mapping[str, Mapping[str, int]] = {
    "export": {"export": 1},
    "import": {"import": 1},
    "turnover": {"export": 1, "import": 1},
    "balance": {"export": 1, "import": -1},
}

_MULTIPLES = {"bn": 10**9, "mn": 10**6}

_WHERE = "headline figures"


class Status(StrEnum):
    """What a comparison came to; the order is that of precedence when two are summed up in one."""

    UNEXPLAINED = "unexplained"
    SELF_CONTRADICTION = "self_contradiction"
    LATER_REVISION = "later_revision"
    CURRENCY_CONVERSION = "currency_conversion"
    COMPOUNDED = "compounded"
    ROUNDING = "rounding"
    WITHIN = "within"
    OTHER_REPORTER = "other_reporter"
    GOODS_NOT_IN_TABLE = "goods_not_in_table"
    OUTSIDE_PERIOD = "outside_period"
    MERGED_MONTHS = "merged_months"
    QUANTITY_BASIS = "quantity_basis"
    NO_BASE = "no_base"


#: What each status says, as a full sentence.
MEANINGS: Mapping[Status, str] = {
    Status.WITHIN: "The gap is within the bound.",
    Status.ROUNDING: "The gap is at most half a unit of the last published digit.",
    Status.COMPOUNDED: "Value and base are each within the bound; the change compounds their small gaps.",
    Status.CURRENCY_CONVERSION: (
        "The figure is in another currency, the gap is within the bound for the choice of a rate, and no "
        "figure in the table's own currency speaks against it."
    ),
    Status.LATER_REVISION: "Other published figures show that the level was revised in this direction.",
    Status.SELF_CONTRADICTION: "The change of a sum does not follow from the changes of its parts.",
    Status.UNEXPLAINED: "No rule explains the gap.",
    Status.OTHER_REPORTER: "The figure is of another reporter or pair, whose total trade is in no source.",
    Status.GOODS_NOT_IN_TABLE: "The table has no group of these goods.",
    Status.OUTSIDE_PERIOD: "The period, or the year before it, is not wholly in the table.",
    Status.MERGED_MONTHS: "Not comparable: the release merges months that the period parts.",
    Status.QUANTITY_BASIS: "The figure is a quantity and the table has values only.",
    Status.NO_BASE: "The base in the table is not positive, so that a change on it has no meaning.",
}

_NOT_COMPARED = frozenset(
    {
        Status.OTHER_REPORTER,
        Status.GOODS_NOT_IN_TABLE,
        Status.OUTSIDE_PERIOD,
        Status.MERGED_MONTHS,
        Status.QUANTITY_BASIS,
        Status.NO_BASE,
    }
)

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


@dataclass(frozen=True)
class Bounds:
    """How large a gap may be.

    Attributes:
        value_pct: bound of the gap of values, per cent of the table's value.
        change_pp: bound of the gap of changes on the year, percentage points.
        rate_pct: how far the choice of an exchange rate may move a value, per cent.
    """

    value_pct: float = 1.0
    change_pp: float = 1.0
    rate_pct: float = 2.0


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole months."""

    start: date
    n_months: int

    @property
    def end(self) -> date:
        """First day after the period."""
        return months_later(self.start, self.n_months)

    def year_before(self) -> Period:
        """The same months of the year before."""
        return Period(self.start.replace(year=self.start.year - 1), self.n_months)

    def n_months_shared(self, other: Period) -> int:
        """How many months are in both."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return max(0, months_between(start, end))


_MONTH = r"([12][0-9]{3})-(0[1-9]|1[0-2])"
_PERIODS = {
    "year": re.compile(r"([12][0-9]{3})"),
    "fiscal": re.compile(r"FY([12][0-9]{3})"),
    "half": re.compile(r"([12][0-9]{3})H([12])"),
    "quarter": re.compile(r"([12][0-9]{3})Q([1-4])"),
    "month": re.compile(_MONTH),
    "months": re.compile(f"{_MONTH}/{_MONTH}"),
}


def parse_period(text: str, *, fiscal_year_start_month: int, row: int | None = None) -> Period:
    """Read a published period.

    Args:
        text: a year ``2023``, a fiscal year ``FY2023`` named after the calendar year it starts in, a half
            ``2023H1``, a quarter ``2023Q1``, a month ``2023-04``, or months ``2023-04/2023-09``, the last
            included.
        fiscal_year_start_month: first month of the fiscal year, 1 to 12.
        row: line of the file, for the message.

    Returns:
        The period.

    Raises:
        SourceError: anything else, or a range that ends before it starts; names the row.
    """
    for kind, pattern in _PERIODS.items():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        year, *rest = (int(part) for part in match.groups())
        if kind == "year":
            return Period(date(year, 1, 1), 12)
        if kind == "fiscal":
            return Period(date(year, fiscal_year_start_month, 1), 12)
        if kind == "half":
            return Period(date(year, 6 * rest[0] - 5, 1), 6)
        if kind == "quarter":
            return Period(date(year, 3 * rest[0] - 2, 1), 3)
        if kind == "month":
            return Period(date(year, rest[0], 1), 1)
        n_months = (rest[1] - year) * 12 + rest[2] - rest[0] + 1
        if n_months > 0:
            return Period(date(year, rest[0], 1), n_months)
    raise SourceError(
        _WHERE,
        "is not a period",
        row=row,
        column="period",
        value=text,
        remedy="Write 2023, FY2023, 2023H1, 2023Q1, 2023-04, or 2023-04/2023-09, the earlier month first.",
    )


def half_unit(published: float, *, is_change: bool = False) -> float:
    """Half a unit of the last digit a figure was published with.

    Trailing zeros of a whole number are not taken as measured, but its first two digits always are: 1080
    is good to 5, 1500 to 50 and 1000 to 50. A change in per cent is good to half a point at least.

    Args:
        published: the figure.
        is_change: it is a change in per cent.

    Returns:
        Half a unit, in the figure's own unit.
    """
    number = Decimal(repr(float(published))).normalize()
    exponent = int(number.as_tuple().exponent)
    if is_change:
        exponent = min(exponent, 0)
    elif exponent >= 0 and len(number.as_tuple().digits) == 1:
        exponent -= 1
    return 0.5 * 10.0**exponent


@dataclass(frozen=True)
class _Figure:
    """One figure beside the table's numbers for it; money amounts are in the table's own currency."""

    row: int
    period: Period
    flow: str
    commodity: str
    basis: str
    unit: str | None
    source_url: str
    value: float | None
    change: float | None
    currency: str | None
    table_value: float | None
    table_change: float | None
    amount: float | None
    base_amount: float | None
    value_status: Status | None
    change_status: Status | None
    doubt: str | None

    @property
    def value_gap(self) -> float | None:
        """Published minus table, per cent of the table."""
        if self.value is None or self.table_value is None or self.value_status in _NOT_COMPARED:
            return None
        if self.value == self.table_value:
            return 0.0
        return (
            None if self.table_value == 0 else 100 * (self.value - self.table_value) / abs(self.table_value)
        )

    @property
    def change_gap(self) -> float | None:
        """Published minus table, percentage points."""
        if self.change is None or self.table_change is None or self.change_status in _NOT_COMPARED:
            return None
        return self.change - self.table_change

    @property
    def implied_base(self) -> float | None:
        """The base from which the published change was reckoned, in the table's currency.

        It is the published value, or the table's where none is published, taken back by the published
        change; in another currency by the ratio of the two changes, so that the rates drop out.
        """
        if (
            self.base_amount is None
            or self.table_change is None
            or self.change is None
            or self.change <= -100
        ):
            return None
        level = 1 + (self.value_gap or 0.0) / 100
        return self.base_amount * level * (100 + self.table_change) / (100 + self.change)


@dataclass(frozen=True)
class _Revision:
    """A level that a published value and change show to differ from the table's by ``amount``."""

    row: int
    period: Period
    flow: str
    commodity: str
    amount: float


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
    flows = _Flows(trade_flows, reporter_code, partner_code, currency, exchange_rates)
    goods = _goods(concordance, flows)
    measured = [
        _measure(record, flows, goods, fiscal_year_start_month, doubts.get(int(record["row"])))
        for record in corrected(figures, corrections).iter_rows(named=True)
    ]
    judged = _judge(measured, flows, goods, limits)
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
    n_compared = sum(n for status, n in by_status.items() if Status(status) not in _NOT_COMPARED)
    n_within = by_status[Status.WITHIN.value]
    return {
        "n_published": by_status.total(),
        "n_compared": n_compared,
        "n_within": n_within,
        "share_within": n_within / n_compared if n_compared else None,
        "by_status": dict(sorted(by_status.items())),
    }


class _Flows:
    """The pair's rows of the table by flow, level and goods, and sums of them over periods."""

    def __init__(
        self,
        trade_flows: pl.DataFrame,
        reporter_code: str,
        partner_code: str,
        currency: str,
        exchange_rates: pl.DataFrame,
    ) -> None:
        self.currency = currency
        self._exchange_rates = exchange_rates
        self._rates: dict[tuple[str, Period], float] = {}
        column = f"value_thousand_{currency.lower()}"
        if column not in trade_flows.columns:
            raise ParameterError(f"trade_flows has no column {column!r} for values in {currency}")
        pair = trade_flows.filter(
            (pl.col("reporter_code") == reporter_code) & (pl.col("partner_code") == partner_code)
        ).drop_nulls(column)
        sources = pair["source_id"].unique().sort().to_list()
        if len(sources) != 1:
            raise ParameterError(
                f"{reporter_code} with {partner_code} has values in {currency} from {len(sources)} sources "
                f"{sources}: pass the rows of one"
            )
        key = ("flow_type", "product_level", "product_code")
        self._series: dict[tuple[str, str, str], list[tuple[Period, int]]] = {}
        for *name, start, n_months, value in (
            pair.sort(*key, "period_start").select(*key, "period_start", "n_months", column).iter_rows()
        ):
            flow, level, code = name
            self._series.setdefault((flow, level, code), []).append((Period(start, n_months), 1000 * value))

    def __contains__(self, name: tuple[str, str, str]) -> bool:
        return name in self._series

    def total(self, name: tuple[str, str, str], period: Period, currency: str) -> float | Status:
        """Sum over a period in units of a currency, or why there is none."""
        shared = [(months.n_months_shared(period), months, value) for months, value in self._series[name]]
        rows = [(months, value) for n_shared, months, value in shared if n_shared]
        if sum(n_shared for n_shared, _, _ in shared) != period.n_months:
            return Status.OUTSIDE_PERIOD
        if rows[0][0].start < period.start or rows[-1][0].end > period.end:
            return Status.MERGED_MONTHS
        if currency == self.currency:
            return float(sum(value for _, value in rows))
        self._fetch_rates(currency, [months for months, _ in rows])
        return sum(value / self._rates[currency, months] for months, value in rows)

    def _fetch_rates(self, currency: str, periods: Iterable[Period]) -> None:
        missing = [period for period in periods if (currency, period) not in self._rates]
        if not missing:
            return
        rates = average_rates(
            self._exchange_rates,
            base=currency,
            quote=self.currency,
            periods=pl.DataFrame(
                {
                    "period_start": [period.start for period in missing],
                    "n_months": [period.n_months for period in missing],
                }
            ),
        )
        for start, n_months, rate in rates.select("period_start", "n_months", "rate").iter_rows():
            self._rates[currency, Period(start, n_months)] = rate


@dataclass(frozen=True)
class _Goods:
    """The table's name of published goods, or why it has none."""

    level: str | None
    code: str | None
    reason: str | None


def _goods(concordance: pl.DataFrame, flows: _Flows) -> dict[tuple[str, str], _Goods]:
    goods: dict[tuple[str, str], _Goods] = {}
    for commodity, flow, level, code, reason in concordance.select(CONCORDANCE_COLUMNS).iter_rows():
        what = f"the concordance of {commodity!r} ({flow})"
        if (commodity, flow) in goods:
            raise ParameterError(f"{what} is given twice: keep one row")
        if (code is None) != (level is None) or (code is None) == (reason is None):
            raise ParameterError(f"{what} must have goods and their level, or else a reason")
        if code is not None and (flow, level, code) not in flows:
            raise ParameterError(f"{what} names {code!r} ({level}), which the table does not have")
        goods[commodity, flow] = _Goods(level, code, reason)
    return goods


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


def _measure(
    record: Mapping[str, Any],
    flows: _Flows,
    goods: Mapping[tuple[str, str], _Goods],
    fiscal_year_start_month: int,
    doubt: str | None,
) -> _Figure:
    row, flow, unit, basis = record["row"], record["flow"], record["unit"], record["basis"]
    period = parse_period(record["period"], fiscal_year_start_month=fiscal_year_start_month, row=row)
    figure = _Figure(
        row=row,
        period=period,
        flow=flow,
        commodity=record["commodity"],
        basis=basis,
        unit=unit,
        source_url=record["source_url"],
        value=record["value"],
        change=record["yoy_pct"],
        currency=None,
        table_value=None,
        table_change=None,
        amount=None,
        base_amount=None,
        value_status=None,
        change_status=None,
        doubt=doubt,
    )
    if flow not in _PARTS:
        return _not_compared(figure, Status.OTHER_REPORTER)
    names = _names(record, goods)
    if basis == "quantity":
        return _not_compared(figure, Status.QUANTITY_BASIS)
    if names is None:
        return _not_compared(figure, Status.GOODS_NOT_IN_TABLE)
    currency, multiple, whole = _unit(record, flows, goods)
    amount = _total(flows, names, flow, period, flows.currency)
    base = _total(flows, names, flow, period.year_before(), flows.currency)
    value_status = change_status = None
    table_value = table_change = None
    if isinstance(amount, Status):
        value_status = change_status = amount
    else:
        numerator = _total(flows, names, flow, period, currency)
        denominator = 1.0 if whole is None else _total(flows, [whole], flow, period, currency)
        assert isinstance(numerator, float)
        assert isinstance(denominator, float)
        if denominator:
            table_value = numerator / (denominator * multiple)
        else:
            value_status = Status.NO_BASE
        if isinstance(base, Status):
            change_status = base
        elif base <= 0:
            change_status = Status.NO_BASE
        else:
            before = _total(flows, names, flow, period.year_before(), currency)
            assert isinstance(before, float)
            table_change = 100 * (numerator / before - 1)
    if basis == "yoy on quantity":
        change_status, table_change = Status.QUANTITY_BASIS, None
    has_value, has_change = figure.value is not None, figure.change is not None
    return replace(
        figure,
        currency=currency,
        table_value=table_value if has_value else None,
        table_change=table_change if has_change else None,
        amount=None if isinstance(amount, Status) else amount,
        base_amount=None if isinstance(base, Status) else base,
        value_status=value_status if has_value else None,
        change_status=change_status if has_change else None,
    )


def _not_compared(figure: _Figure, status: Status) -> _Figure:
    return replace(
        figure,
        value_status=None if figure.value is None else status,
        change_status=None if figure.change is None else status,
    )


def _names(
    record: Mapping[str, Any], goods: Mapping[tuple[str, str], _Goods]
) -> list[tuple[str, str, str]] | None:
    names = []
    for part in _PARTS[record["flow"]]:
        known = goods.get((record["commodity"], part))
        if known is None:
            raise SourceError(
                _WHERE,
                f"is not in the concordance for the flow {part}",
                row=record["row"],
                column="commodity",
                value=record["commodity"],
                remedy="Add it to concordance.csv, with the table's goods or the reason why there are none.",
            )
        if known.level is None or known.code is None:
            return None
        names.append((part, known.level, known.code))
    return names


def _unit(
    record: Mapping[str, Any], flows: _Flows, goods: Mapping[tuple[str, str], _Goods]
) -> tuple[str, float, tuple[str, str, str] | None]:
    """Currency, size of the unit, and the whole of which the figure is a share."""
    unit = record["unit"]
    if unit is None and record["value"] is None:
        return flows.currency, 1.0, None
    if unit == f"pct_of_{record['flow']}s":
        everything = goods.get((ALL_GOODS, record["flow"]))
        if everything is not None and everything.level is not None and everything.code is not None:
            return flows.currency, 0.01, (record["flow"], everything.level, everything.code)
    match = re.fullmatch(r"(bn|mn)_([a-z]{3})", unit or "")
    if match is None:
        raise SourceError(
            _WHERE,
            "is not a unit of value",
            row=record["row"],
            column="unit",
            value=unit,
            remedy="Write bn_ or mn_ and the currency, pct_of_exports or pct_of_imports; or correct basis.",
        )
    return match[2].upper(), float(_MULTIPLES[match[1]]), None


def _total(
    flows: _Flows, names: Sequence[tuple[str, str, str]], flow: str, period: Period, currency: str
) -> float | Status:
    total = 0.0
    for name in names:
        part = flows.total(name, period, currency)
        if isinstance(part, Status):
            return part
        total += _PARTS[flow][name[0]] * part
    return total


def _judge(
    measured: Sequence[_Figure],
    flows: _Flows,
    goods: Mapping[tuple[str, str], _Goods],
    bounds: Bounds,
) -> list[tuple[_Figure, str | None]]:
    """Give every compared part its status, and every figure the sentence its status rests on."""
    contradictions = {
        figure.row: reason
        for figure in measured
        if (reason := _contradiction(figure, measured, flows, goods, bounds)) is not None
    }
    sound = [figure for figure in measured if figure.row not in contradictions and figure.doubt is None]
    revisions = [shown for figure in sound if (shown := _revision(figure, flows, bounds)) is not None]
    judged = []
    for figure in measured:
        value_status, value_reason = _judge_value(figure, measured, revisions, flows, bounds)
        change_status, change_reason = _judge_change(
            figure, measured, revisions, flows, bounds, contradictions.get(figure.row)
        )
        judged_figure = replace(figure, value_status=value_status, change_status=change_status)
        grave = _graver(value_status, change_status)
        reasons = [
            reason
            for status, reason in ((value_status, value_reason), (change_status, change_reason))
            if status == grave and reason is not None
        ]
        judged.append((judged_figure, " ".join(dict.fromkeys(reasons)) or None))
    return judged


def _graver(*statuses: Status | None) -> Status:
    present = {status for status in statuses if status is not None}
    return next(status for status in Status if status in present)


def _judge_value(
    figure: _Figure,
    measured: Sequence[_Figure],
    revisions: Sequence[_Revision],
    flows: _Flows,
    bounds: Bounds,
) -> tuple[Status | None, str | None]:
    if figure.value is None or figure.value_status is not None:
        return figure.value_status, _meaning(figure.value_status)
    gap = figure.value_gap
    if gap is not None and abs(gap) <= bounds.value_pct:
        return Status.WITHIN, _meaning(Status.WITHIN)
    assert figure.table_value is not None
    if _within_rounding(figure.value - figure.table_value, half_unit(figure.value)):
        return Status.ROUNDING, _meaning(Status.ROUNDING)
    if gap is None:
        return Status.UNEXPLAINED, _meaning(Status.UNEXPLAINED)
    if (
        figure.currency != flows.currency
        and abs(gap) <= bounds.rate_pct
        and all(
            other.value_gap is None or abs(other.value_gap) <= bounds.value_pct
            for other in _twins(figure, measured)
            if other.currency == flows.currency
        )
    ):
        return Status.CURRENCY_CONVERSION, _meaning(Status.CURRENCY_CONVERSION)
    for other in _twins(figure, measured):
        if other.unit != figure.unit or other.value is None or other.value_gap is None:
            continue
        differs = not _within_rounding(
            figure.value - other.value, half_unit(figure.value) + half_unit(other.value)
        )
        if differs and abs(other.value_gap) <= bounds.value_pct:
            return (
                Status.LATER_REVISION,
                f"Row {other.row} gives the same figure as {other.value:g}, which agrees with the table.",
            )
    assert figure.amount is not None
    shown = _shown(figure, figure.period, abs(figure.amount) * gap / 100, revisions)
    if shown is not None:
        return Status.LATER_REVISION, _revision_reason(shown)
    return Status.UNEXPLAINED, _meaning(Status.UNEXPLAINED)


def _judge_change(
    figure: _Figure,
    measured: Sequence[_Figure],
    revisions: Sequence[_Revision],
    flows: _Flows,
    bounds: Bounds,
    contradiction: str | None,
) -> tuple[Status | None, str | None]:
    if figure.change is None or figure.change_status is not None:
        return figure.change_status, _meaning(figure.change_status)
    gap, table_change = figure.change_gap, figure.table_change
    assert gap is not None
    assert table_change is not None
    if abs(gap) <= bounds.change_pp:
        return Status.WITHIN, _meaning(Status.WITHIN)
    if _within_rounding(gap, half_unit(figure.change, is_change=True)):
        return Status.ROUNDING, _meaning(Status.ROUNDING)
    if contradiction is not None:
        return Status.SELF_CONTRADICTION, contradiction
    if (
        figure.currency != flows.currency
        and abs(gap) <= bounds.rate_pct * (100 + table_change) / 100
        and all(
            other.change_gap is None or abs(other.change_gap) <= bounds.change_pp
            for other in _twins(figure, measured)
            if other.currency == flows.currency
        )
    ):
        return Status.CURRENCY_CONVERSION, _meaning(Status.CURRENCY_CONVERSION)
    base, implied = figure.base_amount, figure.implied_base
    if base is None or implied is None:
        return Status.UNEXPLAINED, _meaning(Status.UNEXPLAINED)
    value_agrees = figure.value_gap is not None and abs(figure.value_gap) <= bounds.value_pct
    # What is left of the gap once the change is reckoned from the implied base is the value's own gap.
    left = figure.change - (100 * (base / implied) * (1 + table_change / 100) - 100)
    if value_agrees and abs(left) <= bounds.change_pp:
        return (
            Status.LATER_REVISION,
            f"The value agrees; the change was reckoned on a base {implied / base - 1:+.1%} off the table's.",
        )
    if value_agrees and abs(100 * (implied / base - 1)) <= bounds.value_pct:
        return Status.COMPOUNDED, _meaning(Status.COMPOUNDED)
    shown = _shown(figure, figure.period.year_before(), implied - base, revisions)
    if shown is not None:
        return Status.LATER_REVISION, _revision_reason(shown)
    return Status.UNEXPLAINED, _meaning(Status.UNEXPLAINED)


def _meaning(status: Status | None) -> str | None:
    return None if status is None else MEANINGS[status]


def _within_rounding(difference: float, half: float) -> bool:
    return abs(difference) <= half * (1 + 1e-9)


def _twins(figure: _Figure, measured: Sequence[_Figure]) -> list[_Figure]:
    """Other publications of the same figure."""
    return [
        other
        for other in measured
        if other.row != figure.row
        and (other.period, other.flow, other.commodity, other.basis)
        == (figure.period, figure.flow, figure.commodity, figure.basis)
    ]


def _contradiction(
    figure: _Figure,
    measured: Sequence[_Figure],
    flows: _Flows,
    goods: Mapping[tuple[str, str], _Goods],
    bounds: Bounds,
) -> str | None:
    """Why a change of turnover cannot follow from its two parts, or None."""
    gap = figure.change_gap
    if figure.flow != "turnover" or figure.change is None or gap is None or abs(gap) <= bounds.change_pp:
        return None
    published: dict[str, float] = {}
    tables: dict[str, float] = {}
    bases: dict[str, float] = {}
    currency = figure.currency or flows.currency
    for part in _PARTS[figure.flow]:
        named = goods[figure.commodity, part]
        assert named.level is not None
        assert named.code is not None
        name = (part, named.level, named.code)
        base = flows.total(name, figure.period.year_before(), currency)
        now = flows.total(name, figure.period, currency)
        assert isinstance(base, float)
        assert isinstance(now, float)
        if base <= 0:
            return None
        bases[part], tables[part] = base, 100 * (now / base - 1)
        candidates = [
            other
            for other in measured
            if (other.period, other.flow, other.commodity) == (figure.period, part, figure.commodity)
            and other.change is not None
            and other.basis == "value"
        ]
        # The same page is the better witness against itself.
        candidates.sort(key=lambda other: (other.source_url != figure.source_url, other.row))
        if candidates and candidates[0].change is not None:
            published[part] = candidates[0].change
    if len(published) == len(bases):
        whole = sum(bases.values())
        combined = sum(bases[part] * published[part] for part in bases) / whole
        if abs(figure.change - combined) <= bounds.change_pp:
            return None
        changes = " and ".join(f"{published[part]:g} % for {part}s" for part in bases)
        return f"The published changes, {changes}, give {combined:.1f} %, not {figure.change:g} %."
    low, high = min(tables.values()), max(tables.values())
    if low - bounds.change_pp <= figure.change <= high + bounds.change_pp:
        return None
    changes = " and ".join(f"{tables[part]:.1f} % for {part}s" for part in bases)
    return f"In the table the changes are {changes}; no weights of the two give {figure.change:g} %."


def _revision(figure: _Figure, flows: _Flows, bounds: Bounds) -> _Revision | None:
    """The revision of a base that a figure with value and change shows, if it shows one.

    The published value agrees with the table, and no value and change that round to the published ones
    give the table's base. A change in whole points shows nothing: such figures are often cut, not rounded.
    """
    base, implied = figure.base_amount, figure.implied_base
    gap = figure.value_gap
    if (
        figure.basis != "value"
        or figure.flow == "balance"
        or figure.currency != flows.currency
        or figure.value is None
        or figure.change is None
        or figure.change_gap is None
        or base is None
        or implied is None
        or gap is None
        or abs(gap) > bounds.value_pct
        or figure.change.is_integer()
    ):
        return None
    half_value, half_change = half_unit(figure.value), half_unit(figure.change, is_change=True)
    if figure.value <= half_value or figure.change - half_change <= -100:
        return None
    level = implied * (100 + figure.change)
    low = level * (1 - half_value / figure.value) / (100 + figure.change + half_change)
    high = level * (1 + half_value / figure.value) / (100 + figure.change - half_change)
    if low <= base <= high:
        return None
    return _Revision(figure.row, figure.period.year_before(), figure.flow, figure.commodity, implied - base)


def _shown(
    figure: _Figure, period: Period, amount: float, revisions: Sequence[_Revision]
) -> _Revision | None:
    """The largest revision shown by another figure that can account for half of ``amount`` in ``period``."""
    fitting = [
        revision
        for revision in revisions
        if revision.row != figure.row
        and revision.commodity == figure.commodity
        and (revision.flow == figure.flow or revision.flow == "turnover")
        and revision.period.n_months_shared(period)
        and revision.amount * amount > 0
        and abs(revision.amount) >= abs(amount) / 2
    ]
    return max(fitting, key=lambda revision: (abs(revision.amount), -revision.row), default=None)


def _revision_reason(revision: _Revision) -> str:
    months = f"{revision.period.n_months} months from {revision.period.start:%Y-%m}"
    direction = "raised" if revision.amount > 0 else "lowered"
    return f"Row {revision.row} shows that the level of {months} was {direction} after the table's release."


def _row(
    figure: _Figure, reason: str | None, period_text: str, goods: Mapping[tuple[str, str], _Goods]
) -> tuple[Any, ...]:
    parts = list(_PARTS.get(figure.flow, {}))
    named = goods[figure.commodity, parts[0]] if parts else _Goods(None, None, None)
    status = _graver(figure.value_status, figure.change_status)
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
