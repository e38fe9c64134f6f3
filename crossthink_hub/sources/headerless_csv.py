"""Upstream files in headerless CSV: cells are text under the names f0, f1, …; `NA` or an empty cell too."""

import csv
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.shape import Piece, Raw, Shape, pick

LOOKED_AT = 100
"""How many first rows tell how many cells a row has."""


def pieces(path: Path, name: str) -> list[Piece]:
    """Return the whole file as one piece: a quoted cell may hold line ends, so it can't be cut."""
    size = path.stat().st_size
    return [Piece(path, name, 0, size)] if size else []


def columns(path: Path, name: str) -> frozenset[str]:
    """Return f0, f1, … for as many cells as most of the first rows have."""
    return frozenset(_names(path, name))


def read(piece: Piece, shape: Shape) -> Raw:
    """Return the file's rows; one with too few or too many cells is unreadable."""
    names = _names(piece.path, piece.name)
    wrong: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        wrong.append(row.number - 1)
        return "skip"

    try:
        table = pa_csv.read_csv(
            piece.path,
            read_options=pa_csv.ReadOptions(column_names=names, use_threads=False),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise _not_csv(piece.name, error) from error
    lines = table.num_rows + len(wrong)
    lost = frozenset(wrong)
    rows = pa.array([row for row in range(lines) if row not in lost], pa.int64())
    return Raw(pick(table, shape, rows, piece.name), lines, {"wrong_number_of_cells": wrong} if wrong else {})


def _names(path: Path, name: str) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines)
            widths = Counter(len(row) for row, _ in zip(rows, range(LOOKED_AT), strict=False))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _not_csv(name, error) from error
    return [f"f{i}" for i in range(widths.most_common(1)[0][0] if widths else 0)]


def _not_csv(name: str, error: Exception) -> SourceError:
    return SourceError(
        f"expected CSV in UTF-8, can't read it as such ({error})",
        where=name,
        fix="The file is damaged or in another encoding; get it again.",
    )
