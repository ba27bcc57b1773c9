"""The reproducible record and analysis of how states answer one another."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retorsion.lab import describe, load
    from retorsion.project import case, finding, parameters, scan
    from retorsion.questions import acts, designations, flows

__all__ = ["acts", "case", "describe", "designations", "finding", "flows", "load", "parameters", "scan"]

__version__ = "0.1.0"

#: Modules of the names above. They are imported when a name is first used, so that the command line is quick.
_MODULES = {
    "acts": "questions",
    "case": "project",
    "describe": "lab",
    "designations": "questions",
    "finding": "project",
    "flows": "questions",
    "load": "lab",
    "parameters": "project",
    "scan": "project",
}


def __getattr__(name: str) -> Any:
    """Import a name of :data:`__all__` from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module 'retorsion' has no attribute {name!r}")
    return getattr(import_module(f"retorsion.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted({*globals(), *__all__})
