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
# Where the target's crude materials and fuels went when the sanctioning states bought less, what others sent to the
# states around it, and who took its place in their purchases. This is accounting: everything adds up to the change
# observed, and nothing says what would have happened otherwise.

# %%
case_name = "jpn-rus"

# %%
import polars as pl
from retorsion import case, finding, load
from retorsion.errors import NotEstimable
from retorsion.figures import diversion, rerouting, world_map
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


def rows(name):
    """The rows behind a finding."""
    return statements.rows(f"impact_{name}", case_name)


def record_sources():
    """The sources of one record for all years, for source lines."""
    return "; ".join(
        credit(one) for one in (asked.pairwise, asked.importers and asked.importers.source) if one
    )


def note_on_years():
    """Of which years the record is the importers', where that is known."""
    if "not_estimable" in impact["records"]:
        return ""
    years = sorted(set(rows("records")["year"]))
    return f"Fuels of {years[0]} to {years[-1]} on importers' records, earlier years on a mixed one"


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
            source=record_sources(),
            goods=found["goods"],
            note=note_on_years(),
            marks=marked_measures(),
            marks_of=names["reporter"],
        )
    )
)


# %%
def made_up():
    """What others bought more beside what the sanctioning states bought less, and the same over other years."""
    total, *others = found["totals"]
    averaged = (
        say(
            " With averages of {w_base} and {w_after} it is {w_offset}.",
            w_base=others[0]["base_years"],
            w_after=others[0]["comparison_years"],
            w_offset=percent(others[0]["offset_share"]),
        )
        if others
        else ""
    )
    return say(
        "From {base} to {after} the {n} sanctioning states bought **{coalition} billion dollars** a year less from {target}, "
        "and all others **{other} billion** more, which equals **{offset}** of it. The goods are {goods}, {n_goods} codes in "
        "all.{averaged} This is an accounting share. It does not say that the same goods went elsewhere, nor that they would "
        "have stayed otherwise.",
        **names,
        base=str(base),
        after=str(after),
        n=found["coalition"]["n_members"],
        coalition=number(-total["coalition_change"] / 1e6),
        other=number(total["other_change"] / 1e6),
        offset=percent(total["offset_share"]),
        goods=found["goods"],
        n_goods=found["n_goods"],
        averaged=averaged,
    )


told(made_up)


# %%
def map_of_buyers():
    """Who buys more and who less; a destination that reports nothing any more has no colour."""
    known = rows("buyers").filter(pl.col("value_comparison").is_not_null())
    return show(
        world_map.change_by_buyer(
            known.select(
                pl.col("importer_code").alias("state_code"),
                (pl.col("value_base") / 1e6).alias("before"),
                (pl.col("value_comparison") / 1e6).alias("after"),
            ),
            target_code=target,
            base=str(base),
            after=str(after),
            unit="billion dollars",
            least=0.05,
            source=record_sources(),
        )
    )


told(map_of_buyers)


# %%
def without_a_record():
    """Purchases that are in no record at the end, by destination and product."""
    gone = found["vanished"]
    return say(
        "**Purchases that leave the record.** {n} other destinations have no record in {after} of goods that they bought from "
        "{base} on. {silent} of them report nothing at all any more; the others report on, without these goods. Whether they "
        "stopped buying or stopped saying so, nobody recorded. In their last years these purchases came to {value} billion "
        "dollars. The largest are {largest}.",
        n=gone["n_destinations"],
        silent=gone["n_silent"],
        base=str(base),
        after=str(after),
        value=number(gone["value_last"] / 1e6),
        largest=statements_of(gone["largest"][:4]),
    )


def statements_of(gone):
    """Destination, product, year and value of purchases without a record, in words."""
    return "; ".join(
        f"{state_name(one['importer_code'])}, {one['name'].lower()} ({number(one['value'] / 1e6)} billion in {one['last_year']})"
        for one in gone
    )


told(without_a_record)

# %% [markdown]
# ## On whose record?
#
# While a state publishes its trade, the source of all pairs mixes what the exporter wrote down with what the importer
# did. The exporter names the port and leaves freight out; the importer names the origin and counts freight in. After the
# exporter falls silent, only importers are left. So the years before are put on importers' records too, where these exist.


# %%
def whose_record():
    """How far importers' records go, and what they change."""
    records, choices = impact["records"], rows("diversion_choices").filter(pl.col("choice_type") == "record")
    stated, rate = records["stated"], records["rate"]
    return say(
        "Importers' own records stand for {share_base} of the {base} value and {share_after} of {after}; the rest of {base} is "
        "a mixture. A record counts where it has at least {months} months. Its producer turned dollars into euros at "
        "{rate}, whatever the month: at that rate {n_whole} of {n_tested} yearly values are whole dollars again.{own} {others}",
        share_base=percent(stated[str(base)]["importer"]),
        share_after=percent(stated[str(after)]["importer"]),
        base=str(base),
        after=str(after),
        months=records["min_months"],
        rate=number(rate["usd_per_eur"]),
        n_whole=rate["n_whole"],
        n_tested=rate["n_tested"],
        own="".join(
            f" {names['reporter']}'s own statistics of {year} agree with its record here to a ratio of {ratios}."
            for year in (base,)
            if (ratios := _ratios(records["own"], year))
        ),
        others="".join(
            f"With {row['choice']} the share is {percent(row['offset_share'])}. "
            for row in choices.iter_rows(named=True)
            if row["offset_share"] is not None
        ),
    )


def _ratios(own, year):
    """The record over the reporter's own statistics by group of goods, in words."""
    return ", ".join(
        f"{number(one['ratio'], digits=3)} ({one['group_code'].lower() if one['group_code'][1:2].islower() else one['group_code']})"
        for one in own
        if one["year"] == year
    )


told(whose_record)


# %%
def two_records():
    """Importers' records beside the source of all pairs, for the same importers in the base year."""
    groups = pl.DataFrame(impact["records"]["groups"], infer_schema_length=None)
    return table(
        groups.select(
            "name",
            "n_importers",
            pl.col("importers_kusd", "pairwise_kusd", "missing_kusd") / 1e6,
            "missing_share",
        ),
        caption=(
            f"Purchases from {names['target']} in {base}, billion US dollars: importers' own records, and the source of all "
            "pairs for the same importers. Without a row: what importers record and the source of all pairs does not have"
        ),
        labels={
            "name": "Goods",
            "n_importers": "Importers",
            "importers_kusd": "Their records",
            "pairwise_kusd": "Source of all pairs",
            "missing_kusd": "Without a row",
            "missing_share": "Share",
        },
        formats={
            **dict.fromkeys(("importers_kusd", "pairwise_kusd", "missing_kusd"), ".1f"),
            "missing_share": "%",
        },
    )


told(two_records, "impact.records")


# %%
def not_measured():
    """Goods that are left out, why, and what is known of them."""
    left_out = impact["records"]["unmeasured"]
    if not left_out:
        return say("No group of goods has to be left out.")
    return say(
        "{statements}",
        statements=" ".join(
            f"{one['statement']} It is left out of every sum, share, index and estimate here. "
            f"{one['n_importers']} importers record {number(one['importers_kusd'] / 1e6)} billion dollars of it in {base}; "
            f"the largest without a row are {_largest(one['missing'])}. Part of these records is itself an estimate."
            for one in left_out
        ),
    )


def _largest(missing):
    return " and ".join(
        f"{state_name(one['importer_code'])} ({number(one['value_kusd'] / 1e6)} billion)"
        for one in missing[:2]
    )


told(not_measured)

# %% [markdown]
# ## How firm is that share?
#
# It depends on how one counts. Each row below changes one choice and keeps the others.

# %%
told(
    lambda: show(
        diversion.offset_choices(
            rows("diversion_choices"), found["offset_range"], target_code=target, source=record_sources()
        )
    )
)


# %%
def firmness():
    made_up, choices = found["offset_range"], rows("diversion_choices")
    prices = choices.filter(pl.col("choice_type") == "prices")
    too_small = choices.filter(pl.col("offset_share").is_null())
    return say(
        "The headline {share} ranges from **{low}** ({low_choice}) to **{high}** ({high_choice}) over {n} other choices. "
        "{prices}{too_small}{statement}",
        share=percent(made_up["estimate"]),
        low=percent(made_up["lower"]),
        high=percent(made_up["upper"]),
        low_choice=diversion.choice_words(choice_of(made_up, "lower")),
        high_choice=diversion.choice_words(choice_of(made_up, "upper")),
        n=made_up["n_choices"],
        prices="".join(
            f"At the prices of {row['choice']} for both years it is {percent(row['offset_share'])}: the rest reflects "
            "prices. "
            for row in prices.head(1).iter_rows(named=True)
            if row["offset_share"] is not None
        ),
        too_small="".join(
            f"From {diversion.choice_words(row)} the sanctioning states lost too little for a share to mean anything. "
            for row in too_small.iter_rows(named=True)
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
            source=record_sources(),
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
            "sanctioning states' loss that others' rise equals, in value and in tonnes (a dash where the sanctioning states "
            "bought more)"
        ),
        labels={
            "name": "Product",
            "value_base": f"{base}",
            "value_comparison": f"{after}",
            "coalition_change": "Sanctioning states",
            "other_change": "Others",
            "offset_share": "Share, value",
            "offset_share_tonnes": "Share, tonnes",
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
            f"* {names['reporter']}'s purchases here differ from {names['reporter']}'s own statistics. Part of "
            "what the sanctioning states are said to have bought more (+) or less (−) is only a change of record. For "
            "the group as a whole it is: "
            + ", ".join(
                f"{group} {number((one['record_gap_comparison'] - one['record_gap_base']) / 1e6, digits=2)} billion"
                for group, one in groups.items()
            )
            + "."
            if groups
            else ""
        ),
        daggers=(
            "† A buyer that was the largest has no record of it any more: "
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
# ## How dependent has the target become on a few buyers?


# %%
def of_two_years():
    return rows("concentration").filter(pl.col("year").is_in([base, after]))


def largest_product():
    top = of_two_years().filter(pl.col("name") == found["products"][0]["name"]).sort("year")
    return say(
        "{product} went to the equivalent of {a} equal-sized buyers in {base} and of {b} in {after}; the largest, {buyer}, took "
        "{share}.",
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
        caption="Concentration of destinations: Herfindahl-Hirschman index and its equivalent number of equal buyers (†: one that was the largest has no record of it any more)",
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
# ## Did others' goods go round?
#
# What sanctioning states no longer sell to the target may reach it through its neighbours. Their purchases are set
# against what they would have been, which nobody observed, and against the fall of sales to the target.


# %%
def by_month():
    """The fall of sales to the target and the rise of those to its neighbours by month."""
    around = impact["rerouting"]
    return show(
        rerouting.by_month(
            rows("rerouting_months"), around["end"], target_code=target, source=credit(asked.rerouting.source)
        )
    )


told(by_month)


# %%
def around_the_target():
    """How much neighbours bought more, on each answer to what would have been."""
    around = impact["rerouting"]
    shares = {
        row["counterfactual"]: row["share"]
        for row in around["shares"]
        if row["choice_type"] == "told" and row["share"] is not None
    }
    months = around["window"]["after"]
    return say(
        "From {first} to {last}, {exporter} exports to {target} of the {n} goods compared were **{fall} billion euros** "
        "below the same months of {year}. {shares}The excess is no proof of a way round: a neighbour may use the goods "
        "itself. The goods were sanctioned at some time; the record names no day of a ban.",
        first=str(months[0]),
        last=str(months[1]),
        exporter=f"{state_name(around['exporter_code'])}'s",
        target=names["target"],
        n=around["n_products"],
        fall=number(around["fall_eur"] / 1e9),
        year=str(around["window"]["base_year"]),
        shares="".join(
            text.format(percent(shares[name]))
            for name, text in (
                ("year_before", "Neighbours bought more than a year before by {} of that. "),
                ("own_growth", "Beyond the growth that each showed in the months before, it is {}. "),
                (
                    "other_goods",
                    "Set against goods that went on being sold to the target, whose sales to neighbours rose too, it is {}. ",
                ),
            )
            if name in shares
        ),
    )


told(around_the_target)

# %%
told(
    lambda: show(
        rerouting.by_choice(
            rows("rerouting"),
            impact["rerouting"]["range"],
            target_code=target,
            source=credit(asked.rerouting.source),
        )
    )
)


# %%
def neighbours():
    """Each neighbour's purchases, beside its growth before the measures."""
    around = pl.DataFrame(impact["rerouting"]["hubs"], infer_schema_length=None)
    window = impact["rerouting"]["window"]
    return table(
        around.select(
            pl.col("partner_code").map_elements(state_name, return_dtype=pl.String),
            pl.col("base_eur", "after_eur", "excess_eur") / 1e6,
            "ratio",
            "growth_before",
            "share",
        ),
        caption=(
            f"Exports of sanctioned goods to {names['target']}'s neighbours, million euros: the same months of "
            f"{window['base_year']}, and {window['after'][0]} to {window['after'][1]}; growth before: {window['before'][0]} "
            f"to {window['before'][1]} over the same months of {window['base_year']}"
        ),
        labels={
            "partner_code": "Partner",
            "base_eur": f"{window['base_year']}",
            "after_eur": "After",
            "excess_eur": "More",
            "ratio": "Times",
            "growth_before": "Growth before",
            "share": "Of the fall",
        },
        formats={"ratio": ".1f", "growth_before": ".1f", "share": "%"},
    )


told(neighbours, "impact.rerouting")


# %%
def beside_others():
    """What others published, and what the end of the record leaves open."""
    around = impact["rerouting"]
    end, hubs = around["end"], {tuple(sorted(one["hubs"])) for one in around["published"]}
    own = {
        row["counterfactual"]: row["share"]
        for row in around["shares"]
        if row["choice_type"] == "hubs" and row["share"] is not None
    }
    published = "; ".join(
        f"{one['work']} ({one['period']}), {_share_range(one['lower_share'], one['upper_share'])}"
        for one in around["published"]
    )
    return say(
        "{beside}**What the end leaves open.** The rise was {first} of the fall in the first three months and {last} in the "
        "last three, up to {month}, where the record ends. It does not show whether that went on, nor what neighbours sold on, "
        "nor other ways. Codes that were new or dropped in one of the years hold {left_out} of the later value and are left out.",
        beside=(
            f"For {_and([state_name(code) for code in sorted(next(iter(hubs)))])} alone the answers run from "
            f"{percent(min(own.values()))} to {percent(max(own.values()))}. Others found: {published}. "
            if own and hubs
            else ""
        ),
        first=percent(end["first_share"]),
        last=percent(end["last_share"]),
        month=end["last_month"],
        left_out=percent(around["share_left_out"]),
    )


def _share_range(lower, upper):
    if lower == upper:
        return f"about {percent(upper)}"
    return f"{percent(lower)} to {percent(upper)}" if lower > 0 else f"less than {percent(upper)}"


def _and(words):
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


told(beside_others)

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
            source=record_sources(),
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
                "largest": state_name(gainer) if (gainer := one["tonnes"]["largest_gainer_code"]) else None,
            }
            for one in impact["replacement"]["products"]
            if "tonnes" in one
        ]
    )
    if placed.is_empty():
        raise NotEstimable("None of these products has a record in tonnes in both years.")
    return table(
        placed.with_columns(pl.col("target_change", "gains", "losses", "total_change") / 1e3),
        caption=(
            f"{names['reporter']}'s imports by product, change in thousand tonnes. Added: the share of what "
            f"{names['target']} dropped that other suppliers, taken together, added (below zero where they sold less too). "
            f"*: differs from {names['reporter']}'s own statistics in one of the years"
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
