"""Figure of machine-coded events beside recorded acts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from retorsion.figures.style import INK, RULE, SIDES, date_axis, finish, new_figure, styled
from retorsion.sources.states import state_name

#: Days to the middle of a period, and width of a bar.
_WIDTH = {"day": (0, 1), "week": (3, 6), "month": (15, 26), "quarter": (45, 80)}


@styled()
def events_and_acts(
    events: pl.DataFrame, found: Mapping[str, Any], *, pair: tuple[str, str], source: str
) -> Figure:
    """Events and acts of each side by period, one above the other; where nothing is known it is grey.

    Args:
        events: frame ``events`` of :func:`retorsion.events.findings.event_findings`.
        found: the finding.
        pair: codes of the two sides.
        source: source line.
    """
    figure, axes = new_figure("wide", rows=4, height=6.4, sharex=True)
    period = str(events["period"][0])
    middle, width = _WIDTH[period]
    words = []
    for place, (side, colour) in enumerate(zip(pair, SIDES, strict=True)):
        rows = events.filter(pl.col("actor_code") == side).sort("period_start")
        days = [start + timedelta(days=middle) for start in rows["period_start"]]
        name = state_name(side)
        tau = found["agreement"][side]["kendall_tau"]
        words.append(f"{name} {'not estimable' if tau is None else f'{tau:.2f}'}")
        for n, (column, label) in enumerate(
            (("sum", f"{name}: events in the news"), ("recorded_sum", f"{name}: recorded acts"))
        ):
            panel = axes[2 * place + n]
            values = rows[column].fill_null(0.0).to_numpy()
            panel.bar(days, values, width=width, color=colour, linewidth=0, alpha=1.0 if n else 0.55)
            panel.axhline(0, color=INK, linewidth=0.8)
            panel.set_title(label, loc="left", fontsize="medium", color=colour)
            if column == "sum":
                for start in rows.filter(pl.col("sum").is_null())["period_start"]:
                    panel.axvspan(start, start + timedelta(days=width + 4), color=RULE, linewidth=0)
    date_axis(axes[-1], years=1)
    n_missing = found["n_days_missing"]
    unknown = f"; {n_missing:,} days without data are unknown (grey)" if n_missing else ""
    return finish(
        figure,
        title=_title(found, pair),
        subtitle=f"Sum of intensity by {period}, hostile upwards{unknown}",
        source=source,
        alt=f"Bars by {period} of events and of acts. "
        f"Their rank agreement (Kendall's tau): {', '.join(words)}.",
    )


def _title(found: Mapping[str, Any], pair: tuple[str, str]) -> str:
    clear = []
    for side in pair:
        difference = found["sides"][side].get("difference", {})
        if difference.get("lower", 0.0) > 0:
            clear.append(state_name(side))
    if len(clear) == 2:
        return "The news was more hostile on days of recorded acts, for both sides"
    if clear:
        return f"Only for {clear[0]} was the news clearly more hostile on days of recorded acts"
    return "The news does not clearly tell days of recorded acts from others"
