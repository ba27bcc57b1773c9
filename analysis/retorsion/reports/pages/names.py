"""The pages of listed persons and bodies: who listed each, when, by which act, and what that act answered."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

import polars as pl
from markupsafe import Markup

from retorsion.figures.kinds import kind_words
from retorsion.reports.html import addresses, listed
from retorsion.reports.page import Provenance, Site, asset, minified, page, render
from retorsion.reports.pages.evidence import places_of_acts
from retorsion.reports.pages.table import lines_on_acts
from retorsion.reports.site import DATA, Context, Files, Page
from retorsion.reports.spelling import folded
from retorsion.sources.states import state_name

#: The page of names that begin with no letter from A to Z.
_OTHERS = "other"

#: What a reader calls some kinds of subjects.
_KINDS = {"individual": "person", "entity": "body"}

#: Words and the address they lead to, relative to the site; no address where no page shows the act.
Leads: TypeAlias = tuple[str, str | None]


@dataclass(frozen=True)
class Round:
    """An act that listed names.

    Attributes:
        act: a line on it, and where it is shown.
        n_names: how many names it listed.
        n_unnamed: how many more it listed, which the record counts without a name.
        decided_with: what the same actor decided at once.
        answered: what the sources say that it, or what was decided with it, answered.
        replies: what the sources say answered it by name.
        n_general: replies to sanctions in general that a source counts among them.
    """

    act: Leads
    n_names: int
    n_unnamed: int
    decided_with: Sequence[Leads]
    answered: Sequence[Leads]
    replies: Sequence[Leads]
    n_general: int


@dataclass(frozen=True)
class Listed:
    """A name on lists.

    Attributes:
        name: as the list has it.
        kind: person, body or bank.
        place: its page and anchor, relative to the site.
        listings: its rows in the table ``sanctions``, the earliest first.
    """

    name: str
    kind: str
    place: str
    listings: Sequence[Mapping[str, Any]]

    @property
    def anchor(self) -> str:
        """Its anchor on the page."""
        return self.place.partition("#")[2]


def listed_names(sanctions: pl.DataFrame) -> list[Listed]:
    """Every name that a list has, once, in the order in which a reader looks for it.

    Names are the same where they differ in accents, capitals and blanks alone. Persons are sorted by the last word
    of their name, others by the first.

    Args:
        sanctions: table ``sanctions``; rows without a name are left out.
    """
    rows = sanctions.drop_nulls("subject_name").sort("announced_date", "sanction_id", nulls_last=True)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows.iter_rows(named=True):
        groups[_plain(row["subject_name"]), row["subject_type"]].append(row)
    ordered = sorted(groups.items(), key=lambda item: (_sorted_by(*item[0]), item[0]))
    taken: dict[str, int] = defaultdict(int)
    found = []
    for (plain, kind), own in ordered:
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "name"
        taken[slug] += 1
        anchor = slug if taken[slug] == 1 else f"{slug}:{taken[slug]}"
        place = f"names/{_letter(_sorted_by(plain, kind))}.html#{anchor}"
        found.append(Listed(own[0]["subject_name"], _KINDS.get(kind, kind.replace("_", " ")), place, own))
    return found


def _plain(name: str) -> str:
    bare = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return " ".join(bare.casefold().split())


def _sorted_by(plain: str, kind: str) -> str:
    """A name as it is sorted: the last word of a person's first."""
    words = plain.split()
    return " ".join([words[-1], *words[:-1]]) if kind == "individual" and words else plain


def _letter(sorted_by: str) -> str:
    return sorted_by[0] if sorted_by[:1].isascii() and sorted_by[:1].isalpha() else _OTHERS


def rounds_of(
    sanctions: pl.DataFrame,
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    *,
    lines: Mapping[str, str],
    places: Mapping[str, str],
) -> dict[str, Round]:
    """Every act that listed a name, by its id, the earliest first.

    Args:
        sanctions: table ``sanctions``.
        acts: table ``acts``.
        replies: table ``replies``.
        lines: a line on each act and event, by id.
        places: the address of each, where a page shows it.
    """
    is_named = pl.col("subject_name").is_not_null()
    named = (
        sanctions.drop_nulls("act_id")
        .group_by("act_id")
        .agg(is_named.sum().alias("n_names"), pl.col("n_subjects").filter(~is_named).sum().alias("n_unnamed"))
        .filter(pl.col("n_names") > 0)
    )
    packages = dict(acts.select("act_id", "package_id").iter_rows())
    together: dict[str, list[str]] = defaultdict(list)
    for each, package in sorted(packages.items()):
        together[package].append(each)
    links = replies.sort("lag_days", "reply_act_id", "act_id", nulls_last=True)
    answers, answered_by, general = _by_act(links)

    def leading(ids: Iterable[str]) -> list[Leads]:
        return [(lines[each], places.get(each)) for each in dict.fromkeys(ids) if each in lines]

    found = {}
    for act_id, n_names, n_unnamed in named.sort("act_id").iter_rows():
        all_of_it = together[packages[act_id]] if act_id in packages else [act_id]
        found[act_id] = Round(
            act=leading([act_id])[0] if act_id in lines else (act_id, None),
            n_names=n_names,
            n_unnamed=n_unnamed,
            decided_with=leading(each for each in all_of_it if each != act_id),
            answered=leading(act for each in all_of_it for act in answers[each]),
            replies=leading(answered_by[act_id]),
            n_general=len(general[act_id]),
        )
    return dict(sorted(found.items(), key=lambda item: (item[1].act[0], item[0])))


def _by_act(links: pl.DataFrame) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, list[str]]]:
    """What each act answers, what answered it by name, and what answered sanctions in general."""
    answers, answered_by, general = (defaultdict[str, list[str]](list) for _ in range(3))
    for reply, act, kind in links.select("reply_act_id", "act_id", "answers_type").iter_rows():
        answers[reply].append(act)
        (answered_by if kind == "act" else general)[act].append(reply)
    return answers, answered_by, general


def whose_lists(sanctions: pl.DataFrame) -> tuple[str, str]:
    """The lists whose names the record has, such as ``Japan (asset freeze)``, and states whose lists have no names.

    Args:
        sanctions: table ``sanctions``.
    """
    named = sanctions.drop_nulls("subject_name")
    kinds: dict[str, list[str]] = defaultdict(list)
    for sender, kind in named.select("sender_code", "instrument_type").unique().sort(pl.all()).iter_rows():
        kinds[state_name(sender)].append(kind.replace("_", " "))
    others = {state_name(code) for code in sanctions["sender_code"].drop_nulls().unique()} - kinds.keys()
    return listed([f"{state} ({listed(own)})" for state, own in kinds.items()]), listed(sorted(others))


def names_page(
    site: Site,
    names: Sequence[Listed],
    rounds: Mapping[str, Round],
    *,
    lists: tuple[str, str] = ("", ""),
    provenance: Provenance | None = None,
) -> str:
    """Where the names begin: their letters, and the acts that listed them.

    Args:
        site: what all pages have in common.
        names: all of them, in order.
        rounds: the acts that listed them, by id.
        lists: whose they are, and whose have no names (:func:`whose_lists`).
        provenance: for the footer.
    """
    letters = Counter(each.place.partition("#")[0] for each in names)
    return page(
        site,
        href=PAGE.address,
        title=PAGE.title,
        body=render(
            "names.html.j2",
            title=PAGE.title,
            n_names=len(names),
            lists=lists,
            letters=[
                (_heading(address), address, n) for address, n in sorted(letters.items(), key=_last_others)
            ],
            rounds=[(one, _rows_of(act_id)) for act_id, one in rounds.items()],
        ),
        wide=True,
        styles=minified(asset("names.css")),
        provenance=provenance,
        description=PAGE.description,
    )


def letter_page(
    site: Site,
    address: str,
    names: Sequence[Listed],
    rounds: Mapping[str, Round],
    sources: Mapping[str, str],
    *,
    alike: Mapping[str, Sequence[Listed]],
    provenance: Provenance | None = None,
) -> str:
    """The names of one letter, each with an anchor of its own.

    Args:
        site: what all pages have in common.
        address: of the page, relative to the site.
        names: those on it, in order.
        rounds: the acts that listed them, by id.
        sources: title of each source, by id.
        alike: all names, by their form in which usual spellings are the same.
        provenance: for the footer.
    """
    title = f"Persons and bodies: {_heading(address)}"
    return page(
        site,
        href=address,
        marks=PAGE.address,
        title=title,
        body=render(
            "names_of_letter.html.j2",
            title=title,
            names=[
                (
                    each,
                    [_listing(row, rounds, sources) for row in each.listings],
                    [(one.name, one.place) for one in alike[folded(each.name)] if one.place != each.place],
                )
                for each in names
            ],
        ),
        styles=minified(asset("names.css")),
        provenance=provenance,
        description=f"{title}: who listed each, when, and what the act answered.",
    )


def _listing(
    row: Mapping[str, Any], rounds: Mapping[str, Round], sources: Mapping[str, str]
) -> dict[str, Any]:
    """What a page says of one row of the table ``sanctions``."""
    day = row["announced_date"]
    left = [f"The list was without the name by {row['absent_by_date']}."] if row["absent_by_date"] else []
    left = [f"The name was removed on {row['revoked_date']}."] if row["revoked_date"] else left
    return {
        "name": row["subject_name"],
        "sender": state_name(row["sender_code"]),
        "instrument": kind_words(row["instrument_type"]),
        "day": None if day is None else str(day)[: {"month": 7, "year": 4}.get(row["date_precision"], 10)],
        "since": row["effective_date"],
        "country": row["subject_country"],
        "number": row["list_number"],
        "left": left,
        "round": rounds.get(row["act_id"]),
        "rows": _rows_of(row["act_id"]) if row["act_id"] else "",
        "answers": f"tables/replies.html#?{urlencode({'act_id': row['act_id']})}",
        "source": (sources.get(row["source_id"], row["source_id"]), f"sources.html#{row['source_id']}"),
        "pages": Markup(addresses(row["source_urls"] or "")),
    }


def _rows_of(act_id: str) -> str:
    """The address of the rows of one act in the table ``sanctions``."""
    return f"tables/sanctions.html#?{urlencode({'act_id': act_id})}"


def _heading(address: str) -> str:
    letter = address.removeprefix("names/").partition(".")[0]
    return "other names" if letter == _OTHERS else letter.upper()


def _last_others(item: tuple[str, int]) -> tuple[bool, str]:
    return f"/{_OTHERS}." in item[0], item[0]


def _build(context: Context) -> Files:
    sanctions = context.table("sanctions")
    names = listed_names(sanctions)
    if not names:
        return {PAGE.address: names_page(context.site, [], {}, provenance=context.provenance)}
    rounds = rounds_of(
        sanctions,
        context.table("acts"),
        context.table("replies"),
        lines=lines_on_acts(context),
        places=places_of_acts(context),
    )
    sources = dict(context.table("sources").select("source_id", "title").iter_rows())
    by_page: dict[str, list[Listed]] = defaultdict(list)
    alike: dict[str, list[Listed]] = defaultdict(list)
    for each in names:
        by_page[each.place.partition("#")[0]].append(each)
        alike[folded(each.name)].append(each)
    first = names_page(
        context.site, names, rounds, lists=whose_lists(sanctions), provenance=context.provenance
    )
    return {PAGE.address: first} | {
        address: letter_page(
            context.site, address, own, rounds, sources, alike=alike, provenance=context.provenance
        )
        for address, own in by_page.items()
    }


PAGE = Page(
    address="names.html",
    title="Persons and bodies",
    description="Names on the lists recorded name by name: who listed each, when, and what the act answered.",
    menu=DATA,
    order=1,
    build=_build,
)
