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


class Sources(Options):
    """The sources that tables are built from. What the builder of a list takes is checked where it is built."""

    ledgers: Some[Source]
    act_types: Source
    hosts: Source
    calendars: Annotated[tuple[Source, ...], AfterValidator(_distinct)] = ()
    lists: dict[Source, dict[str, Any]] = {}
    flows: dict[Source, dict[str, Any]] = {}
    measures: dict[Source, dict[str, Any]] = {}
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
    """How near to a step of a group an act has to be."""

    days_before: Whole
    days_after: Some[Whole]
    main_days_after: Whole
    min_acts: Count


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
    sensitivity: SensitivityChoices


class SyntheticChoices(Options):
    """How synthetic controls are placed and drawn."""

    n_starts: Count
    n_replicates: Count
    seed: int
    n_placebo_dates: Count


class MonthlyChoices(Options):
    """How monthly trade is compared."""

    group_estimator: Literal["reml_ar1", "ols_hac", "poisson_hac", "state_space"]
    comparison_minimum_share: Positive
    placebo_window_months: Count
    months_after: Count
    synthetic: SyntheticChoices


class ExportGoodsChoices(Options):
    """Bins of the path of goods under measures."""

    bin_months: Count
    bins_before: Count
    bins_after: Count
    minimum_untreated: Count


class ImportGoodsChoices(Options):
    """Placebos of the yearly imports of goods."""

    n_placebo_partners: Count


class MirrorChoices(Options):
    """Within which share two records of one flow agree."""

    tolerance: Positive


class PriceVolumeChoices(Options):
    """Deviations from which a unit value is an outlier."""

    k: Positive


class DiversionChoices(Options):
    """How many buyers outside the coalition are named."""

    n_named: Count


class GravityChoices(Options):
    """Sample and placebos of the gravity equation."""

    minimum_value_kusd: Annotated[float, Field(ge=0)]
    n_placebo_targets: Count
    relative_magnitude: Positive


class ImpactChoices(Options):
    """Choices of the analysis of trade that all cases share."""

    monthly: MonthlyChoices
    export_goods: ExportGoodsChoices
    import_goods: ImportGoodsChoices
    mirror: MirrorChoices
    price_volume: PriceVolumeChoices
    diversion: DiversionChoices
    gravity: GravityChoices


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
    """Steps of a group of states near which acts may cluster, and the state they are against."""

    event_types: Some[EventType]
    target_code: State


class Decay(Options):
    """An outside event whose effect halves in some days."""

    shape: Literal["decay"]
    event_types: Some[EventType]
    half_life_days: Positive


class Step(Options):
    """An outside event whose effect lasts."""

    shape: Literal["step"]
    event_types: Some[EventType]


class Around(Options):
    """An outside event that matters on the days around it."""

    shape: Literal["around"]
    event_types: Some[EventType]
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


class Mark(Options):
    """An act or event that is named on the axes of time."""

    id: Annotated[Text, Names("act")]
    label: Text


class EscalationCase(Options):
    """What is asked about the acts of a pair."""

    recorded: tuple[Span, ...] = ()
    dense: Span
    break_event_types: tuple[EventType, ...] = ()
    context: Annotated[tuple[Source, ...], AfterValidator(_distinct)] | None = None
    calendar: Calendar | None = None
    first_test_day: date
    drivers: dict[Text, Driver] = {}
    with_driver: Text
    without_driver: Text
    variants: dict[Text, Variant]
    marks: tuple[Mark, ...] = ()

    @model_validator(mode="after")
    def _refers(self) -> Self:
        for key in ("with_driver", "without_driver"):
            _known(getattr(self, key), self.variants, key, "variants")
        for name, variant in self.variants.items():
            for driver in variant.drivers:
                _known(driver, self.drivers, f"variants.{name}.drivers", "drivers")
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


class ExportGoods(Options):
    """Groups of goods set beside one another."""

    goods: Some[Goods]


class ImportGoods(Options):
    """Raw materials set beside one another."""

    products: Some[Hs6]


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
    """Where the target's exports went."""

    member_day: date
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


class Gravity(Options):
    """Importers left out one at a time, then together."""

    without: Annotated[tuple[State, ...], AfterValidator(_distinct)] = ()


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
    export_goods: ExportGoods | None = None
    import_goods: ImportGoods | None = None
    mirror: Mirror | None = None
    price_volume: PriceVolume | None = None
    diversion: Diversion | None = None
    replacement: tuple[Replacement, ...] = ()
    gravity: Gravity | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.base_year is not None and self.comparison_year is not None:
            _years_in_order(self)
        for part in ("export_goods", "mirror"):
            if getattr(self, part) is not None and self.monthly is None:
                raise ValueError(f"has {part}, which needs monthly. Add monthly, or leave {part} out")
        needs_pairs = ("import_goods", "mirror", "price_volume", "diversion", "replacement", "gravity")
        for part in needs_pairs:
            if getattr(self, part) and self.pairwise is None:
                raise ValueError(
                    f"has {part}, which needs pairwise. Name the source of all pairs, or leave {part} out"
                )
        for year in ("years", "base_year", "comparison_year"):
            for part in ("import_goods", "diversion", "replacement", "gravity"):
                if getattr(self, part) and getattr(self, year) is None:
                    raise ValueError(f"has {part}, which needs {year}. Add it, or leave {part} out")
        for part in ("diversion", "gravity"):
            if getattr(self, part) is not None and self.coalition is None:
                raise ValueError(f"has {part}, which needs a coalition. Name its source, or leave {part} out")
        return self


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

    @model_validator(mode="after")
    def _about_its_pair(self) -> Self:
        calendar = self.escalation.calendar
        if calendar is not None and calendar.target_code not in self.pair:
            raise ValueError(
                f"escalation.calendar is about steps against {calendar.target_code}, which is no side of this "
                f"pair ({', '.join(self.pair)}). Leave it out, or name a calendar of this pair"
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
        ("impact.pairwise", impact.pairwise, "flows"),
        ("checks.figures.flows", figures.flows if figures else None, "flows"),
        ("checks.counts.list", counts.list if counts else None, "lists"),
    ]
    for place, source, section in named:
        known = getattr(params.sources, section)
        if source is not None and source not in known:
            raise ParameterError(
                f"{_of(path)}, {place}, value {source!r}: is not in sources.{section} of params.yaml."
                f"{did_you_mean(source, known)} It has: {', '.join(known) or 'nothing'}"
            )
    return case


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
    "measure": ("measure", "the table trade_measures"),
    "product": ("product", "the trade of all pairs"),
    "goods": ("group of goods", "goods.csv beside the monthly statistics"),
    "programme": ("programme", "the table sanctions"),
    "total": ("published total", "the table published_totals"),
    "currency": ("currency", "the table exchange_rates"),
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
