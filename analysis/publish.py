"""The part of the shell that writes the site: pages around the notebooks, downloads, the data package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import polars as pl

from analysis.figures import escalation as escalation_figures
from analysis.figures.svg import show
from analysis.project import FINDINGS, REPORTS, ROOT, TABLES, finding, load, params
from analysis.reports import site as pages
from analysis.reports.acts import acts_page
from analysis.reports.datapackage import Licence, Resource, datapackage
from analysis.reports.evidence import evidence_page, row_links
from analysis.reports.explorer import explorer, timeline
from analysis.reports.front import SITE, cards, findings, provenance, texts
from analysis.reports.html import with_download
from analysis.reports.page import Provenance, check_links, check_page, read_page
from analysis.reports.site import Card, Download


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
    front = show(figure)
    _write(REPORTS / "figures" / "front.svg", front.svg)  # for the README
    site = {
        "index.html": pages.index(
            SITE,
            question=texts()["question"],
            standfirst=texts()["standfirst"],
            figure=with_download(front.html, "figures/front.svg"),
            findings=findings(
                {name: finding(name) for name in ("escalation", "impact")},
                pair=pair,
                scale=params("escalation", "scales")[0],
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
    site |= _evidence(site, sources["source_id"], made)
    for name, html in site.items():
        check_page(html, name=name, root=ROOT)
        _write(REPORTS / name, html)
    notebooks = {path.name: path.read_text(encoding="utf-8") for path in sorted(REPORTS.glob("0*.html"))}
    others = frozenset(
        str(path.relative_to(REPORTS)) for path in REPORTS.rglob("*") if path.suffix != ".html"
    )
    check_links(site | notebooks, others=others)


def _evidence(site: Mapping[str, str], sources: Iterable[str], provenance: Provenance) -> dict[str, str]:
    """Pages of every value of the findings, by address; the findings as files stand beside them."""
    link = row_links(read_page(site["acts.html"]).ids, sources)
    written = {}
    for name, words in texts()["evidence_pages"].items():
        found = finding(name)
        rows = _rows_of(name)
        for path in (FINDINGS / f"{name}.json", *rows.values()):
            _write(REPORTS / "findings" / path.name, path.read_text(encoding="utf-8"))
        written[f"evidence_{name}.html"] = evidence_page(
            SITE,
            name,
            found,
            {each: pl.read_csv(path, infer_schema_length=None) for each, path in rows.items()},
            title=words["title"],
            introduction=words["text"],
            link=link,
            behind=words.get("behind", {}),
            inputs={table: f"dictionary.html#{table.partition('.')[0]}" for table in found["inputs"]},
            provenance=provenance,
        )
    overview = [
        Card(words["title"], f"evidence_{name}.html", words["text"])
        for name, words in texts()["evidence_pages"].items()
    ]
    written["evidence.html"] = pages.evidence(
        SITE, overview, introduction=texts()["evidence"], provenance=provenance
    )
    return written


def _rows_of(name: str) -> dict[str, Path]:
    """Files of rows that belong to a file of findings; what no other claims belongs to the checks."""
    others = [each for each in texts()["evidence_pages"] if each != "checks"]
    owner = {
        path: next((each for each in others if path.stem.startswith(f"{each}_")), "checks")
        for path in sorted(FINDINGS.glob("*.csv"))
    }
    return {path.stem: path for path, belongs in owner.items() if belongs == name}


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
