"""Signs of trade that reaches a target through third states.

The signature of Chupilkin, Javorcik and Plekhanov (2025, CEPR DP 20097): the origin's exports to the target
fall, its exports to a hub rise above what they would have been, the hub's exports to the target rise, and
part of what the origin records as exported to the hub is never recorded there as imported. Each sign alone
has innocent readings; the function reports them, it does not convict.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata
from scipy.stats import t as student_t

from retorsion.dates import months_between, months_later
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.long_run import long_run_variance
from retorsion.impact.records import directed_flows

#: Fewest periods before and after the event for which a ratio is given an interval.
MINIMUM_PERIODS = 3

Side: TypeAlias = Literal["exporter", "importer"]
Matrix: TypeAlias = NDArray[np.float64]
Vector: TypeAlias = NDArray[np.float64]

#: Whose record of a leg is taken first: the exporter's is made by the state that lets the goods go.
SIDES: tuple[Side, Side] = ("exporter", "importer")

Counterfactual = Literal["pre_mean", "pre_growth", "comparison"]

_SCHEMA = pl.Schema(
    {
        "hub_code": pl.String,
        "product_code": pl.String,
        "n_before": pl.Int64,
        "n_after": pl.Int64,
        **{
            f"{leg}_{name}": dtype
            for leg in ("direct", "inbound", "onward")
            for name, dtype in (
                ("log_ratio", pl.Float64),
                ("lower", pl.Float64),
                ("upper", pl.Float64),
                ("excess_value", pl.Float64),
                ("sign_type", pl.String),
                ("recorded_by_type", pl.String),
            )
        },
        "substitution_share": pl.Float64,
        "timing_correlation": pl.Float64,
        "timing_lag": pl.Int64,
        "n_timing": pl.Int64,
        "unrecorded_share_before": pl.Float64,
        "unrecorded_share_after": pl.Float64,
        "excess_unrecorded_share": pl.Float64,
        "unrecorded_sign_type": pl.String,
        "n_signs_observed": pl.Int64,
        "n_signs_matching": pl.Int64,
        "pattern_type": pl.String,
    }
)


def transshipment_signatures(
    trade_flows: pl.DataFrame,
    *,
    origin_codes: Collection[str],
    hub_codes: Collection[str] | Mapping[str, Collection[str]],
    target_code: str,
    event_date: date,
    value_column: str = "value_kusd",
    product_codes: Collection[str] | None = None,
    by_product: bool = True,
    counterfactual: Counterfactual = "pre_mean",
    comparison_codes: Collection[str] = (),
    cif_fob_margin: float = 0.0,
    maximum_lag: int = 3,
    level: float = 0.95,
) -> pl.DataFrame:
    """Score hubs, and products within them, for the signature of transshipment.

    Periods are months or years, all of one length. The period that holds ``event_date`` is left out unless
    it starts on it. Three legs are compared with their counterfactual, summed over the periods after:
    *direct* (origins to target), *inbound* (origins to hub), *onward* (hub to target). A leg is read from
    the exporter's record where the exporters report in every period used, else from the importer's. A row
    that is absent in a period its reporter covers is zero.

    The counterfactual of a period is, by ``counterfactual``,

    - ``pre_mean``: the mean of the same calendar month before the event;
    - ``pre_growth``: the same month of the last year before the event, times the growth of the last
      twelve months before it on the twelve earlier, once for each year passed;
    - ``comparison``: ``pre_mean`` times what exports of the leg's exporters to ``comparison_codes`` did
      (the onward leg keeps ``pre_mean``).

    The interval of a log ratio is by the delta method with Newey-West long-run variances of the periods
    before and after, around the mean of each; the counterfactual's growth is taken as known. A leg's sign
    is up or down where the interval excludes no change, flat otherwise; a leg that starts or stops
    altogether has its sign but no ratio.

    Args:
        trade_flows: rows of the table of that name, one product level, one source per reporter.
        origin_codes: the exporters whose goods are followed, taken together.
        hub_codes: the possible hubs, or names of groups of them.
        target_code: the state the goods may be meant for.
        event_date: the date of the measures.
        value_column: the column with values, one currency.
        product_codes: keep these products only.
        by_product: one row per hub and product; otherwise one per hub, ``product_code`` null.
        counterfactual: see above.
        comparison_codes: partners not suspected of being hubs, for ``comparison``.
        cif_fob_margin: freight and insurance in the hub's import values, as a share of FOB.
        maximum_lag: periods by which the onward leg may follow the inbound one.
        level: confidence level.

    Returns:
        hub_code, product_code, n_before, n_after (periods); for each leg log_ratio, lower, upper,
        excess_value (actual minus counterfactual, sum over the periods after, unit of ``value_column``),
        sign_type (up, down, flat; null where the leg is not recorded or never traded) and
        recorded_by_type; substitution_share (excess inbound for each unit the direct leg lost; null unless
        inbound rose and direct fell); timing_correlation (largest Spearman correlation of the inbound leg
        with the onward one ``timing_lag`` periods later, over all ``n_timing`` periods: a common rise
        suffices for a high one); unrecorded_share_before and _after (of the inbound exports not found in
        the hub's imports, at FOB), excess_unrecorded_share (the part of the excess inbound exports that is
        unrecorded beyond the share before; null unless inbound rose), unrecorded_sign_type;
        n_signs_observed and n_signs_matching (of four: direct down, inbound up, onward up, unrecorded
        up), pattern_type (full: direct and inbound observed and all observed signs match; partial: inbound
        up but not all match; none). Sorted by hub and product.

    Raises:
        ParameterError: periods of different lengths, a code in two roles, a row twice, or no comparison.
        NotEstimable: no flow of the origins to a hub or to the target, too few periods before or after, or
            all flows zero.
    """
    hubs = (
        {name: sorted(set(members)) for name, members in sorted(hub_codes.items())}
        if isinstance(hub_codes, Mapping)
        else {code: [code] for code in sorted(set(hub_codes))}
    )
    origins, others = sorted(set(origin_codes)), sorted(set(comparison_codes))
    _require_roles(origins, hubs, target_code, others)
    if not 0 <= cif_fob_margin < 1:
        raise ParameterError(f"cif_fob_margin is {cif_fob_margin}: give a share from 0 to below 1")
    if counterfactual == "comparison" and not others:
        raise ParameterError("counterfactual is comparison, but comparison_codes is empty")
    flows, reported = _usable_flows(trade_flows, value_column, product_codes)
    n_months = int(flows["n_months"][0])
    periods: list[date] = reported["period_start"].unique().sort().to_list()
    before = [i for i, p in enumerate(periods) if p < event_date and months_later(p, n_months) <= event_date]
    after = [i for i, p in enumerate(periods) if p >= event_date]
    for part, name in ((before, "before"), (after, "after")):
        if len(part) < MINIMUM_PERIODS:
            raise NotEstimable(
                f"{len(part)} period(s) lie wholly {name} {event_date}, fewer than {MINIMUM_PERIODS}: a "
                "change cannot be told from noise."
            )
    products: list[str | None] = flows["product_code"].unique().sort().to_list() if by_product else [None]
    used = [periods[i] for i in (*before, *after)]
    split = len(before)

    def leg(exporters: Collection[str], importers: Collection[str], side: Side) -> Matrix | None:
        return _leg(flows, reported, exporters, importers, side, used, products)

    def best(exporters: Collection[str], importers: Collection[str]) -> tuple[Matrix | None, Side | None]:
        for side in SIDES:
            if (matrix := leg(exporters, importers, side)) is not None:
                return matrix, side
        return None, None

    def change(matrix: Matrix | None, growth: Matrix | None = None) -> _Change | None:
        if matrix is None:
            return None
        expected = _expected(matrix, used, split, n_months, counterfactual)
        return _compare(matrix, expected if growth is None else expected * growth, split, level)

    growth = None
    if counterfactual == "comparison":
        elsewhere, _ = best(origins, others)
        if elsewhere is None:
            raise NotEstimable("The origins' exports to the comparison partners are not reported throughout.")
        base = _expected(elsewhere, used, split, n_months, "pre_mean")
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.where(base > 0, elsewhere[:, split:] / base, np.nan)

    direct_matrix, direct_side = best(origins, [target_code])
    direct = change(direct_matrix, growth)
    frames = []
    for hub, members in hubs.items():
        inbound_matrix, inbound_side = best(origins, members)
        if inbound_matrix is None:
            raise NotEstimable(
                f"Neither {hub} nor the origins report trade in every period: there is no leg between them."
            )
        onward_matrix, onward_side = best(members, [target_code])
        inbound, onward = change(inbound_matrix, growth), change(onward_matrix)
        assert inbound is not None
        columns: dict[str, object] = {
            "hub_code": [hub] * len(products),
            "product_code": products,
            "n_before": [len(before)] * len(products),
            "n_after": [len(after)] * len(products),
        }
        for name, found, side in (
            ("direct", direct, direct_side),
            ("inbound", inbound, inbound_side),
            ("onward", onward, onward_side),
        ):
            columns |= _leg_columns(name, found, side, len(products))
        columns |= _timing(inbound_matrix, onward_matrix, maximum_lag)
        columns |= _unrecorded(
            leg(origins, members, "exporter"),
            leg(origins, members, "importer"),
            inbound,
            split,
            cif_fob_margin,
            level,
        )
        frames.append(pl.DataFrame(columns, schema_overrides=_SCHEMA))
    result = _with_pattern(pl.concat(frames, how="vertical_relaxed"))
    if result["inbound_sign_type"].null_count() == len(result):
        raise NotEstimable("All flows from the origins to the hubs are zero.")
    return result.select(_SCHEMA.names()).cast(_SCHEMA).sort("hub_code", "product_code")


def _require_roles(
    origins: list[str], hubs: Mapping[str, list[str]], target_code: str, others: list[str]
) -> None:
    if not origins or not hubs or not all(hubs.values()):
        raise ParameterError("name at least one origin and one hub")
    members = [code for codes in hubs.values() for code in codes]
    roles = [*origins, *sorted(set(members)), target_code, *others]
    if twice := sorted({code for code in roles if roles.count(code) > 1}):
        raise ParameterError(f"{twice} appear in more than one role of origin, hub, target and comparison")


def _usable_flows(
    trade_flows: pl.DataFrame, value_column: str, product_codes: Collection[str] | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Flows of the chosen products, and all flows, which tell who reported when."""
    reported = directed_flows(trade_flows, value_column=value_column)
    flows = reported
    if product_codes is not None:
        flows = flows.filter(pl.col("product_code").is_in(sorted(set(product_codes))))
        if flows.is_empty():
            raise NotEstimable("None of the chosen products is traded by anybody.")
    if (n := flows["n_months"].n_unique()) != 1:
        raise ParameterError(f"periods of {n} different lengths: keep rows of one n_months")
    if flows["value"].null_count():
        raise ParameterError(f"{value_column} is missing in some rows: choose another column")
    if flows.select("product_system", "product_level").n_unique() > 1:
        raise ParameterError("product levels overlap and must not be added: filter trade_flows to one")
    key = ["period_start", "exporter_code", "importer_code", "recorded_by_type", "product_code"]
    if flows.select(pl.struct(key).is_duplicated().any()).item():
        raise ParameterError("a flow is recorded twice by one side: keep one source and one split")
    return flows, reported


def _leg(
    flows: pl.DataFrame,
    reported: pl.DataFrame,
    exporters: Collection[str],
    importers: Collection[str],
    side: Side,
    periods: list[date],
    products: list[str | None],
) -> Matrix | None:
    """Sum of flows by product and period as one side recorded them; null unless all of it always reports."""
    reporters, column = (exporters, "exporter_code") if side == "exporter" else (importers, "importer_code")
    covered = reported.filter(
        (pl.col("recorded_by_type") == side)
        & pl.col(column).is_in(list(reporters))
        & pl.col("period_start").is_in(periods)
    )
    if covered.select(column, "period_start").n_unique() < len(reporters) * len(periods):
        return None
    sums = (
        flows.filter(
            (pl.col("recorded_by_type") == side)
            & pl.col("exporter_code").is_in(list(exporters))
            & pl.col("importer_code").is_in(list(importers))
            & pl.col("period_start").is_in(periods)
        )
        .sort("product_code", "period_start", "exporter_code", "importer_code")
        .group_by("period_start", *([] if products == [None] else ["product_code"]), maintain_order=True)
        .agg(pl.col("value").sum())
    )
    column_of = {p: i for i, p in enumerate(periods)}
    row_of = {p: i for i, p in enumerate(products)}
    matrix = np.zeros((len(products), len(periods)))
    codes = [None] * len(sums) if products == [None] else sums["product_code"].to_list()
    at = [row_of[c] for c in codes], [column_of[p] for p in sums["period_start"].to_list()]
    matrix[at] = sums["value"].to_numpy()
    return matrix


def _expected(
    matrix: Matrix, periods: list[date], split: int, n_months: int, counterfactual: Counterfactual
) -> Matrix:
    """Counterfactual of the periods from ``split`` on: products by periods after."""
    past, coming = periods[:split], periods[split:]
    if counterfactual == "pre_growth":
        per_year = 12 // n_months
        if split < 2 * per_year:
            raise NotEstimable(
                f"{split} periods before the event are fewer than two years: no growth is known."
            )
        last = matrix[:, split - per_year : split]
        with np.errstate(divide="ignore", invalid="ignore"):
            earlier = matrix[:, split - 2 * per_year : split - per_year].sum(axis=1)
            growth = np.where(earlier > 0, last.sum(axis=1) / earlier, np.nan)
        by_month = {p.month: last[:, i] for i, p in enumerate(past[-per_year:])}
        final = past[-1]
        years = [math.ceil(months_between(final, p) / 12) for p in coming]
        return np.column_stack([by_month[p.month] * growth**n for p, n in zip(coming, years, strict=True)])
    columns = []
    for period in coming:
        same = [i for i, p in enumerate(past) if p.month == period.month]
        if not same:
            raise NotEstimable(
                f"No period before the event falls in the calendar month of {period:%Y-%m}: a full year "
                "before it is needed."
            )
        columns.append(matrix[:, same].mean(axis=1))
    return np.column_stack(columns)


@dataclass(frozen=True)
class _Change:
    log_ratio: Vector
    lower: Vector
    upper: Vector
    actual: Vector
    expected: Vector
    sign: list[str | None]


def _long_run_variance(matrix: Matrix) -> Vector:
    """Newey-West variance of each row, with the cube root of its length as lags."""
    n = matrix.shape[1]
    return np.asarray(long_run_variance(matrix, int(n ** (1 / 3))) * n / (n - 1))


def _compare(matrix: Matrix, expected: Matrix, split: int, level: float) -> _Change:
    past, coming = matrix[:, :split], matrix[:, split:]
    actual, base = coming.sum(axis=1), expected.sum(axis=1)
    n0, n1 = past.shape[1], coming.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.where((actual > 0) & (base > 0), np.log(actual / base), np.nan)
        error = np.sqrt(
            _long_run_variance(past) / (n0 * past.mean(axis=1) ** 2)
            + _long_run_variance(coming) / (n1 * coming.mean(axis=1) ** 2)
        )
    half = float(student_t(min(n0, n1) - 1).ppf(0.5 + level / 2)) * error
    lower, upper = log_ratio - half, log_ratio + half
    sign: list[str | None] = []
    for a, b, low, high in zip(actual, base, lower, upper, strict=True):
        if math.isnan(b) or (a == 0 and b == 0):
            sign.append(None)
        elif b == 0 or low > 0:
            sign.append("up")
        elif a == 0 or high < 0:
            sign.append("down")
        else:
            sign.append("flat")
    return _Change(log_ratio, lower, upper, actual, base, sign)


def _nullable(values: Vector) -> list[float | None]:
    return [float(v) if math.isfinite(v) else None for v in values]


def _leg_columns(name: str, found: _Change | None, side: Side | None, n: int) -> dict[str, object]:
    nothing = [None] * n
    return {
        f"{name}_log_ratio": _nullable(found.log_ratio) if found else nothing,
        f"{name}_lower": _nullable(found.lower) if found else nothing,
        f"{name}_upper": _nullable(found.upper) if found else nothing,
        f"{name}_excess_value": _nullable(found.actual - found.expected) if found else nothing,
        f"{name}_sign_type": found.sign if found else nothing,
        f"{name}_recorded_by_type": [side] * n,
    }


def _timing(inbound: Matrix, onward: Matrix | None, maximum_lag: int) -> dict[str, object]:
    n, periods = inbound.shape
    best: list[tuple[float | None, int | None, int]] = []
    for i in range(n):
        found: list[tuple[float, int, int]] = []
        for lag in range(min(maximum_lag, periods - 8) + 1 if onward is not None else 0):
            assert onward is not None
            a, b = rankdata(inbound[i, : periods - lag]), rankdata(onward[i, lag:])
            if a.std() > 0 and b.std() > 0:
                found.append((float(np.corrcoef(a, b)[0, 1]), lag, periods - lag))
        best.append(max(found, key=lambda f: (f[0], -f[1])) if found else (None, None, 0))
    return {
        "timing_correlation": [b[0] for b in best],
        "timing_lag": [b[1] for b in best],
        "n_timing": [b[2] for b in best],
    }


def _unrecorded(
    exported: Matrix | None,
    imported: Matrix | None,
    inbound: _Change,
    split: int,
    cif_fob_margin: float,
    level: float,
) -> dict[str, object]:
    """Share of the origins' exports to the hub that the hub does not record, before and after."""
    names = ("unrecorded_share_before", "unrecorded_share_after", "excess_unrecorded_share")
    if exported is None or imported is None:
        nothing = [None] * len(inbound.actual)
        return dict.fromkeys((*names, "unrecorded_sign_type"), nothing)
    arrived = imported / (1 + cif_fob_margin)
    shares, variances = [], []
    with np.errstate(divide="ignore", invalid="ignore"):
        for part in (slice(0, split), slice(split, None)):
            left, came = exported[:, part], arrived[:, part]
            ratio = np.where(left.sum(axis=1) > 0, came.sum(axis=1) / left.sum(axis=1), np.nan)
            shares.append(1 - ratio)
            residual = (came - ratio[:, None] * left) / left.mean(axis=1, keepdims=True)
            variances.append(_long_run_variance(residual) / residual.shape[1])
        before, after = shares
        excess = inbound.actual - inbound.expected
        missing = exported[:, split:].sum(axis=1) - arrived[:, split:].sum(axis=1)
        usual = np.where(np.isnan(before), 0.0, before) * inbound.expected
        excess_share = np.where(excess > 0, (missing - usual) / excess, np.nan)
        periods = min(split, exported.shape[1] - split)
        half = float(student_t(periods - 1).ppf(0.5 + level / 2)) * np.sqrt(variances[0] + variances[1])
    sign = [
        None if math.isnan(d) or math.isnan(h) else ("up" if d - h > 0 else "down" if d + h < 0 else "flat")
        for d, h in zip(after - before, half, strict=True)
    ]
    return {
        "unrecorded_share_before": _nullable(before),
        "unrecorded_share_after": _nullable(after),
        "excess_unrecorded_share": _nullable(excess_share),
        "unrecorded_sign_type": sign,
    }


def _with_pattern(scores: pl.DataFrame) -> pl.DataFrame:
    looked_for = {"direct": "down", "inbound": "up", "onward": "up", "unrecorded": "up"}
    signs = [pl.col(f"{name}_sign_type") for name in looked_for]
    matches = [(pl.col(f"{name}_sign_type") == sign) for name, sign in looked_for.items()]
    observed = pl.sum_horizontal(s.is_not_null().cast(pl.Int64) for s in signs)
    matching = pl.sum_horizontal(m.fill_null(False).cast(pl.Int64) for m in matches)
    inbound_up = matches[1].fill_null(False)
    both = signs[0].is_not_null() & signs[1].is_not_null()
    fell = pl.col("direct_excess_value") < 0
    rose = pl.col("inbound_excess_value") > 0
    return scores.with_columns(
        pl.when(fell & rose)
        .then(-pl.col("inbound_excess_value") / pl.col("direct_excess_value"))
        .alias("substitution_share"),
        observed.alias("n_signs_observed"),
        matching.alias("n_signs_matching"),
        pl.when(both & (observed == matching))
        .then(pl.lit("full"))
        .when(inbound_up)
        .then(pl.lit("partial"))
        .otherwise(pl.lit("none"))
        .alias("pattern_type"),
    )
