"""The page of acts: links between acts, and from the number of subjects to their names."""

from __future__ import annotations

import re
from datetime import date

import polars as pl
from retorsion.reports.page import Site
from retorsion.reports.pages.acts import acts_page
from retorsion.tables.fields import tables

ACT = dict.fromkeys(tables()["acts"].columns) | {
    "actor_code": "FRA",
    "target_code": "ITA",
    "addressee_code": "ITA",
    "act_date": date(2020, 1, 1),
    "date_precision": "day",
    "act_type": "entry_ban",
    "confidence_type": "high",
    "intensity_goldstein": 1.0,
    "source_urls": "https://example.org/a",
    "summary": "A ban.",
}
REPLY = ACT | {
    "actor_code": "ITA",
    "target_code": "FRA",
    "addressee_code": "FRA",
    "act_date": date(2020, 1, 2),
}
ACTS = pl.DataFrame(
    [ACT | {"act_id": "ban", "n_subjects": 3}]
    + [
        REPLY | {"act_id": each, "act_type": kind, "n_subjects": 2}
        for each, kind in [("r-1", "protest"), ("r-2", "protest"), ("r-3", "expulsion")]
    ],
    schema=tables()["acts"].schema,
)
REPLIES = pl.DataFrame(
    [
        dict.fromkeys(tables()["replies"].columns)
        | {"reply_act_id": each, "act_id": "ban", "is_main": True, "answers_type": "act"}
        for each in ("r-1", "r-2", "r-3")
    ],
    schema=tables()["replies"].schema,
)
NAMED = pl.DataFrame({"act_id": ["ban", "r-3"], "subject_name": ["Someone", None]})


def row_of(act_id: str) -> str:
    html = acts_page(
        Site("Project", "What it is.", ()),
        ACTS,
        REPLIES,
        pl.DataFrame(schema=tables()["context_events"].schema),
        pair=("FRA", "ITA"),
        sanctions=NAMED,
        folder="fra-ita/",
    )
    return html.split(f'<tr id="{act_id}"')[1].split("</tr>")[0]


def test_replies_of_one_day_and_kind_read_otherwise_where_they_lead_elsewhere() -> None:
    plain = re.sub("</?span[^>]*>", "", row_of("ban"))
    links = dict(re.findall(r'<a href="#(r-\d)">([^<]*)</a>', plain))
    assert links == {
        "r-1": "2020-01-02 protest",
        "r-2": "2020-01-02 protest (2)",
        "r-3": "2020-01-02 expulsion",
    }
    assert '<a href="#ban"><span class="date">2020-01-01</span> entry ban</a>' in row_of("r-2")


def test_the_number_of_subjects_leads_to_them_where_a_list_names_them() -> None:
    assert (
        '<a href="../tables/sanctions.html#?act_id=ban">3<span class="unseen"> names: A ban.</span></a>'
        in row_of("ban")
    )
    assert "tables/sanctions.html" not in row_of("r-3"), "its subjects have no name"
