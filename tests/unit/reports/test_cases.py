"""The site of several cases: each in a folder of its own, all links right at every depth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from retorsion.project import ROOT, TABLES, case
from retorsion.reports.page import check_links, check_page, ids_and_links, read_page
from retorsion.reports.site import Case, Context, Files, build, pages, site
from retorsion.steps.site import case_of, offers

FOLDERS = ("here/", "there/")


def _site(cases: list[Case]) -> Files:
    named = site([(case.title, case.folder) for case in cases])
    context = Context(named, cases, offers([case()]), "1.2.3", pipeline="stages: {a: {cmd: b}}")
    return {**build(context, of_case=False), **build(context, of_case=True)}


@pytest.fixture(scope="module")
def made() -> Files:
    if not (TABLES / "acts.parquet").exists():
        pytest.skip("no table is built; run `make`")
    first = case_of(case())
    other = replace(first, pair=first.pair[::-1], title="Other & <case>")
    return _site([replace(each, folder=folder) for each, folder in zip((first, other), FOLDERS, strict=True)])


@pytest.mark.data
def test_pages_of_each_case_stand_alone_and_lead_to_shared_pages(made: Files) -> None:
    html = {name: text for name, text in made.items() if isinstance(text, str) and name.endswith(".html")}
    for name, text in html.items():
        check_page(text, name=name, root=ROOT)
    notebooks = {
        f"{folder}{page.address}"
        for page in pages()
        if page.build is None
        for folder in (FOLDERS if page.of_case else ("",))
    }
    read = {name: ids_and_links(text) for name, text in html.items()}
    check_links({**dict.fromkeys(notebooks | made.keys()), **read})
    for folder in FOLDERS:
        acts = html[f"{folder}acts.html"]
        assert '<a href="../tables.html">' in acts
        assert f'<a href="../{folder}acts.html" aria-current="page">' in acts
        evidence = html[f"{folder}evidence/escalation_replies.html"]
        assert 'href="../../dictionary.html#acts"' in evidence
        assert f'href="../../{folder}acts.html#' in evidence


@pytest.mark.data
def test_the_front_page_has_the_findings_of_each_case(made: Files) -> None:
    index = made["index.html"]
    assert isinstance(index, str)
    assert "Other &amp; &lt;case&gt;" in index
    links = read_page(index).links
    assert "here/03_trade_impact.html#how-much-did-trade-fall" in links
    for folder in FOLDERS:
        assert f"figures/front/{folder.removesuffix('/')}.svg" in {*links} & made.keys()
        assert any(href.startswith(f"{folder}02_escalation.html#") for href in links)
        assert any(href.startswith(f"{folder}evidence/escalation") for href in links)


@pytest.mark.data
def test_every_page_is_in_the_list_once() -> None:
    addresses = [page.address for page in pages()]
    assert len(set(addresses)) == len(addresses)
    assert addresses[0] == "index.html"
