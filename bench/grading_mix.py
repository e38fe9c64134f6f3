r"""Made-up responses to real questions, as a trainer has them: half multiple choice, a third mathematics.

Golds, options and the sentences of the thoughts are from the real source files; what the model answers is
drawn. Wrong answers are near misses. Same seed, same responses.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

SOURCES = Path(__file__).resolve().parents[2] / "shared" / "data" / "sources"
NUMINA = "numina_math/NM_20K_1010.parquet"
MATH = "math_train_8523/train.parquet"
CHOICES = "mmlu_auxiliary_train/mcq_sqa_train.jsonl"
KINDS = {"mcq": 50, "text": 15, "math": 35}
ENDINGS = {"right": 50, "wrong": 30, "no box": 10, "cut off": 5, "very long": 5}
OTHER_FORM = 1 / 3
CHARACTERS, VERY_LONG = 2_000, 20_000
SHORT_TEXT = 5
LONGEST_GOLD = 100
LEFTOVER = re.compile(r"\b[A-E]\b[\s}*]*\)|^\s*[A-E]\.|\\approx")
"""In golds of mathematics: an option's label, or two values for one."""
LABEL = re.compile(r"\s*\(([A-Z])\)\s*")
FRACTION = re.compile(r"\\frac\{(\d+)\}\{(\d+)\}")
NUMBER = re.compile(r"\d+(?!.*\d)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """A gold answer; its kind; and for multiple choice the options."""

    kind: str
    gold: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A response to a question, and whether its answer is right: None without a boxed one."""

    question: Question
    response: str
    right: bool | None


@dataclass(frozen=True)
class Pools:
    """The real rows that items are made from."""

    questions: dict[str, list[Question]]
    sentences: list[str]


@cache
def pools(folder: Path = SOURCES) -> Pools:
    """Return what the source files hold."""
    chosen = [json.loads(line) for line in (folder / CHOICES).read_text().splitlines()]
    math = pq.read_table(folder / MATH, columns=["answer", "question"]).to_pylist()
    numina = pq.read_table(folder / NUMINA, columns=["reward_model"])["reward_model"].to_pylist()
    golds = [row["answer"] for row in math] + [row["ground_truth"][0] for row in numina]
    questions = {
        "mcq": [question for row in chosen if (question := _choice(row))],
        "text": [Question("text", text) for row in chosen if (text := _short_text(row["answer_content"]))],
        "math": [Question("math", gold.strip()) for gold in golds if _is_formula(gold)],
    }
    return Pools(questions, [row["question"] for row in math if "[asy]" not in row["question"]])


def _is_formula(gold: str) -> bool:
    return 0 < len(gold.strip()) <= LONGEST_GOLD and not LEFTOVER.search(gold)


def _choice(row: dict[str, Any]) -> Question | None:
    parts = LABEL.split(row["question"].rpartition("Answer Choices:")[2])
    labels, options = parts[1::2], tuple(part.strip() for part in parts[2::2])
    if row["answer"] not in labels or len(set(options)) < len(labels):
        return None
    return Question("mcq", f"({row['answer']}) {options[labels.index(row['answer'])]}", options)


def _short_text(text: str) -> str | None:
    words = text.strip().rstrip(".").split()
    return " ".join(words) if 0 < len(words) <= SHORT_TEXT and any(map(str.isalpha, words)) else None


def items(seed: int) -> Iterator[Item]:
    """Yield items without end."""
    draw, source = random.Random(seed), pools()
    while True:
        kind, ending = _one_of(draw, KINDS), _one_of(draw, ENDINGS)
        question = draw.choice(source.questions[kind])
        right = ending == "right" or (ending != "wrong" and draw.random() < 0.5)
        length = VERY_LONG if ending == "very long" else CHARACTERS
        thought = _thought(draw, source.sentences, int(length * draw.uniform(0.7, 1.1)))
        answer = ANSWERS[kind](draw, question, right)
        if ending == "cut off":
            yield Item(question, f"<think>{thought[: -draw.randrange(1, 40)]}", None)
        elif ending == "no box":
            yield Item(question, f"<think>{thought}</think>\nThe answer is {answer}.", None)
        else:
            yield Item(question, f"<think>{thought}</think>\nThe answer is \\boxed{{{answer}}}.", right)


def batch(count: int, seed: int) -> list[Item]:
    """Return so many items."""
    return list(islice(items(seed), count))


def _one_of(draw: random.Random, shares: dict[str, int]) -> str:
    return draw.choices(list(shares), list(shares.values()))[0]


def _thought(draw: random.Random, sentences: Sequence[str], length: int) -> str:
    """Return prose with numbers and formulas, as long as asked for or a sentence longer."""
    parts, size = [], 0
    while size < length:
        a, b = draw.randrange(2, 500), draw.randrange(2, 500)
        parts += [
            draw.choice(sentences),
            f"So we get ${a} + {b} = {a + b}$, or {a * b / 100} in all. Wait, is it?",
        ]
        size += len(parts[-1]) + len(parts[-2]) + 2
    return "\n".join(parts)


def _mcq_answer(draw: random.Random, question: Question, right: bool) -> str:
    place = ord(question.gold[1]) - ord("A")
    if not right:
        place = (place + draw.randrange(1, len(question.options))) % len(question.options)
    letter, text = chr(ord("A") + place), question.options[place]
    forms = (
        letter,
        letter,
        f"({letter})",
        f"\\text{{{letter}}}",
        f"({letter}) {text}",
        f"{letter}. {text}",
        text,
    )
    return draw.choice(forms)


def _text_answer(draw: random.Random, question: Question, right: bool) -> str:
    text = question.gold
    while not right and text.casefold() == question.gold.casefold():
        text = draw.choice(pools().questions["text"]).gold
    return draw.choice((text, text, text.capitalize(), f"\\text{{{text}}}", f"{text}."))


def _math_answer(draw: random.Random, question: Question, right: bool) -> str:
    if right:
        return _other_form(draw, question.gold) if draw.random() < OTHER_FORM else question.gold
    near = NUMBER.sub(lambda digits: str(int(digits[0]) + draw.randrange(1, 4)), question.gold, count=1)
    return near if near != question.gold else f"{question.gold} + 1"


def _other_form(draw: random.Random, gold: str) -> str:
    """Return a formula of the same value, written otherwise."""
    if gold.isdecimal():
        grouped = f"{int(gold):,}"
        return draw.choice((f"{gold}.0", grouped.replace(",", "{,}"), grouped, f"{{{gold}}}", f" {gold}\\,"))
    fraction = FRACTION.fullmatch(gold)
    if fraction and int(fraction[2]):
        over, under = map(int, fraction.groups())
        forms = [f"{over}/{under}", f"\\dfrac{{{over}}}{{{under}}}", f"\\frac{{{2 * over}}}{{{2 * under}}}"]
        return draw.choice([*forms, str(over / under)] if 10_000 * over % under == 0 else forms)
    changed = draw.choice((("\\frac", "\\dfrac"), ("+", " + "), ("-", " - "), (",", ", ")))
    return gold.replace(*changed).replace("\\left", "").replace("\\right", "")


ANSWERS: dict[str, Callable[[random.Random, Question, bool], str]] = {
    "mcq": _mcq_answer,
    "text": _text_answer,
    "math": _math_answer,
}
