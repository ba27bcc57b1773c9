"""Cards of numbers: their facts come from the findings and lead to the same evidence as the link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from retorsion.findings import cite, place_of
from retorsion.project import case, finding
from retorsion.reports.cards import Findings, cards
from retorsion.reports.html import evidence_href

FOUND = {
    "impact": cite(
        {
            "monthly": {
                "method": "a method that the part around the estimate states for all of it",
                "export": {
                    "mean_effects": [
                        {
                            "estimate": -1.35,
                            "lower": -1.9,
                            "upper": -1.0,
                            "level": 0.93,
                            "p_value": 0.037,
                            "n_obs": 837,
                            "term": "mean effect: cars banned",
                            "sample": "2023 to 2026",
                            "caveat": "Log points. Anything else that hit it is part of the effect.",
                        }
                    ]
                },
                "n_months": 63,
                "last_year": 2025,
                "share_left_out": 0.056,
                "counted": {"estimate": 0.36, "lower": 0.28, "upper": 0.45, "n": 262, "n_answered": 113},
                "ways": {"estimate": 0.8, "lower": 0.5, "upper": 1.3, "n_choices": 16},
                "timed": {"estimate": 0.2, "p_value": 0.008, "timing_p_value": 0.001},
                "ranked": {
                    "estimate": 0.1,
                    "lower": 0.0,
                    "upper": 0.2,
                    "level": 0.925926,
                    "caveat": "26 placebos hold 93%, not 95%.",
                },
                "two": {
                    "effect": {"estimate": -1.1, "lower": None, "upper": None},
                    "areas": {
                        "range": {
                            "estimate": -1.1,
                            "lower": -2.0,
                            "upper": -0.5,
                            "standard_error_type": "ranks of 30 placebos",
                        }
                    },
                },
                "bare": {"estimate": 2.0, "lower": None, "upper": None},
                "shifted": {"estimate": 1.8, "null_lower": 17, "null_upper": 36},
            }
        },
        "impact",
    )
}
ROWS = {
    "impact_monthly_steps": "flow_type,estimate,p_value\nexport,-1.34,0.037\n",
    "impact_monthly": "flow_type,term,estimate,lower,note\nexport,other,-1.35,-1.8,a\n"
    'export,mean effect: cars banned,-1.35,-1.9,"b, c"\n',
    "impact_mirror": "flow_type,estimate,lower\nexport,-1.35,-1.9\n",
    "escalation_acts": "act_id\na\n",
}
HREF = "a/evidence/impact_monthly.html#impact.monthly"
EFFECT = ".export.mean_effects.0"


def made(place: str) -> dict[str, Any]:
    found = Findings(FOUND, ROWS, "a/", {"reporter": "Japan", "target": "Russia"})
    data: Any = cards(f'<a href="{HREF}{place}">x</a>', found)
    (only,) = data["cards"].values()
    facts = {label: data["words"][text] if isinstance(text, int) else text for label, text in only["facts"]}
    return {**only, "facts": facts, "files": data["files"]}


@pytest.mark.parametrize("place", [f"{EFFECT}.estimate", EFFECT])
def test_an_estimate_has_its_name_interval_change_sample_method_and_caveat(place: str) -> None:
    card = made(place)
    method = card["facts"].pop("Method")
    assert card["title"] == "Japan’s exports to Russia, mean effect: cars banned"
    assert method.startswith("Trade after a measure is set against")
    assert card["facts"] == {
        "Value": "−1.35 log points = −74%",
        "Interval": "−1.90 to −1.00 log points = −85% to −63%; such intervals hold the truth in 93% of samples",
        "p-value": "0.0370",
        "Observations": "837",
        "Sample": "2023 to 2026",
        "Technique": FOUND["impact"]["monthly"]["method"],
        "Caveat": FOUND["impact"]["monthly"]["export"]["mean_effects"][0]["caveat"],
    }


def test_an_end_of_an_interval_says_of_what_estimate() -> None:
    card = made(f"{EFFECT}.upper")
    assert card["title"].endswith("cars banned: upper end")
    assert card["facts"]["Value"] == "−1.00 log points = −63%"
    assert card["facts"]["Estimate"] == "−1.35 log points = −74%"


def test_a_level_is_of_an_interval_in_the_unit_of_its_estimate() -> None:
    facts = made(f"{EFFECT}.level")["facts"]
    assert (facts["Value"], facts["Estimate"]) == ("93.0%", "−1.35 log points = −74%")
    assert facts["Interval"].startswith("−1.90 to −1.00 log points")


def test_a_count_does_not_carry_the_interval_of_the_number_beside_it() -> None:
    facts = made(".counted.n_answered")["facts"]
    assert (facts["Value"], facts["Number counted"]) == ("113", "262")
    assert not {"Estimate", "Interval", "p-value"} & set(facts)


def test_a_range_over_ways_of_counting_is_not_called_an_interval() -> None:
    facts = made(".ways.estimate")["facts"]
    assert (facts["Range over ways of counting"], facts["Other ways of counting"]) == (
        "0.5000 to 1.300",
        "16",
    )
    assert "Interval" not in facts


def test_an_interval_by_ranks_says_among_how_many_placebos() -> None:
    facts = made(".ranked.estimate")["facts"]
    assert facts["Interval"].endswith("its ends are ranks among 26 placebos, of which it holds 93%")


def test_an_estimate_without_an_interval_has_those_of_the_same_estimate_beside_it() -> None:
    assert made(".two.effect.estimate")["facts"]["Interval"] == "−2.000 to −0.5000 by ranks of 30 placebos"


def test_two_p_values_of_one_record_are_told_apart() -> None:
    facts = made(".timed")["facts"]
    assert facts["p-value of the timing"] == "0.00100"
    assert facts["p-value of the number"] == "0.00800"


def test_a_count_says_what_was_counted_from_which_table_and_what_may_be_wrong() -> None:
    facts = made(".n_months")["facts"]
    assert facts["Value"] == "63"
    assert "from the table trade flows" in facts["Counted"]
    assert facts["Caveat"].endswith(".")
    assert "Interval" not in facts


def test_a_year_is_written_as_one() -> None:
    assert made(".last_year")["facts"]["Value"] == "2025"


def test_a_share_reads_in_per_cent_and_what_has_no_interval_says_so_or_what_chance_gives() -> None:
    assert made(".share_left_out")["facts"]["Value"] == "5.60%"
    assert made(".bare")["facts"]["Interval"].startswith("None is stated")
    assert made(".shifted")["facts"]["By chance"] == "17 to 36"


def test_the_rows_are_those_that_hold_the_number_and_not_the_whole_file() -> None:
    card = made(f"{EFFECT}.estimate")
    assert (card["file"], card["rows"]) == ("a/impact_monthly", [1])
    file = card["files"]["a/impact_monthly"]
    assert file["rows"] == {"1": ["export", "mean effect: cars banned", "-1.35", "-1.9", "b, c"]}
    assert (file["href"], file["n"]) == ("a/findings/impact_monthly.csv", 2)
    assert file["heads"][:2] == ["Flow", "Coefficient"]
    assert card["json"] == "a/findings/impact.json"


def test_a_number_that_no_row_holds_has_the_values_beside_it() -> None:
    card = made(".bare.estimate")
    assert card["record"] == [["Estimate", "estimate", 2.0]]
    assert card["files"] == {}


def test_links_elsewhere_get_no_card() -> None:
    html = f'<a href="{HREF}.n_months">63</a><a href="{HREF}.gone">1</a><a href="tables.html#acts">2</a>'
    data: Any = cards(html, Findings(FOUND, ROWS, "a/"))
    assert list(data["cards"]) == [f"{HREF}.n_months"]
    assert cards(html, Findings(FOUND, ROWS, "b/")) == {"cards": {}, "words": [], "files": {}}


@pytest.mark.data
def test_every_estimate_of_the_findings_has_a_method_a_sample_and_a_caveat() -> None:
    analyses = ("escalation", "impact")
    values = {name: finding(name, case().name) for name in analyses}
    places = [place for name in analyses for place in _estimates(values[name])]
    html = "".join(f'<a href="{evidence_href(place)}">1</a>' for place in places)
    data: Any = cards(html, Findings(values, {}))
    assert len(data["cards"]) > 400
    for href, card in data["cards"].items():
        labels = {label for label, _ in card["facts"]}
        assert {"Method", "Caveat"} <= labels, href
        assert labels & {"Sample", "Counted"}, href


def _estimates(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("estimate"), float) and (place := place_of(value["estimate"])):
            yield place
        for inner in value.values():
            yield from _estimates(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _estimates(inner)


def test_cells_of_the_rows_behind_a_number_read_in_words_and_stay_as_they_are_for_programs() -> None:
    row = "mean effect: cars banned,-1.35,-1.9,JPN,2022-03-01,true"
    rows = {"impact_monthly": f"term,estimate,lower,reporter_code,period_start,is_told\n{row}\n"}
    data: Any = cards(f'<a href="{HREF}{EFFECT}">x</a>', Findings(FOUND, rows, "a/"))
    (file,) = data["files"].values()
    assert file["rows"] == {"0": row.split(",")}
    assert file["said"][3:] == [{"JPN": "Japan"}, {"2022-03-01": "2022-03"}, {"true": "yes"}]
