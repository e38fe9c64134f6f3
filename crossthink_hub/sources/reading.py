"""Read upstream files piece by piece into raw columns, whatever kind of file they are.

A piece is a part of one file small enough to hold in memory and large enough to be worth a task.
The kind of a file is told by its ending, its shape by the columns in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from crossthink_hub.errors import SourceError
from crossthink_hub.sources import headerless_csv, json_lines, parquet
from crossthink_hub.sources.instruction import Instruction, take_off
from crossthink_hub.sources.prompted import user_texts
from crossthink_hub.sources.shape import Columns, Piece, Raw, Shape

MOST_UNREADABLE = 0.5
"""A file with a larger share of unreadable rows is refused: it is not what it seems."""


class Format(Protocol):
    """A kind of file."""

    def pieces(self, path: Path, name: str) -> list[Piece]:
        """Return the parts the file is read in."""

    def columns(self, path: Path, name: str) -> Columns:
        """Return the dotted paths of the file's columns, with their types."""

    def sample(self, path: Path, name: str, count: int) -> list[Piece]:
        """Return up to so many small parts of the file, spread over it."""

    def read(self, piece: Piece, shape: Shape) -> Raw:
        """Return one part's rows."""

    def count(self, path: Path, name: str) -> int:
        """Return how many rows the file has, also those that can't be read."""


FORMATS: Mapping[str, Format] = {".parquet": parquet, ".csv": headerless_csv, ".jsonl": json_lines}


def pieces(path: Path, name: str) -> list[Piece]:
    """Return the pieces of a file, in file order.

    Raises:
        SourceError: the file can't be opened as what its ending says.
    """
    with reading_of(name):
        if not path.is_file():
            raise SourceError(
                "expected a file, found none (a link that leads nowhere?)",
                where=name,
                fix="Get it again, or take it out of the folder.",
            )
        return FORMATS[path.suffix].pieces(path, name)


def shape_of(path: Path, name: str, shapes: Sequence[Shape]) -> Shape:
    """Return the first shape that fits what is in the file.

    Raises:
        SourceError: no shape fits; the message lists the columns found and the columns expected.
    """
    with reading_of(name):
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


def absent_columns(path: Path, name: str, shape: Shape) -> list[str]:
    """Return the columns that the shape would read if the file had them."""
    with reading_of(name):
        return shape.absent(FORMATS[path.suffix].columns(path, name))


def sample_pieces(path: Path, name: str, count: int) -> list[Piece]:
    """Return up to so many small parts of a file, spread over it; none of an empty file.

    Raises:
        SourceError: the file can't be opened as what its ending says.
    """
    if not pieces(path, name):
        return []
    with reading_of(name):
        return FORMATS[path.suffix].sample(path, name, count)


def read(piece: Piece, shape: Shape, instruction: Instruction) -> Raw:
    """Return one piece's raw columns as the shape names them, with `row` counted from the piece's start.

    A shape with a `prompt` also gets `question`: what the user says in it, without the instruction.

    Raises:
        SourceError: the piece can't be read.
    """
    with reading_of(piece.name):
        raw = FORMATS[piece.path.suffix].read(piece, shape)
    if not shape.instructed:
        return raw
    question = take_off(user_texts(raw.table["prompt"].combine_chunks()), instruction)
    return replace(raw, table=raw.table.append_column("question", question))


def check_readable(name: str, rows: int, unreadable: Mapping[str, int]) -> None:
    """Check that most of a file's rows could be read.

    Args:
        name: of the file.
        rows: how many could.
        unreadable: how many could not, by reason.

    Raises:
        SourceError: most could not.
    """
    lost = sum(unreadable.values())
    if lost > MOST_UNREADABLE * (lost + rows):
        raise SourceError(
            f"{lost} of {lost + rows} rows can't be read ({', '.join(unreadable)})",
            where=name,
            fix="The file is damaged or of another format; get it again.",
        )


def count_rows(path: Path, name: str) -> int:
    """Return how many rows a file has, also those that can't be read.

    Raises:
        SourceError: the file can't be opened as what its ending says.
    """
    with reading_of(name):
        return FORMATS[path.suffix].count(path, name)


@contextmanager
def reading_of(name: str) -> Iterator[None]:
    """Say of which file it is that the system can't read it.

    Raises:
        SourceError: it can't.
    """
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"can't be read ({error.strerror or error})",
            where=name,
            fix="Check its permissions and its disk.",
        ) from error
