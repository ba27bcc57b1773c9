"""Options of the analysis of trade: choices that all cases share, and what a case asks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from retorsion.params.options import (
    Count,
    Currency,
    Goods,
    Hs6,
    Measure,
    Names,
    Options,
    Positive,
    Several,
    Share,
    Some,
    Source,
    Span,
    State,
    Text,
    ValueColumn,
    Whole,
    Year,
    Years,
    years_in_order,
)


class SyntheticChoices(Options):
    """How synthetic controls are placed."""

    seed: int
    n_placebo_dates: Count


class MonthlyChoices(Options):
    """How monthly trade is compared."""

    group_estimator: Literal["reml_ar1", "ols_hac", "poisson_hac", "state_space"]
    comparison_minimum_share: Positive
    placebo_window_months: Count
    months_after: Count
    synthetic: SyntheticChoices


class AreaGoodsChoices(Options):
    """How goods under measures are compared with other goods and other areas.

    Attributes:
        bin_months: months in a bin of time from a measure, of which there are ``bins_before`` and ``bins_after``.
        minimum_untreated: groups of goods under no measure that a month needs.
        n_placebo_areas: largest other areas put in the target's place.
        minimum_share: of the target's trade in the goods under measures, that such an area needs.
        n_exchanges: most exchanges of the measures among groups of goods.
        first_months: full months after the first measure that the first split of the fall looks at.
        relative_magnitudes: differences in trends after the measures, as multiples of the largest seen before.
        smoothness: log points by which the slope of that difference may change from one year to the next. At 0 the
            interval rests on the estimated covariance alone: with 24 groups of goods and 14 years it covers 70 %.
    """

    bin_months: Count
    bins_before: Count
    bins_after: Count
    minimum_untreated: Count
    n_placebo_areas: Annotated[int, Field(ge=3)]
    minimum_share: Positive
    n_exchanges: Count
    first_months: Count
    relative_magnitudes: Some[Positive]
    smoothness: Some[Positive]


class MirrorChoices(Options):
    """Within which share two records of one flow agree."""

    tolerance: Positive


class PriceVolumeChoices(Options):
    """Deviations from which a unit value is an outlier."""

    k: Positive


class DiversionChoices(Options):
    """How many buyers outside the coalition are named, and how small a loss gives no share.

    Attributes:
        n_named: buyers.
        min_loss_share: least loss of the coalition, as a share of the one told, of which a share is given.
    """

    n_named: Count
    min_loss_share: Share


class ImporterChoices(Options):
    """When importers' records show that goods cannot be measured, and when a quantity of theirs is no quantity.

    Attributes:
        max_missing_share: largest share of importers' known purchases of which the source of all pairs may have
            no row.
        max_unit_value_ratio: how many times a unit value may be above or below the median of its goods and year.
    """

    max_missing_share: Share
    max_unit_value_ratio: Annotated[float, Field(gt=1)]


class ReroutingChoices(Options):
    """Which goods were lost to the target, and how few of them tell nothing.

    Attributes:
        lost_share: goods of which more than this share of the sales to the target is gone count as lost.
        min_goods: fewest goods of either kind.
    """

    lost_share: Share
    min_goods: Count


class GravityChoices(Options):
    """Sample and placebos of the gravity equation.

    Attributes:
        embargoes: source of who was under whose embargo: such an exporter stands in for nobody.
    """

    minimum_value_kusd: Annotated[float, Field(ge=0)]
    n_placebo_targets: Count
    embargoes: Source | None = None


class TariffChoices(Options):
    """Sample of the effect of tariffs.

    Attributes:
        minimum_value_kusd: products sold for less over all months are left out: they carry no weight.
        n_largest: products left out together, to see how far the effect rests on them.
        anticipation_months: before a rise, in which shipments may be moved forward, and as many from it on, which
            then lack them.
    """

    minimum_value_kusd: Annotated[float, Field(ge=0)]
    n_largest: Count
    anticipation_months: Count


class ImpactChoices(Options):
    """Choices of the analysis of trade that all cases share."""

    monthly: MonthlyChoices
    area_goods: AreaGoodsChoices
    mirror: MirrorChoices
    price_volume: PriceVolumeChoices
    diversion: DiversionChoices
    gravity: GravityChoices
    importers: ImporterChoices
    rerouting: ReroutingChoices
    tariffs: TariffChoices


class MarkedMeasure(Options):
    """A measure that is drawn on an axis of time."""

    measure_id: Measure
    label: Text


class StudiedMeasure(MarkedMeasure):
    """A measure whose effect is estimated; its day comes from ``trade_measures``."""

    anticipation_months: Whole = 0
    months_before: Whole = 0
    event_study: bool = True


class MonthlyFlow(Options):
    """Measures and goods of one direction of trade."""

    measures: Some[StudiedMeasure]
    marks: tuple[MarkedMeasure, ...] = ()
    goods: Several[Goods] = ()


class Monthly(Options):
    """Monthly statistics of the reporter."""

    source: Source
    value_column: ValueColumn
    currency: Currency
    foreign_currency: Currency
    export: MonthlyFlow | None = None
    imports: Annotated[MonthlyFlow | None, Field(alias="import")] = None

    def flows(self) -> dict[Literal["export", "import"], MonthlyFlow]:
        """The directions of trade that are looked at."""
        given: dict[Literal["export", "import"], MonthlyFlow | None] = {
            "export": self.export,
            "import": self.imports,
        }
        return {flow: one for flow, one in given.items() if one is not None}


class AreaFlow(Options):
    """Groups of goods of one direction of trade, which do not overlap."""

    goods: Some[Goods]


class AreaGoods(Options):
    """Trade of the reporter by area and group of goods.

    Attributes:
        source: the trade by month.
        yearly: the same by year, for the years before the measures; none where it is not recorded.
        value_column: of both.
        imports: the key ``import``.
    """

    source: Source
    yearly: Source | None = None
    value_column: ValueColumn
    export: AreaFlow | None = None
    imports: Annotated[AreaFlow | None, Field(alias="import")] = None

    def flows(self) -> dict[Literal["export", "import"], AreaFlow]:
        """The directions of trade that are looked at."""
        given: dict[Literal["export", "import"], AreaFlow | None] = {
            "export": self.export,
            "import": self.imports,
        }
        return {flow: one for flow, one in given.items() if one is not None}


class Mirror(Options):
    """Years and goods of which two records are compared."""

    years: Some[Year]
    published_through: Year | None = None
    goods: dict[Text, Goods]


class PriceVolume(Options):
    """Pairs of years between which values are decomposed."""

    windows: Some[Years]


class Window(Options):
    """Years compared."""

    base: Some[Year]
    comparison: Some[Year]


class Diversion(Options):
    """Where the target's exports went.

    Attributes:
        member_day: who belongs to the coalition on it.
        goods: what the goods of the source are, in words of a sentence.
        other_windows: years compared besides.
        marks: measures on the axis of years.
    """

    member_day: date
    goods: Text = "the goods that the source of all pairs has"
    other_windows: tuple[Window, ...] = ()
    marks: tuple[MarkedMeasure, ...] = ()


class Replacement(Options):
    """A product of which the target's place is looked at."""

    name: Text
    hs6: Some[Hs6]
    base_year: Year
    comparison_year: Year

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        years_in_order(self)
        return self


class ImporterRecords(Options):
    """Importers' own records of what they bought from the target.

    Attributes:
        source: among the flows; values in euros. Its ``goods.csv`` says which products each group is.
        usd_per_eur: at which its euros lead back to the dollars they were made from.
        min_months: fewest months of a year that make a record of the year.
    """

    source: Source
    usd_per_eur: Positive
    min_months: Annotated[int, Field(ge=1, le=12)] = 12


class Rerouting(Options):
    """Exports of others to the target and to the states around it.

    Attributes:
        source: of the exports, by month, partner and product.
        after: months after the measures; compared with the same months of ``base_year``.
        before: months of the year of ``after`` before the measures, which show how fast partners were growing.
        base_year: the year before.
        hubs: partners that goods may go through; all but the target where none is named.
        priority: list of goods looked at apart.
    """

    source: Source
    after: Span
    before: Span
    base_year: Year
    hubs: Several[Annotated[State, Names("partner")]] = ()
    priority: Source | None = None

    @model_validator(mode="after")
    def _of_one_year(self) -> Self:
        if self.after.start.year != self.after.end.year or self.before.start.year != self.before.end.year:
            raise ValueError("before and after lie each within one year. Shorten the one that does not")
        if not self.base_year < self.before.start.year == self.after.start.year:
            raise ValueError(
                f"before and after are of one year, later than base_year ({self.base_year}). Correct one of them"
            )
        if self.before.end >= self.after.start:
            raise ValueError("before ends before after starts. Correct one of the two")
        return self


class Gravity(Options):
    """Importers left out one at a time, then together."""

    without: Several[State] = ()


class TariffExports(Options):
    """Exports of one side that pay the tariffs of the other.

    Attributes:
        source: monthly exports by product, to the other side and to the world.
        exporter: the side that exports.
        imposer: the side that imposes the tariffs.
        first_month: first day of the first month used.
        base_year: whose trade weighs averages.
    """

    source: Source
    exporter: State
    imposer: State
    first_month: date
    base_year: Year


class TariffImports(Options):
    """Imports of one side from the other, on which it raised tariffs.

    Attributes:
        source: monthly imports by chapter and partner.
        duties: source of the duties paid.
        importer: the side that imports.
        target: the side whose goods pay.
        base_year: before the tariffs.
        comparison_year: after them.
        named: partners that pages name.
    """

    source: Source
    duties: Source
    importer: State
    target: State
    base_year: Year
    comparison_year: Year
    named: Some[State]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        years_in_order(self)
        return self


class TariffsCase(Options):
    """What is asked about tariffs between the two sides.

    Attributes:
        exports: the side that answered, or was answered, by its exports.
        imports: the side that imposed, by its imports.
        sections: source of the sections of goods.
        averages: source of published averages, if any.
        estimates: source of published effects, if any.
    """

    exports: TariffExports | None = None
    imports: TariffImports | None = None
    sections: Source
    averages: Source | None = None
    estimates: Source | None = None


class ImpactCase(Options):
    """What is asked about the trade of a pair. A part that is absent is left out of the findings, which say so."""

    reporter: State
    target: State
    coalition: Source | None = None
    pairwise: Source | None = None
    years: Years | None = None
    base_year: Year | None = None
    comparison_year: Year | None = None
    products: Several[Hs6] = ()
    monthly: Monthly | None = None
    area_goods: AreaGoods | None = None
    mirror: Mirror | None = None
    price_volume: PriceVolume | None = None
    diversion: Diversion | None = None
    replacement: tuple[Replacement, ...] = ()
    gravity: Gravity | None = None
    importers: ImporterRecords | None = None
    rerouting: Rerouting | None = None
    tariffs: TariffsCase | None = None

    @model_validator(mode="after")
    def _tariffs_of_its_pair(self) -> Self:
        tariffs, pair = self.tariffs, {self.reporter, self.target}
        sides = (
            ("exports", {tariffs.exports.exporter, tariffs.exports.imposer})
            if tariffs and tariffs.exports
            else None,
            ("imports", {tariffs.imports.importer, tariffs.imports.target})
            if tariffs and tariffs.imports
            else None,
        )
        for part in sides:
            if part is not None and part[1] != pair:
                raise ValueError(
                    f"tariffs.{part[0]} is about {' and '.join(sorted(part[1]))}, not about "
                    f"{' and '.join(sorted(pair))}. Name one side as the one and the other as the other"
                )
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.base_year is not None and self.comparison_year is not None:
            years_in_order(self)
        if self.mirror is not None and self.monthly is None:
            raise ValueError("has mirror, which needs monthly. Add monthly, or leave mirror out")
        needs_pairs = ("mirror", "price_volume", "diversion", "replacement", "gravity", "importers")
        for part in needs_pairs:
            if getattr(self, part) and self.pairwise is None:
                raise ValueError(
                    f"has {part}, which needs pairwise. Name the source of all pairs, or leave {part} out"
                )
        for year in ("years", "base_year", "comparison_year"):
            for part in ("diversion", "replacement", "gravity", "importers"):
                if getattr(self, part) and getattr(self, year) is None:
                    raise ValueError(f"has {part}, which needs {year}. Add it, or leave {part} out")
        for part in ("diversion", "gravity"):
            if getattr(self, part) is not None and self.coalition is None:
                raise ValueError(f"has {part}, which needs a coalition. Name its source, or leave {part} out")
        return self
