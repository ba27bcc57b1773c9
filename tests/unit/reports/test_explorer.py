"""The acts explorer: its data, its parts, its library, and its place on the page of acts."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from retorsion.errors import RetorsionError
from retorsion.project import REPORTS
from retorsion.reports.page import Link, Site, check_page, read_page
from retorsion.reports.pages import explorer as module
from retorsion.reports.pages.acts import acts_page
from retorsion.reports.pages.explorer import Explorer, explorer, timeline, vendored
from retorsion.tables.fields import fields

SCALES = ["intensity_goldstein", "intensity_equal"]
SITE = Site("Project", "What it is.", (Link("Acts", "acts.html"),))


def act(act_id: str, actor: str, day: str, **other: object) -> dict[str, object]:
    return {
        "act_id": act_id,
        "actor_code": actor,
        "target_code": "SWE" if actor == "NOR" else "NOR",
        "addressee_code": "SWE" if actor == "NOR" else "NOR",
        "act_date": date.fromisoformat(day),
        "date_precision": "day",
        "effective_date": None,
        "domain_type": "sanction",
        "act_type": "asset_freeze",
        "phase_type": "decision",
        "formalises_act_id": None,
        "cameo_code": "163",
        "plover_type": "SANCTION",
        "n_subjects": None,
        "intensity_goldstein": 8.0,
        "intensity_equal": 1.0,
        "basis_type": "reported",
        "announced_basis": "text",
        "done_date": None,
        "done_basis": None,
        "aim_type": "this_state",
        "confidence_type": "high",
        "summary": f"{actor} acts.",
        "note": None,
        "source_urls": "https://example.org/a https://example.org/b",
        "best_source_type": "trade_press",
    } | other


ACTS = pl.DataFrame(
    [
        act("nor-2", "NOR", "2020-02-01", n_subjects=5, effective_date=date(2020, 2, 9)),
        act("nor-1", "NOR", "2020-01-01", n_subjects=7),
        act("nor-1", "NOR", "2020-01-01", n_subjects=2, target_code="FIN"),
        act("swe-1", "SWE", "2020-03-01", intensity_goldstein=-0.0, summary="</script><b>& more"),
        act("dnk-1", "DNK", "2020-01-01", addressee_code="SWE"),
        act("nor-3", "NOR", "2020-01-01", addressee_code="DNK"),
    ],
    infer_schema_length=None,
    schema_overrides={"done_date": pl.Date, "done_basis": pl.String},
)
REPLIES = pl.DataFrame(
    [
        ("swe-1", "nor-2", True, "act", 29, "https://example.org/x", None),
        ("swe-1", "nor-1", False, "sanctions_in_general", 60, "https://example.org/x", "Inferred."),
        ("swe-1", "fest", False, "act", 1, "https://example.org/x", None),
        ("swe-1", "dnk-1", False, "act", 1, "https://example.org/x", None),
    ],
    schema=["reply_act_id", "act_id", "is_main", "answers_type", "lag_days", "source_url", "note"],
    orient="row",
)
EVENTS = pl.DataFrame(
    {
        "event_id": ["fest"],
        "event_date": [date(2020, 2, 29)],
        "date_precision": ["month"],
        "actor_code": ["FIN"],
        "event_type": ["group_step"],
        "step": [None],
        "summary": ["A step."],
        "source_urls": ["https://example.org/f"],
    },
    schema_overrides={"step": pl.String},
)
INFERRED = pl.DataFrame(
    {
        "reply_act_id": ["swe-1", "nor-2", "nor-2"],
        "act_id": ["nor-2", "nor-1", "dnk-1"],
        "lag_days": [29, 31, 1],
    }
)
SANCTIONS = pl.DataFrame(
    {
        "act_id": ["nor-1", "nor-1", "nor-1", None],
        "subject_type": ["individual", "bank", "individual", "bank"],
        "n_subjects": [3, 2, 4, 9],
    }
)
MEASURES = pl.DataFrame(
    {
        "measure_id": ["nor-2"],
        "act_id": ["nor-2"],
        "product_scope": ["skis"],
        "threshold": [None],
        "ended_date": [date(2021, 1, 1)],
    },
    schema_overrides={"threshold": pl.String},
)


def data(acts: pl.DataFrame = ACTS, **other: object) -> dict[str, object]:
    given: dict[str, object] = {
        "pair": ("SWE", "NOR"),
        "scales": SCALES,
        "recorded": [{"start": "2020-01-01", "end": "2020-12-31"}],
        "marks": [{"id": "fest", "label": "Feast"}, {"id": "dnk-1", "label": "Not shown"}],
        "inferred": INFERRED,
        "sanctions": SANCTIONS,
        "trade_measures": MEASURES,
    } | other
    return timeline(acts, REPLIES, EVENTS, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("marked", [True, False])
def test_of_the_steps_of_a_coalition_those_with_a_mark_are_drawn(marked: bool) -> None:
    step = EVENTS.with_columns(pl.lit("a-step").alias("event_id"), pl.lit("1st package").alias("step"))
    marks = [{"id": "a-step", "label": "First package"}] if marked else []
    found = timeline(
        ACTS, REPLIES, pl.concat([EVENTS, step]), pair=("SWE", "NOR"), scales=SCALES, marks=marks
    )
    assert [event["id"] for event in found["events"]] == (["a-step", "fest"] if marked else ["fest"])
    assert len(found["marks"]) == marked


def test_one_mark_an_act_in_time_with_all_its_targets() -> None:
    acts = data()["acts"]
    assert [found["id"] for found in acts] == ["nor-1", "nor-2", "swe-1"]  # type: ignore[attr-defined]
    first, second, third = acts  # type: ignore[misc]
    assert first["targets"] == [{"name": "Finland", "subjects": 2}, {"name": "Sweden", "subjects": 7}]
    assert first["counts"] == [["individual", 7], ["bank", 2]]
    assert (second["effective"], second["goods"], second["ended"]) == ("2020-02-09", "skis", "2021-01-01")
    assert "threshold" not in second
    assert [found["side"] for found in acts] == [1, 1, 0]  # type: ignore[attr-defined]
    assert json.dumps(third["intensity"]) == "[0.0, 1.0]", "no minus at zero"
    assert first["urls"] == ["https://example.org/a", "https://example.org/b"]


def test_links_keep_apart_what_is_named_general_and_inferred() -> None:
    links = data()["links"]
    assert [(link["reply"], link["act"], link["kind"]) for link in links] == [  # type: ignore[attr-defined]
        ("swe-1", "nor-2", "act"),
        ("swe-1", "fest", "act"),
        ("swe-1", "nor-1", "general"),
        ("nor-2", "nor-1", "inferred"),
    ], "main first; inferred only where nothing is stated; none to what is not shown"
    assert {link["kind"] for link in data(inferred=None)["links"]} == {"act", "general"}  # type: ignore[attr-defined]


def test_marks_name_only_what_is_shown() -> None:
    assert data()["marks"] == [{"id": "fest", "label": "Feast"}]


def test_every_domain_has_a_symbol_of_its_own() -> None:
    assert len(set(module.SYMBOLS)) == len(fields()["domain_type"].allowed)


def test_the_order_of_rows_changes_nothing() -> None:
    assert data(ACTS.reverse()) == data()
    assert explorer(data(ACTS.reverse())) == explorer(data())


def build(shown: Explorer | None) -> str:
    return acts_page(SITE, ACTS, REPLIES, EVENTS, pair=("SWE", "NOR"), explorer=shown)


STORY = {
    "title": "A winter",
    "steps": [{"id": "fest", "text": "A <feast>."}, {"id": "nor-1", "text": "An answer."}],
}


def told(story: dict[str, Any], shown: Explorer | None = None) -> str:
    return acts_page(SITE, ACTS, REPLIES, EVENTS, pair=("SWE", "NOR"), explorer=shown, story=story)


def test_each_step_of_a_story_brings_the_timeline_to_its_act() -> None:
    html = told(STORY, explorer(data()))
    check_page(html, name="acts.html", root=Path("/nowhere/at/all"))
    steps = re.findall(r'<a href="([^"]*)" data-state="([^"]*)">', html)
    assert [row for row, _ in steps] == ["#fest", "#nor-1"], "without scripts a step leads to its row"
    assert re.fullmatch(r"from=\d{4}-\d\d-\d\d&amp;to=\d{4}-\d\d-\d\d&amp;act=nor-1", steps[1][1])
    assert "A &lt;feast&gt;." in html
    assert "A winter" not in told(STORY), "without a timeline there is nothing to move"


def test_a_step_of_a_story_that_is_not_in_the_record_is_named() -> None:
    with pytest.raises(RetorsionError, match="tells of 'nor-9', which is no act"):
        told({"title": "A winter", "steps": [{"id": "nor-9", "text": "Nothing."}]}, explorer(data()))


def test_each_act_shows_what_kind_its_best_source_is() -> None:
    assert build(None).count('<small class="chip">trade press</small>') == 4


def test_page_stands_alone_and_reads_back_its_data() -> None:
    html = build(explorer(data()))
    check_page(html, name="acts.html", root=Path("/nowhere/at/all"))
    text = re.search(r'<script type="application/json" id="explorer-data">(.*?)</script>', html, re.DOTALL)
    assert text is not None
    assert json.loads(text[1]) == data()
    assert "<" not in text[1], "no text of a row can end the script"
    assert {"nor-1", "nor-1:SWE", "nor-2", "swe-1", "fest"} <= set(read_page(html).ids)
    assert build(explorer(data())) == html
    assert re.search(r'<section id="explorer"[^>]* hidden>', html), "nothing is promised without scripts"
    assert "<noscript>" in html
    assert "Permission to use, copy, modify" in html, "the licence goes where the library goes"


def test_an_act_says_how_its_day_is_known_and_whom_it_is_aimed_at() -> None:
    remarked = act("nor-9", "NOR", "2020-02-01", confidence_type="medium", announced_basis="article_day")
    remarked |= {"done_date": date(2020, 1, 30), "done_basis": "text", "aim_type": "many"}
    shown = ACTS.vstack(pl.DataFrame([remarked], schema=ACTS.schema))
    html = acts_page(SITE, shown, REPLIES, EVENTS, pair=("SWE", "NOR"))
    assert "(medium confidence; dated by its article; done 2020-01-30; aimed at many states)" in html
    assert html.count("<small>(") == build(None).count("<small>(") + 1


def test_controls_count_what_is_there() -> None:
    html = explorer(data()).html
    assert re.search(r'value="SWE" checked> <span>Sweden</span> <small>1</small>', html)
    assert re.search(r'value="NOR" checked> <span>Norway</span> <small>2</small>', html)
    assert re.search(r'value="asset_freeze"> <span>asset freeze</span> <small>3</small>', html)
    assert 'value="trade_measure"' not in html, "a domain without acts is no choice"
    assert re.search(r'name="link" value="general" checked', html)
    assert re.search(r'name="link" value="inferred">', html), "inferred links are shown on demand only"


def test_without_an_explorer_the_page_has_none_of_it() -> None:
    html = build(None)
    assert "d3js.org" not in html
    assert 'id="explorer"' not in html


def test_a_changed_library_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "Mike Bostock" in vendored("d3.min.js")
    folder = files("retorsion.reports").joinpath("assets", "vendor")
    assert "Permission to use, copy, modify" in folder.joinpath("d3.LICENSE").read_text("utf-8")
    changed = tmp_path / "assets" / "vendor"
    changed.mkdir(parents=True)
    (changed / "vendored.yaml").write_bytes(folder.joinpath("vendored.yaml").read_bytes())
    (changed / "d3.min.js").write_bytes(folder.joinpath("d3.min.js").read_bytes() + b" ")
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(RetorsionError, match=r"d3\.min\.js: SHA-256 .* instead of 9121"):
        vendored.__wrapped__("d3.min.js")


def test_every_part_of_the_script_is_used_once() -> None:
    folder = files("retorsion.reports").joinpath("assets", "explorer")
    assert sorted(f"{part}.js" for part in module.PARTS) == sorted(
        each.name for each in folder.iterdir() if each.name.endswith(".js")
    )


def test_no_state_is_named_in_the_code() -> None:
    for name in (
        *(f"assets/explorer/{part}.js" for part in module.PARTS),
        "assets/explorer/explorer.css",
        "templates/explorer.html.j2",
        "pages/explorer.py",
    ):
        text = files("retorsion.reports").joinpath(name).read_text("utf-8")
        assert not re.search(r"japan|russia|\bJPN\b|\bRUS\b", text, re.IGNORECASE), name


@pytest.mark.data
def test_pages_stay_within_their_weight() -> None:
    pages = sorted(REPORTS.rglob("*.html"))
    if not pages:
        pytest.skip("no page is built; run `make`")
    for page in pages:
        explores = 'class="explorer' in page.read_text(encoding="utf-8")
        assert page.stat().st_size < (3_000_000 if explores else 1_500_000), page.relative_to(REPORTS)
