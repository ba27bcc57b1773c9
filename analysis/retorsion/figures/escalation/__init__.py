"""Figures of the escalation findings, one module a finding; titles are made from the findings themselves.

Frames are the CSV files ``escalation_*`` of the findings, and parts are the values of ``escalation.json``
under the same names (:func:`retorsion.escalation.findings.escalation_findings`).
"""

from retorsion.figures.escalation.coordination import coordination, days_after_a_step
from retorsion.figures.escalation.excitation import who_excites_whom
from retorsion.figures.escalation.intensity import balance_on_scales, intensity_over_time
from retorsion.figures.escalation.kinds import acts_in_the_days_after, powers, whose_acts_follow
from retorsion.figures.escalation.ladder import ladder
from retorsion.figures.escalation.recall import recall
from retorsion.figures.escalation.regimes import regimes_over_time
from retorsion.figures.escalation.replies import deed_for_deed, waiting_for_an_answer
from retorsion.figures.escalation.specifications import every_way_to_count, quantity_words
from retorsion.figures.escalation.words import scale_name, turning_points

__all__ = [
    "acts_in_the_days_after",
    "balance_on_scales",
    "coordination",
    "days_after_a_step",
    "deed_for_deed",
    "every_way_to_count",
    "intensity_over_time",
    "ladder",
    "powers",
    "quantity_words",
    "recall",
    "regimes_over_time",
    "scale_name",
    "turning_points",
    "waiting_for_an_answer",
    "who_excites_whom",
    "whose_acts_follow",
]
