"""Acts of a ledger: every fault of a row is named with its place and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_rows import BAN, PAGE, PROTEST, assert_quarantined, changed, read
from retorsion.sources.rows import messages

ACT_FAULTS: dict[str, tuple[dict[str, str], str, str, tuple[str, ...]]] = {
    "impossible day": (
        {"announced_date": "2020-02-31"},
        "announced_date",
        "2020-02-31",
        ("is not a date", "YYYY-MM"),
    ),
    "impossible month": ({"announced_date": "2020-13"}, "announced_date", "2020-13", ("is not a date",)),
    "no date": ({"announced_date": ""}, "announced_date", "", ("is not a date",)),
    "effective in words": (
        {"effective_date": "May 2020"},
        "effective_date",
        "May 2020",
        ("Write the date as YYYY-MM-DD",),
    ),
    "month only where a day is due": ({"ended_date": "2020-05"}, "ended_date", "2020-05", ("is not a date",)),
    "ends before it begins": (
        {"ended_date": "2020-02-09"},
        "ended_date",
        "2020-02-09",
        ("before the act began", "Correct ended_date"),
    ),
    "unknown actor": ({"actor_code": "XYZ"}, "actor_code", "XYZ", ("not a known state", "alpha-3")),
    "two letters": ({"actor_code": "FR"}, "actor_code", "FR", ("not a known state",)),
    "group outside context": (
        {"actor_code": "G7"},
        "actor_code",
        "G7",
        ("EU, G7, WTO only in the domain context",),
    ),
    "unknown target among several": (
        {"target_codes": "BEL;ZZZ"},
        "target_codes",
        "BEL;ZZZ",
        ("not a known state", "semicolons"),
    ),
    "unknown addressee": ({"addressee_code": "Belgium"}, "addressee_code", "Belgium", ("alpha-3",)),
    "no addressee": ({"addressee_code": ""}, "addressee_code", "", ("aimed at",)),
    "no page": ({"source_urls": ""}, "source_urls", "", ("http://",)),
    "no scheme": (
        {"source_urls": "example.org/a"},
        "source_urls",
        "example.org/a",
        ("starting with https://",),
    ),
    "no host": ({"source_urls": "https:///a"}, "source_urls", "https:///a", ("starting with https://",)),
    "other scheme among pages": (
        {"source_urls": f"{PAGE} ftp://example.org"},
        "source_urls",
        f"{PAGE} ftp://example.org",
        ("starting with https://",),
    ),
    "negative count": ({"n_individuals": "-1"}, "n_individuals", "-1", ("whole number",)),
    "broken count": ({"n_banks": "2.5"}, "n_banks", "2.5", ("whole number",)),
    "digits of another script": ({"n_other_bodies": "٣"}, "n_other_bodies", "٣", ("whole number",)),
    "count too long": ({"n_other_bodies": "9" * 20}, "n_other_bodies", "9" * 20, ("whole number",)),
    "unknown domain": ({"domain_type": "war"}, "domain_type", "war", ("is unknown", "trade_measure")),
    "unknown phase": ({"phase_type": "done"}, "phase_type", "done", ("announcement, decision",)),
    "unknown confidence": ({"confidence_type": "sure"}, "confidence_type", "sure", ("high, medium, low",)),
    "trade measure without flow": ({"flow_type": ""}, "flow_type", "", ("import, export or both",)),
    "bad code": ({"hs_codes": "44.03"}, "hs_codes", "44.03", ("four to ten digits",)),
    "long summary": ({"summary": "x" * 201}, "summary", "x" * 201, ("200 characters",)),
    "identifier of another day": (
        {"act_id": "fra-2020-02-02-ban"},
        "act_id",
        "fra-2020-02-02-ban",
        ("actor and the date", "actor-date-words"),
    ),
}


@pytest.mark.parametrize("fault", ACT_FAULTS)
def test_a_faulty_act_is_quarantined(fault: str, tmp_path: Path) -> None:
    cells, column, value, words = ACT_FAULTS[fault]
    assert_quarantined(tmp_path, "acts", changed("acts", 1, **cells), 3, column, value, *words)


def test_a_group_may_act_in_context(tmp_path: Path) -> None:
    cells = {"act_id": "g7-2020-02-01-ban", "actor_code": "G7", "domain_type": "context", "flow_type": ""}
    found = read(tmp_path, "acts", changed("acts", 1, **cells))
    assert found.rejected.is_empty()


def test_a_flow_outside_trade_is_quarantined(tmp_path: Path) -> None:
    rows = changed("acts", 2, flow_type="import")
    assert_quarantined(tmp_path, "acts", rows, 4, "flow_type", "import", "nothing otherwise")


def test_every_act_after_the_first_with_an_identifier_is_quarantined(tmp_path: Path) -> None:
    found = read(tmp_path, "acts", [BAN, PROTEST, BAN, BAN])
    assert found.accepted["row"].to_list() == [2, 3]
    assert found.rejected["row"].to_list() == [4, 5]
    assert set(found.rejected["value"]) == {BAN["act_id"]}
    assert "Keep one row" in messages(found.rejected)[0]


def test_impossible_acts_are_quarantined(tmp_path: Path) -> None:
    to_itself = PROTEST | {"target_codes": "BEL", "addressee_code": "BEL"}
    to_come = PROTEST | {"act_id": "bel-2999-02-protest", "announced_date": "2999-02"}
    rows = read(tmp_path, "acts", [PROTEST, to_itself | {"act_id": "bel-2020-02-x"}, to_come])
    assert rows.accepted["act_id"].to_list() == [PROTEST["act_id"]]
    assert rows.rejected.select("column", "reason").rows() == [
        ("target_codes", "names the actor itself"),
        ("announced_date", "is a day to come"),
    ]


def test_all_faults_of_a_row_are_named_at_once(tmp_path: Path) -> None:
    faulty = BAN | {"effective_date": "2020-13-01", "n_other_bodies": "three", "confidence_type": "hihg"}
    rows = read(tmp_path, "acts", [faulty])
    (row,) = rows.rejected.iter_rows(named=True)
    assert row["column"] == "effective_date"
    assert "Also column 'n_other_bodies', value 'three': is not a whole number" in row["remedy"]
    assert "Also column 'confidence_type', value 'hihg': is unknown." in row["remedy"]
    assert "Did you mean 'high'?" in row["remedy"]


#: Changed cells of the ban (line 3 of the file), the column and value at fault, words of the message.
DAY_FAULTS: dict[str, tuple[dict[str, str], str, str, tuple[str, ...]]] = {
    "done after it was announced": (
        {"done_date": "2020-02-02", "done_basis": "text"},
        "done_date",
        "2020-02-02",
        ("is after the day it was announced", "on the day it is done, or later"),
    ),
    "done in a month after it was announced": (
        {"done_date": "2020-03", "done_basis": "month"},
        "done_date",
        "2020-03",
        ("is after the day it was announced",),
    ),
    "done on no day": (
        {"done_date": "1 Feb", "done_basis": "text"},
        "done_date",
        "1 Feb",
        ("is not a date",),
    ),
    "done without a basis": (
        {"done_date": "2020-01-31"},
        "done_basis",
        "",
        ("Say how the day in done_date is known",),
    ),
    "basis without a day done": (
        {"done_basis": "official"},
        "done_basis",
        "official",
        ("has no day that it is about", "Fill in done_date"),
    ),
    "unknown basis": (
        {"done_date": "2020-01-31", "done_basis": "offical"},
        "done_basis",
        "offical",
        ("is unknown", "Did you mean 'official'?"),
    ),
    "day done known to the month": (
        {"done_date": "2020-01-31", "done_basis": "month"},
        "done_basis",
        "month",
        ("does not fit the precision of done_date",),
    ),
    "announced without a basis": ({"announced_basis": ""}, "announced_basis", "", ("is missing",)),
    "unknown basis of the announcement": (
        {"announced_basis": "artcle_day"},
        "announced_basis",
        "artcle_day",
        ("Did you mean 'article_day'?",),
    ),
    "month of a day": (
        {"announced_basis": "month"},
        "announced_basis",
        "month",
        ("does not fit the precision",),
    ),
}
AIM_FAULTS: dict[str, tuple[dict[str, str], str, str, tuple[str, ...]]] = {
    "many with one target": (
        {"aim_type": "many"},
        "aim_type",
        "many",
        ("with a single target", "Name all the states"),
    ),
    "one with several targets": (
        {"aim_type": "this_state", "target_codes": "BEL;LUX"},
        "aim_type",
        "this_state",
        ("with several targets", "Write many"),
    ),
    "unknown aim": ({"aim_type": "all"}, "aim_type", "all", ("this_state, many",)),
}
SIZE_FAULTS: dict[str, tuple[dict[str, str], str, str, tuple[str, ...]]] = {
    "value in words": ({"value_usd": "34 billion"}, "value_usd", "34 billion", ("is not a number",)),
    "negative value": ({"value_usd": "-5"}, "value_usd", "-5", ("is negative",)),
    "rate with a sign": ({"tariff_rate_pct": "25%"}, "tariff_rate_pct", "25%", ("is not a number",)),
    "range of rates": (
        {"tariff_rate_pct": "18.3-48.6"},
        "tariff_rate_pct",
        "18.3-48.6",
        ("plain decimal number",),
    ),
    "lines in words": ({"n_tariff_lines": "818 lines"}, "n_tariff_lines", "818 lines", ("whole number",)),
}
NEW_FAULTS = DAY_FAULTS | AIM_FAULTS | SIZE_FAULTS


@pytest.mark.parametrize("fault", NEW_FAULTS)
def test_a_fault_of_day_aim_or_size_is_named(fault: str, tmp_path: Path) -> None:
    cells, column, value, words = NEW_FAULTS[fault]
    assert_quarantined(tmp_path, "acts", changed("acts", 1, **cells), 3, column, value, *words)


@pytest.mark.parametrize("column", ["value_usd", "tariff_rate_pct", "n_tariff_lines"])
def test_the_size_of_a_trade_measure_stands_nowhere_else(column: str, tmp_path: Path) -> None:
    rows = changed("acts", 2, **{column: "25"})
    assert_quarantined(tmp_path, "acts", rows, 4, column, "25", "Only a trade measure has it")


@pytest.mark.parametrize(
    ("done", "basis", "day"),
    [
        ("2020-01-31", "official", "2020-01-31"),
        ("2020-02", "month", "2020-02-01"),
        ("2020-01", "month", "2020-01-01"),
    ],
)
def test_an_act_is_done_on_the_day_it_is_announced_or_before(
    done: str, basis: str, day: str, tmp_path: Path
) -> None:
    sizes = {"value_usd": "3.4e10", "tariff_rate_pct": "-7.5", "n_tariff_lines": "818"}
    found = read(tmp_path, "acts", changed("acts", 1, done_date=done, done_basis=basis, **sizes))
    assert messages(found.rejected) == []
    act = found.accepted.row(1, named=True)
    assert str(act["done_date"]) == day
    assert [act[name] for name in sizes] == [3.4e10, -7.5, 818]


def test_a_protest_announced_in_a_month_may_be_done_on_a_day_of_it(tmp_path: Path) -> None:
    found = read(tmp_path, "acts", changed("acts", 2, done_date="2020-02-29", done_basis="text"))
    assert messages(found.rejected) == []


class TestPackages:
    SECOND = BAN | {"act_id": "fra-2020-02-01-freeze", "package_id": BAN["act_id"], "formalises_act_id": ""}

    def test_steps_of_one_actor_and_day_share_one(self, tmp_path: Path) -> None:
        found = read(tmp_path, "acts", [BAN, self.SECOND])
        assert found.accepted["package_id"].to_list() == [BAN["act_id"]] * 2

    def test_across_days(self, tmp_path: Path) -> None:
        later = self.SECOND | {"act_id": "fra-2020-02-03-freeze", "announced_date": "2020-02-03"}
        words = ("holds acts of several days", "a package of its own")
        assert_quarantined(tmp_path, "acts", [BAN, later], 3, "package_id", BAN["act_id"], *words)

    def test_across_actors(self, tmp_path: Path) -> None:
        other = self.SECOND | {"act_id": "lux-2020-02-01-freeze", "actor_code": "LUX"}
        words = ("holds acts of several actors", "a package of its own")
        assert_quarantined(tmp_path, "acts", [BAN, other], 3, "package_id", BAN["act_id"], *words)

    def test_of_no_other_act(self, tmp_path: Path) -> None:
        rows = changed("acts", 1, package_id="fra-2020-02-01-bann")
        words = ("is the package of no other act", "the act's own act_id")
        assert_quarantined(tmp_path, "acts", rows, 3, "package_id", "fra-2020-02-01-bann", *words)

    def test_missing(self, tmp_path: Path) -> None:
        assert_quarantined(
            tmp_path, "acts", changed("acts", 1, package_id=""), 3, "package_id", "", "is missing"
        )
