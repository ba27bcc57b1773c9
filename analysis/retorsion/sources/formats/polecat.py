"""POLECAT: political events by PLOVER category and mode, weekly or yearly, from 2018.

Tab-separated text with a header, forty columns, no quotes. Some files as published are malformed: their
header has more names (``Headline`` among them) than the rows have fields, or every line ends in surplus tabs.
Rows of the former are read by the known columns; surplus fields must be empty. ``None`` is missing. States
are ISO 3166-1 alpha-3 and Correlates of War numbers; several are separated by ``;``. Halterman, A. et al.
(2023), PLOVER and POLECAT, doi:10.31235/osf.io/rm5dw; the files: doi:10.7910/DVN/AJGVIT; malformed files: A.
Beger, andybeger.com/blog/2024-05-21-polecat-event-data.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import polecat_states, to_state
from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import Check, Rows
from retorsion.sources.states import known_codes
from retorsion.sources.text.archives import text_of
from retorsion.sources.text.bulk_text import BulkFormat, Text, first_line, read_bulk
from retorsion.sources.text.lines import opened
from retorsion.sources.text.saved import as_published_text

COLUMNS = (
    "Event ID",
    "Event Date",
    "Event Type",
    "Event Mode",
    "Intensity",
    "Quad Code",
    "Contexts",
    "Actor Name",
    "Actor Country",
    "Actor COW",
    "Primary Actor Sector",
    "Actor Sectors",
    "Actor Title",
    "Actor Name Raw",
    "Wikipedia Actor ID",
    "Recipient Name",
    "Recipient Country",
    "Recipient COW",
    "Primary Recipient Sector",
    "Recipient Sectors",
    "Recipient Title",
    "Recipient Name Raw",
    "Wikipedia Recipient ID",
    "Placename",
    "City",
    "District",
    "Province",
    "Country",
    "Latitude",
    "Longitude",
    "GeoNames ID",
    "Raw Placename",
    "Feature Type",
    "Source",
    "Publication Date",
    "Story People",
    "Story Organizations",
    "Story Locations",
    "Language",
    "Version",
)

#: Categories of the PLOVER manual of 2024-02-04.
CATEGORIES = (
    *("AGREE", "CONSULT", "SUPPORT", "CONCEDE", "COOPERATE", "AID", "RETREAT", "REQUEST"),
    *("ACCUSE", "REJECT", "THREATEN", "PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT"),
)

#: More surplus columns than any published file has.
MAX_SURPLUS = 64

_NONE = "None"
_TAKE = "Take the file as the Dataverse publishes it."


def _text(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != _NONE).then(pl.col(column))


@cache
def _format(n_surplus: int) -> BulkFormat:
    surplus = tuple(f"surplus {n + 1}" for n in range(n_surplus))
    day = pl.col("Event Date")
    published = pl.col("Publication Date")
    intensity = _text("Intensity").cast(pl.Float64, strict=False)
    typed: dict[str, pl.Expr] = {
        "event_id": pl.col("Event ID"),
        "event_date": pl.when(day.str.len_bytes() == 10).then(day.str.to_date("%Y-%m-%d", strict=False)),
        "plover_category": pl.col("Event Type"),
        "plover_mode": _text("Event Mode"),
        "intensity": intensity,
        "quad_code": _text("Quad Code"),
        "contexts": _text("Contexts"),
    }
    for side, name in (("Actor", "actor"), ("Recipient", "recipient")):
        countries, numbers = _text(f"{side} Country"), _text(f"{side} COW")
        single = pl.when(countries.is_in(list(known_codes()))).then(countries)
        typed |= {
            f"{name}_name": _text(f"{side} Name"),
            f"{name}_countries": countries,
            f"{name}_cow_codes": numbers,
            f"{name}_state_code": pl.coalesce(single, to_state(numbers, polecat_states())),
            f"{name}_primary_sector": _text(f"Primary {side} Sector"),
            f"{name}_sectors": _text(f"{side} Sectors"),
            f"{name}_title": _text(f"{side} Title"),
            f"{name}_name_raw": _text(f"{side} Name Raw"),
            f"{name}_wikipedia": _text(f"Wikipedia {side} ID"),
        }
    typed |= {
        "place_name": _text("Placename"),
        "place_city": _text("City"),
        "place_district": _text("District"),
        "place_province": _text("Province"),
        "place_country": _text("Country"),
        "place_latitude": _text("Latitude").cast(pl.Float64, strict=False),
        "place_longitude": _text("Longitude").cast(pl.Float64, strict=False),
        "place_geonames_id": _text("GeoNames ID"),
        "place_name_raw": _text("Raw Placename"),
        "place_feature_type": _text("Feature Type"),
        "source_name": _text("Source"),
        "publication_date": pl.when(published.str.len_bytes() == 10).then(
            published.str.to_date("%Y-%m-%d", strict=False)
        ),
        "story_people": _text("Story People"),
        "story_organizations": _text("Story Organizations"),
        "story_locations": _text("Story Locations"),
        "language": _text("Language"),
        "version": _text("Version"),
    }

    def empty_or(column: str, name: str) -> Check:
        missing = pl.col(column).is_null() | (pl.col(column) == _NONE)
        return Check(column, missing | pl.col(name).is_not_null(), "is not what the column holds", _TAKE)

    checks = (
        *(Check(column, pl.col(column).is_null(), "is surplus and not empty", _TAKE) for column in surplus),
        Check("Event ID", pl.col("event_id").is_not_null(), "is missing", _TAKE),
        Check("Event Date", pl.col("event_date").is_not_null(), "is not a date (yyyy-mm-dd)", _TAKE),
        Check("Event Type", pl.col("Event Type").is_in(CATEGORIES), "is not a category of PLOVER", _TAKE),
        Check(
            "Intensity",
            _text("Intensity").is_null() | intensity.is_finite(),
            "is not a number",
            _TAKE,
        ),
        empty_or("Latitude", "place_latitude"),
        empty_or("Longitude", "place_longitude"),
        empty_or("Publication Date", "publication_date"),
    )
    columns = (*COLUMNS, *surplus)
    return BulkFormat("POLECAT", columns, "\t", True, typed, checks)


def read_polecat(path: Path, *, source_id: str) -> Rows:
    """Read one file.

    Args:
        path: the text of a week or a year, packed or not.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (line), ``event_id``, ``event_date``, ``plover_category``, ``plover_mode``, ``intensity``,
        ``quad_code``, ``contexts``; ``actor_name``, ``actor_countries`` and ``actor_cow_codes`` (as
        published, several separated by ``;``), ``actor_state_code`` (ISO 3166-1 alpha-3, null unless there is
        just one), sectors, title, raw name and Wikipedia page; the same of the recipient; place, source,
        story, language and version.

    Raises:
        SourceError: another layout.
    """
    packed, name = text_of(path)
    text = polecat_text(packed, name)
    data = text if isinstance(text, bytes) else None
    return read_bulk(path, polecat_format(text, name), source_id=source_id, data=data, name=name)


def polecat_text(text: Text, name: str) -> Text:
    """A table as it is published; ``text`` itself where nothing is to be taken away.

    Raises:
        SourceError: another program saved it, and not so that it can be read.
    """
    begins = f"{COLUMNS[0]}\t".encode()
    with opened(text, name) as stream:  # empty fields at the end of the header are judged when it is read
        is_published = stream.read(len(begins)) == begins
    return text if is_published else as_published_text(text, name, {COLUMNS: _format(0)})


def polecat_format(text: Text, name: str) -> BulkFormat:
    """The layout of a file.

    Args:
        text: the file, its bytes, or the first of them.
        name: name for errors.

    Raises:
        SourceError: another layout.
    """
    found = tuple(first_line(text, name).split("\t"))
    n_surplus = len(found) - len(COLUMNS)
    is_named_badly = "Headline" in found and set(COLUMNS) <= set(found) and n_surplus > 0
    if is_named_badly:
        return _format(0)
    if found[: len(COLUMNS)] == COLUMNS and not any(found[len(COLUMNS) :]) and n_surplus <= MAX_SURPLUS:
        return _format(n_surplus)
    missing = [c for c in COLUMNS if c not in found]
    unknown = [c[:80] for c in found if c not in COLUMNS]
    raise SourceError(
        name,
        f"has the columns of another layout: lacks {missing[:5]}, has the unknown {unknown[:5]}",
        row=1,
        remedy=_TAKE,
    )


READERS = (
    Reader(
        "polecat",
        "events",
        "POLECAT weekly or yearly events",
        read_polecat,
        header("Event ID", "Event Type", "Quad Code", separator="\t"),
        ("event_id",),
    ),
)
