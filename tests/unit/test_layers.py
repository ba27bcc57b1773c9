"""Imports go down only, and no room opens a file of the project but the steps."""

from __future__ import annotations

from imports import PACKAGE, imported

#: Rooms from the lowest to the highest; those of one rank do not know each other.
RANKS = (
    ("errors", "files", "processes"),
    ("dates", "findings"),
    ("sources", "estimators"),
    ("tables", "params"),
    ("checks", "escalation", "impact", "new_case", "news"),
    ("comparison",),
    ("events",),
    ("project", "figures"),
    ("reports",),
    ("lab", "questions"),
    ("steps",),
    ("cli",),
    ("__main__",),
)
RANK = {room: number for number, rooms in enumerate(RANKS) for room in rooms}

#: Estimators take numbers and frames: they know no room that knows this project's data.
ESTIMATORS_KNOW = {"errors", "dates"}

#: Imports that go up or sideways, each with the reason.
KNOWN = {
    ("events/command.py", "project"): "the command of a room that is removed as a whole",
    ("events/command.py", "steps"): "the command of a room that is removed as a whole",
    ("events/figures.py", "figures"): "the figures of a room that is removed as a whole",
}


def room(module: str) -> str:
    """The room of a module: the part of the package that it is in."""
    return module.split(".")[1] if "." in module else ""


def found() -> set[tuple[str, str]]:
    """Files and the rooms they import that are not below their own."""
    wrong = set()
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE)
        own = inside.parts[0].removesuffix(".py")
        for other in {room(module) for module in imported(path)} - {"", own}:
            is_below = RANK[other] < RANK.get(own, len(RANKS))
            if not is_below or (own == "estimators" and other not in ESTIMATORS_KNOW):
                wrong.add((inside.as_posix(), other))
    return wrong


def test_imports_go_down_only() -> None:
    assert found() == set(KNOWN)


def test_files_of_the_project_are_opened_by_steps_alone() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "retorsion.project" in imported(path)
    }
    assert {path for path in users if not path.startswith("steps/")} - {"__init__.py"} == {
        "lab.py",  # tables at hand in a notebook
        "questions.py",  # answers from the tables, in a notebook
        "events/command.py",  # a step of a room that is removed as a whole
        "reports/statements.py",  # what notebooks call
    }
