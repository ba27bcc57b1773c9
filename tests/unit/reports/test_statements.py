"""Findings that are not there: statements in the findings, in notebooks, and acts without a place in time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from retorsion.errors import NotEstimable
from retorsion.escalation.acts import acts_between, undated_between
from retorsion.figures.svg import Shown
from retorsion.findings import cite
from retorsion.impact.findings import FRAMES, LEFT_OUT, Found, or_left_out
from retorsion.reports import statements
from retorsion.reports.html import Html, table
from retorsion.tables.acts import _measures, _rounds


def test_a_part_without_an_estimate_answers_every_question_with_its_statement() -> None:
    found = cite({"a": {"b": {"not_estimable": "Too few."}}, "n": 3}, "impact")
    assert found["n"] == 3
    assert found["a"]["b"].get("c") is None
    with pytest.raises(NotEstimable, match="Too few"):
        found["a"]["b"]["c"]["d"]
    with pytest.raises(KeyError):
        found["z"]


def test_a_reason_is_given_in_full_once() -> None:
    def fail(reason: str) -> object:
        raise NotEstimable(reason)

    shown = [
        statements.told(write)
        for write in (
            lambda: fail("No rows."),
            lambda: fail("No rows."),
            lambda: "a figure",
            lambda: fail("No rows."),
            lambda: fail("Other."),
        )
    ]
    assert [getattr(one, "text", one) for one in shown] == [
        "*No estimate.* No rows.",
        "*No estimate*, for the same reason.",
        "a figure",
        "*No estimate.* No rows.",
        "*No estimate.* Other.",
    ]


def test_tables_and_figures_lead_to_the_rows_they_were_made_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for analysis, name in (("impact", "goods"), ("checks", "published_counts")):
        _write_rows(tmp_path / analysis / f"{name}.csv", "name\na\n")
    _read_from(tmp_path, monkeypatch)

    def shown_table(name: str) -> Html:
        return table(statements.rows(name), caption="One")

    made = statements.told(lambda: shown_table("impact_goods"), "impact.monthly")
    assert 'href="../reports/evidence/impact.html#impact_goods">Goods</a>' in made.html
    assert 'href="../reports/evidence/impact_monthly.html#impact.monthly">Trade by month</a>' in made.html
    # what was read for the table before is not behind this one
    other = statements.told(lambda: shown_table("published_counts"))
    assert "evidence/checks_counts.html#published_counts" in other.html
    assert "impact_goods" not in other.html
    drawn = Shown('<figure><p class="figure-source">Source: us</p></figure>', "<svg/>", "one")

    def shown_figure() -> Shown:
        statements.rows("impact_goods")
        return drawn

    figure = statements.told(shown_figure)
    assert figure.html.startswith('<figure><p class="figure-source">Source: us · Data: <a href=')
    assert figure.html.endswith("Goods</a></p></figure>")
    assert (figure.svg, figure.name) == (drawn.svg, drawn.name)
    assert statements.told(lambda: drawn) is drawn  # nothing was read


def test_rows_of_a_statement_are_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_rows(tmp_path / "impact" / "one.csv", "not_estimable\nNothing was traded.\n")
    _write_rows(tmp_path / "impact" / "two.csv", "name,not_estimable\na,\n")
    _read_from(tmp_path, monkeypatch)
    with pytest.raises(NotEstimable, match="Nothing was traded"):
        statements.rows("impact_one")
    assert statements.rows("impact_two").height == 1


def _write_rows(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _read_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the rows of findings be those of a folder."""
    monkeypatch.setattr(
        statements,
        "finding_rows",
        lambda analysis, _: {path.stem: path for path in (folder / analysis).glob("*.csv")},
    )


@pytest.mark.parametrize("part", FRAMES)
def test_every_part_of_trade_writes_all_its_frames(part: str) -> None:
    def thin() -> Found:
        raise NotEstimable("Too thin.")

    for is_asked, why in ((True, "Too thin."), (False, LEFT_OUT.get(part, "leaves this out"))):
        found = or_left_out(part, thin, is_asked=is_asked, reporter="X", target="Y")
        assert why.format(reporter="X", target="Y") in found.values["not_estimable"]
        assert set(found.rows) == set(FRAMES[part])
        assert all(frame.columns == ["not_estimable"] for frame in found.rows.values())
    given = Found({}, {FRAMES[part][0]: pl.DataFrame({"a": [1]})})
    made = or_left_out(part, lambda: given, is_asked=True, reporter="X", target="Y")
    assert made.rows[FRAMES[part][0]].columns == ["a"]


def designations(*rows: tuple[str, date | None, date | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "act_id": act, "target_code": "RUS", "sender_code": "USA", "addressee_code": "RUS",
                "announced_date": announced, "first_observed_date": seen, "date_precision": precision,
                "effective_date": None, "instrument_type": "asset_freeze", "n_subjects": 2, "source_id": "s",
                "source_urls": "u",
            }
            for act, announced, seen, precision in rows
        ],
        schema_overrides={"announced_date": pl.Date, "first_observed_date": pl.Date},
    )  # fmt: skip


def test_a_first_vintage_makes_no_act_and_a_later_one_makes_one_without_a_date() -> None:
    first, second, announced = date(2021, 1, 1), date(2022, 1, 1), date(2021, 5, 5)
    rounds = _rounds(
        designations(
            ("old", None, first, None), ("new", None, second, "observed"), ("dated", announced, None, "day")
        ),
        pl.DataFrame(schema={"act_id": pl.String}),
    )
    assert rounds.select("act_id", "act_date", "date_precision").sort("act_id").rows() == [
        ("dated", announced, "day"),
        ("new", second, "observed"),
    ]


def test_acts_without_a_date_are_counted_apart() -> None:
    acts = pl.DataFrame(
        {
            "act_id": ["a", "b", "c"],
            "actor_code": ["USA", "RUS", "USA"],
            "addressee_code": ["RUS", "USA", "RUS"],
            "act_date": [date(2022, 1, 1), date(2022, 2, 1), date(2022, 3, 1)],
            "date_precision": ["day", "month", "observed"],
            "n_subjects": [1, 2, 3],
            "intensity_equal": [1.0, 1.0, 1.0],
        }
    )
    span = (date(2022, 1, 1), date(2022, 12, 31))
    assert acts_between(acts, ("USA", "RUS"), *span)["act_id"].to_list() == ["a", "b"]
    assert undated_between(acts, ("USA", "RUS"), *span)["act_id"].to_list() == ["c"]
    assert undated_between(acts, ("USA", "RUS"), date(2023, 1, 1), span[1].replace(year=2023)).is_empty()


def test_measures_of_a_database_are_acts_and_those_of_the_ledger_are_not_repeated() -> None:
    measures = pl.DataFrame(
        [
            {
                "measure_id": f"m{i}", "act_id": act, "imposer_code": "USA", "target_code": target,
                "addressee_code": target, "announced_date": date(2022, 1, 1), "effective_date": None,
                "instrument_type": "export_ban_goods", "date_precision": "day", "phase_type": "decision",
                "confidence_type": "high", "summary": "s", "source_id": "x", "source_urls": "u",
            }
            for i, (act, target) in enumerate(
                [("own", "RUS"), ("new", "RUS"), ("new", "RUS"), ("new", "BLR")]
            )
        ],
        schema_overrides={"effective_date": pl.Date},
    )  # fmt: skip
    acts = _measures(measures, pl.DataFrame({"act_id": ["own"]}))
    assert acts.select("act_id", "target_code").rows() == [("new", "BLR"), ("new", "RUS")]
    assert acts.select("package_id", "aim_type").unique().rows() == [("new", "many")]
