"""Step ``site``: the pages around the notebooks, the downloads and the data package."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import polars as pl
from markupsafe import Markup

from retorsion.errors import NotEstimable
from retorsion.figures import escalation as escalation_figures
from retorsion.figures.svg import show
from retorsion.project import FINDINGS, REPORTS, ROOT, TABLES, finding, input_hashes, load, params, scan
from retorsion.reports.datapackage import Resource, datapackage
from retorsion.reports.html import with_download
from retorsion.reports.page import Provenance, check_links, check_page, read_page
from retorsion.reports.pages import site as pages
from retorsion.reports.pages.acts import acts_page
from retorsion.reports.pages.evidence import evidence_page, row_links
from retorsion.reports.pages.explorer import Explorer, explorer, timeline
from retorsion.reports.pages.front import SITE, cards, evidence_of, findings, provenance, texts
from retorsion.reports.pages.site import Card, Download
from retorsion.reports.statements import rows as rows_behind

#: Tables up to this many rows are shown whole on their page; of larger ones the first rows are.
FULL_ROWS, PREVIEW_ROWS = 2000, 300


def run() -> None:
    """Write the pages around the notebooks: front page, acts, tables, dictionary, sources, methods."""
    parameters = {"pair": params("pair"), "window": params("window")}
    made = provenance(input_hashes(), parameters, "retorsion site")
    pair = (params("pair", "a"), params("pair", "b"))
    sources = load("sources")
    downloads, resources = _write_downloads()
    package = datapackage(
        resources,
        name="retorsion",
        title=SITE.name,
        description=SITE.description,
        version=version("retorsion"),
        sources=sources.to_dicts(),
    )
    _write(REPORTS / "tables" / "datapackage.json", json.dumps(package, indent=1, ensure_ascii=False) + "\n")

    headline = _headline_figure(pair)
    site = {
        "index.html": pages.index(
            SITE,
            question=texts()["question"],
            standfirst=texts()["standfirst"],
            figure=headline,
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
            explorer=_explorer(pair),
            provenance=made,
        ),
        "tables.html": pages.downloads(
            SITE, downloads, load("quarantine"), introduction=texts()["tables"], provenance=made
        ),
        "dictionary.html": pages.dictionary(SITE, introduction=texts()["dictionary"], provenance=made),
        "sources.html": pages.sources(SITE, sources, introduction=texts()["sources"], provenance=made),
        "methods.html": pages.methods(
            SITE,
            (ROOT / "analysis" / "retorsion" / "reports" / "methods.md").read_text(encoding="utf-8"),
            provenance=made,
        ),
        "guide.html": pages.prose(
            SITE,
            (ROOT / "analysis" / "retorsion" / "reports" / "guide.md").read_text(encoding="utf-8"),
            title="Another pair",
            description="Another pair of states in ten minutes: sources, parameters, commands.",
            provenance=made,
            href="guide.html",
        ),
    }
    site |= _table_pages(site, downloads, sources["source_id"], made)
    site |= _evidence(site, sources["source_id"], made)
    for name, html in site.items():
        check_page(html, name=name, root=ROOT)
        _write(REPORTS / name, html)
    notebooks = {path.name: path.read_text(encoding="utf-8") for path in sorted(REPORTS.glob("0*.html"))}
    others = frozenset(
        path.relative_to(REPORTS).as_posix() for path in REPORTS.rglob("*") if path.suffix != ".html"
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


def _explorer(pair: tuple[str, str]) -> Explorer | None:
    """The timeline of the acts of both sides; None where there is no act to draw."""
    try:
        inferred = rows_behind("escalation_candidates")
    except NotEstimable:
        inferred = None
    data = timeline(
        load("acts"),
        load("replies"),
        load("context_events"),
        pair=pair,
        scales=params("escalation", "scales"),
        recorded=params("escalation", "recorded"),
        marks=params("escalation", "marks"),
        inferred=inferred,
        sanctions=load("sanctions"),
        trade_measures=load("trade_measures"),
    )
    return explorer(data) if data["acts"] else None


def _rows_of(name: str) -> dict[str, Path]:
    """Files of rows that belong to a file of findings."""
    return {path.stem: path for path in sorted(FINDINGS.glob("*.csv")) if evidence_of(path.stem) == name}


def _headline_figure(pair: tuple[str, str]) -> str:
    """The front page's figure as HTML, and as a file for the README; its statement where there is none."""
    (REPORTS / "figures").mkdir(parents=True, exist_ok=True)
    try:
        figure = escalation_figures.intensity_over_time(
            rows_behind("escalation_intensity"),
            finding("escalation")["record"],
            pair=pair,
            scale=params("escalation", "scales")[0],
            source=texts()["front_source"],
        )
    except NotEstimable as reason:
        _write(REPORTS / "figures" / "front.svg", _no_figure(str(reason)))
        return str(Markup("<p><em>No figure.</em> {}</p>").format(reason))
    shown = show(figure)
    _write(REPORTS / "figures" / "front.svg", shown.svg)
    return with_download(shown.html, "figures/front.svg")


def _no_figure(reason: str) -> str:
    """The picture that stands where there is no figure: why there is none. The pipeline expects its file."""
    lines = textwrap.wrap(f"No figure. {reason}", 100)
    spans = Markup("").join(Markup('<tspan x="16" dy="22">{}</tspan>').format(line) for line in lines)
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 800 {height}">'
            "<title>No figure</title><desc>{reason}</desc>"
            '<rect width="800" height="{height}" fill="#ffffff"/>'
            '<text y="8" font-family="sans-serif" font-size="15" fill="#333333">{spans}</text></svg>\n'
        ).format(height=22 * len(lines) + 24, reason=reason, spans=spans)
    )


def _write_downloads() -> tuple[list[Download], list[Resource]]:
    """Write each offered table in the formats named for it; pages and datapackage.json name the files."""
    downloads, resources = [], []
    for table, words in texts()["downloads"].items():
        if table == "trade_flows" and not params("impact").get("monthly"):
            continue  # the trade of all pairs is too large a file to offer
        frame = _offered(table)
        files: dict[str, int] = {}
        for form in words["formats"]:
            path = REPORTS / "tables" / f"{table}.{form}"
            path.parent.mkdir(parents=True, exist_ok=True)
            if form == "csv":
                frame.collect().write_csv(path)
            else:
                frame.collect().write_parquet(path)
            files[f"tables/{path.name}"] = size = path.stat().st_size
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            resources.append(Resource(table, path.name, size, digest, sources_of(table)))
        rows = frame.select(pl.len()).collect().item()
        downloads.append(Download(table, rows, files, words.get("note", "")))
    return downloads, resources


def sources_of(table: str) -> tuple[str, ...]:
    """Ids of the sources that a table was made from, in order."""
    if table == "trade_measure_products":
        return sources_of("trade_measures")
    if table in ("replies", "exchange_rates"):
        return (params("sources", "ledger" if table == "replies" else "rates"),)
    ids = set(_offered(table).select("source_id").unique().collect()["source_id"])
    scores = params("sources", "scores").values() if table == "acts" else ()
    return tuple(sorted({*ids, *scores}))


def _table_pages(
    site: Mapping[str, str], downloads: Sequence[Download], sources: Iterable[str], provenance: Provenance
) -> dict[str, str]:
    """The page of each offered table, by address."""
    link = row_links(read_page(site["acts.html"]).ids, sources)
    written = {}
    for download in downloads:
        frame = _offered(download.table)
        shown = frame if download.rows <= FULL_ROWS else frame.head(PREVIEW_ROWS)
        written[f"tables/{download.table}.html"] = pages.table_page(
            SITE,
            download,
            shown.collect(),
            columns=pages.column_summary(frame, download.table),
            link=link,
            provenance=provenance,
        )
    return written


def _offered(table: str) -> pl.LazyFrame:
    """A table as it is offered: of the flows only the monthly statistics, which are small."""
    return scan(table) if table != "trade_flows" else pl.scan_parquet(_ministry_flows())


def _ministry_flows() -> Path:
    return TABLES / "trade_flows" / f"{params('impact', 'monthly', 'source')}.parquet"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
