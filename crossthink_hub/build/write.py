"""Last pass: read a bucket from all pieces, render it, and write what each config takes of it.

Buckets are ranges of the order hash, and so are shards: a shard is one or more whole buckets. The
problems held out for the test splits stand in a bucket of their own, the last.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crossthink_hub import row
from crossthink_hub.build.digest import RowDigests, row_digests, sequence_digest, set_digest
from crossthink_hub.build.parquet import write_parquet
from crossthink_hub.build.plan import HELD_OUT, ConfigPlan, Plan
from crossthink_hub.build.render import Origin, render

SHARD_ROWS = 25_000
"""A split is written in as many shards, a power of two, as keep them near or below this many rows."""

Mask = npt.NDArray[np.bool_]


def shard_count(rows: int) -> int:
    """Return how many shards a split of so many rows is written in.

    Example:
        >>> [shard_count(rows) for rows in (1, 25_000, 25_001, 600_000)]
        [1, 1, 2, 32]
    """
    return 1 << (-(-rows // SHARD_ROWS) - 1).bit_length()


@dataclass(frozen=True)
class Output:
    """One split of one config, in `shards` files."""

    plan: ConfigPlan
    split: str
    shards: int


@dataclass(frozen=True)
class Shard:
    """A written file: `row_digest` is the sum over its rows, `counts` is its rows by source."""

    output: Output
    number: int
    path: Path
    rows: int
    sha256: str
    row_digest: RowDigests
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Part:
    """What an output takes of one bucket."""

    rows: pa.Table
    digests: RowDigests
    counts: Mapping[str, int]


class Assembly:
    """Holds the parts of shards that are not complete yet; any thread may add one."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str, int], dict[int, Part]] = {}
        self._lock = threading.Lock()

    def add(self, output: Output, number: int, bucket: int, part: Part, expected: int) -> list[Part]:
        """Take one part of a shard; with the last that is expected, give all of them in order of bucket."""
        key = output.plan.config.name, output.split, number
        with self._lock:
            parts = self._parts.setdefault(key, {})
            parts[bucket] = part
            if len(parts) < expected:
                return []
            del self._parts[key]
        return [parts[key] for key in sorted(parts)]


@dataclass(frozen=True)
class WriteJob:
    """What all buckets of a build have in common.

    Attributes:
        plan: which problems each config takes.
        origins: the sources by name.
        spills: the dealt pieces by source.
        buckets: how many there are, not counting the one of the test splits.
        folder: the data set's folder.
    """

    plan: Plan
    origins: Mapping[str, Origin]
    spills: Mapping[str, Sequence[Path]]
    buckets: int
    folder: Path

    def outputs(self, split: str) -> list[Output]:
        """Return this split of every config."""
        return [
            Output(config, split, shard_count(config.rows) if split == "train" else 1)
            for config in self.plan.configs.values()
        ]


def write_bucket(job: WriteJob, bucket: int, assembly: Assembly) -> list[Shard]:
    """Render one bucket and write the shards that it completes."""
    split = "train" if bucket < job.buckets else "test"
    dealt = {name: _read(paths, bucket) for name, paths in job.spills.items()}
    shards = []
    outputs = sorted(job.outputs(split), key=_template_key)
    for _, same in groupby(outputs, key=_template_key):
        for output, part in _parts(job, dealt, list(same)):
            number, expected = 0, 1
            if split == "train":
                number, expected = bucket * output.shards // job.buckets, job.buckets // output.shards
            parts = assembly.add(output, number, bucket, part, expected)
            if sum(len(part.rows) for part in parts):
                shards.append(_write(job.folder, output, number, parts))
    return shards


def _template_key(output: Output) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(output.plan.config.by_question_type.items()))


def _read(paths: Sequence[Path], bucket: int) -> pa.Table:
    batches = []
    for path in paths:
        with pa.OSFile(str(path)) as file:
            batches.append(pa.ipc.open_file(file).get_batch(bucket))
    return pa.Table.from_batches(batches).combine_chunks()


def _parts(
    job: WriteJob, dealt: Mapping[str, pa.Table], outputs: Sequence[Output]
) -> Iterator[tuple[Output, Part]]:
    """Yield what each of the outputs, all of one template, takes of a bucket, in order."""
    config = outputs[0].plan.config
    tables, orders = [row.SCHEMA.empty_table()], [np.zeros(0, np.uint64)]
    for name, rows in dealt.items():
        origin = job.origins[name]
        tables.append(render(rows, origin, config.template(origin.facts.question_type)))
        orders.append(rows["order"].to_numpy())
    by_order = np.argsort(np.concatenate(orders), kind="stable")
    rendered = pa.concat_tables(tables).combine_chunks().take(pa.array(by_order))
    digests = row_digests(rendered)
    for output in outputs:
        taken = {name: _taken(rows, output, job, name) for name, rows in dealt.items()}
        mask = np.concatenate([np.zeros(0, bool), *taken.values()])[by_order]
        rows = rendered if mask.all() else rendered.filter(pa.array(mask))
        yield output, Part(rows, digests[mask], {name: int(own.sum()) for name, own in taken.items()})


def _taken(rows: pa.Table, output: Output, job: WriteJob, source: str) -> Mask:
    """Return which rows of a source the output takes."""
    if source not in output.plan.quotas:
        return np.zeros(len(rows), bool)
    position, repeat = rows["position"].to_numpy(), rows["repeat"].to_numpy()
    if output.split == "test":
        held_out: Mask = position == HELD_OUT
        return held_out
    taken: Mask = repeat < job.plan.sources[source].times(position, output.plan.quotas[source])
    return taken


def _write(folder: Path, output: Output, number: int, parts: Sequence[Part]) -> Shard:
    """Write a shard under a name that says what is in it, so that a reader's cache can't mistake it."""
    rows = pa.concat_tables([part.rows for part in parts])
    digests = np.concatenate([part.digests for part in parts])
    name = f"{output.split}-{number:05d}-of-{output.shards:05d}-{sequence_digest(digests)[:16]}.parquet"
    path = folder / "data" / output.plan.config.name / name
    write_parquet(rows, path)
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    return Shard(output, number, path, len(rows), checksum, set_digest(digests), counts)
