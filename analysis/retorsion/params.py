"""What is asked: ``params.yaml`` (sources and choices all cases share) and ``data/cases`` (one pair of states each).

Both files become frozen records here, checked as they are read: an unknown key, a wrong type and a name that no
state, source or scale has are errors with their place and the nearest names. Names of acts, measures, products and
the like are marked with :class:`Names`; :func:`check_names` sets them against the tables when a step has loaded them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Self, TypeVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from retorsion.errors import ParameterError, did_you_mean
from retorsion.sources.states import known_codes
from retorsion.sources.yaml_text import parse_mapping, read_mapping


class Options(BaseModel):
    """Base of all records of options: no key but those named, no value changed afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Names:
    """Marks a value that names a thing of the tables; ``kind`` says which, such as ``measure``."""

    kind: str


def _state(code: str) -> str:
    if code not in known_codes():
        raise ValueError(
            f"is not a known state.{did_you_mean(code, known_codes())} Use an ISO 3166-1 alpha-3 code"
        )
    return code


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty, which it may not be. Fill it in")
    return text


def _matching(pattern: str, what: str) -> AfterValidator:
    def check(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(f"is not {what}. Correct it")
        return text

    return AfterValidator(check)


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        double = next(one for one in values if values.count(one) > 1)
        raise ValueError(f"names {double!r} twice. Name it once")
    return values


def _rising(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if list(values) != sorted(values):
        raise ValueError(f"falls: {', '.join(map(str, values))}. Write the first one first")
    return values


T = TypeVar("T")
Text = Annotated[str, AfterValidator(_filled)]
State = Annotated[str, AfterValidator(_state)]
CaseName = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]*", "a name in small letters, digits and hyphens")]
Currency = Annotated[
    str, _matching(r"[A-Z]{3}", "a currency code of ISO 4217, such as USD"), Names("currency")
]
Hs6 = Annotated[
    str,
    _matching(r"(0[1-9]|[1-6][0-9]|7[0-689]|8[0-9]|9[0-7])[0-9]{4}", "an HS code of six digits, in quotes"),
    Names("product"),
]
Source = Annotated[Text, Names("source")]
Measure = Annotated[Text, Names("measure")]
Goods = Annotated[Text, Names("goods")]
EventType = Annotated[Text, Names("event_type")]
Year = Annotated[int, Field(ge=1900, le=2100)]
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Some = Annotated[tuple[T, ...], Field(min_length=1), AfterValidator(_distinct)]
Pair = Annotated[tuple[State, State], AfterValidator(_distinct)]
Years = Annotated[tuple[Year, Year], AfterValidator(_rising)]
Scale = Literal["intensity_goldstein", "intensity_plover", "intensity_equal", "intensity_log_subjects"]
Period = Literal["day", "week", "month", "quarter"]
Domain = Literal["sanction", "trade_measure", "diplomatic_action", "context"]
SourceKind = Literal[
    "official", "agency", "newspaper", "state_media", "trade_press", "law_firm", "think_tank", "aggregator", "spun",
    "forum", "social", "pravda_network",
]  # fmt: skip
Answers = Literal["act", "sanctions_in_general"]


class Span(Options):
    """Days from ``start`` to ``end``, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"ends on {self.end}, before it starts on {self.start}. Correct one of the two")
        return self


class Nomenclature(Options):
    """Where the codes of the Harmonized System come from, and of which revision they are."""

    source: Source
    revision: Literal["HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022"]


class Scores(Options):
    """Sources of the intensity of event codes."""

    cameo: Source
    plover: Source


class TariffRates(Options):
    """A source of rates in force, and the revision of its codes, which its file does not state."""

    hs_revision: Literal["HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022"]


class Duties(Options):
    """What the table of duties of a source calls its columns: field to column, or to ``=`` and a value."""

    columns: dict[str, str] | None = None


class Tariffs(Options):
    """Sources of tariffs: rates in force, changes by line, duties on imports.

    Attributes:
        rates: sources of the reader ``tariff_rates``.
        lines: sources of the reader ``tariff_lines``.
        duties: sources of the reader ``duties``, each with the columns of its table.
    """

    rates: dict[Source, TariffRates] = {}
    lines: Annotated[tuple[Source, ...], AfterValidator(_distinct)] = ()
    duties: dict[Source, Duties] = {}


class Sources(Options):
    """The sources that tables are built from. What the builder of a list takes is checked where it is built."""

    ledgers: Some[Source]
    act_types: Source
    hosts: Source
    calendars: Annotated[tuple[Source, ...], AfterValidator(_distinct)] = ()
    lists: dict[Source, dict[str, Any]] = {}
    flows: dict[Source, dict[str, Any]] = {}
    measures: dict[Source, dict[str, Any]] = {}
    tariffs: Tariffs = Tariffs()
    fetched: Annotated[tuple[Source, ...], AfterValidator(_distinct)] = ()
    rates: Source
    nomenclature: Nomenclature
    scores: Scores


class Events(Options):
    """A source of machine-coded events."""

    reader: Literal["gdelt", "icews", "polecat"]
    files: Text | Some[Text]
    pairs: Some[Pair] | None = None


class EventsCompared(Options):
    """The source of events that stands beside the acts of each case, and how they are compared."""

    source: Text
    period: Period = "month"
    scale: Literal["intensity_goldstein", "intensity_plover"] = "intensity_goldstein"
    quads: (
        Some[Literal["verbal_cooperation", "material_cooperation", "verbal_conflict", "material_conflict"]]
        | None
    ) = None
    window_days: Whole = 1


class Hostile(Options):
    """The acts to which an answer could be expected: those above a point of a scale."""

    scale: Scale
    above: float


class Replies(Options):
    """How answers are counted."""

    named: Some[Answers]
    general: Some[Answers]
    within_days: Whole
    min_answered: Count
    answered_by_days: Some[Whole]
    candidate_lag_days: Some[Count]
    unknown_days: Whole


class Power(Options):
    """Effects whose detection is simulated, in acts set off by one act."""

    effects: Some[Positive]
    n_draws: Count
    n_shifts: Count


class ExcitationChoices(Options):
    """How excitation is estimated."""

    min_acts: Count
    min_days: Count
    half_life_limits: Annotated[tuple[Positive, Positive], AfterValidator(_rising)]
    n_refits: Count
    residual_lags: Count
    timing_half_lives: Some[Positive]
    test_shares: Some[Share]
    power: Power
    granger_lags: Count


class RegimeChoices(Options):
    """How regimes are found."""

    period: Period
    max_changes: Count
    min_size: Count
    min_acts: Count


class TransitionChoices(Options):
    """Which acts count as following one another."""

    max_gap_days: Count
    min_acts: Count


class CoordinationChoices(Options):
    """How near to an ally's step an act has to be. The first window and length of block are the main ones."""

    windows: Some[tuple[Whole, Whole]]
    block_days: Some[Count]
    opening_days: Whole
    lag_days: Count
    min_acts: Count


class FollowingChoices(Options):
    """Lags of a pair of acts, and shares of acts followed whose detection is simulated."""

    days_from: Count
    days_to: Count
    shares: Some[Positive]


class SpecificationChoices(Options):
    """What is varied to find the widest honest range.

    Attributes:
        source_kinds: for each reading the kinds of source that an act needs one of; none means any.
        min_acts: fewest acts of which a share answered is given.
    """

    min_acts: Count
    source_kinds: dict[Text, tuple[SourceKind, ...]]


class RecallChoices(Options):
    """How far apart in days an act of a list and one of the record may be, and how many acting days a list needs."""

    days: Whole
    min_days: Count


class SensitivityChoices(Options):
    """Which sites are left out in turn."""

    min_acts: Count


class EscalationChoices(Options):
    """Choices of the escalation analysis that all cases share."""

    scales: Some[Scale]
    periods: Some[Period]
    block_days: Count
    hostile: Hostile
    kind_groups: dict[Text, Some[Domain]]
    rungs: Some[Text]
    replies: Replies
    excitation: ExcitationChoices
    regimes: RegimeChoices
    transitions: TransitionChoices
    coordination: CoordinationChoices
    following: FollowingChoices
    specifications: SpecificationChoices
    recall: RecallChoices
    sensitivity: SensitivityChoices


class SyntheticChoices(Options):
    """How synthetic controls are placed."""

    seed: int
    n_placebo_dates: Count


class MonthlyChoices(Options):
    """How monthly trade is compared."""

    group_estimator: Literal["reml_ar1", "ols_hac", "poisson_hac", "state_space"]
    comparison_minimum_share: Positive
    placebo_window_months: Count
    months_after: Count
    synthetic: SyntheticChoices


class AreaGoodsChoices(Options):
    """How goods under measures are compared with other goods and other areas.

    Attributes:
        bin_months: months in a bin of time from a measure, of which there are ``bins_before`` and ``bins_after``.
        minimum_untreated: groups of goods under no measure that a month needs.
        n_placebo_areas: largest other areas put in the target's place.
        minimum_share: of the target's trade in the goods under measures, that such an area needs.
        n_exchanges: most exchanges of the measures among groups of goods.
        first_months: full months after the first measure that the first split of the fall looks at.
        relative_magnitudes: differences in trends after the measures, as multiples of the largest seen before.
        smoothness: log points by which the slope of that difference may change from one year to the next. At 0 the
            interval rests on the estimated covariance alone: with 24 groups of goods and 14 years it covers 70 %.
    """

    bin_months: Count
    bins_before: Count
    bins_after: Count
    minimum_untreated: Count
    n_placebo_areas: Annotated[int, Field(ge=3)]
    minimum_share: Positive
    n_exchanges: Count
    first_months: Count
    relative_magnitudes: Some[Positive]
    smoothness: Some[Positive]


class MirrorChoices(Options):
    """Within which share two records of one flow agree."""

    tolerance: Positive


class PriceVolumeChoices(Options):
    """Deviations from which a unit value is an outlier."""

    k: Positive


class DiversionChoices(Options):
    """How many buyers outside the coalition are named, and how small a loss gives no share.

    Attributes:
        n_named: buyers.
        min_loss_share: least loss of the coalition, as a share of the one told, of which a share is given.
    """

    n_named: Count
    min_loss_share: Share


class ImporterChoices(Options):
    """When importers' records show that goods cannot be measured, and when a quantity of theirs is no quantity.

    Attributes:
        max_missing_share: largest share of importers' known purchases of which the source of all pairs may have
            no row.
        max_unit_value_ratio: how many times a unit value may be above or below the median of its goods and year.
    """

    max_missing_share: Share
    max_unit_value_ratio: Annotated[float, Field(gt=1)]


class ReroutingChoices(Options):
    """Which goods were lost to the target, and how few of them tell nothing.

    Attributes:
        lost_share: goods of which more than this share of the sales to the target is gone count as lost.
        min_goods: fewest goods of either kind.
    """

    lost_share: Share
    min_goods: Count


class GravityChoices(Options):
    """Sample and placebos of the gravity equation.

    Attributes:
        embargoes: source of who was under whose embargo: such an exporter stands in for nobody.
    """

    minimum_value_kusd: Annotated[float, Field(ge=0)]
    n_placebo_targets: Count
    embargoes: Source | None = None


class TariffChoices(Options):
    """Sample of the effect of tariffs.

    Attributes:
        minimum_value_kusd: products sold for less over all months are left out: they carry no weight.
        n_largest: products left out together, to see how far the effect rests on them.
        anticipation_months: before a rise, in which shipments may be moved forward, and as many from it on, which
            then lack them.
    """

    minimum_value_kusd: Annotated[float, Field(ge=0)]
    n_largest: Count
    anticipation_months: Count


class ImpactChoices(Options):
    """Choices of the analysis of trade that all cases share."""

    monthly: MonthlyChoices
    area_goods: AreaGoodsChoices
    mirror: MirrorChoices
    price_volume: PriceVolumeChoices
    diversion: DiversionChoices
    gravity: GravityChoices
    importers: ImporterChoices
    rerouting: ReroutingChoices
    tariffs: TariffChoices


class ComparisonChoices(Options):
    """How cases are set side by side.

    Attributes:
        within_days: an answer later than so many days is none.
        min_acts: fewer acts are too thin for a rate or a median.
        truce_types: types of act that ease or settle, and so end a chain of answers.
        end_days: days after the last act of a chain within which something counts as its end.
        half_life_limits: of the pooled excitation, days.
        test_share: of the days of each case that are kept to test the pooled excitation.
    """

    within_days: Count
    min_acts: Count
    truce_types: Some[EventType]
    end_days: Count
    half_life_limits: Annotated[tuple[Positive, Positive], AfterValidator(_rising)]
    test_share: Share


class Params(Options):
    """``params.yaml``."""

    cases: Some[CaseName]
    sources: Sources
    events: dict[Text, Events] = {}
    events_compared: EventsCompared | None = None
    level: Share
    seed: Whole
    n_draws: Count
    n_bootstrap: Annotated[int, Field(ge=2)]
    escalation: EscalationChoices
    impact: ImpactChoices
    comparison: ComparisonChoices

    @model_validator(mode="after")
    def _refers(self) -> Self:
        if self.events_compared is not None:
            _known(self.events_compared.source, self.events, "events_compared.source", "events")
        return self


class AsOf(Options):
    """A published count of designations that a list must reproduce on a day."""

    total_id: Annotated[Text, Names("total")]
    day: date
    sender_code: State
    programmes: Some[Annotated[Text, Names("programme")]]


class CountsOfList(Options):
    """The list against which published counts of designations are set."""

    list: Source


class Figures(Options):
    """Published trade figures, and the flows against which they are set."""

    source: Source
    flows: Source
    reporter: State
    partner: State
    currency: Currency
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)]


class Checks(Options):
    """What others published about the tables."""

    as_of: tuple[AsOf, ...] = ()
    counts: CountsOfList | None = None
    figures: Figures | None = None


class Calendar(Options):
    """Steps of others against one side, near which acts may cluster. A step has to meet every condition given.

    Attributes:
        target_code: the side they are against.
        event_types: types of event that are such steps.
        actor_codes: who took them; none: whoever did.
        steps: words, of which the name of a step holds one.
        min_designations: fewest persons and bodies listed.
        complete: days for which the steps are recorded without a gap; others are not tested.
    """

    target_code: State
    event_types: Some[EventType]
    actor_codes: Annotated[tuple[Annotated[Text, Names("step_actor")], ...], AfterValidator(_distinct)] = ()
    steps: Annotated[tuple[Text, ...], AfterValidator(_distinct)] = ()
    min_designations: Count | None = None
    complete: Span | None = None


class Outside(Options):
    """What happened outside: events of some types, or the steps of calendars of the case."""

    event_types: Annotated[tuple[EventType, ...], AfterValidator(_distinct)] = ()
    calendars: Annotated[tuple[Text, ...], AfterValidator(_distinct)] = ()

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.event_types) == bool(self.calendars):
            raise ValueError("needs either event_types or calendars. Give one of the two")
        return self


class Decay(Outside):
    """An outside event whose effect halves in some days."""

    shape: Literal["decay"]
    half_life_days: Positive


class Step(Outside):
    """An outside event whose effect lasts."""

    shape: Literal["step"]


class Around(Outside):
    """An outside event that matters on the days around it."""

    shape: Literal["around"]
    days_before: Whole
    days_after: Whole


#: What both sides react to.
Driver = Annotated[Decay | Step | Around, Field(discriminator="shape")]


class Variant(Options):
    """One reading of the same acts."""

    family: Literal["poisson", "negative_binomial", "bernoulli"]
    half_life: Literal["common", "receiver", "link"]
    drivers: Annotated[tuple[Text, ...], AfterValidator(_distinct)]
    start: date | None = None


class Recall(Span):
    """Lists of acts found by other searches, and the days that these searched."""

    source: Source


class Mark(Options):
    """An act or event that is named on the axes of time."""

    id: Annotated[Text, Names("act")]
    label: Text


class StoryStep(Options):
    """An act or event of the record, and what is told of it."""

    id: Annotated[Text, Names("act")]
    text: Text


class Story(Options):
    """A stretch of the record told step by step, each of which moves the timeline to its act."""

    title: Text
    steps: Annotated[tuple[StoryStep, ...], Field(min_length=2, max_length=15)]


class EscalationCase(Options):
    """What is asked about the acts of a pair."""

    recorded: tuple[Span, ...] = ()
    dense: Span
    break_event_types: tuple[EventType, ...] = ()
    context: Annotated[tuple[Source, ...], AfterValidator(_distinct)] | None = None
    calendars: dict[Text, Calendar] = {}
    recall: Recall | None = None
    first_test_day: date
    drivers: dict[Text, Driver] = {}
    with_driver: Text
    without_driver: Text
    variants: dict[Text, Variant]
    marks: tuple[Mark, ...] = ()
    story: Story | None = None

    @model_validator(mode="after")
    def _refers(self) -> Self:
        for key in ("with_driver", "without_driver"):
            _known(getattr(self, key), self.variants, key, "variants")
        for name, variant in self.variants.items():
            for driver in variant.drivers:
                _known(driver, self.drivers, f"variants.{name}.drivers", "drivers")
        for name, outside in self.drivers.items():
            for calendar in outside.calendars:
                _known(calendar, self.calendars, f"drivers.{name}.calendars", "calendars")
        return self


class MarkedMeasure(Options):
    """A measure that is drawn on an axis of time."""

    measure_id: Measure
    label: Text


class StudiedMeasure(MarkedMeasure):
    """A measure whose effect is estimated; its day comes from ``trade_measures``."""

    anticipation_months: Whole = 0
    months_before: Whole = 0
    event_study: bool = True


class MonthlyFlow(Options):
    """Measures and goods of one direction of trade."""

    measures: Some[StudiedMeasure]
    marks: tuple[MarkedMeasure, ...] = ()
    goods: Annotated[tuple[Goods, ...], AfterValidator(_distinct)] = ()


class Monthly(Options):
    """Monthly statistics of the reporter."""

    source: Source
    value_column: Literal["value_kusd", "value_eur", "value_thousand_jpy"]
    currency: Currency
    foreign_currency: Currency
    export: MonthlyFlow | None = None
    imports: Annotated[MonthlyFlow | None, Field(alias="import")] = None

    def flows(self) -> dict[Literal["export", "import"], MonthlyFlow]:
        """The directions of trade that are looked at."""
        given: dict[Literal["export", "import"], MonthlyFlow | None] = {
            "export": self.export,
            "import": self.imports,
        }
        return {flow: one for flow, one in given.items() if one is not None}


class AreaFlow(Options):
    """Groups of goods of one direction of trade, which do not overlap."""

    goods: Some[Goods]


class AreaGoods(Options):
    """Trade of the reporter by area and group of goods.

    Attributes:
        source: the trade by month.
        yearly: the same by year, for the years before the measures; none where it is not recorded.
        value_column: of both.
        imports: the key ``import``.
    """

    source: Source
    yearly: Source | None = None
    value_column: Literal["value_kusd", "value_eur", "value_thousand_jpy"]
    export: AreaFlow | None = None
    imports: Annotated[AreaFlow | None, Field(alias="import")] = None

    def flows(self) -> dict[Literal["export", "import"], AreaFlow]:
        """The directions of trade that are looked at."""
        given: dict[Literal["export", "import"], AreaFlow | None] = {
            "export": self.export,
            "import": self.imports,
        }
        return {flow: one for flow, one in given.items() if one is not None}


class Mirror(Options):
    """Years and goods of which two records are compared."""

    years: Some[Year]
    published_through: Year | None = None
    goods: dict[Text, Goods]


class PriceVolume(Options):
    """Pairs of years between which values are decomposed."""

    windows: Some[Years]


class Window(Options):
    """Years compared."""

    base: Some[Year]
    comparison: Some[Year]


class Diversion(Options):
    """Where the target's exports went.

    Attributes:
        member_day: who belongs to the coalition on it.
        goods: what the goods of the source are, in words of a sentence.
        other_windows: years compared besides.
        marks: measures on the axis of years.
    """

    member_day: date
    goods: Text = "the goods that the source of all pairs has"
    other_windows: tuple[Window, ...] = ()
    marks: tuple[MarkedMeasure, ...] = ()


class Replacement(Options):
    """A product of which the target's place is looked at."""

    name: Text
    hs6: Some[Hs6]
    base_year: Year
    comparison_year: Year

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _years_in_order(self)
        return self


class ImporterRecords(Options):
    """Importers' own records of what they bought from the target.

    Attributes:
        source: among the flows; values in euros. Its ``goods.csv`` says which products each group is.
        usd_per_eur: at which its euros lead back to the dollars they were made from.
        min_months: fewest months of a year that make a record of the year.
    """

    source: Source
    usd_per_eur: Positive
    min_months: Annotated[int, Field(ge=1, le=12)] = 12


class Rerouting(Options):
    """Exports of others to the target and to the states around it.

    Attributes:
        source: of the exports, by month, partner and product.
        after: months after the measures; compared with the same months of ``base_year``.
        before: months of the year of ``after`` before the measures, which show how fast partners were growing.
        base_year: the year before.
        hubs: partners that goods may go through; all but the target where none is named.
        priority: list of goods looked at apart.
    """

    source: Source
    after: Span
    before: Span
    base_year: Year
    hubs: Annotated[tuple[Annotated[State, Names("partner")], ...], AfterValidator(_distinct)] = ()
    priority: Source | None = None

    @model_validator(mode="after")
    def _of_one_year(self) -> Self:
        if self.after.start.year != self.after.end.year or self.before.start.year != self.before.end.year:
            raise ValueError("before and after lie each within one year. Shorten the one that does not")
        if not self.base_year < self.before.start.year == self.after.start.year:
            raise ValueError(
                f"before and after are of one year, later than base_year ({self.base_year}). Correct one of them"
            )
        if self.before.end >= self.after.start:
            raise ValueError("before ends before after starts. Correct one of the two")
        return self


class Gravity(Options):
    """Importers left out one at a time, then together."""

    without: Annotated[tuple[State, ...], AfterValidator(_distinct)] = ()


class TariffExports(Options):
    """Exports of one side that pay the tariffs of the other.

    Attributes:
        source: monthly exports by product, to the other side and to the world.
        exporter: the side that exports.
        imposer: the side that imposes the tariffs.
        first_month: first day of the first month used.
        base_year: whose trade weighs averages.
    """

    source: Source
    exporter: State
    imposer: State
    first_month: date
    base_year: Year


class TariffImports(Options):
    """Imports of one side from the other, on which it raised tariffs.

    Attributes:
        source: monthly imports by chapter and partner.
        duties: source of the duties paid.
        importer: the side that imports.
        target: the side whose goods pay.
        base_year: before the tariffs.
        comparison_year: after them.
        named: partners that pages name.
    """

    source: Source
    duties: Source
    importer: State
    target: State
    base_year: Year
    comparison_year: Year
    named: Some[State]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _years_in_order(self)
        return self


class TariffsCase(Options):
    """What is asked about tariffs between the two sides.

    Attributes:
        exports: the side that answered, or was answered, by its exports.
        imports: the side that imposed, by its imports.
        sections: source of the sections of goods.
        averages: source of published averages, if any.
        estimates: source of published effects, if any.
    """

    exports: TariffExports | None = None
    imports: TariffImports | None = None
    sections: Source
    averages: Source | None = None
    estimates: Source | None = None


class ImpactCase(Options):
    """What is asked about the trade of a pair. A part that is absent is left out of the findings, which say so."""

    reporter: State
    target: State
    coalition: Source | None = None
    pairwise: Source | None = None
    years: Years | None = None
    base_year: Year | None = None
    comparison_year: Year | None = None
    products: Annotated[tuple[Hs6, ...], AfterValidator(_distinct)] = ()
    monthly: Monthly | None = None
    area_goods: AreaGoods | None = None
    mirror: Mirror | None = None
    price_volume: PriceVolume | None = None
    diversion: Diversion | None = None
    replacement: tuple[Replacement, ...] = ()
    gravity: Gravity | None = None
    importers: ImporterRecords | None = None
    rerouting: Rerouting | None = None
    tariffs: TariffsCase | None = None

    @model_validator(mode="after")
    def _tariffs_of_its_pair(self) -> Self:
        tariffs, pair = self.tariffs, {self.reporter, self.target}
        sides = (
            ("exports", {tariffs.exports.exporter, tariffs.exports.imposer})
            if tariffs and tariffs.exports
            else None,
            ("imports", {tariffs.imports.importer, tariffs.imports.target})
            if tariffs and tariffs.imports
            else None,
        )
        for part in sides:
            if part is not None and part[1] != pair:
                raise ValueError(
                    f"tariffs.{part[0]} is about {' and '.join(sorted(part[1]))}, not about "
                    f"{' and '.join(sorted(pair))}. Name one side as the one and the other as the other"
                )
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.base_year is not None and self.comparison_year is not None:
            _years_in_order(self)
        if self.mirror is not None and self.monthly is None:
            raise ValueError("has mirror, which needs monthly. Add monthly, or leave mirror out")
        needs_pairs = ("mirror", "price_volume", "diversion", "replacement", "gravity", "importers")
        for part in needs_pairs:
            if getattr(self, part) and self.pairwise is None:
                raise ValueError(
                    f"has {part}, which needs pairwise. Name the source of all pairs, or leave {part} out"
                )
        for year in ("years", "base_year", "comparison_year"):
            for part in ("diversion", "replacement", "gravity", "importers"):
                if getattr(self, part) and getattr(self, year) is None:
                    raise ValueError(f"has {part}, which needs {year}. Add it, or leave {part} out")
        for part in ("diversion", "gravity"):
            if getattr(self, part) is not None and self.coalition is None:
                raise ValueError(f"has {part}, which needs a coalition. Name its source, or leave {part} out")
        return self


class ComparisonCase(Options):
    """What of a case is set beside other cases besides the whole of it.

    Attributes:
        episodes: spans by a name of yours.
    """

    episodes: dict[Text, Span] = {}


class Case(Options):
    """A file of ``data/cases``: what is asked of one pair of states.

    Attributes:
        pair: codes of the two sides; the order fixes the order of all results.
        window: acts outside it stay in the tables and out of the analysis.
        impact: what is asked about their trade.
    """

    name: str = Field(default="", exclude=True)
    title: Text
    question: Text
    pair: Pair
    window: Span
    checks: Checks = Checks()
    escalation: EscalationCase
    impact: ImpactCase
    comparison: ComparisonCase = ComparisonCase()

    @model_validator(mode="after")
    def _about_its_pair(self) -> Self:
        for name, calendar in self.escalation.calendars.items():
            if calendar.target_code not in self.pair:
                raise ValueError(
                    f"escalation.calendars.{name} is about steps against {calendar.target_code}, which is no side "
                    f"of this pair ({', '.join(self.pair)}). Leave it out, or name a calendar of this pair"
                )
        if {self.impact.reporter, self.impact.target} != set(self.pair):
            raise ValueError(
                f"impact is about {self.impact.reporter} and {self.impact.target}, not about this pair "
                f"({', '.join(self.pair)}). Name one side as the reporter and the other as the target"
            )
        return self


def _years_in_order(record: Any) -> None:
    if record.comparison_year < record.base_year:
        raise ValueError(
            f"comparison_year ({record.comparison_year}) is before base_year ({record.base_year}). "
            "Correct one of the two"
        )


def _known(name: str, known: Collection[str], key: str, section: str) -> None:
    if name not in known:
        raise ValueError(
            f"{key} names {name!r}, which is not in {section}.{did_you_mean(name, known)} "
            f"It has: {', '.join(known) or 'nothing'}"
        )


def read_params(path: Path, raw: Path) -> Params:
    """Read and check ``params.yaml``.

    Args:
        path: the file.
        raw: ``data/raw``, whose folders are the sources that may be named.

    Raises:
        ParameterError: names each slip, its place, the value and what to write.
    """
    params = _record(path, Params)
    _check_sources(path, params, raw)
    return params


def check_params(text: str, raw: Path) -> None:
    """Raise ParameterError unless a text could be ``params.yaml``. Arguments and errors as :func:`read_params`."""
    path = Path("params.yaml")
    _check_sources(path, _validated(parse_mapping(text, path.name, ParameterError), path, Params), raw)


def read_case(path: Path, params: Params, raw: Path) -> Case:
    """Read and check a file of ``data/cases``.

    Args:
        path: the file.
        params: the parameters, whose sources the case may name.
        raw: ``data/raw``.

    Raises:
        ParameterError: as :func:`read_params`.
    """
    case = _record(path, Case).model_copy(update={"name": path.stem})
    _check_sources(path, case, raw)
    impact, figures, counts = case.impact, case.checks.figures, case.checks.counts
    named = [
        ("impact.monthly.source", impact.monthly.source if impact.monthly else None, "flows"),
        ("impact.area_goods.source", impact.area_goods.source if impact.area_goods else None, "flows"),
        ("impact.area_goods.yearly", impact.area_goods.yearly if impact.area_goods else None, "flows"),
        ("impact.pairwise", impact.pairwise, "flows"),
        ("impact.importers.source", impact.importers.source if impact.importers else None, "flows"),
        ("impact.rerouting.source", impact.rerouting.source if impact.rerouting else None, "flows"),
        *_sources_of_tariffs(impact.tariffs),
        ("checks.figures.flows", figures.flows if figures else None, "flows"),
        ("checks.counts.list", counts.list if counts else None, "lists"),
    ]
    for place, source, section in named:
        sources = params.sources
        known = sources.tariffs.duties if section == "tariffs.duties" else getattr(sources, section)
        if source is not None and source not in known:
            raise ParameterError(
                f"{_of(path)}, {place}, value {source!r}: is not in sources.{section} of params.yaml."
                f"{did_you_mean(source, known)} It has: {', '.join(known) or 'nothing'}"
            )
    return case


def _sources_of_tariffs(tariffs: TariffsCase | None) -> list[tuple[str, str | None, str]]:
    """Places of the sources that tariffs name, the sources, and the section of params.yaml each belongs to."""
    exports, imports = (tariffs.exports, tariffs.imports) if tariffs else (None, None)
    return [
        ("impact.tariffs.exports.source", exports.source if exports else None, "flows"),
        ("impact.tariffs.imports.source", imports.source if imports else None, "flows"),
        ("impact.tariffs.imports.duties", imports.duties if imports else None, "tariffs.duties"),
    ]


def _check_sources(path: Path, record: Options, raw: Path) -> None:
    known = sorted(folder.parent.name for folder in raw.glob("*/source.yaml"))
    check_names(record, {"source": known}, file=_of(path))


def _of(path: Path) -> str:
    return path.name if path.name == "params.yaml" else f"data/cases/{path.name}"


R = TypeVar("R", bound=Options)


def _record(path: Path, kind: type[R]) -> R:
    """The record of a YAML file; JSON in between, in which a date has to be text and no text is a number."""
    return _validated(read_mapping(path, ParameterError), path, kind)


def _validated(loaded: Mapping[Any, Any], path: Path, kind: type[R]) -> R:
    text = json.dumps(_plain(loaded, path))
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        said = [_explained(path, kind, one) for one in _causes(error.errors(), kind)]
        raise ParameterError("\n".join(dict.fromkeys(said))) from None


def _plain(value: Any, path: Path, place: tuple[str, ...] = ()) -> Any:
    """Values as JSON has them; a date, a key or a number that needs quotes is named."""
    where = ", ".join((_of(path), *([".".join(place)] if place else [])))
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ParameterError(f'{where}: the key {key} needs quotes. Write "{key}"')
        return {key: _plain(one, path, (*place, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, path, (*place, str(number))) for number, one in enumerate(value)]
    if isinstance(value, date):
        raise ParameterError(f'{where}, value {value}: needs quotes. Write "{value}"')
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise ParameterError(f"{where}, value {value}: is not a number. Write a finite one")
    return value


def _causes(errors: Sequence[Any], kind: type[Options]) -> list[Any]:
    """Errors without those that follow from another: a misspelt key leaves one missing, a bad item a list short."""
    misspelt = {
        (*one["loc"][:-1], *get_close_matches(str(one["loc"][-1]), _keys(kind, one["loc"][:-1]), n=1))
        for one in errors
        if one["type"] == "extra_forbidden"
    }
    places = [tuple(one["loc"]) for one in errors]
    return [
        one
        for one, place in zip(errors, places, strict=True)
        if not (one["type"] == "missing" and place in misspelt)
        and not (
            one["type"] == "too_short"
            and any(len(p) > len(place) and p[: len(place)] == place for p in places)
        )
    ]


def _explained(path: Path, kind: type[Options], error: Any) -> str:
    """One slip in one line."""
    loc = tuple(part for part in error["loc"] if part not in ("decay", "step", "around"))
    place = ".".join(str(part) for part in loc if part != "[key]")
    where = f"{_of(path)}, {place}" if place else _of(path)
    value = error["input"]
    written = (
        f", value {value!r}" if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    )
    if isinstance(value, bool):
        written = f", value {str(value).lower()}"
    if error["type"] == "extra_forbidden":
        fields = _keys(kind, loc[:-1])
        parent = ".".join(map(str, loc[:-1]))
        return (
            f"{_of(path)}{f', {parent}' if parent else ''}: has no option {loc[-1]!r}."
            f"{did_you_mean(str(loc[-1]), fields)} It takes: {', '.join(fields)}"
        )
    if error["type"] == "missing":
        parent = ".".join(map(str, loc[:-1]))
        what = "the second of two values" if isinstance(loc[-1], int) else loc[-1]
        return f"{_of(path)}{f', {parent}' if parent else ''}: lacks {what}. Add it"
    if error["type"] == "value_error":
        return f"{where}{written}: {error['ctx']['error']}"
    if error["type"] in ("literal_error", "union_tag_invalid"):
        value = error["ctx"].get("tag", value)
        written = f", value {value!r}"
        allowed = re.findall(
            r"'([^']*)'", str(error["ctx"].get("expected") or error["ctx"].get("expected_tags"))
        )
        return f"{where}{written}: is unknown.{did_you_mean(str(value), allowed)} Use one of: {', '.join(allowed)}"
    if value is None:
        return f"{where}: is empty, which it may not be. Fill it in"
    if error["type"] == "too_short":
        return (
            f"{where}: is empty, which it may not be. Fill it in, or leave the key out where it may be absent"
        )
    message = error["msg"].removeprefix("Input should be ").removeprefix("Value ").rstrip(".")
    return f"{where}{written}: should be {message}"


def _keys(kind: type[Options], loc: tuple[Any, ...]) -> list[str]:
    """Keys of the record at a place."""
    at: Any = kind
    for part in loc:
        at = _inside(at, part)
    at = _model(at)
    if at is None:
        return []
    return [field.alias or name for name, field in at.model_fields.items() if not field.exclude]


def _inside(annotation: Any, part: Any) -> Any:
    model = _model(annotation)
    if model is not None and isinstance(part, str):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
        return annotation
    arguments = [one for one in get_args(annotation) if one is not type(None) and one is not Ellipsis]
    if get_origin(annotation) is Annotated:
        return _inside(arguments[0], part)
    if get_origin(annotation) in (Union, UnionType):
        return _inside(arguments[0], part)
    return arguments[-1] if arguments else annotation


def _model(annotation: Any) -> type[Options] | None:
    if isinstance(annotation, type) and issubclass(annotation, Options):
        return annotation
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return next((found for one in get_args(annotation) if (found := _model(one)) is not None), None)
    return None


@dataclass(frozen=True)
class Reference:
    """A value that names a thing of the tables.

    Attributes:
        place: keys from the outside in, joined by dots.
        kind: of the thing, as :class:`Names` has it.
        value: the name.
    """

    place: str
    kind: str
    value: str


def references(record: Options, place: tuple[str, ...] = ()) -> Iterator[Reference]:
    """Every value of a record that names a thing of the tables, in order."""
    for name, field in type(record).model_fields.items():
        where = (*place, field.alias or name)
        yield from _references(getattr(record, name), field.annotation, field.metadata, where)


def _references(
    value: Any, annotation: Any, metadata: Collection[Any], place: tuple[str, ...]
) -> Iterator[Reference]:
    if value is None:
        return
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from _references(value, inner, [*metadata, *more], place)
        return
    if isinstance(value, Options):
        yield from references(value, place)
        return
    kinds = [one.kind for one in metadata if isinstance(one, Names)]
    if kinds and isinstance(value, str):
        yield Reference(".".join(place), kinds[0], value)
        return
    arguments = [one for one in get_args(annotation) if one not in (type(None), Ellipsis)]
    if get_origin(annotation) in (Union, UnionType):
        for one in arguments:
            yield from _references(value, one, metadata if len(arguments) == 1 else (), place)
    elif isinstance(value, tuple) and get_origin(annotation) is tuple:
        for number, one in enumerate(value):
            yield from _references(one, arguments[min(number, len(arguments) - 1)], (), (*place, str(number)))
    elif isinstance(value, dict) and get_origin(annotation) is dict:
        for key, one in value.items():
            yield from _references(key, arguments[0], (), place)
            yield from _references(one, arguments[1], (), (*place, key))


#: What a name is called in messages, and where one looks it up.
KINDS = {
    "source": ("source", "data/raw"),
    "act": ("act or event", "the tables acts and context_events"),
    "event_type": ("type of event", "data/raw/act_types/act_types.csv"),
    "step_actor": ("actor of a step", "the table context_events"),
    "measure": ("measure", "the table trade_measures"),
    "product": ("product", "the trade of all pairs"),
    "goods": ("group of goods", "goods.csv beside the monthly statistics"),
    "programme": ("programme", "the table sanctions"),
    "total": ("published total", "the table published_totals"),
    "currency": ("currency", "the table exchange_rates"),
    "partner": ("partner", "the source of rerouting"),
}


def check_names(record: Options, known: Mapping[str, Collection[str]], *, file: str) -> None:
    """Check the names in a record against what there is.

    Args:
        record: options.
        known: the names there are, by kind (:data:`KINDS`). Kinds that are absent are not checked.
        file: where the options are written, for the message.

    Raises:
        ParameterError: names each unknown one, its place and the nearest names.
    """
    said = []
    for one in references(record):
        if one.kind in known and one.value not in known[one.kind]:
            what, where = KINDS[one.kind]
            nearest = did_you_mean(one.value, known[one.kind])
            said.append(
                f"{file}, {one.place}, value {one.value!r}: there is no such {what} in {where}.{nearest}"
            )
    if said:
        raise ParameterError("\n".join(dict.fromkeys(said)))
