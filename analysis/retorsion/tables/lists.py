"""Published lists as rows of ``sanctions`` and ``trade_measures``.

The readers of lists all give subjects in the same columns, so that one function turns any of them into
designations. Which state a programme targets, and which instrument a type of intervention is, no list says in
the project's words: both are tables that the caller gives, and what they do not name is never guessed.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.formats.gsdb import INSTRUMENTS
from retorsion.sources.states import aliases, state_by_name
from retorsion.tables.fields import conform

_CASE = ("row", "case_id", "sender_codes", "target_codes", "begin_year", "end_year")
_COUNT_OF_KIND = {"individual": "n_individuals", "bank": "n_banks", "entity": "n_other_bodies"}

#: Columns of a programme table: code of the programme as the list writes it, the state it targets (null: each
#: subject's own), and the state it addresses (null: the target).
PROGRAMME_COLUMNS = ("programme", "target_code", "addressee_code")

#: Columns of an instrument table: type as Global Trade Alert writes it, the project's instrument, its flow.
INSTRUMENT_COLUMNS = ("intervention_type", "instrument_type", "flow_type")

#: Columns of an instrument table for cases: instrument of the Global Sanctions Data Base, the project's.
CASE_COLUMNS = ("instrument", "instrument_type")


def designations(
    subjects: pl.DataFrame,
    programmes: pl.DataFrame,
    *,
    source_id: str,
    sender_code: str,
    instrument_type: str,
    source_url: str,
    vintage_date: date,
    observed: pl.DataFrame | None = None,
    others: Literal["refuse", "leave_out"] = "refuse",
    undetermined_type: str | None = None,
    country_system: str | None = None,
) -> pl.DataFrame:
    """Designations of a list, one row for each subject and programme.

    Args:
        subjects: accepted rows of a reader of a list, or :func:`by_programme` of them. To keep designations
            that are gone, give :func:`retorsion.sources.vintages.last_known` of several vintages by programme,
            and ``observed``.
        programmes: ``programme``, ``target_code``, ``addressee_code`` (:data:`PROGRAMME_COLUMNS`).
        source_id: id of the list.
        sender_code: the state whose list it is.
        instrument_type: what being listed means.
        source_url: page of the list.
        vintage_date: date of the vintage that was read, for subjects without a date of their own.
        observed: :func:`retorsion.sources.vintages.observations` by ``list_number`` and ``programme``: a
            subject that is listed already comes under a further programme later. With ``last_absent_date``
            (:func:`observed_dates`) it is known which observations are news.
        others: what to do with programmes that ``programmes`` does not name.
        undetermined_type: kind of the subjects whose kind the list leaves open; None refuses them.
        country_system: system of states.csv that has the list's own spellings of states.

    Returns:
        Columns of ``sanctions`` and ``count_type``, the count of an act that the subject belongs to. A list's
        own date stands in ``announced_date``; without one it is null, and ``first_observed_date`` says when
        the subject was first seen. ``date_precision`` is then ``observed`` if an earlier vintage lacks the
        subject, and null if it is not known since when it is listed. To find acts of a ledger with
        :func:`retorsion.tables.sanctions.attach_acts`, drop ``act_id`` and ``effective_date`` first.

    Raises:
        RetorsionError: a programme, a kind or an own state that is not known, a number listed twice under a
            programme, or a table without its columns.
    """
    _check_columns(programmes, PROGRAMME_COLUMNS, "programmes")
    if programmes["programme"].is_duplicated().any():
        raise RetorsionError(
            f"{source_id}: a programme is named twice in the table of programmes. Keep one row"
        )
    rows = _known(by_programme(subjects), programmes, "programme", source_id, others)
    rows = _with_kind(rows, undetermined_type, source_id)
    rows = _with_target(rows, country_system, source_id)
    rows = _with_observation(rows, observed, vintage_date)
    double = rows.filter(pl.struct("list_number", "programme").is_duplicated())
    if len(double):
        raise RetorsionError(
            f"{source_id}: number {double['list_number'][0]!r} stands twice under the programme "
            f"{double['programme'][0]!r}. Compare the rows {double['row'].head(2).to_list()} with the list"
        )
    announced = pl.col("announced_date")
    act = pl.coalesce(
        pl.format("{}-{}-{}", pl.lit(source_id), announced, pl.col("addressee_code").str.to_lowercase()),
        pl.format(
            "{}-by-{}-{}",
            pl.lit(source_id),
            pl.col("first_observed_date"),
            pl.col("addressee_code").str.to_lowercase(),
        ),
    )
    precision = pl.col("date_precision") if "date_precision" in rows.columns else pl.lit("day")
    is_news = pl.col("last_absent_date").is_not_null() & pl.col("first_observed_date").is_not_null()
    ended = pl.col("ended_date") if "ended_date" in rows.columns else pl.lit(None, dtype=pl.Date)
    return rows.select(
        pl.concat_str(pl.lit(source_id), "list_number", "programme", separator=":").alias("sanction_id"),
        act.alias("act_id"),
        pl.lit(sender_code).alias("sender_code"),
        "target_code",
        "addressee_code",
        pl.concat_str(pl.lit(source_id), "programme", separator=":").alias("programme_code"),
        pl.lit(instrument_type).alias("instrument_type"),
        "subject_type",
        "subject_name",
        "subject_country",
        "list_number",
        "announced_date",
        pl.when(announced.is_not_null()).then(precision).when(is_news).then(pl.lit("observed"))
        .alias("date_precision"),
        "effective_date",
        ended.alias("revoked_date"),
        "absent_by_date",
        "first_observed_date",
        pl.lit(1, dtype=pl.Int64).alias("n_subjects"),
        pl.lit("listed").alias("basis_type"),
        pl.lit(source_id).alias("source_id"),
        pl.col("row").alias("source_row"),
        pl.lit(source_url).alias("source_urls"),
        pl.col("subject_type").replace_strict(_COUNT_OF_KIND, default=None, return_dtype=pl.String)
        .alias("count_type"),
    )  # fmt: skip


def by_programme(subjects: pl.DataFrame) -> pl.DataFrame:
    """Subjects of a list, one row for each programme they stand under.

    Args:
        subjects: accepted rows of a reader of a list.

    Returns:
        The same columns with ``programme`` in place of ``programmes``; unchanged if they have it already.
    """
    if "programme" in subjects.columns:
        return subjects
    return subjects.explode("programmes").rename({"programmes": "programme"})


def with_absent(subjects: pl.DataFrame, observed: pl.DataFrame) -> pl.DataFrame:
    """Subjects of the newest vintage, and those that only earlier ones show.

    Args:
        subjects: as :func:`by_programme` gives them.
        observed: the record of vintages (:func:`retorsion.sources.vintages.observe`).

    Returns:
        The columns of ``subjects``; a subject that is gone has no ``row`` and only what the record keeps.
    """
    gone = observed.filter(pl.col("absent_by_date").is_not_null()).drop("row", strict=False)
    if "country_codes" in subjects.columns:
        gone = gone.with_columns(pl.col("country_codes").str.split(";"))
    kept = [name for name in gone.columns if name in subjects.columns]
    return pl.concat([subjects, gone.select(kept)], how="diagonal_relaxed")


def observed_dates(observed: pl.DataFrame) -> pl.DataFrame:
    """What :func:`designations` takes of the record of vintages."""
    return observed.select(
        "list_number", "programme", "last_absent_date", "first_observed_date", "absent_by_date"
    )


def measures(
    interventions: pl.DataFrame,
    instruments: pl.DataFrame,
    *,
    source_id: str,
    with_inferred: bool,
    others: Literal["refuse", "leave_out"] = "refuse",
) -> pl.DataFrame:
    """Interventions of Global Trade Alert as trade measures, one row for each imposer and affected state.

    Args:
        interventions: accepted rows of :func:`retorsion.sources.formats.gta.read_gta`.
        instruments: ``intervention_type``, ``instrument_type``, ``flow_type`` (:data:`INSTRUMENT_COLUMNS`).
        source_id: id of the source.
        with_inferred: whether states that the source inferred to be affected count as targets. They are no
            targets of an act in the sense of the ledger.
        others: what to do with types of intervention that ``instruments`` does not name.

    Returns:
        Table ``trade_measures``. An effective or ended date that may stand for a year alone is null. An
        intervention without an effective date is an announcement. Those without an affected state are no
        act towards anyone and are left out.

    Raises:
        RetorsionError: a type that is not known; or inferred states are to be left out and the file does
            not say which they are.
    """
    _check_columns(instruments, INSTRUMENT_COLUMNS, "instruments")
    rows = _known(interventions, instruments, "intervention_type", source_id, others)
    if not with_inferred:
        unsaid = rows.filter(pl.col("affected_codes").is_not_null() & pl.col("inferred_codes").is_null())
        if len(unsaid):
            raise RetorsionError(
                f"{source_id}: intervention {unsaid['intervention_id'][0]} and {len(unsaid) - 1} others do "
                "not say which affected states are inferred. Read the API's JSON with "
                "inferred_jurisdictions, or count inferred states as targets"
            )
        rows = rows.with_columns(pl.col("affected_codes").list.set_difference("inferred_codes"))
    rows = (
        rows.explode("imposer_codes")
        .explode("affected_codes")
        .rename({"imposer_codes": "imposer_code", "affected_codes": "target_code"})
        .filter(pl.col("target_code").is_not_null())
    )
    no_text = pl.lit(None, dtype=pl.String)
    return conform(
        rows.select(
            pl.concat_str(
                pl.lit(source_id), "intervention_id", "imposer_code", "target_code", separator=":"
            ).alias("measure_id"),
            pl.concat_str(pl.lit(source_id), "state_act_id", separator=":").alias("act_id"),
            "imposer_code",
            "target_code",
            pl.col("target_code").alias("addressee_code"),
            "flow_type",
            "instrument_type",
            pl.when(pl.col("effective_date").is_null()).then(pl.lit("announcement"))
            .otherwise(pl.lit("decision")).alias("phase_type"),
            "announced_date",
            pl.lit("day").alias("date_precision"),
            pl.when(~pl.col("effective_may_be_year")).then(pl.col("effective_date")).alias("effective_date"),
            pl.when(~pl.col("ended_may_be_year")).then(pl.col("ended_date")).alias("ended_date"),
            no_text.alias("product_scope"),
            no_text.alias("threshold"),
            pl.lit(None, dtype=pl.Int64).alias("n_subjects"),
            pl.when(pl.col("is_official_source").fill_null(False)).then(pl.lit("high"))
            .otherwise(pl.lit("medium")).alias("confidence_type"),
            pl.col("title").alias("summary"),
            pl.lit(source_id).alias("source_id"),
            pl.col("row").alias("source_row"),
            pl.coalesce("source_urls", "intervention_id").alias("source_urls"),
        ),
        "trade_measures",
    )  # fmt: skip


def measure_products(table: pl.DataFrame, interventions: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Six-digit products of the measures of Global Trade Alert.

    Args:
        table: :func:`measures`.
        interventions: accepted rows of :func:`retorsion.sources.formats.gta.read_gta`.
        source_id: id of the source.

    Returns:
        Table ``trade_measure_products``; the source states no revision of the Harmonized System.
    """
    codes = (
        interventions.select("intervention_id", pl.col("hs6_codes").list.unique(maintain_order=True))
        .explode("hs6_codes")
        .drop_nulls()
    )
    of_measure = table.filter(pl.col("source_id") == source_id).select(
        "measure_id", pl.col("measure_id").str.split(":").list.get(-3).alias("intervention_id")
    )
    no_text = pl.lit(None, dtype=pl.String)
    return conform(
        of_measure.join(codes, on="intervention_id").select(
            "measure_id",
            pl.col("hs6_codes").alias("hs6_code"),
            pl.col("hs6_codes").alias("hs_code"),
            no_text.alias("hs_revision"),
            pl.lit("source").alias("mapping_basis"),
            no_text.alias("product_scope"),
        ),
        "trade_measure_products",
    )


def cases(
    rows: pl.DataFrame,
    instruments: pl.DataFrame,
    *,
    source_id: str,
    source_url: str,
    others: Literal["refuse", "leave_out"] = "refuse",
) -> pl.DataFrame:
    """Cases of the Global Sanctions Data Base, one row for each sender, target and instrument.

    Args:
        rows: accepted rows of :func:`retorsion.sources.formats.gsdb.read_gsdb`.
        instruments: ``instrument``, ``instrument_type`` (:data:`CASE_COLUMNS`).
        source_id: id of the source.
        source_url: page of the source.
        others: what to do with instruments that ``instruments`` does not name.

    Returns:
        Columns of ``sanctions``. Only years are known: ``announced_date`` is 1 January of the first with the
        precision year, and ``absent_by_date`` 1 January after the last; both bound the days that the source
        does not state. A case names no subjects, so that each row is a whole ``sector``. Senders and targets
        may be groups of states, which are codes of their own and never split into members.

    Raises:
        RetorsionError: an instrument that is not known, or a table without its columns.
    """
    _check_columns(instruments, CASE_COLUMNS, "instruments")
    used = rows.unpivot(
        on=list(INSTRUMENTS), index=_CASE, variable_name="instrument", value_name="is_used"
    ).filter("is_used")
    known = _known(used, instruments, "instrument", source_id, others)
    flat = (
        known.explode("sender_codes")
        .explode("target_codes")
        .rename({"sender_codes": "sender_code", "target_codes": "target_code"})
    )
    act = pl.concat_str(pl.lit(source_id), "case_id", "instrument", separator="-")
    return flat.select(
        pl.concat_str(
            pl.lit(source_id), "case_id", "sender_code", "target_code", "instrument", separator=":"
        ).alias("sanction_id"),
        act.alias("act_id"),
        "sender_code",
        "target_code",
        pl.col("target_code").alias("addressee_code"),
        pl.concat_str(pl.lit(source_id), "case_id", separator=":").alias("programme_code"),
        "instrument_type",
        pl.lit("sector").alias("subject_type"),
        pl.date(pl.col("begin_year"), 1, 1).alias("announced_date"),
        pl.lit("year").alias("date_precision"),
        pl.date(pl.col("end_year") + 1, 1, 1).alias("absent_by_date"),
        pl.lit("reported").alias("basis_type"),
        pl.lit(source_id).alias("source_id"),
        pl.col("row").alias("source_row"),
        pl.lit(source_url).alias("source_urls"),
    ).unique("sanction_id", keep="first", maintain_order=True)


def _check_columns(frame: pl.DataFrame, columns: tuple[str, ...], name: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise RetorsionError(f"the table of {name} lacks the columns {missing}. It needs {list(columns)}")


def _known(
    rows: pl.DataFrame, table: pl.DataFrame, key: str, source_id: str, others: Literal["refuse", "leave_out"]
) -> pl.DataFrame:
    """Rows whose ``key`` the table names, with the table's columns."""
    unknown = rows.join(table, on=key, how="anti", nulls_equal=True)[key].unique().sort()
    if len(unknown) and others == "refuse":
        raise RetorsionError(
            f"{source_id}, column {key!r}, values {unknown.to_list()[:20]}: not in the table that maps them. "
            "Add a row for each, or say that others are to be left out"
        )
    return rows.join(table, on=key, maintain_order="left")


def _with_kind(rows: pl.DataFrame, undetermined_type: str | None, source_id: str) -> pl.DataFrame:
    open_kinds = rows.filter(pl.col("subject_type").is_null())
    if len(open_kinds) and undetermined_type is None:
        raise RetorsionError(
            f"{source_id}: the list leaves the kind of {len(open_kinds)} subjects open, such as "
            f"{open_kinds['subject_name'][0]!r} in row {open_kinds['row'][0]}. Say which kind they count as"
        )
    return rows.with_columns(pl.col("subject_type").fill_null(pl.lit(undetermined_type, dtype=pl.String)))


def _with_target(rows: pl.DataFrame, country_system: str | None, source_id: str) -> pl.DataFrame:
    """``target_code`` and ``addressee_code``: the programme's, or else the subject's one own state."""
    if "country_codes" in rows.columns:
        only = pl.col("country_codes").list.len() == 1
        own = pl.when(only).then(pl.col("country_codes").list.first()).otherwise(None)
    else:
        spellings = aliases(country_system) if country_system else {}
        names = rows["subject_country"].drop_nulls().unique()
        codes = {name: spellings.get(name) or state_by_name(name) for name in names}
        own = pl.col("subject_country").replace_strict(codes, default=None, return_dtype=pl.String)
    placed = rows.with_columns(pl.coalesce("target_code", own).alias("target_code"))
    nowhere = placed.filter(pl.col("target_code").is_null())
    if len(nowhere):
        row = nowhere.row(0, named=True)
        raise RetorsionError(
            f"{source_id}, row {row['row']}, number {row['list_number']}, column 'subject_country', value "
            f"{row['subject_country']!r}: is not the name of one state, and the programme "
            f"{row['programme']!r} has no target ({len(nowhere)} such rows). Give the programme a "
            "target, or add the name to states.csv"
        )
    return placed.with_columns(pl.coalesce("addressee_code", "target_code").alias("addressee_code"))


def _with_observation(rows: pl.DataFrame, observed: pl.DataFrame | None, vintage_date: date) -> pl.DataFrame:
    """``first_observed_date``, only where the list states no date, and ``absent_by_date``."""
    if observed is None:
        seen = rows.with_columns(
            pl.lit(vintage_date).alias("first_observed_date"),
            pl.lit(None, dtype=pl.Date).alias("absent_by_date"),
            pl.lit(None, dtype=pl.Date).alias("last_absent_date"),
        )
    else:
        key = ["list_number", "programme"]
        _check_columns(observed, (*key, "first_observed_date", "absent_by_date"), "observations")
        if "last_absent_date" not in observed.columns:
            observed = observed.with_columns(pl.lit(None, dtype=pl.Date).alias("last_absent_date"))
        dates = observed.select(*key, "first_observed_date", "absent_by_date", "last_absent_date")
        seen = rows.join(dates, on=key, how="left", maintain_order="left").with_columns(
            pl.col("first_observed_date").fill_null(vintage_date)
        )
    return seen.with_columns(
        pl.when(pl.col("announced_date").is_null())
        .then(pl.col("first_observed_date"))
        .alias("first_observed_date")
    )
