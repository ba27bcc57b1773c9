"""Cards of numbers: their facts come from the findings and lead to the same evidence as the link."""

from __future__ import annotations

import pytest
from retorsion.findings import cite
from retorsion.reports.cards import Findings, cards

FOUND = {
    "impact": cite(
        {
            "monthly": {
                "method": "a method that the part around the estimate states for all of it",
                "effects": [
                    {
                        "estimate": -1.35,
                        "lower": -1.9,
                        "upper": -1.0,
                        "level": 0.93,
                        "p_value": 0.037,
                        "n_obs": 837,
                        "caveat": "Log points. Anything else that hit it is part of the effect.",
                    }
                ],
                "n_months": 63,
            }
        },
        "impact",
    )
}
ROWS = ["impact_monthly_steps", "impact_monthly", "impact_mirror", "escalation_acts"]
HREF = "a/evidence/impact_monthly.html#impact.monthly"


def card(place: str) -> dict[str, str]:
    made = cards(f'<a href="{HREF}{place}">x</a>', Findings(FOUND, ROWS, "a/"))
    (only,) = made["cards"].values()  # type: ignore[attr-defined]
    words: list[str] = made["words"]  # type: ignore[assignment]
    return {label: words[text] if isinstance(text, int) else text for label, text in only["facts"]}


@pytest.mark.parametrize("place", [".effects.0.estimate", ".effects.0"])
def test_an_estimate_has_interval_change_sample_method_and_caveat(place: str) -> None:
    assert card(place) == {
        "Value": "−1.350",
        "As a change": "−74%",
        "Interval": "−1.90 to −1.00 (−85% to −63%), which holds 93%",
        "p-value": "0.0370",
        "Observations": "837",
        "Method": FOUND["impact"]["monthly"]["method"],
        "Caveat": FOUND["impact"]["monthly"]["effects"][0]["caveat"],
    }


def test_a_count_has_what_the_part_around_it_says() -> None:
    assert card(".n_months") == {"Value": "63", "Method": FOUND["impact"]["monthly"]["method"]}


def test_rows_are_those_of_the_part_and_links_elsewhere_get_no_card() -> None:
    html = f'<a href="{HREF}.n_months">63</a><a href="{HREF}.gone">1</a><a href="tables.html#acts">2</a>'
    made = cards(html, Findings(FOUND, ROWS, "a/"))["cards"]
    assert list(made) == [f"{HREF}.n_months"]  # type: ignore[call-overload]
    assert made[f"{HREF}.n_months"]["rows"] == [  # type: ignore[index]
        "a/findings/impact_monthly_steps.csv",
        "a/findings/impact_monthly.csv",
    ]
    assert cards(html, Findings(FOUND, ROWS, "b/")) == {"cards": {}, "words": []}
