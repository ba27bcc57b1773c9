"""Numbers, sentences and tables for notebooks and pages, labelled as the field dictionary says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from numbers import Integral, Real
from string import Formatter
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

import polars as pl

from retorsion.findings import place_of, written
from retorsion.reports.markdown import as_text
from retorsion.tables.fields import Field, fields

MISSING = "–"
#: Letters above which the words of a column need room, and above which they need much.
WORDS, LONG = 45, 120
#: Columns of web addresses, which are links with the host as text.
ADDRESSES = frozenset({"url", "source_url", "source_urls", "licence_url"})
#: The style sheet draws a dash in it, which is read out as "missing".
MISSING_CELL = '<i class="missing"></i>'


#: What a table needs in JupyterLab, which aligns all cells to the right; pages have a style sheet of their own.
LAB_STYLE = (
    "<style>.jp-RenderedHTMLCommon .table :is(td,th){text-align:left;vertical-align:top;max-width:34rem;"
    "white-space:normal}.jp-RenderedHTMLCommon .table .number{text-align:right;white-space:nowrap}"
    ".jp-RenderedHTMLCommon .table caption{text-align:left;font-weight:bold}"
    ".jp-RenderedHTMLCommon .table :is(caption,th) small{display:block;font-weight:normal}"
    ".jp-RenderedHTMLCommon .table .missing::before{content:'–'}</style>"
)


@dataclass(frozen=True)
class Html:
    """HTML that a notebook displays and a page holds."""

    html: str

    def _repr_html_(self) -> str:
        return f"{LAB_STYLE}{self.html}"


@dataclass(frozen=True)
class Prose:
    """Markdown that a notebook displays and a page holds.

    As a value of :func:`say` it keeps its markup, which any other text loses.
    """

    text: str

    def _repr_markdown_(self) -> str:
        return self.text


def number(value: float | None, *, digits: int = 3) -> str:
    """A number for reading: whole numbers exactly, others to significant digits; a dash where it is missing.

    Example:
        >>> number(1264888), number(0.012345, digits=2), number(-48213.7), number(None)
        ('1,264,888', '0.012', '−48,200', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if isinstance(value, Integral):
        return written(_minus(f"{value:,d}"), value)
    decimals = _decimals(value, digits)
    return written(_minus(f"{round(value, decimals):,.{max(decimals, 0)}f}"), value)


def interval(estimate: float, low: float, high: float, *, digits: int = 2, unit: str = "") -> str:
    """An estimate with its interval, all to the same place.

    Example:
        >>> interval(1.234, 0.81, 1.93)
        '1.2 (0.8 to 1.9)'
    """
    if not all(map(math.isfinite, (estimate, low, high))):
        return MISSING
    decimals = _decimals(max(map(abs, (estimate, low, high))), digits)
    words = [_minus(f"{round(value, decimals):,.{max(decimals, 0)}f}") for value in (estimate, low, high)]
    return written(f"{words[0]}{unit} ({words[1]} to {words[2]}{unit})", estimate)


def ranged(part: Mapping[str, Any], unit: str = "") -> str:
    """A part of the findings as estimate and interval, in the words of its unit.

    Args:
        part: with ``estimate``, ``lower`` and ``upper``.
        unit: ``share`` for percentages, ``days`` for whole days, any other word as it is.

    Example:
        >>> ranged({"estimate": 0.4, "lower": 0.29, "upper": 0.53}, "share")
        '40% (29% to 53%)'
        >>> ranged({"estimate": 3, "lower": 1, "upper": 9}, "days")
        '3 (1 to 9) days'
    """
    if "estimate" not in part:
        return "no estimate"
    estimate, lower, upper = (part.get(key) for key in ("estimate", "lower", "upper"))
    if unit == "share":
        text = f"{percent(estimate)} ({percent(lower)} to {percent(upper)})"
    elif unit == "days" and (lower is None or upper is None):
        text = f"{estimate:g} {'day' if estimate == 1 else 'days'}"
    elif estimate is None or lower is None or upper is None:
        text = f"{number(estimate)} {unit}".strip()
    elif unit == "days":
        text = f"{estimate:g} ({lower:g} to {upper:g}) days"
    else:
        text = f"{interval(estimate, lower, upper)} {unit}".strip()
    return written(text, part)


def percent(share: float | None, *, digits: int = 2) -> str:
    """A share as a percentage.

    Example:
        >>> percent(0.3349), percent(-0.0051), percent(1)
        ('33%', '−0.51%', '100%')
    """
    if share is None or not math.isfinite(share):
        return MISSING
    whole_digits = len(str(int(abs(100 * share))))
    return written(f"{number(100.0 * share, digits=max(digits, whole_digits))}%", share)


def scaled(value: float, by: float) -> str:
    """A number in a larger unit, such as billions; it keeps its place in the findings.

    Example:
        >>> scaled(-15_900_000_000, -1e9)
        '15.9'
    """
    return written(number(value / by), value)


def file_size(n_bytes: int) -> str:
    """A number of bytes in the unit people use for it.

    Example:
        >>> file_size(900), file_size(97559), file_size(4_200_000)
        ('900 B', '98 kB', '4.2 MB')
    """
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n_bytes >= size:
            scaled = n_bytes / size
            return f"{scaled:.1f} {unit}" if scaled < 10 else f"{scaled:.0f} {unit}"
    return f"{n_bytes} B"


def say(template: str, **values: object) -> Prose:
    """Prose whose numbers come from findings, so that none is typed, and lead back to them.

    A value that knows its place in the findings becomes a link to the evidence for it. Words are shown as
    they are: what would be markup in them is escaped.

    Args:
        template: Markdown with fields in braces, each with an optional format such as ``{share:.0%}``.
        values: numbers, dates, words and :class:`Prose`; without a format numbers read as :func:`number`
            gives them.

    Example:
        >>> say("{n} acts in {years} years", n=1528, years=4.25).text
        '1,528 acts in 4.25 years'
    """
    return Prose(_Wording().format(template, **values))


def joined(parts: Iterable[Prose], between: str = " ") -> Prose:
    """Prose made of parts, such as one sentence for each side."""
    return Prose(between.join(part.text for part in parts))


def points(parts: Sequence[str | Prose]) -> Prose:
    """Prose as a list, one point for each part; a single part is a paragraph."""
    texts = [part.text if isinstance(part, Prose) else part for part in parts]
    return Prose("\n".join(f"- {text}" for text in texts) if len(texts) > 1 else "".join(texts))


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


#: Small counts are written out, as a newspaper does.
_COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def count_word(count: int) -> str:
    """A count below ten as a word, a larger one in figures.

    Example:
        >>> count_word(0), count_word(3), count_word(1200)
        ('none', 'three', '1,200')
    """
    return _COUNTS[count] if 0 <= count < len(_COUNTS) else f"{count:,}"


class _Wording(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        """Format one value of a sentence; with digits in it and a place in the findings it is a link."""
        if format_spec:
            text = _minus(format(value, format_spec)) if _is_number(value) else format(value, format_spec)
        else:
            text = number(value) if _is_number(value) or value is None else _words(value)
        if isinstance(value, Prose):
            return text
        place = place_of(value)
        # A statement of the findings is a sentence of its own, and says where its numbers come from.
        is_number = place is not None and len(text) < 60 and any(map(str.isdigit, text))
        shown = as_text(text)
        return f"[{shown}]({REPORTS}{evidence_href(place)})" if place and is_number else shown


#: Where a notebook's folder finds the pages; the pages themselves link to one another without it.
REPORTS = "../reports/"


def from_site(text: str, folder: str = "") -> str:
    """Markdown or HTML with its links to pages as the pages themselves write them.

    A notebook writes them from its own folder, so that they lead somewhere in JupyterLab too.

    Args:
        text: the Markdown or HTML.
        folder: where the pages are, relative to the page that shows the text.
    """
    return text.replace(f"]({REPORTS}", f"]({folder}").replace(f'href="{REPORTS}', f'href="{folder}')


def evidence_href(place: str) -> str:
    """Address of the evidence for a place in the findings, relative to the folder of the case.

    Example:
        >>> evidence_href("escalation.excitation.links.AAA->BBB.with the driver")
        'evidence/escalation_excitation.html#escalation.excitation.links.AAA-BBB.with-the-driver'
        >>> evidence_href("escalation.headlines.0.estimate")
        'evidence/escalation.html#escalation.headlines.0.estimate'
    """
    analysis, *parts = place.split(".")
    return f"{evidence_page_of(analysis, parts[0] if parts else None)}#{anchor_of(place)}"


#: Parts of the findings of an analysis that are no finding of their own; one page shows them together.
OVERALL = frozenset({"headlines", "pair", "window", "as_of", "tables", "quarantined"})


def evidence_page_of(analysis: str, part: str | None) -> str:
    """Address of the page of evidence on one part of the findings, relative to the folder of the case."""
    return (
        f"evidence/{analysis}.html" if part is None or part in OVERALL else f"evidence/{analysis}_{part}.html"
    )


def anchor_of(place: str) -> str:
    """A place in the findings as the id of its row on the evidence page."""
    return re.sub(r"[^\w.]+", "-", place)


#: Rows up to which a table stands in full; a longer one scrolls.
_MOST_UNSCROLLED = 30


def table(
    frame: Any,
    *,
    caption: str,
    columns: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, str | Callable[[Any], str]] | None = None,
    max_rows: int | None = None,
    row_ids: str | None = None,
    row_links: str | None = None,
    links: Mapping[str, Callable[[Any], str | None]] | None = None,
    hints: Mapping[str, Callable[[Any], str | None]] | None = None,
    interactive: bool | None = None,
    by_column: bool = False,
) -> Html:
    """A frame as a table for reading.

    Heads, units and alignment follow the field dictionary; dates are ISO; nulls are a dash read out as
    "missing"; addresses are links with the host as text.

    Args:
        frame: polars or pandas; a pandas index is left out.
        caption: what the table shows, with units that its heads do not give.
        columns: columns in order; all by default.
        labels: heads that differ from the dictionary's.
        formats: by column, a format such as ``".1f"`` or ``"%"``, or a function of one value giving text.
        max_rows: rows to show; the caption says how many there are.
        row_ids: template of each row's anchor, such as ``"{act_id}"``.
        row_links: template of the address each row's first cell leads to, such as ``"acts.html#{act_id}"``.
        links: by column, a function of the value giving the address its cell leads to, or None.
        hints: by column, a function of the value giving a few words beside it, or None.
        interactive: whether it can be sorted and filtered; by default with more than 12 rows.
        by_column: whether cells leave to the style sheet of the page what kind of column theirs is
            (:func:`column_kinds`), which halves a table of a thousand rows.

    Returns:
        HTML, shown in notebooks.
    """
    data = _polars(frame)
    chosen = list(columns) if columns is not None else data.columns
    shown = data if max_rows is None else data.head(max_rows)
    writers = {
        name: _linked(
            _writer(shown[name], (formats or {}).get(name)), (links or {}).get(name), (hints or {}).get(name)
        )
        for name in chosen
    }
    classes = {name: _class(name, data[name]) for name in chosen}
    heads = "".join(_head(name, (labels or {}).get(name), classes[name]) for name in chosen)
    rows = []
    for values in shown.iter_rows(named=True):
        cells = [writers[name](values[name]) for name in chosen]
        if row_links is not None:
            cells[0] = f'<a href="{escape(_filled(row_links, values))}">{cells[0]}</a>'
        anchor = f' id="{escape(row_ids.format_map(values))}"' if row_ids is not None else ""
        rows.append(_light_row(cells, anchor) if by_column else _row(cells, list(classes.values()), anchor))
    cut = f"<small>The first {len(shown):,} of {len(data):,} rows.</small>" if len(shown) < len(data) else ""
    lively = interactive if interactive is not None else len(shown) > 12
    kinds = " ".join(["interactive"] * lively + ["by-column"] * by_column)
    marked = f' class="{kinds}"' if kinds else ""
    tall = " tall" if len(shown) > _MOST_UNSCROLLED else ""
    return Html(
        f'<div class="table"><div class="scroll{tall}"><table{marked}>'
        f'<caption><span class="caption">{escape(caption)}{cut}</span></caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table></div></div>"
    )


#: What stands in a column of :func:`listing`: its name or an expression, and a format of :func:`table` if it needs one.
Column: TypeAlias = str | pl.Expr | tuple[str | pl.Expr, str | Callable[[Any], str]]


def listing(
    rows: pl.DataFrame | Sequence[Mapping[str, Any]],
    caption: str,
    columns: Mapping[str, Column] | None = None,
    **options: Any,
) -> Html:
    """A table whose columns are stated once, each by its head; those that are empty in every row are left out.

    Args:
        rows: a frame, or rows by head.
        caption: what the table shows.
        columns: by head, in order, less those without a value; without it, all of ``rows`` under their own names.
        options: of :func:`table`; ``formats`` only without ``columns``.
    """
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, infer_schema_length=None)
    if columns is None:
        return table(frame, caption=caption, labels={name: name for name in frame.columns}, **options)
    given = [one if isinstance(one, tuple) else (one, None) for one in columns.values()]
    shown = frame.select(what for what, _ in given)
    formats = {name: way for name, (_, way) in zip(shown.columns, given, strict=True) if way is not None}
    labels = dict(zip(shown.columns, columns, strict=True))
    filled = [each.name for each in shown if each.null_count() < len(shown) or shown.is_empty()]
    return table(shown, columns=filled, caption=caption, labels=labels, formats=formats, **options)


#: Shades by the number of acts in force; the style sheet has their colours.
_SHADES = (1, 5, 20)


def matrix(found: pl.DataFrame, *, caption: str, name: Callable[[str], str]) -> Html:
    """A row for each state that imposes on another, a column for each kind of measure.

    Args:
        found: of :func:`retorsion.tables.in_force.measures_in_force`.
        caption: what is counted, and on which day.
        name: a state's name by its code.

    Returns:
        HTML of a table. A cell has the number of acts in force and the first day, and the number of acts that
        have ended where there are any; kinds that nobody has used have no column.
    """
    used = (
        found.group_by("kind", maintain_order=True).agg(pl.col("n_acts").sum()).filter(pl.col("n_acts") > 0)
    )
    kinds = used["kind"].to_list()
    heads = "".join(f'<th scope="col">{escape(kind)}</th>' for kind in kinds)
    rows = []
    for (imposer, addressee), part in found.group_by("imposer_code", "addressee_code", maintain_order=True):
        cells = {one["kind"]: one for one in part.iter_rows(named=True)}
        words = f"{escape(name(str(imposer)))} on {escape(name(str(addressee)))}"
        filled = "".join(_matrix_cell(**cells[kind]) for kind in kinds)
        rows.append(f'<tr><th scope="row">{words}</th>{filled}</tr>')
    return Html(
        f'<div class="table"><div class="scroll"><table class="matrix"><caption><span class="caption">'
        f"{escape(caption)}</span></caption><thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table></div></div>"
    )


def _matrix_cell(*, n_acts: int, n_in_force: int, first_date: object, **_: object) -> str:
    if not n_acts:
        return '<td><i class="none">none</i></td>'
    shade = sum(n_in_force >= least for least in _SHADES)
    since = f"<small>{first_date}</small>" if n_in_force else ""
    ended = f"<small>{n_acts - n_in_force:,} ended</small>" if n_acts > n_in_force else ""
    return f'<td class="shade-{shade}"><b>{n_in_force:,}</b>{since}{ended}</td>'


def column_kinds(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, list[int]]:
    """Numbers of the columns of each kind, from one on, for the style sheet of a page (:func:`table`).

    Example:
        >>> column_kinds(pl.DataFrame({"x": [1], "act_id": ["a"], "y": [2]}), ["act_id", "x", "y"])
        {'code-cell': [1], 'number': [2, 3]}
    """
    kinds: dict[str, list[int]] = {}
    for place, name in enumerate(columns, start=1):
        kind = _kind(name, frame[name])
        if kind:
            kinds.setdefault(kind.split()[0], []).append(place)
    return kinds


def with_download(figure: str, address: str) -> str:
    """HTML of a figure (:func:`retorsion.figures.svg.show`) with links to its file and to itself after the source."""
    end = "</p></figure>"
    if not figure.endswith(end):
        return figure
    place = f"figure-{address.rpartition('/')[2].partition('.')[0]}"
    links = (
        f' · <a href="{escape(address)}" download>SVG<span class="unseen"> of this figure</span></a>'
        f' · <a href="#{escape(place)}">Link<span class="unseen"> to this figure</span></a>'
    )
    begun = figure.replace("<figure ", f'<figure id="{escape(place)}" ', 1)
    return f"{begun.removesuffix(end)}{links}{end}"


def web_addresses(text: str | None) -> list[str]:
    """The addresses of web pages among words separated by blanks; nothing else may become a link."""
    return [part for part in (text or "").split() if part.startswith(("http://", "https://"))]


def addresses(text: str) -> str:
    """Web addresses separated by blanks as links with the host as text; anything else is escaped."""
    found = []
    counts: dict[str, int] = {}
    for part in text.split():
        host = urlsplit(part).hostname if part.startswith(("http://", "https://")) else None
        if host is None:
            return escape(text)
        host = host.removeprefix("www.")
        counts[host] = counts.get(host, 0) + 1
        words = host if counts[host] == 1 else f"{host} ({counts[host]})"
        found.append(f'<a href="{escape(part)}">{escape(words)}</a>')
    return ", ".join(found)


#: How a cell begins that spreadsheets take for a formula, and what of it is a number below or above zero.
_FORMULA, _NUMBER = r"^\s*[=+@-]", r"^\s*[+-][0-9.,]*%?\s*$"


def is_formula_like(frame: pl.DataFrame) -> bool:
    """Whether a spreadsheet may take a cell of text for a formula, which numbers below zero are not.

    Example:
        >>> [is_formula_like(pl.DataFrame({"x": [text]})) for text in ("=1+2", "@a", "-5.2", "a-b")]
        [True, True, False, False]
    """
    text = pl.col(pl.String)
    found = frame.select((text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)).any())
    return any(any(column) for column in found.iter_columns())


def _decimals(value: float, digits: int) -> int:
    if value == 0:
        return 0
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    # 0.0999 to one digit is 0.1, which needs a place less than its exponent says.
    return digits - 1 - math.floor(math.log10(abs(round(value, decimals)) or abs(value)))


def _minus(text: str) -> str:
    return text.replace("-", "−", 1) if text.startswith("-") else text


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _words(value: object) -> str:
    if isinstance(value, Prose):
        return value.text
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()[:10]
    return str(value)


def _polars(frame: Any) -> pl.DataFrame:
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    converted: pl.DataFrame = pl.from_pandas(frame)
    return converted


def _filled(template: str, values: Mapping[str, object]) -> str:
    return template.format_map({name: quote(_words(value), safe=":-._~") for name, value in values.items()})


def _row(cells: Sequence[str], classes: Sequence[str], anchor: str) -> str:
    first = f'<th scope="row"{classes[0]}>{cells[0]}</th>'
    rest = "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(classes[1:], cells[1:], strict=True))
    return f"<tr{anchor}>{first}{rest}</tr>"


def _light_row(cells: Sequence[str], anchor: str) -> str:
    """A row without classes and without the end tags that HTML can do without.

    A missing value is an empty cell, in which the style sheet draws the dash.
    """
    first, *rest = ("" if cell == MISSING_CELL else cell for cell in cells)
    return f'<tr{anchor}><th scope="row">{first}{"".join(f"<td>{cell}" for cell in rest)}</tr>'


def _class(name: str, column: pl.Series) -> str:
    kind = _kind(name, column)
    return f' class="{kind}"' if kind else ""


def _kind(name: str, column: pl.Series) -> str:
    field = fields().get(name)
    if column.dtype.is_numeric():
        return "number"
    if column.dtype.is_temporal() or _are_days(column):
        return "date"
    if (field is not None and field.type == "code") or name.endswith(("_id", "_code")):
        return "code-cell"
    if _are_numbers(column):
        return "number"
    longest: Any = column.str.len_chars().max() if column.dtype == pl.String and "url" not in name else 0
    return "words long" if (longest or 0) > LONG else "words" if (longest or 0) > WORDS else ""


def _are_days(column: pl.Series) -> bool:
    """Whether a column of words holds days alone, as findings write them."""
    known = column.drop_nulls()
    return (
        column.dtype == pl.String
        and len(known) > 0
        and bool(known.str.contains(r"^\d{4}-\d{2}-\d{2}$").all())
    )


def _are_numbers(column: pl.Series) -> bool:
    """Whether a column of words holds numbers alone, some of them with a sign, a point or per cent."""
    known = column.drop_nulls()
    return (
        column.dtype == pl.String
        and bool(known.str.contains(r"^(< |[+−])?\d[\d,.]*%?$|^–$").all())
        and bool(known.str.contains(r"[+−%<.]").any())
    )


def _head(name: str, label: str | None, kind: str) -> str:
    field = fields().get(name)
    words = label if label is not None else _label(name, field)
    unit = (
        f"<small>{escape(field.unit)}</small>" if field is not None and field.unit and label is None else ""
    )
    return f'<th scope="col"{kind}>{escape(words)}{unit}</th>'


def _label(name: str, field: Field | None) -> str:
    words = name.replace("_", " ")
    return field.label if field is not None else words[:1].upper() + words[1:]


def _writer(column: pl.Series, given: str | Callable[[Any], str] | None) -> Callable[[Any], str]:
    write = _plain_writer(column, given)
    return lambda value: MISSING_CELL if value is None or value != value else write(value)


def _linked(
    write: Callable[[Any], str],
    link: Callable[[Any], str | None] | None,
    hint: Callable[[Any], str | None] | None,
) -> Callable[[Any], str]:
    def linked(value: Any) -> str:
        href, words = link(value) if link is not None and value is not None else None, write(value)
        said = hint(value) if hint is not None and value is not None else None
        beside = f"<small> {escape(said)}</small>" if said else ""
        # A web address is a link already, and a link cannot hold another.
        return (f'<a href="{escape(href)}">{words}</a>' if href and "<a " not in words else words) + beside

    return linked


def _plain_writer(column: pl.Series, given: str | Callable[[Any], str] | None) -> Callable[[Any], str]:
    if callable(given):
        return lambda value: escape(given(value))
    if given == "%":
        return lambda value: escape(percent(value))
    if given is not None:
        return lambda value: escape(_minus(format(value, given)))
    if column.name == "year" or column.name.endswith("_year"):
        return str
    if column.dtype.is_float():
        decimals = _column_decimals(column)
        return lambda value: _minus(f"{value:,.{decimals}f}")
    if column.dtype.is_integer():
        return lambda value: number(value)
    if column.name in ADDRESSES:
        return addresses
    return lambda value: escape(_words(value))


def _column_decimals(column: pl.Series) -> int:
    """Places that give the middle of a column three significant digits; the same for all its rows."""
    sizes = column.drop_nulls().drop_nans().abs()
    typical = sizes.filter(sizes > 0).median()
    if not isinstance(typical, float) or (sizes == sizes.round(0)).all():
        return 0
    return min(max(2 - math.floor(math.log10(typical)), 0), 6)
