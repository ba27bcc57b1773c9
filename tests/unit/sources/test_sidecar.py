"""Sidecars and corrections: the committed ones are valid and true, and what is wrong is named."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.sidecar import SIDECAR, load_sidecar, load_sidecars, pinned, sha256_of, verify
from retorsion.sources.transfer.wheels import WHEEL_ADDRESS

RAW = ROOT / "data" / "raw"
FOLDERS = sorted(path.parent for path in RAW.glob(f"*/{SIDECAR}"))

ROWS = b"year,value\n2020,1\n"
RECORDED = f"""\
id: flows
title: Flows
kind: recorded
producer: A ministry
description: Flows.
processing: Transcribed.
citation: A ministry, Flows.
url: https://example.org/flows
url_download: null
date_published: 2024-02-23
date_accessed: null
licence:
  name: null
  url: null
files:
  - path: flows.csv
    sha256: {hashlib.sha256(ROWS).hexdigest()}
    bytes: {len(ROWS)}
reader: flows
coverage: All years
update_cadence: yearly
"""
FETCHED = (
    RECORDED.replace("kind: recorded", "kind: fetched")
    .replace("path: flows.csv", "path: files/flows.csv")
    .replace("url_download: null", "url_download: pypi:flows==1.0#flows/lib/flows.csv")
) + f"artifact: {{sha256: {'ab' * 32}, bytes: 5}}\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a sidecar with its rows into a folder of its own."""

    def run(text: str, name: str = SIDECAR) -> Path:
        folder = tmp_path / "flows"
        folder.mkdir(exist_ok=True)
        (folder / "flows.csv").write_bytes(ROWS)
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    return run


# --- the committed ones ------------------------------------------------------------------------------------


def test_every_folder_of_raw_data_has_a_valid_sidecar() -> None:
    sidecars = load_sidecars(RAW)
    assert len(sidecars) >= 8
    assert [sidecar.id for sidecar in sidecars] == sorted(sidecar.id for sidecar in sidecars)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_recorded_files_are_those_of_their_sidecar(folder: Path) -> None:
    sidecar = load_sidecar(folder / SIDECAR)
    if sidecar.kind == "recorded":
        verify(sidecar, folder)
        listed = {file.path for file in sidecar.files}
        there = {path.name for kind in ("*.csv", "*.csv.gz", "*.parquet") for path in folder.glob(kind)}
        assert there == listed
        texts = [name for name in listed if name.endswith(".csv")]
        assert not any(b"\r" in (folder / name).read_bytes() for name in texts)
    else:
        assert sidecar.url_download is not None
        assert sidecar.url_download.startswith("https:") or WHEEL_ADDRESS.fullmatch(sidecar.url_download)


# --- reading -----------------------------------------------------------------------------------------------


def test_a_recorded_source(write: Callable[[str], Path]) -> None:
    path = write(RECORDED)
    sidecar = load_sidecar(path)
    assert sidecar.date_published == date(2024, 2, 23)
    assert sidecar.date_accessed is None
    assert sidecar.licence.name is None
    assert sidecar.artifact is None
    assert sidecar.files[0].name == "flows.csv"
    verify(sidecar, path.parent)


def test_a_fetched_source(write: Callable[[str], Path]) -> None:
    sidecar = load_sidecar(write(FETCHED + "redirect_hosts: [cdn.example.org]\n"))
    assert sidecar.kind == "fetched"
    assert sidecar.files[0].name == "flows.csv"
    assert sidecar.artifact is not None
    assert sidecar.artifact.bytes == 5
    assert sidecar.redirect_hosts == ("cdn.example.org",)


@pytest.mark.parametrize(
    ("text", "old", "new", "told"),
    [
        (RECORDED, "title: Flows\n", "", ["column 'title'", "is missing", "Give the source a title"]),
        (RECORDED, "title: Flows", "title: ' '", ["column 'title'", "' '"]),
        (RECORDED, "title:", "titel:", ["'titel'", "not a field", "spelling"]),
        (RECORDED, "2024-02-23", "2024-02-30", ["'date_published'", "'2024-02-30'", "YYYY-MM-DD"]),
        (RECORDED, "2024-02-23", "23.02.2024", ["'date_published'", "'23.02.2024'"]),
        (RECORDED, "kind: recorded", "kind: guessed", ["'kind'", "'guessed'", "recorded"]),
        (RECORDED, "  name: null\n", "", ["'licence.name'", "is missing", "Name the licence"]),
        (RECORDED, "path: flows.csv", "path: ../flows.csv", ["'files.0.path'", "'../flows.csv'"]),
        (RECORDED, "path: flows.csv", "path: files/flows.csv", ["'files.0.path'", "beside the sidecar"]),
        (RECORDED, "    bytes: 18", "    bytes: 0", ["'files.0.bytes'", "value 0", "size of the file"]),
        (RECORDED, "    bytes: 18\n", "", ["'files.0.bytes'", "is missing", "size of the file"]),
        (RECORDED, "https://example.org/flows", "example.org", ["'url'", "'example.org'", "page"]),
        (RECORDED, "id: flows", "id: other", ["'id'", "'other'", "'flows'", "Rename"]),
        (RECORDED, "title: Flows", "title: Flows\ntitle: Streams", ["line 3", "'title' is given twice"]),
        (RECORDED, "title: Flows", "title: Flows: all", ["line 2", "not YAML", "quote"]),
        (RECORDED, "update_cadence: yearly", "artifact: null\nupdate_cadence: yearly", ["'artifact'"]),
        (FETCHED, "pypi:flows==1.0#flows/lib/flows.csv", "null", ["'url_download'", "needs https"]),
        (FETCHED, "==1.0", ">=1.0", ["'url_download'", "NAME==VERSION"]),
        (FETCHED, "#flows/lib", "#flows/../lib", ["'url_download'", "without '..'"]),
        (FETCHED, "#flows", "#/flows", ["'url_download'", "NAME==VERSION"]),
        (FETCHED, "pypi:flows==1.0#", "http://example.org/", ["'url_download'", "https://"]),
        (FETCHED, "path: files/flows.csv", "path: flows.csv", ["'files.0.path'", "files/<name>"]),
        (FETCHED, "artifact:", "artefact:", ["'artefact'", "not a field"]),
        (FETCHED, f"artifact: {{sha256: {'ab' * 32}, bytes: 5}}", "", ["'artifact'", "of the wheel"]),
    ],
)
def test_what_is_wrong_is_named(
    write: Callable[[str], Path], text: str, old: str, new: str, told: list[str]
) -> None:
    assert old in text
    path = write(text.replace(old, new))
    with pytest.raises(RetorsionError) as caught:
        load_sidecar(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    for part in told:
        assert part in message


def test_a_source_that_lists_a_file_twice(write: Callable[[str], Path]) -> None:
    entry = RECORDED[RECORDED.index("  - path") : RECORDED.index("reader:")]
    with pytest.raises(SourceError, match=r"'flows\.csv': is listed twice"):
        load_sidecar(write(RECORDED.replace(entry, entry * 2)))


def test_a_fetched_source_of_two_files(write: Callable[[str], Path]) -> None:
    entry = FETCHED[FETCHED.index("  - path") : FETCHED.index("reader:")]
    other = entry.replace("flows.csv", "others.csv")
    with pytest.raises(SourceError, match="a source of its own"):
        load_sidecar(write(FETCHED.replace(entry, entry + other)))


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list", "[" * 5000])
def test_a_file_that_holds_no_fields(write: Callable[[str], Path], text: str) -> None:
    with pytest.raises(RetorsionError, match=r"flows/source\.yaml"):
        load_sidecar(write(text))


def test_a_file_that_is_not_text(write: Callable[[str], Path]) -> None:
    path = write("")
    path.write_bytes(b"title: \xff\xfe")
    with pytest.raises(RetorsionError, match="UTF-8"):
        load_sidecar(path)


def test_a_folder_without_a_sidecar(write: Callable[[str], Path]) -> None:
    folder = write(RECORDED).parent
    (folder.parent / "strays").mkdir()
    (folder.parent / "strays" / "rows.csv").write_text("a\n")
    with pytest.raises(RetorsionError, match=r"strays/source\.yaml: is missing"):
        load_sidecars(folder.parent)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(RECORDED.splitlines()),
)
def test_no_value_of_a_field_raises_anything_but_the_projects_own_error(
    tmp_path_factory: pytest.TempPathFactory, value: object, line: str
) -> None:
    folder = tmp_path_factory.mktemp("any") / "flows"
    folder.mkdir()
    field = line.partition(":")[0]
    text = RECORDED.replace(line, f"{field}: {yaml.safe_dump(value, default_flow_style=True)}", 1)
    (folder / SIDECAR).write_text(text, encoding="utf-8")
    with contextlib.suppress(RetorsionError):
        assert load_sidecar(folder / SIDECAR).id == "flows"
    shutil.rmtree(folder.parent)


# --- verifying ---------------------------------------------------------------------------------------------


def test_files_that_differ_from_their_sidecar(write: Callable[[str], Path]) -> None:
    path = write(RECORDED)
    sidecar, rows = load_sidecar(path), path.parent / "flows.csv"
    rows.write_bytes(ROWS.replace(b"2020", b"2021"))
    with pytest.raises(SourceError, match=rf"flows\.csv: has the sha256 {sha256_of(rows)} where"):
        verify(sidecar, path.parent)
    rows.write_bytes(ROWS[:-1])
    with pytest.raises(SourceError, match="has 17 bytes where the sidecar says 18"):
        verify(sidecar, path.parent)
    rows.unlink()
    with pytest.raises(SourceError, match=r"is missing.*git checkout"):
        verify(sidecar, path.parent)


def test_a_fetched_file_that_is_missing(write: Callable[[str], Path]) -> None:
    path = write(FETCHED)
    with pytest.raises(SourceError, match="retorsion fetch flows"):
        verify(load_sidecar(path), path.parent)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1: a", "whose name is no text"),
        ("x: !!binary aGk=", "has the tag"),
        ("x: &a [*a]", "has an anchor"),
        ("x: !!set {a}", "has the tag"),
        ("x: " + "[" * 30 + "]" * 30, "is nested more than 20 deep"),
        ("x: .nan", "'x': is not a field"),
        ("max_bytes: " + "9" * 5000, "cannot be read as YAML|max_bytes"),
        ("date_accessed: 2024-01-01 10:00:00", "given twice"),
    ],
)
def test_what_is_no_plain_yaml_is_named(tmp_path: Path, line: str, problem: str) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / SIDECAR).write_text(f"{RECORDED}{line}\n", encoding="utf-8")
    with pytest.raises(RetorsionError, match=problem):
        load_sidecar(folder / SIDECAR)


@pytest.mark.parametrize("day", ['"2024-02-23"', "2024-02-23"])
def test_a_day_may_be_quoted(write: Callable[[str], Path], day: str) -> None:
    text = RECORDED.replace("date_published: 2024-02-23", f"date_published: {day}")
    assert load_sidecar(write(text)).date_published == date(2024, 2, 23)


@pytest.mark.parametrize("day", ["2024-02-23 10:00:00", "20240223", "2024"])
def test_what_is_no_day_is_named(write: Callable[[str], Path], day: str) -> None:
    text = RECORDED.replace("date_published: 2024-02-23", f"date_published: {day}")
    with pytest.raises(SourceError, match="'date_published'"):
        load_sidecar(write(text))


def test_a_misspelt_field_is_named_with_the_nearest(write: Callable[[str], Path]) -> None:
    with pytest.raises(SourceError, match="Did you mean 'coverage'"):
        load_sidecar(write(RECORDED.replace("coverage:", "coverge:")))


def test_pinning_changes_hash_and_size_and_nothing_else(write: Callable[[str], Path]) -> None:
    text = "# what we took\n" + RECORDED.replace("reader: flows", "reader: flows  # ours")
    path = write(text)
    (path.parent / "flows.csv").write_bytes(ROWS + b"2021,2\n")
    sidecar = load_sidecar(path)
    new = pinned(text, sidecar, path.parent)
    changed = [(a, b) for a, b in zip(text.splitlines(), new.splitlines(), strict=True) if a != b]
    assert [b.strip().partition(":")[0] for _, b in changed] == ["sha256", "bytes"]
    path.write_text(new, encoding="utf-8")
    verify(load_sidecar(path), path.parent)


def test_folders_that_are_no_sources_are_passed_over(tmp_path: Path) -> None:
    for name in ("empty", ".hidden", "looked_at/vintages", "of_the_system"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / ".hidden" / "x.csv").write_text("a\n")
    (tmp_path / "of_the_system" / ".DS_Store").write_text("x")
    assert load_sidecars(tmp_path) == []
    (tmp_path / "empty" / "x.csv").write_text("a\n")
    with pytest.raises(RetorsionError, match=r"empty.source\.yaml: is missing"):
        load_sidecars(tmp_path)
