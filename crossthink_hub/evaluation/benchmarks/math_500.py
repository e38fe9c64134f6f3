"""MATH-500: 500 competition problems of seven subjects.

Upstream: `HuggingFaceH4/MATH-500`.
Paper: Hendrycks et al., MATH (arXiv 2103.03874); the choice of 500 is Lightman et al.'s (arXiv 2305.20050).
Licence: MIT.
"""

from dataclasses import replace

from crossthink_hub.evaluation.benchmarks.benchmark import OPEN, Benchmark
from crossthink_hub.sources.open_ended import ANSWERED, SOLVED
from crossthink_hub.sources.shape import text

_ID = {"id": text("unique_id", "id", required=False)}

MATH_500 = Benchmark(
    name="math_500",
    title="MATH-500",
    repo="HuggingFaceH4/MATH-500",
    config="default",
    files=("*",),
    shapes=tuple(replace(shape, columns={**shape.columns, **_ID}) for shape in (ANSWERED, SOLVED)),
    rows=500,
    licence="MIT",
    category="mr",
    question_type=OPEN,
    aliases=("math500", "math-ai/math500"),
    paper="2305.20050",
)
