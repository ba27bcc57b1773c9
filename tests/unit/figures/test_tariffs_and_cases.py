"""Figures of tariffs and of cases side by side: their titles say what the data say."""

from __future__ import annotations

from datetime import date

import polars as pl
from matplotlib.figure import Figure
from retorsion.figures import comparison, tariffs
from retorsion.figures.style import KINDS, SIDES, wording
from retorsion.reports.exhibits.comparison import _in_percent

SOURCE = "Invented"
PAIR = ("FRA", "BEL")


def title(figure: Figure) -> str:
    words = wording(figure)
    assert words is not None
    assert words.alt
    return words.title


def test_the_title_of_the_choices_says_whether_the_sign_hangs_on_them() -> None:
    curve = pl.DataFrame(
        {
            "design": ["destinations", "months"],
            "estimate": [-2.0, -1.0],
            "lower": [-3.0, -2.0],
            "upper": [-1.0, 0.5],
        }
    )
    found = {"n": 2, "lowest": -2.0, "highest": -1.0, "median": -1.5, "same_sign": 1.0}
    assert "All 2 ways of estimating point to less trade; in 1 the interval includes no effect" in title(
        tariffs.tariff_choices(curve, found, source=SOURCE)
    )
    mixed = found | {"highest": 0.4, "same_sign": 0.5}
    assert "The sign depends on the way of estimating" in title(
        tariffs.tariff_choices(curve, mixed, source=SOURCE)
    )


def test_sections_are_counted_by_their_intervals() -> None:
    sections = pl.DataFrame(
        {
            "label": ["Wood", "Metals", "Works of art"],
            "target": [3.0, 2.0, 1.0],
            "estimate": [-2.0, -1.0, None],
            "lower": [-3.0, -12.0, None],
            "upper": [-1.0, 0.5, None],
        }
    )
    figure = tariffs.tariff_sections(sections, exporter="France", imposer="Belgium", source=SOURCE)
    assert title(figure) == "In 1 of 2 groups of goods the fall is beyond chance"
    (axes,) = figure.axes
    # one interval runs off the axis: an arrow says so; ticks say what the elasticity is in per cent
    assert [line.get_marker() for line in axes.get_lines()].count("<") == 1
    assert "−2\n(−17%)" in [label.get_text() for label in axes.get_xticklabels()]


def test_what_was_paid_stands_in_the_title() -> None:
    paid = pl.DataFrame(
        {
            "period_start": [date(2019, 1, 1), date(2019, 2, 1)],
            "paid_pct": [3.0, 12.0],
            "paid_world_pct": [1.0, 2.0],
            "statutory_pct": [None, 24.0],
        }
    )
    figure = tariffs.tariff_paid(paid, importer="France", target_code="BEL", pair=PAIR, source=SOURCE)
    lines = {line.get_label(): line.get_color() for line in figure.axes[0].get_lines()}
    assert lines["paid on goods of Belgium"] == SIDES[1]
    assert title(figure) == (
        "In February 2019 the tariff in the books on goods of Belgium was 24%; the duties paid were 12% of their value"
    )


def test_steps_and_suppliers_are_drawn() -> None:
    path = pl.DataFrame(
        {
            "step": ["one"] * 3,
            "period": [-2, -1, 0],
            "phase_type": ["reference", "after", "after"],
            "estimate": [0.0, 0.1, -0.7],
            "lower": [None, -0.1, -5.0],
            "upper": [None, 0.3, 0.1],
        }
    )
    labels = {"one": tariffs.step_words(5207, "2018-09-24")}
    figure = tariffs.tariff_steps(
        path, labels, n_fallen=0, exporter="France", imposer="Belgium", source=SOURCE
    )
    assert title(figure).endswith("is beyond chance in none of 1 steps")
    assert [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()] == [
        "5,207 lines, 24 September 2018"
    ]
    shares = pl.DataFrame(
        {"year": [2017, 2018] * 2, "partner_code": ["BEL"] * 2 + ["DEU"] * 2, "share": [0.3, 0.2, 0.1, 0.2]}
    )
    drawn = tariffs.tariff_suppliers(
        shares, ["DEU"], importer="France", target_code="BEL", pair=PAIR, source=SOURCE
    )
    assert [line.get_color() for line in drawn.axes[0].get_lines()] == [SIDES[1], KINDS[0]]
    assert title(drawn) == "Belgium's share of France's imports was 30% at its highest and 20% in 2018"


def test_cases_side_by_side_are_drawn_with_what_they_show() -> None:
    rates = pl.DataFrame(
        {
            "span": ["one", "one"],
            "actor_code": ["FRA", "BEL"],
            "asked_type": ["deed", "deed"],
            "answer_type": ["deed", "deed"],
            "n": [10, 20],
            "estimate": [0.1, 0.5],
            "lower": [0.0, 0.4],
            "upper": [0.2, 0.6],
        }
    )
    shown = comparison.answer_rates(rates, {"one": PAIR}, days=30, source=SOURCE)
    assert title(shown) == (
        "France answered 50% of Belgium's deeds by deeds, the highest share; Belgium answered 10% of France's deeds "
        "by deeds, the lowest"
    )
    assert [line.get_color() for line in shown.axes[0].get_lines()] == [SIDES[1]] * 2 + [SIDES[0]] * 2
    pairs = pl.DataFrame(
        {"measure": ["value_usd"] * 3, "ratio": [1.0, 1.0, 0.3], "case": ["one", "one", "two"]}
    )
    ratios = comparison.answer_ratios(pairs, {"value_usd": "value hit"}, source=SOURCE)
    assert title(ratios).startswith("2 of 3 measured answers")
    steps = pl.DataFrame(
        {
            "chain_id": ["a"] * 2,
            "step": [1, 2],
            "actor_code": ["FRA", "BEL"],
            "day": [date(2018, 7, 6), date(2018, 7, 7)],
            "value_usd": [34e9, None],
            "tariff_rate_pct": [25.0, -7.5],
            "is_deed": [True, False],
        }
    )
    chain = comparison.chains_drawn(steps, ["a"], ("FRA", "BEL"), source=SOURCE)
    assert {text.get_text() for text in chain.axes[0].texts} == {"34 bn, +25 points", "−7.5 points"}
    assert chain.axes[0].get_title(loc="left") == "From 6 July 2018"
    assert chain.axes[0].get_xlabel() == "days after the first act"
    pooled = pl.DataFrame(
        {
            "quantity": ["in kind"],
            "case": ["one"],
            "alone": [None],
            "pooled": [0.5],
            "lower": [0.2],
            "upper": [0.8],
        },
        schema_overrides={"alone": pl.Float64},
    )
    assert title(comparison.alone_and_pooled(pooled, source=SOURCE))
    excited = pl.DataFrame(
        {
            "pair": ["one"],
            "parameter": ["branching FRA->BEL"],
            "kind": ["branching other"],
            "estimate": [0.3],
            "lower": [0.1],
            "upper": [0.5],
            "alone": [0.4],
        }
    )
    assert title(comparison.excitation(excited, {"one": PAIR}, source=SOURCE))


def test_words_of_acts_that_follow_at_once_keep_clear_of_those_before() -> None:
    days, heights = [0.0, 40.0, 41.0, 42.0, 100.0], [1.0, 1.0, 1.0, 0.0, 1.0]
    moved = comparison._raised(days, heights)
    assert [shift > 0 for shift in moved] == [False, False, True, False, False]


def test_an_effect_in_per_cent_has_the_limits_that_it_has() -> None:
    effect = {"unit": "exports, log points", "estimate": -0.7, "lower": -1.4, "upper": None}
    assert _in_percent(effect) == "−50% (from −75%)"
    assert _in_percent({**effect, "lower": None, "upper": 0.0}) == "−50% (up to 0%)"
    assert _in_percent({**effect, "lower": None}) == "−50%"
    tariff = {"unit": "exports, for each log point of one plus the tariff", "estimate": -2.0}
    assert _in_percent({**tariff, "lower": -4.0, "upper": 0.0}) == "−17% (−32% to 0%)"
