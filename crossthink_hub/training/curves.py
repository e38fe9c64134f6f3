"""The curves of a run: reward, format, length and KL of its steps, from `metrics.jsonl` to one picture."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import yaml

from crossthink_hub.building.figure import DPI, FAINT, INK, WIDTH
from crossthink_hub.errors import FolderError, OutputError, UsageError
from crossthink_hub.pictures import COLOURS, HEADING, LINE, MARGIN, SMALL, TEXT, TITLE, png, short, write
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.training.checkpoints import METRICS
from crossthink_hub.training.reward import ALL
from crossthink_hub.training.run import RECIPE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILE_NAME = "curves.png"
Values = npt.NDArray[np.float64]
"""A number for each step that was logged, `nan` where there is none."""


@dataclass(frozen=True)
class Panel:
    """One of the pictures.

    Attributes:
        title: what it shows.
        metric: of all prompts together, as `metrics.jsonl` names it.
        of_source: of each source, without the source's name; None for none.
        share: whether it is one, from 0 to 1.
        spikes: whether single steps may be so high that nothing else is seen.
    """

    title: str
    metric: str
    of_source: str | None = None
    share: bool = False
    spikes: bool = False


PANELS = (
    Panel("Reward", "reward", "reward"),
    Panel("Share of completions in the format", f"{ALL}/format", "format", share=True),
    Panel("Tokens of a completion", "completions/mean_length"),
    Panel("KL divergence from the reference model", "kl", spikes=True),
)
PATTERNS = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
A_PATTERN = 3
"""So many sources in a row have one pattern: the general-purpose ones a line, those of mathematics dashes."""
MOST_SOURCES = 12
COLUMNS = 4
Looks = Mapping[str, Mapping[str, Any]]
"""Colour and pattern of each source that is drawn."""

MANY = 50
"""From so many steps on, a mean over neighbours is drawn over them."""
NEIGHBOURHOOD = 25
"""The share of all steps that it is of: a 25th."""

PANEL = 300
"""In pixels, like all that follows."""
BESIDE, BETWEEN = 88, 96
"""Left of a panel, for its numbers; below one, for its steps and the heading of the next."""
FEW, FAR = 99.0, 1.5
"""What is above this percentile so many times is a spike: it would flatten the rest, and is said in words."""


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """Return what a run has logged so far, a mapping for each line of its `metrics.jsonl`, in their order.

    A line that is not whole is passed over: a kill leaves one behind.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lines = ['{"step": 1, "reward": 0.5}', '{"step": 2, "rewa']
        ...     _ = Path(folder, "metrics.jsonl").write_text("\\n".join(lines))
        ...     read_metrics(Path(folder)), read_metrics(Path(folder, "nothing"))
        ([{'step': 1, 'reward': 0.5}], [])
    """
    path = run / METRICS
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return [entry for line in lines if (entry := _entry(line)) is not None]


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("step"), int) else None


def training_steps(metrics: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return what was logged of training, in the order of steps; of a step that was done again, the last.

    Example:
        >>> training_steps([{"step": 2, "kl": 0.1}, {"step": 2, "eval_reward": 1}, {"step": 1}, {"step": 2}])
        [{'step': 1}, {'step': 2}]
    """
    steps = {entry["step"]: entry for entry in metrics if not any(key.startswith("eval_") for key in entry)}
    return [steps[step] for step in sorted(steps)]


def number(entry: Mapping[str, Any], name: str) -> float | None:
    """Return a metric of a step; None where it has none, or nothing that is a number.

    Example:
        >>> number({"step": 1, "kl": None}, "kl"), number({"step": 1, "kl": 0}, "kl")
        (None, 0.0)
    """
    value = entry.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def sources_in(metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the sources that metrics tell apart, in the order of the paper's table 1, unknown ones last.

    Example:
        >>> sources_in([{"all/format": 1, "mine/format": 1}, {"numina_math/format": 1, "mmlu/format": 1}])
        ['mmlu', 'numina_math', 'mine']
    """
    ends = {name.removesuffix("/format") for entry in metrics for name in entry if name.endswith("/format")}
    order = list(source_facts())
    return sorted(
        (name for name in ends if name != ALL and not name.startswith("eval_")),
        key=lambda name: (order.index(name) if name in order else len(order), name),
    )


def draw_curves(run: Path) -> Path:
    """Draw the curves of a run into its folder, and return the picture: `curves.png`.

    Raises:
        UsageError: there is no such run, or it has not logged anything yet.
        FolderError: no line of its metrics can be read.
        OutputError: the picture can't be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "metrics.jsonl").write_text('{"step": 1, "reward": 0.5}')
        ...     draw_curves(Path(folder)).read_bytes()[1:4]
        b'PNG'
    """
    steps = _logged(run)
    image = run / FILE_NAME
    try:
        image.write_bytes(_png(*_titles(run, steps), steps))
    except OSError as error:
        raise OutputError(f"can't be written ({error.strerror or error})", where=image) from error
    return image


def _logged(run: Path) -> list[Mapping[str, Any]]:
    if not run.is_dir():
        raise UsageError(
            "no such run", where=run, fix="Give the folder that it writes to, such as runs/gpr_up_7b."
        )
    path = run / METRICS
    if not path.is_file() or not path.stat().st_size:
        raise UsageError(
            "has no metrics yet",
            where=run,
            fix=f"A run writes {METRICS} after its first step. Is this the folder of a run (output_dir)?",
        )
    steps = training_steps(read_metrics(run))
    if not steps:
        raise FolderError(
            "no line of it is a step of training", where=path, fix="Give the folder of another run."
        )
    return steps


def _titles(run: Path, steps: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return what to write above the curves, as far as the run's recipe can be read."""
    try:
        recipe = yaml.safe_load((run / RECIPE).read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        recipe = None
    recipe = recipe if isinstance(recipe, dict) else {}
    name = str(recipe.get("run_name") or run.resolve().name)
    done = f"step {steps[-1]['step']:,}"
    most = recipe.get("max_steps")
    parts = [recipe.get("title"), f"{done} of {most:,}" if isinstance(most, int) and most > 0 else done]
    if (window := _window(len(steps))) > 1:
        parts.append(f"means of {window} steps, each step in grey")
    if (more := len(sources_in(steps)) - MOST_SOURCES) > 0:
        parts.append(f"{more:,} more sources")
    return short(name, 60), " · ".join(short(str(part), 80) for part in parts if part)


def _window(steps: int) -> int:
    """Return over how many steps a line is smoothed, an odd number: 1 for not at all.

    Example:
        >>> _window(10), _window(650)
        (1, 27)
    """
    return steps // NEIGHBOURHOOD | 1 if steps >= MANY else 1


def _png(title: str, below: str, steps: Sequence[Mapping[str, Any]]) -> bytes:
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    looks = _looks(sources_in(steps)[:MOST_SOURCES])
    top = MARGIN + 2 * LINE + (LINE * -(-(1 + len(looks)) // COLUMNS) if looks else 0) + 58
    height = top + 2 * PANEL + BETWEEN + MARGIN + 44
    settings = {"text.parse_math": False, "font.size": SMALL * 72 / DPI, "axes.edgecolor": FAINT}
    with style.context(["default", settings]):
        figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white")
        canvas: Any = FigureCanvasAgg(figure)
        write(figure, MARGIN, MARGIN, title, TITLE, weight="bold")
        write(figure, MARGIN, MARGIN + LINE + 8, below, TEXT, color=FAINT)
        if looks:
            _draw_legend(figure, looks)
        for place, panel in enumerate(PANELS):
            _draw_panel(_axes(figure, place, top), panel, steps, looks)
        return png(canvas)


def _axes(figure: "Figure", place: int, top: int) -> "Axes":
    """Return where a panel is drawn: the first two beside each other, the others below."""
    width, height = (round(size * DPI) for size in figure.get_size_inches())
    wide = (width - 2 * MARGIN) // 2 - BESIDE
    left = MARGIN + BESIDE + place % 2 * (wide + BESIDE)
    bottom = height - top - PANEL - place // 2 * (PANEL + BETWEEN)
    return figure.add_axes((left / width, bottom / height, (wide - 12) / width, PANEL / height))


def _draw_panel(axes: "Axes", panel: Panel, steps: Sequence[Mapping[str, Any]], looks: Looks) -> None:
    at = np.array([entry["step"] for entry in steps])
    together = _values(steps, panel.metric)
    _frame(axes, panel.title, at)
    if np.isnan(together).all():
        axes.text(0.5, 0.5, "not logged", transform=axes.transAxes, ha="center", va="center", color=FAINT)
        axes.set_yticks([])
        return
    if _window(len(at)) > 1:
        there = ~np.isnan(together)
        axes.plot(at[there], together[there], color=INK, alpha=0.22, linewidth=0.8, zorder=1.5)
    for source, look in looks.items():
        if panel.of_source:
            _draw_line(axes, at, _values(steps, f"{source}/{panel.of_source}"), linewidth=1.3, **look)
    _draw_line(axes, at, together, color=INK, linewidth=2, zorder=3)
    axes.set_ylim((-0.02, 1.02) if panel.share else (min(axes.dataLim.ymin, 0.0), axes.get_ylim()[1]))
    if panel.spikes and _window(len(at)) > 1:
        _cut_spikes(axes, at, together)


def _frame(axes: "Axes", title: str, at: Values) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(title, loc="left", fontsize=HEADING * 72 / DPI, color=INK, pad=9)
    axes.set_xlabel("step", loc="right", color=FAINT, labelpad=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=FAINT)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    beside = max(0.02 * (at[-1] - at[0]), 0.5)
    axes.set_xlim(at[0] - beside, at[-1] + beside)


def _draw_line(axes: "Axes", at: Values, values: Values, **look: Any) -> None:
    """Draw a line, smoothed if there are many steps; with a dot for each if there are few."""
    window = _window(len(at))
    shown = _smoothed(values, window)
    there = ~np.isnan(shown)
    dots = {} if window > 1 else {"marker": "o", "markersize": 2 * look["linewidth"]}
    axes.plot(at[there], shown[there], **look, **dots)


def _cut_spikes(axes: "Axes", at: Values, values: Values) -> None:
    """Leave the peaks of a few single steps out of the picture, and say so in it."""
    usual = FAR * float(np.nanpercentile(values, FEW))
    highest = int(np.nanargmax(values))
    if not 0 < usual < values[highest]:
        return
    low, _ = axes.get_ylim()
    axes.set_ylim(low, usual)
    axes.text(
        0.02,
        0.97,
        f"cut off: up to {values[highest]:.3g}, at step {at[highest]:,}",
        transform=axes.transAxes,
        va="top",
        color=FAINT,
    )


def _values(steps: Sequence[Mapping[str, Any]], name: str) -> Values:
    found = (number(entry, name) for entry in steps)
    return np.array([np.nan if value is None else value for value in found])


def _smoothed(values: Values, window: int) -> Values:
    """Return the mean of each value's neighbourhood, of those that are there.

    Example:
        >>> _smoothed(np.array([1, 3, np.nan, np.nan, np.nan, 8]), 3).tolist()
        [2.0, 2.0, 3.0, nan, 8.0, 8.0]
    """
    there = ~np.isnan(values)
    around = np.ones(window)
    sums = np.convolve(np.where(there, values, 0.0), around, "same")
    counts = np.convolve(there.astype(np.float64), around, "same")
    means: Values = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0.5)
    return means


def _looks(sources: Sequence[str]) -> Looks:
    """Return how each source is drawn, the paper's always in the same way; nothing if there is only one."""
    paper = list(source_facts())
    free = (place for place in count() if place >= len(paper) or paper[place] not in sources)
    places = {name: paper.index(name) if name in paper else next(free) for name in sources}
    looks = {
        name: {"color": COLOURS[nth % len(COLOURS)], "linestyle": PATTERNS[nth // A_PATTERN % len(PATTERNS)]}
        for name, nth in places.items()
    }
    return looks if len(looks) > 1 else {}


def _draw_legend(figure: "Figure", looks: Looks) -> None:
    from matplotlib.lines import Line2D

    width, height = (size * DPI for size in figure.get_size_inches())
    lines = [Line2D([], [], color=INK, linewidth=2)]
    lines += [Line2D([], [], linewidth=1.6, **look) for look in looks.values()]
    figure.legend(
        lines,
        ["all together", *map(short, looks)],
        loc="upper left",
        bbox_to_anchor=((MARGIN - 6) / width, 1 - (MARGIN + 2 * LINE + 6) / height),
        ncols=COLUMNS,
        frameon=False,
        borderpad=0,
        handlelength=2.6,
        fontsize=TEXT * 72 / DPI,
    )
