"""Bars in groups, one for each run: what is drawn, and what standing and lying bars share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossthink_hub.building.figure import DPI, FAINT, INK, WIDTH
from crossthink_hub.pictures import COLOURS, LINE, MARGIN, SMALL, TEXT, TITLE, short, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = (*COLOURS, "#6f6f6f", "#dd7fb0")
MOST = len(PALETTE)
"""So many runs are drawn at most, so that each has a colour of its own."""
GROUND = "#ececec"
LONGEST_NAME = 48
"""In letters."""
HANDLE = 64
"""In pixels: the legend's sign before a name, and the space behind it."""
HATCH = "////"


@dataclass(frozen=True)
class Bar:
    """A bar.

    Attributes:
        run: place of its run among those drawn.
        value: its length; None if there is no such number.
        low: where its interval begins, None without one.
        high: where it ends.
        mark: the paper's number; None if there is none.
        doubtful: whether that is quoted, or may be.
        hatched: whether it is the second of two kinds.
    """

    run: int
    value: float | None
    low: float | None = None
    high: float | None = None
    mark: float | None = None
    doubtful: bool = False
    hatched: bool = False


@dataclass(frozen=True)
class Group:
    """Bars that belong together: their name, and how much they could be at most, if that is known."""

    name: str
    bars: tuple[Bar, ...]
    whole: float | None = None


@dataclass(frozen=True)
class Chart:
    """A picture of bars.

    Attributes:
        title: above it.
        below: what the title leaves out.
        runs: names of the runs.
        groups: from left to right, or from top to bottom.
        axis: what the length of a bar is.
        decimals: of the numbers that are written.
        kinds: what bars that are not hatched are, and what those are that are.
    """

    title: str
    below: str
    runs: tuple[str, ...]
    groups: tuple[Group, ...]
    axis: str
    decimals: int = 0
    kinds: tuple[str, str] | None = None

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Return the bars of all groups."""
        return tuple(bar for group in self.groups for bar in group.bars)

    def text(self, value: float) -> str:
        """Return a number as it is written at its bar."""
        return f"{value:,.{self.decimals}f}"


def look(bar: Bar) -> dict[str, Any]:
    """Return how a bar is filled."""
    colour = PALETTE[bar.run % MOST]
    if bar.hatched:
        return {"facecolor": "white", "edgecolor": colour, "hatch": HATCH, "linewidth": 1}
    return {"facecolor": colour, "edgecolor": "white", "linewidth": 0.4}


@contextmanager
def drawn(chart: Chart, panel: int, left: int, foot: int) -> Iterator[tuple[Any, "Axes"]]:
    """Give a canvas with the head of a picture, and the axes below it.

    Args:
        chart: what is drawn.
        panel: height of the axes, in pixels like the next two.
        left: what is left free beside them.
        foot: and below them.
    """
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings = {"text.parse_math": False, "font.size": SMALL * 72 / DPI, "axes.edgecolor": FAINT}
    with style.context(["default", settings]):
        handles, names = _legend(chart)
        columns = _columns(names)
        top = MARGIN + 2 * LINE + LINE * -(-len(names) // columns) + 26
        height = top + panel + foot
        figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        write(figure, MARGIN, MARGIN, chart.title, TITLE, weight="bold")
        write(figure, MARGIN, MARGIN + LINE + 8, chart.below, TEXT, color=FAINT)
        _draw_legend(figure, handles, names, columns)
        wide = WIDTH - left - MARGIN
        axes = figure.add_axes((left / WIDTH, foot / height, wide / WIDTH, panel / height))
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=FAINT)
        axes.set_axisbelow(True)
        yield canvas, axes


def _legend(chart: Chart) -> tuple[list[Any], list[str]]:
    """Return what the legend shows, and its names: the runs, then what else there is to tell apart."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    pairs: list[tuple[Any, str]] = [
        (Patch(**look(Bar(place, None))), short(name, LONGEST_NAME)) for place, name in enumerate(chart.runs)
    ]
    if chart.kinds:
        pairs += [
            (Patch(facecolor=FAINT), chart.kinds[0]),
            (Patch(facecolor="white", edgecolor=FAINT, hatch=HATCH), chart.kinds[1]),
        ]
    if any(group.whole for group in chart.groups):
        pairs.append((Patch(facecolor=GROUND), "questions"))
    marks = {bar.doubtful for bar in chart.bars if bar.mark is not None}
    for doubtful in sorted(marks):
        name = "paper: quoted, or unsure" if doubtful else "paper"
        pairs.append((Line2D([], [], **mark_look(doubtful)), name))
    if any(bar.value is None for bar in chart.bars):
        pairs.append((Line2D([], [], color=FAINT, marker="x", linestyle="none"), "no number"))
    return [handle for handle, _ in pairs], [name for _, name in pairs]


def _columns(names: Sequence[str]) -> int:
    """Return how many names fit beside each other."""
    from matplotlib.textpath import TextPath

    widest = max(TextPath((0, 0), name, size=TEXT).get_extents().width for name in names)
    return int(max(1, min(4, (WIDTH - 2 * MARGIN) // (widest + HANDLE))))


def mark_look(doubtful: bool) -> dict[str, Any]:
    """Return how a number of the paper is marked."""
    return {"color": INK, "linewidth": 1.8, "linestyle": (0, (1.2, 1)) if doubtful else "-"}


def _draw_legend(figure: "Figure", handles: Sequence[Any], names: Sequence[str], columns: int) -> None:
    _, height = (size * DPI for size in figure.get_size_inches())
    figure.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=((MARGIN - 6) / WIDTH, 1 - (MARGIN + 2 * LINE + 6) / height),
        ncols=columns,
        frameon=False,
        borderpad=0,
        handlelength=1.6,
        fontsize=TEXT * 72 / DPI,
    )
