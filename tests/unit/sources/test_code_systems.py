"""One table of the codes of states, and the traps of each system."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
from retorsion.sources import code_systems
from retorsion.sources.rows import QUARANTINE_SCHEMA, Rows
from retorsion.sources.states import (
    aggregates,
    ftm_state,
    iso_codes,
    known_codes,
    state_by_name,
    state_name,
    state_of_words,
    unknown_states,
)

TABLE = pl.read_csv(files("retorsion.sources").joinpath("states.csv").read_bytes(), infer_schema=False)


def test_every_code_stands_once_and_says_why() -> None:
    assert not TABLE.select(pl.struct("system", "code").is_duplicated().any()).item()
    assert set(TABLE["is_aggregate"]) == {"true", "false"}
    assert TABLE.select("system", "code", "label", "note").null_count().row(0) == (0, 0, 0, 0)
    without = TABLE.filter(pl.col("state_code").is_null())
    assert without["note"].str.contains("no state").all()


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
        ("cow", "816", "VNM"),
        ("cow", "817", "VNM"),  # the Republic of Viet Nam, which is not the VDR of ISO 3166-3
        ("cow", "345", "YUG"),
        ("polecat", "345", "SRB"),  # of events since 2018
        ("polecat", "365", "RUS"),
        ("gw", "260", "DEU"),
        ("gw", "678", "YEM"),
        ("gw", "365", "RUS"),
        ("cameo", "MTN", "MNE"),
        ("cameo", "IMY", "IMN"),
        ("fips", "YI", "SCG"),
        ("fips", "UC", "CUW"),
        ("us_census", "4621", "RUS"),
        ("us_census", "5082", "PSE"),
        ("us_census", "4803", "XKX"),
        ("iso", "RU", "RUS"),
        ("iso", "RUS", "RUS"),
        ("iso", "AU", "AUS"),  # the African Union has no code in ISO 3166
        ("iso", "AUS", "AUS"),
        ("iso", "SU", "SUN"),
        ("iso", "DD", "DDR"),
        ("iso", "XK", "XKX"),
        ("iso", "ROM", "ROU"),
        ("m49", "588", "PAK"),  # with Bangladesh
        ("m49", "835", "UN835"),  # Tanganyika, which is not all of Tanzania
        ("m49", "698", "SKM"),
        ("eurostat", "EU27_2020", "EU27"),
        ("eurostat", "EXT_EU27_2020", "XEU27"),
        ("eurostat", "WORLD", "WLD"),
        ("eurostat", "SU", "SUN"),
        ("eurostat", "XS", "SRB"),
        ("eurostat", "XI", "GBR"),
        ("eurostat", "GR", "GRC"),
    ],
)
def test_codes_that_are_easily_mistaken(system: str, code: str, state: str) -> None:
    assert getattr(code_systems, f"{system}_states")()[code] == state


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("japan_customs", "999"),
        ("m49", "999"),
        ("fips", "ZZ"),
        ("cow", "9999"),
        ("cameo", "EUR"),
        ("fips", "OS"),
        ("iso", "CS"),  # Czechoslovakia, and later Serbia and Montenegro
        ("eurostat", "CS"),
    ],
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


#: Every name in the column of countries of ICEWS's files of 1995 to 2018.
ICEWS = (
    "Aeolian Islands|Afghanistan|Albania|Algeria|American Samoa|Andorra|Angola|Anguilla|Antarctica|"
    "Antigua and Barbuda|Argentina|Armenia|Aruba|Australia|Austria|Azerbaijan|Bahamas|Bahrain|"
    "Bangladesh|Barbados|Bavaria|Belarus|Belgium|Belize|Benin|Bermuda|Bhutan|Bolivia|Bonaire|"
    "Bosnia and Herzegovina|Botswana|Brazil|British Indian Ocean Territory|British Virgin Islands|"
    "Brunei|Bulgaria|Burkina Faso|Burundi|Cambodia|Cameroon|Canada|Cape Verde|Cayman Islands|"
    "Central African Republic|Chad|Chile|China|Christmas Island|Cocos (Keeling) Islands|Colombia|"
    "Comoros|Congo|Cook Island|Costa Rica|Cote d'Ivoire|Croatia|Cuba|Curaçao|Cyprus|Czech Republic|"
    "Democratic Republic of Congo|Denmark|Djibouti|Dominica|Dominican Republic|Ecuador|Egypt|"
    "El Salvador|Equatorial Guinea|Eritrea|Estonia|Ethiopia|Falkland Islands|Faroe Islands|Fiji|"
    "Finland|France|French Guiana|French Polynesia|French Southern Territories|Gabon|Gambia|Georgia|"
    "Germany|Ghana|Gibraltar|Greece|Greenland|Grenada|Guadeloupe|Guam|Guatemala|Guernsey|Guinea|"
    "Guinea-Bissau|Guyana|Haiti|Heard Island and McDonald Islands|Holy See|Honduras|Hong Kong|"
    "Hungary|Iceland|India|Indonesia|Iran|Iraq|Ireland|Isle Of Man|Israel|Italy|Jamaica|Japan|Jersey|"
    "Jordan|Kazakhstan|Kenya|Kiribati|Kosovo|Kuwait|Kyrgyzstan|Laos|Latvia|Lebanon|Lesotho|Liberia|"
    "Libya|Liechtenstein|Lithuania|Luxembourg|Macao|Madagascar|Malawi|Malaysia|Maldives|Mali|Malta|"
    "Marshall Islands|Martinique|Mauritania|Mauritius|Mayotte|Mexico|Micronesia|Moldova, Republic of|"
    "Monaco|Mongolia|Montenegro|Montserrat|Morocco|Mozambique|Myanmar|Namibia|Nauru|Nepal|"
    "Netherlands|Netherlands Antilles|New Caledonia|New Zealand|Nicaragua|Niger|Nigeria|Niue|"
    "Norfolk Island|North Korea|Northern Mariana Islands|Norway|Occupied Palestinian Territory|Oman|"
    "Pakistan|Palau|Panama|Papua New Guinea|Paraguay|Peru|Philippines|Pitcairn|Poland|Portugal|"
    "Puerto Rico|Qatar|Reunion|Romania|Russian Federation|Rwanda|Saint Barthelemy|Saint Helena|"
    "Saint Kitts and Nevis|Saint Lucia|Saint Martin (French part)|Saint Pierre and Miquelon|"
    "Saint Vincent and the Grenadines|Samoa|San Marino|Sao Tome and Principe|Saudi Arabia|Senegal|"
    "Serbia|Seychelles|Sierra Leone|Singapore|Sint Maarten|Slovakia|Slovenia|Solomon Islands|Somalia|"
    "South Africa|South Georgia and the South Sandwich Islands|South Korea|South Sudan|Spain|"
    "Sri Lanka|Sudan|Suriname|Svalbard and Jan Mayen|Swaziland|Sweden|Switzerland|Syria|Taiwan|"
    "Tajikistan|Tanzania|Thailand|the former Yugoslav Republic of Macedonia|Timor-Leste|Togo|Tokelau|"
    "Tonga|Trinidad and Tobago|Tunisia|Turkey|Turkmenistan|Turks and Caicos Islands|Tuvalu|"
    "U.S. Virgin Islands|Uganda|Ukraine|United Arab Emirates|United Kingdom|United States|"
    "United States Minor Outlying Islands|Uruguay|Uzbekistan|Vanuatu|Venezuela|Vietnam|"
    "Wallis and Futuna|Western Sahara|Yemen|Zambia|Zimbabwe"
)


def test_every_name_that_icews_writes_is_a_state() -> None:
    states = code_systems.icews_states()
    names = ICEWS.split("|")
    assert len(names) == 251
    assert [name for name in names if name not in states] == []
    assert {states[name] for name in names} <= known_codes()
    assert states["the former Yugoslav Republic of Macedonia"] == "MKD"
    assert states["Occupied Palestinian Territory"] == "PSE"
    assert (states["Congo"], states["Democratic Republic of Congo"]) == ("COG", "COD")
    assert (states["Bavaria"], states["Aeolian Islands"]) == ("DEU", "ITA")  # parts of states


def test_unknown_states_are_named_and_counted_but_regions_are_not() -> None:
    accepted = pl.DataFrame(
        {
            "source_country": ["Atlantis", "Japan", None, "Atlantis", "NULL"],
            "source_state_code": [None, "JPN", None, None, None],
            "actor_country_code": ["EUR", "QQX", "RUS", "QQX", "QQX"],
            "actor_state_code": [None, None, "RUS", None, None],
        },
        schema_overrides={"source_state_code": pl.String},
    )
    rejected = pl.DataFrame(
        {"value": ["Mu", "x"], "reason": ["is not a known state of a table", "is not a number"]}
    )
    blank = pl.lit(None, dtype=pl.String)
    names = QUARANTINE_SCHEMA.names()
    whole = rejected.with_columns(blank.alias(n) for n in names if n not in rejected.columns)
    found = unknown_states(Rows(accepted, whole.select(names).cast(QUARANTINE_SCHEMA)))
    assert found.rows() == [("QQX", 3), ("Atlantis", 2), ("Mu", 1)]


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Korea, Rep.", "KOR"),  # World Bank
        ("Korea, Dem. People's Rep.", "PRK"),
        ("Congo, Dem. Rep.", "COD"),
        ("Congo, Rep.", "COG"),
        ("Hong Kong SAR, China", "HKG"),
        ("Dem. People's Rep. of Korea", "PRK"),  # UN Comtrade
        ("China, Macao SAR", "MAC"),
        ("Other Asia, nes", "TWN"),
        ("Fmr USSR", "SUN"),
        ("China, P.R.: Mainland", "CHN"),  # International Monetary Fund
        ("China, P.R.: Hong Kong", "HKG"),
        ("Chinese Taipei", "TWN"),  # World Trade Organization
        ("Burma/Myanmar", "MMR"),  # lists
        ("Cote d Ivoire", "CIV"),
    ],
)
def test_names_of_publishers_are_states(name: str, state: str) -> None:
    assert code_systems.state_names()[name] == state
    assert state_by_name(name.upper()) == state


def test_every_area_of_comtrade_is_a_state_or_has_a_code_of_its_own() -> None:
    areas = (
        "457 459 461 472 490 527 532 536 568 577 582 588 590 592 636 637 647 658 697 698 711 717 736 835 836 "
    )
    areas += "837 838 839 841 842 849 866 868 879 886 890 891 899"
    assert [code for code in areas.split() if code not in code_systems.m49_states()] == []


def test_capitals_and_zeros_are_no_matter_where_people_write_codes() -> None:
    cells = pl.DataFrame({"c": ["jpn", "Jp", "RUS", "au", "xx", None]})
    made = code_systems.to_state_as_written(pl.col("c"), code_systems.iso_states())
    assert cells.select(made).to_series().to_list() == ["JPN", "JPN", "RUS", "AUS", None, None]
    cells = pl.DataFrame({"c": ["051", "51.0", "392", "0", "51x"]})
    made = code_systems.to_state_as_written(pl.col("c"), code_systems.m49_states())
    assert cells.select(made).to_series().to_list() == ["ARM", "ARM", "JPN", "WLD", None]


@pytest.mark.parametrize(
    ("word", "state"),
    [("UK", "GBR"), ("UAE", "ARE"), ("RU", "RUS"), ("XK", "XKX"), ("russia", "RUS"), ("QQ", None)],
)
def test_a_word_of_a_list_is_a_code_or_a_name(word: str, state: str | None) -> None:
    assert state_of_words(word) == state


@pytest.mark.parametrize(("code", "state"), [("RU", "RUS"), ("SUHH", "SUN"), ("ge-ab", "GEO"), ("zr", None)])
def test_codes_of_followthemoney_may_be_in_capitals(code: str, state: str | None) -> None:
    assert ftm_state(code) == state
