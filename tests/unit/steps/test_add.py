"""Adding a source: what is shown, what is written, and what leaves nothing behind."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path

import polars as pl
import pytest
import yaml
from places import FIXTURES
from retorsion.events.source import described
from retorsion.sources.formats.baci_csv import read_baci_csv
from retorsion.sources.sidecar import load_sidecar, load_sidecars
from retorsion.steps import showing
from shell import EVENTS, LINES, LONG_CELL, NEWER, OF_USA, PARAMS, SDN, TARGET, TRADE, Shell, make_project


def test_add_writes_a_folder_that_builds(pinned: Shell) -> None:
    sidecar = load_sidecar(pinned.folder() / "source.yaml")
    assert sidecar.files[0].path == "sdn.csv"  # the next vintage takes its place, so it has no day
    assert (sidecar.reader, sidecar.date_published) == ("ofac_sdn", date(2024, 1, 1))
    assert (sidecar.title, sidecar.producer, sidecar.citation) == ("not stated",) * 3
    assert (sidecar.url, sidecar.url_download, sidecar.licence.name) == (None, None, None)
    assert (pinned.folder() / "sdn.csv").read_bytes() == SDN
    programmes = pl.read_csv(pinned.folder() / "programmes.csv")
    assert set(programmes["target_code"]) == {"RUS"}


def test_add_shows_first_rows_quarantine_and_parameters(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    many = b"".join(line.replace(b"104,", b"%d," % n) for n in range(200, 240) for line in LINES[-1:])
    path.write_bytes(b"".join(LINES).replace(b'"vessel"', b'"saucer"') + many)
    out = shell.good(
        "add", "list", str(path), "--as", "list", *OF_USA, "--target", "RUS", "--programme", "THIRD"
    )
    assert "Read as ofac_sdn" in out
    assert "EXAMPLE TRADING CO." in out
    assert "1 quarantined" in out
    assert "value 'saucer': is not a kind of subject" in out
    assert "list: {sender_code: USA, instrument_type: asset_freeze, others: leave_out}" in out
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == PARAMS


def test_add_writes_parameters_when_told_and_keeps_comments(shell: Shell, tmp_path: Path) -> None:
    shutil.copyfile(FIXTURES / "customs" / "comtrade_api.csv", tmp_path / "comtrade.csv")
    shell.good(
        "add", "flows", str(tmp_path / "comtrade.csv"), "--as", "trade", "--params", "--option", "n_months=1"
    )
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert "  flows:     # trade\n    trade: {n_months: 1}\n" in text
    assert yaml.safe_load(text)["sources"]["flows"] == {"trade": {"n_months": 1}}


def test_a_target_alone_shows_the_programmes_to_choose_from_and_writes_nothing(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN)
    code, out, err = shell("add", "list", str(path), "--as", "list", *OF_USA, "--target", "RUS", "--params")
    assert code != 0
    for name in ("FIRST-EO10000", "SECOND - TWO", "THIRD"):
        assert name in out
    assert "--programme NAME" in err
    assert not shell.folder().exists()
    path.write_bytes(LINES[1])  # a list of one programme leaves no choice
    shell.good("add", "list", str(path), "--as", "list", *OF_USA, "--target", "RUS")
    table = pl.read_csv(shell.folder() / "programmes.csv")
    assert table.select("programme", "target_code").rows() == [("FIRST-EO10000", "RUS")]


def test_options_that_are_given_win_over_those_that_are_proposed(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN)
    given = ("others=refuse", "undetermined_type=bank", "country_system=name")
    chosen = [word for one in given for word in ("--option", one)]
    shell.good("add", "list", str(path), "--as", "list", *OF_USA, *TARGET, *chosen, "--params")
    written = yaml.safe_load((tmp_path / "params.yaml").read_text(encoding="utf-8"))["sources"]["lists"]
    assert written["list"] == {
        "sender_code": "USA",
        "instrument_type": "asset_freeze",
        "others": "refuse",
        "undetermined_type": "bank",
        "country_system": "name",
    }


def test_a_folder_is_not_said_to_be_missing(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("add", "list", str(tmp_path), "--as", "list")
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
    shell("add", "list", str(path), "--as", "list", *OF_USA)
    shown = raw.getvalue().decode("latin-1")
    assert "| list_number" in shown
    assert r"\u041f\u0420" in shown
    assert "Written: data/raw/list/source.yaml" in shown


LIST, FLOWS = "list", "flows"
ONE_MONTH = b"".join(TRADE.splitlines(keepends=True)[:2])


@pytest.mark.parametrize(
    ("kind", "file", "content", "options", "problem"),
    [
        (LIST, "sdn_2024-01-01.csv", None, [], "is missing"),
        (LIST, "sdn_2024-01-01.csv", b"", [], "is empty"),
        (LIST, "sdn.csv", SDN, [*OF_USA], "--date YYYY-MM-DD"),
        (LIST, "sdn_9999-12-31.csv", SDN, [*OF_USA], "the day 9999-12-31 is still to come"),
        (LIST, "sdn.csv", SDN, [*OF_USA, "--date", "9999-12-31"], "--date: the day 9999-12-31 is still to come"),
        (LIST, "sdn.csv", SDN, [*OF_USA, "--date", "0001-01-01"], "is before 1900"),
        (LIST, "sdn_2024-01-01.csv", SDN, [], "--sender"),
        (LIST, "sdn_2024-01-01.csv", SDN, ["--sender", "USA"], "--instrument: what being listed means"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--target", "RUS", "--programme", "THIRDD"],
         "Did you mean 'THIRD'"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--programme", "THIRD"], "needs --target"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--target", "RUS"], "which of the 3 programmes"),
        (LIST, "sdn_2024-01-01.csv", SDN, ["--sender", "QQQ"], "--sender 'QQQ' is not a known state"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--target", "RUX"], "--target 'RUX' is not a known.*'RUS'"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--option", "foo=1"], "no option 'foo'"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--option", "other=1"], "Did you mean 'others'"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--option", "others"], "write name=value"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, *["--option", "others=refuse"] * 2], "given twice"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--option", "others=["], "is not YAML"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--option", "others=skip"], "others.*'skip'"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--like", "us_ofac"], "Did you mean 'us_ofac_sdn'"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--like", "eu_fsf"], "is read by eu_fsf, the file by"),
        (LIST, "trade.csv", TRADE, [*OF_USA], "holds flows .*retorsion add flows .* --as list"),
        (FLOWS, "sdn_2024-01-01.csv", SDN, [], "retorsion add list"),
        (FLOWS, "trade.csv", TRADE, ["--option", "months=1"], "Did you mean 'n_months'"),
        (FLOWS, "trade.csv", ONE_MONTH, ["--option", "n_months=12"], "has no periods of 12 months"),
        ("events", "20220301.export.CSV", EVENTS, [], "events need --pair"),
        ("events", "20220301.export.CSV", EVENTS, ["--pair", "JPN"], "write two different states"),
        ("events", "20220301.export.CSV", EVENTS, ["--pair", "JPN,RUX"], "'RUX' is not a known state"),
        ("other", "20220301.export.CSV", EVENTS, [], "retorsion add events"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--reader", "flow"], "is not the name of a reader"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--date", "1.1.24"], "is not a day"),
        (LIST, "sdn_2024-01-01.csv", SDN, [*OF_USA, "--reader", "ofsi"], "Last Updated"),
        (LIST, "list_2024-01-01.csv", b"a,b\n1,2\n", [], "in no format that a reader knows"),
        (LIST, "list_2024-01-01.csv", b"<html><body>Sign in</body></html>", [], "is a web page"),
        (LIST, "list_2024-01-01.csv", SDN.replace(b"EXAMPLE", b"\xff\xfeAMPLE"), [*OF_USA], "UTF-8"),
        (LIST, "list_2024-01-01.csv", LONG_CELL, [*OF_USA], "cell|character|cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_leaves_nothing(
    shell: Shell,
    tmp_path: Path,
    kind: str,
    file: str,
    content: bytes | None,
    options: list[str],
    problem: str,
) -> None:
    if content is not None:
        (tmp_path / file).write_bytes(content)
    code, _, err = shell("add", kind, str(tmp_path / file), "--as", "list", *options, "--params")
    assert code != 0
    assert re.search(problem, err), err
    assert not shell.folder().exists()
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == PARAMS


def test_a_sidecar_says_what_the_user_says_or_the_entry_the_user_names(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN)
    out = shell.good(
        "add", "list", str(path), "--as", "own", *OF_USA, "--producer", "A ministry", "--title", "A list"
    )
    own = load_sidecar(shell.folder("own") / "source.yaml")
    assert (own.producer, own.title, own.citation) == (
        "A ministry",
        "A list",
        "A ministry, A list, 2024-01-01.",
    )
    assert own.url_download is None
    assert "us_ofac_sdn" in out
    shell.good("add", "list", str(path), "--as", "sdn", *OF_USA, "--like", "us_ofac_sdn")
    like = load_sidecar(shell.folder("sdn") / "source.yaml")
    assert like.producer.startswith("United States")
    assert like.licence.name is not None
    assert str(like.url_download).startswith("https://sanctionslistservice.ofac.treas.gov/")


def test_a_source_is_never_added_over_another(pinned: Shell, tmp_path: Path) -> None:
    (tmp_path / "sdn_2024-02-02.csv").write_bytes(NEWER)
    code, _, err = pinned("add", "list", str(tmp_path / "sdn_2024-02-02.csv"), "--as", "list", *OF_USA)
    assert code != 0
    assert "refresh list --from" in err
    assert (pinned.folder() / "sdn.csv").read_bytes() == SDN


@pytest.mark.parametrize("name", ["source.yaml", "programmes.csv", "Observed.csv", "vintages", "files"])
def test_a_file_whose_name_means_something_else_gets_another(shell: Shell, tmp_path: Path, name: str) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / name).write_bytes(SDN)
    shell.good(
        "add",
        "list",
        str(tmp_path / "given" / name),
        "--as",
        "list",
        "--date",
        "2024-01-01",
        *OF_USA,
        *TARGET,
    )
    sidecar = load_sidecar(shell.folder() / "source.yaml")
    assert [file.path for file in sidecar.data_files] == [f"list_{name}"]
    assert (shell.folder() / f"list_{name}").read_bytes() == SDN
    assert len(pl.read_csv(shell.folder() / "programmes.csv")) == 3


def test_a_folder_without_its_sidecar_is_completed_and_the_users_table_kept(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "sdn_2024-01-01.csv"
    path.write_bytes(SDN)
    shell.folder().mkdir()
    (shell.folder() / "sdn.csv").write_bytes(SDN[:40])
    (shell.folder() / "programmes.csv").write_text("programme,target_code,addressee_code\nTHIRD,RUS,\n")
    out = shell.good("add", "list", str(path), "--as", "list", *OF_USA, *TARGET, "--params")
    assert "it is completed" in out
    assert (shell.folder() / "sdn.csv").read_bytes() == SDN
    assert len(pl.read_csv(shell.folder() / "programmes.csv")) == 1
    (shell.folder("strange")).mkdir()
    (shell.folder("strange") / "notes.txt").write_text("mine")
    code, _, err = shell("add", "list", str(path), "--as", "strange", *OF_USA)
    assert (code, "holds notes.txt" in err) == (1, True)


def test_two_commands_at_once_both_keep_what_they_write(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "trade.csv").write_bytes(ONE_MONTH)
    names = ["one", "two", "three", "four"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "retorsion", "add", "flows", "trade.csv", "--as", name, "--params"],
            cwd=tmp_path,
            env={**os.environ, "RETORSION_HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
        )
        for name in names
    ]
    assert [process.wait(120) for process in running] == [0] * len(names)
    written = yaml.safe_load((tmp_path / "params.yaml").read_text(encoding="utf-8"))["sources"]["flows"]
    assert sorted(written) == sorted(names)
    assert set(names) < {sidecar.id for sidecar in load_sidecars(tmp_path / "data" / "raw")}


def test_parameters_that_a_killed_command_did_not_write_are_written(pinned: Shell, tmp_path: Path) -> None:
    path = str(tmp_path / "sdn_2024-01-01.csv")
    assert "has this file already" in pinned.good(
        "add", "list", path, "--as", "list", *OF_USA, *TARGET, "--params"
    )
    written = yaml.safe_load((tmp_path / "params.yaml").read_text(encoding="utf-8"))["sources"]["lists"]
    assert set(written) == {"list"}
    code, _, err = pinned("add", "list", path, "--as", "list", *OF_USA, *TARGET, "--params")
    assert (code, "has list already" in err) == (1, True)


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
    assert "7 rows" in shell.good("add", "flows", str(path), "--as", "trade", "--option", "n_months=1")


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
    before = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    path = tmp_path / name
    shutil.copyfile(FIXTURES / "events" / name, path)
    out = shell.good("add", "events", str(path), "--as", "news", "--pair", "JPN,RUS")
    for words in (
        f"Read as {reader}",
        shown,
        f"news: {{reader: {reader}",
        "events build news",
        "docs/events.md",
    ):
        assert words in out
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == before
    assert not shell.folder("news").exists()
    shell.good("add", "events", str(path), "--as", "news", "--pair", "JPN,RUS", "--params")
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert text.startswith(before)
    news = described("news", yaml.safe_load(text)["events"]["news"], tmp_path)
    assert news.paths == (path,)
    assert news.pairs == (("JPN", "RUS"),)
    assert news.coding is not None
    code, _, err = shell("add", "events", str(path), "--as", "news", "--pair", "JPN,RUS", "--params")
    assert code != 0
    assert "has news already" in err
    code, _, err = shell("refresh", "news")
    assert code != 0
    assert "events build news" in err


def test_rows_that_are_there_twice_are_no_reason_to_refuse_a_file(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    row = "2022,JPN,RUS,export,TOTAL,5,USD\n"
    path.write_text(f"period,reporter,partner,flow,product,value,unit\n{row}{row}")
    out = shell.good("add", "flows", str(path), "--as", "trade")
    assert "says the same as row 2" in out
    assert "It makes 1 rows of trade_flows." in out
    path.write_text(
        f"period,reporter,partner,flow,product,value,unit\n{row}{row}{row.replace('RUS', 'Atlantis')}"
    )
    code, _, err = shell("add", "flows", str(path), "--as", "other")
    assert code != 0
    assert "1 of 3 rows cannot be read" in err
    assert "value 'Atlantis'" in err  # and not the repetition


def unpacked_baci(folder: Path) -> Path:
    with zipfile.ZipFile(FIXTURES / "customs" / "BACI_HS92_V202401b.zip") as archive:
        archive.extractall(folder)
    return folder


def test_a_folder_of_baci_becomes_a_source_with_its_years(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "QUARANTINE_LIMIT", 1.0)  # the fixture has faulty rows
    folder = unpacked_baci(tmp_path / "BACI_HS92_V202401b")
    (folder / ".DS_Store").write_bytes(b"x")
    out = shell.good("add", "flows", str(folder), "--as", "baci_mine")
    assert "It makes 4 rows of trade_flows." in out
    sidecar = load_sidecar(shell.folder("baci_mine") / "source.yaml")
    assert [file.path for file in sidecar.files] == ["BACI_HS92_V202401b.zip"]
    assert sidecar.processing == "Packed unchanged from the folder BACI_HS92_V202401b."
    made = shell.folder("baci_mine") / "BACI_HS92_V202401b.zip"
    read = [read_baci_csv(one, source_id="b").accepted for one in (made, folder)]
    assert len(read[0]) == 4
    assert read[0].equals(read[1])
    assert not list((tmp_path / "data").glob(".adding*"))  # nothing is left behind
    assert "has this file already" in shell.good(
        "add", "flows", str(folder), "--as", "baci_mine"
    )  # byte for byte


def test_a_folder_that_is_no_publication_says_how_its_files_become_a_source(
    shell: Shell, tmp_path: Path
) -> None:
    folder = tmp_path / "years"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_bytes(TRADE)
    code, _, err = shell("add", "flows", str(folder), "--as", "mine")
    assert code != 0
    assert "list them under files in its source.yaml, and run retorsion pin" in err
    assert not shell.folder("mine").exists()
    strange = unpacked_baci(tmp_path / "edition") / "notes.csv"
    strange.write_text("mine\n")
    code, _, err = shell("add", "flows", str(strange.parent), "--as", "mine")
    assert code != 0
    assert "'notes.csv': holds a file that is no part of the publication" in err
    assert not shell.folder("mine").exists()


def test_events_of_ones_own_are_not_promised_to_be_built(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("date,actor,target,kind\n2022-03-01,JPN,RUS,sanction\n")
    code, _, err = shell("add", "events", str(path), "--as", "mine", "--pair", "JPN,RUS")
    assert code != 0
    assert "is read by tidy_events, and can be looked at" in err
    assert "Only events of gdelt, icews, polecat are built" in err
