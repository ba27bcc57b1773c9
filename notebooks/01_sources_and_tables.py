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
# # Sources and tables
#
# What is in the record, where it comes from, and how far it agrees with what others published. Every number
# on this page is computed from the tables or read from the findings.

# %%
case_name = "jpn-rus"

# %%
import polars as pl
from retorsion import case, finding, load, parameters
from retorsion.checks.figures import Bounds
from retorsion.errors import NotEstimable
from retorsion.figures import record
from retorsion.figures.escalation import turning_points
from retorsion.figures.svg import show
from retorsion.reports import statements
from retorsion.reports.html import percent, say, table
from retorsion.reports.statements import told
from retorsion.sources.states import state_name

asked = case(case_name)
checks, bounds = finding("checks", case_name), Bounds()
acts, sanctions, sources = load("acts"), load("sanctions"), load("sources")
pair = asked.pair
designated = sanctions.filter(pl.col("sender_code").is_in(pair) & pl.col("addressee_code").is_in(pair))

# %% [markdown]
# ## The acts of both sides

# %%
between = acts.filter(pl.col("actor_code").is_in(pair) & pl.col("addressee_code").is_in(pair))
dated = between.filter(pl.col("date_precision") != "observed")
sides = {"a": state_name(pair[0]), "b": state_name(pair[1])}


def spine():
    if dated["act_date"].drop_nulls().is_empty():
        raise NotEstimable(
            f"No act of {sides['a']} and {sides['b']} towards one another is recorded with a date."
        )
    return say(
        "The spine of the record is the table `acts`: **{n} acts** of {a} and {b} towards one another from {first} to "
        "{last}. Each was read from public pages and has their addresses. {monthly} of the acts are "
        "known only to the month, and {doubtful} are marked as of medium or low confidence.",
        n=len(dated),
        **sides,
        first=dated["act_date"].min(),
        last=dated["act_date"].max(),
        monthly=int((dated["date_precision"] == "month").sum()),
        doubtful=int((dated["confidence_type"] != "high").sum()),
    )


told(spine)


# %%
def without_a_date():
    """What is said of acts that a list without dates shows, if there are any."""
    observed = between.filter(pl.col("date_precision") == "observed")
    if observed.is_empty():
        return None
    days = observed["act_date"].unique().sort()
    vintages = (
        f"the vintage of {days[0]}"
        if len(days) == 1
        else f"{len(days)} vintages from {days[0]} to {days[-1]}"
    )
    return say(
        "**{n} subjects** were first seen on lists that state no dates, in {vintages}. When each was designated is not "
        "known, only that it was after the vintage before. They are counted here and stand on no timeline.",
        n=observed["n_subjects"].sum(),
        vintages=vintages,
    )


without_a_date()


# %%
def by_year():
    if dated.is_empty():
        raise NotEstimable("Without dates there is no count by year.")
    return show(record.acts_by_year(dated, pair=pair, source="Retorsion, ledger of acts"))


told(by_year)

# %% [markdown]
# The record says what was published about both sides, in languages and outlets that report one side more
# closely than the other. A difference in the number of acts is partly a difference in reporting: one side
# may publish every list where the other announces a ban without names or numbers.

# %% [markdown]
# ## The list of designations, and what its gaps prove


# %%
def founding_total():
    if not checks["as_of"]:
        raise NotEstimable("No published total of designations is recorded for these parameters to check.")
    check = checks["as_of"][0]
    return say(
        "As of {day} the press reported **{individual} individuals, {bank} banks and {entity} other bodies** of the "
        "target under asset freeze. The table gives {c_individual}, {c_bank} and {c_entity}. The list as published "
        "today gives {l_individual} individuals: one entry has been removed since, and the gap it left in the numbering "
        "is the evidence. Such entries are kept, without a name, and marked as inferred.",
        day=check["day"],
        **check["published"],
        **{f"c_{kind}": n for kind, n in check["computed"].items()},
        **{f"l_{kind}": n for kind, n in check["listed_only"].items()},
    )


told(founding_total)


# %%
def of_others(sender):
    """Turning points that are not the sender's own, if the record has any."""
    marked = turning_points(finding("escalation", case_name).get("record", {}))
    return marked.filter(pl.col("actor_code") != sender)


def dated_list():
    """The first list of either side that states dates."""
    for name, given in parameters().sources.lists.items():
        listed = sanctions.filter(pl.col("source_id") == name)
        of_pair = designated.filter(pl.col("source_id") == name)
        if len(of_pair) and listed["announced_date"].null_count() < len(listed):
            freeze = sources.filter(pl.col("source_id") == name).row(0, named=True)
            source = f"{freeze['producer']}, vintage of {freeze['date_published']}"
            return show(
                record.designations_over_time(
                    sanctions,
                    sender_code=given["sender_code"],
                    source=source,
                    marks=of_others(given["sender_code"]),
                )
            )
    raise NotEstimable("No list of designations that states dates is recorded for either side.")


told(dated_list)


# %%
def undated_lists():
    """What lists without dates show, if the record has any."""
    undated = designated.filter(pl.col("first_observed_date").is_not_null())
    if undated.is_empty():
        return None
    counts = undated.group_by("source_id", "first_observed_date", "date_precision").agg(
        pl.col("n_subjects").sum(), pl.col("absent_by_date").is_not_null().sum().alias("n_absent")
    )
    return table(
        counts.select(
            "source_id",
            "first_observed_date",
            pl.when(pl.col("date_precision") == "observed")
            .then(pl.lit("after the vintage before, by this day"))
            .otherwise(pl.lit("some time before: the first vintage is no news"))
            .alias("listed"),
            "n_subjects",
            "n_absent",
        ).sort("source_id", "first_observed_date"),
        caption="Lists that state no dates: when a vintage first showed their subjects, and how many are gone since",
        labels={
            "source_id": "List",
            "first_observed_date": "First seen",
            "listed": "Listed",
            "n_subjects": "Subjects under a programme",
            "n_absent": "Absent since",
        },
    )


undated_lists()

# %% [markdown]
# ## Published counts against the list
#
# Every count of a designation round that a source published is set against the official list: the entries it
# shows for that day, and the entries its numbering proves to have been removed since.


# %%
def counts_told():
    return say(
        "Of all {a_n} versions of a count that were published, **{a_equal}** equal the list: {a_share}. Of the {n_counts} "
        "versions adopted for the rounds, {n_equal} do; {n_independent} of these are from pages other than the list's "
        "own. The adopted version is one of several, so the share over all versions is the one to quote. Of {o_n} differing "
        "versions that other pages gave, {o_explained} are explained, mostly by what else the page counted in, and "
        "{o_unexplained} are not. Of {t_n} sums over several rounds, {t_equal} come out exactly.",
        **checks["counts"]["round"],
        a_n=checks["counts"]["all_versions"]["n_counts"],
        a_equal=checks["counts"]["all_versions"]["n_equal"],
        a_share=f"{checks['counts']['all_versions']['share_equal']:.0%}",
        o_n=checks["counts"]["other_version"]["n_counts"],
        o_explained=checks["counts"]["other_version"]["n_explained"],
        o_unexplained=checks["counts"]["other_version"]["n_unexplained"],
        t_n=checks["counts"]["total"]["n_counts"],
        t_equal=checks["counts"]["total"]["n_equal"],
    )


told(counts_told)

# %%
count_labels = {
    "published_date": "Round of",
    "subject_type": "Subjects",
    "n_published": "Published",
    "n_listed": "Listed",
    "n_removed": "Removed since",
    "difference": "Difference",
    "explanation": "Explanation",
    "source_url": "Page",
}
told(
    lambda: table(
        statements.rows("published_counts", case_name).filter(pl.col("difference") != 0),
        caption="Every published count that differs from the list",
        columns=list(count_labels),
        labels=count_labels,
    )
)

# %%
told(
    lambda: table(
        statements.rows("published_counts", case_name).filter(
            (pl.col("origin_type") == "round") & (pl.col("difference") == 0)
        ),
        caption="Counts adopted for the rounds, all equal to the list",
        columns=[name for name in count_labels if name not in ("difference", "explanation")],
        labels=count_labels,
    )
)

# %% [markdown]
# ## Published trade figures against the tables


# %%
def figures_told():
    summary = checks["figures"]
    return say(
        "The press published **{n}** figures on the pair's trade that were recorded. {compared} can be compared with the "
        "tables; of these **{share}** agree: values within {value_pct} percent, changes on the year within {change_pp} percentage points. "
        "The others are quantities (the tables hold values), figures of other reporters, or lie outside the period.",
        value_pct=bounds.value_pct,
        change_pp=bounds.change_pp,
        n=summary["figures"]["n_published"],
        compared=summary["figures"]["n_compared"],
        share=percent(summary["figures"]["share_within"]),
    )


told(figures_told)

# %%
told(
    lambda: show(
        record.figure_gaps(
            statements.rows("published_figures", case_name),
            bound_pct=1,
            source="Press pages named in the table below; monthly trade statistics",
        )
    )
)

# %%
labels = {
    "row": "Line",
    "period": "Period",
    "flow": "Flow",
    "commodity": "Goods",
    "published_value": "Published",
    "table_value": "Table",
    "unit": "Unit",
    "published_change_pct": "Published change (%)",
    "table_change_pct": "Table's change (%)",
    "status": "Status",
    "reason": "Reason",
    "source_url": "Page",
}


def far_off():
    figures = statements.rows("published_figures", case_name)
    beyond = figures.filter(
        (pl.col("value_gap_pct").abs() > bounds.value_pct)
        | (pl.col("change_gap_pp").abs() > bounds.change_pp)
        | (pl.col("status") == "unexplained")
    )
    return table(
        beyond,
        caption="Every figure farther from the table than the bound",
        columns=list(labels),
        labels=labels,
    )


told(far_off)


# %%
def by_status():
    statuses = pl.DataFrame(
        sorted(checks["figures"]["figures"]["by_status"].items(), key=lambda item: -item[1]),
        schema=["status", "n_figures"],
        orient="row",
    )
    return table(
        statuses, caption="All figures by status", labels={"status": "Status", "n_figures": "Figures"}
    )


told(by_status, "checks.figures")

# %% [markdown]
# ## Rows in, rows out

# %%
rows = pl.DataFrame(sorted(checks["tables"].items()), schema=["table", "n_rows"], orient="row")
told(
    lambda: table(rows, caption="Rows of each table", labels={"table": "Table", "n_rows": "Rows"}),
    "checks.tables",
)

# %%
n_quarantined = sum(checks["quarantined"].values())
say(
    "Every row of every source is either in a table or in the quarantine with its file, line, column, value, reason "
    "and remedy. In this build **{n} rows** are in the quarantine.",
    n=n_quarantined,
)
