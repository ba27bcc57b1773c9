"""UN Comtrade through the R package comtradr before version 0.4: Latin-1, goods without their leading zero."""

from __future__ import annotations

from pathlib import Path

from retorsion.sources.formats.comtrade import KEY, layout_of, read_quoted
from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import Rows
from retorsion.sources.text.archives import unpacked

COLUMNS = (
    "year",
    "month",
    "period",
    "period_desc",
    "aggregate_level",
    "is_leaf_code",
    "trade_code",
    "trade_flow",
    "reporter_code",
    "reporter",
    "partner_code",
    "partner_iso",
    "partner",
    "commodity_code",
    "commodity",
    "mot_code",
    "mot_desc",
    "QtyUnitCode",
    "QtyUnitAbbr",
    "Qty",
    "IsQtyEstimated",
    "IsNetWgtEstimated",
    "netweight_kg",
    "trade_value_us",
    "cifvalue",
    "fobvalue",
    "IsReported",
    "IsAggregate",
)

_NAMES = {
    "period": "period_desc",
    "level": "aggregate_level",
    "reporter": "reporter_code",
    "partner": "partner_code",
    "partner_iso": "partner_iso",
    "flow": "trade_code",
    "product": "commodity_code",
    "transport": "mot_code",
    "value": "trade_value_us",
    "cif": "cifvalue",
    "fob": "fobvalue",
    "quantity": "Qty",
    "quantity_unit": "QtyUnitAbbr",
    "quantity_estimated": "IsQtyEstimated",
    "net_weight": "netweight_kg",
    "net_weight_estimated": "IsNetWgtEstimated",
    "reported": "IsReported",
}

_LAYOUT = layout_of(
    (*COLUMNS, "partner_region"),
    _NAMES,
    publisher="the R package comtradr",
    encoding="latin-1",
    older=(COLUMNS,),
)


def read_comtradr_csv(path: Path, *, source_id: str) -> Rows:
    """Read a table of the R package comtradr before version 1: Latin-1, ``NA`` for missing.

    Args:
        path: the file, packed or not. A last column ``partner_region``, which some add, is dropped.
        source_id: id of the source it belongs to.

    Returns:
        Rows as :func:`retorsion.sources.formats.comtrade.read_comtrade_csv`; leading zeros of products are
        restored by their level.

    Raises:
        SourceError: another layout.
    """
    return read_quoted(path, unpacked(path)[0], _LAYOUT, _NAMES, source_id)


READERS = (
    Reader(
        "comtrade_comtradr",
        "flows",
        "UN Comtrade through the R package comtradr",
        read_comtradr_csv,
        header("period_desc", "trade_flow", "commodity_code"),
        KEY,
    ),
)
