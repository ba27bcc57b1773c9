"""Findings in notebooks: the numbers or, where there are none, the statement why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.figures.svg import Shown
from retorsion.findings import NOT_ESTIMABLE
from retorsion.project import finding_parts, finding_rows, load
from retorsion.reports.analyses import evidence_of, home_of
from retorsion.reports.html import REPORTS, Html, Prose, evidence_href, say
from retorsion.reports.quantities import file_title, title_of, words_of

#: Short names of publications, by reader; any other source is named by its producer.
_CREDITS = {"baci": "CEPII, BACI", "baci_csv": "CEPII, BACI"}


def rows(name: str, case: str | None = None) -> pl.DataFrame:
    """The rows behind a finding.

    Args:
        name: the analysis and the name of the rows, such as ``escalation_links``; of checks the name alone.
        case: name of the case, or ``comparison``; the first case of ``params.yaml`` if none is given.

    Raises:
        NotEstimable: the file holds a statement in place of rows.
    """
    analysis = evidence_of(name)
    _read[name] = f"{home_of(name, finding_parts(analysis, case))}#{name}"
    path = finding_rows(analysis, case)[name if analysis == "checks" else name.removeprefix(f"{analysis}_")]
    frame = pl.read_csv(path, infer_schema_length=None, try_parse_dates=True)
    if "name" in frame.columns:  # of goods without a label the name is the code, which is no number
        names = pl.read_csv(path, columns=["name"], infer_schema=False).to_series()
        frame = frame.with_columns(names)
    if frame.columns == [NOT_ESTIMABLE]:
        raise NotEstimable(str(frame[NOT_ESTIMABLE][0]))
    return frame


#: How prose begins that stands in the place of an estimate.
NO_ESTIMATE, SAME_REASON = "*No estimate.*", "*No estimate*, for the same reason."
#: What the page has said last in the place of an estimate.
_said: list[str] = []
#: Addresses of the rows read for what is about to be shown, by name.
_read: dict[str, str] = {}


def told(write: Callable[[], Any], *behind: str) -> Any:
    """What ``write`` gives, or the findings' own sentence where there is no estimate.

    A table or figure gets a line that leads to the rows it was made from: all that ``write`` reads with
    :func:`rows`, and what is given besides. A reason that has just been given is not given again in full.

    Args:
        write: makes what is shown.
        behind: places in the findings that it shows and that are in no file of rows, such as
            ``"escalation.sensitivity"``.
    """
    _read.clear()
    try:
        shown = write()
    except NotEstimable as reason:
        if _said == [str(reason)]:
            return Prose(SAME_REASON)
        _said[:] = [str(reason)]
        return say(f"{NO_ESTIMATE} {{why}}", why=reason)
    _said.clear()
    return _with_rows(shown, {**_read, **{place: evidence_href(place) for place in behind}})


def _with_rows(shown: Any, addresses: Mapping[str, str]) -> Any:
    """A table or figure with links to its rows; anything else as it is."""
    if not addresses or not isinstance(shown, Html | Shown):
        return shown
    links = [f'<a href="{REPORTS}{href}">{escape(_readable(name))}</a>' for name, href in addresses.items()]
    if isinstance(shown, Html):
        line = f'<p class="behind">Data: {", ".join(links)}.</p>'
        return Html(f"{shown.html}{line}")
    end = "</p></figure>"
    return replace(shown, html=f"{shown.html.removesuffix(end)} · Data: {', '.join(links)}{end}")


def _readable(name: str) -> str:
    """What a file of rows is called, or the finding that a place is in."""
    analysis, *parts = name.split(".")
    return ", ".join([title_of(analysis, parts[0]), *map(words_of, parts[1:])]) if parts else file_title(name)


def credit(source: str | None) -> str:
    """How figures name a source.

    Args:
        source: its id.

    Raises:
        NotEstimable: the case names none.
    """
    if source is None:
        raise NotEstimable("The case names no source of this trade.")
    row = load("sources").filter(pl.col("source_id") == source).row(0, named=True)
    return _CREDITS.get(row["reader"], str(row["producer"]))
