"""Second pass: deal the problems that any config takes into buckets by their order.

A bucket is a range of the order hash. A piece becomes one file with a record batch for each bucket,
so the last pass reads a bucket from all pieces without touching the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from crossthink_hub.building.plan import HELD_OUT, Int32
from crossthink_hub.identity import UInt64, ids, orders


@dataclass(frozen=True)
class ShuffleTask:
    """One piece to deal out: its spilled problems and what becomes of each.

    Attributes:
        source: name of the source.
        spill: file of the problems; replaced by the dealt ones.
        digests: of the problems.
        ordinals: which of equal problems each is.
        positions: by form, place by rank, or held out, or unusable.
        repeats: how often each is taken, by the config that takes it most.
        seed: of the order.
        buckets: how many for the train splits; one more is for the test splits.
    """

    source: str
    spill: Path
    digests: UInt64
    ordinals: Int32
    positions: Mapping[str, Int32]
    repeats: Int32
    seed: int
    buckets: int


def shuffle(task: ShuffleTask) -> None:
    """Deal one piece into its buckets, with `id`, `order`, `position` and `repeat` for each row."""
    with pa.memory_map(str(task.spill)) as file:
        problems = pa.ipc.open_file(file).read_all()
        dealt = _dealt(problems, task)
        target = task.spill.with_suffix(".dealt")
        ends = np.searchsorted(dealt["bucket"].to_numpy(), np.arange(task.buckets + 1), side="right")
        with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, dealt.schema) as writer:
            start = 0
            for end in ends.tolist():
                batch = dealt.slice(start, end - start).combine_chunks().to_batches()
                writer.write_batch(batch[0] if batch else _no_rows(dealt.schema))
                start = end
    target.replace(task.spill)


def _dealt(problems: pa.Table, task: ShuffleTask) -> pa.Table:
    """Return the rows that are taken, once for each repeat, by bucket and order."""
    held_out = np.any([positions == HELD_OUT for positions in task.positions.values()], axis=0)
    most = max(int(task.repeats.max(initial=0)), int(held_out.any()))
    taken = [np.flatnonzero((task.repeats > repeat) | (held_out & (repeat == 0))) for repeat in range(most)]
    row_ids = [ids(task.source, task.digests[rows], task.ordinals[rows]) for rows in taken]
    order = [orders(own, task.seed, repeat) for repeat, own in enumerate(row_ids)]
    rows = np.concatenate([np.zeros(0, np.int64), *taken])
    keys = np.concatenate([np.zeros(0, np.uint64), *order])
    repeats = np.repeat(np.arange(most, dtype=np.int32), [len(part) for part in taken])
    bucket = np.where(held_out[rows], task.buckets, bucket_of(keys, task.buckets).astype(np.int64))
    by_order = np.lexsort((keys, bucket))
    flat_ids = pa.array([id_ for own in row_ids for id_ in own], pa.string())
    dealt = problems.take(pa.array(rows[by_order]))
    added = {
        "id": flat_ids.take(pa.array(by_order)),
        "bucket": pa.array(bucket[by_order]),
        "order": pa.array(keys[by_order]),
        "repeat": pa.array(repeats[by_order]),
        **{position_in(form): pa.array(own[rows[by_order]]) for form, own in task.positions.items()},
    }
    for name, column in added.items():
        dealt = dealt.append_column(name, column)
    return dealt


def position_in(form: str) -> str:
    """Return the name of the column that holds the positions in a form."""
    return f"position {form}"


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def bucket_of(order: UInt64, buckets: int) -> UInt64:
    """Return the bucket that each order falls in: its share of the hash's range.

    Example:
        >>> bucket_of(np.array([0, 2**63 - 1, 2**63, 2**64 - 1], np.uint64), 2).tolist()
        [0, 0, 1, 1]
    """
    high = order >> np.uint64(32)
    return (high * np.uint64(buckets)) >> np.uint64(32)
