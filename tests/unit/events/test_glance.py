"""A series at once from text: what a build of the same files gives, every line accounted for."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from event_lines import CAMEO, PLOVER, faulty, line, row
from places import FIXTURES
from polars.testing import assert_frame_equal
from retorsion.events import command
from retorsion.events import store as event_store
from retorsion.events.engines import Polars
from retorsion.events.store import Glance, Source
from retorsion.params import Events
from retorsion.project import parameters
from retorsion.tables.fields import conform
from typer.testing import CliRunner

NAME = "20220301.export.CSV"


def written(folder: Path, lines: list[bytes]) -> Path:
    path = folder / NAME
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def good_lines(n: int = 40) -> list[bytes]:
    rng = np.random.default_rng(3)
    return [line(row(rng, 10**9 + i)) for i in range(n)]


def seen(*paths: Path, reader: str = "gdelt", pairs: tuple[tuple[str, str], ...] | None = None) -> Glance:
    return event_store.glance(Source("g", reader, paths, pairs), "week", cameo=CAMEO, plover=PLOVER)


def built(folder: Path, *paths: Path, reader: str = "gdelt") -> tuple[dict[str, object], pl.DataFrame]:
    source = Source("g", reader, paths)
    made = event_store.build_events(source, folder, Polars(), cameo=CAMEO, plover=PLOVER)
    return made, conform(event_store.build_series(folder, "week"), "event_series")


def test_whole_lines_are_scanned_once(tmp_path: Path) -> None:
    path = written(tmp_path, good_lines())
    with patch.object(event_store, "count_lines", side_effect=AssertionError):  # of the second scan
        found = seen(path)
    made, series = built(tmp_path / "store", path)
    assert_frame_equal(found.series, series, rel_tol=1e-9)
    assert (found.n_lines, found.n_doubtful) == (40, 0)
    assert found.n_lines - int(found.series["n_events"].sum()) == made["n_left_out"]


@pytest.mark.parametrize("number", range(len(faulty(row(np.random.default_rng(0), 1)))))
def test_a_faulty_line_is_counted_and_is_no_part_of_the_series(number: int, tmp_path: Path) -> None:
    lines = good_lines()
    bad = faulty(row(np.random.default_rng(0), 1))[number]
    found = seen(written(tmp_path, [*lines[:20], bad, *lines[20:]]))
    assert (found.n_lines, found.n_doubtful) == (41, 1)
    without = tmp_path / "without"
    without.mkdir()
    assert_frame_equal(found.series, seen(written(without, lines)).series, rel_tol=1e-9)


@pytest.mark.parametrize("more", [b"\t", b"\tmore", b"\t\tmore"])
def test_a_long_line_does_not_hide_behind_short_ones(more: bytes, tmp_path: Path) -> None:
    lines = good_lines()
    lines[10] += more
    n_short = more.count(b"\t")
    for n in range(n_short):  # one field less each
        lines[5 + 9 * n] = lines[5 + 9 * n].replace(b"\t", b"", 1)
    found = seen(written(tmp_path, lines))
    assert (found.n_lines, found.n_doubtful) == (40, 1 + n_short)


def test_only_the_pairs_that_are_asked_for_are_in_it(tmp_path: Path) -> None:
    found = seen(written(tmp_path, good_lines(400)), pairs=(("RUS", "JPN"),)).series
    pairs = set(found.select("actor_code", "target_code").iter_rows())
    assert pairs == {("RUS", "JPN"), ("JPN", "RUS")}


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        ("icews", "events.2014.tab"),  # whose last column may be empty
        ("polecat", "ngecEvents.20220301-20220307.txt"),
        ("gdelt", "20220301001500.export.CSV.zip"),
    ],
)
def test_the_other_sources_are_seen_as_they_are_built(reader: str, name: str, tmp_path: Path) -> None:
    path = FIXTURES / "events" / name
    found = seen(path, reader=reader)
    made, series = built(tmp_path / "store", path, reader=reader)
    assert found.n_lines == made["n_lines"]
    assert found.series["n_events"].sum() + found.n_doubtful >= series["n_events"].sum() > 0
    assert_frame_equal(
        found.series.join(series, on=["period_start", "actor_code", "target_code", "quad_type"], how="semi"),
        found.series,
    )


def test_the_command_writes_the_series_and_says_what_became_of_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, [*good_lines(), b"broken"])
    news = Events(reader="gdelt", files=str(path))
    params = parameters().model_copy(update={"events": {"news": news}})
    monkeypatch.setattr(command, "parameters", lambda: params)
    done = CliRunner().invoke(command.app, ["glance", "news", "--period", "week"])
    assert done.exit_code == 0, done.output
    found = pl.read_csv(done.stdout.encode(), try_parse_dates=True)
    expected = seen(path).series
    assert found["n_events"].to_list() == expected["n_events"].to_list()
    n_events = expected["n_events"].sum()
    assert f"41 rows in; {n_events} between two states, {40 - n_events} of other actors, 1 d" in done.stderr  # type: ignore[operator]


def test_two_zips_of_one_name_are_two_files(tmp_path: Path) -> None:
    lines = good_lines()
    paths = []
    for folder, part in (("a", lines[:15]), ("b", lines[15:])):
        (tmp_path / folder).mkdir()
        text = written(tmp_path / folder, part)
        path = text.with_suffix(".CSV.zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(text, NAME)
        paths.append(path)
    found = seen(*paths)
    made, series = built(tmp_path / "store", *paths)
    assert found.n_lines == made["n_lines"] == 40
    assert_frame_equal(found.series, series, rel_tol=1e-9)
    shutil.rmtree(tmp_path / "store")
    whole = tmp_path / "whole"
    whole.mkdir()
    assert_frame_equal(seen(written(whole, lines)).series, series, rel_tol=1e-9)
