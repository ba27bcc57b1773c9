"""Published figures beside the table's numbers for them: period, goods, unit and currency are found here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from retorsion.checks.periods import WHERE, Period, parse_period
from retorsion.checks.statuses import NOT_COMPARED, Status
from retorsion.errors import ParameterError, SourceError
from retorsion.tables.exchange_rates import average_rates

#: Columns of the concordance from published names of goods to the table's: where ``goods`` is empty,
#: ``reason`` says why the table has no such goods.
CONCORDANCE_COLUMNS = ("commodity", "flow", "goods_level", "goods", "reason")

#: The published name that stands for all goods.
ALL_GOODS = "total"

#: Signs with which exports and imports enter a flow.
PARTS: Mapping[str, Mapping[str, int]] = {
    "export": {"export": 1},
    "import": {"import": 1},
    "turnover": {"export": 1, "import": 1},
    "balance": {"export": 1, "import": -1},
}

_MULTIPLES = {"bn": 10**9, "mn": 10**6}


@dataclass(frozen=True)
class Measured:
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
    doubt: str | None
    currency: str | None = None
    table_value: float | None = None
    table_change: float | None = None
    amount: float | None = None
    base_amount: float | None = None
    value_status: Status | None = None
    change_status: Status | None = None

    @property
    def value_gap(self) -> float | None:
        """Published minus table, per cent of the table."""
        if self.value is None or self.table_value is None or self.value_status in NOT_COMPARED:
            return None
        if self.value == self.table_value:
            return 0.0
        return (
            None if self.table_value == 0 else 100 * (self.value - self.table_value) / abs(self.table_value)
        )

    @property
    def change_gap(self) -> float | None:
        """Published minus table, percentage points."""
        if self.change is None or self.table_change is None or self.change_status in NOT_COMPARED:
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


class PairFlows:
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
class NamedGoods:
    """The table's name of published goods, or why it has none."""

    level: str | None
    code: str | None
    reason: str | None


def named_goods(concordance: pl.DataFrame, flows: PairFlows) -> dict[tuple[str, str], NamedGoods]:
    """The table's goods by published name and flow; ParameterError where the concordance is not one of the table."""
    goods: dict[tuple[str, str], NamedGoods] = {}
    for commodity, flow, level, code, reason in concordance.select(CONCORDANCE_COLUMNS).iter_rows():
        what = f"the concordance of {commodity!r} ({flow})"
        if (commodity, flow) in goods:
            raise ParameterError(f"{what} is given twice: keep one row")
        if (code is None) != (level is None) or (code is None) == (reason is None):
            raise ParameterError(f"{what} must have goods and their level, or else a reason")
        if code is not None and (flow, level, code) not in flows:
            raise ParameterError(f"{what} names {code!r} ({level}), which the table does not have")
        goods[commodity, flow] = NamedGoods(level, code, reason)
    return goods


def measure(
    record: Mapping[str, Any],
    flows: PairFlows,
    goods: Mapping[tuple[str, str], NamedGoods],
    fiscal_year_start_month: int,
    doubt: str | None,
) -> Measured:
    """The figure of a row of the file, with the table's numbers or the status that says why there are none."""
    row, flow, unit, basis = record["row"], record["flow"], record["unit"], record["basis"]
    period = parse_period(record["period"], fiscal_year_start_month=fiscal_year_start_month, row=row)
    figure = Measured(
        row=row,
        period=period,
        flow=flow,
        commodity=record["commodity"],
        basis=basis,
        unit=unit,
        source_url=record["source_url"],
        value=record["value"],
        change=record["yoy_pct"],
        doubt=doubt,
    )
    if flow not in PARTS:
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


def _not_compared(figure: Measured, status: Status) -> Measured:
    return replace(
        figure,
        value_status=None if figure.value is None else status,
        change_status=None if figure.change is None else status,
    )


def _names(
    record: Mapping[str, Any], goods: Mapping[tuple[str, str], NamedGoods]
) -> list[tuple[str, str, str]] | None:
    names = []
    for part in PARTS[record["flow"]]:
        known = goods.get((record["commodity"], part))
        if known is None:
            raise SourceError(
                WHERE,
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
    record: Mapping[str, Any], flows: PairFlows, goods: Mapping[tuple[str, str], NamedGoods]
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
            WHERE,
            "is not a unit of value",
            row=record["row"],
            column="unit",
            value=unit,
            remedy="Write bn_ or mn_ and the currency, pct_of_exports or pct_of_imports; or correct basis.",
        )
    return match[2].upper(), float(_MULTIPLES[match[1]]), None


def _total(
    flows: PairFlows, names: Sequence[tuple[str, str, str]], flow: str, period: Period, currency: str
) -> float | Status:
    total = 0.0
    for name in names:
        part = flows.total(name, period, currency)
        if isinstance(part, Status):
            return part
        total += PARTS[flow][name[0]] * part
    return total
