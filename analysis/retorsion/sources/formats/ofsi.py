"""United Kingdom: consolidated list of the Office of Financial Sanctions Implementation, ``ConList.csv``.

A banner ``Last Updated,dd/mm/yyyy`` stands above the header of 36 columns. One row for each name of a
subject; rows of one ``Group ID`` are one subject. UTF-8 with or without a byte-order mark, lines ended by LF
or CRLF.

``Listed On`` is the day the subject was first listed for the United Kingdom, under whichever law;
``UK Sanctions List Date Designated`` is the day under the Sanctions and Anti-Money Laundering Act 2018, which
for older entries is the end of 2020. Layout: OFSI, Format guide to the consolidated list, 2022 format.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import ROW, Check, Rows
from retorsion.sources.states import names_in
from retorsion.sources.text.published import (
    N_ROWS,
    SUBJECT,
    QuotedLayout,
    SubjectCheck,
    aligned,
    collapse,
    day,
    distinct,
    one_of,
    read_layout,
    read_whole,
    required,
    whole_number,
)
from retorsion.sources.text.words import Meanings, at_once, understood

SUBJECT_TYPES = {"Individual": "individual", "Entity": "entity", "Ship": "vessel"}

#: ``Alias Type`` in small letters of the name that a subject is listed under, the first of these that one of its
#: rows has; until 2022 it was Prime Alias. All others are of further names.
PRIMARY_NAMES = ("primary name", "prime alias", "primary name variation")

_DAYS = ("Listed On", "UK Sanctions List Date Designated", "Last Updated")

_LAYOUT = QuotedLayout(
    publisher="OFSI",
    columns=(
        "Name 6",
        *(f"Name {i}" for i in range(1, 6)),
        "Title",
        "Name Non-Latin Script",
        "Non-Latin Script Type",
        "Non-Latin Script Language",
        "DOB",
        "Town of Birth",
        "Country of Birth",
        "Nationality",
        "Passport Number",
        "Passport Details",
        "National Identification Number",
        "National Identification Details",
        "Position",
        *(f"Address {i}" for i in range(1, 7)),
        "Post/Zip Code",
        "Country",
        "Other Information",
        "Group Type",
        "Alias Type",
        "Alias Quality",
        "Regime",
        "Listed On",
        "UK Sanctions List Date Designated",
        "Last Updated",
        "Group ID",
    ),
    words=(
        "Nationality",
        "Country",
        "Group Type",
        "Alias Type",
        "Regime",
        *_DAYS,
    ),
)

#: The column that had another name until 2022.
_RENAMED = {"National Identification Details": "NI Details"}

_LAYOUT_2020 = replace(_LAYOUT, columns=tuple(_RENAMED.get(column, column) for column in _LAYOUT.columns))

_BANNER = re.compile(
    rb"(?:\xef\xbb\xbf)?\"?Last Updated\"?[,;\t]\"?([0-9]{2})/([0-9]{2})/([0-9]{4})[\",;\t]*\r?\n"
)
_FORM, _SHAPE = "%d/%m/%Y", r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$"
#: What a subject has lists of.
_LISTED = ("Nationality", "Country")
_NAMES = [pl.col(f"Name {i}") for i in (1, 2, 3, 4, 5, 6)]


def _date_check(column: str) -> Check:
    return Check(
        column, day(column, _FORM, _SHAPE).is_not_null(), "is not a date", "Dates are written 23/02/2022."
    )


_PER_ROW = (
    Check(
        "Group ID",
        whole_number("Group ID", 9),
        "is not the number of a group",
        "Take the file as OFSI publishes it.",
    ),
    one_of("Group Type", list(SUBJECT_TYPES)),
    Check(
        "Name 6",
        pl.any_horizontal(name.is_not_null() for name in _NAMES),
        "is missing, and so are all other names",
        "A row holds a name: compare OFSI's page.",
    ),
    required("Regime"),
    _date_check("Listed On"),
)

_PER_SUBJECT = (
    SubjectCheck(
        "Group Type",
        None,
        "differs between rows of one group",
        "Compare the group's rows with OFSI's page.",
    ),
)


def read_ofsi(path: Path, *, source_id: str) -> Rows:
    """Read ``ConList.csv``.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each group in order of its first row: ``row`` (line), ``n_rows``,
        ``list_number`` (``Group ID``), ``subject_type`` (individual, entity, vessel), ``subject_name`` (first
        of :data:`PRIMARY_NAMES`, given names before the surname), ``aliases`` (list of all other names),
        ``subject_country`` (nationality of an individual, country of address of others, in the list's
        words, parted by ``; ``), ``programmes`` (list of regimes), ``programme_dates`` (list: earliest
        ``Listed On`` under each), ``announced_date`` (the earliest of all),
        ``effective_date`` (null), ``uk_designated_date``, ``last_updated_date`` (null where it is no date),
        ``generated_date`` (of the banner). Rejected: rows. The sum of ``n_rows`` and the number of rejected
        rows together are the rows of the file.

    Raises:
        SourceError: the file has no banner, or is not in the layout.
    """
    data = read_whole(path)
    banner = _BANNER.match(data)
    if banner is None:
        raise SourceError(
            path.name,
            "does not begin with the line 'Last Updated,dd/mm/yyyy'",
            row=1,
            value=data[:60],
            remedy="Take ConList.csv as OFSI publishes it.",
        )
    generated = pl.Series([b"-".join(reversed(banner.groups())).decode()]).str.to_date(strict=False)[0]
    if generated is None:
        raise SourceError(
            path.name,
            "has a banner with a day that does not exist",
            row=1,
            value=banner[0].strip(),
            remedy="Fetch the file again.",
        )
    header = data[banner.end() : data.find(b"\n", banner.end())]
    layout = _LAYOUT_2020 if b"NI Details" in header else _LAYOUT
    read = read_layout(path, layout, source_id=source_id, data=data, n_above=1)
    rows = collapse(read, "Group ID", _PER_ROW, _PER_SUBJECT, _subjects, source_id=source_id, path=path)
    return Rows(rows.accepted.with_columns(pl.lit(generated).alias("generated_date")), rows.rejected)


def _subjects(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.select(SUBJECT, ROW, *_NAMES, "Group ID", *_LAYOUT.words).rechunk()
    lists = [partial(distinct, column=column) for column in _LISTED]
    made: list[Callable[[pl.DataFrame], pl.DataFrame]] = [_summary, _names, _programmes, *lists]
    subjects, names, programmes, *listed = at_once(lambda make: make(rows), made)
    parts = (aligned(part, len(subjects)) for part in (names, programmes, *listed))
    subjects = pl.concat([subjects, *parts], how="horizontal")
    place = pl.when(pl.col("Group Type") == "Individual").then("Nationality").otherwise("Country")
    kind = Meanings(subjects).of(
        {"subject_type": pl.col("Group Type").replace_strict(SUBJECT_TYPES, return_dtype=pl.String)}
    )
    return subjects.select(
        ROW,
        N_ROWS,
        pl.col("Group ID").alias("list_number"),
        kind["subject_type"],
        "subject_name",
        pl.col("aliases").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        _countries(_joined(subjects.select(place).to_series())).alias("subject_country"),
        "programmes",
        "programme_dates",
        "announced_date",
        pl.lit(None, dtype=pl.Date).alias("effective_date"),
        "uk_designated_date",
        "last_updated_date",
    )


def _summary(rows: pl.DataFrame) -> pl.DataFrame:
    days = Meanings(rows).of({column: day(column, _FORM, _SHAPE) for column in _DAYS})
    return (
        rows.with_columns(days)
        .group_by(SUBJECT, maintain_order=True)
        .agg(
            pl.col(ROW).first(),
            pl.len().cast(pl.Int64).alias(N_ROWS),
            pl.col("Group ID", "Group Type").first(),
            pl.col("Listed On").min().alias("announced_date"),
            pl.col("UK Sanctions List Date Designated").min().alias("uk_designated_date"),
            pl.col("Last Updated").max().alias("last_updated_date"),
        )
    )


def _programmes(rows: pl.DataFrame) -> pl.DataFrame:
    """Regimes of each subject, and the first day on which it was listed under each."""
    days = Meanings(rows).of({"listed_date": day("Listed On", _FORM, _SHAPE)})
    under = rows.select(SUBJECT, pl.col("Regime").cast(pl.String).alias("programmes")).with_columns(days)
    first = under.group_by(SUBJECT, "programmes", maintain_order=True).agg(
        pl.col("listed_date").min().alias("programme_dates")
    )
    return first.group_by(SUBJECT, maintain_order=True).agg("programmes", "programme_dates")


def _names(rows: pl.DataFrame) -> pl.DataFrame:
    """The name that each subject is listed under, and a list of its other names."""
    name = pl.concat_str(_NAMES, separator=" ", ignore_nulls=True)
    rank = (
        pl.col("Alias Type")
        .cast(pl.String)
        .str.to_lowercase()
        .replace_strict(
            {one: rank for rank, one in enumerate(PRIMARY_NAMES)},
            default=len(PRIMARY_NAMES),
            return_dtype=pl.Int64,
        )
    )
    named = rows.select(SUBJECT, rank.alias("rank"), aliases=name)
    is_listed = pl.int_range(pl.len()).over(SUBJECT) == pl.col("rank").arg_min().over(SUBJECT)
    primary = named.filter(is_listed)
    subject_name = primary["aliases"]
    others = named.filter(pl.col("aliases") != subject_name.gather(named[SUBJECT]))
    aliases = aligned(distinct(others, "aliases"), len(primary))
    return primary.select(SUBJECT, subject_name=subject_name).with_columns(aliases)


def _countries(cells: pl.Series) -> pl.Series:
    """Names in each cell parted by ``; ``, where the list numbers them: ``(1) Russia. (2) Ukraine``."""
    return understood(cells, lambda cell: "; ".join(dict.fromkeys(names_in(cell))) or None)


def _joined(lists: pl.Series) -> pl.Series:
    """Values of each list in one cell; nearly all have one, which need not be joined."""
    several = (lists.list.len() > 1).arg_true()
    return lists.list.first().scatter(several, lists.gather(several).list.join("; "))


READERS = (
    Reader(
        "ofsi",
        "list",
        "OFSI, UK consolidated list (ConList.csv)",
        read_ofsi,
        header("Group ID", "Listed On", line=1),
        ("list_number",),
    ),
)
