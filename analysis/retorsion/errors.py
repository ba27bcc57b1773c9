"""The project's own errors: each says what is wrong, where, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from difflib import get_close_matches
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


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """The known word nearest to one that is not known, as a sentence after a blank; empty if none is near."""
    near = get_close_matches(written, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
