"""Another pair of states, as the guide says: the United States on Russia, by sources and parameters only."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
import yaml
from places import ROOT
from retorsion.sources.formats.ofac import read_ofac
from retorsion.tables.lists import by_programme

pytestmark = [pytest.mark.data, pytest.mark.real]

NOTEBOOKS = ("00_start", "01_sources_and_tables", "02_escalation", "03_trade_impact", "04_diversion")
PROGRAMMES = ("RUSSIA-EO14024", "UKRAINE-EO13660", "UKRAINE-EO13661", "UKRAINE-EO13662", "UKRAINE-EO13685")
OLD, NEW = date(2021, 8, 18), date(2024, 5, 3)


class Project:
    """A copy of the project; what is large and stays as it is is linked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("analysis", "notebooks"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copyfile(ROOT / name, folder / name)
        (folder / "data" / "tables" / "trade_flows").mkdir(parents=True)
        (folder / "reports").mkdir()
        shutil.copytree(
            ROOT / "data" / "raw", folder / "data" / "raw", ignore=shutil.ignore_patterns("files", "vintages")
        )
        shutil.copytree(ROOT / "data" / "catalogue", folder / "data" / "catalogue")
        shutil.copytree(ROOT / "data" / "summaries", folder / "data" / "summaries")
        shutil.copytree(ROOT / "data" / "tables" / "quarantine", folder / "data" / "tables" / "quarantine")
        for files in (ROOT / "data" / "raw").glob("*/files"):
            (folder / files.relative_to(ROOT)).symlink_to(files)
        tables = (ROOT / "data" / "tables").glob("trade_flows/*.parquet")
        for path in (*tables, ROOT / "data" / "tables" / "exchange_rates.parquet"):
            (folder / path.relative_to(ROOT)).symlink_to(path)

    def run(self, *command: str) -> str:
        """What a command of the project says; it must succeed."""
        env = os.environ | {"PYTHONPATH": str(self.folder), "COLUMNS": "160", "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(
            [sys.executable, "-m", "retorsion", *command],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{command}: {run.stdout[-2000:]}{run.stderr[-4000:]}"
        return run.stdout

    def parameters(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Edit params.yaml."""
        path = self.folder / "params.yaml"
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(loaded)
        path.write_text(yaml.safe_dump(loaded, sort_keys=False), encoding="utf-8")

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "data" / "tables" / f"{name}.parquet")

    def finding(self, name: str) -> Any:
        return json.loads((self.folder / "data" / "findings" / f"{name}.json").read_text(encoding="utf-8"))

    def page(self, name: str) -> str:
        """Words of a page, without its folded code."""
        html = (self.folder / "reports" / f"{name}.html").read_text(encoding="utf-8")
        html = re.sub(r"(?s)<(script|style|svg|pre|details).*?</\1>", "", html)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def the_pair(loaded: dict[str, Any]) -> None:
    """What the guide says to change."""
    loaded["pair"] = {"a": "USA", "b": "RUS"}
    loaded["checks"] = {}
    impact = loaded["impact"]
    impact["reporter"] = "USA"
    for part in ("monthly", "export_goods", "import_goods", "mirror"):  # nothing recorded
        del impact[part]


def without_gravity(loaded: dict[str, Any]) -> None:
    """Leave out the one model that no reporter enters, to save time."""
    del loaded["impact"]["gravity"]


def take_in(project: Project, old: Path, new: Path) -> dict[str, str]:
    """Add a list and its newer vintage; what the commands say."""
    chosen = [word for name in PROGRAMMES for word in ("--programme", name)]
    return {
        "add": project.run(
            "add", str(old), "--as", "us_sdn", "--sender", "USA", "--target", "RUS", *chosen, "--params"
        ),
        "look": project.run("refresh", "us_sdn", "--from", str(new)),
        "accept": project.run("refresh", "us_sdn", "--accept"),
    }


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]
) -> tuple[Project, dict[str, str]]:
    old, new = (real_data(f"ofac/sdn_{day}.csv") for day in (OLD, NEW))
    project = Project(tmp_path_factory.mktemp("pair"))
    said = take_in(project, old, new)
    project.parameters(the_pair)
    project.parameters(without_gravity)
    project.run("build", "record")
    project.run("build", "sources")
    project.run("find", "checks")
    project.run("find", "escalation")
    project.run("find", "impact")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: project.run("render", name), NOTEBOOKS))
    project.run("site")
    return project, said


def test_the_commands_say_what_they_took_in(built: tuple[Project, dict[str, str]]) -> None:
    project, said = built
    assert "Read as ofac_sdn" in said["add"]
    assert "9,083 rows" in said["add"]
    for words in ("14,965 rows", "designated     6,761", "removed          879"):
        assert words in said["look"]
    assert "Pinned in data/raw/us_sdn/source.yaml" in said["accept"]
    sidecar = yaml.safe_load((project.folder / "data/raw/us_sdn/source.yaml").read_text(encoding="utf-8"))
    assert str(sidecar["date_published"]) == str(NEW)
    assert sidecar["files"][0]["path"] == "sdn.csv"


def test_designations_have_first_observations_and_no_dates_of_their_own(
    built: tuple[Project, dict[str, str]], real_data: Callable[[str], Path]
) -> None:
    project, _ = built
    listed = project.table("sanctions").filter(pl.col("source_id") == "us_sdn")
    assert listed["announced_date"].null_count() == len(listed)
    assert listed["effective_date"].null_count() == len(listed)
    assert listed["revoked_date"].null_count() == len(listed)
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
    record = pl.read_csv(project.folder / "data/raw/us_sdn/observed.csv", infer_schema=False)
    gone = record.filter(pl.col("absent_by_date").is_not_null())
    assert gone["list_number"].n_unique() >= 879
    assert gone["subject_name"].null_count() == 0
    news = listed.filter(pl.col("date_precision") == "observed")
    assert len(news) == len(new.join(old, on=key, how="anti"))
    assert set(news["first_observed_date"]) == {NEW}
    # the record of 308 vintages between the two counts rows added; those that went again are not in either
    per_day = pl.read_csv(real_data("ofac/us_russia_designations_per_day.csv"))
    assert 0.9 * per_day["new_sdn_rows"].sum() <= len(news) <= 1.05 * per_day["new_sdn_rows"].sum()


def test_no_act_is_dated_by_a_vintage(built: tuple[Project, dict[str, str]]) -> None:
    project, _ = built
    acts = project.table("acts").filter(pl.col("actor_code") == "USA")
    assert acts.select("act_date", "date_precision", "addressee_code").rows() == [(NEW, "observed", "RUS")]
    news = project.table("sanctions").filter(pl.col("date_precision") == "observed")
    assert acts["n_subjects"].sum() == len(news)
    found = project.finding("escalation")
    assert "with a date" in found["record"]["not_estimable"]
    assert found["undated"]["n_subjects"] == len(news)
    assert found["headlines"] == []


def test_trade_findings_are_the_new_pairs_or_say_why_there_are_none(
    built: tuple[Project, dict[str, str]],
) -> None:
    project, _ = built
    found = project.finding("impact")
    assert (
        "No monthly statistics of the reporter (United States) are recorded"
        in found["monthly"]["not_estimable"]
    )
    assert "not_estimable" in found["mirror"]
    flows = project.table("trade_flows/baci_raw_materials").filter(
        (pl.col("reporter_code") == "RUS") & (pl.col("partner_code") == "USA")
    )
    sums = next(one for one in found["price_volume"]["sums"] if one["scope"] == "reporter")
    by_year = {
        year: flows.filter(pl.col("period_start").dt.year() == year)["value_kusd"].sum()
        for year in (2021, 2022)
    }
    assert sums["change"] == pytest.approx(by_year[2022] - by_year[2021], rel=1e-4)
    assert found["diversion"]["totals"][0]["offset_share"] is not None
    made_up = found["diversion"]["offset_range"]
    assert made_up["lower"] < made_up["estimate"] < made_up["upper"]
    assert "leave this out" in found["gravity"]["not_estimable"]
    for name in ("monthly_series", "goods_path", "import_goods", "mirror"):
        rows = (project.folder / "data/findings" / f"impact_{name}.csv").read_text(encoding="utf-8")
        assert rows.startswith("not_estimable\n")


def test_the_same_pages_come_out_and_speak_of_the_new_pair(built: tuple[Project, dict[str, str]]) -> None:
    project, _ = built
    for name in (*NOTEBOOKS, "index", "acts", "tables", "dictionary", "sources", "methods", "guide"):
        assert (project.folder / "reports" / f"{name}.html").stat().st_size > 5_000, name
    assert "United States" in project.page("02_escalation")
    assert "first seen in the vintage of 2024-05-03" in project.page("02_escalation")
    assert "No monthly statistics of the reporter (United States)" in project.page("03_trade_impact")
    assert "the first vintage is no news" in project.page("01_sources_and_tables")
    assert "by 2024-05-03" in project.page("acts")
    for name in ("02_escalation", "03_trade_impact", "04_diversion"):
        assert "Japan" not in project.page(name), name
        assert " yen" not in project.page(name), name
    assert "Office of Foreign Assets Control" in project.page("sources")


def test_the_front_picture_says_why_there_is_none(built: tuple[Project, dict[str, str]]) -> None:
    project, _ = built
    picture = ElementTree.parse(project.folder / "reports/figures/front.svg").getroot()
    words = " ".join(" ".join(picture.itertext()).split())
    reason = picture.findtext("{http://www.w3.org/2000/svg}desc")
    assert reason is not None
    assert reason.startswith("No act is recorded from")
    assert f"No figure. {reason}" in words
    assert f"No figure. {reason}" in project.page("index")


@pytest.mark.slow
def test_dvc_repro_rebuilds_everything_for_the_new_pair(
    tmp_path: Path, real_data: Callable[[str], Path]
) -> None:
    project = Project(tmp_path)
    shutil.rmtree(tmp_path / "data" / "tables")
    for link in (tmp_path / "data" / "raw").glob("*/files"):  # a pipeline owns its outputs
        origin = link.resolve()
        link.unlink()
        shutil.copytree(origin, link)
    for name in (".dvcignore", ".gitignore"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    take_in(project, *(real_data(f"ofac/sdn_{day}.csv") for day in (OLD, NEW)))
    project.parameters(the_pair)
    bin_ = Path(sys.executable).parent
    env = os.environ | {"PYTHONPATH": str(tmp_path), "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"}
    for command in (["init", "--no-scm"], ["repro"]):
        run = subprocess.run(
            [str(bin_ / "dvc"), *command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    found = project.finding("impact")
    assert found["gravity"]["average"]["plain"]["n_obs"] > 1000
    assert "not_estimable" in found["monthly"]
    assert "United States" in project.page("03_trade_impact")
    assert (tmp_path / "reports" / "guide.html").is_file()
