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
# # The cases compared
#
# The same quantities over all cases: who answers, how fast, in kind, in proportion, where it stops, and what it costs.
# Where a quantity has too few acts in a case, the case has no number for it. *Hostile* counts every hostile act here.
# The pages on escalation count fewer, because there a decision that carries out an announcement is no second act.

# %%
from IPython.display import display
from retorsion import case, finding, load, parameters
from retorsion.reports.exhibits.comparison import Comparison
from retorsion.reports.statements import told

found, options = finding("cases", "comparison"), parameters()
page = Comparison(found, {name: case(name) for name in options.cases}, options.comparison)
tables = [load(name) for name in ("acts", "sanctions", "trade_measures", "act_types")]
# To compute with: found["pooled"] is a part of the findings, page.rows("lags") the frame behind a table.

# %%
told(page.whole)

# %% [markdown]
# ## Who has which measure on whom?
#
# Each cell counts the acts whose measures have no recorded end, with the first day of the earliest. An act that put
# a hundred persons on a list counts once. Measures that were eased but not ended still count, and so do those whose
# end no source reports.

# %%
told(lambda: page.who_on_whom(*tables))

# %% [markdown]
# ## Who answers?

# %%
display(told(page.answer_rates), told(page.all_rates))

# %% [markdown]
# ## How fast?

# %%
told(page.lags)

# %% [markdown]
# ## In kind and in proportion?

# %%
display(told(page.answer_ratios), told(page.proportions), told(page.in_kind))

# %% [markdown]
# ## Who moves first, and where does it stop?

# %%
display(told(page.first_moves), told(page.longest_chains), told(page.ends))

# %% [markdown]
# ## Each case alone, and all pooled

# %%
display(told(page.alone_and_pooled), told(page.means), told(page.excitation), told(page.excited))

# %% [markdown]
# ## What it costs

# %%
told(lambda: page.costs({name: finding("impact", name) for name in page.cases}))

# %% [markdown]
# ## What so few cases cannot tell

# %%
told(page.limits)
