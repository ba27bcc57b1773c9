"""Figures of the escalation findings, one module a finding; titles are made from the findings themselves.

Frames are the CSV files ``escalation_*`` of the findings, and parts are the values of ``escalation.json``
under the same names (:func:`retorsion.escalation.findings.escalation_findings`).
"""

from retorsion.figures.escalation.coordination import coordination, days_after_a_step
from retorsion.figures.escalation.excitation import who_excites_whom
from retorsion.figures.escalation.intensity import balance_on_scales, intensity_over_time
from retorsion.figures.escalation.ladder import ladder
from retorsion.figures.escalation.recall import recall
from retorsion.figures.escalation.regimes import regimes_over_time
from retorsion.figures.escalation.replies import deed_for_deed, waiting_for_an_answer
from retorsion.figures.escalation.words import scale_name, turning_points

__all__ = [
    "balance_on_scales",
    "coordination",
    "days_after_a_step",
    "deed_for_deed",
    "intensity_over_time",
    "ladder",
    "recall",
    "regimes_over_time",
    "scale_name",
    "turning_points",
    "waiting_for_an_answer",
    "who_excites_whom",
]
