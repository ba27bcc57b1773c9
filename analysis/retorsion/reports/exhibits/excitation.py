"""Figures, sentences and tables of the page on escalation: the model of all acts, and events that machines coded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures import escalation as figures
from retorsion.figures.svg import Shown, show
from retorsion.figures.trade import p_words
from retorsion.findings import estimated, written
from retorsion.reports.exhibits.escalation import SOURCE, WithRows, short_table
from retorsion.reports.html import Html, Prose, ranged, say
from retorsion.reports.statements import told
from retorsion.sources.states import state_name


class Excitation(WithRows):
    """What is shown of the model in which acts of either side set off acts, words and deeds together."""

    def who_excites_whom(self) -> Shown:
        """How many acts one act sets off, by side."""
        return self.drawn(figures.who_excites_whom, self.rows("branching"), self.value("excitation"))

    def set_off(self) -> Prose:
        """What one act sets off, with the tests of the model and its half-lives."""
        main = self.value("excitation", "with_driver")
        said = self.value("excitation", "told")
        half = self.value("excitation", "half_life_days", main)
        residuals = self.value("excitation", "residuals")
        (first, second), (a, b) = self.pair, self.names
        forth, back = f"{first}->{second}", f"{second}->{first}"
        half_a, half_b = (half.get(side, half.get("both")) for side in self.pair)
        shortest, longest = self.options.escalation.excitation.half_life_limits
        return say(
            "{set_off}\n\nMoving the acts of {b} in time at random gives as strong a pattern with p = "
            "{p_back:.3f}; moving those of {a}, with p = {p_forth:.3f}. Of {variants} ways to set up the "
            "model {back_n} put the first number above zero and {forth_n} the second.\n\nThe half-life of {a}'s "
            "response is {half_a} ({ranges_a}). That of {b}'s is {half_b} ({ranges_b}). A range that ends at "
            "a limit of the search ({shortest} and {longest} days) may go on beyond it.\n\nAnswers of the same "
            "day cannot be seen in this model, because the order within a day is unknown. What it leaves of "
            "the two sides moves together on the same day with a correlation of {same_day:.2f} (p = "
            "{p_same:.3f}). A small p says that there are such answers, or shared causes.",
            a=a,
            b=b,
            set_off=self._numbers(main, forth, back),
            p_back=self.value("excitation", "timing", back, main)["p_value"],
            p_forth=self.value("excitation", "timing", forth, main)["p_value"],
            variants=said[back]["n_variants"],
            back_n=said[back]["n_variants_above_zero"],
            forth_n=said[forth]["n_variants_above_zero"],
            half_a=self.half_life_words(half_a),
            half_b=self.half_life_words(half_b),
            ranges_a=half_life_ranges(half_a),
            ranges_b=half_life_ranges(half_b),
            shortest=f"{shortest:g}",
            longest=f"{longest:g}",
            same_day=residuals["same_day_correlation"],
            p_same=residuals["same_day_p_value"],
        )

    def _numbers(self, main: str, forth: str, back: str) -> Prose:
        """How many acts one act sets off, with the calendar of outside events and without it."""
        free = self.value("excitation", "without_driver")

        def link(name: str, variant: str) -> str:
            return ranged(self.value("excitation", "links", name, variant))

        (a, b), numbers = self.names, {"back": link(back, main), "forth": link(forth, main)}
        if main != free:
            return say(
                "With the driver, one act of {b} sets off **{back}** acts of {a} on later days, and one act "
                "of {a} sets off **{forth}** of {b}. Without it the numbers are {back_free} and {forth_free}.",
                a=a,
                b=b,
                **numbers,
                back_free=link(back, free),
                forth_free=link(forth, free),
            )
        return say(
            "One act of {b} is followed by **{back}** acts of {a} on later days beyond the usual level, and "
            "one act of {a} by **{forth}** of {b}. No calendar of outside events is allowed for, so a shock "
            "that both sides felt may be behind it.",
            a=a,
            b=b,
            **numbers,
        )

    def half_life_words(self, half: Mapping[str, Any]) -> str:
        """A half-life; on a limit of the search it is said so, and it is not rounded past the limit."""
        estimate = half["estimate"]
        if estimate is None:
            return "undefined, because nothing excites it"
        days = f"{estimate:.3g}"
        if half["is_on_limit"]:
            shortest, _ = self.options.escalation.excitation.half_life_limits
            days = f"at the {'shortest' if estimate <= shortest else 'longest'} allowed, {days}"
        return written(f"{days} days", half)

    def models(self) -> Html:
        """Models of the daily counts by information criteria."""
        return short_table(
            self.rows("models"),
            "Models of the daily counts of all acts by information criteria; zero is best",
            {
                "Model": "model",
                "Parameters": "n_parameters",
                "AIC": ("aic_difference", ".1f"),
                "BIC": ("bic_difference", ".1f"),
            },
        )

    def scores(self) -> Html:
        """What a model gains over another in predicting days it has not seen."""
        return short_table(
            self.rows("scores").filter(pl.col("gain").is_not_null()),
            f"What a model gains over another in predicting days it has not seen, with {self.level} intervals of the "
            "difference",
            {
                "Model": "model",
                "Over": "against",
                "Days from": "first_test_day",
                "Days": "n_test_days",
                "Gain in log score": ("gain", ".1f"),
                "From": ("lower", ".1f"),
                "To": ("upper", ".1f"),
            },
        )

    def misfit(self) -> Prose:
        """Which model is best, and what it leaves unexplained."""
        residuals = self.value("excitation", "residuals", "sides")

        def both(name: str) -> str:
            return " and ".join(f"{side[name]:.2f}" for side in residuals)

        def is_small(name: str) -> bool:
            return bool(min(side[name] for side in residuals) < 0.05)

        return say(
            "By AIC the best is *{aic}*, by BIC *{bic}*. Against series drawn from the fitted model the "
            "residuals show {gaps} in the gaps between active days (p = {p_gaps}) and {memory} left over "
            "four weeks (p = {p_memory}). Their spread is {spread} (p = {p_spread}); it says whether days "
            "with many acts are as common as in the model.",
            aic=self.value("excitation", "best_aic"),
            bic=self.value("excitation", "best_bic"),
            gaps="a misfit" if is_small("gap_p_value") else "no misfit",
            p_gaps=both("gap_p_value"),
            memory="memory" if is_small("portmanteau_p_value") else "no memory",
            p_memory=both("portmanteau_p_value"),
            spread=both("dispersion"),
            p_spread=both("dispersion_p_value"),
        )

    def granger(self) -> Html:
        """The older test: whether weekly sums of one side help to predict those of the other."""
        tests = [test for test in self.value("excitation", "granger") if "f_statistic" in test]
        if not tests:
            raise NotEstimable("No scale allows a test of weekly sums.")
        return short_table(
            tests,
            f"Granger tests of weekly sums, {tests[0]['lags']} lags, robust to unequal variances",
            {
                "Scale": pl.col("scale").map_elements(figures.scale_name, return_dtype=pl.String),
                "Past of": self.side("cause"),
                "Predicts": self.side("effect"),
                "F": ("f_statistic", ".2f"),
                "p": ("p_value", p_words),
                "Weeks": "n",
            },
        )

    def events_in_the_news(self, coded: Mapping[str, Any], days: pl.DataFrame) -> Iterator[Prose | Shown]:
        """Events that machines coded from the news beside the acts, and how intensity differs on days of acts.

        Args:
            coded: findings on events.
            days: the rows behind them.
        """
        from retorsion.events.figures import events_and_acts

        yield say(
            "### Events in the news\n\nEvents that machines coded from the news are no acts and enter none "
            "of the numbers above. The source covers {covered} days from {start} to {end}; {missing} are "
            "missing.",
            covered=coded["n_days_covered"],
            start=coded["first_day"],
            end=coded["last_day"],
            missing=coded["n_days_missing"],
        )
        source = f"{', '.join(coded['source_id'])}; {SOURCE}"
        yield show(events_and_acts(days, coded, pair=self.pair, source=source))
        for side, part in coded["sides"].items():
            yield told(partial(_on_days_of_acts, side, part))


def half_life_ranges(half: Mapping[str, Any]) -> str:
    """How sure a half-life is: by the profile of the likelihood and, where there are any, in redrawn series."""
    ranges = f"interval {half['lower']:.3g} to {half['upper']:.3g}"
    if "bootstrap_lower" in half:
        ranges += f"; in redrawn series {half['bootstrap_lower']:.3g} to {half['bootstrap_upper']:.3g}"
    return ranges


def _on_days_of_acts(side: str, part: Mapping[str, Any]) -> Prose:
    """How the intensity of events of one side differs between days with recorded acts and others."""
    return say(
        "**{name}.** Mean daily intensity {on} on {n_on} days of recorded acts and {off} on {n_off} others, a "
        "difference of {difference} ({low} to {high}; by blocks of days {block_low} to {block_high}).",
        name=state_name(side),
        on=estimated(part, "difference", "mean_act_days"),
        n_on=estimated(part, "difference", "n_act_days"),
        off=estimated(part, "difference", "mean_other_days"),
        n_off=estimated(part, "difference", "n_other_days"),
        difference=estimated(part, "difference", "difference"),
        low=estimated(part, "difference", "lower"),
        high=estimated(part, "difference", "upper"),
        block_low=estimated(part, "difference", "bootstrap_lower"),
        block_high=estimated(part, "difference", "bootstrap_upper"),
    )
