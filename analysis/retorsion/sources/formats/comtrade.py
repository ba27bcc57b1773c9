"""UN Comtrade: trade as reporters state it, in US dollars.

Publications: the API's JSON and CSV (47 fields), the bulk files (tab-separated, 34 of the fields, gzip), the CSV
of the web site, in Latin-1 or UTF-8, the tables of the R package comtradr since version 0.4, the CSV of the web
site until 2022, and the tables that comtradr gave until then, whose ``commodity_code`` is a number without its
leading zero. The first five name the same fields in other spellings (``typeCode``, ``TypeCode``, ``type_code``)
and are read alike.

The value is CIF where the reporter states a CIF value, else FOB (uncomtrade.org/docs/trade-valuation): Canada and
Mexico, for two, value imports FOB. Where a file has neither value, exports are FOB and the valuation of imports is
unknown. A weight or quantity of 0 beside a value is one that nobody measured, and is null.

Partner 0 is the world, a sum of the others. A row with a second partner, a customs procedure other than C00 or a
mode of transport other than 0 is a part of another row: ``is_part``. So are flows for processing, re-exports and
re-imports. Levels of the classification overlap and are never added. United Nations Statistics Division, UN
Comtrade: data field descriptions (comtradeapi.un.org).
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import m49_states, to_state
from retorsion.sources.readers import Beginning, Head, Reader, starts
from retorsion.sources.rows import ROW, Check, Rows, empty_quarantine, first_failed, once, sift
from retorsion.sources.states import UNKNOWN_STATE, aggregates, iso_codes
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.bulk_text import BulkFormat, encoding_of, read_bulk, read_encoded
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.json_text import read_json
from retorsion.sources.text.published import QuotedLayout, read_layout
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

#: Flows by the codes of the API and of the web site. A re-export is a part of the exports.
FLOWS = {
    "M": "import",
    "X": "export",
    "RX": "re_export",
    "RM": "re_import",
    "DX": "domestic_export",
    "FM": "foreign_import",
    "MIP": "import_for_inward_processing",
    "MOP": "import_after_outward_processing",
    "XIP": "export_after_inward_processing",
    "XOP": "export_for_outward_processing",
    "1": "import",
    "2": "export",
    "3": "re_export",
    "4": "re_import",
}

_TAKE = "Take the file as UN Comtrade publishes it."


def read_comtrade_json(path: Path, *, source_id: str) -> Rows:
    """Read one answer of the API.

    Args:
        path: the JSON text: ``data`` with rows, ``count`` of them, ``error`` empty; or the list of rows alone.
        source_id: id of the source it belongs to.

    Returns:
        Rows as :func:`read_comtrade_csv`; ``row`` is the position in ``data``, from 1.

    Raises:
        SourceError: not JSON, an error of the API, not ``count`` rows, or rows that lack a field of
            :data:`_NEEDED`.
    """
    records = _records(path)
    text = [tuple(_as_text(record.get(name)) for name in API_COLUMNS) for record in records]
    frame = pl.DataFrame(text, schema=dict.fromkeys(API_COLUMNS, pl.String), orient="row")
    frame = frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())
    numbered = frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    tidy = _tidy(numbered, _API_NAMES, path, source_id=source_id)
    unread = sorted({name for record in records for name in record} - set(API_COLUMNS))
    notes = (f"fields that are not read: {', '.join(name[:80] for name in unread[:20])}",) if unread else ()
    return replace(tidy, notes=(*tidy.notes, *notes)).check(len(records), path.name)


def read_comtrade_csv(path: Path, *, source_id: str) -> Rows:
    """Read a table with the API's fields: its CSV, a bulk file, the web site's CSV, or a table of comtradr.

    Args:
        path: the file, packed or not; separated by commas or tabs, its fields in any order and spelling, in
            UTF-8 or Latin-1.
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
        SourceError: a field that every publication has is missing, or one is unknown; or two rows say
            different things of the same flow.
    """
    data = unpacked(path)[0].removeprefix(codecs.BOM_UTF8)
    header, *rows = _first_lines(data, path) or [[]]
    columns, unread = _spelt(header, path)
    notes = (f"columns that are not read: {', '.join(unread[:20])}",) if unread else ()
    first = data[:_HEAD].partition(b"\n")[0].decode("latin-1")
    # The names of comtradr are ours, too, so that its tables are not read as a stream; nor are those with quotes.
    if _separator(first) == "\t" and '"' not in first and not set(header) & set(_typed(_names_in(columns))):
        read = _read_bulk(path, data, tuple(header), source_id)
        return replace(read, notes=(*read.notes, *notes))
    if rows and len(rows[0]) == len(header) + 1 and not rows[0][-1]:
        # Every row ends in a separator but the header: the header gets one, too.
        line, end, body = data.partition(b"\n")
        data = line.rstrip(b"\r") + _separator(first).encode() + end + body
    layout = QuotedLayout(
        publisher="UN Comtrade",
        columns=columns,
        encoding=encoding_of(data),
        words=words_in(columns, _names_in(columns)),
        aside=tuple(column for column in columns if column[:80] in unread),
    )
    read = read_quoted(path, data, layout, _names_in(columns), source_id)
    return replace(read, notes=(*read.notes, *notes))


def read_quoted(
    path: Path, data: bytes, layout: QuotedLayout, names: Mapping[str, str], source_id: str
) -> Rows:
    """Read delimited text of UN Comtrade in any layout.

    Args:
        path: the file.
        data: its bytes, unpacked.
        layout: how it is written.
        names: what it calls the fields; see ``_API_NAMES``.
        source_id: id of the source it belongs to.

    Returns:
        Rows as :func:`read_comtrade_csv`.

    Raises:
        SourceError: another layout, or two rows that say different things of the same flow.
    """
    rows = read_layout(path, layout, source_id=source_id, data=data)
    tidy = _tidy(rows.accepted, names, path, source_id=source_id)
    rejected = pl.concat([rows.rejected, tidy.rejected]).sort(ROW)
    whole = Rows(tidy.accepted, rejected, tidy.notes)
    return whole.check(len(rows.accepted) + len(rows.rejected), path.name)


def _read_bulk(path: Path, data: bytes, columns: tuple[str, ...], source_id: str) -> Rows:
    """Lines without quotes, many: the text is scanned as a stream."""
    names = _names_in(columns)
    frame = read_encoded(
        data, path.name, columns, "\t", wanted=list(names.values()), words=words_in(columns, names)
    )
    if frame is not None:
        rows = _tidy(frame, names, path, source_id=source_id)
        if rows.rejected.is_empty():
            return rows
    typed = _typed(names)
    format_ = BulkFormat("UN Comtrade", columns, "\t", True, typed, _checks(names, typed))
    rows = read_bulk(path, format_, source_id=source_id, data=data)
    finished = Rows(_finished(rows.accepted), rows.rejected)
    return _once(finished, path, source_id)


def _plain(column: str) -> str:
    """A field in the one spelling in which all publications agree."""
    return column.replace("_", "").lower()


def _names_in(columns: Sequence[str]) -> dict[str, str]:
    """What a header calls the fields of ``_API_NAMES``; those that it lacks are left out."""
    written = {_plain(column): column for column in columns}
    return {f: written[_plain(name)] for f, name in _API_NAMES.items() if _plain(name) in written}


def _spelt(header: Sequence[str], path: Path) -> tuple[tuple[str, ...], list[str]]:
    """Columns with a name, of the API's fields in any order and spelling; and those of them that are no field.

    Raises:
        SourceError: it lacks a field that every publication has, or has one twice.
    """
    named = tuple(column for column in header if column.strip())
    plain = [_plain(column) for column in named]
    known = {_plain(column) for column in API_COLUMNS} | {"datasetcode"}
    missing = [name for name in _NEEDED if _plain(name) not in plain]
    unknown = [column[:80] for column in named if _plain(column) not in known]
    if missing or len(set(plain)) != len(plain):
        has = f"; has the unknown columns {unknown[:5]}" if unknown else ""
        raise SourceError(
            path.name,
            f"lacks the columns {missing}{has}" if missing else "has a column twice",
            row=1,
            remedy="Take the file as UN Comtrade publishes it; if it has changed its layout, "
            "the reader has to be changed first.",
        )
    return named, unknown


def _separator(line: str) -> str:
    return max(SEPARATORS, key=line.count)


def _first_lines(data: bytes, path: Path) -> list[list[str]]:
    """Cells of the header and of the first row."""
    start = data[:_HEAD].removeprefix(codecs.BOM_UTF8).decode("latin-1").splitlines()[:2]
    separator = _separator(start[0]) if start else ","
    try:
        return [next(csv.reader([line], delimiter=separator, strict=True), []) for line in start]
    except csv.Error as error:
        raise SourceError(path.name, f"has no readable header ({error})", row=1, remedy=_TAKE) from None


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
_NUMBERS = ("value", "cif", "fob", "quantity", "net_weight", "gross_weight")


#: Fields that every publication has.
_NEEDED = (
    "classificationCode",
    "period",
    "reporterCode",
    "partnerCode",
    "flowCode",
    "cmdCode",
    "primaryValue",
)

#: Numbers of states as they are written.
_WRITTEN = tuple(f"{side} as written" for side in ("reporter", "partner", "second_partner"))

#: Bytes in which a header is sought.
_HEAD = 2**14


def _of(field: str) -> str:
    """Column of a field as a number, whose name is no column of any layout."""
    return f"{field} as a number"


def words_in(columns: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """Columns of few distinct cells: those of all fields but the numbers."""
    return tuple(names[field] for field in names if field not in _NUMBERS and names[field] in columns)


def layout_of(columns: tuple[str, ...], names: Mapping[str, str], **how: Any) -> QuotedLayout:
    """A layout in which all fields but the numbers have few distinct cells."""
    return QuotedLayout(columns=columns, words=words_in(columns, names), **how)


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

    def number_of_state(field: str) -> pl.Expr:
        return to_state(text(field).str.strip_suffix(".0"), states)

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
    # 9999AA and the like stand for goods of no other code; SITC writes X where a digit is not known.
    is_hs_code = product.str.contains(r"^([0-9]{2}|[0-9]{4}|[0-9]{4}[0-9A-Z]{2})$") & ~is_sitc
    is_sitc_code = product.str.contains(r"^[0-9][0-9A-Z]{0,4}$") & is_sitc
    level = (
        pl.when(product == "TOTAL")
        .then(pl.lit("total"))
        .when(is_hs_code)
        .then(n_digits_found.replace_strict(_HS_LEVELS, default=None, return_dtype=pl.String))
        .when(is_sitc_code)
        .then(n_digits_found.replace_strict(_SITC_LEVELS, default=None, return_dtype=pl.String))
    )
    flow = text("flow").replace_strict(FLOWS, default=None, return_dtype=pl.String)
    partner = number_of_state("partner")
    second = number_of_state("second_partner")
    is_part = (
        (text("customs").fill_null("C00") != "C00")
        | (text("transport").fill_null("0") != "0")
        | (text("second_partner").fill_null("0") != "0")
    )
    flags = {
        name: text(name).str.to_lowercase().replace_strict(_BOOLEAN, default=None, return_dtype=pl.Boolean)
        for name in _FLAGS
    }
    return {
        "period_start": period.replace_strict(_periods(), default=None, return_dtype=pl.Date),
        "n_months": period.str.len_bytes().replace_strict(_MONTHS, default=None, return_dtype=pl.Int64),
        **{f"{side} as written": text(side) for side in ("reporter", "partner", "second_partner")},
        "reporter_code": number_of_state("reporter"),
        "partner_code": partner,
        "second_partner_code": second,
        "flow_type": flow,
        "product_system": system,
        "product_level": level,
        "product_code": product,
        **{_of(field): text(field).cast(pl.Float64, strict=False) for field in _NUMBERS},
        "quantity_unit": text("quantity_unit"),
        "is_quantity_estimated": flags["quantity_estimated"],
        "is_net_weight_estimated": flags["net_weight_estimated"],
        "customs_code": text("customs"),
        "transport_code": text("transport"),
        "is_part": is_part,
        _IS_SUM_OF_PARTNERS: partner.is_in(list(aggregates())),
        _IS_SUM_OF_PRODUCTS: product == "TOTAL",
        "is_reported": flags["reported"],
    }


def _checks(names: Mapping[str, str], typed: Mapping[str, pl.Expr]) -> tuple[Check, ...]:
    """Tests over the text of one layout, what ``typed`` makes of it, and the typed numbers beside it."""
    state = f"{UNKNOWN_STATE} among the numbers of UN Comtrade"
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
    for field in _NUMBERS:
        if field in names:
            missing = pl.col(names[field]).is_null() | (pl.col(names[field]) == "NA")
            ok = pl.col(_of(field)).is_finite() & (pl.col(_of(field)) >= 0)
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


def _tidy(frame: pl.DataFrame, names: Mapping[str, str], path: Path, *, source_id: str) -> Rows:
    """Rows of text in tidy columns, each once; those that fail a test are quarantined."""
    expressions = _typed(names)
    meanings = Meanings(frame)
    typed = meanings.of(expressions)
    numbers = typed.select(pl.col(map(_of, _NUMBERS)))
    checks = _checks(names, expressions)
    failed = first_failed(pl.concat([frame, numbers], how="horizontal"), checks, meanings)
    accepted = pl.concat([frame.select(ROW), typed], how="horizontal")
    rejected = empty_quarantine()
    if failed is not None:
        bad = failed.drop_nulls()
        literal = [Check(c.column, pl.lit(bad != i), c.reason, c.remedy) for i, c in enumerate(checks)]
        faulty = frame.filter(failed.is_not_null())
        rejected = sift(faulty, literal, source_id=source_id, file=path.name).rejected
        accepted = accepted.filter(failed.is_null())
    rows = Rows(_finished(accepted), rejected).check(len(frame), path.name)
    return _once(rows, path, source_id)


def _once(rows: Rows, path: Path, source_id: str) -> Rows:
    """The rows, each flow once; several numbers may be one state, so that numbers tell flows apart."""
    told_apart = once(rows, (*KEY, *_WRITTEN), source_id=source_id, file=path.name)
    accepted = told_apart.accepted.drop(_WRITTEN)
    return replace(told_apart, accepted=accepted, notes=(*told_apart.notes, *_overlaps(accepted)))


def _overlaps(rows: pl.DataFrame) -> tuple[str, ...]:
    """A note where a state's trade of one period is there in several revisions, each of which holds all of it."""
    if rows["product_system"].n_unique() < 2:
        return ()
    said = rows.select("reporter_code", "period_start", "n_months", "flow_type", "product_system").unique()
    family = pl.col("product_system").str.head(4)
    of_one = said.group_by(
        "reporter_code", "period_start", "n_months", "flow_type", family.alias("family")
    ).agg(pl.col("product_system").unique().sort())
    several = of_one.filter(pl.col("product_system").list.len() > 1).sort("reporter_code", "period_start")
    if several.is_empty():
        return ()
    first = several.row(0, named=True)
    systems = " and ".join(first["product_system"])
    return (
        f"the trade of {first['reporter_code']} in {first['period_start']} is there in {systems}, each of which holds "
        "all of it: never add them",
    )


def _finished(typed: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows with their valuation, without weights and quantities that nobody measured."""
    value, cif, fob = (pl.col(_of(field)) for field in ("value", "cif", "fob"))

    def is_value(other: pl.Expr) -> pl.Expr:
        """Whether the value of the row is this one, up to rounding in print."""
        return ((other - value).abs() <= 0.01 + 1e-6 * value) & ((value == 0) | (other > 0))

    def measured(field: str) -> pl.Expr:
        number = pl.col(_of(field))
        return pl.when((number != 0) | (value == 0)).then(number)

    is_export = pl.col("flow_type").str.contains("export", literal=True)
    valuation = (
        pl.when(is_value(cif))
        .then(pl.lit("CIF"))
        .when(is_value(fob) | (is_export & (fob.fill_null(0) == 0)))
        .then(pl.lit("FOB"))
        .otherwise(pl.lit("unknown"))
    )
    return typed.select(
        ROW,
        *_WRITTEN,
        *("period_start", "n_months", "reporter_code", "partner_code", "second_partner_code", "flow_type"),
        *("product_system", "product_level", "product_code"),
        value.alias("value_usd"),
        cif.alias("value_cif_usd"),
        fob.alias("value_fob_usd"),
        valuation.alias("valuation_type"),
        measured("quantity").alias("quantity"),
        *("quantity_unit", "is_quantity_estimated"),
        measured("net_weight").alias("net_weight_kg"),
        "is_net_weight_estimated",
        measured("gross_weight").alias("gross_weight_kg"),
        *("customs_code", "transport_code", "is_part"),
        (pl.col(_IS_SUM_OF_PARTNERS) | pl.col(_IS_SUM_OF_PRODUCTS)).alias("is_aggregate"),
        "is_reported",
    )


def _records(path: Path) -> list[dict[str, Any]]:
    """Rows of an answer, or of a bare list of rows, as other programs save one."""
    loaded = read_json(unpacked(path)[0], path.name, remedy=_TAKE)
    answer = {"data": loaded} if isinstance(loaded, list) else loaded
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise SourceError(path.name, "has no list of rows called data", remedy=_TAKE)
    if answer.get("error"):
        raise SourceError(
            path.name,
            "is an error of the API",
            value=str(answer["error"])[:200],
            remedy="Correct the query and ask again.",
        )
    records: list[Any] = answer["data"]
    if answer.get("count", len(records)) != len(records):
        raise SourceError(
            path.name,
            f"states {str(answer['count'])[:40]} rows and holds {len(records)}",
            remedy="Ask for fewer rows at a time: an answer may be cut short.",
        )
    if not records:
        raise SourceError(
            path.name,
            "holds no row: UN Comtrade has nothing for the query",
            remedy="Correct the query (reporter, period, classification) and ask again.",
        )
    for number, record in enumerate(records, start=1):
        missing = sorted(set(_NEEDED) - set(record)) if isinstance(record, dict) else list(_NEEDED)
        if missing:
            raise SourceError(path.name, f"lacks the fields {missing}", row=number, remedy=_TAKE)
        if any(isinstance(value, dict | list) for value in record.values()):
            raise SourceError(path.name, "holds a field that is no single value", row=number, remedy=_TAKE)
    return records


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    # JSON can hold half of a surrogate pair, which is no text.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


KEY = (
    "period_start", "n_months", "reporter_code", "partner_code", "second_partner_code", "flow_type",
    "product_system", "product_code", "customs_code", "transport_code",
)  # fmt: skip


def _has_fields(head: Head) -> bool:
    cells = {_plain(cell) for separator in SEPARATORS for cell in head.cells(separator)}
    return {_plain(name) for name in _NEEDED} <= cells


def _is_answer(head: Head) -> bool:
    """Whether a file begins as an answer of the API, or as a list of its rows."""
    is_answer = starts(r'\s*\{[^\[]*"data"\s*:\s*\[\s*[{\]]')(head) and b'"intervention_id"' not in head.start
    return is_answer or (starts(r"\s*\[\s*\{")(head) and b'"reporterCode"' in head.start)


READERS = (
    Reader(
        "comtrade_json",
        "flows",
        "UN Comtrade, answer of the API (JSON)",
        read_comtrade_json,
        Beginning("JSON", ("data", "reporterCode"), _is_answer),
        KEY,
    ),
    Reader(
        "comtrade_csv",
        "flows",
        "UN Comtrade, a table with the API's fields (API, bulk file, web site, comtradr)",
        read_comtrade_csv,
        Beginning("CSV", _NEEDED, _has_fields),
        KEY,
    ),
)
