"""Problems that a model of a million parameters can learn, and files of them in the upstream formats."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

MATH, MCQ = "hendrycks_math", "mmlu"
DIGITS = 3
PAIRS = [(a, b) for a in range(1, 9) for b in range(1, 10 - a)]
"""Digits whose sum is a digit: nothing is carried."""
KINDS = {
    "an animal": ("cat", "dog", "horse", "cow", "sheep", "bird", "goat", "fish"),
    "a fruit": ("apple", "pear", "plum", "fig", "lemon", "peach", "grape", "lime"),
}
OTHERS = (
    *("red", "blue", "green", "white", "pink", "grey", "brown", "black"),
    *("cup", "table", "chair", "lamp", "door", "shoe", "hat", "book"),
)
"""Words of neither kind, for the wrong options."""
LETTERS = "ABC"
TRIES = 20
"""How often a problem is drawn for each that is wanted; most are new."""


class Problem(NamedTuple):
    """A problem, with a thought that leads to its answer.

    Attributes:
        subject: as upstream has it.
        question: without the options.
        thought: what a model may think.
        answer: what it has to say.
        options: of multiple choice, as they are shown.
    """

    subject: str
    question: str
    thought: str
    answer: str
    options: tuple[str, ...] = ()


def addition(rng: Random) -> Problem:
    """Return a sum in which nothing is carried.

    Example:
        >>> addition(Random(0))[1:4]
        ('What is 451 + 413?', '451 + 413 = 864', '864')
    """
    pairs = [rng.choice(PAIRS) for _ in range(DIGITS)]
    rows = zip(*((a, b, a + b) for a, b in pairs), strict=True)
    left, right, total = ("".join(map(str, row)) for row in rows)
    return Problem("addition", f"What is {left} + {right}?", f"{left} + {right} = {total}", total)


def choice(rng: Random) -> Problem:
    """Return a question that asks which of three words is of a kind.

    Example:
        >>> choice(Random(0))[1:4]
        ('Which of these is a fruit?', 'grape is a fruit', '(B) grape')
    """
    kind = rng.choice(list(KINDS))
    word = rng.choice(KINDS[kind])
    options = rng.sample(OTHERS, len(LETTERS))
    place = rng.randrange(len(LETTERS))
    options[place] = word
    answer = f"({LETTERS[place]}) {word}"
    return Problem("words", f"Which of these is {kind}?", f"{word} is {kind}", answer, tuple(options))


def draw(make: Callable[[Random], Problem], count: int, seed: int) -> list[Problem]:
    """Return so many problems, no question twice.

    Raises:
        ValueError: there are not so many.
    """
    rng = Random(seed)
    found: dict[tuple[str, tuple[str, ...]], Problem] = {}
    for _ in range(TRIES * count):
        one = make(rng)
        found.setdefault((one.question, one.options), one)
        if len(found) == count:
            return list(found.values())
    raise ValueError(f"{count} problems asked for, {len(found)} found")


def write_sources(sums: Sequence[Problem], choices: Sequence[Problem], folder: Path) -> None:
    """Write problems as SimpleRL-Zoo-Data and `cais/mmlu` have theirs."""
    _write([_as_math(one) for one in sums], folder / MATH / "train.parquet")
    _write([_as_mmlu(one) for one in choices], folder / MCQ / "auxiliary_train.parquet")


def _as_math(one: Problem) -> dict[str, Any]:
    return {"question": one.question, "gt_answer": one.answer, "subject": one.subject}


def _as_mmlu(one: Problem) -> dict[str, Any]:
    right = LETTERS.index(one.answer[1])  # of "(B) plum"
    return {"question": one.question, "subject": one.subject, "choices": [*one.options], "answer": right}


def _write(rows: list[dict[str, Any]], path: Path) -> None:
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
