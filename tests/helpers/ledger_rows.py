"""Rows of an invented ledger of France and Belgium, written to files and read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
from retorsion.errors import RetorsionError
from retorsion.sources.formats.ledger import LAYOUTS, PARTS, read_part
from retorsion.sources.formats.ledger_references import check_references
from retorsion.sources.rows import Rows, messages

Row = dict[str, str]

PAGE = "https://example.org/a"
ANNOUNCEMENT = {
    "act_id": "fra-2020-01-05-ban",
    "announced_date": "2020-01-05",
    "actor_code": "FRA",
    "target_codes": "BEL",
    "addressee_code": "BEL",
    "domain_type": "trade_measure",
    "act_type": "ban_announced",
    "phase_type": "announcement",
    "flow_type": "import",
    "summary": "France announces a ban.",
    "confidence_type": "high",
    "source_urls": PAGE,
}
BAN = ANNOUNCEMENT | {
    "act_id": "fra-2020-02-01-ban",
    "announced_date": "2020-02-01",
    "effective_date": "2020-02-10",
    "act_type": "ban",
    "phase_type": "decision",
    "formalises_act_id": "fra-2020-01-05-ban",
    "n_other_bodies": "3",
    "summary": "France bans, says the page.",
    "source_urls": f"{PAGE} http://example.org/b?c=1",
}
PROTEST = ANNOUNCEMENT | {
    "act_id": "bel-2020-02-protest",
    "announced_date": "2020-02",
    "actor_code": "BEL",
    "target_codes": "FRA",
    "addressee_code": "FRA",
    "domain_type": "diplomatic_action",
    "act_type": "protest",
    "phase_type": "decision",
    "flow_type": "",
    "summary": "Belgium protests.",
}
GOOD: dict[str, list[dict[str, str]]] = {
    "acts": [ANNOUNCEMENT, BAN, PROTEST],
    "products": [{"act_id": BAN["act_id"], "hs_codes": "4403", "mapping_basis": "source"}],
    "scope": [
        {
            "measure_id": BAN["act_id"],
            "product_system": "mof_goods",
            "product_level": "item",
            "product_code": "Wood",
        }
    ],
    "replies": [
        {
            "reply_act_id": PROTEST["act_id"],
            "act_id": BAN["act_id"],
            "order": "1",
            "answers_type": "act",
            "source_url": PAGE,
            "note": "Protest over the ban.",
        }
    ],
    "totals": [
        {
            "total_id": "fra-2020-02-01-total",
            "as_of_date": "2020-02-01",
            "actor_code": "FRA",
            "target_code": "BEL",
            "total_type": "package",
            "scope": "bodies",
            "n_other_bodies": "3",
            "covers": f"{ANNOUNCEMENT['act_id']};{BAN['act_id']}",
            "source_urls": PAGE,
            "confidence_type": "high",
        }
    ],
    "disagreements": [
        {
            "act_id": BAN["act_id"],
            "field": "n_other_bodies",
            "value": "4",
            "source_url": PAGE,
            "adopted": "false",
        }
    ],
    "coverage": [
        {
            "start_date": "2020-01-01",
            "end_date": "2020-12-31",
            "side_code": side,
            "kind_type": "deeds",
            "search_basis": "news pages",
        }
        for side in ("FRA", "BEL")
    ],
    "pages": [
        {"record_id": "fra-2020-01-05-ban", "url": PAGE, "sha256": "a" * 64, "page_date": "2020-01-06"},
        {"record_id": "fra-2020-02-01-total", "url": PAGE, "sha256": "a" * 64},
    ],
}

#: The vocabulary and the hosts that these rows need.
ACT_TYPES = pl.DataFrame(
    {
        "act_type": ["ban_announced", "ban", "protest"],
        "domain_type": ["trade_measure", "trade_measure", "diplomatic_action"],
    }
)
HOSTS = pl.DataFrame(
    {
        "host": ["example.org", "news.example.com", "spun.example", "board.example"],
        "source_type": ["official", "newspaper", "spun", "forum"],
    }
)


def filled(part: str, row: Mapping[str, str]) -> Row:
    """A row with what follows from its other cells, where it does not say so itself."""
    if part != "acts":
        return dict(row)
    is_month = len(row.get("announced_date", "")) == len("YYYY-MM")
    return {
        "package_id": row.get("act_id", ""),
        "announced_basis": "month" if is_month else "text",
        "aim_type": "many" if ";" in row.get("target_codes", "") else "this_state",
    } | dict(row)


def write(folder: Path, part: str, rows: Sequence[Mapping[str, str]]) -> Path:
    stream = io.StringIO()
    table = csv.DictWriter(stream, LAYOUTS[part].columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(filled(part, row) for row in rows)
    folder.mkdir(exist_ok=True)
    path = folder / f"{part}.csv"
    path.write_bytes(stream.getvalue().encode())
    return path


def read(folder: Path, part: str, rows: Sequence[Mapping[str, str]], *, source_id: str = "ledger_x") -> Rows:
    return read_part(write(folder, part, rows), part, source_id=source_id)


def changed(part: str, index: int = 0, **cells: str) -> list[Row]:
    """The good rows of a file with some cells of one of them changed."""
    rows = [dict(row) for row in GOOD[part]]
    rows[index] |= cells
    return rows


def assert_quarantined(
    folder: Path,
    part: str,
    rows: Sequence[Mapping[str, str]],
    line: int,
    column: str,
    value: str,
    *words: str,
) -> None:
    found = read(folder, part, rows)
    assert len(found.accepted) + len(found.rejected) == len(rows)
    assert found.rejected["row"].to_list() == [line]
    assert found.rejected["column"].to_list() == [column]
    (message,) = messages(found.rejected)
    shown = repr(value) if value else "None"
    for word in (f"ledger_x/{part}.csv", f"row {line}", repr(column), shown, *words):
        assert word in message, f"{word!r} is not in: {message}"


def accepted(
    folder: Path, *, source_id: str = "ledger_x", **parts: Sequence[Mapping[str, str]]
) -> dict[str, pl.DataFrame]:
    """Every file of a ledger as read; ``parts`` take the place of the good ones."""
    found = {part: read(folder, part, (GOOD | parts)[part], source_id=source_id) for part in PARTS}
    assert {part: messages(rows.rejected) for part, rows in found.items() if len(rows.rejected)} == {}
    return {part: rows.accepted for part, rows in found.items()}


def assert_unfit(folder: Path, *words: str, **parts: Sequence[Mapping[str, str]]) -> None:
    with pytest.raises(RetorsionError) as error:
        check_references(accepted(folder, **parts), ACT_TYPES, HOSTS)
    for word in words:
        assert word in str(error.value), f"{word!r} is not in: {error.value}"
