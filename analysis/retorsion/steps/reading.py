"""Raw sources read with the reader that their sidecars name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.sources.limits import raised
from retorsion.sources.readers import reader
from retorsion.sources.rows import Rows
from retorsion.sources.sidecar import SIDECAR
from retorsion.steps.raw import sidecar_of


def read_files(source: str, options: Mapping[str, Any]) -> list[Rows]:
    """Rows of each data file of a source, read with those of its options that are the reader's."""
    path = project.RAW / source / SIDECAR
    sidecar = sidecar_of(source)
    reading = reader(sidecar.reader, path)
    own = {name: options[name] for name in reading.options if name in options}
    if "as_of" in reading.options:  # what a file has not published yet depends on the day it was fetched
        own.setdefault("as_of", sidecar.date_accessed or sidecar.date_published)
    with raised(sidecar.limits):
        return [
            reading.read(project.RAW / source / file.path, source_id=source, **own)
            for file in sidecar.data_files
        ]


def read_one(source: str, options: Mapping[str, Any]) -> Rows:
    """Rows of the only data file of a source.

    Raises:
        RetorsionError: it has several.
    """
    read = read_files(source, options)
    if len(read) != 1:
        raise RetorsionError(
            f"{source}: has {len(read)} data files where one vintage is read. Keep the newest"
        )
    return read[0]
