"""What a tariff did to trade by product and month: elasticities, their range over choices, time around each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl
import statsmodels.api as sm

from retorsion.errors import NotEstimable
from retorsion.estimators.event_study import EventPath
from retorsion.estimators.ppml import PoissonFit, fit_ppml
from retorsion.estimators.results import Estimate, wald_limits
from retorsion.findings import or_statement
from retorsion.impact.tariff_panel import both_destinations, on_the_year

#: ``destinations``: exports to the state against exports of the same product in the same month to all others.
#: ``months``: exports to the state alone, against what is lasting of a product and common to a month.
Design = Literal["destinations", "months"]
DESIGNS: tuple[Design, ...] = ("destinations", "months")

TERM = "log_rate"
#: Months of one bin of the time around a step; the bin of reference is the one before the bin of anticipation.
BIN_MONTHS = 3
REFERENCE_BIN = -2
_FIRST_BIN, _LAST_BIN = -5, 4
_PRODUCT_DESTINATION = ["product_code", "destination"]
_EFFECTS: Mapping[Design, list[list[str]]] = {
    "destinations": [
        _PRODUCT_DESTINATION,
        ["product_code", "period_start"],
        ["destination", "period_start"],
    ],
    "months": [["product_code"], ["period_start"]],
}

CAVEAT = (
    "An elasticity of value without duties to one plus the rate. It is relative to products whose tariff did not "
    "change, or changed less, so that what the dispute did to all products alike is no part of it."
)


def fit_design(panel: pl.DataFrame, design: Design, regressors: Sequence[str]) -> PoissonFit:
    """PPML of exports on regressors of the tariff.

    Args:
        panel: of :func:`retorsion.impact.tariff_panel.trade_panel` for ``months``, of
            :func:`retorsion.impact.tariff_panel.both_destinations` for ``destinations``.
        design: which fixed effects.
        regressors: columns.

    Raises:
        NotEstimable: see :func:`retorsion.estimators.ppml.fit_ppml`.
    """
    return fit_ppml(
        panel,
        outcome="value",
        regressors=regressors,
        fixed_effects=_EFFECTS[design],
        clusters=[["product_code"]],
    )


def elasticity(panel: pl.DataFrame, *, design: Design, level: float, outcome: str = "target") -> Estimate:
    """Elasticity of exports to one plus the tariff.

    Args:
        panel: of :func:`retorsion.impact.tariff_panel.trade_panel`.
        design: see :data:`Design`.
        level: of the interval.
        outcome: ``target``, ``rest``, or ``world`` for their sum; other than ``target`` only with ``months``.

    Raises:
        NotEstimable: nothing varies within the fixed effects.
    """
    if design == "destinations":
        frame = both_destinations(panel)
    else:
        values = pl.col("target") + pl.col("rest") if outcome == "world" else pl.col(outcome)
        frame = panel.with_columns(values.alias("value"))
    fit = fit_design(frame, design, [TERM]).complete()
    return fit.estimate(TERM, level=level, sample=_sample(panel), caveat=CAVEAT, few_clusters=True)


def _sample(panel: pl.DataFrame) -> str:
    months = panel["period_start"].unique().sort().dt.strftime("%Y-%m").to_list()
    return f"{panel['product_code'].n_unique():,} products, {months[0]} to {months[-1]}"


def largest_products(panel: pl.DataFrame, n: int) -> list[str]:
    """The products sold most to the state that imposes the tariffs, largest first."""
    sums = panel.group_by("product_code").agg(pl.col("target").sum())
    return sums.sort(["target", "product_code"], descending=[True, False])["product_code"].head(n).to_list()


def without_months_around(panel: pl.DataFrame, months: int) -> pl.DataFrame:
    """The panel without the months around each rise of a tariff.

    Shipments moved forward fill the months before a rise and leave a hole after it; both would pass for an effect.

    Args:
        panel: of :func:`retorsion.impact.tariff_panel.trade_panel`.
        months: left out before the first month with a higher rate, and from it on.
    """
    rises = panel.filter(pl.col("log_rate") > pl.col("log_rate").shift().over("product_code") + 1e-9)
    around = (
        rises.select("product_code", "period_start")
        .join(pl.DataFrame({"offset": range(-months, months)}), how="cross")
        .select(
            "product_code",
            pl.col("period_start").dt.offset_by(pl.format("{}mo", "offset")).alias("period_start"),
        )
        .unique()
    )
    return panel.join(around, on=["product_code", "period_start"], how="anti", maintain_order="left")


def by_section(panel: pl.DataFrame, sections: pl.DataFrame, *, level: float) -> pl.DataFrame:
    """Elasticities of the sections of goods, estimated together.

    Args:
        panel: of :func:`retorsion.impact.tariff_panel.trade_panel`.
        sections: section, first_chapter, last_chapter, label.
        level: of the intervals.

    Returns:
        section, label, n_products, target (value over all months), not_estimable, and the columns of an
        estimate that a table shows, in the order of the sections.
    """
    placed = panel.with_columns(chapter=pl.col("product_code").str.head(2)).join_where(
        sections.select("section", "first_chapter", "last_chapter"),
        pl.col("chapter") >= pl.col("first_chapter"),
        pl.col("chapter") <= pl.col("last_chapter"),
    )
    names = sections["section"].to_list()
    frame = placed.with_columns(
        pl.col("target").alias("value"),
        *(pl.when(pl.col("section") == name).then(TERM).otherwise(0.0).alias(name) for name in names),
    ).sort("product_code", "period_start")
    fit = fit_design(frame, "months", names)
    rows = []
    for name, label in sections.select("section", "label").iter_rows():
        own = placed.filter(pl.col("section") == name)
        found = or_statement(
            lambda one=name: fit.estimate(one, level=level, few_clusters=True).to_dict()  # type: ignore[misc]
        )
        rows.append(
            {
                "section": name,
                "label": label,
                "n_products": own["product_code"].n_unique(),
                "target": float(own.sort("product_code", "period_start")["target"].sum()),
                "not_estimable": found.get("not_estimable"),
                **{
                    key: found.get(key) for key in ("estimate", "standard_error", "lower", "upper", "p_value")
                },
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def placebo_in_time(panel: pl.DataFrame, *, first_change: date, design: Design, level: float) -> Estimate:
    """The same elasticity where there can be none: tariffs a year before they came, in months before they came.

    Args:
        panel: of :func:`retorsion.impact.tariff_panel.trade_panel`.
        first_change: day of the first change.
        design: see :data:`Design`.
        level: of the interval.

    Raises:
        NotEstimable: the months before the change do not see a year of it.
    """
    later = panel.select(
        "product_code", pl.col("period_start").dt.offset_by("-12mo"), pl.col(TERM).alias("later")
    )
    before = panel.filter(pl.col("period_start") < first_change.replace(day=1)).join(
        later, on=["product_code", "period_start"]
    )
    if before["period_start"].n_unique() < 2:
        raise NotEstimable(f"Fewer than two months before {first_change} are recorded.")
    return elasticity(
        before.with_columns(pl.col("later").alias(TERM)).drop("later").sort("product_code", "period_start"),
        design=design,
        level=level,
    )


def around_step(
    panel: pl.DataFrame, hit: Mapping[str, date], *, step_day: date, level: float
) -> tuple[EventPath, dict[str, Any]]:
    """Exports of the products that a step hit first, in quarters of a year around its day.

    They are set against products that no step hit, and against the same products sold to all others. The bin
    of three months before the day may hold shipments moved forward; the bin of reference lies before it.

    Args:
        panel: of :func:`retorsion.impact.tariff_panel.trade_panel`.
        hit: product to the day of the first step that hit it.
        step_day: day of the step.
        level: of the intervals.

    Returns:
        The path (periods are bins of three months, 0 begins with the month of the day), and: anticipation
        (effect in the bin before), after (mean effect from the day on), early_leads (joint test of the bins
        before the reference), n_products, n_controls.

    Raises:
        NotEstimable: too few products, or nothing to compare.
    """
    first = [product for product, day in hit.items() if day == step_day]
    products = panel["product_code"].unique().to_list()
    own = sorted(set(first) & set(products))
    controls = sorted(set(products) - set(hit))
    if len(own) < 2 or len(controls) < 2:
        raise NotEstimable(
            f"{len(own)} products that the step hit first and {len(controls)} that no step hit were "
            "sold: a comparison takes two of each."
        )
    months = (pl.col("period_start").dt.year() - step_day.year) * 12 + (
        pl.col("period_start").dt.month().cast(pl.Int64) - step_day.month
    )
    bins = (months / BIN_MONTHS).floor().cast(pl.Int64).clip(_FIRST_BIN, _LAST_BIN)
    frame = both_destinations(panel.filter(pl.col("product_code").is_in([*own, *controls]))).with_columns(
        bins.alias("bin"),
        (pl.col("product_code").is_in(own) & (pl.col("destination") == "target")).alias("is_hit"),
    )
    periods = [int(one) for one in sorted(frame["bin"].unique()) if one != REFERENCE_BIN]
    if REFERENCE_BIN not in frame["bin"].to_list() or not any(one >= 0 for one in periods):
        raise NotEstimable(f"The months recorded do not reach from before {step_day} to after it.")
    names = {one: f"bin {one}" for one in periods}
    frame = frame.with_columns(
        (pl.col("is_hit") & (pl.col("bin") == one)).cast(pl.Float64).alias(name)
        for one, name in names.items()
    )
    fit = fit_design(frame, "destinations", list(names.values())).complete()
    path = EventPath(
        periods=tuple(periods),
        reference=REFERENCE_BIN,
        first_treated=REFERENCE_BIN + 1,
        effects=fit.estimates(level=level, sample=f"{len(own):,} products hit, {len(controls):,} not"),
        covariance=fit.covariance,
        statement=f"Quarters of a year around {step_day}, relative to the fourth to sixth month before it.",
    )
    after = [one for one in periods if one >= 0]
    weights = [1 / len(after) if one in after else 0.0 for one in periods]
    early = [names[one] for one in periods if one < REFERENCE_BIN]
    told = {
        "n_products": len(own),
        "n_controls": len(controls),
        "anticipation": or_statement(
            lambda: fit.estimate("bin -1", level=level, few_clusters=True).to_dict()
        ),
        "after": fit.combined(weights, "mean after the day", level=level, caveat=CAVEAT).to_dict(),
        "early_leads": or_statement(lambda: fit.joint_test(early).to_dict()),
        "robust": or_statement(lambda: _robust(path)),
    }
    return path, told


def _robust(path: EventPath) -> dict[str, Any]:
    """Limits of the effect in the second quarter after the day, if trends differ as much as before it."""
    lower, upper = path.robust_interval(relative_magnitude=1.0, period=1)
    return {"period": 1, "relative_magnitude": 1.0, "lower": lower, "upper": upper}


def chapter_regression(panel: pl.DataFrame, *, base_year: int, level: float, with_effects: bool) -> Estimate:
    """Change on the year of exports by chapter on the change of the tariff, weighted by trade of the base year.

    The design of published estimates by sector: months have effects, and chapters too where asked. Weighted least
    squares; standard errors are clustered by chapter.

    Args:
        panel: of :func:`retorsion.impact.tariff_panel.trade_panel`.
        base_year: whose trade weighs products within a chapter, and chapters.
        level: of the interval.
        with_effects: whether chapters have effects of their own.

    Raises:
        NotEstimable: fewer than two chapters or months.
    """
    weights = (
        panel.filter(pl.col("period_start").dt.year() == base_year)
        .group_by("product_code")
        .agg(pl.col("target").sum().alias("base"))
        .filter(pl.col("base") > 0)
    )
    chapters = (
        panel.join(weights, on="product_code")
        .with_columns(chapter=pl.col("product_code").str.head(2), rate=pl.col("log_rate").exp() - 1)
        .sort("product_code", "period_start")
        .group_by("chapter", "period_start", maintain_order=True)
        .agg(
            pl.col("target").sum(),
            ((pl.col("rate") * pl.col("base")).sum() / pl.col("base").sum()).alias("rate"),
            pl.col("base").sum(),
        )
        .with_columns(log_rate=(1 + pl.col("rate")).log())
        .rename({"chapter": "product_code"})
        .sort("product_code", "period_start")
    )
    bases = chapters.group_by("product_code").agg(pl.col("base").first())
    changes = on_the_year(chapters).join(bases, on="product_code").sort("product_code", "period_start")
    if changes["product_code"].n_unique() < 2 or changes["period_start"].n_unique() < 2:
        raise NotEstimable("Fewer than two chapters or two months have a change on the year.")
    dummies = ["period_start", *(["product_code"] if with_effects else [])]
    table = changes.to_dummies(dummies, drop_first=True)
    columns = [name for name in table.columns if any(name.startswith(f"{one}_") for one in dummies)]
    design = np.column_stack(
        [
            table["tariff_change"].to_numpy(),
            np.ones(len(table)),
            *(table[name].to_numpy() for name in columns),
        ]
    )
    groups = changes["product_code"].rank("dense").to_numpy()
    fit = sm.WLS(table["change"].to_numpy(), design, weights=table["base"].to_numpy()).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )
    value, error = float(fit.params[0]), float(fit.bse[0])
    lower, upper, p_value = wald_limits(value, error, level=level)
    return Estimate(
        term="change of the log tariff",
        estimate=value,
        standard_error=error,
        lower=lower,
        upper=upper,
        level=level,
        p_value=p_value,
        n_obs=len(changes),
        estimator="weighted least squares of changes on the year",
        citation="Waugh (2019), NBER Working Paper 26353",
        standard_error_type="clustered by chapter",
        n_clusters=int(groups.max()),
        sample=f"{int(groups.max())} chapters, weights of {base_year}",
        caveat="Months in which a chapter sold nothing are left out.",
    )
