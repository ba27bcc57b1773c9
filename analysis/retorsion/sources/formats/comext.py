"""Eurostat Comext: trade of the Union's members by eight-digit code, the monthly files for bulk download.

Comma-separated text without quotes. Three layouts: ``full_v2`` (18 columns, states by letters), and the older
ones with ``DECLARANT`` (19 columns, 20 from 2017), where the case of two columns varies by year. A period
``yyyy52`` is a whole year. Imports are valued at the Union's border like CIF, exports like FOB. Eurostat,
User guide on European statistics on international trade in goods, and the data-structure note of the bulk
download.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from retorsion.sources.code_systems import eurostat_reporters, eurostat_states, to_state
from retorsion.sources.readers import Head, Reader, header
from retorsion.sources.rows import ROW, Check, Rows, once
from retorsion.sources.states import UNKNOWN_STATE, aggregates
from retorsion.sources.text.archives import text_of
from retorsion.sources.text.bulk_text import BulkFormat, Direct, check_header, read_bulk
from retorsion.sources.text.saved import as_published_text

COLUMNS = (
    "REPORTER",
    "PARTNER",
    "TRADE_TYPE",
    "PRODUCT_NC",
    "PRODUCT_SITC",
    "PRODUCT_CPA21",
    "PRODUCT_CPA22",
    "PRODUCT_BEC",
    "PRODUCT_BEC5",
    "PRODUCT_SECTION",
    "FLOW",
    "STAT_PROCEDURE",
    "SUPPL_UNIT",
    "PERIOD",
    "VALUE_EUR",
    "VALUE_NAC",
    "QUANTITY_KG",
    "QUANTITY_SUPPL_UNIT",
)

_OLDER = (
    ("DECLARANT", "DECLARANT_ISO", "PARTNER", "PARTNER_ISO", "TRADE_TYPE", "PRODUCT_NC", "PRODUCT_SITC"),
    ("PRODUCT_CPA2002", "PRODUCT_CPA2008"),
    ("PRODUCT_CPA2_1", "PRODUCT_BEC"),
    ("PRODUCT_BEC5",),
    ("PRODUCT_SECTION", "FLOW", "STAT_REGIME", "SUPP_UNIT", "PERIOD"),
    ("VALUE_IN_EUROS", "QUANTITY_IN_KG", "SUP_QUANTITY"),
)

_TAKE = "Take the file as Eurostat publishes it."
_MISSING = ":"

#: Levels by the length of a code; the only one of five characters is TOTAL.
_LEVELS = {2: "hs2", 4: "hs4", 5: "total", 6: "hs6", 8: "cn8"}


@cache
def _formats() -> dict[tuple[str, ...], BulkFormat]:
    first, cpa, middle, bec5, period, numbers = _OLDER
    small = ("PRODUCT_cpa2002", "PRODUCT_cpa2008")
    names = {
        "reporter": "DECLARANT_ISO",
        "partner": "PARTNER_ISO",
        "procedure": "STAT_REGIME",
        "unit": "SUPP_UNIT",
        "value": "VALUE_IN_EUROS",
        "weight": "QUANTITY_IN_KG",
        "quantity": "SUP_QUANTITY",
    }
    current = {
        "reporter": "REPORTER",
        "partner": "PARTNER",
        "procedure": "STAT_PROCEDURE",
        "unit": "SUPPL_UNIT",
        "value": "VALUE_EUR",
        "weight": "QUANTITY_KG",
        "quantity": "QUANTITY_SUPPL_UNIT",
    }
    formats: dict[tuple[str, ...], BulkFormat] = {COLUMNS: _format(COLUMNS, current)}
    for codes in (cpa, small):
        for extra in ((), bec5):
            columns = (*first, *codes, *middle, *extra, *period, *numbers)
            formats[columns] = _format(columns, names)
    return formats


@cache
def _periods() -> dict[int, date]:
    """Every period that there can be, and its first day: looking one up is faster than making a date."""
    found = {}
    for year in range(1988, 2101):
        found.update({year * 100 + month: date(year, month, 1) for month in range(1, 13)})
        found[year * 100 + 52] = date(year, 1, 1)
    return found


def _aggregate_codes() -> list[str]:
    return [code for code, state in eurostat_states().items() if state in aggregates()]


def _mapped(column: str, words: dict[str, str]) -> pl.Expr:
    kinds = pl.Enum(sorted(set(words.values())))
    return pl.col(column).replace_strict(words, default=None, return_dtype=kinds)


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64, strict=False)


def _format(columns: tuple[str, ...], names: dict[str, str]) -> BulkFormat:
    period = pl.col("PERIOD").cast(pl.Int32, strict=False)
    product = pl.col("PRODUCT_NC")
    n_digits = product.str.len_bytes()
    is_total = product == "TOTAL"
    typed = {
        "reporter_code": to_state(pl.col(names["reporter"]), eurostat_reporters()),
        "partner_code": to_state(pl.col(names["partner"]), eurostat_states()),
        _WRITTEN: pl.col(names["partner"]),
        "trade_type": pl.col("TRADE_TYPE"),
        "flow_type": _mapped("FLOW", {"1": "import", "2": "export"}),
        "period_start": period.replace_strict(_periods(), default=None, return_dtype=pl.Date),
        "n_months": pl.when(period % 100 == 52).then(12).otherwise(1).cast(pl.Int64),
        "product_system": pl.lit("cn8", dtype=pl.Enum(["cn8"])),
        "product_level": n_digits.replace_strict(
            _LEVELS, default=None, return_dtype=pl.Enum(list(_LEVELS.values()))
        ),
        "product_code": product,
        "procedure_code": pl.col(names["procedure"]),
        "value_eur": _number(names["value"]),
        "net_weight_kg": _number(names["weight"]),
        "supplementary_quantity": _number(names["quantity"]),
        "supplementary_unit": pl.col(names["unit"]),
        "valuation_type": _mapped("FLOW", {"1": "CIF", "2": "FOB"}),
        "is_special": ~product.str.contains(r"^[0-9]+$") & ~is_total,
        "is_aggregate": is_total
        | (n_digits < 8)
        | pl.any_horizontal(
            pl.col(names[side]).is_in(_aggregate_codes()) for side in ("reporter", "partner")
        ),
    }
    state = f"{UNKNOWN_STATE} of Eurostat's geonomenclature"
    add_state = "Add it to states.csv under the system 'eurostat', with the reason."
    checks = [
        Check(names["reporter"], pl.col("reporter_code").is_not_null(), state, add_state),
        Check(names["partner"], pl.col("partner_code").is_not_null(), state, add_state),
        Check(
            "TRADE_TYPE", pl.col("TRADE_TYPE").is_in(["I", "E"]), "is neither I (intra) nor E (extra)", _TAKE
        ),
        Check("FLOW", pl.col("flow_type").is_not_null(), "is neither 1 (import) nor 2 (export)", _TAKE),
        Check(
            "PERIOD",
            pl.col("period_start").is_not_null(),
            "is not a month (yyyymm) or a year (yyyy52)",
            _TAKE,
        ),
        Check(
            "PRODUCT_NC",
            is_total | product.str.contains(r"^[0-9]{2}([0-9]{2}|[0-9]{4}|[0-9A-Z]{6})?$"),
            "is not a code of the Combined Nomenclature",
            "Codes are text of two, four, six or eight characters: a leading zero may have been lost.",
        ),
        Check(
            names["procedure"],
            pl.col(names["procedure"]).str.contains(r"^[0-9]$"),
            "is not a statistical procedure",
            _TAKE,
        ),
    ]
    for field, name in (
        ("value", "value_eur"),
        ("weight", "net_weight_kg"),
        ("quantity", "supplementary_quantity"),
    ):
        missing = pl.col(names[field]).is_null() | (pl.col(names[field]) == _MISSING)
        ok = pl.col(name).is_finite() & (pl.col(name) >= 0)
        checks.append(Check(names[field], missing | ok, "is not a number of at least 0", _TAKE))
    direct = {"PERIOD": Direct(pl.Int32, pl.col("period_start").is_not_null())}
    for field in ("value", "weight", "quantity"):
        number = pl.col(names[field])
        direct[names[field]] = Direct(pl.Float64, (number >= 0) & number.is_finite())
    return BulkFormat("Eurostat", columns, ",", True, typed, tuple(checks), direct)


_KEY = (
    "period_start", "n_months", "reporter_code", "partner_code", "flow_type", "product_system",
    "product_code", "trade_type", "procedure_code",
)  # fmt: skip

#: Name of the column of the partner's code as it is written: several codes may be one state.
_WRITTEN = "partner as written"


def read_comext(path: Path, *, source_id: str) -> Rows:
    """Read one file.

    Args:
        path: ``full_v2_yyyymm.dat`` or an older file, out of its 7z; gzip, xz, Zstandard and zip are unpacked.
        source_id: id of the source it belongs to.

    Returns:
        ``row`` (line), ``reporter_code``, ``partner_code``, ``trade_type`` (I within the Union, E beyond),
        ``flow_type``, ``period_start``, ``n_months`` (1 or 12), ``product_system`` (cn8), ``product_level``
        (cn8, hs2 to hs6, total), ``product_code``, ``procedure_code`` (statistical procedure: rows that
        differ in it are parts to be added), ``value_eur``, ``net_weight_kg``, ``supplementary_quantity``,
        ``supplementary_unit``, ``valuation_type``, ``is_special`` (confidential and other codes with
        letters), ``is_aggregate`` (TOTAL, groups of codes, or a state that is the Union or the world). A weight or
        quantity of 0 beside a value is null: nobody measured it.

    Raises:
        SourceError: another layout, or two rows that say different things of the same flow.
    """
    packed, name = text_of(path)
    text = as_published_text(packed, name, _formats())
    data = text if isinstance(text, bytes) else None
    format_ = check_header(text, name, _formats())
    rows = read_bulk(path, format_, source_id=source_id, data=data, name=name)
    # A special code may stand for several goods, so that its rows need not differ in what is read here.
    special = rows.accepted.filter("is_special")
    usual = replace(
        rows, accepted=rows.accepted.filter(~pl.col("is_special")) if len(special) else rows.accepted
    )
    each = once(usual, (*_KEY, _WRITTEN), source_id=source_id, file=name)
    whole = pl.concat([each.accepted, special]).sort(ROW) if len(special) else each.accepted
    return replace(each, accepted=measured(whole.drop(_WRITTEN)))


def measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Flows without the weights and quantities of 0 beside a value, which nobody measured.

    Args:
        rows: ``value_eur``, ``net_weight_kg`` and ``supplementary_quantity``.
    """
    is_empty = pl.col("value_eur").fill_null(0) == 0
    numbers = ("net_weight_kg", "supplementary_quantity")
    return rows.with_columns(pl.when((pl.col(n) != 0) | is_empty).then(n).alias(n) for n in numbers)


def _is_comext(head: Head) -> bool:
    return header("REPORTER", "PRODUCT_NC")(head) or header("DECLARANT", "PRODUCT_NC")(head)


READERS = (
    Reader(
        "comext",
        "flows",
        "Eurostat Comext, monthly bulk file",
        read_comext,
        _is_comext,
        _KEY,
    ),
)
