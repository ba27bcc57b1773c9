"""Decided candidates at the command line: what enters the ledgers, and what is refused whole."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from news_desk import LOOKED, candidate
from places import RAW, ROOT
from retorsion import cli, project
from retorsion.news.candidate import Candidate
from retorsion.news.matching import known_acts, matched
from retorsion.news.reading import Reading
from retorsion.news.rows import Looked, as_csv, rows
from retorsion.sources.sidecar import load_sidecar, verify
from retorsion.steps.ledgers import read_ledgers
from retorsion.steps.news import write_candidates

Run = Callable[..., tuple[int, str, str]]

#: A day on which the shipped ledgers have no act of the two.
DAY = date(2019, 4, 17)
WRITTEN = (
    *("ledger_jpn_rus", "ledger_usa_chn", "ledger_chn_jpn"),
    *("act_types", "source_hosts", "news_rejections", "coalition_calendar"),
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a project whose ledgers may be written."""
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    for source in RAW.iterdir():
        if source.name in WRITTEN:
            shutil.copytree(source, raw / source.name)
        else:
            (raw / source.name).symlink_to(source)
    (raw / "news_rejections" / "rejected.csv").write_text(HEAD_OF_REJECTED, encoding="utf-8")
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    for name, path in {"ROOT": tmp_path, "PARAMS": tmp_path / "params.yaml", "RAW": raw}.items():
        monkeypatch.setattr(project, name, path)
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["retorsion", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


HEAD_OF_REJECTED = "page_sha256,url,frame,start,end,actor_code,target_code,act_type,act_date\n"

MARKED = {
    "decision": "accept",
    "decided_by": "ab",
    "summary": "Japan recalls its envoy to talk over the islands.",
}


def protest(**fields: Any) -> Candidate:
    given = {
        "actor_code": "JPN",
        "target_code": "RUS",
        "act_type": "protest",
        "date": DAY,
        "page_date": DAY,
        "url": "https://www.japantimes.co.jp/news/2019/04/17/x",
        "evidence": "Tokyo said it had lodged a protest with the embassy over the visit of a minister to the isles.",
    }
    return candidate(**given | fields)


def table(*candidates: Candidate, looked: Looked = LOOKED) -> list[dict[str, str]]:
    ledgers = read_ledgers(project.parameters().sources, [])
    matches = matched(candidates, known_acts(ledgers.parts["acts"]), ledgers.act_types)
    return [row for _, row in rows(matches, looked)]


def decisions(folder: Path, *cells: dict[str, str], of: list[Candidate] | None = None) -> str:
    """A file of decisions: each row of the candidates with some cells changed."""
    made = table(*(of or [protest()]))
    changed = [row | more for row, more in zip(made, cells, strict=True)]
    (folder / "decisions.csv").write_text(as_csv(changed), encoding="utf-8")
    return "decisions.csv"


def hashes(folder: Path) -> dict[str, str]:
    files = [
        path for path in (folder / "data" / "raw").rglob("*") if path.is_file() and not path.is_symlink()
    ]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def ledger(folder: Path, part: str, name: str = "ledger_jpn_rus") -> list[dict[str, str]]:
    text = (folder / "data" / "raw" / name / f"{part}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_accepted_row_enters_in_the_order_of_its_file_with_its_page_and_is_pinned(
    run: Run, tmp_path: Path
) -> None:
    before = (tmp_path / "data/raw/ledger_jpn_rus/acts.csv").read_text(encoding="utf-8").splitlines()
    n_pages = len(ledger(tmp_path, "pages"))
    code, out, err = run("accept", decisions(tmp_path, MARKED))
    assert code == 0, err
    assert "Written: 1 acts, 0 totals, 0 replies, 1 pages" in out
    after = (tmp_path / "data/raw/ledger_jpn_rus/acts.csv").read_text(encoding="utf-8").splitlines()
    (new,) = set(after) - set(before)
    assert [line for line in after if line != new] == before
    acts = ledger(tmp_path, "acts")
    ids = [row["act_id"] for row in acts]
    at = ids.index("jpn-2019-04-17-protest")
    assert acts[at - 1]["announced_date"] <= "2019-04-17" <= acts[at + 1]["announced_date"]
    row = acts[at]
    assert row["summary"] == MARKED["summary"]
    assert (row["package_id"], row["aim_type"], row["domain_type"]) == (
        ids[at],
        "this_state",
        "diplomatic_action",
    )
    pages = ledger(tmp_path, "pages")
    assert len(pages) == n_pages + 1
    assert pages[-1] | {"page_date": "2019-04-17"} == {
        "record_id": ids[at], "url": row["source_urls"], "sha256": "a" * 64, "page_date": "2019-04-17",
    }  # fmt: skip
    folder = tmp_path / "data/raw/ledger_jpn_rus"
    verify(load_sidecar(folder / "source.yaml"), folder)
    assert protest().evidence not in "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())


def test_a_dry_run_shows_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    before = hashes(tmp_path)
    code, out, err = run("accept", decisions(tmp_path, MARKED), "--dry-run")
    assert code == 0, err
    assert "ledger_jpn_rus/acts.csv: jpn-2019-04-17-protest: Japan recalls" in out
    assert "Would write: 1 acts" in out
    assert hashes(tmp_path) == before


def test_decisions_that_were_taken_are_not_taken_again(run: Run, tmp_path: Path) -> None:
    file = decisions(tmp_path, MARKED)
    assert run("accept", file)[0] == 0
    before = hashes(tmp_path)
    code, out, err = run("accept", file)
    assert code == 0, err
    assert "1 taken before" in out
    assert hashes(tmp_path) == before


#: What is changed in an accepted row, and the column and words of the refusal.
REFUSED: dict[str, tuple[dict[str, str], str, tuple[str, ...]]] = {
    "no mark": ({"decided_by": ""}, "decided_by", ("is missing", "person's mark")),
    "no summary": ({"summary": ""}, "summary", ("is missing", "of your own")),
    "a copied summary": (
        {"summary": "Tokyo said it had LODGED a protest, with the embassy."},
        "summary",
        ("8 or more words in a row", "your own words"),
    ),
    "a copied note": ({"note": "it had lodged a protest with the embassy"}, "note", ("8 or more words",)),
    "an unknown decision": ({"decision": "acept"}, "decision", ("Did you mean 'accept'?",)),
    "an unknown type": ({"act_type": "protst"}, "act_type", ("is unknown", "Did you mean 'protest'?")),
    "an unknown state": ({"actor_code": "JPNN"}, "actor_code", ("not a known state", "Did you mean 'JPN'?")),
    "an unknown target": ({"target_codes": "RSU"}, "target_codes", ("not a known state",)),
    "an impossible day": ({"announced_date": "2019-02-30"}, "announced_date", ("is not a date",)),
    "a day after the page": ({"announced_date": "2019-04-20"}, "announced_date", ("after the day of the page",)),
    "an identifier of another day": ({"act_id": "jpn-2019-04-18-x"}, "act_id", ("the actor and the date",)),
    "no address": ({"url": ""}, "url", ("address of a page",)),
    "an unknown host": ({"url": "https://japantimes.co.jq/a"}, "url", ("hosts.csv does not have", "japantimes.co.jp")),
    "a reply to nothing": ({"reply_to": "rus-2019-01-01-x", "reply_note": "So."}, "reply_to", ("no ledger has",)),
    "a reply without a word": (
        {"reply_to": "rus-2015-08-22-medvedev-iturup"},
        "reply_note",
        ("is missing", "empty reply_to"),
    ),
    "a flow of no trade": ({"flow_type": "import"}, "flow_type", ("does not fit the domain",)),
    "a package of its own": ({"package_id": "jpn-2019-04-17-x"}, "package_id", ("the package of no other act",)),
    "a page changed": ({"page_sha256": "x"}, "page_sha256", ("the hash of the page",)),
    "a pair without a case": (
        {"target_codes": "AUS", "addressee_code": "AUS"},
        "actor_code",
        ("no case is about these two", "`retorsion case new jpn-aus --pair JPN AUS`"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_a_row_that_cannot_be_taken_is_named_and_nothing_is_written(
    fault: str, run: Run, tmp_path: Path
) -> None:
    cells, column, words = REFUSED[fault]
    file = decisions(tmp_path, MARKED | cells)
    before = hashes(tmp_path)
    code, out, err = run("accept", file)
    assert code == 1, out
    assert err.startswith("error: decisions.csv, row 2, column"), err
    for word in (repr(column), *words):
        assert word in err
    assert hashes(tmp_path) == before


def test_every_faulty_row_is_named(run: Run, tmp_path: Path) -> None:
    two = [protest(), protest(page="b.txt", act_type="summons")]
    file = decisions(tmp_path, MARKED | {"decided_by": ""}, MARKED | {"summary": ""}, of=two)
    code, _, err = run("accept", file)
    assert code == 1
    assert "refused: decisions.csv, row 3, column 'summary'" in err
    assert "error: decisions.csv, row 2, column 'decided_by'" in err


def known_in_ledger(folder: Path) -> dict[str, str]:
    return next(
        row for row in ledger(folder, "acts") if row["act_id"] == "jpn-2015-08-22-protest-medvedev-visit"
    )


def double(**fields: Any) -> Candidate:
    """What a page says of an act that the ledger has."""
    return protest(**{"date": date(2015, 8, 23), "page_date": date(2015, 8, 23)} | fields)


def test_a_row_that_seems_a_double_asks_for_a_word(run: Run, tmp_path: Path) -> None:
    file = decisions(tmp_path, MARKED, of=[double()])
    code, _, err = run("accept", file)
    assert code == 1
    assert "column 'is_new'" in err
    assert "decide known if it is the same" in err
    file = decisions(tmp_path, MARKED | {"is_new": "true"}, of=[double()])
    code, out, err = run("accept", file)
    assert code == 0, err
    assert "1 acts" in out


def test_a_page_of_a_known_act_is_added_to_its_pages(run: Run, tmp_path: Path) -> None:
    before = known_in_ledger(tmp_path)
    file = decisions(tmp_path, {"decision": "known", "decided_by": "ab"}, of=[double()])
    code, out, err = run("accept", file)
    assert code == 0, err
    assert "one more page" in out
    after = known_in_ledger(tmp_path)
    assert after == before | {"source_urls": f"{before['source_urls']} {double().url}"}
    assert ledger(tmp_path, "pages")[-1]["record_id"] == before["act_id"]


def test_several_pages_of_one_act_are_one_row(run: Run, tmp_path: Path) -> None:
    other = protest(
        page="b.txt", page_sha256="b" * 64, url="https://www.nippon.com/en/b", date=date(2019, 4, 16)
    )
    file = decisions(tmp_path, MARKED, MARKED | {"summary": ""}, of=[protest(), other])
    code, out, err = run("accept", file)
    assert code == 0, err
    assert "1 acts, 0 totals, 0 replies, 2 pages" in out
    row = next(row for row in ledger(tmp_path, "acts") if row["act_id"] == "jpn-2019-04-17-protest")
    assert row["source_urls"] == f"{protest().url} {other.url}"


def test_a_page_that_tells_an_act_twice_is_kept_once(run: Run, tmp_path: Path) -> None:
    n_pages = len(ledger(tmp_path, "pages"))
    two = [protest(), protest(start=500, end=560)]
    code, out, err = run("accept", decisions(tmp_path, MARKED, MARKED | {"summary": ""}, of=two))
    assert code == 0, err
    assert "1 acts, 0 totals, 0 replies, 1 pages" in out
    assert len(ledger(tmp_path, "pages")) == n_pages + 1


def test_a_reply_and_a_running_total_go_to_their_files(run: Run, tmp_path: Path) -> None:
    total = protest(kind="total", act_type="asset_freeze", n_individuals=76, n_banks=7, n_other_bodies=12)
    answer = {"reply_to": "rus-2015-08-22-medvedev-iturup", "reply_note": "About the visit."}
    file = decisions(
        tmp_path, MARKED | answer, MARKED | {"summary": "persons and bodies frozen"}, of=[protest(), total]
    )
    code, out, err = run("accept", file)
    assert code == 0, err
    assert "1 acts, 1 totals, 1 replies, 2 pages" in out
    replies = ledger(tmp_path, "replies")
    at = [row["reply_act_id"] for row in replies].index("jpn-2019-04-17-protest")
    assert replies[at - 1]["reply_act_id"][4:] < "2019-04-17" < replies[at + 1]["reply_act_id"][4:]
    reply = replies[at]
    assert (reply["act_id"], reply["order"], reply["note"]) == (answer["reply_to"], "1", "About the visit.")
    row = next(row for row in ledger(tmp_path, "totals") if row["total_id"] == "jpn-2019-04-17-total")
    assert (row["scope"], row["n_individuals"], row["total_type"]) == (
        "persons and bodies frozen",
        "76",
        "cumulative",
    )


def test_a_rejected_reading_is_kept_without_a_word_and_known_again(run: Run, tmp_path: Path) -> None:
    file = decisions(tmp_path, {"decision": "reject", "decided_by": "ab"})
    for said in ("1 rejected readings kept", "0 rejected readings kept"):
        code, out, err = run("accept", file)
        assert code == 0, err
        assert said in out
    kept = (tmp_path / "data/raw/news_rejections/rejected.csv").read_text(encoding="utf-8")
    assert kept == (
        f"{HEAD_OF_REJECTED}{'a' * 64},{protest().url},bar_imports,10,60,JPN,RUS,protest,2019-04-17\n"
    )
    folder = tmp_path / "data/raw/news_rejections"
    verify(load_sidecar(folder / "source.yaml"), folder)
    again = Reading((protest(), protest(start=11)), (), {"a.txt": "x" * 99})
    write_candidates(again, read_ledgers(project.parameters().sources, []), tmp_path)
    with (tmp_path / "candidates.csv").open(encoding="utf-8", newline="") as stream:
        assert [(row["start"], row["was_rejected"]) for row in csv.DictReader(stream)] == [
            ("11", ""),
            ("10", "true"),
        ]


def test_a_rejected_row_whose_reading_was_changed_is_refused(run: Run, tmp_path: Path) -> None:
    before = hashes(tmp_path)
    file = decisions(tmp_path, {"decision": "reject", "decided_by": "ab", "start": "x"})
    code, _, err = run("accept", file)
    assert code == 1
    assert "rejected.csv, row 2, column 'start', value 'x'" in err
    assert hashes(tmp_path) == before


def test_an_act_aimed_at_several_states_goes_to_the_ledger_of_the_first(run: Run, tmp_path: Path) -> None:
    cells = {"target_codes": "CHN;RUS", "addressee_code": "", "act_id": "jpn-2019-04-17-protest-two"}
    code, _, err = run("accept", decisions(tmp_path, MARKED | cells))
    assert code == 0, err
    row = next(row for row in ledger(tmp_path, "acts", "ledger_chn_jpn") if row["act_id"] == cells["act_id"])
    assert (row["aim_type"], row["addressee_code"]) == ("many", "")


def test_a_case_without_a_ledger_is_told_what_to_make(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "data/raw/ledger_jpn_rus/coverage.csv"
    path.write_text(path.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    file = decisions(tmp_path, MARKED)
    code, _, err = run("accept", file)
    assert code == 1
    assert "no ledger covers JPN and RUS" in err


def test_an_open_row_is_left_alone(run: Run, tmp_path: Path) -> None:
    before = hashes(tmp_path)
    code, out, err = run("accept", decisions(tmp_path, {}))
    assert code == 0, err
    assert "1 rows, 0 decided (0 taken before), 1 open" in out
    assert hashes(tmp_path) == before


def test_a_file_of_another_layout_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code, _, err = run("accept", "x.csv")
    assert code == 1
    assert err.startswith("error: x.csv, row 1")
    code, _, err = run("accept", "missing.csv")
    assert code == 1
    assert "missing.csv" in err


def test_candidates_without_a_day_ask_for_one(run: Run, tmp_path: Path) -> None:
    one = replace(protest(), date=None, date_basis="none")
    file = decisions(tmp_path, MARKED, of=[one])
    code, _, err = run("accept", file)
    assert code == 1
    assert "column 'announced_date', value None: is not a date" in err
