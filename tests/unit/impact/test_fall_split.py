"""What fell, by whether a measure was in force."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from retorsion.errors import NotEstimable
from retorsion.impact.fall_split import relative_by_year, split_of_fall

MONTHS = [date(2021 + k // 12, 1 + k % 12, 1) for k in range(24)]


def series(name: str, before: float, after: float) -> pl.DataFrame:
    values = [before if month < date(2022, 3, 1) else after for month in MONTHS]
    return pl.DataFrame({"product_code": [name] * 24, "period_start": MONTHS, "value": values})


MEASURES = pl.DataFrame(
    {"product_code": ["chips", "cars"], "start_date": [date(2022, 3, 1), date(2022, 6, 16)]}
)
GOODS = pl.concat([series("chips", 10.0, 4.0), series("cars", 100.0, 60.0), series("fish", 50.0, 50.0)])
TOTAL = pl.DataFrame({"period_start": MONTHS}).with_columns(
    value=pl.when(pl.col("period_start") < date(2022, 3, 1)).then(200.0).otherwise(140.0)
)


def shares(first: date, last: date) -> dict[str, float]:
    rows = split_of_fall(GOODS, TOTAL, MEASURES, first_month=date(2022, 3, 1), spans=[("span", first, last)])
    return dict(rows.select("kind_type", "share").iter_rows())


def test_a_good_is_under_a_measure_from_its_day_on() -> None:
    # of a fall of 60 a month chips are 6, cars 40, the rest 14
    found = shares(date(2022, 4, 1), date(2022, 5, 1))
    assert found == pytest.approx({"in_force": 0.1, "later": 40 / 60, "never": 14 / 60})
    half = shares(date(2022, 6, 1), date(2022, 6, 1))  # fifteen of thirty days
    assert half == pytest.approx({"in_force": 26 / 60, "later": 20 / 60, "never": 14 / 60})
    after = shares(date(2022, 7, 1), date(2022, 12, 1))
    assert after == pytest.approx({"in_force": 46 / 60, "later": 0.0, "never": 14 / 60})


def test_a_measure_that_has_ended_is_in_force_no_more() -> None:
    ended = MEASURES.with_columns(end_date=pl.lit(date(2022, 4, 16)))
    spans = [("span", date(2022, 4, 1), date(2022, 4, 1)), ("next", date(2022, 5, 1), date(2022, 5, 1))]
    rows = split_of_fall(GOODS, TOTAL, ended, first_month=date(2022, 3, 1), spans=spans)
    found = {
        (span, kind): share for span, kind, share in rows.select("span", "kind_type", "share").iter_rows()
    }
    assert found["span", "in_force"] == pytest.approx(0.05)
    assert found["next", "in_force"] == pytest.approx(0.0)


def test_without_a_fall_or_a_year_before_there_is_a_sentence() -> None:
    spans = [("span", date(2022, 4, 1), date(2022, 5, 1))]
    risen = TOTAL.with_columns(value=pl.lit(300.0) + pl.col("period_start").rank() * 1.0)
    with pytest.raises(NotEstimable, match="did not fall"):
        split_of_fall(GOODS, risen, MEASURES, first_month=date(2022, 3, 1), spans=spans)
    with pytest.raises(NotEstimable, match="lacks 2 month"):
        split_of_fall(GOODS, TOTAL, MEASURES, first_month=date(2021, 11, 1), spans=spans)


def test_the_course_by_year_is_that_of_the_target_less_that_of_comparable_partners() -> None:
    years = pl.DataFrame(
        [
            (code, date(year, 1, 1), value)
            for code, values in {
                "T": (100.0, 50.0, 100.0, 25.0),
                "A": (90.0, 90.0, 90.0, 90.0),
                "B": (200.0, 200.0, 200.0, 200.0),
                "C": (60.0, 60.0, 60.0, 60.0),
                "SMALL": (1.0, 1.0, 5.0, 1.0),
            }.items()
            for year, value in zip(range(2012, 2016), values, strict=True)
        ],
        schema=["partner_code", "period_start", "value"],
        orient="row",
    )
    found = relative_by_year(years, target_code="T", reference_year=2014, minimum_share=0.5)
    assert found["n_partners"].to_list() == [3] * 4
    assert found["gap"].to_list() == pytest.approx([0.0, -0.6931, 0.0, -1.3863], abs=1e-4)
    assert found["spread"].to_list() == pytest.approx([0.0] * 4)
    with pytest.raises(NotEstimable, match="three are needed"):
        relative_by_year(years, target_code="T", reference_year=2014, minimum_share=1.5)
    with pytest.raises(NotEstimable, match="not seen in every year"):
        relative_by_year(years, target_code="X", reference_year=2014, minimum_share=0.5)
