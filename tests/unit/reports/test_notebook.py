"""A notebook becomes the same self-contained page each time, or one clear error."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from retorsion.errors import RetorsionError
from retorsion.reports import page as shell
from retorsion.reports.notebook import render_notebooks
from retorsion.reports.page import Link, Provenance, Site, check_page, read_page

SITE = Site("Project", "What it is.", (Link("Findings", "index.html"), Link("Trial", "trial.html")), "MIT.")
MADE_FROM = Provenance({"a": "b" * 64})
NOTEBOOK = """\
# %% [markdown]
# # A finding
# What was found, for $5 or $6.

# %%
import matplotlib.pyplot as plt
import pandas as pd
import polars as pl
import seaborn as sns

from retorsion.figures.style import finish, new_figure, use_style
from retorsion.figures.svg import show
from retorsion.reports.html import say, table

use_style()
frame = pd.DataFrame({"x": [1, 2, 2, 1], "y": [1.5, 2.5, 3.5, 0.5]})

# %% [markdown]
# ## Same name
# A formula $a_i^2$.
# ## Same name

# %%
figure, axes = new_figure("half")
sns.lineplot(frame, x="x", y="y", errorbar="sd", ax=axes)
finish(figure, title="It rises", source="nobody", alt="A rising line.")
show(figure)

# %%
frame.style.format(precision=1)

# %%
say("There are {n} rows.", n=len(frame))

# %%
table(pl.DataFrame({"act_date": ["2022-03-01"], "n_subjects": [1200]}), caption="Acts")

# %%
import os
import sys
print("working in the project:", os.path.exists("here.txt"))
print("hash seed", os.environ["PYTHONHASHSEED"], "backend", plt.get_backend())
print("personal path", os.environ.get("JUPYTER_PATH"))
print("to the builder", file=sys.stderr)
"""


def render_notebook(source: Path, **options: Any) -> str:
    return render_notebooks([source], **options)[source.stem].html


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "here.txt").touch()
    (root / "trial.py").write_text(NOTEBOOK)
    return root


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    os.environ["JUPYTER_PATH"] = "/somebody/else"
    try:
        return render_notebook(folder / "trial.py", root=folder, site=SITE, provenance=MADE_FROM)
    finally:
        del os.environ["JUPYTER_PATH"]


def test_two_runs_give_the_same_bytes_and_leave_no_file(folder: Path, page: str) -> None:
    before = sorted(path.name for path in folder.rglob("*"))
    again = render_notebook(folder / "trial.py", root=folder, site=SITE, provenance=MADE_FROM)
    assert again == page
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_code_is_folded_on_the_page_of_a_case_and_open_on_those_that_teach(folder: Path, page: str) -> None:
    (folder / "one.py").write_text(NOTEBOOK)
    teaching = render_notebook(folder / "one.py", root=folder, site=SITE, code_open={"one"})
    (folder / "one.py").unlink()
    assert page.count('<details class="code">') == teaching.count('<details class="code" open>') == 6


def test_the_page_holds_prose_figure_tables_text_and_code(page: str) -> None:
    assert "<h1" in page
    assert "for $5 or $6" in page
    assert "<title>A finding – Project</title>" in page
    assert 'aria-labelledby="f' in page
    assert "There are 4 rows." in page
    assert '<td class="number">1,200</td>' in page
    assert "sns.lineplot" not in page.split("<details", 1)[0]
    assert 'aria-current="page">Trial' in page
    assert "b" * 64 in page


def test_headings_of_the_same_name_get_their_own_anchors(page: str) -> None:
    ids = read_page(page).ids
    assert {"same-name", "same-name-2"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_kernel_runs_in_the_project_with_a_fixed_environment(page: str) -> None:
    assert "working in the project: True" in page
    assert "hash seed 0 backend agg\npersonal path None" in page.replace("Agg", "agg")


def test_warnings_go_to_the_builder_and_not_into_the_page(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "warns.py").write_text(
        "# %%\nimport sys\nprint('take care', file=sys.stderr)\nprint('shown')\n"
    )
    with caplog.at_level(logging.WARNING):
        html = render_notebook(folder / "warns.py", root=folder, site=SITE)
    assert "warns.py, cell 1: take care" in caplog.text
    assert "<pre>shown</pre>" in html
    assert "<pre>take care</pre>" not in html


def test_a_failing_cell_is_one_error_naming_notebook_cell_and_cause(folder: Path) -> None:
    (folder / "fails.py").write_text("# %% [markdown]\n# # Title\n\n# %%\nx = 1\n\n# %%\nx / 0\n")
    with pytest.raises(
        RetorsionError, match=r"fails\.py, cell 3 \('x / 0'\): ZeroDivisionError: division by zero"
    ):
        render_notebook(folder / "fails.py", root=folder, site=SITE)


def test_a_missing_or_empty_notebook_is_named(folder: Path) -> None:
    with pytest.raises(RetorsionError, match=r"absent\.py: there is no such notebook"):
        render_notebook(folder / "absent.py", root=folder, site=SITE)


def test_an_object_shown_in_words_is_refused(folder: Path) -> None:
    (folder / "object.py").write_text("# %%\nobject()\n")
    with pytest.raises(RetorsionError, match="address of an object"):
        render_notebook(folder / "object.py", root=folder, site=SITE)


def test_a_path_of_the_machine_is_refused(folder: Path) -> None:
    (folder / "path.py").write_text("# %%\nimport os\nprint(os.getcwd())\n")
    with pytest.raises(RetorsionError, match="path of this machine"):
        render_notebook(folder / "path.py", root=folder, site=SITE)


@pytest.mark.parametrize(
    "part",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        '<img srcset="a.png 1x, http://example.org/b.png 2x">',
        '<input src="http://example.org">',
        "<style>@import 'https://example.org/x.css';</style>",
        "<style>p{background:url(https://example.org/x.png)}</style>",
        "<p style=\"background:url('http://example.org/x.png')\">",
        '<svg><image href="https://example.org/x.png"/></svg>',
    ],
)
def test_a_page_that_would_fetch_is_refused(part: str) -> None:
    with pytest.raises(RetorsionError, match="would fetch"):
        check_page(f"<main>{part}</main>", name="page")


@pytest.mark.parametrize(
    "part",
    [
        "<iframe></iframe>",
        '<object data="x"></object>',
        '<embed src="x">',
        '<base target="_blank">',
        '<p onclick="go()">',
        '<svg><a xlink:href="javascript:go()">x</a></svg>',
        '<a href=" java\tscript:go()">x</a>',
        '<a href="JavaScript:go()">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<svg><set attributeName="href" to="javascript:go()"/></svg>',
    ],
)
def test_a_page_that_would_run_something_is_refused(part: str) -> None:
    with pytest.raises(RetorsionError, match="would run"):
        check_page(f"<main>{part}</main>", name="page")


def test_a_script_that_the_policy_does_not_name_is_refused() -> None:
    whole = shell.page(SITE, href="x.html", title="x", body="<h1>x</h1>", scripts=["let a = 1;"])
    check_page(whole, name="page")
    for other in (
        whole.replace("let a = 1", "let a = 2"),
        whole.replace("<h1>", "<script>go()</script><h1>"),
    ):
        with pytest.raises(RetorsionError, match="policy does not allow"):
            check_page(other, name="page")


def test_a_link_for_readers_is_no_fetch() -> None:
    check_page('<a href="https://example.org">x</a><img src="data:image/png;base64,AA">', name="page")


def test_double_ids_and_broken_anchors_are_refused() -> None:
    with pytest.raises(RetorsionError, match="twice"):
        check_page('<p id="a"></p><p id="a"></p>', name="page")
    with pytest.raises(RetorsionError, match="#b"):
        check_page('<p id="a"></p><a href="#b">x</a>', name="page")
