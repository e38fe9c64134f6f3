"""The grader takes every ground truth of the real benchmarks for the right answer to its own question."""

from pathlib import Path

import pytest

from crossthink_hub.evaluation.benchmarks.loading import read_benchmark
from crossthink_hub.evaluation.item import items
from crossthink_hub.grading.grader import grade_many

UNFIT = 0.0005
"""The share of ground truths that may be damaged themselves, such as by braces that do not match."""


@pytest.mark.real
@pytest.mark.parametrize("answer", ["long", "short"])
@pytest.mark.parametrize("name", ["mmlu", "mmlu_pro", "agieval", "supergpqa", "math_500", "amc23"])
def test_a_ground_truth_is_right(real_benchmarks: Path, name: str, answer: str):
    asked = list(items(read_benchmark(name, real_benchmarks, answer).rows.to_pylist()))
    verdicts = grade_many(
        [rf"<think>a</think>\boxed{{{one.solution}}}" for one in asked],
        [one.solution for one in asked],
        options=[list(one.options) or None for one in asked],
    )
    wrong = [
        (one.solution, verdict.why)
        for one, verdict in zip(asked, verdicts, strict=True)
        if not verdict.correct
    ]
    assert len(wrong) <= UNFIT * len(asked) + 1, wrong[:5]
