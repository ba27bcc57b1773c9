"""Published figures against the table, and the exchange rates between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from places import ROOT
from retorsion.checks.figures import RECONCILIATION_SCHEMA, compare_figures, summarise_reconciliation
from retorsion.checks.measured import CONCORDANCE_COLUMNS
from retorsion.checks.reasons import Bounds
from retorsion.checks.statuses import MEANINGS, Status
from retorsion.errors import NotEstimable, ParameterError, RetorsionError, SourceError
from retorsion.sources.corrections import Correction, read_corrections
from retorsion.sources.formats.japan_area_goods import read_area_goods
from retorsion.sources.text.recorded import read_recorded
from retorsion.sources.text.strict_csv import read_strict_csv
from retorsion.tables.exchange_rates import average_rates, exchange_rates
from retorsion.tables.trade_flows import from_area_goods

RAW = ROOT / "data" / "raw"


# Exchange rates.


def _rates(start: date, end: date, *, jpy: float = 120.0, usd: float = 1.0) -> pl.DataFrame:
    days = pl.date_range(start, end, eager=True)
    return pl.concat(
        pl.DataFrame({"rate_date": days}).with_columns(
            currency_code=pl.lit(code), units_per_eur=pl.lit(float(rate))
        )
        for code, rate in (("JPY", jpy), ("USD", usd))
    )


def _hundred_then_two_hundred() -> pl.DataFrame:
    """100 yen a dollar in January 2022 and 200 in February, through a euro of 2 dollars."""
    january = _rates(date(2022, 1, 1), date(2022, 1, 31), jpy=200, usd=2)
    return pl.concat([january, _rates(date(2022, 2, 1), date(2022, 2, 28), jpy=400, usd=2)])


def test_exchange_rates_are_sorted_by_day_and_currency() -> None:
    rows = _hundred_then_two_hundred().reverse().with_columns(row=pl.lit(1))
    table = exchange_rates(rows)
    assert table.columns == ["rate_date", "currency_code", "units_per_eur"]
    assert table.row(0) == (date(2022, 1, 1), "JPY", 200.0)
    assert table.row(1) == (date(2022, 1, 1), "USD", 2.0)


def test_average_rates_of_periods_are_those_of_their_days() -> None:
    rates = _hundred_then_two_hundred()
    periods = pl.DataFrame(
        {"period_start": [date(2022, 2, 1), date(2022, 1, 1)] * 2, "n_months": [1, 2, 1, 1]}
    )
    found = average_rates(rates, base="USD", quote="JPY", periods=periods)
    assert found.select("period_start", "n_months", "n_days").rows() == [
        (date(2022, 1, 1), 1, 31),
        (date(2022, 1, 1), 2, 59),
        (date(2022, 2, 1), 1, 28),
    ]
    assert found["rate"].to_list() == pytest.approx([100, (31 * 100 + 28 * 200) / 59, 200])
    late = pl.DataFrame({"period_start": [date(2022, 2, 1)], "n_months": [2]})
    with pytest.raises(NotEstimable, match="2022-03"):
        average_rates(rates, base="USD", quote="JPY", periods=late)


# The comparison. AAA reports its trade with BBB in yen, so that units read as in the real file.


def _months(
    *values: int, flow: str = "export", goods: str = "All", start: date = date(2022, 1, 1)
) -> pl.DataFrame:
    """One row a month, values in million yen."""
    months = pl.date_range(start, interval="1mo", end=_nth(start, len(values) - 1), eager=True)
    return _flow_rows(flow, goods, [(month, 1, value) for month, value in zip(months, values, strict=True)])


def _nth(start: date, n: int) -> date:
    months = start.year * 12 + start.month - 1 + n
    return date(months // 12, months % 12 + 1, 1)


def _flow_rows(flow: str, goods: str, rows: list[tuple[date, int, int]], source: str = "s") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_id": source,
            "period_start": [row[0] for row in rows],
            "n_months": [row[1] for row in rows],
            "reporter_code": "AAA",
            "partner_code": "BBB",
            "flow_type": flow,
            "product_level": "total" if goods == "All" else "item",
            "product_code": goods,
            "value_thousand_jpy": [1000 * row[2] for row in rows],
        }
    )


def _two_years(before: int, now: int, **names: str) -> pl.DataFrame:
    """The same value every month of 2021, and another every month of 2022, in million yen."""
    return _months(*[before] * 12, *[now] * 12, start=date(2021, 1, 1), **names)


CONCORDANCE = pl.DataFrame(
    [
        ("total", "export", "total", "All", None),
        ("total", "import", "total", "All", None),
        ("ore", "import", "item", "Ores", None),
        ("used cars", "export", None, None, "used cars are not told from new ones"),
    ],
    schema=list(CONCORDANCE_COLUMNS),
    orient="row",
)

TABLE = pl.concat(
    [
        _two_years(2000, 1000),
        _two_years(3000, 2000, flow="import"),
        _two_years(500, 200, flow="import", goods="Ores"),
    ]
)


def _figures(*figures: Mapping[str, Any]) -> pl.DataFrame:
    defaults = {
        "period": "2022",
        "flow": "export",
        "commodity": "total",
        "value": None,
        "unit": "bn_jpy",
        "yoy_pct": None,
        "source_url": "https://example.org/a",
        "basis": "value",
        "note": None,
    }
    schema = dict.fromkeys(defaults, pl.String) | {"value": pl.Float64, "yoy_pct": pl.Float64}
    frame = pl.DataFrame([{**defaults, **figure} for figure in figures], schema=schema)
    return frame.with_row_index("row", offset=2)


def _set(*figures: Mapping[str, Any], table: pl.DataFrame = TABLE, **options: Any) -> pl.DataFrame:
    return compare_figures(
        _figures(*figures),
        table,
        **{
            "reporter_code": "AAA",
            "partner_code": "BBB",
            "currency": "JPY",
            "concordance": CONCORDANCE,
            "fiscal_year_start_month": 4,
            "exchange_rates": _rates(date(2021, 1, 1), date(2022, 12, 31)),
            **options,
        },
    )


def _one(figure: Mapping[str, Any], *others: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """The first figure's row of the result."""
    return _set(figure, *others, **options).row(0, named=True)


def test_value_and_change_within_the_bounds() -> None:
    found = _one({"value": 12.1, "yoy_pct": -50.4})
    assert found["table_value"] == pytest.approx(12.0)
    assert found["value_gap_pct"] == pytest.approx(100 * 0.1 / 12)
    assert found["table_change_pct"] == pytest.approx(-50)
    assert found["change_gap_pp"] == pytest.approx(-0.4)
    assert (found["value_status"], found["change_status"], found["status"]) == ("within",) * 3
    assert (found["product_level"], found["product_code"]) == ("total", "All")
    assert (found["period_start"], found["n_months"]) == (date(2022, 1, 1), 12)


def test_the_bounds_are_arguments() -> None:
    figure = {"value": 12.15, "yoy_pct": -51.2}
    assert _one(figure)["status"] == "unexplained"
    assert _one(figure, bounds=Bounds(value_pct=2, change_pp=2))["status"] == "within"


def test_turnover_and_balance_are_reckoned_from_both_flows() -> None:
    assert _one({"flow": "turnover", "value": 36.0})["table_value"] == pytest.approx(36)
    found = _one({"flow": "balance", "value": -12.0})
    assert found["table_value"] == pytest.approx(-12)
    assert found["value_status"] == "within"


def test_the_fiscal_year_starts_in_the_month_given() -> None:
    table = _months(*range(1, 25), start=date(2021, 1, 1))
    concordance = CONCORDANCE.head(1)
    for month, expected in ((1, sum(range(1, 13))), (4, sum(range(4, 16)))):
        found = _one(
            {"period": "FY2021", "value": expected / 1000},
            table=table,
            concordance=concordance,
            fiscal_year_start_month=month,
        )
        assert found["table_value"] == pytest.approx(expected / 1000)


def test_a_share_of_imports_is_reckoned_within_the_flow() -> None:
    found = _one(
        {"flow": "import", "commodity": "ore", "value": 10.0, "unit": "pct_of_imports", "basis": "share"}
    )
    assert found["table_value"] == pytest.approx(10)
    assert found["status"] == "within"


@pytest.mark.parametrize(
    ("figure", "status"),
    [
        ({"flow": "CC export to BBB", "value": 12.0}, "other_reporter"),
        ({"value": 12.0, "unit": "units", "basis": "quantity"}, "quantity_basis"),
        ({"yoy_pct": -50.0, "unit": None, "basis": "quantity"}, "quantity_basis"),
        ({"commodity": "used cars", "value": 12.0}, "goods_not_in_table"),
        ({"period": "2020", "value": 12.0}, "outside_period"),
        ({"period": "FY2022", "value": 12.0}, "outside_period"),
        ({"period": "2021", "yoy_pct": 3.0, "unit": None}, "outside_period"),
    ],
)
def test_what_cannot_be_compared_says_why(figure: dict[str, Any], status: str) -> None:
    found = _one(figure)
    assert found["status"] == status
    assert found["value_gap_pct"] is None
    assert found["change_gap_pp"] is None
    assert found["reason"]
    counts = summarise_reconciliation(_set(figure))["figures"]
    assert (counts["n_published"], counts["n_compared"], counts["share_within"]) == (1, 0, None)


def test_the_reason_for_absent_goods_is_the_concordance_s() -> None:
    found = _one({"commodity": "used cars", "value": 1.0})
    assert found["reason"] == "Used cars are not told from new ones."


def test_a_value_stands_although_its_change_is_of_the_quantity_or_out_of_reach() -> None:
    found = _one({"value": 12.0, "yoy_pct": 99.0, "basis": "yoy on quantity"})
    assert (found["value_status"], found["change_status"]) == ("within", "quantity_basis")
    found = _one({"period": "2021", "value": 24.0, "yoy_pct": 99.0})
    assert (found["value_status"], found["change_status"]) == ("within", "outside_period")
    assert found["status"] == "within"


def test_merged_months_are_not_parted() -> None:
    table = _flow_rows(
        "export",
        "All",
        [(date(2022, 1, 1), 1, 10), (date(2022, 2, 1), 2, 30), (date(2022, 4, 1), 1, 5)],
    )
    options = {"table": table, "concordance": CONCORDANCE.head(1)}
    assert _one({"period": "2022-01/2022-04", "value": 0.045}, **options)["status"] == "within"
    for period in (
        "2022-02",
        "2022-03",
        "2022-03/2022-04",
        "2022-01/2022-02",
    ):
        found = _one({"period": period, "value": 1.0}, **options)
        assert found["status"] == "merged_months"
        assert found["table_value"] is None
    assert _one({"period": "2022-03/2022-05", "value": 1.0}, **options)["status"] == "outside_period"


def test_a_hole_in_the_table_is_not_summed_over() -> None:
    table = TABLE.filter(pl.col("period_start") != date(2022, 5, 1))
    assert _one({"value": 11.0}, table=table)["status"] == "outside_period"


def test_a_change_on_nothing_has_no_meaning() -> None:
    table = pl.concat(
        [_two_years(0, 10, flow="import", goods="Ores"), TABLE.filter(pl.col("product_code") == "All")]
    )
    found = _one({"flow": "import", "commodity": "ore", "yoy_pct": 5.0}, table=table)
    assert (found["change_status"], found["table_change_pct"]) == ("no_base", None)


def test_rounding_is_half_a_unit_and_no_more() -> None:
    table = pl.concat([_two_years(1, value) for value in (0,)] + [_two_years(3000, 2000, flow="import")])
    table = table.with_columns(
        value_thousand_jpy=pl.when(pl.col("flow_type") == "export")
        .then(170_000)
        .otherwise("value_thousand_jpy")
    )
    options = {"table": table, "concordance": CONCORDANCE.head(2)}
    assert _one({"value": 2.0}, **options)["status"] == "rounding"  # the table has 2.04
    assert _one({"value": 1.9}, **options)["status"] == "unexplained"


# Contradictions. In the table the exports of 2022 fell by 50 %, imports by a third, turnover by 40 %.

_PARTS = (
    {"flow": "export", "yoy_pct": -50.0, "unit": None},
    {"flow": "import", "yoy_pct": -33.3, "unit": None},
)


def test_a_turnover_change_that_its_published_parts_do_not_give_is_caught() -> None:
    found = _one({"flow": "turnover", "yoy_pct": -35.0, "unit": None}, *_PARTS)
    assert found["status"] == "self_contradiction"
    assert "give -40.0 %, not -35 %" in found["reason"]


def test_the_same_page_bears_witness_before_another() -> None:
    turnover = {"flow": "turnover", "yoy_pct": -35.0, "unit": None}
    elsewhere = [{**part, "yoy_pct": -35.0, "source_url": "https://example.org/b"} for part in _PARTS]
    assert _one(turnover, *elsewhere)["status"] == "unexplained"
    assert _one(turnover, *elsewhere, *_PARTS)["status"] == "self_contradiction"


def test_without_published_parts_only_a_change_outside_their_range_contradicts() -> None:
    outside = _one({"flow": "turnover", "yoy_pct": -55.0, "unit": None})
    assert outside["status"] == "self_contradiction"
    assert "no weights of the two give -55 %" in outside["reason"]
    assert _one({"flow": "turnover", "yoy_pct": -45.0, "unit": None})["status"] == "unexplained"


def test_corrections_mark_doubtful_figures_and_replace_wrong_ones() -> None:
    doubtful = Correction(
        "f.csv",
        {"period": "2022", "flow": "turnover"},
        "yoy_pct",
        "-35",
        "doubtful",
        None,
        "Adds up to -40.",
        "P",
    )
    figures = ({"flow": "turnover", "yoy_pct": -35.0, "unit": None}, *_PARTS)
    marked = _set(*figures, corrections=[doubtful])
    assert marked["is_doubtful"].to_list() == [True, False, False]
    assert marked["reason"][0].endswith("Marked as doubtful: Adds up to -40.")
    assert summarise_reconciliation(marked)["doubtful_rows"] == [2]
    assert summarise_reconciliation(marked)["undeclared_contradictions"] == []
    assert summarise_reconciliation(_set(*figures))["undeclared_contradictions"] == [2]
    right = Correction("f.csv", doubtful.row, "yoy_pct", "-35", "corrected", "-40", "Misprint.", "P")
    corrected = _one(*figures, corrections=[right])
    assert (corrected["published_change_pct"], corrected["status"]) == (-40, "within")


def test_a_correction_of_no_figure_is_an_error() -> None:
    stale = Correction("f.csv", {"period": "1999"}, "yoy_pct", "1", "doubtful", None, "r", "P")
    with pytest.raises(RetorsionError, match="0 rows match"):
        _set({"value": 12.0}, corrections=[stale])


# Currencies.


def test_each_month_is_converted_at_its_own_rate() -> None:
    table = _months(1000, 3000)
    found = _one(
        {"period": "2022-01/2022-02", "value": 25.0, "unit": "mn_usd"},
        table=table,
        concordance=CONCORDANCE.head(1),
        exchange_rates=_hundred_then_two_hundred(),
    )
    assert found["table_value"] == pytest.approx(10 + 15)
    assert found["status"] == "within"


def test_a_gap_within_the_choice_of_a_rate_is_put_down_to_conversion() -> None:
    dollars = {"value": 101.6, "unit": "mn_usd", "yoy_pct": -49.0}  # the table has 100 at 120 yen a dollar
    assert _one(dollars)["value_status"] == "currency_conversion"
    assert _one({**dollars, "value": 103.0})["value_status"] == "unexplained"
    assert _one(dollars, bounds=Bounds(rate_pct=1.5))["value_status"] == "unexplained"
    assert _one({**dollars, "unit": "bn_usd", "value": 0.1})["value_status"] == "within"


def test_conversion_does_not_explain_what_the_figure_in_the_table_s_currency_shows_too() -> None:
    dollars = {"value": 101.6, "unit": "mn_usd"}
    assert _one(dollars, {"value": 12.01})["status"] == "currency_conversion"
    assert _one(dollars, {"value": 12.19})["status"] == "unexplained"


def test_a_change_in_dollars_may_differ_by_the_rates_of_two_years() -> None:
    change = {"yoy_pct": -51.005, "unit": "mn_usd"}
    assert _one(change, bounds=Bounds(change_pp=0.5))["status"] == "unexplained"
    assert _one(change, bounds=Bounds(change_pp=0.5, rate_pct=2.1))["status"] == "currency_conversion"
    assert (
        _one({**change, "unit": "bn_jpy"}, bounds=Bounds(change_pp=0.5, rate_pct=2.1))["status"]
        == "unexplained"
    )


# Revisions.


def test_a_value_that_agrees_shows_a_change_on_another_base() -> None:
    found = _one({"value": 12.0, "yoy_pct": -52.0})  # 12.0 is 52 % below 25.0, and the table's base is 24.0
    assert (found["value_status"], found["change_status"]) == ("within", "later_revision")
    assert "+4.2% off the table's" in found["reason"]


def test_a_revision_that_one_figure_shows_explains_others_that_overlap() -> None:
    shows = {"value": 12.01, "yoy_pct": -52.1}
    found = _one({"period": "2022H1", "yoy_pct": -52.0, "unit": None}, shows)
    assert found["status"] == "later_revision"
    assert "Row 3 shows that the level of 12 months from 2021-01 was raised" in found["reason"]
    # Another direction, other goods or flows, another time, or too small an amount explain nothing.
    assert _one({"period": "2022H1", "yoy_pct": -48.0, "unit": None}, shows)["status"] == "unexplained"
    assert _one({"flow": "import", "yoy_pct": -36.0, "unit": None}, shows)["status"] == "unexplained"
    assert _one({"period": "2022H1", "yoy_pct": -60.0, "unit": None}, shows)["status"] == "unexplained"
    late = {"period": "2022H1", "value": 6.01, "yoy_pct": -52.1}
    assert _one({"period": "2022H2", "yoy_pct": -52.0, "unit": None}, late)["status"] == "unexplained"
    # Nor does a change in whole points show a revision.
    assert (
        _one({"period": "2022H1", "yoy_pct": -52.0, "unit": None}, {**shows, "yoy_pct": -52.0})["status"]
        == "unexplained"
    )


def test_a_doubtful_figure_shows_no_revision() -> None:
    figures = ({"period": "2022H1", "yoy_pct": -52.0, "unit": None}, {"value": 12.01, "yoy_pct": -52.1})
    doubt = Correction("f.csv", {"period": "2022"}, "yoy_pct", "-52.1", "doubtful", None, "Unsure.", "P")
    assert _one(*figures)["status"] == "later_revision"
    assert _one(*figures, corrections=[doubt])["status"] == "unexplained"


def test_a_revised_level_explains_a_value_too() -> None:
    found = _one({"period": "2021H2", "value": 12.4}, {"value": 12.01, "yoy_pct": -52.1})
    assert found["status"] == "later_revision"


def test_the_same_figure_published_twice_with_one_that_agrees() -> None:
    found = _one({"value": 12.6}, {"value": 12.04})
    assert found["status"] == "later_revision"
    assert "Row 3 gives the same figure as 12.04" in found["reason"]
    assert _one({"value": 12.6}, {"value": 12.58})["status"] == "unexplained"


def test_two_small_gaps_that_the_change_compounds() -> None:
    table = pl.concat([_two_years(1000, 2000), _two_years(3000, 2000, flow="import")])
    found = _one({"value": 24.17, "yoy_pct": 101.1}, table=table, concordance=CONCORDANCE.head(2))
    assert (found["value_status"], found["change_status"]) == ("within", "compounded")


# Errors.


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ({"period": "2023-13", "value": 1.0}, "row 2, column 'period', value '2023-13'"),
        ({"commodity": "tin", "value": 1.0}, "row 2, column 'commodity', value 'tin'.*Add it to concordance"),
        ({"value": 1.0, "unit": "kt"}, "row 2, column 'unit', value 'kt'.*Write bn_ or mn_"),
        ({"value": 1.0, "unit": None}, "row 2, column 'unit'.*is not a unit of value"),
        ({"value": 1.0, "unit": "pct_of_imports"}, "row 2, column 'unit', value 'pct_of_imports'"),
    ],
)
def test_what_is_not_understood_names_row_column_and_value(figure: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        _set(figure)


def test_the_pair_must_come_from_one_source() -> None:
    with pytest.raises(ParameterError, match="0 sources"):
        _set({"value": 1.0}, partner_code="CCC")
    twice = pl.concat([TABLE, _flow_rows("export", "All", [(date(2022, 1, 1), 1, 1)], source="t")])
    with pytest.raises(ParameterError, match=r"2 sources \['s', 't'\]"):
        _set({"value": 1.0}, table=twice)
    with pytest.raises(ParameterError, match="value_thousand_usd"):
        _set({"value": 1.0}, currency="USD")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("tin", "import", "item", "Tin", None), "'Tin' .item., which the table does not have"),
        (("tin", "import", None, None, None), "must have goods and their level, or else a reason"),
        (("tin", "import", "item", "Ores", "why"), "must have goods and their level, or else a reason"),
        (("ore", "import", "item", "Ores", None), "is given twice"),
    ],
)
def test_a_concordance_that_cannot_be_used(row: tuple[str | None, ...], message: str) -> None:
    extra = pl.DataFrame([row], schema=CONCORDANCE.schema, orient="row")
    with pytest.raises(ParameterError, match=message):
        _set({"value": 1.0}, concordance=pl.concat([CONCORDANCE, extra]))


def test_every_status_has_its_sentence() -> None:
    assert set(MEANINGS) == set(Status)


# The files of the project.


def _shipped_inputs() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, list[Correction]]:
    folder = RAW / "trade_headline_figures"
    monthly = RAW / "japan_area_goods" / "japan_area_goods.csv.gz"
    figures = read_recorded(folder / "trade_headline_figures.csv", "headline_figures", source_id="figures")
    flows = read_area_goods(monthly, source_id="monthly")
    assert figures.rejected.is_empty()
    assert flows.rejected.is_empty()
    return (
        figures.accepted,
        from_area_goods(flows.accepted, source_id="monthly"),
        read_strict_csv(folder / "concordance.csv", CONCORDANCE_COLUMNS).drop("row"),
        read_corrections(folder / "corrections.yaml"),
    )


def _reconcile_shipped(exchange_rates_table: pl.DataFrame, *, foreign: bool) -> pl.DataFrame:
    figures, flows, concordance, corrections = _shipped_inputs()
    if not foreign:
        figures = figures.filter(~pl.col("unit").fill_null("").str.ends_with("usd"))
    return compare_figures(
        figures,
        flows,
        reporter_code="JPN",
        partner_code="RUS",
        currency="JPY",
        concordance=concordance,
        fiscal_year_start_month=4,
        exchange_rates=exchange_rates_table,
        corrections=corrections,
    )


def test_the_shipped_figures_agree_with_the_shipped_table() -> None:
    found = _reconcile_shipped(_rates(date(2021, 1, 1), date(2021, 1, 2)), foreign=False)
    assert found.schema == RECONCILIATION_SCHEMA
    summary = summarise_reconciliation(found)
    json.dumps(summary, allow_nan=False)
    values, changes = summary["values"], summary["changes"]
    assert (values["n_compared"], changes["n_compared"]) == (81, 85)
    assert values["n_within"] >= 75
    assert changes["n_within"] >= 73
    # Beyond a gap, every value but one is rounded or was revised.
    assert values["by_status"].get("unexplained", 0) <= 1
    assert changes["by_status"].get("unexplained", 0) <= 1
    assert "merged_months" not in values["by_status"]


def test_the_contradictions_of_the_shipped_figures_are_caught() -> None:
    found = _reconcile_shipped(_rates(date(2021, 1, 1), date(2021, 1, 2)), foreign=False)
    caught = found.filter(pl.col("status") == "self_contradiction")
    assert caught.select("period", "published_change_pct").rows() == [
        ("2023", -45.3),
        ("2024", -21.8),
        ("2023-12", -14.4),
    ]
    doubtful = found.filter("is_doubtful")
    assert {("2024", -21.8), ("2023-12", -14.4)} <= set(
        doubtful.select("period", "published_change_pct").rows()
    )


def test_the_shipped_concordance_covers_every_published_name() -> None:
    figures, _, concordance, _ = _shipped_inputs()
    own = figures.filter(pl.col("flow").is_in(["export", "import"])).select("commodity", "flow").unique()
    assert own.join(concordance, on=["commodity", "flow"], how="anti").is_empty()
    assert concordance.join(own, on=["commodity", "flow"], how="anti").is_empty()


@pytest.mark.data
def test_the_shipped_figures_in_dollars_agree_at_the_reference_rates() -> None:
    from retorsion.sources.formats.ecb import read_reference_rates

    path = RAW / "ecb_reference_rates" / "files" / "eurofxref-hist.zip"
    if not path.exists():
        pytest.skip("the reference rates are not fetched: run `retorsion fetch ecb_reference_rates`")
    rates = exchange_rates(read_reference_rates(path, source_id="rates").accepted)
    found = _reconcile_shipped(rates, foreign=True)
    assert len(found) == 208
    dollars = found.filter(pl.col("unit") == "mn_usd")
    assert all(abs(gap) < 2 for gap in dollars["value_gap_pct"].to_list())
    assert dollars["value_status"].to_list().count("within") >= 4
    assert summarise_reconciliation(found)["figures"]["n_within"] >= 101
