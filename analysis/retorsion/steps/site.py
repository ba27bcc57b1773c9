"""Step ``site``: load what the pages are made from, make them, check them, write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from retorsion import __version__
from retorsion.errors import RetorsionError
from retorsion.params import Case as Asked
from retorsion.project import (
    REPORTS,
    ROOT,
    TABLES,
    case,
    finding,
    finding_file,
    finding_rows,
    input_hashes,
    parameters,
    scan,
)
from retorsion.reports.page import Site, check_links, check_page
from retorsion.reports.pages.evidence import ANALYSES
from retorsion.reports.pages.tables import OFFERED
from retorsion.reports.site import Case, Context, Files, Offer, build, made_from, pages, site


def run() -> None:
    """Write every page that is no notebook, the downloads and the data package, and check all links."""
    asked = [case(name) for name in parameters().cases]
    context = Context(
        site=site_of_project(),
        cases=[case_of(one) for one in asked],
        tables=offers(asked),
        version=__version__,
        provenance=made_from(
            {name: digest for one in asked for name, digest in input_hashes(one.name).items()},
            {one.name: shown_of(one) for one in asked},
            "retorsion site",
        ),
    )
    made = build(context)
    _check(made, context)
    for address, content in made.items():
        path = REPORTS / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def site_of_project() -> Site:
    """What all pages of the project have in common."""
    return site([(case(name).title, f"{name}/") for name in parameters().cases])


def shown_of(asked: Asked) -> dict[str, Any]:
    """What the footer of a page says of a case."""
    window = asked.window
    return {
        "pair": {"a": asked.pair[0], "b": asked.pair[1]},
        "window": {"start": window.start.isoformat(), "end": window.end.isoformat()},
    }


def _check(made: Files, context: Context) -> None:
    """Refuse pages that do not stand alone, and links that lead nowhere, those of rendered notebooks too."""
    html = {name: text for name, text in made.items() if isinstance(text, str) and name.endswith(".html")}
    for name, text in html.items():
        check_page(text, name=name, root=ROOT)
    folders = [one.folder for one in context.cases]
    notebooks = [
        f"{folder}{page.address}"
        for page in pages()
        if page.build is None
        for folder in (folders if page.of_case else [""])
    ]
    for name in notebooks:
        if not (REPORTS / name).is_file():
            raise RetorsionError(
                f"reports/{name} has not been rendered yet. Run `dvc repro` (or `make`) first"
            )
        html[name] = (REPORTS / name).read_text(encoding="utf-8")
    figures = {path.relative_to(REPORTS).as_posix() for path in REPORTS.rglob("*.svg")}
    check_links(html, others=frozenset(figures | made.keys() - html.keys()))


def case_of(asked: Asked) -> Case:
    """A case as the pages see it, with its findings."""
    impact = asked.impact
    return Case(
        title=asked.title,
        folder=f"{asked.name}/",
        pair=asked.pair,
        scales=parameters().escalation.scales,
        recorded=[span.model_dump(mode="json") for span in asked.escalation.recorded],
        marks=[mark.model_dump() for mark in asked.escalation.marks],
        reporter=impact.reporter,
        target=impact.target,
        findings={name: finding(name, asked.name) for name in ANALYSES},
        files={
            path.name if name == "checks" else f"{name}_{path.name}": path.read_text(encoding="utf-8")
            for name in ANALYSES
            for path in finding_rows(name, asked.name).values()
        }
        | {f"{name}.json": finding_file(name, asked.name) for name in ANALYSES},
    )


def offers(asked: list[Asked]) -> dict[str, Offer]:
    """The tables as they are offered: of the flows only the monthly statistics, which are small."""
    tables = {name: scan(name) for name in OFFERED if name != "trade_flows"}
    monthly = sorted({one.impact.monthly.source for one in asked if one.impact.monthly})
    if monthly:
        parts = [TABLES / "trade_flows" / f"{source}.parquet" for source in monthly]
        tables["trade_flows"] = pl.scan_parquet(parts)
    return {name: Offer(frame, _sources_of(name, tables)) for name, frame in tables.items()}


def _sources_of(table: str, tables: Mapping[str, pl.LazyFrame]) -> tuple[str, ...]:
    """Ids of the sources that a table was made from, in order."""
    sources = parameters().sources
    if table == "trade_measure_products":
        return _sources_of("trade_measures", tables)
    if table in ("replies", "exchange_rates"):
        return (sources.ledger if table == "replies" else sources.rates,)
    ids = set(tables[table].select("source_id").unique().collect()["source_id"])
    scores = (sources.scores.cameo, sources.scores.plover) if table == "acts" else ()
    return tuple(sorted({*ids, *scores}))
