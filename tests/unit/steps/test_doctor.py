"""``retorsion doctor``: each kind of damage is named, with what to do."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from places import ROOT
from retorsion.steps import doctor


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what doctor reads, all in order."""
    for name in ("requirements.lock", "dvc.lock"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "data" / "raw" / "act_types", tmp_path / "data" / "raw" / "act_types")
    (tmp_path / "reports").mkdir()
    content = b"a result"
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    result = tmp_path / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
    result.parent.mkdir(parents=True)
    result.write_bytes(content)
    return tmp_path


def test_what_is_in_order_has_no_problem(copy: Path) -> None:
    for check in (doctor.environment, doctor.raw_files, doctor.pipeline_lock, doctor.cached_results,
                  doctor.disk, doctor.leftovers):  # fmt: skip
        assert list(check(copy)) == []


def a_package_is_missing(copy: Path) -> None:
    with (copy / "requirements.lock").open("a") as lock:
        lock.write("no-such-package==1.0 \\\n    --hash=sha256:00\npolars==0.1 \\\n")


def a_package_of_another_system_is_asked_for(copy: Path) -> None:
    with (copy / "requirements.lock").open("a") as lock:
        lock.write("no-such-package==1.0 ; sys_platform == 'nowhere' \\\n")


def the_lock_is_empty(copy: Path) -> None:
    (copy / "dvc.lock").write_text("")


def the_lock_has_conflicts(copy: Path) -> None:
    (copy / "dvc.lock").write_text("<<<<<<< ours\nschema: '2.0'\n=======\n>>>>>>> theirs\n")


def the_lock_is_cut_off(copy: Path) -> None:
    text = (copy / "dvc.lock").read_text()
    (copy / "dvc.lock").write_text(text[: text.index("md5:")] + "md5: [")


def the_record_of_running_stages_is_cut_off(copy: Path) -> None:
    (copy / ".dvc" / "tmp").mkdir(parents=True, exist_ok=True)
    (copy / ".dvc" / "tmp" / "rwlock").write_text('{"a": {"write": ')


def the_lock_is_gone(copy: Path) -> None:
    (copy / "dvc.lock").unlink()


def a_raw_file_is_edited(copy: Path) -> None:
    with (copy / "data" / "raw" / "act_types" / "act_types.csv").open("a") as file:
        file.write("x\n")


def a_raw_file_is_gone(copy: Path) -> None:
    (copy / "data" / "raw" / "act_types" / "act_types.csv").unlink()


def a_folder_is_half_made(copy: Path) -> None:
    (copy / "data" / "raw" / "mine").mkdir()


def a_cached_result_is_damaged(copy: Path) -> None:
    next(path for path in (copy / ".dvc" / "cache").rglob("*") if path.is_file()).write_bytes(b"other")


def a_killed_run_left_a_file(copy: Path) -> None:
    (copy / "reports" / ".index.html.new").touch()


@pytest.mark.parametrize(
    ("damage", "check", "said"),
    [
        (a_package_is_missing, doctor.environment, ["no-such-package is missing", "polars is", "make clean"]),
        (a_package_of_another_system_is_asked_for, doctor.environment, []),
        (the_lock_is_empty, doctor.pipeline_lock, ["dvc.lock is empty", "git checkout dvc.lock"]),
        (the_lock_has_conflicts, doctor.pipeline_lock, ["conflicts of a merge", "--ours"]),
        (the_lock_is_cut_off, doctor.pipeline_lock, ["dvc.lock is damaged", "git checkout dvc.lock"]),
        (the_record_of_running_stages_is_cut_off, doctor.running_stages, ["cut off", "rm .dvc/tmp/rwlock"]),
        (the_lock_is_gone, doctor.pipeline_lock, ["is missing"]),
        (a_raw_file_is_edited, doctor.raw_files, ["act_types.csv", "docs/recovery.md"]),
        (a_raw_file_is_gone, doctor.raw_files, ["act_types.csv", "docs/recovery.md"]),
        (a_folder_is_half_made, doctor.raw_files, ["data/raw/mine has no source.yaml"]),
        (a_cached_result_is_damaged, doctor.cached_results, ["is damaged", "rm -f .dvc/cache"]),
        (a_killed_run_left_a_file, doctor.leftovers, ["reports/.index.html.new"]),
    ],
)
def test_damage_is_named_with_its_remedy(
    damage: Callable[[Path], None], check: Callable[[Path], object], said: list[str], copy: Path
) -> None:
    damage(copy)
    problems = [f"{one.what} {one.remedy}" for one in check(copy)]  # type: ignore[attr-defined]
    assert len(problems) == min(len(said), 1)
    for words in said:
        assert words in problems[0]


def test_a_full_disk_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NEEDED_BYTES", 10**18)
    (problem,) = doctor.disk(copy)
    assert "of the disk are free" in problem.what


def test_a_limit_of_memory_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    assert list(doctor.memory(copy)) == []
    monkeypatch.setattr(resource, "getrlimit", lambda of: (10**9, 10**9))
    (problem,) = doctor.memory(copy)
    assert "1.0 GB" in problem.what


def test_all_checks_run_and_the_exit_code_says_whether_one_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(root: Path) -> list[doctor.Problem]:
        raise ModuleNotFoundError(name="polars")

    monkeypatch.setattr(doctor, "CHECKS", {"one": lambda root: [], "two": broken})
    with pytest.raises(doctor.typer.Exit):
        doctor.run()
    assert capsys.readouterr().out.splitlines() == [
        "ok      one",
        "PROBLEM two",
        "        polars cannot be imported",
        "        -> `make clean && make`",
    ]
