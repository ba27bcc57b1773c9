"""Bounds where trends may differ, against the numbers that the authors' own package HonestDiD prints in R."""

from __future__ import annotations

import numpy as np
import pytest
from retorsion.estimators.event_study import EventPath
from retorsion.estimators.results import Estimate, wald_limits

# Effects on profits of restaurants of a lower value-added tax in France in 2009, relative to 2008: the data set
# BCdata_EventStudy of the R package HonestDiD (Rambachan and Roth 2023), from Benzarti and Carloni (2019). The
# numbers and what R makes of them are recorded in the tests of HonestDiD.jl (eohne/HonestDiD.jl,
# test/reference.jl) and of a translation to Python (anzonyquispe/honestdid, tests/r_test_results.json).
TAX_YEARS = (2004, 2005, 2006, 2007, 2009, 2010, 2011, 2012)
TAX_EFFECTS = [
    0.006696351804, 0.02934503369, -0.006472972222, 0.0730149895,
    0.1959611177, 0.3120639026, 0.2395415455, 0.1260425001,
]  # fmt: skip
TAX_COVARIANCE = [
    [8.428358124e-04, 4.768686777e-04, 2.618051076e-04, 2.354220342e-04,
     1.676371467e-04, 1.128707663e-04, 1.992816215e-05, -1.368265366e-04],
    [4.768686777e-04, 6.425420288e-04, 3.987425007e-04, 2.435515198e-04,
     2.201960306e-04, 1.804591157e-04, 3.843765080e-05, -2.960421989e-05],
    [2.618051076e-04, 3.987425007e-04, 5.229949602e-04, 2.117686090e-04,
     1.840722252e-04, 1.458527840e-04, 7.005197403e-05, 5.952994979e-05],
    [2.354220342e-04, 2.435515198e-04, 2.117686090e-04, 3.089595411e-04,
     1.197866077e-04, 1.334081317e-04, 1.016335009e-04, 1.079051726e-04],
    [1.676371467e-04, 2.201960306e-04, 1.840722252e-04, 1.197866077e-04,
     3.599704360e-04, 2.478818642e-04, 1.749579242e-04, 1.654256921e-04],
    [1.128707663e-04, 1.804591157e-04, 1.458527840e-04, 1.334081317e-04,
     2.478818642e-04, 4.263949813e-04, 2.171437809e-04, 2.892747871e-04],
    [1.992816215e-05, 3.843765080e-05, 7.005197403e-05, 1.016335009e-04,
     1.749579242e-04, 2.171437809e-04, 4.886697861e-04, 3.805322049e-04],
    [-1.368265366e-04, -2.960421989e-05, 5.952994979e-05, 1.079051726e-04,
     1.654256921e-04, 2.892747871e-04, 3.805322049e-04, 7.617394440e-04],
]  # fmt: skip

# Effects on the share of insured adults in 22 states that expanded Medicaid in 2014, against 21 that did not by
# 2015, relative to 2013: the example in the README of HonestDiD. Least squares with effects of state and year on
# its data (ehec_data of Mixtape-Sessions/Advanced-DID, 43 states from 2008 to 2015), clustered by state.
CARE_YEARS = (2008, 2009, 2010, 2011, 2012, 2014, 2015)
CARE_EFFECTS = [
    -0.0052853424, -0.0112973184, -0.0026759755, -0.0014193119,
    0.0003396775, 0.0464468645, 0.0692061803,
]  # fmt: skip
CARE_COVARIANCE = [
    [7.4884847104e-05, 6.0398755244e-05, 4.4446186905e-05, 3.3857655990e-05,
     4.3280135087e-05, 4.7658821838e-05, 2.4251295373e-05],
    [6.0398755244e-05, 7.2664990608e-05, 3.7893281157e-05, 2.8665763072e-05,
     4.5433213431e-05, 4.4288526852e-05, 2.8246557930e-05],
    [4.4446186905e-05, 3.7893281157e-05, 5.0520507244e-05, 2.6736779514e-05,
     2.7781938330e-05, 3.0606454243e-05, 9.6375480162e-06],
    [3.3857655990e-05, 2.8665763072e-05, 2.6736779514e-05, 4.0032217795e-05,
     2.4128608688e-05, 2.3808693711e-05, 2.9239019091e-06],
    [4.3280135087e-05, 4.5433213431e-05, 2.7781938330e-05, 2.4128608688e-05,
     5.4626653871e-05, 3.6825353164e-05, 9.7229777899e-06],
    [4.7658821838e-05, 4.4288526852e-05, 3.0606454243e-05, 2.3808693711e-05,
     3.6825353164e-05, 8.3756740285e-05, 6.3214033034e-05],
    [2.4251295373e-05, 2.8246557930e-05, 9.6375480162e-06, 2.9239019091e-06,
     9.7229777899e-06, 6.3214033034e-05, 1.0712358153e-04],
]  # fmt: skip


def path(
    years: tuple[int, ...], effects: list[float], covariance: list[list[float]], reference: int
) -> EventPath:
    matrix = np.array(covariance)
    estimates = []
    for value, error in zip(effects, np.sqrt(np.diag(matrix)), strict=True):
        lower, upper, p_value = wald_limits(value, float(error))
        estimates.append(
            Estimate(
                term="effect",
                estimate=value,
                standard_error=float(error),
                lower=lower,
                upper=upper,
                p_value=p_value,
                n_obs=len(years),
                estimator="least squares",
                citation="as published",
            )
        )
    return EventPath(
        periods=years,
        reference=reference,
        first_treated=reference + 1,
        effects=tuple(estimates),
        covariance=matrix,
        statement="",
    )


TAX = path(TAX_YEARS, TAX_EFFECTS, TAX_COVARIANCE, 2008)
CARE = path(CARE_YEARS, CARE_EFFECTS, CARE_COVARIANCE, 2013)


def one_step_of_the_grid(study: EventPath) -> float:
    """Between two of R's thousand points, which reach twenty standard errors to both sides of zero."""
    first = study.effects[len(study.leads)].standard_error
    assert first is not None
    return 40 * first / 999


# The last upper limit that R gives, 0.3794577, is the end of its grid, as its warning says; it is left out.
@pytest.mark.parametrize(
    ("study", "magnitude", "lower", "upper"),
    [
        (TAX, 0.5, 0.11812948578177346, 0.27158386602562062),
        (TAX, 1.0, 0.06723125075039843, 0.31868372530838568),
        (TAX, 1.5, 0.013294315120135292, 0.36958196033976071),
        (TAX, 2.0, -0.042161970809571847, None),
        (CARE, 0.5, 0.0240, 0.0672),
        (CARE, 1.0, 0.0170, 0.0720),
        (CARE, 1.5, 0.00824, 0.0797),
        (CARE, 2.0, -0.000916, 0.0881),
    ],
)
def test_relative_magnitudes_are_those_printed(
    study: EventPath, magnitude: float, lower: float, upper: float | None
) -> None:
    low, high = study.robust_interval(magnitude, study.after[0])
    step = one_step_of_the_grid(study)
    assert low == pytest.approx(lower, abs=1.1 * step)
    if upper is not None:
        assert high == pytest.approx(upper, abs=1.1 * step)


# R finds the critical values of these intervals by simulation.
@pytest.mark.parametrize(
    ("study", "smoothness", "lower", "upper"),
    [
        (TAX, 0.00, 0.13141131596381356, 0.216169648209591),
        (TAX, 0.01, 0.1549652670807741, 0.2703845303265206),
        (TAX, 0.02, 0.17730108790014376, 0.31595646819476952),
        (TAX, 0.03, 0.18940446443439926, 0.34854775003919292),
        (TAX, 0.10, 0.1194440001, 0.4185082143),
        (TAX, 0.20, 0.01944400015, 0.5185082143),
        (CARE, 0.00, 0.0259, 0.0607),
        (CARE, 0.01, 0.0132, 0.0787),
        (CARE, 0.02, 0.00286, 0.0907),
        (CARE, 0.03, -0.00714, 0.101),
        (CARE, 0.04, -0.0171, 0.111),
        (CARE, 0.05, -0.0271, 0.121),
    ],
)
def test_smoothness_is_that_printed(study: EventPath, smoothness: float, lower: float, upper: float) -> None:
    low, high = study.robust_interval(smoothness=smoothness, period=study.after[0])
    first = study.effects[len(study.leads)].standard_error
    assert first is not None
    assert low == pytest.approx(lower, abs=0.05 * first)
    assert high == pytest.approx(upper, abs=0.05 * first)


def test_the_original_interval_is_that_printed() -> None:
    # constructOriginalCS of R: 0.158774942807650, 0.233147292681241
    assert TAX.robust_interval(0.0, 2009) == pytest.approx((0.158774942807650, 0.233147292681241), abs=1e-7)
