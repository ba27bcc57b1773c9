"""Trade flows in a tidy table of one's own: one row for each period, pair of states, direction and product.

The table may be CSV, Parquet or a workbook; see :mod:`retorsion.sources.text.tidy` for the mapping of its columns.
A period is a year (``2022``), a quarter (``2022-Q1``), a month (``2022-03``, ``202203``, ``2022M03``, ``03/2022`` or
``Mar 2022``) or the first or last day of one (``2022-03-01``). What is written with a decimal comma or with marks
between thousands is read so where the column leaves no doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from retorsion.sources.code_systems import HS_CHAPTER
from retorsion.sources.readers import Reader
from retorsion.sources.rows import ROW, Check, Rows, once, sift
from retorsion.sources.states import aggregates
from retorsion.sources.text.amounts import WEIGHTS, numbers_of, unit_of
from retorsion.sources.text.days import COUNTS_FROM_1904
from retorsion.sources.text.periods import period_checks, periods_of
from retorsion.sources.text.tidy import MAPPING, Field, begins_with, read_mapped, state_check, states_of

FIELDS = (
    Field("period", ("period_start", "time_period", "time", "date", "year", "month", "yearmonth", "t")),
    Field("reporter", ("reporter_code", "reporter_iso", "declarant", "exporter", "origin", "i", "country")),
    Field("partner", ("partner_code", "partner_iso", "importer", "destination", "j", "counterpart")),
    Field("flow", ("flow_type", "trade_flow", "direction", "exp_or_imp", "flow_code")),
    Field(
        "product", ("product_code", "hs6", "hs", "hs_code", "commodity", "commodity_code", "cmd_code", "k")
    ),
    Field("value", ("trade_value", "value_usd", "obs_value", "primary_value", "amount", "v")),
    Field("unit", ("value_unit", "currency", "unit_measure")),
    Field("quantity", ("net_weight", "weight", "netweight_kg", "net_wgt", "q", "tonnes"), is_needed=False),
    Field("quantity_unit", ("qty_unit", "weight_unit"), is_needed=False),
    Field("valuation", ("valuation_type", "incoterm"), is_needed=False, default="unknown"),
    Field("product_system", ("classification", "nomenclature"), is_needed=False, default="own"),
    Field("product_level", ("level",), is_needed=False),
    Field("states", (), is_needed=False, default="iso"),
    Field("century", (), is_needed=False),
)

#: Directions by the words for them. Numbers are none: they mean opposite things in different sources.
FLOWS = {
    **dict.fromkeys(("export", "exports", "exp", "x"), "export"),
    **dict.fromkeys(("import", "imports", "imp", "m"), "import"),
}
_FACTORS = {"": 1.0, "thousand ": 1e3, "million ": 1e6, "billion ": 1e9}
_COLUMNS = {"USD": ("value_kusd", 1e-3), "EUR": ("value_eur", 1.0), "JPY": ("value_thousand_jpy", 1e-3)}
#: Units of value: column of the table, and what one unit is in it.
UNITS = {
    f"{count}{currency}": (column, factor * unit)
    for count, factor in _FACTORS.items()
    for currency, (column, unit) in _COLUMNS.items()
}
SYSTEMS = (
    *(f"hs6_h{n}" for n in range(7)), "hs6_as_reported", *(f"sitc_s{n}" for n in range(1, 5)),
    "sitc_as_reported", "cn8", "jp_hs9", "us_hs10", "own",
)  # fmt: skip
_LEVELS = {
    "hs6": {2: "hs2", 4: "hs4", 6: "hs6"},
    "sitc": {n: f"sitc{n}" for n in range(1, 6)},
    "cn8": {2: "hs2", 4: "hs4", 6: "hs6", 8: "cn8"},
    "jp_hs9": {2: "hs2", 4: "hs4", 6: "hs6", 9: "hs9"},
    "us_hs10": {2: "hs2", 4: "hs4", 6: "hs6", 10: "hs10"},
}
_OWN_LEVELS = ("total", "section", "item", "subitem")
_KEY = (
    "period_start", "n_months", "reporter_code", "partner_code", "flow_type", "product_system",
    "product_level", "product_code",
)  # fmt: skip
#: Valuations in small letters, without points and blanks.
_VALUATIONS = {"fob": "FOB", "cif": "CIF", "unknown": "unknown", "": "unknown"}
_NUMBER = f"Write it with a decimal point and without other separators, as in 1234.5. {MAPPING}"


def read_tidy_flows(path: Path, *, source_id: str, columns: Mapping[str, str] | None = None) -> Rows:
    """Read a table of trade flows.

    Args:
        path: CSV, Parquet or a workbook.
        source_id: id of the source it belongs to.
        columns: field of :data:`FIELDS` to column, or to ``=`` and a value; None if the columns are called
            like the fields.

    Returns:
        ``row``, ``period_start``, ``n_months`` (1, 3 or 12), ``reporter_code``, ``partner_code``,
        ``flow_type``, ``product_system``, ``product_level``, ``product_code``, ``value_kusd``, ``value_eur``,
        ``value_thousand_jpy`` (the one of the row's unit), ``quantity_tonnes`` (null where the unit is none of
        weight), ``valuation_type`` (unknown where the table does not say), ``is_aggregate``.

    Raises:
        SourceError: no table, a mapping that does not fit it, or two rows that say different things of the
            same flow.
    """
    read = read_mapped(path, columns, FIELDS, source_id=source_id)
    rows = read.accepted
    states = states_of(rows, ("reporter", "partner"), path, columns, reporters=("reporter",))
    periods, of_periods = periods_of(
        rows["period"], path, century=rows["century"], from_1904=COUNTS_FROM_1904 in read.notes
    )
    value, of_value = numbers_of(rows["value"])
    weight, of_weight = numbers_of(rows["quantity"])
    typed = pl.concat([rows, periods], how="horizontal").with_columns(
        reporter_code=states["reporter"],
        partner_code=states["partner"],
        flow_type=pl.col("flow")
        .str.to_lowercase()
        .replace_strict(FLOWS, default=None, return_dtype=pl.String),
        number=value,
        weight=weight,
        unit=_units(rows["unit"]),
        product_code=_product(),
        valuation_type=pl.col("valuation")
        .fill_null("unknown")
        .str.to_lowercase()
        .str.replace_all("[. ]", "")
        .replace_strict(_VALUATIONS, default=pl.col("valuation")),
    )
    typed = typed.with_columns(product_level=_level())
    sifted = sift(typed, _checks(), source_id=source_id, file=path.name)
    notes = (*read.notes, *of_periods, *of_value, *of_weight, *_unweighed(sifted.accepted))
    whole = Rows(sifted.accepted, pl.concat([read.rejected, sifted.rejected]), notes)
    each = once(whole, (*_KEY, "reporter", "partner"), source_id=source_id, file=path.name)
    made = replace(each, accepted=_made(each.accepted))
    return made.check(len(read.accepted) + len(read.rejected), path.name)


def _units(written: pl.Series) -> pl.Series:
    """Units of value as the table of units has them; what is none as it is, to be named."""
    found = {text: unit_of(text) or text for text in written.drop_nulls().unique()}
    return written.replace(found)


def _weight_factor() -> pl.Expr:
    return (
        pl.col("quantity_unit")
        .str.to_lowercase()
        .replace_strict(WEIGHTS, default=None, return_dtype=pl.Float64)
    )


def _unweighed(rows: pl.DataFrame) -> tuple[str, ...]:
    """A note that counts the quantities which are not taken as weights, since no unit of weight is said."""
    open_ = rows.filter(pl.col("weight").is_not_null() & _weight_factor().is_null())
    if open_.is_empty():
        return ()
    units = ", ".join(str(unit or "none")[:40] for unit in open_["quantity_unit"].unique().sort()[:5])
    return (
        f"quantities without a unit of weight such as kg or t, which are left out: {len(open_)} (units: {units})",
    )


def _product() -> pl.Expr:
    """The code; a code of the Harmonized System with an odd number of digits has lost its leading zero."""
    code = pl.col("product")
    is_hs = pl.col("product_system").str.contains("^(hs6_|cn8|us_hs10)")
    has_lost = code.str.contains("^[0-9]+$") & (code.str.len_bytes() % 2 == 1)
    return (
        pl.when(code.str.to_lowercase() == "total")
        .then(pl.lit("TOTAL"))
        .when(is_hs & has_lost)
        .then(pl.lit("0") + code)
        .otherwise(code)
    )


def _level() -> pl.Expr:
    code, system = pl.col("product_code"), pl.col("product_system")
    n = code.str.len_bytes().cast(pl.Int64)
    own = pl.coalesce(pl.col("product_level"), pl.lit("item"))
    made: pl.Expr = pl.when(own.is_in(_OWN_LEVELS)).then(own)
    for beginning, levels in _LEVELS.items():
        shape = "^[0-9][0-9A-Z]*$" if beginning == "sitc" else f"^{HS_CHAPTER}[0-9A-Z]*$|^9999AA$"
        national = f"{shape}|^9[89][0-9]*$"  # chapters that a state may use as it likes
        level = n.replace_strict(levels, default=None, return_dtype=pl.String)
        is_national = system.is_in(["hs6_as_reported", "us_hs10"])
        is_code = pl.when(is_national).then(code.str.contains(national)).otherwise(code.str.contains(shape))
        of_system = pl.when(is_code).then(level)
        made = pl.when(system.str.starts_with(beginning)).then(of_system).otherwise(made)
    return pl.when(code == "TOTAL").then(pl.lit("total")).otherwise(made)


def _checks() -> tuple[Check, ...]:
    return (
        *period_checks("period"),
        state_check("reporter", "reporter_code"),
        state_check("partner", "partner_code"),
        Check("flow", pl.col("flow_type").is_not_null(), "is not a direction", "Write import or export."),
        Check(
            "product_system",
            pl.col("product_system").is_in(SYSTEMS),
            "is not a known classification",
            f"Known are: {', '.join(SYSTEMS)}.",
        ),
        Check(
            "product",
            pl.col("product_code").is_not_null() & pl.col("product_level").is_not_null(),
            "is not a product of the classification",
            MAPPING,
        ),
        Check(
            "value",
            pl.col("number").is_finite() & (pl.col("number") >= 0),
            "is not a number of at least 0",
            _NUMBER,
        ),
        Check(
            "unit",
            pl.col("unit").is_in(list(UNITS)),
            "is not a known unit",
            f"Known are: {', '.join(UNITS)}.",
        ),
        Check(
            "quantity",
            pl.col("quantity").is_null() | (pl.col("weight").is_finite() & (pl.col("weight") >= 0)),
            "is not a number of at least 0",
            _NUMBER,
        ),
        Check(
            "valuation",
            pl.col("valuation_type").is_in(["FOB", "CIF", "unknown"]),
            "is neither FOB, CIF nor unknown",
            MAPPING,
        ),
    )


def _made(rows: pl.DataFrame) -> pl.DataFrame:
    unit = pl.col("unit")
    value = pl.col("number") * unit.replace_strict({name: f for name, (_, f) in UNITS.items()}, default=None)
    column = unit.replace_strict(
        {name: c for name, (c, _) in UNITS.items()}, default=None, return_dtype=pl.String
    )
    weight = pl.col("weight") * _weight_factor()
    # goods that were paid for weigh something: a zero beside a value is a weight that nobody wrote down
    weight = pl.when((pl.col("number") == 0) | (weight > 0)).then(weight)
    sums = list(aggregates())
    in_column = {name: pl.when(column == name).then(value) for name, _ in _COLUMNS.values()}
    return rows.select(
        ROW,
        *_KEY,
        in_column["value_kusd"].alias("value_kusd"),
        in_column["value_eur"].alias("value_eur"),
        in_column["value_thousand_jpy"].round().cast(pl.Int64).alias("value_thousand_jpy"),
        weight.alias("quantity_tonnes"),
        "valuation_type",
        (
            pl.col("partner_code").is_in(sums)
            | pl.col("reporter_code").is_in(sums)
            | (pl.col("product_code") == "TOTAL")
        ).alias("is_aggregate"),
    )


READERS = (
    Reader(
        "tidy_flows",
        "flows",
        "trade flows in a tidy table of one's own (CSV, Parquet, xlsx)",
        read_tidy_flows,
        begins_with(FIELDS),
        _KEY,
        ("columns",),
    ),
)
