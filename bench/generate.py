"""Made-up upstream files of the six sources: as long, as dirty and as compressible as the real ones."""

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub.recipe.paper import source_facts

PAPER_ROWS = {name: facts.samples for name, facts in source_facts().items()}
DIRTY = 0.01
NOT_ASCII = 0.02
INSTRUCTION = (
    "Answer the following single choice question. Please reason step by step, "
    "and put the letter of the correct option inside \\boxed{}. "
)
MATH_INSTRUCTION = "Solve the following math problem. Put the final answer inside \\boxed{}. "

Row = dict[str, Any]


def generate(folder: Path, rows: Mapping[str, int]) -> None:
    """Write `folder/<source>/...` with the number of rows asked for each source; same rows, same bytes."""
    for source, count in rows.items():
        name, made_by, formulas = SOURCES[source]
        path = folder / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = Text(_corpus(formulas), random.Random(source))
        write = _write_parquet if path.suffix == ".parquet" else _write_jsonl
        write(path, made_by(count, text))


@dataclass(frozen=True)
class Text:
    """Pieces of a long made-up text, at random places and of random length: far faster than joining words."""

    corpus: str
    draw: random.Random

    def __call__(self, mean: int, spread: float = 0.6) -> str:
        """Return a text of about `mean` characters, log-normal as real lengths are, cut at 7 times that."""
        length = int(self.draw.lognormvariate(math.log(mean) - spread**2 / 2, spread))
        length = min(max(length, 2), 7 * mean)
        place = self.draw.randrange(len(self.corpus) - 8 * mean - 100)
        start = self.corpus.index(" ", place) + 1
        found = self.corpus[start : start + length].rstrip()
        return found.replace("e", "é", 1) if self.chance(NOT_ASCII) else found

    def chance(self, share: float) -> bool:
        """Return true in this share of the calls."""
        return self.draw.random() < share

    def number(self) -> str:
        """Return an answer as mathematics has them: mostly a small integer, else a short formula."""
        a, b, c = (self.draw.randrange(2, 120) for _ in range(3))
        if self.chance(0.6):
            return str(a)
        return self.draw.choice([f"\\frac{{{a}}}{{{b}}}", f"{a}\\sqrt{{{b}}}+{c}", f"({a},{b})", f"{a}.{b}"])

    def answer(self) -> str:
        """Return `number()`, or nothing in a dirty row."""
        return "" if self.chance(DIRTY) else self.number()


@cache
def _corpus(formulas: float, words: int = 4_000_000) -> str:
    """Return a text of made-up words by Zipf's law, which packs as English does; some are formulas."""
    rng = np.random.default_rng(0)
    vocabulary = np.array(_vocabulary(rng, formulas), dtype=object)
    shares = (np.arange(len(vocabulary)) + 3.0) ** -1.2
    return " ".join(vocabulary[rng.choice(len(vocabulary), words, p=shares / shares.sum())])


def _vocabulary(rng: np.random.Generator, formulas: float, size: int = 6_000) -> list[str]:
    syllables = [first + vowel + last for first in "bcdfghlmnprstvw" for vowel in "aeiou" for last in " nrs"]
    words = ["".join(rng.choice(syllables, 1 + rng.poisson(1.6))).replace(" ", "") for _ in range(size)]
    words.sort(key=lambda word: len(word) + 3 * rng.normal())  # frequent words tend to be short
    for place in np.flatnonzero(rng.random(size) < formulas):
        a, b = rng.integers(2, 100, 2)
        words[place] = rng.choice([f"$x^{{{a}}}+{b}$", f"$\\frac{{{a}}}{{{b}}}$", f"${a}y={b}$", f"{a}{b}"])
    for ending, share in ((",", 0.06), (".", 0.06), ("'s", 0.01)):
        for place in np.flatnonzero(rng.random(size) < share):
            words[place] += ending
    return words


def _mmlu(rows: int, text: Text) -> Iterator[Row]:
    for index in range(rows):
        if index % 3 == 0:  # about three questions stand on each reading passage
            passage = text(1_130)
        choices = [text(35) for _ in range(4)]
        gold = text.draw.randrange(4)
        if text.chance(DIRTY):
            choices[gold] = ""
        question = f"{passage} {text(70)} {index}?"
        yield {"question": question, "subject": "", "choices": choices, "answer": gold}


def _hendrycks_math(rows: int, text: Text) -> Iterator[Row]:
    subjects = ["Algebra", "Counting & Probability", "Geometry", "Intermediate Algebra", "Number Theory"]
    for index in range(rows):
        question = f"{text(215, 0.8)} {index}?"
        answer = text.answer()
        extra = {"answer": answer, "index": index, "level": 1, "question": question, "split": "train"}
        yield {
            "answer": answer,
            "gt_answer": answer,
            "subject": text.draw.choice(subjects),
            "level": text.draw.randrange(3, 6),
            "question": question,
            "extra_info": extra,
        }


def _release(prompt: str, gold: str, **meta_data: Any) -> Row:
    return {
        "data_source": "nemotron_crossthink",
        "prompt": [{"role": "user", "content": prompt}],
        "reward_model": {"style": "rule", "ground_truth": gold},
        "meta_data": {"split": "train", **meta_data},
    }


def _syn_qa(rows: int, text: Text) -> Iterator[Row]:
    for index in range(rows):
        mark, count = (":", 10) if text.chance(0.82) else (".", 10 if text.chance(0.24) else 4)
        options = [f"{letter}{mark} {text(120)}" for letter in "ABCDEFGHIJ"[:count]]
        gold = text.draw.choice(options)
        if text.chance(DIRTY):
            gold = text.draw.choice(["", f"K{mark} {text(120)}"])
        prompt = "\n".join([INSTRUCTION, f"{text(270)} {index}?", *options])
        yield _release(prompt, gold, index=index)


def _persona_math(rows: int, text: Text) -> Iterator[Row]:
    for index in range(rows):
        question = f"{text(1_010)} {index}?"
        skills = [text(25, 0.3) for _ in range(text.draw.randrange(1, 6))]
        meta_data = {"index": index, "question": question, "persona": text(160), "skills": skills}
        yield _release(MATH_INSTRUCTION + "\n" + question, text.answer(), **meta_data)


def _natural_reasoning(rows: int, text: Text) -> Iterator[Row]:
    """Yield rows as clean as the others: upstream has ten times as many, and more than 100,000 are usable."""
    for index in range(rows):
        response = {"response_model": "made-up", "response": text(600)}
        answer = "" if text.chance(DIRTY) else " ".join(text(40).split()[:10])
        question = f"{text(310)} {index}?"
        yield {"question": question, "reference_answer": answer, "responses": [response]}


def _numina_math(rows: int, text: Text) -> Iterator[Row]:
    for index in range(rows):
        answer = text.answer()
        yield {
            "source": text.draw.choice(["cn_k12", "olympiads", "synthetic_math", "amc_aime"]),
            "problem": f"{text(240)} {index}?",
            "solution": f"{text(1_000)} $\\boxed{{{answer}}}$",
            "answer": answer,
        }


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    return iter(lambda: list(islice(rows, 10_000)), [])


def _write_parquet(path: Path, rows: Iterator[Row]) -> None:
    tables = map(pa.Table.from_pylist, _chunks(rows))
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first, row_group_size=1_000)  # the size that the real files have
        for table in tables:
            writer.write_table(table, row_group_size=1_000)


def _write_jsonl(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


SOURCES: Mapping[str, tuple[str, Callable[[int, Text], Iterator[Row]], float]] = {
    "mmlu": ("all/auxiliary_train-00000-of-00001.parquet", _mmlu, 0.02),
    "syn_qa": ("Data/Nemotron-CrossThink-QA.jsonl", _syn_qa, 0.02),
    "natural_reasoning": ("full.jsonl", _natural_reasoning, 0.02),
    "numina_math": ("data/train-00000-of-00001.parquet", _numina_math, 0.3),
    "persona_math": ("Data/Nemotron-CrossThink-Math.jsonl", _persona_math, 0.3),
    "hendrycks_math": ("train.parquet", _hendrycks_math, 0.3),
}
"""File, rows and the share of formulas in the text, by source."""
