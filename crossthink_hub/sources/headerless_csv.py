"""Upstream files in headerless CSV: cells are text under the names f0, f1, …; `NA` or an empty cell too."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.shape import Columns, Piece, Raw, Shape, pick

LOOKED_AT = 100
"""How many first rows tell how many cells a row has."""
BATCH_ROWS = 4_096
NOT_TEXT = re.compile("[\udc80-\udcff]")
"""What Python reads bytes as that are not UTF-8."""
NOT_A_ROW, WRONG_NUMBER = "not_a_csv_row", "wrong_number_of_cells"

Row = tuple[int, list[str]]


def pieces(path: Path, name: str) -> list[Piece]:
    """Return the whole file as one piece: a quoted cell may hold line ends, so it can't be cut."""
    size = path.stat().st_size
    return [Piece(path, name, 0, size)] if size else []


def sample(path: Path, name: str, count: int) -> list[Piece]:
    """Return the whole file: it can't be cut."""
    return pieces(path, name)


def columns(path: Path, name: str) -> Columns:
    """Return f0, f1, … for as many cells as most of the first rows have."""
    return dict.fromkeys(_names(path, name), pa.string())


def read(piece: Piece, shape: Shape) -> Raw:
    """Return the file's rows; one with quotes amiss, or too few or too many cells, is unreadable."""
    names = _names(piece.path, piece.name)
    unreadable: dict[str, list[int]] = {}
    lines = 0

    def good() -> Iterator[Row]:
        nonlocal lines
        for row, cells in enumerate(_rows(piece.path)):
            lines = row + 1
            if cells is not None and len(cells) == len(names):
                yield row, cells
            else:
                reason = NOT_A_ROW if cells is None else WRONG_NUMBER
                unreadable.setdefault(reason, []).append(row)

    table = _table(good(), names, piece.name)
    rows = table["row"].combine_chunks()
    return Raw(pick(table, shape, rows, piece.name), lines, unreadable)


def count(path: Path, name: str) -> int:
    """Return the number of rows that are not blank."""
    return sum(1 for _ in _rows(path))


def _names(path: Path, name: str) -> list[str]:
    rows = [(row, cells) for row, cells in enumerate(islice(_rows(path), LOOKED_AT)) if cells is not None]
    _check_utf_8(rows, name)
    widths = Counter(len(cells) for _, cells in rows)
    return [f"f{i}" for i in range(widths.most_common(1)[0][0] if widths else 0)]


def _rows(path: Path) -> Iterator[list[str] | None]:
    """Yield the cells of each row that is not blank, and None for a line that begins none.

    Where a quote is not closed, or a cell is longer than `csv` takes, only the line in which the row begins
    is lost: reading goes on with the next.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, strict=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error:
                lines.go_back()
                reader = csv.reader(lines, strict=True)
                yield None
                continue
            if cells is None:
                return
            lines.taken.clear()
            if cells:
                yield cells


class _Lines:
    """Lines of a file, of which those of a row that was not closed can be taken again but for the first."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: list[str] = []  # the next one last
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def go_back(self) -> None:
        self._again += reversed(self.taken[1:])
        self.taken.clear()


def _table(rows: Iterator[Row], names: Sequence[str], name: str) -> pa.Table:
    """Return rows as columns of text under the names, and `row`."""
    schema = pa.schema([("row", pa.int64()), *((column, pa.string()) for column in names)])
    batches = []
    while batch := list(islice(rows, BATCH_ROWS)):
        _check_utf_8(batch, name)
        cells = zip(*(cells for _, cells in batch), strict=True)
        batches.append(pa.record_batch([[row for row, _ in batch], *map(list, cells)], schema))
    return pa.Table.from_batches(batches, schema)


def _check_utf_8(rows: Sequence[Row], name: str) -> None:
    """Check that all cells are text.

    Raises:
        SourceError: one is not.
    """
    for row, cells in rows:
        for column, cell in enumerate(cells):
            if not cell.isascii() and NOT_TEXT.search(cell):
                raise SourceError(
                    f"expected CSV in UTF-8, row {row} (from 0) is not, in column f{column}",
                    where=name,
                    fix="The file is damaged or in another encoding; get it again.",
                )
