"""Every public definition is reached: from a command, a notebook, or what the package exports.

The walk goes by names alone, so it never calls what is used unused; a definition that shares its name with
one that is used passes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import retorsion
import retorsion.estimators
from imports import PACKAGE, module_of
from places import ROOT

#: Definitions that only tests reach, each with the reason to keep it.
KNOWN: dict[str, str] = {}


def identifiers(node: ast.AST) -> set[str]:
    """Names that a piece of code mentions: variables, attributes, keywords, imports, and words in strings.

    Words in strings count because registries and ``getattr`` name definitions by them.
    """
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute):
            found.add(inner.attr)
        elif isinstance(inner, ast.ImportFrom):
            found |= {one.name for one in inner.names}
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.isidentifier():
            found.add(inner.value)
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def definitions(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Functions and classes at the top of a file."""
    for node in parsed(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node


def rest(path: Path) -> set[str]:
    """What the top of a file mentions outside its definitions, without its imports and what it exports."""
    found: set[str] = set()
    for node in parsed(path).body:
        is_export = isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in ("__all__", "_MODULES") for target in node.targets
        )
        if is_export or isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
        ):
            continue
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in identifiers(node.test)):
            found |= identifiers(node)
    return found


def test_every_public_definition_is_reached_from_what_users_reach() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    commands = [
        path for path in files if path.parent.name == "steps" or path.name in ("cli.py", "command.py")
    ]
    reached = {"main", *retorsion.__all__, *retorsion.estimators.__all__}
    for path in [*commands, *sorted((ROOT / "notebooks").glob("*.py"))]:
        reached |= identifiers(parsed(path))
    waiting = {(name, node) for path in files if path not in commands for name, node in definitions(path)}
    for path in files:
        reached |= rest(path)  # registries and constants, which hold functions by their names
    while found := {one for one in waiting if one[0] in reached}:
        waiting -= found
        for _, node in found:
            reached |= identifiers(node)
    where = {id(node): path for path in files for _, node in definitions(path)}
    unreached = sorted(
        f"{module_of(where[id(node)])}.{name}" for name, node in waiting if not name.startswith("_")
    )
    assert unreached == sorted(KNOWN), "\n".join(unreached)
