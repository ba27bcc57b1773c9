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
# # Your own question
#
# From a table to a figure in ten lines. Run the cells with Shift+Enter, change them, ask something else. Copy this
# notebook under a name of your own before you save: Git sees only its text.

# %%
import matplotlib.pyplot as plt
import polars as pl
import seaborn as sns
from retorsion import case, load
from retorsion.sources.states import state_name

pair = case().pair  # the two states of the first case
acts = load.acts().filter(pl.col("actor_code").is_in(pair) & pl.col("addressee_code").is_in(pair))
dated = acts.unique("act_id").drop_nulls("act_date").sort("act_date", "act_id").to_pandas()
dated["Acts of"] = dated["actor_code"].map(state_name)
names = [state_name(code) for code in pair]
plt.figure("acts_by_quarter", figsize=(8, 3.2))
axes = sns.histplot(dated, x="act_date", hue="Acts of", hue_order=names, multiple="stack", binwidth=91)
_ = axes.set(title="Acts of both sides towards one another, by quarter", xlabel="", ylabel="acts")

# %% [markdown]
# ## A chart to point at
#
# JupyterLab draws charts of Vega-Lite by itself, such as those of Altair, without the network. Point at a mark to read
# its act; drag and turn the wheel to move in time. Pages here cannot: Vega makes code out of text, which they forbid.

# %%
from IPython.display import display

values = dated.assign(day=dated["act_date"].astype(str))[["day", "Acts of", "summary"]].to_dict("records")
days, sides = {"field": "day", "type": "temporal"}, {"field": "Acts of"}
chart = {
    "data": {"values": values},
    "mark": {"type": "circle", "size": 90},
    "params": [{"name": "move", "select": "interval", "bind": "scales"}],
    "encoding": {"x": days, "y": sides, "color": sides, "tooltip": [days, {"field": "summary"}]},
    "width": 640,
}
instead = "*On this page:* the [timeline](../reports/acts.html) of the same acts, with filters and replies."
display({"application/vnd.vegalite.v5+json": chart, "text/markdown": instead}, raw=True)

# %% [markdown]
# ## What is there?
#
# After `load.` the tab key lists the tables, and `load.acts?` or `describe` says what their columns mean, as the
# [dictionary](../reports/dictionary.html) does.

# %%
from retorsion import describe

describe("replies")

# %% [markdown]
# ## What was found already
#
# The findings are at hand too. Each value knows its place, and a sentence made with `say` links it to its evidence.

# %%
from retorsion import finding
from retorsion.reports.html import say

record = finding("escalation")["record"]
say("The record has {n} acts, {hostile} of them hostile.", n=record["n_acts"], hostile=record["n_hostile"])

# %% [markdown]
# ## Where to go on
#
# - A large table is better read lazily: `scan("trade_flows")` reads only the columns and rows that are used.
# - The functions behind the pages are in `retorsion.escalation` and `retorsion.impact`: frames in, frames out.
# - To make a page of your notebook, add its name to the stage `render` in `dvc.yaml` and run `dvc repro`.
# - Another pair of states, another window, another scale: `retorsion case new` writes its case, and everything follows.
