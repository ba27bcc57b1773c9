"""The command line: ``retorsion COMMAND``. Each command is a file of :mod:`retorsion.steps`."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING

from retorsion import __version__
from retorsion.errors import RetorsionError, did_you_mean

if TYPE_CHECKING:
    import typer

#: Commands in the order of the help, with their modules and what each does.
COMMANDS = {
    "fetch": ("retorsion.steps.fetch", "Download the pinned artifact of a source."),
    "acts": ("retorsion.steps.acts", "Build the tables of acts from the ledger and from official lists."),
    "flows": ("retorsion.steps.flows", "Build the part of trade_flows that comes from one source."),
    "rates": ("retorsion.steps.rates", "Build exchange_rates."),
    "sources": ("retorsion.steps.sources", "Build the table of sources and verify every raw file."),
    "checks": ("retorsion.steps.checks", "Set the tables against what others published."),
    "escalation": ("retorsion.steps.escalation", "Compute who answers whom, how fast, in what kind."),
    "impact": ("retorsion.steps.impact", "Compute what the measures did to trade."),
    "render": ("retorsion.steps.render", "Run notebooks and write their pages."),
    "site": ("retorsion.steps.site", "Write the pages around the notebooks."),
    "add": ("retorsion.steps.add", "Add a source of your own from a file."),
    "refresh": ("retorsion.steps.refresh", "Look for a newer vintage of a source and show what changed."),
    "pin": ("retorsion.steps.pin", "Write the hashes of an edited source into its sidecar."),
    "events": ("retorsion.events.command", "Build and compare machine-coded events."),
}


def overview() -> str:
    """The help of the command line as a whole."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(
        [
            "Usage: retorsion COMMAND [OPTIONS]",
            "",
            "The record of how states answer one another, and what it says.",
            "",
            "Commands (retorsion COMMAND --help explains one):",
            *lines,
            "",
            "Options: --version shows the version, --help this text.",
        ]
    )


def app_of(name: str) -> typer.Typer:
    """The command of a name. Its module is imported now and no other, so that the rest stays quick.

    Raises:
        RetorsionError: there is no such command.
    """
    import typer

    if name not in COMMANDS:
        raise RetorsionError(
            f"there is no command {name!r}.{did_you_mean(name, COMMANDS)} `retorsion --help` lists the commands"
        )
    module = import_module(COMMANDS[name][0])
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(name)(module.run)
    return app


def main() -> None:
    """Run a command. What is wrong with the input is one line, without a traceback."""
    for stream in (sys.stdout, sys.stderr):  # a name in another script is no reason to stop
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("--help", "-h", "help"):
        print(overview())
    elif name == "--version":
        print(__version__)
    else:
        _run(name, arguments)


def _run(name: str, arguments: list[str]) -> None:
    try:
        app_of(name)(arguments, prog_name=f"retorsion {name}")
    except RetorsionError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
