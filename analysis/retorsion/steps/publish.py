"""Write the site: load what the pages are made from, make them, check them, write them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.project import FINDINGS, REPORTS, ROOT, TABLES, finding, params, scan
from retorsion.reports.page import Site, check_links, check_page
from retorsion.reports.pages.evidence import ANALYSES
from retorsion.reports.pages.tables import OFFERED
from retorsion.reports.site import Case, Context, Files, Offer, build, made_from, pages, site
from retorsion.sources.states import state_name


def write_site(inputs: Mapping[str, str], parameters: Mapping[str, object]) -> None:
    """Write every page that is no notebook, the downloads and the data package, and check all links."""
    cases = [case_of_project()]
    context = Context(
        site=site_of_project(),
        cases=cases,
        tables=offers(),
        version=version("retorsion"),
        provenance=made_from(inputs, parameters, "python -m retorsion site"),
    )
    made = build(context)
    _check(made, context)
    for address, content in made.items():
        path = REPORTS / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def site_of_project() -> Site:
    """What all pages of the project have in common."""
    return site([(_title(), "")])


def _title() -> str:
    return " and ".join(state_name(params("pair", side)) for side in ("a", "b"))


def _check(made: Files, context: Context) -> None:
    """Refuse pages that do not stand alone, and links that lead nowhere, those of rendered notebooks too."""
    html = {name: text for name, text in made.items() if isinstance(text, str) and name.endswith(".html")}
    for name, text in html.items():
        check_page(text, name=name, root=ROOT)
    folders = {case.folder for case in context.cases}
    notebooks = [
        f"{folder}{page.address}"
        for page in pages()
        if page.build is None
        for folder in (folders if page.of_case else {""})
    ]
    for name in notebooks:
        if not (REPORTS / name).is_file():
            raise RetorsionError(
                f"reports/{name} has not been rendered yet. Run `dvc repro` (or `make`) first"
            )
        html[name] = (REPORTS / name).read_text(encoding="utf-8")
    figures = {path.relative_to(REPORTS).as_posix() for path in REPORTS.rglob("*.svg")}
    check_links(html, others=frozenset(figures | made.keys() - html.keys()))


def case_of_project() -> Case:
    """The case of the parameters, with its findings."""
    a, b = params("pair", "a"), params("pair", "b")
    return Case(
        title=_title(),
        folder="",
        pair=(a, b),
        scales=params("escalation", "scales"),
        recorded=params("escalation", "recorded"),
        marks=params("escalation", "marks"),
        reporter=params("impact", "reporter"),
        target=params("impact", "target"),
        findings={name: finding(name) for name in ANALYSES},
        files={
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(FINDINGS.iterdir())
            if path.suffix in (".json", ".csv")
        },
    )


def offers() -> dict[str, Offer]:
    """The tables as they are offered: of the flows only the monthly statistics, which are small."""
    tables = {name: scan(name) for name in OFFERED if name != "trade_flows"}
    if params("impact").get("monthly"):
        source = params("impact", "monthly", "source")
        tables["trade_flows"] = pl.scan_parquet(TABLES / "trade_flows" / f"{source}.parquet")
    return {name: Offer(frame, _sources_of(name, tables)) for name, frame in tables.items()}


def _sources_of(table: str, tables: Mapping[str, pl.LazyFrame]) -> tuple[str, ...]:
    """Ids of the sources that a table was made from, in order."""
    if table == "trade_measure_products":
        return _sources_of("trade_measures", tables)
    if table in ("replies", "exchange_rates"):
        return (params("sources", "ledger" if table == "replies" else "rates"),)
    ids = set(tables[table].select("source_id").unique().collect()["source_id"])
    scores = params("sources", "scores").values() if table == "acts" else ()
    return tuple(sorted({*ids, *scores}))
