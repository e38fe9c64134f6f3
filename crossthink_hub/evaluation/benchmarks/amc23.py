"""AMC23: 40 problems of the AMC 12 of 2023, each with a number for an answer.

Upstream: `math-ai/amc23`. Its answers are written as decimals, 27.0 for 27: whole numbers lose the point.
Licence: the problems are copyright of the MAA, by way of the AoPS wiki.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.evaluation.benchmarks.benchmark import OPEN, Benchmark
from crossthink_hub.sources.open_ended import ANSWERED


def _read(raw: pa.Table) -> pa.Table:
    """Read a question and its answer, a whole number without a decimal point."""
    problems = ANSWERED.problems(raw)
    place = problems.schema.get_field_index("answer")
    whole = pc.replace_substring_regex(problems["answer"], r"\A([+-]?\d+)\.0*\z", r"\1")
    return problems.set_column(place, problems.schema.field(place), whole)


AMC23 = Benchmark(
    name="amc23",
    title="AMC23",
    repo="math-ai/amc23",
    config="default",
    files=("*",),
    shapes=(replace(ANSWERED, problems=_read),),
    rows=40,
    licence="© MAA, via the AoPS wiki",
    category="mr",
    question_type=OPEN,
    aliases=("amc_23", "amc"),
)
