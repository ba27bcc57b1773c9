"""The two files as records: ``params.yaml``, and a file of ``data/cases``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from retorsion.params.checks import Checks
from retorsion.params.escalation import EscalationCase, EscalationChoices
from retorsion.params.impact import ImpactCase, ImpactChoices
from retorsion.params.options import (
    CaseName,
    Count,
    EventType,
    Limits,
    Options,
    Pair,
    Share,
    Some,
    Span,
    Text,
    Whole,
    known_name,
)
from retorsion.params.sources import Events, EventsCompared, Sources


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
    half_life_limits: Limits
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
            known_name(self.events_compared.source, self.events, "events_compared.source", "events")
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
