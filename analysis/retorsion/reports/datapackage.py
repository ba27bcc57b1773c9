"""The tables described for programs: a Data Package made from the field dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retorsion.tables.fields import Field, fields, tables

#: Types of the field dictionary as Table Schema names them.
TYPES: Mapping[str, str] = {
    "string": "string",
    "code": "string",
    "category": "string",
    "date": "date",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
}


@dataclass(frozen=True)
class Resource:
    """One table as a file of the package.

    Attributes:
        table: name in the field dictionary.
        path: of the file, relative to the descriptor; its ending, ``.csv`` or ``.parquet``, says the format.
        n_bytes: its size.
        sha256: its hash.
        sources: ids of the sources that it was made from.
    """

    table: str
    path: str
    n_bytes: int
    sha256: str
    sources: tuple[str, ...]


def datapackage(
    resources: Sequence[Resource],
    *,
    name: str,
    title: str,
    description: str,
    version: str,
    sources: Sequence[Mapping[str, object]],
    homepage: str | None = None,
) -> dict[str, object]:
    """Describe tables as a Data Package, version 1 of the specification.

    Source: Walsh and Pollock, Data Package and Table Schema (specs.frictionlessdata.io). CSV files are
    tabular resources: a header, UTF-8, ISO dates, ``true`` and ``false``, and an empty cell for a null, as
    polars writes them. Parquet carries its own types, so those files are checked by size and hash alone.

    Args:
        resources: the files, each with a table of the field dictionary.
        name: short name, lower case.
        title: for people.
        description: for people.
        version: of the package.
        sources: rows of the table ``sources``. Each resource names its own, and the terms that these state;
            the package as a whole has none.
        homepage: address of the project.

    Returns:
        The descriptor, to be written as ``datapackage.json`` beside the files.
    """
    by_id = {str(row["source_id"]): row for row in sources}
    described: dict[str, object] = {
        "profile": "data-package",
        "name": name,
        "title": title,
        "description": description,
        "version": version,
        "sources": [_source(row) for row in sources],
        "resources": [
            _resource(resource) | _rights([by_id[source] for source in resource.sources])
            for resource in resources
        ],
    }
    return described | ({"homepage": homepage} if homepage else {})


def _source(row: Mapping[str, object]) -> dict[str, object]:
    return {"title": f"{row['title']}, {row['producer']}", **({"path": row["url"]} if row["url"] else {})}


def _rights(sources: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Sources of one resource and the terms they state, each once; of a source that states none, none."""
    stated = {
        str(row["licence_name"]): row["licence_url"] or row["url"] for row in sources if row["licence_name"]
    }
    licences = [{"title": name, "path": path} for name, path in sorted(stated.items()) if path]
    return {"sources": [_source(row) for row in sources], **({"licenses": licences} if licences else {})}


def _resource(resource: Resource) -> dict[str, object]:
    spec = tables()[resource.table]
    if resource.path.endswith(".parquet"):
        return {
            "profile": "data-resource",
            "type": "file",
            "name": f"{resource.table}-parquet",
            "title": f"{_title(resource.table)}, as Parquet",
            "description": f"One row is {spec.row}.",
            "path": resource.path,
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
            "bytes": resource.n_bytes,
            "hash": f"sha256:{resource.sha256}",
        }
    schema: dict[str, object] = {
        "fields": [_field(fields()[column], required=column not in spec.nullable) for column in spec.columns],
        "missingValues": [""],
    }
    if spec.key:
        schema["primaryKey"] = list(spec.key)
    return {
        "profile": "tabular-data-resource",
        "name": resource.table,
        "title": _title(resource.table),
        "description": f"One row is {spec.row}.",
        "path": resource.path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": resource.n_bytes,
        "hash": f"sha256:{resource.sha256}",
        "schema": schema,
    }


def _title(table: str) -> str:
    return table.replace("_", " ").capitalize()


def _field(field: Field, *, required: bool) -> dict[str, object]:
    constraints: dict[str, object] = {"required": True} if required else {}
    if field.allowed:
        constraints["enum"] = list(field.allowed)
    if field.min is not None:
        constraints["minimum"] = int(field.min) if field.type == "int" else field.min
    described: dict[str, object] = {
        "name": field.name,
        "title": field.axis_label,
        "type": TYPES[field.type],
        "description": field.description,
        "example": str(field.example),
    }
    if field.unit:
        described["unit"] = field.unit
    return described | ({"constraints": constraints} if constraints else {})
