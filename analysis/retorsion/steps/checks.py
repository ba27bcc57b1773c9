"""Step ``checks``: tables set against what others published."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import polars as pl
import typer

from retorsion.checks import designations, rounds
from retorsion.checks import figures as published
from retorsion.checks.measured import CONCORDANCE_COLUMNS
from retorsion.findings import NOT_ESTIMABLE, statement_frame
from retorsion.params import Case, Figures, Sources, check_names
from retorsion.project import RAW, load, parameters, save_findings, summaries
from retorsion.project import case as open_case
from retorsion.sources.corrections import read_corrections
from retorsion.sources.text.recorded import read_complete
from retorsion.sources.text.strict_csv import read_strict_csv
from retorsion.steps.ledgers import part_of_all
from retorsion.steps.raw import currencies, read_raw, sidecar_of


def run(case: Annotated[str | None, typer.Argument(help="Name of a file of data/cases.")] = None) -> None:
    """Set the tables against what others published, and name the reason of every difference."""
    asked, params = open_case(case), parameters()
    designated, totals = load("sanctions"), load("published_totals")
    _check_names(asked, designated, totals)
    found: dict[str, Any] = {
        "as_of": [
            designations.as_of_check(
                designated,
                totals,
                total_id=item.total_id,
                day=item.day,
                sender_code=item.sender_code,
                programmes=item.programmes,
            )
            for item in asked.checks.as_of
        ],
        "counts": {NOT_ESTIMABLE: "No published counts of designations are recorded to set against a list."},
        "figures": {NOT_ESTIMABLE: "No published trade figures are recorded to set against the tables."},
    }
    counts, figures = (statement_frame(found[part]) for part in ("counts", "figures"))
    inputs = ["sanctions", "published_totals", "exchange_rates"]
    if asked.checks.counts is not None:
        page = urlsplit(str(sidecar_of(asked.checks.counts.list).url)).hostname or ""
        published_counts = rounds.published_counts(
            **_ledger_of(asked.checks.counts.list, params.sources),
            sanctions=designated,
            list_host=page,
        )
        if len(published_counts):  # a list that no act names has none
            counts, found["counts"] = published_counts, designations.counts_summary(published_counts)
    if asked.checks.figures is not None:
        figures = _figures(asked.checks.figures)
        found["figures"] = published.summarise_reconciliation(figures)
        inputs.append(f"trade_flows.{asked.checks.figures.flows}")
    save_findings(
        asked.name,
        "checks",
        {part: found[part] for part in ("counts", "figures")},
        {"published_counts": counts, "published_figures": figures},
        summary={
            "as_of": found["as_of"],
            "quarantined": designations.quarantine_summary(load("quarantine")),
            "tables": {name: summary["n_rows"] for name, summary in summaries().items()},
        },
        tables=inputs,
    )


def _ledger_of(source: str, sources: Sources) -> dict[str, pl.DataFrame]:
    """Acts, versions and totals of the ledgers whose rounds a list carries; other pairs' counts are no check of it."""
    acts = part_of_all("acts", sources)
    ledgers = acts.filter(pl.col("list_source") == source)["source_id"].unique().to_list()
    rows = {"acts": acts} | {part: part_of_all(part, sources) for part in ("disagreements", "totals")}
    return {part: frame.filter(pl.col("source_id").is_in(ledgers)) for part, frame in rows.items()}


def _check_names(asked: Case, designated: pl.DataFrame, totals: pl.DataFrame) -> None:
    known = {
        "total": totals["total_id"].to_list(),
        "programme": designated["programme_code"].unique().to_list(),
        "currency": currencies(load("exchange_rates")),
    }
    check_names(asked.checks, known, file=f"data/cases/{asked.name}.yaml, checks")


def _figures(own: Figures) -> pl.DataFrame:
    """Published trade figures beside the tables."""
    return published.compare_figures(
        read_raw(own.source, read_complete, "headline_figures"),
        load("trade_flows").filter(pl.col("source_id") == own.flows),
        reporter_code=own.reporter,
        partner_code=own.partner,
        currency=own.currency,
        concordance=read_strict_csv(RAW / own.source / "concordance.csv", CONCORDANCE_COLUMNS),
        fiscal_year_start_month=own.fiscal_year_start_month,
        exchange_rates=load("exchange_rates"),
        corrections=read_corrections(RAW / own.source / "corrections.yaml"),
    )
