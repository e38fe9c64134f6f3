"""Bars that stand beside each other: for few groups with short names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crossthink_hub.building.figure import DPI, FAINT, INK, WIDTH
from crossthink_hub.evaluation.report.chart import Bar, Chart, drawn, look, mark_look
from crossthink_hub.pictures import MARGIN, SMALL, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL, LEFT, FOOT = 380, 116, 58
"""In pixels, like all that follows."""
LETTER, SMALLEST = 0.64, 12
"""Width of a digit in its size, and the smallest size that numbers are written in."""
SHORT = 0.15
"""A bar of a smaller share of the height has its number above it."""
SHARE, WIDEST = 0.84, 0.4
"""Of a group, that its bars take, and that one takes at most."""


def standing_bars(chart: Chart) -> bytes:
    """Return a PNG of bars from left to right, with their intervals and the paper's numbers as marks."""
    from matplotlib.ticker import MaxNLocator

    with drawn(chart, PANEL, LEFT, FOOT) as (canvas, axes):
        axes.set_xlim(-0.5, len(chart.groups) - 0.5)
        axes.set_xticks(range(len(chart.groups)), [group.name for group in chart.groups], color=INK)
        axes.tick_params(axis="x", length=0, pad=8)
        axes.set_ylim(0, 1.1 * max((_top(bar) for bar in chart.bars), default=0) or 1)
        axes.set_ylabel(chart.axis, color=FAINT)
        axes.yaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
        size = _number_size(chart)
        for middle, width, bar in _placed(chart):
            _draw(axes, middle, width, bar)
            if bar.value is not None and size >= SMALLEST:
                _write_number(axes, chart.text(bar.value), middle, bar, size)
        return png(canvas)


def _placed(chart: Chart) -> Iterator[tuple[float, float, Bar]]:
    """Yield each bar with its middle and its width; groups are 1 wide."""
    for place, group in enumerate(chart.groups):
        width = min(SHARE / len(group.bars), WIDEST)
        left = place - width * len(group.bars) / 2
        for number, bar in enumerate(group.bars):
            yield left + width * (number + 0.5), width, bar


def _top(bar: Bar) -> float:
    return max(number or 0.0 for number in (bar.value, bar.high, bar.mark))


def _draw(axes: "Axes", middle: float, width: float, bar: Bar) -> None:
    if bar.value is None:
        axes.plot([middle], [0.02], "x", color=FAINT, transform=axes.get_xaxis_transform(), markersize=4)
    else:
        axes.bar(middle, bar.value, 0.92 * width, **look(bar))
    if bar.value is not None and bar.low is not None and bar.high is not None:
        ends = [[bar.value - bar.low], [bar.high - bar.value]]
        axes.errorbar(middle, bar.value, ends, color=INK, elinewidth=1.1, capsize=2.5, capthick=1.1)
    if bar.mark is not None:
        ends_at = (middle - width / 2, middle + width / 2)
        axes.hlines(bar.mark, *ends_at, color="white", linewidth=3.6, zorder=3)
        axes.hlines(bar.mark, *ends_at, zorder=3.1, **mark_look(bar.doubtful))


def _number_size(chart: Chart) -> float:
    """Return the size in which the longest number is as wide as the narrowest bar, or the usual one."""
    narrowest = min(width for _, width, _ in _placed(chart)) * (WIDTH - LEFT - MARGIN) / len(chart.groups)
    longest = max(len(chart.text(bar.value)) for bar in chart.bars if bar.value is not None)
    return min(SMALL, 0.92 * narrowest / longest / LETTER)


def _write_number(axes: "Axes", text: str, middle: float, bar: Bar, size: float) -> None:
    """Write a bar's number at its foot, where no interval and no mark is; of a short bar above it."""
    low = bar.value is None or bar.value < SHORT * axes.get_ylim()[1]
    on_white = low or bar.hatched
    box = {"facecolor": "white", "linewidth": 0, "pad": 1.5} if on_white and not low else None
    axes.annotate(
        text,
        (middle, _top(bar) if low else 0),
        (0, 3 if low else 5),
        textcoords="offset points",
        ha="center",
        fontsize=size * 72 / DPI,
        color=INK if on_white else "white",
        bbox=box,
        zorder=4,
    )
