"""Columns and rules of ``acts.csv`` of a ledger: one act, or one event that frames the acts, a row."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from retorsion.sources.code_systems import HS_CHAPTER
from retorsion.sources.formats.act_types import DOMAINS
from retorsion.sources.rows import Check
from retorsion.sources.states import iso_codes
from retorsion.sources.text.record_checks import (
    CONFIDENCE,
    GROUPS,
    count,
    day_or_month,
    first_day,
    fits,
    iso_state,
    not_to_come,
    urls,
)
from retorsion.sources.text.recorded import RecordedLayout, day, given, iso_date, number, one_of, unique

COUNTS = ("n_individuals", "n_banks", "n_other_bodies")

#: Size of a trade measure.
SIZES = ("value_usd", "tariff_rate_pct", "n_tariff_lines")

#: How a day is known: an official page states it, the text of an agency or newspaper does, only the day of the
#: article is known, or only the month is.
BASES = ("official", "text", "article_day", "month")

#: Whether an act is aimed at one state or at many.
AIMS = ("this_state", "many")

_FLOWS = ("import", "export", "both")
_IS_MONTH = len("YYYY-MM")


def _days() -> Iterator[Check]:
    yield day_or_month("announced_date")
    yield not_to_come("announced_date")
    yield from _basis("announced")
    yield day_or_month("done_date", optional=True)
    yield from _basis("done")
    last = pl.when(pl.col("announced_date").str.len_chars() == _IS_MONTH).then(
        first_day("announced_date").dt.month_end()
    )
    yield Check(
        "done_date",
        pl.col("done_date").is_null()
        | (first_day("done_date") <= last.otherwise(first_day("announced_date"))),
        "is after the day it was announced",
        "Correct one of the two: an act is announced on the day it is done, or later.",
    )
    yield day("effective_date", optional=True)
    yield day("ended_date", optional=True)
    yield Check(
        "ended_date",
        pl.col("ended_date").is_null()
        | (iso_date("ended_date") >= pl.coalesce(iso_date("effective_date"), first_day("announced_date"))),
        "is before the act began",
        "Correct ended_date, effective_date or announced_date.",
    )


def _basis(what: str) -> Iterator[Check]:
    """How a day is known: stated wherever there is a day, and month where only the month is known."""
    basis, when = f"{what}_basis", pl.col(f"{what}_date")
    yield Check(
        basis,
        when.is_null() | pl.col(basis).is_not_null(),
        "is missing",
        f"Say how the day in {what}_date is known: {', '.join(BASES)}.",
    )
    yield Check(
        basis,
        when.is_not_null() | pl.col(basis).is_null(),
        "has no day that it is about",
        f"Fill in {what}_date, or leave {basis} empty.",
    )
    yield Check(
        basis,
        pl.col(basis).is_null() | pl.col(basis).is_in(BASES),
        "is unknown",
        f"Use one of: {', '.join(BASES)}.",
        BASES,
    )
    yield Check(
        basis,
        when.is_null()
        | pl.col(basis).is_null()
        | ((pl.col(basis) == "month") == (when.str.len_chars() == _IS_MONTH)),
        f"does not fit the precision of {what}_date",
        "Write month where only the month is known, and nowhere else.",
    )


def _package() -> Iterator[Check]:
    """Steps decided at once: one actor, one day, and more than one act."""
    yield given("package_id")
    for column, words in (("actor_code", "actors"), ("announced_date", "days")):
        yield Check(
            "package_id",
            pl.col(column) == pl.col(column).first().over("package_id"),
            f"holds acts of several {words}",
            "Give this act a package of its own, its act_id: a package is decided at once by one actor.",
        )
    yield Check(
        "package_id",
        (pl.col("package_id") == pl.col("act_id")) | (pl.len().over("package_id") > 1),
        "is the package of no other act",
        "Correct it, or write the act's own act_id where it was decided alone.",
    )


def _sides() -> Iterator[Check]:
    several = pl.col("target_codes").str.contains(";")
    yield Check(
        "target_codes",
        pl.col("target_codes").str.split(";").list.eval(pl.element().is_in(iso_codes())).list.all(),
        "holds a code that is not a known state",
        "Use ISO 3166-1 alpha-3 codes, parted by semicolons.",
    )
    yield iso_state("addressee_code")
    yield Check(
        "target_codes",
        ~pl.col("target_codes").str.split(";").list.contains(pl.col("actor_code")),
        "names the actor itself",
        "Name the states that the act is aimed at; a state does not act towards itself.",
    )
    yield Check(
        "addressee_code",
        (pl.col("addressee_code") != pl.col("actor_code")) | pl.col("addressee_code").is_null(),
        "is the actor itself",
        "Name the state whose conduct the act answers.",
    )
    yield Check(
        "addressee_code",
        pl.col("addressee_code").is_not_null() | several,
        "is missing",
        "Name the state the act is aimed at; only an act with several targets may leave it empty.",
    )
    yield one_of("aim_type", AIMS)
    yield Check(
        "aim_type",
        (pl.col("aim_type") != "many") | several,
        "is said of an act with a single target",
        "Name all the states that it is aimed at in target_codes, or write this_state.",
    )
    yield Check(
        "aim_type",
        (pl.col("aim_type") != "this_state") | ~several,
        "is said of an act with several targets",
        "Write many, or name the one state that it is aimed at.",
    )


def _trade() -> Iterator[Check]:
    is_trade = pl.col("domain_type") == "trade_measure"
    yield number("value_usd", optional=True)
    yield Check(
        "value_usd",
        pl.col("value_usd").is_null() | (pl.col("value_usd").cast(pl.Float64, strict=False) >= 0),
        "is negative",
        "Write the value of the trade that the measure covers, in US dollars.",
    )
    yield number("tariff_rate_pct", optional=True)
    yield count("n_tariff_lines")
    for name in SIZES:
        yield Check(
            name,
            pl.col(name).is_null() | is_trade,
            "does not fit the domain of its row",
            "Only a trade measure has it: leave it empty otherwise.",
        )
    yield Check(
        "flow_type",
        pl.when(is_trade).then(pl.col("flow_type").is_in(_FLOWS)).otherwise(pl.col("flow_type").is_null()),
        "does not fit the domain of its row",
        "Write import, export or both for a trade measure, as its actor sees it, and nothing otherwise.",
        _FLOWS,
    )
    yield fits(
        "hs_codes",
        f"{HS_CHAPTER}[0-9]{{2,8}}(?:;{HS_CHAPTER}[0-9]{{2,8}})*",
        "HS codes of four to ten digits, chapters 01 to 97, parted by semicolons",
        optional=True,
    )


def _words() -> Iterator[Check]:
    yield given("summary")
    yield Check(
        "summary",
        pl.col("summary").str.len_chars() <= 200,
        "is longer than 200 characters",
        "Say it in one plain sentence and put the rest in note.",
    )
    yield one_of("confidence_type", CONFIDENCE)
    yield urls()


LAYOUT = RecordedLayout(
    (
        "act_id",
        "package_id",
        "done_date",
        "done_basis",
        "announced_date",
        "announced_basis",
        "effective_date",
        "ended_date",
        "actor_code",
        "target_codes",
        "addressee_code",
        "aim_type",
        "domain_type",
        "act_type",
        "phase_type",
        "formalises_act_id",
        *COUNTS,
        *SIZES,
        "flow_type",
        "hs_codes",
        "hs_revision",
        "product_scope",
        "threshold",
        "list_source",
        "summary",
        "confidence_type",
        "note",
        "source_urls",
    ),
    (
        given("act_id"),
        unique("act_id"),
        *_days(),
        one_of("domain_type", DOMAINS),
        Check(
            "actor_code",
            pl.col("actor_code").is_in(iso_codes())
            | (pl.col("actor_code").is_in(GROUPS) & (pl.col("domain_type") == "context")),
            "is not a known state",
            f"Use an ISO 3166-1 alpha-3 code; {', '.join(GROUPS)} only in the domain context.",
            iso_codes(),
        ),
        Check(
            "act_id",
            pl.col("act_id").str.starts_with(
                pl.concat_str([pl.col("actor_code").str.to_lowercase(), "announced_date"], separator="-")
                + "-"
            )
            & pl.col("act_id").str.contains("^[a-z0-9-]+$"),
            "does not name the actor and the date of its row",
            "Write it as actor-date-words, in small letters, digits and hyphens.",
        ),
        *_package(),
        *_sides(),
        given("act_type"),
        one_of("phase_type", ("announcement", "decision")),
        *(count(name) for name in COUNTS),
        *_trade(),
        *_words(),
    ),
    {name: lambda c: c.cast(pl.Int64) for name in (*COUNTS, "n_tariff_lines")}
    | {name: lambda c: c.cast(pl.Float64) for name in ("value_usd", "tariff_rate_pct")}
    | {name: lambda c: c.str.to_date("%Y-%m-%d") for name in ("effective_date", "ended_date")}
    | {"done_date": lambda _: first_day("done_date")},
)
