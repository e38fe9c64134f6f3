"""The paper's sources and blends, read from `data/paper.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import xxhash
import yaml

DATA_FILES = ("paper.yaml", "templates.yaml", "opening.yaml")
CONTRACT = 2
"""Raise it when code, rather than data, changes which rows a build gives: identity, filters, order."""


@dataclass(frozen=True)
class SourceFacts:
    """A row of table 1: `category` is `gpr` or `mr`, `question_type` is `mcq` or `open`."""

    category: str
    question_type: str
    samples: int


@dataclass(frozen=True)
class Blend:
    """A column of table 8: either shares of groups of sources, or the weights themselves.

    Attributes:
        title: for people.
        by: what groups the sources: `all`, or a field of `SourceFacts`.
        shares: of each group; they sum to 1.
        weights: by source, where there is no rule.
    """

    title: str
    by: str = "all"
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    weights: Mapping[str, Fraction] = field(default_factory=dict)

    def group(self, facts: SourceFacts) -> str:
        """Return the group that a source belongs to."""
        return {"all": "all", "category": facts.category, "question_type": facts.question_type}[self.by]


def load_data(name: str) -> Any:
    """Return one of the recipe's data files, parsed."""
    return yaml.safe_load(resources.files("crossthink_hub.recipe.data").joinpath(name).read_text("utf-8"))


@cache
def source_facts() -> Mapping[str, SourceFacts]:
    """Return table 1 by source, in its order.

    Example:
        >>> source_facts()["hendrycks_math"].samples
        8523
    """
    return MappingProxyType({k: SourceFacts(**v) for k, v in load_data("paper.yaml")["sources"].items()})


@cache
def blends() -> Mapping[str, Blend]:
    """Return the blends by name, in the order of table 4.

    Example:
        >>> blends()["gpr_up"].title
        'more general-purpose reasoning'
    """

    def exact(numbers: Mapping[str, str]) -> Mapping[str, Fraction]:
        return MappingProxyType({key: Fraction(number) for key, number in numbers.items()})

    return MappingProxyType(
        {
            name: Blend(
                title=entry["title"],
                by=entry.get("by", "all"),
                shares=exact(entry.get("shares", {})),
                weights=exact(entry.get("weights", {})),
            )
            for name, entry in load_data("paper.yaml")["blends"].items()
        }
    )


def recipe_digest() -> str:
    """Return a digest of everything that decides which rows a build gives, apart from sources and seed."""
    files = resources.files("crossthink_hub.recipe.data")
    text = "\0".join([str(CONTRACT), *(files.joinpath(name).read_text("utf-8") for name in DATA_FILES)])
    return xxhash.xxh3_128_hexdigest(text.encode())
