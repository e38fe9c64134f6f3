"""The grader on the real rows and on the labelled answers of other projects."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crossthink_hub.grading import Verdict, grade, grade_many

pytestmark = pytest.mark.real

NOT_CLOSED = "a brace is closed that was never opened"
EXCEPTIONS = {
    r"\left\{\begin{array}{l}x=-4\\y=4\end{array}\right.}": NOT_CLOSED,
    r"\left\{\begin{array}{l}a = 0, \\ b = -1 \end{array}\right.}": NOT_CLOSED,
}
"""Golds that are not equal to themselves once boxed, each with the reason."""
CORE = 0.97
POLICIES = {
    "hendrycks_math-0001": "a list of numbers in order of size may be given in any order",
    "simple_evals-0004": "arithmetic is worked out",
}
"""False accepts by a convention of docs/grading.md that the case's project does not share."""


def _numina(sources: Path) -> Iterator[str]:
    for row in pq.read_table(
        sources / "numina_math" / "NM_20K_1010.parquet", columns=["reward_model"]
    ).to_pylist():
        yield from row["reward_model"]["ground_truth"]
    for row in pq.read_table(sources / "numina_math" / "eurus2_rl" / "validation.parquet").to_pylist():
        yield row["reward_model"]["ground_truth"]


def _math(sources: Path) -> Iterator[str]:
    yield from pq.read_table(sources / "math_train_8523" / "train.parquet")["gt_answer"].to_pylist()
    for line in (sources.parent / "eval" / "math500" / "test.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)["answer"]


def _syn_qa(sources: Path) -> Iterator[str]:
    for line in (sources / "syn_qa_copy" / "release_qa_600.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)["ground_truth"]


def _agieval(sources: Path) -> Iterator[str]:
    for path in sorted((sources.parent / "eval" / "agieval" / "v1").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            gold = row.get("answer") or row.get("label")
            yield from gold if isinstance(gold, list) else [gold]


def _mmlu(sources: Path) -> Iterator[str]:
    for path in sorted((sources / "mmlu_auxiliary_train").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for _, *options, letter in csv.reader(file):
                yield letter
                yield f"({letter}) {options['ABCD'.index(letter)]}"


@pytest.mark.parametrize("mode", ["paper", "letter", "equivalent"])
@pytest.mark.parametrize("golds_of", [_numina, _math, _syn_qa, _agieval, _mmlu])
def test_every_ground_truth_equals_itself(real_sources: Path, golds_of: Any, mode: str) -> None:
    golds = [gold for gold in golds_of(real_sources) if gold]
    verdicts = grade_many([f"<think>t</think>\\boxed{{{gold}}}" for gold in golds], golds, mode=mode)  # type: ignore[arg-type]
    unequal = {gold for gold, verdict in zip(golds, verdicts, strict=True) if not verdict.correct}
    assert unequal <= set(EXCEPTIONS)
    assert len(golds) > 500


def test_ground_truths_of_mathematics_are_read_as_such(real_sources: Path) -> None:
    """In another spelling they are equal still: so they are compared by value, not by luck."""
    golds = [gold for gold in _math(real_sources) if gold]
    spelled = [
        gold.replace(r"\frac", r"\dfrac").replace("(", r"\left( ").replace(")", r" \right)") for gold in golds
    ]
    verdicts = grade_many([f"<think>t</think>$\\boxed{{{gold}\\,}}$" for gold in spelled], golds)
    assert [gold for gold, verdict in zip(golds, verdicts, strict=True) if not verdict.correct] == []


@pytest.fixture(scope="module")
def cases(real_sources: Path) -> list[dict[str, Any]]:
    folder = real_sources.parent.parent / "grader_cases"
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def _grade_case(case: dict[str, Any]) -> Verdict:
    """Grade a labelled answer: as it is if it has a box, else boxed whole."""
    prediction = case["prediction"]
    boxed = r"\boxed" in prediction or r"\fbox" in prediction
    response = prediction if boxed else f"\\boxed{{{prediction}}}"
    return grade(response if "</think>" in response else f"<think>t</think>{response}", case["gold"])


def test_labelled_answers(cases: list[dict[str, Any]]) -> None:
    labelled = [
        case
        for case in cases
        if case["kind"] in ("equal", "response") and isinstance(case["prediction"], str)
    ]
    judged = [(case, _grade_case(case).correct is True) for case in labelled if case["expected"] is not None]
    core = [right == case["expected"] for case, right in judged if case["core"]]
    assert len(core) > 250
    assert sum(core) / len(core) >= CORE
    accepted = {case["id"] for case, right in judged if right and not case["expected"]}
    assert accepted <= set(POLICIES)


def test_letters_in_prose(cases: list[dict[str, Any]]) -> None:
    labelled = [case for case in cases if case["kind"] == "mcq" and case["gold"]]
    right = [
        (
            grade(case["prediction"], case["gold"], kind="mcq", answer_in="claim", thought="optional").correct
            is True
        )
        == case["expected"]
        for case in labelled
    ]
    assert sum(right) / len(right) >= 0.9
