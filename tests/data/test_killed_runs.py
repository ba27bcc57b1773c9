"""Commands and pipelines that are killed or interrupted anywhere: the next run ends as if nothing had happened.

`RETORSION_KILLS=50 pytest -m slow tests/data/test_killed_runs.py` tries 50 moments of each; without it, three.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from copied_project import Project
from places import FIXTURES, ROOT
from retorsion.steps.doctor import pipeline_lock, running_stages

pytestmark = [pytest.mark.data, pytest.mark.slow]

N_KILLS = int(os.environ.get("RETORSION_KILLS", "3"))
BIN = Path(sys.executable).parent
CASE = "chn-jpn"
#: What a run of each command is, in a copy that has one case.
COMMANDS = {
    "fetch": ["fetch", "ecb_reference_rates"],
    "acts": ["acts"],
    "flows": ["flows"],
    "tariffs": ["tariffs"],
    "rates": ["rates"],
    "sources": ["sources"],
    "checks": ["checks", CASE],
    "escalation": ["escalation", CASE],
    "impact": ["impact", CASE],
    "comparison": ["comparison"],
    "render": ["render", CASE],
    "site": ["site"],
    "pages": ["site", CASE],
    "pin": ["pin", "act_types"],
    "add": ["add", "list", str(FIXTURES / "lists" / "ofac_sdn_enhanced.xml"), "--as", "us_dated", "--sender", "USA",
            "--instrument", "asset_freeze", "--target", "RUS", "--date", "2024-02-24", "--programme", "RUSSIA-EO14024",
            "--params"],
    "case": ["case", "new", "jpn-chn", "--pair", "JPN", "CHN"],
}  # fmt: skip
#: Commands that change what Git has: what they did is taken back before each run.
EDITORS = {"pin", "add", "case"}
#: Folders and files that are compared; DVC's own and the lock between commands are not.
COMPARED = ("data", "reports", "params.yaml", "dvc.lock")
_LEFT = re.compile(r"(^|/)\.([^/]+\.(new|old)|adding|writing\.lock)(/|$)")


class Copy(Project):
    """A small project in Git: one case, few draws, whose stages have all run."""

    env: dict[str, str]

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str) -> tuple[float, str]:
        """Seconds that a command takes, and what it says; it must succeed."""
        began = time.monotonic()
        process = self.start(*command)
        said = "".join(process.communicate())
        assert process.returncode == 0, said[-3000:]
        return time.monotonic() - began, said

    def contents(self) -> dict[str, str]:
        """Hash of every file that is compared; what a killed run left beside a place is ignored by Git too."""
        found = {}
        for top in COMPARED:
            place = self.folder / top
            for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
                name = path.relative_to(self.folder).as_posix()
                if path.is_file() and not _LEFT.search(name):
                    found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def take_back(self) -> None:
        for command in (["checkout", "--quiet", "."], ["clean", "-fdq"]):
            subprocess.run(["git", *command], cwd=self.folder, check=True)

    def strays(self) -> list[str]:
        """Processes of this copy that still run."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("RETORSION_HOME") == str(self.folder):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return [command for command in found if command]


def small(folder: Path) -> Copy:
    copied = Copy(folder, linked=False)
    copied.edit("params.yaml", ("n_draws: 999", "n_draws: 99"), ("n_bootstrap: 120", "n_bootstrap: 20"),
                ("cases: [jpn-rus, usa-chn, chn-jpn]", f"cases: [{CASE}]"))  # fmt: skip
    path = folder / "data" / "cases" / f"{CASE}.yaml"
    asked = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked["impact"] = {key: asked["impact"][key] for key in ("reporter", "target")}
    asked["escalation"]["variants"] = dict([*asked["escalation"]["variants"].items()][:1])
    for other in (folder / "data" / "cases").glob("*.yaml"):
        other.unlink()
    path.write_text(yaml.safe_dump(asked, sort_keys=False), encoding="utf-8")
    copied.env = os.environ | {
        "PYTHONPATH": str(folder / "analysis"),
        "RETORSION_HOME": str(folder),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    return copied


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    if not (ROOT / "data" / "tables" / "acts.parquet").exists():
        pytest.skip("the tables are not built; run `make`")
    found = small(tmp_path_factory.mktemp("killed") / "project")
    found.run("git", "init", "--quiet")
    found.run("dvc", "init", "--quiet")
    found.run("dvc", "repro", "--quiet")
    for who in ("user.name", "user.email"):
        found.run("git", "config", who, "nobody@example.org")
    found.run("git", "add", "--all")
    found.run("git", "commit", "--quiet", "--message", "All stages have run")
    yield found
    assert found.strays() == []


def moments(seconds: float, seed: str) -> list[float]:
    """Times at which a run of some length is stopped, always the same ones."""
    draw = random.Random(seed)
    return [draw.uniform(0, seconds) for _ in range(N_KILLS)]


def stop(process: subprocess.Popen[str], after: float, how: signal.Signals) -> tuple[int, str]:
    """Send a signal after some seconds; the exit code and what the process said on stderr."""
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    said = process.communicate()[1]
    return process.returncode, said


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_is_made_good_by_the_next_run(name: str, copied: Copy) -> None:
    command = (str(BIN / "retorsion"), *COMMANDS[name])
    copied.take_back()
    seconds, _ = copied.run(*command)
    right = copied.contents()
    assert (name in EDITORS) or not subprocess.check_output(
        ["git", "status", "--porcelain"], cwd=copied.folder, text=True
    ), f"{name} gives another result the second time"
    n_killed = 0
    for after in moments(seconds, name):
        if name in EDITORS:
            copied.take_back()
        code, _ = stop(copied.start(*command), after, signal.SIGKILL)
        n_killed += code == -signal.SIGKILL
        again = copied.start(*command)
        said = "".join(again.communicate())
        # a case or a source that the killed command had written to the end is not written twice
        assert again.returncode == 0 or (name in EDITORS and "already" in said), (after, said)
        assert copied.contents() == right, f"killed after {after:.3f} of {seconds:.3f} s"
    assert n_killed >= N_KILLS // 3
    copied.take_back()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["interrupted", "terminated"])
@pytest.mark.parametrize("name", ["acts", "escalation", "impact", "render", "site"])
def test_a_stopped_command_says_so_in_one_line(name: str, how: signal.Signals, copied: Copy) -> None:
    command = (str(BIN / "retorsion"), *COMMANDS[name])
    copied.take_back()
    seconds, _ = copied.run(*command)
    right = copied.contents()
    for after in moments(seconds, f"{name}{how}"):
        code, said = stop(copied.start(*command), after + 0.1, how)
        if code != 0:
            lines = [line for line in said.splitlines() if not line.startswith(("ran ", "quarantined: "))]
            assert (code, lines) in (
                (130, ["Interrupted."]),
                (143, ["Stopped by another process."]),
                (-how, []),  # before the first line of the project's own code
            ), (after, said)
        time.sleep(0.5)
        assert copied.strays() == []
        copied.run(*command)
        assert copied.contents() == right


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_a_killed_pipeline_is_made_good_by_the_next_run(how: signal.Signals, copied: Copy) -> None:
    copied.take_back()
    seconds, _ = copied.run("dvc", "repro", "--quiet", "--force")
    right = copied.contents()
    for after in moments(seconds, f"pipeline{how}"):
        stop(copied.start("dvc", "repro", "--force"), after, how)
        if any(running_stages(copied.folder)):  # as `make` does
            (copied.folder / ".dvc" / "tmp" / "rwlock").unlink()
        if any(pipeline_lock(copied.folder)):
            subprocess.run(["git", "checkout", "--quiet", "dvc.lock"], cwd=copied.folder, check=True)
        copied.run("dvc", "repro")
        assert copied.contents() == right, f"stopped after {after:.2f} of {seconds:.2f} s"
        changed = subprocess.check_output(["git", "status", "--porcelain"], cwd=copied.folder, text=True)
        assert changed == "", f"stopped after {after:.2f} of {seconds:.2f} s"
