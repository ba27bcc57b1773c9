"""Options of the analysis of acts: choices that all cases share, and what a case asks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from retorsion.params.options import (
    Answers,
    Count,
    Domain,
    EventType,
    Limits,
    Names,
    Options,
    Period,
    Positive,
    Scale,
    Several,
    Share,
    Some,
    Source,
    SourceKind,
    Span,
    State,
    Text,
    Whole,
    known_name,
)


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
    half_life_limits: Limits
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
    actor_codes: Several[Annotated[Text, Names("step_actor")]] = ()
    steps: Several[Text] = ()
    min_designations: Count | None = None
    complete: Span | None = None


class Outside(Options):
    """What happened outside: events of some types, or the steps of calendars of the case."""

    event_types: Several[EventType] = ()
    calendars: Several[Text] = ()

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
    drivers: Several[Text]
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
    context: Several[Source] | None = None
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
            known_name(getattr(self, key), self.variants, key, "variants")
        for name, variant in self.variants.items():
            for driver in variant.drivers:
                known_name(driver, self.drivers, f"variants.{name}.drivers", "drivers")
        for name, outside in self.drivers.items():
            for calendar in outside.calendars:
                known_name(calendar, self.calendars, f"drivers.{name}.calendars", "calendars")
        return self
