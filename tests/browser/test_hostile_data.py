"""A project with hostile text in every field that takes it: all its pages are built, opened, and do nothing.

Fields are found by their schemas, so that a new one is tried as well: columns of every table of the sources, texts and
keys of sidecars, parameters and cases, and the prose of notebooks. A field that refuses such text is named in what is
said. This takes a quarter of an hour: ``pytest -m slow tests/browser/test_hostile_data.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import DESK, PHONE, WRONG, listened
from copied_project import Project
from hostile import TEXTS, URLS, Spoilt
from places import ROOT
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.data, pytest.mark.slow]

CASES = ("jpn-rus", "usa-chn", "chn-jpn")
#: Fewer draws: what the pages say of chance is not what is tested here.
QUICK = (
    ("n_draws: 999", "n_draws: 49"),
    ("n_bootstrap: 120", "n_bootstrap: 10"),
)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Spoilt:
    if not (ROOT / "data" / "tables" / "trade_flows" / "baci_raw_materials.parquet").exists():
        pytest.skip("the tables are not built; run `make`")
    copied = Project(tmp_path_factory.mktemp("hostile"))
    copied.edit("params.yaml", *QUICK)
    for notebook in sorted((copied.folder / "notebooks").glob("*.py")):
        lines = "\n#\n".join(
            f"# {text}" for text in (*TEXTS, *URLS) if "$" not in text and "\x1b" not in text
        )
        with notebook.open("a", encoding="utf-8") as stream:
            stream.write(f"\n# %% [markdown]\n{lines}\n")
    found = Spoilt(copied)
    flows = [["flows", name] for name in ("japan_area_goods", "crea_fossil_imports", "eu_sanctioned_exports")]
    for command in (["acts"], ["tariffs"], ["rates"], ["sources"], *flows):
        found.build(command)
    for case in CASES:
        for step in ("checks", "escalation", "impact"):
            found.build([step, case])
    found.build(["comparison"])
    found.build(*(["render", case] for case in CASES), ["render"])
    found.build(*(["site", case] for case in CASES), ["site"])
    return found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_no_page_runs_asks_or_breaks(spoilt: Spoilt, page: Page) -> None:
    heard = listened(page)
    pages = sorted((spoilt.project.folder / "reports").rglob("*.html"))
    assert len(pages) > 80
    wrong: dict[str, object] = {}
    for path in pages:
        heard.clear()
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        page.goto(path.as_uri())
        found = [*heard, *page.evaluate(WRONG)]
        for size in (DESK, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            width = page.evaluate("() => document.documentElement.scrollWidth")
            found += [f"{width} wide at {size['width']}"] if width > size["width"] else []
        if found:
            wrong[path.relative_to(spoilt.project.folder).as_posix()] = found[:5]
    assert wrong == {}


def test_timeline_and_search_show_it_as_text(spoilt: Spoilt, page: Page) -> None:
    heard = listened(page)
    reports = spoilt.project.folder / "reports"
    for case in CASES:
        page.goto((reports / case / "acts.html").as_uri())
        for mark in page.locator(".ex-mark").all()[:40]:
            mark.focus()
        assert page.evaluate(WRONG) == []
    page.goto((reports / "search.html").as_uri())
    for words in ("script alert", "<img src=x", "evil.example", "javascript:"):
        page.fill("#query", words)
        page.wait_for_function("() => document.querySelector('#found').textContent.trim()")
        assert page.evaluate(WRONG) == []
    assert heard == []


def test_no_drawing_runs_or_asks(spoilt: Spoilt, page: Page) -> None:
    heard = listened(page)
    drawings = sorted((spoilt.project.folder / "reports").rglob("*.svg"))
    assert len(drawings) > 40
    for path in drawings:
        page.goto(path.as_uri())
        assert page.evaluate('() => document.querySelectorAll("script, foreignObject, a, image").length') == 0
    assert heard == []


def test_what_refuses_hostile_text_says_which_field(spoilt: Spoilt) -> None:
    assert len(spoilt.said) > 100
    assert [field for field, said in spoilt.said.items() if "Traceback" in said or not said] == []
    taken = {
        f"{table.path.parent.name}/{table.path.name} {column}"
        for table in spoilt.tables
        for column in table.spoilt
    }
    for field in (
        "ledger_jpn_rus/acts.csv summary", "ledger_jpn_rus/acts.csv note", "ledger_jpn_rus/acts.csv source_urls",
        "ledger_jpn_rus/replies.csv note", "mof_asset_freeze/designations.csv name_en", "source_hosts/hosts.csv note",
    ):  # fmt: skip
        assert field in taken


def test_hostile_text_stands_on_the_pages(spoilt: Spoilt) -> None:
    words = [path.read_text("utf-8") for path in (spoilt.project.folder / "reports").rglob("*.html")]
    for text in ("alert(1)", "alert(3)", "calc", "{{7*7}}", "[U+202E]", "evil.example", "longlong"):
        assert sum(text in one for one in words) > 10, text
