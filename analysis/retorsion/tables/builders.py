"""What the rows of each reader become: the one place that leads from a format to a table.

A list becomes rows of ``sanctions``, a customs file rows of ``trade_flows``, interventions rows of
``trade_measures``. What a source cannot say of itself (whose list it is, what being listed means, which state
a programme targets) comes from ``params.yaml`` (:mod:`retorsion.tables.options`) and from a small table beside
the file; everything else is the same code for every source of a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import polars as pl
from dataframely.exc import ValidationError

from retorsion.errors import RetorsionError
from retorsion.sources.readers import Reader
from retorsion.sources.readers import reader as reader_named
from retorsion.sources.rows import Rows, empty_quarantine
from retorsion.tables import customs, lists, trade_flows
from retorsion.tables.customs import of_one_length
from retorsion.tables.fields import tables
from retorsion.tables.ledger import by_target
from retorsion.tables.options import CaseOptions, ListOptions, MeasureOptions, options_type, source_options
from retorsion.tables.sanctions import attach_acts


def _same_rows(build: Callable[..., pl.DataFrame]) -> Callable[..., pl.DataFrame]:
    """A builder that neither adds rows up nor drops any."""

    def checked(rows: pl.DataFrame, **options: Any) -> pl.DataFrame:
        frame = build(rows, **options)
        assert len(frame) == len(rows), "a builder may not drop rows"
        return frame

    return checked


#: Reader to the function that makes ``trade_flows`` of its rows: rows, ``source_id`` and options in.
FLOWS: Mapping[str, Callable[..., pl.DataFrame]] = {
    "baci": _same_rows(trade_flows.from_baci),
    "baci_csv": _same_rows(trade_flows.from_baci),
    "comext": customs.from_comext,
    "comext_labels_data_browser": customs.from_comext,
    "comext_labels_easy": customs.from_comext,
    "comext_labels_sdmx": customs.from_comext,
    "comtrade_csv": customs.from_comtrade,
    "comtrade_json": customs.from_comtrade,
    "comtrade_web": customs.from_comtrade,
    "comtrade_comtradr": customs.from_comtrade,
    "japan_area_goods": _same_rows(trade_flows.from_area_goods),
    "japan_customs_area_summary": customs.from_area_summary,
    "japan_customs_hs9": customs.from_hs9,
    "japan_customs_time_series": customs.from_area_summary,
    "tidy_flows": customs.from_tidy,
    "us_census": customs.from_us_census,
}

#: The list that the project records in a layout of its own, whose numbering proves what was removed.
NUMBERED_LIST = "asset_freeze_list"


def side_table(reading: Reader) -> tuple[str, str] | None:
    """Name and layout of the table beside a source that says what its programmes or types mean, if it has one."""
    if reading.name == NUMBERED_LIST:
        return "programmes.csv", "list_programmes"
    return {
        "list": ("programmes.csv", "programmes"),
        "cases": ("instruments.csv", "case_instruments"),
        "interventions": ("instruments.csv", "instruments"),
    }.get(reading.kind)


def build_flows(
    reader: str,
    files: Sequence[pl.DataFrame],
    *,
    source_id: str,
    options: Mapping[str, Any],
    reporting: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """``trade_flows`` of one source.

    Args:
        reader: name of its reader.
        files: accepted rows of each of its files.
        source_id: id of the source.
        options: what ``params.yaml`` says of it: further arguments of its builder.
        reporting: layout ``reporting``, of a source of all pairs: exporters that published nothing.

    Returns:
        Table ``trade_flows``.

    Raises:
        ParameterError: a reader without a builder, an option that the builder does not have or lacks.
        RetorsionError: two files of the source hold the same flow, periods of different lengths or editions
            in different revisions; no row is a flow; or rows break the field dictionary.
    """
    record = source_options("flows", reader, options, f"params.yaml, sources.flows.{source_id}")
    own = record.model_dump(exclude=set(reader_named(reader, source_id).options))
    build = partial(FLOWS[reader], source_id=source_id, **own)
    try:
        parts = [build(rows) for rows in files]
    except ValidationError as error:
        raise RetorsionError(
            f"{source_id}: its rows do not fit trade_flows as the field dictionary describes it: {error}. "
            "Quarantine them in the reader, or widen the dictionary"
        ) from None
    if not any(map(len, parts)):
        raise RetorsionError(
            f"{source_id}: none of its {sum(map(len, files))} rows is an export or import of goods between two "
            "states in a published period. Look at its rows with `retorsion look`"
        )
    if "n_months" in builder_options("flows", reader, source_id):
        of_one_length(pl.concat([part.select("n_months") for part in parts]), None, source_id)
    if reporting is not None:
        parts = [trade_flows.with_reporting(part, reporting) for part in parts]
    if len(parts) == 1:
        return parts[0]
    spec = tables()["trade_flows"]
    whole = pl.concat(parts).sort(spec.sort)
    if reader in ("baci", "baci_csv"):
        trade_flows.check_one_revision(whole, source_id)
    double = whole.filter(pl.struct(spec.key).is_duplicated())
    if len(double):
        raise RetorsionError(
            f"{source_id}: {len(double)} flows stand in more than one of its files, such as "
            f"{double.select(spec.key).row(0)}. Keep each period in one file, and months and years apart"
        )
    return whole


def build_list(
    reader: str,
    entries: pl.DataFrame,
    meanings: pl.DataFrame,
    *,
    source_id: str,
    options: Mapping[str, Any],
    vintage_date: date,
    source_url: str,
    observed: pl.DataFrame | None,
    ledger_acts: pl.DataFrame,
) -> Rows:
    """Designations of one list, or cases of a database of cases.

    Args:
        reader: name of its reader.
        entries: accepted rows of the list.
        meanings: its :func:`side_table`: which state each programme targets, or what each instrument is.
        source_id: id of the source.
        options: what ``params.yaml`` says of it, see :mod:`retorsion.tables.options`.
        vintage_date: date of the vintage.
        source_url: page of the list.
        observed: the record of earlier vintages, see :func:`retorsion.sources.vintages.observe`.
        ledger_acts: ``acts`` of the ledger; those whose ``list_source`` is the source are its rounds.

    Returns:
        Accepted: columns of ``sanctions`` and ``count_type``. Rejected: subjects that cannot be designations
        towards a state, see :func:`retorsion.tables.lists.designations`.

    Raises:
        ParameterError: a reader that gives no list, an option that is unknown or missing.
        RetorsionError: see :func:`retorsion.tables.lists.designations`.
    """
    record = source_options("lists", reader, options, f"params.yaml, sources.lists.{source_id}")
    if isinstance(record, CaseOptions):
        made = lists.cases(entries, meanings, record, source_id=source_id, source_url=source_url)
        return Rows(made, empty_quarantine())
    assert isinstance(record, ListOptions)
    if "category" in meanings.columns:  # the numbered list's programmes are its categories
        meanings = meanings.drop("row", "programme").rename({"category": "programme"})
    subjects = lists.by_programme(reader_named(reader, source_id).subjects(entries))
    dates = None
    if observed is not None:
        subjects = lists.with_absent(subjects, observed)
        dates = lists.observed_dates(observed)
    built = lists.designations(
        subjects,
        meanings,
        record,
        source_id=source_id,
        source_url=source_url,
        vintage_date=vintage_date,
        observed=dates,
    )
    rounds = by_target(ledger_acts.filter(pl.col("list_source") == source_id))
    if rounds.is_empty():
        return built
    own = built.accepted.select(
        "sanction_id", pl.col("act_id").alias("own_act"), pl.col("effective_date").alias("own")
    )
    attached = (
        attach_acts(built.accepted.drop("act_id", "effective_date"), rounds)
        .join(own, on="sanction_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("act_id", "own_act").alias("act_id"),
            pl.coalesce("own", "effective_date").alias("effective_date"),
        )
        .drop("own_act", "own")
    )
    return Rows(attached, built.rejected)


def build_measures(
    reader: str,
    interventions: pl.DataFrame,
    instruments: pl.DataFrame,
    *,
    source_id: str,
    options: Mapping[str, Any],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Trade measures and their products of one source of interventions.

    Interventions that the source evaluates as liberalising (Green) are no measures against anyone and are
    left out: the instrument alone does not tell a tariff that is cut from one that is raised.

    Args:
        reader: name of its reader.
        interventions: accepted rows.
        instruments: which instrument each type of intervention is.
        source_id: id of the source.
        options: what ``params.yaml`` says of it, see :class:`retorsion.tables.options.MeasureOptions`.

    Returns:
        Tables ``trade_measures`` and ``trade_measure_products``.

    Raises:
        ParameterError: a reader that gives no interventions, an option that is unknown or missing.
    """
    record = source_options("measures", reader, options, f"params.yaml, sources.measures.{source_id}")
    assert isinstance(record, MeasureOptions)
    restricting = interventions.filter(pl.col("evaluation").ne_missing("Green"))
    made = lists.measures(restricting, instruments, record, source_id=source_id)
    return made, lists.measure_products(made, restricting, source_id=source_id)


def check_options(section: str, reader: str, options: Mapping[str, Any], where: str) -> None:
    """Assert that a source gives what its section holds, and that its options are right.

    Arguments and errors as :func:`retorsion.tables.options.source_options`.
    """
    source_options(section, reader, options, where)


def builder_options(section: str, reader: str, where: str) -> dict[str, bool]:
    """Names of the options of a source, and whether each is needed. Arguments as :func:`check_options`.

    Raises:
        ParameterError: a reader that gives nothing of the kind.
    """
    fields = options_type(section, reader, where).model_fields
    return {name: field.is_required() for name, field in fields.items()}
