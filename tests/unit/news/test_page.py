"""Pages as text: what no reader sees is dropped, and what cannot be read is refused with the reason."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.news.page import MAX_BYTES, PageError, decode, read_page
from retorsion.news.parser import load_parser
from retorsion.news.reading import read_pages

if TYPE_CHECKING:
    from spacy.language import Language

ACT = (
    "Chile expelled four Peruvian diplomats on Tuesday over the affair of the lighthouse, "
    "and the ministry said that it was sorry."
)
OTHER = (
    "The harbour of the town was quiet in the morning, and the boats of the fleet were on the water "
    "as they had been before."
)


def html(body: str, head: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>".encode()
    )


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>{}</p>",
        "<p aria-hidden='true'>{}</p>",
        "<p style='display: none'>{}</p>",
        "<p style='visibility:hidden'>{}</p>",
        "<p style='font-size:0'>{}</p>",
        "<p style='FONT-SIZE: 0px'>{}</p>",
        "<p style='position:absolute; left:-9999px'>{}</p>",
        "<div style='opacity:0'><div><p>{}</p></div></div>",
        "<script>var x = '{}';</script>",
        "<style>/* {} */</style>",
        "<!-- {} -->",
        "<nav><ul><li>{}</li></ul></nav>",
        "<aside>{}</aside>",
        "<footer>{}</footer>",
        "<noscript>{}</noscript>",
        "<template>{}</template>",
        "<p class='ghost'>{}</p>",
        "<p id='trap'>{}</p>",
        "<textarea>{}</textarea>",
        "<svg><text>{}</text></svg>",
    ],
)
def test_hidden_text_is_never_an_act(hidden: str, parser: Language) -> None:
    page = html(
        f"<p>{OTHER}</p>{hidden.format(ACT)}<p>{OTHER}</p>",
        "<style>.ghost { display: none } #trap, b { visibility: hidden }</style>",
    )
    reading = read_pages({"page.html": page}, parser=parser)
    assert reading.candidates == ()
    assert OTHER in reading.texts["page.html"]
    assert "lighthouse" not in reading.texts["page.html"]


def test_visible_html_gives_its_act_with_the_place_in_the_text(parser: Language) -> None:
    page = html(
        f"<nav>Menu</nav><h1>News of the day</h1><p>{OTHER}</p><p>Chile <b>expelled</b> four\n Peruvian diplomats.</p>",
        "<meta property='article:published_time' content='2024-05-15T08:00:00Z'>"
        "<link rel='canonical' href='https://example.org/a'>",
    )
    reading = read_pages({"page.html": page}, parser=parser)
    (found,) = reading.candidates
    assert (found.actor_code, found.target_code, found.act_type) == ("CHL", "PER", "expulsion")
    assert (found.page_date, found.page_date_basis, found.url) == (
        date(2024, 5, 15),
        "metadata",
        "https://example.org/a",
    )
    assert (
        reading.texts["page.html"][found.start : found.end]
        == found.evidence
        == "Chile expelled four Peruvian diplomats."
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no text"),
        (b"<html><body><script>1</script></body></html>", "no text"),
        (b"a " * MAX_BYTES, "bytes"),
        (b"word " * 100_000, "characters"),
        (("Chile and Peru " * 1000).encode(), "One sentence has"),
        (("The ministry said so. " * 20_000).encode(), "one article has less"),
        (b"\x00\x01\x02 the of and to " * 20, "characters that no text has"),
        ("The ministry said: жизнь".encode("utf-16-le"), "no text has"),
        (b"<html><meta charset='utf-8'><p>The minist\xe9re of the and said</p></html>", "cannot be read"),
        (b"<html><meta charset='nonsense-9'><p>The ministry of the and said</p></html>", "cannot be read"),
        ("<html><meta charset='windows-1252'><p>The ministry of Côte and the rest</p></html>".encode(), "is UTF-8"),
        (f"\u202e{ACT}".encode(), "direction of writing"),
        (f"{OTHER} \u2066{ACT}\u2069".encode(), "direction of writing"),
        (
            b"El gobierno de Chile expuls\xf3 a cuatro diplom\xe1ticos peruanos el martes y la embajada dijo que lo "
            b"lamentaba mucho, mientras que el ministerio no quiso hacer comentarios sobre la decisi\xf3n de ayer.",
            "not in English",
        ),
        (
            "Правительство Чили выслало четырёх дипломатов Перу во вторник, и министерство это подтвердило.".encode(),
            "not in English",
        ),
        ("智利政府星期二驱逐了四名秘鲁外交官 外交部 对此 表示 遗憾 并 要求 解释 原因".encode(), "not in English"),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_read_is_refused_with_the_reason(
    data: bytes, reason: str, parser: Language
) -> None:
    reading = read_pages({"page.txt": data}, parser=parser)
    assert reading.candidates == ()
    (refused,) = reading.refused
    assert reason in refused.reason


def test_a_paragraph_in_another_language_is_passed_over(parser: Language) -> None:
    foreign = (
        "La Bolivie a expulsé quatre diplomates du Chili mardi et le ministère des affaires étrangères a dit "
        "que la décision avait été prise par le gouvernement du pays en réponse."
    )
    reading = read_pages({"page.txt": f"{ACT}\n{foreign}\n{OTHER}".encode()}, parser=parser)
    assert {one.actor_code for one in reading.candidates} == {"CHL"}


def test_marks_of_no_width_neither_hide_nor_move_a_name(parser: Language) -> None:
    text = "Ch\u200bile expelled four Peru\u00advian diplomats\u200d on Tuesday."
    reading = read_pages({"page.txt": text.encode()}, parser=parser)
    (found,) = reading.candidates
    assert (found.actor_code, found.target_code) == ("CHL", "PER")
    assert text[found.start : found.end] == found.evidence == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("naïve".encode(), "naïve"),
        ("naïve".encode("utf-8-sig"), "naïve"),
        ("naïve".encode("utf-16"), "naïve"),
        ("“naïve”".encode("cp1252"), "“naïve”"),
        (b"<meta charset=iso-8859-1>na\xefve", "<meta charset=iso-8859-1>naïve"),
    ],
)
def test_encodings(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("text", "day", "basis"),
    [
        (f"date: 2024-02-03\nurl: https://example.org/x\n{ACT}", date(2024, 2, 3), "metadata"),
        (f"Published: 3 February 2024\n{ACT}", date(2024, 2, 3), "header"),
        (f"A headline\nFebruary 3, 2024 10:05 AM\n{ACT}", date(2024, 2, 3), "header"),
        (f"LIMA, February 3, 2024 (Agency) - {ACT}", date(2024, 2, 3), "dateline"),
        (f"{ACT * 20}\nFirst published: February 3, 2024, 21:18", date(2024, 2, 3), "header"),
        (f"{ACT} It was the 3rd of February 2024.", date(2024, 2, 3), "text"),
        (ACT, None, "none"),
        (f"03/04/2024\n{OTHER}", None, "none"),
        (f"03/04/2024\n{ACT}", date(2024, 4, 3), "header"),  # a Wednesday, the day after "on Tuesday"
        (f"23/04/2024\n{ACT}", date(2024, 4, 23), "header"),
    ],
)
def test_the_day_of_a_page_and_how_it_is_known(text: str, day: date | None, basis: str) -> None:
    page = read_page("page.txt", text.encode())
    assert (page.date, page.date_basis) == (day, basis)


def test_a_day_and_an_address_that_the_user_gives_come_first() -> None:
    page = read_page(
        "page.txt",
        f"Published: 3 February 2024\n{ACT}".encode(),
        url="https://example.org/y",
        day=date(2020, 1, 1),
    )
    assert (page.date, page.date_basis, page.url) == (date(2020, 1, 1), "given", "https://example.org/y")


def test_an_address_may_hold_the_day() -> None:
    page = read_page("page.txt", ACT.encode(), url="https://example.org/news/2024/02/03/story")
    assert (page.date, page.date_basis) == (date(2024, 2, 3), "metadata")


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_text_or_a_reason(data: bytes) -> None:
    try:
        page = read_page("page", data)
    except PageError:
        return
    assert len(page.places) == len(page.clean) <= len(page.text)


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from([ACT, OTHER, "\n", "\u200b", "“", "’s ", " - ", "\n\n* ", "Lima (Agency) -- "]),
        min_size=1,
        max_size=12,
    )
)
def test_offsets_hold_in_any_text(parts: list[str]) -> None:
    text = " ".join(parts)
    reading = read_pages({"page.txt": text.encode()}, parser=load_parser())
    for one in reading.candidates:
        assert text[one.start : one.end] == one.evidence
        assert one.trigger in one.evidence


@pytest.mark.parametrize(
    "page",
    [
        "<html><style>" + "/* " * 300_000 + "</style><p>The ministry said that it was so.</p></html>",
        "<html><style>" + "a" * 1_000_000 + "</style><p>The ministry said that it was so.</p></html>",
        "<html>" + "<div>" * 100_000 + "The ministry said that it was so.</html>",
        "<html><script type='application/ld+json'>"
        + "[" * 100_000
        + "</script><p>The ministry said that.</p></html>",
    ],
    ids=["comments", "selector", "nested", "json"],
)
def test_a_page_made_to_be_slow_is_read_or_refused(page: str) -> None:
    try:
        read = read_page("page.html", page.encode())
    except PageError:
        return
    assert "ministry said" in read.text


@pytest.mark.parametrize("attribute", ["a{}=1 ", "a{} ", 'a{}="1"'])
def test_a_tag_with_attributes_without_end_is_refused(attribute: str) -> None:
    attributes = "".join(attribute.format(number) for number in range(100_000))
    with pytest.raises(PageError, match="more attributes"):
        read_page("a.html", f"<html><body><p {attributes}>Japan banned exports to Russia.".encode())


def test_many_tags_with_many_attributes_are_refused() -> None:
    tag = f"<p {' '.join(f'a{number}' for number in range(9_000))}>x</p>"
    with pytest.raises(PageError, match="more attributes"):
        read_page("a.html", f"<html><body>{tag * 40}Japan banned exports to Russia.".encode())


def test_quotes_that_enclose_no_value_hide_no_attributes() -> None:
    attributes = " ".join(f"a{number}" for number in range(40_000))
    with pytest.raises(PageError, match="more attributes"):
        read_page("a.html", f'<html><body><p " b=">" {attributes}>Japan banned exports.'.encode())


def test_long_values_and_long_text_are_no_attributes() -> None:
    value = '{"a": 1, "b": "c > d"}, ' * 20_000
    text = "The ministry said that it was so. " * 1_000
    page = read_page("a.html", f"<html><body><div data-x='{value}'><pre>{text}</pre></div>".encode())
    assert page.text.count("ministry") == 1_000
