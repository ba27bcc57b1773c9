"""Quotation marks, apostrophes and paragraphs of the pages as books print them."""

from __future__ import annotations

import re

#: What stays as it is written: programs, drawings, formulas, what the page was made from, and comments.
_AS_IT_IS = (
    r"<(?P<element>script|style|code|pre|svg|math|textarea)\b.*?</(?P=element)>"
    r'|<details class="provenance".*?</details>|<!--.*?-->'
)
#: A table of rows, as a file has them; its caption and its heads are words of the page.
_ROWS = r'<table class="interactive[^>]*>.*?</table>'
_TAG = r"</?(?P<name>[a-zA-Z][\w-]*)[^>]*>"
_PART = re.compile(rf"(?P<raw>{_AS_IT_IS})|(?P<rows>{_ROWS})|(?P<tag>{_TAG})|[^<]+|<", re.DOTALL)
_MARK = re.compile(r"'|&#x27;|&#39;|\"|&quot;|&#34;")
#: Elements within a line: what stands before them stands before what follows them.
_INLINE = frozenset({"a", "abbr", "b", "em", "i", "small", "span", "strong", "sub", "sup"})
_OPENING = frozenset(" \t\n\r\u00a0([{–—/“‘")


def typographic(html: str) -> str:
    r"""HTML in whose prose apostrophes and quotation marks are curly.

    Attributes, code, formulas, drawings and the rows of tables that can be searched stay as they are.

    Example:
        >>> typographic("<p><b>Japan</b>'s \"list\" and <code>'x'</code></p>")
        "<p><b>Japan</b>’s “list” and <code>'x'</code></p>"
    """
    made, before = [], " "
    for part in _PART.finditer(html):
        text = part[0]
        if part["raw"]:
            before = "x" if part["element"] == "code" else " "
        elif part["rows"]:
            opening, words = text.split(">", 1)
            words, begin, rows = words.partition("<tbody")
            text = f"{opening}>{typographic(words)}{begin}{rows}"
            before = " "
        elif part["tag"]:
            before = before if part["name"].lower() in _INLINE else " "
        else:
            text = curly(text, before)
            before = text[-1]
        made.append(text)
    return "".join(made)


def curly(text: str, before: str = " ") -> str:
    """Plain words with curly apostrophes and quotation marks; ``before`` is the character that stands before them."""

    def mark(found: re.Match[str]) -> str:
        last = text[found.start() - 1] if found.start() else before
        pair = "‘’" if found[0] in ("'", "&#x27;", "&#39;") else "“”"
        return pair[last not in _OPENING]

    return _MARK.sub(mark, text)


#: A paragraph has no more words than this, unless a single sentence has.
_MOST_WORDS = 70


def short_paragraphs(text: str) -> list[str]:
    """Plain words as paragraphs that are short enough to read, each of whole sentences.

    Example:
        >>> short_paragraphs("One. Two.")
        ['One. Two.']
        >>> [len(each.split()) for each in short_paragraphs(f"{'one ' * 39}one. {'two ' * 39}two. Three.")]
        [40, 41]
    """
    paragraphs: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text.strip()):
        if paragraphs and len(f"{paragraphs[-1]} {sentence}".split()) <= _MOST_WORDS:
            paragraphs[-1] = f"{paragraphs[-1]} {sentence}"
        else:
            paragraphs.append(sentence)
    return paragraphs
