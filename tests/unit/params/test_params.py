"""params.yaml and cases: a slip is one message with its place, its value and what to write."""

# ruff: noqa: E501 - one slip a line

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import pytest
import yaml
from invented_acts import CHOICES, case_of, changed
from places import RAW, ROOT
from retorsion import project
from retorsion.errors import ParameterError
from retorsion.escalation import intensity
from retorsion.estimators import daily_hawkes, interruptions
from retorsion.events import events
from retorsion.params import (
    KINDS,
    Case,
    Domain,
    Events,
    EventsCompared,
    Monthly,
    MonthlyChoices,
    Nomenclature,
    Options,
    Params,
    Period,
    Scale,
    Variant,
    check_names,
    read_case,
    read_params,
    references,
)
from retorsion.sources.code_systems import HS_REVISIONS
from retorsion.sources.formats.act_types import DOMAINS
from retorsion.sources.limits import limit
from retorsion.tables import scores
from retorsion.tables.fields import tables

BYTES, DEPTH = limit("yaml_bytes"), limit("yaml_depth")
CASE = ROOT / "data" / "cases" / "jpn-rus.yaml"
Change = Callable[[dict[str, Any]], Any]


def put(*path: Any, value: Any) -> Change:
    """A change that sets a value."""

    def change(options: Any) -> None:
        for key in path[:-1]:
            options = options[key]
        options[path[-1]] = value

    return change


def rename(*path: Any, to: str) -> Change:
    """A change that misspells a key."""

    def change(options: Any) -> None:
        for key in path[:-1]:
            options = options[key]
        options[to] = options.pop(path[-1])

    return change


def drop(*path: Any) -> Change:
    """A change that takes a key away."""

    def change(options: Any) -> None:
        for key in path[:-1]:
            options = options[key]
        del options[path[-1]]

    return change


class Unquoted(str):
    """Text that YAML reads as something else."""


yaml.SafeDumper.add_representer(
    Unquoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:timestamp", str(text))
)

IN_PARAMS: dict[str, tuple[Change, str]] = {
    "key at the top": (rename("level", to="levels"), "params.yaml: has no option 'levels'. Did you mean 'level'? It takes: cases, sources"),
    "section": (rename("impact", "monthly", to="montly"), "params.yaml, impact: has no option 'montly'. Did you mean 'monthly'?"),
    "key at depth": (rename("impact", "monthly", "synthetic", "seed", to="sed"), "params.yaml, impact.monthly.synthetic: has no option 'sed'. Did you mean 'seed'?"),
    "needed section": (drop("impact", "gravity"), "params.yaml, impact: lacks gravity. Add it"),
    "needed choice": (drop("escalation", "block_days"), "params.yaml, escalation: lacks block_days. Add it"),
    "nothing in a section": (put("escalation", value=None), "params.yaml, escalation: is empty, which it may not be"),
    "level": (put("level", value=95), "params.yaml, level, value 95: should be less than 1"),
    "level as text": (put("level", value="0.95"), "params.yaml, level, value '0.95': should be a valid number"),
    "number as truth": (put("n_draws", value=True), "params.yaml, n_draws, value true: should be a valid integer"),
    "fraction for a count": (put("n_draws", value=9.5), "params.yaml, n_draws, value 9.5: should be a valid integer"),
    "infinity": (put("impact", "price_volume", "k", value=float("inf")), "params.yaml, impact.price_volume.k, value inf: is not a number. Write a finite one"),
    "list for a text": (put("sources", "hosts", value=["source_hosts"]), "params.yaml, sources.hosts: should be a valid string"),
    "text for a list": (put("sources", "ledgers", value="ledger_jpn_rus"), "params.yaml, sources.ledgers, value 'ledger_jpn_rus': should be a valid"),
    "ledger given twice": (put("sources", "ledgers", value=["ledger_jpn_rus"] * 2), "params.yaml, sources.ledgers: names 'ledger_jpn_rus' twice. Name it once"),
    "limits that fall": (put("escalation", "excitation", "half_life_limits", value=[30, 0.25]), "params.yaml, escalation.excitation.half_life_limits: falls: 30.0, 0.25. Write the first one first"),
    "one limit": (put("escalation", "excitation", "half_life_limits", value=[30]), "params.yaml, escalation.excitation.half_life_limits: lacks the second of two values. Add it"),
    "scale": (put("escalation", "scales", value=["intensity_goldstien"]), "params.yaml, escalation.scales.0, value 'intensity_goldstien': is unknown. Did you mean 'intensity_goldstein'?"),
    "scale given twice": (put("escalation", "scales", value=["intensity_equal", "intensity_equal"]), "params.yaml, escalation.scales: names 'intensity_equal' twice. Name it once"),
    "period": (put("escalation", "periods", 1, value="year"), "params.yaml, escalation.periods.1, value 'year': is unknown. Use one of: day, week, month, quarter"),
    "estimator": (put("impact", "monthly", "group_estimator", value="nosuch"), "Use one of: reml_ar1, ols_hac"),
    "revision": (put("sources", "nomenclature", "revision", value="HS2099"), "params.yaml, sources.nomenclature.revision, value 'HS2099': is unknown"),
    "ledger": (put("sources", "ledgers", 0, value="legder_jpn_rus"), "params.yaml, sources.ledgers.0, value 'legder_jpn_rus': there is no such source in data/raw. Did you mean 'ledger_jpn_rus'?"),
    "calendar": (put("sources", "calendars", value=["coalition_calender"]), "params.yaml, sources.calendars.0, value 'coalition_calender': there is no such source in data/raw. Did you mean 'coalition_calendar'?"),
    "source of a list": (rename("sources", "lists", "mof_asset_freeze", to="mof_asset_freez"), "params.yaml, sources.lists, value 'mof_asset_freez': there is no such source in data/raw. Did you mean 'mof_asset_freeze'?"),
    "a case twice": (put("cases", value=["jpn-rus", "jpn-rus"]), "params.yaml, cases: names 'jpn-rus' twice. Name it once"),
    "no case": (put("cases", value=[]), "params.yaml, cases: is empty"),
    "name of a case": (put("cases", value=["JPN_RUS"]), "params.yaml, cases.0, value 'JPN_RUS': is not a name in small letters, digits and hyphens"),
    "a folder for a case": (put("cases", value=["../jpn-rus"]), "params.yaml, cases.0, value '../jpn-rus': is not a name"),
    "event key": (put("events", value={"g": {"reader": "gdelt", "files": "x", "pair": [["JPN", "RUS"]]}}), "params.yaml, events.g: has no option 'pair'. Did you mean 'pairs'?"),
    "event state": (put("events", value={"g": {"reader": "gdelt", "files": "x", "pairs": [["JPN", "RUSS"]]}}), "params.yaml, events.g.pairs.0.1, value 'RUSS': is not a known state. Did you mean 'RUS'?"),
    "half a pair": (put("events", value={"g": {"reader": "gdelt", "files": "x", "pairs": [["JPN"]]}}), "params.yaml, events.g.pairs.0: lacks the second of two values"),
    "event entry": (put("events", value={"g": None}), "params.yaml, events.g: is empty, which it may not be"),
    "event reader": (put("events", value={"g": {"reader": "gdlt", "files": "x", "pairs": [["JPN", "RUS"]]}}), "params.yaml, events.g.reader, value 'gdlt': is unknown. Did you mean 'gdelt'?"),
    "event source": (put("events_compared", value={"source": "gdelt"}), "params.yaml: events_compared.source names 'gdelt', which is not in events. It has: nothing"),
}  # fmt: skip

IN_CASE: dict[str, tuple[Change, str]] = {
    "key at the top": (rename("window", to="windows"), "data/cases/jpn-rus.yaml: has no option 'windows'. Did you mean 'window'?"),
    "key of a check": (rename("checks", "counts", to="count"), "data/cases/jpn-rus.yaml, checks: has no option 'count'. Did you mean 'counts'?"),
    "key at depth": (
        rename("impact", "monthly", "export", "measures", 0, "anticipation_months", to="anticipation_month"),
        "data/cases/jpn-rus.yaml, impact.monthly.export.measures.0: has no option 'anticipation_month'. Did you mean 'anticipation_months'?",
    ),
    "key of a part with another name in code": (rename("impact", "monthly", "import", to="imports"), "data/cases/jpn-rus.yaml, impact.monthly: has no option 'imports'. Did you mean 'import'?"),
    "needed part": (drop("escalation", "dense"), "data/cases/jpn-rus.yaml, escalation: lacks dense. Add it"),
    "date without quotes": (put("window", "start", value=Unquoted("2014-01-01")), 'data/cases/jpn-rus.yaml, window.start, value 2014-01-01: needs quotes. Write "2014-01-01"'),
    "no such day": (put("window", "end", value="2014-13-01"), "data/cases/jpn-rus.yaml, window.end, value '2014-13-01': should be a valid date"),
    "other spelling of a day": (put("window", "end", value="31.03.2026"), "data/cases/jpn-rus.yaml, window.end, value '31.03.2026': should be a valid date"),
    "span that falls": (put("window", "start", value="2027-01-01"), "data/cases/jpn-rus.yaml, window: ends on 2026-03-31, before it starts on 2027-01-01"),
    "years that fall": (put("impact", "years", value=[2024, 2012]), "data/cases/jpn-rus.yaml, impact.years: falls: 2024, 2012"),
    "one year": (put("impact", "years", value=[2024]), "data/cases/jpn-rus.yaml, impact.years: lacks the second of two values"),
    "year that is none": (put("impact", "base_year", value=21), "data/cases/jpn-rus.yaml, impact.base_year, value 21: should be greater than or equal to 1900"),
    "years in the other order": (put("impact", "base_year", value=2025), "data/cases/jpn-rus.yaml, impact: comparison_year (2024) is before base_year (2025)"),
    "years of a product in the other order": (put("impact", "replacement", 0, "base_year", value=2025), "impact.replacement.0: comparison_year (2024) is before base_year (2025)"),
    "month": (put("checks", "figures", "fiscal_year_start_month", value=13), "checks.figures.fiscal_year_start_month, value 13: should be less than or equal to 12"),
    "family": (put("escalation", "variants", "Poisson counts", "family", value="posson"), "escalation.variants.Poisson counts.family, value 'posson': is unknown. Did you mean 'poisson'?"),
    "state": (put("pair", value=["JPN", "RUX"]), "data/cases/jpn-rus.yaml, pair.1, value 'RUX': is not a known state. Did you mean 'RUS'?"),
    "a state twice": (put("pair", value=["JPN", "JPN"]), "data/cases/jpn-rus.yaml, pair: names 'JPN' twice"),
    "importer": (put("impact", "gravity", "without", value=["CHN", "IDN", "UKX"]), "impact.gravity.without.2, value 'UKX': is not a known state"),
    "calendar of another state": (put("escalation", "calendars", "the G7", "target_code", value="CHN"), "escalation.calendars.the G7 is about steps against CHN, which is no side of this pair (JPN, RUS)"),
    "target of another pair": (put("impact", "target", value="CHN"), "data/cases/jpn-rus.yaml: impact is about JPN and CHN, not about this pair (JPN, RUS)"),
    "reporter that is the target": (put("impact", "reporter", value="RUS"), "impact is about RUS and RUS, not about this pair"),
    "product": (put("impact", "products", value=["999999"]), "impact.products.0, value '999999': is not an HS code of six digits"),
    "product as number": (put("impact", "products", value=[270900]), "impact.products.0, value 270900: should be a valid string"),
    "key that is a number": (put("impact", "mirror", "goods", value={270900: "Oil"}), 'impact.mirror.goods: the key 270900 needs quotes. Write "270900"'),
    "coalition": (put("impact", "coalition", value="coaliton"), "impact.coalition, value 'coaliton': there is no such source in data/raw. Did you mean 'coalition'?"),
    "flows of another kind": (put("impact", "monthly", "source", value="mof_asset_freeze"), "impact.monthly.source, value 'mof_asset_freeze': is not in sources.flows of params.yaml. It has: baci_raw_materials, japan_area_goods, japan_area_goods_yearly"),
    "yearly flows that are none": (put("impact", "area_goods", "yearly", value="coalition"), "impact.area_goods.yearly, value 'coalition': is not in sources.flows of params.yaml. It has: baci_raw_materials, japan_area_goods"),
    "list that is none": (put("checks", "counts", "list", value="ledger_jpn_rus"), "checks.counts.list, value 'ledger_jpn_rus': is not in sources.lists of params.yaml"),
    "variant": (put("escalation", "with_driver", value="with the drivers"), "escalation: with_driver names 'with the drivers', which is not in variants. Did you mean 'with the driver'?"),
    "driver": (put("escalation", "variants", "Poisson counts", "drivers", value=["invasions"]), "escalation: variants.Poisson counts.drivers names 'invasions', which is not in drivers. Did you mean 'invasion'?"),
    "driver of an unknown calendar": (put("escalation", "drivers", "allies", "calendars", value=["the G8"]), "escalation: drivers.allies.calendars names 'the G8', which is not in calendars. Did you mean 'the G7'?"),
    "driver of events and calendars": (put("escalation", "drivers", "allies", "event_types", value=["invasion"]), "escalation.drivers.allies: needs either event_types or calendars. Give one of the two"),
    "lists of unknown source": (put("escalation", "recall", "source", value="recall_sample"), "escalation.recall.source, value 'recall_sample': there is no such source in data/raw. Did you mean 'recall_samples'?"),
    "driver without its days": (drop("escalation", "drivers", "allies", "days_after"), "escalation.drivers.allies: lacks days_after. Add it"),
    "shape of a driver": (put("escalation", "drivers", "war", "shape", value="wave"), "escalation.drivers.war, value 'wave': is unknown. Use one of: decay, step, around"),
    "part without what it needs": (drop("impact", "monthly"), "impact: has mirror, which needs monthly"),
    "part without its source": (drop("impact", "pairwise"), "impact: has mirror, which needs pairwise"),
    "part without its years": (drop("impact", "years"), "impact: has diversion, which needs years"),
    "part without a coalition": (drop("impact", "coalition"), "impact: has diversion, which needs a coalition"),
    "currency": (put("impact", "monthly", "currency", value="yen"), "impact.monthly.currency, value 'yen': is not a currency code of ISO 4217"),
    "empty text": (put("title", value=" "), "data/cases/jpn-rus.yaml, title, value ' ': is empty, which it may not be"),
    "measures of no number": (put("impact", "monthly", "export", "measures", value=[]), "impact.monthly.export.measures: is empty, which it may not be"),
}  # fmt: skip


def _written(path: Path, options: Any) -> Path:
    path.write_text(yaml.safe_dump(options, sort_keys=False), encoding="utf-8")
    return path


def read(kind: Literal["params", "case"], folder: Path, change: Change) -> Params | Case:
    """The project's own parameters, or its case, after a change."""
    if kind == "params":
        options = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        change(options)
        return read_params(_written(folder / "params.yaml", options), RAW)
    options = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    change(options)
    return read_case(_written(folder / CASE.name, options), project.parameters(), RAW)


SLIPS = [("params", slip) for slip in IN_PARAMS] + [("case", slip) for slip in IN_CASE]


@pytest.mark.parametrize(("kind", "slip"), SLIPS)
def test_a_slip_is_one_line_that_names_its_place(
    kind: Literal["params", "case"], slip: str, tmp_path: Path
) -> None:
    change, problem = (IN_PARAMS if kind == "params" else IN_CASE)[slip]
    with pytest.raises(ParameterError, match=re.escape(problem)) as raised:
        read(kind, tmp_path, change)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("change", [lambda _: None, put("events", value={"g": {"reader": "icews", "files": ["~/x.tab"], "pairs": [["JPN", "RUS"]]}}),
                                    put("sources", "measures", value={}), put("escalation", "kind_groups", value={})])  # fmt: skip
def test_parameters_that_may_be_left_out(change: Change, tmp_path: Path) -> None:
    assert read("params", tmp_path, change).model_dump()


def only_acts(case: dict[str, Any]) -> None:
    case["impact"] = {"reporter": "JPN", "target": "RUS"}
    case["escalation"].update(recorded=[], marks=[], calendars={}, recall=None, break_event_types=[])
    case["escalation"]["drivers"]["allies"] = {"shape": "step", "event_types": ["invasion"]}
    del case["checks"]


@pytest.mark.parametrize(
    "change",
    [
        only_acts,
        put("pair", value=["RUS", "JPN"]),
        drop("impact", "mirror"),
        put("impact", "monthly", "export", value=None),
    ],
)
def test_parts_of_a_case_that_may_be_left_out(change: Change, tmp_path: Path) -> None:
    assert read("case", tmp_path, change).model_dump()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("level: {a: JPN\nseed: 1\n", "params.yaml, line 2: is not YAML"),
        ("level: 1\nlevel: 2\n", "params.yaml, line 2: is not YAML ('level' is given twice)"),
        ("level: {a: 1, a: 2}\n", "'a' is given twice"),
        ("- a\n", "params.yaml: holds no mapping"),
        ("", "params.yaml: holds no mapping"),
        ("level: \tx\n\t- y", "is not YAML"),
        ("level: \x07", "is not YAML"),
        ("level: !!python/object/apply:os.system [ls]\n", "line 1: has the tag"),
        ("level: !!float 1\n", "line 1: has the tag"),
        ("level: &a 1\n", "line 1: has an anchor or alias"),
        ("level: *a\n", "line 1: "),
        ("a: &a [x, x]\nb: &b [*a, *a]\n", "line 1: has an anchor or alias"),
        ("level: " + "[" * (DEPTH + 1) + "]" * (DEPTH + 1), f"is nested more than {DEPTH} deep"),
        ("level: " + "[" * 100_000, "params.yaml, line 1: "),
        ("a: " + "9" * 5_000, "cannot be read as YAML"),
        ("a: [" + "x, " * (BYTES // 3) + "x]", f"is larger than {BYTES:,} bytes"),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=re.escape(problem)) as raised:
        read_params(path, RAW)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


def test_what_is_no_file_of_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    with pytest.raises(ParameterError, match=r"params\.yaml: is missing"):
        read_params(path, RAW)
    for encoding in ("utf-16", "shift-jis", "latin-1"):
        path.write_bytes("level: 0.95 # \u00e9".encode(encoding, errors="replace") + b"\xff")
        with pytest.raises(ParameterError, match=r"params\.yaml: is not UTF-8"):
            read_params(path, RAW)
    path.unlink()
    path.mkdir()
    with pytest.raises(ParameterError, match=r"params\.yaml: is a folder where a file is expected"):
        read_params(path, RAW)


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (ROOT / "params.yaml").read_bytes())
    assert read_params(path, RAW) == project.parameters()


def test_parameters_and_cases_are_read_again_when_their_files_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "PARAMS", tmp_path / "params.yaml")
    monkeypatch.setattr(project, "CASES", tmp_path)
    options = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    asked = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    _written(tmp_path / "params.yaml", options)
    _written(tmp_path / CASE.name, asked)
    assert (project.parameters().seed, project.case().title) == (20220224, "Japan and Russia")
    _written(tmp_path / "params.yaml", options | {"seed": 7})
    _written(tmp_path / CASE.name, asked | {"title": "Two states"})
    assert (project.parameters().seed, project.case("jpn-rus").title) == (7, "Two states")
    with pytest.raises(
        ParameterError,
        match=r"no case 'jpn-rux' in params\.yaml\. Did you mean 'jpn-rus'\? .*`retorsion case new`",
    ):
        project.case("jpn-rux")
    _written(tmp_path / "aus-chn.yaml", asked)
    with pytest.raises(ParameterError, match=r"no case 'aus-chn'.*Add it to `cases` in params\.yaml"):
        project.case("aus-chn")


def test_the_records_have_the_code_s_own_closed_lists() -> None:
    def of(record: type[Options], name: str) -> list[Any]:
        inner: Any = record.model_fields[name].annotation
        while get_args(inner) and not isinstance(get_args(inner)[0], str):
            inner = get_args(inner)[0]
        return list(get_args(inner))

    values = [name for name in tables()["trade_flows"].columns if name.startswith("value_")]
    assert list(get_args(Scale)) == list(scores.SCALES)
    assert get_args(Period) == get_args(intensity.Period)
    assert of(Monthly, "value_column") == values
    assert of(Variant, "family") == list(get_args(daily_hawkes.Family))
    assert of(Variant, "half_life") == list(
        get_args(get_type_hints(daily_hawkes.DailyModel)["decay_sharing"])
    )
    assert of(MonthlyChoices, "group_estimator") == list(interruptions.ESTIMATORS)
    assert of(Events, "reader") == list(events.codings())
    assert of(EventsCompared, "quads") == list(events.QUADS)
    assert of(Nomenclature, "revision") == list(HS_REVISIONS)
    assert list(get_args(Domain)) == list(DOMAINS)


#: Where a case names a thing of the tables: kind, place, a good name, a bad one.
NAMES = {
    "total": ("checks.as_of.0.total_id", put("checks", "as_of", 0, "total_id", value="jpn-2022-03-18-taly"), "jpn-2022-03-18-tally"),
    "programme": ("checks.as_of.0.programmes.0", put("checks", "as_of", 0, "programmes", 0, value="mof_asset_freeze:2 8"), "mof_asset_freeze:28"),
    "currency": ("impact.monthly.currency", put("impact", "monthly", "currency", value="JPX"), "JPY"),
    "act": ("escalation.marks.0.id", put("escalation", "marks", 0, "id", value="rus-2022-02-24-invasio"), "rus-2022-02-24-invasion"),
    "step_actor": ("escalation.calendars.America.actor_codes.0", put("escalation", "calendars", "America", "actor_codes", value=["USB"]), "USA"),
    "event_type": ("escalation.drivers.war.event_types.0", put("escalation", "drivers", "war", "event_types", value=["invasions"]), "invasion"),
    "measure": ("impact.monthly.import.measures.0.measure_id", put("impact", "monthly", "import", "measures", 0, "measure_id", value="jpn-2022-04-12-import-ban-38-item"), "jpn-2022-04-12-import-ban-38-items"),
    "goods": ("impact.monthly.import.goods.0", put("impact", "monthly", "import", "goods", 0, value="LNG"), "Lng"),
    "product": ("impact.products.0", put("impact", "products", 0, value="270901"), "270900"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_that_the_tables_do_not_have_is_one_line_with_the_nearest(kind: str, tmp_path: Path) -> None:
    place, change, nearest = NAMES[kind]
    good, bad = read("case", tmp_path, lambda _: None), read("case", tmp_path, change)
    known = {kind: [one.value for one in references(good) if one.kind == kind]}
    assert nearest in known[kind]
    check_names(good, known, file="a.yaml")
    what, where = KINDS[kind]
    with pytest.raises(ParameterError) as raised:
        check_names(bad, known, file="a.yaml")
    said = str(raised.value)
    assert said.startswith(f"a.yaml, {place}, value ")
    assert f"there is no such {what} in {where}." in said
    assert f"Did you mean '{nearest}'?" in said or kind == "goods"
    assert "\n" not in said


def test_every_kind_of_name_is_looked_up_somewhere() -> None:
    case, params = project.case("jpn-rus"), project.parameters()
    assert {one.kind for record in (case, params) for one in references(record)} == set(KINDS)
    check_names(case, {}, file="a.yaml")


def test_the_makers_of_other_tests_write_what_files_could() -> None:
    assert Params.model_validate(changed(CHOICES, {"level": 0.9})).level == 0.9
    assert case_of({"first_test_day": "2021-01-01"}).escalation.first_test_day.year == 2021


def keys_of(record: type[Options]) -> Iterator[str]:
    """Keys of a record and of all records inside it."""
    for name, field in record.model_fields.items():
        if not field.exclude:
            yield field.alias or name
            yield from (key for inner in _records(field.annotation) for key in keys_of(inner))


def _records(annotation: Any) -> list[type[Options]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, Options) else []
    return [found for one in get_args(annotation) for found in _records(one)]


def test_every_key_of_a_case_is_explained() -> None:
    text = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`([a-z_0-9]+)`", text))
    assert set(keys_of(Case)) - explained == set()
    assert (
        set(Params.model_fields) | set(Params.model_fields["escalation"].annotation.model_fields) <= explained
    )
