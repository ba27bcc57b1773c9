"""Figures, sentences and tables of the page on diversion: where goods went, on whose record, and who replaced them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures import diversion, world_map
from retorsion.figures.svg import Shown, show
from retorsion.reports.exhibits.impact import OfImpact, left_out_words
from retorsion.reports.html import Html, Prose, listing, number, percent, say, scaled
from retorsion.reports.statements import credit
from retorsion.sources.states import state_name


class Diversion(OfImpact):
    """What is shown of where the target's goods went."""

    @property
    def part(self) -> Any:
        """Findings on diversion; a statement where there are none."""
        return self.found["diversion"]

    @property
    def base(self) -> str:
        """The year before the measures."""
        return str(self.asked.base_year)

    @property
    def after(self) -> str:
        """The year it is compared with."""
        return str(self.asked.comparison_year)

    def record_sources(self) -> str:
        """The sources of one record for all years. Raises NotEstimable."""
        importers = self.asked.importers.source if self.asked.importers else None
        return "; ".join(credit(one) for one in (self.asked.pairwise, importers) if one)

    # Where it went

    def destinations(self, trade_measures: pl.DataFrame) -> Shown:
        """Exports of the target by destination and year, with the reporter's measures on these goods.

        Args:
            trade_measures: the table.
        """
        chosen = {
            one.measure_id: one.label for one in (self.asked.diversion.marks if self.asked.diversion else ())
        }
        of_reporter = pl.col("imposer_code") == self.asked.reporter
        marks = (
            trade_measures.filter(pl.col("measure_id").is_in(list(chosen)) & of_reporter)
            .select(
                pl.coalesce("effective_date", "announced_date").alias("date"),
                pl.col("measure_id").replace_strict(chosen, return_dtype=pl.String).alias("label"),
            )
            .sort("date", "label")
        )
        figure = diversion.destinations_over_time(
            self.rows("destinations"),
            self.part["named"],
            target_code=self.asked.target,
            base_year=int(self.base),
            source=self.record_sources(),
            goods=f"{self.part['goods']}{left_out_words(self.found)}",
            note=self._note_on_years(),
            marks=marks,
            marks_of=self.names["reporter"],
        )
        return show(figure)

    def _note_on_years(self) -> str:
        """Of which years the record is the importers', where that is known."""
        if "not_estimable" in self.found["records"]:
            return ""
        years = sorted(set(self.rows("records")["year"]))
        return f"Fuels of {years[0]} to {years[-1]} on importers' records, earlier years on a mixed one"

    def made_up(self) -> Prose:
        """What others bought more beside what the sanctioning states bought less, and the same over other years."""
        found = self.part
        total, *others = found["totals"]
        averaged = (
            say(
                " With averages of {w_base} and {w_after} it is {w_offset}.",
                w_base=others[0]["base_years"],
                w_after=others[0]["comparison_years"],
                w_offset=percent(others[0]["offset_share"]),
            )
            if others
            else ""
        )
        return say(
            "From {base} to {after} the {n} sanctioning states bought **{coalition} billion dollars** a year "
            "less from {target}, and all others **{other} billion** more, **{offset}** of that loss.\n\n"
            "The goods are {goods}{gap}. They are {n_goods} codes in all.{averaged} This is an accounting share. It "
            "does not say that the same goods went elsewhere, nor that they would have stayed otherwise.",
            **self.names,
            base=self.base,
            after=self.after,
            n=found["coalition"]["n_members"],
            coalition=scaled(total["coalition_change"], -1e6),
            other=scaled(total["other_change"], 1e6),
            offset=percent(total["offset_share"]),
            goods=found["goods"],
            gap=left_out_words(self.found),
            n_goods=found["n_goods"],
            averaged=averaged,
        )

    def map_of_buyers(self) -> Shown:
        """Who buys more and who less; a destination that reports nothing any more has no colour."""
        known = self.rows("buyers").filter(pl.col("value_comparison").is_not_null())
        figure = world_map.change_by_buyer(
            known.select(
                pl.col("importer_code").alias("state_code"),
                (pl.col("value_base") / 1e6).alias("before"),
                (pl.col("value_comparison") / 1e6).alias("after"),
            ),
            target_code=self.asked.target,
            base=self.base,
            after=self.after,
            unit="billion dollars",
            least=0.05,
            source=self.record_sources(),
        )
        return show(figure)

    def without_a_record(self) -> Prose:
        """Purchases that are in no record at the end, by destination and product."""
        gone = self.part["vanished"]
        largest = "; ".join(
            f"{state_name(one['importer_code'])}, {one['name'].lower()} "
            f"({number(one['value'] / 1e6)} billion in {one['last_year']})"
            for one in gone["largest"][:4]
        )
        return say(
            "**Purchases that leave the record.** {n} other destinations have no record in {after} of goods "
            "that they bought from {base} on. {silent} of them report nothing at all any more; the others "
            "report on, without these goods. Whether they stopped buying or stopped reporting is "
            "not known.\n\nIn their last years these purchases came to {value} billion dollars. The largest are "
            "{largest}.",
            n=gone["n_destinations"],
            silent=gone["n_silent"],
            base=self.base,
            after=self.after,
            value=number(gone["value_last"] / 1e6),
            largest=largest,
        )

    # On whose record

    def whose_record(self) -> Prose:
        """How far importers' records go, and what they change."""
        records = self.found["records"]
        choices = self.rows("diversion_choices").filter(pl.col("choice_type") == "record")
        stated, rate = records["stated"], records["rate"]
        ratios = ", ".join(
            f"{number(one['ratio'], digits=3)} ({_group_words(one['group_code'])})"
            for one in records["own"]
            if one["year"] == self.asked.base_year
        )
        reporter = self.names["reporter"]
        own = f"{reporter}'s own statistics of {self.base} agree with its record here to a ratio of {ratios}."
        return say(
            "Importers' own records make up {share_base} of the {base} value and {share_after} of {after}; "
            "the rest of {base} is a mixture. A record counts where it has at least {months} months.\n\nIts "
            "producer turned dollars into euros at {rate}, whatever the month: at that rate {n_whole} of "
            "{n_tested} yearly values are whole dollars again.\n\n{own}\n\n{others}",
            share_base=percent(stated[self.base]["importer"]),
            share_after=percent(stated[self.after]["importer"]),
            base=self.base,
            after=self.after,
            months=records["min_months"],
            rate=number(rate["usd_per_eur"]),
            n_whole=rate["n_whole"],
            n_tested=rate["n_tested"],
            own=own if ratios else "",
            others="".join(
                f"With {row['choice']} the share is {percent(row['offset_share'])}. "
                for row in choices.iter_rows(named=True)
                if row["offset_share"] is not None
            ),
        )

    def two_records(self) -> Html:
        """Importers' records beside the source of all pairs, for the same importers in the base year."""
        return listing(
            pl.DataFrame(self.found["records"]["groups"], infer_schema_length=None),
            f"Purchases from {self.names['target']} in {self.base}, billion US dollars: importers' own records, and "
            "the source of all pairs for the same importers. Without a row: what importers record and the "
            "source of all pairs does not have",
            {
                "Goods": "name",
                "Importers": "n_importers",
                "Their records": (pl.col("importers_kusd") / 1e6, ".1f"),
                "Source of all pairs": (pl.col("pairwise_kusd") / 1e6, ".1f"),
                "Without a row": (pl.col("missing_kusd") / 1e6, ".1f"),
                "Share": ("missing_share", "%"),
            },
        )

    def not_measured(self) -> Prose:
        """Goods that are left out, why, and what is known of them."""
        left_out = self.found["records"]["unmeasured"]
        if not left_out:
            return say("No group of goods has to be left out.")
        return say(
            "{statements}",
            statements=" ".join(
                f"{one['statement']} It is left out of every sum, share, index and estimate here. "
                f"{one['n_importers']} importers record {number(one['importers_kusd'] / 1e6)} billion dollars of it in "
                f"{self.base}; the largest without a row are {_largest(one['missing'])}. Part of these records is "
                "itself an estimate."
                for one in left_out
            ),
        )

    # How firm the share is

    def choices(self) -> Shown:
        """The share under every way to count."""
        figure = diversion.offset_choices(
            self.rows("diversion_choices"),
            self.part["offset_range"],
            target_code=self.asked.target,
            source=self.record_sources(),
        )
        return show(figure)

    def firmness(self) -> Prose:
        """Between what the share lies, and what it depends on most."""
        made_up, choices = self.part["offset_range"], self.rows("diversion_choices")
        prices = choices.filter(pl.col("choice_type") == "prices")
        too_small = choices.filter(pl.col("offset_share").is_null())
        return say(
            "The headline {share} ranges from **{low}** ({low_choice}) to **{high}** ({high_choice}) over "
            "{n} other ways to count. {too_small}{prices}\n\n{statement}",
            share=percent(made_up["estimate"]),
            low=percent(made_up["lower"]),
            high=percent(made_up["upper"]),
            low_choice=_choice_at(made_up, "lower"),
            high_choice=_choice_at(made_up, "upper"),
            n=made_up["n_choices"],
            prices="".join(
                f"At the prices of {row['choice']} for both years it is {percent(row['offset_share'])}: the rest "
                "reflects prices. "
                for row in prices.head(1).iter_rows(named=True)
                if row["offset_share"] is not None
            ),
            too_small="".join(
                f"One more, from {diversion.choice_words(row)}, gives no share, because the sanctioning states lost "
                "too little. "
                for row in too_small.iter_rows(named=True)
            ),
            statement=made_up["statement"],
        )

    # By product

    def by_product(self) -> Shown:
        """Destinations of each product."""
        figure = diversion.destination_shares(
            self.rows("destination_shares"),
            self.part["named"],
            target_code=self.asked.target,
            products=[product["name"] for product in self.part["products"]],
            source=self.record_sources(),
        )
        return show(figure)

    def _marked(self) -> pl.Expr:
        """Names of products with a star for another record, a dagger for a main buyer that vanished."""
        stars = {one["name"]: " *" if one["record_group"] else "" for one in self.part["products"]}
        daggers = {one["name"]: " †" if one["vanished_buyer"] else "" for one in self.part["products"]}
        marks = {name: f"{name}{star}{daggers[name]}" for name, star in stars.items()}
        return pl.col("name").replace(marks)

    def products(self) -> Html:
        """The change of each product, and the share of the sanctioning states' loss that others' rise equals."""
        return listing(
            pl.DataFrame(self.part["products"], infer_schema_length=None),
            f"Exports of {self.names['target']} by product, {self.base} to {self.after}, billion US dollars; the share "
            "of the sanctioning states' loss that others' rise equals, in value and in tonnes (a dash where "
            "the sanctioning states bought more)",
            {
                "Product": self._marked(),
                self.base: (pl.col("value_base") / 1e6, ".1f"),
                self.after: (pl.col("value_comparison") / 1e6, ".1f"),
                "Sanctioning states": (pl.col("coalition_change") / 1e6, ".1f"),
                "Others": (pl.col("other_change") / 1e6, ".1f"),
                "Share, value": ("offset_share", "%"),
                "Share, tonnes": ("offset_share_tonnes", "%"),
            },
        )

    def what_marks_mean(self) -> Prose:
        """What a star and a dagger behind a product say."""
        products, reporter = self.part["products"], self.names["reporter"]
        groups = {one["record_group"]: one for one in products if one["record_group"] is not None}
        gone = [one for one in products if one["vanished_buyer"] is not None]
        changes = ", ".join(
            f"{group} {number((one['record_gap_comparison'] - one['record_gap_base']) / 1e6, digits=2)} billion"
            for group, one in groups.items()
        )
        buyers = "; ".join(
            f"{one['name'].lower()} {state_name(one['vanished_buyer'])}, {percent(one['vanished_share'])} of it in "
            f"{one['vanished_year']!s}"
            for one in gone
        )
        stars = (
            f"* {reporter}'s purchases here differ from {reporter}'s own statistics. Part of what the sanctioning "
            "states are said to have bought more (+) or less (−) is only a change of record. For the group "
            "as a whole "
            f"it is: {changes}."
        )
        daggers = (
            f"† A buyer that was the largest has no record of it any more: {buyers}. Shares and buyers of {self.after} "
            "are those of the rest."
        )
        return say("{stars} {daggers}", stars=stars if groups else "", daggers=daggers if gone else "")

    # Concentration

    def _of_two_years(self) -> pl.DataFrame:
        years = [self.asked.base_year, self.asked.comparison_year]
        return self.rows("concentration").filter(pl.col("year").is_in(years))

    def largest_product(self) -> Prose:
        """How many equal buyers the destinations of the largest product are worth."""
        own = self._of_two_years()
        top = own.filter(pl.col("name") == self.part["products"][0]["name"]).sort("year")
        return say(
            "{product} went to the equivalent of {a} equal-sized buyers in {base} and of {b} in {after}; the "
            "largest, {buyer}, took {share}.",
            product=top["name"][0],
            a=number(top["effective_partners"][0], digits=2),
            b=number(top["effective_partners"][-1], digits=2),
            base=self.base,
            after=self.after,
            buyer=state_name(top["largest_partner_code"][-1]),
            share=percent(top["largest_share"][-1]),
        )

    def concentration(self) -> Html:
        """How concentrated the destinations of each product are."""
        wide = self._of_two_years().pivot(
            on="year",
            index="name",
            values=["hhi", "effective_partners", "largest_partner_code", "largest_share"],
        )
        years = (self.base, self.after)
        buyer = pl.col(f"largest_partner_code_{self.after}").map_elements(state_name, return_dtype=pl.String)
        return listing(
            wide,
            "Concentration of destinations: Herfindahl-Hirschman index and its equivalent number of equal "
            "buyers (†: one that was the largest has no record of it any more)",
            {
                "Product": self._marked(),
                **{f"HHI {year}": (f"hhi_{year}", ".2f") for year in years},
                **{f"Buyers {year}": (f"effective_partners_{year}", ".1f") for year in years},
                "Largest buyer": buyer.alias("buyer"),
                "Its share": (f"largest_share_{self.after}", "%"),
            },
        )

    # Who took the target's place

    def replacement(self) -> Shown:
        """What the reporter bought of each product, from the target and from others."""
        figure = diversion.replacement(
            self.rows("replacement").filter(pl.col("unit") == "tonnes"),
            **self.codes,
            pair=self.case.pair,
            n_suppliers=3,
            source=self.record_sources(),
        )
        return show(figure)

    def replaced(self) -> Html:
        """How much of what the target dropped other suppliers added, by product."""
        kinds = ("target_change", "gains", "losses", "total_change", "replaced_share")
        rows = [
            {
                "name": one["name"] if one["record_gap_share"] is None else f"{one['name']} *",
                "window": f"{one['base_year']} to {one['comparison_year']}",
                **{kind: one["tonnes"][kind] for kind in kinds},
                "largest": state_name(gainer) if (gainer := one["tonnes"]["largest_gainer_code"]) else None,
            }
            for one in self.found["replacement"]["products"]
            if "tonnes" in one
        ]
        if not rows:
            raise NotEstimable("None of these products has a record in tonnes in both years.")
        reporter, target = self.names.values()
        return listing(
            rows,
            f"{reporter}'s imports by product, change in thousand tonnes. Replaced: the share of what {target} dropped "
            "that other suppliers, taken together, added (none where they sold less too). *: differs from "
            f"{reporter}'s own statistics in one of the years",
            {
                "Product": "name",
                "Window": "window",
                target: (pl.col("target_change") / 1e3, _whole),
                "Gains of others": (pl.col("gains") / 1e3, _whole),
                "Losses of others": (pl.col("losses") / 1e3, _whole),
                "All imports": (pl.col("total_change") / 1e3, _whole),
                "Replaced": (
                    pl.when(pl.col("replaced_share") >= 0).then("replaced_share").alias("replaced"),
                    "%",
                ),
                "Gained most": "largest",
            },
        )

    def replacement_caveat(self) -> Prose:
        """What replacement does not say."""
        return say("{caveat}", caveat=self.found["replacement"]["caveat"])


def _group_words(code: str) -> str:
    """A group of goods in a sentence: an abbreviation keeps its capitals."""
    return code.lower() if code[1:2].islower() else code


def _whole(value: float) -> str:
    """A number of more than two digits as a whole one, so that a column adds up; a small one as it reads."""
    return number(round(value)) if abs(value) >= 100 else number(value)


def _largest(missing: Iterable[Mapping[str, Any]]) -> str:
    """The two importers with the most that the source of all pairs does not have."""
    return " and ".join(
        f"{state_name(one['importer_code'])} ({number(one['value_kusd'] / 1e6)} billion)"
        for one in list(missing)[:2]
    )


def _choice_at(made_up: Mapping[str, Any], end: str) -> str:
    """The way of counting at one end of the range, in words."""
    names = ("choice_type", "choice", "base_years", "comparison_years")
    return diversion.choice_words({name: made_up[f"{end}_{name}"] for name in names})
