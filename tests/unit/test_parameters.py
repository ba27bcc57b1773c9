"""params.yaml against its schema: a slip is one line that names the parameter, its value and the remedy."""

# ruff: noqa: E501 - one slip a line

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from places import ROOT
from retorsion import project
from retorsion.errors import ParameterError
from retorsion.escalation import intensity
from retorsion.estimators import daily_hawkes, interruptions
from retorsion.events import events
from retorsion.parameters import check, read_params, schema
from retorsion.sources.code_systems import HS_REVISIONS
from retorsion.sources.formats import ledger
from retorsion.sources.readers import readers
from retorsion.tables import scores
from retorsion.tables.builders import FLOWS, MEASURES, builder_options
from retorsion.tables.fields import tables

RAW = ROOT / "data" / "raw"
TEXT = (ROOT / "params.yaml").read_text(encoding="utf-8")


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change that sets a value."""

    def change(params: Any) -> None:
        for key in path[:-1]:
            params = params[key]
        params[path[-1]] = value

    return change


def rename(*path: Any, to: str) -> Callable[[dict[str, Any]], None]:
    """A change that misspells a key."""

    def change(params: Any) -> None:
        for key in path[:-1]:
            params = params[key]
        params[to] = params.pop(path[-1])

    return change


SLIPS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "section": (rename("impact", "monthly", to="montly"), "impact: has no parameter 'montly'. Did you mean 'monthly'?"),
    "needed section": (rename("impact", "pairwise", to="pairwse"), "has no parameter 'pairwse'. Did you mean 'pairwise'?"),
    "check": (rename("checks", "counts", to="count"), "checks: has no parameter 'count'. Did you mean 'counts'?"),
    "top": (rename("window", to="windows"), "params.yaml: has no parameter 'windows'. Did you mean 'window'?"),
    "optional key": (
        rename("impact", "monthly", "export", "measures", 0, "anticipation_months", to="anticipation_month"),
        "impact.monthly.export.measures.0: has no parameter 'anticipation_month'. Did you mean",
    ),
    "missing key": (lambda p: p["impact"]["gravity"].pop("years"), "impact.gravity: lacks years"),
    "bare date": (put("window", "start", value=yaml.safe_load("2014-01-01")), 'window.start, value 2014-01-01: is not in quotes'),
    "no such day": (put("window", "end", value="2014-13-01"), "window.end, value '2014-13-01'"),
    "other spelling of a day": (put("window", "end", value="20260331"), "window.end, value '20260331'"),
    "span that falls": (put("window", "start", value="2027-01-01"), "window.end, value '2026-03-31': is before start"),
    "years that fall": (put("impact", "gravity", "years", value=[2024, 2012]), "impact.gravity.years"),
    "one year": (put("impact", "gravity", "years", value=[2024]), "Write the first and the last year: [2012, 2024]."),
    "level": (put("escalation", "level", value=95), "escalation.level, value 95: is not what it holds. Write a confidence level"),
    "level as text": (put("impact", "gravity", "level", value="0.95"), "impact.gravity.level, value '0.95'"),
    "month": (put("checks", "figures", "fiscal_year_start_month", value=13), "fiscal_year_start_month, value 13"),
    "scale": (put("escalation", "scales", value=["intensity_goldstien"]), "escalation.scales.0, value 'intensity_goldstien': is not what it holds. Did you mean 'intensity_goldstein'?"),
    "period": (put("escalation", "periods", 1, value="year"), "Use one of: day, week, month, quarter."),
    "estimator": (put("impact", "monthly", "group_estimator", value="nosuch"), "Use one of: reml_ar1, ols_hac"),
    "family": (put("escalation", "excitation", "variants", "Poisson counts", "family", value="posson"), "Did you mean 'poisson'?"),
    "pair": (put("pair", "a", value="XXX"), "pair.a, value 'XXX': is not what it holds. Use an ISO 3166-1"),
    "sender": (put("sources", "lists", "mof_asset_freeze", "sender_code", value="JPX"), "sender_code, value 'JPX'"),
    "reporter": (put("sources", "flows", "japan_monthly_trade", "reporter_code", value="XXX"), "reporter_code, value 'XXX'"),
    "importer": (put("impact", "gravity", "without", value=["CHN", "IDN", "UKX"]), "impact.gravity.without.2, value 'UKX'"),
    "instrument": (put("sources", "lists", "mof_asset_freeze", "instrument_type", value="asset_freez"), "Did you mean 'asset_freeze'?"),
    "type of act": (put("escalation", "words", value=["summon"]), "escalation.words.0, value 'summon': is not what it holds. Did you mean 'summons'?"),
    "revision": (put("sources", "nomenclature", "revision", value="HS2099"), "revision, value 'HS2099'"),
    "product": (put("impact", "gravity", "products", value=["999999"]), "impact.gravity.products.0, value '999999'"),
    "product as number": (put("impact", "gravity", "products", value=[270900]), "value 270900: is not what it holds. Write a six-digit code"),
    "name of a product": (put("impact", "pairwise", "names", value={270900: "Oil"}), "the key 270900 has to stand in quotes"),
    "ledger": (put("sources", "ledger", value="legder"), "sources.ledger, value 'legder': is not what it holds. Did you mean 'ledger'?"),
    "coalition": (put("impact", "coalition", value="nosuch"), "impact.coalition, value 'nosuch'"),
    "source of a list": (rename("sources", "lists", "mof_asset_freeze", to="mof_asset_freez"), "Did you mean 'mof_asset_freeze'?"),
    "flows of another kind": (put("impact", "monthly", "source", value="mof_asset_freeze"), "is not in sources.flows. Use one of: baci_raw_materials, japan_monthly_trade"),
    "list that is none": (put("checks", "counts", "list", value="ledger"), "checks.counts.list, value 'ledger': is not in sources.lists"),
    "variant": (put("escalation", "excitation", "with_driver", value="with drivers"), "Did you mean 'with the driver'?"),
    "driver": (put("escalation", "excitation", "variants", "Poisson counts", "drivers", value=["invasions"]), "Did you mean 'invasion'?"),
    "driver without its days": (lambda p: p["escalation"]["excitation"]["drivers"]["group"].pop("days_after"), "drivers.group: lacks days_after"),
    "nothing in a section": (put("escalation", value={}), "escalation: is empty, which it may not be"),
    "infinity": (put("impact", "price_volume", "k", value=float("inf")), "params.yaml"),
    "event key": (put("events", value={"g": {"reader": "gdelt", "files": "x", "pair": [["JPN", "RUS"]]}}), "events.g: has no parameter 'pair'. Did you mean 'pairs'?"),
    "event state": (put("events", value={"g": {"reader": "gdelt", "files": "x", "pairs": [["JPN", "RUSS"]]}}), "events.g.pairs.0.1, value 'RUSS'"),
    "half a pair": (put("events", value={"g": {"reader": "gdelt", "files": "x", "pairs": [["JPN"]]}}), "events.g.pairs.0: is not what it holds. Write each pair as two"),
    "event entry": (put("events", value={"g": None}), "events.g: is empty"),
    "event reader": (put("events", value={"g": {"reader": "gdlt", "files": "x"}}), "Did you mean 'gdelt'?"),
    "event source": (put("escalation_events", value={"source": "gdelt", "period": "month", "scale": "intensity_plover", "level": 0.9, "n_bootstrap": 9, "seed": 1, "window_days": 1}), "is not in events"),
}  # fmt: skip


@pytest.fixture
def params() -> dict[str, Any]:
    """The project's own parameters."""
    loaded: dict[str, Any] = yaml.safe_load(TEXT)
    return loaded


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_one_line_that_names_the_parameter(params: dict[str, Any], slip: str) -> None:
    change, problem = SLIPS[slip]
    change(params)
    with pytest.raises(ParameterError, match=re.escape(problem)) as raised:
        check(params, RAW)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        put("checks", value={}),
        put("checks", value=None),
        put("impact", "monthly", value={}),
        put("impact", "gravity", value=None),
        put("pair", value={"a": "USA", "b": "CHN"}),
        put("x_own", value={"anything": [1, {"goes": "here"}]}),
        put("events", value={"g": {"reader": "icews", "files": "~/x/*.tab", "pairs": None}}),
        put("sources", "flows", "japan_monthly_trade", value={"reporter_code": "JPN", "n_months": 12}),
        lambda params: params["impact"].pop("mirror"),
        lambda params: params["escalation"].update(recorded=[], marks=[], kind_groups={}),
    ],
)
def test_what_the_guide_allows_is_allowed(
    params: dict[str, Any], change: Callable[[dict[str, Any]], Any]
) -> None:
    change(params)
    check(params, RAW)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("pair: {a: JPN\nwindow: 1\n", "line 2: is not YAML"),
        ("pair: {a: JPN, a: RUS}\n", "field 'a' is given twice"),
        ("- a\n", "holds no parameters"),
        ("window: {start: 2014-13-01, end: '2026-01-01'}\n", "window.start, value '2014-13-01'"),
        ("pair: \tx\n\t- y", "is not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=re.escape(problem)) as raised:
        read_params(path, RAW)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_other_bytes_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="is missing"):
        read_params(tmp_path / "params.yaml", RAW)
    (tmp_path / "params.yaml").write_bytes(b"pair: \xff\n")
    with pytest.raises(ParameterError, match="not UTF-8"):
        read_params(tmp_path / "params.yaml", RAW)


def test_params_are_read_again_when_the_file_changes_and_never_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    (tmp_path / "params.yaml").write_text("pair: {a: JPN, b: RUS}\n", encoding="utf-8")
    project.params("pair")["a"] = "changed"
    assert project.params("pair", "a") == "JPN"
    (tmp_path / "params.yaml").write_text("pair: {a: USA, b: CHN }\n", encoding="utf-8")
    assert project.params("pair") == {"a": "USA", "b": "CHN"}
    with pytest.raises(ParameterError, match=re.escape("params.schema.json")):
        project.params("window")


def enum(*path: str) -> list[Any]:
    """A closed list of the schema."""
    found: Any = schema()
    for key in path:
        found = found[key]
    return [one for one in found["enum"] if one is not None]


def test_the_schema_has_the_code_s_own_closed_lists() -> None:
    excitation = ("properties", "escalation", "properties", "excitation", "properties")
    variant = (*excitation, "variants", "additionalProperties", "properties")
    monthly_section = ("properties", "impact", "properties", "monthly", "properties")
    event = ("properties", "events", "additionalProperties", "properties", "reader")
    own = ("properties", "escalation_events", "properties", "quads", "items")
    nomenclature = ("properties", "sources", "properties", "nomenclature", "properties", "revision")
    kinds = ("properties", "escalation", "properties", "kind_groups", "additionalProperties", "items")
    values = [name for name in tables()["trade_flows"].columns if name.startswith("value_")]
    assert enum("$defs", "scale") == list(scores.SCALES)
    assert enum("$defs", "period") == list(get_args(intensity.Period))
    assert enum("$defs", "value_column") == values
    assert enum(*variant, "family") == list(get_args(daily_hawkes.Family))
    sharing = get_type_hints(daily_hawkes.DailyModel)["decay_sharing"]
    assert enum(*variant, "half_life") == list(get_args(sharing))
    assert enum(*monthly_section, "group_estimator") == list(interruptions.ESTIMATORS)
    assert enum(*event) == list(events.codings())
    assert enum(*own) == list(events.QUADS)
    assert enum(*nomenclature) == list(HS_REVISIONS)
    assert enum(*kinds) == list(ledger.DOMAINS)


def test_the_schema_has_the_options_of_every_builder() -> None:
    sections = schema()["properties"]["sources"]["properties"]
    readers_own = {"flows": {"year", "total_code"}}
    lists = [name for name, one in readers().items() if one.kind == "list"]
    for section, builders in {"lists": lists, "flows": FLOWS, "measures": MEASURES}.items():
        known = {name for reader in builders for name in builder_options(section, reader, "")}
        spec = sections[section]["additionalProperties"]["properties"]
        assert set(spec) == known | readers_own.get(section, set())


def test_every_fixed_section_is_closed() -> None:
    def open_sections(spec: Any, path: str) -> list[str]:
        if isinstance(spec, list):
            return [found for one in spec for found in open_sections(one, path)]
        if not isinstance(spec, dict):
            return []
        named = isinstance(spec.get("properties"), dict) and "type" in spec
        own = [path] if named and spec.get("additionalProperties") is not False else []
        return own + [found for key, one in spec.items() for found in open_sections(one, f"{path}/{key}")]

    assert open_sections(schema(), "") == []
