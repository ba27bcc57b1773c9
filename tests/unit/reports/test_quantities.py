"""The dictionary of findings: names, units and what is said of each finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from retorsion.findings import place_of
from retorsion.project import finding, parameters
from retorsion.reports.analyses import ANALYSES
from retorsion.reports.html import OVERALL
from retorsion.reports.quantities import (
    about,
    file_title,
    named,
    title_of,
    unit_beside,
    value_words,
    words_of,
)

SIDES = {"first": "Japan", "reporter": "Japan", "target": "Russia"}


def name_of(place: str, *chain: Any) -> str:
    return named(place, chain, SIDES).name


def test_a_value_is_called_by_its_place_with_the_names_of_states() -> None:
    assert name_of("escalation.answers.rates.named.deeds.act.RUS", {"estimate": 0.5}) == (
        "Share of Russia’s deeds that the other side answered, counted by act"
    )
    assert name_of("escalation.excitation.links.JPN->RUS.with the driver.lower", {"lower": 0.1}, 0.1) == (
        "Russia’s acts set off by one act of Japan, with outside events in the model: lower end"
    )


def test_a_name_takes_words_from_beside_the_value_and_around_it() -> None:
    row = {"actor_code": "JPN", "year": 2022, "n_acts": 103}
    assert name_of("escalation.record.by_year.3", [row], row) == "Acts of Japan in 2022"
    outer = {"max_lag_days": 7, "recall": {"estimate": 0.8}}
    assert name_of("escalation.replies.candidates.0.recall", outer, outer["recall"]).endswith("within 7 days")


def test_a_row_that_the_dictionary_does_not_name_is_called_by_its_words() -> None:
    row = {"case_id": "x", "importer_code": "KAZ", "year": 2022, "share": 0.5}
    assert name_of("impact.unheard.hubs.4", [row], row) == "Hubs, Kazakhstan, 2022"
    assert name_of("impact.unheard.hubs.4.share", row, 0.5) == "Hubs, Kazakhstan, 2022, share"


def test_a_value_that_the_dictionary_does_not_name_has_its_keys_in_words() -> None:
    assert name_of("impact.unheard.rows.2.n_odd_rows", {}, 3) == "Rows, row 3, number of odd rows"
    assert title_of("impact", "unheard_of") == "Unheard of"
    assert about("impact.unheard_of") is None


@pytest.mark.parametrize(
    ("place", "record", "unit"),
    [
        ("escalation.x.share_left_out", {}, "share"),
        ("escalation.answers.rates.named.all.act.JPN.upper", {"upper": 0.4}, "share"),
        ("escalation.answers.rates.named.all.act.JPN.n", {"n": 9}, "plain"),
        ("impact.monthly.export.mean_effects.0.estimate", {"estimate": -1.0}, "log"),
        ("impact.monthly.export.mean_effects.0.p_value", {"p_value": 0.1}, "plain"),
        ("impact.x.effect.estimate", {"estimate": -1.0, "caveat": "In log points."}, "log"),
        ("escalation.answers.compared.all.act.least_seen", {"estimate": -0.2, "unit": "act"}, "points"),
        ("escalation.headlines.0.lower", {"lower": 1, "unit": "days"}, "days"),
    ],
)
def test_the_unit_of_a_value(place: str, record: dict[str, Any], unit: str) -> None:
    assert named(place, [record, 1.0]).unit == unit


def test_values_beside_an_estimate_have_its_unit_or_their_own() -> None:
    assert [unit_beside(key, "log") for key in ("lower", "level", "n_obs")] == ["log", "share", "plain"]


def test_words_for_keys_values_and_files() -> None:
    assert words_of("n_silent") == "that report nothing any more"
    assert words_of("export", SIDES) == "Japan’s exports to Russia"
    assert value_words("year_before").startswith("against the level")
    assert value_words("Anthracite") == "Anthracite"
    assert file_title("impact_monthly_series") == "Monthly series"


@pytest.mark.data
def test_every_finding_has_a_title_a_method_what_was_counted_and_a_caveat() -> None:
    missing = [
        f"{analysis}.{part}"
        for case in (*parameters().cases, "comparison")
        for analysis, each in ANALYSES.items()
        if each.of_case == (case != "comparison")
        for part in finding(analysis, case)
        if part not in {"inputs", *OVERALL - {"headlines"}} and about(f"{analysis}.{part}") is None
    ]
    assert missing == []


@pytest.mark.data
def test_names_of_the_findings_hold_no_code_and_no_list_of_keys() -> None:
    """Names of records are words: no key with lines, no code of a state, no field that was left open."""
    for case in parameters().cases:
        for analysis in ("escalation", "impact"):
            for place, chain in _records(finding(analysis, case), ()):
                name = named(place, chain, SIDES).name
                assert not re.search(r"[{}_]|->|\bJPN\b|\bRUS\b|\bUSA\b|\bCHN\b", name), place


def _records(value: Any, above: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    chain = (*above, value)
    if isinstance(value, dict) and (place := place_of(value)) and ".inputs" not in place:
        yield place, chain
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _records(inner, chain)
