"""Codes of states in the systems of trade statistics and event data, as ISO 3166-1 alpha-3.

pycountry gives the numbers and two-letter codes of ISO 3166; what a system has besides is in ``states.csv``,
one row for each code, to be reviewed there. A code that neither has is never guessed: readers quarantine its
rows and name it. Where the codes are recorded:

* Japan Customs: Country codes (customs.go.jp/toukei/sankou/code/country_e.htm), all 235; names and numbers
  agree with the area codes of e-Stat, which are the same after ``50``. Former numbers are not in that list.
* UN Comtrade: reference tables of reporters and partners (comtradeapi.un.org), beyond UN M49.
* Eurostat: geonomenclature. FIPS 10-4: the standard's country codes. CAMEO: country codes of the codebook.
* Correlates of War: State System Membership. Gleditsch and Ward (1999), A revised list of independent states,
  with the later editions of their list.
* GDELT: CAMEO.country.txt. ICEWS: the names in the column of countries, all 251.
* US Census Bureau: Schedule C.

Several codes may be one state (the Canary Islands are Spain's), and then their flows are added.
"""

from __future__ import annotations

from functools import cache

import polars as pl
import pycountry

from retorsion.sources.states import aliases, iso_codes, known_codes, plain_name

#: Revisions of the Harmonized System, by the year in which each came into force.
HS_REVISIONS = ("HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022")

#: Beginning of a code of the Harmonized System: its chapters are 01 to 97, and 77 is kept free.
HS_CHAPTER = "(?:0[1-9]|[1-6][0-9]|7[0-689]|8[0-9]|9[0-7])"


@cache
def m49_states() -> dict[str, str]:
    """UN M49 numbers without leading zeros, as UN Comtrade uses them; India is 699, the United States 842."""
    former = {
        country.numeric.lstrip("0"): country.alpha_3
        for country in pycountry.historic_countries
        if hasattr(country, "numeric") and hasattr(country, "alpha_3")
    }
    current = {country.numeric.lstrip("0"): country.alpha_3 for country in pycountry.countries}
    return {**former, **current, **aliases("comtrade")}


@cache
def eurostat_states() -> dict[str, str]:
    """Two-letter codes of Eurostat's geonomenclature."""
    return {**{country.alpha_2: country.alpha_3 for country in pycountry.countries}, **aliases("eurostat")}


@cache
def eurostat_reporters() -> dict[str, str]:
    """Codes of Eurostat's reporters: a part of a state that reports is not taken for the whole."""
    return {**eurostat_states(), **aliases("eurostat_reporter")}


@cache
def us_census_states() -> dict[str, str]:
    """Four-digit codes of Schedule C of the US Census Bureau."""
    return aliases("us_census")


@cache
def iso_states() -> dict[str, str]:
    """Codes of two and three letters of ISO 3166-1 and, where they have one meaning only, of ISO 3166-3.

    ``CS`` meant Czechoslovakia and then Serbia and Montenegro, so that it is not known.
    """
    letters = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    # Two letters are the state's: AU is Australia, also where a source calls the African Union so.
    return {**aliases("iso"), **{code: code for code in known_codes()}, **letters}


@cache
def japan_customs_states() -> dict[str, str]:
    """Three-digit numbers of Japan Customs."""
    return aliases("japan_customs")


@cache
def cameo_states() -> dict[str, str]:
    """CAMEO country codes: ISO alpha-3 but for a few; regions such as ``EUR`` are no states."""
    return {**{code: code for code in iso_codes()}, **aliases("cameo")}


@cache
def fips_states() -> dict[str, str]:
    """Two-letter codes of FIPS 10-4, which mean other states than the same letters in ISO 3166."""
    return aliases("fips")


@cache
def cow_states() -> dict[str, str]:
    """Numbers of states in the Correlates of War project."""
    return aliases("cow")


@cache
def gw_states() -> dict[str, str]:
    """Numbers of Gleditsch and Ward, who follow the Correlates of War but for a few states."""
    return {**cow_states(), **aliases("gw")}


@cache
def polecat_states() -> dict[str, str]:
    """Numbers of the Correlates of War as POLECAT uses them, whose events begin in 2018."""
    return {**cow_states(), **aliases("polecat")}


@cache
def icews_states() -> dict[str, str]:
    """Names of states and of parts of states as ICEWS writes them."""
    return {**state_names(), **aliases("icews")}


def to_state_as_written(code: pl.Expr, states: dict[str, str]) -> pl.Expr:
    """State code of a cell that people have written: in capitals or small letters, a number with or without zeros.

    ``051`` and ``51.0`` are 51; null where it is unknown or null.
    """
    plain = {plain_name(name): state for name, state in states.items()}
    number = code.str.extract(r"^0*([0-9]+)(?:\.0)?$", 1)
    written = code.str.normalize("NFC").str.replace_all("’", "'", literal=True).str.to_lowercase()
    written = (
        written.str.replace_all(r"\s+", " ").str.strip_chars().str.replace(r"^the |(?: \(|, )the\)?$", "")
    )
    return pl.coalesce(to_state(written, plain), to_state(number, plain))


def to_state(code: pl.Expr, states: dict[str, str]) -> pl.Expr:
    """State code of a text code; null where it is unknown or null."""
    return code.replace_strict(states, default=None, return_dtype=pl.String)


@cache
def state_names() -> dict[str, str]:
    """Exact English names: listed aliases first, then ISO names, common names and official names."""
    found: dict[str, str] = {}
    for attribute in ("official_name", "common_name", "name"):
        for country in pycountry.countries:
            if hasattr(country, attribute):
                found[getattr(country, attribute)] = country.alpha_3
    return {**found, **aliases("name")}
