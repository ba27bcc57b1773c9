"""The shell all pages share, and the check that a page stands alone."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from posixpath import dirname, join, normpath
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urldefrag

from jinja2 import Environment, PackageLoader, StrictUndefined
from lxml.html import HTMLParser as FastParser
from lxml.html import document_fromstring
from markupsafe import Markup, escape

from retorsion.errors import RetorsionError
from retorsion.figures.days import day_words
from retorsion.figures.style import PALETTE
from retorsion.figures.svg import visible
from retorsion.reports.html import file_size, number
from retorsion.reports.markdown import Heading, Headings
from retorsion.reports.typography import typographic

#: Attributes whose address a browser fetches on its own; the ``href`` of ``<a>`` is followed by readers only.
_FETCHING = frozenset({"src", "href", "xlink:href", "srcset", "poster", "background", "manifest"})
#: Attributes that send something away, or run what they hold.
_SENDING = frozenset({"action", "formaction", "ping", "srcdoc", "data", "codebase"})
#: Elements that run or load what they hold.
_ACTIVE = frozenset(
    {
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "base",
        "portal",
        "animate",
        "set",
        "handler",
    }
)
#: What may be inside the page in the place of an address: a place of the page, a picture of dots, nothing.
_INSIDE = re.compile(r"#|data:(,$|image/(png|jpeg|gif|webp);base64,)")
#: What a page has whose address may keep what a reader chose there: a timeline, or a table with filters.
_STATES = frozenset({"explorer", "table-data"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_SPACE = re.compile(r"[\x00-\x20]+")
_FETCHING_CSS = re.compile(r"""url\(\s*['"]?(?!\s*['"]?(?:#|data:))\S*|@import\s\S*""", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """A page in the navigation.

    Attributes:
        title: of the page, or of the case that it begins.
        href: relative to the site's folder.
        folder: of the case that it begins; empty for a page.
    """

    title: str
    href: str
    folder: str = ""


@dataclass(frozen=True)
class Menu:
    """Pages of the navigation that belong together.

    Attributes:
        title: of the menu.
        links: its pages, in order.
        folder: where they are, for the pages of a case: its folder, which ends in a slash.
    """

    title: str
    links: tuple[Link, ...]
    folder: str = ""


@dataclass(frozen=True)
class Site:
    """What all pages have in common.

    Attributes:
        name: the project's name.
        description: what it is, in one sentence.
        navigation: menus of pages, and pages that are in none, in reading order.
        colophon: plain text at the very end of each page, such as licences.
        version: of the project, for citations.
        data_to: day of the last act recorded.
        searched: last day on which acts of a case were searched for, by the folder of its pages.
    """

    name: str
    description: str
    navigation: tuple[Link | Menu, ...]
    colophon: str = ""
    version: str = ""
    data_to: date | None = None
    searched: Mapping[str, date] = field(default_factory=dict)

    def case_at(self, href: str) -> Menu | None:
        """The menu of the case that a page is about; None for a page of all cases."""
        menus = (menu for menu in self.navigation if isinstance(menu, Menu) and menu.folder)
        return next((menu for menu in menus if href.startswith(menu.folder)), None)

    def until(self, href: str) -> str:
        """To which day the acts on a page reach, in words; empty where no day is known."""
        own = self.case_at(href)
        if own is not None and own.folder in self.searched:
            return f"acts of {own.title} searched to {day_words(self.searched[own.folder])}"
        if self.searched:
            days = set(self.searched.values())
            return f"acts searched to {day_words(max(days))}{', earlier for some pairs' if len(days) > 1 else ''}"
        return f"acts to {day_words(self.data_to)}" if self.data_to else ""


@dataclass(frozen=True)
class Provenance:
    """What a page was made from, so that the same inputs can be shown to give the same page.

    Attributes:
        inputs: content hash by path of each input, relative to the project.
        parameters: value by name of each parameter used.
        versions: version by name of each package used.
        command: the command that makes the page.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Installed version of each package, by name in alphabetic order."""
    return {name: version(name) for name in sorted(packages)}


@cache
def environment() -> Environment:
    """The templates; what they are given is escaped unless it is marked as HTML."""
    loaded = Environment(
        loader=PackageLoader("retorsion.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    loaded.filters.update(number=number, file_size=file_size, day=day_words)
    return loaded


def render(template: str, **values: object) -> str:
    """Fill one template and end it with a newline."""
    return environment().get_template(template).render(**values).rstrip() + "\n"


def page(
    site: Site,
    *,
    href: str,
    title: str,
    body: str,
    marks: str | None = None,
    headings: Headings | None = None,
    provenance: Provenance | None = None,
    description: str | None = None,
    wide: bool = False,
    styles: str = "",
    inner_styles: Sequence[str] = (),
    columns: Mapping[str, Sequence[int]] = MappingProxyType({}),
    data: Mapping[str, object] | None = None,
    scripts: Sequence[str] = (),
) -> str:
    """A whole page around the HTML of its main part.

    Args:
        site: what all pages have in common.
        href: the page's own address, relative to the site's folder.
        title: for the browser's tab.
        body: HTML of the main part, which begins with its ``<h1>``.
        marks: address that the navigation marks as the current one; the page's own by default.
        headings: for the table of contents; second and third level are shown, if there are three or more.
        provenance: for the footer.
        description: one sentence for search engines and previews; the site's by default.
        wide: True lets the main part use the whole width instead of a column of text.
        styles: a style sheet this page needs besides the site's.
        inner_styles: style sheets inside the main part, which no text of data may make.
        columns: kinds of the columns of its table that is styled by column
            (:func:`retorsion.reports.html.column_kinds`).
        data: values for the scripts, by the id of the element that holds them as JSON.
        scripts: scripts this page needs besides the site's. No other script on the page can run: the browser
            is given the hash of each.

    Returns:
        HTML with style and scripts inside, in which characters that reorder or hide others are named.
    """
    run = [asset("page.js"), asset("tables.js"), *scripts]
    style = stylesheet(columns) + styles
    html = render(
        "page.html.j2",
        site=site,
        menus=_menus(site, href),
        current=marks or href,
        title=title,
        until=site.until(href),
        body=Markup(_named(body, site.case_at(href))),
        contents=_contents(headings),
        provenance=provenance,
        description=description or site.description,
        wide=wide,
        style=Markup(style),
        data={name: Markup(_json(value)) for name, value in (data or {}).items()},
        scripts=[Markup(script) for script in run],
        policy=policy(run, [style, *inner_styles]),
        root=way_up(href),
    )
    return typographic(visible(html))


def _named(body: str, case: Menu | None) -> str:
    """The main part with the case in its first heading, which stands alone in print and in pictures."""
    heading = body.partition("</h1>")[0]
    if case is None or str(escape(case.title)) in heading:
        return body
    return body.replace("</h1>", f": {escape(case.title)}</h1>", 1)


def _menus(site: Site, href: str) -> list[Menu]:
    """The menus of one page: where there are several cases, the first lists them and the page's own case follows."""
    menus = [Menu(each.title, (each,)) if isinstance(each, Link) else each for each in site.navigation]
    cases = [menu for menu in menus if menu.folder]
    if len(cases) < 2:
        return menus
    begun = tuple(Link(menu.title, menu.links[0].href, menu.folder) for menu in cases)
    shown = [replace(menus[0], links=(*begun, *menus[0].links))]
    return shown + [menu for menu in menus[1:] if not menu.folder or href.startswith(menu.folder)]


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """What a browser may do on the page: run these scripts, apply these style sheets, and fetch nothing.

    Drawings say in attributes how their parts look. No script may make elements out of text.
    """
    allowed, applied = (" ".join(f"'{_digest(text)}'" for text in texts) for texts in (scripts, styles))
    return (
        f"default-src 'none'; script-src {allowed}; script-src-attr 'none'; style-src 'unsafe-inline'; "
        f"style-src-elem {applied}; style-src-attr 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _json(value: object) -> str:
    """JSON for an element of the page, which no text in it can end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c")


def way_up(address: str) -> str:
    """The way from a page's folder to the site's.

    Example:
        >>> way_up("index.html"), way_up("tables/acts.html")
        ('', '../')
    """
    return "../" * address.count("/")


@cache
def _house_style() -> str:
    return minified(asset("style.css"))


def stylesheet(columns: Mapping[str, Sequence[int]] | None = None) -> str:
    """The pages' style sheet, the palette's colours first; dark ones on dark screens, never in print.

    Args:
        columns: numbers of the columns of each class, in a table of class ``by-column``: what the style sheet
            says of cells of the class it then says of these columns too, with the same precedence.
    """
    light, dark = (
        "".join(f"--{name}:{getattr(colour, scheme)};" for name, colour in PALETTE.items())
        for scheme in ("light", "dark")
    )
    on_dark_screens = f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    style = _house_style()
    for kind, places in (columns or {}).items():
        cells = ",".join(f":where(.by-column tr)>:nth-child({place})" for place in places)
        style = re.sub(rf"\.{kind}(?![\w-])", f":is(.{kind},{cells})", style)
    return f":root{{{light}}}{minified(on_dark_screens)}{style}"


def minified(text: str) -> str:
    """A style sheet without comments and needless space."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


def check_page(html: str, *, name: str, root: Path | None = None) -> None:
    """Refuse a page that needs the network, betrays the machine it was made on, or has broken anchors.

    Args:
        html: the page.
        name: for the message.
        root: the project's folder; its path may not be in the page.

    Raises:
        RetorsionError: with what was found and where.
    """
    if root is not None and str(root) in html:
        raise RetorsionError(
            f"{name}: contains the path of this machine, {_around(html, str(root))}. "
            "Print paths relative to the project"
        )
    address = re.search(r"\b0x[0-9a-f]{8,16}\b", html)
    if address:
        raise RetorsionError(
            f"{name}: contains the address of an object, {_around(html, address[0])}. "
            "Show its content, or end the line with a semicolon"
        )
    reader = read_page(html)
    if reader.active:
        raise RetorsionError(f"{name}: a browser would run {reader.active[0]}. Show it as text, or remove it")
    if reader.fetched:
        raise RetorsionError(f"{name}: a browser would fetch {reader.fetched[0]}. Put it into the page")
    unlisted = [text for text in reader.scripts if f"'{_digest(text)}'" not in reader.policy]
    unlisted += [text for text in reader.styles if f"'{_digest(text)}'" not in reader.policy]
    if unlisted:
        raise RetorsionError(
            f"{name}: has a script or style sheet that its policy does not allow, {unlisted[0].strip()[:60]!r}. "
            "Give scripts and styles to the page as such"
        )
    places = Counter(reader.ids)
    twice = sorted(found for found, times in places.items() if times > 1)
    if twice:
        raise RetorsionError(f"{name}: id {twice[0]!r} occurs twice. Show each figure and table once")
    for href in reader.links:
        target = _place_in(href[1:]) if href.startswith("#") else ""
        if target and target not in places:
            raise RetorsionError(f"{name}: link to {href!r}, which is not on the page. Mend the link")


#: The ids of a page and where its links lead.
Places = tuple[set[str], list[str]]


def check_links(files: Mapping[str, Places | None]) -> None:
    """Refuse a site in which a link between pages, or into a page, leads nowhere.

    Args:
        files: ids and links by address relative to the site's folder; None for what has none, such as a download,
            and for a page that is not read.

    Raises:
        RetorsionError: naming page and link.
    """
    read = {name: places for name, places in files.items() if places is not None}
    for name, (_, links) in read.items():
        for href in links:
            if re.match(r"[a-z][a-z0-9+.-]*:|//|#", href):
                continue
            target, fragment = urldefrag(href)
            target = normpath(join(dirname(name), target))
            if target not in files:
                raise RetorsionError(f"{name}: link to {href!r}, which the site does not have. Mend the link")
            if not fragment or target not in read:
                continue
            places, place = read[target][0], _place_in(fragment)
            if (place and place not in places) or (fragment.startswith("?") and _STATES.isdisjoint(places)):
                raise RetorsionError(f"{name}: link to {href!r}, a page without that place. Mend the link")


def _place_in(fragment: str) -> str:
    """The id that the end of an address leads to; a state of the timeline names the act it shows, or none."""
    return parse_qs(fragment[1:]).get("act", [""])[0] if fragment.startswith("?") else unquote(fragment)


def ids_and_links(html: str) -> Places:
    """The ids of a page and where its links lead, read in C: a site has a million elements."""
    tree = document_fromstring(html or "<p>", parser=FastParser(huge_tree=True))
    links = tree.xpath("//a/@href | //a/@*[name() = 'xlink:href']")
    return set(map(str, tree.xpath("//@id"))), list(map(str, links))


class PageReader(HTMLParser):
    """Collects the ids, the links and what a browser would fetch of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.active: list[str] = []
        self.policy = ""
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._in_style = self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read one element's attributes."""
        self._in_style = tag == "style"
        self._in_script = tag == "script" and dict(attrs).get("type") != "application/json"
        if tag in _ACTIVE:
            self.active.append(f"<{tag}>")
        if tag == "meta" and (kind := dict(attrs).get("http-equiv")) is not None:
            if kind != "Content-Security-Policy" or self.policy:
                self.active.append(f"<meta http-equiv={kind!r}>")
            self.policy = self.policy or dict(attrs).get("content") or ""
        for key, value in attrs:
            if key.startswith("on") or key in _SENDING:
                self.active.append(f"<{tag} {key}={value!r}>")
            elif value:
                self._read_attribute(tag, key, value)

    def _read_attribute(self, tag: str, key: str, value: str) -> None:
        if key == "id":
            self.ids.append(value)
        elif key == "style":
            self._read_css(value)
        elif tag in {"a", "area"} and key in {"href", "xlink:href"}:
            scheme = _SCHEME.match(_SPACE.sub("", value).lower())
            if scheme is not None and scheme[0] not in {"http:", "https:"}:
                self.active.append(f"<{tag} {key}={value!r}>")
            self.links.append(value)
        elif key in _FETCHING and not _INSIDE.match(value):
            self.fetched.append(f"<{tag} {key}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        """Leave a style or script element."""
        self._in_style = self._in_style and tag != "style"
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        """Read the text of a style sheet or of a script."""
        if self._in_style:
            self.styles.append(data)
            self._read_css(data)
        elif self._in_script:
            self.scripts.append(data)

    def _read_css(self, text: str) -> None:
        self.fetched.extend(_FETCHING_CSS.findall(text))


def read_page(html: str) -> PageReader:
    """Parse a page for its ids, links and fetched resources."""
    reader = PageReader()
    reader.feed(html)
    reader.close()
    return reader


def _contents(headings: Headings | None) -> list[tuple[Heading, list[Heading]]]:
    """Second-level headings, each with its third-level ones; empty where too few to help."""
    nested: list[tuple[Heading, list[Heading]]] = []
    for heading in headings.found if headings else []:
        if heading.level == 2:
            nested.append((heading, []))
        elif heading.level == 3 and nested:
            nested[-1][1].append(heading)
    return nested if len(nested) >= 3 else []


def asset(name: str) -> str:
    """Text of a file in ``assets``."""
    return files("retorsion.reports").joinpath("assets", name).read_text(encoding="utf-8")


def _around(text: str, part: str) -> str:
    place = text.index(part)
    return repr(text[max(place - 30, 0) : place + len(part) + 30])
