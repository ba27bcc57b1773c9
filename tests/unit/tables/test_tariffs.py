"""Tables of tariffs: steps lead to lines and measures, and the published counts close."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from places import RAW
from retorsion.errors import RetorsionError
from retorsion.sources.formats.duties import read_duties
from retorsion.sources.formats.tariff_lines import read_tariff_lines
from retorsion.sources.formats.tariff_rates import read_tariff_rates
from retorsion.sources.text.recorded import read_complete
from retorsion.tables.tariffs import check_measures, import_duties, tariff_changes, tariff_rates

#: Lines of eight digits that each step changed, as published.
PUBLISHED = {
    "retaliation_232": 128,
    "retaliation_301_34bn": 545,
    "retaliation_301_16bn": 333,
    "retaliation_301_60bn": 5207,
    "retaliation_301_60bn_increase": 4545,
    "suspension_autos": 211,
    "section_301_list_1": 817,  # the notice counts 818
    "section_301_list_2": 279,
    "section_301_list_3": 5759,
    "section_301_list_4a": 3229,
    "section_301_list_4b": 542,
}
STEP = {
    "step": "raise",
    "lines_of": "",
    "imposer_code": "FRA",
    "target_code": "BEL",
    "from_date": "2020-02-01",
    "change_type": "additional",
    "change_pct": "10",
    "measure_id": "fra-2020-01-05-tariff",
    "note": "",
    "source_url": "https://example.org/a",
}
CUT = {"step": "cut", "lines_of": "raise", "change_type": "suspension", "change_pct": "-5"}


def shipped(source: str) -> pl.DataFrame:
    steps = read_complete(RAW / source / "steps.csv", "tariff_steps", source_id=source)
    lines = read_tariff_lines(
        RAW / source / "tariff_lines.csv", source_id=source, steps=steps["step"].to_list()
    )
    assert lines.rejected.is_empty()
    return tariff_changes(lines.accepted, steps, source_id=source)


def written(folder: Path, steps: list[dict[str, str]], lines: list[str]) -> tuple[Path, Path]:
    paths = folder / "steps.csv", folder / "tariff_lines.csv"
    paths[0].write_text(
        "\n".join([",".join(STEP), *(",".join((STEP | one).values()) for one in steps)]) + "\n",
        encoding="utf-8",
    )
    paths[1].write_text("\n".join(["step,line_code,change_pct", *lines]) + "\n", encoding="utf-8")
    return paths


def made(folder: Path, steps: list[dict[str, str]], lines: list[str]) -> pl.DataFrame:
    of_steps, of_lines = written(folder, steps, lines)
    read = read_complete(of_steps, "tariff_steps", source_id="customs")
    rows = read_tariff_lines(of_lines, source_id="customs", steps=read["step"].to_list())
    return tariff_changes(rows.accepted, read, source_id="customs")


def test_the_published_counts_of_lines_close() -> None:
    changes = pl.concat([shipped("tariff_lines_chn"), shipped("tariff_lines_usa")])
    counted = dict(changes.group_by("step").agg(pl.col("line_code").str.head(8).n_unique()).iter_rows())
    assert {step: counted[step] for step in PUBLISHED} == PUBLISHED


def test_mfn_changes_stand_apart_and_lead_to_no_measure() -> None:
    changes = shipped("tariff_lines_chn")
    towards_all = changes.filter(pl.col("change_type").is_in(["level", "mfn"]))
    assert set(towards_all["target_code"]) == {"WLD"}
    assert towards_all["measure_id"].null_count() == len(towards_all)
    suspended = changes.filter(pl.col("change_type") == "suspension")["change_pct"].to_numpy()
    assert (suspended < 0).all()


def test_what_the_lists_add_is_what_the_rates_gained_where_lists_name_whole_subheadings() -> None:
    rates = tariff_rates(
        read_tariff_rates(
            RAW / "tariff_rates_usa_chn" / "tariff_rates.csv", source_id="tariff_rates_usa_chn"
        ).accepted,
        source_id="tariff_rates_usa_chn",
        hs_revision="HS2017",
    ).filter(pl.col("imposer_code") == "CHN")
    step = shipped("tariff_lines_chn").filter(pl.col("step") == "retaliation_301_34bn")
    before = rates.filter(pl.col("from_date") < pl.date(2018, 7, 6)).sort("from_date")
    after = rates.filter(pl.col("from_date") == pl.date(2018, 7, 6))
    gained = (
        after.join(before.group_by("hs6_code").last().select("hs6_code", was="rate_pct"), on="hs6_code")
        .select("hs6_code", gain=pl.col("rate_pct") - pl.col("was"))
        .filter(pl.col("gain").is_not_null())
    )
    listed = step.select(hs6_code=pl.col("line_code").str.head(6)).unique()
    both = gained.join(listed, on="hs6_code")
    assert len(both) > 350
    gains = both["gain"].to_numpy()
    assert (gains > 0).all()
    assert (gains <= 25.01).all()
    assert float((gains.round(2) == 25).mean()) > 0.8


def test_a_step_can_change_the_lines_of_another(tmp_path: Path) -> None:
    changes = made(
        tmp_path,
        [
            {},
            {
                "step": "cut",
                "lines_of": "raise",
                "change_type": "suspension",
                "change_pct": "-5",
                "from_date": "2020-05-01",
            },
        ],
        ["raise,01012100,", "raise,01012900,"],
    )
    assert changes.group_by("step").len().sort("step").rows() == [("cut", 2), ("raise", 2)]
    assert set(changes.filter(pl.col("step") == "cut")["change_pct"]) == {-5.0}


@pytest.mark.parametrize(
    ("steps", "lines", "said"),
    [
        ([{}, {"step": "cut", "lines_of": "rise"}], ["raise,01012100,"], "Did you mean 'raise'"),
        ([{"change_pct": ""}], ["raise,01012100,"], "nothing says by how much"),
    ],
)
def test_a_step_that_leads_nowhere_stops_the_build(
    tmp_path: Path, steps: list[dict[str, str]], lines: list[str], said: str
) -> None:
    with pytest.raises(RetorsionError, match=said):
        made(tmp_path, steps, lines)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"change_type": "retaliation"}, "is unknown"),
        ({"change_pct": "-10"}, "is not above 0 though the duty is additional"),
        ({"change_type": "suspension"}, "is not below 0 though the step suspends"),
        ({"measure_id": ""}, "is missing"),
        ({"from_date": "2020"}, "is not a date"),
    ],
)
def test_a_faulty_step_is_named_with_file_line_and_remedy(
    tmp_path: Path, step: dict[str, str], said: str
) -> None:
    of_steps, _ = written(tmp_path, [step], [])
    with pytest.raises(RetorsionError, match=rf"steps.csv, row 2, .*{said}"):
        read_complete(of_steps, "tariff_steps", source_id="customs")


def test_unknown_steps_wrong_lines_and_large_changes_are_quarantined(tmp_path: Path) -> None:
    _, of_lines = written(
        tmp_path,
        [{}],
        ["raise,01012100,", "rise,01012100,", "raise,0101,", "raise,01012900,2000", "raise,01012100,"],
    )
    rows = read_tariff_lines(of_lines, source_id="customs", steps=["raise"])
    faults = rows.rejected.select("row", "column", "reason").rows()
    assert faults == [
        (3, "step", "is no step of steps.csv"),
        (4, "line_code", "is not a tariff line of eight or ten digits"),
        (5, "change_pct", "is over 1000 points"),
        (6, "line_code", "is a duplicate of an earlier row"),
    ]
    assert "Did you mean 'raise'?" in rows.rejected["remedy"][0]


def test_a_line_on_two_lists_is_kept_and_named(tmp_path: Path) -> None:
    _, of_lines = written(tmp_path, [{}], ["raise,01012100,", "second,01012100,", "raise,01012900,"])
    rows = read_tariff_lines(of_lines, source_id="customs")
    assert len(rows.accepted) == 3
    assert rows.notes[0].endswith("are kept: 01012100 (rows 2, 3: raise and second)")


def test_a_measure_that_is_not_recorded_is_named_with_the_nearest(tmp_path: Path) -> None:
    changes = made(tmp_path, [{}], ["raise,01012100,"])
    check_measures(changes, ["fra-2020-01-05-tariff"])
    with pytest.raises(RetorsionError, match="Did you mean 'fra-2020-01-06-tariff'"):
        check_measures(changes, ["fra-2020-01-06-tariff"])


def test_duties_are_read_by_mapping_and_sums_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "duties.csv"
    path.write_text(
        "m,p,k,v,d\n2020-01,BEL,01,1000,25\n2020-01,WLD,TOTAL,9000,25\n2020-13,BEL,01,1,0\n2020-02,BEL,01,1,11\n"
        "2020-03,BEL,01,5,-1\n",
        encoding="utf-8",
    )
    columns = {
        "month": "m",
        "importer": "=FRA",
        "partner": "p",
        "product": "k",
        "value_usd": "v",
        "duty_usd": "d",
    }
    rows = read_duties(path, source_id="customs", columns=columns)
    assert rows.rejected.select("row", "column", "reason").rows() == [
        (4, "month", "is not a month"),
        (5, "duty_usd", "is over 1000 per cent of the value"),
        (6, "duty_usd", "is not a number of at least 0"),
    ]
    table = import_duties(rows.accepted, source_id="customs")
    assert table.select("partner_code", "is_aggregate", "product_level", "duty_kusd").rows() == [
        ("BEL", False, "hs2", 0.025),
        ("WLD", True, "total", 0.025),
    ]
