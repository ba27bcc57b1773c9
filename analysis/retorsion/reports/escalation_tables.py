"""Tables of the page on escalation, made from the findings of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures.escalation import powers, quantity_words
from retorsion.reports.escalation import UNIT_WORDS, Telling, of_unit
from retorsion.reports.html import Html, percent, ranged, table
from retorsion.sources.states import state_name


def sources(page: Telling) -> Html:
    """The headline numbers again without state media, and on official pages and agencies alone."""
    rows = []
    for name, one in page.value("specifications", "quantities").items():
        if "by_choice" not in one:
            continue
        row = {"number": quantity_words(name, page.pair)}
        for reading, part in one["by_choice"]["sources"].items():
            row[reading] = _with_n(part, one)
        rows.append(row)
    if not rows:
        raise NotEstimable("No headline number can be estimated.")
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return table(
        frame,
        caption="The headline numbers by the kinds of source that an act needs one of, with the number of acts",
        labels={"number": "Number"} | {name: name[0].upper() + name[1:] for name in frame.columns[1:]},
        interactive=False,
    )


def rates(page: Telling) -> Html:
    """Shares answered, by kind, unit, links and denominator."""
    rows = []
    for kind in ("all", "words", "deeds"):
        for unit, words in UNIT_WORDS.items():
            for actor in page.pair:
                row: dict[str, str | None] = {
                    "acts": state_name(actor),
                    "kind": {"all": "all hostile acts"}.get(kind, kind),
                    "unit": words,
                    "named": page.rate("named", kind, unit, actor),
                    "general": page.rate("general", kind, unit, actor),
                }
                part = page.known("answers", "without_answers", kind, unit, actor)
                row["alone"] = (
                    f"{percent(part['estimate'])} ({part['n_answered']} of {part['n']})" if part else None
                )
                rows.append(row)
    page.value("answers", "rates")
    return table(
        pl.DataFrame(rows, infer_schema_length=None),
        caption="Acts answered by the other side, by what is counted as one",
        labels={
            "acts": "Acts of",
            "kind": "Kind",
            "unit": "Counted",
            "named": "The source names the act",
            "general": "With sanctions in general",
            "alone": "Of acts that are no answer",
        },
        interactive=False,
    )


def power(page: Telling) -> Html:
    """How often effects of some sizes would be seen, words and deeds apart."""
    rows = powers(page.value("kinds"), page.pair)
    if not rows:
        raise NotEstimable(
            "No question of words and deeds has enough acts to ask how large an effect would be seen."
        )
    shown = [
        {
            "question": row["question"],
            "size": row["size"],
            "seen": ranged(row["seen"], "share")
            if "estimate" in row["seen"]
            else page.named(row["seen"]["not_estimable"]),
        }
        for row in rows
    ]
    return table(
        pl.DataFrame(shown, infer_schema_length=None),
        caption="How large an effect would be seen in records like this one",
        labels={
            "question": "Whose acts set off whose",
            "size": "Acts set off by one",
            "seen": "It would be seen in",
        },
        formats={"size": ".2g"},
        interactive=False,
    )


def deeds(page: Telling, lags: pl.DataFrame) -> Html:
    """Each answer by deed whose source names the act, with its lag and the bounds of the lag.

    Args:
        page: the findings.
        lags: frame ``lags``.
    """
    own = lags.filter(
        pl.col("is_deed") & (pl.col("answers_type") == "act") & (pl.col("answered_type") == "hostile_act")
    ).sort("reply_date", "reply_act_id", "act_id")
    if own.is_empty():
        raise NotEstimable("No answer by deed has a source that names the act.")
    bounds = pl.when(pl.col("lag_lower") == pl.col("lag_upper")).then(pl.lit(None, dtype=pl.String))
    return table(
        own.select(
            pl.col("reply_actor_code").replace(dict(zip(page.pair, page.names, strict=True))),
            pl.col("reply_act_type").str.replace_all("_", " "),
            "reply_date",
            pl.col("act_type").str.replace_all("_", " "),
            "act_date",
            "lag_days",
            bounds.otherwise(pl.format("{} to {}", "lag_lower", "lag_upper")).alias("bounds"),
        ),
        caption="Answers by deed whose source names the act",
        labels={
            "reply_actor_code": "Answer of",
            "reply_act_type": "Deed",
            "reply_date": "Day",
            "act_type": "To",
            "act_date": "Of",
            "lag_days": "Days",
            "bounds": "Bounds",
        },
        interactive=False,
    )


def _with_n(part: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """A number with its sample, or that it is too thin."""
    if "estimate" not in part:
        return "too few acts"
    return f"{of_unit(part['estimate'], one)} ({part['n']:,})"
