"""A candidate: one act that a page seems to report, with the words it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

#: How the day of a candidate is known. ``stated``: a date or "yesterday" beside the act; ``weekday``: the weekday
#: beside the act; ``lead_weekday``: the weekday of the page's first sentences; ``days_after``: a number of days from
#: another day of the page; ``page_date``: the day of the page, nothing closer being said; ``month`` and ``year``: the
#: text names no day (the day is then the middle of the span and ``date`` only sorts); ``none``: not known.
DayBasis = Literal["stated", "weekday", "lead_weekday", "days_after", "page_date", "month", "year", "none"]

#: How the page's own date is known.
PageDateBasis = Literal["given", "metadata", "header", "dateline", "text", "none"]

#: ``act``: one act; ``total``: a running total over several acts, which is no act.
Kind = Literal["act", "total"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one page says of one act.

    Attributes:
        page: Name of the file that was read.
        page_sha256: SHA-256 of its bytes.
        url: Address of the page if the file or the user states it, else empty.
        page_date: Day of the page.
        page_date_basis: How that day is known.
        kind: An act, or a running total.
        date: Day of the act.
        date_basis: How that day is known.
        actor_code: State that acts, ISO 3166-1 alpha-3.
        target_code: State that the act is aimed at.
        act_type: Type of ``data/raw/act_types/act_types.csv``.
        phase_type: ``decision``, or ``announcement`` of a later act.
        n_individuals: Persons that the text counts.
        n_banks: Banks.
        n_other_bodies: Other bodies.
        reply_words: The words that call the act a reply ("in response to sanctions"), else empty.
        reply_to: Act of the ledger that it seems to answer, else empty.
        doubles: Act of the ledger that it may double (same actor, target and kind, at most three days apart), else
            empty.
        start: Where the evidence begins in the text of the page, in characters.
        end: Where it ends.
        evidence: The text between the two.
        trigger: The word that made the frame apply.
        frame: Name of the frame.
        confidence: How likely the candidate is right, between 0 and 1; a person decides.
    """

    page: str
    page_sha256: str
    url: str
    page_date: date | None
    page_date_basis: PageDateBasis
    kind: Kind
    date: date | None
    date_basis: DayBasis
    actor_code: str
    target_code: str
    act_type: str
    phase_type: Literal["decision", "announcement"]
    n_individuals: int | None
    n_banks: int | None
    n_other_bodies: int | None
    reply_words: str
    reply_to: str
    doubles: str
    start: int
    end: int
    evidence: str
    trigger: str
    frame: str
    confidence: float
