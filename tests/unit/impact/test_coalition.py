"""The coalition's imports from the target: who counts when, and what cannot be estimated."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.results import Estimate
from retorsion.impact.coalition import (
    coalition_effect,
    coalition_effect_by_product,
    coalition_event_study,
    gravity_panel,
    largest_others,
    membership,
    permutation_of_targets,
    placebo_targets,
    without_importers,
)

YEARS = range(2016, 2024)
MEMBERS = ["i0", "i1", "i2", "i3"]
COALITION = pl.DataFrame(
    {"member_code": MEMBERS, "joined_date": [date(2021, 1, 1)] * 4, "left_date": [None] * 4},
    schema_overrides={"left_date": pl.Date},
)


def trade_flows(
    seed: int = 0,
    *,
    effect: float = -1.0,
    trend: float = 0.0,
    products: tuple[str, ...] = ("270900", "271111"),
) -> pl.DataFrame:
    """Flows of five exporters and nine importers in the contract's columns; e0 is the target."""
    rng = np.random.default_rng(seed)
    rows = []
    for product in products:
        scale = rng.normal(0, 1)
        supply, demand = rng.normal(0, 0.5, (5, len(YEARS))), rng.normal(0, 0.5, (9, len(YEARS)))
        pair = rng.normal(0, 1, (5, 9))
        for e in range(5):
            for m in range(9):
                for t, year in enumerate(YEARS):
                    member = e == 0 and f"i{m}" in MEMBERS
                    log_mean = scale + supply[e, t] + demand[m, t] + pair[e, m] + 5
                    log_mean += effect * (member and year >= 2021) + trend * member * t
                    value = np.exp(log_mean) * rng.lognormal(-0.02, 0.2)
                    rows.append((date(year, 1, 1), f"e{e}", f"i{m}", product, value))
    frame = pl.DataFrame(
        rows,
        schema=["period_start", "reporter_code", "partner_code", "product_code", "value_kusd"],
        orient="row",
    )
    return frame.with_columns(
        n_months=pl.lit(12, dtype=pl.Int64),
        flow_type=pl.lit("export"),
        product_system=pl.lit("hs6_h0"),
        product_level=pl.lit("hs6"),
        quantity_tonnes=pl.lit(None, dtype=pl.Float64),
        valuation_type=pl.lit("FOB"),
        source_id=pl.lit("pairs"),
        is_aggregate=pl.lit(value=False),
    )


def test_membership_is_the_share_of_the_year() -> None:
    coalition = pl.DataFrame(
        {
            "member_code": ["AAA", "BBB", "CCC", "CCC"],
            "joined_date": [date(2022, 3, 7), date(2019, 1, 1), date(2020, 1, 1), date(2022, 7, 1)],
            "left_date": [None, date(2022, 1, 1), date(2021, 1, 1), None],
        }
    )
    shares = {(c, y): s for c, y, s in membership(coalition, [2020, 2021, 2022, 2023]).iter_rows()}
    assert shares == {
        ("AAA", 2022): 300 / 365,
        ("AAA", 2023): 1.0,
        ("BBB", 2020): 1.0,
        ("BBB", 2021): 1.0,
        ("CCC", 2020): 1.0,
        ("CCC", 2022): 184 / 365,
        ("CCC", 2023): 1.0,
    }


def test_membership_needs_no_column_for_leaving() -> None:
    joined = COALITION.drop("left_date")
    assert membership(joined, YEARS).equals(membership(COALITION, YEARS))
    with pytest.raises(ParameterError, match="joined_date"):
        membership(joined.drop("joined_date"), YEARS)


def test_filled_zeros_are_those_of_pairs_that_trade() -> None:
    flows = trade_flows().filter(
        ~((pl.col("reporter_code") == "e1") & (pl.col("partner_code") == "i0"))
        & ~((pl.col("reporter_code") == "e2") & (pl.col("period_start") < date(2018, 1, 1)))
    )
    recorded = gravity_panel(flows, years=YEARS)
    filled = gravity_panel(flows, years=YEARS, zeros="filled")
    assert len(recorded) == len(flows)
    assert len(filled) == 2 * 44 * len(YEARS)
    assert filled.filter(pl.col("value") > 0).equals(recorded)
    assert filled.filter((pl.col("exporter_code") == "e1") & (pl.col("importer_code") == "i0")).is_empty()
    assert filled.filter(pl.col("value") == 0)["exporter_code"].unique().to_list() == ["e2"]


def test_pairs_that_never_trade_would_not_change_the_estimate() -> None:
    flows = trade_flows().filter(~((pl.col("reporter_code") == "e1") & (pl.col("partner_code") == "i0")))
    panel = gravity_panel(flows, years=YEARS, zeros="filled")
    never = pl.DataFrame(
        [(y, "e1", "i0", p, 0.0) for y in YEARS for p in ("270900", "271111")],
        schema=panel.schema,
        orient="row",
    )
    one = coalition_effect(panel, COALITION, target_code="e0", with_correction=False).plain
    two = coalition_effect(
        pl.concat([panel, never]), COALITION, target_code="e0", with_correction=False
    ).plain
    assert two.estimate == pytest.approx(one.estimate, abs=1e-7)
    assert two.standard_error == pytest.approx(one.standard_error, rel=1e-6)
    assert (two.n_obs, two.n_separated) == (one.n_obs, len(never))


def test_the_effect_and_what_is_said_of_it() -> None:
    panel = gravity_panel(trade_flows(), years=YEARS)
    effect = coalition_effect(panel, COALITION, target_code="e0")
    assert effect.plain.lower < -1 < effect.plain.upper  # type: ignore[operator]
    assert effect.plain.estimate == pytest.approx(-1, abs=0.2)
    assert effect.corrected is not None
    assert effect.corrected.estimate == pytest.approx(-1, abs=0.2)
    assert effect.n_members == 4
    assert effect.trend is None
    assert effect.plain.sample == (
        "2 products, 5 exporters, 9 importers, 2016 to 2023, 720 flows of which 0 are zero; target e0, "
        "4 members"
    )
    assert "relative effect" in effect.plain.caveat
    assert effect.plain.standard_error_type == "clustered by exporter_code-importer_code"


def test_a_difference_in_trends_is_told_apart_from_the_effect() -> None:
    panel = gravity_panel(trade_flows(trend=-0.3), years=YEARS)
    without = coalition_effect(panel, COALITION, target_code="e0", with_correction=False)
    with_trend = coalition_effect(panel, COALITION, target_code="e0", with_trend=True, with_correction=False)
    assert without.plain.estimate < -1.8
    assert with_trend.plain.estimate == pytest.approx(-1, abs=0.3)
    assert with_trend.trend is not None
    assert with_trend.trend.estimate == pytest.approx(-0.3, abs=0.06)


def test_leads_are_leads_and_show_a_difference_in_trends() -> None:
    flat = coalition_event_study(
        gravity_panel(trade_flows(), years=YEARS), COALITION, target_code="e0", reference_year=2020
    )
    frame = flat.frame()
    assert frame["period"].to_list() == list(YEARS)
    assert frame["phase_type"].to_list() == ["lead"] * 4 + ["reference"] + ["after"] * 3
    assert flat.pre_trend_test().degrees_of_freedom == 4
    assert flat.pre_trend_test().p_value > 0.01
    assert flat.average_after().estimate == pytest.approx(-1, abs=0.25)
    trending = coalition_event_study(
        gravity_panel(trade_flows(trend=-0.3), years=YEARS), COALITION, target_code="e0", reference_year=2020
    )
    assert trending.pre_trend_test().p_value < 0.01
    corrected = coalition_event_study(
        gravity_panel(trade_flows(), years=YEARS),
        COALITION,
        target_code="e0",
        reference_year=2020,
        with_correction=True,
    )
    assert "bias-corrected" in corrected.effects[0].estimator
    assert np.diag(corrected.covariance) == pytest.approx(
        [e.standard_error**2 for e in corrected.effects]  # type: ignore[operator]
    )


def test_the_reference_year_must_be_there() -> None:
    panel = gravity_panel(trade_flows(), years=YEARS)
    with pytest.raises(NotEstimable, match="reference year 2010"):
        coalition_event_study(panel, COALITION, target_code="e0", reference_year=2010)


def test_a_year_without_any_purchase_has_no_finite_effect() -> None:
    flows = trade_flows().filter(
        ~(
            (pl.col("reporter_code") == "e0")
            & pl.col("partner_code").is_in(MEMBERS)
            & (pl.col("period_start") == date(2023, 1, 1))
        )
    )
    panel = gravity_panel(flows, years=YEARS, zeros="filled")
    with pytest.raises(NotEstimable, match=r"\[2023\].*infinite"):
        coalition_event_study(panel, COALITION, target_code="e0", reference_year=2020)


def test_products_one_by_one_with_reasons_for_those_that_have_no_number() -> None:
    flows = trade_flows(products=("270900", "271111", "710812"))
    nobody = (
        (pl.col("product_code") == "710812")
        & (pl.col("reporter_code") == "e0")
        & pl.col("partner_code").is_in(MEMBERS)
    )
    found = coalition_effect_by_product(
        gravity_panel(flows.filter(~nobody), years=YEARS), COALITION, target_code="e0"
    )
    assert found["product_code"].to_list() == ["270900", "271111", "710812"]
    assert found["estimate"].to_list()[:2] == pytest.approx([-1, -1], abs=0.3)
    assert found["n_members"].to_list() == [4, 4, None]
    assert found["estimate"][2] is None
    assert "nobody to compare" in found["not_estimable"][2]
    one = coalition_effect(
        gravity_panel(flows, years=YEARS, product_codes=["270900"]), COALITION, target_code="e0"
    )
    assert found["uncorrected"][0] == pytest.approx(one.plain.estimate)


def test_leaving_out_importers_one_at_a_time_and_together() -> None:
    panel = gravity_panel(trade_flows(), years=YEARS)
    found = without_importers(panel, COALITION, ["i7", "i8"], target_code="e0")
    assert found["left_out"].to_list() == ["", "i7", "i8", "i7, i8"]
    assert found["estimate"].null_count() == 0
    direct = coalition_effect(
        panel.filter(pl.col("importer_code") != "i7"), COALITION, target_code="e0", with_correction=False
    )
    assert found["estimate"][1] == direct.plain.estimate
    every = without_importers(panel, COALITION, ["i4", "i5", "i6", "i7", "i8"], target_code="e0")
    assert "nobody to compare" in every["not_estimable"][-1]


def test_other_exporters_in_the_place_of_the_target() -> None:
    panel = gravity_panel(trade_flows(), years=YEARS)
    placebos = placebo_targets(
        panel, COALITION, target_code="e0", placebo_codes=["e1", "e2", "e3", "e4", "absent"]
    )
    assert placebos.effects["target_code"].to_list() == ["e0", "absent", "e1", "e2", "e3", "e4"]
    assert placebos.n_placebos == 4
    assert placebos.p_value == pytest.approx(1 / 5)
    assert "exports nothing" in placebos.effects["not_estimable"][1]


def test_a_permutation_counts_the_target_among_the_exporters() -> None:
    effects = {"t": 2.0, "a": 0.0, "b": 3.0, "c": -3.0}

    def effect(code: str) -> Estimate:
        return Estimate(term="x", estimate=effects[code], n_obs=1, estimator="", citation="")

    placebos = permutation_of_targets(effect, "t", ["a", "b", "c"])
    assert placebos.p_value == pytest.approx(3 / 4)  # b and c lie farther from the placebos' mean of zero
    assert permutation_of_targets(effect, "t", ["a"]).p_value is None


def test_degenerate_coalitions_get_a_sentence() -> None:
    panel = gravity_panel(trade_flows(), years=YEARS)
    later = COALITION.with_columns(joined_date=pl.lit(date(2030, 1, 1)))
    with pytest.raises(NotEstimable, match="Nobody belongs to the coalition"):
        coalition_effect(panel, later, target_code="e0")
    with pytest.raises(NotEstimable, match="zzz exports nothing"):
        coalition_effect(panel, COALITION, target_code="zzz")
    always = COALITION.with_columns(joined_date=pl.lit(date(2000, 1, 1)))
    with pytest.raises(NotEstimable, match="cannot be told apart"):
        coalition_effect(panel, always, target_code="e0")
    strangers = COALITION.with_columns(member_code=pl.Series(["w", "x", "y", "z"]))
    with pytest.raises(NotEstimable, match="No member of the coalition buys"):
        coalition_effect(panel, strangers, target_code="e0")
    with pytest.raises(ParameterError, match="value"):
        coalition_effect(panel.drop("value"), COALITION, target_code="e0")


def test_stand_ins_are_the_largest_by_rule() -> None:
    rows = pl.DataFrame(
        {
            "exporter_code": ["e0", "e1", "e1", "e2", "e3", "e4", "e5"],
            "value": [100.0, 3.0, 4.0, 9.0, 7.0, 0.0, 50.0],
        }
    )
    shared: dict[str, Any] = {"by": "exporter_code", "without": ["e0", "e5"]}
    assert largest_others(rows, n=2, **shared) == ["e2", "e1"]  # e1 and e3 are equal: by code
    assert largest_others(rows.reverse(), n=2, **shared) == ["e2", "e1"]
    assert largest_others(rows, n=9, **shared) == ["e2", "e1", "e3"]  # nobody without a flow
