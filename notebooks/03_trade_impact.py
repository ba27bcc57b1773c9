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
# changes in per cent; a click on a number shows its interval, method and caveats.

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
# That is what happened to all trade after the measures. It is not what the measures did: it includes companies that left for
# other reasons.

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
display(told(exports.years), told(exports.drift))

# %% [markdown]
# ## What about imports?

# %%
display(told(trade.imports), told(lambda: imports.by_measure(measures)))

# %% [markdown]
# ## All states, all pairs: did sanctioning states buy less?
#
# The trade of all pairs of states in raw materials can set sanctioning states against other buyers of the same goods. Only one
# exporter is sanctioned, so the range comes from other exporters put in its place. The effect is relative to other buyers: a
# few of them who bought much more are part of it.

# %%
display(told(pairs.coalition_by_year), told(pairs.coalition))

# %% [markdown]
# ## Price or volume?

# %%
told(pairs.price_and_volume)

# %% [markdown]
# <details class="method"><summary>Method and robustness</summary>
#
# ### All estimates in one table
#
# The first block asks what set goods under measures apart; where few other areas sell such goods, their ranks can tell little.
# The second asks what happened to all exports after a measure, whoever caused it. Regressions on the state's own past extend a
# trend of a few months; their ranges are too narrow.

# %%
display(told(trade.estimators), told(trade.all_estimates))

# %% [markdown]
# ### If the trend before could bend

# %%
told(exports.smooth_drift)

# %% [markdown]
# ### Sanctioning states, product by product

# %%
told(pairs.coalition_by_product)

# %% [markdown]
# ### Do two sources agree on the same trade?

# %%
display(told(pairs.two_records), told(pairs.agreement), told(pairs.compared_values))

# %% [markdown]
# ### How prices and volumes were separated

# %%
display(told(pairs.price_or_volume), told(pairs.price_rules))

# %% [markdown]
# ### Every month against its own month of a reference year
#
# The months just before each measure are shown apart.

# %%
display(told(trade.event_study), told(trade.months_before), told(trade.placebo_tests, "impact.monthly"))

# %% [markdown]
# ### A weighted average of other partners
#
# An average that followed the state's course before shows where trade would have gone without the measures.

# %%
display(told(trade.synthetic_control), told(trade.synthetic))

# %% [markdown]
# ### Imports under a measure, and the exchange rate

# %%
display(told(imports.split), told(trade.exchange_rate))

# %% [markdown]
# </details>
