"""OpenSanctions: simple table of targets, and statements.

``targets.simple.csv`` has one row for each target, with several values in a cell parted by ``;``.
``statements.csv`` has one row for each value of each property of each entity, from which the sanctions with
their dates can be put together. Both are UTF-8 without a byte-order mark.

``first_seen``, ``last_seen`` and ``last_change`` are the times at which OpenSanctions' crawler saw a record.
They are no dates of designation, and no column for official dates is ever filled from them.
Layout: OpenSanctions, bulk data, and the writer of followthemoney.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import ROW, Check, Rows, is_first
from retorsion.sources.states import ftm_state, no_states
from retorsion.sources.text.published import N_ROWS, QuotedLayout, one_of, read_rows, required
from retorsion.sources.text.words import Meanings, understood

_SIMPLE = (
    "id",
    "schema",
    "name",
    "aliases",
    "birth_date",
    "countries",
    "addresses",
    "identifiers",
    "sanctions",
    "phones",
    "emails",
    "program_ids",
    "dataset",
    "first_seen",
    "last_seen",
    "last_change",
)

_TIMES = ("first_seen", "last_seen", "last_change")

TARGETS = QuotedLayout(
    publisher="OpenSanctions",
    columns=_SIMPLE,
    older=(
        tuple(c for c in _SIMPLE if c != "program_ids"),
        tuple(c for c in _SIMPLE if c not in ("program_ids", "last_change")),
    ),
    words=("schema", "program_ids", *_TIMES),
)

STATEMENTS = QuotedLayout(
    publisher="OpenSanctions",
    columns=(
        "canonical_id",
        "entity_id",
        "prop",
        "prop_type",
        "schema",
        "value",
        "dataset",
        "origin",
        "lang",
        "original_value",
        "external",
        "first_seen",
        "last_seen",
        "id",
    ),
)

#: Schemas of followthemoney that are listed, and their kinds. A LegalEntity may be a person or a body, and a
#: wallet or a security is neither: the kind stays null.
SUBJECT_TYPES: dict[str, str | None] = {
    "Person": "individual",
    "Company": "entity",
    "Organization": "entity",
    "PublicBody": "entity",
    "Vessel": "vessel",
    "Airplane": "aircraft",
    "LegalEntity": None,
    "CryptoWallet": None,
    "Security": None,
    "Asset": None,
    "Vehicle": None,
    "Identification": None,
    "Address": None,
    "BankAccount": None,
    "RealEstate": None,
    "Project": None,
    "Thing": None,
    "Occupancy": None,
    "Position": None,
}

_TIME = "%Y-%m-%dT%H:%M:%S"
#: A time, or the day alone; in UTC, which may stand there, and with parts of a second, which are dropped.
_TIME_SHAPE = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?:Z|\+00:?00)?)?$"
)


def _state_codes(cell: str) -> str | None:
    """Alpha-3 codes, parted by ``;``, of the states in a cell; None if one is unknown or none is a state."""
    codes = [ftm_state(code) for code in cell.split(";") if code not in no_states()]
    known = dict.fromkeys(code for code in codes if code is not None)
    return ";".join(known) if known and None not in codes else None


def _time(column: str) -> pl.Expr:
    """A time, with a T between day and hour, or the blank that stood there until 2022; of a day its beginning."""
    day, hour = (pl.col(column).str.extract(_TIME_SHAPE, group) for group in (1, 2))
    return (day + "T" + hour.fill_null("00:00:00")).str.to_datetime(_TIME, strict=False)


def _time_check(column: str, *, optional: bool = False) -> Check:
    ok = pl.col(column).str.contains(_TIME_SHAPE) & _time(column).is_not_null()
    return Check(
        column,
        ok | pl.col(column).is_null() if optional else ok,
        "is not a time",
        "Times are written 2024-05-03T05:41:01.",
    )


_TARGET_CHECKS = (
    required("id"),
    Check("id", is_first("id"), "is the id of an earlier row", "Keep one of the two."),
    one_of("schema", list(SUBJECT_TYPES)),
    required("name"),
    required("dataset"),
    _time_check("first_seen"),
    _time_check("last_seen"),
    _time_check("last_change", optional=True),
)


def read_opensanctions(path: Path, *, source_id: str) -> Rows:
    """Read ``targets.simple.csv``.

    Args:
        path: the file; files of releases without ``program_ids`` or ``last_change`` are read too.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each target in file order: ``row`` (first line), ``n_rows`` (1),
        ``list_number`` (OpenSanctions' id), ``subject_type`` (null where the schema, LegalEntity, leaves it
        open), ``subject_name``, ``subject_country`` (codes as published), ``country_codes`` (list of alpha-3
        codes), ``programmes`` (list, null where there are none), ``announced_date`` and ``effective_date``
        (Date, always null), ``schema``, ``aliases``, ``birth_date_text``, ``addresses``, ``identifiers``,
        ``reasons``, ``dataset``, ``first_seen``, ``last_seen``, ``last_change`` (Datetime, of the crawler).
        Rejected: the rows that failed a check.

    Raises:
        SourceError: the file is not in the layout.
    """
    return read_rows(path, TARGETS, _TARGET_CHECKS, _subjects, source_id=source_id, coded=_coded)


def _coded(rows: pl.DataFrame) -> pl.DataFrame:
    codes = understood(rows["countries"], _state_codes, parted_by=";")
    return rows.with_columns(codes.alias("country_codes"))


def _subjects(rows: pl.DataFrame, meanings: Meanings) -> pl.DataFrame:
    no_date = pl.lit(None, dtype=pl.Date)
    made = {
        "subject_type": pl.col("schema").replace_strict(SUBJECT_TYPES, return_dtype=pl.String),
        "programmes": pl.col("program_ids").str.split(";"),
        "schema": pl.col("schema"),
        **{c: _time(c) for c in _TIMES},
    }
    own = rows.select(
        ROW,
        pl.lit(1, dtype=pl.Int64).alias(N_ROWS),
        pl.col("id").alias("list_number"),
        pl.col("name").alias("subject_name"),
        pl.col("countries").alias("subject_country"),
        "country_codes",
        no_date.alias("announced_date"),
        no_date.alias("effective_date"),
        "aliases",
        pl.col("birth_date").alias("birth_date_text"),
        "addresses",
        "identifiers",
        pl.when(pl.col("sanctions") != '""').then(pl.col("sanctions")).alias("reasons"),
        "dataset",
    )
    typed = pl.concat([own, meanings.of(made)], how="horizontal")
    return typed.select(
        ROW,
        N_ROWS,
        "list_number",
        "subject_type",
        "subject_name",
        "subject_country",
        "country_codes",
        "programmes",
        "announced_date",
        "effective_date",
        "schema",
        "aliases",
        "birth_date_text",
        "addresses",
        "identifiers",
        "reasons",
        "dataset",
        *_TIMES,
    )


_STATEMENT_CHECKS = (
    required("canonical_id"),
    required("entity_id"),
    required("prop"),
    required("schema"),
    required("value"),
    required("dataset"),
    Check(
        "external",
        pl.col("external").is_null() | pl.col("external").is_in(["t", "f"]),
        "is neither t nor f",
        "Take the file as OpenSanctions publishes it.",
    ),
)


def read_opensanctions_statements(path: Path, *, source_id: str) -> Rows:
    """Read ``statements.csv``.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each statement in file order: ``row`` and the columns of the file, ``external``
        as Boolean. Rejected: the rows that failed a check.

    Raises:
        SourceError: the file is not in the layout.
    """
    return read_rows(path, STATEMENTS, _STATEMENT_CHECKS, _statements, source_id=source_id)


def _statements(rows: pl.DataFrame, _: Meanings) -> pl.DataFrame:
    return rows.with_columns((pl.col("external") == "t").fill_null(False))


def sanctions_of(statements: pl.DataFrame) -> pl.DataFrame:
    """Sanctions that statements describe, one row for each sanction and subject.

    Args:
        statements: accepted rows of :func:`read_opensanctions_statements`; external ones are left out.

    Returns:
        ``row`` (line of the sanction's first statement), ``n_rows`` (its statements), ``list_number`` (id of
        the sanction), ``subject_id``, ``subject_type`` (null for a schema that is no subject or leaves it
        open), ``subject_name`` (the first in order), ``subject_country`` (codes of all properties that are
        countries, parted by ``;``), ``programmes`` (``programId``, or ``program`` where there is none),
        ``announced_date`` (earliest day, or else month, of ``listingDate``), ``date_precision`` (day or month; a
        year alone is no date), ``effective_date`` (earliest whole ``startDate``), ``ended_date`` (latest whole
        ``endDate``), ``authority``, ``authority_number``, ``un_reference``; sorted by row and subject. A sanction of a
        subject that the file does not describe keeps null in the subject's columns.
    """
    own = statements.filter(~pl.col("external"))
    of_sanctions = own.filter(pl.col("schema") == "Sanction")
    is_listing = pl.col("prop") == "listingDate"
    of_day, of_month = (
        is_listing & pl.col("value").str.contains(shape)
        for shape in (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", r"^[0-9]{4}-[0-9]{2}$")
    )
    sanctions = of_sanctions.group_by(pl.col("canonical_id").alias("list_number")).agg(
        pl.col(ROW).min(),
        pl.len().cast(pl.Int64).alias(N_ROWS),
        _values("entity").alias("subject_id"),
        pl.when(_values("programId").list.len() > 0)
        .then(_values("programId"))
        .otherwise(_values("program"))
        .alias("programmes"),
        pl.coalesce(pl.col("value").filter(of_day).min(), pl.col("value").filter(of_month).min()).alias(
            "listed"
        ),
        _days("startDate").min().alias("effective_date"),
        _days("endDate").max().alias("ended_date"),
        _values("authority").list.first().alias("authority"),
        _values("authorityId").list.first().alias("authority_number"),
        _values("unscId").list.first().alias("un_reference"),
    )
    subjects = (
        own.filter(pl.col("schema") != "Sanction")
        .group_by(pl.col("canonical_id").alias("subject_id"))
        .agg(
            _values("name").list.first().alias("subject_name"),
            pl.col("value").filter(pl.col("prop_type") == "country").unique().sort().str.join(";")
            .replace("", None).alias("subject_country"),
            pl.when(pl.col("schema").filter(pl.col("prop") == "name").n_unique() == 1)
            .then(pl.col("schema").filter(pl.col("prop") == "name").first())
            .alias("schema"),
        )
    )  # fmt: skip
    listed = pl.col("listed")
    return (
        sanctions.explode("subject_id")
        .join(subjects, on="subject_id", how="left")
        .select(
            ROW,
            N_ROWS,
            "list_number",
            "subject_id",
            pl.col("schema")
            .replace_strict(SUBJECT_TYPES, default=None, return_dtype=pl.String)
            .alias("subject_type"),
            "subject_name",
            "subject_country",
            "programmes",
            pl.coalesce(
                listed.str.to_date("%Y-%m-%d", strict=False),
                (listed + "-01").str.to_date("%Y-%m-%d", strict=False),
            ).alias("announced_date"),
            pl.when(listed.str.len_chars() == 10)
            .then(pl.lit("day"))
            .when(listed.str.len_chars() == 7)
            .then(pl.lit("month"))
            .alias("date_precision"),
            "effective_date",
            "ended_date",
            "authority",
            "authority_number",
            "un_reference",
        )
        .sort(ROW, "subject_id")
    )


def _values(prop: str) -> pl.Expr:
    """Distinct values of a property, as a sorted list."""
    return pl.col("value").filter(pl.col("prop") == prop).unique().sort().implode()


def _days(prop: str) -> pl.Expr:
    return pl.col("value").filter(pl.col("prop") == prop).str.to_date("%Y-%m-%d", strict=False)


READERS = (
    Reader(
        "opensanctions_targets",
        "list",
        "OpenSanctions, targets.simple.csv",
        read_opensanctions,
        header("id", "schema", "countries", "first_seen"),
        ("list_number",),
    ),
    Reader(
        "opensanctions_statements",
        "list",
        "OpenSanctions, statements.csv",
        read_opensanctions_statements,
        header("canonical_id", "prop", "schema"),
        ("id",),
        subjects=sanctions_of,
    ),
)
