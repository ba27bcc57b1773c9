"""The escalation findings as built: what must agree with the tables.

That all of them are rebuilt alike shows where every stage runs again and nothing tracked changes; here those are
computed again that need no simulation.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from retorsion import case, finding, load, parameters, project
from retorsion.escalation.answers import answers_part
from retorsion.escalation.findings import FRAMES, record_part
from retorsion.escalation.intensity import intensity_part
from retorsion.escalation.ladder import ladder_part
from retorsion.escalation.record import Record, make_record
from retorsion.escalation.replies import replies_part
from retorsion.escalation.transitions import transitions_part
from retorsion.estimators.results import plain

pytestmark = pytest.mark.data

CASE = case()
PAIR = CASE.pair
ROWS = project.FINDINGS / CASE.name / "escalation"
TABLES = ["act_types", "acts", "context_events", "coverage", "replies"]


@pytest.fixture(scope="module")
def found() -> Any:
    return finding("escalation")


@pytest.fixture(scope="module")
def record() -> Record:
    tables = (load(name) for name in ("acts", "replies", "context_events", "act_types"))
    return make_record(*tables, case=CASE, params=parameters(), coverage=load("coverage"))


@pytest.mark.parametrize(
    ("part", "compute"),
    [
        ("record", record_part),
        ("intensity", intensity_part),
        ("replies", replies_part),
        ("answers", answers_part),
        ("transitions", transitions_part),
        ("ladder", ladder_part),
    ],
)
def test_findings_and_rows_are_those_of_the_tables_at_hand(
    record: Record, part: str, compute: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values, frames = compute(record)
    monkeypatch.setattr(project, "FINDINGS", tmp_path)
    project.save_findings(CASE.name, "escalation", {part: plain(values)}, frames, summary={}, tables=TABLES)
    made = {path.name: path.read_bytes() for path in (tmp_path / CASE.name / "escalation").iterdir()}
    made.pop("summary.json")
    assert set(made) == {f"{part}.json", *(f"{frame}.csv" for frame in FRAMES[part])}
    assert made == {name: (ROWS / name).read_bytes() for name in made}


def test_every_part_has_an_estimate(found: Any) -> None:
    thin = {part: found[part]["not_estimable"] for part in FRAMES if "not_estimable" in found[part]}
    assert thin == {}


def test_acts_add_up(found: Any) -> None:
    acts = load("acts").filter(pl.col("actor_code").is_in(PAIR) & pl.col("addressee_code").is_in(PAIR))
    record = found["record"]
    assert record["n_acts"] + record["n_yearly"] == acts["act_id"].n_unique()
    assert record["n_yearly"] == acts.filter("is_yearly")["act_id"].n_unique() > 0
    assert sum(row["n_acts"] for row in record["by_year"]) == record["n_acts"]
    assert sum(side["n_hostile"] for side in record["by_side"].values()) == record["n_hostile"]
    assert record["n_counted"] == len(pl.read_csv(ROWS / "acts.csv"))


def test_every_act_lies_in_a_recorded_span(found: Any) -> None:
    dates = pl.read_csv(ROWS / "acts.csv", try_parse_dates=True)["act_date"]
    spans = [
        (date.fromisoformat(span["start"]), date.fromisoformat(span["end"]))
        for span in found["record"]["recorded"]
    ]
    outside = [when for when in dates if not any(start <= when <= end for start, end in spans)]
    assert outside == []


def test_stated_links_add_up(found: Any) -> None:
    counted = (
        load("acts")
        .filter(
            pl.col("actor_code").is_in(PAIR),
            pl.col("addressee_code").is_in(PAIR),
            ~pl.col("is_yearly"),
            pl.col("act_date").is_between(CASE.window.start, CASE.window.end),
            pl.col("date_precision") != "observed",
        )["act_id"]
        .unique()
        .to_list()
    )
    links, part = pl.read_csv(ROWS / "links.csv"), found["replies"]
    of_acts = load("replies").filter(pl.col("reply_act_id").is_in(counted))
    assert part["n_stated"] == len(links) == len(links.unique(["reply_act_id", "act_id"]))
    assert part["n_stated_naming_the_act"] == int((links["answers_type"] == "act").sum())
    assert part["n_stated"] + part["n_stated_elsewhere"] == len(of_acts)


def test_what_is_told_of_answers_is_told_of_the_hostile_acts(found: Any) -> None:
    links = pl.read_csv(ROWS / "links.csv").filter(pl.col("answers_type") == "act")
    to_acts = links.filter(pl.col("answered_type") == "hostile_act")
    named = found["replies"]["named"]
    by_replier = {side: to_acts.filter(pl.col("reply_actor_code") == side) for side in PAIR}
    for side, own in by_replier.items():
        other = PAIR[1 - PAIR.index(side)]
        assert named["deeds_of_replier"][side]["n"] == own["reply_act_id"].n_unique()
        assert named["answer_rate"][other]["n_answered"] == own["root_act_id"].n_unique()
        assert named["median_lag_of_replier"][side]["n"] == own.drop_nulls("lag_days")["act_id"].n_unique()
    assert named["in_kind"][0]["n_replies"] == to_acts["reply_act_id"].n_unique()
    assert "context" not in set(to_acts["domain_type"])


def test_a_rule_is_asked_for_no_more_than_it_can_find(found: Any) -> None:
    for rule in found["replies"]["candidates"]:
        assert rule["n_found"] <= rule["n_findable"] <= rule["n_stated"] - rule["n_same_day"]


def test_eight_were_expelled_for_eight() -> None:
    rows = pl.read_csv(ROWS / "subjects.csv")
    pairs = rows.filter(pl.col("act_type") == "expulsion").select(
        "n_subjects", "reply_n_subjects", "lag_days"
    )
    assert (8, 8, 19) in pairs.rows()


def test_every_hostile_type_stands_on_a_rung_that_has_a_name() -> None:
    rungs = dict(load("act_types").select("act_type", "rung").iter_rows())
    acts = pl.read_csv(ROWS / "acts.csv").filter("is_hostile")
    used = {rungs[kind] for kind in acts["act_type"]}
    assert used <= set(range(1, len(parameters().escalation.rungs) + 1))


def test_every_marked_act_or_event_exists(found: Any) -> None:
    assert [mark["label"] for mark in found["record"]["marks"]] == [
        mark.label for mark in CASE.escalation.marks
    ]


def test_json_has_no_float_that_processors_could_write_differently(found: Any) -> None:
    tiny = []

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            for item in value.values():
                visit(item)
        elif isinstance(value, list):
            for item in value:
                visit(item)
        elif isinstance(value, float) and 0 < abs(value) < 1e-12:
            tiny.append(value)

    visit(found)
    assert tiny == []


def test_the_headline_range_holds_every_other_way_to_count(found: Any) -> None:
    rows = pl.read_csv(ROWS / "specifications.csv", infer_schema_length=None)
    for name, one in found["specifications"]["quantities"].items():
        if "lowest" not in one:
            continue
        own = rows.filter((pl.col("quantity") == name) & pl.col("estimate").is_not_null())
        assert len(own) == one["n_estimated"]
        assert own["estimate"].min() == pytest.approx(one["lowest"], rel=1e-2)
        assert own["lower"].min() == pytest.approx(one["widest_lower"], rel=1e-2, abs=1e-9)
    share = found["specifications"]["quantities"]["share of first"]
    by_what = [row["estimate"] for row in found["intensity"]["by_what_counts"]]
    assert share["lowest"] - 1e-6 <= min(by_what) <= max(by_what) <= share["highest"] + 1e-6


def test_words_and_deeds_add_up_to_all_acts(found: Any) -> None:
    rates = found["answers"]["rates"]["named"]
    for side in PAIR:
        n = {kind: rates[kind]["act"][side]["n"] for kind in ("all", "words", "deeds")}
        assert n["words"] + n["deeds"] == n["all"] == found["record"]["by_side"][side]["n_hostile"]
        assert n["words"] == found["record"]["by_side"][side]["n_words"]
        for kind in n:
            sizes = [rates[kind][unit][side]["n"] for unit in ("act", "package", "side_day")]
            assert sizes[0] == max(sizes)


PAGES = sorted(project.REPORTS.glob("*/02_escalation.html"))
#: What of a page is no word of its story: folded code, drawings, lines on sources and data, markup.
NO_WORDS = re.compile(
    r'<details class="code">.*?</details>|<p class="(?:figure-source|behind)">.*?</p>'
    r"|<(svg|math|script)\b.*?</\1>|<[^>]+>",
    re.DOTALL,
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_the_story_is_told_in_twelve_hundred_words(path: Path) -> None:
    story, folded = path.read_text(encoding="utf-8").split("<main", 1)[1].split('<details class="method">')
    words = re.findall(r"[^\s#]+", NO_WORDS.sub(" ", story))
    assert len(words) <= 1200
    assert "Methods and literature" in folded
