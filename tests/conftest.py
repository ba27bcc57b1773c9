"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

#: As the command line does; set before anything imports numpy.
for library in ("OPENBLAS", "NUMBA"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

#: A busy machine is no fault of what is tested.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Path of a real file from outside the project; skips, saying why, where it is absent."""
    base = Path(os.environ.get("RETORSION_REAL_DATA", ROOT / "../shared/real"))

    def find(name: str) -> Path:
        path = base / name
        if not path.exists():
            pytest.skip(f"real file {name} is absent: set RETORSION_REAL_DATA to the folder that has it")
        return path

    return find
