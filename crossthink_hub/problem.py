"""The Problem: the one shape that every upstream format is read into, as columns.

A stage takes a table of problems and returns one, with what it dropped. It never sees a whole
source, so any executor can run it on any part.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.row import MESSAGES
from crossthink_hub.texts import has_bytes, parts

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
        ("released_prompt", MESSAGES),  # as the release has it; null for other sources
        ("released_gold", pa.string()),
        ("unfit", pa.string()),  # why the upstream itself says that it can't be used; null if it does not
        ("row", pa.int64()),  # place in the source file, from 0; reported for drops, never published
    ]
)

AS_RELEASED = ("released_prompt", "released_gold")
"""Left as they are, to the letter."""


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
        return empty_lists(length) if field.type == STRINGS else pa.nulls(length, field.type)
    array = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    if field.type == pa.string() and field.name not in AS_RELEASED:
        text = tidy(array)
        return pc.if_else(pc.equal(text, ""), None, text) if field.name == "domain" else text
    return array.cast(field.type)


def empty_lists(length: int) -> pa.ListArray:
    """Return so many empty lists of texts."""
    return pa.ListArray.from_arrays(pa.array(np.zeros(length + 1, np.int32)), pa.array([], pa.string()))


def tidy(text: pa.Array) -> pa.Array:
    """Return the text with `\\n` line ends and without the white space around it.

    Example:
        >>> tidy(pa.array([" a\\r\\nb ", None])).to_pylist()
        ['a\\nb', None]
    """
    if has_bytes(text, lambda codes: codes == ord("\r")):  # a look is quicker than a copy
        text = pc.replace_substring(text, "\r\n", "\n")
    doubtful = text.take(pa.array(_may_have_space_around(text)))
    return text if pc.utf8_trim_whitespace(doubtful).equals(doubtful) else pc.utf8_trim_whitespace(text)


def _may_have_space_around(text: pa.StringArray) -> npt.NDArray[np.int64]:
    """Return the texts that begin or end with white space, or with a byte that is not ASCII."""
    offsets, data = parts(text)
    rows = np.flatnonzero(np.diff(offsets))
    first, last = data[offsets[rows]], data[offsets[rows + 1] - 1]
    odd = (first <= ord(" ")) | (first > 126) | (last <= ord(" ")) | (last > 126)
    return rows[odd]


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
