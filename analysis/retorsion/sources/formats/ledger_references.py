"""The files of all ledgers side by side: what one names, another has, and no identifier is used twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from retorsion.sources.formats.source_hosts import alone_faults, host_faults
from retorsion.sources.rows import Check, faults, raise_first

#: The day an act was done or, where no page tells, announced; and whether only the month of it is known.
_WHEN = (
    pl.coalesce("done_date", "announced_date").alias("day"),
    pl.when(pl.col("done_date").is_null())
    .then(pl.col("date_precision") == "month")
    .otherwise(pl.col("done_basis") == "month")
    .alias("is_month"),
)

#: What identifies a row, in the files whose rows are identified over all ledgers.
_IDENTIFIED = {"acts": "act_id", "totals": "total_id", "replies": "reply_act_id"}

#: The column of pages, of the files that have one.
_PAGES = {
    "acts": "source_urls",
    "replies": "source_url",
    "totals": "source_urls",
    "disagreements": "source_url",
    "pages": "url",
}


def check_references(parts: Mapping[str, pl.DataFrame], act_types: pl.DataFrame, hosts: pl.DataFrame) -> None:
    """Assert that the files of the ledgers fit together.

    No act and no total stands in two ledgers. Every act named anywhere is in ``acts``; its type is in the vocabulary,
    under the act's own domain; an act puts into force only an announcement of its own actor that is not later;
    products belong to trade measures; no reply comes before what it answers, as far as the precision of the dates can
    tell; a page that is kept by its hash is one of its act or total; the coverage of a ledger is about two sides. Every
    page is of a host whose kind is known, and no act rests on pages that bear nothing alone.

    Args:
        parts: accepted rows of all ledgers by file, as :func:`retorsion.sources.formats.ledger.read_part` gives them,
            with ``source_id``.
        act_types: accepted rows of the vocabulary.
        hosts: accepted rows of the table of hosts.

    Raises:
        RetorsionError: names file, row, column and value of the first reference that fails, what to do, and
            how many more there are.
    """
    said = list(_doubles(parts))
    for ledger in parts["acts"]["source_id"].unique().sort():
        own = {part: rows.filter(pl.col("source_id") == ledger) for part, rows in parts.items()}
        said += _act_faults(f"{ledger}/acts.csv", own["acts"], parts["acts"], act_types)
        said += _link_faults(ledger, own, parts["acts"])
        said += _coverage_faults(f"{ledger}/coverage.csv", own["coverage"])
        for part, column in _PAGES.items():
            said += host_faults(f"{ledger}/{part}.csv", own[part], hosts, column=column)
        said += alone_faults(f"{ledger}/acts.csv", own["acts"], hosts)
    raise_first(said)


def _doubles(parts: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    """Identifiers that two ledgers use; of the answers that an act gives, the main one."""
    for part, column in _IDENTIFIED.items():
        rows = parts[part]
        if part == "replies":
            rows = rows.filter(pl.col("order") == 1)
        again = rows.filter(~pl.col(column).is_first_distinct()).join(
            rows.unique(column, keep="first").select(
                column, pl.col("source_id").alias("first_id"), pl.col("row").alias("first_row")
            ),
            on=column,
            maintain_order="left",
        )
        for row in again.iter_rows(named=True):
            remedy = (
                "Keep all answers of one act in one ledger, one of them with the order 1."
                if part == "replies"
                else "Keep it in one ledger, or give this row an identifier of its own."
            )
            yield (
                f"{row['source_id']}/{part}.csv, row {row['row']}, column {column!r}, value {row[column]!r}: "
                f"stands in row {row['first_row']} of {row['first_id']}/{part}.csv too. "
                f"{remedy}"
            )


def _act_faults(file: str, acts: pl.DataFrame, every: pl.DataFrame, act_types: pl.DataFrame) -> Iterator[str]:
    own_domain = act_types.select("act_type", pl.col("domain_type").alias("own_domain"))
    announced = every.select(
        pl.col("act_id").alias("formalises_act_id"),
        *(pl.col(name).alias(f"first_{name}") for name in ("actor_code", "phase_type")),
        *_first_when(),
    ).unique("formalises_act_id", keep="first")
    checked = (
        acts.with_columns(_WHEN)
        .join(own_domain, on="act_type", how="left", maintain_order="left")
        .join(announced, on="formalises_act_id", how="left", maintain_order="left")
    )
    yield from faults(
        file,
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
        _known(every, "formalises_act_id", optional=True),
        Check(
            "formalises_act_id",
            pl.col("formalises_act_id").is_null()
            | (
                (pl.col("first_actor_code") == pl.col("actor_code"))
                & (pl.col("first_phase_type") == "announcement")
                & _not_before()
            ),
            "is not an earlier announcement of the same actor",
            "Name the announcement that this act puts into force.",
        ),
    )


def _link_faults(ledger: str, own: Mapping[str, pl.DataFrame], acts: pl.DataFrame) -> Iterator[str]:
    """Faults of the files that name acts."""
    measures = acts.filter(pl.col("domain_type") == "trade_measure")["act_id"].to_list()
    yield from faults(
        f"{ledger}/products.csv",
        own["products"],
        _known(acts, "act_id"),
        Check(
            "act_id",
            pl.col("act_id").is_in(measures),
            "is not a trade measure",
            "Products belong to trade measures only.",
        ),
    )
    yield from faults(
        f"{ledger}/scope.csv",
        own["scope"],
        Check(
            "measure_id",
            pl.col("measure_id").is_in(measures),
            "is not a trade measure of acts.csv",
            "Correct the identifier, or add the act.",
        ),
    )
    yield from faults(
        f"{ledger}/replies.csv",
        _with_days(own["replies"], acts),
        _known(acts, "reply_act_id"),
        _known(acts, "act_id"),
        Check(
            "reply_act_id",
            _not_before(),
            "comes before the act it is said to answer",
            "Correct one of the two dates, or remove the link.",
        ),
    )
    yield from faults(
        f"{ledger}/totals.csv", own["totals"], _known(acts, "covers", optional=True, several=True)
    )
    yield from faults(f"{ledger}/disagreements.csv", own["disagreements"], _known(acts, "act_id"))
    yield from _page_faults(f"{ledger}/pages.csv", own)


def _page_faults(file: str, own: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    """Pages kept by their hashes are pages of acts and totals of the same ledger."""
    cited = pl.concat(
        own[part].select(pl.col(_IDENTIFIED[part]).alias("record_id"), pl.col("source_urls").alias("cited"))
        for part in ("acts", "totals")
    ).unique("record_id", keep="first", maintain_order=True)
    yield from faults(
        file,
        own["pages"].join(cited, on="record_id", how="left", maintain_order="left"),
        Check(
            "record_id",
            pl.col("cited").is_not_null(),
            "names an act or total that the ledger does not have",
            "Correct the identifier, or add the act.",
            cited["record_id"].to_list(),
        ),
        Check(
            "url",
            pl.col("cited").str.split(" ").list.contains(pl.col("url")),
            "is not among the pages of its act or total",
            "Add it to source_urls there, or correct it.",
        ),
    )


def _with_days(replies: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    once = acts.unique("act_id", keep="first", maintain_order=True)
    return replies.join(
        once.select("act_id", *_first_when()),
        on="act_id",
        how="left",
        maintain_order="left",
    ).join(
        once.select(pl.col("act_id").alias("reply_act_id"), *_WHEN),
        on="reply_act_id",
        how="left",
        maintain_order="left",
    )


def _coverage_faults(file: str, coverage: pl.DataFrame) -> Iterator[str]:
    """A ledger is about two sides, so what was searched is too."""
    sides = coverage["side_code"].unique(maintain_order=True).to_list()
    yield from faults(
        file,
        coverage,
        Check(
            "side_code",
            pl.col("side_code").is_in(sides[:2]),
            "is a third side",
            f"Name one of the two sides of the ledger: {', '.join(sides[:2])}.",
            sides[:2],
        ),
    )


def check_products(products: pl.DataFrame, nomenclature: pl.DataFrame, *, revision: str) -> None:
    """Assert that the codes of products are in the nomenclature of the trade data, where they can be.

    A code of another revision is left to its source; one without a revision has to be in the nomenclature,
    since it could meet no trade otherwise.

    Args:
        products: accepted rows of ``products.csv`` of all ledgers, with ``source_id``.
        nomenclature: ``hs6_code`` of every subheading.
        revision: revision of the nomenclature, such as HS1992.

    Raises:
        RetorsionError: names the first code that is in none, and how many more there are.
    """
    codes = nomenclature["hs6_code"]
    known = pl.concat([codes.str.head(n) for n in (4, 5, 6)]).unique().to_list()
    other = pl.col("hs_revision").is_not_null() & (pl.col("hs_revision") != revision)
    raise_first(
        [
            said
            for (ledger,), own in products.group_by("source_id", maintain_order=True)
            for said in faults(
                f"{ledger}/products.csv",
                own,
                Check(
                    "hs_codes",
                    other | pl.col("hs_codes").str.head(6).is_in(known),
                    f"is not in the nomenclature of the trade data ({revision})",
                    "Correct the code, or state its revision in hs_revision.",
                ),
            )
        ]
    )


def _first_when() -> list[pl.Expr]:
    return [when.alias(f"first_{when.meta.output_name()}") for when in _WHEN]


def _not_before() -> pl.Expr:
    """A row's day is not before ``first_day``; by month where either is known to the month."""
    day, first = pl.col("day"), pl.col("first_day")
    return (
        pl.when(pl.col("is_month") | pl.col("first_is_month"))
        .then(day.dt.truncate("1mo") >= first.dt.truncate("1mo"))
        .otherwise(day >= first)
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
