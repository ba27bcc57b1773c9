"""The look of figures: contrast, colour blindness, words, labels kept apart, the same bytes each time."""

from __future__ import annotations

import itertools
import re
from datetime import date
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest

mpl.use("Agg")

from retorsion.errors import RetorsionError
from retorsion.figures import style
from retorsion.figures.svg import show, to_svg

TEXT_COLOURS = ["ink", "muted", "side-a", "side-b", "third", "fourth", "fifth"]


def linear(hex_colour: str) -> np.ndarray:
    channels = np.array([int(hex_colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(rgb: np.ndarray) -> float:
    return float(rgb @ [0.2126, 0.7152, 0.0722])


def lightness(rgb: np.ndarray) -> float:
    """CIE L* of linear RGB."""
    y = luminance(rgb)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio."""
    low, high = sorted((luminance(linear(a)), luminance(linear(b))))
    return (high + 0.05) / (low + 0.05)


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
BLINDNESS = {
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    ) @ np.clip(rgb, 0, 1)
    f = xyz / [0.95047, 1.0, 1.08883]
    f = np.where(f > 0.008856, np.cbrt(f), 7.787 * f + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def drawn(size: str = "wide", title: str = "Exports fell by half"):
    style.use_style()
    figure, axes = style.new_figure(size)
    axes.plot([2021, 2022, 2023], [4.0, 3.0, 2.0], color=style.SIDE_A, label="Exports")
    axes.plot([2021, 2022, 2023], [1.0, 1.5, 2.02], color=style.SIDE_B, label="Imports")
    axes.set(xlabel="year", ylabel="yen")
    return figure, axes, title


def finished(title: str = "Exports fell by half") -> mpl.figure.Figure:
    figure, axes, _ = drawn()
    style.direct_label(axes)
    return style.finish(figure, title=title, subtitle="Yen", source="Ministry", alt="Two lines <meet>.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", TEXT_COLOURS)
def test_text_colours_have_contrast_on_paper(name: str, scheme: str) -> None:
    paper = getattr(style.PALETTE["paper"], scheme)
    assert contrast(getattr(style.PALETTE[name], scheme), paper) >= 4.5


def test_contrast_formula_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_two_sides_differ_in_grey(scheme: str) -> None:
    a, b = (lightness(linear(getattr(style.PALETTE[name], scheme))) for name in ("side-a", "side-b"))
    assert abs(a - b) >= 18


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_the_two_sides_differ_for_colour_blind_readers(kind: str, scheme: str) -> None:
    a, b = (
        lab(BLINDNESS[kind] @ linear(getattr(style.PALETTE[name], scheme))) for name in ("side-a", "side-b")
    )
    assert np.linalg.norm(a - b) >= 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_categories_differ_for_colour_blind_readers(kind: str, scheme: str) -> None:
    roles = ["side-a", "side-b", "third", "fourth", "fifth", "faint"]
    seen = [lab(BLINDNESS[kind] @ linear(getattr(style.PALETTE[role], scheme))) for role in roles]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 18


def test_ramp_darkens_in_steps_of_like_size() -> None:
    steps = -np.diff([lightness(linear(colour)) for colour in style.RAMP])
    assert steps.min() >= 6
    assert steps.max() / steps.min() < 2


def test_type_is_large_enough_where_a_wide_figure_is_720_across() -> None:
    assert style.SIZES["wide"][0] * 72 == 720
    sizes = [
        value for name, value in style.STYLE.items() if name.endswith(("labelsize", "fontsize", "font.size"))
    ]
    assert min([*sizes, style.SOURCE_SIZE]) >= 12  # 12 px are 9 pt


def test_identical_figures_give_identical_text_and_others_other_ids() -> None:
    first, second, other = (to_svg(finished(title)) for title in ("A", "A", "B"))
    assert first == second
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (first, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_drawing_twice_gives_the_same() -> None:
    figure = finished()
    assert to_svg(figure) == to_svg(figure)
    alone = to_svg(figure, standalone=True)
    to_svg(figure)
    assert to_svg(figure, standalone=True) == alone


def test_svg_is_described_and_scales() -> None:
    root = ElementTree.fromstring(to_svg(finished()))
    svg = "{http://www.w3.org/2000/svg}"
    title, description = root.find(f"{svg}title"), root.find(f"{svg}desc")
    assert title is not None
    assert title.text == "Exports fell by half"
    assert description is not None
    assert description.text == "Two lines <meet>."
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert root.get("role") == "img"
    assert not {"width", "height"} & set(root.attrib)
    assert float(root.get("viewBox", "").split()[2]) == 720


def test_svg_has_no_header_date_style_sheet_or_dangling_reference() -> None:
    text = to_svg(finished())
    assert text.startswith("<svg ")
    assert not re.search("<style|<metadata|DOCTYPE", text)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {a or b for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)} <= set(ids)


def test_page_version_follows_the_scheme_and_leaves_words_to_the_page() -> None:
    figure = finished()
    page, alone = to_svg(figure), to_svg(figure, standalone=True)
    assert f"var(--side-a,{style.SIDE_A})" in page
    assert "var(" not in alone
    assert ">Source: Ministry</text>" in alone
    assert ">Source: Ministry</text>" not in page


def test_show_gives_words_as_html_and_closes_the_figure() -> None:
    import matplotlib.pyplot as plt

    figure = finished("Cut < by half")
    number = figure.number
    html = show(figure)._repr_html_()
    assert "Cut &lt; by half</strong>" in html
    assert "Source: Ministry" in html
    assert not plt.fignum_exists(number)


def test_a_figure_without_words_is_refused() -> None:
    figure, _, _ = drawn()
    with pytest.raises(ValueError, match="finish"):
        to_svg(figure)
    with pytest.raises(ValueError, match="alt"):
        style.finish(figure, title="A", source="B", alt=" ")
    style.finish(figure, title="A", source="B", alt="C")
    with pytest.raises(ValueError, match="once"):
        style.finish(figure, title="A", source="B", alt="C")


def test_an_axis_of_numbers_without_a_unit_is_refused() -> None:
    @style.drawn
    def trial(**labels: object) -> mpl.figure.Figure:
        figure, panels = style.new_figure(columns=2, sharey=True)
        for axes in panels:
            axes.plot([2021, 2023], [0.0, 4000.0])
            axes.set_xticks([2021, 2022, 2023])
        panels[0].set(**labels)
        return style.finish(figure, title="A", source="B", alt="C")

    def left_without(**labels: object) -> str:
        try:
            trial(**labels)
        except RetorsionError as error:
            return str(error)
        return ""

    refused = left_without()
    assert refused.startswith("trial: the vertical axis (")
    assert refused.endswith("needs a unit: set its label, or write the unit on its ticks")
    assert left_without(ylabel="yen") == ""  # one title for panels that share their axis, and years need none
    assert left_without(yticks=[0, 4000], yticklabels=["0%", "4,000%"]) == ""
    assert "the horizontal axis (0" in left_without(ylabel="yen", xticks=[0, 1])


def test_a_side_keeps_its_colour_and_other_states_have_none_of_the_two() -> None:
    assert [style.side_colour(code, ("FRA", "BEL")) for code in ("FRA", "BEL")] == list(style.SIDES)
    assert style.side_colour("DEU", ("FRA", "BEL"), style.MUTED) == style.MUTED
    assert not set(style.KINDS) & set(style.SIDES)


def test_a_long_title_is_broken_within_the_width() -> None:
    figure, _, _ = drawn("half")
    style.finish(figure, title="word " * 30, source="B", alt="C")
    title = next(text for text in figure.texts if text.get_gid() == style.BAND)
    assert "\n" in title.get_text()
    assert title.get_window_extent().width <= figure.bbox.width


def test_direct_labels_do_not_overlap_and_keep_the_order_of_the_lines() -> None:
    figure, axes, _ = drawn()
    axes.plot([2021, 2023], [1, 2.01], label="Third")
    axes.plot([2021, 2023], [1, np.nan], label="Ends early")
    notes = style.direct_label(axes)
    style.finish(figure, title="A", source="B", alt="C")
    by_height = sorted(notes, key=lambda note: note.get_window_extent().y0)
    assert [note.get_text() for note in by_height] == ["Ends early", "Exports", "Third", "Imports"]
    for below, above in itertools.pairwise(by_height):
        assert above.get_window_extent().y0 >= below.get_window_extent().y1
    assert max(note.get_window_extent().x1 for note in notes) <= figure.bbox.x1 + 1


def test_date_labels_do_not_overlap_and_no_line_crosses_a_name() -> None:
    style.use_style()
    figure, axes = style.new_figure()
    axes.plot([date(2021, 1, 1), date(2024, 1, 1)], [0, 1])
    axes.set_ylabel("yen")
    days = [date(2021, 3, 1), date(2022, 2, 24), date(2022, 3, 1), date(2022, 4, 20), date(2023, 12, 20)]
    names = [
        "First step",
        "Invasion",
        "Banks frozen",
        "Trade status withdrawn",
        "A long name close to the edge",
    ]
    marked = pl.DataFrame({"date": [*days, date(1999, 1, 1)], "label": [*names, "outside"]})
    notes = style.mark_dates(axes, marked)
    style.finish(figure, title="A", source="B", alt="C")
    assert [note.get_text() for note in notes] == names
    boxes = [note.get_window_extent() for note in notes]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    inside = axes.get_window_extent()
    assert all(box.y0 >= inside.y1 for box in boxes)
    for note, box in zip(notes, boxes, strict=True):
        x = axes.transData.transform((note.xy[0], 0))[0]
        for other in boxes:
            assert not (other.x0 + 1 < x < other.x1 - 1 and other.y0 < box.y0)


def test_style_ignores_settings_made_before_and_styled_restores_them() -> None:
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30}):
        with style.styled():
            assert mpl.rcParams["lines.linewidth"] == style.STYLE["lines.linewidth"]
        assert mpl.rcParams["lines.linewidth"] == 9


def test_ticks_separate_thousands_and_keep_decimals() -> None:
    figure, axes = style.new_figure()
    axes.plot([0, 1], [-2000.0, 2000.0])
    figure.draw_without_rendering()
    assert {"−2,000", "0", "1,000"} <= {label.get_text() for label in axes.get_yticklabels()}
    axes.set_ylim(0, 0.3)
    figure.draw_without_rendering()
    assert "0.2" in {label.get_text() for label in axes.get_yticklabels()}


def test_an_axis_of_names_shows_the_names() -> None:
    import matplotlib.pyplot as plt

    figure, axes = style.new_figure("half")
    axes.barh(["first", "second"], [1, 2])
    figure.draw_without_rendering()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    plt.close(figure)
    figure, axes = style.new_figure("half")
    axes.plot([0, 1], [0, -5000])
    figure.draw_without_rendering()
    assert "−4,000" in [label.get_text() for label in axes.get_yticklabels()]
    plt.close(figure)
