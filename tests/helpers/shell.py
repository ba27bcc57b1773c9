"""The command line in a project of its own, and files to give it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from places import FIXTURES, RAW, ROOT
from retorsion import cli

SDN = (FIXTURES / "lists" / "ofac_sdn.csv").read_bytes()
LINES = SDN.removesuffix(b"\x1a").splitlines(keepends=True)
#: One subject more, one renamed.
NEWER = b"".join(
    [*LINES, LINES[-1].replace(b"104,", b"105,")]
).replace(b"EXAMPLE PERSON, One", b"EXAMPLE PERSON, Uno")  # fmt: skip
OF_USA = ("--sender", "USA", "--instrument", "asset_freeze")
#: What the fixture's programmes are said to target.
TARGET = (
    "--target",
    "RUS",
    "--programme",
    "FIRST-EO10000",
    "--programme",
    "SECOND - TWO",
    "--programme",
    "THIRD",
)
LONG_CELL = SDN.removesuffix(b"\x1a") + b'9,"' + b"x" * 10_000_000 + b'"\r\n'
TRADE = (FIXTURES / "customs" / "comtrade_api.csv").read_bytes()
EVENTS = (FIXTURES / "events" / "20220301.export.CSV").read_bytes()
#: The project's parameters without lists, flows and measures.
PARAMS = re.sub(
    r"(?ms)^  lists:.*?(?=^  rates:)",
    "  lists: {}\n  flows: {}  # trade\n  measures: {}\n  fetched: []\n",
    (ROOT / "params.yaml").read_text(encoding="utf-8"),
)


def make_project(root: Path) -> None:
    """A project that has the sources every project needs, and no other."""
    raw = root / "data" / "raw"
    raw.mkdir(parents=True)
    needed = yaml.safe_load(PARAMS)["sources"]
    names = {needed[one] for one in ("act_types", "hosts", "rates")} | {needed["nomenclature"]["source"]}
    names |= {*needed["ledgers"], *needed["calendars"], *needed["scores"].values()}
    names.add(yaml.safe_load(PARAMS)["impact"]["gravity"]["embargoes"])
    for name in names:
        (raw / name).symlink_to(RAW / name)
    (root / "params.yaml").write_text(PARAMS, encoding="utf-8")


class Shell:
    """The command line in a project of its own."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.root, self.capture = root, capture

    def __call__(self, *command: str) -> tuple[int, str, str]:
        """Exit code, output and errors of one command."""
        sys.argv = ["retorsion", *command]
        self.capture.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = self.capture.readouterr()
        return code, said.out, said.err

    def good(self, *command: str) -> str:
        code, out, err = self(*command)
        assert code == 0, err
        return out

    def folder(self, source: str = "list") -> Path:
        return self.root / "data" / "raw" / source
