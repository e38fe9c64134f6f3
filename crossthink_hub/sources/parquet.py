"""Upstream files in Parquet, by row groups."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.shape import Piece, Raw, Shape, nested_paths, pick

PIECE_ROWS = 16_384


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


def columns(path: Path, name: str) -> frozenset[str]:
    """Return the dotted paths of all columns."""
    return frozenset(p for f in _open(path, name).schema_arrow for p in nested_paths(f.type, f.name))


def read(piece: Piece, shape: Shape) -> Raw:
    """Return the piece's row groups, only the columns that the shape names."""
    there = columns(piece.path, piece.name)
    paths = [column.path for column in shape.columns.values() if column.path in there]
    try:
        groups = list(range(piece.start, piece.stop))
        table = _open(piece.path, piece.name).read_row_groups(groups, columns=paths, use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            f"row groups {piece.start} to {piece.stop - 1} can't be read ({error})",
            where=piece.name,
            fix="The file is damaged; get it again.",
        ) from error
    rows = pa.array(range(table.num_rows), pa.int64())
    return Raw(pick(table, shape, rows, piece.name), table.num_rows)


def _open(path: Path, name: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            f"expected a Parquet file, can't read it as one ({error})",
            where=name,
            fix="The file is damaged or was not fully downloaded (a Git LFS pointer?); get it again.",
        ) from error
