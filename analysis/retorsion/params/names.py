"""Names of things of the tables that options hold, and their check against what the tables have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from retorsion.errors import ParameterError, did_you_mean
from retorsion.params.options import Names, Options


@dataclass(frozen=True)
class Reference:
    """A value that names a thing of the tables.

    Attributes:
        place: keys from the outside in, joined by dots.
        kind: of the thing, as :class:`Names` has it.
        value: the name.
    """

    place: str
    kind: str
    value: str


def references(record: Options, place: tuple[str, ...] = ()) -> Iterator[Reference]:
    """Every value of a record that names a thing of the tables, in order."""
    for name, field in type(record).model_fields.items():
        where = (*place, field.alias or name)
        yield from _references(getattr(record, name), field.annotation, field.metadata, where)


def _references(
    value: Any, annotation: Any, metadata: Collection[Any], place: tuple[str, ...]
) -> Iterator[Reference]:
    if value is None:
        return
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from _references(value, inner, [*metadata, *more], place)
        return
    if isinstance(value, Options):
        yield from references(value, place)
        return
    kinds = [one.kind for one in metadata if isinstance(one, Names)]
    if kinds and isinstance(value, str):
        yield Reference(".".join(place), kinds[0], value)
        return
    arguments = [one for one in get_args(annotation) if one not in (type(None), Ellipsis)]
    if get_origin(annotation) in (Union, UnionType):
        for one in arguments:
            yield from _references(value, one, metadata if len(arguments) == 1 else (), place)
    elif isinstance(value, tuple) and get_origin(annotation) is tuple:
        for number, one in enumerate(value):
            yield from _references(one, arguments[min(number, len(arguments) - 1)], (), (*place, str(number)))
    elif isinstance(value, dict) and get_origin(annotation) is dict:
        for key, one in value.items():
            yield from _references(key, arguments[0], (), place)
            yield from _references(one, arguments[1], (), (*place, key))


#: What a name is called in messages, and where one looks it up.
KINDS = {
    "source": ("source", "data/raw"),
    "act": ("act or event", "the tables acts and context_events"),
    "event_type": ("type of event", "data/raw/act_types/act_types.csv"),
    "step_actor": ("actor of a step", "the table context_events"),
    "measure": ("measure", "the table trade_measures"),
    "product": ("product", "the trade of all pairs"),
    "goods": ("group of goods", "goods.csv beside the monthly statistics"),
    "programme": ("programme", "the table sanctions"),
    "total": ("published total", "the table published_totals"),
    "currency": ("currency", "the table exchange_rates"),
    "partner": ("partner", "the source of rerouting"),
}


def check_names(record: Options, known: Mapping[str, Collection[str]], *, file: str) -> None:
    """Check the names in a record against what there is.

    Args:
        record: options.
        known: the names there are, by kind (:data:`KINDS`). Kinds that are absent are not checked.
        file: where the options are written, for the message.

    Raises:
        ParameterError: names each unknown one, its place and the nearest names.
    """
    said = []
    for one in references(record):
        if one.kind in known and one.value not in known[one.kind]:
            what, where = KINDS[one.kind]
            nearest = did_you_mean(one.value, known[one.kind])
            said.append(
                f"{file}, {one.place}, value {one.value!r}: there is no such {what} in {where}.{nearest}"
            )
    if said:
        raise ParameterError("\n".join(dict.fromkeys(said)))
