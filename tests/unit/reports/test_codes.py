"""Codes of tables in words, and the way back from a page to the cells of the file."""

from __future__ import annotations

from datetime import date

import polars as pl
from retorsion.reports.codes import reading, recovery

ROWS = pl.DataFrame(
    {
        "act_id": ["a-1", "a-2", "a-3"],
        "package_id": ["a-1", "b", "b"],
        "actor_code": ["FRA", "ITA", None],
        "act_type": ["asset_freeze", "ban", "ban"],
        "act_date": [date(2020, 1, 1), date(2020, 1, 2), None],
        "is_verbal": [True, False, False],
        "n_subjects": [1200, None, 3],
        "value_usd": [1.25, None, 2e9],
        "hs6_code": ["847150", "010121", "990000"],
        "source_urls": ["https://a.org/x https://b.org", "https://a.org/y", None],
        "note": ["plain", "abc\u202edef", None],
    }
)


def shown(*columns: str, acts: dict[str, str] | None = None) -> dict[str, dict[str, object]]:
    read = reading(ROWS, chapters={"84": "Machines"}, acts=acts or {})
    found = recovery(ROWS, columns, read, lambda value: f"acts.html#{value}" if value == "a-1" else None)
    return {str(one["name"]): one for one in found}


def test_codes_of_states_and_of_vocabularies_read_as_words() -> None:
    read = reading(ROWS, chapters={"84": "Machines"}, acts={})
    assert read.words["actor_code"] == {"FRA": "France", "ITA": "Italy"}
    assert read.words["act_type"] == {"asset_freeze": "asset freeze"}
    assert [read.hints["hs6_code"](code) for code in ROWS["hs6_code"]] == ["Machines", None, None]


def test_two_codes_that_would_read_the_same_stay_codes() -> None:
    rows = pl.DataFrame({"act_type": ["asset_freeze", "asset freeze"]})
    assert reading(rows, chapters={}, acts={}).words == {}


def test_a_currency_has_its_name_beside_it_and_is_not_taken_for_a_state() -> None:
    read = reading(pl.DataFrame({"currency_code": ["JPY"]}), chapters={}, acts={})
    assert read.words == {}
    assert read.hints["currency_code"]("JPY") == "Yen"


def test_ids_of_acts_are_words_only_where_rows_have_no_sentences() -> None:
    assert reading(ROWS, chapters={}, acts={"a-1": "Ban"}).acts == {"a-1": "Ban"}
    assert reading(ROWS.with_columns(summary=pl.lit("x")), chapters={}, acts={"a-1": "Ban"}).acts == {}
    assert shown("act_id", acts={"a-1": "Ban"})["act_id"]["how"] == "act"
    assert shown("act_id")["act_id"]["how"] == "text"


def test_cells_that_can_be_read_back_say_how_and_others_come_with_the_page() -> None:
    found = shown(*ROWS.columns[2:])
    assert {name: one.get("how") for name, one in found.items() if "values" not in one} == {
        "actor_code": "text",
        "act_type": "text",
        "act_date": "date",
        "is_verbal": "text",
        "n_subjects": "int",
        "hs6_code": "text",
        "source_urls": "links",
    }
    assert found["actor_code"]["codes"] == {"France": "FRA", "Italy": "ITA"}
    assert found["is_verbal"]["codes"] == {"yes": "true", "no": "false"}
    assert found["n_subjects"]["cell"] == 4


def test_what_a_page_rounds_leaves_out_or_would_change_comes_as_the_file_has_it() -> None:
    found = shown("value_usd", "note")
    assert found["value_usd"]["values"] == ["1.25", "2000000000.0"]
    assert found["value_usd"]["rows"] == [0, -1, 1]
    assert found["note"]["values"] == ["plain", "abc\u202edef"], (
        "a mark that reorders text is named on the page"
    )
    assert found["package_id"] == {"name": "package_id", "values": ["b"], "rows": [-2, 0, 0]}


def test_a_word_that_is_also_a_code_cannot_be_read_back() -> None:
    rows = pl.DataFrame({"act_id": ["x", "y"], "actor_code": ["France", "FRA"]})
    read = reading(rows, chapters={}, acts={})
    assert "actor_code" not in read.words
