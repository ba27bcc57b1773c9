"""Numbers that others have printed, from the data they printed them for: staggered measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from retorsion.estimators.group_time import callaway_santanna, sun_abraham

pytestmark = pytest.mark.real


def test_sun_and_abraham_in_the_manual_of_fixest(real_data: Callable[[str], Path]) -> None:
    panel = pl.read_csv(real_data("validation/base_stagg.csv")).with_columns(
        first_treated=pl.when(pl.col("year_treated") < 1000).then(pl.col("year_treated"))
    )
    effect = sun_abraham(
        panel, unit="id", period="year", outcome="y", first_treated="first_treated", covariates=["x1"]
    )
    assert f"{effect.average.estimate:.6f}" == "-1.133749"
    assert f"{effect.average.standard_error:.6f}" == "0.205070"


def test_callaway_and_santanna_in_the_manual_of_did(real_data: Callable[[str], Path]) -> None:
    panel = pl.read_csv(real_data("validation/mpdta.csv")).with_columns(
        first_treated=pl.when(pl.col("first.treat") > 0).then(pl.col("first.treat"))
    )
    effect = callaway_santanna(
        panel, unit="countyreal", period="year", outcome="lemp", first_treated="first_treated"
    )
    dynamic, cohorts = effect.path.average_after(), effect.average_of_cohorts
    assert cohorts is not None
    assert (f"{dynamic.estimate:.4f}", f"{dynamic.standard_error:.4f}") == ("-0.0772", "0.0200")
    assert (f"{cohorts.estimate:.3f}", f"{cohorts.standard_error:.4f}") == ("-0.031", "0.0124")
