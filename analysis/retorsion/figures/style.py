"""One look for every figure: palette, type, sizes, titles that say the finding, marked dates, direct labels.

The same palette colours the pages around the figures, so it is kept here once, for light and dark
surroundings. Its contrast and its readability in grey and for colour-blind readers are tested.

Example:
    >>> use_style()
    >>> figure, axes = new_figure("wide")
    >>> axes.plot([2021, 2022, 2023], [5, 3, 1], color=SIDE_A, label="Exports")
    >>> axes.set(xlabel="year", ylabel="billion yen")
    >>> direct_label(axes)
    >>> finish(figure, title="Exports fell by four fifths", subtitle="By year",
    ...        source="Ministry of Finance", alt="Line from 5 in 2021 to 1 in 2023.")
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib import dates
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from retorsion.errors import RetorsionError
from retorsion.figures import phone, units
from retorsion.figures.apart import DATE, DIRECT, FLAGS, settle

mdates: Any = dates  # has no types
_Drawing = ParamSpec("_Drawing")


@dataclass(frozen=True)
class Colour:
    """One colour of the palette on a light and on a dark surrounding."""

    light: str
    dark: str


#: Every colour by its role. Text colours have a contrast of at least 4.5 : 1 on ``paper`` in both schemes.
PALETTE: Mapping[str, Colour] = {
    "paper": Colour("#fefdfb", "#15181b"),
    "ink": Colour("#1b1f24", "#e8e6e1"),
    "muted": Colour("#59616a", "#a7afb7"),
    "faint": Colour("#a9aeb4", "#656d75"),
    "rule": Colour("#dedbd5", "#343a40"),
    "side-a": Colour("#12406f", "#a5cdf3"),
    "side-b": Colour("#c2520a", "#e07a25"),
    "third": Colour("#226767", "#9fcbbb"),
    "fourth": Colour("#8438bd", "#b37cde"),
    "fifth": Colour("#4f502b", "#bcd397"),
}

PAPER = PALETTE["paper"].light
INK = PALETTE["ink"].light
MUTED = PALETTE["muted"].light
FAINT = PALETTE["faint"].light
RULE = PALETTE["rule"].light
#: The two sides of an exchange of acts: dark blue and orange, which differ in lightness as well as in hue.
SIDE_A = PALETTE["side-a"].light
SIDE_B = PALETTE["side-b"].light
SIDES = (SIDE_A, SIDE_B)
#: Categories without order, at most six; more belong in small panels or in grey with one highlighted.
CATEGORIES = (SIDE_A, SIDE_B, *(PALETTE[name].light for name in ("third", "fourth", "fifth")), FAINT)
#: Categories beside which a reader may meet the sides: kinds, goods, ways to count, states that are no side.
KINDS = (*CATEGORIES[2:5], MUTED)

#: Ordered steps from little to much, evenly darker.
RAMP = ("#dfe9f2", "#bcd2e6", "#94b7d7", "#6a9ac6", "#437bb0", "#255c91", "#12406f")

#: Width and height of the drawing in inches; 72 units an inch, so ``wide`` is 720 units across.
SIZES: Mapping[str, tuple[float, float]] = {
    "wide": (10.0, 5.0),
    "half": (5.2, 4.2),
    "tall": (10.0, 9.0),
    "strip": (10.0, 2.6),
}

#: Type sizes in units of the drawing: pixels where a wide figure is shown 720 pixels across.
TEXT_SIZE = 13.0
TITLE_SIZE = 19.0
SUBTITLE_SIZE = 14.0
SOURCE_SIZE = 12.0
LINE_SPACING = 1.15
#: Names of faces for the reader's machine. Layout is measured with DejaVu Sans, which is wider than all of
#: these, so that no label grows into its neighbour.
FONT_STACK = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": MUTED,
    "axes.labelpad": 6.0,
    "axes.labelsize": TEXT_SIZE,
    "axes.linewidth": 1.0,
    "axes.prop_cycle": cycler(color=CATEGORIES),
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.titlesize": TEXT_SIZE + 1,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "boxplot.flierprops.markeredgecolor": MUTED,
    "figure.constrained_layout.hspace": 0.08,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "figure.figsize": SIZES["wide"],
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT_SIZE,
    "grid.color": RULE,
    "grid.linewidth": 1.0,
    "hatch.color": MUTED,
    "image.cmap": "cividis",
    "legend.fontsize": TEXT_SIZE,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "lines.markersize": 6.0,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": PAPER,
    "patch.facecolor": SIDE_A,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "retorsion",
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": TEXT_SIZE,
    "xtick.major.size": 5.0,
    "xtick.minor.size": 0.0,
    "ytick.color": FAINT,
    "ytick.labelcolor": MUTED,
    "ytick.labelsize": TEXT_SIZE,
    "ytick.major.size": 0.0,
    "ytick.minor.size": 0.0,
    "text.hinting": "none",  # pages draw letters at their true widths
    "text.parse_math": False,  # a dollar sign in a name is no formula
}


@dataclass(frozen=True)
class Wording:
    """What a figure says in words.

    Attributes:
        title: the finding, a short sentence.
        subtitle: what is drawn, with units.
        source: where the data come from.
        alt: what a reader who cannot see the figure should know.
        top, bottom: height in inches of the bands that hold title and source.
    """

    title: str
    subtitle: str | None
    source: str
    alt: str
    top: float
    bottom: float


_WORDING: WeakKeyDictionary[Figure, Wording] = WeakKeyDictionary()
_AGAIN: WeakKeyDictionary[Figure, Callable[[], Figure]] = WeakKeyDictionary()


def use_style() -> None:
    """Set the project's look for every figure drawn from here on, whatever a user's matplotlibrc says."""
    matplotlib.style.use("default")
    matplotlib.rcParams.update(STYLE)


@contextmanager
def styled() -> Iterator[None]:
    """Set the project's look inside a ``with`` block or, as ``@styled()``, inside a function."""
    with matplotlib.rc_context():
        use_style()
        yield


def drawn(draw: Callable[_Drawing, Figure]) -> Callable[_Drawing, Figure]:
    """Decorate a function that draws a figure: in the project's look, and named after the function.

    The name, ``figure.get_label()``, is that of the file in ``reports/figures``.

    Raises:
        RetorsionError: an axis of bare numbers has no title. Figures of a reader's own, drawn without this decorator,
            may have such an axis.
    """

    @wraps(draw)
    def named(*args: _Drawing.args, **kwargs: _Drawing.kwargs) -> Figure:
        with styled():
            figure = draw(*args, **kwargs)
            for axis in units.without_unit(figure):
                raise RetorsionError(
                    f"{draw.__name__}: {axis} needs a unit: set its label, or write the unit on its ticks"
                )
        figure.set_label(draw.__name__)
        _AGAIN[figure] = lambda: named(*args, **kwargs)
        return figure

    return named


def for_phone(figure: Figure) -> Figure | None:
    """Draw a figure again, 350 units wide and with its panels below one another.

    Args:
        figure: from a function decorated with :func:`drawn`.

    Returns:
        The other drawing; None where the figure is narrow already, nobody knows how it was drawn, or its words
        leave no room for the plot.
    """
    again = _AGAIN.get(figure)
    if again is None or figure.get_size_inches()[0] <= phone.WIDTH:
        return None
    with phone.drawing(), warnings.catch_warnings():
        warnings.filterwarnings("error", "constrained_layout not applied")
        try:
            return again()
        except UserWarning:  # its words leave no room for the plot
            return None


def new_figure(
    size: str = "wide", *, rows: int = 1, columns: int = 1, height: float | None = None, **subplots: Any
) -> tuple[Figure, Any]:
    """A figure in the project's look and one of its sizes.

    Args:
        size: a key of :data:`SIZES`.
        rows: rows of panels.
        columns: columns of panels.
        height: height in inches, where the preset's does not suit.
        subplots: passed on to :func:`matplotlib.pyplot.subplots` (``sharex``, ``height_ratios``, ...).

    Returns:
        The figure, and its axes as ``plt.subplots`` gives them.
    """
    width, preset = SIZES[size]
    with styled():
        if phone.is_wanted():
            figure, axes = phone.stacked(rows, columns, height or preset, subplots)
        else:
            figure, axes = plt.subplots(rows, columns, figsize=(width, height or preset), **subplots)
    for each in figure.axes:
        each.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
        each.yaxis.set_major_formatter(FuncFormatter(_tick))
        # Defaults, which an axis of names replaces by its own.
        each.yaxis.isDefault_majloc = each.yaxis.isDefault_majfmt = True
    return figure, axes


#: Identifier of title, subtitle and source as they are drawn, so that a page can set them in its own type.
BAND = "band"
#: How the identifier of a mark begins that has words of its own.
TIP = "tip:"
#: What follows on that where readers pick the mark by the name that its words begin with.
PICK = "pick:"
_Mark = TypeVar("_Mark", bound=Artist)


def tip(mark: _Mark, words: str, *, picked: bool = False) -> _Mark:
    """Give a mark words that a page shows when a reader points at it or touches it.

    With ``picked`` the page also lists the names of such marks, the part of their words before a colon, and shows
    the one that a reader picks.
    """
    mark.set_gid(f"{TIP}{PICK if picked else ''}{words}")
    return mark


def wording(figure: Figure) -> Wording | None:
    """What :func:`finish` wrote on the figure; None before it did."""
    return _WORDING.get(figure)


def finish(figure: Figure, *, title: str, subtitle: str | None = None, source: str, alt: str) -> Figure:
    """Write the finding above a figure, where the data come from below it, and settle its labels.

    The drawing keeps its size: the figure grows by the two bands of text.

    Args:
        figure: drawn completely; call this last and once.
        title: the finding, a short sentence.
        subtitle: what is drawn, with units.
        source: publisher and data set, without the word "Source".
        alt: one to three sentences for readers who cannot see the figure.

    Returns:
        The same figure.

    Raises:
        ValueError: called twice, or a text is blank.
    """
    if figure in _WORDING:
        raise ValueError("finish() was called on this figure before; call it once, when all is drawn")
    for name, words in {"title": title, "source": source, "alt": alt}.items():
        if not words.strip():
            raise ValueError(f"a figure needs its {name}: pass one short sentence")
    if phone.is_wanted():
        phone.fit(figure)
    width, height = figure.get_size_inches()
    blocks = [(title, TITLE_SIZE, "bold", INK)]
    if subtitle:
        blocks.append((subtitle, SUBTITLE_SIZE, "normal", MUTED))
    texts = [_block(figure, *block) for block in blocks]
    footer = _block(figure, f"Source: {source}", SOURCE_SIZE, "normal", MUTED)
    gaps = (0.07, 0.16)
    heights = [_height(band) + gap for band, gap in zip(texts, gaps, strict=False)]
    top = sum(heights) + 0.08
    bottom = _height(footer) + 0.12
    total = height + top + bottom
    figure.set_size_inches(width, total)
    y = total
    for band, taken in zip(texts, heights, strict=True):
        band.set_y(y / total)
        y -= taken
    footer.set_y((bottom - 0.12) / total)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, bottom / total, 1, height / total))  # type: ignore[call-arg]
    _WORDING[figure] = Wording(title, subtitle, source, alt, top, bottom)
    for band in (*texts, footer):
        band.set_gid(BAND)
    settle(figure, TEXT_SIZE)
    # Each drawing from here on finds everything in the same place.
    figure.set_layout_engine("none")
    return figure


def write_beside(
    axes: Axes, words: str, place: tuple[Any, Any], shift: tuple[float, float], *, colour: str, **options: Any
) -> Annotation:
    """Write small words beside a point: to the side that ``shift``, in points, goes to.

    Args:
        axes: where.
        words: to write.
        place: of the point, in data units.
        shift: how far to the right of it and above it, in points.
        colour: of the words.
        options: of :meth:`matplotlib.axes.Axes.annotate`.
    """
    right, above = shift
    placed: dict[str, Any] = {"ha": "center" if right == 0 else "left" if right > 0 else "right"}
    if above == 0:
        placed["va"] = "center"
    return axes.annotate(
        words,
        place,
        shift,
        textcoords="offset points",
        color=colour,
        **{"size": TEXT_SIZE - 1, **placed, **options},
    )


def side_colour(code: str, pair: Sequence[str], other: str = KINDS[0]) -> str:
    """Colour of a state: that of its side, or ``other`` if it is none of the two."""
    return SIDES[pair.index(code)] if code in pair else other


def upright_grid(axes: Axes) -> None:
    """Lines at the values of a figure whose rows are names."""
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def direct_label(
    axes: Axes, labels: Mapping[str, str] | None = None, *, lines: Sequence[Line2D] | None = None
) -> list[Annotation]:
    """Write each line's name at its last point in its own colour, without overlap, instead of a legend.

    Args:
        axes: with the lines drawn.
        labels: text for a line's label where it should read differently.
        lines: the lines to name; all with a label by default.

    Returns:
        The annotations, in the order of the lines.
    """
    chosen = lines if lines is not None else [line for line in axes.get_lines() if _named(line)]
    names = [(labels or {}).get(name, name) for name in (str(line.get_label()) for line in chosen)]
    if phone.is_wanted() and phone.names_are_long(names, TEXT_SIZE):
        phone.name_below(axes, chosen, names, TEXT_SIZE - 1)
        return []
    annotations = []
    for line, name in zip(chosen, names, strict=True):
        points = np.asarray(line.get_xydata(), dtype=float)
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            continue
        annotations.append(
            axes.annotate(
                name,
                xy=(float(points[-1][0]), float(points[-1][1])),
                xytext=(8, 0),
                textcoords="offset points",
                color=line.get_color(),
                size=TEXT_SIZE,
                weight="bold",
                va="center",
                ha="left",
                annotation_clip=False,
                parse_math=False,
                gid=DIRECT,
            )
        )
    legend = axes.get_legend()
    if legend is not None:
        legend.remove()
    settle(_figure(axes), TEXT_SIZE)
    return annotations


def mark_dates(
    axes: Axes, frame: Any, *, date: str = "date", label: str = "label", over: str | None = None
) -> list[Annotation]:
    """Draw dated vertical lines with their names above the plot, stacked so that names do not overlap.

    Args:
        axes: with a time axis whose limits are final.
        frame: polars or pandas frame, one row a date; dates outside the axis are left out.
        date: column of dates.
        label: column of short names; an empty one draws the line alone.
        over: colour of a second line in the plot, above what is drawn, for plots of filled areas.

    Returns:
        The annotations, in time order.
    """
    left, right = sorted(axes.get_xlim())
    marks = sorted(
        (float(mdates.date2num(when)), str(name or ""))
        for when, name in zip(frame[date].to_list(), frame[label].to_list(), strict=True)
    )
    annotations = []
    for position, name in marks:
        if not left <= position <= right:
            continue
        line = axes.axvline(position, color=FAINT, linewidth=1.0, zorder=1.5, clip_on=False)
        line.set_in_layout(False)
        if over is not None:
            axes.axvline(position, color=over, linewidth=1.0, zorder=4)
        if name:
            note = axes.annotate(
                name,
                xy=(position, 1.0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(4, 3),
                textcoords="offset points",
                color=MUTED,
                size=TEXT_SIZE - 1,
                va="bottom",
                ha="left",
                annotation_clip=False,
                parse_math=False,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8},  # over lines of other dates
                gid=DATE,
            )
            FLAGS[note] = line
            annotations.append(note)
    axes.set_xlim(left, right)
    settle(_figure(axes), TEXT_SIZE)
    return annotations


def date_axis(axes: Axes, *, years: int | None = None) -> None:
    """Tick a time axis by years or, over short spans, by months, with as few words as will do.

    Args:
        axes: whose horizontal axis holds dates.
        years: distance of ticks in years; chosen from the span by default.
    """
    locator = (
        mdates.YearLocator(years)
        if years
        else mdates.AutoDateLocator(
            minticks=3 if phone.is_wanted() else 4, maxticks=5 if phone.is_wanted() else 9
        )
    )
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=False))


def _tick(value: float, _: int) -> str:
    return f"{value:,.10g}".replace("-", "−")


def _named(line: Line2D) -> bool:
    return not str(line.get_label()).startswith("_")


def _height(text: Text) -> float:
    """Height of a text in inches."""
    return float(text.get_window_extent(_renderer(_figure(text))).height / _figure(text).dpi)


def _figure(artist: Artist) -> Figure:
    figure = artist.get_figure(root=True)
    assert figure is not None, "an artist that was drawn belongs to a figure"
    return figure


def _renderer(figure: Figure) -> Any:
    return figure.canvas.get_renderer()  # type: ignore[attr-defined]


def _block(figure: Figure, words: str, size: float, weight: str, colour: str) -> Text:
    """Text at the left edge, broken into lines that fit the figure."""
    text = figure.text(
        0, 1, "", size=size, weight=weight, color=colour, ha="left", va="top", linespacing=LINE_SPACING
    )
    text.set_in_layout(False)
    text.set_parse_math(False)  # a dollar is a currency here
    renderer, limit = _renderer(figure), figure.get_size_inches()[0] * figure.dpi
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        text.set_text(longer)
        if lines[-1] and text.get_window_extent(renderer).width > limit:
            lines.append(word)
        else:
            lines[-1] = longer
    text.set_text("\n".join(lines))
    return text
