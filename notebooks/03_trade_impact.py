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
# What the measures did to the trade of the two states: how much it fell, by which method, for which goods, and how
# much of it was price. Every number is read from the findings; none is typed. Effects are read as changes in
# percent; behind each stand its interval, its method and what a reader must know before quoting it.

# %%
case_name = "jpn-rus"

# %%
from datetime import date

import polars as pl
from retorsion import case, finding, load
from retorsion.errors import NotEstimable
from retorsion.figures import diversion, models, trade
from retorsion.figures.svg import show
from retorsion.figures.trade import effect_words
from retorsion.reports import statements
from retorsion.reports.html import REPORTS, Prose, number, percent, say, table
from retorsion.reports.statements import credit, told
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

impact, asked = finding("impact", case_name), case(case_name).impact
reporter, target = asked.reporter, asked.target
names = {"reporter": state_name(reporter), "target": state_name(target)}


def national():
    """The reporter's own statistics, for source lines."""
    return credit(asked.monthly and asked.monthly.source)


def money(part):
    """What turns values of a part into billions, and the currency in words."""
    return fields()[asked.monthly.value_column].money


def worldwide():
    """The source of all pairs, for source lines."""
    return credit(asked.pairwise)


def rows(name):
    """The rows behind a finding."""
    return statements.rows(f"impact_{name}", case_name)


def dates(flow):
    """The measures marked on a series."""
    return pl.DataFrame(impact["monthly"][flow]["marks"]).with_columns(pl.col("date").str.to_date())


def last():
    """The effect after the last measure, by flow."""
    flows = {flow: impact["monthly"][flow] for flow in ("export", "import")}
    return {flow: found["mean_effects"][-1] for flow, found in flows.items() if "mean_effects" in found}


def groups_of(flow):
    """The groups of goods of a flow, where the case names any."""
    if episodes(flow) and not asked.monthly.flows()[flow].goods:
        raise NotEstimable(f"The case names no groups of goods among the {flow}s.")
    return rows("monthly_groups").filter(pl.col("flow_type") == flow)


def episodes(flow):
    """Names of the spans between measures."""
    return [episode["label"] for episode in impact["monthly"][flow]["episodes"]]


# %% [markdown]
# ## How much did trade fall?

# %%
told(
    lambda: show(
        trade.monthly_trade(
            rows("monthly_series"),
            {flow: dates(flow) for flow in last()},
            effects=last(),
            reporter_code=reporter,
            target_code=target,
            value_column=asked.monthly.value_column,
            source=national(),
        )
    )
)


# %%
def levels():
    periods = impact["monthly"]["export"]["levels"]["periods"]
    first, final = periods[0], periods[-1]
    billion, currency = money("monthly")
    return say(
        "{reporter} sold {target} goods for **{before} billion {currency} a month** before the first measure and **{after} "
        "billion** after the last. Set beside {n} comparable partners, whose purchases rose meanwhile, exports are off "
        "their course by **{effect}** (p = {p:.3f}); imports, against {m} partners, by **{imports}** (p = {imports_p:.3f}). With so few "
        "partners no p below {floor:.3f} and {imports_floor:.3f} can be had, and the ranges in brackets hold {level} and "
        "{imports_level} of such deviations.",
        **names,
        currency=currency,
        before=number(first["mean_value"] * billion),
        after=number(final["mean_value"] * billion),
        effect=effect_words(last()["export"]),
        level=percent(last()["export"]["level"]),
        imports_level=percent(last()["import"]["level"]),
        p=last()["export"]["p_value"],
        imports_p=last()["import"]["p_value"],
        floor=1 / (1 + impact["monthly"]["export"]["n_comparison"]),
        imports_floor=1 / (1 + impact["monthly"]["import"]["n_comparison"]),
        n=impact["monthly"]["export"]["n_comparison"],
        m=impact["monthly"]["import"]["n_comparison"],
        imports=effect_words(last()["import"]),
    )


told(levels)


# %%
def measures_used():
    """The measures that the estimates start from, each leading to its act."""
    flows = {mark["measure_id"]: flow for flow in last() for mark in impact["monthly"][flow]["marks"]}
    named = rows("goods_dates").group_by("measure_id").len("n_goods")
    measures = (
        load("trade_measures")
        .filter(pl.col("measure_id").is_in([*flows, *named["measure_id"]]))
        .filter(
            pl.col("act_id").is_in(
                load("acts").filter(actor_code=reporter, addressee_code=target)["act_id"].implode()
            )
        )
        .join(named, on="measure_id", how="left")
        .with_columns(pl.col("measure_id").replace_strict(flows, default=None).alias("marked"))
        .sort("announced_date", "measure_id")
    )
    return table(
        measures,
        columns=["summary", "announced_date", "effective_date", "marked", "n_goods"],
        caption="The measures that these numbers start from; each leads to its act, and from there to the pages it was read from",
        labels={"summary": "Measure", "marked": "On the series of", "n_goods": "Goods groups dated by it"},
        row_links=f"{REPORTS}acts.html#{{act_id}}",
        interactive=False,
    )


told(measures_used)

# %%
told(
    lambda: say(
        "**What the months before can bear.** {exports} For imports: {imports} {price}",
        exports=impact["monthly"]["export"]["pre_period"],
        imports=impact["monthly"]["import"]["pre_period"],
        price=impact["monthly"]["price_level"]["not_estimable"],
    )
)


# %%
def exchange():
    rate, currency = impact["monthly"]["exchange_rate"], money("monthly")[1]
    return say(
        "In these months one {foreign} went from {first} to {last} {currency} ({highest} at most). That moves values in "
        "{currency} for all partners alike; the same regression in {foreign} is in the table of estimators below.",
        currency=currency,
        foreign=asked.monthly.foreign_currency,
        first=number(rate["first"]),
        last=number(rate["last"]),
        highest=number(rate["highest"]),
    )


told(exchange)

# %% [markdown]
# ## Month by month, and before the measures
#
# If trade had moved before a measure, the measure could not be what moved it. The months just before each measure
# are therefore shown as estimates of their own, not used for comparison. Every month is set against its own month of a
# reference year, so that the months of that year are zero by construction and say nothing; only earlier ones are leads.

# %%
told(
    lambda: show(
        trade.event_study(
            rows("monthly_event_study").filter(pl.col("flow_type") == "export"),
            impact["monthly"]["export"]["event_studies"],
            source=national(),
        )
    )
)


# %%
told(
    lambda: say(
        "{counted}.{little}",
        counted=trade.lead_words(impact["monthly"]["export"]["event_studies"]),
        little=Prose(
            " **So few cannot show that nothing moved before**: a drift over some months would not be seen."
            if not trade.before_words(impact["monthly"]["export"]["event_studies"])
            else ""
        ),
    )
)


# %%
def placebo_tests():
    placebos = pl.DataFrame(
        [
            {
                "flow": flow,
                "measure": study["measure"],
                "change": trade.percent_words(study["placebo"]["actual"]),
                **{k: study["placebo"][k] for k in ("n_space", "p_value_space", "n_time", "p_value_time")},
            }
            for flow in last()
            for study in impact["monthly"][flow]["event_studies"]
        ]
    )
    return table(
        placebos,
        caption=(
            "Placebo tests: the change over the first full months after a measure against the same change with other "
            "partners on that date (space) and with the target on earlier dates (time)"
        ),
        labels={
            "flow": "Flow",
            "measure": "Measure",
            "change": "Change",
            "n_space": "Partners",
            "p_value_space": "p, space",
            "n_time": "Dates",
            "p_value_time": "p, time",
        },
        formats={"p_value_space": ".3f", "p_value_time": ".3f"},
    )


told(placebo_tests, "impact.monthly")

# %% [markdown]
# With so few earlier dates the test in time cannot give a small p-value whatever happened; the one in space can.
#
# ## Which goods?


# %%
def steps_by_group(flow):
    groups = groups_of(flow)
    return show(
        trade.steps_by_group(
            groups, flow=flow, episodes=episodes(flow), title_group=groups["label"][0], source=national()
        )
    )


told(lambda: steps_by_group("export"))

# %%
told(lambda: steps_by_group("import"))

# %% [markdown]
# These are values in the reporter's currency against each group's own past, so that price and exchange rate are in
# them; the intervals of this estimator are too narrow in short series. Groups that cannot be estimated are named with the reason:


# %%
def stopped():
    stopped = (
        rows("monthly_groups")
        .filter(pl.col("not_estimable").is_not_null())
        .select("flow_type", "label", "not_estimable")
    )
    return (
        table(stopped, caption="Groups without an estimate")
        if len(stopped)
        else say("All {n} groups could be estimated.", n=rows("monthly_groups")["label"].n_unique())
    )


told(stopped)

# %% [markdown]
# ## Banned goods against others
#
# Bans came at different dates. So what goods under no ban, or none yet, did in a month says what that month was like
# for all trade with the target, with whatever else hit it and the exchange rate included. Each banned group is set against
# what its own past and those months predict for it; groups already banned are never used to predict.


# %%
def goods_path():
    goods = impact["export_goods"]
    return show(
        models.goods_bins(
            rows("goods_path"),
            goods["average"],
            bin_months=goods["bin_months"],
            n_untreated=goods["n_untreated"],
            last_month=date.fromisoformat(goods["last_month"]),
            source=national(),
        )
    )


told(goods_path)


# %%
def goods_words():
    goods = impact["export_goods"]
    without = goods["without"]
    return say(
        "On average over the months under a measure, goods that it names moved by **{effect}** against what is predicted for "
        "them ({sample}). The intervals come from leaving out one group at a time; the effect runs from {low} without {low_group} to "
        "{high} without {high_group}. With every group weighing alike, "
        "whatever its size, it is **{alike}**. All leads together: p = {p}. {caveat}",
        effect=effect_words(goods["average"]),
        sample=goods["average"]["sample"],
        low_group=without["lowest_group"].lower(),
        high_group=without["highest_group"].lower(),
        low=trade.percent_words(without["lowest"]),
        high=trade.percent_words(without["highest"]),
        alike=effect_words(goods["equal_weights"]),
        p=number(goods["leads"]["p_value"], digits=2),
        caveat=goods["average"]["caveat"],
    )


told(goods_words)


# %%
def goods_limits():
    goods = impact["export_goods"]
    return say(
        "**Why not later months.** After {month} fewer than {minimum} groups are left that no measure names, {n_never} of them for "
        "good. Over all months the same method gives {all_months}; without {without}. Two groups' own fortunes are no measure of a "
        "month. The regression usual for such data (fixed effects of goods and month, one indicator) gives {two_way}; it takes "
        "goods banned earlier as controls for those banned later, which is wrong where effects grow, as here. Which goods a "
        "measure names is our reading of its words, recorded in the parameters; a measure covers a part of such a group, so "
        "that the effect on what is really banned is larger. **No triple difference here:** {triple}",
        month=date.fromisoformat(goods["last_month"]).strftime("%B %Y"),
        minimum=goods["minimum_untreated"],
        n_never=goods["n_never"],
        all_months=effect_words(goods["all_months"]),
        without=", without ".join(
            f"{one['left_out'].lower()} "
            + (trade.percent_words(one["estimate"]) if one["estimate"] is not None else "none")
            for one in goods["all_months"]["without"]
        ),
        two_way=effect_words(goods["two_way"]),
        triple=goods["triple_difference"]["not_estimable"],
    )


told(goods_limits)


# %%
def import_goods_words():
    raw = impact["import_goods"]
    both = raw["comparisons"]["both"]
    return say(
        "For imports of raw materials the worldwide source has all partners, so that a triple difference can be "
        "taken: {goods}, from the target against other partners, against goods without a measure, by year. It gives "
        "{plain}, and {corrected} bias-corrected. Of {n} partners put in the target's place ({rule}, as far as each can be estimated) {n_as_far} differ from the rest as "
        "much (p = {p}, {smallest} at the least): **one importer's yearly trade in a few goods can hardly tell**. The comparisons one by one:",
        goods=", ".join(one["name"].lower() for one in raw["goods"]),
        plain=effect_words(both["plain"]),
        corrected=effect_words(both["corrected"]),
        p=number(raw["placebo"]["p_value"], digits=2),
        n=raw["placebo"]["n_placebos"],
        rule=raw["placebo"]["rule"],
        smallest=number(raw["placebo"]["smallest_p"], digits=2),
        n_as_far=raw["placebo"]["n_as_far"],
    )


told(import_goods_words)

# %%
told(
    lambda: table(
        rows("import_goods").select(
            "comparison",
            "is_corrected",
            *(
                pl.col(name).map_elements(trade.percent_words, return_dtype=pl.String).alias(name)
                for name in ("estimate", "lower", "upper")
            ),
            "n_obs",
            "sample",
            "citation",
        ),
        caption="Imports of goods under measures: against other goods, against other partners, and against both",
        labels={
            "comparison": "Against",
            "is_corrected": "Bias-corrected",
            "estimate": "Change",
            "lower": "From",
            "upper": "To",
            "n_obs": "Flows",
            "sample": "Sample",
            "citation": "Method",
        },
    )
)

# %% [markdown]
# ## A synthetic partner
#
# A weighted average of other partners that followed the target's course before the measures stands for its course
# without them.


# %%
def syn_fig():
    synthetic = impact["monthly"]["export"]["synthetic"]
    flow_is_export = pl.col("flow_type") == "export"
    return show(
        models.synthetic_control(
            rows("monthly_synthetic_paths").filter(flow_is_export),
            rows("monthly_synthetic_control_gaps").filter(flow_is_export),
            found=synthetic,
            reporter_code=reporter,
            target_code=target,
            source=national(),
        )
    )


told(syn_fig)


# %%
def syn_words():
    starts, without = (
        impact["monthly"]["export"]["synthetic"]["many_starts"],
        impact["monthly"]["export"]["synthetic"]["leave_one_out"],
    )
    return say(
        "The ratio of the misfit after the measures to that before is {ratio}, the largest of {units} units (p = {p:.3f}). The mean gap "
        "is {gap}; without any one of the {n} donors it runs from {low} to {high}. A search with predictors from {starts} starting "
        "points ended between {s_low} and {s_high}. With {months} months before, a control can follow noise: read the placebos, "
        "which are as free to do so.",
        ratio=number(impact["monthly"]["export"]["synthetic"]["rmspe_ratio"]),
        units=impact["monthly"]["export"]["synthetic"]["n_units"],
        p=impact["monthly"]["export"]["synthetic"]["p_value"],
        gap=trade.percent_words(impact["monthly"]["export"]["synthetic"]["estimate"]["estimate"]),
        n=without["n"],
        low=trade.percent_words(without["lowest"]),
        high=trade.percent_words(without["highest"]),
        starts=starts["n_starts"],
        s_low=trade.percent_words(starts["lowest"]),
        s_high=trade.percent_words(starts["highest"]),
        months=impact["monthly"]["export"]["synthetic"]["n_before"],
    )


told(syn_words)

# %% [markdown]
# ## Do the methods agree?


# %%
def est_fig():
    together = rows("monthly_estimators")
    return show(
        trade.estimators(
            together.filter(pl.col("flow_type") == "export"), episodes=episodes("export"), source=national()
        )
    )


told(est_fig)


# %%
def est_words():
    spans = {
        (span["episode"], span["family_type"]): span for span in impact["monthly"]["export"]["disagreement"]
    }
    own, beside = (spans[episodes("export")[-1], family] for family in ("own", "comparison"))
    return say(
        "They agree that exports fell, and not on how far. Against the target's own past the {n} estimates after the last "
        "measure run from {low} ({low_label}) to {high} ({high_label}): regressions that let errors drift read the fall off "
        "the months next to a measure, where it was deepest, and add up both falls; those that compare averages also "
        "count the recovery in between. Against other partners they run from {b_low} to {b_high}. The comparison with partners "
        "is the one to quote: it takes out what moved all trade, and needs no trend from {months} months.",
        n=own["n"],
        low=trade.percent_words(own["lowest"]),
        low_label=own["lowest_label"],
        high=trade.percent_words(own["highest"]),
        high_label=own["highest_label"],
        b_low=trade.percent_words(beside["lowest"]),
        b_high=trade.percent_words(beside["highest"]),
        months=impact["monthly"]["export"]["n_months_before"],
    )


told(est_words)

# %%
told(
    lambda: table(
        rows("monthly_estimators").select(
            "flow_type",
            "episode",
            "label",
            *(
                pl.col(name).map_elements(trade.percent_words, return_dtype=pl.String).alias(name)
                for name in ("estimate", "lower", "upper")
            ),
            "level",
            "p_value",
            "n_obs",
            "citation",
            "not_estimable",
        ),
        caption="All estimates of the same effects: mean change after each measure",
        labels={
            "flow_type": "Flow",
            "episode": "After",
            "label": "Estimator",
            "estimate": "Change",
            "lower": "From",
            "upper": "To",
            "level": "Interval holds",
            "p_value": "p",
            "n_obs": "Observations",
            "citation": "Method",
            "not_estimable": "Why not",
        },
        formats={"p_value": ".3f", "level": "%"},
    )
)

# %% [markdown]
# ## All states, all pairs: what sanctioning did
#
# One state's months cannot tell its own measures from those of its allies. The trade of all pairs of states in raw
# materials can: fixed effects of exporter, importer and pair by product take out what each sold, bought and traded
# anyway, and what is left is whether sanctioning states bought less from the target.


# %%
def grav_fig():
    gravity = impact["gravity"]
    return show(
        models.coalition_by_year(
            rows("gravity_by_year"), found=gravity["by_year"], target_code=target, source=worldwide()
        )
    )


told(grav_fig)


# %%
def grav_words():
    by_year, average = impact["gravity"]["by_year"], impact["gravity"]["average"]
    drift = impact["gravity"]["with_trend"]["trend"]
    flat = models.is_flat(by_year["pre_trend"]) and models.is_flat(drift)
    return say(
        "For a full year of membership the effect is **{plain}**, and {corrected} with the Weidner-Zylkin correction for the noise in "
        "the fixed effects ({sample}). The years before {flat} (p = {p_trend} for all leads together; a straight trend of {drift} a year, p = {p_drift}). Net of such a trend the "
        "effect is {trend}; if trends after {reference} may differ "
        "as much as they did before, the mean of the years since lies between {robust_low} and {robust_high}. With a zero for every "
        "pair that stopped, it is {zeros}.",
        plain=effect_words(average["plain"]),
        corrected=effect_words(average["corrected"]),
        sample=average["plain"]["sample"],
        p_trend=number(by_year["pre_trend"]["p_value"], digits=2),
        flat="cannot be told from flat" if flat else "are not flat",
        drift=effect_words(drift, decimals=1),
        p_drift=number(drift["p_value"], digits=2),
        trend=effect_words(impact["gravity"]["with_trend"]["effect"]),
        reference=str(by_year["reference_year"]),
        robust_low=trade.percent_words(by_year["robust"]["lower"]),
        robust_high=trade.percent_words(by_year["robust"]["upper"]),
        zeros=effect_words(impact["gravity"]["with_zeros"]),
    )


told(grav_words)

# %%
told(
    lambda: say(
        "**Only one exporter is sanctioned**, which clustered errors do not know. Of {n} other exporters put in its "
        "place ({rule}, as far as each can be estimated), {n_as_far} differ from the rest as much: p = {p}, where {smallest} is the smallest that so many can "
        "give. {caveat} Flows below {floor} thousand dollars are left out, {share} of the value. Since the target stopped "
        "publishing, its sales are the buyers' records.",
        n=impact["gravity"]["placebo_targets"]["n_placebos"],
        n_as_far=impact["gravity"]["placebo_targets"]["n_as_far"],
        p=number(impact["gravity"]["placebo_targets"]["p_value"], digits=2),
        smallest=number(impact["gravity"]["placebo_targets"]["smallest_p"], digits=2),
        rule=impact["gravity"]["placebo_targets"]["rule"],
        caveat=impact["gravity"]["average"]["plain"]["caveat"],
        floor=impact["gravity"]["minimum_value_kusd"],
        share=percent(impact["gravity"]["share_left_out"]),
    )
)

# %%
told(
    lambda: show(
        models.coalition_by_product(
            rows("gravity_by_product"),
            rows("gravity_robustness"),
            rows("gravity_without"),
            target_code=target,
            source=worldwide(),
        )
    )
)


# %%
def grav_without():
    dropped = rows("gravity_without").with_columns(
        pl.col("left_out")
        .fill_null("")
        .map_elements(
            lambda codes: ", ".join(state_name(code) for code in codes.split(", ")) if codes else "nobody",
            return_dtype=pl.String,
        )
    )
    return table(
        dropped.select(
            "left_out",
            *(
                pl.col(name).map_elements(trade.percent_words, return_dtype=pl.String).alias(name)
                for name in ("estimate", "lower", "upper")
            ),
            "n_obs",
        ),
        caption="The effect without single buyers: how much of it is what they did",
        labels={
            "left_out": "Left out",
            "estimate": "Effect",
            "lower": "From",
            "upper": "To",
            "n_obs": "Flows",
        },
    )


told(grav_without)

# %% [markdown]
# The effect is relative to other buyers, so that a few of them who bought much more are part of it; leaving them out
# shows how large a part.
#
# ## Price or volume?


# %%
def pv_fig():
    split = rows("price_volume").filter(pl.col("scope") == "reporter")
    sums = [one for one in impact["price_volume"]["sums"] if one["scope"] == "reporter"]
    left_out = {
        (one["base_year"], one["comparison_year"]): [group["name"] for group in one["left_out"]]
        for one in sums
    }
    return show(
        diversion.price_and_volume(
            split,
            reporter_code=reporter,
            target_code=target,
            n_products=6,
            left_out=left_out,
            source=worldwide(),
        )
    )


told(pv_fig)


# %%
def pv_words():
    windows = [one for one in impact["price_volume"]["sums"] if one["scope"] == "reporter"]
    return say(
        "{windows} {caveat} {record_rule} {rule}",
        windows=Prose(" ".join(pv_window(one) for one in windows)),
        caveat=impact["price_volume"]["caveat"],
        record_rule=impact["price_volume"]["record_rule"],
        rule=impact["price_volume"]["rule"],
    )


def pv_window(one):
    """One window in words: what changed by prices and by volumes, and what was left out of it."""
    absent = one["left_out"]
    return say(
        "From {a} to {b} the value of {reporter}'s raw materials from {target}{without} changed by {change} billion dollars: "
        "prices by {price}, volumes by {volume}, goods that stopped by {exit}. A Fisher index puts the price at {fisher_price} "
        "and the volume at {fisher_quantity} times those of {a}.{own} Of what is split, {tested} of the value could be set "
        "against {reporter}'s own statistics.",
        **names,
        a=str(one["base_year"]),
        b=str(one["comparison_year"]),
        without=f", without {', '.join(group['name'] for group in absent)}," if absent else "",
        change=number(one["change"] / 1e6, digits=2),
        price=number(one["price_effect"] / 1e6, digits=2),
        volume=number(one["volume_effect"] / 1e6, digits=2),
        exit=number(one["exit"] / 1e6, digits=2),
        fisher_price=number(one["fisher_price"]),
        fisher_quantity=number(one["fisher_quantity"]),
        own=(
            " What is left out changed by "
            + number(one["left_out_own_change"] / 1e6, digits=2)
            + " billion by {reporter}'s own statistics, which have no quantities to split it by (".format(
                **names
            )
            + "; ".join(
                f"{group['name']} {number(group['own_change'] / 1e6, digits=2)}, not "
                f"{number(group['change'] / 1e6, digits=2)}; {group['reason']}"
                for group in absent
            )
            + ")."
            if absent
            else ""
        ),
        tested=percent(one["share_tested"]),
    ).text


told(pv_words)

# %% [markdown]
# ## Do two sources agree on the same trade?


# %%
def mir_fig():
    gaps = rows("mirror")
    return show(
        diversion.mirror(
            gaps,
            reporter_code=reporter,
            target_code=target,
            value_column=asked.monthly.value_column,
            source=f"{worldwide()}; {national()}",
        )
    )


told(mir_fig)


# %%
def mir_words():
    mirrored = impact["mirror"]
    return say(
        "Of {n} product-years that both sources have, {agree} agree within {tolerance}. {caveat} {rule}",
        n=mirrored["n_compared"],
        agree=mirrored["n_in_agreement"],
        tolerance=percent(mirrored["tolerance"]),
        caveat=mirrored["caveat"],
        rule=impact["price_volume"]["record_rule"],
    )


told(mir_words)


# %%
def mirror_rows():
    compared = rows("mirror")
    billion, currency = money("mirror")
    return table(
        compared.select("group_code", "year", pl.col("left_value", "right_value") * billion, "ratio"),
        caption=f"Imports from the target in two sources, billion {currency}",
        labels={
            "group_code": "Product",
            "year": "Year",
            "left_value": "Worldwide source",
            "right_value": "Own statistics",
            "ratio": "Ratio",
        },
        formats={"left_value": ".1f", "right_value": ".1f", "ratio": ".4f"},
    )


told(mirror_rows)
