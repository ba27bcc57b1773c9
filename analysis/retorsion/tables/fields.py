"""The field dictionary: one source for schemas, data dictionary and axis labels.

The dictionary itself is ``fields.yaml`` beside this module; this module types it and turns it into
dataframely schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import dataframely as dy
import polars as pl
import yaml

DTYPES: dict[str, Any] = {
    "string": pl.String(),
    "code": pl.String(),
    "category": pl.String(),
    "date": pl.Date(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
}

#: Units in which money is counted, by the word that precedes the currency.
_COUNTS = {"thousand": 1e3, "million": 1e6, "billion": 1e9}


@dataclass(frozen=True)
class Field:
    """One column name and what it means wherever it occurs."""

    name: str
    type: str
    label: str
    description: str
    example: object
    unit: str | None = None
    allowed: tuple[str, ...] = ()
    min: float | None = None

    @property
    def dtype(self) -> Any:
        """Its polars data type."""
        return DTYPES[self.type]

    @property
    def axis_label(self) -> str:
        """Label with unit, for an axis or a table head."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def money(self) -> tuple[float, str]:
        """What turns its values into billions, and the currency in words: (1e-6, "yen").

        Raises:
            ValueError: it has no unit.
        """
        if not self.unit:
            raise ValueError(f"{self.name} has no unit: only columns of money are in billions")
        count, _, currency = self.unit.partition(" ")
        return (_COUNTS[count] / 1e9, currency) if count in _COUNTS else (1e-9, self.unit)


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its key, its columns in order and which of them may be null."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    nullable: frozenset[str]
    sort: tuple[str, ...]

    @property
    def schema(self) -> pl.Schema:
        """Column names and polars types."""
        return pl.Schema({name: fields()[name].dtype for name in self.columns})


def _load() -> dict[str, Any]:
    text = files("retorsion.tables").joinpath("fields.yaml").read_text(encoding="utf-8")
    # the safe loader in C, of a file of this package
    loaded: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return loaded


@cache
def _dictionary() -> tuple[dict[str, Field], dict[str, Table]]:
    loaded = _load()
    fields = {
        name: Field(name=name, **{**spec, "allowed": tuple(spec.get("allowed", ()))})
        for name, spec in loaded["fields"].items()
    }
    tables = {
        name: Table(
            name=name,
            row=spec["row"],
            key=tuple(spec["key"]),
            columns=tuple(column.removesuffix("?") for column in spec["columns"]),
            nullable=frozenset(
                column.removesuffix("?") for column in spec["columns"] if column.endswith("?")
            ),
            sort=tuple(spec["sort"]),
        )
        for name, spec in loaded["tables"].items()
    }
    return fields, tables


def fields() -> dict[str, Field]:
    """Every field of the dictionary by name."""
    return _dictionary()[0]


def tables() -> dict[str, Table]:
    """Every table of the dictionary by name."""
    return _dictionary()[1]


@dataclass(frozen=True)
class LedgerFile:
    """One file of the ledger as one edits it.

    Attributes:
        row: what one row is.
        columns: what its columns hold; one that a table has too may be absent, and is described there.
    """

    row: str
    columns: Mapping[str, str]


@cache
def ledger_files() -> dict[str, LedgerFile]:
    """Every file of the ledger by name."""
    return {name: LedgerFile(spec["row"], spec["columns"]) for name, spec in _load()["ledger"].items()}


def label(name: str) -> str:
    """Axis label of a field: its label and unit."""
    return fields()[name].axis_label


def _column(field: Field, *, nullable: bool, is_key: bool) -> dy.Column:
    common: dict[str, Any] = {"nullable": nullable, "primary_key": is_key}
    if field.type == "category":
        return dy.String(check=lambda column: column.is_in(list(field.allowed)), **common)
    if field.type == "date":
        return dy.Date(**common)
    if field.type == "int":
        return dy.Int64(min=None if field.min is None else int(field.min), **common)
    if field.type == "float":
        return dy.Float64(min=field.min, **common)
    if field.type == "bool":
        return dy.Bool(**common)
    return dy.String(min_length=1, **common)


@cache
def schema(table: str, *, with_key: bool = True) -> type[dy.Schema]:
    """Dataframely schema of a table: types, nullability, allowed values, bounds, and the key's uniqueness.

    Args:
        table: name of the table.
        with_key: False leaves the key unchecked, for frames in which it has been shown already.
    """
    spec = tables()[table]
    body = {
        name: _column(fields()[name], nullable=name in spec.nullable, is_key=with_key and name in spec.key)
        for name in spec.columns
    }
    return type(table, (dy.Schema,), dict(body))


def conform(frame: pl.DataFrame | pl.LazyFrame, table: str, *, in_order: bool = False) -> pl.DataFrame:
    """Select, cast, validate and sort a frame as the dictionary says.

    Args:
        frame: at least the columns of ``table``.
        table: name of the table.
        in_order: whether the caller has seen that its rows strictly increase by the table's key.

    Returns:
        Exactly the table's columns in its order and types, sorted by its sort columns.

    Raises:
        dataframely.exc.ValidationError: a builder made a row that breaks the dictionary. Input rows that
            do are quarantined before, so this is a bug of a builder.
    """
    spec = tables()[table]
    chosen = frame.lazy().select(spec.columns).cast(spec.schema).collect()
    if in_order or (set(spec.sort) == set(spec.key) and _strictly_increasing(chosen, spec.sort)):
        # A frame in strictly increasing order of its key has no duplicates: one pass, no sort, no hashing.
        return schema(table, with_key=False).validate(chosen)
    return schema(table).validate(chosen.sort(spec.sort))


def _strictly_increasing(frame: pl.DataFrame, columns: tuple[str, ...]) -> bool:
    """Whether every row follows the one before it in the lexicographic order of ``columns``."""
    if len(frame) < 2:
        return True
    is_constant = frame.select((pl.col(name) == pl.first(name)).all() for name in columns).row(0)
    varying = [name for name, constant in zip(columns, is_constant, strict=True) if not constant]
    greater, equal = pl.lit(False), pl.lit(True)
    for name in varying:
        column = pl.col(name)
        previous = column.shift()
        greater = greater | (equal & (column > previous))
        equal = equal & (column == previous)
    return bool(varying) and bool(frame.select(greater.slice(1).all()).item())
