"""One definition, three engines: the same events, counts, sums and quarantine from each."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest
from event_lines import CAMEO, PLOVER, Files, faulty, line, row, write
from places import FIXTURES
from polars.testing import assert_frame_equal
from retorsion.errors import ParameterError, SourceError
from retorsion.events import events as ev
from retorsion.events import series as es
from retorsion.events import store as event_store
from retorsion.events.engines import DuckDB, Engine, Polars, Spark, engine, spark_session
from retorsion.events.source import Source
from retorsion.sources.formats.gdelt import read_gdelt
from retorsion.sources.text.archives import text_of
from retorsion.tables import flow_sums
from retorsion.tables.fields import conform


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cluster of two workers on this machine, each a process of its own."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: run `make spark`")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17, and there is no java here")
    lean = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # starts sooner
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        environment.setenv("SPARK_WORKER_DIR", str(tmp_path_factory.mktemp("spark")))
        session = spark_session(
            "local-cluster[2,1,1024]",
            spark__driver__host="127.0.0.1",
            spark__driver__bindAddress="127.0.0.1",
            spark__driver__extraJavaOptions=lean,
            spark__executor__extraJavaOptions=lean,
            spark__executor__memory="1g",
            spark__sql__shuffle__partitions="2",
            spark__default__parallelism="2",
            spark__scheduler__minRegisteredResourcesRatio="1.0",
            spark__scheduler__maxRegisteredResourcesWaitingTime="300s",
            spark__network__timeout="600s",
            spark__rpc__askTimeout="600s",
        )
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("polars", {"memory_limit": "2GB"}, "'polars': has no option 'memory_limit'. It takes: none"),
        ("duckdb", {"memory_limt": "2GB"}, "Did you mean 'memory_limit'"),
        ("duckdb", {"memory_limit": "much"}, "is not a size"),
        ("spark", {"masterr": "local"}, "Did you mean 'master'"),
        ("dask", {}, "Choose one of polars, duckdb, spark"),
    ],
)
def test_an_engine_or_an_option_that_is_not_known_is_named(
    name: str, options: dict[str, str], problem: str
) -> None:
    with pytest.raises(ParameterError, match=re.escape(problem)):
        engine(name, options=options)


def test_the_memory_limit_reaches_duckdb() -> None:
    def limit() -> str:
        return str(duckdb.sql("SELECT current_setting('memory_limit')").fetchall()[0][0])

    before = limit()
    try:
        engine("duckdb", options={"memory_limit": "1GiB"})
        assert limit() == "1.0 GiB"
    finally:
        duckdb.execute(f"SET memory_limit = '{before}'")


@pytest.fixture(params=["polars", "duckdb", "spark"])
def runs_on(request: pytest.FixtureRequest) -> Engine:
    if request.param == "spark":
        return Spark(request.getfixturevalue("spark_cluster"))
    return engine(request.param)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write(tmp_path_factory.mktemp("gdelt"))


def built(files: Files, folder: Path, runs_on: Engine, **options: Any) -> dict[str, Any]:
    source = Source("g", "gdelt", files.paths, **options)
    return event_store.build_events(source, folder, runs_on, cameo=CAMEO, plover=PLOVER)


@pytest.fixture(scope="module")
def expected(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What polars makes of the files; held against the exact reader in a test of its own."""
    folder = tmp_path_factory.mktemp("expected")
    built(files, folder, Polars())
    return folder


def test_every_engine_makes_the_same_events_series_coverage_and_quarantine(
    runs_on: Engine, files: Files, expected: Path, tmp_path: Path
) -> None:
    made = built(files, tmp_path, runs_on)
    of_polars = event_store.manifest(expected)
    assert of_polars is not None
    counts = ("n_lines", "n_events", "n_duplicates", "n_left_out", "n_quarantined", "fingerprint")
    assert {k: made[k] for k in counts} == {k: of_polars[k] for k in counts}
    assert_frame_equal(
        event_store.scan_events(tmp_path).collect(), event_store.scan_events(expected).collect()
    )
    assert_frame_equal(event_store.read_coverage(tmp_path), event_store.read_coverage(expected))
    assert_frame_equal(event_store.read_quarantine(tmp_path), event_store.read_quarantine(expected))
    for period in es.EVERY if runs_on.name != "spark" else ("week",):  # a query of Spark takes seconds
        series = conform(event_store.build_series(tmp_path, period, runs_on), "event_series")
        same = conform(event_store.build_series(expected, period, Polars()), "event_series")
        assert_frame_equal(series, same, rel_tol=1e-9)


def test_the_cluster_has_two_workers(spark_cluster: Any) -> None:
    assert spark_cluster.range(0, 1000, 1, 4).count() == 1000
    executors = spark_cluster.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1  # and the driver
    assert executors == 2


def test_malformed_lines_are_quarantined_with_file_and_line_and_nothing_is_lost(
    files: Files, expected: Path
) -> None:
    made = event_store.manifest(expected)
    assert made is not None
    out = made["n_events"] + made["n_duplicates"] + made["n_left_out"] + made["n_quarantined"]
    assert out == files.n_lines == made["n_lines"]
    quarantined = event_store.read_quarantine(expected)
    assert set(quarantined.select("file", "row").iter_rows()) == files.malformed
    assert quarantined["reason"].str.len_chars().min() > 10  # type: ignore[operator]


def as_lines(path: Path) -> list[bytes]:
    packed, _ = text_of(path)
    return (packed if isinstance(packed, bytes) else packed.read_bytes()).splitlines()


def test_the_events_are_those_of_the_exact_reader(files: Files, expected: Path) -> None:
    each = [read_gdelt(path, source_id="g").accepted for path in files.paths]
    read = pl.concat(each)
    kept = read.filter(
        pl.col("actor1_state_code").is_not_null()
        & pl.col("actor2_state_code").is_not_null()
        & (pl.col("actor1_state_code") != pl.col("actor2_state_code"))
    )
    made = event_store.manifest(expected)
    assert made is not None
    # the reader takes a line once that stands there twice; the store counts lines
    n_left_out = 0
    for path, rows in zip(files.paths, each, strict=True):
        lines = as_lines(path)
        times = Counter(lines)
        left_out = rows.join(kept, on=["event_id", "row", "added_time"], how="anti", nulls_equal=True)
        n_left_out += sum(times[lines[row - 1]] for row in left_out["row"])
    assert made["n_left_out"] == n_left_out
    scores = dict(CAMEO.iter_rows())
    first = kept.sort(
        "event_date",
        "actor1_state_code",
        "actor2_state_code",
        "quad_class",
        "cameo_code",
        "n_sources",
        pl.col("source_url").fill_null(""),
    ).unique("event_id", keep="first", maintain_order=True)
    by_hand = {
        str(r["event_id"]): (
            r["event_date"],
            r["actor1_state_code"],
            r["actor2_state_code"],
            ev.QUADS[r["quad_class"] - 1],
            -scores[r["cameo_code"]] + 0.0 if r["cameo_code"] in scores else None,
            r["n_sources"],
        )
        for r in first.iter_rows(named=True)
    }
    columns = ("event_date", "actor_code", "target_code", "quad_type", "intensity", "n_sources")
    events = event_store.scan_events(expected).collect()
    assert {r["event_id"]: tuple(r[c] for c in columns) for r in events.iter_rows(named=True)} == by_hand
    assert len(events) == len(by_hand)


def test_the_key_of_partitions_is_not_in_the_files_and_is_that_of_the_rows(expected: Path) -> None:
    for path in event_store.event_files(expected):
        frame = pl.read_parquet(path, hive_partitioning=False)
        assert "period" not in frame.columns
        months = frame["event_date"].dt.strftime("%Y%m").unique().to_list()
        assert months == [path.parent.name.removeprefix("period=")]
        assert frame["event_date"].is_sorted()


@pytest.mark.parametrize("period", ["week", "month"])
def test_the_series_without_keeping_events_counts_every_row_once(
    runs_on: Engine, files: Files, period: str
) -> None:
    coding = ev.codings()["gdelt"]
    paths = files.paths[:1]
    small = ev.small_tables(runs_on, "gdelt", CAMEO, PLOVER)
    layout = coding.layout(paths)
    lines = ev.coded(runs_on.text(paths, layout), coding, layout.format_)
    rows = ev.scored(lines, coding, small["scores"])
    made = runs_on.collect(es.series_of_rows(rows, small["days"], small["states"], period))
    found = made.filter(pl.col(es.FATE).is_null()).drop(es.FATE)
    events = ev.events(lines, coding, **small)
    again = events.filter(nw.col(ev.SURE), ev.between_states())
    slow = runs_on.collect(es.event_series(again, period))
    keys = ["period_start", *es.SERIES]
    assert_frame_equal(found.sort(keys), slow.sort(keys), rel_tol=1e-9)
    assert found["n_events"].sum() > 50
    unsure = len(runs_on.collect(events.filter(~nw.col(ev.SURE))))
    assert made.filter(pl.col(es.FATE).is_not_null())["n_events"].sum() == unsure > 10


def test_customs_rows_add_up_alike_and_an_unknown_part_makes_the_sum_unknown(runs_on: Engine) -> None:
    rows = pl.DataFrame(
        {
            "period": ["202201"] * 5 + ["202202"],
            "pair": ["JPN>RUS"] * 6,
            "product": ["870323"] * 3 + ["271111"] * 3,
            "office": [1, 2, 3, 1, 2, 1],
            "value": [10.0, 20.5, 0.25, 1.0, None, 7.0],
            "quantity_1": [5, 6, 7, 1, 2, 3],
            "unit_1": ["NO", "NO", "NO", "KG", "KG", None],
            "quantity_2": [1500, 2500, 500, 2, 3, 4],
            "unit_2": ["KG", "KG", "KG", "MT", "MT", "KL"],
        }
    )
    weight = flow_sums.tonnes(
        {"quantity_2": "unit_2", "quantity_1": "unit_1"}, {"KG": 0.001, "MT": 1.0}
    ).alias("quantity_tonnes")
    frame = runs_on.table(rows).with_columns(weight)
    key = ["period", "pair", "product"]
    found = runs_on.collect(flow_sums.summed(frame, key, ["value", "quantity_tonnes"])).sort(key)
    assert found["value"].to_list() == [None, 30.75, 7.0]
    assert found["quantity_tonnes"].to_list() == pytest.approx([5.0, 4.5, None])
    assert found["n_parts"].to_list() == [2, 3, 1]


@pytest.mark.parametrize(
    ("reader", "name"),
    [("icews", "events.2014.tab"), ("polecat", "ngecEvents.20220301-20220307.txt")],
)
def test_the_other_sources_are_read_alike(runs_on: Engine, reader: str, name: str, tmp_path: Path) -> None:
    path = FIXTURES / "events" / name
    source = Source("s", reader, (path,))
    made = event_store.build_events(source, tmp_path / "a", runs_on, cameo=CAMEO, plover=PLOVER)
    same = event_store.build_events(source, tmp_path / "b", Polars(), cameo=CAMEO, plover=PLOVER)
    assert made["n_events"] == same["n_events"] > 0
    frame = event_store.scan_events(tmp_path / "a").collect()
    assert_frame_equal(frame, event_store.scan_events(tmp_path / "b").collect())
    assert frame["intensity"].null_count() < len(frame)


def test_only_the_pairs_that_are_asked_for_are_kept(files: Files, tmp_path: Path) -> None:
    built(files, tmp_path, Polars(), pairs=(("RUS", "JPN"),))
    found = event_store.scan_events(tmp_path).select("actor_code", "target_code").unique().collect()
    assert set(found.iter_rows()) == {("RUS", "JPN"), ("JPN", "RUS")}
    whole = event_store.read_coverage(tmp_path)
    assert len(whole) == 40  # days are covered whichever states have events on them


def test_events_conform_to_the_field_dictionary(expected: Path) -> None:
    conform(event_store.scan_events(expected), "events")
    conform(
        event_store.read_coverage(expected).with_columns(pl.lit("g").alias("source_id")), "event_coverage"
    )


@pytest.mark.parametrize("more", [b"\t", b"\tmore", b"\t\tmore"])
def test_a_long_line_does_not_hide_behind_short_ones(runs_on: Engine, more: bytes, tmp_path: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    lines = [line(row(rng, n)) for n in range(20)]
    lines[10] += more
    for n in range(more.count(b"\t")):  # one field less each
        lines[5 + 9 * n] = lines[5 + 9 * n].replace(b"\t", b"", 1)
    path = tmp_path / "20220301.export.CSV"
    path.write_bytes(b"\n".join(lines) + b"\n")
    built(Files((path,), 20, set()), tmp_path / "a", runs_on)
    found = event_store.read_quarantine(tmp_path / "a").sort("row")
    assert found["row"].to_list() == [6, 11, 15][: 1 + more.count(b"\t")]
    assert found["column"].str.starts_with("field ").all()


def test_a_return_inside_a_line_is_refused_where_it_would_break_the_line(tmp_path: Path) -> None:
    import numpy as np

    cells = row(np.random.default_rng(1), 5)
    path = tmp_path / "20220301.export.CSV"
    path.write_bytes(line(cells) + b"\n" + line(cells | {"Actor1Name": "A\rB"}) + b"\n")
    with pytest.raises(SourceError, match="carriage return"):
        built(Files((path,), 2, set()), tmp_path / "d", DuckDB())
    assert built(Files((path,), 2, set()), tmp_path / "p", Polars())["n_lines"] == 2
    assert len(faulty(cells)) > 10


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(ParameterError, match="flink"):
        engine("flink")
