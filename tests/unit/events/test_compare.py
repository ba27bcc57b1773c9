"""Machine-coded events beside acts: unknown is not calm, and a known difference is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from event_lines import CAMEO, PLOVER
from retorsion import load
from retorsion.errors import NotEstimable, ParameterError
from retorsion.escalation.acts import acts_between
from retorsion.escalation.intensity import intensity, net_balance
from retorsion.events import compare as coded
from retorsion.events import events as ev
from retorsion.events import series as es
from retorsion.events.engines import Polars
from retorsion.events.findings import event_findings
from retorsion.sources.formats.gdelt import read_gdelt_dyads
from retorsion.sources.formats.icews import read_icews_extract
from retorsion.tables.fields import conform

PAIR = ("AAA", "BBB")
START = date(2022, 1, 1)


def series(rows: list[tuple[int, str, str, int, float]], period: str = "day") -> pl.DataFrame:
    """Rows of day, actor, target, number and sum."""
    frame = pl.DataFrame(
        rows, schema=["n", "actor_code", "target_code", "n_events", "intensity_sum"], orient="row"
    )
    return frame.select(
        pl.lit("s").alias("source_id"),
        pl.lit("intensity_goldstein").alias("scale_type"),
        pl.lit(period).alias("period_type"),
        (pl.lit(START) + pl.duration(days=pl.col("n"))).cast(pl.Date).alias("period_start"),
        "actor_code",
        "target_code",
        pl.lit("verbal_conflict").alias("quad_type"),
        "n_events",
        pl.col("n_events").alias("n_scored"),
        pl.col("intensity_sum").cast(pl.Float64),
        (pl.col("intensity_sum") / pl.col("n_events")).alias("intensity_mean"),
        pl.lit(None, dtype=pl.Int64).alias("n_sources"),
    )


def days(*numbers: int) -> list[date]:
    return [START + timedelta(days=n) for n in numbers]


class TestIntensity:
    rows = series([(0, "AAA", "BBB", 2, 6.0), (3, "BBB", "AAA", 1, -2.0)])

    def test_a_day_that_is_not_covered_is_unknown_and_a_covered_one_without_events_is_zero(self) -> None:
        found = coded.event_intensity(
            self.rows, days(0, 1, 3), PAIR, START, START + timedelta(days=3), period="day"
        )
        side = found.filter(pl.col("actor_code") == "AAA")
        assert side["sum"].to_list() == [6.0, 0.0, None, 0.0]
        assert side["n_acts"].to_list() == [2, 0, None, 0]
        assert side["mean"].to_list() == [3.0, None, None, None]
        assert side["cumulative"].to_list() == [6.0] * 4

    def test_it_has_the_columns_of_acts_so_that_other_measures_run_on_it(self) -> None:
        found = coded.event_intensity(
            self.rows, days(0, 1, 2, 3), PAIR, START, START + timedelta(days=3), period="week"
        )
        net = net_balance(found, PAIR)
        assert net["net"].sum() == 8.0

    def test_a_coarse_series_is_not_cut_up(self) -> None:
        with pytest.raises(ParameterError, match="Build it by day"):
            coded.event_intensity(
                series([(0, "AAA", "BBB", 1, 1.0)], "month"), days(0), PAIR, START, START, period="day"
            )


def simulated(rng: np.random.Generator, effect: float, n: int = 700) -> tuple[pl.DataFrame, list[date]]:
    """Daily scores with memory, gaps, and more hostility on days of acts, which come in clusters."""
    noise = np.zeros(n)
    for t in range(1, n):
        noise[t] = 0.6 * noise[t - 1] + rng.normal()
    busy = np.repeat(rng.random(n // 10) < 0.3, 10)
    acted = (rng.random(n) < 0.5) & busy
    score = 1.0 + noise + effect * acted
    gone = rng.random(n) < 0.05
    gone[100:130] = True
    frame = pl.DataFrame(
        {
            "event_date": days(*range(n)),
            "score": [None if g else float(s) for g, s in zip(gone, score, strict=True)],
        }
    )
    return frame, [d for d, a in zip(days(*range(n)), acted, strict=True) if a]


OPTIONS: dict[str, Any] = {"level": 0.95, "n_bootstrap": 299, "seed": 1}


class TestDifference:
    def test_means_are_those_of_known_days_and_gaps_are_counted(self) -> None:
        frame = pl.DataFrame(
            {
                "event_date": days(*range(12)),
                "score": [4.0, None, 0.0, 2.0, 0.0, 1.0, 3.0, None, 1.0, 0.0, 5.0, 1.0],
            }
        )
        on = days(0, 1, 3, 10)
        found = coded.difference_on_act_days(frame, on, **OPTIONS, min_act_days=2)
        assert (found["n_act_days"], found["n_other_days"]) == (3, 7)
        assert (found["n_missing_days"], found["n_act_days_missing"]) == (2, 1)
        assert found["mean_act_days"] == pytest.approx(11 / 3)
        assert found["mean_other_days"] == pytest.approx(6 / 7)
        assert found["difference"] == pytest.approx(11 / 3 - 6 / 7)

    def test_an_absent_row_and_a_null_are_the_same_gap(self) -> None:
        frame, on = simulated(np.random.default_rng(3), 1.0)
        assert coded.difference_on_act_days(frame, on, **OPTIONS) == coded.difference_on_act_days(
            frame.drop_nulls(), on, **OPTIONS
        )

    def test_a_known_difference_is_recovered_and_its_intervals_cover_it(self) -> None:
        covered, boot, estimates = [], [], []
        for seed in range(40):
            frame, on = simulated(np.random.default_rng(seed), 1.0)
            found = coded.difference_on_act_days(frame, on, **OPTIONS)
            estimates.append(found["difference"])
            covered.append(found["lower"] <= 1.0 <= found["upper"])
            boot.append(found["bootstrap_lower"] <= 1.0 <= found["bootstrap_upper"])
        assert np.mean(estimates) == pytest.approx(1.0, abs=4 * np.std(estimates) / np.sqrt(40))
        assert 0.82 <= np.mean(covered) <= 1.0
        assert 0.82 <= np.mean(boot) <= 1.0

    def test_without_memory_or_gaps_it_is_close_to_the_textbook_interval(self) -> None:
        rng = np.random.default_rng(5)
        acted = rng.random(3000) < 0.3
        frame = pl.DataFrame({"event_date": days(*range(3000)), "score": rng.normal(size=3000) + acted})
        on = [d for d, a in zip(days(*range(3000)), acted, strict=True) if a]
        found = coded.difference_on_act_days(frame, on, **OPTIONS)
        half = 1.96 * np.sqrt(1 / acted.sum() + 1 / (~acted).sum())
        assert (found["upper"] - found["lower"]) / 2 == pytest.approx(half, rel=0.12)
        assert (found["bootstrap_upper"] - found["bootstrap_lower"]) / 2 == pytest.approx(half, rel=0.2)

    def test_too_few_days_are_a_statement(self) -> None:
        frame, _ = simulated(np.random.default_rng(3), 1.0)
        with pytest.raises(NotEstimable, match="have a recorded act"):
            coded.difference_on_act_days(frame, days(3), **OPTIONS)
        with pytest.raises(ParameterError, match="twice"):
            coded.difference_on_act_days(pl.concat([frame, frame]), days(3), **OPTIONS)


def test_hostile_days_on_and_off_acts_are_counted_within_the_window() -> None:
    frame = pl.DataFrame({"event_date": days(0, 1, 2, 3, 4, 5), "score": [0.0, 2.0, 0.0, None, -1.0, 0.0]})
    found = coded.day_agreement(frame, days(0, 4), window_days=1)
    assert (found["n_act_days"], found["share_act_days"]) == (2, 0.5)
    assert (found["n_other_days"], found["share_other_days"]) == (4, 0.25)
    assert found["lift"] == 2.0


def test_days_on_which_no_one_looked_for_acts_are_not_compared() -> None:
    first, second = date(2022, 2, 1), date(2022, 12, 31)
    every = pl.date_range(first, second, eager=True)
    rows = [(n, a, b, 1, float(n % 5)) for n in range(31, 365) for a, b in (("JPN", "RUS"), ("RUS", "JPN"))]
    options = {**OPTIONS, "period": "month", "scale": "intensity_goldstein", "window_days": 0, "quads": None}

    def finding(recorded: list[dict[str, date]]) -> dict[str, Any]:
        made = event_findings(
            load("acts"),
            series(rows),
            every,
            pair=("JPN", "RUS"),
            start=first,
            end=second,
            options={**options, "recorded": recorded},
        )
        return made[0]

    half = finding([{"start": date(2022, 2, 1), "end": date(2022, 6, 30)}])
    whole = finding([])
    for side in ("JPN", "RUS"):
        n = [
            f["sides"][side]["days"]["n_act_days"] + f["sides"][side]["days"]["n_other_days"]
            for f in (half, whole)
        ]
        assert n == [150, 334]
        assert half["agreement"][side]["n_periods"] == 5
        assert whole["agreement"][side]["n_periods"] == 11
    assert half["n_days_covered"] == whole["n_days_covered"] == 334


def test_the_finding_says_how_events_and_acts_agree_or_why_it_cannot() -> None:
    acts = load("acts")
    first, second = date(2022, 2, 1), date(2022, 12, 31)
    pair = ("JPN", "RUS")
    chosen = acts_between(acts, pair, first, second).filter(pl.col("intensity_goldstein") > 0)
    rows = [
        ((day - START).days, actor, target, 1, 8.0)
        for day, actor, target in chosen.select("act_date", "actor_code", "addressee_code")
        .unique()
        .iter_rows()
    ]
    every = pl.date_range(first, second, eager=True)
    found, frames = event_findings(
        acts,
        series(rows),
        every,
        pair=pair,
        start=first,
        end=second,
        options={
            **OPTIONS,
            "period": "month",
            "scale": "intensity_goldstein",
            "window_days": 0,
            "quads": None,
        },
    )
    assert found["n_days_missing"] == 0
    for side in pair:
        assert found["agreement"][side]["kendall_tau"] > 0.5
        assert found["sides"][side]["days"]["share_act_days"] > 0.9
        assert found["sides"][side]["difference"]["lower"] > 0
    assert set(frames) == {"events", "event_days"}
    with pytest.raises(NotEstimable, match="no day"):
        event_findings(acts, series(rows), every, pair=pair, start=START, end=START, options={})


@pytest.mark.real
class TestRealFiles:
    def test_the_daily_pair_file_has_gaps_and_a_difference_with_its_interval(
        self, real_data: Callable[[str], Path]
    ) -> None:
        path = real_data("gdelt/gdelt_daily_edge_RUS_JPN_dyads.csv")
        rows = read_gdelt_dyads(path, source_id="gdelt").accepted
        sides = pl.concat_str(
            pl.min_horizontal("state_a_code", "state_b_code"),
            pl.max_horizontal("state_a_code", "state_b_code"),
        )
        pair = (
            rows.filter(sides == "JPNRUS")
            .group_by("event_date")
            .agg(pl.col("score_sum").sum().alias("score"))
        )
        every = pl.DataFrame(
            {"event_date": pl.date_range(rows["event_date"].min(), rows["event_date"].max(), eager=True)}
        )  # type: ignore[arg-type]
        gaps = every.join(rows.select("event_date"), on="event_date", how="anti")["event_date"]
        on_gap = pl.col("event_date").is_in(gaps.implode())
        daily = every.join(pair, on="event_date", how="left").with_columns(
            pl.when(~on_gap).then(pl.col("score").fill_null(0.0)).alias("score")
        )
        assert len(gaps) == 96
        acts = acts_between(
            load("acts"), ("JPN", "RUS"), date(2021, 7, 1), date(2024, 2, 29), day_precision=True
        )
        acts = acts.filter(pl.col("intensity_goldstein") > 0)
        inside = daily.filter(pl.col("event_date") >= date(2021, 7, 1))
        found = coded.difference_on_act_days(inside, acts["act_date"], **OPTIONS)
        print(found)
        assert found["n_missing_days"] == inside["score"].null_count() > 0
        assert found["lower"] < found["difference"] < found["upper"]
        assert found["n_act_days"] > 50

    def test_the_icews_extract_becomes_a_series_with_unknown_days(
        self, real_data: Callable[[str], Path]
    ) -> None:
        path = real_data("icews/icews_RUS_or_JPN_actor_events.csv")
        rows = read_icews_extract(path, source_id="icews").accepted
        coding = ev.codings()["icews"]
        day = pl.col("event_date").dt.strftime("%Y%m%d").cast(pl.Int64)
        lines = rows.select(
            pl.col("row").cast(pl.String).alias("event_id"),
            day.alias("event_day"),
            day.alias("covered_day"),
            pl.col("source_state_code").alias("actor_key"),
            pl.col("target_state_code").alias("target_key"),
            "cameo_code",
            pl.lit(None, dtype=pl.String).alias("plover_type"),
            pl.lit(1, dtype=pl.Int64).alias("quad_class"),
            pl.lit(None, dtype=pl.Int64).alias("n_sources"),
            pl.lit(None, dtype=pl.String).alias("source_url"),
            pl.lit(True).alias(ev.SURE),
            *(pl.lit(None, dtype=pl.String).alias(name) for name in ev.PLACE),
        )
        polars = Polars()
        small = ev.small_tables(polars, "states", CAMEO, PLOVER)
        made = ev.events(polars.table(lines), coding, **small).filter(ev.between_states())
        by_day = conform(
            polars.collect(es.event_series(made, "day")).with_columns(
                pl.lit("icews").alias("source_id"),
                pl.lit("intensity_goldstein").alias("scale_type"),
                pl.lit("day").alias("period_type"),
            ),
            "event_series",
        )
        both = pl.col("actor_code").is_in(["JPN", "RUS"]) & pl.col("target_code").is_in(["JPN", "RUS"])
        n_pair = rows.filter(
            pl.col("source_state_code").is_in(["JPN", "RUS"])
            & pl.col("target_state_code").is_in(["JPN", "RUS"])
            & (pl.col("source_state_code") != pl.col("target_state_code"))
        ).height
        assert by_day.filter(both)["n_events"].sum() == n_pair == 222
        covered = rows["event_date"].unique()
        first, last = date(2014, 3, 1), date(2014, 12, 31)
        found = coded.daily_scores(by_day, covered, [("JPN", "RUS"), ("RUS", "JPN")], first, last)
        unknown = 306 - covered.filter(covered.is_between(first, last)).len()
        assert found["score"].null_count() == unknown > 0
        acts = acts_between(load("acts"), ("JPN", "RUS"), first, last, day_precision=True)
        try:
            compared = coded.difference_on_act_days(found, acts["act_date"], **OPTIONS)
        except NotEstimable as reason:
            assert "too few" in str(reason)  # noqa: PT017 - either is an answer
        else:
            assert compared["lower"] <= compared["difference"] <= compared["upper"]
            print(compared)


def test_periods_without_events_of_acts_and_events_align() -> None:
    acts = intensity(
        load("acts"), ("JPN", "RUS"), START, date(2022, 3, 31), period="month", scales=["intensity_equal"]
    )
    every = pl.date_range(START, date(2022, 3, 31), eager=True)
    rows = coded.event_intensity(
        series([(40, "JPN", "RUS", 1, 1.0)]), every, ("JPN", "RUS"), START, date(2022, 3, 31), period="month"
    )
    assert rows["period_start"].to_list() == acts["period_start"].to_list()
