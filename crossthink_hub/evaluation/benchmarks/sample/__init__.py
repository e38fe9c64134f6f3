"""The embedded sample: made-up questions in the upstream format of each benchmark, to try without downloads.

Its answers are worked out, not written down: words are of one kind, and sums have a result.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
from crossthink_hub.evaluation.benchmarks.mirror import Found, locate
from crossthink_hub.evaluation.benchmarks.rendering import SAMPLE_REPO
from crossthink_hub.evaluation.benchmarks.sample.benchmark_files import DROPPED, WRITERS
from crossthink_hub.sources.upstream import SAMPLE

__all__ = ["DROPPED", "write_sample"]


def write_sample(benchmarks: Sequence[Benchmark], folder: Path) -> dict[str, Found]:
    """Write the sample's files of benchmarks below a folder, and return where they are.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from crossthink_hub.evaluation.benchmarks import named
        >>> with TemporaryDirectory() as name:
        ...     [list(found.files) for found in write_sample(named(["math_500"]), Path(name)).values()]
        [['test.jsonl']]
    """
    for benchmark in benchmarks:
        WRITERS[benchmark.name](folder / benchmark.name)
    found = locate(benchmarks, folder)
    return {name: replace(own, repo=SAMPLE_REPO, kind=SAMPLE) for name, own in found.items()}
