"""The Problem: the one shape that every upstream format is read into, as columns.

A stage takes a table of problems and returns one, with what it dropped. It never sees a whole
source, so any executor can run it on any part.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BLOCK = 1 << 20
STRINGS = pa.list_(pa.string())

SCHEMA = pa.schema(
    [
        ("question", pa.string()),  # bare: no instruction, no options
        ("options", STRINGS),  # bare texts without labels; empty for an open question
        ("answer", pa.string()),  # for a multiple-choice question the text of the right option
        ("answer_index", pa.int32()),  # which option is right; null for an open question
        ("domain", pa.string()),
        ("flags", STRINGS),
        ("persona", pa.string()),
        ("skills", STRINGS),
        ("index", pa.int64()),  # the upstream's own row number, if it has one
        ("upstream_id", pa.string()),
        ("row", pa.int64()),  # place in the source file, from 0; reported for drops, never published
    ]
)


def problems(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    """Return a table of problems from the columns given, the others null or empty lists.

    Text loses the white space around it, and line ends become `\\n`.

    Args:
        columns: arrays of equal length by field name of `SCHEMA`; `row` at least.

    Example:
        >>> table = problems({"question": pa.array([" 1+1? "]), "row": pa.array([0])})
        >>> table["question"].to_pylist(), table["options"].to_pylist()
        (['1+1?'], [[]])
    """
    length = len(columns["row"])
    return pa.Table.from_arrays(
        [_column(field, columns.get(field.name), length) for field in SCHEMA], schema=SCHEMA
    )


def _column(field: pa.Field, given: pa.Array | pa.ChunkedArray | None, length: int) -> pa.Array:
    if given is None:
        return _empty_lists(length) if field.type == STRINGS else pa.nulls(length, field.type)
    array = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    if field.type == pa.string():
        return tidy(array)
    return array.cast(field.type)


def _empty_lists(length: int) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(np.zeros(length + 1, np.int32)), pa.array([], pa.string()))


def tidy(text: pa.Array) -> pa.Array:
    """Return the text with `\\n` line ends and without the white space around it.

    Example:
        >>> tidy(pa.array([" a\\r\\nb ", None])).to_pylist()
        ['a\\nb', None]
    """
    if _has_carriage_return(text):  # a look is quicker than a copy
        text = pc.replace_substring(text, "\r\n", "\n")
    return pc.utf8_trim_whitespace(text)


def _has_carriage_return(text: pa.Array) -> bool:
    data = text.buffers()[2]
    codes = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return any((codes[place : place + BLOCK] == ord("\r")).any() for place in range(0, len(codes), BLOCK))


def tidy_list(texts: pa.ListArray) -> pa.ListArray:
    """Return lists of texts, each tidied; a null list becomes an empty one, a null text an empty one.

    Example:
        >>> tidy_list(pa.array([[" a ", None], None])).to_pylist()
        [['a', ''], []]
    """
    lengths = pc.fill_null(pc.list_value_length(texts), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = pc.fill_null(tidy(pc.list_flatten(texts)), "")
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
