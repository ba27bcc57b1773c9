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
# # Where trade went
#
# Where crude materials and fuels of the state under measures went when the sanctioning states bought less, what others sent to the
# states around it, and who took its place in their purchases. This is accounting: everything adds up to the change
# observed. It does not show what would have happened without sanctions.

# %%
case_name = "jpn-rus"

# %%
from IPython.display import display
from retorsion import case, finding, load
from retorsion.reports.exhibits.diversion import Diversion
from retorsion.reports.exhibits.rerouting import Rerouting
from retorsion.reports.statements import told

given = impact, asked = finding("impact", case_name), case(case_name)
page, around = Diversion(*given), Rerouting(*given)
measures = load("trade_measures")
# To compute with: impact["diversion"] is a part of the findings, page.rows("buyers") the frame behind a figure.

# %% [markdown]
# ## Where did it go?

# %%
display(told(lambda: page.destinations(measures)), told(page.made_up), told(page.map_of_buyers))
told(page.without_a_record)

# %% [markdown]
# ## How firm is that share?
#
# It depends on how one counts. Each row below changes one choice and keeps the others.

# %%
display(told(page.choices), told(page.firmness))

# %% [markdown]
# ## How dependent has the state under measures become on a few buyers?

# %%
told(page.largest_product)

# %% [markdown]
# ## Did goods reach the state under measures through its neighbours?
#
# What sanctioning states no longer sell to the state under measures may reach it through its neighbours. Their purchases are set
# against what they would have been, which nobody observed, and against the fall of sales to the state itself.

# %%
display(told(around.by_month), told(around.excess), told(around.by_choice), told(around.beside_others))

# %% [markdown]
# ## Who took the place of the state under measures?

# %%
display(told(page.replacement), told(page.replacement_caveat))

# %% [markdown]
# <details class="method"><summary>Method and robustness</summary>
#
# ### On whose record?
#
# While a state publishes its trade, the source of all pairs mixes what the exporter wrote down with what the importer
# did. The exporter names the port and leaves freight out; the importer names the origin and counts freight in. After the
# exporter falls silent, only importers are left. So the years before are put on importers' records too, where these exist.

# %%
display(told(page.whose_record), told(page.two_records, "impact.records"), told(page.not_measured))

# %% [markdown]
# ### Product by product

# %%
display(told(page.by_product), told(page.products, "impact.diversion"), told(page.what_marks_mean))

# %% [markdown]
# ### How concentrated the destinations are

# %%
told(page.concentration)

# %% [markdown]
# ### Each neighbour

# %%
told(around.neighbours, "impact.rerouting")

# %% [markdown]
# ### Each product that was replaced

# %%
told(page.replaced, "impact.replacement")

# %% [markdown]
# </details>
