"""Questions of the sample's own: words of a kind among others, who has which animal, and sums."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

import yaml

from crossthink_hub.sources.sample.drawing import fill

MOST_OPTIONS = 10


class Choice(NamedTuple):
    """A multiple-choice question; the right option stands at `right`."""

    question: str
    options: list[str]
    right: int
    passage: str = ""

    @property
    def letter(self) -> str:
        """The letter of the right option."""
        return chr(ord("A") + self.right)

    @property
    def answer(self) -> str:
        """The text of the right option."""
        return self.options[self.right]


class Sum(NamedTuple):
    """A problem with a number for an answer."""

    question: str
    answer: int


@cache
def words(language: str) -> Any:
    """Return what questions in a language are made of."""
    text = files(__package__).joinpath("words.yaml").read_text("utf-8")
    return yaml.safe_load(text)[language]


def choices(count: int, sizes: Sequence[int], rng: Random, language: str = "en") -> list[Choice]:
    """Return so many questions that ask for the word of a kind, each for another word.

    Args:
        count: how many.
        sizes: how many options they have, in turn.
        rng: decides on words and their order.
        language: `en` or `zh`.
    """
    own = words(language)
    pairs = [(kind, word) for kind, named in own["kinds"].items() for word in named]
    rng.shuffle(pairs)
    found = []
    for place, (kind, word) in enumerate(pairs[:count]):
        others = [rng.choice(named) for other, named in own["kinds"].items() if other != kind]
        size = min(sizes[place % len(sizes)], len(others) + 1)
        options = [word, *rng.sample(others, size - 1)]
        rng.shuffle(options)
        question = fill(own["ask"][place % len(own["ask"])], {"kind": kind})
        found.append(Choice(question, options, options.index(word)))
    return found


def stories(rng: Random, language: str = "en") -> Iterator[Choice]:
    """Yield a question on each animal of a short story."""
    own = words(language)
    owners, pets = list(own["owners"]), list(own["pets"])
    rng.shuffle(pets)
    sentences = [fill(own["has"], {"owner": a, "pet": b}) for a, b in zip(owners, pets, strict=True)]
    passage = fill(own["passage"], {"story": own["and"].join(sentences)})
    for owner, pet in zip(owners, pets, strict=True):
        options = rng.sample(owners, len(owners))
        yield Choice(fill(own["who"], {"pet": pet}), options, options.index(owner), passage)


def sums(count: int, rng: Random) -> list[Sum]:
    """Return so many sums, differences and products, each another one."""
    found: dict[Sum, None] = {}
    while len(found) < count:
        a, b = rng.randrange(2, 90), rng.randrange(2, 90)
        kinds = (
            Sum(f"What is ${a} + {b}$?", a + b),
            Sum(f"What is ${a} - {b}$?", a - b),
            Sum(f"What is ${a} \\cdot {b}$?", a * b),
            Sum(f"What is the remainder when ${a * b}$ is divided by ${b + 1}$?", a * b % (b + 1)),
        )
        found.setdefault(rng.choice(kinds))
    return list(found)
