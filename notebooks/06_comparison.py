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
# Where a quantity has too few acts in a case, the case has no number for it.

# %%
import polars as pl
from retorsion import case, finding, load, parameters
from retorsion.comparison.chains import ENDS
from retorsion.comparison.findings import trade_effects
from retorsion.comparison.pairs import MEASURES
from retorsion.errors import NotEstimable
from retorsion.figures import comparison
from retorsion.figures.svg import show
from retorsion.findings import estimated
from retorsion.reports import statements
from retorsion.reports.html import Prose, matrix, number, percent, say, table
from retorsion.reports.statements import told
from retorsion.sources.states import state_name
from retorsion.tables.in_force import measures_in_force

SOURCE = "Retorsion, ledgers of acts"
found, names = finding("cases", "comparison"), list(parameters().cases)


def rows(name):
    """The rows behind a finding."""
    return titled(statements.rows(f"cases_{name}", "comparison"))


def titled(frame):
    """Names of cases and of their episodes by the titles of the cases."""
    titles = {name: case(name).title for name in names}
    given = [name for name in ("case", "span", "pair") if name in frame.columns]
    return (
        frame.with_columns(pl.col(given).str.replace_many(list(titles), list(titles.values())))
        if given
        else frame
    )


# %%
def whole():
    return table(
        titled(pl.DataFrame(found["cases"]["rows"])).select(
            pl.col("case"), "start", "end", "n_acts", "n_hostile", "n_answers"
        ),
        caption="The cases: acts recorded, those to which an answer could be expected, and stated answers",
        labels={
            "case": "Case",
            "start": "From",
            "end": "To",
            "n_acts": "Acts",
            "n_hostile": "Hostile",
            "n_answers": "Answers",
        },
    )


told(whole)

# %% [markdown]
# ## Who has which measure on whom?
#
# Each cell counts the acts whose measures have no recorded end, with the first day of the earliest. An act that put
# a hundred persons on a list counts once. Measures that were eased but not ended still count, and so do those whose
# end no source told.


# %%
def who_on_whom():
    pairs = [pair for name in names for pair in (case(name).pair, case(name).pair[::-1])]
    day = load("acts")["act_date"].max()
    return matrix(
        measures_in_force(load("sanctions"), load("trade_measures"), load("act_types"), pairs, day=day),
        caption=f"Acts without a recorded end on {day}, by who imposed them on whom and by kind of measure; first day of the earliest",
        name=state_name,
    )


told(who_on_whom)

# %% [markdown]
# ## Who answers?

# %%
told(
    lambda: show(
        comparison.answer_rates(
            rows("answer_rates"),
            [case(name).title for name in names],
            days=parameters().comparison.within_days,
            source=SOURCE,
        )
    )
)


# %%
def all_rates():
    return table(
        rows("answer_rates")
        .filter((pl.col("asked_type") != "any") & pl.col("estimate").is_not_null())
        .select(
            "span",
            pl.col("actor_code").map_elements(state_name, return_dtype=pl.String),
            "asked_type",
            "answer_type",
            "n",
            "k",
            "estimate",
            "lower",
            "upper",
        ),
        caption="Share of acts answered, by case and episode, by who acted, by deed or word, and by the kind of answer",
        labels={
            "span": "Case or episode",
            "actor_code": "Acted",
            "asked_type": "Act",
            "answer_type": "Answer",
            "n": "Acts",
            "k": "Answered",
            "estimate": "Share",
            "lower": "Lower",
            "upper": "Upper",
        },
        formats=dict.fromkeys(("estimate", "lower", "upper"), "%"),
    )


told(all_rates)

# %% [markdown]
# ## How fast?


# %%
def speed():
    return table(
        rows("lags")
        .filter((pl.col("answer_type") != "any") & pl.col("estimate").is_not_null())
        .select(
            "span",
            pl.col("answering_code").map_elements(state_name, return_dtype=pl.String),
            "answer_type",
            "n",
            "estimate",
            "lower",
            "upper",
            "same_or_next_day",
        ),
        caption="Median days from an act to a stated answer, with its interval, and the share on the same or the next day",
        labels={
            "span": "Case or episode",
            "answering_code": "Answers",
            "answer_type": "Answer",
            "n": "Answers counted",
            "estimate": "Median",
            "lower": "Lower",
            "upper": "Upper",
            "same_or_next_day": "Same or next day",
        },
        formats={"same_or_next_day": "%", **dict.fromkeys(("estimate", "lower", "upper"), ".1f")},
    )


told(speed)

# %% [markdown]
# ## In kind and in proportion?

# %%
told(lambda: show(comparison.answer_ratios(rows("proportion_pairs"), MEASURES, source=SOURCE)))


# %%
def proportions():
    return table(
        rows("proportions")
        .filter(pl.col("estimate").is_not_null())
        .select("span", "words", "n", "n_equal", "estimate", "lower", "upper"),
        caption="Answer over what it answers: geometric mean of the ratios and its interval; pairs that are exactly equal",
        labels={
            "span": "Case or episode",
            "words": "Measured by",
            "n": "Pairs",
            "n_equal": "Equal",
            "estimate": "Ratio",
            "lower": "Lower",
            "upper": "Upper",
        },
        formats=dict.fromkeys(("estimate", "lower", "upper"), ".2f"),
    )


told(proportions)


# %%
def kinds():
    return table(
        rows("in_kind")
        .filter(pl.col("estimate").is_not_null())
        .select(
            "span",
            pl.col("answering_code").map_elements(state_name, return_dtype=pl.String),
            "n",
            "estimate",
            "lower",
            "upper",
        ),
        caption="Answers by deed in the domain of what they answer: sanctions, trade measures, diplomacy",
        labels={
            "span": "Case or episode",
            "answering_code": "Answers",
            "n": "Answers counted",
            "estimate": "In kind",
            "lower": "Lower",
            "upper": "Upper",
        },
        formats=dict.fromkeys(("estimate", "lower", "upper"), "%"),
    )


told(kinds)

# %% [markdown]
# ## Who moves first, and where does it stop?


# %%
def first_moves():
    sentences = []
    for one in found["first_moves"]["rows"]:
        title = case(str(one["case"])).title
        if one.get("estimate") is None:
            sentences.append(say("{title}: {why}", title=title, why=one["not_estimable"]).text)
            continue
        sentences.append(
            say(
                "{title}: {who} began {k} of {n} chains ({low} to {high}).",
                title=title,
                who=state_name(str(one["actor_code"])),
                k=one["k"],
                n=one["n"],
                low=percent(one["lower"]),
                high=percent(one["upper"]),
            ).text
        )
    return say("{words}", words=Prose(" ".join(sentences)))


told(first_moves)


# %%
def longest(name):
    """The longest chain of each year of a case, of three acts or more."""
    own = rows("chains").filter(
        (pl.col("case") == case(name).title) & (pl.col("n_acts") >= 3) & (pl.col("days") >= 1)
    )
    ordered = own.sort(["n_acts", "start", "chain_id"], descending=[True, False, False])
    by_year = ordered.with_columns(year=pl.col("start").dt.year()).unique(
        "year", keep="first", maintain_order=True
    )
    return by_year.sort("start")["chain_id"].head(6).to_list()


def draw(name):
    chosen = longest(name)
    if not chosen:
        raise NotEstimable(f"{case(name).title}: no chain has three acts.")
    return show(comparison.chains_drawn(rows("chain_steps"), chosen, case(name).pair, source=SOURCE))


def longest_of(name):
    """Acts of the longest chain of a case."""
    own = rows("chains").filter(pl.col("case") == case(name).title)
    return own["n_acts"].max() or 0


told(lambda: draw(max(names, key=longest_of)))


# %%
def ends():
    counted = [
        {
            "case": case(one["case"]).title,
            "end": ENDS[end["end_type"]],
            "n": end["n"],
            "longest": one["longest"],
        }
        for one in found["chains"]["rows"]
        for end in one["ends"]
    ]
    return table(
        pl.DataFrame(counted),
        caption="What stands at the end of the chains of each case, by a rule over the record",
        labels={"case": "Case", "end": "At the end", "n": "Chains", "longest": "Longest of the case, acts"},
    )


told(ends)

# %% [markdown]
# ## Alone and together

# %%
told(
    lambda: show(
        comparison.alone_and_pooled(
            rows("pooled").filter(~pl.col("quantity").str.starts_with("ratio")), source=SOURCE
        )
    )
)


# %%
def over_cases():
    told_rows = [
        {"quantity": quantity, **one} for quantity, one in found["pooled"].items() if "estimate" in one
    ]
    if not told_rows:
        raise NotEstimable("No quantity has an estimate in two cases.")
    return table(
        pl.DataFrame(told_rows, infer_schema_length=None).select(
            "quantity",
            "n_cases",
            "estimate",
            "lower",
            "upper",
            "heterogeneity",
            (pl.col("log_score_pooled") - pl.col("log_score_common")).alias("gain"),
        ),
        caption="Mean over the cases, with its interval. Differ: share of the variation between cases that is no sampling "
        "error. Gain: what a spread between cases adds in predicting a case left out, in log score",
        labels={
            "quantity": "Quantity",
            "n_cases": "Cases",
            "estimate": "Mean",
            "lower": "Lower",
            "upper": "Upper",
            "heterogeneity": "Differ",
            "gain": "Gain",
        },
        formats={"heterogeneity": "%", **dict.fromkeys(("estimate", "lower", "upper", "gain"), ".2f")},
    )


told(over_cases)

# %%
told(lambda: show(comparison.excitation(rows("excitation"), source=SOURCE)))


# %%
def excited():
    scores = estimated(found["excitation"], "scores")
    return say(
        "Pooled in part, the cases predict the last {share} of their days with a log score {gain} better than each alone "
        "(standard error {error}). {verdict}.",
        share=percent(parameters().comparison.test_share),
        gain=number(scores["gain"]),
        error=number(scores["gain_se"]),
        verdict="The gain is larger than twice its error"
        if scores["gain"] > 2 * scores["gain_se"]
        else "The gain is within twice its error, so pooling is not shown to predict better",
    )


told(excited)

# %% [markdown]
# ## What it costs


# %%
def costs():
    effects = trade_effects({name: finding("impact", name) for name in names})
    if not effects:
        raise NotEstimable("No case has an effect on trade with an estimate.")
    return table(
        titled(pl.DataFrame(effects, infer_schema_length=None)).select(
            "case", "unit", "estimate", "lower", "upper", "level", "n_obs"
        ),
        caption="Effects on trade, each in the unit of its measure. A tariff and a ban have no common unit. Level: of the interval",
        labels={
            "case": "Case",
            "unit": "Effect on",
            "estimate": "Estimate",
            "lower": "Lower",
            "upper": "Upper",
            "level": "Level",
            "n_obs": "Rows",
        },
        formats={"level": "%", **dict.fromkeys(("estimate", "lower", "upper"), ".2f")},
    )


told(costs)

# %% [markdown]
# ## What so few cases cannot tell

# %%
told(lambda: say("{words}", words=" ".join(found["limits"]["rows"])))
