"""The files of a ledger, column by column, for whoever adds to them: from the readers and the field dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from retorsion.sources.formats import act_types, coalition_calendar, source_hosts
from retorsion.sources.formats.ledger import LAYOUTS
from retorsion.sources.text.recorded import RecordedLayout
from retorsion.tables.fields import fields, ledger_files

#: A vocabulary of more values than these is not written out.
MOST_VALUES = 12

#: What ledgers are read with: the layouts by name, and the file of each.
SHARED: Mapping[str, tuple[str, RecordedLayout]] = {
    "act_types": ("act_types.csv", act_types.LAYOUT),
    "source_hosts": ("hosts.csv", source_hosts.LAYOUT),
    "coalition_calendar": ("calendar.csv", coalition_calendar.LAYOUT),
}


def reference() -> str:
    """What a row of each file of a ledger is and what its columns hold, as Markdown."""
    of_ledger = {name: (f"{name}.csv", layout) for name, layout in LAYOUTS.items()}
    return (
        "\n".join(
            [
                "# Adding to the record",
                "",
                *_introduction(),
                *_files(of_ledger),
                "",
                "Three more sources are read with the ledgers. `params.yaml` names them: the vocabulary "
                "(`sources.act_types`), the table of hosts (`sources.hosts`), and the calendars of coalitions "
                "(`sources.calendars`). Their files follow.",
                *_files(SHARED),
            ]
        )
        + "\n"
    )


def _introduction() -> Iterator[str]:
    yield (
        "A ledger holds the acts between two states. It is a folder of `data/raw`, and `params.yaml` lists it under "
        "`sources.ledgers`. Add a row to one of its files, run `retorsion pin` with the name of the folder, then "
        "`dvc repro`.\n\nA row that breaks a rule is set aside, and the command names its file, line, columns, values "
        "and the remedy. `retorsion look` does the same for a file that is not in a ledger yet. The pages of every row "
        "must be of hosts whose kind the table of hosts states."
    )


def _files(layouts: Mapping[str, tuple[str, RecordedLayout]]) -> Iterator[str]:
    for name, (file, layout) in layouts.items():
        described = ledger_files()[name]
        yield from ("", f"## {file}", "", f"A row is {described.row}.", "")
        yield from ("| column | meaning | values |", "|---|---|---|")
        for column in layout.columns:
            meaning = described.columns.get(column) or fields()[column].description
            yield f"| `{column}` | {meaning} | {', '.join(_values(layout, column))} |"


def _values(layout: RecordedLayout, column: str) -> list[str]:
    for check in layout.checks:
        if check.column == column and 0 < len(check.known) <= MOST_VALUES:
            return [f"`{value}`" for value in check.known]
    return []
