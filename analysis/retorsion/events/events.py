"""``events``: what machines coded from the news, one row for each. Never part of ``acts``.

Everything here is a transform on Narwhals lazy frames: it runs on every engine of
:mod:`retorsion.events.engines`, and there is no other version of it.

Events are scored by the project's own tables of scores, so that a code weighs the same in every source and in
``acts``: CAMEO codes by Goldstein (1992), PLOVER categories and modes by the PLOVER manual (2024). Classes
are the four of GDELT (Leetaru and Schrodt 2013): CAMEO roots 01 to 05, 06 to 08, 09 to 13, 14 to 20.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import polars as pl

from retorsion.events.engines import PLACE, WHOLE, Engine, TextLayout
from retorsion.sources.code_systems import cameo_states, icews_states, polecat_states
from retorsion.sources.formats import gdelt, icews, polecat
from retorsion.sources.states import known_codes
from retorsion.sources.text.bulk_text import BulkFormat, Text, same_format

Frame = nw.LazyFrame[Any]

#: Classes of events, in the order of GDELT's QuadClass from 1.
QUADS = ("verbal_cooperation", "material_cooperation", "verbal_conflict", "material_conflict")

#: Columns of events as a source gives them, before codes become states, dates and scores.
CODED = (
    "event_id",
    "event_day",
    "covered_day",
    "actor_key",
    "target_key",
    "cameo_code",
    "plover_type",
    "quad_class",
    "n_sources",
    "source_url",
)

#: Columns of the table ``events`` without the source.
EVENTS = (
    "event_id",
    "event_date",
    "actor_code",
    "target_code",
    "quad_type",
    "cameo_code",
    "plover_type",
    "intensity",
    "n_sources",
    "source_url",
)

#: Order of a partition: total, because it names every column.
ORDER = ("event_date", "actor_code", "target_code", "event_id", *EVENTS[4:])

#: Scores have at most three decimals; they are summed as whole thousandths, which floats add up without
#: rounding up to 2^53, so that the order does not matter.
PARTS = 1000

#: What becomes of a row.
SURE = "__sure"
#: What a source writes for an actor and a target where no table of states knows it; null for the others.
UNKNOWN = ("unknown_actor", "unknown_target")

#: Days that a source can speak of; a row with another is judged by its text.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)

_CODE = r"^[0-9]{2,4}$"
_NULL = nw.lit(None, nw.String)
_SCORE = ("intensity", "parts")


@dataclass(frozen=True)
class Coding:
    """How one kind of source codes events.

    Attributes:
        format_of: the format of a file, from its path or its first bytes, and its name for errors.
        text_of: a file, its bytes or its first line as its publisher writes it, where another program has saved it.
        numbers: published columns that are read as whole numbers.
        texts: published columns that are read as text.
        ends_filled: whether the last column of a usual row is filled.
        coded: the columns CODED but for the two days, of published columns.
        days: the days of event and coverage as yyyymmdd, of published columns.
        tests: of a format, what makes a row sure, over published columns; rows that fail are judged by
            their text.
        judged: names that :mod:`retorsion.sources` gives to CODED's columns.
        identity: columns by which a source tells its events apart.
        scale: scale of intensity.
        instead: published columns that are read where another is not there.
        codes: the code of each of their cells, in columns of the two names; None if there is nothing to find.
    """

    format_of: Callable[[Text, str], BulkFormat]
    text_of: Callable[[Text, str], Text]
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    ends_filled: bool
    coded: Mapping[str, nw.Expr]
    tests: Callable[[BulkFormat], tuple[nw.Expr, ...]]
    judged: Mapping[str, str]
    identity: tuple[str, ...]
    scale: Literal["intensity_goldstein", "intensity_plover"]
    instead: Mapping[str, str] = field(default_factory=dict)
    codes: Callable[[], pl.DataFrame] | None = None

    def layout(self, paths: Sequence[Path]) -> TextLayout:
        """The layout of files of one format, with what is read of it.

        Raises:
            SourceError: no file, or files that are not of one known layout.
        """
        format_ = same_format([self.format_of(path, path.name) for path in paths], [p.name for p in paths])
        return TextLayout(format_, self.numbers, self._texts(format_), self.ends_filled)

    def codes_on(self, engine: Engine, format_: BulkFormat) -> Frame | None:
        """The codes of the cells that are read in place of a code, on an engine; None where codes are read."""
        if self.codes is None or set(self.instead) <= set(format_.columns):
            return None
        return engine.table(self.codes())

    def _texts(self, format_: BulkFormat) -> tuple[str, ...]:
        named = (name if name in format_.columns else self.instead.get(name) for name in self.texts)
        return tuple(name for name in named if name in format_.columns)

    def reading(self, format_: BulkFormat) -> BulkFormat:
        """The format with the tests of those columns only that are read."""
        read = {*self.numbers, *self._texts(format_)}
        needed = {*self.judged.values()}
        checks = tuple(check for check in format_.checks if check.column in read)
        used = {root for check in checks for root in check.ok.meta.root_names()} | needed
        typed = {name: made for name, made in format_.typed.items() if name in used}
        return replace(format_, typed=typed, checks=checks)


def _digits(column: str) -> nw.Expr:
    """Yyyymmdd of a day that is written yyyy-mm-dd."""
    text = nw.col(column)
    written = nw.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).then(text)
    return written.str.replace_all("-", "", literal=True).cast(nw.Int64)


def _digits_of_either(column: str) -> nw.Expr:
    """Yyyymmdd of a day that is written yyyy-mm-dd or, as in one year of ICEWS, m/d/yyyy."""
    text = nw.col(column)
    american = nw.when(text.str.contains(r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$")).then(text).str.split("/")
    month, day, year = (american.list.get(place).cast(nw.Int64) for place in range(3))
    return nw.coalesce(_digits(column), year * 10_000 + month * 100 + day)


def _quad_of_root(code: nw.Expr) -> nw.Expr:
    root = nw.when(code.str.contains(_CODE)).then(code.str.slice(0, 2)).cast(nw.Int64)
    return (
        nw.when(root <= 5)
        .then(nw.lit(1))
        .otherwise(
            nw.when(root <= 8)
            .then(nw.lit(2))
            .otherwise(nw.when(root <= 13).then(nw.lit(3)).otherwise(nw.when(root <= 20).then(nw.lit(4))))
        )
        .cast(nw.Int64)
    )


@cache
def _gdelt() -> Coding:
    added = nw.col("DATEADDED")
    time = added % 1_000_000

    def tests(format_: BulkFormat) -> tuple[nw.Expr, ...]:
        # Version 2.0 writes DATEADDED to the second, version 1.0 to the day.
        stamp: tuple[nw.Expr, ...]
        if len(format_.columns) == len(gdelt.COLUMNS):
            stamp = (added > 99_999_999, time < 240_000, time % 10_000 < 6_000, time % 100 < 60)
        else:
            stamp = (added <= 99_999_999,)
        return (
            ~nw.col("GLOBALEVENTID").is_null(),
            nw.col("QuadClass") >= 1,
            nw.col("QuadClass") <= 4,
            nw.col("NumSources") >= 0,
            *stamp,
        )

    return Coding(
        format_of=gdelt.gdelt_format,
        text_of=gdelt.gdelt_text,
        numbers=("GLOBALEVENTID", "SQLDATE", "QuadClass", "NumSources", "DATEADDED"),
        texts=("Actor1CountryCode", "Actor2CountryCode", "EventCode", "SOURCEURL"),
        ends_filled=True,
        coded={
            "event_id": nw.col("GLOBALEVENTID").cast(nw.String),
            "event_day": nw.col("SQLDATE"),
            "covered_day": nw.when(added > 99_999_999)
            .then(added // 1_000_000)
            .otherwise(added)
            .cast(nw.Int64),
            "actor_key": nw.col("Actor1CountryCode"),
            "target_key": nw.col("Actor2CountryCode"),
            "cameo_code": nw.col("EventCode"),
            "plover_type": _NULL,
            "quad_class": nw.col("QuadClass"),
            "n_sources": nw.col("NumSources"),
            "source_url": nw.col("SOURCEURL"),
        },
        tests=tests,
        judged={
            "event_id": "event_id",
            "event_day": "event_date",
            "covered_day": "added_time",
            "actor_key": "actor1_country_code",
            "target_key": "actor2_country_code",
            "cameo_code": "cameo_code",
            "quad_class": "quad_class",
            "n_sources": "n_sources",
            "source_url": "source_url",
        },
        identity=("event_id",),
        scale="intensity_goldstein",
    )


@cache
def _icews() -> Coding:
    code = nw.col("CAMEO Code")
    return Coding(
        format_of=icews.icews_format,
        text_of=icews.icews_text,
        numbers=("Event ID",),
        texts=("Event Date", "CAMEO Code", "Source Country", "Target Country"),
        ends_filled=False,
        coded={
            "event_id": nw.col("Event ID").cast(nw.String),
            "event_day": _digits_of_either("Event Date"),
            "covered_day": _digits_of_either("Event Date"),
            "actor_key": nw.col("Source Country"),
            "target_key": nw.col("Target Country"),
            "cameo_code": code,
            "plover_type": _NULL,
            "quad_class": _quad_of_root(code),
            "n_sources": nw.lit(None, nw.Int64),
            "source_url": _NULL,
        },
        tests=lambda _: (~nw.col("Event ID").is_null(),),
        judged={
            "event_id": "event_id",
            "event_day": "event_date",
            "covered_day": "event_date",
            "actor_key": "source_country",
            "target_key": "target_country",
            "cameo_code": "cameo_code",
        },
        identity=("event_id", "actor_code", "target_code", "cameo_code"),
        scale="intensity_goldstein",
        instead={"CAMEO Code": "Event Text"},
        codes=icews.code_texts,
    )


def _plover_type(category: nw.Expr, mode: nw.Expr) -> nw.Expr:
    """Category, or category/mode, as the table of scores writes them but in one case."""
    named = nw.when((mode != "None") & (mode != "")).then(mode.str.to_lowercase())
    return nw.concat_str([category, named], separator="/", ignore_nulls=True)


@cache
def _polecat() -> Coding:
    def key(side: str) -> nw.Expr:
        country, number = nw.col(f"{side} Country"), nw.col(f"{side} COW")
        return nw.when(country.str.contains(r"^[A-Z]{3}$")).then(country).otherwise(number)

    quad = nw.col("Quad Code").str.to_lowercase().str.replace_all(" ", "_", literal=True)
    numbered = nw.lit(None, nw.Int64)
    for number, name in reversed(list(enumerate(QUADS, start=1))):
        numbered = nw.when(quad == name).then(nw.lit(number)).otherwise(numbered)
    return Coding(
        format_of=polecat.polecat_format,
        text_of=polecat.polecat_text,
        numbers=(),
        texts=(
            "Event ID",
            "Event Date",
            "Event Type",
            "Event Mode",
            "Quad Code",
            *(f"{side} {kind}" for side in ("Actor", "Recipient") for kind in ("Country", "COW")),
        ),
        ends_filled=False,
        coded={
            "event_id": nw.col("Event ID"),
            "event_day": _digits("Event Date"),
            "covered_day": _digits("Event Date"),
            "actor_key": key("Actor"),
            "target_key": key("Recipient"),
            "cameo_code": _NULL,
            "plover_type": _plover_type(nw.col("Event Type"), nw.col("Event Mode")),
            "quad_class": numbered.cast(nw.Int64),
            "n_sources": nw.lit(None, nw.Int64),
            "source_url": _NULL,
        },
        tests=lambda _: (~nw.col("Event ID").is_null(), nw.col("Event Type").is_in(polecat.CATEGORIES)),
        judged={
            "event_id": "event_id",
            "event_day": "event_date",
            "covered_day": "event_date",
            "actor_key": "actor_state_code",
            "target_key": "recipient_state_code",
            "plover_type": "plover_category",
            "plover_mode": "plover_mode",
            "quad_class": "quad_code",
        },
        identity=("event_id",),
        scale="intensity_plover",
    )


def codings() -> dict[str, Coding]:
    """Every kind of source by the name of its reader."""
    return {"gdelt": _gdelt(), "icews": _icews(), "polecat": _polecat()}


def coded(lines: Frame, coding: Coding, format_: BulkFormat, codes: Frame | None = None) -> Frame:
    """Columns CODED, WHOLE, PLACE, and whether the row is sure but for its dates and codes.

    Args:
        lines: as :meth:`retorsion.events.engines.Engine.text` gives them.
        coding: how the source codes events.
        format_: the format of the lines.
        codes: ``coding.codes`` on the engine of the lines, for files without a column of codes.
    """
    held = lines.collect_schema().names()
    for absent, instead in coding.instead.items():
        if codes is not None and absent not in held and instead in held:
            lines = lines.join(codes, on=instead, how="left")
            held = lines.collect_schema().names()
    older = [_NULL.alias(name) for name in coding.texts if name not in held]
    passed = nw.all_horizontal(nw.col(WHOLE), *coding.tests(format_), ignore_nulls=False).fill_null(False)
    whole = lines.with_columns(*older) if older else lines
    return whole.select(
        *(expr.alias(name) for name, expr in coding.coded.items()), passed.alias(SURE), WHOLE, *PLACE
    )


def calendar() -> pl.DataFrame:
    """Every day that a source can speak of: ``day`` (yyyymmdd), ``event_date``."""
    days = pl.date_range(FIRST_DAY, LAST_DAY, eager=True)
    return pl.DataFrame({"day": days.dt.strftime("%Y%m%d").cast(pl.Int64), "event_date": days})


def states_of(reader: str) -> pl.DataFrame:
    """``key``, ``state_code``: what an actor's country may be written as, and the state it is."""
    known: dict[str, Callable[[], dict[str, str]]] = {
        "gdelt": cameo_states,
        "icews": icews_states,
        "polecat": lambda: {**{code: code for code in known_codes()}, **polecat_states()},
        "states": lambda: {code: code for code in known_codes()},
    }
    keys = known[reader]()
    found = sorted((key, state) for key, state in keys.items())
    return pl.DataFrame(found, schema={"key": pl.String, "state_code": pl.String}, orient="row")


def score_table(cameo: pl.DataFrame, plover: pl.DataFrame) -> pl.DataFrame:
    """Intensity of every code on one scale: hostile is positive.

    Args:
        cameo: ``cameo_code``, ``goldstein_score``.
        plover: ``category``, ``mode``, ``score``.

    Returns:
        ``code`` (CAMEO code, or PLOVER category and lower-case mode), ``intensity``, ``parts`` (the same in
        thousandths, see :data:`retorsion.events.events.PARTS`).
    """
    category_mode = pl.concat_str(
        "category", pl.col("mode").str.to_lowercase(), separator="/", ignore_nulls=True
    )
    scores = pl.concat(
        [
            cameo.select(code="cameo_code", intensity=-pl.col("goldstein_score") + 0.0),
            plover.select(code=category_mode, intensity=-pl.col("score") + 0.0),
        ]
    )
    return scores.with_columns(parts=(pl.col("intensity") * PARTS).round()).sort("code")


def scored(rows: Frame, coding: Coding, scores: Frame) -> Frame:
    """Rows with ``intensity`` and ``parts``; both are null where the code has no score.

    A row without a code is not sure.

    Args:
        rows: as :func:`coded` gives them.
        coding: how the source codes events.
        scores: :func:`score_table`.
    """
    code = "cameo_code" if coding.scale == "intensity_goldstein" else "plover_type"
    joined = rows.join(scores.select(nw.col("code").alias(code), *_SCORE), on=code, how="left")
    intensity = nw.col("intensity")
    if coding.scale == "intensity_goldstein":
        unscored = nw.when(intensity.is_null()).then(nw.col(code))  # the pattern is slow, and these are few
        has_code = ~intensity.is_null() | unscored.str.contains(_CODE)
    else:  # a mode without a score of its own has its category's
        category = nw.col(code).str.split("/").list.get(0).alias("__category")
        general = scores.select(
            nw.col("code").alias("__category"), *(nw.col(name).alias(f"__{name}") for name in _SCORE)
        )
        joined = joined.with_columns(category).join(general, on="__category", how="left")
        joined = joined.with_columns(
            *(nw.coalesce(nw.col(name), nw.col(f"__{name}")).alias(name) for name in _SCORE)
        )
        has_code = ~nw.col(code).is_null()
    return joined.with_columns((nw.col(SURE) & has_code.fill_null(False)).alias(SURE))


def placed(rows: Frame, days: Frame, states: Frame) -> Frame:
    """Rows with ``event_date``, ``actor_code``, ``target_code`` and ``quad_type``.

    Args:
        rows: ``event_day``, ``covered_day``, ``actor_key``, ``target_key``, ``quad_class`` and SURE, one
            row per event or per group of events.
        days: :func:`calendar`.
        states: :func:`states_of`.

    Returns:
        The same and the four. A code is null where no state is named; a row is sure only if its two days
        exist.
    """
    covered = days.select(nw.col("day").alias("covered_day"), nw.lit(True).alias("__covered"))
    joined = rows.join(
        days.select(nw.col("day").alias("event_day"), "event_date"), on="event_day", how="left"
    ).join(covered, on="covered_day", how="left")
    for side in ("actor", "target"):
        joined = joined.join(
            states.select(nw.col("key").alias(f"{side}_key"), nw.col("state_code").alias(f"{side}_code")),
            on=f"{side}_key",
            how="left",
        )
    quad = nw.lit(None, nw.String)
    for number, name in reversed(list(enumerate(QUADS, start=1))):
        quad = nw.when(nw.col("quad_class") == number).then(nw.lit(name)).otherwise(quad)
    exist = ~nw.col("event_date").is_null() & ~nw.col("__covered").is_null()
    return joined.with_columns(quad.alias("quad_type"), (nw.col(SURE) & exist).alias(SURE))


def unknown_actors(rows: Frame) -> Frame:
    """Names and codes that no table of states knows, among the rows of a source that are sure.

    Args:
        rows: as :func:`events` gives them, of one batch.

    Returns:
        ``name`` as the source writes it and ``n``, the times that it names an actor or a target.
    """
    sides = [rows.filter(~nw.col(name).is_null()).select(nw.col(name).alias("name")) for name in UNKNOWN]
    return nw.concat(sides).group_by("name").agg(nw.len().cast(nw.Int64).alias("n"))


def events(rows: Frame, coding: Coding, *, days: Frame, states: Frame, scores: Frame) -> Frame:
    """Rows of a source with states, dates, classes and scores.

    Args:
        rows: as :func:`coded` gives them.
        coding: how the source codes events.
        days: :func:`calendar`.
        states: :func:`states_of`.
        scores: :func:`score_table`.

    Returns:
        The columns EVENTS, ``covered_day``, SURE, PLACE and UNKNOWN.
    """
    known = placed(scored(rows, coding, scores), days, states)
    unknown = (
        nw.when(nw.col(SURE) & nw.col(f"{side}_code").is_null()).then(nw.col(f"{side}_key")).alias(name)
        for side, name in zip(("actor", "target"), UNKNOWN, strict=True)
    )
    return known.select(*EVENTS, "covered_day", SURE, *PLACE, *unknown)


def between_states(pairs: Sequence[tuple[str, str]] | None = None) -> nw.Expr:
    """Whether an event is between two different states, and of one of ``pairs`` in either direction."""
    actor, target = nw.col("actor_code"), nw.col("target_code")
    chosen = ~actor.is_null() & ~target.is_null() & (actor != target)
    if pairs is not None:
        ways = sorted({f"{a}>{b}" for pair in pairs for a, b in (pair, pair[::-1])})
        chosen = chosen & nw.concat_str([actor, target], separator=">").is_in(ways)
    return chosen.fill_null(False)


def deduplicated(frame: Frame, identity: Sequence[str]) -> Frame:
    """Each event once: of several rows with one identity the first in the order of all columns.

    Args:
        frame: the columns EVENTS, and others.
        identity: the columns by which the source tells its events apart.
    """
    return frame.unique(list(identity), keep="first", order_by=list(ORDER))


def small_tables(engine: Engine, reader: str, cameo: pl.DataFrame, plover: pl.DataFrame) -> dict[str, Frame]:
    """The tables that :func:`events` joins with, on one engine."""
    return {
        "days": engine.table(calendar()),
        "states": engine.table(states_of(reader)),
        "scores": engine.table(score_table(cameo, plover)),
    }


def coded_again(accepted: pl.DataFrame, coding: Coding) -> pl.DataFrame:
    """Rows that :func:`retorsion.sources.text.bulk_text.judge_lines` accepted, in the columns CODED."""
    day = {"event_day", "covered_day"}
    made: dict[str, pl.Expr] = {}
    for name in CODED:
        source = coding.judged.get(name)
        if source is None:
            made[name] = pl.lit(None, dtype=pl.Int64 if name in ("quad_class", "n_sources") else pl.String)
        elif name in day:
            made[name] = pl.col(source).dt.strftime("%Y%m%d").cast(pl.Int64)
        else:
            made[name] = pl.col(source)
    if "plover_mode" in coding.judged:
        quad = pl.col("quad_code").str.to_lowercase().str.replace_all(" ", "_")
        made["quad_class"] = quad.replace_strict({q: i for i, q in enumerate(QUADS, start=1)}, default=None)
        mode = pl.col("plover_mode").str.to_lowercase()
        made["plover_type"] = pl.concat_str("plover_category", mode, separator="/", ignore_nulls=True)
    frame = accepted.select(**made).with_columns(
        pl.col("event_id").cast(pl.String), pl.col("quad_class", "n_sources").cast(pl.Int64)
    )
    if "quad_class" not in coding.judged:
        by_root = _quad_of_root(nw.col("cameo_code")).alias("quad_class")
        frame = nw.from_native(frame).with_columns(by_root).to_native()
    return frame.with_columns(
        pl.lit(True).alias(SURE),
        pl.lit(None, dtype=pl.Int64).alias(PLACE[0]),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in PLACE[1:]),
    )
