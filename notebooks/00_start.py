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
# notebook under a name of your own before you save: Git sees only its text, and no result is ever written into it.
#
# ## What is there?
#
# After `load.` the tab key lists the tables, and `load.acts?` or `describe` says what their columns mean. The same
# stands in the [dictionary](../reports/dictionary.html).

# %%
from retorsion import describe, load

describe("replies")

# %% [markdown]
# ## Ten lines
#
# The question: which kinds of act get an answer? An act counts as answered if a source says that a later act
# answers it and names it.

# %%
import polars as pl
import seaborn as sns
from matplotlib.ticker import PercentFormatter
from retorsion.figures.style import SIDE_A, finish, new_figure
from retorsion.figures.svg import show
from retorsion.reports.html import percent

acts = load.acts().unique("act_id", maintain_order=True)
named = load.replies().filter(answers_type="act")["act_id"]
kinds = acts.group_by("act_type").agg(acts=pl.len(), share=pl.col("act_id").is_in(named.implode()).mean())
often = kinds.filter(pl.col("acts") >= 10).sort("share", "act_type", descending=[True, False]).to_pandas()
often["kind"] = [f"{row.act_type.replace('_', ' ')} ({row.acts})" for row in often.itertuples()]
figure, axes = new_figure("wide")
figure.set_label("kinds_answered")  # its file in reports/figures
sns.barplot(often, x="share", y="kind", color=SIDE_A, ax=axes)
axes.set(xlabel="", ylabel="", xlim=(0, 1))
axes.xaxis.set_major_formatter(PercentFormatter(1))
first, last = often.iloc[0], often.iloc[-1]
show(
    finish(
        figure,
        title=f"Answered most often of all kinds of act: {first['kind']}; least: {last['kind']}",
        subtitle="Share of acts that a later act answered, kinds with ten acts or more, their number in brackets",
        source="Retorsion, ledger of acts",
        alt=f"Bars from {percent(first['share'])} for {first['kind']} to {percent(last['share'])} for {last['kind']}.",
    )
)

# %% [markdown]
# ## What was found already
#
# The findings are at hand too. Each value knows its place, and a sentence made with `say` links it to its evidence;
# where the record does not allow an estimate, `told` shows the reason instead.

# %%
from retorsion import finding
from retorsion.reports.html import say
from retorsion.reports.statements import told


def size():
    record = finding("escalation")["record"]
    return say(
        "The record has {n} acts, {hostile} of them hostile.", n=record["n_acts"], hostile=record["n_hostile"]
    )


told(size)

# %% [markdown]
# ## Where to go on
#
# - A large table is better read lazily: `scan("trade_flows")` reads only the columns and rows that are used.
# - The functions behind the pages are in `retorsion.escalation` and `retorsion.impact`: frames in, frames out.
# - To make a page of your notebook, add its name to the stage `render` in `dvc.yaml` and run `dvc repro`.
# - Another pair of states, another window, another scale: `retorsion case new` writes its case, and everything follows.
