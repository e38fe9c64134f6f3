"""What an upstream file looks like to a source: its columns, and how they become problems."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.errors import SourceError


@dataclass(frozen=True)
class Column:
    """A column of an upstream file: its dotted path, the type it is read as, whether it must be there."""

    path: str
    type: pa.DataType
    required: bool = True


@dataclass(frozen=True)
class Shape:
    """One upstream format: the columns it needs, and how they become problems.

    Attributes:
        columns: by the name under which `problems` sees them.
        problems: turns a raw table (those names, and `row`) into a table of problems.
    """

    columns: Mapping[str, Column]
    problems: Callable[[pa.Table], pa.Table]

    @property
    def required(self) -> list[str]:
        """The paths that a file must have."""
        return [column.path for column in self.columns.values() if column.required]

    def fits(self, paths: frozenset[str]) -> bool:
        """Tell whether a file with these columns has all that the shape needs."""
        return paths.issuperset(self.required)


@dataclass(frozen=True)
class Piece:
    """Part of one file: row groups `start` to `stop` of a Parquet file, bytes of a text file.

    `name` is the path below the source's folder, with forward slashes: what reports show.
    """

    path: Path
    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class Raw:
    """What one piece holds.

    Attributes:
        table: the shape's columns, and `row`: the place from the piece's start.
        lines: how many places the piece covers, so that a reader can add up those of earlier pieces.
        unreadable: places of what could not be read as a row, by reason.
    """

    table: pa.Table
    lines: int
    unreadable: Mapping[str, list[int]] = field(default_factory=dict)


def pick(table: pa.Table, shape: Shape, rows: pa.Array, where: str) -> pa.Table:
    """Return the shape's columns, unnested and cast, with `row`; a missing optional one becomes null.

    Raises:
        SourceError: a column is of a type that does not cast; names `where`, the column and both types.
    """
    columns = {"row": rows}
    for name, column in shape.columns.items():
        found = _descend(table, column.path.split("."))
        if found is None:
            columns[name] = pa.nulls(table.num_rows, column.type)
            continue
        try:
            columns[name] = found.cast(column.type)
            columns[name].validate(full=True)  # Parquet takes any bytes for a string
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise SourceError(
                f"expected {column.type} in column {column.path!r}, found {found.type} ({error})", where=where
            ) from error
    return pa.table(columns)


def _descend(table: pa.Table, path: Sequence[str]) -> pa.ChunkedArray | None:
    found = table[path[0]] if path[0] in table.column_names else None
    for step in path[1:]:
        if found is None or not pa.types.is_struct(found.type) or found.type.get_field_index(step) < 0:
            return None
        found = pc.struct_field(found, step)
    return found


def nested_paths(kind: pa.DataType, prefix: str) -> Iterator[str]:
    """Yield the dotted path of a column and of every field inside it."""
    yield prefix
    if pa.types.is_struct(kind):
        for child in kind:
            yield from nested_paths(child.type, f"{prefix}.{child.name}")
