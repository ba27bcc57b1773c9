"""Published lists as rows of ``sanctions`` and ``trade_measures``.

The readers of lists all give subjects in the same columns, so that one function turns any of them into
designations. Which state a programme targets, and which instrument a type of intervention is, no list says in
the project's words: both are tables that the caller gives, and what they do not name is never guessed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.rows import Check, Rows, sift
from retorsion.sources.states import aliases, ftm_state, names_in, no_states, state_of_text, state_of_words
from retorsion.tables.fields import conform
from retorsion.tables.options import CaseOptions, ListOptions, MeasureOptions, Others

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
    options: ListOptions,
    *,
    source_id: str,
    source_url: str,
    vintage_date: date,
    observed: pl.DataFrame | None = None,
) -> Rows:
    """Designations of a list, one row for each subject and programme.

    Args:
        subjects: accepted rows of a reader of a list, or :func:`by_programme` of them; with
            :func:`with_absent`, those that are gone are kept.
        programmes: ``programme``, ``target_code``, ``addressee_code`` (:data:`PROGRAMME_COLUMNS`), and
            ``subject_type`` where the programme says of which kind its subjects are.
        options: whose list it is and what being listed means.
        source_id: id of the list.
        source_url: page of the list.
        vintage_date: date of the vintage that was read, for subjects without a date of their own; entries that
            a gap in the numbering proves were absent by then.
        observed: :func:`observed_dates`, by ``list_number`` and ``programme``: a subject that is listed already
            comes under a further programme later.

    Returns:
        Accepted: columns of ``sanctions`` and ``count_type``, the count of an act that the subject belongs to. A
        list's own date stands in ``announced_date``; without one it is null, and ``first_observed_date`` says
        when the subject was first seen. ``date_precision`` is then ``observed`` if an earlier vintage lacks the
        subject, and null if it is not known since when it is listed. Rejected: subjects whose kind the list
        leaves open, and those that are not of one known state under a programme without a target.

    Raises:
        RetorsionError: a programme that is not known, a number listed twice under a programme, or a table
            without its columns.
    """
    _check_columns(programmes, PROGRAMME_COLUMNS, "programmes")
    if programmes["programme"].is_duplicated().any():
        raise RetorsionError(
            f"{source_id}: a programme is named twice in the table of programmes. Keep one row"
        )
    if "subject_type" in programmes.columns:
        subjects = subjects.drop("subject_type")
    programmes = programmes.drop("row", strict=False)
    rows = _known(by_programme(subjects), programmes, "programme", source_id, options.others)
    rows = rows.with_columns(pl.col("subject_type").fill_null(pl.lit(options.undetermined_type)))
    rows = _with_target(_filled(rows), options.country_system)
    sifted = sift(rows, _SUBJECT_CHECKS, source_id=source_id, file="programmes.csv")
    rows = _with_observation(sifted.accepted, observed, vintage_date)
    double = rows.filter(pl.struct("list_number", "programme").is_duplicated())
    if len(double):
        raise RetorsionError(
            f"{source_id}: number {double['list_number'][0]!r} stands twice under the programme "
            f"{double['programme'][0]!r}. Compare the rows {double['row'].head(2).to_list()} with the list"
        )
    return Rows(_designated(rows, options, source_id, source_url), sifted.rejected)


def _designated(rows: pl.DataFrame, options: ListOptions, source_id: str, source_url: str) -> pl.DataFrame:
    announced, source = pl.col("announced_date"), pl.lit(source_id)
    addressee = pl.col("addressee_code").str.to_lowercase()
    act = pl.coalesce(
        pl.format("{}-{}-{}", source, announced, addressee),
        pl.format("{}-by-{}-{}", source, pl.col("first_observed_date"), addressee),
        pl.format("{}-before-{}-{}", source, pl.col("ended_date"), addressee),
    )
    is_news = pl.col("last_absent_date").is_not_null() & pl.col("first_observed_date").is_not_null()
    return rows.select(
        pl.concat_str(source, "designation_number", separator=":").alias("sanction_id"),
        act.alias("act_id"),
        pl.lit(options.sender_code).alias("sender_code"),
        "target_code",
        pl.coalesce("addressee_code", "target_code").alias("addressee_code"),
        pl.concat_str(source, "programme", separator=":").alias("programme_code"),
        pl.lit(options.instrument_type).alias("instrument_type"),
        "subject_type",
        "subject_name",
        "subject_country",
        "list_number",
        "announced_date",
        pl.when(announced.is_not_null()).then("date_precision").when(is_news).then(pl.lit("observed"))
        .alias("date_precision"),
        "effective_date",
        pl.col("ended_date").alias("revoked_date"),
        "absent_by_date",
        "first_observed_date",
        pl.lit(1, dtype=pl.Int64).alias("n_subjects"),
        "basis_type",
        source.alias("source_id"),
        pl.col("row").alias("source_row"),
        pl.lit(source_url).alias("source_urls"),
        pl.col("subject_type").replace_strict(_COUNT_OF_KIND, default=None, return_dtype=pl.String)
        .alias("count_type"),
    )  # fmt: skip


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns that some lists state and for others are the same for every subject."""
    usual = {
        "designation_number": pl.concat_str("list_number", "programme", separator=":"),
        "basis_type": pl.lit("listed"),
        "date_precision": pl.lit("day"),
        "ended_date": pl.lit(None, dtype=pl.Date),
    }
    return rows.with_columns(value.alias(name) for name, value in usual.items() if name not in rows.columns)


def by_programme(subjects: pl.DataFrame) -> pl.DataFrame:
    """Subjects of a list, one row for each programme they stand under.

    Args:
        subjects: accepted rows of a reader of a list.

    Returns:
        The same columns with ``programme`` in place of ``programmes``; unchanged if they have it already. Where
        the list dates each programme of a subject (``programme_dates``), ``announced_date`` is the programme's.
    """
    if "programme" in subjects.columns:
        return subjects
    if "programme_dates" not in subjects.columns:
        return subjects.explode("programmes").rename({"programmes": "programme"})
    return (
        subjects.drop("announced_date")
        .explode("programmes", "programme_dates")
        .rename({"programmes": "programme", "programme_dates": "announced_date"})
    )


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
    options: MeasureOptions,
    *,
    source_id: str,
) -> pl.DataFrame:
    """Interventions of Global Trade Alert as trade measures, one row for each imposer and affected state.

    Args:
        interventions: accepted rows of :func:`retorsion.sources.formats.gta.read_gta`.
        instruments: ``intervention_type``, ``instrument_type``, ``flow_type`` (:data:`INSTRUMENT_COLUMNS`).
        options: whether inferred states count as targets, and what to do with unknown types. Inferred states
            are no targets of an act in the sense of the ledger.
        source_id: id of the source.

    Returns:
        Table ``trade_measures``. An effective or ended date that may stand for a year alone is null. An
        intervention without an effective date is an announcement. Those without an affected state are no
        act towards anyone and are left out.

    Raises:
        RetorsionError: a type that is not known; or inferred states are to be left out and the file does
            not say which they are.
    """
    _check_columns(instruments, INSTRUMENT_COLUMNS, "instruments")
    rows = _known(interventions, instruments, "intervention_type", source_id, options.others)
    if not options.with_inferred:
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
            pl.concat_str(pl.lit(source_id), "state_act_id", separator=":").alias("package_id"),
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
            *(pl.lit(None).alias(name) for name in ("n_subjects", "value_usd", "tariff_rate_pct", "n_tariff_lines")),
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
    options: CaseOptions,
    *,
    source_id: str,
    source_url: str,
) -> pl.DataFrame:
    """Cases of the Global Sanctions Data Base, one row for each sender, target and instrument.

    Args:
        rows: accepted rows of :func:`retorsion.sources.formats.gsdb.read_gsdb`.
        instruments: ``instrument``, ``instrument_type`` (:data:`CASE_COLUMNS`).
        options: what to do with instruments that ``instruments`` does not name.
        source_id: id of the source.
        source_url: page of the source.

    Returns:
        Columns of ``sanctions``. Only years are known: ``announced_date`` is 1 January of the first with the
        precision year, and ``absent_by_date`` 1 January after the last; both bound the days that the source
        does not state. A case names no subjects, so that each row is a whole ``sector``. Senders and targets
        may be groups of states, which are codes of their own and never split into members.

    Raises:
        RetorsionError: an instrument that is not known, or a table without its columns.
    """
    _check_columns(instruments, CASE_COLUMNS, "instruments")
    used = rows.explode("instruments").rename({"instruments": "instrument"})
    known = _known(used.drop_nulls("instrument"), instruments, "instrument", source_id, options.others)
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


def _known(rows: pl.DataFrame, table: pl.DataFrame, key: str, source_id: str, others: Others) -> pl.DataFrame:
    """Rows whose ``key`` the table names, with the table's columns."""
    unknown = rows.join(table, on=key, how="anti", nulls_equal=True)[key].unique().sort()
    if len(unknown) and others == "refuse":
        raise RetorsionError(
            f"{source_id}, column {key!r}, values {unknown.to_list()[:20]}: not in the table that maps them. "
            "Add a row for each, or say that others are to be left out"
        )
    return rows.join(table, on=key, maintain_order="left")


#: What a subject needs to become a designation; one that lacks it is set aside, and the others are kept.
_SUBJECT_CHECKS = (
    Check(
        "subject_type",
        pl.col("subject_type").is_not_null(),
        "is left open by the list",
        "Say in params.yaml, as undetermined_type, which kind such subjects count as.",
    ),
    Check(
        "subject_country",
        pl.col("target_code").is_not_null(),
        "is not the name of one known state, and the programme has no target",
        "Give the programme a target in programmes.csv, or add the name to states.csv.",
    ),
)


def _with_target(rows: pl.DataFrame, country_system: str | None) -> pl.DataFrame:
    """``target_code`` and ``addressee_code``: the programme's, or else the subject's one own state."""
    own = own_states(rows, country_system)
    return rows.with_columns(pl.coalesce("target_code", own).alias("target_code")).with_columns(
        pl.coalesce("addressee_code", "target_code").alias("addressee_code")
    )


def own_states(subjects: pl.DataFrame, country_system: str | None = None) -> pl.Series:
    """Code of the one state that each subject is of; null where it is of none, of several or of an unknown one."""
    if "country_codes" in subjects.columns:
        only = pl.col("country_codes").list.drop_nulls().list.unique()
        return subjects.select(pl.when(only.list.len() == 1).then(only.list.first())).to_series()
    spellings = aliases(country_system) if country_system else {}
    names = subjects["subject_country"].drop_nulls().unique()
    codes = {name: spellings.get(name) or state_of_text(name) for name in names}
    return subjects["subject_country"].replace_strict(codes, default=None, return_dtype=pl.String)


def unknown_countries(subjects: pl.DataFrame) -> dict[str, int]:
    """Names of countries that no table of states knows, and how many subjects have each."""
    if "country_codes" in subjects.columns:
        open_ = subjects.filter(pl.col("country_codes").is_null() | pl.col("country_codes").list.len().eq(0))
    else:
        open_ = subjects
    cells = open_["subject_country"].drop_nulls().value_counts()
    counts: Counter[str] = Counter()
    for cell, n in cells.iter_rows():
        counts.update({name: n for name in names_in(cell) if not _is_known(name)})
    return dict(counts)


def _is_known(name: str) -> bool:
    """Whether a name or code is of a state, or of something that is known to be none."""
    return state_of_words(name) is not None or ftm_state(name) is not None or name in no_states()


def _with_observation(rows: pl.DataFrame, observed: pl.DataFrame | None, vintage_date: date) -> pl.DataFrame:
    """``first_observed_date``, only where the list states no date, and ``absent_by_date``."""
    if observed is None:
        seen = rows.with_columns(
            pl.lit(vintage_date).alias("first_observed_date"),
            pl.when(pl.col("basis_type") == "inferred").then(pl.lit(vintage_date)).alias("absent_by_date"),
            pl.lit(None, dtype=pl.Date).alias("last_absent_date"),
        )
    else:
        key = ["list_number", "programme"]
        dates = observed.select(*key, "first_observed_date", "absent_by_date", "last_absent_date")
        seen = rows.join(dates, on=key, how="left", maintain_order="left").with_columns(
            pl.col("first_observed_date").fill_null(vintage_date)
        )
    return seen.with_columns(
        pl.when(pl.col("announced_date").is_null() & pl.col("ended_date").is_null())
        .then(pl.col("first_observed_date"))
        .alias("first_observed_date")
    )
