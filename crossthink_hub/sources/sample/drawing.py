"""Questions from templates: values are drawn, a rule works out the answer, and the values fill the gaps."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple, TypeAlias

import yaml

Value: TypeAlias = int | str
Answer: TypeAlias = str | int | Fraction | list[str]
"""A list is the right answer, then wrong ones."""
Rule: TypeAlias = Callable[..., Answer | None]

_NAMES = (
    *(
        "Ada",
        "Amina",
        "Bruno",
        "Carla",
        "Chidi",
        "Daria",
        "Emre",
        "Fatou",
        "Giulia",
        "Hana",
        "Idris",
        "Jasper",
    ),
    *("Kofi", "Leïla", "Mateo", "Nadia", "Olga", "Pavel", "Rosa", "Samir", "Tomoko", "Ursula", "Wei", "Zoë"),
)
_GAP = re.compile(r"<(\w+)>")
_TRIES = 4_000
"""How often values are drawn for a question before the search for more of its kind ends."""


class Draw(NamedTuple):
    """Values for the gaps of a wording, and what its rule makes of them; numbers are decimals."""

    values: Mapping[str, Value]
    answer: str | list[str]


def load(name: str) -> Any:
    """Return what a YAML file of the sample holds; every scalar stays text."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def fill(wording: str, values: Mapping[str, Value]) -> str:
    """Put values into the gaps of a wording.

    Example:
        >>> fill("How much is $<a> + <b>$?", {"a": 1, "b": 2})
        'How much is $1 + 2$?'
    """
    return _GAP.sub(lambda gap: str(values[gap[1]]), wording)


def draws(columns: Mapping[str, Any], rule: Rule, count: int, rng: Random) -> list[Draw]:
    """Draw values that differ and that the rule accepts: `count` times, or fewer if there are not so many."""
    choices = {name: _values(spec) for name, spec in columns.items()}
    found: dict[tuple[Value, ...], Draw] = {}
    for _ in range(_TRIES):
        values: dict[str, Value] = {name: rng.choice(choice) for name, choice in choices.items()}
        key = tuple(values.values())
        if key not in found and (answer := _shown(rule(**values))) is not None:
            found[key] = Draw({"who": rng.choice(_NAMES), **values}, answer)
        if len(found) == count:
            break
    return list(found.values())


def _values(spec: str | list[str]) -> Sequence[Value]:
    """Return what `2..9`, `2 4 8`, `red green` and a list mean: numbers, or words."""
    if isinstance(spec, list):
        return spec
    low, dots, high = spec.partition("..")
    if dots:
        return list(range(int(low), int(high) + 1))
    words = spec.split()
    return [int(word) for word in words] if words[0].isdigit() else words


def _shown(answer: Answer | None) -> str | list[str] | None:
    return decimal(answer) if isinstance(answer, int | Fraction) else answer


def decimal(number: int | Fraction) -> str | None:
    """Return a number in decimals, or None if two places after the point are not enough.

    Example:
        >>> decimal(Fraction(5, 2)), decimal(1200), decimal(Fraction(1, 3))
        ('2.5', '1200', None)
    """
    number = Fraction(number)
    if 100 % number.denominator:
        return None
    return f"{Decimal(number.numerator) / number.denominator:f}"


def near(answer: str, wrong: int = 14) -> list[str]:
    """Return wrong numbers that look like the right one.

    Example:
        >>> near("2.5", 4), near("-3", 4)
        (['5', '2', '3', '1.5'], ['-6', '-4', '-2', '-5'])
    """
    unit = 10 ** len(answer.partition(".")[2])
    right = int(answer.replace(".", ""))
    step = _rounded(abs(right) // 5)
    candidates = [2 * right, *([] if right % 2 else [right // 2])]
    candidates += [right + sign * times * step for times in range(1, 12) for sign in (-1, 1)]
    fitting = dict.fromkeys(n for n in candidates if n != right and (n > 0 or right <= 0))
    return [str(decimal(Fraction(n, unit))) for n in list(fitting)[:wrong]]


def _rounded(number: int) -> int:
    """Return the power of ten, or two or five times one, at or just below a number; at least 1."""
    power: int = 10 ** (len(str(number)) - 1)
    return max(power * times for times in (1, 2, 5) if power * times <= max(1, number))
