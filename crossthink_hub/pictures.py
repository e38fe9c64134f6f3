"""What pictures drawn with matplotlib share: text placed by pixels, names cut short, the same bytes again."""

import io
from typing import TYPE_CHECKING, Any

from crossthink_hub.building.figure import DPI, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0a3d91", "#d55e00", "#0f9d6e", "#6f2a7a", "#2f9bd6", "#b97d00")
"""Near Okabe and Ito's; people who see two of three colours tell them apart, too."""
MARGIN = 28
"""In pixels, like all that follows."""
TITLE, HEADING, TEXT, SMALL = 26, 21, 18, 17
LINE = 28
LONGEST_NAME = 24
"""In letters."""


def write(figure: "Figure", x: int, y: int, text: str, size: int, **look: Any) -> None:
    """Write a text, its upper left corner so many pixels from the picture's."""
    width, height = (extent * DPI for extent in figure.get_size_inches())
    figure.text(x / width, 1 - y / height, text, fontsize=size * 72 / DPI, va="top", **{"color": INK, **look})


def short(text: str, most: int = LONGEST_NAME) -> str:
    r"""Return a text on one line, without its end if it is very long.

    Example:
        >>> short("a\n b"), short("abcdef", 4)
        ('a b', 'abc…')
    """
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def png(canvas: Any) -> bytes:
    """Return what a canvas of matplotlib shows: the same bytes for the same picture."""
    written = io.BytesIO()
    canvas.print_png(written, metadata={"Software": None})
    return written.getvalue()
