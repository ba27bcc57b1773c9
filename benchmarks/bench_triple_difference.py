"""PPML on the monthly panel of areas by goods by months: this project's two routes, pyfixest, statsmodels.

The model is the triple difference of the trade page: area-goods, goods-month and area-month effects, clustered by
goods. The full table (:mod:`retorsion.estimators.flow_tables`) gives the estimate alone, many times a second, which
tests by randomisation need. statsmodels takes a dummy variable for each effect, so it is tried once, on five areas.
Prints seconds, the best of three, and the estimate and error of each, which must agree.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pyfixest
import statsmodels.api as sm
from retorsion.estimators.flow_tables import effect_in_table
from retorsion.impact.measure_paths import BY_AREA_AND_MONTH, complete_table
from retorsion.impact.triple_difference import EFFECT, exposure, fit_exposed
from retorsion.project import case, scan

LAST = date(2023, 7, 1)
RUNS = 3


def panel(n_areas: int | None) -> pl.DataFrame:
    """Exports by area, group of goods and month, with the exposure of the target; measures begin in one month here."""
    asked = case().impact
    part = asked.area_goods
    assert part is not None
    assert part.export is not None
    rows = (
        scan("trade_flows")
        .filter(
            (pl.col("source_id") == part.source)
            & (pl.col("flow_type") == "export")
            & ~pl.col("is_aggregate")
            & pl.col("product_code").is_in(list(part.export.goods))
            & (pl.col("period_start") <= LAST)
        )
        .select(
            "partner_code",
            "product_code",
            "period_start",
            pl.col("n_months").cast(pl.Int64),
            pl.col(part.value_column).cast(pl.Float64).alias("value"),
        )
        .collect()
    )
    if n_areas:
        sizes = rows.group_by("partner_code").agg(pl.col("value").sum()).top_k(n_areas, by="value")
        rows = rows.filter(pl.col("partner_code").is_in([*sizes["partner_code"], asked.target]))
    measures = pl.DataFrame({"product_code": list(part.export.goods[:10])}).with_columns(
        start_date=pl.lit(date(2022, 3, 18))
    )
    return exposure(rows, measures, asked.target)


def by_project(rows: pl.DataFrame) -> tuple[float, float]:
    fit = fit_exposed(rows, [EFFECT], by_good=True)
    return float(fit.coefficients[0]), float(fit.standard_errors[0])


def by_table(rows: pl.DataFrame) -> tuple[float, float]:
    flows, _, goods, periods = complete_table(rows)
    shape = flows.shape
    ordered = rows.sort("partner_code", "product_code", "period_start")
    assert shape[1:] == (len(goods), len(periods))
    treatment = ordered[EFFECT].to_numpy().reshape(shape)
    return effect_in_table(flows, treatment, margins=BY_AREA_AND_MONTH), np.nan


def by_pyfixest(rows: pl.DataFrame) -> tuple[float, float]:
    frame = _grouped(rows)
    fit = pyfixest.fepois(
        f"value ~ {EFFECT} | ag + gt + at",
        data=frame,
        vcov={"CRV1": "g"},
        ssc=pyfixest.ssc(k_adj=False),
    )
    return float(fit.coef().iloc[0]), float(fit.se().iloc[0])


def by_statsmodels(rows: pl.DataFrame) -> tuple[float, float]:
    frame = _grouped(rows)
    dummies = pd.get_dummies(frame[["ag", "gt", "at"]].astype(str), drop_first=True, dtype=float)
    X = np.column_stack([frame[EFFECT], np.ones(len(frame)), dummies])
    scale = frame["value"].mean()
    fit = sm.GLM(frame["value"] / scale, X, family=sm.families.Poisson()).fit(
        cov_type="cluster", cov_kwds={"groups": frame["g"].to_numpy()}
    )
    return float(fit.params.iloc[0]), float(fit.bse.iloc[0])


def _grouped(rows: pl.DataFrame) -> pd.DataFrame:
    keys = {
        "ag": ("partner_code", "product_code"),
        "gt": ("product_code", "period_start"),
        "at": ("partner_code", "period_start"),
        "g": ("product_code",),
    }
    ranked = [pl.struct(*columns).rank("dense").alias(name) for name, columns in keys.items()]
    return rows.select("value", EFFECT, *ranked).to_pandas()


def best(fit: Callable[[pl.DataFrame], tuple[float, float]], rows: pl.DataFrame) -> str:
    seconds = []
    for _ in range(1 if fit is by_statsmodels else RUNS):
        begin = time.perf_counter()
        value, error = fit(rows)
        seconds.append(time.perf_counter() - begin)
    return f"{min(seconds):8.3f} s   estimate {value:.6f}   error {error:.6f}"


def main() -> None:
    warnings.simplefilter("ignore")
    for name, n_areas, fits in (
        ("all areas", None, (by_project, by_table, by_pyfixest)),
        ("five areas and the target", 5, (by_project, by_table, by_pyfixest, by_statsmodels)),
    ):
        rows = panel(n_areas)
        print(f"{name}: {len(rows)} flows")
        for fit in fits:
            print(f"  {fit.__name__.removeprefix('by_'):<12}{best(fit, rows)}", flush=True)


if __name__ == "__main__":
    main()
