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
# What happened to the trade of the two states, and how much of it can be put down to the measures. Effects are
# changes in percent; each leads to its uncertainty, its method and its caveats.

# %%
case_name = "jpn-rus"

# %%
from datetime import date

import polars as pl
from retorsion import case, finding, load
from retorsion.errors import NotEstimable
from retorsion.figures import diversion, models, trade
from retorsion.figures.svg import show
from retorsion.figures.trade import effect_words, p_words, percent_words
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


def episodes(flow):
    """Names of the spans between measures."""
    return [episode["label"] for episode in impact["monthly"][flow]["episodes"]]


def areas(flow):
    """The comparison by area and group of goods of a flow, with its rows named below."""
    return impact["area_goods"][flow]


def of_flow(name, flow):
    """The rows of a finding for one flow."""
    return rows(name).filter(pl.col("flow_type") == flow)


def month(text):
    """A month in words."""
    return date.fromisoformat(str(text)).strftime("%B %Y")


def in_percent(frame, *more):
    """Estimates with their limits in percent, and other columns."""
    return frame.select(
        *more[:1],
        *(
            pl.col(name).map_elements(percent_words, return_dtype=pl.String).alias(name)
            for name in ("estimate", "lower", "upper")
        ),
        *more[1:],
    )


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
        "billion** after the last. Against {n} comparable partners, exports are off their course by **{effect}**, and imports, "
        "against {m} partners, by **{imports}**. The ranges hold {level} and {imports_level} of the partners' own deviations; "
        "with so few partners, no p-value below {floor:.3f} and {imports_floor:.3f} is possible.",
        **names,
        currency=currency,
        before=number(first["mean_value"] * billion),
        after=number(final["mean_value"] * billion),
        effect=effect_words(last()["export"]),
        level=percent(last()["export"]["level"]),
        imports_level=percent(last()["import"]["level"]),
        floor=1 / (1 + impact["monthly"]["export"]["n_comparison"]),
        imports_floor=1 / (1 + impact["monthly"]["import"]["n_comparison"]),
        n=impact["monthly"]["export"]["n_comparison"],
        m=impact["monthly"]["import"]["n_comparison"],
        imports=effect_words(last()["import"]),
    )


told(levels)

# %% [markdown]
# That is what happened to all trade after the measures. It is not what the measures did: whoever else stopped trading, for
# whatever reason, is in it.


# %%
def measures_used():
    """The measures that the estimates start from, each leading to its act."""
    flows = {mark["measure_id"]: flow for flow in last() for mark in impact["monthly"][flow]["marks"]}
    named = rows("area_goods_dates").group_by("measure_id").len("n_goods")
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

# %% [markdown]
# ## How much of the fall was in goods under a measure?


# %%
def split_words():
    in_force = [one for one in areas("export")["split"] if one["kind_type"] == "in_force"]
    return say(
        "A part of the fall of exports was in groups of goods that a measure then in force names. {spans} The rest was in goods that came under a measure later "
        "or never. These shares are upper bounds, because a measure covers a part of a group.",
        spans=Prose(
            " ".join(
                say(
                    "From {a} to {b} it was **{share}**.",
                    share=percent(one["share"]),
                    a=month(one["first_month"]),
                    b=month(one["last_month"]),
                ).text
                for one in in_force
            )
        ),
    )


told(split_words)


# %%
def split_rows(flow):
    assert areas(flow)["split"]
    billion, currency = fields()[asked.area_goods.value_column].money
    kinds = {"in_force": "under a measure then", "later": "under a measure later", "never": "under none"}
    shown = of_flow("area_goods_split", flow).with_columns(
        pl.col("kind_type").replace(kinds), pl.col("reference_value", "value", "fall") * billion
    )
    return table(
        shown.select("first_month", "last_month", "kind_type", "reference_value", "value", "fall", "share"),
        caption=f"The fall of {flow}s against the same months of the year before the first measure, billion {currency}",
        labels={
            "first_month": "From",
            "last_month": "To",
            "kind_type": "Goods",
            "reference_value": "Year before",
            "value": "Then",
            "fall": "Fall",
            "share": "Share of the fall",
        },
        formats={"reference_value": ".0f", "value": ".0f", "fall": ".0f", "share": "%"},
        interactive=False,
    )


told(lambda: split_rows("export"))

# %% [markdown]
# ## Did goods under measures fall more?
#
# Goods under measures are set against two things at once: the same goods sold to other areas, and other goods sold to the same
# state. What hit all trade with that state, and what happened to a good everywhere, drops out.


# %%
def path_figure():
    found = areas("export")
    return show(
        models.path_around_measures(
            of_flow("area_goods_path", "export"),
            found["effect"],
            bin_months=found["bin_months"],
            last_month=date.fromisoformat(found["last_month"]),
            source=credit(asked.area_goods.source),
        )
    )


told(path_figure)


# %%
def triple_words():
    found = areas("export")
    return say(
        "Up to {last}, exports of goods under a measure moved by **{effect}** against both. Of {n} other areas put in {target}'s "
        "place, {as_far} moved as far (p = {p}, where {smallest} is the least possible); the farthest is {who} with {largest}. The range "
        "by their ranks is {low_area} to {high_area}. **Among goods the answer is less sure.** When the measures are exchanged among the {groups} "
        "groups of goods, {goods_p} of the exchanges give as large an effect. Effects from {low} to {high} cannot be "
        "rejected: {group} alone were {group_share} of the trade before. With every group weighing alike, the effect is {alike} "
        "(p = {alike_p}).",
        target=names["target"],
        last=month(found["last_month"]),
        effect=percent_words(found["effect"]["estimate"]),
        n=found["areas"]["n_placebos"],
        as_far=found["areas"]["n_as_far"],
        p=p_words(found["areas"]["range"]["p_value"]),
        smallest=number(found["areas"]["smallest_p"], digits=2),
        largest=percent_words(found["areas"]["largest"]),
        who=state_name(found["areas"]["largest_code"]),
        low_area=percent_words(found["areas"]["range"]["lower"]),
        high_area=percent_words(found["areas"]["range"]["upper"]),
        groups=found["n_groups"],
        goods_p=percent(found["goods"]["p_value"]),
        low=limit(found["goods"]["lower"]),
        high=limit(found["goods"]["upper"]),
        group=found["largest_group"].lower(),
        group_share=percent(found["largest_share"]),
        alike=percent_words(found["alike"]["estimate"]),
        alike_p=p_words(found["alike"]["p_value"]),
    )


def limit(value):
    """A limit of a range, or that none was found."""
    return "no limit that was found" if value is None else percent_words(value)


told(triple_words)


# %%
def by_measure(flow):
    assert areas(flow)["effect"]
    labels = load("trade_measures").select("measure_id", "summary")
    shown = of_flow("area_goods_by_measure", flow).join(
        labels, on="measure_id", how="left", maintain_order="left"
    )
    return table(
        in_percent(
            shown,
            pl.col("summary"),
            "start_date",
            "n_goods",
            "level",
            pl.col("p_value").map_elements(p_words, return_dtype=pl.String),
            "not_estimable",
        ),
        caption=f"Effect of each measure on {flow}s of the goods that it is the first to name, with ranges by ranks of other areas",
        labels={
            "summary": "Measure",
            "estimate": "Change",
            "lower": "From",
            "upper": "To",
            "start_date": "In force",
            "n_goods": "Groups",
            "level": "Range holds",
            "p_value": "p",
            "not_estimable": "Why not",
        },
        formats={"level": "%"},
        interactive=False,
    )


told(lambda: by_measure("export"))

# %% [markdown]
# ## Had it begun before?


# %%
def years_figure():
    found = areas("export")["by_year"]
    return show(
        models.years_before(
            of_flow("area_goods_relative", "export"),
            of_flow("area_goods_years", "export"),
            reference_year=found["reference_year"],
            target_code=target,
            source=credit(asked.area_goods.yearly),
        )
    )


told(years_figure)


# %%
def years_words():
    found = areas("export")["by_year"]
    relative, bounds = found["relative"], found["bounds"]
    return say(
        "In {year} alone, exports had moved by **{step}** against {n} comparable partners, before any of these measures. The goods that "
        "came under them later were on a path of their own too: in the {leads} years before they are up to {largest} log points off. "
        "The fall must be read against such drift. Beyond a straight line through the years before, it is {beyond}. If trends may "
        "differ by half as much as the largest step before, the effect lies between {half_low} and {half_high}; if by as much, "
        "between {low} and {high}{none}.",
        none=", so that it may be none" if bounds[-1]["lower"] <= 0 <= bounds[-1]["upper"] else "",
        step=percent_words(relative["deepest_step"]),
        year=str(relative["deepest_year"]),
        n=relative["n_partners"],
        leads=found["n_leads"],
        largest=number(found["largest_lead"], digits=2),
        beyond=effect_words(found["beyond_trend"]),
        half_low=percent_words(bounds[0]["lower"]),
        half_high=percent_words(bounds[0]["upper"]),
        low=percent_words(bounds[-1]["lower"]),
        high=percent_words(bounds[-1]["upper"]),
    )


told(years_words)


# %%
def smooth_words():
    found = areas("export")["by_year"]["smooth_bounds"]
    known = [one for one in found if "lower" in one]
    if not known:
        raise NotEstimable(found[0]["not_estimable"])
    said = (
        say(
            "by {size} log points, between {low} and {high}",
            size=number(one["smoothness"], digits=1),
            low=percent_words(one["lower"]),
            high=percent_words(one["upper"]),
        ).text
        for one in known
    )
    return say(
        "If instead the slope of that drift may change from one year to the next {bounds}.",
        bounds=Prose("; ".join(said)),
    )


told(smooth_words)

# %% [markdown]
# ## What about imports?


# %%
def import_words():
    parts = {one["kind_type"]: one for one in areas("import")["split"]}
    effects = impact["monthly"]["import"]["mean_effects"]
    named = of_flow("area_goods_dates", "import")["label"].str.to_lowercase().to_list()
    return say(
        "Against comparable partners, imports moved as follows: {effects}. The goods that measures name, {goods}, are **{share}** of "
        "the fall of imports to {month}, at most.",
        effects=Prose(
            "; ".join(
                say("after {label}, {effect}", label=label, effect=effect_words(one)).text
                for label, one in zip(episodes("import"), effects, strict=True)
            )
        ),
        goods=" and ".join(named),
        share=percent(parts["in_force"]["share"]),
        month=month(parts["in_force"]["last_month"]),
    )


told(import_words)

# %%
told(lambda: by_measure("import"))

# %% [markdown]
# Where few other areas sell such goods, their ranks can tell little.
#
# ## All estimates in one table

# %%
told(
    lambda: show(
        trade.estimators(
            of_flow("monthly_estimators", "export"), episodes=episodes("export"), source=national()
        )
    )
)


# %%
def of_goods():
    """Estimates of what set goods under measures apart."""
    return of_flow("area_goods_estimators", "export").select(
        pl.lit("exports of goods under a measure").alias("of"),
        "compares",
        "label",
        "estimate",
        "lower",
        "upper",
        "level",
        "p_value",
        "sample",
        "citation",
        "not_estimable",
    )


def of_all():
    """Estimates of what happened to all exports."""
    return of_flow("monthly_estimators", "export").select(
        pl.format("all exports, after: {}", "episode").alias("of"),
        pl.when(pl.col("family_type") == "comparison")
        .then(pl.lit("all exports to other partners"))
        .otherwise(pl.lit("the target's own past"))
        .alias("compares"),
        "label",
        "estimate",
        "lower",
        "upper",
        "level",
        "p_value",
        "sample",
        "citation",
        "not_estimable",
    )


def all_estimates():
    parts, reasons = [], []
    for part in (of_goods, of_all):
        try:
            parts.append(part())
        except NotEstimable as reason:
            reasons.append(reason)
    if not parts:
        raise reasons[0]
    together = pl.concat(parts, how="diagonal_relaxed")
    return table(
        in_percent(
            together,
            "of",
            "compares",
            "label",
            pl.when(pl.col("lower").is_not_null()).then("level").alias("level"),
            pl.col("p_value").map_elements(p_words, return_dtype=pl.String),
            "sample",
            "citation",
            "not_estimable",
        ),
        caption="Every estimate of what happened to exports, with what each compares",
        labels={
            "of": "Change of",
            "compares": "Compared with",
            "label": "Method",
            "estimate": "Change",
            "lower": "From",
            "upper": "To",
            "level": "Range holds",
            "p_value": "p",
            "sample": "Sample",
            "citation": "Source of the method",
            "not_estimable": "Why not",
        },
        formats={"level": "%"},
    )


told(all_estimates)

# %% [markdown]
# The first block asks what set goods under measures apart. The second asks what happened to all exports after a measure, whoever
# caused it. Regressions on the target's own past read a fall off a trend of a few months; their ranges are too short.
#
# ## All states, all pairs: did sanctioning states buy less?
#
# The trade of all pairs of states in raw materials can set sanctioning states against other buyers of the same goods. Only one
# exporter is sanctioned, so the range comes from other exporters put in its place.


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
    gravity = impact["gravity"]
    plain, tested = gravity["average"]["plain"], gravity["placebo_targets"]
    return say(
        "For a full year of membership the effect is **{plain}** (p = {p}, {smallest} at the least; the range holds {level}). Of {n} other "
        "exporters ({rule}), {as_far} are as far off. {embargoed} The bias correction gives {corrected}, a trend {trend}, and zeros for "
        "pairs that stopped {zeros}.",
        plain=effect_words(plain),
        p=p_words(plain["p_value"]),
        smallest=number(tested["smallest_p"], digits=2),
        level=percent(plain["level"]),
        n=tested["n_placebos"],
        rule=tested["rule"],
        as_far=tested["n_as_far"],
        embargoed=(
            f"Under an embargo of their own were {' and '.join(map(state_name, tested['under_embargo']))}."
            if tested["under_embargo"]
            else ""
        ),
        corrected=percent_words(gravity["average"]["corrected"]["estimate"]),
        trend=percent_words(gravity["with_trend"]["effect"]["estimate"]),
        zeros=percent_words(gravity["with_zeros"]["estimate"]),
    )


told(grav_words)

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

# %% [markdown]
# The effect is relative to other buyers: a few of them who bought much more are part of it.
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
        "{windows}\n\n{caveat}",
        windows=Prose("\n\n".join(pv_window(one) for one in windows)),
        caveat=impact["price_volume"]["caveat"],
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

# %% [markdown]
# ## Method and robustness
#
# Every month against its own month of a reference year, with the months just before each measure shown apart:

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
        formats={"p_value_space": p_words, "p_value_time": p_words},
    )


told(placebo_tests, "impact.monthly")

# %% [markdown]
# How prices were told from volumes:

# %%
told(
    lambda: say(
        "{record_rule} {rule}",
        record_rule=impact["price_volume"]["record_rule"],
        rule=impact["price_volume"]["rule"],
    )
)

# %% [markdown]
# A weighted average of other partners that followed the target's course before stands for its course without the measures:


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
    synthetic = impact["monthly"]["export"]["synthetic"]
    without = synthetic["leave_one_out"]
    return say(
        "The misfit after the measures is {ratio} times that before, the largest of {units} units (p = {p}). The mean gap is {gap}; "
        "without any one of the {n} donors it runs from {low} to {high}. With {months} months before, a control can follow noise.",
        ratio=number(synthetic["rmspe_ratio"]),
        units=synthetic["n_units"],
        p=p_words(synthetic["p_value"]),
        gap=percent_words(synthetic["estimate"]["estimate"]),
        n=without["n"],
        low=percent_words(without["lowest"]),
        high=percent_words(without["highest"]),
        months=synthetic["n_before"],
    )


told(syn_words)

# %%
told(lambda: split_rows("import"))


# %%
def exchange():
    rate, currency = impact["monthly"]["exchange_rate"], money("monthly")[1]
    return say(
        "In these months one {foreign} went from {first} to {last} {currency} ({highest} at most). Comparisons with other partners and "
        "other goods take that out. {price}",
        currency=currency,
        foreign=asked.monthly.foreign_currency,
        first=number(rate["first"]),
        last=number(rate["last"]),
        highest=number(rate["highest"]),
        price=impact["monthly"]["price_level"]["not_estimable"],
    )


told(exchange)
