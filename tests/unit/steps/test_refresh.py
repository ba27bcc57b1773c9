"""Refreshing a source: what changed is shown, one vintage is pinned, faults leave the pinned copy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from fault_server import FaultServer, broken, drip, gzipped, ok, redirect, status
from places import FIXTURES, ROOT
from retorsion import project
from retorsion.sources.readers import reader, readers
from retorsion.sources.sidecar import load_catalogue, load_sidecar, load_sidecars
from retorsion.steps import raw, refresh, showing
from retorsion.tables.builders import build_list
from shell import LINES, LONG_CELL, NEWER, OF_USA, PARAMS, SDN, TARGET, Shell


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
    observed = raw.read_observed(pinned.folder())
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
        observed=raw.read_observed(folder),
        ledger_acts=pl.DataFrame(schema={"list_source": pl.String, **dict.fromkeys(
            ("act_id", "actor_code", "target_codes", "addressee_code", "announced_date", "effective_date",
             "note"), pl.String), **dict.fromkeys(("n_individuals", "n_banks", "n_other_bodies"), pl.Int64)}),
    ).accepted  # fmt: skip
    gone = listed.filter(pl.col("list_number") == "103").row(0, named=True)
    assert gone["subject_name"] == "EXAMPLE SHIP"
    assert (gone["absent_by_date"], gone["revoked_date"]) == (date(2024, 3, 3), None)
    assert gone["date_precision"] is None  # listed some time before the first vintage
    assert set(listed["announced_date"]) == {None}


class Killed(BaseException):
    """Stands for a signal that no command catches."""


def kept(folder: Path) -> dict[str, bytes]:
    """What the folder of a source says: everything but the vintages beside it."""
    files = (path for path in folder.rglob("*") if path.is_file() and "vintages" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_pin_that_is_killed_at_any_step_ends_as_one_that_is_not(
    pinned: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "sdn_2024-02-02.csv"
    newer.write_bytes(NEWER)
    command = ("refresh", "list", "--from", str(newer), "--accept")
    shutil.copytree(pinned.folder(), tmp_path / "before")
    pinned.good(*command)
    right = kept(pinned.folder())
    assert "observed.csv" in right
    really = Path.replace

    for step in range(100):
        shutil.rmtree(pinned.folder())
        shutil.copytree(tmp_path / "before", pinned.folder())
        left = [step]

        def replace(path: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return really(path, target)

        monkeypatch.setattr(Path, "replace", replace)
        try:
            pinned(*command)
        except Killed:
            monkeypatch.setattr(Path, "replace", really)
            pinned.good(*command)
            assert kept(pinned.folder()) == right, f"killed at step {step}"
        else:
            break
    assert step >= 4, "data, record, sidecar and the folder that holds them each move once"


def test_a_pin_that_git_undid_is_dropped(
    pinned: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sdn_2024-02-02.csv").write_bytes(NEWER)
    before = kept(pinned.folder())
    monkeypatch.setattr(refresh, "finish_pin", lambda source: None)
    pinned.good("refresh", "list", "--from", str(tmp_path / "sdn_2024-02-02.csv"), "--accept")
    monkeypatch.undo()
    staged = pinned.folder() / refresh.PINNING / "list"
    (staged / "sdn.csv").replace(pinned.folder() / "sdn.csv")
    (pinned.folder() / "sdn.csv").write_bytes(SDN)  # git checkout
    monkeypatch.setattr(project, "RAW", pinned.folder().parent)
    refresh.finish_pin("list")
    assert kept(pinned.folder()) == before
    assert not staged.exists()


def test_a_changed_file_is_compared_with_nothing(pinned: Shell, tmp_path: Path) -> None:
    (tmp_path / "sdn_2024-02-02.csv").write_bytes(NEWER)
    (pinned.folder() / "sdn.csv").write_bytes(NEWER)
    code, _, err = pinned("refresh", "list", "--from", str(tmp_path / "sdn_2024-02-02.csv"))
    assert code == 1
    assert "is not the file that its source.yaml pins" in err


def test_a_refused_vintage_does_not_wait_to_be_pinned(pinned: Shell, server: FaultServer) -> None:
    address = server.script("/sdn.csv", ok(NEWER[: len(NEWER) // 2]), ok(NEWER))
    code, _, _ = pinned("refresh", "list", "--url", address, "--accept")
    assert code == 1
    assert not (pinned.folder() / "vintages" / "sdn.csv").exists()
    pinned.good("refresh", "list", "--url", address, "--accept", "--date", "2024-02-02")
    assert (pinned.folder() / "sdn.csv").read_bytes() == NEWER
    code, _, err = pinned("refresh", "list", "--url", address, "--date", "9999-12-31")
    assert "is still to come" in err


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
        "add", "list", str(tmp_path / "sdn_2024-01-01.csv"), "--as", "list", *OF_USA, *TARGET,
        "--url-download", "https://example.org/sdn.csv",
    )  # fmt: skip
    assert (shell.folder() / "files" / "sdn.csv").read_bytes() == SDN
    shell.good("fetch", "list")  # it is the pinned one already
    address = server.script("/sdn.csv", ok(NEWER))
    shell.good("refresh", "list", "--url", address, "--accept", "--date", "2024-02-02")
    sidecar = load_sidecar(shell.folder() / "source.yaml")
    assert sidecar.url_download == "https://example.org/sdn.csv"  # a mirror does not become the address
    assert (shell.folder() / "files" / "sdn.csv").read_bytes() == NEWER
    shell.good("fetch", "list")


def test_a_source_of_the_catalogue_is_pinned_in_data_raw(
    shell: Shell, server: FaultServer, tmp_path: Path
) -> None:
    address = server.script("/sdn.csv", ok(NEWER))
    out = shell.good("refresh", "us_ofac_sdn", "--url", address, "--date", "2024-02-02")
    assert "A first vintage is no news" in out
    assert not (shell.folder("us_ofac_sdn") / "source.yaml").exists()
    known = [sidecar.id for sidecar in load_sidecars(project.RAW)]
    assert "us_ofac_sdn" not in known, "what was only looked at is no source of the project"
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
    monkeypatch.setattr(showing, "QUARANTINE_LIMIT", 0.5)  # the fixture is made of faulty rows
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
        assert entry.licence.name or entry.id in {"ch_seco_sanctions", "jp_mof_asset_freeze"}, entry.id


def test_an_unknown_source_is_answered_with_the_nearest(shell: Shell) -> None:
    code, _, err = shell("refresh", "us_ofac_sdnn")
    assert code != 0
    assert "Did you mean 'us_ofac_sdn'?" in err


def test_a_slip_in_the_parameters_is_one_line_at_the_command(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS.replace("  monthly:", "  montly:"), encoding="utf-8")
    code, _, err = shell("refresh", "us_sdnn")
    assert code == 1
    assert err.strip().splitlines() == [err.strip()]
    assert "montly" in err
    assert "Did you mean 'monthly'?" in err


@pytest.mark.real
def test_two_real_vintages_give_the_changes_that_were_recorded_between_them(
    shell: Shell, server: FaultServer, tmp_path: Path, real_data: Callable[[str], Path]
) -> None:
    old, new = (real_data(f"ofac/sdn_{day}.csv") for day in ("2021-08-18", "2024-05-03"))
    shell.good("add", "list", str(old), "--as", "list", *OF_USA)
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
