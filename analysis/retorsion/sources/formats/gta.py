"""Global Trade Alert: interventions, as the API's JSON in versions 1 and 2 and as flattened CSV.

The JSON is the API's answer (``count``, ``next``, ``previous``, ``results``) or a list of its results. Sectors and
products are numbers or objects, depending on version and access; products may have days of their own. Of the
affected states the API says in one word how they came in: ``Targeted`` and ``Excluded`` (none is inferred),
``Inferred`` (all are), ``Included`` (some are, and it does not say which). The CSV has codes of states, products
and sectors parted by ``;``. Both are UTF-8 without a byte-order mark. Three traps of the source stay visible and
are never repaired: an intervention known only by its year starts on 31 December or ends on 1 January; publication
lags behind announcement; and the affected states are mostly inferred from trade, not named by the imposer. The
tariff levels before and after, whose zeros are often artefacts, are not read.

Layout: Global Trade Alert, API documentation, data endpoints V1 and V2 (OpenAPI description, 2025).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.code_systems import m49_states
from retorsion.sources.limits import limit
from retorsion.sources.readers import Beginning, Head, Reader, header, starts
from retorsion.sources.rows import QUARANTINE_SCHEMA, ROW, Check, Rows, empty_quarantine, is_first
from retorsion.sources.states import UNKNOWN_STATE, aliases, iso_codes
from retorsion.sources.text.archives import unpacked
from retorsion.sources.text.json_text import read_json
from retorsion.sources.text.published import (
    N_ROWS,
    QuotedLayout,
    day,
    empty_or,
    one_of,
    read_layout,
    required,
    tested,
    whole_number,
)
from retorsion.sources.text.words import Meanings, as_text

EVALUATIONS = ("Red", "Amber", "Green")

_COLUMNS = (
    "intervention_id",
    "state_act_id",
    "state_act_title",
    "implementing_iso",
    "affected_isos",
    "gta_evaluation",
    "intervention_type",
    "mast_chapter",
    "date_announced",
    "date_published",
    "date_implemented",
    "date_removed",
    "is_in_force",
    "implementation_level",
    "eligible_firm",
    "product_hs6",
    "n_products",
    "sectors",
    "is_official_source",
    "source",
    "intervention_url",
)

_LAYOUT = QuotedLayout(
    publisher="Global Trade Alert",
    columns=_COLUMNS,
    words=(
        "implementing_iso",
        "affected_isos",
        "gta_evaluation",
        "date_announced",
        "date_published",
        "date_implemented",
        "date_removed",
        "is_in_force",
        "product_hs6",
        "n_products",
        "sectors",
        "is_official_source",
    ),
)

#: Fields of an intervention in JSON; those that are not always given are optional.
_REQUIRED = frozenset(
    {
        "intervention_id",
        "state_act_id",
        "state_act_title",
        "gta_evaluation",
        "implementing_jurisdictions",
        "affected_jurisdictions",
        "intervention_type",
        "mast_chapter",
        "affected_sectors",
        "affected_products",
        "date_announced",
        "date_implemented",
        "date_removed",
        "is_in_force",
    }
)
_OPTIONAL = frozenset(
    {
        "intervention_description",
        "intervention_url",
        "state_act_url",
        "state_act_source",
        "is_official_source",
        "implementing_jurisdiction_groups",
        "inferred_jurisdictions",
        "implementation_level",
        "eligible_firm",
        "mast_subchapter",
        "date_published",
        "last_updated",
    }
)

_INFERRED, _FROM, _TO = "inferred_isos", "product_from", "product_to"
#: What only the JSON says, as text.
_OF_JSON = (_INFERRED, _FROM, _TO)
#: Whether the affected states are inferred; null where only some are.
_ARE_INFERRED = {"Targeted": False, "Excluded": False, "Inferred": True, "Included": None}
_FLAGS = {"0": False, "1": True, "False": False, "True": True}


def _date_check(column: str) -> Check:
    return empty_or(
        Check(
            column,
            day(column, "%Y-%m-%d", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$").is_not_null(),
            "is not a date",
            "Dates are written 2022-02-24.",
        )
    )


def _states_check(column: str) -> Check:
    one = "|".join(sorted({*iso_codes(), *aliases("gta").values(), *aliases("any").values()}))
    return Check(
        column,
        pl.col(column).str.contains(rf"^(({one})(;({one}))*)?$"),
        f"{UNKNOWN_STATE}, or holds one that is not",
        "Add it to states.csv under the system 'gta', with the reason.",
    )


def _codes_check(column: str, digits: int) -> Check:
    return empty_or(
        Check(
            column,
            pl.col(column).str.contains(rf"^[0-9]{{1,{digits}}}(;[0-9]{{1,{digits}}})*$"),
            f"is not a list of codes of at most {digits} digits",
            "Compare the intervention's page.",
        )
    )


def _days_check(column: str) -> Check:
    days = (
        pl.col(column)
        .str.split(";")
        .list.eval((pl.element() == "") | pl.element().str.to_date("%Y-%m-%d", strict=False).is_not_null())
    )
    return empty_or(
        Check(column, days.list.all(), "holds a day that is no date", "Dates are written 2022-02-24.")
    )


def _checks() -> tuple[Check, ...]:
    return (
        Check(
            "intervention_id",
            whole_number("intervention_id", 9),
            "is not the number of an intervention",
            "Take the file as Global Trade Alert gives it.",
        ),
        Check(
            "intervention_id",
            is_first("intervention_id"),
            "is the number of an earlier intervention",
            "Pages of the API overlap when the data change between two requests: fetch all of them again.",
        ),
        required("state_act_id"),
        required("state_act_title"),
        required("implementing_iso"),
        _states_check("implementing_iso"),
        empty_or(_states_check("affected_isos")),
        empty_or(_states_check(_INFERRED)),
        one_of("gta_evaluation", EVALUATIONS),
        required("intervention_type"),
        required("date_announced"),
        _date_check("date_announced"),
        _date_check("date_published"),
        _date_check("date_implemented"),
        _date_check("date_removed"),
        one_of("is_in_force", list(_FLAGS)),
        empty_or(one_of("is_official_source", list(_FLAGS))),
        *(_days_check(column) for column in (_FROM, _TO)),
        _codes_check("product_hs6", 6),
        _codes_check("sectors", 3),
        Check(
            "n_products",
            pl.col("n_products").cast(pl.Int64, strict=False)
            == pl.col("product_hs6").str.split(";").list.len().fill_null(0),
            "is not the number of products in the row",
            "The list of products was cut short: take the whole file.",
        ),
    )


def read_gta(path: Path, *, source_id: str) -> Rows:
    """Read interventions, from JSON or flattened CSV.

    Args:
        path: the file, packed or not.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each intervention in file order: ``row`` (line of the CSV, position in the
        JSON), ``n_rows`` (1), ``intervention_id``, ``state_act_id``, ``title``, ``imposer_codes``,
        ``affected_codes`` (lists of alpha-3 codes, in file order), ``inferred_codes`` (those of the affected
        that were inferred; null where the file does not say which, as the CSV never does), ``evaluation`` (Red,
        Amber, Green), ``intervention_type``, ``mast_chapter``, ``announced_date``, ``published_date``,
        ``effective_date``, ``ended_date``, ``effective_may_be_year`` (31 December), ``ended_may_be_year``
        (1 January), ``is_in_force``, ``implementation_level``, ``eligible_firm``, ``hs6_codes``,
        ``product_effective_dates``, ``product_ended_dates`` (lists beside ``hs6_codes``: the product's own day,
        else the intervention's), ``sector_codes`` (lists, with leading zeros), ``is_official_source``,
        ``source``, ``source_urls``.
        Rejected: the interventions that failed a check.

    Raises:
        SourceError: the file is not in the layout.
    """
    data, _ = unpacked(path)
    if data.lstrip()[:1] in (b"[", b"{", b"<"):  # a page in place of an answer is refused as no JSON
        rows = _read_json(data, path, source_id)
        return replace(tested(rows, _checks(), _typed, source_id=source_id, path=path), notes=rows.notes)
    read = read_layout(path, _LAYOUT, source_id=source_id, data=data)
    unsaid = (pl.lit(None, dtype=pl.String).alias(name) for name in _OF_JSON)
    rows = Rows(read.accepted.with_columns(unsaid), read.rejected)
    return tested(rows, _checks(), _typed, source_id=source_id, path=path)


def _typed(rows: pl.DataFrame, meanings: Meanings) -> pl.DataFrame:
    dates = {
        "date_announced": "announced_date",
        "date_published": "published_date",
        "date_implemented": "effective_date",
        "date_removed": "ended_date",
    }
    effective, ended = pl.col("date_implemented"), pl.col("date_removed")
    made = {
        "imposer_codes": pl.col("implementing_iso").str.split(";"),
        "affected_codes": pl.col("affected_isos").str.split(";"),
        "inferred_codes": pl.when(pl.col(_INFERRED) == "")
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(pl.col(_INFERRED).str.split(";")),
        "evaluation": pl.col("gta_evaluation"),
        "intervention_type": pl.col("intervention_type"),
        "mast_chapter": pl.col("mast_chapter"),
        **{name: pl.col(c).str.to_date("%Y-%m-%d") for c, name in dates.items()},
        "effective_may_be_year": effective.str.ends_with("-12-31").fill_null(False),
        "ended_may_be_year": ended.str.ends_with("-01-01").fill_null(False),
        "is_in_force": pl.col("is_in_force").replace_strict(_FLAGS, return_dtype=pl.Boolean),
        "implementation_level": pl.col("implementation_level"),
        "eligible_firm": pl.col("eligible_firm"),
        "hs6_codes": pl.col("product_hs6").str.split(";").list.eval(pl.element().str.zfill(6)),
        "sector_codes": pl.col("sectors").str.split(";").list.eval(pl.element().str.zfill(3)),
        "is_official_source": pl.col("is_official_source").replace_strict(_FLAGS, return_dtype=pl.Boolean),
    }
    own = rows.select(
        ROW,
        pl.lit(1, dtype=pl.Int64).alias(N_ROWS),
        "intervention_id",
        "state_act_id",
        pl.col("state_act_title").alias("title"),
        "source",
        pl.col("intervention_url").alias("source_urls"),
    )
    typed = pl.concat([own, meanings.of(made)], how="horizontal").with_columns(
        product_effective_dates=_days(rows, _FROM, "date_implemented"),
        product_ended_dates=_days(rows, _TO, "date_removed"),
    )
    days = ("product_effective_dates", "product_ended_dates")
    return typed.select(*own.columns[:-2], *made, *days, *own.columns[-2:])


def _days(rows: pl.DataFrame, own: str, whole: str) -> pl.Series:
    """The days of each product: its own, else that of the intervention; null where there are no products."""
    days = [
        None
        if codes is None
        else [
            day or of_all for day in ([None] * (codes.count(";") + 1) if given is None else given.split(";"))
        ]
        for codes, given, of_all in as_text(rows.select("product_hs6", own, whole)).iter_rows()
    ]
    return pl.Series(days, dtype=pl.List(pl.String)).list.eval(pl.element().str.to_date("%Y-%m-%d"))


class _UnusableError(ValueError):
    """A value of an intervention that is not what its field holds: field, value."""


def _read_json(data: bytes, path: Path, source_id: str) -> Rows:
    """Interventions as text in the columns of the CSV, so that both are checked alike."""
    loaded = read_json(
        data, path.name, remedy="Fetch the file again: it was cut short or altered.", with_halves=True
    )
    answer: Any = loaded.get("results", loaded.get("data")) if isinstance(loaded, dict) else loaded
    if isinstance(answer, list) and len(answer) == 1 and isinstance(answer[0], list):
        answer = answer[0]  # the documentation's own example of version 2
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise SourceError(
            path.name,
            "is not a list of interventions",
            remedy="Save what the data endpoint of the API answers with.",
        )
    if not answer:
        raise SourceError(path.name, "has no interventions", remedy="Check the filters of the request.")
    notes: list[str] = []
    if isinstance(loaded, dict) and loaded.get("count") not in (None, len(answer)):
        notes.append(f"the file holds {len(answer)} of the {loaded['count']} interventions of the query")
    fields = {field for item in answer for field in item}
    if unread := sorted(fields - _REQUIRED - _OPTIONAL):
        notes.append(f"fields that are not read: {', '.join(name[:80] for name in unread[:20])}")
    records, rejected = [], []
    for position, item in enumerate(answer, start=1):
        _check_fields(item, path, position)
        try:
            records.append({ROW: position, **_flat(item)})
        except _UnusableError as error:
            field, value = error.args
            rejected.append(_unusable(path, source_id, position, field, value, item))
    schema = pl.Schema([(ROW, pl.Int64()), *((c, pl.String()) for c in (*_COLUMNS, *_OF_JSON))])
    bad = pl.DataFrame(rejected, schema=QUARANTINE_SCHEMA, orient="row") if rejected else empty_quarantine()
    return Rows(pl.DataFrame(records, schema=schema), bad, tuple(notes)).check(len(answer), path.name)


def _check_fields(item: dict[str, object], path: Path, position: int) -> None:
    if missing := sorted(_REQUIRED - item.keys()):
        raise SourceError(
            path.name,
            f"lacks the fields {missing}",
            row=position,
            remedy="If Global Trade Alert has changed its layout, the reader has to be changed first.",
        )


def _flat(item: dict[str, object]) -> dict[str, str | None]:
    products = _list(item, "affected_products")
    codes = [_number("affected_products", product, "product_id") for product in products]
    sectors = [_number("affected_sectors", sector, "sector_id") for sector in _list(item, "affected_sectors")]
    affected = _isos(item, "affected_jurisdictions")
    return {
        **{c: _text(c, item.get(c)) for c in _COLUMNS if c in _REQUIRED | _OPTIONAL},
        "implementing_iso": _isos(item, "implementing_jurisdictions"),
        "affected_isos": affected,
        _INFERRED: _inferred(item.get("inferred_jurisdictions"), affected),
        "product_hs6": ";".join(codes) or None,
        "n_products": str(len(codes)),
        _FROM: _joined_days(products, "date_implemented"),
        _TO: _joined_days(products, "date_removed"),
        "sectors": ";".join(sectors) or None,
        "source": _source(item.get("state_act_source")),
    }


def _number(field: str, value: object, name: str) -> str:
    """A code that stands alone, or in an object under a name."""
    return _text(field, value.get(name) if isinstance(value, dict) else value) or "?"


def _inferred(word: object, affected: str | None) -> str | None:
    """The affected states that are inferred; empty where none is, null where the file does not say which."""
    if word is None:
        return None
    if not isinstance(word, str) or word.capitalize() not in _ARE_INFERRED:
        raise _UnusableError("inferred_jurisdictions", word)
    are = _ARE_INFERRED[word.capitalize()]
    return None if are is None else (affected or "") if are else ""


def _joined_days(products: list[object], name: str) -> str | None:
    """Days of products parted by semicolons, empty where there is none."""
    days = [_text(name, product.get(name)) if isinstance(product, dict) else None for product in products]
    return ";".join(one or "" for one in days) if any(days) else None


def _source(value: object) -> str | None:
    """The sources of an act: a text, or objects with a text each."""
    if not isinstance(value, list):
        return _text("state_act_source", value)
    texts = [one.get("source", one.get("text")) if isinstance(one, dict) else one for one in value]
    return _text("state_act_source", "; ".join(_text("state_act_source", text) or "" for text in texts))


def _text(field: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | int):
        raise _UnusableError(field, value)
    text = str(value)
    if len(text) > limit("cell_bytes"):
        raise _UnusableError(field, text)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:  # half of a pair of escaped surrogates
            raise _UnusableError(field, value) from None
    return text


def _list(item: dict[str, object], field: str) -> list[object]:
    value = item[field]
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise _UnusableError(field, value)


def _isos(item: dict[str, object], field: str) -> str | None:
    """Codes of states, by their letters or, where there are none, by their numbers, which are those of the UN."""
    codes = []
    for state in _list(item, field):
        if not isinstance(state, dict):
            raise _UnusableError(field, state)
        code = _text(field, state.get("iso")) or m49_states().get(str(state.get("id")))
        if code is None:
            raise _UnusableError(field, state)
        codes.append(code.upper())
    return ";".join(codes) or None


def _unusable(
    path: Path, source_id: str, position: int, field: str, value: object, item: dict[str, object]
) -> tuple[object, ...]:
    return (
        source_id,
        path.name,
        position,
        field,
        json.dumps(value)[:200],
        "is not what this field holds",
        "Compare the intervention's page.",
        json.dumps(item)[: limit("cell_bytes")],
    )


def _is_gta(head: Head) -> bool:
    is_json = starts(r"\s*[\[{]")(head) and b'"intervention_id"' in head.start
    return is_json or header("intervention_id")(head)


READERS = (
    Reader(
        "gta",
        "interventions",
        "Global Trade Alert, interventions (JSON or CSV)",
        read_gta,
        Beginning("JSON", ("intervention_id",), _is_gta),
        ("intervention_id",),
    ),
)
