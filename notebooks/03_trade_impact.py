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
# # Trade impact
#
# What happened to the trade of the two states, and how much of it can be put down to the measures. Effects are
# changes in percent; each leads to its uncertainty, its method and its caveats.

# %%
case_name = "jpn-rus"

# %%
from IPython.display import display
from retorsion import case, finding, load
from retorsion.reports.exhibits.all_pairs import AllPairs
from retorsion.reports.exhibits.goods import Goods
from retorsion.reports.exhibits.trade import Trade
from retorsion.reports.statements import told

given = impact, asked = finding("impact", case_name), case(case_name)
trade, pairs = Trade(*given), AllPairs(*given)
exports, imports = Goods(*given, "export"), Goods(*given, "import")
acts, measures = load("acts"), load("trade_measures")
# To compute with: impact["monthly"] is a part of the findings, trade.rows("monthly_series") the frame behind a figure.

# %% [markdown]
# ## How much did trade fall?

# %%
display(told(trade.monthly), told(trade.fall))

# %% [markdown]
# That is what happened to all trade after the measures. It is not what the measures did: whoever else stopped trading, for
# whatever reason, is in it.

# %%
told(lambda: trade.measures(measures, acts))

# %% [markdown]
# ## How much of the fall was in goods under a measure?

# %%
display(told(exports.fall_under_measures), told(exports.split))

# %% [markdown]
# ## Did goods under measures fall more?
#
# Goods under measures are set against two things at once: the same goods sold to other areas, and other goods sold to the same
# state. What hit all trade with that state, and what happened to a good everywhere, drops out.

# %%
display(told(exports.around_measures), told(exports.effect), told(lambda: exports.by_measure(measures)))

# %% [markdown]
# ## Had it begun before?

# %%
display(told(exports.years), told(exports.drift), told(exports.smooth_drift))

# %% [markdown]
# ## What about imports?

# %%
display(told(trade.imports), told(lambda: imports.by_measure(measures)))

# %% [markdown]
# Where few other areas sell such goods, their ranks can tell little.
#
# ## All estimates in one table

# %%
display(told(trade.estimators), told(trade.all_estimates))

# %% [markdown]
# The first block asks what set goods under measures apart. The second asks what happened to all exports after a measure, whoever
# caused it. Regressions on the target's own past read a fall off a trend of a few months; their ranges are too short.
#
# ## All states, all pairs: did sanctioning states buy less?
#
# The trade of all pairs of states in raw materials can set sanctioning states against other buyers of the same goods. Only one
# exporter is sanctioned, so the range comes from other exporters put in its place.

# %%
display(told(pairs.coalition_by_year), told(pairs.coalition), told(pairs.coalition_by_product))

# %% [markdown]
# The effect is relative to other buyers: a few of them who bought much more are part of it.
#
# ## Price or volume?

# %%
display(told(pairs.price_and_volume), told(pairs.price_or_volume))

# %% [markdown]
# ## Do two sources agree on the same trade?

# %%
display(told(pairs.two_records), told(pairs.agreement), told(pairs.compared_values))

# %% [markdown]
# ## Method and robustness
#
# Every month against its own month of a reference year, with the months just before each measure shown apart:

# %%
display(told(trade.event_study), told(trade.months_before), told(trade.placebo_tests, "impact.monthly"))

# %% [markdown]
# How prices were told from volumes:

# %%
told(pairs.price_rules)

# %% [markdown]
# A weighted average of other partners that followed the target's course before stands for its course without the measures:

# %%
display(told(trade.synthetic_control), told(trade.synthetic), told(imports.split), told(trade.exchange_rate))
