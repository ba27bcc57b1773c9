"""The command line: ``retorsion COMMAND``. Each command is a file of :mod:`retorsion.steps`."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import signal
import sys
import tempfile
from concurrent.futures import BrokenExecutor
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Never, TextIO

from retorsion import __version__
from retorsion.errors import RetorsionError, did_you_mean
from retorsion.processes import server_of_notebooks
from retorsion.steps import workers

if TYPE_CHECKING:
    import typer

#: Exit code of a command that the user interrupts.
_INTERRUPTED = 130
#: Exit code of a command that another process stops.
_TERMINATED = 143
#: Number that tells Linux which signal a process gets when its parent ends (prctl, PR_SET_PDEATHSIG).
_SIGNAL_AT_DEATH_OF_PARENT = 1

#: Exit codes of the signals that this process got.
_stopped: list[int] = []

#: Commands in the order of the help, with their modules and what each does.
COMMANDS = {
    "fetch": ("retorsion.steps.fetch", "Download the pinned artifact of a source."),
    "acts": ("retorsion.steps.acts", "Build the tables of acts from the ledger and from official lists."),
    "flows": ("retorsion.steps.flows", "Build trade_flows from the sources of trade statistics."),
    "tariffs": ("retorsion.steps.tariffs", "Build the tables of tariffs in force and of their changes."),
    "rates": ("retorsion.steps.rates", "Build exchange_rates."),
    "sources": ("retorsion.steps.sources", "Build the table of sources and verify every raw file."),
    "checks": ("retorsion.steps.checks", "Set the tables against what others published."),
    "escalation": ("retorsion.steps.escalation", "Compute who answers whom, how fast, in what kind."),
    "impact": ("retorsion.steps.impact", "Compute what the measures did to trade."),
    "comparison": ("retorsion.steps.comparison", "Set the same quantities of all cases side by side."),
    "render": ("retorsion.steps.render", "Run notebooks and write their pages."),
    "site": ("retorsion.steps.site", "Write the pages around the notebooks."),
    "case": ("retorsion.steps.case", "Write what is asked of a new pair of states."),
    "look": ("retorsion.steps.look", "Look into a file of any known format without adding it."),
    "add": ("retorsion.steps.add", "Add a source of your own from a file."),
    "refresh": ("retorsion.steps.refresh", "Look for a newer vintage of a source and show what changed."),
    "pin": ("retorsion.steps.pin", "Write the hashes of an edited source into its sidecar."),
    "news": ("retorsion.steps.news", "Read news pages into candidate acts, which a person decides."),
    "news-score": ("retorsion.steps.news_score", "Say how well coded pages of news are read."),
    "accept": ("retorsion.steps.accept", "Write decided candidates into the ledgers."),
    "doctor": ("retorsion.steps.doctor", "Name what is wrong with this machine or copy, with remedies."),
    "lab": ("retorsion.steps.lab", "Open the notebooks in JupyterLab."),
    "events": ("retorsion.events.command", "Build and compare machine-coded events."),
}

#: Characters that move the cursor of a terminal, give it orders, or reorder and hide what it shows.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")

#: Steps that share their work with other processes, which import the same as this one meanwhile.
_SHARED = {"flows", "escalation", "impact", "site"}

#: Commands that leave the project's files alone: they need not wait for one that writes.
_READ_ONLY = {"look", "lab", "doctor", "news", "news-score"}


class _Terminal(TextIOWrapper):
    """An output that names characters of data which a terminal would obey, such as ``[U+001B]``."""

    @property
    def buffer(self) -> Never:
        """Nothing: typer would write there, past what follows, where the encoding is ASCII."""
        raise AttributeError("buffer")

    def write(self, text: str) -> int:
        """Write text and give its length."""
        super().write(_ORDERS.sub(lambda found: f"[U+{ord(found[0]):04X}]", text))
        return len(text)


def _as_shown(stream: TextIO) -> TextIO:
    """The stream that a command writes to in the place of another; what is in another script is no reason to stop."""
    if type(stream) is not TextIOWrapper:  # one that a test or a notebook put there
        return stream
    encoding, is_direct = stream.encoding, stream.write_through
    return _Terminal(
        stream.detach(), encoding, "backslashreplace", line_buffering=True, write_through=is_direct
    )


def overview() -> str:
    """The help of the command line as a whole."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(
        [
            "Usage: retorsion COMMAND [OPTIONS]",
            "",
            "The record of how states answer one another, and what it says.",
            "",
            "Commands (retorsion COMMAND --help explains one):",
            *lines,
            "",
            "Options: --version shows the version, --help this text.",
        ]
    )


def app_of(name: str) -> typer.Typer:
    """The command of a name. Its module is imported now and no other, so that the rest stays quick.

    Raises:
        RetorsionError: there is no such command.
    """
    import typer

    if name not in COMMANDS:
        raise RetorsionError(
            f"there is no command {name!r}.{did_you_mean(name, COMMANDS)} `retorsion --help` lists the commands"
        )
    module = import_module(COMMANDS[name][0])
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(name)(module.run)
    return app


def main() -> None:
    """Run a command. What is wrong with the input or the disk is one line, without a traceback."""
    sys.stdout, sys.stderr = _as_shown(sys.stdout), _as_shown(sys.stderr)
    os.environ.setdefault("_TYPER_FORCE_DISABLE_TERMINAL", "1")  # its help would give such orders
    name, *arguments = sys.argv[1:] or ["--help"]
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGINT, _interrupt)
    if "DVC_STAGE" in os.environ:
        _end_with_the_pipeline()
    try:
        if name in ("--help", "-h", "help"):
            print(overview(), flush=True)
        elif name == "--version":
            print(__version__, flush=True)
        else:
            _run(name, arguments)
    except BrokenPipeError:  # the reader of the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _run(name: str, arguments: list[str]) -> None:
    try:
        # Sums in parallel threads depend on how many there are, and threads that wait for each other take longer:
        # a step that is worth two processors has two processes.
        for name_of_library in ("OPENBLAS", "NUMBA"):
            os.environ.setdefault(f"{name_of_library}_NUM_THREADS", "1")
        _let_numba_keep_what_it_compiles()
        if "--help" not in arguments:
            _begin_other_processes(name)
        app = app_of(name)
        with _only_writer(name, arguments):
            _start(app, name, arguments)
    except RetorsionError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except ModuleNotFoundError as error:
        package = (error.name or "retorsion").partition(".")[0]
        if package == "retorsion":
            raise
        print(
            f"error: this command needs the package {package}, which the base install leaves out: "
            "run `pip install 'retorsion[pipeline]'`, or `make` in a clone",
            file=sys.stderr,
        )
        sys.exit(1)
    except (MemoryError, BrokenExecutor) as error:  # a worker that the system killed leaves its pool broken
        ended = "a process of this command ended early, most likely for want of memory"
        problem = "there is not enough memory" if isinstance(error, MemoryError) else ended
        print(
            f"error: {problem}. Close other programs, or raise the limit (ulimit -v). "
            "Files that were there before are as they were.",
            file=sys.stderr,
        )
        sys.exit(1)
    except OSError as error:
        fault = _problem_of_disk(error)
        if fault is None:
            raise
        print(f"error: {fault}. Files that were there before are as they were.", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # typer's answer to Ctrl-C, without a word
            _interrupted()
        raise


def _begin_other_processes(name: str) -> None:
    """Let the processes that a command will ask for import what they need while this one does."""
    if name in _SHARED:
        workers.begin(COMMANDS[name][0])
    elif name == "render" and "forkserver" in multiprocessing.get_all_start_methods():
        server_of_notebooks()


def _start(app: typer.Typer, name: str, arguments: list[str]) -> None:
    """Call a command; an error that a signal became in compiled code is that signal again."""
    try:
        app(arguments, prog_name=f"retorsion {name}")
    except Exception:
        if not _stopped:
            raise
        raise (KeyboardInterrupt if _INTERRUPTED in _stopped else SystemExit(_TERMINATED)) from None


def _only_writer(name: str, arguments: list[str]) -> AbstractContextManager[None]:
    """The lock on the project for a command that writes to it."""
    if name in _READ_ONLY or "--help" in arguments:
        return nullcontext()
    from retorsion.steps.lock import only_writer

    return only_writer()


def _let_numba_keep_what_it_compiles() -> None:
    """Give numba a temporary folder where neither the package nor the home can be written, or it stops."""
    if not any(os.access(folder, os.W_OK) for folder in (Path(__file__).parent, Path.home())):
        os.environ.setdefault(
            "NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"retorsion-{os.getuid()}")
        )


def _interrupted() -> Never:
    print("Interrupted.", file=sys.stderr)
    sys.exit(_INTERRUPTED)


def _interrupt(signum: int, frame: FrameType | None) -> Never:
    _stopped.append(_INTERRUPTED)
    raise KeyboardInterrupt


def _terminated(signum: int, frame: FrameType | None) -> Never:
    """End as on Ctrl-C: what is half-made is removed, and workers are stopped."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _stopped.append(_TERMINATED)
    print("Stopped by another process.", file=sys.stderr)
    sys.exit(_TERMINATED)


def _end_with_the_pipeline() -> None:
    """A stage whose ``dvc repro`` is killed ends too, or it would write beside the next run; Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SIGNAL_AT_DEATH_OF_PARENT, signal.SIGTERM)


def _problem_of_disk(error: OSError) -> str | None:
    """What a full or read-only disk means for the command; None for any other error."""
    # polars raises an OSError that has the number in its text only
    number = error.errno or int((re.findall(r"os error (\d+)", str(error)) or ["0"])[-1])
    where = f" ({error.filename})" if error.filename else ""
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full{where}: free some space and run the command again"
    if number in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"the file or its folder cannot be read or written{where}: change its permissions, or work in a copy"
    return None
