"""What the tests of evaluation share: the real benchmark files, and the benchmarks read from them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from common import REAL_SOURCES, required

from crossthink_hub.evaluation.benchmarks import BENCHMARKS
from crossthink_hub.evaluation.benchmarks.loading import read_benchmarks
from crossthink_hub.evaluation.benchmarks.reading import Loaded

REAL_BENCHMARKS = REAL_SOURCES.parent / "eval"


@pytest.fixture(scope="session")
def real_benchmarks() -> Path:
    """The folder of real benchmark files."""
    return required(REAL_BENCHMARKS, "benchmark")


@pytest.fixture(scope="session")
def real(real_benchmarks: Path) -> Mapping[str, Loaded]:
    """The benchmarks of which there are real files, read, by name."""
    return _by_name(str(real_benchmarks))


@pytest.fixture(scope="session")
def sample() -> Mapping[str, Loaded]:
    """The benchmarks of the embedded sample, read, by name."""
    return _by_name("sample")


def _by_name(sources: str) -> Mapping[str, Loaded]:
    loaded = read_benchmarks([benchmark.name for benchmark in BENCHMARKS], sources)
    return {one.benchmark.name: one for one in loaded}
