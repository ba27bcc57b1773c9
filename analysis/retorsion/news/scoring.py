"""How well pages are read: candidates against what a person coded."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import StringIO

from retorsion.errors import SourceError
from retorsion.news.candidate import Candidate

COLUMNS = (
    "file",
    "kind",
    "date",
    "tol",
    "actor",
    "target",
    "types",
    "n_ind",
    "n_banks",
    "n_oth",
    "req",
    "what",
)


@dataclass(frozen=True, slots=True)
class Coded:
    """One act of a page as a person coded it.

    Attributes:
        file: Page without its ending.
        kind: ``act`` or ``total``.
        day: Day of the act, if any.
        tolerance: Days by which a candidate may miss it.
        actors: Codes that are right for the actor.
        targets: Codes that are right for the target.
        types: Types of act that are right.
        counts: Persons, banks and other bodies, where coded.
        is_required: Whether a reader has to find it; what is not required is right if found.
        what: The act in a few words.
    """

    file: str
    kind: str
    day: date | None
    tolerance: int
    actors: frozenset[str]
    targets: frozenset[str]
    types: frozenset[str]
    counts: tuple[int | None, int | None, int | None]
    is_required: bool
    what: str


@dataclass(slots=True)
class Score:
    """Counts of what was right.

    Attributes:
        candidates: Candidates.
        right: Candidates right in actor, target, type and day.
        right_but_day: Candidates right in all but the day, and those right in it.
        required: Coded acts that have to be found.
        found: Those found with their day.
        found_but_day: Those found, whatever their day.
        counted: Coded counts of required acts.
        counts_right: Those read rightly.
        misses: Required acts not found, by what stood in the way.
        wrong: Wrong candidates, by what is wrong.
        lines: One line for every miss and wrong candidate.
    """

    candidates: int = 0
    right: int = 0
    right_but_day: int = 0
    required: int = 0
    found: int = 0
    found_but_day: int = 0
    counted: int = 0
    counts_right: int = 0
    misses: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def precision(self, *, with_days: bool = True) -> float | None:
        """Share of candidates that are right; None without any."""
        return (
            (self.right if with_days else self.right_but_day) / self.candidates if self.candidates else None
        )

    def recall(self, *, with_days: bool = True) -> float | None:
        """Share of required acts that were found; None without any."""
        return (self.found if with_days else self.found_but_day) / self.required if self.required else None

    def summary(self) -> str:
        """The score in one line."""

        def share(value: float | None) -> str:
            return "none" if value is None else f"{value:.2f}"

        return (
            f"{self.candidates} candidates, precision {share(self.precision())} with days and "
            f"{share(self.precision(with_days=False))} without; {self.required} coded acts, recall"
            f" {share(self.recall())} with days and "
            f"{share(self.recall(with_days=False))} without; {self.counts_right} of {self.counted} counts right"
        )


def read_coded(text: str, name: str) -> list[Coded]:
    """Coded acts of a table (``file, kind, date, tol, actor, target, types, n_ind, n_banks, n_oth, req, what``).

    Raises:
        SourceError: If a column is missing or a cell cannot be read.
    """
    rows = csv.DictReader(StringIO(text), delimiter="\t")
    if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
        raise SourceError(
            name,
            f"it has no column {', '.join(missing)}",
            remedy=f"Give it the columns {', '.join(COLUMNS)}, parted by tabs",
        )
    found = []
    for number, row in enumerate(rows, 2):
        try:
            found.append(_coded(row))
        except ValueError as error:
            raise SourceError(
                name, f"it cannot be read ({error})", row=number, remedy="Correct the cell"
            ) from error
    return found


def _coded(row: Mapping[str, str]) -> Coded:
    def count(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    return Coded(
        file=row["file"],
        kind=row["kind"],
        day=date.fromisoformat(row["date"]) if row["date"] else None,
        tolerance=int(row["tol"] or 0),
        actors=frozenset(row["actor"].split(",")),
        targets=frozenset(row["target"].split(",")),
        types=frozenset(row["types"].split("|")),
        counts=(count("n_ind"), count("n_banks"), count("n_oth")),
        is_required=row["req"] == "1",
        what=row["what"],
    )


def score(candidates: Iterable[Candidate], coded: Iterable[Coded], files: Iterable[str]) -> Score:
    """Candidates of pages against what was coded of them.

    Args:
        candidates: What was read.
        coded: What is right.
        files: Names of the pages to score, with or without their ending.
    """
    by_page: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_page[_stem(candidate.page)].append(candidate)
    gold: dict[str, list[Coded]] = defaultdict(list)
    for one in coded:
        gold[one.file].append(one)
    result = Score()
    for name in sorted({_stem(file) for file in files}):
        _add_page(result, name, by_page[name], gold[name])
    return result


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _fits(candidate: Candidate, coded: Coded) -> bool:
    return (
        candidate.actor_code in coded.actors
        and candidate.target_code in coded.targets
        and candidate.act_type in coded.types
    )


def _fits_day(candidate: Candidate, coded: Coded) -> bool:
    if coded.day is None:
        return True
    return candidate.date is not None and abs((candidate.date - coded.day).days) <= coded.tolerance


def _add_page(result: Score, name: str, read: list[Candidate], gold: list[Coded]) -> None:
    for candidate in read:
        near = [one for one in gold if _fits(candidate, one)]
        is_right = any(_fits_day(candidate, one) for one in near)
        result.candidates += 1
        result.right_but_day += bool(near)
        result.right += is_right
        if not is_right:
            kind = "day" if near else _fault(candidate, gold)
            result.wrong[kind] += 1
            result.lines.append(
                f"{name}: wrong {kind}: {candidate.date} {candidate.actor_code}"
                f" {candidate.target_code} {candidate.act_type} "
                f"({candidate.frame}, {candidate.trigger}, {candidate.date_basis}, {candidate.confidence})"
            )
    for one in (one for one in gold if one.is_required):
        near_read = [candidate for candidate in read if _fits(candidate, one)]
        is_found = any(_fits_day(candidate, one) for candidate in near_read)
        result.required += 1
        result.found_but_day += bool(near_read)
        result.found += is_found
        for place, count in enumerate(one.counts):
            if count is not None:
                result.counted += 1
                result.counts_right += any(_counts(candidate)[place] == count for candidate in near_read)
        if not is_found:
            kind = "day" if near_read else _obstacle(one, read)
            result.misses[kind] += 1
            result.lines.append(
                f"{name}: missed ({kind}): {one.day} {'/'.join(sorted(one.actors))}"
                f" {'/'.join(sorted(one.targets))} {'|'.join(sorted(one.types))}: {one.what}"
            )


def _counts(candidate: Candidate) -> tuple[int | None, int | None, int | None]:
    return candidate.n_individuals, candidate.n_banks, candidate.n_other_bodies


def _fault(candidate: Candidate, gold: list[Coded]) -> str:
    """What is wrong with a candidate: the coded act nearest to it differs in this."""
    same_type = [one for one in gold if candidate.act_type in one.types]
    if any(candidate.target_code in one.targets for one in same_type):
        return "actor"
    if any(candidate.actor_code in one.actors for one in same_type):
        return "target"
    if any(candidate.actor_code in one.actors and candidate.target_code in one.targets for one in gold):
        return "type"
    return "no such act"


def _obstacle(one: Coded, read: list[Candidate]) -> str:
    """What stood in the way of finding a coded act."""
    same_type = [candidate for candidate in read if candidate.act_type in one.types]
    if any(candidate.target_code in one.targets for candidate in same_type):
        return "actor"
    if any(candidate.actor_code in one.actors for candidate in same_type):
        return "target"
    return "no frame"
