"""Tests of the second drawing of a figure, which fits a phone."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from retorsion.figures import phone
from retorsion.figures.style import direct_label, drawn, finish, for_phone, new_figure
from retorsion.figures.svg import show
from retorsion.figures.trade import legend_above

NAMES = ["a name that is far too long", "another name of some length", "short"]
WORDS = {"title": "A finding", "source": "nobody", "alt": "Nothing to see."}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@drawn
def bars() -> Figure:
    figure, (left, right) = new_figure("wide", columns=2, sharey=True)
    for axes in (left, right):
        axes.barh(range(3), [1, 2, 3])
        axes.set_title("A title that is much longer than a phone is wide, or than anybody would read")
        axes.set_xlabel("pieces")
    left.set_yticks(range(3), NAMES)
    right.tick_params(labelleft=False)
    return finish(figure, **WORDS)


@drawn
def lines(names: tuple[str, str]) -> Figure:
    figure, axes = new_figure("wide")
    for height, name in enumerate(names):
        axes.plot([0, 1, 2], [height, height + 1, height], label=name)
    axes.set(xlabel="days", ylabel="pieces")
    direct_label(axes)
    return finish(figure, **WORDS)


def test_panels_go_below_one_another_and_nothing_runs_over_the_edge():
    small = for_phone(bars())
    assert small is not None
    upper, lower = small.axes
    assert upper.get_position().y0 > lower.get_position().y1
    assert small.get_size_inches()[0] == pytest.approx(phone.WIDTH)
    for axes in small.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= -1
        assert box.x1 <= small.bbox.x1 + 1


def test_long_names_go_above_the_rows_of_every_panel():
    small = for_phone(bars())
    for axes in small.axes:
        assert [text.get_text() for text in axes.texts] == NAMES
        assert not any(label.get_text() for label in axes.get_yticklabels())


@pytest.mark.parametrize("turned", [False, True])
def test_a_name_above_its_row_is_clear_of_all_marks_of_the_row(turned: bool) -> None:
    @drawn
    def lanes() -> Figure:
        figure, axes = new_figure("wide")
        for row in range(3):
            axes.plot([0, 3], [row + 0.2] * 2, "o-")
            axes.scatter([0, 3], [row - 0.25] * 2)
        axes.barh([0], [3], height=0.6)
        axes.axhline(0.5)
        axes.set_yticks(range(3), NAMES)
        axes.set_ylim((2.6, -0.6) if turned else (-0.6, 2.6))
        axes.set_xlabel("pieces")
        return finish(figure, **WORDS)

    axes = for_phone(lanes()).axes[0]
    for row, note in enumerate(axes.texts):
        top = axes.transData.transform((0, row + (-0.3 if turned else 0.3)))[1]
        assert note.get_window_extent().y0 >= top


def test_one_legend_of_stacked_panels_goes_below_the_last_in_lines_that_fit():
    @drawn
    def panels() -> Figure:
        figure, grid = new_figure("wide", columns=2)
        for axes in grid:
            axes.plot([0, 1])
            axes.set(xlabel="days", ylabel="pieces")
        words = "a name that says much more than one line of a phone can hold in its width"
        legend_above(grid[0], [("black", "o", words)])
        return finish(figure, **WORDS)

    upper, lower = for_phone(panels()).axes
    assert upper.get_legend() is None
    box = lower.get_legend().get_window_extent()
    assert box.y1 < lower.get_window_extent().y0
    assert box.x1 <= upper.figure.bbox.x1


def test_long_names_of_lines_go_below_the_plot_and_short_ones_stay():
    below = for_phone(lines(("the first of two lines", "the second of two lines"))).axes[0]
    assert [text.get_text() for text in below.get_legend().get_texts()] == [
        "the first of two lines",
        "the second of two lines",
    ]
    assert below.get_legend().get_window_extent().y1 < below.get_window_extent().y0
    beside = for_phone(lines(("one", "two"))).axes[0]
    assert beside.get_legend() is None
    assert [text.get_text() for text in beside.texts] == ["one", "two"]


def test_ticks_are_thinned_out_until_none_touches_the_next():
    @drawn
    def years() -> Figure:
        figure, axes = new_figure("wide")
        axes.bar(range(20), range(20))
        axes.set_xticks(range(22), [f"year {2000 + place}" for place in range(22)])
        axes.set_xlim(-0.5, 19.5)
        axes.set_ylabel("pieces")
        return finish(figure, **WORDS)

    axes = for_phone(years()).axes[0]
    assert axes.get_xlim()[1] < 20.5  # a name beyond the edge does not widen the view
    boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    assert 2 <= len(boxes) < 20
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_an_unused_panel_takes_no_room():
    @drawn
    def three(n_used: int) -> Figure:
        figure, grid = new_figure("wide", rows=2, columns=2, squeeze=False)
        for place, axes in enumerate(grid.flat):
            if place < n_used:
                axes.plot([0, 1])
                axes.set(xlabel="days", ylabel="pieces")
            else:
                axes.set_axis_off()
        return finish(figure, **WORDS)

    used, all_used = for_phone(three(3)), for_phone(three(4))
    assert len(used.axes) == 3
    assert used.get_size_inches()[1] < all_used.get_size_inches()[1]


def test_a_page_holds_both_drawings_and_shows_one():
    html = show(bars()).html
    assert html.count("<svg") == 2
    assert 'class="phone" style="display:none"' in html


def test_a_narrow_figure_and_one_that_nobody_can_draw_again_have_no_second_drawing():
    figure, axes = new_figure("wide")
    axes.plot([0, 1])
    axes.set(xlabel="days", ylabel="pieces")
    finish(figure, **WORDS)
    assert for_phone(figure) is None
    assert show(figure).html.count("<svg") == 1


def test_words_that_leave_no_room_for_the_plot_keep_the_drawing_of_the_desk():
    @drawn
    def crowded() -> Figure:
        figure, axes = new_figure("wide")
        axes.plot([0, 1])
        axes.set(xlabel="days", ylabel="pieces")
        axes.annotate(
            "w" * 60, (0, 0.5), (-5, 0), textcoords="offset points", ha="right", annotation_clip=False
        )
        axes.annotate("w" * 60, (1, 0.5), (5, 0), textcoords="offset points", annotation_clip=False)
        return finish(figure, **WORDS)

    assert for_phone(crowded()) is None
