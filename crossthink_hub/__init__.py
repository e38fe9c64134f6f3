"""Every blend of NEMOTRON-CROSSTHINK (arXiv 2504.13941), rebuilt from upstream sources.

Importing this package gives `datasets.load_dataset` the name `crossthink`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossthink_hub.loading.register import register_when_imported

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict

__version__ = "0.1.0"
__all__ = ["__version__", "load", "load_benchmark"]


def load(
    config: str = "gpr_up",
    *,
    split: str | None = None,
    sources: str | None = None,
    seed: int | None = None,
    size: int | str | None = None,
    oversample: bool | None = None,
    allow_missing: bool | None = None,
    commercial_only: bool | None = None,
    strict: bool | None = None,
    **options: Any,
) -> "Dataset | DatasetDict | IterableDataset | IterableDatasetDict":
    """Load a config, built into the `datasets` cache at first use, as `load_dataset("crossthink", …)` does.

    Args:
        config: name of the config; `crossthink configs` lists them.
        split: `train` or `test`; both if not given.
        sources: `hub`, `sample`, or a folder of upstream files. If not given, a folder `./crossthink` that
            `crossthink build` made, or else the Hub.
        seed: decides which rows are taken and where they stand; 0 by default.
        size: rows of the train split, or `max`, the default: the most without repeats.
        oversample: whether a larger size may repeat rows.
        allow_missing: whether to build without sources that are not there.
        commercial_only: whether to leave out the sources that may not be sold.
        strict: whether to drop questions whose gold letter is stale.
        options: of `datasets.load_dataset`, such as `streaming` or `num_proc`.

    Raises:
        CrossThinkError: the config, the sources or the size make no sense.

    Example:
        >>> load("gpr_up", split="train", sources="sample", size=100).num_rows
        100
    """
    from datasets import load_dataset

    asked = {
        "sources": sources,
        "seed": seed,
        "size": size,
        "oversample": oversample,
        "allow_missing": allow_missing,
        "commercial_only": commercial_only,
        "strict": strict,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return load_dataset("crossthink", config, split=split, **given, **options)


def load_benchmark(
    name: str, sources: str | Path = "hub", answer: str = "long", lock: Path | None = None
) -> "Dataset":
    """Load a benchmark: rows of the shape of the training data, asked and answered by the same templates.

    Any prefix is a random sample of its questions, the same everywhere. What is not as it was published is
    said on standard error: rows that are not there or not asked.

    Args:
        name: `mmlu`, `mmlu_pro`, `gpqa_diamond`, `agieval`, `supergpqa`, `math_500` or `amc23`.
        sources: `hub`, `sample`, or a folder with a folder for each benchmark.
        answer: ground truth of multiple-choice questions: `long` is `(A) text`, `short`, for models that were
            trained so, is `A`.
        lock: which commits to read; `./benchmarks.lock.json` if it is there, else one in the cache.

    Raises:
        CrossThinkError: there is no such benchmark, or its files can't be had or read.

    Example:
        >>> load_benchmark("math_500", sources="sample").num_rows
        20
    """
    from crossthink_hub.evaluation.benchmarks.loading import load_benchmark

    return load_benchmark(name, sources, answer, lock)


register_when_imported()
