"""Step ``impact``: what the measures did to trade, and where it went."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl

from retorsion.impact import findings, findings_goods, findings_gravity, findings_monthly, findings_pairs
from retorsion.project import RAW, load, params, write_finding, write_rows
from retorsion.sources.states import state_name
from retorsion.sources.text.recorded import read_complete


def run() -> None:
    """Compute what the measures did to trade, and where that trade went."""
    options = params("impact")
    reporter, target = options["reporter"], options["target"]
    flows, measures, rates = load("trade_flows"), load("trade_measures"), load("exchange_rates")
    sources = {part: (options.get(part) or {}).get("source") for part in ("monthly", "pairwise")}
    monthly, pairwise = (
        flows.filter(pl.col("source_id").eq_missing(pl.lit(name))) for name in sources.values()
    )
    names = options["pairwise"].get("names", {})
    coalition = read_complete(
        RAW / options["coalition"] / "coalition.csv", "coalition", source_id=options["coalition"]
    )
    sides = {"reporter_code": reporter, "target_code": target}
    to_target = {"target_code": target}
    own = findings_pairs.own_record(pairwise, monthly, rates, **sides, options=options.get("mirror"))
    every: dict[str, Callable[[Any], findings.Found]] = {
        "monthly": lambda o: findings_monthly.find_monthly(monthly, measures, rates, **sides, options=o),
        "export_goods": lambda o: findings_goods.find_export_goods(monthly, measures, **sides, options=o),
        "import_goods": lambda o: findings_goods.find_import_goods(
            pairwise, measures, **sides, options=o, names=names
        ),
        "mirror": lambda o: findings_pairs.find_mirror(pairwise, monthly, rates, **sides, options=o),
        "price_volume": lambda o: findings_pairs.find_price_volume(
            pairwise, **sides, options=o, names=names, own=own
        ),
        "diversion": lambda o: findings_pairs.find_diversion(
            pairwise, coalition, **to_target, options=o, names=names, own=own
        ),
        "replacement": lambda o: findings_pairs.find_replacement(pairwise, **sides, options=o, own=own),
        "gravity": lambda o: findings_gravity.find_gravity(
            pairwise, coalition, **to_target, options=o, names=names
        ),
    }
    found = findings.combined(
        {
            part: findings.or_left_out(
                part,
                partial(find, options.get(part)),
                is_asked=bool(options.get(part)),
                reporter=state_name(reporter),
            )
            for part, find in every.items()
        }
    )
    for name, rows in found.rows.items():
        write_rows(f"impact_{name}", rows)
    write_finding(
        "impact",
        found.values,
        tables=[
            *(f"trade_flows.{source}" for source in sources.values() if source),
            "trade_measures",
            "exchange_rates",
        ],
    )
