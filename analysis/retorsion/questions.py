"""Questions people ask of the tables: who is designated, what was traded, who did what.

Each answer is a polars frame with names beside codes (``.to_pandas()`` turns it into one of pandas). A question
with two possible answers is an error that names them, never a sum of both; :func:`retorsion.scan` gives the tables
themselves, lazily.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.project import goods_of_source, scan
from retorsion.sources.states import iso_codes, state_name
from retorsion.tables.as_of import as_of as known_on

Day = date | str

_VALUES = ("value_kusd", "value_eur", "value_thousand_jpy", "quantity_tonnes")


def designations(
    *,
    as_of: Day,
    sender: str | None = None,
    target: str | None = None,
    addressee: str | None = None,
    instrument: str | Sequence[str] | None = None,
    programme: str | Sequence[str] | None = None,
) -> pl.DataFrame:
    """Designations in force on a day: announced on it or before, and not known to be removed by then.

    Args:
        as_of: the day, a date or ``YYYY-MM-DD``.
        sender: code of the state that designates; all by default.
        target: code of the state that the list is about; all by default. A subject may be of a third state.
        addressee: code of the state whose conduct is answered, which may be another: a list of persons in occupied
            territory is about one state and answers another.
        instrument: one or several of ``asset_freeze``, ``entry_ban`` and the like; all by default.
        programme: one or several programmes of the lists; all by default.

    Returns:
        One row a designation, in the order of senders, days and names: sender_code, sender_name, target_code,
        target_name, instrument_type, programme_code, subject_type, subject_name, n_subjects, announced_date,
        effective_date, act_id, source_id. Rows without a subject's name stand for ``n_subjects`` subjects.

    Raises:
        RetorsionError: the day is no date, or a code, instrument or programme is not in the table.

    Example:
        >>> import retorsion
        >>> frozen = retorsion.designations(as_of="2022-03-22", sender="JPN", target="RUS", instrument="asset_freeze")
        >>> frozen.group_by("subject_type").agg(pl.col("n_subjects").sum()).sort("subject_type").rows()
        [('bank', 7), ('entity', 12), ('individual', 76)]
    """
    table = known_on(scan("sanctions").collect(), "sanctions", _day(as_of, "as_of"))
    table = table.filter(pl.col("revoked_date").is_null() & pl.col("absent_by_date").is_null())
    every = scan("sanctions").select("instrument_type", "programme_code").unique().collect()
    found = table.filter(
        _is("sender_code", _state(sender, "sender")),
        _is("target_code", _state(target, "target")),
        _is("addressee_code", _state(addressee, "addressee")),
        _among("instrument_type", _known(instrument, every["instrument_type"], "instrument")),
        _among("programme_code", _known(programme, every["programme_code"], "programme")),
    )
    return found.select(
        *_named("sender_code"),
        *_named("target_code"),
        *("instrument_type", "programme_code", "subject_type", "subject_name", "n_subjects"),
        *("announced_date", "effective_date", "act_id", "source_id"),
    ).sort("sender_code", "announced_date", "subject_name", "act_id", nulls_last=True, maintain_order=True)


def flows(
    *,
    exporter: str | Sequence[str] | None = None,
    importer: str | Sequence[str] | None = None,
    product: str | Sequence[str] | None = None,
    level: str | None = None,
    period: tuple[Day, Day] | None = None,
    record: str | None = None,
) -> pl.DataFrame:
    """Trade from exporters to importers as one source values it, at one level of its goods.

    Args:
        exporter: one or several codes of states; all by default.
        importer: one or several codes of states; all by default.
        product: one or several codes of goods; all of the level by default.
        level: of the goods, such as ``total``, ``section``, ``item`` or ``hs6``. Levels contain one another, so
            that a sum over two counts trade twice.
        period: first and last day, both included; a flow belongs to it that begins within it.
        record: the source, as in ``params.yaml``; needed where more than one has such flows.

    Returns:
        One row a flow, in time: period_start, n_months, exporter_code, exporter_name, importer_code, importer_name,
        product_code, product_name, the values and quantities that the source has, flow_type (``import`` as the
        importer reports it, ``export`` as the exporter does), valuation_type, source_id.

    Raises:
        RetorsionError: a code is unknown, or the answer would mix records, reporters or levels; names them.

    Example:
        >>> import retorsion
        >>> year = ("2021-01-01", "2021-12-31")
        >>> flows = retorsion.flows(exporter="RUS", importer="JPN", product="271111", period=year)
        >>> flows.select("product_name", "source_id").row(0)
        ('LNG', 'baci_raw_materials')
    """
    exporters, importers = _states(exporter, "exporter"), _states(importer, "importer")
    is_export = pl.col("flow_type") == "export"
    found = scan("trade_flows").with_columns(
        exporter_code=pl.when(is_export).then("reporter_code").otherwise("partner_code"),
        importer_code=pl.when(is_export).then("partner_code").otherwise("reporter_code"),
    )
    if period is not None:
        first, last = (_day(day, "period") for day in period)
        found = found.filter(pl.col("period_start").is_between(first, last))
    found = found.filter(_among("exporter_code", exporters), _among("importer_code", importers))
    wanted = _listed(product)
    if wanted is not None:
        found = found.filter(pl.col("product_code").is_in(wanted))
    if record is not None:
        _known(
            record, scan("trade_flows").select(pl.col("source_id").unique()).collect()["source_id"], "record"
        )
        found = found.filter(pl.col("source_id") == record)
    if level is not None:
        found = found.filter(pl.col("product_level") == level)
    kinds = found.select("source_id", "flow_type", "product_level").unique().sort(pl.all()).collect()
    _refuse_mixtures(kinds, level)
    if wanted is not None and kinds.is_empty():
        _known(
            wanted,
            scan("trade_flows").select(pl.col("product_code").unique()).collect()["product_code"],
            "product",
        )
    rows = found.collect()
    values = [name for name in _VALUES if rows[name].null_count() < len(rows)]
    return (
        rows.join(_labels(kinds["source_id"].unique()), on=["source_id", "product_code"], how="left")
        .select(
            "period_start",
            "n_months",
            *_named("exporter_code"),
            *_named("importer_code"),
            "product_code",
            pl.col("label").alias("product_name"),
            *values,
            *("flow_type", "valuation_type", "source_id"),
        )
        .sort("period_start", "exporter_code", "importer_code", "product_code")
    )


def acts(
    *,
    actor: str | None = None,
    target: str | None = None,
    deeds: bool | None = None,
    since: Day | None = None,
    until: Day | None = None,
) -> pl.DataFrame:
    """Acts of states, in the order of their days.

    Args:
        actor: code of the state that acts; all by default.
        target: code of the state that the act is aimed at; all by default.
        deeds: True for deeds alone, False for words alone (protests, statements, summonses); both by default.
        since: first day.
        until: last day.

    Returns:
        act_date, actor_code, actor_name, target_code, target_name, domain_type, act_type, is_verbal, summary,
        n_subjects, intensity_goldstein, reply_to_act_id, act_id, source_urls.

    Raises:
        RetorsionError: a code is not that of a state, or a day is no date.
    """
    found = scan("acts").filter(
        _is("actor_code", _state(actor, "actor")), _is("target_code", _state(target, "target"))
    )
    if since is not None:
        found = found.filter(pl.col("act_date") >= _day(since, "since"))
    if until is not None:
        found = found.filter(pl.col("act_date") <= _day(until, "until"))
    if deeds is not None:
        found = found.filter(pl.col("is_verbal") != deeds)
    return (
        found.collect()
        .select(
            "act_date",
            *_named("actor_code"),
            *_named("target_code"),
            *("domain_type", "act_type", "is_verbal", "summary", "n_subjects", "intensity_goldstein"),
            *("reply_to_act_id", "act_id", "source_urls"),
        )
        .sort("act_date", "act_id")
    )


def _refuse_mixtures(kinds: pl.DataFrame, level: str | None) -> None:
    """One source, reported by one side, at one level: more would count the same trade twice."""
    for column, argument, what in (
        ("source_id", "record", "records"),
        ("product_level", "level", "levels of goods"),
    ):
        several = kinds[column].unique().sort().to_list()
        if len(several) > 1:
            raise RetorsionError(
                f"these flows are in {len(several)} {what}, and adding them would count trade twice: "
                f"{', '.join(map(repr, several))}. Choose one: {argument}={several[0]!r}"
            )
    if kinds["flow_type"].n_unique() > 1:
        raise RetorsionError(
            "both sides of this trade report it, each in its own way, and adding them would count it twice. "
            "Name the exporter and the importer, or filter retorsion.scan('trade_flows') by flow_type"
        )
    if kinds.is_empty() and level is not None:
        known = scan("trade_flows").select(pl.col("product_level").unique()).collect()["product_level"]
        _known(level, known, "level")


def _labels(sources: Iterable[str]) -> pl.DataFrame:
    """Names of goods: source_id, product_code, label."""
    frames = [pl.DataFrame(schema={"source_id": pl.String, "product_code": pl.String, "label": pl.String})]
    for source in sources:
        goods = goods_of_source(source)
        if goods is not None:
            frames.append(goods.select(pl.lit(source).alias("source_id"), "product_code", "label"))
    return pl.concat(frames).unique(["source_id", "product_code"], keep="first", maintain_order=True)


def _named(column: str) -> tuple[pl.Expr, pl.Expr]:
    """A column of codes of states, and the names beside it."""
    named = pl.col(column).map_elements(state_name, return_dtype=pl.String, skip_nulls=True)
    return pl.col(column), named.alias(column.replace("_code", "_name"))


def _is(column: str, value: str | None) -> pl.Expr:
    return pl.lit(value=True) if value is None else (pl.col(column) == value).fill_null(value=False)


def _among(column: str, values: Sequence[str] | None) -> pl.Expr:
    return pl.lit(value=True) if values is None else pl.col(column).is_in(list(values))


def _listed(value: str | Sequence[str] | None) -> list[str] | None:
    return None if value is None else [value] if isinstance(value, str) else list(value)


def _state(code: str | None, argument: str) -> str | None:
    if code is not None and code not in iso_codes():
        raise RetorsionError(
            f"{argument}={code!r} is not the code of a state.{did_you_mean(code, iso_codes())} "
            "Use an ISO 3166-1 alpha-3 code, such as JPN"
        )
    return code


def _states(codes: str | Sequence[str] | None, argument: str) -> list[str] | None:
    listed = _listed(codes)
    for code in listed or ():
        _state(code, argument)
    return listed


def _known(wanted: str | Sequence[str] | None, known: pl.Series, argument: str) -> list[str] | None:
    names = sorted(known.drop_nulls().unique().to_list())
    for one in _listed(wanted) or ():
        if one not in names:
            some = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
            raise RetorsionError(
                f"{argument}={one!r} is not in the tables.{did_you_mean(one, names)} There are: {some}"
            )
    return _listed(wanted)


def _day(value: Day, argument: str) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError:
        raise RetorsionError(f"{argument}={value!r} is not a day. Write it as YYYY-MM-DD") from None
