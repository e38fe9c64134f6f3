"""From a benchmark's files to its rows, by the filters and templates of the training data."""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.building.collect import DROPPED
from crossthink_hub.errors import SourceError
from crossthink_hub.evaluation.benchmarks.account import Account
from crossthink_hub.evaluation.benchmarks.benchmark import MCQ, OPEN, Benchmark
from crossthink_hub.evaluation.benchmarks.files import PLACED, read_file
from crossthink_hub.evaluation.benchmarks.flags import flagged
from crossthink_hub.evaluation.benchmarks.mirror import Found
from crossthink_hub.evaluation.benchmarks.rendering import rendered
from crossthink_hub.identity import detail_digests, digests, ids, orders
from crossthink_hub.recipe.filters import FILTERS
from crossthink_hub.recipe.paper import SourceFacts
from crossthink_hub.sources.checksum import sha256
from crossthink_hub.sources.lock import LockedFile

GRADABLE = ("empty_question", "no_options", "answer_not_in_options", "empty_answer")
"""The filters of training that hold here too: without them there is nothing to ask or to grade. The others
would make another benchmark of it."""


@dataclass(frozen=True)
class Loaded:
    """A benchmark, read.

    Attributes:
        found: the benchmark and its files.
        rows: with `item.SCHEMA`; any prefix is a random sample, the same whatever the order of the files.
        dropped: rows that are not asked, with `collect.DROPPED`.
        account: how many.
        files: what was read.
    """

    found: Found
    rows: pa.Table
    dropped: pa.Table
    account: Account
    files: tuple[LockedFile, ...]

    @property
    def benchmark(self) -> Benchmark:
        """What was read."""
        return self.found.benchmark


def read_found(found: Found, answer: str) -> Loaded:
    """Return a benchmark's rows from its files.

    Args:
        found: the files.
        answer: of multiple-choice questions, `long` (`(A) text`) or `short` (`A`).

    Raises:
        SourceError: a file can't be read, or no row can be used.
    """
    problems, unreadable = _read(found)
    reasons = _refusals(found.benchmark, problems)
    problems = problems.append_column("id", _ids(found.benchmark.name, problems, pc.is_valid(reasons)))
    gone = problems.append_column("reason", reasons).filter(pc.is_valid(reasons))
    gone = gone.append_column("form", pa.nulls(len(gone), pa.string())).select(DROPPED.names).cast(DROPPED)
    dropped = pa.concat_tables([gone, unreadable]).sort_by([("file", "ascending"), ("row", "ascending")])
    kept = flagged(problems.filter(pc.is_null(reasons)))
    kept = kept.take(pa.array(np.argsort(orders(kept["id"].to_pylist(), seed=0), kind="stable")))
    account = _account(found, kept, dropped)
    if not account.kept:
        why = ", ".join(f"{reason} {count:,}" for reason, count in account.dropped.items())
        raise SourceError(
            f"none of its rows can be used ({why or 'its files have no rows'})",
            where=found.benchmark.name,
            fix="Check its files.",
        )
    files = [LockedFile(name, path.stat().st_size, sha256(path)) for name, path in found.files.items()]
    return Loaded(found, rendered(found, kept, answer), dropped, account, tuple(files))


def _read(found: Found) -> tuple[pa.Table, pa.Table]:
    """Return the problems of all files, and the rows that can't be read."""
    with tempfile.TemporaryDirectory(prefix="crossthink-") as scratch:
        files = [read_file(found.benchmark, *file, Path(scratch)) for file in found.files.items()]
    problems = pa.concat_tables([PLACED.empty_table(), *(file.problems for file in files)])
    unreadable = pa.concat_tables([DROPPED.empty_table(), *(file.unreadable for file in files)])
    return problems.combine_chunks(), unreadable


def _refusals(benchmark: Benchmark, problems: pa.Table) -> pa.StringArray:
    """Return why each problem is not asked, null where it is."""
    kinds = [benchmark.type_of(task) for task in problems["task"].to_pylist()]
    mcq, other = (
        _reasons(problems, SourceFacts(benchmark.category, kind, benchmark.rows)) for kind in (MCQ, OPEN)
    )
    return pc.if_else(pa.array([kind == MCQ for kind in kinds], pa.bool_()), mcq, other)


def _reasons(problems: pa.Table, facts: SourceFacts) -> pa.StringArray:
    reasons = problems["unfit"].combine_chunks()
    for rule in FILTERS:
        if rule.reason in GRADABLE and rule.applies(facts, False):
            met = pc.fill_null(rule.met(problems), False)
            reasons = pc.coalesce(reasons, pc.if_else(met, pa.scalar(None, pa.string()), rule.reason))
    return reasons.combine_chunks() if isinstance(reasons, pa.ChunkedArray) else reasons


def _ids(name: str, problems: pa.Table, dropped: pa.Array) -> pa.StringArray:
    """Return the problems' ids; of equal ones those that are asked come first, in no one's order."""
    own = digests(problems)
    last = dropped.to_numpy(zero_copy_only=False)
    together = np.lexsort((detail_digests(problems)[0], last, own))
    begins = np.flatnonzero(np.r_[True, own[together][1:] != own[together][:-1]][: len(own)])
    ordinals: npt.NDArray[np.int64] = np.zeros(len(own), np.int64)
    ordinals[together] = np.arange(len(own)) - np.repeat(begins, np.diff(np.r_[begins, len(own)]))
    return pa.array(ids(name, own, ordinals), pa.string())


def _account(found: Found, kept: pa.Table, dropped: pa.Table) -> Account:
    there = {found.benchmark.task_of(name) for name in found.files}
    missing = [task for task in found.benchmark.tasks if task not in there]
    return Account(
        published=found.benchmark.rows,
        read=len(kept) + len(dropped),
        kept=len(kept),
        dropped=_counted(dropped["reason"].to_pylist()),
        flags=_counted(pc.list_flatten(kept["flags"].combine_chunks()).to_pylist()),
        missing=tuple(missing) if found.benchmark.only_known else (),
        left_alone=found.left_alone,
    )


def _counted(names: Sequence[str]) -> Mapping[str, int]:
    return dict(sorted(Counter(names).items()))
