"""What every reader returns: the rows it accepted, and the rows it could not, each with its reason.

Nothing is lost: ``len(accepted) + len(rejected)`` is the number of rows in the file, and
:meth:`Rows.check` asserts it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from retorsion.errors import RetorsionError, SourceError, did_you_mean
from retorsion.sources.limits import limit, too_much
from retorsion.sources.text.words import Meanings, as_text

#: Columns of the quarantine: one input row that could not be accepted, whole, with place and reason.
QUARANTINE_SCHEMA = pl.Schema(
    {
        "source_id": pl.String,
        "file": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "value": pl.String,
        "reason": pl.String,
        "remedy": pl.String,
        "raw": pl.String,
    }
)

#: Name of the column in which a reader keeps the 1-based line of the file a row came from.
ROW = "row"


#: Largest part of the lines of a file that may be faulty, where there are more than the limit.
MOST_FAULTY = 0.1


@dataclass(frozen=True)
class Check:
    """A test that every row of a source must pass.

    Attributes:
        column: the column whose value is named when the test fails.
        ok: boolean expression; null counts as failed.
        reason: what is wrong, continuing "value 'x' ...".
        remedy: what to do, a full sentence.
        known: the values there are, of which the nearest to a wrong one is named.
    """

    column: str
    ok: pl.Expr
    reason: str
    remedy: str
    known: Collection[str] = ()


#: How the reason begins for a row that says what an earlier row says, and is counted once: nothing is wrong.
REPEATED = "says the same as row"


@dataclass(frozen=True)
class Rows:
    """What a reader gives for one file.

    Attributes:
        accepted: the rows that passed every test.
        rejected: the others, in the quarantine's columns.
        notes: sentences about the file as a whole that its user should know, such as a label that was read
            from its name or rows that were there twice.
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    notes: tuple[str, ...] = ()

    def check(self, n_in: int, what: str) -> Rows:
        """Return self after asserting that ``n_in`` rows are all here."""
        n_out = len(self.accepted) + len(self.rejected)
        assert n_out == n_in, f"{what}: {n_in} rows in, but {n_out} rows accepted or quarantined"
        return self


def all_differ(hashes: pl.Series) -> bool:
    """Whether hashes differ, and so what they are of: seen in a fraction of the time that the values take."""
    return hashes.n_unique() == len(hashes)


def is_first(column: str) -> pl.Expr:
    """Whether a cell of a column of text is the first of its kind."""

    def first(cells: pl.Series) -> pl.Series:
        if all_differ(cells.hash()):
            return pl.repeat(True, len(cells), eager=True)
        return cells.is_first_distinct()

    return pl.col(column).map_batches(first, return_dtype=pl.Boolean)


def once(
    rows: Rows, key: Sequence[str], *, source_id: str, file: Path | str, named_by: Sequence[str] = ()
) -> Rows:
    """The rows with each key once.

    Args:
        rows: of one file; accepted rows have :data:`ROW`.
        key: columns that tell one fact from another.
        source_id: id of the source the file belongs to.
        file: name to report.
        named_by: columns that name a row in the quarantine; the key, if none are given.

    Returns:
        Rows that say the same as an earlier one are quarantined, and a note counts them.

    Raises:
        SourceError: two rows of one key say different things.
    """
    if all_differ(rows.accepted.select(key).hash_rows()):
        return rows
    double = rows.accepted.filter(pl.struct(key).is_duplicated())
    if double.is_empty():
        return rows
    said = double.unique([name for name in double.columns if name != ROW], maintain_order=True, keep="first")
    different = said.filter(pl.struct(key).is_duplicated()).select(key).head(1)
    if len(different):
        of_one = said.join(different, on=key, nulls_equal=True, maintain_order="left")
        where = ", ".join(f"{name} {value}" for name, value in different.row(0, named=True).items())
        raise SourceError(
            file,
            f"says something else than row {of_one[ROW][0]} of the same key ({where})",
            row=of_one[ROW][1],
            remedy="Fetch the file again; if it holds two versions, take the older rows out.",
        )
    first = pl.col(ROW).first().over(key)
    repeats = as_text(double.with_columns(first.alias("__first")).filter(pl.col(ROW) != pl.col("__first")))
    rejected = repeats.select(
        pl.lit(source_id).alias("source_id"),
        pl.lit(str(file)).alias("file"),
        pl.col(ROW),
        pl.lit("(row)").alias("column"),
        pl.concat_str(pl.col(named_by or key).cast(pl.String), separator=", ", ignore_nulls=True).alias(
            "value"
        ),
        pl.concat_str(pl.lit(f"{REPEATED} "), pl.col("__first")).alias("reason"),
        pl.lit("Nothing is lost: what it says counts once.").alias("remedy"),
        pl.struct(pl.all().exclude(ROW, "__first")).struct.json_encode().alias("raw"),
    )
    accepted = rows.accepted.join(repeats.select(ROW), on=ROW, how="anti", maintain_order="left")
    note = f"rows that say the same as an earlier row, and are counted once: {len(repeats)}"
    return Rows(
        accepted,
        pl.concat([rows.rejected, rejected.cast(QUARANTINE_SCHEMA)]).sort(ROW, maintain_order=True),
        (*rows.notes, note),
    )


def empty_quarantine() -> pl.DataFrame:
    """A quarantine without rows."""
    return QUARANTINE_SCHEMA.to_frame()


class Fault(NamedTuple):
    """Why one row could not be accepted: its line, the column and value at fault, and the whole row."""

    row: int
    column: str
    value: str | None
    reason: str
    remedy: str
    raw: str


def quarantined(faults: Sequence[Fault], *, source_id: str, file: Path | str) -> pl.DataFrame:
    """Faulty rows of a file in :data:`QUARANTINE_SCHEMA`."""
    records = [{"source_id": source_id, "file": str(file), **fault._asdict()} for fault in faults]
    return pl.DataFrame(records, schema=QUARANTINE_SCHEMA, orient="row")


def first_failed(
    frame: pl.DataFrame, checks: Sequence[Check], meanings: Meanings | None = None
) -> pl.Series | None:
    """Number of the first check that each row fails, null where it passes all.

    Args:
        frame: rows. Tests over columns of words alone are made once for each combination of words, so that
            they must be elementwise.
        checks: tests.
        meanings: of the same words, if some have been found out already.

    Returns:
        Int16, one for each row; None if every row passes every check.
    """
    if frame.is_empty():
        return None
    meanings = meanings or Meanings(frame)
    passed: list[tuple[int, pl.Expr]] = []
    fulfilled = [check.ok.fill_null(False) for check in checks]
    meanings.look_at(fulfilled)
    for number, ok in enumerate(fulfilled):
        once = meanings.once(ok)
        if once is None and not any(
            isinstance(frame.schema[root], pl.Categorical) for root in ok.meta.root_names()
        ):
            passed.append((number, ok))
        elif once is None or not once.all():
            passed.append((number, pl.lit(meanings.of({"ok": ok})["ok"])))
    holds = frame.select(ok.all().alias(str(number)) for number, ok in passed).row(0) if passed else ()
    passed = [test for test, always in zip(passed, holds, strict=True) if not always]
    if not passed:
        return None
    numbers = (pl.when(~ok).then(pl.lit(number, dtype=pl.Int16)) for number, ok in passed)
    return frame.select(pl.coalesce(*numbers, pl.lit(None, dtype=pl.Int16))).to_series()


def sift(
    frame: pl.DataFrame,
    checks: Sequence[Check],
    *,
    source_id: str,
    file: Path | str,
    row: str = ROW,
    meanings: Meanings | None = None,
    every_fault: bool = False,
    are_counted: bool = False,
) -> Rows:
    """Split ``frame`` into rows that pass every check and rows that fail one.

    Args:
        frame: rows as read, with their line numbers in column ``row``.
        checks: tests, in the order in which their failures are to be reported; a row is quarantined
            once, for the first test it fails.
        source_id: id of the source the file belongs to.
        file: name to report, relative to the source's folder.
        row: the column with line numbers.
        meanings: of the frame's words, where the caller needs them too.
        every_fault: name the other tests that a row fails too, so that it is mended in one go.
        are_counted: whether the caller knows that not too many rows of the file are faulty.

    Returns:
        Accepted rows with the columns of ``frame``, rejected rows in :data:`QUARANTINE_SCHEMA`; both
        in the order of ``frame``.

    Raises:
        SourceError: as :func:`check_few`.
    """
    failed_check = first_failed(frame, checks, meanings)
    if failed_check is None:  # the usual case costs no copy of a large frame
        return Rows(frame, empty_quarantine())
    if not are_counted:
        check_few(len(frame) - failed_check.null_count(), len(frame), str(file))
    accepted = frame.filter(failed_check.is_null())
    failed = "__failed"
    bad = as_text(frame.with_columns(failed_check.alias(failed)).filter(pl.col(failed).is_not_null()))
    raw = pl.struct(pl.all().exclude(failed, row)).struct.json_encode()
    reasons = bad.select(
        pl.lit(source_id).alias("source_id"),
        pl.lit(str(file)).alias("file"),
        pl.col(row).cast(pl.Int64).alias("row"),
        *(
            pl.col(failed)
            .replace_strict(
                list(range(len(checks))), [getattr(c, name) for c in checks], return_dtype=pl.String
            )
            .alias(name)
            for name in ("column", "reason", "remedy")
        ),
        pl.coalesce(
            *(
                pl.when(pl.col(failed) == i).then(pl.col(c.column).cast(pl.String))
                for i, c in enumerate(checks)
            )
        ).alias("value"),
        raw.alias("raw"),
    )
    rejected = reasons.select(QUARANTINE_SCHEMA.names()).cast(QUARANTINE_SCHEMA)
    if every_fault:
        rejected = _with_every_fault(rejected, frame, failed_check.is_not_null(), checks)
    return Rows(accepted, rejected).check(len(frame), str(file))


def check_few(n_faulty: int, n_rows: int, name: str) -> None:
    """Assert that a file has not so many faulty lines that it cannot be what it should be.

    Raises:
        SourceError: more than the limit ``faulty_lines`` and than :data:`MOST_FAULTY` of its lines.
    """
    if n_faulty > limit("faulty_lines") and n_faulty > MOST_FAULTY * n_rows:
        raise too_much(
            "faulty_lines",
            name,
            f"has {n_faulty} faulty lines among its first {n_rows}",
            "Fetch the file again: it is not what it should be.",
        )


def _with_every_fault(
    rejected: pl.DataFrame, frame: pl.DataFrame, is_bad: pl.Series, checks: Sequence[Check]
) -> pl.DataFrame:
    """Quarantined rows whose remedy names what else is wrong with them, and the nearest known values."""
    ok = frame.select(check.ok.fill_null(False).alias(str(number)) for number, check in enumerate(checks))
    failed, rows = ok.filter(is_bad).select(~pl.all()), frame.filter(is_bad)
    remedies = []
    for row, fails in zip(as_text(rows).iter_rows(named=True), failed.iter_rows(), strict=True):
        first, *others = (check for check, fails_it in zip(checks, fails, strict=True) if fails_it)
        said = [f"{first.remedy}{did_you_mean(str(row[first.column]), first.known)}"]
        said += [
            f"Also column {check.column!r}, value {row[check.column]!r}: {check.reason}. {check.remedy}"
            f"{did_you_mean(str(row[check.column]), check.known)}"
            for check in others
            if check.column != first.column
        ]
        remedies.append(" ".join(said))
    return rejected.with_columns(pl.Series("remedy", remedies, dtype=pl.String))


def messages(rejected: pl.DataFrame) -> list[str]:
    """One sentence per quarantined row: file, row, column, value, reason, remedy."""
    return [
        f"{r['file']}, row {r['row']}, column {r['column']!r}, value {r['value']!r}: "
        f"{r['reason']}. {r['remedy']}"
        for r in rejected.iter_rows(named=True)
    ]


def faults(file: str, frame: pl.DataFrame, *checks: Check) -> list[str]:
    """What is wrong with the rows of a file, one sentence a row, each with every fault of its row."""
    return messages(sift(frame, checks, source_id="", file=file, every_fault=True).rejected)


def raise_first(said: Sequence[str]) -> None:
    """Raise RetorsionError with the first of several faults and how many more there are; do nothing without any."""
    if said:
        more = f" ({len(said) - 1} more)" if len(said) > 1 else ""
        raise RetorsionError(f"{said[0]}{more}")
