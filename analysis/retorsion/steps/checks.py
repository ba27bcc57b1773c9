"""Step ``checks``: tables set against what others published."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import polars as pl

from retorsion.checks import designations, rounds
from retorsion.checks import figures as reconcile
from retorsion.findings import NOT_ESTIMABLE, statement_frame
from retorsion.project import RAW, day, load, params, summaries, write_finding, write_rows
from retorsion.sources.formats import ledger
from retorsion.sources.sidecar import read_corrections
from retorsion.sources.text.recorded import read_complete
from retorsion.sources.text.strict_csv import read_strict_csv
from retorsion.steps.raw import data_file, sidecar_of


def run() -> None:
    """Set the tables against what others published, and name the reason of every difference."""
    folder = RAW / params("sources", "ledger")
    read = {part: getattr(ledger, f"read_{part}")(folder / f"{part}.csv").accepted for part in ledger.PARTS}
    designated, quarantined = load("sanctions"), load("quarantine")

    options = params("checks")
    found: dict[str, Any] = {
        "as_of": [
            designations.as_of_check(
                designated,
                load("published_totals"),
                total_id=item["total_id"],
                day=day(item["day"]),
                sender_code=item["sender_code"],
                programmes=item["programmes"],
            )
            for item in options.get("as_of") or []
        ],
        "counts": {NOT_ESTIMABLE: "No published counts of designations are recorded to set against a list."},
        "figures": {NOT_ESTIMABLE: "No published trade figures are recorded to set against the tables."},
    }
    counts, figures = (statement_frame(found[part]) for part in ("counts", "figures"))
    inputs = ["sanctions", "published_totals", "exchange_rates"]
    if own := options.get("counts"):
        page = urlsplit(str(sidecar_of(own["list"]).url)).hostname or ""
        counts = rounds.published_counts(
            read["acts"], read["disagreements"], read["totals"], designated, list_host=page
        )
        found["counts"] = designations.counts_summary(counts)
    if own := options.get("figures"):
        source = own["source"]
        figures = reconcile.reconcile(
            read_complete(data_file(source), "headline_figures", source_id=source),
            load("trade_flows").filter(pl.col("source_id") == own["flows"]),
            reporter_code=own["reporter"],
            partner_code=own["partner"],
            currency=own["currency"],
            concordance=read_strict_csv(RAW / source / "concordance.csv", reconcile.CONCORDANCE_COLUMNS),
            fiscal_year_start_month=own["fiscal_year_start_month"],
            exchange_rates=load("exchange_rates"),
            corrections=read_corrections(RAW / source / "corrections.yaml"),
        )
        found["figures"] = reconcile.summarise_reconciliation(figures)
        inputs.append(f"trade_flows.{own['flows']}")
    write_rows("published_counts", counts)
    write_rows("published_figures", figures)
    write_finding(
        "checks",
        {
            **found,
            "quarantined": designations.quarantine_summary(quarantined),
            "tables": {name: summary["n_rows"] for name, summary in summaries().items()},
        },
        tables=inputs,
    )
