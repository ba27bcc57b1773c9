"""The sidecar of a source: what was published, by whom, under which licence, and the hash of every file.

Every folder in ``data/raw`` has a ``source.yaml`` in the shape of ``sidecar.schema.json`` beside this module,
and may have a ``corrections.yaml`` with errors of the source that are known. Raw files are never altered:
whoever builds a table from them applies the corrections.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from retorsion.errors import SourceError

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

#: Name of the sidecar in the folder of a source.
SIDECAR = "source.yaml"

#: Folder of vintages that are not pinned, in the folder of a source.
VINTAGES = "vintages"

#: Tables that the project sets beside the files of a source.
SIDE_TABLES = frozenset({"programmes.csv", "instruments.csv", "observed.csv", "concordance.csv", "goods.csv"})


@dataclass(frozen=True)
class Licence:
    """Terms of a source: name and the producer's own statement, each None where not known."""

    name: str | None
    url: str | None


@dataclass(frozen=True)
class Artifact:
    """Hash and size of a downloaded wheel that holds a source's file."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Key:
    """How a producer's server is shown that one may download: never kept, only read from the environment.

    Attributes:
        variable: environment variable that holds the key.
        send_as: in a header, or as a parameter of the address.
        name: of the header or parameter.
        prefix: word before the key, if any.
    """

    variable: str
    send_as: Literal["header", "query"]
    name: str
    prefix: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """One file of a source: path from the source's folder, hash and size.

    In the catalogue, where nothing is pinned yet, the hash is empty and the size 0.
    """

    path: str
    sha256: str = ""
    bytes: int = 0

    @property
    def name(self) -> str:
        """Name of the file without its folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Sidecar:
    """What is known of one source.

    Attributes:
        id: name of the folder.
        title: title of the source.
        kind: ``recorded`` rows are kept in Git, a ``fetched`` file is downloaded; ``available`` is a source
            of the catalogue, of which nothing is here yet.
        producer: who publishes it.
        description: what the producer publishes.
        processing: what was done to it here.
        citation: reference to cite.
        url: the producer's page.
        url_download: ``https:`` address, or ``pypi:NAME==VERSION#path/inside/wheel``.
        redirect_hosts: other hosts to which the producer's server may redirect.
        date_published: day of publication, None where not recorded.
        date_accessed: day it was read or pinned, None where not recorded.
        licence: terms.
        artifact: the wheel, for ``pypi:`` only.
        files: the files, one for a fetched source.
        reader: name of the reader or layout that understands the files.
        coverage: period, places and subjects.
        update_cadence: how often the producer publishes anew.
        newest_link: regular expression of the name of the newest file on the page ``url``, for producers
            whose addresses change with the vintage.
        key: what the producer's server asks for.
        max_bytes: bound of a first download.
    """

    id: str
    title: str
    kind: Literal["recorded", "fetched", "available"]
    producer: str
    description: str
    processing: str
    citation: str
    url: str | None
    url_download: str | None
    date_published: date | None
    date_accessed: date | None
    licence: Licence
    files: tuple[SourceFile, ...]
    reader: str
    coverage: str
    update_cadence: str
    artifact: Artifact | None = None
    redirect_hosts: tuple[str, ...] = ()
    newest_link: str | None = None
    key: Key | None = None
    max_bytes: int | None = None

    @property
    def data_files(self) -> tuple[SourceFile, ...]:
        """The files that its reader reads, without the tables that the project sets beside them."""
        return tuple(file for file in self.files if file.name not in SIDE_TABLES)


@dataclass(frozen=True)
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

    file: str
    row: Mapping[str, str | None]
    column: str
    value: str
    status: Literal["corrected", "doubtful"]
    expected: str | None
    reason: str
    provider: str


class UniqueKeys:
    """A mix-in for loaders of YAML: no key may be given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping, unless it has a key twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"field {key.value!r} is given twice", key.start_mark
                )
            seen.add(str(key.value))
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)  # type: ignore[misc]  # the loader's
        return found


class _TextDates(UniqueKeys, yaml.SafeLoader):
    """YAML without its own dates and without keys given twice."""


# A date must reach the schema as the text that was written, so that it can be judged and named.
_TextDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def _schema() -> dict[str, Any]:
    text = package_files("retorsion.sources").joinpath("sidecar.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _description(schema: dict[str, Any]) -> str:
    """What a part of the schema says to do, there or where it refers to."""
    referred = _schema()["$defs"].get(schema.get("$ref", "").rpartition("/")[2], {})
    told: str = schema.get("description") or referred.get("description") or "See sidecar.schema.json."
    return told


@cache
def _validator(definition: str | None) -> Draft202012Validator:
    from jsonschema_rs import Draft202012Validator

    schema = _schema()
    if definition is not None:
        schema = {"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
    return Draft202012Validator(schema, formats={"date": is_day, "regex": _is_pattern}, validate_formats=True)


def is_day(text: str) -> bool:
    """Whether a text is a day, written YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_pattern(text: str) -> bool:
    """Whether it is a regular expression of Python, which searches with it."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _first(error: ValidationError) -> tuple[int, list[str], str]:
    """Order of errors: causes before what follows from them, then by place.

    A misspelt field leaves another missing, and an address of the wrong scheme an artifact unneeded.
    """
    return (
        {"additionalProperties": 0, "not": 2}.get(str(error.schema_path[-1]), 1),
        [str(part) for part in error.instance_path],
        error.message,
    )


def _explain(path: Path, error: ValidationError) -> SourceError:
    *steps, rule = error.schema_path
    schema: Any = _schema()
    for step in steps:
        schema = schema[step]
    found: Any = error.instance
    field = ".".join(map(str, error.instance_path))
    if rule == "required":
        name = min(set(schema["required"]) - set(found))
        # A condition may require a field that the top of the schema describes.
        known = schema.get("properties", {}).get(name) or _schema()["properties"][name]
        remedy, problem = _description(known), "is missing"
    elif rule == "additionalProperties":
        name = min(set(found) - set(schema["properties"]))
        remedy, problem = "Remove it or correct its spelling.", "is not a field of the schema"
    else:
        outermost = _schema()["properties"].get(error.instance_path[0] if error.instance_path else None, {})
        remedy = schema.get("description") or _description(outermost)
        problem = "is empty, which it may not be" if found is None else "is not what this field holds"
        value = found if isinstance(found, str | int | float) else None
        return SourceError(path, problem, column=field or None, value=value, remedy=remedy)
    return SourceError(path, problem, column=f"{field}.{name}" if field else name, remedy=remedy)


def _load(path: Path, definition: str | None) -> dict[str, Any]:
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_TextDates)
    except FileNotFoundError:
        raise SourceError(path, "is missing", remedy="Restore it with `git checkout`.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, f"cannot be read ({error})", remedy="Save it as UTF-8 text.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise SourceError(
            path,
            f"is not YAML ({getattr(error, 'problem', None) or error})",
            row=mark.line + 1 if mark else None,
            remedy="Correct the line; quote a text that holds a colon.",
        ) from None
    except RecursionError:
        raise SourceError(path, "is nested too deeply", remedy="Restore it with `git checkout`.") from None
    if not isinstance(loaded, dict):
        raise SourceError(path, "holds no fields", remedy="Write one `field: value` a line.")
    try:
        errors = list(_validator(definition).iter_errors(loaded))
    except ValueError as error:  # such as .inf, a key without quotes, or a list that holds itself
        raise SourceError(
            path,
            f"holds what is no text, number, list or field ({error})",
            remedy="Write text, or put the value in quotes.",
        ) from None
    if errors:
        raise _explain(path, min(errors, key=_first))
    return loaded


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def load_sidecar(path: Path) -> Sidecar:
    """Read and validate one ``source.yaml``, or one ``<id>.yaml`` of the catalogue.

    Args:
        path: the file.

    Returns:
        The sidecar.

    Raises:
        SourceError: it is missing, not YAML, or not in the schema; names the file, the field and the value.
    """
    loaded = _load(path, None)
    place, name = ("folder", path.resolve().parent.name) if path.name == SIDECAR else ("file", path.stem)
    if loaded["id"] != name:
        raise SourceError(
            path,
            f"is not the name of the {place}, {name!r}",
            column="id",
            value=loaded["id"],
            remedy=f"Rename the {place} or the id.",
        )
    if (loaded["kind"] == "available") is (path.name == SIDECAR):
        raise SourceError(
            path,
            "is for the catalogue only" if path.name == SIDECAR else "is not available, as a catalogue is",
            column="kind",
            value=loaded["kind"],
            remedy="A source in data/raw is recorded or fetched, one in data/catalogue available.",
        )
    files = tuple(SourceFile(**file) for file in loaded.pop("files"))
    names = [file.path for file in files]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(
                path, "is listed twice", column="files", value=name, remedy="Remove one of the two."
            )
    artifact, key = loaded.pop("artifact", None), loaded.pop("key", None)
    return Sidecar(
        **{
            **loaded,
            "licence": Licence(**loaded["licence"]),
            "date_published": _day(loaded["date_published"]),
            "date_accessed": _day(loaded["date_accessed"]),
            "redirect_hosts": tuple(loaded.get("redirect_hosts", ())),
        },
        files=files,
        artifact=None if artifact is None else Artifact(**artifact),
        key=None if key is None else Key(**key),
    )


def load_sidecars(raw_root: Path) -> list[Sidecar]:
    """Read the sidecars of all sources.

    Args:
        raw_root: ``data/raw``; every folder in it is a source.

    Returns:
        The sidecars, sorted by id.

    Raises:
        SourceError: a folder has no sidecar, or one that is not valid.
    """
    folders = sorted(
        folder
        for folder in raw_root.iterdir()
        # a source of the catalogue that was only looked at has nothing but the vintage that waits
        if folder.is_dir() and {path.name for path in folder.iterdir()} != {VINTAGES}
    )
    return [load_sidecar(folder / SIDECAR) for folder in folders]


def load_catalogue(folder: Path) -> list[Sidecar]:
    """Sources that the project can read and that are not in it, from the sidecars of ``data/catalogue``.

    Args:
        folder: the catalogue.

    Returns:
        The sidecars, sorted by id, all of the kind ``available``.

    Raises:
        SourceError: one is not valid.
    """
    return [load_sidecar(path) for path in sorted(folder.glob("*.yaml"))]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in small hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(sidecar: Sidecar, folder: Path) -> None:
    """Assert that every file of a source is the one its sidecar describes.

    Args:
        sidecar: the sidecar.
        folder: folder of the source.

    Raises:
        SourceError: a file is missing, of another size, or of another hash.
    """
    if sidecar.kind == "fetched":
        remedy = f"Fetch it again: `python -m retorsion fetch {sidecar.id}`."
    else:
        remedy = "Restore it with `git checkout`, or write its new sha256 and bytes into the sidecar."
    for file in sidecar.files:
        path = folder / file.path
        if not path.is_file():
            raise SourceError(path, "is missing", remedy=remedy)
        size = path.stat().st_size
        if size != file.bytes:
            raise SourceError(path, f"has {size} bytes where the sidecar says {file.bytes}", remedy=remedy)
        found = sha256_of(path)
        if found != file.sha256:
            raise SourceError(
                path, f"has the sha256 {found} where the sidecar says {file.sha256}", remedy=remedy
            )


def pinned(text: str, sidecar: Sidecar, folder: Path) -> str:
    """Text of a sidecar with the hashes and sizes that its files have now.

    Args:
        text: the sidecar as it is; everything but hashes and sizes stays, comments too.
        sidecar: the same, loaded.
        folder: the folder of the source.

    Raises:
        SourceError: a file that is not there.
    """
    for file in sidecar.files:
        path = folder / file.path
        if not path.is_file():
            raise SourceError(path, "is not there", remedy=f"Restore it, or take it out of {SIDECAR}.")
        size = path.stat().st_size
        block = re.compile(
            rf"(- path: {re.escape(file.path)}\n\s+sha256: )[0-9a-f]{{64}}(\n\s+bytes: )\d+", re.MULTILINE
        )
        text, n_replaced = block.subn(rf"\g<1>{sha256_of(path)}\g<2>{size}", text)
        if n_replaced != 1:
            raise SourceError(
                SIDECAR,
                f"does not list {file.path} as path, sha256, bytes on three lines",
                remedy="Write it so.",
            )
    return text


def read_corrections(path: Path) -> list[Correction]:
    """Read the known errors of a source.

    Args:
        path: its ``corrections.yaml``.

    Returns:
        The corrections in the order of the file.

    Raises:
        SourceError: it is missing, not YAML, or not in the schema; names the file, the field and the value.
    """
    return [Correction(**entry) for entry in _load(path, "corrections")["corrections"]]
