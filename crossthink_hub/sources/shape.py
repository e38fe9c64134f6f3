"""What an upstream file looks like to a source: its columns, and how they become problems."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.errors import SourceError
from crossthink_hub.problem import STRINGS
from crossthink_hub.row import MESSAGE, MESSAGES

Columns = Mapping[str, pa.DataType | None]
"""The dotted paths of a file's columns, each with its type, or None where that changes from row to row."""

DEEPEST = 4
"""How many levels down a column is looked for: a file may nest thousands."""


@dataclass(frozen=True)
class Column:
    """A column of an upstream file.

    Attributes:
        paths: the dotted paths it may stand under; the first that is there is read.
        type: what it is read as. A list of texts also takes one text, messages also take one text.
        required: whether it must be there.
    """

    paths: tuple[str, ...]
    type: pa.DataType
    required: bool = True

    def found(self, there: Columns) -> str | None:
        """Return the path under which a file has the column, or None; a text is no whole number."""
        number = self.type == pa.int64()
        return next((p for p in self.paths if p in there and not (number and _is_text(there[p]))), None)


def _is_text(kind: pa.DataType | None) -> bool:
    if kind is None:
        return False
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return value in (pa.string(), pa.large_string(), pa.string_view())


def text(*paths: str, required: bool = True) -> Column:
    """Return a column of texts; numbers are read as text.

    Example:
        >>> text("problem", "question").paths
        ('problem', 'question')
    """
    return Column(paths, pa.string(), required)


def texts(*paths: str, required: bool = True) -> Column:
    """Return a column of lists of texts; a text by itself is read as a list of one."""
    return Column(paths, STRINGS, required)


def integer(*paths: str, required: bool = True) -> Column:
    """Return a column of whole numbers."""
    return Column(paths, pa.int64(), required)


def messages(*paths: str) -> Column:
    """Return a column of conversations; a text by itself is read as one message of the user."""
    return Column(paths, MESSAGES)


@dataclass(frozen=True)
class Shape:
    """One upstream format: the columns it needs, and how they become problems.

    Attributes:
        columns: by the name under which `problems` sees them.
        problems: turns a raw table (those names, and `row`) into a table of problems.
        instructed: whether it has `prompt`, in which an instruction stands around each question.
        by_label: as `problems`, for sources in which the label of a gold is right and not its text.
    """

    columns: Mapping[str, Column]
    problems: Callable[[pa.Table], pa.Table]
    instructed: bool = False
    by_label: Callable[[pa.Table], pa.Table] | None = None

    @property
    def required(self) -> list[str]:
        """What a file must have, in words."""
        return [" / ".join(column.paths) for column in self.columns.values() if column.required]

    def fits(self, there: Columns) -> bool:
        """Tell whether a file with these columns has all that the shape needs."""
        return all(column.found(there) for column in self.columns.values() if column.required)

    def absent(self, there: Columns) -> list[str]:
        """Return the columns that the shape would read if the file had them."""
        return [name for name, column in self.columns.items() if not column.found(there)]


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


def pick(table: pa.Table, shape: Shape, rows: pa.Array, where: str, first: int = 0) -> pa.Table:
    """Return the shape's columns, unnested and cast, with `row`; a missing optional one becomes null.

    Args:
        table: what was read.
        shape: says which columns.
        rows: for `row`.
        where: the file, for errors.
        first: the place of the first row in the file, for errors.

    Raises:
        SourceError: a column is of a type that does not cast, stands twice, or is no text; names `where`, the
            column, and both types or the row.
    """
    there = {path: kind for f in table.schema for path, kind in nested_paths(f.type, f.name)}
    columns = {"row": rows}
    for name, column in shape.columns.items():
        path = column.found(there)
        if path is None:
            columns[name] = pa.nulls(table.num_rows, column.type)
            continue
        found = _descend(table, steps(path, there), where)
        try:
            columns[name] = _as(found, column.type)
        except pa.ArrowException as error:
            raise SourceError(
                f"expected {column.type} in column {path!r}, found {found.type} ({error})",
                where=where,
                fix="The file is damaged or of another format; get it again.",
            ) from error
        _check_utf_8(columns[name], path, where, first)
    return pa.table(columns)


def steps(path: str, there: Columns) -> list[str]:
    """Return the names that lead to a column; there may be dots in a name itself.

    Example:
        >>> steps("a.b", {"a": None, "a.b": None}), steps("a.b", {"a.b": None})
        (['a', 'b'], ['a.b'])
    """
    names = path.split(".")
    return names if names[0] in there else [path]


def _descend(table: pa.Table, names: Sequence[str], where: str) -> pa.Array:
    if table.schema.names.count(names[0]) > 1:
        raise SourceError(f"column {names[0]!r} stands twice", where=where, fix="Take one of them out.")
    found = table[names[0]].combine_chunks()
    for name in names[1:]:
        found = pc.struct_field(found, name)
    return found


def _check_utf_8(column: pa.Array, path: str, where: str, first: int) -> None:
    """Check that texts are UTF-8: Parquet takes any bytes for a string."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        row = next((row for row in range(len(column)) if not _is_valid(column.take(pa.array([row])))), 0)
        raise SourceError(
            f"expected text in UTF-8 in column {path!r}, row {first + row} (from 0) holds other bytes",
            where=where,
            fix="The file is damaged or of another format; get it again.",
        ) from error


def _is_valid(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _as(found: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return an array as the type wanted: cast, or each text as a list of one."""
    if pa.types.is_floating(found.type):
        found = _without_what_is_no_number(found, whole=wanted == pa.int64())
    if pa.types.is_boolean(found.type) and wanted == pa.int64():
        raise pa.ArrowInvalid("a truth value is no number")
    if wanted == STRINGS and not pa.types.is_nested(found.type):
        return _one_each(found.cast(pa.string()), found.is_valid())
    if wanted == MESSAGES:
        if pa.types.is_nested(found.type):
            return _messages(found)
        role = pa.repeat(pa.scalar("user"), len(found))
        said = pa.StructArray.from_arrays([role, found.cast(pa.string())], fields=list(MESSAGE))
        return _one_each(said, found.is_valid())
    return found.cast(wanted)


def _without_what_is_no_number(found: pa.Array, whole: bool) -> pa.Array:
    """Return null for infinity and for NaN, which stands for what is missing; if asked, for fractions too."""
    fits = pc.is_finite(found)
    if whole:
        fits = pc.and_(fits, pc.and_(pc.equal(pc.floor(found), found), pc.less(pc.abs(found), 2.0**63)))
    return pc.if_else(fits, found, pa.scalar(None, found.type))


def _one_each(items: pa.Array, there: pa.Array) -> pa.ListArray:
    """Return a list of one for each item that is there, null for the others."""
    offsets = pa.array(np.arange(len(items) + 1, dtype=np.int32))
    return pc.if_else(there, pa.ListArray.from_arrays(offsets, items), None)


def _messages(found: pa.Array) -> pa.ListArray:
    """Return conversations with the fields role and content, in this order, and no others."""
    if pa.types.is_large_list(found.type) or pa.types.is_fixed_size_list(found.type):
        found = found.cast(pa.list_(found.type.value_type))
    if not pa.types.is_list(found.type):
        return found.cast(MESSAGES)
    fields = [pc.struct_field(found.values, name).cast(pa.string()) for name in ("role", "content")]
    return pa.ListArray.from_arrays(
        found.offsets.cast(pa.int32()), pa.StructArray.from_arrays(fields, fields=list(MESSAGE))
    )


def nested_paths(kind: pa.DataType, prefix: str) -> Iterator[tuple[str, pa.DataType]]:
    """Yield the dotted path and type of a column and of every field inside it, down to `DEEPEST`."""
    yield prefix, kind
    if pa.types.is_struct(kind) and prefix.count(".") < DEEPEST:
        for child in kind:
            yield from nested_paths(child.type, f"{prefix}.{child.name}")
