"""United Nations: consolidated list of the Security Council, XML.

``CONSOLIDATED_LIST`` holds ``INDIVIDUALS`` and ``ENTITIES``, one element for each subject. The file is read
by expat with any document type declaration refused, so that it can name no external entity and expand none,
and within bounds of size, depth and length of text. Layout: the Security Council's ``consolidated.xml``.
"""

from __future__ import annotations

import json
from pathlib import Path
from xml.parsers import expat

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much
from retorsion.sources.readers import HEAD_BYTES, Reader, root
from retorsion.sources.rows import ROW, Check, Fault, Rows, is_first, quarantined, sift
from retorsion.sources.text.published import N_ROWS, day, read_whole, required, whole_number

SUBJECT_TYPES = {"INDIVIDUAL": "individual", "ENTITY": "entity"}

_GROUPS = {"INDIVIDUALS": "INDIVIDUAL", "ENTITIES": "ENTITY"}

#: Elements of a subject; another name is a change of the layout.
ELEMENTS = frozenset(
    {
        "DATAID",
        "VERSIONNUM",
        "FIRST_NAME",
        "SECOND_NAME",
        "THIRD_NAME",
        "FOURTH_NAME",
        "UN_LIST_TYPE",
        "REFERENCE_NUMBER",
        "LISTED_ON",
        "DELISTED_ON",
        "GENDER",
        "SUBMITTED_BY",
        "NAME_ORIGINAL_SCRIPT",
        "COMMENTS1",
        "TITLE",
        "DESIGNATION",
        "NATIONALITY",
        "NATIONALITY2",
        "LIST_TYPE",
        "LAST_DAY_UPDATED",
        "INDIVIDUAL_ALIAS",
        "INDIVIDUAL_ADDRESS",
        "INDIVIDUAL_DATE_OF_BIRTH",
        "INDIVIDUAL_PLACE_OF_BIRTH",
        "INDIVIDUAL_DOCUMENT",
        "ENTITY_ALIAS",
        "ENTITY_ADDRESS",
        "SORT_KEY",
        "SORT_KEY_LAST_MOD",
    }
)

#: Texts of a subject that are read: path below the subject to column. Several are lists.
_TEXTS = {
    "DATAID": "data_id",
    "FIRST_NAME": "first_name",
    "SECOND_NAME": "second_name",
    "THIRD_NAME": "third_name",
    "FOURTH_NAME": "fourth_name",
    "UN_LIST_TYPE": "programme",
    "REFERENCE_NUMBER": "reference",
    "LISTED_ON": "listed_on",
    "DELISTED_ON": "delisted_on",
    "NAME_ORIGINAL_SCRIPT": "name_original_script",
    "COMMENTS1": "remarks",
}
_LISTS = {
    "NATIONALITY/VALUE": "nationalities",
    "INDIVIDUAL_ALIAS/ALIAS_NAME": "aliases",
    "ENTITY_ALIAS/ALIAS_NAME": "aliases",
    "ENTITY_ADDRESS/COUNTRY": "countries",
    "LAST_DAY_UPDATED/VALUE": "updated",
}

_MAX_DEPTH = 8
_AGAIN = "Fetch the file again."
_TEXT_LIST = pl.List(pl.String)
_COLUMNS: list[tuple[str, pl.DataType]] = [
    (ROW, pl.Int64()),
    ("kind", pl.String()),
    *((name, pl.String()) for name in _TEXTS.values()),
    *((name, _TEXT_LIST) for name in dict.fromkeys(_LISTS.values())),
]
_SCHEMA = pl.Schema(_COLUMNS)

#: XML Schema's date, with the time and the time zone that it allows.
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$"


class _Reader:
    """Handlers of expat that gather one record for each subject."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.records: list[dict[str, object]] = []
        self.faults: list[Fault] = []
        self.generated: str | None = None
        self.unread: set[str] = set()
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._record: dict[str, object] = {}
        self.waiting = 0  # bytes since an element began
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _refuse(self, problem: str, remedy: str, value: str | None = None) -> SourceError:
        return SourceError(self.file, problem, row=self.parser.CurrentLineNumber, value=value, remedy=remedy)

    def _doctype(self, *_: object) -> None:
        raise self._refuse(
            "declares a document type, which could expand entities",
            "The Security Council's list declares none: fetch it again.",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        depth, name = len(self._path), name.rpartition(":")[2]
        known = (
            name == "CONSOLIDATED_LIST" if depth == 0
            else name in _GROUPS if depth == 1
            else name == _GROUPS[self._path[1]] if depth == 2
            else depth < _MAX_DEPTH
        )  # fmt: skip
        if not known:
            raise self._refuse(
                f"has the element {name[:80]!r}, which the layout does not have there",
                "If the Security Council has changed its layout, the reader has to be changed first.",
            )
        if depth == 3 and name not in ELEMENTS:
            self.unread.add(name)
        if depth == 0:
            self.generated = attributes.get("dateGenerated")
        if depth == 2:
            self._record = {ROW: self.parser.CurrentLineNumber, "kind": name}
        self._path.append(name)
        self._text, self._length = [], 0
        self.waiting = 0

    def _data(self, text: str) -> None:
        self._length += len(text)
        if self._length > limit("cell_bytes"):
            raise self._refuse(
                f"holds a text of more than {limit('cell_bytes')} characters", "Fetch the file again."
            )
        self._text.append(text)

    def _end(self, name: str) -> None:
        text = "".join(self._text).strip()
        below = "/".join(self._path[3:])
        if text and below in _TEXTS:
            column = _TEXTS[below]
            if column in self._record:
                self._record["twice"] = below
            self._record[column] = text
        elif text and below in _LISTS:
            values = self._record.setdefault(_LISTS[below], [])
            assert isinstance(values, list)
            values.append(text)
        self._path.pop()
        self._text, self._length = [], 0
        if len(self._path) == 2:
            self._close()

    def _close(self) -> None:
        if len(self.records) >= limit("subjects"):
            raise too_much("subjects", self.file, f"has more than {len(self.records)} subjects", _AGAIN)
        if "twice" not in self._record:
            self.records.append(self._record)
            return
        self.faults.append(
            Fault(
                int(str(self._record[ROW])),
                str(self._record["twice"]),
                None,
                "is given twice for one subject",
                "Compare the subject with the list's page.",
                json.dumps(self._record, ensure_ascii=False),
            )
        )


_CHECKS = (
    Check(
        "data_id",
        whole_number("data_id", 9),
        "is not the number of a subject",
        "Compare the subject with the list's page.",
    ),
    Check(
        "data_id",
        is_first("data_id"),
        "is the number of an earlier subject",
        "Keep one of the two.",
    ),
    required("first_name"),
    required("programme"),
    required("reference"),
    Check(
        "listed_on",
        day("listed_on_day", "%Y-%m-%d", _DATE).is_not_null() & pl.col("listed_on").str.contains(_DATE),
        "is not a date",
        "Dates are written 2012-11-12.",
    ),
)


def read_un_list(path: Path, *, source_id: str) -> Rows:
    """Read ``consolidated.xml``.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in file order: ``row`` (line of its element), ``n_rows`` (1),
        ``list_number`` (permanent reference number), ``subject_type``, ``subject_name`` (all parts),
        ``aliases`` (list), ``subject_country`` (nationalities of an individual, countries of address of an
        entity, in the list's words, parted by ``; ``), ``programmes`` (list of one), ``announced_date``
        (``LISTED_ON``), ``effective_date`` (null), ``data_id``, ``name_original_script``, ``remarks``,
        ``updated_text`` (list, as written), ``generated_text``; where the list says of a subject that it was
        delisted, ``ended_date``. Rejected: subjects that failed a check; both
        together are the subjects of the file.

    Raises:
        SourceError: not well-formed XML, a document type declaration, a text or a depth beyond bounds, or no subjects.
    """
    data = read_whole(path)
    reader = _Reader(path.name)
    try:
        for at in range(0, len(data), HEAD_BYTES):
            piece = data[at : at + HEAD_BYTES]
            reader.waiting += len(piece)
            if reader.waiting > limit("cell_bytes") + HEAD_BYTES:
                raise too_much(
                    "cell_bytes", path.name, f"has {reader.waiting} bytes in one tag or text", _AGAIN
                )
            reader.parser.Parse(piece, False)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise SourceError(
            path.name,
            f"is not well-formed XML ({expat.ErrorString(error.code)})",
            row=error.lineno,
            remedy="Fetch the file again: it was cut short or altered.",
        ) from None
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or not of one byte
        raise SourceError(
            path.name, f"declares an encoding that cannot be read ({error})", row=1, remedy="Fetch it again."
        ) from None
    n_in = len(reader.records) + len(reader.faults)
    if n_in == 0:
        raise SourceError(path.name, "has no subjects", remedy="No published list is empty: fetch it again.")
    frame = pl.DataFrame(reader.records, schema=_SCHEMA, orient="row").with_columns(
        pl.col("listed_on").str.slice(0, 10).alias("listed_on_day")
    )
    rows = sift(frame, _CHECKS, source_id=source_id, file=path.name)
    names = pl.concat_str(
        "first_name", "second_name", "third_name", "fourth_name", separator=" ", ignore_nulls=True
    )
    subjects = rows.accepted.select(
        ROW,
        pl.lit(1, dtype=pl.Int64).alias(N_ROWS),
        pl.col("reference").alias("list_number"),
        pl.col("kind").replace_strict(SUBJECT_TYPES, return_dtype=pl.String).alias("subject_type"),
        names.alias("subject_name"),
        "aliases",
        pl.when(pl.col("kind") == "INDIVIDUAL")
        .then(pl.col("nationalities"))
        .otherwise(pl.col("countries"))
        .list.unique(maintain_order=True)
        .list.join("; ")
        .alias("subject_country"),
        pl.concat_list("programme").alias("programmes"),
        pl.col("listed_on_day").str.to_date("%Y-%m-%d").alias("announced_date"),
        pl.lit(None, dtype=pl.Date).alias("effective_date"),
        "data_id",
        "name_original_script",
        "remarks",
        pl.col("updated").alias("updated_text"),
        pl.lit(reader.generated, dtype=pl.String).alias("generated_text"),
    )
    if rows.accepted["delisted_on"].null_count() < len(subjects):
        ended = rows.accepted["delisted_on"].str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        subjects = subjects.with_columns(ended.alias("ended_date"))
    twice = quarantined(reader.faults, source_id=source_id, file=path.name)
    notes = (f"elements that are not read: {', '.join(sorted(reader.unread))}",) if reader.unread else ()
    return Rows(subjects, pl.concat([twice, rows.rejected]), notes).check(n_in, path.name)


READERS = (
    Reader(
        "un_list",
        "list",
        "United Nations, consolidated list (XML)",
        read_un_list,
        root("CONSOLIDATED_LIST"),
        ("list_number",),
    ),
)
