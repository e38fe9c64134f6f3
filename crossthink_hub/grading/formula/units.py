r"""Units of answers: which word means which."""

import re
from functools import cache
from importlib.resources import files

import yaml

PLURAL = re.compile(r"(?<=[a-z]{2})s\b|\.")
EXPONENT = re.compile(r"\s*\^\s*\{?(-?\d)\}?")


@cache
def _aliases() -> dict[str, str]:
    table = yaml.safe_load((files(__package__) / "units.yaml").read_text("utf-8"))
    known = {unit: unit for unit in table}
    return known | {_key(alias): unit for unit, aliases in table.items() for alias in aliases}


def _key(words: str) -> str:
    return PLURAL.sub("", " ".join(EXPONENT.sub(r"^\1", words).lower().split()))


def unit(words: str) -> str | None:
    r"""Return the one spelling of a unit; None if the words are none that is known.

    Example:
        >>> unit("square meters"), unit("cm^{2}"), unit("km / hr"), unit("m"), unit("M"), unit("apples")
        ('m^2', 'cm^2', 'km/h', 'm', None, None)
    """
    parts = [_unit(part) for part in words.split("/")]
    whole = _unit(words)
    return whole or ("/".join(filter(None, parts)) if all(parts) else None)


def _unit(words: str) -> str | None:
    """Return the one spelling of a unit without a fraction line, of whatever power."""
    written = " ".join(EXPONENT.sub(r"^\1", words).split())
    known = _aliases()
    if written in known:
        return known[written]
    if len(written) > 1 and _key(written) in known:
        return known[_key(written)]
    base, _, exponent = written.partition("^")
    return f"{known[base]}^{exponent}" if re.fullmatch(r"-?\d+", exponent) and base in known else None
