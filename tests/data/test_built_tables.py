"""The built tables: what was promised of them, computed from them."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest
from retorsion import case, finding, load, scan
from retorsion.project import RAW, SUMMARIES, summaries
from retorsion.tables.as_of import designations_as_of
from retorsion.tables.fields import schema, tables
from retorsion.tables.summary import summarise

pytestmark = pytest.mark.data

FOUNDING_DAY = date(2022, 3, 22)
RUSSIAN = [f"mof_asset_freeze:{category}" for category in (28, 29, 30)]
PRESS = {"individual": 76, "bank": 7, "entity": 12}


def test_the_list_as_of_the_founding_day_is_what_the_press_reported() -> None:
    assert designations_as_of(load("sanctions"), FOUNDING_DAY, sender_code="JPN", programmes=RUSSIAN) == PRESS


def test_without_the_inferred_removed_entry_one_person_is_missing() -> None:
    listed = load("sanctions").filter(pl.col("basis_type") != "inferred")
    counts = designations_as_of(listed, FOUNDING_DAY, sender_code="JPN", programmes=RUSSIAN)
    assert counts == PRESS | {"individual": 75}


def test_the_entry_that_the_gap_proves_is_kept_and_marked() -> None:
    entry = load("sanctions").filter(pl.col("list_number") == "029-000038").row(0, named=True)
    assert entry["basis_type"] == "inferred"
    assert entry["announced_date"] == date(2022, 3, 8)
    assert entry["absent_by_date"] == date(2026, 8, 28)
    assert entry["subject_name"] is None


def is_optional(table: str) -> bool:
    return table.startswith("event")  # of machine-coded events, which the pipeline has no source of


@pytest.mark.parametrize(
    "table", [name for name in tables() if name != "trade_flows" and not is_optional(name)]
)
def test_each_table_is_valid_and_its_summary_is_that_of_its_content(table: str) -> None:
    frame = load(table)
    schema(table).validate(frame)
    if table != "quarantine":
        recorded = json.loads((SUMMARIES / f"{table}.json").read_text(encoding="utf-8"))
        assert summarise(frame, table) == recorded


def test_every_act_of_every_table_is_in_the_spine() -> None:
    spine = set(load("acts")["act_id"])
    for table in ("sanctions", "trade_measures", "diplomatic_actions"):
        assert set(load(table)["act_id"]) <= spine, table


def test_links_lead_to_acts_or_context_events() -> None:
    known = set(load("acts")["act_id"]) | set(load("context_events")["event_id"])
    replies = load("replies")
    assert set(replies["act_id"]) <= known
    assert set(replies["reply_act_id"]) <= known
    assert set(load("acts")["reply_to_act_id"].drop_nulls()) <= known
    assert replies["lag_days"].drop_nulls().min() >= -1  # a protest of the morning may be dated by time zone


def test_every_recorded_row_has_a_page() -> None:
    for table in (
        "acts",
        "sanctions",
        "trade_measures",
        "diplomatic_actions",
        "context_events",
        "published_totals",
    ):
        first = load(table)["source_urls"].str.split(" ").list.first()
        assert first.str.contains(r"^https?://[^\s/]+").all(), table


def test_no_row_of_the_shipped_sources_is_quarantined() -> None:
    """But for negative values and quantities of fuels, which the producer's own model gives."""
    kept = load("quarantine")
    assert dict(kept["source_id"].value_counts().iter_rows()) == {"crea_fossil_imports": 63}
    assert set(kept["reason"]) == {"is not a number of at least 0"}


def test_baci_is_whole_and_keeps_missing_quantities() -> None:
    flows = scan("trade_flows").filter(pl.col("source_id") == "baci_raw_materials")
    counts = flows.select(pl.len(), pl.col("quantity_tonnes").null_count().alias("missing")).collect()
    assert counts.row(0) == (1_264_888, 61_682)


def test_sections_of_the_ministry_add_up_to_its_totals() -> None:
    flows = load("trade_flows").filter(
        (pl.col("source_id") == "japan_area_goods") & (pl.col("partner_code") == case().pair[1])
    )
    by_level = flows.group_by("period_start", "flow_type", "product_level").agg(
        pl.col("value_thousand_jpy").sum()
    )
    wide = by_level.pivot("product_level", index=["period_start", "flow_type"], values="value_thousand_jpy")
    gap = (wide["section"] - wide["total"]).abs()
    assert gap.max() <= 10  # each figure is cut to whole thousands


class TestChecks:
    def test_every_adopted_count_of_a_round_is_the_lists(self) -> None:
        rounds = finding("checks")["counts"]["round"]
        assert rounds["n_counts"] == rounds["n_equal"] >= 70

    def test_the_share_over_all_published_versions_stands_beside_the_adopted_ones(self) -> None:
        counts = finding("checks")["counts"]
        every = counts["all_versions"]
        assert (every["n_equal"], every["n_counts"]) == (111, 148)
        assert every["n_counts"] == sum(
            part["n_counts"] for name, part in counts.items() if name != "all_versions"
        )
        assert every["share_equal"] == 0.75

    def test_most_published_figures_agree_and_contradictory_ones_are_caught(self) -> None:
        figures = finding("checks")["figures"]
        assert figures["figures"]["n_published"] == 208
        assert figures["figures"]["share_within"] > 0.8
        assert figures["figures"]["by_status"]["self_contradiction"] >= 2
        assert figures["undeclared_contradictions"] == []

    def test_findings_name_the_tables_they_were_computed_from(self) -> None:
        known = summaries()
        for table, digest in finding("checks")["inputs"].items():
            assert known[table]["sha256_csv"] == digest


def test_codes_said_to_be_of_the_high_priority_list_are_on_it() -> None:
    listed = pl.read_csv(
        RAW / "common_high_priority_list" / "common_high_priority_hs6.csv", infer_schema=False
    )["hs6_2022"]
    coded = load("trade_measure_products").filter(pl.col("mapping_basis") == "high_priority_list")
    assert len(coded) > 0
    assert set(coded["hs_code"]) <= set(listed)
