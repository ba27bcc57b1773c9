"""Names of states in a text."""

from __future__ import annotations

import pycountry
import pytest
from retorsion.news.names import described_by, gazetteer, named_states
from retorsion.sources.states import known_codes


def test_every_state_has_a_name_and_most_a_capital_and_a_demonym() -> None:
    kinds: dict[str, set[str]] = {}
    for code, kind in gazetteer().values():
        kinds.setdefault(code, set()).add(kind)
    states = {country.alpha_3 for country in pycountry.countries}
    assert {code for code in states if "name" not in kinds.get(code, ())} == set()
    assert sum({"name", "demonym", "capital"} <= kinds[code] for code in states) > 180


def test_every_code_is_known() -> None:
    codes = {code for code, _ in gazetteer().values()} | {
        code for found in described_by().values() for code in found
    }
    assert codes - known_codes() == {""}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("South Korea's ministry", ["KOR"]),
        ("the New Zealand and Papua New Guinea teams", ["NZL", "PNG"]),
        ("New Jersey and the South China Sea", []),
        ("JAPAN and the U.S. Treasury Department", ["JPN", "USA", "USA"]),
        ("the Kremlin, the White House and Nagatacho", ["RUS", "USA", "JPN"]),
        ("a pro-Russian party of Germany", ["DEU"]),
        ("give us time, he said; an indian summer", []),
        ("Guinea-Bissau, Guinea and Equatorial Guinea", ["GNB", "GIN", "GNQ"]),
        ("the Washington Post on Tbilisi", ["GEO"]),
        ("Chilean-Peruvian border", ["CHL", "PER"]),
        ("EU and G7", ["EU", "G7"]),
        ("Putin and the Trump administration", ["RUS", "USA"]),
    ],
)
def test_the_longest_name_counts(text: str, codes: list[str]) -> None:
    assert [one.code for one in named_states(text)] == codes
