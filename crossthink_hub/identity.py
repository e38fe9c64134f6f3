"""Who a problem is, which problems are taken first, and where a row stands: three hashes.

- The id is the source and a digest of the question, the options and the answer, so a problem has one
  id in every config, template and version. Kind and amount of white space do not count, nor how
  Unicode is composed. Equal problems are told apart by an ordinal.
- `rank` decides WHICH problems of a source are taken: the lowest first.
- `order` decides WHERE a row stands. Were it the same hash as `rank`, the problems that every blend
  takes would stand at the head of every blend, in their natural distribution.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_intdigest

from crossthink_hub.problem import AS_RELEASED, SCHEMA
from crossthink_hub.texts import parts

UInt64 = npt.NDArray[np.uint64]
ITEM, FIELD = "\x7f", "\x7f\x7f"
"""Stand between the parts of a text that is hashed."""
BLOCK_ROWS = 1024
DETAILS = [field.name for field in SCHEMA if field.name not in (*AS_RELEASED, "unfit", "row")]


def digests(problems: pa.Table) -> UInt64:
    """Return a 64-bit digest of each problem's question, options and answer.

    Example:
        >>> from crossthink_hub.problem import problems
        >>> one, two = (problems({"question": pa.array([q]), "answer": pa.array(["2"]), "row": pa.array([0])})
        ...             for q in ("Is 1 + 1 = 2?", "Is  1 + 1\\n= 2?"))
        >>> bool(digests(one)[0] == digests(two)[0])
        True
    """
    parts = [
        problems["question"].combine_chunks(),
        pc.binary_join(problems["options"].combine_chunks(), ITEM),
        problems["answer"].combine_chunks(),
    ]
    return np.concatenate([np.zeros(0, np.uint64), *map(_digests, joined_blocks(parts, null=""))])


def joined_blocks(texts: Sequence[pa.StringArray], null: str) -> Iterator[pa.StringArray]:
    """Yield each row's texts as one text, in blocks small enough for the processor's cache."""
    for start in range(0, len(texts[0]), BLOCK_ROWS):
        block = (text.slice(start, BLOCK_ROWS) for text in texts)
        yield pc.binary_join_element_wise(*block, FIELD, null_handling="replace", null_replacement=null)


def _digests(text: pa.StringArray) -> UInt64:
    found = _hash(text_bytes(text))
    odd = _may_not_be_canonical(text)
    found[odd] = _hash(_canonical(value).encode() for value in text.take(pa.array(odd)).to_pylist())
    return found


def _may_not_be_canonical(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    """Return which texts have white space other than single spaces, or are not ASCII; at memory's speed."""
    offsets, data = parts(texts)
    space = data <= ord(" ")
    places = np.flatnonzero((space[1:] & space[:-1]) | (data[1:] < ord(" ")))
    spaced = np.searchsorted(offsets, places + 1, side="right") - 1
    foreign = np.flatnonzero(pc.invert(pc.string_is_ascii(texts)).to_numpy(zero_copy_only=False))
    return np.union1d(spaced, foreign)


def _canonical(value: str) -> str:
    """Return a text with its characters composed (NFC) and single spaces for all white space."""
    return " ".join(unicodedata.normalize("NFC", value).split())


def detail_digests(problems: pa.Table) -> tuple[UInt64, UInt64]:
    """Return digests of each problem as it stands, to the letter, and as the release has it.

    They put equal problems in an order, the second where the first are equal too: it is of columns that
    are not always there (then 0), and ids must be the same without them.
    """
    released = [field for field in AS_RELEASED if field in problems.column_names]
    found = _digests_of(problems, DETAILS)
    return found, _digests_of(problems, released) if released else np.zeros_like(found)


def _digests_of(problems: pa.Table, fields: Sequence[str]) -> UInt64:
    texts = [text for field in fields for text in _texts(problems[field].combine_chunks())]
    return _hash(value for block in joined_blocks(texts, null="\0") for value in text_bytes(block))


def _texts(column: pa.Array) -> list[pa.StringArray]:
    """Return a column as texts, one a row; a list of structs as one column for each field."""
    if not pa.types.is_list(column.type):
        return [column.cast(pa.string())]
    if not pa.types.is_struct(column.type.value_type):
        return [pc.binary_join(column, ITEM)]
    fields = (pc.struct_field(column.flatten(), name) for name in ("role", "content"))
    offsets = np.r_[0, np.cumsum(pc.fill_null(pc.list_value_length(column), 0))]
    return [pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), f), ITEM) for f in fields]


def ids(source: str, digests: UInt64, ordinals: npt.NDArray[Any]) -> list[str]:
    """Return the published ids; the first of equal problems has no ordinal, the second has 2.

    Example:
        >>> ids("mmlu", np.array([10, 10], np.uint64), np.array([0, 1]))
        ['mmlu-000000000000000a', 'mmlu-000000000000000a-2']
    """
    digits = digests.astype(">u8").tobytes().hex()  # of all at once: the loop below is the hottest in Python
    found = [f"{source}-{digits[place : place + 16]}" for place in range(0, len(digits), 16)]
    for row in np.flatnonzero(ordinals).tolist():
        found[row] += f"-{ordinals[row] + 1}"
    return found


def ranks(ids: Iterable[str], seed: int) -> UInt64:
    """Return the hash that decides which problems are taken."""
    return _hash(f"rank {seed} {id_}".encode() for id_ in ids)


def orders(ids: Iterable[str], seed: int, repeat: int = 0) -> UInt64:
    """Return the hash that decides where a row stands; each repeat of a problem stands elsewhere."""
    return _hash(f"order {seed} {repeat} {id_}".encode() for id_ in ids)


def _hash(values: Iterable[memoryview | bytes]) -> UInt64:
    return np.fromiter(map(xxh3_64_intdigest, values), np.uint64)


def text_bytes(texts: pa.StringArray) -> Iterable[memoryview]:
    """Yield each text's UTF-8 bytes where they lie, without a copy."""
    offsets, data = parts(texts)
    view = memoryview(data)  # type: ignore[arg-type]  # numpy arrays are buffers; typed so from 3.12 on
    return (view[a:b] for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))
