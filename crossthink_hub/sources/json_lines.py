"""Upstream files in JSON Lines, by byte ranges: Arrow reads a range at once, what it refuses line by line."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json as pa_json

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.shape import Piece, Raw, Shape, pick

PIECE_BYTES = 16 << 20


def pieces(path: Path, name: str) -> list[Piece]:
    """Return byte ranges; a line belongs to the range in which it begins."""
    size = path.stat().st_size
    return [Piece(path, name, start, min(start + PIECE_BYTES, size)) for start in range(0, size, PIECE_BYTES)]


def columns(path: Path, name: str) -> frozenset[str]:
    """Return the dotted paths of the first object in the file."""
    with path.open("rb") as lines:
        for line in lines:
            if isinstance(record := _loads(line), dict):
                return frozenset(_paths(record, ""))
    raise SourceError(
        "expected one JSON object a line, found none", where=name, fix="The file is empty or damaged."
    )


def read(piece: Piece, shape: Shape) -> Raw:
    """Return the piece's rows; a line that is no JSON object is unreadable, a blank one is passed over."""
    block = _block(piece)
    lines = block.count(b"\n") + (not block.endswith(b"\n") and bool(block))
    table = _read_with_arrow(block, shape) if lines else _schema(shape).empty_table()
    if table is not None and table.num_rows == lines:
        return Raw(pick(table, shape, pa.array(range(lines), pa.int64()), piece.name), lines)
    return _read_by_line(block, lines, shape)


def _block(piece: Piece) -> bytes:
    with piece.path.open("rb") as file:
        if piece.start:
            file.seek(piece.start - 1)
            file.readline()
        wanted = piece.stop - file.tell()
        if wanted <= 0:
            return b""
        block = file.read(wanted)
        return block if block.endswith(b"\n") else block + file.readline()


def _read_with_arrow(block: bytes, shape: Shape) -> pa.Table | None:
    """Return the block's rows, or None where a line is broken, not UTF-8, or a value of another type."""
    try:
        table = pa_json.read_json(
            io.BytesIO(block),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pa_json.ParseOptions(
                explicit_schema=_schema(shape), unexpected_field_behavior="ignore"
            ),
        )
        table.validate(full=True)  # Arrow takes any bytes for a string
    except pa.ArrowInvalid:
        return None
    return table


def _schema(shape: Shape) -> pa.Schema:
    """Return the dotted columns as a nested schema: Arrow guesses untold types, and dates lose their form."""
    tree: dict[str, Any] = {}
    for column in shape.columns.values():
        *parents, leaf = column.path.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[leaf] = column.type
    return pa.schema(_fields(tree))


def _fields(tree: Mapping[str, Any]) -> list[pa.Field]:
    return [
        pa.field(name, pa.struct(_fields(kind)) if isinstance(kind, dict) else kind)
        for name, kind in tree.items()
    ]


def _read_by_line(block: bytes, lines: int, shape: Shape) -> Raw:
    values: dict[str, list[Any]] = {name: [] for name in shape.columns}
    rows: list[int] = []
    broken: list[int] = []
    for row, line in enumerate(block.split(b"\n")[:lines]):
        if not line.strip():
            continue
        record = _loads(line)
        if not isinstance(record, dict):
            broken.append(row)
            continue
        rows.append(row)
        for name, column in shape.columns.items():
            values[name].append(_as(column.type, _value(record, column.path)))
    arrays = {name: pa.array(values[name], column.type) for name, column in shape.columns.items()}
    table = pa.table({"row": pa.array(rows, pa.int64()), **arrays})
    return Raw(table, lines, {"not_a_json_object": broken} if broken else {})


def _loads(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _paths(record: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in record.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from _paths(value, f"{prefix}{key}.")


def _value(record: Any, path: str) -> Any:
    for step in path.split("."):
        record = record.get(step) if isinstance(record, dict) else None
    return record


def _as(kind: pa.DataType, value: Any) -> Any:
    """Return the value as the type asks (a number may become text), or None where it has no such form."""
    if pa.types.is_string(kind):
        scalar = isinstance(value, int | float)  # a boolean too
        return value if isinstance(value, str) else orjson.dumps(value).decode() if scalar else None
    if pa.types.is_int64(kind):
        fits = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        return value if fits else None
    if pa.types.is_list(kind):
        return [_as(kind.value_type, item) for item in value] if isinstance(value, list) else None
    return None
