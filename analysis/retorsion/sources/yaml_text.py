"""YAML as the project's files use it: mappings, lists and plain values, and nothing that makes a small file large."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import yaml

from retorsion.errors import RetorsionError
from retorsion.sources.limits import limit


class _ErrorKind(Protocol):
    def __call__(self, message: str, /) -> RetorsionError: ...


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # either of the two
    """YAML without keys given twice. A date without quotes stays one, so that it can be named."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping, unless it has a key twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is given twice", key.start_mark
                )
            seen.add(str(key.value))
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


def _timestamp(loader: Any, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:  # no such day: whoever checks the value names it
        return node.value


def _number(loader: Any, node: yaml.ScalarNode) -> Any:
    """A number, unless it is one of YAML 1.1 in base 60, which nobody means: 12:30 is a text, as in YAML 1.2."""
    if ":" in node.value:
        return node.value
    is_whole = node.tag.endswith(":int")
    return loader.construct_yaml_int(node) if is_whole else loader.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


def read_mapping(path: Path, error: _ErrorKind) -> dict[Any, Any]:
    """Read a file that holds one mapping.

    Args:
        path: the file.
        error: the kind of error to raise.

    Returns:
        The mapping. Days without quotes are dates.

    Raises:
        RetorsionError: of the kind ``error``: the file is missing, a folder, too large or not UTF-8; it is not YAML; it
            has an anchor, an alias, a tag or a key given twice, or is nested too deeply; it holds no mapping.
    """
    return parse_mapping(_text_of(path, error), path.name, error)


def _text_of(path: Path, error: _ErrorKind) -> str:
    name = path.name
    try:
        if path.stat().st_size > limit("yaml_bytes"):
            raise error(
                f"{name}: is larger than {limit('yaml_bytes'):,} bytes. Keep facts in tables beside it"
            )
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error(f"{name}: is missing. Restore it with `git checkout`, or correct its name") from None
    except IsADirectoryError:
        raise error(f"{name}: is a folder where a file is expected. Move it away") from None
    except UnicodeDecodeError as problem:
        raise error(f"{name}: is not UTF-8 ({problem.reason}). Save it as UTF-8") from None
    except OSError as problem:
        raise error(f"{name}: cannot be read ({problem.strerror}). Allow it to be read") from None


def parse_mapping(text: str, name: str, error: _ErrorKind) -> dict[Any, Any]:
    """The mapping of a text. Errors as :func:`read_mapping`, with ``name`` for the file."""
    try:
        _refuse_cleverness(text, name, error)
        loaded = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader that refuses more
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        why = getattr(problem, "problem", None) or getattr(problem, "reason", None) or "unreadable"
        raise error(
            f"{name}{line}: is not YAML ({why}). Correct the line; quote a text that holds a colon"
        ) from None
    except (RecursionError, ValueError) as problem:  # a number of thousands of digits, for one
        raise error(f"{name}: cannot be read as YAML ({problem}). Put the value in quotes") from None
    if not isinstance(loaded, dict):
        raise error(f"{name}: holds no mapping. Write one `name: value` a line")
    return loaded


def _refuse_cleverness(text: str, name: str, error: _ErrorKind) -> None:
    """Raise for anchors, aliases, tags and deep nesting, with which a small file becomes a large one."""
    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        where = f"{name}, line {event.start_mark.line + 1 if event.start_mark else 1}"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise error(f"{where}: has an anchor or alias (& or *). Write the value out, or quote the text")
        if tag := getattr(event, "tag", None):
            raise error(f"{where}: has the tag {tag!r}. Write a plain value, or quote the text")
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
            if depth > limit("yaml_depth"):
                raise error(f"{where}: is nested more than {limit('yaml_depth')} deep. Correct the brackets")
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
