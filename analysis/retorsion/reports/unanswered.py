"""Sections of a notebook in which nothing could be estimated: a page says why in one list in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from retorsion.reports.notebook_format import NotebookNode, new_markdown_cell
from retorsion.reports.statements import NO_ESTIMATE, SAME_REASON

HEADING = "What could not be estimated"
_HEADING = re.compile(r"^(##+) (.*)$", re.MULTILINE)
#: The tags of a folded part, which a page needs wherever its sections go.
_FOLD = re.compile(r"^(?:<details class=\"method\">.*|</details>)$", re.MULTILINE)


@dataclass
class _Section:
    """A heading with what follows it, up to the next one."""

    heading: str
    cells: list[NotebookNode] = field(default_factory=list)

    def outputs(self) -> list[str | None]:
        """What its code shows: prose, or None for a table or figure."""
        return [
            output.get("data", {}).get("text/markdown")
            for cell in self.cells
            if cell.cell_type == "code"
            for output in cell.get("outputs", ())
        ]

    def is_unanswered(self) -> bool:
        """Whether all that it shows is that there is no estimate."""
        shown = self.outputs()
        return bool(shown) and all(text and text.startswith((NO_ESTIMATE, SAME_REASON)) for text in shown)


def gather_unanswered(notebook: NotebookNode) -> None:
    """Take sections without any estimate out of a notebook that has run; a list at its end has their reasons.

    A section reaches from one heading to the next, or to where a folded part begins or ends.
    """
    kept: list[NotebookNode] = []
    reasons: dict[str, list[str]] = {}
    last = ""
    for section in _sections(notebook.cells):
        said = [text for text in section.outputs() if text]
        stated = [text.removeprefix(NO_ESTIMATE).strip() for text in said if text.startswith(NO_ESTIMATE)]
        if section.heading and section.is_unanswered():
            reasons.setdefault(stated[0] if stated else last, []).append(section.heading)
        else:
            kept += section.cells
        last = stated[-1] if stated else last
    if reasons:
        points = [
            "\n".join([f"- {why}", *(f"  - {heading}" for heading in headings)])
            for why, headings in reasons.items()
        ]
        kept.append(_prose("\n".join([f"## {HEADING}", "", *points])))
    notebook.cells = _without_empty_folds(kept)


def _without_empty_folds(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The cells without folded parts that have lost all that was in them."""
    left: list[NotebookNode] = []
    for cell in cells:
        if cell.source == "</details>" and left and _FOLD.fullmatch(left[-1].source):
            left.pop()
        else:
            left.append(cell)
    return left


def _sections(cells: Sequence[NotebookNode]) -> Iterator[_Section]:
    section = _Section("")
    for cell in cells:
        for part in _parts(cell.source) if cell.cell_type == "markdown" else [None]:
            heading = _HEADING.match(part or "")
            if heading or _FOLD.fullmatch(part or ""):
                yield section
                section = _Section(heading[2] if heading else "")
            section.cells.append(cell if part is None else _prose(part, cell.id))
    yield section


def _parts(text: str) -> Iterator[str]:
    """Prose cut before each heading and around each tag of a folded part."""
    at = sorted(
        {0, len(text)}
        | {found.start() for found in _HEADING.finditer(text)}
        | {place for found in _FOLD.finditer(text) for place in found.span()}
    )
    for start, end in pairwise(at):
        if part := text[start:end].strip():
            yield part


def _prose(text: str, name: str = "unanswered") -> NotebookNode:
    cell = new_markdown_cell(text)
    cell.id = name
    return cell
