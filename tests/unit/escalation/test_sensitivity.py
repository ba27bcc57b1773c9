"""Findings without the acts that one source alone attests to."""

from __future__ import annotations

import polars as pl
from retorsion.errors import NotEstimable
from retorsion.escalation.sensitivity import leave_one_source_out, sites_of_acts


def sourced() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "act_id": ["a", "b", "c", "d"],
            "actor_code": ["A", "A", "B", "A"],
            "intensity_equal": [1.0, 1.0, 1.0, -1.0],
            "intensity_other": [2.0, 1.0, 9.0, None],
            "source_urls": [
                "https://www.one.org/x https://two.org/y",
                "https://one.org/z",
                "http://three.org/1 https://three.org/2",
                None,
            ],
        }
    )


def test_what_is_no_address_is_no_site() -> None:
    acts = sourced().with_columns(pl.lit("not stated").alias("source_urls"))
    assert sites_of_acts(acts).is_empty()


def test_sites():
    assert sites_of_acts(sourced()).rows() == [
        ("a", "one.org"),
        ("a", "two.org"),
        ("b", "one.org"),
        ("c", "three.org"),
    ]


def total(acts: pl.DataFrame) -> float:
    if acts.filter(pl.col("actor_code") == "B").is_empty():
        raise NotEstimable("B never acts.")
    return float(acts["intensity_equal"].sum())


def test_leaving_out_a_source_drops_what_only_it_attests():
    table = leave_one_source_out(sourced(), total)
    rows = {row["left_out"]: row for row in table.iter_rows(named=True)}
    assert set(rows) == {None, "one.org", "three.org"}
    assert rows[None]["value"] == 2
    assert (rows["one.org"]["n_dropped"], rows["one.org"]["value"], rows["one.org"]["change"]) == (1, 1, -1)
    assert rows["three.org"]["value"] is None
    assert rows["three.org"]["reason"] == "B never acts."
    assert rows["three.org"]["has_other_sign"] is None
    assert len(leave_one_source_out(sourced(), total, min_acts=2)) == 1
