"""The findings of the front page: one of each case, and at most five over all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from retorsion.findings import cite
from retorsion.reports.headlines import MOST, Finding, foremost, plain
from retorsion.reports.site import Case


def estimate(value: float, low: float, high: float, **more: object) -> dict[str, Any]:
    return {"estimate": value, "lower": low, "upper": high, **more}


def pooled(high: float) -> Case:
    found = {
        "pooled": {
            "deed answered by deed": estimate(0.1, 0.02, high, n_cases=3),
            "deed answered by word": estimate(0.3, 0.2, 0.4, n_cases=3),
        },
    }
    return Case("All", "", ("", ""), findings={"cases": cite(found, "cases")})


IMPACT = {
    "diversion": {
        "offset_range": estimate(0.8, 0.5, 1.3, n_choices=16),
        "goods": "fish",
        "totals": [{"base_years": "2021", "comparison_years": "2024"}],
    }
}
CASE = Case("Norway and Sweden", "a/", ("NOR", "SWE"), ("intensity_goldstein",), reporter="NOR", target="SWE")
WITH_TRADE = replace(CASE, findings={"impact": cite(IMPACT, "impact")})


def test_what_all_cases_say_comes_first_and_never_says_more_than_its_interval() -> None:
    first, second = foremost([CASE, WITH_TRADE], pooled(0.36))
    assert first.sentence.startswith("Most deeds are not answered by a deed.")
    assert "In an average case, [10%]" in first.sentence
    assert first.rows_href == "evidence/cases_pooled.html#cases.pooled.deed-answered-by-deed"
    assert "fish" in second.sentence
    assert second.href.startswith("a/04_diversion.html#")
    assert not foremost([], pooled(0.6))[0].sentence.startswith("Most")


def test_each_kind_of_finding_is_taken_from_one_case_and_a_case_without_any_has_none() -> None:
    found = foremost([WITH_TRADE, replace(WITH_TRADE, folder="b/")])
    assert [one.href.partition("/")[0] for one in found] == ["a"]
    assert len(found) <= MOST
    assert plain(CASE) is None
    assert foremost([CASE]) == []


def test_every_finding_has_a_caveat_of_a_sentence() -> None:
    for one in foremost([WITH_TRADE], pooled(0.36)):
        assert isinstance(one, Finding)
        assert one.caveat.endswith(".")
        assert one.interval
