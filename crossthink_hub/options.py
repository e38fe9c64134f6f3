"""Options of multiple-choice questions as columns: labels, the option at an index, the index of a text."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.texts import parts

LABELS = 26 + 26 * 26
"""How many labels are read: to ZZ."""
MIX = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose multiples spread over 64 bits."""
INLINE_LABEL = re.compile(r"(?:^|\s)\(([A-Z]|[1-9])\)\s*")


def label(index: int) -> str:
    """Return the label of an option: A to Z, then AA, AB, ….

    Example:
        >>> label(0), label(25), label(26)
        ('A', 'Z', 'AA')
    """
    return (label(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def label_index(labels: pa.Array) -> pa.Array:
    """Return the option index that each label names: a letter counts from A, a digit from 1; else null.

    Example:
        >>> label_index(pa.array(["C", "2", " b ", "?", None])).to_pylist()
        [2, 1, 1, None, None]
    """
    known = [label(i) for i in range(LABELS)]
    digits = [str(i) for i in range(1, 10)]
    tidy = pc.utf8_upper(pc.utf8_trim_whitespace(labels))
    letter = pc.index_in(tidy, pa.array(known))
    return pc.coalesce(letter, pc.index_in(tidy, pa.array(digits)))


def option_at(options: pa.ListArray, index: pa.Array) -> pa.Array:
    """Return each row's option at its index, null where the index is null or names no option.

    Example:
        >>> option_at(pa.array([["x", "y"], ["z"]]), pa.array([1, 1])).to_pylist()
        ['y', None]
    """
    starts, lengths = _spans(options)
    at = pc.fill_null(index, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    there = (at >= 0) & (at < lengths)
    return options.values.take(pa.array(starts + at, mask=~there))


def index_of(options: pa.ListArray, text: pa.Array) -> pa.Array:
    """Return the index of each row's first option that equals its text, null where none does.

    Example:
        >>> index_of(pa.array([["x", "y"], ["z"]]), pa.array(["y", "y"])).to_pylist()
        [1, None]
    """
    starts, lengths = _spans(options)
    parents = np.repeat(np.arange(len(options)), lengths)
    positions = np.arange(len(parents)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    equal = pc.fill_null(pc.equal(options.flatten(), text.take(pa.array(parents))), False)
    hits = np.flatnonzero(equal.to_numpy(zero_copy_only=False))[::-1]
    found = np.full(len(options), -1, np.int32)
    found[parents[hits]] = positions[hits]  # reversed: the first hit is written last
    return pa.array(found, mask=found < 0)


def has_equal_options(options: pa.ListArray) -> npt.NDArray[np.bool_]:
    """Tell for each row whether two of its options are the same text.

    Example:
        >>> has_equal_options(pa.array([["x", "y"], ["z", "z"]])).tolist()
        [False, True]
    """
    _, lengths = _spans(options)
    row = np.repeat(np.arange(len(options)), lengths)
    found = np.zeros(len(options), bool)
    for doubtful in np.unique(row[_may_have_equal(options.flatten(), row)]).tolist():
        texts = options[doubtful].as_py()
        found[doubtful] = len(set(texts)) < len(texts)
    return found


def _may_have_equal(texts: pa.StringArray, row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return texts that may be equal to another one of their row: as long, and with the same ends."""
    offsets, data = parts(texts)
    starts, ends = offsets[:-1], offsets[1:]
    key = row.astype(np.uint64) * MIX + (ends - starts).astype(np.uint64)
    padded = np.append(data, np.uint8(0))
    for near in (starts, starts + 1, starts + 2, ends - 1, ends - 2, ends - 3):
        key = key * MIX + padded[np.clip(near, starts, np.maximum(ends - 1, starts))] * (ends > starts)
    by_key = np.argsort(key, kind="stable")
    same: npt.NDArray[np.int64] = by_key[1:][key[by_key][1:] == key[by_key][:-1]]
    return same


def labelled(options: pa.ListArray) -> pa.ListArray:
    """Return the options with their labels in front, as the prompt shows them.

    Example:
        >>> labelled(pa.array([["x", "y"], ["z"]])).to_pylist()
        [['(A) x', '(B) y'], ['(A) z']]
    """
    starts, lengths = _spans(options)
    positions = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    heads = pa.array([f"({label(i)}) " for i in range(int(lengths.max(initial=0)))], pa.string())
    texts = pc.binary_join_element_wise(heads.take(pa.array(positions)), options.flatten(), "")
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts)


def split_inline(text: str) -> list[str]:
    """Return the options of a text such as ` (A) one (B) two`, empty where it does not start with a label.

    Labels count only in their order, so `(B)` inside an option is not the next option unless it is its turn.

    Example:
        >>> split_inline(" (A) see (C) below (B) two words")
        ['see (C) below', 'two words']
    """
    marks = [m for m in INLINE_LABEL.finditer(text) if m]
    if not marks or marks[0].start() > 1:
        return []
    order: Sequence[str] = "123456789" if marks[0][1].isdigit() else [label(i) for i in range(26)]
    turns: list[re.Match[str]] = []
    for mark in marks:
        if len(turns) < len(order) and mark[1] == order[len(turns)]:
            turns.append(mark)
    ends = [mark.start() for mark in turns[1:]] + [len(text)]
    return [text[mark.end() : end].strip() for mark, end in zip(turns, ends, strict=False)]


def _spans(options: pa.ListArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    offsets = options.offsets.to_numpy().astype(np.int64)
    return offsets[:-1], np.diff(offsets)
