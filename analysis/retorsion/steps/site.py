"""Step ``site``: load what the pages are made from, make them, check them, write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, TypedDict

import polars as pl
import typer

from retorsion import __version__
from retorsion.files import write_whole
from retorsion.params import Case as Asked
from retorsion.project import (
    NOTEBOOKS,
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
from retorsion.reports.analyses import analyses
from retorsion.reports.page import Places, Site, check_links, check_page, ids_and_links
from retorsion.reports.pages.tables import OFFERED
from retorsion.reports.site import Case, Context, Files, Offer, build, made_from, pages, site
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.raw import read_raw
from retorsion.steps.workers import workers

_FRONT = "index.html"


def run(
    about: Annotated[
        str | None,
        typer.Argument(metavar="[CASE]", help="Write the pages of this case; without it, the others."),
    ] = None,
) -> None:
    """Write the pages around the notebooks: those of one case, or the shared ones, whose links are then checked."""
    if about is not None:
        _write(_made_of_case(about))
        return
    with workers(__name__) as executor:
        front = executor.submit(_front)
        of_cases = executor.map(_places_of_case, parameters().cases)
        others = build(_shared(), of_case=False, chosen=lambda address: address != _FRONT)
        made = {**others, **front.result()}
        places = _places(made)
        for found in of_cases:
            places |= found
        _check_links(places)
    _write(made)


def _made_of_case(name: str) -> Files:
    return build(_context([case(name)], f"retorsion site {name}", is_shared=False), of_case=True)


def _shared() -> Context:
    return _context([case(name) for name in parameters().cases], "retorsion site", is_shared=True)


def _front() -> Files:
    """The front page, which has a drawing of each case and takes as long as all other shared pages."""
    return build(_shared(), of_case=False, chosen=lambda address: address == _FRONT)


def _write(made: Files) -> None:
    for name, text in made.items():
        if name.endswith(".html") and isinstance(text, str):
            check_page(text, name=name, root=ROOT)
    for address, content in made.items():
        write_whole(REPORTS / address, content.encode() if isinstance(content, str) else content)


def _places_of_case(name: str) -> dict[str, Places | None]:
    """Ids and links of the pages that a case has, made for this alone: their own stage writes them."""
    return _places(_made_of_case(name))


def _places(made: Files) -> dict[str, Places | None]:
    """Ids and links of pages, by address; None for other files."""
    return {
        name: ids_and_links(text) if isinstance(text, str) and name.endswith(".html") else None
        for name, text in made.items()
    }


def _context(asked: list[Asked], command: str, *, is_shared: bool) -> Context:
    return Context(
        site=site_of_project(),
        cases=[case_of(one) for one in asked],
        tables=offers(asked),
        version=__version__,
        provenance=made_from(
            {name: digest for one in asked for name, digest in input_hashes(one.name).items()},
            {one.name: shown_of(one) for one in asked},
            command,
        ),
        pipeline=(ROOT / "dvc.yaml").read_text(encoding="utf-8"),
        comparison=compared() if is_shared else None,
        chapters=_chapters(asked) if is_shared else {},
        words=_words_of_notebooks() if is_shared else {},
    )


def _words_of_notebooks() -> dict[str, str]:
    """The first text and the headings of each notebook, by the address of its page."""
    found = {}
    for path in sorted(NOTEBOOKS.glob("*.py")):
        _, first, *others = re.split(
            r"^# %% \[markdown\]\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        headings = re.findall(r"^# #+ (.+)", "".join(others), flags=re.MULTILINE)
        lead = re.findall(r"^# (.+)", first.partition("# %%")[0], flags=re.MULTILINE)
        found[f"{path.stem}.html"] = " ".join([*lead, *headings])
    return found


def _chapters(asked: list[Asked]) -> dict[str, str]:
    """What each chapter of the Harmonized System holds, where a case names a source of its sections."""
    named = {part.sections for one in asked if (part := one.impact.tariffs) and part.sections}
    return {
        f"{chapter:02d}": section["label"]
        for source in sorted(named)
        for section in read_raw(source, read_complete, "hs_sections").iter_rows(named=True)
        for chapter in range(int(section["first_chapter"]), int(section["last_chapter"]) + 1)
    }


def site_of_project() -> Site:
    """What all pages of the project have in common."""
    return site(
        [(case(name).title, f"{name}/") for name in parameters().cases],
        version=__version__,
        data_to=scan("acts").select(pl.col("act_date").max()).collect().item(),
        searched={
            f"{name}/": max(span.end for span in spans)
            for name in parameters().cases
            if (spans := case(name).escalation.recorded)
        },
        parts={
            f"{name}/": [part for part, asked in case(name).impact if asked] for name in parameters().cases
        },
    )


def shown_of(asked: Asked) -> dict[str, Any]:
    """What the footer of a page says of a case."""
    window = asked.window
    return {
        "pair": {"a": asked.pair[0], "b": asked.pair[1]},
        "window": {"start": window.start.isoformat(), "end": window.end.isoformat()},
    }


def _check_links(made: Mapping[str, Places | None]) -> None:
    """Refuse links that lead nowhere: of these pages, and of the notebooks there are.

    Pages of notebooks that are not rendered yet count by their addresses, so that the order of stages is free.
    """
    found = dict(made)
    for page in pages():
        for folder in [f"{name}/" for name in parameters().cases] if page.of_case else [""]:
            path = REPORTS / folder / page.address
            if page.build is None:
                is_there = path.is_file()
                found[f"{folder}{page.address}"] = (
                    ids_and_links(path.read_text("utf-8")) if is_there else None
                )
    figures = [path.relative_to(REPORTS).as_posix() for path in REPORTS.rglob("*.svg")]
    check_links(found | dict.fromkeys(figures))


def case_of(asked: Asked) -> Case:
    """A case as the pages see it, with its findings."""
    impact = asked.impact
    return Case(
        title=asked.title,
        folder=f"{asked.name}/",
        pair=asked.pair,
        scales=parameters().escalation.scales,
        recorded=[span.model_dump(mode="json") for span in asked.escalation.recorded],
        context=asked.escalation.context,
        marks=[mark.model_dump() for mark in asked.escalation.marks],
        story=asked.escalation.story.model_dump() if asked.escalation.story else None,
        reporter=impact.reporter,
        target=impact.target,
        **_found(analyses(), asked.name),
    )


def compared() -> Case:
    """All cases together as the pages see them, with the findings of the comparison."""
    return Case(
        title="The cases compared", folder="", pair=("", ""), **_found(analyses(of_case=False), "comparison")
    )


def _found(names: Collection[str], of: str) -> _Found:
    """The findings of some analyses, and their files by name."""
    rows = {
        path.name if name == "checks" else f"{name}_{path.name}": path.read_text(encoding="utf-8")
        for name in names
        for path in finding_rows(name, of).values()
    }
    return {
        "findings": {name: finding(name, of) for name in names},
        "files": rows | {f"{name}.json": finding_file(name, of) for name in names},
    }


class _Found(TypedDict):
    findings: Mapping[str, Any]
    files: Mapping[str, str]


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
        return sources.ledgers if table == "replies" else (sources.rates,)
    ids = set(tables[table].select("source_id").unique().collect()["source_id"])
    scores = (sources.scores.cameo, sources.scores.plover) if table == "acts" else ()
    return tuple(sorted({*ids, *scores}))
