"""European Union: consolidated list of financial sanctions, full CSV in version 1.1.

One row for each alias, address, birth date, document or citizenship of a subject; rows of one
``Entity_LogicalId`` are one subject. 118 columns parted by semicolons, UTF-8 with or without a byte-order
mark.

The day of designation is ``Entity_DesignationDate`` or, where the list leaves it empty, unknown: the dates of
``Entity_Regulation`` are those of the regulation that touched the entry last, and move when it is amended.
Layout: European Commission, Financial Sanctions Files, ``csvFullSanctionsList_1_1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pycountry

from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import ROW, Check, Rows
from retorsion.sources.states import aliases
from retorsion.sources.text.published import (
    N_ROWS,
    SUBJECT,
    QuotedLayout,
    SubjectCheck,
    collapse,
    day,
    empty_or,
    one_of,
    read_layout,
    whole_number,
)

SUBJECT_TYPES = {"P": "individual", "E": "entity"}
_CLASSIFICATIONS = {"P": "person", "E": "enterprise"}

#: Code of a country that the list does not know.
UNKNOWN = "00"

_REGULATION = (
    "Type",
    "OrganisationType",
    "PublicationDate",
    "EntryIntoForceDate",
    "NumberTitle",
    "Programme",
    "PublicationUrl",
)

_BLOCKS = {
    "Entity": "LogicalId EU_ReferenceNumber UnitedNationId DesignationDate DesignationDetails Remark "
    "SubjectType SubjectType_ClassificationCode",
    "NameAlias": "LastName FirstName MiddleName WholeName NameLanguage Gender Title Function LogicalId "
    "RegulationLanguage Remark",
    "Address": "City Street PoBox ZipCode Region Place AsAtListingTime ContactInfo CountryIso2Code "
    "CountryDescription LogicalId RegulationLanguage Remark",
    "BirthDate": "BirthDate Day Month Year YearRangeFrom YearRangeTo Circa CalendarType ZipCode Region Place "
    "City CountryIso2Code CountryDescription LogicalId RegulationLanguage Remark",
    "Identification": "Number Diplomatic KnownExpired KnownFalse ReportedLost RevokedByIssuer IssuedBy "
    "IssuedDate ValidFrom ValidTo LatinNumber NameOnDocument TypeCode TypeDescription Region CountryIso2Code "
    "CountryDescription LogicalId RegulationLanguage Remark",
    "Citizenship": "Region CountryIso2Code CountryDescription LogicalId RegulationLanguage Remark",
}

#: Each block of columns ends in those of the regulation it comes from.
COLUMNS = (
    "fileGenerationDate",
    *(
        f"{block}_{name}"
        for block, names in _BLOCKS.items()
        for name in (*names.split(), *(f"Regulation_{part}" for part in _REGULATION))
    ),
)

_LAYOUT = QuotedLayout(publisher="the European Commission", columns=COLUMNS, separator=";")

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@cache
def country_codes() -> dict[str, str]:
    """Two-letter codes of the list."""
    iso = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    return {**aliases("iso"), **iso, **aliases("eu_fsf")}


def date_check(column: str) -> Check:
    """Test that a cell is a date, 2022-02-23, or empty."""
    return empty_or(
        Check(
            column,
            day(column, "%Y-%m-%d", _DAY).is_not_null(),
            "is not a date",
            "Dates are written 2022-02-23.",
        )
    )


def known_states(cells: pl.Expr, codes: Mapping[str, str]) -> pl.Expr:
    """Alpha-3 codes of a subject's cells as a list; null where one of them is not known.

    Args:
        cells: distinct codes of countries of one subject; :data:`UNKNOWN` is no country.
        codes: of the list.
    """
    named = cells.filter(cells != UNKNOWN)
    found = named.replace_strict(dict(codes), default=None, return_dtype=pl.String)
    return pl.when(found.null_count() == 0).then(found.unique(maintain_order=True).implode())


def same(column: str) -> SubjectCheck:
    """Test that all rows of a subject agree in a column."""
    return SubjectCheck(
        column,
        None,
        "differs between rows of one subject",
        "Compare the subject's rows with the list's page.",
    )


def file_and_subject(generated: str, number: str) -> tuple[Check, Check]:
    """Tests of the columns that say when the file was made and which subject a row is about."""
    return (
        Check(
            generated,
            day(generated, "%d/%m/%Y", r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$").is_not_null(),
            "is not a date",
            "It is written 05/08/2026.",
        ),
        Check(
            number,
            whole_number(number, 9),
            "is not the number of a subject",
            "Take the file as the Commission publishes it.",
        ),
    )


def programme_check(column: str) -> Check:
    """Test that a cell is the code of a programme."""
    return Check(
        column,
        pl.col(column).str.contains(r"^[A-Z0-9][A-Z0-9_ -]*$"),
        "is not the code of a programme",
        "Programmes are written in capitals, such as IRQ.",
    )


def _per_row() -> tuple[Check, ...]:
    return (
        *file_and_subject("fileGenerationDate", "Entity_LogicalId"),
        one_of("Entity_SubjectType", list(SUBJECT_TYPES)),
        Check(
            "Entity_SubjectType_ClassificationCode",
            pl.col("Entity_SubjectType_ClassificationCode")
            == pl.col("Entity_SubjectType").replace_strict(_CLASSIFICATIONS, default=None),
            "is another kind than Entity_SubjectType says",
            "P is person and E is enterprise.",
        ),
        programme_check("Entity_Regulation_Programme"),
        date_check("Entity_DesignationDate"),
        Check(
            "Entity_DesignationDate",
            pl.col("Entity_DesignationDate")
            .drop_nulls()
            .n_unique()
            .over("Entity_LogicalId", "Entity_Regulation_Programme")
            <= 1,
            "differs between rows of one subject and programme",
            "Compare the subject's rows with the list's page.",
        ),
    )


_PER_SUBJECT = (
    same("Entity_SubjectType"),
    SubjectCheck(
        "NameAlias_WholeName",
        pl.col("NameAlias_WholeName").is_not_null(),
        "is missing in all rows of the subject",
        "A subject has a name: compare the list's page.",
    ),
)


def read_eu_fsf(path: Path, *, source_id: str) -> Rows:
    """Read the list.

    Args:
        path: the CSV file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in order of its first row: ``row`` (line), ``n_rows``,
        ``list_number`` (``Entity_LogicalId``), ``subject_type`` (individual, entity), ``subject_name`` (the
        first), ``aliases`` (list, the others), ``subject_country`` (citizenships of a person, countries of
        address of a body, in the list's words, parted by ``; ``), ``country_codes`` (the same as a list of
        alpha-3 codes, null where one is not known, whose code then stands among the words), ``programmes`` (list),
        ``programme_dates`` (list: day of designation under each, null where the list gives none),
        ``announced_date`` (the earliest of them), ``effective_date`` (null), ``eu_reference``, ``un_reference``,
        ``regulation``,
        ``regulation_type``, ``regulation_published_date`` and ``regulation_effective_date`` (of the
        regulation that touched the entry last), ``generated_date``. Rejected: rows. The sum of ``n_rows``
        and the number of rejected rows together are the rows of the file.

    Raises:
        SourceError: the file is not in the layout.
    """
    read = read_layout(path, _LAYOUT, source_id=source_id)
    return collapse(
        read, "Entity_LogicalId", _per_row(), _PER_SUBJECT, _subjects, source_id=source_id, path=path
    )


def first(column: str) -> pl.Expr:
    """The first filled cell of a subject."""
    return pl.col(column).drop_nulls().first()


def distinct(column: str) -> pl.Expr:
    """The distinct cells of a subject in order."""
    return pl.col(column).drop_nulls().unique(maintain_order=True)


def _subjects(rows: pl.DataFrame) -> pl.DataFrame:
    person = pl.col("Entity_SubjectType").first() == "P"
    codes = {
        block: known_states(distinct(f"{block}_CountryIso2Code"), country_codes())
        for block in ("Citizenship", "Address")
    }
    known = [*country_codes(), UNKNOWN]
    names = {
        block: distinct(f"{block}_CountryDescription")
        .append(
            distinct(f"{block}_CountryIso2Code").filter(~distinct(f"{block}_CountryIso2Code").is_in(known))
        )
        .str.join("; ")
        for block in ("Citizenship", "Address")
    }
    dates = (
        rows.group_by(SUBJECT, "Entity_Regulation_Programme", maintain_order=True)
        .agg(first("Entity_DesignationDate").str.to_date("%Y-%m-%d").alias("programme_dates"))
        .rename({"Entity_Regulation_Programme": "programmes"})
        .group_by(SUBJECT, maintain_order=True)
        .agg("programmes", "programme_dates")
    )
    subjects = rows.group_by(SUBJECT, maintain_order=True).agg(
        pl.col("Entity_LogicalId").first().alias("list_number"),
        pl.col(ROW).first(),
        pl.len().cast(pl.Int64).alias(N_ROWS),
        pl.col("Entity_SubjectType").first().replace_strict(SUBJECT_TYPES, return_dtype=pl.String)
        .alias("subject_type"),
        first("NameAlias_WholeName").alias("subject_name"),
        distinct("NameAlias_WholeName").slice(1).alias("aliases"),
        pl.when(person).then(names["Citizenship"]).otherwise(names["Address"]).replace("", None)
        .alias("subject_country"),
        pl.when(person).then(codes["Citizenship"]).otherwise(codes["Address"]).alias("country_codes"),
        pl.col("Entity_DesignationDate").min().str.to_date("%Y-%m-%d").alias("announced_date"),
        pl.lit(None, dtype=pl.Date).alias("effective_date"),
        first("Entity_EU_ReferenceNumber").alias("eu_reference"),
        first("Entity_UnitedNationId").alias("un_reference"),
        first("Entity_Regulation_NumberTitle").alias("regulation"),
        first("Entity_Regulation_Type").alias("regulation_type"),
        first("Entity_Regulation_PublicationDate").str.to_date("%Y-%m-%d", strict=False)
        .alias("regulation_published_date"),
        first("Entity_Regulation_EntryIntoForceDate").str.to_date("%Y-%m-%d", strict=False)
        .alias("regulation_effective_date"),
        first("fileGenerationDate").str.to_date("%d/%m/%Y").alias("generated_date"),
    )  # fmt: skip
    return subjects.join(dates, on=SUBJECT, maintain_order="left").select(
        ROW, N_ROWS, pl.exclude(ROW, N_ROWS, SUBJECT)
    )


READERS = (
    Reader(
        "eu_fsf",
        "list",
        "European Commission, financial sanctions (csvFullSanctionsList_1_1)",
        read_eu_fsf,
        header("Entity_LogicalId", separator=";"),
        ("list_number",),
    ),
)
