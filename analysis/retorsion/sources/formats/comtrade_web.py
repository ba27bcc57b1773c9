"""UN Comtrade: the CSV of the web site until 2022, of 22 or 35 columns."""

from __future__ import annotations

from pathlib import Path

from retorsion.sources.formats.comtrade import KEY, layout_of, read_quoted
from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import Rows
from retorsion.sources.text.archives import unpacked

COLUMNS = (
    "Classification",
    "Year",
    "Period",
    "Period Desc.",
    "Aggregate Level",
    "Is Leaf Code",
    "Trade Flow Code",
    "Trade Flow",
    "Reporter Code",
    "Reporter",
    "Reporter ISO",
    "Partner Code",
    "Partner",
    "Partner ISO",
    "2nd Partner Code",
    "2nd Partner",
    "2nd Partner ISO",
    "Customs Proc. Code",
    "Customs",
    "Mode of Transport Code",
    "Mode of Transport",
    "Commodity Code",
    "Commodity",
    "Qty Unit Code",
    "Qty Unit",
    "Qty",
    "Alt Qty Unit Code",
    "Alt Qty Unit",
    "Alt Qty",
    "Netweight (kg)",
    "Gross weight (kg)",
    "Trade Value (US$)",
    "CIF Trade Value (US$)",
    "FOB Trade Value (US$)",
    "Flag",
)

_SHORT = tuple(
    c for c in COLUMNS if not c.startswith(("2nd ", "Customs", "Mode of", "Alt ", "Gross", "CIF ", "FOB "))
)

_NAMES = {
    "classification": "Classification",
    "period": "Period",
    "level": "Aggregate Level",
    "reporter": "Reporter Code",
    "reporter_iso": "Reporter ISO",
    "partner": "Partner Code",
    "partner_iso": "Partner ISO",
    "second_partner": "2nd Partner Code",
    "flow": "Trade Flow Code",
    "product": "Commodity Code",
    "customs": "Customs Proc. Code",
    "transport": "Mode of Transport Code",
    "value": "Trade Value (US$)",
    "cif": "CIF Trade Value (US$)",
    "fob": "FOB Trade Value (US$)",
    "quantity": "Qty",
    "quantity_unit": "Qty Unit",
    "net_weight": "Netweight (kg)",
    "gross_weight": "Gross weight (kg)",
}

_LAYOUT = layout_of(COLUMNS, _NAMES, publisher="UN Comtrade", older=(_SHORT,))


def read_comtrade_web_csv(path: Path, *, source_id: str) -> Rows:
    """Read a CSV of the web site until 2022: 22 or 35 columns.

    Args:
        path: the file, packed or not.
        source_id: id of the source it belongs to.

    Returns:
        Rows as :func:`retorsion.sources.formats.comtrade.read_comtrade_csv`.

    Raises:
        SourceError: another layout.
    """
    return read_quoted(path, unpacked(path)[0], _LAYOUT, _NAMES, source_id)


READERS = (
    Reader(
        "comtrade_web",
        "flows",
        "UN Comtrade, CSV of the web site until 2022",
        read_comtrade_web_csv,
        header("Classification", "Trade Flow Code", "Commodity Code"),
        KEY,
    ),
)
