"""Does a finding hang on one source or one scale.

A finding is any function from acts to a number. One that cannot be had from what is left keeps its row,
with the reason in place of the number.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable

#: A finding: acts in, number out; raises NotEstimable where the acts are too thin.
Measure = Callable[[pl.DataFrame], float]


def _measured(measure: Measure, acts: pl.DataFrame) -> tuple[float | None, str | None]:
    try:
        value = float(measure(acts))
    except NotEstimable as reason:
        return None, str(reason)
    return (value, None) if np.isfinite(value) else (None, "The result is not a finite number.")


def sites_of_acts(acts: pl.DataFrame, column: str = "source_urls") -> pl.DataFrame:
    """Sites that attest to each act.

    Args:
        acts: act_id and pages separated by blanks.
        column: column with the pages.

    Returns:
        Frame act_id, site (host of the page, without "www."), one row per act and site.
    """
    pairs = {
        (act, site)
        for act, pages in acts.select("act_id", column).iter_rows()
        for page in (pages or "").split()
        if (site := urlsplit(page).netloc.lower().removeprefix("www."))
    }
    return pl.DataFrame(sorted(pairs), schema={"act_id": pl.String, "site": pl.String}, orient="row")


def leave_one_source_out(
    acts: pl.DataFrame, measure: Measure, *, sources: pl.DataFrame | None = None, min_acts: int = 1
) -> pl.DataFrame:
    """The finding again and again, each time without the acts that only one source attests to.

    Args:
        acts: one row per act.
        measure: the finding.
        sources: frame act_id, site; by default the sites of the column source_urls. An act with no source is
            never left out.
        min_acts: leave out only sources on which at least so many acts hang alone.

    Returns:
        Frame left_out (null for the finding on all acts, in the first row), n_acts, n_dropped, value, change
        (from all acts), has_other_sign, reason (null, or why there is no value).
    """
    pairs = sites_of_acts(acts) if sources is None else sources.select("act_id", "site").unique()
    alone = pairs.filter(pl.col("site").n_unique().over("act_id") == 1).filter(
        pl.col("act_id").is_in(acts["act_id"].to_list())
    )
    whole, reason = _measured(measure, acts)
    rows: list[dict[str, object]] = [
        {"left_out": None, "n_acts": len(acts), "n_dropped": 0, "value": whole, "reason": reason}
    ]
    for site in sorted(alone["site"].unique()):
        dropped = alone.filter(pl.col("site") == site)["act_id"].to_list()
        if len(dropped) < min_acts:
            continue
        rest = acts.filter(~pl.col("act_id").is_in(dropped))
        value, reason = _measured(measure, rest)
        rows.append(
            {
                "left_out": site,
                "n_acts": len(rest),
                "n_dropped": len(acts) - len(rest),
                "value": value,
                "reason": reason,
            }
        )
    frame = pl.DataFrame(
        rows,
        schema={
            "left_out": pl.String,
            "n_acts": pl.Int64,
            "n_dropped": pl.Int64,
            "value": pl.Float64,
            "reason": pl.String,
        },
    )
    return _compared(frame, whole)


def _compared(frame: pl.DataFrame, reference: float | None) -> pl.DataFrame:
    """Change and sign against the reference; null where either is missing."""
    known = pl.lit(reference, dtype=pl.Float64)
    return frame.with_columns(
        (pl.col("value") - known).alias("change"),
        (pl.col("value").sign() != known.sign()).alias("has_other_sign"),
    ).select(*(c for c in frame.columns if c != "reason"), "change", "has_other_sign", "reason")
