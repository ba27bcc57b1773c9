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
import polars as pl
from retorsion import case, finding, parameters
from retorsion.errors import NotEstimable
from retorsion.figures import escalation as figures
from retorsion.figures.svg import show
from retorsion.findings import estimated, written
from retorsion.project import FINDINGS
from retorsion.reports import escalation_tables as tables
from retorsion.reports import statements, steps_of_others
from retorsion.reports.escalation import Telling
from retorsion.reports.html import anchor_of, interval, number, percent, ranged, say, table
from retorsion.reports.statements import told
from retorsion.sources.states import state_name

asked, choices = case(case_name), parameters().escalation
found = finding("escalation", case_name)
pair = first, second = tuple(found["pair"])
a, b = state_name(first), state_name(second)
forth, back = f"{first}->{second}", f"{second}->{first}"
scale = choices.scales[0]
level = percent(parameters().level)
source = "Retorsion, ledger of acts"
page = Telling(found, scale)
value, named = page.value, page.named


def rows(name):
    """Rows behind a finding."""
    return statements.rows(f"escalation_{name}", case_name)


def drawn(figure, *given, **options):
    """A figure of the pair, or the reason why it has nothing to show."""
    try:
        return show(figure(*given, pair=pair, source=source, **options))
    except ValueError as nothing:
        raise NotEstimable(f"There is no figure, because {str(nothing).split(':')[0]}.") from None


told(page.lead)

# %%
told(page.record)


# %%
def without_a_date():
    """What is said of acts that a list without dates shows, if there are any."""
    if "undated" not in found:
        return None
    return say(
        "**Without a date: {n} subjects**, first seen in {rounds}. {caveat}",
        n=found["undated"]["n_subjects"],
        rounds=", ".join(
            f"the vintage of {one['act_date']} of {state_name(one['actor_code'])}'s list"
            for one in found["undated"]["rounds"]
        ),
        caveat=found["undated"]["caveat"],
    )


without_a_date()

# %% [markdown]
# ## How hard did each side act, and when?


# %%
def intensity_figure():
    ratios = [row["ratio"] for row in value("intensity", "by_what_counts") if "ratio" in row]
    return drawn(figures.intensity_over_time, rows("intensity"), value("record"), scale=scale, ratios=ratios)


told(intensity_figure)

# %%
told(page.intensity)

# %% [markdown]
# ## Who answers, with what, and how fast?

# %%
told(lambda: drawn(figures.waiting_for_an_answer, rows("waiting"), value("replies"), value("answers")))

# %%
told(page.answers)

# %%
told(page.recall)

# %%
told(page.lags)

# %% [markdown]
# ## Whose acts follow whose?

# %%
told(lambda: drawn(figures.whose_acts_follow, value("kinds")))

# %%
told(page.excitation)

# %% [markdown]
# ## Is it a duel, or a coalition keeping step?

# %%
told(lambda: drawn(figures.coordination, value("coordination")))

# %%
told(page.coordination)

# %% [markdown]
# ## When did it change?


# %%
def regime_figure():
    try:
        changes = rows("changes")
    except NotEstimable:
        changes = None
    return show(
        figures.regimes_over_time(
            rows("acts"),
            rows("regimes"),
            changes,
            value("regimes"),
            pair=pair,
            source=source,
            marks=figures.turning_points(value("record")),
        )
    )


told(regime_figure)


# %% [markdown]
# ## How far do the numbers depend on how one counts?

# %%
told(lambda: drawn(figures.every_way_to_count, rows("specifications"), value("specifications")))

# %%
told(page.curve)

# %% [markdown]
# ## What these data can tell, and what they cannot

# %%
told(page.limits)

# %% [markdown]
# <details class="method"><summary>Method and robustness</summary>
#
# Everything below is the detail behind the story: the numbers in one table, other ways to count, tests, and models.

# %% [markdown]
# ### The findings in numbers


# %%
def with_limits(line):
    """A main number with its interval or, set against chance, with how far chance reaches."""
    if "p_value" not in line:
        return ranged(line, line["unit"])
    return (
        f"{number(line['estimate'], digits=2)} {line['unit']}: {line['n_near']} found, {number(line['expected'])} by chance "
        f"({line['null_lower']} to {line['null_upper']}), p = {number(line['p_value'], digits=2)}"
    )


def headline_table():
    value("record")
    lines = found["headlines"]
    return table(
        pl.DataFrame(
            {
                "finding": [named(line["finding"]) for line in lines],
                "value": [with_limits(line) for line in lines],
                "n": [line["n"] for line in lines],
                "method": [line["method"] for line in lines],
                "caveat": [line["caveat"] for line in lines],
                "anchor": [anchor_of(line.place) for line in lines],
            }
        ),
        columns=["finding", "value", "n", "method", "caveat"],
        caption=f"Main numbers, with {level} intervals; where a number is set against chance, the range of {level} of chance",
        labels={"value": "Estimate (interval)", "n": "Sample", "method": "Interval or range by"},
        row_links="../reports/evidence/escalation.html#{anchor}",
        interactive=False,
    )


told(headline_table, "escalation.headlines")

# %% [markdown]
# ### Without state media, and on official pages alone
#
# An act stays if one of its pages is of a kind that is allowed; so does an answer. On official pages and agencies
# alone few answers remain, because protests are mostly known from newspapers.

# %%
told(lambda: tables.sources(page), "escalation.specifications")

# %% [markdown]
# ### Does the scale matter?

# %%
told(lambda: drawn(figures.balance_on_scales, rows("balance"), value("record")))


# %%
def scale_sentence():
    agreement = pl.DataFrame(value("intensity", "agreement")).filter(pl.col("period") == "month")
    sides = agreement.filter(pl.col("actor_code").is_not_null())
    net = agreement.filter(pl.col("actor_code").is_null())
    if sides["kendall_tau"].null_count() == len(sides):
        raise NotEstimable("The acts fall into too few months to compare their order on two scales.")
    return say(
        "Two scales agree on the order of the months to a rank correlation of {least:.2f} to {most:.2f} (Kendall's "
        "tau-b, either side, {n_min} to {n_max} months). The side that did more over the whole record is {same} on "
        "every scale; in single months two scales disagree on who did more at most {flips} times of {n_net}. The scales "
        "are those of Goldstein and of PLOVER, equal weights, and the logarithm of the number of persons and bodies "
        "hit; none of them sees what an act cost.",
        least=sides["kendall_tau"].min(),
        most=sides["kendall_tau"].max(),
        n_min=sides["n_periods"].min(),
        n_max=sides["n_periods"].max(),
        same="the same" if value("intensity", "same_side_ahead_on_all_scales") else "not the same",
        flips=net["n_sign_changes"].max(),
        n_net=net["n_periods"].max(),
    )


told(scale_sentence)

# %% [markdown]
# ### Answers by what is counted as one
#
# A package is what one side decided at once. A day of a side counts once, however much was done on it. The last column
# leaves out acts that are themselves answers, since an answer is seldom answered again.

# %%
told(lambda: tables.rates(page), "escalation.answers")

# %%
told(page.compared)


# %%
def rate_table():
    shown = rows("answer_rates").filter((pl.col("links") == "named") & (pl.col("answered") == "ever"))
    kind = (
        pl.when(pl.col("is_deed"))
        .then(pl.lit("deeds"))
        .when(~pl.col("is_deed"))
        .then(pl.lit("words"))
        .otherwise(pl.col("domain_type").str.replace_all("_", " "))
        .fill_null("all hostile acts")
    )
    return table(
        shown.select(
            pl.col("actor_code").replace({first: a, second: b}),
            kind.replace("context", "provocations (drills, overflights, visits)").alias("kind"),
            "n_acts",
            "n_answered",
            "rate",
            "lower",
            "upper",
        ),
        caption=f"Acts answered by the other side, links that name the act, {level} Wilson intervals",
        labels={
            "actor_code": "Acts of",
            "kind": "Kind",
            "n_acts": "Acts",
            "n_answered": "Answered",
            "rate": "Share",
            "lower": "from",
            "upper": "to",
        },
        formats={"rate": "%", "lower": "%", "upper": "%"},
        interactive=False,
    )


told(rate_table)

# %% [markdown]
# Provocations are events such as drills, overflights and visits to disputed ground. They are recorded partly
# because the other side protested, so their rate is an upper bound.


# %%
def speed_table():
    return table(
        pl.DataFrame(value("replies", "named", "speed", "table")).with_columns(
            pl.col("covariate").str.replace(first, a).str.replace(second, b)
        ),
        columns=["covariate", "hazard_ratio", "lower", "upper", "p_value"],
        caption=(
            f"What speeds an answer: hazard ratios of a Cox regression on {value('replies', 'named', 'speed', 'n_acts')} acts, "
            f"{value('replies', 'named', 'speed', 'n_answered')} answered; above one is sooner or likelier"
        ),
        labels={
            "covariate": "The act is, or has",
            "hazard_ratio": "Hazard ratio",
            "lower": "from",
            "upper": "to",
            "p_value": "p",
        },
        formats={"hazard_ratio": ".2f", "lower": ".2f", "upper": ".2f", "p_value": ".4f"},
    )


told(speed_table, "escalation.replies")

# %% [markdown]
# Where answers come at once or not at all, the ratios say more about *whether* than about *when*. The hazards are
# not proportional in the long run, and a ratio is an average over the days on which answers came.

# %% [markdown]
# ### In kind, and in proportion

# %%
told(page.in_kind)

# %%
told(lambda: tables.deeds(page, rows("lags")))

# %%
told(lambda: drawn(figures.deed_for_deed, rows("links"), value("replies")))


# %%
def proportion_sentence():
    ratio = value("replies", "general", "proportionality_any_type")
    return say(
        "Where both acts count persons or bodies ({n_ratio} links, those to sanctions in general included), the answer hits "
        "{ratio} for each one the act hit; {equal} match to the number.",
        n_ratio=ratio["n_links"],
        ratio=interval(ratio["geometric_mean"], ratio["lower"], ratio["upper"]),
        equal=ratio["n_equal"],
    )


told(proportion_sentence)


# %%
def answered_table():
    value("replies", "named")
    lines = []
    for side in pair:
        kinds = page.known("replies", "named", "in_kind") or []
        kind = next((row for row in kinds if row["reply_actor_code"] == side), None)
        for what, path in (("hostile acts", ()), ("events alone", ("to_events",))):
            deeds = page.known("replies", "named", *path, "deeds_of_replier", side) or {}
            lag = page.known("replies", "named", *path, "median_lag_of_replier", side) or {}
            lines.append(
                {
                    "side": state_name(side),
                    "what": what,
                    "n": deeds.get("n", 0),
                    "deeds": ranged(deeds, "share") if deeds else None,
                    "kind": f"{kind['n_in_kind']} of {kind['n_replies']}" if kind and not path else None,
                    "lag": ranged(lag, "days") if lag else None,
                }
            )
    return table(
        pl.DataFrame(lines, infer_schema_length=None),
        caption=f"Answers to acts and to events, links that name what is answered, {level} intervals",
        labels={
            "side": "Answers of",
            "what": "to",
            "n": "Answers",
            "deeds": "Deeds among them",
            "kind": "In the domain of the act",
            "lag": "Median lag",
        },
        interactive=False,
    )


told(answered_table, "escalation.replies")

# %% [markdown]
# An answer to an act and an event counts as one to the act. An event has no domain, so that no answer to it can be in
# kind, and its answers enter no number on acts.


# %%
def candidate_sentence():
    rule = value("replies", "candidates")[0]
    if "recall" not in rule:
        raise NotEstimable(rule["not_estimable"])
    return say(
        "Could a rule have found the answers from dates and kinds alone? The one tried here (the other side's nearest "
        "act {least} to {days} days before, preferring the same kind) names {n} links. Of the {stated} stated ones that "
        "join two acts of known day it could find {findable} at most. It looks at those days only, names one act for "
        "each answer, and cannot order the acts of one day ({same_day} links). It finds {recall} of what it could, which is "
        "{recall_of_all} of all; where it can be checked, {precision} of its links are the stated ones. Its links are kept "
        "in a file of their own and enter no other number.",
        least=rule["min_lag_days"],
        days=rule["max_lag_days"],
        n=rule["n_inferred"],
        stated=rule["n_stated"],
        findable=rule["n_findable"],
        same_day=rule["n_same_day"],
        recall=ranged(rule["recall"], "share") if rule["recall"] else "none",
        recall_of_all=ranged(rule["recall_of_all"], "share"),
        precision=ranged(rule["precision_decided"], "share") if rule["precision_decided"] else "none",
    )


told(candidate_sentence)

# %% [markdown]
# ### Pairs of acts, without a model

# %%
told(lambda: drawn(figures.acts_in_the_days_after, rows("following"), value("kinds")))

# %%
told(page.pairs)

# %% [markdown]
# ### How large an effect would be seen
#
# For each size, records as large as this one were drawn from the fitted model and put to the tests that an effect must pass
# here: an interval above zero, and timing not by chance. What is not shown may still be there, if it is of a size that such
# records often miss.

# %%
told(lambda: tables.power(page), "escalation.kinds")

# %% [markdown]
# ### All acts together
#
# The model of all acts at once mixes words and deeds. It is kept for its tests and for comparison with other records.

# %%
told(lambda: drawn(figures.who_excites_whom, rows("branching"), value("excitation")))


# %%
shortest, longest = choices.excitation.half_life_limits


def half_life_words(half):
    """A half-life; on a limit of the search it is told so, and it is not rounded past the limit."""
    estimate = half["estimate"]
    if estimate is None:
        return "undefined, because nothing excites it"
    days = f"{estimate:.3g}"
    if half["is_on_limit"]:
        days = f"at the {'shortest' if estimate <= shortest else 'longest'} allowed, {days}"
    return written(f"{days} days", half)


def half_life_ranges(half):
    """How sure a half-life is: by the profile of the likelihood and, where there are any, in redrawn series."""
    ranges = f"interval {half['lower']:.3g} to {half['upper']:.3g}"
    if "bootstrap_lower" in half:
        ranges += f"; in redrawn series {half['bootstrap_lower']:.3g} to {half['bootstrap_upper']:.3g}"
    return ranges


def excitation_sentence():
    main, free = value("excitation", "with_driver"), value("excitation", "without_driver")
    told_of = value("excitation", "told")
    half = value("excitation", "half_life_days", main)
    residuals = value("excitation", "residuals")

    def link(name, variant):
        return ranged(value("excitation", "links", name, variant))

    def test(name, variant):
        return value("excitation", "timing", name, variant)["p_value"]

    numbers = {"a": a, "b": b, "back": link(back, main), "forth": link(forth, main)}
    if main != free:
        set_off = say(
            "With the driver, one act of {b} sets off **{back}** acts of {a} on later days, and one act of {a} sets off "
            "**{forth}** of {b}. Without it the numbers are {back_free} and {forth_free}.",
            **numbers,
            back_free=link(back, free),
            forth_free=link(forth, free),
        )
    else:
        set_off = say(
            "One act of {b} is followed by **{back}** acts of {a} on later days beyond the usual level, and one act of {a} by "
            "**{forth}** of {b}. No calendar of outside events is allowed for, so a shock that both sides felt may be behind it.",
            **numbers,
        )
    return say(
        "{set_off} Moving the acts of {b} in time at "
        "random gives as strong a pattern with p = {p_back:.3f}; moving those of {a}, with p = {p_forth:.3f}. Of "
        "{variants} ways to set up the model {back_n} put the first number above zero and {forth_n} the second. The "
        "half-life of {a}'s response is {half_a} ({ranges_a}). That of {b}'s is {half_b} ({ranges_b}). A range that ends "
        "at a limit of the search ({shortest} and {longest} days) may go on beyond it. Answers of the same day cannot be "
        "seen in this model, because the order within a day is unknown. What it leaves of the two sides moves together "
        "on the same day with a correlation of {same_day:.2f} (p = {p_same:.3f}). A small p says that there are such "
        "answers, or shared causes.",
        a=a,
        b=b,
        set_off=set_off,
        p_back=test(back, main),
        p_forth=test(forth, main),
        variants=told_of[back]["n_variants"],
        back_n=told_of[back]["n_variants_above_zero"],
        forth_n=told_of[forth]["n_variants_above_zero"],
        half_a=half_life_words(half.get(first, half.get("both"))),
        half_b=half_life_words(half.get(second, half.get("both"))),
        ranges_a=half_life_ranges(half.get(first, half.get("both"))),
        ranges_b=half_life_ranges(half.get(second, half.get("both"))),
        shortest=f"{shortest:g}",
        longest=f"{longest:g}",
        same_day=residuals["same_day_correlation"],
        p_same=residuals["same_day_p_value"],
    )


told(excitation_sentence)

# %%
told(
    lambda: table(
        rows("models").select("model", "n_parameters", "aic_difference", "bic_difference"),
        caption="Models of the daily counts of all acts by information criteria; zero is best",
        labels={
            "model": "Model",
            "n_parameters": "Parameters",
            "aic_difference": "AIC",
            "bic_difference": "BIC",
        },
        formats=dict.fromkeys(("aic_difference", "bic_difference"), ".1f"),
        interactive=False,
    )
)

# %%
told(
    lambda: table(
        rows("scores")
        .filter(pl.col("gain").is_not_null())
        .select("model", "against", "first_test_day", "n_test_days", "gain", "lower", "upper"),
        caption=f"What a model gains over another in predicting days it has not seen, with {level} intervals of the difference",
        labels={
            "model": "Model",
            "against": "Over",
            "first_test_day": "Days from",
            "n_test_days": "Days",
            "gain": "Gain in log score",
            "lower": "from",
            "upper": "to",
        },
        formats=dict.fromkeys(("gain", "lower", "upper"), ".1f"),
        interactive=False,
    )
)


# %%
def model_sentence():
    residuals = value("excitation", "residuals", "sides")
    return say(
        "By AIC the best is *{aic}*, by BIC *{bic}*. Against series drawn from the fitted "
        "model the residuals show {gaps} in the gaps between active days (p = {p_gaps}) and {memory} left "
        "over four weeks (p = {p_memory}). Their spread is {spread} (p = {p_spread}); it says whether days with many "
        "acts are as common as in the model.",
        aic=value("excitation", "best_aic"),
        bic=value("excitation", "best_bic"),
        gaps="no misfit" if min(side["gap_p_value"] for side in residuals) >= 0.05 else "a misfit",
        p_gaps=" and ".join(f"{side['gap_p_value']:.2f}" for side in residuals),
        memory="no memory" if min(side["portmanteau_p_value"] for side in residuals) >= 0.05 else "memory",
        p_memory=" and ".join(f"{side['portmanteau_p_value']:.2f}" for side in residuals),
        spread=" and ".join(f"{side['dispersion']:.2f}" for side in residuals),
        p_spread=" and ".join(f"{side['dispersion_p_value']:.2f}" for side in residuals),
    )


told(model_sentence)

# %% [markdown]
# ### The older test
#
# The usual test in the field asks whether the weekly sums of one side help to predict those of the other. It
# knows no shared driver and cannot see an answer within the week, so it is a comparison and not a finding.


# %%
def granger_table():
    tests = [test for test in value("excitation", "granger") if "f_statistic" in test]
    if not tests:
        raise NotEstimable("No scale allows a test of weekly sums.")
    return table(
        pl.DataFrame(tests, infer_schema_length=None).select(
            pl.col("scale").map_elements(figures.scale_name, return_dtype=pl.String),
            pl.col("cause").replace({first: a, second: b}),
            pl.col("effect").replace({first: a, second: b}),
            "f_statistic",
            "p_value",
            "n",
        ),
        caption=f"Granger tests of weekly sums, {tests[0]['lags']} lags, robust to unequal variances",
        labels={
            "scale": "Scale",
            "cause": "Past of",
            "effect": "predicts",
            "f_statistic": "F",
            "p_value": "p",
            "n": "Weeks",
        },
        formats={"f_statistic": ".2f", "p_value": ".4f"},
        interactive=False,
    )


told(granger_table, "escalation.excitation")

# %% [markdown]
# ### Changes, with their uncertainty


# %%
def change_table():
    period = value("regimes", "period")
    return table(
        rows("changes").select(
            pl.col("actor_code").replace({first: a, second: b}),
            "period_start",
            "probability",
            pl.format("{} to {}", "lower", "upper").alias("fit"),
            pl.format("{} to {}", "bootstrap_lower", "bootstrap_upper").alias("redrawn"),
            "rate_before",
            "rate_after",
        ),
        caption=f"Changes in the number of hostile acts per {period}, and the {period}s that hold each with {level}",
        labels={
            "actor_code": "Side",
            "period_start": "Likeliest",
            "probability": "Probability",
            "fit": "By the fit",
            "redrawn": "In redrawn series",
            "rate_before": "Rate before",
            "rate_after": "Rate after",
        },
        formats={"probability": "%", "rate_before": ".2f", "rate_after": ".2f"},
        interactive=False,
    )


told(change_table)

# %% [markdown]
# *By the fit*: by the likelihood of each place given the changes beside it, as is the probability of the likeliest.
# *In redrawn series*: where the change falls in series drawn from the regimes. A change is dated no closer than by the
# wider of the two.


# %%
def other_choices():
    lines = [
        {
            "side": state_name(side),
            "choice": choice,
            "changes": ", ".join(dates) if isinstance(dates, list) and dates else "none",
        }
        for side in pair
        for choice, dates in value("regimes", "by_side", side, "other_choices").items()
    ]
    return table(
        pl.DataFrame(lines),
        caption="The same search by other periods, and as if the acts of a package were independent",
        labels={"side": "Side", "choice": "Periods", "changes": "Changes at"},
        interactive=False,
    )


told(other_choices, "escalation.regimes")

# %% [markdown]
# ### The ladder

# %%
told(
    lambda: show(
        figures.ladder(
            rows("ladder"),
            value("ladder"),
            pair=pair,
            source=source,
            marks=figures.turning_points(value("record")),
        )
    )
)


# %%
def transition_sentence():
    any_next, other_next = (value("transitions", "successor", key) for key in ("any", "other"))
    return say(
        "Is there an order to the steps? Of {n} pairs of rungs {unlike} follow one another more or less often than "
        "chance gives, once the number of tests is allowed for. For the next act of the other side it is "
        "{unlike_other} of {n_other}. Chance shuffles the kinds of {acts} acts among those of each side and keeps the "
        "dates. The order of the rungs is a choice and stands in the parameters; the test of sequences does not depend on it.",
        n=any_next["n_pairs"],
        unlike=any_next["n_unlike_chance"] or "none",
        acts=any_next["n_acts"],
        unlike_other=other_next["n_unlike_chance"] or "none",
        n_other=other_next["n_pairs"],
    )


told(transition_sentence)

# %% [markdown]
# ### Days from a step of others to an act

# %%
told(lambda: drawn(figures.days_after_a_step, rows("coordination_lags"), value("coordination")))

# %%
told(lambda: steps_of_others.order_of_steps(found))

# %%
told(lambda: steps_of_others.near_steps(found))

# %% [markdown]
# ### What the record misses

# %%
told(lambda: drawn(figures.recall, rows("recall"), value("recall")))

# %%
told(lambda: steps_of_others.recall_table(found))

# %%
told(lambda: steps_of_others.recall_sentence(found))

# %% [markdown]
# ### Does any of this depend on one source?


# %%
def source_table():
    lines = [
        {
            "finding": named(name),
            "whole": part["estimate"],
            "least": part["least"],
            "greatest": part["greatest"],
            "site": part["hangs_most_on"],
        }
        for name, part in value("sensitivity", "by_source").items()
        if "estimate" in part
    ]
    return table(
        pl.DataFrame(lines, infer_schema_length=None),
        caption=(
            "Each number again without the acts whose first page is of one site, for each of "
            f"{value('sensitivity', 'n_sources_left_out')} sites with enough acts"
        ),
        labels={
            "finding": "Finding",
            "whole": "All sources",
            "least": "Least",
            "greatest": "Greatest",
            "site": "Hangs most on",
        },
        formats=dict.fromkeys(("whole", "least", "greatest"), ".2f"),
        interactive=False,
    )


told(source_table, "escalation.sensitivity")


# %%
def scale_table():
    shown = rows("sensitivity").filter(pl.col("varied") == "scale")
    wide = shown.with_columns(
        pl.col("choice").map_elements(figures.scale_name, return_dtype=pl.String)
    ).pivot("choice", index="finding", values="value")
    return table(
        wide.with_columns(pl.col("finding").map_elements(named, return_dtype=pl.String)),
        caption="Numbers that weigh acts, on each scale",
        labels={"finding": "Finding"} | {name: name for name in wide.columns[1:]},
        formats=dict.fromkeys(wide.columns[1:], ".2f"),
        interactive=False,
    )


told(scale_table)

# %%
# Machine-coded events, where a source of them is configured (docs/events.md); without one this cell shows nothing.
if (FINDINGS / case_name / "events").exists():
    from IPython.display import display
    from retorsion.events.figures import events_and_acts

    coded = finding("events", case_name)
    display(
        say(
            "### Events in the news\n\nEvents that machines coded from the news are no acts and enter none of the numbers "
            "above. The source covers {covered} days from {start} to {end}; {missing} are missing.",
            covered=coded["n_days_covered"],
            start=coded["first_day"],
            end=coded["last_day"],
            missing=coded["n_days_missing"],
        ),
        show(
            events_and_acts(
                pl.read_csv(FINDINGS / case_name / "events" / "events.csv", try_parse_dates=True),
                coded,
                pair=pair,
                source=f"{', '.join(coded['source_id'])}; {source}",
            )
        ),
    )
    for side, part in coded["sides"].items():
        display(
            told(
                lambda part=part, side=side: say(
                    "**{name}.** Mean daily intensity {on} on {n_on} days of recorded acts and {off} on {n_off} others, a "
                    "difference of {difference} ({low} to {high}; by blocks of days {block_low} to {block_high}).",
                    name=state_name(side),
                    on=estimated(part, "difference", "mean_act_days"),
                    n_on=estimated(part, "difference", "n_act_days"),
                    off=estimated(part, "difference", "mean_other_days"),
                    n_off=estimated(part, "difference", "n_other_days"),
                    difference=estimated(part, "difference", "difference"),
                    low=estimated(part, "difference", "lower"),
                    high=estimated(part, "difference", "upper"),
                    block_low=estimated(part, "difference", "bootstrap_lower"),
                    block_high=estimated(part, "difference", "bootstrap_upper"),
                )
            )
        )

# %% [markdown]
# ### Methods and literature
#
# Intensity: Goldstein (1992), Journal of Conflict Resolution 36. Waiting times: Kaplan and Meier (1958), JASA 53;
# Cox (1972), JRSS B 34, with Efron's ties. Shares: Wilson (1927), JASA 22. Mutual excitation: the Poisson
# autoregression of Fokianos, Rahbek and Tjøstheim (2009), JASA 104, as a discrete-time Hawkes process (Browning
# et al. 2021, PLoS ONE 16), with negative binomial counts and profile-likelihood intervals. Changes: exact
# segmentation (Auger and Lawrence 1989) with the Poisson likelihood. Reciprocity: Goldstein and Freeman (1991),
# APSR 85. Pairs of acts: circular shifts within blocks,
# Benjamini and Hochberg (1995), JRSS B 57. Ways to count: Simonsohn, Simmons and Nelson (2020), Nature Human
# Behaviour 4. The rows behind each figure stand in the files of `data/findings`, and the parameters in the section
# `escalation` of `params.yaml`.

# %% [markdown]
# </details>
