"""Readers of recorded facts: small CSV files that the project keeps in Git in layouts of its own.

Each layout is its columns and the checks every row must pass; one function reads them all. The ledger of
acts, which has several files and references between them, has a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.rows import Check, Rows, messages, sift
from retorsion.sources.states import known_codes
from retorsion.sources.text.strict_csv import read_strict_csv

DATE_REMEDY = "Write the date as YYYY-MM-DD, and only dates that exist."


@dataclass(frozen=True)
class Layout:
    """Columns of one file, the checks of its rows, and how its text becomes typed columns."""

    columns: tuple[str, ...]
    checks: tuple[Check, ...]
    types: Mapping[str, Callable[[pl.Expr], pl.Expr]] = field(default_factory=dict)


def iso_date(column: str) -> pl.Expr:
    """A date column written YYYY-MM-DD; null where it is not one."""
    text = pl.col(column)
    parsed = text.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).then(parsed)


def month_date(column: str) -> pl.Expr:
    """A month written YYYY-MM, as its first day; null where it is not one."""
    text = pl.col(column)
    parsed = (text + "-01").str.to_date("%Y-%m-%d", strict=False)
    return pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}$")).then(parsed)


def _required(column: str) -> Check:
    return Check(column, pl.col(column).is_not_null(), "is missing", f"Fill in {column}.")


def _one_of(column: str, allowed: tuple[str, ...]) -> Check:
    return Check(column, pl.col(column).is_in(allowed), "is unknown", f"Use one of: {', '.join(allowed)}.")


def _matches(column: str, pattern: str, what: str) -> Check:
    return Check(column, pl.col(column).str.contains(pattern), f"is not {what}", f"Write {what}.")


def _unique(column: str, *others: str) -> Check:
    return Check(
        column,
        pl.struct(column, *others).is_first_distinct() if others else pl.col(column).is_first_distinct(),
        "is a duplicate of an earlier row",
        "Keep one row, or give this one an identifier of its own.",
    )


def _date(column: str, *, optional: bool = False) -> Check:
    ok = iso_date(column).is_not_null()
    return Check(column, ok | pl.col(column).is_null() if optional else ok, "is not a date", DATE_REMEDY)


def _state(column: str) -> Check:
    return Check(
        column,
        pl.col(column).is_null() | pl.col(column).is_in(list(known_codes())),
        "is not a known state",
        "Use an ISO 3166-1 alpha-3 code, or add the code to states.csv.",
    )


def _number(column: str, *, optional: bool = False) -> Check:
    ok = pl.col(column).cast(pl.Float64, strict=False).is_finite()
    if optional:
        ok = ok | pl.col(column).is_null()
    return Check(column, ok, "is not a number", "Write a plain decimal number.")


def _as(dtype: type[pl.DataType]) -> Callable[[pl.Expr], pl.Expr]:
    return lambda text: text.cast(dtype)


def instrument_check(known: Sequence[str]) -> Check:
    """Check of the layout ``instruments``: the types of the ledger's vocabulary that are trade measures."""
    return _one_of("instrument_type", tuple(known))


def _is_url(column: str) -> Check:
    return Check(
        column,
        pl.col(column).str.contains(r"^https?://[^\s/]+\S*$"),
        "is not the address of a page",
        "Give the page the fact was read from, starting with https:// or http://.",
    )


LAYOUTS: dict[str, Layout] = {
    "asset_freeze_list": Layout(
        ("category", "number", "first_notice_date", "revision_dates", "kind", "name_en", "country_en"),
        (
            _matches("category", r"^[0-9]{2}$", "a two-digit list category"),
            _matches("number", r"^[0-9]{3}-[0-9]{6}$", "a list number like 029-000001"),
            _unique("number"),
            Check(
                "number",
                pl.col("number").str.slice(1, 2) == pl.col("category"),
                "is of another category than the row",
                "Correct the category or the number.",
            ),
            _date("first_notice_date"),
            _one_of("kind", ("individual", "entity")),
            _required("name_en"),
        ),
        {"first_notice_date": lambda c: c.str.to_date("%Y-%m-%d")},
    ),
    "list_programmes": Layout(
        ("category", "programme", "target_code", "addressee_code", "subject_type"),
        (
            _matches("category", r"^[0-9]{2}$", "a two-digit list category"),
            _unique("category"),
            _required("programme"),
            _state("target_code"),
            _state("addressee_code"),
            _one_of("subject_type", ("individual", "bank", "entity")),
        ),
    ),
    "observed_list": Layout(
        (
            "list_number",
            "programme",
            "subject_type",
            "subject_name",
            "subject_country",
            "country_codes",
            "announced_date",
            "effective_date",
            "last_absent_date",
            "first_observed_date",
            "last_observed_date",
            "absent_by_date",
        ),
        (
            _required("list_number"),
            _required("programme"),
            *(
                _date(name, optional=True)
                for name in ("announced_date", "effective_date", "last_absent_date", "absent_by_date")
            ),
            *(_date(name) for name in ("first_observed_date", "last_observed_date")),
        ),
        {
            name: lambda c: c.str.to_date("%Y-%m-%d")
            for name in (
                "announced_date",
                "effective_date",
                "last_absent_date",
                "first_observed_date",
                "last_observed_date",
                "absent_by_date",
            )
        },
    ),
    "programmes": Layout(
        ("programme", "target_code", "addressee_code"),
        (_required("programme"), _unique("programme"), _state("target_code"), _state("addressee_code")),
    ),
    "instruments": Layout(
        ("intervention_type", "instrument_type", "flow_type"),
        (
            _required("intervention_type"),
            _unique("intervention_type"),
            _required("instrument_type"),
            _one_of("flow_type", ("export", "import", "both")),
        ),
    ),
    "ministry_monthly_trade": Layout(
        ("flow", "partner", "goods_level", "goods", "period_start", "n_months", "value_thousand_yen"),
        (
            _one_of("flow", ("export", "import")),
            Check(
                "partner",
                pl.col("partner").is_in(list(known_codes())),
                "is not a known state or aggregate",
                "Use an ISO 3166-1 alpha-3 code, or add the code to states.csv.",
            ),
            _one_of("goods_level", ("total", "section", "item", "subitem")),
            _required("goods"),
            Check(
                "period_start",
                month_date("period_start").is_not_null(),
                "is not a month",
                "Write it YYYY-MM.",
            ),
            _matches("n_months", r"^([1-9]|1[0-2])$", "a number of months from 1 to 12"),
            _matches("value_thousand_yen", r"^-?[0-9]+$", "a whole number of thousand yen"),
        ),
        {
            "period_start": lambda c: (c + "-01").str.to_date("%Y-%m-%d"),
            "n_months": _as(pl.Int64),
            "value_thousand_yen": _as(pl.Int64),
        },
    ),
    "headline_figures": Layout(
        ("period", "flow", "commodity", "value", "unit", "yoy_pct", "source_url", "basis", "note"),
        (
            _required("period"),
            _required("flow"),
            _required("commodity"),
            _number("value", optional=True),
            _number("yoy_pct", optional=True),
            Check(
                "value",
                pl.col("value").is_not_null() | pl.col("yoy_pct").is_not_null(),
                "is missing and so is yoy_pct",
                "Give the figure, its change on the year, or both.",
            ),
            _is_url("source_url"),
            _one_of("basis", ("value", "quantity", "share", "yoy on quantity")),
        ),
        {"value": _as(pl.Float64), "yoy_pct": _as(pl.Float64)},
    ),
    "cameo_scores": Layout(
        ("cameo_code", "goldstein_score"),
        (
            _matches("cameo_code", r"^[0-9]{2,4}$", "a CAMEO code of two to four digits"),
            _unique("cameo_code"),
            _number("goldstein_score"),
        ),
        {"goldstein_score": _as(pl.Float64)},
    ),
    "plover_scores": Layout(
        ("category", "mode", "score"),
        (_required("category"), _unique("category", "mode"), _number("score")),
        {"score": _as(pl.Float64)},
    ),
    "coalition": Layout(
        ("member_code", "joined_date", "left_date", "basis_type", "source_url"),
        (
            _required("member_code"),
            _state("member_code"),
            _unique("member_code", "joined_date"),
            _date("joined_date"),
            _date("left_date", optional=True),
            Check(
                "left_date",
                pl.col("left_date").is_null() | (iso_date("left_date") > iso_date("joined_date")),
                "is not after joined_date",
                "Correct one of the two.",
            ),
            _required("basis_type"),
            _is_url("source_url"),
        ),
        {name: lambda c: c.str.to_date("%Y-%m-%d") for name in ("joined_date", "left_date")},
    ),
    "high_priority_list": Layout(
        ("tier", "hs6_2022", "list_date", "source", "description"),
        (
            _required("tier"),
            _matches("hs6_2022", r"^[0-9]{6}$", "a six-digit HS code"),
            _unique("hs6_2022"),
            _date("list_date"),
        ),
        {"list_date": lambda c: c.str.to_date("%Y-%m-%d")},
    ),
}


def read_recorded(path: Path, layout: str, *, source_id: str, more: Sequence[Check] = ()) -> Rows:
    """Read a file of recorded facts.

    Args:
        path: the CSV file.
        layout: name of its layout in :data:`LAYOUTS`.
        source_id: id of the source it belongs to.
        more: checks beside the layout's own, of what another file says.

    Returns:
        The layout's columns, typed, and ``row``; and the rows that failed a check.

    Raises:
        SourceError: the file as a whole is not in the layout.
    """
    spec = LAYOUTS[layout]
    frame = read_strict_csv(path, spec.columns)
    rows = sift(frame, (*spec.checks, *more), source_id=source_id, file=path.name)
    typed = rows.accepted.with_columns(convert(pl.col(name)) for name, convert in spec.types.items())
    return Rows(typed, rows.rejected).check(len(frame), path.name)


def read_complete(path: Path, layout: str, *, source_id: str, more: Sequence[Check] = ()) -> pl.DataFrame:
    """Read a file of which no row may be missing, since each says what many rows of another file mean.

    Arguments as :func:`read_recorded`.

    Returns:
        The layout's columns, typed, and ``row``.

    Raises:
        SourceError: the file as a whole is not in the layout.
        RetorsionError: a row fails a check; names the first, and how many more there are.
    """
    rows = read_recorded(path, layout, source_id=source_id, more=more)
    if n := len(rows.rejected):
        others = f" ({n - 1} more)" if n > 1 else ""
        raise RetorsionError(f"{source_id}: {messages(rows.rejected)[0]}{others}")
    return rows.accepted
