"""Cases at the command line: what a new one is refused for, and that a wrong name stops every step."""

# ruff: noqa: E501 - one slip a line

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from places import ROOT
from retorsion import cli, project

pytestmark = pytest.mark.data

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line on the project's tables, with parameters, cases and findings in a folder of their own."""
    if not (project.TABLES / "acts.parquet").exists():
        pytest.skip("no table is built; run `make`")
    for name in ("cases", "findings"):
        shutil.copytree(ROOT / "data" / name, tmp_path / name)
        monkeypatch.setattr(project, name.upper(), tmp_path / name)
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(project, "PARAMS", tmp_path / "params.yaml")

    def command(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["retorsion", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.err.strip() if code else said.out

    return command


def contents(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".writing.lock"
    }


#: Steps, the text of the project's case that is changed, and what is said.
WRONG = {
    "a total": ("checks", "jpn-2022-03-18-tally", "jpn-2022-03-18-tall", "checks, as_of.0.total_id", "there is no such published total in the table published_totals"),
    "a programme": ("checks", '"mof_asset_freeze:28"', '"mof_asset_freeze:2 8"', "checks, as_of.0.programmes.0", "there is no such programme in the table sanctions"),
    "a currency of figures": ("checks", "partner: RUS, currency: JPY", "partner: RUS, currency: JPX", "checks, figures.currency", "there is no such currency in the table exchange_rates"),
    "a list": ("checks", "counts: {list: mof_asset_freeze}", "counts: {list: mof_asset_freez}", "checks.counts.list", "there is no such source in data/raw"),
    "an act": ("escalation", "{id: jpn-2022-04-08-expulsion-eight, label", "{id: jpn-2022-04-08-expulsion-nine, label", "escalation, marks.1.id", "there is no such act or event in the tables acts and context_events"),
    "a type of event": ("escalation", "break_event_types: [invasion]", "break_event_types: [invasions]", "escalation, break_event_types.0", "there is no such type of event in data/raw/act_types/act_types.csv"),
    "a type of act as an event": ("escalation", "break_event_types: [invasion]", "break_event_types: [protest]", "escalation, break_event_types.0", "there is no such type of event"),
    "a type of event of the calendar": ("escalation", "war: {shape: step, event_types: [invasion]", "war: {shape: step, event_types: [invasions]", "escalation, drivers.war.event_types.0", "there is no such type of event"),
    "a measure": ("impact", "measure_id: jpn-2022-04-12-import-ban-38-items", "measure_id: jpn-2022-04-12-import-ban-38-item", "impact, monthly.import.marks.0.measure_id", "there is no such measure in the table trade_measures"),
    "a mark on the axis of years": ("impact", "jpn-2022-07-05-import-ban-gold", "jpn-2022-07-05-import-ban-golds", "impact, diversion.marks.1.measure_id", "there is no such measure"),
    "goods": ("impact", "goods: [Lng,", "goods: [LNG,", "impact, monthly.import.goods.0", "there is no such group of goods in goods.csv beside the monthly statistics"),
    "goods of the mirror": ("impact", "LNG: Lng", "LNG: Lngs", "impact, mirror.goods.LNG", "there is no such group of goods"),
    "a product": ("impact", 'products: ["270900", "271121"', 'products: ["270901", "271121"', "impact, products.0", "there is no such product in the trade of all pairs"),
    "a product that is replaced": ("impact", '{name: Aluminium, hs6: ["760110"]', '{name: Aluminium, hs6: ["760111"]', "impact, replacement.3.hs6.0", "there is no such product"),
    "a hub": ("impact", "hubs: [ARM, BLR", "hubs: [ARM, BLZ", "impact, rerouting.hubs.1", "there is no such partner in the source of rerouting"),
    "a currency of the statistics": ("impact", "foreign_currency: USD", "foreign_currency: USX", "impact, monthly.foreign_currency", "there is no such currency"),
}  # fmt: skip


@pytest.mark.parametrize("slip", WRONG)
def test_a_wrong_name_stops_the_step_and_leaves_the_findings(slip: str, run: Run, tmp_path: Path) -> None:
    step, right, wrong, place, problem = WRONG[slip]
    path = tmp_path / "cases" / "jpn-rus.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    before = contents(tmp_path / "findings")
    code, said = run(step, "jpn-rus")
    assert code == 1
    assert said.startswith(f"error: data/cases/jpn-rus.yaml, {place}, value ")
    assert problem in said
    assert "\n" not in said
    assert contents(tmp_path / "findings") == before


def test_a_coalition_against_another_state_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases" / "jpn-rus.yaml"
    asked = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked["pair"] = ["RUS", "JPN"]
    asked["impact"] |= {"reporter": "RUS", "target": "JPN"}
    path.write_text(yaml.safe_dump(asked), encoding="utf-8")
    before = contents(tmp_path / "findings")
    assert run("impact", "jpn-rus") == (
        1,
        "error: impact.coalition, value 'coalition': is a coalition against RUS, not against JPN. Leave it out, or "
        "name one against JPN",
    )
    assert contents(tmp_path / "findings") == before


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["aus-chn", "--pair", "AUS", "CHNA"], "--pair: 'CHNA' is not a known state. Did you mean 'CHN'?"),
        (["aus-chn", "--pair", "AUS", "AUS"], "--pair: names AUS twice. Name two states"),
        (["AUS_CHN", "--pair", "AUS", "CHN"], "'AUS_CHN' is no name of a case"),
        (["../aus", "--pair", "AUS", "CHN"], "'../aus' is no name of a case"),
        (["jpn-rus", "--pair", "JPN", "RUS"], "data/cases/jpn-rus.yaml is there already"),
        (["folder", "--pair", "AUS", "CHN"], "data/cases/folder.yaml is there already"),
        (["tuv-nru", "--pair", "TUV", "VAT"], "the tables have no act and no trade between Tuvalu and"),
    ],
)  # fmt: skip
def test_a_new_case_that_cannot_be_written_leaves_nothing(
    words: list[str], problem: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "cases" / "folder.yaml").mkdir()
    before = contents(tmp_path)
    code, said = run("case", "new", *words)
    assert code == 1
    assert problem in said
    assert "\n" not in said
    assert contents(tmp_path) == before


def test_a_case_file_that_is_a_folder_is_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases" / "jpn-rus.yaml"
    path.unlink()
    path.mkdir()
    for step in ("checks", "escalation", "impact", "render", "site"):
        code, said = run(step, "jpn-rus")
        assert (code, said) == (
            1,
            "error: jpn-rus.yaml: is a folder where a file is expected. Move it away",
        )


def test_a_new_case_is_whole_and_says_what_is_missing(run: Run, tmp_path: Path) -> None:
    code, said = run("case", "new", "chl-zaf", "--pair", "CHL", "ZAF", "--title", "Chile: and 'South' Africa")
    assert code == 0, said
    assert "data/cases/chl-zaf.yaml" in said
    assert project.parameters().cases == ("jpn-rus", "usa-chn", "chn-jpn", "chl-zaf")
    asked = project.case("chl-zaf")
    assert (asked.title, asked.pair) == ("Chile: and 'South' Africa", ("CHL", "ZAF"))
    assert asked.escalation.with_driver == asked.escalation.without_driver
    assert (asked.impact.monthly, asked.impact.coalition, asked.impact.gravity) == (None, None, None)
    assert len(asked.impact.products) == 9
    text = (tmp_path / "cases" / "chl-zaf.yaml").read_text(encoding="utf-8")
    for why in (
        "no members of a coalition against ZAF are recorded",
        "no steps of a group of states are recorded",
        "no trade measures of the reporter are recorded",
    ):
        assert why in text
    code, said = run("escalation", "chl-zaf")
    assert code == 0, said
    found = project.finding("escalation", "chl-zaf")
    assert found["record"]["not_estimable"].startswith("No act between Chile and South Africa is recorded")
    assert found["headlines"] == []
