"""Entries of a source in params.yaml: one more, and nothing lost."""

from __future__ import annotations

import pytest
import yaml
from places import ROOT
from retorsion.errors import RetorsionError
from retorsion.steps.entries import with_entry, with_events, with_fetched


def test_events_come_under_those_that_are_there() -> None:
    text = "events:  # large\n  one: {reader: icews, files: x}\nimpact: {}\n"
    added = with_events(text, "two", ["  two:", "    reader: gdelt", "    files: y"])
    assert yaml.safe_load(added)["events"] == {
        "two": {"reader": "gdelt", "files": "y"},
        "one": {"reader": "icews", "files": "x"},
    }
    assert "# large" in added
    assert yaml.safe_load(added)["impact"] == {}
    with pytest.raises(RetorsionError, match="by hand"):
        with_events("events: {one: {reader: icews}}\n", "two", ["  two: {reader: gdelt}"])


@pytest.mark.parametrize("section", ["lists", "flows", "measures"])
def test_parameters_gain_a_source_and_lose_nothing(section: str) -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    new = with_fetched(with_entry(text, section, "one_more", "{a: 1}"), "one_more")
    before, after = yaml.safe_load(text), yaml.safe_load(new)
    assert after["sources"][section].pop("one_more") == {"a": 1}
    after["sources"][section] = after["sources"][section] or before["sources"][section]
    assert after["sources"]["fetched"].pop() == "one_more"
    assert after == before
    kept = [line for line in text.splitlines() if "fetched:" not in line and f"  {section}:" not in line]
    assert [line for line in new.splitlines() if line in set(kept)] == kept  # comments too
