"""Bars that lie below each other: for many groups, or long names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crossthink_hub.building.figure import DPI, FAINT, INK
from crossthink_hub.evaluation.report.chart import GROUND, Bar, Chart, Group, drawn, look
from crossthink_hub.pictures import SMALL, png, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST_NAME = 21
"""Of a group, in letters."""
LEFT, FOOT = 250, 66
"""In pixels, like all that follows."""
THICK, THIN, GAP = 22, 13, 14
"""Of one or two bars in a group, of each of many, and between groups."""


def lying_bars(chart: Chart) -> bytes:
    """Return a PNG of bars from top to bottom, each with its number, on a ground as long as they could be."""
    from matplotlib.ticker import MaxNLocator

    bar = THICK if max((len(group.bars) for group in chart.groups), default=1) <= 2 else THIN
    tops = list(_tops(chart, bar))
    height = tops[-1]
    with drawn(chart, height, LEFT, FOOT) as (canvas, axes):
        axes.set_ylim(height, 0)
        axes.set_xlim(0, 1.07 * max(_longest(group) for group in chart.groups) or 1)
        axes.set_xlabel(chart.axis, color=FAINT)
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        middles = [top + len(group.bars) * bar / 2 for top, group in zip(tops, chart.groups, strict=False)]
        axes.set_yticks(middles, [short(group.name, LONGEST_NAME) for group in chart.groups], color=INK)
        axes.tick_params(axis="y", length=0, pad=8)
        for top, group in zip(tops, chart.groups, strict=False):
            if group.whole:
                axes.barh(top, group.whole, len(group.bars) * bar, align="edge", color=GROUND)
            for number, one in enumerate(group.bars):
                _draw(axes, chart, top + (number + 0.5) * bar, bar, one)
        return png(canvas)


def _tops(chart: Chart, bar: int) -> Iterator[int]:
    """Yield where each group begins, and where all end."""
    top = GAP // 2
    for group in chart.groups:
        yield top
        top += len(group.bars) * bar + GAP
    yield top


def _longest(group: Group) -> float:
    return max(group.whole or 0.0, *(bar.value or 0.0 for bar in group.bars), 0.0)


def _draw(axes: "Axes", chart: Chart, middle: float, height: int, bar: Bar) -> None:
    if bar.value is None:
        transform = axes.get_yaxis_transform()
        axes.plot([0.008], [middle], "x", color=FAINT, transform=transform, markersize=4)
        return
    axes.barh(middle, bar.value, 0.92 * height, **look(bar))
    axes.annotate(
        chart.text(bar.value),
        (bar.value, middle),
        (4, 0),
        textcoords="offset points",
        va="center_baseline",
        fontsize=min(height, SMALL) * 72 / DPI,
        color=INK,
    )
