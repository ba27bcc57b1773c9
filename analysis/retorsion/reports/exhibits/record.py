"""Figures, sentences and tables of the page on sources: what is in the record, and how far it agrees with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from retorsion.checks.reasons import Bounds
from retorsion.checks.statuses import MEANINGS, Status
from retorsion.errors import NotEstimable
from retorsion.escalation.acts import acts_between
from retorsion.figures import record
from retorsion.figures.days import day_words
from retorsion.figures.escalation import turning_points
from retorsion.figures.svg import Shown, show
from retorsion.findings import estimated
from retorsion.params import Case, Hostile
from retorsion.reports import statements
from retorsion.reports.html import Column, Html, Prose, listing, number, percent, say
from retorsion.reports.pages.explorer import between
from retorsion.sources.states import state_name

#: Subjects of a list, by the codes of the counts.
_SUBJECTS = {"individual": "persons", "entity": "bodies", "bank": "banks"}
#: Columns of the table of published figures, by head.
_FIGURES: dict[str, Column] = {
    "Line": "row",
    "Period": "period",
    "Flow": "flow",
    "Goods": "commodity",
    "Published": ("published_value", partial(number, digits=4)),
    "Table": ("table_value", partial(number, digits=4)),
    "Unit": pl.concat_str(
        pl.col("unit").str.extract("^(.*)_").replace({"bn": "billion", "mn": "million"}),
        pl.col("unit").str.extract("_(.*)$").str.to_uppercase(),
        separator=" ",
    ).alias("unit"),
    "Published change (%)": "published_change_pct",
    "Table's change (%)": "table_change_pct",
    "Status": pl.col("status").str.replace_all("_", " "),
    "Reason": "reason",
    "Page": "source_url",
}


@dataclass(frozen=True)
class Record:
    """What is shown of the record of one case.

    Attributes:
        checks: findings of the checks, as :func:`retorsion.finding` gives them.
        case: the case.
        acts: the table.
        sanctions: the table.
    """

    checks: Any
    case: Case
    acts: pl.DataFrame
    sanctions: pl.DataFrame

    @property
    def sides(self) -> dict[str, str]:
        """Names of the two sides, as sentences need them."""
        a, b = self.case.pair
        return {"a": state_name(a), "b": state_name(b)}

    def between(self, *, dated: bool) -> pl.DataFrame:
        """Acts of the two sides towards one another, with a date or first seen on a list that states none."""
        is_observed = pl.col("date_precision") == "observed"
        return self.acts.filter(
            pl.col("actor_code").is_in(self.case.pair)
            & pl.col("addressee_code").is_in(self.case.pair)
            & (~is_observed if dated else is_observed)
        )

    def bridge(self, escalation: Mapping[str, Any], hostile: Hostile) -> Html:
        """From the rows of the table of acts to the acts that the pages on escalation and on the cases count.

        Args:
            escalation: findings on escalation.
            hostile: from which point of which scale on an act is hostile.
        """
        counted = estimated(escalation, "record")
        rows = between(self.acts, self.case.pair)
        window = self.case.window
        asked = rows.filter(pl.col("act_date").is_between(window.start, window.end))["act_id"].n_unique()
        dated = acts_between(self.acts, self.case.pair, window.start, window.end)
        is_hostile = pl.col(hostile.scale) > hostile.above
        steps = {
            "Rows of the table acts, one for each act and state that it is aimed at": len(rows),
            "Acts, as the timeline shows them": rows["act_id"].n_unique(),
            f"Acts from {day_words(window.start)} to {day_words(window.end)}, which the case asks about": asked,
            "Without acts of every year, as the page on escalation counts them": counted["n_acts"],
            "Hostile acts among them, as the comparison of the cases counts them": len(
                dated.filter(is_hostile)
            ),
            "An announcement and the decision that carries it out counted once, as answers are": counted[
                "n_hostile"
            ],
        }
        return listing(
            [{"What is counted": what, "Number": n} for what, n in steps.items()],
            "From the rows of the table to the acts that are counted",
            interactive=False,
        )

    def designated(self) -> pl.DataFrame:
        """Designations of one side by the other."""
        pair = self.case.pair
        return self.sanctions.filter(pl.col("sender_code").is_in(pair) & pl.col("addressee_code").is_in(pair))

    def rows(self, name: str) -> pl.DataFrame:
        """Rows behind a check, such as ``published_counts``. Raises NotEstimable."""
        return statements.rows(name, self.case.name)

    # Acts

    def spine(self) -> Prose:
        """How many acts of the two sides there are, and how well they are known."""
        dated = self.between(dated=True).unique("act_id", keep="first", maintain_order=True)
        if dated["act_date"].drop_nulls().is_empty():
            raise NotEstimable(
                "No act of {a} and {b} towards one another is recorded with a date.".format(**self.sides)
            )
        return say(
            "The core of the record is the table `acts`: **{n} acts** of {a} and {b} towards one another "
            "from {first} to {last}. Each was read from public pages and has their addresses. {monthly} of "
            "the acts are known only to the month, and {doubtful} are marked as of medium or low confidence.",
            n=len(dated),
            **self.sides,
            first=day_words(dated["act_date"].min()),
            last=day_words(dated["act_date"].max()),
            monthly=int((dated["date_precision"] == "month").sum()),
            doubtful=int((dated["confidence_type"] != "high").sum()),
        )

    def undated(self) -> Prose | None:
        """What is said of acts that a list without dates shows, if there are any."""
        observed = self.between(dated=False)
        if observed.is_empty():
            return None
        days = observed["act_date"].unique().sort()
        first, last = days[0], days[-1]
        vintages = (
            f"{len(days)} vintages from {day_words(first)} to {day_words(last)}"
            if len(days) > 1
            else f"the vintage of {day_words(first)}"
        )
        return say(
            "**{n} subjects** were first seen on lists that state no dates, in {vintages}. When each was "
            "designated is not known, only that it was after the vintage before. They are counted here and "
            "are on no timeline.",
            n=observed["n_subjects"].sum(),
            vintages=vintages,
        )

    def acts_by_year(self) -> Shown:
        """Acts of both sides by year and domain."""
        dated = self.between(dated=True).unique("act_id", keep="first", maintain_order=True)
        if dated.is_empty():
            raise NotEstimable("Without dates there is no count by year.")
        return show(record.acts_by_year(dated, pair=self.case.pair, source="Retorsion, ledger of acts"))

    # Designations

    def published_total(self) -> Prose:
        """A total of designations that was published, against the table and the list as it is today."""
        if not self.checks["as_of"]:
            raise NotEstimable(
                "No published total of designations is recorded for these parameters to check."
            )
        check = self.checks["as_of"][0]
        return say(
            "As of {day} the press reported **{individual} individuals, {bank} banks and {entity} other "
            "bodies** under asset freeze. {agrees}\n\n"
            "The list as published today gives {l_individual} individuals: one entry has been "
            "removed since, and the gap it left in the numbering is the evidence. Such entries are kept, "
            "without a name, and marked as inferred.",
            day=day_words(check["day"]),
            **check["published"],
            agrees=self._agrees(check["published"], check["computed"]),
            **{f"l_{kind}": n for kind, n in check["listed_only"].items()},
        )

    @staticmethod
    def _agrees(published: Mapping[str, Any], computed: Mapping[str, Any]) -> Prose:
        if all(int(n) == int(computed[kind]) for kind, n in published.items()):
            return say("The table gives the same numbers.")
        return say("The table gives {individual}, {bank} and {entity}.", **computed)

    def dated_list(
        self, lists: Mapping[str, Mapping[str, Any]], sources: pl.DataFrame, escalation: Mapping[str, Any]
    ) -> Shown:
        """The first list of either side that states dates.

        Args:
            lists: the lists of the parameters by name.
            sources: the table.
            escalation: findings on escalation, for the turning points that are not the sender's own.
        """
        for name, given in lists.items():
            listed, of_pair = (
                frame.filter(pl.col("source_id") == name) for frame in (self.sanctions, self.designated())
            )
            if len(of_pair) and listed["announced_date"].null_count() < len(listed):
                freeze = sources.filter(pl.col("source_id") == name).row(0, named=True)
                sender = given["sender_code"]
                figure = record.designations_over_time(
                    self.sanctions,
                    sender_code=sender,
                    source=f"{freeze['producer']}, vintage of {freeze['date_published']}",
                    marks=turning_points(escalation.get("record", {})).filter(pl.col("actor_code") != sender),
                )
                return show(figure)
        raise NotEstimable("No list of designations that states dates is recorded for either side.")

    def undated_lists(self) -> Html | None:
        """What lists without dates show, if the record has any."""
        undated = self.designated().filter(pl.col("first_observed_date").is_not_null())
        if undated.is_empty():
            return None
        keys = ("source_id", "first_observed_date", "date_precision")
        counts = undated.group_by(keys).agg(
            pl.col("n_subjects").sum(), pl.col("absent_by_date").is_not_null().sum().alias("n_absent")
        )
        is_news = pl.when(pl.col("date_precision") == "observed")
        listed = is_news.then(pl.lit("after the vintage before, by this day"))
        return listing(
            counts.sort("source_id", "first_observed_date"),
            "Lists that state no dates: when a vintage first showed their subjects, and how many are gone "
            "since",
            {
                "List": "source_id",
                "First seen": "first_observed_date",
                "Listed": listed.otherwise(pl.lit("some time before: the first vintage is no news")).alias(
                    "listed"
                ),
                "Subjects under a programme": "n_subjects",
                "Absent since": "n_absent",
            },
        )

    # Published counts

    def counts(self) -> Prose:
        """How many published counts of a round equal the list."""
        counts = self.checks["counts"]
        every, other, total = (counts[name] for name in ("all_versions", "other_version", "total"))
        return say(
            "Of all {a_n} versions of a count that were published, **{a_equal}** equal the list: {a_share}.\n\n"
            "The {n_counts} versions adopted for the rounds were chosen among them, so the share over all "
            "versions is the one to quote.\n\nOf {o_n} differing versions that other pages gave, "
            "{o_explained} are explained, mostly by what else the page counted in, and {o_unexplained} are "
            "not.\n\nOf {t_n} sums over several rounds, {t_equal} come out exactly.",
            **counts["round"],
            a_n=every["n_counts"],
            a_equal=every["n_equal"],
            a_share=f"{every['share_equal']:.0%}",
            o_n=other["n_counts"],
            o_explained=other["n_explained"],
            o_unexplained=other["n_unexplained"],
            t_n=total["n_counts"],
            t_equal=total["n_equal"],
        )

    def differing_counts(self) -> Html:
        """Every published count that differs from the list."""
        rows = self.rows("published_counts").filter(pl.col("difference") != 0)
        return listing(
            rows,
            "Every published count that differs from the list",
            _counts({"Difference": "difference", "Explanation": "explanation"}),
        )

    def equal_counts(self) -> Html:
        """Counts adopted for the rounds, all equal to the list."""
        rows = self.rows("published_counts").filter(
            (pl.col("origin_type") == "round") & (pl.col("difference") == 0)
        )
        return listing(rows, "Counts adopted for the rounds, all equal to the list", _counts({}))

    # Published figures

    def figures(self) -> Prose:
        """How many published figures on trade agree with the tables."""
        summary, bounds = self.checks["figures"], Bounds()
        return say(
            "The press published **{n}** figures on the pair's trade that were recorded. {compared} can be "
            "compared with the tables; of these **{share}** agree: values within {value_pct:g}%, "
            "changes on the year within {change_pp}. The others are quantities (the tables "
            "hold values), figures of other reporters, or lie outside the period.",
            value_pct=bounds.value_pct,
            change_pp=f"{bounds.change_pp:g} percentage point{'s' * (bounds.change_pp != 1)}",
            n=summary["figures"]["n_published"],
            compared=summary["figures"]["n_compared"],
            share=percent(summary["figures"]["share_within"]),
        )

    def figure_gaps(self) -> Shown:
        """How far published figures are from the tables."""
        source = "Press pages named in the table below; monthly trade statistics"
        return show(record.figure_gaps(self.rows("published_figures"), bound_pct=1, source=source))

    def far_figures(self) -> Html:
        """Every figure farther from the table than the bound."""
        bounds = Bounds()
        beyond = self.rows("published_figures").filter(
            (pl.col("value_gap_pct").abs() > bounds.value_pct)
            | (pl.col("change_gap_pp").abs() > bounds.change_pp)
            | (pl.col("status") == "unexplained")
        )
        return listing(beyond, "Every figure farther from the table than the bound", _FIGURES)

    def figures_by_status(self) -> Html:
        """How many figures have which status."""
        by_status = sorted(self.checks["figures"]["figures"]["by_status"].items(), key=lambda item: -item[1])
        return listing(
            [{"Status": MEANINGS[Status(status)], "Figures": n} for status, n in by_status],
            "All published figures that were recorded, by what setting them against the tables came to",
        )

    # Rows

    def tables(self) -> Html:
        """Rows of each table."""
        rows = sorted(self.checks["tables"].items())
        return listing([{"Table": name, "Rows": n} for name, n in rows], "Rows of each table")

    def quarantine(self) -> Prose:
        """How many rows are in the quarantine."""
        return say(
            "Every row of every source is either in a table or in the quarantine with its file, line, "
            "column, value, reason and remedy. In this build **{n} rows** are in the quarantine.",
            n=sum(self.checks["quarantined"].values()),
        )


def _counts(more: Mapping[str, Column]) -> dict[str, Column]:
    """Columns of a table of published counts, by head."""
    return {
        "Round of": "published_date",
        "Subjects": pl.col("subject_type").replace(_SUBJECTS),
        "Published": "n_published",
        "Listed": "n_listed",
        "Removed since": "n_removed",
        **more,
        "Page": "source_url",
    }
