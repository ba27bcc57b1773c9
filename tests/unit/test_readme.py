"""The README and the lists of figures and sources name what is there, and the numbers are those of the pages."""

from __future__ import annotations

import re

import pytest
from retorsion.project import FINDINGS, NOTEBOOKS, RAW, REPORTS, ROOT
from retorsion.tables.fields import tables

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIGURES = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
LINKS = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
ROWS = re.findall(
    r"^\| \[[^]]+\]\(\.\./(reports/\S+)\) \| \[`(\w+)`\]\(\.\./(\S+)\) \| (.*) \|$", FIGURES, re.MULTILINE
)


def test_every_link_that_is_no_page_or_figure_leads_to_a_file() -> None:
    assert LINKS
    for link in LINKS:
        assert link.startswith("reports/") or (ROOT / link).exists(), link


@pytest.mark.data
def test_every_link_to_a_page_leads_to_one() -> None:
    assert [link for link in LINKS if link.startswith("reports/") and not (ROOT / link).exists()] == []


@pytest.mark.data
def test_every_figure_has_a_line_with_its_notebook_and_tables() -> None:
    first = sorted(REPORTS.glob("figures/0*/*.svg")) + sorted(REPORTS.glob("jpn-rus/figures/0*/*.svg"))
    assert {figure for figure, *_ in ROWS} == {path.relative_to(ROOT).as_posix() for path in first}
    known = set(tables()) | {path.stem for path in FINDINGS.glob("jpn-rus/*/*.csv")}
    for figure, notebook, path, names in ROWS:
        assert figure.rsplit("/", 2)[1] == notebook
        assert ROOT / path == NOTEBOOKS / f"{notebook}.py"
        assert set(re.findall(r"`(\w+)`", names)) <= known, names


@pytest.mark.data
def test_what_the_readme_says_was_found_is_on_the_front_page() -> None:
    found = README.split("<!-- found -->")[1].split("<!-- /found -->")[0]
    said = re.findall(r"(?<![\w.])\d[\d.]*%?(?!\w)", re.sub(r"\.\s", " ", found))
    assert len(said) >= 10
    front = (REPORTS / "index.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]+>", " ", front.split("<main", 1)[1].split("</main>")[0])
    shown = set(re.findall(r"(?<![\w.])\d[\d.]*%?", re.sub(r"\.\s", " ", words)))
    assert set(said) <= shown


def test_the_list_of_sources_has_every_source_and_no_other() -> None:
    contents = (ROOT / "docs" / "contents.md").read_text(encoding="utf-8").split("## Sources")[1]
    rows = [row.split("|")[1] for row in contents.splitlines() if row.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == {
        path.parent.name for path in RAW.glob("*/source.yaml")
    }
    for link in re.findall(r"\]\(\.\./([^)#]+)\)", contents):
        assert (ROOT / link).exists(), link
