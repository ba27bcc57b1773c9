"""The search page: what can be found, and where it leads."""

from __future__ import annotations

import json
import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from retorsion.project import TABLES, case
from retorsion.reports.page import Site, check_page
from retorsion.reports.pages.search import KINDS, _acts, _totals, entries, search_page
from retorsion.reports.site import Context, site
from retorsion.steps.site import case_of, offers
from retorsion.tables.fields import fields, tables


def test_the_index_is_in_the_page_as_it_is_given() -> None:
    given = [
        ("act", "</script><b>Ban & more", "2020-01-01", "a/acts.html#x", ""),
        ("page", "Tables", "", "tables.html", ""),
    ]
    html = search_page(Site("Project", "What it is.", ()), given)
    check_page(html, name="search.html")
    found = re.search(r'<script type="application/json" id="search-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["entries"] == [list(entry) for entry in given]


def test_an_act_of_a_list_has_no_kind_of_source() -> None:
    row = {
        "actor_code": "USA",
        "addressee_code": "RUS",
        "act_date": date(2024, 5, 3),
        "effective_date": date(2024, 5, 3),
        "act_type": "asset_freeze",
    }
    rows = [row | {"act_id": "a", "summary": "A list.", "best_source_type": None}]
    rows += [row | {"act_id": "b", "summary": "A ban.", "best_source_type": "state_media"}]
    rows[1]["effective_date"] = date(2024, 6, 1)
    shown: Any = SimpleNamespace(
        table=lambda _: pl.DataFrame(rows), cases=[SimpleNamespace(pair=("USA", "RUS"))]
    )
    found = list(_acts(shown, {"a": "x", "b": "y"}, {"b": {"individual": 76, "sector": 1}}))
    notes = {title: note for _, title, note, *_ in found}
    assert notes["A list."] == "2024-05-03 · America · asset freeze"
    assert (
        notes["A ban."]
        == "2024-05-03 · America · in force from 2024-06-01 · 76 persons, 1 sector · asset freeze · "
        "state media source"
    )
    readers = "United States U.S. US USA American Россия Российская Федерация Russian"
    assert [entry[4] for entry in found] == [
        f"sanctions {readers}",
        f"76 people 76 individuals sanctions {readers}",
    ]


def test_a_published_total_is_found_by_its_counts_and_its_day() -> None:
    row = {
        "total_id": "t",
        "as_of_date": date(2022, 3, 18),
        "actor_code": "JPN",
        "target_code": "RUS",
        "scope": "bodies under freeze",
        "n_individuals": 76,
        "n_banks": 7,
        "n_other_bodies": None,
        "note": None,
    }
    nothing = row | {"total_id": "u", "n_individuals": None, "n_banks": None, "as_of_date": date(2022, 3, 1)}
    first, second = _totals(pl.DataFrame([row, nothing]))
    assert first == (
        "total",
        "76 persons, 7 banks",
        "2022-03-18 · Japan on Russia · bodies under freeze",
        "tables/published_totals.html#t",
        "76 people 76 individuals",
    )
    assert second[1:3] == ("bodies under freeze", "2022-03-01 · Japan on Russia")


@pytest.mark.data
def test_every_act_subject_table_column_and_page_can_be_found() -> None:
    if not (TABLES / "acts.parquet").exists():
        pytest.skip("no table is built; run `make`")
    shown = case_of(case())
    context = Context(
        site([(shown.title, shown.folder)]), [shown], offers([case()]), "1", pipeline="stages: {}"
    )
    found = entries(context)
    assert len(set(found)) == len(found)
    by_kind = {kind: {entry[1] for entry in found if entry[0] == kind} for kind in KINDS}
    acts = context.table("acts").filter(addressee_code=shown.pair[1], actor_code=shown.pair[0])
    assert set(acts["summary"]) <= by_kind["act"]
    sanctions = context.table("sanctions").drop_nulls(["subject_name", "act_id"])
    listed = sanctions.filter(addressee_code=shown.pair[1], sender_code=shown.pair[0])
    # a name in other capitals is the same name
    assert set(listed["subject_name"].str.to_lowercase()) <= {name.lower() for name in by_kind["subject"]}
    assert by_kind["table"] == set(tables())
    assert by_kind["column"] <= set(fields())
    assert f"Escalation: {shown.title}" in by_kind["page"]
