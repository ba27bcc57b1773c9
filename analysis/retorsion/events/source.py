"""A source of events as ``params.yaml`` describes it, and what its files are recognised by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from retorsion.errors import ParameterError, RetorsionError
from retorsion.events import events as ev
from retorsion.events import series as series

#: Changes when the same inputs become other rows.
LAYOUT = 2
#: Bytes of each end of a file that its fingerprint covers.
ENDS = 2**20


@dataclass(frozen=True)
class Source:
    """One source of events as ``params.yaml`` describes it.

    Attributes:
        source_id: its name.
        reader: gdelt, icews or polecat.
        paths: its files; packed ones are unpacked one at a time.
        pairs: the pairs of states that are kept; all if None.
    """

    source_id: str
    reader: str
    paths: tuple[Path, ...]
    pairs: tuple[tuple[str, str], ...] | None = None

    @property
    def coding(self) -> ev.Coding:
        """How it codes events.

        Raises:
            RetorsionError: unknown reader.
        """
        known = ev.codings()
        if self.reader not in known:
            raise RetorsionError(
                f"events.{self.source_id}: reader {self.reader!r} is unknown. "
                f"Choose one of {', '.join(known)}"
            )
        return known[self.reader]


def described(source_id: str, options: Mapping[str, Any], root: Path) -> Source:
    """A source as the section ``events`` of ``params.yaml`` describes it.

    Args:
        source_id: its name there.
        options: ``reader``, ``files`` (a pattern, relative to the project or absolute), and ``pairs`` or not.
        root: folder of the project.

    Raises:
        ParameterError: a key is missing, or no file matches.
    """
    missing = {"reader", "files"} - options.keys()
    if missing:
        raise ParameterError(f"params.yaml, events.{source_id}: lacks {', '.join(sorted(missing))}. Add it")
    pattern = Path(options["files"]).expanduser()
    base = Path(pattern.anchor) if pattern.is_absolute() else root
    paths = sorted(base.glob(str(pattern.relative_to(base) if pattern.is_absolute() else pattern)))
    if not paths:
        raise ParameterError(f"params.yaml, events.{source_id}.files: no file is named {pattern}")
    pairs = options.get("pairs")
    return Source(
        source_id,
        options["reader"],
        tuple(paths),
        None if pairs is None else tuple((str(a), str(b)) for a, b in pairs),
    )


def input_of(path: Path) -> dict[str, Any]:
    """Name, size and hash of both ends of a file."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        ends = stream.read(ENDS)
        stream.seek(max(size - ENDS, 0))
        ends += stream.read(ENDS)
    return {"file": path.name, "n_bytes": size, "sha256_ends": hashlib.sha256(ends).hexdigest()}


def fingerprint(source: Source, inputs: Sequence[Mapping[str, Any]], scores: pl.DataFrame) -> str:
    """What a table of events depends on, in sixteen digits."""
    stated = {
        "layout": LAYOUT,
        "source_id": source.source_id,
        "reader": source.reader,
        "pairs": source.pairs,
        "inputs": list(inputs),
        "scores": hashlib.sha256(scores.write_csv().encode()).hexdigest(),
        "states": hashlib.sha256(ev.states_of(source.reader).write_csv().encode()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:16]
