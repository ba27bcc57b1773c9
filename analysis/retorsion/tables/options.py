"""What a source's section in ``params.yaml`` may say of it: one record for each kind of source.

A source of another option than these is refused with its place and the nearest name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from retorsion.errors import ParameterError, did_you_mean
from retorsion.sources.readers import reader as reader_named
from retorsion.sources.readers import readers
from retorsion.sources.states import known_codes

#: What to do with programmes, types or instruments that the table beside the source does not name.
Others = Literal["refuse", "leave_out"]


def _state(code: str) -> str:
    if code not in known_codes():
        raise ValueError(
            f"is not a known state.{did_you_mean(code, known_codes())} Use an ISO 3166-1 alpha-3 code"
        )
    return code


State = Annotated[str, AfterValidator(_state)]
Word = Annotated[str, Field(pattern=r"\S")]


class SourceOptions(BaseModel):
    """Options of any source: none."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ListOptions(SourceOptions):
    """Options of an official list.

    Attributes:
        sender_code: the state whose list it is.
        instrument_type: what being listed means.
        others: what to do with programmes that ``programmes.csv`` does not name.
        undetermined_type: kind of the subjects whose kind the list leaves open; None sets them aside.
        country_system: system of states.csv that has the list's own spellings of states.
    """

    sender_code: State
    instrument_type: Word
    others: Others = "refuse"
    undetermined_type: Word | None = None
    country_system: Word | None = None


class CaseOptions(SourceOptions):
    """Options of a database of cases.

    Attributes:
        others: what to do with instruments that ``instruments.csv`` does not name.
    """

    others: Others = "refuse"


class MeasureOptions(SourceOptions):
    """Options of a database of interventions.

    Attributes:
        with_inferred: whether states that the source inferred to be affected count as targets.
        others: what to do with types of intervention that ``instruments.csv`` does not name.
    """

    with_inferred: bool
    others: Others = "refuse"


class PeriodOptions(SourceOptions):
    """Options of trade statistics with monthly and annual rows.

    Attributes:
        n_months: length of the periods to take of a file that has several: 1 for months, 12 for years.
    """

    n_months: Annotated[int, Field(ge=1, le=12)] | None = None


class TidyOptions(PeriodOptions):
    """Options of a table of one's own.

    Attributes:
        columns: what each of its columns is.
    """

    columns: dict[str, Any] | None = None


class AreaOptions(SourceOptions):
    """Options of a summary by area, which does not state its year.

    Attributes:
        year: the year.
    """

    year: Annotated[int, Field(ge=1900, le=2100)]


class SeriesOptions(SourceOptions):
    """Options of a time series of totals.

    Attributes:
        total_code: state or area of the columns called Total, where the title is not that of the world.
    """

    total_code: State | None = None


#: Readers of trade statistics that have options to their options.
FLOW_OPTIONS: Mapping[str, type[SourceOptions]] = {
    "comext": PeriodOptions,
    "comext_labels_data_browser": PeriodOptions,
    "comext_labels_easy": PeriodOptions,
    "comext_labels_sdmx": PeriodOptions,
    "comtrade_comtradr": PeriodOptions,
    "comtrade_csv": PeriodOptions,
    "comtrade_json": PeriodOptions,
    "comtrade_web": PeriodOptions,
    "japan_customs_area_summary": AreaOptions,
    "japan_customs_time_series": SeriesOptions,
    "tidy_flows": TidyOptions,
}

#: Kinds of readers that each section of ``sources`` takes, and their options; those of flows are by reader.
_KINDS: Mapping[str, Mapping[str, type[SourceOptions]]] = {
    "lists": {"list": ListOptions, "cases": CaseOptions},
    "measures": {"interventions": MeasureOptions},
    "flows": {"flows": SourceOptions},
}


def options_type(section: str, reader: str, where: str) -> type[SourceOptions]:
    """The record of a source's options.

    Args:
        section: of ``sources`` in ``params.yaml``: lists, flows or measures.
        reader: name of its reader.
        where: its options stand, for the message.

    Raises:
        ParameterError: the reader gives nothing of the kind.
    """
    kinds = _KINDS[section]
    kind = reader_named(reader, where).kind
    if kind not in kinds:
        fitting = sorted(name for name, one in readers().items() if one.kind in kinds)
        raise ParameterError(
            f"{where}: the reader {reader!r} gives no {section}. Those that do: {', '.join(fitting)}"
        )
    return FLOW_OPTIONS.get(reader, kinds[kind]) if section == "flows" else kinds[kind]


def source_options(section: str, reader: str, given: Mapping[str, Any], where: str) -> SourceOptions:
    """The options of a source as a record.

    Args:
        section: of ``sources`` in ``params.yaml``: lists, flows or measures.
        reader: name of its reader.
        given: what the section says of the source.
        where: it says that, for the message.

    Raises:
        ParameterError: the reader gives nothing of the kind; an option is unknown, missing or of another kind.
    """
    kind = options_type(section, reader, where)
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        raise ParameterError(_explained(kind, error, where)) from None


def _explained(kind: type[SourceOptions], error: ValidationError, where: str) -> str:
    known = list(kind.model_fields)
    one = min(error.errors(), key=lambda e: (e["type"] != "extra_forbidden", e["type"] != "missing"))
    name, value = str(one["loc"][0]), one["input"]
    if one["type"] == "extra_forbidden":
        return (
            f"{where}: has no option {name!r}.{did_you_mean(name, known)} "
            f"It takes: {', '.join(known) or 'none'}"
        )
    if one["type"] == "missing":
        return f"{where}: lacks {name}. Add it: {{{name}: ...}}"
    if one["type"] == "literal_error":
        return f"{where}, {name}, value {value!r}: is unknown. Use {one['ctx']['expected']}"
    said = str(one["ctx"]["error"]) if one["type"] == "value_error" else one["msg"].removeprefix("Input ")
    return f"{where}, {name}, value {value!r}: {said}"
