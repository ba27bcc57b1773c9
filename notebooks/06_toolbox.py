# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own data
#
# The estimators behind the findings take any frame: polars, pandas or pyarrow. Each cell below goes from a table to an
# estimate in a few lines; put your own file in the place of the first one. The page
# [Toolbox](../reports/toolbox.html) lists all functions with what they take and give.
#
# ## Who answers whom, from a list of dated events
#
# A file with a day and a side in each row is enough. The model counts events by day. An event may raise the other
# side's rate on the days that follow; its *branching ratio* is the number of events that one event sets off.

# %%
import numpy as np
import polars as pl
from retorsion.estimators import DailyModel, daily_counts, fit_daily

rng = np.random.default_rng(20220224)  # invented: B acts on its own, and A answers a third of it a day later
own = [{"day": day, "side": side} for side, n in (("A", 60), ("B", 120)) for day in rng.integers(0, 1000, n)]
answers = [{"day": one["day"] + 1, "side": "A"} for one in own if one["side"] == "B" and rng.random() < 1 / 3]
events = pl.DataFrame(own + answers).with_columns(
    pl.date(2020, 1, 1).dt.offset_by(pl.format("{}d", "day")).alias("day")
)

data = daily_counts(events, day="day", side="side")
fit = fit_daily(data, DailyModel(decay_sharing="receiver"))
fit.parameters.branching.round(2)  # rows: who answers, A then B; columns: whose act

# %% [markdown]
# ## What an agreement does to trade, from a panel
#
# Poisson pseudo-maximum likelihood with fixed effects for exporter and year, importer and year, and pair: the usual
# gravity model. The panel is invented, and the true effect of the agreement is 0.5 log points.

# %%
from retorsion.estimators import fit_ppml

names = list("abcdefghij")
rows = [
    {
        "exporter": i,
        "importer": j,
        "year": year,
        "agreement": float(abs(ord(i) - ord(j)) % 3 == 0 and year >= 2015),
    }
    for i in names
    for j in names
    if i != j
    for year in range(2010, 2020)
]
panel = pl.DataFrame(rows).with_columns(
    trade=pl.Series([rng.poisson(50 * np.exp(0.5 * row["agreement"])) * rng.gamma(4, 0.25) for row in rows])
)
gravity = {
    "fixed_effects": [["exporter", "year"], ["importer", "year"], ["exporter", "importer"]],
    "clusters": [["exporter", "importer"]],
}
fit_ppml(panel, outcome="trade", regressors=["agreement"], **gravity).estimates()[0]

# %% [markdown]
# `pyfixest` gives the same number:
#
# ```python
# import pyfixest
# pyfixest.fepois("trade ~ agreement | exporter^year + importer^year + exporter^importer", panel.to_pandas(),
#                 vcov={"CRV1": "exporter^importer"})
# ```
#
# ## Before and after a measure, month by month
#
# Each month is set against the same month of the year before the measure, less the mean change of other series. The
# spread of the others gives the interval.

# %%
from datetime import date

from retorsion.estimators import monthly_event_study
from retorsion.figures.style import finish, new_figure, use_style
from retorsion.figures.svg import show

use_style()

months = [date(2018 + n // 12, n % 12 + 1, 1) for n in range(72)]
noise = rng.normal(0, 0.1, (20, 72)).cumsum(axis=1) * 0.3 + rng.normal(0, 0.05, (20, 72))
series = pl.DataFrame(
    {"unit": "treated", "period_start": months, "value": 100 * np.exp(noise[0] - 0.7 * (np.arange(72) >= 48))}
)
others = pl.concat(
    pl.DataFrame({"unit": f"partner {n}", "period_start": months, "value": 100 * np.exp(noise[n])})
    for n in range(1, 20)
)
study = monthly_event_study(series, date(2022, 1, 1), comparison=others, unit=["unit"], months_after=20)
figure, axes = new_figure("half")
figure.set_label("months_around_a_measure")
study.plot(axes)
show(
    finish(
        figure,
        title="A fall of half shows month by month",
        subtitle="Log points against the same month of the year before the measure; bars are intervals from other series",
        source="invented series",
        alt="Dots near zero before the measure, and near minus 0.7 after it.",
    )
)

# %% [markdown]
# ## One treated unit and a synthetic control
#
# Weights on other units make a series that moved like the treated one before the change. The gap after it is the
# estimate; the same gap for every other unit says how large a gap is by chance.

# %%
from retorsion.estimators import control_panel, convex_control, placebos_in_space

long = pl.concat([series, others]).with_columns(pl.col("value").log())
units = control_panel(
    long,
    unit="unit",
    period="period_start",
    outcome="value",
    treated="treated",
    first_treated=date(2022, 1, 1),
)
placebos = placebos_in_space(units, convex_control)
placebos.p_value

# %%
figure, axes = new_figure("half")
figure.set_label("treated_and_synthetic")
convex_control(units).plot(axes)
axes.set_ylabel("log of the value")
show(
    finish(
        figure,
        title="The treated unit leaves its synthetic control at the change",
        source="invented series",
        alt="Two lines that move together until January 2022 and apart from then on.",
    )
)

# %% [markdown]
# ## How long until an answer
#
# Kaplan and Meier's curve for spells, some of which have not ended yet.

# %%
from retorsion.estimators import kaplan_meier

spells = pl.DataFrame({"days": rng.geometric(0.1, 80).clip(max=30)}).with_columns(
    answered=pl.col("days") < 30
)
figure, axes = new_figure("half")
figure.set_label("days_until_an_answer")
kaplan_meier(spells, duration="days", event="answered").plot(axes)
show(
    finish(
        figure,
        title="Half of the invented acts are answered within a week",
        subtitle="Share without an answer after so many days; the band holds 95%",
        source="invented spells",
        alt="A curve that falls from one towards zero within thirty days.",
    )
)
