"""The README names what is there: pages, figures, notebooks, findings and tables."""

from __future__ import annotations

import re

import pytest
from retorsion.project import FINDINGS, NOTEBOOKS, REPORTS, ROOT
from retorsion.tables.fields import tables

README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)#:]+)\)", README)
ROWS = re.findall(
    r"^\| \[[^]]+\]\((reports/figures/\S+)\) \| \[`(\w+)`\]\((\S+)\) \| (.*) \|$", README, re.MULTILINE
)


def test_every_link_that_is_no_page_or_figure_leads_to_a_file() -> None:
    for link in LINKS:
        assert link.startswith("reports/") or (ROOT / link).exists(), link


@pytest.mark.data
def test_every_link_to_a_page_leads_to_one() -> None:
    assert [link for link in LINKS if link.startswith("reports/") and not (ROOT / link).exists()] == []


@pytest.mark.data
def test_every_figure_has_a_line_with_its_notebook_and_tables() -> None:
    there = {f"reports/{path.relative_to(REPORTS).as_posix()}" for path in REPORTS.glob("figures/*/*.svg")}
    assert {figure for figure, *_ in ROWS} == there
    known = set(tables()) | {path.stem for path in FINDINGS.glob("*.csv")}
    for figure, notebook, path, names in ROWS:
        assert figure.split("/")[2] == notebook
        assert ROOT / path == NOTEBOOKS / f"{notebook}.py"
        assert set(re.findall(r"`(\w+)`", names)) <= known, names
