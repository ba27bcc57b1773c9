"""The part of the shell that writes the site: pages around the notebooks, downloads, the data package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import polars as pl

from analysis.figures import escalation as escalation_figures
from analysis.figures.svg import show, to_svg
from analysis.project import FINDINGS, REPORTS, ROOT, TABLES, finding, load, params
from analysis.reports import site as pages
from analysis.reports.acts import acts_page
from analysis.reports.datapackage import Licence, Resource, datapackage
from analysis.reports.explorer import explorer, timeline
from analysis.reports.front import SITE, cards, findings, provenance, texts
from analysis.reports.page import check_links, check_page
from analysis.reports.site import Download


def write_site(inputs: Mapping[str, str], parameters: Mapping[str, object]) -> None:
    """Write every page that is no notebook, the downloads and the data package, and check all links."""
    made = provenance(inputs, parameters, "python -m analysis site")
    pair = (params("pair", "a"), params("pair", "b"))
    sources = load("sources")
    downloads, resources = _write_downloads()
    package = datapackage(
        resources,
        name="retorsion",
        title=SITE.name,
        description=SITE.description,
        version=version("retorsion"),
        licences=[
            Licence(
                "Creative Commons Attribution 4.0",
                "https://creativecommons.org/licenses/by/4.0/",
                "CC-BY-4.0",
            )
        ],
        sources=sources.to_dicts(),
    )
    _write(REPORTS / "tables" / "datapackage.json", json.dumps(package, indent=1, ensure_ascii=False) + "\n")

    figure = escalation_figures.intensity_over_time(
        pl.read_csv(FINDINGS / "escalation_intensity.csv", try_parse_dates=True),
        finding("escalation")["record"],
        pair=pair,
        scale=params("escalation", "scales")[0],
        source=texts()["front_source"],
    )
    _write(REPORTS / "figures" / "front.svg", to_svg(figure, standalone=True) + "\n")  # for the README
    site = {
        "index.html": pages.index(
            SITE,
            question=texts()["question"],
            standfirst=texts()["standfirst"],
            figure=show(figure).html,
            findings=findings(
                {name: finding(name) for name in ("escalation", "impact")},
                pair=pair,
                reporter_code=params("impact", "reporter"),
                target_code=params("impact", "target"),
            ),
            cards=cards(),
            provenance=made,
        ),
        "acts.html": acts_page(
            SITE,
            load("acts"),
            load("replies"),
            load("context_events"),
            pair=pair,
            introduction=texts()["acts"],
            explorer=explorer(
                timeline(
                    load("acts"),
                    load("replies"),
                    load("context_events"),
                    pair=pair,
                    scales=params("escalation", "scales"),
                    recorded=params("escalation", "recorded"),
                    marks=params("escalation", "marks"),
                    inferred=pl.read_csv(FINDINGS / "escalation_candidates.csv"),
                    sanctions=load("sanctions"),
                    trade_measures=load("trade_measures"),
                )
            ),
            provenance=made,
        ),
        "tables.html": pages.downloads(
            SITE, downloads, load("quarantine"), introduction=texts()["tables"], provenance=made
        ),
        "dictionary.html": pages.dictionary(SITE, introduction=texts()["dictionary"], provenance=made),
        "sources.html": pages.sources(SITE, sources, introduction=texts()["sources"], provenance=made),
        "methods.html": pages.methods(
            SITE, (ROOT / "analysis" / "reports" / "methods.md").read_text(encoding="utf-8"), provenance=made
        ),
    }
    for name, html in site.items():
        check_page(html, name=name, root=ROOT)
        _write(REPORTS / name, html)
    notebooks = {path.name: path.read_text(encoding="utf-8") for path in sorted(REPORTS.glob("0*.html"))}
    others = frozenset(
        str(path.relative_to(REPORTS)) for path in REPORTS.rglob("*") if path.suffix != ".html"
    )
    check_links(site | notebooks, others=others)


def _write_downloads() -> tuple[list[Download], list[Resource]]:
    """Write each offered table as CSV; tables.html and datapackage.json name them."""
    downloads, resources = [], []
    for table, note in texts()["downloads"].items():
        frame = load(table) if table != "trade_flows" else pl.read_parquet(_ministry_flows())
        path = REPORTS / "tables" / f"{table}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_csv(path)
        size = path.stat().st_size
        downloads.append(Download(table, len(frame), {f"tables/{table}.csv": size}, note))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        resources.append(Resource(table, f"{table}.csv", size, digest))
    return downloads, resources


def _ministry_flows() -> Path:
    return TABLES / "trade_flows" / f"{params('impact', 'monthly', 'source')}.parquet"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
