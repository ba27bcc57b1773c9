"""Step ``acts``: the tables of acts, from the ledgers and from official lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.project import RAW, parameters, save_table
from retorsion.sources.formats.baci import read_products
from retorsion.sources.formats.instruments import instrument_check
from retorsion.sources.formats.ledger_references import check_products
from retorsion.sources.readers import reader
from retorsion.sources.sidecar import SIDECAR
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.ledgers import read_ledgers
from retorsion.steps.raw import data_file, keep_quarantine, read_observed, read_raw, sidecar_of
from retorsion.steps.reading import read_one
from retorsion.steps.scores import read_scores
from retorsion.tables import (
    act_types,
    acts,
    context_events,
    coverage,
    diplomatic_actions,
    ledger,
    sanctions,
    scores,
    trade_measures,
)
from retorsion.tables.builders import build_list, build_measures, side_table
from retorsion.tables.fields import conform


def run() -> None:
    """Build the tables of acts: sanctions, trade measures, diplomatic actions, and the spine of all."""
    given = parameters().sources
    quarantine: list[pl.DataFrame] = []
    read = read_ledgers(given, quarantine)
    rows, types = read.parts, read.act_types
    cameo, plover = read_scores(quarantine)
    known = acts.Tables(types, read.hosts, cameo, scores.plover_scores(plover))
    listed = [
        _listed(source_id, options, rows["acts"], quarantine) for source_id, options in given.lists.items()
    ]
    designated = sanctions.sanctions(*listed, sanctions.from_ledger(rows["acts"]))
    own = trade_measures.trade_measures(rows["acts"])
    published = [
        _interventions(source_id, options, types, quarantine) for source_id, options in given.measures.items()
    ]
    measures = conform(pl.concat([own, *(made for made, _ in published)]), "trade_measures")
    goods = read_products(data_file(given.nomenclature.source))
    check_products(rows["products"], goods, revision=given.nomenclature.revision)
    stated = trade_measures.trade_measure_products(
        own, rows["products"], goods, nomenclature_revision=given.nomenclature.revision
    )
    products = conform(pl.concat([stated, *(goods for _, goods in published)]), "trade_measure_products")
    spine = acts.acts(rows["acts"], rows["replies"], designated, known, measures=measures)
    events = context_events.context_events(
        rows["acts"], read.calendar, types, read.hosts, cameo, known.plover
    )
    save_table("act_types", act_types.act_types(types, source_id=given.act_types))
    save_table("acts", spine)
    save_table("sanctions", designated)
    save_table("trade_measures", measures)
    save_table("trade_measure_products", products)
    save_table("diplomatic_actions", diplomatic_actions.diplomatic_actions(rows["acts"], types))
    save_table("replies", ledger.replies(rows["replies"], rows["acts"]))
    save_table("context_events", events)
    save_table("coverage", coverage.coverage(rows["coverage"]))
    save_table("published_totals", ledger.published_totals(rows["totals"]))
    keep_quarantine("acts", quarantine)


def _listed(
    source: str, options: Mapping[str, Any], ledger_acts: pl.DataFrame, quarantine: list[pl.DataFrame]
) -> pl.DataFrame:
    sidecar = sidecar_of(source)
    entries = read_one(source, options)
    name, layout = side_table(reader(sidecar.reader, SIDECAR)) or ("programmes.csv", "programmes")
    meanings = read_raw(source, read_complete, layout, file=name)
    vintage = sidecar.date_published or sidecar.date_accessed
    if vintage is None:
        raise RetorsionError(
            f"{source}: its sidecar states no date_published. A list needs the day of its vintage"
        )
    built = build_list(
        sidecar.reader,
        entries.accepted,
        meanings,
        source_id=source,
        options=options,
        vintage_date=vintage,
        source_url=sidecar.url or "not stated",
        observed=read_observed(RAW / source),
        ledger_acts=ledger_acts,
    )
    quarantine += [entries.rejected, built.rejected]
    return built.accepted


def _interventions(
    source: str, options: Mapping[str, Any], act_types: pl.DataFrame, quarantine: list[pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    read = read_one(source, options)
    known = act_types.filter(pl.col("domain_type") == "trade_measure")["act_type"].to_list()
    instruments = read_raw(
        source, read_complete, "instruments", file="instruments.csv", more=[instrument_check(known)]
    )
    quarantine.append(read.rejected)
    return build_measures(
        sidecar_of(source).reader, read.accepted, instruments, source_id=source, options=options
    )
