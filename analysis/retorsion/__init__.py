"""The reproducible record and analysis of how states answer one another."""

from retorsion.lab import describe, load
from retorsion.project import case, finding, parameters, scan

__all__ = ["case", "describe", "finding", "load", "parameters", "scan"]

__version__ = "0.1.0"
