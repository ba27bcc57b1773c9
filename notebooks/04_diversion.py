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
# # Diversion
#
# Where the target's raw materials went when the sanctioning states bought less, and who took its place in their
# purchases. This is accounting: everything adds up to the change observed, and nothing says what would have happened
# otherwise.

# %%
case_name = "jpn-rus"

# %%
import polars as pl
from retorsion import case, finding, load
from retorsion.figures import diversion
from retorsion.figures.svg import show
from retorsion.reports import statements
from retorsion.reports.html import number, percent, say, table
from retorsion.reports.statements import credit, told
from retorsion.sources.states import state_name

impact, asked = finding("impact", case_name), case(case_name).impact
reporter, target = asked.reporter, asked.target
names = {"reporter": state_name(reporter), "target": state_name(target)}
found = impact["diversion"]
base, after = asked.base_year, asked.comparison_year


def worldwide():
    """The source of all pairs, for source lines."""
    return credit(asked.pairwise)


def rows(name):
    """The rows behind a finding."""
    return statements.rows(f"impact_{name}", case_name)


def marked_measures():
    """The reporter's measures on these goods, where the parameters name any that the table has."""
    chosen = {one.measure_id: one.label for one in (asked.diversion.marks if asked.diversion else ())}
    return (
        load("trade_measures")
        .filter(pl.col("measure_id").is_in(list(chosen)) & (pl.col("imposer_code") == reporter))
        .select(
            pl.coalesce("effective_date", "announced_date").alias("date"),
            pl.col("measure_id").replace_strict(chosen, return_dtype=pl.String).alias("label"),
        )
        .sort("date", "label")
    )


# %% [markdown]
# ## Where did it go?

# %%
told(
    lambda: show(
        diversion.destinations_over_time(
            rows("destinations"),
            found["named"],
            target_code=target,
            base_year=base,
            source=worldwide(),
            marks=marked_measures(),
            marks_of=names["reporter"],
        )
    )
)


# %%
def made_up():
    """The share that others made up, and the same over other years where the case asks for them."""
    total, *others = found["totals"]
    averaged = (
        say(
            " With averages of {w_base} and {w_after} the share is {w_offset}.",
            w_base=others[0]["base_years"],
            w_after=others[0]["comparison_years"],
            w_offset=percent(others[0]["offset_share"]),
        )
        if others
        else ""
    )
    return say(
        "Between {base} and {after} the {n} sanctioning states bought **{coalition} billion dollars** less of {target}'s raw "
        "materials a year, and the others **{other} billion** more: **{offset} of the loss was made up elsewhere**, in value."
        "{averaged}",
        **names,
        base=str(base),
        after=str(after),
        n=found["coalition"]["n_members"],
        coalition=number(-total["coalition_change"] / 1e6),
        other=number(total["other_change"] / 1e6),
        offset=percent(total["offset_share"]),
        averaged=averaged,
    )


told(made_up)


# %%
def before_quoting():
    """What a reader must know of destinations that stopped reporting, and of the coalition."""
    gone = found["vanished"]
    return say(
        "**What to know before quoting this.** {caveat} {n} destinations outside the coalition that bought from {base} on have no "
        "record in {after}; in the last year of each they took {share} of all exports, most of it {largest}. Prices moved too, so tonnes are given below. "
        "The sanctioning states are those on the list that the source `{source}` records, all dated to the day of that list.",
        caveat=found["caveat"],
        n=gone["n_destinations"],
        base=str(base),
        after=str(after),
        share=percent(gone["share_of_exports"]),
        largest=" and ".join(
            f"{state_name(one['importer_code'])} ({one['last_year']!s})" for one in gone["largest"][:2]
        ),
        source=asked.coalition,
    )


told(before_quoting)

# %% [markdown]
# ## How firm is that share?
#
# An identity has no sampling error, so that no confidence interval stands beside the share. What can move it is how
# one counts. Each row below changes one choice and keeps the others.

# %%
told(
    lambda: show(
        diversion.offset_choices(
            rows("diversion_choices"), found["offset_range"], target_code=target, source=worldwide()
        )
    )
)


# %%
def firmness():
    made_up, choices = found["offset_range"], rows("diversion_choices")
    prices = choices.filter(pl.col("choice_type") == "prices")
    without_loss = choices.filter(pl.col("offset_share").is_null())
    return say(
        "The share told, {share}, runs from **{low}** ({low_choice}) to **{high}** ({high_choice}) over {n} other choices. "
        "{prices}{without_loss}{statement}",
        share=percent(made_up["estimate"]),
        low=percent(made_up["lower"]),
        high=percent(made_up["upper"]),
        low_choice=diversion.choice_words(choice_of(made_up, "lower")),
        high_choice=diversion.choice_words(choice_of(made_up, "upper")),
        n=made_up["n_choices"],
        prices="".join(
            f"At the prices of {row['choice']} for both years it is {percent(row['offset_share'])}: the rest is what "
            "goods came to cost. "
            for row in prices.head(1).iter_rows(named=True)
            if row["offset_share"] is not None
        ),
        without_loss="".join(
            f"From {diversion.choice_words(row)} the sanctioning states bought more, so that there is no share. "
            for row in without_loss.iter_rows(named=True)
        ),
        statement=made_up["statement"],
    )


def choice_of(made_up, end):
    """The way of counting at one end of the range."""
    names = ("choice_type", "choice", "base_years", "comparison_years")
    return {name: made_up[f"{end}_{name}"] for name in names}


told(firmness)

# %% [markdown]
# ## Product by product

# %%
told(
    lambda: show(
        diversion.destination_shares(
            rows("destination_shares"),
            found["named"],
            target_code=target,
            products=[product["name"] for product in found["products"]],
            source=worldwide(),
        )
    )
)


# %%
def marks():
    """Marks behind the names of products: a star for another record, a dagger for a main buyer that vanished."""
    return {
        one[
            "name"
        ]: f"{one['name']}{' *' if one['record_group'] else ''}{' †' if one['vanished_buyer'] else ''}"
        for one in found["products"]
    }


def product_table():
    products = pl.DataFrame(found["products"], infer_schema_length=None)
    return table(
        products.select(
            pl.col("name").replace(marks()),
            pl.col("value_base", "value_comparison", "coalition_change", "other_change") / 1e6,
            "offset_share",
            "offset_share_tonnes",
        ),
        caption=(
            f"Exports of {names['target']} by product, {base} to {after}, billion US dollars; the share of the "
            "sanctioning states' loss that others made up, in value and in tonnes (a dash where the sanctioning states "
            "bought more)"
        ),
        labels={
            "name": "Product",
            "value_base": f"{base}",
            "value_comparison": f"{after}",
            "coalition_change": "Sanctioning states",
            "other_change": "Others",
            "offset_share": "Made up, value",
            "offset_share_tonnes": "Made up, tonnes",
        },
        formats={
            **dict.fromkeys(("value_base", "value_comparison", "coalition_change", "other_change"), ".1f"),
            "offset_share": "%",
            "offset_share_tonnes": "%",
        },
    )


told(product_table, "impact.diversion")


# %%
def what_marks_mean():
    groups = {one["record_group"]: one for one in found["products"] if one["record_group"] is not None}
    gone_buyers = [one for one in found["products"] if one["vanished_buyer"] is not None]
    return say(
        "{stars} {daggers}",
        stars=(
            f"* {names['reporter']}'s purchases differ between this source and {names['reporter']}'s own statistics. Part of "
            "what the sanctioning states are said to have bought more (+) or less (−) is only a change of record: "
            + ", ".join(
                f"{group} {number((one['record_gap_comparison'] - one['record_gap_base']) / 1e6, digits=2)} billion"
                for group, one in groups.items()
            )
            + " (the group as a whole)."
            if groups
            else ""
        ),
        daggers=(
            "† A buyer that was the largest has no record any more: "
            + "; ".join(
                f"{one['name'].lower()} {state_name(one['vanished_buyer'])}, {percent(one['vanished_share'])} of it in "
                f"{one['vanished_year']!s}"
                for one in gone_buyers
            )
            + f". Shares and buyers of {after} are those of the rest."
            if gone_buyers
            else ""
        ),
    )


told(what_marks_mean)

# %% [markdown]
# ## How dependent did the target become?


# %%
def of_two_years():
    return rows("concentration").filter(pl.col("year").is_in([base, after]))


def largest_product():
    top = of_two_years().filter(pl.col("name") == found["products"][0]["name"]).sort("year")
    return say(
        "{product} went to the equivalent of {a} equal buyers in {base} and {b} in {after}; the largest, {buyer}, took {share}.",
        product=top["name"][0],
        a=number(top["effective_partners"][0], digits=2),
        b=number(top["effective_partners"][-1], digits=2),
        base=str(base),
        after=str(after),
        buyer=state_name(top["largest_partner_code"][-1]),
        share=percent(top["largest_share"][-1]),
    )


told(largest_product)


# %%
def concentration_table():
    wide = of_two_years().pivot(
        on="year",
        index="name",
        values=["hhi", "effective_partners", "largest_partner_code", "largest_share"],
    )
    return table(
        wide.select(
            pl.col("name").replace(marks()),
            *(f"hhi_{year}" for year in (base, after)),
            *(f"effective_partners_{year}" for year in (base, after)),
            pl.col(f"largest_partner_code_{after}")
            .map_elements(state_name, return_dtype=pl.String)
            .alias("buyer"),
            f"largest_share_{after}",
        ),
        caption="Concentration of destinations: Herfindahl-Hirschman index and its equivalent number of equal buyers (†: one that was the largest has no record any more)",
        labels={
            "name": "Product",
            **{f"hhi_{year}": f"HHI {year}" for year in (base, after)},
            **{f"effective_partners_{year}": f"Buyers {year}" for year in (base, after)},
            "buyer": "Largest buyer",
            f"largest_share_{after}": "Its share",
        },
        formats={
            **{f"hhi_{year}": ".2f" for year in (base, after)},
            **{f"effective_partners_{year}": ".1f" for year in (base, after)},
            f"largest_share_{after}": "%",
        },
    )


told(concentration_table)

# %% [markdown]
# ## Who took the target's place?

# %%
told(
    lambda: show(
        diversion.replacement(
            rows("replacement").filter(pl.col("unit") == "tonnes"),
            target_code=target,
            reporter_code=reporter,
            n_suppliers=3,
            source=worldwide(),
        )
    )
)


# %%
def replaced():
    placed = pl.DataFrame(
        [
            {
                "name": one["name"] if one["record_gap_share"] is None else f"{one['name']} *",
                "window": f"{one['base_year']} to {one['comparison_year']}",
                **{
                    k: one["tonnes"][k]
                    for k in ("target_change", "gains", "losses", "total_change", "replaced_share")
                },
                "largest": state_name(one["tonnes"]["largest_gainer_code"]),
            }
            for one in impact["replacement"]["products"]
            if "tonnes" in one
        ]
    )
    return table(
        placed.with_columns(pl.col("target_change", "gains", "losses", "total_change") / 1e3),
        caption=(
            f"{names['reporter']}'s imports by product, change in thousand tonnes; the share of what {names['target']} "
            "dropped that other suppliers, taken together, added (below zero where they sold less too; *: the source has another record than "
            f"{names['reporter']}'s own statistics in one of the years)"
        ),
        labels={
            "name": "Product",
            "window": "Window",
            "target_change": names["target"],
            "gains": "Gains of others",
            "losses": "Losses of others",
            "total_change": "All imports",
            "replaced_share": "Replaced",
            "largest": "Gained most",
        },
        formats={"replaced_share": "%"},
    )


told(replaced, "impact.replacement")

# %%
told(lambda: say("{caveat}", caveat=impact["replacement"]["caveat"]))
