"""The search: acts, listed subjects, tables, columns, sources and pages, found without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from retorsion.figures.kinds import kind_words
from retorsion.reports.page import Menu, Provenance, Site, asset, page, render
from retorsion.reports.pages.evidence import places_of_acts
from retorsion.reports.pages.explorer import between
from retorsion.reports.pages.names import listed_names, whose_lists
from retorsion.reports.site import DATA, Context, Files, Page, pages
from retorsion.reports.spelling import ENDING, LETTERS, RULES, other_names
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields, tables

#: What can be found, in the order in which the page shows it.
KINDS = ("act", "total", "subject", "page", "table", "column", "source")

#: One thing to find: its kind, title, a line about it, its address, and words that find it but are not shown.
Entry = tuple[str, str, str, str, str]

#: What is counted, one and several as the page says it, and what readers call it besides.
_COUNTED: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "individual": ("person", "persons", ("people", "individuals")),
    "entity": ("body", "bodies", ("entities", "organisations", "companies", "firms")),
    "bank": ("bank", "banks", ()),
    "sector": ("sector", "sectors", ()),
}

#: What readers call acts of a type besides; acts of one type are not all summed up in one word.
_CALLED: Mapping[str, str] = {"expulsion": "expelled diplomats", "asset_freeze": "sanctions"}


def search_page(
    site: Site, entries: Sequence[Entry], *, lists: str = "", provenance: Provenance | None = None
) -> str:
    """A field, and what matches it.

    Args:
        site: what all pages have in common.
        entries: what can be found.
        lists: whose lists have names (:func:`retorsion.reports.pages.names.whose_lists`).
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
        data={
            "search-data": {
                "kinds": KINDS,
                "entries": entries,
                "lists": lists,
                "letters": LETTERS,
                "ending": ENDING,
                "rules": [(pattern, replacement.replace("\\", "$")) for pattern, replacement in RULES],
            }
        },
        scripts=[asset("search.js")],
    )


def entries(context: Context) -> list[Entry]:
    """What can be found: acts of the cases, totals, listed names, pages, tables, columns and sources."""
    sanctions = context.table("sanctions")
    found = [
        *_acts(context, places_of_acts(context), _counts(sanctions)),
        *_totals(context.table("published_totals")),
        *_subjects(sanctions),
        *_pages(context),
        *(
            ("table", spec.name, f"One row is {spec.row}.", f"dictionary.html#{spec.name}", "")
            for spec in tables().values()
        ),
        *_columns(),
        *(
            ("source", title, producer, f"sources.html#{source_id}", "")
            for source_id, title, producer in context.table("sources")
            .sort("title", "source_id")
            .select("source_id", "title", "producer")
            .iter_rows()
        ),
    ]
    return list(dict.fromkeys(found))


def _acts(
    context: Context, places: Mapping[str, str], counts: Mapping[str, Mapping[str, int]]
) -> Iterator[Entry]:
    """Acts of all cases, the latest first; each once, with all states that it is about."""
    shown = pl.concat([between(context.table("acts"), case.pair) for case in context.cases])
    about = pl.col("addressee_code").drop_nulls().unique().sort().over("act_id", mapping_strategy="join")
    shown = shown.with_columns(addressees=about).unique("act_id")
    for act in shown.sort("act_date", "act_id", descending=[True, False]).iter_rows(named=True):
        source = act["best_source_type"]  # null where no page is of a known host, as in lists
        kinds = [kind_words(each) for each in (act["act_type"], source and f"{source} source") if each]
        counted, besides = _counted(counts.get(act["act_id"], {}))
        called = _CALLED.get(act["act_type"])
        sides = [other_names(code) for code in dict.fromkeys([act["actor_code"], *act["addressees"]])]
        said = [counted] if counted else []
        begun = act["effective_date"]
        later = [f"in force from {begun}"] if begun and begun != act["act_date"] else []
        note = " · ".join((str(act["act_date"]), state_name(act["actor_code"]), *later, *said, *kinds))
        yield (
            "act",
            act["summary"],
            note,
            places[act["act_id"]],
            " ".join(filter(None, [besides, called, *sides])),
        )


def _counts(sanctions: pl.DataFrame) -> dict[str, dict[str, int]]:
    """How many subjects of each kind an act listed, by its id."""
    summed = (
        sanctions.drop_nulls(["act_id", "n_subjects"])
        .group_by("act_id", "subject_type")
        .agg(pl.col("n_subjects").sum())
        .sort("act_id", "subject_type")
    )
    found: dict[str, dict[str, int]] = {}
    for act_id, kind, n in summed.iter_rows():
        found.setdefault(act_id, {})[kind] = n
    return found


def _counted(counts: Mapping[str, int | None]) -> tuple[str, str]:
    """Counts in words, and what else readers call what is counted.

    Example:
        >>> _counted({"individual": 76, "bank": 7, "entity": None})
        ('76 persons, 7 banks', '76 people 76 individuals')
    """
    known = {kind: n for kind, n in counts.items() if n and kind in _COUNTED}
    words = [f"{n:,} {_COUNTED[kind][n > 1]}" for kind, n in known.items()]
    return ", ".join(words), " ".join(
        f"{n} {word}" for kind, n in known.items() for word in _COUNTED[kind][2]
    )


def _totals(totals: pl.DataFrame) -> Iterator[Entry]:
    """Sums that a government or a newspaper published, the latest first."""
    for row in totals.sort("as_of_date", "total_id", descending=[True, False]).iter_rows(named=True):
        counts = {"individual": row["n_individuals"], "bank": row["n_banks"], "entity": row["n_other_bodies"]}
        counted, besides = _counted(counts)
        actors = f"{state_name(row['actor_code'])} on {state_name(row['target_code'])}"
        note = " · ".join(
            filter(None, (str(row["as_of_date"]), actors, row["scope"] if counted else "", row["note"]))
        )
        yield (
            "total",
            counted or row["scope"],
            note,
            f"tables/published_totals.html#{row['total_id']}",
            besides,
        )


def _subjects(sanctions: pl.DataFrame) -> Iterator[Entry]:
    """Listed persons and bodies, each with those that listed it."""
    for each in listed_names(sanctions):
        listings = [
            f"{state_name(row['sender_code'])} {row['announced_date'] or 'undated'}" for row in each.listings
        ]
        yield "subject", each.name, " · ".join((each.kind, *dict.fromkeys(listings))), each.place, ""


def _pages(context: Context) -> Iterator[Entry]:
    listed = {link.href for menu in context.site.navigation if isinstance(menu, Menu) for link in menu.links}
    for each in pages():
        if not each.address.endswith(".html"):
            continue
        for title, folder, pair in (
            [(case.title, case.folder, case.pair) for case in context.cases]
            if each.of_case
            else [("", "", ())]
        ):
            if each.needs and f"{folder}{each.address}" not in listed:
                continue
            yield (
                "page",
                f"{each.title}{': ' * bool(title)}{title}",
                each.description,
                f"{folder}{each.address}",
                " ".join(filter(None, [_words(each, context), *map(other_names, pair)])),
            )


def _words(of: Page, context: Context) -> str:
    """Words of a page's address, headings and lead, each once, without marks."""
    text = f"{of.address.removesuffix('.html')} {context.words.get(of.address, '')}"
    return " ".join(dict.fromkeys(re.findall(r"[^\W\d_]{3,}", text.lower())))


def _columns() -> Iterator[Entry]:
    """Each column once, at the first table that has it."""
    seen: set[str] = set()
    for spec in tables().values():
        for name in spec.columns:
            if name not in seen:
                seen.add(name)
                yield "column", name, fields()[name].description, f"dictionary.html#{spec.name}.{name}", ""


def _build(context: Context) -> Files:
    lists, _ = whose_lists(context.table("sanctions"))
    made = search_page(context.site, entries(context), lists=lists, provenance=context.provenance)
    return {PAGE.address: made}


PAGE = Page(
    address="search.html",
    title="Search",
    description="Search acts, listed persons and bodies, tables, columns and pages.",
    menu=DATA,
    order=0,
    build=_build,
)
