"""What a finding is made of, and the findings on trade put together from their parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from retorsion.errors import NotEstimable
from retorsion.estimators.frames import require_columns
from retorsion.estimators.results import Estimate, rank_limits
from retorsion.findings import NOT_ESTIMABLE, statement_frame
from retorsion.impact.coalition import PlaceboTargets
from retorsion.params import ImpactCase
from retorsion.sources.states import state_name

#: Significant digits of a p-value.
P_VALUE_DIGITS = 3
_P_VALUES = cs.starts_with("p_value") & cs.float()


@dataclass(frozen=True)
class Found:
    """Findings of one part.

    Attributes:
        values: JSON-ready.
        rows: frames behind them, by name.
    """

    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, pl.DataFrame] = field(default_factory=dict)


#: The frames that each part gives, whatever the data; a part without an estimate gives its statement.
FRAMES: Mapping[str, tuple[str, ...]] = {
    "monthly": (
        "monthly_estimators", "monthly_event_study", "monthly_exchange_rate", "monthly_groups",
        "monthly_placebos", "monthly_series", "monthly_steps", "monthly_synthetic_control_gaps",
        "monthly_synthetic_left_out", "monthly_synthetic_paths", "monthly_synthetic_weights",
    ),
    "area_goods": (
        "area_goods_by_measure", "area_goods_dates", "area_goods_estimators", "area_goods_path",
        "area_goods_placebos", "area_goods_relative", "area_goods_split", "area_goods_years",
    ),
    "mirror": ("mirror",),
    "price_volume": ("price_volume",),
    "records": ("records", "record_rows"),
    "diversion": (
        "destinations", "destination_shares", "diversion", "diversion_choices", "concentration", "vanished",
        "buyers",
    ),
    "rerouting": ("rerouting", "rerouting_hubs", "rerouting_months"),
    "replacement": ("replacement", "supplier_shares"),
    "gravity": (
        "gravity_by_product", "gravity_by_year", "gravity_placebos", "gravity_robustness", "gravity_without",
    ),
    "tariffs": (
        "tariffs_averages", "tariffs_control", "tariffs_lines", "tariffs_paid", "tariffs_published",
        "tariffs_replaced", "tariffs_sections", "tariffs_shares", "tariffs_specifications", "tariffs_steps",
    ),
}  # fmt: skip

#: Why a part has no estimate if the parameters leave it out.
LEFT_OUT: Mapping[str, str] = {
    "monthly": "The case asks for no monthly series of {reporter}'s trade, so there are no monthly estimates.",
    "area_goods": "No trade of {reporter} by area and group of goods is recorded.",
    "mirror": "The case names no statistics of {reporter}'s own to compare with those of its partners.",
    "diversion": "No coalition against {target} is recorded, so its buyers cannot be divided.",
    "gravity": "No coalition against {target} is recorded, so there is no effect of membership to estimate.",
    "tariffs": "Tariffs between {reporter} and {target} are not studied in this case.",
    "replacement": "Purchases of {reporter} from {target} are not studied in this case.",
    "records": "No importers' own records of what they bought from {target} are recorded: shares over years rest "
    "on a source of all pairs, which may mix two records.",
    "rerouting": "No exports of others to {target} and to the states around it are recorded, so detours cannot be "
    "estimated.",
}


def part_of(asked: ImpactCase, name: str) -> Any:
    """A part of what is asked about trade.

    Raises:
        NotEstimable: the case leaves it out.
    """
    part = getattr(asked, name)
    if part is None:
        raise NotEstimable(f"The case leaves {name} out.")
    return part


def or_left_out(
    part: str, compute: Callable[[], Found], *, is_asked: bool, reporter: str, target: str
) -> Found:
    """A part of the findings, or the statement why there is none, with all of its frames.

    Args:
        part: its name, of :data:`FRAMES`.
        compute: gives it; may raise NotEstimable.
        is_asked: whether the parameters have a section for it.
        reporter: code of the state, for the statement.
        target: code of the other.
    """
    if is_asked:
        try:
            found = compute()
        except NotEstimable as reason:
            found = Found({NOT_ESTIMABLE: str(reason)})
    else:
        why = LEFT_OUT.get(part, "The case leaves this out.").format(
            reporter=state_name(reporter), target=state_name(target)
        )
        found = Found({NOT_ESTIMABLE: why})
    statement = statement_frame(found.values)
    return Found(found.values, {name: found.rows.get(name, statement) for name in FRAMES[part]})


def combined(parts: Mapping[str, Found]) -> Found:
    """Parts as one: each part's values under its name, all frames side by side; p-values rounded.

    Raises:
        ValueError: two parts have a frame of one name.
    """
    rows: dict[str, pl.DataFrame] = {}
    for name, part in parts.items():
        if shared := set(rows) & set(part.rows):
            raise ValueError(f"the part {name!r} repeats the frames {sorted(shared)}")
        rows |= part.rows
    return Found(
        {name: _with_short_p_values(part.values) for name, part in parts.items()},
        {name: frame.with_columns(_P_VALUES.round_sig_figs(P_VALUE_DIGITS)) for name, frame in rows.items()},
    )


def _with_short_p_values(value: Any) -> Any:
    """Values with every p-value rounded: tails far out magnify the last bits in which processors differ."""
    if isinstance(value, dict):
        return {
            key: float(f"{item:.{P_VALUE_DIGITS}g}")
            if key.startswith("p_value") and isinstance(item, float)
            else _with_short_p_values(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_short_p_values(item) for item in value]
    return value


def dated_measures(trade_measures: pl.DataFrame, chosen: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Dates and words of the measures that an analysis names.

    Args:
        trade_measures: table of that name.
        chosen: measure_id and label of each.

    Returns:
        measure_id, date (effective, else announced), announced_date, label, in time order.

    Raises:
        ParameterError: the table lacks a column.
        NotEstimable: a measure is not in the table.
    """
    require_columns(trade_measures, ["measure_id", "announced_date", "effective_date"], "trade_measures")
    wanted = pl.DataFrame(chosen, schema={"measure_id": pl.String, "label": pl.String}, orient="row")
    found = wanted.join(trade_measures, on="measure_id", how="left", maintain_order="left")
    if found["announced_date"].null_count():
        missing = found.filter(pl.col("announced_date").is_null())["measure_id"].to_list()
        raise NotEstimable(
            f"The table of trade measures has no {', '.join(missing)}: there is no date to use."
        )
    return found.select(
        "measure_id",
        pl.coalesce("effective_date", "announced_date").alias("date"),
        "announced_date",
        "label",
    ).sort("date", "measure_id")


def json_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as plain JSON values, dates in ISO format, numbers that are not finite as null."""
    dates = [name for name, dtype in frame.schema.items() if dtype == pl.Date]
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    return frame.with_columns(
        *(pl.col(name).dt.to_string("%Y-%m-%d") for name in dates),
        *(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats),
    ).to_dicts()


def placebo_counts(placebos: PlaceboTargets) -> dict[str, Any]:
    """How many placebos there are, and how many differ from their mean as much as the target or more.

    Returns:
        n_placebos, n_as_far (null without a p-value), smallest_p that so many placebos can give.
    """
    n, p_value = placebos.n_placebos, placebos.p_value
    return {
        "n_placebos": n,
        "n_as_far": None if p_value is None else round(p_value * (1 + n)) - 1,
        "smallest_p": 1 / (1 + n),
    }


def ranked(
    value: float,
    placebos: Sequence[float],
    *,
    term: str,
    level: float,
    n_obs: int,
    estimator: str,
    citation: str,
    sample: str,
) -> Estimate:
    """An estimate whose interval and p-value come from the ranks of placebo estimates.

    Args:
        value: the estimate.
        placebos: the same estimate for units without treatment.
        term: see :class:`retorsion.estimators.results.Estimate`, as the following.
        level: confidence level asked for; the estimate carries the one that so many placebos hold.
        n_obs: rows.
        estimator: name.
        citation: of the estimator.
        sample: in words.
    """
    ordered = np.sort(np.asarray(placebos, dtype=np.float64))
    n = len(ordered)
    low, high, held = rank_limits(n, level)
    return Estimate(
        term=term,
        estimate=value,
        lower=value - float(ordered[high - 1]),
        upper=value - float(ordered[low - 1]),
        level=held,
        p_value=(1 + int(np.sum(np.abs(ordered) >= abs(value)))) / (1 + n),
        n_obs=n_obs,
        estimator=estimator,
        citation=citation,
        standard_error_type=f"ranks of {n} placebos",
        sample=sample,
        caveat=(
            "Log points. "
            + (f"{n} placebos hold {held:.0%}, not {level:.0%}. " if held < level else "")
            + f"The smallest p-value attainable is {1 / (1 + n):.3f}. Anything else that "
            "hit trade with the state under measures, and not trade with others, is part of the effect."
        ),
    )
