"""The guide and the page on cases: each command they show is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from places import ROOT
from retorsion.cli import app_of
from typer.main import get_command

TEXTS = (
    ROOT / "analysis" / "retorsion" / "reports" / "pages" / "guide.md",
    ROOT / "docs" / "cases.md",
    ROOT / "docs" / "news.md",
)


def commands_of(path: Path) -> list[list[str]]:
    """Words of the commands of ``retorsion`` in the shell blocks of a text."""
    blocks = re.findall(r"(?s)```sh\n(.*?)```", path.read_text(encoding="utf-8"))
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [words[1:] for line in lines if (words := shlex.split(line, comments=True))[:1] == ["retorsion"]]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_command_is_one(path: Path) -> None:
    commands = commands_of(path)
    assert commands
    for name, *words in commands:
        command, rest = get_command(app_of(name)), words
        while subcommands := getattr(command, "commands", None):
            command, rest = subcommands[rest[0]], rest[1:]
        with command.make_context(name, rest) as context:  # an unknown option or a missing argument raises
            assert not context.args, (name, words)


def test_the_guide_goes_from_a_list_to_the_pages_of_a_case() -> None:
    named = [" ".join(words[:2]) for words in commands_of(TEXTS[0])]
    assert named.index("add list") < named.index("refresh us_sdn") < named.index("case new")
