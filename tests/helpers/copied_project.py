"""A copy of the project in which commands run, for tests of whole cases."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
from places import ROOT
from retorsion.sources.formats.ledger import LAYOUTS

#: Runs several commands in one process, so that what they import is imported once.
_ALL_OF = """
import json, sys
from retorsion import cli
for command in json.loads(sys.argv[1]):
    sys.argv = ["retorsion", *command]
    try:
        cli.main()
    except SystemExit as stop:
        if stop.code:
            raise
"""


def _large(folder: str, names: list[str]) -> set[str]:
    """What is not copied of a folder: downloads, findings, and the parts of the trade statistics."""
    parts = names if Path(folder) == ROOT / "data/tables/trade_flows" else []
    return {"files", "vintages", "findings", "events", *parts}


class Project:
    """A copy of the project; what is large and stays as it is is linked."""

    def __init__(self, folder: Path, *, linked: bool = True) -> None:
        """Copy the project into a folder; without links also its code and downloads, which a pipeline owns."""
        self.folder = folder
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copyfile(ROOT / name, folder / name)
        shutil.copytree(ROOT / "data", folder / "data", ignore=_large)
        (folder / "reports").mkdir()
        for path in (
            *(ROOT / "data/raw").glob("*/files"),
            *(ROOT / "data/tables/trade_flows").glob("*.parquet"),
        ):
            if linked:
                (folder / path.relative_to(ROOT)).symlink_to(path)
            elif path.is_dir():
                shutil.copytree(path, folder / path.relative_to(ROOT))
            else:
                shutil.copyfile(path, folder / path.relative_to(ROOT))
        if not linked:
            shutil.copytree(
                ROOT / "analysis", folder / "analysis", ignore=shutil.ignore_patterns("__pycache__")
            )
            for name in (".dvcignore", ".gitignore"):
                shutil.copyfile(ROOT / name, folder / name)

    def __call__(self, *commands: Iterable[str]) -> subprocess.CompletedProcess[str]:
        """Run commands one after another, up to the first that fails."""
        return subprocess.run(
            [sys.executable, "-c", _ALL_OF, json.dumps([list(command) for command in commands])],
            cwd=self.folder,
            env=os.environ
            | {
                "PYTHONPATH": str(ROOT / "analysis"),
                "RETORSION_HOME": str(self.folder),
                "COLUMNS": "160",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def good(self, *commands: Iterable[str]) -> str:
        """What commands say; all must succeed."""
        run = self(*commands)
        assert run.returncode == 0, f"{commands}: {run.stdout[-2000:]}{run.stderr[-4000:]}"
        return run.stdout

    def refused(self, *command: str) -> str:
        """What a command says that must stop with exit code 1 and one message."""
        run = self(command)
        assert run.returncode == 1, f"{command}: {run.returncode} {run.stdout[-2000:]}{run.stderr[-4000:]}"
        said = run.stderr.strip()
        assert said.startswith("error: "), said
        assert "Traceback" not in said
        return said.removeprefix("error: ")

    def edit(self, file: str, *changes: tuple[str, str]) -> None:
        """Replace text that a file has once."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def append(self, source: str, file: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Add rows to a file of a source; columns not given stay empty."""
        path = self.folder / "data" / "raw" / source / file
        with path.open(encoding="utf-8", newline="") as stream:
            columns = next(csv.reader(stream))
        with path.open("a", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
            writer.writerows(rows)

    def add_ledger(self, name: str, **parts: Iterable[Mapping[str, str]]) -> None:
        """Add a ledger with rows in some of its files, and the hosts of its pages, as the guide says."""
        folder = self.folder / "data" / "raw" / name
        folder.mkdir()
        for part, layout in LAYOUTS.items():
            (folder / f"{part}.csv").write_text(",".join(layout.columns) + "\n", encoding="utf-8")
        for part, rows in parts.items():
            self.append(name, f"{part}.csv", rows)
        sidecar = (ROOT / "data" / "raw" / "ledger_jpn_rus" / "source.yaml").read_text(encoding="utf-8")
        sidecar = sidecar.replace("id: ledger_jpn_rus", f"id: {name}")
        (folder / "source.yaml").write_text(sidecar, encoding="utf-8")
        hosts = sorted({urlsplit(row["source_urls"]).hostname or "" for row in parts["acts"]})
        self.append("source_hosts", "hosts.csv", [{"host": one, "source_type": "newspaper"} for one in hosts])
        self.edit("params.yaml", ("ledgers: [", f"ledgers: [{name}, "))
        self.good(["pin", name], ["pin", "source_hosts"])

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "data" / "tables" / f"{name}.parquet")

    def finding(self, case: str, name: str) -> dict[str, Any]:
        """Findings of a step on a case, by part."""
        folder = self.folder / "data" / "findings" / case / name
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}

    def pages(self, case: str) -> dict[str, str]:
        """Words of all pages of a case."""
        folder = self.folder / "reports" / case
        found = sorted(folder.rglob("*.html"))
        return {path.relative_to(folder).with_suffix("").as_posix(): words_of(path) for path in found}

    def page(self, name: str) -> str:
        """Words of a page."""
        return words_of(self.folder / "reports" / f"{name}.html")


def words_of(path: Path) -> str:
    """What a page says between its menu and its footer, pictures included and code left out."""
    html = path.read_text(encoding="utf-8").partition('<main id="main"')[2].partition("</main>")[0]
    html = re.sub(r"(?s)<(script|style|pre)\b.*?</\1>", "", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def acts_between(
    first: str, second: str, *, n: int, start: date
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows of a ledger: ``n`` acts of two states in turn, every third of the second a stated answer.

    Returns:
        Rows of acts and of replies. The first side bans imports and freezes assets, the second answers with
        summons, protests and entry bans.
    """
    kinds = {
        first: ["trade_measure/import_ban/import", "diplomatic_action/criticism/", "sanction/asset_freeze/"],
        second: ["diplomatic_action/protest/", "diplomatic_action/summons/", "sanction/entry_ban/"],
    }  # fmt: skip
    acts, replies = [], []
    for number in range(n):
        actor, other = (first, second) if number % 2 == 0 else (second, first)
        domain, kind, flow = kinds[actor][number // 2 % 3].split("/")
        day = start + timedelta(days=(number // 2) * 19 + (number % 2) * (1 + number % 4))
        url = f"https://{'one' if number % 3 else 'two'}.example/{number}"
        acts.append(
            {
                "act_id": f"{actor.lower()}-{day}-invented-{number}",
                "package_id": f"{actor.lower()}-{day}-invented-{number}",
                "announced_date": day.isoformat(),
                "announced_basis": "text",
                "aim_type": "this_state",
                "actor_code": actor,
                "target_codes": other,
                "addressee_code": other,
                "domain_type": domain,
                "act_type": kind,
                "phase_type": "decision",
                "flow_type": flow,
                "n_individuals": "3" if domain == "sanction" else "",
                "effective_date": day.isoformat() if flow else "",
                "product_scope": "goods of an invented kind" if flow else "",
                "summary": f"Invented act {number}.",
                "confidence_type": "high",
                "source_urls": url,
            }
        )
        if number % 6 in (1, 5):
            replies.append(
                {
                    "reply_act_id": acts[-1]["act_id"],
                    "act_id": acts[-2]["act_id"],
                    "order": "1",
                    "answers_type": "act",
                    "source_url": url,
                    "note": "Invented.",
                }
            )
    return acts, replies
