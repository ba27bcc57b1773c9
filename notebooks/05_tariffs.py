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
# # Tariffs
#
# What tariffs of the two states did to the trade between them: by product and month, around the day of each step, by
# supplier, and in duties paid.

# %%
case_name = "jpn-rus"

# %%
import polars as pl
from retorsion import case, finding
from retorsion.errors import NotEstimable
from retorsion.figures import tariffs
from retorsion.figures.svg import show
from retorsion.findings import estimated
from retorsion.reports import statements
from retorsion.reports.html import number, ranged, say, table
from retorsion.reports.statements import credit, told
from retorsion.sources.states import state_name

impact, asked = finding("impact", case_name), case(case_name).impact.tariffs
found = impact["tariffs"]


def part(name):
    """A part of the findings, or the reason why there is none."""
    return estimated(found, name)


def rows(name):
    """The rows behind a finding."""
    estimated(found, "lines")
    return statements.rows(f"impact_tariffs_{name}", case_name)


def shown(write, *behind):
    """What a cell shows; where no tariffs are asked about, the first one has said so and the others show nothing."""
    return told(write, *behind) if asked is not None else None


def source(name):
    """The source of exports or of imports, for source lines."""
    return credit(getattr(asked, name).source)


def sides():
    """Names of the state that exports and of the one that imposes the tariff."""
    exports = part("exports")
    return {
        "exporter": state_name(exports["exporter_code"]),
        "imposer": state_name(exports["imposer_code"]),
    }


# %% [markdown]
# ## How much less was sold?


# %%
def headline():
    exports = part("exports")
    own, range_ = exports["elasticity"], exports["specifications"]
    return say(
        "Where the tariff of {imposer} made a good ten per cent dearer, what {exporter} sold of it to {imposer} changed by about "
        "**{change}**, against sales of the same good elsewhere. The elasticity is **{estimate}**. Over {n} "
        "defensible choices it runs from {lowest} to {highest}. The sample is {sample}.",
        **sides(),
        change=tariffs.change_words(own["estimate"]),
        estimate=ranged(own),
        n=range_["n"],
        lowest=number(range_["lowest"]),
        highest=number(range_["highest"]),
        sample=own["sample"],
    )


told(headline)

# %%
shown(
    lambda: show(
        tariffs.tariff_choices(
            rows("specifications"), part("exports")["specifications"], source=source("exports")
        )
    )
)


# %%
def before_quoting():
    exports = part("exports")
    placebo = estimated(exports, "placebo")
    return say(
        "**What to know before quoting this.** {caveat} A few products make most of the trade, so that the interval is wide: "
        "with the largest in the sample it reaches {upper}. The same estimate a year before the tariffs, where there can be "
        "none, is {placebo}.",
        caveat=exports["elasticity"]["caveat"],
        upper=number(exports["elasticity"]["upper"]),
        placebo=ranged(placebo),
    )


shown(before_quoting)

# %% [markdown]
# ## Was it sold to others instead?


# %%
def elsewhere():
    outcomes = part("exports")["outcomes"]
    return say(
        "Sales of the same goods to all other states moved by an elasticity of {rest}, and sales to all states together by "
        "{world}. An interval that holds zero says that neither a shift to others nor its absence is shown.",
        rest=ranged(estimated(outcomes, "rest")),
        world=ranged(estimated(outcomes, "world")),
    )


shown(elsewhere)

# %% [markdown]
# ## Around the day of each step


# %%
def labels():
    lines = {one["step"]: one for one in found["lines"]}
    return {
        one["step"]: tariffs.step_words(lines[one["step"]]["n_lines"], one["day"])
        for one in part("exports")["steps"]
        if "anticipation" in one
    }


shown(lambda: show(tariffs.tariff_steps(rows("steps"), labels(), **sides(), source=source("exports"))))


# %%
def steps_table():
    told_steps = [one for one in part("exports")["steps"] if "after" in one]
    if not told_steps:
        raise NotEstimable("No step has goods enough that it hit first, and goods that none hit.")
    return table(
        pl.DataFrame(
            [
                {
                    "day": one["day"],
                    "step": one["step"].replace("_", " "),
                    "n_products": one["n_products"],
                    "anticipation": tariffs.percent_words(one["anticipation"]["estimate"]),
                    "after": tariffs.percent_words(one["after"]["estimate"]),
                    "lower": tariffs.percent_words(one["after"]["lower"]),
                    "upper": tariffs.percent_words(one["after"]["upper"]),
                    "early": one["early_leads"].get("p_value"),
                }
                for one in told_steps
            ]
        ),
        caption="Change in per cent against goods that no step hit: in the quarter before the day, and from it on with its interval; p-value that the quarters before the reference show no difference",
        labels={
            "day": "Day",
            "step": "Step",
            "n_products": "Products",
            "anticipation": "Quarter before",
            "after": "From the day on",
            "lower": "Lower",
            "upper": "Upper",
            "early": "p of early quarters",
        },
        formats={"early": ".2f"},
    )


shown(steps_table, "impact.tariffs")


# %%
def without_estimate():
    left = [one for one in part("exports")["steps"] if "not_estimable" in one]
    if not left:
        return say("Every step has an estimate.")
    return say(
        "*No estimate* for {steps}. {why}",
        steps=", ".join(one["step"].replace("_", " ") for one in left),
        why=left[0]["not_estimable"],
    )


shown(without_estimate)

# %% [markdown]
# ## By goods

# %%
shown(lambda: show(tariffs.tariff_sections(rows("sections"), **sides(), source=source("exports"))))

# %% [markdown]
# ## Who replaced whom?

# %%
shown(
    lambda: show(
        tariffs.tariff_suppliers(
            rows("shares"),
            asked.imports.named,
            importer=state_name(part("imports")["importer_code"]),
            target_code=part("imports")["target_code"],
            source=source("imports"),
        )
    )
)


# %%
def replaced():
    imports = part("imports")
    named = pl.DataFrame(imports["named"], infer_schema_length=None)
    return table(
        named.select(
            pl.col("chapters_type").replace({"risen": "Rose most", "other": "Rose less"}),
            pl.col("partner_code").map_elements(
                lambda code: "All others" if code == "OTHERS" else state_name(code), return_dtype=pl.String
            ),
            "share_base",
            "share_comparison",
            "share_of_loss",
        ),
        caption=(
            f"Shares of imports in {imports['base_year']} and {imports['comparison_year']}, in chapters whose tariff rose most "
            "and in the others; the part of the lost share that each partner gained"
        ),
        labels={
            "chapters_type": "Chapters",
            "partner_code": "Partner",
            "share_base": str(imports["base_year"]),
            "share_comparison": str(imports["comparison_year"]),
            "share_of_loss": "Part of the loss",
        },
        formats={"share_base": "%", "share_comparison": "%", "share_of_loss": "%"},
    )


shown(replaced, "impact.tariffs.imports")


# %%
def import_effect():
    imports = part("imports")
    return say(
        "By chapter and month, against other partners, the elasticity of imports from {target} is {estimate}. {caveat}",
        target=state_name(imports["target_code"]),
        estimate=ranged(estimated(imports, "elasticity")),
        caveat=imports["caveat"],
    )


shown(import_effect)


# %%
def control():
    sentences = []
    for flow, words in (("import", "Imports from"), ("export", "Exports to")):
        one = estimated(part("imports"), "control", flow)
        sentences.append(
            f"{words} {state_name(part('imports')['target_code'])} ran {tariffs.percent_words(one['estimate'])} off a weighted "
            f"mean of {one['n_donors']} other partners (p = {one['p_value']:.2f})."
        )
    return say("{words} {caveat}", words=" ".join(sentences), caveat=one["caveat"])


shown(control)

# %% [markdown]
# ## What was paid

# %%
shown(
    lambda: show(
        tariffs.tariff_paid(
            rows("paid"),
            importer=state_name(part("imports")["importer_code"]),
            target=state_name(part("imports")["target_code"]),
            source=source("imports"),
        )
    )
)


# %%
def why_less():
    paid = estimated(part("imports"), "paid")
    return say("{why}", why=paid["why"])


shown(why_less)

# %% [markdown]
# ## Against what others published


# %%
def averages():
    return table(
        rows("averages").select(
            "as_of_date",
            pl.col("imposer_code").map_elements(state_name, return_dtype=pl.String),
            "published_pct",
            "own_pct",
            "simple_pct",
            "reason",
        ),
        caption="Average tariffs in per cent: as published, of the rates recorded here with trade as weights, and their simple mean",
        labels={
            "as_of_date": "Day",
            "imposer_code": "Imposed by",
            "published_pct": "Published",
            "own_pct": "Here",
            "simple_pct": "Simple mean",
            "reason": "What differs",
        },
        formats=dict.fromkeys(("published_pct", "own_pct", "simple_pct"), ".1f"),
    )


shown(averages)


# %%
def published():
    return table(
        rows("published").select(
            "study",
            "quantity",
            "published",
            "published_error",
            "own_estimate",
            "own_standard_error",
            "note",
        ),
        caption="Published effects with their standard errors, and the nearest of ours",
        labels={
            "study": "Study",
            "quantity": "What it measures",
            "published": "Published",
            "published_error": "s.e.",
            "own_estimate": "Here",
            "own_standard_error": "s.e. here",
            "note": "What differs",
        },
        formats=dict.fromkeys(("published", "published_error", "own_estimate", "own_standard_error"), ".2f"),
    )


shown(published)


# %%
def lines():
    return table(
        pl.DataFrame(found["lines"], infer_schema_length=None).select(
            "from_date",
            pl.col("imposer_code").map_elements(state_name, return_dtype=pl.String),
            pl.col("step").str.replace_all("_", " "),
            "change_type",
            "n_lines",
            "change_low",
            "change_high",
        ),
        caption="Lines of eight digits that each step names, and by how many points it changed their rates",
        labels={
            "from_date": "From",
            "imposer_code": "Imposed by",
            "step": "Step",
            "change_type": "Kind",
            "n_lines": "Lines",
            "change_low": "Least",
            "change_high": "Most",
        },
        formats={"change_low": ".1f", "change_high": ".1f"},
    )


shown(lines, "impact.tariffs")
