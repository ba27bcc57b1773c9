"""Numbers that others have printed, from the data they printed them for: gravity models."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from rdata import read_rdata
from retorsion.estimators.bias_correction import fit_three_way
from retorsion.estimators.ppml import PoissonFit, fit_ppml

pytestmark = pytest.mark.real

RealData = Callable[[str], Path]


def agreements(real_data: RealData) -> pl.DataFrame:
    frame = pl.from_pandas(pd.read_stata(real_data("validation/EXAMPLE_TRADE_FTA_DATA.dta")))
    return frame.filter(pl.col("category") == "TOTAL")


def advanced_guide(real_data: RealData) -> pl.DataFrame:
    return pl.read_csv(real_data("ppml/agtpa_applications.csv.gz")).filter(
        pl.col("year").cast(pl.Int64).is_in([1986, 1990, 1994, 1998, 2002, 2006])
    )


def test_trade_agreements_in_the_manual_of_ppmlhdfe(real_data: RealData) -> None:
    fit = fit_ppml(
        agreements(real_data),
        outcome="trade",
        regressors=["fta"],
        fixed_effects=[["isoexp", "year"], ["isoimp", "year"], ["isoexp", "isoimp"]],
        clusters=[["isoexp", "isoimp"]],
    )
    estimate = fit.estimate("fta")
    assert f"{estimate.estimate:.7f}" == "0.1924455"
    assert f"{estimate.standard_error:.7f}" == "0.0419527"
    assert estimate.n_obs == 5950
    assert f"{estimate.log_likelihood:.1f}" == "-188710931.7"


def test_bias_correction_of_weidner_and_zylkin(real_data: RealData) -> None:
    three_way = fit_three_way(
        agreements(real_data),
        outcome="trade",
        regressors=["fta"],
        exporter="isoexp",
        importer="isoimp",
        period="year",
    )
    (estimate,) = three_way.estimates()
    assert three_way.leverage == "exact"
    assert f"{three_way.bias[0]:.7f}" == "0.0060620"
    assert f"{estimate.estimate:.7f}" == "0.1863835"
    assert f"{estimate.standard_error:.7f}" == "0.0527904"


def test_distance_in_the_advanced_guide(real_data: RealData) -> None:
    between = advanced_guide(real_data).filter(pl.col("exporter") != pl.col("importer"))
    fit = fit_ppml(
        between.with_columns(log_distance=pl.col("dist").log()),
        outcome="trade",
        regressors=["log_distance", "cntg", "lang", "clny"],
        fixed_effects=[["exporter", "year"], ["importer", "year"]],
        clusters=[["pair_id"]],
    )
    distance = fit.estimate("log_distance")
    assert (f"{distance.estimate:.4f}", f"{distance.standard_error:.4f}") == ("-0.8409", "0.0317")


def _agreements_with_pair_effects(real_data: RealData, regressors: list[str]) -> PoissonFit:
    return fit_ppml(
        advanced_guide(real_data),
        outcome="trade",
        regressors=regressors,
        fixed_effects=[["exporter", "year"], ["importer", "year"], ["pair_id"]],
        clusters=[["pair_id"]],
    )


def test_regional_agreements_in_the_advanced_guide(real_data: RealData) -> None:
    effect = _agreements_with_pair_effects(real_data, ["rta"]).estimate("rta")
    assert (f"{effect.estimate:.4f}", f"{effect.standard_error:.4f}") == ("0.5572", "0.1022")
    lead = _agreements_with_pair_effects(real_data, ["rta", "rta_lead4"]).estimate("rta_lead4")
    assert (f"{lead.estimate:.4f}", f"{lead.standard_error:.4f}") == ("0.0774", "0.0921")
    phased = _agreements_with_pair_effects(real_data, ["rta", "rta_lag4", "rta_lag8", "rta_lag12"])
    assert f"{phased.estimate('rta').estimate:.4f}" == "0.2914"


def test_distance_in_the_manual_of_fixest(real_data: RealData) -> None:
    trade = pl.from_pandas(read_rdata(real_data("validation/fixest_trade.RData"))["trade"])
    effects = ["Origin", "Destination", "Product", "Year"]
    fit = fit_ppml(
        trade.with_columns(log_distance=pl.col("dist_km").log()),
        outcome="Euros",
        regressors=["log_distance"],
        fixed_effects=[[effect] for effect in effects],
        clusters=[["Origin"]],
    )
    distance = fit.estimate("log_distance")
    assert f"{distance.estimate:.5f}" == "-1.52787"
    # fixest also multiplies the variance by (n − 1)/(n − K), where K counts the slope and the fixed effects
    # that are not nested in the clusters, less one for each such set after the first; ppmlhdfe and we do not.
    n_parameters = 1 + sum(trade[effect].n_unique() for effect in effects[1:]) - 2
    assert distance.standard_error is not None
    factor = sqrt((fit.n_obs - 1) / (fit.n_obs - n_parameters))
    assert f"{distance.standard_error * factor:.6f}" == "0.115678"
