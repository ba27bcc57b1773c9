"""Hostile text, put into every field of text that a project has: which take it, and which refuse it by name."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from copied_project import Project
from retorsion.errors import RetorsionError
from retorsion.params import Options, read_case, read_params, references
from retorsion.sources.formats.ledger import LAYOUTS
from retorsion.sources.readers import FORMATS, formats, readers
from retorsion.sources.sidecar import Licence, Sidecar, SourceFile, load_sidecar, pinned, sha256_of
from retorsion.sources.text.recorded import RecordedLayout, read_recorded

#: What would run, break out, mislead or spoil the page.
TEXTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg/onload=alert(3)>",
    '"><a href="javascript:alert(4)">here</a>',
    "' onmouseover='alert(5)' x='",
    "[here](javascript:alert(6)) ![x](data:text/html,<script>alert(7)</script>)",
    "</script><script>alert(8)</script>",
    "</title></style></textarea><script>alert(9)</script>",
    "--><script>alert(10)</script><!--",
    "]]><x/>",
    "{{7*7}} {% for x in y %} {# c #} ${7*7} #{7*7} %s {0}",
    "abc\u202edef\u2066ghi\u200b",
    "long" * 1500,
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    r"$\foo$ $x^2$ a*b*c _d_ `e` ~~f~~ | g",
    "# heading",
    "- item",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "javascript:alert(11)",
    "data:text/html,<script>alert(12)</script>",
    "\x1b[31mred\x07 \x7f bell",
    "<iframe src=//evil.example></iframe><object data=//evil.example></object>",
    "<base href=//evil.example><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><button>go</button></form>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example/x.css>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(13)>",
    '\\"; alert(15); //',
    "[U+202E] \u0e01\u0e33\u0e49 \U0001f600 \u0627\u0644\u0639",
)
#: Addresses of pages with the same in them.
URLS = (
    'https://evil.example/"onclick="alert(21)',
    "https://evil.example/'><script>alert(22)</script>",
    "https://evil.example/x)[y](javascript:alert(23)",
    "https://evil.example/{{7*7}}{%x%}",
    "https://evil.example/" + "long" * 1500,
)
#: Columns of which another is named, since what is wrong is how the two go together.
NAMED_BY = {"reply_act_id": "order"}
#: Rows of a table that get hostile text: each text more than once.
N_ROWS = 100


@cache
def _recorded() -> dict[tuple[str, ...], str]:
    """Names of recorded layouts by their columns."""
    found = {}
    for name in formats():
        layout = getattr(import_module(f"{FORMATS}.{name}"), "LAYOUT", None)
        if isinstance(layout, RecordedLayout):
            found[layout.columns] = name
    return found


def reader_of(path: Path, columns: tuple[str, ...]) -> Callable[[], pl.DataFrame] | None:
    """What reads a file of a source: gives its quarantined rows; None where only a whole stage reads it."""
    part = next((name for name, layout in LAYOUTS.items() if layout.columns == columns), None)
    if part is not None:
        return lambda: readers()[f"ledger_file_{part}"].read(path, source_id="x").rejected
    if (name := _recorded().get(columns)) is not None:
        return lambda: read_recorded(path, name, source_id="x").rejected
    return None


class Table:
    """A CSV file of a source, whose columns are spoilt one by one."""

    def __init__(self, path: Path, number: int) -> None:
        with path.open(encoding="utf-8", newline="") as stream:
            self.columns, *self.rows = map(tuple, csv.reader(stream))
        self.path, self.number, self.spoilt = path, number, dict[str, tuple[str, ...]]()

    def write(self) -> None:
        """Write the rows with what is spoilt; a cell that is empty stays so."""
        with self.path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows(self._written())

    def has_had(self, column: str, values: Collection[str]) -> bool:
        """Whether a cell of a column was one of some values before it was spoilt."""
        number = self.columns.index(column)
        return any(row[number] in values for row in self.rows[:N_ROWS])

    def _written(self) -> Iterator[list[str]]:
        # a number makes each its own, as names have to be
        texts = {
            column: (
                f"{word}{'' if word in URLS else ' '}{self.number}-{n}."
                for n, word in enumerate(islice(cycle(words), N_ROWS))
            )
            for column, words in self.spoilt.items()
        }
        for row in self.rows:
            yield [
                next(texts[column], cell) if column in texts and cell else cell
                for column, cell in zip(self.columns, row, strict=True)
            ]

    def try_texts(self) -> dict[str, str]:
        """Spoil every column that takes hostile text or addresses; what is said of the others.

        A column of which rows are refused has to be named in what is said.
        """
        read = reader_of(self.path, self.columns)
        said: dict[str, str] = {}
        for number, column in enumerate(self.columns):
            if not any(row[number] for row in self.rows):
                continue
            for words in (TEXTS, URLS):
                taken = self._taken(column, words, read)
                if taken:
                    self.spoilt[column] = taken
                    said.pop(column, None)
                    break
                said[column] = self._refusal(column, words, read) or ""
                named = NAMED_BY.get(column, column)
                assert named in said[column], f"{self.path}: {said[column]!r} does not name {column}"
        self.write()
        return said

    def _taken(
        self, column: str, words: tuple[str, ...], read: Callable[[], pl.DataFrame] | None
    ) -> tuple[str, ...]:
        """Those of some texts that a column takes."""
        if self._refusal(column, words, read) is None:
            return words
        if all(self._refusal(column, (one,), read) for one in words[:3]):
            return ()
        return tuple(one for one in words if self._refusal(column, (one,), read) is None)

    def _refusal(
        self, column: str, words: tuple[str, ...], read: Callable[[], pl.DataFrame] | None
    ) -> str | None:
        """What is said against texts in a column beside those that are spoilt already; None if nothing is."""
        before = dict(self.spoilt)
        self.spoilt[column] = words
        self.write()
        self.spoilt = before
        if read is None:
            return None
        try:
            rejected = read()
        except RetorsionError as error:
            return str(error)
        if rejected.is_empty():
            return None
        return "; ".join(sorted(set(rejected["column"]) | set(rejected["remedy"].head(3))))


class Tree:
    """A file of YAML, whose texts are spoilt one by one, wherever they stand."""

    def __init__(self, path: Path, check: Callable[[], object], keep: Callable[[str], bool]) -> None:
        """Read a file.

        Args:
            path: the file, which must stay what ``check`` accepts.
            check: reads the file, and raises our error if it cannot.
            keep: whether a text names a field, or something in the tables, and stays.
        """
        self.path, self.check, self.keep = path, check, keep
        self.whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.spoilt: dict[str, str] = {}

    def write(self) -> None:
        """Write the file with what is spoilt."""
        text = yaml.safe_dump(
            _replaced(self.whole, self.spoilt), allow_unicode=True, sort_keys=False, width=10**6
        )
        self.path.write_text(text, encoding="utf-8")

    def try_texts(self) -> dict[str, str]:
        """Spoil every text that may be hostile; what is said of the others, which has to name the file."""
        words = cycle(TEXTS)
        said: dict[str, str] = {}
        texts = [text for text in dict.fromkeys(_texts(self.whole)) if not self.keep(text)]
        for number, text in enumerate(texts):
            mark = f"{self.path.parent.name}-{self.path.stem}-{number}."
            for new in (f"{next(words)} {mark}", f"{URLS[number % len(URLS)]}{mark}"):
                self.spoilt[text] = new
                self.write()
                try:
                    self.check()
                    said.pop(text, None)
                    break
                except RetorsionError as error:
                    said[text] = str(error)
                    del self.spoilt[text]
        self.write()
        self.check()
        unclear = [one for one in said.values() if self.path.name not in one and self.path.stem not in one]
        assert unclear == [], f"{self.path}: what is said does not name the file"
        return said


def _texts(value: Any) -> Iterator[str]:
    """Every text of a tree, keys too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _replaced(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _replaced(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def _names_in(record: Options) -> frozenset[str]:
    """Texts that name something of the tables, and names of fields."""
    return frozenset(one.value for one in references(record)) | _fields(type(record))


def _fields(kind: Any) -> frozenset[str]:
    found: set[str] = set()
    waiting = [kind]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, Options):
            for name, field in one.model_fields.items():
                found |= {name, field.alias or name}
                waiting.append(field.annotation)
        else:
            waiting.extend(getattr(one, "__args__", ()))
    return frozenset(found)


def leave_out_pages(path: Path) -> None:
    """Leave out the pages of rows that get hostile text, since a page has to be among the addresses of its row."""
    spoilt: set[str] = set()
    for table in sorted(path.parent.glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            if "source_urls" in (rows.fieldnames or ()):
                first = (rows.fieldnames or ())[0]
                spoilt |= {row[first] for row in islice((row for row in rows if row["source_urls"]), N_ROWS)}
    with path.open(encoding="utf-8", newline="") as stream:
        columns, *pages = csv.reader(stream)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(
            [columns, *(page for page in pages if page[0] not in spoilt)]
        )


class Spoilt:
    """A copy of the project with hostile text in every field that takes it.

    Attributes:
        project: the copy.
        said: what was said of the fields that refuse it, by file and field.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.said: dict[str, str] = {}
        raw = project.folder / "data" / "raw"
        for path in sorted(raw.glob("*/pages.csv")):
            leave_out_pages(path)
        self.tables = [Table(path, number) for number, path in enumerate(sorted(raw.glob("*/*.csv")))]
        for table in self.tables:
            self._tell(table, table.try_texts())
        with (raw / "source_hosts" / "hosts.csv").open("a", encoding="utf-8") as stream:
            stream.write("evil.example,newspaper,,\n")
        sidecars = sorted(raw.glob("*/source.yaml"))
        fields = {one.name for kind in (Sidecar, Licence, SourceFile) for one in dataclasses.fields(kind)}
        self.trees = [self._tree(path, partial(load_sidecar, path), fields) for path in sidecars]
        params = project.folder / "params.yaml"
        known = read_params(params, raw)
        self.trees.append(self._tree(params, partial(read_params, params, raw), _names_in(known)))
        known = read_params(params, raw)
        for name in known.cases:
            path = project.folder / "data" / "cases" / f"{name}.yaml"
            names = _names_in(read_case(path, known, raw))
            self.trees.append(self._tree(path, partial(read_case, path, known, raw), names))
        self.pin()

    def _tree(self, path: Path, check: Callable[[], object], names: Collection[str]) -> Tree:
        tree = Tree(path, check, names.__contains__)
        self._tell(tree, tree.try_texts())
        return tree

    def _tell(self, one: Table | Tree, said: dict[str, str]) -> None:
        place = f"{one.path.parent.name}/{one.path.name}"
        self.said |= {f"{place} {field}": words for field, words in said.items()}

    def pin(self) -> None:
        """Pin every source whose files are no longer those of its sidecar, unless it is downloaded."""
        for path in sorted(self.project.folder.glob("data/raw/*/source.yaml")):
            sidecar, text = load_sidecar(path), path.read_text(encoding="utf-8")
            if any(sha256_of(path.parent / file.path) != file.sha256 for file in sidecar.files):
                path.write_text(pinned(text, sidecar, path.parent), encoding="utf-8")

    def build(self, *commands: list[str]) -> None:
        """Run commands, and take back what they refuse, one field after the other."""
        while (run := self.project(*commands)).returncode:
            message = run.stderr.partition("error: ")[2].strip()
            assert message, run.stderr[-3000:]
            assert "Traceback" not in run.stderr, run.stderr[-3000:]
            found = self._named_in(message)
            assert found, f"no field is named: {message[:600]}"
            for one, field in self._alike(found):
                del one.spoilt[field]
                one.write()
                self._tell(one, {field: message[:400]})
            self.pin()

    def _alike(self, found: list[tuple[Table | Tree, str]]) -> list[tuple[Table | Tree, str]]:
        """The same columns of all ledgers, which have one schema."""
        columns = {(one.path.name, field) for one, field in found if isinstance(one, Table)}
        same = [
            (table, column)
            for table in self.tables
            for column in table.spoilt
            if table.path.parent.name.startswith("ledger_") and (table.path.name, column) in columns
        ]
        return list(dict.fromkeys([*found, *same]))

    def _named_in(self, message: str) -> list[tuple[Table | Tree, str]]:
        """The field that a message is about: by file and column, by its text, or else one that may be it."""
        every = [(table, column) for table in self.tables for column in table.spoilt]
        named = [one for one in every if one[0].path.name in message]
        own = [one for one in named if f"{one[0].path.parent.name}/{one[0].path.name}" in message]
        texts = [
            (tree, field)
            for tree in self.trees
            for field, text in tree.spoilt.items()
            # the mark at the end, since a table's reader takes a formula's sign away
            if text.split()[-1] in message
            or repr(text)[1:-1] in message
            or (len(text) > 80 and text[:79] in message)
        ]
        said = message.lower()
        return (
            [one for one in own if f"column {one[1]!r}" in message]
            or [one for one in named if f"column {one[1]!r}" in message]
            or texts
            or [one for one in every if self._shows(one, message)][:1]
            or [one for one in every if one[0].has_had(one[1], re.findall(r"value '([^']+)'", message))]
            or own[:1]
            or named[:1]
            or [one for one in every if all(word in said for word in one[0].path.stem.split("_"))][:1]
        )

    def _shows(self, one: tuple[Table, str], message: str) -> bool:
        table, column = one
        words = table.spoilt[column]
        return any(f"{word}{'' if word in URLS else ' '}{table.number}-" in message for word in words)
