"""The command line: quick to start, every command there, and one line for what is wrong with the input."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest
import retorsion
from retorsion import cli, project
from retorsion.errors import RetorsionError
from retorsion.steps import acts
from retorsion.tables.fields import tables
from typer.testing import CliRunner


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The raw sources, of which a ledger is a copy."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for source in project.RAW.iterdir():
        if source.name != "ledger_jpn_rus":
            (folder / source.name).symlink_to(source)
    shutil.copytree(project.RAW / "ledger_jpn_rus", folder / "ledger_jpn_rus")
    monkeypatch.setattr(project, "RAW", folder)
    monkeypatch.setattr(acts, "RAW", folder)
    return folder


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("announced_date", "2022-02-30", "value '2022-02-30': is not a date"),
        ("actor_code", "JPX", "value 'JPX'"),
        ("source_urls", "", "column 'source_urls'"),
    ],
)
def test_an_act_that_is_quarantined_is_named_before_the_reply_that_misses_it(
    raw: Path, column: str, value: str, said: str
) -> None:
    path = raw / "ledger_jpn_rus" / "acts.csv"
    with (raw / "ledger_jpn_rus" / "replies.csv").open(encoding="utf-8", newline="") as file:
        answered = next(csv.DictReader(file))["act_id"]
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row | {column: value} if row["act_id"] == answered else row for row in reader]
        columns = reader.fieldnames
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    done = CliRunner().invoke(cli.app_of("acts"), [])
    assert isinstance(done.exception, RetorsionError)
    assert answered in str(done.exception)
    assert "quarantined: ledger_jpn_rus/acts.csv, row" in done.stderr
    assert said in done.stderr


def test_what_a_withdrawn_source_left_behind_is_no_part_of_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tmp_path / "trade_flows"
    parts.mkdir()
    for source in ("kept", "withdrawn"):
        frame = tables()["trade_flows"].schema.to_frame()
        frame = pl.concat([frame, pl.DataFrame({"source_id": [source]})], how="diagonal")
        frame.write_parquet(parts / f"{source}.parquet")
        (parts / f"{source}.json").write_text('{"n_rows": 1}')
    (tmp_path / "acts.json").write_text('{"n_rows": 2}')
    named = project.parameters()

    def name(*flows: str) -> None:
        sources = named.sources.model_copy(update={"flows": {one: {} for one in flows}})
        monkeypatch.setattr(project, "parameters", lambda: named.model_copy(update={"sources": sources}))

    name("kept", "not_built")
    monkeypatch.setattr(project, "TABLES", tmp_path)
    monkeypatch.setattr(project, "SUMMARIES", tmp_path)
    assert project.load("trade_flows")["source_id"].to_list() == ["kept"]
    assert set(project.summaries()) == {"acts", "trade_flows.kept"}
    name()
    with pytest.raises(RetorsionError, match="has not been built"):
        project.scan("trade_flows")


def _loaded_by(code: str) -> set[str]:
    """Modules that a Python process of its own has imported after running some code."""
    shown = f"{code}\nimport sys\nprint(' '.join(sys.modules), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", shown], check=True, capture_output=True, text=True)
    return set(run.stderr.split())


#: Installed packages that a start may load. Seconds depend on the machine, modules do not.
LEAN = {
    *("retorsion", "polars", "dataframely", "numpy", "yaml", "pydantic", "pydantic_core"),
    *("typing_extensions", "typing_inspection", "annotated_types", "cython_runtime"),
}


def _installed(code: str) -> set[str]:
    """Installed packages that a Python process of its own has imported after running some code."""
    bare = {name.partition(".")[0] for name in _loaded_by("")}
    loaded = {name.partition(".")[0] for name in _loaded_by(code)} - bare - sys.stdlib_module_names
    return {name for name in loaded if not name.startswith("_")}


def test_a_table_at_hand_loads_few_packages() -> None:
    assert _installed("from retorsion import load") <= LEAN
    assert len(_loaded_by("from retorsion import load")) < 700


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_the_command_line_only(option: str) -> None:
    code = f"import sys; sys.argv = ['retorsion', '{option}']\nfrom retorsion.cli import main; main()"
    assert _installed(code) == {"retorsion"}


def test_what_the_package_exports_is_there() -> None:
    assert set(retorsion.__all__) <= set(dir(retorsion))
    assert all(getattr(retorsion, name) is not None for name in retorsion.__all__)
    with pytest.raises(AttributeError, match="no attribute 'tabels'"):
        _ = retorsion.tabels


STOPPED = """
import sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}: raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
sys.argv = ["retorsion", "pin", "act_types"]
from retorsion.cli import main
main()
"""


@pytest.mark.parametrize("module", ["typer", "polars", "retorsion.steps.pin", "retorsion.steps.lock"])
def test_an_interrupt_while_modules_load_is_one_line(module: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", STOPPED.format(module=module)], capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (130, "Interrupted.\n")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrupted."),
        (
            OSError(errno.ENOSPC, "No space left", "a.csv"),
            1,
            "error: the disk is full (a.csv): free some space",
        ),
        (OSError("No space left on device (os error 28)"), 1, "error: the disk is full: free some space"),
        (OSError(errno.EROFS, "Read-only file system", "b.csv"), 1, "cannot be read or written (b.csv)"),
        (MemoryError(), 1, "error: there is not enough memory"),
        (BrokenProcessPool("a child was killed"), 1, "ended early, most likely for want of memory"),
        (RetorsionError("one thing is wrong"), 1, "error: one thing is wrong"),
    ],
)
def test_what_stops_a_command_is_one_line(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(source: str) -> None:
        raise error

    monkeypatch.setattr("retorsion.steps.pin.sidecar_of", stop)
    monkeypatch.setattr(
        cli, "_only_writer", lambda *_: nullcontext()
    )  # other tests may hold the project's lock
    monkeypatch.setattr(sys, "argv", ["retorsion", "pin", "act_types"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    shown = capsys.readouterr().err.strip()
    assert stopped.value.code == code
    assert said in shown
    assert shown.count("\n") == 0


@pytest.mark.parametrize("is_writable", [True, False])
def test_compiled_code_is_kept_in_a_temporary_folder_where_nothing_else_can_be_written(
    is_writable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: is_writable)
    monkeypatch.setattr(sys, "argv", ["retorsion", "no_such_command"])
    with pytest.raises(SystemExit):
        cli.main()
    assert ("NUMBA_CACHE_DIR" in os.environ) is not is_writable
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)


def test_the_module_runs_and_states_its_version() -> None:
    run = subprocess.run([sys.executable, "-m", "retorsion", "--version"], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, f"{retorsion.__version__}\n")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(cli.app_of(name), ["--help"])
    assert done.exit_code == 0, done.output
    assert "Usage:" in done.output


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m retorsion --help | {sys.executable} -c 'input()'"
    for _ in range(3):
        run = subprocess.run(command, shell=True, capture_output=True, text=True)
        assert run.stderr == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_compiled_code_makes_an_error_of_is_one_line(number: int, code: int) -> None:
    turned = f"""
import os, sys
from retorsion import cli
from retorsion.steps import pin
def stop(source):
    try:
        os.kill(os.getpid(), {int(number)})
        sum(range(10))
    except BaseException:
        raise SystemError("a result with an exception set") from None
pin.sidecar_of = stop
cli._only_writer = lambda *_: cli.nullcontext()
sys.argv = ["retorsion", "pin", "act_types"]
cli.main()
"""
    run = subprocess.run([sys.executable, "-c", turned], capture_output=True, text=True)
    said = {130: "Interrupted.", 143: "Stopped by another process."}[code]
    assert (run.returncode, run.stderr) == (code, f"{said}\n")


#: A list whose name renames the window, clears it, colours and turns round what follows.
ORDERS = "A\x1b]0;owned\x07\x1b[2J\x9b31m\u202eB\u2066C"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_a_terminal_gets_no_orders_from_data(encoding: str, tmp_path: Path) -> None:
    row = f'36,"{ORDERS}","individual","CUBA",-0-,-0-,-0-,-0-,-0-,-0-,-0-,"-0-"\r\n'
    (tmp_path / "sdn.csv").write_text(row, encoding="utf-8")
    for arguments in (["sdn.csv"], ["sdn.csv", "--json"], [f"{ORDERS}.csv"], ["sdn.csv", "--reader", ORDERS]):
        run = subprocess.run(
            [sys.executable, "-m", "retorsion", "look", *arguments],
            capture_output=True,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            cwd=tmp_path,
        )
        shown = (run.stdout + run.stderr).decode(encoding)
        assert "Traceback" not in shown
        assert not set(ORDERS) & set(shown) - set("ABC;owned[]02J31m"), shown
        if "--json" in arguments:
            assert json.loads(shown)["rows"][0]["subject_name"] == ORDERS


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    with pytest.raises(RetorsionError, match=r"no command 'refesh'\. Did you mean 'refresh'\?"):
        cli.app_of("refesh")
