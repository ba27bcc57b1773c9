"""UN Comtrade: trade as reporters state it, in US dollars.

Four publications: the API's JSON and CSV (47 fields), the CSV of the web site until 2022, and the tables that
the R package comtradr gave until then, whose ``commodity_code`` is a number without its leading zero.

A reporter values imports CIF and exports FOB. Partner 0 is the world, a sum of the others. A row with a
second partner, a customs procedure other than C00 or a mode of transport other than 0 is a part of another
row: ``is_part``. Levels of the classification overlap and are never added. United Nations Statistics
Division, UN Comtrade: data field descriptions (comtradeapi.un.org).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import m49_states, to_state
from retorsion.sources.readers import Reader, header, starts
from retorsion.sources.rows import ROW, Check, Rows, empty_quarantine, first_failed, sift
from retorsion.sources.states import aggregates, iso_codes
from retorsion.sources.text.archives import read_gzip
from retorsion.sources.text.published import MAX_BYTES, QuotedLayout, read_layout, read_whole
from retorsion.sources.text.words import Meanings

API_COLUMNS = (
    "typeCode",
    "freqCode",
    "refPeriodId",
    "refYear",
    "refMonth",
    "period",
    "reporterCode",
    "reporterISO",
    "reporterDesc",
    "flowCode",
    "flowDesc",
    "partnerCode",
    "partnerISO",
    "partnerDesc",
    "partner2Code",
    "partner2ISO",
    "partner2Desc",
    "classificationCode",
    "classificationSearchCode",
    "isOriginalClassification",
    "cmdCode",
    "cmdDesc",
    "aggrLevel",
    "isLeaf",
    "customsCode",
    "customsDesc",
    "mosCode",
    "motCode",
    "motDesc",
    "qtyUnitCode",
    "qtyUnitAbbr",
    "qty",
    "isQtyEstimated",
    "altQtyUnitCode",
    "altQtyUnitAbbr",
    "altQty",
    "isAltQtyEstimated",
    "netWgt",
    "isNetWgtEstimated",
    "grossWgt",
    "isGrossWgtEstimated",
    "cifvalue",
    "fobvalue",
    "primaryValue",
    "legacyEstimationFlag",
    "isReported",
    "isAggregate",
)

_COMTRADR_COLUMNS = (
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

_WEB_COLUMNS = (
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

_WEB_SHORT = tuple(
    c
    for c in _WEB_COLUMNS
    if not c.startswith(("2nd ", "Customs", "Mode of", "Alt ", "Gross", "CIF ", "FOB "))
)

#: Flows by the codes of the API and of the web site. A re-export is a part of the exports.
FLOWS = {
    "M": "import",
    "X": "export",
    "RX": "re_export",
    "RM": "re_import",
    "DX": "domestic_export",
    "FM": "foreign_import",
    "1": "import",
    "2": "export",
    "3": "re_export",
    "4": "re_import",
}
_VALUATION = {code: "CIF" if flow.endswith("import") else "FOB" for code, flow in FLOWS.items()}

_TAKE = "Take the file as UN Comtrade publishes it."


def read_comtrade_json(path: Path, *, source_id: str) -> Rows:
    """Read one answer of the API.

    Args:
        path: the JSON text: ``data`` with rows, ``count`` of them, ``error`` empty.
        source_id: id of the source it belongs to.

    Returns:
        Rows as :func:`read_comtrade_csv`; ``row`` is the position in ``data``, from 1.

    Raises:
        SourceError: not JSON, an error of the API, or not ``count`` rows of the 47 fields.
    """
    records = _records(path)
    text = [tuple(_as_text(record[name]) for name in API_COLUMNS) for record in records]
    frame = pl.DataFrame(text, schema=dict.fromkeys(API_COLUMNS, pl.String), orient="row")
    frame = frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())
    numbered = frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    tidy = _tidy(numbered, _API_NAMES, path, source_id=source_id, whole=lambda: numbered)
    return tidy.check(len(records), path.name)


def read_comtrade_csv(path: Path, *, source_id: str) -> Rows:
    """Read the API's CSV; ISO codes and descriptions may be empty.

    Args:
        path: the file; ``.gz`` is unpacked.
        source_id: id of the source it belongs to.

    Returns:
        ``row``, ``period_start``, ``n_months`` (1 or 12), ``reporter_code``, ``partner_code`` (ISO 3166-1
        alpha-3 and the codes of states.csv), ``second_partner_code``, ``flow_type``, ``product_system``
        (``hs6_h5`` for HS 2017 and so on, ``hs6_as_reported`` where the revision is not stated, ``sitc_s4``),
        ``product_level`` (total, hs2, hs4, hs6, sitc1 to sitc5), ``product_code``, ``value_usd``,
        ``value_cif_usd``, ``value_fob_usd``, ``valuation_type``, ``quantity``, ``quantity_unit``,
        ``is_quantity_estimated``, ``net_weight_kg``, ``is_net_weight_estimated``, ``gross_weight_kg``,
        ``customs_code``, ``transport_code``, ``is_part``, ``is_aggregate``, ``is_reported``.

    Raises:
        SourceError: not the 47 fields, which are read by name.
    """
    return _read(path, _API, _API_NAMES, source_id)


def read_comtrade_web_csv(path: Path, *, source_id: str) -> Rows:
    """Read a CSV of the web site until 2022: 22 or 35 columns.

    Args:
        path: the file; ``.gz`` is unpacked.
        source_id: id of the source it belongs to.

    Returns:
        Rows as :func:`read_comtrade_csv`.

    Raises:
        SourceError: another layout.
    """
    return _read(path, _WEB, _WEB_NAMES, source_id)


def read_comtradr_csv(path: Path, *, source_id: str) -> Rows:
    """Read a table of the R package comtradr before version 1: Latin-1, ``NA`` for missing.

    Args:
        path: the file; ``.gz`` is unpacked. A last column ``partner_region``, which some add, is dropped.
        source_id: id of the source it belongs to.

    Returns:
        Rows as :func:`read_comtrade_csv`; leading zeros of products are restored by their level.

    Raises:
        SourceError: another layout.
    """
    return _read(path, _COMTRADR, _COMTRADR_NAMES, source_id)


def _read(path: Path, layout: QuotedLayout, names: Mapping[str, str], source_id: str) -> Rows:
    data = read_gzip(path, max_bytes=MAX_BYTES) if path.suffix == ".gz" else read_whole(path)
    rows = read_layout(path, layout, source_id=source_id, data=data)

    def whole() -> pl.DataFrame:
        everything = replace(layout, aside=())
        return read_layout(path, everything, source_id=source_id, data=data).accepted

    tidy = _tidy(rows.accepted, names, path, source_id=source_id, whole=whole)
    rejected = pl.concat([rows.rejected, tidy.rejected]).sort(ROW)
    return Rows(tidy.accepted, rejected).check(len(rows.accepted) + len(rows.rejected), path.name)


#: What each layout calls the fields; a field that it lacks is null. ``level`` is given only where a product's
#: code may have lost its leading zero.
_API_NAMES = {
    "classification": "classificationCode",
    "period": "period",
    "reporter": "reporterCode",
    "reporter_iso": "reporterISO",
    "partner": "partnerCode",
    "partner_iso": "partnerISO",
    "second_partner": "partner2Code",
    "flow": "flowCode",
    "product": "cmdCode",
    "customs": "customsCode",
    "transport": "motCode",
    "value": "primaryValue",
    "cif": "cifvalue",
    "fob": "fobvalue",
    "quantity": "qty",
    "quantity_unit": "qtyUnitAbbr",
    "quantity_estimated": "isQtyEstimated",
    "net_weight": "netWgt",
    "net_weight_estimated": "isNetWgtEstimated",
    "gross_weight": "grossWgt",
    "reported": "isReported",
}
_WEB_NAMES = {
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
_COMTRADR_NAMES = {
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

_NUMBERS = ("value", "cif", "fob", "quantity", "net_weight", "gross_weight")


def _layout(columns: tuple[str, ...], names: Mapping[str, str], **how: Any) -> QuotedLayout:
    """A layout in which all fields but the numbers are words, and columns of no field are put aside."""
    words = tuple(column for field, column in names.items() if field not in _NUMBERS)
    aside = tuple(column for column in columns if column not in names.values())
    return QuotedLayout(columns=columns, words=words, aside=aside, **how)


_API = _layout(API_COLUMNS, _API_NAMES, publisher="UN Comtrade", mark=True, any_order=True)
_WEB = _layout(_WEB_COLUMNS, _WEB_NAMES, publisher="UN Comtrade", mark=True, older=(_WEB_SHORT,))
_COMTRADR = _layout(
    (*_COMTRADR_COLUMNS, "partner_region"),
    _COMTRADR_NAMES,
    publisher="the R package comtradr",
    encoding="latin-1",
    older=(_COMTRADR_COLUMNS,),
)

_SYSTEMS = {
    **{f"H{i}": f"hs6_h{i}" for i in range(7)},
    "HS": "hs6_as_reported",
    **{f"S{i}": f"sitc_s{i}" for i in range(1, 5)},
    "ST": "sitc_as_reported",
}
_HS_LEVELS = {n: f"hs{n}" for n in (2, 4, 6)}
_SITC_LEVELS = {n: f"sitc{n}" for n in range(1, 6)}
#: Months of a period by the length of its code: yyyymm and yyyy.
_MONTHS = {6: 1, 4: 12}
_FLAGS = ("quantity_estimated", "net_weight_estimated", "reported")
_IS_SUM_OF_PARTNERS, _IS_SUM_OF_PRODUCTS = "the partner is an aggregate", "the product is the total"
_BOOLEAN = {"true": True, "false": False, "1": True, "0": False}


@cache
def _periods() -> dict[str, date]:
    """Every period that there can be, and its first day: looking one up is faster than making a date."""
    found = {}
    for year in range(1900, 2101):
        found[str(year)] = date(year, 1, 1)
        found.update({f"{year}{month:02}": date(year, month, 1) for month in range(1, 13)})
    return found


def _typed(names: Mapping[str, str]) -> dict[str, pl.Expr]:
    """Expressions of what a row says, over the columns of one layout."""

    def text(field: str) -> pl.Expr:
        if field not in names:
            return pl.lit(None, dtype=pl.String)
        cell = pl.col(names[field])
        return pl.when(cell != "NA").then(cell)

    states = m49_states()
    period = text("period")
    system = (
        text("classification").replace_strict(_SYSTEMS, default=None, return_dtype=pl.String)
        if "classification" in names
        else pl.lit("hs6_as_reported")
    )
    is_sitc = system.str.starts_with("sitc")
    product = text("product")
    if "level" in names:
        n_digits = text("level").cast(pl.UInt32, strict=False)
        is_hs = product.str.contains(r"^[0-9]+$") & ~is_sitc & n_digits.is_in([2, 4, 6])
        n_lost = n_digits.cast(pl.Int64) - product.str.len_bytes().cast(pl.Int64)
        # More or fewer digits than one lost zero explains are no code of this level: null, and quarantined.
        restored = pl.when(n_lost.is_in([0, 1])).then(product.str.zfill(n_digits))
        product = pl.when(is_hs).then(restored).when(n_digits == 0).then(pl.lit("TOTAL")).otherwise(product)
    n_digits_found = product.str.len_bytes()
    is_hs_code = product.str.contains(r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$") & ~is_sitc
    is_sitc_code = product.str.contains(r"^[0-9]{1,5}$") & is_sitc
    level = (
        pl.when(product == "TOTAL")
        .then(pl.lit("total"))
        .when(is_hs_code)
        .then(n_digits_found.replace_strict(_HS_LEVELS, default=None, return_dtype=pl.String))
        .when(is_sitc_code)
        .then(n_digits_found.replace_strict(_SITC_LEVELS, default=None, return_dtype=pl.String))
    )
    flow = text("flow").replace_strict(FLOWS, default=None, return_dtype=pl.String)
    partner = to_state(text("partner"), states)
    second = to_state(text("second_partner"), states)
    is_part = (
        (text("customs").fill_null("C00") != "C00")
        | (text("transport").fill_null("0") != "0")
        | (text("second_partner").fill_null("0") != "0")
    )
    numbers = {name: text(name).cast(pl.Float64, strict=False) for name in _NUMBERS}
    flags = {
        name: text(name).str.to_lowercase().replace_strict(_BOOLEAN, default=None, return_dtype=pl.Boolean)
        for name in _FLAGS
    }
    return {
        "period_start": period.replace_strict(_periods(), default=None, return_dtype=pl.Date),
        "n_months": period.str.len_bytes().replace_strict(_MONTHS, default=None, return_dtype=pl.Int64),
        "reporter_code": to_state(text("reporter"), states),
        "partner_code": partner,
        "second_partner_code": second,
        "flow_type": flow,
        "product_system": system,
        "product_level": level,
        "product_code": product,
        "value_usd": numbers["value"],
        "value_cif_usd": numbers["cif"],
        "value_fob_usd": numbers["fob"],
        "valuation_type": text("flow").replace_strict(_VALUATION, default=None, return_dtype=pl.String),
        "quantity": numbers["quantity"],
        "quantity_unit": text("quantity_unit"),
        "is_quantity_estimated": flags["quantity_estimated"],
        "net_weight_kg": numbers["net_weight"],
        "is_net_weight_estimated": flags["net_weight_estimated"],
        "gross_weight_kg": numbers["gross_weight"],
        "customs_code": text("customs"),
        "transport_code": text("transport"),
        "is_part": is_part,
        _IS_SUM_OF_PARTNERS: partner.is_in(list(aggregates())),
        _IS_SUM_OF_PRODUCTS: product == "TOTAL",
        "is_reported": flags["reported"],
    }


def _checks(names: Mapping[str, str], typed: Mapping[str, pl.Expr]) -> tuple[Check, ...]:
    """Tests over the text of one layout, what ``typed`` makes of it, and the typed numbers beside it."""
    state = "is not a known number of a state"
    add_state = "Add it to states.csv under the system 'comtrade', with the reason."
    checks = [
        Check(names["period"], typed["period_start"].is_not_null(), "is not a year or month", _TAKE),
        Check(names["reporter"], typed["reporter_code"].is_not_null(), state, add_state),
        Check(names["partner"], typed["partner_code"].is_not_null(), state, add_state),
        Check(names["flow"], typed["flow_type"].is_not_null(), "is not a known flow", _TAKE),
    ]
    if "second_partner" in names:
        given = pl.col(names["second_partner"])
        known = given.is_null() | typed["second_partner_code"].is_not_null()
        checks.append(Check(names["second_partner"], known, state, add_state))
    if "classification" in names:
        known = typed["product_system"].is_not_null()
        checks.append(
            Check(names["classification"], known, "is not a classification of the HS or the SITC", _TAKE)
        )
    checks.append(
        Check(
            names["product"],
            typed["product_level"].is_not_null(),
            "is not a product of the classification",
            "Codes are text of two, four or six digits: a leading zero may have been lost.",
        )
    )
    for side in ("reporter", "partner"):
        if f"{side}_iso" in names:
            iso = pl.col(names[f"{side}_iso"])
            agrees = iso.is_null() | ~iso.is_in(list(iso_codes())) | (iso == typed[f"{side}_code"])
            checks.append(
                Check(names[f"{side}_iso"], agrees, f"is another state than the {side}'s number", _TAKE)
            )
    typed_names = {
        "value": "value_usd",
        "cif": "value_cif_usd",
        "fob": "value_fob_usd",
        "quantity": "quantity",
        "net_weight": "net_weight_kg",
        "gross_weight": "gross_weight_kg",
    }
    for field, name in typed_names.items():
        if field in names:
            missing = pl.col(names[field]).is_null() | (pl.col(names[field]) == "NA")
            ok = pl.col(name).is_finite() & (pl.col(name) >= 0)
            allowed = ok if field == "value" else missing | ok
            checks.append(Check(names[field], allowed, "is not a number of at least 0", _TAKE))
    flag_names = {
        "quantity_estimated": "is_quantity_estimated",
        "net_weight_estimated": "is_net_weight_estimated",
        "reported": "is_reported",
    }
    for field, name in flag_names.items():
        if field in names:
            missing = pl.col(names[field]).is_null() | (pl.col(names[field]) == "NA")
            known = missing | typed[name].is_not_null()
            checks.append(Check(names[field], known, "is not true or false", _TAKE))
    return tuple(checks)


def _tidy(
    frame: pl.DataFrame,
    names: Mapping[str, str],
    path: Path,
    *,
    source_id: str,
    whole: Callable[[], pl.DataFrame],
) -> Rows:
    """Rows in tidy columns; those that fail a test are quarantined with all the columns of ``whole``."""
    # Two layouts have a column of the published text that is also the name of a tidy one.
    published = {column: f"published {column}" for column in frame.columns if column != ROW}
    renamed = frame.rename(published)
    own = {field: published[column] for field, column in names.items()}
    expressions = _typed(own)
    meanings = Meanings(renamed)
    typed = meanings.of(expressions)
    is_aggregate = typed[_IS_SUM_OF_PARTNERS] | typed[_IS_SUM_OF_PRODUCTS]
    accepted = typed.select(
        frame[ROW],
        *(is_aggregate.alias("is_aggregate") if c == _IS_SUM_OF_PARTNERS else c for c in typed.columns),
    ).drop(_IS_SUM_OF_PRODUCTS)
    checks = _checks(own, expressions)
    with_numbers = pl.concat([renamed, typed.select(pl.col(pl.Float64))], how="horizontal")
    failed = first_failed(with_numbers, checks, meanings)
    if failed is None:
        return Rows(accepted, empty_quarantine())
    good = failed.is_null()
    original = {new: old for old, new in published.items()}
    bad = failed.filter(~good)
    literal = [Check(original[c.column], pl.lit(bad != i), c.reason, c.remedy) for i, c in enumerate(checks)]
    found = whole().join(frame.filter(~good).select(ROW), on=ROW, how="semi", maintain_order="left")
    rejected = sift(found, literal, source_id=source_id, file=path.name).rejected
    return Rows(accepted.filter(good), rejected).check(len(frame), path.name)


def _records(path: Path) -> list[dict[str, Any]]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        loaded = json.loads(read_whole(path).decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise SourceError(path.name, f"is not JSON ({str(error)[:200]})", remedy=_TAKE) from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("data"), list):
        raise SourceError(path.name, "has no list of rows called data", remedy=_TAKE)
    if loaded.get("error"):
        raise SourceError(
            path.name,
            "is an error of the API",
            value=str(loaded["error"])[:200],
            remedy="Correct the query and ask again.",
        )
    records: list[Any] = loaded["data"]
    if loaded.get("count") != len(records):
        raise SourceError(
            path.name,
            f"states {str(loaded.get('count'))[:40]} rows and holds {len(records)}",
            remedy="Ask for fewer rows at a time: an answer may be cut short.",
        )
    expected = set(API_COLUMNS)
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict) or set(record) != expected:
            keys = set(record) if isinstance(record, dict) else set()
            raise SourceError(
                path.name,
                f"lacks the fields {sorted(expected - keys)[:5]}, has the unknown fields "
                f"{[key[:80] for key in sorted(keys - expected)[:5]]}",
                row=number,
                remedy=_TAKE,
            )
        if any(isinstance(value, dict | list) for value in record.values()):
            raise SourceError(path.name, "holds a field that is no single value", row=number, remedy=_TAKE)
    return records


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    # JSON can hold half of a surrogate pair, which is no text.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


_KEY = (
    "period_start", "n_months", "reporter_code", "partner_code", "second_partner_code", "flow_type",
    "product_system", "product_code", "customs_code", "transport_code",
)  # fmt: skip

READERS = (
    Reader(
        "comtrade_json",
        "flows",
        "UN Comtrade, answer of the API (JSON)",
        read_comtrade_json,
        starts(r'\s*\{[^\[]*"data"\s*:\s*\['),
        _KEY,
    ),
    Reader(
        "comtrade_csv",
        "flows",
        "UN Comtrade, the API's CSV",
        read_comtrade_csv,
        header("typeCode", "refPeriodId", "cmdCode"),
        _KEY,
    ),
    Reader(
        "comtrade_web",
        "flows",
        "UN Comtrade, CSV of the web site until 2022",
        read_comtrade_web_csv,
        header("Classification", "Trade Flow Code", "Commodity Code"),
        _KEY,
    ),
    Reader(
        "comtrade_comtradr",
        "flows",
        "UN Comtrade through the R package comtradr",
        read_comtradr_csv,
        header("period_desc", "trade_flow", "commodity_code"),
        _KEY,
    ),
)
