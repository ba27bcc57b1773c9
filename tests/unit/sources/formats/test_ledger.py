"""The ledger: the shipped files are sound, and every fault is named with its place and its remedy."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats import ledger
from retorsion.sources.rows import Rows, messages

SHIPPED = ROOT / "data" / "raw" / "ledger"

READ: dict[str, Callable[[Path], Rows]] = {part: getattr(ledger, f"read_{part}") for part in ledger.PARTS}

PAGE = "https://example.org/a"
ANNOUNCEMENT = {
    "act_id": "fra-2020-01-05-ban",
    "announced_date": "2020-01-05",
    "actor_code": "FRA",
    "target_codes": "BEL",
    "addressee_code": "BEL",
    "domain_type": "trade_measure",
    "act_type": "ban_announced",
    "phase_type": "announcement",
    "flow_type": "import",
    "summary": "France announces a ban.",
    "confidence_type": "high",
    "source_urls": PAGE,
}
BAN = ANNOUNCEMENT | {
    "act_id": "fra-2020-02-01-ban",
    "announced_date": "2020-02-01",
    "effective_date": "2020-02-10",
    "act_type": "ban",
    "phase_type": "decision",
    "formalises_act_id": "fra-2020-01-05-ban",
    "n_other_bodies": "3",
    "summary": "France bans, says the page.",
    "source_urls": f"{PAGE} http://example.org/b?c=1",
}
PROTEST = ANNOUNCEMENT | {
    "act_id": "bel-2020-02-protest",
    "announced_date": "2020-02",
    "actor_code": "BEL",
    "target_codes": "FRA",
    "addressee_code": "FRA",
    "domain_type": "diplomatic_action",
    "act_type": "protest",
    "phase_type": "decision",
    "flow_type": "",
    "summary": "Belgium protests.",
}
GOOD: dict[str, list[dict[str, str]]] = {
    "acts": [ANNOUNCEMENT, BAN, PROTEST],
    "products": [{"act_id": BAN["act_id"], "hs_codes": "4403", "mapping_basis": "source"}],
    "scope": [
        {
            "measure_id": BAN["act_id"],
            "product_system": "mof_goods",
            "product_level": "item",
            "product_code": "Wood",
        }
    ],
    "act_types": [
        {
            "act_type": name,
            "domain_type": domain,
            "description": "What it is.",
            "is_verbal": "true" if name == "protest" else "false",
            "is_provocation": "false",
            "rung": "1",
            "cameo_code": "0163",
            "plover_category": "SANCTION",
        }
        for name, domain in (
            ("ban_announced", "trade_measure"),
            ("ban", "trade_measure"),
            ("protest", "diplomatic_action"),
        )
    ],
    "replies": [
        {
            "reply_act_id": PROTEST["act_id"],
            "act_id": BAN["act_id"],
            "order": "1",
            "answers_type": "act",
            "source_url": PAGE,
            "note": "Protest over the ban.",
        }
    ],
    "totals": [
        {
            "total_id": "fra-2020-02-01-total",
            "as_of_date": "2020-02-01",
            "actor_code": "FRA",
            "target_code": "BEL",
            "total_type": "package",
            "scope": "bodies",
            "n_other_bodies": "3",
            "covers": f"{ANNOUNCEMENT['act_id']};{BAN['act_id']}",
            "source_urls": PAGE,
            "confidence_type": "high",
        }
    ],
    "disagreements": [
        {
            "act_id": BAN["act_id"],
            "field": "n_other_bodies",
            "value": "4",
            "source_url": PAGE,
            "adopted": "false",
        }
    ],
}
COLUMNS = {
    part: (SHIPPED / f"{part}.csv").read_text(encoding="utf-8").splitlines()[0].split(",") for part in READ
}


def write(folder: Path, part: str, rows: list[dict[str, str]]) -> Path:
    stream = io.StringIO()
    table = csv.DictWriter(stream, COLUMNS[part], restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    path = folder / f"{part}.csv"
    path.write_bytes(stream.getvalue().encode())
    return path


def changed(part: str, index: int = 0, **cells: str) -> list[dict[str, str]]:
    """The good rows of a file with some cells of one of them changed."""
    rows = [dict(row) for row in GOOD[part]]
    rows[index] |= cells
    return rows


def assert_quarantined(
    folder: Path, part: str, rows: list[dict[str, str]], line: int, column: str, value: str, *words: str
) -> None:
    read = READ[part](write(folder, part, rows))
    assert len(read.accepted) + len(read.rejected) == len(rows)
    assert read.rejected["row"].to_list() == [line]
    assert read.rejected["column"].to_list() == [column]
    (message,) = messages(read.rejected)
    shown = repr(value) if value else "None"
    for word in (f"{part}.csv", f"row {line}", repr(column), shown, *words):
        assert word in message, f"{word!r} is not in: {message}"


def accepted(folder: Path, **parts: list[dict[str, str]]) -> dict[str, pl.DataFrame]:
    """Every file of a ledger as read; ``parts`` take the place of the good ones."""
    read = {part: READ[part](write(folder, part, (GOOD | parts)[part])) for part in READ}
    assert all(rows.rejected.is_empty() for rows in read.values())
    return {part: rows.accepted for part, rows in read.items()}


def assert_unfit(folder: Path, *words: str, **parts: list[dict[str, str]]) -> None:
    with pytest.raises(RetorsionError) as error:
        ledger.check_references(**accepted(folder, **parts))
    for word in words:
        assert word in str(error.value), f"{word!r} is not in: {error.value}"


@pytest.fixture(scope="module")
def shipped() -> dict[str, Rows]:
    return {part: reader(SHIPPED / f"{part}.csv") for part, reader in READ.items()}


class TestShippedLedger:
    @pytest.mark.parametrize("part", READ)
    def test_no_row_is_quarantined(self, part: str, shipped: dict[str, Rows]) -> None:
        assert messages(shipped[part].rejected) == []
        assert len(shipped[part].accepted) > 0

    def test_all_references_resolve(self, shipped: dict[str, Rows]) -> None:
        ledger.check_references(**{part: rows.accepted for part, rows in shipped.items()})

    def test_every_type_of_the_vocabulary_is_used(self, shipped: dict[str, Rows]) -> None:
        types = set(shipped["act_types"].accepted["act_type"])
        assert types == set(shipped["acts"].accepted["act_type"])

    def test_acts_are_sorted_by_day_and_identifier(self) -> None:
        acts = pl.read_csv(SHIPPED / "acts.csv", infer_schema=False)
        day = pl.col("announced_date").str.pad_end(10, "-")
        assert acts["act_id"].to_list() == acts.sort(day, "act_id")["act_id"].to_list()

    def test_packages_sum_to_the_published_figures(self, shipped: dict[str, Rows]) -> None:
        """Bodies are published with or without banks; announcements and running tallies may be round."""
        acts = shipped["acts"].accepted
        packages = shipped["totals"].accepted.filter(pl.col("total_type") == "package")
        assert len(packages) > 0
        for total in packages.to_dicts():
            covered = acts.filter(pl.col("act_id").is_in(total["covers"].split(";")))
            sums = {name: covered[name].sum() for name in ledger.COUNTS}
            if total["n_individuals"] is not None:
                assert total["n_individuals"] == sums["n_individuals"], total["total_id"]
            if total["n_other_bodies"] is not None:
                with_banks = sums["n_other_bodies"] + sums["n_banks"]
                assert total["n_other_bodies"] in {sums["n_other_bodies"], with_banks}, total["total_id"]


class TestGoodRows:
    def test_types_and_lines(self, tmp_path: Path) -> None:
        acts = accepted(tmp_path)["acts"]
        assert acts["row"].to_list() == [2, 3, 4]
        assert acts["date_precision"].to_list() == ["day", "day", "month"]
        assert [str(day) for day in acts["announced_date"]] == ["2020-01-05", "2020-02-01", "2020-02-01"]
        assert acts.schema["effective_date"] == acts.schema["ended_date"] == pl.Date
        assert acts["n_other_bodies"].to_list() == [None, 3, None]
        assert acts.schema["n_banks"] == pl.Int64

    def test_types_of_the_other_files(self, tmp_path: Path) -> None:
        read = accepted(tmp_path)
        assert read["replies"]["order"].to_list() == [1]
        assert read["disagreements"]["adopted"].to_list() == [False]
        assert read["totals"].select("date_precision", "n_other_bodies").row(0) == ("day", 3)
        assert read["totals"].schema["as_of_date"] == pl.Date

    def test_references_fit(self, tmp_path: Path) -> None:
        ledger.check_references(**accepted(tmp_path))


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
    "group outside context": ({"actor_code": "G7"}, "actor_code", "G7", ("G7 only in the domain context",)),
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
    read = READ["acts"](write(tmp_path, "acts", changed("acts", 1, **cells)))
    assert read.rejected.is_empty()


def test_a_flow_outside_trade_is_quarantined(tmp_path: Path) -> None:
    rows = changed("acts", 2, flow_type="import")
    assert_quarantined(tmp_path, "acts", rows, 4, "flow_type", "import", "nothing otherwise")


def test_every_act_after_the_first_with_an_identifier_is_quarantined(tmp_path: Path) -> None:
    read = READ["acts"](write(tmp_path, "acts", [BAN, PROTEST, BAN, BAN]))
    assert read.accepted["row"].to_list() == [2, 3]
    assert read.rejected["row"].to_list() == [4, 5]
    assert set(read.rejected["value"]) == {BAN["act_id"]}
    assert "Merge the two rows" in messages(read.rejected)[0]


OTHER_FAULTS: dict[str, tuple[str, dict[str, str], str, str, tuple[str, ...]]] = {
    "product chapter": ("products", {"hs_codes": "999999"}, "hs_codes", "999999", ("chapters 01 to 97",)),
    "product revision": ("products", {"hs_revision": "HS2099"}, "hs_revision", "HS2099", ("HS2022",)),
    "product code": ("products", {"hs_codes": "44"}, "hs_codes", "44", ("four to ten digits",)),
    "product basis": ("products", {"mapping_basis": "guess"}, "mapping_basis", "guess", ("source",)),
    "type domain": ("act_types", {"domain_type": "x"}, "domain_type", "x", ("context",)),
    "type code": ("act_types", {"cameo_code": "16a"}, "cameo_code", "16a", ("two to four digits",)),
    "reply to itself": (
        "replies",
        {"act_id": PROTEST["act_id"]},
        "act_id",
        PROTEST["act_id"],
        ("is the reply itself",),
    ),
    "reply without main act": ("replies", {"order": "2"}, "order", "2", ("without a main act", "order 1")),
    "reply order": ("replies", {"order": "first"}, "order", "first", ("whole number from 1",)),
    "reply answers": ("replies", {"answers_type": "mood"}, "answers_type", "mood", ("sanctions_in_general",)),
    "reply page": ("replies", {"source_url": "page"}, "source_url", "page", ("starting with https://",)),
    "total date": ("totals", {"as_of_date": "2020-00-01"}, "as_of_date", "2020-00-01", ("YYYY-MM-DD",)),
    "total type": ("totals", {"total_type": "sum"}, "total_type", "sum", ("cumulative",)),
    "total state": ("totals", {"target_code": "EUR"}, "target_code", "EUR", ("alpha-3",)),
    "total count": ("totals", {"n_individuals": "about 3"}, "n_individuals", "about 3", ("whole number",)),
    "version field": ("disagreements", {"field": "mood"}, "field", "mood", ("announced_date",)),
    "version adopted": ("disagreements", {"adopted": "yes"}, "adopted", "yes", ("true, false",)),
    "version without page or note": (
        "disagreements",
        {"source_url": ""},
        "source_url",
        "",
        ("name the outlet",),
    ),
}


@pytest.mark.parametrize("fault", OTHER_FAULTS)
def test_a_faulty_row_of_another_file_is_quarantined(fault: str, tmp_path: Path) -> None:
    part, cells, column, value, words = OTHER_FAULTS[fault]
    assert_quarantined(tmp_path, part, changed(part, **cells), 2, column, value, *words)


@pytest.mark.parametrize("part", ["act_types", "totals", "replies", "products"])
def test_a_repeated_row_is_quarantined(part: str, tmp_path: Path) -> None:
    rows = [*GOOD[part], GOOD[part][0]]
    read = READ[part](write(tmp_path, part, rows))
    assert read.rejected["row"].to_list() == [len(rows) + 1]
    assert "duplicate" in messages(read.rejected)[0]


def test_impossible_acts_are_quarantined(tmp_path: Path) -> None:
    to_itself = PROTEST | {"target_codes": "BEL", "addressee_code": "BEL"}
    to_come = PROTEST | {"act_id": "bel-2999-02-protest", "announced_date": "2999-02"}
    rows = ledger.read_acts(
        write(tmp_path, "acts", [PROTEST, to_itself | {"act_id": "bel-2020-02-x"}, to_come])
    )
    assert rows.accepted["act_id"].to_list() == [PROTEST["act_id"]]
    assert rows.rejected.select("column", "reason").rows() == [
        ("target_codes", "names the actor itself"),
        ("announced_date", "is a day to come"),
    ]


def test_all_faults_of_a_row_are_named_at_once(tmp_path: Path) -> None:
    faulty = BAN | {"effective_date": "2020-13-01", "n_other_bodies": "three", "confidence_type": "hihg"}
    rows = ledger.read_acts(write(tmp_path, "acts", [faulty]))
    (row,) = rows.rejected.iter_rows(named=True)
    assert row["column"] == "effective_date"
    assert "Also column 'n_other_bodies', value 'three': is not a whole number" in row["remedy"]
    assert "Also column 'confidence_type', value 'hihg': is unknown." in row["remedy"]
    assert "Did you mean 'high'?" in row["remedy"]


class TestReferences:
    def test_reply_to_an_unknown_act(self, tmp_path: Path) -> None:
        words = ("replies.csv, row 2, column 'act_id', value 'fra-1999-x'", "add the act")
        assert_unfit(tmp_path, *words, replies=changed("replies", act_id="fra-1999-x"))

    def test_unknown_reply(self, tmp_path: Path) -> None:
        words = ("replies.csv, row 2, column 'reply_act_id', value 'bel-x'", "acts.csv does not have")
        assert_unfit(tmp_path, *words, replies=changed("replies", reply_act_id="bel-x"))

    def test_reply_before_its_act(self, tmp_path: Path) -> None:
        cells = {"act_id": "bel-2020-01-31-protest", "announced_date": "2020-01-31"}
        rows = {
            "acts": changed("acts", 2, **cells),
            "replies": changed("replies", reply_act_id=cells["act_id"]),
        }
        assert_unfit(tmp_path, "replies.csv, row 2", "comes before", "Correct one of the two dates", **rows)

    def test_reply_known_to_the_month_of_its_act_is_no_fault(self, tmp_path: Path) -> None:
        cells = {"act_id": "fra-2020-02-29-ban", "announced_date": "2020-02-29", "effective_date": ""}
        rows = {
            "acts": changed("acts", 1, **cells),
            "products": changed("products", act_id=cells["act_id"]),
            "scope": changed("scope", measure_id=cells["act_id"]),
            "replies": changed("replies", act_id=cells["act_id"]),
            "totals": changed("totals", covers=cells["act_id"]),
            "disagreements": changed("disagreements", act_id=cells["act_id"]),
        }
        ledger.check_references(**accepted(tmp_path, **rows))

    def test_unknown_act_type(self, tmp_path: Path) -> None:
        words = ("acts.csv, row 3, column 'act_type', value 'baan'", "act_types.csv")
        assert_unfit(tmp_path, *words, acts=changed("acts", 1, act_type="baan"))

    def test_the_nearest_act_type_is_named(self, tmp_path: Path) -> None:
        assert_unfit(tmp_path, "Did you mean 'protest'?", acts=changed("acts", 2, act_type="protst"))

    def test_goods_of_no_trade_measure(self, tmp_path: Path) -> None:
        words = ("scope.csv, row 2, column 'measure_id'", "is not a trade measure")
        assert_unfit(tmp_path, *words, scope=changed("scope", measure_id=PROTEST["act_id"]))

    def test_act_type_of_another_domain(self, tmp_path: Path) -> None:
        words = ("acts.csv, row 3, column 'act_type', value 'protest'", "another domain")
        assert_unfit(tmp_path, *words, acts=changed("acts", 1, act_type="protest"))

    def test_unknown_announcement(self, tmp_path: Path) -> None:
        words = ("acts.csv, row 3, column 'formalises_act_id', value 'fra-x'", "acts.csv does not have")
        assert_unfit(tmp_path, *words, acts=changed("acts", 1, formalises_act_id="fra-x"))

    @pytest.mark.parametrize("cells", [{"phase_type": "decision"}, {"actor_code": "LUX"}], ids=str)
    def test_not_an_announcement_of_the_same_actor(self, cells: dict[str, str], tmp_path: Path) -> None:
        if "actor_code" in cells:
            cells = cells | {"act_id": "lux-2020-01-05-ban"}
        acts = changed("acts", 0, **cells)
        acts[1] = acts[1] | {"formalises_act_id": acts[0]["act_id"]}
        totals = changed("totals", covers=acts[0]["act_id"])
        words = ("acts.csv, row 3, column 'formalises_act_id'", "not an earlier announcement")
        assert_unfit(tmp_path, *words, acts=acts, totals=totals)

    def test_later_announcement(self, tmp_path: Path) -> None:
        cells = {"act_id": "fra-2020-03-05-ban", "announced_date": "2020-03-05"}
        acts = changed("acts", 0, **cells)
        acts[1] = acts[1] | {"formalises_act_id": cells["act_id"]}
        totals = changed("totals", covers=cells["act_id"])
        assert_unfit(tmp_path, "not an earlier announcement", acts=acts, totals=totals)

    def test_product_of_no_trade_measure(self, tmp_path: Path) -> None:
        words = ("products.csv, row 2, column 'act_id'", "trade measures only")
        assert_unfit(tmp_path, *words, products=changed("products", act_id=PROTEST["act_id"]))

    def test_total_covers_an_unknown_act(self, tmp_path: Path) -> None:
        covers = f"{BAN['act_id']};fra-x"
        words = (f"totals.csv, row 2, column 'covers', value '{covers}'", "acts.csv does not have")
        assert_unfit(tmp_path, *words, totals=changed("totals", covers=covers))

    def test_version_of_an_unknown_act_and_a_count_of_the_others(self, tmp_path: Path) -> None:
        rows = [*changed("disagreements", act_id="fra-x"), *changed("disagreements", act_id="fra-y")]
        words = ("disagreements.csv, row 2, column 'act_id', value 'fra-x'", "(1 more)")
        assert_unfit(tmp_path, *words, disagreements=rows)


class TestFiles:
    """Faults of a file as a whole."""

    @staticmethod
    def fault(path: Path, alter: Callable[[bytes], bytes]) -> str:
        path.write_bytes(alter(path.read_bytes()))
        with pytest.raises(SourceError) as error:
            READ[path.stem](path)
        return str(error.value)

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return write(tmp_path, "acts", GOOD["acts"])

    def test_missing_column(self, path: Path) -> None:
        message = self.fault(path, lambda b: b.replace(b"actor_code,", b"", 1))
        assert "acts.csv, row 1" in message
        assert "lacks the columns ['actor_code']" in message
        assert "The layout is: act_id," in message

    def test_unknown_column(self, path: Path) -> None:
        message = self.fault(path, lambda b: b.replace(b",note,", b",notes,", 1))
        assert "lacks the columns ['note']" in message
        assert "unknown columns ['notes']" in message

    def test_reordered_columns(self, path: Path) -> None:
        message = self.fault(
            path, lambda b: b.replace(b"effective_date,ended_date", b"ended_date,effective_date", 1)
        )
        assert "another order" in message

    def test_not_utf8(self, path: Path) -> None:
        message = self.fault(path, lambda b: b.replace(b"France bans", b"Fran\xe7e bans"))
        assert "acts.csv, row 3" in message
        assert "UTF-8" in message

    def test_what_a_spreadsheet_saves_is_read(self, path: Path) -> None:
        before = ledger.read_acts(path)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        after = ledger.read_acts(path)
        assert after.accepted.equals(before.accepted)
        assert after.rejected.equals(before.rejected)

    def test_single_carriage_returns(self, path: Path) -> None:
        message = self.fault(path, lambda b: b.replace(b"France", b"Fra\rnce", 1))
        assert "acts.csv, row 2" in message
        assert "LF line ends" in message

    def test_ragged_row(self, path: Path) -> None:
        message = self.fault(path, lambda b: b.replace(b'"France bans, says the page."', b"France bans, x"))
        assert "acts.csv, row 3" in message
        assert "Quote cells that contain commas" in message

    def test_line_break_in_a_cell(self, path: Path) -> None:
        message = self.fault(path, lambda b: b.replace(b"bans, says", b"bans,\nsays"))
        assert "acts.csv, row 3" in message
        assert "Write the cell on one line" in message


@st.composite
def altered(draw: st.DrawFn) -> tuple[str, list[dict[str, str]]]:
    """A file of the ledger with arbitrary text in some of its cells."""
    part = draw(st.sampled_from(ledger.PARTS))
    rows: list[dict[str, Any]] = [dict(row) for row in GOOD[part] * 2]
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.sampled_from(rows))
        likely = st.sampled_from(
            ["", "2020-02-30", "0000-01", "٢٠٢٠-٠١-٠١", "-1", "9" * 30, "FRA;", ";", "é"]
        )
        row[draw(st.sampled_from(COLUMNS[part]))] = draw(likely | st.text(max_size=20))
    return part, rows


@settings(max_examples=100, deadline=None)
@given(altered())
def test_any_text_is_accepted_or_rejected_and_never_lost(case: tuple[str, list[dict[str, str]]]) -> None:
    part, rows = case
    with tempfile.TemporaryDirectory() as folder:
        try:
            read = READ[part](write(Path(folder), part, rows))
        except RetorsionError:
            return
        assert len(read.accepted) + len(read.rejected) == len(rows)
        parts = {p: READ[p](write(Path(folder), p, GOOD[p])).accepted for p in READ if p != part}
        try:
            ledger.check_references(**(parts | {part: read.accepted}))
        except RetorsionError:
            return
