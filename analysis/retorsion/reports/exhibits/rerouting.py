"""Figures, sentences and tables of the page on diversion: did others' goods go round by neighbours?"""

from __future__ import annotations

from typing import Any

import polars as pl

from retorsion.figures import rerouting
from retorsion.figures.days import month_words
from retorsion.figures.svg import Shown, show
from retorsion.findings import written
from retorsion.reports.exhibits.impact import OfImpact, given
from retorsion.reports.html import Html, Prose, joined, listed, listing, percent, points, say, scaled
from retorsion.reports.statements import credit
from retorsion.sources.states import aggregates, state_name

#: The excess of neighbours' purchases in words, by what is taken for their purchases without the measures.
_EXCESS = {
    "year_before": "As a share of that loss, neighbours' purchases above those of a year before are",
    "own_growth": "Beyond the growth that each showed in the months before, it is",
    "other_goods": (
        "Set against goods that went on being sold to the state under measures, whose sales to neighbours rose "
        "too, it is"
    ),
}


class Rerouting(OfImpact):
    """What is shown of exports of others to the target and to the states around it."""

    @property
    def part(self) -> Any:
        """Findings on rerouting; a statement where there are none."""
        return self.found["rerouting"]

    def source(self) -> str:
        """The source of the exports."""
        return credit(given(self.asked.rerouting).source)

    def _shares(self, choice_type: str) -> dict[str, float]:
        return {
            row["counterfactual"]: row["share"]
            for row in self.part["shares"]
            if row["choice_type"] == choice_type and row["share"] is not None
        }

    def by_month(self) -> Shown:
        """The fall of sales to the target and the rise of those to its neighbours by month."""
        end, months = self.part["end"], self.rows("rerouting_months")
        return show(rerouting.by_month(months, end, target_code=self.asked.target, source=self.source()))

    def excess(self) -> Prose:
        """How much neighbours bought more, on each answer to what would have been."""
        found, shares = self.part, self._shares("told")
        first, last = map(_month, found["window"]["after"])
        article = "the " if found["exporter_code"] in aggregates() else ""
        return say(
            "From {first} to {last}, {exporter} exports to {target} of the {n} goods compared were **{fall} "
            "billion euros** below the same months of {year}. {shares}\n\nThe excess is no proof of a detour: "
            "a neighbour may use the goods itself. All these goods were sanctioned at some point, but the data do "
            "not say when.",
            first=first,
            last=last,
            exporter=f"{article}{state_name(found['exporter_code'])}'s",
            target=self.names["target"],
            n=found["n_products"],
            fall=scaled(found["fall_eur"], 1e9),
            year=str(found["window"]["base_year"]),
            shares=joined(
                [
                    say("{words} {share}.", words=words, share=percent(shares[name]))
                    for name, words in _EXCESS.items()
                    if name in shares
                ]
            ),
        )

    def by_choice(self) -> Shown:
        """The excess under every way to count."""
        figure = rerouting.by_choice(
            self.rows("rerouting"),
            self.part["range"],
            target_code=self.asked.target,
            source=self.source(),
        )
        return show(figure)

    def neighbours(self) -> Html:
        """Each neighbour's purchases, beside its growth before the measures."""
        hubs = pl.DataFrame(self.part["hubs"], infer_schema_length=None)
        window = self.part["window"]
        after, before = (" to ".join(map(_month, window[name])) for name in ("after", "before"))
        return listing(
            hubs,
            f"Exports of sanctioned goods to {self.names['target']}'s neighbours, million euros: the same months of "
            f"{window['base_year']}, and {after}; growth before: {before} over the same months of "
            f"{window['base_year']}",
            {
                "Partner": pl.col("partner_code").map_elements(state_name, return_dtype=pl.String),
                str(window["base_year"]): pl.col("base_eur") / 1e6,
                "After": pl.col("after_eur") / 1e6,
                "More": pl.col("excess_eur") / 1e6,
                "Times": ("ratio", ".1f"),
                "Growth before": ("growth_before", ".1f"),
                "Of the fall": ("share", "%"),
            },
        )

    def beside_others(self) -> Prose:
        """What others published, and what the end of the record leaves open."""
        found, own = self.part, self._shares("hubs")
        end, hubs = found["end"], {tuple(sorted(one["hubs"])) for one in found["published"]}
        published = points(
            [
                say(
                    "{work} ({period}): {share}",
                    work=one["work"],
                    period=one["period"],
                    share=_share_range(one["lower_share"], one["upper_share"]),
                )
                for one in found["published"]
            ]
        )
        return say(
            "{beside}\n\n**What the end leaves open.** Neighbours' extra purchases were {first} of the lost sales "
            "in the first three months and {last} in the last three, up to {month}, where the record ends. It does not "
            "show whether that went on, what neighbours sold on, or other routes.\n\nCodes that were new or "
            "dropped in one of the years hold {left_out} of the later value and are left out.",
            beside=(
                say(
                    "For {hubs} alone the answers run from {least} to {most}. Others found:\n\n{published}",
                    hubs=listed([state_name(code) for code in sorted(next(iter(hubs)))]),
                    least=percent(min(own.values())),
                    most=percent(max(own.values())),
                    published=published,
                )
                if own and hubs
                else ""
            ),
            first=percent(end["first_share"]),
            last=percent(end["last_share"]),
            month=written(_month(end["last_month"]), end["last_month"]),
            left_out=percent(found["share_left_out"]),
        )


def _month(month: str) -> str:
    """A month such as ``2022-04`` in words."""
    return month_words(f"{month}-01")


def _share_range(lower: float, upper: float) -> str:
    if lower == upper:
        return f"about {percent(upper)}"
    return f"{percent(lower)} to {percent(upper)}" if lower > 0 else f"less than {percent(upper)}"
