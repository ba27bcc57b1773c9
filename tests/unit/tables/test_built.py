"""Builders of the tables of acts, on small frames."""

from __future__ import annotations

from datetime import date
from typing import Any

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.errors import RetorsionError
from retorsion.sources.corrections import Correction
from retorsion.sources.formats.asset_freeze_list import removed_entries, subjects
from retorsion.tables.as_of import as_of, designations_as_of
from retorsion.tables.corrections import corrected
from retorsion.tables.fields import conform, fields, tables
from retorsion.tables.ledger import by_target
from retorsion.tables.lists import designations
from retorsion.tables.options import ListOptions
from retorsion.tables.sanctions import attach_acts, sanctions
from retorsion.tables.scores import plover_scores, with_intensity
from retorsion.tables.summary import summarise
from retorsion.tables.trade_measures import trade_measure_products


def entries(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Entries of a list: category, number, date."""
    return pl.DataFrame(
        {
            "row": range(2, 2 + len(rows)),
            "category": [r[0] for r in rows],
            "number": [r[1] for r in rows],
            "first_notice_date": [date.fromisoformat(r[2]) for r in rows],
            "revision_dates": [None] * len(rows),
            "kind": ["individual"] * len(rows),
            "name_en": [f"Name {r[1]}" for r in rows],
            "country_en": [None] * len(rows),
        },
        schema_overrides={"revision_dates": pl.String, "country_en": pl.String},
    )


PROGRAMMES = pl.DataFrame(
    {
        "programme": ["29", "30"],
        "target_code": ["RUS", "RUS"],
        "addressee_code": ["RUS", "RUS"],
        "subject_type": ["individual", "bank"],
    }
)


def ledger_act(**changes: Any) -> dict[str, Any]:
    act = {
        "row": 2,
        "act_id": "jpn-2022-03-01-freeze",
        "announced_date": date(2022, 3, 1),
        "date_precision": "day",
        "effective_date": date(2022, 3, 1),
        "actor_code": "JPN",
        "target_codes": "RUS",
        "addressee_code": None,
        "n_individuals": None,
        "n_banks": None,
        "n_other_bodies": None,
        "note": None,
    }
    return {"package_id": (act | changes)["act_id"]} | act | changes


def ledger_acts(*acts: dict[str, Any]) -> pl.DataFrame:
    kinds = {"addressee_code": pl.String, "note": pl.String} | dict.fromkeys(
        ("n_individuals", "n_banks", "n_other_bodies"), pl.Int64
    )
    return pl.DataFrame(list(acts), schema_overrides=kinds)


def listed(frame: pl.DataFrame) -> pl.DataFrame:
    built = designations(
        subjects(frame),
        PROGRAMMES,
        ListOptions(sender_code="JPN", instrument_type="asset_freeze"),
        source_id="list",
        vintage_date=date(2026, 8, 28),
        source_url="https://example.org/list",
    )
    return built.accepted.drop("act_id", "effective_date")


class TestRemovedEntries:
    def test_a_gap_between_entries_of_one_day_is_an_entry_of_that_day(self) -> None:
        found = removed_entries(
            entries(("29", "029-000001", "2022-03-08"), ("29", "029-000003", "2022-03-08"))
        )
        assert found.rows() == [("29", "029-000002", date(2022, 3, 8), True)]

    def test_between_two_days_the_earlier_one_is_given_and_marked_uncertain(self) -> None:
        found = removed_entries(
            entries(("29", "029-000001", "2022-03-01"), ("29", "029-000004", "2022-03-08"))
        )
        assert found.select("number", "first_notice_date", "date_is_certain").rows() == [
            ("029-000002", date(2022, 3, 1), False),
            ("029-000003", date(2022, 3, 1), False),
        ]

    def test_a_gap_at_the_start_takes_the_date_of_the_first_entry_left(self) -> None:
        found = removed_entries(entries(("29", "029-000002", "2022-03-01")))
        assert found["first_notice_date"].to_list() == [date(2022, 3, 1)]

    def test_categories_do_not_mix(self) -> None:
        rows = entries(("29", "029-000001", "2022-03-01"), ("30", "030-000001", "2022-03-01"))
        assert removed_entries(rows).is_empty()

    @given(st.sets(st.integers(1, 60), min_size=1))
    def test_shown_and_removed_numbers_together_have_no_gap(self, serials: set[int]) -> None:
        shown = entries(*[("29", f"029-{n:06d}", "2022-03-01") for n in sorted(serials)])
        both = set(shown["number"]) | set(removed_entries(shown)["number"])
        assert both == {f"029-{n:06d}" for n in range(1, max(serials) + 1)}


class TestDesignations:
    rows = entries(
        ("29", "029-000001", "2022-03-01"),
        ("29", "029-000003", "2022-03-01"),
        ("30", "030-000001", "2022-03-01"),
    )

    def table(self, *acts: dict[str, Any]) -> pl.DataFrame:
        return sanctions(attach_acts(listed(self.rows), by_target(ledger_acts(*acts))))

    def test_a_removed_entry_counts_until_its_absence_is_known(self) -> None:
        table = self.table(ledger_act(n_individuals=3))
        count = {"sender_code": "JPN", "programmes": ["list:29"]}
        assert designations_as_of(table, date(2022, 2, 28), **count) == {}
        assert designations_as_of(table, date(2022, 3, 1), **count) == {"individual": 3}
        assert designations_as_of(table, date(2026, 8, 28), **count) == {"individual": 2}

    def test_entries_take_the_act_that_counts_their_kind(self) -> None:
        table = self.table(
            ledger_act(n_individuals=3),
            ledger_act(act_id="banks", effective_date=date(2022, 3, 31), n_banks=1),
        )
        acts = table.group_by("subject_type").agg(
            pl.col("act_id").unique(), pl.col("effective_date").unique()
        )
        assert dict(zip(acts["subject_type"], acts["act_id"].to_list(), strict=True)) == {
            "individual": ["jpn-2022-03-01-freeze"],
            "bank": ["banks"],
        }
        assert table.filter(pl.col("subject_type") == "bank")["effective_date"].to_list() == [
            date(2022, 3, 31)
        ]

    def test_two_acts_of_a_day_leave_the_effective_date_open(self) -> None:
        table = self.table(
            ledger_act(n_banks=1), ledger_act(act_id="later", effective_date=date(2022, 3, 31), n_banks=2)
        )
        assert table.filter(pl.col("subject_type") == "bank")["effective_date"].to_list() == [None]

    def test_a_round_the_ledger_lacks_is_an_act_of_its_own(self) -> None:
        table = self.table(ledger_act(n_individuals=3))
        assert table.filter(pl.col("subject_type") == "bank")["act_id"].to_list() == ["list-2022-03-01-rus"]

    def test_a_category_without_a_programme_is_refused(self) -> None:
        with pytest.raises(RetorsionError, match=r"values \['77'\]"):
            listed(entries(("77", "077-000001", "2022-03-01")))


class TestByTarget:
    def test_counts_over_several_targets_are_noted_and_not_repeated(self) -> None:
        rows = by_target(ledger_acts(ledger_act(target_codes="CHN;ARE", n_other_bodies=6)))
        assert rows["target_code"].to_list() == ["CHN", "ARE"]
        assert rows["addressee_code"].to_list() == ["CHN", "ARE"]
        assert rows["n_subjects"].to_list() == [None, None]
        assert rows["note"][0] == "6 subjects over the targets CHN, ARE"

    def test_counts_of_one_target_are_summed_and_absent_counts_stay_absent(self) -> None:
        rows = by_target(ledger_acts(ledger_act(n_individuals=6, n_banks=1), ledger_act(act_id="b")))
        assert rows["n_subjects"].to_list() == [7, None]


def test_intensity_is_hostile_when_positive_on_every_scale() -> None:
    acts = pl.DataFrame(
        {
            "cameo_code": ["163", "057", "010"],
            "plover_type": ["SANCTION/Expel", "AGREE", "AGREE"],
            "n_subjects": [9, None, 4],
        }
    )
    cameo = pl.DataFrame({"cameo_code": ["163", "057", "010"], "goldstein_score": [-8.0, 8.0, 0.0]})
    plover = plover_scores(
        pl.DataFrame(
            {
                "category": ["SANCTION", "SANCTION", "AGREE"],
                "mode": [None, "Expel", None],
                "score": [-6.0, -5.5, 2.5],
            }
        )
    )
    scored = with_intensity(acts, cameo, plover)
    assert scored["intensity_goldstein"].to_list() == [8.0, -8.0, 0.0]
    assert scored["intensity_plover"].to_list() == [5.5, -2.5, -2.5]
    assert scored["intensity_equal"].to_list() == [1.0, -1.0, 0.0]
    assert scored["intensity_log_subjects"].to_list() == pytest.approx([2.302585, -0.693147, 0.0])
    written = scored.select(pl.col("^intensity_.*$")).write_csv()
    assert "-0.0\n" not in written
    assert "-0.0," not in written, "no minus zero"


def test_headings_expand_in_the_nomenclature_and_stated_subheadings_stay() -> None:
    measures = pl.DataFrame({"measure_id": ["m"], "act_id": ["m"]})
    products = pl.DataFrame(
        {
            "act_id": ["m"] * 2,
            "hs_codes": ["4403", "440122"],
            "hs_revision": [None, None],
            "product_scope": ["logs", "chips"],
            "mapping_basis": ["source"] * 2,
        },
        schema_overrides={"hs_revision": pl.String},
    )
    nomenclature = pl.DataFrame({"hs6_code": ["440310", "440320", "440420"]})
    found = trade_measure_products(measures, products, nomenclature, nomenclature_revision="HS1992")
    assert found.select("hs6_code", "mapping_basis", "hs_revision").rows() == [
        ("440122", "source", None),
        ("440310", "source_heading", "HS1992"),
        ("440320", "source_heading", "HS1992"),
    ]


class TestAsOf:
    def test_later_facts_are_unknown(self) -> None:
        measures = pl.DataFrame({"announced_date": [date(2022, 3, 9)], "ended_date": [date(2022, 12, 31)]})
        assert as_of(measures, "trade_measures", date(2022, 3, 8)).is_empty()
        assert as_of(measures, "trade_measures", date(2022, 6, 1))["ended_date"].to_list() == [None]
        assert as_of(measures, "trade_measures", date(2023, 1, 1))["ended_date"].to_list() == [
            date(2022, 12, 31)
        ]


class TestDictionary:
    def test_every_column_is_a_field_and_every_field_is_a_column(self) -> None:
        used = {name for table in tables().values() for name in table.columns}
        assert used == set(fields())

    def test_keys_and_sorts_are_columns_and_keys_are_never_null(self) -> None:
        for table in tables().values():
            assert set(table.key) | set(table.sort) <= set(table.columns)
            assert not set(table.key) & table.nullable

    def test_examples_are_of_their_type_and_among_the_allowed(self) -> None:
        kinds = {"int": int, "float": float, "bool": bool, "date": date}
        for field in fields().values():
            assert isinstance(field.example, kinds.get(field.type, str)), field.name
            assert not field.allowed or field.example in field.allowed, field.name

    def test_conform_sorts_and_refuses_a_duplicate_key(self) -> None:
        frame = pl.DataFrame(
            {
                "rate_date": [date(2022, 1, 2), date(2022, 1, 1)],
                "currency_code": ["JPY"] * 2,
                "units_per_eur": [1.0, 2.0],
            }
        )
        assert conform(frame, "exchange_rates")["units_per_eur"].to_list() == [2.0, 1.0]
        with pytest.raises(dy.exc.ValidationError, match="primary_key"):
            conform(pl.concat([frame, frame]), "exchange_rates")

    @given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ABC")), max_size=8))
    def test_conform_accepts_exactly_the_frames_with_a_unique_key(self, keys: list[tuple[int, str]]) -> None:
        frame = pl.DataFrame(
            {
                "rate_date": [date(2022, 1, 1 + d) for d, _ in keys],
                "currency_code": [c for _, c in keys],
                "units_per_eur": [1.0] * len(keys),
            },
            schema={"rate_date": pl.Date, "currency_code": pl.String, "units_per_eur": pl.Float64},
        )
        if len(set(keys)) == len(keys):
            assert conform(frame, "exchange_rates").select("rate_date", "currency_code").rows() == sorted(
                frame.select("rate_date", "currency_code").rows()
            )
        else:
            with pytest.raises(dy.exc.ValidationError):
                conform(frame, "exchange_rates")

    def test_summary_changes_with_the_content_and_not_with_the_run(self) -> None:
        frame = pl.DataFrame(
            {"rate_date": [date(2022, 1, 1)], "currency_code": ["JPY"], "units_per_eur": [1.0]}
        )
        other = frame.with_columns(units_per_eur=pl.lit(1.5))
        one = summarise(conform(frame, "exchange_rates"), "exchange_rates")
        assert one == summarise(conform(frame, "exchange_rates"), "exchange_rates")
        assert (
            one["sha256_csv"] != summarise(conform(other, "exchange_rates"), "exchange_rates")["sha256_csv"]
        )


class TestCorrections:
    frame = pl.DataFrame({"category": ["A", "B"], "score": [3.0, -2.0]})

    def correction(self, value: str, status: str = "corrected") -> Correction:
        return Correction(
            file="f.csv",
            row={"category": "A"},
            column="score",
            value=value,
            status=status,
            expected="-3",
            reason="The sign is lost.",
            provider="P",
        )  # type: ignore[arg-type]

    def test_the_expected_value_takes_the_place_of_the_published_one(self) -> None:
        assert corrected(self.frame, [self.correction("3")])["score"].to_list() == [-3.0, -2.0]

    def test_a_doubtful_value_stays(self) -> None:
        assert corrected(self.frame, [self.correction("3", "doubtful")]).equals(self.frame)

    def test_a_correction_of_a_value_that_has_changed_is_refused(self) -> None:
        with pytest.raises(RetorsionError, match="0 rows match the correction"):
            corrected(self.frame, [self.correction("4")])
