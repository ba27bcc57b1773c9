"""Sections without any estimate are gathered at the end of a page."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from retorsion.reports.statements import NO_ESTIMATE, SAME_REASON
from retorsion.reports.unanswered import HEADING, gather_unanswered


def code(*shown: str | None) -> NotebookNode:
    kinds = [{"text/html": "<table></table>"} if text is None else {"text/markdown": text} for text in shown]
    return new_code_cell("x", outputs=[new_output("display_data", data) for data in kinds])


def gathered(*cells: NotebookNode) -> list[str]:
    notebook = new_notebook(cells=list(cells))
    gather_unanswered(notebook)
    return [
        cell.source if cell.cell_type == "markdown" else f"code: {len(cell.outputs)}"
        for cell in notebook.cells
    ]


def test_what_has_no_estimate_is_listed_at_the_end_with_its_reason() -> None:
    why, other = f"{NO_ESTIMATE} There are no acts.", f"{NO_ESTIMATE} There is no trade."
    found = gathered(
        new_markdown_cell("# Title\n\nWords."),
        code(),
        new_markdown_cell("## One"),
        code(why, SAME_REASON),
        new_markdown_cell("It shows much.\n\n## Two\n\nMore."),
        code(None, why),
        new_markdown_cell("## Three"),
        code(SAME_REASON),
        new_markdown_cell('<details class="method"><summary>Method</summary>\n\nDetail.\n\n### Four'),
        code(other),
        new_markdown_cell("### Words alone\n\nLiterature.\n\n</details>"),
    )
    assert found == [
        "# Title\n\nWords.", "code: 0", "## Two\n\nMore.", "code: 2",
        '<details class="method"><summary>Method</summary>', "Detail.", "### Words alone\n\nLiterature.", "</details>",
        f"## {HEADING}\n\n- There are no acts.\n  - One\n  - Three\n- There is no trade.\n  - Four",
    ]  # fmt: skip


def test_a_page_with_all_its_estimates_stays_as_it_is() -> None:
    cells = [
        new_markdown_cell("## One\n\nWords."),
        code(None),
        new_markdown_cell("## Two"),
        code("Text.", None),
    ]
    assert gathered(*cells) == ["## One\n\nWords.", "code: 1", "## Two", "code: 2"]


def test_a_folded_part_that_has_lost_everything_goes_too() -> None:
    found = gathered(
        new_markdown_cell('Words.\n\n<details class="method"><summary>Method</summary>\n\n### One'),
        code(f"{NO_ESTIMATE} No acts."),
        new_markdown_cell("</details>"),
    )
    assert found == ["Words.", f"## {HEADING}\n\n- No acts.\n  - One"]
