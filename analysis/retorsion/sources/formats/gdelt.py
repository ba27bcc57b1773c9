"""GDELT event exports: one line for each event that a machine found in the news.

Tab-separated text without header or quotes, which other programs save with a header or with commas. Version 2.0
has 61 columns; version 1.0 has 58, which lack the three ``*_ADM2Code``, and 57 before April 2013, which lack
``SOURCEURL`` too. Codes are text with leading zeros. **Two systems of states:** actors have CAMEO codes (RUS, JPN),
places have FIPS 10-4 codes (RS, JA).
Leetaru, K. and Schrodt, P. (2013), GDELT: Global Data on Events, Location and Tone; GDELT Event Codebook
V1.03 and V2.0.

Of a day without a file nothing is known: that is missing, not zero events.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import cameo_states, fips_states, to_state
from retorsion.sources.readers import Beginning, Head, Reader, header
from retorsion.sources.rows import ROW, Check, Rows, all_differ, once
from retorsion.sources.states import iso_codes
from retorsion.sources.text.archives import text_of
from retorsion.sources.text.bulk_text import BulkFormat, Direct, Text, first_line, read_bulk
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.published import QuotedLayout, read_rows
from retorsion.sources.text.saved import as_published_text
from retorsion.sources.text.words import Meanings


def _actor(n: int) -> tuple[str, ...]:
    kinds = ("Code", "Name", "CountryCode", "KnownGroupCode", "EthnicCode", "Religion1Code", "Religion2Code")
    return tuple(f"Actor{n}{kind}" for kind in (*kinds, "Type1Code", "Type2Code", "Type3Code"))


def _place(whose: str) -> tuple[str, ...]:
    kinds = ("Type", "FullName", "CountryCode", "ADM1Code", "ADM2Code", "Lat", "Long", "FeatureID")
    return tuple(f"{whose}Geo_{kind}" for kind in kinds)


#: Version 2.0.
COLUMNS = (
    *("GLOBALEVENTID", "SQLDATE", "MonthYear", "Year", "FractionDate"),
    *_actor(1),
    *_actor(2),
    *("IsRootEvent", "EventCode", "EventBaseCode", "EventRootCode", "QuadClass", "GoldsteinScale"),
    *("NumMentions", "NumSources", "NumArticles", "AvgTone"),
    *_place("Actor1"),
    *_place("Actor2"),
    *_place("Action"),
    *("DATEADDED", "SOURCEURL"),
)

#: Version 1.0 since April 2013, and before.
COLUMNS_1 = tuple(c for c in COLUMNS if not c.endswith("_ADM2Code"))
COLUMNS_1_EARLY = COLUMNS_1[:-1]
_VERSIONS = {len(columns): columns for columns in (COLUMNS, COLUMNS_1, COLUMNS_1_EARLY)}

_TAKE = "Take the file as GDELT publishes it."
_TEXT = {
    "Actor{n}Code": "actor{n}_code",
    "Actor{n}Name": "actor{n}_name",
    "Actor{n}CountryCode": "actor{n}_country_code",
    "Actor{n}KnownGroupCode": "actor{n}_known_group_code",
    "Actor{n}EthnicCode": "actor{n}_ethnic_code",
    "Actor{n}Religion1Code": "actor{n}_religion1_code",
    "Actor{n}Religion2Code": "actor{n}_religion2_code",
    "Actor{n}Type1Code": "actor{n}_type1_code",
    "Actor{n}Type2Code": "actor{n}_type2_code",
    "Actor{n}Type3Code": "actor{n}_type3_code",
}
_PLACES = {"Actor1Geo": "actor1_place", "Actor2Geo": "actor2_place", "ActionGeo": "place"}


@cache
def _format(columns: tuple[str, ...], has_header: bool = False) -> BulkFormat:
    def number(column: str, dtype: type[pl.DataType]) -> pl.Expr:
        return pl.col(column).cast(dtype, strict=False)

    day = pl.col("SQLDATE")
    added = pl.col("DATEADDED")
    is_late = "ActionGeo_ADM2Code" in columns
    n_added, form = (14, "%Y%m%d%H%M%S") if is_late else (8, "%Y%m%d")
    typed: dict[str, pl.Expr] = {
        "event_id": number("GLOBALEVENTID", pl.Int64),
        "event_date": pl.when(day.str.len_bytes() == 8).then(day.str.to_date("%Y%m%d", strict=False)),
        "cameo_code": pl.col("EventCode"),
        "cameo_base_code": pl.col("EventBaseCode"),
        "cameo_root_code": pl.col("EventRootCode"),
        "quad_class": number("QuadClass", pl.Int8),
        "goldstein_score": number("GoldsteinScale", pl.Float64),
        "is_root_event": pl.col("IsRootEvent") == "1",
        "n_mentions": number("NumMentions", pl.Int32),
        "n_sources": number("NumSources", pl.Int32),
        "n_articles": number("NumArticles", pl.Int32),
        "mean_tone": number("AvgTone", pl.Float64),
    }
    for n in (1, 2):
        typed[f"actor{n}_state_code"] = to_state(pl.col(f"Actor{n}CountryCode"), cameo_states())
        for column, name in _TEXT.items():
            typed[name.format(n=n)] = pl.col(column.format(n=n))
    for published, name in _PLACES.items():
        typed[f"{name}_state_code"] = to_state(pl.col(f"{published}_CountryCode"), fips_states())
        typed[f"{name}_fips_code"] = pl.col(f"{published}_CountryCode")
        typed[f"{name}_type"] = number(f"{published}_Type", pl.Int8)
        typed[f"{name}_name"] = pl.col(f"{published}_FullName")
        typed[f"{name}_adm1_code"] = pl.col(f"{published}_ADM1Code")
        typed[f"{name}_adm2_code"] = (
            pl.col(f"{published}_ADM2Code") if is_late else pl.lit(None, dtype=pl.String)
        )
        typed[f"{name}_latitude"] = number(f"{published}_Lat", pl.Float64)
        typed[f"{name}_longitude"] = number(f"{published}_Long", pl.Float64)
        typed[f"{name}_feature_id"] = pl.col(f"{published}_FeatureID")
    parsed = added.str.to_datetime(form, strict=False) if is_late else added.str.to_date(form, strict=False)
    typed["added_time"] = pl.when(added.str.len_bytes() == n_added).then(parsed.cast(pl.Datetime("us")))
    typed["source_url"] = pl.col("SOURCEURL") if "SOURCEURL" in columns else pl.lit(None, dtype=pl.String)

    def filled(column: str, name: str, reason: str) -> Check:
        return Check(column, pl.col(name).is_not_null(), reason, _TAKE)

    def empty_or_number(column: str, name: str) -> Check:
        ok = pl.col(column).is_null() | pl.col(name).is_finite()
        return Check(column, ok, "is not a number", _TAKE)

    checks = [
        filled("GLOBALEVENTID", "event_id", "is not a number"),
        filled("SQLDATE", "event_date", "is not a date (yyyymmdd)"),
        Check("EventCode", pl.col("EventCode").str.contains(r"^[0-9]{2,4}$"), "is not a CAMEO code", _TAKE),
        Check("QuadClass", pl.col("quad_class").is_between(1, 4), "is not a class from 1 to 4", _TAKE),
        Check("IsRootEvent", pl.col("IsRootEvent").is_in(["0", "1"]), "is neither 0 nor 1", _TAKE),
        empty_or_number("GoldsteinScale", "goldstein_score"),
        *(
            Check(column, pl.col(name) >= 0, "is not a number of at least 0", _TAKE)
            for column, name in (
                ("NumMentions", "n_mentions"),
                ("NumSources", "n_sources"),
                ("NumArticles", "n_articles"),
            )
        ),
        empty_or_number("AvgTone", "mean_tone"),
        filled("DATEADDED", "added_time", f"is not a time of {n_added} digits"),
    ]
    for published, name in _PLACES.items():
        checks.append(empty_or_number(f"{published}_Lat", f"{name}_latitude"))
        checks.append(empty_or_number(f"{published}_Long", f"{name}_longitude"))
    counts = ("NumMentions", "NumSources", "NumArticles")
    direct = {
        "GLOBALEVENTID": Direct(pl.Int64, pl.col("GLOBALEVENTID").is_not_null()),
        "QuadClass": Direct(pl.Int8, pl.col("QuadClass").is_between(1, 4)),
        **{name: Direct(pl.Float64, pl.col(name).is_finite()) for name in ("GoldsteinScale", "AvgTone")},
        **{name: Direct(pl.Int32, pl.col(name) >= 0) for name in counts},
    }
    return BulkFormat("GDELT", columns, "\t", has_header, typed, tuple(checks), direct)


def read_gdelt(path: Path, *, source_id: str) -> Rows:
    """Read one export.

    Args:
        path: the text, packed or not, as published; exports of the translated news are in the same layout. A program
            may have given it a header, or commas for tabs.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (line), ``event_id``, ``event_date``, ``cameo_code``, ``cameo_base_code``,
        ``cameo_root_code``, ``quad_class``, ``goldstein_score``, ``is_root_event``, ``n_mentions``,
        ``n_sources``, ``n_articles``, ``mean_tone``; of both actors ``actor1_code``, ``actor1_name``,
        ``actor1_country_code`` (CAMEO, as published), ``actor1_state_code`` (ISO 3166-1 alpha-3; null for
        regions) and the published groups and types; of the places of both actors and of the event
        ``place_fips_code``, ``place_state_code``, ``place_name``, ``place_latitude`` and so on;
        ``added_time`` (midnight in version 1.0), ``source_url`` (null before April 2013). A line that stands
        there twice is quarantined once.

    Raises:
        SourceError: not 57, 58 or 61 columns of text, or an archive with several texts.
    """
    packed, name = text_of(path)
    text = gdelt_text(packed, name)
    data = text if isinstance(text, bytes) else None
    rows = read_bulk(path, gdelt_format(text, name), source_id=source_id, data=data, name=name)
    if all_differ(rows.accepted["event_id"].hash()):
        return rows
    whole = [column for column in rows.accepted.columns if column != ROW]
    return once(rows, whole, source_id=source_id, file=name, named_by=["event_id"])


def gdelt_text(text: Text, name: str) -> Text:
    """An export as GDELT writes it, perhaps with a header; ``text`` itself where nothing is to be taken away.

    Raises:
        SourceError: another program saved it, and not so that it can be read.
    """
    layouts = {columns: _format(columns, True) for columns in _VERSIONS.values()}
    return as_published_text(text, name, layouts, widths=tuple(_VERSIONS))


def gdelt_format(text: Text, name: str) -> BulkFormat:
    """The version of a file.

    Args:
        text: the file, its bytes, or the first of them.
        name: name for errors.

    Raises:
        SourceError: another layout.
    """
    cells = tuple(first_line(text, name).split("\t"))
    if len(cells) not in _VERSIONS:
        raise SourceError(
            name,
            f"has {len(cells)} columns where GDELT writes {', '.join(map(str, _VERSIONS))}",
            row=1,
            remedy=_TAKE if len(cells) > 1 else f"{_TAKE} Its columns are parted by tabs.",
        )
    columns = _VERSIONS[len(cells)]
    return _format(columns, cells == columns)


_DYADS = QuotedLayout(publisher="the aggregation", columns=("date", "country_a", "country_b", "edge_sum"))


def read_gdelt_dyads(path: Path, *, source_id: str) -> Rows:
    """Read daily scores of pairs of states that were derived from GDELT 2.0.

    Args:
        path: CSV with ``date``, ``country_a``, ``country_b``, ``edge_sum``.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (line), ``event_date``, ``state_a_code``, ``state_b_code``, ``score_sum``. A pair without a
        row on a day that has others had no event; a day without any row is missing.

    Raises:
        SourceError: another layout.
    """
    day = pl.col("date")
    checks = [
        Check(
            "date",
            day.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
            & day.str.to_date("%Y-%m-%d", strict=False).is_not_null(),
            "is not a date",
            _TAKE,
        ),
        *(
            Check(column, pl.col(column).is_in(list(iso_codes())), "is not a state", _TAKE)
            for column in ("country_a", "country_b")
        ),
        Check(
            "edge_sum",
            pl.col("edge_sum").cast(pl.Float64, strict=False).is_finite(),
            "is not a number",
            _TAKE,
        ),
    ]

    def scores(rows: pl.DataFrame, _: Meanings) -> pl.DataFrame:
        return rows.select(
            "row",
            day.str.to_date("%Y-%m-%d").alias("event_date"),
            pl.col("country_a").alias("state_a_code"),
            pl.col("country_b").alias("state_b_code"),
            pl.col("edge_sum").cast(pl.Float64).alias("score_sum"),
        )

    return read_rows(path, _DYADS, checks, scores, source_id=source_id)


def _is_gdelt(head: Head) -> bool:
    for separator in SEPARATORS:
        cells = [cell.strip() for cell in head.cells(separator)]
        columns = _VERSIONS.get(len(cells))
        if columns and (
            sorted(cells) == sorted(columns) or (cells[0].isdecimal() and re.fullmatch(r"\d{8}", cells[1]))
        ):
            return True
    return False


READERS = (
    Reader(
        "gdelt",
        "events",
        "GDELT 1.0 or 2.0, event export",
        read_gdelt,
        Beginning("CSV", COLUMNS, _is_gdelt),
        ("event_id",),
    ),
    Reader(
        "gdelt_dyads",
        "events",
        "daily scores of pairs of states from GDELT",
        read_gdelt_dyads,
        header("date", "country_a", "country_b", "edge_sum"),
        ("event_date", "state_a_code", "state_b_code"),
    ),
)
