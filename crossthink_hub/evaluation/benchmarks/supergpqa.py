"""SuperGPQA: 26,529 multiple-choice questions of 285 disciplines, four to ten options each.

Upstream: `m-a-p/SuperGPQA`. It gives the right option as letter and as text; where they are of two options,
the text decides, and the row is flagged `relabelled`, as in training.
Paper: M-A-P Team, SuperGPQA (arXiv 2502.14739).
Licence: ODC-BY.
"""

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
from crossthink_hub.problem import tidy
from crossthink_hub.sources.mcq import LABELLED
from crossthink_hub.sources.shape import Shape, text, texts


def _read(raw: pa.Table) -> pa.Table:
    """Read options, and which is right as a letter and as its text."""
    letter, said = (tidy(raw[name].combine_chunks()) for name in ("letter", "text"))
    gold = pc.coalesce(pc.binary_join_element_wise("(", letter, ") ", said, ""), said, letter)
    return LABELLED.problems(
        raw.select(["question", "options", "domain", "upstream_id", "row"]).append_column("gold", gold)
    )


LETTER_AND_TEXT = Shape(
    {
        "question": text("question"),
        "options": texts("options"),
        "letter": text("answer_letter"),
        "text": text("answer", required=False),
        "domain": text("discipline", required=False),
        "task": text("field", required=False),
        "upstream_id": text("uuid", required=False),
    },
    _read,
)

SUPERGPQA = Benchmark(
    name="supergpqa",
    title="SuperGPQA",
    repo="m-a-p/SuperGPQA",
    config="default",
    split="train",
    files=("*gpqa*", "*"),
    shapes=(LETTER_AND_TEXT, LABELLED),
    rows=26_529,
    licence="ODC-BY",
    aliases=("super_gpqa",),
    paper="2502.14739",
)
