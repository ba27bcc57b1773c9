"""The analyses whose findings have pages of evidence, and which rows and page belong to each part of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retorsion.reports.html import (
    OVERALL,
    evidence_page_of,
)


@dataclass(frozen=True)
class Analysis:
    """What is said on the page of evidence of one analysis.

    Attributes:
        title: of the page.
        pages: addresses of those that show its findings, in the folder of the case.
        behind: names of the rows that a part uses besides those of its own name.
        rows: how the names of its rows begin.
        of_case: whether each case has it, or all cases together.
    """

    title: str
    pages: Sequence[str]
    behind: Mapping[str, Sequence[str]]
    rows: str
    of_case: bool = True


ANALYSES: Mapping[str, Analysis] = {
    "escalation": Analysis(
        title="Evidence on escalation",
        pages=["02_escalation.html"],
        behind={
            "record": ["escalation_acts"],
            "intensity": [
                "escalation_acts",
                "escalation_intensity",
                "escalation_intensity_with_provocations",
                "escalation_balance",
            ],
            "answers": ["escalation_answers", "escalation_lags", "escalation_links"],
            "kinds": ["escalation_kinds", "escalation_following"],
            "replies": [
                "escalation_links",
                "escalation_answer_rates",
                "escalation_waiting",
                "escalation_candidates",
                "escalation_subjects",
            ],
            "excitation": ["escalation_acts", "escalation_branching", "escalation_models"],
            "regimes": ["escalation_acts", "escalation_regimes", "escalation_changes"],
            "headlines": [
                "escalation_acts",
                "escalation_links",
                "escalation_branching",
                "escalation_regimes",
                "escalation_coordination",
            ],
        },
        rows="escalation_",
    ),
    "impact": Analysis(
        title="Evidence on trade",
        pages=["03_trade_impact.html", "04_diversion.html", "05_tariffs.html"],
        behind={
            "area_goods": [
                "impact_area_goods_estimators",
                "impact_area_goods_by_measure",
                "impact_area_goods_path",
                "impact_area_goods_years",
                "impact_area_goods_relative",
                "impact_area_goods_placebos",
                "impact_area_goods_split",
                "impact_area_goods_dates",
                "impact_monthly_groups",
            ],
            "diversion": [
                "impact_diversion",
                "impact_diversion_choices",
                "impact_destinations",
                "impact_destination_shares",
                "impact_concentration",
                "impact_vanished",
                "impact_buyers",
            ],
            "records": ["impact_records", "impact_record_rows"],
            "rerouting": ["impact_rerouting", "impact_rerouting_hubs", "impact_rerouting_months"],
            "replacement": ["impact_replacement", "impact_supplier_shares"],
            "tariffs": [
                "impact_tariffs_specifications",
                "impact_tariffs_steps",
                "impact_tariffs_sections",
                "impact_tariffs_shares",
                "impact_tariffs_replaced",
                "impact_tariffs_control",
                "impact_tariffs_paid",
                "impact_tariffs_averages",
                "impact_tariffs_published",
                "impact_tariffs_lines",
            ],
        },
        rows="impact_",
    ),
    "checks": Analysis(
        title="Evidence on the data checks",
        pages=["01_sources_and_tables.html"],
        behind={"counts": ["published_counts"], "figures": ["published_figures"]},
        rows="published_",
    ),
    "cases": Analysis(
        title="Evidence on the comparison",
        pages=["06_comparison.html"],
        behind={
            "chains": ["cases_chains", "cases_chain_steps"],
            "first_moves": ["cases_chains"],
            "pooled": [
                "cases_pooled",
                "cases_answer_rates",
                "cases_lags",
                "cases_in_kind",
                "cases_proportions",
                "cases_proportion_pairs",
            ],
        },
        rows="cases_",
        of_case=False,
    ),
}


def analyses(*, of_case: bool = True) -> dict[str, Analysis]:
    """The analyses that each case has, or those of all cases together."""
    return {name: each for name, each in ANALYSES.items() if each.of_case == of_case}


def home_of(rows: str, parts: Iterable[str]) -> str:
    """Address of the page that shows the rows of a file, relative to the folder of the case.

    Args:
        rows: the file in ``data/findings``, without ``.csv``.
        parts: of the findings of the analysis it belongs to.
    """
    name = evidence_of(rows)
    analysis = ANALYSES[name]
    known = [part for part in parts if part not in OVERALL]
    own = [part for part in known if f"{rows}_".startswith(f"{analysis.rows}{part}_")]
    listed = [part for part in analysis.behind if part in known and rows in analysis.behind[part]]
    return evidence_page_of(name, next(iter([*sorted(own, key=len, reverse=True), *listed]), None))


def evidence_of(rows: str) -> str:
    """Name of the analysis whose page shows the rows of a file; that of the checks by default.

    Args:
        rows: the file in ``data/findings``, without ``.csv``.
    """
    return next((name for name, each in ANALYSES.items() if rows.startswith(each.rows)), "checks")


def names_behind(analysis: Analysis, part: str, names: Iterable[str]) -> list[str]:
    """Names of the rows behind a part of the findings, of those that there are.

    A part that :class:`Analysis` does not name has the rows whose names begin with its own.
    """
    chosen = analysis.behind.get(part)
    begin = f"{analysis.rows}{part}"
    return [
        each
        for each in names
        if (each in chosen if chosen is not None else each == begin or each.startswith(f"{begin}_"))
    ]
