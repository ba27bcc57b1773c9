"""The files of a ledger: the shipped ones are sound, and every fault is named with its place and its remedy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_rows import ACT_TYPES, GOOD, HOSTS, PROTEST, accepted, assert_quarantined, changed, read, write
from places import ROOT
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.ledger import LAYOUTS, PARTS, read_part
from retorsion.sources.formats.ledger_acts import COUNTS
from retorsion.sources.formats.ledger_references import check_references
from retorsion.sources.readers import recognise
from retorsion.sources.rows import messages

SHIPPED = ROOT / "data" / "raw" / "ledger_jpn_rus"


@pytest.fixture(scope="module")
def shipped() -> dict[str, pl.DataFrame]:
    return {part: read_part(SHIPPED / f"{part}.csv", part, source_id=SHIPPED.name).accepted for part in PARTS}


class TestShippedLedger:
    def test_acts_are_sorted_by_day_and_identifier(self) -> None:
        acts = pl.read_csv(SHIPPED / "acts.csv", infer_schema=False)
        day = pl.col("announced_date").str.pad_end(10, "-")
        assert acts["act_id"].to_list() == acts.sort(day, "act_id")["act_id"].to_list()

    def test_packages_sum_to_the_published_figures(self, shipped: dict[str, pl.DataFrame]) -> None:
        """Bodies are published with or without banks; announcements and running tallies may be round."""
        acts = shipped["acts"]
        packages = shipped["totals"].filter(pl.col("total_type") == "package")
        assert len(packages) > 0
        for total in packages.to_dicts():
            covered = acts.filter(pl.col("act_id").is_in(total["covers"].split(";")))
            sums = {name: covered[name].sum() for name in COUNTS}
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
        found = accepted(tmp_path)
        assert found["replies"]["order"].to_list() == [1]
        assert found["disagreements"]["adopted"].to_list() == [False]
        assert found["totals"].select("date_precision", "n_other_bodies").row(0) == ("day", 3)
        assert found["totals"].schema["as_of_date"] == pl.Date


OTHER_FAULTS: dict[str, tuple[str, dict[str, str], str, str, tuple[str, ...]]] = {
    "product chapter": ("products", {"hs_codes": "999999"}, "hs_codes", "999999", ("chapters 01 to 97",)),
    "product revision": ("products", {"hs_revision": "HS2099"}, "hs_revision", "HS2099", ("HS2022",)),
    "product code": ("products", {"hs_codes": "44"}, "hs_codes", "44", ("four to ten digits",)),
    "product basis": ("products", {"mapping_basis": "guess"}, "mapping_basis", "guess", ("source",)),
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
    "hash of a page": ("pages", {"sha256": "A" * 64}, "sha256", "A" * 64, ("64 small hexadecimal digits",)),
    "day of a page": ("pages", {"page_date": "2020-02-30"}, "page_date", "2020-02-30", ("not a date",)),
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


@pytest.mark.parametrize("part", ["totals", "replies", "products"])
def test_a_repeated_row_is_quarantined(part: str, tmp_path: Path) -> None:
    rows = [*GOOD[part], GOOD[part][0]]
    found = read(tmp_path, part, rows)
    assert found.rejected["row"].to_list() == [len(rows) + 1]
    assert "duplicate" in messages(found.rejected)[0]


@pytest.mark.parametrize("part", PARTS)
def test_a_file_is_known_by_its_columns_before_it_is_in_a_ledger(part: str, tmp_path: Path) -> None:
    path = write(tmp_path, part, GOOD[part])
    known = recognise(path)
    assert known.what == f"{part}.csv of a ledger"
    assert len(known.read(path, source_id="new").accepted) == len(GOOD[part])


class TestFiles:
    """Faults of a file as a whole."""

    @staticmethod
    def fault(path: Path, alter: Callable[[bytes], bytes]) -> str:
        path.write_bytes(alter(path.read_bytes()))
        with pytest.raises(SourceError) as error:
            read_part(path, path.stem, source_id="ledger_x")
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
        before = read_part(path, "acts", source_id="ledger_x")
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        after = read_part(path, "acts", source_id="ledger_x")
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
    part = draw(st.sampled_from(PARTS))
    rows: list[dict[str, Any]] = [dict(row) for row in GOOD[part] * 2]
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.sampled_from(rows))
        likely = st.sampled_from(
            ["", "2020-02-30", "0000-01", "٢٠٢٠-٠١-٠١", "-1", "9" * 30, "FRA;", ";", "é"]
        )
        row[draw(st.sampled_from(LAYOUTS[part].columns))] = draw(likely | st.text(max_size=20))
    return part, rows


@settings(max_examples=EXAMPLES, deadline=None)
@given(altered())
def test_any_text_is_accepted_or_rejected_and_never_lost(case: tuple[str, list[dict[str, str]]]) -> None:
    part, rows = case
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = read(Path(folder), part, rows)
        except RetorsionError:
            return
        assert len(found.accepted) + len(found.rejected) == len(rows)
        parts = {p: read(Path(folder), p, GOOD[p]).accepted for p in PARTS if p != part}
        try:
            check_references(parts | {part: found.accepted}, ACT_TYPES, HOSTS)
        except RetorsionError:
            return
