"""The page that draws the pipeline."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from retorsion.project import ROOT
from retorsion.reports.page import Site, check_page, read_page
from retorsion.reports.pages.pipeline import LAYOUTS, drawing, edges, pipeline_page, read_stages

TEXT = """
vars: [params.yaml]
stages:
  fetch:
    foreach: ${sources.fetched}
    do:
      desc: Download ${item} & verify it
      cmd: tool fetch ${item}
      deps: ["data/raw/${item}/source.yaml"]
      outs:
        - data/raw/${item}/files: {persist: true}
  read:
    desc: Read <what> was fetched
    cmd: tool read
    deps: [analysis/tool/read.py, data/raw]
    params:
      - sources.lists
      - data/cases/a.yaml: [pair]
    outs: [data/tables/acts.parquet, data/tables/flows]
  find:
    cmd: tool find
    deps: [data/tables/acts.parquet]
    outs: [data/findings]
  show:
    cmd: tool show
    deps: [data/tables, data/findings, reports/front]
    outs: [reports]
  alone:
    cmd: [tool a, tool b]
"""


def test_a_stage_waits_for_those_that_write_what_it_reads_and_for_no_more() -> None:
    assert edges(read_stages(TEXT)) == [("fetch", "read"), ("read", "find"), ("find", "show")]


def test_stages_are_read_with_what_a_template_leaves_open() -> None:
    fetch, read, *_, alone = read_stages(TEXT)
    assert (fetch.each, fetch.command) == ("sources.fetched", "tool fetch NAME")
    assert fetch.writes == ("data/raw/NAME/files",)
    assert read.reads == ("data/raw",), "code is left out"
    assert read.parameters == ("sources.lists", "data/cases/a.yaml: pair")
    assert (alone.command, alone.each) == ("tool a; tool b", None)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_boxes_stay_in_the_drawing_and_apart_and_those_that_wait_are_below(kind: str) -> None:
    columns, width = LAYOUTS[kind]
    stages = read_stages((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    svg = ElementTree.fromstring(drawing(stages, columns=columns, width=width))
    _, _, _, height = map(float, svg.attrib["viewBox"].split())
    boxes = {
        link.attrib["href"][1:]: [float(link[0].attrib[key]) for key in ("x", "y", "width", "height")]
        for link in svg.iter("a")
    }
    assert list(boxes) == [stage.name for stage in stages]
    for name, (x, y, w, h) in boxes.items():
        assert 0 <= x <= width - w, name
        assert 0 <= y <= height - h, name
        assert w >= 8 * len(name), "the name fits"
        for other, (x2, y2, w2, h2) in boxes.items():
            assert other == name or abs(x - x2) >= min(w, w2) or abs(y - y2) >= min(h, h2)
    for first, second in edges(stages):
        assert boxes[first][1] < boxes[second][1]
    upright = [
        (float(x), float(top), float(bottom))
        for path in svg.iter("path")
        for x, top, bottom in re.findall(r"([\d.]+) ([\d.]+)V([\d.]+)", path.attrib["d"])
    ]
    assert upright, "a line between stages two rows apart passes beside the boxes between them"
    for at, top, bottom in upright:
        assert 0 < at < width
        assert not any(y < bottom and top < y + h and x <= at <= x + w for x, y, w, h in boxes.values())


def test_the_page_stands_alone_and_names_every_stage() -> None:
    html = pipeline_page(Site("Project", "What it is.", ()), TEXT)
    check_page(html, name="pipeline.html", root=Path("/nowhere/at/all"))
    assert {"fetch", "read", "find", "show", "alone"} <= {*read_page(html).ids}
    assert "Read &lt;what&gt; was fetched" in html
    assert re.findall(r'aria-label="([^"]*waits[^"]*)"', html) == [
        "read waits for fetch; find waits for read; show waits for find"
    ] * len(LAYOUTS)
