"""Engines: what reads, runs and writes the heavy transforms. The transforms themselves are written once.

A transform is a function on Narwhals lazy frames; see :mod:`retorsion.events.events`,
:mod:`retorsion.events.series` and :mod:`retorsion.tables.flow_sums`. An engine only opens files, takes
small frames in, and gives results back: polars (the default, streaming), DuckDB (spills to disk) and Spark (a
cluster).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import unquote, urlsplit

import narwhals as nw
import polars as pl

from retorsion.errors import ParameterError, SourceError, did_you_mean
from retorsion.sources.text.bulk_text import BulkFormat, Survey, survey

EngineName = Literal["polars", "duckdb", "spark"]

#: Whether a line has as many fields as its layout, and nothing in what is read that only its bytes can tell.
WHOLE = "__whole"
#: Where a line is: number of the row over all files from 0 (polars), or its file and its bytes as
#: hexadecimal digits (the others).
PLACE = ("__row", "__file", "__raw")

_INTEGER = r"^-?[0-9]{1,18}$"


@dataclass(frozen=True)
class TextLayout:
    """What an engine has to know of text files: their format, and which published columns are read.

    Attributes:
        format_: columns, separator and header.
        whole_numbers: columns that are read as Int64.
        texts: columns that are read as text.
        ends_filled: whether the last column is filled in a usual row. Then a short line shows without a
            survey of the bytes.
    """

    format_: BulkFormat
    whole_numbers: tuple[str, ...]
    texts: tuple[str, ...]
    ends_filled: bool

    @property
    def read(self) -> tuple[str, ...]:
        """The published columns that are read."""
        return (*self.whole_numbers, *self.texts)


class Engine(ABC):
    """One engine."""

    name: EngineName
    #: Whether :meth:`text` passes over lines that are empty or not UTF-8, which then have to be looked for.
    skips_lines = False

    #: Whether :meth:`text` has a faster way that is not exact.
    has_shortcut = False

    @abstractmethod
    def text(self, paths: Sequence[Path], layout: TextLayout, *, exact: bool = True) -> nw.LazyFrame[Any]:
        """Lines of files as rows: the columns that are read, null where they cannot be; WHOLE and PLACE.

        Args:
            paths: the files.
            layout: what to read of them.
            exact: False takes the shortcut, if the engine has one: see there what has to be known then.
        """

    @abstractmethod
    def parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Parquet files as one frame."""

    @abstractmethod
    def table(self, frame: pl.DataFrame) -> nw.LazyFrame[Any]:
        """A small table, to join with."""

    @abstractmethod
    def collect(self, frame: nw.LazyFrame[Any]) -> pl.DataFrame:
        """A result that fits in memory, in no particular order."""

    @abstractmethod
    def write_partitions(self, frame: nw.LazyFrame[Any], folder: Path, *, by: str) -> None:
        """Write Parquet files into ``folder/BY=VALUE/``, without the key inside the files."""

    @abstractmethod
    def write_sorted(self, frame: nw.LazyFrame[Any], folder: Path, *, order: Sequence[str]) -> None:
        """Write rows in order as Parquet into ``folder``."""


class Polars(Engine):
    """polars on this machine, streaming."""

    name: EngineName = "polars"
    has_shortcut = True

    def text(self, paths: Sequence[Path], layout: TextLayout, *, exact: bool = True) -> nw.LazyFrame[Any]:
        """Read by polars' own reader of separated text, which is the fastest there is.

        It fills short lines with nulls and cuts long ones, so that the fields of every line are counted
        first. The shortcut is not to do so. It is right where a line can only be too long if another is too
        short (:func:`retorsion.sources.text.lines.lines_by_sums`) and the last column is filled in a usual row,
        so that one that is too short is not WHOLE. Elsewhere it may be wrong, or stop.
        """
        format_ = layout.format_
        surveyed = _surveyed(paths, format_) if exact else None
        schema = dict.fromkeys(format_.columns, pl.String) | dict.fromkeys(layout.whole_numbers, pl.Int64)
        frame = pl.scan_csv(
            list(paths),
            has_header=False,
            separator=format_.separator,
            quote_char=None,
            skip_lines=format_.n_header_lines,
            schema=schema,
            encoding="utf8-lossy" if surveyed and surveyed.has_undecodable else "utf8",
            ignore_errors=True,
            extra_columns="ignore",
            missing_columns="insert",
            row_index_name=PLACE[0],
            glob=False,
        )
        if surveyed:
            faulty = pl.Series(surveyed.faulty, dtype=pl.UInt32)
            whole = ~pl.col(PLACE[0]).is_in(faulty.implode()) if surveyed.faulty else pl.lit(True)
        else:
            whole = pl.col(format_.columns[-1]).is_not_null()
        null = pl.lit(None, dtype=pl.String)
        return nw.from_native(
            frame.select(
                *layout.read,
                whole.alias(WHOLE),
                pl.col(PLACE[0]).cast(pl.Int64),
                *(null.alias(name) for name in PLACE[1:]),
            )
        )

    def parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Scan by polars."""
        return nw.from_native(pl.scan_parquet(list(paths), glob=False, hive_partitioning=False))

    def table(self, frame: pl.DataFrame) -> nw.LazyFrame[Any]:
        """The frame itself, lazily."""
        return nw.from_native(frame.lazy())

    def collect(self, frame: nw.LazyFrame[Any]) -> pl.DataFrame:
        """Run streaming."""
        return cast("pl.LazyFrame", frame.to_native()).collect(engine="streaming")

    def write_partitions(self, frame: nw.LazyFrame[Any], folder: Path, *, by: str) -> None:
        """Stream into one file at a time for each partition."""
        cast("pl.LazyFrame", frame.to_native()).sink_parquet(
            pl.PartitionBy(folder, key=by, include_key=False), compression="zstd", mkdir=True
        )

    def write_sorted(self, frame: nw.LazyFrame[Any], folder: Path, *, order: Sequence[str]) -> None:
        """Sort in memory and write one file."""
        folder.mkdir(parents=True, exist_ok=True)
        native = cast("pl.LazyFrame", frame.to_native())
        native.sort(order).sink_parquet(folder / "part-0.parquet", compression="zstd")


class DuckDB(Engine):
    """DuckDB on this machine, through its default connection.

    Args:
        memory_limit: such as ``"2GB"``; beyond it DuckDB spills to disk.
    """

    name: EngineName = "duckdb"
    skips_lines = True

    def __init__(self, memory_limit: str | None = None) -> None:
        import duckdb

        self._duckdb: Any = duckdb
        duckdb.execute("SET preserve_insertion_order = false")
        duckdb.execute("SET enable_progress_bar = false")
        duckdb.execute("SET parquet_metadata_cache = true")  # each step of a plan looks at the files again
        if memory_limit is not None:
            try:
                duckdb.execute(f"SET memory_limit = {_sql_text(memory_limit)}")
            except duckdb.Error:
                raise ParameterError(
                    f"engine 'duckdb': memory_limit={memory_limit} is not a size. Write it as 2GB"
                ) from None

    def text(self, paths: Sequence[Path], layout: TextLayout, *, exact: bool = True) -> nw.LazyFrame[Any]:
        """Read lines and split them; DuckDB passes over lines that are empty or not UTF-8."""
        for path in paths:
            _refuse_returns(path)
        options = (
            "delim='\\x01', quote='', escape='', comment='', header=false, auto_detect=false, filename=true, "
            "columns={'line': 'VARCHAR'}, ignore_errors=true, null_padding=true, strict_mode=false, "
            f"skip={layout.format_.n_header_lines}, max_line_size=16777216"
        )
        lines = self._duckdb.sql(
            # paths are quoted by _sql_list; all else is written here
            f"SELECT line, filename AS {PLACE[1]}, hex(line) AS {PLACE[2]}, true AS __sound "  # noqa: S608
            f"FROM read_csv({_sql_list(paths)}, {options}) WHERE line IS NOT NULL"
        )
        return _split(nw.from_native(lines), layout)

    def parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Scan by DuckDB."""
        relation = self._duckdb.sql(
            # as above: the paths are quoted
            f"SELECT * FROM read_parquet({_sql_list(paths)}, hive_partitioning=false, union_by_name=false)"  # noqa: S608
        )
        return cast("nw.LazyFrame[Any]", nw.from_native(relation))

    def table(self, frame: pl.DataFrame) -> nw.LazyFrame[Any]:
        """Through Arrow."""
        return cast("nw.LazyFrame[Any]", nw.from_native(self._duckdb.from_arrow(frame.to_arrow())))

    def collect(self, frame: nw.LazyFrame[Any]) -> pl.DataFrame:
        """Through Arrow."""
        return cast("pl.DataFrame", frame.to_native().pl())

    def write_partitions(self, frame: nw.LazyFrame[Any], folder: Path, *, by: str) -> None:
        """COPY partitioned."""
        folder.mkdir(parents=True, exist_ok=True)
        self._copy(frame.to_native(), folder, f", PARTITION_BY ({by}), WRITE_PARTITION_COLUMNS false")

    def write_sorted(self, frame: nw.LazyFrame[Any], folder: Path, *, order: Sequence[str]) -> None:
        """COPY in order."""
        folder.mkdir(parents=True, exist_ok=True)
        native = frame.to_native().order(", ".join(f"{name} ASC NULLS FIRST" for name in order))
        self._copy(native, folder / "part-0.parquet", "")

    def _copy(self, relation: Any, path: Path, more: str) -> None:
        relation.query("frame", f"COPY frame TO {_sql_text(path)} (FORMAT parquet, COMPRESSION zstd{more})")


class Spark(Engine):
    """Spark, on whichever cluster the session belongs to. Needs the extra ``spark`` and Java 17.

    Args:
        session: the session; one on this machine if None.
    """

    name: EngineName = "spark"

    def __init__(self, session: Any = None) -> None:
        if session is None:
            session = spark_session()
        self.session = session

    def text(self, paths: Sequence[Path], layout: TextLayout, *, exact: bool = True) -> nw.LazyFrame[Any]:
        """Read lines and split them; Spark keeps the bytes of a line as they are."""
        from pyspark.sql import functions

        lines = self.session.read.option("lineSep", "\n").text([_uri(path) for path in paths])
        value = functions.regexp_replace("value", "\r$", "")
        named = lines.select(
            value.alias("line"),
            functions.col("_metadata.file_path").alias(PLACE[1]),
            functions.hex("value").alias(PLACE[2]),
            functions.expr("is_valid_utf8(value)").alias("__sound"),
        )
        if layout.format_.n_header_lines:
            header = layout.format_.separator.join(layout.format_.columns)
            named = named.filter(functions.col("line") != header)
        return _split(nw.from_native(named), layout)

    def parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Scan by Spark."""
        return cast(
            "nw.LazyFrame[Any]",
            nw.from_native(self.session.read.parquet(*[_uri(path) for path in paths])),
        )

    def table(self, frame: pl.DataFrame) -> nw.LazyFrame[Any]:
        """Through Arrow, to every executor."""
        from pyspark.sql.functions import broadcast

        sent: Any = broadcast(self.session.createDataFrame(frame.to_arrow()))
        return cast("nw.LazyFrame[Any]", nw.from_native(sent))

    def collect(self, frame: nw.LazyFrame[Any]) -> pl.DataFrame:
        """Through Arrow."""
        return cast("pl.DataFrame", pl.from_arrow(frame.to_native().toArrow()))

    def write_partitions(self, frame: nw.LazyFrame[Any], folder: Path, *, by: str) -> None:
        """Write as Spark writes."""
        frame.to_native().write.mode("overwrite").option("compression", "zstd").partitionBy(by).parquet(
            _uri(folder)
        )

    def write_sorted(self, frame: nw.LazyFrame[Any], folder: Path, *, order: Sequence[str]) -> None:
        """One file, sorted."""
        native = frame.to_native().repartition(1).sortWithinPartitions(*order)
        native.write.mode("overwrite").option("compression", "zstd").parquet(_uri(folder))


def spark_session(master: str = "local[*]", **options: str) -> Any:
    """A Spark session.

    Args:
        master: ``local[*]``, ``spark://host:7077``, ``yarn``, ``k8s://…``.
        options: options of Spark with ``__`` for the dot: ``spark__executor__memory="8g"``.

    Raises:
        ParameterError: Spark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise ParameterError(
            "engine 'spark': PySpark is not installed. Run `make spark`; it needs Java 17"
        ) from None
    builder = SparkSession.builder.master(master).appName("retorsion")
    defaults = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.parquet.enableVectorizedReader": "true",
    }
    for name, value in {**defaults, **{k.replace("__", "."): v for k, v in options.items()}}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


#: Options of each engine; Spark has its own besides, by their full names.
ENGINE_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "polars": (),
    "duckdb": ("memory_limit",),
    "spark": ("master",),
}


def engine(name: str, *, options: Mapping[str, str] | None = None) -> Engine:
    """An engine by its name.

    Args:
        name: polars, duckdb or spark.
        options: of DuckDB: ``memory_limit``; of Spark: ``master`` and options of Spark by their full names.

    Raises:
        ParameterError: no such engine, an option that it does not have, or Spark is not installed.
    """
    options = dict(options or {})
    makers: dict[str, Callable[[], Engine]] = {
        "polars": Polars,
        "duckdb": lambda: DuckDB(options.get("memory_limit")),
        "spark": lambda: Spark(
            spark_session(
                options.pop("master", "local[*]"), **{k.replace(".", "__"): v for k, v in options.items()}
            )
        ),
    }
    if name not in makers:
        raise ParameterError(f"engine {name!r}: unknown. Choose one of {', '.join(makers)}")
    known = ENGINE_OPTIONS[name]
    unknown = [option for option in options if option not in known]
    if name == "spark":
        unknown = [option for option in unknown if not option.startswith("spark.")]
    if unknown:
        also = " and those of Spark by their full names, such as spark.executor.memory"
        raise ParameterError(
            f"engine {name!r}: has no option {unknown[0]!r}.{did_you_mean(unknown[0], known)} "
            f"It takes: {', '.join(known) or 'none'}{also if name == 'spark' else ''}"
        )
    return makers[name]()


def file_of(place: str) -> Path:
    """The local file that an engine names as the place of a line."""
    return Path(unquote(urlsplit(place).path)) if place.startswith("file:") else Path(place)


def _split(lines: nw.LazyFrame[Any], layout: TextLayout) -> nw.LazyFrame[Any]:
    """Fields of lines, the same for every engine that reads lines.

    Args:
        lines: ``line``, ``__sound`` (whether it is UTF-8), and its place.
        layout: what to read.
    """
    format_ = layout.format_
    place = {name: i for i, name in enumerate(format_.columns)}
    fields = nw.col("__fields")
    line = nw.col("line")
    split = lines.with_columns(line.str.split(format_.separator).alias("__fields"))
    n_fields = fields.list.len() == len(format_.columns)
    texts = split.with_columns(
        *(nw.when(n_fields).then(fields.list.get(place[name])).alias(name) for name in layout.read),
        (nw.col("__sound") & n_fields & ~line.str.contains("\r")).alias(WHOLE),
    )
    return texts.select(
        *(
            nw.when(nw.col(name).str.contains(_INTEGER)).then(nw.col(name)).cast(nw.Int64).alias(name)
            for name in layout.whole_numbers
        ),
        *(nw.when(nw.col(name) != "").then(nw.col(name)).alias(name) for name in layout.texts),
        WHOLE,
        nw.lit(None, nw.Int64).alias(PLACE[0]),
        *PLACE[1:],
    )


def _surveyed(paths: Sequence[Path], format_: BulkFormat) -> Survey:
    return survey(paths, [path.name for path in paths], format_)


def _refuse_returns(path: Path) -> None:
    """Raise SourceError if a carriage return is inside a line, where DuckDB would break it in two."""
    with path.open("rb") as stream:
        last = b""
        while block := stream.read(2**18):
            block, last = last + block, b""
            if block.endswith(b"\r"):
                block, last = block[:-1], b"\r"
            if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
                raise SourceError(
                    path.name,
                    "has a carriage return inside a line, which DuckDB takes for the end of the line",
                    remedy="Build it with the engine polars or spark.",
                )


def _uri(path: Path) -> str:
    return f"file://{path.resolve()}"  # Spark takes a path as it is, without escapes


def _sql_text(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _sql_list(paths: Sequence[Path]) -> str:
    return f"[{', '.join(map(_sql_text, paths))}]"
