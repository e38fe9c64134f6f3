"""Upstream files in JSON Lines, by byte ranges: Arrow reads a range at once, what it refuses line by line."""

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.json as pa_json

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.shape import DEEPEST, Columns, Piece, Raw, Shape, pick, steps

PIECE_BYTES = 16 << 20
SAMPLE_BYTES = 1 << 18
LOOKED_AT = 64
"""How many first objects tell what columns there are."""
BOM = b"\xef\xbb\xbf"
DEEP = 1_000
"""A little less than how many levels `orjson` goes down; Arrow knows no end."""


def pieces(path: Path, name: str) -> list[Piece]:
    """Return byte ranges; a line belongs to the range in which it begins."""
    size = path.stat().st_size
    return [Piece(path, name, start, min(start + PIECE_BYTES, size)) for start in range(0, size, PIECE_BYTES)]


def sample(path: Path, name: str, count: int) -> list[Piece]:
    """Return up to so many stretches of bytes, and the line that each ends in, spread over the file."""
    size = path.stat().st_size
    step = max(SAMPLE_BYTES, -(-size // count))
    return [Piece(path, name, start, min(start + SAMPLE_BYTES, size)) for start in range(0, size, step)]


def columns(path: Path, name: str) -> Columns:
    """Return the dotted paths of the first objects in the file, with their types where all agree."""
    kinds: dict[str, set[pa.DataType]] = {}
    with path.open("rb") as lines:
        records = (record for line in lines if isinstance(record := _loads(line), dict))
        for record in islice(records, LOOKED_AT):
            for path_, kind in _paths(record, ""):
                kinds.setdefault(path_, set()).add(kind)
    if not kinds:
        raise SourceError(
            "expected one JSON object a line, in UTF-8, found none",
            where=name,
            fix="The file is empty, damaged or was not fully downloaded (a Git LFS pointer?); get it again.",
        )
    return {path_: _one_kind(found - {pa.null()}) for path_, found in kinds.items()}


def _one_kind(found: set[pa.DataType]) -> pa.DataType | None:
    return next(iter(found)) if len(found) == 1 else None


def read(piece: Piece, shape: Shape) -> Raw:
    """Return the piece's rows; a line that is no JSON object is unreadable, a blank one is passed over."""
    block = _block(piece)
    lines = block.count(b"\n") + (not block.endswith(b"\n") and bool(block))
    there = columns(piece.path, piece.name)
    table = _read_with_arrow(block, shape, there) if _one_a_line(block, lines) else None
    if table is not None and table.num_rows == lines:
        return Raw(pick(table, shape, pa.array(range(lines), pa.int64()), piece.name), lines)
    return _read_by_line(block, lines, shape, there)


def count(path: Path, name: str) -> int:
    """Return the number of lines that are not blank."""
    with path.open("rb") as lines:
        return sum(not line.isspace() for line in lines)


def _block(piece: Piece) -> bytes:
    with piece.path.open("rb") as file:
        if piece.start:
            file.seek(piece.start - 1)
            file.readline()
        wanted = piece.stop - file.tell()
        if wanted <= 0:
            return b""
        block = file.read(wanted)
        block = block if block.endswith(b"\n") else block + file.readline()
        return block if piece.start else block.removeprefix(BOM)


def _one_a_line(block: bytes, lines: int) -> bool:
    """Tell whether each line begins like an object: Arrow takes several in a line, and one over several."""
    return block.startswith(b"{") and block.count(b"\n{") == lines - 1


def _read_with_arrow(block: bytes, shape: Shape, there: Columns) -> pa.Table | None:
    """Return the block's rows, or None where a line is broken, not UTF-8, or a value of another type."""
    try:
        _text(block).validate(full=True)  # columns not read too, as `orjson` does
        table = pa_json.read_json(
            io.BytesIO(block),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pa_json.ParseOptions(
                explicit_schema=_schema(shape, there), unexpected_field_behavior="ignore"
            ),
        )
        table.validate(full=True)  # Arrow takes any bytes for a string
    except pa.ArrowException:
        return None
    return table


def _text(block: bytes) -> pa.LargeStringArray:
    ends = np.array([0, len(block)], np.int64)
    return pa.LargeStringArray.from_buffers(1, pa.py_buffer(ends), pa.py_buffer(block))


def _schema(shape: Shape, there: Columns) -> pa.Schema:
    """Return the dotted columns as a nested schema: Arrow guesses untold types, and dates lose their form."""
    tree: dict[str, Any] = {}
    for column in shape.columns.values():
        path = column.found(there)
        if path is None:
            continue
        *parents, leaf = steps(path, there)
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[leaf] = pa.string() if there[path] == pa.string() else column.type
    return pa.schema(_fields(tree))


def _fields(tree: Mapping[str, Any]) -> list[pa.Field]:
    return [
        pa.field(name, pa.struct(_fields(kind)) if isinstance(kind, dict) else kind)
        for name, kind in tree.items()
    ]


def _read_by_line(block: bytes, lines: int, shape: Shape, there: Columns) -> Raw:
    paths = {name: column.found(there) for name, column in shape.columns.items()}
    ways = {name: path and steps(path, there) for name, path in paths.items()}
    values: dict[str, list[Any]] = {name: [] for name in shape.columns}
    rows: list[int] = []
    broken: list[int] = []
    for row, line in enumerate(block.split(b"\n")[:lines]):
        if not line.strip():
            continue
        record = _loads(line)
        if record is None:
            record = _load_deep(line, shape, there)
        if not isinstance(record, dict):
            broken.append(row)
            continue
        rows.append(row)
        for name, column in shape.columns.items():
            values[name].append(_as(column.type, _value(record, ways[name])))
    arrays = {name: pa.array(values[name], column.type) for name, column in shape.columns.items()}
    table = pa.table({"row": pa.array(rows, pa.int64()), **arrays})
    return Raw(table, lines, {"not_a_json_object": broken} if broken else {})


def _loads(line: bytes) -> Any:
    try:
        return orjson.loads(line.removeprefix(BOM))
    except orjson.JSONDecodeError:
        return None


def _load_deep(line: bytes, shape: Shape, there: Columns) -> Any:
    """Return the columns that the shape names of a line in which others may be too deep for `orjson`."""
    if line.count(b"[") + line.count(b"{") < DEEP or not line.startswith(b"{"):
        return None
    table = _read_with_arrow(line, shape, there)
    return table.to_pylist()[0] if table is not None and table.num_rows == 1 else None


def _paths(record: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, pa.DataType]]:
    for key, value in record.items():
        yield prefix + key, _kind(value)
        if isinstance(value, dict) and prefix.count(".") < DEEPEST:
            yield from _paths(value, f"{prefix}{key}.")


def _kind(value: Any) -> pa.DataType:
    """Return the type of a value as far as readers tell types apart."""
    if value is None:
        return pa.null()
    if isinstance(value, str):
        return pa.string()
    return pa.list_(pa.null()) if isinstance(value, list) else pa.struct([])


def _value(record: Any, way: Sequence[str] | None) -> Any:
    if way is None:
        return None
    for step in way:
        record = record.get(step) if isinstance(record, dict) else None
    return record


def _as(kind: pa.DataType, value: Any) -> Any:
    """Return the value as the type asks (a number may become text), or None where it has no such form."""
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else _as_text(value)
    if pa.types.is_int64(kind):
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        fits = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        return value if fits else None
    if pa.types.is_list(kind):
        items = value if isinstance(value, list) else [value]
        return None if value is None else [_as(kind.value_type, item) for item in items]
    message = value if isinstance(value, dict) else {"role": "user", "content": value}
    return {name: _as(pa.string(), message.get(name)) for name in ("role", "content")}


def _as_text(value: Any) -> str | None:
    """Return a number or truth value as text; not one so large that some of its digits are lost."""
    exact = isinstance(value, int) or (isinstance(value, float) and abs(value) < 2**53)
    return orjson.dumps(value).decode() if exact else None
