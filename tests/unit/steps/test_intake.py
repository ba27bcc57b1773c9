"""Refresh and add, through the command line: what they show and pin; faults leave the pinned copy."""

from __future__ import annotations

import gzip
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path

import polars as pl
import pytest
import yaml
from fault_server import FaultServer, broken, drip, gzipped, ok, redirect, status
from places import FIXTURES, ROOT
from retorsion import cli, project
from retorsion.errors import RetorsionError
from retorsion.events import store as event_store
from retorsion.sources.readers import reader, readers
from retorsion.sources.sidecar import load_catalogue, load_sidecar, load_sidecars
from retorsion.sources.transfer.fetch import Transfer
from retorsion.steps import intake
from retorsion.steps.intake import with_entry, with_events, with_fetched
from retorsion.tables.builders import build_list

SDN = (FIXTURES / "lists" / "ofac_sdn.csv").read_bytes()
LINES = SDN.removesuffix(b"\x1a").splitlines(keepends=True)
#: One subject more, one renamed.
NEWER = b"".join(
    [*LINES, LINES[-1].replace(b"104,", b"105,")]
).replace(b"EXAMPLE PERSON, One", b"EXAMPLE PERSON, Uno")  # fmt: skip
#: What the fixture's programmes are said to target.
TARGET = (
    "--target",
    "RUS",
    "--programme",
    "FIRST-EO10000",
    "--programme",
    "SECOND - TWO",
    "--programme",
    "THIRD",
)
LONG_CELL = SDN.removesuffix(b"\x1a") + b'9,"' + b"x" * 10_000_000 + b'"\r\n'
TRADE = (FIXTURES / "customs" / "comtrade_api.csv").read_bytes()
EVENTS = (FIXTURES / "events" / "20220301.export.CSV").read_bytes()
PARAMS = "sources:\n  lists: {}\n  flows: {}  # trade\n  measures: {}\n  fetched: []\n"


class Shell:
    """The command line in a project of its own."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.root, self.capture = root, capture

    def __call__(self, *command: str) -> tuple[int, str, str]:
        """Exit code, output and errors of one command."""
        sys.argv = ["retorsion", *command]
        self.capture.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = self.capture.readouterr()
        return code, said.out, said.err

    def good(self, *command: str) -> str:
        code, out, err = self(*command)
        assert code == 0, err
        return out

    def folder(self, source: str = "list") -> Path:
        return self.root / "data" / "raw" / source


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(project, "RAW", tmp_path / "data" / "raw")
    monkeypatch.setattr(project, "CATALOGUE", ROOT / "data" / "catalogue")
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    return Shell(tmp_path, capsys)


@pytest.fixture
def pinned(shell: Shell, tmp_path: Path) -> Shell:
    """A list of which one vintage is pinned."""
    (tmp_path / "sdn_2024-01-01.csv").write_bytes(SDN)
    shell.good("add", str(tmp_path / "sdn_2024-01-01.csv"), "--as", "list", "--sender", "USA", *TARGET)
    return shell


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    for name in ("NO_PROXY", "no_proxy", intake.INSECURE_HOSTS):
        monkeypatch.setenv(name, "127.0.0.1")
    patient = Transfer(attempts=3, pause=lambda _: None, timeout_seconds=2, patience_seconds=0.2)
    monkeypatch.setattr(intake, "TRANSFER", patient)
    with FaultServer() as running:
        yield running


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


def test_refresh_shows_what_changed_and_pins_only_when_told(pinned: Shell, server: FaultServer) -> None:
    address = server.script(
        "/sdn.csv", ok(NEWER, etag='"two"', Last_Modified="Fri, 02 Feb 2024 10:00:00 GMT")
    )
    before = (pinned.folder() / "source.yaml").read_bytes()
    out = pinned.good("refresh", "list", "--url", address)
    assert "2024-02-02" in out  # the day is the server's
    for words in ("designated         1", "105", "amended            1  (subject_name 1)", "--accept"):
        assert words in out
    assert (pinned.folder() / "source.yaml").read_bytes() == before
    assert (pinned.folder() / "sdn.csv").read_bytes() == SDN

    n_requests = len(server.requests)
    pinned.good("refresh", "list", "--accept")  # what was shown, without asking again
    assert len(server.requests) == n_requests
    assert (pinned.folder() / "sdn.csv").read_bytes() == NEWER
    sidecar = load_sidecar(pinned.folder() / "source.yaml")
    assert sidecar.date_published == date(2024, 2, 2)
    assert sidecar.files[0].bytes == len(NEWER)
    observed = intake.read_observed(pinned.folder())
    assert observed is not None
    news = observed.filter(pl.col("last_absent_date").is_not_null())
    assert news.select("list_number", "first_observed_date").unique().rows() == [("105", date(2024, 2, 2))]


def test_a_vintage_that_the_server_still_has_is_not_fetched_again(pinned: Shell, server: FaultServer) -> None:
    address = server.script("/sdn.csv", ok(NEWER, etag='"two"'), status(304))
    pinned.good("refresh", "list", "--url", address)
    out = pinned.good("refresh", "list", "--url", address)
    assert server.requests[-1][1]["If-None-Match"] == '"two"'
    assert "designated         1" in out  # the one that waits is shown again
    pinned.good("refresh", "list", "--accept")
    assert "is the newest" in pinned.good("refresh", "list", "--url", address)


def test_a_subject_that_is_gone_is_kept_as_absent_and_never_as_revoked(pinned: Shell, tmp_path: Path) -> None:
    path = tmp_path / "sdn_2024-03-03.csv"
    path.write_bytes(b"".join(line for line in LINES if not line.startswith(b"103")))
    pinned.good("refresh", "list", "--from", str(path), "--accept", "--shrink-limit", "0.5")
    folder = pinned.folder()
    listed = build_list(
        "ofac_sdn",
        reader("ofac_sdn", "s").read(folder / "sdn.csv", source_id="list").accepted,
        pl.read_csv(folder / "programmes.csv", schema_overrides={"addressee_code": pl.String}),
        source_id="list",
        options={"sender_code": "USA", "instrument_type": "asset_freeze", "undetermined_type": "entity"},
        vintage_date=date(2024, 3, 3),
        source_url="https://example.org",
        observed=intake.read_observed(folder),
        ledger_acts=pl.DataFrame(schema={"list_source": pl.String, **dict.fromkeys(
            ("act_id", "actor_code", "target_codes", "addressee_code", "announced_date", "effective_date",
             "note"), pl.String), **dict.fromkeys(("n_individuals", "n_banks", "n_other_bodies"), pl.Int64)}),
    )  # fmt: skip
    gone = listed.filter(pl.col("list_number") == "103").row(0, named=True)
    assert gone["subject_name"] == "EXAMPLE SHIP"
    assert (gone["absent_by_date"], gone["revoked_date"]) == (date(2024, 3, 3), None)
    assert gone["date_precision"] is None  # listed some time before the first vintage
    assert set(listed["announced_date"]) == {None}


FAULTS: dict[str, tuple[list[object], str]] = {
    "404": ([status(404)], "answers 404"),
    "429 with a long wait": ([status(429, Retry_After="86400")], "asks to wait 86400 seconds"),
    "500": ([status(500)], "could not be had in 3 attempts.*500"),
    "reset in mid-body": ([broken(NEWER, 50)], "could not be had in 3 attempts"),
    "slow drip": ([drip(NEWER, seconds_per_byte=0.01)], "could not be had in 3 attempts.*bytes came in"),
    "short of its length": ([broken(NEWER, 50, reset=False)], "could not be had in 3 attempts"),
    "truncated with a right length": ([ok(NEWER[: len(NEWER) // 2])], "more than the 20% that may go"),
    "truncated in a row": ([ok(b"".join(LINES[:3]) + LINES[3][:20])], "is not well-formed.*cut short"),
    "web page": ([ok(b"<!doctype html><title>Sign in</title>")], "sent a web page"),
    "empty": ([ok(b"")], "sent an empty file"),
    "gzip bomb": ([gzipped(b"\0" * (2**26 + 2**20))], "unpacks to more than|larger than"),
    "damaged gzip": ([gzipped(NEWER, cut=20)], "gzip body is"),
    "another host": ([redirect("https://localhost:1/sdn.csv")], "redirects to another host"),
    "another scheme": ([redirect("ftp://127.0.0.1/sdn.csv")], "is not https"),
    "wrong encoding": ([ok(NEWER.replace(b"EXAMPLE", b"EX\xc3MPLE"))], "UTF-8"),
    "another layout": ([ok(b"id,name\n" * 60)], "cells|columns|cannot be read"),
    "10 MB in one field": ([ok(LONG_CELL)], "character|cell|cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_clear_error_and_the_pinned_copy_stays(
    pinned: Shell, server: FaultServer, fault: str
) -> None:
    answers, problem = FAULTS[fault]
    before = {path: path.read_bytes() for path in pinned.folder().glob("*.*") if path.is_file()}
    address = server.script("/sdn.csv", *answers)  # type: ignore[arg-type]
    code, _, err = pinned("refresh", "list", "--url", address, "--accept")
    assert code != 0
    assert re.search(problem, err.replace("\n", " ")), err
    assert "Traceback" not in err
    after = {path: path.read_bytes() for path in pinned.folder().glob("*.*") if path.is_file()}
    assert after == before


def test_a_server_that_recovers_is_waited_for(pinned: Shell, server: FaultServer) -> None:
    address = server.script(
        "/sdn.csv", status(429, Retry_After="1"), broken(NEWER, 60, etag='"a"'), ok(NEWER, etag='"a"')
    )
    assert "designated         1" in pinned.good("refresh", "list", "--url", address)
    assert server.ranges()[-1] == "bytes=60-"


def test_changed_content_under_one_address_is_what_refresh_is_for_and_fetch_refuses(
    shell: Shell, server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sdn_2024-01-01.csv").write_bytes(SDN)
    shell.good(
        "add", str(tmp_path / "sdn_2024-01-01.csv"), "--as", "list", "--sender", "USA", *TARGET,
        "--url-download", "https://example.org/sdn.csv",
    )  # fmt: skip
    assert (shell.folder() / "files" / "sdn.csv").read_bytes() == SDN
    monkeypatch.setattr(cli, "RAW", project.RAW)
    shell.good("fetch", "list")  # it is the pinned one already
    address = server.script("/sdn.csv", ok(NEWER))
    shell.good("refresh", "list", "--url", address, "--accept", "--date", "2024-02-02")
    sidecar = load_sidecar(shell.folder() / "source.yaml")
    assert sidecar.url_download == "https://example.org/sdn.csv"  # a mirror does not become the address
    assert (shell.folder() / "files" / "sdn.csv").read_bytes() == NEWER
    shell.good("fetch", "list")


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


def test_a_source_of_the_catalogue_is_pinned_in_data_raw(
    shell: Shell, server: FaultServer, tmp_path: Path
) -> None:
    address = server.script("/sdn.csv", ok(NEWER))
    out = shell.good("refresh", "us_ofac_sdn", "--url", address, "--date", "2024-02-02")
    assert "A first vintage is no news" in out
    assert not (shell.folder("us_ofac_sdn") / "source.yaml").exists()
    assert load_sidecars(project.RAW) == []  # what was only looked at is no source of the project
    shell.good("refresh", "us_ofac_sdn", "--accept")
    sidecar = load_sidecar(shell.folder("us_ofac_sdn") / "source.yaml")
    assert (sidecar.kind, sidecar.files[0].bytes) == ("fetched", len(NEWER))
    assert str(sidecar.url_download).startswith("https://sanctionslistservice.ofac.treas.gov/")


def test_a_file_of_this_machine_makes_a_source_of_the_catalogue_a_recorded_one(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "sdn_2024-02-02.csv"
    path.write_bytes(NEWER)
    out = shell.good("refresh", "us_ofac_sdn", "--from", str(path), "--accept")
    folder = shell.folder("us_ofac_sdn")
    sidecar = load_sidecar(folder / "source.yaml")
    assert (sidecar.kind, sidecar.files[0].path) == ("recorded", "sdn.csv")
    assert (folder / "sdn.csv").read_bytes() == NEWER
    assert "us_ofac_sdn: {sender_code: '...', instrument_type: '...', others: leave_out}" in out
    assert "--params" not in out
    assert "fetched:" not in out


def test_the_newest_link_of_a_page_is_followed(
    shell: Shell, server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (FIXTURES / "lists" / "mof_shisantouketsu.csv").read_bytes()
    names = ("shisantouketsu20240105.csv", "x.csv", "shisantouketsu20240820.csv")
    page = "".join(f'<a href="./{name}">{name}</a>' for name in names).encode()
    server.script("/lists/list.html", ok(page, content_type="text/html"))
    server.script("/lists/shisantouketsu20240820.csv", ok(body))
    catalogue = tmp_path / "catalogue"
    catalogue.mkdir()
    text = (ROOT / "data/catalogue/jp_mof_asset_freeze.yaml").read_text(encoding="utf-8")
    url = next(line for line in text.splitlines() if line.startswith("url: "))
    (catalogue / "jp_mof_asset_freeze.yaml").write_text(
        text.replace(url, f"url: {server.url('/lists/list.html')}"), encoding="utf-8"
    )
    monkeypatch.setattr(project, "CATALOGUE", catalogue)
    monkeypatch.setattr(intake, "QUARANTINE_LIMIT", 0.5)  # the fixture is made of faulty rows
    assert "2024-08-20" in shell.good("refresh", "jp_mof_asset_freeze")


def test_a_key_comes_from_the_environment_and_is_never_told(
    shell: Shell, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.script("/list.csv", status(404))
    code, _, err = shell("refresh", "eu_fsf", "--url", address)
    assert code != 0
    assert "EU_FSF_TOKEN" in err
    monkeypatch.setenv("EU_FSF_TOKEN", "very-secret")
    server.script("/list.csv?token=very-secret", redirect("http://localhost:1/x?token=very-secret"))
    code, _, err = shell("refresh", "eu_fsf", "--url", address)
    assert server.requests[-1][0] == "/list.csv?token=very-secret"
    assert code != 0
    assert "very-secret" not in err


def test_the_catalogue_is_valid_and_every_reader_in_it_is_known() -> None:
    entries = load_catalogue(ROOT / "data" / "catalogue")
    assert len(entries) >= 10
    for entry in entries:
        assert entry.reader in readers(), entry.id
        assert entry.url_download or entry.newest_link or "Taken unchanged" not in entry.processing, entry.id
        assert entry.licence.name or entry.id == "jp_mof_asset_freeze", entry.id


def test_an_unknown_source_is_told_with_those_there_are(shell: Shell) -> None:
    code, _, err = shell("refresh", "us_sdnn")
    assert code != 0
    assert "us_ofac_sdn" in err


def test_a_slip_in_the_parameters_is_one_line_at_the_command(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS + "impact: {montly: {}}\n", encoding="utf-8")
    code, _, err = shell("refresh", "us_sdnn")
    assert code == 1
    assert err.strip().splitlines() == [err.strip()]
    assert "params.yaml, impact: has no parameter 'montly'. Did you mean 'monthly'?" in err


def test_an_unknown_notebook_is_told_with_those_there_are(shell: Shell) -> None:
    code, _, err = shell("render", "02_escalatoin")
    assert code == 1
    assert "Did you mean '02_escalation'?" in err
    assert "notebooks/ without .py: 00_start, " in err


@pytest.mark.real
def test_two_real_vintages_give_the_changes_that_were_recorded_between_them(
    shell: Shell, server: FaultServer, tmp_path: Path, real_data: Callable[[str], Path]
) -> None:
    old, new = (real_data(f"ofac/sdn_{day}.csv") for day in ("2021-08-18", "2024-05-03"))
    shell.good("add", str(old), "--as", "list", "--sender", "USA")
    address = server.script("/sdn.csv", ok(new.read_bytes()))
    out = shell.good("refresh", "list", "--url", address, "--date", "2024-05-03")
    assert "designated     6,761" in out
    assert "removed          879" in out
    changes = pl.read_csv(shell.folder() / "vintages" / "changes.csv", infer_schema=False)
    found = {kind: set(part["list_number"]) for (kind,), part in changes.group_by("change_type")}
    recorded = pl.read_csv(real_data("ofac/ofac_sdn_changes_2021-08-18_2024-05-03.csv"), infer_schema=False)
    kinds = {kind: set(part["ent_num"]) for (kind,), part in recorded.group_by("change")}
    added, removed = (
        next(kinds[k] for k in kinds if k.lower().startswith(word)) for word in ("add", "remov")
    )
    # entries that came and went between the two vintages, or the other way round, are in the record only
    assert found["designated"] <= added
    assert found["removed"] <= removed
    assert len(added - found["designated"]) <= len(added & removed)
    assert len(removed - found["removed"]) <= len(added & removed)


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
    monkeypatch.setattr(intake, "QUARANTINE_LIMIT", 1.0)  # the fixtures are made of faulty rows
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


def test_events_come_under_those_that_are_there() -> None:
    text = "events:  # large\n  one: {reader: icews, files: x}\nimpact: {}\n"
    added = with_events(text, "two", ["  two:", "    reader: gdelt", "    files: y"])
    assert yaml.safe_load(added)["events"] == {
        "two": {"reader": "gdelt", "files": "y"},
        "one": {"reader": "icews", "files": "x"},
    }
    assert "# large" in added
    assert yaml.safe_load(added)["impact"] == {}
    with pytest.raises(RetorsionError, match="by hand"):
        with_events("events: {one: {reader: icews}}\n", "two", ["  two: {reader: gdelt}"])


@pytest.mark.parametrize("section", ["lists", "flows", "measures"])
def test_parameters_gain_a_source_and_lose_nothing(section: str) -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    new = with_fetched(with_entry(text, section, "one_more", "{a: 1}"), "one_more")
    before, after = yaml.safe_load(text), yaml.safe_load(new)
    assert after["sources"][section].pop("one_more") == {"a": 1}
    after["sources"][section] = after["sources"][section] or before["sources"][section]
    assert after["sources"]["fetched"].pop() == "one_more"
    assert after == before
    kept = [line for line in text.splitlines() if "fetched:" not in line and f"  {section}:" not in line]
    assert [line for line in new.splitlines() if line in set(kept)] == kept  # comments too
