"""The signature of transshipment: found where it was put, not found where it was not."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from comtradr_cars import cars_of_comtradr
from retorsion.errors import NotEstimable, ParameterError
from retorsion.impact.transshipment import transshipment_signatures

EVENT = date(2022, 3, 1)


def month(index: int) -> date:
    """Month number ``index`` from January 2020; the event is number 26."""
    return date(2020 + index // 12, index % 12 + 1, 1)


def leg(
    reporter: str, partner: str, values: np.ndarray, *, flow_type: str = "export", product: str = "p"
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "period_start": [month(i) for i in range(len(values))],
            "n_months": [1] * len(values),
            "value_kusd": [float(v) for v in values],
        }
    ).select(
        "period_start",
        "n_months",
        pl.lit(reporter).alias("reporter_code"),
        pl.lit(partner).alias("partner_code"),
        pl.lit(flow_type).alias("flow_type"),
        pl.lit("hs").alias("product_system"),
        pl.lit("hs6").alias("product_level"),
        pl.lit(product).alias("product_code"),
        "value_kusd",
        pl.lit(None, dtype=pl.Float64).alias("quantity_tonnes"),
        pl.lit("FOB" if flow_type == "export" else "CIF").alias("valuation_type"),
    )


def course(
    level: float,
    after: float,
    *,
    n: int = 38,
    rng: np.random.Generator | None = None,
    deviation: float = 0.15,
) -> np.ndarray:
    """``level`` a month, times ``after`` from the event on, with noise where a generator is given."""
    values = np.where(np.arange(n) < 26, level, level * after)
    return values if rng is None else values * np.exp(rng.normal(0, deviation, n))


def scored(*legs: pl.DataFrame, **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "origin_codes": ["AAA"],
        "hub_codes": ["HHH"],
        "target_code": "TTT",
        "event_date": EVENT,
    }
    return transshipment_signatures(pl.concat(legs), **(arguments | changes)).row(0, named=True)


def full_signature(rng: np.random.Generator | None = None) -> list[pl.DataFrame]:
    """Direct 100 to 20; inbound 10 to 50, of which the hub records 9.45 and 31.5 CIF; onward 4 to 20."""
    return [
        leg("AAA", "TTT", course(100, 0.2, rng=rng)),
        leg("AAA", "HHH", course(10, 5, rng=rng)),
        leg("HHH", "TTT", course(4, 5, rng=rng)),
        leg("HHH", "AAA", np.where(np.arange(38) < 26, 9.45, 31.5), flow_type="import"),
    ]


def test_all_four_signs_and_their_sizes() -> None:
    found = scored(*full_signature(np.random.default_rng(1)), cif_fob_margin=0.05)
    assert found["direct_sign_type"] == "down"
    assert found["inbound_sign_type"] == found["onward_sign_type"] == found["unrecorded_sign_type"] == "up"
    assert (found["n_signs_observed"], found["n_signs_matching"], found["pattern_type"]) == (4, 4, "full")
    assert (found["n_before"], found["n_after"]) == (26, 12)
    assert found["inbound_lower"] < math.log(5) < found["inbound_upper"]
    assert found["timing_correlation"] > 0.4


def test_sizes_without_noise_by_hand() -> None:
    found = scored(*full_signature(), cif_fob_margin=0.05)
    assert found["direct_log_ratio"] == pytest.approx(math.log(0.2))
    assert found["inbound_excess_value"] == pytest.approx(12 * 40)
    assert found["direct_excess_value"] == pytest.approx(-12 * 80)
    assert found["substitution_share"] == pytest.approx(0.5)
    assert found["unrecorded_share_before"] == pytest.approx(0.1)
    assert found["unrecorded_share_after"] == pytest.approx(0.4)
    # of 480 additional exports 12 * (30 - 9) arrived
    assert found["excess_unrecorded_share"] == pytest.approx(1 - 12 * 21 / 480)


def test_the_month_of_the_event_is_left_out_when_it_splits_it() -> None:
    legs = full_signature()
    found = scored(*legs, event_date=date(2022, 3, 18))
    assert (found["n_before"], found["n_after"]) == (26, 11)
    assert scored(*legs, event_date=date(2022, 2, 24))["n_before"] == 25


def test_growth_before_the_event_is_not_excess() -> None:
    # each year from March on doubles; after the event nothing else happens
    growing = np.array([10 * 2 ** ((i + 10) // 12) for i in range(38)], dtype=float)
    flat = [leg("AAA", "TTT", course(100, 0.2)), leg("AAA", "HHH", growing)]
    assert scored(*flat)["inbound_excess_value"] > 0
    assert scored(*flat, counterfactual="pre_growth")["inbound_excess_value"] == pytest.approx(0.0)


def test_growth_elsewhere_is_not_excess() -> None:
    legs = [
        leg("AAA", "TTT", course(100, 0.2)),
        leg("AAA", "HHH", course(10, 3)),
        leg("AAA", "CCC", course(50, 3)),
    ]
    found = scored(*legs, counterfactual="comparison", comparison_codes=["CCC"])
    assert found["inbound_excess_value"] == pytest.approx(0.0, abs=1e-9)
    assert found["inbound_log_ratio"] == pytest.approx(0.0, abs=1e-12)
    assert found["direct_excess_value"] == pytest.approx(12 * (20 - 300))


def test_seasons_are_compared_with_the_same_months() -> None:
    season = np.where(np.arange(38) % 12 < 6, 1.0, 3.0)
    legs = [leg("AAA", "TTT", course(100, 0.2)), leg("AAA", "HHH", season)]
    # nine months after the event, six of them high: a plain mean would call that a rise
    cut = pl.concat(legs).filter(pl.col("period_start") < month(35))
    assert scored(cut)["inbound_log_ratio"] == pytest.approx(0.0, abs=1e-12)


def test_a_leg_is_read_from_the_importer_where_the_exporter_is_silent() -> None:
    found = scored(leg("HHH", "AAA", course(10, 5), flow_type="import"), leg("HHH", "TTT", course(4, 5)))
    assert found["inbound_recorded_by_type"] == "importer"
    assert found["onward_recorded_by_type"] == "exporter"
    assert found["direct_sign_type"] is None
    assert found["unrecorded_share_after"] is None
    assert (found["n_signs_observed"], found["pattern_type"]) == (2, "partial")


def test_a_leg_that_starts_or_stops_has_a_sign_but_no_ratio() -> None:
    found = scored(
        leg("AAA", "TTT", course(100, 0.0)), leg("AAA", "HHH", np.where(np.arange(38) < 26, 0.0, 5.0))
    )
    assert (found["direct_sign_type"], found["direct_log_ratio"]) == ("down", None)
    assert (found["inbound_sign_type"], found["inbound_log_ratio"]) == ("up", None)
    assert found["inbound_excess_value"] == pytest.approx(60.0)


def test_an_absent_row_is_zero_only_where_the_reporter_reports() -> None:
    direct, inbound = leg("AAA", "TTT", course(100, 0.2)), leg("AAA", "HHH", course(10, 5))
    sparse = inbound.filter(pl.col("period_start") != month(30))
    assert scored(direct, sparse)["inbound_excess_value"] == pytest.approx(12 * 40 - 50)


def test_products_and_groups_of_hubs() -> None:
    legs = [
        leg(r, p, course(*c), product=k)
        for r, p, c, k in (
            ("AAA", "TTT", (100, 0.2), "p"),
            ("AAA", "H1H", (10, 5), "p"),
            ("AAA", "H2H", (20, 1), "p"),
            ("AAA", "TTT", (100, 1), "q"),
            ("AAA", "H1H", (10, 1), "q"),
        )
    ]
    arguments: dict[str, Any] = {
        "origin_codes": ["AAA"],
        "target_code": "TTT",
        "event_date": EVENT,
    }
    apart = transshipment_signatures(pl.concat(legs), hub_codes=["H2H", "H1H"], **arguments)
    assert apart.select("hub_code", "product_code", "inbound_sign_type").rows() == [
        ("H1H", "p", "up"),
        ("H1H", "q", "flat"),
        ("H2H", "p", "flat"),
        ("H2H", "q", None),
    ]
    together = transshipment_signatures(
        pl.concat(legs), hub_codes={"both": ["H1H", "H2H"]}, by_product=False, **arguments
    ).row(0, named=True)
    assert together["product_code"] is None
    assert together["inbound_excess_value"] == pytest.approx(12 * 40)


def _false_signs(replications: int, seed: int) -> tuple[float, float]:
    """Share of hubs called up or down, and share of full patterns, where nothing happened."""
    rng = np.random.default_rng(seed)
    legs = [
        leg("AAA", partner, course(10, 1, rng=rng, deviation=0.4), product=f"p{i:04d}")
        for i in range(replications)
        for partner in ("TTT", "HHH")
    ]
    found = transshipment_signatures(
        pl.concat(legs), origin_codes=["AAA"], hub_codes=["HHH"], target_code="TTT", event_date=EVENT
    )
    return (
        float((found["inbound_sign_type"] != "flat").mean() or 0.0),
        float((found["pattern_type"] == "full").mean() or 0.0),
    )


def test_where_nothing_happened_few_signs_are_seen() -> None:
    called, full = _false_signs(300, seed=3)
    # two-sided level 5 per cent; both legs must err in the right direction for a full pattern
    assert 0.01 <= called <= 0.11
    assert full <= 0.01


@pytest.mark.slow
def test_size_of_a_sign_is_near_its_level() -> None:
    called, full = _false_signs(1500, seed=4)
    assert 0.03 <= called <= 0.08
    assert full <= 0.005


@pytest.mark.parametrize(
    ("legs", "changes", "error", "match"),
    [
        (full_signature(), {"event_date": date(2020, 2, 1)}, NotEstimable, "1 period.* wholly before"),
        (full_signature(), {"event_date": date(2024, 1, 1)}, NotEstimable, "0 period.* wholly after"),
        (full_signature(), {"product_codes": ["none"]}, NotEstimable, "None of the chosen products"),
        (full_signature(), {"hub_codes": ["XXX"]}, NotEstimable, "All flows from the origins"),
        ([f.clear() for f in full_signature()], {}, NotEstimable, "No row"),
        ([leg("AAA", "TTT", course(1, 1)), leg("AAA", "HHH", course(0, 1))], {}, NotEstimable, "zero"),
        ([leg("HHH", "TTT", course(1, 1))], {}, NotEstimable, "Neither HHH nor the origins"),
        (full_signature(), {"hub_codes": ["AAA"]}, ParameterError, "more than one role"),
        (full_signature(), {"origin_codes": []}, ParameterError, "at least one origin"),
        (full_signature(), {"counterfactual": "comparison"}, ParameterError, "comparison_codes is empty"),
        (full_signature(), {"cif_fob_margin": 1.5}, ParameterError, "cif_fob_margin"),
        ([*full_signature(), leg("AAA", "TTT", course(1, 1))], {}, ParameterError, "recorded twice"),
    ],
)  # fmt: skip
def test_thin_or_contradictory_input_gives_no_score(
    legs: list[pl.DataFrame], changes: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        scored(*legs, **changes)


def test_less_than_two_years_bear_no_growth_and_less_than_one_no_season() -> None:
    short = [f.filter(pl.col("period_start") >= month(10)) for f in full_signature()]
    with pytest.raises(NotEstimable, match="fewer than two years"):
        scored(*short, counterfactual="pre_growth")
    shorter = [f.filter(pl.col("period_start") >= month(20)) for f in full_signature()]
    with pytest.raises(NotEstimable, match="a full year"):
        scored(*shorter)


# --- real files -----------------------------------------------------------------------------------------

ISO3 = {
    "Russia": "RUS",
    "Kazakhstan": "KAZ",
    "Belarus": "BLR",
    "Uzbekistan": "UZB",
    "Armenia": "ARM",
    "Georgia": "GEO",
    "Kyrgyzstan": "KGZ",
}


def _sanctioned_goods(path: Path) -> pl.DataFrame:
    """Exports of the EU's 27 members, 8-digit codes under export bans, thousand euro."""
    rows = pl.read_csv(path, schema_overrides={"code": pl.String})
    return rows.filter(pl.col("code").str.len_chars() == 8).select(
        (pl.col("month") + "-01").str.to_date().alias("period_start"),
        pl.lit(1, dtype=pl.Int64).alias("n_months"),
        pl.lit("EU").alias("reporter_code"),
        pl.col("partner").replace_strict(ISO3).alias("partner_code"),
        pl.lit("export").alias("flow_type"),
        pl.lit("cn").alias("product_system"),
        pl.lit("cn8").alias("product_level"),
        pl.col("code").alias("product_code"),
        (pl.col("value_eur") / 1000).alias("value_kusd"),
        pl.lit(None, dtype=pl.Float64).alias("quantity_tonnes"),
        pl.lit("FOB").alias("valuation_type"),
    )


PANEL = "eurostat/eu27_total_exports_sanctioned_codes_partner_month_2020_2022.csv.gz"


@pytest.mark.real
@pytest.mark.parametrize("counterfactual", ["pre_mean", "pre_growth"])
def test_sanctioned_goods_of_the_eu_fell_to_russia_and_rose_to_its_neighbours(
    real_data: Callable[[str], Path], counterfactual: Any
) -> None:
    found = transshipment_signatures(
        _sanctioned_goods(real_data(PANEL)),
        origin_codes=["EU"],
        hub_codes=["ARM", "GEO", "KAZ", "KGZ", "UZB"],
        target_code="RUS",
        event_date=EVENT,
        by_product=False,
        counterfactual=counterfactual,
    )
    assert set(found["direct_sign_type"]) == {"down"}
    assert set(found["inbound_sign_type"]) == {"up"}
    assert set(found["pattern_type"]) == {"full"}
    # all five together replace a minor part of what Russia lost
    assert 0.05 < found["substitution_share"].sum() < 0.30
    assert found.sort("inbound_log_ratio")["hub_code"][-1] == "KGZ"


@pytest.mark.real
def test_a_date_before_the_war_shows_no_full_pattern(real_data: Callable[[str], Path]) -> None:
    flows = _sanctioned_goods(real_data(PANEL))
    arguments: dict[str, Any] = {
        "origin_codes": ["EU"],
        "hub_codes": {"CCA3": ["ARM", "KAZ", "KGZ"]},
        "target_code": "RUS",
    }
    war = transshipment_signatures(flows, event_date=EVENT, **arguments)
    before = flows.filter(pl.col("period_start") < date(2022, 2, 1))
    placebo = transshipment_signatures(before, event_date=date(2021, 6, 1), **arguments)
    share = {
        n: float((f["pattern_type"] == "full").mean() or 0.0) for n, f in (("war", war), ("placebo", placebo))
    }
    assert share["placebo"] < 0.03
    assert share["war"] > 10 * share["placebo"]
    assert (war["substitution_share"] > 0.5).sum() > 100


@pytest.mark.real
def test_cars_came_to_armenia_and_georgia_and_went_on_to_russia(real_data: Callable[[str], Path]) -> None:
    for name, reporter in (
        ("comtrade/vehicle_trade_armenia.csv.gz", "ARM"),
        ("comtrade/vehicle_trade_georgia.csv", "GEO"),
    ):
        found = transshipment_signatures(
            cars_of_comtradr(real_data(name), reporter),
            origin_codes=["USA", "DEU", "JPN"],
            hub_codes=[reporter],
            target_code="RUS",
            event_date=EVENT,
        ).row(0, named=True)
        assert found["inbound_sign_type"] == "up"
        assert found["onward_sign_type"] == "up"
        assert found["inbound_recorded_by_type"] == "importer"
        assert found["direct_sign_type"] is None
        assert found["timing_correlation"] > 0.3
