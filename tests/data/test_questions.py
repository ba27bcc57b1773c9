"""The questions people ask of the tables have one answer, or an error that names the possible ones."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
import retorsion
from retorsion.errors import RetorsionError

pytestmark = pytest.mark.data


def by_kind(found: pl.DataFrame) -> dict[str, int]:
    return dict(found.group_by("subject_type").agg(pl.col("n_subjects").sum()).iter_rows())


def test_freezes_against_russia_on_the_day_of_the_founding_article() -> None:
    found = retorsion.designations(as_of="2022-03-22", sender="JPN", target="RUS", instrument="asset_freeze")
    assert by_kind(found) == {"individual": 76, "bank": 7, "entity": 12}
    wider = retorsion.designations(
        as_of="2022-03-22", sender="JPN", addressee="RUS", instrument="asset_freeze"
    )
    assert by_kind(wider)["individual"] > 76  # with the lists about occupied territory
    assert set(found["sender_name"]) == {"Japan"}
    assert found.to_pandas().shape == found.shape


def test_a_designation_that_was_lifted_is_not_in_force() -> None:
    lifted = retorsion.load("sanctions").filter(pl.col("absent_by_date").is_not_null())
    one = lifted.row(0, named=True)
    asked = {"sender": one["sender_code"], "programme": one["programme_code"]}
    removed = lifted.filter(pl.col("absent_by_date") == one["absent_by_date"])["sanction_id"].to_list()
    table = retorsion.load("sanctions").filter(
        sender_code=one["sender_code"], programme_code=one["programme_code"]
    )
    before = retorsion.designations(as_of=one["absent_by_date"].replace(day=1), **asked)
    after = retorsion.designations(as_of=one["absent_by_date"], **asked)
    n_removed = len(table.filter(pl.col("sanction_id").is_in(removed)))
    assert len(before) == len(table)
    assert len(before) - len(after) == n_removed >= 1


def test_flows_have_one_record_and_one_level_and_names_beside_codes() -> None:
    year = ("2021-01-01", "2021-12-31")
    lng = retorsion.flows(exporter="RUS", importer="JPN", product="271111", period=year)
    assert len(lng) == 1
    assert lng.row(0, named=True)["exporter_name"] == "Russia"
    assert lng["product_name"][0]
    assert lng["quantity_tonnes"][0] > 1e6


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"exporter": "RUS", "importer": "JPN"}, "records, and adding them would count trade twice"),
        ({"exporter": "JAP"}, "Did you mean 'JPN'"),
        ({"exporter": "RUS", "importer": "JPN", "product": "27111"}, "is not in the tables. Did you mean"),
        ({"exporter": "RUS", "importer": "JPN", "record": "bacy"}, "is not in the tables"),
        ({"exporter": "RUS", "level": "itm"}, "Did you mean 'item'"),
        ({"period": ("2021-13-01", "2021-12-31")}, "is not a day"),
    ],
)
def test_a_question_without_one_answer_is_an_error(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(RetorsionError, match=said):
        retorsion.flows(**asked)


def test_levels_of_goods_are_never_mixed() -> None:
    sources = retorsion.scan("trade_flows").group_by("source_id").agg(pl.col("product_level").n_unique())
    several = sources.filter(pl.col("product_level") > 1).collect()["source_id"].to_list()
    assert several, "no source has goods on several levels"
    with pytest.raises(RetorsionError, match="levels of goods"):
        retorsion.flows(record=several[0])


def test_acts_by_words_and_deeds_add_up_to_all() -> None:
    asked = {"actor": "RUS", "target": "JPN", "since": "2022-02-01", "until": "2022-12-31"}
    every = retorsion.acts(**asked)
    deeds, words = (retorsion.acts(deeds=deeds, **asked) for deeds in (True, False))
    assert len(deeds) + len(words) == len(every) > 10
    assert not deeds["is_verbal"].any()
    assert every["act_date"].is_sorted()
    with pytest.raises(RetorsionError, match="is not the code of a state"):
        retorsion.acts(actor="Japan")
