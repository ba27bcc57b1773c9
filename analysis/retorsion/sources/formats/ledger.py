"""Readers of the ledger: acts, what they cover, what they answer, and what sources say differently.

The ledger is a folder of CSV files, one for each of :data:`PARTS`. Each is read by itself, and rows that
break a rule of their file go to the quarantine; :func:`check_references` then sets the files side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.code_systems import HS_CHAPTER, HS_REVISIONS
from retorsion.sources.rows import Check, Rows, messages, sift
from retorsion.sources.states import iso_codes
from retorsion.sources.text.recorded import DATE_REMEDY, RecordedLayout, iso_date, month_date
from retorsion.sources.text.strict_csv import read_strict_csv

#: Files of the ledger, without their ending.
PARTS = ("acts", "products", "scope", "act_types", "replies", "totals", "disagreements")

DOMAINS = ("sanction", "trade_measure", "diplomatic_action", "context")

#: Groups of states that may act in a row of the domain ``context`` and nowhere else.
GROUPS = ("G7",)

COUNTS = ("n_individuals", "n_banks", "n_other_bodies")

_URL = r"https?://[\w-]+(?:\.[\w-]+)*\.?(?::[0-9]+)?(?:[/?#]\S*)?"
#: Columns that say when an act was, and how exactly that is known.
_WHEN = ("announced_date", "date_precision")
_CONFIDENCE = ("high", "medium", "low")


def _given(column: str) -> Check:
    return Check(column, pl.col(column).is_not_null(), "is missing", f"Fill in {column}.")


def _one_of(column: str, allowed: Collection[str]) -> Check:
    return Check(
        column, pl.col(column).is_in(allowed), "is unknown", f"Use one of: {', '.join(allowed)}.", allowed
    )


def _matches(column: str, pattern: str, what: str, *, optional: bool = False) -> Check:
    ok = pl.col(column).str.contains(f"^(?:{pattern})$")
    return Check(
        column, ok | pl.col(column).is_null() if optional else ok, f"is not {what}", f"Write {what}."
    )


def _unique(column: str, *others: str) -> Check:
    return Check(
        column,
        pl.struct(column, *others).is_first_distinct(),
        "is a duplicate of an earlier row",
        "Merge the two rows, or give this one an identifier of its own.",
    )


def _day(column: str) -> Check:
    ok = iso_date(column).is_not_null() | pl.col(column).is_null()
    return Check(column, ok, "is not a date", DATE_REMEDY)


def _day_or_month(column: str) -> Check:
    return Check(
        column,
        _first_day(column).is_not_null(),
        "is not a date",
        "Write it as YYYY-MM-DD, or YYYY-MM where only the month is known, and only dates that exist.",
    )


def _first_day(column: str) -> pl.Expr:
    return pl.coalesce(iso_date(column), month_date(column))


def _state(column: str) -> Check:
    return Check(
        column,
        pl.col(column).is_in(iso_codes()) | pl.col(column).is_null(),
        "is not a known state",
        "Use an ISO 3166-1 alpha-3 code.",
        iso_codes(),
    )


def _not_to_come(column: str) -> Check:
    """No act is recorded before its day; only the day it takes effect or ends may lie ahead."""
    day = _first_day(column)
    return Check(
        column,
        day.is_null() | (day <= date.today()),
        "is a day to come",
        "Correct the year, or record the announcement on its own day.",
    )


def _counts() -> tuple[Check, ...]:
    return tuple(
        _matches(column, "[0-9]{1,9}", "a whole number that is not negative", optional=True)
        for column in COUNTS
    )


def _urls() -> Check:
    return _matches(
        "source_urls",
        f"{_URL}(?: {_URL})*",
        "one or more addresses of pages, starting with https:// or http:// and parted by single blanks",
    )


def _url(*, optional: bool = False) -> Check:
    return _matches(
        "source_url", _URL, "the address of a page, starting with https:// or http://", optional=optional
    )


_ACTS = RecordedLayout(
    (
        "act_id",
        "announced_date",
        "effective_date",
        "ended_date",
        "actor_code",
        "target_codes",
        "addressee_code",
        "domain_type",
        "act_type",
        "phase_type",
        "formalises_act_id",
        *COUNTS,
        "flow_type",
        "hs_codes",
        "hs_revision",
        "product_scope",
        "threshold",
        "list_source",
        "summary",
        "confidence_type",
        "note",
        "source_urls",
    ),
    (
        _given("act_id"),
        _unique("act_id"),
        _day_or_month("announced_date"),
        _not_to_come("announced_date"),
        _day("effective_date"),
        _day("ended_date"),
        Check(
            "ended_date",
            pl.col("ended_date").is_null()
            | (
                iso_date("ended_date")
                >= pl.coalesce(iso_date("effective_date"), _first_day("announced_date"))
            ),
            "is before the act began",
            "Correct ended_date, effective_date or announced_date.",
        ),
        _one_of("domain_type", DOMAINS),
        Check(
            "actor_code",
            pl.col("actor_code").is_in(iso_codes())
            | (pl.col("actor_code").is_in(GROUPS) & (pl.col("domain_type") == "context")),
            "is not a known state",
            f"Use an ISO 3166-1 alpha-3 code; {', '.join(GROUPS)} only in the domain context.",
            iso_codes(),
        ),
        Check(
            "act_id",
            pl.col("act_id").str.starts_with(
                pl.concat_str([pl.col("actor_code").str.to_lowercase(), "announced_date"], separator="-")
                + "-"
            )
            & pl.col("act_id").str.contains("^[a-z0-9-]+$"),
            "does not name the actor and the date of its row",
            "Write it as actor-date-words, in small letters, digits and hyphens.",
        ),
        Check(
            "target_codes",
            pl.col("target_codes").str.split(";").list.eval(pl.element().is_in(iso_codes())).list.all(),
            "holds a code that is not a known state",
            "Use ISO 3166-1 alpha-3 codes, parted by semicolons.",
        ),
        _state("addressee_code"),
        Check(
            "target_codes",
            ~pl.col("target_codes").str.split(";").list.contains(pl.col("actor_code")),
            "names the actor itself",
            "Name the states that the act is aimed at; a state does not act towards itself.",
        ),
        Check(
            "addressee_code",
            (pl.col("addressee_code") != pl.col("actor_code")) | pl.col("addressee_code").is_null(),
            "is the actor itself",
            "Name the state whose conduct the act answers.",
        ),
        Check(
            "addressee_code",
            pl.col("addressee_code").is_not_null() | pl.col("target_codes").str.contains(";"),
            "is missing",
            "Name the state the act is aimed at; only an act with several targets may leave it empty.",
        ),
        _given("act_type"),
        _one_of("phase_type", ("announcement", "decision")),
        *_counts(),
        Check(
            "flow_type",
            pl.when(pl.col("domain_type") == "trade_measure")
            .then(pl.col("flow_type").is_in(("import", "export", "both")))
            .otherwise(pl.col("flow_type").is_null()),
            "does not fit the domain of its row",
            "Write import, export or both for a trade measure, as its actor sees it, and nothing otherwise.",
            ("import", "export", "both"),
        ),
        _matches(
            "hs_codes",
            f"{HS_CHAPTER}[0-9]{{2,8}}(?:;{HS_CHAPTER}[0-9]{{2,8}})*",
            "HS codes of four to ten digits, chapters 01 to 97, parted by semicolons",
            optional=True,
        ),
        _given("summary"),
        Check(
            "summary",
            pl.col("summary").str.len_chars() <= 200,
            "is longer than 200 characters",
            "Say it in one plain sentence and put the rest in note.",
        ),
        _one_of("confidence_type", _CONFIDENCE),
        _urls(),
    ),
    {column: lambda c: c.cast(pl.Int64) for column in COUNTS}
    | {column: lambda c: c.str.to_date("%Y-%m-%d") for column in ("effective_date", "ended_date")},
)

_PRODUCTS = RecordedLayout(
    ("act_id", "hs_codes", "hs_revision", "product_scope", "mapping_basis", "note"),
    (
        _given("act_id"),
        _matches(
            "hs_codes", f"{HS_CHAPTER}[0-9]{{2,8}}", "one HS code of four to ten digits, chapters 01 to 97"
        ),
        _unique("hs_codes", "act_id"),
        Check(
            "hs_revision",
            pl.col("hs_revision").is_null() | pl.col("hs_revision").is_in(HS_REVISIONS),
            "is not a revision of the Harmonized System",
            f"Use one of: {', '.join(HS_REVISIONS)}; or nothing, if the source states none.",
        ),
        _one_of("mapping_basis", ("source", "high_priority_list")),
    ),
)

_ACT_TYPES = RecordedLayout(
    (
        "act_type",
        "domain_type",
        "description",
        "is_verbal",
        "is_provocation",
        "rung",
        "cameo_code",
        "plover_category",
        "plover_mode",
        "basis_note",
    ),
    (
        _given("act_type"),
        _unique("act_type"),
        _one_of("domain_type", DOMAINS),
        _given("description"),
        _one_of("is_verbal", ("true", "false")),
        _one_of("is_provocation", ("true", "false")),
        _matches("rung", "[1-9]", "the number of a rung of the ladder, or nothing", optional=True),
        _matches("cameo_code", "[0-9]{2,4}", "a CAMEO code of two to four digits"),
        _given("plover_category"),
    ),
    {
        "is_verbal": lambda c: c == "true",
        "is_provocation": lambda c: c == "true",
        "rung": lambda c: c.cast(pl.Int64),
    },
)

_SCOPE = RecordedLayout(
    ("measure_id", "product_system", "product_level", "product_code", "note"),
    (
        _given("measure_id"),
        _given("product_system"),
        _given("product_level"),
        _given("product_code"),
        _unique("product_code", "measure_id", "product_system"),
    ),
)

_REPLIES = RecordedLayout(
    ("reply_act_id", "act_id", "order", "answers_type", "source_url", "note"),
    (
        _given("reply_act_id"),
        _given("act_id"),
        Check(
            "act_id",
            pl.col("act_id") != pl.col("reply_act_id"),
            "is the reply itself",
            "Name the act that is answered.",
        ),
        _unique("act_id", "reply_act_id"),
        _matches("order", "[1-9][0-9]?", "a whole number from 1"),
        _unique("order", "reply_act_id"),
        Check(
            "order",
            (pl.col("order") == "1").any().over("reply_act_id"),
            "belongs to a reply without a main act",
            "Give the main act that the reply answers the order 1.",
        ),
        _one_of("answers_type", ("act", "sanctions_in_general")),
        _url(),
        _given("note"),
    ),
    {"order": lambda c: c.cast(pl.Int64)},
)

_TOTALS = RecordedLayout(
    (
        "total_id",
        "as_of_date",
        "actor_code",
        "target_code",
        "total_type",
        "scope",
        *COUNTS,
        "covers",
        "source_urls",
        "confidence_type",
        "note",
    ),
    (
        _given("total_id"),
        _unique("total_id"),
        _day_or_month("as_of_date"),
        _given("actor_code"),
        _state("actor_code"),
        _given("target_code"),
        _state("target_code"),
        _one_of("total_type", ("cumulative", "package", "announcement")),
        _given("scope"),
        *_counts(),
        _urls(),
        _one_of("confidence_type", _CONFIDENCE),
    ),
    {column: lambda c: c.cast(pl.Int64) for column in COUNTS},
)

_DISAGREEMENTS = RecordedLayout(
    ("act_id", "field", "value", "source_url", "adopted", "explanation", "note"),
    (
        _given("act_id"),
        _one_of("field", ("announced_date", "effective_date", "ended_date", *COUNTS, "scope")),
        _given("value"),
        _url(optional=True),
        Check(
            "source_url",
            pl.col("source_url").is_not_null() | pl.col("note").is_not_null(),
            "is missing and so is the note",
            "Give the page, or name the outlet in note.",
        ),
        _one_of("adopted", ("true", "false")),
    ),
    {"adopted": lambda c: c == "true"},
)


#: Columns and rules of each file, in the order of :data:`PARTS`.
LAYOUTS = dict(
    zip(PARTS, (_ACTS, _PRODUCTS, _SCOPE, _ACT_TYPES, _REPLIES, _TOTALS, _DISAGREEMENTS), strict=True)
)


def read_acts(path: Path, *, source_id: str = "ledger") -> Rows:
    """Read ``acts.csv``: one act a row.

    Args:
        path: the file.
        source_id: id of the ledger.

    Returns:
        The columns of the file, with ``announced_date`` (the first of the month where only the month is
        known), ``effective_date`` and ``ended_date`` as dates and the counts as integers; then
        ``date_precision`` (``day`` or ``month``) and ``row``, the line of the file. In file order.

    Raises:
        SourceError: the file as a whole is not in its layout.
    """
    return _read(path, _ACTS, source_id, dated="announced_date")


def read_products(path: Path, *, source_id: str = "ledger") -> Rows:
    """Read ``products.csv``: one HS code of one act a row. Arguments and errors as :func:`read_acts`."""
    return _read(path, _PRODUCTS, source_id)


def read_scope(path: Path, *, source_id: str = "ledger") -> Rows:
    """Read ``scope.csv``: one group of goods that the words of a measure name. As :func:`read_acts`."""
    return _read(path, _SCOPE, source_id)


def read_act_types(path: Path, *, source_id: str = "ledger") -> Rows:
    """Read ``act_types.csv``: one type of act and its codes a row. As :func:`read_acts`."""
    return _read(path, _ACT_TYPES, source_id)


def read_replies(path: Path, *, source_id: str = "ledger") -> Rows:
    """Read ``replies.csv``: one stated answer a row, ``order`` an integer. As :func:`read_acts`."""
    return _read(path, _REPLIES, source_id)


def read_totals(path: Path, *, source_id: str = "ledger") -> Rows:
    """Read ``totals.csv``: one published sum a row.

    ``as_of_date`` is read like the date of an act, with ``date_precision``. As :func:`read_acts`.
    """
    return _read(path, _TOTALS, source_id, dated="as_of_date")


def read_disagreements(path: Path, *, source_id: str = "ledger") -> Rows:
    """Read ``disagreements.csv``: one version of a fact a row, ``adopted`` boolean. As :func:`read_acts`."""
    return _read(path, _DISAGREEMENTS, source_id)


def _read(path: Path, layout: RecordedLayout, source_id: str, *, dated: str | None = None) -> Rows:
    frame = read_strict_csv(path, layout.columns)
    rows = sift(frame, layout.checks, source_id=source_id, file=path.name, every_fault=True)
    typed = rows.accepted.with_columns(convert(pl.col(name)) for name, convert in layout.types.items())
    if dated is not None:
        is_day = pl.col(dated).str.len_chars() == len("YYYY-MM-DD")
        typed = typed.with_columns(
            _first_day(dated).alias(dated),
            pl.when(is_day).then(pl.lit("day")).otherwise(pl.lit("month")).alias("date_precision"),
        )
    return Rows(typed, rows.rejected).check(len(frame), path.name)


def check_references(
    *,
    acts: pl.DataFrame,
    products: pl.DataFrame,
    scope: pl.DataFrame,
    act_types: pl.DataFrame,
    replies: pl.DataFrame,
    totals: pl.DataFrame,
    disagreements: pl.DataFrame,
) -> None:
    """Assert that the files of the ledger fit together.

    Every act named anywhere is in ``acts``; its type is in the vocabulary, under the act's own domain;
    an act puts into force only an announcement of its own actor that is not later; products belong to trade
    measures; and no reply comes before what it answers, as far as the precision of the dates can tell.

    Args:
        acts: accepted rows of :func:`read_acts`.
        products: accepted rows of :func:`read_products`.
        scope: accepted rows of :func:`read_scope`.
        act_types: accepted rows of :func:`read_act_types`.
        replies: accepted rows of :func:`read_replies`.
        totals: accepted rows of :func:`read_totals`.
        disagreements: accepted rows of :func:`read_disagreements`.

    Raises:
        RetorsionError: names file, row, column and value of the first reference that fails, what to do, and
            how many more there are.
    """
    own_domain = act_types.select("act_type", pl.col("domain_type").alias("own_domain"))
    announced = acts.select(
        pl.col("act_id").alias("formalises_act_id"),
        *(pl.col(name).alias(f"first_{name}") for name in ("actor_code", "phase_type", *_WHEN)),
    )
    checked = acts.join(own_domain, on="act_type", how="left", maintain_order="left").join(
        announced, on="formalises_act_id", how="left", maintain_order="left"
    )
    links = replies.join(
        acts.select("act_id", *(pl.col(name).alias(f"first_{name}") for name in _WHEN)),
        on="act_id",
        how="left",
        maintain_order="left",
    ).join(
        acts.select(pl.col("act_id").alias("reply_act_id"), *_WHEN),
        on="reply_act_id",
        how="left",
        maintain_order="left",
    )
    alone = pl.col("formalises_act_id").is_null()
    failed = [
        *_failures(
            "acts.csv",
            checked,
            Check(
                "act_type",
                pl.col("own_domain").is_not_null(),
                "is unknown",
                "Add it to act_types.csv.",
                act_types["act_type"].to_list(),
            ),
            Check(
                "act_type",
                pl.col("own_domain") == pl.col("domain_type"),
                "is of another domain than the row",
                "Choose a type of the row's domain, or correct domain_type.",
            ),
            _known(acts, "formalises_act_id", optional=True),
            Check(
                "formalises_act_id",
                alone
                | (
                    (pl.col("first_actor_code") == pl.col("actor_code"))
                    & (pl.col("first_phase_type") == "announcement")
                    & _not_before()
                ),
                "is not an earlier announcement of the same actor",
                "Name the announcement that this act puts into force.",
            ),
        ),
        *_failures(
            "products.csv",
            products,
            _known(acts, "act_id"),
            Check(
                "act_id",
                pl.col("act_id").is_in(
                    acts.filter(pl.col("domain_type") == "trade_measure")["act_id"].implode()
                ),
                "is not a trade measure",
                "Products belong to trade measures only.",
            ),
        ),
        *_failures(
            "scope.csv",
            scope,
            Check(
                "measure_id",
                pl.col("measure_id").is_in(
                    acts.filter(pl.col("domain_type") == "trade_measure")["act_id"].implode()
                ),
                "is not a trade measure of acts.csv",
                "Correct the identifier, or add the act.",
            ),
        ),
        *_failures(
            "replies.csv",
            links,
            _known(acts, "reply_act_id"),
            _known(acts, "act_id"),
            Check(
                "reply_act_id",
                _not_before(),
                "comes before the act it is said to answer",
                "Correct one of the two dates, or remove the link.",
            ),
        ),
        *_failures("totals.csv", totals, _known(acts, "covers", optional=True, several=True)),
        *_failures("disagreements.csv", disagreements, _known(acts, "act_id")),
    ]
    if failed:
        more = f" ({len(failed) - 1} more)" if len(failed) > 1 else ""
        raise RetorsionError(f"{failed[0]}{more}")


def check_products(products: pl.DataFrame, nomenclature: pl.DataFrame, *, revision: str) -> None:
    """Assert that the codes of products are in the nomenclature of the trade data, where they can be.

    A code of another revision is left to its source; one without a revision has to be in the nomenclature,
    since it could meet no trade otherwise.

    Args:
        products: accepted rows of :func:`read_products`.
        nomenclature: ``hs6_code`` of every subheading.
        revision: revision of the nomenclature, such as HS1992.

    Raises:
        RetorsionError: names the first code that is in none, and how many more there are.
    """
    codes = nomenclature["hs6_code"]
    known = pl.concat([codes.str.head(n) for n in (4, 5, 6)]).unique().to_list()
    other = pl.col("hs_revision").is_not_null() & (pl.col("hs_revision") != revision)
    failed = list(
        _failures(
            "products.csv",
            products,
            Check(
                "hs_codes",
                other | pl.col("hs_codes").str.head(6).is_in(known),
                f"is not in the nomenclature of the trade data ({revision})",
                "Correct the code, or state its revision in hs_revision.",
            ),
        )
    )
    if failed:
        more = f" ({len(failed) - 1} more)" if len(failed) > 1 else ""
        raise RetorsionError(f"{failed[0]}{more}")


def _not_before() -> pl.Expr:
    """A row's date is not before ``first_announced_date``; by month where either is known to the month."""
    by_month = (pl.col("date_precision") == "month") | (pl.col("first_date_precision") == "month")
    date, first = pl.col("announced_date"), pl.col("first_announced_date")
    return (
        pl.when(by_month).then(date.dt.truncate("1mo") >= first.dt.truncate("1mo")).otherwise(date >= first)
    )


def _known(acts: pl.DataFrame, column: str, *, optional: bool = False, several: bool = False) -> Check:
    ids = acts["act_id"].to_list()
    ok = (
        pl.col(column).str.split(";").list.eval(pl.element().is_in(ids)).list.all()
        if several
        else pl.col(column).is_in(ids)
    )
    return Check(
        column,
        ok | pl.col(column).is_null() if optional else ok,
        "names an act that acts.csv does not have",
        "Correct the identifier, or add the act.",
        ids,
    )


def _failures(file: str, frame: pl.DataFrame, *checks: Check) -> Iterable[str]:
    return messages(sift(frame, checks, source_id="", file=file, every_fault=True).rejected)
