"""Figures of trade: measures stand on the axes of time, money is in the currency of its column."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import matplotlib.pyplot as plt
import polars as pl
import pytest
from matplotlib import dates
from matplotlib.figure import Figure
from retorsion.figures import diversion, models, record, trade
from retorsion.figures.style import wording
from retorsion.tables.fields import fields

SOURCE = "inline rows"
MARKS = pl.DataFrame({"date": [date(2022, 4, 8), date(2022, 12, 5)], "label": ["first ban", "price cap"]})


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def words_on(figure: Figure) -> set[str]:
    """All that is written in the plots and on their titles."""
    return {
        text.get_text()
        for axes in figure.axes
        for text in (*axes.texts, axes.title, axes._left_title, axes.yaxis.label)
        if text
    }


def positions(figure: Figure) -> set[float]:
    """Places of upright lines of all plots."""
    return {
        float(line.get_xdata()[0])
        for axes in figure.axes
        for line in axes.lines
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]
    }


def subtitle_of(figure: Figure) -> str:
    told = wording(figure)
    assert told is not None
    return told.subtitle or ""


def test_destinations_by_year_carry_the_dates_of_measures() -> None:
    groups = pl.DataFrame(
        [
            {"year": year, "group": group, "value": value, "share": value / 300_000}
            for year in (2020, 2021, 2022, 2023)
            for group, value in (("coalition", 200_000.0), ("CHN", 60_000.0), ("other", 40_000.0))
        ]
    )
    shared: dict[str, Any] = {"target_code": "RUS", "base_year": 2021, "source": SOURCE}
    marked = diversion.destinations_over_time(groups, ["CHN"], marks=MARKS, marks_of="Japan", **shared)
    assert {"first ban", "price cap"} <= words_on(marked)
    assert {float(dates.date2num(day)) for day in MARKS["date"]} <= positions(marked)
    assert "measures of Japan" in subtitle_of(marked)
    plain = diversion.destinations_over_time(groups, ["CHN"], **shared)
    assert "marked" not in subtitle_of(plain)
    assert float(dates.date2num(date(2022, 1, 1))) in positions(plain)  # the end of the base year


def test_designations_mark_the_largest_rounds_and_what_the_other_side_did() -> None:
    days = [date(2022, 3, 1), date(2022, 4, 1), date(2022, 5, 1), date(2023, 1, 1)]
    sanctions = pl.DataFrame(
        {
            "sender_code": "AAA",
            "basis_type": "listed",
            "announced_date": days,
            "subject_type": "individual",
            "n_subjects": [5, 40, 7, 1],
        }
    )
    figure = record.designations_over_time(
        sanctions, sender_code="AAA", source=SOURCE, marks=MARKS.head(1), n_rounds=2
    )
    assert {"40 listed", "7 listed", "first ban"} <= words_on(figure)
    assert "5 listed" not in words_on(figure)


CHOICES = pl.DataFrame(
    [
        ("told", None, "2021", "2024", 0.9),
        ("years", None, "2019-2021", "2023-2024", 1.3),
        ("years", None, "2021", "2022", None),
        ("record", "the source of all pairs alone", "2021", "2024", 0.8),
        ("prices", "2021", "2021", "2024", 0.7),
        ("without", "LNG", "2021", "2024", 0.6),
        ("unrecorded", None, "2021", "2024", 1.0),
    ],
    schema=["choice_type", "choice", "base_years", "comparison_years", "offset_share"],
    orient="row",
)


def test_the_range_of_a_share_is_told_with_its_ends() -> None:
    made_up = {"estimate": 0.9, "lower": 0.6, "upper": 1.3, "n_choices": 5}
    figure = diversion.offset_choices(CHOICES, made_up, target_code="RUS", source=SOURCE)
    told = wording(figure)
    assert told is not None
    assert told.title.startswith("Others' extra purchases from Russia equal 60% to 130% of the loss")
    assert told.title.endswith("the whole of it by 2 of 5 other ways to count")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[0] == "without LNG"
    assert "with the source of all pairs alone" in labels
    assert "2021 to 2022" not in labels  # no share, no row


@pytest.mark.parametrize(
    ("column", "said", "height"),
    [("value_thousand_jpy", "billion yen", 3.0), ("value_eur", "billion euros", 3e-3)],
)
def test_money_is_in_the_currency_of_its_column(column: str, said: str, height: float) -> None:
    months = [date(2021, month, 1) for month in range(1, 13)]
    series = pl.DataFrame(
        {
            "flow_type": "export",
            "period_start": months,
            "value": 3e6,
            **dict.fromkeys(("counterfactual", "counterfactual_lower", "counterfactual_upper"), 2e6),
        }
    )
    figure = trade.monthly_trade(
        series,
        {"export": pl.DataFrame({"date": [date(2021, 6, 1)], "label": ["ban"]})},
        effects={"export": {"estimate": -0.5, "lower": -0.7, "upper": -0.3, "level": 0.95}},
        reporter_code="JPN",
        target_code="RUS",
        pair=("JPN", "RUS"),
        value_column=column,
        source=SOURCE,
    )
    assert any(said in words for words in words_on(figure))
    actual = next(line for line in figure.axes[0].lines if line.get_label() == "actual")
    assert max(actual.get_ydata()) == pytest.approx(height)


def test_every_column_of_money_says_how_it_is_counted() -> None:
    assert fields()["value_kusd"].money == (1e-6, "US dollars")
    with pytest.raises(ValueError, match="has no unit"):
        _ = fields()["product_code"].money


def title_of(figure: Figure) -> str:
    told = wording(figure)
    assert told is not None
    return told.title


def one_group(label: str, estimate: float, lower: float, upper: float) -> dict[str, Any]:
    return {
        "label": label,
        "episode": "ban",
        "term": "mean effect: ban",
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "level": 0.95,
    }


def study(n_leads: int, *, p_value: float = 0.6, level: float = 25 / 27) -> dict[str, Any]:
    return {
        "measure": "ban",
        "date": "2022-03-18",
        "level": level,
        # months of the reference year are in the findings without a p-value
        "leads": [{"p_value": p_value}] * n_leads + [{"p_value": None}] * 3,
        "anticipation": [{"p_value": 0.7}],
        "placebo": {"actual": -0.8, "p_value_space": 1 / 27, "n_space": 26},
    }


EFFECTS = pl.DataFrame(
    {
        "measure": "ban",
        "event_month": [-14, 0],
        "phase_type": ["lead", "after"],
        "effect": [0.0, -0.8],
        "lower": [-0.2, -1.0],
        "upper": [0.2, -0.6],
    }
)


@pytest.mark.parametrize(
    ("one", "beginning"),
    [
        (study(trade.MINIMUM_LEADS), f"Nothing moved in the {trade.MINIMUM_LEADS} leads; then exports fell"),
        (study(trade.MINIMUM_LEADS - 1), "After each measure exports fell more than those to any of 26"),
        (study(1, p_value=0.04), "Trade moved before a measure; then exports fell"),
    ],
)
def test_a_title_says_that_nothing_moved_only_with_enough_leads(one: dict[str, Any], beginning: str) -> None:
    figure = trade.event_study(EFFECTS, [one], source=SOURCE)
    assert title_of(figure).startswith(beginning)
    assert f"{len(one['leads']) - 3} lead" in trade.lead_words([one])
    assert "1 of anticipation" in trade.lead_words([one])
    assert "bars hold 93%" in subtitle_of(figure)  # 26 partners hold no more


def test_levels_of_intervals_that_differ_are_both_given() -> None:
    rows = [
        {**one_group("months", -1.0, -1.5, -0.5), "level": 25 / 27, "family_type": "comparison"},
        {**one_group("regression", -0.8, -1.0, -0.6), "family_type": "own"},
    ]
    figure = trade.estimators(pl.DataFrame(rows), episodes=["ban"], source=SOURCE)
    assert "intervals that hold 93% to 95%" in subtitle_of(figure)


def test_the_title_of_the_coalition_counts_every_way_of_measuring() -> None:
    variants = pl.DataFrame(
        {
            "variant": ["positive flows", "corrected"],
            "estimate": [-2.5, -2.3],
            "lower": [-3.5, None],
            "upper": [-1.4, None],
        }
    )
    without = pl.DataFrame(
        {"estimate": [-2.5, -1.2], "lower": [None, None], "upper": [None, None]}
    ).with_columns(left_out=pl.Series([None, "CHN, IND"], dtype=pl.String))
    figure = models.coalition_by_product(
        pl.DataFrame({"name": ["Coal"], "estimate": [-1.0], "lower": [None], "upper": [None]}),
        variants,
        without,
        target_code="RUS",
        source=SOURCE,
    )
    # without two buyers: 70%
    assert title_of(figure).startswith("By 3 ways of measuring, sanctioning states bought 70% to 92% less")


def test_a_fall_before_the_measures_is_in_the_title() -> None:
    relative = pl.DataFrame(
        {"year": [2013, 2014, 2015, 2016], "gap": [0.3, -0.2, 0.0, -1.0], "spread": [0.1] * 4}
    )
    years = pl.DataFrame({"period": [2013, 2014], "estimate": [0.1, None]})
    figure = models.years_before(relative, years, reference_year=2015, target_code="RUS", source=SOURCE)
    assert title_of(figure).startswith(
        "Exports to Russia fell by 39% against other partners from 2013 to 2014"
    )
    flat = relative.with_columns(gap=pl.Series([0.0, 0.0, 0.0, -1.0]))
    quiet = models.years_before(flat, years.clear(), reference_year=2015, target_code="RUS", source=SOURCE)
    assert title_of(quiet).startswith("Exports to Russia against those to other partners")


@pytest.mark.parametrize(
    ("p_value", "words"), [(None, "–"), (0.0, "< 0.001"), (0.0004, "< 0.001"), (0.0323, "0.032")]
)
def test_no_p_value_is_printed_as_nothing(p_value: float | None, words: str) -> None:
    assert trade.p_words(p_value) == words


def test_price_and_volume_are_told_of_the_window_that_leaves_out_fewest() -> None:
    parts = pl.DataFrame(
        [(2021, 2022, "Palladium", -1e5, 2e5, -3e5), (2022, 2024, "Gas", -5e6, -1e6, -4e6)],
        schema=["base_year", "comparison_year", "name", "change", "price_effect", "volume_effect"],
        orient="row",
    ).with_columns(entry=0.0, exit=0.0)
    shared: dict[str, Any] = {"reporter_code": "JPN", "target_code": "RUS", "n_products": 2, "source": SOURCE}
    figure = diversion.price_and_volume(parts, left_out={(2021, 2022): ["Gas", "LNG"]}, **shared)
    assert title_of(figure) == (
        "From 2022 to 2024 Japan paid Russia $5.0 billion less: −1.0 by prices, −4.0 by volumes"
    )
    assert "without gas and LNG from 2021 to 2022: records differ" in subtitle_of(figure)
    both = diversion.price_and_volume(parts.head(1), left_out={(2021, 2022): ["Gas"]}, **shared)
    assert title_of(both).startswith(
        "From 2021 to 2022 Japan paid Russia $0.1 billion less, without gas: +0.2"
    )


def test_shares_of_a_product_are_a_whole_bar_with_the_numbers_that_have_room() -> None:
    shares = pl.DataFrame(
        [
            ("Coal", year, group, share)
            for year, of_year in ((2021, (0.6, 0.35, 0.05)), (2024, (0.1, 0.7, 0.2)))
            for group, share in zip(("coalition", "CHN", "other"), of_year, strict=True)
        ],
        schema=["name", "year", "group", "share"],
        orient="row",
    )
    figure = diversion.destination_shares(
        shares, ["CHN"], target_code="RUS", products=["Coal"], source=SOURCE
    )
    axes = figure.axes[0]
    ends = {round(bar.get_y(), 2): bar.get_x() + bar.get_width() for bar in axes.patches}
    assert list(ends.values()) == pytest.approx([100, 100])
    assert [text.get_text() for text in axes.texts] == ["10", "70", "20", "60", "35"]  # 5 has no room
    told = wording(figure)
    assert told is not None
    assert told.title == "Sanctioning states' share fell in all 1 products, most in coal"


def test_the_title_on_monthly_trade_has_the_interval_of_its_number() -> None:
    sure = {"estimate": math.log(0.26), "lower": math.log(0.15), "upper": math.log(0.35)}
    assert trade.gap_words(sure) == "74% (65% to 85%) below"
    assert trade.gap_words({**sure, "upper": math.log(1.1)}) == "74% (−85% to +10%) below"
