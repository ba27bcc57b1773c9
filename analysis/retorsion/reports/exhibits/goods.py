"""Figures, sentences and tables of the page on trade: goods under measures against other areas and other goods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures import models
from retorsion.figures.days import month_words
from retorsion.figures.svg import Shown, show
from retorsion.figures.trade import effect_words, p_words, percent_words
from retorsion.reports.exhibits.impact import OfImpact, given, in_percent, p_value
from retorsion.reports.html import Html, Prose, joined, listing, number, percent, points, say
from retorsion.reports.statements import credit
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields


@dataclass(frozen=True)
class Goods(OfImpact):
    """What is shown of trade by area and group of goods.

    Attributes:
        flow: ``export`` or ``import``.
    """

    flow: str

    @property
    def part(self) -> Any:
        """Findings on the flow. Raises NotEstimable."""
        return self.found["area_goods"][self.flow]

    def own(self, name: str) -> pl.DataFrame:
        """The rows of the flow."""
        return self.of_flow(f"area_goods_{name}", self.flow)

    # How much of the fall was in goods under a measure

    def fall_under_measures(self) -> Prose:
        """How much of the fall was in goods under a measure then in force."""
        spans = (
            say(
                "From {a} to {b} it was **{share}**.",
                share=percent(one["share"]),
                a=month_words(one["first_month"]),
                b=month_words(one["last_month"]),
            )
            for one in self.part["split"]
            if one["kind_type"] == "in_force"
        )
        return say(
            "Part of the fall of exports was in goods already under a measure. "
            "{spans} The rest was in goods that came under a measure later or never. These shares are upper "
            "bounds, because a measure covers a part of a group.",
            spans=joined(spans),
        )

    def split(self) -> Html:
        """The fall by whether goods were under a measure then, later or never."""
        _ = self.part["split"]  # raises NotEstimable where there is none
        billion, currency = fields()[given(self.asked.area_goods).value_column].money
        kinds = {"in_force": "under a measure then", "later": "under a measure later", "never": "under none"}
        return listing(
            self.own("split"),
            f"The fall of {self.flow}s against the same months of the year before the first measure, billion "
            f"{currency}",
            {
                "From": pl.col("first_month").map_elements(month_words, return_dtype=pl.String),
                "To": pl.col("last_month").map_elements(month_words, return_dtype=pl.String),
                "Goods": pl.col("kind_type").replace(kinds),
                "Year before": (pl.col("reference_value") * billion, ",.0f"),
                "Then": (pl.col("value") * billion, ",.0f"),
                "Fall": (pl.col("fall") * billion, ",.0f"),
                "Share of the fall": ("share", "%"),
            },
            interactive=False,
        )

    # Against other areas and other goods

    def around_measures(self) -> Shown:
        """Goods under measures against both, around the month of the measure."""
        found = self.part
        figure = models.path_around_measures(
            self.own("path"),
            found["effect"],
            among_goods=(found["goods"]["lower"], found["goods"]["upper"]),
            bin_months=found["bin_months"],
            last_month=date.fromisoformat(found["last_month"]),
            source=credit(given(self.asked.area_goods).source),
        )
        return show(figure)

    def _which(self) -> str:
        """The goods under measures: by name, if a single group is."""
        names = self.own("dates")["label"].unique().to_list() if self.part["n_named"] == 1 else []
        return (
            f"the one group of goods under a measure, {names[0].lower()},"
            if len(names) == 1
            else "goods under a measure"
        )

    def effect(self) -> Prose:
        """The effect, with its ranges by other areas and by other goods."""
        found = self.part
        areas, goods = found["areas"], found["goods"]
        return say(
            "Up to {last}, exports of {which} changed by **{effect}** ({low_area} to {high_area} by the "
            "ranks of other areas) relative to both. Of {n} other "
            "areas put in {target}'s place, {as_far} moved as far (p = {p}, where {smallest} is the least "
            "possible); the farthest is {who} with {largest}.\n\n"
            "**Among goods the answer is less sure.** When the measures are exchanged among the "
            "{groups} groups of goods, {goods_p} of the exchanges give as large an effect. Effects from "
            "{low} to {high} cannot be rejected: the largest group, {group}, was {group_share} of the trade "
            "before.\n\nWith every group weighing alike, the effect is {alike} (p = {alike_p}).",
            which=self._which(),
            target=self.names["target"],
            last=month_words(found["last_month"]),
            effect=percent_words(found["effect"]["estimate"]),
            n=areas["n_placebos"],
            as_far=areas["n_as_far"] or "none",
            p=p_words(areas["range"]["p_value"]),
            smallest=number(areas["smallest_p"], digits=2),
            largest=percent_words(areas["largest"]),
            who=state_name(areas["largest_code"]),
            low_area=percent_words(areas["range"]["lower"]),
            high_area=percent_words(areas["range"]["upper"]),
            groups=found["n_groups"],
            goods_p=percent(goods["p_value"]),
            low=_limit(goods["lower"]),
            high=_limit(goods["upper"]),
            group=found["largest_group"].lower(),
            group_share=percent(found["largest_share"]),
            alike=percent_words(found["alike"]["estimate"]),
            alike_p=p_words(found["alike"]["p_value"]),
        )

    def by_measure(self, trade_measures: pl.DataFrame) -> Html:
        """The effect of each measure on the goods that it is the first to name.

        Args:
            trade_measures: the table.
        """
        _ = self.part["effect"]  # raises NotEstimable where there is none
        labels = trade_measures.select("measure_id", "summary")
        return listing(
            self.own("by_measure").join(labels, on="measure_id", how="left", maintain_order="left"),
            f"Effect of each measure on {self.flow}s of the goods that it is the first to name, with ranges by ranks "
            "of other areas",
            {
                "Measure": "summary",
                "Change": in_percent("estimate"),
                "From": in_percent("lower"),
                "To": in_percent("upper"),
                "In force": "start_date",
                "Groups": "n_goods",
                "Range holds": ("level", "%"),
                "p": p_value(),
                "Why not": "not_estimable",
            },
            interactive=False,
        )

    # The years before

    def years(self) -> Shown:
        """Trade by year before the measures and after."""
        found = self.part["by_year"]
        figure = models.years_before(
            self.own("relative"),
            self.own("years"),
            reference_year=found["reference_year"],
            target_code=self.asked.target,
            source=credit(given(self.asked.area_goods).yearly),
        )
        return show(figure)

    def drift(self) -> Prose:
        """What had moved before the measures, and the effect beyond it."""
        found = self.part["by_year"]
        relative, bounds = found["relative"], found["bounds"]
        half, whole = bounds[0], bounds[-1]
        return say(
            "In {year} alone, exports had changed by **{step}** against {n} comparable partners, before any of "
            "these measures. The goods that came under them later were on a path of their own too: in the "
            "{leads} years before they were as far as {largest} off. The fall must be read against "
            "such drift.\n\nAllowing for the trend of the years before, the effect is {beyond}. If trends may "
            "differ by half as much as the largest step before, the effect lies between {half_low} and "
            "{half_high}; if by as much, between {low} and {high}{none}.",
            none=", so there may have been no effect" if whole["lower"] <= 0 <= whole["upper"] else "",
            step=percent_words(relative["deepest_step"]),
            year=str(relative["deepest_year"]),
            n=relative["n_partners"],
            leads=found["n_leads"],
            largest=percent_words(found["largest_lead"]),
            beyond=effect_words(found["beyond_trend"]),
            half_low=percent_words(half["lower"]),
            half_high=percent_words(half["upper"]),
            low=percent_words(whole["lower"]),
            high=percent_words(whole["upper"]),
        )

    def smooth_drift(self) -> Prose:
        """The effect if the slope of the drift may change from year to year."""
        found = self.part["by_year"]["smooth_bounds"]
        known = [one for one in found if "lower" in one]
        if not known:
            raise NotEstimable(found[0]["not_estimable"])
        bounds = [
            say(
                "By {size} log points: {low} to {high}.",
                size=number(one["smoothness"], digits=1),
                low=percent_words(one["lower"]),
                high=percent_words(one["upper"]),
            )
            for one in known
        ]
        return say(
            "If instead the yearly change of that drift may vary, the effect depends on how much.\n\n{bounds}",
            bounds=points(bounds),
        )


def _limit(value: float | None) -> str:
    """A limit of a range, or that none was found."""
    return "no limit that was found" if value is None else percent_words(value)
