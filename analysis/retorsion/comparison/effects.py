"""What the measures did to trade, of all cases side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Where the findings on trade hold an effect, what it is the effect of, and in which unit.
EFFECTS = (
    (("tariffs", "exports", "elasticity"), "exports, for each log point of one plus the tariff"),
    (("tariffs", "imports", "elasticity"), "imports, for each log point of one plus the tariff"),
    (("area_goods", "export", "goods"), "exports of the goods under measures, log points"),
    (("area_goods", "import", "goods"), "imports of the goods under measures, log points"),
    (("gravity", "average", "plain"), "purchases of raw materials by the coalition, log points"),
)


def trade_effects(impacts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Effects on trade of all cases, each in the unit of its measure.

    Args:
        impacts: findings on trade by case.

    Returns:
        One row each: case, finding (its place), unit, estimate, lower, upper, level (of the interval), n_obs.
    """
    rows = []
    for case, found in impacts.items():
        for path, unit in EFFECTS:
            value: Any = found
            for key in path:
                value = value.get(key) if isinstance(value, Mapping) else None
            if isinstance(value, Mapping) and isinstance(value.get("estimate"), float):
                rows.append(
                    {
                        "case": case,
                        "finding": ".".join(path),
                        "unit": unit,
                        **{
                            name: value.get(name) for name in ("estimate", "lower", "upper", "level", "n_obs")
                        },
                    }
                )
    return rows
