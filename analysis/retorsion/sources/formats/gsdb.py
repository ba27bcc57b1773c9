"""Global Sanctions Data Base, releases 1 to 4: cases of sanctions since 1949, CSV in Latin-1 or UTF-8.

One row for each case; several states, objectives and outcomes share a cell, parted by commas, and the names
of some states hold a comma themselves, so that a cell is read by the longest names that states.csv and ISO
3166 know. ``end`` of a case that goes on is the last year of the release (2022 in release 3, 2023 in release 4), like
that of a case which ended in it: the outcome ``ongoing`` tells them apart.

Felbermayr, G., Kirilakha, A., Syropoulos, C., Yalcin, E. and Yotov, Y. (2020), The global sanctions data
base, European Economic Review 129; release 3: Syropoulos, C. et al. (2024), Review of International
Economics 32.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl

from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import ROW, Check, Rows, is_first
from retorsion.sources.states import UNKNOWN_STATE, aliases, state_by_name
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.bulk_text import encoding_of
from retorsion.sources.text.published import (
    N_ROWS,
    QuotedLayout,
    empty_or,
    one_of,
    read_layout,
    tested,
    whole_number,
)
from retorsion.sources.text.words import Meanings, at_once, understood

#: Latest year that a case can state: no release is of a later one.
MAX_YEAR = 2100

INSTRUMENTS = ("trade", "arms", "military", "financial", "travel", "other")
OBJECTIVES = (
    "policy_change",
    "destab_regime",
    "territorial_conflict",
    "prevent_war",
    "terrorism",
    "end_war",
    "human_rights",
    "democracy",
    "other",
)
OUTCOMES = ("failed", "success_part", "success_total", "nego_settlement", "ongoing")
TRADE_SCOPES = ("exp_part", "exp_compl", "imp_part", "imp_compl")

_LAYOUT = QuotedLayout(
    publisher="the Global Sanctions Data Base",
    columns=(
        "case_id",
        "sanctioned_state",
        "sanctioning_state",
        "begin",
        "end",
        "trade",
        "descr_trade",
        "arms",
        "military",
        "financial",
        "travel",
        "other",
        "target_mult",
        "sender_mult",
        "objective",
        "success",
    ),
    words=(
        "sanctioned_state",
        "sanctioning_state",
        "begin",
        "end",
        "trade",
        "descr_trade",
        "objective",
        "success",
    ),
)


@cache
def _code(name: str) -> str | None:
    return aliases("gsdb").get(name) or state_by_name(name)


def state_codes(cell: str) -> list[str] | None:
    """Codes of the states and groups that a cell names, in its order; None if a name is not known.

    At each place the longest known name is taken: ``Egypt, Arab Rep., Syria`` is two states.
    """
    parts = [part.strip() for part in cell.split(",")]
    codes: list[str] = []
    at = 0
    while at < len(parts):
        for end in range(min(len(parts), at + 4), at, -1):
            code = _code(", ".join(parts[at:end]))
            if code is not None:
                codes.append(code)
                at = end
                break
        else:
            return None
    return codes


def _joined_codes(cell: str) -> str | None:
    codes = state_codes(cell)
    return None if codes is None else ",".join(codes)


def _list_of(column: str, allowed: tuple[str, ...]) -> Check:
    one = "|".join(allowed)
    return Check(
        column,
        pl.col(column).str.contains(rf"^({one})(, ?({one}))*$"),
        "holds a category that is not known",
        f"Known are: {', '.join(allowed)}. If a release has a new one, add it to the reader.",
    )


def _state_check(column: str) -> Check:
    return Check(
        column,
        pl.col(f"{column}_codes").is_not_null(),
        f"{UNKNOWN_STATE} or group of states",
        "Add it to states.csv under the system 'gsdb', with the reason.",
    )


def _year_check(column: str) -> Check:
    return Check(
        column,
        pl.col(column).str.contains(r"^[0-9]{4}$")
        & pl.col(column).cast(pl.Int64, strict=False).is_between(1900, MAX_YEAR),
        "is not a year",
        "Compare the case with the release.",
    )


_CHECKS = (
    Check(
        "case_id",
        whole_number("case_id", 6),
        "is not the number of a case",
        "Take the file as the Global Sanctions Data Base gives it.",
    ),
    Check("case_id", is_first("case_id"), "is the number of an earlier case", "Keep one."),
    _state_check("sanctioned_state"),
    _state_check("sanctioning_state"),
    _year_check("begin"),
    _year_check("end"),
    Check(
        "end",
        pl.col("end").cast(pl.Int64, strict=False) >= pl.col("begin").cast(pl.Int64, strict=False),
        "is before begin",
        "Compare the case with the release.",
    ),
    *(one_of(column, ("0", "1")) for column in (*INSTRUMENTS, "target_mult", "sender_mult")),
    empty_or(_list_of("descr_trade", TRADE_SCOPES)),
    Check(
        "descr_trade",
        pl.col("descr_trade").is_not_null() == (pl.col("trade") == "1"),
        "does not agree with trade: it describes a trade sanction, and every trade sanction",
        "Compare the case with the release.",
    ),
    _list_of("objective", OBJECTIVES),
    _list_of("success", OUTCOMES),
)


def read_gsdb(path: Path, *, source_id: str) -> Rows:
    """Read the cases.

    Args:
        path: the CSV file, packed or not.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each case in file order: ``row`` (line), ``n_rows`` (1), ``case_id``,
        ``target_codes`` and ``sender_codes`` (lists of alpha-3 codes and of codes of groups, which
        states.csv marks as aggregates), ``begin_year``, ``end_year`` (null where the case goes on),
        ``instruments`` (list: trade, arms, military, financial, travel,
        other), ``trade_scopes`` (list), ``objectives``, ``outcomes`` (lists),
        ``has_several_targets``, ``has_several_senders`` (as
        the data base codes it). Years only: the data base states no days. Rejected: the rows that failed a
        check.

    Raises:
        SourceError: the file is not in the layout.
    """
    data, _ = unpacked(path)
    layout = replace(_LAYOUT, encoding=encoding_of(data))
    read = read_layout(path, layout, source_id=source_id, data=data)
    rows = Rows(_coded(read.accepted), read.rejected)
    return tested(rows, _CHECKS, _cases, source_id=source_id, path=path)


def _coded(rows: pl.DataFrame) -> pl.DataFrame:
    def codes(column: str) -> pl.Series:
        return understood(rows[column], _joined_codes, parted_by=",").alias(f"{column}_codes")

    return rows.with_columns(at_once(codes, ("sanctioned_state", "sanctioning_state")))


def _cases(rows: pl.DataFrame, meanings: Meanings) -> pl.DataFrame:
    end = pl.col("end").cast(pl.Int64)
    made = {
        "begin_year": pl.col("begin").cast(pl.Int64),
        "end_year": pl.when(~_parts("success").list.contains("ongoing")).then(end),
        "instruments": pl.concat_list(
            pl.when(pl.col(column) == "1").then(pl.lit(column)) for column in INSTRUMENTS
        ).list.drop_nulls(),
        "trade_scopes": _parts("descr_trade"),
        "objectives": _parts("objective"),
        "outcomes": _parts("success"),
        "has_several_targets": pl.col("target_mult") == "1",
        "has_several_senders": pl.col("sender_mult") == "1",
    }
    own = rows.select(
        ROW,
        pl.lit(1, dtype=pl.Int64).alias(N_ROWS),
        "case_id",
        pl.col("sanctioned_state_codes").alias("target_codes"),
        pl.col("sanctioning_state_codes").alias("sender_codes"),
    )
    return pl.concat([own, meanings.of(made)], how="horizontal")


def _parts(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(" ", "", literal=True).str.split(",")


READERS = (
    Reader(
        "gsdb",
        "cases",
        "Global Sanctions Data Base",
        read_gsdb,
        header("sanctioned_state", "sanctioning_state"),
        ("case_id",),
    ),
)
