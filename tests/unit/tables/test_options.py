"""Options of sources: each slip is named with its place and the nearest name."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest
from retorsion.errors import ParameterError
from retorsion.sources.readers import readers
from retorsion.tables.builders import FLOWS
from retorsion.tables.options import FLOW_OPTIONS, ListOptions, MeasureOptions, options_type, source_options

LIST = {"sender_code": "USA", "instrument_type": "asset_freeze"}


def test_what_a_list_says_becomes_a_record() -> None:
    record = source_options("lists", "ofac_sdn", LIST, "here")
    assert record == ListOptions(sender_code="USA", instrument_type="asset_freeze", others="refuse")
    assert source_options("measures", "gta", {"with_inferred": True}, "here") == MeasureOptions(
        with_inferred=True
    )


@pytest.mark.parametrize(
    ("section", "reader", "given", "problem"),
    [
        (
            "lists",
            "ofac_sdn",
            {**LIST, "sendercode": "USA"},
            "has no option 'sendercode'. Did you mean 'sender_code'",
        ),
        ("lists", "ofac_sdn", {"sender_code": "USA"}, "lacks instrument_type"),
        ("lists", "ofac_sdn", {**LIST, "sender_code": "USX"}, "value 'USX': is not a known state"),
        (
            "lists",
            "ofac_sdn",
            {**LIST, "others": "drop"},
            "value 'drop': is unknown. Use 'refuse' or 'leave_out'",
        ),
        ("lists", "ofac_sdn", {**LIST, "sender_code": 1}, "sender_code, value 1: should be a valid string"),
        ("lists", "gta", LIST, "'gta' gives no lists"),
        ("flows", "ofac_sdn", {}, "'ofac_sdn' gives no flows. Those that do: baci"),
        ("measures", "gta", {"with_inferred": "yes"}, "should be a valid boolean"),
        ("flows", "comext", {"n_months": 0}, "n_months, value 0: should be greater than or equal to 1"),
    ],
)
def test_a_slip_is_named(section: str, reader: str, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError) as caught:
        source_options(section, reader, given, "params.yaml, sources")
    assert problem in str(caught.value)
    assert str(caught.value).startswith("params.yaml, sources")
    assert "\n" not in str(caught.value)


def test_options_are_of_readers_that_there_are() -> None:
    assert set(FLOW_OPTIONS) <= set(FLOWS) <= set(readers())
    for name, build in FLOWS.items():
        taken = set(signature(build).parameters) - {"rows", "source_id", "options"}
        assert taken <= set(options_type("flows", name, "here").model_fields), name
