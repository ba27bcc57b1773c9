"""What steps share: where raw sources lie, and what of them could not be accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import typer

from retorsion import project
from retorsion.errors import RetorsionError, did_you_mean
from retorsion.sources.limits import raised
from retorsion.sources.rows import messages
from retorsion.sources.sidecar import SIDECAR, Sidecar, load_sidecar
from retorsion.sources.text.recorded import read_complete

T = TypeVar("T")


def sidecar_of(source: str) -> Sidecar:
    """The sidecar of a source.

    Raises:
        RetorsionError: there is no such source.
    """
    path = project.RAW / source / SIDECAR
    if not path.is_file():
        known = sorted(folder.parent.name for folder in project.RAW.glob(f"*/{SIDECAR}"))
        raise RetorsionError(
            f"there is no source {source!r} in data/raw.{did_you_mean(source, known)} "
            f"The sources are: {', '.join(known)}"
        )
    return load_sidecar(path)


def data_file(source: str) -> Path:
    """The one data file of a source, as its sidecar names it."""
    return project.RAW / source / sidecar_of(source).files[0].path


def read_raw(source: str, read: Callable[..., T], *given: Any, file: str | None = None, **options: Any) -> T:
    """What a function reads from a file of a source, within the limits that its sidecar raises.

    Args:
        source: its id.
        read: takes the path, then what follows, and ``source_id``.
        given: for ``read``, such as a layout.
        file: name of a file beside the data; by default the one data file.
        options: for ``read``.
    """
    sidecar = sidecar_of(source)
    with raised(sidecar.limits):
        return read(
            project.RAW / source / (file or sidecar.files[0].path), *given, source_id=source, **options
        )


def keep_quarantine(stage: str, rejected: list[pl.DataFrame]) -> None:
    """Write the rows that a stage could not accept, and show them on the terminal."""
    show_quarantine(project.save_quarantine(stage, rejected))


def show_quarantine(rejected: pl.DataFrame, where: Path | None = None) -> None:
    """Show on the terminal which rows could not be accepted, and why."""
    for message in messages(rejected.head(20)):
        typer.echo(f"quarantined: {message}", err=True)
    if len(rejected) > 20:
        place = (where or project.TABLES / "quarantine").relative_to(project.ROOT).as_posix()
        typer.echo(f"quarantined: and {len(rejected) - 20} rows more, see {place}", err=True)


def currencies(rates: pl.DataFrame) -> list[str]:
    """Currencies that can be converted: those of ``exchange_rates``, and the euro that they are quoted in."""
    return ["EUR", *rates["currency_code"].unique().sort()]


def read_observed(folder: Path) -> pl.DataFrame | None:
    """The record of a list's earlier vintages, ``observed.csv`` in its folder; None where there is none.

    Raises:
        RetorsionError: a row that is not in the layout.
    """
    if not (folder / "observed.csv").exists():
        return None
    with raised(sidecar_of(folder.name).limits):
        return read_complete(folder / "observed.csv", "observed_list", source_id=folder.name)
