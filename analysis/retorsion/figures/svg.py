"""Figures as vector graphics for pages: the same bytes each time, described for screen readers, scaling."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from xml.etree import ElementTree

import matplotlib.pyplot as plt
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from retorsion.figures.style import BAND, FONT_STACK, PALETTE, PICK, TIP, for_phone, styled, wording

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_ID = re.compile(r'\bid="([\w.-]+)"')
_NAMED_PLACE = re.compile(r'(\bid="|href="#|url\(#)([\w.-]+)')
#: Near-blacks that plotting libraries use for text and error bars on their own account.
_ALSO_INK = ("#000000", "#262626", "#424242")


#: Characters that reorder or hide the text around them: controls, zero widths, directional marks. Joiners,
#: which some scripts need, are not among them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """Text in which characters that reorder or hide other text are named, so that a reader sees them.

    Example:
        >>> visible("abc\u202edef")
        'abc[U+202E]def'
    """
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


#: The sheet a figure is drawn on: the page's, or white where there is no page, as in JupyterLab.
_SHEET = "background:var(--paper,#fff);color:var(--ink,#1a1f24);padding:var(--sheet,.8rem)"


@dataclass(frozen=True)
class Shown:
    """A figure as a notebook displays it, a page holds it, and a file of its own gives it to others.

    Attributes:
        html: for the page, following the reader's light or dark scheme.
        svg: the same drawing on its own, with its words.
        name: of the file.
    """

    html: str
    svg: str
    name: str

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Both forms; viewers show the first, the pages also keep the second under the figure's name."""
        kinds = {"text/html": self.html, "image/svg+xml": self.svg}
        return kinds, {"image/svg+xml": {"name": self.name}}


def to_svg(figure: Figure, *, standalone: bool = False) -> str:
    """Draw a figure as SVG text.

    Identical figures give identical text: no date, ids that follow from the content, coordinates to a
    hundredth of a unit. Ids carry a prefix, so that several figures can share a page.

    Args:
        figure: finished with :func:`retorsion.figures.style.finish`, which gives it title and description.
        standalone: True for a file of its own: title, subtitle and source are drawn, colours are fixed, and
            the background is filled. False for a page, which sets those words itself and lets the palette
            follow the reader's light or dark scheme.

    Returns:
        One ``<svg>`` element without XML header, with ``<title>`` and ``<desc>``.

    Raises:
        ValueError: the figure was not finished, so nobody could read it out.
    """
    return _finished(figure, _draw(figure), standalone=standalone)


def _finished(figure: Figure, drawn: str, *, standalone: bool) -> str:
    """What matplotlib has drawn of a figure as :func:`to_svg` gives it."""
    words = wording(figure)
    assert words is not None  # _draw() has refused others
    root = ElementTree.fromstring(drawn)  # noqa: S314 - matplotlib has just written it
    if not standalone:
        _drop_bands(root)
    _strip(root)
    if standalone:
        _tips_as_titles(root)
    _shorten(root, adaptive=not standalone)
    width, height = (72 * inches for inches in figure.get_size_inches())
    top = 0.0 if standalone else 72 * words.top
    height -= 0.0 if standalone else 72 * (words.top + words.bottom)
    body = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    body = _numbered(body)
    prefix = "f" + sha256(f"{words}{body}".encode()).hexdigest()[:8]
    body = re.sub(r'(id="|href="#|url\(#)(?=[\w.-])', rf"\g<1>{prefix}-", body)
    margin = 16.0 if standalone else 0.0
    box = (-margin, top - margin, width + 2 * margin, height + 2 * margin)
    ground = (
        f'<rect x="{-margin:g}" y="{-margin:g}" width="{box[2]:g}" height="{_short(box[3])}" '
        f'fill="{PALETTE["paper"].light}"/>'
        if standalone
        else ""
    )
    return visible(
        f'<svg xmlns="{_SVG}" viewBox="{" ".join(_short(side) for side in box)}" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" font-family="{FONT_STACK}" stroke-linejoin="round" '
        'text-rendering="geometricPrecision" '
        f'style="width:100%;max-width:{_short(box[2])}px;height:auto">'
        f'<title id="{prefix}-title">{escape(words.title)}</title>'
        f'<desc id="{prefix}-desc">{escape(words.alt)}</desc>{ground}{body}</svg>'
    )


def show(figure: Figure) -> Shown:
    """A finished figure as an HTML ``<figure>`` with its words in the page's type; closes the figure.

    Use it as the last expression of a notebook cell: JupyterLab and the reports show the same. A page also holds
    a second drawing for phones, where :func:`retorsion.figures.style.for_phone` can make one.
    """
    words = wording(figure)
    drawn = _draw(figure)
    drawing, alone = (_finished(figure, drawn, standalone=standalone) for standalone in (False, True))
    assert words is not None
    small = for_phone(figure)
    phone = "" if small is None else f'<div class="phone" style="display:none">{to_svg(small)}</div>'
    desk = " desk" if small else ""
    if small is not None:
        plt.close(small)
    plt.close(figure)
    subtitle = f'<span class="figure-subtitle">{escape(words.subtitle)}</span>' if words.subtitle else ""
    narrow = " figure-half" if figure.get_size_inches()[0] < 8 else ""
    return Shown(
        visible(
            f'<figure class="figure{narrow}" style="{_SHEET}">'
            f'<figcaption><strong class="figure-title">{escape(words.title)}</strong> {subtitle}</figcaption>'
            f'<div class="scroll{desk}">{drawing}</div>{phone}'
            f'<p class="figure-source">Source: {escape(words.source)}</p></figure>'
        ),
        svg=alone + "\n",
        name=str(figure.get_label()) or "figure",
    )


def _draw(figure: Figure) -> str:
    if wording(figure) is None:
        raise ValueError("call finish() on the figure first: it needs title, source and description")
    stream = io.StringIO()
    dpi = figure.dpi
    with styled():  # savefig would draw twice, once to learn where things are, which finish() has settled
        FigureCanvasSVG(figure).print_svg(  # type: ignore[no-untyped-call]
            stream, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    figure.dpi = dpi
    return visible(stream.getvalue())  # a control character in a name is no XML


def _drop_bands(parent: ElementTree.Element) -> None:
    """Take out title, subtitle and source, which a page sets in its own type."""
    for child in list(parent):
        if child.get("id") == BAND:
            parent.remove(child)
        else:
            _drop_bands(child)


def _strip(root: ElementTree.Element) -> None:
    """Drop what a page has no use for: metadata, style sheets, white space, unused ids, bare groups."""
    used = {
        name
        for element in root.iter()
        for key, value in element.attrib.items()
        for name in ([value[1:]] if key == _XLINK else _REFERENCE.findall(value))
    }
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
        if element.tag not in {"text", "tspan"}:
            element.text = None
        if (element.get("id") or "").startswith(TIP):
            words = element.attrib.pop("id").removeprefix(TIP)
            element.set("data-tip", words.removeprefix(PICK))
            if words.startswith(PICK):
                element.set("data-pick", "")
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if _XLINK in element.attrib:
            element.set("href", element.attrib.pop(_XLINK))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
        if (element.get("style") or "").strip("; ") == "fill: none" and "clip-path" not in element.attrib:
            element.tag = "metadata"  # an invisible background
    _unwrap(root)


def _tips_as_titles(root: ElementTree.Element) -> None:
    """A drawing on its own has no script: viewers show the title of a mark by themselves."""
    for element in root.iter():
        element.attrib.pop("data-pick", None)
        words = element.attrib.pop("data-tip", None)
        if words is not None:
            title = ElementTree.Element("title")
            title.text = words
            element.insert(0, title)


def _numbered(body: str) -> str:
    """Identifiers in their order: those of matplotlib follow from the last digits of a layout, which may vary."""
    names = {name: f"i{number}" for number, name in enumerate(dict.fromkeys(_ID.findall(body)))}
    return _NAMED_PLACE.sub(lambda found: found[1] + names.get(found[2], found[2]), body)


def _unwrap(parent: ElementTree.Element) -> None:
    """Put the children of groups that carry no attribute in the group's place, from the inside out."""
    children: list[ElementTree.Element] = []
    for child in parent:
        if child.tag in {"metadata", "style"}:
            continue
        _unwrap(child)
        if child.tag in {"g", "defs"} and not len(child):
            continue
        children.extend(child if child.tag == "g" and not child.attrib else [child])
    parent[:] = children


def _shorten(root: ElementTree.Element, *, adaptive: bool) -> None:
    """Round coordinates, leave the typeface to the root element, and name the palette's colours."""
    names = {colour.light: name for name, colour in PALETTE.items()} | dict.fromkeys(_ALSO_INK, "ink")
    for element in root.iter():
        for key, value in element.attrib.items():
            if key in {"d", "x", "y", "points"} or (key == "transform" and "scale" not in value):
                flat = " ".join(value.split())
                element.set(key, _LONG_NUMBER.sub(lambda found: _short(float(found.group())), flat))
            elif key == "style":
                style = _FAMILY.sub("", value)
                if adaptive:
                    style = re.sub(r"#[0-9a-f]{6}", lambda found: _variable(found.group(), names), style)
                element.set(key, style.replace(": ", ":").replace("; ", ";").rstrip("; "))


def _variable(colour: str, names: dict[str, str]) -> str:
    return f"var(--{names[colour]},{colour})" if colour in names else colour


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if round(value, 2) else "0"
