"""What TRL 1.16 takes, by name and type: a recipe is checked without TRL, torch or a GPU."""

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import isfinite
from typing import Any

import yaml

from crossthink_hub.errors import UsageError

IN_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "mapping": "a mapping",
}


@dataclass(frozen=True)
class KnownArguments:
    """The data of `trl_arguments.yaml`.

    Attributes:
        types: of each argument of `GRPOConfig`, as `int`, `float?` or `mapping|str?`; `?` lets it be null.
        derived: why an argument is no recipe's to set.
    """

    types: Mapping[str, str]
    derived: Mapping[str, str]


@cache
def known_arguments() -> KnownArguments:
    """Return what is known of TRL's arguments.

    Example:
        >>> known_arguments().types["learning_rate"]
        'float'
    """
    text = resources.files("crossthink_hub.training").joinpath("trl_arguments.yaml").read_text("utf-8")
    return KnownArguments(**yaml.safe_load(text))


def typed(key: str, value: Any, kind: str, where: object) -> Any:
    """Return a value as the type that its key has; `1e-6`, which YAML reads as text, is a number too.

    Raises:
        UsageError: it is of another type.

    Example:
        >>> typed("learning_rate", "1e-6", "float", "my.yaml")
        1e-06
        >>> typed("max_steps", "many", "int", "my.yaml")
        Traceback (most recent call last):
        crossthink_hub.errors.UsageError: my.yaml: max_steps is 'many', and must be a whole number
    """
    if value is None and kind.endswith("?"):
        return None
    kinds = kind.removesuffix("?").split("|")
    if value is False and kinds == ["str"]:
        value = "no"  # as in `save_strategy: no`, which YAML reads as false
    for one in kinds:
        if _FITS[one](value):
            return float(value) if one == "float" else value
    or_null = " or null" if kind.endswith("?") else ""
    allowed = " or ".join(IN_WORDS[one] for one in kinds) + or_null
    raise UsageError(f"{key} is {value!r}, and must be {allowed}", where=where)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return isfinite(float(value))
    except (ValueError, OverflowError):
        return False


_FITS: Mapping[str, Callable[[object], bool]] = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": _is_number,
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "list": lambda value: isinstance(value, list),
    "mapping": lambda value: isinstance(value, dict),
}


def unknown_key(key: str, known: Collection[str], where: object) -> UsageError:
    """Return the error of a key that nobody reads, with the nearest that somebody does.

    Example:
        >>> print(unknown_key("promts_per_step", ["prompts_per_step", "model"], "my.yaml"))
        my.yaml: unknown key 'promts_per_step'
        Did you mean 'prompts_per_step'?
    """
    near = difflib.get_close_matches(key, known, n=1)
    fix = f"Did you mean {near[0]!r}?" if near else "docs/training.md lists the keys; all others are TRL's."
    return UsageError(f"unknown key {key!r}", where=where, fix=fix)
