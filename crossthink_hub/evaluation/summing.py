"""Verdicts summed up: the scores of a benchmark in a pass, by task, by sub-category, with their intervals."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.evaluation.generation import Finish
from crossthink_hub.evaluation.results import Lengths, Part, PassResult, Scores
from crossthink_hub.evaluation.statistics import Estimate, Tally, by_part, macro, pass_at_k, pooled

AVERAGED_OVER_TASKS = ("agieval",)
"""Whose score in the paper's tables is most likely the mean over tasks (docs/evaluation.md)."""
SHOWN_IDS = 20
ENGLISH = "en"
PARTS = ("id", "task", "subcategory", "language")

Mask: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Questions:
    """The questions of a benchmark, as sums need them.

    Attributes:
        benchmark: name of it.
        ids: of the questions.
        task: of each, by id.
        subcategory: of each, by id.
        english: ids of those in English.
    """

    benchmark: str
    ids: tuple[str, ...]
    task: Mapping[str, str]
    subcategory: Mapping[str, str]
    english: frozenset[str]

    @classmethod
    def of(cls, benchmark: str, questions: Iterable[Mapping[str, Any]]) -> "Questions":
        """Return what sums need of questions, given as rows."""
        parts = [tuple(one[name] for name in PARTS) for one in questions]
        return cls(
            benchmark,
            tuple(id for id, *_ in parts),
            {id: task for id, task, *_ in parts},
            {id: subcategory for id, _, subcategory, _ in parts},
            frozenset(id for id, *_, language in parts if language == ENGLISH),
        )


@dataclass(frozen=True)
class Answers:
    """Verdicts on a benchmark in one pass by one mode, as columns.

    Attributes:
        questions: of the benchmark.
        question: place of each answer's question among them.
        sample: which answer to it.
        correct: whether it is right.
        graded: whether that can be told.
        cut: whether it was cut off.
        table: the verdicts themselves.
    """

    questions: Questions
    question: Numbers
    sample: Numbers
    correct: Mask
    graded: Mask
    cut: Mask
    table: pa.Table

    @classmethod
    def of(cls, questions: Questions, verdicts: pa.Table) -> "Answers":
        """Return verdicts, with `run_folder.VERDICT`, as columns."""
        place = pc.index_in(verdicts["id"], pa.array(questions.ids))
        # An answer may stand in two files if a command was interrupted just as it wrote: it counts once.
        key = _numpy(place).astype(np.int64) * (1 << 32) + _numpy(verdicts["sample"])
        first = np.sort(np.unique(key, return_index=True)[1])
        verdicts, place = verdicts.take(first), place.take(first)
        correct = verdicts["correct"]
        return cls(
            questions,
            _numpy(place),
            _numpy(verdicts["sample"]),
            _numpy(pc.fill_null(correct, False)),
            _numpy(pc.is_valid(correct)),
            _numpy(pc.equal(verdicts["finish"], str(Finish.LENGTH))),
            verdicts,
        )

    def tally(self, among: Mask | None = None) -> Tally | None:
        """Return how often each question was answered rightly, by some of the answers; None if by none."""
        counted = self.graded if among is None else self.graded & among
        if not counted.any():
            return None
        size = len(self.questions.ids)
        tries = np.bincount(self.question[counted], minlength=size)
        right = np.bincount(self.question[counted & self.correct], minlength=size)
        there = np.flatnonzero(tries)
        return Tally((self.questions.ids[place] for place in there), right[there], tries[there])


def table_score(questions: Questions, tally: Tally) -> Estimate:
    """Return the score as the paper's tables have it: of AGIEval the mean over tasks, else over questions."""
    parts = by_part(tally, questions.task).values()
    return (macro if questions.benchmark in AVERAGED_OVER_TASKS else pooled)(parts)


def scores(answers: Answers, seen: Collection[str] | None) -> Scores | None:
    """Return what the verdicts of a mode come to; None if no ground truth can be graded.

    Args:
        answers: of a pass.
        seen: ids of questions that stand in the model's training rows; None if that is not known.
    """
    questions, tally = answers.questions, answers.tally()
    if tally is None:
        return None
    tasks = by_part(tally, questions.task)
    unseen = None if seen is None else answers.tally(_is_not_of(answers, seen))
    asked = _numpy(answers.table["finish"]) != str(Finish.PROMPT_TOO_LONG)
    whole = answers.tally(asked & ~answers.cut)
    statuses = pc.value_counts(answers.table["status"]).to_pylist()
    formatted = _numpy(answers.table["formatted"])[answers.graded & asked]
    return Scores(
        score=table_score(questions, tally),
        pooled=pooled(tasks.values()),
        macro=macro(tasks.values()),
        english=_english(answers),
        each=_each(answers),
        pass_at=_pass_at(tally),
        without_truncated=None if whole is None else table_score(questions, whole),
        without_seen=None if unseen is None else table_score(questions, unseen),
        format_rate=float(formatted.mean()) if len(formatted) else None,
        ungradable=int((~answers.graded).sum()),
        statuses={one["values"]: one["counts"] for one in sorted(statuses, key=lambda one: -one["counts"])},
        tasks=_parts(tasks),
        subcategories=_parts(by_part(tally, questions.subcategory)),
    )


def pass_result(
    modes: Mapping[str, Answers],
    main: str,
    samples: int,
    sampling: Mapping[str, Any],
    seen: Collection[str] | None,
) -> PassResult | None:
    """Return a benchmark's results in one pass, None if there is no answer yet, or none can be graded.

    Args:
        modes: the verdicts by each mode on the same answers.
        main: the mode whose verdicts tell right answers from wrong ones.
        samples: answers that each question is to have.
        sampling: every field, as sent.
        seen: as for `scores`.
    """
    answers = modes[main]
    found = {mode: scores(own, seen) for mode, own in modes.items()}
    finish = answers.table["finish"].to_numpy()
    too_long = finish == str(Finish.PROMPT_TOO_LONG)
    if any(one is None for one in found.values()):
        return None
    asked = len(answers.questions.ids)
    return PassResult(
        samples=samples,
        sampling=sampling,
        answers=int((~too_long).sum()),
        missing=asked * samples - len(finish),
        truncated=int(answers.cut.sum()),
        prompt_too_long=len(np.unique(answers.question[too_long])),
        too_long=tuple(
            answers.questions.ids[place] for place in np.unique(answers.question[too_long])[:SHOWN_IDS]
        ),
        filtered=int((finish == str(Finish.FILTERED)).sum()),
        lengths=_lengths(answers, ~too_long),
        modes={mode: one for mode, one in found.items() if one is not None},
    )


def _english(answers: Answers) -> dict[str, Estimate]:
    """Return pooled and macro over the tasks in English, where there are others."""
    questions = answers.questions
    if len(questions.english) in (0, len(questions.ids)):
        return {}
    english = np.array([id in questions.english for id in questions.ids])
    tally = answers.tally(english[answers.question])
    if tally is None:
        return {}
    parts = by_part(tally, questions.task).values()
    return {"pooled": pooled(parts), "macro": macro(parts)}


def _each(answers: Answers) -> tuple[float, ...]:
    """Return the score of each sample, as if it were a run of its own."""
    tallies = (answers.tally(answers.sample == number) for number in np.unique(answers.sample))
    return tuple(table_score(answers.questions, one).value for one in tallies if one is not None)


def _pass_at(tally: Tally) -> dict[str, Estimate]:
    """Return pass@k for k = 1, 2, 4, … up to the answers that every question has, these too."""
    most = int(tally.tries.min())
    steps = [1 << power for power in range(most.bit_length())]
    return {str(k): pass_at_k(tally, k) for k in sorted({*steps, most})} if most > 1 else {}


def _is_not_of(answers: Answers, ids: Collection[str]) -> Mask:
    outside = np.array([id not in ids for id in answers.questions.ids])
    kept: Mask = outside[answers.question]
    return kept


def _parts(parts: Mapping[str, Tally]) -> dict[str, Part]:
    return {name: Part(len(own), round(float(own.rates.sum()), 6)) for name, own in sorted(parts.items())}


def _lengths(answers: Answers, among: Mask) -> dict[str, Lengths]:
    known = _numpy(pc.is_valid(answers.table["tokens"])) & among
    tokens = _numpy(pc.fill_null(answers.table["tokens"], 0))
    groups = {
        "all": known,
        "correct": known & answers.graded & answers.correct,
        "wrong": known & answers.graded & ~answers.correct,
    }
    return {name: _length(tokens[own]) for name, own in groups.items() if own.any()}


def _length(tokens: Numbers) -> Lengths:
    return Lengths(len(tokens), int(tokens.min()), int(tokens.max()), float(tokens.mean()))


def _numpy(column: pa.ChunkedArray) -> Any:
    return column.to_numpy()
