"""A change of record is no diversion, and goods that go round are found beside growth that all partners share."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from invented_acts import case_of, params_of
from retorsion.impact.accounting import decompose_diversion, diversion_summary
from retorsion.impact.goods import Good
from retorsion.impact.one_record import one_record
from retorsion.impact.rerouting import find_rerouting

MEMBERS, OTHERS = ("DEU", "FRA", "ITA", "JPN"), ("CHN", "IND", "KAZ", "TUR")
OIL = "270900"
GOODS = {"oil": Good("item", "oil", "Crude oil", (OIL,))}
RATES = pl.DataFrame(
    {
        "rate_date": [date(2021, month, 1) for month in range(1, 13)],
        "currency_code": "USD",
        "units_per_eur": 1.2,
    }
)
CASE = case_of(
    impact={
        "pairwise": "all_pairs",
        "years": [2021, 2024],
        "base_year": 2021,
        "comparison_year": 2024,
        "products": [OIL],
        "importers": {"source": "own_records", "usd_per_eur": 1.1, "min_months": 11},
    }
)


def true_shares(bought: pl.DataFrame) -> float:
    """What others bought more for each unit that members bought less, as importers record it."""
    change = {
        group: float((part["later"] - part["base"]).sum())
        for group, part in (
            ("members", bought.filter(pl.col("importer").is_in(MEMBERS))),
            ("others", bought.filter(pl.col("importer").is_in(OTHERS))),
        )
    }
    return -change["others"] / change["members"]


def simulated(seed: int, known: int = len(MEMBERS)) -> tuple[float, float, float]:
    """The truth, the share on one record, and the share across the switch of the recorder.

    Args:
        seed: of the draws.
        known: how many buyers of either group have a record of their own.
    """
    rng = np.random.default_rng(seed)
    importers = [*MEMBERS, *OTHERS]
    base = rng.uniform(50, 150, len(importers))
    factor = np.where([code in MEMBERS for code in importers], rng.uniform(0.1, 0.3), rng.uniform(1.4, 1.7))
    bought = pl.DataFrame({"importer": importers, "base": base, "later": base * factor})
    # the exporter leaves freight out and names the port, so that some of what others buy stands under a member
    freight = rng.uniform(1.05, 1.15, len(importers))
    port = rng.uniform(0.0, 0.1, len(importers)) * np.where([code in MEMBERS for code in importers], 0.0, 1.0)
    moved = base * port
    as_exported = base / freight - moved + np.where(np.array(importers) == "DEU", moved.sum(), 0.0)
    rows = [(2021, code, value, "unknown") for code, value in zip(importers, as_exported, strict=True)]
    rows += [(2024, code, value, "CIF") for code, value in bought.select("importer", "later").iter_rows()]
    pairwise = pl.DataFrame(
        [
            {
                "period_start": date(year, 1, 1), "n_months": 12, "reporter_code": "RUS", "partner_code": code,
                "is_aggregate": False, "flow_type": "export", "product_system": "hs6_h0", "product_level": "hs6",
                "product_code": OIL, "value_kusd": value, "quantity_tonnes": value, "valuation_type": kind,
            }
            for year, code, value, kind in rows
        ]
    )  # fmt: skip
    monthly = pl.DataFrame(
        [
            {
                "period_start": date(2021, month, 1), "n_months": 1, "reporter_code": code, "partner_code": "RUS",
                "is_aggregate": False, "flow_type": "import", "product_code": "oil",
                "value_eur": value * 1000 / 1.1 / 12, "quantity_tonnes": value / 12,
            }
            for code, value in bought.select("importer", "base").iter_rows()
            if code in (*MEMBERS[:known], *OTHERS[:known])
            for month in range(1, 13)
        ]
    )  # fmt: skip
    record = one_record(pairwise, monthly, RATES, asked=CASE.impact, params=params_of(), goods=GOODS)

    def share(flows: pl.DataFrame) -> float:
        terms = decompose_diversion(
            flows, exporter_code="RUS", coalition=MEMBERS, base_years=[2021], comparison_years=[2024]
        )
        return float(diversion_summary(terms)["offset_share"][-1])

    return true_shares(bought), share(record.flows), share(record.others["the source of all pairs alone"])


def test_a_switch_of_the_recorder_does_not_move_the_share_on_one_record() -> None:
    found = np.array([simulated(seed) for seed in range(40)])
    truth, one, switched = found.T
    assert np.allclose(one, truth, rtol=1e-9)
    # across the switch freight and goods under a port's name count as a rise elsewhere
    assert float(np.mean(switched - truth)) > 0.1
    assert np.mean(switched > truth) > 0.95


def test_records_of_some_buyers_take_away_a_part_of_the_bias() -> None:
    truth, one, switched = np.array([simulated(seed, known=2) for seed in range(40)]).T
    assert 0.02 < float(np.mean(one - truth)) < 0.8 * float(np.mean(switched - truth))


HUBS = ("ARM", "KAZ", "KGZ")


def rerouted(seed: int, share: float, growth: float) -> dict[str, tuple[float, float, float]]:
    """Share, lower and upper of each answer, where a known share of what is lost goes round and all buy more."""
    rng = np.random.default_rng(seed)
    months = [date(2021, m, 1) for m in range(1, 13)] + [date(2022, m, 1) for m in range(1, 12)]
    rows = []
    for number in range(240):
        code = f"{8400 + number // 2}{number % 2:04d}"
        lost = number % 3 > 0  # two goods of three are lost to the target
        size, of_hub = rng.lognormal(3, 1), rng.lognormal(1, 1, len(HUBS)) / 3
        split = rng.dirichlet(np.full(len(HUBS), 4.0))
        for month in months:
            after = month >= date(2022, 4, 1)
            grown = growth if month.year == 2022 else 1.0
            gone = size * 0.9 if after and lost else 0.0
            noise = rng.lognormal(-0.005, 0.1, 1 + len(HUBS))
            rows.append((month, "RUS", code, (size - gone) * noise[0]))
            rows += [
                (month, hub, code, (of_hub[i] * grown + share * gone * split[i]) * noise[1 + i])
                for i, hub in enumerate(HUBS)
            ]
    flows = pl.DataFrame(
        rows, schema=["period_start", "partner_code", "product_code", "value_eur"], orient="row"
    ).with_columns(n_months=pl.lit(1), reporter_code=pl.lit("EU"), flow_type=pl.lit("export"))
    case = case_of(
        impact={
            "rerouting": {
                "source": "exports",
                "after": {"start": "2022-04-01", "end": "2022-11-30"},
                "before": {"start": "2022-01-01", "end": "2022-02-28"},
                "base_year": 2021,
            }
        }
    )
    found = find_rerouting(flows, asked=case.impact, params=params_of({"n_bootstrap": 199}))
    told = found.rows["rerouting"].filter(pl.col("choice_type") == "told")
    rows = told.select("counterfactual", "share", "lower", "upper").iter_rows()
    return {name: (share, lower, upper) for name, share, lower, upper in rows}


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_known_share_is_found_beside_growth_that_all_partners_share(share: float) -> None:
    found = [rerouted(seed, share, growth=1.5) for seed in range(6)]
    for name in ("own_growth", "other_goods"):
        estimates = np.array([one[name] for one in found])
        assert float(estimates[:, 0].mean()) == pytest.approx(share, abs=0.01), name
        assert np.mean((estimates[:, 1] <= share) & (share <= estimates[:, 2])) >= 0.6, name
    # the level of a year before takes the growth for goods that went round
    plain = np.array([one["year_before"][0] for one in found])
    assert float(plain.mean()) > share + 0.03


def test_without_growth_all_three_answers_agree() -> None:
    found = rerouted(1, 0.2, growth=1.0)
    assert all(numbers[0] == pytest.approx(0.2, abs=0.02) for numbers in found.values())
