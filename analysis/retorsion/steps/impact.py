"""Step ``impact``: what the measures did to trade, and where it went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Annotated, Any, TypedDict

import polars as pl
import typer

from retorsion.errors import ParameterError
from retorsion.impact import findings
from retorsion.impact.area_goods import find_area_goods
from retorsion.impact.diversion import find_diversion
from retorsion.impact.goods import Good, goods_of, labels
from retorsion.impact.gravity import find_gravity
from retorsion.impact.mirror import find_mirror, own_record
from retorsion.impact.monthly import find_monthly
from retorsion.impact.one_record import find_records, one_record
from retorsion.impact.price_volume import find_price_volume
from retorsion.impact.replacement import find_replacement
from retorsion.impact.rerouting import find_rerouting
from retorsion.impact.tariffs import TariffTables, find_tariffs
from retorsion.params import Case, ImpactCase, Params, TariffsCase, check_names
from retorsion.processes import InOrder
from retorsion.project import RAW, load, parameters, save_findings
from retorsion.project import case as open_case
from retorsion.sources.states import state_name
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.ledgers import part_of_all
from retorsion.steps.raw import currencies, read_raw
from retorsion.steps.workers import workers

#: Parts that take long on little data: another process works on them, which costs a copy of what they read.
_APART = ("area_goods", "monthly")
_LONG = (*_APART, "gravity")


class Given(TypedDict):
    """What every part of the analysis is given."""

    asked: ImpactCase
    params: Params


def run(case: Annotated[str | None, typer.Argument(help="Name of a file of data/cases.")] = None) -> None:
    """Compute what the measures did to trade, and where that trade went."""
    opened, params = open_case(case), parameters()
    asked = opened.impact
    flows, measures, rates = load("trade_flows"), load("trade_measures"), load("exchange_rates")
    named = (asked.monthly, asked.importers, asked.rerouting)
    sources = [*(None if part is None else part.source for part in named), asked.pairwise]
    monthly, importers, around, pairwise = (
        flows.filter(pl.col("source_id").eq_missing(pl.lit(name))) for name in sources
    )
    of_areas = [asked.area_goods.source, asked.area_goods.yearly] if asked.area_goods else []
    areas = flows.filter(pl.col("source_id").is_in([name for name in of_areas if name]))
    goods, groups, _, products = (_goods(name) for name in sources)
    goods = {**(_goods(of_areas[0]) if of_areas else {}), **goods}
    _check_names(opened, measures, rates, goods, pairwise, around)
    scope = part_of_all("scope", params.sources)
    coalition, names = _coalition(asked), labels(products)
    record = one_record(pairwise, importers, rates, asked=asked, params=params, goods=groups)
    given = Given(asked=asked, params=params)
    compared = Given(asked=record.without_unmeasured(asked), params=params)
    own = own_record(record.flows, monthly, rates, **given, goods=goods)
    parts: dict[str, Callable[[], findings.Found]] = {
        "monthly": partial(find_monthly, monthly, measures, rates, **given, goods=goods),
        "area_goods": partial(find_area_goods, areas, measures, scope, **given, goods=goods),
        "mirror": partial(find_mirror, pairwise, monthly, rates, **given, goods=goods),
        "records": partial(find_records, record, pairwise, asked=asked, goods=groups, own=own),
        "price_volume": partial(find_price_volume, record.flows, **compared, names=names, own=own),
        "diversion": partial(
            find_diversion, record.flows, coalition, **compared, names=names, own=own, records=record.others
        ),
        "rerouting": partial(_rerouting, around, given),
        "replacement": partial(find_replacement, record.flows, asked=asked, own=own),
        "gravity": partial(
            find_gravity, record.flows, coalition, _embargoes(params), **compared, names=names
        ),
        "tariffs": partial(_tariffs, flows, given),
    }
    found = _found(parts, asked)
    save_findings(
        opened.name,
        "impact",
        found.values,
        found.rows,
        summary={},
        tables=[
            *(f"trade_flows.{source}" for source in dict.fromkeys([*sources, *of_areas]) if source),
            "trade_measures",
            "exchange_rates",
            *(("tariff_rates", "tariff_changes", "import_duties") if asked.tariffs else ()),
        ],
    )


def _found(parts: dict[str, Callable[[], findings.Found]], asked: ImpactCase) -> findings.Found:
    """All parts together. Those that are worth it are worked on apart."""
    is_asked = {part: bool(getattr(asked, {"records": "importers"}.get(part, part))) for part in parts}
    # a single long part is done here sooner than another process is ready for it
    other = workers(__name__, 1) if all(is_asked[part] for part in _LONG) else nullcontext(InOrder())
    with other as executor:
        running = {
            part: (executor if part in _APART else InOrder()).submit(
                findings.or_left_out,
                part,
                parts[part],
                is_asked=is_asked[part],
                reporter=state_name(asked.reporter),
                target=state_name(asked.target),
            )
            for part in sorted(parts, key=lambda name: name not in _APART)
        }
        return findings.combined({part: running[part].result() for part in parts})


def _rerouting(around: pl.DataFrame, given: Given) -> findings.Found:
    """Rerouting, with goods looked at apart and what others published, where tables of them are named or there."""
    part = findings.part_of(given["asked"], "rerouting")
    priority: list[str] = []
    published: list[dict[str, Any]] = []
    if (listed := part.priority) is not None:
        priority = read_raw(listed, read_complete, "high_priority_list")["hs6_2022"].to_list()
    if (RAW / part.source / "published.csv").exists():
        shares = read_raw(part.source, read_complete, "published_shares", file="published.csv")
        published = shares.drop("row").to_dicts()
    return find_rerouting(around, **given, priority=priority, published=published)


def _tariffs(flows: pl.DataFrame, given: Given) -> findings.Found:
    """Effects of tariffs, with the tables that only this finding reads."""
    part: TariffsCase = findings.part_of(given["asked"], "tariffs")

    def recorded(source: str | None, layout: str) -> pl.DataFrame | None:
        return None if source is None else read_raw(source, read_complete, layout)

    sections = recorded(part.sections, "hs_sections")
    assert sections is not None
    tables = TariffTables(
        trade_flows=flows,
        rates=load("tariff_rates"),
        changes=load("tariff_changes"),
        duties=load("import_duties"),
        sections=sections,
        averages=recorded(part.averages, "tariff_averages"),
        estimates=recorded(part.estimates, "tariff_estimates"),
    )
    return find_tariffs(tables, **given)


def _goods(source: str | None) -> dict[str, Good]:
    """Goods of a source by code; empty where no table beside it names any."""
    if source is None or not (RAW / source / "goods.csv").exists():
        return {}
    return goods_of(read_raw(source, read_complete, "goods", file="goods.csv"))


def _embargoes(params: Params) -> pl.DataFrame:
    """Who was under whose embargo; empty where no source is named."""
    source = params.impact.gravity.embargoes
    if source is None:
        return pl.DataFrame(schema={"target_code": pl.String, "start_date": pl.Date, "end_date": pl.Date})
    return read_raw(source, read_complete, "embargoes", file="embargoes.csv")


def _coalition(asked: ImpactCase) -> pl.DataFrame:
    """The members of the coalition against the target.

    Raises:
        ParameterError: the source is about another state.
    """
    if asked.coalition is None:
        return pl.DataFrame(schema={"member_code": pl.String, "joined_date": pl.Date, "left_date": pl.Date})
    every = read_raw(asked.coalition, read_complete, "coalition", file="coalition.csv")
    members = every.filter(pl.col("target_code") == asked.target)
    if members.is_empty():
        known = ", ".join(every["target_code"].unique().sort())
        raise ParameterError(
            f"impact.coalition, value {asked.coalition!r}: is a coalition against {known}, not against "
            f"{asked.target}. Leave it out, or name one against {asked.target}"
        )
    return members


def _check_names(
    case: Case,
    measures: pl.DataFrame,
    rates: pl.DataFrame,
    goods: dict[str, Good],
    pairwise: pl.DataFrame,
    around: pl.DataFrame,
) -> None:
    known = {
        "measure": measures["measure_id"].to_list(),
        "currency": currencies(rates),
        "goods": list(goods),
        "product": pairwise["product_code"].unique().to_list(),
        "partner": around["partner_code"].unique().to_list(),
    }
    check_names(case.impact, known, file=f"data/cases/{case.name}.yaml, impact")
