"""Command ``news-score``: how well coded pages of news are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retorsion.errors import RetorsionError
from retorsion.news.judging import LEAST
from retorsion.news.parser import load_parser
from retorsion.news.reading import read_pages
from retorsion.news.scoring import read_coded, score


def run(
    gold: Annotated[
        Path, typer.Argument(help="Table of what is right (tab-separated): a row for each act of a page.")
    ],
    pages: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the pages, .txt or .html.")],
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Confidence below which candidates are left out.")
    ] = LEAST,
) -> None:
    """Read coded pages and say what was found, what was missed, and why."""
    files = {
        path.name: path.read_bytes()
        for path in sorted(pages.glob("*"))
        if path.suffix in (".txt", ".html", ".htm")
    }
    if not files:
        raise RetorsionError(
            f"{pages} holds no page. Give the folder of the .txt or .html files that {gold} codes"
        )
    coded = read_coded(gold.read_text(encoding="utf-8"), str(gold))
    reading = read_pages(files, parser=load_parser(), least=least)
    for refused in reading.refused:
        typer.echo(f"not read: {refused.page}: {refused.reason}", err=True)
    result = score(reading.candidates, coded, files)
    for line in result.lines:
        typer.echo(line)
    typer.echo(f"{len(files)} pages: {result.summary()}.")
    for what, counted in (("missed", result.misses), ("wrong", result.wrong)):
        if counted:
            typer.echo(
                f"{what}: " + ", ".join(f"{kind} {number}" for kind, number in sorted(counted.items()))
            )
