"""Why a published figure differs from the table: the rules that ``compare_figures`` lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from retorsion.checks.measured import PARTS, Measured, NamedGoods, PairFlows
from retorsion.checks.periods import Period
from retorsion.checks.statuses import MEANINGS, Status


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
class _Revision:
    """A level that a published value and change show to differ from the table's by ``amount``."""

    row: int
    period: Period
    flow: str
    commodity: str
    amount: float


def judge(
    measured: Sequence[Measured],
    flows: PairFlows,
    goods: Mapping[tuple[str, str], NamedGoods],
    bounds: Bounds,
) -> list[tuple[Measured, str | None]]:
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
        grave = graver(value_status, change_status)
        reasons = [
            reason
            for status, reason in ((value_status, value_reason), (change_status, change_reason))
            if status == grave and reason is not None
        ]
        judged.append((judged_figure, " ".join(dict.fromkeys(reasons)) or None))
    return judged


def graver(*statuses: Status | None) -> Status:
    """The one that comes first in the order of precedence."""
    present = {status for status in statuses if status is not None}
    return next(status for status in Status if status in present)


def _judge_value(
    figure: Measured,
    measured: Sequence[Measured],
    revisions: Sequence[_Revision],
    flows: PairFlows,
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
    figure: Measured,
    measured: Sequence[Measured],
    revisions: Sequence[_Revision],
    flows: PairFlows,
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


def _twins(figure: Measured, measured: Sequence[Measured]) -> list[Measured]:
    """Other publications of the same figure."""
    return [
        other
        for other in measured
        if other.row != figure.row
        and (other.period, other.flow, other.commodity, other.basis)
        == (figure.period, figure.flow, figure.commodity, figure.basis)
    ]


def _contradiction(
    figure: Measured,
    measured: Sequence[Measured],
    flows: PairFlows,
    goods: Mapping[tuple[str, str], NamedGoods],
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
    for part in PARTS[figure.flow]:
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


def _revision(figure: Measured, flows: PairFlows, bounds: Bounds) -> _Revision | None:
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
    figure: Measured, period: Period, amount: float, revisions: Sequence[_Revision]
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
