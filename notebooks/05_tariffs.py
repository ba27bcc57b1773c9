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
# # Tariffs
#
# What tariffs of the two states did to the trade between them: by product and month, around the day of each step, by
# supplier, and in duties paid.

# %%
case_name = "jpn-rus"

# %%
from IPython.display import display
from retorsion import case, finding, load
from retorsion.reports.exhibits.tariffs import Tariffs
from retorsion.reports.statements import told

page = Tariffs(finding("impact", case_name), case(case_name), load("acts"))
shown = page.shown  # as told, but nothing where the case asks about no tariffs, which the first line says
# To compute with: page.part("exports") is a part of the findings, page.rows("steps") the frame behind a figure.

# %% [markdown]
# ## How much less was sold?

# %%
display(told(page.headline), *shown(page.choices), *shown(page.before_quoting))

# %% [markdown]
# ## Was it sold to others instead?

# %%
display(*shown(page.elsewhere))

# %% [markdown]
# ## Around the day of each step

# %%
display(
    *shown(page.steps), *shown(page.changes_by_step, "impact.tariffs"), *shown(page.steps_without_estimate)
)

# %% [markdown]
# ## By goods

# %%
display(*shown(page.by_goods))

# %% [markdown]
# ## Who replaced whom?

# %%
display(*shown(page.suppliers), *shown(page.replaced, "impact.tariffs.imports"), *shown(page.import_effect))
display(*shown(page.against_partners))

# %% [markdown]
# ## What was paid

# %%
display(*shown(page.paid), *shown(page.why_less))

# %% [markdown]
# ## Against what others published
#
# The notice of a list may count one line more than can be read in the list. Its [source](../reports/sources.html) then
# says so, and the table below counts the lines that were read.

# %%
display(*shown(page.averages), *shown(page.published), *shown(page.lines, "impact.tariffs"))
