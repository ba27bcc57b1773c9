"""Spellings of a name that a search brings together."""

from __future__ import annotations

import json
import re

import pytest
from retorsion.reports.page import Site
from retorsion.reports.pages.search import search_page
from retorsion.reports.spelling import RULES, folded, other_names, stem

SPELLINGS = [
    ("Sergey Shoygu", "Sergei SHOIGU", "Sergej Schojgu", "Сергей Шойгу"),
    ("Lavrov", "Лавров", "LAWROW"),
    ("Marat Khusnullin", "Marat Husnulin", "Марат Хуснуллин"),
    ("Vladimir Zhirinovskiy", "Vladimir Zhirinovsky", "Wladimir Jirinovskij", "Владимир Жириновский"),
    ("Sergey Tsekov", "Sergei Cekov", "Сергей Цеков"),
    ("Aleksandr Bortnikov", "Alexander Bortnikov", "Alexandr Bortnikov"),
    ("Yevgeniy Prigozhin", "Evgeny Prigojin", "Evgenii Prigozhin", "Евгений Пригожин"),
    ("Pyotr Fradkov", "Petr Fradkov", "Пётр Фрадков"),
    ("Yuriy", "Yuri", "Yurii", "Jurij", "Iouri", "Юрий"),
    ("Sergey Aksyonov", "Sergei Aksenov", "Аксёнов Сергей"),
    ("Natal'ya", "Natalia", "Natalja", "Наталья"),
    ("Zoltán Kovács", "Zoltan Kovacs"),
    ("Shcherbakov", "Schtscherbakow", "Щербаков"),
]


@pytest.mark.parametrize("names", SPELLINGS, ids=lambda names: names[0])
def test_usual_spellings_are_one(names: tuple[str, ...]) -> None:
    first, *others = ({*folded(name).split()} for name in names)
    assert [other for other in others if other != first] == []


def test_other_names_stay_apart() -> None:
    names = [
        "Lavrov",
        "Lavrova",
        "Petrov",
        "Pavlov",
        "Ivanov",
        "Medvedev",
        "Volodin",
        "Volkov",
        "Kozlov",
        "Kozyrev",
    ]
    assert len({folded(name) for name in names}) == len(names)


def test_numbers_and_words_in_other_scripts_stay() -> None:
    assert folded("22 of 1,100") == "22 of 1,100"
    assert folded("岩崎茂") == "岩崎茂"


def test_the_page_has_the_rules_that_the_browser_applies() -> None:
    html = search_page(Site("Project", "What it is.", ()), [])
    found = re.search(r'<script type="application/json" id="search-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    rules = json.loads(found[1])["rules"]
    assert len(rules) == len(RULES)
    assert ["([a-z])\\1", "$1"] in rules, "JavaScript writes what was found with a dollar sign"


@pytest.mark.parametrize(
    "forms",
    [
        ("expel", "expels", "expelled", "expelling"),
        ("retaliate", "retaliates", "retaliated", "retaliation"),
        ("company", "companies"),
        ("diplomat", "diplomats"),
    ],
    ids=lambda forms: forms[0],
)
def test_forms_of_a_word_begin_with_its_stem(forms: tuple[str, ...]) -> None:
    (root,) = {stem(folded(form)) for form in forms}
    assert all(folded(form).startswith(root) for form in forms)


def test_short_words_and_names_keep_their_endings() -> None:
    assert [stem(word) for word in ("ban", "bus", "sergei", "lavrov", "huavei")] == [
        "ban",
        "bus",
        "sergei",
        "lavrov",
        "huavei",
    ]


def test_one_letter_typed_again_and_again_is_no_short_word() -> None:
    assert folded("zzzz") == "zz"
    assert folded("Tillmann") == folded("Tilman")


def test_states_have_their_own_writing_and_unknown_ones_nothing() -> None:
    assert "日本" in other_names("JPN")
    assert other_names("XXX") == ""
