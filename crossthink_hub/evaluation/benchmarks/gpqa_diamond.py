"""GPQA-Diamond: 198 multiple-choice questions of three sciences, four options each.

Upstream: `Idavidrein/gpqa`, gated, file `gpqa_diamond.csv`. It gives the right answer and three wrong ones,
in no order; they are shuffled by a hash of the record's id, so every run and every machine asks the same.
Paper: Rein et al., GPQA (arXiv 2311.12022).
Licence: CC-BY-4.0; its authors ask that no example be put online, so no row of it is ever published.
"""

import pyarrow as pa
from xxhash import xxh3_64_intdigest

from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
from crossthink_hub.problem import STRINGS
from crossthink_hub.sources.mcq import indexed
from crossthink_hub.sources.shape import Shape, text

ANSWERS = ("right", "wrong_1", "wrong_2", "wrong_3")


def shuffled(record: str, count: int = len(ANSWERS)) -> list[int]:
    """Return the places 0 to `count` - 1 in the order that a record's id gives them.

    Example:
        >>> shuffled("rec1"), shuffled("rec2")
        ([3, 2, 1, 0], [0, 2, 3, 1])
    """
    return sorted(range(count), key=lambda place: xxh3_64_intdigest(f"option {place} {record}".encode()))


def _read(raw: pa.Table) -> pa.Table:
    """Read a question, its answer and three wrong ones; without an id its question decides their order."""
    answers = list(zip(*(raw[name].to_pylist() for name in ANSWERS), strict=True))
    ids, questions = raw["upstream_id"].to_pylist(), raw["question"].to_pylist()
    orders = [shuffled((own or asked or "").strip()) for own, asked in zip(ids, questions, strict=True)]
    options = [[texts[place] for place in order] for texts, order in zip(answers, orders, strict=True)]
    right = [order.index(0) for order in orders]
    return indexed().problems(
        raw.select(["question", "domain", "upstream_id", "row"])
        .append_column("options", pa.array(options, STRINGS))
        .append_column("right", pa.array(right, pa.int64()))
    )


UNORDERED = Shape(
    {
        "question": text("Question"),
        "right": text("Correct Answer"),
        **{f"wrong_{number}": text(f"Incorrect Answer {number}") for number in (1, 2, 3)},
        "domain": text("High-level domain", required=False),
        "task": text("Subdomain", required=False),
        "upstream_id": text("Record ID", required=False),
    },
    _read,
)

GPQA_DIAMOND = Benchmark(
    name="gpqa_diamond",
    title="GPQA-Diamond",
    repo="Idavidrein/gpqa",
    config="gpqa_diamond",
    split="train",
    files=("*diamond*", "*diamond*/*", "*.csv", "*.parquet", "*.jsonl"),
    shapes=(UNORDERED,),
    rows=198,
    licence="CC-BY-4.0",
    aliases=("gpqa",),
    headed=True,
    paper="2311.12022",
    gated=True,
    never_published="its authors ask that no example be put online",
)
