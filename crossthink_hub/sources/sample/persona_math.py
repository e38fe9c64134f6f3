"""Persona-MATH as the sample has it: JSON Lines in the form of the release."""

import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from crossthink_hub.sources.sample.drawing import draws, fill, load
from crossthink_hub.sources.sample.mixing import Dirt, mixed, write_lines
from crossthink_hub.sources.sample.persona_rules import RULES

PERSONA = "persona_math/Data/Nemotron-CrossThink-Math.jsonl"
GOOD = 510
INSTRUCTION = (
    "Below is a problem of mathematics. Think in steps, and write the final result inside \\boxed{}.\n"
)
"""What stands in front of every question."""

_DRAWS = 14
_ONE_TEXT, _NO_QUESTION, _PLAIN = 0.04, 0.02, 0.01
"""Shares of rows that are formed another way: skills in one text, no bare question, no list of messages."""


class _Item(NamedTuple):
    """A row; `cut` characters are missing at its end."""

    question: str
    answer: str | None
    persona: str
    skills: list[str] | str
    bare: bool = True
    plain: bool = False
    cut: int = 0

    def line(self, index: int) -> str:
        text = json.dumps(self._row(index), ensure_ascii=False)
        return text[: len(text) - self.cut]

    def _row(self, index: int) -> dict[str, Any]:
        content = INSTRUCTION + self.question
        question = {"question": self.question} if self.bare else {}
        meta = {"index": index, "split": "train", **question, "persona": self.persona, "skills": self.skills}
        return {
            "data_source": "Nemotron-CrossThink-Math",
            "prompt": content if self.plain else [{"role": "user", "content": content}],
            "reward_model": {"style": "rule", "ground_truth": self.answer},
            "meta_data": meta,
        }


DIRT: Dirt[_Item, _Item] = {
    "empty_answer": (2, lambda item: [item._replace(answer="")]),
    "null_answer": (1, lambda item: [item._replace(answer=None)]),
    "empty_question": (1, lambda item: [item._replace(question="")]),
    "not_json": (2, lambda item: [item._replace(cut=40)]),
    "duplicate": (2, lambda item: [item, item]),
}


def write(folder: Path) -> None:
    """Write the file below the folder of all sources."""
    rng = Random(PERSONA)
    items = mixed(_items(rng), DIRT, GOOD, rng, lambda item: item)
    write_lines(folder / PERSONA, [item.line(index) for index, item in enumerate(items)])


def _items(rng: Random) -> list[_Item]:
    return [
        _varied(_Item(fill(family["ask"], draw.values), str(draw.answer), persona, family["skills"]), rng)
        for rule, family in load("personas.yaml").items()
        for place, draw in enumerate(draws(family["draw"], RULES[rule], _DRAWS, rng))
        for persona in [family["personas"][place % len(family["personas"])]]
    ]


def _varied(item: _Item, rng: Random) -> _Item:
    one_text, no_question, plain = (rng.random() < share for share in (_ONE_TEXT, _NO_QUESTION, _PLAIN))
    skills = ", ".join(item.skills) if one_text else item.skills
    return item._replace(skills=skills, bare=not no_question, plain=plain)
