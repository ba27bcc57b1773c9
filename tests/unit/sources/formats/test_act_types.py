"""The vocabulary: every type is used, and yearly acts have types of their own."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from places import RAW, ROOT
from retorsion.news.frames import load_frames
from retorsion.params import Sources, read_params
from retorsion.sources.formats.ledger import read_part
from retorsion.sources.text.recorded import read_complete, read_recorded
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


@pytest.mark.parametrize(
    ("act_type", "cell", "wrong"),
    [
        ("import_ban", "Import or use ban", ""),
        ("protest", "", "none"),
        ("asset_freeze", "Asset freeze", "Freeze"),
    ],
)
def test_measures_and_no_other_types_have_a_kind_of_measure(
    sources: Sources, tmp_path: Path, act_type: str, cell: str, wrong: str
) -> None:
    table = pl.read_csv(RAW / sources.act_types / "act_types.csv", infer_schema=False).fill_null("")
    is_type = pl.col("act_type") == act_type
    assert table.filter(is_type)["measure_kind"].to_list() == [cell]
    spoilt = table.with_columns(
        pl.when(is_type).then(pl.lit(wrong)).otherwise("measure_kind").alias("measure_kind")
    )
    spoilt.write_csv(tmp_path / "act_types.csv")
    rejected = read_recorded(tmp_path / "act_types.csv", "act_types", source_id="types").rejected
    assert rejected.select("column", "value").rows() == [("measure_kind", wrong or None)]
