"""The picture of the blends: a bar for each config, divided among its sources."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from crossthink_hub.recipe.paper import source_facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "mmlu": "#08306b",
        "syn_qa": "#4a97d2",
        "natural_reasoning": "#a9d0ec",
        "numina_math": "#7f2704",
        "persona_math": "#e8812e",
        "hendrycks_math": "#fdd0a2",
    }
)
"""Of each source: general-purpose ones blue, math orange, both from dark to light, for prints in grey."""
OTHER = "#9a9a9a"
HEADINGS = MappingProxyType({"gpr": "general-purpose", "mr": "math", "other": "other"})

DPI = 128
"""A power of two, so that every number of pixels is a number of inches exactly."""
WIDTH = 1260
"""Of the picture, in pixels, like all that follow."""
MARGIN = 28
BAR, PITCH = 36, 46
TITLE, TEXT, SMALL = 26, 20, 18
LINE = 34
COLUMN, IN_LINE = 300, 3
LONGEST_NAME = 24
LETTER = 0.602
"""Width of a letter of DejaVu Sans Mono, in its size."""
INK, FAINT = "#1b1b1b", "#595959"


@dataclass(frozen=True)
class Segment:
    """A source's part of a bar: its rows, and its first pixel and the one after its last."""

    source: str
    rows: int
    left: int
    right: int


def blends_figure(manifest: Mapping[str, Any]) -> bytes:
    """Return a PNG of the share that each source has in each config of a build, in the manifest's order.

    Example:
        >>> entry = {"rows": 100, "counts": {"mmlu": 66, "hendrycks_math": 34}}
        >>> blends_figure({"kind": "folder", "configs": {"gpr_up": entry}})[1:4]
        b'PNG'
    """
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = _legend(manifest)
    top = MARGIN + 2 * LINE + LINE * len(lines) + 14
    height = top + PITCH * len(manifest["configs"]) - (PITCH - BAR) + MARGIN
    with style.context("default"):
        figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white")
        canvas: Any = FigureCanvasAgg(figure)  # savefig would draw twice
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
        axes.set_axis_off()
        _draw_head(axes, manifest, lines)
        _draw_bars(axes, manifest["configs"], top)
        canvas.draw()
    return _png(bytes(canvas.buffer_rgba()), height)


def _png(pixels: bytes, height: int) -> bytes:
    """Return pixels as a PNG of 256 colours, a third as long as one of all; only letters have so many."""
    from PIL import Image

    image = Image.frombytes("RGBA", (WIDTH, height), pixels).convert("RGB")
    png = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(png, "PNG", dpi=(DPI, DPI))
    return png.getvalue()


def segments(entry: Mapping[str, Any], left: int, right: int) -> list[Segment]:
    """Return the parts of a config's bar, general-purpose sources first; they fill it without gaps.

    Example:
        >>> entry = {"rows": 3, "counts": {"numina_math": 1, "mmlu": 2}}
        >>> [(segment.source, segment.right) for segment in segments(entry, left=0, right=300)]
        [('mmlu', 200), ('numina_math', 300)]
    """
    found, before = [], 0
    for source in _in_order(entry["counts"]):
        rows = entry["counts"][source]
        edges = (left + round((right - left) * count / entry["rows"]) for count in (before, before + rows))
        found.append(Segment(source, rows, *edges))
        before += rows
    return found


def _in_order(sources: Iterable[str]) -> list[str]:
    """Return sources in the order of table 1, which has the general-purpose ones first; unknown ones last."""
    order = list(source_facts())
    return sorted(sources, key=lambda name: (order.index(name) if name in order else len(order), name))


def _legend(manifest: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the lines of the legend: a heading, and the sources that stand behind it."""
    used = _in_order({source for entry in manifest["configs"].values() for source in entry["counts"]})
    facts = source_facts()
    groups: dict[str, list[str]] = {}
    for source in used:
        groups.setdefault(facts[source].category if source in facts else "other", []).append(source)
    return [
        (HEADINGS[group] if start == 0 else "", sources[start : start + IN_LINE])
        for group, sources in groups.items()
        for start in range(0, len(sources), IN_LINE)
    ]


def _draw_head(axes: "Axes", manifest: Mapping[str, Any], lines: list[tuple[str, list[str]]]) -> None:
    sample = " (sample of made-up rows)" if manifest["kind"] == "sample" else ""
    _write(axes, MARGIN, MARGIN + 14, f"Share of each source in each config{sample}", TITLE, "Sans-Bold")
    for number, (heading, sources) in enumerate(lines):
        y = MARGIN + 2 * LINE - 8 + number * LINE
        _write(axes, MARGIN, y, heading, TEXT)
        for column, source in enumerate(sources):
            x = MARGIN + 200 + column * COLUMN
            _fill(axes, x, x + 24, y - 12, 24, COLOURS.get(source, OTHER))
            _write(axes, x + 34, y, _short(source), TEXT, "SansMono")


def _draw_bars(axes: "Axes", configs: Mapping[str, Any], top: int) -> None:
    longest = max(len(_short(name)) for name in configs)
    digits = max(len(f"{entry['rows']:,}") for entry in configs.values())
    left = MARGIN + round(longest * LETTER * TEXT) + 16
    right = WIDTH - MARGIN - round(max(digits, len("rows")) * LETTER * TEXT) - 16
    _write(axes, WIDTH - MARGIN, top - 18, "rows", SMALL, colour=FAINT, align="right")
    for number, (name, entry) in enumerate(configs.items()):
        y = top + number * PITCH
        _write(axes, left - 16, y + BAR // 2, _short(name), TEXT, "SansMono", align="right")
        _write(axes, WIDTH - MARGIN, y + BAR // 2, f"{entry['rows']:,}", TEXT, "SansMono", align="right")
        for segment in segments(entry, left, right):
            _draw_segment(axes, segment, y, entry["rows"], (left, right))


def _draw_segment(axes: "Axes", segment: Segment, y: int, rows: int, ends: tuple[int, int]) -> None:
    """Draw a segment, a pixel short of its neighbours, and its share where there is room for it."""
    colour = COLOURS.get(segment.source, OTHER)
    gap = int(segment.right - segment.left > 4)
    left, right = (
        edge if edge in ends else edge + side for edge, side in ((segment.left, gap), (segment.right, -gap))
    )
    _fill(axes, left, right, y, BAR, colour)
    label = _percent(segment.rows, rows)
    if right - left >= len(label) * 0.7 * SMALL + 14:
        dark = _luminance(colour) < 0.18
        _write(
            axes,
            (left + right) // 2,
            y + BAR // 2,
            label,
            SMALL,
            colour="white" if dark else INK,
            align="center",
        )


def _fill(axes: "Axes", left: int, right: int, top: int, height: int, colour: str) -> None:
    from matplotlib.patches import Rectangle

    axes.add_artist(
        Rectangle((left, top), right - left, height, facecolor=colour, linewidth=0, antialiased=False)
    )


def _write(
    axes: "Axes",
    x: int,
    middle: int,
    text: str,
    size: int,
    font: str = "Sans",
    *,
    colour: str = INK,
    align: str = "left",
) -> None:
    """Write a text whose capitals stand around a height, in a font that comes with matplotlib."""
    import matplotlib
    from matplotlib.font_manager import FontProperties

    file = Path(matplotlib.get_data_path(), "fonts", "ttf", f"DejaVu{font}.ttf")
    properties = FontProperties(fname=file, size=size * 72 / DPI)
    baseline = middle + round(0.36 * size)
    axes.text(
        x, baseline, text, fontproperties=properties, color=colour, ha=align, va="baseline", parse_math=False
    )


def _percent(part: int, whole: int) -> str:
    return ">99%" if part < whole and 200 * part >= 199 * whole else f"{100 * part / whole:.0f}%"


def _short(name: str) -> str:
    """Return a name, without its middle if it is very long."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it: 0 for black, 1 for white."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
