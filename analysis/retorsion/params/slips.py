"""A slip in a file of options in one line: its place, its value, and what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from retorsion.errors import ParameterError, did_you_mean
from retorsion.params.options import Options
from retorsion.sources.yaml_text import read_mapping

R = TypeVar("R", bound=Options)


def address(path: Path) -> str:
    """A file as messages call it."""
    return path.name if path.name == "params.yaml" else f"data/cases/{path.name}"


def read_record(path: Path, kind: type[R]) -> R:
    """The record of a YAML file; JSON in between, in which a date has to be text and no text is a number."""
    return validated(read_mapping(path, ParameterError), path, kind)


def validated(loaded: Mapping[Any, Any], path: Path, kind: type[R]) -> R:
    """The record of what a file holds; its slips are raised as one ParameterError, a line each."""
    text = json.dumps(_plain(loaded, path))
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        said = [_explained(path, kind, one) for one in _causes(error.errors(), kind)]
        raise ParameterError("\n".join(dict.fromkeys(said))) from None


def _plain(value: Any, path: Path, place: tuple[str, ...] = ()) -> Any:
    """Values as JSON has them; a date, a key or a number that needs quotes is named."""
    where = ", ".join((address(path), *([".".join(place)] if place else [])))
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ParameterError(f'{where}: the key {key} needs quotes. Write "{key}"')
        return {key: _plain(one, path, (*place, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, path, (*place, str(number))) for number, one in enumerate(value)]
    if isinstance(value, date):
        raise ParameterError(f'{where}, value {value}: needs quotes. Write "{value}"')
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise ParameterError(f"{where}, value {value}: is not a number. Write a finite one")
    return value


def _causes(errors: Sequence[Any], kind: type[Options]) -> list[Any]:
    """Errors without those that follow from another: a misspelt key leaves one missing, a bad item a list short."""
    misspelt = {
        (*one["loc"][:-1], *get_close_matches(str(one["loc"][-1]), _keys(kind, one["loc"][:-1]), n=1))
        for one in errors
        if one["type"] == "extra_forbidden"
    }
    places = [tuple(one["loc"]) for one in errors]
    return [
        one
        for one, place in zip(errors, places, strict=True)
        if not (one["type"] == "missing" and place in misspelt)
        and not (
            one["type"] == "too_short"
            and any(len(p) > len(place) and p[: len(place)] == place for p in places)
        )
    ]


def _explained(path: Path, kind: type[Options], error: Any) -> str:
    """One slip in one line."""
    loc = tuple(part for part in error["loc"] if part not in ("decay", "step", "around"))
    place = ".".join(str(part) for part in loc if part != "[key]")
    where = f"{address(path)}, {place}" if place else address(path)
    value = error["input"]
    written = (
        f", value {value!r}" if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    )
    if isinstance(value, bool):
        written = f", value {str(value).lower()}"
    if error["type"] == "extra_forbidden":
        fields = _keys(kind, loc[:-1])
        parent = ".".join(map(str, loc[:-1]))
        return (
            f"{address(path)}{f', {parent}' if parent else ''}: has no option {loc[-1]!r}."
            f"{did_you_mean(str(loc[-1]), fields)} It takes: {', '.join(fields)}"
        )
    if error["type"] == "missing":
        parent = ".".join(map(str, loc[:-1]))
        what = "the second of two values" if isinstance(loc[-1], int) else loc[-1]
        return f"{address(path)}{f', {parent}' if parent else ''}: lacks {what}. Add it"
    if error["type"] == "value_error":
        return f"{where}{written}: {error['ctx']['error']}"
    if error["type"] in ("literal_error", "union_tag_invalid"):
        value = error["ctx"].get("tag", value)
        written = f", value {value!r}"
        allowed = re.findall(
            r"'([^']*)'", str(error["ctx"].get("expected") or error["ctx"].get("expected_tags"))
        )
        return f"{where}{written}: is unknown.{did_you_mean(str(value), allowed)} Use one of: {', '.join(allowed)}"
    if value is None:
        return f"{where}: is empty, which it may not be. Fill it in"
    if error["type"] == "too_short":
        return (
            f"{where}: is empty, which it may not be. Fill it in, or leave the key out where it may be absent"
        )
    message = error["msg"].removeprefix("Input should be ").removeprefix("Value ").rstrip(".")
    return f"{where}{written}: should be {message}"


def _keys(kind: type[Options], loc: tuple[Any, ...]) -> list[str]:
    """Keys of the record at a place."""
    at: Any = kind
    for part in loc:
        at = _inside(at, part)
    at = _model(at)
    if at is None:
        return []
    return [field.alias or name for name, field in at.model_fields.items() if not field.exclude]


def _inside(annotation: Any, part: Any) -> Any:
    model = _model(annotation)
    if model is not None and isinstance(part, str):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
        return annotation
    arguments = [one for one in get_args(annotation) if one is not type(None) and one is not Ellipsis]
    if get_origin(annotation) is Annotated:
        return _inside(arguments[0], part)
    if get_origin(annotation) in (Union, UnionType):
        return _inside(arguments[0], part)
    return arguments[-1] if arguments else annotation


def _model(annotation: Any) -> type[Options] | None:
    if isinstance(annotation, type) and issubclass(annotation, Options):
        return annotation
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return next((found for one in get_args(annotation) if (found := _model(one)) is not None), None)
    return None
