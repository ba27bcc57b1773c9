"""Codes of states: ISO 3166-1 alpha-3, with the few exceptions that published files need.

Exact matches only. A fuzzy match would turn one state into another in silence (``Hong Kong SAR`` into
``CHN``, for one).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import polars as pl
import pycountry


@cache
def iso_codes() -> frozenset[str]:
    """Alpha-3 codes of ISO 3166-1 and, for years before a state ended, of ISO 3166-3."""
    current = {country.alpha_3 for country in pycountry.countries}
    former = {country.alpha_3 for country in pycountry.historic_countries if hasattr(country, "alpha_3")}
    return frozenset(current | former)


@cache
def aliases(system: str) -> dict[str, str]:
    """Codes or names of ``system`` that ISO 3166 does not have, and the state code used for them.

    The table is ``states.csv`` beside this module: system, code, state_code, is_aggregate, note.
    """
    table = _table().filter(pl.col("system") == system)
    return dict(zip(table["code"], table["state_code"], strict=True))


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
    return iso_codes() | frozenset(_table()["state_code"])


def state_by_name(name: str) -> str | None:
    """Alpha-3 code of a state by its exact ISO name, common name or listed alias; None if unknown."""
    if name in aliases("name"):
        return aliases("name")[name]
    for attribute in ("name", "common_name", "official_name"):
        found = pycountry.countries.get(**{attribute: name})
        if found is not None:
            return str(found.alpha_3)
    return None


def state_name(code: str) -> str:
    """Common English name of a state or aggregate code; the code itself if it has none."""
    names = _table().filter(pl.col("state_code") == code)
    if len(names) and names["label"][0]:
        return str(names["label"][0])
    found = pycountry.countries.get(alpha_3=code)
    if found is None:
        return code
    return str(getattr(found, "common_name", found.name))
