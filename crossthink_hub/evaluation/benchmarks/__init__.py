"""Benchmarks, one file each: `Benchmark` says what it is, its shapes read its rows into problems."""

import difflib
from collections.abc import Sequence

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.benchmarks.agieval import AGIEVAL
from crossthink_hub.evaluation.benchmarks.amc23 import AMC23
from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
from crossthink_hub.evaluation.benchmarks.gpqa_diamond import GPQA_DIAMOND
from crossthink_hub.evaluation.benchmarks.math_500 import MATH_500
from crossthink_hub.evaluation.benchmarks.mmlu import MMLU
from crossthink_hub.evaluation.benchmarks.mmlu_pro import MMLU_PRO
from crossthink_hub.evaluation.benchmarks.supergpqa import SUPERGPQA

BENCHMARKS = (MMLU, MMLU_PRO, GPQA_DIAMOND, AGIEVAL, SUPERGPQA, MATH_500, AMC23)
"""Every benchmark of the paper, in the order of its tables."""


def named(names: Sequence[str]) -> list[Benchmark]:
    """Return the benchmarks of these names, in the order of the paper's tables.

    Raises:
        UsageError: there is none of a name; the message names the nearest, or all.

    Example:
        >>> [benchmark.rows for benchmark in named(["amc23", "math_500"])]
        [500, 40]
    """
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."
            raise UsageError(f"unknown benchmark {name!r}", fix=hint)
    return [benchmark for benchmark in BENCHMARKS if benchmark.name in names]
