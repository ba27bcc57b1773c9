"""The acts of all cases by month: every act is in one bar, every bar leads to its months of the timeline."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import polars as pl
from retorsion.reports.pages.months import months
from retorsion.reports.site import Case
from retorsion.tables.fields import tables

ROW = dict.fromkeys(tables()["acts"].columns)


def act(
    name: str, actor: str, day: date, intensity: float = 1.0, target: str | None = None
) -> dict[str, object]:
    other = {"NOR": "SWE", "SWE": "NOR", "ISL": "DNK"}[actor]
    return ROW | {
        "act_id": name,
        "actor_code": actor,
        "addressee_code": other,
        "target_code": target or other,
        "act_date": day,
        "intensity_goldstein": intensity,
        "summary": f"{name} <b>",
    }


ACTS = pl.DataFrame(
    [
        act("a", "NOR", date(2020, 1, 3)),
        act("b", "NOR", date(2020, 1, 30), 5.0),
        act("b", "NOR", date(2020, 1, 30), 5.0, "ISL"),
        act("c", "SWE", date(2020, 1, 31)),
        act("d", "SWE", date(2022, 12, 1)),
        act("e", "ISL", date(2021, 6, 1)),
    ],
    schema=tables()["acts"].schema,
)
CASES = [
    Case("Norway & Sweden", "a/", ("NOR", "SWE"), recorded=[{"start": "2020-01-01", "end": "2022-12-31"}]),
    Case("Iceland", "b/", ("ISL", "DNK"), recorded=[{"start": "2021-01-01", "end": "2021-12-31"}]),
    Case("Nobody", "c/", ("FIN", "EST")),
]


def drawn(screen: str) -> list[str]:
    return re.findall(rf'<svg class="{screen}".*?</svg>', str(months(ACTS, CASES)), re.DOTALL)


def test_each_month_is_a_link_with_both_sides_and_its_most_intense_act() -> None:
    first, second = drawn("on-desk")
    groups = re.findall(r'<a href="([^"]*)" tabindex="-1" data-tip="([^"]*)">(.*?)</a>', first)
    assert unescape(groups[0][0]) == "a/acts.html#?from=2020-01-01&to=2020-01-31"
    assert unescape(
        groups[0][1]
    ) == "January 2020. NOR: 2 acts, such as “b <b>” SWE: 1 act, such as “c <b>”".replace(
        "NOR", "Norway"
    ).replace("SWE", "Sweden")
    heights = re.findall(r'class="side-(\d)"[^>]*height="([\d.]+)"', groups[0][2])
    assert [side for side, _ in heights] == ["0", "1"]
    assert float(heights[0][1]) == 2 * float(heights[1][1]), "one scale"
    assert len(groups) == 2
    assert "from=2022-12-01&amp;to=2022-12-31" in first
    assert second.count("<a href=") == 1


def test_a_phone_has_quarters_and_years_that_nobody_searched_are_shaded() -> None:
    first, second = drawn("on-phone")
    assert "from=2020-01-01&amp;to=2020-03-31" in first
    assert first.count('class="unsearched"') == 0
    assert [float(x) for x in re.findall(r'class="unsearched" x="([\d.]+)"', second)] == [0.0, 233.4]


def test_a_case_without_acts_has_no_row_and_no_acts_no_picture() -> None:
    assert "Nobody" not in months(ACTS, CASES)
    assert "Norway &amp; Sweden" in months(ACTS, CASES)
    assert months(ACTS.clear(), CASES) == ""
    assert months(ACTS.reverse(), CASES) == months(ACTS, CASES)


def test_the_tallest_bar_of_each_side_says_how_many_acts_it_counts() -> None:
    first, second = drawn("on-desk")
    assert re.findall(r'<text class="most"[^>]*>([^<]*)</text>', first) == ["2", "1"]
    assert re.findall(r'<text class="most"[^>]*>([^<]*)</text>', second) == ["1"]
