"""ICEWS coded event data: who did what to whom, by CAMEO, from 1995.

Tab-separated text with a header, twenty columns, no quotes; as published the zip holds one text a year. The file of
2017 has no column of codes and writes days as m/d/yyyy: there the code is found from the text of the event, in
``icews_texts.csv`` beside this module. States are written by name; an actor's name may carry its country in
brackets: ``Military (Russia)``. Boschee,
E. et al. (2015), ICEWS Coded Event Data, Harvard Dataverse, doi:10.7910/DVN/28075.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl

from retorsion.sources.code_systems import icews_states, to_state
from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import Check, Rows
from retorsion.sources.text.archives import text_of
from retorsion.sources.text.bulk_text import BulkFormat, Text, check_header, read_bulk
from retorsion.sources.text.published import QuotedLayout, read_rows
from retorsion.sources.text.saved import as_published_text
from retorsion.sources.text.words import Meanings

COLUMNS = (
    "Event ID",
    "Event Date",
    "Source Name",
    "Source Sectors",
    "Source Country",
    "Event Text",
    "CAMEO Code",
    "Intensity",
    "Target Name",
    "Target Sectors",
    "Target Country",
    "Story ID",
    "Sentence Number",
    "Publisher",
    "City",
    "District",
    "Province",
    "Country",
    "Latitude",
    "Longitude",
)

#: The layout of 2017.
COLUMNS_2017 = tuple(column for column in COLUMNS if column != "CAMEO Code")

_TAKE = "Take the file as the Dataverse publishes it."


def _day(column: str) -> pl.Expr:
    text = pl.col(column)
    return pl.when(text.str.len_bytes() == 10).then(text.str.to_date("%Y-%m-%d", strict=False))


def _american_day(column: str) -> pl.Expr:
    text = pl.col(column)
    is_one = text.str.contains(r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$")
    return pl.when(is_one).then(text.str.to_date("%m/%d/%Y", strict=False))


@cache
def code_texts() -> pl.DataFrame:
    """``Event Text``, ``CAMEO Code``: the code of each text of the codebook, as ICEWS writes it."""
    with files("retorsion.sources.formats").joinpath("icews_texts.csv").open("rb") as stream:
        return pl.read_csv(stream, infer_schema=False).rename(
            {"text": "Event Text", "cameo_code": "CAMEO Code"}
        )


@cache
def _format(columns: tuple[str, ...]) -> BulkFormat:
    has_codes = "CAMEO Code" in columns
    day = pl.coalesce(_day("Event Date"), _american_day("Event Date"))
    texts = dict(code_texts().iter_rows())
    code_from = "CAMEO Code" if has_codes else "Event Text"
    code = pl.col("Event Text").replace_strict(texts, default=None, return_dtype=pl.String)
    if has_codes:
        # The Dataverse's own tables have made numbers of the codes, which have lost their zeros: the text decides.
        is_short = code == "0" + pl.col("CAMEO Code")
        code = pl.when(is_short).then(code).otherwise("CAMEO Code")
    score = pl.col("Intensity").cast(pl.Float64, strict=False)
    latitude = pl.col("Latitude").cast(pl.Float64, strict=False)
    longitude = pl.col("Longitude").cast(pl.Float64, strict=False)
    typed = {
        "event_id": pl.col("Event ID").cast(pl.Int64, strict=False),
        "event_date": day,
        "source_name": pl.col("Source Name"),
        "source_sectors": pl.col("Source Sectors"),
        "source_country": pl.col("Source Country"),
        "source_state_code": to_state(pl.col("Source Country"), icews_states()),
        "event_text": pl.col("Event Text"),
        "cameo_code": code,
        "goldstein_score": score,
        "target_name": pl.col("Target Name"),
        "target_sectors": pl.col("Target Sectors"),
        "target_country": pl.col("Target Country"),
        "target_state_code": to_state(pl.col("Target Country"), icews_states()),
        "story_id": pl.col("Story ID"),
        "sentence_number": pl.col("Sentence Number").cast(pl.Int32, strict=False),
        "publisher": pl.col("Publisher"),
        "place_city": pl.col("City"),
        "place_district": pl.col("District"),
        "place_province": pl.col("Province"),
        "place_country": pl.col("Country"),
        "place_latitude": latitude,
        "place_longitude": longitude,
    }

    def empty_or(column: str, name: str) -> Check:
        missing = pl.col(column).is_null() | (pl.col(column) == "NULL")
        return Check(column, missing | pl.col(name).is_finite(), "is not a number", _TAKE)

    checks = (
        Check("Event ID", pl.col("event_id").is_not_null(), "is not a number", _TAKE),
        Check("Event Date", pl.col("event_date").is_not_null(), "is not a date", _TAKE),
        Check(
            code_from,
            pl.col("cameo_code").str.contains(r"^[0-9]{2,4}$"),
            "is not a CAMEO code" if has_codes else "is not the text of a CAMEO code",
            _TAKE if has_codes else "Add it to icews_texts.csv, with its code.",
        ),
        empty_or("Intensity", "goldstein_score"),
        empty_or("Latitude", "place_latitude"),
        empty_or("Longitude", "place_longitude"),
    )
    return BulkFormat("ICEWS", columns, "\t", True, typed, checks)


def read_icews(path: Path, *, source_id: str) -> Rows:
    """Read one year.

    Args:
        path: ``.tab`` or ``.txt``, packed or not, as published.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (line), ``event_id`` (not unique: one sentence can give several events), ``event_date``,
        ``cameo_code`` (text), ``goldstein_score``; ``source_name``, ``source_sectors``, ``source_country``
        (as published), ``source_state_code`` (ISO 3166-1 alpha-3; null for actors of no or an unlisted
        country); the same of the target; ``event_text``, ``story_id``, ``sentence_number``, ``publisher``,
        and the place.

    Raises:
        SourceError: another layout, or a zip with anything else.
    """
    packed, name = text_of(path)
    text = icews_text(packed, name)
    data = text if isinstance(text, bytes) else None
    return read_bulk(path, icews_format(text, name), source_id=source_id, data=data, name=name)


def icews_text(text: Text, name: str) -> Text:
    """A table as it is published; ``text`` itself where nothing is to be taken away.

    Raises:
        SourceError: another program saved it, and not so that it can be read.
    """
    return as_published_text(text, name, _formats())


def icews_format(text: Text, name: str) -> BulkFormat:
    """The layout of a file.

    Args:
        text: the file, its bytes, or the first of them.
        name: name for errors.

    Raises:
        SourceError: another layout.
    """
    return check_header(text, name, _formats())


def _formats() -> dict[tuple[str, ...], BulkFormat]:
    return {columns: _format(columns) for columns in (COLUMNS, COLUMNS_2017)}


_EXTRACT = QuotedLayout(
    publisher="the benchmark extract",
    columns=(
        "date",
        "source_name",
        "source_side",
        "relation",
        "target_name",
        "target_side",
        "cameo_code",
        "goldstein",
        "benchmark_files",
    ),
)


def read_icews_extract(path: Path, *, source_id: str) -> Rows:
    """Read an extract of the ICEWS benchmark files of temporal knowledge graphs.

    Args:
        path: CSV with nine columns; ``cameo_code`` and ``goldstein`` may be empty.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (line), ``event_date``, ``source_name``, ``source_state_code`` (the stated side, else the
        country in brackets after the name, else the name itself where it is a state's), the same of the
        target, ``event_text``, ``cameo_code``, ``goldstein_score``, ``benchmark_files``.

    Raises:
        SourceError: another layout.
    """
    score = pl.col("goldstein").cast(pl.Float64, strict=False)
    code = pl.col("cameo_code")
    checks = (
        Check(
            "date",
            pl.col("date").str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$") & _day("date").is_not_null(),
            "is not a date (yyyy-mm-dd)",
            _TAKE,
        ),
        Check("source_name", pl.col("source_name").is_not_null(), "is missing", _TAKE),
        Check("target_name", pl.col("target_name").is_not_null(), "is missing", _TAKE),
        Check(
            "cameo_code", code.is_null() | code.str.contains(r"^[0-9]{2,4}$"), "is not a CAMEO code", _TAKE
        ),
        Check("goldstein", pl.col("goldstein").is_null() | score.is_finite(), "is not a number", _TAKE),
    )

    def state(side: str) -> pl.Expr:
        name = pl.col(f"{side}_name")
        return pl.coalesce(
            pl.col(f"{side}_side"),
            to_state(name.str.extract(r"\(([^()]+)\)$", 1), icews_states()),
            to_state(name, icews_states()),
        ).alias(f"{side}_state_code")

    def events(rows: pl.DataFrame, _: Meanings) -> pl.DataFrame:
        return rows.select(
            "row",
            _day("date").alias("event_date"),
            "source_name",
            state("source"),
            "target_name",
            state("target"),
            pl.col("relation").alias("event_text"),
            "cameo_code",
            score.alias("goldstein_score"),
            "benchmark_files",
        )

    return read_rows(path, _EXTRACT, checks, events, source_id=source_id)


READERS = (
    Reader(
        "icews",
        "events",
        "ICEWS coded event data",
        read_icews,
        header("Event ID", "Event Text", "Source Country", separator="\t"),
    ),
    Reader(
        "icews_extract",
        "events",
        "extract of the ICEWS benchmark files",
        read_icews_extract,
        header("source_name", "target_name", "cameo_code", "benchmark_files"),
    ),
)
