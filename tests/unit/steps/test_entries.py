"""Entries of a source in params.yaml: one more, and nothing lost."""

from __future__ import annotations

import pytest
import yaml
from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.sources.readers import reader
from retorsion.steps.entries import SECTIONS, new_events, new_params
from shell import PARAMS, Shell


@pytest.mark.parametrize("name", ["ofac_sdn", "comtrade_csv", "gta"])
def test_parameters_gain_a_source_and_lose_nothing(shell: Shell, name: str) -> None:
    reading = reader(name, "test")
    section = SECTIONS[reading.kind]
    text, lines = new_params("one_more", reading, fetched=True, options={"a": 1})
    before, after = yaml.safe_load(PARAMS), yaml.safe_load(text)
    assert after["sources"][section].pop("one_more") == {"a": 1}
    assert after["sources"]["fetched"].pop() == "one_more"
    assert after == before
    changed = [line for line in PARAMS.splitlines() if line not in text.splitlines()]
    assert [line.split(":")[0].strip() for line in changed] == [section, "fetched"], "comments stay"
    assert lines == [f"  {section}:", "    one_more: {a: 1}", "  fetched: [..., one_more]"]
    project.PARAMS.write_text(text, encoding="utf-8")
    with pytest.raises(RetorsionError, match="has one_more already"):
        new_params("one_more", reading, fetched=True, options={"a": 1})


def test_a_source_of_rates_takes_the_place_of_the_other(shell: Shell) -> None:
    text, lines = new_params("mine", reader("ecb", "test"), fetched=False, options={})
    assert yaml.safe_load(text)["sources"]["rates"] == "mine"
    assert lines == ["  rates: mine"]


def test_events_come_under_those_that_are_there(shell: Shell) -> None:
    entry = {"reader": "gdelt", "files": "~/y/*.zip", "pairs": [["JPN", "RUS"]]}
    for number in (1, 2):
        text, _ = new_events(f"source_{number}", entry)
        project.PARAMS.write_text(text, encoding="utf-8")
    loaded = yaml.safe_load(text)
    assert loaded.pop("events") == {"source_1": entry, "source_2": entry}
    assert loaded == yaml.safe_load(PARAMS)
    with pytest.raises(RetorsionError, match="has source_2 already"):
        new_events("source_2", entry)
