"""Each stage of the pipeline depends on the code it runs, all of it and no more.

``python tests/unit/test_dependencies.py`` prints the list that each stage should have.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.append(str(Path(__file__).resolve().parents[1] / "helpers"))  # where it is run as a script

from imports import PACKAGE, closure, collapsed, file_of, imported, names_imported
from places import RAW, ROOT
from retorsion.cli import COMMANDS
from retorsion.params import read_case, read_params, references
from retorsion.sources.readers import module_of

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
STAGES = {name: stage.get("do") or stage for name, stage in PIPELINE.items()}
PARAMS = read_params(ROOT / "params.yaml", RAW)


def sources_of(stage: dict[str, Any]) -> set[str]:
    """Sources whose files a stage reads: those that its parameters name."""
    wanted = [one for one in stage.get("params", []) if isinstance(one, str) and one.startswith("sources")]
    places = [one.partition(".")[2].partition(".")[0] for one in wanted]
    named = {
        one.value for one in references(PARAMS) if one.kind == "source" and _in_one_of(one.place, places)
    }
    parts = [
        part
        for one in stage.get("params", [])
        if isinstance(one, dict)
        for file, keys in one.items()
        if file.startswith("data/cases")
        for part in keys
    ]
    for case in PARAMS.cases:
        read = read_case(ROOT / "data" / "cases" / f"{case}.yaml", PARAMS, RAW)
        named |= {
            one.value for one in references(read) if one.kind == "source" and one.place.split(".")[0] in parts
        }
    return named


#: What asks for a format by the name that a sidecar has, and by the name of its module.
REGISTRY = {("retorsion.sources.readers", name) for name in ("reader", "readers", "recognise")}
LAYOUTS = {
    ("retorsion.sources.text.recorded", name) for name in ("read_complete", "read_recorded", "layout_of")
}


def _in_one_of(place: str, sections: list[str]) -> bool:
    inside = place.removeprefix("sources.")
    return any(not section or inside.split(".")[0] == section for section in sections)


def formats_of(files: set[Path], stage: dict[str, Any]) -> Iterator[str]:
    """Modules of the formats that a step reads through the registry, or as a layout that it names."""
    code = {path for path in files if path.suffix == ".py"}
    if any(REGISTRY & set(names_imported(path)) for path in code):
        for source in sources_of(stage):
            reader = yaml.safe_load((RAW / source / "source.yaml").read_text(encoding="utf-8"))["reader"]
            yield module_of(reader)
    for path in code:
        if LAYOUTS & set(names_imported(path)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and node.value.isidentifier()
                ):
                    module = f"retorsion.sources.formats.{node.value}"
                    if file_of(module):
                        yield module


def needed(name: str) -> set[Path]:
    """Files of the package that a stage runs."""
    command = STAGES[name]["cmd"].split()[1]
    step = COMMANDS[command][0]
    notebooks = [ROOT / one for one in STAGES[name]["deps"] if str(one).startswith("notebooks/")]
    if command != "render":  # reads their words alone
        notebooks = []
    run = [module for notebook in notebooks for module in imported(notebook)]  # what their cells import
    files = closure(step, *run)
    return closure(step, *run, *formats_of(files, STAGES[name]))


def stated(name: str) -> list[str]:
    """What a stage states of the package."""
    return [one for one in STAGES[name]["deps"] if isinstance(one, str) and one.startswith("analysis/")]


def problems(name: str) -> list[str]:
    """What is missing from a stage's list, and what it has too many."""
    wanted, listed = set(collapsed(needed(name))), set(stated(name))
    return [
        *(f"lacks {one}" for one in sorted(wanted - listed)),
        *(f"needs not all of {one}" for one in sorted(listed - wanted)),
    ]


def the_list(name: str) -> str:
    """What a stage should state of the package, as lines of dvc.yaml."""
    return "\n".join(f"        - {one}" for one in collapsed(needed(name)))


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_the_code_it_runs_and_on_no_other(name: str) -> None:
    found = problems(name)
    assert not found, f"stage {name}: {'; '.join(found)}. Its list should be:\n{the_list(name)}"


def test_the_walk_follows_inner_imports_readers_layouts_and_texts() -> None:
    names = {path.relative_to(PACKAGE).as_posix() for path in needed("acts")}
    assert {"steps/acts.py", "project.py", "tables/fields.yaml", "sources/states.csv"} <= names
    assert "sources/formats/asset_freeze_list.py" in names, "the reader that the list's sidecar names"
    assert "sources/formats/programmes.py" in names, "a layout that the step names"
    assert "sources/formats/un_list.py" not in names, "a list that no source has"
    assert not any(name.startswith(("escalation/", "impact/", "figures/", "reports/")) for name in names)


if __name__ == "__main__":
    for one in STAGES:
        print(f"  {one}:\n{the_list(one)}\n")
