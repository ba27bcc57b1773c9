"""Accepted candidates as rows of the files of a ledger, and these files with the rows in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from retorsion.news.decisions import decided, pair_of
from retorsion.sources.formats.ledger import LAYOUTS
from retorsion.sources.formats.ledger_acts import COUNTS
from retorsion.sources.formats.news_rejections import LAYOUT as REJECTIONS
from retorsion.sources.rows import ROW, faults

Row = dict[str, str]

_DAY = len("YYYY-MM-DD")

#: What the rows of a file are in the order of: the day, then the identifier. A file without any grows at its end.
_ORDER: Mapping[str, Callable[[Row], tuple[str, str]]] = {
    "acts": lambda row: (row["announced_date"].ljust(_DAY, "-"), row["act_id"]),
    "totals": lambda row: (row["as_of_date"].ljust(_DAY, "-"), row["total_id"]),
    "replies": lambda row: (row["reply_act_id"].partition("-")[2], row["reply_act_id"]),  # without the actor
}

#: Columns that acts.csv has under the same name.
_ACTS = LAYOUTS["acts"].columns


@dataclass
class Entries:
    """What decisions add to one ledger.

    Attributes:
        new: Rows by file of the ledger, each with ``row``, its line in the file of decisions.
        pages: Addresses that acts which the ledger has gain, by act.
    """

    new: dict[str, list[Row]] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=dict)

    def add(self, part: str, row: Row) -> None:
        """Add a row to a file, unless it is there: a page may tell one act in two places."""
        rows = self.new.setdefault(part, [])
        if row not in rows:
            rows.append(row)


def entries(
    rows: pl.DataFrame,
    domains: Mapping[str, str],
    ledger_of_pair: Mapping[frozenset[str], str],
    ledger_of_act: Mapping[str, str],
) -> dict[str, Entries]:
    """What decisions add to each ledger.

    Args:
        rows: Decisions without a fault.
        domains: Domain of each type of act.
        ledger_of_pair: Ledger by its two sides.
        ledger_of_act: Ledger by act.

    Returns:
        Entries by ledger. Rows of one act_id are one act told by several pages: the first that has a summary is the
        row, the others give their pages.
    """
    found: dict[str, Entries] = {}
    told: dict[str, list[Row]] = {}
    for row in _filled(decided(rows, "accept")):
        told.setdefault(row["act_id"], []).append(row)
    for act_id, pages in told.items():
        main = next(row for row in pages if row["summary"])
        into = found.setdefault(ledger_of_pair[frozenset(pair_of(main))], Entries())
        urls = list(dict.fromkeys([main["url"], *(row["url"] for row in pages)]))
        is_act = main["kind"] == "act"
        into.add("acts" if is_act else "totals", (_act(main, domains) if is_act else _total(main)) | {
            "source_urls": " ".join(urls)
        })  # fmt: skip
        if main["reply_to"] and is_act:
            into.add("replies", _reply(main))
        for page in pages:
            into.add("pages", _page(page, act_id))
    for row in _filled(decided(rows, "known")):
        act_id = row["doubles"].split(";")[0]
        into = found.setdefault(ledger_of_act[act_id], Entries())
        into.pages.setdefault(act_id, []).append(row["url"])
        into.add("pages", _page(row, act_id))
    return found


def rejections(rows: pl.DataFrame, before: Sequence[Row]) -> list[Row]:
    """Readings that a person rejected and that are not kept yet, with no word of the page."""
    kept = [{name: row[name] for name in REJECTIONS.columns} for row in before]
    new = []
    for row in _filled(decided(rows, "reject")):
        one = {
            "page_sha256": row["page_sha256"],
            "url": row["url"],
            "frame": row["frame"],
            "start": row["start"],
            "end": row["end"],
            "actor_code": row["actor_code"],
            "target_code": row["target_codes"].split(";")[0],
            "act_type": row["act_type"],
            "act_date": row["announced_date"] if len(row["announced_date"]) == _DAY else "",
        }
        if one not in kept and one not in new:
            new.append(one)
    return new


def without_known(decisions: pl.DataFrame, pages: pl.DataFrame) -> pl.DataFrame:
    """Decisions but those that were taken before: the ledger keeps their page for their act already.

    Args:
        decisions: rows of a file of decisions.
        pages: ``pages`` of the ledgers.
    """
    taken = pages.select(pl.col("record_id"), pl.col("sha256").alias("page_sha256"))
    record = (
        pl.when(pl.col("decision") == "known")
        .then(pl.col("doubles").str.split(";").list.first())
        .otherwise("act_id")
    )
    return (
        decisions.with_columns(record.alias("record_id"))
        .join(taken, on=["record_id", "page_sha256"], how="anti", maintain_order="left")
        .drop("record_id")
    )


def layout_faults(new: Mapping[str, list[Row]], before: pl.DataFrame, *, file: str) -> list[str]:
    """What the rules of the ledger's own files say of new acts and totals, by their rows in the file of decisions.

    Args:
        new: Rows by file of a ledger.
        before: Rows of acts.csv of that ledger, as text.
        file: name to report.
    """
    said: list[str] = []
    for part in ("acts", "totals"):
        layout = LAYOUTS[part]
        rows = [
            {ROW: int(row[ROW]), **{name: row[name] or None for name in layout.columns}}
            for row in new.get(part, [])
        ]
        frame = pl.DataFrame(rows, schema={ROW: pl.Int64} | dict.fromkeys(layout.columns, pl.String))
        if part == "acts":  # identifiers and packages of the rows that are there count too
            there = before.with_columns(pl.lit(0, dtype=pl.Int64).alias(ROW)).select(frame.columns)
            frame = pl.concat([there, frame])
        said += [one for one in faults(file, frame, *layout.checks) if f"{file}, row 0," not in one]
    return said


def with_entries(part: str, before: Sequence[Row], added: Entries) -> list[Row]:
    """The rows of a file of a ledger with new ones among them, each where the order of the file has it."""
    rows = [dict(row) for row in before]
    if part == "acts":
        for row in rows:
            urls = row["source_urls"].split(" ")
            row["source_urls"] = " ".join(dict.fromkeys([*urls, *added.pages.get(row["act_id"], [])]))
    for row in added.new.get(part, []):
        rows.insert(_place(part, rows, row), {name: row[name] for name in LAYOUTS[part].columns})
    return rows


def _place(part: str, rows: Sequence[Row], new: Row) -> int:
    """Where a row leaves the fewest rows of the file out of order."""
    if part not in _ORDER:
        return len(rows)
    key = _ORDER[part]
    later = [key(row) > key(new) for row in rows]
    best, fewest, misplaced = 0, 0, 0
    for at, is_later in enumerate(later, start=1):
        misplaced += 1 if is_later else -1
        if misplaced <= fewest:
            best, fewest = at, misplaced
    return best


def _filled(rows: pl.DataFrame) -> Iterator[Row]:
    """Rows with empty text where a cell is empty, and the line of the file as text."""
    for row in rows.iter_rows(named=True):
        yield {name: "" if value is None else str(value) for name, value in row.items()}


def _act(row: Row, domains: Mapping[str, str]) -> Row:
    several = ";" in row["target_codes"]
    return {name: row.get(name, "") for name in _ACTS} | {
        ROW: row[ROW],
        "package_id": row["package_id"] or row["act_id"],
        "addressee_code": row["addressee_code"] or ("" if several else row["target_codes"]),
        "aim_type": "many" if several else "this_state",
        "domain_type": domains[row["act_type"]],
    }


def _total(row: Row) -> Row:
    return {
        ROW: row[ROW],
        "total_id": row["act_id"],
        "as_of_date": row["announced_date"],
        "actor_code": row["actor_code"],
        "target_code": row["target_codes"].split(";")[0],
        "total_type": row["total_type"],
        "scope": row["summary"],
        **{name: row[name] for name in COUNTS},
        "covers": "",
        "confidence_type": row["confidence_type"],
        "note": row["note"],
    }


def _reply(row: Row) -> Row:
    return {
        "reply_act_id": row["act_id"],
        "act_id": row["reply_to"],
        "order": "1",
        "answers_type": "act",
        "source_url": row["url"],
        "note": row["reply_note"],
    }


def _page(row: Row, record_id: str) -> Row:
    return {
        "record_id": record_id,
        "url": row["url"],
        "sha256": row["page_sha256"],
        "page_date": row["page_date"],
    }
