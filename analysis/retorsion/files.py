"""Files written whole or not at all: each is written beside its place under ``.NAME.new`` and then renamed.

A process that is killed leaves the old content and perhaps the file beside it, which the next run of the same command
writes anew; Git and DVC ignore such names.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path


def beside(path: Path) -> Path:
    """Where the new content of a file or folder is made."""
    return path.with_name(f".{path.name}.new")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves either the old content or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = beside(path)
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            new.chmod(path.stat().st_mode)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    _keep_names(path.parent)


def replace_folder(folder: Path, new: Path) -> None:
    """Put a folder that is whole in the place of another."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def put_folder(made: Path, folder: Path, *, last: str) -> None:
    """Move a finished folder to its place in one step; into one that is there, file by file.

    Args:
        made: the folder, with all its files.
        folder: its place. Files that are there stay unless ``made`` has one of the same name.
        last: the file whose presence says that all others are there.
    """
    for path in made.rglob("*"):
        if path.is_file():
            _flush(path)
    if not folder.exists():
        made.rename(folder)
    else:
        files = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
        for name in sorted(files, key=lambda name: (name == Path(last), name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).replace(folder / name)
        shutil.rmtree(made)
    _keep_names(folder.parent)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _keep_names(folder: Path) -> None:
    """Flush the entries of a folder, without which a rename may be lost; Windows cannot and need not."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack(files: Iterable[Path], into: Path) -> None:
    """Write files into a new zip, in order of their names: of the same files it is the same."""
    with zipfile.ZipFile(into, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path.name)  # with the first day that a zip can state
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with path.open("rb") as file, archive.open(member, "w", force_zip64=True) as packed:
                shutil.copyfileobj(file, packed, 2**20)
