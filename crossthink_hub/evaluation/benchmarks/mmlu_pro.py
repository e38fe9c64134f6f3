"""MMLU-Pro: 12,032 multiple-choice questions of 14 categories, three to ten options each.

Upstream: `TIGER-Lab/MMLU-Pro`. It gives the right option twice, as letter and as index. Where they differ, as
in question 3983, the letter decides: it is what the authors' own scoring compares.
Paper: Wang et al., MMLU-Pro (arXiv 2406.01574).
Licence: MIT.
"""

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
from crossthink_hub.evaluation.benchmarks.flags import add_flag
from crossthink_hub.options import label_index
from crossthink_hub.recipe.templates import answer_letters
from crossthink_hub.sources.mcq import LABELLED, indexed
from crossthink_hub.sources.shape import Shape, integer, text, texts

INDEX_DIFFERS = "answer_index_differs"


def _read(raw: pa.Table) -> pa.Table:
    """Read options, and which is right as a letter, or where it names no option as a number from 0."""
    letter, place = raw["letter"].combine_chunks(), raw["place"].combine_chunks()
    count = pc.list_value_length(raw["options"].combine_chunks())
    named = _below(label_index(letter), count)
    other = _below(place, count)
    gold = pc.if_else(pc.is_valid(named), letter, pc.coalesce(answer_letters(other), letter))
    problems = LABELLED.problems(
        raw.select(["question", "options", "domain", "upstream_id", "row"]).append_column("gold", gold)
    )
    return add_flag(problems, INDEX_DIFFERS, pc.not_equal(named, place))


def _below(index: pa.Array, count: pa.Array) -> pa.Array:
    """Return the indices that name one of so many options, null for the others."""
    index = index.cast(pa.int64())
    there = pc.and_(pc.greater_equal(index, 0), pc.less(index, count))
    return pc.if_else(pc.fill_null(there, False), index, None)


LETTERED = Shape(
    {
        "question": text("question"),
        "options": texts("options", "choices"),
        "letter": text("answer"),
        "place": integer("answer_index", required=False),
        "domain": text("category", required=False),
        "upstream_id": text("question_id", required=False),
    },
    _read,
)

MMLU_PRO = Benchmark(
    name="mmlu_pro",
    title="MMLU-Pro",
    repo="TIGER-Lab/MMLU-Pro",
    config="default",
    files=("*",),
    shapes=(LETTERED, indexed()),
    rows=12_032,
    licence="MIT",
    paper="2406.01574",
)
