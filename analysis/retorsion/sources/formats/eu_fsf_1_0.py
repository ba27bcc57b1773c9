"""European Union: consolidated list of financial sanctions, full CSV in version 1.0.

The older edition of the list that :mod:`retorsion.sources.formats.eu_fsf` reads in version 1.1; the Commission
still writes both (``20260805-FULL-1_0.csv``). One row for each name (``Naal``), address (``Addr``), birth
(``Birt``), document (``Iden``) or citizenship (``Citi``) of a subject, semicolons, UTF-8 with or without a
byte-order mark. ``Entity_logical_id`` heads the row and is repeated in each of the five blocks: the first one
counts. Countries are alpha-3 codes.

No official description of the columns was found: their names and meanings are those on which independent
programs agree that read the Commission's file. Their order is therefore not relied on, and a column of an
unknown block is refused by name.

This version has no day of designation at all. ``Leba_publication_date`` is that of the regulation which touched
the entry last, and each block has its own; the earliest of them says only that the subject was listed by then.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.formats.eu_fsf import (
    SUBJECT_TYPES,
    UNKNOWN,
    country_codes,
    distinct,
    file_and_subject,
    first,
    known_states,
    programme_check,
    same,
)
from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import ROW, Check, Rows
from retorsion.sources.text.headers import SEPARATORS, as_published, wrong_header
from retorsion.sources.text.published import (
    N_ROWS,
    SUBJECT,
    QuotedLayout,
    SubjectCheck,
    collapse,
    one_of,
    read_layout,
    read_whole,
)

#: Columns of the subject and of the regulation that touched it last.
ENTITY = (
    "Date_file",
    "Entity_logical_id",
    "EU_ref_num",
    "Subject_type",
    "Leba_numtitle",
    "Leba_publication_date",
    "Leba_url",
    "Programme",
    "Entity_remark",
)

#: Columns of the blocks that are read.
PARTS = ("Naal_wholename", "Addr_country", "Citi_country")

#: How the columns of a block begin.
BLOCKS = ("Naal_", "Addr_", "Birt_", "Iden_", "Citi_")

#: How the columns end that date the regulation of a block.
_DATED = "leba_publication_date"

_PUBLISHER = "the European Commission"
_DATE = "%Y-%m-%d"


@cache
def _codes() -> dict[str, str]:
    two = country_codes()
    return {**two, **{three: three for three in two.values()}}


def _columns(data: bytes, path: Path) -> tuple[str, ...]:
    """Columns of the file, each repetition of the subject's number with a name of its own."""
    line = data.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    separator = max(SEPARATORS, key=lambda mark: line.count(mark.encode()))
    try:
        found = next(csv.reader([line.decode("utf-8").rstrip("\r")], delimiter=separator, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            path.name,
            f"the header cannot be read as UTF-8 text ({error})",
            row=1,
            remedy=as_published(_PUBLISHER),
        ) from None
    known = [name for name in found if name.startswith(BLOCKS)]
    twice = {name for name in found if found.count(name) > 1} - {"Entity_logical_id"}
    if not {*ENTITY, *PARTS} <= set(found) <= {*ENTITY, *known} or twice:
        expected = (*ENTITY, *dict.fromkeys((*PARTS, *known)))
        raise wrong_header(path.name, found, expected, row=1, remedy=as_published(_PUBLISHER))
    return tuple(name if name not in found[:at] else f"{name} {at}" for at, name in enumerate(found))


def _per_row() -> tuple[Check, ...]:
    return (
        *file_and_subject("Date_file", "Entity_logical_id"),
        one_of("Subject_type", list(SUBJECT_TYPES)),
        programme_check("Programme"),
    )


_PER_SUBJECT = (
    same("Subject_type"),
    SubjectCheck(
        "Naal_wholename",
        pl.col("Naal_wholename").is_not_null(),
        "is missing in all rows of the subject",
        "A subject has a name: compare the list's page.",
    ),
)


def read_eu_fsf_1_0(path: Path, *, source_id: str) -> Rows:
    """Read the list.

    Args:
        path: the CSV file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in order of its first row: ``row`` (line), ``n_rows``,
        ``list_number`` (``Entity_logical_id``), ``subject_type`` (individual, entity), ``subject_name`` (the
        first), ``aliases`` (list, the others), ``subject_country`` (codes of the citizenships of a person, of the
        addresses of a body, parted by ``; ``), ``country_codes`` (the same as a list of alpha-3 codes),
        ``programmes`` (list), ``programme_dates`` (list of nulls: this version has no day of designation),
        ``announced_date`` and ``effective_date`` (null), ``eu_reference``, ``remark``, ``regulation``,
        ``regulation_url`` and ``regulation_published_date`` (of the regulation that touched the entry last),
        ``earliest_regulation_date`` (of all that touched a part of it: it was listed by then),
        ``generated_date``. Rejected: rows. The sum of ``n_rows`` and the number of rejected rows together are the
        rows of the file.

    Raises:
        SourceError: the file is not in the layout.
    """
    data = read_whole(path)
    columns = _columns(data, path)
    layout = QuotedLayout(_PUBLISHER, columns, separator=";", has_header=False)
    read = read_layout(path, layout, source_id=source_id, data=data, n_above=1)
    dated = [name for name in columns if name.casefold().endswith(_DATED)]
    return collapse(
        read,
        "Entity_logical_id",
        _per_row(),
        _PER_SUBJECT,
        lambda rows: _subjects(rows, dated),
        source_id=source_id,
        path=path,
    )


def _subjects(rows: pl.DataFrame, dated: list[str]) -> pl.DataFrame:
    person = pl.col("Subject_type").first() == "P"
    known = {part: pl.col(part).replace(UNKNOWN, None) for part in ("Citi_country", "Addr_country")}
    codes = {
        part: known_states(distinct(part), _codes()) for part in known
    }  # fmt: skip
    words = {part: one.drop_nulls().unique(maintain_order=True).str.join("; ") for part, one in known.items()}
    none = pl.lit(None, dtype=pl.Date)
    return (
        rows.group_by(SUBJECT, maintain_order=True)
        .agg(
            pl.col(ROW).first(),
            pl.len().cast(pl.Int64).alias(N_ROWS),
            pl.col("Entity_logical_id").first().alias("list_number"),
            pl.col("Subject_type").first().replace_strict(SUBJECT_TYPES, return_dtype=pl.String)
            .alias("subject_type"),
            first("Naal_wholename").alias("subject_name"),
            distinct("Naal_wholename").slice(1).alias("aliases"),
            pl.when(person).then(words["Citi_country"]).otherwise(words["Addr_country"]).replace("", None)
            .alias("subject_country"),
            pl.when(person).then(codes["Citi_country"]).otherwise(codes["Addr_country"]).alias("country_codes"),
            distinct("Programme").alias("programmes"),
            distinct("Programme").replace_strict({}, default=None, return_dtype=pl.Date)
            .alias("programme_dates"),
            none.alias("announced_date"),
            none.alias("effective_date"),
            first("EU_ref_num").alias("eu_reference"),
            first("Entity_remark").alias("remark"),
            first("Leba_numtitle").alias("regulation"),
            first("Leba_url").alias("regulation_url"),
            first("Leba_publication_date").str.to_date(_DATE, strict=False).alias("regulation_published_date"),
            pl.min_horizontal(*(pl.col(name).str.to_date(_DATE, strict=False).min() for name in dated))
            .alias("earliest_regulation_date"),
            first("Date_file").str.to_date("%d/%m/%Y").alias("generated_date"),
        )
        .drop(SUBJECT)
    )  # fmt: skip


READERS = (
    Reader(
        "eu_fsf_1_0",
        "list",
        "European Commission, financial sanctions, CSV 1.0 (FULL-1_0)",
        read_eu_fsf_1_0,
        header("Entity_logical_id", "Naal_wholename", separator=";"),
        ("list_number",),
    ),
)
