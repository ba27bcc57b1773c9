"""The pages that are not notebooks, and the description of the tables for programs."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import frictionless
import polars as pl
import pytest
from retorsion.errors import RetorsionError
from retorsion.figures.style import PALETTE
from retorsion.project import REPORTS
from retorsion.reports.datapackage import Resource, datapackage
from retorsion.reports.headlines import Finding
from retorsion.reports.page import (
    Link,
    Menu,
    Provenance,
    Site,
    check_links,
    check_page,
    ids_and_links,
    page,
    read_page,
    stylesheet,
    versions,
)
from retorsion.reports.pages.dictionary import dictionary_page
from retorsion.reports.pages.index import Card, Fact, Front, Lead, index_page
from retorsion.reports.pages.sources import sources_page
from retorsion.reports.pages.table import column_summary, table_page
from retorsion.reports.pages.tables import Download, tables_page
from retorsion.reports.site import site as site_of
from retorsion.tables.fields import fields, tables

SITE = Site(
    "Project",
    "What it is.",
    (
        Link("Dictionary", "dictionary.html"),
        Link("Sources", "sources.html"),
        Link("Tables", "tables.html"),
        Link("Sources again", "sources.html#first"),
    ),
    "MIT.",
)
MADE_FROM = Provenance({"data/x.parquet": "a" * 64}, {"pair.a": "AAA"}, versions(["polars"]), "make")
SOURCE = dict.fromkeys(tables()["sources"].columns, "text") | {
    "source_id": "first",
    "title": "A <list>",
    "n_files": 2,
    "n_bytes": 97559,
    "url": "https://www.example.org/list",
    "url_download": None,
    "licence_name": "CC BY 4.0",
    "licence_url": "https://example.org/terms",
    "sha256": f"{'0' * 64} {'1' * 64}",
}
SOURCES = pl.DataFrame([SOURCE, SOURCE | {"source_id": "second", "title": "B", "licence_url": None}])
QUARANTINE = pl.DataFrame(
    {
        "source_id": ["first"] * 300,
        "file": ["acts.csv"] * 300,
        "row": range(2, 302),
        "column": ["announced_date"] * 300,
        "value": ["2022-02-30"] * 300,
        "reason": ["is not a calendar date"] * 299 + ["is <odd>"],
        "remedy": ["Write the date as YYYY-MM-DD."] * 300,
        "raw": ["{}"] * 300,
    }
)


FINDING = Finding(
    "19 days", "Half came in *19 days*.", "Few did.", "12 to 31", "sources.html#first", "tables.html#acts"
)
ACTS = Download("acts", 264, {"tables/acts.csv": 197559, "tables/acts.parquet": 43000}, "Small.")


ROW = dict.fromkeys(tables()["acts"].columns)
ROWS = pl.DataFrame(
    [
        ROW | {"act_id": "act-1", "target_code": "AAA", "summary": "a <b>", "n_subjects": 3},
        ROW
        | {
            "act_id": "act-2",
            "target_code": "AAA",
            "n_subjects": 1200,
            "source_urls": "https://example.org/a",
        },
    ],
    schema=tables()["acts"].schema,
)


def build() -> dict[str, str]:
    figure = '<figure class="figure"><svg role="img"></svg></figure>'
    cards = [Card("Tables", "tables.html", "All of them.")]
    return {
        "index.html": index_page(
            SITE,
            Front(
                facts=[Fact("7 <acts>", "of two kinds")],
                months="",
                leads=[
                    Lead(
                        "Norway and <Iceland>",
                        figure,
                        FINDING,
                        [Link("Sources", "sources.html")],
                        Link("A <winter>", "sources.html#second"),
                    )
                ],
                findings=[FINDING],
                downloads=[Card("Acts", "tables/acts.csv", "Each once.")],
                cards=cards,
            ),
            provenance=MADE_FROM,
        ),
        "dictionary.html": dictionary_page(SITE, provenance=MADE_FROM),
        "sources.html": sources_page(SITE, SOURCES, provenance=MADE_FROM),
        "tables.html": tables_page(SITE, [ACTS], QUARANTINE, provenance=MADE_FROM),
        "tables/acts.html": table_page(
            SITE,
            ACTS,
            ROWS,
            columns=column_summary(ROWS.lazy(), "acts"),
            link={"act-1": "sources.html#first", "https://example.org/a": "https://example.org/a"}.get,
            provenance=MADE_FROM,
        ),
    }


FILES = frozenset({"tables/acts.csv", "tables/acts.parquet", "tables/datapackage.json"})


def _check(pages: dict[str, str], files: frozenset[str] = FILES) -> None:
    check_links({**dict.fromkeys(files), **{name: ids_and_links(html) for name, html in pages.items()}})


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    return build()


def test_pages_are_the_same_each_time(built: dict[str, str]) -> None:
    assert build() == built


def test_pages_stand_alone_and_fit_together(built: dict[str, str]) -> None:
    for name, html in built.items():
        check_page(html, name=name, root=Path("/nowhere/at/all"))
    _check(built)


def test_every_page_has_the_same_head_and_marks_itself(built: dict[str, str]) -> None:
    for name, html in built.items():
        assert html.count("<h1") == 1, name
        assert 'class="skip" href="#main"' in html
        assert html.count('aria-current="page"') == 1
        marked = name.replace("tables/acts", "tables")
        assert f'href="{marked}" aria-current="page">' in html.replace("../", "")
        assert "a" * 64 in html
        assert not re.search(r"20\d\d-\d\d-\d\dT|\d\d:\d\d:\d\d", html), "a clock"


def test_the_menu_lists_the_cases_and_marks_the_one_that_a_page_belongs_to() -> None:
    own = [
        Menu(title, (Link("Acts", f"{folder}acts.html"), Link("Trade", f"{folder}trade.html")), folder)
        for title, folder in (("A <b>", "a/"), ("B", "b/"))
    ]
    compared = Menu("Findings", (Link("Compared", "compared.html"),))
    made = replace(SITE, navigation=(compared, *own, Menu("Data", (Link("Tables", "tables.html"),))))

    def menu(href: str) -> str:
        return page(made, href=href, title="x", body="<h1>x</h1>").split("<nav", 1)[1].split("</nav>")[0]

    of_case = menu("b/trade.html")
    assert re.findall(r">([^<>]+)</a>", of_case) == [
        "A &lt;b&gt;",
        "B",
        "Compared",
        "Acts",
        "Trade",
        "Tables",
    ]
    assert 'href="../b/acts.html" aria-current="true">B<' in of_case
    assert 'href="../b/trade.html" aria-current="page">Trade<' in of_case
    assert of_case.count("aria-current") == 2
    shared = menu("compared.html")
    assert re.findall(r">([^<>]+)</a>", shared) == ["A &lt;b&gt;", "B", "Compared", "Tables"]
    assert shared.count("aria-current") == 1


def test_contents_lists_every_second_level_heading(built: dict[str, str]) -> None:
    links = read_page(built["dictionary.html"]).links
    assert [f"#{name}" for name in sorted(tables())] == [
        href for href in dict.fromkeys(links) if href.startswith("#") and href[1:] in tables()
    ]
    assert "On this page" not in built["index.html"].split("<main", 1)[0]


def test_dictionary_has_every_column_of_every_table(built: dict[str, str]) -> None:
    ids = set(read_page(built["dictionary.html"]).ids)
    for table in tables().values():
        assert {f"{table.name}.{column}" for column in table.columns} <= ids
    html = built["dictionary.html"]
    for value in fields()["basis_type"].allowed:
        assert f"<code>{value}</code>" in html
    assert "may be missing" in html


def test_sources_page_names_terms_hashes_and_both_descriptions(built: dict[str, str]) -> None:
    html = built["sources.html"]
    assert '<h2 id="first">A &lt;list&gt;' in html
    assert '<a href="https://example.org/terms">CC BY 4.0</a>' in html
    assert ">example.org</a>" in html
    assert "1" * 64 in html
    assert "2 files, 98 kB" in html
    assert "What is published" in html
    assert "What was done" in html
    assert "None" not in html


def test_tables_page_counts_and_shows_the_quarantine(built: dict[str, str]) -> None:
    html = built["tables.html"]
    assert "300 rows could not be accepted" in html
    assert "The first 200 of 300 rows." in html
    assert '<td class="number">299</td>' in html
    assert "is &lt;odd&gt;" in html
    assert '<a href="tables/acts.csv" download>CSV' in html
    assert "198 kB" in html
    empty = tables_page(SITE, [], QUARANTINE.clear())
    assert "the quarantine is empty" in empty


def test_a_table_page_shows_rows_that_lead_on_and_what_its_columns_hold(built: dict[str, str]) -> None:
    html = built["tables/acts.html"]
    assert '<a href="../sources.html#first">act-1</a>' in html
    assert '<a href="https://example.org/a"' in html
    assert "a &lt;b&gt;" in html
    assert "the first 2 of 264 rows" in html
    assert '<table class="interactive by-column">' in html
    assert ":where(.by-column tr)>:nth-child(" in html
    assert '<meta name="referrer" content="no-referrer">' in html
    assert '<a href="../tables/acts.parquet" download>Parquet</a> 43 kB' in html
    assert '<a href="../dictionary.html#acts.n_subjects">n_subjects</a>' in html
    held = {row["column"]: row for row in column_summary(ROWS.lazy(), "acts").to_dicts()}
    assert held["n_subjects"] | {"meaning": ""} == {
        "column": "n_subjects",
        "meaning": "",
        "unit": "subjects",
        "n_missing": 0,
        "n_distinct": 2,
        "least": "3",
        "greatest": "1,200",
    }
    assert held["summary"]["n_missing"] == held["summary"]["n_distinct"] == 1
    assert held["act_date"]["n_distinct"] == 0


def test_what_all_rows_have_is_said_once_below_a_long_table() -> None:
    rows = pl.concat([ROWS] * 151).with_columns(is_verbal=pl.lit(False))
    html = table_page(SITE, ACTS, rows, columns=column_summary(rows.lazy(), "acts"), link={}.get)
    rows_of_page, below = html.split('<h2 id="rows"')[1].split('<h2 id="columns"')
    assert "<code>is_verbal</code> is no" in below
    assert ">In words</th>" not in rows_of_page
    assert "<code>cameo_code</code>" in below


def test_front_page_leads_from_number_to_reason_and_rows(built: dict[str, str]) -> None:
    html = built["index.html"]
    assert html.count("12 to 31") == html.count("Few did.") == html.count("<em>19 days</em>") == 2
    links = read_page(html).links
    assert {"sources.html#first", "tables.html#acts", "sources.html#second", "tables/acts.csv"} <= set(links)
    assert "<dt>7 &lt;acts&gt;</dt>" in html
    assert "Norway and &lt;Iceland&gt;" in html
    assert "A &lt;winter&gt;" in html


def test_a_state_of_the_timeline_may_name_no_act_or_one_that_is_there(built: dict[str, str]) -> None:
    whole = built["index.html"]
    with_timeline = built["sources.html"].replace("</main>", '<section id="explorer"></section></main>')
    for state, is_right in (
        ("?from=2022-03-01", True),
        ("?from=2022-03-01&act=second", True),
        ("?act=third", False),
    ):
        pages = built | {"index.html": whole.replace("sources.html#second", f"sources.html#{state}")}
        with pytest.raises(RetorsionError, match="a page without that place"):
            _check(pages)  # a page without a timeline has no state
        pages["sources.html"] = with_timeline
        if is_right:
            _check(pages)
        else:
            with pytest.raises(RetorsionError, match=r"link to 'sources\.html#\?act=third'"):
                _check(pages)


def test_a_broken_link_between_pages_is_named(built: dict[str, str]) -> None:
    with pytest.raises(RetorsionError, match=r"tables\.html: link to .tables/datapackage\.json"):
        _check(built, FILES - {"tables/datapackage.json"})
    broken = built | {"index.html": built["index.html"].replace("sources.html#first", "sources.html#firsts")}
    with pytest.raises(RetorsionError, match=r"index\.html: link to 'sources\.html#firsts'"):
        _check(broken)


def test_what_is_not_html_is_escaped() -> None:
    html = page(
        SITE, href="x.html", title="<b>", body="<p></p>", provenance=Provenance(parameters={"a": "<i>"})
    )
    assert "&lt;b&gt;" in html
    assert "&lt;i&gt;" in html
    assert "<i>" not in html


def test_style_sheet_has_the_palette_for_both_schemes_and_light_in_print() -> None:
    css = stylesheet()
    for name, colour in PALETTE.items():
        assert f"--{name}:{colour.light};" in css
        assert f"--{name}:{colour.dark};" in css
    assert css.index("@media screen and (prefers-color-scheme:dark)") > 0
    assert "@media print" in css
    assert "http" not in css.replace('a[href^="http"]', "")
    assert len(css) < 21_000


EXCHANGE_RATES = "rate_date,currency_code,units_per_eur\n2022-03-01,JPY,128.85\n2022-03-02,JPY,{rate}\n"


def describe(folder: Path, text: str) -> frictionless.Report:
    file = folder / "exchange_rates.csv"
    file.write_text(text)
    descriptor = datapackage(
        [
            Resource(
                "exchange_rates",
                file.name,
                file.stat().st_size,
                sha256(file.read_bytes()).hexdigest(),
                tuple(SOURCES["source_id"]),
            )
        ],
        name="project",
        title="Project",
        description="What it is.",
        version="0.1.0",
        sources=SOURCES.to_dicts(),
        homepage="https://example.org",
    )
    (folder / "datapackage.json").write_text(json.dumps(descriptor))
    return frictionless.validate(str(folder / "datapackage.json"))


def test_data_package_is_valid_and_finds_bad_rows(tmp_path: Path) -> None:
    assert describe(tmp_path, EXCHANGE_RATES.format(rate="129.1")).valid
    for rate, kind in (("-1", "constraint-error"), ("", "constraint-error"), ("much", "type-error")):
        report = describe(tmp_path, EXCHANGE_RATES.format(rate=rate))
        assert [error.type for task in report.tasks for error in task.errors] == [kind]


def test_each_resource_of_a_data_package_has_the_terms_of_its_own_sources() -> None:
    others = [SOURCE | {"source_id": "third", "licence_name": None, "licence_url": None}]
    others += [
        SOURCE | {"source_id": "fourth", "licence_name": "CC BY-SA 4.0", "licence_url": "https://sa.org"}
    ]
    described = datapackage(
        [
            Resource("acts", "acts.csv", 1, "0", ("first", "fourth")),
            Resource("sanctions", "sanctions.csv", 1, "0", ("third",)),
        ],
        name="p",
        title="P",
        description="d",
        version="1",
        sources=[*SOURCES.to_dicts(), *others],
    )
    assert "licenses" not in described
    acts, sanctions = described["resources"]  # type: ignore[misc]
    assert [licence["title"] for licence in acts["licenses"]] == sorted(
        [SOURCE["licence_name"], "CC BY-SA 4.0"]
    )
    assert len(acts["sources"]) == 2
    assert "licenses" not in sanctions
    assert [source["path"] for source in sanctions["sources"]] == [SOURCE["url"]]


def test_data_package_takes_keys_types_and_allowed_values_from_the_dictionary() -> None:
    described = datapackage(
        [Resource(name, f"{name}.csv", 1, "0", ()) for name in sorted(tables())],
        name="p",
        title="P",
        description="d",
        version="1",
        sources=[],
    )
    by_name = {resource["name"]: resource for resource in described["resources"]}  # type: ignore[attr-defined]
    acts = by_name["acts"]["schema"]
    assert acts["primaryKey"] == ["act_id", "target_code"]
    column = {found["name"]: found for found in acts["fields"]}
    assert column["basis_type"]["constraints"] == {
        "required": True,
        "enum": ["listed", "reported", "inferred"],
    }
    assert column["n_subjects"] | {"description": ""} == {
        "name": "n_subjects",
        "title": "Subjects (subjects)",
        "type": "integer",
        "description": "",
        "example": "63",
        "unit": "subjects",
        "constraints": {"minimum": 0},
    }
    assert "primaryKey" not in by_name["quarantine"]["schema"]


@pytest.mark.data
def test_the_published_data_package_is_valid_and_finds_an_altered_file(tmp_path: Path) -> None:
    published = REPORTS / "tables" / "datapackage.json"
    if not published.exists():
        pytest.skip("no table is published; run `make`")
    report = frictionless.validate(str(published))
    assert report.valid, report.flatten(["name", "type", "note"])[:5]
    described = json.loads(published.read_text(encoding="utf-8"))["resources"]
    files = {each["path"] for each in described}
    assert files == {path.name for form in ("csv", "parquet") for path in published.parent.glob(f"*.{form}")}
    assert {each.removesuffix(".parquet") for each in files if each.endswith(".parquet")} >= {
        each.removesuffix(".csv") for each in files if each.endswith(".csv")
    }
    for each in ("acts.csv", "acts.parquet"):
        folder = tmp_path / each
        shutil.copytree(published.parent, folder)
        (folder / each).write_bytes((folder / each).read_bytes()[:-1])
        assert not frictionless.validate(str(folder / "datapackage.json")).valid, each


@pytest.mark.data
def test_csv_and_parquet_hold_the_same_rows() -> None:
    folder = REPORTS / "tables"
    for path in sorted(folder.glob("*.csv")):
        typed = pl.read_parquet(path.with_suffix(".parquet"))
        assert pl.read_csv(path, schema=typed.schema).equals(typed), path.name


@pytest.mark.data
def test_built_tables_become_a_valid_data_package(tmp_path: Path) -> None:
    from retorsion.project import TABLES

    chosen = [name for name in ("acts", "sanctions", "replies") if (TABLES / f"{name}.parquet").exists()]
    if not chosen:
        pytest.skip("no table is built; run `make`")
    resources = []
    for name in chosen:
        file = tmp_path / f"{name}.csv"
        pl.read_parquet(TABLES / f"{name}.parquet").write_csv(file)
        resources.append(
            Resource(name, file.name, file.stat().st_size, sha256(file.read_bytes()).hexdigest(), ())
        )
    descriptor = datapackage(
        resources,
        name="p",
        title="P",
        description="d",
        version="1",
        sources=[],
    )
    (tmp_path / "datapackage.json").write_text(json.dumps(descriptor))
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])[:5]


def test_formulas_are_named_beside_the_download_that_has_them() -> None:
    note = "a spreadsheet may take for a formula"
    made = [
        tables_page(SITE, [replace(ACTS, is_formula_like=is_like)], QUARANTINE.head(0))
        for is_like in (True, False)
    ]
    assert [note in html for html in made] == [True, False]


def test_a_page_of_a_case_names_the_case_and_the_last_day_searched() -> None:
    both = site_of(
        [("Norway and Sweden", "a/"), ("Sweden and Denmark", "b/")],
        searched={"a/": date(2020, 5, 3), "b/": date(2021, 1, 2)},
    )
    own = page(both, href="a/x.html", title="X", body="<h1>X</h1>")
    assert "<h1>X: Norway and Sweden</h1>" in own
    assert "Acts of Norway and Sweden searched to 3 May 2020." in own
    shared = page(both, href="x.html", title="X", body="<h1>X</h1>")
    assert "<h1>X</h1>" in shared
    assert "Acts searched to 2 January 2021, earlier for some pairs." in shared
