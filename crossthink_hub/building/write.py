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

from crossthink_hub.building.digest import RowDigests, row_digests, sequence_digest, set_digest
from crossthink_hub.building.parquet import write_parquet
from crossthink_hub.building.plan import HELD_OUT, ConfigPlan, Plan
from crossthink_hub.building.render import Origin, render

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
    dealt = _read(job, bucket)
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


def _read(job: WriteJob, bucket: int) -> pa.Table:
    """Return a bucket's problems from all pieces in order, with `source` as an index into the origins."""
    tables = []
    for number, name in enumerate(job.origins):
        for path in job.spills[name]:
            with pa.OSFile(str(path)) as file:
                batch = pa.ipc.open_file(file).get_batch(bucket)
            source = pa.array(np.full(len(batch), number, np.int8))
            tables.append(pa.Table.from_batches([batch]).append_column("source", source))
    dealt = pa.concat_tables(tables).combine_chunks()
    return dealt.take(pa.array(np.argsort(dealt["order"].to_numpy(), kind="stable")))


def _parts(job: WriteJob, dealt: pa.Table, outputs: Sequence[Output]) -> Iterator[tuple[Output, Part]]:
    """Yield what each of the outputs, all of one template, takes of a bucket, in order."""
    rendered = render(dealt, list(job.origins.values()), outputs[0].plan.config)
    digests = row_digests(rendered)
    for output in outputs:
        taken = _taken(job, dealt, output)
        counts = np.bincount(dealt["source"].to_numpy()[taken], minlength=len(job.origins)).tolist()
        rows = rendered if taken.all() else rendered.filter(pa.array(taken))
        yield output, Part(rows, digests[taken], dict(zip(job.origins, counts, strict=True)))


def _taken(job: WriteJob, dealt: pa.Table, output: Output) -> Mask:
    """Return which rows of a bucket the output takes."""
    quotas = output.plan.quotas
    source, position, repeat = (dealt[name].to_numpy() for name in ("source", "position", "repeat"))
    in_config = np.array([name in quotas for name in job.origins])[source]
    if output.split == "test":
        held_out: Mask = in_config & (position == HELD_OUT)
        return held_out
    passes = [job.plan.sources[name].passes(quotas.get(name, 0)) for name in job.origins]
    whole, rest = np.array(passes).T[:, source]
    taken: Mask = in_config & (repeat < whole + (position < rest))
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
