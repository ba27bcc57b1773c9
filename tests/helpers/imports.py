"""Which files of the package a module needs: its imports, and theirs, read from the text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from places import ROOT

CODE = ROOT / "analysis"
PACKAGE = CODE / "retorsion"


def file_of(module: str) -> Path | None:
    """The file of a module of the package; None if there is no such module."""
    path = CODE.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def module_of(path: Path) -> str:
    """Name of the module of a file."""
    parts = list(path.relative_to(CODE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class _Imports(ast.NodeVisitor):
    """Modules that are imported when a file is run or its functions are; not those for type checks alone."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str | None]] = []

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(one.name, None) for one in node.names]

    def visit_Call(self, node: ast.Call) -> None:
        """``import_module("package")`` of a package whose modules are found by their place takes all of them."""
        name = getattr(node.func, "id", getattr(node.func, "attr", None))
        if name == "import_module" and node.args and isinstance(node.args[0], ast.Constant):
            package = str(node.args[0].value)
            folder = CODE.joinpath(*package.split("."))
            self.found += [(f"{package}.{path.stem}", None) for path in sorted(folder.glob("[!_]*.py"))]
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module and not node.level:
            self.found += [(node.module, one.name) for one in node.names]


@cache
def names_imported(path: Path) -> tuple[tuple[str, str | None], ...]:
    """Modules that a file imports, at its top or inside a function, with the name it takes of each."""
    visitor = _Imports()
    visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
    return tuple(visitor.found)


@cache
def imported(path: Path) -> frozenset[str]:
    """Modules of the package that a file imports, at its top or inside a function."""
    found = set()
    for module, name in names_imported(path):
        if module.split(".")[0] == "retorsion":
            inner = f"{module}.{name}"
            found.add(inner if name and file_of(inner) else module)
    return frozenset(found)


def closure(*modules: str) -> set[Path]:
    """Files of the package that modules need, their own among them, with the texts and tables they name."""
    waiting, found = list(modules), set[Path]()
    while waiting:
        path = file_of(waiting.pop())
        if path is None or path in found:
            continue
        found.add(path)
        waiting += imported(path)
        waiting += [module_of(folder / "__init__.py") for folder in path.parents if PACKAGE in folder.parents]
    return found | {data for path in found for data in _named_files(path)}


def _named_files(path: Path) -> Iterator[Path]:
    """Files beside modules, such as tables and templates, whose names a module holds as text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (data for data in _data_files() if data.name == node.value)


@cache
def _data_files() -> tuple[Path, ...]:
    return tuple(
        path
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "py.typed"
    )


#: Folders that a stage lists whole if it runs half of their modules. After each stage DVC writes its whole lock anew,
#: which takes longer the more files it lists.
SHARED = tuple(PACKAGE / name for name in ("estimators", "figures", "reports", "sources/text", "tables"))


def collapsed(files: set[Path]) -> list[str]:
    """Addresses of files from the project's folder; a folder stands for its files if all run."""
    folders = {parent for path in files for parent in path.parents if PACKAGE in parent.parents}
    whole = {folder for folder in folders if _is_whole(folder, files)}
    kept = {next((folder for folder in reversed(path.parents) if folder in whole), path) for path in files}
    return sorted(path.relative_to(ROOT).as_posix() for path in kept)


def _is_whole(folder: Path, files: set[Path]) -> bool:
    modules = set(folder.rglob("*.py"))
    return modules <= files or (folder in SHARED and 2 * len(modules & files) >= len(modules))
