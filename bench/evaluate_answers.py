r"""A run with made-up answers to the real questions of the benchmarks: half of them are right.

Questions, options and ground truths are real; what the model answers is drawn as in `grading_mix.py`. Same
question and sample, same answer.
"""

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import pyarrow as pa
from build import BENCH
from grading_mix import ANSWERS, CHARACTERS, Question

from crossthink_hub.evaluation.benchmarks.loading import read_benchmarks
from crossthink_hub.evaluation.item import Item, items

sys.path.append(str(BENCH.parent / "tests" / "evaluation"))
from runs_on_disk import write_run

ENDINGS = {"right": 50, "wrong": 35, "no box": 10, "cut off": 5}
SENTENCES_OF = "mmlu_pro"


@dataclass(frozen=True)
class Stored:
    """A run that was written.

    Attributes:
        path: of its folder.
        answers: how many, by benchmark.
        characters: of all answers.
        open: how many answers are to questions without options.
    """

    path: Path
    answers: dict[str, int]
    characters: int
    open: int


def store(path: Path, sources: Path, rows: int, names: Sequence[str]) -> Stored:
    """Write a run of about so many answers to the questions of benchmarks.

    Each question gets as many answers as are needed for there to be so many; then each benchmark is cut to
    the same share, a random sample of it.
    """
    whole = {one.benchmark.name: one.rows for one in read_benchmarks(names, sources)}
    total = sum(map(len, whole.values()))
    samples = ceil(rows / total)
    chosen = {
        name: table.slice(0, round(len(table) * rows / samples / total)) for name, table in whole.items()
    }
    answer, counted = answerer(sentences(whole.get(SENTENCES_OF, next(iter(whole.values()))))), [0, 0]

    def counting(one: Item, sample: int) -> str:
        text = answer(one, sample)
        counted[0] += len(text)
        counted[1] += one.question_type == "open"
        return text

    write_run(path, chosen, counting, samples)
    return Stored(path, {name: len(table) * samples for name, table in chosen.items()}, *counted)


def sentences(table: pa.Table) -> list[str]:
    """Return texts that thoughts are made of."""
    return [one.question for one in items(table.slice(0, 2_000).to_pylist())]


def answerer(pool: Sequence[str]) -> Callable[[Item, int], str]:
    """Return what answers questions, its thoughts made of these texts."""

    def answer(one: Item, sample: int) -> str:
        draw = random.Random(f"{one.id} {sample}")
        ending = draw.choices(list(ENDINGS), list(ENDINGS.values()))[0]
        kind = "mcq" if one.options else "math"
        right = ending == "right" or (ending != "wrong" and draw.random() < 0.5)
        given = ANSWERS[kind](draw, Question(kind, one.solution, one.options), right)
        thought = _thought(draw, pool, int(CHARACTERS * draw.uniform(0.8, 1.2)))
        if ending == "cut off":
            return f"<think>{thought}…"
        if ending == "no box":
            return f"<think>{thought}</think>\nThe answer is {given}."
        return f"<think>{thought}</think>\nThe answer is \\boxed{{{given}}}."

    return answer


def _thought(draw: random.Random, pool: Sequence[str], length: int) -> str:
    """Return prose with numbers and formulas, about as long as asked for."""
    parts, size = [], 0
    while size < length:
        a, b = draw.randrange(2, 500), draw.randrange(2, 500)
        parts.append(f"{draw.choice(pool)}\nSo we get ${a} + {b} = {a + b}$, or {a * b / 100} in all. Is it?")
        size += len(parts[-1]) + 1
    return "\n".join(parts)[: max(length, 1)]
