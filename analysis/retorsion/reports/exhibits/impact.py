"""What the pages on trade have in common: the findings of a case, their rows, and what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from retorsion.figures.days import month_words
from retorsion.figures.trade import p_words, percent_words
from retorsion.params import Case, ImpactCase
from retorsion.reports import statements
from retorsion.reports.statements import credit
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

Part = TypeVar("Part")


@dataclass(frozen=True)
class OfImpact:
    """Findings on the trade of one case.

    Attributes:
        found: as :func:`retorsion.finding` gives them; a part without an estimate raises NotEstimable where it is used.
        case: the case.
    """

    found: Any
    case: Case

    @property
    def asked(self) -> ImpactCase:
        """What was asked about trade."""
        return self.case.impact

    @property
    def names(self) -> dict[str, str]:
        """Names of the two states, as sentences need them."""
        return {"reporter": state_name(self.asked.reporter), "target": state_name(self.asked.target)}

    @property
    def codes(self) -> dict[str, str]:
        """Codes of the two states, as figures need them."""
        return {"reporter_code": self.asked.reporter, "target_code": self.asked.target}

    def rows(self, name: str) -> pl.DataFrame:
        """Rows behind a finding, such as ``monthly_series``. Raises NotEstimable."""
        return statements.rows(f"impact_{name}", self.case.name)

    def of_flow(self, name: str, flow: str) -> pl.DataFrame:
        """The rows of one flow."""
        return self.rows(name).filter(pl.col("flow_type") == flow)

    # Source lines

    def national(self) -> str:
        """The reporter's own statistics. Raises NotEstimable."""
        return credit(self.asked.monthly.source if self.asked.monthly else None)

    def worldwide(self) -> str:
        """The source of all pairs. Raises NotEstimable."""
        return credit(self.asked.pairwise)

    # Money of the reporter's own statistics

    @property
    def value_column(self) -> str:
        """Column of values of the monthly statistics."""
        return given(self.asked.monthly).value_column

    def money(self) -> tuple[float, str]:
        """What turns values into billions, and the currency in words."""
        return fields()[self.value_column].money


def given(part: Part | None) -> Part:
    """A part of the case that has findings, so that something was asked about it."""
    assert part is not None
    return part


def left_out_words(impact: Mapping[str, Any]) -> str:
    """Goods that no sum of the trade of all pairs holds, to stand after the name of the goods; empty for none.

    Args:
        impact: findings on trade.
    """
    groups = impact.get("records", {}).get("unmeasured") or ()
    names = " and ".join(str(one["name"]).lower() for one in groups)
    return f" ({names}, which cannot be measured, is left out)" if names else ""


def measure_words(episode: Mapping[str, Any]) -> str:
    """The month of the measure that begins an episode and what it is called, such as "May 2020 (cars banned)"."""
    return f"{month_words(episode['start_date'])} ({episode['label']})"


def in_percent(column: str) -> pl.Expr:
    """A column of log points as percentages in words."""
    return pl.col(column).map_elements(percent_words, return_dtype=pl.String)


def p_value() -> pl.Expr:
    """The column ``p_value`` in words."""
    return pl.col("p_value").map_elements(p_words, return_dtype=pl.String)
