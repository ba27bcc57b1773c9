"""Side tables: one row of them decides what many others become, so that no wrong row is passed over."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.instruments import instrument_check
from retorsion.sources.formats.ledger_references import check_products
from retorsion.sources.text.recorded import layout_of, read_complete, read_recorded

#: Cells of a step of a coalition, and the row of a calendar that they make.
STEP = {
    "day": "2020-01-05",
    "actor": "EU",
    "target": "RUS",
    "kind": "designations",
    "n": "3",
    "page": "https://a.org",
}
CALENDAR = "eu-2020-01-05-first,{day},,{actor},{target},first,{kind},{n},The EU lists some.,{page}"
GOOD = {
    "act_types": "ban,trade_measure,Goods are barred.,false,false,false,5,Export ban,163,SANCTION,,Why.",
    "source_hosts": "example.org,newspaper,FRA,",
    "coalition_calendar": CALENDAR.format(**STEP),
    "list_programmes": "28,Persons,UKR,RUS,individual",
    "programmes": "RUSSIA-EO14024,RUS,",
    "instruments": "Import ban,import_ban,import",
    "coalition": "ALB,RUS,2022-03-07,2023-01-01,named,https://example.org/list",
    "plover_scores": "PROTEST,riot,-7",
    "observed_list": "1,A,individual,N,,,2022-03-01,,,2022-03-01,2022-03-02,",
}
BAD = {
    "act_types": [("ban,x,Goods.,false,false,false,5,,163,SANCTION,,", "'domain_type', value 'x'.*context"),
                  ("ban,sanction,Goods.,false,false,yes,5,Export ban,163,SANCTION,,", "'is_yearly', value 'yes'"),
                  ("ban,sanction,Goods.,false,false,false,0,Export ban,163,SANCTION,,", "'rung', value '0'"),
                  ("ban,sanction,Goods.,false,false,false,5,Export ban,16a,SANCTION,,", "'16a'.*two to four digits"),
                  ("ban,sanction,Goods.,false,false,false,5,Ban,163,SANCTION,,", "'measure_kind', value 'Ban'")],
    "source_hosts": [("www.example.org,newspaper,FRA,", "without the leading www"),
                     ("Example.org,newspaper,FRA,", "in small letters"),
                     ("https://example.org,newspaper,FRA,", "is not the name of a host"),
                     ("example.org,news,FRA,", "'source_type', value 'news': is unknown"),
                     ("example.org,newspaper,FRX,", "'country_code', value 'FRX'"),
                     ("example.org,newspaper,FRA,\nexample.org,agency,FRA,", "row 3.*is a duplicate")],
    "coalition_calendar": [
        (CALENDAR.format(**(STEP | wrong)), said)
        for wrong, said in (
            ({"target": "Russia"}, "'target_code', value 'Russia': is not a known state"),
            ({"target": "EU"}, "'target_code', value 'EU': is not a known state"),
            ({"actor": "UE"}, "'actor_code', value 'UE'.*EU, G7"),
            ({"actor": "RUS"}, "'target_code', value 'RUS': is the actor itself"),
            ({"day": "2020-01"}, "'event_date', value '2020-01': is not a date"),
            ({"day": "2999-01-01"}, "is a day to come"),
            ({"kind": "sanctions"}, "'kind', value 'sanctions': is unknown"),
            ({"n": "many"}, "'n_designations', value 'many'"),
            ({"page": "a page"}, "'source_urls', value 'a page'"))],
    "list_programmes": [("28,Persons,RUX,RUS,individual", "value 'RUX': is not a known state"),
                        ("28,Persons,UKR,RUX,individual", "column 'addressee_code', value 'RUX'")],
    "programmes": [("RUSSIA-EO14024,RUX,", "column 'target_code', value 'RUX'")],
    "instruments": [("Import ban,import_bann,import", "value 'import_bann': is unknown.*import_ban")],
    "coalition": [("ALX,RUS,2022-03-07,,named,https://example.org", "value 'ALX': is not a known state"),
                  ("ALB,RUS,2022-13-07,,named,https://example.org", "value '2022-13-07': is not a date"),
                  ("ALB,RUS,2022-03-07,07.03.2023,named,https://example.org", "'left_date'.*is not a date"),
                  ("ALB,RUS,2022-03-07,2022-03-01,named,https://example.org", "is not after joined_date"),
                  ("ALB,RUS,2022-03-07,,named,a list", "is not the address of a page"),
                  ("ALB,RUX,2022-03-07,,named,https://example.org", "'target_code', value 'RUX': is not a known state"),
                  ("ALB,,2022-03-07,,named,https://example.org", "'target_code'.*is missing")],
    "plover_scores": [("PROTEST,riot,-7\nPROTEST,riot,-6", "row 3, column 'category'.*is a duplicate")],
    "observed_list": [("1,A,individual,N,,,,,,2022-3-1,2022-03-02,", "first_observed_date.*is not a date")],
}  # fmt: skip
CHECKS = {"instruments": [instrument_check(["import_ban", "tariff_measure"])]}


def written(folder: Path, layout: str, rows: str) -> Path:
    path = folder / "table.csv"
    path.write_text(f"{','.join(layout_of(layout).columns)}\n{rows}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("layout", GOOD)
def test_a_good_row_is_read(tmp_path: Path, layout: str) -> None:
    path = written(tmp_path, layout, GOOD[layout])
    assert len(read_complete(path, layout, source_id="s", more=CHECKS.get(layout, []))) == 1


@pytest.mark.parametrize(("layout", "row", "problem"), [(k, *one) for k, rows in BAD.items() for one in rows])
def test_a_wrong_row_stops_what_would_build_on_it(
    tmp_path: Path, layout: str, row: str, problem: str
) -> None:
    path = written(tmp_path, layout, row)
    more = CHECKS.get(layout, [])
    with pytest.raises(RetorsionError, match=f"s: .*{problem}") as raised:
        read_complete(path, layout, source_id="s", more=more)
    assert "\n" not in str(raised.value)
    assert len(read_recorded(path, layout, source_id="s", more=more).rejected) == 1


def test_a_missing_file_is_named_with_its_columns(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"coalition\.csv: is missing\. It holds member_code,target_code,joined_date"
    ):
        read_complete(tmp_path / "coalition.csv", "coalition", source_id="s")


@pytest.mark.parametrize(
    ("code", "revision", "is_known"),
    [
        ("270900", None, True),
        ("2709", "HS1992", True),
        ("27090010", None, True),
        ("270901", None, False),
        ("2710", "HS1992", False),
        ("852589", "HS2022", True),
    ],
)
def test_codes_of_products_are_those_of_the_trade_data_or_of_another_revision(
    code: str, revision: str | None, is_known: bool
) -> None:
    products = pl.DataFrame(
        {
            "act_id": ["a"],
            "hs_codes": [code],
            "hs_revision": [revision],
            "row": [2],
            "source_id": ["ledger_x"],
        },
        schema_overrides={"hs_revision": pl.String},
    )
    nomenclature = pl.DataFrame({"hs6_code": ["270900", "271111"]})
    if is_known:
        check_products(products, nomenclature, revision="HS1992")
        return
    with pytest.raises(
        RetorsionError, match=rf"ledger_x/products\.csv, row 2, column 'hs_codes', value '{code}'"
    ):
        check_products(products, nomenclature, revision="HS1992")
