"""Figures, sentences and tables of the page on trade: all states, price and volume, and two records of one trade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from retorsion.figures import diversion, models
from retorsion.figures.svg import Shown, show
from retorsion.figures.trade import effect_words, p_words, percent_words
from retorsion.reports.exhibits.impact import OfImpact
from retorsion.reports.html import Html, Prose, joined, listed, listing, number, percent, say
from retorsion.sources.states import state_name


class AllPairs(OfImpact):
    """What is shown of the trade of all pairs of states in raw materials."""

    # Did sanctioning states buy less

    def coalition_by_year(self) -> Shown:
        """Purchases of sanctioning states against those of other buyers, by year."""
        found = self.found["gravity"]
        figure = models.coalition_by_year(
            self.rows("gravity_by_year"),
            found=found["by_year"],
            target_code=self.asked.target,
            source=self.worldwide(),
        )
        return show(figure)

    def coalition(self) -> Prose:
        """The effect of a full year of membership, against other exporters in the target's place."""
        found = self.found["gravity"]
        plain, tested = found["average"]["plain"], found["placebo_targets"]
        embargoed = tested["under_embargo"]
        return say(
            "For a full year in the sanctioning coalition the effect is **{plain}** (p = {p}, where {smallest} is the "
            "smallest possible; the range holds {level}). Of {n} other exporters ({rule}), {as_far} fell as far. "
            "{embargoed}\n\nIt is set against what other buyers' trade predicts, so it is not the fall itself. "
            "With a bias correction it is {corrected}, with a trend {trend}, and {zeros} counting pairs that stopped.",
            plain=effect_words(plain),
            p=p_words(plain["p_value"]),
            smallest=number(tested["smallest_p"], digits=2),
            level=percent(plain["level"]),
            n=tested["n_placebos"],
            rule=tested["rule"],
            as_far=tested["n_as_far"] or "none",
            embargoed=(
                f"Left out {'are' if len(embargoed) > 1 else 'is'} {listed([state_name(one) for one in embargoed])}"
                f"{', each' if len(embargoed) > 1 else ','} under an embargo of its own."
                if embargoed
                else ""
            ),
            corrected=percent_words(found["average"]["corrected"]["estimate"]),
            trend=percent_words(found["with_trend"]["effect"]["estimate"]),
            zeros=percent_words(found["with_zeros"]["estimate"]),
        )

    def coalition_by_product(self) -> Shown:
        """The same by product, and with other choices."""
        frames = [self.rows(f"gravity_{name}") for name in ("by_product", "robustness", "without")]
        figure = models.coalition_by_product(*frames, target_code=self.asked.target, source=self.worldwide())
        return show(figure)

    # Price or volume

    def _windows(self) -> list[Any]:
        return [one for one in self.found["price_volume"]["sums"] if one["scope"] == "reporter"]

    def price_and_volume(self) -> Shown:
        """The change in the value of purchases by prices, volumes and goods that stopped."""
        split = self.rows("price_volume").filter(pl.col("scope") == "reporter")
        left_out = {
            (one["base_year"], one["comparison_year"]): [group["name"] for group in one["left_out"]]
            for one in self._windows()
        }
        figure = diversion.price_and_volume(
            split, **self.codes, n_products=6, left_out=left_out, source=self.worldwide()
        )
        return show(figure)

    def price_or_volume(self) -> Prose:
        """The same in words, for each pair of years."""
        return say(
            "{windows}\n\n{caveat}",
            windows=joined(map(self._window, self._windows()), "\n\n"),
            caveat=self.found["price_volume"]["caveat"],
        )

    def _window(self, one: Mapping[str, Any]) -> Prose:
        """One pair of years: what changed by prices and by volumes, and what was left out of it."""
        absent = one["left_out"]
        return say(
            "From {a} to {b} the value of {reporter}'s raw materials from {target}{without} changed by "
            "{change} billion dollars: prices by {price}, volumes by {volume}, goods that stopped by {exit}.\n\n"
            "A Fisher index puts the price at {fisher_price} and the volume at {fisher_quantity} times those "
            "of {a}.{own} Of what is split, {tested} of the value could be set against {reporter}'s own "
            "statistics.",
            **self.names,
            a=str(one["base_year"]),
            b=str(one["comparison_year"]),
            without=f", without {', '.join(group['name'] for group in absent)}," if absent else "",
            change=_billion(one["change"]),
            price=_billion(one["price_effect"]),
            volume=_billion(one["volume_effect"]),
            exit=_billion(one["exit"]),
            fisher_price=number(one["fisher_price"]),
            fisher_quantity=number(one["fisher_quantity"]),
            own=self._left_out(one) if absent else "",
            tested=percent(one["share_tested"]),
        )

    def _left_out(self, one: Mapping[str, Any]) -> str:
        """What is left out of the split of one pair of years, and why."""
        groups = "; ".join(
            f"{group['name']} {_billion(group['own_change'])}, not {_billion(group['change'])}; {group['reason']}"
            for group in one["left_out"]
        )
        change = _billion(one["left_out_own_change"])
        return (
            f" What is left out changed by {change} billion by {self.names['reporter']}'s own statistics, which have "
            f"no quantities to split it by ({groups})."
        )

    def price_rules(self) -> Prose:
        """How prices were told from volumes."""
        found = self.found["price_volume"]
        return say("{record_rule}\n\n{rule}", record_rule=found["record_rule"], rule=found["rule"])

    # Two records of the same trade

    def two_records(self) -> Shown:
        """Imports from the state under measures in two sources."""
        figure = diversion.mirror(
            self.rows("mirror"),
            **self.codes,
            value_column=self.value_column,
            source=f"{self.worldwide()}; {self.national()}",
        )
        return show(figure)

    def agreement(self) -> Prose:
        """How far two sources agree."""
        found = self.found["mirror"]
        return say(
            "Of {n} product-years that both sources have, {agree} agree within {tolerance}.\n\n{caveat}\n\n{rule}",
            n=found["n_compared"],
            agree=found["n_in_agreement"],
            tolerance=percent(found["tolerance"]),
            caveat=found["caveat"],
            rule=self.found["price_volume"]["record_rule"],
        )

    def compared_values(self) -> Html:
        """The values of both sources by product and year."""
        compared = self.rows("mirror")
        billion, currency = self.money()
        return listing(
            compared,
            f"Imports from {self.names['target']} in two sources, billion {currency}",
            {
                "Product": "group_code",
                "Year": "year",
                "Worldwide source": (pl.col("left_value") * billion, ".1f"),
                "Own statistics": (pl.col("right_value") * billion, ".1f"),
                "Ratio": ("ratio", ".4f"),
            },
        )


def _billion(thousands: float) -> str:
    """Thousands of dollars in billions."""
    return number(thousands / 1e6, digits=2)
