"""Command ``accept``: write what a person decided of candidates into the ledgers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.files import write_whole
from retorsion.news.decisions import Grounds, decided, decision_faults, read_decisions
from retorsion.news.entries import (
    Entries,
    Row,
    entries,
    layout_faults,
    rejections,
    with_entries,
    without_known,
)
from retorsion.news.rows import as_csv
from retorsion.sources.formats.ledger import LAYOUTS, read_part
from retorsion.sources.formats.ledger_references import check_references
from retorsion.sources.formats.news_rejections import LAYOUT as REJECTIONS
from retorsion.sources.rows import messages, raise_first
from retorsion.sources.sidecar import SIDECAR, pinned
from retorsion.sources.text.recorded import read_complete
from retorsion.sources.text.strict_csv import read_strict_csv
from retorsion.steps.ledgers import Ledgers, read_ledgers
from retorsion.steps.raw import data_file, sidecar_of

#: The source that keeps rejected readings.
REJECTED = "news_rejections"

#: Files of a ledger that decisions may add to.
_PARTS = ("acts", "totals", "replies", "pages")

_SHOWN = 20


def run(
    file: Annotated[
        Path, typer.Argument(help="Decided candidates: the CSV that the page of candidates saves.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")
    ] = False,
) -> None:
    """Write accepted candidates into the ledgers, with their pages, and keep the rejected ones."""
    ledgers = read_ledgers(project.parameters().sources, [])
    rows = read_decisions(file)
    n_all, open_rows = len(rows), rows["decision"].null_count()
    rows = without_known(rows, ledgers.parts["pages"])
    refuse(decision_faults(rows, _grounds(ledgers), file=file.name))
    found = _entries(rows, ledgers)
    for ledger, added in found.items():
        before = _as_text(project.RAW / ledger / "acts.csv", LAYOUTS["acts"].columns)
        refuse(layout_faults(added.new, before, file=file.name))
    texts = _texts(found)
    check_together(texts, ledgers)
    kept = _kept(rows, texts)
    for text in _told(found):
        typer.echo(text)
    if not dry_run:
        for path, text in texts.items():
            write_whole(path, text.encode())
        for folder in sorted({path.parent for path in texts}):
            _pin(folder)
    typer.echo(
        f"{file.name}: {n_all} rows, {n_all - open_rows} decided ({n_all - len(rows)} taken before), {open_rows} open. "
        f"{'Would write' if dry_run else 'Written'}: {_count(found, 'acts')} acts, {_count(found, 'totals')} totals, "
        f"{_count(found, 'replies')} replies, {_count(found, 'pages')} pages; {kept} rejected readings kept."
    )
    if texts and not dry_run:
        typer.echo("Look at `git diff data/raw`, then run `dvc repro`.")


def refuse(said: Sequence[str]) -> None:
    """Show every fault on the terminal and stop with the first; do nothing without any."""
    for one in said[1:_SHOWN]:
        typer.echo(f"refused: {one}", err=True)
    raise_first(said)


def check_together(texts: Mapping[Path, str], ledgers: Ledgers) -> None:
    """Read the new files as a build would, before anything is written.

    Args:
        texts: New contents by file.
        ledgers: All ledgers as they are.

    Raises:
        RetorsionError: the ledgers would not fit together; names the first place.
    """
    parts = dict(ledgers.parts)
    with tempfile.TemporaryDirectory() as folder:
        for path, text in texts.items():
            source, part = path.parent.name, path.stem
            new = Path(folder) / path.name
            new.write_text(text, encoding="utf-8")
            read = read_part(new, part, source_id=source)
            if len(read.rejected):
                raise RetorsionError(messages(read.rejected)[0])
            others = parts[part].filter(pl.col("source_id") != source)
            parts[part] = pl.concat([others, read.accepted])
    check_references(parts, ledgers.act_types, ledgers.hosts)


def _grounds(ledgers: Ledgers) -> Grounds:
    pairs = [frozenset(project.case(name).pair) for name in project.parameters().cases]
    return Grounds(ledgers.act_types, ledgers.hosts, ledgers.parts["acts"]["act_id"].to_list(), pairs)


def _entries(rows: pl.DataFrame, ledgers: Ledgers) -> dict[str, Entries]:
    """What decisions add to each ledger.

    Raises:
        RetorsionError: a pair has a case, but no ledger.
    """
    acts, coverage = ledgers.parts["acts"], ledgers.parts["coverage"]
    of_pair = {
        frozenset(own["side_code"]): str(ledger)
        for (ledger,), own in coverage.group_by("source_id", maintain_order=True)
    }
    try:
        return entries(
            rows,
            dict(ledgers.act_types.select("act_type", "domain_type").iter_rows()),
            of_pair,
            dict(acts.select("act_id", "source_id").iter_rows()),
        )
    except KeyError as missing:
        sides = " and ".join(sorted(missing.args[0]))
        raise RetorsionError(
            f"no ledger covers {sides}. Make a folder of data/raw for the pair, name it in params.yaml under "
            "sources.ledgers, and say in its coverage.csv what was searched"
        ) from None


def _texts(found: Mapping[str, Entries]) -> dict[Path, str]:
    """New contents of the files that change."""
    texts = {}
    for ledger, added in found.items():
        for part in _PARTS:
            path, columns = project.RAW / ledger / f"{part}.csv", LAYOUTS[part].columns
            if added.new.get(part) or (part == "acts" and added.pages):
                before = _rows(_as_text(path, columns))
                texts[path] = as_csv(with_entries(part, before, added), columns)
    return texts


def _kept(rows: pl.DataFrame, texts: dict[Path, str]) -> int:
    """Add the file of rejected readings to the files that change, if there are new ones; how many there are."""
    if decided(rows, "reject").is_empty():
        return 0
    path = data_file(REJECTED)
    before = _rows(_as_text(path, REJECTIONS.columns))
    new = rejections(rows, before)
    if new:
        texts[path] = as_csv([*before, *new], REJECTIONS.columns)
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / path.name
            made.write_text(texts[path], encoding="utf-8")
            read_complete(made, "news_rejections", source_id=REJECTED)
    return len(new)


def _pin(folder: Path) -> None:
    path = folder / SIDECAR
    text = pinned(path.read_text(encoding="utf-8"), sidecar_of(folder.name), folder)
    write_whole(path, text.encode())


def _as_text(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    return read_strict_csv(path, columns)


def _rows(frame: pl.DataFrame) -> list[Row]:
    return [
        {name: value or "" for name, value in row.items()} for row in frame.drop("row").iter_rows(named=True)
    ]


def _told(found: Mapping[str, Entries]) -> list[str]:
    """One line for each row that is added."""
    lines: list[str] = []
    for ledger, added in sorted(found.items()):
        new = added.new
        lines += [f"{ledger}/acts.csv: {row['act_id']}: {row['summary']}" for row in new.get("acts", [])]
        lines += [f"{ledger}/totals.csv: {row['total_id']}: {row['scope']}" for row in new.get("totals", [])]
        lines += [
            f"{ledger}/replies.csv: {row['reply_act_id']} answers {row['act_id']}"
            for row in new.get("replies", [])
        ]
        lines += [
            f"{ledger}/acts.csv: {act_id}: one more page, {' '.join(urls)}"
            for act_id, urls in added.pages.items()
        ]
    return lines


def _count(found: Mapping[str, Entries], part: str) -> int:
    return sum(len(added.new.get(part, [])) for added in found.values())
