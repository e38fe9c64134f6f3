"""Upstream files in Parquet, by row groups."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.shape import Columns, Piece, Raw, Shape, nested_paths, pick

PIECE_ROWS = 16_384
DAMAGED = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What a damaged file may raise; the last where names of columns are no text."""


def pieces(path: Path, name: str) -> list[Piece]:
    """Return runs of row groups of at least `PIECE_ROWS` rows."""
    meta = _open(path, name).metadata
    found, start, rows = [], 0, 0
    for group in range(meta.num_row_groups):
        rows += meta.row_group(group).num_rows
        if rows >= PIECE_ROWS:
            found.append(Piece(path, name, start, group + 1))
            start, rows = group + 1, 0
    if rows:
        found.append(Piece(path, name, start, meta.num_row_groups))
    return found


def sample(path: Path, name: str, count: int) -> list[Piece]:
    """Return up to so many row groups, spread over the file."""
    groups = _open(path, name).metadata.num_row_groups
    return [Piece(path, name, group, group + 1) for group in range(0, groups, -(-groups // count) or 1)]


def columns(path: Path, name: str) -> Columns:
    """Return the dotted paths and types of all columns."""
    schema = _open(path, name).schema_arrow
    return {p: kind for f in schema for p, kind in nested_paths(f.type, f.name)}


def read(piece: Piece, shape: Shape) -> Raw:
    """Return the piece's row groups, only the columns that the shape names."""
    there = columns(piece.path, piece.name)
    paths = [path for column in shape.columns.values() if (path := column.found(there))]
    file = _open(piece.path, piece.name)
    groups = list(range(piece.start, piece.stop))
    try:
        table = file.read_row_groups(groups, columns=paths, use_threads=False)
    except DAMAGED as error:
        raise SourceError(
            f"row groups {piece.start} to {piece.stop - 1} can't be read ({error})",
            where=piece.name,
            fix="The file is damaged; get it again.",
        ) from error
    first = sum(file.metadata.row_group(group).num_rows for group in range(piece.start))
    rows = pa.array(range(table.num_rows), pa.int64())
    return Raw(pick(table, shape, rows, piece.name, first), table.num_rows)


def count(path: Path, name: str) -> int:
    """Return the number of rows that the footer has."""
    rows: int = _open(path, name).metadata.num_rows
    return rows


def _open(path: Path, name: str) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except DAMAGED as error:
        raise SourceError(
            f"expected a Parquet file, can't read it as one ({error})",
            where=name,
            fix="The file is damaged or was not fully downloaded (a Git LFS pointer?); get it again.",
        ) from error
    groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    if sum(groups) != file.metadata.num_rows:
        raise SourceError(
            f"its footer says {file.metadata.num_rows} rows, its row groups {sum(groups)}",
            where=name,
            fix="The file is damaged; get it again.",
        )
    return file
