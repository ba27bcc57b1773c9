"""Figures and tables of the page on escalation: what was counted, answers, changes, and what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from retorsion.errors import NotEstimable
from retorsion.figures import escalation as figures
from retorsion.figures.days import month_words
from retorsion.figures.kinds import kind_words
from retorsion.figures.svg import Shown, show
from retorsion.figures.trade import p_words
from retorsion.params import Params
from retorsion.reports import statements
from retorsion.reports.escalation import UNIT_WORDS, Telling, of_unit
from retorsion.reports.html import (
    Html,
    Prose,
    anchor_of,
    interval,
    listing,
    number,
    percent,
    ranged,
    say,
    table,
)
from retorsion.sources.states import state_name

SOURCE = "Retorsion, ledger of acts"
#: A table of the page: most are too short to be sorted and filtered.
short_table = partial(listing, interactive=False)


@dataclass(frozen=True)
class WithRows(Telling):
    """Findings on escalation of one case with the rows behind them.

    Attributes:
        case_name: name of the case.
        options: the parameters.
    """

    case_name: str
    options: Params

    @property
    def level(self) -> str:
        """Level of intervals, as a percentage."""
        return percent(self.options.level)

    def rows(self, name: str) -> pl.DataFrame:
        """Rows behind a finding, such as ``waiting``. Raises NotEstimable."""
        return statements.rows(f"escalation_{name}", self.case_name)

    def drawn(self, figure: Callable[..., Figure], *given: Any, **options: Any) -> Shown:
        """A figure of the pair.

        Raises:
            NotEstimable: it has nothing to show.
        """
        try:
            return show(figure(*given, pair=self.pair, source=SOURCE, **options))
        except ValueError as nothing:
            raise NotEstimable(f"There is no figure, because {str(nothing).split(':')[0]}.") from None

    def side(self, column: str = "actor_code") -> pl.Expr:
        """A column of codes of the two sides as their names."""
        return pl.col(column).replace(dict(zip(self.pair, self.names, strict=True)))


class Escalation(WithRows):
    """Figures and tables on the acts of both sides and their answers."""

    # Figures

    def intensity_over_time(self) -> Shown:
        """How hard each side acted by month."""
        given = self.rows("intensity"), self.value("record")
        counted = self.known("specifications", "quantities", "share of first")
        return self.drawn(figures.intensity_over_time, *given, scale=self.scale, counted=counted)

    def balance_on_scales(self) -> Shown:
        """Who is ahead on each scale."""
        return self.drawn(figures.balance_on_scales, self.rows("balance"), self.value("record"))

    def waiting_for_an_answer(self) -> Shown:
        """How long acts wait for an answer."""
        given = self.rows("waiting"), self.value("replies"), self.value("answers")
        return self.drawn(figures.waiting_for_an_answer, *given)

    def deed_for_deed(self) -> Shown:
        """Deeds and the deeds that answer them."""
        return self.drawn(figures.deed_for_deed, self.rows("links"), self.value("replies"))

    def whose_acts_follow(self) -> Shown:
        """What can be said of whose words and deeds follow whose."""
        return self.drawn(figures.whose_acts_follow, self.value("kinds"))

    def acts_in_the_days_after(self) -> Shown:
        """Acts of one side in the days after those of the other, against chance."""
        return self.drawn(figures.acts_in_the_days_after, self.rows("following"), self.value("kinds"))

    def near_steps_of_others(self) -> Shown:
        """How many acts lie near the steps of others, against chance."""
        return self.drawn(figures.coordination, self.value("coordination"))

    def days_after_a_step(self) -> Shown:
        """Days from a step of others to an act."""
        return self.drawn(
            figures.days_after_a_step, self.rows("coordination_lags"), self.value("coordination")
        )

    def regimes_over_time(self) -> Shown:
        """Rates of hostile acts and the days on which they changed."""
        try:
            changes = self.rows("changes")
        except NotEstimable:
            changes = None
        given = self.rows("acts"), self.rows("regimes"), changes, self.value("regimes")
        return show(figures.regimes_over_time(*given, pair=self.pair, source=SOURCE, marks=self._marks()))

    def ladder(self) -> Shown:
        """How high on the ladder of escalation each side acted."""
        given = self.rows("ladder"), self.value("ladder")
        return show(figures.ladder(*given, pair=self.pair, source=SOURCE, marks=self._marks()))

    def _marks(self) -> pl.DataFrame:
        return figures.turning_points(self.value("record"))

    def every_way_to_count(self) -> Shown:
        """The headline numbers under every way to count."""
        return self.drawn(
            figures.every_way_to_count, self.rows("specifications"), self.value("specifications")
        )

    def what_is_missed(self) -> Shown:
        """What share of acts on other lists the record holds."""
        return self.drawn(figures.recall, self.rows("recall"), self.value("recall"))

    # What was counted

    def undated(self) -> Prose | None:
        """What is said of acts that a list without dates shows, if there are any."""
        if "undated" not in self.found:
            return None
        return say(
            "**Without a date: {n} subjects**, first seen in {rounds}. {caveat}",
            n=self.found["undated"]["n_subjects"],
            rounds=", ".join(
                f"the vintage of {one['act_date']} of {state_name(one['actor_code'])}'s list"
                for one in self.found["undated"]["rounds"]
            ),
            caveat=self.found["undated"]["caveat"],
        )

    def headlines(self) -> Html:
        """The main numbers, with their intervals or with how far chance reaches."""
        self.value("record")
        lines = self.found["headlines"]
        return table(
            pl.DataFrame(
                {
                    "finding": [self.named(line["finding"]) for line in lines],
                    "value": [_with_limits(line) for line in lines],
                    "anchor": [anchor_of(line.place) for line in lines],
                    **{name: [line[name] for line in lines] for name in ("n", "method", "caveat")},
                }
            ),
            columns=["finding", "value", "n", "method", "caveat"],
            caption=f"Main numbers, with {self.level} intervals; where a number is set against chance, the range of "
            f"{self.level} of chance",
            labels={"value": "Estimate (interval)", "n": "Sample", "method": "Interval or range by"},
            row_links="../reports/evidence/escalation.html#{anchor}",
            interactive=False,
        )

    def sources(self) -> Html:
        """The headline numbers again without state media, and on official pages and agencies alone."""
        rows = [
            {"Number": figures.quantity_words(name, self.pair)}
            | {
                f"{reading[0].upper()}{reading[1:]}": _with_n(part, one)
                for reading, part in one["by_choice"]["sources"].items()
            }
            for name, one in self.value("specifications", "quantities").items()
            if "by_choice" in one
        ]
        if not rows:
            raise NotEstimable("No headline number can be estimated.")
        return short_table(
            rows,
            "The headline numbers by the kinds of source that an act needs one of, with the number of acts",
        )

    def scales(self) -> Prose:
        """How far the scales agree on who did more."""
        agreement = pl.DataFrame(self.value("intensity", "agreement")).filter(pl.col("period") == "month")
        sides = agreement.filter(pl.col("actor_code").is_not_null())
        net = agreement.filter(pl.col("actor_code").is_null())
        if sides["kendall_tau"].null_count() == len(sides):
            raise NotEstimable("The acts fall into too few months to compare their order on two scales.")
        same_side = self.value("intensity", "same_side_ahead_on_all_scales")
        return say(
            "Two scales agree on the order of the months to a rank correlation of {least:.2f} to {most:.2f} "
            "(Kendall's tau-b, either side, {n_min} to {n_max} months). The side that did more over the "
            "whole record is {same} on every scale; in single months two scales disagree on who did more at "
            "most {flips} times of {n_net}.\n\nThe scales are those of Goldstein and of PLOVER, equal weights, "
            "and the logarithm of the number of persons and bodies hit; none of them sees what an act cost.",
            least=sides["kendall_tau"].min(),
            most=sides["kendall_tau"].max(),
            n_min=sides["n_periods"].min(),
            n_max=sides["n_periods"].max(),
            same="the same" if same_side else "not the same",
            flips=net["n_sign_changes"].max(),
            n_net=net["n_periods"].max(),
        )

    # Answers

    def rates_by_unit(self) -> Html:
        """Shares answered, by kind, unit, links and denominator."""
        rows = []
        for kind in ("all", "words", "deeds"):
            for unit, words in UNIT_WORDS.items():
                for actor in self.pair:
                    part = self.known("answers", "without_answers", kind, unit, actor)
                    alone = (
                        f"{percent(part['estimate'])} ({part['n_answered']} of {part['n']})" if part else None
                    )
                    row = {
                        "Acts of": state_name(actor),
                        "Kind": {"all": "all hostile acts"}.get(kind, kind),
                        "Counted": words,
                        "The source names the act": self.rate("named", kind, unit, actor),
                        "With sanctions in general": self.rate("general", kind, unit, actor),
                        "Of acts that are no answer": alone,
                    }
                    rows.append(row)
        self.value("answers", "rates")
        return short_table(rows, "Acts answered by the other side, by what is counted as one")

    def rates_by_kind(self) -> Html:
        """Shares answered by who acted and by kind, with their intervals."""
        shown = self.rows("answer_rates").filter(
            (pl.col("links") == "named") & (pl.col("answered") == "ever")
        )
        kind = (
            pl.when(pl.col("is_deed"))
            .then(pl.lit("deeds"))
            .when(~pl.col("is_deed"))
            .then(pl.lit("words"))
            .otherwise(pl.col("domain_type").str.replace_all("_", " "))
            .fill_null("all hostile acts")
        )
        return short_table(
            shown,
            f"Acts answered by the other side, links that name the act, {self.level} Wilson intervals",
            {
                "Acts of": self.side(),
                "Kind": kind.replace("context", "provocations (drills, overflights, visits)").alias("kind"),
                "Acts": "n_acts",
                "Answered": "n_answered",
                "Share": ("rate", "%"),
                "From": ("lower", "%"),
                "To": ("upper", "%"),
            },
        )

    def speed(self) -> Html:
        """What speeds an answer."""
        first, second = self.pair
        a, b = self.names
        n_acts, n_answered = (
            self.value("replies", "named", "speed", name) for name in ("n_acts", "n_answered")
        )
        return listing(
            pl.DataFrame(self.value("replies", "named", "speed", "table")),
            f"What speeds an answer: hazard ratios of a Cox regression on {n_acts} acts, {n_answered} answered; above "
            "one is sooner or likelier",
            {
                "The act is, or has": pl.col("covariate").str.replace(first, a).str.replace(second, b),
                "Hazard ratio": ("hazard_ratio", ".2f"),
                "From": ("lower", ".2f"),
                "To": ("upper", ".2f"),
                "p": ("p_value", p_words),
            },
        )

    def deeds(self) -> Html:
        """Each answer by deed whose source names the act, with its lag and the bounds of the lag."""
        own = (
            self.rows("lags")
            .filter(
                pl.col("is_deed")
                & (pl.col("answers_type") == "act")
                & (pl.col("answered_type") == "hostile_act")
            )
            .sort("reply_date", "reply_act_id", "act_id")
        )
        if own.is_empty():
            raise NotEstimable("No answer by deed has a source that names the act.")
        bounds = pl.when(pl.col("lag_lower") == pl.col("lag_upper")).then(pl.lit(None, dtype=pl.String))
        return short_table(
            own,
            "Answers by deed whose source names the act",
            {
                "Answer of": self.side("reply_actor_code"),
                "Deed": pl.col("reply_act_type").map_elements(kind_words, return_dtype=pl.String),
                "Day": "reply_date",
                "To": pl.col("act_type").map_elements(kind_words, return_dtype=pl.String),
                "Of": "act_date",
                "Days": "lag_days",
                "Bounds": bounds.otherwise(pl.format("{} to {}", "lag_lower", "lag_upper")).alias("bounds"),
            },
        )

    def proportion(self) -> Prose:
        """How many persons or bodies an answer hits for each that the act hit."""
        ratio = self.value("replies", "general", "proportionality_any_type")
        return say(
            "Where both acts count persons or bodies ({n_ratio} links, those to sanctions in general "
            "included), the answer hits {ratio} for each one the act hit; {equal} match to the number.",
            n_ratio=ratio["n_links"],
            ratio=interval(ratio["geometric_mean"], ratio["lower"], ratio["upper"]),
            equal=ratio["n_equal"],
        )

    def answers_to_acts_and_events(self) -> Html:
        """Answers of each side to acts and to events: deeds among them, their domain and their lag."""
        self.value("replies", "named")
        kinds = self.known("replies", "named", "in_kind") or []
        rows = []
        for side in self.pair:
            kind = next((row for row in kinds if row["reply_actor_code"] == side), None)
            for what, path in (("hostile acts", ()), ("events alone", ("to_events",))):
                deeds = self.known("replies", "named", *path, "deeds_of_replier", side) or {}
                lag = self.known("replies", "named", *path, "median_lag_of_replier", side) or {}
                in_kind = f"{kind['n_in_kind']} of {kind['n_replies']}" if kind and not path else None
                row = {
                    "Answers of": state_name(side),
                    "To": what,
                    "Answers": deeds.get("n", 0),
                    "Deeds among them": ranged(deeds, "share") if deeds else None,
                    "In the domain of the act": in_kind,
                    "Median lag": ranged(lag, "days") if lag else None,
                }
                rows.append(row)
        return short_table(
            rows,
            f"Answers to acts and to events, links that name what is answered, {self.level} intervals",
        )

    def candidates(self) -> Prose:
        """Whether a rule could have found the answers from dates and kinds alone."""
        rule = self.value("replies", "candidates")[0]
        if "recall" not in rule:
            raise NotEstimable(rule["not_estimable"])
        return say(
            "Could a rule have found the answers from dates and kinds alone? The one tried here (the other "
            "side's nearest act {least} to {days} days before, preferring the same kind) names {n} links. Of "
            "the {stated} stated ones that join two acts of known day it could find {findable} at most.\n\nIt "
            "looks at those days only, names one act for each answer, and cannot order the acts of one day "
            "({same_day} links). It finds {recall} of what it could, which is {recall_of_all} of all; where "
            "it can be checked, {precision} of its links are the stated ones. Its links are kept in a file "
            "of their own and enter no other number.",
            least=rule["min_lag_days"],
            days=rule["max_lag_days"],
            n=rule["n_inferred"],
            stated=rule["n_stated"],
            findable=rule["n_findable"],
            same_day=rule["n_same_day"],
            recall=ranged(rule["recall"], "share") if rule["recall"] else "none",
            recall_of_all=ranged(rule["recall_of_all"], "share"),
            precision=ranged(rule["precision_decided"], "share") if rule["precision_decided"] else "none",
        )

    def power(self) -> Html:
        """How often effects of some sizes would be seen, words and deeds apart."""
        rows = figures.powers(self.value("kinds"), self.pair)
        if not rows:
            raise NotEstimable(
                "No question of words and deeds has enough acts to ask how large an effect would be seen."
            )
        shown = [
            {
                "Whose acts set off whose": row["question"],
                "Acts set off by one": row["size"],
                "It would be seen in": ranged(row["seen"], "share")
                if "estimate" in row["seen"]
                else self.named(row["seen"]["not_estimable"]),
            }
            for row in rows
        ]
        return short_table(
            shown,
            "How large an effect would be seen in records like this one",
            formats={"Acts set off by one": ".2g"},
        )

    # Changes

    def changes(self) -> Html:
        """Changes in the rate of hostile acts, with their uncertainty."""
        period = self.value("regimes", "period")
        return short_table(
            self.rows("changes"),
            f"Changes in the number of hostile acts per {period}, and the {period}s that hold each with {self.level}",
            {
                "Side": self.side(),
                "Likeliest": "period_start",
                "Probability": ("probability", "%"),
                "By the fit": pl.format("{} to {}", "lower", "upper").alias("fit"),
                "In redrawn series": pl.format("{} to {}", "bootstrap_lower", "bootstrap_upper").alias(
                    "redrawn"
                ),
                "Rate before": ("rate_before", ".2f"),
                "Rate after": ("rate_after", ".2f"),
            },
        )

    def changes_by_choice(self) -> Html:
        """Changes found with other periods, and as if acts of a package were independent."""
        rows = [
            {"Side": state_name(side), "Periods": choice, "Changes at": _places(choice, dates)}
            for side in self.pair
            for choice, dates in self.value("regimes", "by_side", side, "other_choices").items()
        ]
        return short_table(
            rows,
            "The same search by other periods, and as if the acts of a package were independent",
        )

    def order_of_rungs(self) -> Prose:
        """Whether there is an order to the rungs of the ladder."""
        any_next, other_next = (self.value("transitions", "successor", key) for key in ("any", "other"))
        return say(
            "Is there an order to the steps? Of {n} pairs of rungs {unlike} follow one another more or less "
            "often than chance gives, once the number of tests is allowed for. For the next act of the other "
            "side it is {unlike_other} of {n_other}.\n\nChance shuffles the kinds of {acts} acts among those of "
            "each side and keeps the dates. The order of the rungs is a choice, set in params.yaml; "
            "the test of sequences does not depend on it.",
            n=any_next["n_pairs"],
            unlike=any_next["n_unlike_chance"] or "none",
            acts=any_next["n_acts"],
            unlike_other=other_next["n_unlike_chance"] or "none",
            n_other=other_next["n_pairs"],
        )

    # What the numbers depend on

    def without_each_site(self) -> Html:
        """Each number again without the acts of one site, for each site."""
        rows = [
            {
                "Finding": self.named(name),
                "All sources": part["estimate"],
                "Least": part["least"],
                "Greatest": part["greatest"],
                "Changes most without": part["hangs_most_on"],
            }
            for name, part in self.value("sensitivity", "by_source").items()
            if "estimate" in part
        ]
        return short_table(
            rows,
            "Each number again without the acts whose first page is of one site, for each of "
            f"{self.value('sensitivity', 'n_sources_left_out')} sites with enough acts",
            formats=dict.fromkeys(("All sources", "Least", "Greatest"), ".2f"),
        )

    def on_each_scale(self) -> Html:
        """Numbers that weigh acts, on each scale."""
        wide = (
            self.rows("sensitivity")
            .filter(pl.col("varied") == "scale")
            .with_columns(pl.col("choice").map_elements(figures.scale_name, return_dtype=pl.String))
            .pivot("choice", index="finding", values="value")
        )
        return short_table(
            wide,
            "Numbers that weigh acts, on each scale",
            {"Finding": pl.col("finding").map_elements(self.named, return_dtype=pl.String)}
            | {name: (name, ".2f") for name in wide.columns[1:]},
        )


def _places(choice: str, dates: object) -> str:
    """Where a search found changes: months in words, weeks by their first day."""
    if not isinstance(dates, list) or not dates:
        return "none"
    return ", ".join(map(month_words, dates) if choice.startswith("months") else dates)


def _with_limits(line: Mapping[str, Any]) -> str:
    """A main number with its interval or, set against chance, with how far chance reaches."""
    if "p_value" not in line:
        return ranged(line, line["unit"])
    return (
        f"{number(line['estimate'], digits=2)} {line['unit']}: {line['n_near']} found, "
        f"{number(line['expected'])} by chance ({line['null_lower']} to {line['null_upper']}), "
        f"p = {number(line['p_value'], digits=2)}"
    )


def _with_n(part: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """A number with its sample, or that it is too thin."""
    if "estimate" not in part:
        return "too few acts"
    return f"{of_unit(part['estimate'], one)} ({part['n']:,})"
