"""Generations graded: a verdict for each, by the grader of training, in one mode."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pyarrow as pa

from crossthink_hub.evaluation.generation import Finish
from crossthink_hub.evaluation.run_folder import VERDICT
from crossthink_hub.grading.grader import grade_many
from crossthink_hub.grading.settings import GradeSettings, Kind, Mode
from crossthink_hub.grading.verdict import Status, Verdict

MAIN: Mode = "equivalent"
"""How answers are compared for the scores that tables show; the other modes stand beside it."""
MODES: tuple[Mode, ...] = tuple(sorted(get_args(Mode), key=lambda mode: mode != MAIN))
"""All modes, the main one first."""
ASKED_FOR_NOTHING = Verdict(False, False, None, Status.EMPTY, "the prompt does not fit into the context")


@dataclass(frozen=True)
class Truth:
    """What the grader knows of a question."""

    solution: str
    kind: Kind | None
    options: tuple[str, ...]


def truths(questions: Iterable[Mapping[str, Any]]) -> dict[str, Truth]:
    """Return what the grader knows of each question, given as rows, by id."""
    return {
        one["id"]: Truth(
            one["solution"],
            "mcq" if one["meta_data"]["question_type"] == "mcq" else None,
            tuple(one["meta_data"]["options"]),
        )
        for one in questions
    }


def verdict_tables(
    generations: pa.Table, known: Mapping[str, Truth], settings: Mapping[str, GradeSettings]
) -> dict[str, pa.Table]:
    """Return the verdicts of generations by each mode, with `run_folder.VERDICT`.

    Args:
        generations: with `run_folder.GENERATION`; those of other questions are left out.
        known: the questions.
        settings: how to grade, by mode.
    """
    rows = [row for row in generations.to_pylist() if row["id"] in known]
    own = [known[row["id"]] for row in rows]
    return {mode: _table(rows, grade_rows(rows, own, how)) for mode, how in settings.items()}


def _table(rows: Sequence[Mapping[str, Any]], verdicts: Sequence[Verdict]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "id": [row["id"] for row in rows],
        "run": [row["run"] for row in rows],
        "sample": [row["sample"] for row in rows],
        **{
            name: [getattr(verdict, name) for verdict in verdicts]
            for name in ("correct", "formatted", "answer", "why")
        },
        "status": [str(verdict.status) for verdict in verdicts],
        "tokens": [row["tokens"] for row in rows],
        "finish": [row["finish"] for row in rows],
    }
    return pa.table({name: columns[name] for name in VERDICT.names}, VERDICT)


def grade_rows(
    rows: Sequence[Mapping[str, Any]], known: Sequence[Truth], settings: GradeSettings
) -> list[Verdict]:
    """Return the verdict of each generation, given as a row, on its question."""
    verdicts = grade_many(
        [row["response"] for row in rows],
        [truth.solution for truth in known],
        kinds=[truth.kind for truth in known],
        options=[truth.options or None for truth in known],
        mode=settings.mode,
        thought=settings.thought,
        answer_in=settings.answer_in,
    )
    unasked = [row["finish"] == Finish.PROMPT_TOO_LONG for row in rows]
    return [_unasked(one) if no else one for one, no in zip(verdicts, unasked, strict=True)]


def _unasked(verdict: Verdict) -> Verdict:
    """Return the verdict on a question that the model could not be asked; a ground truth stays what it is."""
    return verdict if verdict.correct is None else ASKED_FOR_NOTHING
