"""Figures of the escalation findings: titles follow the findings, thin ones break neither figure nor page."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import polars as pl
import pytest
import retorsion
from invented_acts import (
    EVENTS,
    PAIR,
    START,
    act,
    acts_of,
    case_of,
    findings_of,
    one_sided,
    params_of,
    replies_of,
    single,
)
from matplotlib.text import Text
from places import ROOT
from retorsion import project
from retorsion.escalation.findings import FRAMES
from retorsion.figures import escalation as figures
from retorsion.figures.style import wording
from retorsion.figures.svg import to_svg
from retorsion.reports.exhibits.excitation import half_life_ranges

NOTEBOOK = ROOT / "notebooks" / "02_escalation.py"
SOURCE = "inline rows"
ONE_WAY = "Acts of {} are followed by acts of {}, in reply or by a shared shock; the reverse cannot be shown"


@pytest.fixture(autouse=True)
def _close_figures() -> Any:
    yield
    plt.close("all")


def read_back(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Frames as a notebook reads them from CSV."""
    return {
        name: pl.read_csv(io.StringIO(frame.write_csv()), try_parse_dates=True)
        for name, frame in frames.items()
    }


def title_of(figure: Any) -> str:
    words = wording(figure)
    assert words is not None
    assert len(words.alt) > 20
    assert to_svg(figure) == to_svg(figure)
    return words.title


@pytest.fixture(scope="module")
def dyad() -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """A acts first and more; B answers some of it, with deeds of the same size."""
    rows, links = [], []
    for k in range(24):
        day = date(2020, 1, 10 + k) if k < 15 else date(2021, k - 14, 5)
        rows.append(act(f"a{k}", "AAA", day, "expulsion" if k % 2 else "ban", n_subjects=4))
        if k % 3 == 0:
            answer = date.fromordinal(day.toordinal() + 2)
            rows.append(act(f"b{k}", "BBB", answer, "expulsion" if k % 2 else "protest", n_subjects=4))
            links.append((f"b{k}", f"a{k}", "act"))
    found, frames = findings_of(acts_of(rows), replies_of(*links))
    return found, read_back(frames)


def test_intensity_names_peak_month_and_who_did_more(dyad: Any) -> None:
    found, frames = dyad
    figure = figures.intensity_over_time(
        frames["intensity"], found["record"], pair=PAIR, scale="intensity_goldstein", source=SOURCE
    )
    totals = {row["actor_code"]: row["sum"] for row in found["intensity"]["totals"][:2]}
    assert title_of(figure) == (
        "Both sides peaked in January 2020; overall, AAA’s recorded acts outweigh BBB’s "
        f"{totals['AAA'] / totals['BBB']:.1f} to 1"
    )


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ([0.6, 0.7, 0.55, 0.8], "AAA did 60% to 70% of it, BBB the rest"),
        ([0.2, 0.3, 0.1, 0.4], "BBB did 70% to 80% of it, AAA the rest"),
        ([0.55, 0.7, 0.4, 0.8], "AAA did more however one counts, but not beyond chance"),
        ([0.4, 0.7, 0.3, 0.8], "which side did more depends on how one counts"),
    ],
)
def test_intensity_says_how_far_who_did_more_depends_on_what_counts(
    dyad: Any, shares: list[float], says: str
) -> None:
    found, frames = dyad
    names = ("lowest", "highest", "widest_lower", "widest_upper")
    figure = figures.intensity_over_time(
        frames["intensity"],
        found["record"],
        pair=PAIR,
        scale="intensity_goldstein",
        source=SOURCE,
        counted=dict(zip(names, shares, strict=True)),
    )
    assert title_of(figure) == f"Both sides peaked in January 2020; {says}"


def told(words: dict[str, str], deeds: dict[str, str]) -> dict[str, Any]:
    """A part ``kinds`` with these verdicts by the side that follows."""
    other = {"AAA": "BBB", "BBB": "AAA"}
    number = {"estimate": 0.2, "lower": 0.1, "upper": 0.6}
    return {
        "excitation": {
            f"{other[side]} {source}->{side} {kind}": number | {"verdict": verdict}
            for kind, verdicts in (("words", words), ("deeds", deeds))
            for side, verdict in verdicts.items()
            for source in ("all", "deeds")
        }
    }


@pytest.mark.parametrize(
    ("words", "deeds", "says"),
    [
        (
            {"AAA": "shown", "BBB": "cannot tell"},
            {"AAA": "cannot tell", "BBB": "cannot tell"},
            "AAA’s words follow BBB’s acts, and whether BBB’s words follow AAA’s cannot be told; whether deeds follow "
            "the other side’s acts cannot be told",
        ),
        (
            {"AAA": "cannot tell"},
            {"BBB": "cannot tell"},
            "Whether either side’s words or deeds follow the other’s acts cannot be told",
        ),
        (
            {"AAA": "shown", "BBB": "shown"},
            {"AAA": "cannot tell", "BBB": "no large effect"},
            "Words of both sides follow the other’s acts; neither side’s deeds can be shown to follow the other’s acts",
        ),
        (
            {"BBB": "no large effect"},
            {"AAA": "no large effect", "BBB": "shown"},
            "Neither side’s words can be shown to follow the other’s acts; BBB’s deeds follow AAA’s acts, and AAA’s "
            "deeds show no large answer to BBB’s",
        ),
    ],
)
def test_the_title_says_of_words_and_of_deeds_what_can_be_told(
    words: dict[str, str], deeds: dict[str, str], says: str
) -> None:
    assert title_of(figures.whose_acts_follow(told(words, deeds), pair=PAIR, source=SOURCE)) == says


def test_each_verdict_says_what_it_rests_on() -> None:
    part = told({"AAA": "shown", "BBB": "cannot tell"}, {"AAA": "no large effect", "BBB": "cannot tell"})
    part["excitation"]["AAA all->BBB words"] |= {"lower": 0.0, "upper": 0.5}
    part["excitation"]["AAA all->BBB deeds"] |= {"lower": 0.1, "upper": 0.5}
    part["excitation"]["AAA deeds->BBB deeds"] = {"not_estimable": "too few"}
    figure = figures.whose_acts_follow(part, pair=PAIR, source=SOURCE)
    said = [text.get_text() for text in figure.axes[0].texts]
    pairs = dict(zip(range(8), zip(said[::2], said[1::2], strict=True), strict=True))
    low, high = (part["excitation"]["BBB all->AAA words"][limit] for limit in ("lower", "upper"))
    assert pairs[0] == ("shown", f"{low:.2f} or more")
    assert pairs[1] == ("the data cannot tell", "0 to 0.50 possible")
    assert pairs[4] == ("no large effect", f"{high:.2f} or less")
    assert pairs[5] == ("the data cannot tell", "timing may be chance")
    assert pairs[7] == ("too few acts", "")


def test_questions_that_cannot_be_asked_leave_the_figure_out(dyad: Any) -> None:
    with pytest.raises(ValueError, match="no question could be estimated"):
        figures.whose_acts_follow({"excitation": {}}, pair=PAIR, source=SOURCE)
    _, frames = dyad
    empty = frames["following"].filter(pl.col("n_pairs") < 0)
    with pytest.raises(ValueError, match="no pair of kinds could be compared"):
        figures.acts_in_the_days_after(empty, {"days_from": 1, "days_to": 7}, pair=PAIR, source=SOURCE)


def test_pairs_beyond_chance_are_named(dyad: Any) -> None:
    found, frames = dyad
    rows = frames["following"].with_columns(pl.lit("cannot tell").alias("verdict"))
    figure = figures.acts_in_the_days_after(rows, found["kinds"], pair=PAIR, source=SOURCE)
    assert title_of(figure).startswith("In none of ")
    shown = rows.with_columns(
        pl.when(
            (pl.col("source_code") == "AAA")
            & (pl.col("source_kind") == "deeds")
            & (pl.col("receiver_kind") == "deeds")
        )
        .then(pl.lit("shown"))
        .otherwise("verdict")
        .alias("verdict")
    )
    figure = figures.acts_in_the_days_after(shown, found["kinds"], pair=PAIR, source=SOURCE)
    assert title_of(figure).endswith("comparisons: AAA’s deeds, then BBB’s deeds")


def test_every_way_to_count_names_the_range_of_the_share(dyad: Any) -> None:
    found, frames = dyad
    part = found["specifications"]
    figure = figures.every_way_to_count(frames["specifications"], part, pair=PAIR, source=SOURCE)
    share = part["quantities"]["share of first"]
    assert title_of(figure) == (
        f"AAA’s share of the intensity is {100 * share['lowest']:.0f}% to {100 * share['highest']:.0f}%, by how one "
        "counts"
    )
    with pytest.raises(ValueError, match="is no number of this finding"):
        figures.quantity_words("share of last", PAIR)


def test_swapping_the_pair_keeps_the_title_true(dyad: Any) -> None:
    found, frames = dyad
    figure = figures.intensity_over_time(
        frames["intensity"], found["record"], pair=PAIR[::-1], scale="intensity_goldstein", source=SOURCE
    )
    assert "AAA’s recorded acts outweigh BBB’s" in title_of(figure)


def test_two_recorded_spans_are_two_panels_and_the_gap_is_said(dyad: Any) -> None:
    found, frames = dyad
    record = found["record"] | {
        "recorded": [
            {"start": "2020-01-01", "end": "2020-03-31"},
            {"start": "2021-01-01", "end": "2021-12-31"},
        ]
    }
    figure = figures.intensity_over_time(
        frames["intensity"], record, pair=PAIR, scale="intensity_goldstein", source=SOURCE
    )
    assert len(figure.axes) == 2
    assert "nothing was collected from April 2020 to December 2020" in str(wording(figure))


def test_balance_title_depends_on_whether_the_scales_agree(dyad: Any) -> None:
    found, frames = dyad
    agreed = figures.balance_on_scales(frames["balance"], found["record"], pair=PAIR, source=SOURCE)
    assert title_of(agreed).startswith("On every scale AAA did more than BBB: its lead is ")
    flipped = frames["balance"].with_columns(
        pl.when(pl.col("scale") == "intensity_equal")
        .then(-pl.col("cumulative_net_share"))
        .otherwise("cumulative_net_share")
        .alias("cumulative_net_share")
    )
    split = figures.balance_on_scales(flipped, found["record"], pair=PAIR, source=SOURCE)
    assert title_of(split) == "Who did more depends on the scale: AAA on Goldstein; BBB on equal weights"


def test_waiting_title_counts_what_was_answered(dyad: Any) -> None:
    found, frames = dyad
    figure = figures.waiting_for_an_answer(
        frames["waiting"], found["replies"], found["answers"], pair=PAIR, source=SOURCE
    )
    assert title_of(figure) == (
        "AAA answered 0 of BBB’s 8 acts, BBB answered 8 of AAA’s 24 acts; answers by deed took up to 2 days"
    )
    soon = {"lags": {"words": {"AAA": {"estimate": 0.0}, "BBB": {"estimate": 1.0}}, "deeds": {}}}
    figure = figures.waiting_for_an_answer(
        frames["waiting"], found["replies"], soon, pair=PAIR, source=SOURCE
    )
    assert title_of(figure).endswith("of AAA’s 24 acts; half of the answers in words came within a day")


def test_deeds_are_listed_with_those_that_match(dyad: Any) -> None:
    found, frames = dyad
    figure = figures.deed_for_deed(frames["links"], found["replies"], pair=PAIR, source=SOURCE)
    assert title_of(figure) == (
        "BBB replied to named acts with 4 deeds, AAA with 0; 4 replies matched the act in kind and number"
    )
    # the title counts the replies that have no room, and the subtitle says that there are such
    figure = figures.deed_for_deed(frames["links"], found["replies"], pair=PAIR, source=SOURCE, most=1)
    assert title_of(figure).endswith("; 4 replies matched the act in kind and number")
    assert wording(figure).subtitle.endswith("Drawn are the latest 1 of 4 replies of known day")
    # deeds whose source names no single act are told apart, those that answer an event not at all
    part = found["replies"] | {
        "general": {"deeds_of_replier": {"AAA": {"n_deeds": 2}, "BBB": {"n_deeds": 5}}},
    }
    figure = figures.deed_for_deed(frames["links"], part, pair=PAIR, source=SOURCE)
    assert title_of(figure) == (
        "BBB replied to named acts with 4 deeds, AAA with 0, and to sanctions in general with 1 and 2; "
        "4 replies matched the act in kind and number"
    )
    events_only = frames["links"].with_columns(pl.lit("event").alias("answered_type"))
    with pytest.raises(ValueError, match="no answer is a deed"):
        figures.deed_for_deed(events_only, found["replies"], pair=PAIR, source=SOURCE)
    words_only = frames["links"].filter(~pl.col("is_deed"))
    with pytest.raises(ValueError, match="no answer is a deed"):
        figures.deed_for_deed(words_only, found["replies"], pair=PAIR, source=SOURCE)


@pytest.mark.parametrize(
    ("forth", "back", "free", "says"),
    [
        (True, True, True, "Each side responds to the other, even after allowing for shared shocks"),
        (
            False,
            False,
            True,
            "After allowing for shared shocks, neither side can be shown to respond to the other",
        ),
        (
            False,
            True,
            True,
            "AAA responds to BBB; whether BBB responds to AAA cannot be separated from shared shocks",
        ),
        (True, False, False, "BBB responds to AAA; whether AAA responds to BBB cannot be shown"),
    ],
)
def test_excitation_title_says_what_can_be_told(forth: bool, back: bool, free: bool, says: str) -> None:
    branching = pl.DataFrame(
        [
            {"variant": v, "quantity": "branching", "source_code": s, "receiver_code": r, "estimate": 0.2,
             "lower": 0.0, "upper": 0.6}
            for v in ("with", "without")
            for s in PAIR
            for r in PAIR
        ]
    )  # fmt: skip
    part = {
        "with_driver": "with",
        "without_driver": "without",
        "told": {
            "AAA->BBB": {"is_told": forth, "without_driver": free},
            "BBB->AAA": {"is_told": back, "without_driver": free},
        },
    }
    assert title_of(figures.who_excites_whom(branching, part, pair=PAIR, source=SOURCE)) == says


@pytest.mark.parametrize(
    ("forth", "back", "says"),
    [
        (True, True, "Each side's acts are followed by the other's, in reply or by a shared shock"),
        (False, False, "Neither side's acts can be shown to be followed by the other's"),
        (True, False, ONE_WAY.format("AAA", "BBB")),
        (False, True, ONE_WAY.format("BBB", "AAA")),
    ],
)  # fmt: skip
def test_without_a_driver_one_model_is_drawn_and_no_shock_is_allowed_for(
    forth: bool, back: bool, says: str
) -> None:
    branching = pl.DataFrame(
        [
            {"variant": "all acts", "quantity": "branching", "source_code": s, "receiver_code": r, "estimate": 0.2,
             "lower": 0.0, "upper": 0.6}
            for s in PAIR
            for r in PAIR
        ]
    )  # fmt: skip
    told = {"AAA->BBB": forth, "BBB->AAA": back}
    part = {
        "with_driver": "all acts",
        "without_driver": "all acts",
        "told": {link: {"is_told": one, "without_driver": one} for link, one in told.items()},
    }
    figure = figures.who_excites_whom(branching, part, pair=PAIR, source=SOURCE)
    assert title_of(figure) == says
    assert sum(len(drawn.get_offsets()) for drawn in figure.axes[0].collections) == 4
    assert "the driver" not in str(wording(figure))


def test_regimes_title_names_the_largest_change_and_thin_sides() -> None:
    acts = one_sided().with_columns(pl.lit(True).alias("is_hostile"))
    regimes = pl.DataFrame(
        {"actor_code": ["AAA"] * 2, "period_start": [START, date(2020, 6, 1)],
         "period_end": [date(2020, 5, 25), date(2021, 6, 1)], "rate": [2.0, 0.5]}
    )  # fmt: skip
    change = {
        "gain": 9.0, "rate_before": 2.0, "rate_after": 0.5, "period_start": "2020-06-01",
        "lower": "2020-06-01", "upper": "2020-06-08",
        "bootstrap_lower": "2020-06-01", "bootstrap_upper": "2020-06-22",
    }  # fmt: skip
    part = {
        "period": "week",
        "by_side": {"AAA": {"segments": [1], "changes": [change]}, "BBB": {"not_estimable": "0 acts."}},
    }
    figure = figures.regimes_over_time(acts, regimes, None, part, pair=PAIR, source=SOURCE)
    assert (
        title_of(figure) == "AAA’s acts fell from 2.0 to 0.5 a week in June 2020, BBB acted too rarely to say"
    )
    part["by_side"]["AAA"]["changes"] = [change, change | {"gain": 1.0}]
    figure = figures.regimes_over_time(acts, regimes, None, part, pair=PAIR, source=SOURCE)
    assert any("names the largest one of each side" in text.get_text() for text in figure.findobj(Text))


@pytest.mark.parametrize(
    ("fit", "redrawn", "says"),
    [
        (("2020-06-01", "2020-06-08"), ("2020-06-01", "2020-06-22"), "in June 2020"),
        (("2020-06-01", "2020-06-08"), ("2020-05-25", "2020-06-22"), "between May and June 2020"),
        (("2020-06-01", "2021-02-01"), ("2020-05-25", "2020-06-22"), "between May 2020 and February 2021"),
        (("2020-03-30", "2020-08-01"), ("2020-05-25", "2020-06-22"), "between March and August 2020"),
    ],
)
def test_a_change_is_dated_by_the_wider_of_its_sets(
    fit: tuple[str, str], redrawn: tuple[str, str], says: str
) -> None:
    change = {
        "gain": 9.0, "rate_before": 2.0, "rate_after": 0.5, "period_start": "2020-06-01", "lower": fit[0],
        "upper": fit[1], "bootstrap_lower": redrawn[0], "bootstrap_upper": redrawn[1],
    }  # fmt: skip
    part = {
        "period": "week",
        "by_side": {
            "AAA": {"segments": [1], "changes": [change]},
            "BBB": {"segments": [1], "changes": []},
        },
    }
    acts = one_sided().with_columns(pl.lit(True).alias("is_hostile"))
    regimes = pl.DataFrame(
        {"actor_code": ["AAA"], "period_start": [START], "period_end": [date(2021, 6, 1)], "rate": [2.0]}
    )
    days = {key: pl.Series([value]).str.to_date() for key, value in change.items() if isinstance(value, str)}
    figure = figures.regimes_over_time(
        acts, regimes, pl.DataFrame({"actor_code": ["AAA"], **days}), part, pair=PAIR, source=SOURCE
    )
    assert title_of(figure).startswith(f"AAA’s acts fell from 2.0 to 0.5 a week {says}, BBB’s rate")
    bars = [line for line in figure.axes[0].lines if line.get_linewidth() == 3]
    week = timedelta(days=7)
    assert [list(bar.get_xdata()) for bar in bars] == [[days["lower"][0], days["upper"][0] + week]]


def test_ladder_title_counts_first_steps(dyad: Any) -> None:
    found, frames = dyad
    figure = figures.ladder(frames["ladder"], found["ladder"], pair=PAIR, source=SOURCE)
    assert title_of(figure) == "AAA moved first on 1 of 2 rungs of escalation; only BBB reached “words”"


def lags_of(p_value: float) -> dict[str, Any]:
    """Days from the nearest step, with the chance of as many after one."""
    return {
        "n_days": 12, "within_days": 10, "n_same_day": 3, "n_after": 6, "n_before": 1, "median": 2.0,
        "expected_after": 4.0, "p_value_after": p_value,
    }  # fmt: skip


def near(**changes: Any) -> dict[str, Any]:
    """One comparison of a side's acts with a calendar."""
    return {
        "n_near": 9, "n_acts": 20, "expected": 3.0, "ratio": 3.0, "null_lower": 1, "null_upper": 5,
        "p_value": 0.01, "lags": lags_of(0.01),
    } | changes  # fmt: skip


def coordinated(**told: list[str]) -> dict[str, Any]:
    """Part ``coordination`` in which deeds of AAA near steps of the G7 are told, or others by ``SIDE_ACTS``."""
    told = told or {"AAA_deeds": ["the G7"]}
    thin = {"not_estimable": "BBB has 2 hostile words."}
    calendar = {
        "n_steps": 4,
        "deeds": {"AAA": near(), "BBB": near(p_value=0.4, lags=lags_of(0.5))},
        "words": {"AAA": near(), "BBB": thin},
    }
    return {
        "calendars": ["the G7", "others"],
        "by_calendar": {"others": calendar, "the G7": calendar},
        "days_before": 1,
        "days_after": 7,
        "breaks": ["2020-03-01"],
        "told": {
            acts: {
                side: {
                    "tested": [] if (side, acts) == ("BBB", "words") else ["the G7", "others"],
                    "with_opening": told.get(f"{side}_{acts}", []),
                }
                for side in PAIR
            }
            for acts in ("deeds", "words")
        },
    }


def test_coordination_title_says_what_chance_can_explain() -> None:
    figure = figures.coordination(coordinated(), pair=PAIR, source=SOURCE)
    assert title_of(figure) == (
        "AAA’s deeds cluster around steps of the G7; no clear sign of it in AAA’s words or BBB’s deeds"
    )
    assert "none across 1 March 2020" in str(wording(figure))
    assert "AAA, deeds near steps of the G7: 9 of 20, 3.0 by chance, p = 0.010." in str(wording(figure))
    both = coordinated(AAA_deeds=["the G7", "others"], AAA_words=["others"], BBB_deeds=["the G7"])
    assert title_of(figures.coordination(both, pair=PAIR, source=SOURCE)) == (
        "AAA’s deeds cluster around steps of the G7 and others; AAA’s words cluster around steps of others; "
        "BBB’s deeds cluster around steps of the G7"
    )
    chance = figures.coordination(coordinated(none=[]), pair=PAIR, source=SOURCE)
    assert title_of(chance) == "No clear sign that either side moves in step with others"


def test_days_after_a_step_are_of_the_first_calendar() -> None:
    lags = pl.DataFrame(
        {"calendar": "the G7", "acts": "deeds", "actor_code": "AAA", "lag_days": [-1, 0, 2], "n_days": [1, 3, 6],
         "expected": [1.0, 1.0, 1.5]}
    )  # fmt: skip
    part = coordinated()
    figure = figures.days_after_a_step(lags, part, pair=PAIR, source=SOURCE)
    assert title_of(figure) == "AAA’s deeds mostly follow steps of the G7, by a median of 2 days"
    assert [bar.get_height() for bar in figure.axes[0].patches] == [1, 3, 6]
    part["by_calendar"]["the G7"]["deeds"]["AAA"]["lags"]["p_value_after"] = 0.3
    figure = figures.days_after_a_step(lags, part, pair=PAIR, source=SOURCE)
    assert title_of(figure) == "Neither side’s deeds can be shown to follow steps of the G7"


def test_recall_title_names_the_best_and_the_worst() -> None:
    rows = pl.DataFrame(
        {"actor_code": ["AAA", "AAA", "BBB"], "kind_type": ["deeds", "words", "words"], "n_listed": [20, 25, 13],
         "n_held": [20, 16, 6], "recall": [1.0, 0.64, 0.46], "lower": [0.85, 0.45, 0.23], "upper": [1.0, 0.8, 0.71]}
    )  # fmt: skip
    part = {"n_queries": 24}
    figure = figures.recall(rows, part, pair=PAIR, source=SOURCE)
    assert (
        title_of(figure)
        == "The record holds 85% to 100% of AAA’s deeds found by other searches, and 23% to 71% of BBB’s words"
    )
    assert "BBB, words (6 of 13): 46% (23% to 71%)" in str(wording(figure))
    one = figures.recall(rows.head(1), part, pair=PAIR, source=SOURCE)
    assert title_of(one) == "The record holds 85% to 100% of AAA’s deeds found by other searches"
    none = figures.recall(rows.select("actor_code"), part, pair=PAIR, source=SOURCE)
    assert title_of(none) == "Too few acts are on other lists to say what the record misses"


def run_notebook(
    found: dict[str, Any], frames: dict[str, pl.DataFrame], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Run the notebook's cells on findings saved in ``folder``; what it displays goes nowhere."""
    monkeypatch.setattr(project, "FINDINGS", folder)
    monkeypatch.setattr(retorsion, "case", lambda name: case_of(), raising=False)
    monkeypatch.setattr(retorsion, "parameters", params_of, raising=False)
    project.save_findings(
        "invented",
        "escalation",
        {part: found[part] for part in FRAMES},
        frames,
        summary={part: value for part, value in found.items() if part not in FRAMES},
        tables=[],
    )
    text = NOTEBOOK.read_text(encoding="utf-8")
    first, last = 'case_name = "jpn-rus"', 'case_name = "invented"'
    assert first in text
    namespace: dict[str, Any] = {}
    exec(compile(text.replace(first, last), NOTEBOOK.name, "exec"), namespace)
    return namespace


@pytest.mark.parametrize("acts", [lambda: acts_of([]), single, one_sided])
def test_the_notebook_runs_on_thin_findings(
    acts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, frames = findings_of(acts(), events=EVENTS)
    namespace = run_notebook(found, frames, tmp_path, monkeypatch)
    said = namespace["told"](namespace["model"].set_off)
    assert said.text.startswith(("*No estimate.*", "*No estimate*, for the same reason."))
    lead = namespace["told"](namespace["page"].lead)
    assert lead.text.startswith(("*No estimate", "**The data do not show that the acts of AAA or BBB follow"))


def test_the_notebook_runs_on_another_pair(
    dyad: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, frames = dyad
    namespace = run_notebook(found, frames, tmp_path, monkeypatch)
    said = namespace["told"](namespace["page"].answers).text
    place = "../reports/evidence/escalation_answers.html#escalation.answers.rates.named.all.act.AAA"
    assert f"BBB answered **[33% (18% to 53%)]({place})** of AAA's [24]({place}.n) hostile acts" in said
    lags = namespace["told"](namespace["page"].lags).text
    assert "No answer of AAA in words has known days." in lags
    assert "By deed, BBB answered after 2 days each (4 acts)." in lags
    half = {"estimate": 0.25, "lower": 0.25, "upper": 1.12, "is_on_limit": True}
    assert namespace["model"].half_life_words(half) == "at the shortest allowed, 0.25 days"
    assert namespace["model"].half_life_words(half | {"estimate": 30.0}) == "at the longest allowed, 30 days"
    assert namespace["model"].half_life_words(half | {"estimate": 9.5, "is_on_limit": False}) == "9.5 days"
    assert namespace["model"].half_life_words(half | {"estimate": None}).startswith("undefined")
    assert half_life_ranges(half | {"bootstrap_lower": 0.25, "bootstrap_upper": 15.1}) == (
        "interval 0.25 to 1.12; in redrawn series 0.25 to 15.1"
    )
