"""The page of one table: its rows to read, sort, filter and download, and what its columns hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
from markupsafe import Markup

from retorsion.reports.codes import Reading, is_of_acts, reading, recovery
from retorsion.reports.html import column_kinds, table
from retorsion.reports.markdown import Headings
from retorsion.reports.page import Provenance, Site, asset, minified, page, render
from retorsion.reports.pages.evidence import places_of_acts, row_links
from retorsion.reports.pages.tables import Download, downloads_of, table_files
from retorsion.reports.site import Context, Files, Page
from retorsion.tables.fields import fields, tables

#: Tables up to this many rows are shown whole on their page; of larger ones the first rows are.
FULL_ROWS, PREVIEW_ROWS = 2000, 300
#: A page is no heavier; of a table that would be, it shows as many rows as fit.
MOST_BYTES = 1_500_000


def table_page(
    site: Site,
    download: Download,
    shown: pl.DataFrame,
    *,
    columns: pl.DataFrame,
    link: Callable[[Any], str | None],
    read: Reading | None = None,
    provenance: Provenance | None = None,
) -> str:
    """One table to read: sortable, filtered by column, each row leading to what it names and where it was read.

    Args:
        site: what all pages have in common.
        download: the table and its files.
        shown: its rows, or the first of them where they are too many for a page.
        columns: what each column holds (:func:`column_summary`).
        link: the address, relative to the site, that a value leads to; None for other values.
        read: how its codes read; as they are by default.
        provenance: for the footer.

    Returns:
        HTML of ``tables/NAME.html``, in which a row's anchor is its key where that is one column. With the page
        comes what a script needs to write the rows as the CSV file has them (:func:`recovery`).
    """
    spec, headings, read = tables()[download.table], Headings(), read or Reading()

    def outwards(value: Any) -> str | None:
        href = link(value)
        return href if href is None or href.startswith(("https://", "http://")) else f"../{href}"

    same = _same_in_all(shown)
    chosen = [name for name in _ordered(shown.columns) if name not in (*_FOR_PROGRAMS, *same)]
    described = recovery(shown, chosen, read, link)
    return page(
        site,
        href=f"tables/{download.table}.html",
        marks="tables.html",
        title=f"Table {download.table}",
        body=render(
            "table.html.j2",
            download=download,
            table=spec,
            n_shown=len(shown),
            same=same,
            left_out=[name for name in shown.columns if name not in chosen and name not in same],
            sources=_sources(shown, link) if "source_id" in chosen else [],
            states=_states(read),
            n_printed=min(_PRINTED, len(chosen)),
            n_columns=len(chosen),
            columns_heading=headings.add(2, "Columns"),
            columns=Markup(_columns(columns, download.table)),
            rows_heading=headings.add(2, "Rows"),
            rows=Markup(_rows(shown, chosen, download, read, outwards)),
        ),
        headings=headings,
        wide=True,
        styles=minified(asset("tables.css")),
        columns=_kinds(shown, chosen, described),
        data={"table-data": {"name": download.table, "columns": described}},
        provenance=provenance,
        description=f"One row is {spec.row}.",
    )


def _rows(
    shown: pl.DataFrame,
    chosen: Sequence[str],
    download: Download,
    read: Reading,
    link: Callable[[Any], str | None],
) -> str:
    """The rows as HTML, with words for codes."""
    spec = tables()[download.table]
    strings = [name for name, dtype in shown.schema.items() if dtype == pl.String and name not in _NO_LINKS]
    words: dict[str, Callable[[Any], str]] = {
        name: lambda code, said=said: said.get(code, code)  # type: ignore[misc]
        for name, said in read.words.items()
    }
    ids = [name for name in chosen if is_of_acts(shown[name], read, link)]
    words |= dict.fromkeys(ids, lambda value: read.acts.get(value, value) if link(value) else value)
    return table(
        shown,
        columns=chosen,
        caption=f"{download.table}: {download.rows:,} rows",
        formats=words,
        links=dict.fromkeys([name for name in strings if name not in read.words], link),
        hints=read.hints,
        row_ids=f"{{{spec.key[0]}}}" if len(spec.key) == 1 else None,
        interactive=True,
        by_column=True,
    ).html


def _kinds(
    shown: pl.DataFrame, chosen: Sequence[str], described: Sequence[Mapping[str, Any]]
) -> dict[str, list[int]]:
    """Kinds of the columns for the style sheet: ids of acts read as words there."""
    kinds = column_kinds(shown, chosen)
    worded = [one["cell"] + 1 for one in described if one.get("how") == "act"]
    others = {kind: [place for place in places if place not in worded] for kind, places in kinds.items()}
    return {**others, "words": sorted([*others.get("words", []), *worded])} if worded else kinds


def _columns(columns: pl.DataFrame, name: str) -> str:
    labels = {"n_missing": "Missing", "n_distinct": "Distinct", "least": "Min", "greatest": "Max"}
    return table(
        columns,
        caption=f"What the columns of {name} hold",
        labels=labels,
        row_links=f"../dictionary.html#{name}.{{column}}",
        interactive=False,
    ).html


def _sources(shown: pl.DataFrame, link: Callable[[Any], str | None]) -> list[tuple[str, str]]:
    """Id of each source of the rows, and the address that describes it."""
    ids = shown["source_id"].unique().sort().to_list()
    return [(each, href) for each in ids if (href := link(each)) is not None]


def _states(read: Reading) -> list[tuple[str, str]]:
    """The states that the rows name, each with its code, in order of their names."""
    named = {
        code: said for name, own in read.words.items() if name.endswith("_code") for code, said in own.items()
    }
    return sorted(
        ((said, code) for code, said in named.items()), key=lambda pair: (pair[0].casefold(), pair[1])
    )


#: Columns that paper has room for.
_PRINTED = 11
#: Columns that a reader looks for first, in this order, and endings of the names of those that come last.
_FIRST = (
    "subject_name",
    "title",
    "summary",
    "act_date",
    "announced_date",
    "action_date",
    "event_date",
    "as_of_date",
    "actor_code",
    "sender_code",
    "imposer_code",
    "reporter_code",
    "target_code",
    "partner_code",
    "act_type",
    "action_type",
    "event_type",
    "instrument_type",
    "subject_type",
    "flow_type",
    "product_code",
    "product_scope",
    "n_subjects",
    "n_individuals",
    "n_banks",
    "n_other_bodies",
    "value_usd",
    "tariff_rate_pct",
    "reply_act_id",
    "act_id",
    "measure_id",
)
#: Columns that the files have and a page leaves out: programs need them, readers see the same in other columns.
_FOR_PROGRAMS = (
    "announced_basis",
    "done_basis",
    "is_yearly",
    "intensity_equal",
    "intensity_log_subjects",
    "source_types",
    "package_id",
    "cameo_code",
    "plover_type",
)
#: Columns that are links already.
_NO_LINKS = ("source_url", "source_urls", "source_id")
_LAST = ("_id", "_row", "_urls", "_url", "_rule")


def _ordered(columns: Sequence[str]) -> list[str]:
    """Columns of a table for reading: names, dates and states first, ids and addresses last."""
    worded = (
        "summary" not in columns
    )  # ids of acts are words there, and codes where the act has its own sentence
    first = [name for name in _FIRST if name in columns and (worded or not name.endswith("_id"))]
    last = [name for name in columns if name.endswith(_LAST) and name not in first]
    return [*first, *(name for name in columns if name not in first and name not in last), *last]


def _same_in_all(frame: pl.DataFrame) -> dict[str, str]:
    """Columns with one value in all rows, which a page says once; none of a table that is short enough anyway."""
    if len(frame) <= PREVIEW_ROWS:
        return {}
    values = {name: frame[name][0] for name in frame.columns if frame[name].n_unique() == 1}
    words = {None: "missing", True: "yes", False: "no"}
    return {name: words.get(value) or str(_shortened(value)) for name, value in values.items()}


def column_summary(frame: pl.LazyFrame, table: str) -> pl.DataFrame:
    """What each column of a table holds: how many values are missing or differ, the least and the greatest.

    Args:
        frame: the table.
        table: its name in the field dictionary.

    Returns:
        Columns column, meaning, unit, n_missing, n_distinct, least, greatest; one row per column.
    """
    every = pl.all()
    counts = [
        frame.select(each).collect(engine="streaming").row(0)
        for each in (every.null_count(), every.n_unique(), every.min(), every.max())
    ]
    return pl.DataFrame(
        [
            {
                "column": name,
                "meaning": fields()[name].description,
                "unit": fields()[name].unit,
                "n_missing": missing,
                "n_distinct": distinct - (missing > 0),
                "least": _shortened(least),
                "greatest": _shortened(greatest),
            }
            for name, missing, distinct, least, greatest in zip(tables()[table].columns, *counts, strict=True)
        ],
        schema_overrides={"unit": pl.String, "least": pl.String, "greatest": pl.String},
    )


def _shortened(value: object) -> str | None:
    if value is None or isinstance(value, float | int):
        return None if value is None else f"{value:,}" if not isinstance(value, bool) else str(value).lower()
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _build(context: Context) -> Files:
    link = row_links(context.table("sources")["source_id"], places_of_acts(context))
    acts = lines_on_acts(context)
    written = {}
    for download in downloads_of(context, table_files(context)):
        n_rows = download.rows if download.rows <= FULL_ROWS else PREVIEW_ROWS
        html = _made(context, download, n_rows, link, acts)
        if (size := len(html.encode())) > MOST_BYTES:
            html = _made(context, download, int(0.97 * n_rows * MOST_BYTES / size), link, acts)
        written[f"tables/{download.table}.html"] = html
    return written


def _made(
    context: Context,
    download: Download,
    n_rows: int,
    link: Callable[[Any], str | None],
    acts: Mapping[str, str],
) -> str:
    """The page of a table that shows so many of its rows."""
    frame = context.tables[download.table].frame
    shown = frame.head(n_rows).collect()
    return table_page(
        context.site,
        download,
        shown,
        columns=column_summary(frame, download.table),
        link=link,
        read=reading(shown, chapters=context.chapters, acts=acts),
        provenance=context.provenance,
    )


def lines_on_acts(context: Context) -> Mapping[str, str]:
    """A line on each act and event, by its id: its day and what was done."""
    acts = context.table("acts").select("act_id", "act_date", "summary")
    events = context.table("context_events").select("event_id", "event_date", "summary")
    return {
        each: f"{day} {said.rstrip('.')}" for frame in (events, acts) for each, day, said in frame.iter_rows()
    }


PAGE = Page(
    address="tables/",
    title="Table",
    description="One table, its rows and its columns.",
    build=_build,
)
