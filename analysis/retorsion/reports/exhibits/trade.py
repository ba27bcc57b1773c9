"""Figures, sentences and tables of the page on trade: how far trade fell after the measures, against other partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures import models, trade
from retorsion.figures.days import month_words
from retorsion.figures.svg import Shown, show
from retorsion.figures.trade import effect_words, gap_words, p_words, percent_words
from retorsion.reports.exhibits.impact import OfImpact, given, in_percent, measure_words, p_value
from retorsion.reports.html import REPORTS, Html, Prose, joined, listing, number, percent, say, table


class Trade(OfImpact):
    """What is shown of monthly trade, of both flows."""

    @property
    def exports(self) -> Any:
        """Findings on monthly exports. Raises NotEstimable."""
        return self.found["monthly"]["export"]

    def last(self) -> dict[str, Any]:
        """The effect after the last measure, by flow. Raises NotEstimable."""
        flows = {flow: self.found["monthly"][flow] for flow in ("export", "import")}
        return {flow: part["mean_effects"][-1] for flow, part in flows.items() if "mean_effects" in part}

    def episodes(self, flow: str) -> list[str]:
        """Names of the spans between measures."""
        return [episode["label"] for episode in self.found["monthly"][flow]["episodes"]]

    # The fall

    def monthly(self) -> Shown:
        """Trade by month with its measures and their effects."""
        series = self.rows("monthly_series")
        marks = {
            flow: pl.DataFrame(self.found["monthly"][flow]["marks"]).with_columns(
                pl.col("date").str.to_date()
            )
            for flow in self.last()
        }
        figure = trade.monthly_trade(
            series,
            marks,
            effects=self.last(),
            **self.codes,
            pair=self.case.pair,
            value_column=self.value_column,
            source=self.national(),
        )
        return show(figure)

    def fall(self) -> Prose:
        """How far trade fell, and how sure that is."""
        exports, imports = self.exports, self.found["monthly"]["import"]
        periods = exports["levels"]["periods"]
        billion, currency = self.money()
        effects = self.last()
        return say(
            "{reporter} sold {target} goods for **{before} billion {currency} a month** before the first "
            "measure and **{after} billion** after that of {measure}.\n\nExports are now **{effect}** where trade "
            "with {n} comparable partners suggests. Imports, against {m} partners, are **{imports}**.\n\nThe "
            "ranges hold {level} and {imports_level} of the partners' own deviations; with so few partners, "
            "{floor:.3f} and {imports_floor:.3f} are the smallest p-values possible.",
            **self.names,
            currency=currency,
            measure=measure_words(exports["episodes"][-1]),
            before=number(periods[0]["mean_value"] * billion),
            after=number(periods[-1]["mean_value"] * billion),
            effect=gap_words(effects["export"]),
            level=percent(effects["export"]["level"]),
            imports_level=percent(effects["import"]["level"]),
            floor=1 / (1 + exports["n_comparison"]),
            imports_floor=1 / (1 + imports["n_comparison"]),
            n=exports["n_comparison"],
            m=imports["n_comparison"],
            imports=gap_words(effects["import"]),
        )

    def measures(self, trade_measures: pl.DataFrame, acts: pl.DataFrame) -> Html:
        """The measures that the estimates start from, each leading to its act.

        Args:
            trade_measures: the table.
            acts: the table.
        """
        flows = {
            mark["measure_id"]: flow for flow in self.last() for mark in self.found["monthly"][flow]["marks"]
        }
        named = self.rows("area_goods_dates").group_by("measure_id").len("n_goods")
        own = acts.filter(actor_code=self.asked.reporter, addressee_code=self.asked.target)
        used = (
            trade_measures.filter(
                pl.col("measure_id").is_in([*flows, *named["measure_id"]])
                & pl.col("act_id").is_in(own["act_id"].implode())
            )
            .join(named, on="measure_id", how="left")
            .with_columns(pl.col("measure_id").replace_strict(flows, default=None).alias("marked"))
            .sort("announced_date", "measure_id")
        )
        return table(
            used,
            columns=["summary", "announced_date", "effective_date", "marked", "n_goods"],
            caption="The measures that these numbers start from; each leads to its act, and from there to the pages "
            "it was read from",
            labels={
                "summary": "Measure",
                "marked": "On the series of",
                "n_goods": "Goods groups dated by it",
            },
            row_links=f"{REPORTS}acts.html#{{act_id}}",
            interactive=False,
        )

    def imports(self) -> Prose:
        """How imports moved, and how much of their fall was in goods under measures."""
        parts = {one["kind_type"]: one for one in self.found["area_goods"]["import"]["split"]}
        effects = self.found["monthly"]["import"]["mean_effects"]
        named = self.of_flow("area_goods_dates", "import")["label"].str.to_lowercase().to_list()
        moved = (
            say("after {label}, {effect}", label=label, effect=effect_words(one))
            for label, one in zip(self.episodes("import"), effects, strict=True)
        )
        return say(
            "Against comparable partners, imports changed as follows: {effects}. The goods that measures name, "
            "{goods}, are **{share}** of the fall of imports to {month}, at most.",
            effects=joined(moved, "; "),
            goods=" and ".join(named),
            share=percent(parts["in_force"]["share"]),
            month=month_words(parts["in_force"]["last_month"]),
        )

    # All estimates

    def estimators(self) -> Shown:
        """Every estimate of what happened to exports."""
        estimates = self.of_flow("monthly_estimators", "export")
        return show(trade.estimators(estimates, episodes=self.episodes("export"), source=self.national()))

    def all_estimates(self) -> Html:
        """Every estimate of what happened to exports, with what each compares."""
        parts, reasons = [], []
        for part in (self._of_goods, self._of_all):
            try:
                parts.append(part())
            except NotEstimable as reason:
                reasons.append(reason)
        if not parts:
            raise reasons[0]
        return listing(
            pl.concat(parts, how="diagonal_relaxed"),
            "Every estimate of what happened to exports, with what each compares",
            {
                "Change of": "of",
                "Change": in_percent("estimate"),
                "From": in_percent("lower"),
                "To": in_percent("upper"),
                "Compared with": "compares",
                "Method": "label",
                "Range holds": (pl.when(pl.col("lower").is_not_null()).then("level").alias("level"), "%"),
                "p": p_value(),
                "Sample": "sample",
                "Source of the method": "citation",
                "Why not": "not_estimable",
            },
        )

    def _of_goods(self) -> pl.DataFrame:
        """Estimates of what set goods under measures apart."""
        return self.of_flow("area_goods_estimators", "export").with_columns(
            pl.lit("exports of goods under a measure").alias("of")
        )

    def _of_all(self) -> pl.DataFrame:
        """Estimates of what happened to all exports."""
        return self.of_flow("monthly_estimators", "export").with_columns(
            pl.format("all exports, after: {}", "episode").alias("of"),
            pl.when(pl.col("family_type") == "comparison")
            .then(pl.lit("all exports to other partners"))
            .otherwise(pl.lit("the past of the same trade"))
            .alias("compares"),
        )

    # Around each measure

    def event_study(self) -> Shown:
        """Every month against its own month of a reference year."""
        effects = self.of_flow("monthly_event_study", "export")
        return show(trade.event_study(effects, self.exports["event_studies"], source=self.national()))

    def months_before(self) -> Prose:
        """What the months before each measure show."""
        studies = self.exports["event_studies"]
        return say(
            "{counted}.{little}",
            counted=trade.lead_words(studies),
            little=Prose(
                " **So few cannot show that nothing moved before**: a drift over some months would not be seen."
                if not trade.before_words(studies)
                else ""
            ),
        )

    def placebo_tests(self) -> Html:
        """The change after each measure against the same with other partners and on earlier dates."""
        return listing(
            [
                {"Flow": flow, "Measure": study["measure"], **_against_placebos(study["placebo"])}
                for flow in self.last()
                for study in self.found["monthly"][flow]["event_studies"]
            ],
            "Placebo tests: the change over the first full months after a measure against the same change "
            "with other partners on that date (space) and with the same partner on earlier dates (time)",
            formats={"p, space": p_words, "p, time": p_words},
        )

    def synthetic_control(self) -> Shown:
        """The target's course and that of a weighted average of other partners."""
        found = self.exports["synthetic"]
        figure = models.synthetic_control(
            self.of_flow("monthly_synthetic_paths", "export"),
            self.of_flow("monthly_synthetic_control_gaps", "export"),
            found=found,
            **self.codes,
            source=self.national(),
        )
        return show(figure)

    def synthetic(self) -> Prose:
        """How far trade is off the course of a weighted average of other partners."""
        found = self.exports["synthetic"]
        without = found["leave_one_out"]
        return say(
            "The misfit after the measures is {ratio} times that before, the largest of {units} units (p = "
            "{p}).\n\nThe mean gap is {gap}; without any one of the {n} donors it runs from {low} to {high}. "
            "With {months} months before, a control can follow noise.",
            ratio=number(found["rmspe_ratio"]),
            units=found["n_units"],
            p=p_words(found["p_value"]),
            gap=percent_words(found["estimate"]["estimate"]),
            n=without["n"],
            low=percent_words(without["lowest"]),
            high=percent_words(without["highest"]),
            months=found["n_before"],
        )

    def exchange_rate(self) -> Prose:
        """How the exchange rate moved, and what is known of prices."""
        rate, (_, currency) = self.found["monthly"]["exchange_rate"], self.money()
        return say(
            "In these months one {foreign} went from {first} to {last} {currency} ({highest} at most). "
            "Comparisons with other partners and other goods take that out. {price}",
            currency=currency,
            foreign=given(self.asked.monthly).foreign_currency,
            first=number(rate["first"]),
            last=number(rate["last"]),
            highest=number(rate["highest"]),
            price=self.found["monthly"]["price_level"]["not_estimable"],
        )


def _against_placebos(placebo: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Change": percent_words(placebo["actual"]),
        "Partners": placebo["n_space"],
        "p, space": placebo["p_value_space"],
        "Dates": placebo["n_time"],
        "p, time": placebo["p_value_time"],
    }
