"""Known errors of a source: its ``corrections.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from retorsion.errors import SourceError
from retorsion.sources.yaml_record import RECORD, Text, load_record


@dataclass(frozen=True, config=RECORD)
class Correction:
    """One known error of a source.

    Attributes:
        file: file of the source.
        row: column to value, as text, of the columns that single the row out; None for an empty cell.
        column: column that holds the value.
        value: the value as published, as text.
        status: ``corrected``: use ``expected``; ``doubtful``: keep the value and mark it.
        expected: the right value, as text; None where not known.
        reason: how the error is known.
        provider: who published the value.
    """

    file: Annotated[Text, Field(description="Name the file of the source that holds the row.")]
    row: Annotated[
        Mapping[str, str | None],
        Field(
            min_length=1,
            description="Give the values, as text, of the columns that single the row out; null for an empty "
            "cell.",
        ),
    ]
    column: Annotated[Text, Field(description="Name the column that holds the value.")]
    value: Annotated[str, Field(description="Quote the value as published, as text.")]
    status: Annotated[
        Literal["corrected", "doubtful"],
        Field(
            description="Write corrected to use the expected value, doubtful to keep and mark the published one."
        ),
    ]
    expected: Annotated[
        str | None, Field(description="Quote the value that is right, as text; null where it is not known.")
    ]
    reason: Annotated[Text, Field(description="Say how the error is known.")]
    provider: Annotated[Text, Field(description="Name who published the value.")]


@dataclass(frozen=True, config=RECORD)
class _Corrections:
    """Contents of ``corrections.yaml``."""

    corrections: Annotated[
        tuple[Correction, ...],
        Field(min_length=1, description="List at least one correction, or remove the file."),
    ]


def read_corrections(path: Path) -> list[Correction]:
    """Read the known errors of a source.

    Args:
        path: its ``corrections.yaml``.

    Returns:
        The corrections in the order of the file.

    Raises:
        SourceError: a field is wrong; names the file, the field and the value.
        RetorsionError: the file is missing or cannot be read as plain YAML.
    """
    corrections = list(load_record(path, _Corrections, "a correction").corrections)
    for number, one in enumerate(corrections):
        if one.status == "corrected" and one.expected is None:
            raise SourceError(
                path,
                "is empty, which it may not be",
                column=f"corrections.{number}.expected",
                remedy="A correction needs its expected value, as text.",
            )
    return corrections
