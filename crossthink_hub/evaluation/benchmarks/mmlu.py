"""MMLU: 14,042 multiple-choice questions of 57 subjects, four options each.

Upstream: `cais/mmlu`, config `all`, and the CSV files of https://github.com/hendrycks/test, whose subject
is in the file's name. 105 of its questions stand in it twice; both count.
Paper: Hendrycks et al., Measuring Massive Multitask Language Understanding (arXiv 2009.03300).
Licence: MIT.
"""

from pathlib import PurePosixPath

from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark, known_tasks
from crossthink_hub.sources.mcq import LABELLED, indexed
from crossthink_hub.sources.mmlu import CSV


def _subject_of(file: str) -> str | None:
    """Return the subject that a CSV file is of.

    Example:
        >>> _subject_of("test/virology_test.csv"), _subject_of("all/test-00000-of-00001.parquet")
        ('virology', None)
    """
    path = PurePosixPath(file)
    return path.stem.removesuffix("_test") if path.suffix == ".csv" else None


MMLU = Benchmark(
    name="mmlu",
    title="MMLU",
    repo="cais/mmlu",
    config="all",
    files=("all/test*", "test/*", "*test*"),  # its training rows may lie beside
    shapes=(indexed(), LABELLED, CSV),
    rows=14_042,
    licence="MIT",
    paper="2009.03300",
    tasks=known_tasks("mmlu"),
    task_of=_subject_of,
)
