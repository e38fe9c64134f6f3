"""First pass: read the sources piece by piece, filter, and keep each problem's hashes in memory.

The problems themselves wait on disk, a file for each piece.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.identity import UInt64, detail_digests, digests, ids, ranks
from crossthink_hub.recipe.filters import apply_filters
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.sources.reading import pieces, read, shape_of
from crossthink_hub.sources.registry import Located, Source
from crossthink_hub.sources.shape import Piece, Shape

DROPPED = pa.schema(
    [
        ("id", pa.string()),  # null where the row could not even be read
        ("reason", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),  # from 0: rows of Parquet and CSV, lines of JSON Lines
    ]
)
"""A row of `dropped/<source>.parquet`."""


@dataclass(frozen=True)
class ReadTask:
    """One piece to read, and where its problems go."""

    source: Source
    shape: Shape
    piece: Piece
    spill: Path


@dataclass(frozen=True)
class Collected:
    """What one piece gave: hashes of the problems kept, in the order of `spill`, and the rows dropped.

    `dropped` counts `row` from the piece's start; `lines` is how many places the piece covers.
    """

    task: ReadTask
    digests: UInt64
    ranks: UInt64
    dropped: pa.Table
    flags: Mapping[str, int]
    lines: int


def read_tasks(located: Mapping[str, Located], folder: Path) -> list[ReadTask]:
    """Return the pieces of all files of all sources, in the order of sources, files and places.

    Raises:
        SourceError: a file can't be opened, or fits none of its source's shapes.
    """
    tasks: list[ReadTask] = []
    for found in located.values():
        for name, path in found.files.items():
            parts = pieces(path, name)
            shape = shape_of(path, name, found.source.shapes) if parts else None
            for piece in parts:
                assert shape is not None
                tasks.append(ReadTask(found.source, shape, piece, folder / f"{len(tasks):06d}.arrow"))
    return tasks


def collect(task: ReadTask, seed: int) -> Collected:
    """Read one piece, filter it, spill its problems and return their hashes.

    Raises:
        SourceError: the piece can't be read.
    """
    raw = read(task.piece, task.shape)
    name = task.source.name
    kept, dropped = apply_filters(task.shape.problems(raw.table), source_facts()[name])
    own = digests(kept)
    _spill(kept, task.spill)
    return Collected(
        task,
        own,
        ranks(ids(name, own, np.zeros(len(own), np.int64)), seed),
        _dropped(name, task.piece.name, dropped, raw.unreadable),
        Counter(pc.list_flatten(kept["flags"]).to_pylist()),
        raw.lines,
    )


def _spill(problems: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, problems.schema) as writer:
        writer.write_table(problems)


def details_of(parts: Sequence[Collected], rows: npt.NDArray[np.int64]) -> UInt64:
    """Return what tells equal problems apart, for some of a source's problems, read back from disk.

    Args:
        parts: all pieces of the source.
        rows: indices into its kept problems.
    """
    ends = np.cumsum([0, *(len(part.digests) for part in parts)])
    piece = np.searchsorted(ends, rows, side="right") - 1
    details = np.zeros(len(rows), np.uint64)
    for number in np.unique(piece):
        own = piece == number
        with pa.memory_map(str(parts[number].task.spill)) as file:
            problems = pa.ipc.open_file(file).read_all().take(pa.array(rows[own] - ends[number]))
        details[own] = detail_digests(problems)
    return details


def _dropped(
    name: str, file: str, dropped: Mapping[str, pa.Table], unreadable: Mapping[str, list[int]]
) -> pa.Table:
    parts = [
        (ids(name, digests(rows), np.zeros(len(rows), np.int64)), reason, rows["row"].to_pylist())
        for reason, rows in dropped.items()
    ] + [([None] * len(rows), reason, rows) for reason, rows in unreadable.items()]
    columns: list[list[object]] = [
        [id_ for own, _, _ in parts for id_ in own],
        [reason for own, reason, _ in parts for _ in own],
        [file for own, _, _ in parts for _ in own],
        [row for _, _, rows in parts for row in rows],
    ]
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, DROPPED, strict=True)], schema=DROPPED
    )


def dropped_rows(parts: Iterable[Collected]) -> pa.Table:
    """Return what was dropped of a source, sorted by place, the places counted from each file's start."""
    return pa.concat_tables([DROPPED.empty_table(), *_from_file_start(parts)]).sort_by(
        [("file", "ascending"), ("row", "ascending")]
    )


def _from_file_start(parts: Iterable[Collected]) -> Iterator[pa.Table]:
    before: Counter[str] = Counter()
    for part in parts:
        file = part.task.piece.name
        rows = pa.array(part.dropped["row"].to_numpy() + before[file], pa.int64())
        yield part.dropped.set_column(3, DROPPED.field("row"), rows)
        before[file] += part.lines
