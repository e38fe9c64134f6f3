"""Every config a build can make, generated from the blends and templates."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.paper import Blend, blends
from crossthink_hub.recipe.templates import Template, templates


@dataclass(frozen=True)
class Config:
    """A named data set: a blend, and the template for each type of question in it."""

    name: str
    blend: Blend
    by_question_type: Mapping[str, str]

    def template(self, question_type: str) -> Template:
        """Return the template that questions of this type are rendered with."""
        return templates()[self.by_question_type[question_type]]


LONG_ANSWERS = MappingProxyType({"mcq": "mcq_long", "open": "open"})
"""The paper's default: multiple-choice and open questions mixed, answers as `(A) text`."""


@cache
def configs() -> Mapping[str, Config]:
    """Return every config by name.

    Example:
        >>> list(configs())[:3]
        ['nd', 'mr_up', 'gpr_up']
    """
    return MappingProxyType({name: Config(name, blend, LONG_ANSWERS) for name, blend in blends().items()})


def config(name: str) -> Config:
    """Return the config of that name.

    Raises:
        UsageError: there is none; the message names the nearest, or all.

    Example:
        >>> config("gpr_upp")
        Traceback (most recent call last):
        crossthink_hub.errors.UsageError: unknown config 'gpr_upp'
        Did you mean 'gpr_up'? `crossthink configs` lists them all.
    """
    if name in configs():
        return configs()[name]
    near = difflib.get_close_matches(name, configs(), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(configs())}."
    raise UsageError(f"unknown config {name!r}", fix=f"{hint} `crossthink configs` lists them all.")
