"""What the front page says: one plain finding of each case, and the few that say most over all cases."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures.days import months_in_words
from retorsion.figures.tariffs import TEN_PER_CENT
from retorsion.findings import place_of, written
from retorsion.reports.escalation import Telling
from retorsion.reports.exhibits.impact import left_out_words, measure_words
from retorsion.reports.html import count_word, evidence_href, from_site, number, percent, say
from retorsion.reports.site import Case
from retorsion.sources.states import state_name

#: Findings that the front page shows at most, beside the one of each case.
MOST = 5


@dataclass(frozen=True)
class Finding:
    """One finding of the front page.

    Attributes:
        value: the number, as the reader sees it; Markdown, as are the next three.
        sentence: what it says, a sentence.
        caveat: what it does not say, a sentence.
        interval: its uncertainty or what it is counted from, in a few words.
        href: where it is shown in full.
        rows_href: where the rows behind the number are.
    """

    value: str
    sentence: str
    caveat: str
    interval: str
    href: str
    rows_href: str | None = None


def plain(case: Case) -> Finding | None:
    """The one finding that stands for a case: who answered how often, or who did more. None where neither is known."""
    return next(iter(findings(case, (_answers, _share))), None)


def foremost(cases: Sequence[Case], compared: Case | None = None) -> list[Finding]:
    """The findings over all cases, at most five: what they say together, then each kind by the first case that has it.

    Args:
        cases: in their order.
        compared: all cases together, as :class:`retorsion.reports.site.Context` has them.
    """
    found = findings(compared, (_deeds,)) if compared else []
    for write in BY_WEIGHT:
        found += next(filter(None, (findings(case, (write,)) for case in cases)), [])
    return found[:MOST]


def findings(case: Case, writers: Sequence[Writer] | None = None) -> list[Finding]:
    """The findings of a case in the order of their weight; what could not be estimated is left out.

    Args:
        case: the case.
        writers: of the findings that are asked for; all by default.
    """
    found = []
    for write in BY_WEIGHT if writers is None else writers:
        try:
            finding = write(case)
        except NotEstimable:
            continue
        if finding is not None:
            found.append(finding)
    return found


#: Below which a share is that of the fewer.
_HALF = 0.5


def _deeds(case: Case) -> Finding | None:
    """How often deeds were answered in kind, over all cases."""
    pooled = case.findings["cases"]["pooled"]
    deeds, words = (_estimate(pooled, f"deed answered by {kind}") for kind in ("deed", "word"))
    if deeds is None or words is None:
        return None
    return _finding(
        case,
        "06_comparison.html#who-answers",
        value="{deeds}",
        sentence=("Most deeds are not answered by a deed. " if deeds["upper"] < _HALF else "")
        + "A deed is a sanction, a trade measure or an expulsion. In an average case, {deeds} of deeds were answered "
        "by a deed, as a source says, and {words} by a statement or a protest.",
        caveat="The cases were chosen because they are known for answers, so the rate does not hold for states in "
        "general.",
        interval="{low} to {high}, pooled mean of {n} cases, no count",
        **_range(deeds, lambda value: written(percent(value), deeds), "deeds"),
        n=count_word(int(deeds["n_cases"])),
        words=written(percent(words["estimate"]), words),
    )


def _telling(case: Case) -> Telling | None:
    """What the page on escalation says; None where the case has no findings on it."""
    found = case.findings.get("escalation")
    return Telling(found, case.scales[0]) if found else None


def _allies(case: Case) -> Finding | None:
    """Whose deeds crowd near the steps of others."""
    telling = _telling(case)
    if telling is None:
        return None
    for side in case.pair:
        calendars = telling.known("coordination", "told", "deeds", side)
        if not calendars or not calendars["without_opening"]:
            continue
        name = calendars["without_opening"][0]
        near = telling.value("coordination", "by_calendar", name, "deeds", side)
        return _finding(
            case,
            "02_escalation.html#is-it-a-duel-or-a-coalition-keeping-step",
            value="{near} of {n}",
            sentence="{owner} deeds cluster around {whom}. From {start} to {end}, {near} of its {n} deeds lie near "
            "steps of {calendar}; chance would give about {expected}. Of {n_tested} calendars {n_told} show this; "
            "without the opening weeks{opening}, {n_later}.",
            caveat="Both may have met the same events: acting at the same time does not prove an agreement.",
            interval="p = {p}, one-sided; counted by act",
            near=written(number(near["n_near"]), near),
            n=number(near["n_acts"]),
            owner=f"{state_name(side)}'s",
            whom=telling.what_others_are(side),
            calendar=name,
            expected=number(near["expected"]),
            **telling.span_of(name),
            opening=telling.opening_words(),
            n_told=count_word(len(calendars["with_opening"])),
            n_tested=count_word(len(calendars["tested"])),
            n_later=count_word(len(calendars["without_opening"])),
            p=f"{near['p_value']:.3f}",
        )
    return None


def _words(case: Case) -> Finding | None:
    """Whose words follow the other's acts, and what can be said of deeds."""
    telling = _telling(case)
    if telling is None:
        return None
    for side in case.pair:
        link = telling.known("kinds", "excitation", f"{telling.other(side)} all->{side} words")
        if not link or link["verdict"] != "shown":
            continue
        deeds = telling.known("kinds", "excitation", f"{telling.other(side)} all->{side} deeds", "verdict")
        return _finding(
            case,
            "02_escalation.html#whose-acts-follow-whose",
            value="{number}",
            sentence="{owner} words follow {other}: each act of {other} is followed on later days by about {number} "
            "more statements or protests of {name}. "
            + (
                "Its deeds show no such answer."
                if deeds == "no large effect"
                else "Its deeds follow too."
                if deeds == "shown"
                else "For its deeds the data cannot tell."
            ),
            caveat="Words count as sources report them, and one side may be reported more closely.",
            interval="{low} to {high}, counted by act",
            owner=f"{state_name(side)}'s",
            name=state_name(side),
            other=state_name(telling.other(side)),
            **_range(link, lambda value: number(value, digits=2), "number"),
        )
    return None


def _answers(case: Case) -> Finding | None:
    """The shares of hostile acts that each side answered, and how few answers are deeds."""
    telling = _telling(case)
    a, b = case.pair
    if telling is None:
        return None
    ours, theirs = (telling.known("answers", "rates", "named", "all", "act", side) for side in (b, a))
    deeds = [telling.known("answers", "lags", "deeds", side) for side in case.pair]
    if ours is None or theirs is None:
        return None
    curves = [telling.known("specifications", "quantities", f"answered acts of {side}") for side in (b, a)]
    ranges = [f"{percent(one['lowest'])} to {percent(one['highest'])}" for one in curves if one]
    return _finding(
        case,
        "02_escalation.html#who-answers-with-what-and-how-fast",
        value="{ours} and {theirs}",
        sentence="{a} answered {ours} of {b}'s hostile acts, and {b} answered {theirs} of {a}'s. {n_deeds} of the "
        "{n_answered} answered acts were answered by a deed.",
        caveat="Only what a source calls an answer counts, and a side that explains itself less seems to answer less.",
        interval="Counted in other ways: {ranges}" if ranges else "counted by act",
        a=state_name(a),
        b=state_name(b),
        n_deeds=_how_many(sum(one["n"] for one in deeds if one)),
        n_answered=ours["n_answered"] + theirs["n_answered"],
        ranges=" and ".join(ranges),
        ours=percent(ours["estimate"]),
        theirs=percent(theirs["estimate"]),
    )


#: Acts up to which a number of them is called small.
_FEW = 10


def _how_many(n: int) -> str:
    return "No" if not n else f"Only {n}" if n <= _FEW else str(n)


def _share(case: Case) -> Finding | None:
    """Which part of the recorded hostility came from the first side, in every way to count."""
    telling = _telling(case)
    curve = telling.known("specifications", "quantities", "share of first") if telling else None
    if curve is None:
        return None
    return _finding(
        case,
        "02_escalation.html#how-hard-did-each-side-act-and-when",
        value="{low} to {high}",
        sentence="{a} accounts for {low} to {high} of the recorded hostility between the two, weighted by "
        "severity.",
        caveat="It depends on what counts as one act, on the scale, on provocations and on sources.",
        interval="{lower} to {upper} with sampling; {n} ways to count",
        a=state_name(case.pair[0]),
        n=number(curve["n_estimated"]),
        low=percent(curve["lowest"]),
        high=percent(curve["highest"]),
        lower=percent(curve["widest_lower"]),
        upper=percent(curve["widest_upper"]),
    )


def _exports(case: Case) -> Finding | None:
    """The change in exports to the state under measures after the last measure that is studied."""
    impact = case.findings.get("impact") or {}
    exports = impact.get("monthly", {}).get("export", {})
    effects = exports.get("mean_effects")
    if not effects or case.reporter is None or case.target is None:
        return None
    last = effects[-1]
    return _finding(
        case,
        "03_trade_impact.html#how-much-did-trade-fall",
        value="{change}",
        sentence="After the measure of {measure}, {reporter}'s exports to {target} were {size} {direction} the "
        "level that its trade with other partners predicts.",
        caveat="Whatever else hit trade with {target} and not with the others is part of the number.",
        interval="{level} interval {low} to {high}; {sample}",
        size=written(percent(abs(math.expm1(last["estimate"]))), last["estimate"]),
        direction="below" if last["estimate"] < 0 else "above",
        reporter=state_name(case.reporter),
        target=state_name(case.target),
        level=percent(last["level"]),
        sample=written(months_in_words(last["sample"]), last["sample"]),
        measure=measure_words(exports["episodes"][-1]),
        **_range(last, lambda value: written(percent(math.expm1(value)), value), "change"),
    )


def _goods(case: Case) -> Finding | None:
    """What exports of the goods under measures did, where the change in all exports is not looked at."""
    impact = case.findings.get("impact") or {}
    effect = _estimate(impact, "area_goods", "export", "goods")
    if effect is None or effect["lower"] is None or effect["upper"] is None or _exports(case) is not None:
        return None
    named = impact["area_goods"]["export"]["n_named"]
    dates = case.rows("impact_area_goods_dates").filter(pl.col("flow_type") == "export")
    which = (
        f"the one group of goods under a measure, {dates['label'][0].lower()},"
        if named == 1
        else "the goods under measures"
    )
    return _finding(
        case,
        "03_trade_impact.html#did-goods-under-measures-fall-more",
        value="{change}",
        sentence="Exports of {which} from {reporter} to {target} were {size} {direction} what other "
        "goods and other partners predict.",
        caveat="Trade that moved to other goods or other partners counts as an effect.",
        interval="{level} interval {low} to {high}" + _holds_zero(effect),
        size=written(percent(abs(math.expm1(effect["estimate"]))), effect["estimate"]),
        direction="below" if effect["estimate"] < 0 else "above",
        which=which,
        reporter=state_name(str(case.reporter)),
        target=state_name(str(case.target)),
        level=percent(effect["level"]),
        **_range(effect, lambda value: written(percent(math.expm1(value)), value), "change"),
    )


def _tariffs(case: Case) -> Finding | None:
    """What a rise of the tariff by ten per cent did to sales under it."""
    impact = case.findings.get("impact") or {}
    effect = _estimate(impact, "tariffs", "exports", "elasticity")
    if effect is None:
        return None
    exports = impact["tariffs"]["exports"]
    return _finding(
        case,
        "05_tariffs.html#how-much-less-was-sold",
        value="{change}",
        sentence="Where the tariffs of {imposer} made a good 10% dearer, {exporter} sold an estimated {size} "
        "{direction} of it than sales of the same good elsewhere predict{unsure}.",
        caveat="Goods are compared with one another, so what the dispute did to all goods alike is no part of it.",
        interval="{level} interval {low} to {high}" + _holds_zero(effect),
        size=written(percent(abs(math.expm1(TEN_PER_CENT * effect["estimate"]))), effect["estimate"]),
        direction="less" if effect["estimate"] < 0 else "more",
        unsure=", though the data also allow no effect" if effect["lower"] <= 0 <= effect["upper"] else "",
        imposer=state_name(str(exports["imposer_code"])),
        exporter=state_name(str(exports["exporter_code"])),
        level=percent(effect["level"]),
        **_range(effect, lambda value: written(percent(math.expm1(TEN_PER_CENT * value)), value), "change"),
    )


def _holds_zero(effect: Mapping[str, Any]) -> str:
    return ", so there may have been no effect" if effect["lower"] <= 0 <= effect["upper"] else ""


def _diversion(case: Case) -> Finding | None:
    """What others bought more as a share of what sanctioning states bought less."""
    impact = case.findings.get("impact") or {}
    made_up = _estimate(impact, "diversion", "offset_range")
    if made_up is None or case.target is None:
        return None
    first = impact["diversion"]["totals"][0]
    return _finding(
        case,
        "04_diversion.html#where-did-it-go",
        value="{share}",
        sentence="From {base} to {comparison}, what other states bought more from {target} equals {share} of what "
        "sanctioning states bought less. The goods are {goods}{gap}.",
        caveat="This adds up totals. It does not say that the same goods went elsewhere.",
        interval="{low} to {high} over {n} other ways to count",
        target=state_name(case.target),
        goods=str(impact["diversion"]["goods"]),
        gap=left_out_words(impact),
        n=number(made_up["n_choices"]),
        base=str(first["base_years"]),
        comparison=str(first["comparison_years"]),
        **_range(made_up, percent, "share"),
    )


def _finding(
    case: Case, href: str, *, value: str, sentence: str, caveat: str, interval: str, **values: object
) -> Finding:
    """A finding with its numbers filled in; its addresses lead from the front page to the case's pages."""
    texts = (value, sentence, caveat, interval)
    value, sentence, caveat, interval = (from_site(say(text, **values).text, case.folder) for text in texts)
    places = [place for each in values.values() if (place := place_of(each))]
    rows = f"{case.folder}{evidence_href(places[0])}" if places else None
    return Finding(value, sentence, caveat, interval, f"{case.folder}{href}", rows)


def _range(
    part: Mapping[str, Any],
    write: Callable[[Any], str],
    estimate: str,
    low: str = "low",
    high: str = "high",
) -> dict[str, str]:
    """An estimate and its interval in words, under the names of a sentence's fields."""
    return {estimate: write(part["estimate"]), low: write(part["lower"]), high: write(part["upper"])}


def _estimate(found: Any, *path: str | None) -> Mapping[str, Any] | None:
    """A part of the findings that has an estimate; None where it could not be estimated."""
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) and found.get("estimate") is not None else None


Writer = Callable[[Case], Finding | None]
#: Who writes a finding, the weightiest first.
BY_WEIGHT: Sequence[Writer] = (_allies, _exports, _tariffs, _diversion, _words, _goods, _answers, _share)
