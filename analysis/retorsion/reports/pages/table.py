"""The page of one table: its rows to read, sort and search, and what its columns hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
from markupsafe import Markup

from retorsion.reports.html import column_kinds, table
from retorsion.reports.markdown import Headings
from retorsion.reports.page import Provenance, Site, page, render
from retorsion.reports.pages.evidence import places_of_acts, row_links
from retorsion.reports.pages.tables import Download, downloads_of, table_files
from retorsion.reports.site import Context, Files, Page
from retorsion.tables.fields import fields, tables

#: Tables up to this many rows are shown whole on their page; of larger ones the first rows are.
FULL_ROWS, PREVIEW_ROWS = 2000, 300


def table_page(
    site: Site,
    download: Download,
    shown: pl.DataFrame,
    *,
    columns: pl.DataFrame,
    link: Callable[[Any], str | None],
    provenance: Provenance | None = None,
) -> str:
    """One table to read: sortable, searchable, each row leading to what it names and where it was read.

    Args:
        site: what all pages have in common.
        download: the table and its files.
        shown: its rows, or the first of them where they are too many for a page.
        columns: what each column holds (:func:`column_summary`).
        link: the address, relative to the site, that a value leads to; None for other values.
        provenance: for the footer.

    Returns:
        HTML of ``tables/NAME.html``, in which a row's anchor is its key where that is one column.
    """
    spec, headings = tables()[download.table], Headings()

    def outwards(value: Any) -> str | None:
        href = link(value)
        return href if href is None or href.startswith(("https://", "http://")) else f"../{href}"

    strings = [name for name, dtype in shown.schema.items() if dtype == pl.String and name not in _NO_LINKS]
    same = _same_in_all(shown)
    chosen = [name for name in _ordered(shown.columns) if name not in (*_FOR_PROGRAMS, *same)]
    rows = table(
        shown,
        columns=chosen,
        caption=f"{download.table}: {download.rows:,} rows",
        links=dict.fromkeys(strings, outwards),
        row_ids=f"{{{spec.key[0]}}}" if len(spec.key) == 1 else None,
        interactive=True,
        by_column=True,
    )
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
            columns_heading=headings.add(2, "Columns"),
            columns=Markup(
                table(
                    columns,
                    caption=f"What the columns of {download.table} hold",
                    labels={
                        "n_missing": "Missing",
                        "n_distinct": "Distinct",
                        "least": "Min",
                        "greatest": "Max",
                    },
                    row_links=f"../dictionary.html#{download.table}.{{column}}",
                    interactive=False,
                ).html
            ),
            rows_heading=headings.add(2, "Rows"),
            rows=Markup(rows.html),
        ),
        headings=headings,
        wide=True,
        columns=column_kinds(shown, chosen),
        provenance=provenance,
        description=f"One row is {spec.row}.",
    )


#: Columns that a reader looks for first, in this order, and endings of the names of those that come last.
_FIRST = (
    "subject_name",
    "title",
    "summary",
    "act_date",
    "announced_date",
    "actor_code",
    "sender_code",
    "reporter_code",
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
_NO_LINKS = ("source_url", "source_urls")
_LAST = ("_id", "_row", "_urls", "_url", "_rule")


def _ordered(columns: Sequence[str]) -> list[str]:
    """Columns of a table for reading: names, dates and states first, ids and addresses last."""
    first = [name for name in _FIRST if name in columns]
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
    written = {}
    for download in downloads_of(context, table_files(context)):
        frame = context.tables[download.table].frame
        shown = frame if download.rows <= FULL_ROWS else frame.head(PREVIEW_ROWS)
        written[f"tables/{download.table}.html"] = table_page(
            context.site,
            download,
            shown.collect(),
            columns=column_summary(frame, download.table),
            link=link,
            provenance=context.provenance,
        )
    return written


PAGE = Page(
    address="tables/",
    title="Table",
    description="One table, its rows and its columns.",
    build=_build,
)
