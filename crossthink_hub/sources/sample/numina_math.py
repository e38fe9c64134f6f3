"""NuminaMath as the sample has it: the forms of NuminaMath-CoT, of NuminaMath-1.5, and of verl's rows."""

import re
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pyarrow as pa

from crossthink_hub.sources.sample.math_problems import Problem, math_problems
from crossthink_hub.sources.sample.mixing import Dirt, mixed, write_parquet

COT = "numina_math/data/train-00000-of-00001.parquet"
VERSION_1_5 = "numina_math/numina_1_5/train.parquet"
VERL = "numina_math/verl/train.parquet"
GOOD = {COT: 149, VERSION_1_5: 148, VERL: 148}

SUFFIX = " Think the problem through, and write the final answer inside \\boxed{}."
"""What stands behind every question in verl's rows."""

_TYPES = {
    "Number Theory": "Number Theory",
    "Geometry": "Geometry",
    "Counting & Probability": "Combinatorics",
    "Precalculus": "Geometry",
}
_TEXT, _INTEGER, _TRUTH = pa.string(), pa.int64(), pa.bool_()
_MESSAGES = pa.list_(pa.struct({"content": _TEXT, "role": _TEXT}))
_COT_SCHEMA = pa.schema({"source": _TEXT, "problem": _TEXT, "solution": _TEXT, "messages": _MESSAGES})
_1_5_SCHEMA = pa.schema(
    dict.fromkeys(("problem", "solution", "answer", "problem_type", "question_type"), _TEXT)
    | dict.fromkeys(("problem_is_valid", "solution_is_valid", "source"), _TEXT)
    | {"synthetic": _TRUTH}
)
_VERL_SCHEMA = pa.schema(
    {"data_source": _TEXT, "prompt": _MESSAGES, "ability": _TEXT}
    | {"reward_model": pa.struct({"ground_truth": pa.list_(_TEXT), "style": _TEXT})}
    | {"extra_info": pa.struct({"index": _INTEGER, "name": _TEXT, "split": _TEXT})}
)


class _Judged(NamedTuple):
    """A problem with what NuminaMath-1.5 says about it."""

    problem: Problem
    question_type: str = "math-word-problem"
    problem_is_valid: str = "Yes"
    solution_is_valid: str = "Yes"


class _Prompted(NamedTuple):
    """A prompt and its golds."""

    prompt: list[dict[str, str]]
    golds: list[str] | None


def write(folder: Path) -> None:
    """Write the three files below the folder of all sources."""
    rng = Random("numina_math")
    problems = list(math_problems()[1])
    rng.shuffle(problems)
    cot = mixed(problems[::3], COT_DIRT, GOOD[COT], rng, lambda item: item)
    write_parquet(folder / COT, [_cot_row(item) for item in cot], _COT_SCHEMA)

    judged = mixed(map(_Judged, problems[1::3]), DIRT_1_5, GOOD[VERSION_1_5], rng, lambda item: item)
    write_parquet(folder / VERSION_1_5, [_row_1_5(item) for item in judged], _1_5_SCHEMA)

    prompted = mixed(map(_prompted, problems[2::3]), VERL_DIRT, GOOD[VERL], rng, lambda item: item)
    rows = [_verl_row(item, index) for index, item in enumerate(prompted)]
    write_parquet(folder / VERL, rows, _VERL_SCHEMA)


def _without_boxes(item: Problem) -> Problem:
    text = item.solution.replace(rf"\boxed{{{item.answer}}}", str(item.answer))
    return item._replace(solution=re.sub(r"\\boxed\{(\d+)\}", r"\1", text))


def _cut_in_box(item: Problem) -> Problem:
    end = item.solution.rindex(rf"\boxed{{{item.answer}}}") + len(rf"\boxed{{{item.answer}")
    return item._replace(solution=item.solution[:end])


def _to_prove(item: _Judged) -> _Judged:
    question, answer = item.problem.question, item.problem.answer
    proof = item.problem._replace(question=f"{question} Prove that the answer is ${answer}$.", answer="proof")
    return item._replace(problem=proof, question_type="proof")


def _prompted(item: Problem) -> _Prompted:
    return _Prompted([{"content": item.question + SUFFIX, "role": "user"}], [str(item.answer)])


def _cot_row(item: Problem) -> dict[str, Any]:
    said = [{"content": item.question, "role": "user"}, {"content": item.solution, "role": "assistant"}]
    head = {"source": f"sample_{_source(item)}", "problem": item.question}
    return {**head, "solution": item.solution, "messages": said}


def _row_1_5(item: _Judged) -> dict[str, Any]:
    problem, *judgements = item
    head = {"problem": problem.question, "solution": problem.solution, "answer": problem.answer}
    kinds = dict(zip(_Judged._fields[1:], judgements, strict=True))
    type_ = _TYPES.get(problem.subject, "Algebra")
    return {**head, "problem_type": type_, **kinds, "source": f"sample_{_source(problem)}", "synthetic": True}


def _verl_row(item: _Prompted, index: int) -> dict[str, Any]:
    return {
        "data_source": "numina_math",
        "prompt": item.prompt,
        "ability": "math",
        "reward_model": {"ground_truth": item.golds, "style": "rule"},
        "extra_info": {"index": index, "name": "numina_math", "split": "train"},
    }


def _source(item: Problem) -> str:
    return re.sub(r"\W+", "_", item.subject.lower())


def _problem(item: _Judged, **changes: Any) -> list[_Judged]:
    return [item._replace(problem=item.problem._replace(**changes))]


COT_DIRT: Dirt[Problem, Problem] = {
    "no_box": (5, lambda item: [_without_boxes(item)]),
    "unclosed_box": (2, lambda item: [_cut_in_box(item)]),
    "empty_solution": (1, lambda item: [item._replace(solution="")]),
    "empty_question": (1, lambda item: [item._replace(question="")]),
    "duplicate": (2, lambda item: [item, item]),
}
DIRT_1_5: Dirt[_Judged, _Judged] = {
    "proof": (4, lambda item: [_to_prove(item)]),
    "notfound": (3, lambda item: _problem(item, answer="notfound")),
    "no_answer": (
        1,
        lambda item: _problem(item, answer=None, solution=_without_boxes(item.problem).solution),
    ),
    "incomplete_problem": (2, lambda item: [item._replace(problem_is_valid="Incomplete")]),
    "invalid_problem": (1, lambda item: [item._replace(problem_is_valid="No")]),
    "incomplete_solution": (2, lambda item: [item._replace(solution_is_valid="Incomplete")]),
    "invalid_solution": (1, lambda item: [item._replace(solution_is_valid="No")]),
    "empty_question": (1, lambda item: _problem(item, question="")),
    "duplicate": (2, lambda item: [item, item]),
}
VERL_DIRT: Dirt[_Prompted, _Prompted] = {
    "empty_gold_list": (3, lambda item: [item._replace(golds=[])]),
    "null_gold": (1, lambda item: [item._replace(golds=None)]),
    "blank_gold": (1, lambda item: [item._replace(golds=[" "])]),
    "two_golds": (1, lambda item: [item._replace(golds=[*(item.golds or []), "0"])]),
    "empty_question": (1, lambda item: [item._replace(prompt=[{"content": SUFFIX, "role": "user"}])]),
    "no_messages": (1, lambda item: [item._replace(prompt=[])]),
    "duplicate": (2, lambda item: [item, item]),
}
