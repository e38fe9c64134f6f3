"""From one file of a benchmark to problems, by the readers of the training sources."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.building.collect import DROPPED
from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
from crossthink_hub.evaluation.benchmarks.copies import as_known
from crossthink_hub.problem import SCHEMA, tidy
from crossthink_hub.sources.instruction import Instruction
from crossthink_hub.sources.reading import check_readable, pieces, read, shape_of
from crossthink_hub.sources.shape import Raw

PLACED = pa.schema([*SCHEMA, ("task", pa.string()), ("file", pa.string())])
"""Problems with the task that each is of, and the file that it is in."""


class FileRows(NamedTuple):
    """What a file holds: problems with `PLACED`, and with `DROPPED` the rows that can't even be read."""

    problems: pa.Table
    unreadable: pa.Table


def read_file(benchmark: Benchmark, name: str, path: Path, scratch: Path) -> FileRows:
    """Return what a file holds, `row` counted from its start.

    Args:
        benchmark: what it is of.
        name: its path below the benchmark's folder.
        path: where it lies.
        scratch: a folder for copies.

    Raises:
        SourceError: it can't be read, fits no shape, or most of its rows can't be read.
    """
    shown = f"{benchmark.name}/{name}"
    path = as_known(path, shown, benchmark.headed, scratch)
    problems, unreadable, before = [PLACED.empty_table()], [DROPPED.empty_table()], 0
    for piece in pieces(path, shown):
        shape = shape_of(path, shown, benchmark.shapes)
        raw = read(piece, shape, Instruction())
        problems.append(_placed(benchmark, name, shape.problems(raw.table), raw, before))
        unreadable += [_lost(reason, name, rows, before) for reason, rows in raw.unreadable.items()]
        before += raw.lines
    found = FileRows(pa.concat_tables(problems), pa.concat_tables(unreadable))
    reasons = found.unreadable["reason"].to_pylist()
    check_readable(shown, len(found.problems), {reason: reasons.count(reason) for reason in set(reasons)})
    return found


def _placed(benchmark: Benchmark, name: str, problems: pa.Table, raw: Raw, before: int) -> pa.Table:
    """Return problems with their place: the task that their row, their file or their domain names."""
    of_file = pa.scalar(benchmark.task_of(name), pa.string())
    domain = pc.coalesce(problems["domain"].combine_chunks(), of_file)
    changed = {
        "domain": domain,
        "row": pc.add(problems["row"].combine_chunks(), before),
        "task": pc.coalesce(_said(raw.table), of_file, domain, pa.scalar(benchmark.name)),
        "file": pa.repeat(pa.scalar(name), len(problems)),
    }
    columns = [changed[own] if own in changed else problems[own] for own in PLACED.names]
    return pa.Table.from_arrays(columns, schema=PLACED)


def _said(raw: pa.Table) -> pa.StringArray:
    """Return the tasks that the rows themselves name, null where they name none."""
    if "task" not in raw.column_names:
        return pa.nulls(len(raw), pa.string())
    said = tidy(raw["task"].combine_chunks())
    return pc.if_else(pc.equal(said, ""), None, said)


def _lost(reason: str, file: str, rows: Sequence[int], before: int) -> pa.Table:
    lost = [{"reason": reason, "file": file, "row": row + before} for row in rows]
    return pa.Table.from_pylist(lost, DROPPED)
