"""The reproducible record and analysis of how states answer one another."""

from retorsion.lab import describe, load
from retorsion.project import finding, params, scan

__all__ = ["describe", "finding", "load", "params", "scan"]

__version__ = "0.1.0"
