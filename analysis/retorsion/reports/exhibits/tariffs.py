"""Figures, sentences and tables of the page on tariffs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures import tariffs
from retorsion.figures.days import day_words
from retorsion.figures.svg import Shown, show
from retorsion.figures.trade import percent_change, percent_words
from retorsion.findings import estimated, written
from retorsion.reports.exhibits.impact import OfImpact, given
from retorsion.reports.html import REPORTS, Html, Prose, listed, listing, number, ranged, say
from retorsion.reports.statements import credit, told
from retorsion.sources.states import state_name

#: What a step does to a rate, by the kinds of the table of tariff changes.
_KINDS = {
    "level": "rate towards all before the steps",
    "mfn": "rate towards all changed",
    "additional": "duty on one state added",
    "suspension": "duty on one state suspended or cut",
}


@dataclass(frozen=True)
class Tariffs(OfImpact):
    """What is shown of tariffs between the two states.

    Attributes:
        acts: the table of acts, which has a sentence on each measure.
    """

    acts: pl.DataFrame

    def shown(self, write: Callable[[], Any], *behind: str) -> tuple[Any, ...]:
        """What a line of the page shows (:func:`told`): nothing where the case asks about no tariffs."""
        return () if self.asked.tariffs is None else (told(write, *behind),)

    def part(self, *path: str) -> Any:
        """A part of the findings. Raises NotEstimable."""
        return estimated(self.found["tariffs"], *path)

    def rows(self, name: str) -> pl.DataFrame:
        """Rows behind a finding. Raises NotEstimable."""
        self.part("lines")
        return super().rows(f"tariffs_{name}")

    def source(self, flow: str) -> str:
        """The source of ``exports`` or of ``imports``."""
        return credit(getattr(self.asked.tariffs, flow).source)

    def _sides(self) -> dict[str, str]:
        """Names of the state that exports and of the one that imposes the tariff."""
        exports = self.part("exports")
        return {name: state_name(exports[f"{name}_code"]) for name in ("exporter", "imposer")}

    def _of_imports(self) -> dict[str, Any]:
        """Name of the state that imports, code of the one whose goods pay, and codes of both sides."""
        imports = self.part("imports")
        return {
            "importer": state_name(imports["importer_code"]),
            "target_code": imports["target_code"],
            "pair": self.case.pair,
        }

    # How much less was sold

    def headline(self) -> Prose:
        """What a tariff did to the goods that paid it."""
        exports = self.part("exports")
        own, range_ = exports["elasticity"], exports["specifications"]
        return say(
            "Where a tariff of {imposer} made a good ten per cent dearer, {exporter}'s sales of it to {imposer} "
            "changed by about **{change}** ({low} to {high}), against sales of the same good elsewhere{unsure}. "
            "The elasticity is **{estimate}**.\n\nOver {n} ways of estimating it runs from {lowest} to {highest}. "
            "The sample is {sample}.",
            **self._sides(),
            change=written(tariffs.change_words(own["estimate"]), own),
            low=tariffs.change_words(own["lower"]),
            high=tariffs.change_words(own["upper"]),
            unsure=". There may have been no effect" if own["lower"] <= 0 <= own["upper"] else "",
            estimate=ranged(own),
            n=range_["n"],
            lowest=number(range_["lowest"]),
            highest=number(range_["highest"]),
            sample=own["sample"],
        )

    def choices(self) -> Shown:
        """The elasticity under every choice."""
        found = self.rows("specifications"), self.part("exports")["specifications"]
        return show(tariffs.tariff_choices(*found, source=self.source("exports")))

    def before_quoting(self) -> Prose:
        """What to know before quoting the elasticity."""
        exports = self.part("exports")
        placebo = estimated(exports, "placebo")
        return say(
            "**What to know before quoting this.** {caveat}\n\nA few products make most of the trade, so that "
            "the interval is wide: with the largest products included its upper end is {upper}. The same estimate a "
            "year before the tariffs, where there can be none, is {placebo}.",
            caveat=exports["elasticity"]["caveat"],
            upper=number(exports["elasticity"]["upper"]),
            placebo=ranged(placebo),
        )

    def elsewhere(self) -> Prose:
        """Whether the same goods were sold to others."""
        outcomes = self.part("exports")["outcomes"]
        return say(
            "Sales of the same goods to all other states moved by an elasticity of {rest}, and sales to all "
            "states together by {world}. An interval that holds zero says that neither a shift to others nor "
            "its absence is shown.",
            rest=ranged(estimated(outcomes, "rest")),
            world=ranged(estimated(outcomes, "world")),
        )

    # Step by step

    def steps(self) -> Shown:
        """Exports around the day of each step."""
        rows, lines = self.rows("steps"), {one["step"]: one["n_lines"] for one in self.part("lines")}
        labels = {
            one["step"]: tariffs.step_words(lines[one["step"]], one["day"])
            for one in self.part("exports")["steps"]
            if "anticipation" in one
        }
        after = [one["after"] for one in self.part("exports")["steps"] if "after" in one]
        n_fallen = sum(one["upper"] < 0 for one in after)
        figure = tariffs.tariff_steps(
            rows, labels, n_fallen=n_fallen, **self._sides(), source=self.source("exports")
        )
        return show(figure)

    def _measure(self) -> pl.Expr:
        """Ids of measures as what was done."""
        summaries = dict(self.acts.select("act_id", "summary").iter_rows())
        return pl.col("measure_id").replace_strict(summaries, default=None).alias("measure")

    def _to_act(self) -> dict[str, Callable[[str], str]]:
        """Where what was done leads."""
        acts = dict(self.acts.select("summary", "act_id").iter_rows())
        return {"measure": lambda summary: f"{REPORTS}acts.html#{acts[summary]}"}

    def changes_by_step(self) -> Html:
        """The change around the day of each step, with its interval."""
        rows = [
            {
                "day": one["day"],
                "measure_id": one["measure_id"],
                "products": one["n_products"],
                "before": percent_words(one["anticipation"]["estimate"]),
                "after": percent_words(one["after"]["estimate"]),
                "lower": percent_words(one["after"]["lower"]),
                "upper": percent_words(one["after"]["upper"]),
                "p_value": one["early_leads"].get("p_value"),
            }
            for one in self.part("exports")["steps"]
            if "after" in one
        ]
        if not rows:
            raise NotEstimable("No step has goods enough that it hit first, and goods that none hit.")
        return listing(
            rows,
            "Change in per cent against goods that no step hit: in the quarter before the day, and from it "
            "on with its interval; p-value that the quarters before the reference show no difference",
            {
                "Day": "day",
                "Measure": self._measure(),
                "Products": "products",
                "Quarter before": "before",
                "From the day on": "after",
                "Lower": "lower",
                "Upper": "upper",
                "p of early quarters": ("p_value", ".2f"),
            },
            links=self._to_act(),
        )

    def steps_without_estimate(self) -> Prose:
        """Steps of which nothing can be said, and why."""
        left = [one for one in self.part("exports")["steps"] if "not_estimable" in one]
        if not left:
            return say("Every step has an estimate.")
        return say(
            "*No estimate* for the step of {days}. {why}",
            days=listed([day_words(one["day"]) for one in left]),
            why=left[0]["not_estimable"],
        )

    def by_goods(self) -> Shown:
        """The elasticity by section of goods."""
        sections = self.rows("sections")
        return show(tariffs.tariff_sections(sections, **self._sides(), source=self.source("exports")))

    # Imports

    def suppliers(self) -> Shown:
        """Shares of suppliers by year."""
        figure = tariffs.tariff_suppliers(
            self.rows("shares"),
            given(given(self.asked.tariffs).imports).named,
            **self._of_imports(),
            source=self.source("imports"),
        )
        return show(figure)

    def replaced(self) -> Html:
        """Who gained the share that was lost."""
        imports = self.part("imports")
        base, after = imports["base_year"], imports["comparison_year"]
        partner = pl.col("partner_code").map_elements(
            lambda code: "All others" if code == "OTHERS" else state_name(code), return_dtype=pl.String
        )
        return listing(
            pl.DataFrame(imports["named"], infer_schema_length=None),
            f"Shares of imports in {base} and {after}, in chapters whose tariff rose most and in the others; the part "
            "of the lost share that each partner gained",
            {
                "Chapters": pl.col("chapters_type").replace({"risen": "Rose most", "other": "Rose less"}),
                "Partner": partner,
                str(base): ("share_base", "%"),
                str(after): ("share_comparison", "%"),
                "Part of the loss": ("share_of_loss", "%"),
            },
        )

    def import_effect(self) -> Prose:
        """The elasticity of imports."""
        imports = self.part("imports")
        return say(
            "By chapter and month, against other partners, the elasticity of imports from {target} is "
            "{estimate}. {caveat}",
            target=state_name(imports["target_code"]),
            estimate=ranged(estimated(imports, "elasticity")),
            caveat=imports["caveat"],
        )

    def against_partners(self) -> Prose:
        """How far both flows ran off a weighted mean of other partners."""
        sentences, target = [], state_name(self.part("imports")["target_code"])
        for flow, words in (("import", "Imports from"), ("export", "Exports to")):
            one = self.part("imports", "control", flow)
            sentences.append(_gap(words, target, one))
        return say("{words} {caveat}", words=" ".join(sentences), caveat=one["caveat"])

    def paid(self) -> Shown:
        """Duties paid by month."""
        rows = self.rows("paid")
        return show(tariffs.tariff_paid(rows, **self._of_imports(), source=self.source("imports")))

    def why_less(self) -> Prose:
        """Why less was paid than the rates say."""
        return say("{why}", why=self.part("imports", "paid")["why"])

    # Against what others published

    def averages(self) -> Html:
        """Average tariffs as published and as recorded here."""
        return listing(
            self.rows("averages"),
            "Average tariffs in per cent: as published, of the rates recorded here with trade as weights, "
            "and their simple mean",
            {
                "Day": "as_of_date",
                "Imposed by": pl.col("imposer_code").map_elements(state_name, return_dtype=pl.String),
                "Published": ("published_pct", ".1f"),
                "Here": ("own_pct", ".1f"),
                "Simple mean": ("simple_pct", ".1f"),
                "What differs": "reason",
            },
        )

    def published(self) -> Html:
        """Published effects, and the nearest of ours."""
        return listing(
            self.rows("published"),
            "Published effects with their standard errors, and the nearest of ours. The standard error here is "
            "clustered; intervals on this page may be of another kind and wider",
            {
                "Study": "study",
                "What it measures": "quantity",
                "Published": ("published", ".2f"),
                "s.e.": ("published_error", ".2f"),
                "Here": ("own_estimate", ".2f"),
                "s.e. here": ("own_standard_error", ".2f"),
                "What differs": "note",
            },
        )

    def lines(self) -> Html:
        """Lines that each step names, and by how many points it changed their rates."""
        return listing(
            pl.DataFrame(self.found["tariffs"]["lines"], infer_schema_length=None),
            "Lines of eight digits that each step names, and by how many points it changed their rates",
            {
                "From": "from_date",
                "Imposed by": pl.col("imposer_code").map_elements(state_name, return_dtype=pl.String),
                "Measure": self._measure(),
                "What changes": pl.col("change_type").replace(_KINDS),
                "Lines": "n_lines",
                "Least": ("change_low", ".1f"),
                "Most": ("change_high", ".1f"),
            },
            links=self._to_act(),
        )


def _gap(flow: str, target: str, one: Mapping[str, Any]) -> str:
    """How far a flow ran off a weighted mean of other partners."""
    words, size = percent_words(one["estimate"]), abs(percent_change(one["estimate"]))
    where = f"{size:.0f}% {'below' if one['estimate'] < 0 else 'above'}" if words != "0%" else "level with"
    mean = f"a weighted mean of {one['n_donors']} other partners"
    return f"{flow} {target} ran {where} {mean} (p = {one['p_value']:.2f})."
