"""Apostrophes and quotation marks of the pages."""

from __future__ import annotations

import re

import pytest
from retorsion.project import REPORTS
from retorsion.reports.page import Site, page
from retorsion.reports.typography import typographic


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Japan's</p>", "<p>Japan’s</p>"),
        ("<p>the states&#x27; lists</p>", "<p>the states’ lists</p>"),
        ("<p><a href='x'>Japan</a>'s</p>", "<p><a href='x'>Japan</a>’s</p>"),
        ("<p><code>acts</code>'s</p>", "<p><code>acts</code>’s</p>"),
        ("<p>said</p><p>'Unfriendly' states</p>", "<p>said</p><p>‘Unfriendly’ states</p>"),
        ("<p>(&quot;Cuba&quot;)</p>", "<p>(“Cuba”)</p>"),
        ("<p>a “'quoted'” word</p>", "<p>a “‘quoted’” word</p>"),
    ],
)
def test_marks_turn_the_right_way(html: str, expected: str) -> None:
    assert typographic(html) == expected
    assert typographic(expected) == expected


@pytest.mark.parametrize(
    "html",
    [
        '<p title="Japan\'s">x</p>',
        "<pre><code>load('acts')</code></pre>",
        "<script>if (a <b) { c('d'); }</script>",
        "<svg><text>Japan's</text></svg>",
        "<details class=\"provenance\"><dd>{'start': 1}</dd></details>",
        "<!-- it's -->",
    ],
)
def test_what_is_no_prose_stays(html: str) -> None:
    assert typographic(html) == html


def test_rows_stay_and_their_heads_do_not() -> None:
    made = typographic(
        "<table class=\"interactive x\"><caption>Japan's</caption><tr><th>Who's</th></tr>"
        "<tbody><tr><td>Japan's<td>it's</table><table><tbody><tr><td>what's</td></tr></tbody></table>"
    )
    assert re.findall(r"Japan.s|Who.s|it.s|what.s", made) == ["Japan’s", "Who’s", "Japan's", "it's", "what’s"]


def test_a_page_is_typographic() -> None:
    site = Site("Name", "It's a site.", ())
    html = page(site, href="a.html", title="What's new", body="<h1>What's new</h1>")
    assert "<h1>What’s new</h1>" in html
    assert 'content="It&#39;s a site."' in html


@pytest.mark.data
def test_no_paragraph_of_a_page_has_a_straight_apostrophe() -> None:
    found = []
    for path in sorted(REPORTS.rglob("*.html")):
        main = path.read_text(encoding="utf-8").split("<main", 1)[1].split("</main>")[0]
        main = re.sub(r"<(script|style|code|pre|svg|math)\b.*?</\1>", "", main, flags=re.DOTALL)
        words = re.findall(r"<(?:p|li|figcaption|h[1-4]|caption)\b[^>]*>([^<]*)", main)
        found += [
            f"{path.name}: {each}" for each in words if re.search(r"['\"]|&#x27;|&#39;|&quot;|&#34;", each)
        ]
    assert found == []
