"""United States: list of Specially Designated Nationals of the Office of Foreign Assets Control.

``sdn.csv`` has one row for each subject, twelve columns and no header. Null is ``-0-``, with or without a blank
after it; several programmes share a cell as ``FIRST] [SECOND``. The text is UTF-8 (so far only ASCII) without a
byte-order mark; lines end in CRLF, and the file in the end-of-file character of DOS. **The CSV carries no
dates**, neither of designation nor of amendment; what two vintages show is in
:mod:`retorsion.sources.vintages`. Layout: OFAC, SDN List Data Specifications.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from retorsion.sources.readers import Beginning, Head, Reader
from retorsion.sources.rows import ROW, Check, Rows, is_first
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.published import N_ROWS, QuotedLayout, read_rows, whole_number
from retorsion.sources.text.words import Meanings

_NULLS = ("-0- ", "-0-")

#: ``SDN_Type`` as published to kinds of subject; a null type is any body that is none of the others.
SUBJECT_TYPES = {
    "individual": "individual",
    "vessel": "vessel",
    "aircraft": "aircraft",
    **dict.fromkeys(_NULLS, "entity"),
}

_SDN = QuotedLayout(
    publisher="OFAC",
    columns=(
        "ent_num",
        "SDN_Name",
        "SDN_Type",
        "Program",
        "Title",
        "Call_Sign",
        "Vess_type",
        "Tonnage",
        "GRT",
        "Vess_flag",
        "Vess_owner",
        "Remarks",
    ),
    has_header=False,
    ends_with_sub=True,
    words=("SDN_Type", "Program"),
)

_PROGRAMMES = r"^[A-Z0-9][A-Za-z0-9 -]*(\] \[[A-Z0-9][A-Za-z0-9 -]*)*$"


def _value(column: str) -> pl.Expr:
    """A cell without OFAC's null."""
    return pl.when(*(pl.col(column) != null for null in _NULLS)).then(pl.col(column))


def _number_check(column: str) -> Check:
    return Check(
        column,
        whole_number(column, 9),
        "is not a number of OFAC's",
        "Take the file as OFAC publishes it.",
    )


_SDN_CHECKS = (
    _number_check("ent_num"),
    Check(
        "ent_num",
        is_first("ent_num"),
        "is the number of an earlier row",
        "Keep one of the two.",
    ),
    Check(
        "SDN_Name",
        _value("SDN_Name").is_not_null(),
        "is missing",
        "A subject has a name: compare OFAC's page.",
    ),
    Check(
        "SDN_Type",
        pl.col("SDN_Type").is_in(list(SUBJECT_TYPES)),
        "is not a kind of subject that OFAC's specification names",
        f"Known are: {', '.join(SUBJECT_TYPES)}. If OFAC has a new one, add it to the reader.",
    ),
    Check(
        "Program",
        pl.col("Program").str.contains(_PROGRAMMES),
        "is not a list of programmes",
        "Programmes are written in letters, digits and hyphens, and parted by '] ['.",
    ),
)


def read_ofac(path: Path, *, source_id: str) -> Rows:
    """Read ``sdn.csv``.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in file order: ``row`` (line), ``n_rows`` (1), ``list_number``
        (OFAC's ``ent_num``), ``subject_type``, ``subject_name``, ``subject_country`` (flag of a vessel, in
        the list's words; null for all others), ``programmes`` (list), ``announced_date`` and
        ``effective_date`` (Date, always null: the list states none), ``title``, ``call_sign``,
        ``vessel_type``, ``tonnage``, ``gross_tonnage``, ``vessel_owner``, ``remarks``. Rejected: the rows
        that failed a check.

    Raises:
        SourceError: the file is not in the layout.
    """
    return read_rows(path, _SDN, _SDN_CHECKS, _subjects, source_id=source_id)


def _subjects(rows: pl.DataFrame, meanings: Meanings) -> pl.DataFrame:
    meant = meanings.of(
        {
            "subject_type": pl.col("SDN_Type").replace_strict(SUBJECT_TYPES, return_dtype=pl.String),
            "programmes": pl.col("Program").str.split("] ["),
        }
    )
    no_date = pl.lit(None, dtype=pl.Date)
    return rows.select(
        ROW,
        pl.lit(1, dtype=pl.Int64).alias(N_ROWS),
        pl.col("ent_num").alias("list_number"),
        meant["subject_type"],
        pl.col("SDN_Name").alias("subject_name"),
        _value("Vess_flag").alias("subject_country"),
        meant["programmes"],
        no_date.alias("announced_date"),
        no_date.alias("effective_date"),
        _value("Title").alias("title"),
        _value("Call_Sign").alias("call_sign"),
        _value("Vess_type").alias("vessel_type"),
        _value("Tonnage").alias("tonnage"),
        _value("GRT").alias("gross_tonnage"),
        _value("Vess_owner").alias("vessel_owner"),
        _value("Remarks").alias("remarks"),
    )


def _is_sdn(head: Head) -> bool:
    rows = (head.cells(separator) for separator in SEPARATORS)
    return any(len(row) == 12 and row[0].isdecimal() and "-0-" in map(str.strip, row) for row in rows)


READERS = (
    Reader(
        "ofac_sdn",
        "list",
        "OFAC, a list in the layout of sdn.csv",
        read_ofac,
        Beginning("CSV", _SDN.columns, _is_sdn),
        ("list_number",),
    ),
)
