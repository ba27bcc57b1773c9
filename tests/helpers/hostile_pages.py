"""The pages around the notebooks, made from tables, findings and a case whose every text is hostile."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import yaml
from hostile import TEXTS
from retorsion.findings import cite
from retorsion.project import case
from retorsion.reports.site import Context, Files, Offer, build, site
from retorsion.steps.site import case_of, offers
from retorsion.tables.fields import fields, tables

#: All that is hostile in one line, but for the longest word.
ALL = " ".join(text for text in TEXTS if len(text) < 200)


def hostile_site() -> tuple[str, Files]:
    """The folder of the case, and the files of the site by their address."""
    shown = case_of(case())
    shown = replace(
        shown,
        title=ALL,
        findings={name: cite(_hostile(part), name) for name, part in shown.findings.items()},
        marks=[{"id": shown.marks[0]["id"], "label": ALL}],
    )
    offered = {name: replace(offer, frame=_spoilt(name, offer)) for name, offer in offers([case()]).items()}
    quarantine = offered["quarantine"].frame.collect()
    row = dict.fromkeys(quarantine.columns, ALL) | {"row": 1}
    offered["quarantine"] = replace(
        offered["quarantine"], frame=pl.DataFrame([row], schema=quarantine.schema).lazy()
    )
    context = Context(
        site([(ALL, shown.folder)]),
        [shown],
        offered,
        "1.0",
        pipeline=yaml.safe_dump({"stages": {"a": {"cmd": "b", "desc": ALL}}}),
    )
    return shown.folder, {**build(context, of_case=False), **build(context, of_case=True)}


def free_columns(table: str) -> list[str]:
    """The columns of a table that hold any text, by the field dictionary: neither keys nor names of other rows."""
    spec = tables()[table]
    return [
        name
        for name in spec.columns
        if fields()[name].type == "string"
        and name not in spec.key
        and not name.endswith(("_id", "_ids", "_code"))
    ]


def _spoilt(table: str, offer: Offer) -> pl.LazyFrame:
    """The frame with hostile texts in turn in every free column of text; in the first row all of them."""
    schema = offer.frame.collect_schema()
    number = pl.int_range(pl.len())
    texts = pl.lit(pl.Series([ALL, *TEXTS]))
    return offer.frame.with_columns(
        pl.when(pl.col(name).is_not_null()).then(texts.gather(number % (len(TEXTS) + 1))).alias(name)
        for name in free_columns(table)
        if schema.get(name) == pl.String
    )


def _hostile(value: object) -> object:
    """The same findings with hostile sentences in place of their words."""
    if isinstance(value, dict):
        return {key: _hostile(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hostile(inner) for inner in value]
    return ALL if isinstance(value, str) and " " in value else value
