"""What is said of the files of ledgers is what the readers take."""

from __future__ import annotations

from retorsion.sources.formats.ledger import LAYOUTS
from retorsion.tables.fields import fields, ledger_files
from retorsion.tables.ledger_reference import SHARED, reference

FILES = {name: (f"{name}.csv", layout) for name, layout in LAYOUTS.items()} | dict(SHARED)


def test_every_column_is_described_and_no_other() -> None:
    assert set(ledger_files()) == set(FILES)
    for name, (_, layout) in FILES.items():
        own = ledger_files()[name].columns
        assert set(own) <= set(layout.columns), name
        assert all(column in own or column in fields() for column in layout.columns), name


def test_every_column_has_its_line_and_closed_vocabularies_are_written_out() -> None:
    text = reference()
    for file, layout in FILES.values():
        part = text.split(f"## {file}")[1].split("##")[0]
        assert [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")] == list(
            layout.columns
        )
    assert "`announcement`, `decision`" in text
    assert "`import`, `export`, `both`" in text
    assert "`official`, `text`, `article_day`, `month`" in text
