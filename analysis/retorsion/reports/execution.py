"""Runs the cells of notebooks in memory: each notebook in a process of its own, several at once.

The processes are forked from one that has imported what the notebooks import, so that a notebook starts in
milliseconds. Two runs give the same outputs: the processes have a fixed environment, with a fixed hash seed.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Any, Literal

import matplotlib.pyplot as plt
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from retorsion.errors import RetorsionError
from retorsion.figures.style import finish, use_style
from retorsion.figures.svg import show
from retorsion.processes import fixed_environment, server_of_notebooks
from retorsion.reports.notebook_format import NotebookNode, new_output


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Attributes:
        cell: its number, from 1.
        reason: the error.
    """

    cell: int
    reason: str


@dataclass
class _Run:
    """A notebook at work, with the number of the cell that runs and the time at which it began."""

    name: str
    process: BaseProcess
    answers: Connection
    cell: int = 0
    since: float = 0.0


def run_notebooks(
    notebooks: Mapping[str, NotebookNode],
    *,
    root: Path,
    timeout_s: int = 600,
    n_processes: int = 2,
    done: Callable[[str], None] = lambda name: None,
) -> None:
    """Run all cells of some notebooks and put their outputs into them.

    Args:
        notebooks: by name.
        root: folder in which they run.
        timeout_s: seconds one cell may take.
        n_processes: how many notebooks run at once.
        done: called with the name of each notebook that is finished, while others run.

    Raises:
        RetorsionError: a cell failed, took too long, or ended its process. The other notebooks are stopped.
    """
    context = _context()
    waiting, running, finished = list(notebooks), list[_Run](), list[str]()
    try:
        while waiting or running or finished:
            while waiting and len(running) < n_processes:
                name = waiting.pop(0)
                running.append(_start(context, name, notebooks[name], root))
            while finished:
                done(finished.pop())
            ready = wait([run.answers for run in running], timeout=1) if running else []
            for run in list(running):
                if run.answers in ready and _has_finished(run, notebooks[run.name]):
                    running.remove(run)
                    finished.append(run.name)
                elif monotonic() - run.since > timeout_s:
                    raise RetorsionError(
                        f"{run.name}, cell {run.cell}: still running after {timeout_s} s. "
                        "Move the work to a stage of the pipeline"
                    )
    finally:
        for run in running:
            run.process.terminate()
            run.process.join()


def _start(context: ForkServerContext | SpawnContext, name: str, notebook: NotebookNode, root: Path) -> _Run:
    cells = [cell.source if cell.cell_type == "code" else None for cell in notebook.cells]
    answers, sender = context.Pipe(duplex=False)
    with fixed_environment():
        process = context.Process(target=_work, args=(sender, cells, root, dict(os.environ)), daemon=True)
        process.start()
    sender.close()
    return _Run(name, process, answers, since=monotonic())


def _has_finished(run: _Run, notebook: NotebookNode) -> bool:
    """Take one answer of a notebook: the number of the cell it is at, or at last the outputs of all."""
    try:
        answer = run.answers.recv()
    except EOFError:
        run.process.join()
        raise RetorsionError(
            f"{run.name}, cell {run.cell}: its process ended (exit code {run.process.exitcode}). "
            "Free memory, or read less into it"
        ) from None
    if isinstance(answer, int):
        run.cell, run.since = answer, monotonic()
        return False
    run.process.join()
    if isinstance(answer, Failure):
        lines = notebook.cells[answer.cell - 1].source.strip().splitlines() or [""]
        raise RetorsionError(f"{run.name}, cell {answer.cell} ({lines[0][:60]!r}): {answer.reason}")
    codes = (cell for cell in notebook.cells if cell.cell_type == "code")
    for count, (cell, outputs) in enumerate(zip(codes, answer, strict=True), start=1):
        cell.outputs, cell.execution_count = outputs, count
    return True


def _context() -> ForkServerContext | SpawnContext:
    """Processes forked from one that has what the notebooks import; new ones where there is no fork."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    return server_of_notebooks()


def _work(answers: Connection, cells: Sequence[str | None], root: Path, environment: dict[str, str]) -> None:
    """Run cells in this process: send the number of each, and at last all outputs or the failure."""
    # The server that forks may be older than the call, and then has the environment in which it was started.
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one stops it
    os.chdir(root)
    sys.path.insert(0, "")
    with tempfile.TemporaryDirectory(prefix="retorsion-") as folder:
        answers.send(_run_cells(_shell(folder), cells, answers.send))


def _run_cells(
    shell: _Shell, cells: Sequence[str | None], at_work: Callable[[int], object]
) -> list[list[NotebookNode]] | Failure:
    outputs = []
    for number, source in enumerate(cells, start=1):
        if source is None:
            continue
        shell.outputs = []
        at_work(number)
        with redirect_stdout(_Stream(shell, "stdout")), redirect_stderr(_Stream(shell, "stderr")):
            result = shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            words = " ".join(f"{type(error).__name__}: {error}".split())
            return Failure(number, f"{words}. Open the notebook with `make lab` and run it up to there")
        outputs.append([*shell.outputs, *_left_open()])
    return outputs


_TITLES: Sequence[Literal["left", "center", "right"]] = ("left", "center", "right")


def _left_open() -> Iterator[NotebookNode]:
    """Figures that a cell leaves open, which JupyterLab shows below it; the title of their axes is their title here."""
    for figure in map(plt.figure, plt.get_fignums()):
        axes = figure.gca()
        title = "".join(axes.get_title(loc=place) for place in _TITLES) or "A figure"
        for place in _TITLES:
            axes.set_title("", loc=place)
        words = " and ".join(filter(None, (axes.get_xlabel(), axes.get_ylabel())))
        figure.set_layout_engine("constrained")
        finish(
            figure,
            title=title,
            source="the tables that the code loads",
            alt=f"{title}. The axes show {words}.",
        )
        data, metadata = show(figure)._repr_mimebundle_()
        yield new_output("display_data", data, metadata=metadata)


class _Stream(io.TextIOBase):
    """Text that a cell prints; what follows text of the same stream is joined to it."""

    def __init__(self, shell: _Shell, name: str) -> None:
        self.shell, self.name = shell, name

    def write(self, text: str) -> int:
        """Add text to the outputs of the cell."""
        last = self.shell.outputs[-1] if self.shell.outputs else None
        if last is not None and last.output_type == "stream" and last.name == self.name:
            last.text += text
        elif text:
            self.shell.outputs.append(new_output("stream", name=self.name, text=text))
        return len(text)


class _Result(DisplayHook):
    """Keeps the value of a cell's last line in every form it has."""

    def write_output_prompt(self) -> None:
        """Nothing: a page numbers its cells itself."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Keep the forms of the value."""
        self.shell.outputs.append(  # type: ignore[union-attr]  # there is always a shell
            new_output("execute_result", _as_text(format_dict), metadata=md_dict or {}, execution_count=None)
        )

    def finish_displayhook(self) -> None:
        """Nothing is printed."""
        self._is_active = False


class _Display(DisplayPublisher):
    """Keeps what a cell displays."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: object = None,
        *,
        transient: object = None,
        update: bool = False,
        **kwargs: object,
    ) -> None:
        """Keep what is displayed."""
        self.shell.outputs.append(new_output("display_data", _as_text(data), metadata=metadata or {}))

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has displayed."""
        self.shell.outputs.clear()


class _Shell(InteractiveShell):
    """IPython without a terminal: outputs of the cell at work are in ``outputs``."""

    outputs: list[NotebookNode]

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        """Nothing: the error is in the result of the cell."""


def _shell(folder: str) -> _Shell:
    shell = _Shell.instance(
        ipython_dir=folder, displayhook_class=_Result, display_pub_class=_Display, colors="nocolor"
    )
    use_style()  # of the page, whose sheet may be dark
    assert shell.history_manager is not None
    shell.history_manager.enabled = False
    return shell


def _as_text(data: Mapping[str, Any]) -> dict[str, Any]:
    """Forms of a value as a notebook keeps them: images in base64."""
    return {
        kind: b64encode(value).decode() if isinstance(value, bytes) else value for kind, value in data.items()
    }
