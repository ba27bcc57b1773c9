"""Records that are kept as YAML, checked as they are read: each slip with its place and what to write."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from retorsion.errors import RetorsionError, SourceError, did_you_mean
from retorsion.sources.yaml_text import read_mapping

#: Configuration of such a record.
RECORD = ConfigDict(extra="forbid")

Text = Annotated[str, Field(pattern=r"\S")]
R = TypeVar("R")


def load_record(path: Path, record: type[R], called: str) -> R:
    """The record of a YAML file.

    Args:
        path: the file.
        record: a dataclass of pydantic, whose fields describe what to write.
        called: what has its fields, for messages.

    Raises:
        SourceError: a field is missing, unknown or of another kind; names the file, the field and the value.
        RetorsionError: the file cannot be read as plain YAML.
    """
    loaded = read_mapping(path, lambda said: RetorsionError(f"{path}{said.removeprefix(path.name)}"))
    if odd := [key for key in loaded if not isinstance(key, str)]:
        raise SourceError(path, "is a field whose name is no text", column=odd[0], remedy="Put it in quotes.")
    described = fields(record)  # type: ignore[arg-type]
    may_be_absent = [
        one.name for one in described if (one.default, one.default_factory) != (MISSING, MISSING)
    ]
    for name in may_be_absent:
        if name in loaded and loaded[name] is None:
            raise SourceError(
                path, "is empty, which it may not be", column=name, remedy=_remedy(record, (name,))
            )
    try:
        return TypeAdapter(record).validate_python(loaded)
    except ValidationError as error:
        raise _explained(path, record, called, min(error.errors(), key=_first)) from None


def _first(error: Any) -> tuple[int, int, list[str]]:
    """Order of errors: causes before what follows from them, then by place.

    A misspelt field leaves another missing, and an item that is not right leaves a list short.
    """
    rank = {"unexpected_keyword_argument": 0, "too_short": 2}.get(error["type"], 1)
    return rank, -len(error["loc"]) if rank == 2 else 0, [str(part) for part in error["loc"]]


def _explained(path: Path, record: type, called: str, error: Any) -> SourceError:
    place = tuple(part for part in error["loc"] if isinstance(part, int) or part in _names(record))
    column, value = ".".join(map(str, place)) or None, error["input"]
    if error["type"] == "unexpected_keyword_argument":
        name = str(error["loc"][-1])
        column = ".".join(map(str, error["loc"]))
        near = did_you_mean(name, _names(record)) if len(error["loc"]) == 1 else ""
        return SourceError(
            path,
            f"is not a field of {called}",
            column=column,
            remedy=f"Remove it or correct its spelling.{near}",
        )
    remedy = _remedy(record, place)
    if error["type"] == "missing":
        return SourceError(path, "is missing", column=column, remedy=remedy)
    problem = "is empty, which it may not be" if value is None else "is not what this field holds"
    shown = value if isinstance(value, str | int | float) else None
    return SourceError(path, problem, column=column, value=shown, remedy=remedy)


def _names(record: type) -> set[str]:
    """Names of the fields of a record and of those inside it."""
    found: set[str] = set()
    for name, annotation in get_type_hints(record).items():
        found.add(name)
        for inner in _inside(annotation):
            found |= _names(inner)
    return found


def _inside(annotation: Any) -> list[type]:
    """Records that a type is made of."""
    if isinstance(annotation, type) and is_dataclass(annotation):
        return [annotation]
    return [one for part in get_args(annotation) for one in _inside(part)]


def _remedy(record: type, place: tuple[Any, ...]) -> str:
    """What to write at a place: the description of the innermost field that has one."""
    told = "Correct it."
    at: type | None = record
    for part in place:
        if at is None or isinstance(part, int):
            continue
        field = at.__pydantic_fields__[part]  # type: ignore[attr-defined]
        told = field.description or told
        at = next(iter(_inside(get_type_hints(at)[part])), None)
    return told
