"""The pipeline as a page: its stages, what each reads and writes, and which wait for which."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from markupsafe import Markup, escape

from retorsion.reports.markdown import Headings
from retorsion.reports.page import Provenance, Site, page, render
from retorsion.reports.site import ABOUT, Context, Files, Page

#: What a template leaves open in a stage that is repeated, such as ``${item}``.
_OPEN = re.compile(r"\$\{([^}]*)\}")

#: Columns of the drawing for a desk and for a phone, and the width of each drawing.
LAYOUTS: Mapping[str, tuple[int, int]] = {"desk": (5, 900), "phone": (2, 340)}
_ROW, _BOX = 86, 34


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline.

    Attributes:
        name: of the stage.
        description: what it does.
        command: what it runs.
        reads: data that it depends on, without its code.
        writes: what it makes.
        parameters: parameters that it depends on.
        each: what it is repeated for; None where it runs once.
    """

    name: str
    description: str
    command: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    parameters: tuple[str, ...]
    each: str | None = None


def read_stages(text: str) -> list[Stage]:
    """The stages of a pipeline, in the order of the file.

    Args:
        text: of ``dvc.yaml``.
    """
    return [_stage(name, found) for name, found in (yaml.safe_load(text).get("stages") or {}).items()]


def _stage(name: str, found: Mapping[str, Any]) -> Stage:
    body = found.get("do", found)
    command = body["cmd"]
    return Stage(
        name=name,
        description=_OPEN.sub(_placeholder, str(body.get("desc", ""))),
        command=_OPEN.sub(_placeholder, command if isinstance(command, str) else "; ".join(command)),
        reads=tuple(path for path in _paths(body.get("deps")) if not path.startswith("analysis/")),
        writes=tuple(_paths(body.get("outs"))),
        parameters=tuple(_parameters(body.get("params") or ())),
        each=_each(found["foreach"]) if "foreach" in found else None,
    )


def _each(over: Any) -> str:
    return _OPEN.sub(r"\1", over) if isinstance(over, str) else ", ".join(map(str, over))


def _placeholder(found: re.Match[str]) -> str:
    """``NAME`` of ``${item}`` and ``${key}``; the last word of any other expression, in capitals."""
    word = found[1].rpartition(".")[2]
    return "NAME" if word in {"item", "key"} else word.upper()


def _paths(entries: Iterable[Any] | None) -> list[str]:
    """Addresses of dependencies or outputs, with capitals in place of what a template leaves open."""
    names = (next(iter(entry)) if isinstance(entry, Mapping) else entry for entry in entries or ())
    return [_OPEN.sub(_placeholder, str(name)) for name in names]


def _parameters(entries: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, Mapping):
            for file, keys in entry.items():
                found += [f"{_OPEN.sub(_placeholder, str(file))}: {key}" for key in keys or ["all"]]
        else:
            found.append(_OPEN.sub(_placeholder, str(entry)))
    return found


def edges(stages: Sequence[Stage]) -> list[tuple[str, str]]:
    """Pairs of stages of which the second waits for the first, without those that follow from others.

    A stage waits for another if it reads a file that the other writes, or a folder that holds one.
    """
    after = {
        stage.name: {
            other.name
            for other in stages
            if other.name != stage.name
            and any(_meet(made, read) for made in other.writes for read in stage.reads)
        }
        for stage in stages
    }
    before: dict[str, set[str]] = {}

    def all_before(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        if name not in before:
            near = after[name] - seen
            before[name] = near.union(*(all_before(one, seen | {name}) for one in near))
        return before[name]

    return [
        (first, stage.name)
        for stage in stages
        for first in (other.name for other in stages if other.name in after[stage.name])
        if not any(first in all_before(one) for one in after[stage.name] - {first})
    ]


def _meet(made: str, read: str) -> bool:
    """Whether two addresses can be the same, or one can be in the other; ``NAME`` is any name."""
    return all(
        one == other or one.split(".")[0].isupper() or other.split(".")[0].isupper()
        for one, other in zip(made.split("/"), read.split("/"), strict=False)
    )


def drawing(stages: Sequence[Stage], *, columns: int, width: int) -> str:
    """The stages as boxes, those that wait below those they wait for, with lines between them.

    Args:
        stages: in the order of the file.
        columns: boxes side by side at most.
        width: of the drawing in pixels.

    Returns:
        SVG in the page's colours; each box leads to its stage.
    """
    links = edges(stages)
    places = _places(stages, links, columns)
    rows = 1 + max(row for row, _, _ in places.values())
    height = rows * _ROW - _ROW + _BOX + 20
    box = min(150.0, width / columns - 14)

    def middle(name: str) -> tuple[float, float]:
        row, place, n = places[name]
        return width * (place + 0.5) / n, 10 + row * _ROW

    ways = _ways(links, places, width, box)
    lines = "".join(
        f'<path d="{_line([(x0, y0), *((x, 10 + row * _ROW) for row, x in ways[first, second]), (x1, y1 - 3)])}"/>'
        for first, second in links
        for (x0, y0), (x1, y1) in [(middle(first), middle(second))]
    )
    boxes = "".join(
        Markup(
            '<a href="#{name}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="4"/>'
            '<text x="{cx}" y="{cy}">{name}{each}</text></a>'
        ).format(
            name=stage.name,
            each=" ×" if stage.each else "",
            x=f"{x - box / 2:.1f}",
            y=f"{y:.1f}",
            w=f"{box:.1f}",
            h=_BOX,
            cx=f"{x:.1f}",
            cy=f"{y + 22:.1f}",
        )
        for stage in stages
        for x, y in [middle(stage.name)]
    )
    alt = "; ".join(f"{second} waits for {first}" for first, second in links)
    return (
        f'<svg class="pipeline" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(alt)}" '
        f'style="max-width:{width}px">{lines}{boxes}</svg>'
    )


#: Pixels between lines that pass through one gap.
_APART = 6.0


def _ways(
    links: Sequence[tuple[str, str]], places: Mapping[str, tuple[int, int, int]], width: int, box: float
) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """For each link the rows between its ends, with the place at which its line passes beside their boxes."""
    n_of_row = {row: n for row, _, n in places.values()}
    passing: dict[tuple[int, int], list[tuple[str, str]]] = {}
    for link in links:
        (top, first, n_first), (bottom, second, n_second) = (places[name] for name in link)
        begin, end = (first + 0.5) / n_first, (second + 0.5) / n_second
        for row in range(top + 1, bottom):
            straight = begin + (end - begin) * (row - top) / (bottom - top)
            passing.setdefault((row, round(straight * n_of_row[row])), []).append(link)
    ways: dict[tuple[str, str], list[tuple[int, float]]] = {link: [] for link in links}
    for (row, gap), through in sorted(passing.items()):
        n = n_of_row[row]
        room = width / n - box
        at = room / 4 if gap == 0 else width - room / 4 if gap == n else width * gap / n
        apart = min(_APART, (room / 2 if gap in (0, n) else room) / (len(through) + 1))
        through.sort(key=lambda link: places[link[1]][1] / places[link[1]][2])
        for place, link in enumerate(through):
            ways[link].append((row, at + apart * (place - (len(through) - 1) / 2)))
    return ways


def _line(stops: Sequence[tuple[float, float]]) -> str:
    """A path from the box above through places beside boxes, upright there, to the box below."""
    drawn = f"M{stops[0][0]:.1f} {stops[0][1] + _BOX:.1f}"
    for (x0, y0), (x1, y1) in itertools.pairwise(stops):
        drawn += f"C{x0:.1f} {y0 + _BOX + 26:.1f} {x1:.1f} {y1 - 23:.1f} {x1:.1f} {y1:.1f}"
        drawn += f"V{y1 + _BOX:.1f}" if (x1, y1) != stops[-1] else ""
    return drawn


def _places(
    stages: Sequence[Stage], links: Sequence[tuple[str, str]], columns: int
) -> dict[str, tuple[int, int, int]]:
    """Row, place in the row, and number of places in the row, of each stage."""
    depth = {stage.name: 0 for stage in stages}
    for _ in stages:  # as often as the longest way can be
        for first, second in links:
            depth[second] = max(depth[second], depth[first] + 1)
    rows: list[list[str]] = []
    for level in range(1 + max(depth.values(), default=0)):
        names = [stage.name for stage in stages if depth[stage.name] == level]
        rows += [names[start : start + columns] for start in range(0, len(names), columns)]
    return {
        name: (row, place, len(names)) for row, names in enumerate(rows) for place, name in enumerate(names)
    }


def pipeline_page(site: Site, text: str, *, provenance: Provenance | None = None) -> str:
    """The stages of the pipeline, drawn and described.

    Args:
        site: what all pages have in common.
        text: of ``dvc.yaml``.
        provenance: for the footer.

    Returns:
        HTML in which a stage's anchor is its name.
    """
    headings = Headings()
    stages = read_stages(text)
    return page(
        site,
        href=PAGE.address,
        title=PAGE.title,
        body=render(
            "pipeline.html.j2",
            title=PAGE.title,
            drawings={
                kind: Markup(drawing(stages, columns=columns, width=width))
                for kind, (columns, width) in LAYOUTS.items()
            },
            stages=[(headings.add(2, stage.name, wanted_id=stage.name), stage) for stage in stages],
        ),
        headings=headings,
        provenance=provenance,
        description=PAGE.description,
    )


def _build(context: Context) -> Files:
    return {PAGE.address: pipeline_page(context.site, context.pipeline, provenance=context.provenance)}


PAGE = Page(
    address="pipeline.html",
    title="Pipeline",
    description="The stages from raw files to pages, and what each reads and writes.",
    menu=ABOUT,
    order=4,
    build=_build,
)
