"""Columns of texts as the bytes they are, for what Arrow has no function for."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
BLOCK = 1 << 16


def parts(texts: pa.StringArray) -> tuple[npt.NDArray[np.int32], Bytes]:
    """Return where each text begins and ends in the bytes of them all, and these.

    Example:
        >>> offsets, data = parts(pa.array(["a", None, "bc"]))
        >>> offsets.tolist(), data.tobytes()
        ([0, 1, 1, 3], b'abc')
    """
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    first, last = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
    return offsets - first, np.frombuffer(data, np.uint8)[first:last] if data else np.zeros(0, np.uint8)


def slices(data: Bytes, starts: npt.NDArray[Any], ends: npt.NDArray[Any]) -> pa.StringArray:
    """Return parts of some bytes as texts; the parts stand in order and do not overlap.

    Example:
        >>> slices(np.frombuffer(b"one two", np.uint8), np.array([0, 4]), np.array([3, 7])).to_pylist()
        ['one', 'two']
    """
    if not len(starts):
        return pa.array([], pa.string())
    # A text for each part and for each gap between two: those of the parts are taken.
    cuts = np.stack([starts, ends], axis=1).astype(np.int32).ravel()
    pieces = pa.StringArray.from_buffers(len(cuts) - 1, pa.py_buffer(cuts), pa.py_buffer(data))
    return pieces.take(pa.array(np.arange(0, len(cuts), 2)))


def has_bytes(texts: pa.StringArray, wanted: Callable[[Bytes], Mask]) -> bool:
    """Tell whether any text has a byte that is wanted; at memory's speed."""
    _, codes = parts(texts)
    return any(wanted(codes[place : place + BLOCK]).any() for place in range(0, len(codes), BLOCK))
