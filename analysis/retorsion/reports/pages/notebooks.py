"""The pages that are rendered from notebooks: their places in the navigation."""

from __future__ import annotations

from retorsion.reports.site import ABOUT, CASE, FINDINGS, Page

PAGE = (
    Page(
        address="02_escalation.html",
        title="Escalation",
        description="Who retaliated, how fast, in what kind, and when it changed.",
        menu=CASE,
        order=1,
    ),
    Page(
        address="03_trade_impact.html",
        title="Trade impact",
        description="How far trade fell, by several methods.",
        menu=CASE,
        order=2,
        needs=("monthly", "area_goods", "mirror", "price_volume", "gravity"),
    ),
    Page(
        address="04_diversion.html",
        title="Where trade went",
        description="Where the lost trade went, and who replaced it.",
        menu=CASE,
        order=3,
        needs=("importers", "diversion", "rerouting", "replacement"),
    ),
    Page(
        address="05_tariffs.html",
        title="Tariffs",
        description="What tariffs did to trade, who replaced whom, and what was paid.",
        menu=CASE,
        order=4,
        needs=("tariffs",),
    ),
    Page(
        address="01_sources_and_tables.html",
        title="Data checks",
        description="What was recorded, and how well it matches what others published.",
        menu=CASE,
        order=5,
    ),
    Page(
        address="06_comparison.html",
        title="The cases compared",
        description="The same quantities over all cases: what generalises, and what so few cannot tell.",
        menu=FINDINGS,
        order=0,
    ),
    Page(
        address="00_start.html",
        title="Your own question",
        description="From a table to a figure in a few lines of Python, as a start in JupyterLab.",
        menu=ABOUT,
        order=3,
        code_open=True,
    ),
    Page(
        address="06_toolbox.html",
        title="Your own data",
        description="From a table of your own to an estimate and a figure, with the project's estimators.",
        menu=ABOUT,
        order=4,
        code_open=True,
    ),
)
