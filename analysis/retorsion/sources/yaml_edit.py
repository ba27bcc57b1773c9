"""Edits of the project's YAML files that keep comments, order and layout."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import yaml as yaml_1_1
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from retorsion.errors import RetorsionError
from retorsion.sources.yaml_text import parse_mapping

#: Keys and positions from the outside in.
Place = tuple[str | int, ...]

#: A value that takes the place's key away.
REMOVED = object()


def edited(text: str, new: Mapping[Place, Any], name: str) -> str:
    """Text of a YAML file with other values at some places.

    Args:
        text: of the file, which holds one mapping.
        new: place to its value. A key that is not there is added at the end of its mapping, and a mapping in
            which to put it too; a position after the last is appended to its list; :data:`REMOVED` takes a key
            away. A list or mapping inside a value is written on one line.
        name: of the file, for messages.

    Returns:
        The text; whatever is not edited stays as it is, comments too.

    Raises:
        RetorsionError: the text is not plain YAML (see :mod:`retorsion.sources.yaml_text`), or a place leads
            through what is no mapping or list.
    """
    parse_mapping(text, name, RetorsionError)
    yaml = _editor(text)
    whole = yaml.load(text)
    for place, value in new.items():
        _put(whole, place, value, name)
    stream = io.StringIO()
    yaml.dump(whole, stream)
    return stream.getvalue()


def _editor(text: str) -> YAML:
    """An editor that writes lists at the depth at which the text has them."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    dashes = [line for line in text.splitlines() if line.lstrip().startswith("- ")]
    is_indented = not dashes or dashes[0].startswith(" ")
    yaml.indent(mapping=2, sequence=4 if is_indented else 2, offset=2 if is_indented else 0)
    yaml.representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    return yaml


def _put(whole: Any, place: Place, value: Any, name: str) -> None:
    at = whole
    for depth, part in enumerate(place[:-1]):
        _check_inside(at, part, place[: depth + 1], name)
        inner = at.get(part) if isinstance(at, dict) else at[part]
        if inner is None:
            inner = at[part] = CommentedMap()
        at = inner
    last: Any = place[-1]
    is_next = isinstance(at, list) and last == len(at)
    if is_next and value is not REMOVED:
        at.append(_flow(value))
        return
    _check_inside(at, last, place, name)
    if value is not REMOVED:
        at[last] = _flow(value)
    elif isinstance(at, list) or last in at:
        del at[last]


def _check_inside(at: Any, part: str | int, place: Place, name: str) -> None:
    """Raise RetorsionError unless a key or position can be in what stands above it."""
    is_there = isinstance(at, dict) if isinstance(part, str) else isinstance(at, list) and 0 <= part < len(at)
    if not is_there:
        raise RetorsionError(f"{name}: has no place {_written(place)}. Correct the file, or add it by hand")


def _written(place: Place) -> str:
    return ".".join(map(str, place)) or "the file"


def _flow(value: Any) -> Any:
    """A value whose lists and mappings are written on one line."""
    if isinstance(value, Mapping):
        made = CommentedMap({_flow(key): _flow(one) for key, one in value.items()})
        made.fa.set_flow_style()
        return made
    if isinstance(value, list | tuple):
        listed = CommentedSeq(_flow(one) for one in value)
        listed.fa.set_flow_style()
        return listed
    if isinstance(value, str) and not _is_plain(value):
        return DoubleQuotedScalarString(value)
    return value


def _is_plain(text: str) -> bool:
    """Whether a text needs no quotes, also for readers of YAML 1.1, to whom ``on`` is a truth."""
    return re.fullmatch(r"[A-Za-z](?:[\w ./-]*\w)?", text) is not None and yaml_1_1.safe_load(text) == text
