"""What a researcher types first: tables by name, with completion, and what their columns mean."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from textwrap import fill
from typing import Literal, TypeAlias

import polars as pl

from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.tables.fields import Field, fields, tables

#: Names of the tables, so that editors complete ``load("``. A test holds them to the field dictionary.
TableName: TypeAlias = Literal[
    "act_types",
    "acts",
    "context_events",
    "coverage",
    "diplomatic_actions",
    "event_coverage",
    "event_series",
    "events",
    "exchange_rates",
    "import_duties",
    "published_totals",
    "quarantine",
    "replies",
    "sanctions",
    "sources",
    "tariff_changes",
    "tariff_rates",
    "trade_flows",
    "trade_measure_products",
    "trade_measures",
]


class Load:
    """A built table, typed and sorted as the field dictionary says: ``load("acts")`` or ``load.acts()``.

    After ``load.`` the tab key lists the tables, and ``load.acts?`` says what a row is and what each column
    means; :func:`describe` shows the same as a table.

    Raises:
        RetorsionError: no such table, or it has not been built yet.

    Example:
        >>> from analysis import load
        >>> load("acts").columns[:2] == load.acts().columns[:2] == ["act_id", "actor_code"]
        True
    """

    def __call__(self, table: TableName | str) -> pl.DataFrame:
        """Read a table by its name, as ``load("acts")``."""
        return project.load(table)

    def __getattr__(self, name: str) -> Callable[[], pl.DataFrame]:
        """Give the reader of one table, as ``load.acts``."""
        if name not in tables():
            raise AttributeError(f"there is no table {name!r}. The tables are: {', '.join(sorted(tables()))}")

        def read() -> pl.DataFrame:
            return project.load(name)

        read.__name__ = read.__qualname__ = name
        read.__doc__ = repr(describe(name))
        return read

    def __dir__(self) -> list[str]:
        """Tables first: what completion offers."""
        return sorted(tables())

    def __repr__(self) -> str:
        """Say which tables there are and what a row of each is."""
        lines = (f"  load.{name}()  one row is {spec.row}" for name, spec in sorted(tables().items()))
        return "\n".join(["Tables:", *lines])


load = Load()


def text_left(frame: pl.DataFrame) -> str:
    """HTML of a frame as polars writes it, with columns that are no numbers to the left."""
    html = frame._repr_html_()
    kinds = re.findall(r"<td>(.*?)</td>", html.partition("</thead>")[0])
    left = [str(place) for place, kind in enumerate(kinds, 1) if not re.match(r"[iuf]\d|decimal", kind)]
    if not left:
        return html
    name = f"left-{'-'.join(left)}"
    cells = ",".join(f".{name} tr>:nth-child({place})" for place in left)
    style = f"<style>{cells}{{text-align:left}}</style>"
    return style + html.replace('class="dataframe"', f'class="dataframe {name}"', 1)


def _align() -> None:
    """Where IPython runs, have it show frames so."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running else None
    if shell is not None:
        shell.display_formatter.formatters["text/html"].for_type(pl.DataFrame, text_left)


_align()


class Description:
    """What a row of a table is and what its columns mean; a table in JupyterLab, text elsewhere."""

    def __init__(self, table: str) -> None:
        self.table = tables()[table]

    @property
    def columns(self) -> list[Field]:
        """The columns in order."""
        return [fields()[name] for name in self.table.columns]

    def __repr__(self) -> str:
        lines = [f"{self.table.name}: one row is {self.table.row}.", ""]
        for field in self.columns:
            kind = field.type + (f", {field.unit}" if field.unit else "") + self._may_be_missing(field)
            words = f"{field.description} {_allowed(field)}".strip()
            lines += [
                f"{field.name} ({kind})",
                fill(words, 96, initial_indent="    ", subsequent_indent="    "),
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str | None:
        try:
            from retorsion.reports.html import table
        except ModuleNotFoundError:  # the base install has no pages; the text says the same
            return None

        shown = table(
            pl.DataFrame(
                {
                    "column": [field.name for field in self.columns],
                    "meaning": [f"{field.description} {_allowed(field)}".strip() for field in self.columns],
                    "type": [field.type + self._may_be_missing(field) for field in self.columns],
                    "unit": [field.unit or "" for field in self.columns],
                    "example": [str(field.example) for field in self.columns],
                }
            ),
            caption=f"{self.table.name}: one row is {self.table.row}",
            interactive=False,
        )
        return shown._repr_html_()

    def _may_be_missing(self, field: Field) -> str:
        return ", may be missing" if field.name in self.table.nullable else ""


def describe(table: TableName | str) -> Description:
    """What a row of a table is and what each column means, with type, unit and allowed values.

    Args:
        table: name of the table.

    Raises:
        RetorsionError: no such table.

    Example:
        >>> from analysis import describe
        >>> print(repr(describe("replies")).splitlines()[0])
        replies: one row is one stated link from a reply to an act or event it answers.
    """
    if table not in tables():
        raise RetorsionError(f"there is no table {table!r}. The tables are: {', '.join(sorted(tables()))}")
    return Description(table)


def _allowed(field: Field) -> str:
    return f"Allowed: {', '.join(field.allowed)}." if field.allowed else ""
