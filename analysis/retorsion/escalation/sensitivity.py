"""Finding: each headline number without each source, and on each scale.

A finding here is any function from acts to a number. One that cannot be had from what is left keeps its row,
with the reason in place of the number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.excitation import SEARCH_DIGITS, fit_variant, variant_data, variant_model
from retorsion.escalation.intensity import check_both_act
from retorsion.escalation.links import in_kind_share
from retorsion.escalation.record import Part, Record
from retorsion.escalation.replies import (
    answer_rates,
    answers_to_acts,
    by_reply,
    links_of,
    median_lag,
    rate_of_side,
)
from retorsion.estimators.daily_hawkes import DailyFit
from retorsion.estimators.proportions import proportion
from retorsion.findings import NOT_ESTIMABLE, rounded

#: A number of the findings as a function of acts.
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


class _Version:
    """The record on some of its acts, with what several numbers need made once."""

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def links(self) -> pl.DataFrame:
        return links_of(self.record, self.record.choices.replies.named)

    @cached_property
    def answers(self) -> pl.DataFrame:
        return answers_to_acts(self.links)

    @cached_property
    def fit(self) -> DailyFit:
        variant = self.record.asked.variants[self.record.asked.with_driver]
        data, model = variant_data(self.record, variant), variant_model(self.record, variant)
        return fit_variant(self.record, data, model)


def _measures(record: Record) -> dict[str, Callable[[_Version], float]]:
    """The headline numbers as functions of a version of the record."""
    (a, b), level = record.pair, record.level

    def rate(side: str) -> Callable[[_Version], float]:
        return lambda c: float(rate_of_side(answer_rates(c.record, c.links), side)["estimate"])

    def lag(side: str) -> Callable[[_Version], float]:
        return lambda c: float(
            median_lag(c.answers.filter(pl.col("reply_actor_code") == side), level)["estimate"]
        )

    def deeds(side: str) -> Callable[[_Version], float]:
        def measure(c: _Version) -> float:
            own = by_reply(c.answers).filter(pl.col("reply_actor_code") == side)
            return proportion(int(own["is_deed"].sum()), len(own), level=level).estimate

        return measure

    def kind(c: _Version) -> float:
        return float(in_kind_share(c.answers, level=level)["in_kind"][0])

    def branching(source: str, receiver: str) -> Callable[[_Version], float]:
        place = record.pair.index(receiver), record.pair.index(source)
        return lambda c: float(rounded(float(c.fit.parameters.branching[place]), SEARCH_DIGITS))

    def part_of(scale: str) -> Callable[[_Version], float]:
        def measure(c: _Version) -> float:
            check_both_act(c.record)
            return float(c.record.of(a)[scale].sum()) / float(c.record.hostile[scale].sum())

        return measure

    return {
        f"share of {a} in intensity": part_of(record.scales[0]),
        f"rate at which {b} answers {a}": rate(a),
        f"rate at which {a} answers {b}": rate(b),
        f"median lag of {a} (days)": lag(a),
        f"median lag of {b} (days)": lag(b),
        "share of replies in kind": kind,
        f"share of deeds in the replies of {a}": deeds(a),
        f"share of deeds in the replies of {b}": deeds(b),
        f"acts of {b} set off by one of {a}": branching(a, b),
        f"acts of {a} set off by one of {b}": branching(b, a),
    }


def sensitivity_part(record: Record) -> Part:
    """Each headline number without each source it could hang on, and each weighted one on each scale.

    Returns:
        Range of each number over what was left out; frame ``sensitivity``.
    """
    if record.acts.is_empty():
        raise NotEstimable("No act is recorded in the window, so no number could hang on a source.")
    first_page = record.acts.with_columns(
        pl.col("source_urls").str.split(" ").list.first().alias("first_url")
    )
    sources = sites_of_acts(first_page, "first_url")
    versions: dict[tuple[str, ...], _Version] = {}

    def on(acts: pl.DataFrame) -> _Version:
        key = tuple(acts["act_id"])
        if key not in versions:
            versions[key] = _Version(record.with_acts(acts))
        return versions[key]

    parts = []
    summary: dict[str, Any] = {}
    for name, measure in _measures(record).items():
        table = leave_one_source_out(
            record.acts,
            lambda acts, m=measure: m(on(acts)),  # type: ignore[misc]
            sources=sources,
            min_acts=record.choices.sensitivity.min_acts,
        )
        whole = table["value"][0]
        left = table.slice(1)
        parts.append(
            table.select(
                pl.lit(name).alias("finding"),
                pl.lit("source left out").alias("varied"),
                pl.col("left_out").alias("choice"),
                "n_acts",
                "value",
                "change",
                "reason",
            )
        )
        if whole is None:
            summary[name] = {NOT_ESTIMABLE: table["reason"][0]}
            continue
        known = left.filter(pl.col("value").is_not_null())
        worst = known.sort(pl.col("change").abs(), "left_out", descending=[True, False])
        summary[name] = {
            "estimate": whole,
            "least": min(whole, *known["value"]) if len(known) else whole,
            "greatest": max(whole, *known["value"]) if len(known) else whole,
            "n_sources": len(left),
            "n_not_estimable": len(left) - len(known),
            "hangs_most_on": worst["left_out"][0] if len(worst) else None,
        }
    scales = _scale_rows(record)
    found = {
        "by_source": summary,
        "n_sources_left_out": max((s.get("n_sources", 0) for s in summary.values()), default=0),
        "method": "acts whose first page is of one site are left out, site by site",
    }
    return found, {"sensitivity": pl.concat([*parts, scales])}


def _scale_rows(record: Record) -> pl.DataFrame:
    """Numbers that weigh acts, on each scale."""
    a, b = record.pair
    rows: list[dict[str, Any]] = []
    for scale in record.scales:
        sums = {side: float(record.of(side)[scale].sum()) for side in record.pair}
        n = {side: len(record.of(side)) for side in record.pair}
        total = sum(sums.values())
        rows += [
            {"finding": f"share of {a} in intensity", "choice": scale, "n_acts": sum(n.values()),
             "value": sums[a] / total if total else None},
            {"finding": f"mean intensity of an act, {a} over {b}", "choice": scale, "n_acts": sum(n.values()),
             "value": (sums[a] / n[a]) / (sums[b] / n[b]) if n[a] and n[b] and sums[b] else None},
        ]  # fmt: skip
    schema = {"finding": pl.String, "choice": pl.String, "n_acts": pl.Int64, "value": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema)
    return frame.with_columns(
        (pl.col("value") - pl.col("value").first().over("finding")).alias("change"),
        pl.lit("scale").alias("varied"),
        pl.when(pl.col("value").is_null()).then(pl.lit("A side has no hostile act.")).alias("reason"),
    ).select("finding", "varied", "choice", "n_acts", "value", "change", "reason")
