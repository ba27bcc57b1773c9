"""Command ``case``: a new pair of states."""

from __future__ import annotations

import re
from typing import Annotated

import polars as pl
import typer

from retorsion import project
from retorsion.errors import RetorsionError, did_you_mean
from retorsion.files import write_whole
from retorsion.impact.goods import goods_of, labels
from retorsion.new_case import Holdings, case_text
from retorsion.params import check_params, read_case
from retorsion.sources.sidecar import load_sidecars
from retorsion.sources.states import known_codes
from retorsion.sources.text.recorded import read_complete
from retorsion.sources.yaml_edit import edited
from retorsion.tables.about_pair import events_about

app = typer.Typer(no_args_is_help=True, help="Pairs of states: data/cases has a file for each.")


@app.callback()
def _group() -> None:
    """Pairs of states: data/cases has a file for each."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the file in data/cases, such as aus-chn.")],
    pair: Annotated[
        tuple[str, str],
        typer.Option(
            help="Codes of the two sides; the first is the one whose measures and imports are looked at."
        ),
    ],
    title: Annotated[str | None, typer.Option(help="Title; the names of the two states by default.")] = None,
) -> None:
    """Write a case from what the tables hold about a pair, and add it to params.yaml."""
    params = project.parameters()
    path = project.CASES / f"{name}.yaml"
    _check(name, pair)
    if path.exists() or name in params.cases:
        raise RetorsionError(f"data/cases/{name}.yaml is there already. Edit it, or choose another name")
    text = case_text(_holdings(pair), title=title)
    before = project.PARAMS.read_text(encoding="utf-8")
    after = edited(before, {("cases",): [*params.cases, name]}, "params.yaml")
    check_params(after, project.RAW)
    write_whole(path, text.encode())
    try:
        read_case(path, params, project.RAW)  # what a build would refuse is not kept
    except BaseException:
        path.unlink()
        raise
    write_whole(project.PARAMS, after.encode())
    typer.echo(
        f"Written: data/cases/{name}.yaml, and its name in params.yaml. Read it through, then: dvc repro"
    )


def _check(name: str, pair: tuple[str, str]) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise RetorsionError(
            f"{name!r} is no name of a case. Write small letters, digits and hyphens: aus-chn"
        )
    for code in pair:
        if code not in known_codes():
            raise RetorsionError(
                f"--pair: {code!r} is not a known state.{did_you_mean(code, known_codes())} "
                "Use ISO 3166-1 alpha-3 codes, such as AUS CHN"
            )
    if pair[0] == pair[1]:
        raise RetorsionError(f"--pair: names {pair[0]} twice. Name two states")


def _holdings(pair: tuple[str, str]) -> Holdings:
    """What the tables have about a pair."""
    first, second = pair
    acts, events, measures = map(project.scan, ("acts", "context_events", "trade_measures"))
    coverage = project.load("coverage")
    flows = project.scan("trade_flows")
    both = pl.col("actor_code").is_in(pair) & pl.col("addressee_code").is_in(pair)
    worldwide = flows.filter(
        (pl.col("reporter_code") == second) & (pl.col("product_level") == "hs6")
    ).collect()
    own = flows.filter((pl.col("reporter_code") == first) & (pl.col("n_months") == 1)).collect()
    pairwise, monthly = _source(worldwide), _source(own.filter(pl.col("product_level") == "total"))
    return Holdings(
        pair=pair,
        acts=acts.filter(both & (pl.col("actor_code") != pl.col("addressee_code"))).collect(),
        events=events_about(events.collect(), pair),
        coverage=coverage.filter(pl.col("side_code").is_in(pair) & pl.col("target_code").is_in(pair)),
        measures=measures.filter(
            (pl.col("imposer_code") == first) & (pl.col("target_code") == second)
        ).collect(),
        pairwise=worldwide.filter(pl.col("source_id").eq_missing(pl.lit(pairwise))),
        monthly=own.filter(pl.col("source_id").eq_missing(pl.lit(monthly))),
        goods=_labels(monthly),
        labels=_labels(pairwise),
        coalition=_coalition(second),
        sources=(pairwise, monthly),
    )


def _source(flows: pl.DataFrame) -> str | None:
    """The source with the most rows; None without any."""
    counted = flows.group_by("source_id").len().sort("len", "source_id", descending=[True, False])
    return str(counted["source_id"][0]) if len(counted) else None


def _labels(source: str | None) -> dict[str, str]:
    path = project.RAW / (source or "") / "goods.csv"
    return labels(goods_of(read_complete(path, "goods", source_id=str(source)))) if path.is_file() else {}


def _coalition(target: str) -> str | None:
    """The source of a coalition against a state."""
    for sidecar in load_sidecars(project.RAW):
        if sidecar.reader == "coalition":
            path = project.RAW / sidecar.id / "coalition.csv"
            members = read_complete(path, "coalition", source_id=sidecar.id)
            if target in set(members["target_code"]):
                return sidecar.id
    return None
