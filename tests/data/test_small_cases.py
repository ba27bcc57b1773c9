"""Two further pairs out of public files that a user brings: a list with days of its own, and one office's trade.

The United States and Russia by OFAC's enhanced list (dated listings, of one side alone), and Armenia and Russia by
Armenia's trade in cars from UN Comtrade, with no act at all. Both become cases by commands alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml
from copied_project import Project
from places import FIXTURES, ROOT

#: Whole pipelines of pairs that are not shipped take minutes: `pytest -m slow tests/data` runs them.
pytestmark = [pytest.mark.data, pytest.mark.slow]

PAIRS = {"usa-rus": ("USA", "RUS"), "arm-rus": ("ARM", "RUS")}
STEPS = ("checks", "escalation", "impact", "render", "site")
#: Fewer draws: what the pages say of chance is not what is tested here.
QUICK = (("n_draws: 999", "n_draws: 99"), ("n_bootstrap: 120", "n_bootstrap: 20"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]) -> Project:
    if not (ROOT / "data" / "tables" / "trade_flows" / "baci_raw_materials.parquet").exists():
        pytest.skip("the tables are not built; run `make`")
    copied = Project(tmp_path_factory.mktemp("small"))
    copied.edit("params.yaml", *QUICK)
    listed = ["add", "list", str(FIXTURES / "lists" / "ofac_sdn_enhanced.xml"), "--as", "us_dated"]
    listed += ["--sender", "USA", "--instrument", "asset_freeze", "--target", "RUS", "--date", "2024-02-24"]
    listed += ["--producer", "Office of Foreign Assets Control", "--params"]
    listed += ["--programme", "RUSSIA-EO14024", "--programme", "UKRAINE-EO13661"]
    trade = ["add", "flows", str(real_data("comtrade/vehicle_trade_armenia.csv.gz")), "--as", "armenia_cars"]
    copied.good(listed, [*trade, "--params"], ["acts"], ["flows", "armenia_cars"], ["sources"])
    copied.good(*(["case", "new", name, "--pair", *pair] for name, pair in PAIRS.items()))
    for name in PAIRS:  # where the goods of the target went takes longest, and is tested elsewhere
        path = copied.folder / "data" / "cases" / f"{name}.yaml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not re.match(r"  (gravity|diversion|price_volume):", line)]
        path.write_text("".join(kept), encoding="utf-8")
    copied.good(*([step, name] for name in PAIRS for step in STEPS))
    return copied


def test_a_dated_list_gives_acts_on_their_days(project: Project) -> None:
    acts = project.table("acts").filter(pl.col("source_id") == "us_dated").sort("act_date")
    assert [str(day) for day in acts["act_date"]] == ["2014-03-20", "2022-02-24"]
    assert set(acts["date_precision"]) == {"day"}
    record = project.finding("usa-rus", "escalation")["record"]
    assert record["by_side"]["USA"]["n_acts"] == 2
    # what Russia did to many states is an act towards each of them, in whichever ledger it is recorded
    theirs = project.table("acts").filter((pl.col("actor_code") == "RUS") & (pl.col("target_code") == "USA"))
    assert set(theirs["aim_type"]) == {"many"}
    assert record["by_side"]["RUS"]["n_acts"] == len(theirs)


def test_a_record_of_one_side_is_too_thin_and_says_so(project: Project) -> None:
    found = project.finding("usa-rus", "escalation")
    assert "not_estimable" in found["excitation"]
    words = project.page("usa-rus/02_escalation")
    assert "Russia" in words
    assert not re.search(r"IndexError|Traceback|NaN|\bnan\b", words)


def asked_for_nothing(project: Project, name: str) -> str:
    """Why nothing is said of the monthly trade of a case."""
    words = project.finding(name, "impact")["monthly"]["not_estimable"]
    return words + (project.folder / "data" / "cases" / f"{name}.yaml").read_text(encoding="utf-8")


def test_a_case_whose_months_meet_no_measure_says_so(project: Project) -> None:
    assert "names no measure on exports or on imports" in asked_for_nothing(project, "usa-rus")


def test_a_pair_without_acts_has_its_trade_and_no_answer(project: Project) -> None:
    found = project.finding("arm-rus", "escalation")
    assert "not_estimable" in found["record"]
    cars = project.table("trade_flows/armenia_cars")
    assert set(cars["reporter_code"]) == {"ARM"}
    assert len(cars.filter(pl.col("partner_code") == "RUS")) > 0
    asked = yaml.safe_load((project.folder / "data/cases/arm-rus.yaml").read_text(encoding="utf-8"))
    assert asked["impact"]["reporter"] == "ARM"
    assert "trade measures" in asked_for_nothing(project, "arm-rus")


@pytest.mark.parametrize(
    ("name", "others"), [("usa-rus", r"Japan|China and|Armenia"), ("arm-rus", r"Japan|America|China and")]
)
def test_its_pages_are_its_own(name: str, others: str, project: Project) -> None:
    for page in (
        ("02_escalation", "acts") if name == "arm-rus" else ("02_escalation",)
    ):  # acts at many name them
        words = project.page(f"{name}/{page}").partition("Background events")[0]
        found = [words[max(0, one.start() - 60) : one.end() + 60] for one in re.finditer(others, words)]
        assert found == [], page
