"""Upstream formats of open questions: a question and an answer, a boxed solution, or a prompt and a gold."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.problem import problems, tidy
from crossthink_hub.sources.boxed import last_boxed
from crossthink_hub.sources.prompted import only_items
from crossthink_hub.sources.shape import Column, Shape, integer, messages, text, texts

NO_BOX = "no_boxed_answer"

FACTS: dict[str, Column] = {
    "domain": text("subject", "type", "problem_type", "meta_data.domain", required=False),
    "index": integer("meta_data.index", "extra_info.index", required=False),
    "id": text("id", "uuid", required=False),
}
"""What any shape reads if it is there."""


def _columns(raw: pa.Table) -> dict[str, Any]:
    columns = {name: raw[name].combine_chunks() for name in raw.column_names}
    columns["upstream_id"] = columns.pop("id")
    return columns


def _read_answered(raw: pa.Table) -> pa.Table:
    """Read a question and its answer; where the answer is empty, the last box of the solution."""
    columns = _columns(raw)
    answer, unfit = only_items(columns.pop("gold"))
    answer, solution = tidy(answer), columns.pop("solution")
    if solution.null_count < len(solution):
        answer = pc.if_else(pc.fill_null(pc.equal(answer, ""), True), last_boxed(solution), answer)
    return problems({**columns, "answer": answer, "unfit": unfit})


def _read_solved(raw: pa.Table) -> pa.Table:
    """Read a problem whose answer stands in the last box of its solution."""
    columns = _columns(raw)
    answer = last_boxed(columns.pop("solution"))
    return problems({**columns, "answer": answer, "unfit": pc.if_else(pc.is_null(answer), NO_BOX, None)})


def _read_prompted(raw: pa.Table) -> pa.Table:
    """Read a prompt and its gold."""
    columns = _columns(raw)
    gold, unfit = only_items(columns.pop("gold"))
    return problems(
        {
            **columns,
            "answer": gold,
            "released_prompt": columns.pop("prompt"),
            "released_gold": gold,
            "unfit": unfit,
        }
    )


ANSWERED = Shape(
    {
        "question": text("question", "problem"),
        "gold": texts("answer", "gt_answer", "reference_answer", "final_answer"),
        "solution": text("solution", required=False),
        **FACTS,
    },
    _read_answered,
)
"""A question and an answer in columns of their own."""

SOLVED = Shape({"question": text("problem", "question"), "solution": text("solution"), **FACTS}, _read_solved)
"""A problem and a solution; the answer stands only in a box of the solution."""

PROMPTED = Shape(
    {
        "prompt": messages("prompt", "messages"),
        "gold": texts("reward_model.ground_truth", "ground_truth", "answer"),
        **FACTS,
    },
    _read_prompted,
    instructed=True,
)
"""Rows of verl: a prompt with an instruction around the question, and a gold."""
