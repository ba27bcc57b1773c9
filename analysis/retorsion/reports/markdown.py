"""Markdown to HTML for every page: unique heading anchors, tables, and equations that need no network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from retorsion.errors import RetorsionError
from retorsion.figures.svg import visible


@dataclass(frozen=True)
class Heading:
    """One heading of a page."""

    level: int
    id: str
    text: str


@dataclass
class Headings:
    """The headings of one page in order, with ids that are unique on it."""

    found: list[Heading] = field(default_factory=list)
    taken: set[str] = field(default_factory=lambda: {"main", "contents"})

    def add(self, level: int, text: str, *, wanted_id: str | None = None) -> Heading:
        """Record a heading and give it an id made of its words."""
        slug = wanted_id or re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"
        unique = slug
        for count in range(2, 10_000):
            if unique not in self.taken:
                break
            unique = f"{slug}-{count}"
        self.taken.add(unique)
        heading = Heading(level, unique, text)
        self.found.append(heading)
        return heading


def markdown(text: str, headings: Headings | None = None) -> str:
    """Turn Markdown into HTML.

    Args:
        text: CommonMark with tables and, between dollar signs, TeX formulas.
        headings: where the page collects its headings; without it headings get no anchors.

    Returns:
        HTML without any resource to fetch. HTML in the text is shown as it is written, but for a part that is
        folded.

    Raises:
        RetorsionError: a formula that cannot be set.
    """
    parser = _parser()
    tokens = parser.parse(text)
    if headings is not None:
        for opening, inline in pairwise(tokens):
            if opening.type == "heading_open":
                words = "".join(child.content for child in inline.children or [])
                heading = headings.add(int(opening.tag[1]), words)
                opening.attrSet("id", heading.id)
                if heading.level > 1 and inline.children is not None:
                    inline.children.append(Token(_ANCHOR, "", 0, content=anchor(heading.id)))
    return str(parser.renderer.render(tokens, parser.options, {}))


#: Kind of the token that holds a link of a heading, which is HTML of ours.
_ANCHOR = "anchor"
#: The HTML that Markdown may hold: a part that is folded. Any other is shown as it is written.
_FOLD = re.compile(r'<details class="method"><summary>[^<>]*</summary>\s*|</details>\s*')
#: What begins markup anywhere in a line (an underscore inside a word does not), or a pair of signs that
#: typography would replace, such as two full stops.
_MARKUP = re.compile(
    r"[\\`*\[\]$|~]|(?<![^\W_])_|_(?![^\W_])|\+(?=-)|\((?=(?:c|r|p|tm)\))|([.,?!-])(?=\1)", re.IGNORECASE
)
#: What begins a heading, a list, a quotation or a rule at the start of a line.
_BLOCK = re.compile(r"^(\s*)(?=[-+=#])|^(\s*\d+)(?=[.)]\s)")


def as_text(text: str) -> str:
    r"""Words as Markdown that shows them as they are, on one line.

    Example:
        >>> print(as_text("<b> a*b*c $x$ snake_case _d_"))
        &lt;b&gt; a\*b\*c \$x\$ snake_case \_d\_
    """
    line = _MARKUP.sub(r"\\\g<0>", re.sub(r"\s*\n\s*", " ", visible(text)))
    return _BLOCK.sub(r"\1\2\\", escape(line, quote=False))


def inline(text: str) -> str:
    """Turn Markdown of one paragraph into HTML without the paragraph around it."""
    return markdown(text).strip().removeprefix("<p>").removesuffix("</p>")


def anchor(target: str) -> str:
    """Link of a heading to itself, for pointers only; keyboards and screen readers have the contents list."""
    return f' <a class="anchor" href="#{escape(target)}" aria-hidden="true" tabindex="-1">#</a>'


def equation(tex: str, *, display: bool = False) -> str:
    """Set a TeX formula as MathML, which browsers draw by themselves.

    Raises:
        RetorsionError: a command or environment the converter does not know.
    """
    try:
        from latex2mathml.converter import convert  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return f"<code>{escape(tex)}</code>"
    mathml = str(convert(tex, display="block" if display else "inline"))
    unknown = re.search(r"<m[a-z]+>(\\\w+|&)</m", mathml)
    if unknown:
        raise RetorsionError(f"equation {tex!r}: {unknown[1]!r} cannot be set. Write it in simpler TeX")
    return mathml.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "typographer": True}).enable(["table", "replacements"])
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, renderer=_formula)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    parser.add_render_rule(_ANCHOR, _as_it_is)
    parser.add_render_rule("html_inline", _shown)
    parser.add_render_rule("html_block", _folded)
    return parser


def _formula(tex: str, options: Mapping[str, Any]) -> str:
    return equation(tex.strip(), display=bool(options["display_mode"]))


def _as_it_is(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    return tokens[at].content


def _shown(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    return escape(tokens[at].content)


def _folded(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    html = tokens[at].content
    return html if _FOLD.fullmatch(html) else f"<p>{escape(html)}</p>\n"


def _table_open(*_: object) -> str:
    return '<div class="scroll"><table>'


def _table_close(*_: object) -> str:
    return "</table></div>"
