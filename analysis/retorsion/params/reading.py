"""Reads and checks ``params.yaml`` and the files of ``data/cases``."""

from __future__ import annotations

from pathlib import Path

from retorsion.errors import ParameterError, did_you_mean
from retorsion.params.impact import TariffsCase
from retorsion.params.names import check_names
from retorsion.params.options import Options
from retorsion.params.records import Case, Params
from retorsion.params.slips import address, read_record, validated
from retorsion.sources.yaml_text import parse_mapping


def read_params(path: Path, raw: Path) -> Params:
    """Read and check ``params.yaml``.

    Args:
        path: the file.
        raw: ``data/raw``, whose folders are the sources that may be named.

    Raises:
        ParameterError: names each slip, its place, the value and what to write.
    """
    params = read_record(path, Params)
    _check_sources(path, params, raw)
    return params


def check_params(text: str, raw: Path) -> None:
    """Raise ParameterError unless a text could be ``params.yaml``. Arguments and errors as :func:`read_params`."""
    path = Path("params.yaml")
    _check_sources(path, validated(parse_mapping(text, path.name, ParameterError), path, Params), raw)


def read_case(path: Path, params: Params, raw: Path) -> Case:
    """Read and check a file of ``data/cases``.

    Args:
        path: the file.
        params: the parameters, whose sources the case may name.
        raw: ``data/raw``.

    Raises:
        ParameterError: as :func:`read_params`.
    """
    case = read_record(path, Case).model_copy(update={"name": path.stem})
    _check_sources(path, case, raw)
    impact, figures, counts = case.impact, case.checks.figures, case.checks.counts
    named = [
        ("impact.monthly.source", impact.monthly.source if impact.monthly else None, "flows"),
        ("impact.area_goods.source", impact.area_goods.source if impact.area_goods else None, "flows"),
        ("impact.area_goods.yearly", impact.area_goods.yearly if impact.area_goods else None, "flows"),
        ("impact.pairwise", impact.pairwise, "flows"),
        ("impact.importers.source", impact.importers.source if impact.importers else None, "flows"),
        ("impact.rerouting.source", impact.rerouting.source if impact.rerouting else None, "flows"),
        *_sources_of_tariffs(impact.tariffs),
        ("checks.figures.flows", figures.flows if figures else None, "flows"),
        ("checks.counts.list", counts.list if counts else None, "lists"),
    ]
    for place, source, section in named:
        sources = params.sources
        known = sources.tariffs.duties if section == "tariffs.duties" else getattr(sources, section)
        if source is not None and source not in known:
            raise ParameterError(
                f"{address(path)}, {place}, value {source!r}: is not in sources.{section} of params.yaml."
                f"{did_you_mean(source, known)} It has: {', '.join(known) or 'nothing'}"
            )
    return case


def _sources_of_tariffs(tariffs: TariffsCase | None) -> list[tuple[str, str | None, str]]:
    """Places of the sources that tariffs name, the sources, and the section of params.yaml each belongs to."""
    exports, imports = (tariffs.exports, tariffs.imports) if tariffs else (None, None)
    return [
        ("impact.tariffs.exports.source", exports.source if exports else None, "flows"),
        ("impact.tariffs.imports.source", imports.source if imports else None, "flows"),
        ("impact.tariffs.imports.duties", imports.duties if imports else None, "tariffs.duties"),
    ]


def _check_sources(path: Path, record: Options, raw: Path) -> None:
    known = sorted(folder.parent.name for folder in raw.glob("*/source.yaml"))
    check_names(record, {"source": known}, file=address(path))
