"""All estimators with what they take and give, from their own docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from retorsion.reports.site import ABOUT, Context, Files, Page
from retorsion.reports.text import markdown_page

#: Headings of the page, and the modules of :mod:`retorsion.estimators` below each.
GROUPS: dict[str, tuple[str, ...]] = {
    "Panels and trade": (
        *("ppml", "flow_tables", "bias_correction", "imputation", "event_study", "monthly_effects"),
        *(
            "synthetic_control",
            "control_placebos",
            "randomisation",
            "placebos",
            "specifications",
            "interruptions",
        ),
    ),
    "Who answers whom": (
        *(
            "daily_counts",
            "daily_hawkes",
            "daily_inference",
            "hawkes",
            "pooled",
            "drivers",
            "coordination",
            "reciprocity",
        ),
        *("proportions", "sequences", "survival", "change_points", "blocks"),
    ),
    "Prices, volumes, concentration": ("index_numbers", "herfindahl"),
    "Results": ("results",),
}

_SECTION = re.compile(r"^(Args|Returns|Raises|Attributes|Example|Examples|Yields|Note):$")
_ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")

_INTRODUCTION = """# The toolbox

`retorsion.estimators` takes a frame of your own and gives an estimate with its interval, sample, method and source.
It knows no table of this project. Frames may be of pandas, polars or pyarrow. A column that is absent, a missing value
or a sample that is too thin gives one sentence that says so.

```python
import polars as pl
from retorsion.estimators import fit_ppml

panel = pl.read_csv("trade.csv")  # one row per exporter, importer and year
fit = fit_ppml(
    panel,
    outcome="trade",
    regressors=["agreement"],
    fixed_effects=[["exporter", "year"], ["importer", "year"], ["exporter", "importer"]],
    clusters=[["exporter", "importer"]],
)
print(fit.estimates()[0].summary())
```

The notebook `06_toolbox` goes from a table to a figure for several of them. In Python, `help(fit_ppml)` shows what is
written here. For effects by group and period of adoption (Callaway and Sant'Anna; Sun and Abraham), use the package
`diff-diff`, which comes with the project.
"""


def text() -> str:
    """The page as Markdown."""
    return "\n".join([_INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    estimators = import_module("retorsion.estimators")
    by_module: dict[str, list[str]] = {}
    for name in estimators.__all__:
        home = str(getattr(estimators, name).__module__).rpartition(".")[2]
        by_module.setdefault(home, []).append(name)
    listed = {module for modules in GROUPS.values() for module in modules}
    groups = GROUPS | {"Others": tuple(sorted(by_module.keys() - listed))}
    for title, modules in groups.items():
        names = [(module, name) for module in modules for name in by_module.get(module, [])]
        if names:
            yield f"\n## {title}\n"
        for module in dict.fromkeys(module for module, _ in names):
            yield f"\n*{_plain(_first_sentence(import_module(f'retorsion.estimators.{module}')))}*\n"
            for name in sorted(by_module[module], key=lambda name: (name[0].isupper(), name)):
                yield from _entry(name, getattr(estimators, name))


def _entry(name: str, thing: Any) -> Iterator[str]:
    yield f"\n### {name}\n"
    if not inspect.isclass(thing):
        yield f"```python\n{name}{_signature(thing)}\n```\n"
    for section, lines in _parts(inspect.getdoc(thing) or ""):
        if section in {"Example", "Examples"}:
            yield "```python\n" + inspect.cleandoc("\n".join(lines)) + "\n```\n"
        elif section:
            yield f"**{'Columns and options' if section == 'Args' else section}**\n"
            yield "\n".join(_items(lines)) + "\n"
        else:
            yield _plain("\n".join(lines)) + "\n"


def _signature(function: Any) -> str:
    """The parameters, one a line where there are many, without the types, which the text below states in words."""
    parameters = []
    starred = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parameters.append("*")
            starred = True
        given = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        parameters.append(f"{parameter.name}{given}")
    inside = ", ".join(parameters)
    return f"({inside})" if len(inside) < 72 else "(\n    " + ",\n    ".join(parameters) + ",\n)"


def _parts(doc: str) -> Iterator[tuple[str, list[str]]]:
    """Sections of a docstring: name, empty for the description, and lines."""
    name, lines = "", list[str]()
    for line in doc.splitlines():
        found = _SECTION.match(line)
        if found:
            if any(lines):
                yield name, lines
            name, lines = found[1], []
        else:
            lines.append(line)
    if any(lines):
        yield name, lines


def _items(lines: list[str]) -> Iterator[str]:
    """A list of names with their meaning, or a paragraph."""
    joined = list[str]()
    for line in inspect.cleandoc("\n".join(lines)).splitlines():
        if line.startswith(" ") and joined:
            joined[-1] += f" {line.strip()}"
        else:
            joined.append(line.strip())
    for item in joined:
        name, colon, meaning = item.partition(":")
        if colon and re.fullmatch(r"[\w, *.]+", name) and len(name) < 60:
            yield f"- `{name}`: {_plain(meaning.strip())}"
        else:
            yield _plain(item)


def _first_sentence(module: Any) -> str:
    return " ".join((module.__doc__ or "").partition("\n\n")[0].split())


def _plain(words: str) -> str:
    """Text of a docstring as Markdown: roles and double backticks as code, dollar signs as themselves."""
    return _ROLE.sub(r"`\1`", words).replace("``", "`").replace("$", r"\$")


def _build(context: Context) -> Files:
    return {PAGE.address: markdown_page(context.site, PAGE, text(), provenance=context.provenance)}


PAGE = Page(
    address="toolbox.html",
    title="Toolbox",
    description="All estimators with what they take, what they give and whose method each is.",
    menu=ABOUT,
    order=5,
    build=_build,
)
