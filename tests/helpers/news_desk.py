"""Invented candidates of France and Belgium, and what the ledgers know of the two."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from retorsion.news.candidate import Candidate
from retorsion.news.matching import known_acts
from retorsion.news.rows import Looked

_TYPES = [
    ("import_ban", "trade_measure", "Imports of named goods are barred.", 5, False),
    ("export_ban_goods", "trade_measure", "Exports of named goods are barred.", 5, False),
    ("asset_freeze", "sanction", "Funds of listed persons are blocked.", 4, False),
    ("protest", "diplomatic_action", "An official protest is delivered.", 1, False),
    ("summons", "diplomatic_action", "An envoy is called in to hear a complaint.", 1, False),
    ("expulsion", "diplomatic_action", "Diplomats are ordered to leave.", 3, False),
    ("military_activity", "context", "Drills or firing exercises.", None, True),
]
#: The vocabulary, as far as matching looks at it.
TYPES = pl.DataFrame(
    _TYPES, schema=["act_type", "domain_type", "description", "rung", "is_provocation"], orient="row"
)

BAN: dict[str, Any] = {
    "act_id": "fra-2020-02-01-ban",
    "actor_code": "FRA",
    "target_codes": "BEL",
    "addressee_code": "BEL",
    "act_type": "import_ban",
    "done_date": None,
    "announced_date": date(2020, 2, 1),
    "date_precision": "day",
    "summary": "France bars Belgian waffles.",
    "source_urls": "https://example.org/a",
}
_ACTS = [
    BAN,
    BAN | {"act_id": "fra-2020-02-05-ban", "announced_date": date(2020, 2, 5)},
    BAN | {"act_id": "fra-2020-07-ban", "announced_date": date(2020, 7, 1), "date_precision": "month"},
    BAN
    | {
        "act_id": "bel-2020-03-06-protest",
        "actor_code": "BEL",
        "target_codes": "FRA",
        "addressee_code": "FRA",
        "act_type": "protest",
        "announced_date": date(2020, 3, 6),
        "done_date": date(2020, 3, 2),
    },
]
KNOWN = known_acts(pl.DataFrame(_ACTS, schema_overrides={"done_date": pl.Date}))

#: What proposals are looked up in.
LOOKED = Looked(
    host_types={"example.org": "newspaper", "gov.example": "official"},
    flow_types={"import_ban": "import"},
    act_ids=frozenset(act.act_id for act in KNOWN),
    rejected=frozenset(),
)

_CANDIDATE: dict[str, Any] = {
    "page": "a.txt",
    "page_sha256": "a" * 64,
    "url": "https://example.org/news/a",
    "page_date": date(2021, 1, 5),
    "page_date_basis": "header",
    "kind": "act",
    "date": date(2021, 1, 4),
    "date_basis": "weekday",
    "actor_code": "FRA",
    "target_code": "BEL",
    "act_type": "import_ban",
    "phase_type": "decision",
    "n_individuals": None,
    "n_banks": None,
    "n_other_bodies": None,
    "reply_words": "",
    "reply_to": "",
    "doubles": "",
    "start": 10,
    "end": 60,
    "evidence": "Paris on Monday barred imports of Belgian waffles.",
    "trigger": "barred",
    "frame": "bar_imports",
    "confidence": 0.9,
}


def candidate(**fields: Any) -> Candidate:
    """An invented candidate: France bars Belgian waffles."""
    return Candidate(**_CANDIDATE | fields)
