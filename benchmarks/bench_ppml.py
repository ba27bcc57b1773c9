"""PPML with three sets of fixed effects: this project's, pyfixest's, and statsmodels' with dummy variables.

The model is the one of the trade page: exporter-product-year, importer-product-year and pair-product effects,
clustered by pair. Each fit runs in a process of its own, so that its peak of memory is its own; a fit that
passes the time limit is ended and said to have been. The samples are cut from the panel of raw materials
by products and years, up to the whole of it; dummy variables are tried on those that fit into memory.
``--growth`` fits invented panels of 10^5 to 10^7 flows and prints how time and memory grow with them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyfixest
import statsmodels.api as sm
from retorsion.estimators.ppml import fit_ppml
from retorsion.impact.coalition import gravity_panel
from retorsion.project import case, scan
from scipy import linalg

EFFECTS = [
    ["exporter_code", "product_code", "year"],
    ["importer_code", "product_code", "year"],
    ["exporter_code", "importer_code", "product_code"],
]
#: Samples from small to large: products (None: all), first and last year, and how many of the largest
#: exporters and importers (None: all): dummy variables take memory with the square of the number of states.
SAMPLES = {
    "1 product, 4 years, 15 by 20 states": (["270900"], (2020, 2023), (15, 20)),
    "1 product, 8 years, 25 by 40 states": (["270900"], (2017, 2024), (25, 40)),
    "1 product, 13 years, 40 by 60 states": (["270900"], (2012, 2024), (40, 60)),
    "9 products, 13 years": ("gravity", (2012, 2024), None),
    "74 products, 30 years": (None, (1995, 2024), None),
}
#: Which implementation is tried on how many of the samples.
TRIED = {"statsmodels": 3, "pyfixest": 4, "project": 5}


#: Sizes of the invented panels, in flows; all have 60 products and 20 years.
GROWTH = (100_000, 316_000, 1_000_000, 3_160_000, 10_000_000)


def invented(n: int) -> pl.DataFrame:
    """A panel of about ``n`` flows with the real one's effects, and an effect of -0.5 on an eighth of the pairs."""
    n_states = round((n / 60 / 20) ** 0.5)
    draws = np.random.default_rng(1)
    codes = [np.arange(size) for size in (n_states, n_states, 60, 20)]
    exporter, importer, product, year = (axis.ravel() for axis in np.meshgrid(*codes, indexing="ij"))
    exposed = ((exporter + importer) % 8 == 0) & (year >= 15)
    level = [
        draws.normal(0, 1, size)
        for size in ((n_states, 60, 20), (n_states, 60, 20), (n_states, n_states, 60))
    ]
    mean = (
        level[0][exporter, product, year]
        + level[1][importer, product, year]
        + level[2][exporter, importer, product]
    )
    value = np.exp(mean - 0.5 * exposed + draws.normal(0, 0.5, len(mean)))
    value[draws.random(len(mean)) < 0.3] = 0.0
    return pl.DataFrame(
        {
            "exporter_code": exporter, "importer_code": importer, "product_code": product, "year": year,
            "value": value, "exposed": exposed.astype(float),
        }
    )  # fmt: skip


def sample(name: str) -> pl.DataFrame:
    """The panel with the exposure of each flow: exports of the target to members of a coalition of 2022."""
    chosen, (first, last), largest = SAMPLES[name]
    asked = case("jpn-rus").impact
    products = asked.products if chosen == "gravity" else chosen
    flows = scan("trade_flows").filter(pl.col("source_id") == asked.pairwise)
    panel = gravity_panel(flows.collect(), years=range(first, last + 1), product_codes=products)
    members = pl.read_csv(f"data/raw/{asked.coalition}/coalition.csv")["member_code"]
    exposed = (
        (pl.col("exporter_code") == asked.target)
        & pl.col("importer_code").is_in(members.implode())
        & (pl.col("year") >= 2022)
    )
    if largest:
        for side, n in zip(("exporter_code", "importer_code"), largest, strict=True):
            kept = panel.group_by(side).agg(pl.col("value").sum()).top_k(n, by="value")
            panel = panel.join(kept, on=side, how="semi")
    return panel.with_columns(exposed.cast(pl.Float64).alias("exposed"))


def with_project(panel: pl.DataFrame) -> tuple[float, float]:
    fit = fit_ppml(
        panel,
        outcome="value",
        regressors=["exposed"],
        fixed_effects=EFFECTS,
        clusters=[["exporter_code", "importer_code"]],
    )
    return float(fit.coefficients[0]), float(fit.standard_errors[0])


def _grouped(panel: pl.DataFrame) -> pd.DataFrame:
    groups = {f"g{i}": pl.struct(columns).rank("dense") for i, columns in enumerate(EFFECTS)}
    pair = pl.struct("exporter_code", "importer_code").rank("dense").alias("pair")
    return panel.select("value", "exposed", pair, **groups).to_pandas()


def with_pyfixest(panel: pl.DataFrame) -> tuple[float, float]:
    fit = pyfixest.fepois(
        "value ~ exposed | g0 + g1 + g2",
        _grouped(panel),
        vcov={"CRV1": "pair"},
        ssc=pyfixest.ssc(k_adj=False),
    )
    return float(fit.coef().iloc[0]), float(fit.se().iloc[0])


def with_statsmodels(panel: pl.DataFrame) -> tuple[float, float]:
    """Dummy variables; flows alone in a group and dummies implied by others must go, or it diverges."""
    frame, alone = _grouped(panel), True
    while alone:
        sizes = pd.concat([frame.groupby(f"g{i}")["value"].transform("size") for i in range(3)], axis=1)
        alone = bool((sizes == 1).any(axis=None))
        frame = frame[(sizes > 1).all(axis=1)]
    dummies = [pd.get_dummies(frame[f"g{i}"], drop_first=i > 0, dtype=float) for i in range(3)]
    design = pd.concat([frame[["exposed"]], *dummies], axis=1).to_numpy()
    _, triangle, order = linalg.qr(design, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    design = design[:, np.sort(order[: int((diagonal > 1e-8 * diagonal[0]).sum())])]
    fit = sm.GLM(frame["value"] / frame["value"].mean(), design, family=sm.families.Poisson()).fit(
        maxiter=200, cov_type="cluster", cov_kwds={"groups": frame["pair"], "use_correction": False}
    )
    return float(np.asarray(fit.params)[0]), float(np.asarray(fit.bse)[0])


FITS = {"project": with_project, "pyfixest": with_pyfixest, "statsmodels": with_statsmodels}


def fit_once(which: str, name: str) -> None:
    """One fit in this process; what came of it as JSON on standard output."""
    warnings.simplefilter("ignore")
    panel = invented(int(name)) if name.isdigit() else sample(name)
    if which == "project":  # compiled code is kept on disk; the first machine run is not what is timed
        with_project(sample(next(iter(SAMPLES))))
    start = time.perf_counter()
    estimate, error = FITS[which](panel)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "estimate": estimate,
                "error": error,
                "n_rows": len(panel),
                "n_effects": sum(panel.select(pl.struct(columns).n_unique()).item() for columns in EFFECTS),
                "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            }
        )
    )


def print_growth() -> None:
    """Time and memory of the project's fit on invented panels, and how many times those of the panel before."""
    before: dict[str, float] = {}
    for n in GROWTH:
        command = [sys.executable, __file__, "--one", "project", str(n)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(run.stdout.strip().splitlines()[-1])
        times = (
            ""
            if not before
            else f"; {found['n_rows'] / before['n_rows']:.1f} times the flows, "
            f"{found['seconds'] / before['seconds']:.1f} times the time"
        )
        print(
            f"{found['n_rows']:,} flows, {found['n_effects']:,} effects: {found['seconds']:.1f} s, "
            f"{found['gib']:.2f} GiB at most; effect {found['estimate']:.4f} ({found['error']:.4f}){times}",
            flush=True,
        )
        before = found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds after which a fit is ended")
    parser.add_argument("--one", nargs=2, metavar=("WHICH", "SAMPLE"), help=argparse.SUPPRESS)
    parser.add_argument("--growth", action="store_true", help="fit invented panels of 10^5 to 10^7 flows")
    options = parser.parse_args()
    if options.one:
        fit_once(*options.one)
        return
    if options.growth:
        print_growth()
        return
    for number, name in enumerate(SAMPLES):
        print(name)
        seconds: dict[str, float] = {}
        for which, n_tried in TRIED.items():
            if number >= n_tried:
                continue
            command = [sys.executable, __file__, "--one", which, name]
            try:
                run = subprocess.run(
                    command, capture_output=True, text=True, timeout=options.limit, check=False
                )
            except subprocess.TimeoutExpired:
                print(f"  {which:12s} ended after {options.limit:.0f} s")
                continue
            if run.returncode:
                print(f"  {which:12s} failed: {run.stderr.strip().splitlines()[-1][:120]}")
                continue
            found = json.loads(run.stdout.strip().splitlines()[-1])
            seconds[which] = found["seconds"]
            print(
                f"  {which:12s} {found['seconds']:7.2f} s, {found['gib']:.2f} GiB at most; "
                f"{found['n_rows']:,} flows, {found['n_effects']:,} effects; "
                f"effect {found['estimate']:.6f} ({found['error']:.6f})"
            )
        for which in seconds.keys() - {"project"}:
            if "project" in seconds:
                print(
                    f"  {which} takes {seconds[which] / seconds['project']:.1f} times as long as the project"
                )


if __name__ == "__main__":
    main()
