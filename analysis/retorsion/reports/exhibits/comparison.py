"""Figures, sentences and tables of the page that compares the cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from retorsion.comparison.chains import ENDS
from retorsion.comparison.effects import trade_effects
from retorsion.comparison.pairs import MEASURES
from retorsion.errors import NotEstimable
from retorsion.figures import comparison
from retorsion.figures.days import day_words
from retorsion.figures.svg import Shown, show
from retorsion.figures.tariffs import TEN_PER_CENT
from retorsion.figures.trade import percent_words
from retorsion.findings import estimated
from retorsion.params import Case, ComparisonChoices
from retorsion.reports import statements
from retorsion.reports.html import Column, Html, Prose, listing, matrix, number, percent, points, say
from retorsion.sources.states import state_name
from retorsion.tables.in_force import measures_in_force

SOURCE = "Retorsion, ledgers of acts"


@dataclass(frozen=True)
class Comparison:
    """What is shown of all cases side by side.

    Attributes:
        found: findings of the comparison, as :func:`retorsion.finding` gives them.
        cases: by name.
        options: the parameters of the comparison.
    """

    found: Any
    cases: Mapping[str, Case]
    options: ComparisonChoices

    def titled(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Names of cases and of their episodes by the titles of the cases."""
        titles = {name: case.title for name, case in self.cases.items()}
        given = [name for name in ("case", "span", "pair") if name in frame.columns]
        return frame.with_columns(pl.col(given).str.replace_many(titles)) if given else frame

    def sides(self) -> dict[str, tuple[str, str]]:
        """Codes of the two sides by the title of the case."""
        return {case.title: case.pair for case in self.cases.values()}

    def rows(self, name: str) -> pl.DataFrame:
        """Rows behind a finding, such as ``lags``. Raises NotEstimable."""
        return self.titled(statements.rows(f"cases_{name}", "comparison"))

    def whole(self) -> Html:
        """The cases, and how many acts they have."""
        return listing(
            self.titled(pl.DataFrame(self.found["cases"]["rows"])),
            "The cases: acts recorded, those to which an answer could be expected, and stated answers",
            {
                "Case": "case",
                "From": "start",
                "To": "end",
                "Acts": "n_acts",
                "Hostile": "n_hostile",
                "Answers": "n_answers",
            },
        )

    def who_on_whom(
        self,
        acts: pl.DataFrame,
        sanctions: pl.DataFrame,
        trade_measures: pl.DataFrame,
        act_types: pl.DataFrame,
    ) -> Html:
        """Who has which kind of measure on whom, from the tables of these names."""
        pairs = [pair for case in self.cases.values() for pair in (case.pair, case.pair[::-1])]
        day: date = acts["act_date"].max()  # type: ignore[assignment]
        return matrix(
            measures_in_force(sanctions, trade_measures, act_types, pairs, day=day),
            caption=f"Acts without a recorded end on {day_words(day)}, by who imposed them on whom and by kind of "
            "measure; first day of the earliest",
            name=state_name,
        )

    # Answers

    def answer_rates(self) -> Shown:
        """Shares of acts answered, by case."""
        return show(
            comparison.answer_rates(
                self.rows("answer_rates"), self.sides(), days=self.options.within_days, source=SOURCE
            )
        )

    def all_rates(self) -> Html:
        """Shares of acts answered, by case and episode."""
        return listing(
            self.rows("answer_rates").filter(
                (pl.col("asked_type") != "any") & pl.col("estimate").is_not_null()
            ),
            "Share of acts answered, by case and episode, by who acted, by deed or word, and by the kind of "
            "answer",
            {
                "Case or episode": "span",
                "Acted": _state("actor_code"),
                "Act": "asked_type",
                "Answer": "answer_type",
                "Acts": "n",
                "Answered": "k",
                **_estimate("Share", "%"),
            },
        )

    def lags(self) -> Html:
        """Median days to an answer, by case and episode."""
        return listing(
            self.rows("lags").filter((pl.col("answer_type") != "any") & pl.col("estimate").is_not_null()),
            "Median days from an act to a stated answer, with its interval, and the share on the same or the "
            "next day",
            {
                "Case or episode": "span",
                "Answers": _state("answering_code"),
                "Answer": "answer_type",
                "Answers counted": "n",
                **_estimate("Median", ".1f"),
                "Same or next day": ("same_or_next_day", "%"),
            },
        )

    def answer_ratios(self) -> Shown:
        """How large answers are beside what they answer."""
        return show(comparison.answer_ratios(self.rows("proportion_pairs"), MEASURES, source=SOURCE))

    def proportions(self) -> Html:
        """Ratios of answers to what they answer, by case and episode."""
        return listing(
            self.rows("proportions").filter(pl.col("estimate").is_not_null()),
            "Answer over what it answers: geometric mean of the ratios and its interval; pairs that are "
            "exactly equal",
            {
                "Case or episode": "span",
                "Measured by": "words",
                "Pairs": "n",
                "Equal": "n_equal",
                **_estimate("Ratio", ".2f"),
            },
        )

    def in_kind(self) -> Html:
        """Answers by deed in the domain of what they answer."""
        return listing(
            self.rows("in_kind").filter(pl.col("estimate").is_not_null()),
            "Answers by deed in the domain of what they answer: sanctions, trade measures, diplomacy",
            {
                "Case or episode": "span",
                "Answers": _state("answering_code"),
                "Answers counted": "n",
                **_estimate("In kind", "%"),
            },
        )

    # Chains

    def first_moves(self) -> Prose:
        """Who began the chains of each case."""
        return points([self._first_moves(row) for row in self.found["first_moves"]["rows"]])

    def _first_moves(self, one: Mapping[str, Any]) -> Prose:
        title = self.cases[str(one["case"])].title
        if one.get("estimate") is None:
            return say("{title}: {why}", title=title, why=one["not_estimable"])
        return say(
            "{title}: {who} began {k} of {n} chains ({low} to {high}).",
            title=title,
            who=state_name(str(one["actor_code"])),
            k=one["k"],
            n=one["n"],
            low=percent(one["lower"]),
            high=percent(one["upper"]),
        )

    def longest_chains(self) -> Shown:
        """The longest chain of each year, of the case that has the longest of all."""
        chains = self.rows("chains")
        lengths = {
            name: chains.filter(pl.col("case") == case.title)["n_acts"].max() or 0
            for name, case in self.cases.items()
        }
        case = self.cases[max(lengths, key=lambda name: lengths[name])]
        chosen = (
            chains.filter((pl.col("case") == case.title) & (pl.col("n_acts") >= 3) & (pl.col("days") >= 1))
            .sort(["n_acts", "start", "chain_id"], descending=[True, False, False])
            .with_columns(year=pl.col("start").dt.year())
            .unique("year", keep="first", maintain_order=True)
            .sort("start")["chain_id"]
            .head(6)
            .to_list()
        )
        if not chosen:
            raise NotEstimable(f"{case.title}: no chain has three acts.")
        return show(comparison.chains_drawn(self.rows("chain_steps"), chosen, case.pair, source=SOURCE))

    def ends(self) -> Html:
        """How the chains of each case ended."""
        return listing(
            [
                {
                    "Case": case.title,
                    "At the end": ENDS[end["end_type"]],
                    "Chains": end["n"],
                    "Longest of the case, acts": one["longest"],
                }
                for name, case in self.cases.items()
                for one in self.found["chains"]["rows"]
                if one["case"] == name
                for end in one["ends"]
            ],
            "How the chains of each case ended, by a rule over the record",
        )

    # Alone and together

    def alone_and_pooled(self) -> Shown:
        """Each case alone, and all together."""
        shares = self.rows("pooled").filter(~pl.col("quantity").str.starts_with("ratio"))
        return show(comparison.alone_and_pooled(shares, source=SOURCE))

    def means(self) -> Html:
        """Means over the cases, and how much the cases differ."""
        rows = [
            {"quantity": quantity, **one}
            for quantity, one in self.found["pooled"].items()
            if "estimate" in one
        ]
        if not rows:
            raise NotEstimable("No quantity has an estimate in two cases.")
        gain = pl.col("log_score_pooled") - pl.col("log_score_common")
        frame = pl.DataFrame(rows, infer_schema_length=None)
        is_ratio = frame["quantity"].str.starts_with("ratio")
        limits = [
            pl.when(is_ratio).then(_words(name, "{:.2f}".format)).otherwise(_words(name, percent)).alias(name)
            for name in ("estimate", "lower", "upper")
        ]
        return listing(
            frame.with_columns(limits),
            "Mean over the cases, with its interval. Differ: share of the variation between cases that is no "
            "sampling error. Gain: what a spread between cases adds in predicting a case left out, in log "
            "score",
            {
                "Quantity": _words("quantity", comparison.quantity_words),
                "Cases": "n_cases",
                "Mean": "estimate",
                "Lower": "lower",
                "Upper": "upper",
                "Differ": ("heterogeneity", "%"),
                "Gain": (gain.alias("gain"), ".2f"),
            },
        )

    def excitation(self) -> Shown:
        """How many acts one act sets off, in each case and pooled."""
        return show(comparison.excitation(self.rows("excitation"), self.sides(), source=SOURCE))

    def excited(self) -> Prose:
        """Whether pooling in part predicts better."""
        scores = estimated(self.found["excitation"], "scores")
        return say(
            "**Why a case's own page may say less.** This model leaves out the calendar of outside events, so a shock "
            "to both sides counts as a link. Its links can only be positive, so no interval can hold zero. A link is "
            "shown only where the case's page says so.\n\nPooled in part, the cases predict the last {share} of their "
            "days with a log score {gain} better than each alone (standard error {error}). {verdict}.",
            share=percent(self.options.test_share),
            gain=number(scores["gain"]),
            error=number(scores["gain_se"]),
            verdict="The gain is larger than twice its error"
            if scores["gain"] > 2 * scores["gain_se"]
            else "The gain is within twice its error, so pooling is not shown to predict better",
        )

    def costs(self, impact: Mapping[str, Any]) -> Html:
        """Effects on trade, from the findings on it by case."""
        effects = trade_effects(impact)
        if not effects:
            raise NotEstimable("No case has an effect on trade with an estimate.")
        return listing(
            self.titled(pl.DataFrame([{**one, "percent": _in_percent(one)} for one in effects])),
            "Effects on trade, each in the unit of its measure. A tariff and a ban have no common unit. "
            "In %: of a tariff, what it does when it adds a tenth to the price. Level: of the interval",
            {
                "Case": "case",
                "Effect on": "unit",
                "In %": "percent",
                **_estimate("Estimate", ".2f"),
                "Level": ("level", "%"),
                "Rows": "n_obs",
            },
        )

    def limits(self) -> Prose:
        """What so few cases cannot tell."""
        return points([say("{words}", words=row) for row in self.found["limits"]["rows"]])


def _words(column: str, write: Callable[[Any], str]) -> pl.Expr:
    """A column in the words that a function has for its values."""
    return pl.col(column).map_elements(write, return_dtype=pl.String)


def _state(column: str) -> pl.Expr:
    """A column of codes of states as their names."""
    return _words(column, state_name)


def _in_percent(effect: Mapping[str, Any]) -> str:
    """An effect in per cent with its interval; an elasticity for a tenth on the price."""
    scale = TEN_PER_CENT if "one plus the tariff" in effect["unit"] else 1.0
    estimate, lower, upper = (
        None if effect[name] is None else percent_words(scale * effect[name])
        for name in ("estimate", "lower", "upper")
    )
    if lower and upper:
        return f"{estimate} ({lower} to {upper})"
    one_sided = f" (from {lower})" if lower else f" (up to {upper})" if upper else ""
    return f"{estimate}{one_sided}"


def _estimate(head: str, form: str) -> dict[str, Column]:
    """Columns of an estimate and its interval."""
    return {head: ("estimate", form), "Lower": ("lower", form), "Upper": ("upper", form)}
