"""Problems of mathematics with their solutions, for the sources that have them."""

from functools import cache
from random import Random
from typing import NamedTuple

from crossthink_hub.sources.sample.drawing import draws, fill, load
from crossthink_hub.sources.sample.math_rules import RULES

_DRAWS = 11


class Problem(NamedTuple):
    """A problem, as one source or another has it; level 3 to 5, as in MATH."""

    question: str
    answer: str | None
    subject: str
    level: int
    solution: str


@cache
def math_problems() -> tuple[list[Problem], list[Problem]]:
    """Return one problem of each kind, and all others."""
    rng = Random("math")
    first: list[Problem] = []
    others: list[Problem] = []
    for rule, family in load("math.yaml").items():
        for place, draw in enumerate(draws(family["draw"], RULES[rule], _DRAWS, rng)):
            answer = str(draw.answer)
            question = fill(family["ask"][place % len(family["ask"])], draw.values)
            solution = fill(family["solve"], {**draw.values, "answer": answer})
            problem = Problem(question, answer, family["subject"], int(family["level"]), solution)
            (others if place else first).append(problem)
    return first, others
