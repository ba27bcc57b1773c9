"""Finding: what the record misses, by side and kind of act, measured against lists found by other searches."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.record import Part, Record, is_verbal
from retorsion.estimators.capture_recapture import chao_lower_bound, chapman
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import plain
from retorsion.findings import or_statement
from retorsion.sources.states import state_name

#: Kinds of act that are measured apart.
KINDS = ("deeds", "words", "provocations")


def recall_part(record: Record, mentions: pl.DataFrame | None) -> Part:
    """Share of the days on lists found by other searches that the record holds, and how many days there are.

    The unit is a day on which a side did something of one kind: several acts of a day count once, on the lists and
    in the record. A day of a list is held if the record has the same side and kind within so many days of it
    (each day of the record serves once), or knows of one by the month alone. Only days that both the record and
    the lists searched count.

    Args:
        record: the record.
        mentions: rows of lists, as :mod:`retorsion.sources.formats.recall_samples` reads them; none if the case
            names no such source.

    Returns:
        By side and kind: the share held (Wilson), by list and over both; the total by Chapman's estimate from the
        record and both lists together, and by Chao's lower bound from the three. Frames ``recall`` (the numbers)
        and ``recall_days`` (each day of a list, and the day of the record that holds it).

    Raises:
        NotEstimable: no list, or none about this pair in the days searched.
    """
    names = " and ".join(record.names)
    if mentions is None:
        raise NotEstimable(
            f"No second list of acts of {names} was made, so how much the record misses is not measured."
        )
    days = mentions.filter(_of_pair(record), _is_searched(record, "act_date"))
    if days.is_empty():
        raise NotEstimable(
            f"The lists hold no act between {names} of the days that were searched, so how much the record misses is "
            "not measured."
        )
    days = (
        days.group_by("list_id", "actor_code", "kind_type", "act_date")
        .agg(pl.col("description").sort().first(), pl.col("source_url").sort().first())
        .sort("list_id", "actor_code", "kind_type", "act_date")
    )
    tolerance = record.choices.recall.days
    by_side: dict[str, Any] = {}
    rows, matched = [], []
    for side in record.pair:
        by_side[side] = {}
        for kind in KINDS:
            held = _held(_record_days(record, side, kind), days, side, kind, tolerance)
            held = _held_by_month(_record_days(record, side, kind, "month"), held)
            matched.append(held)
            found = or_statement(partial(_measured, record, side, kind, held))
            by_side[side][kind] = plain(found)
            rows.append(_row(side, kind, found))
    found = {
        "lists": sorted(days["list_id"].unique()),
        "n_queries": mentions["query"].n_unique(),
        "days": tolerance,
        "start": days["act_date"].min(),
        "end": days["act_date"].max(),
        "by_side": by_side,
        "method": "days on other lists that the record holds; Wilson; Chapman; Chao's lower bound",
    }
    return found, {"recall": pl.DataFrame(rows, infer_schema_length=None), "recall_days": pl.concat(matched)}


def _of_pair(record: Record) -> pl.Expr:
    """Whether a row of a list is an act of one side towards the other."""
    pair = record.pair
    return pl.any_horizontal(
        (pl.col("actor_code") == a) & (pl.col("target_code") == b) for a, b in (pair, pair[::-1])
    )


def _is_searched(record: Record, column: str) -> pl.Expr:
    """Whether a day is one that both the record and the lists searched."""
    asked = record.asked.recall
    both = [] if asked is None else [(max(a, asked.start), min(b, asked.end)) for a, b in record.spans()]
    return pl.any_horizontal(pl.lit(False), *(pl.col(column).is_between(a, b) for a, b in both))


def _record_days(record: Record, side: str, kind: str, precision: str = "day") -> list[date]:
    """Days, each once, on which the record has a deed, words or a provocation of one side; or first days of months."""
    if kind == "provocations":
        types = record.types.filter("is_provocation")["act_type"].to_list()
        own = record.events.filter(pl.col("event_type").is_in(types) & (pl.col("actor_code") == side)).rename(
            {"event_date": "act_date"}
        )
    else:
        verbal = is_verbal(record)
        own = record.acts.filter(pl.col("actor_code") == side, verbal if kind == "words" else ~verbal)
    dated = own.filter(pl.col("date_precision") == precision)["act_date"]
    return dated.unique().sort().to_list()


def _held(own: list[date], days: pl.DataFrame, side: str, kind: str, tolerance: int) -> pl.DataFrame:
    """Days of the lists of one side and kind with the day of the record that holds each, null if none does."""
    rows = days.filter((pl.col("actor_code") == side) & (pl.col("kind_type") == kind))
    holds: dict[date, date | None] = {}
    free = list(own)
    wanted = sorted(set(rows["act_date"].to_list()))
    # the same day first, then the nearest: a day that has its own may not take its neighbour's
    for distance in range(tolerance + 1):
        for day in wanted:
            near = [day - timedelta(days=distance), day + timedelta(days=distance)]
            taken = next((one for one in near if holds.get(day) is None and one in free), None)
            if taken is not None:
                free.remove(taken)
                holds[day] = taken
    held = [holds.get(day) for day in rows["act_date"].to_list()]
    return rows.with_columns(pl.Series("record_date", held, dtype=pl.Date))


def _held_by_month(months: list[date], held: pl.DataFrame) -> pl.DataFrame:
    """Days of the lists that nothing of their own day holds, held by what the record knows by the month alone."""
    free, holds = list(months), {}
    for day in sorted(held.filter(pl.col("record_date").is_null())["act_date"].unique()):
        month = day.replace(day=1)
        if month in free:
            free.remove(month)
            holds[day] = month
    found = [known or holds.get(day) for day, known in held.select("act_date", "record_date").iter_rows()]
    return held.with_columns(pl.Series("record_date", found, dtype=pl.Date))


def _measured(record: Record, side: str, kind: str, held: pl.DataFrame) -> dict[str, Any]:
    """Recall and total of one side and kind.

    Raises:
        NotEstimable: too few days on the lists.
    """
    union = held.group_by("act_date").agg(pl.col("record_date").first()).sort("act_date")
    pairs = list(union.iter_rows())
    least = record.choices.recall.min_days
    if len(union) < least:
        raise NotEstimable(
            f"The lists hold {len(union)} days with {kind} of {state_name(side)}; at least {least} are needed to "
            "say how much the record misses."
        )
    known = [*_record_days(record, side, kind), *_record_days(record, side, kind, "month")]
    own = pl.DataFrame({"act_date": known}, schema={"act_date": pl.Date})
    searched = own.filter(_is_searched(record, "act_date"))
    n_both = int(union["record_date"].is_not_null().sum())
    share = proportion(n_both, len(union), level=record.level)
    by_list = {
        name: {
            "n": len(own),
            "n_held": (n := int(own["record_date"].is_not_null().sum())),
            **plain(proportion(n, len(own), level=record.level)),
        }
        for (name,), own in held.group_by("list_id", maintain_order=True)
    }
    found: dict[str, Any] = {
        "n_record": len(searched),
        "n_listed": len(union),
        "n_held": n_both,
        "recall": plain(share) | {"n": len(union)},
        "by_list": by_list,
        "chapman": plain(
            or_statement(partial(chapman, len(searched), len(union), n_both, level=record.level))
        ),
    }
    lists = sorted(held["list_id"].unique())
    if len(lists) > 1:
        on_list = {name: set(held.filter(pl.col("list_id") == name)["act_date"]) for name in lists}
        seen = [[day is not None, *(own in on_list[name] for name in lists)] for own, day in pairs]
        seen += [[True, *[False] * len(lists)]] * (len(searched) - n_both)
        found["chao"] = plain(chao_lower_bound(seen, level=record.level))
    return found


def _row(side: str, kind: str, found: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"actor_code": side, "kind_type": kind}
    if "recall" not in found:
        return row | {"note": found["not_estimable"]}
    chao, total = found.get("chao", {}), found["chapman"]
    return row | {
        "n_listed": found["n_listed"],
        "n_held": found["n_held"],
        "recall": found["recall"]["estimate"],
        "lower": found["recall"]["lower"],
        "upper": found["recall"]["upper"],
        "n_record": found["n_record"],
        "total": total.get("total"),
        "total_lower": total.get("lower"),
        "total_upper": total.get("upper"),
        "least_total": chao.get("total"),
        "least_total_lower": chao.get("lower"),
        "least_total_upper": chao.get("upper"),
        "note": None,
    }
