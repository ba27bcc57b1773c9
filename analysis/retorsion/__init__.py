"""The reproducible record and analysis of how states answer one another."""

from importlib.metadata import PackageNotFoundError, version

from retorsion.lab import describe, load
from retorsion.project import case, finding, parameters, scan

__all__ = ["case", "describe", "finding", "load", "parameters", "scan"]

try:
    __version__ = version("retorsion")
except PackageNotFoundError:  # the folder is on the path, and the package is not installed
    __version__ = "0"
