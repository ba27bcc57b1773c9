"""Other pairs of states through the whole pipeline: their pages are theirs, and say what cannot be estimated.

Three cases in one copy of the project: the United States and Russia by a list without dates, the project's own pair
the other way round, and Australia and China by sixty invented acts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import yaml
from copied_project import Project, acts_between
from places import ROOT
from retorsion.sources.formats.ofac import read_ofac
from retorsion.tables.lists import by_programme

#: Whole pipelines of pairs that are not shipped take minutes: `pytest -m slow tests/data` runs them.
pytestmark = [pytest.mark.data, pytest.mark.slow]

PROGRAMMES = ("RUSSIA-EO14024", "UKRAINE-EO13660", "UKRAINE-EO13661", "UKRAINE-EO13662", "UKRAINE-EO13685")
OLD, NEW = date(2021, 8, 18), date(2024, 5, 3)
#: Fewer draws: what the pages say of chance is not what is tested here.
QUICK = (
    ("n_draws: 999", "n_draws: 99"),
    ("n_bootstrap: 120", "n_bootstrap: 20"),
    ("n_refits: 4", "n_refits: 1"),
    ("n_draws: 40, n_shifts: 79", "n_draws: 4, n_shifts: 39"),
)
PAGES = {"01_sources_and_tables", "02_escalation", "03_trade_impact", "04_diversion", "acts", "evidence",
         "evidence/checks", "evidence/escalation", "evidence/escalation_replies", "evidence/impact"}  # fmt: skip
#: How the names of pages begin that list trading partners, among which any state may be.
WITH_PARTNERS = ("04_diversion", "evidence/impact")


def take_in(project: Project, old: Path, new: Path) -> dict[str, str]:
    """Add a list and its newer vintage; what the commands say."""
    chosen = [word for name in PROGRAMMES for word in ("--programme", name)]
    whose = ["--sender", "USA", "--instrument", "asset_freeze", "--target", "RUS"]
    whose += ["--producer", "Office of Foreign Assets Control"]
    return {
        "add": project.good(["add", "list", str(old), "--as", "us_sdn", *whose, *chosen, "--params"]),
        "look": project.good(["refresh", "us_sdn", "--from", str(new)]),
        "accept": project.good(["refresh", "us_sdn", "--accept"]),
    }


def steps(case: str) -> list[list[str]]:
    """Commands of one case, in the order of dvc.yaml."""
    return [[step, case] for step in ("checks", "escalation", "impact", "render", "site")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    if not (ROOT / "data" / "tables" / "trade_flows" / "baci_raw_materials.parquet").exists():
        pytest.skip("the tables are not built; run `make`")
    copied = Project(tmp_path_factory.mktemp("cases"))
    copied.edit("params.yaml", *QUICK)
    acts, replies = acts_between("AUS", "CHN", n=60, start=date(2020, 4, 20))
    copied.add_ledger("ledger_aus_chn", acts=acts, replies=replies)
    return copied


@pytest.fixture(scope="module")
def listed(project: Project, real_data: Callable[[str], Path]) -> dict[str, str]:
    """What the commands say that take in the list of the United States."""
    return take_in(project, *(real_data(f"ofac/sdn_{day}.csv") for day in (OLD, NEW)))


@pytest.fixture(scope="module")
def built(project: Project, request: pytest.FixtureRequest) -> Project:
    """The project with all its cases built; that of the list only where there is one."""
    pairs = {"rus-jpn": ("RUS", "JPN"), "aus-chn": ("AUS", "CHN")}
    if (Path(os.environ.get("RETORSION_REAL_DATA", ROOT / "../shared/real")) / "ofac").is_dir():
        request.getfixturevalue("listed")
        pairs = {"usa-rus": ("USA", "RUS"), **pairs}
    new = [["case", "new", name, "--pair", *pair] for name, pair in pairs.items()]
    shutil.copytree(
        ROOT / "data" / "findings", project.folder / "data" / "findings"
    )  # the comparison reads all
    project.good(["acts"], ["sources"], *new)
    project.edit("params.yaml", ("cases: [jpn-rus, ", "cases: ["))
    if "usa-rus" in pairs:  # the one model that no reporter enters takes longest
        path = project.folder / "data" / "cases" / "usa-rus.yaml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "gravity:" not in line), encoding="utf-8")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: project.good(*steps(name)), pairs))
    project.good(["comparison"], ["render"], ["site"])
    return project


@pytest.fixture
def of_list(listed: dict[str, str], built: Project) -> Project:
    """The project with the case of the list; skipped where the list is absent."""
    assert listed
    return built


@pytest.mark.parametrize(
    ("case", "others"),
    [
        ("usa-rus", r"Japan|JPN|\byen\b|China and|Australia and"),
        ("aus-chn", r"Japan|Russia|JPN|RUS|\byen\b|G7|Ukraine|Crimea|invasion|us_sdn"),
        ("rus-jpn", r"Australia and|America and|[Ii]nvented"),
    ],
)
def test_pages_of_a_case_speak_of_no_other_pair(
    case: str, others: str, built: Project, request: pytest.FixtureRequest
) -> None:
    if case == "usa-rus":
        request.getfixturevalue("listed")
    pages = built.pages(case)
    assert pages.keys() >= PAGES
    for name, words in pages.items():
        assert len(words) > (100 if name.startswith("evidence/") else 300), name
        assert not re.search(r"IndexError|Traceback|NaN|\bnan\b|\bNone\b(?! of)", words), name
        if case == "usa-rus" and name in {"acts", "evidence/escalation"}:
            continue  # what Russia did to many states names them
        if name == "acts":  # a side's dealings with other states are part of what may be behind its acts
            words = words.rpartition("Background events")[0]
        if not name.startswith(WITH_PARTNERS):
            found = [words[max(0, one.start() - 60) : one.end() + 60] for one in re.finditer(others, words)]
            assert found == [], name
    assert "Japan" not in built.page("aus-chn/acts")
    front = built.page("index")
    assert "Australia and China" in front
    assert "Japan and Russia" not in front


def test_what_a_new_pair_lacks_is_said_and_the_rest_is_its_own(built: Project) -> None:
    found = built.finding("aus-chn", "escalation")
    assert found["record"]["n_acts"] == 60
    assert found["replies"]["n_stated"] == 20
    assert found["replies"]["named"]["answer_rate"]["AUS"]["n_answered"] == 20
    assert "Australia and China" in found["coordination"]["not_estimable"]
    assert found["excitation"]["drivers"] == {}
    assert not [row for row in found["excitation"]["links"]["CHN->AUS"] if "driver" in row]
    trade = built.finding("aus-chn", "impact")
    assert "coalition against China" in trade["diversion"]["not_estimable"]
    assert "coalition against China" in trade["gravity"]["not_estimable"]
    assert "statistics of the reporter (Australia)" in trade["monthly"]["not_estimable"]
    flows = built.table("trade_flows/baci_raw_materials").filter(
        (pl.col("reporter_code") == "CHN") & (pl.col("partner_code") == "AUS")
    )
    value = {
        year: flows.filter(pl.col("period_start").dt.year() == year)["value_kusd"].sum()
        for year in (2019, 2024)
    }
    sums = next(one for one in trade["price_volume"]["sums"] if one["scope"] == "reporter")
    assert sums["change"] == pytest.approx(value[2024] - value[2019], rel=1e-4)
    words = built.page("aus-chn/02_escalation")
    assert "No calendar of outside events is allowed for" in words
    assert "With the driver" not in words
    assert "20 of" in words or "67%" in words


def test_a_pair_the_other_way_round_has_the_same_acts(built: Project) -> None:
    found = built.finding("rus-jpn", "escalation")
    own = yaml.safe_load((ROOT / "data/findings/jpn-rus/escalation/record.json").read_text(encoding="utf-8"))
    assert found["summary"]["pair"] == ["RUS", "JPN"]
    assert found["record"]["by_side"]["JPN"]["n_acts"] == own["by_side"]["JPN"]["n_acts"]
    assert "coalition against Japan" in built.finding("rus-jpn", "impact")["diversion"]["not_estimable"]
    acts = built.page("rus-jpn/acts")
    assert "Russia" in acts
    assert "invented" not in acts.lower()


def test_the_commands_say_what_they_took_in(listed: dict[str, str], project: Project) -> None:
    assert "Read as ofac_sdn" in listed["add"]
    assert "9,083 rows" in listed["add"]
    for words in ("14,965 rows", "designated     6,761", "removed          879"):
        assert words in listed["look"]
    assert "Pinned in data/raw/us_sdn/source.yaml" in listed["accept"]
    text = (project.folder / "data/raw/us_sdn/source.yaml").read_text(encoding="utf-8")
    sidecar = yaml.safe_load(text)
    assert str(sidecar["date_published"]) == str(NEW)
    assert sidecar["files"][0]["path"] == "sdn.csv"


def test_designations_have_first_observations_and_no_dates_of_their_own(
    of_list: Project, real_data: Callable[[str], Path]
) -> None:
    listed = of_list.table("sanctions").filter(pl.col("source_id") == "us_sdn")
    for column in ("announced_date", "effective_date", "revoked_date"):
        assert listed[column].null_count() == len(listed)
    assert set(listed["first_observed_date"]) == {OLD, NEW}
    old, new = (
        by_programme(read_ofac(real_data(f"ofac/sdn_{day}.csv"), source_id="us_sdn").accepted)
        .filter(pl.col("programme").is_in(PROGRAMMES))
        .select("list_number", "programme")
        for day in (OLD, NEW)
    )
    key = ["list_number", "programme"]
    assert len(listed) == len(pl.concat([old, new]).unique())
    assert len(listed.filter(pl.col("absent_by_date") == NEW)) == len(old.join(new, on=key, how="anti"))
    record = pl.read_csv(of_list.folder / "data/raw/us_sdn/observed.csv", infer_schema=False)
    gone = record.filter(pl.col("absent_by_date").is_not_null())
    assert gone["list_number"].n_unique() >= 879
    assert gone["subject_name"].null_count() == 0
    news = listed.filter(pl.col("date_precision") == "observed")
    assert len(news) == len(new.join(old, on=key, how="anti"))
    assert set(news["first_observed_date"]) == {NEW}
    # the record of 308 vintages between the two counts rows added; those that went again are not in either
    per_day = pl.read_csv(real_data("ofac/us_russia_designations_per_day.csv"))
    assert 0.9 * per_day["new_sdn_rows"].sum() <= len(news) <= 1.05 * per_day["new_sdn_rows"].sum()


def test_no_act_is_dated_by_a_vintage(of_list: Project) -> None:
    acts = of_list.table("acts").filter(pl.col("source_id") == "us_sdn")
    assert acts.select("act_date", "date_precision", "addressee_code").rows() == [(NEW, "observed", "RUS")]
    news = of_list.table("sanctions").filter(pl.col("date_precision") == "observed")
    assert acts["n_subjects"].sum() == len(news)
    found = of_list.finding("usa-rus", "escalation")
    assert found["record"]["by_side"]["USA"]["n_acts"] == 0
    assert found["summary"]["undated"]["n_subjects"] == len(news)
    assert not [one for one in found["summary"]["headlines"] if "USA" in one["finding"]]
    assert "first seen in the vintage of 2024-05-03" in of_list.page("usa-rus/02_escalation")
    assert "the first vintage is no news" in of_list.page("usa-rus/01_sources_and_tables")
    assert "by 2024-05-03" in of_list.page("usa-rus/acts")
    assert "Office of Foreign Assets Control" in of_list.page("sources")


def test_trade_findings_of_the_list_s_pair_are_its_own(of_list: Project) -> None:
    found = of_list.finding("usa-rus", "impact")
    assert "names no measure on exports or on imports" in found["monthly"]["not_estimable"]
    assert "not_estimable" in found["mirror"]
    assert found["diversion"]["totals"][0]["offset_share"] is not None
    made_up = found["diversion"]["offset_range"]
    assert made_up["lower"] <= made_up["estimate"] <= made_up["upper"]
    assert "not_estimable" in found["gravity"]
    for name in ("monthly_series", "area_goods_path", "area_goods_split", "mirror"):
        rows = (of_list.folder / f"data/findings/usa-rus/impact/{name}.csv").read_text(encoding="utf-8")
        assert rows.startswith("not_estimable\n")


def test_a_case_of_one_direction_without_goods_says_so(tmp_path: Path) -> None:
    copied = Project(tmp_path)
    if not (tmp_path / "data/tables/trade_flows/japan_area_goods.parquet").exists():
        pytest.skip("the tables are not built; run `make`")
    copied.edit(
        "params.yaml",
        ("synthetic: {seed: 20220318, n_placebo_dates: 6}", "synthetic: {seed: 1, n_placebo_dates: 2}"),
    )
    path = tmp_path / "data" / "cases" / "jpn-rus.yaml"
    asked = yaml.safe_load(path.read_text(encoding="utf-8"))
    kept = ("reporter", "target", "pairwise", "monthly")
    asked["impact"] = {key: asked["impact"][key] for key in kept}
    del asked["impact"]["monthly"]["export"], asked["impact"]["monthly"]["import"]["goods"]
    path.write_text(yaml.safe_dump(asked), encoding="utf-8")
    shutil.copytree(ROOT / "data" / "findings", tmp_path / "data" / "findings")
    copied.good(["impact"], ["render", "jpn-rus", "--notebook", "03_trade_impact"])
    words = copied.page("jpn-rus/03_trade_impact")
    assert re.search(r"imports from Russia are \d\d% below where trade with other partners suggests", words)
    assert "The case names no measure on exports." in words
    assert "No trade of the reporter (Japan) by area and group of goods is recorded." in words


@pytest.mark.slow
@pytest.mark.real
def test_dvc_repro_rebuilds_everything_for_a_new_pair(
    tmp_path: Path, real_data: Callable[[str], Path]
) -> None:
    copied = Project(tmp_path, linked=False)
    take_in(copied, *(real_data(f"ofac/sdn_{day}.csv") for day in (OLD, NEW)))
    copied.good(["acts"], ["case", "new", "usa-rus", "--pair", "USA", "RUS"])
    bin_ = Path(sys.executable).parent
    env = os.environ | {
        "PYTHONPATH": str(tmp_path / "analysis"),
        "RETORSION_HOME": str(tmp_path),
        "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
    }
    for command in (["init", "--no-scm"], ["repro"]):
        run = subprocess.run(
            [str(bin_ / "dvc"), *command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    found = copied.finding("usa-rus", "impact")
    assert found["gravity"]["average"]["plain"]["n_obs"] > 1000
    assert "not_estimable" in found["monthly"]
    assert "America" in copied.page("usa-rus/03_trade_impact")
    assert (tmp_path / "reports" / "guide.html").is_file()
