"""The toolbox's public names: where they live, and that they cost nothing until used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from retorsion import estimators

MODULES = sorted(
    path.stem for path in Path(str(estimators.__file__)).parent.glob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("name", estimators.__all__)
def test_each_public_name_is_there_and_documented(name: str) -> None:
    thing = getattr(estimators, name)
    assert thing.__module__.startswith("retorsion.estimators.")
    assert thing.__doc__
    assert name in import_module(thing.__module__).__all__
    assert name not in MODULES  # an imported module of that name would hide it


@pytest.mark.parametrize("module", MODULES)
def test_each_module_says_what_is_public(module: str) -> None:
    there = import_module(f"retorsion.estimators.{module}")
    assert there.__doc__
    assert all(hasattr(there, name) for name in there.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fit_everything'"):
        estimators.fit_everything  # noqa: B018


def test_importing_the_toolbox_loads_no_slow_library() -> None:
    code = "import sys, retorsion.estimators; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"numba", "scipy", "statsmodels", "diff_diff", "pandas"} & set(loaded.split())
