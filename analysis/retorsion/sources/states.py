"""Codes of states: ISO 3166-1 alpha-3, with the few exceptions that published files need.

Exact matches only. A fuzzy match would turn one state into another in silence (``Hong Kong SAR`` into
``CHN``, for one).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

import polars as pl
import pycountry

from retorsion.sources.rows import Rows


@cache
def iso_codes() -> frozenset[str]:
    """Alpha-3 codes of ISO 3166-1 and, for years before a state ended, of ISO 3166-3."""
    current = {country.alpha_3 for country in pycountry.countries}
    former = {country.alpha_3 for country in pycountry.historic_countries if hasattr(country, "alpha_3")}
    return frozenset(current | former)


@cache
def aliases(system: str) -> dict[str, str]:
    """Codes or names of ``system`` that ISO 3166 does not have, and the state code used for them.

    The table is ``states.csv`` beside this module: system, code, state_code, label, is_aggregate, note. A code
    without a state code is known to be no state.
    """
    table = _table().filter((pl.col("system") == system) & pl.col("state_code").is_not_null())
    return dict(zip(table["code"], table["state_code"], strict=True))


@cache
def no_states() -> frozenset[str]:
    """Codes that some system gives to what is no state, such as the regions of CAMEO."""
    return frozenset(_table().filter(pl.col("state_code").is_null())["code"])


@cache
def aggregates() -> frozenset[str]:
    """State codes that stand for several states and must never be added to them."""
    return frozenset(_table().filter(pl.col("is_aggregate") == "true")["state_code"])


@cache
def _table() -> pl.DataFrame:
    with files("retorsion.sources").joinpath("states.csv").open("rb") as stream:
        return pl.read_csv(stream, infer_schema=False)


@cache
def known_codes() -> frozenset[str]:
    """Every code a table may carry: ISO codes and those of ``states.csv``."""
    return iso_codes() | frozenset(_table()["state_code"].drop_nulls())


@cache
def state_by_name(name: str) -> str | None:
    """Alpha-3 code of a state by its ISO name, common name or listed alias, in small letters or capitals.

    None if it is unknown.
    """
    plain = plain_name(name)
    if plain in _plain_names():
        return _plain_names()[plain]
    for attribute in ("name", "common_name", "official_name"):
        found = pycountry.countries.get(**{attribute: plain})
        if found is not None:
            return str(found.alpha_3)
    return None


@cache
def _plain_names() -> dict[str, str]:
    return {plain_name(name): code for name, code in aliases("name").items()}


def plain_name(name: str) -> str:
    """A name of a state in small letters and without what says nothing: blanks, kinds of apostrophes, an article."""
    plain = " ".join(unicodedata.normalize("NFC", name).replace("’", "'").lower().split())
    return plain.removeprefix("the ").removesuffix(" (the)").removesuffix(", the")


@cache
def ftm_state(code: str) -> str | None:
    """Alpha-3 code of a country code of followthemoney, or None if it is not known.

    The codes are ISO 3166-1 alpha-2 and ISO 3166-3 alpha-4 in small letters, ``xx-yyy`` for a part of the
    state ``xx``, and the few that states.csv lists under the system ``ftm``. Capitals mean the same.
    """
    code = code.lower()
    listed = aliases("ftm").get(code)
    if listed is not None:
        return listed
    if not re.fullmatch(r"[a-z]{2}(-[a-z0-9]{1,8})?|[a-z]{4}", code):
        return None
    if len(code) == 4:
        former = pycountry.historic_countries.get(alpha_4=code.upper())
        return None if former is None else str(former.alpha_3)
    found = pycountry.countries.get(alpha_2=code[:2].upper())
    return None if found is None else str(found.alpha_3)


def names_in(text: str) -> list[str]:
    """Names in a cell that may hold several: ``Russia; Ukraine``, ``(1) Russia. (2) Ukraine``, ``Russia/Ukraine``.

    Where a name is not known as a whole, and each part of it between commas, slashes or ``and`` is, the parts are
    names.
    """
    parts = re.split(r"\(\d{1,2}\)", text) if re.match(r"\s*\(\d{1,2}\)", text) else text.split(";")
    names = [name for part in parts if (name := part.strip().rstrip(".,").strip())]
    return [one for name in names for one in _known_parts(name)]


def _known_parts(name: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"/|,|\band\b|&", name)]
    is_whole = len(parts) < 2 or state_by_name(name) is not None
    return [name] if is_whole or any(state_by_name(part) is None for part in parts) else parts


@cache
def state_of_words(name: str) -> str | None:
    """Code of a state by its name, or by its code of two or three capitals in ISO 3166; None if unknown."""
    if re.fullmatch(r"[A-Z]{2,3}", name):
        found = pycountry.countries.get(**{f"alpha_{len(name)}": name})
        if found is not None:
            return str(found.alpha_3)
        if name in aliases("iso"):
            return aliases("iso")[name]
    return state_by_name(name)


def state_of_text(text: str) -> str | None:
    """Code of the one state that a cell names; None where it names none, several or an unknown one."""
    codes = {state_by_name(name) for name in names_in(text)}
    return codes.pop() if len(codes) == 1 else None


@cache
def state_name(code: str) -> str:
    """English name of a state or aggregate code in sentences and figures; the code itself if it has none.

    A row of the system ``label`` comes before all others: a name that needs no article, since sentences have none.
    """
    names = (
        _table().filter(pl.col("state_code") == code).sort(pl.col("system") != "label", maintain_order=True)
    )
    if len(names) and names["label"][0]:
        return str(names["label"][0])
    found = pycountry.countries.get(alpha_3=code)
    if found is None:
        return code
    return str(getattr(found, "common_name", found.name))


#: How the reason of a check begins where a state is not known; the name of the system may follow.
UNKNOWN_STATE = "is not a known state"

#: Endings of the columns that keep what a source wrote beside ``..._state_code``, what it means.
_WRITTEN = ("_country", "_country_code", "_countries", "_fips_code")
#: What sources write where there is no state to name.
_NONE = ("", "NULL", "None", "---")


def unknown_states(rows: Rows) -> pl.DataFrame:
    """Names and codes that a source wrote for states and that no table of states knows.

    Args:
        rows: of a reader: accepted rows that keep what was written (``actor_country``) beside its meaning
            (``actor_state_code``), and quarantined rows whose reason is that a state is not known.

    Returns:
        ``name`` as written and ``n``, the rows that have it, the most frequent first. Codes that are known to
        be no state, such as regions, and cells that name several states are left out.
    """
    parts = [
        rows.rejected.filter(pl.col("reason").str.starts_with(UNKNOWN_STATE)).select(
            pl.col("value").alias("name")
        )
    ]
    columns = rows.accepted.columns
    for meaning in (name for name in columns if name.endswith("_state_code")):
        for ending in _WRITTEN:
            written = meaning.removesuffix("_state_code") + ending
            if written in columns:
                open_ = rows.accepted.filter(pl.col(meaning).is_null())
                parts.append(open_.select(pl.col(written).cast(pl.String).alias("name")))
    found = pl.concat(parts).filter(
        pl.col("name").is_not_null()
        & ~pl.col("name").is_in([*_NONE, *no_states()])
        & ~pl.col("name").str.contains(";", literal=True)
    )
    counted = found.group_by("name").agg(pl.len().cast(pl.Int64).alias("n"))
    return counted.sort("n", "name", descending=[True, False])
