"""Published lists as rows of the tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from places import FIXTURES
from retorsion.errors import RetorsionError
from retorsion.sources.formats.eu_fsf import read_eu_fsf
from retorsion.sources.formats.gsdb import read_gsdb
from retorsion.sources.formats.gta import read_gta
from retorsion.sources.formats.mof_list import read_mof_list
from retorsion.sources.formats.ofac import read_ofac
from retorsion.sources.formats.ofsi import read_ofsi
from retorsion.sources.formats.opensanctions import (
    read_opensanctions,
    read_opensanctions_statements,
    sanctions_of,
)
from retorsion.sources.formats.un_list import read_un_list
from retorsion.sources.rows import Rows
from retorsion.sources.vintages import observe
from retorsion.tables import lists
from retorsion.tables.builders import build_list
from retorsion.tables.fields import tables
from retorsion.tables.lists import by_programme, cases, measure_products, measures
from retorsion.tables.options import CaseOptions, ListOptions, MeasureOptions
from retorsion.tables.sanctions import sanctions

LISTS = FIXTURES / "lists"
KEYED_LATER = (pl.col("list_number") == "101") & (pl.col("programme") == "THIRD")
OPTIONS = {"sender_code": "USA", "instrument_type": "asset_freeze"}


def designated(subjects: pl.DataFrame, table: pl.DataFrame, **given: Any) -> Rows:
    """Designations of a list, with options of ``params.yaml`` and arguments of the builder in one."""
    chosen = {name: given.pop(name) for name in list(given) if name in ListOptions.model_fields}
    usual = {
        "source_id": "list",
        "source_url": "https://example.org/list",
        "vintage_date": date(2024, 5, 3),
    }
    return lists.designations(subjects, table, ListOptions(**{**OPTIONS, **chosen}), **{**usual, **given})


def designations(subjects: pl.DataFrame, table: pl.DataFrame, **given: Any) -> pl.DataFrame:
    """Those of a list of which no subject is set aside."""
    built = designated(subjects, table, **given)
    assert built.rejected.is_empty()
    return built.accepted


def programmes(*rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    schema = dict.fromkeys(["programme", "target_code", "addressee_code"], pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_list_with_dates_makes_the_table() -> None:
    subjects = read_eu_fsf(LISTS / "eu_fsf_full_1_1.csv", source_id="list").accepted
    listed = designations(
        subjects.filter(pl.col("announced_date").is_not_null()),
        programmes(("EXA", None, "BLR"), ("EXB", "RUS", None)),
    )
    table = sanctions(listed)
    row = table.row(0, named=True)
    assert row["sanction_id"] == "list:9001:EXA"
    assert row["act_id"] == "list-2022-04-08-blr"
    assert (row["target_code"], row["addressee_code"]) == ("RUS", "BLR")  # the subject's own state
    assert (row["announced_date"], row["date_precision"]) == (date(2022, 4, 8), "day")
    assert row["first_observed_date"] is None
    assert row["source_row"] == 2


def test_a_list_without_dates_says_when_it_was_first_seen() -> None:
    subjects = read_ofac(LISTS / "ofac_sdn.csv", source_id="list").accepted
    table = programmes(("FIRST-EO10000", "RUS", None), ("THIRD", "CUB", None), ("SECOND - TWO", "IRN", None))
    listed = designations(subjects, table)
    assert listed.height == 6  # the first subject stands under three programmes
    assert listed["announced_date"].null_count() == listed["date_precision"].null_count() == 6
    assert set(listed["first_observed_date"]) == {date(2024, 5, 3)}
    assert listed["act_id"][0] == "list-by-2024-05-03-rus"
    assert listed["sanction_id"].is_unique().all()
    missing = set(tables()["sanctions"].columns) - set(listed.columns)
    assert missing == {"package_id"}, "the table gives it, from the ledgers or from the act"
    assert sanctions(listed).select((pl.col("package_id") == pl.col("act_id")).all()).item()


KEY = ["list_number", "programme"]


def test_the_record_of_vintages_dates_and_ends_what_a_list_does_not() -> None:
    new = by_programme(read_ofac(LISTS / "ofac_sdn.csv", source_id="list").accepted)
    old = new.filter((pl.col("list_number") < "104") & ~KEYED_LATER)
    days = [date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1)]
    record = observe(None, old, new, old_date=days[0], new_date=days[1])
    record = observe(record, new, new.tail(2), old_date=days[1], new_date=days[2])
    listed = designations(
        lists.with_absent(new.tail(2), record),
        programmes(("THIRD", "CUB", None)),
        observed=lists.observed_dates(record),
        others="leave_out",
    ).sort("list_number")
    assert listed.select("list_number", "first_observed_date", "absent_by_date", "date_precision").rows() == [
        ("101", date(2022, 1, 1), date(2023, 1, 1), "observed"),  # before, but under another programme
        ("103", date(2021, 1, 1), None, None),
        ("104", date(2022, 1, 1), None, "observed"),
    ]
    assert listed["revoked_date"].null_count() == 3


def test_unknown_programmes_are_named_or_left_out() -> None:
    subjects = read_un_list(LISTS / "un_consolidated.xml", source_id="list").accepted
    table = programmes(("Examples", "RUS", None))
    with pytest.raises(RetorsionError, match="More examples"):
        designations(subjects, table)
    assert designations(subjects, table, others="leave_out").height == 1


def test_subjects_of_no_single_known_state_are_set_aside_and_the_others_kept() -> None:
    subjects = read_ofsi(LISTS / "ofsi_ConList.csv", source_id="list").accepted
    table = programmes(("Examples", None, None), ("More examples", None, None))
    built = designated(subjects, table)
    assert built.accepted.select("target_code", "addressee_code").row(0) == ("RUS", "RUS")
    assert "Ukraine; Russia" in built.rejected["value"].to_list()
    assert set(built.rejected["reason"]) == {
        "is not the name of one known state, and the programme has no target"
    }
    assert len(built.accepted) + len(built.rejected) == len(by_programme(subjects))


def test_a_subject_under_two_programmes_has_the_day_of_each() -> None:
    subjects = read_ofsi(LISTS / "ofsi_ConList.csv", source_id="list").accepted
    table = programmes(("Examples", "RUS", None), ("More examples", "UKR", None))
    listed = designations(subjects, table).filter(pl.col("list_number") == "90002")
    assert listed.select("programme_code", "announced_date", "act_id").rows() == [
        ("list:Examples", date(2014, 7, 25), "list-2014-07-25-rus"),
        ("list:More examples", date(2014, 9, 12), "list-2014-09-12-ukr"),
    ]


def test_one_subject_without_a_state_does_not_stop_the_list() -> None:
    subjects = read_ofsi(LISTS / "ofsi_nationalities.csv", source_id="list").accepted
    built = designated(subjects, programmes(("Global Anti-Corruption", None, None)))
    assert built.accepted.select("list_number", "target_code").rows() == [("90007", "MMR"), ("90009", "RUS")]
    assert built.rejected["value"].to_list() == ["Russia; Ukraine", None]


def test_cases_are_built_as_a_list() -> None:
    built = build_list(
        "gsdb",
        read_gsdb(LISTS / "gsdb_r3.csv", source_id="gsdb").accepted,
        CASES,
        source_id="gsdb",
        options={"others": "refuse"},
        vintage_date=date(2024, 1, 1),
        source_url="https://example.org",
        observed=None,
        ledger_acts=pl.DataFrame(),
    )
    assert len(sanctions(built.accepted)) == 2 * 2 * 2 + 3
    assert built.rejected.is_empty()


def test_kinds_that_a_list_leaves_open_are_for_the_caller_to_settle() -> None:
    subjects = read_opensanctions(LISTS / "opensanctions_targets.simple.csv", source_id="list").accepted
    subjects = subjects.with_columns(pl.col("programmes").fill_null(["EX-ONE"]))
    table = programmes(("EX-ONE", "RUS", None), ("EX-TWO", "RUS", None))
    built = designated(subjects, table)
    assert built.rejected["column"].to_list() == ["subject_type"] * 2  # a holding and a wallet
    assert "EXAMPLE HOLDING" in built.rejected["raw"][0]
    listed = designated(subjects, table, undetermined_type="entity").accepted
    assert listed.filter(pl.col("list_number") == "NK-two")["subject_type"].to_list() == ["entity"]


def test_statements_carry_dates_and_precision() -> None:
    statements = read_opensanctions_statements(LISTS / "opensanctions_statements.csv", source_id="list")
    found = sanctions_of(statements.accepted)
    listed = designations(
        found,
        programmes(("EX-ONE", "RUS", None), ("An old programme", "RUS", None)),
        undetermined_type="entity",
    )
    assert sanctions(listed).select("announced_date", "date_precision", "revoked_date").rows() == [
        (date(2014, 8, 5), "day", None),
        (date(2015, 3, 1), "month", date(2016, 1, 1)),
    ]


def test_mof_list_makes_the_table() -> None:
    subjects = read_mof_list(LISTS / "mof_shisantouketsu.csv", source_id="list").accepted
    table = sanctions(designations(subjects, programmes(("02", "AFG", None), ("29", "RUS", None))))
    assert table["sanction_id"].to_list() == [
        "list:002-900001:02", "list:029-900002:29", "list:029-900003:29",
    ]  # fmt: skip


def test_programmes_named_twice_and_numbers_listed_twice_are_errors() -> None:
    subjects = read_un_list(LISTS / "un_consolidated.xml", source_id="list").accepted
    table = programmes(("Examples", "RUS", None), ("More examples", "RUS", None))
    with pytest.raises(RetorsionError, match="named twice"):
        designations(subjects, pl.concat([table, table]))
    with pytest.raises(RetorsionError, match="stands twice"):
        designations(pl.concat([subjects, subjects]), table)
    with pytest.raises(RetorsionError, match="addressee_code"):
        designations(subjects, table.drop("addressee_code"))


OWN, ALL = MeasureOptions(with_inferred=False), MeasureOptions(with_inferred=True)
INSTRUMENTS = pl.DataFrame(
    {"intervention_type": ["Import ban"], "instrument_type": ["import_ban"], "flow_type": ["import"]}
)


def test_measures_leave_inferred_states_out() -> None:
    interventions = read_gta(LISTS / "gta_interventions.json", source_id="gta").accepted
    assert measures(interventions, INSTRUMENTS, OWN, source_id="gta").is_empty()
    everyone = measures(interventions, INSTRUMENTS, ALL, source_id="gta")
    assert everyone["target_code"].to_list() == ["JPN", "RUS"]
    row = everyone.row(1, named=True)
    assert (row["imposer_code"], row["target_code"], row["instrument_type"]) == ("IND", "RUS", "import_ban")
    assert (row["announced_date"], row["effective_date"]) == (date(2022, 3, 1), None)  # may be a year alone
    assert row["confidence_type"] == "high"
    products = measure_products(everyone, interventions, source_id="gta")
    assert products["hs6_code"].to_list() == ["010121", "292149"] * 2


def test_a_file_that_does_not_say_who_was_inferred_is_refused() -> None:
    interventions = read_gta(LISTS / "gta_interventions.csv", source_id="gta").accepted
    with pytest.raises(RetorsionError, match="inferred"):
        measures(interventions, INSTRUMENTS, OWN, source_id="gta")


def test_none_inferred_is_not_the_same_as_not_stated(tmp_path: Path) -> None:
    item = json.loads((LISTS / "gta_interventions.json").read_text(encoding="utf-8"))[0]
    path = tmp_path / "gta.json"
    path.write_text(json.dumps([{**item, "inferred_jurisdictions": "Targeted"}]), encoding="utf-8")
    interventions = read_gta(path, source_id="gta").accepted
    table = measures(interventions, INSTRUMENTS, OWN, source_id="gta")
    assert table["target_code"].to_list() == ["JPN", "RUS"]


def test_unknown_types_of_intervention_are_named() -> None:
    interventions = read_gta(LISTS / "gta_interventions.json", source_id="gta").accepted
    with pytest.raises(RetorsionError, match="Import ban"):
        measures(interventions, INSTRUMENTS.head(0), ALL, source_id="gta")


CASES = pl.DataFrame(
    {
        "instrument": ["trade", "arms", "financial"],
        "instrument_type": ["trade_ban", "arms_ban", "financial_restriction"],
    }
)


def test_cases_know_only_years_and_name_no_subjects() -> None:
    rows = read_gsdb(LISTS / "gsdb_r3.csv", source_id="gsdb").accepted
    table = sanctions(cases(rows, CASES, CaseOptions(), source_id="gsdb", source_url="https://example.org"))
    # The first case: two senders, two targets, trade and arms; the second: three senders, finance.
    assert table.height == 2 * 2 * 2 + 3
    first = table.filter(pl.col("sanction_id") == "gsdb:1:G7:SYR:arms").row(0, named=True)
    assert (first["announced_date"], first["date_precision"]) == (date(1990, 1, 1), "year")
    assert (first["absent_by_date"], first["revoked_date"], first["effective_date"]) == (None, None, None)
    assert (first["subject_type"], first["n_subjects"], first["subject_name"]) == ("sector", None, None)
    ended = table.filter(pl.col("programme_code") == "gsdb:2")
    assert set(ended["absent_by_date"]) == {date(2002, 1, 1)}
    assert sorted(ended["sender_code"]) == ["DNK", "NLD", "SWE"]


def test_instruments_of_cases_are_named_or_left_out() -> None:
    rows = read_gsdb(LISTS / "gsdb_r3.csv", source_id="gsdb").accepted
    options: dict[str, Any] = {"source_id": "gsdb", "source_url": "https://example.org"}
    with pytest.raises(RetorsionError, match=r"\['arms', 'financial'\]"):
        cases(rows, CASES.head(1), CaseOptions(), **options)
    assert cases(rows, CASES.head(1), CaseOptions(others="leave_out"), **options).height == 4


@pytest.mark.real
def test_measures_of_the_real_sample(real_data: Callable[[str], Path]) -> None:
    rows = read_gta(real_data("gta/gta_interventions_sample.csv"), source_id="gta").accepted
    kinds = rows.select(pl.col("intervention_type").unique().sort()).with_columns(
        pl.lit("tariff_measure").alias("instrument_type"), pl.lit("both").alias("flow_type")
    )
    table = measures(rows, kinds, ALL, source_id="gta")
    assert len(table) == 246  # 44 of the 49 interventions affect 198 states, some by several imposers
    assert len(measure_products(table, rows, source_id="gta")) == 918
    assert table["announced_date"].min() == date(2017, 5, 17)
    assert table["effective_date"].null_count() == 71
    assert set(table.filter(pl.col("effective_date").is_not_null())["phase_type"]) == {"decision"}


@pytest.mark.real
def test_designations_from_two_real_vintages(real_data: Callable[[str], Path]) -> None:
    old, new = (
        by_programme(read_ofac(real_data(f"ofac/sdn_{day}.csv"), source_id="ofac").accepted)
        for day in ("2021-08-18", "2024-05-03")
    )
    record = observe(None, old, new, old_date=date(2021, 8, 18), new_date=date(2024, 5, 3))
    listed = designations(
        lists.with_absent(new, record),
        programmes(("RUSSIA-EO14024", "RUS", None)),
        observed=lists.observed_dates(record),
        others="leave_out",
        source_id="ofac",
    )
    assert listed["sanction_id"].is_unique().all()
    by_day = dict(listed["first_observed_date"].value_counts().iter_rows())
    # Six subjects stood under the programme in the earlier vintage, 4,439 in the later one.
    assert by_day[date(2021, 8, 18)] == 6
    assert listed["absent_by_date"].null_count() == 4439
    assert listed["announced_date"].null_count() == len(listed)
