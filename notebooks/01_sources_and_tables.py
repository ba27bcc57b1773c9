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
# # Data checks
#
# What is in the record, where it comes from, and how far it agrees with what others published. Every number
# on this page is computed from the tables or read from the findings.

# %%
case_name = "jpn-rus"

# %%
from IPython.display import display
from retorsion import case, finding, load, parameters
from retorsion.reports.exhibits.record import Record
from retorsion.reports.statements import told

page = Record(finding("checks", case_name), case(case_name), load("acts"), load("sanctions"))
lists, sources = parameters().sources.lists, load("sources")
# To compute with: page.acts is a table, page.rows("published_counts") the frame behind a finding.

# %% [markdown]
# ## The acts of both sides

# %%
found, hostile = finding("escalation", case_name), parameters().escalation.hostile
display(told(page.spine), told(lambda: page.bridge(found, hostile), "escalation.record"))
page.undated()

# %%
told(page.acts_by_year)

# %% [markdown]
# The record says what was published about both sides, in languages and outlets that report one side more
# closely than the other. A difference in the number of acts is partly a difference in reporting: one side
# may publish every list where the other announces a ban without names or numbers.
#
# ## The list of designations, and what its gaps show

# %%
display(told(page.published_total))
display(told(lambda: page.dated_list(lists, sources, found)))
page.undated_lists()

# %% [markdown]
# ## Published counts against the list
#
# Every count of a designation round that a source published is set against the official list: the entries it
# shows for that day, and the entries its numbering proves to have been removed since.

# %%
display(told(page.counts), told(page.differing_counts), told(page.equal_counts))

# %% [markdown]
# ## Published trade figures against the tables

# %%
display(told(page.figures), told(page.figure_gaps), told(page.far_figures))
told(page.figures_by_status, "checks.figures")

# %% [markdown]
# ## Rows in, rows out

# %%
display(told(page.tables, "checks.tables"), page.quarantine())
