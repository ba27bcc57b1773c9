"""What is said of the ledger's files is what the readers take."""

from __future__ import annotations

from retorsion.sources.formats.ledger import LAYOUTS
from retorsion.tables.fields import fields, ledger_files
from retorsion.tables.ledger_reference import reference


def test_every_column_is_described_and_no_other() -> None:
    assert set(ledger_files()) == set(LAYOUTS)
    for name, layout in LAYOUTS.items():
        own = ledger_files()[name].columns
        assert set(own) <= set(layout.columns), name
        assert all(column in own or column in fields() for column in layout.columns), name


def test_every_column_has_its_line_and_closed_vocabularies_are_written_out() -> None:
    text = reference()
    for name, layout in LAYOUTS.items():
        part = text.split(f"## {name}.csv")[1].split("##")[0]
        assert [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")] == list(
            layout.columns
        )
    assert "`announcement`, `decision`" in text
    assert "`import`, `export`, `both`" in text
