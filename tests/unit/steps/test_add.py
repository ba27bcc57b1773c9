"""Adding a source: what is shown, what is written, and what leaves nothing behind."""

from __future__ import annotations

import gzip
import re
import shutil
import sys
from collections.abc import Callable
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path

import polars as pl
import pytest
import yaml
from places import FIXTURES
from retorsion.events import store as event_store
from retorsion.sources.sidecar import load_sidecar
from retorsion.steps import showing
from shell import EVENTS, LINES, LONG_CELL, PARAMS, SDN, TARGET, TRADE, Shell


def test_add_writes_a_folder_that_builds(pinned: Shell) -> None:
    sidecar = load_sidecar(pinned.folder() / "source.yaml")
    assert sidecar.files[0].path == "sdn.csv"  # the next vintage takes its place, so it has no day
    assert (sidecar.reader, sidecar.date_published) == ("ofac_sdn", date(2024, 1, 1))
    assert sidecar.producer.startswith("United States")  # known from the catalogue
    assert sidecar.licence.name is not None
    assert (pinned.folder() / "sdn.csv").read_bytes() == SDN
    programmes = pl.read_csv(pinned.folder() / "programmes.csv")
    assert set(programmes["target_code"]) == {"RUS"}


def test_add_shows_first_rows_quarantine_and_parameters(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    many = b"".join(line.replace(b"104,", b"%d," % n) for n in range(200, 240) for line in LINES[-1:])
    path.write_bytes(b"".join(LINES).replace(b'"vessel"', b'"saucer"') + many)
    out = shell.good(
        "add", str(path), "--as", "list", "--sender", "USA", "--target", "RUS", "--programme", "THIRD"
    )
    assert "Read as ofac_sdn" in out
    assert "EXAMPLE TRADING CO." in out
    assert "1 quarantined" in out
    assert "value 'saucer': is not a kind of subject" in out
    assert "list: {sender_code: USA, instrument_type: asset_freeze, others: leave_out}" in out
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == PARAMS


def test_add_writes_parameters_when_told_and_keeps_comments(shell: Shell, tmp_path: Path) -> None:
    shutil.copyfile(FIXTURES / "customs" / "comtrade_api.csv", tmp_path / "comtrade.csv")
    shell.good("add", str(tmp_path / "comtrade.csv"), "--as", "trade", "--params", "--option", "n_months=12")
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert "  flows:  # trade\n    trade: {n_months: 12}\n" in text
    assert yaml.safe_load(text)["sources"]["flows"] == {"trade": {"n_months": 12}}


def test_a_target_alone_shows_the_programmes_to_choose_from_and_writes_nothing(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN)
    code, out, err = shell("add", str(path), "--as", "list", "--sender", "USA", "--target", "RUS", "--params")
    assert code != 0
    for name in ("FIRST-EO10000", "SECOND - TWO", "THIRD"):
        assert name in out
    assert "--programme NAME" in err
    assert not shell.folder().exists()
    path.write_bytes(LINES[1])  # a list of one programme leaves no choice
    shell.good("add", str(path), "--as", "list", "--sender", "USA", "--target", "RUS")
    table = pl.read_csv(shell.folder() / "programmes.csv")
    assert table.select("programme", "target_code").rows() == [("FIRST-EO10000", "RUS")]


def test_options_that_are_given_win_over_those_that_are_proposed(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN)
    given = ("others=refuse", "undetermined_type=bank", "country_system=name")
    chosen = [word for one in given for word in ("--option", one)]
    shell.good("add", str(path), "--as", "list", "--sender", "USA", *TARGET, *chosen, "--params")
    written = yaml.safe_load((tmp_path / "params.yaml").read_text(encoding="utf-8"))["sources"]["lists"]
    assert written["list"] == {
        "sender_code": "USA",
        "instrument_type": "asset_freeze",
        "others": "refuse",
        "undetermined_type": "bank",
        "country_system": "name",
    }


def test_a_folder_is_not_said_to_be_missing(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("add", str(tmp_path), "--as", "list")
    assert code != 0
    assert "is a folder" in err


def test_a_terminal_without_utf8_shows_a_table_in_its_own_letters(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN.replace(b"EXAMPLE SHIP", "ПРИМЕР".encode()))
    raw = BytesIO()
    terminal = TextIOWrapper(raw, encoding="latin-1", write_through=True)
    monkeypatch.setattr(sys, "stdout", terminal)
    shell("add", str(path), "--as", "list", "--sender", "USA")
    shown = raw.getvalue().decode("latin-1")
    assert "| list_number" in shown
    assert r"\u041f\u0420" in shown
    assert "Written: data/raw/list/source.yaml" in shown


@pytest.mark.parametrize(
    ("file", "content", "options", "problem"),
    [
        ("sdn_2024-01-01.csv", None, [], "is missing"),
        ("sdn_2024-01-01.csv", b"", [], "is empty"),
        ("sdn.csv", SDN, ["--sender", "USA"], "--date YYYY-MM-DD"),
        ("sdn_2024-01-01.csv", SDN, [], "--sender"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--programme", "NO-SUCH"], "NO-SUCH"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--target", "RUS"], "which of the 3 programmes"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "QQQ"], "--sender 'QQQ' is not a known state"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--target", "RUX"], "--target 'RUX' is not a known"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--option", "foo=1"], "no option 'foo'"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--option", "other=1"], "Did you mean 'others'"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--option", "others"], "write name=value"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", *["--option", "others=refuse"] * 2], "given twice"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--option", "others=["], "is not YAML"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--option", "others=skip"], "Use one of: refuse"),
        ("trade.csv", TRADE, ["--sender", "USA"], "--sender: says nothing of a file of flows"),
        ("trade.csv", TRADE, ["--programme", "ONE"], "--programme: says nothing of a file of flows"),
        ("trade.csv", TRADE, ["--option", "months=1"], "Did you mean 'n_months'"),
        ("20220301.export.CSV", EVENTS, ["--option", "pairs=[]"], "--option: says nothing"),
        ("20220301.export.CSV", EVENTS, ["--url-download", "https://a.b"], "--url-download: says nothing"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--reader", "flow"], "is not the name of a reader"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--date", "1.1.24"], "is not a day"),
        ("sdn_2024-01-01.csv", SDN, ["--sender", "USA", "--reader", "ofsi"], "Last Updated"),
        ("list_2024-01-01.csv", b"a,b\n1,2\n", [], "in no layout"),
        ("list_2024-01-01.csv", b"<html><body>Sign in</body></html>", [], "is a web page"),
        ("list_2024-01-01.csv", SDN.replace(b"EXAMPLE", b"\xff\xfeAMPLE"), ["--sender", "USA"], "UTF-8"),
        ("list_2024-01-01.csv", LONG_CELL, ["--sender", "USA"], "cell|character|cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_leaves_nothing(
    shell: Shell, tmp_path: Path, file: str, content: bytes | None, options: list[str], problem: str
) -> None:
    if content is not None:
        (tmp_path / file).write_bytes(content)
    code, _, err = shell("add", str(tmp_path / file), "--as", "list", *options, "--params")
    assert code != 0
    assert re.search(problem, err), err
    assert not shell.folder().exists()
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == PARAMS


def test_a_source_is_never_added_over_another(pinned: Shell, tmp_path: Path) -> None:
    code, _, err = pinned("add", str(tmp_path / "sdn_2024-01-01.csv"), "--as", "list", "--sender", "USA")
    assert code != 0
    assert "refresh list --from" in err


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: gzip.compress(text),
    ],
)
def test_marks_line_ends_and_compression_that_a_layout_permits_are_read(
    shell: Shell, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    text = (FIXTURES / "customs" / "comtrade_api.csv").read_bytes().replace(b"\r\n", b"\n")
    changed = change(text)
    path = tmp_path / ("trade.csv.gz" if changed.startswith(b"\x1f") else "trade.csv")
    path.write_bytes(changed)
    assert "7 rows" in shell.good("add", str(path), "--as", "trade")


@pytest.mark.parametrize(
    ("name", "reader", "shown"),
    [
        ("20220301001500.export.CSV.zip", "gdelt", "event_id"),
        ("20220301.export.CSV", "gdelt", "event_id"),
        ("events.2014.tab", "icews", "source_state_code"),
        ("ngecEvents.20220301-20220307.txt", "polecat", "plover_category"),
    ],
)
def test_an_event_file_is_shown_and_built_where_it_is(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, reader: str, shown: str
) -> None:
    monkeypatch.setattr(showing, "QUARANTINE_LIMIT", 1.0)  # the fixtures are made of faulty rows
    before = "pair: {a: JPN, b: RUS}  # sides\n" + PARAMS
    (tmp_path / "params.yaml").write_text(before, encoding="utf-8")
    path = tmp_path / name
    shutil.copyfile(FIXTURES / "events" / name, path)
    out = shell.good("add", str(path), "--as", "news")
    for words in (f"Read as {reader}", shown, f"    reader: {reader}", "build events news", "docs/events.md"):
        assert words in out
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == before
    assert not shell.folder("news").exists()
    shell.good("add", str(path), "--as", "news", "--params")
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert text.startswith(before)
    described = event_store.described("news", yaml.safe_load(text)["events"]["news"], tmp_path)
    assert described.paths == (path,)
    assert described.pairs == (("JPN", "RUS"),)
    assert described.coding is not None
    code, _, err = shell("add", str(path), "--as", "news", "--params")
    assert code != 0
    assert "has news already" in err
    code, _, err = shell("refresh", "news")
    assert code != 0
    assert "build events news" in err
