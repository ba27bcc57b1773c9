"""The vocabulary: every type is used, and yearly acts have types of their own."""

from __future__ import annotations

import polars as pl
import pytest
from places import RAW, ROOT
from retorsion.news.frames import load_frames
from retorsion.params import Sources, read_params
from retorsion.sources.formats.ledger import read_part
from retorsion.sources.text.recorded import read_complete
from retorsion.tables.context_events import STEP


@pytest.fixture(scope="module")
def sources() -> Sources:
    return read_params(ROOT / "params.yaml", RAW).sources


@pytest.fixture(scope="module")
def types(sources: Sources) -> pl.DataFrame:
    return read_complete(RAW / sources.act_types / "act_types.csv", "act_types", source_id=sources.act_types)


def test_every_type_is_that_of_an_act_of_the_steps_of_a_coalition_or_of_a_frame_of_news(
    sources: Sources, types: pl.DataFrame
) -> None:
    used = {STEP} if sources.calendars else set()
    for ledger in sources.ledgers:
        used |= set(
            read_part(RAW / ledger / "acts.csv", "acts", source_id=ledger).accepted["act_type"].to_list()
        )
    proposed = {frame.act_type for frame in load_frames().frames}
    assert set(types["act_type"]) == used | proposed


def test_types_are_sorted_and_a_provocation_is_no_word(types: pl.DataFrame) -> None:
    assert types["act_type"].to_list() == sorted(types["act_type"])
    assert types.filter(pl.col("is_provocation") & pl.col("is_verbal")).is_empty()
