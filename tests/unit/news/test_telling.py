"""Who did what to whom and when, where a page tells it in passing, again, by others' words or in reply."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from retorsion.news.reading import read_pages

if TYPE_CHECKING:
    from spacy.language import Language

PAGE = date(2024, 5, 15)  # a Wednesday


def read(text: str, parser: Language) -> set[str]:
    found = read_pages(
        {"page.txt": text.encode()}, parser=parser, dates={"page.txt": PAGE}, least=0
    ).candidates
    return {
        f"{one.date:%m-%d} {one.actor_code} {one.target_code} {one.act_type}" for one in found if one.date
    }


@pytest.mark.parametrize(
    "text",
    [
        # Told in passing, on no day.
        "The road is long.\nTalks began in Lima on Monday.\nThe tariffs imposed by Chile hurt Peruvian farmers.",
        "The road is long.\nTalks began in Lima on Monday.\nChile has in recent years expelled Peruvian diplomats.",
        "The road is long.\nTalks began in Lima on Monday.\nChile repeatedly accused Peru of spying.",
        "The road is long.\nTalks began in Lima on Monday.\nIn 2019 Chile recalled its ambassador to Peru.",
        # A purpose, a reason and an outcome.
        "Chilean police searched a ship to arrest its Peruvian captain.",
        "Peru thanked Chile for lifting the sanctions.",
        "This will halt all trade between Chile and Peru.",
        "Traders met in Lima in order to restore relations with Chile.",
        "Peru has to close its embassy in Chile, the ministry in Santiago said.",
        # Who says it, nobody knows.
        "Peru was accused of spying.",
        "Traders in Lima dismissed claims that Peru had expelled Chilean diplomats.",
        "The claim that Chile has banned Peruvian fish is untrue, a shopkeeper said.",
        # What meets or befalls others.
        "The Chilean coast guard fired water cannons at Peruvian boats.",
        "Chile is considering further action over the breach.",
        # What was done by a regime that is gone.
        "Nazi German troops seized Polish ships.",
    ],
)
def test_what_is_told_in_passing_or_by_no_one_is_no_act(text: str, parser: Language) -> None:
    assert read(text, parser) == set()


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        # The day of an occasion is not that of its answer.
        ("Chile has expelled a Peruvian envoy over the seizure of a trawler on Monday.",
         "05-15 CHL PER expulsion"),
        ("Chile closed its border with Peru after a cabinet meeting in Santiago on Monday.",
         "05-13 CHL PER navigation_restriction"),
        ("Chile will close its border with Peru on Friday. The minister said so on Tuesday.",
         "05-14 CHL PER navigation_restriction"),
        ("Chile expelled two Peruvian diplomats on Monday. That came two days after Peru recalled its ambassador "
         "to Chile.", "05-13 CHL PER expulsion; 05-11 PER CHL envoy_recalled"),
        ("Last Thursday Chile expelled a Peruvian envoy. On 14 May, Peru summoned the Chilean ambassador.",
         "05-09 CHL PER expulsion; 05-14 PER CHL summons"),
        ("Chile froze the assets of two Peruvian officials on December 2.", "12-02 CHL PER asset_freeze"),
        ("Chile has closed its consulate in Lima, the agency Sur reported on Tuesday.\n"
         "Chile also summoned the Peruvian ambassador.", "05-14 CHL PER consulate_closed; 05-14 CHL PER summons"),
        ("The road is long.\nThe wind turned.\nOn Monday, Chile accused Peru of spying.\n"
         "In a statement, Chile said it had summoned the Peruvian ambassador.",
         "05-13 CHL PER criticism; 05-13 CHL PER summons"),
        ("Chile said on Tuesday that Peru had breached the Treaty of 1929. Peru lives on.",
         "05-14 CHL PER criticism"),
        # A judgement is passed when it is said.
        ("Peru said on Tuesday that the ban imposed by Chile on Monday was illegal.",
         "05-14 PER CHL criticism"),
    ],
)  # fmt: skip
def test_the_day_is_that_of_the_act(text: str, acts: str, parser: Language) -> None:
    assert read(text, parser) == set(acts.split("; "))


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("The Chilean ambassador, who was summoned to the Peruvian foreign ministry on Monday, kept silent.",
         "05-13 PER CHL summons"),
        ("The Peruvian foreign ministry summoned the Chilean ambassador on Monday to convey Peru's regret.",
         "05-13 PER CHL summons; 05-13 PER CHL criticism"),
        ("Forty Chilean lawmakers were banned from Peru on Monday.", "05-13 PER CHL entry_ban"),
        ("Two Chilean writers were denied entry into Peru on Monday.", "05-13 PER CHL entry_ban"),
        ("Though Peru has no such law, Minister Rosa Vega on Monday expelled a Chilean consul.",
         "05-13 PER CHL expulsion"),
        ("Peru severed relations with Chile on Monday, accusing it of arming rebels in the Bolivian hills.",
         "05-13 PER CHL relations_severed; 05-13 PER CHL criticism"),
        ("In retaliation to Chile closing its embassy in Lima, Peru on Monday expelled the Chilean ambassador.",
         "05-13 PER CHL expulsion"),
        ("Peru imposed tariffs on Chilean steel on Monday. The measures are unacceptable, Chile said on Tuesday.",
         "05-13 PER CHL tariff_measure; 05-14 CHL PER criticism"),
        ("The quarrel goes on, with Peru and Bolivia, among others, imposing sanctions on Chile on Monday.",
         "05-13 PER CHL sanctions_imposed; 05-13 BOL CHL sanctions_imposed"),
        ("Brazil on Monday joined Peru in imposing sanctions on Chile.",
         "05-13 PER CHL sanctions_imposed; 05-13 BRA CHL sanctions_imposed"),
        ("Our ambassador in Chile was summoned home on Monday, the Peruvian minister said.",
         "05-13 PER CHL envoy_recalled"),
        ("Peru on Monday expelled two consuls of the Chilean embassy in Lima. The embassy condemned the decision.",
         "05-13 PER CHL expulsion; 05-13 CHL PER criticism"),
        ("Peru on Monday declared two employees of the Chilean consulate undesirable.", "05-13 PER CHL expulsion"),
        ("Peru on Monday banned travel to Peru by forty Chilean officials.", "05-13 PER CHL entry_ban"),
        ("Peru announced restrictions on Chilean exports on Monday.", "05-13 PER CHL import_ban"),
    ],
)  # fmt: skip
def test_both_sides_are_those_of_the_act(text: str, acts: str, parser: Language) -> None:
    assert read(text, parser) == set(acts.split("; "))


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        # Who speaks, who is meant by a word, and whose the envoy is.
        ('"The Peruvian decision is deplorable. It will harm both peoples," a Chilean minister said on Monday.',
         "05-13 CHL PER criticism"),
        ("The Peru Times says that Chile expelled a Bolivian consul on Monday.", "05-13 CHL BOL expulsion"),
        ("Chile's ministry said on Monday that Peru had expelled its consul.", "05-13 PER CHL expulsion"),
        ("On Monday Peru expelled a Chilean consul. The consul condemned the Peruvian decision.",
         "05-13 PER CHL expulsion; 05-13 CHL PER criticism"),
        ("Chile accused a Peruvian diplomat of spying and expelled him on Monday.",
         "05-13 CHL PER criticism; 05-13 CHL PER expulsion"),
        ("The steps were a rebuke to Chile after the country on Monday voiced concern over arrests in Peru.",
         "05-13 CHL PER criticism"),
        ("The Ministry of Trade summoned Peru's ambassador to Santiago on Monday.", "05-13 CHL PER summons"),
        ("President Rosa Vega on Monday summoned the Chilean ambassador. Peru is upset.", "05-13 PER CHL summons"),
        ("Chile on Monday recalled its envoy from the Chilean embassy in Lima.", "05-13 CHL PER envoy_recalled"),
        ("Chile on Monday told the Chilean consul in Peru to return.", "05-13 CHL PER envoy_recalled"),
        ("Chile on Monday imposed sanctions on Peru, which vowed to retaliate.",
         "05-13 CHL PER sanctions_imposed; 05-13 PER CHL warning"),
        ("Chile and Peru signed a treaty on Monday.", "05-13 CHL PER agreement; 05-13 PER CHL agreement"),
        ("Chile, Peru and Bolivia complained to the WTO about US tariffs on Monday.",
         "05-13 BOL USA trade_complaint; 05-13 CHL USA trade_complaint; 05-13 PER USA trade_complaint"),
        ("Chile on Monday broke off ties with Peru accusing her of arming rebels.",
         "05-13 CHL PER relations_severed; 05-13 CHL PER criticism"),
        ("Chile broke off ties with Peru on Monday, accusing the neighbouring state of arming Bolivian rebels.",
         "05-13 CHL PER relations_severed; 05-13 CHL PER criticism"),
        ("Chile on Monday expelled a Peruvian envoy and summoned the Chilean consul in Lima.",
         "05-13 CHL PER expulsion; 05-13 CHL PER envoy_recalled"),
        ("Chile recalled its envoys to Peru and Cuba and also summoned their envoys on Monday.",
         "05-13 CHL PER envoy_recalled; 05-13 CHL CUB envoy_recalled; 05-13 CHL PER summons; 05-13 CHL CUB summons"),
        ("Rwanda and Belgium quarrel.\nOn Monday Rwanda accused Brussels of lying.", "05-13 RWA BEL criticism"),
        ("The EU and Belgium quarrel with Rwanda.\nOn Monday Rwanda accused Brussels of lying.",
         "05-13 RWA EU criticism"),
        ("Chile said that three officials at the Peruvian Embassy in Santiago, two officials at the Bolivian Embassy, "
         "and one official of each from the embassies of Cuba and Haiti had been ordered to leave Chile on Monday.",
         "05-13 CHL PER expulsion; 05-13 CHL BOL expulsion; 05-13 CHL CUB expulsion; 05-13 CHL HTI expulsion"),
        ("Peru and Chile on Monday joined Cuba in a boycott of the winter games in Haiti.",
         "05-13 PER HTI boycott; 05-13 CHL HTI boycott"),
        # On which day.
        ("Since May 3, Chile has closed its border with Peru.", "05-03 CHL PER navigation_restriction"),
        ("Chile closed its border with Peru at the weekend.", "05-11 CHL PER navigation_restriction"),
        ("Peru has summoned the Chilean ambassador for Monday, a minister said on Friday.",
         "05-10 PER CHL summons"),
        ("The quarrel is old.\nChile had already recalled its ambassador to Peru, a minister said of the row in March.",
         "03-15 CHL PER envoy_recalled"),
        ("Hours after Peru said on Monday that it would ban Chilean fish, Chile summoned the Peruvian ambassador.",
         "05-13 PER CHL import_ban; 05-15 CHL PER summons"),
        ("The road is long.\nChile left a deal signed with Peru in 2018.", "05-15 CHL PER agreement_ended"),
    ],
)  # fmt: skip
def test_words_that_stand_for_others_are_read_as_those(text: str, acts: str, parser: Language) -> None:
    assert read(text, parser) == set(acts.split("; "))


def test_a_count_that_several_share_is_that_of_none(parser: Language) -> None:
    text = "A total of 20 Chilean diplomats were declared personae non gratae by Peru, Bolivia and Brazil."
    found = read_pages({"page.txt": text.encode()}, parser=parser).candidates
    assert {(one.actor_code, one.kind, one.n_individuals) for one in found} == {
        (code, "act", None) for code in ("PER", "BOL", "BRA")
    }


def test_an_act_of_which_a_side_is_guessed_gives_way_to_the_one_that_names_it(parser: Language) -> None:
    text = (
        "Chile expelled the Peruvian ambassador on Monday. Bolivia took no side.\n"
        "An ambassador was expelled on Monday."
    )
    assert read(text, parser) == {"05-13 CHL PER expulsion"}
