"""What kind of source each host is, and what the pages of a row are by their hosts."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from retorsion.sources.rows import Check, faults
from retorsion.sources.text.record_checks import fits, iso_state
from retorsion.sources.text.recorded import RecordedLayout, one_of, recorded_reader, unique

#: Kinds of sources, the one that bears most first.
SOURCE_TYPES = (
    "official",
    "agency",
    "newspaper",
    "trade_press",
    "law_firm",
    "think_tank",
    "state_media",
    "aggregator",
    "social",
    "spun",
    "forum",
    "pravda_network",
)

#: Kinds on which no act rests alone: reposted or machine-made text, message boards, a network of disinformation.
NEVER_ALONE = ("spun", "forum", "pravda_network")

LAYOUT = RecordedLayout(
    ("host", "source_type", "country_code", "note"),
    (
        fits("host", r"[\w-]+(?:\.[\w-]+)+", "the name of a host, such as example.org"),
        Check(
            "host",
            (pl.col("host") == pl.col("host").str.to_lowercase()) & ~pl.col("host").str.starts_with("www."),
            "is not written as hosts are compared",
            "Write it in small letters and without the leading www.",
        ),
        unique("host"),
        one_of("source_type", SOURCE_TYPES),
        iso_state("country_code"),
    ),
)

READERS = (recorded_reader("source_hosts", "record", "kinds of sources by host", LAYOUT, key=("host",)),)


def host_of(url: pl.Expr) -> pl.Expr:
    """The host of the address of a page: small letters, no final dot, no leading www."""
    host = url.str.extract(r"^https?://([^/?#:]+)", 1).str.to_lowercase()
    return host.str.strip_chars_end(".").str.strip_prefix("www.")


def kinds_of_pages(urls: str, hosts: pl.DataFrame) -> pl.Expr:
    """Kinds of the pages of each row, as a list in the order of the pages; null for a host that is not known.

    Args:
        urls: column of addresses parted by blanks.
        hosts: accepted rows of this layout.
    """
    known = dict(hosts.select("host", "source_type").iter_rows())
    kind = host_of(pl.element()).replace_strict(known, default=None, return_dtype=pl.String)
    return pl.col(urls).str.split(" ").list.eval(kind)


def host_faults(file: str, rows: pl.DataFrame, hosts: pl.DataFrame, *, column: str) -> Iterator[str]:
    """Say which pages are of hosts that the table of hosts lacks.

    Args:
        file: name to report.
        rows: accepted rows of the file, with ``row`` and addresses parted by blanks.
        hosts: accepted rows of this layout.
        column: of the addresses.

    Returns:
        One sentence for each host and row, with the nearest hosts.
    """
    each = (
        rows.select("row", pl.col(column).str.split(" "))
        .explode(column)
        .with_columns(host_of(pl.col(column)))
        .drop_nulls()
    )
    known = hosts["host"].to_list()
    yield from faults(
        file,
        each,
        Check(
            column,
            pl.col(column).is_in(known),
            "is a host that hosts.csv does not have",
            "Add the host and the kind of source it is to hosts.csv.",
            known,
        ),
    )


def alone_faults(file: str, acts: pl.DataFrame, hosts: pl.DataFrame) -> Iterator[str]:
    """Say which acts rest only on pages of kinds that bear nothing (:data:`NEVER_ALONE`). As :func:`host_faults`."""
    poor = pl.col("kinds").list.eval(pl.element().is_in(NEVER_ALONE)).list.all()
    yield from faults(
        file,
        acts.with_columns(kinds_of_pages("source_urls", hosts).alias("kinds")),
        Check(
            "source_urls",
            ~poor.fill_null(False),
            "rests on spun pages, forums or the Pravda network alone",
            "Give a page of another kind, or take the act out.",
        ),
    )
