"""A case out of what the tables hold about a pair of states: the text of a file of ``data/cases``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import yaml

from retorsion.errors import RetorsionError
from retorsion.sources.states import iso_codes, state_name

#: Products looked at one by one, and those whose suppliers are.
N_PRODUCTS, N_REPLACED = 9, 5
#: Importers that gravity leaves out in turn.
N_WITHOUT = 4
#: Currency of each column of values.
CURRENCIES = {"value_kusd": "USD", "value_eur": "EUR", "value_thousand_jpy": "JPY"}


@dataclass(frozen=True)
class Holdings:
    """What the project has about a pair.

    Attributes:
        pair: codes of the two sides; the first is the one whose measures and imports are looked at.
        acts: rows of ``acts`` between the two.
        events: rows of ``context_events`` in which one of them acts or is acted upon.
        coverage: rows of ``coverage`` of each of them towards the other.
        measures: rows of ``trade_measures`` of the first on the second.
        pairwise: rows of the source of all pairs in which the second exports; empty where there is none.
        monthly: monthly rows of the first's own statistics.
        goods: codes and labels of groups of goods of those statistics.
        labels: of products of the source of all pairs.
        coalition: source of a coalition against the second; None where there is none.
        sources: ids of the sources ``pairwise`` and ``monthly``.
    """

    pair: tuple[str, str]
    acts: pl.DataFrame
    events: pl.DataFrame
    coverage: pl.DataFrame
    measures: pl.DataFrame
    pairwise: pl.DataFrame
    monthly: pl.DataFrame
    goods: Mapping[str, str]
    labels: Mapping[str, str]
    coalition: str | None
    sources: tuple[str | None, str | None]


def case_text(held: Holdings, *, title: str | None = None) -> str:
    """The text of a case, complete, with a comment on every part.

    Args:
        held: what the project has about the pair.
        title: of the case; the names of the two states by default.

    Raises:
        RetorsionError: there is neither an act nor a flow between the two.
    """
    first, second = (state_name(code) for code in held.pair)
    if held.acts.is_empty() and held.pairwise.is_empty() and held.monthly.is_empty():
        raise RetorsionError(
            f"the tables have no act and no trade between {first} and {second}, so there is nothing to ask. "
            "Add acts to the ledger, or a list or trade statistics with `retorsion add`, and build the tables"
        )
    start, end = _window(held)
    lines = [
        "# What is asked of one pair of states, written by `retorsion case new` from what the tables held that day.",
        "# Change what you know better; every name is checked against the tables. Dates are in quotes.",
        f"title: {_scalar(title or f'{first} and {second}')}",
        f"question: {_scalar(f'Who answered whom, {first} or {second}, and what did it do to trade?')}",
        f"pair: [{', '.join(held.pair)}]           # the order fixes the order of all results",
        f"window: {_span(start, end)}  # acts outside it stay in the tables and out of the analysis",
        "checks: {}                 # published counts and figures to set the tables against",
        "",
        *_escalation(held, start, end),
        "",
        *_impact(held),
    ]
    return "\n".join(lines) + "\n"


def _dated(held: Holdings) -> pl.DataFrame:
    return held.acts.filter(pl.col("date_precision") != "observed")


def _window(held: Holdings) -> tuple[date, date]:
    """From the first year to the last day of which there is an act or, without any, the last year of a flow."""
    if not held.acts.is_empty():
        days = held.acts["act_date"].to_list()
        return date(min(days).year, 1, 1), max(days)
    days = [*held.monthly["period_start"], *held.pairwise["period_start"]]
    return date(min(days).year, 1, 1), date(max(days).year, 12, 31)


def _escalation(held: Holdings, start: date, end: date) -> Iterator[str]:
    acts = _dated(held)
    first = acts["act_date"].min() if len(acts) else start
    last = acts["act_date"].max() if len(acts) else end
    assert isinstance(first, date)
    assert isinstance(last, date)
    calendar, steps_against = _calendar(held)
    drivers = "[others]" if calendar else "[]"
    yield "escalation:"
    searched = searched_spans(held.coverage, held.pair)
    spans = searched or [(first, last)]
    whose = "from coverage.csv of the ledgers" if searched else "write yours"
    yield f"  recorded:                # spans in which acts were looked for: {whose}. Outside them silence means nothing"
    yield from (f"    - {_span(*span)}" for span in spans)
    longest = max(spans, key=lambda span: span[1] - span[0])
    yield f"  dense: {_span(*longest)}   # what timing methods use: recorded without a gap"
    yield "  break_event_types: []    # types of event across which no test of timing moves acts, such as invasion"
    yield f"  context: [{', '.join(_context(held))}]  # sources of the events around these acts; of others, what one side does to the other"
    if calendar:
        yield "  calendars:               # steps of others against one side, by day"
        yield f"    a group of states: {{target_code: {steps_against}, event_types: [{', '.join(calendar)}]}}"
    else:
        yield "  # calendars: ...         # no steps of a group of states are recorded"
    yield f'  first_test_day: "{first + timedelta(days=2 * (last - first).days // 3)}"    # of scores out of sample'
    yield "  drivers:                 # what both sides react to, from context_events"
    if calendar:
        yield "    others: {shape: around, calendars: [a group of states], days_before: 1, days_after: 7}"
    else:
        yield "    {}"
    yield f"  with_driver: {'with the calendar' if calendar else 'all acts'}"
    yield f"  without_driver: {'without it' if calendar else 'all acts'}"
    yield "  variants:                # readings of the same acts; half_life: common, receiver (per receiving side) or link"
    if calendar:
        yield f"    with the calendar: {{family: negative_binomial, half_life: receiver, drivers: {drivers}}}"
        yield "    without it: {family: negative_binomial, half_life: receiver, drivers: []}"
    else:
        yield "    all acts: {family: negative_binomial, half_life: receiver, drivers: []}"
    yield f"    one half-life for both: {{family: negative_binomial, half_life: common, drivers: {drivers}}}"
    yield f"    Poisson counts: {{family: poisson, half_life: receiver, drivers: {drivers}}}"
    yield f"    days with an act: {{family: bernoulli, half_life: receiver, drivers: {drivers}}}"
    marks = [_mark(row) for row in _strongest(acts, held.pair)]
    yield from _listed("marks", marks, "acts and events named on the axes of time")


def _context(held: Holdings) -> list[str]:
    """The sources whose events stand around the acts: the ledgers of the pair, and calendars of steps against a side."""
    ledgers = held.events.filter(pl.col("source_id").is_in(held.acts["source_id"].unique()))
    steps = held.events.filter(pl.col("step").is_not_null() & pl.col("target_code").is_in(held.pair))
    return sorted({*ledgers["source_id"], *steps["source_id"]})


def searched_spans(coverage: pl.DataFrame, pair: tuple[str, str]) -> list[tuple[date, date]]:
    """Spans of days on which deeds and words of both sides were searched for, in order; none if any was not.

    Args:
        coverage: rows of ``coverage``.
        pair: codes of the two sides.
    """
    common: pl.DataFrame | None = None
    for side in pair:
        for kind in ("deeds", "words"):
            own = coverage.filter((pl.col("side_code") == side) & (pl.col("kind_type") == kind))
            days = own.select(pl.date_ranges("start_date", "end_date").alias("day")).explode("day").unique()
            common = days if common is None else common.join(days, on="day", how="semi")
    assert common is not None
    runs = (
        common.drop_nulls()
        .sort("day")
        .with_columns((pl.col("day").diff() != timedelta(days=1)).fill_null(True).cum_sum().alias("run"))
        .group_by("run", maintain_order=True)
        .agg(pl.col("day").first().alias("first"), pl.col("day").last().alias("last"))
    )
    return list(runs.select("first", "last").iter_rows())


def _calendar(held: Holdings) -> tuple[list[str], str]:
    """Types of the steps that coalitions took against one of the sides, and that side; none without any.

    A calendar of a coalition, which dates the steps of its members too, goes before the steps of groups alone.
    """
    against = held.events.filter(pl.col("target_code").is_in(held.pair))
    of_groups = against.filter(pl.col("step").is_not_null())
    if of_groups.is_empty():
        of_groups = against.filter(~pl.col("actor_code").is_in(list(iso_codes())))
    targets = of_groups["target_code"].value_counts(sort=True)
    if targets.is_empty():
        return [], ""
    target = str(targets["target_code"][0])
    return of_groups.filter(pl.col("target_code") == target)["event_type"].unique().sort().to_list(), target


def _strongest(acts: pl.DataFrame, pair: tuple[str, str]) -> list[dict[str, object]]:
    """Of each side the two strongest acts, in time order."""
    chosen = [
        acts.filter(pl.col("actor_code") == side)
        .unique("act_id", keep="first", maintain_order=True)
        .sort(
            "intensity_goldstein", "n_subjects", "act_date", "act_id", descending=[True, True, False, False]
        )
        .head(2)
        for side in pair
    ]
    return pl.concat(chosen).sort("act_date", "act_id").to_dicts()


def _mark(row: Mapping[str, object]) -> str:
    words = f"{state_name(str(row['actor_code']))}: {str(row['act_type']).replace('_', ' ')}"
    return f"{{id: {row['act_id']}, label: {_scalar(words)}}}"


def _impact(held: Holdings) -> Iterator[str]:
    reporter, target = held.pair
    pairwise, monthly = held.sources
    yield "impact:"
    yield f"  reporter: {reporter}            # whose own statistics, measures and imports are looked at"
    yield f"  target: {target}              # the state under its measures"
    if held.coalition is None:
        yield f"  # coalition: ...         # no members of a coalition against {target} are recorded: diversion and gravity are left out"
    else:
        yield f"  coalition: {held.coalition}     # source of the members and their days"
    if pairwise is not None and not held.pairwise.is_empty():
        yield from _worldwide(held, pairwise)
    else:
        yield "  # pairwise: ...          # no source of the trade of all pairs has exports of the second side"
    if monthly is not None and not held.monthly.is_empty() and not held.measures.is_empty():
        yield from _monthly(held, monthly)
    else:
        why = (
            "trade measures of the reporter"
            if held.measures.is_empty()
            else "monthly statistics of the reporter"
        )
        yield f"  # monthly: ...           # no {why} are recorded"


def _worldwide(held: Holdings, source: str) -> Iterator[str]:
    flows = held.pairwise.with_columns(pl.col("period_start").dt.year().alias("year"))
    years = sorted(flows["year"].unique())
    base = _base_year(held, years)
    sold = flows.filter(pl.col("year") == base)
    products = _largest(sold, "product_code", N_PRODUCTS)
    bought = sold.filter(pl.col("partner_code") == held.pair[0])
    yield f"  pairwise: {source}  # trade of all pairs of states"
    yield f"  years: [{years[0]}, {years[-1]}]"
    yield f"  base_year: {base}          # the last full year before the first measure, where there is one"
    yield f"  comparison_year: {years[-1]}"
    yield f"  products: [{', '.join(_quoted(products))}]  # the largest of that year"
    yield f"  price_volume: {{windows: [[{base}, {years[-1]}]]}}"
    if held.coalition is not None:
        yield f'  diversion: {{member_day: "{years[-1]}-12-31"}}'
        importers = _largest(sold.filter(pl.col("partner_code") != held.pair[0]), "partner_code", N_WITHOUT)
        yield f"  gravity: {{without: [{', '.join(importers)}]}}   # importers left out one at a time, then together"
    replaced = [
        f"{{name: {_scalar(held.labels.get(code, f'HS {code}'))}, hs6: [{_quoted([code])[0]}], "
        f"base_year: {base}, comparison_year: {years[-1]}}}"
        for code in _largest(bought, "product_code", N_REPLACED)
    ]
    yield from _listed(
        "replacement", replaced, "the reporter's largest imports from the target in the base year"
    )


def _base_year(held: Holdings, years: Sequence[int]) -> int:
    announced = held.measures["announced_date"].drop_nulls()
    before = [year for year in years[:-1] if announced.is_empty() or year < min(announced).year]
    return before[-1] if before else years[0]


def _monthly(held: Holdings, source: str) -> Iterator[str]:
    column = next(name for name in CURRENCIES if held.monthly[name].null_count() < len(held.monthly))
    currency = CURRENCIES[column]
    yield "  monthly:                 # the reporter's own statistics"
    yield f"    source: {source}"
    yield f"    value_column: {column}"
    yield f"    currency: {currency}"
    yield f"    foreign_currency: {'EUR' if currency == 'USD' else 'USD'}"
    for flow in ("export", "import"):
        measures = held.measures.filter(pl.col("flow_type").is_in([flow, "both"])).sort(
            pl.coalesce("effective_date", "announced_date"), "measure_id"
        )
        traded = held.monthly.filter((pl.col("flow_type") == flow) & (pl.col("partner_code") == held.pair[1]))
        if measures.is_empty() or traded.is_empty():
            yield f"    # {flow}: ...            # no measure on it, or no flow, is recorded"
            continue
        yield f"    {flow}:"
        words = str(measures["instrument_type"][0]).replace("_", " ")
        yield "      measures:            # days come from trade_measures"
        yield f"        - {{measure_id: {measures['measure_id'][0]}, label: {_scalar(words)}, anticipation_months: 1, months_before: 13}}"
        codes = [code for code in held.goods if code in set(traded["product_code"])]
        if codes:
            yield f"      goods: [{', '.join(_scalar(code) for code in codes)}]"


def _largest(flows: pl.DataFrame, column: str, n: int) -> list[str]:
    return (
        flows.filter(~pl.col("is_aggregate"))
        .group_by(column)
        .agg(pl.col("value_kusd").sum().round(3))
        .sort("value_kusd", column, descending=[True, False])
        .head(n)[column]
        .to_list()
    )


def _listed(key: str, items: Sequence[str], comment: str) -> Iterator[str]:
    if not items:
        yield f"  {key}: []                # {comment}"
        return
    yield f"  {key}:                   # {comment}"
    yield from (f"    - {item}" for item in items)


def _quoted(codes: Sequence[str]) -> list[str]:
    return [f'"{code}"' for code in codes]


def _span(start: date, end: date) -> str:
    return f'{{start: "{start}", end: "{end}"}}'


def _scalar(text: str) -> str:
    """A text as YAML writes it inside braces."""
    return yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=10_000).strip()[1:-1]
