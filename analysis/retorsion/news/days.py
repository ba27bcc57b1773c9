"""Days that an English text names, set against the day of its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from retorsion.news.candidate import DayBasis
from retorsion.news.words import in_order

_MONTHS = {
    name: number
    for number, name in enumerate(
        in_order("january february march april may june july august september october november december"), 1
    )
}
_SHORT = {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = "(" + "|".join([*_MONTHS, *(f"{name}\\.?" for name in sorted(_SHORT, key=len, reverse=True))]) + ")"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {
    name: number
    for number, name in enumerate(in_order("one two three four five six seven eight nine ten"), 1)
} | {
    "a": 1,
    "an": 1,
    "several": 3,
    "a few": 3,
    "couple of": 2,
}
#: Weekdays as a text writes them.
DAYS = frozenset(day.title() for day in WEEKDAYS)
_COUNT = r"(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|an?|several|a few|couple of)"
_YEAR = r"((?:19|20)\d\d)"

#: Spans of days that are no day: what they end or begin in, not what was done then.
_NOT_THE_ACT = re.compile(
    r"(?:\b(?:by|until|till|from|before|since|effective|starting|beginning|through|as of|valid|dated"
    r"|prior to|end of|for|"
    r"between|expires?(?: on)?|expired?(?: on)?|next|coming|no later than|deadline of|scheduled for"
    r"|due (?:on|in)|take[s]? effect(?: on)?|"
    r"come[s]? into (?:force|effect)(?: on)?|enter(?:s|ed)? into force(?: on)?|into effect(?: on)?"
    r"|took effect(?: on)?)"
    r"(?: midnight| the)?(?: on| at)?\s*)$",
    re.IGNORECASE,
)


#: Days after the page up to which a month without a year may be the page's own.
_LATER = 16
#: What a month or year belongs to that follows: a treaty of that year, not what is done to it.
_MADE = re.compile(
    r"\b(?:signed|concluded|ratified|brokered|founded|inked|agreed|reached|established|dating"
    r"|introduced|lodged)\b[^.;,]{0,40}$|\bof $",
    re.IGNORECASE,
)


#: A day that is that of a treaty, as a bare participle tells: "the Memorandum signed on".
_SIGNED = re.compile(r"(?<!was )(?<!were )(?<!been )\b(?:signed|concluded|ratified) (?:on )?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """A time expression of a sentence.

    Attributes:
        start: Where it begins in the sentence's document, in characters.
        end: Where it ends.
        day: The day, or the middle of the month or year.
        basis: How exact it is.
        is_bound: Whether it says when something ends or begins rather than when it was done.
        is_relative: Whether it is told from the day of the page, as "yesterday" is.
        is_yearless: Whether it names a month or a day of one without its year.
    """

    start: int
    end: int
    day: date
    basis: DayBasis
    is_bound: bool
    is_relative: bool = False
    is_yearless: bool = False

    def in_past(self, page: date) -> date:
        """The day where what was done then is past: the year before, if it would else lie weeks after the page."""
        if not self.is_yearless or self.day <= page + timedelta(days=_LATER):
            return self.day
        return _date(self.day.year - 1, self.day.month, self.day.day) or self.day - timedelta(days=365)


def iso_date(text: str) -> date | None:
    """The day that a text such as ``2022-03-18T09:00:00Z`` begins with."""
    found = re.match(r"\s*(\d{4})-(\d\d)-(\d\d)", text)
    return _date(*map(int, found.groups())) if found else None


def full_date(text: str) -> date | None:
    """The first day with a year that a text names, in any usual order of its parts."""
    found = []
    for pattern, order in (
        (rf"\b{_YEAR}[-/.](\d\d?)[-/.](\d\d?)\b", (1, 2, 3)),
        (rf"\b(\d\d?)(?:st|nd|rd|th)?[ .-]+(?:of )?{_MONTH}[ ,.-]+{_YEAR}\b", (3, 2, 1)),
        (
            rf"\b{_MONTH}[ .-]+(\d\d?)(?:st|nd|rd|th)?(?:[ ,]+(?:at )?\d\d?:\d\d[^,\d]{{0,12}})?["
            rf" ,.-]+{_YEAR}\b",
            (3, 1, 2),
        ),
        (rf"\b(\d\d?)[./-](\d\d?)[./-]{_YEAR}\b", (3, 2, 1)),
    ):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            year, month, day = (match.group(place) for place in order)
            if (
                month.isdigit()
                and not (int(month) <= 12 < int(day))
                and order == (3, 2, 1)
                and "." not in match.group()
            ):
                month, day = (day, month) if int(month) > 12 else ("0", day)  # 03/04/2022 may be either
            day_found = _date(int(year), int(month) if month.isdigit() else _month(month), int(day))
            if day_found is not None:
                found.append((match.start(), day_found))
    return min(found)[1] if found else None


def either_date(text: str) -> date | None:
    """A date such as 05-04-2022, whose day and month may be either, where a weekday of the text decides it.

    The reading is taken for which the first weekday lies nearest before, at most two days.
    """
    found = re.search(rf"\b(\d\d?)[./-](\d\d?)[./-]{_YEAR}\b", text)
    weekday = re.search(rf"\b({'|'.join(day.title() for day in WEEKDAYS)})\b", text)
    if found is None or weekday is None:
        return None
    one, two, year = map(int, found.groups())
    readings = {day for day in (_date(year, two, one), _date(year, one, two)) if day is not None}
    back = sorted(((day - weekday_before(day, weekday.group())).days, day) for day in readings)
    is_decided = len(back) == 1 or back[0][0] < back[1][0]
    return back[0][1] if back and is_decided and back[0][0] <= 2 else None


def _month(name: str) -> int:
    name = name.lower().rstrip(".")
    return _MONTHS.get(name) or _SHORT[name]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(page: date | None, month: int, day: int) -> date | None:
    """The day of a month without a year that lies nearest to the page, later ones at most a few months."""
    if page is None:
        return None
    days = [found for year in (page.year - 1, page.year, page.year + 1) if (found := _date(year, month, day))]
    return min(days, key=lambda found: abs((found - page).days), default=None)


def weekday_before(page: date, name: str, *, is_last: bool = False) -> date:
    """The last such weekday up to the day of the page; ``is_last``: before it."""
    number = next(place for place, full in enumerate(WEEKDAYS) if full.startswith(name.lower()[:3]))
    back = (page.weekday() - number) % 7
    return page - timedelta(days=7 if is_last and back == 0 else back)


def stated_days(text: str, page: date | None) -> list[Stated]:
    """Time expressions of a sentence, in order, none within another."""
    found: list[Stated] = []
    for start, end, day, basis in sorted(_expressions(text, page), key=lambda one: (one[0], -one[1])):
        if found and start < found[-1].end:
            continue
        is_bound = bool(_NOT_THE_ACT.search(text[:start])) or _is_later(text[start:end])
        words = text[start:end]
        is_bound |= basis in ("month", "year") and bool(_MADE.search(text[:start]))
        is_bound |= bool(_SIGNED.search(text[:start]))
        is_bound |= basis == "year" and words.lower().startswith("of ")  # "the Convention of 1961"
        is_yearless = bool(re.search(_MONTH, words, re.IGNORECASE)) and not re.search(r"\d{4}|year", words)
        found.append(Stated(start, end, day, basis, is_bound, not re.search(r"\d", words), is_yearless))
    kept: list[Stated] = []
    for one in found:
        before = kept[-1] if kept else None
        if (
            before is not None
            and before.basis == "weekday"
            and one.basis == "stated"
            and one.start - before.end <= 3
        ):
            kept[-1] = replace(one, is_relative=True)  # "on Thursday, April 24": one day, not two
        else:
            kept.append(one)
    return kept


def _is_later(words: str) -> bool:
    return bool(re.match(r"(next|tomorrow|coming|later)", words, re.IGNORECASE))


def _expressions(text: str, page: date | None) -> Iterator[tuple[int, int, date, DayBasis]]:
    yield from _calendar_days(text, page)
    yield from _calendar_months(text, page)
    if page is not None:
        yield from _relative_days(text, page)
        yield from _relative_spans(text, page)


def _calendar_days(text: str, page: date | None) -> Iterator[tuple[int, int, date, DayBasis]]:
    year = rf"(?:,? {_YEAR})?"
    for pattern, places in (
        (rf"\b{_MONTH} (\d\d?)(?:st|nd|rd|th)?\b(?! ?%| per ?cent){year}", (1, 2, 3)),
        (rf"\b(\d\d?)(?:st|nd|rd|th)?(?: of)? {_MONTH}\b{year}", (2, 1, 3)),
    ):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            month, number, stated = (match.group(place) for place in places)
            if month.lower() in ("may", "march", "mar") and not month[0].isupper():
                continue
            if stated:
                day = _date(int(stated), _month(month), int(number))
            else:
                day = _nearest(page, _month(month), int(number))
            if day is not None:
                yield match.start(), match.end(), day, "stated"
    for match in re.finditer(rf"\b{_YEAR}-(\d\d)-(\d\d)\b", text):
        if (day := _date(*map(int, match.groups()))) is not None:
            yield match.start(), match.end(), day, "stated"


def _calendar_months(text: str, page: date | None) -> Iterator[tuple[int, int, date, DayBasis]]:
    for match in re.finditer(
        rf"\b(early |mid-|late |last |this )?{_MONTH}(?:,? (?:of )?{_YEAR})?( (?:of )?last year)?\b(?! \d)",
        text,
        re.IGNORECASE,
    ):
        month = match.group(2)
        if not month[0].isupper():
            continue
        if not match.group(3) and not re.search(
            r"\b(in|since|last|late|early|mid|until|of|from|by)[ -]$", text[: match.start(2)], re.IGNORECASE
        ):
            continue
        middle = {"early ": 5, "late ": 25}.get((match.group(1) or "").lower(), 15)
        if match.group(3):
            day = _date(int(match.group(3)), _month(month), middle)
        elif match.group(4) and page is not None:
            day = date(page.year - 1, _month(month), middle)
        else:
            day = _nearest(page, _month(month), middle)
            if day is not None and page is not None and (match.group(1) or "").lower() == "last ":
                day = Stated(0, 0, day, "month", False, is_yearless=True).in_past(page)
        if day is not None:
            yield match.start(), match.end(), day, "month"
    for match in re.finditer(rf"\b(?:in|since|of|late|early|during|back in) {_YEAR}\b", text, re.IGNORECASE):
        yield match.start(), match.end(), date(int(match.group(1)), 7, 1), "year"


def _relative_days(text: str, page: date) -> Iterator[tuple[int, int, date, DayBasis]]:
    full = "|".join(day.title() for day in WEEKDAYS)
    for match in re.finditer(
        rf"\b({full}),? (?:of )?(?:last|the previous) week\b|\blast week's ({full})\b", text
    ):
        day = weekday_before(page - timedelta(days=page.weekday() + 1), match.group(1) or match.group(2))
        yield match.start(), match.end(), day, "weekday"
    for match in re.finditer(
        rf"\b((?:[Ll]ast|[Nn]ext|[Tt]his|[Ee]arlier) )?({full}|Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\b", text
    ):
        day = weekday_before(page, match.group(2), is_last=(match.group(1) or "").lower() == "last ")
        if (match.group(1) or "").lower() == "next ":
            day += timedelta(days=7)
        yield match.start(), match.end(), day, "weekday"
    for pattern, days in (
        (r"\b(?:the )?day before yesterday\b", 2),
        (
            r"\byesterday\b|\bthe previous day\b|\ba day earlier\b|\bthe day before\b|\blast night\b"
            r"|\bovernight\b|\ba day ago\b|\bone day earlier\b",
            1,
        ),
        (
            r"\btoday\b(?!'s)|\btonight\b|\bthis (?:morning|afternoon|evening)\b|\bearlier today\b"
            r"|\bhours (?:ago|earlier)\b",
            0,
        ),
        (r"\btomorrow\b", -1),
    ):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield match.start(), match.end(), page - timedelta(days=days), "stated"
    for match in re.finditer(
        rf"\b{_COUNT} (day|week|month|year)s? (?:ago|earlier|before)\b", text, re.IGNORECASE
    ):
        count, unit = match.group(1).lower(), match.group(2).lower()
        number = int(count) if count.isdigit() else _NUMBERS[count]
        day = page - timedelta(
            days=round(number * {"day": 1, "week": 7, "month": 30.4, "year": 365.25}[unit])
        )
        basis: DayBasis = {"day": "days_after", "week": "days_after", "month": "month", "year": "year"}[unit]  # type: ignore[assignment]
        yield match.start(), match.end(), day, basis


def _relative_spans(text: str, page: date) -> Iterator[tuple[int, int, date, DayBasis]]:
    middle_before = (page.replace(day=1) - timedelta(days=1)).replace(day=15)
    spans: tuple[tuple[str, date, DayBasis], ...] = (
        (
            r"\b(?:last|final|the previous|the past) week\b|\ba week (?:ago|earlier)\b",
            page - timedelta(days=7),
            "days_after",
        ),
        (r"\bearlier this week\b", page - timedelta(days=min(page.weekday(), 2)), "days_after"),
        (
            r"\b(?:at|over|on|during) the weekend\b|\bthis weekend\b",
            page - timedelta(days=(page.weekday() - 5) % 7),
            "days_after",
        ),
        (r"\b(?:earlier|late(?:r)?) this month\b", page.replace(day=max(1, page.day // 2)), "month"),
        (r"\blate last month\b", middle_before.replace(day=26), "month"),
        (r"\bearly last month\b", middle_before.replace(day=5), "month"),
        (
            r"\b(?:last|final) month\b|\ba month (?:ago|earlier)\b|\bthe previous month\b",
            middle_before,
            "month",
        ),
        (r"\bearlier this year\b", date(page.year, max(1, page.month // 2), 15), "year"),
        (
            r"\b(?:last|final) (?:year|12 months)\b|\bthe previous year\b|\ba year (?:ago|earlier)\b",
            date(page.year - 1, 7, 1),
            "year",
        ),
        (r"\bnext (?:week|month|year)\b|\blater this (?:week|year)\b|\bin the coming \w+\b", page, "month"),
    )
    for pattern, day, basis in spans:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield match.start(), match.end(), day, basis
