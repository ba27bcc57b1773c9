"""Text that would run, break out or mislead, wherever data are shown: it is shown as text."""

from __future__ import annotations

import re
from html import unescape

import matplotlib.pyplot as plt
import polars as pl
import pytest
from hostile_pages import free_columns, hostile_site
from hypothesis import given
from hypothesis import strategies as st
from retorsion.figures.style import drawn, finish, new_figure
from retorsion.figures.svg import show, visible
from retorsion.findings import cite
from retorsion.project import TABLES
from retorsion.reports.html import Prose, say, table
from retorsion.reports.markdown import markdown
from retorsion.reports.page import check_page, read_page

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
LINK = "[here](javascript:alert(4)) <a href='javascript:alert(5)'>x</a> javascript:alert(6)"
FORMULA = r"a*b*c _d_ `e` $\foo$ $x^2$ &amp; **f** | g"
TURNED = "abc\u202edef\u2066ghi\u200b\x1b\x07\ufffe"
HOSTILE = f"{MARKUP} {LINK} {FORMULA} {TURNED}"


def plain(html: str) -> str:
    """The text that a reader sees."""
    seen: list[str] = []

    class Reader(type(read_page(""))):  # type: ignore[misc]
        def handle_data(self, data: str) -> None:
            seen.append(data)

    reader = Reader()
    reader.feed(html)
    reader.close()
    return "".join(seen)


def only_text(html: str) -> bool:
    reader = read_page(html)
    return not reader.active and not reader.fetched and not reader.scripts and "<img" not in html


@pytest.mark.parametrize("text", [MARKUP, LINK, FORMULA, TURNED, "# a", "- b", "1. c", "=d", "a\n\n<b>\n# e"])
def test_a_value_in_a_sentence_is_shown_as_it_is(text: str) -> None:
    html = markdown(say("{x} and *{x}*.", x=text).text)
    assert only_text(html)
    assert html.count("<em>") == 1
    shown = " ".join(visible(text).split())
    assert " ".join(plain(html).split()) == f"{shown} and {shown}."


@given(st.text(alphabet=st.sampled_from("abcrtm1 *_`[]()<>&$\\|~#-+=!?,\"'.:/\n"), max_size=30))
def test_no_words_become_markup(text: str) -> None:
    html = markdown(say("x {x} y", x=text).text)
    assert html.count("<") == 2, "nothing but the paragraph"
    assert " ".join(plain(html).split()) == " ".join(f"x {text} y".split())


def test_prose_in_a_sentence_keeps_its_markup() -> None:
    assert say("{x}", x=Prose("**bold**")).text == "**bold**"
    assert say("{x}", x="**bold**").text == r"\*\*bold\*\*"


def test_a_number_with_a_place_stays_a_link() -> None:
    share = cite({"share": 0.5}, "e")["share"]
    assert say("{share:.0%}", share=share).text == "[50%](../reports/evidence/e_share.html#e.share)"


def test_a_table_shows_hostile_cells_heads_and_captions_as_text() -> None:
    frame = pl.DataFrame({HOSTILE: [HOSTILE], "source_url": [HOSTILE]})
    html = table(frame, caption=HOSTILE, labels={HOSTILE: HOSTILE}).html
    assert only_text(html)
    assert read_page(html).links == []


@pytest.mark.filterwarnings("ignore:constrained_layout")
def test_a_figure_shows_hostile_names_as_text() -> None:
    @drawn
    def trial() -> plt.Figure:
        figure, axes = new_figure()
        axes.plot([0, 1], [0, 1], label=HOSTILE)
        axes.set_xticks([0, 1], [HOSTILE, "b"])
        axes.annotate(HOSTILE, (0.5, 0.5))
        axes.set_ylabel(HOSTILE)
        finish(figure, title=HOSTILE, subtitle=HOSTILE, source=HOSTILE, alt=HOSTILE)
        return figure

    shown = show(trial())
    for drawing in (shown.html, shown.svg):
        assert only_text(drawing)
        assert r"$\foo$" in unescape(drawing)
        assert "\u202e" not in drawing


@pytest.mark.data
@pytest.mark.filterwarnings("ignore:constrained_layout")
def test_hostile_text_in_tables_cases_and_findings_is_shown_as_text() -> None:
    if not (TABLES / "acts.parquet").exists():
        pytest.skip("no table is built; run `make`")
    folder, made = hostile_site()
    pages = {name: text for name, text in made.items() if isinstance(text, str) and name.endswith(".html")}
    for name, html in pages.items():
        check_page(html, name=name)
        reader = read_page(html)
        assert not [href for href in reader.links if re.match(r"(?!https?:)[a-z]+:", href)]
        assert "\u202e" not in html, name
        assert "<img" not in html, name
    assert "<script>alert" not in pages[f"{folder}acts.html"].split("<script", 1)[0]
    assert made[f"figures/front/{folder.removesuffix('/')}.svg"]


def test_columns_of_text_are_found_by_the_field_dictionary() -> None:
    assert {"summary", "note", "source_urls"} <= set(free_columns("acts"))
    assert {"title", "producer", "description", "licence_name"} <= set(free_columns("sources"))
    assert "act_id" not in free_columns("acts")
