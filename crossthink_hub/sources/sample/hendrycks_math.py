"""MATH as the sample has it: one Parquet file in the form of SimpleRL-Zoo-Data."""

from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from crossthink_hub.sources.sample.math_problems import Problem, math_problems
from crossthink_hub.sources.sample.mixing import Dirt, mixed, write_parquet

MATH = "hendrycks_math/train.parquet"
GOOD = 43

_TEXT, _INTEGER = pa.string(), pa.int64()
_EXTRA_INFO = pa.struct(
    {"answer": _TEXT, "index": _INTEGER, "level": _INTEGER, "question": _TEXT, "split": _TEXT}
)
_SCHEMA = pa.schema(
    {"answer": _TEXT, "gt_answer": _TEXT, "subject": _TEXT, "level": _INTEGER, "question": _TEXT}
    | {"extra_info": _EXTRA_INFO}
)

DIRT: Dirt[Problem, Problem] = {
    "empty_answer": (1, lambda item: [item._replace(answer="")]),
    "blank_answer": (1, lambda item: [item._replace(answer=" \n")]),
    "null_answer": (1, lambda item: [item._replace(answer=None)]),
    "empty_question": (1, lambda item: [item._replace(question="")]),
    "duplicate": (1, lambda item: [item, item]),
}


def write(folder: Path) -> None:
    """Write the file below the folder of all sources."""
    items = mixed(math_problems()[0], DIRT, GOOD, Random(MATH), lambda item: item)
    write_parquet(folder / MATH, [_row(item, index) for index, item in enumerate(items)], _SCHEMA)


def _row(item: Problem, index: int) -> dict[str, Any]:
    asked = {"answer": item.answer, "level": item.level, "question": item.question}
    extra = {**asked, "index": index, "split": "train"}
    return {**asked, "gt_answer": item.answer, "subject": item.subject, "extra_info": extra}
