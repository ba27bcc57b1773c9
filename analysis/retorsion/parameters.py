"""``params.yaml``: read, and checked against ``params.schema.json`` before anything uses it.

A key that is misspelled would otherwise leave out a part of the findings, or let a default take the place of
what was meant. The schema says which keys there are and what each holds; what no schema can say is checked
here: that codes of states are known, that the sources that are named are there, that spans do not end before
they begin.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from retorsion.errors import ParameterError, did_you_mean
from retorsion.sources.sidecar import UniqueKeys, is_day

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

#: Parameters that name an entry of a section, each with the section; a star stands for any key.
REFERENCES = {
    ("checks", "counts", "list"): ("sources", "lists"),
    ("checks", "figures", "flows"): ("sources", "flows"),
    ("escalation", "excitation", "with_driver"): ("escalation", "excitation", "variants"),
    ("escalation", "excitation", "without_driver"): ("escalation", "excitation", "variants"),
    ("escalation", "excitation", "variants", "*", "drivers", "*"): ("escalation", "excitation", "drivers"),
    ("escalation_events", "source"): ("events",),
    ("impact", "monthly", "source"): ("sources", "flows"),
    ("impact", "pairwise", "source"): ("sources", "flows"),
}

#: Keys of two values, or of a list, that may not fall.
RISING = (("start", "end"), ("from", "to"), ("base_year", "comparison_year"))
RISING_LISTS = ("years", "half_life_limits")


class _Loader(UniqueKeys, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # either
    """YAML without keys given twice; a date that stands without quotes stays one, so that it can be named."""


def _timestamp(loader: Any, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:  # no such day: the schema names it
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)


def read_params(path: Path, raw: Path) -> dict[str, Any]:
    """Read and check the parameters.

    Args:
        path: ``params.yaml``.
        raw: ``data/raw``, for the sources and types of acts that the parameters name.

    Returns:
        The parameters, every key one that the code knows.

    Raises:
        ParameterError: the file is missing or not YAML, or a parameter is unknown, missing or not what it
            should hold; names the parameter, its value and what to write.
    """
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise ParameterError(f"{path.name}: is missing. Restore it with `git checkout {path.name}`") from None
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path.name}: is not UTF-8 ({error.reason}). Save it as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        raise ParameterError(
            f"{path.name}{line}: is not YAML ({problem}). Correct the line; quote a text that holds a colon"
        ) from None
    if not isinstance(loaded, dict):
        raise ParameterError(f"{path.name}: holds no parameters. Write one `name: value` a line")
    check(loaded, raw)
    return loaded


def check(params: Mapping[str, Any], raw: Path) -> None:
    """Check parameters. Arguments and errors as :func:`read_params`."""
    from jsonschema_rs import Draft202012Validator

    known = {"source": lambda: _sources(raw), "act_type": lambda: _act_types(params, raw)}
    formats: dict[str, Callable[[str], bool]] = {
        "day": is_day,
        "state": _is_state,
        "source": lambda name: (raw / name / "source.yaml").is_file(),
        "act_type": lambda name: name in (known["act_type"]() or [name]),
    }
    plain = _plain(params)
    try:
        validator = Draft202012Validator(schema(), formats=formats, validate_formats=True)
        errors = list(validator.iter_errors(plain))
    except ValueError as error:  # such as .inf, which JSON does not have
        raise ParameterError(f"params.yaml: holds what is no text, number or list ({error})") from None
    if errors:
        raise _explained(min(errors, key=_first), known)
    for problem in (*_dangling(params), *_falling(params)):
        raise ParameterError(problem)


def schema() -> dict[str, Any]:
    """The schema of ``params.yaml``."""
    text = files("retorsion").joinpath("params.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _is_state(code: str) -> bool:
    from retorsion.sources.states import known_codes

    return code in known_codes()


def _sources(raw: Path) -> list[str]:
    return sorted(path.parent.name for path in raw.glob("*/source.yaml"))


def _act_types(params: Mapping[str, Any], raw: Path) -> list[str]:
    """The vocabulary of the ledger; empty where there is no ledger, which is then what is wrong."""
    path = raw / str((params.get("sources") or {}).get("ledger")) / "act_types.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        return [row.get("act_type") or "" for row in csv.DictReader(stream)]


def _plain(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Parameters as JSON, with null for every mapping without keys: both leave a section out.

    Raises:
        ParameterError: a date or a number that has to stand in quotes.
    """
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ParameterError(f'{_place(path)}: the key {key} has to stand in quotes. Write "{key}"')
        return {key: _plain(one, (*path, key)) for key, one in value.items()} or None
    if isinstance(value, list):
        return [_plain(one, (*path, str(number))) for number, one in enumerate(value)]
    if isinstance(value, date):
        raise ParameterError(f'{_place(path)}, value {value}: is not in quotes. Write "{value}"')
    return value


def _place(path: Sequence[object]) -> str:
    return f"params.yaml, {'.'.join(map(str, path))}" if path else "params.yaml"


def _first(error: ValidationError) -> tuple[bool, list[str]]:
    """Order of errors: a misspelled key leaves another missing, so that it is told first."""
    return error.kind.name != "additionalProperties", [str(part) for part in error.instance_path]


def _explained(error: ValidationError, known: Mapping[str, Callable[[], list[str]]]) -> ParameterError:
    """What is wrong, in one line."""
    *steps, rule = error.schema_path
    spec: Any = schema()
    for step in steps:
        spec = spec[step]
    place = _place(error.instance_path)
    named = getattr(error.kind, "error", None)  # of a key: the name itself is wrong
    value: Any = error.instance if named is None else named.instance
    told = spec.get("description")
    if rule == "additionalProperties":
        fields = spec["properties"]
        unknown = next(key for key in value if key not in fields and not key.startswith("x_"))
        return ParameterError(
            f"{place}: has no parameter {unknown!r}.{did_you_mean(unknown, fields)} "
            f"It takes: {', '.join(fields)}"
        )
    if rule == "required":
        missing = [key for key in spec["required"] if key not in value]
        return ParameterError(f"{place}: lacks {', '.join(missing)}. {told or 'Add it.'}")
    if rule == "enum":
        allowed = ["null" if one is None else str(one) for one in spec["enum"]]
        told = f"Use one of: {', '.join(allowed)}."
    else:
        form = spec.get("format")
        allowed = known[form]() if form in known else []
        told = told or (
            f"Write {' or '.join([spec['type']] if isinstance(spec['type'], str) else spec['type'])}."
        )
    written = f", value {value!r}" if isinstance(value, str | int | float) else ""
    problem = "is empty, which it may not be" if value is None else "is not what it holds"
    return ParameterError(f"{place}{written}: {problem}.{did_you_mean(str(value), allowed)} {told}")


def _dangling(params: Mapping[str, Any]) -> Iterator[str]:
    """Parameters that name what the section they refer to does not have."""
    for path, section in REFERENCES.items():
        there = next((found for _, found in _at(params, section)), None) or {}
        for where, name in _at(params, path):
            if name not in there:
                yield (
                    f"params.yaml, {'.'.join(where)}, value {name!r}: is not in {'.'.join(section)}."
                    f"{did_you_mean(str(name), there)} Use one of: {', '.join(there) or 'none is there'}"
                )


def _at(
    value: Any, path: tuple[str, ...], before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value at a path, with the path."""
    if not path:
        if value is not None:
            yield before, value
        return
    items = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, one in items:
        if path[0] in ("*", key):
            yield from _at(one, path[1:], (*before, str(key)))


def _falling(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Spans that end before they begin."""
    items = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, one in items:
        yield from _falling(one, (*path, str(key)))
        if key in RISING_LISTS and isinstance(one, list) and one != sorted(one):
            yield f"params.yaml, {'.'.join((*path, str(key)))}, value {one}: falls. Write the first one first"
    if isinstance(value, dict):
        for first, last in RISING:
            if first in value and last in value and value[last] < value[first]:
                yield (
                    f"params.yaml, {'.'.join((*path, last))}, value {value[last]!r}: is before "
                    f"{first} ({value[first]!r}). Correct one of the two"
                )
