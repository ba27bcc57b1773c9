"""Reading BACI into ``trade_flows``: this project's reader and builder beside the same steps in plain pandas.

Both start from the SQLite file and end with the table in memory: numbers parsed, states and products
mapped, faulty rows told apart, allowed values and the key checked, rows in the order of the key.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from retorsion.project import RAW
from retorsion.sources.formats.baci import read_baci
from retorsion.tables.trade_flows import from_baci

KEY = [
    "source_id",
    "period_start",
    "reporter_code",
    "partner_code",
    "flow_type",
    "product_level",
    "product_code",
]
ALLOWED = {
    "flow_type": ["export", "import", "both"],
    "product_system": ["hs6_h0", "mof_goods"],
    "product_level": ["hs6", "total", "section", "item", "subitem"],
    "valuation_type": ["FOB", "CIF"],
}


def with_project(path: Path) -> int:
    return len(from_baci(read_baci(path, source_id="baci").accepted, source_id="baci"))


def with_pandas(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        flows = pd.read_sql_query("SELECT t, i, j, k, v, q FROM baci_trade", connection)
        table = "SELECT country_code, country_iso3 FROM country_codes_V202401b"
        codes = pd.read_sql_query(table, connection).set_index("country_code")["country_iso3"]
    connection.close()
    flows["value_kusd"] = pd.to_numeric(flows["v"].str.strip(), errors="coerce")
    flows["quantity_tonnes"] = pd.to_numeric(flows["q"].str.strip().replace("NA", None), errors="coerce")
    flows["reporter_code"] = flows["i"].map(codes)
    flows["partner_code"] = flows["j"].map(codes)
    flows["product_code"] = flows["k"].astype(str).str.zfill(6)
    flows["period_start"] = pd.to_datetime(flows["t"] + "-01-01")
    faulty = (
        flows["value_kusd"].isna()
        | (flows["value_kusd"] < 0)
        | (flows["quantity_tonnes"] < 0)
        | flows["reporter_code"].isna()
        | flows["partner_code"].isna()
        | ~flows["product_code"].str.match(r"^\d{6}$")
    )
    flows = flows[~faulty].assign(
        source_id="baci",
        n_months=12,
        is_aggregate=False,
        flow_type="export",
        product_system="hs6_h0",
        product_level="hs6",
        value_thousand_jpy=None,
        valuation_type="FOB",
    )
    flows = flows.drop(columns=["t", "i", "j", "k", "v", "q"]).sort_values(KEY, ignore_index=True)
    assert not flows.duplicated(KEY).any()
    for column, values in ALLOWED.items():
        assert flows[column].isin(values).all()
    return len(flows)


def seconds(run: Callable[[Path], int], path: Path) -> tuple[float, int]:
    start = time.perf_counter()
    n_rows = run(path)
    return time.perf_counter() - start, n_rows


def main() -> None:
    path = RAW / "baci_raw_materials" / "files" / "baci.db"
    ours, theirs = [], []
    for _ in range(5):  # in turn, so that a busy machine slows both
        a, n_ours = seconds(with_project, path)
        b, n_theirs = seconds(with_pandas, path)
        assert n_ours == n_theirs
        ours.append(a)
        theirs.append(b)
    ratios = sorted(b / a for a, b in zip(ours, theirs, strict=True))
    print(f"{n_ours:,} rows; here {statistics.median(ours):.2f} s, pandas {statistics.median(theirs):.2f} s")
    print(f"ratio of times: median {statistics.median(ratios):.1f}, from {ratios[0]:.1f} to {ratios[-1]:.1f}")


if __name__ == "__main__":
    main()
