"""The site: what its pages are made from, and the list of its pages.

A page is a module of :mod:`retorsion.reports.pages` with a :class:`Page` named ``PAGE``. Its navigation, its
address and its files follow from that: nothing else names it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.findings import NOT_ESTIMABLE
from retorsion.reports.page import Link, Menu, Provenance, Site, versions
from retorsion.sources.states import state_name

NAME = "Retorsion"
DESCRIPTION = (
    "How states retaliate: an open, reproducible record of sanctions, trade measures and diplomatic moves."
)
COLOPHON = "Code: MIT licence. The record of acts: CC BY 4.0. Third-party data: see Sources for terms."

#: Menus of the navigation, in order. The pages of each case are in a menu that has the case's title.
FINDINGS, CASE, DATA, ABOUT = MENUS = ("Findings", "Case", "Data", "About")

#: Packages whose version can change a number or a page.
PACKAGES = (
    "diff-diff",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "polars",
    "scipy",
    "statsmodels",
)

#: Contents of files by address relative to the site's folder.
Files = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Case:
    """A pair of states, or all pairs together, as the pages see it.

    Attributes:
        title: what the case is called, such as the names of both sides.
        folder: where its pages are, relative to the site's folder: ``""`` or a name that ends in a slash.
        pair: codes of the two sides.
        scales: columns of ``acts`` with intensities, the main one first.
        recorded: spans (start, end) in which acts were looked for.
        context: ids of the sources whose events stand around the acts; all where none is named.
        marks: acts and events (id, label) that drawings name.
        story: heading (title) and steps (id, text) of a stretch of the record that is told; None for none.
        reporter: code of the state whose trade is studied; None where no trade is.
        target: code of the state under measures.
        findings: by analysis, as :func:`retorsion.project.finding` gives them.
        files: the findings' own files, by name: the values as JSON and the rows as CSV.
    """

    title: str
    folder: str
    pair: tuple[str, str]
    scales: Sequence[str] = ()
    recorded: Sequence[Mapping[str, str]] = ()
    context: Sequence[str] | None = None
    marks: Sequence[Mapping[str, str]] = ()
    story: Mapping[str, Any] | None = None
    reporter: str | None = None
    target: str | None = None
    findings: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def row_names(self) -> list[str]:
        """Names of the files of rows, without ``.csv``."""
        return [name.removesuffix(".csv") for name in self.files if name.endswith(".csv")]

    @property
    def sides(self) -> dict[str, str]:
        """Names of its sides by their part: ``first``, ``reporter`` and ``target``, of those that it has."""
        codes = {"first": self.pair[0], "reporter": self.reporter, "target": self.target}
        return {part: state_name(code) for part, code in codes.items() if code}

    def rows(self, name: str) -> pl.DataFrame:
        """The rows behind a finding, with their dates read as such.

        Raises:
            NotEstimable: the file is missing or holds a statement in place of rows.
        """
        if f"{name}.csv" not in self.files:
            raise NotEstimable(f"The findings have no rows named {name}.")
        frame = read_rows(self.files[f"{name}.csv"], try_parse_dates=True)
        if frame.columns == [NOT_ESTIMABLE]:
            raise NotEstimable(str(frame[NOT_ESTIMABLE][0]))
        return frame


@dataclass(frozen=True)
class Offer:
    """A table that the site offers.

    Attributes:
        frame: the table, or the part of it that is offered.
        sources: ids of the sources that it was made from.
    """

    frame: pl.LazyFrame
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What the pages are made from.

    Attributes:
        site: what all pages have in common.
        cases: in the order in which they are shown.
        tables: tables by name; one that is not there is not offered.
        version: of the project.
        pipeline: text of ``dvc.yaml``.
        provenance: for the footers.
        comparison: what the cases say together; None on the pages of a case.
        chapters: what each chapter of the Harmonized System holds, by its two digits.
        words: headings and leads of the pages of notebooks, by address; the search finds the pages by them.
    """

    site: Site
    cases: Sequence[Case]
    tables: Mapping[str, Offer]
    version: str
    pipeline: str
    provenance: Provenance | None = None
    comparison: Case | None = None
    chapters: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> pl.DataFrame:
        """A table by its name."""
        return self.tables[name].frame.collect()


@dataclass(frozen=True)
class Page:
    """A page of the site, or of each case.

    Attributes:
        address: relative to the site's folder, or to the folder of a case.
        title: of the page.
        description: one sentence, for the front page, search engines and previews.
        build: makes the files of the page; None for the page of a notebook, which is rendered elsewhere.
        label: its words in the navigation, where they differ from the title.
        menu: the menu it is in; None for the front page and pages that only other pages lead to. A page in
            the menu ``CASE`` is made once a case.
        order: its place in the menu.
        code_open: whether the page of a notebook shows its code unfolded.
        needs: parts of what is asked about trade; without one of them the page of a case is in no menu.
    """

    address: str
    title: str
    description: str
    build: Callable[[Context], Files] | None = None
    label: str | None = None
    menu: str | None = None
    order: int = 0
    needs: tuple[str, ...] = ()
    code_open: bool = False

    @property
    def of_case(self) -> bool:
        """Whether each case has one."""
        return self.menu == CASE

    def link(self, folder: str = "") -> Link:
        """Its entry in the navigation."""
        return Link(self.label or self.title, f"{folder}{self.address}")


def each_case(build: Callable[[Context, Case], Files]) -> Callable[[Context], Files]:
    """A page that is made once a case, in the case's folder."""

    def build_all(context: Context) -> Files:
        return {
            f"{case.folder}{address}": content
            for case in context.cases
            for address, content in build(context, case).items()
        }

    return build_all


@cache
def pages() -> tuple[Page, ...]:
    """All pages in the order of the navigation."""
    package = import_module("retorsion.reports.pages")
    modules = (import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__))
    found = [page for module in modules for page in _pages_of(module)]
    menus = (None, *MENUS)
    return tuple(sorted(found, key=lambda page: (menus.index(page.menu), page.order, page.address)))


def _pages_of(module: Any) -> Iterator[Page]:
    found = getattr(module, "PAGE", ())
    yield from (found,) if isinstance(found, Page) else found


def site(
    cases: Sequence[tuple[str, str]],
    *,
    version: str = "",
    data_to: date | None = None,
    searched: Mapping[str, date] | None = None,
    parts: Mapping[str, Collection[str]] | None = None,
) -> Site:
    """What all pages have in common, the navigation included.

    Args:
        cases: title and folder of each case.
        version: of the project.
        data_to: day of the last act recorded.
        searched: last day on which acts were searched for, by folder.
        parts: parts of what is asked about trade that each folder's case has and that pages need.
    """
    menus = []
    for menu in MENUS:
        folders = cases if menu == CASE else [(menu, "")]
        for title, folder in folders:
            has = set((parts or {}).get(folder, ()))
            links = tuple(
                page.link(folder)
                for page in pages()
                if page.menu == menu and (not page.needs or not has.isdisjoint(page.needs))
            )
            menus.append(Menu(title, links, folder))
    return Site(NAME, DESCRIPTION, tuple(menus), COLOPHON, version, data_to, searched or {})


def build(
    context: Context, *, of_case: bool, chosen: Callable[[str], bool] = lambda address: True
) -> dict[str, str | bytes]:
    """The files of pages that are no notebooks, by address relative to the site's folder.

    Args:
        context: what they are made from.
        of_case: those that each case has, or those that all cases share.
        chosen: whether to make the page of an address.
    """
    made: dict[str, str | bytes] = {}
    for page in pages():
        if page.build is not None and page.of_case == of_case and chosen(page.address):
            made |= page.build(context)
    return made


def made_from(inputs: Mapping[str, str], parameters: Mapping[str, object], command: str) -> Provenance:
    """Footer of a page: hashes of its inputs (16 digits), parameters, versions, the command that makes it."""
    return Provenance(
        inputs={name: digest[:16] for name, digest in sorted(inputs.items())},
        parameters=parameters,
        versions=versions(PACKAGES),
        command=command,
    )


def read_rows(text: str, **options: Any) -> pl.DataFrame:
    """A file of rows of the findings as a frame."""
    return pl.read_csv(io.StringIO(text), infer_schema_length=None, **options)
