"""Where a count or a model shows more than the lead of a page on escalation, the page says so."""

from __future__ import annotations

from typing import Any

from retorsion.reports.disagreements import disagreements
from retorsion.reports.escalation import Telling


def telling(verdict: str, lower: float) -> Telling:
    found: dict[str, Any] = {
        "pair": ["NOR", "SWE"],
        "kinds": {
            "pairs": {"NOR deeds->SWE words": {"verdict": "shown", "p_value": 0.01}},
            "excitation": {"NOR all->SWE words": {"verdict": verdict}},
        },
        "excitation": {"with_driver": "all acts", "links": {"NOR->SWE": {"all acts": {"lower": lower}}}},
    }
    return Telling(found, "intensity_goldstein")


def test_what_is_shown_only_by_a_count_or_by_the_model_of_all_acts_is_named() -> None:
    said = disagreements(telling("cannot tell", 0.1)).text
    assert "Sweden's words after Norway's deeds" in said
    assert "acts of Sweden after those of Norway" in said


def test_nothing_is_said_where_all_agree() -> None:
    assert disagreements(telling("shown", 0.1)).text == ""
    assert "all acts together" not in disagreements(telling("cannot tell", 0.0)).text
