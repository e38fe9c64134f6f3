"""Read upstream files piece by piece into raw columns, whatever kind of file they are.

A piece is a part of one file small enough to hold in memory and large enough to be worth a task.
The kind of a file is told by its ending, its shape by the columns in it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from crossthink_hub.errors import SourceError
from crossthink_hub.sources import headerless_csv, json_lines, parquet
from crossthink_hub.sources.shape import Piece, Raw, Shape

MOST_UNREADABLE = 0.5
"""A piece with a larger share of unreadable rows is refused: the file is not what it seems."""


class Format(Protocol):
    """A kind of file."""

    def pieces(self, path: Path, name: str) -> list[Piece]:
        """Return the parts the file is read in."""

    def columns(self, path: Path, name: str) -> frozenset[str]:
        """Return the dotted paths of the file's columns."""

    def read(self, piece: Piece, shape: Shape) -> Raw:
        """Return one part's rows."""


FORMATS: Mapping[str, Format] = {".parquet": parquet, ".csv": headerless_csv, ".jsonl": json_lines}


def pieces(path: Path, name: str) -> list[Piece]:
    """Return the pieces of a file, in file order.

    Raises:
        SourceError: the file can't be opened as what its ending says.
    """
    return FORMATS[path.suffix].pieces(path, name)


def shape_of(path: Path, name: str, shapes: Sequence[Shape]) -> Shape:
    """Return the first shape that fits what is in the file.

    Raises:
        SourceError: no shape fits; the message lists the columns found and the columns expected.
    """
    found = FORMATS[path.suffix].columns(path, name)
    for shape in shapes:
        if shape.fits(found):
            return shape
    expected = " or ".join(", ".join(shape.required) for shape in shapes)
    raise SourceError(
        f"expected the columns {expected}; found {', '.join(sorted(found)) or 'none'}",
        where=name,
        fix="Check that the file belongs to this source.",
    )


def read(piece: Piece, shape: Shape) -> Raw:
    """Return one piece's raw columns as the shape names them, with `row` counted from the piece's start.

    Raises:
        SourceError: the piece can't be read, or most of its rows can't.
    """
    raw = FORMATS[piece.path.suffix].read(piece, shape)
    lost = sum(map(len, raw.unreadable.values()))
    if lost > MOST_UNREADABLE * (lost + raw.table.num_rows):
        raise SourceError(
            f"{lost} of {lost + raw.table.num_rows} rows can't be read ({', '.join(raw.unreadable)})",
            where=piece.name,
            fix="The file is damaged or of another format; get it again.",
        )
    return raw
