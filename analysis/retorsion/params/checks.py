"""Options of a case: what others published about the tables."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from retorsion.params.options import (
    Currency,
    Names,
    Options,
    Some,
    Source,
    State,
    Text,
)


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
