"""JupyterLab's server on a clone of the notebooks, for the tests that ask it and those that look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retorsion.project import NOTEBOOKS, ROOT


def committed_clone(folder: Path) -> Path:
    """A repository with the project's notebooks and settings, everything committed."""
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=shutil.ignore_patterns(".*", "*.ipynb"))
    for name in ("pyproject.toml", ".gitignore", ".gitattributes"):
        shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    git(folder, *who, "commit", "--quiet", "-m", "as published")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """What Git says in a folder."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@contextmanager
def lab_on(clone: Path) -> Iterator[str]:
    """The address of a server on the clone, set up as by ``make lab`` and with a home of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    home = str(clone.parent / f"{clone.name}-home")
    said = clone.parent / f"{clone.name}.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            [*command, "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"],
            cwd=clone,
            env={
                **os.environ,
                "RETORSION_HOME": str(ROOT),
                "HOME": home,
                "JUPYTER_CONFIG_DIR": home,
                "JUPYTER_RUNTIME_DIR": home,
            },
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=5)
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, said.read_text()
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # told to stop while it was starting something
            process.kill()
            process.wait()
