"""The finding on tariffs: rates by month, lines of steps, what is said where nothing can be estimated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from invented_tariffs import FIRST, invented
from places import RAW, ROOT
from retorsion.errors import NotEstimable
from retorsion.findings import NOT_ESTIMABLE
from retorsion.impact.findings import FRAMES
from retorsion.impact.tariff_imports import (
    chapter_rates,
    imports_by_chapter,
    paid,
    replaced,
    shares,
    synthetic,
)
from retorsion.impact.tariff_panel import monthly_rates, on_the_year, rates_between, trade_panel
from retorsion.impact.tariffs import TariffTables, find_tariffs, lines_of_steps
from retorsion.params import ImpactCase, TariffExports, TariffsCase, read_params

PARAMS = read_params(ROOT / "params.yaml", RAW)
EXPORTS = TariffExports(source="customs", exporter="FRA", imposer="BEL", first_month=FIRST, base_year=2017)
ASKED = ImpactCase(reporter="FRA", target="BEL", tariffs=TariffsCase(exports=EXPORTS, sections="hs_sections"))
SECTIONS = pl.DataFrame(
    [("I", "01", "45", "First half"), ("II", "46", "97", "Second half")],
    schema=["section", "first_chapter", "last_chapter", "label"],
    orient="row",
)


def tables(flows: pl.DataFrame, rates: pl.DataFrame, changes: pl.DataFrame) -> TariffTables:
    return TariffTables(
        trade_flows=flows,
        rates=rates,
        changes=changes,
        duties=pl.DataFrame(
            schema={"source_id": pl.String, "importer_code": pl.String, "product_level": pl.String}
        ),
        sections=SECTIONS,
    )


def rate(*rows: tuple[str, date, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"imposer_code": "BEL", "target_code": "FRA", "hs6_code": a, "from_date": b, "rate_pct": c}
            for a, b, c in rows
        ],
        schema_overrides={"rate_pct": pl.Float64},
    )


def test_a_month_in_which_the_rate_changes_has_the_mean_of_its_days() -> None:
    rates = rates_between(
        rate(("010121", date(2020, 1, 1), 0.0), ("010121", date(2020, 3, 11), 21.0)),
        imposer_code="BEL",
        target_code="FRA",
    )
    months = [date(2019, 12, 1), date(2020, 3, 1), date(2020, 4, 1)]
    by_days, by_first, by_last = (
        monthly_rates(rates, months, timing)["log_rate"].to_list() for timing in ("days", "first", "last")
    )
    assert by_days == pytest.approx([0.0, np.log(1.21) * 21 / 31, np.log(1.21)])
    assert by_first == pytest.approx([0.0, 0.0, np.log(1.21)])
    assert by_last == pytest.approx([0.0, np.log(1.21), np.log(1.21)])


def test_products_whose_rate_is_unknown_at_some_time_are_left_out() -> None:
    rates = rates_between(
        rate(
            ("010121", date(2020, 1, 1), 0.0),
            ("010121", date(2020, 3, 1), 5.0),
            ("010129", date(2020, 1, 1), 3.0),
            ("010129", date(2020, 3, 1), None),
        ),
        imposer_code="BEL",
        target_code="FRA",
    )
    assert set(rates["product_code"]) == {"010121"}


def test_no_tariff_and_no_change_are_different_sentences() -> None:
    constant = rate(("010121", date(2020, 1, 1), 5.0), ("010129", date(2020, 1, 1), 7.0))
    with pytest.raises(NotEstimable, match="No tariff of BEL on goods of FRA changes"):
        rates_between(constant, imposer_code="BEL", target_code="FRA")
    with pytest.raises(NotEstimable, match="No tariffs of FRA on goods of BEL are recorded"):
        rates_between(constant, imposer_code="FRA", target_code="BEL")


def test_trade_that_ends_before_its_measures_and_a_single_product_are_said_so() -> None:
    world = invented(0, n_products=12)
    rates = rates_between(world.rates, imposer_code="BEL", target_code="FRA")
    asked: dict[str, Any] = {"exporter_code": "FRA", "target_code": "BEL", "first_month": FIRST}
    with pytest.raises(NotEstimable, match="recorded until 2018-01, which is before the first change"):
        trade_panel(world.flows.filter(pl.col("period_start") < date(2018, 2, 1)), rates, **asked)
    one = world.flows["product_code"][0]
    with pytest.raises(NotEstimable, match=r"1 product\(s\) of FRA"):
        trade_panel(world.flows.filter(pl.col("product_code") == one), rates, **asked)
    with pytest.raises(NotEstimable, match="No exports of FRA to BEL by product"):
        trade_panel(world.flows.head(0), rates, **asked)


def test_the_finding_on_exports_says_all_its_parts_and_what_imports_lack() -> None:
    world = invented(1, n_products=60, mean=80)
    found = find_tariffs(tables(world.flows, world.rates, world.changes), asked=ASKED, params=PARAMS)
    exports = found.values["exports"]
    assert exports["elasticity"]["lower"] < -2 < exports["elasticity"]["upper"]
    assert exports["specifications"]["n"] == 16
    assert [one["step"] for one in exports["steps"]] == ["list of month 16", "list of month 20"]
    assert exports["outcomes"]["rest"]["lower"] < 0.5
    assert found.values["imports"] == {NOT_ESTIMABLE: "The case leaves tariffs.imports out."}
    assert set(found.rows) <= set(FRAMES["tariffs"])
    assert found.rows["tariffs_sections"]["n_products"].sum() == exports["n_products"]


def test_the_finding_without_a_change_is_a_sentence_and_keeps_what_can_be_counted() -> None:
    world = invented(1, n_products=12)
    flat = world.rates.filter(pl.col("from_date") == FIRST)
    found = find_tariffs(tables(world.flows, flat, world.changes), asked=ASKED, params=PARAMS)
    assert "changes in the days recorded" in found.values["exports"][NOT_ESTIMABLE]
    assert len(found.rows["tariffs_lines"]) == 2


def test_a_case_of_other_states_than_its_pair_is_refused() -> None:
    other = EXPORTS.model_copy(update={"imposer": "DEU"})
    with pytest.raises(ValueError, match=r"tariffs\.exports is about DEU and FRA, not about BEL and FRA"):
        ImpactCase(reporter="FRA", target="BEL", tariffs=TariffsCase(exports=other, sections="hs_sections"))


def test_lines_of_a_step_are_counted_by_eight_digits() -> None:
    world = invented(1, n_products=12)
    twice = pl.concat([world.changes, world.changes.with_columns(pl.col("line_code") + "11")])
    counted = lines_of_steps(twice, ["BEL", "FRA"])
    assert counted["n_lines"].to_list() == lines_of_steps(world.changes, ["BEL", "FRA"])["n_lines"].to_list()
    assert (counted["n_lines_full"] == 2 * counted["n_lines"]).all()


def test_changes_on_the_year_leave_out_months_without_trade() -> None:
    panel = pl.DataFrame(
        {
            "product_code": ["a", "a", "b", "b"],
            "period_start": [date(2020, 1, 1), date(2021, 1, 1)] * 2,
            "target": [10.0, 5.0, 0.0, 4.0],
            "log_rate": [0.0, 0.1, 0.0, 0.1],
        }
    )
    rows = on_the_year(panel).rows(named=True)
    assert [(one["product_code"], one["weight"]) for one in rows] == [("a", 10.0)]
    assert rows[0]["change"] == pytest.approx(np.log(0.5))


def imported() -> pl.DataFrame:
    rows = []
    for year, of_bel, of_deu in ((2017, 60.0, 20.0), (2019, 30.0, 45.0)):
        for month in range(1, 13):
            for chapter in ("01", "02"):
                for partner, value in (("BEL", of_bel), ("DEU", of_deu), ("WLD", 100.0)):
                    rows.append(
                        {
                            "reporter_code": "FRA",
                            "flow_type": "import",
                            "product_level": "hs2",
                            "period_start": date(year, month, 1),
                            "product_code": chapter,
                            "partner_code": partner,
                            "value_kusd": value,
                        }
                    )
    return pl.DataFrame(rows)


def test_what_the_target_lost_and_who_gained_it_add_up() -> None:
    imports = imports_by_chapter(imported(), importer_code="FRA", target_code="BEL")
    risen = pl.DataFrame({"chapter": ["01", "02"], "rise_pct": [20.0, 1.0]})
    table = replaced(imports, risen, target_code="BEL", base_year=2017, comparison_year=2019)
    first = {row["partner_code"]: row for row in table.filter(pl.col("chapters_type") == "risen").to_dicts()}
    assert first["BEL"]["change"] == pytest.approx(-0.3)
    assert first["DEU"]["share_of_loss"] == pytest.approx(0.25 / 0.3)
    assert first["OTHERS"]["share_of_loss"] == pytest.approx(0.05 / 0.3)
    assert sum(
        one["share_of_loss"] for one in first.values() if one["share_of_loss"] is not None
    ) == pytest.approx(1)
    assert shares(imports, [2017])["share"].to_list() == pytest.approx([0.6, 0.2])
    with pytest.raises(NotEstimable, match="from ITA are recorded"):
        imports_by_chapter(imported(), importer_code="FRA", target_code="ITA")


def test_what_was_paid_stands_beside_the_books() -> None:
    imports = imports_by_chapter(imported(), importer_code="FRA", target_code="BEL")
    rates = pl.DataFrame(
        {
            "product_code": ["010121", "010129", "020110", "010121"],
            "from_date": [date(2019, 1, 1)] * 3 + [date(2019, 6, 1)],
            "rate_pct": [10.0, 20.0, 0.0, 30.0],
        }
    )
    assert chapter_rates(rates, date(2019, 7, 1))["rate_pct"].to_list() == [25.0, 0.0]
    duties = pl.DataFrame(
        {
            "period_start": [date(2019, 7, 1)] * 2,
            "partner_code": ["BEL", "WLD"],
            "value_kusd": [100.0, 1000.0],
            "duty_kusd": [9.0, 20.0],
        }
    )
    row = paid(duties, imports, rates, target_code="BEL", base_year=2017).row(0, named=True)
    assert (row["paid_pct"], row["paid_world_pct"], row["statutory_pct"]) == pytest.approx((9.0, 2.0, 12.5))
    assert row["gap_pct"] == pytest.approx(3.5)
    early = duties.with_columns(period_start=pl.lit(date(2018, 7, 1)))
    with pytest.raises(NotEstimable, match="end before the first day"):
        paid(early, imports, rates, target_code="BEL", base_year=2017)


def test_the_control_finds_a_fall_and_says_when_there_is_too_little() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(0, 0.1, 60).cumsum()
    rows = [
        {
            "period_start": date(2015 + m // 12, m % 12 + 1, 1),
            "partner_code": partner,
            "value": float(
                1000 * np.exp(common[m] + 0.02 * rng.normal() - (0.4 if partner == "BEL" and m >= 48 else 0))
            ),
        }
        for m in range(60)
        for partner in ("BEL", "DEU", "ITA", "ESP", "NLD", "POL")
    ]
    totals = pl.DataFrame(rows)
    values, path = synthetic(totals, target_code="BEL", first_change=date(2019, 1, 15))
    assert values["estimate"] == pytest.approx(-0.4, abs=0.05)
    assert values["p_value"] == pytest.approx(1 / 6)
    assert path["quarter"].is_sorted()
    with pytest.raises(NotEstimable, match="a control takes four and one"):
        synthetic(totals, target_code="BEL", first_change=date(2015, 4, 1))


def test_averages_need_trade_to_weigh_them() -> None:
    world = invented(1, n_products=12)
    averages = pl.DataFrame(
        {
            "average_id": ["a", "b"],
            "imposer_code": ["BEL", "BEL"],
            "target_code": ["FRA", "FRA"],
            "as_of_date": [date(2018, 1, 1), date(2019, 6, 1)],
            "average_pct": [0.0, 9.0],
            "note": ["", ""],
            "source_url": ["https://example.org/a"] * 2,
        }
    )
    given = replace(tables(world.flows, world.rates, world.changes), averages=averages)
    rows = find_tariffs(given, asked=ASKED, params=PARAMS).rows["tariffs_averages"]
    assert rows["own_pct"][0] == 0
    assert 0 < rows["own_pct"][1] < 25
    assert rows["difference_pct"][1] == pytest.approx(rows["own_pct"][1] - 9)
