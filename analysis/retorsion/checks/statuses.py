"""What the comparison of a published figure with the table comes to, from a closed list."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """What a comparison came to; the order is that of precedence when two are summed up in one."""

    UNEXPLAINED = "unexplained"
    SELF_CONTRADICTION = "self_contradiction"
    LATER_REVISION = "later_revision"
    CURRENCY_CONVERSION = "currency_conversion"
    COMPOUNDED = "compounded"
    ROUNDING = "rounding"
    WITHIN = "within"
    OTHER_REPORTER = "other_reporter"
    GOODS_NOT_IN_TABLE = "goods_not_in_table"
    OUTSIDE_PERIOD = "outside_period"
    MERGED_MONTHS = "merged_months"
    QUANTITY_BASIS = "quantity_basis"
    NO_BASE = "no_base"


#: What each status says, as a full sentence.
MEANINGS: Mapping[Status, str] = {
    Status.WITHIN: "The gap is within the bound.",
    Status.ROUNDING: "The gap is at most half a unit of the last published digit.",
    Status.COMPOUNDED: "Value and base are each within the bound; the change compounds their small gaps.",
    Status.CURRENCY_CONVERSION: (
        "The figure is in another currency, the gap is within the bound for the choice of a rate, and no "
        "figure in the table's own currency speaks against it."
    ),
    Status.LATER_REVISION: "Other published figures show that the level was revised in this direction.",
    Status.SELF_CONTRADICTION: "The change of a sum does not follow from the changes of its parts.",
    Status.UNEXPLAINED: "No rule explains the gap.",
    Status.OTHER_REPORTER: "The figure is of another reporter or pair, whose total trade is in no source.",
    Status.GOODS_NOT_IN_TABLE: "The table has no group of these goods.",
    Status.OUTSIDE_PERIOD: "The period, or the year before it, is not wholly in the table.",
    Status.MERGED_MONTHS: "Not comparable: the release merges months that the period parts.",
    Status.QUANTITY_BASIS: "The figure is a quantity and the table has values only.",
    Status.NO_BASE: "The base in the table is not positive, so that a change on it has no meaning.",
}

NOT_COMPARED = frozenset(
    {
        Status.OTHER_REPORTER,
        Status.GOODS_NOT_IN_TABLE,
        Status.OUTSIDE_PERIOD,
        Status.MERGED_MONTHS,
        Status.QUANTITY_BASIS,
        Status.NO_BASE,
    }
)
