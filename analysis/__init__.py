"""The reproducible record and analysis of how states answer one another."""

from analysis.lab import describe, load
from analysis.project import finding, params, scan

__all__ = ["describe", "finding", "load", "params", "scan"]
