"""Trade of two invented states whose tariffs and elasticities are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

FIRST = date(2017, 1, 1)


@dataclass(frozen=True)
class Invented:
    """What is known of invented trade.

    Attributes:
        flows: rows of ``trade_flows`` of FRA to BEL and to the world.
        rates: table ``tariff_rates``.
        changes: table ``tariff_changes``.
    """

    flows: pl.DataFrame
    rates: pl.DataFrame
    changes: pl.DataFrame


def invented(
    seed: int,
    *,
    elasticity: float = -2.0,
    n_products: int = 80,
    n_months: int = 30,
    mean: float = 40.0,
    forward: float = 0.0,
    common: float = 0.0,
) -> Invented:
    """Exports by product and month, three in four products under a tariff that rises in month 16 or 20.

    Args:
        seed: of the draws.
        elasticity: of exports to one plus the tariff.
        n_products: number of products.
        n_months: number of months from January 2017.
        mean: of the counts that values are drawn from; small ones leave most months at zero.
        forward: share of the trade of the two months after a rise that is shipped in the two months before it.
        common: log change of all exports to the state from month 16 on, tariff or not.
    """
    rng = np.random.default_rng(seed)
    products = [f"{1 + i % 90:02d}{i:04d}" if 1 + i % 90 != 77 else f"76{i:04d}" for i in range(n_products)]
    start = np.where(
        np.arange(n_products) % 4 == 0, n_months + 99, np.where(np.arange(n_products) % 4 == 1, 16, 20)
    )
    rise = np.array([(0.05, 0.1, 0.25)[i % 3] for i in range(n_products)])
    months = np.arange(n_months)
    is_on = months[None, :] >= start[:, None]
    log_rate = np.where(is_on, np.log1p(rise)[:, None], 0.0)
    size = rng.normal(0, 0.8, n_products)[:, None]
    season = rng.normal(0, 0.2, n_months)[None, :]
    trend = rng.normal(0, 0.3, (n_products, 1)) * months[None, :] / n_months  # of the product, towards all
    target = mean * np.exp(size + season + trend + elasticity * log_rate + common * (months[None, :] >= 16))
    moved = forward * np.where((months >= start[:, None]) & (months < start[:, None] + 2), target, 0.0)
    target = target - moved
    for i, first in enumerate(start):
        if first < n_months:
            target[i, first - 2 : first] += moved[i, first : first + 2]
    rest = 3 * mean * np.exp(size + season + trend)
    counts = {"BEL": rng.poisson(target * rng.gamma(4, 0.25, target.shape)), "rest": rng.poisson(rest)}
    days = [date(FIRST.year + m // 12, m % 12 + 1, 1) for m in range(n_months)]
    frames = []
    for code, values in (("BEL", counts["BEL"]), ("WLD", counts["BEL"] + counts["rest"])):
        frames.append(
            pl.DataFrame(
                {
                    "source_id": "customs",
                    "period_start": np.tile(np.array(days, dtype="datetime64[D]"), n_products),
                    "reporter_code": "FRA",
                    "partner_code": code,
                    "flow_type": "export",
                    "product_level": "hs6",
                    "product_code": np.repeat(products, n_months),
                    "value_kusd": values.ravel().astype(float),
                }
            )
        )
    flows = (
        pl.concat(frames).with_columns(pl.col("period_start").cast(pl.Date)).filter(pl.col("value_kusd") > 0)
    )
    rates, changes = _tariffs(products, start, rise, days)
    return Invented(flows, rates, changes)


def _tariffs(
    products: list[str], start: np.ndarray, rise: np.ndarray, days: list[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rates, changes = [], []
    for product, first, added in zip(products, start, rise, strict=True):
        one = {"imposer_code": "BEL", "target_code": "FRA", "hs6_code": product}
        rates.append({**one, "from_date": FIRST, "rate_pct": 0.0})
        if first < len(days):
            rates.append({**one, "from_date": days[first], "rate_pct": 100 * float(added)})
            changes.append(
                {
                    "imposer_code": "BEL",
                    "target_code": "FRA",
                    "line_code": f"{product}00",
                    "from_date": days[first],
                    "step": f"list of month {first}",
                    "change_type": "additional",
                    "change_pct": 100 * float(added),
                    "measure_id": "bel-2018-list",
                }
            )
    schema = {
        "imposer_code": pl.String,
        "target_code": pl.String,
        "line_code": pl.String,
        "from_date": pl.Date,
        "step": pl.String,
        "change_type": pl.String,
        "change_pct": pl.Float64,
        "measure_id": pl.String,
    }
    return pl.DataFrame(rates), pl.DataFrame(changes, schema=schema)
