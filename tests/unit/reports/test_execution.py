"""Notebooks run in processes of their own: outputs as a kernel gives them, and one error for what goes wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path

import nbformat.v4 as v4
import pytest
from nbformat import NotebookNode
from retorsion.errors import RetorsionError
from retorsion.reports.execution import run_notebooks


def notebook(*cells: str) -> NotebookNode:
    return v4.new_notebook(cells=[v4.new_markdown_cell("# A title"), *map(v4.new_code_cell, cells)])


def outputs(cell: NotebookNode) -> list[tuple[str, str]]:
    return [
        (one.output_type, one.text if one.output_type == "stream" else one.data["text/plain"])
        for one in cell.outputs
    ]


def test_outputs_keep_their_order_and_kind(tmp_path: Path) -> None:
    made = notebook(
        "import sys\nfrom IPython.display import display, HTML\n"
        "print('a', end='')\nprint('b')\ndisplay(HTML('<b>x</b>'), metadata={'text/html': {'isolated': True}})\n"
        "print('c', file=sys.stderr)\nprint('d')\n1 + 1",
        "_ + 1",
        "x = 5;",
        "'not shown';",
    )
    run_notebooks({"n": made}, root=tmp_path)
    assert outputs(made.cells[1]) == [
        ("stream", "ab\n"),
        ("display_data", "<IPython.core.display.HTML object>"),
        ("stream", "c\n"),
        ("stream", "d\n"),
        ("execute_result", "2"),
    ]
    assert made.cells[1].outputs[1].metadata == {"text/html": {"isolated": True}}
    assert [one.name for one in made.cells[1].outputs if one.output_type == "stream"] == [
        "stdout",
        "stderr",
        "stdout",
    ]
    assert outputs(made.cells[2]) == [("execute_result", "3")]
    assert (made.cells[3].outputs, made.cells[4].outputs) == ([], [])
    assert [cell.execution_count for cell in made.cells[1:]] == [1, 2, 3, 4]


def test_notebooks_share_nothing_but_what_is_imported(tmp_path: Path) -> None:
    made = {
        name: notebook(
            f"import json\njson.mark = '{name}'\nimport time; time.sleep(0.2)", "json.mark", "hash('x')"
        )
        for name in ("one", "two", "three")
    }
    finished: list[str] = []
    run_notebooks(made, root=tmp_path, done=finished.append)
    assert sorted(finished) == ["one", "three", "two"]
    for name, one in made.items():
        assert outputs(one.cells[2]) == [("execute_result", f"'{name}'")]
    assert len({outputs(one.cells[3])[0][1] for one in made.values()}) == 1, "the hash seed is fixed"
    assert "json.mark" not in dir(__import__("json"))


def test_the_environment_of_who_runs_them_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "svg")
    before = dict(os.environ)
    made = notebook("import os\nos.environ['TZ'], os.environ['MPLBACKEND'], os.path.basename(os.getcwd())")
    run_notebooks({"n": made}, root=tmp_path)
    assert outputs(made.cells[1]) == [("execute_result", f"('UTC', 'Agg', '{tmp_path.name}')")]
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["1", "1 / 0"], r"n, cell 3 \('1 / 0'\): ZeroDivisionError: division by zero\. Open the notebook"),
        (["x ="], r"n, cell 2 \('x ='\): SyntaxError: invalid syntax"),
        (["raise SystemExit(3)"], r"n, cell 2 \('raise SystemExit\(3\)'\): SystemExit: 3"),
        (["import os", "os._exit(7)"], r"n, cell 3: its process ended \(exit code 7\)"),
        (["while True: pass"], r"n, cell 2: still running after 8 s"),
        (["try:\n  while True: pass\nexcept BaseException: pass"], r"n, cell 2: still running after 8 s"),
    ],
)
def test_what_goes_wrong_is_one_error_that_names_the_cell(
    tmp_path: Path, cells: list[str], reason: str
) -> None:
    with pytest.raises(RetorsionError, match=reason):
        run_notebooks({"n": notebook(*cells)}, root=tmp_path, timeout_s=8 if "while" in cells[0] else 120)


def test_a_failure_stops_the_others(tmp_path: Path) -> None:
    made = {"slow": notebook("import time\ntime.sleep(60)"), "bad": notebook("1 / 0")}
    begun = time.monotonic()
    with pytest.raises(RetorsionError, match="bad, cell 2"):
        run_notebooks(made, root=tmp_path)
    assert time.monotonic() - begun < 40


def test_a_figure_that_a_cell_leaves_open_is_shown_with_its_own_words(tmp_path: Path) -> None:
    made = notebook(
        "import matplotlib.pyplot as plt\nplt.figure('own')\nplt.plot([1, 2])\n_ = plt.title('Up <b>')",
        "plt.get_fignums()",
    )
    run_notebooks({"n": made}, root=tmp_path)
    (shown,) = [one for one in made.cells[1].outputs if one.output_type == "display_data"]
    assert "Up &lt;b&gt;" in shown.data["text/html"]
    assert shown.metadata["image/svg+xml"]["name"] == "own"
    assert outputs(made.cells[2]) == [("execute_result", "[]")], "shown once"
