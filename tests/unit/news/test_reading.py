"""Whole pages: invented ones, the founding article, and coded pages of others where they are at hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from places import ROOT
from retorsion.news.candidate import Candidate
from retorsion.news.frames import load_frames
from retorsion.news.parser import MODEL, load_parser
from retorsion.news.reading import Reading, read_pages
from retorsion.news.scoring import read_coded, score

if TYPE_CHECKING:
    from spacy.language import Language

INVENTED = ROOT / "tests" / "fixtures" / "news"


def read(folder: Path, parser: Language) -> Reading:
    return read_pages({path.name: path.read_bytes() for path in sorted(folder.glob("*.txt"))}, parser=parser)


def test_invented_pages_are_read_as_coded(parser: Language) -> None:
    reading = read(INVENTED, parser)
    coded = read_coded((INVENTED / "gold.tsv").read_text(encoding="utf-8"), "gold.tsv")
    result = score(reading.candidates, coded, reading.texts)
    assert result.lines == []
    assert (result.found, result.right) == (result.required, result.candidates)
    assert result.counts_right == result.counted


def test_the_order_of_pages_and_a_second_reading_change_nothing(parser: Language) -> None:
    files = {path.name: path.read_bytes() for path in INVENTED.glob("*.txt")}
    names = sorted(files)
    random.Random(7).shuffle(names)
    first = read_pages(files, parser=parser)
    again = read_pages({name: files[name] for name in names}, parser=parser)
    alone = [
        one for name in sorted(files) for one in read_pages({name: files[name]}, parser=parser).candidates
    ]
    assert first == again
    assert list(first.candidates) == alone


@pytest.mark.parametrize(
    "text",
    [
        "Chile may expel four Peruvian diplomats.",
        "Chile did not expel the Peruvian ambassador.",
        "Peru denied that Chile had expelled its diplomats.",
        "Activists urged Chile to expel the Peruvian ambassador.",
        "Will Chile expel the Peruvian ambassador?",
        "If Chile expels the Peruvian ambassador, Peru will be sorry.",
        "Chile is considering an import ban on Peruvian fish.",
        "Chilean companies stopped importing Peruvian fish.",
        "Chilean fishermen condemned the Peruvian decision.",
        "Chile refused to expel the Peruvian ambassador.",
        "Chile called for sanctions on Peru.",
        "Chile and Peru play football in Santiago on Tuesday, and both states expect a good match.",
        "Chile stopped short of expelling the Peruvian ambassador.",
        "A proposal to ban Peruvian fish failed in the Chilean senate.",
    ],
)
def test_what_was_not_done_is_no_act(text: str, parser: Language) -> None:
    assert read_pages({"page.txt": text.encode()}, parser=parser).candidates == ()


@pytest.mark.parametrize(
    ("text", "day", "basis"),
    [
        ("Chile expelled a Peruvian diplomat on Monday.", date(2024, 5, 13), "weekday"),
        ("Chile expelled a Peruvian diplomat yesterday.", date(2024, 5, 14), "stated"),
        ("Chile expelled a Peruvian diplomat on 2 May.", date(2024, 5, 2), "stated"),
        ("Chile expelled a Peruvian diplomat on December 30, 2023.", date(2023, 12, 30), "stated"),
        ("Chile expelled a Peruvian diplomat three days ago.", date(2024, 5, 12), "days_after"),
        ("Chile expelled a Peruvian diplomat last week.", date(2024, 5, 8), "days_after"),
        ("Chile expelled a Peruvian diplomat in April.", date(2024, 4, 15), "month"),
        ("Chile expelled a Peruvian diplomat in 2019.", date(2019, 7, 1), "year"),
        ("The wind turned on Tuesday. Chile expelled a Peruvian diplomat.", date(2024, 5, 14), "lead_weekday"),
        ("Chile expelled a Peruvian diplomat.", date(2024, 5, 15), "page_date"),
        ("Chile expelled a Peruvian diplomat on Monday after Lima recalled an envoy.", date(2024, 5, 13), "weekday"),
        ("Chile will bar Peruvian fish imports from June 1.", date(2024, 5, 15), "page_date"),
    ],
)  # fmt: skip
def test_the_day_of_an_act_and_how_it_is_known(text: str, day: date, basis: str, parser: Language) -> None:
    reading = read_pages({"page.txt": text.encode()}, parser=parser, dates={"page.txt": date(2024, 5, 15)})
    found = [one for one in reading.candidates if one.actor_code == "CHL"]
    assert [(one.date, one.date_basis) for one in found] == [(day, basis)]


def test_without_a_day_of_the_page_no_day_is_guessed(parser: Language) -> None:
    (found,) = read_pages(
        {"page.txt": b"Chile expelled a Peruvian diplomat on Monday."}, parser=parser
    ).candidates
    assert (found.date, found.date_basis) == (None, "none")


def test_words_that_call_an_act_a_reply_are_kept(parser: Language) -> None:
    text = "Chile expelled a Peruvian diplomat in retaliation for the seizure of a trawler."
    (found,) = read_pages({"page.txt": text.encode()}, parser=parser).candidates
    assert found.reply_words == "in retaliation for the seizure of a trawler"


def test_without_the_model_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("retorsion.news.parser.import_module", absent)
    load_parser.cache_clear()
    with pytest.raises(Exception, match=r"pip install 'retorsion\[news\]'"):
        load_parser()
    load_parser.cache_clear()
    assert MODEL.startswith("en_core_web_sm")


def facts(found: tuple[Candidate, ...]) -> set[tuple[str, str, str, str, str]]:
    return {(str(one.date), one.actor_code, one.act_type, one.phase_type, one.kind) for one in found}


def test_the_founding_article_gives_its_facts(parser: Language, real_data: Callable[[str], Path]) -> None:
    reading = read_pages({"founding.txt": real_data("news/founding.txt").read_bytes()}, parser=parser)
    found = facts(reading.candidates)
    (total,) = [one for one in reading.candidates if one.kind == "total"]
    assert (total.n_individuals, total.n_banks, total.n_other_bodies, total.date) == (
        76,
        7,
        12,
        date(2022, 3, 22),
    )
    assert ("2022-03-18", "JPN", "sanctions_imposed", "decision", "act") in found
    assert ("2022-03-21", "RUS", "talks_refused", "decision", "act") in found
    assert {("RUS", "talks_suspended"), ("RUS", "cooperation_suspended"), ("RUS", "agreement_ended")} <= {
        one[1:3] for one in found
    }
    assert ("2022-03-22", "JPN", "protest", "decision", "act") in found
    assert ("2022-03-22", "JPN", "summons", "decision", "act") in found
    assert ("2022-03-15", "JPN", "tariff_measure", "announcement", "act") in found
    assert ("2022-03-15", "JPN", "import_ban", "announcement", "act") in found


@pytest.mark.parametrize(
    ("folders", "table", "precision", "recall"),
    [(("dev", "test"), "gold.tsv", 0.93, 0.89), (("blind",), "gold_blind.tsv", 0.90, 0.77)],
)
def test_coded_pages_of_others_are_read_no_worse_than_before(
    folders: tuple[str, ...],
    table: str,
    precision: float,
    recall: float,
    parser: Language,
    real_data: Callable[[str], Path],
) -> None:
    """To add a page: put its text into a folder of ``RETORSION_REAL_DATA/news`` and its acts into the table there."""
    home = real_data("news")
    files = {
        path.name: path.read_bytes() for folder in folders for path in sorted((home / folder).glob("*.txt"))
    }
    reading = read_pages(files, parser=parser)
    result = score(reading.candidates, read_coded((home / table).read_text(encoding="utf-8"), table), files)
    assert result.precision() is not None
    assert (result.precision() or 0) >= precision, "\n".join(result.lines)
    assert (result.recall() or 0) >= recall, "\n".join(result.lines)


def test_words_in_no_order_are_read_to_their_end(parser: Language) -> None:
    words = [
        word
        for frame in load_frames().frames
        for text, _ in frame.examples
        for word in text.rstrip(".").split()
    ]
    words += [
        "which",
        "that",
        "by",
        "after",
        "including",
        "plans",
        "measures",
        "was",
        "said",
        "it",
        "they",
    ] * 60
    dice = random.Random(5)
    for _ in range(3):
        lines = [" ".join(dice.choices(words, k=dice.randint(6, 30))) + "." for _ in range(60)]
        text = "The ministry said that it was so. " + " ".join(lines)
        reading = read_pages({"page.txt": text.encode()}, parser=parser)
        assert reading.refused == ()
        assert all(text[one.start : one.end] == one.evidence for one in reading.candidates)


def test_a_total_told_by_itself_is_no_act(parser: Language) -> None:
    text = (
        "Chile froze the assets of 12 Peruvian officials on Monday. It also expelled the Peruvian ambassador.\n"
        "The list, which now includes 101 people, is long."
    )
    reading = read_pages({"page.txt": text.encode()}, parser=parser, dates={"page.txt": date(2024, 5, 15)})
    found = [(one.kind, one.act_type, one.n_individuals) for one in reading.candidates]
    assert found == [("act", "asset_freeze", 12), ("act", "expulsion", 1), ("total", "asset_freeze", 101)]
