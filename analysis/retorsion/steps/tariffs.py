"""Step ``tariffs``: rates in force, their changes by line, and the duties paid."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import typer

from retorsion.errors import RetorsionError
from retorsion.project import load, parameters, save_table
from retorsion.sources.formats.duties import read_duties
from retorsion.sources.formats.tariff_lines import read_tariff_lines
from retorsion.sources.formats.tariff_rates import read_tariff_rates
from retorsion.sources.rows import Rows
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.raw import keep_quarantine, read_raw
from retorsion.tables import tariffs
from retorsion.tables.fields import tables


def run() -> None:
    """Build the tables of tariffs: rates in force, changes by line with their measures, duties on imports."""
    given = parameters().sources.tariffs
    rejected: list[pl.DataFrame] = []
    rates = [
        tariffs.tariff_rates(
            _kept(source, read_raw(source, read_tariff_rates), rejected),
            source_id=source,
            hs_revision=options.hs_revision,
        )
        for source, options in given.rates.items()
    ]
    changes = [_changes(source, rejected) for source in given.lines]
    duties = [
        tariffs.import_duties(
            _kept(
                source,
                read_raw(source, read_duties, columns=options.columns),
                rejected,
            ),
            source_id=source,
        )
        for source, options in given.duties.items()
    ]
    made = {
        "tariff_rates": _whole("tariff_rates", rates),
        "tariff_changes": _whole("tariff_changes", changes),
        "import_duties": _whole("import_duties", duties),
    }
    tariffs.check_measures(made["tariff_changes"], load("trade_measures")["measure_id"].to_list())
    for name, frame in made.items():
        save_table(name, frame)
    keep_quarantine("tariffs", rejected)


def _kept(source: str, rows: Rows, rejected: list[pl.DataFrame]) -> pl.DataFrame:
    for note in rows.notes:
        typer.echo(f"{source}: {note}", err=True)
    rejected.append(rows.rejected)
    return rows.accepted


def _changes(source: str, rejected: list[pl.DataFrame]) -> pl.DataFrame:
    steps = read_raw(source, read_complete, "tariff_steps", file="steps.csv")
    lines = read_raw(source, read_tariff_lines, steps=steps["step"].to_list())
    return tariffs.tariff_changes(_kept(source, lines, rejected), steps, source_id=source)


def _whole(name: str, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The parts of a table as one.

    Raises:
        RetorsionError: two sources say something of the same row.
    """
    spec = tables()[name]
    whole = pl.concat([spec.schema.to_frame(), *parts]).sort(spec.sort)
    double = whole.filter(pl.struct(spec.key).is_duplicated())
    if len(double):
        raise RetorsionError(
            f"{name}: two sources have the same row, {double.select(spec.key).row(0)}. Keep it in one of them"
        )
    return whole
