"""One table of the codes of states, and the traps of each system."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
from retorsion.sources import code_systems
from retorsion.sources.states import aggregates, iso_codes, known_codes, state_name

TABLE = pl.read_csv(files("retorsion.sources").joinpath("states.csv").read_bytes(), infer_schema=False)


def test_every_code_stands_once_and_says_why() -> None:
    assert not TABLE.select(pl.struct("system", "code").is_duplicated().any()).item()
    assert set(TABLE["is_aggregate"]) == {"true", "false"}
    assert TABLE.select("system", "code", "state_code", "note").null_count().row(0) == (0, 0, 0, 0)


def test_an_aggregate_is_one_in_every_system_and_never_a_state() -> None:
    kinds = TABLE.group_by("state_code").agg(pl.col("is_aggregate").n_unique())
    assert kinds.filter(pl.col("is_aggregate") > 1)["state_code"].to_list() == []
    assert aggregates().isdisjoint(iso_codes())


@pytest.mark.parametrize(
    ("system", "code", "state"),
    [
        ("m49", "699", "IND"),  # and not the 356 of ISO 3166 alone
        ("m49", "356", "IND"),
        ("m49", "842", "USA"),
        ("m49", "643", "RUS"),
        ("m49", "0", "WLD"),
        ("m49", "490", "TWN"),
        ("m49", "891", "SCG"),
        ("m49", "204", "BEN"),  # a number that Dahomey had before
        ("m49", "58", "BEL"),
        ("japan_customs", "224", "RUS"),
        ("japan_customs", "105", "CHN"),
        ("japan_customs", "304", "USA"),
        ("japan_customs", "523", "ESP"),  # the Canary Islands
        ("japan_customs", "525", "NER"),
        ("japan_customs", "524", "NGA"),
        ("japan_customs", "248", "XKX"),
        ("japan_customs", "702", "JP702"),  # unknown, which is no state
        ("fips", "RS", "RUS"),
        ("fips", "JA", "JPN"),
        ("fips", "CH", "CHN"),  # Switzerland in ISO 3166
        ("fips", "GM", "DEU"),
        ("cameo", "ROM", "ROU"),
        ("cow", "365", "RUS"),
        ("cow", "740", "JPN"),
        ("eurostat", "XS", "SRB"),
        ("eurostat", "GR", "GRC"),
    ],
)
def test_codes_that_are_easily_mistaken(system: str, code: str, state: str) -> None:
    assert getattr(code_systems, f"{system}_states")()[code] == state


@pytest.mark.parametrize(
    ("system", "code"),
    [("japan_customs", "999"), ("m49", "999"), ("fips", "ZZ"), ("cow", "9999"), ("cameo", "EUR")],
)
def test_unknown_codes_are_not_guessed(system: str, code: str) -> None:
    assert code not in getattr(code_systems, f"{system}_states")()


def test_japan_customs_list_is_whole() -> None:
    """235 entries: 7 are no one state, and four are parts of two states that have a number of their own."""
    states = code_systems.japan_customs_states()
    assert len(states) == 235
    no_state = sorted(code for code, state in states.items() if state.startswith("JP") and len(state) == 5)
    assert no_state == ["327", "415", "605", "622", "701", "702", "703"]
    several = pl.Series(list(states.values())).value_counts().filter(pl.col("count") > 1).sort("count")
    assert several.rows() == [("PRT", 2), ("ESP", 3)]
    assert set(states.values()) <= known_codes()
    assert state_name("JP327") == "French West Indies"


@pytest.mark.real
def test_areas_of_the_real_summary_are_all_known(real_data: Callable[[str], Path]) -> None:
    for name in (
        "jp_annual_area_goods_2009_2026.csv.gz",
        "jp_monthly_area_goods_reconstructed_2021_2026.csv.gz",
    ):
        areas = pl.read_csv(real_data(f"japan_customs/{name}"))["area"].unique().str.to_lowercase()
        known = code_systems.aliases("japan_customs_area")
        assert [area for area in areas if area not in known] == []
        states = set(code_systems.japan_customs_states().values()) | {"EU", "WLD"}
        assert {known[area] for area in areas} <= states
