"""European Central Bank: euro foreign exchange reference rates, the zipped CSV of the full history.

First column ``Date``, then one column a currency, ``N/A`` where there is no rate, and a trailing comma.
"""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.readers import Head, Reader
from retorsion.sources.rows import ROW, Check, Rows, sift
from retorsion.sources.text.archives import read_member
from retorsion.sources.text.bulk_text import POLARS_FAULTS
from retorsion.sources.text.published import check_text

MEMBER = "eurofxref-hist.csv"


def read_reference_rates(path: Path, *, source_id: str) -> Rows:
    """Read the full history of reference rates.

    Args:
        path: ``eurofxref-hist.zip``.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (line), ``rate_date``, ``currency_code`` (ISO 4217), ``units_per_eur``; one row for each day
        and currency that has a rate. Rejected rows are single cells.

    Raises:
        SourceError: not a zip with the one CSV, or a header that is not dates and currency codes.
    """
    try:
        frame = pl.read_csv(io.BytesIO(_member(path)), infer_schema=False).with_row_index(ROW, offset=2)
    except POLARS_FAULTS as error:
        raise SourceError(path.name, f"is no table ({str(error)[:200]})", remedy=_REMEDY) from None
    frame = frame.with_columns(pl.col(ROW).cast(pl.Int64)).drop("", strict=False)
    codes = [name for name in frame.columns if name not in (ROW, "Date")]
    wrong = [code for code in codes if not (len(code) == 3 and code.isascii() and code.isupper())]
    if "Date" not in frame.columns or wrong:
        raise SourceError(
            path.name, "the header is not Date and currency codes", row=1, value=wrong or None, remedy=_REMEDY
        )
    long = (
        frame.unpivot(index=[ROW, "Date"], variable_name="currency_code", value_name="rate")
        .filter(pl.col("rate").fill_null("N/A") != "N/A")
        .with_columns(
            pl.col("Date").str.to_date("%Y-%m-%d", strict=False).alias("rate_date"),
            pl.col("rate").cast(pl.Float64, strict=False).alias("units_per_eur"),
        )
    )
    checks = (
        Check("Date", pl.col("rate_date").is_not_null(), "is not a date", _REMEDY),
        Check("rate", pl.col("units_per_eur") > 0, "is not a positive rate", _REMEDY),
    )
    rows = sift(long, checks, source_id=source_id, file=path.name)
    return Rows(rows.accepted.select(ROW, "rate_date", "currency_code", "units_per_eur"), rows.rejected)


_REMEDY = "Fetch the pinned file again, or pin a vintage in the layout of eurofxref-hist.csv."


def _member(path: Path) -> bytes:
    data = read_member(path, MEMBER, within="file_bytes")
    check_text(data, f"{path.name}/{MEMBER}")
    return data


def _is_ecb(head: Head) -> bool:
    return "eurofxref-hist.csv" in head.members


READERS = (
    Reader(
        "ecb",
        "rates",
        "European Central Bank, reference rates (eurofxref-hist.zip)",
        read_reference_rates,
        _is_ecb,
        ("rate_date", "currency_code"),
    ),
)
