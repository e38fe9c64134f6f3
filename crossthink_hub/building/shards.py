"""The files that a build writes: rows come in bucket by bucket, and leave in row groups."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub import row
from crossthink_hub.building.digest import RowDigests, sequence_digest, set_digest
from crossthink_hub.building.index import index_of, index_path, write_index
from crossthink_hub.building.parquet import ROW_GROUP_ROWS, WRITER
from crossthink_hub.building.plan import ConfigPlan
from crossthink_hub.sources.checksum import sha256

SHARD_ROWS = 25_000
"""A split is written in as many shards, a power of two, as keep them near or below this many rows."""


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
    """A written file: `row_digest` is the sum over its rows, `counts` is its rows by source.

    `memory` is the bytes of its rows as an Arrow table.
    """

    output: Output
    number: int
    path: Path
    rows: int
    memory: int
    sha256: str
    row_digest: RowDigests
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Slot:
    """Which shard of its output a part goes to, and from which buckets that takes its parts."""

    number: int
    buckets: range


@dataclass(frozen=True)
class Part:
    """What a shard takes of one bucket."""

    rows: pa.Table
    digests: RowDigests
    counts: Mapping[str, int]


@dataclass
class _OpenShard:
    """A shard that is being written: the parts of the buckets from `next` on are to come."""

    output: Output
    slot: Slot
    folder: Path
    next: int
    waiting: dict[int, Part] = field(default_factory=dict)
    busy: bool = False
    rest: pa.Table = field(default_factory=row.SCHEMA.empty_table)
    memory: int = 0
    writer: pq.ParquetWriter | None = None
    digests: list[RowDigests] = field(default_factory=list)
    index: list[pa.Table] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def path(self) -> Path:
        """Where it is written until its digest, and so its name, is known."""
        config, split = self.output.plan.config.name, self.output.split
        return self.folder / "data" / config / f"{split}-{self.slot.number:05d}.parquet"

    @property
    def complete(self) -> bool:
        """Whether all parts have come."""
        return self.next == self.slot.buckets.stop

    def write(self, part: Part) -> None:
        """Append a part: whole row groups are written at once, what is left waits."""
        last = self.next + 1 == self.slot.buckets.stop
        self.digests.append(part.digests)
        self.index.append(index_of(part.rows, part.digests))
        self.counts.update(part.counts)
        rows = pa.concat_tables([self.rest, part.rows]) if len(self.rest) else part.rows
        whole = len(rows) if last else len(rows) // ROW_GROUP_ROWS * ROW_GROUP_ROWS
        if whole:
            if self.writer is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                settings = {name: value for name, value in WRITER.items() if name != "row_group_size"}
                self.writer = pq.ParquetWriter(self.path, row.SCHEMA, **settings)
            # Chunks combined, so that pages do not depend on how the rows came in.
            written = rows.slice(0, whole).combine_chunks()
            self.writer.write_table(written, row_group_size=ROW_GROUP_ROWS)
            self.memory += written.nbytes
        # A copy: a slice would keep all of the part in memory.
        self.rest = rows.take(pa.array(np.arange(whole, len(rows))))
        self.next += 1

    def close(self) -> Shard | None:
        """Finish the file; its name says what is in it, so that a reader's cache can't mistake it."""
        if self.writer is None:
            return None
        self.writer.close()
        digests = np.concatenate(self.digests)
        name = (
            f"{self.output.split}-{self.slot.number:05d}-of-{self.output.shards:05d}-"
            f"{sequence_digest(digests)[:16]}.parquet"
        )
        path = self.path.rename(self.path.with_name(name))
        write_index(
            pa.concat_tables(self.index), self.folder / index_path(path.relative_to(self.folder).as_posix())
        )
        return Shard(
            output=self.output,
            number=self.slot.number,
            path=path,
            rows=len(digests),
            memory=self.memory,
            sha256=sha256(path),
            row_digest=set_digest(digests),
            counts=self.counts,
        )


class ShardWriter:
    """Writes the shards of all outputs; any thread may add a part, in any order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[tuple[str, str, int], _OpenShard] = {}
        self._lock = threading.Lock()

    def add(self, output: Output, slot: Slot, bucket: int, part: Part) -> list[Shard]:
        """Take one part of a shard; with the last, give the shard, if it has any row.

        One thread at a time writes to a shard, and what comes in meanwhile, it writes too.
        """
        key = output.plan.config.name, output.split, slot.number
        with self._lock:
            new = _OpenShard(output, slot, self._folder, slot.buckets.start)
            shard = self._open.setdefault(key, new)
            shard.waiting[bucket] = part
            if shard.busy:
                return []
            shard.busy = True
        while (ready := self._ready(shard)) is not None:
            shard.write(ready)
        with self._lock:  # another thread may have come to the same end
            if shard.busy or not shard.complete or self._open.pop(key, None) is None:
                return []
        done = shard.close()
        return [done] if done else []

    def _ready(self, shard: _OpenShard) -> Part | None:
        with self._lock:
            part = shard.waiting.pop(shard.next, None)
            shard.busy = part is not None
        return part
