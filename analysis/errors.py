"""The project's own errors: each says what is wrong, where, and what to do."""

from __future__ import annotations

import textwrap
from pathlib import Path


class RetorsionError(Exception):
    """Anything that is wrong with input, configuration or a source; never a bug of the code."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: what is wrong and what to do, without the frames that led there."""
        return [f"{type(self).__name__}:", *textwrap.wrap(str(self), 100)]


class SourceError(RetorsionError):
    """A file that cannot be read as what its sidecar says it is."""

    def __init__(
        self,
        file: Path | str,
        problem: str,
        *,
        remedy: str,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
    ) -> None:
        self.file, self.row, self.column, self.value = str(file), row, column, value
        self.problem, self.remedy = problem, remedy
        place = self.file
        if row is not None:
            place += f", row {row}"
        if column is not None:
            place += f", column {column!r}"
        if value is not None:
            place += f", value {value!r}"
        super().__init__(f"{place}: {problem}. {remedy}")


class FetchError(RetorsionError):
    """An artifact that could not be had as pinned; the last good copy is still in place."""


class ParameterError(RetorsionError):
    """A value in ``params.yaml`` that cannot be used."""


class NotEstimable(RetorsionError):  # noqa: N818 - it is a statement about the data, not a failure
    """The data are too thin or degenerate for the estimate that was asked for; says why."""
