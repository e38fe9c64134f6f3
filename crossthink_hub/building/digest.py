"""Digests of rows: of each row's whole content, and of a set of rows whatever their order."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_128_digest, xxh3_128_hexdigest

from crossthink_hub.identity import ITEM, joined_blocks, text_bytes

RowDigests = npt.NDArray[np.uint64]
"""Two 64-bit words a row: shape (rows, 2)."""

NULL = "\x00"


def row_digests(rows: pa.Table) -> RowDigests:
    """Return a 128-bit digest of each row, over every field of it.

    Example:
        >>> one = row_digests(pa.table({"a": ["x", "y"], "b": [1, None]}))
        >>> bool((one == row_digests(pa.table({"a": ["x", "y"], "b": [1, None]}))).all())
        True
    """
    leaves = [leaf for column in rows.columns for leaf in _leaves(column.combine_chunks())]
    texts = (text for block in joined_blocks(leaves, NULL) for text in text_bytes(block))
    return np.frombuffer(b"".join(map(xxh3_128_digest, texts)), np.uint64).reshape(-1, 2)


def set_digest(digests: RowDigests) -> RowDigests:
    """Return the sum of rows' digests: the same for the same rows in any order; sums add up."""
    total: RowDigests = digests.sum(axis=0, dtype=np.uint64)
    return total


def hexadecimal(digest: RowDigests) -> str:
    """Return a digest as 32 hexadecimal digits."""
    return "".join(f"{int(word):016x}" for word in digest)


def sequence_digest(digests: RowDigests) -> str:
    """Return a digest of rows in their order, as 32 hexadecimal digits."""
    return str(xxh3_128_hexdigest(np.ascontiguousarray(digests).tobytes()))


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    """Yield every field of a column as text, a list as its items joined; null differs from empty."""
    kind = array.type
    if pa.types.is_struct(kind):
        for index in range(kind.num_fields):
            yield from _leaves(pc.struct_field(array, index))
    elif pa.types.is_list(kind):
        for leaf in _leaves(array.values):
            yield _joined(array.offsets, leaf)
    else:
        yield array if pa.types.is_string(kind) else array.cast(pa.string())


def _joined(offsets: pa.Array, items: pa.StringArray) -> pa.StringArray:
    """Return the items of each list as one text; those of one item, as prompts are, without a copy."""
    places = offsets.to_numpy()
    if np.array_equal(places, np.arange(len(items) + 1)):
        return items
    return pc.binary_join(pa.ListArray.from_arrays(offsets, items), ITEM)
