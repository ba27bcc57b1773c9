"""The files of the ledger, column by column, for whoever adds to them: from the readers and the field dictionary."""

from __future__ import annotations

from collections.abc import Iterator

from retorsion.sources.formats.ledger import LAYOUTS
from retorsion.sources.text.recorded import RecordedLayout
from retorsion.tables.fields import fields, ledger_files

#: A vocabulary of more values than these is not written out.
MOST_VALUES = 12


def reference() -> str:
    """What a row of each file of the ledger is and what its columns hold, as Markdown."""
    return "\n".join(["# Adding to the record", "", *_introduction(), *_files()]) + "\n"


def _introduction() -> Iterator[str]:
    yield (
        "The ledger is the folder `data/raw/ledger`. Add a row to one of its files, run `retorsion pin ledger`, then "
        "`dvc repro`. A row that breaks a rule is set aside, and the command names its line, columns, values "
        "and the remedy."
    )


def _files() -> Iterator[str]:
    for name, layout in LAYOUTS.items():
        described = ledger_files()[name]
        yield from ("", f"## {name}.csv", "", f"A row is {described.row}.", "")
        yield from ("| column | meaning | values |", "|---|---|---|")
        for column in layout.columns:
            meaning = described.columns.get(column) or fields()[column].description
            yield f"| `{column}` | {meaning} | {', '.join(_values(layout, column))} |"


def _values(layout: RecordedLayout, column: str) -> list[str]:
    for check in layout.checks:
        if check.column == column and 0 < len(check.known) <= MOST_VALUES:
            return [f"`{value}`" for value in check.known]
    return []
