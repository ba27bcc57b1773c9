"""Global Trade Alert: interventions, as the API's JSON in version 2 and as flattened CSV.

The JSON is a list of objects; the CSV has codes of states, products and sectors parted by ``;``. Both are
UTF-8 without a byte-order mark. Three traps of the source stay visible and are never repaired: an
intervention known only by its year starts on 31 December or ends on 1 January; publication lags behind
announcement; and the affected states are mostly inferred from trade, not named by the imposer. The tariff
levels before and after, whose zeros are often artefacts, are not read.

Layout: Global Trade Alert, API documentation, data endpoint.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.readers import Head, Reader, header, starts
from retorsion.sources.rows import QUARANTINE_SCHEMA, ROW, Check, Rows, empty_quarantine, is_first
from retorsion.sources.states import aliases, iso_codes
from retorsion.sources.text.published import (
    MAX_CELL,
    N_ROWS,
    QuotedLayout,
    day,
    empty_or,
    one_of,
    read_rows,
    read_whole,
    required,
    tested,
    whole_number,
)
from retorsion.sources.text.words import Meanings

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

_INFERRED = "inferred_isos"
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
    one = "|".join(sorted({*iso_codes(), *aliases("gta").values()}))
    return Check(
        column,
        pl.col(column).str.contains(rf"^(({one})(;({one}))*)?$"),
        "holds a code that is no state's",
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
    """Read interventions, from JSON if the file's name ends in ``.json`` and from flattened CSV otherwise.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each intervention in file order: ``row`` (line of the CSV, position in the
        JSON), ``n_rows`` (1), ``intervention_id``, ``state_act_id``, ``title``, ``imposer_codes``,
        ``affected_codes`` (lists of alpha-3 codes, in file order), ``inferred_codes`` (those of the affected
        that were inferred; null where the file does not say, as the CSV never does), ``evaluation`` (Red,
        Amber, Green), ``intervention_type``, ``mast_chapter``, ``announced_date``, ``published_date``,
        ``effective_date``, ``ended_date``, ``effective_may_be_year`` (31 December), ``ended_may_be_year``
        (1 January), ``is_in_force``, ``implementation_level``, ``eligible_firm``, ``hs6_codes``,
        ``sector_codes`` (lists, with leading zeros), ``is_official_source``, ``source``, ``source_urls``.
        Rejected: the interventions that failed a check.

    Raises:
        SourceError: the file is not in the layout.
    """
    if path.suffix.lower() == ".json":
        return tested(_read_json(path, source_id), _checks(), _typed, source_id=source_id, path=path)
    return read_rows(path, _LAYOUT, _checks(), _typed, source_id=source_id, coded=_not_inferred)


def _not_inferred(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.lit(None, dtype=pl.String).alias(_INFERRED))


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
    typed = pl.concat([own, meanings.of(made)], how="horizontal")
    return typed.select(*own.columns[:-2], *made, *own.columns[-2:])


class _UnusableError(ValueError):
    """A value of an intervention that is not what its field holds: field, value."""


def _read_json(path: Path, source_id: str) -> Rows:
    """Interventions as text in the columns of the CSV, so that both are checked alike."""
    try:
        loaded = json.loads(read_whole(path).decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise SourceError(path.name, "is not valid UTF-8", remedy="Fetch the file again.") from None
    except RecursionError:
        raise SourceError(path.name, "is nested too deeply", remedy="Fetch the file again.") from None
    except ValueError as error:
        raise SourceError(
            path.name, f"is not JSON ({error})", remedy="Fetch the file again: it was cut short or altered."
        ) from None
    if not isinstance(loaded, list) or not all(isinstance(item, dict) for item in loaded):
        raise SourceError(
            path.name,
            "is not a list of interventions",
            remedy="Save the list that the data endpoint of the API answers with.",
        )
    if not loaded:
        raise SourceError(path.name, "has no interventions", remedy="Check the filters of the request.")
    records, rejected = [], []
    for position, item in enumerate(loaded, start=1):
        _check_fields(item, path, position)
        try:
            records.append({ROW: position, **_flat(item)})
        except _UnusableError as error:
            field, value = error.args
            rejected.append(_unusable(path, source_id, position, field, value, item))
    schema = pl.Schema([(ROW, pl.Int64()), *((c, pl.String()) for c in (*_COLUMNS, _INFERRED))])
    bad = pl.DataFrame(rejected, schema=QUARANTINE_SCHEMA, orient="row") if rejected else empty_quarantine()
    return Rows(pl.DataFrame(records, schema=schema), bad).check(len(loaded), path.name)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _check_fields(item: dict[str, object], path: Path, position: int) -> None:
    missing = sorted(_REQUIRED - item.keys())
    unknown = sorted(item.keys() - _REQUIRED - _OPTIONAL)
    if missing or unknown:
        lacks = f"lacks the fields {missing}" if missing else ""
        has = f"has the unknown fields {unknown}" if unknown else ""
        raise SourceError(
            path.name,
            "; ".join(part for part in (lacks, has) if part),
            row=position,
            remedy="If Global Trade Alert has changed its layout, the reader has to be changed first.",
        )


def _flat(item: dict[str, object]) -> dict[str, str | None]:
    products = _list(item, "affected_products")
    codes = [_text("affected_products", p.get("product_id") if isinstance(p, dict) else p) for p in products]
    source = item.get("state_act_source")
    return {
        **{c: _text(c, item.get(c)) for c in _COLUMNS if c in _REQUIRED | _OPTIONAL},
        "implementing_iso": _isos(item, "implementing_jurisdictions"),
        "affected_isos": _isos(item, "affected_jurisdictions"),
        _INFERRED: _isos(item, "inferred_jurisdictions") or ""
        if item.get("inferred_jurisdictions") is not None
        else None,  # none inferred is not the same as not stated
        "product_hs6": ";".join(code or "?" for code in codes) or None,
        "n_products": str(len(codes)),
        "sectors": ";".join(_text("affected_sectors", s) or "?" for s in _list(item, "affected_sectors"))
        or None,
        "source": _text("state_act_source", source if isinstance(source, str) else json.dumps(source)),
    }


def _text(field: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | int):
        raise _UnusableError(field, value)
    text = str(value)
    if len(text) > MAX_CELL:
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
    states = _list(item, field)
    for state in states:
        if not isinstance(state, dict) or not isinstance(state.get("iso"), str):
            raise _UnusableError(field, state)
    return ";".join(_text(field, state["iso"]) or "?" for state in states if isinstance(state, dict)) or None


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
        json.dumps(item)[:MAX_CELL],
    )


def _is_gta(head: Head) -> bool:
    return header("intervention_id")(head) or starts(r'\s*\[\s*\{[^}]*"intervention_id"')(head)


READERS = (
    Reader(
        "gta",
        "interventions",
        "Global Trade Alert, interventions (JSON or CSV)",
        read_gta,
        _is_gta,
        ("intervention_id",),
    ),
)
