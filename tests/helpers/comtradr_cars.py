"""Trade in cars from files of the R package comtradr."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import polars as pl


def cars_of_comtradr(path: Path, reporter: str) -> pl.DataFrame:
    """Flows of HS 8703 in the columns of ``trade_flows``: old layout, latin-1, transport modes added."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = pl.read_csv(io.StringIO(raw.decode("latin-1")), infer_schema_length=0, null_values=["NA"])
    return (
        rows.filter(pl.col("aggregate_level") == "4")
        .group_by("period", "partner_iso", "trade_flow")
        .agg(pl.col("trade_value_us").cast(pl.Float64).sum() / 1000)
        .select(
            pl.col("period").str.to_date().alias("period_start"),
            pl.lit(1, dtype=pl.Int64).alias("n_months"),
            pl.lit(reporter).alias("reporter_code"),
            pl.col("partner_iso").alias("partner_code"),
            pl.col("trade_flow").str.to_lowercase().alias("flow_type"),
            pl.lit("hs").alias("product_system"),
            pl.lit("hs4").alias("product_level"),
            pl.lit("8703").alias("product_code"),
            pl.col("trade_value_us").alias("value_kusd"),
            pl.lit(None, dtype=pl.Float64).alias("quantity_tonnes"),
            pl.when(pl.col("trade_flow") == "Import")
            .then(pl.lit("CIF"))
            .otherwise(pl.lit("FOB"))
            .alias("valuation_type"),
        )
    )
