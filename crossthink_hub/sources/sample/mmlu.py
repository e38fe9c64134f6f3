"""MMLU as the sample has it: headerless CSV, JSON Lines with options in the question, the Hub's Parquet."""

import json
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pyarrow as pa

from crossthink_hub.sources.sample.bank import Fact, computed, paired
from crossthink_hub.sources.sample.drawing import draws, load
from crossthink_hub.sources.sample.mixing import Dirt, mixed, write_csv, write_lines, write_parquet
from crossthink_hub.sources.sample.mmlu_rules import RULES

CSV = "mmlu/science_sample.csv"
JSONL = "mmlu/mcq_sample.jsonl"
HUB = "mmlu/auxiliary_train.parquet"
GOOD = {CSV: 170, JSONL: 170, HUB: 169}

_DRAWS = 11
_TEXT = pa.string()
_HUB_SCHEMA = pa.schema(
    {"question": _TEXT, "subject": _TEXT, "choices": pa.list_(_TEXT), "answer": pa.int64()}
)


class _Choice(NamedTuple):
    """A fact as a multiple-choice question: options in the order shown, and the marks before them."""

    question: str
    options: list[str]
    gold: int
    subject: str
    marks: str

    def csv_row(self) -> list[str]:
        return [self.question, *self.options, self.marks[self.gold]]

    def json_line(self, **changes: str) -> str:
        shown = " ".join(f"({mark}) {option}" for mark, option in zip(self.marks, self.options, strict=False))
        question = f"{self.question}\nAnswer Choices: {shown}"
        gold = {"answer": self.marks[self.gold], "answer_content": self.options[self.gold]}
        row = {"question": question, **gold, "knowledge": [], "label": "sample", **changes}
        return json.dumps(row, ensure_ascii=False)

    def hub_row(self) -> dict[str, Any]:
        head = {"question": self.question, "subject": self.subject}
        return {**head, "choices": self.options, "answer": self.gold}

    def wrong_letter(self) -> str:
        return self.marks[(self.gold + 1) % len(self.options)]

    def two_equal_options(self) -> "_Choice":
        first, second, *_ = (place for place in range(len(self.options)) if place != self.gold)
        return self._replace(
            options=[*self.options[:second], self.options[first], *self.options[second + 1 :]]
        )


CSV_DIRT: Dirt[_Choice, list[str]] = {
    "too_few_columns": (1, lambda item: [item.csv_row()[:4]]),
    "too_many_columns": (1, lambda item: [[*item.csv_row(), "2"]]),
    "bad_letter": (1, lambda item: [[*item.csv_row()[:-1], "F"]]),
    "empty_question": (1, lambda item: [item._replace(question="").csv_row()]),
    "duplicate": (1, lambda item: [item.csv_row(), item.csv_row()]),
}
JSONL_DIRT: Dirt[_Choice, str] = {
    "not_json": (1, lambda item: [item.json_line()[:-30]]),
    "bad_letter": (1, lambda item: [item.json_line(answer=item.marks[len(item.options)])]),
    "content_not_an_option": (1, lambda item: [item.json_line(answer_content="see the teacher's notes")]),
    "wrong_letter": (2, lambda item: [item.json_line(answer=item.wrong_letter())]),
    "equal_options": (1, lambda item: [item.two_equal_options().json_line()]),
    "blank_line": (1, lambda item: [item.json_line(), ""]),
}
HUB_DIRT: Dirt[_Choice, dict[str, Any]] = {
    "bad_index": (1, lambda item: [item._replace(gold=len(item.options)).hub_row()]),
    "null_question": (1, lambda item: [item.hub_row() | {"question": None}]),
}


def write(folder: Path) -> None:
    """Write the three files below the folder of all sources."""
    rng = Random("mmlu")
    facts = list(_facts(rng))
    rng.shuffle(facts)

    rows = mixed([_choice(fact, rng) for fact in facts[::3]], CSV_DIRT, GOOD[CSV], rng, _Choice.csv_row)
    write_csv(folder / CSV, rows)

    varied = [_varied_choice(fact, rng) for fact in facts[1::3]]
    write_lines(folder / JSONL, mixed(varied, JSONL_DIRT, GOOD[JSONL], rng, _Choice.json_line))

    hub = mixed([_choice(fact, rng) for fact in facts[2::3]], HUB_DIRT, GOOD[HUB], rng, _Choice.hub_row)
    write_parquet(folder / HUB, hub, _HUB_SCHEMA)


def _facts(rng: Random) -> Iterable[Fact]:
    data = load("mmlu.yaml")
    for rule, family in data["computed"].items():
        yield from computed(family, "ask", draws(family["draw"], RULES[rule], _DRAWS, rng))
    for topic in data["topics"]:
        yield from (*paired(topic, "ask"), *paired(topic, "back"))
    yield from (Fact(question, answer, wrong) for question, answer, *wrong in data["written"])


def _choice(fact: Fact, rng: Random, options: int = 4, marks: str = "ABCDEF") -> _Choice:
    shown = [fact.answer, *rng.sample(fact.wrong, min(options - 1, len(fact.wrong)))]
    rng.shuffle(shown)
    return _Choice(fact.question, shown, shown.index(fact.answer), fact.subject, marks)


def _varied_choice(fact: Fact, rng: Random) -> _Choice:
    return _choice(fact, rng, rng.choice((3, 4, 4, 4, 5)), rng.choice(("ABCDEF",) * 7 + ("123456",)))
