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
# # Escalation
#
# Who answers whom, with words or with deeds, how fast, and when it changed. Each number leads to its evidence.

# %%
case_name = "jpn-rus"

# %%
from IPython.display import display
from retorsion import finding, parameters
from retorsion.project import FINDINGS
from retorsion.reports import steps_of_others
from retorsion.reports.disagreements import disagreements
from retorsion.reports.exhibits.escalation import Escalation
from retorsion.reports.exhibits.excitation import Excitation
from retorsion.reports.statements import told

found, options = finding("escalation", case_name), parameters()
given = found, options.escalation.scales[0], case_name, options
page, model = Escalation(*given), Excitation(*given)
# To compute with: page.rows("waiting") is the frame behind a figure, page.value("kinds") a part of the findings.

# %%
display(told(page.lead), told(page.record))
page.undated()

# %% [markdown]
# ## How hard did each side act, and when?

# %%
display(told(page.intensity_over_time), told(page.intensity))

# %% [markdown]
# ## Who answers, with what, and how fast?

# %%
display(told(page.waiting_for_an_answer), told(page.answers), told(page.recall), told(page.lags))

# %% [markdown]
# ## Whose acts follow whose?

# %%
display(told(page.whose_acts_follow), told(page.excitation), told(lambda: disagreements(page)))

# %% [markdown]
# ## Is it a duel, or a coalition keeping step?

# %%
display(told(page.near_steps_of_others), told(page.coordination))

# %% [markdown]
# ## When did it change?

# %%
told(page.regimes_over_time)

# %% [markdown]
# ## How far do the numbers depend on how one counts?

# %%
display(told(page.every_way_to_count), told(page.curve))

# %% [markdown]
# ## What these data can tell, and what they cannot

# %%
told(page.limits)

# %% [markdown]
# <details class="method"><summary>Method and robustness</summary>
#
# Everything below is the detail behind the story: the numbers in one table, other ways to count, tests, and models.
#
# ### The findings in numbers

# %%
told(page.headlines, "escalation.headlines")

# %% [markdown]
# ### Without state media, and on official pages alone
#
# An act stays if one of its pages is of a kind that is allowed; so does an answer. On official pages and agencies
# alone few answers remain, because protests are mostly known from newspapers.

# %%
told(page.sources, "escalation.specifications")

# %% [markdown]
# ### Does the scale matter?

# %%
display(told(page.balance_on_scales), told(page.scales))

# %% [markdown]
# ### Answers by what is counted as one
#
# A package is what one side decided at once. A day of a side counts once, however much was done on it. The last column
# leaves out acts that are themselves answers, since an answer is seldom answered again.

# %%
display(told(page.rates_by_unit, "escalation.answers"), told(page.compared), told(page.rates_by_kind))

# %% [markdown]
# Provocations are events such as drills, overflights and visits to disputed ground. They are recorded partly
# because the other side protested, so their rate is an upper bound.

# %%
told(page.speed, "escalation.replies")

# %% [markdown]
# Where answers come at once or not at all, the ratios say more about *whether* than about *when*. The hazards are
# not proportional in the long run, and a ratio is an average over the days on which answers came.
#
# ### In kind, and in proportion

# %%
display(told(page.in_kind), told(page.deeds), told(page.deed_for_deed), told(page.proportion))
told(page.answers_to_acts_and_events, "escalation.replies")

# %% [markdown]
# An answer to an act and an event counts as one to the act. An event has no domain, so that no answer to it can be in
# kind, and its answers enter no number on acts.

# %%
told(page.candidates)

# %% [markdown]
# ### Pairs of acts, without a model

# %%
display(told(page.acts_in_the_days_after), told(page.pairs))

# %% [markdown]
# ### How large an effect would be seen
#
# For each size, records as large as this one were drawn from the fitted model and put to the tests that an effect must pass
# here: an interval above zero, and timing not by chance. What is not shown may still be there, if it is of a size that such
# records often miss.

# %%
told(page.power, "escalation.kinds")

# %% [markdown]
# ### All acts together
#
# The model of all acts at once mixes words and deeds. It is kept for its tests and for comparison with other records.

# %%
display(told(model.who_excites_whom), told(model.set_off), told(model.models), told(model.scores))
told(model.misfit)

# %% [markdown]
# ### The older test
#
# The usual test in the field asks whether the weekly sums of one side help to predict those of the other. It
# knows no shared driver and cannot see an answer within the week, so it is a comparison and not a finding.

# %%
told(model.granger, "escalation.excitation")

# %% [markdown]
# ### Changes, with their uncertainty

# %%
told(page.changes)

# %% [markdown]
# *By the fit*: by the likelihood of each place given the changes beside it, as is the probability of the likeliest.
# *In redrawn series*: where the change falls in series drawn from the regimes. A change is dated no closer than by the
# wider of the two.

# %%
told(page.changes_by_choice, "escalation.regimes")

# %% [markdown]
# ### The ladder

# %%
display(told(page.ladder), told(page.order_of_rungs))

# %% [markdown]
# ### Days from a step of others to an act

# %%
told(page.days_after_a_step)

# %%
steps = steps_of_others.order_of_steps, steps_of_others.first_steps, steps_of_others.near_steps
display(*(told(lambda write=each: write(found)) for each in steps))

# %% [markdown]
# ### What the record misses

# %%
told(page.what_is_missed)

# %%
display(
    told(lambda: steps_of_others.recall_table(found)), told(lambda: steps_of_others.recall_sentence(found))
)

# %% [markdown]
# ### Does any of this depend on one source?

# %%
display(told(page.without_each_site, "escalation.sensitivity"), told(page.on_each_scale))

# %%
# Machine-coded events, where a source of them is configured (docs/events.md); without one this cell shows nothing.
if (FINDINGS / case_name / "events").exists():
    import polars as pl

    days = pl.read_csv(FINDINGS / case_name / "events" / "events.csv", try_parse_dates=True)
    display(*model.events_in_the_news(finding("events", case_name), days))

# %% [markdown]
# ### Methods and literature
#
# Intensity: Goldstein (1992), Journal of Conflict Resolution 36. Waiting times: Kaplan and Meier (1958), JASA 53;
# Cox (1972), JRSS B 34, with Efron's ties. Shares: Wilson (1927), JASA 22. Mutual excitation: the Poisson
# autoregression of Fokianos, Rahbek and Tjøstheim (2009), JASA 104, as a discrete-time Hawkes process (Browning
# et al. 2021, PLoS ONE 16), with negative binomial counts and profile-likelihood intervals.
#
# Changes: exact segmentation (Auger and Lawrence 1989) with the Poisson likelihood. Reciprocity: Goldstein and Freeman (1991),
# APSR 85. Pairs of acts: circular shifts within blocks,
# Benjamini and Hochberg (1995), JRSS B 57. Ways to count: Simonsohn, Simmons and Nelson (2020), Nature Human
# Behaviour 4.
#
# The rows behind each figure are in `data/findings`, the parameters in the section `escalation` of `params.yaml`.
#
# </details>
