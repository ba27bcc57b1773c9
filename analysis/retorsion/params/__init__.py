"""What is asked: ``params.yaml`` (sources and choices all cases share) and ``data/cases`` (one pair of states each).

Both files become frozen records here, checked as they are read: an unknown key, a wrong type and a name that no
state, source or scale has are errors with their place and the nearest names. Names of acts, measures, products and
the like are marked with :class:`Names`; :func:`check_names` sets them against the tables when a step has loaded them.
"""

from retorsion.params.checks import Figures
from retorsion.params.escalation import EscalationCase, EscalationChoices, Hostile, Variant
from retorsion.params.impact import (
    AreaGoods,
    ImpactCase,
    ImporterRecords,
    Monthly,
    MonthlyChoices,
    Replacement,
    Rerouting,
    StudiedMeasure,
    SyntheticChoices,
    TariffExports,
    TariffImports,
    TariffsCase,
)
from retorsion.params.names import KINDS, check_names, references
from retorsion.params.options import Domain, Options, Period, Scale
from retorsion.params.reading import check_params, read_case, read_params
from retorsion.params.records import Case, ComparisonChoices, Params
from retorsion.params.sources import Events, EventsCompared, Nomenclature, Sources

__all__ = [
    "KINDS",
    "AreaGoods",
    "Case",
    "ComparisonChoices",
    "Domain",
    "EscalationCase",
    "EscalationChoices",
    "Events",
    "EventsCompared",
    "Figures",
    "Hostile",
    "ImpactCase",
    "ImporterRecords",
    "Monthly",
    "MonthlyChoices",
    "Nomenclature",
    "Options",
    "Params",
    "Period",
    "Replacement",
    "Rerouting",
    "Scale",
    "Sources",
    "StudiedMeasure",
    "SyntheticChoices",
    "TariffExports",
    "TariffImports",
    "TariffsCase",
    "Variant",
    "check_names",
    "check_params",
    "read_case",
    "read_params",
    "references",
]
