"""Machine-coded events that are not ours beside the record: a third list, too short to be one of its estimates.

The extract has acts of the two states in 2014, when both were searched for; of later years it has Russia in 2018 alone.
The daily sums of a pair of states that another source gives have no actor and no act, so they tell nothing of recall.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from retorsion.project import load

pytestmark = pytest.mark.data


def test_hostile_events_of_2014_have_an_act_of_the_same_side_within_two_days(real_data):
    events = pl.read_csv(real_data("icews/icews_RUS_or_JPN_actor_events.csv"), infer_schema_length=0)
    sides = [("JPN", "RUS"), ("RUS", "JPN")]
    hostile = (
        events.filter(
            pl.any_horizontal(
                (pl.col("source_side") == one) & (pl.col("target_side") == other) for one, other in sides
            ),
            # CAMEO's roots from 10 on: demands, disapproval, threats, force
            pl.col("cameo_code").str.slice(0, 2).cast(pl.Int64, strict=False) >= 10,
        )
        .select(pl.col("date").str.to_date(), "source_side")
        .filter(pl.col("date").dt.year() == 2014)
        .unique()
    )
    acts = load("acts").select("actor_code", pl.col("act_date").alias("day"))
    context = load("context_events").select("actor_code", pl.col("event_date").alias("day"))
    recorded = pl.concat([acts, context])
    held = [
        recorded.filter(
            pl.col("actor_code") == side,
            pl.col("day").is_between(day - timedelta(days=2), day + timedelta(days=2)),
        ).height
        > 0
        for day, side in hostile.iter_rows()
    ]
    assert len(held) == 4
    assert sum(held) >= 3
