"""Benchmarks by name: from the Hub, a folder or the embedded sample."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crossthink_hub.errors import SourceError, UsageError
from crossthink_hub.evaluation.benchmarks import named
from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
from crossthink_hub.evaluation.benchmarks.fetching import LOCK, fetch
from crossthink_hub.evaluation.benchmarks.mirror import Found, locate
from crossthink_hub.evaluation.benchmarks.reading import Loaded, read_found
from crossthink_hub.evaluation.benchmarks.sample import write_sample
from crossthink_hub.evaluation.item import features
from crossthink_hub.progress import say
from crossthink_hub.recipe.configs import LONG, SHORT
from crossthink_hub.sources.remote import cache_folder
from crossthink_hub.sources.upstream import HUB, SAMPLE

if TYPE_CHECKING:
    from datasets import Dataset


def load_benchmark(
    name: str, sources: str | Path = HUB, answer: str = LONG, lock: Path | None = None
) -> "Dataset":
    """Return a benchmark's rows; any prefix is a random sample of them, the same everywhere.

    What is not as it was published is said on standard error: rows that are not there or not asked.

    Args:
        name: of the benchmark, such as `math_500`.
        sources: `hub`, `sample`, or a folder with a folder for each benchmark.
        answer: of multiple-choice questions: `long` is `(A) text`, `short`, for models trained so, is `A`.
        lock: which commits to read; `benchmarks.lock.json` if it is there, else one in the cache.

    Raises:
        CrossThinkError: there is no such benchmark, or its files can't be had or read.

    Example:
        >>> rows = load_benchmark("amc23", sources="sample")
        >>> rows.column_names[:4], rows[0]["benchmark"]
        (['id', 'data_source', 'prompt', 'solution'], 'amc23')
    """
    import datasets
    from datasets.table import InMemoryTable

    loaded = read_benchmark(name, sources, answer, lock)
    if loaded.found.kind != SAMPLE:
        say(*loaded.account.notes(name))
    info = datasets.DatasetInfo(dataset_name=name, description=loaded.benchmark.title, features=features())
    return datasets.Dataset(InMemoryTable(loaded.rows), info=info, split=datasets.Split.TEST)


def read_benchmark(
    name: str, sources: str | Path = HUB, answer: str = LONG, lock: Path | None = None
) -> Loaded:
    """Return a benchmark's rows as an Arrow table, with the account of them; see `load_benchmark`.

    Example:
        >>> read_benchmark("math_500", "sample").account.dropped
        {'empty_answer': 1}
    """
    loaded = read_benchmarks([name], sources, answer, lock)
    if not loaded:
        raise missing([name], sources)
    return loaded[0]


def read_benchmarks(
    names: Sequence[str], sources: str | Path = HUB, answer: str = LONG, lock: Path | None = None
) -> list[Loaded]:
    """Return benchmarks in the order of the paper's tables, without those of which a folder has no files.

    Raises:
        CrossThinkError: there is no such benchmark, or files can't be had or read.
    """
    benchmarks = named(names)
    if answer not in (LONG, SHORT):
        raise UsageError(f"answer is {answer!r}", fix=f"Give {LONG} or {SHORT}.")
    with tempfile.TemporaryDirectory(prefix="crossthink-") as scratch:
        found = _find(benchmarks, str(sources), Path(scratch), lock or _lock())
        return [read_found(found[own.name], answer) for own in benchmarks if own.name in found]


def _find(benchmarks: Sequence[Benchmark], sources: str, scratch: Path, lock: Path) -> dict[str, Found]:
    if sources == HUB:
        return fetch(benchmarks, lock)
    if sources == SAMPLE:
        return write_sample(benchmarks, scratch)
    return locate(benchmarks, Path(sources))


def _lock() -> Path:
    return LOCK if LOCK.is_file() else cache_folder().parent / "crossthink" / LOCK


def missing(names: Sequence[str], sources: str | Path) -> SourceError:
    """Return what to say of benchmarks that a folder does not have."""
    lines = [f"  {own.name}: a folder {own.name} or {own.repo}" for own in named(names)]
    return SourceError(
        f"found no files for {', '.join(names)}",
        where=sources,
        fix="\n".join(["Expected in it:", *lines]),
    )
