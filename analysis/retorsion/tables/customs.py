"""``trade_flows`` from the files of customs services, as the readers of :mod:`retorsion.sources` give them.

Nothing is converted: a source keeps its currency, its valuation and its classification. Parts of a flow
(customs procedures, modes of transport, customs offices) are added up, and only where the source has no row
for their total. Months that are not published are left out. Months and years overlap: they are mapped apart,
so that nobody adds them.
"""

from __future__ import annotations

import narwhals as nw
import polars as pl

from retorsion.errors import ParameterError
from retorsion.tables.fields import conform, fields
from retorsion.tables.flow_sums import summed, tonnes

_KEY = (
    "period_start",
    "n_months",
    "reporter_code",
    "partner_code",
    "flow_type",
    "product_system",
    "product_level",
    "product_code",
)

#: Columns that are added up; a source has some of them.
_NUMBERS = ("value_kusd", "value_eur", "value_thousand_jpy", "quantity_tonnes")

#: In which ways a row of UN Comtrade is a part.
_SPLITS = (
    (pl.col("customs_code").fill_null("C00") != "C00").alias("by_procedure"),
    (pl.col("transport_code").fill_null("0") != "0").alias("by_transport"),
    (pl.col("second_partner_code").fill_null("WLD") != "WLD").alias("by_second_partner"),
)

#: Kilograms and tonnes as Japan Customs and the US Census Bureau abbreviate them.
_TONNES_PER_UNIT = {"KG": 0.001, "MT": 1.0, "T": 1.0}


def from_comtrade(rows: pl.DataFrame, *, source_id: str, n_months: int | None = None) -> pl.DataFrame:
    """Flows of UN Comtrade in thousand US dollars.

    Args:
        rows: accepted rows of :mod:`retorsion.sources.formats.comtrade`.
        source_id: id of the source.
        n_months: length of the periods, which only rows of several lengths need: 1 for the monthly ones, 12
            for the annual ones.

    Returns:
        Table ``trade_flows``: exports and imports; re-exports, which are part of the exports, are left out.
        Where a flow has a row for all modes of transport and procedures, this row; else the sum of its parts.

    Raises:
        ParameterError: periods of several lengths, a classification that the field dictionary does not
            have, or a flow without a total that is split in more than one way, so that its parts overlap.
    """
    traded = rows.filter(pl.col("flow_type").is_in(["export", "import"]))
    flows = of_one_length(traded, n_months, source_id).lazy()
    has_total = (~pl.col("is_part")).any().over(_KEY)
    chosen = _without_means_of_a_mode(flows.filter(~pl.col("is_part") | ~has_total))
    overlapping = chosen.filter(pl.struct(_SPLITS).n_unique().over(_KEY) > 1).select(_KEY).head(1).collect()
    if len(overlapping):
        where = overlapping.row(0, named=True)
        raise ParameterError(
            f"{source_id!r} has parts of one flow that overlap, and no total: {where}. "
            "Ask UN Comtrade for partner2Code 0, customsCode C00 and motCode 0."
        )
    weight = pl.col("net_weight_kg") / 1000
    value = (pl.col("value_usd") / 1000).alias("value_kusd")
    kind = pl.col("valuation_type")
    valuation = pl.when(kind.n_unique().over(_KEY) == 1).then(kind).otherwise(pl.lit("unknown"))
    made = (value, weight.alias("quantity_tonnes"), valuation.alias("valuation_type"))
    return _built(chosen.with_columns(made), source_id)


def _without_means_of_a_mode(flows: pl.LazyFrame) -> pl.LazyFrame:
    """Flows by transport without the parts of a mode that is there as a whole: 2000 (water) holds 2100 (sea)."""
    of_flow = (*_KEY, "customs_code", "second_partner_code")
    code = pl.col("transport_code")
    modes = code.filter(code.str.ends_with("000")).str.head(1).implode().over(of_flow)
    is_held = ~code.str.ends_with("000") & (code.str.len_bytes() == 4) & code.str.head(1).is_in(modes)
    return flows.filter(~is_held.fill_null(False))


def of_one_length(rows: pl.DataFrame, n_months: int | None, source_id: str) -> pl.DataFrame:
    """Rows whose periods have one length: months and years overlap.

    Args:
        rows: ``n_months`` and others.
        n_months: the length; None if there is only one.
        source_id: id of the source.

    Raises:
        ParameterError: several lengths and none is asked for, or none of the length.
    """
    lengths = sorted(rows["n_months"].unique())
    if n_months is None and len(lengths) > 1:
        raise ParameterError(
            f"{source_id!r} has periods of {' and '.join(map(str, lengths))} months, which overlap. "
            f"Say which to take, such as n_months: {lengths[0]}, and make another source of the others"
        )
    if n_months is not None and n_months not in lengths:
        raise ParameterError(
            f"{source_id!r} has no periods of {n_months} months. It has n_months: "
            f"{', '.join(map(str, lengths)) or 'none'}"
        )
    return rows if n_months is None else rows.filter(pl.col("n_months") == n_months)


def from_comext(rows: pl.DataFrame, *, source_id: str, n_months: int | None = None) -> pl.DataFrame:
    """Flows of Eurostat Comext in euros, added up over statistical procedures where there is no row for all.

    Args:
        rows: accepted rows of :mod:`retorsion.sources.formats.comext` or
            :mod:`retorsion.sources.formats.comext_labels`.
        source_id: id of the source.
        n_months: length of the periods, which only rows of several lengths need: 1 for the monthly ones, 12
            for the annual ones.

    Returns:
        Table ``trade_flows``; a row without any number is no flow.

    Raises:
        ParameterError: periods of several lengths.
    """
    has_number = pl.any_horizontal(
        pl.col("value_eur", "net_weight_kg", "supplementary_quantity").is_not_null()
    )
    flows = of_one_length(rows, n_months, source_id).lazy().filter(has_number)
    if (rows["procedure_code"] == "total").any():
        is_all = pl.col("procedure_code") == "total"
        flows = flows.filter(is_all | ~is_all.any().over(_KEY))
    return _built(flows.with_columns((pl.col("net_weight_kg") / 1000).alias("quantity_tonnes")), source_id)


def from_hs9(rows: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Monthly flows of Japan Customs by statistical code in thousand yen, added up over customs offices.

    Args:
        rows: accepted rows of :func:`retorsion.sources.formats.japan_customs_hs9.read_hs9`.
        source_id: id of the source.

    Returns:
        Table ``trade_flows``: published months; tonnes where a unit of the code is one of weight, null where 0 of
        it stand beside a value, which nobody measured.
    """
    weight = tonnes({"quantity_2": "unit_2", "quantity_1": "unit_1"}, _TONNES_PER_UNIT)
    flows = rows.lazy().filter(pl.col("is_published") & (pl.col("period_type") == "month"))
    weighed = nw.from_native(flows).with_columns(weight.alias("quantity_tonnes")).to_native()
    is_measured = (pl.col("quantity_tonnes") != 0) | (pl.col("value_thousand_jpy") == 0)
    measured = pl.when(is_measured).then("quantity_tonnes").alias("quantity_tonnes")
    return _built(weighed.with_columns(measured), source_id)


def from_area_summary(rows: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Monthly flows of Japan Customs by area and group of goods in thousand yen.

    Args:
        rows: accepted rows of :func:`retorsion.sources.formats.japan_customs.read_area_summary` or
            :func:`retorsion.sources.formats.japan_customs.read_time_series`.
        source_id: id of the source.

    Returns:
        Table ``trade_flows``: published months; names of goods in title case and without the brackets that
        mark a part of the group above.
    """
    goods = pl.col("product_code").str.strip_chars("()").str.to_titlecase()
    flows = rows.lazy().filter(pl.col("is_published"))
    return _built(flows.with_columns(goods.alias("product_code")), source_id)


def from_tidy(rows: pl.DataFrame, *, source_id: str, n_months: int | None = None) -> pl.DataFrame:
    """Flows of a tidy table of one's own, each in the currency of its unit.

    Args:
        rows: accepted rows of :func:`retorsion.sources.formats.tidy_flows.read_tidy_flows`.
        source_id: id of the source.
        n_months: length of the periods, which only rows of several lengths need.

    Returns:
        Table ``trade_flows``.

    Raises:
        ParameterError: periods of several lengths.
    """
    flows = of_one_length(rows, n_months, source_id).lazy()
    kind = pl.col("valuation_type")
    valuation = pl.when(kind.n_unique().over(_KEY) == 1).then(kind).otherwise(pl.lit("unknown"))
    return _built(flows.with_columns(valuation_type=valuation), source_id)


def from_us_census(rows: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Monthly flows of the US Census Bureau in thousand dollars.

    Args:
        rows: accepted rows of :func:`retorsion.sources.formats.us_census.read_us_census`.
        source_id: id of the source.

    Returns:
        Table ``trade_flows``; tonnes where the unit of the code is one of weight.
    """
    weight = tonnes({"quantity": "quantity_unit"}, _TONNES_PER_UNIT)
    flows = rows.lazy().with_columns((pl.col("value_usd") / 1000).alias("value_kusd"))
    weighed = nw.from_native(flows).with_columns(weight.alias("quantity_tonnes")).to_native()
    return _built(weighed, source_id)


def _built(flows: pl.LazyFrame, source_id: str) -> pl.DataFrame:
    """Sum flows to the table's key; a number is null where it is null in any part."""
    schema = flows.collect_schema()
    numbers = [name for name in _NUMBERS if name in schema]
    added = summed(
        nw.from_native(flows.sort(*_KEY, "row")), _KEY, numbers, same=("valuation_type", "is_aggregate")
    )
    floats = [name for name in numbers if schema[name].is_float()]
    absent = [name for name in _NUMBERS if name not in schema and name in fields()]
    built = (
        added.to_native()
        .with_columns(pl.col(floats).round_sig_figs(12))  # engines add in their own order
        .with_columns(*(pl.lit(None, dtype=fields()[name].dtype).alias(name) for name in absent))
        .with_columns(pl.lit(source_id).alias("source_id"))
        .collect()
    )
    for name in ("product_system", "product_level"):
        unknown = sorted(set(built[name]) - set(fields()[name].allowed))
        if unknown:
            raise ParameterError(
                f"{name} of {source_id!r} has the values {unknown}, which the field dictionary lacks. "
                f"Add them to {name} in fields.yaml."
            )
    return conform(built, "trade_flows")
