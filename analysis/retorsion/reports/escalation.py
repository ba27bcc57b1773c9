"""What the page on escalation says, made from the findings of a case: sentences and tables, none with a name typed.

Each function gives prose or a table, or raises NotEstimable with the findings' own sentence where there is nothing to
say (:func:`retorsion.reports.statements.told` shows it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures.escalation import powers, quantity_words, scale_name
from retorsion.findings import estimated, written
from retorsion.reports.html import Html, Prose, number, percent, ranged, say, table
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

    def follows(self, side: str, kind: str) -> tuple[str, str] | None:
        """Whom a side's words or deeds can be shown to follow: ``others`` or ``other``, with the words for it."""
        calendars = self.known("coordination", "told", kind, side, "with_opening")
        target = self.known("kinds", "excitation", f"{self.other(side)} all->{side} {kind}", "verdict")
        if calendars:
            return "others", listed([str(name) for name in calendars])
        if target == "shown":
            return "other", state_name(self.other(side))
        return None

    def lead(self) -> Prose:
        """In one sentence for each side, whom its deeds and its words follow, as far as that can be shown."""
        self.value("record")
        parts = [text for side in self.pair if (text := self._lead_of(side))]
        silent = [state_name(side) for side in self.pair if not self._lead_of(side)]
        if not parts:
            return say(
                "**Neither {a}'s nor {b}'s acts can be shown to follow anybody's.** What the data can and cannot "
                "tell is said below.",
                a=self.names[0],
                b=self.names[1],
            )
        rest = f" Of {listed(silent)} neither can be shown." if silent else ""
        return say("**{parts}.**{rest}", parts=Prose(". ".join(parts)), rest=rest)

    def _lead_of(self, side: str) -> str:
        """Such as "Japan's deeds follow its allies, its words follow Russia"."""
        deeds, words = self.follows(side, "deeds"), self.follows(side, "words")
        said: list[str] = []
        for kind, whom in (("deeds", deeds), ("words", words)):
            if whom is not None:
                owner = "its" if said else f"{state_name(side)}'s"
                after = f"{self._others(side)}" if whom[0] == "others" else whom[1]
                said.append(f"{owner} {kind} follow {after}")
        return ", ".join(said)

    def _others(self, side: str) -> str:
        """What the calendars of others are to a side."""
        return "the steps against it" if side in self.found["record"]["steps_against"] else "its allies"

    # Record and intensity

    def record(self) -> Prose:
        """What was counted, and where it was searched."""
        a, b = self.names
        first, second = self.pair
        spans = [f"{span['start']} to {span['end']}" for span in self.value("record", "recorded")]
        return say(
            "The record has {n} acts. An announcement and the decision that puts it into force count once, which "
            "leaves {counted}. **{hostile} are hostile**: {n_a} of {a} and {n_b} of {b}. Of these, {words_a} of {a} "
            "and {words_b} of {b} are words: protests, criticism, warnings. The others are deeds. Acts were searched "
            "for from {spans}; outside these spans silence means nothing.",
            n=self.value("record", "n_acts"),
            counted=self.value("record", "n_counted"),
            hostile=self.value("record", "n_hostile"),
            a=a,
            b=b,
            n_a=self.value("record", "by_side", first, "n_hostile"),
            n_b=self.value("record", "by_side", second, "n_hostile"),
            words_a=self.value("record", "by_side", first, "n_words"),
            words_b=self.value("record", "by_side", second, "n_words"),
            spans=" and from ".join(spans),
        )

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
            f"{UNIT_WORDS[unit]} {percent(by_unit[unit, False]['estimate'])}"
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
            "sampling the widest range is {lower} to {upper}. On the {scale} scale it is {share}. The choice of what "
            "counts as one act matters most: {counts}. Provocations are overflights, drills and deployments, scored "
            "as what they are. What no source reported is not counted.",
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
        parts = [self._answered(actor) for actor in self.pair[::-1]]
        return say(
            "An act counts as answered if a source says that a later act answers it. {parts} {by_deed}",
            parts=Prose(" ".join(parts)),
            by_deed=Prose(self._by_deed()),
        )

    def _answered(self, actor: str) -> str:
        """The shares of one side's acts that the other answered."""
        rates = self.value("answers", "rates")
        whole = estimated(rates, "named", "all", "act", actor)
        deeds = self._rate("named", "deeds", "act", actor)
        days, general = (
            self._rate("named", "deeds", "side_day", actor),
            self._rate("general", "deeds", "side_day", actor),
        )
        return say(
            "{replier} answered **{whole}** of {actors} {n} hostile acts. Of {actors} deeds it answered {deeds} by act "
            "and {days} by day; with answers to sanctions in general, {general} by day.",
            replier=state_name(self.other(actor)),
            actors=f"{state_name(actor)}'s",
            whole=ranged(whole, "share"),
            n=whole["n"],
            deeds=deeds,
            days=days,
            general=general,
        ).text

    def _rate(self, links: str, kind: str, unit: str, actor: str) -> str:
        """A share with its counts, or that there is none."""
        part = self.known("answers", "rates", links, kind, unit, actor)
        if part is None:
            return "none that could be counted"
        return written(f"{percent(part['estimate'])} ({part['n_answered']} of {part['n']})", part)

    def _by_deed(self) -> str:
        """How seldom a deed was answered by a deed."""
        said = []
        for actor in self.pair[::-1]:
            part = self.known("answers", "by_deed", "named", "act", actor)
            if part is not None:
                said.append(
                    say(
                        "{replier} answered {n} of {actors} {of} deeds by a deed",
                        replier=state_name(self.other(actor)),
                        n=part["n_answered"],
                        actors=f"{state_name(actor)}'s",
                        of=part["n"],
                    ).text
                )
        return f"Answers are mostly words: {'; '.join(said)}." if said else ""

    def lags(self) -> Prose:
        """How long answers in words took, and each answer by deed."""
        said = [self._lag_of(side) for side in self.pair]
        deeds = [
            f"{state_name(side)}'s came after {listed([f'{day:,}' for day in lag['each']])} days"
            for side in self.pair
            if (lag := self.known("answers", "lags", "deeds", side))
        ]
        by_deed = (
            f"Answers by deed are few and stand one by one: {'; '.join(deeds)}."
            if deeds
            else "No answer by deed whose source names the act has known days."
        )
        return say("{words} {by_deed}", words=Prose(" ".join(said)), by_deed=Prose(by_deed))

    def _lag_of(self, side: str) -> str:
        lag = self.known("answers", "lags", "words", side)
        if lag is None:
            return say("No answer of {name} in words has known days.", name=state_name(side)).text
        bounds = (
            "by whatever day counts"
            if lag["bound_lower"] == lag["bound_upper"] == lag["estimate"]
            else f"{lag['bound_lower']:g} to {lag['bound_upper']:g} where the day of an act is not stated"
        )
        return say(
            "In words, {name} answered after a median of **{days}**, {bounds}; {near} of {n} acts were answered "
            "within a day.",
            name=state_name(side),
            days=written(f"{lag['estimate']:g} {'day' if lag['estimate'] == 1 else 'days'}", lag),
            bounds=bounds,
            near=lag["n_within_a_day"],
            n=lag["n"],
        ).text

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
                else f"where pairing them at random gives {percent(part['expected'])} (p = {part['p_value']:.2f})"
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
        return say("{said}", said=Prose(" ".join(said)))

    # Whose acts follow whose

    def excitation(self) -> Prose:
        """What one act sets off in words and in deeds, and what cannot be told."""
        said = [self._set_off(side, kind) for kind in ("words", "deeds") for side in self.pair]
        return say(
            "The model looks at dates alone: a level, the calendar of outside events, the side's own earlier acts, "
            "and the other's. {said}",
            said=Prose(" ".join(said)),
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
                "Of {name}'s {kind} nothing can be told. {why}", name=state_name(side), kind=kind, why=reason
            ).text
        numbers = {
            "name": f"{state_name(side)}'s",
            "kind": kind,
            "other": state_name(self.other(side)),
            "number": ranged(part),
        }
        if part["verdict"] == "shown":
            return say(
                "One act of {other} sets off **{number}** of {name} {kind} on later days; moved in time at random, "
                "the acts give as strong a pattern with p = {p}.",
                p=written(f"{part['timing_p_value']:.3f}", part),
                **numbers,
            ).text
        seen = [one for one in part["power"] or () if "estimate" in one]
        power = (
            say(
                "an effect of {ratio} would be seen in {seen} of such records",
                ratio=f"{seen[-1]['ratio']:g}",
                seen=percent(seen[-1]["estimate"]),
            ).text
            if seen
            else "records of this size cannot show an effect"
        )
        verdict = (
            "no large effect is there" if part["verdict"] == "no large effect" else "**the data cannot tell**"
        )
        return say(
            "For {name} {kind}, {verdict}: {number}, and {power}.",
            verdict=Prose(verdict),
            power=Prose(power),
            **numbers,
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
            "gives, with the number of comparisons allowed for{which}. Of the others the closest is {nearest}: "
            "{pairs} pairs where chance gives {expected}, one-sided p = {p} alone and {q} with all comparisons "
            "allowed for.",
            n_shown=len(shown) or "none",
            n=len(tested),
            start=self.value("kinds", "days_from"),
            end=self.value("kinds", "days_to"),
            which=f": {listed([self._pair_words(name) for name in shown])}" if shown else "",
            nearest=self._pair_words(nearest),
            pairs=tested[nearest]["n_pairs"],
            expected=number(tested[nearest]["expected"]),
            p=f"{tested[nearest]['p_value']:.3f}",
            q=f"{tested[nearest]['q_value']:.3f}",
        )

    def _pair_words(self, name: str) -> str:
        """Such as "Russia's deeds, then Japan's words" for ``RUS deeds->JPN words``."""
        sides = [one.split(" ") for one in name.split("->")]
        return ", then ".join(f"{state_name(code)}'s {kind}" for code, kind in sides)

    # Allies

    def coordination(self) -> Prose:
        """Whose deeds and words crowd near the steps of others, with and without the opening weeks."""
        said = []
        for kind in ("deeds", "words"):
            for side in self.pair:
                found = self.known("coordination", "told", kind, side)
                if found is not None and found["tested"]:
                    said.append(self._near(side, kind, found))
        if not said:
            raise NotEstimable("No side has enough acts near steps of others to be compared with chance.")
        return say("{said}", said=Prose(" ".join(said)))

    def _near(self, side: str, kind: str, found: Mapping[str, Any]) -> str:
        """One side and kind: the calendar with the most days of steps, and what holds of all."""
        calendars = self.value("coordination", "by_calendar")
        name = (list(found["with_opening"]) or list(found["tested"]))[0]
        part = calendars[name][kind][side]
        n_told, n_later = len(found["with_opening"]), len(found["without_opening"])
        whole = say(
            "Of {name}'s {n} {kind}, {near} lie near steps of {calendar} where chance gives {expected} (p = {p}).",
            name=state_name(side),
            n=part["n_acts"],
            kind=kind,
            near=part["n_near"],
            calendar=str(name),
            expected=number(part["expected"]),
            p=f"{part['p_value']:.3f}",
        ).text
        if not n_told:
            return f"{whole} For none of {len(found['tested'])} calendars is it more than chance may bring."
        return (
            f"{whole} That is more than chance for {n_told} of {len(found['tested'])} calendars, and for {n_later} "
            "of them without the opening weeks too."
        )

    # Counting

    def curve(self) -> Prose:
        """How far the answers and the excitation hang on how one counts, and what changes without some sources."""
        found = {
            name: one for name, one in self.value("specifications", "quantities").items() if "lowest" in one
        }
        ranges = [
            say(
                "{what}: {low} to {high}",
                what=quantity_words(name, self.pair),
                low=_of_unit(one["lowest"], one),
                high=_of_unit(one["highest"], one),
            ).text
            for name, one in found.items()
            if name != "share of first"
        ]
        return say(
            "Every number was asked in every way: what counts as one act, which scale, provocations in or out, kinds "
            "of source, links that name the act or sanctions in general, yearly acts in or out. The ranges are: "
            "{ranges}.",
            ranges=Prose("; ".join(ranges)),
        )

    def sources(self) -> Html:
        """The headline numbers again without state media, and on official pages and agencies alone."""
        rows = []
        for name, one in self.value("specifications", "quantities").items():
            if "by_choice" not in one:
                continue
            row = {"number": quantity_words(name, self.pair)}
            for reading, part in one["by_choice"]["sources"].items():
                row[reading] = _with_n(part, one)
            rows.append(row)
        if not rows:
            raise NotEstimable("No headline number can be estimated.")
        frame = pl.DataFrame(rows, infer_schema_length=None)
        return table(
            frame,
            caption="The headline numbers by the kinds of source that an act needs one of, with the number of acts",
            labels={"number": "Number"} | {name: name[0].upper() + name[1:] for name in frame.columns[1:]},
            interactive=False,
        )

    def rates(self) -> Html:
        """Shares answered, by kind, unit, links and denominator."""
        rows = []
        for kind in ("all", "words", "deeds"):
            for unit, words in UNIT_WORDS.items():
                for actor in self.pair:
                    row: dict[str, str | None] = {
                        "acts": state_name(actor),
                        "kind": {"all": "all hostile acts"}.get(kind, kind),
                        "unit": words,
                        "named": self._rate("named", kind, unit, actor),
                        "general": self._rate("general", kind, unit, actor),
                    }
                    part = self.known("answers", "without_answers", kind, unit, actor)
                    row["alone"] = (
                        f"{percent(part['estimate'])} ({part['n_answered']} of {part['n']})" if part else None
                    )
                    rows.append(row)
        self.value("answers", "rates")
        return table(
            pl.DataFrame(rows, infer_schema_length=None),
            caption="Acts answered by the other side, by what is counted as one",
            labels={
                "acts": "Acts of",
                "kind": "Kind",
                "unit": "Counted",
                "named": "The source names the act",
                "general": "With sanctions in general",
                "alone": "Of acts that are no answer",
            },
            interactive=False,
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
                        "Of {what}, counted by package, the two shares differ by {points} points (Fisher's p = {p}); "
                        "{seen} would be seen with a chance of {power}.",
                        what=what,
                        points=f"{100 * abs(part['estimate']):.0f}",
                        p=f"{part['p_value']:.2g}",
                        seen=seen,
                        power=percent(part["power"]),
                    ).text
                )
        if not said:
            raise NotEstimable(
                "One side has no act that could have been answered, so there are no two shares to compare."
            )
        return say("{said}", said=Prose(" ".join(said)))

    def power(self) -> Html:
        """How often effects of some sizes would be seen, words and deeds apart."""
        rows = powers(self.value("kinds"), self.pair)
        if not rows:
            raise NotEstimable(
                "No question of words and deeds has enough acts to ask how large an effect would be seen."
            )
        shown = [
            {
                "question": row["question"],
                "size": row["size"],
                "seen": ranged(row["seen"], "share")
                if "estimate" in row["seen"]
                else row["seen"]["not_estimable"],
            }
            for row in rows
        ]
        return table(
            pl.DataFrame(shown, infer_schema_length=None),
            caption="How large an effect would be seen in records like this one",
            labels={
                "question": "Whose acts set off whose",
                "size": "Acts set off by one",
                "seen": "It would be seen in",
            },
            formats={"size": ".2g"},
            interactive=False,
        )

    def deeds(self, lags: pl.DataFrame) -> Html:
        """Each answer by deed whose source names the act, with its lag and the bounds of the lag.

        Args:
            lags: frame ``lags``.
        """
        own = lags.filter(
            pl.col("is_deed") & (pl.col("answers_type") == "act") & (pl.col("answered_type") == "hostile_act")
        ).sort("reply_date", "reply_act_id", "act_id")
        if own.is_empty():
            raise NotEstimable("No answer by deed has a source that names the act.")
        bounds = pl.when(pl.col("lag_lower") == pl.col("lag_upper")).then(pl.lit(None, dtype=pl.String))
        return table(
            own.select(
                pl.col("reply_actor_code").replace(dict(zip(self.pair, self.names, strict=True))),
                pl.col("reply_act_type").str.replace_all("_", " "),
                "reply_date",
                pl.col("act_type").str.replace_all("_", " "),
                "act_date",
                "lag_days",
                bounds.otherwise(pl.format("{} to {}", "lag_lower", "lag_upper")).alias("bounds"),
            ),
            caption="Answers by deed whose source names the act",
            labels={
                "reply_actor_code": "Answer of",
                "reply_act_type": "Deed",
                "reply_date": "Day",
                "act_type": "To",
                "act_date": "Of",
                "lag_days": "Days",
                "bounds": "Bounds",
            },
            interactive=False,
        )


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _of_unit(value: Any, one: Mapping[str, Any]) -> str:
    """A number of the specifications in its unit."""
    if one["unit_of_number"] == "share":
        return percent(value)
    return written(f"{value:.2f}", value)


def _with_n(part: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """A number with its sample, or that it is too thin."""
    if "estimate" not in part:
        return "too few acts"
    return f"{_of_unit(part['estimate'], one)} ({part['n']:,})"
