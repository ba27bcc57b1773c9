"""What the pages of the site have in common, and the findings of the front page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from analysis.reports.page import Link, Provenance, Site, versions
from analysis.reports.site import Card

SITE = Site(
    name="Retorsion",
    description=(
        "The reproducible record of how states answer one another with sanctions, trade measures and "
        "diplomatic acts."
    ),
    navigation=(
        Link("Home", "index.html"),
        Link("Escalation", "02_escalation.html"),
        Link("Trade impact", "03_trade_impact.html"),
        Link("Diversion", "04_diversion.html"),
        Link("Acts", "acts.html"),
        Link("Record", "01_sources_and_tables.html"),
        Link("Tables", "tables.html"),
        Link("Dictionary", "dictionary.html"),
        Link("Sources", "sources.html"),
        Link("Methods", "methods.html"),
    ),
    colophon="Code: MIT licence. The record of acts: CC BY 4.0. Data of others: terms on the sources page.",
)

#: Packages whose version can change a number or a page.
PACKAGES = (
    "diff-diff",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "polars",
    "pyfixest",
    "scipy",
    "statsmodels",
)


@cache
def texts() -> Mapping[str, Any]:
    """Words of the pages, from ``pages.yaml`` beside this module."""
    loaded: Mapping[str, Any] = yaml.safe_load(
        files("analysis.reports").joinpath("pages.yaml").read_text("utf-8")
    )
    return loaded


def cards() -> list[Card]:
    """The pages the front page leads to."""
    return [Card(title, href, text) for title, href, text in texts()["cards"]]


def provenance(inputs: Mapping[str, str], parameters: Mapping[str, object], command: str) -> Provenance:
    """Footer of a page: hashes of its inputs (16 digits), parameters, versions, the command that makes it."""
    return Provenance(
        inputs={name: digest[:16] for name, digest in sorted(inputs.items())},
        parameters=parameters,
        versions=versions(PACKAGES),
        command=command,
    )
