"""Finding: the ladder of severity, how far each side went on it, and who went first."""

from __future__ import annotations

import polars as pl

from retorsion.errors import NotEstimable, ParameterError
from retorsion.escalation.record import Part, Record


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


def rungs_of(record: Record) -> pl.DataFrame:
    """Types of acts with their rung and its label, null for a type that is on none."""
    labels = dict(enumerate(record.choices.rungs, start=1))
    return record.types.filter(
        pl.col("rung").is_not_null() | pl.col("act_type").is_in(record.counted["act_type"].to_list())
    ).select("act_type", "rung", pl.col("rung").replace_strict(labels, return_dtype=pl.String).alias("label"))


def ladder_part(record: Record) -> Part:
    """How far up the ladder each side went, who was first on each rung.

    Returns:
        First dates by rung and side, types on no rung; frame ``ladder`` (highest rung of each active day).
    """
    if record.hostile.is_empty():
        raise NotEstimable("No hostile act is recorded in the window, so nobody stands on the ladder.")
    rungs = rungs_of(record)
    start, end = record.dense()
    acts = record.hostile.filter(pl.col("act_date").is_between(start, end))
    if acts.is_empty():
        raise NotEstimable(
            f"No hostile act is recorded from {start} to {end}, so nobody stands on the ladder."
        )
    path = ladder_path(acts, rungs)
    found = {
        "window": {"start": start, "end": end},
        "rungs": [
            {"rung": number, "label": label} for number, label in enumerate(record.choices.rungs, start=1)
        ],
        "first": ladder_first(acts, rungs),
        "on_no_rung": sorted(rungs.filter(pl.col("rung").is_null())["act_type"]),
        "highest": {
            side: {
                "rung": int(own["highest"].max()),  # type: ignore[arg-type]
                "date": own.filter(pl.col("highest") == pl.col("highest").max())["act_date"][0],
                "days_from_first_act": (
                    own.filter(pl.col("highest") == pl.col("highest").max())["act_date"][0]
                    - own["act_date"][0]
                ).days,
            }
            for side in record.pair
            if not (own := record.of(side, path)).is_empty()
        },
        "method": "highest rung of each active day; the order of rungs is a choice, stated in the parameters",
    }
    labelled = (
        acts.join(rungs, on="act_type")
        .filter(pl.col("rung").is_not_null())
        .group_by("act_date", "actor_code", "rung", "label")
        .agg(pl.len().cast(pl.Int64).alias("n_acts"))
        .join(path.select("act_date", "actor_code", "highest"), on=["act_date", "actor_code"])
        .sort("act_date", "actor_code", "rung")
    )
    return found, {"ladder": labelled}
