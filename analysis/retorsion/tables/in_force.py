"""Which kinds of measure one state has in force against another, on one day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

#: Kinds of measure, by the types of acts that put one into force.
KINDS: Mapping[str, tuple[str, ...]] = {
    "Asset freeze": ("asset_freeze",),
    "Sanctions of several kinds": (
        "countermeasures",
        "sanctions_imposed",
        "trade_investment_ban",
        "unfriendly_state_listing",
    ),
    "Entry ban": ("entry_ban",),
    "Finance and services": (
        "capital_market_ban",
        "financial_restriction",
        "investment_ban",
        "investment_screening",
        "military_company_list",
        "payment_currency_rule",
        "project_takeover",
        "services_ban",
    ),
    "Export ban": ("export_ban_entities", "export_ban_goods", "territory_trade_ban", "trade_suspended"),
    "Export licence": ("export_licensing", "export_watch_list"),
    "Import or use ban": ("customs_obstruction", "import_ban", "import_halt", "price_cap", "use_ban"),
    "Tariff or trade remedy": ("tariff_measure", "trade_remedy"),
    "Ships and flights": ("port_fees", "transport_limits"),
}
#: Types of acts of the same two tables that put nothing into force: words, laws, inquiries, and steps back.
NO_MEASURE = frozenset(
    {
        "blocking_order",
        "project_stake_approved",
        "sanctions_announced",
        "sanctions_law",
        "sanctions_lifted",
        "tariff_eased",
        "tariff_exclusion",
        "trade_measure_announced",
        "trade_measure_eased",
        "trade_probe",
        "trade_remedy_ended",
    }
)


def measures_in_force(
    sanctions: pl.DataFrame, trade_measures: pl.DataFrame, pairs: Sequence[tuple[str, str]], *, day: date
) -> pl.DataFrame:
    """Count the acts by which one state has each kind of measure in force against another.

    An act counts once for each kind and counts as in force until all that it did has a recorded end: the day a
    measure ended or was revoked, or the first list without the entry. A later act that eased it is no end.

    Args:
        sanctions: the table.
        trade_measures: the table; measures that were only announced do not count.
        pairs: codes of the imposer and of the state whose conduct the measures answer, in order.
        day: on which they are in force; measures of later days do not count.

    Returns:
        Columns imposer_code, addressee_code, kind, n_acts (ever), n_in_force, first_date (of those in force; null
        where there are none). One row for each pair and kind, also for those without an act.
    """
    columns = ["act_id", "imposer_code", "addressee_code", "instrument_type", "from_date", "to_date"]
    of_sanctions = sanctions.with_columns(
        imposer_code="sender_code",
        from_date=pl.coalesce("effective_date", "announced_date"),
        to_date=pl.coalesce("revoked_date", "absent_by_date"),
    )
    of_trade = trade_measures.filter(pl.col("phase_type") != "announcement").with_columns(
        from_date=pl.coalesce("effective_date", "announced_date"), to_date="ended_date"
    )
    kinds = {each: kind for kind, types in KINDS.items() for each in types}
    acts = (
        pl.concat([of_sanctions.select(columns), of_trade.select(columns)])
        .filter(pl.col("instrument_type").is_in(list(kinds)) & (pl.col("from_date") <= day))
        .with_columns(
            kind=pl.col("instrument_type").replace_strict(kinds, return_dtype=pl.String),
            is_in_force=pl.col("to_date").is_null() | (pl.col("to_date") > day),
        )
        .group_by("imposer_code", "addressee_code", "kind", "act_id")
        .agg(pl.col("is_in_force").any(), pl.col("from_date").filter("is_in_force").min())
    )
    counted = acts.group_by("imposer_code", "addressee_code", "kind").agg(
        n_acts=pl.len(), n_in_force=pl.col("is_in_force").sum(), first_date=pl.col("from_date").min()
    )
    every = pl.DataFrame(
        [(*pair, kind) for pair in pairs for kind in KINDS],
        schema={"imposer_code": pl.String, "addressee_code": pl.String, "kind": pl.String},
        orient="row",
    )
    return every.join(
        counted, on=["imposer_code", "addressee_code", "kind"], how="left", maintain_order="left"
    ).with_columns(pl.col("n_acts", "n_in_force").fill_null(0).cast(pl.Int64))
