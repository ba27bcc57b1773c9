"""The reproducible record and analysis of how states answer one another."""

from analysis.project import finding, load, params, scan

__all__ = ["finding", "load", "params", "scan"]
