"""What the pages of the site have in common, and the findings of the front page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from retorsion.findings import place_of, written
from retorsion.reports.html import evidence_href, from_site, number, percent, ranged, say
from retorsion.reports.page import Link, Provenance, Site, versions
from retorsion.reports.pages.site import Card, Finding
from retorsion.sources.states import state_name

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
        Link("Evidence", "evidence.html"),
        Link("Tables", "tables.html"),
        Link("Dictionary", "dictionary.html"),
        Link("Sources", "sources.html"),
        Link("Methods", "methods.html"),
        Link("Another pair", "guide.html"),
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
    "scipy",
    "statsmodels",
)


@cache
def texts() -> Mapping[str, Any]:
    """Words of the pages, from ``pages.yaml`` beside this module."""
    loaded: Mapping[str, Any] = yaml.safe_load(
        files("retorsion.reports").joinpath("pages.yaml").read_text("utf-8")
    )
    return loaded


def evidence_of(rows: str) -> str:
    """Name of the evidence page that shows the rows of a file; what no other claims is on that of the checks.

    Args:
        rows: the file in ``data/findings``, without ``.csv``.
    """
    return next((each for each in texts()["evidence_pages"] if rows.startswith(f"{each}_")), "checks")


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


def findings(
    found: Mapping[str, Any], *, pair: tuple[str, str], scale: str, reporter_code: str, target_code: str
) -> list[Finding]:
    """The findings of the front page: words from ``pages.yaml``, numbers from the findings.

    Args:
        found: ``escalation`` and ``impact`` as :func:`retorsion.project.finding` gives them.
        pair: codes of the two sides.
        scale: the scale of intensity.
        reporter_code: the state whose trade is looked at.
        target_code: the state under measures.

    Returns:
        In the order of ``pages.yaml``; what could not be estimated is left out.
    """
    values = {
        **_escalation_values(found["escalation"], pair, scale),
        **_impact_values(
            found["impact"], {"reporter": state_name(reporter_code), "target": state_name(target_code)}
        ),
    }
    return [_finding(words, values[name]) for name, words in texts()["findings"].items() if name in values]


def _finding(words: Mapping[str, str], values: Mapping[str, Any]) -> Finding:
    parts = {part: from_site(say(text, **values).text) for part, text in words.items()}
    places = [place for value in values.values() if (place := place_of(value))]
    return Finding(**parts, rows_href=evidence_href(places[0]) if places else None)


def _estimate(found: Any, *path: str) -> Mapping[str, Any] | None:
    """A part of the findings that has an estimate; None where it could not be estimated."""
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) and found.get("estimate") is not None else None


def _escalation_values(
    escalation: Mapping[str, Any], pair: tuple[str, str], scale: str
) -> dict[str, dict[str, Any]]:
    """Fields of the findings on escalation, by finding."""
    a, b = pair
    names = {"a": state_name(a), "b": state_name(b)}
    values: dict[str, dict[str, Any]] = {}
    if share := _estimate(escalation, "intensity", "share_of_first", scale):
        values["share"] = names | {
            "share": percent(share["estimate"]),
            "low": percent(share["lower"]),
            "high": percent(share["upper"]),
            "n": number(share["n"]),
        }
    ours = _estimate(escalation, "replies", "named", "answer_rate", b)
    theirs = _estimate(escalation, "replies", "named", "answer_rate", a)
    if ours and theirs:
        values["answers"] = names | {
            f"{side}{suffix}": write(row[key])
            for side, row in (("ours", ours), ("theirs", theirs))
            for suffix, key, write in (
                ("", "estimate", percent),
                ("_low", "lower", percent),
                ("_high", "upper", percent),
                ("_n", "n", number),
            )
        }
    model = escalation.get("excitation", {}).get("with_driver")
    set_off = {
        (receiver, source): link
        for receiver, source in ((a, b), (b, a))
        if (link := _estimate(escalation, "excitation", "links", f"{source}->{receiver}", model))
    }
    if set_off:
        receiver, source = max(set_off, key=lambda sides: set_off[sides]["estimate"])
        values["excitation"] = {
            "strongest": number(set_off[receiver, source]["estimate"], digits=2),
            "receiver": state_name(receiver),
            "source": state_name(source),
            "intervals": "; ".join(
                say(
                    "{by} to {to} {link}",
                    by=state_name(by),
                    to=state_name(to),
                    link=ranged(link),
                ).text
                for (to, by), link in set_off.items()
            ),
        }
    return values


def _impact_values(impact: Mapping[str, Any], states: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Fields of the findings on trade, by finding."""
    values: dict[str, dict[str, Any]] = {}
    if effects := impact["monthly"].get("export", {}).get("mean_effects"):
        last = effects[-1]
        values["exports"] = {**states} | {
            "change": written(percent(math.expm1(last["estimate"])), last["estimate"]),
            "low": written(percent(math.expm1(last["lower"])), last["lower"]),
            "high": written(percent(math.expm1(last["upper"])), last["upper"]),
            "level": percent(last["level"]),
            "sample": last["sample"],
        }
    if made_up := _estimate(impact, "diversion", "offset_range"):
        first = impact["diversion"]["totals"][0]
        values["diversion"] = {**states} | {
            "share": percent(made_up["estimate"]),
            "low": percent(made_up["lower"]),
            "high": percent(made_up["upper"]),
            "n": number(made_up["n_choices"]),
            "base": str(first["base_years"]),
            "comparison": str(first["comparison_years"]),
        }
    return values
