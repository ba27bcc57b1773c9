"""How far up the ladder of escalation each side has gone."""

from __future__ import annotations

import polars as pl

from retorsion.errors import ParameterError


def ladder_path(acts: pl.DataFrame, rungs: pl.DataFrame) -> pl.DataFrame:
    """How far up the escalation ladder each side has gone, day by day.

    Args:
        acts: one row per act, with actor_code, act_date, act_type.
        rungs: frame act_type, rung (whole number, higher is more severe; null for acts that are on no rung).

    Returns:
        Frame act_date, actor_code, rung (the highest of the side on that day), highest (so far),
        step (from the side's previous active day: positive up, null on its first day).

    Raises:
        ParameterError: an act type has no row in ``rungs``.
    """
    unknown = sorted(set(acts["act_type"]) - set(rungs["act_type"]))
    if unknown:
        raise ParameterError(f"rungs: no row for the act types {unknown}. Add them, with null for no rung")
    return (
        acts.join(rungs.select("act_type", "rung"), on="act_type")
        .filter(pl.col("rung").is_not_null())
        .group_by("act_date", "actor_code")
        .agg(pl.col("rung").max())
        .sort("actor_code", "act_date")
        .with_columns(
            pl.col("rung").cum_max().over("actor_code").alias("highest"),
            pl.col("rung").diff().over("actor_code").alias("step"),
        )
        .sort("act_date", "actor_code")
    )


def ladder_first(acts: pl.DataFrame, rungs: pl.DataFrame) -> pl.DataFrame:
    """When each side first stood on each rung, and which side was first.

    Args:
        acts: as for :func:`ladder_path`.
        rungs: frame act_type, rung.

    Returns:
        Frame rung, actor_code, first_date, n_acts, lead_days: days by which the other side followed
        (negative: was earlier; null if it never stood there). One row per rung and side that stood on it.
    """
    ladder_path(acts, rungs)  # checks that every act type is known
    first = (
        acts.join(rungs.select("act_type", "rung"), on="act_type")
        .filter(pl.col("rung").is_not_null())
        .group_by("rung", "actor_code")
        .agg(pl.col("act_date").min().alias("first_date"), pl.len().cast(pl.Int64).alias("n_acts"))
    )
    other = first.join(first, on="rung", suffix="_other").filter(
        pl.col("actor_code") != pl.col("actor_code_other")
    )
    lead = other.group_by("rung", "actor_code").agg(
        (pl.col("first_date_other").min() - pl.col("first_date").first()).dt.total_days().alias("lead_days")
    )
    return first.join(lead, on=["rung", "actor_code"], how="left").sort("rung", "first_date", "actor_code")
