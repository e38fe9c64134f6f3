"""Last pass: read a bucket from all pieces, render it, and write what each config takes of it.

Buckets are ranges of the order hash, and so are shards: a shard is one or more whole buckets. The
problems held out for the test splits stand in a bucket of their own, the last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa

from crossthink_hub.building.digest import row_digests
from crossthink_hub.building.plan import HELD_OUT, Plan
from crossthink_hub.building.render import Origin, render
from crossthink_hub.building.shards import Output, Part, Shard, ShardWriter, Slot, shard_count
from crossthink_hub.building.shuffle import position_in
from crossthink_hub.texts import Mask


@dataclass(frozen=True)
class WriteJob:
    """What all buckets of a build have in common.

    Attributes:
        plan: which problems each config takes.
        origins: the sources by name.
        spills: the dealt pieces by source.
        buckets: how many there are, not counting the one of the test splits.
    """

    plan: Plan
    origins: Mapping[str, Origin]
    spills: Mapping[str, Sequence[Path]]
    buckets: int

    def outputs(self, split: str) -> list[Output]:
        """Return this split of every config."""
        return [
            Output(config, split, shard_count(config.rows) if split == "train" else 1)
            for config in self.plan.configs.values()
        ]


def write_bucket(job: WriteJob, bucket: int, writer: ShardWriter) -> list[Shard]:
    """Render one bucket, write what each output takes of it, and return the shards that it completes."""
    split = "train" if bucket < job.buckets else "test"
    dealt = _read(job, bucket)
    done = []
    outputs = sorted(job.outputs(split), key=_rendering)
    for _, same in groupby(outputs, key=_rendering):
        for output, part in _parts(job, dealt, list(same)):
            done += writer.add(output, _slot(job, output, bucket), bucket, part)
    return done


def _slot(job: WriteJob, output: Output, bucket: int) -> Slot:
    """Return the shard of an output that a bucket goes to."""
    if output.split == "test":
        return Slot(0, range(bucket, bucket + 1))
    run = job.buckets // output.shards
    number = bucket // run
    return Slot(number, range(number * run, (number + 1) * run))


def _rendering(output: Output) -> tuple[str, str]:
    """Return what decides how a row looks in an output."""
    return output.plan.config.form, output.plan.config.answer


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
    """Yield what each of the outputs, all rendered alike, takes of a bucket, in order."""
    takes = [_taken(job, dealt, output) for output in outputs]
    some = np.any(takes, axis=0)
    wanted = dealt if some.all() else dealt.filter(pa.array(some))
    rendered = render(wanted, list(job.origins.values()), outputs[0].plan.config)
    digests = row_digests(rendered)
    source = wanted["source"].to_numpy()
    for output, take in zip(outputs, takes, strict=True):
        own = take[some]
        counts = np.bincount(source[own], minlength=len(job.origins)).tolist()
        rows = rendered if own.all() else rendered.filter(pa.array(own))
        yield output, Part(rows, digests[own], dict(zip(job.origins, counts, strict=True)))


def _taken(job: WriteJob, dealt: pa.Table, output: Output) -> Mask:
    """Return which rows of a bucket the output takes."""
    takings = output.plan.takings
    position = dealt[position_in(output.plan.config.form)].to_numpy()
    source, repeat = dealt["source"].to_numpy(), dealt["repeat"].to_numpy()
    if output.split == "test":
        held_out: Mask = np.array([name in takings for name in job.origins])[source] & (position == HELD_OUT)
        return held_out
    taken = np.zeros(len(dealt), bool)
    for number, name in enumerate(job.origins):
        if name in takings:
            own = source == number
            taken[own] = repeat[own] < takings[name].times(position[own])
    return taken
