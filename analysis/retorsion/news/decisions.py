"""What a person decided of candidates: read, and refused with place and remedy where it cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from retorsion.news.rows import COLUMNS
from retorsion.sources.formats.source_hosts import host_faults
from retorsion.sources.rows import ROW, Check, faults
from retorsion.sources.states import iso_codes
from retorsion.sources.text.record_checks import day_or_month, first_day, fits, url
from retorsion.sources.text.recorded import iso_date, one_of
from retorsion.sources.text.strict_csv import read_strict_csv

#: ``accept``: write the row; ``known``: the ledger has the act, which the page tells too; ``reject``: the page tells
#: no such act.
DECISIONS = ("accept", "known", "reject")

#: So many words in a row that the page has too are the page's, not the person's.
COPIED_WORDS = 8

#: Columns in which a person writes sentences.
_WORDED = ("summary", "note", "reply_note")

#: A page may bear the day of another time zone.
_ZONE = timedelta(days=1)


@dataclass(frozen=True)
class Grounds:
    """What decisions are held to.

    Attributes:
        act_types: Accepted rows of the vocabulary.
        hosts: Accepted rows of the table of hosts.
        act_ids: Identifiers of the acts of all ledgers.
        pairs: Sides of each case.
    """

    act_types: pl.DataFrame
    hosts: pl.DataFrame
    act_ids: Sequence[str]
    pairs: Sequence[frozenset[str]]


def read_decisions(path: Path) -> pl.DataFrame:
    """The rows of a file of candidates, all columns as text, with ``row``, the line of the file.

    Raises:
        SourceError: the file is not in the layout that ``retorsion news`` writes.
    """
    return read_strict_csv(path, COLUMNS)


def decided(rows: pl.DataFrame, decision: str) -> pl.DataFrame:
    """The rows of one decision."""
    return rows.filter(pl.col("decision").eq_missing(pl.lit(decision)))


def decision_faults(rows: pl.DataFrame, grounds: Grounds, *, file: str) -> list[str]:
    """What is wrong with decisions: one sentence for each faulty row, with its row, column, value and remedy.

    Args:
        rows: as :func:`read_decisions` gives them.
        grounds: what they are held to.
        file: name to report.
    """
    made = rows.filter(pl.col("decision").is_not_null())
    said = faults(file, made, *_marks())
    accepted = decided(made, "accept")
    lone = accepted.with_columns(
        pl.col("summary").is_not_null().any().over("act_id").alias("has_summary"),
        *(_is_copied(accepted, name) for name in _WORDED),
    )
    said += faults(file, lone, *_of_accepted(grounds, accepted))
    known = decided(made, "known").with_columns(pl.col("doubles").str.split(";").list.first().alias("first"))
    said += faults(file, known, *_of_known(grounds))
    pages = pl.concat([accepted, known.select(accepted.columns)])
    said += host_faults(file, pages.filter(pl.col("url").is_not_null()), grounds.hosts, column="url")
    return said or _pair_faults(accepted, grounds, file=file)


def _marks() -> Iterator[Check]:
    yield one_of("decision", DECISIONS)
    yield Check(
        "decided_by",
        pl.col("decided_by").is_not_null(),
        "is missing",
        "No row enters the record without a person's mark: write the initials of whoever decided it.",
    )
    yield fits("page_sha256", "[0-9a-f]{64}", "the hash of the page, as `retorsion news` wrote it")


def _of_accepted(grounds: Grounds, accepted: pl.DataFrame) -> Iterator[Check]:
    """Rules of a row that is to enter the ledger."""
    is_act = pl.col("kind") == "act"
    yield Check(
        "summary",
        pl.col("has_summary"),
        "is missing",
        "Say the act in one plain sentence of your own; of a total, say what is counted.",
    )
    for name in _WORDED:
        yield Check(
            name,
            ~pl.col(f"{name}_is_copied"),
            f"has {COPIED_WORDS} or more words in a row that the page has too",
            "Say it in your own words.",
        )
    yield Check(
        "is_new",
        pl.col("doubles").is_null() | pl.col("is_new").eq_missing(pl.lit("true")) | ~is_act,
        "does not say that the act is another than the ones in doubles",
        "Look at these rows of the ledger; write true if it is another act, or decide known if it is the same.",
    )
    yield Check(
        "act_type",
        pl.col("act_type").is_in(grounds.act_types["act_type"].to_list()) | ~is_act,
        "is unknown",
        "Use a type of act_types.csv.",
        grounds.act_types["act_type"].to_list(),
    )
    yield from _states()
    yield day_or_month("announced_date")
    yield Check(
        "announced_date",
        pl.col("page_date").is_null()
        | first_day("announced_date").is_null()
        | (first_day("announced_date") <= iso_date("page_date") + _ZONE),
        "is after the day of the page that tells it",
        "Correct it; the day on which an announced act is to take effect belongs into effective_date.",
    )
    yield url("url")
    ids = [*grounds.act_ids, *accepted["act_id"].drop_nulls()]
    yield Check(
        "reply_to",
        pl.col("reply_to").is_null() | pl.col("reply_to").is_in(ids),
        "names an act that no ledger has",
        "Correct the identifier, or leave it empty.",
        ids,
    )
    yield Check(
        "reply_note",
        pl.col("reply_to").is_null() | pl.col("reply_note").is_not_null(),
        "is missing",
        "Say in your own words what the page calls the act an answer to, or empty reply_to.",
    )


def _states() -> Iterator[Check]:
    codes = sorted(iso_codes())
    yield Check(
        "actor_code",
        pl.col("actor_code").is_in(codes),
        "is not a known state",
        "Use an ISO 3166-1 alpha-3 code.",
        codes,
    )
    yield Check(
        "target_codes",
        pl.col("target_codes").str.split(";").list.eval(pl.element().is_in(codes)).list.all(),
        "holds a code that is not a known state",
        "Use ISO 3166-1 alpha-3 codes, parted by semicolons.",
        codes,
    )


def _of_known(grounds: Grounds) -> Iterator[Check]:
    """Rules of a page that tells an act which the ledger has."""
    yield Check(
        "doubles",
        pl.col("first").is_in(list(grounds.act_ids)),
        "names no act of a ledger",
        "Write the act_id of the row of the ledger that the page tells, first of several.",
        grounds.act_ids,
    )
    yield url("url")


def _pair_faults(accepted: pl.DataFrame, grounds: Grounds, *, file: str) -> list[str]:
    """Acts between two sides that no case is about."""
    said = []
    for row in accepted.select(ROW, "actor_code", "target_codes", "addressee_code").iter_rows(named=True):
        actor, other = pair_of(row)
        if frozenset((actor, other)) not in grounds.pairs:
            name = "-".join((actor, other)).lower()
            said.append(
                f"{file}, row {row[ROW]}, columns 'actor_code' and 'target_codes', value {f'{actor} {other}'!r}: no "
                f"case is about these two. Make one with `retorsion case new {name} --pair {actor} {other}`, and a "
                "ledger as the guide says, or decide otherwise"
            )
    return said


def pair_of(row: dict[str, str]) -> tuple[str, str]:
    """The actor of a row, and the side it addresses: the addressee, else the first target."""
    return row["actor_code"], row["addressee_code"] or row["target_codes"].split(";")[0]


def _is_copied(rows: pl.DataFrame, column: str) -> pl.Series:
    pairs = rows.select(column, "evidence").iter_rows()
    copied = [bool(_runs(text or "") & _runs(evidence or "")) for text, evidence in pairs]
    return pl.Series(f"{column}_is_copied", copied, dtype=pl.Boolean)


def _runs(text: str) -> set[tuple[str, ...]]:
    """Every run of :data:`COPIED_WORDS` words of a text, without marks and capitals."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + COPIED_WORDS]) for at in range(len(words) - COPIED_WORDS + 1)}
