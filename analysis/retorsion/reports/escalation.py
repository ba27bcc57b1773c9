"""What the page on escalation says, made from the findings of a case: sentences and tables, none with a name typed.

Each function gives prose or a table, or raises NotEstimable with the findings' own sentence where there is nothing to
say (:func:`retorsion.reports.statements.told` shows it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retorsion.errors import NotEstimable
from retorsion.figures.days import day_words, month_words, waits
from retorsion.figures.escalation import quantity_words, scale_name
from retorsion.findings import estimated, written
from retorsion.reports.html import Prose, count_word, joined, listed, number, percent, points, ranged, say
from retorsion.reports.markdown import as_text
from retorsion.reports.steps_of_others import recall_of
from retorsion.sources.states import state_name

#: What is counted as one, in words.
UNIT_WORDS = {"act": "by act", "package": "by package", "side_day": "by day of a side"}


@dataclass(frozen=True)
class Telling:
    """Findings on escalation of one case, and the sentences made of them.

    Attributes:
        found: findings on escalation, as :func:`retorsion.finding` gives them.
        scale: the main scale of intensity.
    """

    found: Mapping[str, Any]
    scale: str

    @property
    def pair(self) -> tuple[str, str]:
        """Codes of the sides."""
        first, second = self.found["pair"]
        return first, second

    @property
    def names(self) -> tuple[str, str]:
        """Names of the sides."""
        first, second = self.pair
        return state_name(first), state_name(second)

    def value(self, *path: str) -> Any:
        """A value of the findings. Raises NotEstimable."""
        return estimated(self.found, *path)

    def known(self, *path: str) -> Any:
        """A value of the findings, null where there is none."""
        try:
            return self.value(*path)
        except NotEstimable:
            return None

    def other(self, side: str) -> str:
        """Code of the other side."""
        first, second = self.pair
        return second if side == first else first

    def named(self, text: str) -> str:
        """Text with the names of the states in the place of their codes."""
        for code, name in zip(self.pair, self.names, strict=True):
            text = text.replace(code, name)
        return text

    # The lead

    def follows(self, side: str, kind: str) -> list[str]:
        """What a side's words or deeds can be shown to follow, in words; empty if nothing.

        Others count if acts crowd near their steps without the opening weeks too; the other side counts if the model of
        excitation shows it.
        """
        whom = []
        if self.known("coordination", "told", kind, side, "without_opening"):
            whom.append(f"cluster around {self.what_others_are(side)}")
        if self._verdict(side, kind) == "shown":
            whom.append(f"follow {as_text(state_name(self.other(side)))}")
        return whom

    def _verdict(self, side: str, kind: str) -> str:
        found = self.known("kinds", "excitation", f"{self.other(side)} all->{side} {kind}", "verdict")
        return str(found or "cannot tell")

    def lead(self) -> Prose:
        """In one sentence for each side, whom its deeds and its words follow, as far as that can be shown."""
        self.value("record")
        parts = [text for side in self.pair if (text := self._lead_of(side))]
        if not parts:
            return say(
                "**The data do not show that the acts of {a} or {b} follow the other's or anybody else's.** The "
                "reasons are below.",
                a=self.names[0],
                b=self.names[1],
            )
        return say(
            "**{parts}.** {deeds}", parts=Prose(". ".join(parts)), deeds=Prose(self._deeds_as_answers())
        )

    def _lead_of(self, side: str) -> str:
        """Such as "Japan's deeds cluster around its allies' steps, its words follow Russia"."""
        deeds, words = (self.follows(side, kind) for kind in ("deeds", "words"))
        if deeds and deeds == words:
            return f"{state_name(side)}'s deeds and words {listed(deeds)}"
        said: list[str] = []
        for kind in ("deeds", "words"):
            whom = self.follows(side, kind)
            if whom:
                owner = "its" if said else f"{state_name(side)}'s"
                said.append(f"{owner} {kind} {listed(whom)}")
        return "; ".join(said)

    def _deeds_as_answers(self) -> str:
        """What can be said of deeds as answers to the other side's acts."""
        verdicts = {side: self._verdict(side, "deeds") for side in self.pair}
        said = []
        for verdict, words in (
            ("no large effect", "{} deeds show no large response to the other side."),
            ("cannot tell", "For {} deeds the data cannot tell."),
        ):
            sides = [f"{state_name(side)}'s" for side in self.pair if verdicts[side] == verdict]
            if sides:
                said.append(words.format(listed(sides)))
        return " ".join(said)

    def what_others_are(self, side: str) -> str:
        """What the calendars of others are to a side."""
        return (
            "the steps against it" if side in self.found["record"]["steps_against"] else "its allies' steps"
        )

    # Record and intensity

    def record(self) -> Prose:
        """What was counted, and where it was searched."""
        a, b = self.names
        first, second = self.pair
        spans = [
            f"{month_words(span['start'])} to {month_words(span['end'])}"
            for span in self.value("record", "recorded")
        ]
        return say(
            "The record has {n} acts, of which **{hostile} are hostile**: {n_a} of {a} and {n_b} of {b}.\n\nOf "
            "these, {words_a} of {a} and {words_b} of {b} are words: protests, criticism, warnings. The others are "
            "deeds. Acts were searched for from {spans}; outside, a gap means that nobody looked.",
            n=self.value("record", "n_acts"),
            hostile=self.value("record", "n_hostile"),
            a=a,
            b=b,
            n_a=self.value("record", "by_side", first, "n_hostile"),
            n_b=self.value("record", "by_side", second, "n_hostile"),
            words_a=self.value("record", "by_side", first, "n_words"),
            words_b=self.value("record", "by_side", second, "n_words"),
            spans=listed([spans[0], *(f"from {span}" for span in spans[1:])]),
        )

    # The intensity of both

    def intensity(self) -> Prose:
        """Who did more, by everything that can be counted as one act."""
        share = self.value("intensity", "share_of_first", self.scale)
        curve = self.value("specifications", "quantities", "share of first")
        by_unit = {
            (row["unit"], row["provocations"]): row
            for row in self.value("intensity", "by_what_counts")
            if "estimate" in row
        }
        counts = "; ".join(
            f"{percent(by_unit[unit, False]['estimate'])} {UNIT_WORDS[unit]}"
            + (
                f" ({percent(by_unit[unit, True]['estimate'])} with provocations)"
                if (unit, True) in by_unit
                else ""
            )
            for unit in UNIT_WORDS
            if (unit, False) in by_unit
        )
        return say(
            "{a} has **{low} to {high}** of the severity of all hostile acts, depending on how one counts; with "
            "sampling the widest range is {lower} to {upper}. By the {scale} scale it is {share}.\n\nThe share "
            "is {counts}. Provocations are overflights, drills and deployments, scored by their own "
            "codes.",
            a=self.names[0],
            low=percent(curve["lowest"]),
            high=percent(curve["highest"]),
            lower=percent(curve["widest_lower"]),
            upper=percent(curve["widest_upper"]),
            scale=scale_name(self.scale),
            share=ranged(share, "share"),
            counts=Prose(counts),
        )

    # Answers

    def answers(self) -> Prose:
        """How many acts each side answered, words and deeds apart, by act and by day."""
        shares = points([self._answered(actor) for actor in self.pair[::-1]])
        return joined([shares, self._by_deed()], "\n\n")

    def _answered(self, actor: str) -> Prose:
        """The shares of one side's acts that the other answered."""
        rates = self.value("answers", "rates")
        whole = estimated(rates, "named", "all", "act", actor)
        deeds = self.rate("named", "deeds", "act", actor)
        days, general = (
            self.rate("named", "deeds", "side_day", actor),
            self.rate("general", "deeds", "side_day", actor),
        )
        return say(
            "{replier} answered **{whole}** of {actors} {n} hostile acts. Of {actors} deeds it answered {deeds} by act "
            "and {days} by day; counting also answers to sanctions in general, {general}.",
            replier=state_name(self.other(actor)),
            actors=f"{state_name(actor)}'s",
            whole=ranged(whole, "share"),
            n=whole["n"],
            deeds=deeds,
            days=days,
            general=general,
        )

    def rate(self, links: str, kind: str, unit: str, actor: str) -> str:
        """A share with its counts, or that there is none."""
        part = self.known("answers", "rates", links, kind, unit, actor)
        if part is None:
            return "none that could be counted"
        return written(f"{percent(part['estimate'])} ({part['n_answered']} of {part['n']})", part)

    def _by_deed(self) -> Prose:
        """How seldom a deed was answered by a deed."""
        said = []
        for actor in self.pair[::-1]:
            part = self.known("answers", "by_deed", "named", "act", actor)
            if part is not None:
                said.append(
                    say(
                        "{replier} answered {n} of {actors} {of} deeds",
                        replier=state_name(self.other(actor)),
                        n=part["n_answered"],
                        actors=f"{state_name(actor)}'s",
                        of=part["n"],
                    ).text
                )
        return Prose(f"By a deed, {'; '.join(said)}." if said else "")

    def recall(self) -> Prose:
        """What share of the acts on lists of other searches the record holds, since every rate depends on it."""
        part = self.value("recall")
        said = []
        for side in self.pair:
            shares = [
                f"{ranged(share, 'share')} of {state_name(side)}'s {kind}"
                for kind in ("deeds", "words")
                if (share := recall_of(part, side, kind))
            ]
            if shares:
                said.append(f"The record holds {listed(shares)}.")
        if not said:
            raise NotEstimable("The lists of other searches hold too few acts to say what the record misses.")
        return say(
            "To test how complete the record is, other searches listed days on which each side acted. {shares}",
            shares=Prose(" ".join(said)),
        )

    def lags(self) -> Prose:
        """How long answers in words took, and each answer by deed."""
        said = points([self._lag_of(side) for side in self.pair])
        deeds = [
            f"{state_name(side)} answered after {waits(sorted(lag['each']))}"
            for side in self.pair
            if (lag := self.known("answers", "lags", "deeds", side))
        ]
        by_deed = (
            f"By deed, {'; '.join(deeds)}."
            if deeds
            else "No answer by deed whose source names the act has known days."
        )
        return joined([said, Prose(by_deed)], "\n\n")

    def _lag_of(self, side: str) -> Prose:
        lag = self.known("answers", "lags", "words", side)
        if lag is None:
            return say("No answer of {name} in words has known days.", name=state_name(side))
        bounds = (
            ""
            if lag["bound_lower"] == lag["bound_upper"] == lag["estimate"]
            else f", {lag['bound_lower']:g} to {lag['bound_upper']:g} where the day of an act is not stated"
        )
        return say(
            "In words, {name} answered after a median of **{days}**{bounds}; {near} of {n} acts were answered "
            "within a day.",
            name=state_name(side),
            days=written(f"{lag['estimate']:g} {'day' if lag['estimate'] == 1 else 'days'}", lag),
            bounds=bounds,
            near=lag["n_within_a_day"],
            n=lag["n"],
        )

    def in_kind(self) -> Prose:
        """Whether answers are in kind more often than their composition gives."""
        said = []
        for kind, what in (("deeds", "by deed"), ("words", "in words")):
            part = self.known("answers", "in_kind", "named", kind, "both")
            if part is None:
                said.append(f"No answer {what} names the act.")
                continue
            expected = (
                "which is what their composition gives, whatever they answer"
                if not part["can_differ"]
                else f"where pairing them at random gives {percent(part['expected'])} (p {_p(part['p_value'])})"
            )
            said.append(
                say(
                    "Of the {n} answers {what} that name an act, {kind} are in its domain, {expected}.",
                    n=part["n"],
                    what=what,
                    kind=part["n_in_kind"],
                    expected=Prose(expected),
                ).text
            )
        return points(said)

    # Whose acts follow whose

    def excitation(self) -> Prose:
        """What one act sets off in words and in deeds, and what cannot be told."""
        said = [self._set_off(side, kind) for kind in ("words", "deeds") for side in self.pair]
        has_driver = self.known("excitation", "drivers") != {}
        return say(
            "The model sees dates alone, and allows for {events}each side's own earlier acts.{alone}\n\n{said}",
            events="the calendar of outside events and for " if has_driver else "",
            alone="" if has_driver else " It knows no outside events, which may move both sides.",
            said=points(said),
        )

    def _set_off(self, side: str, kind: str) -> str:
        """One direction and kind: the number, and what it allows to say."""
        part = self.known("kinds", "excitation", f"{self.other(side)} all->{side} {kind}")
        if part is None:
            why = self.found["kinds"].get("excitation", {}).get(f"{self.other(side)} all->{side} {kind}", {})
            reason = why.get(
                "not_estimable", self.found["kinds"].get("not_estimable", "There are too few acts.")
            )
            return say(
                "Nothing can be said of {name}'s {kind}. {why}", name=state_name(side), kind=kind, why=reason
            ).text
        numbers = {
            "name": f"{state_name(side)}'s",
            "kind": kind,
            "other": state_name(self.other(side)),
            "number": ranged(part),
        }
        if part["verdict"] == "shown":
            return say(
                "Each act of {other} is followed on later days by **{number}** more of {name} {kind} than usual "
                "(p = {p} by timing).",
                p=written(f"{part['timing_p_value']:.3f}", part["timing_p_value"]),
                **numbers,
            ).text
        power = self._why_not(part)
        verdict = (
            "no large effect is seen" if part["verdict"] == "no large effect" else "**the data cannot tell**"
        )
        return say(
            "For {name} {kind} {verdict}: one act of {other} sets off {number}, and {power}.",
            verdict=Prose(verdict),
            power=Prose(power),
            **numbers,
        ).text

    def _why_not(self, part: Mapping[str, Any]) -> str:
        """Why an effect is not shown: what would have been seen, or what stands against saying that there is none."""
        sizes = [one for one in part["power"] or () if "estimate" in one]
        if not sizes:
            return "records of this size cannot show an effect"
        size = part["excluded"] or sizes[-1]
        if part["verdict"] == "cannot tell" and size["estimate"] >= self.value("kinds", "enough_power"):
            p = f"{part['timing_p_value']:.3f}"
            if part["lower"] > 0:
                return f"though the interval leaves out zero, moving the acts in time gives as much (p = {p})"
            if part["excluded"]:
                return f"the timing hints at an effect (p = {p})"
            return "smaller effects would often be missed"
        return say(
            "an effect of {ratio} would be seen in {seen} of such records",
            ratio=f"{size['ratio']:g}",
            seen=percent(size["estimate"]),
        ).text

    def pairs(self) -> Prose:
        """How many acts come in the days after the other's, against chance."""
        tested = {name: one for name, one in self.value("kinds", "pairs").items() if "p_value" in one}
        if not tested:
            raise NotEstimable("No pair of kinds has enough acts to be compared with chance.")
        shown = [name for name, one in tested.items() if one["verdict"] == "shown"]
        nearest = min(tested, key=lambda name: (tested[name]["verdict"] == "shown", tested[name]["p_value"]))
        return say(
            "Without a model: in {n_shown} of {n} comparisons more acts come {start} to {end} days later than chance "
            "gives, with the number of comparisons allowed for.{which}\n\nOf the others the closest is {nearest}: "
            "{pairs} pairs where chance gives {expected}, one-sided p = {p} alone and {q} with all comparisons "
            "allowed for.",
            n_shown=len(shown) or "none",
            n=len(tested),
            start=self.value("kinds", "days_from"),
            end=self.value("kinds", "days_to"),
            which=f" That is so of {listed(list(map(self.pair_words, shown)))}." if shown else "",
            nearest=self.pair_words(nearest),
            pairs=tested[nearest]["n_pairs"],
            expected=number(tested[nearest]["expected"]),
            p=f"{tested[nearest]['p_value']:.3f}",
            q=f"{tested[nearest]['q_value']:.3f}",
        )

    def pair_words(self, name: str) -> str:
        """Such as "Japan's words after Russia's deeds" for ``RUS deeds->JPN words``."""
        sides = [one.split(" ") for one in name.split("->")]
        return " after ".join(f"{state_name(code)}'s {kind}" for code, kind in reversed(sides))

    # Allies

    def coordination(self) -> Prose:
        """Whose deeds and words crowd near the steps of others, with and without the opening weeks."""
        said, silent = [], []
        for side in self.pair:
            for kind in ("deeds", "words"):
                found = self.known("coordination", "told", kind, side)
                if found is None or not found["tested"]:
                    continue
                if found["with_opening"]:
                    said.append(self._near(side, kind, found))
                else:
                    silent.append(f"{state_name(side)}'s {kind}")
        if silent:
            said.append(f"{listed(silent)} are beyond chance near no calendar.")
        if not said:
            raise NotEstimable("No side has enough acts near steps of others to be compared with chance.")
        return joined(map(Prose, filter(None, [*said, self._who_is_first()])), "\n\n")

    def _near(self, side: str, kind: str, found: Mapping[str, Any]) -> str:
        """One side and kind: the first calendar beyond chance, and what holds of all."""
        name = (found["without_opening"] or found["with_opening"])[0]
        part = self.value("coordination", "by_calendar", str(name), kind, side)
        later = len(found["without_opening"])
        return say(
            "Of {name}'s {n} {kind} from {start} to {end}, **{near}** lie near steps of {calendar} where chance would "
            "give {expected} (p = {p}).\n\n"
            "That is beyond chance for {n_told} of {n_tested} calendars, and for {n_later} without the opening "
            "weeks.",
            name=state_name(side),
            n=part["n_acts"],
            kind=kind,
            near=part["n_near"],
            calendar=str(name),
            expected=number(part["expected"]),
            **self.span_of(str(name)),
            p=f"{part['p_value']:.3f}",
            n_tested=count_word(len(found["tested"])),
            n_told=count_word(len(found["with_opening"])),
            n_later=count_word(later),
        ).text

    def span_of(self, calendar: str) -> dict[str, str]:
        """The first and last day on which acts are set against a calendar, in words."""
        part = self.value("coordination", "by_calendar", calendar)
        return {end: day_words(part[end]) for end in ("start", "end")}

    def opening_words(self) -> str:
        """Until when the opening weeks last, to stand after them; empty where there are none."""
        ends = self.known("coordination", "opening_ends")
        return f" (to {day_words(ends)})" if ends else ""

    def _who_is_first(self) -> str:
        """Whose step is most often the first around the deeds of a side that follows others."""
        for side in self.pair:
            first = self.known("coordination", "first", "deeds", side)
            told = self.known("coordination", "told", "deeds", side, "with_opening")
            if not told or first is None or not first["table"]:
                continue
            rows = {row["name"]: row["n_first"] for row in first["table"]}
            leader = max(rows, key=lambda name: (rows[name], name))
            return say(
                "On {n} of the {days} days with deeds of {name} and a step near, {leader} moved first; on {own}, "
                "{name} itself.",
                name=state_name(side),
                leader=str(leader),
                n=rows[leader],
                days=first["n_days"],
                own=rows.get(state_name(side), 0),
            ).text
        return ""

    # Counting

    def curve(self) -> Prose:
        """How far the answers depend on how one counts; the figure shows the other numbers."""
        found = {
            name: one for name, one in self.value("specifications", "quantities").items() if "lowest" in one
        }
        ranges = [
            say(
                "{what}: {low} to {high}",
                what=quantity_words(name, self.pair),
                low=of_unit(one["lowest"], one),
                high=of_unit(one["highest"], one),
            ).text
            for name, one in found.items()
            if name.startswith("answered acts")
        ]
        return say(
            "Dots vary what counts as one act, scale, provocations, sources, links or yearly acts.{ranges}",
            ranges=Prose(f" {'; '.join(ranges)}." if ranges else ""),
        )

    def limits(self) -> Prose:
        """What the reader must know of the record before quoting it."""
        months = sum(side["n_month_only"] for side in self.value("record", "by_side").values())
        complete = self.known("record", "completeness")
        searched = (
            say(
                " From {start} to {end} the search found an estimated {least} to {most} of the acts, where the "
                "record says so.",
                start=str(complete["start"])[:4],
                end=str(complete["end"])[:4],
                least=f"{complete['least_pct']:.0f}%",
                most=f"{complete['most_pct']:.0f}%",
            ).text
            if complete
            else ""
        )
        return say(
            "- **Reporting.** {alone} of {n} acts are known from one site only, and an answer counts only where a "
            "source says so. A protest always answers something. A sanction that answers a sanction is often "
            "reported as mere policy.{searched}\n"
            "- **Time.** {months} acts known only to the month are left out of all timing.{yearly}\n"
            "- **Cause.** The model knows no intentions. The calendars of others have gaps, and a common cause may "
            "move both sides.\n"
            "- **Weight.** Scales score kinds of act, not what an act cost.",
            alone=self.value("record", "n_acts_on_one_site"),
            n=self.value("record", "n_acts"),
            searched=Prose(searched),
            months=months or "No",
            yearly=Prose(
                say(
                    " {n} acts of kinds that come every year are recorded and not counted.",
                    n=yearly,
                ).text
                if (yearly := self.known("record", "n_yearly"))
                else ""
            ),
        )

    def compared(self) -> Prose:
        """Whether the two sides' shares differ, and what difference would be seen."""
        said = []
        for kind, what in (("words", "words"), ("deeds", "deeds")):
            part = self.known("answers", "compared", kind, "package")
            if part is not None:
                least = part["least_seen"]
                seen = f"a difference of {100 * least:.0f} points" if least is not None else "no difference"
                said.append(
                    say(
                        "Of {what}, counted by package, the two shares differ by {points} points (Fisher's p {p}); "
                        "{seen} would be seen with a chance of {power}.",
                        what=what,
                        points=f"{100 * abs(part['estimate']):.0f}",
                        p=_p(part["p_value"]),
                        seen=seen,
                        power=percent(part["power"]),
                    ).text
                )
        if not said:
            raise NotEstimable(
                "One side has no act that could have been answered, so there are no two shares to compare."
            )
        return points(said)


def _p(value: float) -> str:
    """A p value; a very small one is said to be so."""
    return "below 0.001" if value < 0.001 else f"= {value:.3f}"


def of_unit(value: Any, one: Mapping[str, Any]) -> str:
    """A number of the specifications in its unit."""
    if one["unit_of_number"] == "share":
        return percent(value)
    return written(f"{value:.2f}", value)
