"""The search: acts, listed subjects, tables, columns, sources and pages, found without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from retorsion.reports.page import Menu, Provenance, Site, asset, page, render
from retorsion.reports.pages.evidence import places_of_acts
from retorsion.reports.pages.explorer import between
from retorsion.reports.site import DATA, Context, Files, Page, pages
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields, tables

#: What can be found, in the order in which the page shows it.
KINDS = ("act", "subject", "page", "table", "column", "source")

#: One thing to find: its kind, title, a line about it, and its address.
Entry = tuple[str, str, str, str]


def search_page(site: Site, entries: Sequence[Entry], *, provenance: Provenance | None = None) -> str:
    """A field, and what matches it.

    Args:
        site: what all pages have in common.
        entries: what can be found.
        provenance: for the footer.
    """
    counts = {kind: sum(entry[0] == kind for entry in entries) for kind in KINDS}
    sources = sorted({entry[2].rpartition(" · ")[2] for entry in entries if entry[0] == "act"})
    return page(
        site,
        href=PAGE.address,
        title=PAGE.title,
        body=render("search.html.j2", title=PAGE.title, counts=counts, sources=sources),
        provenance=provenance,
        description=PAGE.description,
        data={"search-data": {"kinds": KINDS, "entries": entries}},
        scripts=[asset("search.js")],
    )


def entries(context: Context) -> list[Entry]:
    """What can be found: acts of the cases, subjects that they list, pages, tables, columns and sources."""
    places = places_of_acts(context)
    return list(
        dict.fromkeys(
            [
                *_acts(context, places),
                *_subjects(context.table("sanctions"), places),
                *_pages(context),
                *(
                    ("table", spec.name, f"One row is {spec.row}.", f"dictionary.html#{spec.name}")
                    for spec in tables().values()
                ),
                *_columns(),
                *(
                    ("source", title, producer, f"sources.html#{source_id}")
                    for source_id, title, producer in context.table("sources")
                    .sort("title", "source_id")
                    .select("source_id", "title", "producer")
                    .iter_rows()
                ),
            ]
        )
    )


def _acts(context: Context, places: Mapping[str, str]) -> Iterator[Entry]:
    """Acts of all cases, the latest first."""
    shown = pl.concat([between(context.table("acts"), case.pair) for case in context.cases])
    for act in shown.sort("act_date", "act_id", descending=[True, False]).iter_rows(named=True):
        source = act["best_source_type"]  # null where no page is of a known host, as in lists
        kinds = [each.replace("_", " ") for each in (act["act_type"], source and f"{source} source") if each]
        note = " · ".join((str(act["act_date"]), state_name(act["actor_code"]), *kinds))
        yield "act", act["summary"], note, places[act["act_id"]]


def _subjects(sanctions: pl.DataFrame, places: Mapping[str, str]) -> Iterator[Entry]:
    """Named persons and bodies on lists, each with the act that listed it."""
    named = sanctions.filter(pl.col("subject_name").is_not_null() & pl.col("act_id").is_in(list(places)))
    for row in named.sort("subject_name", "announced_date", "sanction_id").iter_rows(named=True):
        kind = row["subject_type"].replace("_", " ")
        note = f"{kind} · {state_name(row['sender_code'])} · {row['announced_date'] or 'undated'}"
        yield "subject", row["subject_name"], note, places[row["act_id"]]


def _pages(context: Context) -> Iterator[Entry]:
    listed = {link.href for menu in context.site.navigation if isinstance(menu, Menu) for link in menu.links}
    for each in pages():
        if not each.address.endswith(".html"):
            continue
        for title, folder in (
            [(case.title, case.folder) for case in context.cases] if each.of_case else [("", "")]
        ):
            if each.needs and f"{folder}{each.address}" not in listed:
                continue
            yield (
                "page",
                f"{each.title}{': ' * bool(title)}{title}",
                each.description,
                f"{folder}{each.address}",
            )


def _columns() -> Iterator[Entry]:
    """Each column once, at the first table that has it."""
    seen: set[str] = set()
    for spec in tables().values():
        for name in spec.columns:
            if name not in seen:
                seen.add(name)
                yield "column", name, fields()[name].description, f"dictionary.html#{spec.name}.{name}"


def _build(context: Context) -> Files:
    return {PAGE.address: search_page(context.site, entries(context), provenance=context.provenance)}


PAGE = Page(
    address="search.html",
    title="Search",
    description="Search acts, listed persons and bodies, tables, columns and pages.",
    menu=DATA,
    order=0,
    build=_build,
)
