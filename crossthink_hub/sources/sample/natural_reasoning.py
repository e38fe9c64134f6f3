"""Natural Reasoning as the sample has it: JSON Lines of open questions, many without a reference answer."""

import json
from pathlib import Path
from random import Random
from typing import NamedTuple

from crossthink_hub.sources.sample.bank import Fact, bank
from crossthink_hub.sources.sample.mixing import Dirt, mixed, write_lines

NATURAL = "natural_reasoning/full.jsonl"
GOOD = 510
LONG = 72
"""Rows whose answer has more words than a blend takes; they are questions of their own."""

_RESPONSES = (
    "Let us look at what is given. The question asks for one thing only, and it follows directly. {}",
    "**Step 1.** Read the question again.\n\n**Step 2.** Work it out.\n\n{}",
    "I will go through this step by step and check the result at the end. {}",
)


class _Item(NamedTuple):
    """A row; `cut` characters are missing at its end."""

    question: str | None
    answer: str | None
    response: str
    cut: int = 0

    def line(self) -> str:
        responses = [{"response_model": "sample-model", "response": self.response}]
        row = {"question": self.question, "reference_answer": self.answer, "responses": responses}
        text = json.dumps(row, ensure_ascii=False)
        return text[: len(text) - self.cut]


DIRT: Dirt[_Item, _Item] = {
    "empty_answer": (130, lambda item: [item._replace(answer="")]),
    "blank_answer": (1, lambda item: [item._replace(answer=" ")]),
    "null_answer": (3, lambda item: [item._replace(answer=None)]),
    "empty_question": (1, lambda item: [item._replace(question="")]),
    "null_question": (1, lambda item: [item._replace(question=None)]),
    "not_json": (2, lambda item: [item._replace(cut=25)]),
    "duplicate": (3, lambda item: [item, item]),
}


def write(folder: Path) -> None:
    """Write the file below the folder of all sources."""
    rng = Random(NATURAL)
    items = mixed([_item(fact, rng) for fact in bank().open], DIRT, GOOD, rng, lambda item: item)
    items += [_item(fact, rng) for fact in rng.sample(bank().explain, LONG)]
    rng.shuffle(items)
    write_lines(folder / NATURAL, [item.line() for item in items])


def _item(fact: Fact, rng: Random) -> _Item:
    response = rng.choice(_RESPONSES).format(f"The answer is: {fact.answer}")
    return _Item(fact.question, fact.answer, response)
