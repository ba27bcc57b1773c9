"""Command ``news``: candidate acts of news pages, for a person to decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.files import write_whole
from retorsion.news.judging import LEAST
from retorsion.news.matching import known_acts, matched
from retorsion.news.parser import load_parser
from retorsion.news.reading import Reading, read_pages
from retorsion.news.rows import Looked, as_csv, rows, usual_flows
from retorsion.reports.candidates import candidates_page
from retorsion.sources.formats.source_hosts import host_of
from retorsion.sources.rows import Check, faults, raise_first
from retorsion.sources.text.record_checks import url as address
from retorsion.sources.text.recorded import day as day_of
from retorsion.sources.text.recorded import read_complete
from retorsion.sources.text.strict_csv import read_strict_csv
from retorsion.steps.accept import REJECTED
from retorsion.steps.ledgers import Ledgers, read_ledgers
from retorsion.steps.raw import read_raw
from retorsion.steps.showing import parse_day

#: Table beside pages that states their addresses and days: page, url, page_date.
STATED = "pages.csv"

#: Files that are read as pages, by their endings.
ENDINGS = (".txt", ".html", ".htm")


def run(
    pages: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help="A page, or a folder of pages.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the candidates; data/news, which Git ignores, by default.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Address of the page, where its file states none.")] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="Day of the page, where its text states none.")
    ] = None,
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Confidence below which candidates are left out.")
    ] = LEAST,
) -> None:
    """Read news pages and write candidate acts: a table, and a page on which a person decides them."""
    files = _files(pages)
    if len(files) > 1 and (url or day):
        raise RetorsionError(f"{pages} holds {len(files)} pages. --url and --date are for a single one")
    urls, dates = _stated(pages, files)
    for name in files:
        urls |= {name: url} if url else {}
        dates |= {name: parse_day(day)} if day else {}
    reading = read_pages(files, parser=load_parser(), urls=urls, dates=dates, least=least)
    for refused in reading.refused:
        typer.echo(f"not read: {refused.page}: {refused.reason}", err=True)
    folder = out or project.ROOT / "data" / "news"
    ledgers = read_ledgers(project.parameters().sources, [])
    n_rows = write_candidates(reading, ledgers, folder)
    if unknown := _unknown_hosts(reading, ledgers):
        typer.echo(f"Not in hosts.csv, which accepted rows need: {', '.join(unknown)}", err=True)
    typer.echo(
        f"{len(reading.texts)} pages read, {len(reading.refused)} not; {n_rows} candidates in {_shown(folder)}.\n"
        f"Decide them in candidates.html, save decisions.csv there, then: retorsion accept decisions.csv"
    )


def write_candidates(reading: Reading, ledgers: Ledgers, folder: Path) -> int:
    """Set candidates beside the ledgers, and write ``candidates.csv`` and ``candidates.html``; how many there are."""
    acts = ledgers.parts["acts"]
    known = known_acts(acts, ledgers.parts["pages"])
    matches = matched(reading.candidates, known, ledgers.act_types)
    table = rows(matches, _looked(ledgers))
    write_whole(folder / "candidates.csv", as_csv([row for _, row in table]).encode())
    cases = [project.case(name).pair for name in project.parameters().cases]
    page = candidates_page(table, reading.texts, known=known, act_types=ledgers.act_types, pairs=cases)
    write_whole(folder / "candidates.html", page.encode())
    return len(table)


def _looked(ledgers: Ledgers) -> Looked:
    acts = ledgers.parts["acts"]
    return Looked(
        host_types=dict(ledgers.hosts.select("host", "source_type").iter_rows()),
        flow_types=usual_flows(acts),
        act_ids=frozenset([*acts["act_id"], *ledgers.parts["totals"]["total_id"]]),
        rejected=_rejected(),
    )


def _unknown_hosts(reading: Reading, ledgers: Ledgers) -> list[str]:
    """Hosts of the candidates' pages that the table of hosts lacks."""
    urls = pl.DataFrame({"url": [one.url for one in reading.candidates]}, schema={"url": pl.String})
    hosts = urls.select(host_of(pl.col("url"))).to_series().drop_nulls().unique().sort()
    return hosts.filter(~hosts.is_in(ledgers.hosts["host"].to_list())).to_list()


def _rejected() -> frozenset[tuple[str, ...]]:
    """What was rejected before, each as :func:`retorsion.news.rows.rejection_key` writes it."""
    frame = read_raw(REJECTED, read_complete, "news_rejections")
    key = frame.select(pl.exclude("url", "act_date", "row"))
    return frozenset(key.iter_rows())


def _files(pages: Path) -> Mapping[str, bytes]:
    """Bytes of the pages by name.

    Raises:
        RetorsionError: there is no page.
    """
    if pages.is_file():
        return {pages.name: pages.read_bytes()}
    if not pages.is_dir():
        raise RetorsionError(
            f"{pages} is not there. Name a file or a folder with pages ({', '.join(ENDINGS)})"
        )
    found = sorted(path for path in pages.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    if not found:
        raise RetorsionError(f"{pages} holds no page: files that end in {', '.join(ENDINGS)} are read")
    return {path.relative_to(pages).as_posix(): path.read_bytes() for path in found}


def _stated(pages: Path, files: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, date]]:
    """Addresses and days of pages by name, from the table beside them, if there is one.

    Raises:
        RetorsionError: the table is not in its layout, or names a page that is not there.
    """
    path = pages / STATED
    if not path.is_file():
        return {}, {}
    rows = read_strict_csv(path, ("page", "url", "page_date"))
    names = list(files)
    checks = (
        Check("page", pl.col("page").is_in(names), "is not there", "Correct the name of the file.", names),
        address("url", optional=True),
        day_of("page_date", optional=True),
    )
    raise_first(faults(STATED, rows, *checks))
    urls = dict(rows.select("page", "url").drop_nulls().iter_rows())
    days = rows.select("page", pl.col("page_date").str.to_date("%Y-%m-%d")).drop_nulls()
    return urls, dict(days.iter_rows())


def _shown(folder: Path) -> str:
    return folder.relative_to(project.ROOT).as_posix() if folder.is_relative_to(project.ROOT) else str(folder)
